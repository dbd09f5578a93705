/* A case is the report's copy of one run, text and numbers only, so that the run can be freed.
 *
 * Everything that a person may ask about is put into words here, once: the checks that failed
 * and their causes, the milestones, the clients, and advice where the user can do something.
 * The formats only arrange it. */
#include "report-private.h"

#include <stdlib.h>
#include <string.h>

#include "result/recorded.h"
#include "session-race/trace-writer.h"

static void
failure_clear(void *data)
{
    SrCaseFailure *failure = data;

    g_free(failure->node);
    g_free(failure->detail);
    g_free(failure->cause_node);
    g_free(failure->cause);
}

static void
step_clear(void *data)
{
    SrCaseStep *step = data;

    g_free(step->node);
    g_free(step->text);
}

static void
client_clear(void *data)
{
    SrCaseClient *client = data;

    g_free(client->name);
    g_free(client->outcome);
    g_free(client->text);
}

static void
miss_clear(void *data)
{
    SrMiss *miss = data;

    g_free(miss->message);
}

static void
tally_clear(void *data)
{
    SrCaseTally *tally = data;

    g_free(tally->outcome);
}

static GArray *
array_new(guint size, GDestroyNotify clear)
{
    GArray *array = g_array_new(FALSE, TRUE, size);

    g_array_set_clear_func(array, clear);
    return array;
}

static SrReportCase *
case_new(const char *file, const char *title, const char *replay)
{
    SrReportCase *report_case = g_new0(SrReportCase, 1);

    report_case->file = g_strdup(file);
    report_case->title = g_strdup(title);
    report_case->replay = g_strdup(replay);
    report_case->failures = array_new(sizeof(SrCaseFailure), failure_clear);
    report_case->steps = array_new(sizeof(SrCaseStep), step_clear);
    report_case->clients = array_new(sizeof(SrCaseClient), client_clear);
    report_case->sufferers = array_new(sizeof(SrCaseClient), client_clear);
    report_case->tallies = array_new(sizeof(SrCaseTally), tally_clear);
    report_case->misses = array_new(sizeof(SrMiss), miss_clear);
    report_case->advice = g_ptr_array_new_with_free_func(g_free);
    return report_case;
}

SrReportCase *
sr_report_case_new_recorded(const char *file, const SrTrace *trace)
{
    g_autoptr(SrRecorded) recorded = sr_recorded_new(trace);
    SrReportFacts facts = {
        .file = file,
        .title = trace->scenario,
        .result = &recorded->result,
        .names = &trace->names,
        .clients = sr_recorded_outcomes(recorded),
        .replay = "",
        .details = recorded->details,
    };
    SrReportCase *report_case = sr_report_case_new(&facts);

    report_case->origin =
        g_strdup_printf("A recorded trace of session-race %s: seed %" PRIu64
                        ", scenario with the digest %s. A trace brings no expectations, so "
                        "every check that failed counts",
                        trace->version, trace->seed, trace->source);
    return report_case;
}

void
sr_report_case_free(SrReportCase *report_case)
{
    if (report_case == NULL)
        return;
    g_free(report_case->file);
    g_free(report_case->title);
    g_free(report_case->error);
    g_free(report_case->replay);
    g_free(report_case->origin);
    g_free(report_case->winner);
    g_array_unref(report_case->failures);
    g_array_unref(report_case->steps);
    g_array_unref(report_case->clients);
    g_array_unref(report_case->sufferers);
    g_array_unref(report_case->tallies);
    g_array_unref(report_case->misses);
    g_ptr_array_unref(report_case->advice);
    g_free(report_case);
}

SrReportCase *
sr_report_case_new_error(const char *file, const char *title, const char *message,
                         const char *replay)
{
    SrReportCase *report_case = case_new(file, title, replay);

    report_case->error = g_strdup(message);
    return report_case;
}

bool
sr_report_case_as_expected(const SrReportCase *report_case)
{
    return report_case->as_expected;
}

uint32_t
sr_report_case_failed(const SrReportCase *report_case)
{
    return report_case->failed;
}

static char *
node_name(const SrNames *names, uint32_t node)
{
    char name[SR_NODE_NAME_MAX];

    if (node >= names->n_nodes)
        return NULL;
    return g_strndup(name, names->node(names->data, node, name));
}

static char *
sentence(const SrRecord *record, const SrNames *names)
{
    GString *text = g_string_new(NULL);

    sr_record_sentence(record, names, text);
    return g_string_free(text, FALSE);
}

/* ---- clients ---- */

static SrTime
outcome_at(const SrClientOutcome *outcome)
{
    if (outcome->started && outcome->state == SR_CLIENT_COLLABORATING)
        return outcome->collaborating_at;
    return outcome->started && outcome->state == SR_CLIENT_FAILED ? outcome->failed_at
                                                                  : SR_TIME_NEVER;
}

typedef enum { WIN_FIRST, WIN_LATER, WIN_SOMETIME } Win;

/* Whether the session in which a winner first collaborated was its own. The owner of the first
 * session had nothing to join before. For other winners the story knows, if it reports their
 * wins. */
static Win
place_win(const SrRunResult *result, uint32_t node, SrTime collaborating_at)
{
    if (result->winner == node)
        return WIN_FIRST;
    for (uint32_t i = 0; i < result->n_story; i++) {
        const SrRecord *record = &result->story[i];
        if (record->event == SR_EVENT_WON && record->node == node)
            return record->t <= collaborating_at ? WIN_FIRST : WIN_LATER;
    }
    return WIN_SOMETIME;
}

/* The outcome as a sentence without its subject. Each instant belongs to the verb before it. */
static char *
outcome_text(const SrRunResult *result, uint32_t node, const SrClientOutcome *outcome,
             const SrCaseClient *client)
{
    g_autoptr(GString) text = g_string_new(client->outcome);
    const char *after = "";

    if (!outcome->started)
        return g_strdup(result->at_limit
                            ? "did not start: its start lies beyond [scenario] limit"
                            : "did not start");
    if (client->at == SR_TIME_NEVER)
        return g_strdup(client->outcome);
    if (outcome->state == SR_CLIENT_COLLABORATING && outcome->won) {
        switch (place_win(result, node, client->at)) {
        case WIN_FIRST:
            break;
        case WIN_LATER:
            g_string_assign(text, "joins");
            after = ", wins later";
            break;
        case WIN_SOMETIME:
            g_string_assign(text, "wins, collaborates");
            break;
        }
    }
    g_string_append(text, " at ");
    sr_span_show(text, client->at);
    g_string_append(text, after);
    return g_strdup(text->str);
}

static bool
suffers(const SrClientOutcome *outcome)
{
    return outcome->started && outcome->state != SR_CLIENT_COLLABORATING &&
           outcome->state != SR_CLIENT_CRASHED && outcome->state != SR_CLIENT_CLOSED;
}

/* There are as many outcomes as states and reasons, so a linear search is enough. */
static void
count_outcome(GArray *tallies, const char *outcome)
{
    for (guint i = 0; i < tallies->len; i++) {
        SrCaseTally *tally = &g_array_index(tallies, SrCaseTally, i);
        if (strcmp(tally->outcome, outcome) == 0) {
            tally->n++;
            return;
        }
    }
    SrCaseTally tally = { g_strdup(outcome), 1 };
    g_array_append_val(tallies, tally);
}

static int
compare_spans(const void *a, const void *b)
{
    SrSpan x = *(const SrSpan *) a, y = *(const SrSpan *) b;

    return (x > y) - (x < y);
}

/* The nearest rank: the smallest value that @percent of all values do not exceed. */
static SrSpan
nearest_rank(const GArray *sorted, unsigned percent)
{
    guint64 rank = ((guint64) sorted->len * percent + 99) / 100;

    return g_array_index(sorted, SrSpan, MAX(rank, 1) - 1);
}

static void
take_spread(SrReportCase *report_case, GArray *spans)
{
    if (spans->len == 0)
        return;
    qsort(spans->data, spans->len, sizeof(SrSpan), compare_spans);
    report_case->spread = (SrCaseSpread){
        .n = spans->len,
        .min = nearest_rank(spans, 0),
        .median = nearest_rank(spans, 50),
        .p90 = nearest_rank(spans, 90),
        .p99 = nearest_rank(spans, 99),
        .max = nearest_rank(spans, 100),
    };
}

static void
take_clients(SrReportCase *report_case, const SrReportFacts *facts)
{
    uint32_t n = facts->result->n_clients;
    g_autoptr(GArray) spans = g_array_new(FALSE, FALSE, sizeof(SrSpan));

    for (uint32_t i = 0; i < n; i++) {
        SrClientOutcome outcome = facts->clients.client(facts->clients.data, i);
        SrCaseClient client = { .at = outcome_at(&outcome), .suffers = suffers(&outcome) };
        char word[SR_OUTCOME_WORD_MAX];
        /* The three services come before the clients. */
        uint32_t node = 3 + i;
        client.outcome = g_strdup(sr_outcome_word(&outcome, word));
        count_outcome(report_case->tallies, client.outcome);
        if (outcome.collaborating_at != SR_TIME_NEVER && outcome.start_at != SR_TIME_NEVER) {
            SrSpan span =
                outcome.collaborating_at - MIN(outcome.start_at, outcome.collaborating_at);
            g_array_append_val(spans, span);
        }
        if (client.suffers && report_case->n_sufferers++ < SR_CASE_SUFFERERS_MAX) {
            SrCaseClient sufferer = { node_name(facts->names, node), g_strdup(client.outcome),
                                      client.at,
                                      outcome_text(facts->result, node, &outcome, &client),
                                      true };
            g_array_append_val(report_case->sufferers, sufferer);
        }
        if (n <= SR_CASE_CLIENTS_MAX) {
            client.name = node_name(facts->names, node);
            client.text = outcome_text(facts->result, node, &outcome, &client);
            g_array_append_val(report_case->clients, client);
        } else {
            g_free(client.outcome);
        }
    }
    take_spread(report_case, spans);
}

/* ---- the story ---- */

static void
take_failures(SrReportCase *report_case, const SrReportFacts *facts)
{
    for (uint32_t i = 0; i < facts->result->n_failures; i++) {
        const SrFailure *found = &facts->result->failures[i];
        g_autoptr(GString) detail = g_string_new(NULL);
        if (facts->details != NULL && facts->details[i] != NULL)
            g_string_assign(detail, facts->details[i]);
        else
            sr_detail_format(&found->failed, facts->names, detail);
        SrCaseFailure failure = {
            .t = found->failed.t,
            .seq = found->failed.seq,
            .check = (SrCheckId) found->failed.check,
            .expected = facts->expected & (1u << found->failed.check),
            .at_end = found->cause.seq == 0,
            .node = node_name(facts->names, found->failed.node),
            .detail = g_strdup(detail->str),
        };
        if (!failure.at_end) {
            failure.cause_t = found->cause.t;
            failure.cause_seq = found->cause.seq;
            failure.cause_node = node_name(facts->names, found->cause.node);
            failure.cause = sentence(&found->cause, facts->names);
        }
        g_array_append_val(report_case->failures, failure);
    }
}

static void
take_steps(SrReportCase *report_case, const SrReportFacts *facts)
{
    for (uint32_t i = 0; i < facts->result->n_story; i++) {
        const SrRecord *record = &facts->result->story[i];
        SrCaseStep step = {
            .t = record->t,
            .seq = record->seq,
            .node = node_name(facts->names, record->node),
            .text = sentence(record, facts->names),
            .check_failed = record->event == SR_EVENT_CHECK_FAILED,
        };
        g_array_append_val(report_case->steps, step);
    }
    report_case->n_steps_left_out = facts->result->story_left_out;
}

/* ---- advice ---- */

static void
append_instant(GString *out, int64_t seconds)
{
    g_autoptr(GDateTime) instant = g_date_time_new_from_unix_utc(seconds);
    g_autofree char *text = instant != NULL ? g_date_time_format_iso8601(instant) : NULL;

    if (text != NULL)
        g_string_append_printf(out, "%s (%" PRId64 ")", text, seconds);
    else
        g_string_append_printf(out, "%" PRId64, seconds);
}

/* Returns: how many seconds @claim is ahead of @now; claims are untrusted, so the two may be
 * far apart */
static uint64_t
seconds_ahead(int64_t claim, int64_t now)
{
    return (uint64_t) claim - (uint64_t) now;
}

/* No client can see why its token is refused as issued in the future: two machines disagree
 * about the time. So the sentence names both clocks, the difference and the remedy. Source:
 * section 5 of the protocol. */
static void
advise_clocks(SrReportCase *report_case, const SrRecord *record, const SrNames *names)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autofree char *client = node_name(names, record->peer);
    bool early = record->reason == SR_REASON_NOT_YET_VALID;
    int64_t claim = early ? record->token.nbf : record->token.iat;

    g_string_append_printf(
        text, "the token of %s was refused as %s: by the clock of token-provider it %s ",
        client != NULL ? client : "a client", sr_reason_name(record->reason),
        early ? "holds from" : "was issued at");
    append_instant(text, claim);
    g_string_append(text, ", but the clock of server read only ");
    append_instant(text, record->token.now);
    g_string_append_printf(
        text,
        ", %" PRIu64 " s less, and its leeway is %" PRId64
        " s. Synchronise both clocks with NTP, or let the server grant more ([server] leeway)",
        seconds_ahead(claim, record->token.now), record->token.leeway);
    g_ptr_array_add(report_case->advice, g_strdup(text->str));
}

static void
advise_expiry(SrReportCase *report_case, const SrRecord *record, const SrNames *names)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autofree char *client = node_name(names, record->peer);

    g_string_append_printf(text, "the token of %s was refused as expired: it ended at ",
                           client != NULL ? client : "a client");
    append_instant(text, record->token.exp);
    g_string_append(text, ", and the clock of server read ");
    append_instant(text, record->token.now);
    g_string_append_printf(text,
                           ", with a leeway of %" PRId64
                           " s. Renew tokens earlier, give them a longer lifetime, or "
                           "synchronise the clocks with NTP",
                           record->token.leeway);
    g_ptr_array_add(report_case->advice, g_strdup(text->str));
}

/* One sentence for each kind of refusal: the first one explains all others. */
static void
take_advice(SrReportCase *report_case, const SrReportFacts *facts)
{
    bool reported[SR_REASON_N] = { false };

    for (uint32_t i = 0; i < facts->result->n_story; i++) {
        const SrRecord *record = &facts->result->story[i];
        if (record->event != SR_EVENT_TOKEN_JUDGED || record->reason >= SR_REASON_N ||
            reported[record->reason])
            continue;
        reported[record->reason] = true;
        if ((record->reason == SR_REASON_ISSUED_IN_FUTURE && (record->has & SR_HAS_IAT)) ||
            (record->reason == SR_REASON_NOT_YET_VALID && (record->has & SR_HAS_NBF)))
            advise_clocks(report_case, record, facts->names);
        else if (record->reason == SR_REASON_EXPIRED)
            advise_expiry(report_case, record, facts->names);
    }
    if (report_case->advice->len > 0 && facts->result->tokens_refused > 1) {
        char **first = (char **) &g_ptr_array_index(report_case->advice, 0);
        char *more = g_strdup_printf("%s; %u tokens were refused in all", *first,
                                     facts->result->tokens_refused);
        g_free(*first);
        *first = more;
    }
}

SrReportCase *
sr_report_case_new(const SrReportFacts *facts)
{
    const SrRunResult *result = facts->result;
    SrReportCase *report_case = case_new(facts->file, facts->title, facts->replay);

    guint n_misses = facts->misses != NULL ? facts->misses->len : 0;

    report_case->as_expected = result->failed == facts->expected && n_misses == 0;
    report_case->expected = facts->expected;
    report_case->expect_line = facts->expect_line;
    report_case->seed = result->seed;
    report_case->t = result->t;
    report_case->at_limit = result->at_limit;
    report_case->records = result->records;
    report_case->messages = result->messages;
    report_case->failed = result->failed;
    report_case->n_clients = result->n_clients;
    report_case->n_collaborating = result->n_collaborating;
    report_case->n_failed = result->n_failed;
    report_case->n_waiting = result->n_waiting;
    report_case->n_raced = result->n_raced;
    report_case->keys_made = result->keys_made;
    report_case->keys_discarded = result->keys_discarded;
    report_case->keys_missing = result->keys_missing;
    report_case->orphans = result->orphans;
    report_case->orphan_kept_max = result->orphan_kept_max;
    memcpy(report_case->digest, result->digest, sizeof report_case->digest);
    report_case->winner = node_name(facts->names, result->winner);
    for (guint i = 0; i < n_misses; i++) {
        const SrMiss *missed = g_ptr_array_index(facts->misses, i);
        /* The verdict is reported from the two sets of checks, in the same words in all
         * formats. */
        if (g_str_has_prefix(missed->message, "verdict: "))
            continue;
        SrMiss miss = { missed->line, g_strdup(missed->message) };
        g_array_append_val(report_case->misses, miss);
    }
    take_clients(report_case, facts);
    take_failures(report_case, facts);
    take_steps(report_case, facts);
    take_advice(report_case, facts);
    return report_case;
}

/* A case is the report's copy of one run, text and numbers only, so that the run can be freed.
 *
 * Everything that a person may ask about is put into words here, once: the checks that failed
 * and their causes, the milestones, the clients, and advice where the user can do something.
 * The formats only arrange it. */
#include "report-private.h"

#include <string.h>

#include "result/recorded.h"
#include "session-race/trace-writer.h"

/* Of the standard error of a provider that broke, and of a line of it. */
#define ERROR_LINES_MAX 20u
#define LINE_BYTES_MAX 2000u

static SrReportCase *
case_new(const char *file, const char *title, const char *replay)
{
    SrReportCase *report_case = g_new0(SrReportCase, 1);

    report_case->text = g_string_chunk_new(1024);
    report_case->file = g_string_chunk_insert(report_case->text, file);
    report_case->title = g_string_chunk_insert(report_case->text, title);
    report_case->replay = g_string_chunk_insert(report_case->text, replay);
    report_case->failures = g_array_new(FALSE, TRUE, sizeof(SrCaseFailure));
    report_case->steps = g_array_new(FALSE, TRUE, sizeof(SrCaseStep));
    report_case->clients = g_array_new(FALSE, TRUE, sizeof(SrCaseClient));
    report_case->sufferers = g_array_new(FALSE, TRUE, sizeof(SrCaseClient));
    report_case->tallies = g_array_new(FALSE, TRUE, sizeof(SrCaseTally));
    report_case->misses = g_array_new(FALSE, TRUE, sizeof(SrMiss));
    report_case->advice = g_ptr_array_new();
    for (unsigned i = 0; i < SR_CASE_SAID_N; i++)
        report_case->said[i] = g_ptr_array_new();
    report_case->differs = g_ptr_array_new();
    return report_case;
}

/* Returns: (transfer none): the text of @text, kept with the case */
static const char *
keep(SrReportCase *report_case, const GString *text)
{
    return g_string_chunk_insert_len(report_case->text, text->str, (gssize) text->len);
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

    g_autoptr(GString) origin = g_string_new(NULL);

    g_string_printf(origin,
                    "A recorded trace of session-race %s: seed %" PRIu64
                    ", scenario with the digest %s. A trace brings no expectations, so "
                    "every check that failed counts",
                    trace->version, trace->seed, trace->source);
    report_case->origin = keep(report_case, origin);
    return report_case;
}

void
sr_report_case_free(SrReportCase *report_case)
{
    if (report_case == NULL)
        return;
    g_string_chunk_free(report_case->text);
    g_array_unref(report_case->failures);
    g_array_unref(report_case->steps);
    g_array_unref(report_case->clients);
    g_array_unref(report_case->sufferers);
    g_array_unref(report_case->tallies);
    g_array_unref(report_case->misses);
    g_ptr_array_unref(report_case->advice);
    for (unsigned i = 0; i < SR_CASE_SAID_N; i++)
        g_ptr_array_unref(report_case->said[i]);
    g_ptr_array_unref(report_case->differs);
    g_free(report_case);
}

SrReportCase *
sr_report_case_new_error(const char *file, const char *title, const char *message,
                         const char *replay)
{
    SrReportCase *report_case = case_new(file, title, replay);

    report_case->error = g_string_chunk_insert(report_case->text, message);
    return report_case;
}

SrReportCase *
sr_report_case_new_unfinished(const char *file, const char *title, const char *message,
                              const char *replay)
{
    SrReportCase *report_case = sr_report_case_new_error(file, title, message, replay);

    report_case->unfinished = true;
    return report_case;
}

bool
sr_report_case_as_expected(const SrReportCase *report_case)
{
    return report_case->as_expected;
}

bool
sr_report_case_ended(const SrReportCase *report_case)
{
    return report_case->error == NULL && !report_case->result.too_long;
}

uint32_t
sr_report_case_failed(const SrReportCase *report_case)
{
    return report_case->result.failed;
}

static const char *
node_name(SrReportCase *report_case, const SrNames *names, uint32_t node)
{
    char name[SR_NODE_NAME_MAX];

    if (node >= names->n_nodes)
        return NULL;
    return g_string_chunk_insert_len(report_case->text, name,
                                     (gssize) names->node(names->data, node, name));
}

static const char *
sentence(SrReportCase *report_case, const SrRecord *record, const SrNames *names)
{
    g_autoptr(GString) text = g_string_new(NULL);

    sr_record_sentence(record, names, text);
    return keep(report_case, text);
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
static const char *
outcome_text(SrReportCase *report_case, uint32_t node, const SrClientOutcome *outcome,
             const SrCaseClient *client)
{
    g_autoptr(GString) text = g_string_new(NULL);
    const char *verb = client->outcome, *after = "";

    if (!outcome->started)
        return report_case->result.at_limit
                   ? "did not start: its start lies beyond [scenario] limit"
                   : "did not start";
    if (client->at == SR_TIME_NEVER)
        return client->outcome;
    if (outcome->state == SR_CLIENT_COLLABORATING && outcome->won) {
        switch (place_win(&report_case->result, node, client->at)) {
        case WIN_FIRST:
            break;
        case WIN_LATER:
            verb = "joins";
            after = ", wins later";
            break;
        case WIN_SOMETIME:
            verb = "wins, collaborates";
            break;
        }
    }
    sr_put_plain(text, "%-s at %ju%-s", verb, client->at, after);
    return keep(report_case, text);
}

static bool
suffers(const SrClientOutcome *outcome)
{
    return outcome->started && outcome->state != SR_CLIENT_COLLABORATING &&
           outcome->state != SR_CLIENT_CRASHED && outcome->state != SR_CLIENT_CLOSED;
}

/* Counts @outcome. There are as many outcomes as states and reasons, so a linear search is
 * enough. Returns: (transfer none): the same word, kept with the case */
static const char *
count_outcome(SrReportCase *report_case, const char *outcome)
{
    SrCaseTally tally = { NULL, 1 };

    for (guint i = 0; i < report_case->tallies->len; i++) {
        SrCaseTally *other = &g_array_index(report_case->tallies, SrCaseTally, i);

        if (strcmp(other->outcome, outcome) == 0) {
            other->n++;
            return other->outcome;
        }
    }
    tally.outcome = g_string_chunk_insert(report_case->text, outcome);
    g_array_append_val(report_case->tallies, tally);
    return tally.outcome;
}

static int
compare_spans(const void *a, const void *b)
{
    SrSpan x = *(const SrSpan *) a, y = *(const SrSpan *) b;

    return (x > y) - (x < y);
}

const struct SrCaseRank sr_case_ranks[SR_CASE_RANKS_N] = {
    { "min", 0 }, { "median", 50 }, { "p90", 90 }, { "p99", 99 }, { "max", 100 },
};

static void
take_spans(SrReportCase *report_case, GArray *spans)
{
    report_case->n_spans = spans->len;
    g_array_sort(spans, compare_spans);
    for (unsigned i = 0; i < SR_CASE_RANKS_N && spans->len > 0; i++) {
        guint64 rank = ((guint64) spans->len * sr_case_ranks[i].percent + 99) / 100;

        report_case->spans[i] = g_array_index(spans, SrSpan, MAX(rank, 1) - 1);
    }
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
        bool is_sufferer = client.suffers && report_case->n_sufferers < SR_CASE_SUFFERERS_MAX;

        client.outcome = count_outcome(report_case, sr_outcome_word(&outcome, word));
        if (outcome.collaborating_at != SR_TIME_NEVER && outcome.start_at != SR_TIME_NEVER) {
            SrSpan span =
                outcome.collaborating_at - MIN(outcome.start_at, outcome.collaborating_at);
            g_array_append_val(spans, span);
        }
        report_case->n_sufferers += client.suffers;
        if (n > SR_CASE_CLIENTS_MAX && !is_sufferer)
            continue;
        client.name = node_name(report_case, facts->names, node);
        client.text = outcome_text(report_case, node, &outcome, &client);
        if (is_sufferer)
            g_array_append_val(report_case->sufferers, client);
        if (n <= SR_CASE_CLIENTS_MAX)
            g_array_append_val(report_case->clients, client);
    }
    take_spans(report_case, spans);
}

/* ---- the story ---- */

static void
take_failures(SrReportCase *report_case, const SrReportFacts *facts)
{
    for (uint32_t i = 0; i < facts->result->n_failures; i++) {
        const SrFailure *found = &facts->result->failures[i];
        g_autoptr(GString) detail = g_string_new(NULL);
        const char *broke = facts->own[found->failed.node == SR_NODE_TOKEN_PROVIDER].broke;
        bool is_break = found->failed.detail == SR_DETAIL_PROVIDER_BROKE ||
                        found->failed.detail == SR_DETAIL_SIGNER_BROKE;

        if (is_break && broke != NULL)
            g_string_assign(detail, broke);
        else if (facts->details != NULL && facts->details[i] != NULL)
            g_string_assign(detail, facts->details[i]);
        else
            sr_detail_format(&found->failed, facts->names, detail);
        SrCaseFailure failure = {
            .t = found->failed.t,
            .seq = found->failed.seq,
            .check = (SrCheckId) found->failed.check,
            .expected = facts->expected & (1u << found->failed.check),
            .at_end = found->cause.seq == 0,
            .node = node_name(report_case, facts->names, found->failed.node),
            .detail = keep(report_case, detail),
        };
        if (!failure.at_end) {
            failure.cause_t = found->cause.t;
            failure.cause_seq = found->cause.seq;
            failure.cause_node = node_name(report_case, facts->names, found->cause.node);
            failure.cause = sentence(report_case, &found->cause, facts->names);
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
            .node = node_name(report_case, facts->names, record->node),
            .text = sentence(report_case, record, facts->names),
            .check_failed = record->event == SR_EVENT_CHECK_FAILED,
        };
        g_array_append_val(report_case->steps, step);
    }
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

static bool
is_in_milliseconds(const SrRecord *record)
{
    return (record->reason == SR_REASON_NOT_YET_VALID ? record->token.nbf : record->token.iat) >
           SR_CLAIM_MILLISECONDS;
}

/* No client can see why its token is refused as issued in the future: two machines disagree
 * about the time. So the sentence names both clocks, the difference and the remedy. Source:
 * section 5 of the protocol. */
static void
advise_clocks(const SrRecord *record, GString *out)
{
    bool early = record->reason == SR_REASON_NOT_YET_VALID;
    int64_t claim = early ? record->token.nbf : record->token.iat;

    g_string_append_printf(out, "%s: by the clock of token-provider it %s ",
                           sr_reason_name(record->reason),
                           early ? "holds from" : "was issued at");
    append_instant(out, claim);
    g_string_append(out, ", but the clock of server read only ");
    append_instant(out, record->token.now);
    g_string_append_printf(
        out,
        ", %" PRIu64 " s less, and its leeway is %" PRId64
        " s. Synchronise both clocks with NTP, or let the server grant more ([server] leeway)",
        /* Claims are untrusted, so the two may be far apart. */
        (uint64_t) claim - (uint64_t) record->token.now, record->token.leeway);
}

static void
advise_expiry(const SrRecord *record, GString *out)
{
    g_string_append(out, "expired: it ended at ");
    append_instant(out, record->token.exp);
    g_string_append(out, ", and the clock of server read ");
    append_instant(out, record->token.now);
    g_string_append_printf(out,
                           ", with a leeway of %" PRId64
                           " s. Renew tokens earlier, give them a longer lifetime, or "
                           "synchronise the clocks with NTP",
                           record->token.leeway);
}

/* Two machines need not disagree for this: a program counts in milliseconds. */
static void
advise_units(const SrRecord *record, GString *out)
{
    bool early = record->reason == SR_REASON_NOT_YET_VALID;

    g_string_append_printf(
        out,
        "%s: its %s is %" PRId64
        ", which looks like milliseconds. Times of a token are in seconds: sign "
        "Math.floor(Date.now() / 1000)",
        sr_reason_name(record->reason), early ? "nbf" : "iat",
        early ? record->token.nbf : record->token.iat);
}

/* One sentence for each kind of refusal: the first one explains all others. */
static void
take_advice(SrReportCase *report_case, const SrReportFacts *facts)
{
    bool reported[SR_REASON_N] = { false };

    for (uint32_t i = 0; i < facts->result->n_story; i++) {
        const SrRecord *record = &facts->result->story[i];
        bool early =
            (record->reason == SR_REASON_ISSUED_IN_FUTURE && (record->has & SR_HAS_IAT)) ||
            (record->reason == SR_REASON_NOT_YET_VALID && (record->has & SR_HAS_NBF));
        g_autoptr(GString) text = g_string_new(NULL);
        const char *client;

        if (record->event != SR_EVENT_TOKEN_JUDGED || record->reason >= SR_REASON_N ||
            reported[record->reason])
            continue;
        reported[record->reason] = true;
        if (!early && record->reason != SR_REASON_EXPIRED)
            continue;
        client = node_name(report_case, facts->names, record->peer);
        g_string_append_printf(text, "the token of %s was refused as ",
                               client != NULL ? client : "a client");
        if (early && is_in_milliseconds(record))
            advise_units(record, text);
        else
            (early ? advise_clocks : advise_expiry)(record, text);
        if (report_case->advice->len == 0 && facts->result->tokens_refused > 1)
            g_string_append_printf(text, "; %u tokens were refused in all",
                                   facts->result->tokens_refused);
        g_ptr_array_add(report_case->advice, (gpointer) (uintptr_t) keep(report_case, text));
    }
}

/* ---- programs of the user's own ---- */

/* Keeps @text, which is cut at LINE_BYTES_MAX. */
static void
keep_line(SrReportCase *report_case, GPtrArray *lines, const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    gsize length = MIN(strlen(valid), LINE_BYTES_MAX);

    while (length > 0 && (valid[length] & 0xc0) == 0x80)
        length--;
    g_ptr_array_add(lines,
                    g_string_chunk_insert_len(report_case->text, valid, (gssize) length));
}

const struct SrCaseSaidWords sr_case_said_words[] = {
    [SR_CASE_PROVIDER_ERRORS] = { "provider_errors", "the provider's standard error: " },
    [SR_CASE_PROVIDER_NOTES] = { "provider_notes", "the provider says: " },
    [SR_CASE_SIGNER_ERRORS] = { "signer_errors", "the signer's standard error: " },
    [SR_CASE_SIGNER_NOTES] = { "signer_notes", "the signer says: " },
    [SR_CASE_SIGNER_REMARKS] = { "signer_remarks", "the signer: " },
};

static void
take_errors(SrReportCase *report_case, const char *errors, GPtrArray *out)
{
    g_auto(GStrv) lines = g_strsplit(errors != NULL ? errors : "", "\n", -1);
    guint n = g_strv_length(lines);

    for (guint i = n - MIN(n, ERROR_LINES_MAX); i < n; i++)
        if (*lines[i] != '\0')
            keep_line(report_case, out, lines[i]);
}

/* @lines: (nullable), closed by NULL */
static void
take_lines(SrReportCase *report_case, const char *const *lines, GPtrArray *out)
{
    for (guint i = 0; lines != NULL && lines[i] != NULL; i++)
        keep_line(report_case, out, lines[i]);
}

static void
take_own(SrReportCase *report_case, const SrReportFacts *facts)
{
    const SrRunResult *result = facts->result;
    const SrReportOwn *provider = &facts->own[0], *signer = &facts->own[1];
    g_autoptr(GString) text = g_string_new(NULL);

    take_errors(report_case, provider->errors, report_case->said[SR_CASE_PROVIDER_ERRORS]);
    take_lines(report_case, provider->notes, report_case->said[SR_CASE_PROVIDER_NOTES]);
    take_errors(report_case, signer->errors, report_case->said[SR_CASE_SIGNER_ERRORS]);
    take_lines(report_case, signer->notes, report_case->said[SR_CASE_SIGNER_NOTES]);
    take_lines(report_case, signer->remarks, report_case->said[SR_CASE_SIGNER_REMARKS]);
    if (result->lookups + result->probes == 0)
        return;
    g_string_printf(text,
                    "key-kept and previous-kept are judged by %u look-up%s and %u probe%s",
                    result->lookups, result->lookups == 1 ? "" : "s", result->probes,
                    result->probes == 1 ? "" : "s");
    report_case->judged_by = keep(report_case, text);
}

void
sr_report_case_differs(SrReportCase *report_case, const char *diff)
{
    g_auto(GStrv) lines = g_strsplit(diff, "\n", -1);
    SrMiss miss = { 0, NULL };

    miss.message = g_string_chunk_insert(
        report_case->text, "--twice: the second run is not the same as the first");
    g_array_append_val(report_case->misses, miss);
    report_case->as_expected = false;
    for (guint i = 0; lines[i] != NULL; i++)
        if (*lines[i] != '\0')
            keep_line(report_case, report_case->differs, lines[i]);
}

void
sr_report_tell_provider(const SrReportCase *report_case, SrCaseTell tell, void *data)
{
    for (unsigned said = 0; said < SR_CASE_SAID_N; said++) {
        char *const *lines = (char *const *) report_case->said[said]->pdata;

        for (guint n, i = 0; i < report_case->said[said]->len; i += n) {
            g_autofree char *often = NULL;

            for (n = 1; i + n < report_case->said[said]->len; n++)
                if (strcmp(lines[i], lines[i + n]) != 0)
                    break;
            often = n > 1 ? g_strdup_printf("%s (%u times)", lines[i], n) : NULL;
            tell(data, sr_case_said_words[said].before, often != NULL ? often : lines[i]);
        }
    }
    for (guint i = 0; i < report_case->differs->len; i++)
        tell(data, "--twice: ", g_ptr_array_index(report_case->differs, i));
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
    report_case->result = *result;
    if (facts->sweep != NULL)
        report_case->sweep = g_string_chunk_insert(report_case->text, facts->sweep);
    report_case->winner = node_name(report_case, facts->names, result->winner);
    for (guint i = 0; i < n_misses; i++) {
        const SrMiss *missed = g_ptr_array_index(facts->misses, i);
        SrMiss miss = { missed->line, NULL };
        /* The verdict is reported from the two sets of checks, in the same words in all
         * formats. */
        if (g_str_has_prefix(missed->message, "verdict: "))
            continue;
        miss.message = g_string_chunk_insert(report_case->text, missed->message);
        g_array_append_val(report_case->misses, miss);
    }
    take_clients(report_case, facts);
    take_failures(report_case, facts);
    take_steps(report_case, facts);
    take_advice(report_case, facts);
    take_own(report_case, facts);
    return report_case;
}

/* Expectations: compares what the file expects with the result. */
#include "result/expect.h"

#include "schema/words.h"

/* One run being judged. */
typedef struct {
    const SrScenario *scenario;
    const SrRunResult *result;
    SrOutcomes clients;
    GPtrArray *misses; /* (nullable): NULL if only the verdict is asked for */
    bool missed;
} Judge;

static void
miss_free(gpointer data)
{
    SrMiss *it = data;

    g_free(it->message);
    g_free(it);
}

/* An expectation is not met. Returns: whether its message is asked for */
static bool
is_told(Judge *judge)
{
    judge->missed = true;
    return judge->misses != NULL;
}

/* Adds the message of an expectation for which is_told() is TRUE. */
static void G_GNUC_PRINTF(3, 4) tell(Judge *judge, uint32_t line, const char *format, ...)
{
    SrMiss *it = g_new0(SrMiss, 1);
    va_list arguments;

    va_start(arguments, format);
    it->line = line;
    it->message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_ptr_array_add(judge->misses, it);
}

/* What a message says about one client at one instant. */
typedef struct {
    char node[76], at[SR_SPAN_TEXT_MAX];
} Words;

static const char *
node_word(const SrScenario *scenario, uint32_t node, Words *words)
{
    if (node == SR_NODE_NONE)
        return "nobody";
    words->node[sr_scenario_node_name(scenario, node, words->node)] = '\0';
    return words->node;
}

static const char *
time_word(SrTime t, Words *words)
{
    if (t == SR_TIME_NEVER)
        return "never";
    sr_span_format(t, words->at);
    return words->at;
}

/* ---- [expect] ---- */

static void
tell_checks(Judge *judge, const char *what, uint32_t checks)
{
    g_autoptr(GString) names = g_string_new(NULL);

    sr_text_checks(names, checks, ", ");
    tell(judge, judge->scenario->expect.line, "verdict: %s: %s", what, names->str);
}

static void
judge_verdict(Judge *judge)
{
    const SrExpect *expect = &judge->scenario->expect;
    uint32_t expected = expect->verdict == SR_VERDICT_FAIL ? expect->failed : 0;
    uint32_t unexpected = judge->result->failed & ~expected;
    uint32_t absent = expected & ~judge->result->failed;

    if (unexpected != 0 && is_told(judge))
        tell_checks(judge, "failed and was not expected to", unexpected);
    if (absent != 0 && is_told(judge))
        tell_checks(judge, "expected to fail and held", absent);
}

static void
judge_winner(Judge *judge)
{
    const SrExpect *expect = &judge->scenario->expect;
    uint32_t winner = judge->result->winner;
    Words wanted, got;

    if (expect->winner != SR_NODE_NONE && expect->winner != winner && is_told(judge))
        tell(judge, expect->line, "winner: expected %s, got %s",
             node_word(judge->scenario, expect->winner, &wanted),
             node_word(judge->scenario, winner, &got));
}

/* `all` means every client that could be there: all except those crashed or closed for good. */
static bool
is_expected(const SrClientOutcome *outcome)
{
    return outcome->state != SR_CLIENT_CRASHED && outcome->state != SR_CLIENT_CLOSED;
}

static bool
is_named(const SrExpect *expect, uint32_t node)
{
    for (uint32_t i = 0; expect->names != NULL && i < expect->names->len; i++) {
        const SrNodeRange *range = &g_array_index(expect->names, SrNodeRange, i);

        if (node - range->first < range->n)
            return true;
    }
    return false;
}

/* A message about several clients names up to this many, and counts the others. */
#define NAMED 5
typedef struct {
    uint32_t n, first[NAMED];
} Crowd;

static void
crowd_add(Crowd *crowd, uint32_t node)
{
    if (crowd->n < NAMED)
        crowd->first[crowd->n] = node;
    crowd->n++;
}

static void
crowd_miss(Judge *judge, const Crowd *crowd, const char *what)
{
    g_autoptr(GString) names = NULL;
    Words words;

    if (crowd->n == 0 || !is_told(judge))
        return;
    names = g_string_new(NULL);
    for (uint32_t i = 0; i < MIN(crowd->n, NAMED); i++)
        g_string_append_printf(names, "%s%s", i > 0 ? ", " : "",
                               node_word(judge->scenario, crowd->first[i], &words));
    if (crowd->n > NAMED)
        g_string_append_printf(names, " and %u more", crowd->n - NAMED);
    tell(judge, judge->scenario->expect.line, "%s: %s", what, names->str);
}

/* Whether a client may be found that is not as expected. */
static bool
looks_at_clients(const Judge *judge)
{
    const SrExpect *expect = &judge->scenario->expect;

    return expect->within != SR_TIME_NEVER ||
           expect->collaborating == SR_COLLABORATING_NAMES ||
           (expect->collaborating == SR_COLLABORATING_ALL &&
            judge->result->n_collaborating < judge->result->n_clients);
}

static void
judge_clients(Judge *judge)
{
    const SrScenario *scenario = judge->scenario;
    const SrExpect *expect = &scenario->expect;
    SrCollaboratingKind kind = expect->collaborating;
    Crowd missing = { 0 }, surplus = { 0 }, late = { 0 };
    char what[SR_SPAN_TEXT_MAX + 32];
    Words words;

    for (uint32_t i = 0; i < scenario->n_clients; i++) {
        SrClientOutcome outcome = judge->clients.client(judge->clients.data, i);
        uint32_t node = SR_NODE_FIRST_CLIENT + i;
        bool there = outcome.state == SR_CLIENT_COLLABORATING;
        bool named = kind == SR_COLLABORATING_NAMES && is_named(expect, node);

        if (!there && (named || (kind == SR_COLLABORATING_ALL && is_expected(&outcome))))
            crowd_add(&missing, node);
        if (there && kind == SR_COLLABORATING_NAMES && !named)
            crowd_add(&surplus, node);
        if (there && expect->within != SR_TIME_NEVER &&
            outcome.collaborating_at > expect->within)
            crowd_add(&late, node);
    }
    crowd_miss(judge, &missing, "collaborating: expected and is not there");
    crowd_miss(judge, &surplus, "collaborating: is there and was not expected");
    if (late.n > 0) {
        g_snprintf(what, sizeof what, "within: not there by %s",
                   time_word(expect->within, &words));
        crowd_miss(judge, &late, what);
    }
}

static void
judge_collaborating(Judge *judge)
{
    const SrExpect *expect = &judge->scenario->expect;
    uint32_t n = judge->result->n_collaborating;

    if (expect->collaborating == SR_COLLABORATING_N && n != expect->collaborating_n &&
        is_told(judge))
        tell(judge, expect->line, "collaborating: expected %u, got %u", expect->collaborating_n,
             n);
    if (looks_at_clients(judge))
        judge_clients(judge);
}

/* ---- [expect client NAME] ---- */

static bool
has_outcome(const SrExpectClient *expect, const SrClientOutcome *outcome)
{
    switch (expect->outcome) {
    case SR_OUTCOME_ANY:
        return true;
    case SR_OUTCOME_WINS:
        return outcome->state == SR_CLIENT_COLLABORATING && outcome->won;
    case SR_OUTCOME_JOINS:
        return outcome->state == SR_CLIENT_COLLABORATING && !outcome->won;
    case SR_OUTCOME_FAILS:
        return outcome->state == SR_CLIENT_FAILED && outcome->reason == expect->reason;
    case SR_OUTCOME_WAITS:
        return outcome->state == SR_CLIENT_WAITING;
    }
    g_assert_not_reached();
}

static void
tell_outcome(Judge *judge, const SrExpectClient *expect, uint32_t node,
             const SrClientOutcome *outcome)
{
    static const char *const kinds[] = { "", "wins", "joins", "", "waits" };
    char text[SR_OUTCOME_WORD_MAX], other[SR_OUTCOME_WORD_MAX];
    const char *kind = kinds[expect->outcome];
    Words name;

    if (expect->outcome == SR_OUTCOME_FAILS) {
        g_snprintf(other, sizeof other, "fails(%s)",
                   sr_reason_name((SrReason) expect->reason));
        kind = other;
    }
    tell(judge, expect->line, "client %s: expected outcome %s, got %s",
         node_word(judge->scenario, node, &name), kind, sr_outcome_word(outcome, text));
}

static void
judge_client(Judge *judge, const SrExpectClient *expect, uint32_t node)
{
    SrClientOutcome outcome =
        judge->clients.client(judge->clients.data, node - SR_NODE_FIRST_CLIENT);
    SrTime at = outcome.state == SR_CLIENT_FAILED && outcome.collaborating_at == SR_TIME_NEVER
                    ? outcome.failed_at
                    : outcome.collaborating_at;
    Words name, got, wanted;

    if (!has_outcome(expect, &outcome) && is_told(judge))
        tell_outcome(judge, expect, node, &outcome);
    /* For an expected failure, the instant is that of the failure. */
    if (expect->outcome == SR_OUTCOME_FAILS)
        at = outcome.failed_at;
    if (expect->at != SR_TIME_NEVER && at != expect->at && is_told(judge))
        tell(judge, expect->line, "client %s: expected at %s, got %s",
             node_word(judge->scenario, node, &name), time_word(expect->at, &wanted),
             time_word(at, &got));
    if (expect->before != SR_TIME_NEVER && at >= expect->before && is_told(judge))
        tell(judge, expect->line, "client %s: expected before %s, got %s",
             node_word(judge->scenario, node, &name), time_word(expect->before, &wanted),
             time_word(at, &got));
}

char *
sr_expect_too_long(const SrScenario *scenario, SrTime at)
{
    g_autoptr(GString) when = g_string_new(NULL);

    sr_span_show(when, at);
    return g_strdup_printf(
        "the run needs more than %" G_GUINT64_FORMAT
        " events ('max-events' in [scenario]) and was ended at %s",
        scenario->max_events, when->str);
}

static void
tell_too_long(Judge *judge)
{
    g_autofree char *why = NULL;

    if (!is_told(judge))
        return;
    why = sr_expect_too_long(judge->scenario, judge->result->t);
    tell(judge, 0, "%s", why);
}

static void
judge_all(Judge *judge)
{
    const GArray *clients = judge->scenario->expect_clients;

    judge_verdict(judge);
    if (judge->result->too_long) {
        tell_too_long(judge);
        return;
    }
    judge_winner(judge);
    judge_collaborating(judge);
    for (uint32_t i = 0; i < clients->len; i++) {
        const SrExpectClient *client = &g_array_index(clients, SrExpectClient, i);

        for (uint32_t member = 0; member < client->clients.n; member++)
            judge_client(judge, client, client->clients.first + member);
    }
}

GPtrArray *
sr_expect_judge(const SrScenario *scenario, const SrRunResult *result, SrOutcomes clients)
{
    Judge judge = { scenario, result, clients, g_ptr_array_new_with_free_func(miss_free),
                    false };

    judge_all(&judge);
    return judge.misses;
}

bool
sr_expect_met(const SrScenario *scenario, const SrRunResult *result, SrOutcomes clients)
{
    Judge judge = { scenario, result, clients, NULL, false };

    judge_all(&judge);
    return !judge.missed;
}

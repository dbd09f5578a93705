/* Expectations: compares what the file expects with the result. */
#include "result/expect.h"

#include "schema/words.h"

static void miss(GPtrArray *misses, uint32_t line, const char *format, ...) G_GNUC_PRINTF(3, 4);

static void
miss_free(gpointer data)
{
    SrMiss *it = data;

    g_free(it->message);
    g_free(it);
}

static void
miss(GPtrArray *misses, uint32_t line, const char *format, ...)
{
    SrMiss *it = g_new0(SrMiss, 1);
    va_list arguments;

    va_start(arguments, format);
    it->line = line;
    it->message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_ptr_array_add(misses, it);
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
judge_verdict(const SrExpect *expect, const SrRunResult *result, GPtrArray *misses)
{
    uint32_t expected = expect->verdict == SR_VERDICT_FAIL ? expect->failed : 0;
    g_autoptr(GString) unexpected = g_string_new(NULL);
    g_autoptr(GString) absent = g_string_new(NULL);

    sr_text_checks(unexpected, result->failed & ~expected, ", ");
    sr_text_checks(absent, expected & ~result->failed, ", ");
    if (unexpected->len > 0)
        miss(misses, expect->line, "verdict: failed and was not expected to: %s",
             unexpected->str);
    if (absent->len > 0)
        miss(misses, expect->line, "verdict: expected to fail and held: %s", absent->str);
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
crowd_miss(const SrScenario *scenario, const Crowd *crowd, uint32_t line, const char *what,
           GPtrArray *misses)
{
    g_autoptr(GString) names = g_string_new(NULL);
    Words words;

    if (crowd->n == 0)
        return;
    for (uint32_t i = 0; i < MIN(crowd->n, NAMED); i++)
        g_string_append_printf(names, "%s%s", i > 0 ? ", " : "",
                               node_word(scenario, crowd->first[i], &words));
    if (crowd->n > NAMED)
        g_string_append_printf(names, " and %u more", crowd->n - NAMED);
    miss(misses, line, "%s: %s", what, names->str);
}

static void
judge_collaborating(const SrScenario *scenario, const SrRunResult *result, SrOutcomes clients,
                    GPtrArray *misses)
{
    const SrExpect *expect = &scenario->expect;
    SrCollaboratingKind kind = expect->collaborating;
    Crowd missing = { 0 }, surplus = { 0 }, late = { 0 };
    Words words;

    if (kind == SR_COLLABORATING_N && result->n_collaborating != expect->collaborating_n)
        miss(misses, expect->line, "collaborating: expected %u, got %u",
             expect->collaborating_n, result->n_collaborating);
    for (uint32_t i = 0; i < scenario->n_clients; i++) {
        SrClientOutcome outcome = clients.client(clients.data, i);
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
    crowd_miss(scenario, &missing, expect->line, "collaborating: expected and is not there",
               misses);
    crowd_miss(scenario, &surplus, expect->line, "collaborating: is there and was not expected",
               misses);
    if (late.n > 0) {
        g_autofree char *what =
            g_strdup_printf("within: not there by %s", time_word(expect->within, &words));

        crowd_miss(scenario, &late, expect->line, what, misses);
    }
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
judge_client(const SrScenario *scenario, const SrExpectClient *expect, uint32_t node,
             const SrClientOutcome *outcome, GPtrArray *misses)
{
    SrTime at = outcome->state == SR_CLIENT_FAILED && outcome->collaborating_at == SR_TIME_NEVER
                    ? outcome->failed_at
                    : outcome->collaborating_at;
    Words name, got, wanted;
    char text[SR_OUTCOME_WORD_MAX], other[SR_OUTCOME_WORD_MAX];

    node_word(scenario, node, &name);
    if (!has_outcome(expect, outcome)) {
        static const char *const kinds[] = { "", "wins", "joins", "", "waits" };
        const char *kind = kinds[expect->outcome];

        if (expect->outcome == SR_OUTCOME_FAILS) {
            g_snprintf(other, sizeof other, "fails(%s)",
                       sr_reason_name((SrReason) expect->reason));
            kind = other;
        }
        miss(misses, expect->line, "client %s: expected outcome %s, got %s", name.node, kind,
             sr_outcome_word(outcome, text));
    }
    /* For an expected failure, the instant is that of the failure. */
    if (expect->outcome == SR_OUTCOME_FAILS)
        at = outcome->failed_at;
    if (expect->at != SR_TIME_NEVER && at != expect->at)
        miss(misses, expect->line, "client %s: expected at %s, got %s", name.node,
             time_word(expect->at, &wanted), time_word(at, &got));
    if (expect->before != SR_TIME_NEVER && at >= expect->before)
        miss(misses, expect->line, "client %s: expected before %s, got %s", name.node,
             time_word(expect->before, &wanted), time_word(at, &got));
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

GPtrArray *
sr_expect_judge(const SrScenario *scenario, const SrRunResult *result, SrOutcomes clients)
{
    GPtrArray *misses = g_ptr_array_new_with_free_func(miss_free);
    const SrExpect *expect = &scenario->expect;
    Words wanted, got;

    judge_verdict(expect, result, misses);
    if (result->too_long) {
        g_autofree char *why = sr_expect_too_long(scenario, result->t);

        miss(misses, 0, "%s", why);
        return misses;
    }
    if (expect->winner != SR_NODE_NONE && expect->winner != result->winner)
        miss(misses, expect->line, "winner: expected %s, got %s",
             node_word(scenario, expect->winner, &wanted),
             node_word(scenario, result->winner, &got));
    judge_collaborating(scenario, result, clients, misses);
    for (uint32_t i = 0; i < scenario->expect_clients->len; i++) {
        const SrExpectClient *client =
            &g_array_index(scenario->expect_clients, SrExpectClient, i);

        for (uint32_t member = 0; member < client->clients.n; member++) {
            uint32_t node = client->clients.first + member;
            SrClientOutcome outcome = clients.client(clients.data, node - SR_NODE_FIRST_CLIENT);

            judge_client(scenario, client, node, &outcome, misses);
        }
    }
    return misses;
}

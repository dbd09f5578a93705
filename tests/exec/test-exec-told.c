/* What comes of races whose provider is a child of ours, against golden files: of each mode of the
 * child in each kind of race the digest of the trace, and another one of all else that a run tells;
 * and what is found in all orders of small ones. */
#include "exec-fixture.h"

#include "run/run-told.h"
#include "said.h"

#include "explore/explore-orders.h"

#define EXEC "[encryption-provider]\nkind = exec\n"
#define SEEDS 3

static const char *const modes[] = {
    "good",
    "waits",
    "timer",
    "gives-up",
    "gives-up-silently",
    "leaves-timer",
    "no-hint",
    "forgets",
    "notes",
    "unstable",
    "one-key",
    "ages",
    "refuses",
    "bad-shape",
    "stuck",
    "exposes",
    "crashes",
    "rejects",
    "blocked",
    "silent-promise",
    "reads-then-writes",
    "puts-if-absent",
    "twice",
    "number",
    "drops",
    "not-open",
    "wait-twice",
    "fault",
};

/* clang-format off */
static const struct race {
    const char *name, *text;
} races[] = {
    { "two", "[network]\nlatency = 10ms\n[client alice]\n[client bob]\nstart = 12ms\n" },
    { "together", "io = uniform(1ms, 20ms)\n[network]\nlatency = uniform(1ms, 30ms)\n[client alice]\ncount = 4\n" },
    { "ties", "io = 3ms\n[scenario]\nties = seeded\n[network]\nlatency = 10ms\n[client alice]\ncount = 3\n" },
    { "previous", "[network]\nlatency = 10ms\n[document plan]\nprevious = yes\n[client alice]\n[client bob]\nstart = 12ms\n" },
    { "documents", "[network]\nlatency = uniform(5ms, 40ms)\n[document plan]\nprevious = yes\n[document memo]\n"
      "[client alice]\ndocument = plan\ncount = 3\nstart = uniform(0ms, 30ms)\n[client bob]\ndocument = memo\ncount = 2\n" },
    { "gone", "io = 20ms\n[network]\nlatency = 10ms\n[client alice]\n[client bob]\nstart = 12ms\n[client carol]\nstart = 300ms\n"
      "[timeline]\n75ms = crash alice for 1s\n90ms = close bob\n" },
    { "gone in a turn", "io = 20ms\n[network]\nlatency = 10ms\n[client alice]\n[client bob]\nstart = 1ms\n[timeline]\n"
      "72500us = crash alice for 1s\n" },
    { "lost", "[network]\nlatency = 10ms\n[client alice]\ncount = 2\n[timeline]\n100ms = disconnect alice-2 for 1s\n"
      "60ms = outage encryption-provider for 1s\n3s = crash alice-1 for 100ms\n" },
    { "upgrade", "[network]\nlatency = 10ms\n[client alice]\ncount = 2\n[timeline]\n3s = upgrade server\n4s = upgrade server\n" },
    { "slow", "io = 300ms\nprocessing = 50ms\n[network]\nlatency = 10ms\n[client alice]\ncount = 3\nrequest-timeout = 200ms\n" },
    { "lossy", "[network]\nlatency = 10ms\nordered = no\nloss = 20%\nduplicate = 20%\n[client alice]\ncount = 3\nrequest-timeout = 1s\n" },
    { "short", "[scenario]\nlimit = 90ms\n[network]\nlatency = 10ms\n[client alice]\ncount = 2\n" },
};
/* clang-format on */

static SrExec *
make(const char *mode)
{
    g_autofree char *command = fixture_command(mode);

    return sr_exec_new(
        &(SrExecOptions){ .command = command, .log = -1, .deadline = 30 * SR_NS_PER_S });
}

/* ---- runs ---- */

static void
play(SrRun *run, SrExec *exec, uint64_t seed, GString *digests, GString *text)
{
    static SrRunResult result;
    const SrRunOptions options = {
        .digest = true, .story = true, .real_crypto = seed == 1, .provider = exec
    };

    if (!sr_run_execute(run, seed, &options, &result, NULL))
        fail_msg("seed %" PRIu64, seed);
    told_result(&result, text);
    told_records(run, &result, text);
    g_string_append_printf(text, "look-ups %u probes %u %s\n", result.lookups, result.probes,
                           sr_exec_broke(exec));
    g_string_append_printf(digests, " %.16s", result.digest);
}

static void
runs_end_as_before(void **state)
{
    g_autoptr(GString) lines = g_string_new(NULL);

    (void) state;
    for (size_t i = 0; i < G_N_ELEMENTS(races); i++) {
        g_autofree char *race = g_strconcat(EXEC, races[i].text, NULL);
        g_autoptr(SrScenario) scenario = fixture_parse(race);
        g_autoptr(SrRun) run = sr_run_new(scenario);

        for (size_t k = 0; k < G_N_ELEMENTS(modes); k++) {
            g_autoptr(SrExec) exec = make(modes[k]);
            g_autoptr(GString) digests = g_string_new(NULL), text = g_string_new(NULL);

            for (uint64_t seed = 1; seed <= SEEDS; seed++)
                play(run, exec, seed, digests, text);
            if (g_getenv("SR_TEST_SHOW") != NULL)
                print_message("%s, %s\n%s\n", races[i].name, modes[k], text->str);
            g_string_append_printf(lines, "%s, %s:%s, told %016" PRIx64 "\n", races[i].name,
                                   modes[k], digests->str,
                                   (uint64_t) XXH3_64bits(text->str, text->len));
        }
    }
    golden_compare("exec-runs", lines);
}

/* ---- orders ---- */

#define ANY SR_ORDERS_SWITCHES_ANY

/* clang-format off */
static const struct {
    const char *name, *text;
    uint32_t switches;
    SrTime io_max;
} orders[] = {
    { "two", "[client alice]\n[client bob]\nstart = 12ms\n", ANY, SR_NS_PER_S },
    { "two, quick calls", "[client alice]\n[client bob]\n", ANY, 2 * SR_NS_PER_MS },
    { "one", "[client alice]\n", ANY, SR_NS_PER_S },
    { "previous", "[document plan]\nprevious = yes\n[client alice]\n[client bob]\n", 2, SR_NS_PER_S },
    { "three", "[client alice]\ncount = 3\n", 1, SR_NS_PER_S },
    { "two documents", "[document a]\n[document b]\n[client alice]\ndocument = a\n[client bob]\ndocument = b\n", 3, SR_NS_PER_S },
    { "two that end at a limit", "[scenario]\nlimit = 3ns\n[client alice]\n[client bob]\n", ANY, SR_NS_PER_S },
    { "all is replaced", "[network]\nlatency = 10ms\nloss = 10%\n[link alice server]\nlatency = 1s\n[client alice]\nderive = 20ms\n"
      "[client bob]\n[expect]\nverdict = pass\n[expect client alice]\noutcome = joins\n[study]\nseeds = 1..10\n[draws]\nclient/start bob 0 = 1s\n", 2,
      SR_NS_PER_S },
};
/* clang-format on */

static const char *const ordered_modes[] = {
    "good",    "waits",   "timer",    "gives-up", "gives-up-silently", "leaves-timer",
    "forgets", "refuses", "unstable", "stuck",    "puts-if-absent",    "reads-then-writes",
};

static void
orders_end_as_before(void **state)
{
    g_autoptr(GString) lines = g_string_new(NULL);

    (void) state;
    for (size_t i = 0; i < G_N_ELEMENTS(orders); i++)
        for (size_t k = 0; k < G_N_ELEMENTS(ordered_modes); k++) {
            g_autofree char *text = g_strconcat(EXEC, orders[i].text, NULL);
            g_autoptr(SrScenario) scenario = fixture_parse(text);
            g_autoptr(SrExec) exec = make(ordered_modes[k]);
            const SrOrdersOptions options = { .provider = exec,
                                              .runs = 1000,
                                              .switches = orders[i].switches,
                                              .io_max = orders[i].io_max };
            g_autoptr(GError) error = NULL;
            SrOrdersResult result;

            if (!sr_orders_search(scenario, &options, &result, &error))
                fail_msg("%s, %s: %s", orders[i].name, ordered_modes[k], error->message);
            if (g_getenv("SR_TEST_SHOW") != NULL && result.scenario != NULL)
                print_message("%s\n", result.scenario);
            g_string_append_printf(
                lines,
                "%s, %s: end %u, %" PRIu64 " runs, %" PRIu64
                " fail, checks %x, shortest %x with %u choices, written %016" PRIx64 "\n",
                orders[i].name, ordered_modes[k], result.end, result.runs, result.failing,
                result.failed, result.shortest, result.choices,
                result.scenario != NULL
                    ? (uint64_t) XXH3_64bits(result.scenario, strlen(result.scenario))
                    : 0);
            g_free(result.scenario);
        }
    golden_compare("exec-orders", lines);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_end_as_before),
        cmocka_unit_test(orders_end_as_before),
    };

    return cmocka_run_group_tests_name("a provider of one's own", tests, fixture_ignore_sigpipe,
                                       NULL) != 0;
}

/* Every order of a race whose provider is a child of ours. */
#include "exec-fixture.h"

#include "../run/run-fixture.h"

#include "explore/explore-orders.h"

#define EXEC "[encryption-provider]\nkind = exec\n"
#define TWO EXEC "[client alice]\n[client bob]\nstart = 12ms\n"
#define BIT(check) (1u << SR_CHECK_##check)

static SrExec *
make(const char *mode)
{
    g_autofree char *command = fixture_command(mode);

    return sr_exec_new(&(SrExecOptions){ .command = command, .log = -1 });
}

static SrOrdersOptions
all_orders(SrExec *exec)
{
    return (SrOrdersOptions){ .provider = exec,
                              .runs = 10000,
                              .switches = SR_ORDERS_SWITCHES_ANY,
                              .io_max = SR_NS_PER_S };
}

/* @options: but for the provider, a child in @mode. */
static SrOrdersResult
search(const char *text, const char *mode, const SrOrdersOptions *options)
{
    g_autoptr(SrScenario) scenario = fixture_parse(text);
    g_autoptr(SrExec) exec = make(mode);
    g_autoptr(GError) error = NULL;
    SrOrdersOptions asked = options != NULL ? *options : all_orders(exec);
    SrOrdersResult result;

    asked.provider = exec;
    if (!sr_orders_search(scenario, &asked, &result, &error))
        fail_msg("%s", error->message);
    return result;
}

/* ---- verdicts ---- */

/* clang-format off */
static const struct row {
    const char *mode;
    uint64_t runs;
    uint32_t failed;
} rows[] = {
    { "good", 10, 0 },
    { "waits", 340, 0 },
    { "timer", 26, 0 },
    { "puts-if-absent", 4124, 0 },
    { "reads-then-writes", 4124, BIT(KEY_KEPT) | BIT(HINT_STABLE) | BIT(SAME_KEY) | BIT(ALL_COLLABORATE) },
    { "forgets", 10, BIT(KEY_KEPT) | BIT(KEY_FOUND) | BIT(ALL_COLLABORATE) },
    { "unstable", 10, BIT(KEY_KEPT) | BIT(HINT_STABLE) | BIT(SAME_KEY) | BIT(ALL_COLLABORATE) },
};
/* clang-format on */

static void
every_order_is_tried(void **state)
{
    const struct row *row = *state;
    SrOrdersResult result = search(TWO, row->mode, NULL);

    assert_int_equal(result.end, SR_ORDERS_COMPLETE);
    assert_int_equal(result.failed, row->failed);
    assert_int_equal(result.runs, row->runs);
    assert_int_equal(result.failing > 0, row->failed != 0);
    assert_int_equal(result.scenario != NULL, row->failed != 0);
    g_free(result.scenario);
}

/* The order that fails is a scenario, which a run takes by its times, with a fresh child. */
static void
the_failing_order_is_a_scenario(void **state)
{
    static const char *const modes[] = { "reads-then-writes", "forgets", "unstable" };

    (void) state;
    for (size_t i = 0; i < G_N_ELEMENTS(modes); i++) {
        SrOrdersResult found = search(TWO, modes[i], NULL);
        g_autofree char *text = found.scenario;
        g_autoptr(SrScenario) scenario = fixture_parse(text);
        g_autoptr(SrRun) run = sr_run_new(scenario);
        g_autoptr(SrExec) exec = make(modes[i]);
        SrRunOptions options = { .provider = exec };
        SrRunResult result;

        assert_non_null(strstr(text, "\n[draws]\n"));
        assert_true(sr_run_execute(run, 5, &options, &result, NULL));
        assert_int_equal(result.failed, found.shortest);
        assert_int_equal(scenario->expect.failed, found.shortest);
    }
}

/* ---- limits ---- */

static void
fewer_switches_are_fewer_orders(void **state)
{
    static const uint32_t switches[] = { 0, 1, 2, 1000 };
    uint64_t runs[G_N_ELEMENTS(switches)];

    (void) state;
    for (size_t i = 0; i < G_N_ELEMENTS(switches); i++) {
        SrOrdersOptions options = all_orders(NULL);
        SrOrdersResult result;

        options.switches = switches[i];
        result = search(TWO, "waits", &options);
        assert_int_equal(result.end, SR_ORDERS_COMPLETE);
        runs[i] = result.runs;
        assert_true(i == 0 || runs[i] > runs[i - 1]);
    }
    /* The one goes to its end, then the other, which has two requests at once at times. */
    assert_int_equal(runs[0], 20);
    assert_int_equal(runs[3], 340);
}

static void
a_search_ends_where_it_is_told(void **state)
{
    SrOrdersOptions few = all_orders(NULL), first = all_orders(NULL);
    SrOrdersResult result;

    (void) state;
    few.runs = 7;
    result = search(TWO, "waits", &few);
    assert_int_equal(result.end, SR_ORDERS_RUNS);
    assert_int_equal(result.runs, 7);
    first.first = true;
    result = search(TWO, "forgets", &first);
    assert_int_equal(result.end, SR_ORDERS_FIRST);
    assert_int_equal(result.failing, 1);
    g_free(result.scenario);
}

/* What fails in the search and not when it is played again is no scenario. */
static void
an_order_that_fails_once_is_no_scenario(void **state)
{
    SrOrdersOptions first = all_orders(NULL);
    SrOrdersResult result;

    (void) state;
    first.first = true;
    result = search(TWO, "forgets-at-first", &first);
    assert_int_equal(result.end, SR_ORDERS_FIRST);
    assert_int_equal(result.runs, 1);
    assert_int_equal(result.shortest, BIT(KEY_KEPT) | BIT(KEY_FOUND) | BIT(ALL_COLLABORATE));
    assert_null(result.scenario);
}

/* A child that makes calls in its second run, and none in the first, leaves other choices there. */
static void
other_choices_end_a_search(void **state)
{
    SrOrdersResult result;

    (void) state;
    result = search(TWO, "good-at-first", NULL);
    assert_int_equal(result.end, SR_ORDERS_UNLIKE);
    assert_int_equal(result.runs, 2);
}

typedef struct {
    uint64_t told, stop_at;
} Progress;

static void
take_progress(void *data, uint64_t runs)
{
    Progress *progress = data;

    assert_int_equal(runs, progress->told + 1);
    progress->told = runs;
}

static bool
is_enough(void *data)
{
    const Progress *progress = data;

    return progress->told == progress->stop_at;
}

/* It is asked before each run whether it shall stop, and tells each run. */
static void
a_search_can_be_stopped(void **state)
{
    Progress progress = { .stop_at = 5 };
    SrOrdersOptions options = all_orders(NULL);
    SrOrdersResult result;

    (void) state;
    options.stop = is_enough;
    options.progress = take_progress;
    options.data = &progress;
    result = search(TWO, "waits", &options);
    assert_int_equal(result.end, SR_ORDERS_STOPPED);
    assert_int_equal(result.runs, 5);
    assert_int_equal(progress.told, 5);
}

/* As many runs as there are orders are not too few. */
static void
the_last_order_may_be_the_last_run(void **state)
{
    SrOrdersOptions options = all_orders(NULL);

    (void) state;
    options.runs = 10;
    assert_int_equal(search(TWO, "good", &options).end, SR_ORDERS_COMPLETE);
}

static void
what_has_no_orders_is_refused(void **state)
{
    static const char *const texts[] = {
        EXEC "[client a]\n[timeline]\n1s = crash a\n",
        EXEC "[client a]\n[chaos]\ncrash = 1/s\n",
        EXEC "[client a]\ncount = 17\n",
    };
    g_autoptr(SrScenario) good = fixture_parse(TWO);

    (void) state;
    assert_null(sr_orders_refusal(good));
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(SrScenario) scenario = fixture_parse(texts[i]);
        g_autofree char *refusal = sr_orders_refusal(scenario);

        assert_non_null(refusal);
    }
}

static void
a_program_that_is_not_there_is_an_error(void **state)
{
    g_autoptr(SrScenario) scenario = fixture_parse(TWO);
    g_autoptr(SrExec) exec =
        sr_exec_new(&(SrExecOptions){ .command = "no-such-program-anywhere", .log = -1 });
    g_autoptr(GError) error = NULL;
    const SrOrdersOptions options = all_orders(exec);
    SrOrdersResult result;

    (void) state;
    assert_false(sr_orders_search(scenario, &options, &result, &error));
    assert_non_null(error);
}

int
main(void)
{
    struct CMUnitTest tests[G_N_ELEMENTS(rows)];
    const struct CMUnitTest more[] = {
        cmocka_unit_test(the_failing_order_is_a_scenario),
        cmocka_unit_test(fewer_switches_are_fewer_orders),
        cmocka_unit_test(a_search_ends_where_it_is_told),
        cmocka_unit_test(an_order_that_fails_once_is_no_scenario),
        cmocka_unit_test(other_choices_end_a_search),
        cmocka_unit_test(a_search_can_be_stopped),
        cmocka_unit_test(the_last_order_may_be_the_last_run),
        cmocka_unit_test(what_has_no_orders_is_refused),
        cmocka_unit_test(a_program_that_is_not_there_is_an_error),
    };
    int failed;

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        tests[i] = (struct CMUnitTest){ .name = rows[i].mode,
                                        .test_func = every_order_is_tried,
                                        .initial_state = (void *) (uintptr_t) &rows[i] };
    failed = cmocka_run_group_tests_name("every order", tests, fixture_ignore_sigpipe, NULL);
    return (failed +
            cmocka_run_group_tests_name("orders", more, fixture_ignore_sigpipe, NULL)) != 0;
}

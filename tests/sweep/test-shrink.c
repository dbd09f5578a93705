/* The shrinker: what it finds fails the same check, is small, and is always the same. */
#include "run/run-fixture.h"

#include "sweep/shrink.h"

#define STORM                                                                                  \
    "[scenario]\nlimit = 60s\n[client editor]\ncount = 20\nstart = uniform(0ms, 10s)\n"        \
    "[chaos]\ncrash = 20/min\ndisconnect = 20/min\noutage = 6/min\nuntil = 30s\n"

/* Races of twenty editors under faults, and stores or servers that cannot take it. */
static const struct row {
    const char *name;
    const char *scenario;
    SrCheckId check;
} rows[] = {
    { "a store that keeps one key a document",
      STORM "[encryption-provider]\nretention = on-new-key\n", SR_CHECK_KEY_KEPT },
    { "editors that ask for a key only once",
      "[scenario]\nlimit = 60s\n[client editor]\ncount = 20\nstart = uniform(0ms, "
      "10s)\nkey-retry = none\nrequest-timeout = 500ms\n[chaos]\ncrash = 20/min\noutage = "
      "6/min\nuntil = 30s\n",
      SR_CHECK_ALL_COLLABORATE },
    { "keys that are not kept for long", STORM "[encryption-provider]\nretention = for(2s)\n",
      SR_CHECK_KEY_FOUND },
    { "a provider that answers otherwise each time",
      STORM "[encryption-provider]\nkind = unstable\n", SR_CHECK_SAME_KEY },
};

/* The first seed under which @check fails. */
static uint64_t
failing_seed(const SrScenario *scenario, SrCheckId check)
{
    static const SrRunOptions silent = { 0 };
    g_autoptr(SrRun) run = sr_run_new(scenario);

    for (uint64_t seed = 1; seed <= 2000; seed++) {
        SrRunResult result;

        assert_true(sr_run_execute(run, seed, &silent, &result, NULL));
        if (result.failed >> check & 1)
            return seed;
    }
    fail_msg("%s fails under none of the seeds", sr_check_name(check));
    return 0;
}

static void
twenty_clients_become_few(void **state)
{
    const struct row *row = *state;
    g_autoptr(SrScenario) scenario = fixture_parse(row->scenario);
    SrShrinkOptions options = { .check = row->check };
    SrRunResult result;

    options.seed = failing_seed(scenario, row->check);
    g_autoptr(SrShrunk) shrunk = sr_shrink(scenario, &options, NULL);
    g_autoptr(SrShrunk) again = sr_shrink(scenario, &options, NULL);

    assert_non_null(shrunk);
    g_autofree char *text = sr_shrunk_text(shrunk, "Small.");
    g_autofree char *text_again = sr_shrunk_text(again, "Small.");

    assert_string_equal(text, text_again);
    assert_true(shrunk->complete);
    assert_int_equal(shrunk->check, row->check);
    if (shrunk->at.n_clients > 3 || shrunk->at.n_faults > 1)
        fail_msg("%u clients, %u faults: %s", shrunk->at.n_clients, shrunk->at.n_faults, text);

    /* What is printed plays as it says. */
    g_autoptr(SrScenario) small = fixture_parse(text);
    g_autoptr(SrRun) run = sr_run_new(small);

    assert_int_equal(small->n_clients, shrunk->at.n_clients);
    assert_int_equal(small->timeline->len, shrunk->at.n_faults);
    result = fixture_play(run, small->seed, SR_CRYPTO_NAMES, NULL);
    assert_int_equal(result.failed, shrunk->failed);
    assert_true(result.failed >> row->check & 1);

    g_autoptr(GPtrArray) misses = sr_expect_judge(small, &result, sr_run_outcomes(run));

    assert_int_equal(misses->len, 0);
}

static void
a_run_that_fails_nothing_is_not_shrunk(void **state)
{
    g_autoptr(SrScenario) scenario = fixture_parse("[client a]\n[client b]\n");
    const SrShrinkOptions any = { .seed = 1, .check = SR_CHECK_N };
    const SrShrinkOptions one = { .seed = 1, .check = SR_CHECK_KEY_KEPT };

    (void) state;
    assert_null(sr_shrink(scenario, &any, NULL));
    assert_null(sr_shrink(scenario, &one, NULL));
}

static void
without_a_check_the_first_that_fails_is_kept(void **state)
{
    g_autoptr(SrScenario) scenario =
        fixture_parse("[encryption-provider]\nretention = on-new-key\n[client a]\n[client "
                      "b]\nstart = 12ms\n");
    const SrShrinkOptions options = { .seed = 1, .check = SR_CHECK_N };
    g_autoptr(SrShrunk) shrunk = sr_shrink(scenario, &options, NULL);

    (void) state;
    assert_non_null(shrunk);
    assert_int_equal(shrunk->check, SR_CHECK_KEY_KEPT);
    assert_int_equal(shrunk->at.n_clients, 2);
}

static void
a_budget_ends_it(void **state)
{
    g_autoptr(SrScenario) scenario = fixture_parse(rows[0].scenario);
    SrShrinkOptions options = { .check = rows[0].check, .tries_max = 3 };

    (void) state;
    options.seed = failing_seed(scenario, rows[0].check);
    g_autoptr(SrShrunk) shrunk = sr_shrink(scenario, &options, NULL);

    assert_non_null(shrunk);
    assert_false(shrunk->complete);
    assert_int_equal(shrunk->at.tries, 3);
    assert_true(shrunk->failed >> rows[0].check & 1);
}

/* A thousand members and more are counted down before they become single clients. */
static void
a_crowd_is_counted_down(void **state)
{
    g_autoptr(SrScenario) scenario =
        fixture_parse("[encryption-provider]\nretention = on-new-key\n[client crowd]\ncount = "
                      "5000\nstart = uniform(0ms, 1s)\n");
    const SrShrinkOptions options = { .seed = 3, .check = SR_CHECK_KEY_KEPT };
    g_autoptr(SrShrunk) shrunk = sr_shrink(scenario, &options, NULL);

    (void) state;
    assert_non_null(shrunk);
    assert_in_range(shrunk->at.n_clients, 2, 3);
}

/* `w` fails since it is rejected and has no patience. With the late start alone it would join, since
 * `b` is done by then; with the slow link alone `w` would win. */
static void
two_lines_that_need_each_other_go_together(void **state)
{
    g_autoptr(SrScenario) scenario =
        fixture_parse("[link b server]\nlatency = 70ms\n[client b]\n[client w]\nstart = "
                      "300ms\npatience = 0ms\n");
    const SrShrinkOptions options = { .seed = 1, .check = SR_CHECK_ALL_COLLABORATE };
    g_autoptr(SrShrunk) shrunk = sr_shrink(scenario, &options, NULL);

    (void) state;
    assert_non_null(shrunk);
    g_autofree char *text = sr_shrunk_text(shrunk, "");

    assert_true(shrunk->complete);
    if (strstr(text, "[client b]\n\n[client w]\npatience = 0ms\n") == NULL ||
        strstr(text, "[link") != NULL)
        fail_msg("not the smallest: %s", text);
}

int
main(void)
{
    struct CMUnitTest tests[G_N_ELEMENTS(rows)];
    const struct CMUnitTest more[] = {
        cmocka_unit_test(a_run_that_fails_nothing_is_not_shrunk),
        cmocka_unit_test(without_a_check_the_first_that_fails_is_kept),
        cmocka_unit_test(a_budget_ends_it),
        cmocka_unit_test(a_crowd_is_counted_down),
        cmocka_unit_test(two_lines_that_need_each_other_go_together),
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        tests[i] = (struct CMUnitTest){ .name = rows[i].name,
                                        .test_func = twenty_clients_become_few,
                                        .initial_state = (void *) (uintptr_t) &rows[i] };
    return (cmocka_run_group_tests_name("twenty clients under faults", tests, NULL, NULL) +
            cmocka_run_group_tests_name("shrinking", more, NULL, NULL)) != 0;
}

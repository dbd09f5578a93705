/* Runs with chaos: they are those of a file that has the faults as lines, and once the faults
 * have ceased everybody collaborates. */
#include "run/run-fixture.h"

#include "model/chaos.h"

#define RATES "crash = 6/min\ndisconnect = 10/min\noutage = 6/min\n"
#define STEPS "clock-step = 6/min\n"

static const struct world {
    const char *name, *text;
} worlds[] = {
    { "every kind of fault",
      "[client ann]\n[client fan]\ncount = 2\nstart = uniform(0ms, 3s)\n"
      "[timeline]\n4s = crash ann for 1s\n5s = step-clock server by 1s\n" },
    { "ties drawn from the seed",
      "[scenario]\nties = seeded\n[network]\nlatency = 10ms\n[client ann]\n[client ben]\n" },
    { "clocks that NTP corrects",
      "[client ann]\nntp-interval = 7s\nntp-error = 5ms\n[client ben]\nclock-offset = 1s\n"
      "[server]\nntp-interval = 5s\n[token-provider]\nclock-offset = -500ms\n" },
    { "a document that has an older session",
      "[document minutes]\nprevious = yes\n[client fan]\ncount = 3\n"
      "[timeline]\n10s = upgrade server\n" },
};

/* The trace without its first line, which names the source, and without the last, which has the
 * digest of it. */
static char *
events_of(const char *text, uint64_t seed)
{
    g_autoptr(SrScenario) scenario = fixture_parse(text);
    g_autoptr(SrRun) run = sr_run_new(scenario);
    g_autoptr(GString) trace = g_string_new(NULL);

    fixture_play(run, seed, SR_CRYPTO_NAMES, trace);
    char *first = strchr(trace->str, '\n'), *last = g_strrstr(trace->str, "\n{");

    assert_true(first != NULL && last > first);
    return g_strndup(first, (gsize) (last - first));
}

static void
chaos_is_what_the_timeline_could_say(void **state)
{
    const struct world *world = *state;
    g_autofree char *chaotic = g_strdup_printf("%s[chaos]\n" RATES STEPS, world->text);
    g_autoptr(SrScenario) scenario = fixture_parse(chaotic);
    g_autoptr(SrModel) model = sr_model_new(scenario);

    for (uint64_t seed = 1; seed <= 100; seed++) {
        g_autoptr(SrScenarioEdit) edit = sr_scenario_edit_new(scenario);

        sr_chaos_to_timeline(model, seed, edit);
        g_autofree char *told_text = sr_scenario_edit_text(edit, NULL);

        assert_null(strstr(told_text, "[chaos]"));
        g_autofree char *drawn = events_of(chaotic, seed), *told = events_of(told_text, seed);

        assert_string_equal(drawn, told);
    }
}

/* ---- the quiet tail ---- */

#define SEEDS 10000
#define THREE "[client a]\ncount = 3\nstart = uniform(0ms, 5s)\n"

/* Plays all seeds; a seed may fail only @allowed checks, and only where a client has failed for
 * @reason. Returns how many did. */
static unsigned
failures_of(const char *text, uint32_t allowed, SrReason reason)
{
    g_autoptr(SrScenario) scenario = fixture_parse(text);
    g_autoptr(SrRun) run = sr_run_new(scenario);
    SrRunOptions options = { 0 };
    SrRunResult result;
    unsigned n = 0;

    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        unsigned n_failed = 0;

        assert_true(sr_run_execute(run, seed, &options, &result, NULL));
        assert_false(result.at_limit);
        for (uint32_t i = 0; i < result.n_clients; i++) {
            SrClientOutcome outcome = sr_run_client(run, i);

            /* One that was never let in is no matter to all-collaborate. */
            n_failed += outcome.state == SR_CLIENT_FAILED && outcome.accepted;
            if (outcome.state == SR_CLIENT_FAILED && outcome.reason != reason)
                fail_msg("seed %" G_GUINT64_FORMAT ": client %u fails(%s)", seed, i + 1,
                         sr_reason_name((SrReason) outcome.reason));
        }
        if ((result.failed & ~allowed) != 0 || (result.failed != 0) != (n_failed > 0))
            fail_msg("seed %" G_GUINT64_FORMAT ": %u clients failed, and of the checks%s", seed,
                     n_failed, fixture_checks(result.failed));
        n += result.failed != 0;
    }
    return n;
}

static void
everybody_collaborates_once_faults_have_ceased(void **state)
{
    (void) state;
    assert_int_equal(failures_of(THREE "[chaos]\n" RATES, 0, SR_REASON_NONE), 0);
}

static void
even_after_a_fault_a_second_of_each_kind(void **state)
{
    (void) state;
    assert_int_equal(failures_of(THREE "[chaos]\ncrash = 1/s\ndisconnect = 1/s\noutage = 1/s\n",
                                 0, SR_REASON_NONE),
                     0);
}

/* A clock that has jumped makes tokens that are refused, and by default a client that is
 * refused fails for good. Nothing else goes wrong. */
static void
clocks_that_jump_cost_a_client_its_token(void **state)
{
    unsigned n;

    (void) state;
    n = failures_of(THREE "[chaos]\n" RATES STEPS, 1u << SR_CHECK_ALL_COLLABORATE,
                    SR_REASON_JWT);
    assert_in_range(n, SEEDS / 50, SEEDS / 2);
}

static void
and_a_retry_cures_that(void **state)
{
    (void) state;
    assert_int_equal(
        failures_of(THREE "connect-retry = unlimited from 500ms to 5s\n[chaos]\n" RATES STEPS,
                    0, SR_REASON_NONE),
        0);
}

int
main(void)
{
    const struct CMUnitTest tails[] = {
        cmocka_unit_test(everybody_collaborates_once_faults_have_ceased),
        cmocka_unit_test(even_after_a_fault_a_second_of_each_kind),
        cmocka_unit_test(clocks_that_jump_cost_a_client_its_token),
        cmocka_unit_test(and_a_retry_cures_that),
    };
    struct CMUnitTest tests[G_N_ELEMENTS(worlds)];

    for (size_t i = 0; i < G_N_ELEMENTS(worlds); i++)
        tests[i] = (struct CMUnitTest){ .name = worlds[i].name,
                                        .test_func = chaos_is_what_the_timeline_could_say,
                                        .initial_state = (void *) (uintptr_t) &worlds[i] };
    int failed = cmocka_run_group_tests_name("chaos is a timeline", tests, NULL, NULL);

    return (failed + cmocka_run_group_tests_name("the tail of chaos", tails, NULL, NULL)) != 0;
}

/* A counterexample is a scenario that `run` plays to the same failure; and every shipped scenario
 * that fails because of an order of events is found to fail by the search of all orders. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "explore/explore-fixture.h"
#include "result/expect.h"
#include "session-race/run.h"

#define FAILS(check) (1u << SR_CHECK_##check)

/* ---- counterexamples ---- */

/* Plays @text, which says what fails. */
static uint32_t
play(const char *text)
{
    g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
    g_autoptr(SrScenario) scenario =
        sr_scenario_parse("counterexample.ini", text, strlen(text), NULL, 0, diagnostics);
    static const SrRunOptions options = { 0 };
    g_autofree SrRunResult *result = g_new(SrRunResult, 1);

    assert_non_null(scenario);
    g_autoptr(SrRun) run = sr_run_new(scenario);
    assert_true(sr_run_execute(run, scenario->seed, &options, result, NULL));
    g_autoptr(GPtrArray) misses = sr_expect_judge(scenario, result, sr_run_outcomes(run));
    assert_int_equal(misses->len, 0);
    return result->failed;
}

typedef struct {
    uint32_t steps, failures;
    SrCheckId check;
} Told;

static void
count_step(void *data, uint32_t number, const char *what)
{
    Told *told = data;

    assert_int_equal(number, ++told->steps);
    assert_true(strlen(what) > 3);
}

static void
count_failure(void *data, const SrRecord *record, const SrNames *names)
{
    Told *told = data;
    char name[SR_NODE_NAME_MAX];

    assert_in_range(names->node(names->data, record->node, name), 1, SR_NODE_NAME_MAX);
    told->failures += record->event == SR_EVENT_CHECK_FAILED && record->check == told->check;
}

struct row {
    const char *name, *lines;
    uint32_t crashes;
    uint32_t failed;
};

/* clang-format off */
static const struct row rows[] = {
    { "a new key discards the winner's", "[encryption-provider]\nretention = on-new-key\n", 0,
      FAILS(KEY_KEPT) | FAILS(KEY_FOUND) | FAILS(ALL_COLLABORATE) },
    { "two keys under one hint", "[encryption-provider]\nhint = timestamp(1ms)\non-collision = overwrite\n", 0,
      FAILS(SAME_KEY) | FAILS(HINT_STABLE) | FAILS(ALL_COLLABORATE) },
    { "another key each time", "[encryption-provider]\nkind = unstable\n", 0,
      FAILS(SAME_KEY) | FAILS(HINT_STABLE) | FAILS(ALL_COLLABORATE) },
    { "nobody makes up for a lost owner", "[server]\non-owner-lost = wait\n", 1, FAILS(ALL_COLLABORATE) | FAILS(NOBODY_STUCK) },
    { "keys that grow old", "[encryption-provider]\nretention = for(1min)\n", 0,
      FAILS(KEY_KEPT) | FAILS(KEY_FOUND) | FAILS(ALL_COLLABORATE) },
};
/* clang-format on */

static void
run_fails_alike(void **state)
{
    const struct row *row = *state;

    for (unsigned n = 2; n <= 3; n++) {
        g_autoptr(SrScenario) scenario = fixture_scenario(row->lines, n);
        SrExploreOptions options = SR_EXPLORE_OPTIONS;
        SrExploreResult result;

        options.crashes = row->crashes;
        g_autoptr(SrExploration) exploration = sr_exploration_new(scenario, &options);
        sr_exploration_search(exploration, &result);
        sr_exploration_shorten(exploration);
        assert_int_equal(result.failed, row->failed);
        for (unsigned i = 0; i < SR_CHECK_N; i++) {
            Told told = { .check = (SrCheckId) i };
            const SrExploreTeller teller = { count_step, count_failure, &told };

            if (!(result.failed >> i & 1))
                continue;
            assert_true(result.refuted[i].shortest);
            assert_int_equal(sr_exploration_tell(exploration, (SrCheckId) i, &teller),
                             result.refuted[i].depth);
            assert_int_equal(told.steps, result.refuted[i].depth);
            assert_int_equal(told.failures, 1);

            g_autofree char *text = sr_exploration_scenario(exploration, (SrCheckId) i);
            assert_non_null(text);
            assert_true(play(text) >> i & 1);
        }
    }
}

/* ---- what is shipped ---- */

/* clang-format off */
static const struct shipped {
    const char *path;
    const char *set; /* (nullable) */
    uint32_t clients, crashes, expirations;
    uint32_t failed; /* what the file says, or part of it where the rest is a matter of time */
} shipped[] = {
    { "chaos/rare-race.ini", NULL, 2, 0, 0, FAILS(KEY_KEPT) | FAILS(KEY_FOUND) | FAILS(ALL_COLLABORATE) },
    { "owner/lost-wait.ini", NULL, 2, 1, 0, FAILS(ALL_COLLABORATE) | FAILS(NOBODY_STUCK) },
    { "owner/patience.ini", NULL, 2, 1, 0, FAILS(ALL_COLLABORATE) },
    { "provider/derived-rotation-too-fast.ini", NULL, 2, 0, 0, FAILS(KEY_KEPT) | FAILS(KEY_FOUND) | FAILS(ALL_COLLABORATE) },
    { "provider/hint-collision-overwrite.ini", NULL, 2, 0, 0, FAILS(SAME_KEY) | FAILS(HINT_STABLE) | FAILS(ALL_COLLABORATE) },
    { "provider/outage-longer-than-patience.ini", NULL, 1, 0, 1, FAILS(ALL_COLLABORATE) },
    { "provider/replica-lag-no-retry.ini", "encryption-provider.replicas=2", 2, 0, 0, FAILS(KEY_FOUND) | FAILS(ALL_COLLABORATE) },
    { "provider/unstable.ini", NULL, 2, 0, 0, FAILS(SAME_KEY) | FAILS(HINT_STABLE) | FAILS(ALL_COLLABORATE) },
    { "retention/for-late-joiner.ini", NULL, 2, 0, 0, FAILS(KEY_KEPT) | FAILS(KEY_FOUND) | FAILS(ALL_COLLABORATE) },
    { "retention/for-too-short.ini", NULL, 2, 0, 0, FAILS(KEY_KEPT) | FAILS(KEY_FOUND) | FAILS(ALL_COLLABORATE) },
    { "retention/last-two-of-three.ini", NULL, 3, 0, 0, FAILS(KEY_KEPT) | FAILS(KEY_FOUND) | FAILS(ALL_COLLABORATE) },
    { "retention/on-new-key.ini", NULL, 2, 0, 0, FAILS(KEY_KEPT) | FAILS(KEY_FOUND) | FAILS(ALL_COLLABORATE) },
    { "steps/pending-patience.ini", NULL, 2, 0, 1, FAILS(ALL_COLLABORATE) },
    { "tokens/cached-token.ini", NULL, 2, 0, 1, FAILS(ALL_COLLABORATE) },
    { "tokens/expires-in-mid-race.ini", NULL, 2, 0, 1, FAILS(ALL_COLLABORATE) },
    { "tokens/renewal-unanswered.ini", NULL, 1, 0, 1, FAILS(ALL_COLLABORATE) },
    { "upgrade/continue-settled.ini", NULL, 2, 0, 0, FAILS(ALL_COLLABORATE) },
    { "upgrade/previous-discarded.ini", NULL, 2, 0, 0, FAILS(KEY_KEPT) | FAILS(KEY_FOUND) | FAILS(PREVIOUS_KEPT) | FAILS(ALL_COLLABORATE) },
};
/* clang-format on */

static SrScenario *
load(const char *path, const char *set)
{
    g_autofree char *full =
        g_build_filename(g_getenv("SR_SOURCE_ROOT"), "scenarios", path, NULL);
    g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
    const SrOverride overrides[] = { set };
    SrScenario *scenario = NULL;

    assert_int_equal(
        sr_scenario_load(full, overrides, set != NULL ? 1 : 0, &scenario, diagnostics),
        SR_LOAD_OK);
    return scenario;
}

static void
shipped_failures_are_found(void **state)
{
    const struct shipped *it = *state;
    g_autoptr(SrScenario) scenario = load(it->path, it->set);
    SrExploreOptions options = SR_EXPLORE_OPTIONS;
    SrExploreResult result;

    options.clients = it->clients;
    options.crashes = it->crashes;
    options.expirations = it->expirations;
    g_autoptr(SrExploration) exploration = sr_exploration_new(scenario, &options);
    sr_exploration_search(exploration, &result);
    assert_int_equal(result.end, SR_EXPLORE_COMPLETE);
    assert_int_equal(it->failed & ~scenario->expect.failed, 0);
    assert_int_equal(it->failed & ~result.failed, 0);
}

/* Every scenario that fails stands in the table above, with all that it says fails. */
static void
list(const char *folder, const char *below, unsigned *n)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;

    assert_non_null(dir);
    while ((name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_autofree char *inside =
            *below != '\0' ? g_strdup_printf("%s/%s", below, name) : g_strdup(name);

        if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
            list(path, inside, n);
        } else if (g_str_has_suffix(name, ".ini")) {
            g_autoptr(SrScenario) scenario = load(inside, NULL);
            uint32_t failed = scenario->expect.failed;

            for (size_t i = 0; i < G_N_ELEMENTS(shipped); i++)
                if (strcmp(shipped[i].path, inside) == 0)
                    failed &= ~shipped[i].failed;
            if (failed != 0)
                fail_msg("%s fails, and nobody looks for it", inside);
            *n += scenario->expect.failed != 0;
        }
    }
}

static void
all_that_fail_are_looked_for(void **state)
{
    g_autofree char *folder = g_build_filename(g_getenv("SR_SOURCE_ROOT"), "scenarios", NULL);
    unsigned n = 0;

    (void) state;
    list(folder, "", &n);
    assert_int_equal(n, G_N_ELEMENTS(shipped));
}

int
main(void)
{
    struct CMUnitTest tests[G_N_ELEMENTS(rows) + G_N_ELEMENTS(shipped) + 1] = {
        cmocka_unit_test(all_that_fail_are_looked_for),
    };
    size_t n = 1;

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        tests[n++] = (struct CMUnitTest){ .name = rows[i].name,
                                          .test_func = run_fails_alike,
                                          .initial_state = (void *) (uintptr_t) &rows[i] };
    for (size_t i = 0; i < G_N_ELEMENTS(shipped); i++)
        tests[n++] = (struct CMUnitTest){ .name = shipped[i].path,
                                          .test_func = shipped_failures_are_found,
                                          .initial_state = (void *) (uintptr_t) &shipped[i] };
    return cmocka_run_group_tests_name("counterexamples", tests, NULL, NULL) != 0;
}

/* The scenarios of scenarios/exec, each with children of ours: a correct one passes all of them,
 * whether it answers at once, after calls, or after a timer; one that forgets keys does not. */
#include "exec-fixture.h"

#include "../run/run-fixture.h"

/* Returns: (transfer full): the paths of the scenarios */
static GPtrArray *
list_files(void)
{
    g_autofree char *folder =
        g_build_filename(g_getenv("SR_SOURCE_ROOT"), "scenarios", "exec", NULL);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
    const char *name;

    assert_non_null(dir);
    while ((name = g_dir_read_name(dir)) != NULL)
        if (g_str_has_suffix(name, ".ini"))
            g_ptr_array_add(paths, g_build_filename(folder, name, NULL));
    return paths;
}

/* Plays @path under its own seed with the child of @exec. Returns: what is not as the file expects */
static GPtrArray *
misses_of(const char *path, SrExec *exec)
{
    g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
    SrScenario *read = NULL;
    SrRunOptions options = { .digest = true, .real_crypto = true, .provider = exec };
    SrRunResult result;

    assert_int_equal(sr_scenario_load(path, NULL, 0, &read, diagnostics), SR_LOAD_OK);
    g_autoptr(SrScenario) scenario = read;
    g_autoptr(SrRun) run = sr_run_new(scenario);

    assert_true(sr_run_needs_provider(scenario));
    assert_true(sr_run_execute(run, scenario->seed, &options, &result, NULL));
    return sr_expect_judge(scenario, &result, sr_run_outcomes(run));
}

/* Returns: how many of the scenarios are not as they expect with the child in @mode; the first of
 * them fails the test where @strict */
static guint
play_all(const char *mode, bool strict)
{
    g_autofree char *command = fixture_command(mode);
    g_autoptr(SrExec) exec = sr_exec_new(
        &(SrExecOptions){ .command = command, .log = -1, .deadline = 5 * SR_NS_PER_S });
    g_autoptr(GPtrArray) paths = list_files();
    guint n_bad = 0;

    assert_in_range(paths->len, 12, 1000);
    for (guint i = 0; i < paths->len; i++) {
        g_autoptr(GPtrArray) misses = misses_of(g_ptr_array_index(paths, i), exec);

        if (strict && misses->len > 0)
            fail_msg("%s, %s: %s", mode, (const char *) g_ptr_array_index(paths, i),
                     ((SrMiss *) g_ptr_array_index(misses, 0))->message);
        n_bad += misses->len > 0;
    }
    return n_bad;
}

static void
a_correct_provider_passes_all(void **state)
{
    (void) play_all(*state, true);
}

static void
one_that_forgets_keys_does_not(void **state)
{
    (void) state;
    assert_in_range(play_all("forgets", false), 12, 1000);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(a_correct_provider_passes_all, (void *) (uintptr_t) "good"),
        cmocka_unit_test_prestate(a_correct_provider_passes_all, (void *) (uintptr_t) "waits"),
        cmocka_unit_test_prestate(a_correct_provider_passes_all, (void *) (uintptr_t) "timer"),
        cmocka_unit_test(one_that_forgets_keys_does_not),
    };

    return cmocka_run_group_tests(tests, fixture_ignore_sigpipe, NULL);
}

/* The scenarios of scenarios/exec, each with children of ours: a correct one passes all of them,
 * whether it answers at once, after calls, or after a timer; one that forgets keys does not. The same
 * of signers, and of one that counts in milliseconds. */
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

/* Plays @path under its own seed with the child of @exec. Returns: (nullable): what is not as the
 * file expects; NULL if it needs no child of @role */
static GPtrArray *
misses_of(const char *path, SrExec *exec, SrExecRole role)
{
    g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
    SrScenario *read = NULL;
    SrRunOptions options = { .digest = true, .real_crypto = true };
    SrRunResult result;

    assert_int_equal(sr_scenario_load(path, NULL, 0, &read, diagnostics), SR_LOAD_OK);
    g_autoptr(SrScenario) scenario = read;
    g_autoptr(SrRun) run = sr_run_new(scenario);

    assert_true(sr_run_needs_provider(scenario));
    if (!sr_run_needs(scenario, role))
        return NULL;
    *(role == SR_EXEC_KEYS ? &options.provider : &options.signer) = exec;
    assert_true(sr_run_execute(run, scenario->seed, &options, &result, NULL));
    return sr_expect_judge(scenario, &result, sr_run_outcomes(run));
}

/* Returns: how many of the scenarios are not as they expect with the child @command in its @role; the
 * first of them fails the test where @strict. @least: how many there are */
static guint
play_all(const char *command, SrExecRole role, guint least, bool strict)
{
    g_autoptr(SrExec) exec = sr_exec_new(&(SrExecOptions){
        .command = command, .role = role, .log = -1, .deadline = 60 * SR_NS_PER_S });
    g_autoptr(GPtrArray) paths = list_files();
    guint n_bad = 0, n = 0;

    for (guint i = 0; i < paths->len; i++) {
        g_autoptr(GPtrArray) misses = misses_of(g_ptr_array_index(paths, i), exec, role);

        if (misses == NULL)
            continue;
        n++;
        if (strict && misses->len > 0)
            fail_msg("%s, %s: %s", command, (const char *) g_ptr_array_index(paths, i),
                     ((SrMiss *) g_ptr_array_index(misses, 0))->message);
        n_bad += misses->len > 0;
    }
    assert_in_range(n, least, 1000);
    return n_bad;
}

static void
a_correct_provider_passes_all(void **state)
{
    g_autofree char *command = fixture_command(*state);

    (void) play_all(command, SR_EXEC_KEYS, 12, true);
}

static void
one_that_forgets_keys_does_not(void **state)
{
    g_autofree char *command = fixture_command("forgets");

    (void) state;
    assert_in_range(play_all(command, SR_EXEC_KEYS, 12, false), 12, 1000);
}

static void
a_correct_signer_passes_all(void **state)
{
    g_autofree char *program = g_shell_quote(g_getenv("SR_SIGNER"));
    g_autofree char *good = g_strconcat(program, " good", NULL);
    g_autofree char *waits = g_strconcat(program, " waits PS256", NULL);
    g_autofree char *wrong = g_strconcat(program, " milliseconds", NULL);

    (void) state;
    (void) play_all(good, SR_EXEC_TOKENS, 2, true);
    (void) play_all(waits, SR_EXEC_TOKENS, 2, true);
    assert_in_range(play_all(wrong, SR_EXEC_TOKENS, 2, false), 2, 1000);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(a_correct_provider_passes_all, (void *) (uintptr_t) "good"),
        cmocka_unit_test_prestate(a_correct_provider_passes_all, (void *) (uintptr_t) "waits"),
        cmocka_unit_test_prestate(a_correct_provider_passes_all, (void *) (uintptr_t) "timer"),
        cmocka_unit_test(one_that_forgets_keys_does_not),
        cmocka_unit_test(a_correct_signer_passes_all),
    };

    return cmocka_run_group_tests(tests, fixture_ignore_sigpipe, NULL);
}

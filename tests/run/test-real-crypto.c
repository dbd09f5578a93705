/* Real and symbolic cryptography give the same verdict and the same digest. */
#include "run/run-fixture.h"

#define SEEDS 1000

static void
same(SrRun *run, uint64_t seed, const char *what)
{
    SrRunResult names = fixture_play(run, seed, SR_CRYPTO_NAMES, NULL),
                real = fixture_play(run, seed, SR_CRYPTO_REAL, NULL);

    if (strcmp(names.digest, real.digest) != 0 || names.failed != real.failed)
        fail_msg("%s, seed %" G_GUINT64_FORMAT ": names %s, real %s", what, seed, names.digest,
                 real.digest);
}

static void
over_seeds(void **state)
{
    static const char *const providers[] = {
        "retention = on-new-key\n",
        "kind = unstable\n",
        "kind = derived\n",
        "hint = timestamp(20ms)\non-collision = overwrite\n",
    };

    (void) state;
    for (unsigned i = 0; i < G_N_ELEMENTS(providers); i++) {
        g_autofree char *text = g_strdup_printf(
            "[network]\nlatency = lognormal(20ms, 120ms)\n[client a]\n[client b]\n"
            "start = uniform(0ms, 200ms)\n[encryption-provider]\n%s",
            providers[i]);
        g_autoptr(SrScenario) scenario = fixture_parse(text);
        g_autoptr(SrRun) run = sr_run_new(scenario);

        for (uint64_t seed = 1; seed <= SEEDS / G_N_ELEMENTS(providers); seed++)
            same(run, seed + i * SEEDS, providers[i]);
    }
}

static void
walk(const char *folder, unsigned *n)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;

    assert_non_null(dir);
    while ((name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(folder, name, NULL);

        if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
            walk(path, n);
        } else if (g_str_has_suffix(name, ".ini")) {
            g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
            g_autoptr(SrScenario) scenario = NULL;

            assert_int_equal(sr_scenario_load(path, NULL, 0, &scenario, diagnostics),
                             SR_LOAD_OK);

            /* A provider of the user's own decides its keys: tests/exec. */
            if (sr_run_needs_provider(scenario))
                continue;
            g_autoptr(SrRun) run = sr_run_new(scenario);

            same(run, scenario->seed, path);
            ++*n;
        }
    }
}

static void
over_the_shipped_scenarios(void **state)
{
    g_autofree char *folder = g_build_filename(g_getenv("SR_SOURCE_ROOT"), "scenarios", NULL);
    unsigned n = 0;

    (void) state;
    walk(folder, &n);
    assert_in_range(n, 30, 10000);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(over_seeds),
        cmocka_unit_test(over_the_shipped_scenarios),
    };

    return cmocka_run_group_tests_name("real cryptography", tests, NULL, NULL) != 0;
}

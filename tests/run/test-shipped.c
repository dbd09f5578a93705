/* The shipped scenarios: each is as its file expects, each plays twice to the same bytes, and
 * each digest is the golden one.
 *
 * tests/golden/digests lists them; tests/golden holds the whole trace of some small ones, so
 * that a change of behaviour shows its lines. Both are written anew by tests/golden/update, and
 * a change in them is explained in its commit. */
#include "run/run-fixture.h"

static char *
source_path(const char *below)
{
    return g_build_filename(g_getenv("SR_SOURCE_ROOT"), below, NULL);
}

static SrScenario *
load(const char *name)
{
    g_autofree char *path = source_path(name);

    return fixture_load(path);
}

/* tests/golden/digests: "digest  scenarios/…/name.ini" a line. */
static void
as_expected_twice_and_golden(void **state)
{
    g_autofree char *list = source_path("tests/golden/digests");
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;
    unsigned n = 0;

    (void) state;
    assert_true(g_file_get_contents(list, &text, NULL, NULL));
    lines = g_strsplit(text, "\n", -1);
    for (; lines[n] != NULL && lines[n][0] != '\0'; n++) {
        assert_true(strlen(lines[n]) > 34 && lines[n][32] == ' ' && lines[n][33] == ' ');
        lines[n][32] = '\0';

        const char *name = lines[n] + 34;
        g_autoptr(SrScenario) scenario = load(name);
        g_autoptr(SrRun) run = sr_run_new(scenario);
        g_autoptr(GString) one = g_string_new(NULL);
        g_autoptr(GString) two = g_string_new(NULL);
        SrRunResult first = fixture_play(run, scenario->seed, SR_CRYPTO_NAMES, one);
        g_autoptr(GPtrArray) misses = sr_expect_judge(scenario, &first, sr_run_outcomes(run));

        for (guint i = 0; i < misses->len; i++)
            fail_msg("%s:%u: %s", name, ((SrMiss *) g_ptr_array_index(misses, i))->line,
                     ((SrMiss *) g_ptr_array_index(misses, i))->message);
        fixture_play(run, scenario->seed, SR_CRYPTO_NAMES, two);
        assert_string_equal(one->str, two->str);
        if (strcmp(first.digest, lines[n]) != 0)
            fail_msg("%s: golden digest %s, got %s", name, lines[n], first.digest);
    }
    assert_in_range(n, 30, 10000);
}

/* What a run leaves behind, in queues, stores, clocks and links, is gone in the next one: with
 * other draws and faults of chaos in between, a seed plays as in a fresh run. */
static void
a_used_run_plays_like_a_fresh_one(void **state)
{
    g_autofree char *list = source_path("tests/golden/digests");
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;

    (void) state;
    assert_true(g_file_get_contents(list, &text, NULL, NULL));
    lines = g_strsplit(text, "\n", -1);
    for (unsigned n = 0; lines[n] != NULL && lines[n][0] != '\0'; n++) {
        g_autoptr(SrScenario) scenario = load(lines[n] + 34);
        g_autoptr(SrRun) used = sr_run_new(scenario), fresh = sr_run_new(scenario);
        SrRunResult first = fixture_play(fresh, scenario->seed, SR_CRYPTO_NAMES, NULL);

        for (unsigned i = 0; i < 4; i++) {
            SrCryptoMode crypto = i < 2 ? SR_CRYPTO_NAMES : SR_CRYPTO_REAL;

            (void) fixture_play(used, scenario->seed + 1 + i, crypto, NULL);
            SrRunResult again = fixture_play(used, scenario->seed, crypto, NULL);

            if (strcmp(first.digest, again.digest) != 0)
                fail_msg("%s: playing %u has another digest", lines[n] + 34, i);
            assert_memory_equal(&first, &again, offsetof(SrRunResult, failures));
        }
    }
}

/* What a program of the user's plays has no digest of its own: tests/exec/test-exec-shipped.c. */
static void
every_shipped_scenario_is_in_the_list(void **state)
{
    g_autofree char *list = source_path("tests/golden/digests");
    g_autofree char *folder = source_path("scenarios");
    g_autofree char *text = NULL;
    g_autoptr(GDir) themes = g_dir_open(folder, 0, NULL);
    const char *theme, *name;

    (void) state;
    assert_true(g_file_get_contents(list, &text, NULL, NULL));
    assert_non_null(themes);
    while ((theme = g_dir_read_name(themes)) != NULL) {
        g_autofree char *path = g_build_filename(folder, theme, NULL);
        g_autoptr(GDir) files = g_dir_open(path, 0, NULL);

        if (files == NULL) { /* the page about scenarios */
            assert_string_equal(theme, "README.md");
            continue;
        }
        while ((name = g_dir_read_name(files)) != NULL) {
            g_autofree char *line = g_strdup_printf("  scenarios/%s/%s\n", theme, name);

            if (g_str_has_suffix(name, ".ini") && strcmp(theme, "exec") != 0 &&
                strstr(text, line) == NULL)
                fail_msg("not in tests/golden/digests:%s", line);
        }
    }
}

static void
golden_traces(void **state)
{
    g_autofree char *folder = source_path("tests/golden");
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;
    unsigned n = 0;

    (void) state;
    assert_non_null(dir);
    while ((name = g_dir_read_name(dir)) != NULL) {
        if (!g_str_has_suffix(name, ".ndjson"))
            continue;
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_autofree char *want = NULL;
        g_autofree char *below = g_strdup(name);
        g_autoptr(GString) got = g_string_new(NULL);

        /* theme.name.ndjson is the trace of scenarios/theme/name.ini. */
        *strrchr(below, '.') = '\0';
        *strchr(below, '.') = '/';

        g_autofree char *file = g_strdup_printf("scenarios/%s.ini", below);
        g_autoptr(SrScenario) scenario = load(file);
        g_autoptr(SrRun) run = sr_run_new(scenario);

        assert_true(g_file_get_contents(path, &want, NULL, NULL));
        fixture_play(run, scenario->seed, SR_CRYPTO_NAMES, got);
        assert_string_equal(got->str, want);
        n++;
    }
    assert_in_range(n, 5, 100);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_expected_twice_and_golden),
        cmocka_unit_test(a_used_run_plays_like_a_fresh_one),
        cmocka_unit_test(every_shipped_scenario_is_in_the_list),
        cmocka_unit_test(golden_traces),
    };

    return cmocka_run_group_tests_name("shipped scenarios", tests, NULL, NULL) != 0;
}

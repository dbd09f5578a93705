/* A run and its own trace are told in the same words and numbers: every shipped scenario is played, and
 * what is told of it must be what is told of the trace that it wrote.
 *
 * What no trace holds is taken out of the run first: expectations, the command that plays it again,
 * and that the limit ended it. */
#include "run/run-fixture.h"

#include "report/report-private.h"

static GString *
told(SrReportCase *report_case, SrReportFormat format)
{
    SrReportOptions options = { .format = format, .program = "session-race", .n_cases = 1 };
    g_autoptr(SrReport) report = sr_report_new(&options);
    GString *out = g_string_new(NULL);

    sr_report_begin(report, out);
    sr_report_add(report, report_case, out);
    sr_report_end(report, false, out);
    return out;
}

/* Returns: (transfer full): the case of @run as a stranger sees it who has nothing but its trace */
static SrReportCase *
played_case(const char *file, const SrScenario *scenario, const SrRun *run, SrRunResult *result)
{
    SrReportFacts facts = { .file = file,
                            .title = scenario->title,
                            .result = result,
                            .names = sr_run_names(run),
                            .clients = sr_run_outcomes(run),
                            .replay = "" };

    result->at_limit = false;
    return sr_report_case_new(&facts);
}

/* Returns: lines of the two that differ */
static unsigned
compare(const char *file, SrReportFormat format, SrReportCase *played, SrReportCase *recorded)
{
    g_autoptr(GString) want = told(played, format);
    g_autoptr(GString) got = told(recorded, format);
    g_auto(GStrv) wanted = g_strsplit(want->str, "\n", -1);
    g_auto(GStrv) gotten = g_strsplit(got->str, "\n", -1);
    unsigned n = 0;

    for (unsigned i = 0, j = 0; wanted[i] != NULL || gotten[j] != NULL;) {
        const char *a = wanted[i] != NULL ? wanted[i++] : "(nothing)";
        const char *b = gotten[j] != NULL ? gotten[j++] : "(nothing)";

        if (strcmp(a, b) == 0)
            continue;
        if (n++ == 0)
            print_error("%s:\n  run:   %s\n  trace: %s\n", file, a, b);
    }
    return n;
}

/* Returns: whether the trace of @scenario under @seed is told as its run */
static bool
is_told_alike(const char *file, const SrScenario *scenario, uint64_t seed)
{
    g_autoptr(SrRun) run = sr_run_new(scenario);
    g_autoptr(GString) text = g_string_new(NULL);
    SrRunResult result = fixture_play(run, seed, SR_CRYPTO_NAMES, text);
    SrTraceFault fault = { 0 };
    g_autoptr(SrTrace) trace = sr_trace_parse(file, text->str, text->len, &fault);

    assert_non_null(trace);
    g_autoptr(SrReportCase) played = played_case(file, scenario, run, &result);
    g_autoptr(SrReportCase) recorded = sr_report_case_new_recorded(file, trace);

    return compare(file, SR_REPORT_HUMAN, played, recorded) +
               compare(file, SR_REPORT_JSON, played, recorded) ==
           0;
}

/* Every shipped scenario under its own seed and under some more. */
static void
every_shipped_trace_is_told_as_its_run(void **state)
{
    g_autofree char *list =
        g_build_filename(g_getenv("SR_SOURCE_ROOT"), "tests", "golden", "digests", NULL);
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;
    unsigned n = 0, n_unlike = 0;

    (void) state;
    assert_true(g_file_get_contents(list, &text, NULL, NULL));
    lines = g_strsplit(text, "\n", -1);
    for (; lines[n] != NULL && strlen(lines[n]) > 34; n++) {
        g_autofree char *path =
            g_build_filename(g_getenv("SR_SOURCE_ROOT"), lines[n] + 34, NULL);
        g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
        g_autoptr(SrScenario) scenario = NULL;

        assert_int_equal(sr_scenario_load(path, NULL, 0, &scenario, diagnostics), SR_LOAD_OK);
        for (uint64_t seed = scenario->seed; seed < scenario->seed + 5; seed++)
            n_unlike += !is_told_alike(lines[n] + 34, scenario, seed);
    }
    assert_in_range(n, 30, 10000);
    assert_int_equal(n_unlike, 0);
}

/* Owners that are lost, hints that collide, keys that go, clients that start afresh, many of them. */
static const struct row {
    const char *name, *text;
    unsigned n_seeds;
} rows[] = {
    { "another takes over, and keys are overwritten",
      "[server]\non-owner-lost = promote\n[encryption-provider]\nhint = timestamp(1s)\n"
      "on-collision = overwrite\nretention = for(700ms)\n[client a]\ncount = 5\n"
      "start = uniform(0ms, 2s)\n[chaos]\ncrash = 60/min\ndisconnect = 30/min\n"
      "until = 10s\n",
      100 },
    { "older sessions of two documents, upgrades",
      "[document x]\nprevious = yes\n[document y]\nprevious = yes\n"
      "[encryption-provider]\nretention = on-new-key\n"
      "[client a]\ndocument = x\ncount = 3\nstart = uniform(0ms, 300ms)\n"
      "[client b]\ndocument = y\ncount = 3\nstart = uniform(0ms, 300ms)\n"
      "[timeline]\n150ms = upgrade server\n2s = upgrade server\n3s = crash server for 500ms\n",
      100 },
    { "many clients, of whom some fail",
      "[network]\npreset = mobile\n[encryption-provider]\nretention = on-new-key\n"
      "[client u]\ncount = 200\nstart = uniform(0ms, 2s)\n[chaos]\ncrash = 60/min\n"
      "clock-step = 30/min\nuntil = 5s\n",
      5 },
};

static void
check_row(void **state)
{
    const struct row *row = *state;
    g_autoptr(SrScenario) scenario = fixture_parse(row->text);
    unsigned n_unlike = 0;

    for (unsigned seed = 1; seed <= row->n_seeds; seed++)
        n_unlike += !is_told_alike(row->name, scenario, seed);
    assert_int_equal(n_unlike, 0);
}

int
main(void)
{
    struct CMUnitTest tests[G_N_ELEMENTS(rows) + 1];

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        tests[i] = (struct CMUnitTest){ .name = rows[i].name,
                                        .test_func = check_row,
                                        .initial_state = (void *) (uintptr_t) &rows[i] };
    tests[G_N_ELEMENTS(rows)] =
        (struct CMUnitTest) cmocka_unit_test(every_shipped_trace_is_told_as_its_run);
    return cmocka_run_group_tests_name("recorded traces", tests, NULL, NULL) != 0;
}

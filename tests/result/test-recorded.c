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

/* Returns: whether the trace of @file is told as its run */
static bool
is_told_alike(const char *file)
{
    g_autofree char *path = g_build_filename(g_getenv("SR_SOURCE_ROOT"), file, NULL);
    g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
    g_autoptr(SrScenario) scenario = NULL;
    g_autoptr(GString) text = g_string_new(NULL);
    SrTraceFault fault = { 0 };

    assert_int_equal(sr_scenario_load(path, NULL, 0, &scenario, diagnostics), SR_LOAD_OK);
    g_autoptr(SrRun) run = sr_run_new(scenario);
    SrRunResult result = fixture_play(run, scenario->seed, SR_CRYPTO_NAMES, text);
    g_autoptr(SrTrace) trace = sr_trace_parse(file, text->str, text->len, &fault);
    assert_non_null(trace);
    g_autoptr(SrReportCase) played = played_case(file, scenario, run, &result);
    g_autoptr(SrReportCase) recorded = sr_report_case_new_recorded(file, trace);

    return compare(file, SR_REPORT_HUMAN, played, recorded) +
               compare(file, SR_REPORT_JSON, played, recorded) ==
           0;
}

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
    for (; lines[n] != NULL && strlen(lines[n]) > 34; n++)
        n_unlike += !is_told_alike(lines[n] + 34);
    assert_in_range(n, 30, 10000);
    assert_int_equal(n_unlike, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_shipped_trace_is_told_as_its_run),
    };

    return cmocka_run_group_tests_name("recorded traces", tests, NULL, NULL) != 0;
}

/* Fuzzing a run from end to end: any scenario is played twice to the same bytes, its trace is read,
 * written the same again and drawn, verification explains every line with and without the scenario,
 * and the reports tell it. A run is short, and no program of the user's own is asked.
 *
 * Mutations take lines of random scenarios, below the group in which they stand there. */
#include "fuzz.h"
#include "random-scenario.h"
#include "report/diagram.h"
#include "report/html.h"
#include "report/report.h"
#include "report/trace-diff.h"
#include "report/verified-report.h"
#include "result/expect.h"
#include "session-race/run.h"
#include "session-race/verify.h"

#define CLIENTS_MAX 6u

static const SrOverride short_run[] = {
    "scenario.crypto=names",
    "scenario.max-events=400",
};

/* ---- the run ---- */

static SrReportCase *
make_case(const SrScenario *scenario, const SrRun *run, const SrRunResult *result)
{
    g_autoptr(GPtrArray) misses = sr_expect_judge(scenario, result, sr_run_outcomes(run));
    const SrExpect *expect = &scenario->expect;
    const SrReportFacts facts = {
        .file = "fuzz.ini",
        .title = scenario->title,
        .expected = expect->verdict == SR_VERDICT_FAIL ? expect->failed : 0,
        .expect_line = expect->line,
        .result = result,
        .names = sr_run_names(run),
        .clients = sr_run_outcomes(run),
        .misses = misses,
        .replay = "session-race run fuzz.ini",
    };

    return sr_report_case_new(&facts);
}

static void
report(const SrReportCase *report_case, unsigned choice)
{
    const SrReportOptions options = {
        .format = (SrReportFormat) (choice % SR_REPORT_FORMAT_N),
        .program = "session-race",
        .style = { .columns = SR_STYLE_COLUMNS },
        .n_cases = 1 + (choice >> 4 & 1),
    };
    g_autoptr(SrReport) report = sr_report_new(&options);
    g_autoptr(SrHtml) html = sr_html_new("session-race", 1);
    g_autoptr(GString) out = g_string_new(NULL);

    sr_report_begin(report, out);
    sr_report_add(report, report_case, out);
    sr_report_end(report, false, out);
    fuzz_check_told(out);
    sr_html_add(html, report_case, NULL, NULL, 0, NULL);
    g_string_truncate(out, 0);
    sr_html_end(html, out);
    fuzz_check_told(out);
}

static void
verify(const SrTrace *trace, const SrScenario *scenario)
{
    static const char *const files[] = { "fuzz.ndjson" };
    const SrVerifyOptions options = { .scenario = scenario };
    g_autoptr(SrVerified) found = sr_verify(trace, &options);
    const SrVerifiedCase it = {
        .files = files, .n_files = 1, .trace = trace, .verified = found
    };
    g_autoptr(GString) json = g_string_new(NULL);

    if (!found->explained)
        g_error("record %u of node %u: %s", found->record, found->node, found->why);
    g_assert(found->n_nodes_not_judged > 0 || sr_verified_failed(found) == trace->end.failed);
    sr_verified_json(&it, json);
    fuzz_check_told(json);
}

static void
draw(const SrTrace *trace, unsigned choice)
{
    const SrDiagramOptions options = { .format =
                                           (SrDiagramFormat) (choice % SR_DIAGRAM_FORMAT_N) };
    g_autoptr(GString) out = g_string_new(NULL);

    sr_diagram_write(trace, &options, out);
    fuzz_check_told(out);
}

/* Takes the trace as everybody else does who has only the trace. */
static void
read_back(const SrScenario *scenario, const GString *text, const SrRunResult *result,
          unsigned choice)
{
    SrTraceFault fault;
    g_autoptr(SrTrace) trace = sr_trace_parse("fuzz.ndjson", text->str, text->len, &fault);
    SrTraceDiff diff;

    if (trace == NULL)
        g_error("line %u: %s", (unsigned) fault.line, fault.message);
    g_assert_cmpstr(trace->digest, ==, result->digest);
    g_assert(trace->end.failed == result->failed);
    g_assert(sr_trace_keeps_verdict(trace, &fault));
    diff = sr_trace_diff(trace, trace);
    g_assert(diff.equal);
    draw(trace, choice >> 5);
    if (result->too_long)
        return;
    g_autoptr(SrReportCase) recorded = sr_report_case_new_recorded("fuzz.ndjson", trace);
    report(recorded, choice >> 8);
    verify(trace, choice >> 12 & 1 ? scenario : NULL);
}

static void
play(SrRun *run, uint64_t seed, SrRunResult *result, GString *text)
{
    const SrRunOptions options = {
        .digest = true, .trace = fuzz_append, .trace_data = text, .story = true
    };

    g_assert(sr_run_execute(run, seed, &options, result, NULL));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
    g_autoptr(SrScenario) scenario =
        sr_scenario_parse("no-such-folder/fuzz.ini", (const char *) data, size, short_run,
                          G_N_ELEMENTS(short_run), diagnostics);
    g_autoptr(SrRun) run = NULL;
    g_autoptr(GString) text = NULL, again = NULL;
    unsigned choice = fuzz_choice(data, size);
    SrRunResult result;

    if (scenario == NULL || scenario->n_clients > CLIENTS_MAX ||
        sr_run_needs_provider(scenario))
        return 0;
    run = sr_run_new(scenario);
    text = g_string_new(NULL);
    again = g_string_new(NULL);
    play(run, scenario->seed, &result, again);
    play(run, scenario->seed, &result, text);
    g_assert(g_string_equal(text, again));
    g_autoptr(SrReportCase) report_case = make_case(scenario, run, &result);
    report(report_case, choice);
    read_back(scenario, text, &result, choice);
    return 0;
}

/* ---- mutations ---- */

/* Puts a line of some random scenario below its group. */
static void
graft(GString *text, SrStream *draws)
{
    const RandomSpace space = {
        .dimensions = (uint32_t) sr_stream_next(draws) & RANDOM_ALL,
        .n_clients_min = 1,
        .n_clients_max = CLIENTS_MAX,
    };
    g_autoptr(GString) other = random_scenario(sr_stream_next(draws), &space), line = NULL,
                       header = NULL;
    FuzzSpan at = fuzz_line(other, draws), group = at;
    char *there;

    while (group.at > 0 && other->str[group.at] != '[')
        for (group.at--; group.at > 0 && other->str[group.at - 1] != '\n';)
            group.at--;
    group.end = (size_t) (strchr(other->str + group.at, '\n') - other->str) + 1;
    header = fuzz_copy(other, group);
    line = fuzz_copy(other, at);
    there = strstr(text->str, header->str);
    if (there == NULL)
        g_string_append_printf(text, "%s%s",
                               text->len == 0 || text->str[text->len - 1] == '\n' ? "" : "\n",
                               header->str);
    if (line->str[0] != '[')
        g_string_insert(text, there == NULL ? -1 : there - text->str + (gssize) header->len,
                        line->str);
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    SrStream draws = sr_stream_at(sr_stream_key(seed, 1, 0), 0);
    GString *text;

    if (sr_stream_below(&draws, 2) == 0)
        return fuzz_mutate(data, size, max_size, seed, NULL);
    text = g_string_new_len((const char *) data, (gssize) size);
    graft(text, &draws);
    size_t n = fuzz_end_mutation(text, data, max_size);
    return n > 0 ? n : fuzz_mutate(data, size, max_size, seed, NULL);
}

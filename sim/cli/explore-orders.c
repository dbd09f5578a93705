/* `explore --provider`: every order of a race whose provider is somebody's own program. */
#include "explore-private.h"

#include <string.h>

#include "base/whole-file.h"
#include "explore/explore-orders.h"
#include "result/expect.h"
#include "session-race/run.h"

typedef struct {
    SrExploreSession *session;
    const SrOrdersOptions *asked;
    SrOwn own;
    SrOrdersResult result;
} Session;

/* How a search may end: the word for programs, and why it ended early. */
static const struct {
    const char *word, *text;
} ends[] = {
    [SR_ORDERS_COMPLETE] = { "complete", "" },
    [SR_ORDERS_FIRST] = { "first", "it was to end with the first failure" },
    [SR_ORDERS_RUNS] = { "runs", "the runs that were allowed are used up; --runs allows more" },
    [SR_ORDERS_STOPPED] = { "stopped", "its time was up" },
    [SR_ORDERS_TOO_LONG] = { "too-long",
                             "a run needs more events than 'max-events' in [scenario]" },
    [SR_ORDERS_UNLIKE] = { "unlike", "the program of --provider did not do the same twice" },
};

static bool
is_stopped(void *data)
{
    const Session *it = data;

    return sr_stop_signal() != 0 || g_get_monotonic_time() >= it->session->until_us;
}

static void
show(void *data, uint64_t runs)
{
    Session *it = data;
    gint64 now = g_get_monotonic_time();

    if (sr_meter_is_due(&it->session->meter, now))
        sr_meter_draw(&it->session->meter, now, "%" PRIu64 " runs  %.0f runs/s", runs,
                      (double) runs * 1e6 / (double) (now - it->session->begun_us + 1));
}

static int
status_of(const Session *it)
{
    uint32_t failed = it->result.failed, wanted = sr_explore_expected(it->session->scenario);

    if (failed & ~wanted)
        return SR_EXIT_UNEXPECTED;
    if (it->result.end == SR_ORDERS_STOPPED && sr_stop_signal() != 0)
        return sr_stop_status();
    if (it->result.end == SR_ORDERS_COMPLETE)
        return failed == wanted ? SR_EXIT_OK : SR_EXIT_UNEXPECTED;
    return failed == wanted && it->result.end == SR_ORDERS_FIRST ? SR_EXIT_OK
                                                                 : SR_EXIT_INCOMPLETE;
}

/* ---- the shortest failing order ---- */

static gboolean
flush_trace(void *data, const char *bytes, size_t n, GError **error)
{
    return sr_output_write(data, bytes, n, error);
}

/* Plays the shortest failing order again by its times. @trace: nullable. Returns: (transfer full)
 * (nullable): its case */
static SrReportCase *
play_shortest(const Session *it, SrOutput *trace, GError **error)
{
    const char *text = it->result.scenario, *path = it->session->file->path;
    g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
    g_autoptr(SrScenario) scenario =
        sr_scenario_parse(path, text, strlen(text), NULL, 0, diagnostics);
    g_autoptr(SrRun) run = sr_run_new(scenario);
    g_autofree SrRunResult *result = g_new0(SrRunResult, 1);
    const SrRunOptions options = { .digest = true,
                                   .story = true,
                                   .provider = it->own.provider,
                                   .trace = trace != NULL ? flush_trace : NULL,
                                   .trace_data = trace };
    g_autoptr(GString) replay = g_string_new("--scenario FILE writes it, which run replays");

    if (!sr_run_execute(run, scenario->seed, &options, result, error))
        return NULL;
    if (it->session->written) {
        g_autofree char *words = sr_own_words(it->session->options);
        g_autofree char *command =
            sr_report_replay_with(words, NULL, 0, scenario->seed, it->session->scenario_path);

        g_string_assign(replay, command);
    }

    const SrReportFacts facts = { .file = path,
                                  .title = scenario->title,
                                  .result = result,
                                  .names = sr_run_names(run),
                                  .clients = sr_run_outcomes(run),
                                  .replay = replay->str };

    return sr_report_case_new(&facts);
}

static int
write_files(Session *it)
{
    SrExploreSession *session = it->session;
    const char *path = session->scenario_path, *text = it->result.scenario;
    int status = SR_EXIT_OK;

    if (path == NULL && session->options->trace == NULL)
        return SR_EXIT_OK;
    if (text == NULL) {
        sr_message(it->result.failed == 0
                       ? "no failure to write"
                       : "by its times 'run' does not take the failing order; "
                         "nothing is written");
        return SR_EXIT_OK;
    }
    if (path != NULL)
        status = sr_output_text(path, text, strlen(text));
    session->written = path != NULL && status == SR_EXIT_OK && !sr_output_is_stdout(path);
    if (status == SR_EXIT_OK && session->options->trace != NULL) {
        g_autoptr(GError) error = NULL;
        g_autoptr(SrReportCase) played = NULL;
        SrOutput *output = sr_output_open(session->options->trace, SR_OUTPUT_REPLACE, &error);

        if (output != NULL)
            played = play_shortest(it, output, &error);
        if (!sr_output_finish(output, played != NULL, &error))
            status = sr_file_error(session->options->trace, error->message);
    }
    return status;
}

/* ---- output ---- */

static void
put_story(const Session *it)
{
    GString *out = it->session->out;
    g_autoptr(SrReportCase) played =
        it->result.scenario != NULL ? play_shortest(it, NULL, NULL) : NULL;
    const SrReportOptions options = { .format = SR_REPORT_HUMAN,
                                      .program = "session-race " SR_VERSION,
                                      .style = it->session->style,
                                      .n_cases = 1 };
    g_autoptr(SrReport) report = NULL;

    if (played == NULL)
        return;
    report = sr_report_new(&options);
    sr_put_plain(out, "\nThe shortest of them has %u choice%s:\n", it->result.choices,
                 it->result.choices == 1 ? "" : "s");
    sr_report_begin(report, out);
    sr_report_add(report, played, out);
}

/* Appends `every order of 2 clients: 2732 runs`, or that they were cut. */
static void
put_scope(const Session *it)
{
    const SrOrdersResult *result = &it->result;
    uint32_t n = it->session->scenario->n_clients;
    GString *out = it->session->out;

    g_string_append_printf(out, "%s of %u client%s",
                           result->end == SR_ORDERS_COMPLETE ? "every order" : "some orders", n,
                           n == 1 ? "" : "s");
    if (it->asked->switches != SR_ORDERS_SWITCHES_ANY)
        g_string_append_printf(out, " with at most %u switch%s", it->asked->switches,
                               it->asked->switches == 1 ? "" : "es");
    g_string_append_printf(out, ": %" PRIu64 " run%s, ", result->runs,
                           result->runs == 1 ? "" : "s");
    if (result->failed == 0)
        g_string_append(out, result->end == SR_ORDERS_COMPLETE ? "all checks hold"
                                                               : "no check failed");
    else
        g_string_append_printf(out, "checks fail in %" PRIu64, result->failing);
    g_string_append_c(out, '\n');
}

static void
put_human(const Session *it)
{
    const SrOrdersResult *result = &it->result;
    GString *out = it->session->out;
    int status = status_of(it);

    sr_style_paint(&it->session->style,
                   status == SR_EXIT_OK           ? SR_COLOUR_GOOD
                   : status == SR_EXIT_UNEXPECTED ? SR_COLOUR_BAD
                                                  : SR_COLOUR_SOFT,
                   status == SR_EXIT_OK           ? "PASS  "
                   : status == SR_EXIT_UNEXPECTED ? "FAIL  "
                                                  : "OPEN  ",
                   out);
    sr_put_plain(out, "%s: ", sr_whole_file_name(it->session->file->path));
    put_scope(it);
    if (result->failed != 0) {
        g_string_append(out, "  fail: ");
        sr_text_checks(out, result->failed, ", ");
        g_string_append_c(out, '\n');
    }
    if (sr_explore_expected(it->session->scenario) & ~result->failed) {
        g_string_append(out, "  expected to fail, but did not: ");
        sr_text_checks(out, sr_explore_expected(it->session->scenario) & ~result->failed, ", ");
        g_string_append_c(out, '\n');
    }
    if (result->end != SR_ORDERS_COMPLETE)
        g_string_append_printf(out, "  not every order was tried: %s\n",
                               result->end == SR_ORDERS_STOPPED && sr_stop_signal() != 0
                                   ? "it was stopped"
                                   : ends[result->end].text);
    put_story(it);
}

static void
put_json(const Session *it)
{
    const SrOrdersResult *result = &it->result;
    const SrOrdersOptions *options = it->asked;
    GString *out = it->session->out;

    sr_put_json(out,
                "{'format': 'session-race-explore-orders', 'version': 1, "
                "'program': 'session-race " SR_VERSION "',\n'scenario': %s, 'clients': %u, ",
                it->session->file->path, it->session->scenario->n_clients);
    if (options->switches != SR_ORDERS_SWITCHES_ANY)
        sr_put_json(out, "'switches': %u, ", options->switches);
    sr_put_json(out,
                "'io_max': %ju, 'end': %s, 'as_expected': %-s,\n'runs': %" PRIu64
                ", 'failing': %" PRIu64 ", 'choices': %u, 'milliseconds': %" PRId64 ",\n",
                options->io_max, ends[result->end].word,
                sr_text_bool(status_of(it) == SR_EXIT_OK), result->runs, result->failing,
                result->choices,
                (int64_t) (it->session->ended_us - it->session->begun_us) / 1000);
    sr_put_json(out, "'checks': [");
    for (unsigned i = 0; i < SR_CHECK_N; i++)
        sr_put_json(out, ",\n  {'check': %s, 'verdict': %s, 'expected': %s}",
                    sr_check_name((SrCheckId) i),
                    result->failed >> i & 1             ? "fails"
                    : result->end == SR_ORDERS_COMPLETE ? "holds"
                                                        : "open",
                    sr_explore_expected(it->session->scenario) >> i & 1 ? "fails" : "holds");
    sr_put_json(out, "]");
    if (result->scenario != NULL)
        sr_put_json(out, ",\n'shortest': %s", result->scenario);
    sr_put_json(out, "}\n");
}

/* ---- the search ---- */

static int
finish(Session *it)
{
    SrExploreSession *session = it->session;
    g_autoptr(GString) time = g_string_new(NULL);
    int files, written;

    session->ended_us = g_get_monotonic_time();
    sr_meter_erase(&session->meter);
    files = write_files(it);
    if (session->options->format == SR_REPORT_JSON)
        put_json(it);
    else if (!session->options->quiet || status_of(it) != SR_EXIT_OK)
        put_human(it);
    written = sr_output_text(session->options->output, session->out->str, session->out->len);
    if (written != SR_EXIT_OK)
        return written;
    sr_span_show(time, (SrSpan) (session->ended_us - session->begun_us) * SR_NS_PER_US);
    if (!session->options->quiet)
        sr_message("%s, %.0f runs/s", time->str,
                   (double) it->result.runs * 1e6 /
                       (double) (session->ended_us - session->begun_us + 1));
    return files != SR_EXIT_OK ? files : status_of(it);
}

int
sr_explore_orders(SrExploreSession *session, const SrOrdersOptions *asked)
{
    g_autofree char *refusal = sr_orders_refusal(session->scenario);
    g_autoptr(GError) error = NULL;
    Session it = { .session = session, .asked = asked };
    SrOrdersOptions options = *asked;
    int status;

    if (refusal != NULL) {
        (void) sr_file_error(sr_whole_file_name(session->file->path), refusal);
        return SR_EXIT_MALFORMED;
    }
    sr_stop_install();
    sr_meter_begin(&session->meter, !session->options->quiet);
    it.own = sr_own_new(session->options, 0);
    options.provider = it.own.provider;
    options.stop = is_stopped;
    options.progress = show;
    options.data = &it;
    if (sr_orders_search(session->scenario, &options, &it.result, &error)) {
        status = finish(&it);
    } else {
        sr_message("%s", error->message);
        status = SR_EXIT_SYSTEM;
    }
    sr_own_clear(&it.own);
    g_free(it.result.scenario);
    return status;
}

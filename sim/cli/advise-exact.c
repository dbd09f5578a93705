/* `advise --exact`: the values that are always enough, proved for all delays within their
 * bounds.
 *
 * The file's own retention, leeway and time-outs are set aside, so that all needs are seen, as
 * in the advice from seeds. Each value follows from the greatest (or least) span of a watch.
 * The run that attains the greatest age of a key is played once more with a retention of
 * exactly that: it must fail, or nothing is said about it. */
#include <string.h>

#include "advise-private.h"
#include "base/whole-file.h"
#include "result/expect.h"
#include "session-race/run.h"

SrAdviseExactOptions sr_advise_exact;

/* ---- the question ---- */

/* The time-outs of the file that could end what is to be measured. With faults they may be all
 * that ends a wait for somebody who is gone, and stay. */
static void
set_aside(const SrScenario *scenario, GPtrArray *overrides)
{
    SrEncryptionProviderSettings const *keys = &scenario->encryption_provider;
    bool has_faults = scenario->timeline->len > 0;

    if (keys->kind == SR_KEYS_STORED || keys->kind == SR_KEYS_UNSTABLE)
        g_ptr_array_add(overrides, g_strdup("encryption-provider.retention=forever"));
    if (scenario->token_provider.enabled)
        g_ptr_array_add(overrides, g_strdup("server.leeway=30d"));
    if (scenario->server.establish_timeout != SR_TIME_NEVER && !has_faults)
        g_ptr_array_add(overrides, g_strdup("server.establish-timeout=none"));
    for (unsigned i = 0; i < scenario->clients->len; i++) {
        const SrClientGroup *client = &g_array_index(scenario->clients, SrClientGroup, i);

        if (client->patience != SR_TIME_NEVER && !has_faults)
            g_ptr_array_add(overrides,
                            g_strdup_printf("client %s.patience=none", client->name));
        if (client->request_timeout != 10 * SR_NS_PER_S)
            g_ptr_array_add(overrides,
                            g_strdup_printf("client %s.request-timeout=10s", client->name));
    }
}

static bool
read_options(SrTimedOptions *options, gint64 *until_us)
{
    SrSpan span;

    *options = SR_TIMED_OPTIONS;
    if (!sr_options_bytes("memory", sr_advise_exact.memory, &options->memory))
        return false;
    if (sr_advise_exact.time == NULL)
        return true;
    if (sr_span_parse(sr_advise_exact.time, strlen(sr_advise_exact.time), &span) !=
            SR_NUMBER_OK ||
        span == 0) {
        sr_usage_error("--time: '%s' is not a duration such as 30s or 10min",
                       sr_advise_exact.time);
        return false;
    }
    *until_us = g_get_monotonic_time() + (gint64) (span / SR_NS_PER_US);
    return true;
}

/* Loads the scenario, of those clients alone that take part. @aside: without its time-outs */
static int
load(const SrAdviseExact *exact, bool aside, SrScenario **scenario)
{
    g_autoptr(GPtrArray) overrides = sr_options_overrides(exact->options);
    g_autoptr(SrScenario) whole = NULL;
    int status;

    if (sr_advise_exact.cut != NULL)
        g_ptr_array_add(overrides,
                        g_strconcat("--cut scenario.cut=", sr_advise_exact.cut, NULL));
    if (aside)
        set_aside(exact->as_written, overrides);
    status = sr_run_file_load(exact->file->path, overrides, &whole);
    if (status == SR_EXIT_OK && sr_advise_exact.clients != NULL)
        return sr_clients_choose(whole, sr_advise_exact.clients, scenario);
    *scenario = g_steal_pointer(&whole);
    return status;
}

/* ---- the failing run ---- */

static uint32_t
play(const SrScenario *scenario)
{
    g_autoptr(SrRun) run = sr_run_new(scenario);
    SrRunResult result;

    sr_run_execute(run, scenario->seed, &(SrRunOptions){ 0 }, &result, NULL);
    return result.failed;
}

static SrScenario *
parse(const char *path, const char *text, const char *retention, const char *verdict)
{
    g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
    const SrOverride overrides[] = { retention, verdict };
    SrScenario *scenario = sr_scenario_parse(path, text, strlen(text), overrides,
                                             verdict != NULL ? 2 : 1, diagnostics);

    g_assert(scenario != NULL);
    return scenario;
}

/* Makes the run in which a key is needed longest fail for want of it: a nanosecond more would
 * do. */
static void
find_failure(SrAdviseExact *exact)
{
    SrSpan need = exact->result.watches[SR_WATCH_KEY_NEED].most;
    g_autofree char *text = sr_timed_watch_scenario(exact->timed, SR_WATCH_KEY_NEED, true);
    g_autofree char *retention = NULL, *verdict = NULL;
    g_autoptr(SrScenario) failing = NULL;
    g_autoptr(GString) checks = g_string_new(NULL);
    char span[SR_SPAN_TEXT_MAX];
    uint32_t failed;

    if (text == NULL || need == 0)
        return;
    sr_span_format(need, span);
    retention = g_strdup_printf("encryption-provider.retention=for(%s)", span);
    failing = parse(exact->file->path, text, retention, NULL);
    failed = play(failing);
    if (!(failed >> SR_CHECK_KEY_KEPT & 1))
        return;
    exact->fails = true;
    for (unsigned i = 0; i < SR_CHECK_N; i++)
        if (failed >> i & 1)
            g_string_append_printf(checks, "%s%s", checks->len > 0 ? ", " : "",
                                   sr_check_name((SrCheckId) i));
    verdict = g_strdup_printf("expect.verdict=fail(%s)", checks->str);
    g_clear_pointer(&failing, sr_scenario_free);
    failing = parse(exact->file->path, text, retention, verdict);
    exact->failing = sr_scenario_text(
        failing, "The run in which a key is needed longest: a nanosecond more would do.");
}

static int
write_failure(const SrAdviseExact *exact)
{
    const char *path = sr_advise_exact.scenario;

    if (path == NULL)
        return SR_EXIT_OK;
    if (exact->failing == NULL) {
        sr_message("no run fails for want of a key; nothing is written");
        return SR_EXIT_OK;
    }
    return sr_output_text(path, exact->failing, strlen(exact->failing));
}

/* ---- the search ---- */

static bool
is_over(void *data)
{
    const SrAdviseExact *exact = data;

    return sr_stop_signal() != 0 ||
           (exact->until_us != 0 && g_get_monotonic_time() >= exact->until_us);
}

static int
refuse(const SrAdviseExact *exact, const char *key, const char *refusal)
{
    g_autofree char *message =
        key != NULL ? g_strdup_printf("'%s': %s", key, refusal) : g_strdup(refusal);

    (void) sr_file_error(sr_whole_file_name(exact->file->path), message);
    return SR_EXIT_MALFORMED;
}

static int
print(SrAdviseExact *exact)
{
    const SrOptions *options = exact->options;
    SrStyle style = sr_options_style(options, options->output);
    g_autofree char *text = options->format == SR_REPORT_JSON
                                ? sr_advise_exact_json(exact)
                                : sr_advise_exact_human(exact, &style);
    int failure = write_failure(exact);
    int written = sr_output_text(options->output, text, strlen(text));

    return written != SR_EXIT_OK ? written : failure;
}

/* On standard error, since it differs from run to run. */
static void
tell_effort(const SrAdviseExact *exact)
{
    g_autoptr(GString) time = g_string_new(NULL);

    sr_span_show(time, exact->elapsed);
    sr_message("%s, %.1f MiB", time->str, (double) exact->result.memory / (1 << 20));
}

int
sr_advise_exactly(const SrOptions *options, const SrRunFile *file)
{
    SrAdviseExact exact = { .options = options,
                            .file = file,
                            .scenario_path = sr_advise_exact.scenario };
    g_autoptr(SrScenario) as_written = NULL, scenario = NULL;
    g_autoptr(SrTimed) timed = NULL;
    g_autofree char *refusal = NULL;
    SrTimedOptions timed_options;
    const char *key = NULL;
    gint64 begun;
    int status;

    if (!read_options(&timed_options, &exact.until_us))
        return SR_EXIT_MALFORMED;
    status = load(&exact, false, &as_written);
    exact.as_written = as_written;
    if (status == SR_EXIT_OK)
        status = load(&exact, true, &scenario);
    if (status == SR_EXIT_OK)
        status = sr_places_take("output", options->output);
    if (status == SR_EXIT_OK)
        status = sr_places_take("scenario", sr_advise_exact.scenario);
    if (status != SR_EXIT_OK)
        return status;
    timed_options.clients = sr_advise_exact.clients != NULL ? scenario->n_clients : 0;
    refusal = sr_timed_refusal(scenario, &timed_options, &key);
    if (refusal != NULL)
        return refuse(&exact, key, refusal);
    sr_stop_install();
    timed_options.stop = is_over;
    timed_options.stop_data = &exact;
    timed = sr_timed_new(scenario, &timed_options);
    begun = g_get_monotonic_time();
    sr_timed_search(timed, &exact.result);
    exact.elapsed = (SrSpan) (g_get_monotonic_time() - begun) * SR_NS_PER_US;
    exact.timed = timed;
    if (sr_stop_signal() != 0) {
        sr_message("stopped: there is no answer yet");
        return sr_stop_status();
    }
    if (exact.result.end == SR_TIMED_COMPLETE)
        find_failure(&exact);
    exact.runs = sr_cut_play(scenario);
    status = print(&exact);
    if (!options->quiet)
        tell_effort(&exact);
    g_free(exact.failing);
    return status != SR_EXIT_OK                    ? status
           : exact.result.end == SR_TIMED_COMPLETE ? SR_EXIT_OK
                                                   : SR_EXIT_INCOMPLETE;
}

void
sr_advise_tell_exact(GString *out, const SrScenario *scenario, const char *path,
                     const SrStyle *style)
{
    const char *key = NULL;
    g_autofree char *refusal = sr_timed_refusal(scenario, &SR_TIMED_OPTIONS, &key);

    if (refusal == NULL)
        sr_put_line(out, style, 0,
                    "Exact: 'session-race advise --exact %s' proves what is always enough, for "
                    "all delays within their bounds.",
                    path);
    else
        sr_put_line(out, style, 0, "Exact: not for this scenario: %s%s%s%s.",
                    key != NULL ? "'" : "", key != NULL ? key : "", key != NULL ? "': " : "",
                    refusal);
}

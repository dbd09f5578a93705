/* The plan of a sweep: a scenario, and the overrides of its study at each point.
 *
 * The scenario of every point is read once before anything runs, so that a sweep cannot fail
 * half-way at a malformed one. Threads read it again when they need it, so that a million
 * points take no memory. */
#include <string.h>

#include "base/whole-file.h"
#include "session-race/run.h"
#include "sweep-private.h"
#include "sweep/threshold.h"

const char *const sr_sweep_format_words[] = { "human", "json", "csv", "markdown", NULL };

SrSweepForm
sr_sweep_form(SrSweepFormat format)
{
    return format == SR_SWEEP_AS_CSV        ? SR_SWEEP_CSV
           : format == SR_SWEEP_AS_MARKDOWN ? SR_SWEEP_MARKDOWN
                                            : SR_SWEEP_FOR_PEOPLE;
}

void
sr_sweep_plan_clear(SrSweepPlan *plan)
{
    g_free(plan->path);
    g_free(plan->text);
    g_free(plan->expected);
    g_clear_pointer(&plan->overrides, g_ptr_array_unref);
    sr_scenario_free(plan->base);
    sr_sweep_head_clear(&plan->head);
}

SrScenario *
sr_sweep_plan_scenario(const SrSweepPlan *plan, uint64_t point, SrDiagnostics *diagnostics)
{
    g_autoptr(GPtrArray) assignments = sr_study_point(plan->base, point);
    g_autoptr(GPtrArray) all = g_ptr_array_new();

    g_ptr_array_extend(all, plan->overrides, NULL, NULL);
    g_ptr_array_extend(all, assignments, NULL, NULL);
    return sr_scenario_parse_point(plan->path, plan->text, plan->length,
                                   (const SrOverride *) all->pdata, all->len, diagnostics);
}

bool
sr_sweep_plan_is_late(const SrSweepPlan *plan)
{
    return plan->deadline_us != 0 && g_get_monotonic_time() >= plan->deadline_us;
}

bool
sr_sweep_is_drawn(const SrScenario *scenario)
{
    g_autoptr(SrRun) run = NULL;

    if (sr_run_needs_provider(scenario))
        return true;
    run = sr_run_new(scenario);
    return sr_run_draws(run);
}

void
sr_sweep_say_undrawn(const char *path, const SrScenario *scenario)
{
    const GArray *clients = scenario->clients;

    sr_message("nothing in %s is drawn from the seed: all runs are the same one, which says "
               "nothing about how likely it is",
               sr_whole_file_name(path));
    sr_message("what varies needs a distribution, such as --set 'client %s.start=uniform(0ms, "
               "1s)'",
               g_array_index(clients, SrClientGroup, clients->len - 1).name);
}

static int
read_base(SrSweepPlan *plan)
{
    g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
    const char *path = plan->path, *why;

    sr_places_read(path);
    why = sr_whole_file_read(path, SR_SCENARIO_BYTES_MAX, &plan->text, &plan->length);
    if (why != NULL) {
        (void) sr_file_error(sr_whole_file_name(path), why);
        sr_run_file_say_meant(path);
        return SR_EXIT_SYSTEM;
    }
    plan->base = sr_scenario_parse(plan->path, plan->text, plan->length,
                                   (const SrOverride *) plan->overrides->pdata,
                                   plan->overrides->len, diagnostics);
    sr_places_read_samples(diagnostics);
    sr_error_diagnostics(diagnostics);
    return plan->base != NULL ? SR_EXIT_OK : SR_EXIT_MALFORMED;
}

/* Says at which point the scenario cannot be run. */
static void
report_point(const SrSweepPlan *plan, uint64_t point)
{
    g_autoptr(GPtrArray) at = sr_study_point(plan->base, point);
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < at->len; i++)
        g_string_append_printf(text, "%s%s", i > 0 ? ", " : "",
                               (const char *) g_ptr_array_index(at, i));
    if (at->len > 0)
        sr_message("nothing was run: at the point %s", text->str);
}

/* Reads the scenario of every point, to report its errors and to collect what the plan needs.
 */
static int
read_points(SrSweepPlan *plan)
{
    plan->n_points = sr_study_n_points(plan->base);
    plan->expected = g_new0(uint32_t, plan->n_points);
    for (uint64_t i = 0; i < plan->n_points; i++) {
        g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
        g_autoptr(SrScenario) scenario = sr_sweep_plan_scenario(plan, i, diagnostics);

        if (sr_stop_signal() != 0)
            return sr_stop_status();
        if (sr_sweep_plan_is_late(plan)) {
            sr_message("--time is up: %" PRIu64 " of %" PRIu64
                       " points are read, and nothing was run",
                       i, plan->n_points);
            return SR_EXIT_INCOMPLETE;
        }
        sr_places_read_samples(diagnostics);
        if (scenario == NULL)
            sr_error_diagnostics(diagnostics);
        if (scenario == NULL ||
            (plan->options != NULL && !sr_run_accept(plan->options, scenario))) {
            report_point(plan, i);
            return SR_EXIT_MALFORMED;
        }
        plan->n_clients = MAX(plan->n_clients, scenario->n_clients);
        plan->wanted |= sr_own_wanted(scenario);
        plan->drawn = plan->drawn || sr_sweep_is_drawn(scenario);
        if (scenario->expect.verdict == SR_VERDICT_FAIL)
            plan->expected[i] = scenario->expect.failed;
    }
    return SR_EXIT_OK;
}

int
sr_sweep_plan_read(SrSweepPlan *plan, const char *path, GPtrArray *overrides)
{
    char source[33];
    int status;

    plan->path = g_strdup(path);
    plan->overrides = overrides;
    status = read_base(plan);
    if (status == SR_EXIT_OK)
        status = read_points(plan);
    if (status != SR_EXIT_OK)
        return status;
    sr_scenario_source(plan->base, source);
    plan->head = (SrSweepHead){
        .version = g_strdup(SR_VERSION),
        .scenario = g_strdup(plan->base->title),
        .source = g_strdup(source),
        .seeds = { plan->base->study.first_seed, plan->base->study.last_seed },
        .n_points = plan->n_points,
    };
    return SR_EXIT_OK;
}

/* ---- what comes of it ---- */

static void
tell_threshold(const SrThreshold *threshold, const SrThresholdVerdict *verdict,
               SrSweepTable *table, GString *out)
{
    SrSweepRequired required = {
        .text = threshold->text,
        .met = verdict->met,
        .kind = verdict->kind == SR_THRESHOLD_RUNS      ? SR_SWEEP_REQUIRED_RUNS
                : verdict->kind == SR_THRESHOLD_CLIENTS ? SR_SWEEP_REQUIRED_CLIENTS
                                                        : SR_SWEEP_REQUIRED_VALUE,
        .n = verdict->n,
        .of = verdict->of,
        .value = verdict->value,
        .of_clients = threshold->of == SR_MEASURE_BOTH || threshold->of <= SR_MEASURE_REJECTED,
    };

    sr_sweep_table_require(table, &required, out);
}
G_STATIC_ASSERT(SR_MEASURE_WINNER == 0 && SR_MEASURE_REJECTED == 1);

/* Returns: how many thresholds @row does not meet */
static unsigned
judge_thresholds(const SrSweepPlan *plan, const SrSweepRow *row, SrSweepTable *table,
                 GString *out)
{
    const GArray *thresholds = plan->base->study.thresholds;
    unsigned n_unmet = 0;

    for (guint i = 0; i < thresholds->len; i++) {
        const SrThreshold *threshold = &g_array_index(thresholds, SrThreshold, i);
        SrThresholdVerdict verdict = sr_threshold_judge(threshold, row);

        n_unmet += !verdict.met;
        if (table != NULL)
            tell_threshold(threshold, &verdict, table, out);
    }
    return n_unmet;
}

void
sr_sweep_verdict_add(SrSweepVerdict *verdict, const SrSweepPlan *plan, const SrSweepRow *row,
                     SrSweepTable *table, GString *out)
{
    verdict->n_points++;
    verdict->n_unexpected += row->shares[SR_SHARE_UNEXPECTED] > 0;
    if (verdict->whole)
        verdict->n_unmet += judge_thresholds(plan, row, table, out) > 0;
}

void
sr_sweep_verdict_report(const SrSweepVerdict *verdict, bool thresholds)
{
    if (thresholds && verdict->n_unmet > 0)
        sr_message("%" PRIu64 " of %" PRIu64 " points do not keep what is required",
                   verdict->n_unmet, verdict->n_points);
    else if (!thresholds && verdict->n_unexpected > 0)
        sr_message("some runs are not as expected, at %" PRIu64 " of %" PRIu64 " points",
                   verdict->n_unexpected, verdict->n_points);
}

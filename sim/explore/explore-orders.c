/* The search over the orders of a run with somebody's own program; the run has the hook. */
#include "explore/explore-orders.h"

#include <string.h>

#include "scenario/fixed-draws.h"
#include "scenario/scenario-edit.h"
#include "session-race/run.h"

/* A choice of the present run. Those that go on come first. */
typedef struct {
    uint32_t chosen, n, n_on;
} Step;

typedef struct {
    const SrOrdersOptions *options;
    SrOrdersResult *result;
    SrScenarioEdit *edit; /* of the scenario that is played */
    const SrScenario *scenario;
    GArray *steps; /* Step: those of the run before that are kept, then the new ones */
    uint32_t depth;
    GArray *draws, *best; /* SrDraw: what was held in the present run, in the shortest */
    bool unlike, too_long;
} Search;

/* ---- the scenario that is played ---- */

/* Sets key @key of the group of each client. */
static void
set_of_clients(SrScenarioEdit *edit, const SrScenario *scenario, const char *key,
               const char *value)
{
    for (guint i = 0; i < scenario->clients->len; i++) {
        g_autofree char *group = g_strconcat(
            "client ", g_array_index(scenario->clients, SrClientGroup, i).name, NULL);

        sr_scenario_edit_set(edit, group, key, value);
    }
}

/* Nothing takes time but what is chosen, and nothing is drawn. */
static SrScenarioEdit *
make_timeless(const SrScenario *scenario)
{
    static const char *const groups[] = { "study", "explore", "expect", "draws" };
    static const struct {
        const char *group, *key, *value;
    } keys[] = {
        { "scenario", "ties", "fifo" },
        { "network", "latency", "0ms" },
        { "network", "ordered", "yes" },
        { "network", "loss", "0%" },
        { "network", "duplicate", "0%" },
        { "network", "bandwidth", "unlimited" },
        { "server", "processing", "0ms" },
        { "token-provider", "processing", "0ms" },
        { "encryption-provider", "processing", "0ms" },
        { "encryption-provider", "generate", "0ms" },
        { "encryption-provider", "lookup", "0ms" },
        { "encryption-provider", "io", "0ms" },
    };
    SrScenarioEdit *edit = sr_scenario_edit_new(scenario);

    for (size_t i = 0; i < G_N_ELEMENTS(groups); i++)
        sr_scenario_edit_remove_group(edit, groups[i]);
    for (uint32_t i = sr_scenario_edit_n_lines(edit); i-- > 0;) {
        SrEditLine line = sr_scenario_edit_line(edit, i);

        if (line.key == NULL && (g_str_has_prefix(line.group, "link ") ||
                                 g_str_has_prefix(line.group, "expect client ")))
            sr_scenario_edit_remove(edit, i);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
        sr_scenario_edit_set(edit, keys[i].group, keys[i].key, keys[i].value);
    set_of_clients(edit, scenario, "start", "0ms");
    set_of_clients(edit, scenario, "derive", "0ms");
    return edit;
}

char *
sr_orders_refusal(const SrScenario *scenario)
{
    if (sr_run_needs(scenario, SR_EXEC_TOKENS))
        return g_strdup(SR_EXPLORE_NO_SIGNER);
    if (scenario->timeline->len > 0)
        return g_strdup("orders have no instants, so nothing of [timeline] can happen in them");
    if (scenario->chaos.line > 0)
        return g_strdup("orders have no instants, so no fault of [chaos] can happen in them");
    if (scenario->n_clients > 16)
        return g_strdup_printf("%u clients have too many orders; there may be 16",
                               scenario->n_clients);
    return NULL;
}

/* ---- choosing ---- */

static bool
is_switch(const Step *step, uint32_t chosen)
{
    return step->n_on > 0 && chosen >= step->n_on;
}

/* Does as in the run before as far as its steps are kept, then goes on with the first choice. */
static uint32_t
choose(void *data, const SrRunChoice *choices, uint32_t n)
{
    Search *search = data;
    Step fresh = { .n = n };
    const Step *step;

    while (fresh.n_on < n && choices[fresh.n_on].goes_on)
        fresh.n_on++;
    if (search->depth == search->steps->len)
        g_array_append_val(search->steps, fresh);
    step = &g_array_index(search->steps, Step, search->depth++);
    search->unlike |= step->n != n || step->n_on != fresh.n_on;
    return MIN(step->chosen, n - 1);
}

/* Goes to the next order. Returns: whether there is one */
static bool
next_order(Search *search)
{
    uint32_t switches = 0;

    for (guint i = 0; i < search->steps->len; i++) {
        const Step *step = &g_array_index(search->steps, Step, i);

        switches += is_switch(step, step->chosen);
    }
    while (search->steps->len > 0) {
        Step *last = &g_array_index(search->steps, Step, search->steps->len - 1);

        switches -= is_switch(last, last->chosen);
        if (last->chosen + 1 < last->n &&
            switches + is_switch(last, last->chosen + 1) <= search->options->switches) {
            last->chosen++;
            return true;
        }
        g_array_set_size(search->steps, search->steps->len - 1);
    }
    return false;
}

/* ---- runs ---- */

/* All other draws are 0 in the scenario that is played. */
static void
keep_draw(void *data, const SrDraw *draw)
{
    if (draw->value != 0)
        g_array_append_val((GArray *) data, *draw);
}

static void
judge(Search *search, uint32_t failed)
{
    SrOrdersResult *result = search->result;

    result->runs++;
    result->failed |= failed;
    result->failing += failed != 0;
    if (failed == 0 || (result->shortest != 0 && search->steps->len >= result->choices))
        return;
    result->shortest = failed;
    result->choices = search->steps->len;
    g_array_set_size(search->best, 0);
    g_array_append_vals(search->best, search->draws->data, search->draws->len);
}

/* Whether the search ends before the next run. */
static bool
is_over(Search *search)
{
    const SrOrdersOptions *options = search->options;
    SrOrdersResult *result = search->result;

    if (search->unlike)
        result->end = SR_ORDERS_UNLIKE;
    else if (search->too_long)
        result->end = SR_ORDERS_TOO_LONG;
    else if (options->first && result->failed != 0)
        result->end = SR_ORDERS_FIRST;
    else if (result->runs > 0 && !next_order(search))
        result->end = SR_ORDERS_COMPLETE;
    else if (result->runs == options->runs)
        result->end = SR_ORDERS_RUNS;
    else if (options->stop != NULL && options->stop(options->data))
        result->end = SR_ORDERS_STOPPED;
    else
        return false;
    return true;
}

static gboolean
search_all(Search *search, GError **error)
{
    const SrOrdersOptions *options = search->options;
    g_autoptr(SrRun) run = sr_run_new(search->scenario);
    g_autofree SrRunResult *result = g_new0(SrRunResult, 1);
    const SrRunOptions run_options = { .provider = options->provider,
                                       .draw = keep_draw,
                                       .draw_data = search->draws,
                                       .choose = choose,
                                       .choose_data = search,
                                       .choose_within = options->io_max };

    while (!is_over(search)) {
        search->depth = 0;
        g_array_set_size(search->draws, 0);
        if (!sr_run_execute(run, search->scenario->seed, &run_options, result, error))
            return FALSE;
        search->unlike |= search->depth < search->steps->len;
        search->too_long |= result->too_long;
        judge(search, result->failed);
        if (options->progress != NULL)
            options->progress(options->data, search->result->runs);
    }
    return TRUE;
}

/* ---- the shortest failing order ---- */

/* Plays @edit by its times. Returns: the checks that failed */
static uint32_t
play(const Search *search)
{
    g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
    g_autoptr(SrScenario) scenario =
        sr_scenario_edit_parse(search->edit, search->scenario->path, diagnostics);
    g_autoptr(SrRun) run = scenario != NULL ? sr_run_new(scenario) : NULL;
    g_autofree SrRunResult *result = g_new0(SrRunResult, 1);
    const SrRunOptions options = { .provider = search->options->provider };

    if (run == NULL || !sr_run_execute(run, scenario->seed, &options, result, NULL))
        return 0;
    return result->failed;
}

static void
write_shortest(Search *search)
{
    SrOrdersResult *result = search->result;
    g_autoptr(GString) verdict = g_string_new("fail(");
    g_autofree char *comment = NULL;

    for (guint i = 0; i < search->best->len; i++) {
        const SrDraw *draw = &g_array_index(search->best, SrDraw, i);
        g_autofree char *name = sr_draw_name(search->scenario, draw),
                        *value = sr_draw_value(draw);

        sr_scenario_edit_set(search->edit, "draws", name, value);
    }
    for (unsigned i = 0; i < SR_CHECK_N; i++)
        if (result->shortest >> i & 1)
            g_string_append_printf(verdict, "%s%s",
                                   verdict->str[verdict->len - 1] == '(' ? "" : ", ",
                                   sr_check_name((SrCheckId) i));
    g_string_append_c(verdict, ')');
    sr_scenario_edit_set(search->edit, "scenario", "title", "An order in which checks fail");
    sr_scenario_edit_set(search->edit, "expect", "verdict", verdict->str);
    if (play(search) != result->shortest)
        return;
    comment = g_strdup_printf("An order in which checks fail, with %u choice%s.",
                              result->choices, result->choices == 1 ? "" : "s");
    result->scenario = sr_scenario_edit_text(search->edit, comment);
}

gboolean
sr_orders_search(const SrScenario *scenario, const SrOrdersOptions *options,
                 SrOrdersResult *result, GError **error)
{
    g_autoptr(SrScenarioEdit) edit = make_timeless(scenario);
    g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
    g_autoptr(SrScenario) played = sr_scenario_edit_parse(edit, scenario->path, diagnostics);
    g_autoptr(GArray) steps = g_array_new(FALSE, FALSE, sizeof(Step)),
                      draws = g_array_new(FALSE, FALSE, sizeof(SrDraw)),
                      best = g_array_new(FALSE, FALSE, sizeof(SrDraw));
    Search search = { .options = options,
                      .result = result,
                      .edit = edit,
                      .scenario = played,
                      .steps = steps,
                      .draws = draws,
                      .best = best };

    g_assert(played != NULL);
    *result = (SrOrdersResult){ 0 };
    if (!search_all(&search, error))
        return FALSE;
    if (result->shortest != 0)
        write_shortest(&search);
    return TRUE;
}

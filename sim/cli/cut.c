/* What is told of [scenario] cut: the bounds that came of it, and the share of runs that lie
 * wholly inside. */
#include <string.h>

#include "cli-private.h"
#include "sweep/inside.h"

/* Links are looked at of so many clients; a proof with times takes fewer. */
#define CLIENTS_MAX 64u

/* ---- bounds ---- */

/* A distribution whose tail is cut, as it is written. */
typedef struct {
    const char *key;
    char *text; /* (owned) */
    SrBounds bounds;
} Cut;

static void
free_cut(void *data)
{
    g_free(((Cut *) data)->text);
    g_free(data);
}

static bool
has_tail(const SrDistribution *distribution)
{
    if (sr_distribution_n_tails(distribution) > 0)
        return true;
    for (unsigned i = 0; i < distribution->n_terms; i++) {
        const SrDistributionTerm *term = &distribution->terms[i];

        for (unsigned k = 0; term->kind == SR_DISTRIBUTION_MIXTURE && k < term->mixture->n; k++)
            if (has_tail(&term->mixture->parts[k].distribution))
                return true;
    }
    return false;
}

/* Adds @distribution, unless it has no tail or is there already. */
static void
add(GPtrArray *cuts, const SrScenario *scenario, const char *key,
    const SrDistribution *distribution)
{
    g_autofree char *text = NULL;
    Cut *cut;

    if (!has_tail(distribution))
        return;
    text = sr_scenario_distribution_text(scenario, distribution);
    for (unsigned i = 0; i < cuts->len; i++) {
        const Cut *other = g_ptr_array_index(cuts, i);

        if (strcmp(other->key, key) == 0 && strcmp(other->text, text) == 0)
            return;
    }
    cut = g_new0(Cut, 1);
    cut->key = key;
    cut->text = g_steal_pointer(&text);
    sr_distribution_bounds(distribution, &cut->bounds);
    g_ptr_array_add(cuts, cut);
}

static void
add_links(GPtrArray *cuts, const SrScenario *scenario)
{
    for (uint32_t i = 0; i < MIN(scenario->n_clients, CLIENTS_MAX); i++)
        for (unsigned direction = 0; direction < 2 * SR_NODE_FIRST_CLIENT; direction++) {
            SrLinkSettings link;

            sr_scenario_link(scenario, SR_NODE_FIRST_CLIENT + i, direction / 2,
                             direction % 2 == 0, &link);
            add(cuts, scenario, "latency", &link.latency);
        }
}

static GPtrArray *
list_cuts(const SrScenario *scenario)
{
    GPtrArray *cuts = g_ptr_array_new_with_free_func(free_cut);

    add_links(cuts, scenario);
    for (unsigned i = 0; i < scenario->clients->len; i++) {
        const SrClientGroup *client = &g_array_index(scenario->clients, SrClientGroup, i);

        add(cuts, scenario, "start", &client->start);
        add(cuts, scenario, "derive", &client->derive);
    }
    add(cuts, scenario, "processing", &scenario->server.processing);
    add(cuts, scenario, "processing", &scenario->token_provider.processing);
    add(cuts, scenario, "generate", &scenario->encryption_provider.generate);
    add(cuts, scenario, "lookup", &scenario->encryption_provider.lookup);
    add(cuts, scenario, "processing", &scenario->encryption_provider.processing);
    add(cuts, scenario, "replication", &scenario->encryption_provider.replication);
    for (unsigned i = 0; i < scenario->timeline->len; i++)
        add(cuts, scenario, "slow",
            &g_array_index(scenario->timeline, SrTimelineEntry, i).slow);
    return cuts;
}

/* ---- runs ---- */

SrCutRuns
sr_cut_play(const SrScenario *scenario)
{
    static const SrOverride none[] = { "scenario.cut=none" };
    g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
    g_autofree char *text = sr_scenario_text(scenario, NULL);
    g_autoptr(SrScenario) whole = NULL;
    SrCutRuns runs = { 0 };

    if (scenario->cut == 0)
        return runs;
    whole = sr_scenario_parse(scenario->path, text, strlen(text), none, G_N_ELEMENTS(none),
                              diagnostics);
    g_assert(whole != NULL);
    runs.inside = sr_runs_inside(scenario, whole, scenario->seed, SR_CUT_RUNS, sr_stop_asked,
                                 NULL, &runs.played);
    return runs;
}

/* ---- told ---- */

char *
sr_cut_text(uint64_t cut)
{
    GString *text = g_string_new(NULL);

    g_string_printf(text, "%" PRIu64 ".%06" PRIu64, cut / 1000000, cut % 1000000);
    while (text->str[text->len - 1] == '0')
        g_string_truncate(text, text->len - 1);
    if (text->str[text->len - 1] == '.')
        g_string_truncate(text, text->len - 1);
    g_string_append_c(text, '%');
    return g_string_free(text, FALSE);
}

void
sr_cut_human(GString *out, const SrScenario *scenario, const SrCutRuns *runs,
             const SrStyle *style)
{
    g_autoptr(GPtrArray) cuts = scenario->cut != 0 ? list_cuts(scenario) : NULL;
    g_autofree char *share = sr_cut_text(scenario->cut);

    if (cuts == NULL || cuts->len == 0)
        return;
    sr_put_line(out, style, strlen("  "),
                "  cut at %-s: every draw is clamped to its bounds; %" PRIu64 " of %" PRIu64
                " runs lie wholly inside",
                share, runs->inside, runs->played);
    for (unsigned i = 0; i < cuts->len; i++) {
        const Cut *cut = g_ptr_array_index(cuts, i);

        sr_put_line(out, style, strlen("    "), "    %-s %s: %ju to %ju", cut->key, cut->text,
                    cut->bounds.lo, cut->bounds.hi);
    }
}

void
sr_cut_json(GString *out, const SrScenario *scenario, const SrCutRuns *runs)
{
    g_autoptr(GPtrArray) cuts = scenario->cut != 0 ? list_cuts(scenario) : NULL;
    g_autofree char *share = sr_cut_text(scenario->cut);

    if (cuts == NULL)
        return;
    sr_put_json(
        out, ", 'cut': {'share': %s, 'runs': %" PRIu64 ", 'inside': %" PRIu64 ", 'bounds': [",
        share, runs->played, runs->inside);
    for (unsigned i = 0; i < cuts->len; i++) {
        const Cut *cut = g_ptr_array_index(cuts, i);

        sr_put_json(out, ", {'key': %s, 'distribution': %s, 'least': %ju, 'most': %ju}",
                    cut->key, cut->text, cut->bounds.lo, cut->bounds.hi);
    }
    sr_put_json(out, "]}");
}

const char *
sr_faults_words(const SrScenario *scenario)
{
    return scenario->timeline->len > 0 ? ", with faults" : "";
}

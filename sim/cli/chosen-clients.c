/* Which clients take part in a proof with times: as many as --clients says, the first of each group
 * in turn, or those that it names. */
#include <string.h>

#include "cli-private.h"
#include "scenario/scenario-edit.h"

/* Finds the clients that @text names. Returns: false after an error */
static bool
take_names(const SrScenario *scenario, const char *text, bool *chosen)
{
    g_auto(GStrv) names = g_strsplit(text, ",", -1);

    for (unsigned i = 0; names[i] != NULL; i++) {
        const char *name = g_strstrip(names[i]);
        SrNodeRange range;

        if (!sr_scenario_node_lookup(scenario, name, strlen(name), &range) ||
            range.first < SR_NODE_FIRST_CLIENT) {
            sr_usage_error("--clients: '%s' is no client of the scenario", name);
            return false;
        }
        for (uint32_t j = 0; j < range.n; j++)
            chosen[range.first - SR_NODE_FIRST_CLIENT + j] = true;
    }
    return true;
}

/* Takes @n clients: the first of each group, then the second, and so on. */
static void
take_in_turn(const SrScenario *scenario, uint64_t n, bool *chosen)
{
    for (uint32_t member = 0; n > 0; member++)
        for (guint i = 0; i < scenario->clients->len && n > 0; i++) {
            const SrClientGroup *group = &g_array_index(scenario->clients, SrClientGroup, i);

            if (member >= group->count)
                continue;
            chosen[group->first_node - SR_NODE_FIRST_CLIENT + member] = true;
            n--;
        }
}

static void
remove_others(const SrScenario *scenario, const bool *chosen, SrScenarioEdit *edit)
{
    for (guint i = 0; i < scenario->clients->len; i++) {
        const SrClientGroup *group = &g_array_index(scenario->clients, SrClientGroup, i);
        const bool *of_group = &chosen[group->first_node - SR_NODE_FIRST_CLIENT];
        uint32_t n = 0, first = 0;

        for (uint32_t j = 0; j < group->count; j++)
            n += of_group[j];
        while (first < group->count && of_group[first])
            first++;
        if (n == 0) {
            sr_scenario_edit_remove_client(edit, group->name);
        } else if (first == n && n < group->count) {
            sr_scenario_edit_set_count(edit, group->name, n);
        } else if (n < group->count) {
            sr_scenario_edit_split(edit, group->name);
            for (uint32_t j = 0; j < group->count; j++) {
                char name[SR_NODE_NAME_MAX];

                if (of_group[j])
                    continue;
                sr_scenario_node_name(scenario, group->first_node + j, name);
                sr_scenario_edit_remove_client(edit, name);
            }
        }
    }
}

int
sr_clients_choose(const SrScenario *scenario, const char *text, SrScenario **few)
{
    g_autofree bool *chosen = g_new0(bool, scenario->n_clients);
    g_autoptr(SrScenarioEdit) edit = NULL;
    g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
    uint64_t n = 0;

    if (strspn(text, "0123456789") == strlen(text)) {
        if (!sr_options_number("clients", text, 1, scenario->n_clients,
                               "a number of clients that the scenario has", &n))
            return SR_EXIT_MALFORMED;
        take_in_turn(scenario, n, chosen);
    } else if (!take_names(scenario, text, chosen)) {
        return SR_EXIT_MALFORMED;
    }
    edit = sr_scenario_edit_new(scenario);
    remove_others(scenario, chosen, edit);
    sr_scenario_edit_remove_group(edit, "study");
    *few = sr_scenario_edit_parse(edit, scenario->path, diagnostics);
    if (*few != NULL)
        return SR_EXIT_OK;
    sr_error_diagnostics(diagnostics);
    return SR_EXIT_MALFORMED;
}

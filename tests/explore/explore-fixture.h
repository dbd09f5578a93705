/* Small scenarios, explored. */
#pragma once

#include "session-race/explore.h"

/* Returns: @n clients named c-1 … and @lines, which must be right; 0: @lines name them */
static inline SrScenario *
fixture_scenario(const char *lines, unsigned n)
{
    g_autofree char *text =
        n == 0 ? g_strdup(lines) : g_strdup_printf("%s[client c]\ncount = %u\n", lines, n);
    g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
    SrScenario *scenario =
        sr_scenario_parse("fixture.ini", text, strlen(text), NULL, 0, diagnostics);

    if (scenario == NULL) {
        g_autoptr(GString) said = g_string_new(NULL);

        sr_diagnostics_format(diagnostics, said);
        fail_msg("%s", said->str);
    }
    return scenario;
}

static inline void
fixture_explore(const char *lines, unsigned n, const SrExploreOptions *options,
                SrExploreResult *result)
{
    g_autoptr(SrScenario) scenario = fixture_scenario(lines, n);
    g_autoptr(SrExploration) exploration = sr_exploration_new(scenario, options);

    sr_exploration_search(exploration, result);
}

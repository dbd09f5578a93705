/* Fuzzing the files of samples of `empirical("FILE")`: any bytes in; one error with its place in that
 * file, or a distribution whose draws are some of the samples and keep its bounds. */
#include "fuzz.h"
#include "session-race/scenario.h"

static const char base[] = "[network]\nlatency = empirical(\"s.csv\") + 1ms\n"
                           "[client a]\nstart = empirical(\"s.csv\")\n";

static void
check_draws(const SrDistribution *distribution)
{
    SrStream stream = sr_stream_at(sr_stream_key(1, 2, 3), 0);
    SrBounds bounds;
    bool bounded = sr_distribution_bounds(distribution, &bounds);

    for (unsigned i = 0; i < 4; i++) {
        SrSpan drawn = sr_distribution_sample(distribution, &stream);

        g_assert(!bounded || (drawn >= bounds.lo && drawn <= bounds.hi));
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
    g_autoptr(SrScenario) scenario = NULL;
    g_autoptr(GString) out = g_string_new(NULL);
    g_autofree char *json = NULL, *text = NULL;

    fuzz_file = data;
    fuzz_file_size = size;
    scenario = sr_scenario_parse("folder/fuzz.ini", base, strlen(base), NULL, 0, diagnostics);
    g_assert((scenario == NULL) == (diagnostics->list->len > 0));
    sr_diagnostics_format(diagnostics, out);
    fuzz_check_told(out);
    if (scenario == NULL)
        return 0;
    check_draws(&g_array_index(scenario->clients, SrClientGroup, 0).start);
    check_draws(&scenario->network.latency);
    json = sr_scenario_resolved_json(scenario, false);
    fuzz_check_visible(json, strlen(json));
    text = sr_scenario_distribution_text(scenario, &scenario->network.latency);
    g_assert_cmpstr(text, ==, "empirical(\"s.csv\") + 1ms");
    return 0;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    return fuzz_mutate(data, size, max_size, seed, NULL);
}

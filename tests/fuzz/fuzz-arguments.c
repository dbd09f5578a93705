/* Fuzzing what the command line says about a scenario: each line of an input is a `--set`, `--vary`,
 * `--zip`, `--require` or `--seeds`, or else the value of a `--set`. Either each error is told, or the
 * scenario and points of its study are read, what is required of them is judged, and the scenario
 * is written as a file that reads back the same. */
#include "fuzz.h"
#include "session-race/scenario.h"
#include "session-race/sweep-row.h"
#include "sweep/threshold.h"

#define ARGUMENTS_MAX 8u
/* A study with more values says nothing new, and takes long. */
#define VALUES_MAX 200u

static const char base[] =
    "[scenario]\nseed = 1\n[network]\nlatency = 10ms\n[document d]\n[document e]\n"
    "[client alice]\n[client fan]\ncount = 3\ndocument = d\n"
    "[link alice -> server]\nloss = 1%\n[timeline]\n10ms = crash alice\n"
    "[expect]\nverdict = any\n[study]\nvary network.latency = 5ms | 10ms\n";

/* What stands before each option's value, as the verb `sweep` has it. */
static const struct {
    const char *option, *instead;
} options[] = {
    { "--set ", "" },
    { "--vary ", "--vary study.vary " },
    { "--zip ", "--zip study.zip=" },
    { "--require ", "--require study.require=" },
    { "--seeds ", "--seeds study.seeds=" },
};

/* Returns: (transfer full): the override that @line stands for */
static char *
argument(const char *line)
{
    for (size_t i = 0; i < G_N_ELEMENTS(options); i++)
        if (g_str_has_prefix(line, options[i].option))
            return g_strconcat(options[i].instead, line + strlen(options[i].option), NULL);
    return g_strdup(line);
}

static void
check_diagnostics(const SrScenario *scenario, const SrDiagnostics *diagnostics)
{
    g_autoptr(GString) out = g_string_new(NULL);

    g_assert((scenario == NULL) == (diagnostics->list->len > 0));
    sr_diagnostics_format(diagnostics, out);
    fuzz_check_told(out);
}

static SrScenario *
parse(const char *text, const GPtrArray *arguments, bool of_point)
{
    g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
    SrScenario *scenario = (of_point ? sr_scenario_parse_point : sr_scenario_parse)(
        "no-such-folder/fuzz.ini", text, strlen(text), (const SrOverride *) arguments->pdata,
        arguments->len, diagnostics);

    check_diagnostics(scenario, diagnostics);
    return scenario;
}

static void
read_point(const SrScenario *scenario, const GPtrArray *arguments, uint64_t index)
{
    g_autoptr(GPtrArray) at = sr_study_point(scenario, index), all = g_ptr_array_new();
    g_autoptr(SrScenario) point = NULL;

    g_ptr_array_extend(all, (GPtrArray *) (uintptr_t) arguments, NULL, NULL);
    g_ptr_array_extend(all, at, NULL, NULL);
    point = parse(base, all, true);
}

static void
judge(const SrScenario *scenario)
{
    static SrSweepRow *row; /* for good: of a run of which nothing is known */

    if (row == NULL)
        row = sr_sweep_row_new();
    row->counters[SR_COUNTER_RUNS] = 1;
    for (guint i = 0; i < scenario->study.thresholds->len; i++)
        sr_threshold_judge(&g_array_index(scenario->study.thresholds, SrThreshold, i), row);
}

/* The file of @scenario is the same scenario. */
static void
write_as_file(const SrScenario *scenario)
{
    g_autoptr(GPtrArray) none = g_ptr_array_new();
    g_autofree char *text = sr_scenario_text(scenario, NULL),
                    *json = sr_scenario_resolved_json(scenario, false);
    g_autoptr(SrScenario) again = parse(text, none, false);
    g_autofree char *json_again = NULL;

    g_assert(again != NULL);
    json_again = sr_scenario_resolved_json(again, false);
    g_assert_cmpstr(json, ==, json_again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *) data, size);
    g_auto(GStrv) lines = g_strsplit(text, "\n", ARGUMENTS_MAX);
    g_autoptr(GPtrArray) arguments = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(SrScenario) scenario = NULL;
    unsigned choice = fuzz_choice(data, size);
    uint64_t n_points;

    for (unsigned i = 0; lines[i] != NULL; i++)
        if (lines[i][0] != '\0')
            g_ptr_array_add(arguments, argument(lines[i]));
    scenario = parse(base, arguments, false);
    if (scenario == NULL)
        return 0;
    judge(scenario);
    n_points = sr_study_n_points(scenario);
    for (unsigned i = 0; i < scenario->study.varies->len; i++)
        if (g_array_index(scenario->study.varies, SrVariedKey, i).n_values > VALUES_MAX)
            return 0;
    /* Each costs as much as all of the above. */
    if (choice & 1)
        read_point(scenario, arguments, (choice >> 1) % n_points);
    else
        write_as_file(scenario);
    return 0;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    return fuzz_mutate(data, size, max_size, seed, NULL);
}

/* Fuzzing the reader of scenarios: any bytes in; the errors or the resolved form out, and the
 * form must be stable.
 *
 * Lines of an input that begin with `--set ` are overrides. The file is in a folder that
 * does not exist, so that no sample file of `empirical` is ever opened. */
#include "fuzz.h"
#include "scenario/scenario-edit.h"

#define OVERRIDES_MAX 4u

/* What is printed reads back as the same; so does what is left when some client is split, and
 * when it is removed, as long as one is left. Inputs are far too short for a line of 64 KiB. */
static void
print(const SrScenario *scenario, const char *json, unsigned choice)
{
    g_autoptr(SrScenarioEdit) edit = sr_scenario_edit_new(scenario);
    g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
    g_autoptr(SrScenario) again =
        sr_scenario_edit_parse(edit, "no-such-folder/fuzz.ini", diagnostics);

    g_assert(again != NULL);
    g_autofree char *other = sr_scenario_resolved_json(again, false);

    g_assert_cmpstr(other, ==, json);
    if (scenario->n_clients < 64) {
        const SrClientGroup *group =
            &g_array_index(scenario->clients, SrClientGroup, choice % scenario->clients->len);
        g_autoptr(SrScenarioEdit) fewer = sr_scenario_edit_copy(edit);
        bool split = sr_scenario_edit_split(edit, group->name);

        if (split) {
            g_autoptr(SrScenario) apart =
                sr_scenario_edit_parse(edit, "no-such-folder/fuzz.ini", diagnostics);

            g_assert(apart != NULL && apart->n_clients == scenario->n_clients);
        }
        g_assert(sr_scenario_edit_remove_client(fewer, group->name));
        if (scenario->clients->len > 1) {
            g_autoptr(SrScenario) without =
                sr_scenario_edit_parse(fewer, "no-such-folder/fuzz.ini", diagnostics);

            g_assert(without != NULL &&
                     without->n_clients == scenario->n_clients - group->count);
        }
    }
}

/* Reads twice under one name and compares; formats whatever there is to say. */
static void
try(const char *text, size_t length, const SrOverride *overrides, size_t n_overrides,
    unsigned choice)
{
    g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
    g_autoptr(GString) out = g_string_new(NULL);
    g_autoptr(SrScenario) scenario = sr_scenario_parse("no-such-folder/fuzz.ini", text, length,
                                                       overrides, n_overrides, diagnostics);

    g_assert((scenario == NULL) == (diagnostics->list->len > 0));
    g_assert(diagnostics->list->len <= SR_SCENARIO_ERRORS_MAX);
    sr_diagnostics_format(diagnostics, out);
    fuzz_check_told(out);
    if (scenario == NULL)
        return;

    g_autoptr(SrDiagnostics) none = sr_diagnostics_new();
    g_autoptr(SrScenario) again = sr_scenario_parse("no-such-folder/fuzz.ini", text, length,
                                                    overrides, n_overrides, none);
    g_autofree char *first = sr_scenario_resolved_json(scenario, false),
                    *second = sr_scenario_resolved_json(again, false);
    g_autofree char *pretty = sr_scenario_resolved_json(scenario, true);
    char digest[33], name[76];
    SrLinkSettings link;

    g_assert_cmpstr(first, ==, second);
    g_assert(g_utf8_validate(first, -1, NULL) && strlen(pretty) >= strlen(first));
    sr_scenario_source(scenario, digest);
    g_assert(strlen(digest) == 32);
    print(scenario, first, choice);
    for (uint32_t i = 0; i < MIN(scenario->n_clients, 8); i++)
        for (uint32_t service = SR_NODE_SERVER; service < SR_NODE_FIRST_CLIENT; service++) {
            SrNodeRange range;
            size_t bytes = sr_scenario_node_name(scenario, SR_NODE_FIRST_CLIENT + i, name);

            g_assert(sr_scenario_node_lookup(scenario, name, bytes, &range) &&
                     range.first == SR_NODE_FIRST_CLIENT + i);
            sr_scenario_link(scenario, SR_NODE_FIRST_CLIENT + i, service, true, &link);
            g_assert(link.latency.n_terms > 0);
        }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *) data, *end = text + size;
    char *overrides[OVERRIDES_MAX];
    size_t n = 0;

    while (n < OVERRIDES_MAX && end - text > 6 && memcmp(text, "--set ", 6) == 0) {
        const char *feed = memchr(text, '\n', (size_t) (end - text));
        const char *line_end = feed == NULL ? end : feed;

        overrides[n++] = g_strndup(text + 6, (size_t) (line_end - text) - 6);
        text = feed == NULL ? end : feed + 1;
    }
    const SrOverride list[OVERRIDES_MAX] = { n > 0 ? overrides[0] : NULL,
                                             n > 1 ? overrides[1] : NULL,
                                             n > 2 ? overrides[2] : NULL,
                                             n > 3 ? overrides[3] : NULL };

    try(text, (size_t) (end - text), list, n, fuzz_choice(data, size));
    while (n > 0)
        g_free(overrides[--n]);
    return 0;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    return fuzz_mutate(data, size, max_size, seed, NULL);
}

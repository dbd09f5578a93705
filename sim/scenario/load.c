/* Loading: from a path to a scenario. The reader does not wait for whatever is at the path, and
 * takes no more memory than the limit. */
#include "session-race/scenario.h"

#include "base/whole-file.h"
#include "scenario-private.h"

SrLoadStatus
sr_scenario_load(const char *path, const SrOverride *overrides, size_t n_overrides,
                 SrScenario **scenario, SrDiagnostics *diagnostics)
{
    g_autofree char *text = NULL;
    size_t length = 0;
    const char *why = sr_whole_file_read(path, SR_SCENARIO_BYTES_MAX, &text, &length);

    /* A file that is too large is a malformed scenario; every other error comes from the
     * system. */
    if (why == sr_whole_file_too_large) {
        sr_diagnostics_add(diagnostics, path, "is larger than 16 MiB");
        return SR_LOAD_MALFORMED;
    }
    if (why != NULL) {
        sr_diagnostics_add(diagnostics, path, why);
        return SR_LOAD_SYSTEM;
    }
    SrScenario *read =
        sr_scenario_parse(path, text, length, overrides, n_overrides, diagnostics);

    if (read == NULL)
        return SR_LOAD_MALFORMED;
    *scenario = read;
    return SR_LOAD_OK;
}

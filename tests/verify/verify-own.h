/* Traces of runs with a child of ours as the encryption provider. */
#pragma once

#include "../exec/exec-fixture.h"

#include "verify/verify-fixture.h"

#define EXEC "[encryption-provider]\nkind = exec\n"
#define TWO "[network]\nlatency = 10ms\n[client alice]\n[client bob]\nstart = 12ms\n"
#define MANY                                                                                   \
    "[network]\nlatency = uniform(5ms, 40ms)\n[document plan]\nprevious = yes\n[document "     \
    "memo]\n"                                                                                  \
    "[client alice]\ndocument = plan\ncount = 3\nstart = uniform(0ms, 30ms)\n"                 \
    "[client bob]\ndocument = memo\ncount = 2\n[timeline]\n300ms = disconnect alice-2 for "    \
    "1s\n"                                                                                     \
    "1s = outage encryption-provider for 1s\n1100ms = crash bob-1 for 100ms\n"

/* Returns: (transfer full): the trace of @scenario under @seed with the child in @mode */
static inline GString *
play(const SrScenario *scenario, const char *mode, uint64_t seed)
{
    g_autofree char *command = fixture_command(mode);
    g_autoptr(SrExec) exec = sr_exec_new(
        &(SrExecOptions){ .command = command, .log = -1, .deadline = 300 * SR_NS_PER_MS });
    g_autoptr(SrRun) run = sr_run_new(scenario);
    g_autoptr(GError) error = NULL;
    GString *text = g_string_new(NULL);
    SrRunOptions options = { .provider = exec, .trace = fixture_flush, .trace_data = text };
    SrRunResult result;

    if (!sr_run_execute(run, seed, &options, &result, &error))
        fail_msg("%s", error->message);
    return text;
}

/* The same run played again: with the scenario, a trace of this program is compared with the run,
 * line by line. */
#include "verify/verify-private.h"

#include "session-race/run.h"
#include "session-race/trace-writer.h"

#include <string.h>

typedef struct {
    SrVerify *verify;
    const SrRun *run;
    GString *ours, *theirs;
    uint32_t at;
    bool parted;
} Comparison;

static void
compare(void *data, const SrRecord *record)
{
    Comparison *comparison = data;
    SrVerify *verify = comparison->verify;
    const SrRecord *theirs;

    if (comparison->parted)
        return;
    if (comparison->at == verify->n) {
        comparison->parted = true;
        sr_verify_refuse(verify, SR_VERIFIED_END, record->node, NULL, 0,
                         "the scenario goes on where the trace ends");
        return;
    }
    theirs = &verify->records[comparison->at];
    g_string_truncate(comparison->ours, 0);
    g_string_truncate(comparison->theirs, 0);
    sr_record_format(record, sr_run_names(comparison->run), comparison->ours);
    sr_record_format(theirs, &verify->trace->names, comparison->theirs);
    if (strcmp(comparison->ours->str, comparison->theirs->str) != 0) {
        comparison->parted = true;
        SR_VERIFY_REFUSE(verify, comparison->at, "the scenario has here: %s",
                         comparison->ours->str);
    }
    comparison->at++;
}

void
sr_verify_scenario(SrVerify *verify)
{
    const SrScenario *scenario = verify->options->scenario;
    g_autoptr(SrRun) run = NULL;
    g_autofree SrRunResult *result = g_new0(SrRunResult, 1);
    g_autoptr(GString) ours = g_string_new(NULL), theirs = g_string_new(NULL);
    Comparison comparison = { .verify = verify, .ours = ours, .theirs = theirs };
    char source[33];

    sr_scenario_source(scenario, source);
    if (!verify->own || strcmp(source, verify->trace->source) != 0) {
        sr_verify_note(verify, "the trace is not of this scenario: its source is %s, not %s",
                       verify->own ? verify->trace->source : "unknown", source);
        return;
    }
    if (sr_run_needs_provider(scenario)) {
        bool keys = sr_run_needs(scenario, SR_EXEC_KEYS),
             tokens = sr_run_needs(scenario, SR_EXEC_TOKENS);

        sr_verify_note(verify, "the run is not played again: its %s of the user's own",
                       keys && tokens
                           ? "encryption provider and its token provider were programs"
                       : keys ? "encryption provider was a program"
                              : "token provider was a program");
        return;
    }
    comparison.run = run = sr_run_new(scenario);

    const SrRunOptions options = { .sink = compare, .sink_data = &comparison };

    sr_run_execute(run, verify->trace->seed, &options, result, NULL);
    if (!comparison.parted && comparison.at < verify->n)
        SR_VERIFY_REFUSE(verify, comparison.at, "the scenario ends before it");
    else if (!comparison.parted && result->t != verify->trace->end.t)
        SR_VERIFY_REFUSE(verify, SR_VERIFIED_END, "the scenario ends at another instant");
}

/* A run: a model played in virtual time. The run owns all memory that it needs, and is reused
 * for seed after seed. */
#pragma once

#include <glib.h>

#include "session-race/exec.h"
#include "session-race/record.h"
#include "session-race/result.h"
#include "session-race/scenario.h"
#include "session-race/sweep-row.h"
#include "session-race/trace-writer.h"

#pragma GCC visibility push(default)

typedef struct SrRun SrRun;

/** SrRecordSink: takes each record, check-failed ones included, in order. */
typedef void (*SrRecordSink)(void *data, const SrRecord *record);

/** SrRunChoice: something that can come next in a run whose order is chosen. */
typedef struct {
    uint32_t client; /* whose request or creation it belongs to */
    bool goes_on;    /* the latest choice was of the same client */
} SrRunChoice;

/** SrRunOptions: what a run does besides running the checks. All zero is the fastest: only
 * checks. */
typedef struct {
    bool digest;        /* compute the digest of the trace */
    SrTraceFlush trace; /* (nullable) where the text of the trace goes; implies digest */
    void *trace_data;
    SrRecordSink sink; /* (nullable) */
    void *sink_data;
    /* (nullable) takes each SR_MEASURE_KEY_AGE and SR_MEASURE_TOKEN_ of the run, at its instant */
    void (*sample)(void *data, SrSweepMeasure measure, uint64_t value);
    void *sample_data;
    /* (nullable) takes each draw of the run, constant ones too, when it is made: those of the
     * kinds that a scenario can fix. It makes a run slower. */
    void (*draw)(void *data, const SrDraw *draw);
    void *draw_data;
    /* (nullable) chooses which of @n choices comes next, where there are several: a request for
     * a key or a creation that arrives, or a call or timer of the provider of `kind = exec`.
     * Those that go on are the first. A choice comes 1 ns after what was before it, a timer at
     * its instant; @choose_within: how long the others may take, ns. Returns: its place */
    uint32_t (*choose)(void *data, const SrRunChoice *choices, uint32_t n);
    void *choose_data;
    SrSpan choose_within;
    /* (nullable) called from time to time; TRUE ends the run at once */
    bool (*stop)(void *data);
    void *stop_data;
    bool story; /* keep milestones in the result */
    /* repeat with real cryptography what the core does with names of keys and tokens */
    bool real_crypto;
    /* (nullable) (transfer none): the encryption provider, and the signer, of a scenario that
     * needs one: sr_run_needs(); ignored otherwise */
    SrExec *provider, *signer;
} SrRunOptions;

/**
 * sr_run_new:
 * @scenario: (transfer none): must outlive the run. A run ignores `[explore]` and
 * `[study]`.
 */
SrRun *sr_run_new(const SrScenario *scenario);
void sr_run_free(SrRun *run);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SrRun, sr_run_free)

/** sr_run_needs: Returns: whether @scenario has `kind = exec` for @role, so that its runs need
 * somebody's own program for that */
bool sr_run_needs(const SrScenario *scenario, SrExecRole role);
/** sr_run_needs_provider: Returns: whether it needs one for any role */
bool sr_run_needs_provider(const SrScenario *scenario);

/**
 * sr_run_execute:
 * @result: (out): overwritten
 *
 * Plays the model once under @seed.
 *
 * Returns: %FALSE with @error set only if options->trace failed, or options->provider
 * or options->signer could not be started
 */
gboolean sr_run_execute(SrRun *run, uint64_t seed, const SrRunOptions *options,
                        SrRunResult *result, GError **error);

/** sr_run_draws: Returns: whether anything that happens is drawn from the seed */
bool sr_run_draws(const SrRun *run);
/** sr_run_client: the outcome of client @i (0 … n - 1, in node order) in the last execution. */
SrClientOutcome sr_run_client(const SrRun *run, uint32_t i);
/** sr_run_outcomes: the same of all clients; borrowed. */
SrOutcomes sr_run_outcomes(const SrRun *run);
/** sr_run_names: names for records of the last execution. */
const SrNames *sr_run_names(const SrRun *run);

/**
 * sr_sweep_row_take:
 * @row: has the samples of the run already: sr_sweep_row_sample()
 * @run: just executed, to its end
 *
 * Adds the counts of @run and its @result. A client *won* when a session that it created was
 * established. It started first when no other client of its document started before it.
 *
 * Returns: whether the run is not what its scenario expects: `run` of it exits with 1
 */
bool sr_sweep_row_take(SrSweepRow *row, SrRun *run, const SrRunResult *result);

#pragma GCC visibility pop

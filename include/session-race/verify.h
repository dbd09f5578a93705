/* Verification: does a log, of this program or of a real system, keep to the handshake?
 *
 * Every node's lines are followed by the protocol core itself: each line must be something that
 * the core does in the state that the lines before have brought it to. What a log does not tell,
 * such as when a timer fires or how a server is set up, is supposed in whatever way explains the
 * lines. Messages are matched by their ids, and the checks of a run judge the records in an order
 * that the log allows. Clocks of different nodes are never compared. */
#pragma once

#include "session-race/scenario.h"
#include "session-race/trace-reader.h"
#include "session-race/verified.h"

#pragma GCC visibility push(default)

/** SrVerifyOptions: how a log is to be judged. All zero: from what it says itself. */
typedef struct {
    bool partial;   /* lines may be missing where nobody saw them */
    bool unordered; /* links may lose, duplicate and reorder */
    uint32_t tries; /* readings of a client's lines that are tried; 0: as many as usual */
    const SrScenario *scenario; /* (nullable) what was played; sr_run_refusal() is %NULL */
} SrVerifyOptions;

/**
 * sr_verify:
 * @trace: read by sr_trace_load() or sr_trace_load_log()
 *
 * With a scenario, and a trace of this program from it, the run is played once more as well and
 * every line compared.
 *
 * Returns: (transfer full): what was found; it may not outlive @trace
 */
SrVerified *sr_verify(const SrTrace *trace, const SrVerifyOptions *options);

#pragma GCC visibility pop

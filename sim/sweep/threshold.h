/* Whether a row of a sweep meets the requirements of `[study] require`. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "session-race/scenario.h"
#include "session-race/sweep-row.h"

/** SrThresholdKind: what was compared. */
typedef enum {
    SR_THRESHOLD_RUNS,    /* a share of runs */
    SR_THRESHOLD_CLIENTS, /* a share of the clients that started */
    SR_THRESHOLD_MEASURE, /* a statistic of a measure */
} SrThresholdKind;

/** SrThresholdVerdict: the measured values. */
typedef struct {
    bool met;
    SrThresholdKind kind;
    uint64_t n;     /* of a share: runs or clients that count; of a measure: its values */
    uint64_t of;    /* of a share: all of them */
    uint64_t value; /* of a measure: ns, unless @n is 0 */
} SrThresholdVerdict;

/**
 * sr_threshold_judge:
 * @row: of at least one run
 *
 * A share is the measured one, not a bound of its interval: for more certainty, run more seeds or
 * require less. It is compared exactly: 1 of 1000 runs is at most 0.1%. `time-to-collaborate` is
 * of all clients that collaborate, winners and others together; percentiles are at most 1/128
 * above the true ones, and values of tokens are whole seconds. Where nothing was measured, and
 * where no client started, no threshold about that is met.
 */
SrThresholdVerdict sr_threshold_judge(const SrThreshold *threshold, const SrSweepRow *row);

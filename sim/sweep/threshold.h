/* Whether a row of a sweep meets the requirements of `[study] require`. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "session-race/scenario.h"
#include "session-race/sweep-row.h"

/** SrThresholdVerdict: the measured values. */
typedef struct {
    bool met;
    bool is_rate;
    uint64_t n;    /* of a rate: runs that count; else clients that collaborated at some time */
    uint64_t runs; /* of a rate */
    uint64_t value; /* ns, unless it is a rate or @n is 0 */
} SrThresholdVerdict;

/**
 * sr_threshold_judge:
 * @row: of at least one run
 *
 * A rate is the measured share of runs, not a bound of its interval: for more certainty, run
 * more seeds or require less. It is compared exactly: 1 of 1000 runs is at most 0.1%. Times
 * are those of all clients that collaborate, winners and others together; percentiles are at
 * most 1/128 above the true ones. If nobody collaborates, no threshold of times is met.
 */
SrThresholdVerdict sr_threshold_judge(const SrThreshold *threshold, const SrSweepRow *row);

/* A node's own clock: offset, drift, steps and NTP. Source: section 5 of the protocol. Integers
 * only. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "session-race/time.h"

/** SR_CLOCK_STEP_THRESHOLD: a larger error is corrected by a step, a smaller one is slewed. */
#define SR_CLOCK_STEP_THRESHOLD (INT64_C(128) * 1000000)
/** SR_CLOCK_SLEW_PPM: how fast a clock is slewed. */
#define SR_CLOCK_SLEW_PPM 500

/** SrClock: a clock. Flat; all zero shows true time. */
typedef struct {
    int64_t offset_ns; /* error at `since`, steps included; error = local − true */
    /* the part of the last correction that still had to be slewed at `since`, signed */
    int64_t slew_ns;
    SrTime since; /* 0, or the instant of the last correction */
    int32_t drift_ppm;
} SrClock;

/** sr_clock_error: Returns: local − true at @t, in ns; @t is not before the last correction */
int64_t sr_clock_error(const SrClock *clock, SrTime t);
/** sr_clock_step: `step-clock`: adds to the offset. */
void sr_clock_step(SrClock *clock, int64_t delta_ns);
/** sr_clock_sync: `sync-clock`: the error becomes 0; drift goes on. */
void sr_clock_sync(SrClock *clock, SrTime t);
/**
 * sr_clock_correct: one NTP correction.
 * @noise_ns: the error of the measurement, drawn by the caller
 *
 * Steps or slews away the measured error.
 */
void sr_clock_correct(SrClock *clock, SrTime t, int64_t noise_ns);
/**
 * sr_clock_when:
 * @error_free_ns: a local instant less the epoch: what a right clock would show at true time
 * @error_free_ns
 * @now: the present true time
 *
 * Returns: the first true time, @now or later, at which the clock shows that instant or more if
 * nothing corrects it; SR_TIME_NEVER if that is beyond twice SR_SPAN_MAX
 */
SrTime sr_clock_when(const SrClock *clock, int64_t error_free_ns, SrTime now);

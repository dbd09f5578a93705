/* The error of a clock as a function of true time: an offset, plus the drift since the last
 * correction, plus the part of that correction that has been slewed. */
#include <glib.h>

#include "model/clock.h"
#include "protocol/protocol.h"

static int64_t
floor_ppm(int64_t ppm, SrTime elapsed)
{
    __int128 product = (__int128) ppm * (__int128) elapsed;
    __int128 quotient = product / 1000000;

    return (int64_t) (quotient - (product % 1000000 < 0));
}

int64_t
sr_clock_error(const SrClock *clock, SrTime t)
{
    SrTime elapsed = t - clock->since;
    int64_t error = clock->offset_ns;

    if (clock->drift_ppm != 0)
        error += floor_ppm(clock->drift_ppm, elapsed);
    if (clock->slew_ns != 0) {
        int64_t slewed = floor_ppm(SR_CLOCK_SLEW_PPM, elapsed);

        error +=
            clock->slew_ns > 0 ? MIN(slewed, clock->slew_ns) : -MIN(slewed, -clock->slew_ns);
    }
    return error;
}

void
sr_clock_step(SrClock *clock, int64_t delta_ns)
{
    clock->offset_ns += delta_ns;
}

void
sr_clock_sync(SrClock *clock, SrTime t)
{
    *clock = (SrClock){ .since = t, .drift_ppm = clock->drift_ppm };
}

void
sr_clock_correct(SrClock *clock, SrTime t, int64_t noise_ns)
{
    int64_t error = sr_clock_error(clock, t);
    int64_t measured = error - noise_ns;
    bool step = measured > SR_CLOCK_STEP_THRESHOLD || measured < -SR_CLOCK_STEP_THRESHOLD;

    *clock = (SrClock){
        .offset_ns = step ? error - measured : error,
        .slew_ns = step ? 0 : -measured,
        .since = t,
        .drift_ppm = clock->drift_ppm,
    };
}

SrTime
sr_clock_when(const SrClock *clock, int64_t error_free_ns, SrTime now)
{
    SrTime low = now, high = 2 * SR_SPAN_MAX;

    if ((int64_t) now + sr_clock_error(clock, now) >= error_free_ns)
        return now;
    if (clock->drift_ppm == 0 && clock->slew_ns == 0) {
        SrTime at = (SrTime) (error_free_ns - clock->offset_ns);

        return at <= high ? at : SR_TIME_NEVER;
    }
    /* The drift is less than the clock's speed, so between corrections it never runs backwards:
     * bisection works. */
    if ((int64_t) high + sr_clock_error(clock, high) < error_free_ns)
        return SR_TIME_NEVER;
    while (high - low > 1) {
        SrTime middle = low + (high - low) / 2;

        if ((int64_t) middle + sr_clock_error(clock, middle) >= error_free_ns)
            high = middle;
        else
            low = middle;
    }
    return high;
}

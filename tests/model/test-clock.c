/* Clocks: offset, drift, steps, NTP, and the inverse that timers need. Every want is worked out
 * by hand from section 5. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>

#include "model/clock.h"

#define S ((int64_t) SR_NS_PER_S)
#define MS ((int64_t) SR_NS_PER_MS)

static void
drift_is_rounded_down(void **state)
{
    SrClock fast = { .drift_ppm = 50 }, slow = { .drift_ppm = -50 };

    (void) state;
    assert_int_equal(sr_clock_error(&fast, 19999), 0);
    assert_int_equal(sr_clock_error(&fast, 20000), 1);
    assert_int_equal(sr_clock_error(&slow, 1), -1);
    assert_int_equal(sr_clock_error(&slow, 20000), -1);
    assert_int_equal(sr_clock_error(&slow, 20001), -2);
    /* 30 days at 100 000 ppm pass 2^63 on the way. */
    fast.drift_ppm = 100000;
    assert_int_equal(sr_clock_error(&fast, SR_SPAN_MAX), (int64_t) (SR_SPAN_MAX / 10));
}

static void
a_step_adds_and_a_sync_clears(void **state)
{
    SrClock clock = { .offset_ns = 5 * S, .drift_ppm = 100 };

    (void) state;
    sr_clock_step(&clock, -2 * S);
    assert_int_equal(sr_clock_error(&clock, SR_NS_PER_S), 3 * S + 100000);
    sr_clock_sync(&clock, 10 * SR_NS_PER_S);
    assert_int_equal(sr_clock_error(&clock, 10 * SR_NS_PER_S), 0);
    assert_int_equal(sr_clock_error(&clock, 11 * SR_NS_PER_S), 100000);
}

static void
a_large_error_is_stepped(void **state)
{
    SrClock clock = { .offset_ns = 90 * S };

    (void) state;
    sr_clock_correct(&clock, SR_NS_PER_S, 3 * MS);
    assert_int_equal(sr_clock_error(&clock, SR_NS_PER_S), 3 * MS);
    assert_int_equal(sr_clock_error(&clock, 60 * SR_NS_PER_S), 3 * MS);
}

static void
the_threshold_is_128_ms(void **state)
{
    SrClock at = { .offset_ns = 128 * MS }, above = { .offset_ns = 128 * MS + 1 };

    (void) state;
    sr_clock_correct(&at, 0, 0);
    sr_clock_correct(&above, 0, 0);
    assert_int_equal(sr_clock_error(&at, 0), 128 * MS);
    assert_int_equal(sr_clock_error(&above, 0), 0);
}

static void
a_small_error_is_slewed_at_500_ppm_until_used_up(void **state)
{
    SrClock clock = { .offset_ns = 100 * MS };

    (void) state;
    sr_clock_correct(&clock, 0, 0);
    assert_int_equal(sr_clock_error(&clock, 0), 100 * MS);
    assert_int_equal(sr_clock_error(&clock, 100 * SR_NS_PER_S), 50 * MS);
    assert_int_equal(sr_clock_error(&clock, 200 * SR_NS_PER_S), 0);
    assert_int_equal(sr_clock_error(&clock, 300 * SR_NS_PER_S), 0);
    /* The next correction takes over what is left. */
    clock = (SrClock){ .offset_ns = -100 * MS };
    sr_clock_correct(&clock, 0, 0);
    sr_clock_correct(&clock, 100 * SR_NS_PER_S, 0);
    assert_int_equal(sr_clock_error(&clock, 100 * SR_NS_PER_S), -50 * MS);
    assert_int_equal(sr_clock_error(&clock, 200 * SR_NS_PER_S), 0);
}

/* when() is the first instant at which the clock shows the target, whatever the clock is like.
 */
static void
when_is_the_first_instant(void **state)
{
    static const SrClock clocks[] = {
        { 0 },
        { .offset_ns = 7 * S },
        { .offset_ns = -7 * S },
        { .drift_ppm = 78 },
        { .drift_ppm = -78, .offset_ns = 12345 },
        { .drift_ppm = 90000, .offset_ns = -S },
        { .offset_ns = 100 * MS, .slew_ns = -100 * MS, .drift_ppm = 30 },
    };

    (void) state;
    for (size_t i = 0; i < G_N_ELEMENTS(clocks); i++)
        for (int64_t target = -20 * S; target < 900 * S; target += 37 * S + 12345677) {
            SrTime now = 3 * SR_NS_PER_S, at = sr_clock_when(&clocks[i], target, now);

            assert_true(at >= now);
            assert_true((int64_t) at + sr_clock_error(&clocks[i], at) >= target);
            assert_true(at == now ||
                        (int64_t) (at - 1) + sr_clock_error(&clocks[i], at - 1) < target);
        }
}

static void
an_instant_beyond_any_run_is_never(void **state)
{
    SrClock right = { 0 }, slow = { .drift_ppm = -1 };

    (void) state;
    assert_int_equal(sr_clock_when(&right, (int64_t) (3 * SR_SPAN_MAX), 0), SR_TIME_NEVER);
    assert_int_equal(sr_clock_when(&slow, (int64_t) (3 * SR_SPAN_MAX), 0), SR_TIME_NEVER);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(drift_is_rounded_down),
        cmocka_unit_test(a_step_adds_and_a_sync_clears),
        cmocka_unit_test(a_large_error_is_stepped),
        cmocka_unit_test(the_threshold_is_128_ms),
        cmocka_unit_test(a_small_error_is_slewed_at_500_ppm_until_used_up),
        cmocka_unit_test(when_is_the_first_instant),
        cmocka_unit_test(an_instant_beyond_any_run_is_never),
    };

    return cmocka_run_group_tests_name("clock", tests, NULL, NULL) != 0;
}

/* The engine by itself: its clock, limits, background events and ties; then an M/M/1 queue
 * against its closed form. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <glib.h>
#include <string.h>

#include "session-race/distribution.h"
#include "session-race/engine.h"
#include "session-race/stream.h"

/* The next step is the event @payload at @at. */
static void
assert_event(SrEngine *engine, SrTime at, uint64_t payload)
{
    uint64_t got = UINT64_MAX;

    assert_int_equal(sr_engine_next(engine, &got), SR_ENGINE_EVENT);
    assert_int_equal(got, payload);
    assert_int_equal(sr_engine_now(engine), at);
}

/* The run ends with @step at @at, and keeps ending so. */
static void
assert_end(SrEngine *engine, SrEngineStep step, SrTime at)
{
    for (int i = 0; i < 2; i++) {
        uint64_t payload = 77;

        assert_int_equal(sr_engine_next(engine, &payload), step);
        assert_int_equal(payload, 77);
        assert_int_equal(sr_engine_now(engine), at);
    }
}

static void
test_nothing_scheduled_is_done_at_zero(void **state)
{
    SrEngine *engine = sr_engine_new(false, 0);

    (void) state;
    assert_end(engine, SR_ENGINE_DONE, 0);
    assert_int_equal(sr_engine_events(engine), 0);
    sr_engine_free(engine);
    sr_engine_free(NULL);
}

static void
test_events_come_in_order_and_move_the_clock(void **state)
{
    SrEngine *engine = sr_engine_new(false, 4);
    uint64_t largest = (UINT64_C(1) << SR_ENGINE_PAYLOAD_BITS) - 1;

    (void) state;
    sr_engine_schedule(engine, 30, 3);
    sr_engine_schedule(engine, 10, 1);
    sr_engine_schedule(engine, 10, largest);
    assert_event(engine, 10, 1);
    sr_engine_schedule(engine, 10, 2);
    assert_event(engine, 10, largest);
    assert_event(engine, 10, 2);
    assert_event(engine, 30, 3);
    assert_end(engine, SR_ENGINE_DONE, 30);
    assert_int_equal(sr_engine_events(engine), 4);
    sr_engine_free(engine);
}

static void
test_event_at_the_limit_runs_and_one_beyond_does_not(void **state)
{
    (void) state;
    for (int seeded = 0; seeded < 2; seeded++) {
        SrEngine *engine = sr_engine_new(seeded != 0, 4);

        sr_engine_reset(engine, 1, 100);
        sr_engine_schedule(engine, 100, 1);
        sr_engine_schedule(engine, 101, 2);
        assert_event(engine, 100, 1);
        assert_end(engine, SR_ENGINE_LIMIT, 100);
        assert_int_equal(sr_engine_events(engine), 1);
        sr_engine_free(engine);
    }
}

static void
test_limit_far_before_a_full_wheel(void **state)
{
    SrEngine *engine = sr_engine_new(false, 16);

    (void) state;
    sr_engine_reset(engine, 0, SR_NS_PER_S);
    for (uint64_t i = 0; i < 1000; i++)
        sr_engine_schedule(engine, SR_NS_PER_S + 1 + i * SR_NS_PER_MS, i);
    assert_end(engine, SR_ENGINE_LIMIT, SR_NS_PER_S);
    /* The user may still try, at the limit itself. */
    sr_engine_schedule(engine, SR_NS_PER_S, 5000);
    assert_event(engine, SR_NS_PER_S, 5000);
    assert_end(engine, SR_ENGINE_LIMIT, SR_NS_PER_S);
    sr_engine_free(engine);
}

static void
test_done_before_the_limit_leaves_the_clock(void **state)
{
    SrEngine *engine = sr_engine_new(false, 4);

    (void) state;
    sr_engine_reset(engine, 0, 100);
    sr_engine_schedule(engine, 40, 1);
    sr_engine_schedule_background(engine, 70, 2);
    sr_engine_schedule_background(engine, 700, 3);
    assert_event(engine, 40, 1);
    assert_end(engine, SR_ENGINE_DONE, 40);
    sr_engine_free(engine);
}

static void
test_background_events_run_while_others_are_pending(void **state)
{
    SrEngine *engine = sr_engine_new(false, 4);

    (void) state;
    sr_engine_schedule_background(engine, 10, 1);
    assert_end(engine, SR_ENGINE_DONE, 0);
    sr_engine_schedule(engine, 20, 2);
    assert_event(engine, 10, 1);
    sr_engine_schedule_background(engine, 15, 3);
    assert_event(engine, 15, 3);
    assert_event(engine, 20, 2);
    assert_end(engine, SR_ENGINE_DONE, 20);
    assert_int_equal(sr_engine_events(engine), 3);
    sr_engine_free(engine);
}

static void
test_background_event_before_the_limit_comes_before_a_foreground_beyond(void **state)
{
    SrEngine *engine = sr_engine_new(false, 4);

    (void) state;
    sr_engine_reset(engine, 0, 50);
    sr_engine_schedule(engine, 60, 1);
    sr_engine_schedule_background(engine, 30, 2);
    assert_event(engine, 30, 2);
    assert_end(engine, SR_ENGINE_LIMIT, 50);
    sr_engine_free(engine);
}

static void
test_cancelling_the_last_foreground_event_ends_the_run(void **state)
{
    SrEngine *engine = sr_engine_new(false, 4);
    SrEventHandle foreground = sr_engine_schedule_cancellable(engine, 20, 1, false);
    SrEventHandle background = sr_engine_schedule_cancellable(engine, 20, 2, true);
    SrEventHandle copy = background;

    (void) state;
    sr_engine_schedule(engine, 10, 3);
    assert_event(engine, 10, 3);
    sr_engine_cancel(engine, &background);
    assert_int_equal(background.slot, 0);
    assert_int_equal(background.generation, 0);
    /* A background event cancelled, once more, and no event at all: none of it counts. */
    sr_engine_cancel(engine, &copy);
    sr_engine_cancel(engine, &background);
    sr_engine_schedule(engine, 15, 4);
    assert_event(engine, 15, 4);
    sr_engine_cancel(engine, &foreground);
    assert_end(engine, SR_ENGINE_DONE, 15);
    sr_engine_free(engine);
}

static void
test_cancelled_events_are_skipped_and_others_stay(void **state)
{
    (void) state;
    for (int seeded = 0; seeded < 2; seeded++) {
        SrEngine *engine = sr_engine_new(seeded != 0, 4);

        sr_engine_reset(engine, 9, 1000);
        SrEventHandle first = sr_engine_schedule_cancellable(engine, 5, 1, false);
        SrEventHandle second = sr_engine_schedule_cancellable(engine, 6, 2, false);
        SrEventHandle taken = sr_engine_schedule_cancellable(engine, 7, 3, true);
        SrEventHandle beyond = sr_engine_schedule_cancellable(engine, 2000, 4, false);

        sr_engine_cancel(engine, &first);
        assert_event(engine, 6, 2);
        assert_event(engine, 7, 3);
        sr_engine_cancel(engine, &second);
        sr_engine_cancel(engine, &taken);
        assert_end(engine, SR_ENGINE_LIMIT, 1000);
        sr_engine_cancel(engine, &beyond);
        assert_end(engine, SR_ENGINE_DONE, 1000);
        sr_engine_free(engine);
    }
}

static void
test_reset_forgets_everything(void **state)
{
    SrEngine *engine = sr_engine_new(false, 4);
    SrEventHandle old;

    (void) state;
    sr_engine_schedule(engine, 10, 1);
    old = sr_engine_schedule_cancellable(engine, 20, 2, false);
    assert_event(engine, 10, 1);
    sr_engine_reset(engine, 0, 100);
    assert_int_equal(sr_engine_events(engine), 0);
    assert_end(engine, SR_ENGINE_DONE, 0);
    (void) sr_engine_schedule_cancellable(engine, 1, 3, false);
    sr_engine_cancel(engine, &old);
    assert_event(engine, 1, 3);
    assert_end(engine, SR_ENGINE_DONE, 1);
    sr_engine_free(engine);
}

#define N_INSTANTS 50
#define N_AT_EACH 8

/* Eight events at each of fifty instants; the order in which the run takes them. */
static void
run_ties(SrEngine *engine, uint64_t tie_key, uint64_t order[N_INSTANTS * N_AT_EACH])
{
    sr_engine_reset(engine, tie_key, SR_TIME_NEVER);
    for (uint64_t i = 0; i < N_INSTANTS * N_AT_EACH; i++)
        sr_engine_schedule(engine, i % N_INSTANTS * 10, i);
    for (size_t i = 0; i < N_INSTANTS * N_AT_EACH; i++) {
        assert_int_equal(sr_engine_next(engine, &order[i]), SR_ENGINE_EVENT);
        assert_int_equal(sr_engine_now(engine), i / N_AT_EACH * 10);
        assert_int_equal(order[i] % N_INSTANTS, i / N_AT_EACH);
    }
}

static void
test_seeded_ties_permute_equal_instants_only(void **state)
{
    SrEngine *engine = sr_engine_new(true, 16);
    uint64_t one[N_INSTANTS * N_AT_EACH], again[N_INSTANTS * N_AT_EACH],
        other[N_INSTANTS * N_AT_EACH];
    size_t n_in_order = 0;

    (void) state;
    run_ties(engine, 1, one);
    run_ties(engine, 2, other);
    run_ties(engine, 1, again);
    assert_memory_equal(one, again, sizeof(one));
    assert_memory_not_equal(one, other, sizeof(one));
    for (size_t i = 0; i < G_N_ELEMENTS(one); i += N_AT_EACH)
        for (size_t k = 1; k < N_AT_EACH; k++)
            n_in_order += one[i + k] > one[i + k - 1];
    /* Of 350 pairs of neighbours half are in the order of scheduling, give or take √(50 · 9/12)
     * ≈ 6. */
    assert_in_range(n_in_order, 175 - 30, 175 + 30);
    sr_engine_free(engine);
}

static void
test_rank_belongs_to_the_insertion_not_to_the_run(void **state)
{
    SrEngine *engine = sr_engine_new(true, 16);
    uint64_t order[2][4];

    (void) state;
    /* The same four events, once with other work taken in between: insertion numbers, so ranks,
     * are the same. */
    for (int between = 0; between < 2; between++) {
        sr_engine_reset(engine, 5, SR_TIME_NEVER);
        sr_engine_schedule(engine, 1, 99);
        if (between)
            assert_event(engine, 1, 99);
        for (uint64_t i = 0; i < 4; i++)
            sr_engine_schedule(engine, 10, i);
        if (!between)
            assert_event(engine, 1, 99);
        for (size_t i = 0; i < 4; i++)
            assert_int_equal(sr_engine_next(engine, &order[between][i]), SR_ENGINE_EVENT);
    }
    assert_memory_equal(order[0], order[1], sizeof(order[0]));
    sr_engine_free(engine);
}

static void
test_ties_without_a_seed_keep_the_order_of_scheduling(void **state)
{
    SrEngine *engine = sr_engine_new(false, 16);
    uint64_t order[N_INSTANTS * N_AT_EACH];

    (void) state;
    run_ties(engine, 1, order);
    for (size_t i = 0; i < G_N_ELEMENTS(order); i++)
        assert_int_equal(order[i], i / N_AT_EACH + i % N_AT_EACH * N_INSTANTS);
    sr_engine_free(engine);
}

/*
 * M/M/1: one server, arrivals a mean of 10 ms apart, service of a mean of 7 ms, first come,
 * first served.
 *
 * With λ = 1/10 and μ = 1/7 a millisecond the load is ρ = 0.7 and the mean wait before service
 * ρ / (μ - λ) = 16⅓ ms. Waits of neighbours are correlated: the mean of n of them has the
 * variance ρ (2 + 5ρ - 4ρ² + ρ³) / (μ² (1 - ρ)⁴ n) (Blomqvist 1967), for 10⁶ a standard error
 * of 0.8 %. The seed is fixed, the tolerance 2 %.
 */
#define N_CUSTOMERS 1000000
#define MEAN_ARRIVAL (10 * SR_NS_PER_MS)
#define MEAN_SERVICE (7 * SR_NS_PER_MS)
#define ROOM 4096 /* of the waiting line: the chance that it is ever so long is 0.7^4096 */

enum { ARRIVAL, DEPARTURE };

static void
test_mm1_waits_as_long_as_theory_says(void **state)
{
    SrEngine *engine = sr_engine_new(false, 4);
    SrStream arrivals = sr_stream_at(1, 0), services = sr_stream_at(1, 1);
    SrDistribution arrival = { 0 }, service = { 0 };
    g_autofree SrTime *line = g_new(SrTime, ROOM); /* when each waiting customer came, a ring */
    uint64_t n_arrived = 0, n_served = 0, payload;
    bool busy = false;
    SrSpan waited = 0;
    /* ρ / (μ - λ) = s² / (a - s) for means a and s */
    SrSpan want = MEAN_SERVICE * MEAN_SERVICE / (MEAN_ARRIVAL - MEAN_SERVICE);

    (void) state;
    sr_distribution_add(&arrival, SR_DISTRIBUTION_EXPONENTIAL, MEAN_ARRIVAL, 0, NULL);
    sr_distribution_add(&service, SR_DISTRIBUTION_EXPONENTIAL, MEAN_SERVICE, 0, NULL);
    sr_engine_schedule(engine, sr_distribution_sample(&arrival, &arrivals), ARRIVAL);
    while (sr_engine_next(engine, &payload) == SR_ENGINE_EVENT) {
        SrTime now = sr_engine_now(engine);

        if (payload == ARRIVAL) {
            assert_true(n_arrived - n_served < ROOM);
            line[n_arrived++ % ROOM] = now;
            if (n_arrived < N_CUSTOMERS)
                sr_engine_schedule(engine, now + sr_distribution_sample(&arrival, &arrivals),
                                   ARRIVAL);
        } else {
            busy = false;
        }
        if (!busy && n_served < n_arrived) {
            waited += now - line[n_served++ % ROOM];
            busy = true;
            sr_engine_schedule(engine, now + sr_distribution_sample(&service, &services),
                               DEPARTURE);
        }
    }
    assert_int_equal(n_served, N_CUSTOMERS);
    assert_int_equal(sr_engine_events(engine), 2 * N_CUSTOMERS);
    assert_in_range(waited / N_CUSTOMERS, want - want / 50, want + want / 50);
    sr_engine_free(engine);
}

/* With seeded ties, events of one group and instant keep their order; groups do not. */
static void
a_group_keeps_its_order(void **state)
{
    SrEngine *engine = sr_engine_new(true, 64);
    unsigned swapped = 0;

    (void) state;
    for (uint64_t key = 1; key <= 40; key++) {
        uint64_t payload, last[2] = { 0, 0 }, first = 0;

        sr_engine_reset(engine, key, SR_NS_PER_S);
        for (uint64_t i = 1; i <= 8; i++)
            sr_engine_schedule_in_order(engine, 5, i, i % 2);
        while (sr_engine_next(engine, &payload) == SR_ENGINE_EVENT) {
            assert_true(payload > last[payload % 2]);
            last[payload % 2] = payload;
            first = first != 0 ? first : payload;
        }
        assert_int_equal(last[0], 8);
        assert_int_equal(last[1], 7);
        swapped += first == 2;
    }
    assert_in_range(swapped, 8, 32);
    sr_engine_free(engine);
}

/* Alarms are cancellable events by another name: the same operations on both give the same run. */
static void
alarms_come_like_cancellable_events(void **state)
{
    enum { N_ALARMS = 40, BASE = 1000 };

    (void) state;
    for (unsigned seeded = 0; seeded < 2; seeded++) {
        SrEngine *by_number = sr_engine_new(seeded, 4), *by_handle = sr_engine_new(seeded, 4);
        unsigned n_taken = 0, n_alarms = 0;

        sr_engine_make_alarms(by_number, N_ALARMS, BASE);
        /* The second round begins with alarms of the first still set. */
        for (unsigned round = 0; round < 2; round++) {
            SrEventHandle handles[N_ALARMS] = { { 0, 0 } };
            SrStream stream = { 5 + round };
            SrEngineStep step = SR_ENGINE_EVENT;

            sr_engine_reset(by_number, round, SR_NS_PER_S);
            sr_engine_reset(by_handle, round, SR_NS_PER_S);
            for (unsigned i = 0; i < 20000 && step == SR_ENGINE_EVENT; i++) {
                uint32_t alarm = (uint32_t) sr_stream_below(&stream, N_ALARMS);
                SrTime at = sr_engine_now(by_number) + (sr_stream_below(&stream, 2) != 0
                                                            ? sr_stream_below(&stream, 8)
                                                            : sr_stream_below(&stream, 50000));
                uint64_t one = 0, other = 0;

                sr_engine_fetch_alarm(by_number, alarm); /* which is not to be noticed */
                switch (sr_stream_below(&stream, 5)) {
                case 0:
                case 1:
                    sr_engine_set_alarm(by_number, alarm, at, alarm % 4 == 0);
                    sr_engine_cancel(by_handle, &handles[alarm]);
                    handles[alarm] = sr_engine_schedule_cancellable(by_handle, at, BASE + alarm,
                                                                    alarm % 4 == 0);
                    break;
                case 2:
                    sr_engine_stop_alarm(by_number, alarm);
                    sr_engine_cancel(by_handle, &handles[alarm]);
                    break;
                case 3:
                    sr_engine_schedule(by_number, at, i + 2 * BASE);
                    sr_engine_schedule(by_handle, at, i + 2 * BASE);
                    break;
                case 4:
                    step = sr_engine_next(by_number, &one);
                    assert_int_equal(sr_engine_next(by_handle, &other), step);
                    assert_int_equal(one, other);
                    assert_int_equal(sr_engine_now(by_number), sr_engine_now(by_handle));
                    n_taken++;
                    n_alarms += one >= BASE && one < BASE + N_ALARMS;
                    /* A run that has nothing to do yet goes on. */
                    if (step == SR_ENGINE_DONE)
                        step = SR_ENGINE_EVENT;
                    break;
                }
            }
            assert_int_equal(sr_engine_events(by_number), sr_engine_events(by_handle));
        }
        assert_true(n_taken > 5000);
        assert_true(n_alarms > 500);
        sr_engine_free(by_number);
        sr_engine_free(by_handle);
    }
}

static void
what_is_ahead_is_what_comes(void **state)
{
    SrEngine *engine = sr_engine_new(false, 4);
    uint64_t payload = 77;

    (void) state;
    sr_engine_make_alarms(engine, 2, 100);
    assert_false(sr_engine_ahead(engine, 0, &payload));
    assert_int_equal(payload, 77);
    sr_engine_schedule(engine, 30, 3);
    sr_engine_set_alarm(engine, 1, 20, true);
    sr_engine_schedule_background(engine, 10, 1);
    assert_true(sr_engine_ahead(engine, 0, &payload));
    assert_int_equal(payload, 1);
    assert_true(sr_engine_ahead(engine, 1, &payload));
    assert_int_equal(payload, 101);
    assert_true(sr_engine_ahead(engine, 2, &payload));
    assert_int_equal(payload, 3);
    assert_false(sr_engine_ahead(engine, 3, &payload));
    assert_event(engine, 10, 1);
    assert_event(engine, 20, 101);
    assert_event(engine, 30, 3);
    assert_end(engine, SR_ENGINE_DONE, 30);
    sr_engine_free(engine);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_scheduled_is_done_at_zero),
        cmocka_unit_test(test_events_come_in_order_and_move_the_clock),
        cmocka_unit_test(test_event_at_the_limit_runs_and_one_beyond_does_not),
        cmocka_unit_test(test_limit_far_before_a_full_wheel),
        cmocka_unit_test(test_done_before_the_limit_leaves_the_clock),
        cmocka_unit_test(test_background_events_run_while_others_are_pending),
        cmocka_unit_test(
            test_background_event_before_the_limit_comes_before_a_foreground_beyond),
        cmocka_unit_test(test_cancelling_the_last_foreground_event_ends_the_run),
        cmocka_unit_test(test_cancelled_events_are_skipped_and_others_stay),
        cmocka_unit_test(test_reset_forgets_everything),
        cmocka_unit_test(test_seeded_ties_permute_equal_instants_only),
        cmocka_unit_test(test_rank_belongs_to_the_insertion_not_to_the_run),
        cmocka_unit_test(test_ties_without_a_seed_keep_the_order_of_scheduling),
        cmocka_unit_test(test_mm1_waits_as_long_as_theory_says),
        cmocka_unit_test(a_group_keeps_its_order),
        cmocka_unit_test(alarms_come_like_cancellable_events),
        cmocka_unit_test(what_is_ahead_is_what_comes),
    };

    return cmocka_run_group_tests_name("engine", tests, NULL, NULL) != 0;
}

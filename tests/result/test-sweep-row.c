/* Rows of a sweep: however the seeds are shared out, the row is the same. */
#include "session-race/sweep-row.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "session-race/stream.h"

#define N_ROWS 4u
#define N_RUNS 3000u

typedef struct {
    SrSweepRow *whole, *sum, *parts[N_ROWS];
} Fixture;

static int
set_up(void **state)
{
    Fixture *fixture = g_new0(Fixture, 1);

    fixture->whole = sr_sweep_row_new();
    fixture->sum = sr_sweep_row_new();
    for (unsigned i = 0; i < N_ROWS; i++)
        fixture->parts[i] = sr_sweep_row_new();
    *state = fixture;
    return 0;
}

static int
tear_down(void **state)
{
    Fixture *fixture = *state;

    sr_sweep_row_free(fixture->whole);
    sr_sweep_row_free(fixture->sum);
    for (unsigned i = 0; i < N_ROWS; i++)
        sr_sweep_row_free(fixture->parts[i]);
    g_free(fixture);
    return 0;
}

/* What a made-up run under @seed adds to @row: the same wherever it is run. */
static void
add_run(SrSweepRow *row, uint64_t seed)
{
    SrStream stream = sr_stream_at(sr_stream_key(seed, 1, 0), 0);

    for (unsigned i = 0; i < SR_COUNTER_N; i++)
        row->counters[i] += sr_stream_next(&stream) >> 60;
    for (unsigned i = 0; i < SR_CHECK_N; i++)
        if (sr_stream_next(&stream) >> 58 < i)
            sr_sweep_row_fail(row, (SrCheckId) i, seed);
    for (unsigned i = 0; i < SR_MEASURE_N; i++)
        sr_histogram_add(&row->measures[i], sr_stream_next(&stream) >> (4 * i));
}

static void
any_sharing_out_is_equal(void **state)
{
    static const unsigned orders[][N_ROWS] = { { 0, 1, 2, 3 }, { 3, 2, 1, 0 }, { 2, 0, 3, 1 } };
    Fixture *fixture = *state;

    for (uint64_t seed = 1; seed <= N_RUNS; seed++) {
        add_run(fixture->whole, seed);
        add_run(fixture->parts[seed * seed % 7 % N_ROWS], seed);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(orders); i++) {
        sr_sweep_row_clear(fixture->sum);
        for (unsigned j = 0; j < N_ROWS; j++)
            sr_sweep_row_merge(fixture->sum, fixture->parts[orders[i][j]]);
        assert_memory_equal(fixture->sum, fixture->whole, sizeof *fixture->sum);
    }
}

static void
clear_leaves_nothing(void **state)
{
    Fixture *fixture = *state;

    for (uint64_t seed = 1; seed <= 100; seed++)
        add_run(fixture->whole, seed);
    sr_sweep_row_clear(fixture->whole);
    assert_memory_equal(fixture->whole, fixture->sum, sizeof *fixture->sum);
}

static void
the_smallest_seeds_are_named(void **state)
{
    static const uint64_t seeds[] = { 50, UINT64_MAX, 7, 90, 0, 60, 8, 70, 9, 80, 1 };
    static const uint64_t expected[SR_SWEEP_SEEDS_MAX] = { 0, 1, 7, 8, 9, 50, 60, 70 };
    Fixture *fixture = *state;
    SrSweepRow *row = fixture->whole;

    for (size_t i = 0; i < G_N_ELEMENTS(seeds); i++) {
        assert_int_equal(sr_sweep_row_n_seeds(row, SR_CHECK_KEY_KEPT),
                         MIN(i, SR_SWEEP_SEEDS_MAX));
        sr_sweep_row_fail(row, SR_CHECK_KEY_KEPT, seeds[i]);
    }
    assert_int_equal(row->failed[SR_CHECK_KEY_KEPT], G_N_ELEMENTS(seeds));
    assert_memory_equal(row->seeds[SR_CHECK_KEY_KEPT], expected, sizeof expected);
    assert_int_equal(sr_sweep_row_n_seeds(row, SR_CHECK_KEY_FOUND), 0);
}

static void
every_word_is_there_once(void **state)
{
    (void) state;
    for (unsigned i = 0; i < SR_MEASURE_N; i++)
        for (unsigned j = 0; j < i; j++)
            assert_string_not_equal(sr_sweep_measure_name((SrSweepMeasure) i),
                                    sr_sweep_measure_name((SrSweepMeasure) j));
    for (unsigned i = 0; i < SR_COUNTER_N; i++)
        for (unsigned j = 0; j < i; j++)
            assert_string_not_equal(sr_sweep_counter_name((SrSweepCounter) i),
                                    sr_sweep_counter_name((SrSweepCounter) j));
}

int
main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(any_sharing_out_is_equal),
        TEST(clear_leaves_nothing),
        TEST(the_smallest_seeds_are_named),
        cmocka_unit_test(every_word_is_there_once),
    };

    return cmocka_run_group_tests_name("rows of a sweep", tests, NULL, NULL) != 0;
}

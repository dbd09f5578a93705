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
    SrSweepSeed added = { .seed = seed };

    for (unsigned i = 0; i < SR_COUNTER_N; i++)
        added.counters[i] = sr_stream_next(&stream) >> 60;
    for (unsigned i = 0; i < SR_SHARE_N; i++)
        added.shares |= (uint64_t) (sr_stream_next(&stream) >> 58 < i) << i;
    sr_sweep_row_add(row, &added);
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
        assert_int_equal(sr_sweep_row_n_seeds(row, SR_SHARE_LOCKED_OUT),
                         MIN(i, SR_SWEEP_SEEDS_MAX));
        sr_sweep_row_note(row, SR_SHARE_LOCKED_OUT, seeds[i]);
    }
    assert_int_equal(row->shares[SR_SHARE_LOCKED_OUT], G_N_ELEMENTS(seeds));
    assert_memory_equal(row->seeds[SR_SHARE_LOCKED_OUT], expected, sizeof expected);
    assert_int_equal(sr_sweep_row_n_seeds(row, SR_SHARE_RACED), 0);
}

static void
a_seed_counts_where_its_bits_are(void **state)
{
    Fixture *fixture = *state;
    SrSweepRow *row = fixture->whole;
    SrSweepSeed seed = { .seed = 9,
                         .shares = UINT64_C(1) << SR_SHARE_UNEXPECTED |
                                   UINT64_C(1) << (SR_SHARE_N - 1),
                         .counters = { [SR_COUNTER_RUNS] = 1, [SR_COUNTER_N - 1] = 3 } };

    sr_sweep_row_add(row, &seed);
    for (unsigned i = 0; i < SR_SHARE_N; i++) {
        bool is_one = i == SR_SHARE_UNEXPECTED || i == SR_SHARE_N - 1;

        assert_int_equal(row->shares[i], is_one);
        assert_int_equal(row->seeds[i][0], is_one ? 9 : 0);
    }
    assert_int_equal(row->counters[SR_COUNTER_RUNS], 1);
    assert_int_equal(row->counters[SR_COUNTER_N - 1], 3);
}

static void
all_that_are_locked_out_are_a_sum(void **state)
{
    Fixture *fixture = *state;
    SrSweepRow *row = fixture->whole;

    for (unsigned i = 0; i < SR_ENDING_N; i++)
        row->counters[SR_COUNTER_ENDING + i] = UINT64_C(1) << i;
    assert_int_equal(sr_sweep_row_clients(row, SR_CLIENTS_LOCKED_OUT),
                     1u << SR_ENDING_LOCKED_OUT_ENCRYPTION | 1u << SR_ENDING_LOCKED_OUT_JWT |
                         1u << SR_ENDING_LOCKED_OUT_CONTENT |
                         1u << SR_ENDING_LOCKED_OUT_CLIENT_UPDATE_REQUIRED |
                         1u << SR_ENDING_LOCKED_OUT_GENERAL);
    for (unsigned i = 0; i < SR_ENDING_N; i++)
        assert_int_equal(sr_sweep_row_clients(row, SR_CLIENTS_ENDING + i), 1u << i);
}

/* Each list of names, with what finds them again; @n: what is found if there is none. */
static void
check_names(const char *(*name_of)(unsigned), unsigned (*lookup)(const char *, size_t),
            unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        for (unsigned j = 0; j < i; j++)
            assert_string_not_equal(name_of(i), name_of(j));
        if (lookup != NULL)
            assert_int_equal(lookup(name_of(i), strlen(name_of(i))), i);
        if (lookup != NULL)
            assert_int_not_equal(lookup(name_of(i), strlen(name_of(i)) - 1), i);
    }
    if (lookup != NULL)
        assert_int_equal(lookup("nobody", 6), n);
}

static void
every_word_is_there_once_and_found_again(void **state)
{
    (void) state;
    check_names(sr_sweep_measure_name, sr_sweep_measure_lookup, SR_MEASURE_BOTH + 1);
    check_names(sr_sweep_counter_name, NULL, SR_COUNTER_N);
    check_names(sr_sweep_share_name, sr_sweep_share_lookup, SR_SHARE_N);
    check_names(sr_sweep_clients_name, sr_sweep_clients_lookup, SR_CLIENTS_N);
}

/* The words of reasons, in those of endings. */
static void
a_locked_out_client_is_named_by_its_reason(void **state)
{
    (void) state;
    for (unsigned i = SR_REASON_ENCRYPTION; i <= SR_REASON_GENERAL; i++) {
        g_autofree char *want = g_strdup_printf("locked-out(%s)", sr_reason_name((SrReason) i));

        assert_string_equal(sr_ending_name((SrEnding) (SR_ENDING_LOCKED_OUT_ENCRYPTION + i -
                                                       SR_REASON_ENCRYPTION)),
                            want);
    }
}

int
main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(any_sharing_out_is_equal),
        TEST(clear_leaves_nothing),
        TEST(the_smallest_seeds_are_named),
        cmocka_unit_test(every_word_is_there_once_and_found_again),
        TEST(a_seed_counts_where_its_bits_are),
        TEST(all_that_are_locked_out_are_a_sum),
        TEST(a_locked_out_client_is_named_by_its_reason),
    };

    return cmocka_run_group_tests_name("rows of a sweep", tests, NULL, NULL) != 0;
}

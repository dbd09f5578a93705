/* Histograms: exact where they promise it, near enough elsewhere, and blind to order. */
#include "session-race/histogram.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "session-race/stream.h"

#define N_VALUES 20000u

typedef struct {
    SrHistogram *all, *parts[3];
    uint64_t *values;
} Fixture;

static SrHistogram *
new_histogram(void)
{
    SrHistogram *histogram = g_new(SrHistogram, 1);

    /* Any memory will do. */
    memset(histogram, 0xa5, sizeof *histogram);
    sr_histogram_init(histogram);
    return histogram;
}

static int
set_up(void **state)
{
    Fixture *fixture = g_new0(Fixture, 1);

    fixture->all = new_histogram();
    for (size_t i = 0; i < G_N_ELEMENTS(fixture->parts); i++)
        fixture->parts[i] = new_histogram();
    fixture->values = g_new0(uint64_t, N_VALUES);
    *state = fixture;
    return 0;
}

static int
tear_down(void **state)
{
    Fixture *fixture = *state;

    g_free(fixture->all);
    for (size_t i = 0; i < G_N_ELEMENTS(fixture->parts); i++)
        g_free(fixture->parts[i]);
    g_free(fixture->values);
    g_free(fixture);
    return 0;
}

static int
compare(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *) left, b = *(const uint64_t *) right;

    return (a > b) - (a < b);
}

/* Values of every size: a draw of 64 bits, shifted by another. */
static void
draw_values(Fixture *fixture, uint64_t seed)
{
    SrStream stream = sr_stream_at(sr_stream_key(seed, 1, 0), 0);

    for (unsigned i = 0; i < N_VALUES; i++) {
        uint64_t shift = sr_stream_next(&stream) >> 58;
        fixture->values[i] = sr_stream_next(&stream) >> shift;
    }
}

static void
add_all(Fixture *fixture)
{
    for (unsigned i = 0; i < N_VALUES; i++)
        sr_histogram_add(fixture->all, fixture->values[i]);
}

static void
buckets_tile_all_numbers(void **state)
{
    uint64_t least, greatest, next = 0;

    (void) state;
    for (uint32_t i = 0; i < SR_HISTOGRAM_BUCKETS; i++) {
        sr_histogram_bounds(i, &least, &greatest);
        assert_int_equal(least, next);
        assert_true(greatest >= least);
        assert_true(greatest - least <= least >> SR_HISTOGRAM_BITS);
        assert_int_equal(sr_histogram_bucket(least), i);
        assert_int_equal(sr_histogram_bucket(greatest), i);
        next = greatest + 1;
    }
    assert_int_equal(greatest, UINT64_MAX);
}

static void
empty_has_nothing(void **state)
{
    Fixture *fixture = *state;

    assert_int_equal(fixture->all->n, 0);
    assert_int_equal(sr_histogram_quantile(fixture->all, 500000), 0);
    assert_int_equal(sr_histogram_mean(fixture->all), 0);
    assert_true(fixture->all->first > fixture->all->last);
    sr_histogram_merge(fixture->all, fixture->parts[0]);
    assert_int_equal(fixture->all->n, 0);
    assert_true(fixture->all->first > fixture->all->last);
}

static void
zeroed_memory_clears_to_empty(void **state)
{
    Fixture *fixture = *state;

    memset(fixture->parts[0], 0, sizeof *fixture->parts[0]);
    sr_histogram_clear(fixture->parts[0]);
    assert_memory_equal(fixture->parts[0], fixture->all, sizeof *fixture->all);
}

static void
clear_leaves_nothing(void **state)
{
    Fixture *fixture = *state;

    draw_values(fixture, 1);
    add_all(fixture);
    sr_histogram_clear(fixture->all);
    assert_memory_equal(fixture->all, fixture->parts[0], sizeof *fixture->all);
}

static void
counts_are_exact(void **state)
{
    Fixture *fixture = *state;
    uint64_t least, greatest, n = 0;

    draw_values(fixture, 2);
    add_all(fixture);
    for (uint32_t i = 0; i < SR_HISTOGRAM_BUCKETS; i += 97) {
        uint64_t expected = 0;

        sr_histogram_bounds(i, &least, &greatest);
        for (unsigned j = 0; j < N_VALUES; j++)
            expected += fixture->values[j] >= least && fixture->values[j] <= greatest;
        assert_int_equal(fixture->all->counts[i], expected);
    }
    for (uint32_t i = 0; i < SR_HISTOGRAM_BUCKETS; i++)
        n += fixture->all->counts[i];
    assert_int_equal(n, N_VALUES);
    assert_int_equal(fixture->all->n, N_VALUES);
}

static void
quantiles_are_within_a_hundredth(void **state)
{
    static const uint32_t quantiles[] = { 0,      1,      10,     1000,   250000, 500000,
                                          900000, 950000, 990000, 999000, 999999, 1000000 };
    Fixture *fixture = *state;

    draw_values(fixture, 3);
    add_all(fixture);
    qsort(fixture->values, N_VALUES, sizeof *fixture->values, compare);
    for (size_t i = 0; i < G_N_ELEMENTS(quantiles); i++) {
        uint64_t rank = MAX(((uint64_t) quantiles[i] * N_VALUES + 999999) / 1000000, 1);
        uint64_t exact = fixture->values[rank - 1];
        uint64_t value = sr_histogram_quantile(fixture->all, quantiles[i]);

        assert_true(value >= exact);
        assert_true(value - exact <= exact / 100);
    }
    for (uint64_t rank = 1; rank <= N_VALUES; rank++) {
        uint64_t exact = fixture->values[rank - 1];
        uint64_t value = sr_histogram_at_rank(fixture->all, rank);

        assert_true(value >= exact && value - exact <= exact >> SR_HISTOGRAM_BITS);
    }
    assert_int_equal(sr_histogram_quantile(fixture->all, 1000000),
                     fixture->values[N_VALUES - 1]);
}

static void
quantiles_of_huge_counts_do_not_wrap(void **state)
{
    Fixture *fixture = *state;

    sr_histogram_add(fixture->all, 1);
    sr_histogram_add(fixture->all, 2);
    fixture->all->counts[1] = UINT64_C(999) << 53;
    fixture->all->counts[2] = UINT64_C(1) << 53;
    fixture->all->n = UINT64_C(1000) << 53;
    assert_int_equal(sr_histogram_quantile(fixture->all, 999000), 1);
    assert_int_equal(sr_histogram_quantile(fixture->all, 999001), 2);
    assert_int_equal(sr_histogram_quantile(fixture->all, 1000000), 2);
}

static void
any_order_of_merging_is_equal(void **state)
{
    static const unsigned orders[][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
                                          { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };
    Fixture *fixture = *state;

    draw_values(fixture, 4);
    add_all(fixture);
    for (unsigned i = 0; i < N_VALUES; i++)
        sr_histogram_add(fixture->parts[i * i % 3], fixture->values[i]);
    for (size_t i = 0; i < G_N_ELEMENTS(orders); i++) {
        SrHistogram *sum = new_histogram();
        bool equal;

        for (unsigned j = 0; j < 3; j++)
            sr_histogram_merge(sum, fixture->parts[orders[i][j]]);
        equal = memcmp(sum, fixture->all, sizeof *sum) == 0;
        g_free(sum);
        assert_true(equal);
    }
}

static void
sums_have_128_bits(void **state)
{
    Fixture *fixture = *state;

    for (unsigned i = 0; i < 5; i++)
        sr_histogram_add(fixture->parts[i % 3], UINT64_MAX);
    for (size_t i = 0; i < 3; i++)
        sr_histogram_merge(fixture->all, fixture->parts[i]);
    /* 5 · (2^64 - 1) = 4 · 2^64 + (2^64 - 5) */
    assert_int_equal(fixture->all->sum_high, 4);
    assert_int_equal(fixture->all->sum_low, UINT64_MAX - 4);
    assert_int_equal(sr_histogram_mean(fixture->all), UINT64_MAX);
    sr_histogram_add(fixture->all, 0);
    assert_int_equal(sr_histogram_mean(fixture->all),
                     UINT64_MAX / 6 * 5 + UINT64_MAX % 6 * 5 / 6);
}

static void
extremes_are_exact(void **state)
{
    Fixture *fixture = *state;

    sr_histogram_add(fixture->all, 0);
    sr_histogram_add(fixture->all, UINT64_MAX);
    assert_int_equal(fixture->all->min, 0);
    assert_int_equal(fixture->all->max, UINT64_MAX);
    assert_int_equal(fixture->all->first, 0);
    assert_int_equal(fixture->all->last, SR_HISTOGRAM_BUCKETS - 1);
    assert_int_equal(sr_histogram_quantile(fixture->all, 500000), 0);
    assert_int_equal(sr_histogram_quantile(fixture->all, 500001), UINT64_MAX);
}

static void
small_numbers_are_exact(void **state)
{
    Fixture *fixture = *state;

    for (uint64_t i = 0; i < 2u << SR_HISTOGRAM_BITS; i++)
        sr_histogram_add(fixture->all, i);
    for (uint64_t i = 0; i < 2u << SR_HISTOGRAM_BITS; i++)
        assert_int_equal(sr_histogram_at_rank(fixture->all, i + 1), i);
}

int
main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(buckets_tile_all_numbers),
        TEST(empty_has_nothing),
        TEST(zeroed_memory_clears_to_empty),
        TEST(clear_leaves_nothing),
        TEST(counts_are_exact),
        TEST(quantiles_are_within_a_hundredth),
        TEST(quantiles_of_huge_counts_do_not_wrap),
        TEST(any_order_of_merging_is_equal),
        TEST(sums_have_128_bits),
        TEST(extremes_are_exact),
        TEST(small_numbers_are_exact),
    };

    return cmocka_run_group_tests_name("histograms", tests, NULL, NULL) != 0;
}

/* Intervals against tails that are added up term by term in long double, and against forms that
 * are known in closed form. */
#include "base/interval.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <stdbool.h>

/* C(n, k) p^k (1 - p)^(n - k) summed over @from … @to, by the definition: a product of n factors. */
static long double
sum_of(unsigned from, unsigned to, unsigned n, long double p)
{
    long double sum = 0.0L;

    for (unsigned k = from; k <= to; k++) {
        long double term = 1.0L;

        for (unsigned i = 0; i < n; i++)
            term *= i < k ? (long double) (n - i) / (long double) (k - i) * p : 1.0L - p;
        sum += term;
    }
    return sum;
}

/* The p at which @k or fewer (with @lower: or more) of @n have the probability 1/40. */
static long double
bisect(unsigned k, unsigned n, bool lower)
{
    long double low = 0.0L, high = 1.0L;

    for (unsigned i = 0; i < 70; i++) {
        long double p = (low + high) / 2.0L;
        long double tail = lower ? sum_of(k, n, n, p) : sum_of(0, k, n, p);

        if ((tail > 0.025L) == lower)
            high = p;
        else
            low = p;
    }
    return low;
}

static bool
near(double value, long double expected, long double tolerance)
{
    long double off = (long double) value - expected;

    return (off < 0.0L ? -off : off) <= tolerance * expected;
}

static void
small_ones_agree_with_sums(void **state)
{
    static const unsigned sizes[] = { 1, 2, 3, 7, 16, 40 };

    (void) state;
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        unsigned n = sizes[i];
        for (unsigned k = 0; k <= n; k++) {
            SrInterval interval = sr_clopper_pearson(k, n, 0.95);

            assert_true(near(interval.share, (long double) k / n, 1e-15L));
            if (k == 0)
                assert_true(interval.low <= 0.0 && interval.low >= 0.0);
            else
                assert_true(near(interval.low, bisect(k, n, true), 1e-10L));
            if (k == n)
                assert_true(interval.high <= 1.0 && interval.high >= 1.0);
            else
                assert_true(near(interval.high, bisect(k, n, false), 1e-10L));
        }
    }
}

/* (1 - high)^n is α/2 at zero failures, low^n at nothing but failures; products again. */
static void
none_and_all_have_closed_forms(void **state)
{
    static const unsigned sizes[] = { 1, 2, 10, 1000, 100000, 1000000 };

    (void) state;
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        SrInterval none = sr_clopper_pearson(0, sizes[i], 0.95);
        SrInterval all = sr_clopper_pearson(sizes[i], sizes[i], 0.95);
        long double product_none = 1.0L, product_all = 1.0L;

        for (unsigned j = 0; j < sizes[i]; j++) {
            product_none *= 1.0L - (long double) none.high;
            product_all *= (long double) all.low;
        }
        assert_true(near((double) product_none, 0.025L, 1e-9L));
        assert_true(near((double) product_all, 0.025L, 1e-9L));
    }
}

/* At the bounds the tails are α/2. Here they are added up from the outermost term that matters, in
 * long double, each from its neighbour; all terms are scaled by the one at @k, so that the sum of all is
 * what the tail is divided by: neither factorial nor logarithm is needed. */
static long double
tail_by_ratios(unsigned k, unsigned n, long double p, bool lower)
{
    long double inside = 1.0L, outside = 0.0L, term = 1.0L, odds = p / (1.0L - p);

    for (unsigned i = k; i < n && term > 1e-30L; i++) {
        term *= (long double) (n - i) / (long double) (i + 1) * odds;
        *(lower ? &inside : &outside) += term;
    }
    term = 1.0L;
    for (unsigned i = k; i > 0 && term > 1e-30L; i--) {
        term *= (long double) i / (long double) (n - i + 1) / odds;
        *(lower ? &outside : &inside) += term;
    }
    return inside / (inside + outside);
}

static void
large_ones_agree_with_sums(void **state)
{
    static const unsigned rows[][2] = {
        { 1, 1000000 },          { 12, 1000 },
        { 500, 1000 },           { 999, 1000 },
        { 70000, 140000 },       { 249000, 1000000 },
        { 251000, 1000000 },     { 400000, 1600000 },
        { 5000000, 9000000 },    { 7, 2000000000 },
        { 3000000, 2000000000 }, { 1999999999, 2000000000 },
    };

    (void) state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        unsigned k = rows[i][0], n = rows[i][1];
        SrInterval interval = sr_clopper_pearson(k, n, 0.95);

        assert_true(interval.low < interval.share && interval.share < interval.high);
        assert_true(interval.low > 0.0 && interval.high < 1.0);
        /* Close to 1 a double cannot hold p more exactly. */
        long double tolerance = n - k == 1 && n > 1000 ? 1e-5L : 1e-7L;

        assert_true(near((double) tail_by_ratios(k, n, (long double) interval.low, true),
                         0.025L, tolerance));
        assert_true(near((double) tail_by_ratios(k, n, (long double) interval.high, false),
                         0.025L, tolerance));
    }
}

static void
sides_mirror_each_other(void **state)
{
    (void) state;
    for (uint64_t k = 0; k <= 300; k += 3) {
        SrInterval left = sr_clopper_pearson(k, 300, 0.99);
        SrInterval right = sr_clopper_pearson(300 - k, 300, 0.99);

        assert_true(near(1.0 - left.high + 1.0, (long double) right.low + 1.0L, 1e-10L));
    }
}

static void
tails_add_up_to_one(void **state)
{
    static const double shares[] = { 1e-9, 0.001, 0.3, 0.5, 0.9, 0.999999 };
    static const uint64_t sizes[] = { 5, 1000, 1000000, UINT64_C(100000000) };

    (void) state;
    for (size_t i = 0; i < G_N_ELEMENTS(shares); i++)
        for (size_t j = 0; j < G_N_ELEMENTS(sizes); j++) {
            uint64_t middle = (uint64_t) (shares[i] * (double) sizes[j]);

            for (uint64_t k = middle > 2 ? middle - 2 : 0; k < middle + 3 && k < sizes[j]; k++)
                assert_true(near(sr_binomial_at_most(k, sizes[j], shares[i]) +
                                     sr_binomial_at_least(k + 1, sizes[j], shares[i]),
                                 1.0L, 1e-9L));
        }
    assert_true(near(sr_binomial_at_most(5, 5, 0.3), 1.0L, 0.0L));
    assert_true(near(sr_binomial_at_least(0, 5, 0.3), 1.0L, 0.0L));
    assert_true(near(sr_binomial_at_least(5, 5, 0.5), 1.0L / 32, 1e-14L));
    assert_true(near(sr_binomial_at_most(0, 5, 1.0) + 1.0, 1.0L, 0.0L));
    assert_true(near(sr_binomial_at_least(1, 5, 0.0) + 1.0, 1.0L, 0.0L));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_ones_agree_with_sums),
        cmocka_unit_test(none_and_all_have_closed_forms),
        cmocka_unit_test(large_ones_agree_with_sums),
        cmocka_unit_test(sides_mirror_each_other),
        cmocka_unit_test(tails_add_up_to_one),
    };

    return cmocka_run_group_tests_name("intervals", tests, NULL, NULL) != 0;
}

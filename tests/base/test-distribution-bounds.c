/* Bounds of distributions, and cuts: quantiles against those that decimal arithmetic of 40 digits
 * gives (Python's Decimal; normal ones from its NormalDist), clamped draws against the same stream
 * without a cut. */
#include "session-race/distribution.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>

#define MS SR_NS_PER_MS
#define HOUR (3600 * SR_NS_PER_S)
#define PERCENT (SR_MIXTURE_WHOLE / 100)
#define N_DRAWS 200000

static SrDistribution
distribution_of(SrDistributionKind kind, SrSpan a, SrSpan b)
{
    SrDistribution distribution = { 0 };

    sr_distribution_add(&distribution, kind, a, b, NULL);
    return distribution;
}

/* @off: by how many ns in a million the tables of the sampler may be wrong. */
/* clang-format off */
static struct row { const char *name; SrDistributionKind kind; SrSpan a, b; uint64_t central; SrSpan lo, hi; unsigned off; } rows[] = {
    { "99.9 % of exponential(20ms)",       SR_DISTRIBUTION_EXPONENTIAL, 20 * MS, 0, 999 * PERCENT / 10, 10003, 152018049, 0 },
    { "90 % of exponential(20ms)",         SR_DISTRIBUTION_EXPONENTIAL, 20 * MS, 0, 90 * PERCENT, 1025866, 59914645, 0 },
    { "half of exponential(20ms)",         SR_DISTRIBUTION_EXPONENTIAL, 20 * MS, 0, 50 * PERCENT, 5753641, 27725887, 0 },
    { "99.9 % of exponential(1h)",         SR_DISTRIBUTION_EXPONENTIAL, HOUR, 0, 999 * PERCENT / 10, 1800450150, UINT64_C(27363248854351), 0 },
    { "all but 10^-8 of exponential(1h)",  SR_DISTRIBUTION_EXPONENTIAL, HOUR, 0, SR_MIXTURE_WHOLE - 1, 18000, UINT64_C(68809780528244), 1 },
    { "99.9 % of normal(50ms, 10ms)",      SR_DISTRIBUTION_NORMAL,    50 * MS, 10 * MS, 999 * PERCENT / 10, 17094733, 82905267, 1 },
    { "90 % of normal(50ms, 10ms)",        SR_DISTRIBUTION_NORMAL,    50 * MS, 10 * MS, 90 * PERCENT, 33551464, 66448536, 1 },
    { "all but 10^-8 of a normal is cut at 0", SR_DISTRIBUTION_NORMAL, 50 * MS, 10 * MS, SR_MIXTURE_WHOLE - 1, 0, 107307289, 1 },
    { "99.9 % of lognormal(20ms, 60ms)",   SR_DISTRIBUTION_LOGNORMAL, 20 * MS, 60 * MS, 999 * PERCENT / 10, 4228253, 94601729, 2 },
    { "half of lognormal(20ms, 60ms)",     SR_DISTRIBUTION_LOGNORMAL, 20 * MS, 60 * MS, 50 * PERCENT, 14544401, 27501993, 2 },
    { "98 % of a lognormal ends at its P99", SR_DISTRIBUTION_LOGNORMAL, 20 * MS, 60 * MS, 98 * PERCENT, 6666667, 60 * MS, 2 },
    { "99.9 % of pareto(10ms, 20ms)",      SR_DISTRIBUTION_PARETO,    10 * MS, 20 * MS, 999 * PERCENT / 10, 10005003, UINT64_C(20000000000), 2 },
    { "half of pareto(10ms, 20ms)",        SR_DISTRIBUTION_PARETO,    10 * MS, 20 * MS, 50 * PERCENT, 13333333, 40000000, 2 },
    { "a tail beyond the longest span ends there", SR_DISTRIBUTION_PARETO, HOUR, 30 * 24 * HOUR - 1, 999 * PERCENT / 10, 0, SR_SPAN_MAX, 0 },
};
/* clang-format on */

static void
check_row(void **state)
{
    const struct row *row = *state;
    SrDistribution distribution = distribution_of(row->kind, row->a, row->b);
    SrBounds cut, bounds;
    SrSpan lo_off = row->lo * row->off / 1000000, hi_off = row->hi * row->off / 1000000;

    assert_int_equal(sr_distribution_n_tails(&distribution), 1);
    assert_false(sr_distribution_bounds(&distribution, &bounds));
    assert_int_equal(bounds.hi, SR_SPAN_MAX);
    sr_distribution_cut(&distribution, row->central, &cut);
    assert_true(sr_distribution_bounds(&distribution, &bounds));
    assert_int_equal(bounds.lo, cut.lo);
    assert_int_equal(bounds.hi, cut.hi);
    assert_int_equal(bounds.lo % SR_NS_PER_US, 0);
    assert_int_equal(bounds.hi % SR_NS_PER_US, 0);
    if (row->lo > 0)
        assert_in_range(bounds.lo, (row->lo - lo_off) / SR_NS_PER_US * SR_NS_PER_US,
                        row->lo + lo_off);
    assert_in_range(bounds.hi, row->hi - hi_off, row->hi + hi_off + SR_NS_PER_US - 1);
}

/* Every draw is the draw of the same stream without a cut, moved to the nearer bound; both bounds
 * are met about as often as the cut says. */
static void
check_draws(void **state)
{
    const struct row *row = *state;
    SrDistribution whole = distribution_of(row->kind, row->a, row->b), less = whole;
    SrStream one = { row->a }, other = one;
    SrBounds cut;
    uint64_t n_below = 0, n_above = 0;
    double tail =
        (double) (SR_MIXTURE_WHOLE - row->central) / (2. * SR_MIXTURE_WHOLE) * N_DRAWS;

    sr_distribution_cut(&less, row->central, &cut);
    for (unsigned i = 0; i < N_DRAWS; i++) {
        SrSpan raw = sr_distribution_sample(&whole, &one),
               drawn = sr_distribution_sample(&less, &other);

        assert_int_equal(one.state, other.state);
        assert_int_equal(drawn, CLAMP(raw, cut.lo, cut.hi));
        n_below += raw < cut.lo;
        n_above += raw > cut.hi;
    }
    if (cut.lo > 0)
        assert_true(((double) n_below - tail) * ((double) n_below - tail) <= 25 * tail + 1);
    if (cut.hi < SR_SPAN_MAX)
        assert_true(((double) n_above - tail) * ((double) n_above - tail) <= 25 * tail + 1);
}

static void
a_sum_is_cut_term_by_term(void **state)
{
    SrDistribution sum = sr_distribution_constant(280 * MS);
    SrBounds cuts[2], bounds;
    SrStream stream = { 7 };
    bool met_lo = false;

    (void) state;
    sr_distribution_add(&sum, SR_DISTRIBUTION_EXPONENTIAL, 20 * MS, 0, NULL);
    sr_distribution_add(&sum, SR_DISTRIBUTION_UNIFORM, MS, 2 * MS, NULL);
    sr_distribution_add(&sum, SR_DISTRIBUTION_EXPONENTIAL, 20 * MS, 0, NULL);
    assert_int_equal(sr_distribution_n_tails(&sum), 2);
    sr_distribution_cut(&sum, 50 * PERCENT, cuts);
    assert_true(sr_distribution_bounds(&sum, &bounds));
    assert_int_equal(bounds.lo, 280 * MS + MS + 2 * 5753000);
    assert_int_equal(bounds.hi, 280 * MS + 2 * MS + 2 * 27726000);
    for (unsigned i = 0; i < 10000; i++) {
        SrSpan span = sr_distribution_sample(&sum, &stream);

        assert_in_range(span, bounds.lo, bounds.hi);
        met_lo |= span < bounds.lo + MS;
    }
    assert_true(met_lo);
}

static void
the_quick_way_of_a_lognormal_is_not_taken_past_a_cut(void **state)
{
    SrDistribution lognormal = distribution_of(SR_DISTRIBUTION_LOGNORMAL, 20 * MS, 60 * MS);
    SrBounds cut;

    (void) state;
    assert_int_equal(lognormal.lognormal, 1);
    sr_distribution_cut(&lognormal, 50 * PERCENT, &cut);
    assert_int_equal(lognormal.lognormal, 0);
}

static void
what_has_bounds_is_not_cut(void **state)
{
    g_autofree SrEmpirical *samples = g_malloc(sizeof *samples + 3 * sizeof(SrSpan));
    SrDistribution all = sr_distribution_constant(MS), before;
    SrBounds bounds;

    (void) state;
    samples->n = 3;
    samples->values[0] = 5 * MS;
    samples->values[1] = 2 * MS;
    samples->values[2] = 9 * MS;
    sr_distribution_add(&all, SR_DISTRIBUTION_UNIFORM, 10 * MS, 80 * MS, NULL);
    sr_distribution_add(&all, SR_DISTRIBUTION_EMPIRICAL, 0, 0, samples);
    assert_int_equal(sr_distribution_n_tails(&all), 0);
    assert_true(sr_distribution_bounds(&all, &bounds));
    assert_int_equal(bounds.lo, 13 * MS);
    assert_int_equal(bounds.hi, 90 * MS);
    before = all;
    sr_distribution_cut(&all, 50 * PERCENT, NULL);
    assert_memory_equal(&all, &before, sizeof all);
}

static void
a_mixture_lies_between_the_ends_of_its_parts(void **state)
{
    g_autofree SrMixture *mixture = g_malloc0(sizeof *mixture + 2 * sizeof mixture->parts[0]);
    SrDistribution sum = sr_distribution_constant(MS), uncut = { 0 };
    SrBounds cut, bounds;

    (void) state;
    mixture->n = 2;
    mixture->parts[0] =
        (SrMixturePart){ 95 * PERCENT,
                         distribution_of(SR_DISTRIBUTION_EXPONENTIAL, 20 * MS, 0) };
    mixture->parts[1] = (SrMixturePart){ 5 * PERCENT, distribution_of(SR_DISTRIBUTION_UNIFORM,
                                                                      1000 * MS, 2000 * MS) };
    sr_distribution_add_mixture(&uncut, mixture);
    assert_false(sr_distribution_bounds(&uncut, &bounds));
    sr_distribution_cut(&mixture->parts[0].distribution, 50 * PERCENT, &cut);
    sr_distribution_add_mixture(&sum, mixture);
    assert_int_equal(sr_distribution_n_tails(&sum), 0);
    assert_true(sr_distribution_bounds(&sum, &bounds));
    assert_int_equal(bounds.lo, MS + 5753000);
    assert_int_equal(bounds.hi, 2001 * MS);
}

static void
a_bound_is_at_most_the_longest_span(void **state)
{
    SrDistribution sum = sr_distribution_constant(SR_SPAN_MAX);
    SrBounds bounds;

    (void) state;
    sr_distribution_add(&sum, SR_DISTRIBUTION_UNIFORM, 1, SR_SPAN_MAX, NULL);
    assert_true(sr_distribution_bounds(&sum, &bounds));
    assert_int_equal(bounds.lo, SR_SPAN_MAX);
    assert_int_equal(bounds.hi, SR_SPAN_MAX);
}

int
main(void)
{
    const struct CMUnitTest others[] = {
        cmocka_unit_test(a_sum_is_cut_term_by_term),
        cmocka_unit_test(the_quick_way_of_a_lognormal_is_not_taken_past_a_cut),
        cmocka_unit_test(what_has_bounds_is_not_cut),
        cmocka_unit_test(a_mixture_lies_between_the_ends_of_its_parts),
        cmocka_unit_test(a_bound_is_at_most_the_longest_span),
    };
    struct CMUnitTest quantiles[G_N_ELEMENTS(rows)], draws[G_N_ELEMENTS(rows)];

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        quantiles[i] = (struct CMUnitTest){ .name = rows[i].name,
                                            .test_func = check_row,
                                            .initial_state = &rows[i] };
        draws[i] = quantiles[i];
        draws[i].test_func = check_draws;
    }
    int failures = cmocka_run_group_tests_name("quantiles", quantiles, NULL, NULL);

    failures += cmocka_run_group_tests_name("clamped draws", draws, NULL, NULL);
    failures += cmocka_run_group_tests_name("bounds", others, NULL, NULL);
    return failures != 0;
}

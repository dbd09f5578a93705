/* Distributions: the first draws of each, known, since golden traces rest on them; then a
 * million draws of each against the quantiles that its formula gives, by counting the draws at
 * or below each quantile; then the tables themselves. */
#include "session-race/distribution.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <string.h>

#include "base/distribution-private.h"

#define MS SR_NS_PER_MS
#define N_DRAWS 1000000

static uint64_t
hash(const char *name)
{
    return sr_name_hash(name, strlen(name));
}

static SrStream
known_stream(void)
{
    return (SrStream){ sr_stream_key(1, hash("link/server/latency/out"), hash("alice")) };
}

static SrDistribution
distribution_of(SrDistributionKind kind, SrSpan a, SrSpan b)
{
    SrDistribution distribution = { 0 };

    sr_distribution_add(&distribution, kind, a, b, NULL);
    return distribution;
}

/* clang-format off */
static const struct known_row { const char *name; SrDistributionKind kind; SrSpan a, b; SrSpan want[4]; } known_rows[] = {
    { "first draws: uniform",       SR_DISTRIBUTION_UNIFORM,     10 * MS, 20 * MS, { 19011476, 12171550, 15307414, 14984869 } },
    { "first draws: exponential",   SR_DISTRIBUTION_EXPONENTIAL, 20 * MS, 0,       { 29969738, 344990, 708149, 2094455 } },
    { "first draws: normal",        SR_DISTRIBUTION_NORMAL,      50 * MS, 10 * MS, { 47496220, 57818374, 31299929, 50037927 } },
    { "first draws: normal, cut",   SR_DISTRIBUTION_NORMAL,      10 * MS, 20 * MS, { 4992441, 25636748, 0, 10075855 } },
    { "first draws: lognormal",     SR_DISTRIBUTION_LOGNORMAL,   20 * MS, 60 * MS, { 17769649, 28932141, 8269928, 20035854 } },
    { "first draws: Pareto",        SR_DISTRIBUTION_PARETO,      10 * MS, 20 * MS, { 11096962, 46050043, 18841567, 20060708 } },
};

/* Quantiles at 1, 10, 50, 90, 99 and 99.9 %, in ns, from the closed forms; normal ones from Python's NormalDist. */
static const struct quantile_row { const char *name; SrDistributionKind kind; SrSpan a, b; SrSpan want[6]; } quantile_rows[] = {
    { "quantiles: uniform",            SR_DISTRIBUTION_UNIFORM,     10 * MS, 20 * MS,
      { 10099999, 10999999, 15000000, 19000000, 19900000, 19990000 } },
    { "quantiles: exponential",        SR_DISTRIBUTION_EXPONENTIAL, 20 * MS, 0,
      { 201007, 2107210, 13862944, 46051702, 92103404, 138155106 } },
    { "quantiles: normal",             SR_DISTRIBUTION_NORMAL,      50 * MS, 10 * MS,
      { 26736521, 37184484, 50000000, 62815516, 73263479, 80902323 } },
    { "quantiles: lognormal",          SR_DISTRIBUTION_LOGNORMAL,   20 * MS, 60 * MS,
      { 6666667, 10919199, 20000000, 36632725, 60000000, 86063654 } },
    { "quantiles: Pareto",             SR_DISTRIBUTION_PARETO,      10 * MS, 20 * MS,
      { 10101010, 11111111, 20000000, 100000000, 1000000000, UINT64_C(10000000000) } },
    { "quantiles: Pareto, heavier",    SR_DISTRIBUTION_PARETO,      10 * MS, 30 * MS,
      { 10160570, 11817454, 30000000, 384558576, UINT64_C(14788529822), UINT64_C(568705596630) } },
};
/* clang-format on */

/* Per million, and 4.5 standard deviations of the count of a million draws: 4.5 · sqrt(10^6 p
 * (1 - p)). */
static const unsigned expected[6] = { 10000, 100000, 500000, 900000, 990000, 999000 };
static const unsigned tolerance[6] = { 448, 1350, 2250, 1350, 448, 142 };

static void
check_known(void **state)
{
    const struct known_row *row = *state;
    SrDistribution distribution = distribution_of(row->kind, row->a, row->b);
    SrStream stream = known_stream();

    for (size_t i = 0; i < G_N_ELEMENTS(row->want); i++)
        assert_int_equal(sr_distribution_sample(&distribution, &stream), row->want[i]);
}

static void
check_draws(const SrDistribution *distribution, const char *name, const SrSpan want[6])
{
    SrStream stream = { sr_stream_key(8, hash(name), 0) };
    unsigned at_or_below[6] = { 0 };

    for (unsigned i = 0; i < N_DRAWS; i++) {
        SrSpan span = sr_distribution_sample(distribution, &stream);

        assert_true(span <= SR_SPAN_MAX);
        for (size_t q = 0; q < 6; q++)
            at_or_below[q] += span <= want[q];
    }
    for (size_t q = 0; q < 6; q++)
        assert_in_range(at_or_below[q], expected[q] - tolerance[q], expected[q] + tolerance[q]);
}

static void
check_quantiles(void **state)
{
    const struct quantile_row *row = *state;
    SrDistribution distribution = distribution_of(row->kind, row->a, row->b);

    check_draws(&distribution, row->name, row->want);
}

/* ---- mixtures ---- */

/* Returns: (transfer full): a mixture of two parts, with the weight @first of the first */
static SrMixture *
mixture_of(uint64_t first, SrDistribution a, SrDistribution b)
{
    SrMixture *mixture = g_malloc0(sizeof *mixture + 2 * sizeof mixture->parts[0]);

    mixture->n = 2;
    mixture->parts[0] = (SrMixturePart){ first, a };
    mixture->parts[1] = (SrMixturePart){ SR_MIXTURE_WHOLE - first, b };
    return mixture;
}

/* clang-format off */
/* Quantiles at 1, 10, 50, 90, 99 and 99.9 %: where the weighted sum of the parts' closed forms
 * reaches them, found by bisection in Python. In the first the parts do not meet, in the second
 * one lies within the other. */
static const struct mixture_row {
    const char *name;
    uint64_t first;
    struct { SrDistributionKind kind; SrSpan a, b; } parts[2];
    SrSpan want[6];
} mixture_rows[] = {
    { "quantiles: a rare slow part", 95000000,
      { { SR_DISTRIBUTION_LOGNORMAL, 20 * MS, 60 * MS }, { SR_DISTRIBUTION_UNIFORM, 1000 * MS, 2000 * MS } },
      { 6727734, 11072026, 20633298, 42978740, 1800000000, 1980000000 } },
    { "quantiles: parts that meet", 30500000,
      { { SR_DISTRIBUTION_UNIFORM, 10 * MS, 20 * MS }, { SR_DISTRIBUTION_EXPONENTIAL, 20 * MS, 0 } },
      { 289860, 3107009, 14592100, 38774833, 84826535, 130878237 } },
};
/* clang-format on */

static void
check_mixture(void **state)
{
    const struct mixture_row *row = *state;
    g_autofree SrMixture *mixture = mixture_of(
        row->first, distribution_of(row->parts[0].kind, row->parts[0].a, row->parts[0].b),
        distribution_of(row->parts[1].kind, row->parts[1].a, row->parts[1].b));
    SrDistribution distribution = { 0 };

    sr_distribution_add_mixture(&distribution, mixture);
    assert_false(distribution.constant);
    check_draws(&distribution, row->name, row->want);
}

static void
parts_are_drawn_by_their_exact_shares(void **state)
{
    static const struct {
        uint64_t weight;
        unsigned expected, tolerance;
    } shares[] = {
        { 95000000, 950000, 981 }, /* 4.5 standard deviations of a million draws */
        { 50000000, 500000, 2250 },
        { 12345678, 123457, 1481 },
        { 10000, 100, 45 },
    };

    (void) state;
    for (size_t i = 0; i < G_N_ELEMENTS(shares); i++) {
        g_autofree SrMixture *mixture = mixture_of(
            shares[i].weight, sr_distribution_constant(1), sr_distribution_constant(2));
        SrDistribution distribution = { 0 };
        SrStream stream = { sr_stream_key(9, i, 0) };
        unsigned ones = 0;

        sr_distribution_add_mixture(&distribution, mixture);
        for (unsigned n = 0; n < N_DRAWS; n++)
            ones += sr_distribution_sample(&distribution, &stream) == 1;
        assert_in_range(ones, shares[i].expected - shares[i].tolerance,
                        shares[i].expected + shares[i].tolerance);
    }
}

/* The word that decides the part comes first; then the part draws as it would alone. */
static void
a_mixture_draws_its_part_then_from_it(void **state)
{
    SrDistribution parts[2] = { distribution_of(SR_DISTRIBUTION_UNIFORM, MS, 2 * MS),
                                distribution_of(SR_DISTRIBUTION_EXPONENTIAL, 5 * MS, 0) };
    g_autofree SrMixture *mixture = mixture_of(40000000, parts[0], parts[1]);
    SrDistribution sum = sr_distribution_constant(7 * MS);
    unsigned of_first = 0;

    (void) state;
    sr_distribution_add_mixture(&sum, mixture);
    assert_int_equal(sum.floor, 7 * MS);
    for (unsigned i = 0; i < 1000; i++) {
        SrStream one = sr_stream_at(i, 1), other = one;
        SrSpan got = sr_distribution_sample(&sum, &one);
        bool first = sr_stream_below(&other, SR_MIXTURE_WHOLE) < 40000000;
        SrSpan want = 7 * MS;

        want += sr_distribution_sample(&parts[first ? 0 : 1], &other);
        assert_int_equal(got, want);
        assert_int_equal(one.state, other.state);
        of_first += first;
    }
    assert_in_range(of_first, 330, 470);
}

static void
no_draw_is_below_the_least(void **state)
{
    SrEmpirical *samples = g_malloc0(sizeof *samples + 2 * sizeof(SrSpan));
    SrDistribution uniform = distribution_of(SR_DISTRIBUTION_UNIFORM, 3 * MS, 9 * MS),
                   pareto = distribution_of(SR_DISTRIBUTION_PARETO, 2 * MS, 4 * MS),
                   empirical = { 0 }, sum = sr_distribution_constant(MS);
    g_autofree SrMixture *mixture = mixture_of(1, uniform, pareto);

    (void) state;
    samples->n = 2;
    samples->values[0] = 8 * MS;
    samples->values[1] = 6 * MS;
    sr_distribution_add(&empirical, SR_DISTRIBUTION_EMPIRICAL, 0, 0, samples);
    assert_int_equal(sr_distribution_least(&uniform), 3 * MS);
    assert_int_equal(sr_distribution_least(&pareto), 2 * MS);
    assert_int_equal(sr_distribution_least(&empirical), 6 * MS);
    sr_distribution_add_mixture(&sum, mixture);
    assert_int_equal(sr_distribution_least(&sum), 3 * MS);
    sr_distribution_add(&sum, SR_DISTRIBUTION_LOGNORMAL, MS, 2 * MS, NULL);
    assert_int_equal(sr_distribution_least(&sum), 3 * MS);
    sr_distribution_add(&sum, SR_DISTRIBUTION_CONSTANT, SR_SPAN_MAX, 0, NULL);
    assert_int_equal(sr_distribution_least(&sum), SR_SPAN_MAX);
    g_free(samples);
}

static void
the_exponential_has_its_mean_and_variance(void **state)
{
    const SrSpan mean = 20 * MS;
    SrDistribution distribution = distribution_of(SR_DISTRIBUTION_EXPONENTIAL, mean, 0);
    SrStream stream = { 31 };
    unsigned __int128 sum = 0, squares = 0;

    (void) state;
    for (unsigned i = 0; i < N_DRAWS; i++) {
        SrSpan span = sr_distribution_sample(&distribution, &stream);

        sum += span;
        squares += (unsigned __int128) span * span;
    }
    uint64_t mean_ppm = (uint64_t) (sum / mean);
    uint64_t square_ppm = (uint64_t) (squares / mean / mean);

    /* E X = m, E X^2 = 2 m^2, with deviations m and sqrt(20) m^2: 4.5 of them over a thousand.
     */
    assert_in_range(mean_ppm, 1000000 - 4500, 1000000 + 4500);
    assert_in_range(square_ppm, 2000000 - 20125, 2000000 + 20125);
}

static void
the_normal_is_cut_at_0(void **state)
{
    SrDistribution distribution = distribution_of(SR_DISTRIBUTION_NORMAL, 10 * MS, 20 * MS);
    SrStream stream = { 32 };
    unsigned zeros = 0;

    (void) state;
    for (unsigned i = 0; i < N_DRAWS; i++)
        zeros += sr_distribution_sample(&distribution, &stream) == 0;
    /* P(Z <= -1/2), and 4.5 standard deviations. */
    assert_in_range(zeros, 308538 - 2079, 308538 + 2079);
}

static void
the_ends_of_a_uniform_belong_to_it(void **state)
{
    SrDistribution distribution = distribution_of(SR_DISTRIBUTION_UNIFORM, 5, 7);
    SrStream stream = { 33 };
    unsigned counts[3] = { 0 };

    (void) state;
    for (unsigned i = 0; i < 30000; i++) {
        SrSpan span = sr_distribution_sample(&distribution, &stream);

        assert_in_range(span, 5, 7);
        counts[span - 5]++;
    }
    for (unsigned i = 0; i < 3; i++)
        assert_in_range(counts[i], 10000 - 368, 10000 + 368);
}

static void
samples_of_a_file_are_equally_likely(void **state)
{
    SrEmpirical *empirical = g_malloc0(sizeof *empirical + 4 * sizeof(SrSpan));
    SrDistribution distribution = { 0 };
    SrStream stream = { 34 };
    unsigned counts[4] = { 0 };

    (void) state;
    empirical->n = 4;
    for (unsigned i = 0; i < 4; i++)
        empirical->values[i] = 100 * i;
    sr_distribution_add(&distribution, SR_DISTRIBUTION_EMPIRICAL, 0, 0, empirical);
    for (unsigned i = 0; i < 40000; i++)
        counts[sr_distribution_sample(&distribution, &stream) / 100]++;
    for (unsigned i = 0; i < 4; i++)
        assert_in_range(counts[i], 10000 - 390, 10000 + 390);
    g_free(empirical);
}

static void
a_constant_draws_nothing(void **state)
{
    SrDistribution distribution = sr_distribution_constant(40 * MS);
    SrStream stream = { 35 };

    (void) state;
    assert_true(distribution.constant);
    assert_int_equal(sr_distribution_sample(&distribution, &stream), 40 * MS);
    sr_distribution_add(&distribution, SR_DISTRIBUTION_CONSTANT, 2 * MS, 0, NULL);
    assert_true(distribution.constant);
    assert_int_equal(sr_distribution_sample(&distribution, &stream), 42 * MS);
    assert_int_equal(sr_distribution_sum(&distribution, &stream), 42 * MS);
    assert_int_equal(stream.state, 35);
}

static void
the_empty_sum_is_0(void **state)
{
    SrDistribution distribution = { 0 };
    SrStream stream = { 36 };

    (void) state;
    assert_int_equal(sr_distribution_sample(&distribution, &stream), 0);
    assert_int_equal(stream.state, 36);
}

static void
a_sum_draws_its_terms_in_order(void **state)
{
    SrDistribution sum = sr_distribution_constant(280 * MS);
    SrDistribution exponential = distribution_of(SR_DISTRIBUTION_EXPONENTIAL, 10 * MS, 0);
    SrDistribution uniform = distribution_of(SR_DISTRIBUTION_UNIFORM, MS, 2 * MS);
    SrStream whole = { 37 }, parts = whole;

    (void) state;
    sr_distribution_add(&sum, SR_DISTRIBUTION_EXPONENTIAL, 10 * MS, 0, NULL);
    sr_distribution_add(&sum, SR_DISTRIBUTION_UNIFORM, MS, 2 * MS, NULL);
    assert_false(sum.constant);
    assert_int_equal(sum.floor, 280 * MS);
    for (unsigned i = 0; i < 1000; i++) {
        SrSpan want = 280 * MS + sr_distribution_sample(&exponential, &parts);

        want += sr_distribution_sample(&uniform, &parts);
        assert_int_equal(sr_distribution_sample(&sum, &whole), want);
    }
    assert_int_equal(whole.state, parts.state);
}

static void
nothing_is_longer_than_the_longest_span(void **state)
{
    SrDistribution sum = sr_distribution_constant(SR_SPAN_MAX);
    SrStream stream = { 38 };

    (void) state;
    sr_distribution_add(&sum, SR_DISTRIBUTION_PARETO, 1, SR_SPAN_MAX, NULL);
    sr_distribution_add(&sum, SR_DISTRIBUTION_NORMAL, SR_SPAN_MAX, SR_SPAN_MAX, NULL);
    sr_distribution_add(&sum, SR_DISTRIBUTION_EXPONENTIAL, SR_SPAN_MAX, 0, NULL);
    for (unsigned i = 0; i < 1000; i++)
        assert_int_equal(sr_distribution_sample(&sum, &stream), SR_SPAN_MAX);
    sum = sr_distribution_constant(SR_SPAN_MAX);
    sr_distribution_add(&sum, SR_DISTRIBUTION_CONSTANT, 1, 0, NULL);
    assert_int_equal(sr_distribution_sample(&sum, &stream), SR_SPAN_MAX);
}

static void
the_widest_shapes_stay_in_range(void **state)
{
    SrDistribution pareto = distribution_of(SR_DISTRIBUTION_PARETO, 1, SR_SPAN_MAX);
    SrDistribution lognormal = distribution_of(SR_DISTRIBUTION_LOGNORMAL, 1, SR_SPAN_MAX);
    SrDistribution narrow =
        distribution_of(SR_DISTRIBUTION_LOGNORMAL, SR_SPAN_MAX, SR_SPAN_MAX);
    SrStream stream = { 39 };
    unsigned above = 0, at_least_1 = 0;

    (void) state;
    for (unsigned i = 0; i < 100000; i++) {
        SrSpan span = sr_distribution_sample(&pareto, &stream);

        assert_in_range(span, 1, SR_SPAN_MAX);
        above += span == SR_SPAN_MAX;
        at_least_1 += sr_distribution_sample(&lognormal, &stream) >= 1;
        assert_int_equal(sr_distribution_sample(&narrow, &stream), SR_SPAN_MAX);
    }
    assert_in_range(above, 50000 - 712, 50000 + 712); /* beyond its median, which is the end */
    /* Half a ns and more is rounded to 1: z above -z99 / 51.2. */
    assert_in_range(at_least_1, 51812 - 712, 51812 + 712);
}

static void
a_point_mass_is_no_shape_at_all(void **state)
{
    SrDistribution lognormal = distribution_of(SR_DISTRIBUTION_LOGNORMAL, 12345678, 12345678);
    SrDistribution uniform = distribution_of(SR_DISTRIBUTION_UNIFORM, 12345678, 12345678);
    SrDistribution normal = distribution_of(SR_DISTRIBUTION_NORMAL, 12345678, 0);
    SrStream stream = { 40 };

    (void) state;
    for (unsigned i = 0; i < 1000; i++) {
        assert_int_equal(sr_distribution_sample(&lognormal, &stream), 12345678);
        assert_int_equal(sr_distribution_sample(&uniform, &stream), 12345678);
        assert_int_equal(sr_distribution_sample(&normal, &stream), 12345678);
    }
}

static void
a_shape_is_the_logarithm_of_a_ratio(void **state)
{
    (void) state;
    assert_int_equal(distribution_of(SR_DISTRIBUTION_PARETO, MS, 8 * MS).terms[0].shape,
                     UINT64_C(3) << 32);
    /* log2(3) · 2^32 = 6807362106.6; the table is right to 2^-26 of an octave. */
    assert_in_range(distribution_of(SR_DISTRIBUTION_LOGNORMAL, 20 * MS, 60 * MS).terms[0].shape,
                    6807362107 - 128, 6807362107 + 128);
}

static void
tables_are_monotone(void **state)
{
    (void) state;
    for (size_t i = 1; i < G_N_ELEMENTS(sr_normal_table); i++)
        assert_true(sr_normal_table[i] < sr_normal_table[i - 1]);
    for (size_t i = 1; i < G_N_ELEMENTS(sr_log2_table); i++) {
        assert_true(sr_log2_table[i] > sr_log2_table[i - 1]);
        assert_true(sr_exp2_table[i] > sr_exp2_table[i - 1]);
    }
    assert_int_equal(sr_normal_table[G_N_ELEMENTS(sr_normal_table) - 1], 0);
}

/* Between entries too, and across the seams of octaves. */
static void
what_is_read_between_entries_is_monotone(void **state)
{
    (void) state;
    for (unsigned octave = 16; octave < 64; octave++) {
        uint64_t low = UINT64_C(1) << octave, last = sr_normal_upper(low - (low >> 12));

        for (uint64_t tail = low; tail - low < low; tail += low >> 12) {
            uint64_t z = sr_normal_upper(tail);

            assert_true(z < last);
            last = z;
        }
    }
    uint64_t last = sr_log2((UINT64_C(1) << 40) - 1);

    for (uint64_t x = UINT64_C(1) << 40; x < UINT64_C(1) << 42; x += UINT64_C(1) << 28) {
        uint64_t log2 = sr_log2(x);

        assert_true(log2 > last);
        last = log2;
    }
}

/* clang-format off */
static const struct tail_row { const char *name; uint64_t tail, want_nano; } tail_rows[] = {
    { "tail: 1/2",   UINT64_MAX,                  0 },
    { "tail: 1/4",   UINT64_C(1) << 63,           674489750 },
    { "tail: 10 %",  UINT64_C(3689348814741910528), 1281551566 },
    { "tail: 1 %",   UINT64_C(368934881474191040),  2326347874 },
    { "tail: 0.1 %", UINT64_C(36893488147419104),   3090232306 },
    { "tail: 1 ppm", UINT64_C(36893488147419),      4753424309 },
    { "tail: 2^-30", UINT64_C(1) << 35,           6009353566 },
    { "tail: 2^-40", UINT64_C(1) << 25,           7047700257 },
    { "tail: 2^-50", UINT64_C(1) << 15,           7956038125 },
    { "tail: 2^-64", 2,                           9080155125 },
};
/* clang-format on */

/* To a millionth of a standard deviation. */
static void
check_tail(void **state)
{
    const struct tail_row *row = *state;
    uint64_t nano =
        (uint64_t) (((unsigned __int128) sr_normal_upper(row->tail) * 1000000000) >> 60);

    assert_in_range(nano + 1000, row->want_nano, row->want_nano + 2000);
}

static void
powers_of_two_are_right(void **state)
{
    (void) state;
    assert_int_equal(sr_scale_exp2(3, 0), 3);
    assert_int_equal(sr_scale_exp2(3, INT64_C(10) << 32), 3072);
    assert_int_equal(sr_scale_exp2(3072, -(INT64_C(10) << 32)), 3);
    assert_int_equal(sr_scale_exp2(3, -(INT64_C(1) << 32)), 2); /* 1.5, to nearest */
    assert_int_equal(sr_scale_exp2(1, -(INT64_C(2) << 32)), 0);
    assert_int_equal(sr_scale_exp2(SR_SPAN_MAX, -(INT64_C(60) << 32)), 0);
    assert_int_equal(sr_scale_exp2(SR_SPAN_MAX, -(INT64_C(70) << 32)), 0);
    assert_int_equal(sr_scale_exp2(SR_SPAN_MAX, -(INT64_C(3000) << 32)), 0);
    assert_int_equal(sr_scale_exp2(1, INT64_C(52) << 32), SR_SPAN_MAX);
    assert_int_equal(sr_scale_exp2(1, INT64_C(3300) << 32), SR_SPAN_MAX);
    assert_int_equal(sr_scale_exp2(0, INT64_C(3300) << 32), 0);
    assert_in_range(sr_scale_exp2(1000000000, INT64_C(1) << 31), 1414213562 - 15,
                    1414213562 + 15);
    assert_in_range(sr_scale_exp2(1000000000, -(INT64_C(1) << 30)), 840896415 - 9,
                    840896415 + 9);
}

/* @x times the power at @exponent as its definition has it: a parabola through three points of the
 * table, in the whole product, rounded to nearest. */
static uint64_t
scale_plainly(uint64_t x, int64_t exponent)
{
    int64_t octaves = (exponent - (exponent & UINT32_MAX)) / (INT64_C(1) << 32);
    uint64_t steps = ((uint64_t) exponent & UINT32_MAX) * (SR_OCTAVE_STEPS / 2);
    const uint32_t *points = sr_exp2_table + 2 * (steps >> 32);
    __int128 t = steps & UINT32_MAX, hump = (2 * t * ((INT64_C(1) << 32) - t)) >> 32;
    __int128 first = points[0], middle = points[1], last = points[2];
    unsigned __int128 power = (unsigned __int128) ((first << 32) + t * (last - first) -
                                                   hump * (first - 2 * middle + last));
    unsigned __int128 product = x * power;
    int64_t fraction = SR_EXP2_BITS + 32 - octaves;

    if (x == 0 || fraction > 127)
        return 0;
    if (fraction <= 0 || product >> fraction >= SR_SPAN_MAX)
        return SR_SPAN_MAX;
    product = (product >> (fraction - 1)) + 1;
    return (uint64_t) MIN(product >> 1, SR_SPAN_MAX);
}

static void
powers_are_those_of_whole_products(void **state)
{
    SrStream stream = { 8 };

    (void) state;
    for (unsigned i = 0; i < 300000; i++) {
        uint64_t x = sr_stream_below(&stream, SR_SPAN_MAX + 1) >> sr_stream_below(&stream, 53);
        int64_t exponent =
            (int64_t) sr_stream_next(&stream) >> (17 + sr_stream_below(&stream, 20));

        assert_int_equal(sr_scale_exp2(x, exponent), scale_plainly(x, exponent));
    }
}

/* A sum draws its terms in their order, whatever is quick about some sums. */
static void
a_sum_is_the_sum_of_its_terms(void **state)
{
    static const SrDistributionKind kinds[] = {
        SR_DISTRIBUTION_CONSTANT,  SR_DISTRIBUTION_UNIFORM, SR_DISTRIBUTION_EXPONENTIAL,
        SR_DISTRIBUTION_LOGNORMAL, SR_DISTRIBUTION_PARETO,
    };
    SrStream shapes = { 4 };

    (void) state;
    for (unsigned i = 0; i < 3000; i++) {
        unsigned n = 1 + (unsigned) sr_stream_below(&shapes, SR_DISTRIBUTION_TERMS_MAX);
        SrDistribution sum = { 0 }, terms[SR_DISTRIBUTION_TERMS_MAX] = { 0 };

        for (unsigned k = 0; k < n; k++) {
            SrDistributionKind kind = kinds[sr_stream_below(&shapes, G_N_ELEMENTS(kinds))];
            SrSpan a = 1 + sr_stream_below(&shapes, 30 * MS), b = a + 1 + a / 3;

            sr_distribution_add(&sum, kind, a, b, NULL);
            sr_distribution_add(&terms[k], kind, a, b, NULL);
        }
        for (unsigned draw = 0; draw < 4; draw++) {
            SrStream one = sr_stream_at(i, draw), other = one, third = one;
            SrSpan want = 0;

            for (unsigned k = 0; k < n; k++)
                want += sr_distribution_sample(&terms[k], &other);
            assert_int_equal(sr_distribution_sample(&sum, &one), want);
            assert_int_equal(one.state, other.state);
            assert_int_equal(sr_distribution_sum(&sum, &third), want);
        }
    }
}

/* One test a row; each row begins with the text that names it. Returns the end of what it
 * wrote. */
static struct CMUnitTest *
add_rows(struct CMUnitTest *test, CMUnitTestFunction check, const void *rows, size_t n,
         size_t bytes)
{
    for (size_t i = 0; i < n; i++) {
        const char *row = (const char *) rows + i * bytes;

        *test++ = (struct CMUnitTest){
            .name = *(const char *const *) (const void *) row,
            .test_func = check,
            .initial_state = (void *) (uintptr_t) row,
        };
    }
    return test;
}

int
main(void)
{
    const struct CMUnitTest others[] = {
        cmocka_unit_test(the_exponential_has_its_mean_and_variance),
        cmocka_unit_test(the_normal_is_cut_at_0),
        cmocka_unit_test(the_ends_of_a_uniform_belong_to_it),
        cmocka_unit_test(samples_of_a_file_are_equally_likely),
        cmocka_unit_test(parts_are_drawn_by_their_exact_shares),
        cmocka_unit_test(a_mixture_draws_its_part_then_from_it),
        cmocka_unit_test(no_draw_is_below_the_least),
        cmocka_unit_test(a_constant_draws_nothing),
        cmocka_unit_test(the_empty_sum_is_0),
        cmocka_unit_test(a_sum_draws_its_terms_in_order),
        cmocka_unit_test(nothing_is_longer_than_the_longest_span),
        cmocka_unit_test(the_widest_shapes_stay_in_range),
        cmocka_unit_test(a_point_mass_is_no_shape_at_all),
        cmocka_unit_test(a_shape_is_the_logarithm_of_a_ratio),
        cmocka_unit_test(tables_are_monotone),
        cmocka_unit_test(what_is_read_between_entries_is_monotone),
        cmocka_unit_test(powers_of_two_are_right),
        cmocka_unit_test(powers_are_those_of_whole_products),
        cmocka_unit_test(a_sum_is_the_sum_of_its_terms),
    };
    struct CMUnitTest tests[G_N_ELEMENTS(known_rows) + G_N_ELEMENTS(quantile_rows) +
                            G_N_ELEMENTS(mixture_rows) + G_N_ELEMENTS(tail_rows)];
    struct CMUnitTest *end = tests;

    end = add_rows(end, check_known, known_rows, G_N_ELEMENTS(known_rows), sizeof *known_rows);
    end = add_rows(end, check_quantiles, quantile_rows, G_N_ELEMENTS(quantile_rows),
                   sizeof *quantile_rows);
    end = add_rows(end, check_mixture, mixture_rows, G_N_ELEMENTS(mixture_rows),
                   sizeof *mixture_rows);
    end = add_rows(end, check_tail, tail_rows, G_N_ELEMENTS(tail_rows), sizeof *tail_rows);
    g_assert(end == tests + G_N_ELEMENTS(tests));
    int failures = cmocka_run_group_tests_name("distributions by rows", tests, NULL, NULL);

    failures += cmocka_run_group_tests_name("distributions", others, NULL, NULL);
    return failures != 0;
}

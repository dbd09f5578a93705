/* Durations drawn with integers only.
 *
 * The same binary gives other bits of log() with and without fused multiply-add, so no draw
 * uses floating point:
 * - exponential: von Neumann's comparison method, which needs no logarithm and does not cut the
 *   tail;
 * - normal, lognormal: the inverse of the normal distribution from a table that the build makes
 *   (make-tables.py). The steps of the table are a 64th of an octave of the tail probability,
 *   down to 2^-65, so the relative precision is the same in the tail as in the middle;
 * - lognormal, Pareto: powers of two from a table of 2^x over one octave; logarithms likewise;
 * - mixture: weights are whole numbers, so the part is drawn exactly.
 *
 * Between entries a value is read from a parabola through three of them, not from a line. So
 * the tables are small enough for the first-level cache, and still a normal deviate is right to
 * 1e-6 and a power to 1e-8. A million draws could not show an error of that size. */
#include "session-race/distribution.h"

#include <glib.h>

#include "base/distribution-private.h"

G_STATIC_ASSERT(SR_SPAN_MAX < UINT64_C(1) << 52);

static inline uint64_t
multiply_high(uint64_t a, uint64_t b)
{
    return (uint64_t) (((unsigned __int128) a * b) >> 64);
}

/* Returns: the value at @t of the parabola through @points[0], [1] and [2], which are
 * equidistant; @t is in 2^-32 of the distance from the first to the last. The result has 32
 * fractional bits more than the points. All arithmetic is modulo 2^64, so differences may wrap.
 */
static inline uint64_t
interpolate(const uint32_t points[3], uint32_t t)
{
    uint64_t a = points[0], b = points[1], c = points[2];
    uint64_t hump = t * ((UINT64_C(1) << 32) - t) >> 31; /* 2 t (1 - t) */

    return (a << 32) + t * (c - a) - hump * (a - 2 * b + c);
}

/* Like interpolate(), for a table over [0, 1) and an @x with 64 fractional bits. @n_log2: log2
 * of the number of intervals. */
static inline uint64_t
read_table(const uint32_t *table, unsigned n_log2, uint64_t x)
{
    unsigned pairs_log2 = n_log2 - 1;

    return interpolate(table + 2 * (x >> (64 - pairs_log2)),
                       (uint32_t) (x << pairs_log2 >> 32));
}

#define SR_OCTAVE_STEPS_LOG2 8
#define SR_NORMAL_POINTS_LOG2 6

G_STATIC_ASSERT(SR_OCTAVE_STEPS == 1 << SR_OCTAVE_STEPS_LOG2);
G_STATIC_ASSERT(SR_NORMAL_POINTS == 1 << SR_NORMAL_POINTS_LOG2);

inline uint64_t
sr_normal_upper(uint64_t tail)
{
    unsigned zeros = (unsigned) __builtin_clzll(tail);

    /* The leading 1 gives the octave; the bits behind it give the position within the octave.
     */
    return read_table(sr_normal_table + (63 - zeros) * SR_NORMAL_POINTS, SR_NORMAL_POINTS_LOG2,
                      tail << zeros << 1);
}

inline uint64_t
sr_log2(uint64_t x)
{
    unsigned zeros = (unsigned) __builtin_clzll(x);
    uint64_t fraction = read_table(sr_log2_table, SR_OCTAVE_STEPS_LOG2, x << zeros << 1);

    return ((uint64_t) (63 - zeros) << 57) + (fraction >> (SR_LOG2_BITS + 32 - 57));
}

/* Returns: x · power with @fraction fractional bits, rounded to nearest */
static __attribute__((noinline)) uint64_t
scale_far(uint64_t x, uint64_t power, int fraction)
{
    if (fraction < SR_EXP2_BITS + 32 - 52)
        return x > 0 ? SR_SPAN_MAX : 0;
    if (fraction > 127)
        return 0;
    unsigned __int128 product =
        (unsigned __int128) x * power + ((unsigned __int128) 1 << (fraction - 1));

    product >>= fraction;
    return product < SR_SPAN_MAX ? (uint64_t) product : SR_SPAN_MAX;
}

inline uint64_t
sr_scale_exp2(uint64_t x, int64_t exponent)
{
    /* The exponent is shifted to be positive, so that its upper and lower bits are the floor
     * and the fraction. 2^15 octaves are more than any caller needs. */
    uint64_t shifted = (uint64_t) exponent + (UINT64_C(1) << 47);
    int octaves = (int) (shifted >> 32) - (1 << 15);
    uint64_t power = read_table(sr_exp2_table, SR_OCTAVE_STEPS_LOG2, shifted << 32);
    int fraction = SR_EXP2_BITS + 32 - octaves; /* bits of x · power */

    /* Up to a factor of a thousand, the upper word of the product of x · 2^12 is enough: it has
     * every bit that decides the rounding. */
    unsigned below = (unsigned) (fraction - 52);

    if (__builtin_expect(below - 1 > 61, 0))
        return scale_far(x, power, fraction);
    uint64_t product = (multiply_high(x << 12, power) + (UINT64_C(1) << (below - 1))) >> below;

    return MIN(product, SR_SPAN_MAX);
}

/* Von Neumann 1951: in each round, draw numbers while they fall. If the number drawn in order
 * is odd, the draw ends, and the first number of the round is the fraction. Each round of even
 * length adds 1 to the whole part. A round is odd with probability 1 - 1/e, and then its first
 * number has the density e^-u. Together this is exactly the exponential distribution, to 64
 * bits of the fraction. */
SrSpan
sr_exponential_sample(SrSpan mean, SrStream *stream)
{
    for (uint64_t rounds = 0;; rounds++) {
        uint64_t first = sr_stream_next(stream), last = first, next;
        bool odd = true;

        while ((next = sr_stream_next(stream)) < last) {
            last = next;
            odd = !odd;
        }
        if (odd) {
            unsigned __int128 fraction = (unsigned __int128) mean * first + (UINT64_C(1) << 63);
            unsigned __int128 whole = (unsigned __int128) mean * rounds + (fraction >> 64);

            return whole < SR_SPAN_MAX ? (SrSpan) whole : SR_SPAN_MAX;
        }
    }
}

/* Made from one random word: its first bit is the sign, the other bits are the tail
 * probability. */
typedef struct {
    bool negative;
    uint64_t magnitude; /* 60 fractional bits, below 10 */
} Normal;

static inline Normal
standard_normal(uint64_t word)
{
    return (Normal){ word >> 63, sr_normal_upper(word << 1 | 1) };
}

static SrSpan
normal(SrSpan mean, SrSpan deviation, uint64_t word)
{
    Normal z = standard_normal(word);
    unsigned __int128 product =
        (unsigned __int128) deviation * z.magnitude + (UINT64_C(1) << 59);
    SrSpan distance = (SrSpan) (product >> 60);

    if (z.negative)
        return distance < mean ? mean - distance : 0;
    return mean + distance < SR_SPAN_MAX ? mean + distance : SR_SPAN_MAX;
}

/* median · 2^(z/z99 · log2(p99/median)): at z99, p99. */
static inline SrSpan
lognormal(SrSpan median, uint64_t shape, uint64_t word)
{
    Normal z = standard_normal(word);
    /* With 48 fractional bits, then with 32. */
    uint64_t product = multiply_high(z.magnitude, shape << 20);
    uint64_t exponent = multiply_high(product, sr_inverse_z99) >> 16;
    /* Both signs are equally likely, so a branch could not be predicted. */
    uint64_t negative = 0 - (uint64_t) z.negative;

    return sr_scale_exp2(median, (int64_t) ((exponent ^ negative) - negative));
}

/* min · U^(-log2(median/min)): at U = 1/2, the median. */
static SrSpan
pareto(SrSpan minimum, uint64_t shape, uint64_t word)
{
    /* -log2(U), where an odd word over 2^64 is the uniform number U. */
    uint64_t surprise = (UINT64_C(64) << 57) - sr_log2(word | 1);
    int64_t exponent = (int64_t) (((unsigned __int128) surprise * shape) >> 57);

    return sr_scale_exp2(minimum, exponent);
}

SrSpan
sr_distribution_term_draw(const SrDistributionTerm *term, uint64_t word)
{
    if (term->kind == SR_DISTRIBUTION_NORMAL)
        return normal(term->a, term->b, word);
    if (term->kind == SR_DISTRIBUTION_LOGNORMAL)
        return lognormal(term->a, term->shape, word);
    g_assert(term->kind == SR_DISTRIBUTION_PARETO);
    return pareto(term->a, term->shape, word);
}

static inline SrSpan
clamp(const SrDistributionTerm *term, SrSpan span)
{
    return term->cut == NULL ? span : CLAMP(span, term->cut->lo, term->cut->hi);
}

static SrSpan
sample_mixture(const SrMixture *mixture, SrStream *stream)
{
    uint64_t place = sr_stream_below(stream, SR_MIXTURE_WHOLE);
    const SrMixturePart *part = mixture->parts;

    while (place >= part->weight) {
        place -= part->weight;
        part++;
    }
    return sr_distribution_sample(&part->distribution, stream);
}

static SrSpan
sample_term(const SrDistributionTerm *term, SrStream *stream)
{
    switch ((SrDistributionKind) term->kind) {
    case SR_DISTRIBUTION_CONSTANT:
        return term->a;
    case SR_DISTRIBUTION_UNIFORM:
        return term->a + sr_stream_below(stream, term->b - term->a + 1);
    case SR_DISTRIBUTION_EXPONENTIAL:
        return clamp(term, sr_exponential_sample(term->a, stream));
    case SR_DISTRIBUTION_NORMAL:
        return clamp(term, normal(term->a, term->b, sr_stream_next(stream)));
    case SR_DISTRIBUTION_LOGNORMAL:
        return clamp(term, lognormal(term->a, term->shape, sr_stream_next(stream)));
    case SR_DISTRIBUTION_PARETO:
        return clamp(term, pareto(term->a, term->shape, sr_stream_next(stream)));
    case SR_DISTRIBUTION_EMPIRICAL:
        return term->empirical->values[sr_stream_below(stream, term->empirical->n)];
    case SR_DISTRIBUTION_MIXTURE:
        return sample_mixture(term->mixture, stream);
    }
    g_assert_not_reached();
}

SrSpan
sr_distribution_lognormal(const SrDistribution *distribution, uint64_t word)
{
    const SrDistributionTerm *term = &distribution->terms[distribution->lognormal - 1];
    SrSpan sum = distribution->floor + lognormal(term->a, term->shape, word);

    return MIN(sum, SR_SPAN_MAX);
}

SrSpan
sr_distribution_sum(const SrDistribution *distribution, SrStream *stream)
{
    SrSpan sum = 0;

    for (unsigned i = 0; i < distribution->n_terms; i++) {
        sum += sample_term(&distribution->terms[i], stream);
        /* Limited after each term, so that no number of terms can wrap. */
        sum = MIN(sum, SR_SPAN_MAX);
    }
    return sum;
}

/* log2(b/a) with 32 fractional bits. */
static uint64_t
log2_ratio(SrSpan b, SrSpan a)
{
    return (sr_log2(b) - sr_log2(a) + (1 << 24)) >> 25;
}

SrDistribution
sr_distribution_constant(SrSpan span)
{
    SrDistribution distribution = { 0 };

    sr_distribution_add(&distribution, SR_DISTRIBUTION_CONSTANT, span, 0, NULL);
    return distribution;
}

/* Adds @term, and notes whether the sum is one of those that are sampled in a quick way. */
static void
append_term(SrDistribution *distribution, SrDistributionTerm term)
{
    bool others_constant = distribution->n_terms == 0 || distribution->constant;

    g_assert(distribution->n_terms < SR_DISTRIBUTION_TERMS_MAX);
    if (term.kind != SR_DISTRIBUTION_CONSTANT)
        distribution->lognormal = term.kind == SR_DISTRIBUTION_LOGNORMAL && others_constant
                                      ? distribution->n_terms + 1
                                      : 0;
    distribution->constant = term.kind == SR_DISTRIBUTION_CONSTANT && others_constant;
    distribution->terms[distribution->n_terms++] = term;
}

void
sr_distribution_add(SrDistribution *distribution, SrDistributionKind kind, SrSpan a, SrSpan b,
                    const SrEmpirical *empirical)
{
    SrDistributionTerm term = {
        .kind = (uint8_t) kind, .a = a, .b = b, .empirical = empirical
    };

    g_assert(a <= SR_SPAN_MAX);
    g_assert(b <= SR_SPAN_MAX);
    switch (kind) {
    case SR_DISTRIBUTION_CONSTANT:
        distribution->floor = MIN(distribution->floor + a, SR_SPAN_MAX);
        break;
    case SR_DISTRIBUTION_UNIFORM:
        g_assert(a <= b);
        break;
    case SR_DISTRIBUTION_EXPONENTIAL:
    case SR_DISTRIBUTION_NORMAL:
        break;
    case SR_DISTRIBUTION_LOGNORMAL:
        g_assert(a > 0);
        g_assert(a <= b);
        term.shape = log2_ratio(b, a);
        break;
    case SR_DISTRIBUTION_PARETO:
        g_assert(a > 0);
        g_assert(a < b);
        term.shape = log2_ratio(b, a);
        break;
    case SR_DISTRIBUTION_EMPIRICAL:
        g_assert(empirical != NULL);
        g_assert(empirical->n > 0);
        break;
    case SR_DISTRIBUTION_MIXTURE: /* sr_distribution_add_mixture() adds it */
        g_assert_not_reached();
    }
    append_term(distribution, term);
}

static bool
holds_mixture(const SrDistribution *distribution)
{
    for (unsigned i = 0; i < distribution->n_terms; i++)
        if (distribution->terms[i].kind == SR_DISTRIBUTION_MIXTURE)
            return true;
    return false;
}

void
sr_distribution_add_mixture(SrDistribution *distribution, const SrMixture *mixture)
{
    uint64_t sum = 0;

    g_assert(mixture->n > 0);
    g_assert(mixture->n <= SR_MIXTURE_PARTS_MAX);
    for (uint32_t i = 0; i < mixture->n; i++) {
        g_assert(mixture->parts[i].weight > 0);
        g_assert(!holds_mixture(&mixture->parts[i].distribution));
        sum += mixture->parts[i].weight;
    }
    g_assert(sum == SR_MIXTURE_WHOLE);
    append_term(distribution,
                (SrDistributionTerm){ .kind = SR_DISTRIBUTION_MIXTURE, .mixture = mixture });
}

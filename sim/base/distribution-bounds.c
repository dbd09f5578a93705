/* The bounds of distributions, and where those that have none are cut.
 *
 * A cut is made of integers like the draws: for normal, lognormal and Pareto terms it is the draw
 * that the sampler makes of the probability, so that exactly the draws beyond that probability are
 * clamped. The sampler of exponential terms compares uniform numbers and has no such inverse;
 * their quantiles are computed from a logarithm with 56 bits, which is far more than the tables of
 * the others have. */
#include "session-race/distribution.h"

#include <glib.h>

#include "base/distribution-private.h"

/* ---- kinds ---- */

static bool
has_tail(const SrDistributionTerm *term)
{
    switch ((SrDistributionKind) term->kind) {
    case SR_DISTRIBUTION_EXPONENTIAL:
    case SR_DISTRIBUTION_NORMAL:
    case SR_DISTRIBUTION_LOGNORMAL:
    case SR_DISTRIBUTION_PARETO:
        return true;
    case SR_DISTRIBUTION_CONSTANT:
    case SR_DISTRIBUTION_UNIFORM:
    case SR_DISTRIBUTION_EMPIRICAL:
    case SR_DISTRIBUTION_MIXTURE:
        break;
    }
    return false;
}

unsigned
sr_distribution_n_tails(const SrDistribution *distribution)
{
    unsigned n = 0;

    for (unsigned i = 0; i < distribution->n_terms; i++)
        n += has_tail(&distribution->terms[i]);
    return n;
}

/* ---- quantiles ---- */

#define SR_LN2 UINT64_C(0xb17217f7d1cf79ac) /* ln 2, 64 fractional bits */

/* Returns: -ln(@x / 2^64), 58 fractional bits; @x is not 0 */
static uint64_t
minus_ln(uint64_t x)
{
    unsigned zeros = (unsigned) __builtin_clzll(x);
    uint64_t y = x << zeros; /* in [1, 2), 63 fractional bits */
    uint64_t fraction = 0;   /* log2(y), 58 fractional bits */

    /* Squaring doubles the logarithm; its whole part is the next bit. */
    for (unsigned bit = 58; bit-- > 0;) {
        unsigned __int128 square = (unsigned __int128) y * y; /* 126 fractional bits, below 4 */

        if (square >> 127 != 0) {
            fraction |= UINT64_C(1) << bit;
            y = (uint64_t) (square >> 64);
        } else {
            y = (uint64_t) (square >> 63);
        }
    }
    /* log2(x / 2^64) = log2(y) - 1 - zeros */
    uint64_t surprise = ((uint64_t) (1 + zeros) << 58) - fraction;

    return (uint64_t) (((unsigned __int128) surprise * SR_LN2) >> 64);
}

/* Returns: the span that an exponential one exceeds with probability @x / 2^64 */
static SrSpan
exponential_quantile(SrSpan mean, uint64_t x)
{
    unsigned __int128 span = (unsigned __int128) mean * minus_ln(x) + (UINT64_C(1) << 57);

    span >>= 58;
    return span < SR_SPAN_MAX ? (SrSpan) span : SR_SPAN_MAX;
}

#define UPPER_BIT (UINT64_C(1) << 63)

/* @tail: the probability beyond each end, in 2^-64, at most 2^63. */
static SrBounds
cut_term(const SrDistributionTerm *term, uint64_t tail)
{
    if (term->kind == SR_DISTRIBUTION_EXPONENTIAL)
        return (SrBounds){ exponential_quantile(term->a, 0 - tail),
                           exponential_quantile(term->a, tail) };
    if (term->kind == SR_DISTRIBUTION_PARETO)
        return (SrBounds){ sr_distribution_term_draw(term, 0 - tail),
                           sr_distribution_term_draw(term, tail) };
    return (SrBounds){ sr_distribution_term_draw(term, tail | UPPER_BIT),
                       sr_distribution_term_draw(term, tail) };
}

/* Whole microseconds: a proof counts in the greatest unit that divides all bounds, and nanoseconds
 * would be too many for it. */
static SrBounds
round_outward(SrBounds bounds)
{
    return (SrBounds){ bounds.lo / SR_NS_PER_US * SR_NS_PER_US,
                       (bounds.hi + SR_NS_PER_US - 1) / SR_NS_PER_US * SR_NS_PER_US };
}

G_STATIC_ASSERT(SR_SPAN_MAX % SR_NS_PER_US == 0);

void
sr_distribution_cut(SrDistribution *distribution, uint64_t central, SrBounds *bounds)
{
    unsigned __int128 outside = SR_MIXTURE_WHOLE - central;
    uint64_t tail = (uint64_t) ((outside << 63) / SR_MIXTURE_WHOLE);

    g_assert(central > 0);
    g_assert(central < SR_MIXTURE_WHOLE);
    for (unsigned i = 0; i < distribution->n_terms; i++) {
        SrDistributionTerm *term = &distribution->terms[i];

        if (!has_tail(term))
            continue;
        *bounds = round_outward(cut_term(term, tail));
        g_assert(bounds->lo <= bounds->hi);
        term->cut = bounds++;
        distribution->lognormal = 0;
    }
}

/* ---- bounds ---- */

static SrBounds
bounds_of_samples(const SrEmpirical *empirical)
{
    SrBounds bounds = { empirical->values[0], empirical->values[0] };

    for (uint32_t i = 1; i < empirical->n; i++) {
        bounds.lo = MIN(bounds.lo, empirical->values[i]);
        bounds.hi = MAX(bounds.hi, empirical->values[i]);
    }
    return bounds;
}

static bool
bounds_of_parts(const SrMixture *mixture, SrBounds *bounds)
{
    bool all = true;

    *bounds = (SrBounds){ SR_SPAN_MAX, 0 };
    for (uint32_t i = 0; i < mixture->n; i++) {
        SrBounds part;

        all &= sr_distribution_bounds(&mixture->parts[i].distribution, &part);
        bounds->lo = MIN(bounds->lo, part.lo);
        bounds->hi = MAX(bounds->hi, part.hi);
    }
    return all;
}

static bool
bounds_of_term(const SrDistributionTerm *term, SrBounds *bounds)
{
    bool is_cut = has_tail(term) && term->cut != NULL;

    switch ((SrDistributionKind) term->kind) {
    case SR_DISTRIBUTION_CONSTANT:
        *bounds = (SrBounds){ term->a, term->a };
        return true;
    case SR_DISTRIBUTION_UNIFORM:
        *bounds = (SrBounds){ term->a, term->b };
        return true;
    case SR_DISTRIBUTION_EXPONENTIAL:
    case SR_DISTRIBUTION_NORMAL:
    case SR_DISTRIBUTION_LOGNORMAL:
        *bounds = is_cut ? *term->cut : (SrBounds){ 0, SR_SPAN_MAX };
        return is_cut;
    case SR_DISTRIBUTION_PARETO:
        *bounds = is_cut ? *term->cut : (SrBounds){ term->a, SR_SPAN_MAX };
        return is_cut;
    case SR_DISTRIBUTION_EMPIRICAL:
        *bounds = bounds_of_samples(term->empirical);
        return true;
    case SR_DISTRIBUTION_MIXTURE:
        return bounds_of_parts(term->mixture, bounds);
    }
    g_assert_not_reached();
}

bool
sr_distribution_bounds(const SrDistribution *distribution, SrBounds *bounds)
{
    SrBounds sum = { 0, 0 };
    bool all = true;

    for (unsigned i = 0; i < distribution->n_terms; i++) {
        SrBounds term;

        all &= bounds_of_term(&distribution->terms[i], &term);
        sum.lo = MIN(sum.lo + term.lo, SR_SPAN_MAX);
        sum.hi = MIN(sum.hi + term.hi, SR_SPAN_MAX);
    }
    *bounds = sum;
    return all;
}

SrSpan
sr_distribution_least(const SrDistribution *distribution)
{
    SrBounds bounds;

    sr_distribution_bounds(distribution, &bounds);
    return bounds.lo;
}

/* Distributions of durations, sampled with integers only, so that every processor and compiler
 * draws the same values. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "session-race/stream.h"
#include "session-race/time.h"

#pragma GCC visibility push(default)

/** SrDistributionKind: the shape of one term of a sum. */
typedef enum {
    SR_DISTRIBUTION_CONSTANT,    /* a */
    SR_DISTRIBUTION_UNIFORM,     /* [a, b], both ends included, a <= b */
    SR_DISTRIBUTION_EXPONENTIAL, /* mean a; von Neumann's sampler, comparisons of uniforms only */
    SR_DISTRIBUTION_NORMAL,      /* mean a, standard deviation b, cut at 0 */
    SR_DISTRIBUTION_LOGNORMAL,   /* median a, 99th percentile b, a <= b, a > 0 */
    SR_DISTRIBUTION_PARETO,      /* minimum a, median b, a < b, a > 0 */
    SR_DISTRIBUTION_EMPIRICAL,   /* one of the samples of a file, all equally likely */
    SR_DISTRIBUTION_MIXTURE,     /* one of several distributions, each with its weight */
} SrDistributionKind;

/**
 * SrEmpirical:
 *
 * The samples of one file, in the file's order.
 */
typedef struct {
    uint32_t n;      /* at least 1 */
    SrSpan values[]; /* n */
} SrEmpirical;

/** SrMixture: the parts of a mixture; defined below, since a part is a distribution. */
typedef struct SrMixture SrMixture;

/** SrBounds: what no draw is below, and what no draw is above; ns. */
typedef struct {
    SrSpan lo, hi;
} SrBounds;

/** SrDistributionTerm: one summand. */
typedef struct {
    uint8_t kind; /* SrDistributionKind */
    SrSpan a, b;  /* as SrDistributionKind says, ns */
    uint64_t
        shape; /* lognormal, pareto: log2(b/a), fixed point with 32 fractional bits; set by sr_distribution_add() */
    /* (transfer none) (nullable): as the kind says; outlives the distribution */
    union {
        const SrEmpirical *empirical;
        const SrMixture *mixture;
        const SrBounds *cut; /* of a kind without bounds: where its draws are clamped */
    };
} SrDistributionTerm;

#define SR_DISTRIBUTION_TERMS_MAX 4

/**
 * SrDistribution:
 *
 * A sum of one to four terms. It can be copied with `=`.
 */
typedef struct {
    uint8_t n_terms;
    bool constant; /* every term is constant: sampling returns `floor` and draws nothing */
    /* 1 + the number of the only term that is not constant, if it is lognormal and not cut;
     * else 0 */
    uint8_t lognormal;
    SrSpan floor; /* the sum of the constant terms */
    SrDistributionTerm terms[SR_DISTRIBUTION_TERMS_MAX];
} SrDistribution;

/** SR_MIXTURE_WHOLE: what the weights of a mixture add up to: 100 %, with six decimals. */
#define SR_MIXTURE_WHOLE UINT64_C(100000000)
#define SR_MIXTURE_PARTS_MAX 16

/** SrMixturePart: one of the distributions of a mixture. */
typedef struct {
    uint64_t weight;             /* parts per SR_MIXTURE_WHOLE, at least 1 */
    SrDistribution distribution; /* without a mixture in it */
} SrMixturePart;

struct SrMixture {
    uint32_t n;            /* 1 … SR_MIXTURE_PARTS_MAX */
    SrMixturePart parts[]; /* n */
};

/** sr_distribution_constant: Returns: the distribution that is always @span. */
SrDistribution sr_distribution_constant(SrSpan span);

/**
 * sr_distribution_add:
 * @distribution: a sum of fewer than SR_DISTRIBUTION_TERMS_MAX terms; all zero is the empty sum
 * @kind: shape of the new term
 * @a, @b: its parameters, within the bounds that SrDistributionKind states (asserted)
 * @empirical: (nullable): its samples
 *
 * Adds a term and computes what sampling needs, with integers only.
 */
void sr_distribution_add(SrDistribution *distribution, SrDistributionKind kind, SrSpan a,
                         SrSpan b, const SrEmpirical *empirical);

/**
 * sr_distribution_add_mixture:
 * @mixture: its weights add up to SR_MIXTURE_WHOLE, and no part holds a mixture (asserted)
 *
 * Adds a term that draws which part it is, and then from this part.
 */
void sr_distribution_add_mixture(SrDistribution *distribution, const SrMixture *mixture);

/**
 * sr_distribution_least:
 *
 * Returns: a span that no draw is below: the smallest that can be drawn, except that the tail of a
 * normal or lognormal distribution counts as if it reached 0
 */
SrSpan sr_distribution_least(const SrDistribution *distribution);

/**
 * sr_distribution_bounds:
 * @bounds: (out): no draw is below `lo`, none is above `hi`. Both can be drawn, except that a
 *   mixture or a file of samples need not have every value between them, and that a sum is at most
 *   SR_SPAN_MAX
 *
 * Gets the bounds of all draws. Where there are none (a term has a tail and is not cut), `lo` is
 * sr_distribution_least() and `hi` is SR_SPAN_MAX.
 *
 * Returns: whether the draws have bounds
 */
bool sr_distribution_bounds(const SrDistribution *distribution, SrBounds *bounds);

/** sr_distribution_n_tails: Returns: how many terms have a tail: exponential, normal, lognormal and
 * Pareto; those in the parts of a mixture are not counted */
unsigned sr_distribution_n_tails(const SrDistribution *distribution);

/**
 * sr_distribution_cut:
 * @central: the share that is kept, parts per SR_MIXTURE_WHOLE; above 0 and below the whole
 * @bounds: (array) (out): sr_distribution_n_tails() of them; they outlive the distribution
 *
 * Cuts each term that has a tail at its quantiles (1 - @central)/2 and (1 + @central)/2: a draw
 * outside is moved to the nearer of the two. No stream moves. The parts of a mixture are cut
 * before they are added to it. A distribution without tails stays as it is.
 *
 * The quantiles are computed with integers only, from a probability in 2^-64. Those of normal,
 * lognormal and Pareto terms are what the sampler itself makes of it; those of an exponential term
 * are right to the nearest ns. Then they are rounded outward to whole microseconds.
 */
void sr_distribution_cut(SrDistribution *distribution, uint64_t central, SrBounds *bounds);

/**
 * sr_exponential_sample:
 * @mean: in ns, without limit: a very rare event may have a mean above the longest span of a
 * file
 *
 * Returns: a draw from the exponential distribution in ns, at most SR_SPAN_MAX (a longer one is
 * cut there)
 */
SrSpan sr_exponential_sample(SrSpan mean, SrStream *stream);

/**
 * sr_distribution_lognormal:
 * @word: the next of the stream
 *
 * Like sr_distribution_sample() for a distribution with `lognormal` set, the kind of most
 * links. It needs only one word, which is passed by value so that the stream need not be in
 * memory.
 */
SrSpan sr_distribution_lognormal(const SrDistribution *distribution, uint64_t word);

/** sr_distribution_sum: sr_distribution_sample() for any distribution. */
SrSpan sr_distribution_sum(const SrDistribution *distribution, SrStream *stream);

/**
 * sr_distribution_sample:
 * @stream: (inout): advanced by as many words as the shape needs; by none for a constant
 *
 * Returns: a span in ns, at most SR_SPAN_MAX (a heavier tail is cut there)
 */
static inline SrSpan
sr_distribution_sample(const SrDistribution *distribution, SrStream *stream)
{
    if (distribution->constant)
        return distribution->floor;
    if (__builtin_expect(distribution->lognormal != 0, 1))
        return sr_distribution_lognormal(distribution, sr_stream_next(stream));
    return sr_distribution_sum(distribution, stream);
}

#pragma GCC visibility pop

/* How much is enough: bounds for what nearly all runs need, without assuming any distribution.
 *
 * Let e of n independent runs need more than x. Then at most a share q of all runs needs more
 * than x, with the confidence 1 - P(X <= e), where X ~ B(n, q). So for any distribution of
 * latencies, x is enough for 1 - q of all runs as soon as P(X <= e) <= 1 - confidence. Source:
 * exact binomial (Clopper-Pearson) upper limit, one-sided. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "session-race/histogram.h"

/**
 * sr_advice_runs:
 * @reliability: share of runs that an advice is to cover, such as 0.999999; in 0 … 1, exclusive
 * @confidence: such as 0.95; in 0 … 1, exclusive
 *
 * Returns: the smallest number of runs for which their greatest need is an advice: ln(1 -
 * @confidence) / ln(@reliability), rounded up
 */
uint64_t sr_advice_runs(double reliability, double confidence);

/**
 * sr_advice_exceedances:
 * @runs: at least 1
 *
 * Returns: how many of @runs may need more than an advice; -1 if @runs are too few for any
 * advice
 */
int64_t sr_advice_exceedances(uint64_t runs, double reliability, double confidence);

/**
 * sr_advice_excluded:
 *
 * Returns: the greatest share of failing runs that is possible at @confidence after @failures
 * in @runs, one-sided
 */
double sr_advice_excluded(uint64_t failures, uint64_t runs, double confidence);

/**
 * sr_advice_bound:
 * @needs: the values that were needed; if one run counts twice, the bound may be greater but
 * never smaller
 * @exceedances: how many values may be above the bound; at least 0
 *
 * Returns: a value that at most @exceedances values exceed, within a bucket of the smallest such; 0 when @needs is
 * empty
 */
uint64_t sr_advice_bound(const SrHistogram *needs, int64_t exceedances);

/**
 * sr_advice_round:
 * @ns: a span
 *
 * Returns: the next span above @ns that people would write: 1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8
 * times a power of ten nanoseconds up to 10 s, then whole multiples of 5 s, of 1 min above 2
 * min and of 1 h above 2 h
 */
uint64_t sr_advice_round(uint64_t ns);

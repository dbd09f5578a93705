/* How much is enough: bounds for what nearly all runs need, without assuming any distribution.
 *
 * With n independent runs of which e needed more than x, the share of runs that need more than x is
 * at most q with the confidence at which e or fewer exceedances are too few for q: one minus the
 * binomial probability P(X <= e), X ~ B(n, q). So whatever the latencies are, x is enough for 1 - q of
 * all runs as soon as P(X <= e) <= 1 - confidence. Source: exact binomial (Clopper-Pearson) upper
 * limit, one-sided. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "session-race/histogram.h"

/**
 * sr_advice_runs:
 * @reliability: share of runs that an advice is to cover, such as 0.999999; in 0 … 1, exclusive
 * @confidence: such as 0.95; in 0 … 1, exclusive
 *
 * Returns: the fewest runs whose greatest need is an advice: ln(1 - @confidence) / ln(@reliability),
 * rounded up
 */
uint64_t sr_advice_runs(double reliability, double confidence);

/**
 * sr_advice_exceedances:
 * @runs: at least 1
 *
 * Returns: how many of @runs may have needed more than an advice; -1: @runs are too few for any
 */
int64_t sr_advice_exceedances(uint64_t runs, double reliability, double confidence);

/**
 * sr_advice_excluded:
 *
 * Returns: the greatest share of failing runs that @failures in @runs leave possible at @confidence, one-sided
 */
double sr_advice_excluded(uint64_t failures, uint64_t runs, double confidence);

/**
 * sr_advice_bound:
 * @needs: what was needed; values that count twice for one run make the bound greater, never less
 * @exceedances: how many values may lie above the bound; at least 0
 *
 * Returns: a value that at most @exceedances values exceed, within a bucket of the smallest such; 0 when @needs is
 * empty
 */
uint64_t sr_advice_bound(const SrHistogram *needs, int64_t exceedances);

/**
 * sr_advice_round:
 * @ns: a span
 *
 * Returns: the next span above @ns that people write: 1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8 times a power of ten
 * nanoseconds up to 10 s, then whole multiples of 5 s, of 1 min above 2 min and of 1 h above 2 h
 */
uint64_t sr_advice_round(uint64_t ns);

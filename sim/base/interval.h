/* Shares of runs and how far they can be trusted: exact (Clopper–Pearson) intervals.
 *
 * The arithmetic is + - * / on doubles alone, whose results IEEE 754 fixes to the last bit, so
 * that a figure is the same on every machine and with every compiler: no logarithm and no gamma
 * function of a mathematical library is asked. */
#pragma once

#include <stdint.h>

/** SrInterval: a share and its interval; all in 0 … 1. */
typedef struct {
    double share, low, high;
} SrInterval;

/**
 * sr_clopper_pearson:
 * @failures: at most @runs
 * @runs: at least 1
 * @confidence: within 0 … 1, both excluded: 0.95. Twice it less 1 gives a bound of its own, to
 * one side: 0.9 for "below @high, with 95 %"
 *
 * The exact two-sided interval for a probability of which @failures of @runs independent trials
 * are known, half of the doubt (α = 1 - @confidence) to each side: from the p under which so many
 * failures or more have probability α/2 to the p under which so many or fewer have. At zero
 * failures that is 0 … 1 - (α/2)^(1/@runs). Good to some ten digits.
 *
 * Source: Clopper and Pearson, Biometrika 26 (1934).
 */
SrInterval sr_clopper_pearson(uint64_t failures, uint64_t runs, double confidence);

/**
 * sr_binomial_at_most:
 * @k: at most @n
 * @p: probability of one success, 0 … 1
 *
 * Returns: the probability of at most @k successes in @n trials
 */
double sr_binomial_at_most(uint64_t k, uint64_t n, double p);

/** sr_binomial_at_least: Returns: the probability of at least @k successes in @n trials */
double sr_binomial_at_least(uint64_t k, uint64_t n, double p);

/* Proportions of runs and their uncertainty: exact (Clopper–Pearson) intervals.
 *
 * The arithmetic uses only + - * / on doubles, whose results IEEE 754 defines exactly, so that
 * a number is the same on every machine and with every compiler. It calls no logarithm or gamma
 * function of a mathematical library. */
#pragma once

#include <stdint.h>

/** SrInterval: a proportion and its interval; all in 0 … 1. */
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
 * The exact two-sided interval for a probability, if @failures of @runs independent trials
 * failed. Each side has half of the error (α = 1 - @confidence): at the lower end, this many
 * failures or more have probability α/2; at the upper end, this many or fewer have. With no
 * failures it is 0 … 1 - (α/2)^(1/@runs). Right to about ten digits.
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

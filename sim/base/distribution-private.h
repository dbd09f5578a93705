/* The tables of distribution-tables.c, which make-tables.py writes while the program is built, and
 * the functions that read them, which tests compare with reference values. */
#pragma once

#include <stdint.h>

#include "session-race/distribution.h"

#define SR_NORMAL_POINTS 64 /* an octave of the tail probability */
#define SR_LOG2_BITS 31
#define SR_EXP2_BITS 30
#define SR_OCTAVE_STEPS 256 /* of log2 and exp2 */

extern const uint64_t sr_inverse_z99;
extern const uint32_t sr_normal_table[64 * SR_NORMAL_POINTS + 1];
extern const uint32_t sr_log2_table[SR_OCTAVE_STEPS + 1];
extern const uint32_t sr_exp2_table[SR_OCTAVE_STEPS + 1];

/**
 * sr_normal_upper:
 * @tail: 2^65 times a probability: 0 < @tail, so that it is never 0 nor more than 1/2
 *
 * Returns: the z that a standard normal variable exceeds with probability @tail / 2^65, with 60
 * fractional bits; less than 10
 */
uint64_t sr_normal_upper(uint64_t tail);

/**
 * sr_log2:
 * @x: at least 1
 *
 * Returns: log2(@x) with 57 fractional bits, right to 2^-26
 */
uint64_t sr_log2(uint64_t x);

/**
 * sr_scale_exp2:
 * @x: at most SR_SPAN_MAX
 * @exponent: 32 fractional bits, of magnitude below 2^47
 *
 * Returns: @x · 2^@exponent, to nearest, with a relative error below 1e-8 before it is rounded;
 * at most SR_SPAN_MAX
 */
uint64_t sr_scale_exp2(uint64_t x, int64_t exponent);

/**
 * sr_distribution_term_draw:
 * @term: normal, lognormal or Pareto
 * @word: the next of the stream. Normal, lognormal: the upper bit is set for draws below the
 *   median, and the other bits are the probability of a draw still further from it, in 2^-64. Pareto: the
 *   probability of a longer draw, in 2^-64.
 *
 * Returns: the draw of @term, before it is clamped
 */
SrSpan sr_distribution_term_draw(const SrDistributionTerm *term, uint64_t word);

/* A histogram of whole numbers with logarithmic buckets: values below 2^SR_HISTOGRAM_BITS have a bucket
 * each, above that every power of two is cut into 2^SR_HISTOGRAM_BITS equal parts. Any value is known to
 * within one part in 2^SR_HISTOGRAM_BITS (< 1 %), counts are exact, and merging is addition: the order in which values or histograms
 * come never shows. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define SR_HISTOGRAM_BITS 7
#define SR_HISTOGRAM_BUCKETS ((64 - SR_HISTOGRAM_BITS + 1) << SR_HISTOGRAM_BITS)

/** SrHistogram: all zero but @min (UINT64_MAX) is empty. Plain and large: about 60 KiB. */
typedef struct {
    uint64_t n;                 /* values */
    uint64_t min, max;          /* exact */
    uint64_t sum_low, sum_high; /* exact, 128 bits */
    uint32_t first, last;       /* buckets in use, inclusive; first > last when empty */
    uint64_t counts[SR_HISTOGRAM_BUCKETS];
} SrHistogram;

/** sr_histogram_bucket: Returns: the bucket of @value, below SR_HISTOGRAM_BUCKETS */
static inline uint32_t
sr_histogram_bucket(uint64_t value)
{
    if (value < UINT64_C(1) << SR_HISTOGRAM_BITS)
        return (uint32_t) value;
    unsigned shift = 63u - (unsigned) __builtin_clzll(value) - SR_HISTOGRAM_BITS;

    return ((shift + 1) << SR_HISTOGRAM_BITS) + (uint32_t) (value >> shift) -
           (1u << SR_HISTOGRAM_BITS);
}

/** sr_histogram_clear: makes it empty; touches only buckets in use. A fresh one: sr_histogram_init(). */
void sr_histogram_init(SrHistogram *histogram);
void sr_histogram_clear(SrHistogram *histogram);
/** sr_histogram_add: counts @value once. */
void sr_histogram_add(SrHistogram *histogram, uint64_t value);
/** sr_histogram_merge: adds all of @other. */
void sr_histogram_merge(SrHistogram *histogram, const SrHistogram *other);
/** sr_histogram_bounds: the least and the greatest value of @bucket. */
void sr_histogram_bounds(uint32_t bucket, uint64_t *least, uint64_t *greatest);
/**
 * sr_histogram_quantile:
 * @per_million: 0 … 1 000 000 (999 000: p99.9)
 *
 * Returns: the greatest value of the bucket that holds the value of rank max(1, ceil(n · q)), never above
 * the maximum; at most 1/128 above the true one. 0 when empty
 */
uint64_t sr_histogram_quantile(const SrHistogram *histogram, uint32_t per_million);
/** sr_histogram_mean: Returns: the mean, rounded down; 0 when empty */
uint64_t sr_histogram_mean(const SrHistogram *histogram);

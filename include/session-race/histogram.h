/* A histogram of whole numbers with logarithmic buckets.
 *
 * Values below 2^SR_HISTOGRAM_BITS have a bucket each. Above that, every power of two is
 * divided into 2^SR_HISTOGRAM_BITS equal buckets, so any value is known to one part in
 * 2^SR_HISTOGRAM_BITS (1/128 < 0.8 %). Count, sum, minimum and maximum are exact. Merging is
 * addition, so the order of values and histograms does not matter. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(default)

#define SR_HISTOGRAM_BITS 7
#define SR_HISTOGRAM_BUCKETS ((64 - SR_HISTOGRAM_BITS + 1) << SR_HISTOGRAM_BITS)

/**
 * SrHistogram:
 *
 * A plain struct without pointers, and large: 58 KiB. Only the counts @first … @last are
 * ever touched; all others are zero, and pages of zeroed memory that are not touched cost
 * nothing. sr_histogram_clear() makes zeroed memory an empty histogram.
 */
typedef struct {
    uint64_t n;                            /* values */
    uint64_t min, max;                     /* exact; UINT64_MAX and 0 when empty */
    uint64_t sum_low, sum_high;            /* exact, 128 bits */
    uint32_t first, last;                  /* buckets in use; first > last when empty */
    uint64_t counts[SR_HISTOGRAM_BUCKETS]; /* by sr_histogram_bucket() */
} SrHistogram;

/** sr_histogram_bucket: Returns: the bucket of @value, below SR_HISTOGRAM_BUCKETS */
static inline uint32_t
sr_histogram_bucket(uint64_t value)
{
    unsigned shift;

    if (value < UINT64_C(1) << SR_HISTOGRAM_BITS)
        return (uint32_t) value;
    shift = 63u - (unsigned) __builtin_clzll(value) - SR_HISTOGRAM_BITS;
    return (shift << SR_HISTOGRAM_BITS) + (uint32_t) (value >> shift);
}

/** sr_histogram_init: makes any memory an empty histogram; writes all of it. */
void sr_histogram_init(SrHistogram *histogram);

/** sr_histogram_clear: makes a histogram, or zeroed memory, an empty one; touches only buckets in
 * use. */
void sr_histogram_clear(SrHistogram *histogram);

/** sr_histogram_add: counts @value once. */
static inline void
sr_histogram_add(SrHistogram *histogram, uint64_t value)
{
    uint32_t bucket = sr_histogram_bucket(value);

    histogram->n++;
    histogram->sum_low += value;
    histogram->sum_high += histogram->sum_low < value;
    histogram->counts[bucket]++;
    /* After some values, few are a new minimum or maximum. */
    if (__builtin_expect(value <= histogram->min, 0)) {
        histogram->min = value;
        histogram->first = bucket;
    }
    if (__builtin_expect(value >= histogram->max, 0)) {
        histogram->max = value;
        histogram->last = bucket;
    }
}

/** sr_histogram_merge: adds all of @other, which may not be @histogram itself. */
void sr_histogram_merge(SrHistogram *histogram, const SrHistogram *other);

/** sr_histogram_bounds: the least and the greatest value of @bucket. */
void sr_histogram_bounds(uint32_t bucket, uint64_t *least, uint64_t *greatest);

/**
 * sr_histogram_at_rank:
 * @rank: 1 … n: the smallest value has rank 1
 *
 * Returns: the greatest value of the bucket that holds the value of that rank, never above the
 * maximum: at least the true one, and at most 1/128 above it. 0 when empty
 */
uint64_t sr_histogram_at_rank(const SrHistogram *histogram, uint64_t rank);

/**
 * sr_histogram_quantile:
 * @per_million: 0 … 1 000 000 (999 000: p99.9)
 *
 * Returns: sr_histogram_at_rank() of the rank max(1, ceil(n · per_million / 1 000 000)), the
 * nearest rank; 0 when empty
 */
uint64_t sr_histogram_quantile(const SrHistogram *histogram, uint32_t per_million);

/** sr_histogram_mean: Returns: the mean of the true values, rounded down; 0 when empty */
uint64_t sr_histogram_mean(const SrHistogram *histogram);

#pragma GCC visibility pop

/* Histograms: the functions that are not called for every value. */
#include "session-race/histogram.h"

#include <glib.h>
#include <string.h>

G_STATIC_ASSERT(SR_HISTOGRAM_BUCKETS < UINT32_MAX);

/* What stands before the counts of an empty histogram. */
static void
make_empty(SrHistogram *histogram)
{
    histogram->n = 0;
    histogram->min = UINT64_MAX;
    histogram->max = 0;
    histogram->sum_low = histogram->sum_high = 0;
    histogram->first = SR_HISTOGRAM_BUCKETS;
    histogram->last = 0;
}

void
sr_histogram_init(SrHistogram *histogram)
{
    memset(histogram->counts, 0, sizeof histogram->counts);
    make_empty(histogram);
}

void
sr_histogram_clear(SrHistogram *histogram)
{
    if (histogram->n > 0)
        memset(&histogram->counts[histogram->first], 0,
               (histogram->last - histogram->first + 1) * sizeof *histogram->counts);
    make_empty(histogram);
}

void
sr_histogram_merge(SrHistogram *histogram, const SrHistogram *other)
{
    g_assert(histogram != other);
    if (other->n == 0)
        return;
    histogram->n += other->n;
    histogram->sum_low += other->sum_low;
    histogram->sum_high += other->sum_high + (histogram->sum_low < other->sum_low);
    histogram->min = MIN(histogram->min, other->min);
    histogram->max = MAX(histogram->max, other->max);
    histogram->first = MIN(histogram->first, other->first);
    histogram->last = MAX(histogram->last, other->last);
    for (uint32_t i = other->first; i <= other->last; i++)
        histogram->counts[i] += other->counts[i];
}

void
sr_histogram_bounds(uint32_t bucket, uint64_t *least, uint64_t *greatest)
{
    const uint32_t parts = 1u << SR_HISTOGRAM_BITS;
    unsigned shift;

    g_assert(bucket < SR_HISTOGRAM_BUCKETS);
    if (bucket < 2 * parts) {
        *least = *greatest = bucket;
        return;
    }
    shift = bucket / parts - 1;
    *least = (uint64_t) (bucket % parts + parts) << shift;
    *greatest = *least + ((UINT64_C(1) << shift) - 1);
}

uint64_t
sr_histogram_at_rank(const SrHistogram *histogram, uint64_t rank)
{
    uint64_t seen = 0, least, greatest;
    uint32_t bucket;

    if (histogram->n == 0)
        return 0;
    g_assert(rank >= 1 && rank <= histogram->n);
    for (bucket = histogram->first; bucket < histogram->last; bucket++) {
        seen += histogram->counts[bucket];
        if (seen >= rank)
            break;
    }
    sr_histogram_bounds(bucket, &least, &greatest);
    return MIN(greatest, histogram->max);
}

uint64_t
sr_histogram_quantile(const SrHistogram *histogram, uint32_t per_million)
{
    /* n · per_million might overflow: millions and the remainder are multiplied separately,
     * both exactly. */
    uint64_t millions = histogram->n / 1000000, rest = histogram->n % 1000000;
    uint64_t rank = millions * per_million + (rest * per_million + 999999) / 1000000;

    g_assert(per_million <= 1000000);
    return sr_histogram_at_rank(histogram, MAX(rank, 1));
}

uint64_t
sr_histogram_mean(const SrHistogram *histogram)
{
    unsigned __int128 sum = (unsigned __int128) histogram->sum_high << 64 | histogram->sum_low;

    return histogram->n > 0 ? (uint64_t) (sum / histogram->n) : 0;
}

/* Thresholds of a study. They decide the exit status of a sweep, so only whole numbers are
 * compared. */
#include "sweep/threshold.h"

/* clang-format off */
static const uint32_t per_million[] = {
    [SR_STATISTIC_P50]  = 500000,
    [SR_STATISTIC_P90]  = 900000,
    [SR_STATISTIC_P95]  = 950000,
    [SR_STATISTIC_P99]  = 990000,
    [SR_STATISTIC_P999] = 999000,
};
/* clang-format on */

static bool
holds(unsigned __int128 value, SrComparison comparison, unsigned __int128 limit)
{
    if (value == limit)
        return comparison == SR_AT_MOST || comparison == SR_AT_LEAST;
    return (value < limit) == (comparison == SR_BELOW || comparison == SR_AT_MOST);
}

static uint64_t
statistic_of(SrStatistic statistic, const SrHistogram *times)
{
    if (per_million[statistic] != 0)
        return sr_histogram_quantile(times, per_million[statistic]);
    if (statistic == SR_STATISTIC_MEAN)
        return sr_histogram_mean(times);
    g_assert(statistic == SR_STATISTIC_MIN || statistic == SR_STATISTIC_MAX);
    return statistic == SR_STATISTIC_MIN ? times->min : times->max;
}

static SrThresholdVerdict
judge_rate(const SrThreshold *threshold, const SrSweepRow *row)
{
    SrThresholdVerdict verdict = {
        .is_rate = true,
        .n = threshold->check < SR_CHECK_N ? row->failed[threshold->check]
                                           : row->counters[SR_COUNTER_FAILED],
        .runs = row->counters[SR_COUNTER_RUNS],
    };

    g_assert(verdict.runs > 0);
    /* Compares n / runs with limit / SR_RATE_WHOLE, without a division. */
    verdict.met = holds((unsigned __int128) verdict.n * SR_RATE_WHOLE, threshold->comparison,
                        (unsigned __int128) threshold->limit * verdict.runs);
    return verdict;
}

SrThresholdVerdict
sr_threshold_judge(const SrThreshold *threshold, const SrSweepRow *row)
{
    g_autofree SrHistogram *times = NULL;
    SrThresholdVerdict verdict = { 0 };

    if (threshold->statistic == SR_STATISTIC_RATE)
        return judge_rate(threshold, row);
    times = g_new0(SrHistogram, 1);
    sr_histogram_clear(times);
    sr_histogram_merge(times, &row->measures[SR_MEASURE_WINNER]);
    sr_histogram_merge(times, &row->measures[SR_MEASURE_REJECTED]);
    verdict.n = times->n;
    if (times->n == 0)
        return verdict;
    verdict.value = statistic_of(threshold->statistic, times);
    verdict.met = holds(verdict.value, threshold->comparison, threshold->limit);
    return verdict;
}

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

/* Compares n / of with limit / SR_RATE_WHOLE, without a division. */
static SrThresholdVerdict
judge_share(const SrThreshold *threshold, SrThresholdKind kind, uint64_t n, uint64_t of)
{
    return (SrThresholdVerdict){
        .kind = kind,
        .n = n,
        .of = of,
        .met = of > 0 && holds((unsigned __int128) n * SR_RATE_WHOLE, threshold->comparison,
                               (unsigned __int128) threshold->limit * of),
    };
}

static SrThresholdVerdict
judge_measure(const SrThreshold *threshold, const SrSweepRow *row)
{
    g_autofree SrHistogram *both = g_new0(SrHistogram, 1);
    const SrHistogram *values = sr_sweep_row_values(row, threshold->of, both);
    uint64_t unit = sr_sweep_measure_is_seconds(threshold->of) ? SR_NS_PER_S : 1;
    SrThresholdVerdict verdict = { .kind = SR_THRESHOLD_MEASURE, .n = values->n };
    unsigned __int128 value;

    if (values->n == 0)
        return verdict;
    value = (unsigned __int128) statistic_of(threshold->statistic, values) * unit;
    verdict.value = (uint64_t) MIN(value, UINT64_MAX);
    verdict.met = holds(value, threshold->comparison, threshold->limit);
    return verdict;
}

SrThresholdVerdict
sr_threshold_judge(const SrThreshold *threshold, const SrSweepRow *row)
{
    g_assert(row->counters[SR_COUNTER_RUNS] > 0);
    if (threshold->statistic == SR_STATISTIC_RUNS)
        return judge_share(threshold, SR_THRESHOLD_RUNS, row->shares[threshold->of],
                           row->counters[SR_COUNTER_RUNS]);
    if (threshold->statistic == SR_STATISTIC_CLIENTS)
        return judge_share(threshold, SR_THRESHOLD_CLIENTS,
                           sr_sweep_row_clients(row, threshold->of),
                           row->counters[SR_COUNTER_CLIENTS]);
    return judge_measure(threshold, row);
}

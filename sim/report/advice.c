/* How much is enough: see the header. Floating point is used only to compare probabilities; all
 * advice is in whole nanoseconds and seconds. */
#include "report/advice.h"

#include <glib.h>
#include <math.h>

#include "base/interval.h"

uint64_t
sr_advice_runs(double reliability, double confidence)
{
    double runs;

    g_assert(reliability > 0.0 && reliability < 1.0 && confidence > 0.0 && confidence < 1.0);
    runs = ceil(log1p(-confidence) / log(reliability));
    return runs < 1.0 ? 1 : (uint64_t) runs;
}

int64_t
sr_advice_exceedances(uint64_t runs, double reliability, double confidence)
{
    double limit = 1.0 - confidence;
    int64_t allowed = -1;

    g_assert(runs > 0 && reliability > 0.0 && reliability < 1.0);
    while ((uint64_t) (allowed + 1) < runs &&
           sr_binomial_at_most((uint64_t) (allowed + 1), runs, 1.0 - reliability) <= limit)
        allowed++;
    return allowed;
}

double
sr_advice_excluded(uint64_t failures, uint64_t runs, double confidence)
{
    double low = 0.0, high = 1.0;

    g_assert(runs > 0);
    if (failures >= runs)
        return 1.0;
    for (unsigned i = 0; i < 100; i++) {
        double middle = (low + high) / 2;

        if (sr_binomial_at_most(failures, runs, middle) <= 1.0 - confidence)
            high = middle;
        else
            low = middle;
    }
    return high;
}

uint64_t
sr_advice_bound(const SrHistogram *needs, int64_t exceedances)
{
    g_assert(exceedances >= 0);
    if (needs->n == 0)
        return 0;
    if ((uint64_t) exceedances >= needs->n)
        return needs->min;
    return sr_histogram_at_rank(needs, needs->n - (uint64_t) exceedances);
}

uint64_t
sr_advice_round(uint64_t ns)
{
    static const uint64_t steps[] = { 10, 12, 15, 20, 25, 30, 40, 50, 60, 80, 100 };
    const uint64_t second = UINT64_C(1000000000);
    uint64_t unit = 1;

    if (ns > 7200 * second)
        return (ns / (3600 * second) + 1) * 3600 * second;
    if (ns > 120 * second)
        return (ns / (60 * second) + 1) * 60 * second;
    if (ns > 10 * second)
        return (ns / (5 * second) + 1) * 5 * second;
    if (ns < 10)
        return ns + 1;
    while (unit * 100 <= ns)
        unit *= 10;
    for (unsigned i = 0; i < G_N_ELEMENTS(steps); i++)
        if (steps[i] * unit > ns)
            return steps[i] * unit;
    g_assert_not_reached();
}

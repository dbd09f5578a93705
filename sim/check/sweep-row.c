/* Rows of a sweep: sums, histograms and the smallest failing seeds. Everything here is commutative
 * and associative, so that however the seeds were shared out the row is the same. */
#include "session-race/sweep-row.h"

#include <string.h>

/* clang-format off */
static const char *const measure_names[SR_MEASURE_N] = {
    [SR_MEASURE_WINNER]      = "winner",
    [SR_MEASURE_REJECTED]    = "rejected",
    [SR_MEASURE_ORPHAN_KEPT] = "orphan-kept",
    [SR_MEASURE_KEY_AGE]     = "key-age",
    [SR_MEASURE_KEY_NEED]    = "key-need",
    [SR_MEASURE_TOKEN_EARLY] = "token-early",
    [SR_MEASURE_TOKEN_AGE]   = "token-age",
    [SR_MEASURE_TOKEN_LEFT]  = "token-left",
};

static const char *const counter_names[SR_COUNTER_N] = {
    [SR_COUNTER_RUNS]           = "runs",
    [SR_COUNTER_RACED]          = "raced",
    [SR_COUNTER_FAILED]         = "failed",
    [SR_COUNTER_FIRST_WON]      = "first-won",
    [SR_COUNTER_OTHER_WON]      = "other-won",
    [SR_COUNTER_NOBODY_WON]     = "nobody-won",
    [SR_COUNTER_AT_LIMIT]       = "at-limit",
    [SR_COUNTER_CLIENTS]        = "clients",
    [SR_COUNTER_COLLABORATING]  = "collaborating",
    [SR_COUNTER_CLIENTS_FAILED] = "clients-failed",
    [SR_COUNTER_KEYS_MADE]      = "keys-made",
    [SR_COUNTER_KEYS_DISCARDED] = "keys-discarded",
    [SR_COUNTER_KEYS_MISSING]   = "keys-missing",
    [SR_COUNTER_ORPHANS]        = "orphans",
    [SR_COUNTER_RUNS_ORPHANED]  = "orphaned",
    [SR_COUNTER_TOKENS_JUDGED]  = "tokens-judged",
    [SR_COUNTER_TOKENS_REFUSED] = "tokens-refused",
    [SR_COUNTER_RUNS_REFUSED]   = "refused",
    [SR_COUNTER_MESSAGES]       = "messages",
    [SR_COUNTER_RECORDS]        = "records",
    [SR_COUNTER_EVENTS]         = "events",
};
/* clang-format on */

const char *
sr_sweep_measure_name(SrSweepMeasure measure)
{
    g_assert((unsigned) measure < SR_MEASURE_N);
    return measure_names[measure];
}

const char *
sr_sweep_counter_name(SrSweepCounter counter)
{
    g_assert((unsigned) counter < SR_COUNTER_N);
    return counter_names[counter];
}

SrSweepRow *
sr_sweep_row_new(void)
{
    SrSweepRow *row = g_new0(SrSweepRow, 1);

    sr_sweep_row_clear(row);
    return row;
}

void
sr_sweep_row_free(SrSweepRow *row)
{
    g_free(row);
}

void
sr_sweep_row_clear(SrSweepRow *row)
{
    memset(row->counters, 0, sizeof row->counters);
    memset(row->failed, 0, sizeof row->failed);
    memset(row->seeds, 0, sizeof row->seeds);
    for (unsigned i = 0; i < SR_MEASURE_N; i++)
        sr_histogram_clear(&row->measures[i]);
}

unsigned
sr_sweep_row_n_seeds(const SrSweepRow *row, SrCheckId check)
{
    g_assert((unsigned) check < SR_CHECK_N);
    return (unsigned) MIN(row->failed[check], SR_SWEEP_SEEDS_MAX);
}

/* Puts @seed into its place among the @n seeds of @seeds; the greatest falls off where there is no
 * room. */
static void
insert_seed(uint64_t seeds[SR_SWEEP_SEEDS_MAX], unsigned n, uint64_t seed)
{
    unsigned i = n;

    if (n == SR_SWEEP_SEEDS_MAX) {
        if (seed > seeds[n - 1])
            return;
        i = n - 1;
    }
    for (; i > 0 && seeds[i - 1] > seed; i--)
        seeds[i] = seeds[i - 1];
    g_assert(i == 0 || seeds[i - 1] != seed);
    seeds[i] = seed;
}

void
sr_sweep_row_fail(SrSweepRow *row, SrCheckId check, uint64_t seed)
{
    insert_seed(row->seeds[check], sr_sweep_row_n_seeds(row, check), seed);
    row->failed[check]++;
}

void
sr_sweep_row_merge(SrSweepRow *row, const SrSweepRow *other)
{
    g_assert(row != other);
    for (unsigned i = 0; i < SR_COUNTER_N; i++)
        row->counters[i] += other->counters[i];
    for (unsigned i = 0; i < SR_CHECK_N; i++) {
        unsigned n = sr_sweep_row_n_seeds(row, (SrCheckId) i);
        unsigned n_other = sr_sweep_row_n_seeds(other, (SrCheckId) i);

        for (unsigned j = 0; j < n_other; j++)
            insert_seed(row->seeds[i], MIN(n + j, SR_SWEEP_SEEDS_MAX), other->seeds[i][j]);
        row->failed[i] += other->failed[i];
    }
    for (unsigned i = 0; i < SR_MEASURE_N; i++)
        sr_histogram_merge(&row->measures[i], &other->measures[i]);
}

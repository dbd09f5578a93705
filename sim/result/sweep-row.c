/* Rows of a sweep: sums, histograms and the smallest failing seeds. All operations are
 * commutative and associative, so the row does not depend on how the seeds were distributed. */
#include "session-race/sweep-row.h"

#include <string.h>

#include "result/tally.h"

static const char *const measure_names[SR_MEASURE_N] = {
#define MEASURE(name, word, ...) [SR_MEASURE_##name] = word,
#include "session-race/sweep-row.def"
};

static const char *const counter_names[SR_COUNTER_N] = {
#define COUNTER(name, word) [SR_COUNTER_##name] = word,
#include "session-race/sweep-row.def"
};

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

/* Inserts @seed into the @n ordered seeds of @seeds. If there is no room, the greatest is
 * dropped. */
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

/* ---- a run into a row: as cheap as can be, since it comes on top of every run ---- */

void
sr_sweep_row_sample(void *data, SrSweepMeasure measure, uint64_t value)
{
    SrSweepRow *row = data;

    sr_histogram_add(&row->measures[measure], value);
}

/* The instants when the first client of each document started. */
static void
find_first_starts(const SrTally *tally, const uint32_t *client_document)
{
    for (uint32_t i = 0; i < tally->n_documents; i++)
        tally->documents[i].first_start = SR_TIME_NEVER;
    for (uint32_t i = 0; i < tally->n_clients; i++) {
        SrTime *first = &tally->documents[client_document[i]].first_start;
        *first = MIN(*first, sr_tally_start_at(tally, i));
    }
}

static void
count_clients(SrSweepRow *row, const SrTally *tally, const uint32_t *client_document)
{
    bool first_won = false, other_won = false;
    uint64_t n_started = 0;

    find_first_starts(tally, client_document);
    for (uint32_t i = 0; i < tally->n_clients; i++) {
        const SrTallyClient *client = &tally->clients[i];

        if (!client->started)
            continue;

        SrTime start_at = sr_tally_start_at(tally, i);

        n_started++;
        if (client->collaborated)
            sr_histogram_add(
                &row->measures[client->won ? SR_MEASURE_WINNER : SR_MEASURE_REJECTED],
                sr_tally_collaborating_at(tally, i) - start_at);
        if (client->won) {
            bool first = start_at == tally->documents[client_document[i]].first_start;
            first_won |= first;
            other_won |= !first;
        }
    }
    row->counters[SR_COUNTER_CLIENTS] += n_started;
    row->counters[SR_COUNTER_FIRST_WON] += first_won;
    row->counters[SR_COUNTER_OTHER_WON] += other_won;
    row->counters[SR_COUNTER_NOBODY_WON] += !first_won && !other_won;
}

void
sr_sweep_row_count(SrSweepRow *row, const SrTally *tally, const uint32_t *client_document)
{
    const SrRunResult *result = tally->result;
    uint64_t *counters = row->counters;

    counters[SR_COUNTER_RUNS]++;
    counters[SR_COUNTER_RACED] += result->raced_documents > 0;
    counters[SR_COUNTER_FAILED] += result->failed != 0;
    counters[SR_COUNTER_AT_LIMIT] += result->at_limit;
    counters[SR_COUNTER_COLLABORATING] += result->n_collaborating;
    counters[SR_COUNTER_CLIENTS_FAILED] += result->n_failed;
    counters[SR_COUNTER_KEYS_MADE] += result->keys_made;
    counters[SR_COUNTER_KEYS_DISCARDED] += result->keys_discarded;
    counters[SR_COUNTER_KEYS_MISSING] += result->keys_missing;
    counters[SR_COUNTER_ORPHANS] += result->orphans;
    counters[SR_COUNTER_RUNS_ORPHANED] += result->orphans > 0;
    counters[SR_COUNTER_TOKENS_JUDGED] += result->tokens_judged;
    counters[SR_COUNTER_TOKENS_REFUSED] += result->tokens_refused;
    counters[SR_COUNTER_RUNS_REFUSED] += result->tokens_refused > 0;
    counters[SR_COUNTER_MESSAGES] += result->messages;
    counters[SR_COUNTER_RECORDS] += result->records;
    counters[SR_COUNTER_EVENTS] += result->engine_events;
    count_clients(row, tally, client_document);
    if (result->orphans > 0)
        sr_histogram_add(&row->measures[SR_MEASURE_ORPHAN_KEPT], result->orphan_kept_max);
    sr_histogram_add(&row->measures[SR_MEASURE_KEY_NEED], result->key_need);
    for (uint32_t failed = result->failed; failed != 0; failed &= failed - 1)
        sr_sweep_row_fail(row, (SrCheckId) __builtin_ctz(failed), result->seed);
}

/* Rows of a sweep: sums, histograms, shares and their smallest seeds. All operations are
 * commutative and associative, so the row does not depend on how the seeds were distributed. */
#include "session-race/sweep-row.h"

#include <string.h>

#include "result/tally.h"

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
    memset(row->shares, 0, sizeof row->shares);
    memset(row->seeds, 0, sizeof row->seeds);
    for (unsigned i = 0; i < SR_MEASURE_N; i++)
        sr_histogram_clear(&row->measures[i]);
}

unsigned
sr_sweep_row_n_seeds(const SrSweepRow *row, unsigned share)
{
    g_assert(share < SR_SHARE_N);
    return (unsigned) MIN(row->shares[share], SR_SWEEP_SEEDS_MAX);
}

uint64_t
sr_sweep_row_clients(const SrSweepRow *row, unsigned clients)
{
    uint64_t sum = 0;

    g_assert(clients < SR_CLIENTS_N);
    if (clients >= SR_CLIENTS_ENDING)
        return row->counters[SR_COUNTER_ENDING + clients - SR_CLIENTS_ENDING];
    for (unsigned i = SR_ENDING_LOCKED_OUT_ENCRYPTION; i <= SR_ENDING_LOCKED_OUT_GENERAL; i++)
        sum += row->counters[SR_COUNTER_ENDING + i];
    return sum;
}

const SrHistogram *
sr_sweep_row_values(const SrSweepRow *row, unsigned measure, SrHistogram *both)
{
    if (measure != SR_MEASURE_BOTH)
        return &row->measures[measure];
    sr_histogram_clear(both);
    sr_histogram_merge(both, &row->measures[SR_MEASURE_WINNER]);
    sr_histogram_merge(both, &row->measures[SR_MEASURE_REJECTED]);
    return both;
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

/* Most seeds of a long sweep are greater than those that are kept. */
static inline void
note(SrSweepRow *row, unsigned share, uint64_t seed)
{
    uint64_t n = row->shares[share]++;

    if (n < SR_SWEEP_SEEDS_MAX || seed < row->seeds[share][SR_SWEEP_SEEDS_MAX - 1])
        insert_seed(row->seeds[share], (unsigned) MIN(n, SR_SWEEP_SEEDS_MAX), seed);
}

void
sr_sweep_row_note(SrSweepRow *row, unsigned share, uint64_t seed)
{
    g_assert(share < SR_SHARE_N);
    note(row, share, seed);
}

void
sr_sweep_row_add(SrSweepRow *row, const SrSweepSeed *seed)
{
    for (unsigned i = 0; i < SR_COUNTER_N; i++)
        row->counters[i] += seed->counters[i];
    for (uint64_t shares = seed->shares; shares != 0; shares &= shares - 1)
        note(row, (unsigned) __builtin_ctzll(shares), seed->seed);
}

void
sr_sweep_row_merge(SrSweepRow *row, const SrSweepRow *other)
{
    g_assert(row != other);
    for (unsigned i = 0; i < SR_COUNTER_N; i++)
        row->counters[i] += other->counters[i];
    for (unsigned i = 0; i < SR_SHARE_N; i++) {
        unsigned n = sr_sweep_row_n_seeds(row, i), n_other = sr_sweep_row_n_seeds(other, i);

        for (unsigned j = 0; j < n_other; j++)
            insert_seed(row->seeds[i], MIN(n + j, SR_SWEEP_SEEDS_MAX), other->seeds[i][j]);
        row->shares[i] += other->shares[i];
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

/* Bits of the endings of clients that are locked out, one for each reason. */
#define LOCKED_OUT                                                                             \
    ((2u << SR_ENDING_LOCKED_OUT_GENERAL) - (1u << SR_ENDING_LOCKED_OUT_ENCRYPTION))

static uint64_t
bit(unsigned share, bool is_so)
{
    return (uint64_t) is_so << share;
}

/* Adds the times of clients. Returns: the shares that say who won */
static uint64_t
take_clients(SrSweepRow *row, const SrTally *tally, const uint32_t *client_document)
{
    bool first_won = false, other_won = false;

    find_first_starts(tally, client_document);
    for (uint32_t i = 0; i < tally->n_clients; i++) {
        const SrTallyClient *client = &tally->clients[i];

        if (!client->started)
            continue;

        SrTime start_at = sr_tally_start_at(tally, i);

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
    return bit(SR_SHARE_FIRST_WON, first_won) | bit(SR_SHARE_OTHER_WON, other_won) |
           bit(SR_SHARE_NOBODY_WON, !first_won && !other_won);
}

/* Takes how the clients ended: most runs have one or two endings. */
static void
take_endings(SrSweepSeed *seed, const SrRunResult *result)
{
    for (uint32_t ended = result->ended; ended != 0; ended &= ended - 1) {
        unsigned i = (unsigned) __builtin_ctz(ended);

        seed->counters[SR_COUNTER_ENDING + i] = result->endings[i];
        seed->counters[SR_COUNTER_CLIENTS] += result->endings[i];
    }
    seed->shares |= (uint64_t) result->ended << SR_SHARE_ENDING |
                    bit(SR_SHARE_LOCKED_OUT, (result->ended & LOCKED_OUT) != 0);
}

void
sr_sweep_row_count(SrSweepRow *row, const SrTally *tally, const uint32_t *client_document,
                   bool unexpected)
{
    const SrRunResult *result = tally->result;
    SrSweepSeed seed = {
        .seed = result->seed,
        .counters = {
            [SR_COUNTER_RUNS] = 1,
            [SR_COUNTER_KEYS_MADE] = result->keys_made,
            [SR_COUNTER_KEYS_DISCARDED] = result->keys_discarded,
            [SR_COUNTER_KEYS_MISSING] = result->keys_missing,
            [SR_COUNTER_ORPHANS] = result->orphans,
            [SR_COUNTER_TOKENS_JUDGED] = result->tokens_judged,
            [SR_COUNTER_TOKENS_REFUSED] = result->tokens_refused,
            [SR_COUNTER_MESSAGES] = result->messages,
            [SR_COUNTER_RECORDS] = result->records,
            [SR_COUNTER_EVENTS] = result->engine_events,
        },
        .shares = bit(SR_SHARE_UNEXPECTED, unexpected) |
                  bit(SR_SHARE_FAILED, result->failed != 0) |
                  bit(SR_SHARE_RACED, result->raced_documents > 0) |
                  bit(SR_SHARE_AT_LIMIT, result->at_limit) |
                  bit(SR_SHARE_ORPHANED, result->orphans > 0) |
                  bit(SR_SHARE_REFUSED, result->tokens_refused > 0) |
                  (uint64_t) result->failed << SR_SHARE_CHECK,
    };

    seed.shares |= take_clients(row, tally, client_document);
    take_endings(&seed, result);
    if (result->orphans > 0)
        sr_histogram_add(&row->measures[SR_MEASURE_ORPHAN_KEPT], result->orphan_kept_max);
    sr_histogram_add(&row->measures[SR_MEASURE_KEY_NEED], result->key_need);
    sr_sweep_row_add(row, &seed);
}

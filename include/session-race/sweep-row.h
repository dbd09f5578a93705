/* The numbers of a sweep for one parameter point. They are whole numbers, and two rows are
 * added by adding their numbers, so threads, shards and checkpoints all give the same row.
 * Shares, percentiles and intervals are computed when a row is written (sim/report). */
#pragma once

#include <glib.h>

#include "session-race/histogram.h"
#include "session-race/record.h"

#pragma GCC visibility push(default)

/** SrSeedRange: seeds @first … @last, both included. */
typedef struct {
    uint64_t first, last;
} SrSeedRange;

/** SR_SWEEP_SEEDS_MAX: how many failing seeds a row keeps for each check: the smallest. */
#define SR_SWEEP_SEEDS_MAX 8

/** SrSweepMeasure: the values for which a row has a histogram. Words: sr_sweep_measure_name().
 */
typedef enum {
    SR_MEASURE_WINNER, /* ns from its start until a client whose session was established first collaborates */
    SR_MEASURE_REJECTED, /* ns, every other client that collaborates */
    SR_MEASURE_ORPHAN_KEPT, /* ns, a run: how long the store kept the orphan that it kept longest */
    /* ns by the provider's clock, the end of a lookup of a hint whose key was made, kept or not:
     * age of that key; 0 when it is from the clock's future. A static key has none. */
    SR_MEASURE_KEY_AGE,
    SR_MEASURE_KEY_NEED, /* ns by the provider's clock, a run: SrRunResult.key_need */
    /* s, a judgement of a token from its server's future: max(iat, nbf) - now, 1 or more, of the
     * claims that the token holds and the server looks at (`check-iat`): the leeway it needs */
    SR_MEASURE_TOKEN_EARLY,
    SR_MEASURE_TOKEN_AGE,  /* s, every other judgement with such a claim: now - max(iat, nbf) */
    SR_MEASURE_TOKEN_LEFT, /* s, a judgement of a token not yet expired: exp - now, 1 or more */
} SrSweepMeasure;
#define SR_MEASURE_N (SR_MEASURE_TOKEN_LEFT + 1)

/** SrSweepCounter: what a row sums over its runs. Words: sr_sweep_counter_name(). */
typedef enum {
    SR_COUNTER_RUNS,
    SR_COUNTER_RACED, /* runs in which more than one client of a document sent create-session */
    SR_COUNTER_FAILED, /* runs in which some check failed */
    SR_COUNTER_FIRST_WON, /* runs with a session whose owner started first of its document's clients */
    SR_COUNTER_OTHER_WON,      /* runs with a session of somebody else's */
    SR_COUNTER_NOBODY_WON,     /* runs without a session */
    SR_COUNTER_AT_LIMIT,       /* runs that the limit ended */
    SR_COUNTER_CLIENTS,        /* clients that started … */
    SR_COUNTER_COLLABORATING,  /* … collaborate at the end … */
    SR_COUNTER_CLIENTS_FAILED, /* … have failed */
    SR_COUNTER_KEYS_MADE,
    SR_COUNTER_KEYS_DISCARDED,
    SR_COUNTER_KEYS_MISSING, /* lookups that found no key */
    SR_COUNTER_ORPHANS,
    SR_COUNTER_RUNS_ORPHANED, /* runs with an orphan */
    SR_COUNTER_TOKENS_JUDGED,
    SR_COUNTER_TOKENS_REFUSED,
    SR_COUNTER_RUNS_REFUSED, /* runs in which a token was refused */
    SR_COUNTER_MESSAGES,
    SR_COUNTER_RECORDS,
    SR_COUNTER_EVENTS, /* of the engine */
} SrSweepCounter;
#define SR_COUNTER_N (SR_COUNTER_EVENTS + 1)

/**
 * SrSweepRow:
 *
 * One point, or a part of its seeds. It has half a MiB of address space, but only the
 * buckets in use are ever touched: a row of sr_sweep_row_new() needs memory only as it
 * fills. Allocate it once and reuse it: no other function below allocates.
 */
typedef struct {
    uint64_t counters[SR_COUNTER_N];
    uint64_t failed[SR_CHECK_N]; /* runs in which each check failed */
    /* min(failed, SR_SWEEP_SEEDS_MAX) of each check, ascending: the smallest; all others are 0 */
    uint64_t seeds[SR_CHECK_N][SR_SWEEP_SEEDS_MAX];
    SrHistogram measures[SR_MEASURE_N];
} SrSweepRow;

/** sr_sweep_row_new: Returns: (transfer full): an empty row */
SrSweepRow *sr_sweep_row_new(void);
void sr_sweep_row_free(SrSweepRow *row);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SrSweepRow, sr_sweep_row_free)

/** sr_sweep_row_clear: empties @row; touches only the parts in use. */
void sr_sweep_row_clear(SrSweepRow *row);

/** sr_sweep_row_fail: counts the run under @seed as one in which @check failed. Call it once for
 * each run and check; seeds may come in any order. */
void sr_sweep_row_fail(SrSweepRow *row, SrCheckId check, uint64_t seed);

/** sr_sweep_row_merge: adds @other, which must have other seeds than @row. The order of merges
 * does not matter. */
void sr_sweep_row_merge(SrSweepRow *row, const SrSweepRow *other);

/** sr_sweep_row_n_seeds: Returns: how many failing seeds of @check the row has */
unsigned sr_sweep_row_n_seeds(const SrSweepRow *row, SrCheckId check);

/** sr_sweep_row_sample: for SrRunOptions.sample; @row: the #SrSweepRow. */
void sr_sweep_row_sample(void *row, SrSweepMeasure measure, uint64_t value);

/** sr_sweep_measure_name: Returns: (transfer none): "winner", "key-age", … */
const char *sr_sweep_measure_name(SrSweepMeasure measure);
/** sr_sweep_counter_name: Returns: (transfer none): "runs", "keys-made", … */
const char *sr_sweep_counter_name(SrSweepCounter counter);

#pragma GCC visibility pop

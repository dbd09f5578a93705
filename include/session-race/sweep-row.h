/* The numbers of a sweep for one parameter point. They are whole numbers, and two rows are
 * added by adding their numbers, so threads, shards and checkpoints all give the same row.
 * Shares, percentiles and intervals are computed when a row is written (sim/report). */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "session-race/histogram.h"
#include "session-race/record.h"

#pragma GCC visibility push(default)

/** SrSeedRange: seeds @first … @last, both included. */
typedef struct {
    uint64_t first, last;
} SrSeedRange;

/** SR_SWEEP_SEEDS_MAX: how many seeds a row keeps for each share: the smallest. */
#define SR_SWEEP_SEEDS_MAX 8

/** SrSweepMeasure: the values for which a row has a histogram. Words: sr_sweep_measure_name().
 */
typedef enum {
#define MEASURE(name, ...) SR_MEASURE_##name,
#include "session-race/sweep-row.def"
} SrSweepMeasure;
#define SR_MEASURE_N (SR_MEASURE_TOKEN_LEFT + 1)
/** SR_MEASURE_BOTH: winners and all others together: "time-to-collaborate". A row has no histogram
 * of it, but names have it. */
#define SR_MEASURE_BOTH SR_MEASURE_N

/** SrSweepCounter: what a row sums over its runs; behind the last one, SR_COUNTER_ENDING and
 * #SrEnding added: clients that ended so. Words: sr_sweep_counter_name(). */
typedef enum {
#define COUNTER(name, ...) SR_COUNTER_##name,
#include "session-race/sweep-row.def"
    SR_COUNTER_ENDING,
} SrSweepCounter;
#define SR_COUNTER_N (SR_COUNTER_ENDING + SR_ENDING_N)

/** SrSweepShare: of which runs a row has the number and the smallest seeds. Behind the last one:
 * SR_SHARE_ENDING and #SrEnding added, those in which at least one client ended so; SR_SHARE_CHECK
 * and #SrCheckId added, those in which the check failed. Words: sr_sweep_share_name(). */
typedef enum {
#define SHARE(name, ...) SR_SHARE_##name,
#include "session-race/sweep-row.def"
    SR_SHARE_ENDING,
    SR_SHARE_CHECK = SR_SHARE_ENDING + SR_ENDING_N,
} SrSweepShare;
#define SR_SHARE_N (SR_SHARE_CHECK + SR_CHECK_N)
G_STATIC_ASSERT(SR_SHARE_N <= 64);

/** SR_CLIENTS_LOCKED_OUT: of which clients a row has the number: those locked out for whatever
 * reason, and SR_CLIENTS_ENDING with #SrEnding added: those that ended so. Words:
 * sr_sweep_clients_name(). */
#define SR_CLIENTS_LOCKED_OUT 0u
#define SR_CLIENTS_ENDING 1u
#define SR_CLIENTS_N (SR_CLIENTS_ENDING + SR_ENDING_N)

/**
 * SrSweepSeed:
 *
 * What a seed that was played adds to a row. Its measures are not in it:
 * sr_sweep_row_sample() adds each value when it is known.
 */
typedef struct {
    uint64_t seed;
    uint64_t shares; /* bits UINT64_C(1) << SrSweepShare */
    uint64_t counters[SR_COUNTER_N];
} SrSweepSeed;

/**
 * SrSweepRow:
 *
 * One point, or a part of its seeds. It has half a MiB of address space, but only the
 * buckets in use are ever touched: a row of sr_sweep_row_new() needs memory only as it
 * fills. Allocate it once and reuse it: no other function below allocates.
 */
typedef struct {
    uint64_t counters[SR_COUNTER_N];
    uint64_t shares[SR_SHARE_N]; /* runs */
    /* min(shares, SR_SWEEP_SEEDS_MAX) of each share, ascending: the smallest; all others are 0 */
    uint64_t seeds[SR_SHARE_N][SR_SWEEP_SEEDS_MAX];
    SrHistogram measures[SR_MEASURE_N];
} SrSweepRow;

/** sr_sweep_row_new: Returns: (transfer full): an empty row */
SrSweepRow *sr_sweep_row_new(void);
void sr_sweep_row_free(SrSweepRow *row);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SrSweepRow, sr_sweep_row_free)

/** sr_sweep_row_clear: empties @row; touches only the parts in use. */
void sr_sweep_row_clear(SrSweepRow *row);

/** sr_sweep_row_add: adds @seed, which must be another one than those before; they may come in any
 * order. */
void sr_sweep_row_add(SrSweepRow *row, const SrSweepSeed *seed);
/** sr_sweep_row_note: counts the run under @seed in @share (SrSweepShare) alone. Call it once for
 * each run and share. */
void sr_sweep_row_note(SrSweepRow *row, unsigned share, uint64_t seed);

/** sr_sweep_row_merge: adds @other, which must have other seeds than @row. The order of merges
 * does not matter. */
void sr_sweep_row_merge(SrSweepRow *row, const SrSweepRow *other);

/** sr_sweep_row_n_seeds: Returns: how many seeds of @share (SrSweepShare) the row has */
unsigned sr_sweep_row_n_seeds(const SrSweepRow *row, unsigned share);
/** sr_sweep_row_clients: Returns: how many clients of all that started are @clients, an
 * SR_CLIENTS_ number */
uint64_t sr_sweep_row_clients(const SrSweepRow *row, unsigned clients);

/** sr_sweep_row_values: @both: scratch. Returns: (transfer none): the values of @measure,
 * SR_MEASURE_BOTH included */
const SrHistogram *sr_sweep_row_values(const SrSweepRow *row, unsigned measure,
                                       SrHistogram *both);

/** sr_sweep_row_sample: for SrRunOptions.sample; @row: the #SrSweepRow. */
void sr_sweep_row_sample(void *row, SrSweepMeasure measure, uint64_t value);

/* ---- names: those of results and of thresholds ---- */

/** sr_sweep_measure_name: Returns: (transfer none): "winner", "key-age", …; of SR_MEASURE_BOTH
 * "time-to-collaborate" */
const char *sr_sweep_measure_name(unsigned measure);
/** sr_sweep_measure_is_seconds: Returns: whether its values are seconds, not ns */
bool sr_sweep_measure_is_seconds(unsigned measure);
/** sr_sweep_counter_name: Returns: (transfer none): "runs", "keys-made", …; a name of clients for
 * those behind the last */
const char *sr_sweep_counter_name(unsigned counter);
/** sr_sweep_share_name: Returns: (transfer none): "unexpected", "locked-out(jwt)", …; the name of a
 * check for the shares of checks */
const char *sr_sweep_share_name(unsigned share);
/** sr_sweep_clients_name: Returns: (transfer none): "locked-out", "stuck", … */
const char *sr_sweep_clients_name(unsigned clients);
/** sr_sweep_share_lookup: @name need not be closed by a zero. Returns: the #SrSweepShare of that
 * name, or SR_SHARE_N */
unsigned sr_sweep_share_lookup(const char *name, size_t length);
/** sr_sweep_clients_lookup: the same; SR_CLIENTS_N if there is none */
unsigned sr_sweep_clients_lookup(const char *name, size_t length);
/** sr_sweep_measure_lookup: the same, SR_MEASURE_BOTH included; SR_MEASURE_BOTH + 1 if there is
 * none */
unsigned sr_sweep_measure_lookup(const char *name, size_t length);

#pragma GCC visibility pop

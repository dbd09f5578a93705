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
#define MEASURE(name, ...) SR_MEASURE_##name,
#include "session-race/sweep-row.def"
} SrSweepMeasure;
#define SR_MEASURE_N (SR_MEASURE_TOKEN_LEFT + 1)

/** SrSweepCounter: what a row sums over its runs. Words: sr_sweep_counter_name(). */
typedef enum {
#define COUNTER(name, ...) SR_COUNTER_##name,
#include "session-race/sweep-row.def"
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

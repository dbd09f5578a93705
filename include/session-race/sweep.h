/* A sweep: the same scenario over many seeds and parameter points, on threads, as rows of whole
 * numbers.
 *
 * Seeds are run in chunks; the row of a chunk is added to that of its point once all chunks before
 * it have been. So what a sweep holds is always a prefix: the points before some point, and of that
 * one the first seeds. Early stops look at such prefixes only: the number of threads never shows. */
#pragma once

#include <glib.h>

#include "session-race/run.h"
#include "session-race/scenario.h"
#include "session-race/sweep-row.h"

#pragma GCC visibility push(default)

/** SrSweepProgress: where a sweep stands. */
typedef struct {
    uint64_t point;        /* that which grows */
    uint64_t seeds_done;   /* of its seeds, the first */
    uint64_t done, total;  /* runs of all points; @total is before any early stop */
    uint64_t failed;       /* of @done, runs in which some check failed */
    const SrSweepRow *row; /* of @point: its first @seeds_done seeds */
} SrSweepProgress;

/** SrSweepOptions: what to run, and how far. All callbacks get @data. */
typedef struct {
    SrSeedRange seeds; /* of each point */
    uint64_t n_points; /* at least 1 */
    unsigned jobs;     /* threads; 0: one */
    uint64_t chunk;  /* seeds that a thread takes at a time; 0: 512. Shows in @precision only */
    uint64_t shard;  /* 1 … @shards: only this part of each point's seeds … */
    uint64_t shards; /* … of so many; 0: everything. Not together with early stops */
    bool until_failure; /* the sweep ends with the first run in which some check failed */
    double
        precision; /* > 0: a point ends once sr_sweep_half_width() of its row is at most this;
                          * looked at whenever another @chunk of its seeds is done */

    /*
     * The scenario of @point; it stays until @release (nullable) is told. Called by any thread at
     * any time, several times for a point. %NULL ends the sweep: SR_SWEEP_STOPPED.
     */
    const SrScenario *(*scenario)(void *data, uint64_t point);
    void (*release)(void *data, const SrScenario *scenario);
    /* (nullable) asked now and then between two runs, by any thread; TRUE keeps what is done and
     * ends the sweep */
    bool (*stop)(void *data);
    /*
     * (nullable) @row is all that there will be of @point: the first @seeds_done of its seeds, at
     * least 1. By one thread at a time, in order, never twice.
     */
    void (*row)(void *data, uint64_t point, uint64_t seeds_done, const SrSweepRow *row);
    /* (nullable) the prefix has grown; @row was told first. By one thread at a time, in order; the
     * others may have to wait. FALSE ends the sweep */
    bool (*grown)(void *data, const SrSweepProgress *progress);
    void *data;

    /* Where to go on: what an SrSweepProgress of the same sweep said, its row included. All zero: at
     * the beginning. Rows that were told before are not told again. */
    SrSweepProgress from;
} SrSweepOptions;

/** SrSweepEnd: why a sweep ended. */
typedef enum {
    SR_SWEEP_COMPLETE,      /* every point has all its seeds, or its precision */
    SR_SWEEP_FAILURE_FOUND, /* of until_failure */
    SR_SWEEP_STOPPED,       /* a callback ended it */
} SrSweepEnd;

/**
 * sr_sweep_execute:
 *
 * Runs on threads of its own and returns when they have ended. Rows are what sr_sweep_row_take()
 * makes of each seed: the same for any number of threads. Keys are names, whatever the scenario
 * says: real cryptography changes nothing but the time. Threads share nothing but the list of chunks;
 * each builds a run once a point, and nothing is allocated from seed to seed.
 */
SrSweepEnd sr_sweep_execute(const SrSweepOptions *options);

/** sr_sweep_half_width: Returns: half the width of the 95 % interval of @row's share of failed runs,
 * of which there is at least one: 0 … 0.5 */
double sr_sweep_half_width(const SrSweepRow *row);

/**
 * sr_sweep_shard:
 * @seeds: of the whole
 * @shard: 1 … @shards
 * @part: (out): the @shard-th of @shards parts of @seeds, which follow each other without gap or
 * overlap and differ by one seed at most
 *
 * Returns: whether there are any in it; @part is set only then
 */
bool sr_sweep_shard(SrSeedRange seeds, uint64_t shard, uint64_t shards, SrSeedRange *part);

#pragma GCC visibility pop

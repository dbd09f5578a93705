/* A sweep: the same scenario over many seeds and parameter points, on threads, as rows of whole numbers.
 *
 * Seeds are run in chunks; a chunk's row is added to its point when all chunks before it have been. So what
 * a sweep holds is always a prefix: the points before some point whole, and of that one the first seeds. Early
 * stops look at such prefixes only: the number of threads never shows. */
#pragma once

#include <glib.h>

#include "session-race/scenario.h"
#include "session-race/sweep-row.h"

/** SrSweepProgress: where a sweep stands. */
typedef struct {
    uint64_t done, total; /* runs */
    uint64_t failed;      /* runs in which some check failed */
    uint64_t events;      /* of the engine */
} SrSweepProgress;

/** SrSweepOptions: how far to go. All zero: every seed of every point, one thread. */
typedef struct {
    unsigned jobs; /* threads; 0: one */
    uint64_t shard,
        shards; /* 1 … shards of them; shards 0: everything. Of each point's seeds shard K takes the K-th part */
    bool
        until_failure; /* a point ends with the chunk… at its first failing seed, which is its last; then so does the sweep */
    double
        precision; /* > 0: a point ends when the half-width of the interval of its failed share is at most that */
    bool (*stop)(
        void *
            data); /* (nullable) asked now and then, from any thread; TRUE keeps what is done and ends */
    void *stop_data;
    void (*progress)(
        void *data, const SrSweepProgress *progress); /* (nullable) from one thread at a time */
    void *progress_data;
    /* (nullable) a prefix has grown: @row of @point now holds @seeds_done of its seeds. From one thread at a time. FALSE ends the sweep. */
    bool (*grown)(void *data, uint64_t point, uint64_t seeds_done, const SrSweepRow *row);
    void *grown_data;
    /* where to go on: points before @from_point are done, of that one the first @from_seeds, whose row is @from_row */
    uint64_t from_point, from_seeds;
    const SrSweepRow *from_row; /* (nullable) */
} SrSweepOptions;

/** SrSweepEnd: why a sweep ended. */
typedef enum { SR_SWEEP_COMPLETE, SR_SWEEP_FAILURE_FOUND, SR_SWEEP_STOPPED } SrSweepEnd;

/**
 * sr_sweep_execute:
 * @scenarios: one a point
 * @row: called once a point, in order, when its row is complete (or as far as it got)
 *
 * The rows are plain additions of sr_sweep_row_take() over the seeds; runs reuse their memory and compute no digest.
 */
SrSweepEnd sr_sweep_execute(GPtrArray *scenarios, SrSeedRange seeds,
                            const SrSweepOptions *options,
                            void (*row)(void *data, uint64_t point, uint64_t seeds_done,
                                        const SrSweepRow *row),
                            void *data);

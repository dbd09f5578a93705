/* A sweep: one scenario over many seeds and parameter points, on several threads, with rows of
 * whole numbers as its result.
 *
 * Seeds are run in chunks. The row of a chunk is added to that of its point when all chunks
 * before it have been added. So the state of a sweep is always a prefix: all points before some
 * point, and the first seeds of that point. Early stops depend only on such prefixes, so the
 * number of threads never matters. */
#pragma once

#include <glib.h>

#include "session-race/run.h"
#include "session-race/scenario.h"
#include "session-race/sweep-row.h"

#pragma GCC visibility push(default)

/** SrSweepProgress: how far a sweep is. */
typedef struct {
    uint64_t point;        /* the present point */
    uint64_t seeds_done;   /* the first of its seeds */
    uint64_t done, total;  /* runs of all points; @total is before any early stop */
    uint64_t unexpected;   /* of @done, runs that were not as expected */
    const SrSweepRow *row; /* of @point: its first @seeds_done seeds */
} SrSweepProgress;

/** SR_SWEEP_GRAPH_BYTES: the memory for graphs if nobody says otherwise. */
#define SR_SWEEP_GRAPH_BYTES (UINT64_C(256) << 20)

/** SrSweepGraph: what became of the seeds, if graphs are used: those that were walked and those that
 * were played and recorded; all others were played plainly. Of the graphs of all points and threads:
 * their nodes, edges and bytes. It depends on the number of threads. */
typedef struct {
    uint64_t walked, recorded, nodes, edges, bytes;
    const char *refusal; /* (nullable): what a file has for which no graph is used */
} SrSweepGraph;

/** SrSweepOptions: what to run, and when to stop. All callbacks get @data. */
typedef struct {
    SrSeedRange seeds; /* of each point */
    uint64_t n_points; /* at least 1 */
    unsigned jobs;     /* threads; 0: one */
    uint64_t chunk;  /* seeds that a thread takes at a time; 0: 512. Shows in @precision only */
    uint64_t shard;  /* 1 … @shards: runs only this part of each point's seeds */
    uint64_t shards; /* number of parts; 0: everything. Not with early stops */
    /* > 0: steps that runs have taken are kept in graphs, which together take so many bytes at most,
     * and later seeds walk there. It changes no row. 0: each seed is played */
    uint64_t graph_bytes;
    SrSweepGraph *graph; /* (nullable): added up when a thread ends a point */
    bool until_failure;  /* the sweep ends with the first run that is not as expected */
    double
        precision; /* > 0: a point ends once sr_sweep_half_width() of its row is at most this;
                          * looked at whenever another @chunk of its seeds is done */

    /*
     * The scenario of @point; it stays until @release (nullable) is told. Called by any thread at
     * any time, several times for a point. %NULL ends the sweep: SR_SWEEP_STOPPED.
     */
    const SrScenario *(*scenario)(void *data, uint64_t point);
    void (*release)(void *data, const SrScenario *scenario);
    /* (nullable) called from time to time, also in the middle of a long run, by any thread; TRUE
     * ends the sweep and keeps what is done */
    bool (*stop)(void *data);
    /*
     * (nullable) @row is all that there will be of @point: the first @seeds_done of its seeds, at
     * least 1. By one thread at a time, in order, never twice.
     */
    void (*row)(void *data, uint64_t point, uint64_t seeds_done, const SrSweepRow *row);
    /* (nullable) the prefix has grown; @row was called before. By one thread at a time, in
     * order; other threads may have to wait. FALSE ends the sweep */
    bool (*grown)(void *data, const SrSweepProgress *progress);
    /* (nullable) gives one thread, from 0, programs of the user's own, as far as some scenario
     * needs them. Called by that thread.
     * @provider, @signer: (out) (transfer full) (nullable) */
    void (*start)(void *data, uint32_t thread, SrExec **provider, SrExec **signer);
    /* (nullable) such a program could not be started, so the sweep ends: SR_SWEEP_STOPPED. By one
     * thread at a time, at most once */
    void (*broke)(void *data, const GError *error);
    /* (nullable) the run of @seed at @point needs more events than `max-events` of @scenario, and
     * ends the sweep: all seeds before it are done. @at: how far it came. Once at most */
    void (*too_long)(void *data, uint64_t point, uint64_t seed, const SrScenario *scenario,
                     SrTime at);
    void *data;

    /* Where to continue: an SrSweepProgress of the same sweep, with its row. All zero: at the
     * beginning. Rows that were reported before are not reported again. */
    SrSweepProgress from;
} SrSweepOptions;

/** SrSweepEnd: why a sweep ended. */
typedef enum {
    SR_SWEEP_COMPLETE,      /* every point has all its seeds, or its precision */
    SR_SWEEP_FAILURE_FOUND, /* of until_failure */
    SR_SWEEP_STOPPED,       /* a callback ended it */
    SR_SWEEP_TOO_LONG,      /* a run needs more events than its scenario's `max-events` */
} SrSweepEnd;

/**
 * sr_sweep_execute:
 *
 * Runs on threads of its own and returns when they have ended. Rows are sums of
 * sr_sweep_row_take() for each seed, which are equal for any number of threads. Keys are
 * only names, whatever the scenario says, since real cryptography would change nothing but
 * the time. Threads share only the list of chunks. Each builds a run once per point, and
 * allocates nothing between seeds.
 */
SrSweepEnd sr_sweep_execute(const SrSweepOptions *options);

/** sr_sweep_half_width: Returns: half the width of the 95 % interval of the share of failed runs
 * of @row, which has at least one run: 0 … 0.5 */
double sr_sweep_half_width(const SrSweepRow *row);

/**
 * sr_sweep_shard:
 * @seeds: of the whole
 * @shard: 1 … @shards
 * @part: (out): the @shard-th of @shards parts of @seeds, which are consecutive and differ
 * in size by one seed at most
 *
 * Returns: whether the part has any seeds; only then @part is set
 */
bool sr_sweep_shard(SrSeedRange seeds, uint64_t shard, uint64_t shards, SrSeedRange *part);

#pragma GCC visibility pop

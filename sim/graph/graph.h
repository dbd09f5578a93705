/* The graph of a sweep: the steps that its runs have taken, without their instants, so that later
 * seeds walk on it instead of playing them again. README.md of this room says how. */
#pragma once

#include <glib.h>

#include "session-race/result.h"
#include "session-race/run.h"
#include "session-race/sweep-row.h"

typedef struct SrGraph SrGraph;

/** SR_GRAPH_MEMORY: the memory that a graph may take if nobody says otherwise, bytes. */
#define SR_GRAPH_MEMORY (UINT64_C(256) << 20)

/** SrGraphStats: what became of the seeds of a graph. */
typedef struct {
    uint64_t seeds;
    uint64_t walked;   /* … on the graph alone */
    uint64_t recorded; /* … played, and their steps written down */
    uint64_t nodes, edges, bytes;
} SrGraphStats;

/** sr_graph_refusal: Returns: (transfer none) (nullable): the key of @scenario for which its runs
 * are not kept in a graph, as in a file: "chaos", "ntp-interval"; %NULL if they are */
const char *sr_graph_refusal(const SrScenario *scenario);

/**
 * sr_graph_new:
 * @run: (transfer none): of a scenario without sr_graph_refusal(); outlives the graph, which
 * alone executes it from now on
 * @bytes: the memory that the graph may take
 * @seeds: how many seeds are to come; so many that building the graph pays, or it is not built
 */
SrGraph *sr_graph_new(SrRun *run, uint64_t bytes, uint64_t seeds);
void sr_graph_free(SrGraph *graph);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SrGraph, sr_graph_free)

/**
 * sr_graph_play:
 * @ahead: how many of the seeds behind @seed come next; it changes nothing but the time
 * @options: without draws, traces and programs of the user's own
 * @row: gets what it would get from the run, if it is not executed
 * @result: (out): of the run; of a walk what sr_sweep_row_count() reads
 * @unexpected: (out): whether the run is not as its scenario expects, if it is not executed
 *
 * Lets @seed walk, or executes its run, with @options.
 *
 * Returns: whether it has walked, and @row has it
 */
bool sr_graph_play(SrGraph *graph, uint64_t seed, uint64_t ahead, const SrRunOptions *options,
                   SrSweepRow *row, SrRunResult *result, bool *unexpected);

/** sr_graph_eager: from now on every seed is tried on the graph, and recorded where it leaves it;
 * for tests. */
void sr_graph_eager(SrGraph *graph);

SrGraphStats sr_graph_stats(const SrGraph *graph);

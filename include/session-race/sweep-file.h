/* The result of a sweep as text: NDJSON, one object a line, keys always in this order.
 *
 * - first line: `type:"sweep"`, `format` (1), `version` (of the program), `scenario` (title), `source` (XXH3-128 of the
 *   resolved scenario, `[study]` included), `seeds` ("A..B"; of the whole sweep), `points` (how many), and for an incomplete
 *   one `parts`: the seed ranges that it holds, ["A..B", …], ascending, without overlap, the same at every point;
 * - one `type:"point"` a parameter point, in order: `point` (from 0), `at` (object: "GROUP.KEY": "VALUE"), `runs`, then what
 *   people and plots read (shares with exact Clopper–Pearson 95 % intervals, percentiles), then `counters`, `failed`,
 *   `seeds` and `histograms` ([[bucket, count], …]), from which all the rest is worked out again;
 * - last line: `type:"end"`, `points`, `digest` (XXH3-128 of the lines between the first and the last, with their LF).
 *
 * Whole numbers are below 2^53; greater sums are strings. Untrusted when read. */
#pragma once

#include <glib.h>

#include "session-race/sweep-row.h"

/** SrSweepHead: what the first line says. */
typedef struct {
    char *version, *scenario, *source;
    SrSeedRange seeds;
    GArray *parts; /* SrSeedRange; one that equals @seeds when complete */
    uint64_t n_points;
} SrSweepHead;

/** SrSweepFile: a whole result. Owns everything. */
typedef struct {
    char *path;
    SrSweepHead head;
    GPtrArray *points; /* n_points GPtrArrays of "GROUP.KEY=VALUE" */
    GPtrArray *rows;   /* SrSweepRow */
} SrSweepFile;

void sr_sweep_file_free(SrSweepFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SrSweepFile, sr_sweep_file_free)

/** sr_sweep_write_head: appends the first line. */
void sr_sweep_write_head(GString *out, const SrSweepHead *head);
/** sr_sweep_write_row: appends one row. @at: (element-type utf8): "GROUP.KEY=VALUE" */
void sr_sweep_write_row(GString *out, uint64_t point, const GPtrArray *at,
                        const SrSweepRow *row);
/** sr_sweep_write: appends a whole result, the last line with its digest included. */
void sr_sweep_write(GString *out, const SrSweepFile *file);

/** SrSweepFault: why a result cannot be read or merged; line 0 where there is none. */
typedef struct {
    bool system;
    char *path;
    uint64_t line;
    char *message;
} SrSweepFault;
void sr_sweep_fault_clear(SrSweepFault *fault);

/** sr_sweep_file_load: reads one whole result, strictly: a row whose derived figures do not follow from its numbers is damage too. */
SrSweepFile *sr_sweep_file_load(const char *path, SrSweepFault *fault);
/** sr_sweep_file_parse: the same from memory. */
SrSweepFile *sr_sweep_file_parse(const char *path, const char *text, size_t length,
                                 SrSweepFault *fault);

/**
 * sr_sweep_merge:
 * @files: (element-type SrSweepFile): at least one, in any order
 *
 * Adds shards up. Refuses other scenarios (source, points) or versions, and seeds that two of them hold.
 *
 * Returns: (transfer full) (nullable): the sum; its parts tell the gaps
 */
SrSweepFile *sr_sweep_merge(const GPtrArray *files, SrSweepFault *fault);

/** SrInterval: a share and its interval; all in 0 … 1. */
typedef struct {
    double share, low, high;
} SrInterval;
/** sr_clopper_pearson: the exact interval of @failures in @runs at @confidence (0.95); at zero failures the upper bound is 1 - (α/2)^(1/runs)… */
SrInterval sr_clopper_pearson(uint64_t failures, uint64_t runs, double confidence);

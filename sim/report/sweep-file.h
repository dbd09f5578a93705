/* The result of a sweep as text: NDJSON, one object a line, no blanks, members always in this
 * order. Everything is worked out from whole numbers by arithmetic that every machine does alike, so
 * the same sweep gives the same bytes anywhere, however it was shared out.
 *
 * First line:
 *
 *   type       "sweep"
 *   format     2; grows when a member changes its meaning or goes
 *   version    of the program
 *   scenario   title, "" when it has none
 *   source     XXH3-128 of the resolved scenario, `[study]` included: 32 hex digits
 *   seeds      "A..B", those of the whole sweep, of which a shard runs a part
 *   points     parameter points of the whole sweep
 *   provider   of a sweep with a provider of the user's own: XXH3-128 of its command and of the name
 *              that it says, 32 hex digits; else absent
 *
 * It is the same in all shards of a sweep. Then a line for each parameter point with runs,
 * ascending:
 *
 *   type       "point"
 *   point      its number, from 0
 *   at         {"GROUP.KEY": "VALUE", …}: what is varied; {} when nothing is
 *   parts      ["A..B", …]: the seeds that were run, ascending ranges that do not touch; just
 *              [seeds] when all were
 *   runs       how many seeds that is
 *   clients    {NAME: {"n", "share"}, …}: how the clients that started have ended, and which share
 *              of all of them that is: locked-out for any reason, then each of SrEnding, of which
 *              each client is exactly one. There is no interval, since clients of one run are not
 *              independent; of the runs in which at least one client is, there is, below
 *   shares     {NAME: SHARE, …}: of all runs those of each SrSweepShare but for the checks
 *   checks     {CHECK: SHARE, …}: of all runs those in which each check failed; all checks
 *   measures   {MEASURE: SPREAD, …}: those that were met; ns, but s for tokens. Behind those of
 *              SrSweepMeasure comes time-to-collaborate: winners and rejected together
 *
 * where SHARE is {"n", "share", "low", "high"}: how many runs, which share of all, and its exact
 * 95 % interval (Clopper–Pearson), rounded to six significant digits; and SPREAD is {"n", "mean",
 * "min", "p50", "p90", "p95", "p99", "p999", "max"}: the mean rounded down, nearest ranks, min and
 * max exact, percentiles at most 1/128 above the true ones. All of that follows from the rest of
 * the line:
 *
 *   counters    {COUNTER: N, …}: all of SrSweepCounter
 *   counted     {NAME: RUNS, …}: of the shares and checks that some run counts in
 *   seeds       {NAME: [SEED, …], …}: of those, the smallest seeds, at most eight
 *   histograms  {MEASURE: {"min", "max", "sum", "counts": [[BUCKET, N], …]}, …}: of
 *               SrSweepMeasure those that were met. Bucket b holds the value b when b < 256,
 *               else the 2^s values from (b mod 128 + 128) · 2^s on, s = ⌊b/128⌋ - 1
 *
 * Last line:
 *
 *   type       "end"
 *   points     lines of points
 *   complete   whether every seed of every point was run
 *   digest     XXH3-128 of all lines before this one, with their LF
 *
 * Numbers of at most 2^53 - 1 are numbers, greater ones are decimal strings. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "session-race/sweep-row.h"

/** SR_SWEEP_RUNS_MAX: the most seeds of a sweep; up to here every share is exact. */
#define SR_SWEEP_RUNS_MAX ((UINT64_C(1) << 53) - 1)
/** SR_SWEEP_POINTS_MAX: the most parameter points of a sweep. */
#define SR_SWEEP_POINTS_MAX UINT64_C(1000000)

/** SrSweepHead: the first line. */
typedef struct {
    char *version, *scenario;
    char *source;   /* 32 hex digits */
    char *provider; /* (nullable) likewise */
    SrSeedRange seeds;
    uint64_t n_points;
} SrSweepHead;

void sr_sweep_head_clear(SrSweepHead *head);

/* ---- writing ---- */

/** SrSweepWriter: writes a result line by line. */
typedef struct SrSweepWriter SrSweepWriter;

/**
 * sr_sweep_writer_new:
 * @out: the first line is appended
 *
 * Returns: (transfer full): a writer of the points of @head
 */
SrSweepWriter *sr_sweep_writer_new(const SrSweepHead *head, GString *out);

/**
 * sr_sweep_writer_add:
 * @point: greater than that of the call before
 * @at: (element-type utf8): "GROUP.KEY=VALUE", of sr_study_point()
 * @parts: (array length=n_parts): the seeds that were run: ascending, without overlap;
 * adjacent ranges are written as one
 * @row: of these seeds: one run for each
 * @out: a line is appended, unless there were no runs
 */
void sr_sweep_writer_add(SrSweepWriter *writer, uint64_t point, const GPtrArray *at,
                         const SrSeedRange *parts, size_t n_parts, const SrSweepRow *row,
                         GString *out);

/** sr_sweep_writer_copy: Returns: (transfer full): another writer in the same state, for a
 * caller that keeps the text so far and wants to end it in several ways */
SrSweepWriter *sr_sweep_writer_copy(const SrSweepWriter *writer);

/** sr_sweep_writer_end: appends the last line and frees @writer. Returns: whether the result is
 * complete */
bool sr_sweep_writer_end(SrSweepWriter *writer, GString *out);
void sr_sweep_writer_free(SrSweepWriter *writer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SrSweepWriter, sr_sweep_writer_free)

/* ---- reading ---- */

/** SrSweepFault: why a result cannot be read or merged. */
typedef struct {
    bool system; /* the file could not be read (exit status 3); else it is malformed (2) */
    char *path;
    uint64_t line, column; /* from 1; 0 if there is none */
    char *message;
    bool overlap; /* of a merge: both results have @seeds of @point */
    uint64_t point;
    SrSeedRange seeds;
} SrSweepFault;
void sr_sweep_fault_clear(SrSweepFault *fault);

/** SrSweepPoint: the line of one point. */
typedef struct {
    uint64_t point;
    GPtrArray *at;       /* utf8: "GROUP.KEY=VALUE" */
    GArray *parts;       /* SrSeedRange */
    const char *numbers; /* private: the end of its line; see sr_sweep_point_row() */
    char *own; /* private: (nullable) @numbers, when they are not of the file's text */
} SrSweepPoint;

/** SrSweepFile: a whole result, which owns everything. Rows are kept as text, since there may be
 * many. */
typedef struct {
    char *path;
    SrSweepHead head;
    GPtrArray *points; /* SrSweepPoint, ascending */
    bool complete;
    char *text; /* private: (nullable) what was read */
} SrSweepFile;

void sr_sweep_file_free(SrSweepFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SrSweepFile, sr_sweep_file_free)

/**
 * sr_sweep_file_load:
 * @path: a regular file, or `-` for standard input
 * @fault: (out): set on failure only; to be cleared
 *
 * Strict: the file must be exactly what the writer writes. It is damaged if a value does not
 * follow from the numbers of its line, if a digest or a count does not match, if a line is
 * missing, repeated or cut off, or if it has more than 16 GiB.
 *
 * Returns: (transfer full) (nullable): the result
 */
SrSweepFile *sr_sweep_file_load(const char *path, SrSweepFault *fault);
/** sr_sweep_file_parse: the same from memory. */
SrSweepFile *sr_sweep_file_parse(const char *path, const char *text, size_t length,
                                 SrSweepFault *fault);

/** sr_sweep_point_row: sets @row to that of @point. */
void sr_sweep_point_row(const SrSweepPoint *point, SrSweepRow *row);

/** sr_sweep_writer_add_point: writes @point; @row is scratch space, and then has the row of
 * @point. */
void sr_sweep_writer_add_point(SrSweepWriter *writer, const SrSweepPoint *point,
                               SrSweepRow *row, GString *out);

/** sr_sweep_digest: writes XXH3-128 of @bytes as text. */
void sr_sweep_digest(const void *bytes, size_t n, char digest[33]);
/** sr_sweep_same_at: Returns: whether two points vary the same keys to the same values */
bool sr_sweep_same_at(const GPtrArray *left, const GPtrArray *right);

/* ---- merging ---- */

/**
 * sr_sweep_file_merge:
 * @file: the sum; keeps its path
 * @other: another result of the same sweep
 * @fault: (out): set on failure only, with the path of @other; to be cleared. @file can then
 * no longer be used
 *
 * Adds @other to @file; the order of merges does not matter. It refuses another scenario,
 * study or version, and seeds that both have.
 *
 * Returns: whether it could be added
 */
bool sr_sweep_file_merge(SrSweepFile *file, const SrSweepFile *other, SrSweepFault *fault);

/** sr_sweep_file_lookup: Returns: (transfer none) (nullable): the point of that number */
const SrSweepPoint *sr_sweep_file_lookup(const SrSweepFile *file, uint64_t point);

/**
 * SrSweepGap:
 * @missing: (array length=n_missing): ascending
 *
 * Called for the points @first … @last, each of which lacks the seeds @missing.
 */
typedef void (*SrSweepGap)(void *data, uint64_t first, uint64_t last,
                           const SrSeedRange *missing, size_t n_missing);

/** sr_sweep_file_gaps: reports what @file lacks to be complete. Points ascend, and neighbours
 * that lack the same seeds are reported together. */
void sr_sweep_file_gaps(const SrSweepFile *file, SrSweepGap gap, void *data);

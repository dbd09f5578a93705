/* The rows of a sweep for people. Up to three points are shown in full. More points have one
 * line each, and below that the failures with their seeds. The table is at most 100 columns
 * wide, whatever the names of the keys; everything from a file is escaped. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "report/style.h"
#include "report/sweep-file.h"

/** SrSweepTableOptions: the format of a table. Borrowed. */
typedef struct {
    const char *file;             /* (nullable) the scenario, for commands that replay a seed */
    const char *const *overrides; /* (array length=n_overrides): `--set` of the command line */
    size_t n_overrides;
    /* (nullable) further options of such commands, as sr_report_replay_with() takes them */
    const char *options;
    SrStyle style;
} SrSweepTableOptions;

typedef struct SrSweepTable SrSweepTable;

/** sr_sweep_table_new: appends the title. @options must outlive the table. */
SrSweepTable *sr_sweep_table_new(const SrSweepHead *head, const SrSweepTableOptions *options,
                                 GString *out);

/**
 * sr_sweep_table_add:
 *
 * Adds a point of at least one run, like sr_sweep_writer_add(). Appends the text that is
 * final.
 */
void sr_sweep_table_add(SrSweepTable *table, uint64_t point, const GPtrArray *at,
                        const SrSeedRange *parts, size_t n_parts, const SrSweepRow *row,
                        GString *out);

/**
 * sr_sweep_table_require_rate:
 * @text: the threshold: "rate(key-found) < 0.1%"
 *
 * Adds whether the last added point meets the threshold: @n of @runs runs count.
 */
void sr_sweep_table_require_rate(SrSweepTable *table, const char *text, bool met, uint64_t n,
                                 uint64_t runs, GString *out);

/** sr_sweep_table_require_time: the same for a time in ns; @n: how many clients it is about,
 * perhaps 0 */
void sr_sweep_table_require_time(SrSweepTable *table, const char *text, bool met, uint64_t n,
                                 uint64_t value, GString *out);

/** sr_sweep_table_end: appends the rest and frees @table. */
void sr_sweep_table_end(SrSweepTable *table, GString *out);
void sr_sweep_table_free(SrSweepTable *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SrSweepTable, sr_sweep_table_free)

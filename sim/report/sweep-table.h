/* The rows of a sweep for people, or as a table of Markdown, CSV or HTML. For people, up to three points are shown in full. More points have one
 * line each, and below that the failures with their seeds. The table is at most 100 columns
 * wide, whatever the names of the keys; everything from a file is escaped. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "report/style.h"
#include "report/sweep-file.h"

/**
 * SrSweepForm: who reads the table.
 *
 * CSV has a line a point (RFC 4180, but with LF), whose columns are named like the members of the
 * point in the result: `point`, `at.GROUP.KEY`, `runs`, `clients.NAME.n`, `shares.NAME.low`,
 * `checks.NAME.n`, `measures.NAME.p99` and so on: the same columns for every sweep, but for those of
 * what is varied. A measure without a value has empty cells. Markdown has the columns that people
 * read, and below the table what is required. HTML is a table with the same columns.
 */
typedef enum {
    SR_SWEEP_FOR_PEOPLE,
    SR_SWEEP_MARKDOWN,
    SR_SWEEP_CSV,
    SR_SWEEP_HTML
} SrSweepForm;

/** SrSweepTableOptions: the format of a table. Borrowed. */
typedef struct {
    SrSweepForm form;
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

/** SrSweepRequired: a threshold, and what was measured. */
typedef struct {
    const char *text; /* "runs(key-found) < 0.1%" */
    bool met;
    enum {
        SR_SWEEP_REQUIRED_RUNS,    /* @n of @of runs; shown with its interval */
        SR_SWEEP_REQUIRED_CLIENTS, /* @n of @of clients, perhaps of none */
        SR_SWEEP_REQUIRED_VALUE,   /* @value ns, of @n values, perhaps of none */
    } kind;
    uint64_t n, of, value;
    bool of_clients; /* the value is of how long clients took */
} SrSweepRequired;

/** sr_sweep_table_require: adds whether the last added point meets a threshold. */
void sr_sweep_table_require(SrSweepTable *table, const SrSweepRequired *required, GString *out);

/** sr_sweep_table_end: appends the rest and frees @table. */
void sr_sweep_table_end(SrSweepTable *table, GString *out);
void sr_sweep_table_free(SrSweepTable *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SrSweepTable, sr_sweep_table_free)

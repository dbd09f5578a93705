/* What the two forms of the table of a sweep share: points in full, and one line per point. */
#pragma once

#include "report/sweep-table.h"

/* If there are more points than this, each gets one line. */
#define SR_SWEEP_BLOCKS_MAX 3u
#define SR_SWEEP_COLUMNS 100u

/* The form with one line per point. */
typedef struct SrSweepLines SrSweepLines;
SrSweepLines *sr_sweep_lines_new(void);
void sr_sweep_lines_free(SrSweepLines *lines);
void sr_sweep_lines_add(SrSweepLines *lines, uint64_t point, const GPtrArray *at,
                        const SrSweepRow *row);
void sr_sweep_lines_append(const SrSweepLines *lines, const SrStyle *style, GString *out);

/* The forms for programs and pages: SrSweepForm. */
typedef struct SrSweepSheet SrSweepSheet;
/* Appends the beginning. */
SrSweepSheet *sr_sweep_sheet_new(const SrSweepHead *head, SrSweepForm form, GString *out);
void sr_sweep_sheet_free(SrSweepSheet *sheet);
void sr_sweep_sheet_add(SrSweepSheet *sheet, uint64_t point, const GPtrArray *at,
                        const SrSweepRow *row, GString *out);
/* @measured: in words */
void sr_sweep_sheet_require(SrSweepSheet *sheet, const SrSweepRequired *required,
                            const char *measured);
/* Appends the rest. */
void sr_sweep_sheet_end(SrSweepSheet *sheet, GString *out);

/* Appends a point in full, without its name. */
void sr_sweep_block_append(const SrSweepRow *row, const SrStyle *style, GString *out);

/* Appends the names of failing checks with their seeds, a line each behind @indent. */
void sr_sweep_failing_append(const SrSweepRow *row, const char *indent, GString *out);

/* ---- text ---- */

/* Appends "12.3 %": three significant digits; a share below 1 is never shown as 100 %. */
void sr_sweep_percent(GString *out, double share);
/* Appends "0.346 … 1.57 %". */
void sr_sweep_interval(GString *out, uint64_t n, uint64_t runs);

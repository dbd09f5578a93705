/* The first difference between two traces. */
#pragma once

#include "report/style.h"
#include "session-race/trace-reader.h"

/** SR_TRACE_DIFF_CONTEXT_MAX: the most common records that are shown. */
#define SR_TRACE_DIFF_CONTEXT_MAX 1000

/** SrTraceDiff: two traces and the first record that differs. */
typedef struct {
    const SrTrace *traces[2]; /* borrowed */
    bool equal;               /* all records and the last lines are equal */
    size_t
        /* else: index of the first that differs; n_records of a trace that ends there */
        record;
    bool same_header; /* version, scenario, source and seed */
} SrTraceDiff;

/** sr_trace_diff: compares records in their text form, in the order of the files. */
SrTraceDiff sr_trace_diff(const SrTrace *a, const SrTrace *b);
/** sr_trace_diff_human: appends it for people; @context: common records to show. */
void sr_trace_diff_human(const SrTraceDiff *diff, unsigned context, const SrStyle *style,
                         GString *out);
/** sr_trace_diff_json: appends it as a JSON object; its shape: sim/report/trace-diff.c. */
void sr_trace_diff_json(const SrTraceDiff *diff, unsigned context, const char *program,
                        GString *out);

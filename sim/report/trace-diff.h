/* Where two traces part. */
#pragma once

#include "report/look.h"
#include "session-race/trace-reader.h"

/** SR_TRACE_DIFF_CONTEXT_MAX: as many common records are shown at most. */
#define SR_TRACE_DIFF_CONTEXT_MAX 1000

/** SrTraceDiff: two traces and the first record in which they part. */
typedef struct {
    const SrTrace *traces[2]; /* borrowed */
    bool equal;               /* all records are the same, and so are the last lines */
    size_t
        record; /* else: the first that is not, in either; n_records of a trace: it has no more */
    bool same_header; /* version, scenario, source and seed */
} SrTraceDiff;

/** sr_trace_diff: compares records as they are written, in the order of the files. */
SrTraceDiff sr_trace_diff(const SrTrace *a, const SrTrace *b);
/** sr_trace_diff_human: appends it for people; @context: common records to show. */
void sr_trace_diff_human(const SrTraceDiff *diff, unsigned context, const SrLook *look,
                         GString *out);
/** sr_trace_diff_json: appends it as a JSON object; its shape: sim/report/trace-diff.c. */
void sr_trace_diff_json(const SrTraceDiff *diff, unsigned context, const char *program,
                        GString *out);

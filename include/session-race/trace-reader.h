/* Reading a trace back: NDJSON, strict, untrusted. Source: the command line's contract, "The trace". */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "session-race/record.h"
#include "session-race/trace-writer.h"

/** SrTraceFault: why a trace cannot be read. Line and column count from 1; 0 where they do not exist. */
typedef struct {
    bool system; /* it could not be read at all (exit status 3); else it is malformed (2) */
    uint64_t line, column;
    char *message;
} SrTraceFault;
void sr_trace_fault_clear(SrTraceFault *fault);

/**
 * SrTrace:
 *
 * A whole trace. Hints, keys and documents are numbers in the order of their first appearance (hint 0 and key 0: absent;
 * documents from 0), nodes are those of the first line; `names` reads them. Everything is owned by the trace.
 */
typedef struct {
    char *path;
    char *version, *scenario, *source;
    uint64_t seed;
    SrRecord *records; /* n_records, in the order of the file */
    char **details;    /* n_records: the sentence of a `check-failed`, else %NULL */
    size_t n_records;
    bool complete;     /* the last line is there, and its count and digest fit */
    SrTraceEnd end;    /* of the last line; verdict is owned by the trace */
    char digest[33];   /* of the last line; "" without one */
    SrNames names;
    void *tables;      /* private to the reader */
} SrTrace;

/**
 * sr_trace_load:
 * @path: a regular file, or `-` for standard input
 * @fault: (out): set on failure only; to be cleared
 *
 * Strict: duplicate or unknown members, members out of place, numbers over 2^53, invalid UTF-8, trailing data, a missing or
 * wrong last line, a digest that does not fit, more than 4 GiB, lines over 64 KiB (the first line over 128 MiB) are faults with line
 * and column. No recursion.
 *
 * Returns: (transfer full) (nullable): the trace
 */
SrTrace *sr_trace_load(const char *path, SrTraceFault *fault);
/** sr_trace_parse: the same from memory. */
SrTrace *sr_trace_parse(const char *path, const char *text, size_t length, SrTraceFault *fault);
void sr_trace_free(SrTrace *trace);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SrTrace, sr_trace_free)

/* Reads a trace back: NDJSON, strictly, without trusting it. Source: the command line's
 * contract, "The trace". */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "session-race/record.h"
#include "session-race/trace-writer.h"

#pragma GCC visibility push(default)

/** SrTraceFault: why a trace cannot be read. Line and column count from 1; 0 where they do not exist. */
typedef struct {
    const char
        *path; /* (nullable) of the file, borrowed from the call; of sr_trace_load_log() only */
    bool system; /* the file could not be read (exit status 3); else it is malformed (2) */
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
    bool own_provider; /* the encryption provider was the user's own program */
    bool own_signer;   /* the token provider was */
    /* By how many ns the clock of the server and that of the signer were ahead of true time at first; 0: it is not told */
    int64_t server_ahead, signer_ahead;
    SrRecord *records; /* n_records, in the order of the file */
    char **details;    /* n_records: the sentence of a `check-failed`, else %NULL */
    size_t n_records;
    bool complete;   /* the last line is there, with the right count and digest */
    SrTraceEnd end;  /* of the last line; verdict is owned by the trace */
    char digest[33]; /* of the last line; "" without one */
    SrNames names;
    void *tables; /* private to the reader */
    /* Of sr_trace_load_log(): where each record stands. %NULL for a trace of this program, whose
     * records stand in lines 2, 3, … of @path. */
    uint64_t *lines; /* n_records */
    uint16_t *files; /* n_records: index in paths */
    char **paths;    /* n_paths */
    unsigned n_paths;
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
/**
 * sr_trace_load_log:
 * @paths: regular files, or `-` for standard input
 * @partial: a file may be a part of a trace of this program
 * @fault: (out): set on failure only; to be cleared
 *
 * Reads a log of another program, whole or in parts. Its lines are those of a trace, but
 * members may be in any order, and may be missing if that program does not know them; `t` and
 * `seq` may have any values. The first line of the first file has the type `trace` and names
 * the `nodes`. The lines of different nodes may be mixed in any way, or there may be one file per node. A
 * single file that says it is a trace of this program is read as by sr_trace_load() unless
 * it is @partial; `complete` says which it was.
 *
 * The limits are those of sr_trace_load() for each file, and 1024 files.
 *
 * Returns: (transfer full) (nullable): the log
 */
SrTrace *sr_trace_load_log(const char *const *paths, unsigned n_paths, bool partial,
                           SrTraceFault *fault);
/** sr_trace_is_whole: Returns: whether the file at @path begins and ends like a trace of this
 * program; also false if it cannot be read, or is standard input */
bool sr_trace_is_whole(const char *path);
/** sr_trace_parse_log: one such log from memory; never read as a trace of this program. */
SrTrace *sr_trace_parse_log(const char *path, const char *text, size_t length,
                            SrTraceFault *fault);
/**
 * sr_trace_place:
 * @record: index; n_records or more: after the last one
 * @line: (out): from 1
 *
 * Returns: (transfer none): the file that has the record
 */
const char *sr_trace_place(const SrTrace *trace, size_t record, uint64_t *line);
/** sr_trace_keeps_verdict: Returns: whether the last line of the whole @trace has the verdict and the
 * failed checks that its records have; if not, @fault is set */
bool sr_trace_keeps_verdict(const SrTrace *trace, SrTraceFault *fault);
/** sr_trace_speaks_of_document: Returns: whether such a record is about one document, and so
 * names it if a trace has several */
bool sr_trace_speaks_of_document(const SrRecord *record);
void sr_trace_free(SrTrace *trace);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SrTrace, sr_trace_free)

#pragma GCC visibility pop

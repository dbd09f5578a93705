/* The NDJSON form of a run, and its digest. Source: the command line, "The trace". */
#pragma once

#include <glib.h>

#include "session-race/record.h"

#pragma GCC visibility push(default)

/** SrTraceFlush: takes @n bytes that the writer has made. Returns: FALSE with @error set if they
 * could not be kept. */
typedef gboolean (*SrTraceFlush)(void *data, const char *bytes, size_t n, GError **error);

typedef struct SrTraceWriter SrTraceWriter;

/** SrTraceHeader: the first line. */
typedef struct {
    const char *version;
    const char *scenario; /* title */
    const char *source;   /* 32 hex digits */
    uint64_t seed;
    bool own_provider; /* the encryption provider is the user's own program */
    bool own_signer;   /* the token provider is */
    /* By how many ns the clock of the server and that of the signer are ahead of true time at first, at most 2^53 - 1; written
     * only where it is not 0. */
    int64_t server_ahead, signer_ahead;
} SrTraceHeader;

/** SrTraceEnd: the last line. */
typedef struct {
    SrTime t;
    uint64_t events;
    const char *verdict; /* "pass" or "fail" */
    uint32_t failed;     /* bits 1 << SrCheckId */
} SrTraceEnd;

/**
 * sr_trace_writer_new:
 * @names: (transfer none): outlives the writer
 * @flush: (nullable): %NULL for the digest alone
 *
 * The writer owns a buffer of 64 KiB and the names of the first nodes, at most 64 KiB.
 * Writing records allocates nothing.
 */
SrTraceWriter *sr_trace_writer_new(const SrNames *names, SrTraceFlush flush, void *data);
void sr_trace_writer_free(SrTraceWriter *writer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SrTraceWriter, sr_trace_writer_free)

/** sr_trace_writer_begin: starts a trace; the writer may have written others before. */
void sr_trace_writer_begin(SrTraceWriter *writer, const SrTraceHeader *header);
/** sr_trace_writer_record: writes the next line. sr_trace_writer_end() reports errors of flush.
 */
void sr_trace_writer_record(SrTraceWriter *writer, const SrRecord *record);
/**
 * sr_trace_writer_end: writes the last line and flushes everything.
 * @digest: (out): XXH3-128 of the lines between the first and the last, their LF included;
 * canonical form, 32 hex digits
 */
gboolean sr_trace_writer_end(SrTraceWriter *writer, const SrTraceEnd *end,
                             char digest[static 33], GError **error);

/** sr_record_format: appends the line of @record without LF, as in the trace. For stories, tests
 * and tools. */
void sr_record_format(const SrRecord *record, const SrNames *names, GString *out);
/** sr_detail_format: the sentence of a `check-failed` record; plain text (names are of the safe
 * alphabet, hints are escaped). */
void sr_detail_format(const SrRecord *record, const SrNames *names, GString *out);

#pragma GCC visibility pop

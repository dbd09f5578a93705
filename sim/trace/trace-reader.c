/* Reads a trace back.
 *
 * The reader accepts exactly what the writer writes: flat objects without blanks, with the
 * members of each event in a fixed order. So the scanner compares bytes with the expected ones.
 * Only if they differ does it find out what is wrong: a member is unknown, repeated, out of
 * place or missing. It reads the text once, without recursion, and copies a name only when it
 * is new.
 *
 * Traces are not trusted. Every number is checked against its range before it is used. Every
 * string is valid UTF-8. Names are found in tables whose hash is keyed by the text itself, so
 * that no text can cause collisions in its own tables. The tables are only for look-up; all
 * numbers are given in the order of the file.
 *
 * Source: "The trace" of the command line's contract. */
#include "session-race/trace-reader.h"

#include <string.h>
#include <xxhash.h>

#include "base/digest.h"
#include "base/whole-file.h"
#include "trace/trace-reader-private.h"

/* ---- lines ---- */

bool
sr_trace_speaks_of_document(const SrRecord *record)
{
    return sr_record_is_of_document(record);
}

/* A trace names the document in all records that concern one, or in none. */
static bool
check_document(Reader *reader)
{
    bool speaks = sr_trace_speaks_of_document(&reader->record), named = reader->named_document;

    if (!speaks)
        return !named ||
               sr_reader_fail(reader, reader->at - 1, "such a record speaks of no document");
    if (!reader->documents_known)
        reader->has_documents = named;
    reader->documents_known = true;
    if (named == reader->has_documents)
        return true;
    return named ? sr_reader_fail(reader, reader->at - 1,
                                  "a document, which earlier records leave out")
                 : sr_reader_fail(reader, reader->at - 1,
                                  "'document' is missing, which earlier records name");
}

/* Makes room for @n elements of @size bytes. @array: where the pointer to them is. */
static bool
grow(void *array, size_t n, size_t size)
{
    void *bytes, *more;

    memcpy(&bytes, array, sizeof bytes);
    more = g_try_realloc_n(bytes, n, size);
    if (more != NULL)
        memcpy(array, &more, sizeof more);
    return more != NULL;
}

static bool
make_room(Reader *reader)
{
    SrTrace *trace = reader->trace;
    size_t capacity = MAX(reader->capacity * 2, 256);

    if (!grow(&trace->records, capacity, sizeof *trace->records) ||
        !grow(&trace->details, capacity, sizeof *trace->details) ||
        (reader->log && (!grow(&trace->lines, capacity, sizeof *trace->lines) ||
                         !grow(&trace->files, capacity, sizeof *trace->files)))) {
        *reader->fault =
            (SrTraceFault){ .system = true, .message = g_strdup("not enough memory") };
        return false;
    }
    reader->capacity = capacity;
    return true;
}

static bool
keep_record(Reader *reader)
{
    SrTrace *trace = reader->trace;

    if (trace->n_records == reader->capacity && !make_room(reader))
        return false;
    if (reader->log) {
        reader->record.seq = trace->n_records + 1;
        trace->lines[trace->n_records] = reader->number;
        trace->files[trace->n_records] = (uint16_t) (trace->n_paths - 1);
    }
    trace->details[trace->n_records] = g_steal_pointer(&reader->detail);
    trace->records[trace->n_records++] = reader->record;
    return true;
}

/* Returns: SR_HAS_CONTENT if the message of @record carries content, else 0 */
static uint8_t
content_of(const SrRecord *record)
{
    SrMsgSchema message = sr_msg_schema((SrMsg) record->msg);

    return (record->has & SR_HAS_KEY ? message.always | message.perhaps : message.always) &
           SR_HAS_CONTENT;
}

bool
sr_reader_finish_event(Reader *reader)
{
    SrRecord *record = &reader->record;

    if (!check_document(reader))
        return false;
    record->has |= content_of(record);
    if (record->event == SR_EVENT_CHECK_FAILED)
        sr_reader_detail(reader);
    return keep_record(reader);
}

static bool
read_event(Reader *reader)
{
    SrRecord *record = &reader->record;

    memset(record, 0, sizeof *record);
    reader->named_document = false;
    if (!sr_reader_members(reader, sr_head_shape, false))
        return false;
    return sr_reader_members(reader, sr_event_shapes[record->event], true) &&
           sr_reader_finish_event(reader);
}

/* Reads the line at `at` up to its LF. */
static bool
read_line(Reader *reader)
{
#define BEGINS(type)                                                                           \
    (sr_reader_next_is(reader, "{\"type\":\"" type "\"", sizeof("{\"type\":\"" type "\"") - 1))
    if (reader->number == 1) {
        if (!BEGINS("trace"))
            return sr_reader_fail(reader, reader->at,
                                  "not a trace: its first line does not have the type trace");
        reader->at += strlen("{\"type\":\"trace\"");
        return sr_reader_members(reader, sr_first_shape, true);
    }
    if (BEGINS("event")) {
        reader->at += strlen("{\"type\":\"event\"");
        return read_event(reader);
    }
    if (BEGINS("end")) {
        reader->at += strlen("{\"type\":\"end\"");
        reader->is_end = true;
        return sr_reader_members(reader, sr_end_shape, true);
    }
#undef BEGINS
    if (*reader->at == '\n')
        return sr_reader_fail(reader, reader->at, "an empty line");
    return sr_reader_fail(reader, reader->at, "a line that is neither an event nor the end");
}

/* The line ends within the limit, so every function that reads it finds its LF. */
bool
sr_reader_find_line_end(Reader *reader)
{
    size_t limit = reader->number == 1 ? FIRST_LINE_BYTES_MAX : LINE_BYTES_MAX;
    size_t left = (size_t) (reader->end - reader->at);

    if (memchr(reader->at, '\n', MIN(left, limit)) != NULL)
        return true;
    if (left >= limit)
        return sr_reader_fail(reader, reader->at, "a line of more than %zu KiB", limit >> 10);
    return sr_reader_fail(reader, reader->end, "the file breaks off within a line");
}

static bool
read_lines(Reader *reader)
{
    const char *body = NULL, *text = reader->at;
    char digest[33];

    for (reader->number = 1; reader->at < reader->end && !reader->is_end; reader->number++) {
        reader->line = reader->at;
        if (!sr_reader_find_line_end(reader) || !read_line(reader))
            return false;
        reader->at++;
        if (body == NULL)
            body = reader->at;
    }
    if (!reader->is_end) {
        reader->line = reader->at;
        return sr_reader_fail(reader, reader->at,
                              reader->at == text
                                  ? "the file is empty"
                                  : "the last line is missing: the trace breaks off");
    }
    sr_digest_text(XXH3_128bits(body, (size_t) (reader->line - body)), digest);
    if (strcmp(digest, reader->trace->digest) != 0) {
        reader->number--;
        return sr_reader_fail(
            reader, g_strstr_len(reader->line, reader->at - reader->line, "\"digest\":"),
            "the digest of the lines above is %s: the trace is damaged", digest);
    }
    reader->line = reader->at;
    return reader->at == reader->end ||
           sr_reader_fail(reader, reader->at, "a line behind the last one");
}

/* ---- in and out ---- */

void
sr_trace_fault_clear(SrTraceFault *fault)
{
    g_clear_pointer(&fault->message, g_free);
    *fault = (SrTraceFault){ 0 };
}

const char *
sr_trace_place(const SrTrace *trace, size_t record, uint64_t *line)
{
    if (trace->lines == NULL || trace->n_records == 0) {
        *line = record + 2;
        return trace->path;
    }
    record = MIN(record, trace->n_records - 1);
    *line = trace->lines[record];
    return trace->paths[trace->files[record]];
}

bool
sr_trace_keeps_verdict(const SrTrace *trace, SrTraceFault *fault)
{
    uint32_t failed = 0;

    for (size_t i = 0; i < trace->n_records; i++)
        if (trace->records[i].event == SR_EVENT_CHECK_FAILED)
            failed |= 1u << trace->records[i].check;
    if (trace->end.failed == failed && (failed != 0) == (trace->end.verdict[0] == 'f'))
        return true;
    *fault = (SrTraceFault){
        .line = trace->n_records + 2,
        .column = 1,
        .message = g_strdup(
            "the verdict of this line is not that of the lines above: the trace was changed"),
    };
    return false;
}

SrTrace *
sr_trace_new(const char *path)
{
    SrTrace *trace = g_new0(SrTrace, 1);
    Tables *tables = sr_tables_new();

    trace->path = g_strdup(path);
    trace->tables = tables;
    trace->end.verdict = "";
    trace->names = sr_tables_names(tables);
    return trace;
}

void
sr_trace_free(SrTrace *trace)
{
    if (trace == NULL)
        return;
    for (size_t i = 0; i < trace->n_records; i++)
        g_free(trace->details[i]);
    g_free(trace->details);
    g_free(trace->records);
    sr_tables_free(trace->tables);
    g_free(trace->path);
    g_free(trace->version);
    g_free(trace->scenario);
    g_free(trace->source);
    g_free(trace->lines);
    g_free(trace->files);
    for (unsigned i = 0; i < trace->n_paths; i++)
        g_free(trace->paths[i]);
    g_free(trace->paths);
    g_free(trace);
}

SrTrace *
sr_trace_parse(const char *path, const char *text, size_t length, SrTraceFault *fault)
{
    g_autoptr(SrTrace) trace = sr_trace_new(path);
    g_autoptr(GString) scratch = g_string_new(NULL), sentence = g_string_new(NULL);
    Reader reader = {
        .at = text,
        .line = text,
        .end = text + length,
        .hash_key = XXH3_64bits(text, length),
        .trace = trace,
        .tables = trace->tables,
        .scratch = scratch,
        .sentence = sentence,
        .fault = fault,
    };
    bool good;

    *fault = (SrTraceFault){ 0 };
    if (length > TRACE_BYTES_MAX) {
        fault->message = g_strdup("more than 4 GiB");
        return NULL;
    }
    good = read_lines(&reader);
    g_free(reader.detail);
    if (!good)
        return NULL;
    /* A trace that names documents has several, even if its records name only one. */
    if (reader.has_documents)
        trace->names.n_documents = MAX(reader.tables->documents.texts->len, 2);
    trace->complete = true;
    return g_steal_pointer(&trace);
}

bool
sr_trace_read_path(const char *path, char **text, size_t *length, SrTraceFault *fault)
{
    const char *why = sr_whole_file_read(path, TRACE_BYTES_MAX, text, length);

    if (why == sr_whole_file_too_large)
        *fault = (SrTraceFault){ .message = g_strdup("more than 4 GiB") };
    else if (why != NULL)
        *fault = (SrTraceFault){ .system = true, .message = g_strdup(why) };
    return why == NULL;
}

SrTrace *
sr_trace_load(const char *path, SrTraceFault *fault)
{
    g_autofree char *text = NULL;
    size_t length = 0;

    return sr_trace_read_path(path, &text, &length, fault)
               ? sr_trace_parse(path, text, length, fault)
               : NULL;
}

/* What the targets share: what has to hold of any text that is told, traces in memory, and mutations
 * of lines after which numbers and digests fit, since no plain mutation ever guesses a digest.
 *
 * A target is one file that includes this one. libFuzzer makes a fuzzer of it; replay.c makes a test,
 * which takes a corpus through the target once. */
#pragma once

#include <errno.h>
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <xxhash.h>

#include "base/digest.h"
#include "base/whole-file.h"
#include "session-race/record.h"
#include "session-race/stream.h"
#include "session-race/trace-writer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/* Of libFuzzer: changes @data at random. Returns: its new size */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
/* What libFuzzer calls instead, where a target has it. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);

/* Short stacks and little memory kept back: most of the time of a small input went there. To see
 * more of a finding: ASAN_OPTIONS=malloc_context_size=30. */
const char *__asan_default_options(void);
const char *
__asan_default_options(void)
{
    return "malloc_context_size=3:quarantine_size_mb=8";
}

/* ---- what is told ---- */

/* Nothing that is told controls a terminal, or breaks a reader of UTF-8. */
static inline void
fuzz_check_visible(const char *text, size_t length)
{
    g_assert(g_utf8_validate(text, (gssize) length, NULL));
    for (size_t i = 0; i < length; i++)
        g_assert((unsigned char) text[i] >= 0x20 || text[i] == '\n');
}

static inline void
fuzz_check_told(const GString *text)
{
    fuzz_check_visible(text->str, text->len);
}

/* Returns: a number that any change of the input changes, for what a target chooses by itself */
static inline unsigned
fuzz_choice(const uint8_t *data, size_t size)
{
    return (unsigned) XXH3_64bits(data, size);
}

/* ---- files in memory ---- */

/* The only file that there is while an input is tried; %NULL: none. The linker puts the functions
 * below in the place of those that read files. */
static const uint8_t *fuzz_file;
static size_t fuzz_file_size;

char *__wrap_sr_whole_file_real(const char *folder, const char *path, bool *leads_out);
const char *__wrap_sr_whole_file_read(const char *path, uint64_t bytes_max, char **text,
                                      size_t *length);

char *
__wrap_sr_whole_file_real(const char *folder, const char *path, bool *leads_out)
{
    (void) folder;
    *leads_out = false;
    errno = ENOENT;
    return fuzz_file == NULL ? NULL : g_strdup(path);
}

const char *
__wrap_sr_whole_file_read(const char *path, uint64_t bytes_max, char **text, size_t *length)
{
    (void) path;
    g_assert(fuzz_file != NULL && fuzz_file_size <= bytes_max);
    *text = g_malloc(fuzz_file_size + 1);
    memcpy(*text, fuzz_file, fuzz_file_size);
    (*text)[fuzz_file_size] = '\0';
    *length = fuzz_file_size;
    return NULL;
}

/* An SrTraceFlush into memory; @data: GString. */
static inline gboolean
fuzz_append(void *data, const char *bytes, size_t n, GError **error)
{
    (void) error;
    g_string_append_len(data, bytes, (gssize) n);
    return TRUE;
}

/* ---- mutations ---- */

typedef struct {
    size_t at, end; /* within a text */
} FuzzSpan;

/* Returns: a line of @text, which is not empty, with its LF */
static inline FuzzSpan
fuzz_line(const GString *text, SrStream *draws)
{
    size_t at = sr_stream_below(draws, text->len);
    const char *feed = memchr(text->str + at, '\n', text->len - at);

    while (at > 0 && text->str[at - 1] != '\n')
        at--;
    return (FuzzSpan){ at, feed == NULL ? text->len : (size_t) (feed - text->str) + 1 };
}

/* Returns: what stands between two marks of JSON, or of a scenario, in @text, which is not empty */
static inline FuzzSpan
fuzz_value(const GString *text, SrStream *draws)
{
    size_t at = sr_stream_below(draws, text->len), end;

    while (at < text->len && strchr(":=(|[", text->str[at]) == NULL)
        at++;
    at = MIN(at + 1, text->len);
    for (end = at; end < text->len && strchr(",}])|\n", text->str[end]) == NULL;)
        end++;
    return (FuzzSpan){ at, end };
}

static inline GString *
fuzz_copy(const GString *text, FuzzSpan span)
{
    return g_string_new_len(text->str + span.at, (gssize) (span.end - span.at));
}

static inline void
fuzz_replace(GString *text, FuzzSpan span, const char *bytes, size_t n)
{
    g_string_erase(text, (gssize) span.at, (gssize) (span.end - span.at));
    g_string_insert_len(text, (gssize) span.at, bytes, (gssize) n);
}

static inline void
fuzz_mutate_span(GString *text, FuzzSpan span, size_t max_size)
{
    g_autofree uint8_t *bytes = g_malloc(max_size);
    size_t n = MIN(span.end - span.at, max_size);

    if (n > 0)
        memcpy(bytes, text->str + span.at, n);
    n = LLVMFuzzerMutate(bytes, n, max_size);
    fuzz_replace(text, span, (const char *) bytes, n);
}

/* Changes bytes, values and lines. */
static inline void
fuzz_mutate_lines(GString *text, SrStream *draws, size_t max_size)
{
    unsigned what = text->len == 0 ? 0 : (unsigned) sr_stream_below(draws, 8);
    FuzzSpan line = { 0, text->len }, value;
    g_autoptr(GString) copy = NULL;

    if (what <= 1) {
        fuzz_mutate_span(text, line, max_size);
        return;
    }
    line = fuzz_line(text, draws);
    value = fuzz_value(text, draws);
    copy = fuzz_copy(text, what <= 4 ? line : value);
    if (what == 2 || what == 3)
        fuzz_replace(text, line, "", 0);
    if (what == 5)
        fuzz_mutate_span(text, value, 64);
    else if (what > 5)
        fuzz_replace(text, fuzz_value(text, draws), copy->str, copy->len);
    else if (what > 2)
        g_string_insert_len(text, text->len == 0 ? 0 : (gssize) fuzz_line(text, draws).at,
                            copy->str, (gssize) copy->len);
}

/* Returns: where the line of that type begins, or %NULL */
static inline char *
fuzz_find_line(const GString *text, const char *type)
{
    g_autofree char *begin = g_strdup_printf("\n{\"type\":\"%s\"", type);
    char *at = memmem(text->str, text->len, begin, strlen(begin));

    return at == NULL ? NULL : at + 1;
}

/* Writes into the line of @type the digest of the lines above it; @but_first: of those behind the
 * first. */
static inline void
fuzz_fit_digest(GString *text, const char *type, bool but_first)
{
    static const char member[] = "\"digest\":\"";
    char *line = fuzz_find_line(text, type), *end = text->str + text->len, digest[33];
    char *at =
        line == NULL ? NULL : memmem(line, (size_t) (end - line), member, strlen(member));
    char *from =
        but_first && line != NULL ? (char *) memchr(text->str, '\n', text->len) + 1 : text->str;

    if (at == NULL || end - at < (ptrdiff_t) strlen(member) + 32)
        return;
    sr_digest_text(XXH3_128bits(from, (size_t) (line - from)), digest);
    memcpy(at + strlen(member), digest, 32);
}

/* Gives the events of a trace their numbers, and its last line what those say. */
static inline void
fuzz_fit_trace(GString *text)
{
    static const char event[] = "{\"type\":\"event\",\"seq\":",
                      end[] = "{\"type\":\"end\",\"t\":";
    static const char check[] = "\"event\":\"check-failed\",\"check\":\"";
    g_auto(GStrv) lines = g_strsplit(text->str, "\n", -1);
    uint64_t n = 0;
    uint32_t failed = 0;

    g_string_truncate(text, 0);
    for (unsigned i = 0; lines[i] != NULL; i++) {
        const char *rest = lines[i], *which;

        if (g_str_has_prefix(rest, event)) {
            rest += strlen(event) + strspn(rest + strlen(event), "0123456789");
            which = strstr(rest, check);
            for (unsigned id = 0; id < SR_CHECK_N && which != NULL; id++)
                if (g_str_has_prefix(which + strlen(check), sr_check_name((SrCheckId) id)))
                    failed |= 1u << id;
            g_string_append_printf(text, "%s%" G_GUINT64_FORMAT, event, ++n);
        } else if (g_str_has_prefix(rest, end)) {
            size_t digits = strspn(rest + strlen(end), "0123456789");

            g_string_append_len(text, rest, (gssize) (strlen(end) + digits));
            g_string_append_printf(
                text, ",\"events\":%" G_GUINT64_FORMAT ",\"verdict\":\"%s\",\"failed\":[", n,
                failed != 0 ? "fail" : "pass");
            for (unsigned id = 0, more = 0; id < SR_CHECK_N; id++)
                if (failed >> id & 1)
                    g_string_append_printf(text, "%s\"%s\"", more++ > 0 ? "," : "",
                                           sr_check_name((SrCheckId) id));
            rest = "],\"digest\":\"00000000000000000000000000000000\"}";
        }
        g_string_append_printf(text, "%s%s", rest, lines[i + 1] == NULL ? "" : "\n");
    }
    fuzz_fit_digest(text, "end", true);
}

/* Copies @text, which is freed. Returns: its size, or 0 if there is no room for it */
static inline size_t
fuzz_end_mutation(GString *text, uint8_t *data, size_t max_size)
{
    size_t size = text->len <= max_size ? text->len : 0;

    if (size > 0)
        memcpy(data, text->str, size);
    g_string_free(text, TRUE);
    return size;
}

/* A mutator of lines. @fit: (nullable): makes numbers fit afterwards, seven times of eight */
static inline size_t
fuzz_mutate(uint8_t *data, size_t size, size_t max_size, unsigned seed, void (*fit)(GString *))
{
    SrStream draws = sr_stream_at(sr_stream_key(seed, 0, 0), 0);
    GString *text = g_string_new_len((const char *) data, (gssize) size);

    do
        fuzz_mutate_lines(text, &draws, max_size);
    while (sr_stream_below(&draws, 3) == 0);
    if (fit != NULL && sr_stream_below(&draws, 8) > 0)
        fit(text);
    size_t n = fuzz_end_mutation(text, data, max_size);
    return n > 0 ? n : LLVMFuzzerMutate(data, MIN(size, max_size), max_size);
}

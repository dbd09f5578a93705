/* The NDJSON form of records, and the digest of a trace.
 *
 * Lines are formatted by hand into one buffer. At 150 bytes a line, that is as fast as memory
 * can take a trace; one printf per field would be four times slower. Every line fits into
 * LINE_BYTES. So the writer checks the room once before a line and never within it. The digest
 * is computed over the whole buffer when it is flushed, never line by line.
 *
 * Names and hints come from files and from other processes. Plain ASCII is copied as it is.
 * Everything else is escaped by sr_escape_json(), into strings that the writer makes in
 * advance.
 *
 * Source: "The trace" of the command line's contract: keys, their order, what is left out. */
#include "session-race/trace-writer.h"

#include <string.h>
#include <xxhash.h>

#include "base/digest.h"
#include "base/escape.h"
#include "schema/words.h"

/* The longest field of an event is a hint of 256 characters that are all escaped (6150 bytes);
 * in the sentence of a check it is escaped twice. */
#define FIELD_MAX 11000
#define LINE_BYTES 16384
#define BUFFER_BYTES 65536
G_STATIC_ASSERT(6 * SR_HINT_TEXT_MAX + 2 <= FIELD_MAX);
G_STATIC_ASSERT(FIELD_MAX + 3 * 6 * SR_NODE_NAME_MAX + 1024 <= LINE_BYTES);
G_STATIC_ASSERT(LINE_BYTES * 4 <= BUFFER_BYTES);
G_STATIC_ASSERT(sizeof(SrWord) == 32);

/* The writer keeps the JSON strings of this many nodes. */
#define NODES_KEPT 2048u

/* How names become text. The strings are only for names that need escaping, and are made at the
 * first need. */
typedef struct {
    const SrNames *names;
    GString *sentence, *escaped;
    const SrWord *nodes; /* strings of the first nodes; an empty one is not kept */
    uint32_t n_kept;
} Pen;

struct SrTraceWriter {
    Pen pen;
    SrTraceFlush flush;
    void *data;
    XXH3_state_t *hash;
    bool hashed; /* a part of the body has been hashed already */
    SrWord nodes[NODES_KEPT];
    bool body;     /* between the first line and the last: the digest covers what is flushed */
    GError *error; /* the first error of flush */
    size_t n;      /* bytes in the buffer */
    char buffer[BUFFER_BYTES];
};

/* ---- pieces: each writes at @at and returns where the next one goes ---- */

#define PUT(at, literal) put_bytes((at), (literal), sizeof(literal) - 1)

static inline char *
put_bytes(char *at, const char *bytes, size_t n)
{
    memcpy(at, bytes, n);
    return at + n;
}

static const char digit_pairs[201] = "000102030405060708091011121314151617181920212223242526272"
                                     "82930313233343536373839404142434445464748"
                                     "495051525354555657585960616263646566676869707172737475767"
                                     "77879808182838485868788899091929394959697"
                                     "9899";

static inline unsigned
count_digits(uint64_t value)
{
    unsigned n = 1;

    while (value >= 10000) {
        value /= 10000;
        n += 4;
    }
    return n + (value >= 10) + (value >= 100) + (value >= 1000);
}

static inline char *
put_number(char *at, uint64_t value)
{
    char *end = at + count_digits(value);
    char *digit = end;

    while (value >= 100) {
        memcpy(digit -= 2, &digit_pairs[value % 100 * 2], 2);
        value /= 100;
    }
    if (value >= 10)
        memcpy(digit - 2, &digit_pairs[value * 2], 2);
    else
        digit[-1] = (char) ('0' + value);
    return end;
}

static inline char *
put_signed(char *at, int64_t value)
{
    if (value >= 0)
        return put_number(at, (uint64_t) value);
    *at++ = '-';
    return put_number(at, 0 - (uint64_t) value);
}

static inline char *
put_hex(char *at, uint64_t value, unsigned n_digits)
{
    for (unsigned i = n_digits; i > 0; i--)
        *at++ = "0123456789abcdef"[value >> (4 * (i - 1)) & 15];
    return at;
}

/* Copies the whole array and advances by the length; a line has room for that. */
static inline char *
put_word(char *at, const SrWord *words, unsigned index, unsigned n)
{
    g_assert(index < n);
    memcpy(at, &words[index], sizeof *words);
    at += words[index].length;
    *at++ = '"';
    return at;
}

/* Returns: whether all bytes are plain: from a blank to `~`, without quote and backslash. Tests
 * eight bytes at once. The first byte that is not plain is always marked; a borrow can only
 * mark bytes after it. Up to seven bytes behind the text are read and ignored. */
static inline bool
is_plain(const char *text, size_t length)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);

    for (size_t at = 0; at < length; at += 8) {
        uint64_t bytes, quotes, backslashes, wrong;

        memcpy(&bytes, text + at, sizeof bytes);
        bytes = GUINT64_FROM_LE(bytes);
        if (length - at < 8) {
            uint64_t kept = (UINT64_C(1) << (8 * (length - at))) - 1;

            bytes = (bytes & kept) | (ones * ' ' & ~kept);
        }
        quotes = bytes ^ (ones * '"');
        backslashes = bytes ^ (ones * '\\');
        wrong = bytes | (bytes + ones) | (bytes - ones * ' ');
        wrong |= (quotes - ones) | (backslashes - ones);
        if (wrong & (ones * 0x80))
            return false;
    }
    return true;
}

static char *
put_escaped(Pen *pen, char *at, const char *text, size_t length)
{
    if (pen->escaped == NULL)
        pen->escaped = g_string_sized_new(FIELD_MAX);
    g_string_truncate(pen->escaped, 0);
    sr_escape_json(pen->escaped, text, length);
    g_assert(pen->escaped->len <= FIELD_MAX);
    return put_bytes(at, pen->escaped->str, pen->escaped->len);
}

/* Makes a JSON string of the @length bytes that are behind @at. */
static inline char *
quote(Pen *pen, char *at, size_t length)
{
    char text[SR_HINT_TEXT_MAX];

    if (G_LIKELY(is_plain(at + 1, length))) {
        at[0] = '"';
        at[length + 1] = '"';
        return at + length + 2;
    }
    memcpy(text, at + 1, length);
    return put_escaped(pen, at, text, length);
}

static char *
put_any_node(Pen *pen, char *at, uint32_t node)
{
    size_t length = pen->names->node(pen->names->data, node, at + 1);

    g_assert(length < SR_NODE_NAME_MAX);
    return quote(pen, at, length);
}

static inline char *
put_node(Pen *pen, char *at, uint32_t node)
{
    if (G_LIKELY(node < pen->n_kept && pen->nodes[node].length != 0)) {
        memcpy(at, &pen->nodes[node], sizeof pen->nodes[node]);
        return at + pen->nodes[node].length;
    }
    return put_any_node(pen, at, node);
}

/* ---- members ---- */

static inline char *
put_hint(Pen *pen, char *at, uint32_t hint)
{
    size_t length = pen->names->hint(pen->names->data, hint, at + 1);

    g_assert(length < SR_HINT_TEXT_MAX);
    return quote(pen, at, length);
}

static inline char *
put_key(const Pen *pen, char *at, uint32_t key)
{
    *at++ = '"';
    at += pen->names->key(pen->names->data, key, at);
    *at++ = '"';
    return at;
}

static inline char *
put_document(Pen *pen, char *at, uint32_t document)
{
    size_t length = pen->names->document(pen->names->data, document, at + 1);

    g_assert(length < SR_NODE_NAME_MAX);
    return quote(pen, at, length);
}

static char *
put_text(Pen *pen, char *at, uint32_t text)
{
    char bytes[SR_NOTE_TEXT_MAX];

    return put_escaped(pen, at, bytes, pen->names->text(pen->names->data, text, bytes));
}

static inline char *
put_nonce(char *at, const SrRecord *record)
{
    at = put_hex(PUT(at, "\""), record->seal.nonce_sender, 8);
    return PUT(put_hex(at, record->seal.nonce_counter, 16), "\"");
}

static char *
put_detail(Pen *pen, char *at, const SrRecord *record)
{
    if (pen->sentence == NULL)
        pen->sentence = g_string_sized_new(FIELD_MAX);
    g_string_truncate(pen->sentence, 0);
    sr_detail_format(record, pen->names, pen->sentence);
    return put_escaped(pen, at, pen->sentence->str, pen->sentence->len);
}

/* How and when the value of a member is written. @shown: SR_HAS_ bits of what may be shown. A
 * member that may be absent is left out when it is 0; claims are left out by their own bits. */
#define ALWAYS(value) at = (value)
#define WHERE(condition, value)                                                                \
    if (condition)                                                                             \
    at = (value)
#define PUT_WORD(name, words, value, n) put_word(PUT(at, ",\"" name "\":\""), words, value, n)
/* clang-format off */
#define PUT_NODE(name, field, bit)     ALWAYS(put_node(pen, NAME(name), record->field))
#define PUT_NUMBER(name, field, bit)   ALWAYS(put_number(NAME(name), record->field))
#define PUT_SIGNED(name, field, bit)   ALWAYS(put_signed(NAME(name), record->field))
#define PUT_OK(name, field, bit)       ALWAYS(record->field ? PUT(NAME(name), "true") : PUT(NAME(name), "false"))
#define PUT_NONCE(name, field, bit)    ALWAYS(put_nonce(NAME(name), record))
#define PUT_DETAIL(name, field, bit)   ALWAYS(put_detail(pen, NAME(name), record))
#define PUT_MSG(name, field, bit)      ALWAYS(PUT_WORD(name, sr_msg_words, record->field, SR_MSG_N))
#define PUT_STATE(name, field, bit)    ALWAYS(PUT_WORD(name, sr_client_state_words, record->field, SR_CLIENT_STATE_N))
#define PUT_FAULT(name, field, bit)    ALWAYS(PUT_WORD(name, sr_fault_words, record->field, SR_FAULT_N))
#define PUT_CHECK(name, field, bit)    ALWAYS(PUT_WORD(name, sr_check_words, record->field, SR_CHECK_N))
#define PUT_RESULT(name, field, bit)                                                           \
    ALWAYS(record->field == SR_REASON_NONE ? PUT(NAME(name), "\"ok\"")                         \
                                           : PUT_WORD(name, sr_reason_words, record->field, SR_REASON_N))
#define PUT_CLAIM(name, field, bit)    WHERE(record->has & (bit), put_signed(NAME(name), record->field))
#define IS_SHOWN(field, bit)           ((shown & (bit)) && record->field != 0)
#define PUT_CALL(name, field, bit)     ALWAYS(PUT_WORD(name, sr_call_words, record->field, SR_CALL_N))
#define PUT_LEG(name, field, bit)      WHERE(record->field != 0, PUT_WORD(name, sr_leg_words, record->field, SR_LEG_N))
#define PUT_COUNT(name, field, bit)    WHERE(record->field != 0, put_number(NAME(name), record->field))
#define PUT_TEXT(name, field, bit)     WHERE(record->field != 0, put_text(pen, NAME(name), record->field))
#define PUT_CONN(name, field, bit)     WHERE(IS_SHOWN(field, bit), put_number(NAME(name), record->field))
#define PUT_HINT(name, field, bit)     WHERE(IS_SHOWN(field, bit), put_hint(pen, NAME(name), record->field))
#define PUT_KEY(name, field, bit)      WHERE(IS_SHOWN(field, bit), put_key(pen, NAME(name), record->field))
#define PUT_REASON(name, field, bit)   WHERE(IS_SHOWN(field, bit), PUT_WORD(name, sr_reason_words, record->field, SR_REASON_N))
#define PUT_DOCUMENT(name, field, bit)                                                         \
    WHERE(pen->names->n_documents > 1 && sr_record_is_of_document(record), put_document(pen, NAME(name), record->field))
/* clang-format on */
#define NAME(name) PUT(at, ",\"" name "\":")
#define MEMBER(id, name, kind, field, need, has)                                               \
    static inline char *put_member_##id(Pen *pen, char *at, const SrRecord *record,            \
                                        unsigned shown)                                        \
    {                                                                                          \
        (void) pen, (void) shown;                                                              \
        PUT_##kind(name, field, has);                                                          \
        return at;                                                                             \
    }
#include "session-race/events.def"

static char *
put_members(Pen *pen, char *at, const SrRecord *record)
{
    switch ((SrEvent) record->event) {
#define M(member) at = put_member_##member(pen, at, record, shown);
#define EVENT(name, word, sentence, members)                                                   \
    case SR_EVENT_##name: {                                                                    \
        unsigned shown = sr_event_is_message(SR_EVENT_##name) ? record->has : UINT8_MAX;       \
        (void) shown;                                                                          \
        members return at;                                                                     \
    }
#include "session-race/events.def"
    }
    g_assert_not_reached();
}

static char *
put_record(Pen *pen, char *at, const SrRecord *record)
{
    at = put_number(PUT(at, "{\"type\":\"event\",\"seq\":"), record->seq);
    at = put_number(PUT(at, ",\"t\":"), record->t);
    at = put_node(pen, PUT(at, ",\"node\":"), record->node);
    at = put_word(PUT(at, ",\"event\":\""), sr_event_words, record->event, SR_EVENT_N);
    at = put_members(pen, at, record);
    *at++ = '}';
    return at;
}

static void
pen_clear(Pen *pen)
{
    if (pen->sentence != NULL)
        g_string_free(pen->sentence, TRUE);
    if (pen->escaped != NULL)
        g_string_free(pen->escaped, TRUE);
}

void
sr_record_format(const SrRecord *record, const SrNames *names, GString *out)
{
    Pen pen = { .names = names };
    char line[LINE_BYTES] = "";

    g_string_append_len(out, line, put_record(&pen, line, record) - line);
    pen_clear(&pen);
}

/* ---- the writer ---- */

SrTraceWriter *
sr_trace_writer_new(const SrNames *names, SrTraceFlush flush, void *data)
{
    /* Zeros, since is_plain() reads some bytes behind what has been written. */
    SrTraceWriter *writer = g_new0(SrTraceWriter, 1);

    writer->pen = (Pen){
        .names = names,
        .sentence = g_string_sized_new(FIELD_MAX),
        .escaped = g_string_sized_new(FIELD_MAX),
    };
    writer->flush = flush;
    writer->data = data;
    writer->hash = XXH3_createState();
    g_assert(writer->hash != NULL);
    return writer;
}

void
sr_trace_writer_free(SrTraceWriter *writer)
{
    if (writer == NULL)
        return;
    pen_clear(&writer->pen);
    XXH3_freeState(writer->hash);
    g_clear_error(&writer->error);
    g_free(writer);
}

/* Flushes the buffer. After an error of flush nothing more is passed to it. */
static void
drain(SrTraceWriter *writer)
{
    if (writer->body) {
        if (!writer->hashed)
            XXH3_128bits_reset(writer->hash);
        writer->hashed = true;
        XXH3_128bits_update(writer->hash, writer->buffer, writer->n);
    }
    if (writer->flush != NULL && writer->error == NULL && writer->n > 0 &&
        !writer->flush(writer->data, writer->buffer, writer->n, &writer->error))
        g_assert(writer->error != NULL);
    writer->n = 0;
}

/* Returns: where to write a line or a name; written() then takes the end */
static inline char *
reserve(SrTraceWriter *writer)
{
    if (G_UNLIKELY(writer->n > BUFFER_BYTES - LINE_BYTES))
        drain(writer);
    return writer->buffer + writer->n;
}

static inline void
written(SrTraceWriter *writer, const char *end)
{
    writer->n = (size_t) (end - writer->buffer);
}

/* A string of any length, such as a title. */
static void
write_string(SrTraceWriter *writer, const char *text)
{
    g_autoptr(GString) escaped = g_string_new(NULL);

    sr_escape_json(escaped, text, strlen(text));
    for (size_t done = 0; done < escaped->len;) {
        char *at = reserve(writer);
        size_t n = MIN(escaped->len - done, LINE_BYTES);

        written(writer, put_bytes(at, escaped->str + done, n));
        done += n;
    }
}

static void
write_header(SrTraceWriter *writer, const SrTraceHeader *header)
{
    const SrNames *names = writer->pen.names;
    char *at;

    written(writer, PUT(reserve(writer), "{\"type\":\"trace\",\"version\":"));
    write_string(writer, header->version);
    written(writer, PUT(reserve(writer), ",\"scenario\":"));
    write_string(writer, header->scenario);
    written(writer, PUT(reserve(writer), ",\"source\":"));
    write_string(writer, header->source);
    at = put_number(PUT(reserve(writer), ",\"seed\":\""), header->seed);
    written(writer, PUT(at, "\""));
    if (header->own_provider)
        written(writer, PUT(reserve(writer), ",\"provider\":\"exec\""));
    if (header->own_signer)
        written(writer, PUT(reserve(writer), ",\"signer\":\"exec\""));
    if (header->server_ahead != 0)
        written(writer,
                put_signed(PUT(reserve(writer), ",\"server-ahead\":"), header->server_ahead));
    if (header->signer_ahead != 0)
        written(writer,
                put_signed(PUT(reserve(writer), ",\"signer-ahead\":"), header->signer_ahead));
    written(writer, PUT(reserve(writer), ",\"nodes\":["));
    for (uint32_t node = 0; node < names->n_nodes; node++) {
        at = reserve(writer);
        if (node > 0)
            *at++ = ',';
        written(writer, put_node(&writer->pen, at, node));
    }
    written(writer, PUT(reserve(writer), "]}\n"));
}

/* Makes the strings of the first nodes, as far as they fit. */
static void
keep_nodes(SrTraceWriter *writer)
{
    char text[6 * SR_NODE_NAME_MAX + 2] = "";

    writer->pen.nodes = writer->nodes;
    writer->pen.n_kept = MIN(writer->pen.names->n_nodes, NODES_KEPT);
    for (uint32_t node = 0; node < writer->pen.n_kept; node++) {
        SrWord *word = &writer->nodes[node];
        size_t length = (size_t) (put_any_node(&writer->pen, text, node) - text);

        word->length = length <= sizeof word->text ? (uint8_t) length : 0;
        memcpy(word->text, text, word->length);
    }
}

void
sr_trace_writer_begin(SrTraceWriter *writer, const SrTraceHeader *header)
{
    g_clear_error(&writer->error);
    writer->body = false;
    writer->n = 0;
    keep_nodes(writer);
    /* The first line is not part of the digest, so it is not needed when only the digest is
     * wanted. */
    if (writer->flush != NULL) {
        write_header(writer, header);
        drain(writer);
    }
    writer->body = true;
    writer->hashed = false;
}

void
sr_trace_writer_record(SrTraceWriter *writer, const SrRecord *record)
{
    char *at = put_record(&writer->pen, reserve(writer), record);

    *at++ = '\n';
    written(writer, at);
}

static void
write_end(SrTraceWriter *writer, const SrTraceEnd *end, const char digest[static 33])
{
    char *at = put_number(PUT(reserve(writer), "{\"type\":\"end\",\"t\":"), end->t);
    bool first = true;

    at = put_number(PUT(at, ",\"events\":"), end->events);
    at = put_bytes(PUT(at, ",\"verdict\":\""), end->verdict, strlen(end->verdict));
    at = PUT(at, "\",\"failed\":[");
    for (unsigned check = 0; check < SR_CHECK_N; check++) {
        if (!(end->failed >> check & 1))
            continue;
        if (!first)
            *at++ = ',';
        *at++ = '"';
        at = put_word(at, sr_check_words, check, SR_CHECK_N);
        first = false;
    }
    written(writer, PUT(at, "],\"digest\":\""));
    at = put_bytes(reserve(writer), digest, 32);
    written(writer, PUT(at, "\"}\n"));
}

gboolean
sr_trace_writer_end(SrTraceWriter *writer, const SrTraceEnd *end, char digest[static 33],
                    GError **error)
{
    XXH128_hash_t hash;
    char text[33];

    /* A body that fits into the buffer is hashed at once, without a state. */
    if (!writer->hashed) {
        hash = XXH3_128bits(writer->buffer, writer->n);
        writer->body = false;
        drain(writer);
    } else {
        drain(writer);
        writer->body = false;
        hash = XXH3_128bits_digest(writer->hash);
    }
    sr_digest_text(hash, text);
    if (writer->flush != NULL) {
        write_end(writer, end, text);
        drain(writer);
    }
    if (writer->error != NULL) {
        g_propagate_error(error, g_steal_pointer(&writer->error));
        return FALSE;
    }
    memcpy(digest, text, sizeof text);
    return TRUE;
}

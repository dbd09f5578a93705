/* The members of a line: which ones there are, their order in each event, and how to read their
 * values. Only if a line differs from what is expected does the reader find out why: a member
 * is unknown, repeated, out of place or missing. */
#include <inttypes.h>
#include <string.h>

#include "trace/trace-reader-private.h"

static bool
read_failed(Reader *reader)
{
    uint32_t failed = 0;

    if (!sr_reader_expect(reader, '['))
        return false;
    while (*reader->at != ']') {
        const char *at = reader->at + (failed != 0);
        uint8_t check = 0;

        if (failed != 0 && !sr_reader_expect(reader, ','))
            return false;
        if (!sr_reader_word(reader, sr_check_words, 0, SR_CHECK_N, "check", &check))
            return false;
        if (failed >> check != 0)
            return sr_reader_fail(reader, at,
                                  "checks stand in the order of their table, each once");
        failed |= UINT32_C(1) << check;
    }
    reader->at++;
    reader->trace->end.failed = failed;
    return true;
}

/* ---- members ---- */

static bool
read_seed(Reader *reader)
{
    const char *at = reader->at;
    uint64_t seed = 0;
    Slice slice;

    if (!sr_reader_string(reader, &slice))
        return false;
    for (size_t i = 0; i < slice.length; i++) {
        if (!g_ascii_isdigit(slice.bytes[i]) ||
            (i == 0 && slice.length > 1 && *slice.bytes == '0') ||
            __builtin_mul_overflow(seed, 10, &seed) ||
            __builtin_add_overflow(seed, (uint64_t) (slice.bytes[i] - '0'), &seed))
            return sr_reader_fail(reader, at,
                                  "a seed is a number below 2^64, in decimal, as a string");
    }
    reader->trace->seed = seed;
    return slice.length > 0 || sr_reader_fail(reader, at, "the seed is empty");
}

static bool
read_seq(Reader *reader)
{
    const char *at = reader->at;
    uint64_t expected = reader->trace->n_records + 1;

    if (!sr_reader_number(reader, &reader->record.seq))
        return false;
    return reader->record.seq == expected ||
           sr_reader_fail(reader, at,
                          "seq is %" PRIu64 " where %" PRIu64
                          " is due: a line is missing, doubled or "
                          "moved",
                          reader->record.seq, expected);
}

static bool
read_conn(Reader *reader)
{
    const char *at = reader->at;

    if (!sr_reader_number32(reader, &reader->record.conn))
        return false;
    reader->record.has |= SR_HAS_CONN;
    return reader->record.conn > 0 || sr_reader_fail(reader, at, "connections count from 1");
}

static bool
read_reason(Reader *reader)
{
    reader->record.has |= SR_HAS_REASON;
    return sr_reader_word(reader, sr_reason_words, SR_REASON_NONE + 1, SR_REASON_N, "reason",
                          &reader->record.reason);
}

static bool
read_result(Reader *reader)
{
    if (sr_reader_next_is(reader, "\"ok\"", 4)) {
        reader->at += 4;
        return true;
    }
    return sr_reader_word(reader, sr_reason_words, SR_REASON_NONE + 1, SR_REASON_N, "result",
                          &reader->record.reason);
}

static bool
read_nonce(Reader *reader)
{
    Slice slice;

    if (!sr_reader_hex(reader, 24, &slice))
        return false;
    for (unsigned i = 0; i < 24; i++) {
        unsigned digit = (unsigned) g_ascii_xdigit_value(slice.bytes[i]);

        if (i < 8)
            reader->record.seal.nonce_sender = reader->record.seal.nonce_sender << 4 | digit;
        else
            reader->record.seal.nonce_counter = reader->record.seal.nonce_counter << 4 | digit;
    }
    return true;
}

static bool
read_ok(Reader *reader)
{
    reader->record.ok = sr_reader_next_is(reader, "true", 4);
    if (!reader->record.ok && !sr_reader_next_is(reader, "false", 5))
        return sr_reader_fail(reader, reader->at, "true or false is expected here");
    reader->at += reader->record.ok ? 4 : 5;
    return true;
}

static bool
read_verdict(Reader *reader)
{
    const char *at = reader->at;
    Slice slice;

    if (!sr_reader_string(reader, &slice))
        return false;
    if (slice.length != 4 ||
        (memcmp(slice.bytes, "pass", 4) != 0 && memcmp(slice.bytes, "fail", 4) != 0))
        return sr_reader_fail(reader, at, "the verdict is pass or fail");
    reader->trace->end.verdict = *slice.bytes == 'p' ? "pass" : "fail";
    return true;
}

static bool
read_events(Reader *reader)
{
    const char *at = reader->at;

    if (!sr_reader_number(reader, &reader->trace->end.events))
        return false;
    return reader->trace->end.events == reader->trace->n_records ||
           sr_reader_fail(reader, at, "%" PRIu64 " events are announced, there are %zu",
                          reader->trace->end.events, reader->trace->n_records);
}

/* When this line is complete, the digest is compared with that of the lines. */
static bool
read_digest(Reader *reader)
{
    Slice slice;

    if (!sr_reader_hex(reader, 32, &slice))
        return false;
    memcpy(reader->trace->digest, slice.bytes, 32);
    return true;
}

static bool
read_source(Reader *reader)
{
    Slice slice;

    if (!sr_reader_hex(reader, 32, &slice))
        return false;
    reader->trace->source = g_strndup(slice.bytes, slice.length);
    return true;
}

/* Reads what a service is, which is named only where it is the user's own program. */
static bool
read_own(Reader *reader, bool *own)
{
    const char *at = reader->at;
    Slice slice;

    if (!sr_reader_string(reader, &slice))
        return false;
    *own = slice.length == 4 && memcmp(slice.bytes, "exec", 4) == 0;
    return *own ||
           sr_reader_fail(reader, at, "a service is exec, or the first line does not name it");
}

/* Reads by how much a clock was ahead. */
static bool
read_ahead(Reader *reader, int64_t *ahead)
{
    const char *at = reader->at;

    if (!sr_reader_signed(reader, ahead))
        return false;
    return *ahead != 0 || reader->log ||
           sr_reader_fail(reader, at, "a clock is off, or the first line does not tell it");
}

/* clang-format off */
#define MEMBER_BYTES 16
#define NAMED(name) { "\"" name "\":", sizeof("\"" name "\":") - 1 }
static const struct {
    char text[MEMBER_BYTES]; /* with quotes and colon, followed by zeros */
    size_t length;
} members[MEMBER_N] = {
#define MEMBER(id, name, ...) [SR_MEMBER_##id] = NAMED(name),
#include "session-race/events.def"
    [MEMBER_TYPE] = NAMED("type"),
#define LINE_MEMBER(id, name, read) [MEMBER_##id] = NAMED(name),
    LINE_MEMBERS(LINE_MEMBER)
#undef LINE_MEMBER
};

/* The members of a line, in their order, ended by SR_MEMBER_NONE. A real system may leave out what
 * it does not know, but the members that identify a record must be there. */
const uint8_t sr_first_shape[] = { MEMBER_VERSION, MEMBER_SCENARIO, MEMBER_SOURCE, MEMBER_SEED, MEMBER_PROVIDER | OPTIONAL, MEMBER_SIGNER | OPTIONAL, MEMBER_SERVER_AHEAD | OPTIONAL, MEMBER_SIGNER_AHEAD | OPTIONAL, MEMBER_NODES, SR_MEMBER_NONE };
const uint8_t sr_head_shape[] = { MEMBER_SEQ, MEMBER_T, MEMBER_NODE, MEMBER_EVENT, SR_MEMBER_NONE };
const uint8_t sr_end_shape[] = { MEMBER_END_T, MEMBER_EVENTS, MEMBER_VERDICT, MEMBER_FAILED, MEMBER_DIGEST, SR_MEMBER_NONE };
enum {
    MUST = 0,
    MAY = OPTIONAL,
#define MEMBER(id, name, kind, field, need, has) NEED_##id = need,
#include "session-race/events.def"
};
const uint8_t sr_event_shapes[SR_EVENT_N][12] = {
#define M(member) SR_MEMBER_##member | NEED_##member,
#define EVENT(name, word, sentence, members) [SR_EVENT_##name] = { members SR_MEMBER_NONE },
#include "session-race/events.def"
};
/* clang-format on */

Slice
sr_reader_member_name(unsigned member)
{
    return (Slice){ members[member].text + 1, members[member].length - 3 };
}

static bool
read_claim(Reader *reader, unsigned bit, int64_t *claim)
{
    reader->record.has |= (uint8_t) bit;
    return sr_reader_signed(reader, claim);
}

/* How the value of a member of each kind is read. */
#define READ_WORD(field, words, first, n, what)                                                \
    sr_reader_word(reader, words, first, n, what, &record->field)
/* clang-format off */
#define READ_NODE(field, has)     sr_reader_node(reader, &record->field)
#define READ_NUMBER(field, has)   sr_reader_number(reader, &record->field)
#define READ_SIGNED(field, has)   sr_reader_signed(reader, &record->field)
#define READ_OK(field, has)       read_ok(reader)
#define READ_NONCE(field, has)    read_nonce(reader)
#define READ_DETAIL(field, has)   sr_reader_text(reader, &reader->detail)
#define READ_MSG(field, has)      READ_WORD(field, sr_msg_words, SR_MSG_NONE + 1, SR_MSG_N, "message")
#define READ_STATE(field, has)    READ_WORD(field, sr_client_state_words, 0, SR_CLIENT_STATE_N, "state")
#define READ_FAULT(field, has)    READ_WORD(field, sr_fault_words, 0, SR_FAULT_N, "fault")
#define READ_CHECK(field, has)    READ_WORD(field, sr_check_words, 0, SR_CHECK_N, "check")
#define READ_RESULT(field, has)   read_result(reader)
#define READ_CLAIM(field, has)    read_claim(reader, has, &record->field)
#define READ_CONN(field, has)     read_conn(reader)
#define READ_HINT(field, has)     sr_reader_hint(reader)
#define READ_KEY(field, has)      sr_reader_key(reader)
#define READ_REASON(field, has)   read_reason(reader)
#define READ_DOCUMENT(field, has) sr_reader_document(reader)
#define READ_CALL(field, has)     READ_WORD(field, sr_call_words, 0, SR_CALL_N, "call")
#define READ_LEG(field, has)      READ_WORD(field, sr_leg_words, SR_LEG_NONE + 1, SR_LEG_N, "leg")
#define READ_COUNT(field, has)    sr_reader_number(reader, &record->field)
#define READ_TEXT(field, has)     sr_reader_note(reader, &record->field)
/* clang-format on */

bool
sr_reader_value(Reader *reader, unsigned member)
{
    SrRecord *record = &reader->record;

    switch (member) {
#define MEMBER(id, name, kind, field, need, has)                                               \
    case SR_MEMBER_##id:                                                                       \
        return READ_##kind(field, has);
#include "session-race/events.def"
#define LINE_MEMBER(id, name, read)                                                            \
    case MEMBER_##id:                                                                          \
        return read;
        LINE_MEMBERS(LINE_MEMBER)
    }
    g_assert_not_reached();
}

/* ---- objects ---- */

static bool
shape_has(const uint8_t *shape, const char *name, size_t length)
{
    for (; *shape != SR_MEMBER_NONE; shape++) {
        unsigned id = (unsigned) (*shape & ~OPTIONAL);

        if (members[id].length == length + 3 && memcmp(members[id].text + 1, name, length) == 0)
            return true;
    }
    return false;
}

/* The name of @member without quotes and colon. */
#define BARE(member) (int) members[member].length - 3, members[member].text + 1

/* The text at `at` is not what is expected: finds out why. @due is the expected member, or
 * SR_MEMBER_NONE for the end of the object. */
static bool
explain(Reader *reader, const uint8_t *shape, unsigned due)
{
    const char *comma = reader->at, *name_at;
    Slice name;

    if (*comma == ' ' || *comma == '\t')
        return sr_reader_fail(reader, comma, "a trace has no blanks between its members");
    if (*comma == '}')
        return sr_reader_fail(reader, comma, "'%.*s' is missing", BARE(due));
    if (*comma != ',')
        return sr_reader_fail(reader, comma, "',' or '}' is expected here");
    name_at = ++reader->at;
    if (*name_at == ' ' || *name_at == '\t')
        return sr_reader_fail(reader, name_at, "a trace has no blanks between its members");
    if (!sr_reader_string(reader, &name))
        return false;
    if (*reader->at != ':')
        return sr_reader_fail(reader, reader->at, "':' is expected here");

    g_autofree char *text = sr_reader_shown(name.bytes, name.length);
    g_autofree char *quoted = g_strdup_printf("\"%.*s\":", (int) name.length, name.bytes);
    bool before = g_strstr_len(reader->line, comma - reader->line, quoted) != NULL;
    bool known = shape_has(shape, name.bytes, name.length) ||
                 shape_has(sr_head_shape, name.bytes, name.length) ||
                 strcmp(quoted, "\"type\":") == 0;

    if (before && known)
        return sr_reader_fail(reader, name_at, "%s is there twice", text);
    if (due == MEMBER_VERSION && strcmp(quoted, "\"nodes\":") == 0)
        return sr_reader_fail(reader, name_at,
                              "a log of another program: only 'verify' and 'diff' read it");
    if (known && due != SR_MEMBER_NONE)
        return sr_reader_fail(reader, name_at, "%s is out of place: '%.*s' is due here", text,
                              BARE(due));
    if (known)
        return sr_reader_fail(reader, name_at, "%s is out of place", text);
    return sr_reader_fail(reader, name_at, "a member %s that such a record does not have",
                          text);
}

/* Returns: whether the first @n bytes, 1 to 8, are equal; both must have eight readable bytes
 */
static inline bool
begins_alike(const char *a, const char *b, size_t n)
{
    uint64_t x, y;

    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (GUINT64_FROM_LE(x ^ y) << (8 * (8 - n))) == 0;
}

/* Returns: whether the comma at `at` is followed by the name of @member */
static inline bool
begins_with_member(const Reader *reader, unsigned member)
{
    const char *at = reader->at + 1;
    size_t length = members[member].length;

    if ((size_t) (reader->end - reader->at) <= MEMBER_BYTES)
        return (size_t) (reader->end - reader->at) > length &&
               memcmp(at, members[member].text, length) == 0;
    return begins_alike(at, members[member].text, MIN(length, 8)) &&
           (length <= 8 || begins_alike(at + 8, members[member].text + 8, length - 8));
}

/* Reads the members of @shape, each with the comma before it; if @closes, also the end of the
 * line. */
bool
sr_reader_members(Reader *reader, const uint8_t *shape, bool closes)
{
    unsigned due = SR_MEMBER_NONE;

    for (const uint8_t *step = shape; *step != SR_MEMBER_NONE; step++) {
        unsigned id = (unsigned) (*step & ~OPTIONAL);

        if (*reader->at == ',' && begins_with_member(reader, id)) {
            reader->at += 1 + members[id].length;
            if (!sr_reader_value(reader, id))
                return false;
        } else if (!(*step & OPTIONAL)) {
            due = id;
            break;
        }
    }
    if (due != SR_MEMBER_NONE)
        return explain(reader, shape, due);
    if (!closes)
        return true;
    if (*reader->at != '}')
        return explain(reader, shape, SR_MEMBER_NONE);
    reader->at++;
    return *reader->at == '\n' ||
           sr_reader_fail(reader, reader->at, "something behind the object");
}

/* The members of a line: which there are, in which order they stand in which event, and how the value
 * of each is read. Only where a line differs from what must stand there is it found out what is
 * wrong: a member that is unknown, there twice, out of place or missing. */
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
        if (!g_ascii_isdigit(slice.octets[i]) ||
            (i == 0 && slice.length > 1 && *slice.octets == '0') ||
            __builtin_mul_overflow(seed, 10, &seed) ||
            __builtin_add_overflow(seed, (uint64_t) (slice.octets[i] - '0'), &seed))
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
        unsigned digit = (unsigned) g_ascii_xdigit_value(slice.octets[i]);

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
        (memcmp(slice.octets, "pass", 4) != 0 && memcmp(slice.octets, "fail", 4) != 0))
        return sr_reader_fail(reader, at, "the verdict is pass or fail");
    reader->trace->end.verdict = *slice.octets == 'p' ? "pass" : "fail";
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

/* The digest is compared with that of the lines once this line is whole. */
static bool
read_digest(Reader *reader)
{
    Slice slice;

    if (!sr_reader_hex(reader, 32, &slice))
        return false;
    memcpy(reader->trace->digest, slice.octets, 32);
    return true;
}

static bool
read_source(Reader *reader)
{
    Slice slice;

    if (!sr_reader_hex(reader, 32, &slice))
        return false;
    reader->trace->source = g_strndup(slice.octets, slice.length);
    return true;
}

/* clang-format off */
#define MEMBER_OCTETS 16
#define NAME(name) "\"" name "\":", sizeof("\"" name "\":") - 1
static const struct {
    char text[MEMBER_OCTETS]; /* with its quotes and colon, zeros behind it */
    size_t length;
} members[MEMBER_N] = {
    [MEMBER_TYPE]       = { NAME("type") },
    [MEMBER_VERSION]    = { NAME("version") },
    [MEMBER_SCENARIO]   = { NAME("scenario") },
    [MEMBER_SOURCE]     = { NAME("source") },
    [MEMBER_SEED]       = { NAME("seed") },
    [MEMBER_NODES]      = { NAME("nodes") },
    [MEMBER_SEQ]        = { NAME("seq") },
    [MEMBER_T]          = { NAME("t") },
    [MEMBER_NODE]       = { NAME("node") },
    [MEMBER_EVENT]      = { NAME("event") },
    [MEMBER_MSG]        = { NAME("msg") },
    [MEMBER_TO]         = { NAME("to") },
    [MEMBER_FROM]       = { NAME("from") },
    [MEMBER_ID]         = { NAME("id") },
    [MEMBER_CONN]       = { NAME("conn") },
    [MEMBER_HINT]       = { NAME("hint") },
    [MEMBER_REASON]     = { NAME("reason") },
    [MEMBER_IAT]        = { NAME("iat") },
    [MEMBER_EXP]        = { NAME("exp") },
    [MEMBER_NBF]        = { NAME("nbf") },
    [MEMBER_KEY]        = { NAME("key") },
    [MEMBER_DOCUMENT]   = { NAME("document") },
    [MEMBER_CLIENT]     = { NAME("client") },
    [MEMBER_FROM_STATE] = { NAME("from") },
    [MEMBER_TO_STATE]   = { NAME("to") },
    [MEMBER_NONCE]      = { NAME("nonce") },
    [MEMBER_BYTES]      = { NAME("bytes") },
    [MEMBER_OK]         = { NAME("ok") },
    [MEMBER_NOW]        = { NAME("now") },
    [MEMBER_LEEWAY]     = { NAME("leeway") },
    [MEMBER_RESULT]     = { NAME("result") },
    [MEMBER_ACTION]     = { NAME("action") },
    [MEMBER_TARGET]     = { NAME("target") },
    [MEMBER_OFFSET]     = { NAME("offset") },
    [MEMBER_CHECK]      = { NAME("check") },
    [MEMBER_DETAIL]     = { NAME("detail") },
    [MEMBER_END_T]      = { NAME("t") },
    [MEMBER_EVENTS]     = { NAME("events") },
    [MEMBER_VERDICT]    = { NAME("verdict") },
    [MEMBER_FAILED]     = { NAME("failed") },
    [MEMBER_DIGEST]     = { NAME("digest") },
};
#undef NAME

/* The members of a line, in their order, closed by MEMBER_NONE. What a real system does not know it may leave out; what makes a
 * record what it is must be there. */
#define CLAIMS MEMBER_IAT | OPTIONAL, MEMBER_EXP | OPTIONAL, MEMBER_NBF | OPTIONAL
#define HINT MEMBER_HINT | OPTIONAL
#define KEY MEMBER_KEY | OPTIONAL
#define REASON MEMBER_REASON | OPTIONAL
#define CONN MEMBER_CONN | OPTIONAL
#define DOCUMENT MEMBER_DOCUMENT | OPTIONAL
const uint8_t sr_first_shape[] = { MEMBER_VERSION, MEMBER_SCENARIO, MEMBER_SOURCE, MEMBER_SEED, MEMBER_NODES, MEMBER_NONE };
const uint8_t sr_head_shape[] = { MEMBER_SEQ, MEMBER_T, MEMBER_NODE, MEMBER_EVENT, MEMBER_NONE };
const uint8_t sr_end_shape[] = { MEMBER_END_T, MEMBER_EVENTS, MEMBER_VERDICT, MEMBER_FAILED, MEMBER_DIGEST, MEMBER_NONE };
const uint8_t sr_event_shapes[SR_EVENT_N][12] = {
    [SR_EVENT_START]             = { MEMBER_NONE },
    [SR_EVENT_SEND]              = { MEMBER_MSG, MEMBER_TO, MEMBER_ID, CONN, HINT, REASON, CLAIMS, KEY, DOCUMENT },
    [SR_EVENT_RECEIVE]           = { MEMBER_MSG, MEMBER_FROM, MEMBER_ID, CONN, HINT, REASON, CLAIMS, KEY, DOCUMENT },
    [SR_EVENT_LOSE]              = { MEMBER_MSG, MEMBER_ID, REASON, DOCUMENT },
    [SR_EVENT_CONNECTION_OPENED] = { MEMBER_CLIENT, CONN },
    [SR_EVENT_CONNECTION_CLOSED] = { MEMBER_CLIENT, CONN, REASON },
    [SR_EVENT_STATE]             = { MEMBER_FROM_STATE, MEMBER_TO_STATE },
    [SR_EVENT_KEY_MADE]          = { HINT, KEY, DOCUMENT },
    [SR_EVENT_KEY_DISCARDED]     = { HINT, REASON, DOCUMENT },
    [SR_EVENT_KEY_FOUND]         = { HINT, KEY, DOCUMENT },
    [SR_EVENT_KEY_MISSING]       = { HINT, DOCUMENT },
    [SR_EVENT_SEALED]            = { HINT, KEY, MEMBER_NONCE, MEMBER_BYTES, DOCUMENT },
    [SR_EVENT_OPENED]            = { HINT, KEY, MEMBER_OK, DOCUMENT },
    [SR_EVENT_WON]               = { HINT, DOCUMENT },
    [SR_EVENT_REJECTED]          = { DOCUMENT },
    [SR_EVENT_RELEASED]          = { HINT, REASON, DOCUMENT },
    [SR_EVENT_ESTABLISHED]       = { HINT, DOCUMENT },
    [SR_EVENT_TOKEN_SIGNED]      = { CLAIMS },
    [SR_EVENT_TOKEN_JUDGED]      = { MEMBER_CLIENT, MEMBER_MSG, CLAIMS, MEMBER_NOW, MEMBER_LEEWAY, MEMBER_RESULT },
    [SR_EVENT_FAULT]             = { MEMBER_ACTION, MEMBER_TARGET },
    [SR_EVENT_CLOCK]             = { MEMBER_OFFSET },
    [SR_EVENT_COLLABORATING]     = { MEMBER_NONE },
    [SR_EVENT_FAILED]            = { REASON },
    [SR_EVENT_CHECK_FAILED]      = { MEMBER_CHECK, MEMBER_DETAIL, DOCUMENT },
};
#undef CLAIMS
#undef HINT
#undef KEY
#undef REASON
#undef CONN
#undef DOCUMENT
/* clang-format on */

Slice
sr_reader_member_name(MemberId member)
{
    return (Slice){ members[member].text + 1, members[member].length - 3 };
}

static bool
read_claim(Reader *reader, unsigned bit, int64_t *claim)
{
    reader->record.has |= (uint8_t) bit;
    return sr_reader_signed(reader, claim);
}

bool
sr_reader_value(Reader *reader, MemberId member)
{
    SrRecord *record = &reader->record;

    switch (member) {
    case MEMBER_VERSION:
        return sr_reader_text(reader, &reader->trace->version);
    case MEMBER_SCENARIO:
        return sr_reader_text(reader, &reader->trace->scenario);
    case MEMBER_SOURCE:
        return read_source(reader);
    case MEMBER_SEED:
        return read_seed(reader);
    case MEMBER_NODES:
        return sr_reader_nodes(reader);
    case MEMBER_SEQ:
        return read_seq(reader);
    case MEMBER_T:
        return sr_reader_number(reader, &record->t);
    case MEMBER_NODE:
        return sr_reader_node(reader, &record->node);
    case MEMBER_EVENT:
        return sr_reader_word(reader, sr_event_words, 0, SR_EVENT_N, "event", &record->event);
    case MEMBER_MSG:
        return sr_reader_word(reader, sr_msg_words, SR_MSG_NONE + 1, SR_MSG_N, "message",
                              &record->msg);
    case MEMBER_TO:
    case MEMBER_FROM:
    case MEMBER_CLIENT:
    case MEMBER_TARGET:
        return sr_reader_node(reader, &record->peer);
    case MEMBER_ID:
        return sr_reader_number(reader, &record->id);
    case MEMBER_CONN:
        return read_conn(reader);
    case MEMBER_HINT:
        return sr_reader_hint(reader);
    case MEMBER_REASON:
        return read_reason(reader);
    case MEMBER_IAT:
        return read_claim(reader, SR_HAS_IAT, &record->token.iat);
    case MEMBER_EXP:
        return read_claim(reader, SR_HAS_EXP, &record->token.exp);
    case MEMBER_NBF:
        return read_claim(reader, SR_HAS_NBF, &record->token.nbf);
    case MEMBER_KEY:
        return sr_reader_key(reader);
    case MEMBER_DOCUMENT:
        return sr_reader_document(reader);
    case MEMBER_FROM_STATE:
        return sr_reader_word(reader, sr_client_state_words, 0, SR_CLIENT_STATE_N, "state",
                              &record->from);
    case MEMBER_TO_STATE:
        return sr_reader_word(reader, sr_client_state_words, 0, SR_CLIENT_STATE_N, "state",
                              &record->to);
    case MEMBER_NONCE:
        return read_nonce(reader);
    case MEMBER_BYTES:
        return sr_reader_number(reader, &record->seal.bytes);
    case MEMBER_OK:
        return read_ok(reader);
    case MEMBER_NOW:
        return sr_reader_signed(reader, &record->token.now);
    case MEMBER_LEEWAY:
        return sr_reader_signed(reader, &record->token.leeway);
    case MEMBER_RESULT:
        return read_result(reader);
    case MEMBER_ACTION:
        return sr_reader_word(reader, sr_fault_words, 0, SR_FAULT_WORD_N, "fault",
                              &record->action);
    case MEMBER_OFFSET:
        return sr_reader_signed(reader, &record->clock.offset);
    case MEMBER_CHECK:
        return sr_reader_word(reader, sr_check_words, 0, SR_CHECK_N, "check", &record->check);
    case MEMBER_DETAIL:
        return sr_reader_text(reader, &reader->detail);
    case MEMBER_END_T:
        return sr_reader_number(reader, &reader->trace->end.t);
    case MEMBER_EVENTS:
        return read_events(reader);
    case MEMBER_VERDICT:
        return read_verdict(reader);
    case MEMBER_FAILED:
        return read_failed(reader);
    case MEMBER_DIGEST:
        return read_digest(reader);
    case MEMBER_NONE:
    case MEMBER_TYPE:
        break;
    }
    g_assert_not_reached();
}

/* ---- objects ---- */

static bool
shape_has(const uint8_t *shape, const char *name, size_t length)
{
    for (; *shape != MEMBER_NONE; shape++) {
        MemberId id = (MemberId) (*shape & ~OPTIONAL);

        if (members[id].length == length + 3 && memcmp(members[id].text + 1, name, length) == 0)
            return true;
    }
    return false;
}

/* The name of @member without its quotes and colon. */
#define BARE(member) (int) members[member].length - 3, members[member].text + 1

/* What stands at `at` is not what must: finds out why. @due is what must, MEMBER_NONE for the
 * end of the object. */
static bool
explain(Reader *reader, const uint8_t *shape, MemberId due)
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

    g_autofree char *text = sr_reader_shown(name.octets, name.length);
    g_autofree char *quoted = g_strdup_printf("\"%.*s\":", (int) name.length, name.octets);
    bool before = g_strstr_len(reader->line, comma - reader->line, quoted) != NULL;
    bool known = shape_has(shape, name.octets, name.length) ||
                 shape_has(sr_head_shape, name.octets, name.length) ||
                 strcmp(quoted, "\"type\":") == 0;

    if (before && known)
        return sr_reader_fail(reader, name_at, "%s is there twice", text);
    if (known && due != MEMBER_NONE)
        return sr_reader_fail(reader, name_at, "%s is out of place: '%.*s' is due here", text,
                              BARE(due));
    if (known)
        return sr_reader_fail(reader, name_at, "%s is out of place", text);
    return sr_reader_fail(reader, name_at, "a member %s that such a record does not have",
                          text);
}

/* Whether the first @n octets, 1 to 8, are the same; eight can be read of both. */
static inline bool
begins_alike(const char *a, const char *b, size_t n)
{
    uint64_t x, y;

    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (GUINT64_FROM_LE(x ^ y) << (8 * (8 - n))) == 0;
}

/* Whether the name of @member stands behind the comma at `at`. */
static inline bool
begins_with_member(const Reader *reader, MemberId member)
{
    const char *at = reader->at + 1;
    size_t length = members[member].length;

    if ((size_t) (reader->end - reader->at) <= MEMBER_OCTETS)
        return (size_t) (reader->end - reader->at) > length &&
               memcmp(at, members[member].text, length) == 0;
    return begins_alike(at, members[member].text, MIN(length, 8)) &&
           (length <= 8 || begins_alike(at + 8, members[member].text + 8, length - 8));
}

/* Reads the members of @shape, each with the comma before it, and with @closes what ends the
 * line. */
bool
sr_reader_members(Reader *reader, const uint8_t *shape, bool closes)
{
    MemberId due = MEMBER_NONE;

    for (const uint8_t *step = shape; *step != MEMBER_NONE; step++) {
        MemberId id = (MemberId) (*step & ~OPTIONAL);

        if (*reader->at == ',' && begins_with_member(reader, id)) {
            reader->at += 1 + members[id].length;
            if (!sr_reader_value(reader, id))
                return false;
        } else if (!(*step & OPTIONAL)) {
            due = id;
            break;
        }
    }
    if (due != MEMBER_NONE)
        return explain(reader, shape, due);
    if (!closes)
        return true;
    if (*reader->at != '}')
        return explain(reader, shape, MEMBER_NONE);
    reader->at++;
    return *reader->at == '\n' ||
           sr_reader_fail(reader, reader->at, "something behind the object");
}

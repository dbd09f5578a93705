/* The trace: the exact line of every event, the first and the last line, the digest, flushing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/escape.h"
#include "session-race/trace-writer.h"

#define ALICE SR_NODE_FIRST_CLIENT
#define BOB (SR_NODE_FIRST_CLIENT + 1)

enum { HINT_EMPTY = 1, HINT_U1, HINT_ODD, HINT_LONG, HINT_BROKEN };

/* Hints from here on: 17 letters, one of which is another byte. */
#define HINT_PLACES 17u
#define HINT_ONE_BYTE 1000u

/* ---- names ---- */

static size_t
copy(char *out, const char *text)
{
    memcpy(out, text, strlen(text));
    return strlen(text);
}

static size_t
name_node(const void *data, uint32_t node, char out[SR_NODE_NAME_MAX])
{
    static const char *const names[] = { "server", "token-provider", "encryption-provider",
                                         "alice", "bob" };
    char text[32];

    (void) data;
    if (node < G_N_ELEMENTS(names))
        return copy(out, names[node]);
    g_snprintf(text, sizeof text, "fan-%u", node);
    return copy(out, text);
}

static size_t
name_document(const void *data, uint32_t document, char out[SR_NODE_NAME_MAX])
{
    (void) data;
    return copy(out, document == 0 ? "minutes" : "plan");
}

static size_t
name_hint(const void *data, uint32_t hint, char out[SR_HINT_TEXT_MAX])
{
    (void) data;
    if (hint >= HINT_ONE_BYTE) {
        memset(out, 'x', HINT_PLACES);
        out[(hint - HINT_ONE_BYTE) % HINT_PLACES] =
            (char) ((hint - HINT_ONE_BYTE) / HINT_PLACES);
        return HINT_PLACES;
    }
    switch (hint) {
    case HINT_EMPTY:
        return 0;
    case HINT_U1:
        return copy(out, "u1");
    case HINT_ODD:
        return copy(out, "a\"b\\c\n\x1b\xe2\x80\xae\xc3\xa9");
    case HINT_BROKEN:
        return copy(out, "\xff!");
    default: /* 256 characters of four bytes */
        for (unsigned i = 0; i < 256; i++)
            memcpy(out + 4 * i, "\xf0\x9f\x94\x91", 4);
        return 1024;
    }
}

static size_t
name_key(const void *data, uint32_t key, char out[17])
{
    (void) data;
    g_snprintf(out, 17, "%016x", key);
    return 16;
}

static size_t
name_text(const void *data, uint32_t text, char out[SR_NOTE_TEXT_MAX])
{
    (void) data;
    return copy(out, text == 1 ? "put keys" : "p.js:4");
}

static const SrNames one_document = {
    .n_nodes = 5,
    .n_documents = 1,
    .node = name_node,
    .document = name_document,
    .hint = name_hint,
    .key = name_key,
    .text = name_text,
};
static const SrNames two_documents = {
    .n_nodes = 5,
    .n_documents = 2,
    .node = name_node,
    .document = name_document,
    .hint = name_hint,
    .key = name_key,
    .text = name_text,
};

/* ---- lines ---- */

#define ALL_TOKEN (SR_HAS_IAT | SR_HAS_EXP | SR_HAS_NBF)

/* clang-format off */
static const struct row {
    const char *name;
    SrRecord record;
    const char *line; /* from the event on */
} rows[] = {
    { "start has no fields", { .event = SR_EVENT_START, .node = ALICE }, "start\"" },
    { "collaborating has no fields", { .event = SR_EVENT_COLLABORATING, .node = ALICE }, "collaborating\"" },
    { "rejected has no fields of its own", { .event = SR_EVENT_REJECTED, .node = ALICE, .document = 1 },
      "rejected\",\"document\":\"plan\"" },
    { "a message to a provider has no connection",
      { .event = SR_EVENT_SEND, .node = ALICE, .msg = SR_MSG_TOKEN_REQUEST, .peer = 1, .id = 7 },
      "send\",\"msg\":\"token-request\",\"to\":\"token-provider\",\"id\":7" },
    { "claims stand in the order iat, exp, nbf",
      { .event = SR_EVENT_RECEIVE, .node = ALICE, .msg = SR_MSG_TOKEN, .peer = 1, .id = 8, .has = ALL_TOKEN,
        .token = { .iat = 1, .exp = 2, .nbf = -3 } },
      "receive\",\"msg\":\"token\",\"from\":\"token-provider\",\"id\":8,\"iat\":1,\"exp\":2,\"nbf\":-3" },
    { "a claim that the token does not have is left out",
      { .event = SR_EVENT_SEND, .node = ALICE, .msg = SR_MSG_CONNECT, .peer = 0, .id = 9, .conn = 2,
        .has = SR_HAS_CONN | SR_HAS_EXP, .token = { .iat = 1, .exp = 2, .nbf = 3 } },
      "send\",\"msg\":\"connect\",\"to\":\"server\",\"id\":9,\"conn\":2,\"exp\":2" },
    { "a session message names the document",
      { .event = SR_EVENT_SEND, .node = ALICE, .msg = SR_MSG_CREATE_SESSION, .peer = 0, .id = 10, .conn = 1, .hint = HINT_U1,
        .has = SR_HAS_CONN | SR_HAS_HINT, .document = 1 },
      "send\",\"msg\":\"create-session\",\"to\":\"server\",\"id\":10,\"conn\":1,\"hint\":\"u1\",\"document\":\"plan\"" },
    { "content shows the key that it is sealed under, not the hint bound to it",
      { .event = SR_EVENT_SEND, .node = ALICE, .msg = SR_MSG_UPLOAD, .peer = 0, .id = 10, .conn = 1, .hint = HINT_U1, .key = 0xab,
        .has = SR_HAS_CONN | SR_HAS_KEY | SR_HAS_CONTENT },
      "send\",\"msg\":\"upload\",\"to\":\"server\",\"id\":10,\"conn\":1,\"key\":\"00000000000000ab\",\"document\":\"minutes\"" },
    { "the empty hint is a hint",
      { .event = SR_EVENT_SEND, .node = 2, .msg = SR_MSG_KEY, .peer = BOB, .id = 11, .hint = HINT_EMPTY, .key = 1,
        .has = SR_HAS_HINT | SR_HAS_KEY },
      "send\",\"msg\":\"key\",\"to\":\"bob\",\"id\":11,\"hint\":\"\",\"key\":\"0000000000000001\",\"document\":\"minutes\"" },
    { "a refusal has a reason",
      { .event = SR_EVENT_RECEIVE, .node = BOB, .msg = SR_MSG_KEY_REFUSED, .peer = 2, .id = 12, .reason = SR_REASON_UNKNOWN_HINT,
        .has = SR_HAS_REASON },
      "receive\",\"msg\":\"key-refused\",\"from\":\"encryption-provider\",\"id\":12,\"reason\":\"unknown-hint\","
      "\"document\":\"minutes\"" },
    { "closed is about a connection, not a document",
      { .event = SR_EVENT_SEND, .node = 0, .msg = SR_MSG_CLOSED, .peer = BOB, .id = 13, .conn = 1, .reason = SR_REASON_JWT,
        .has = SR_HAS_CONN | SR_HAS_REASON },
      "send\",\"msg\":\"closed\",\"to\":\"bob\",\"id\":13,\"conn\":1,\"reason\":\"jwt\"" },
    { "a lost message", { .event = SR_EVENT_LOSE, .node = 0, .msg = SR_MSG_JOIN, .id = 14, .reason = SR_REASON_LOSS },
      "lose\",\"msg\":\"join\",\"id\":14,\"reason\":\"loss\",\"document\":\"minutes\"" },
    { "a connection opens", { .event = SR_EVENT_CONNECTION_OPENED, .node = 0, .peer = BOB, .conn = 3, .has = SR_HAS_CONN },
      "connection-opened\",\"client\":\"bob\",\"conn\":3" },
    { "a connection closes",
      { .event = SR_EVENT_CONNECTION_CLOSED, .node = BOB, .peer = BOB, .conn = 3, .reason = SR_REASON_DISCONNECT,
        .has = SR_HAS_CONN | SR_HAS_REASON },
      "connection-closed\",\"client\":\"bob\",\"conn\":3,\"reason\":\"disconnect\"" },
    { "a state", { .event = SR_EVENT_STATE, .node = BOB, .from = SR_CLIENT_MAKING_KEY, .to = SR_CLIENT_SEALING },
      "state\",\"from\":\"making-key\",\"to\":\"sealing\"" },
    { "a key is made", { .event = SR_EVENT_KEY_MADE, .node = 2, .hint = HINT_U1, .key = 2, .document = 1 },
      "key-made\",\"hint\":\"u1\",\"key\":\"0000000000000002\",\"document\":\"plan\"" },
    { "a key is discarded",
      { .event = SR_EVENT_KEY_DISCARDED, .node = 2, .hint = HINT_U1, .key = 2, .reason = SR_REASON_ON_NEW_KEY },
      "key-discarded\",\"hint\":\"u1\",\"reason\":\"on-new-key\",\"document\":\"minutes\"" },
    { "a key is found", { .event = SR_EVENT_KEY_FOUND, .node = 2, .hint = HINT_U1, .key = 2 },
      "key-found\",\"hint\":\"u1\",\"key\":\"0000000000000002\",\"document\":\"minutes\"" },
    { "a key is missing", { .event = SR_EVENT_KEY_MISSING, .node = 2, .hint = HINT_U1, .key = 2 },
      "key-missing\",\"hint\":\"u1\",\"document\":\"minutes\"" },
    { "a nonce is sender and counter, big endian",
      { .event = SR_EVENT_SEALED, .node = BOB, .hint = HINT_U1, .key = 2,
        .seal = { .nonce_sender = 0x01020304, .nonce_counter = 0x1122334455667788, .bytes = 1052 } },
      "sealed\",\"hint\":\"u1\",\"key\":\"0000000000000002\",\"nonce\":\"010203041122334455667788\",\"bytes\":1052,"
      "\"document\":\"minutes\"" },
    { "content opens", { .event = SR_EVENT_OPENED, .node = BOB, .hint = HINT_U1, .key = 2, .ok = true },
      "opened\",\"hint\":\"u1\",\"key\":\"0000000000000002\",\"ok\":true,\"document\":\"minutes\"" },
    { "content does not open", { .event = SR_EVENT_OPENED, .node = BOB, .hint = HINT_EMPTY, .key = 2 },
      "opened\",\"hint\":\"\",\"key\":\"0000000000000002\",\"ok\":false,\"document\":\"minutes\"" },
    { "won", { .event = SR_EVENT_WON, .node = BOB, .hint = HINT_U1 }, "won\",\"hint\":\"u1\",\"document\":\"minutes\"" },
    { "released", { .event = SR_EVENT_RELEASED, .node = 0, .hint = HINT_U1, .reason = SR_REASON_OWNER_LOST },
      "released\",\"hint\":\"u1\",\"reason\":\"owner-lost\",\"document\":\"minutes\"" },
    { "established", { .event = SR_EVENT_ESTABLISHED, .node = 0, .peer = BOB, .hint = HINT_U1 },
      "established\",\"hint\":\"u1\",\"document\":\"minutes\"" },
    { "a token is signed",
      { .event = SR_EVENT_TOKEN_SIGNED, .node = 1, .has = SR_HAS_IAT | SR_HAS_EXP, .token = { .iat = 10, .exp = 20 } },
      "token-signed\",\"iat\":10,\"exp\":20" },
    { "a good token is ok",
      { .event = SR_EVENT_TOKEN_JUDGED, .node = 0, .peer = BOB, .msg = SR_MSG_CONNECT, .has = ALL_TOKEN,
        .token = { .iat = 10, .exp = 20, .nbf = 11, .now = 12, .leeway = 0 } },
      "token-judged\",\"client\":\"bob\",\"msg\":\"connect\",\"iat\":10,\"exp\":20,\"nbf\":11,\"now\":12,\"leeway\":0,"
      "\"result\":\"ok\"" },
    { "a bad token is not",
      { .event = SR_EVENT_TOKEN_JUDGED, .node = 0, .peer = BOB, .msg = SR_MSG_JOIN, .has = SR_HAS_EXP, .reason = SR_REASON_EXPIRED,
        .token = { .exp = 20, .now = 30, .leeway = 2 } },
      "token-judged\",\"client\":\"bob\",\"msg\":\"join\",\"exp\":20,\"now\":30,\"leeway\":2,\"result\":\"expired\"" },
    { "a fault", { .event = SR_EVENT_FAULT, .node = 0, .peer = 0, .action = SR_FAULT_UPGRADE }, "fault\",\"action\":\"upgrade\",\"target\":\"server\"" },
    { "a call of a provider",
      { .event = SR_EVENT_WAITS, .node = 2, .call = { .wait = 7, .request = 3, .kind = SR_CALL_IO, .leg = SR_LEG_REQUEST, .label = 1, .at = 2 } },
      "waits\",\"wait\":7,\"for\":\"io\",\"leg\":\"request\",\"label\":\"put keys\",\"at\":\"p.js:4\",\"request\":3" },
    { "a timer of a provider", { .event = SR_EVENT_WAITS, .node = 2, .call = { .wait = 8, .kind = SR_CALL_TIMER } },
      "waits\",\"wait\":8,\"for\":\"timer\"" },
    { "a provider goes on", { .event = SR_EVENT_WAKES, .node = 2, .call = { .wait = 7 } }, "wakes\",\"wait\":7" },
    { "a provider refuses", { .event = SR_EVENT_REFUSED, .node = 2, .peer = BOB, .hint = HINT_U1, .reason = SR_REASON_UNAVAILABLE },
      "refused\",\"client\":\"bob\",\"hint\":\"u1\",\"reason\":\"unavailable\",\"document\":\"minutes\"" },
    { "a request is stuck", { .event = SR_EVENT_STUCK, .node = 2, .peer = BOB, .id = 3 },
      "stuck\",\"client\":\"bob\",\"id\":3,\"document\":\"minutes\"" },
    { "a hint shows its key", { .event = SR_EVENT_KEY_EXPOSED, .node = 2, .peer = BOB, .hint = HINT_U1, .has = SR_HAS_HINT },
      "key-exposed\",\"client\":\"bob\",\"hint\":\"u1\",\"document\":\"minutes\"" },
    { "a provider breaks", { .event = SR_EVENT_PROVIDER_BROKE, .node = 2, .peer = BOB, .reason = SR_REASON_BLOCKED },
      "provider-broke\",\"kind\":\"blocked\",\"client\":\"bob\"" },
    { "a clock behind", { .event = SR_EVENT_CLOCK, .node = BOB, .clock = { .offset = -90000000000 } },
      "clock\",\"offset\":-90000000000" },
    { "failed", { .event = SR_EVENT_FAILED, .node = BOB, .reason = SR_REASON_ENCRYPTION }, "failed\",\"reason\":\"encryption\"" },
    { "a check that fails tells why",
      { .event = SR_EVENT_CHECK_FAILED, .node = 2, .check = SR_CHECK_KEY_KEPT, .detail = SR_DETAIL_LIVE_KEY_DISCARDED,
        .hint = HINT_U1, .reason = SR_REASON_ON_NEW_KEY },
      "check-failed\",\"check\":\"key-kept\",\"detail\":\"the provider discarded the key under hint u1 (on-new-key) while it was "
      "the winner's\",\"document\":\"minutes\"" },
    { "a check of a client names no document",
      { .event = SR_EVENT_CHECK_FAILED, .node = BOB, .check = SR_CHECK_ALL_COLLABORATE, .detail = SR_DETAIL_NOT_COLLABORATING,
        .from = SR_CLIENT_WAITING, .number = 12 },
      "check-failed\",\"check\":\"all-collaborate\",\"detail\":\"bob does not collaborate at the end: its state is waiting (12 such clients in all)\"" },
    { "what a hint holds is escaped", { .event = SR_EVENT_WON, .node = BOB, .hint = HINT_ODD },
      "won\",\"hint\":\"a\\\"b\\\\c\\n\\u001b\\u202e\xc3\xa9\",\"document\":\"minutes\"" },
    { "what is not UTF-8 is replaced", { .event = SR_EVENT_WON, .node = BOB, .hint = HINT_BROKEN },
      "won\",\"hint\":\"\xef\xbf\xbd!\",\"document\":\"minutes\"" },
};
/* clang-format on */

static void
check_row(void **state)
{
    const struct row *row = *state;
    SrRecord record = row->record;
    g_autoptr(GString) line = g_string_new("before ");
    g_autofree char *want = NULL;
    char node[SR_NODE_NAME_MAX] = "";

    record.seq = 12;
    record.t = 1000000007;
    name_node(NULL, record.node, node);
    want = g_strdup_printf(
        "before "
        "{\"type\":\"event\",\"seq\":12,\"t\":1000000007,\"node\":\"%s\",\"event\":\"%s}",
        node, row->line);
    sr_record_format(&record, &two_documents, line);
    assert_string_equal(line->str, want);

    /* With one document none is named. */
    char *document = strstr(want, ",\"document\"");

    if (document != NULL)
        strcpy(document, "}");
    g_string_assign(line, "before ");
    sr_record_format(&record, &one_document, line);
    assert_string_equal(line->str, want);
}

static void
test_every_event_has_a_row(void **state)
{
    (void) state;
    for (unsigned event = 0; event < SR_EVENT_N; event++) {
        bool found = false;

        for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
            found = found || rows[i].record.event == event;
        assert_true(found);
    }
}

/* Whatever the byte and wherever it stands, a text reads as sr_escape_json() writes it. */
static void
test_every_byte_at_every_place(void **state)
{
    (void) state;
    for (unsigned hint = HINT_ONE_BYTE; hint < HINT_ONE_BYTE + 256 * HINT_PLACES; hint++) {
        SrRecord record = { .event = SR_EVENT_WON, .node = BOB, .hint = hint };
        g_autoptr(GString) line = g_string_new(NULL);
        g_autoptr(GString) want = g_string_new("\"hint\":");
        char text[SR_HINT_TEXT_MAX];

        sr_escape_json(want, text, name_hint(NULL, hint, text));
        g_string_append_c(want, '}');
        sr_record_format(&record, &one_document, line);
        assert_string_equal(strstr(line->str, "\"hint\""), want->str);
    }
}

/* ---- sentences ---- */

static void
test_every_sentence_is_filled_in(void **state)
{
    SrRecord record = {
        .event = SR_EVENT_CHECK_FAILED,
        .node = ALICE,
        .peer = BOB,
        .hint = HINT_U1,
        .key = 3,
        .msg = SR_MSG_JOIN,
        .reason = SR_REASON_AGE,
        .from = SR_CLIENT_WAITING,
        .to = SR_CLIENT_CREATED,
        .number = 4,
    };

    (void) state;
    for (unsigned detail = 0; detail < SR_DETAIL_N; detail++) {
        g_autoptr(GString) out = g_string_new(NULL);

        record.detail = (uint8_t) detail;
        sr_detail_format(&record, &one_document, out);
        assert_null(strpbrk(out->str, "{}"));
        assert_true(detail == SR_DETAIL_NONE ? out->len == 0 : out->len > 20);
    }
}

static void
test_sentence_escapes_hints_and_knows_none(void **state)
{
    SrRecord record = { .node = SR_NODE_NONE, .hint = HINT_ODD, .detail = SR_DETAIL_GAVE_UP };
    g_autoptr(GString) out = g_string_new(NULL);

    (void) state;
    sr_detail_format(&record, &one_document, out);
    assert_string_equal(
        out->str, "nobody gave up on the announced hint a\"b\\c\\x0a\\x1b\\u{202e}\xc3\xa9, "
                  "which the provider does not know");
    record.hint = HINT_EMPTY;
    g_string_truncate(out, 0);
    sr_detail_format(&record, &one_document, out);
    assert_string_equal(
        out->str,
        "nobody gave up on the announced hint \"\", which the provider does not know");
    record.hint = SR_HINT_ABSENT;
    g_string_truncate(out, 0);
    sr_detail_format(&record, &one_document, out);
    assert_string_equal(
        out->str,
        "nobody gave up on the announced hint (none), which the provider does not know");
}

/* ---- whole traces ---- */

typedef struct {
    GString *text;
    unsigned n_flushes, fail_at; /* fail_at 0: never */
} Sink;

static gboolean
keep(void *data, const char *bytes, size_t n, GError **error)
{
    Sink *sink = data;

    if (++sink->n_flushes == sink->fail_at) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOSPC, "disk full at %u",
                    sink->n_flushes);
        return FALSE;
    }
    assert_true(sink->fail_at == 0 ||
                sink->n_flushes < sink->fail_at); /* not asked again after an error */
    if (sink->text != NULL)
        g_string_append_len(sink->text, bytes, (gssize) n);
    return TRUE;
}

static const SrTraceHeader header = {
    .version = "0.1.0",
    .scenario = "a \"race\"",
    .source = "00112233445566778899aabbccddeeff",
    .seed = UINT64_MAX,
};
#define HEADER_LINE                                                                            \
    "{\"type\":\"trace\",\"version\":\"0.1.0\",\"scenario\":\"a \\\"race\\\"\","               \
    "\"source\":\"00112233445566778899aabbccddeeff\",\"seed\":\"18446744073709551615\","       \
    "\"nodes\":[\"server\","                                                                   \
    "\"token-provider\",\"encryption-provider\",\"alice\",\"bob\"]}\n"

static SrRecord
record_at(unsigned i)
{
    SrRecord record = rows[i % G_N_ELEMENTS(rows)].record;

    record.seq = i + 1;
    record.t = (SrTime) i * i;
    if (i % 97 == 0) {
        record.event = SR_EVENT_WON;
        record.hint = HINT_LONG;
    }
    return record;
}

/* Writes @n records. @sink: (nullable) */
static gboolean
write_trace(SrTraceWriter *writer, unsigned n, char digest[static 33], GError **error)
{
    const SrTraceEnd end = { .t = 9,
                             .events = n,
                             .verdict = "fail",
                             .failed = 1u << SR_CHECK_WAITS | 1u << SR_CHECK_ONE_WINNER };

    sr_trace_writer_begin(writer, &header);
    for (unsigned i = 0; i < n; i++) {
        SrRecord record = record_at(i);

        sr_trace_writer_record(writer, &record);
    }
    return sr_trace_writer_end(writer, &end, digest, error);
}

static char *
digest_of(const GString *body)
{
    XXH128_canonical_t canonical;
    GString *hex = g_string_new(NULL);

    XXH128_canonicalFromHash(&canonical, XXH3_128bits(body->str, body->len));
    for (unsigned i = 0; i < sizeof canonical.digest; i++)
        g_string_append_printf(hex, "%02x", canonical.digest[i]);
    return g_string_free(hex, FALSE);
}

/* Small traces stay in the buffer, large ones cross its end often, at all sorts of places. */
static void
test_text_and_digest_whatever_the_flushes(void **state)
{
    static const unsigned sizes[] = { 0, 1, 40, 400, 5000 };
    g_autoptr(GString) text = g_string_new(NULL);
    Sink sink = { .text = text };
    g_autoptr(SrTraceWriter) writer = sr_trace_writer_new(&two_documents, keep, &sink);
    g_autoptr(SrTraceWriter) digester = sr_trace_writer_new(&two_documents, NULL, NULL);

    (void) state;
    for (size_t s = 0; s < G_N_ELEMENTS(sizes); s++) {
        g_autoptr(GString) body = g_string_new(NULL);
        g_autoptr(GString) whole = g_string_new(HEADER_LINE);
        g_autofree char *want = NULL;
        char digest[33], alone[33];

        for (unsigned i = 0; i < sizes[s]; i++) {
            SrRecord record = record_at(i);

            sr_record_format(&record, &two_documents, body);
            g_string_append_c(body, '\n');
        }
        want = digest_of(body);
        g_string_append_len(whole, body->str, (gssize) body->len);
        g_string_append_printf(whole,
                               "{\"type\":\"end\",\"t\":9,\"events\":%u,\"verdict\":\"fail\","
                               "\"failed\":[\"one-winner\",\"waits\"],\"digest\":\"%s\"}\n",
                               sizes[s], want);
        g_string_truncate(text, 0);
        assert_true(write_trace(writer, sizes[s], digest, NULL));
        assert_string_equal(digest, want);
        assert_int_equal(text->len, whole->len);
        assert_memory_equal(text->str, whole->str, whole->len);
        assert_true(write_trace(digester, sizes[s], alone, NULL));
        assert_string_equal(alone, want);
    }
}

static void
test_nothing_failed_is_an_empty_list(void **state)
{
    const SrTraceEnd end = { .t = 0, .events = 0, .verdict = "pass" };
    g_autoptr(GString) text = g_string_new(NULL);
    Sink sink = { .text = text };
    g_autoptr(SrTraceWriter) writer = sr_trace_writer_new(&one_document, keep, &sink);
    char digest[33];

    (void) state;
    sr_trace_writer_begin(writer, &header);
    assert_true(sr_trace_writer_end(writer, &end, digest, NULL));
    /* The digest of nothing, as xxhsum -H128 prints it. */
    assert_string_equal(digest, "99aa06d3014798d86001c324468d497f");
    assert_true(g_str_has_suffix(
        text->str, "{\"type\":\"end\",\"t\":0,\"events\":0,\"verdict\":\"pass\",\"failed\":[],"
                   "\"digest\":\"99aa06d3014798d86001c324468d497f\"}\n"));
}

static void
test_first_line_may_be_long(void **state)
{
    SrNames names = one_document;
    g_autoptr(GString) text = g_string_new(NULL);
    Sink sink = { .text = text };
    g_autofree char *title = g_strnfill(200000, 'x');
    SrTraceHeader large = header;
    g_autoptr(SrTraceWriter) writer = NULL;

    (void) state;
    names.n_nodes = 20000;
    large.scenario = title;
    writer = sr_trace_writer_new(&names, keep, &sink);
    sr_trace_writer_begin(writer, &large);
    assert_true(text->len > 400000);
    assert_int_equal(strchr(text->str, '\n') - text->str, text->len - 1);
    assert_true(g_str_has_suffix(text->str, "\"fan-19998\",\"fan-19999\"]}\n"));
}

static void
test_error_of_flush_is_reported_at_the_end(void **state)
{
    (void) state;
    for (unsigned fail_at = 1; fail_at <= 3; fail_at++) {
        Sink sink = { .fail_at = fail_at };
        g_autoptr(SrTraceWriter) writer = sr_trace_writer_new(&two_documents, keep, &sink);
        g_autoptr(GError) error = NULL;
        g_autofree char *message = g_strdup_printf("disk full at %u", fail_at);
        char digest[33] = "untouched";

        assert_false(write_trace(writer, 2000, digest, &error));
        assert_true(g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOSPC));
        assert_string_equal(error->message, message);
        assert_string_equal(digest, "untouched");
        /* The next trace starts afresh. */
        sink.fail_at = 0;
        assert_true(write_trace(writer, 3, digest, NULL));
    }
}

static void
test_jq_reads_every_line(void **state)
{
    g_autofree char *jq = g_find_program_in_path("jq");
    g_autoptr(GString) text = g_string_new(NULL);
    Sink sink = { .text = text };
    g_autoptr(SrTraceWriter) writer = sr_trace_writer_new(&two_documents, keep, &sink);
    g_autofree char *path = NULL;
    g_autofree char *out = NULL;
    char digest[33];
    int file, status;

    (void) state;
    if (jq == NULL)
        skip();
    assert_true(write_trace(writer, 300, digest, NULL));
    file = g_file_open_tmp("trace-XXXXXX.ndjson", &path, NULL);
    assert_true(file >= 0);
    assert_int_equal(write(file, text->str, text->len), text->len);
    close(file);

    char *argv[] = { jq, (char *) (uintptr_t) "-s",
                     (char *) (uintptr_t) "[length, (map(select(.type == \"event\" and .seq > "
                                          "0 and .t >= 0)) | length)] | @csv",
                     path, NULL };

    assert_true(
        g_spawn_sync(NULL, argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &out, NULL, &status, NULL));
    g_unlink(path);
    assert_int_equal(status, 0);
    assert_string_equal(out, "\"302,300\"\n");
}

int
main(void)
{
    const struct CMUnitTest others[] = {
        cmocka_unit_test(test_every_event_has_a_row),
        cmocka_unit_test(test_every_byte_at_every_place),
        cmocka_unit_test(test_every_sentence_is_filled_in),
        cmocka_unit_test(test_sentence_escapes_hints_and_knows_none),
        cmocka_unit_test(test_text_and_digest_whatever_the_flushes),
        cmocka_unit_test(test_nothing_failed_is_an_empty_list),
        cmocka_unit_test(test_first_line_may_be_long),
        cmocka_unit_test(test_error_of_flush_is_reported_at_the_end),
        cmocka_unit_test(test_jq_reads_every_line),
    };
    struct CMUnitTest lines[G_N_ELEMENTS(rows)];
    int failed;

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        lines[i] = (struct CMUnitTest){ .name = rows[i].name,
                                        .test_func = check_row,
                                        .initial_state = (void *) (uintptr_t) &rows[i] };
    failed = cmocka_run_group_tests_name("lines of a trace", lines, NULL, NULL);
    failed += cmocka_run_group_tests_name("trace writer", others, NULL, NULL);
    return failed != 0;
}

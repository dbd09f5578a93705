/* Traces read back: what the writer wrote comes back to the byte, and every kind of damage is
 * named with its line and column. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "session-race/trace-reader.h"

#define ALICE SR_NODE_FIRST_CLIENT
#define BOB (SR_NODE_FIRST_CLIENT + 1)
#define ALL_TOKEN (SR_HAS_IAT | SR_HAS_EXP | SR_HAS_NBF)
#define HINTED (SR_HAS_HINT | SR_HAS_KEY)

enum { HINT_EMPTY = 1, HINT_U1, HINT_ODD, HINT_LONG };

/* ---- a trace with everything in it ---- */

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
                                         "alice", "b\xc3\xb6\xe2\x80\xae\x62" };

    (void) data;
    assert_true(node < G_N_ELEMENTS(names));
    return copy(out, names[node]);
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
    switch (hint) {
    case HINT_EMPTY:
        return 0;
    case HINT_U1:
        return copy(out, "u1");
    case HINT_ODD:
        return copy(out, "a\"b\\c\n\t\r/\x1b\xe2\x80\xae\xc3\xa9");
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

static const SrNames one_document = { NULL,          5,         1,        name_node,
                                      name_document, name_hint, name_key, NULL };
static const SrNames two_documents = { NULL,          5,         2,        name_node,
                                       name_document, name_hint, name_key, NULL };

/* clang-format off */
static const SrRecord everything[] = {
    { .event = SR_EVENT_START, .node = ALICE },
    { .event = SR_EVENT_STATE, .node = ALICE, .from = SR_CLIENT_IDLE, .to = SR_CLIENT_TOKEN },
    { .event = SR_EVENT_SEND, .node = ALICE, .msg = SR_MSG_TOKEN_REQUEST, .peer = 1, .id = 7 },
    { .event = SR_EVENT_TOKEN_SIGNED, .node = 1, .has = ALL_TOKEN, .token = { .iat = 1, .exp = 2, .nbf = -3 } },
    { .event = SR_EVENT_TOKEN_SIGNED, .node = 1, .has = SR_HAS_EXP, .token = { .exp = 2 } },
    { .event = SR_EVENT_SEND, .node = ALICE, .msg = SR_MSG_CONNECT, .peer = 0, .id = 9, .conn = 2, .has = SR_HAS_CONN | ALL_TOKEN,
      .token = { .iat = -1, .exp = 2, .nbf = 3 } },
    { .event = SR_EVENT_TOKEN_JUDGED, .node = 0, .peer = BOB, .msg = SR_MSG_CONNECT, .has = ALL_TOKEN,
      .token = { .iat = 5, .exp = 6, .nbf = 7, .now = -8, .leeway = 9 } },
    { .event = SR_EVENT_TOKEN_JUDGED, .node = 0, .peer = BOB, .msg = SR_MSG_JOIN, .reason = SR_REASON_EXPIRED },
    { .event = SR_EVENT_CONNECTION_OPENED, .node = 0, .peer = BOB, .conn = 3, .has = SR_HAS_CONN },
    { .event = SR_EVENT_CONNECTION_CLOSED, .node = BOB, .peer = BOB, .conn = 3, .reason = SR_REASON_DISCONNECT,
      .has = SR_HAS_CONN | SR_HAS_REASON },
    { .event = SR_EVENT_SEND, .node = 0, .msg = SR_MSG_CLOSED, .peer = BOB, .id = 13, .conn = 1, .reason = SR_REASON_JWT,
      .has = SR_HAS_CONN | SR_HAS_REASON },
    { .event = SR_EVENT_KEY_MADE, .node = 2, .hint = HINT_U1, .key = 2, .has = HINTED, .document = 1 },
    { .event = SR_EVENT_KEY_MADE, .node = 2, .hint = HINT_ODD, .key = 3, .has = HINTED },
    { .event = SR_EVENT_KEY_FOUND, .node = 2, .hint = HINT_LONG, .key = 4, .has = HINTED },
    { .event = SR_EVENT_KEY_MISSING, .node = 2, .hint = HINT_EMPTY, .has = SR_HAS_HINT },
    { .event = SR_EVENT_KEY_DISCARDED, .node = 2, .hint = HINT_U1, .reason = SR_REASON_AGE, .has = SR_HAS_HINT | SR_HAS_REASON },
    { .event = SR_EVENT_SEALED, .node = ALICE, .hint = HINT_U1, .key = 2, .has = HINTED, .document = 1,
      .seal = { .nonce_counter = UINT64_C(0xfedcba9876543210), .nonce_sender = 0x89abcdef, .bytes = (UINT64_C(1) << 53) - 1 } },
    { .event = SR_EVENT_OPENED, .node = BOB, .hint = HINT_U1, .key = 2, .has = HINTED, .ok = true },
    { .event = SR_EVENT_OPENED, .node = BOB, .hint = HINT_U1, .key = 2, .has = HINTED, .ok = false },
    { .event = SR_EVENT_SEND, .node = ALICE, .msg = SR_MSG_UPLOAD, .peer = 0, .id = 10, .conn = 1, .key = 2,
      .has = SR_HAS_CONN | SR_HAS_KEY | SR_HAS_CONTENT },
    { .event = SR_EVENT_LOSE, .node = 0, .msg = SR_MSG_JOIN, .id = 14, .reason = SR_REASON_LOSS, .has = SR_HAS_REASON },
    { .event = SR_EVENT_LOSE, .node = 0, .msg = SR_MSG_CONNECT, .id = 15, .reason = SR_REASON_PARTITION, .has = SR_HAS_REASON },
    { .event = SR_EVENT_RECEIVE, .node = BOB, .msg = SR_MSG_KEY, .peer = 2, .id = 11, .hint = HINT_EMPTY, .key = 2, .has = HINTED },
    { .event = SR_EVENT_WON, .node = ALICE, .hint = HINT_U1, .has = SR_HAS_HINT },
    { .event = SR_EVENT_REJECTED, .node = BOB },
    { .event = SR_EVENT_RELEASED, .node = 0, .hint = HINT_U1, .reason = SR_REASON_OWNER_LOST, .has = SR_HAS_HINT | SR_HAS_REASON },
    { .event = SR_EVENT_ESTABLISHED, .node = 0, .hint = HINT_U1, .has = SR_HAS_HINT },
    { .event = SR_EVENT_FAULT, .node = 0, .action = SR_FAULT_ROTATE_MASTER, .peer = 2 },
    { .event = SR_EVENT_CLOCK, .node = 1, .clock = { .offset = -1500000000 } },
    { .event = SR_EVENT_COLLABORATING, .node = ALICE },
    { .event = SR_EVENT_FAILED, .node = BOB, .reason = SR_REASON_ENCRYPTION, .has = SR_HAS_REASON },
    { .event = SR_EVENT_CHECK_FAILED, .node = 0, .check = SR_CHECK_ONE_WINNER, .detail = SR_DETAIL_SECOND_CREATION, .peer = BOB, .hint = HINT_ODD },
    { .event = SR_EVENT_CHECK_FAILED, .node = BOB, .check = SR_CHECK_SAME_KEY, .detail = SR_DETAIL_OPEN_FAILED, .key = 2, .hint = HINT_EMPTY, .document = 1 },
    { .event = SR_EVENT_CHECK_FAILED, .node = 2, .check = SR_CHECK_KEY_KEPT, .detail = SR_DETAIL_LIVE_KEY_DISCARDED, .reason = SR_REASON_LAST },
    { .event = SR_EVENT_CHECK_FAILED, .node = BOB, .check = SR_CHECK_KEY_FOUND, .detail = SR_DETAIL_GAVE_UP, .hint = HINT_U1 },
    { .event = SR_EVENT_CHECK_FAILED, .node = 2, .check = SR_CHECK_HINT_STABLE, .detail = SR_DETAIL_SECOND_KEY, .peer = ALICE, .key = 3, .hint = HINT_LONG },
    { .event = SR_EVENT_CHECK_FAILED, .node = BOB, .check = SR_CHECK_WAITS, .detail = SR_DETAIL_SENT_WHILE_WAITING, .msg = SR_MSG_JOIN },
    { .event = SR_EVENT_CHECK_FAILED, .node = BOB, .check = SR_CHECK_STEPS_IN_ORDER, .detail = SR_DETAIL_STATE_OUT_OF_ORDER,
      .from = SR_CLIENT_WAITING, .to = SR_CLIENT_JOINING },
    { .event = SR_EVENT_CHECK_FAILED, .node = BOB, .check = SR_CHECK_ALL_COLLABORATE, .detail = SR_DETAIL_NOT_COLLABORATING,
      .from = SR_CLIENT_WAITING, .number = UINT32_MAX },
};
/* clang-format on */

static gboolean
append(void *data, const char *bytes, size_t n, GError **error)
{
    (void) error;
    g_string_append_len(data, bytes, (gssize) n);
    return TRUE;
}

static GString *
write_trace(const SrNames *names, const SrTraceHeader *header, const SrRecord *records,
            size_t n, const SrTraceEnd *end)
{
    GString *out = g_string_new(NULL);
    g_autoptr(SrTraceWriter) writer = sr_trace_writer_new(names, append, out);
    char digest[33];

    sr_trace_writer_begin(writer, header);
    for (size_t i = 0; i < n; i++)
        sr_trace_writer_record(writer, &records[i]);
    assert_true(sr_trace_writer_end(writer, end, digest, NULL));
    return out;
}

static GString *
everything_written(const SrNames *names)
{
    static const SrTraceHeader header = { "0.1.0",
                                          "All \"fields\" \xe2\x80\xae\n\x1b[1m",
                                          "00112233445566778899aabbccddeeff",
                                          UINT64_MAX,
                                          true,
                                          true,
                                          -((INT64_C(1) << 53) - 1),
                                          (INT64_C(1) << 53) - 1 };
    SrRecord records[G_N_ELEMENTS(everything)];
    const SrTraceEnd end = { 99, G_N_ELEMENTS(everything), "fail",
                             1u << SR_CHECK_ONE_WINNER | 1u << SR_CHECK_NOBODY_STUCK };

    memcpy(records, everything, sizeof records);
    for (size_t i = 0; i < G_N_ELEMENTS(records); i++) {
        records[i].seq = i + 1;
        records[i].t = i * 1000003;
    }
    return write_trace(names, &header, records, G_N_ELEMENTS(records), &end);
}

static SrTrace *
parse(const char *text, size_t length)
{
    SrTraceFault fault;
    SrTrace *trace = sr_trace_parse("trace", text, length, &fault);

    if (trace == NULL)
        fail_msg("%d:%d: %s", (int) fault.line, (int) fault.column, fault.message);
    return trace;
}

static void
check_round_trip(const char *text, size_t length)
{
    g_autoptr(SrTrace) trace = parse(text, length);
    const SrTraceHeader header = { trace->version,      trace->scenario,     trace->source,
                                   trace->seed,         trace->own_provider, trace->own_signer,
                                   trace->server_ahead, trace->signer_ahead };
    g_autoptr(GString) again =
        write_trace(&trace->names, &header, trace->records, trace->n_records, &trace->end);

    assert_true(trace->complete);
    assert_string_equal(again->str, text);
    assert_int_equal(again->len, length);
    for (size_t i = 0; i < trace->n_records; i++)
        assert_int_equal(trace->details[i] != NULL,
                         trace->records[i].event == SR_EVENT_CHECK_FAILED);
}

static void
everything_comes_back(void **state)
{
    g_autoptr(GString) one = everything_written(&one_document);
    g_autoptr(GString) two = everything_written(&two_documents);

    (void) state;
    check_round_trip(one->str, one->len);
    check_round_trip(two->str, two->len);
}

static void
golden_traces_come_back(void **state)
{
    g_autofree char *folder =
        g_build_filename(g_getenv("SR_SOURCE_ROOT"), "tests", "golden", NULL);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;
    unsigned n = 0;

    (void) state;
    assert_non_null(dir);
    while ((name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(folder, name, NULL), *text = NULL;
        gsize length;

        if (!g_str_has_suffix(name, ".ndjson"))
            continue;
        assert_true(g_file_get_contents(path, &text, &length, NULL));
        check_round_trip(text, length);
        n++;
    }
    assert_true(n >= 8);
}

static void
values_are_those_written(void **state)
{
    g_autoptr(GString) text = everything_written(&two_documents);
    g_autoptr(SrTrace) trace = parse(text->str, text->len);
    char name[SR_HINT_TEXT_MAX];

    (void) state;
    assert_string_equal(trace->path, "trace");
    assert_string_equal(trace->version, "0.1.0");
    assert_true(trace->seed == UINT64_MAX);
    assert_int_equal(trace->names.n_nodes, 5);
    assert_int_equal(trace->names.n_documents, 2);
    assert_int_equal(trace->n_records, G_N_ELEMENTS(everything));
    assert_string_equal(trace->end.verdict, "fail");
    assert_int_equal(trace->end.failed,
                     1u << SR_CHECK_ONE_WINNER | 1u << SR_CHECK_NOBODY_STUCK);
    assert_int_equal(trace->records[3].token.nbf, -3);
    assert_int_equal(trace->records[6].reason, SR_REASON_NONE);
    assert_int_equal(trace->records[7].reason, SR_REASON_EXPIRED);
    assert_true(trace->records[16].seal.nonce_counter == UINT64_C(0xfedcba9876543210));
    assert_int_equal(trace->records[16].seal.nonce_sender, 0x89abcdef);
    assert_true(trace->records[17].ok);
    assert_false(trace->records[18].ok);
    assert_true(trace->records[19].has & SR_HAS_CONTENT);
    assert_int_equal(trace->records[28].clock.offset, -1500000000);
    /* Hints are numbered as they appear; the detail is taken apart again. */
    assert_int_equal(trace->records[11].hint, 1);
    assert_int_equal(trace->records[12].hint, 2);
    assert_int_equal(trace->names.hint(trace->names.data, 1, name), 2);
    assert_memory_equal(name, "u1", 2);
    assert_int_equal(trace->records[31].detail, SR_DETAIL_SECOND_CREATION);
    assert_int_equal(trace->records[31].peer, BOB);
    assert_int_equal(trace->records[31].hint, 2);
    assert_true(trace->records[38].number == UINT32_MAX);
}

/* ---- damage ---- */

#define HEADER                                                                                 \
    "{\"type\":\"trace\",\"version\":\"0.1.0\",\"scenario\":\"x\","                            \
    "\"source\":\"00112233445566778899aabbccddeeff\",\"seed\":\"1\","                          \
    "\"nodes\":[\"server\",\"token-provider\",\"encryption-provider\",\"alice\"]}\n"
#define EVENT(seq, rest)                                                                       \
    "{\"type\":\"event\",\"seq\":" seq ",\"t\":5,\"node\":\"alice\",\"event\":" rest "}\n"
#define SEND(rest) EVENT("1", "\"send\",\"msg\":\"join\",\"to\":\"server\",\"id\":1" rest)
#define END                                                                                    \
    "{\"type\":\"end\",\"t\":5,\"events\":1,\"verdict\":\"pass\",\"failed\":[],"               \
    "\"digest\":\"00000000000000000000000000000000\"}\n"
#define ONE(rest) HEADER EVENT("1", rest)

/* clang-format off */
static const struct damage {
    const char *name, *text;
    unsigned line, column; /* 0: any */
    const char *message;   /* a part of it */
} damages[] = {
    { "an empty file", "", 1, 1, "the file is empty" },
    { "something else", "[scenario]\n", 1, 1, "not a trace" },
    { "no line feed at the end", HEADER "{\"type\":\"event\"", 2, 16, "breaks off within a line" },
    { "no last line", ONE("\"start\""), 3, 1, "the last line is missing" },
    { "an empty line", HEADER "\n", 2, 1, "an empty line" },
    { "an unknown type of line", HEADER "{\"type\":\"note\"}\n", 2, 1, "neither an event nor the end" },
    { "a second first line", HEADER HEADER, 2, 1, "neither an event nor the end" },
    { "CR LF", HEADER "{\"type\":\"event\",\"seq\":1,\"t\":5,\"node\":\"alice\",\"event\":\"start\"}\r\n", 2, 0, "something behind the object" },
    { "trailing data", HEADER "{\"type\":\"event\",\"seq\":1,\"t\":5,\"node\":\"alice\",\"event\":\"start\"}{}\n", 2, 0, "something behind" },
    { "a blank", HEADER "{\"type\":\"event\", \"seq\":1}\n", 2, 17, "no blanks" },
    { "a member twice in the head", HEADER "{\"type\":\"event\",\"seq\":1,\"seq\":1}\n", 2, 25, "'seq' is there twice" },
    { "a doubled member", HEADER SEND(",\"conn\":1,\"conn\":2"), 2, 0, "'conn' is there twice" },
    { "a head member once more", HEADER SEND(",\"t\":1"), 2, 0, "'t' is there twice" },
    { "an unknown member", HEADER SEND(",\"colour\":1"), 2, 0, "a member 'colour' that such a record does not have" },
    { "a member of another event", HEADER SEND(",\"offset\":1"), 2, 0, "a member 'offset'" },
    { "a member out of place", HEADER SEND(",\"hint\":\"u1\",\"conn\":1"), 2, 0, "'conn' is out of place" },
    { "members that changed places", HEADER "{\"type\":\"event\",\"t\":5,\"seq\":1}\n", 2, 17, "'t' is out of place: 'seq' is due here" },
    { "a missing member", ONE("\"send\",\"msg\":\"join\",\"to\":\"server\""), 2, 0, "'id' is missing" },
    { "a null", HEADER SEND(",\"conn\":null"), 2, 0, "a whole number is expected" },
    { "a hostile member", HEADER SEND(",\"\x1b]0;\":1"), 2, 0, "a control character must be escaped" },
    { "a hostile member, escaped", HEADER SEND(",\"\\u001b\\u202e\":1"), 2, 0, "'\\x1b\\u{202e}'" },
    { "a long member is cut", HEADER SEND(",\"" "01234567890123456789012345678901234567890123456789" "\":1"), 2, 0, "'0123456789012345678901234567890123456789…'" },
    { "a colon lacks", HEADER SEND(",\"conn\"=1"), 2, 0, "':' is expected" },
    { "a comma lacks", HEADER SEND("\"conn\":1"), 2, 0, "',' or '}' is expected" },
    { "a zero in front", HEADER SEND(",\"conn\":01"), 2, 0, "a zero in front" },
    { "a fraction", HEADER SEND(",\"conn\":1.0"), 2, 0, "whole" },
    { "an exponent", HEADER SEND(",\"conn\":1e3"), 2, 0, "whole" },
    { "a sign where none belongs", HEADER SEND(",\"conn\":-1"), 2, 0, "a whole number is expected" },
    { "a plus", HEADER SEND(",\"conn\":+1"), 2, 0, "a whole number is expected" },
    { "minus zero", HEADER SEND(",\"iat\":-0"), 2, 0, "zero has no sign" },
    { "no connection 0", HEADER SEND(",\"conn\":0"), 2, 0, "count from 1" },
    { "a number over 2^32", HEADER SEND(",\"conn\":4294967296"), 2, 0, "2^32" },
    { "a number over 2^53", HEADER SEND(",\"iat\":9007199254740992"), 2, 0, "2^53" },
    { "a number over 2^64", HEADER SEND(",\"iat\":99999999999999999999999"), 2, 0, "2^53" },
    { "a string that does not end", HEADER "{\"type\":\"event\",\"seq\":1,\"t\":5,\"node\":\"ali\n", 2, 38, "does not end" },
    { "an unknown escape", HEADER SEND(",\"hint\":\"\\x\""), 2, 0, "no such escape" },
    { "a short \\u", HEADER SEND(",\"hint\":\"\\u12\""), 2, 0, "four hex digits" },
    { "a low surrogate alone", HEADER SEND(",\"hint\":\"\\udc00\""), 2, 0, "half a character" },
    { "a high surrogate alone", HEADER SEND(",\"hint\":\"\\ud800x\""), 2, 0, "half a character" },
    { "two high surrogates", HEADER SEND(",\"hint\":\"\\ud800\\ud800\""), 2, 0, "half a character" },
    { "invalid UTF-8", HEADER SEND(",\"hint\":\"\xff\""), 2, 0, "invalid UTF-8" },
    { "an overlong form", HEADER SEND(",\"hint\":\"\xc0\x80\""), 2, 0, "invalid UTF-8" },
    { "a character that is cut", HEADER SEND(",\"hint\":\"\xe2\x80\""), 2, 0, "invalid UTF-8" },
    { "a raw surrogate", HEADER SEND(",\"hint\":\"\xed\xa0\x80\""), 2, 0, "invalid UTF-8" },
    { "a tab in a string", HEADER SEND(",\"hint\":\"a\tb\""), 2, 0, "must be escaped" },
    { "a key in capitals", HEADER SEND(",\"key\":\"00000000000000AB\""), 2, 0, "16 hex digits" },
    { "a short key", HEADER SEND(",\"key\":\"00\""), 2, 0, "16 hex digits" },
    { "an unknown event", ONE("\"begin\""), 2, 54, "'begin' is no event" },
    { "an unknown message", ONE("\"send\",\"msg\":\"none\",\"to\":\"server\",\"id\":1"), 2, 0, "'none' is no message" },
    { "an unknown state", ONE("\"state\",\"from\":\"idle\",\"to\":\"busy\""), 2, 0, "'busy' is no state" },
    { "an unknown reason", ONE("\"failed\",\"reason\":\"none\""), 2, 0, "'none' is no reason" },
    { "an unknown fault", ONE("\"fault\",\"action\":\"burn\",\"target\":\"alice\""), 2, 0, "'burn' is no fault" },
    { "an unknown check", ONE("\"check-failed\",\"check\":\"luck\",\"detail\":\"\""), 2, 0, "'luck' is no check" },
    { "an unknown result", ONE("\"token-judged\",\"client\":\"alice\",\"msg\":\"join\",\"now\":1,\"leeway\":0,\"result\":\"good\""), 2, 0, "'good' is no result" },
    { "neither true nor false", ONE("\"opened\",\"ok\":1"), 2, 0, "true or false" },
    { "a short nonce", ONE("\"sealed\",\"nonce\":\"00\",\"bytes\":1"), 2, 0, "24 hex digits" },
    { "an unknown node", ONE("\"send\",\"msg\":\"join\",\"to\":\"carol\",\"id\":1"), 2, 0, "'carol' is not among the nodes" },
    { "a zero in a sentence", ONE("\"check-failed\",\"check\":\"waits\",\"detail\":\"a\\u0000b\""), 2, 0, "a zero character" },
    { "a line left out", HEADER EVENT("2", "\"start\""), 2, 23, "seq is 2 where 1 is due" },
    { "a line doubled", HEADER EVENT("1", "\"start\"") EVENT("1", "\"start\""), 3, 23, "seq is 1 where 2 is due" },
    { "a document where none is spoken of", ONE("\"send\",\"msg\":\"connect\",\"to\":\"server\",\"id\":1,\"document\":\"x\""), 2, 0, "speaks of no document" },
    { "a document that comes late", HEADER SEND("") EVENT("2", "\"rejected\",\"document\":\"x\""), 3, 0, "earlier records leave out" },
    { "a document that goes missing", HEADER SEND(",\"document\":\"x\"") EVENT("2", "\"rejected\""), 3, 0, "'document' is missing" },
    { "an empty name of a document", HEADER SEND(",\"document\":\"\""), 2, 0, "1 to 75 bytes" },
    { "another number of events", HEADER EVENT("1", "\"start\"") "{\"type\":\"end\",\"t\":5,\"events\":2}\n", 3, 30, "2 events are announced, there are 1" },
    { "another verdict", ONE("\"start\"") "{\"type\":\"end\",\"t\":5,\"events\":1,\"verdict\":\"good\"}\n", 3, 0, "pass or fail" },
    { "failed checks out of order", ONE("\"start\"") "{\"type\":\"end\",\"t\":5,\"events\":1,\"verdict\":\"fail\",\"failed\":[\"waits\",\"one-winner\"]}\n", 3, 0, "order of their table" },
    { "a failed check twice", ONE("\"start\"") "{\"type\":\"end\",\"t\":5,\"events\":1,\"verdict\":\"fail\",\"failed\":[\"waits\",\"waits\"]}\n", 3, 0, "each once" },
    { "another digest", ONE("\"start\"") END, 3, 0, "the trace is damaged" },
    { "too few services", "{\"type\":\"trace\",\"version\":\"\",\"scenario\":\"\",\"source\":\"00112233445566778899aabbccddeeff\",\"seed\":\"1\",\"nodes\":[\"server\"]}\n", 1, 0, "three services" },
    { "other services", "{\"type\":\"trace\",\"version\":\"\",\"scenario\":\"\",\"source\":\"00112233445566778899aabbccddeeff\",\"seed\":\"1\",\"nodes\":[\"alice\"]}\n", 1, 0, "the services come first: 'server'" },
    { "no nodes", "{\"type\":\"trace\",\"version\":\"\",\"scenario\":\"\",\"source\":\"00112233445566778899aabbccddeeff\",\"seed\":\"1\",\"nodes\":[]}\n", 1, 0, "a string is expected" },
    { "two nodes of one name", "{\"type\":\"trace\",\"version\":\"\",\"scenario\":\"\",\"source\":\"00112233445566778899aabbccddeeff\",\"seed\":\"1\",\"nodes\":[\"server\",\"server\"]}\n", 1, 0, "two nodes of one name" },
    { "a seed over 2^64", "{\"type\":\"trace\",\"version\":\"\",\"scenario\":\"\",\"source\":\"00112233445566778899aabbccddeeff\",\"seed\":\"18446744073709551616\"}\n", 1, 0, "below 2^64" },
    { "a seed in hex", "{\"type\":\"trace\",\"version\":\"\",\"scenario\":\"\",\"source\":\"00112233445566778899aabbccddeeff\",\"seed\":\"0x1\"}\n", 1, 0, "below 2^64" },
    { "no seed", "{\"type\":\"trace\",\"version\":\"\",\"scenario\":\"\",\"source\":\"00112233445566778899aabbccddeeff\",\"seed\":\"\"}\n", 1, 0, "the seed is empty" },
    { "another provider", "{\"type\":\"trace\",\"version\":\"\",\"scenario\":\"\",\"source\":\"00112233445566778899aabbccddeeff\",\"seed\":\"1\",\"provider\":\"stored\"}\n", 1, 0, "a service is exec" },
    { "another signer", "{\"type\":\"trace\",\"version\":\"\",\"scenario\":\"\",\"source\":\"00112233445566778899aabbccddeeff\",\"seed\":\"1\",\"signer\":\"built-in\"}\n", 1, 0, "a service is exec" },
    { "a clock that is not off", "{\"type\":\"trace\",\"version\":\"\",\"scenario\":\"\",\"source\":\"00112233445566778899aabbccddeeff\",\"seed\":\"1\",\"server-ahead\":0}\n", 1, 0, "a clock is off, or" },
    { "a bad source", "{\"type\":\"trace\",\"version\":\"\",\"scenario\":\"\",\"source\":\"00\"}\n", 1, 0, "32 hex digits" },
};
/* clang-format on */

static void
check_damage(void **state)
{
    const struct damage *damage = *state;
    SrTraceFault fault;
    g_autoptr(SrTrace) trace =
        sr_trace_parse("trace", damage->text, strlen(damage->text), &fault);

    assert_null(trace);
    if (strstr(fault.message, damage->message) == NULL ||
        (damage->line != 0 && damage->line != fault.line) ||
        (damage->column != 0 && damage->column != fault.column))
        fail_msg("%d:%d: %s", (int) fault.line, (int) fault.column, fault.message);
    assert_false(fault.system);
    assert_true(fault.line >= 1 && fault.column >= 1);
    sr_trace_fault_clear(&fault);
    assert_null(fault.message);
}

/* A digit of a time, and a line behind the last: both are found by what stands at the end. */
static void
digest_finds_what_else_fits(void **state)
{
    g_autoptr(GString) text = everything_written(&one_document);
    SrTraceFault fault;

    (void) state;
    g_string_append(text, "\n");
    assert_null(sr_trace_parse("trace", text->str, text->len, &fault));
    assert_non_null(strstr(fault.message, "a line behind the last one"));
    assert_int_equal(fault.line, G_N_ELEMENTS(everything) + 3);
    sr_trace_fault_clear(&fault);
    g_string_truncate(text, text->len - 1);
    *strstr(text->str, "\"t\":1000003") = '"';
    strstr(text->str, "\"t\":1000003")[4] = '2';
    assert_null(sr_trace_parse("trace", text->str, text->len, &fault));
    assert_non_null(strstr(fault.message, "the trace is damaged"));
    assert_int_equal(fault.line, G_N_ELEMENTS(everything) + 2);
    sr_trace_fault_clear(&fault);
}

/* A file in memory has nothing behind its last byte, not even a page that could be read: here it ends where one begins that
 * may not. */
static void
nothing_behind_the_text_is_read(void **state)
{
    g_autoptr(GString) text = everything_written(&one_document);
    gsize page = (gsize) sysconf(_SC_PAGESIZE), size = (text->len + page - 1) / page * page;
    char *room =
        mmap(NULL, size + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *end = room + size, *begin = end - text->len;
    SrTraceFault fault;
    SrTrace *trace;

    (void) state;
    assert_true(room != MAP_FAILED);
    assert_int_equal(mprotect(end, page, PROT_NONE), 0);
    memcpy(begin, text->str, text->len);
    trace = sr_trace_parse("trace", begin, text->len, &fault);
    assert_non_null(trace);
    sr_trace_free(trace);
    g_strstr_len(begin, (gssize) text->len, "\"t\":1000003")[4] = '2';
    assert_null(sr_trace_parse("trace", begin, text->len, &fault));
    assert_non_null(strstr(fault.message, "the trace is damaged"));
    assert_int_equal(fault.column, g_strrstr(text->str, "\"digest\":") -
                                       g_strrstr(text->str, "{\"type\"") + 1);
    sr_trace_fault_clear(&fault);
    munmap(room, size + page);
}

/* Wherever a trace is cut, or a byte is another one, it is refused and nothing breaks. */
static void
every_cut_and_every_byte_is_found(void **state)
{
    g_autoptr(GString) text = everything_written(&one_document);
    gsize first = (gsize) (strchr(text->str, '\n') - text->str) + 1;
    SrTraceFault fault;

    (void) state;
    for (gsize n = 0; n < text->len; n += n < 600 || n + 300 > text->len ? 1 : 13) {
        /* A copy of its own, so that a reading beyond it is seen. */
        g_autofree char *cut = g_malloc(MAX(n, 1));

        memcpy(cut, text->str, n);
        assert_null(sr_trace_parse("trace", cut, n, &fault));
        sr_trace_fault_clear(&fault);
    }
    /* The last line's own time is the one thing that nothing else vouches for. */
    for (gsize i = first; i < (gsize) (g_strrstr(text->str, "{\"type\":\"end\"") - text->str);
         i += 7) {
        char byte = text->str[i];

        text->str[i] = (char) (byte ^ 1);
        assert_null(sr_trace_parse("trace", text->str, text->len, &fault));
        sr_trace_fault_clear(&fault);
        text->str[i] = byte;
    }
}

static void
long_lines_are_refused(void **state)
{
    g_autoptr(GString) text = g_string_new(HEADER "{\"type\":\"event\"");
    SrTraceFault fault;

    (void) state;
    g_string_set_size(text, text->len + 70000);
    memset(text->str + strlen(text->str), 'x', 1);
    for (gsize i = strlen(HEADER); i < text->len; i++)
        text->str[i] = 'x';
    assert_null(sr_trace_parse("trace", text->str, text->len, &fault));
    assert_string_equal(fault.message, "a line of more than 64 KiB");
    assert_int_equal(fault.line, 2);
    sr_trace_fault_clear(&fault);
}

static void
hints_have_256_characters(void **state)
{
    g_autoptr(GString) text = g_string_new(HEADER);
    SrTraceFault fault;

    (void) state;
    g_string_append(text, "{\"type\":\"event\",\"seq\":1,\"t\":5,\"node\":\"server\",\"event\":"
                          "\"won\",\"hint\":\"");
    for (unsigned i = 0; i < 257; i++)
        g_string_append_c(text, 'h');
    g_string_append(text, "\"}\n");
    assert_null(sr_trace_parse("trace", text->str, text->len, &fault));
    assert_string_equal(fault.message, "a hint of more than 256 characters");
    sr_trace_fault_clear(&fault);
}

/* A sentence that no template of ours gives stays a sentence. */
static void
foreign_sentences_are_kept(void **state)
{
    static const char text[] =
        ONE("\"check-failed\",\"check\":\"waits\",\"detail\":\"{node} \\u00e9 sent\"");
    SrTraceFault fault;

    (void) state;
    /* The digest is not known beforehand: the fault tells it. */
    g_autofree char *wrong = g_strconcat(text, END, NULL);
    assert_null(sr_trace_parse("trace", wrong, strlen(wrong), &fault));
    const char *digest = strstr(fault.message, "is ") + 3;
    memcpy(strstr(wrong, "\"digest\":\"") + 10, digest, 32);
    sr_trace_fault_clear(&fault);
    g_autoptr(SrTrace) trace = parse(wrong, strlen(wrong));
    assert_int_equal(trace->records[0].detail, SR_DETAIL_NONE);
    assert_string_equal(trace->details[0], "{node} \xc3\xa9 sent");
}

/* ---- files ---- */

static void
files_are_read(void **state)
{
    g_autoptr(GString) text = everything_written(&one_document);
    g_autofree char *path = NULL;
    SrTraceFault fault;
    int fd = g_file_open_tmp("session-race-trace-XXXXXX", &path, NULL);

    (void) state;
    assert_true(fd >= 0);
    close(fd);
    assert_true(g_file_set_contents(path, text->str, (gssize) text->len, NULL));
    g_autoptr(SrTrace) trace = sr_trace_load(path, &fault);
    g_unlink(path);
    assert_non_null(trace);
    assert_string_equal(trace->path, path);
    assert_null(sr_trace_load(path, &fault));
    assert_true(fault.system);
    assert_int_equal(fault.line, 0);
    sr_trace_fault_clear(&fault);
    assert_null(sr_trace_load("/", &fault));
    assert_true(fault.system);
    assert_string_equal(fault.message, "is a folder");
    sr_trace_fault_clear(&fault);
    assert_null(sr_trace_load("/dev/zero", &fault));
    assert_true(fault.system);
    assert_string_equal(fault.message, "is not a regular file");
    sr_trace_fault_clear(&fault);
    sr_trace_free(NULL);
}

int
main(void)
{
    static const struct CMUnitTest fixed[] = {
        cmocka_unit_test(everything_comes_back),
        cmocka_unit_test(golden_traces_come_back),
        cmocka_unit_test(values_are_those_written),
        cmocka_unit_test(digest_finds_what_else_fits),
        cmocka_unit_test(nothing_behind_the_text_is_read),
        cmocka_unit_test(every_cut_and_every_byte_is_found),
        cmocka_unit_test(long_lines_are_refused),
        cmocka_unit_test(hints_have_256_characters),
        cmocka_unit_test(foreign_sentences_are_kept),
        cmocka_unit_test(files_are_read),
    };
    struct CMUnitTest tests[G_N_ELEMENTS(fixed) + G_N_ELEMENTS(damages)];

    memcpy(tests, fixed, sizeof fixed);
    for (size_t i = 0; i < G_N_ELEMENTS(damages); i++)
        tests[G_N_ELEMENTS(fixed) + i] =
            (struct CMUnitTest){ .name = damages[i].name,
                                 .test_func = check_damage,
                                 .initial_state = (void *) (uintptr_t) &damages[i] };
    return cmocka_run_group_tests_name("trace reader", tests, NULL, NULL) != 0;
}

/* Sentences of verification about logs of other programs: each has a log that provokes it.
 *
 * A row says which node has the first line that is not explained, and the sentence about it.
 * Without a node the log is explained, and the sentence is a note. */
#include "verify/verify-shorthand.h"

typedef struct {
    const char *name, *log, *node, *says;
    SrVerifyOptions options;
} Row;

/* clang-format off */
#define MADE "encryption-provider key-made hint=u1 key=0123456789abcdef\n"
#define KEY_TO_A "encryption-provider send key to=a id=2 hint=u1 key=0123456789abcdef\n"
/* @c: the client; @n: what its ids begin with; @d: members of its messages about a document */
#define CONNECTS(c, n) \
    c " send connect to=server id=" n "0 conn=1\n" \
    "server receive connect from=" c " id=" n "0 conn=1\n" \
    "server send connected to=" c " id=" n "1 conn=1\n" \
    c " receive connected from=server id=" n "1 conn=1\n"
#define REQUESTS(c, n, d) \
    CONNECTS(c, n) \
    c " send session-request to=server id=" n "2 conn=1" d "\n" \
    "server receive session-request from=" c " id=" n "2 conn=1" d "\n"
#define LEARNS(c, n, d) \
    REQUESTS(c, n, d) \
    "server send session-none to=" c " id=" n "3 conn=1" d "\n" \
    c " receive session-none from=server id=" n "3 conn=1" d "\n"
#define ASKS(c, n) \
    LEARNS(c, n, "") \
    c " send key-request to=encryption-provider id=" n "4\n" \
    "encryption-provider receive key-request from=" c " id=" n "4\n"
#define TOKENS \
    "a send token-request to=token-provider id=1\n" \
    "token-provider receive token-request from=a id=1\n"

static const Row rows[] = {
    /* messages */
    { "a message that nobody sent", "server receive connect from=a id=1 conn=1", "server", "nobody has sent a message with the id 1 (--partial when lines of its sender are missing)", { 0 } },
    { "a message that nobody sent, in a part of a log", "server receive connect from=a id=1 conn=1", NULL, "1 message that reached the server has no consequence before the log ends", { .partial = true } },
    { "a message that arrives twice", TOKENS "token-provider receive token-request from=a id=1", "token-provider", "id 1 has arrived before", { 0 } },
    { "a message that arrives twice on such a link", TOKENS "token-provider receive token-request from=a id=1", NULL, "messages arrive twice, first at line 4: that link is not ordered", { .unordered = true } },
    { "a message that overtakes", REQUESTS("a", "1", "") "server send session-none to=a id=13 conn=1\nserver send closed to=a id=14 conn=1 reason=client-update-required\na receive closed from=server id=14 conn=1 reason=client-update-required", "a", "id 13, sent before it at line 8, has not arrived: on an ordered link it arrives first (--unordered for a link that is not)", { 0 } },
    { "a message that is not there yet", TOKENS "a send token-request to=token-provider id=2", NULL, "1 message does not arrive before the log ends: the one sent at line 4", { 0 } },
    { "a line that stands before its send", "server receive connect from=a id=1 conn=1\na send connect to=server id=1 conn=1", NULL, "1 message that reached the server has no consequence before the log ends", { 0 } },
    { "lines that wait for each other", "a receive connected from=server id=2 conn=1\na send connect to=server id=1 conn=1\nserver receive connect from=a id=1 conn=1\nserver send connected to=a id=2 conn=1", "a", "it arrives before it can have been sent, at line 5: the lines before that wait for this one", { 0 } },
    { "a client of two documents", LEARNS("a", "1", " document=d1") "a send key-request to=encryption-provider id=14 document=d2", "a", "a is about another document in the lines before", { 0 } },
    { "a loss of another message", CONNECTS("a", "1") "server lose upload id=10 reason=loss", "server", "msg is not what was sent", { 0 } },
    { "a loss of what nobody sent", "server lose connect id=9 reason=loss", "server", "nobody has sent a message with the id 9", { 0 } },
    /* a client */
    { "a connection that is not open", REQUESTS("a", "1", "") "server send session-none to=a id=13 conn=1\na connection-closed client=a conn=1 reason=disconnect\na receive session-none from=server id=13 conn=1", "a", "it has no such connection open", { 0 } },
    { "a client that does something else", CONNECTS("a", "1") "a send join to=server id=12 conn=1", "a", "a does not do that here", { 0 } },
    /* the server */
    { "a time-out of nothing", CONNECTS("a", "1") "server released hint=u1 reason=timeout", "server", "no creation stands", { 0 } },
    { "a close of nothing", "server connection-closed client=a conn=1 reason=disconnect", "server", "the server has no such connection", { 0 } },
    { "a message that is lost and could be served", REQUESTS("a", "1", "") "server lose session-request id=12 reason=connection-closed", "server", "the server serves a message on a connection that it knows", { 0 } },
    { "an answer to nobody", "server send connected to=a id=11 conn=1", "server", "nothing that the server has received calls for it", { 0 } },
    { "another answer", REQUESTS("a", "1", "") "server send create-rejected to=a id=13 conn=1", "server", "the server does not do that here", { 0 } },
    { "another answer, in a part of a log", "server receive connect from=a id=10 conn=1\nserver connection-closed client=a conn=1 reason=disconnect", NULL, "from line 3 on the server does what its lines do not lead to: some are missing", { .partial = true } },
    { "a message that has no answer yet", REQUESTS("a", "1", ""), NULL, "1 message that reached the server has no consequence before the log ends", { 0 } },
    /* the token provider */
    { "a token for nobody", "token-provider send token to=a id=1 exp=5", "token-provider", "nobody waits for a token", { 0 } },
    { "a token that was not signed", TOKENS "token-provider send token to=a id=2 exp=5\ntoken-provider token-signed exp=5", "token-provider", "no token was signed", { 0 } },
    { "another token", TOKENS "token-provider token-signed exp=5\ntoken-provider send token to=a id=2 exp=6", "token-provider", "that is not the token that was signed last", { 0 } },
    { "what a token provider does not do", "token-provider established hint=u1", "token-provider", "a token provider does no such thing", { 0 } },
    { "a token that is not sent yet", TOKENS "token-provider token-signed exp=5", NULL, "1 request for a token is not answered before the log ends", { 0 } },
    { "tokens that are not sent yet", TOKENS "b send token-request to=token-provider id=2\ntoken-provider receive token-request from=b id=2", NULL, "2 requests for tokens are not answered before the log ends", { 0 } },
    /* the encryption provider */
    { "a key that comes from nowhere", ASKS("a", "1") KEY_TO_A MADE, "encryption-provider", "the provider has not made or found that key right before", { 0 } },
    { "another key than that", ASKS("a", "1") MADE "encryption-provider send key to=a id=2 hint=u2 key=0123456789abcdef", "encryption-provider", "the provider has not made or found that key right before", { 0 } },
    { "a key for nobody", MADE MADE KEY_TO_A, "encryption-provider", "that client has no such request open", { 0 } },
    { "no key, where one was made", ASKS("a", "1") MADE MADE "encryption-provider send key-refused to=a id=2 reason=unavailable", "encryption-provider", "the provider has just found or made a key", { 0 } },
    { "no key for nobody", "encryption-provider send key-refused to=a id=2 reason=unavailable", "encryption-provider", "that client has no request for a new key open", { 0 } },
    { "a hint that was not missed", ASKS("a", "1") "encryption-provider send key-refused to=a id=2 reason=unknown-hint\nencryption-provider key-missing hint=u1", "encryption-provider", "the provider has not missed a key right before", { 0 } },
    { "a hint that nobody asked for", ASKS("a", "1") "encryption-provider key-missing hint=u1\nencryption-provider send key-refused to=a id=2 reason=unknown-hint", "encryption-provider", "that client has no request for that hint open", { 0 } },
    { "a hint that nobody asked for, without notes", ASKS("a", "1") "encryption-provider send key-refused to=a id=2 reason=unknown-hint", "encryption-provider", "that client has no request for that hint open", { 0 } },
    { "a key that was not there", MADE "encryption-provider key-discarded hint=u2 reason=age", "encryption-provider", "the provider has no key under that hint", { 0 } },
    { "a key that goes twice", MADE "encryption-provider key-discarded hint=u1 reason=age\nencryption-provider key-discarded hint=u1 reason=age", "encryption-provider", "the provider has no key under that hint", { 0 } },
    { "a key that nobody settled", MADE "encryption-provider key-discarded hint=u1 reason=settled", "encryption-provider", "no key was settled", { 0 } },
    { "what an encryption provider does not do", "encryption-provider established hint=u1", "encryption-provider", "an encryption provider does no such thing", { 0 } },
    { "a key that is not sent yet", ASKS("a", "1"), NULL, "1 request for a key is not answered before the log ends", { 0 } },
    { "keys that are not sent yet", ASKS("a", "1") ASKS("b", "2"), NULL, "2 requests for keys are not answered before the log ends", { 0 } },
};
/* clang-format on */

static void
says(void **state)
{
    const Row *row = *state;
    g_autoptr(GString) text = shorthand_log(row->log);
    SrTraceFault fault;
    g_autoptr(SrTrace) trace = sr_trace_parse_log("log", text->str, text->len, &fault);
    bool noted = false;

    if (trace == NULL)
        fail_msg("line %u: %s", (unsigned) fault.line, fault.message);
    g_autoptr(SrVerified) found = sr_verify(trace, &row->options);

    for (guint i = 0; i < found->notes->len; i++)
        noted |= strcmp(g_ptr_array_index(found->notes, i), row->says) == 0;
    if (row->node == NULL) {
        if (!found->explained || !noted)
            fail_msg("%s; %s", found->explained ? "explained" : found->why,
                     found->notes->len > 0 ? (char *) g_ptr_array_index(found->notes, 0) : "-");
        return;
    }

    char node[SR_NODE_NAME_MAX + 1];

    if (found->explained)
        fail_msg("explained");
    node[trace->names.node(trace->names.data, found->node, node)] = '\0';
    if (strcmp(found->why, row->says) != 0 || strcmp(node, row->node) != 0)
        fail_msg("%s: %s", node, found->why);
}

/* ---- with the scenario ---- */

#define TWO "[network]\nlatency = 10ms\n[client a]\n[client b]\nstart = 12ms\n"

/* Returns: (transfer full) (nullable): why the trace of TWO is refused, or what is noted first, when
 * @n_cut lines at its end are missing and its last line ends at @t */
static char *
compare(const char *scenario_text, guint n_cut, const char *t)
{
    g_autoptr(SrScenario) scenario = fixture_parse(TWO), other = fixture_parse(scenario_text);
    g_autoptr(GString) text = fixture_trace(scenario, scenario->seed);
    g_autoptr(GPtrArray) lines = fixture_lines(text);
    const SrVerifyOptions options = { .scenario = other };

    if (n_cut > 0)
        g_ptr_array_remove_range(lines, lines->len - 1 - n_cut, n_cut);
    if (t != NULL)
        fixture_set(lines, lines->len - 1, "t", t);
    fixture_repair(lines);

    g_autoptr(GString) changed = fixture_join(lines);
    g_autoptr(SrTrace) trace = fixture_read(changed);
    g_autoptr(SrVerified) found = sr_verify(trace, &options);

    if (!found->explained)
        return g_strdup(found->why);
    return found->notes->len > 0 ? g_strdup(g_ptr_array_index(found->notes, 0)) : NULL;
}

static void
says_where_the_scenario_parts(void **state)
{
    g_autofree char *same = compare(TWO, 0, NULL), *later = compare(TWO, 0, "999000000");
    g_autofree char *other = compare(TWO "[document d]\n", 0, NULL);

    (void) state;
    assert_null(same);
    assert_string_equal(later, "the scenario ends at another instant");
    assert_true(g_str_has_prefix(other, "the trace is not of this scenario: its source is "));
}

/* ---- what would be allowed ---- */

/* A client does not do what it should: the lines that are allowed are about its own document, which
 * is not the first one of the log. */
static void
what_is_allowed_is_of_its_document(void **state)
{
    g_autoptr(GString) text = shorthand_log(LEARNS("a", "1", " document=d1") CONNECTS(
        "b", "2") "b send join to=server id=22 conn=1 document=d2\n");
    const SrVerifyOptions options = { 0 };
    SrTraceFault fault;
    g_autoptr(SrTrace) trace = sr_trace_parse_log("log", text->str, text->len, &fault);
    g_autoptr(SrVerified) found = sr_verify(trace, &options);

    (void) state;
    assert_false(found->explained);
    assert_string_equal(found->why, "b does not do that here");
    assert_int_equal(trace->records[found->record].document, 1);
    assert_int_not_equal(found->n_allowed, 0);
    for (unsigned i = 0; i < found->n_allowed; i++)
        assert_int_equal(found->allowed[i].document, trace->records[found->record].document);
}

int
main(void)
{
    struct CMUnitTest tests[G_N_ELEMENTS(rows) + 2];

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        tests[i] = (struct CMUnitTest){ .name = rows[i].name,
                                        .test_func = says,
                                        .initial_state = (void *) (uintptr_t) &rows[i] };
    tests[G_N_ELEMENTS(rows)] =
        (struct CMUnitTest) cmocka_unit_test(says_where_the_scenario_parts);
    tests[G_N_ELEMENTS(rows) + 1] =
        (struct CMUnitTest) cmocka_unit_test(what_is_allowed_is_of_its_document);
    return cmocka_run_group_tests_name("sentences", tests, NULL, NULL) != 0;
}

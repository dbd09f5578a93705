/* Each refusal has a trace that provokes it, one edit away from a trace that is accepted.
 *
 * A row has a scenario, whose trace must be explained. Then the lines of the trace are edited, and
 * numbers and digest repaired. The row says which node is refused then, and with which sentence. If
 * it has a second edit, that is the nearest one that is still accepted. */
#include "verify/verify-fixture.h"

/* An edit is a list of commands, one a line; LINE is "NODE EVENT" or "NODE EVENT MSG", and the
 * first such line is meant unless a number stands before:
 *   drop LINE             double LINE          triple LINE
 *   later LINE            it changes places with the next line of its node
 *   set MEMBER VALUE LINE
 *   end MEMBER VALUE      of the last line */
typedef struct {
    const char *name, *scenario, *edit, *node, *why, *accepted;
} Row;

#define TWO "[network]\nlatency = 10ms\n[client a]\n[client b]\nstart = 12ms\n"
#define UNORDERED                                                                              \
    "[network]\nlatency = 10ms\nordered = no\n[client a]\n[client b]\nstart = 12ms\n"
#define CRASH TWO "[timeline]\n140ms = disconnect a\n"
#define CLOSES TWO "[timeline]\n140ms = close a\n"
#define SLOW TWO "[server]\nprocessing = 3ms\n[timeline]\n55ms = crash server for 10ms\n"
#define SETTLED TWO "[encryption-provider]\nretention = until-settled\n"
#define NEW_KEY TWO "[encryption-provider]\nretention = on-new-key\n"
#define LAST TWO "[client c]\nstart = 14ms\n[encryption-provider]\nretention = last(2)\n"
#define AGES TWO "[encryption-provider]\nretention = for(3s)\n[timeline]\n4s = disconnect a\n"
#define LOSES UNORDERED "[timeline]\n5ms = partition b server for 60ms\n"

/* clang-format off */
static const Row rows[] = {
    /* messages */
    { "wrong way", TWO, "set to \"server\" a send token-request", "a", "no token-request goes from this node", NULL },
    { "wrong end", TWO, "set from \"b\" token-provider receive token-request", "token-provider", "from is not what was sent", NULL },
    { "an id twice", TWO, "set id 1 b send token-request", "b", "another message has the id 1", NULL },
    { "a gap in ids", TWO, "set id 9 b send token-request", "b", "its id is 9 where 3 is due", NULL },
    { "nobody sent it", TWO, "set id 99 server receive connect", "server", "nobody has sent a message with the id 99", NULL },
    { "another connection", TWO, "set conn 2 server receive session-request", "server", "conn is not what was sent", NULL },
    { "another hint", TWO, "set hint \"u2\" a receive key", "a", "hint is not what was sent", NULL },
    { "another key", TWO, "set key \"b344e15091d4e97c\" b receive content", "b", "key is not what was sent", NULL },
    { "other claims", TWO, "set exp 1685577901 server receive connect", "server", "its claims is not what was sent", NULL },
    { "three copies", TWO, "triple server receive upload", "server", "has arrived before", "double server receive connect" },
    { "lost three times", LOSES, "triple server lose connect", "server", "a link delivers a message twice at most", "double server lose connect" },
    { "lost later", CRASH, "set reason \"loss\" a lose create-accepted", "a", "a link loses a message when it is sent", NULL },
    { "lost in a wrong way", LOSES, "set reason \"gone\" server lose connect", "server", "it is no answer to somebody who is gone", NULL },
    { "lost on an open connection", LOSES, "set reason \"connection-closed\" server lose connect", NULL, "its connection is not closed", NULL },
    { "lost in no crash", LOSES, "set reason \"server-crash\" server lose connect", "server", "it does not wait at the server", NULL },
    { "lost for no reason", LOSES, "set reason \"jwt\" server lose connect", "server", "no reason to be lost for", NULL },
    { "lost elsewhere", LOSES, "set node \"a\" server lose connect", "a", "it was not sent to this node", NULL },
    { "lost another message", LOSES, "set msg \"upload\" server lose connect", "server", "msg is not what was sent", NULL },
    { "a close that nobody made", CRASH, "set reason \"crash\" server connection-closed", "server", "a has not closed that connection so", NULL },
    { "a close that is not seen", CLOSES, "drop server connection-closed", NULL, "sees at once that the connection", NULL },
    { "other bytes", TWO, "set bytes 4125 b sealed", "b", "other sealed contents of the document have 4124 bytes", "set bytes 1 a sealed\nset bytes 1 b sealed" },
    { "other claims of a token", TWO, "set exp 1685577950 2 token-provider token-signed", "token-provider", "its claims are not as far apart", NULL },
    { "another leeway", TWO, "set leeway 5 2 server token-judged", "server", "the leeway was another one before", NULL },
    { "a fault elsewhere", CRASH, "set target \"b\" a fault", "a", "a fault is noted at its target", NULL },
    /* time */
    { "back in time", TWO, "set t 1 b start", "b", "it is earlier than the line before", "set t 11000001 b start\nset t 11000001 b state\nset t 11000001 b send token-request" },
    { "an early end", TWO, "end t 240999999", "server", "the last line is earlier", "end t 241000001" },
    /* clients */
    { "a client skips a state", TWO, "set to \"connecting\" a state", "a", "a does not do that here", NULL },
    { "a client is not told", TWO, "drop a receive connected", "a", "a does not do that here", NULL },
    { "one step, two instants", TWO, "set t 21000001 a connection-opened\nset t 21000001 a send connect\nset t 21000001 3 a state", "a", "what one step does has one instant", NULL },
    { "a step that is not done", TWO, "drop 11 b state", "b", "b has not done all that its last step does", NULL },
    { "no fault, no loss", CRASH, "drop a fault", "a", "a does not do that here", NULL },
    { "a nonce again", TWO, "set nonce \"000000000000000000000002\" a sealed", "a", "a does not do that here", NULL },
    { "it opens what it cannot", TWO, "set ok false b opened", "b", "b does not do that here", NULL },
    /* the server */
    { "nobody asked", TWO, "drop server receive session-request", "server", "nothing that the server has received calls for it", NULL },
    { "another answer", TWO, "set msg \"session-pending\" server send session-none\nset msg \"session-pending\" a receive session-none", "server", "the server does not do that here", NULL },
    { "two winners", TWO, "set msg \"create-accepted\" server send create-rejected\nset msg \"create-accepted\" b receive create-rejected", "server", "the server does not do that here", NULL },
    { "a token that is judged otherwise", TWO, "set result \"expired\" server token-judged", "server", "the server does not do that here", NULL },
    { "a token that is not judged", TWO, "drop 2 server token-judged", "server", "the server does not do that here", NULL },
    { "no such connection at the server", TWO "[timeline]\n300ms = disconnect b\n", "double server connection-closed", "server", "the server has no such connection", NULL },
    { "a message that waited", SLOW, "drop server lose", NULL, "a message that waited is lost when the server crashes", NULL },
    { "an owner is lost without a word", CRASH, "drop server released", "server", "the server does not do that here", NULL },
    { "a broadcast that ends early", TWO, "drop 2 server send session-available", NULL, "", NULL },
    /* the encryption provider */
    { "a key that is not made", TWO, "drop encryption-provider key-made", "encryption-provider", "", NULL },
    { "a hint out of turn", TWO, "set hint \"u3\" encryption-provider key-made\nset hint \"u3\" encryption-provider send key", "encryption-provider", "the encryption provider does not do that here", NULL },
    { "one key under two hints", TWO, "set key \"9d6753d0177d365e\" 2 encryption-provider key-made", "encryption-provider", "the encryption provider does not do that here", NULL },
    { "no such hint", TWO, "set hint \"u9\" encryption-provider key-found", "encryption-provider", "", NULL },
    { "nobody asked for a key", TWO, "drop encryption-provider receive key-request", "encryption-provider", "no such request open", NULL },
    { "nobody looked it up", TWO, "drop 3 encryption-provider receive key-request", "encryption-provider", "no request open for which it may be found", NULL },
    { "gone for another reason", SETTLED, "set reason \"age\" encryption-provider key-discarded", "encryption-provider", "other keys are discarded for another reason", NULL },
    { "gone with nothing in its place", SETTLED, "set reason \"overwritten\" encryption-provider key-discarded", "encryption-provider", "", NULL },
    { "gone for a newer key that is not there", SETTLED, "set reason \"on-new-key\" encryption-provider key-discarded", "encryption-provider", "no newer key was made right before", NULL },
    { "settled by nobody", NEW_KEY, "set reason \"settled\" encryption-provider key-discarded", "encryption-provider", "", NULL },
    { "a key that has to go", NEW_KEY "[client c]\nstart = 14ms\n", "drop encryption-provider key-discarded", "encryption-provider", "the encryption provider does not do that here", NULL },
    { "one too many", LAST "[client d]\nstart = 16ms\n", "drop 2 encryption-provider key-discarded", "encryption-provider", "the encryption provider does not do that here", NULL },
    { "it goes twice", AGES, "double encryption-provider key-discarded", "encryption-provider", "the provider has no key under that hint", NULL },
    { "what providers do not do", TWO, "set node \"encryption-provider\" b rejected", "encryption-provider", "an encryption provider does no such thing", NULL },
    /* the token provider */
    { "signed and not sent", TWO, "double token-provider token-signed", "token-provider", "the token that was signed is sent first", NULL },
    { "nobody waits for a token", TWO, "drop token-provider receive token-request", "token-provider", "nobody waits for a token", NULL },
    { "nothing signed", TWO, "drop token-provider token-signed", "token-provider", "no token was signed", "drop 2 token-provider token-signed" },
    { "another token", TWO, "set exp 1685577901 token-provider send token\nset exp 1685577901 a receive token", "token-provider", "not the token that was signed last", NULL },
    { "sent later", TWO, "set t 11000001 token-provider send token", "token-provider", "what one step does has one instant", NULL },
    { "what token providers do not do", TWO, "set node \"token-provider\" b rejected", "token-provider", "a token provider does no such thing", NULL },
    /* checks */
    { "a check that is not told", NEW_KEY, "drop server check-failed", NULL, "a check fails at the line before, and the trace does not say so", NULL },
    { "a check that finds something else", NEW_KEY, "set check \"key-found\" server check-failed", "server", "that is not what the check finds", NULL },
    { "a check that finds nothing", NEW_KEY, "double server check-failed", "server", "no check fails here", NULL },
    { "another verdict", TWO, "end verdict \"fail\"", "server", "the verdict of the last line is not that of the checks", NULL },
};
/* clang-format on */

/* Traces that this program writes, each for a reason that a reader may miss. */
static const char *const genuine[][2] = {
    { "attempts that fail leave no line, and are used up",
      "[client a]\nreconnect = 1 times from 100ms to 1s\n"
      "[timeline]\n50ms = crash server for 3s\n" },
    { "likewise while nothing can be opened",
      "[client a]\nreconnect = 1 times from 100ms to 1s\n"
      "[timeline]\n150ms = disconnect a for 3s\n" },
    { "the key of an older session is handed out again",
      "[document d]\nprevious = yes\n[client a]\n[encryption-provider]\nreuse = 1h\n" },
    { "a look-up is refused while an older request is open",
      "[document d]\nprevious = yes\n[client c1]\n[client c2]\n[encryption-provider]\nlookup = "
      "100ms\n"
      "retention = for(500ms)\nreuse = 1h\n"
      "[timeline]\n10ms = partition c1 encryption-provider for 600ms\n" },
    { "one step of the server tells a hundred clients",
      "[network]\nlatency = 1ms\n[client a]\n[client b]\ncount = 100\nstart = 10ms\n"
      "early-available = adopt\n[server]\nwhile-creating = pending\n"
      "[timeline]\n110ms = crash a\n1s = upgrade server\n2s = crash server for 1s\n" },
    { "three documents are forgotten in one crash",
      "[document d]\n[document e]\n[document f]\n[server]\ndurable = no\n[client a]\ndocument "
      "= "
      "d\n[client b]\ndocument = e\n[client c]\ndocument = f\n"
      "[timeline]\n1s = crash server for 1s\n" },
    { "an upload is ignored, and a message behind it lost",
      "[document d]\nprevious = yes\n[client c0]\n[server]\nprocessing = 3ms\n"
      "establish-timeout = 1us\n[timeline]\n140ms = disconnect c0\n" },
};

static void
accepts(void **state)
{
    const char *text_of = *state;
    g_autoptr(SrScenario) scenario = fixture_parse(text_of);
    const SrVerifyOptions options = { 0 };

    for (uint64_t seed = 1; seed <= 20; seed++) {
        g_autoptr(GString) text = fixture_trace(scenario, seed);
        g_autoptr(SrTrace) trace = fixture_read(text);
        g_autoptr(SrVerified) found = sr_verify(trace, &options);

        if (!found->explained)
            fail_msg("seed %u: %s\n%s", (unsigned) seed, found->why, text->str);
    }
}

/* Beyond the bound a client is neither explained nor refused. */
static void
judges_no_more_than_it_tries(void **state)
{
    (void) state;
    g_autoptr(SrScenario) scenario = fixture_parse(TWO);
    g_autoptr(GString) text = fixture_trace(scenario, 1);
    g_autoptr(SrTrace) trace = fixture_read(text);

    for (uint32_t tries = 0; tries < 2; tries++) {
        const SrVerifyOptions options = { .tries = tries };
        g_autoptr(SrVerified) found = sr_verify(trace, &options);
        const char *note = found->notes->len > 0 ? g_ptr_array_index(found->notes, 0) : "";

        assert_true(found->explained);
        assert_int_equal(found->n_nodes_not_judged, tries == 1 ? 2 : 0);
        assert_int_equal(g_str_has_prefix(note, "a is not judged: "), tries == 1);
    }
}

/* ---- scenarios ---- */

/* Traces that some scenario writes, but not this one. */
/* clang-format off */
static const struct other {
    const char *name, *scenario, *edit, *why;
} others[] = {
    { "a scenario that goes on", TWO "[timeline]\n300ms = outage token-provider for 1s\n", "drop token-provider fault", "the scenario goes on where the trace ends" },
    { "a scenario that ends before", TWO "[timeline]\n300ms = outage token-provider for 1s\n", "double token-provider fault", "the scenario ends before it" },
    { "a scenario that ends later", TWO, "end t 241000001", "the scenario ends at another instant" },
    { "a scenario that does something else", TWO, "set t 11000001 b start\nset t 11000001 b state\nset t 11000001 b send token-request",
      "the scenario has here: {\"type\":\"event\",\"seq\":7,\"t\":12000000,\"node\":\"b\",\"event\":\"start\"}" },
};
/* clang-format on */

static SrVerified *judge(const GString *text, const char *edits, const SrScenario *scenario);

static void
another_scenario_is_refused(void **state)
{
    const struct other *other = *state;
    g_autoptr(SrScenario) scenario = fixture_parse(other->scenario);
    g_autoptr(GString) text = fixture_trace(scenario, scenario->seed);
    g_autoptr(SrVerified) alone = judge(text, other->edit, NULL);
    g_autoptr(SrVerified) compared = judge(text, other->edit, scenario);

    assert_true(alone->explained);
    assert_false(compared->explained);
    assert_string_equal(compared->why, other->why);
}

/* A trace that is of another scenario altogether is not compared. */
static void
a_trace_is_of_another_scenario(void **state)
{
    g_autoptr(SrScenario) played = fixture_parse(TWO);
    g_autoptr(SrScenario) scenario = fixture_parse(CRASH);
    g_autoptr(GString) text = fixture_trace(played, 1);
    g_autoptr(SrVerified) found = judge(text, "", scenario);

    (void) state;
    assert_true(found->explained);
    assert_int_equal(found->notes->len, 1);
    assert_true(g_str_has_prefix(g_ptr_array_index(found->notes, 0),
                                 "the trace is not of this scenario: its source is "));
}

/* ---- logs ---- */

/* Logs of other systems, with notes: one edit away from a log that is explained. */
typedef struct {
    const char *name, *scenario, *edit, *node, *why;
} LogRow;

#define ONE_HINT TWO "[encryption-provider]\nhint = timestamp(1h)\n"
#define MISSES NEW_KEY "[client c]\nstart = 14ms\n"

/* clang-format off */
static const LogRow log_rows[] = {
    { "refused without a request", ONE_HINT, "drop 2 encryption-provider receive key-request", "encryption-provider", "that client has no request for a new key open" },
    { "refused with a key at hand", ONE_HINT, "double encryption-provider key-made\nlater 2 encryption-provider key-made", "encryption-provider", "the provider has just found or made a key" },
    { "missed without a request", MISSES, "drop 4 encryption-provider receive key-request", "encryption-provider", "that client has no request for that hint open" },
    { "missed without a word", MISSES, "drop 2 encryption-provider key-missing", "encryption-provider", "the provider has not missed a key right before" },
    { "given without being found", TWO "[client c]\nstart = 200ms\n", "drop encryption-provider key-found", "encryption-provider", "the provider has not made or found that key right before" },
    { "given without a request", TWO, "drop encryption-provider receive key-request", "encryption-provider", "that client has no such request open" },
    { "discarded twice", NEW_KEY, "double encryption-provider key-discarded", "encryption-provider", "the provider has no key under that hint" },
    { "settled by nobody", SETTLED, "drop encryption-provider receive key-settled", "encryption-provider", "no key was settled" },
    { "what providers do not do", TWO, "set node \"encryption-provider\" server established", "encryption-provider", "an encryption provider does no such thing" },
    { "a token that nobody asked for", TWO, "drop token-provider receive token-request", "token-provider", "nobody waits for a token" },
    { "a token that was not signed", TWO, "drop token-provider token-signed", "token-provider", "no token was signed" },
    { "another token than was signed", TWO, "set exp 1685577999 token-provider token-signed", "token-provider", "that is not the token that was signed last" },
    { "what token providers do not do", TWO, "set node \"token-provider\" server established", "token-provider", "a token provider does no such thing" },
    { "a client asks on no connection", CRASH, "set conn 7 a send session-request\nset conn 7 server receive session-request", "a", "a does not do that here" },
    { "an answer to nobody", TWO, "drop server receive session-request", "server", "nothing that the server has received calls for it" },
    { "no such connection", TWO "[timeline]\n300ms = disconnect b\n", "double server connection-closed", "server", "the server has no such connection" },
    { "a message from nowhere", TWO, "drop a send connect", "server", "nobody has sent a message with the id 4 (--partial when lines of its sender are missing)" },
    { "a message on another connection", TWO, "set conn 9 server receive session-request", "server", "conn is not what was sent at line 26" },
    { "another message than was sent", TWO, "set msg \"join\" server receive session-request", "server", "msg is not what was sent at line 26" },
};
/* clang-format on */

static void edit(GPtrArray *lines, const char *command);

/* Returns: (transfer full): the log of @scenario, edited */
static GString *
edited_log(const char *text_of, const char *edits)
{
    g_autoptr(SrScenario) scenario = fixture_parse(text_of);
    g_autoptr(GString) text = fixture_trace(scenario, scenario->seed);
    SrStream stream = sr_stream_at(1, 0);
    g_autoptr(GString) log = fixture_log(text, true, &stream);
    g_autoptr(GPtrArray) lines = fixture_lines(log);
    g_auto(GStrv) commands = g_strsplit(edits, "\n", -1);

    for (unsigned i = 0; commands[i] != NULL; i++)
        if (commands[i][0] != '\0')
            edit(lines, commands[i]);
    return fixture_join(lines);
}

static void
log_is_refused(void **state)
{
    const LogRow *row = *state;
    const char *const edits[] = { "", row->edit };

    for (unsigned i = 0; i < 2; i++) {
        g_autoptr(GString) log = edited_log(row->scenario, edits[i]);
        SrTraceFault fault;
        g_autoptr(SrTrace) trace = sr_trace_parse_log("log", log->str, log->len, &fault);
        const SrVerifyOptions options = { 0 };
        g_autoptr(SrVerified) found = NULL;
        char node[SR_NODE_NAME_MAX + 1];

        assert_non_null(trace);
        found = sr_verify(trace, &options);
        assert_int_equal(found->explained, i == 0);
        if (i == 0)
            continue;
        node[trace->names.node(trace->names.data, found->node, node)] = '\0';
        if (strcmp(found->why, row->why) != 0 ||
            (row->node != NULL && strcmp(node, row->node) != 0))
            fail_msg("%s: %s", node, found->why);
    }
}

/* Returns: the line that @words name: [NUMBER] NODE EVENT [MSG] */
static guint
find_line(const GPtrArray *lines, char **words)
{
    unsigned n = g_ascii_isdigit(words[0][0]) ? (unsigned) atoi(*words++) : 1;

    for (guint i = 1; i + 1 < lines->len; i++) {
        const char *line = g_ptr_array_index(lines, i);
        g_autofree char *node = fixture_word(line, "node"),
                        *event = fixture_word(line, "event");
        g_autofree char *msg = fixture_word(line, "msg");

        if (strcmp(node, words[0]) == 0 && strcmp(event, words[1]) == 0 &&
            (words[2] == NULL || strcmp(msg, words[2]) == 0) && --n == 0)
            return i;
    }
    fail_msg("no line '%s %s'", words[0], words[1]);
    return 0;
}

static void
move_later(GPtrArray *lines, guint i)
{
    g_autofree char *node = fixture_word(g_ptr_array_index(lines, i), "node");
    char *moved = g_ptr_array_index(lines, i);

    for (guint j = i + 1; j + 1 < lines->len; j++) {
        g_autofree char *its = fixture_word(g_ptr_array_index(lines, j), "node");

        if (strcmp(its, node) != 0)
            continue;
        lines->pdata[i] = lines->pdata[j];
        lines->pdata[j] = moved;
        return;
    }
    fail_msg("no line of %s is behind that one", node);
}

static void
edit(GPtrArray *lines, const char *command)
{
    g_auto(GStrv) words = g_strsplit(command, " ", -1);
    bool sets = strcmp(words[0], "set") == 0;
    guint i;

    if (strcmp(words[0], "end") == 0) {
        fixture_set(lines, lines->len - 1, words[1], words[2]);
        return;
    }
    i = find_line(lines, words + (sets ? 3 : 1));
    if (sets) {
        size_t length;

        assert_non_null(fixture_member(g_ptr_array_index(lines, i), words[1], &length));
        fixture_set(lines, i, words[1], words[2]);
    } else if (strcmp(words[0], "drop") == 0) {
        g_ptr_array_remove_index(lines, i);
    } else if (strcmp(words[0], "later") == 0) {
        move_later(lines, i);
    } else {
        for (unsigned n = strcmp(words[0], "triple") == 0 ? 2 : 1; n > 0; n--)
            g_ptr_array_insert(lines, (gint) i, g_strdup(g_ptr_array_index(lines, i)));
    }
}

static SrVerified *
judge(const GString *text, const char *edits, const SrScenario *scenario)
{
    const SrVerifyOptions options = { .scenario = scenario };
    g_autoptr(GPtrArray) lines = fixture_lines(text);
    g_auto(GStrv) commands = g_strsplit(edits, "\n", -1);

    for (unsigned i = 0; commands[i] != NULL; i++)
        if (commands[i][0] != '\0')
            edit(lines, commands[i]);
    fixture_repair(lines);

    g_autoptr(GString) changed = fixture_join(lines);
    g_autoptr(SrTrace) trace = fixture_read(changed);

    return sr_verify(trace, &options);
}

static void
refuses(void **state)
{
    const Row *row = *state;
    g_autoptr(SrScenario) scenario = fixture_parse(row->scenario);
    g_autoptr(GString) text = fixture_trace(scenario, scenario->seed);
    g_autoptr(SrVerified) as_it_is = judge(text, "", NULL);
    g_autoptr(SrVerified) edited = judge(text, row->edit, NULL);
    g_autoptr(SrTrace) trace = fixture_read(text);
    char node[SR_NODE_NAME_MAX + 1];

    if (!as_it_is->explained)
        fail_msg("as it is: %s", as_it_is->why);
    if (edited->explained)
        fail_msg("explained");
    node[trace->names.node(trace->names.data, edited->node, node)] = '\0';
    if (strstr(edited->why, row->why) == NULL ||
        (row->node != NULL && strcmp(node, row->node) != 0))
        fail_msg("%s: %s", node, edited->why);
    if (row->accepted == NULL)
        return;

    g_autoptr(SrVerified) near = judge(text, row->accepted, NULL);
    if (!near->explained)
        fail_msg("the nearest: %s", near->why);
}

int
main(void)
{
    struct CMUnitTest tests[G_N_ELEMENTS(rows) + G_N_ELEMENTS(genuine) +
                            G_N_ELEMENTS(log_rows) + G_N_ELEMENTS(others) + 2];
    size_t n = G_N_ELEMENTS(rows) + G_N_ELEMENTS(genuine);

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        tests[i] = (struct CMUnitTest){ .name = rows[i].name,
                                        .test_func = refuses,
                                        .initial_state = (void *) (uintptr_t) &rows[i] };
    for (size_t i = 0; i < G_N_ELEMENTS(genuine); i++)
        tests[G_N_ELEMENTS(rows) + i] =
            (struct CMUnitTest){ .name = genuine[i][0],
                                 .test_func = accepts,
                                 .initial_state = (void *) (uintptr_t) genuine[i][1] };
    for (size_t i = 0; i < G_N_ELEMENTS(log_rows); i++)
        tests[n++] = (struct CMUnitTest){ .name = log_rows[i].name,
                                          .test_func = log_is_refused,
                                          .initial_state = (void *) (uintptr_t) &log_rows[i] };
    for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
        tests[n++] = (struct CMUnitTest){ .name = others[i].name,
                                          .test_func = another_scenario_is_refused,
                                          .initial_state = (void *) (uintptr_t) &others[i] };
    tests[n++] = (struct CMUnitTest) cmocka_unit_test(a_trace_is_of_another_scenario);
    tests[n] = (struct CMUnitTest) cmocka_unit_test(judges_no_more_than_it_tries);
    return cmocka_run_group_tests_name("refusals", tests, NULL, NULL) != 0;
}

/* What a child may say, line by line: what is read of it, and what is refused with which words. */
#include "exec-fixture.h"

#include "exec/reply.h"

/* clang-format off */
static const struct row { const char *line, *why; } refused[] = {
    { "",                                                        "wrote a line that is not JSON, \"\"" },
    { "debug",                                                   "wrote a line that is not JSON, \"debug\"; write logs to standard error" },
    { "<!doctype html><html><head><title>Bad Gateway</title>",   "wrote a line that is not JSON, \"<!doctype html><html><head><title>Bad Ga…\"" },
    { "{\"type\":\"idle\"} x",                                   "wrote a line that is not JSON" },
    { "{\"type\":\"idle\"}{}",                                   "wrote a line that is not JSON" },
    { "{\"type\":\"idle\",\"notes\":[\"\\ud800\"]}",             "wrote a line that is not JSON" },
    { "{\"type\":\"idle\",\"type\":\"idle\"}",                   "wrote a line that has a member twice" },
    { "[1]",                                                     "wrote a line that is not a JSON object" },
    { "7",                                                       "wrote a line that is not JSON" },
    { "{\"type\":\"idle\",\"x\":[[[[[[[[1]]]]]]]]}",             "wrote a line that is nested more than 8 deep" },
    { "{}",                                                      "wrote a line whose type is none of hello, idle, fault" },
    { "{\"type\":7}",                                            "wrote a line whose type is none of hello, idle, fault" },
    { "{\"type\":\"bye\"}",                                      "wrote a line whose type is none of hello, idle, fault" },
    { "{\"type\":\"hello\"}",                                    "does not speak protocol 1" },
    { "{\"type\":\"hello\",\"protocol\":\"1\"}",                 "does not speak protocol 1" },
    { "{\"type\":\"hello\",\"protocol\":1,\"asks\":\"key\"}",    "gave 'asks' that is not a list" },
    { "{\"type\":\"hello\",\"protocol\":1,\"asks\":[1]}",        "gave 'asks' that is not a list of strings" },
    { "{\"type\":\"hello\",\"protocol\":1,\"runs\":0}",          "gave a 'runs' that is not a whole number from 1 to 4294967295" },
    { "{\"type\":\"hello\",\"protocol\":1,\"name\":1}",          "gave a 'name' that is not a string" },
    { "{\"type\":\"idle\",\"answers\":{}}",                      "gave 'answers' that is not a list" },
    { "{\"type\":\"idle\",\"answers\":[1]}",                     "gave an answer that is not an object" },
    { "{\"type\":\"idle\",\"answers\":[{\"key\":\"k\"}]}",       "gave a 'id' that is not a whole number from 1 to 4294967295" },
    { "{\"type\":\"idle\",\"answers\":[{\"id\":0,\"key\":\"k\"}]}", "gave a 'id' that is not a whole number" },
    { "{\"type\":\"idle\",\"answers\":[{\"id\":1.5,\"key\":\"k\"}]}", "gave a 'id' that is not a whole number" },
    { "{\"type\":\"idle\",\"answers\":[{\"id\":\"1\",\"key\":\"k\"}]}", "gave a 'id' that is not a whole number" },
    { "{\"type\":\"idle\",\"answers\":[{\"id\":4294967296,\"key\":\"k\"}]}", "gave a 'id' that is not a whole number" },
    { "{\"type\":\"idle\",\"answers\":[{\"id\":1}]}",            "gave an answer without exactly one of 'key', 'token' and 'error'" },
    { "{\"type\":\"idle\",\"answers\":[{\"id\":1,\"key\":\"k\",\"error\":\"e\"}]}", "gave an answer without exactly one of" },
    { "{\"type\":\"idle\",\"answers\":[{\"id\":1,\"key\":null}]}", "gave a 'key' that is not a string" },
    { "{\"type\":\"idle\",\"answers\":[{\"id\":1,\"key\":\"k\",\"hint\":7}]}", "gave a 'hint' that is not a string" },
    { "{\"type\":\"idle\",\"answers\":[{\"id\":1,\"error\":\"e\",\"reason\":\"because\"}]}", "gave a reason that is none of unknown-hint, unavailable, bad-shape: \"because\"" },
    { "{\"type\":\"idle\",\"waits\":[7]}",                       "gave a wait that is not an object" },
    { "{\"type\":\"idle\",\"waits\":[{\"wait\":1}]}",            "gave a wait that is for neither 'io' nor 'timer'" },
    { "{\"type\":\"idle\",\"waits\":[{\"wait\":1,\"for\":\"io\"}]}", "gave a wait for io whose leg is neither 'request' nor 'response'" },
    { "{\"type\":\"idle\",\"waits\":[{\"wait\":1,\"for\":\"timer\"}]}", "gave 'ns' of a timer that is not a string of decimals" },
    { "{\"type\":\"idle\",\"waits\":[{\"wait\":1,\"for\":\"timer\",\"ns\":5}]}", "gave 'ns' of a timer that is not a string of decimals" },
    { "{\"type\":\"idle\",\"waits\":[{\"wait\":1,\"for\":\"timer\",\"ns\":\"-5\"}]}", "gave 'ns' of a timer that is not a string of decimals" },
    { "{\"type\":\"idle\",\"waits\":[{\"wait\":1,\"for\":\"timer\",\"ns\":\"5\\u0000\"}]}", "gave 'ns' of a timer that is not a string of decimals" },
    { "{\"type\":\"idle\",\"waits\":[{\"drop\":\"1\"}]}",        "gave a 'drop' that is not a whole number" },
    { "{\"type\":\"idle\",\"waits\":[{\"wait\":1,\"for\":\"timer\",\"ns\":\"1\",\"request\":\"1\"}]}", "gave a 'request' that is not a whole number" },
    { "{\"type\":\"idle\",\"stuck\":[\"1\"]}",                   "gave a stuck request that is not a number" },
    { "{\"type\":\"idle\",\"notes\":[1]}",                       "gave a note that is not a string" },
    { "{\"type\":\"idle\",\"jwks\":[]}",                         "gave 'jwks' that is not an object" },
    { "{\"type\":\"fault\",\"error\":1}",                        "gave a 'error' that is not a string" },
    { "{\"type\":\"fault\",\"error\":\"e\",\"kind\":\"x\"}", "gave a 'kind' that is not 'blocked'" },
    { "{\"type\":\"fault\",\"error\":\"e\",\"kind\":1}",     "gave a 'kind' that is not a string" },
    { "{\"type\":\"idle\",\"broke\":\"crash\"}",             "gave a 'broke' that is not 'unhandled-rejection'" },
};
/* clang-format on */

static bool
read_line(SrExecReply *reply, const char *line, GString *why)
{
    return sr_exec_reply_read(reply, line, strlen(line), why);
}

static void
what_is_wrong_is_said(void **state)
{
    SrExecReply reply = { 0 };

    (void) state;
    for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
        g_autoptr(GString) why = g_string_new(NULL);

        if (read_line(&reply, refused[i].line, why))
            fail_msg("accepted: %s", refused[i].line);
        if (!g_str_has_prefix(why->str, refused[i].why))
            fail_msg("%s: '%s' where '%s' is expected", refused[i].line, why->str,
                     refused[i].why);
    }
    sr_exec_reply_clear(&reply);
}

static void
an_idle_line_is_read_whole(void **state)
{
    static const char line[] =
        "{\"type\":\"idle\",\"new\":{\"a\":1},\"answers\":[{\"id\":2,\"key\":"
        "\"k\\u0000\\ud83d\\udd11\","
        "\"hint\":\"\",\"at\":\"p.js:4\"},{\"id\":3,\"error\":\"no\",\"reason\":"
        "\"unavailable\"},"
        "{\"id\":4,\"token\":\"a.b.c\"}],"
        "\"waits\":[{\"wait\":7,\"for\":\"io\",\"leg\":\"request\",\"label\":\"get "
        "keys\",\"request\":2},"
        "{\"wait\":8,\"for\":\"io\",\"leg\":\"response\"},{\"wait\":9,\"for\":\"timer\",\"ns\":"
        "\"1500\"},"
        "{\"wait\":10,\"for\":\"timer\",\"ns\":\"18446744073709551615\"},{\"drop\":7}],"
        "\"stuck\":[5],\"notes\":[\"warned\"],\"jwks\":{\"keys\":[]}}";
    g_autoptr(GString) why = g_string_new(NULL);
    SrExecReply reply = { 0 };
    const SrExecAnswer *answers;
    const SrExecWait *waits;

    (void) state;
    assert_true(read_line(&reply, line, why));
    assert_int_equal(reply.type, SR_EXEC_IDLE);
    assert_int_equal(reply.answers->len, 3);
    answers = (const SrExecAnswer *) (const void *) reply.answers->data;
    assert_int_equal(answers[0].id, 2);
    assert_int_equal(answers[0].key.length, 6);
    assert_memory_equal(answers[0].key.text, "k\0\xf0\x9f\x94\x91", 6);
    assert_non_null(answers[0].hint.text);
    assert_int_equal(answers[0].hint.length, 0);
    assert_string_equal(answers[0].at.text, "p.js:4");
    assert_null(answers[1].key.text);
    assert_null(answers[1].hint.text);
    assert_int_equal(answers[1].reason, SR_REASON_UNAVAILABLE);
    assert_string_equal(answers[2].token.text, "a.b.c");
    assert_int_equal(reply.waits->len, 5);
    waits = (const SrExecWait *) (const void *) reply.waits->data;
    assert_int_equal(waits[0].kind, SR_EXEC_REQUEST_LEG);
    assert_string_equal(waits[0].label.text, "get keys");
    assert_int_equal(waits[0].request, 2);
    assert_int_equal(waits[1].kind, SR_EXEC_RESPONSE_LEG);
    assert_int_equal(waits[1].request, 0);
    assert_int_equal(waits[2].kind, SR_EXEC_TIMER);
    assert_int_equal(waits[2].ns, 1500);
    assert_int_equal(waits[3].ns, SR_SPAN_MAX + 1);
    assert_int_equal(waits[4].kind, SR_EXEC_DROP);
    assert_int_equal(waits[4].wait, 7);
    assert_int_equal(reply.stuck->len, 1);
    assert_int_equal(reply.notes->len, 1);
    assert_non_null(reply.jwks);

    /* The next line has nothing of the one before. */
    assert_true(read_line(&reply, "{\"type\":\"idle\"}", why));
    assert_int_equal(
        reply.answers->len + reply.waits->len + reply.stuck->len + reply.notes->len, 0);
    assert_null(reply.jwks);
    sr_exec_reply_clear(&reply);
}

static void
hello_says_what_can_be_asked_for(void **state)
{
    g_autoptr(GString) why = g_string_new(NULL);
    SrExecReply reply = { 0 };

    (void) state;
    assert_true(
        read_line(&reply,
                  "{\"type\":\"hello\",\"protocol\":1,\"name\":\"n\",\"asks\":[\"token\","
                  "\"more\"]}",
                  why));
    assert_int_equal(reply.type, SR_EXEC_HELLO);
    assert_true(reply.tokens);
    assert_false(reply.keys);
    assert_string_equal(reply.name.text, "n");
    assert_true(
        read_line(&reply, "{\"type\":\"hello\",\"protocol\":1,\"asks\":[\"key\"]}", why));
    assert_true(reply.keys);
    assert_false(reply.tokens);
    sr_exec_reply_clear(&reply);
}

/* A token has no hint: one that is too long makes it an error, and no token. */
static void
a_token_with_a_hint_that_is_too_long_is_an_error(void **state)
{
    g_autofree char *hint = g_strnfill(257, 'a');
    g_autofree char *line = g_strdup_printf("{\"type\":\"idle\",\"answers\":[{\"id\":1,"
                                            "\"token\":\"t\",\"hint\":\"%s\"}]}",
                                            hint);
    g_autoptr(GString) why = g_string_new(NULL);
    SrExecReply reply = { 0 };

    (void) state;
    assert_true(read_line(&reply, line, why));

    const SrExecAnswer *answer = &g_array_index(reply.answers, SrExecAnswer, 0);

    assert_null(answer->token.text);
    assert_non_null(answer->error.text);
    sr_exec_reply_clear(&reply);
}

/* 256 UTF-16 units are the most: an astral character is two of them. */
static void
a_hint_that_is_too_long_is_no_answer(void **state)
{
    static const struct {
        const char *character;
        unsigned n;
        bool fits;
    } rows[] = { { "a", 256, true },
                 { "a", 257, false },
                 { "\xc3\xa9", 256, true },
                 { "\xc3\xa9", 257, false },
                 { "\xf0\x9f\x94\x91", 128, true },
                 { "\xf0\x9f\x94\x91", 129, false } };

    (void) state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GString) line =
            g_string_new("{\"type\":\"idle\",\"answers\":[{\"id\":1,\"key\":\"k\",\"hint\":\"");
        g_autoptr(GString) why = g_string_new(NULL);
        SrExecReply reply = { 0 };

        for (unsigned n = 0; n < rows[i].n; n++)
            g_string_append(line, rows[i].character);
        g_string_append(line, "\"}]}");
        assert_true(read_line(&reply, line->str, why));

        const SrExecAnswer *answer = &g_array_index(reply.answers, SrExecAnswer, 0);

        assert_int_equal(answer->key.text != NULL, rows[i].fits);
        assert_int_equal(answer->error.text != NULL, !rows[i].fits);
        assert_int_equal(answer->reason, rows[i].fits ? SR_REASON_NONE : SR_REASON_BAD_SHAPE);
        sr_exec_reply_clear(&reply);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_wrong_is_said),
        cmocka_unit_test(an_idle_line_is_read_whole),
        cmocka_unit_test(hello_says_what_can_be_asked_for),
        cmocka_unit_test(a_hint_that_is_too_long_is_no_answer),
        cmocka_unit_test(a_token_with_a_hint_that_is_too_long_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

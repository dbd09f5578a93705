/* The turns of a child in a run: the rules that its answers keep, and what happens when one
 * breaks. */
#include "exec-fixture.h"

#include "exec/exec-private.h"

static SrExec *
make(const char *mode)
{
    g_autofree char *command = fixture_command(mode);

    return sr_exec_new(&(SrExecOptions){ .command = command, .log = -1 });
}

static const SrExecReply *
ask(SrExec *exec, uint64_t id, const char *hint)
{
    const SrExecRequest request = {
        .id = id,
        .client = "alice",
        .document = "doc",
        .has_hint = hint != NULL,
        .hint = { hint, hint != NULL ? strlen(hint) : 0 },
    };

    return sr_exec_request(exec, (SrExecMoment){ 55, 1685577600000000055 }, &request);
}

static void
begin(SrExec *exec, uint64_t seed)
{
    g_autoptr(GError) error = NULL;

    if (!sr_exec_begin(exec, seed, (SrExecMoment){ 0, 1 }, &error))
        fail_msg("%s", error->message);
}

static void
a_key_is_made_and_found_again_until_the_next_run(void **state)
{
    g_autoptr(SrExec) exec = make("good");
    const SrExecReply *reply;

    (void) state;
    begin(exec, 5);
    reply = ask(exec, 1, NULL);
    assert_non_null(reply);
    assert_string_equal(g_array_index(reply->answers, SrExecAnswer, 0).key.text, "key-5-1");
    reply = ask(exec, 2, "h1");
    assert_string_equal(g_array_index(reply->answers, SrExecAnswer, 0).key.text, "key-5-1");
    reply = sr_exec_gone(exec, (SrExecMoment){ 60, 2 }, "alice");
    assert_non_null(reply);
    assert_int_equal(reply->answers->len, 0);
    begin(exec, 6);
    reply = ask(exec, 1, "h1");
    assert_null(g_array_index(reply->answers, SrExecAnswer, 0).key.text);
    assert_int_equal(g_array_index(reply->answers, SrExecAnswer, 0).reason,
                     SR_REASON_UNKNOWN_HINT);
    assert_null(sr_exec_broke(exec));
}

/* clang-format off */
static const struct row { const char *mode; SrReason kind; const char *broke; } rows[] = {
    { "crashes",      SR_REASON_CRASH,     "the provider closed its standard output (ended by signal 6, Aborted), where the answer to request 1 of alice was due" },
    { "exits",        SR_REASON_CRASH,     "the provider closed its standard output (exit status 3), where the answer to request 1 of alice was due" },
    { "garbage",      SR_REASON_BAD_SHAPE, "the provider wrote a line that is not JSON, \"<!doctype html>\", where the answer to request 1 of alice was due; write logs to standard error" },
    { "two-lines",    SR_REASON_RULE,      "the provider wrote more than one line, " },
    { "long",         SR_REASON_RULE,      "the provider wrote a line of more than 65536 bytes" },
    { "deep",         SR_REASON_BAD_SHAPE, "the provider wrote a line that is nested more than 8 deep" },
    { "twice",        SR_REASON_RULE,      "the provider answered request 1, which is not open" },
    { "not-open",     SR_REASON_RULE,      "the provider answered request 77, which is not open" },
    { "number",       SR_REASON_BAD_SHAPE, "the provider gave a 'key' that is not a string" },
    { "no-key",       SR_REASON_BAD_SHAPE, "the provider gave an answer without exactly one of 'key', 'token' and 'error'" },
    { "member-twice", SR_REASON_BAD_SHAPE, "the provider wrote a line that has a member twice" },
    { "hello-again",  SR_REASON_RULE,      "the provider said 'hello' again" },
    { "fault",        SR_REASON_FAULT,     "the provider says that it cannot go on: the database is gone" },
    { "blocked",      SR_REASON_BLOCKED,   "the provider says that it cannot go on: a row is locked" },
    { "wait-twice",   SR_REASON_RULE,      "the provider used the number of wait 1 twice" },
    { "drops",        SR_REASON_RULE,      "the provider dropped wait 9, which does not stand" },
};
/* clang-format on */

/* It is silent for the rest of the run, and a fresh one plays the next. After three such runs in
 * a row, none is played. */
static void
a_broken_child_is_replaced_for_the_next_run(void **state)
{
    const struct row *row = *state;
    g_autoptr(SrExec) exec = make(row->mode);
    g_autoptr(GError) error = NULL;

    for (unsigned run = 0; run < 3; run++) {
        begin(exec, run);
        assert_int_equal(sr_exec_kind(exec), SR_REASON_NONE);
        assert_null(ask(exec, 1, NULL));
        assert_int_equal(sr_exec_kind(exec), row->kind);
        if (!g_str_has_prefix(sr_exec_broke(exec), row->broke))
            fail_msg("'%s' where '%s' is expected", sr_exec_broke(exec), row->broke);
        assert_null(ask(exec, 2, NULL));
        assert_null(sr_exec_wake(exec, (SrExecMoment){ 0 }, 1));
        assert_null(sr_exec_gone(exec, (SrExecMoment){ 0 }, "alice"));
    }
    assert_false(sr_exec_begin(exec, 4, (SrExecMoment){ 0 }, &error));
    assert_non_null(strstr(error->message, row->broke));
    assert_non_null(strstr(error->message, "child-of-ours"));
}

static void
a_child_that_cannot_begin_is_an_error(void **state)
{
    static const char *const whys[][2] = {
        { "late-exit",
          "closed its standard output (exit status 4), where the answer to 'hello'" },
        { "protocol-2", "does not speak protocol 1" },
        { "signer", "cannot be asked for keys" },
    };

    (void) state;
    for (size_t i = 0; i < G_N_ELEMENTS(whys); i++) {
        g_autoptr(SrExec) exec = make(whys[i][0]);
        g_autoptr(GError) error = NULL;

        assert_false(sr_exec_begin(exec, 1, (SrExecMoment){ 0 }, &error));
        if (strstr(error->message, whys[i][1]) == NULL)
            fail_msg("'%s' where '%s' is expected", error->message, whys[i][1]);
    }
    g_autoptr(SrExec) nothing =
        sr_exec_new(&(SrExecOptions){ .command = "/nonexistent/provider --x", .log = -1 });
    g_autoptr(GError) error = NULL;

    assert_false(sr_exec_begin(nothing, 1, (SrExecMoment){ 0 }, &error));
    assert_string_equal(error->message, "/nonexistent/provider --x: No such file or directory");
}

/* A line that nobody asked for is seen before the next question, or taken for its answer, which
 * it is not. */
static void
what_nobody_asked_for_breaks_a_rule(void **state)
{
    g_autoptr(SrExec) exec = make("unasked");

    (void) state;
    begin(exec, 1);
    for (uint64_t id = 1; id <= 3; id++)
        ask(exec, id, NULL);
    assert_true(sr_exec_kind(exec) == SR_REASON_RULE ||
                sr_exec_kind(exec) == SR_REASON_BAD_SHAPE);
    if (strstr(sr_exec_broke(exec), "\"one more line") == NULL)
        fail_msg("%s", sr_exec_broke(exec));
    assert_non_null(strstr(sr_exec_broke(exec), "write logs to standard error"));
}

static void
waits_without_end_break_a_rule(void **state)
{
    g_autoptr(SrExec) exec = make("endless-waits");
    const SrExecReply *reply;
    uint64_t turns = 0;

    (void) state;
    begin(exec, 1);
    reply = ask(exec, 1, NULL);
    for (; reply != NULL && turns < 2000; turns++)
        reply = sr_exec_wake(exec, (SrExecMoment){ 55, 1 }, turns + 1);
    assert_int_equal(sr_exec_kind(exec), SR_REASON_RULE);
    assert_non_null(
        strstr(sr_exec_broke(exec), "waited for more than 1000000 things in one run"));
    assert_true(turns > 990);
}

static void
waits_are_woken_by_their_number(void **state)
{
    g_autoptr(SrExec) exec = make("waits");
    const SrExecReply *reply;
    const SrExecWait *wait;

    (void) state;
    begin(exec, 5);
    reply = ask(exec, 1, NULL);
    assert_non_null(reply);
    assert_int_equal(reply->answers->len, 0);
    wait = &g_array_index(reply->waits, SrExecWait, 0);
    assert_int_equal(wait->kind, SR_EXEC_REQUEST_LEG);
    assert_string_equal(wait->label.text, "put keys");
    reply = sr_exec_wake(exec, (SrExecMoment){ 70, 2 }, wait->wait);
    assert_non_null(reply);
    wait = &g_array_index(reply->waits, SrExecWait, 0);
    assert_int_equal(wait->kind, SR_EXEC_RESPONSE_LEG);
    reply = sr_exec_wake(exec, (SrExecMoment){ 80, 3 }, wait->wait);
    assert_non_null(reply);
    assert_int_equal(g_array_index(reply->answers, SrExecAnswer, 0).id, 1);
    assert_null(sr_exec_broke(exec));
}

static void
a_child_that_does_not_come_back_is_ended(void **state)
{
    g_autofree char *command = fixture_command("hangs");
    g_autoptr(SrExec) exec = sr_exec_new(
        &(SrExecOptions){ .command = command, .log = -1, .deadline = 2 * SR_NS_PER_S });

    (void) state;
    begin(exec, 1);
    assert_null(ask(exec, 1, NULL));
    assert_int_equal(sr_exec_kind(exec), SR_REASON_BLOCKED);
    assert_string_equal(sr_exec_broke(exec),
                        "the provider gave no answer within 2 s, where the "
                        "answer to request 1 of alice was due");
}

static void
what_it_says_for_the_report_is_kept(void **state)
{
    g_autoptr(SrExec) exec = make("notes");
    g_autofree char *text = g_strnfill(600, 'x');
    const char *const *notes;

    (void) state;
    begin(exec, 1);
    ask(exec, 1, NULL);
    sr_exec_note(exec, (SrExecText){ text, 600 });
    notes = sr_exec_notes(exec);
    assert_string_equal(notes[0], "an unhandled rejection");
    assert_int_equal(strlen(notes[1]), 500);
    assert_null(notes[2]);
    for (unsigned i = 0; i < 100; i++)
        sr_exec_note(exec, (SrExecText){ "more", 4 });
    assert_int_equal(g_strv_length((char **) (uintptr_t) sr_exec_notes(exec)), 20);
    begin(exec, 2);
    assert_null(sr_exec_notes(exec)[0]);
}

static void
an_unhandled_rejection_is_told_once_and_breaks_nothing(void **state)
{
    g_autoptr(SrExec) exec = make("rejects");

    (void) state;
    begin(exec, 1);
    assert_false(sr_exec_take_rejection(exec));
    assert_non_null(ask(exec, 1, NULL));
    assert_true(sr_exec_take_rejection(exec));
    assert_false(sr_exec_take_rejection(exec));
    assert_null(sr_exec_broke(exec));
    assert_string_equal(sr_exec_notes(exec)[0], "unhandled rejection: no");
}

/* Plays a run of @exec; @first: the child is in its first one. */
static void
check_first(SrExec *exec, bool first)
{
    const SrExecReply *reply;

    begin(exec, 5);
    reply = ask(exec, 1, NULL);
    assert_string_equal(g_array_index(reply->answers, SrExecAnswer, 0).key.text,
                        first ? "key-5-1" : "key-5-8");
}

/* The child is another one in its second run; none of these has a second run. */
static void
a_fresh_child_takes_over_after_some_runs(void **state)
{
    g_autofree char *command = fixture_command("differs");

    (void) state;
    for (uint32_t runs = 1; runs <= 2; runs++) {
        g_autoptr(SrExec) exec =
            sr_exec_new(&(SrExecOptions){ .command = command, .log = -1, .runs = runs });

        for (uint64_t run = 1; run <= 4; run++)
            check_first(exec, run % runs != 0 || runs == 1);
    }
}

/* A child may say after how many runs it wishes to be replaced. */
static void
a_fresh_child_takes_over_when_the_old_one_wishes(void **state)
{
    g_autofree char *command = fixture_command("differs-once");
    g_autoptr(SrExec) exec = sr_exec_new(&(SrExecOptions){ .command = command, .log = -1 });

    (void) state;
    for (uint64_t run = 1; run <= 3; run++)
        check_first(exec, true);
}

static bool
at_once(void *data)
{
    ++*(unsigned *) data;
    return true;
}

/* A child that hangs is not waited for until its deadline, ten minutes here. */
static void
nobody_waits_who_is_told_to_stop(void **state)
{
    g_autofree char *command = fixture_command("hangs");
    unsigned n_asked = 0;
    g_autoptr(SrExec) exec = sr_exec_new(&(SrExecOptions){ .command = command,
                                                           .log = -1,
                                                           .deadline = 600 * SR_NS_PER_S,
                                                           .stop = at_once,
                                                           .stop_data = &n_asked });

    (void) state;
    begin(exec, 1);
    assert_false(sr_exec_stopped(exec));
    assert_null(ask(exec, 1, NULL));
    assert_true(sr_exec_stopped(exec));
    assert_true(n_asked > 0);
}

int
main(void)
{
    struct CMUnitTest tests[G_N_ELEMENTS(rows) + 11] = {
        cmocka_unit_test(nobody_waits_who_is_told_to_stop),
        cmocka_unit_test(a_key_is_made_and_found_again_until_the_next_run),
        cmocka_unit_test(a_child_that_cannot_begin_is_an_error),
        cmocka_unit_test(what_nobody_asked_for_breaks_a_rule),
        cmocka_unit_test(waits_without_end_break_a_rule),
        cmocka_unit_test(waits_are_woken_by_their_number),
        cmocka_unit_test(a_child_that_does_not_come_back_is_ended),
        cmocka_unit_test(what_it_says_for_the_report_is_kept),
        cmocka_unit_test(an_unhandled_rejection_is_told_once_and_breaks_nothing),
        cmocka_unit_test(a_fresh_child_takes_over_after_some_runs),
        cmocka_unit_test(a_fresh_child_takes_over_when_the_old_one_wishes),
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        tests[11 + i] =
            (struct CMUnitTest){ .name = rows[i].mode,
                                 .test_func = a_broken_child_is_replaced_for_the_next_run,
                                 .initial_state = (void *) (uintptr_t) &rows[i] };
    return cmocka_run_group_tests(tests, fixture_ignore_sigpipe, NULL);
}

/* A child process: how it is started, every way in which its answer can fail, and that nothing
 * of it is left. */
#include "exec-fixture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exec/child.h"

#define HELLO "{\"type\":\"hello\",\"protocol\":1}\n"
#define START "{\"type\":\"start\",\"run\":1,\"seed\":\"5\",\"t\":\"0\",\"now\":\"0\"}\n"
#define REQUEST                                                                                \
    "{\"type\":\"request\",\"t\":\"1\",\"now\":\"1\",\"id\":1,\"ask\":\"key\",\"client\":"     \
    "\"alice\",\"document\":\"doc\",\"hint\":null}\n"

static SrChild *
start(const char *mode, int log)
{
    g_autofree char *command = fixture_command(mode);
    const SrChildOptions options = { .command = command, .log = log };
    g_autoptr(GError) error = NULL;
    SrChild *child = sr_child_start(&options, &error);

    if (child == NULL)
        fail_msg("%s: %s", command, error->message);
    return child;
}

static SrChildEnd
ask(SrChild *child, const char *line, SrSpan deadline, GString *said)
{
    const char *answer = NULL;
    size_t n = 0;
    g_autoptr(GString) why = g_string_new(NULL);
    SrChildEnd end =
        sr_child_ask(child, line, strlen(line), SR_CHILD_LINE_MAX, deadline, &answer, &n, why);

    g_string_truncate(said, 0);
    if (end == SR_CHILD_ANSWERED)
        g_string_append_len(said, answer, (gssize) n);
    else
        g_string_append_len(said, why->str, (gssize) why->len);
    return end;
}

/* ---- answers ---- */

/* clang-format off */
static const struct row {
    const char *mode;
    SrChildEnd end;    /* of the request; `hello` and `start` are answered */
    const char *said; /* how it begins */
} rows[] = {
    { "good",      SR_CHILD_ANSWERED, "{\"type\":\"idle\",\"answers\":[{\"id\":1,\"key\":\"key-5-1\",\"hint\":\"h1\"" },
    { "floods",    SR_CHILD_ANSWERED, "{\"type\":\"idle\",\"answers\":[{\"id\":1," },
    { "garbage",   SR_CHILD_ANSWERED, "<!doctype html>" },
    { "crashes",   SR_CHILD_CRASHED,  "closed its standard output (ended by signal 6, Aborted)" },
    { "exits",     SR_CHILD_CRASHED,  "closed its standard output (exit status 3)" },
    { "closes",    SR_CHILD_CRASHED,  "closed its standard output" },
    { "hangs",     SR_CHILD_SILENT,   "gave no answer within 100 ms" },
    { "spins",     SR_CHILD_SILENT,   "gave no answer within 100 ms" },
    { "not-utf8",  SR_CHILD_RULE,     "wrote a line that is not UTF-8, \"{\"type\":\"idle\",\"notes\":[\"\\xff\"" },
    { "long",      SR_CHILD_RULE,     "wrote a line of more than 65536 bytes" },
    { "endless",   SR_CHILD_RULE,     "wrote a line of more than 65536 bytes" },
    { "two-lines", SR_CHILD_RULE,     "wrote more than one line, \"{\"type\":\"idle\"}\" and \"{\"type\":\"idle\"}" },
};
/* clang-format on */

static void
a_request_ends_as_it_should(void **state)
{
    const struct row *row = *state;
    g_autoptr(GString) said = g_string_new(NULL);
    SrChild *child = start(row->mode, -1);
    /* Only those that never answer wait so long. */
    SrSpan deadline = row->end == SR_CHILD_SILENT ? 100 * SR_NS_PER_MS : 60 * SR_NS_PER_S;

    assert_int_equal(ask(child, HELLO, 60 * SR_NS_PER_S, said), SR_CHILD_ANSWERED);
    assert_int_equal(ask(child, START, 60 * SR_NS_PER_S, said), SR_CHILD_ANSWERED);
    assert_string_equal(said->str, "{\"type\":\"idle\"}");
    assert_int_equal(ask(child, REQUEST, deadline, said), row->end);
    if (!g_str_has_prefix(said->str, row->said))
        fail_msg("%s: '%s' where '%s' is expected", row->mode, said->str, row->said);
    if (row->end == SR_CHILD_ANSWERED)
        sr_child_free(child);
    else
        sr_child_abandon(child);
}

/* ---- the start ---- */

static void
what_cannot_be_started_is_an_error(void **state)
{
    static const char *const commands[] = {
        "", "   ", "'open", "/nonexistent/program", "no-such-program-anywhere", "/tmp"
    };

    (void) state;
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
        const SrChildOptions options = { .command = commands[i], .log = -1 };
        g_autoptr(GError) error = NULL;

        assert_null(sr_child_start(&options, &error));
        assert_non_null(error);
        assert_true(strlen(error->message) > 0);
    }
}

/* Returns: the lines that a child of mode `surroundings` writes to standard error */
static GString *
surroundings(const char *const *variables)
{
    g_autofree char *command = fixture_command("surroundings");
    const SrChildOptions options = {
        .command = command, .variables = variables, .number = 3, .log = -1
    };
    SrChild *child = sr_child_start(&options, NULL);
    g_autoptr(GString) said = g_string_new(NULL);
    GString *tail;

    assert_non_null(child);
    assert_int_equal(ask(child, HELLO, 60 * SR_NS_PER_S, said), SR_CHILD_CRASHED);
    tail = sr_child_tail(child);
    sr_child_abandon(child);
    return tail;
}

static void
a_child_gets_a_small_environment_and_no_descriptors(void **state)
{
    static const char *const handed[] = { "SR_TEST_HANDED", "SR_TEST_NOT_THERE", NULL };
    FILE *open = tmpfile();

    (void) state;
    g_setenv("SR_TEST_SECRET", "do not hand on", TRUE);
    g_setenv("SR_TEST_HANDED", "here", TRUE);
    g_unsetenv("SR_TEST_NOT_THERE");
    assert_non_null(open);

    g_autoptr(GString) plain = surroundings(NULL);
    g_autoptr(GString) more = surroundings(handed);

    fclose(open);
    assert_non_null(strstr(plain->str, "PATH="));
    assert_non_null(strstr(plain->str, "TZ=UTC\n"));
    assert_non_null(strstr(plain->str, "LANG=C.UTF-8\n"));
    assert_non_null(strstr(plain->str, "SESSION_RACE=1\n"));
    assert_non_null(strstr(plain->str, "SESSION_RACE_CHILD=3\n"));
    assert_null(strstr(plain->str, "SR_TEST"));
    assert_null(strstr(plain->str, "is open"));
    assert_non_null(strstr(more->str, "SR_TEST_HANDED=here\n"));
    assert_null(strstr(more->str, "SECRET"));
}

/* ---- the end ---- */

static void
the_end_of_standard_error_is_kept(void **state)
{
    g_autoptr(GString) said = g_string_new(NULL);
    g_autofree char *path = NULL;
    int log = g_file_open_tmp(NULL, &path, NULL);
    SrChild *child = start("floods", log);
    g_autoptr(GString) tail = NULL;

    (void) state;
    ask(child, HELLO, 60 * SR_NS_PER_S, said);
    ask(child, START, 60 * SR_NS_PER_S, said);
    assert_int_equal(ask(child, REQUEST, 60 * SR_NS_PER_S, said), SR_CHILD_ANSWERED);
    tail = sr_child_tail(child);
    assert_true(tail->len <= SR_CHILD_TAIL);
    sr_child_free(child);
    /* All of it went to the file: 20 000 lines of 66 bytes. */
    assert_int_equal(lseek(log, 0, SEEK_END), 20000 * 66);
    close(log);
    unlink(path);
}

/* A child that ignores SIGTERM, and one that leaves another process behind, are gone after it
 * was freed: nobody is left in its group. */
static void
nothing_is_left_of_a_child(void **state)
{
    static const char *const modes[] = { "good", "deaf", "hangs", "grandchild", "bad-end" };

    (void) state;
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    for (size_t i = 0; i < G_N_ELEMENTS(modes); i++) {
        g_autoptr(GString) said = g_string_new(NULL);
        SrChild *child = start(modes[i], -1);
        pid_t group = sr_child_group(child);

        ask(child, HELLO, 60 * SR_NS_PER_S, said);
        if (i < 3)
            ask(child, REQUEST, i == 0 ? 60 * SR_NS_PER_S : SR_NS_PER_MS, said);
        sr_child_free(child);
        /* What its child left is ours now; only what has ended can be reaped. */
        while (waitpid(-group, NULL, 0) > 0)
            ;
        assert_int_equal(errno, ECHILD);
        assert_int_equal(kill(-group, 0), -1);
        assert_int_equal(errno, ESRCH);
    }
    sr_child_free(NULL);
}

int
main(void)
{
    struct CMUnitTest tests[G_N_ELEMENTS(rows) + 4] = {
        cmocka_unit_test(what_cannot_be_started_is_an_error),
        cmocka_unit_test(a_child_gets_a_small_environment_and_no_descriptors),
        cmocka_unit_test(the_end_of_standard_error_is_kept),
        cmocka_unit_test(nothing_is_left_of_a_child),
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        tests[4 + i] = (struct CMUnitTest){ .name = rows[i].mode,
                                            .test_func = a_request_ends_as_it_should,
                                            .initial_state = (void *) (uintptr_t) &rows[i] };
    return cmocka_run_group_tests(tests, fixture_ignore_sigpipe, NULL);
}

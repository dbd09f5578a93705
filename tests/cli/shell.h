/* Shell lines in a folder of their own, in which `session-race` is the program that the environment
 * variable SR_PROGRAM names, $GOLDEN the folder of the golden traces and $SCENARIOS that of the
 * shipped scenarios. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <string.h>
#include <sys/wait.h>

/* What one shell line did. */
typedef struct {
    int status;
    char *out, *err;
} Did;

static inline void
did_clear(Did *did)
{
    g_free(did->out);
    g_free(did->err);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Did, did_clear)

/* What stands around every shell line of a test program, which sets it before it runs a test. */
static struct {
    const char *before, *after; /* (nullable) shell lines */
    void (*fill)(
        const char *folder); /* (nullable) puts into a fresh folder what is to be there */
} shell_frame;

static inline int
shell_enter(void **state)
{
    char *folder = g_dir_make_tmp("session-race-shell-XXXXXX", NULL);

    assert_non_null(folder);
    if (shell_frame.fill != NULL)
        shell_frame.fill(folder);
    *state = folder;
    return 0;
}

static inline int
shell_leave(void **state)
{
    g_autofree char *folder = *state;
    g_autofree char *command = g_strdup_printf("rm -rf %s", folder);

    return g_spawn_command_line_sync(command, NULL, NULL, NULL, NULL) ? 0 : -1;
}

static inline char **
shell_environment(void)
{
    const char *program = g_getenv("SR_PROGRAM"), *root = g_getenv("SR_SOURCE_ROOT");
    char **environment = g_get_environ();

    g_assert(program != NULL && root != NULL);
    g_autofree char *absolute = g_canonicalize_filename(program, NULL);
    g_autofree char *folder = g_path_get_dirname(absolute);
    g_autofree char *path = g_strdup_printf("%s:%s", folder, g_getenv("PATH"));
    g_autofree char *golden = g_build_filename(root, "tests", "golden", NULL);
    g_autofree char *scenarios = g_build_filename(root, "scenarios", NULL);

    environment = g_environ_setenv(environment, "PATH", path, TRUE);
    environment = g_environ_setenv(environment, "GOLDEN", golden, TRUE);
    environment = g_environ_setenv(environment, "SCENARIOS", scenarios, TRUE);
    environment = g_environ_unsetenv(environment, "GITHUB_ACTIONS");
    return g_environ_unsetenv(environment, "NO_COLOR");
}

/* Runs @script in @folder, in its frame. */
static inline Did
shell_run(const char *folder, const char *script)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *framed =
        g_strconcat(shell_frame.before != NULL ? shell_frame.before : "", script,
                    shell_frame.after != NULL ? shell_frame.after : "", NULL);
    const char *argv[] = { "sh", "-c", framed, NULL };
    g_auto(GStrv) environment = shell_environment();
    Did did = { 0, NULL, NULL };
    int wait_status;

    if (!g_spawn_sync(folder, (char **) (uintptr_t) argv, environment, G_SPAWN_SEARCH_PATH,
                      NULL, NULL, &did.out, &did.err, &wait_status, &error))
        fail_msg("%s", error->message);
    did.status =
        WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
    return did;
}

static inline void
shell_expect(const Did *did, int status, const char *script)
{
    if (did->status != status)
        fail_msg("%s: status %d is wanted, not %d\nout: %s\nerr: %s", script, status,
                 did->status, did->out, did->err);
}

/* The same; fails the test unless it ends with @status. */
static inline Did
shell(const char *folder, int status, const char *script)
{
    Did did = shell_run(folder, script);

    shell_expect(&did, status, script);
    return did;
}

static inline void
contains(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("'%s' is not in %s", part, text);
}

/* ---- tables ---- */

/* One shell line and what comes of it. */
struct shell_row {
    const char *name, *script;
    int status;
    const char *out, *err; /* (nullable) a part of what it prints; "" wants nothing at all */
};

static inline void
shell_check_part(const struct shell_row *row, const char *what, const char *text,
                 const char *part)
{
    if (part != NULL && (*part == '\0' ? *text != '\0' : strstr(text, part) == NULL))
        fail_msg("%s\n'%s' is wanted on %s, not: %s", row->script, part, what, text);
}

/* A test of one row, which is its initial state, in a folder of its own. */
static inline void
shell_check_row(void **state)
{
    const struct shell_row *row = *state;
    void *folder = NULL;

    shell_enter(&folder);
    g_auto(Did) did = shell_run(folder, row->script);
    shell_leave(&folder);
    shell_expect(&did, row->status, row->script);
    shell_check_part(row, "standard output", did.out, row->out);
    shell_check_part(row, "standard error", did.err, row->err);
    /* Nothing that a terminal obeys. */
    assert_null(strchr(did.err, '\x1b'));
}

/* Runs a test a row. Returns: how many failed */
static inline int
shell_check_rows(const char *name, const struct shell_row *rows, size_t n)
{
    g_autofree struct CMUnitTest *tests = g_new0(struct CMUnitTest, n);

    for (size_t i = 0; i < n; i++)
        tests[i] = (struct CMUnitTest){ .name = rows[i].name,
                                        .test_func = shell_check_row,
                                        .initial_state = (void *) (uintptr_t) &rows[i] };
    return _cmocka_run_group_tests(name, tests, n, NULL, NULL);
}

/* A test that has a folder of its own as its state. */
#define SHELL_TEST(test) cmocka_unit_test_setup_teardown(test, shell_enter, shell_leave)

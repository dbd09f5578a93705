/* Shell lines in a folder of their own, in which `session-race` is the program that the environment
 * variable SR_PROGRAM names. */
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

static inline int
shell_enter(void **state)
{
    char *folder = g_dir_make_tmp("session-race-shell-XXXXXX", NULL);

    assert_non_null(folder);
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

/* Runs @script in @folder; fails the test unless it ends with @status. */
static inline Did
shell(const char *folder, int status, const char *script)
{
    g_autoptr(GError) error = NULL;
    const char *argv[] = { "sh", "-c", script, NULL };
    g_auto(GStrv) environment = g_get_environ();
    g_autofree char *programs = g_path_get_dirname(g_getenv("SR_PROGRAM"));
    g_autofree char *path = g_strdup_printf("%s:%s", programs, g_getenv("PATH"));
    Did did = { 0, NULL, NULL };
    int wait_status;

    environment = g_environ_setenv(environment, "PATH", path, TRUE);
    environment = g_environ_unsetenv(environment, "GITHUB_ACTIONS");
    if (!g_spawn_sync(folder, (char **) (uintptr_t) argv, environment, G_SPAWN_SEARCH_PATH,
                      NULL, NULL, &did.out, &did.err, &wait_status, &error))
        fail_msg("%s", error->message);
    did.status =
        WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
    if (did.status != status)
        fail_msg("%s: status %d is wanted, not %d\nout: %s\nerr: %s", script, status,
                 did.status, did.out, did.err);
    return did;
}

static inline void
contains(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("'%s' is not in %s", part, text);
}

/* One shell line and what comes of it. */
struct shell_row {
    const char *name, *script;
    int status;
    const char *out, *err; /* parts of what it prints */
};

/* A test of one row, which is its initial state, in a folder of its own. */
static inline void
shell_check_row(void **state)
{
    const struct shell_row *row = *state;
    void *folder = NULL;

    shell_enter(&folder);
    {
        g_auto(Did) did = shell(folder, row->status, row->script);

        contains(did.out, row->out);
        contains(did.err, row->err);
    }
    shell_leave(&folder);
}

/* A child of ours in one of its modes. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <signal.h>
#include <string.h>

/* Returns: (transfer full): the command of the child in @mode */
static inline char *
fixture_command(const char *mode)
{
    g_autofree char *program = g_shell_quote(g_getenv("SR_CHILD"));

    return g_strdup_printf("%s %s", program, mode);
}

/* A group set-up: what a program does that starts children. */
static inline int
fixture_ignore_sigpipe(void **state)
{
    (void) state;
    signal(SIGPIPE, SIG_IGN);
    return 0;
}

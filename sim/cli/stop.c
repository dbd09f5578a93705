/* Requests to stop, and ends that nobody asked for. The first SIGINT or SIGTERM sets a flag that is tested between pieces of
 * work, so that completed work is still written. A second one has its usual effect. */
#include "cli-private.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static bool pipe_was_ignored;
static int stop_signal;
/* const char *, without const since the atomic functions require that */
static void *stop_notice;
static bool on_terminal;

static void
on_signal(int number)
{
    if (g_atomic_int_get(&stop_signal) != 0) {
        sr_exec_kill_all();
        signal(number, SIG_DFL);
        raise(number);
        return;
    }
    g_atomic_int_set(&stop_signal, number);
    const char *notice = g_atomic_pointer_get(&stop_notice);
    if (number == SIGINT && on_terminal && notice != NULL) {
        int before = errno;
        (void) !write(STDERR_FILENO, notice, strlen(notice));
        errno = before;
    }
}

static void
install(int number)
{
    struct sigaction action = { .sa_handler = on_signal };
    struct sigaction before;

    /* A shell starts background jobs with SIGINT ignored, and so does nohup; this must stay so.
     */
    if (sigaction(number, NULL, &before) == 0 && before.sa_handler == SIG_IGN)
        return;
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART;
    sigaction(number, &action, NULL);
}

void
sr_stop_install(void)
{
    on_terminal = isatty(STDERR_FILENO);
    pipe_was_ignored = signal(SIGPIPE, SIG_IGN) == SIG_IGN;
    signal(SIGXFSZ, SIG_IGN);
    install(SIGINT);
    install(SIGTERM);
}

void
sr_stop_unread(void)
{
    sigset_t pipe;

    if (pipe_was_ignored)
        return;
    sr_output_abandon_all();
    sr_exec_kill_all();
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_UNBLOCK, &pipe, NULL);
    signal(SIGPIPE, SIG_DFL);
    raise(SIGPIPE);
}

int
sr_stop_signal(void)
{
    return g_atomic_int_get(&stop_signal);
}

int
sr_stop_status(void)
{
    return sr_stop_signal() != 0 ? 128 + sr_stop_signal() : SR_EXIT_OK;
}

bool
sr_stop_asked(void *data)
{
    (void) data;
    return sr_stop_signal() != 0;
}

void
sr_stop_notice(const char *notice)
{
    g_atomic_pointer_set(&stop_notice, (void *) (uintptr_t) notice);
}

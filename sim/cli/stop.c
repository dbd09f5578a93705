/* Being told to stop: the first SIGINT or SIGTERM sets a flag that is looked at between pieces
 * of work, so that what is complete is still written; a second one takes its usual course. */
#include "cli-private.h"

#include <signal.h>

static int stop_signal;

static void
on_signal(int number)
{
    if (g_atomic_int_get(&stop_signal) != 0) {
        signal(number, SIG_DFL);
        raise(number);
        return;
    }
    g_atomic_int_set(&stop_signal, number);
}

static void
install(int number)
{
    struct sigaction action = { .sa_handler = on_signal };
    struct sigaction before;

    /* A shell starts background jobs with SIGINT ignored, and nohup means it too. */
    if (sigaction(number, NULL, &before) == 0 && before.sa_handler == SIG_IGN)
        return;
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART;
    sigaction(number, &action, NULL);
}

void
sr_stop_install(void)
{
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    install(SIGINT);
    install(SIGTERM);
}

int
sr_stop_signal(void)
{
    return g_atomic_int_get(&stop_signal);
}

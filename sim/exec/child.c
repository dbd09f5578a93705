/* Starting, asking and ending a child process. */
#include "exec/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/escape.h"
#include "exec/reply.h"
#include "session-race/exec.h"

struct SrChild {
    pid_t pid;
    int pidfd;        /* readable once it has ended */
    int in, out, err; /* our ends of its pipes; -1 when closed */
    bool reaped;
    int status;      /* of waitpid(), when reaped */
    GString *answer; /* read so far of the present line, and what follows it */
    char tail[SR_CHILD_TAIL];
    uint64_t n_err; /* bytes of standard error so far; its end is a ring in `tail` */
    int log;
    const char *log_name; /* (nullable) */
    bool in_log_line;
    bool (*stop)(void *data); /* (nullable) */
    void *stop_data;
};

/* How long a child may take to end by itself, and again after SIGTERM. */
#define GRACE_NS SR_NS_PER_S
/* How often it is asked whether to wait on, ms. */
#define STOP_MS 50
/* How much of a wrong line a message shows. */
#define SHOWN 40u

/* ---- all children ---- */

/* The process groups of the children that run; 0: a free place. What does not find a place ends
 * by itself when its standard input does. */
static pid_t groups[1024];

/* Puts @to into a place that has @from. */
static void
replace_group(pid_t from, pid_t to)
{
    for (size_t i = 0; i < G_N_ELEMENTS(groups); i++) {
        pid_t expected = from;

        if (__atomic_compare_exchange_n(&groups[i], &expected, to, false, __ATOMIC_SEQ_CST,
                                        __ATOMIC_SEQ_CST))
            return;
    }
}

void
sr_exec_kill_all(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(groups); i++) {
        pid_t group = __atomic_load_n(&groups[i], __ATOMIC_SEQ_CST);

        if (group > 0)
            kill(-group, SIGKILL);
    }
}

/* ---- starting ---- */

static void
close_end(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static char **
make_environment(const SrChildOptions *options)
{
    static const char *const handed[] = { "PATH", "HOME", NULL };
    g_autofree char *number = g_strdup_printf("%u", options->number);
    char **environment = g_new0(char *, 1);

    for (const char *const *name = handed; *name != NULL; name++)
        if (g_getenv(*name) != NULL)
            environment = g_environ_setenv(environment, *name, g_getenv(*name), TRUE);
    environment = g_environ_setenv(environment, "TZ", "UTC", TRUE);
    environment = g_environ_setenv(environment, "LANG", "C.UTF-8", TRUE);
    for (const char *const *name = options->variables; name != NULL && *name != NULL; name++)
        if (g_getenv(*name) != NULL)
            environment = g_environ_setenv(environment, *name, g_getenv(*name), TRUE);
    environment = g_environ_setenv(environment, "SESSION_RACE", "1", TRUE);
    return g_environ_setenv(environment, "SESSION_RACE_CHILD", number, TRUE);
}

/* @theirs: the ends that become descriptors 0, 1 and 2. Returns: 0 or an errno */
static int
spawn(SrChild *child, char **words, const SrChildOptions *options, const int theirs[3])
{
    g_auto(GStrv) environment = make_environment(options);
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, pipe;
    int fault;

    sigemptyset(&none);
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    posix_spawn_file_actions_init(&actions);
    for (int i = 0; i < 3; i++)
        posix_spawn_file_actions_adddup2(&actions, theirs[i], i);
    posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF |
                                              POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setsigdefault(&attributes, &pipe);
    posix_spawnattr_setsigmask(&attributes, &none);
    fault = posix_spawnp(&child->pid, words[0], &actions, &attributes, words, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return fault;
}

/* A descriptor below 3 would be overwritten while the others are put in their places. */
static int
lift(int *fd)
{
    int lifted = fcntl(*fd, F_DUPFD_CLOEXEC, 3);

    close(*fd);
    *fd = lifted;
    return lifted;
}

static bool
make_pipes(SrChild *child, int theirs[3])
{
    int *const ours[3] = { &child->in, &child->out, &child->err };

    for (int i = 0; i < 3; i++) {
        int ends[2];

        if (pipe2(ends, O_CLOEXEC) != 0)
            return false;
        theirs[i] = ends[i != 0];
        *ours[i] = ends[i == 0];
        if (lift(&theirs[i]) < 0 || lift(ours[i]) < 0 ||
            fcntl(*ours[i], F_SETFL, O_NONBLOCK) != 0)
            return false;
    }
    return true;
}

/* What helps where @word could not be started. Returns: "" if nothing is known */
static const char *
way_out(const char *word, int fault)
{
    bool is_there = g_file_test(word, G_FILE_TEST_IS_REGULAR);

    if (fault == ENOENT && is_there && strchr(word, '/') == NULL)
        return " in PATH; a program of this folder begins with ./, and a script may need what "
               "runs it before its name, as in 'python3 FILE'";
    if (fault == EACCES && is_there)
        return "; make the file executable, or write what runs it before its name, as in "
               "'python3 FILE'";
    return "";
}

SrChild *
sr_child_start(const SrChildOptions *options, GError **error)
{
    g_auto(GStrv) words = NULL;
    SrChild *child = NULL;
    int theirs[3] = { -1, -1, -1 }, fault;

    if (!g_shell_parse_argv(options->command, NULL, &words, error))
        return NULL;
    child = g_new0(SrChild, 1);
    child->answer = g_string_new(NULL);
    child->pidfd = child->in = child->out = child->err = -1;
    child->log = options->log;
    child->log_name = options->log_name;
    child->stop = options->stop;
    child->stop_data = options->stop_data;
    child->reaped = true;
    fault = make_pipes(child, theirs) ? spawn(child, words, options, theirs) : errno;
    for (int i = 0; i < 3; i++)
        close_end(&theirs[i]);
    if (fault != 0) {
        g_set_error(error, G_FILE_ERROR, (int) g_file_error_from_errno(fault), "%s%s",
                    g_strerror(fault), way_out(words[0], fault));
        sr_child_abandon(child);
        return NULL;
    }
    child->reaped = false;
    replace_group(0, child->pid);
    child->pidfd = pidfd_open(child->pid, 0);
    return child;
}

/* ---- reading ---- */

/* Where several kinds of children share a log, each line says whose it is. */
static void
write_log(SrChild *child, const char *bytes, size_t n)
{
    g_autoptr(GString) text = NULL;

    if (child->log_name == NULL) {
        (void) !write(child->log, bytes, n);
        return;
    }
    text = g_string_sized_new(2 * n);
    for (size_t i = 0; i < n; i++) {
        if (!child->in_log_line)
            g_string_append_printf(text, "%s: ", child->log_name);
        child->in_log_line = bytes[i] != '\n';
        g_string_append_c(text, bytes[i]);
    }
    (void) !write(child->log, text->str, text->len);
}

/* Reads what is there. Returns: false once the pipe is closed */
static bool
take_errors(SrChild *child)
{
    char bytes[4096];

    for (;;) {
        ssize_t n = read(child->err, bytes, sizeof bytes);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return true;
        if (n <= 0)
            return false;
        if (child->log >= 0 && child->n_err < SR_CHILD_LOG_MAX)
            write_log(child, bytes,
                      MIN((size_t) n, (size_t) (SR_CHILD_LOG_MAX - child->n_err)));
        for (ssize_t i = 0; i < n; i++)
            child->tail[child->n_err++ % SR_CHILD_TAIL] = bytes[i];
        /* A flood must not keep us here. */
        if ((size_t) n < sizeof bytes)
            return true;
    }
}

/* Reads what is there, but no more than a line of @most bytes and something after it. Returns:
 * false once the pipe is closed */
static bool
take_answer(SrChild *child, size_t most)
{
    while (child->answer->len <= most + 1) {
        char bytes[4096];
        ssize_t n = read(child->out, bytes, sizeof bytes);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return true;
        if (n <= 0)
            return false;
        g_string_append_len(child->answer, bytes, n);
        if ((size_t) n < sizeof bytes)
            return true;
    }
    return true;
}

GString *
sr_child_tail(const SrChild *child)
{
    uint64_t n = MIN(child->n_err, SR_CHILD_TAIL);
    GString *tail = g_string_sized_new(n);

    for (uint64_t i = child->n_err - n; i < child->n_err; i++)
        g_string_append_c(tail, child->tail[i % SR_CHILD_TAIL]);
    return tail;
}

int
sr_child_group(const SrChild *child)
{
    return child->pid;
}

/* ---- time ---- */

static uint64_t
real_now(void)
{
    return (uint64_t) g_get_monotonic_time() * 1000;
}

/* Returns: milliseconds to @until, rounded up; 0 when it is past */
static int
left_ms(uint64_t until)
{
    uint64_t now = real_now();

    return now >= until ? 0
                        : (int) MIN((until - now + SR_NS_PER_MS - 1) / SR_NS_PER_MS, G_MAXINT);
}

/* ---- ending ---- */

/* Waits until the child has ended, or @until, and reads meanwhile what it still writes. */
static bool
wait_for_end(SrChild *child, uint64_t until)
{
    while (!child->reaped) {
        pid_t ended = waitpid(child->pid, &child->status, WNOHANG);
        struct pollfd waiting[2] = { { child->pidfd, POLLIN, 0 }, { child->err, POLLIN, 0 } };
        int left = left_ms(until);

        if (ended == child->pid || (ended < 0 && errno != EINTR)) {
            child->reaped = true;
            break;
        }
        if (left == 0)
            return false;
        /* Without a descriptor for the process, look again every 10 ms. */
        if (child->pidfd < 0)
            left = MIN(left, 10);
        if (poll(waiting, 2, left) > 0 && waiting[1].revents != 0 && !take_errors(child))
            close_end(&child->err);
    }
    if (child->err >= 0)
        take_errors(child);
    return true;
}

static void
append_status(const SrChild *child, GString *why)
{
    if (!child->reaped)
        return;
    if (WIFSIGNALED(child->status))
        g_string_append_printf(why, " (ended by signal %d, %s)", WTERMSIG(child->status),
                               g_strsignal(WTERMSIG(child->status)));
    else
        g_string_append_printf(why, " (exit status %d)", WEXITSTATUS(child->status));
}

void
sr_child_abandon(SrChild *child)
{
    close_end(&child->in);
    if (!child->reaped) {
        kill(-child->pid, SIGTERM);
        if (!wait_for_end(child, real_now() + GRACE_NS)) {
            kill(-child->pid, SIGKILL);
            wait_for_end(child, UINT64_MAX);
        }
    }
    /* It may have left others in its group. */
    if (child->pid > 0) {
        kill(-child->pid, SIGKILL);
        replace_group(child->pid, 0);
    }
    close_end(&child->out);
    close_end(&child->err);
    close_end(&child->pidfd);
    g_string_free(child->answer, TRUE);
    g_free(child);
}

void
sr_child_free(SrChild *child)
{
    static const char bye[] = "{\"type\":\"bye\"}\n";

    if (child == NULL)
        return;
    (void) !write(child->in, bye, sizeof bye - 1);
    close_end(&child->in);
    wait_for_end(child, real_now() + GRACE_NS);
    sr_child_abandon(child);
}

/* ---- asking ---- */

static SrChildEnd
crashed(SrChild *child, const char *what, GString *why)
{
    wait_for_end(child, real_now() + GRACE_NS);
    g_string_append(why, what);
    append_status(child, why);
    return SR_CHILD_CRASHED;
}

static void
append_shown(GString *why, const char *text, size_t length)
{
    g_string_append_c(why, '"');
    sr_escape_terminal(why, text, MIN(length, SHOWN));
    g_string_append(why, length > SHOWN ? "…\"" : "\"");
}

/* Returns: whether a line is there, and nothing behind it */
static SrChildEnd
judge_answer(SrChild *child, const char *end, const char **answer, size_t *n_answer,
             GString *why)
{
    size_t length = (size_t) (end - child->answer->str);

    if (length + 1 < child->answer->len) {
        g_string_append(why, "wrote more than one line, ");
        append_shown(why, child->answer->str, length);
        g_string_append(why, " and ");
        append_shown(why, end + 1, child->answer->len - length - 1);
        g_string_append(why, SR_EXEC_LOGS);
        return SR_CHILD_RULE;
    }
    if (!g_utf8_validate_len(child->answer->str, length, NULL)) {
        g_string_append(why, "wrote a line that is not UTF-8, ");
        append_shown(why, child->answer->str, length);
        return SR_CHILD_RULE;
    }
    child->answer->str[length] = '\0';
    *answer = child->answer->str;
    *n_answer = length;
    return SR_CHILD_ANSWERED;
}

/* Nothing may be there before a line is written. */
static SrChildEnd
check_unasked(SrChild *child, GString *why)
{
    g_string_truncate(child->answer, 0);
    if (!take_answer(child, SHOWN))
        return crashed(child, "closed its standard output", why);
    if (child->answer->len == 0)
        return SR_CHILD_ANSWERED;
    g_string_append(why, "wrote something that nobody asked for, ");
    append_shown(why, child->answer->str, child->answer->len);
    g_string_append(why, SR_EXEC_LOGS);
    return SR_CHILD_RULE;
}

/* Writes what the pipe takes. Returns: false once the pipe is closed */
static bool
give(SrChild *child, const char *line, size_t n_line, size_t *given)
{
    ssize_t n = write(child->in, line + *given, n_line - *given);

    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    *given += (size_t) n;
    return true;
}

static SrChildEnd
silent(SrSpan deadline, GString *why)
{
    g_string_append(why, "gave no answer within ");
    sr_span_show(why, deadline);
    return SR_CHILD_SILENT;
}

SrChildEnd
sr_child_ask(SrChild *child, const char *line, size_t n_line, size_t most, SrSpan deadline,
             const char **answer, size_t *n_answer, GString *why)
{
    uint64_t until = real_now() + deadline;
    size_t given = 0;
    SrChildEnd end = check_unasked(child, why);

    if (end != SR_CHILD_ANSWERED)
        return end;
    if (!give(child, line, n_line, &given))
        return crashed(child, "closed its standard input", why);
    for (;;) {
        struct pollfd waiting[3] = { { child->out, POLLIN, 0 },
                                     { child->err, POLLIN, 0 },
                                     { given < n_line ? child->in : -1, POLLOUT, 0 } };
        int left = left_ms(until);
        int ready = poll(waiting, 3, child->stop != NULL ? MIN(left, STOP_MS) : left);
        const char *lf;

        if ((ready == 0 && left_ms(until) == 0) || (ready < 0 && errno != EINTR))
            return silent(deadline, why);
        if (ready <= 0) {
            if (child->stop == NULL || !child->stop(child->stop_data))
                continue;
            g_string_append(why, "was not waited for");
            return SR_CHILD_STOPPED;
        }
        if (waiting[1].revents != 0 && !take_errors(child))
            close_end(&child->err);
        if (waiting[2].revents != 0 && !give(child, line, n_line, &given))
            return crashed(child, "closed its standard input", why);
        if (waiting[0].revents == 0) {
            /* A flood of errors is read, but does not stop the clock. */
            if (left == 0)
                return silent(deadline, why);
            continue;
        }

        bool is_open = take_answer(child, most);

        lf = memchr(child->answer->str, '\n', child->answer->len);
        if (lf != NULL && (size_t) (lf - child->answer->str) <= most)
            return judge_answer(child, lf, answer, n_answer, why);
        if (lf != NULL || child->answer->len > most) {
            g_string_append_printf(why, "wrote a line of more than %zu bytes", most);
            return SR_CHILD_RULE;
        }
        if (!is_open)
            return crashed(child, "closed its standard output", why);
    }
}

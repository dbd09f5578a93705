/* Draws a figure: jq extracts the data from traces or a sweep, gnuplot draws them.
 *
 * Both are found on PATH and started by argv, without a shell. Each runs in a process group of
 * its own, with an empty standard input, none of our descriptors, and a small environment. The
 * home is the temporary folder, so that no start-up file is read. The code for gnuplot is fixed
 * text: the temporary folder has a link named `plots` to the scripts, and the names of data and
 * picture in it never change. A program that exceeds the deadline is killed with its children.
 */
#include "base/escape.h"
#include "plot-private.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli-private.h"

/* Only the end of what a program writes to standard error is kept. */
#define SAID_MAX (64 * 1024)
#define PICTURE_MAX ((goffset) 256 * 1024 * 1024)

static bool G_GNUC_PRINTF(2, 3) fail(char **message, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    return false;
}

/* ---- the scripts ---- */

static bool
holds_scripts(const char *folder)
{
    g_autofree char *theme = g_build_filename(folder, "theme.gp", NULL);

    return g_file_test(theme, G_FILE_TEST_IS_REGULAR);
}

/* In the data folder of the installed program, or in the build folder; neither the environment
 * nor a file can change it. */
static char *
find_scripts(void)
{
    g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);

    if (program == NULL)
        return NULL;
    g_autofree char *folder = g_path_get_dirname(program);
    g_autofree char *installed = g_canonicalize_filename(SR_PLOTS_INSTALLED, folder);
    g_autofree char *built = g_canonicalize_filename("../../plots", folder);

    if (g_str_has_suffix(folder, "/sim/cli") && holds_scripts(built))
        return g_steal_pointer(&built);
    return holds_scripts(installed) ? g_steal_pointer(&installed) : NULL;
}

/* ---- the temporary folder ---- */

static int
remove_one(const char *path, const struct stat *info, int type, struct FTW *place)
{
    (void) info;
    (void) place;
    if (type == FTW_DP)
        rmdir(path);
    else
        unlink(path);
    return 0;
}

static void
remove_folder(char *folder)
{
    if (folder == NULL)
        return;
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    g_free(folder);
}
typedef char *TemporaryFolder;
G_DEFINE_AUTO_CLEANUP_FREE_FUNC(TemporaryFolder, remove_folder, NULL)

/* ---- a program ---- */

/* A program to start, and where its output goes. */
typedef struct {
    const char *name;        /* "jq" */
    const char *install;     /* the package that has it */
    const char *const *argv; /* argv[0] is replaced by the path where it was found */
    const char *output;      /* (nullable) file in the folder that takes its standard output */
    bool enter;              /* whether it runs in the folder */
} Program;

/* Returns: the last line of a program's output that is not empty */
static char *
last_line(const char *path)
{
    char said[SAID_MAX + 1];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = 0;

    if (fd < 0)
        return g_strdup("");
    off_t size = lseek(fd, 0, SEEK_END);
    if (size > 0 && lseek(fd, MAX(size - SAID_MAX, 0), SEEK_SET) >= 0)
        n = read(fd, said, SAID_MAX);
    close(fd);
    said[MAX(n, 0)] = '\0';
    g_auto(GStrv) lines = g_strsplit(said, "\n", -1);
    for (size_t i = sr_options_count(lines); i > 0; i--) {
        char *line = g_strstrip(lines[i - 1]);
        if (*line != '\0')
            return g_utf8_make_valid(line, -1);
    }
    return g_strdup("");
}

static int
start(const char *path, const Program *program, const char *folder, const char *complaints,
      pid_t *pid)
{
    g_autofree char *output = program->output != NULL
                                  ? g_build_filename(folder, program->output, NULL)
                                  : g_strdup("/dev/null");
    g_autofree char *search = g_strconcat("PATH=", g_getenv("PATH"), NULL);
    g_autofree char *home = g_strconcat("HOME=", folder, NULL);
    char locale[] = "LC_ALL=C.UTF-8", zone[] = "TZ=UTC";
    char *environment[] = { search, home, locale, zone, NULL };
    g_autofree char **argv = NULL;
    size_t n = sr_options_count((char *const *) (uintptr_t) program->argv);
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t signals;
    int result;

    argv = g_new0(char *, n + 1);
    for (size_t i = 0; i < n; i++)
        argv[i] = (char *) (uintptr_t) (i == 0 ? path : program->argv[i]);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output,
                                     O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, complaints,
                                     O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
    posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
    if (program->enter)
        posix_spawn_file_actions_addchdir_np(&actions, folder);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setpgroup(&attributes, 0);
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes, &signals);
    sigaddset(&signals, SIGPIPE);
    sigaddset(&signals, SIGXFSZ);
    posix_spawnattr_setsigdefault(&attributes, &signals);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                              POSIX_SPAWN_SETSIGDEF);
    result = posix_spawn(pid, path, &actions, &attributes, argv, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return result;
}

typedef enum { ENDED, LATE, STOPPED } End;

/* Waits for the end of @pid and then kills its whole group, so that no child process stays. */
static End
wait_for(pid_t pid, unsigned deadline_s, int *status)
{
    gint64 until = g_get_monotonic_time() + (gint64) deadline_s * G_USEC_PER_SEC;
    gulong pause = 500;
    End end = ENDED;
    int waited;

    for (;;) {
        siginfo_t info = { .si_pid = 0 };
        /* The process is not reaped yet, so no other process can get the number of the group.
         */
        waited = waitid(P_PID, (id_t) pid, &info, WEXITED | WNOWAIT | WNOHANG);
        if (waited != 0 ? errno != EINTR : info.si_pid != 0)
            break;
        if (sr_stop_signal() != 0 || g_get_monotonic_time() >= until) {
            end = sr_stop_signal() != 0 ? STOPPED : LATE;
            break;
        }
        g_usleep(pause);
        pause = MIN(pause * 2, 20000);
    }
    kill(-pid, SIGKILL);
    while (waitpid(pid, status, 0) < 0 && errno == EINTR)
        continue;
    return end;
}

static bool
run(const Program *program, const char *folder, unsigned deadline_s, char **message)
{
    g_autofree char *path = g_find_program_in_path(program->name);
    g_autofree char *complaints = g_build_filename(folder, "complaints", NULL);
    int status = 0, error;
    pid_t pid;

    if (path == NULL)
        return fail(message, "%s is not installed: apt-get install %s", program->name,
                    program->install);
    error = start(path, program, folder, complaints, &pid);
    if (error != 0)
        return fail(message, "%s cannot be started: %s", program->name, g_strerror(error));
    switch (wait_for(pid, deadline_s, &status)) {
    case LATE:
        return fail(message, "%s did not end within %u s and was stopped", program->name,
                    deadline_s);
    case STOPPED:
        return fail(message, "stopped");
    case ENDED:
        break;
    }
    g_autofree char *said = last_line(complaints);
    if (WIFSIGNALED(status))
        return fail(message, "%s was ended by signal %d", program->name, WTERMSIG(status));
    if (WEXITSTATUS(status) == 0)
        return true;
    if (*said == '\0')
        return fail(message, "%s failed with status %d and said nothing", program->name,
                    WEXITSTATUS(status));
    return fail(message, "%s failed: %s", program->name, said);
}

/* ---- is it a picture? ---- */

static bool
begins(const char *bytes, size_t n, const char *with, size_t length)
{
    return n >= length && memcmp(bytes, with, length) == 0;
}

/* Whether @part is in the last @tail bytes. */
static bool
ends(const char *bytes, size_t n, const char *part, size_t tail)
{
    size_t from = n > tail ? n - tail : 0;

    return memmem(bytes + from, n - from, part, strlen(part)) != NULL;
}

static uint32_t
big_endian(const char *bytes)
{
    uint32_t value;

    memcpy(&value, bytes, sizeof value);
    return GUINT32_FROM_BE(value);
}

/* Returns: (nullable): what is wrong with the picture */
static const char *
fault_of(const char *format, const char *bytes, size_t n)
{
    static const char png[] = "\x89PNG\r\n\x1a\n";

    if (n == 0)
        return "is empty";
    if (strcmp(format, "svg") == 0) {
        if (!begins(bytes, n, "<?xml", 5) || !ends(bytes, n, "</svg>", 16))
            return "is not whole";
        /* Every figure has text. */
        return memmem(bytes, n, "<text", 5) == NULL ? "is blank" : NULL;
    }
    if (strcmp(format, "png") == 0) {
        if (!begins(bytes, n, png, sizeof png - 1) || n < 33 || !ends(bytes, n, "IEND", 8))
            return "is not whole";
        /* A picture of one colour is compressed to a thousandth, a figure to a hundredth at
         * most. */
        uint64_t raw = (uint64_t) big_endian(bytes + 16) * big_endian(bytes + 20) * 3;
        return raw == 0 || raw / n > 600 ? "is blank" : NULL;
    }
    if (!begins(bytes, n, "%PDF-", 5) || !ends(bytes, n, "%%EOF", 16))
        return "is not whole";
    return n < 2048 ? "is blank" : NULL;
}

static void
erase(GString *svg, const char *from, const char *to)
{
    char *begin, *end;

    while ((begin = strstr(svg->str, from)) != NULL && (end = strstr(begin, to)) != NULL)
        g_string_erase(svg, begin - svg->str, end + strlen(to) - begin);
}

/* Makes the title of the figure, "KIND: TITLE", for those who hear it: the first field of the
 * first row of the data. */
static void
append_title(GString *out, const char *kind, const char *folder)
{
    g_autofree char *path = g_build_filename(folder, "data.tsv", NULL), *data = NULL;
    const char *row = NULL;

    sr_escape_xml(out, kind, strlen(kind));
    if (g_file_get_contents(path, &data, NULL, NULL))
        row = strchr(data, '\n');
    if (row == NULL || strcspn(row + 1, "\t\n") == 0)
        return;
    g_string_append(out, ": ");
    sr_escape_xml(out, row + 1, strcspn(row + 1, "\t\n"));
}

/* Gives the picture a role and a title. */
static void
name_svg(GString *svg, const char *kind, const char *folder)
{
    g_autoptr(GString) title = g_string_new("<title>");
    const char *root = strstr(svg->str, "<svg"), *end = root != NULL ? strchr(root, '>') : NULL;

    if (end == NULL)
        return;
    append_title(title, kind, folder);
    g_string_append(title, "</title>");
    g_string_insert(svg, end + 1 - svg->str, title->str);
    g_string_insert(svg, root + strlen("<svg") - svg->str, " role=\"img\"");
}

/* Removes gnuplot's own titles, which browsers show as tooltips, and its version. Adds font
 * families for readers who have no DejaVu; Verdana is as wide. */
static GBytes *
finish_svg(const char *bytes, size_t n, const char *kind, const char *folder)
{
    g_autoptr(GString) svg = g_string_new_len(bytes, (gssize) n);

    erase(svg, "<title>Gnuplot</title>", "</desc>\n");
    erase(svg, "<title>gnuplot_plot_", "</title>");
    g_string_replace(svg, "font-family=\"DejaVu Sans\"",
                     "font-family=\"DejaVu Sans, Verdana, sans-serif\"", 0);
    name_svg(svg, kind, folder);
    /* A CI runner would execute it anywhere in a log. */
    g_string_replace(svg, "##[", "##&#x5b;", 0);
    return g_string_free_to_bytes(g_steal_pointer(&svg));
}

static bool
read_picture(const char *path, const char *by, const SrPlotOptions *options, const char *folder,
             GBytes **picture, char **message)
{
    g_autofree char *bytes = NULL;
    struct stat info;
    const char *fault;
    gsize n;

    if (lstat(path, &info) != 0 || !S_ISREG(info.st_mode))
        return fail(message, "%s made no picture", by);
    if (info.st_size > PICTURE_MAX)
        return fail(message, "%s's picture is larger than 256 MiB", by);
    if (!g_file_get_contents(path, &bytes, &n, NULL))
        return fail(message, "%s's picture cannot be read", by);
    fault = fault_of(options->format, bytes, n);
    if (fault != NULL)
        return fail(message, "%s's picture %s", by, fault);
    *picture = options->kind != NULL && strcmp(options->format, "svg") == 0
                   ? finish_svg(bytes, n, options->kind->name, folder)
                   : g_bytes_new_take(g_steal_pointer(&bytes), n);
    return true;
}

/* ---- a figure ---- */

static bool
take_data(const SrPlotOptions *options, const char *scripts, const char *folder,
          const char *const *traces, size_t n_traces, char **message)
{
    g_autofree char *name = g_strconcat(
        options->sweep ? options->kind->of_sweep : options->kind->of_traces, ".jq", NULL);
    g_autofree char *filter = g_build_filename(scripts, name, NULL);
    g_autoptr(GPtrArray) argv = g_ptr_array_new();
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);

    g_ptr_array_add(argv, (void *) (uintptr_t) "jq");
    g_ptr_array_add(argv, (void *) (uintptr_t) "-nrf");
    g_ptr_array_add(argv, filter);
    for (size_t i = 0; options->arguments != NULL && options->arguments[i] != NULL; i++)
        g_ptr_array_add(argv, (void *) (uintptr_t) options->arguments[i]);
    for (size_t i = 0; i < n_traces; i++) {
        /* A path must not look like an option. */
        char *path = g_strconcat(traces[i][0] == '-' ? "./" : "", traces[i], NULL);
        g_ptr_array_add(paths, path);
        g_ptr_array_add(argv, path);
    }
    g_ptr_array_add(argv, NULL);
    const Program jq = { "jq", "jq", (const char *const *) argv->pdata, "data.tsv", false };
    return run(&jq, folder, options->deadline_s, message);
}

static bool
draw(const SrPlotOptions *options, const char *folder, char **message)
{
    g_autofree char *settings =
        g_strdup_printf("data='data.tsv'; out='out.%s'; dark=%d; here='plots'", options->format,
                        options->dark ? 1 : 0);
    g_autofree char *script = g_strdup_printf(
        "plots/%s.gp", options->sweep ? options->kind->script : options->kind->name);
    const char *argv[] = { "gnuplot", "-d", "-e", settings, script, NULL };
    const Program gnuplot = { "gnuplot", "gnuplot-nox fonts-dejavu-core", argv, NULL, true };

    return run(&gnuplot, folder, options->deadline_s, message);
}

bool
sr_plot_draw(const SrPlotOptions *options, const char *const *traces, size_t n_traces,
             GBytes **picture, char **message)
{
    g_autofree char *scripts = find_scripts();
    g_autoptr(GError) error = NULL;

    g_assert((options->sweep ? options->kind->of_sweep : options->kind->of_traces) != NULL);
    if (scripts == NULL)
        return fail(message, "the scripts of the figures are not installed beside the program");
    g_auto(TemporaryFolder) folder = g_dir_make_tmp("session-race-plot-XXXXXX", &error);
    if (folder == NULL)
        return fail(message, "%s", error->message);
    g_autofree char *link = g_build_filename(folder, "plots", NULL);
    if (symlink(scripts, link) != 0)
        return fail(message, "%s: %s", folder, g_strerror(errno));
    g_autofree char *name = g_strconcat("out.", options->format, NULL);
    g_autofree char *path = g_build_filename(folder, name, NULL);
    return take_data(options, scripts, folder, traces, n_traces, message) &&
           draw(options, folder, message) &&
           read_picture(path, "gnuplot", options, folder, picture, message);
}

bool
sr_plot_dot(const GString *dot, unsigned deadline_s, GBytes **svg, char **message)
{
    static const char *const argv[] = { "dot", "-Tsvg", "-o", "out.svg", "graph.dot", NULL };
    static const Program graphviz = { "dot", "graphviz fonts-dejavu-core", argv, NULL, true };
    const SrPlotOptions options = { .format = "svg" };
    g_autoptr(GError) error = NULL;
    g_auto(TemporaryFolder) folder = g_dir_make_tmp("session-race-plot-XXXXXX", &error);

    if (folder == NULL)
        return fail(message, "%s", error->message);
    g_autofree char *graph = g_build_filename(folder, "graph.dot", NULL);
    g_autofree char *path = g_build_filename(folder, "out.svg", NULL);
    if (!g_file_set_contents(graph, dot->str, (gssize) dot->len, &error))
        return fail(message, "%s", error->message);
    return run(&graphviz, folder, deadline_s, message) &&
           read_picture(path, "dot", &options, folder, svg, message);
}

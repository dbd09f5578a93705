/* `plot`: a figure from traces. */
#include "cli-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plot-private.h"
#include "session-race/escape.h"
#include "session-race/time.h"

#define DEADLINE_S 30u
#define DEADLINE_MAX_S 3600u

/* The first member of the first line of every trace. */
static const char trace_begins[] = "{\"type\":\"trace\"";

typedef struct {
    gboolean dark;
    const char *format; /* (nullable) */
    unsigned deadline_s;
} PlotOwn;

static PlotOwn own;

static const char *const formats[] = { "svg", "png", "pdf", NULL };

static const char *
find_word(const char *const *words, const char *word)
{
    for (; *words != NULL; words++) {
        if (strcmp(*words, word) == 0)
            return *words;
    }
    return NULL;
}

static gboolean
on_format(const char *option, const char *value, void *data, GError **error)
{
    (void) data;
    own.format = find_word(formats, value);
    if (own.format == NULL)
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "%s: '%s' is not one of svg, png, pdf", option, value);
    return own.format != NULL;
}

static gboolean
on_deadline(const char *option, const char *value, void *data, GError **error)
{
    SrSpan span = 0;

    (void) data;
    if (sr_span_parse(value, strlen(value), &span) != SR_NUMBER_OK || span == 0 ||
        span > DEADLINE_MAX_S * SR_NS_PER_S) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "%s: '%s' is not a duration of at most 1h, such as 30s", option, value);
        return FALSE;
    }
    own.deadline_s = (unsigned) ((span + SR_NS_PER_S - 1) / SR_NS_PER_S);
    return TRUE;
}

/* clang-format off */
static const GOptionEntry own_options[] = {
    { "dark", 0, 0, G_OPTION_ARG_NONE, &own.dark, "Draw on dark paper", NULL },
    { "format", 'f', 0, G_OPTION_ARG_CALLBACK, (void *) on_format,
      "svg, png or pdf [by the ending of FILE, else svg]", "FORMAT" },
    { "deadline", 0, 0, G_OPTION_ARG_CALLBACK, (void *) on_deadline,
      "How long jq and gnuplot may take, each, in whole seconds [30s]", "TIME" },
    G_OPTION_ENTRY_NULL
};
/* clang-format on */

static const SrCommand command = {
    .name = "plot",
    .arguments = "KIND TRACE…",
    .summary =
        "Draws a figure from a trace, with jq and gnuplot, which are to be installed.\n\n"
        "Kinds:\n"
        "  timeline  every node over virtual time: states, messages, steps, faults, broken "
        "checks\n"
        "  phases    how each client's time splits into token, connect, key, create, wait, "
        "...\n"
        "  ecdf      time to collaborate, winners against rejected, of one or several traces\n"
        "  clocks    every node's clock against true time, token lifetimes, refusals\n"
        "  window    who raced: start offset against outcome\n"
        "  keys      life of each key in the store: made, won, looked up, discarded, missed",
    .description =
        "Without -o the figure goes to standard output.\n\n"
        "Exit status:\n"
        "  0  drawn\n"
        "  2  the command line or a trace is malformed: nothing was drawn\n"
        "  3  a file could not be read or written, or a program is missing, failed or\n"
        "     did not end in time\n\n"
        "Example:\n"
        "  session-race run --trace two.ndjson two.ini\n"
        "  session-race plot timeline two.ndjson -o two.svg\n",
    .options = SR_OPTION_OUTPUT,
    .own = own_options,
};

/* ---- traces ---- */

static int
complain(const char *path, const char *what)
{
    g_autoptr(GString) text = g_string_new(NULL);

    sr_escape_terminal(text, path, strlen(path));
    g_string_append_printf(text, ":1: error: %s\n", what);
    sr_error_text(text);
    return SR_EXIT_MALFORMED;
}

/* Whether @path is a file that begins like a trace. What is behind that, jq looks at. */
static int
look_at_trace(const char *path)
{
    char octets[sizeof trace_begins - 1];
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    ssize_t n;

    if (fd < 0)
        return sr_file_error(path, g_strerror(errno));
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        close(fd);
        return complain(path, "this is no trace: not a regular file");
    }
    n = read(fd, octets, sizeof octets);
    close(fd);
    if (n < 0)
        return sr_file_error(path, g_strerror(errno));
    if ((size_t) n != sizeof octets || memcmp(octets, trace_begins, sizeof octets) != 0)
        return complain(path, "this is no trace: its first line does not begin with "
                              "{\"type\":\"trace\"");
    return SR_EXIT_OK;
}

/* Whether two paths lead to one file. */
static bool
is_same_file(const char *a, const char *b)
{
    struct stat first, second;

    return stat(a, &first) == 0 && stat(b, &second) == 0 && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino;
}

static int
look_at_traces(char *const *traces, const char *output)
{
    for (; *traces != NULL; traces++) {
        int status = look_at_trace(*traces);
        if (status != SR_EXIT_OK)
            return status;
        if (output != NULL && !sr_output_is_stdout(output) && is_same_file(*traces, output))
            return sr_usage_error(command.name, "--output %s: it is read as a trace", output);
    }
    return SR_EXIT_OK;
}

/* ---- the verb ---- */

/* Returns: (nullable): the format that the ending of @path names */
static const char *
format_of(const char *path)
{
    const char *dot = path != NULL ? strrchr(path, '.') : NULL;
    g_autofree char *ending = dot != NULL ? g_ascii_strdown(dot + 1, -1) : NULL;

    return ending != NULL ? find_word(formats, ending) : NULL;
}

static int
refuse_kind(const char *kind)
{
    const char *meant = sr_options_suggest(kind, sr_plot_kinds());
    g_autofree char *known = g_strjoinv(", ", (char **) (uintptr_t) sr_plot_kinds());

    if (meant != NULL)
        return sr_usage_error(command.name, "'%s' is not a kind of figure; did you mean '%s'?",
                              kind, meant);
    return sr_usage_error(command.name, "'%s' is not a kind of figure: %s", kind, known);
}

static int
put(const char *path, GBytes *picture)
{
    size_t n;
    const char *octets = g_bytes_get_data(picture, &n);

    return sr_output_text(path, octets, n);
}

int
sr_verb_plot(int argc, char **argv)
{
    g_auto(SrOptions) options = { 0 };
    g_autoptr(GBytes) picture = NULL;
    g_autofree char *message = NULL;
    int status;

    own = (PlotOwn){ .deadline_s = DEADLINE_S };
    if (!sr_options_parse(&command, argc, argv, &options, &status))
        return status;
    size_t n = sr_options_count(options.arguments);
    if (n == 0)
        return sr_usage_error(command.name, "a kind of figure is needed, and a trace");
    const char *kind = find_word(sr_plot_kinds(), options.arguments[0]);
    if (kind == NULL)
        return refuse_kind(options.arguments[0]);
    if (n == 1)
        return sr_usage_error(command.name, "a trace is needed");
    if (n > 2 && strcmp(kind, "ecdf") != 0)
        return sr_usage_error(command.name, "only ecdf draws several traces");
    if (own.format == NULL)
        own.format = format_of(options.output);
    if (own.format == NULL && options.output != NULL && !sr_output_is_stdout(options.output))
        return sr_usage_error(
            command.name, "--output %s: neither its ending nor --format says svg, png or pdf",
            options.output);
    status = look_at_traces(options.arguments + 1, options.output);
    if (status != SR_EXIT_OK)
        return status;

    const SrPlotOptions figure = { kind, own.format != NULL ? own.format : "svg", own.dark,
                                   own.deadline_s };
    if (sr_plot_draw(&figure, (const char *const *) options.arguments + 1, n - 1, &picture,
                     &message))
        return put(options.output, picture);
    if (sr_stop_signal() != 0)
        return 128 + sr_stop_signal();
    sr_message(command.name, "error: %s", message);
    return SR_EXIT_SYSTEM;
}

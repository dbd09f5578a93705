/* `plot`: a figure from traces, or from the result of a sweep. */
#include "cli-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/whole-file.h"
#include "plot-private.h"
#include "session-race/time.h"

#define DEADLINE_S 30u
#define DEADLINE_MAX_S 3600u

/* The first member of the first line of every trace, and of every result of a sweep. */
static const char trace_begins[] = "{\"type\":\"trace\"",
                  sweep_begins[] = "{\"type\":\"sweep\"";
G_STATIC_ASSERT(sizeof trace_begins == sizeof sweep_begins);

typedef struct {
    gboolean dark;
    const char *format; /* (nullable) */
    unsigned deadline_s;
    char *of, *x, *y;        /* (nullable) */
    char *advised, *transit; /* (nullable) as typed; later ns */
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

/* A span that may be 0, for a filter: its ns as text. */
static gboolean
on_span(const char *option, const char *value, void *data, GError **error)
{
    char **ns = strcmp(option, "--advised") == 0 ? &own.advised : &own.transit;
    SrSpan span = 0;

    (void) data;
    if (sr_span_parse(value, strlen(value), &span) != SR_NUMBER_OK) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "%s: '%s' is not a duration, such as 250ms", option, value);
        return FALSE;
    }
    g_free(*ns);
    *ns = g_strdup_printf("%" G_GUINT64_FORMAT, span);
    return TRUE;
}

static gboolean
on_of(const char *option, const char *value, void *data, GError **error)
{
    (void) data;
    if (!sr_plot_sweep_has_share(value)) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "%s: '%s' is neither a share of a sweep, such as failed, raced or refused, "
                    "nor a check",
                    option, value);
        return FALSE;
    }
    g_free(own.of);
    own.of = g_strdup(value);
    return TRUE;
}

/* clang-format off */
static const GOptionEntry own_options[] = {
    { "dark", 0, 0, G_OPTION_ARG_NONE, &own.dark, "Draw on dark paper", NULL },
    { "format", 'f', 0, G_OPTION_ARG_CALLBACK, (void *) on_format,
      "svg, png or pdf [by the ending of FILE, else svg]", "FORMAT" },
    { "deadline", 0, 0, G_OPTION_ARG_CALLBACK, (void *) on_deadline,
      "How long jq and gnuplot may take, each, in whole seconds [30s]", "TIME" },
    { "x", 0, 0, G_OPTION_ARG_STRING, &own.x, "heatmap, window: the varied key to the right", "KEY" },
    { "y", 0, 0, G_OPTION_ARG_STRING, &own.y, "heatmap: the varied key upwards", "KEY" },
    { "of", 0, 0, G_OPTION_ARG_CALLBACK, (void *) on_of,
      "heatmap, retention, window: a check or a share: raced, refused, orphaned, ... [failed]", "NAME" },
    { "advised", 0, 0, G_OPTION_ARG_CALLBACK, (void *) on_span, "retention: a line there", "D" },
    { "transit", 0, 0, G_OPTION_ARG_CALLBACK, (void *) on_span,
      "leeway: from the signing of a token until it is judged [0s]", "D" },
    G_OPTION_ENTRY_NULL
};
/* clang-format on */

const SrCommand sr_command_plot = {
    .name = "plot",
    .arguments = "KIND FILE…",
    .summary =
        "Draws a figure from a trace or from the result of a sweep, with jq and gnuplot, which "
        "are\n"
        "to be installed.\n\n"
        "Kinds, of a trace:\n"
        "  timeline   every node over virtual time: states, messages, steps, faults, broken\n"
        "             checks\n"
        "  phases     how each client's time splits into token, connect, key, create, wait,\n"
        "             lookup, derive, join\n"
        "  clocks     every node's clock against true time, token lifetimes, refusals\n"
        "  keys       life of each key in the store: made, won, looked up, discarded, missed\n"
        "of a trace or a sweep:\n"
        "  ecdf       time to collaborate, winners against rejected, of one or several traces, "
        "or\n"
        "             at each point of a sweep\n"
        "  window     who raced: start offset against outcome\n"
        "of a sweep:\n"
        "  heatmap    share of failures over two varied keys\n"
        "  retention  share of failures against encryption-provider.retention = for(D)\n"
        "  leeway     share of refusals against token-provider.clock-offset and server.leeway",
    .description =
        "Without -o the figure goes to standard output.\n\n"
        "Exit status:\n"
        "  0  drawn\n"
        "  2  the command line or a file is malformed, or a sweep does not vary what the "
        "figure\n"
        "     needs: nothing was drawn\n"
        "  3  a file could not be read or written, or a program is missing, failed or\n"
        "     did not end in time\n\n"
        "Examples:\n"
        "  session-race run --trace two.ndjson two.ini\n"
        "  session-race plot timeline two.ndjson -o two.svg\n"
        "  session-race sweep -o result.ndjson study.ini\n"
        "  session-race plot retention --advised 480ms result.ndjson -o retention.svg\n",
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

static int
complain_about(const char *path, unsigned sources, const char *why)
{
    const char *what = sources == SR_PLOT_TRACE   ? "this is no trace"
                       : sources == SR_PLOT_SWEEP ? "this is no result of a sweep"
                                                  : "this is no trace and no result of a sweep";
    g_autofree char *text = g_strconcat(what, why, NULL);

    return complain(path, text);
}

static const char *
first_line_fault(unsigned sources)
{
    return sources == SR_PLOT_TRACE ? ": its first line does not begin with {\"type\":\"trace\""
           : sources == SR_PLOT_SWEEP
               ? ": its first line does not begin with {\"type\":\"sweep\""
               : ": its first line begins neither with {\"type\":\"trace\" nor with "
                 "{\"type\":\"sweep\"";
}

/* Finds which of @sources the file @path begins like. The rest of the file is checked later. */
static int
look_at_file(const char *path, unsigned sources, SrPlotSource *source)
{
    char bytes[sizeof trace_begins - 1];
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    ssize_t n;

    if (fd < 0)
        return sr_file_error(path, sr_errno_text(errno));
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        close(fd);
        return complain_about(path, sources, ": not a regular file");
    }
    n = read(fd, bytes, sizeof bytes);
    close(fd);
    if (n < 0)
        return sr_file_error(path, sr_errno_text(errno));
    if ((size_t) n == sizeof bytes && memcmp(bytes, trace_begins, sizeof bytes) == 0)
        *source = SR_PLOT_TRACE;
    else if ((size_t) n == sizeof bytes && memcmp(bytes, sweep_begins, sizeof bytes) == 0)
        *source = SR_PLOT_SWEEP;
    else
        return complain_about(path, sources, first_line_fault(sources));
    return sources & *source ? SR_EXIT_OK
                             : complain_about(path, sources, first_line_fault(sources));
}

/* @source: (out): that of the first file; all others must have the same */
static int
look_at_files(const char *kind, char *const *files, SrPlotSource *source)
{
    unsigned sources = sr_plot_sources(kind);

    for (size_t i = 0; files[i] != NULL; i++) {
        if (strcmp(files[i], "-") == 0)
            return sr_usage_error(sr_command_plot.name,
                                  "a figure is drawn from files, which are read "
                                  "more than once: not from standard input");
        int status = look_at_file(files[i], sources, source);
        if (status != SR_EXIT_OK)
            return status;
        if (*source == SR_PLOT_SWEEP && files[1] != NULL)
            return sr_usage_error(sr_command_plot.name,
                                  "a figure shows one sweep, and no trace beside it");
    }
    return SR_EXIT_OK;
}

/* Refuses an option that does not belong to @kind, or not to its source. */
static int
look_at_options(const char *kind, SrPlotSource source)
{
    /* clang-format off */
    const struct { const char *option, *value, *kinds; } options[] = {
        { "--x",       own.x,       "heatmap window" },
        { "--y",       own.y,       "heatmap" },
        { "--of",      own.of,      "heatmap retention window" },
        { "--advised", own.advised, "retention" },
        { "--transit", own.transit, "leeway" },
    };
    /* clang-format on */

    for (size_t i = 0; i < G_N_ELEMENTS(options); i++) {
        if (options[i].value == NULL)
            continue;
        g_auto(GStrv) words = g_strsplit(options[i].kinds, " ", -1);
        if (!g_strv_contains((const char *const *) words, kind))
            return sr_usage_error(sr_command_plot.name, "%s says nothing to %s",
                                  options[i].option, kind);
        if (source != SR_PLOT_SWEEP)
            return sr_usage_error(sr_command_plot.name, "%s is for the result of a sweep",
                                  options[i].option);
    }
    return SR_EXIT_OK;
}

/* ---- the verb ---- */

/* Returns: (nullable): the format for the ending of @path */
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
        return sr_usage_error(sr_command_plot.name,
                              "'%s' is not a kind of figure; did you mean '%s'?", kind, meant);
    return sr_usage_error(sr_command_plot.name, "'%s' is not a kind of figure: %s", kind,
                          known);
}

static int
put(const char *path, GBytes *picture)
{
    size_t n;
    const char *bytes = g_bytes_get_data(picture, &n);

    return sr_output_text(path, bytes, n);
}

static void
own_clear(void)
{
    g_free(own.of);
    g_free(own.x);
    g_free(own.y);
    g_free(own.advised);
    g_free(own.transit);
    own = (PlotOwn){ 0 };
}

/* Draws @kind of @files and writes it to its output. */
static int
draw(const char *kind, SrPlotSource source, char *const *files, const char *output)
{
    g_autoptr(GPtrArray) arguments = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GBytes) picture = NULL;
    g_autofree char *message = NULL;
    SrPlotOptions figure = { .kind = kind,
                             .format = own.format != NULL ? own.format : "svg",
                             .dark = own.dark,
                             .deadline_s = own.deadline_s,
                             .sweep = source == SR_PLOT_SWEEP };

    if (figure.sweep) {
        const SrPlotSweep asked = { own.of, own.x, own.y, own.advised, own.transit };
        int status = sr_plot_sweep_arguments(kind, files[0], &asked, arguments);
        if (status != SR_EXIT_OK)
            return status;
    }
    g_ptr_array_add(arguments, NULL);
    figure.arguments = (const char *const *) arguments->pdata;
    if (sr_plot_draw(&figure, (const char *const *) files, sr_options_count(files), &picture,
                     &message))
        return put(output, picture);
    if (sr_stop_signal() != 0)
        return 128 + sr_stop_signal();
    sr_message(sr_command_plot.name, "error: %s", message);
    return SR_EXIT_SYSTEM;
}

static int
run_plot(const SrOptions *options)
{
    SrPlotSource source = SR_PLOT_TRACE;
    size_t n = sr_options_count(options->arguments);

    if (n == 0)
        return sr_usage_error(sr_command_plot.name, "a kind of figure is needed, and a file");
    const char *kind = find_word(sr_plot_kinds(), options->arguments[0]);
    if (kind == NULL)
        return refuse_kind(options->arguments[0]);
    if (n == 1)
        return sr_usage_error(sr_command_plot.name, sr_plot_sources(kind) == SR_PLOT_SWEEP
                                                        ? "the result of a sweep is needed"
                                                        : "a trace is needed");
    if (n > 2 && strcmp(kind, "ecdf") != 0)
        return sr_usage_error(sr_command_plot.name, "only ecdf draws several traces");
    if (own.format == NULL)
        own.format = format_of(options->output);
    if (own.format == NULL && options->output != NULL && !sr_output_is_stdout(options->output))
        return sr_usage_error(
            sr_command_plot.name,
            "--output %s: neither its ending nor --format says svg, png or pdf",
            options->output);
    int status = look_at_files(kind, options->arguments + 1, &source);
    sr_places_read_all(options->arguments + 1);
    if (status == SR_EXIT_OK)
        status = sr_places_take(sr_command_plot.name, "output", options->output);
    if (status == SR_EXIT_OK)
        status = look_at_options(kind, source);
    return status == SR_EXIT_OK ? draw(kind, source, options->arguments + 1, options->output)
                                : status;
}

int
sr_verb_plot(int argc, char **argv)
{
    g_auto(SrOptions) options = { 0 };
    int status;

    own = (PlotOwn){ .deadline_s = DEADLINE_S };
    if (sr_options_parse(&sr_command_plot, argc, argv, &options, &status))
        status = run_plot(&options);
    own_clear();
    return status;
}

/* `plot`: a figure from traces, or from the result of a sweep. */
#include "cli-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/whole-file.h"
#include "plot-private.h"
#include "session-race/time.h"

#define DEADLINE_S 30u
#define DEADLINE_MAX_S 3600u
/* It becomes one argument of jq, and the kernel takes 128 KiB for one. */
#define PROVED_BYTES_MAX 100000u

/* The first member of the first line of every trace, and of every result of a sweep. */
static const char trace_begins[] = "{\"type\":\"trace\"",
                  sweep_begins[] = "{\"type\":\"sweep\"";
G_STATIC_ASSERT(sizeof trace_begins == sizeof sweep_begins);

bool
sr_plot_begins_trace(const char *bytes, size_t n)
{
    return n >= sizeof trace_begins - 1 &&
           memcmp(bytes, trace_begins, sizeof trace_begins - 1) == 0;
}

bool
sr_plot_begins_sweep(const char *bytes, size_t n)
{
    return n >= sizeof sweep_begins - 1 &&
           memcmp(bytes, sweep_begins, sizeof sweep_begins - 1) == 0;
}

static SrPlotOptions own = { .deadline_s = DEADLINE_S };
static SrPlotSweep asked; /* advised, transit: as typed; later ns */

static const char *const formats[] = { "svg", "png", "pdf", NULL };
static int format = -1; /* none was given */

/* What a kind is made of: any share, any measure, either. */
#define SHARE SR_PLOT_OF_SHARE
#define MEASURE SR_PLOT_OF_MEASURE

/* clang-format off */
static const SrPlotKind kinds[] = {
    { "timeline",  "timeline", NULL,           NULL,        NULL,                   "p",   0,               1 },
    { "phases",    "phases",   NULL,           NULL,        NULL,                   NULL,  0,               1 },
    { "ecdf",      "ecdf",     "ecdf-sweep",   "chart",     NULL,                   NULL,  0,               0 },
    { "clocks",    "clocks",   NULL,           NULL,        NULL,                   NULL,  0,               1 },
    { "window",    "window",   "window-sweep", "chart",     sr_plot_axes_window,    "xo",  SHARE,           1 },
    { "keys",      "keys",     NULL,           NULL,        NULL,                   NULL,  0,               1 },
    { "harm",      NULL,       "harm",         "band",      sr_plot_axes_one,       "x",   0,               1 },
    { "curve",     NULL,       "curve",        "band",      sr_plot_axes_one,       "xo",  SHARE | MEASURE, 1 },
    { "histogram", NULL,       "histogram",    "histogram", NULL,                   "o",   MEASURE,         1 },
    { "compare",   NULL,       "compare",      "compare",   NULL,                   "o",   SHARE,           2 },
    { "heatmap",   NULL,       "heatmap",      "heatmap",   sr_plot_axes_heatmap,   "xyo", SHARE,           1 },
    { "retention", NULL,       "retention",    "chart",     sr_plot_axes_retention, "oa",  SHARE,           1 },
    { "leeway",    NULL,       "leeway",       "chart",     sr_plot_axes_leeway,    "t",   0,               1 },
    { "bounds",    NULL,       "bounds",       "chart",     NULL,                   "p",   0,               1 },
};
/* clang-format on */

const SrPlotKind *
sr_plot_kind(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    return NULL;
}

const char **
sr_plot_kind_names(void)
{
    const char **names = g_new0(const char *, G_N_ELEMENTS(kinds) + 1);

    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
        names[i] = kinds[i].name;
    return names;
}

static gboolean
on_deadline(const char *option, const char *value, void *data, GError **error)
{
    SrSpan span = 0;

    (void) data;
    if (sr_span_parse(value, strlen(value), &span) != SR_NUMBER_OK || span == 0 ||
        span > DEADLINE_MAX_S * SR_NS_PER_S)
        return sr_option_refuse(error, option, value, "a duration of at most 1h, such as 30s");
    own.deadline_s = (unsigned) ((span + SR_NS_PER_S - 1) / SR_NS_PER_S);
    return TRUE;
}

/* A span that may be 0, for a filter: its ns as text. */
static gboolean
on_span(const char *option, const char *value, void *data, GError **error)
{
    char **ns = strcmp(option, "--advised") == 0 ? &asked.advised : &asked.transit;
    SrSpan span = 0;

    (void) data;
    if (sr_span_parse(value, strlen(value), &span) != SR_NUMBER_OK)
        return sr_option_refuse(error, option, value, "a duration, such as 250ms");
    g_free(*ns);
    *ns = g_strdup_printf("%" PRIu64, span);
    return TRUE;
}

static gboolean
on_of(const char *option, const char *value, void *data, GError **error)
{
    (void) data;
    if (sr_plot_sweep_has(value) == 0) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "%s: '%s' is neither a share of a sweep, such as failed, raced or refused, "
                    "nor a check, nor a measure, such as key-need or orphan-kept",
                    option, value);
        return FALSE;
    }
    g_free(asked.of);
    asked.of = g_strdup(value);
    return TRUE;
}

/* clang-format off */
static const GOptionEntry own_options[] = {
    { "dark", 0, 0, G_OPTION_ARG_NONE, &own.dark, "Draw on dark paper", NULL },
    { "format", 'f', 0, G_OPTION_ARG_CALLBACK, (void *) sr_option_on_word,
      "svg, png or pdf [by the ending of FILE, else svg]", "FORMAT" },
    { "deadline", 0, 0, G_OPTION_ARG_CALLBACK, (void *) on_deadline,
      "How long jq and gnuplot may take, each, in whole seconds [30s]", "TIME" },
    { "x", 0, 0, G_OPTION_ARG_STRING, &asked.x, "harm, curve, heatmap, window: the varied key to the right", "KEY" },
    { "y", 0, 0, G_OPTION_ARG_STRING, &asked.y, "heatmap: the varied key upwards", "KEY" },
    { "of", 0, 0, G_OPTION_ARG_CALLBACK, (void *) on_of,
      "curve, compare, heatmap, retention, window: a check or a share: raced, refused, ... [failed]; "
      "curve, histogram: a measure: key-need, orphan-kept, winner, ...", "NAME" },
    { "advised", 0, 0, G_OPTION_ARG_CALLBACK, (void *) on_span, "retention: a line there", "D" },
    { "transit", 0, 0, G_OPTION_ARG_CALLBACK, (void *) on_span,
      "leeway: from the signing of a token until it is judged [0s]", "D" },
    { "proved", 0, 0, G_OPTION_ARG_FILENAME, &asked.proved,
      "bounds, timeline: what 'advise --exact --format json' says of the same scenario", "FILE" },
    G_OPTION_ENTRY_NULL
};
/* clang-format on */

/* ---- the files ---- */

static const char no_trace[] = "this is no trace", no_sweep[] = "this is no result of a sweep",
                  neither[] = "this is no trace and no result of a sweep";

/* Says that @path is none of the files of @kind. Returns: SR_EXIT_MALFORMED */
static int
refuse_file(const char *path, const SrPlotKind *kind, const char *why)
{
    const char *what = kind->of_sweep == NULL    ? no_trace
                       : kind->of_traces == NULL ? no_sweep
                                                 : neither;
    g_autofree char *place = g_strconcat(path, ":1", NULL);
    g_autofree char *message = g_strdup_printf("%s: %s", what, why);

    sr_file_error(place, message);
    return SR_EXIT_MALFORMED;
}

static int
refuse_first_line(const char *path, const SrPlotKind *kind)
{
    return refuse_file(path, kind,
                       kind->of_sweep == NULL
                           ? "its first line does not begin with {\"type\":\"trace\""
                       : kind->of_traces == NULL
                           ? "its first line does not begin with {\"type\":\"sweep\""
                           : "its first line begins neither with {\"type\":\"trace\" nor with "
                             "{\"type\":\"sweep\"");
}

/* Finds whether the file @path begins like a trace or like the result of a sweep, which must be
 * of @kind. The rest of the file is checked later. */
static int
check_file(const char *path, const SrPlotKind *kind, bool *sweep)
{
    char bytes[sizeof trace_begins - 1];
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    ssize_t n;

    if (fd < 0)
        return sr_file_error(path, sr_errno_text(errno));
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        close(fd);
        return refuse_file(path, kind, "not a regular file");
    }
    n = read(fd, bytes, sizeof bytes);
    close(fd);
    if (n < 0)
        return sr_file_error(path, sr_errno_text(errno));
    *sweep = sr_plot_begins_sweep(bytes, (size_t) n);
    if (*sweep ? kind->of_sweep == NULL
               : kind->of_traces == NULL || !sr_plot_begins_trace(bytes, (size_t) n))
        return refuse_first_line(path, kind);
    return SR_EXIT_OK;
}

/* @sweep: (out): whether they are results of sweeps; there may be as many as the kind draws */
static int
check_files(const SrPlotKind *kind, char *const *files, bool *sweep)
{
    for (size_t i = 0; files[i] != NULL; i++) {
        if (strcmp(files[i], "-") == 0)
            return sr_usage_error("a figure is drawn from files, which are read "
                                  "more than once: not from standard input");
        int status = check_file(files[i], kind, sweep);
        if (status != SR_EXIT_OK)
            return status;
        if (*sweep && files[1] != NULL && kind->n_files != 2)
            return sr_usage_error("a figure shows one sweep, and no trace beside it");
    }
    return SR_EXIT_OK;
}

/* Refuses an option that does not belong to @kind, or not to its source. */
static int
check_options(const SrPlotKind *kind, bool sweep)
{
    const struct {
        const char *option, *value;
    } options[] = {
        { "--x", asked.x },
        { "--y", asked.y },
        { "--of", asked.of },
        { "--advised", asked.advised },
        { "--transit", asked.transit },
        { "--proved", asked.proved },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(options); i++) {
        if (options[i].value == NULL)
            continue;
        if (kind->options == NULL || strchr(kind->options, options[i].option[2]) == NULL)
            return sr_usage_error("%s says nothing to %s", options[i].option, kind->name);
        if (!sweep && kind->of_sweep != NULL)
            return sr_usage_error("%s is for the result of a sweep", options[i].option);
    }
    if (sweep && kind->options != NULL && strchr(kind->options, 'p') != NULL &&
        asked.proved == NULL)
        return sr_usage_error(
            "%s needs --proved FILE: what 'advise --exact --format json' says", kind->name);
    if (asked.of == NULL ? kind->of == MEASURE
                         : kind->of != 0 && !(sr_plot_sweep_has(asked.of) & kind->of))
        return sr_usage_error(kind->of == MEASURE
                                  ? "%s is drawn of a measure: --of key-need, key-age, "
                                    "orphan-kept, winner, rejected, time-to-collaborate, "
                                    "token-early, token-age or token-left"
                                  : "%s is drawn of a share or a check, not of a measure",
                              kind->name);
    return SR_EXIT_OK;
}

/* Replaces the path of the exact advice by its text. */
static int
read_proved(void)
{
    static const char begins[] = "{\"format\": \"session-race-exact-advice\"";
    g_autofree char *path = asked.proved, *text = NULL;
    size_t length;
    const char *why;

    asked.proved = NULL;
    if (path == NULL)
        return SR_EXIT_OK;
    why = sr_whole_file_read(path, PROVED_BYTES_MAX, &text, &length);
    if (why != NULL)
        return sr_file_error(path, why);
    if (!g_str_has_prefix(text, begins) || strlen(text) != length) {
        (void) sr_file_error(path, "this is not what 'advise --exact --format json' says");
        return SR_EXIT_MALFORMED;
    }
    asked.proved = g_steal_pointer(&text);
    return SR_EXIT_OK;
}

/* ---- the verb ---- */

/* Returns: the index of the format for the ending of @path; -1 if there is none */
static int
format_of(const char *path)
{
    const char *dot = path != NULL ? strrchr(path, '.') : NULL;
    g_autofree char *ending = dot != NULL ? g_ascii_strdown(dot + 1, -1) : NULL;

    return ending != NULL ? sr_option_word(formats, "", ending, NULL) : -1;
}

static int
refuse_kind(const char *name)
{
    g_autofree const char **names = sr_plot_kind_names();
    g_autofree char *known = g_strjoinv(", ", (char **) (uintptr_t) names);
    g_autofree char *otherwise = g_strconcat(": ", known, NULL);
    return sr_unknown_word_error(name, names, otherwise, "'%s' is not a kind of figure", name);
}

/* jq takes the last of two members of one name, and does not know the digest. So every trace is read
 * here first, as the other verbs read it. */
static int
check_traces(char *const *files)
{
    for (size_t i = 0; files[i] != NULL; i++) {
        int status;
        g_autoptr(SrTrace) trace = sr_load_trace_to_draw(files[i], &status);

        if (trace == NULL)
            return status;
    }
    return SR_EXIT_OK;
}

/* Draws the figure of @files and writes it to @output. */
static int
draw(char *const *files, const char *output)
{
    g_autoptr(GPtrArray) arguments = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GBytes) picture = NULL;
    g_autofree char *message = NULL;
    int status = own.sweep ? sr_plot_sweep_arguments(own.kind, files, &asked, arguments)
                           : check_traces(files);

    if (status != SR_EXIT_OK)
        return status;
    if (!own.sweep)
        sr_plot_add_argument(arguments, "proved", asked.proved);
    g_ptr_array_add(arguments, NULL);
    own.arguments = (const char *const *) arguments->pdata;
    own.format = formats[MAX(format, 0)];
    if (sr_plot_draw(&own, (const char *const *) files, sr_options_count(files), &picture,
                     &message))
        return sr_output_text(output, g_bytes_get_data(picture, NULL),
                              g_bytes_get_size(picture));
    if (sr_stop_signal() != 0)
        return sr_stop_status();
    sr_message("error: %s", message);
    return SR_EXIT_SYSTEM;
}

static int
plot(const SrOptions *options)
{
    size_t n = sr_options_count(options->arguments);
    int status;

    if (n == 0)
        return sr_usage_error("a kind of figure is needed, and a file");
    own.kind = sr_plot_kind(options->arguments[0]);
    if (own.kind == NULL)
        return refuse_kind(options->arguments[0]);
    if (n == 1)
        return sr_usage_error(own.kind->of_traces == NULL ? "the result of a sweep is needed"
                                                          : "a trace is needed");
    if (n > 2 && own.kind->n_files == 1)
        return sr_usage_error("only ecdf draws several traces, and compare two sweeps");
    if (own.kind->n_files == 2 && n != 3)
        return sr_usage_error("%s shows two results of sweeps", own.kind->name);
    if (format < 0)
        format = format_of(options->output);
    if (format < 0 && options->output != NULL && !sr_output_is_stdout(options->output))
        return sr_usage_error(
            "--output %s: neither its ending nor --format says svg, png or pdf",
            options->output);
    status = check_files(own.kind, options->arguments + 1, &own.sweep);
    sr_places_read_all(options->arguments + 1);
    if (asked.proved != NULL)
        sr_places_read(asked.proved);
    if (status == SR_EXIT_OK)
        status = sr_places_take("output", options->output);
    if (status == SR_EXIT_OK)
        status = check_options(own.kind, own.sweep);
    if (status == SR_EXIT_OK)
        status = read_proved();
    return status == SR_EXIT_OK ? draw(options->arguments + 1, options->output) : status;
}

/* clang-format off */
const SrCommand sr_command_plot = {
    .name = "plot",
    .question = "show me",
    .arguments = "KIND FILE…",
    .summary =
        "Draws a figure from a trace or from the result of a sweep, with jq and gnuplot, "
        "which are\n"
        "to be installed.\n\n"
        "Kinds, of a trace:\n"
        "  timeline   every node over virtual time: states, messages, steps, faults, broken\n"
        "             checks; with --proved, of the run that 'advise --exact --scenario' wrote,\n"
        "             the way that takes longest\n"
        "  phases     how each client's time splits into token, connect, key, create, wait,\n"
        "             lookup, derive, join\n"
        "  clocks     every node's clock against true time, token lifetimes, refusals\n"
        "  keys       life of each key in the store: made, won, looked up, discarded, missed\n"
        "of a trace or a sweep:\n"
        "  ecdf       time to collaborate, winners against rejected, of one or several traces, or\n"
        "             at each point of a sweep\n"
        "  window     who raced: start offset against outcome\n"
        "of a sweep:\n"
        "  harm       editors locked out against a varied key, logarithmic, a curve a reason\n"
        "  curve      any share or measure against a varied key\n"
        "  histogram  how a measure is spread at each point, such as orphan-kept or key-need\n"
        "  heatmap    share of failures over two varied keys\n"
        "  retention  shares of runs that fail and that lock an editor out, against\n"
        "             encryption-provider.retention = for(D)\n"
        "  leeway     share of refusals against token-provider.clock-offset and server.leeway\n"
        "  bounds     what runs show of a span, beside what 'advise --exact' proves (--proved)\n"
        "of two sweeps:\n"
        "  compare    a share at the points of both, and its difference",
    .description =
        "Without -o the figure goes to standard output.\n\n"
        "Exit status:\n"
        "  0  drawn\n"
        "  2  the command line or a file is malformed, or a sweep does not vary what the figure\n"
        "     needs: nothing was drawn\n"
        "  3  a file could not be read or written, or a program is missing, failed or\n"
        "     did not end in time\n\n"
        "Examples:\n"
        "  session-race run --trace two.ndjson two.ini\n"
        "  session-race plot timeline two.ndjson -o two.svg\n"
        "  session-race sweep -o result.ndjson study.ini\n"
        "  session-race plot retention --advised 480ms result.ndjson -o retention.svg\n"
        "  session-race plot harm --x network.latency result.ndjson -o harm.svg\n"
        "  session-race plot histogram --of key-need result.ndjson -o need.svg\n"
        "  session-race plot compare before.ndjson after.ndjson -o change.svg\n",
    .options = SR_OPTION_OUTPUT,
    .words = formats,
    .word = &format,
    .own = own_options,
    .run = plot,
};
/* clang-format on */

/* `diagram`: the messages of a trace as a sequence diagram, or as a page that steps through them. */
#include "cli-private.h"

#include <string.h>

#include "report/diagram.h"
#include "report/html.h"
#include "report/player.h"

#define STEP_MAX 7

/* The options of this verb alone. */
static struct {
    SrDiagramOptions drawn;
    char **nodes; /* (nullable) */
    gboolean dark;
} own;

/* ---- options ---- */

/* Those of the diagram, then a page. */
static const char *const words[] = { "svg", "mermaid", "text", "perfetto", "html", NULL };
#define FORMAT_HTML SR_DIAGRAM_FORMAT_N
static int format = -1; /* none was given */
static const char *const endings[] = { ".svg", ".mmd", ".txt", ".json", ".html" };
G_STATIC_ASSERT(G_N_ELEMENTS(words) == FORMAT_HTML + 2);
G_STATIC_ASSERT(G_N_ELEMENTS(endings) == FORMAT_HTML + 1);

/* `A..B`; either may be left out. */
static gboolean
on_between(const char *option, const char *value, void *data, GError **error)
{
    const char *dots = strstr(value, ".."), *last = dots != NULL ? dots + 2 : NULL;
    SrSpan from = 0, to = 0;

    (void) data;
    if (dots == NULL ||
        (dots > value &&
         sr_span_parse(value, (size_t) (dots - value), &from) != SR_NUMBER_OK) ||
        (*last != '\0' &&
         (sr_span_parse(last, strlen(last), &to) != SR_NUMBER_OK || to == 0 || to < from)))
        return sr_option_refuse(error, option, value, "a span of time, such as 40ms..1.5s");
    own.drawn.from = from;
    own.drawn.to = to;
    return TRUE;
}

static gboolean
on_step(const char *option, const char *value, void *data, GError **error)
{
    (void) data;
    if (value[0] < '0' || value[0] > '0' + STEP_MAX || value[1] != '\0')
        return sr_option_refuse(error, option, value,
                                "a step from 1 to 7, or 0 for what comes before them");
    own.drawn.steps |= UINT32_C(1) << (value[0] - '0');
    return TRUE;
}

/* clang-format off */
static const GOptionEntry own_options[] = {
    { "as", 0, 0, G_OPTION_ARG_CALLBACK, (void *) sr_option_on_word,
      "svg, mermaid, text, perfetto or html [by the ending of FILE, else text]", "FORMAT" },
    { "between", 0, 0, G_OPTION_ARG_CALLBACK, (void *) on_between,
      "Only what happens from A to B, such as 40ms..1.5s; A or B may be left out", "A..B" },
    { "node", 0, 0, G_OPTION_ARG_STRING_ARRAY, &own.nodes,
      "Only messages from or to this node; may be repeated", "NAME" },
    { "step", 0, 0, G_OPTION_ARG_CALLBACK, (void *) on_step,
      "Only step N of the handshake, 1 to 7, or 0 for what comes before; may be repeated", "N" },
    { "dark", 0, 0, G_OPTION_ARG_NONE, &own.dark, "Draw the SVG on dark paper", NULL },
    G_OPTION_ENTRY_NULL
};
/* clang-format on */

/* ---- the trace ---- */

/* Returns: (element-type utf8): the names of all nodes, ended by NULL */
static GPtrArray *
list_nodes(const SrTrace *trace)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);

    for (uint32_t node = 0; node < trace->names.n_nodes; node++)
        g_ptr_array_add(names, sr_names_node(&trace->names, node));
    g_ptr_array_add(names, NULL);
    return names;
}

/* Sets @nodes to those that --node names. Returns: an exit status */
static int
find_nodes(const SrTrace *trace, uint32_t *nodes)
{
    g_autoptr(GPtrArray) names = own.nodes != NULL ? list_nodes(trace) : NULL;

    for (size_t i = 0; i < sr_options_count(own.nodes); i++) {
        const char *name = own.nodes[i];
        uint32_t node = 0;

        while (node < trace->names.n_nodes && strcmp(g_ptr_array_index(names, node), name) != 0)
            node++;
        nodes[i] = node;
        if (node == trace->names.n_nodes)
            return sr_unknown_word_error(name, (const char *const *) names->pdata, "",
                                         "--node %s: the trace has no such node", name);
    }
    return SR_EXIT_OK;
}

/* ---- the verb ---- */

/* Returns: the format for the ending of @path; text if it has none; -1 if the ending is unknown */
static int
format_of(const char *path)
{
    g_autofree char *name = path != NULL ? g_path_get_basename(path) : g_strdup("");

    for (int i = 0; i <= FORMAT_HTML; i++)
        if (g_str_has_suffix(name, endings[i]))
            return i;
    return strchr(name, '.') == NULL ? SR_DIAGRAM_TEXT : -1;
}

/* A page of one trace: its run to step through, and its diagram. */
static void
write_page(const SrTrace *trace, const char *path, GString *text)
{
    g_autoptr(SrHtml) html = sr_html_new("session-race " SR_VERSION, 1);
    SrReportCase *report_case = sr_report_case_new_recorded(path, trace);
    g_autoptr(GString) player = NULL;
    g_autoptr(GPtrArray) sheets = NULL;
    SrHtmlFigure figure = { .id = "diagram",
                            .heading = "Sequence of messages",
                            .own_size = true };

    own.drawn.format = SR_DIAGRAM_SVG;
    own.drawn.dark = false; /* the page recolours what is drawn light */
    figure.sheets = sheets = sr_diagram_sheets(trace, &own.drawn);
    if (trace->n_records > 0 && trace->n_records <= SR_PLAYER_EVENTS_MAX) {
        player = g_string_new(NULL);
        sr_player_write(trace, trace->scenario, player);
    }
    sr_html_add(html, report_case, NULL, &figure, 1, player);
    sr_html_end(html, text);
    sr_report_case_free(report_case);
}

static int
diagram(const SrOptions *options)
{
    g_autofree uint32_t *nodes = g_new0(uint32_t, sr_options_count(own.nodes) + 1);
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(SrTrace) trace = NULL;
    int status;

    if (sr_options_count(options->arguments) != 1)
        return sr_usage_error("one trace is needed");
    sr_places_read_all(options->arguments);
    status = sr_places_take("output", options->output);
    if (status != SR_EXIT_OK)
        return status;
    if (format < 0)
        format = format_of(options->output);
    if (format < 0)
        return sr_usage_error("--output %s: neither its ending nor --as says svg, mermaid "
                              "(.mmd), text (.txt), perfetto (.json) or html",
                              options->output);
    trace = sr_load_trace_to_draw(options->arguments[0], &status);
    if (trace == NULL)
        return status;
    status = find_nodes(trace, nodes);
    if (status != SR_EXIT_OK)
        return status;
    own.drawn.nodes = nodes;
    own.drawn.n_nodes = sr_options_count(own.nodes);
    own.drawn.dark = own.dark;
    if (format == FORMAT_HTML) {
        write_page(trace, options->arguments[0], text);
    } else {
        own.drawn.format = (SrDiagramFormat) format;
        sr_diagram_write(trace, &own.drawn, text);
    }
    return sr_output_text(options->output, text->str, text->len);
}

/* clang-format off */
const SrCommand sr_command_diagram = {
    .name = "diagram",
    .question = "show me the messages",
    .arguments = "TRACE",
    .summary =
        "Draws the messages of a trace as a sequence diagram. TRACE is a file or - for\n"
        "standard input.\n\n"
        "Formats:\n"
        "  svg       a picture\n"
        "  mermaid   text that GitHub and others render\n"
        "  text      for a terminal of 80 columns\n"
        "  perfetto  Chrome's trace JSON, for ui.perfetto.dev: every client has a track\n"
        "  html      a page that steps through the run, with the diagram below it",
    .description =
        "Twelve clients and more are folded into groups that did the same; those named by\n"
        "--node stay apart. Endings of FILE: .svg, .mmd, .txt, .json, .html.\n\n"
        "Exit status:\n"
        "  0  drawn\n"
        "  2  the command line or the trace is malformed: nothing was drawn\n"
        "  3  a file could not be read or written\n\n"
        "Examples:\n"
        "  session-race diagram two.ndjson\n"
        "  session-race diagram two.ndjson --node bob --step 6 --step 7 -o bob.svg\n",
    .options = SR_OPTION_OUTPUT,
    .words = words,
    .word = &format,
    .own = own_options,
    .run = diagram,
};
/* clang-format on */

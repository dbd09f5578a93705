/* `diagram`: the messages of a trace as a sequence diagram. */
#include "cli-private.h"

#include <string.h>

#include "report/diagram.h"

#define STEP_MAX 7

/* The options of this verb alone. */
typedef struct {
    bool has_format;
    SrDiagramFormat format;
    SrTime from, to;
    char **nodes; /* (nullable) */
    uint32_t steps;
    gboolean dark;
} DiagramOwn;

static DiagramOwn own;

/* ---- options ---- */

static const struct {
    const char *word, *ending;
    SrDiagramFormat format;
} formats[] = {
    { "svg", ".svg", SR_DIAGRAM_SVG },
    { "mermaid", ".mmd", SR_DIAGRAM_MERMAID },
    { "text", ".txt", SR_DIAGRAM_TEXT },
    { "perfetto", ".json", SR_DIAGRAM_PERFETTO },
};

static gboolean
on_format(const char *option, const char *value, void *data, GError **error)
{
    (void) data;
    for (size_t i = 0; i < G_N_ELEMENTS(formats); i++) {
        if (strcmp(value, formats[i].word) == 0) {
            own.format = formats[i].format;
            own.has_format = true;
            return TRUE;
        }
    }
    g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                "%s: '%s' is not one of svg, mermaid, text, perfetto", option, value);
    return FALSE;
}

/* `A..B`; either may be left out. */
static gboolean
on_between(const char *option, const char *value, void *data, GError **error)
{
    const char *dots = strstr(value, "..");
    SrSpan from = 0, to = 0;

    (void) data;
    if (dots != NULL) {
        const char *last = dots + 2;
        bool good = dots == value ||
                    sr_span_parse(value, (size_t) (dots - value), &from) == SR_NUMBER_OK;

        if (good && *last != '\0')
            good =
                sr_span_parse(last, strlen(last), &to) == SR_NUMBER_OK && to > 0 && to >= from;
        if (good) {
            own.from = from;
            own.to = to;
            return TRUE;
        }
    }
    g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                "%s: '%s' is not a span of time, such as 40ms..1.5s", option, value);
    return FALSE;
}

static gboolean
on_step(const char *option, const char *value, void *data, GError **error)
{
    (void) data;
    if (value[0] < '0' || value[0] > '0' + STEP_MAX || value[1] != '\0') {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "%s: '%s' is not a step from 1 to 7, or 0 for what comes before them",
                    option, value);
        return FALSE;
    }
    own.steps |= UINT32_C(1) << (value[0] - '0');
    return TRUE;
}

/* clang-format off */
static const GOptionEntry own_options[] = {
    { "as", 0, 0, G_OPTION_ARG_CALLBACK, (void *) on_format,
      "svg, mermaid, text or perfetto [by the ending of FILE, else text]", "FORMAT" },
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

const SrCommand sr_command_diagram = {
    .name = "diagram",
    .arguments = "TRACE",
    .summary = "Draws the messages of a trace as a sequence diagram. TRACE is a file or - for\n"
               "standard input.\n\n"
               "Formats:\n"
               "  svg       a picture\n"
               "  mermaid   text that GitHub and others render\n"
               "  text      for a terminal of 80 columns\n"
               "  perfetto  Chrome's trace JSON, for ui.perfetto.dev: every client has a track",
    .description =
        "More than twelve clients are folded into groups that did the same; those named by\n"
        "--node stay apart. Endings of FILE: .svg, .mmd, .txt, .json.\n\n"
        "Exit status:\n"
        "  0  drawn\n"
        "  2  the command line or the trace is malformed: nothing was drawn\n"
        "  3  a file could not be read or written\n\n"
        "Examples:\n"
        "  session-race diagram two.ndjson\n"
        "  session-race diagram two.ndjson --node bob --step 6 --step 7 -o bob.svg\n",
    .options = SR_OPTION_OUTPUT,
    .own = own_options,
};

/* ---- the trace ---- */

/* Returns: the node called @name, or SR_NODE_NONE */
static uint32_t
find_node(const SrTrace *trace, const char *name)
{
    for (uint32_t node = 0; node < trace->names.n_nodes; node++) {
        char text[SR_NODE_NAME_MAX];
        size_t length = trace->names.node(trace->names.data, node, text);

        if (length == strlen(name) && memcmp(text, name, length) == 0)
            return node;
    }
    return SR_NODE_NONE;
}

static int
refuse_node(const SrTrace *trace, const char *name)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    const char *meant;

    for (uint32_t node = 0; node < trace->names.n_nodes; node++) {
        char text[SR_NODE_NAME_MAX];
        size_t length = trace->names.node(trace->names.data, node, text);

        g_ptr_array_add(names, g_strndup(text, length));
    }
    g_ptr_array_add(names, NULL);
    meant = sr_options_suggest(name, (const char *const *) names->pdata);
    if (meant != NULL)
        return sr_usage_error(sr_command_diagram.name,
                              "--node %s: the trace has no such node; did you "
                              "mean '%s'?",
                              name, meant);
    return sr_usage_error(sr_command_diagram.name, "--node %s: the trace has no such node",
                          name);
}

static int
find_nodes(const SrTrace *trace, uint32_t *nodes)
{
    for (size_t i = 0; i < sr_options_count(own.nodes); i++) {
        nodes[i] = find_node(trace, own.nodes[i]);
        if (nodes[i] == SR_NODE_NONE)
            return refuse_node(trace, own.nodes[i]);
    }
    return SR_EXIT_OK;
}

/* ---- the verb ---- */

/* Finds the format for the ending of @path; text if it has none. Returns: false if the ending
 * is unknown */
static bool
find_format(const char *path, SrDiagramFormat *format)
{
    g_autofree char *name = path != NULL ? g_path_get_basename(path) : g_strdup("");

    for (size_t i = 0; i < G_N_ELEMENTS(formats); i++) {
        if (g_str_has_suffix(name, formats[i].ending)) {
            *format = formats[i].format;
            return true;
        }
    }
    *format = SR_DIAGRAM_TEXT;
    return strchr(name, '.') == NULL;
}

static int
draw(const SrTrace *trace, const char *output)
{
    g_autofree uint32_t *nodes = g_new0(uint32_t, sr_options_count(own.nodes) + 1);
    g_autoptr(GString) text = g_string_new(NULL);
    const SrDiagramOptions options = {
        .format = own.format,
        .dark = own.dark,
        .from = own.from,
        .to = own.to,
        .nodes = nodes,
        .n_nodes = sr_options_count(own.nodes),
        .steps = own.steps,
    };
    int status = find_nodes(trace, nodes);

    if (status != SR_EXIT_OK)
        return status;
    sr_diagram_write(trace, &options, text);
    return sr_output_text(output, text->str, text->len);
}

static int
diagram(const SrOptions *options)
{
    g_autoptr(SrTrace) trace = NULL;
    SrTraceFault fault = { 0 };
    int status;

    if (sr_options_count(options->arguments) != 1)
        return sr_usage_error(sr_command_diagram.name, "one trace is needed");
    sr_places_read_all(options->arguments);
    status = sr_places_take(sr_command_diagram.name, "output", options->output);
    if (status != SR_EXIT_OK)
        return status;
    if (!own.has_format && !find_format(options->output, &own.format))
        return sr_usage_error(sr_command_diagram.name,
                              "--output %s: neither its ending nor --as says svg, mermaid "
                              "(.mmd), text (.txt) or perfetto (.json)",
                              options->output);
    trace = sr_trace_load(options->arguments[0], &fault);
    if (trace == NULL)
        return sr_refuse_trace(options->arguments[0], &fault);
    return draw(trace, options->output);
}

int
sr_verb_diagram(int argc, char **argv)
{
    g_auto(SrOptions) options = { 0 };
    int status;

    own = (DiagramOwn){ 0 };
    if (sr_options_parse(&sr_command_diagram, argc, argv, &options, &status))
        status = diagram(&options);
    g_strfreev(own.nodes);
    own.nodes = NULL;
    return status;
}

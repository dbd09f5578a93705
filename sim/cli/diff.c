/* `diff`: what is the first difference of two traces? */
#include "cli-private.h"

#include <string.h>

#include "report/trace-diff.h"

static unsigned context = 5;

static gboolean
on_context(const char *option, const char *value, void *data, GError **error)
{
    g_autofree char *what =
        g_strdup_printf("a whole number from 0 to %d", SR_TRACE_DIFF_CONTEXT_MAX);
    guint64 number;

    (void) data;
    if (!g_ascii_string_to_unsigned(value, 10, 0, SR_TRACE_DIFF_CONTEXT_MAX, &number, NULL))
        return sr_option_refuse(error, option, value, what);
    context = (unsigned) number;
    return TRUE;
}

/* clang-format off */
static const GOptionEntry own_options[] = {
    { "context", 0, 0, G_OPTION_ARG_CALLBACK, (void *) on_context,
      "Show the last N events that both have, of the nodes concerned [5]", "N" },
    G_OPTION_ENTRY_NULL
};
/* clang-format on */

static int
diff(const SrOptions *options)
{
    g_autoptr(SrTrace) a = NULL;
    g_autoptr(SrTrace) b = NULL;
    g_autoptr(GString) out = g_string_new(NULL);
    SrStyle style = sr_options_style(options, options->output);
    char **files = options->arguments;
    SrTraceFault fault = { 0 };
    SrTraceDiff found;
    int status;

    sr_places_read_all(files);
    status = sr_places_take("output", options->output);
    if (status != SR_EXIT_OK)
        return status;
    if (sr_options_count(files) != 2)
        return sr_usage_error("two traces are needed");
    if (strcmp(files[0], "-") == 0 && strcmp(files[1], "-") == 0)
        return sr_usage_error("standard input can be read once");
    a = sr_trace_load_log((const char *const *) files, 1, false, &fault);
    if (a == NULL)
        return sr_refuse_trace(files[0], &fault);
    b = sr_trace_load_log((const char *const *) files + 1, 1, false, &fault);
    if (b == NULL)
        return sr_refuse_trace(files[1], &fault);
    found = sr_trace_diff(a, b);
    if (options->format == SR_REPORT_JSON)
        sr_trace_diff_json(&found, context, "session-race " SR_VERSION, out);
    else if (!options->quiet)
        sr_trace_diff_human(&found, context, &style, out);
    if (out->len > 0)
        status = sr_output_text(options->output, out->str, out->len);
    return status == SR_EXIT_OK && !found.equal ? SR_EXIT_UNEXPECTED : status;
}

/* clang-format off */
const SrCommand sr_command_diff = {
    .name = "diff",
    .question = "where do two traces part?",
    .arguments = "TRACE TRACE",
    .summary =
        "Finds the first event in which two traces part, and shows what led to it. TRACE is a\n"
        "file, or - for standard input.",
    .description =
        "Exit status:\n"
        "  0  the traces are equal\n"
        "  1  they are not\n"
        "  2  the command line or a trace is malformed\n"
        "  3  a file could not be read or written\n\n"
        "Example:\n"
        "  session-race diff before.ndjson after.ndjson\n",
    .options = SR_OPTION_FORMAT | SR_OPTION_OUTPUT | SR_OPTION_QUIET | SR_OPTION_COLOR,
    .formats = 1u << SR_REPORT_HUMAN | 1u << SR_REPORT_JSON,
    .own = own_options,
    .run = diff,
};
/* clang-format on */

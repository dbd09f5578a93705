/* `check`: is this file well formed? Every error of every file, or the resolved scenario as
 * JSON. */
#include "cli-private.h"

#include <string.h>

#include "base/escape.h"
#include "base/whole-file.h"

const SrCommand sr_command_check = {
    .name = "check",
    .arguments = "SCENARIO…",
    .summary =
        "Reads scenarios and says what is wrong in them: file, line, column and what was\n"
        "probably meant. SCENARIO is a file, a folder (all *.ini below it) or - for\n"
        "standard input.",
    .description =
        "With --json the resolved scenario is printed, defaults included: an object for one\n"
        "file, a list for several or for a folder; nothing if a file is malformed.\n\n"
        "With --format github (the default when GITHUB_ACTIONS=true) every error is an\n"
        "annotation as well.\n\n"
        "Exit status:\n"
        "  0  all files are well formed\n"
        "  2  a file or the command line is malformed\n"
        "  3  a file could not be read, or the output not be written\n\n"
        "Example:\n"
        "  session-race check scenarios/\n",
    .options =
        SR_OPTION_SET | SR_OPTION_FORMAT | SR_OPTION_JSON | SR_OPTION_OUTPUT | SR_OPTION_QUIET,
    .formats = 1u << SR_REPORT_HUMAN | 1u << SR_REPORT_GITHUB,
};

static void
append_property(GString *out, const char *name, const char *text)
{
    g_autoptr(GString) plain = g_string_new(NULL);

    sr_escape_terminal(plain, text, strlen(text));
    g_string_append(out, name);
    sr_escape_github(out, plain->str, plain->len, TRUE);
}

static void
append_annotation(GString *out, const SrDiagnostic *diagnostic)
{
    g_autoptr(GString) message = g_string_new(NULL);

    g_string_append(out, "::error ");
    append_property(out, "file=", diagnostic->path);
    if (diagnostic->line != 0)
        g_string_append_printf(out, ",line=%u", diagnostic->line);
    if (diagnostic->column != 0)
        g_string_append_printf(out, ",col=%u", diagnostic->column);
    g_string_append(out, "::");
    sr_escape_terminal(message, diagnostic->message, strlen(diagnostic->message));
    if (diagnostic->note != NULL) {
        g_string_append(message, "; ");
        sr_escape_terminal(message, diagnostic->note, strlen(diagnostic->note));
    }
    sr_escape_github(out, message->str, message->len, FALSE);
    g_string_append_c(out, '\n');
}

static void
append_json(GString *out, const GPtrArray *scenarios, bool list)
{
    if (list)
        g_string_append(out, "[\n");
    for (guint i = 0; i < scenarios->len; i++) {
        g_autofree char *json =
            sr_scenario_resolved_json(g_ptr_array_index(scenarios, i), true);
        size_t length = strlen(json);
        /* The JSON ends with a line feed; in a list a comma must come before it. */
        while (length > 0 && json[length - 1] == '\n')
            length--;
        g_string_append_len(out, json, (gssize) length);
        g_string_append(out, i + 1 < scenarios->len ? ",\n" : "\n");
    }
    if (list)
        g_string_append(out, "]\n");
}

int
sr_verb_check(int argc, char **argv)
{
    g_auto(SrOptions) options = { 0 };
    g_auto(SrRunFiles) files = { 0 };
    g_autoptr(GPtrArray) scenarios =
        g_ptr_array_new_with_free_func((GDestroyNotify) sr_scenario_free);
    g_autoptr(GPtrArray) diagnostics =
        g_ptr_array_new_with_free_func((GDestroyNotify) sr_diagnostics_free);
    g_autoptr(GString) out = g_string_new(NULL);
    int status;

    if (!sr_options_parse(&sr_command_check, argc, argv, &options, &status))
        return status;
    if (!options.has_format && sr_options_on_github() && options.output == NULL)
        options.format = SR_REPORT_GITHUB;
    status = sr_run_files_collect(sr_command_check.name, options.arguments, &files);
    if (status != SR_EXIT_OK)
        return status;

    int loaded = sr_run_files_load(&files, options.overrides, scenarios, diagnostics);
    status = sr_places_take(sr_command_check.name, "output", options.output);
    if (status != SR_EXIT_OK)
        return status;
    if (options.json && loaded == SR_EXIT_OK)
        append_json(out, scenarios, files.folder || files.files->len > 1);
    for (guint i = 0; i < files.files->len; i++) {
        const SrRunFile *file = g_ptr_array_index(files.files, i);
        const SrDiagnostics *found = g_ptr_array_index(diagnostics, i);
        if (g_ptr_array_index(scenarios, i) != NULL && !options.json && !options.quiet) {
            const char *name = sr_whole_file_name(file->path);

            sr_escape_terminal(out, name, strlen(name));
            g_string_append(out, ": ok\n");
        }
        for (guint j = 0;
             options.format == SR_REPORT_GITHUB && !options.json && j < found->list->len; j++)
            append_annotation(out, g_ptr_array_index(found->list, j));
    }
    /* If there is nothing to print, no output is opened, so that an existing file keeps its
     * content. */
    if (out->len == 0 && options.output == NULL)
        return loaded;
    if (options.json && loaded != SR_EXIT_OK)
        return loaded;
    status = sr_output_text(options.output, out->str, out->len);
    return status != SR_EXIT_OK ? status : loaded;
}

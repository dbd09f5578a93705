/* `check`: is this file well formed? Every error of every file, or the resolved scenario as
 * JSON. */
#include "cli-private.h"

#include "base/whole-file.h"

static void
append_annotation(GString *out, const SrDiagnostic *diagnostic)
{
    g_autoptr(GString) path = g_string_new(NULL), place = g_string_new(NULL),
                       message = g_string_new(NULL);

    sr_put_plain(path, "%s", diagnostic->path);
    if (diagnostic->line != 0)
        sr_put_plain(place, ",line=%u", diagnostic->line);
    if (diagnostic->column != 0)
        sr_put_plain(place, ",col=%u", diagnostic->column);
    sr_put_plain(message, "%s", diagnostic->message);
    if (diagnostic->note != NULL)
        sr_put_plain(message, "; %s", diagnostic->note);
    sr_put_annotation(out, path->str, place->str, NULL, message->str);
}

static void
append_json(GString *out, const SrRunFiles *files)
{
    bool list = files->folder || files->files->len > 1;

    if (list)
        g_string_append(out, "[\n");
    for (guint i = 0; i < files->files->len; i++) {
        const SrRunFile *file = g_ptr_array_index(files->files, i);
        g_autofree char *json = g_strchomp(sr_scenario_resolved_json(file->scenario, true));

        /* In a list a comma must come before the line feed. */
        g_string_append_printf(out, "%s%s\n", json, i + 1 < files->files->len ? "," : "");
    }
    if (list)
        g_string_append(out, "]\n");
}

static int
check(const SrOptions *options)
{
    g_auto(SrRunFiles) files = { 0 };
    g_autoptr(GString) out = g_string_new(NULL);
    int loaded, status = sr_run_files_collect(options->arguments, &files);

    if (status != SR_EXIT_OK)
        return status;
    loaded = sr_run_files_load(&files, options->overrides);
    status = sr_places_take("output", options->output);
    if (status != SR_EXIT_OK)
        return status;
    if (options->json && loaded == SR_EXIT_OK)
        append_json(out, &files);
    for (guint i = 0; i < files.files->len && !options->json; i++) {
        const SrRunFile *file = g_ptr_array_index(files.files, i);
        const GPtrArray *found = file->diagnostics->list;

        if (file->scenario != NULL && !options->quiet) {
            sr_text_plain(out, sr_whole_file_name(file->path));
            g_string_append(out, ": ok\n");
        }
        for (guint j = 0; options->format == SR_REPORT_GITHUB && j < found->len; j++)
            append_annotation(out, g_ptr_array_index(found, j));
    }
    /* If there is nothing to print, no output is opened, so that an existing file keeps its
     * content. */
    if ((out->len == 0 && options->output == NULL) || (options->json && loaded != SR_EXIT_OK))
        return loaded;
    status = sr_output_text(options->output, out->str, out->len);
    return status != SR_EXIT_OK ? status : loaded;
}

/* clang-format off */
const SrCommand sr_command_check = {
    .name = "check",
    .question = "is this file well formed?",
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
    .run = check,
};
/* clang-format on */

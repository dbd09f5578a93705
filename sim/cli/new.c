/* `new`: a commented scenario to start from. It never replaces a file. */
#include "cli-private.h"

#include <string.h>

#include "base/escape.h"
#include "scenario/keys.h"

#define NAME_MAX_BYTES 64u
#define PROVIDER "provider.js"

/* The option of this verb alone: what to start from. */
#define WORD(name, word, ...) word,
static const char *const words[] = { SR_SCENARIO_STARTS(WORD) NULL };
static int from = SR_SCENARIO_START_RACE;

/* clang-format off */
static const GOptionEntry own_options[] = {
    { "from", 0, 0, G_OPTION_ARG_CALLBACK, (void *) sr_option_on_word,
      "What to start from, of the list below [race]", "WHAT" },
    G_OPTION_ENTRY_NULL
};
/* clang-format on */

/* A scenario's name follows the rule for nodes, `[A-Za-z0-9._-]{1,64}`, and must not look like
 * an option. */
static bool
is_name(const char *name)
{
    size_t length = strlen(name);

    return length > 0 && length <= NAME_MAX_BYTES && name[0] != '-' && name[0] != '.' &&
           strspn(name, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "._-") == length;
}

static int
write_new(const char *path, const char *text)
{
    g_autoptr(GError) error = NULL;
    SrOutput *output = sr_output_open(path, SR_OUTPUT_KEEP, &error);
    bool written = output != NULL && sr_output_write(output, text, strlen(text), &error);

    if (sr_output_finish(output, written, &error))
        return SR_EXIT_OK;
    if (g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_EXIST))
        return sr_usage_error("%s exists already and is kept", sr_output_name(path));
    return sr_file_error(sr_output_name(path), error->message);
}

/* Says what was written, and what to do with it. @provider: (nullable) */
static int
print_next(const char *path, const char *provider)
{
    g_autoptr(GString) text = g_string_new(NULL);

    g_string_append(text, "Wrote ");
    sr_text_plain(text, path);
    if (provider != NULL) {
        g_autofree char *command = NULL;
        g_autoptr(GString) quoted = g_string_new("session-race-node ");

        g_string_append(text, " and ");
        sr_text_plain(text, provider);
        sr_escape_shell(quoted, provider, strlen(provider));
        command = g_strdup(quoted->str);
        g_string_append(text, ". Next: session-race run --provider ");
        sr_escape_shell(text, command, strlen(command));
        g_string_append(text, path[0] == '-' ? " -- " : " ");
    } else {
        g_string_append(text, path[0] == '-' ? ". Next: session-race run -- "
                                             : ". Next: session-race run ");
    }
    sr_escape_shell(text, path, strlen(path));
    g_string_append_c(text, '\n');
    return sr_output_text(NULL, text->str, text->len);
}

static int
new_scenario(const SrOptions *options)
{
    if (sr_options_count(options->arguments) != 1)
        return sr_usage_error("one name is needed, as in 'session-race new two'");

    const char *given = options->arguments[0];
    g_autofree char *stem = g_str_has_suffix(given, ".ini")
                                ? g_strndup(given, strlen(given) - strlen(".ini"))
                                : g_strdup(given);
    const char *slash = strrchr(stem, '/'), *name = slash != NULL ? slash + 1 : stem;
    g_autofree char *path =
        options->output != NULL ? g_strdup(options->output) : g_strdup_printf("%s.ini", stem);
    g_autofree char *folder = g_path_get_dirname(path);
    g_autofree char *provider = NULL;
    g_autofree char *text = NULL;
    int status;

    if (!is_name(name))
        return sr_usage_error(
            "'%s' is not a name: letters, digits, '.', '_' and '-', at most 64", name);
    text = sr_scenario_new_text((SrScenarioStart) from, name);
    if (from == SR_SCENARIO_START_PROVIDER && sr_output_is_stdout(path))
        return sr_usage_error("--from provider writes two files, and cannot go to standard "
                              "output");
    if (from == SR_SCENARIO_START_PROVIDER)
        provider = strcmp(folder, ".") == 0 ? g_strdup(PROVIDER)
                                            : g_build_filename(folder, PROVIDER, NULL);
    /* Neither is written where one of them is there. */
    if (provider != NULL && g_file_test(path, G_FILE_TEST_EXISTS))
        return sr_usage_error("%s exists already and is kept", path);
    status = provider != NULL ? write_new(provider, sr_scenario_new_provider) : SR_EXIT_OK;
    if (status == SR_EXIT_OK)
        status = write_new(path, text);
    if (status != SR_EXIT_OK || options->quiet || sr_output_is_stdout(path))
        return status;
    return print_next(path, provider);
}

#define LINE(name, word, blanks, meaning) "  " word blanks "  " meaning "\n"
/* clang-format off */
const SrCommand sr_command_new = {
    .name = "new",
    .question = "give me a start",
    .arguments = "NAME",
    .summary =
        "Writes NAME.ini, a commented scenario to start from. NAME may contain a folder;\n"
        "an existing file is kept.",
    .description =
        "With -o FILE it is written to FILE, with -o - to standard output. --from provider also\n"
        "writes a " PROVIDER " beside it: an encryption provider of your own to begin with.\n\n"
        "--from:\n"
        SR_SCENARIO_STARTS(LINE)
        "\n"
        "Exit status:\n"
        "  0  written\n"
        "  2  the name is not valid, or the file exists already\n"
        "  3  the file could not be written\n\n"
        "Examples:\n"
        "  session-race new two && session-race run two.ini\n"
        "  session-race new --from retention lost && session-race run lost.ini\n",
    .words = words,
    .word = &from,
    .own = own_options,
    .options = SR_OPTION_OUTPUT | SR_OPTION_QUIET,
    .run = new_scenario,
};
/* clang-format on */

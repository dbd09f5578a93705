/* The options of the command line. A verb lists those that it has. Each option is read in one
 * place, so it means the same for every verb. */
#include "options-private.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define JOBS_MAX 1024u

/* What the callbacks of GLib's parser write to. */
typedef struct {
    const SrCommand *command;
    SrOptions *options;
} Reading;

gboolean
sr_option_refuse(GError **error, const char *option, const char *value, const char *what)
{
    g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s: '%s' is not %s", option,
                value, what);
    return FALSE;
}

int
sr_option_word(const char *const *words, const char *option, const char *value, GError **error)
{
    g_autofree char *known = NULL;

    for (int i = 0; words[i] != NULL; i++)
        if (strcmp(value, words[i]) == 0)
            return i;
    known = g_strjoinv(", ", (char **) (uintptr_t) words);
    g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s: '%s' is not one of %s",
                option, value, known);
    return -1;
}

gboolean
sr_option_on_word(const char *option, const char *value, void *data, GError **error)
{
    const SrCommand *command = ((Reading *) data)->command;
    int found = sr_option_word(command->words, option, value, error);

    if (found >= 0)
        *command->word = found;
    return found >= 0;
}

/* Decimal, or hexadecimal after `0x`, without sign and blanks. */
static bool
read_number(const char *text, uint64_t *number)
{
    bool hexadecimal = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');

    return g_ascii_string_to_unsigned(text + (hexadecimal ? 2 : 0), hexadecimal ? 16 : 10, 0,
                                      UINT64_MAX, number, NULL);
}

static gboolean
on_seed(const char *option, const char *value, void *data, GError **error)
{
    Reading *reading = data;

    if (!read_number(value, &reading->options->seed))
        return sr_option_refuse(error, option, value,
                                "a whole number from 0 to 2^64-1, decimal or behind 0x");
    reading->options->has_seed = true;
    return TRUE;
}

static gboolean
on_jobs(const char *option, const char *value, void *data, GError **error)
{
    Reading *reading = data;
    uint64_t jobs;

    if (!read_number(value, &jobs) || jobs < 1 || jobs > JOBS_MAX)
        return sr_option_refuse(error, option, value, "a whole number from 1 to 1024");
    reading->options->jobs = (unsigned) jobs;
    return TRUE;
}

/* The words of --format, ended by NULL, and what they stand for. */
typedef struct {
    const char *words[SR_REPORT_FORMAT_N + 1];
    SrReportFormat formats[SR_REPORT_FORMAT_N];
} FormatWords;

static FormatWords
format_words(const SrCommand *command)
{
    FormatWords list = { 0 };
    unsigned n = 0;

    for (unsigned i = 0; i < SR_REPORT_FORMAT_N; i++)
        if (command->formats & (1u << i)) {
            list.words[n] = sr_report_format_name((SrReportFormat) i);
            list.formats[n++] = (SrReportFormat) i;
        }
    return list;
}

static gboolean
on_format(const char *option, const char *value, void *data, GError **error)
{
    Reading *reading = data;
    const FormatWords list = format_words(reading->command);
    int found = sr_option_word(list.words, option, value, error);

    if (found < 0)
        return FALSE;
    reading->options->format = list.formats[found];
    reading->options->has_format = true;
    return TRUE;
}

static gboolean
on_deadline(const char *option, const char *value, void *data, GError **error)
{
    SrSpan *deadline = &((Reading *) data)->options->provider_deadline;

    if (sr_span_parse(value, strlen(value), deadline) != SR_NUMBER_OK || *deadline == 0)
        return sr_option_refuse(error, option, value, "a duration such as 5s");
    return TRUE;
}

static const char *const color_words[] = { "auto", "always", "never", NULL };

static gboolean
on_color(const char *option, const char *value, void *data, GError **error)
{
    int found = sr_option_word(color_words, option, value, error);

    ((Reading *) data)->options->color = (SrColor) MAX(found, 0);
    return found >= 0;
}

/* clang-format off */
#define STORED(member) G_STRUCT_OFFSET(SrOptions, member)
const SrCommonOption sr_common_options[SR_COMMON_OPTIONS_N] = {
    { SR_OPTION_SEED, false, 0, { "seed", 's', 0, G_OPTION_ARG_CALLBACK, (void *) on_seed,
      "Play under this seed instead of the file's", "N" } },
    { SR_OPTION_SET, true, STORED(overrides), { "set", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, NULL,
      "Give a key another value than the file does; may be repeated", "GROUP.KEY=VALUE" } },
    { SR_OPTION_TRACE, false, STORED(trace), { "trace", 't', 0, G_OPTION_ARG_FILENAME, NULL,
      "Write the trace of that scenario", "FILE" } },
    { SR_OPTION_JOBS, false, 0, { "jobs", 'j', 0, G_OPTION_ARG_CALLBACK, (void *) on_jobs,
      "How many threads play [the processors there are]", "N" } },
    { SR_OPTION_FORMAT, false, 0, { "format", 'f', 0, G_OPTION_ARG_CALLBACK, (void *) on_format,
      NULL, "FORMAT" } },
    { SR_OPTION_JSON, true, STORED(json), { "json", 0, 0, G_OPTION_ARG_NONE, NULL,
      "Print the resolved scenario, defaults included, as JSON", NULL } },
    { SR_OPTION_MARKDOWN, true, STORED(markdown), { "markdown", 0, 0, G_OPTION_ARG_NONE, NULL,
      "Print the reference as Markdown tables", NULL } },
    { SR_OPTION_OUTPUT, false, STORED(output), { "output", 'o', 0, G_OPTION_ARG_FILENAME, NULL,
      "Write the results to FILE instead of standard output", "FILE" } },
    { SR_OPTION_QUIET, true, STORED(quiet), { "quiet", 'q', 0, G_OPTION_ARG_NONE, NULL,
      "Say nothing of what is as it should be", NULL } },
    { SR_OPTION_COLOR, false, 0, { "color", 0, 0, G_OPTION_ARG_CALLBACK, (void *) on_color,
      "auto, always or never [auto: on a terminal, unless NO_COLOR is set]", "WHEN" } },
    { SR_OPTION_PROVIDER, false, STORED(provider), { "provider", 0, 0, G_OPTION_ARG_STRING, NULL,
      "The program that is the encryption provider of 'kind = exec'", "COMMAND" } },
    { SR_OPTION_PROVIDER, false, STORED(signer), { "signer", 0, 0, G_OPTION_ARG_STRING, NULL,
      "The program that is the token provider of 'kind = exec'", "COMMAND" } },
    { SR_OPTION_PROVIDER, true, STORED(provider_env), { "provider-env", 0, 0, G_OPTION_ARG_STRING_ARRAY, NULL,
      "Hand them this variable too; may be repeated", "NAME" } },
    { SR_OPTION_PROVIDER, false, 0, { "provider-deadline", 0, 0, G_OPTION_ARG_CALLBACK, (void *) on_deadline,
      "Real time that they have for a turn [5s]; for their start, at least 10s", "D" } },
    { SR_OPTION_PROVIDER, false, STORED(provider_log), { "provider-log", 0, 0, G_OPTION_ARG_FILENAME, NULL,
      "Keep their standard error in FILE", "FILE" } },
};
const GOptionEntry sr_option_help = { "help", 'h', 0, G_OPTION_ARG_NONE, NULL, "Show this help", NULL };
/* clang-format on */

GOptionEntry
sr_common_entry(const SrCommand *command, const SrCommonOption *option)
{
    bool many = command->formats & (1u << SR_REPORT_TAP);
    GOptionEntry entry = option->entry;

    if (option->bit == SR_OPTION_TRACE && many)
        entry.description = "Write the trace; with several scenarios FILE is a folder";
    if (option->bit == SR_OPTION_FORMAT)
        entry.description = many ? "human, tap, junit, json or github [human]"
                            : command->formats & (1u << SR_REPORT_JSON)
                                ? "human or json [human]"
                                : "human or github [human]";
    return entry;
}

const char **
sr_option_choices(const SrCommand *command, const GOptionEntry *entry)
{
    const FormatWords formats = format_words(command);
    const char *const *words = NULL;
    const char **copy;
    guint n = 0;

    if (entry->arg == G_OPTION_ARG_CALLBACK)
        words = entry->arg_data == (void *) sr_option_on_word ? command->words
                : entry->arg_data == (void *) on_format       ? formats.words
                : entry->arg_data == (void *) on_color        ? color_words
                                                              : NULL;
    while (words != NULL && words[n] != NULL)
        n++;
    if (n == 0)
        return NULL;
    copy = g_new0(const char *, n + 1);
    memcpy(copy, words, n * sizeof *copy);
    return copy;
}

/* Adds the options of @command to @group. */
static void
add_entries(GOptionGroup *group, const SrCommand *command, SrOptions *options, gboolean *help)
{
    GOptionEntry common[] = { sr_option_help,
                              { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY,
                                &options->arguments, NULL, command->arguments },
                              G_OPTION_ENTRY_NULL };

    common[0].arg_data = help;
    for (size_t i = 0; i < SR_COMMON_OPTIONS_N; i++) {
        const SrCommonOption *option = &sr_common_options[i];
        GOptionEntry entries[] = { sr_common_entry(command, option), G_OPTION_ENTRY_NULL };

        if (option->place > 0)
            entries->arg_data = G_STRUCT_MEMBER_P(options, option->place);
        if (command->options & option->bit)
            g_option_group_add_entries(group, entries);
    }
    if (command->own != NULL)
        g_option_group_add_entries(group, command->own);
    g_option_group_add_entries(group, common);
}

/* ---- complaints ---- */

static int
complain(const SrCommand *command, const GError *error)
{
    static const char missing[] = "Missing argument for ";
    /* "Unknown option --sede=1": GLib gives the word only in the message. */
    const char *space = strrchr(error->message, ' ');

    if (g_error_matches(error, G_OPTION_ERROR, G_OPTION_ERROR_UNKNOWN_OPTION) &&
        space != NULL) {
        g_autofree char *word = g_strndup(space + 1, strcspn(space + 1, "="));

        return sr_options_refuse_unknown(command, word);
    }
    if (g_str_has_prefix(error->message, missing))
        return sr_usage_error("%s needs a value", error->message + strlen(missing));
    return sr_usage_error("%s", error->message);
}

/* An empty path is an error; in scripts it comes from an unset variable. */
static bool
has_places(const SrOptions *options, int *status)
{
    if (options->trace != NULL && *options->trace == '\0')
        *status = sr_usage_error("--trace: the name of the file is empty");
    else if (options->output != NULL && *options->output == '\0')
        *status = sr_usage_error("--output: the name of the file is empty");
    else if (options->arguments != NULL &&
             g_strv_contains((const char *const *) options->arguments, ""))
        *status = sr_usage_error("an argument is empty");
    else
        return true;
    return false;
}

/* Returns: the indent of further lines of a help text: that of its second column, if it has two
 */
static unsigned
hang_of(const char *line)
{
    const char *first = line + strspn(line, " "), *gap = strstr(first, "  ");
    const char *text = gap != NULL ? gap + strspn(gap, " ") : first;

    return (unsigned) g_utf8_pointer_to_offset(line, text);
}

/* Returns: whether @next goes on with the text of @line, a paragraph or an item of a list */
static bool
goes_on(const char *line, const char *next)
{
    size_t indent = strspn(line, " "), next_indent = strspn(next, " ");

    if (*line == '\0' || next[next_indent] == '\0')
        return false;
    return indent == 0 ? next_indent == 0 && !g_str_has_suffix(line, ":")
                       : next_indent > indent && next_indent == hang_of(line);
}

/* Returns: whether all of @lines fit into @columns */
static bool
all_fit(char *const *lines, unsigned columns)
{
    for (size_t i = 0; lines[i] != NULL; i++)
        if (g_utf8_strlen(lines[i], -1) > (glong) columns)
            return false;
    return true;
}

static int
print_help(GOptionContext *context, const SrOptions *options)
{
    g_autofree char *text = g_option_context_get_help(context, TRUE, NULL);
    /* GLib ends the description with a line feed. */
    g_auto(GStrv) lines = g_strsplit(g_strchomp(text), "\n", -1);
    g_autoptr(GString) out = g_string_new(NULL);
    SrStyle style = sr_options_style(options, NULL);
    bool fit = all_fit(lines, style.columns);

    for (size_t i = 0; lines[i] != NULL; i++) {
        gsize start = out->len;
        const char *first = lines[i];

        /* A text that was broken for a wider screen is put together before it is broken again. */
        g_string_append(out, first);
        while (!fit && lines[i + 1] != NULL && goes_on(first, lines[i + 1])) {
            i++;
            g_string_append_printf(out, " %s", g_strchug(lines[i]));
        }
        sr_style_end_line(&style, start, hang_of(first), out);
    }
    return sr_output_text(NULL, out->str, out->len);
}

bool
sr_options_parse(const SrCommand *command, int argc, char **argv, SrOptions *options,
                 int *status)
{
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_autoptr(GError) error = NULL;
    g_autofree char *program = g_strdup_printf("session-race %s", command->name);
    Reading reading = { command, options };
    GOptionGroup *group = g_option_group_new(command->name, "", "", &reading, NULL);
    gboolean help = FALSE;
    g_autofree char *complaint = NULL;
    g_auto(GStrv) arguments = sr_options_part(command, argc, argv, &complaint);

    *options = (SrOptions){ .jobs = MAX(g_get_num_processors(), 1), .format = SR_REPORT_HUMAN };
    g_set_prgname(program);
    add_entries(group, command, options, &help);
    g_option_context_set_main_group(context, group);
    g_option_context_set_help_enabled(context, FALSE);
    g_option_context_set_summary(context, command->summary);
    g_option_context_set_description(context, command->description);
    if (!g_option_context_parse_strv(context, &arguments, &error)) {
        *status = complain(command, error);
        return false;
    }
    if (complaint != NULL) {
        *status = sr_usage_error("%s", complaint);
        return false;
    }
    if (help) {
        *status = print_help(context, options);
        return false;
    }
    /* A GitHub runner reads what is printed. */
    if (command->formats & (1u << SR_REPORT_GITHUB) && !options->has_format &&
        options->output == NULL && g_strcmp0(g_getenv("GITHUB_ACTIONS"), "true") == 0)
        options->format = SR_REPORT_GITHUB;
    return has_places(options, status);
}

void
sr_options_clear(SrOptions *options)
{
    g_strfreev(options->arguments);
    g_strfreev(options->overrides);
    g_free(options->output);
    g_free(options->trace);
    g_free(options->provider);
    g_free(options->signer);
    g_strfreev(options->provider_env);
    g_free(options->provider_log);
    memset(options, 0, sizeof *options);
}

size_t
sr_options_count(char *const *list)
{
    return list != NULL ? g_strv_length((char **) (uintptr_t) list) : 0;
}

GPtrArray *
sr_options_overrides(const SrOptions *options)
{
    GPtrArray *overrides = g_ptr_array_new_with_free_func(g_free);

    for (size_t i = 0; i < sr_options_count(options->overrides); i++)
        g_ptr_array_add(overrides, g_strdup(options->overrides[i]));
    return overrides;
}

unsigned
sr_options_columns(const char *path, unsigned otherwise)
{
    struct winsize size;

    if (!sr_output_is_stdout(path) || !isatty(STDOUT_FILENO) ||
        ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return otherwise;
    return size.ws_col;
}

SrStyle
sr_options_style(const SrOptions *options, const char *path)
{
    const char *no_color = g_getenv("NO_COLOR"), *term = g_getenv("TERM");
    bool on_terminal = sr_output_is_stdout(path) && isatty(STDOUT_FILENO);
    SrStyle style = { .colour = options->color == SR_COLOR_ALWAYS,
                      /* not wider than is comfortable to read */
                      .columns =
                          MIN(sr_options_columns(path, SR_STYLE_COLUMNS), SR_STYLE_COLUMNS) };

    if (options->color == SR_COLOR_AUTO)
        style.colour = on_terminal && (no_color == NULL || *no_color == '\0') && term != NULL &&
                       strcmp(term, "dumb") != 0;
    return style;
}

bool
sr_options_bytes(const char *option, const char *text, uint64_t *bytes)
{
    static const struct {
        const char *unit;
        unsigned shift;
    } units[] = { { "KiB", 10 }, { "MiB", 20 }, { "GiB", 30 }, { "TiB", 40 } };
    char *end;
    guint64 number;

    if (text == NULL)
        return true;
    if (g_ascii_isdigit(*text)) {
        number = g_ascii_strtoull(text, &end, 10);
        for (size_t i = 0; i < G_N_ELEMENTS(units); i++)
            if (strcmp(end, units[i].unit) == 0 && number > 0 &&
                number <= (UINT64_C(1) << 50) >> units[i].shift) {
                *bytes = number << units[i].shift;
                return true;
            }
    }
    sr_usage_error("--%s: '%s' is not a size such as 512MiB", option, text);
    return false;
}

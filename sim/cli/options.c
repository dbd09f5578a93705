/* The options of the command line. A verb says which it has; each is read in one place, so it
 * means the same everywhere. */
#include "cli-private.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define JOBS_MAX 1024u

/* What a callback of GLib's parser may write to. */
typedef struct {
    const SrCommand *command;
    SrOptions *options;
} Reading;

static gboolean
refuse(GError **error, const char *option, const char *value, const char *what)
{
    g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s: '%s' is not %s", option,
                value, what);
    return FALSE;
}

/* Decimal, or hexadecimal behind `0x`; nothing else, no sign, no blanks. */
static bool
read_number(const char *text, uint64_t *number)
{
    bool hexadecimal = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    uint64_t base = hexadecimal ? 16 : 10, value = 0;

    if (hexadecimal)
        text += 2;
    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++) {
        int digit = hexadecimal ? g_ascii_xdigit_value(*text) : g_ascii_digit_value(*text);
        if (digit < 0 || __builtin_mul_overflow(value, base, &value) ||
            __builtin_add_overflow(value, (uint64_t) digit, &value))
            return false;
    }
    *number = value;
    return true;
}

static gboolean
on_seed(const char *option, const char *value, void *data, GError **error)
{
    Reading *reading = data;

    if (!read_number(value, &reading->options->seed))
        return refuse(error, option, value,
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
        return refuse(error, option, value, "a whole number from 1 to 1024");
    reading->options->jobs = (unsigned) jobs;
    return TRUE;
}

static gboolean
on_format(const char *option, const char *value, void *data, GError **error)
{
    Reading *reading = data;
    g_autoptr(GString) known = g_string_new("one of");
    const char *separator = " ";

    for (unsigned i = 0; i < SR_REPORT_FORMAT_N; i++) {
        if (!(reading->command->formats & (1u << i)))
            continue;
        if (strcmp(value, sr_report_format_name((SrReportFormat) i)) == 0) {
            reading->options->format = (SrReportFormat) i;
            reading->options->has_format = true;
            return TRUE;
        }
        g_string_append_printf(known, "%s%s", separator,
                               sr_report_format_name((SrReportFormat) i));
        separator = ", ";
    }
    return refuse(error, option, value, known->str);
}

static gboolean
on_color(const char *option, const char *value, void *data, GError **error)
{
    static const char *const words[] = { "auto", "always", "never" };
    Reading *reading = data;

    for (unsigned i = 0; i < G_N_ELEMENTS(words); i++) {
        if (strcmp(value, words[i]) == 0) {
            reading->options->color = (SrColor) i;
            return TRUE;
        }
    }
    return refuse(error, option, value, "one of auto, always, never");
}

/* The table of options: what GLib is to know of each. Targets are filled in where a value goes
 * straight to its place. */
static void
add_entries(GOptionGroup *group, const SrCommand *command, SrOptions *options, gboolean *help)
{
    /* clang-format off */
    const struct { unsigned bit; GOptionEntry entry; } table[] = {
        { SR_OPTION_SEED, { "seed", 's', 0, G_OPTION_ARG_CALLBACK, (void *) on_seed,
          "Play under this seed instead of the file's", "N" } },
        { SR_OPTION_SET, { "set", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options->overrides,
          "Give a key another value than the file does; may be repeated", "GROUP.KEY=VALUE" } },
        { SR_OPTION_TRACE, { "trace", 't', 0, G_OPTION_ARG_FILENAME, &options->trace,
          command->formats & (1u << SR_REPORT_TAP) ? "Write the trace; with several scenarios FILE is a folder"
                                                   : "Write the trace of that scenario", "FILE" } },
        { SR_OPTION_JOBS, { "jobs", 'j', 0, G_OPTION_ARG_CALLBACK, (void *) on_jobs,
          "How many threads play [the processors there are]", "N" } },
        { SR_OPTION_FORMAT, { "format", 'f', 0, G_OPTION_ARG_CALLBACK, (void *) on_format,
          command->formats & (1u << SR_REPORT_TAP) ? "human, tap, junit, json or github [human]" :
          command->formats & (1u << SR_REPORT_JSON) ? "human or json [human]" : "human or github [human]", "FORMAT" } },
        { SR_OPTION_JSON, { "json", 0, 0, G_OPTION_ARG_NONE, &options->json,
          "Print the resolved scenario, defaults included, as JSON", NULL } },
        { SR_OPTION_MARKDOWN, { "markdown", 0, 0, G_OPTION_ARG_NONE, &options->markdown,
          "Print the reference as Markdown tables", NULL } },
        { SR_OPTION_OUTPUT, { "output", 'o', 0, G_OPTION_ARG_FILENAME, &options->output,
          "Write the results to FILE instead of standard output", "FILE" } },
        { SR_OPTION_QUIET, { "quiet", 'q', 0, G_OPTION_ARG_NONE, &options->quiet,
          "Say nothing of what is as it should be", NULL } },
        { SR_OPTION_COLOR, { "color", 0, 0, G_OPTION_ARG_CALLBACK, (void *) on_color,
          "auto, always or never [auto: on a terminal, unless NO_COLOR is set]", "WHEN" } },
    };
    const GOptionEntry common[] = {
        { "help", 'h', 0, G_OPTION_ARG_NONE, help, "Show this help", NULL },
        { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options->arguments, NULL, command->arguments },
        G_OPTION_ENTRY_NULL
    };
    /* clang-format on */

    for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
        const GOptionEntry entries[] = { table[i].entry, G_OPTION_ENTRY_NULL };
        if (command->options & table[i].bit)
            g_option_group_add_entries(group, entries);
    }
    if (command->own != NULL)
        g_option_group_add_entries(group, command->own);
    g_option_group_add_entries(group, common);
}

/* ---- the command line before GLib reads it ---- */

/* What an option is called, and which verbs have it. */
/* clang-format off */
static const struct name { unsigned bit; const char *name; char letter; bool takes_value, repeats; } option_names[] = {
    { SR_OPTION_SEED,     "--seed",     's',  true,  false },
    { SR_OPTION_SET,      "--set",      '\0', true,  true  },
    { SR_OPTION_TRACE,    "--trace",    't',  true,  false },
    { SR_OPTION_JOBS,     "--jobs",     'j',  true,  false },
    { SR_OPTION_FORMAT,   "--format",   'f',  true,  false },
    { SR_OPTION_JSON,     "--json",     '\0', false, true  },
    { SR_OPTION_MARKDOWN, "--markdown", '\0', false, true  },
    { SR_OPTION_OUTPUT,   "--output",   'o',  true,  false },
    { SR_OPTION_QUIET,    "--quiet",    'q',  false, true  },
    { SR_OPTION_COLOR,    "--color",    '\0', true,  false },
};
/* clang-format on */

static const SrCommand *const commands[] = { &sr_command_run, &sr_command_check,
                                             &sr_command_keys, &sr_command_new };

/* @word: "--seed", "--seed=1", "-s" */
static const struct name *
find_option(const char *word)
{
    size_t length = strcspn(word, "=");

    for (size_t i = 0; i < G_N_ELEMENTS(option_names); i++) {
        const struct name *option = &option_names[i];
        if (strlen(option->name) == length && strncmp(option->name, word, length) == 0)
            return option;
        if (option->letter != '\0' && word[0] == '-' && word[1] == option->letter &&
            word[2] == '\0')
            return option;
    }
    return NULL;
}

/* Takes note of @option; @twice is set when it was given before and may not be. */
static void
note_option(const struct name *option, unsigned *seen, const char **twice)
{
    if (!option->repeats && (*seen & option->bit))
        *twice = option->name;
    *seen |= option->bit;
}

/*
 * GLib reads `-j 1` but not `-j1`, so letters that take a value are parted from it here; and it
 * lets the last of two values win in silence, so those are found here.
 * Returns: (transfer full): the arguments; @twice is the option that was given twice
 */
static char **
part_arguments(const SrCommand *command, int argc, char **argv, const char **twice)
{
    g_autoptr(GPtrArray) parted = g_ptr_array_new_with_free_func(g_free);
    unsigned seen = 0;
    bool value_next = false, options_end = false;

    *twice = NULL;
    for (int i = 0; i < argc; i++) {
        const char *word = argv[i];
        bool plain = i == 0 || value_next || options_end || word[0] != '-' || word[1] == '\0';
        g_ptr_array_add(parted, g_strdup(word));
        value_next = false;
        options_end |= !plain && strcmp(word, "--") == 0;
        if (plain || options_end)
            continue;
        const struct name *option = word[1] == '-' ? find_option(word) : NULL;
        if (option != NULL && (command->options & option->bit)) {
            note_option(option, &seen, twice);
            value_next = option->takes_value && strchr(word, '=') == NULL;
        }
        for (size_t j = 1; word[1] != '-' && word[j] != '\0'; j++) {
            const char letter[] = { '-', word[j], '\0' };
            option = find_option(letter);
            if (option == NULL || !(command->options & option->bit))
                continue;
            note_option(option, &seen, twice);
            if (!option->takes_value)
                continue;
            value_next = word[j + 1] == '\0';
            if (!value_next) {
                char *letters = g_ptr_array_index(parted, parted->len - 1);
                letters[j + 1] = '\0';
                g_ptr_array_add(parted, g_strdup(word + j + 1));
            }
            break;
        }
    }
    g_ptr_array_add(parted, NULL);
    return (char **) g_ptr_array_free(g_steal_pointer(&parted), FALSE);
}

/* ---- complaints ---- */

static int
complain_unknown(const SrCommand *command, const char *message)
{
    const char *space = strrchr(message, ' ');
    g_autofree char *word =
        space != NULL ? g_strndup(space + 1, strcspn(space + 1, "=")) : g_strdup("");
    const struct name *option = find_option(word);
    g_autoptr(GString) verbs = g_string_new(NULL);
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);

    for (size_t i = 0; option != NULL && i < G_N_ELEMENTS(commands); i++)
        if (commands[i]->options & option->bit)
            g_string_append_printf(verbs, "%s'%s'", verbs->len > 0 ? " and " : "",
                                   commands[i]->name);
    if (verbs->len > 0 && !(command->options & option->bit))
        return sr_usage_error(command->name, "%s is an option of %s", word, verbs->str);
    for (size_t i = 0; i < G_N_ELEMENTS(option_names); i++)
        if (command->options & option_names[i].bit)
            g_ptr_array_add(words, g_strdup(option_names[i].name));
    for (const GOptionEntry *own = command->own; own != NULL && own->long_name != NULL; own++)
        g_ptr_array_add(words, g_strdup_printf("--%s", own->long_name));
    g_ptr_array_add(words, g_strdup("--help"));
    g_ptr_array_add(words, NULL);
    const char *meant = sr_options_suggest(word, (const char *const *) words->pdata);
    if (meant != NULL && strcmp(meant, word) != 0)
        return sr_usage_error(command->name, "%s; did you mean '%s'?", message, meant);
    return sr_usage_error(command->name, "%s", message);
}

static int
complain(const SrCommand *command, const GError *error)
{
    if (g_error_matches(error, G_OPTION_ERROR, G_OPTION_ERROR_UNKNOWN_OPTION))
        return complain_unknown(command, error->message);
    return sr_usage_error(command->name, "%s", error->message);
}

/* An empty place is no place; in scripts it is a variable that was not set. */
static bool
has_places(const SrCommand *command, const SrOptions *options, int *status)
{
    if (options->trace != NULL && *options->trace == '\0')
        *status = sr_usage_error(command->name, "--trace: the name of the file is empty");
    else if (options->output != NULL && *options->output == '\0')
        *status = sr_usage_error(command->name, "--output: the name of the file is empty");
    else
        return true;
    return false;
}

/* GLib closes the description with a line of its own. */
static size_t
help_length(const char *text)
{
    size_t length = strlen(text);

    while (length > 1 && text[length - 1] == '\n' && text[length - 2] == '\n')
        length--;
    return length;
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
    const char *twice;
    g_auto(GStrv) arguments = part_arguments(command, argc, argv, &twice);

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
    if (twice != NULL) {
        *status = sr_usage_error(command->name, "%s is given twice", twice);
        return false;
    }
    if (help) {
        g_autofree char *text = g_option_context_get_help(context, TRUE, NULL);
        *status = sr_output_text(NULL, text, help_length(text));
        return false;
    }
    return has_places(command, options, status);
}

void
sr_options_clear(SrOptions *options)
{
    g_strfreev(options->arguments);
    g_strfreev(options->overrides);
    g_free(options->output);
    g_free(options->trace);
    memset(options, 0, sizeof *options);
}

size_t
sr_options_count(char *const *list)
{
    size_t n = 0;

    while (list != NULL && list[n] != NULL)
        n++;
    return n;
}

/* Insertions, deletions and replacements that lead from one word to the other; long words are
 * never alike. */
static size_t
distance(const char *a, const char *b)
{
    enum { LENGTH_MAX = 32 };
    size_t row[LENGTH_MAX + 1], n = strlen(a), m = strlen(b);

    if (n > LENGTH_MAX || m > LENGTH_MAX)
        return SIZE_MAX;
    for (size_t j = 0; j <= m; j++)
        row[j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t replaced = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            row[j] = MIN(replaced, MIN(row[j], row[j - 1]) + 1);
        }
    }
    return row[m];
}

const char *
sr_options_suggest(const char *word, const char *const *words)
{
    const char *best = NULL;
    size_t best_distance = MAX(strlen(word) / 3, 2) + 1;

    for (; *words != NULL; words++) {
        size_t d = distance(word, *words);
        if (d < best_distance && d < strlen(*words)) {
            best = *words;
            best_distance = d;
        }
    }
    return best;
}

/* As wide as the terminal, but no wider than is pleasant to read. */
static unsigned
terminal_columns(void)
{
    struct winsize size;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return SR_LOOK_COLUMNS;
    return MIN(size.ws_col, SR_LOOK_COLUMNS);
}

SrLook
sr_options_look(const SrOptions *options, const char *path)
{
    const char *no_color = g_getenv("NO_COLOR"), *term = g_getenv("TERM");
    bool on_terminal = sr_output_is_stdout(path) && isatty(STDOUT_FILENO);
    SrLook look = { .colour = options->color == SR_COLOR_ALWAYS,
                    .columns = on_terminal ? terminal_columns() : SR_LOOK_COLUMNS };

    if (options->color == SR_COLOR_AUTO)
        look.colour = on_terminal && (no_color == NULL || *no_color == '\0') && term != NULL &&
                      strcmp(term, "dumb") != 0;
    return look;
}

bool
sr_options_on_github(void)
{
    return g_strcmp0(g_getenv("GITHUB_ACTIONS"), "true") == 0;
}

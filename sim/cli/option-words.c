/* Options as words of the command line: which verb has which option, how the words are prepared
 * for GLib, and the message about an option that the verb does not have. */
#include "options-private.h"

#include <string.h>

/* At most this many verbs that have an option are named. */
#define VERBS_NAMED_MAX 4u

bool
sr_option_takes_value(const GOptionEntry *entry)
{
    return entry->arg != G_OPTION_ARG_NONE;
}

GArray *
sr_options_list(const SrCommand *command)
{
    const SrOption help = { sr_option_help, true };
    GArray *options = g_array_new(FALSE, FALSE, sizeof(SrOption));

    for (size_t i = 0; i < SR_COMMON_OPTIONS_N; i++) {
        const SrOption option = { sr_common_entry(command, &sr_common_options[i]),
                                  sr_common_options[i].repeats };

        if (command->options & sr_common_options[i].bit)
            g_array_append_val(options, option);
    }
    for (const GOptionEntry *own = command->own; own != NULL && own->long_name != NULL; own++) {
        /* A list keeps all its values, and so may a callback. */
        const SrOption option = { *own, own->arg == G_OPTION_ARG_NONE ||
                                            own->arg == G_OPTION_ARG_STRING_ARRAY ||
                                            own->arg == G_OPTION_ARG_FILENAME_ARRAY ||
                                            own->arg == G_OPTION_ARG_CALLBACK };

        g_array_append_val(options, option);
    }
    g_array_append_val(options, help);
    return options;
}

SrOption *
sr_option_find(const GArray *options, const char *word)
{
    bool is_long = word[1] == '-';
    size_t length = is_long ? strcspn(word + 2, "=") : 0;

    for (guint i = 0; i < options->len; i++) {
        SrOption *option = &g_array_index(options, SrOption, i);

        if (is_long ? strlen(option->entry.long_name) == length &&
                          strncmp(option->entry.long_name, word + 2, length) == 0
                    : option->entry.short_name != '\0' && word[1] == option->entry.short_name &&
                          word[2] == '\0')
            return option;
    }
    return NULL;
}

/* ---- before GLib reads them ---- */

/* What has been read of the command line so far. */
typedef struct {
    GArray *options; /* SrOption */
    uint64_t seen;   /* bits 1 << place in the list */
    char *complaint; /* (nullable) the first error */
} Words;

static void
note_option(Words *words, const SrOption *option, bool has_value)
{
    uint64_t bit = UINT64_C(1) << (option - &g_array_index(words->options, SrOption, 0));

    if (words->complaint == NULL && !option->repeats && (words->seen & bit))
        words->complaint = g_strdup_printf("--%s is given twice", option->entry.long_name);
    if (words->complaint == NULL && has_value && !sr_option_takes_value(&option->entry))
        words->complaint = g_strdup_printf("--%s takes no value", option->entry.long_name);
    words->seen |= bit;
}

char **
sr_options_part(const SrCommand *command, int argc, char **argv, char **complaint)
{
    g_autoptr(GArray) options = sr_options_list(command);
    g_autoptr(GPtrArray) parted = g_ptr_array_new_with_free_func(g_free);
    Words words = { options, 0, NULL };
    bool value_next = false, options_end = false;

    for (int i = 0; i < argc; i++) {
        const char *word = argv[i];
        bool plain = i == 0 || value_next || options_end || word[0] != '-' || word[1] == '\0';
        g_ptr_array_add(parted, g_strdup(word));
        value_next = false;
        options_end |= !plain && strcmp(word, "--") == 0;
        if (plain || options_end)
            continue;
        const SrOption *option = word[1] == '-' ? sr_option_find(options, word) : NULL;
        if (option != NULL) {
            bool has_value = strchr(word, '=') != NULL;

            note_option(&words, option, has_value);
            value_next = sr_option_takes_value(&option->entry) && !has_value;
        }
        for (size_t j = 1; word[1] != '-' && word[j] != '\0'; j++) {
            const char letter[] = { '-', word[j], '\0' };
            option = sr_option_find(options, letter);
            if (option == NULL)
                continue;
            note_option(&words, option, false);
            if (!sr_option_takes_value(&option->entry))
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
    *complaint = words.complaint;
    return (char **) g_ptr_array_free(g_steal_pointer(&parted), FALSE);
}

/* ---- complaints ---- */

/* Returns: (transfer full) (nullable): "'run', 'sweep' and 'explore'": the verbs that have the
 * option @word */
static char *
verbs_with(const char *word)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    g_autoptr(GString) text = g_string_new(NULL);
    guint n_named;

    for (size_t i = 0; sr_commands[i] != NULL; i++) {
        g_autoptr(GArray) options = sr_options_list(sr_commands[i]);

        if (sr_option_find(options, word) != NULL)
            g_ptr_array_add(names, (gpointer) (uintptr_t) sr_commands[i]->name);
    }
    if (names->len == 0)
        return NULL;
    n_named = names->len > VERBS_NAMED_MAX ? VERBS_NAMED_MAX - 1 : names->len;
    for (guint i = 0; i < n_named; i++)
        g_string_append_printf(text, "%s'%s'",
                               i == 0                                      ? ""
                               : i + 1 == n_named && n_named == names->len ? " and "
                                                                           : ", ",
                               (const char *) g_ptr_array_index(names, i));
    g_string_append(text, n_named < names->len ? " and others" : "");
    return g_string_free(g_steal_pointer(&text), FALSE);
}

int
sr_options_refuse_unknown(const SrCommand *command, const char *word)
{
    g_autoptr(GArray) options = sr_options_list(command);
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *verbs = verbs_with(word);

    for (guint i = 0; i < options->len; i++)
        g_ptr_array_add(
            words,
            g_strdup_printf("--%s", g_array_index(options, SrOption, i).entry.long_name));
    g_ptr_array_add(words, NULL);
    if (verbs != NULL)
        return sr_usage_error("%s is an option of %s", word, verbs);
    return sr_unknown_word_error(word, (const char *const *) words->pdata, "",
                                 "there is no option %s", word);
}

/* Returns: the number of insertions, deletions and replacements between two words; long words
 * always differ */
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

/* Returns: (nullable): the word of @words (ended by NULL) that was probably meant by @word */
static const char *
suggest(const char *word, const char *const *words)
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

int
sr_unknown_word_error(const char *word, const char *const *words, const char *otherwise,
                      const char *format, ...)
{
    const char *meant = suggest(word, words);
    g_autofree char *message = NULL;
    va_list arguments;

    va_start(arguments, format);
    message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    return meant != NULL ? sr_usage_error("%s; did you mean '%s'?", message, meant)
                         : sr_usage_error("%s%s", message, otherwise);
}

bool
sr_options_check(const char *text, SrCheckId *check)
{
    const char *words[SR_CHECK_N + 1] = { NULL };
    g_autoptr(GString) only = g_string_new(", only: ");

    *check = text != NULL ? sr_check_lookup(text, strlen(text)) : SR_CHECK_N;
    if (text == NULL || *check != SR_CHECK_N)
        return true;
    for (unsigned i = 0; i < SR_CHECK_N; i++)
        words[i] = sr_check_name((SrCheckId) i);
    sr_text_checks(only, UINT32_MAX, ", ");
    sr_unknown_word_error(text, words, only->str, "--check: there is no check '%s'", text);
    return false;
}

bool
sr_options_number(const char *option, const char *text, uint64_t min, uint64_t max,
                  const char *what, uint64_t *number)
{
    if (text == NULL || g_ascii_string_to_unsigned(text, 10, min, max, number, NULL))
        return true;
    sr_usage_error("--%s: '%s' is not %s", option, text, what);
    return false;
}

/* complete WORD…: what may stand at the end of a command line, for the completions of shells. It is no verb that anybody types and
 * is in no help.
 *
 * WORDs are those behind the name of the program, the last one as far as it is typed, perhaps empty. Each line of the answer is a
 * letter and fields, with tabs between them:
 *
 *   w WORD MEANING    a whole word
 *   p WORD MEANING    the start of a word, behind which no blank comes
 *   f PATTERN BEFORE  files that go with the pattern, and folders; behind BEFORE, such as `--output=`
 *   d BEFORE          folders
 *
 * MEANING is one sentence. Everything that may come at that place is listed; the shell leaves out what does not go with what is typed
 * already. */
#include "options-private.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "plot-private.h"
#include "scenario/keys.h"

/* The first line of a trace is not longer. */
#define FIRST_LINE_MAX (1u << 20)

/* A command line that is being typed. */
typedef struct {
    const SrCommand *command;
    GArray *options;      /* SrOption: those of @command */
    uint64_t given;       /* bits 1 << place in @options */
    GPtrArray *arguments; /* utf8: what is not an option, before the last word */
    const char *current;  /* the value or word that is being typed */
    char *before;         /* what stands before it in its word: "--set=", or "" */
    GString *out;
} Typing;

static void
add(const Typing *typing, char letter, const char *word, const char *meaning)
{
    const char *end = strstr(meaning, ". ");

    g_string_append_printf(typing->out, "%c\t%s%s\t%.*s\n", letter, typing->before, word,
                           (int) (end != NULL ? end - meaning : (long) strlen(meaning)),
                           meaning);
}

static void
add_words(const Typing *typing, const char *const *words)
{
    for (; words != NULL && *words != NULL; words++)
        add(typing, 'w', *words, "");
}

/* ---- what values can be ---- */

static void
add_files(const Typing *typing, const char *pattern)
{
    g_string_append_printf(typing->out, "f\t%s\t%s\n", pattern, typing->before);
}

static void
any_file(const Typing *typing)
{
    add_files(typing, "*");
}

static void
scenarios(const Typing *typing)
{
    add_files(typing, "*.ini");
}

static void
traces(const Typing *typing)
{
    add_files(typing, "*.ndjson");
}

static void
scenarios_and_traces(const Typing *typing)
{
    scenarios(typing);
    traces(typing);
}

static void
folders(const Typing *typing)
{
    g_string_append_printf(typing->out, "d\t%s\n", typing->before);
}

static void
checks(const Typing *typing)
{
    for (unsigned i = 0; i < SR_CHECK_N; i++)
        add(typing, 'w', sr_check_name((SrCheckId) i), sr_check_statement((SrCheckId) i));
}

static void
variables(const Typing *typing)
{
    g_auto(GStrv) names = g_listenv();

    add_words(typing, (const char *const *) names);
}

static void
kinds(const Typing *typing)
{
    g_autofree const char **names = sr_plot_kind_names();

    add_words(typing, names);
}

static void
verbs(const Typing *typing)
{
    for (size_t i = 0; sr_commands[i] != NULL; i++)
        add(typing, 'w', sr_commands[i]->name, sr_commands[i]->question);
}

/* ---- names in files ---- */

/* Returns: (transfer none) (nullable): the first argument with @ending */
static const char *
file_of(const Typing *typing, const char *ending)
{
    for (guint i = 0; i < typing->arguments->len; i++) {
        const char *path = g_ptr_array_index(typing->arguments, i);

        if (g_str_has_suffix(path, ending) && g_file_test(path, G_FILE_TEST_IS_REGULAR))
            return path;
    }
    return NULL;
}

/* Returns: (transfer full) (nullable): the scenario that the command line names, if it is well
 * formed */
static SrScenario *
scenario_of(const Typing *typing)
{
    g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
    const char *path = file_of(typing, ".ini");
    SrScenario *scenario = NULL;

    if (path != NULL)
        (void) sr_scenario_load(path, NULL, 0, &scenario, diagnostics);
    return scenario;
}

/* Whether @name is what a scenario can call a node. A trace is anybody's, and may have others. */
static bool
is_name(const char *name)
{
    return name[strspn(name, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "._-")] == '\0';
}

/* The nodes of the trace that the command line names. */
static void
nodes(const Typing *typing)
{
    const char *path = file_of(typing, ".ndjson");
    FILE *file = path != NULL ? fopen(path, "re") : NULL;
    g_autofree char *line = g_malloc(FIRST_LINE_MAX);
    json_t *first, *node;
    size_t i;

    if (file == NULL)
        return;
    first = fgets(line, FIRST_LINE_MAX, file) != NULL ? json_loads(line, 0, NULL) : NULL;
    fclose(file);
    json_array_foreach (json_object_get(first, "nodes"), i, node)
        if (json_is_string(node) && is_name(json_string_value(node)))
            add(typing, 'w', json_string_value(node), "");
    json_decref(first);
}

/* ---- keys ---- */

/* Returns: (transfer full): the word of a group, "client" of [client NAME] */
static char *
group_word(const char *label)
{
    return g_strchomp(g_strndup(label, strcspn(label, G_CSET_A_2_Z)));
}

/* Whether a key, or a group, has a placeholder in its name. */
static bool
is_open(const char *name)
{
    return strpbrk(name, G_CSET_A_2_Z) != NULL;
}

static void
add_group(const Typing *typing, const char *group, const char *name)
{
    g_autofree char *word =
        name != NULL ? g_strdup_printf("%s %s.", group, name) : g_strdup_printf("%s.", group);

    add(typing, 'p', word, "");
}

/* Groups as `GROUP.`; those of clients and documents by the names that the scenario has. */
static void
groups(const Typing *typing)
{
    g_autoptr(SrScenario) scenario = scenario_of(typing);
    size_t n;
    const SrScenarioKey *keys = sr_scenario_keys(&n);

    for (size_t i = 0; i < n; i++)
        if ((i == 0 || strcmp(keys[i].group, keys[i - 1].group) != 0) &&
            !is_open(keys[i].group) && !is_open(keys[i].name))
            add_group(typing, keys[i].group, NULL);
    for (guint i = 0; scenario != NULL && i < scenario->clients->len; i++)
        add_group(typing, "client", g_array_index(scenario->clients, SrClientGroup, i).name);
    for (guint i = 0; scenario != NULL && i < scenario->documents->len; i++)
        add_group(typing, "document",
                  g_array_index(scenario->documents, SrDocumentSettings, i).name);
}

/* Returns: whether @key is one of the group that @typed, "client alice.st", begins with */
static bool
key_is_of(const SrScenarioKey *key, const char *typed)
{
    g_autofree char *word = group_word(key->group);
    size_t length = strlen(word);

    return strncmp(typed, word, length) == 0 &&
           typed[length] == (is_open(key->group) ? ' ' : '.') && !is_open(key->name);
}

/* The keys of the group that is typed, each with @behind. */
static void
keys_of(const Typing *typing, const char *behind)
{
    g_autofree char *group = g_strndup(typing->current, strcspn(typing->current, "."));
    size_t n;
    const SrScenarioKey *keys = sr_scenario_keys(&n);

    for (size_t i = 0; i < n; i++) {
        g_autofree char *word = g_strdup_printf("%s.%s%s", group, keys[i].name, behind);

        if (key_is_of(&keys[i], typing->current))
            add(typing, *behind != '\0' ? 'p' : 'w', word, keys[i].meaning);
    }
}

/* The words that the key takes whose `GROUP.KEY=` is typed. */
static void
values_of(const Typing *typing)
{
    const char *equals = strchr(typing->current, '='), *dot = strchr(typing->current, '.');
    g_autofree char *start = g_strndup(typing->current, (gsize) (equals + 1 - typing->current));
    g_autofree char *name =
        dot != NULL && dot < equals ? g_strndup(dot + 1, (gsize) (equals - dot - 1)) : NULL;
    size_t n;
    const SrScenarioKey *keys = sr_scenario_keys(&n);

    for (size_t i = 0; name != NULL && i < n; i++) {
        if (strcmp(keys[i].name, name) != 0 || !key_is_of(&keys[i], typing->current))
            continue;
        for (const char *const *w = keys[i].words; w != NULL && *w != NULL; w++) {
            /* Of last(N) the start: what comes then is a number. */
            bool open = strchr(*w, '(') != NULL;
            g_autofree char *known = g_strndup(*w, strcspn(*w, "(") + open);
            g_autofree char *word = g_strconcat(start, known, NULL);

            add(typing, open ? 'p' : 'w', word, "");
        }
    }
}

static void
settings(const Typing *typing)
{
    if (strchr(typing->current, '=') != NULL)
        values_of(typing);
    else if (strchr(typing->current, '.') != NULL)
        keys_of(typing, "=");
    else
        groups(typing);
}

static void
key_names(const Typing *typing)
{
    if (strchr(typing->current, '.') != NULL)
        keys_of(typing, "");
    else
        groups(typing);
}

/* GROUP or GROUP.KEY of `keys`. */
static void
reference(const Typing *typing)
{
    size_t n;
    const SrScenarioKey *keys = sr_scenario_keys(&n);

    for (size_t i = 0; i < n; i++) {
        g_autofree char *group = group_word(keys[i].group);
        g_autofree char *word = g_strdup_printf("%s.%s", group, keys[i].name);

        if (strchr(typing->current, '.') != NULL && !is_open(keys[i].name))
            add(typing, 'w', word, keys[i].meaning);
        else if (i == 0 || strcmp(keys[i].group, keys[i - 1].group) != 0)
            add(typing, 'w', group, "");
    }
}

/* ---- the place on the command line ---- */

/* What a value can be, by the option, or by the word that help has for the value. */
static const struct {
    const char *option, *value; /* (nullable) any */
    void (*add)(const Typing *typing);
} takers[] = {
    { "node", NULL, nodes },
    { "of", NULL, checks },
    { "provider-env", NULL, variables },
    { NULL, "CHECK", checks },
    { NULL, "COMMAND", any_file },
    { NULL, "FILE", any_file },
    { NULL, "FOLDER", folders },
    { NULL, "GROUP.KEY=V1|V2…", settings },
    { NULL, "GROUP.KEY=VALUE", settings },
    { NULL, "KEY", key_names },
    { NULL, "KEY,KEY…", key_names },
    { NULL, "SCENARIO", scenarios },
};

static void
add_values(const Typing *typing, const GOptionEntry *entry)
{
    g_autofree const char **words = sr_option_choices(typing->command, entry);

    if (words != NULL) {
        add_words(typing, words);
        return;
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(takers); i++)
        if (takers[i].option != NULL
                ? strcmp(takers[i].option, entry->long_name) == 0
                : g_strcmp0(takers[i].value, entry->arg_description) == 0) {
            takers[i].add(typing);
            return;
        }
}

static void
add_options(const Typing *typing)
{
    for (guint i = 0; i < typing->options->len; i++) {
        const SrOption *option = &g_array_index(typing->options, SrOption, i);
        g_autofree char *word = g_strconcat("--", option->entry.long_name, NULL);

        if (option->repeats || !(typing->given >> i & 1))
            add(typing, 'w', word, option->entry.description);
    }
}

/* What an argument can be, by the word that help has for it. */
static const struct {
    const char *verb, *argument; /* (nullable) any */
    void (*add)(const Typing *typing);
} argument_takers[] = {
    { "report", NULL, scenarios_and_traces },
    { NULL, "SCENARIO", scenarios },
    { NULL, "TRACE", traces },
    { NULL, "FILE", traces },
    { NULL, "GROUP", reference },
    { NULL, "NAME", folders },
};

static void
add_arguments(const Typing *typing)
{
    if (typing->arguments->len == 0 && g_str_has_prefix(typing->command->arguments, "KIND")) {
        kinds(typing);
        return;
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(argument_takers); i++)
        if (argument_takers[i].verb != NULL
                ? strcmp(argument_takers[i].verb, typing->command->name) == 0
                : strstr(typing->command->arguments, argument_takers[i].argument) != NULL) {
            argument_takers[i].add(typing);
            return;
        }
}

/* Returns: (nullable): the option that @word is, "--seed", "--seed=1" or "-s" */
static const SrOption *
note_option(Typing *typing, const char *word)
{
    const SrOption *option = sr_option_find(typing->options, word);

    if (option != NULL)
        typing->given |= UINT64_C(1) << (option - &g_array_index(typing->options, SrOption, 0));
    return option;
}

/* Reads the words before the last one. Returns: (nullable): the option whose value comes next */
static const SrOption *
read_words(Typing *typing, int n, char **words, bool *options_end)
{
    const SrOption *wanting = NULL;

    for (int i = 0; i < n; i++) {
        bool plain =
            wanting != NULL || *options_end || words[i][0] != '-' || words[i][1] == '\0';

        if (plain && wanting == NULL)
            g_ptr_array_add(typing->arguments, words[i]);
        wanting = NULL;
        if (plain)
            continue;
        *options_end = strcmp(words[i], "--") == 0;
        const SrOption *option = note_option(typing, words[i]);
        if (option != NULL && sr_option_takes_value(&option->entry) &&
            strchr(words[i], '=') == NULL)
            wanting = option;
    }
    return wanting;
}

/* The last of @n words behind a verb. */
static void
complete_verb(const SrCommand *command, int n, char **words, GString *out)
{
    g_autoptr(GArray) options = sr_options_list(command);
    g_autoptr(GPtrArray) arguments = g_ptr_array_new();
    g_autofree char *before = g_strdup("");
    Typing typing = { command, options, 0, arguments, words[n - 1], before, out };
    bool options_end = false;
    const SrOption *wanting = read_words(&typing, n - 1, words, &options_end);
    const char *current = words[n - 1], *equals = strchr(current, '=');

    if (wanting == NULL && !options_end && g_str_has_prefix(current, "--") && equals != NULL) {
        wanting = sr_option_find(options, current);
        g_free(before);
        typing.before = before = g_strndup(current, (gsize) (equals + 1 - current));
        typing.current = equals + 1;
        if (wanting == NULL || !sr_option_takes_value(&wanting->entry))
            return;
    }
    if (wanting != NULL)
        add_values(&typing, &wanting->entry);
    else if (!options_end && current[0] == '-')
        add_options(&typing);
    else
        add_arguments(&typing);
}

int
sr_complete(int argc, char **argv)
{
    g_autoptr(GString) out = g_string_new(NULL);
    const Typing first = { .before = (char[]){ "" }, .out = out };
    const SrCommand *command = argc > 1 ? sr_verb_find(argv[0]) : NULL;

    if (argc == 1) {
        verbs(&first);
        add(&first, 'w', "help", "what does this verb do?");
        add(&first, 'w', "--help", "Show this help");
        add(&first, 'w', "--version", "Show the version");
    } else if (command != NULL) {
        complete_verb(command, argc - 1, argv + 1, out);
    } else if (argc == 2 && strcmp(argv[0], "help") == 0) {
        verbs(&first);
    }
    return sr_output_text(NULL, out->str, out->len);
}

/* The program: finds the verb and runs it. */
#include "cli-private.h"

#include <locale.h>
#include <string.h>

#include "version.h"

static int
print_usage(void)
{
    g_autoptr(GString) text = sr_verbs_usage();

    return sr_output_text(NULL, text->str, text->len);
}

static int
run_verb(const SrCommand *verb, int argc, char **argv)
{
    g_auto(SrOptions) options = { 0 };
    int status;

    return sr_options_parse(verb, argc, argv, &options, &status) ? verb->run(&options) : status;
}

/* Sets @words to the names of all verbs and help. */
static void
list_verbs(const char *words[SR_VERBS_N + 2])
{
    for (size_t i = 0; i < SR_VERBS_N; i++)
        words[i] = sr_commands[i]->name;
    words[SR_VERBS_N] = "help";
    words[SR_VERBS_N + 1] = NULL;
}

static int
refuse_verb(const char *name)
{
    const char *words[SR_VERBS_N + 2];

    if (g_str_has_suffix(name, ".ini"))
        return sr_usage_error("'%s' is not a verb; did you mean 'session-race run %s'?", name,
                              name);
    list_verbs(words);
    return sr_unknown_word_error(name, words, "", "'%s' is not a verb", name);
}

static int
need_verb(void)
{
    const char *words[SR_VERBS_N + 2];
    g_autofree char *known = NULL;

    list_verbs(words);
    words[SR_VERBS_N] = NULL;
    known = g_strjoinv(", ", (char **) (uintptr_t) words);
    return sr_usage_error("a verb is needed: %s or help", known);
}

static int
help(int argc, char **argv)
{
    char help_option[] = "--help";
    const SrCommand *verb;

    if (argc > 2)
        return sr_usage_error("help takes one verb, but %d were given", argc - 1);
    if (argc < 2 || strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0 ||
        strcmp(argv[1], "-h") == 0)
        return print_usage();
    if ((verb = sr_verb_find(argv[1])) == NULL)
        return refuse_verb(argv[1]);
    char *arguments[] = { argv[1], help_option, NULL };
    return run_verb(verb, 2, arguments);
}

/* The version, and the commit where that is another: a build of a tag is that version. */
static int
print_version(void)
{
    static const char commit[] = SR_COMMIT;
    bool tagged = strcmp(commit, SR_VERSION) == 0 || strcmp(commit, "v" SR_VERSION) == 0;
    g_autofree char *text =
        g_strdup_printf("session-race " SR_VERSION "%s%s%s\n", tagged ? "" : " (",
                        tagged ? "" : commit, tagged ? "" : ")");

    return sr_output_text(NULL, text, strlen(text));
}

int
main(int argc, char **argv)
{
    /* Only a few options are allowed before a verb; those of the verb come after it. */
    static const char *const early_options[] = { "--version", "--help", NULL };

    sr_output_guard();
    sr_stop_install();
    sr_stop_without_memory();
    /* Only the encoding of characters: numbers and messages are the same in every locale. */
    setlocale(LC_CTYPE, "");
    g_set_prgname("session-race");

    if (argc < 2)
        return need_verb();
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return print_usage();
    if (strcmp(argv[1], "help") == 0)
        return help(argc - 1, argv + 1);
    if (strcmp(argv[1], "complete") == 0)
        return sr_complete(argc - 2, argv + 2);
    if (strcmp(argv[1], "--version") == 0)
        return print_version();

    if (argv[1][0] == '-' && argv[1][1] != '\0')
        return sr_unknown_word_error(argv[1], early_options,
                                     " before a verb; those of a verb come behind it",
                                     "there is no option %s", argv[1]);

    const SrCommand *verb = sr_verb_find(argv[1]);
    return verb != NULL ? run_verb(verb, argc - 1, argv + 1) : refuse_verb(argv[1]);
}

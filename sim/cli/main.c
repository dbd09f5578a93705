/* The program: finds the verb and runs it. */
#include "cli-private.h"

#include <locale.h>
#include <string.h>

/* clang-format off */
static const SrVerb verbs[] = {
    { "run",     "what happens in this scenario, and is it what the file expects?", sr_verb_run },
    { "sweep",   "how likely is it, over seeds and parameters?",                    sr_verb_sweep },
    { "advise",  "how long must keys be kept, and how much JWT leeway is needed?", sr_verb_advise },
    { "explore", "can it happen at all, in any order of events?",                   sr_verb_explore },
    { "shrink",  "what is the smallest scenario that still fails this way?", sr_verb_shrink },
    { "verify",  "does this log, from here or from a real system, keep to the handshake?", sr_verb_verify },
    { "diff",    "where do two traces part?", sr_verb_diff },
    { "check",   "is this file well formed?",                                       sr_verb_check },
    { "keys",    "what can I write in a scenario?",                                 sr_verb_keys },
    { "new",     "give me a start",                                                 sr_verb_new },
    { "plot",    "show me",                                                         sr_verb_plot },
    { "diagram", "show me the messages",                                            sr_verb_diagram },
    { "report",  "something to hand on",                                            sr_verb_report },
    { "merge",   "what do these shards of a sweep say together?",                   sr_verb_merge },
};
/* clang-format on */

static void
append_usage(GString *text)
{
    g_string_append(text, "Usage:\n  session-race VERB [OPTION…] [ARGUMENT…]\n\n"
                          "Plays the race in which several editors open one end-to-end "
                          "encrypted document, in virtual time.\n\n"
                          "Verbs:\n");
    for (size_t i = 0; i < G_N_ELEMENTS(verbs); i++)
        g_string_append_printf(text, "  %-8s %s\n", verbs[i].name, verbs[i].question);
    g_string_append(
        text, "  help     what does this verb do?\n\n"
              "Options:\n"
              "  -h, --help  Show this help; 'session-race VERB --help' that of a verb\n"
              "  --version   Show the version\n\n"
              "Exit status:\n"
              "  0  every outcome is as expected\n"
              "  1  some outcome is not\n"
              "  2  the command line or a file is malformed: nothing was run\n"
              "  3  the system failed: a file could not be read or written\n"
              "  4  a limit was met before there was an answer\n"
              "  130, 143  stopped by SIGINT or SIGTERM, after writing what was complete\n\n"
              "Example:\n"
              "  session-race new two && session-race run two.ini\n");
}

static int
print_usage(void)
{
    g_autoptr(GString) text = g_string_new(NULL);

    append_usage(text);
    return sr_output_text(NULL, text->str, text->len);
}

static const SrVerb *
find_verb(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(verbs); i++) {
        if (strcmp(name, verbs[i].name) == 0)
            return &verbs[i];
    }
    return NULL;
}

static int
refuse_verb(const char *name)
{
    const char *words[G_N_ELEMENTS(verbs) + 2] = { NULL };
    const char *meant;

    for (size_t i = 0; i < G_N_ELEMENTS(verbs); i++)
        words[i] = verbs[i].name;
    words[G_N_ELEMENTS(verbs)] = "help";
    meant = sr_options_suggest(name, words);
    if (g_str_has_suffix(name, ".ini"))
        return sr_usage_error(NULL, "'%s' is not a verb; did you mean 'session-race run %s'?",
                              name, name);
    if (meant != NULL)
        return sr_usage_error(NULL, "'%s' is not a verb; did you mean '%s'?", name, meant);
    return sr_usage_error(NULL, "'%s' is not a verb", name);
}

/* Only a few options are allowed before a verb; those of the verb come after it. */
static int
refuse_option(const char *word)
{
    static const char *const words[] = { "--version", "--help", NULL };
    const char *meant = sr_options_suggest(word, words);

    if (meant != NULL)
        return sr_usage_error(NULL, "there is no option %s; did you mean '%s'?", word, meant);
    return sr_usage_error(
        NULL, "there is no option %s before a verb; those of a verb come behind it", word);
}

static int
need_verb(void)
{
    g_autoptr(GString) words = g_string_new(NULL);

    for (size_t i = 0; i < G_N_ELEMENTS(verbs); i++)
        g_string_append_printf(words, "%s, ", verbs[i].name);
    g_string_truncate(words, words->len - 2);
    return sr_usage_error(NULL, "a verb is needed: %s or help", words->str);
}

static int
help(int argc, char **argv)
{
    char help_option[] = "--help";
    const SrVerb *verb;

    if (argc > 2)
        return sr_usage_error(NULL, "help takes one verb, but %d were given", argc - 1);
    if (argc < 2 || strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0 ||
        strcmp(argv[1], "-h") == 0)
        return print_usage();
    if ((verb = find_verb(argv[1])) == NULL)
        return refuse_verb(argv[1]);
    char *arguments[] = { argv[1], help_option, NULL };
    return verb->run(2, arguments);
}

int
main(int argc, char **argv)
{
    sr_output_guard();
    sr_stop_install();
    /* Only the encoding of characters: numbers and messages are the same in every locale. */
    setlocale(LC_CTYPE, "");
    g_set_prgname("session-race");

    if (argc < 2)
        return need_verb();
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return print_usage();
    if (strcmp(argv[1], "help") == 0)
        return help(argc - 1, argv + 1);
    if (strcmp(argv[1], "--version") == 0)
        return sr_output_text(NULL, "session-race " SR_VERSION "\n",
                              strlen("session-race " SR_VERSION "\n"));

    if (argv[1][0] == '-' && argv[1][1] != '\0')
        return refuse_option(argv[1]);

    const SrVerb *verb = find_verb(argv[1]);
    return verb != NULL ? verb->run(argc - 1, argv + 1) : refuse_verb(argv[1]);
}

/* The program: finds the verb and runs it. */
#include "cli-private.h"

#include <locale.h>
#include <string.h>

const SrCommand *const sr_commands[] = {
    &sr_command_run,     &sr_command_sweep,  &sr_command_advise,
    &sr_command_explore, &sr_command_shrink, &sr_command_verify,
    &sr_command_diff,    &sr_command_check,  &sr_command_keys,
    &sr_command_new,     &sr_command_plot,   &sr_command_diagram,
    &sr_command_report,  &sr_command_merge,  NULL,
};
#define VERBS_N (G_N_ELEMENTS(sr_commands) - 1)

static int
print_usage(void)
{
    g_autoptr(GString) text = g_string_new(NULL);

    g_string_append(text, "Usage:\n  session-race VERB [OPTION…] [ARGUMENT…]\n\n"
                          "Plays the race in which several editors open one end-to-end "
                          "encrypted document, in virtual time.\n\n"
                          "Verbs:\n");
    for (size_t i = 0; i < VERBS_N; i++)
        g_string_append_printf(text, "  %-8s %s\n", sr_commands[i]->name,
                               sr_commands[i]->question);
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
              "  130, 143  stopped by SIGINT or SIGTERM, after writing what was complete\n"
              "  141  nobody reads standard output any more, as in 'session-race run … | head'\n\n"
              "Example:\n"
              "  session-race new two && session-race run two.ini\n");
    return sr_output_text(NULL, text->str, text->len);
}

static const SrCommand *
find_verb(const char *name)
{
    for (size_t i = 0; i < VERBS_N; i++) {
        if (strcmp(name, sr_commands[i]->name) == 0)
            return sr_commands[i];
    }
    return NULL;
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
list_verbs(const char *words[VERBS_N + 2])
{
    for (size_t i = 0; i < VERBS_N; i++)
        words[i] = sr_commands[i]->name;
    words[VERBS_N] = "help";
    words[VERBS_N + 1] = NULL;
}

static int
refuse_verb(const char *name)
{
    const char *words[VERBS_N + 2];

    if (g_str_has_suffix(name, ".ini"))
        return sr_usage_error("'%s' is not a verb; did you mean 'session-race run %s'?", name,
                              name);
    list_verbs(words);
    return sr_unknown_word_error(name, words, "", "'%s' is not a verb", name);
}

static int
need_verb(void)
{
    const char *words[VERBS_N + 2];
    g_autofree char *known = NULL;

    list_verbs(words);
    words[VERBS_N] = NULL;
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
    if ((verb = find_verb(argv[1])) == NULL)
        return refuse_verb(argv[1]);
    char *arguments[] = { argv[1], help_option, NULL };
    return run_verb(verb, 2, arguments);
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
    if (strcmp(argv[1], "--version") == 0)
        return sr_output_text(NULL, "session-race " SR_VERSION "\n",
                              strlen("session-race " SR_VERSION "\n"));

    if (argv[1][0] == '-' && argv[1][1] != '\0')
        return sr_unknown_word_error(argv[1], early_options,
                                     " before a verb; those of a verb come behind it",
                                     "there is no option %s", argv[1]);

    const SrCommand *verb = find_verb(argv[1]);
    return verb != NULL ? run_verb(verb, argc - 1, argv + 1) : refuse_verb(argv[1]);
}

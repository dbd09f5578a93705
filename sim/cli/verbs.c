/* The table of verbs, which help, the manual and the completions are made from. */
#include "cli-private.h"

#include <string.h>

const SrCommand *const sr_commands[SR_VERBS_N + 1] = {
    &sr_command_run,     &sr_command_sweep,  &sr_command_advise,
    &sr_command_explore, &sr_command_shrink, &sr_command_verify,
    &sr_command_diff,    &sr_command_check,  &sr_command_keys,
    &sr_command_new,     &sr_command_plot,   &sr_command_diagram,
    &sr_command_report,  &sr_command_merge,  NULL,
};

GString *
sr_verbs_usage(void)
{
    GString *text = g_string_new(NULL);

    g_string_append(text, "Usage:\n  session-race VERB [OPTION…] [ARGUMENT…]\n\n"
                          "Plays the race in which several editors open one end-to-end "
                          "encrypted document,\nin virtual time.\n\n"
                          "Verbs:\n");
    for (size_t i = 0; sr_commands[i] != NULL; i++)
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
    return text;
}

const SrCommand *
sr_verb_find(const char *name)
{
    for (size_t i = 0; sr_commands[i] != NULL; i++)
        if (strcmp(name, sr_commands[i]->name) == 0)
            return sr_commands[i];
    return NULL;
}

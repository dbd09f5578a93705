/* `keys`: what can be written in a scenario, from the table that the reader itself uses. */
#include "cli-private.h"

#include <string.h>

const SrCommand sr_command_keys = {
    .name = "keys",
    .arguments = "[GROUP]",
    .summary =
        "Prints every key that a scenario may hold, with type, unit, default and meaning;\n"
        "of GROUP only, when it is given.",
    .description = "Exit status:\n"
                   "  0  printed\n"
                   "  2  there is no such group, or the command line is malformed\n"
                   "  3  the output could not be written\n\n"
                   "Example:\n"
                   "  session-race keys encryption-provider\n",
    .options = SR_OPTION_MARKDOWN | SR_OPTION_OUTPUT,
};

/* "client NAME" is meant by "client" too; the first word is what people remember. */
static int
refuse_group(const char *group)
{
    size_t n_keys;
    const SrScenarioKey *keys = sr_scenario_keys(&n_keys);
    g_autoptr(GPtrArray) words = g_ptr_array_new();

    for (size_t i = 0; i < n_keys; i++)
        g_ptr_array_add(words, (void *) (uintptr_t) keys[i].group);
    g_ptr_array_add(words, NULL);
    const char *meant = sr_options_suggest(group, (const char *const *) words->pdata);
    if (meant != NULL)
        return sr_usage_error(sr_command_keys.name,
                              "there is no group '%s'; did you mean '%s'?", group, meant);
    return sr_usage_error(sr_command_keys.name, "there is no group '%s'", group);
}

int
sr_verb_keys(int argc, char **argv)
{
    g_auto(SrOptions) options = { 0 };
    g_autoptr(GString) text = g_string_new(NULL);
    int status;

    if (!sr_options_parse(&sr_command_keys, argc, argv, &options, &status))
        return status;
    size_t n = sr_options_count(options.arguments);
    if (n > 1)
        return sr_usage_error(sr_command_keys.name,
                              "one group at most, but %" G_GSIZE_FORMAT " were given", n);
    if (n > 0 && options.markdown)
        return sr_usage_error(sr_command_keys.name,
                              "--markdown prints all groups and takes none");
    if (options.markdown)
        sr_scenario_keys_markdown(text);
    else if (!sr_scenario_keys_text(text, n > 0 ? options.arguments[0] : NULL))
        return refuse_group(options.arguments[0]);
    return sr_output_text(options.output, text->str, text->len);
}

/* `keys`: what a scenario may contain, from the table that the reader itself uses. */
#include "cli-private.h"

#include <string.h>

#include "scenario/keys.h"

/* Returns: (transfer full) (element-type utf8): the groups, ended by NULL, without their
 * placeholders for names: "client" for [client NAME] */
static GPtrArray *
list_groups(void)
{
    size_t n_keys;
    const SrScenarioKey *rows = sr_scenario_keys(&n_keys);
    GPtrArray *groups = g_ptr_array_new_with_free_func(g_free);

    for (size_t i = 0; i < n_keys; i++) {
        size_t length = strcspn(rows[i].group, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");

        if (i > 0 && strcmp(rows[i].group, rows[i - 1].group) == 0)
            continue;
        g_ptr_array_add(groups, g_strchomp(g_strndup(rows[i].group, length)));
    }
    g_ptr_array_add(groups, NULL);
    return groups;
}

/* Returns: (nullable): a group that has the key @name, as the reference writes it */
static const char *
find_group_with(const char *name)
{
    size_t n_keys;
    const SrScenarioKey *rows = sr_scenario_keys(&n_keys);

    for (size_t i = 0; i < n_keys; i++)
        if (strcmp(rows[i].name, name) == 0)
            return rows[i].group;
    return NULL;
}

static int
refuse_group(const char *group)
{
    g_autoptr(GPtrArray) groups = list_groups();
    g_autofree char *known = g_strjoinv(", ", (char **) groups->pdata);
    const char *with = find_group_with(group);
    g_autofree char *otherwise = with != NULL
                                     ? g_strdup_printf(", but a key of [%s] is called so", with)
                                     : g_strdup_printf(", only: %s", known);

    return sr_unknown_word_error(group, (const char *const *) groups->pdata, otherwise,
                                 "there is no group '%s'", group);
}

static int
keys(const SrOptions *options)
{
    g_autoptr(GString) text = g_string_new(NULL);
    size_t n = sr_options_count(options->arguments);

    if (n > 1)
        return sr_usage_error("one group at most, but %zu were given", n);
    if (n > 0 && options->markdown)
        return sr_usage_error("--markdown prints all groups and takes none");
    if (options->markdown)
        sr_scenario_keys_markdown(text);
    else if (!sr_scenario_keys_text(text, n > 0 ? options->arguments[0] : NULL))
        return refuse_group(options->arguments[0]);
    return sr_output_text(options->output, text->str, text->len);
}

/* clang-format off */
const SrCommand sr_command_keys = {
    .name = "keys",
    .question = "what can I write in a scenario?",
    .arguments = "[GROUP]",
    .summary =
        "Prints every key of a scenario, with type, unit, default and meaning; with GROUP,\n"
        "only the keys of that group.",
    .description =
        "Exit status:\n"
        "  0  printed\n"
        "  2  there is no such group, or the command line is malformed\n"
        "  3  the output could not be written\n\n"
        "Example:\n"
        "  session-race keys encryption-provider\n",
    .options = SR_OPTION_MARKDOWN | SR_OPTION_OUTPUT,
    .run = keys,
};
/* clang-format on */

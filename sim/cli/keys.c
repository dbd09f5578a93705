/* `keys`: what a scenario may contain, from the table that the reader itself uses. */
#include "cli-private.h"

#include <string.h>

#include "report/style.h"
#include "scenario/keys.h"

#define COLUMNS 80u

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

/* Returns: (transfer full) (element-type utf8): the keys of @group, ended by NULL */
static GPtrArray *
list_keys(const char *group)
{
    size_t n_keys;
    const SrScenarioKey *rows = sr_scenario_keys(&n_keys);
    GPtrArray *keys = g_ptr_array_new();

    for (size_t i = 0; i < n_keys; i++) {
        size_t length = strlen(group);

        if (strncmp(rows[i].group, group, length) == 0 &&
            (rows[i].group[length] == '\0' || g_ascii_isupper(rows[i].group[length + 1])))
            g_ptr_array_add(keys, (gpointer) (uintptr_t) rows[i].name);
    }
    g_ptr_array_add(keys, NULL);
    return keys;
}

/* Refuses GROUP.KEY whose group is there. */
static int
refuse_key(const char *group, const char *key)
{
    g_autoptr(GPtrArray) keys = list_keys(group);
    g_autofree char *otherwise =
        g_strdup_printf("; 'session-race keys %s' lists its keys", group);

    return sr_unknown_word_error(key, (const char *const *) keys->pdata, otherwise,
                                 "there is no key '%s' in [%s]", key, group);
}

static int
refuse_group(const char *group)
{
    g_autoptr(GPtrArray) groups = list_groups();
    g_autofree char *known = g_strjoinv(", ", (char **) groups->pdata);
    const char *with = find_group_with(group);
    g_autofree char *otherwise =
        with != NULL
            ? g_strdup_printf(", but a key of [%s] is called so; keys GROUP.KEY shows one key",
                              with)
            : g_strdup_printf(", only: %s", known);

    return sr_unknown_word_error(group, (const char *const *) groups->pdata, otherwise,
                                 "there is no group '%s'", group);
}

static int
refuse(const char *what)
{
    const char *dot = strchr(what, '.');
    g_autofree char *group = g_strndup(what, strcspn(what, "."));
    g_autoptr(GString) ignored = g_string_new(NULL);

    return dot != NULL && sr_scenario_keys_text(ignored, group) ? refuse_key(group, dot + 1)
                                                                : refuse_group(group);
}

/* Returns: where the further lines of a long @line begin: below the text that follows a gap, as in
 * a table, or else a little further in */
static unsigned
hang_of(const char *line)
{
    size_t indent = strspn(line, " ");
    const char *gap = strstr(line + indent, "  ");

    if (gap == NULL || gap - line > COLUMNS / 2)
        return (unsigned) indent + (indent < 6 ? 4 : 0);
    return (unsigned) (gap - line) + (unsigned) strspn(gap, " ");
}

/* Returns: (transfer full): @text, its lines broken at the width of the terminal */
static GString *
break_lines(const char *text, const char *output)
{
    const SrStyle style = { .columns = sr_options_columns(output, COLUMNS) };
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    GString *out = g_string_new(NULL);

    for (unsigned i = 0; lines[i] != NULL && (lines[i + 1] != NULL || *lines[i] != '\0'); i++) {
        gsize start = out->len;

        g_string_append(out, lines[i]);
        sr_style_end_line(&style, start, hang_of(lines[i]), out);
    }
    return out;
}

static int
keys(const SrOptions *options)
{
    g_autoptr(GString) text = g_string_new(NULL);
    size_t n = sr_options_count(options->arguments);

    if (n > 1)
        return sr_usage_error("one group or key at most, but %zu were given", n);
    if (n > 0 && options->markdown)
        return sr_usage_error("--markdown prints all groups and takes none");
    if (options->markdown) {
        sr_scenario_keys_markdown(text);
        return sr_output_text(options->output, text->str, text->len);
    }
    if (!sr_scenario_keys_text(text, n > 0 ? options->arguments[0] : NULL))
        return refuse(options->arguments[0]);

    g_autoptr(GString) broken = break_lines(text->str, options->output);

    return sr_output_text(options->output, broken->str, broken->len);
}

/* clang-format off */
const SrCommand sr_command_keys = {
    .name = "keys",
    .question = "what can I write in a scenario?",
    .arguments = "[GROUP[.KEY]]",
    .summary =
        "Prints every key of a scenario, with type, unit, default and meaning; with GROUP,\n"
        "only the keys of that group; with GROUP.KEY, that key.",
    .description =
        "Lines are as wide as the terminal, or 80 columns wide where there is none.\n\n"
        "Exit status:\n"
        "  0  printed\n"
        "  2  there is no such group or key, or the command line is malformed\n"
        "  3  the output could not be written\n\n"
        "Examples:\n"
        "  session-race keys encryption-provider\n"
        "  session-race keys encryption-provider.retention\n",
    .options = SR_OPTION_MARKDOWN | SR_OPTION_OUTPUT,
    .run = keys,
};
/* clang-format on */

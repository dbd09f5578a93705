/* A scenario as a file: defaults are left out, and the equals signs are aligned, as in a file
 * that a person has written. */
#include "scenario/scenario-edit.h"

#include <string.h>

#include "scenario-edit-private.h"

/* ---- the comment at the head ---- */

/* Nothing in it may end the comment or be invalid in a file. */
static void
append_comment(GString *out, const char *comment)
{
    g_autofree char *valid = g_utf8_make_valid(comment, -1);
    g_auto(GStrv) lines = g_strsplit(g_strchomp(valid), "\n", -1);

    for (unsigned i = 0; lines[i] != NULL; i++) {
        g_strchomp(lines[i]);
        g_string_append(out, *lines[i] == '\0' ? "#" : "# ");
        for (const char *p = lines[i]; *p != '\0'; p = sr_next_char(p)) {
            gunichar c = g_utf8_get_char(p);

            if (g_unichar_iscntrl(c))
                g_string_append_c(out, '?');
            else
                g_string_append_unichar(out, c);
        }
        g_string_append_c(out, '\n');
    }
}

/* ---- groups ---- */

/* A scenario without documents has one with this name. */
static bool
is_the_one_document(const SrScenarioEdit *edit, uint32_t header)
{
    uint32_t end = sr_edit_group_end(edit, header);

    return strcmp(edit_line(edit, header)->group, "document document") == 0 &&
           (header == 0 || edit_line(edit, header - 1)->kind != SR_GROUP_DOCUMENT) &&
           (end == edit->lines->len || edit_line(edit, end)->kind != SR_GROUP_DOCUMENT);
}

/* Canonical words have blanks around bars and after commas. If they make a line too long to be
 * read back, they are left out. */
static void
append_line(GString *out, size_t width, const char *key, const char *value)
{
    if (width + strlen(" = ") + strlen(value) <= SR_SCENARIO_LINE_MAX) {
        g_string_append_printf(out, "%-*s = %s\n", (int) width, key, value);
        return;
    }
    g_string_append_printf(out, "%s=", key);
    for (const char *p = value; *p != '\0'; p++) {
        bool needless = *p == ' ' && p > value && (p[-1] == ',' || p[-1] == '|' || p[1] == '|');

        if (!needless)
            g_string_append_c(out, *p);
    }
    g_string_append_c(out, '\n');
}

/* @header … @end: the group's lines. */
static void
append_group(const SrScenarioEdit *edit, uint32_t header, uint32_t end, GString *out)
{
    size_t width = 0;
    unsigned n = 0;

    for (uint32_t i = header + 1; i < end; i++)
        if (!sr_scenario_edit_is_default(edit, i)) {
            width = MAX(width, strlen(edit_line(edit, i)->key));
            n++;
        }
    if (n == 0 && (!sr_group_info(edit_line(edit, header)->kind)->stands_alone ||
                   is_the_one_document(edit, header)))
        return;
    g_string_append_printf(out, "%s[%s]\n", out->len > 0 ? "\n" : "",
                           edit_line(edit, header)->group);
    for (uint32_t i = header + 1; i < end; i++) {
        if (!sr_scenario_edit_is_default(edit, i))
            append_line(out, width, edit_line(edit, i)->key, edit_line(edit, i)->value);
    }
}

char *
sr_scenario_edit_text(const SrScenarioEdit *edit, const char *comment)
{
    GString *out = g_string_new(NULL), *groups = g_string_new(NULL);

    if (comment != NULL)
        append_comment(out, comment);
    for (uint32_t i = 0; i < edit->lines->len;) {
        uint32_t end = sr_edit_group_end(edit, i);

        append_group(edit, i, end, groups);
        i = end;
    }
    g_string_append_len(out, groups->str, (gssize) groups->len);
    g_string_free(groups, TRUE);
    return g_string_free(out, FALSE);
}

char *
sr_scenario_text(const SrScenario *scenario, const char *comment)
{
    g_autoptr(SrScenarioEdit) edit = sr_scenario_edit_new(scenario);

    return sr_scenario_edit_text(edit, comment);
}

/* Clients in a list of lines: updates every line that names a group of clients when the group
 * is removed, made smaller or split.
 *
 * The name of a client appears in headers ([link A B], [expect client A]), in actions, in
 * expectations, in draws and in varied keys. Each change says which names replace an old one:
 * none, one or several. Then the list is written again, line by line. */
#include <string.h>

#include "scenario-edit-private.h"

/* The change of one group. */
typedef struct {
    const char *name;
    size_t length;   /* of @name */
    uint32_t count;  /* members before */
    uint32_t n_left; /* members afterwards, the first ones */
    bool alone;      /* each member left becomes a group of its own, NAME-1 and so on */
} Change;

/* ---- names ---- */

/* Returns: the number of the member with that name, from 1; 0 if it is no member */
static uint32_t
member_number(const Change *change, const char *name)
{
    uint64_t number;
    bool overflow;

    if (change->count < 2 || strncmp(name, change->name, change->length) != 0 ||
        name[change->length] != '-')
        return 0;
    const char *digits = name + change->length + 1;

    if (*digits == '0' || !sr_slice_number(sr_slice_text(digits), &number, &overflow) ||
        number > change->count)
        return 0;
    return (uint32_t) number;
}

static bool
is_whole(const Change *change, const char *name)
{
    return strcmp(name, change->name) == 0;
}

/* Returns: how many names replace @name; one if the change does not concern it */
static uint32_t
n_names(const Change *change, const char *name)
{
    if (is_whole(change, name))
        return change->alone ? change->n_left : change->n_left > 0;
    return member_number(change, name) <= change->n_left;
}

/* Returns: (transfer full): the @i-th name that replaces @name */
static char *
new_name(const Change *change, const char *name, uint32_t i)
{
    return is_whole(change, name) && change->alone ? g_strdup_printf("%s-%u", name, i + 1)
                                                   : g_strdup(name);
}

/* ---- headers ---- */

/* "link " "fan" " server" */
typedef struct {
    char *before, *name, *after;
} Header;

static void
header_clear(Header *header)
{
    g_free(header->before);
    g_free(header->name);
    g_free(header->after);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Header, header_clear)

/* Splits the text of a group around the name of its client; FALSE if it has none. */
static bool
split_header(SrGroupKind kind, const char *group, Header *header)
{
    const char *name = group + strlen(sr_group_info(kind)->word);

    *header = (Header){ 0 };
    if (kind != SR_GROUP_LINK && kind != SR_GROUP_CLIENT && kind != SR_GROUP_EXPECT_CLIENT)
        return false;
    while (*name == ' ') {
        size_t length = strcspn(++name, " ");
        g_autofree char *word = g_strndup(name, length);

        if (strcmp(word, "*") != 0 && strcmp(word, "->") != 0 &&
            sr_service_lookup(word, length) == SR_NODE_NONE) {
            *header = (Header){ g_strndup(group, (gsize) (name - group)),
                                g_steal_pointer(&word), g_strdup(name + length) };
            return true;
        }
        name += length;
    }
    return false;
}

static char *
join_header(const Header *header, const char *name)
{
    return g_strconcat(header->before, name, header->after, NULL);
}

/* ---- writing anew ---- */

static void
append(SrScenarioEdit *out, SrGroupKind kind, const char *group, const char *key,
       const char *value)
{
    sr_edit_insert(out, out->lines->len, kind, group, key, value);
}

/* Copies lines @from … @end of @old, which belong to one group, under the header @group. A key
 * that the last group of @out already has is left out. */
static void
append_lines(SrScenarioEdit *out, const char *group, const SrScenarioEdit *old, uint32_t from,
             uint32_t end, uint32_t header)
{
    uint32_t had = out->lines->len;

    for (uint32_t i = from; i < end; i++) {
        const EditLine *line = edit_line(old, i);
        bool there = false;

        for (uint32_t k = header; k < had && !there; k++)
            there = g_strcmp0(edit_line(out, k)->key, line->key) == 0;
        if (!there)
            append(out, line->kind, group, line->key, line->value);
    }
}

/* Works on the last group, whose header is line @header. */
static void
set_count(SrScenarioEdit *out, uint32_t header, uint32_t n)
{
    char text[16];

    g_snprintf(text, sizeof text, "%u", n);
    for (uint32_t i = header + 1; i < out->lines->len; i++)
        if (strcmp(edit_line(out, i)->key, "count") == 0) {
            sr_edit_assign(&edit_line(out, i)->value, text);
            return;
        }
    append(out, SR_GROUP_CLIENT, edit_line(out, header)->group, "count", text);
}

/* Copies the group of all members once for each name. A member that has such a group itself
 * keeps it and gets the keys that it lacks. */
static void
write_whole(SrScenarioEdit *out, const SrScenarioEdit *old, uint32_t from, uint32_t end,
            const Header *header, const Change *change)
{
    SrGroupKind kind = edit_line(old, from)->kind;

    for (uint32_t i = 0; i < n_names(change, header->name); i++) {
        g_autofree char *name = new_name(change, header->name, i),
                        *group = join_header(header, name);

        /* No client may have the name of a member of another group. */
        if (change->alone && kind != SR_GROUP_CLIENT &&
            sr_scenario_edit_find(old, group, NULL) != SR_EDIT_NONE)
            continue;
        uint32_t start = out->lines->len;

        append_lines(out, group, old, from, end, start);
        if (kind == SR_GROUP_CLIENT)
            set_count(out, start, change->alone ? 1 : change->n_left);
    }
}

static void
write_member(SrScenarioEdit *out, const SrScenarioEdit *old, uint32_t from, uint32_t end,
             const Header *header, const Change *change)
{
    const char *group = edit_line(old, from)->group;
    uint32_t start = out->lines->len;

    if (n_names(change, header->name) == 0)
        return;
    append_lines(out, group, old, from, end, start);
    if (!change->alone)
        return;
    g_autofree char *whole = join_header(header, change->name);
    uint32_t all = sr_scenario_edit_find(old, whole, NULL);

    if (all != SR_EDIT_NONE)
        append_lines(out, group, old, all, sr_edit_group_end(old, all), start);
}

/* `crash NAME for 2s`: the second word is the target. */
static void
write_action(SrScenarioEdit *out, const EditLine *line, const Change *change)
{
    size_t word = strcspn(line->value, " ");
    const char *target = line->value + word + (line->value[word] != '\0');
    size_t length = strcspn(target, " ");
    g_autofree char *name = g_strndup(target, length),
                    *action = g_strndup(line->value, (gsize) (target - line->value));

    for (uint32_t i = 0; i < n_names(change, name); i++) {
        g_autofree char *now = new_name(change, name, i),
                        *value = g_strconcat(action, now, target + length, NULL);

        append(out, line->kind, line->group, line->key, value);
    }
}

/* `winner`, or the names of `collaborating`. */
static void
write_names(SrScenarioEdit *out, const EditLine *line, const Change *change)
{
    g_auto(GStrv) names = g_strsplit(line->value, ", ", -1);
    g_autoptr(GString) value = g_string_new(NULL);

    for (unsigned k = 0; names[k] != NULL; k++)
        for (uint32_t i = 0; i < n_names(change, names[k]); i++) {
            g_autofree char *now = new_name(change, names[k], i);

            g_string_append_printf(value, "%s%s", value->len > 0 ? ", " : "", now);
        }
    if (value->len > 0)
        append(out, line->kind, line->group, line->key, value->str);
}

static bool
is_of_names(const EditLine *line)
{
    if (strcmp(line->key, "winner") == 0)
        return true;
    return strcmp(line->key, "collaborating") == 0 && strcmp(line->value, "all") != 0 &&
           strspn(line->value, "0123456789") < strlen(line->value);
}

/* ---- draws ---- */

/* "client/start alice 0": whether the client, if it is one, is left. A client by itself keeps its
 * name, and a draw is never of several. */
static bool
keeps_draw(const char *key, const Change *change)
{
    g_auto(GStrv) words = g_strsplit(key, " ", -1);

    return g_strv_length(words) < 2 || n_names(change, words[1]) > 0;
}

/* ---- the study ---- */

/* Splits "client fan.start" around the name of its client. Returns: where the dot is; NULL if there
 * is no such name */
static const char *
split_varied(const char *text, Header *header)
{
    const char *dot = strrchr(text, '.');
    g_autofree char *group =
        dot == NULL ? g_strdup(text) : g_strndup(text, (gsize) (dot - text));

    return split_header(sr_edit_kind(group), group, header) ? dot : NULL;
}

/* Returns: (transfer full): what "client fan.start" becomes; NULL if it is removed */
static char *
varied_key(const char *text, const Change *change)
{
    g_auto(Header) header = { 0 };
    const char *dot;

    if (g_str_has_prefix(text, "draws."))
        return keeps_draw(text, change) ? g_strdup(text) : NULL;
    dot = split_varied(text, &header);
    if (dot == NULL)
        return g_strdup(text);
    if (n_names(change, header.name) == 0)
        return NULL;
    g_autofree char *name = new_name(change, header.name, 0),
                    *joined = join_header(&header, name);

    return g_strconcat(joined, dot, NULL);
}

static void
write_study(SrScenarioEdit *out, const EditLine *line, const Change *change)
{
    static const char vary[] = "vary ";

    if (g_str_has_prefix(line->key, vary)) {
        g_autofree char *now = varied_key(line->key + strlen(vary), change);
        g_autofree char *key = now == NULL ? NULL : g_strconcat(vary, now, NULL);

        if (key != NULL)
            append(out, line->kind, line->group, key, line->value);
    } else if (strcmp(line->key, "zip") == 0) {
        g_auto(GStrv) names = g_strsplit(line->value, ", ", -1);
        g_autoptr(GString) value = g_string_new(NULL);
        unsigned n = 0;

        for (unsigned k = 0; names[k] != NULL; k++) {
            g_autofree char *now = varied_key(names[k], change);

            if (now != NULL)
                g_string_append_printf(value, "%s%s", n++ > 0 ? ", " : "", now);
        }
        /* A single key needs no zip. */
        if (n > 1)
            append(out, line->kind, line->group, line->key, value->str);
    } else {
        append(out, line->kind, line->group, line->key, line->value);
    }
}

/* Whether [study] varies a key of the whole group. */
static bool
is_varied(const SrScenarioEdit *edit, const Change *change)
{
    for (uint32_t i = 0; i < edit->lines->len; i++) {
        const EditLine *line = edit_line(edit, i);
        g_auto(Header) header = { 0 };

        if (line->kind != SR_GROUP_STUDY || line->key == NULL ||
            !g_str_has_prefix(line->key, "vary ") ||
            g_str_has_prefix(line->key, "vary draws."))
            continue;
        if (split_varied(line->key + strlen("vary "), &header) != NULL &&
            is_whole(change, header.name))
            return true;
    }
    return false;
}

/* ---- all lines ---- */

static void
write_line(SrScenarioEdit *out, const EditLine *line, const Change *change)
{
    if (line->key == NULL)
        append(out, line->kind, line->group, NULL, NULL);
    else if (line->kind == SR_GROUP_TIMELINE)
        write_action(out, line, change);
    else if (line->kind == SR_GROUP_STUDY)
        write_study(out, line, change);
    else if (line->kind == SR_GROUP_DRAWS && !keeps_draw(line->key, change))
        return;
    else if (line->kind == SR_GROUP_EXPECT && is_of_names(line))
        write_names(out, line, change);
    else
        append(out, line->kind, line->group, line->key, line->value);
}

static void
write_group(SrScenarioEdit *out, const SrScenarioEdit *old, uint32_t from, uint32_t end,
            const Change *change)
{
    g_auto(Header) header = { 0 };
    const EditLine *first = edit_line(old, from);

    if (!split_header(first->kind, first->group, &header)) {
        for (uint32_t i = from; i < end; i++)
            write_line(out, edit_line(old, i), change);
    } else if (is_whole(change, header.name)) {
        write_whole(out, old, from, end, &header, change);
    } else if (member_number(change, header.name) > 0) {
        write_member(out, old, from, end, &header, change);
    } else {
        append_lines(out, first->group, old, from, end, out->lines->len);
    }
}

static uint64_t
n_clients(const SrScenarioEdit *edit)
{
    uint64_t n = 0;

    for (uint32_t i = 0; i < edit->lines->len; i++) {
        const EditLine *line = edit_line(edit, i);

        if (line->kind == SR_GROUP_CLIENT && g_strcmp0(line->key, "count") == 0)
            n += g_ascii_strtoull(line->value, NULL, 10);
    }
    return n;
}

/* `collaborating = N` must not be more than the number of clients. */
static void
limit_collaborating(SrScenarioEdit *edit)
{
    uint32_t index = sr_scenario_edit_find(edit, "expect", "collaborating");
    uint64_t n = n_clients(edit);
    char text[24];

    if (index == SR_EDIT_NONE || !g_ascii_isdigit(*edit_line(edit, index)->value) ||
        is_of_names(edit_line(edit, index)) ||
        g_ascii_strtoull(edit_line(edit, index)->value, NULL, 10) <= n)
        return;
    g_snprintf(text, sizeof text, "%" G_GUINT64_FORMAT, n);
    sr_edit_assign(&edit_line(edit, index)->value, text);
}

static void
make_change(SrScenarioEdit *edit, const Change *change)
{
    g_autoptr(SrScenarioEdit) old = sr_scenario_edit_copy(edit);

    g_array_set_size(edit->lines, 0);
    for (uint32_t i = 0; i < old->lines->len;) {
        uint32_t end = sr_edit_group_end(old, i);

        write_group(edit, old, i, end, change);
        i = end;
    }
    limit_collaborating(edit);
}

/* Returns: FALSE if there is no such group. @change borrows @name. */
static bool
start_change(const SrScenarioEdit *edit, const char *name, Change *change)
{
    g_autofree char *group = g_strconcat("client ", name, NULL);
    uint32_t count = sr_scenario_edit_find(edit, group, "count");

    if (sr_scenario_edit_find(edit, group, NULL) == SR_EDIT_NONE)
        return false;
    *change = (Change){ .name = name, .length = strlen(name), .count = 1 };
    if (count != SR_EDIT_NONE)
        change->count = (uint32_t) MIN(
            g_ascii_strtoull(edit_line(edit, count)->value, NULL, 10), SR_SCENARIO_CLIENTS_MAX);
    return true;
}

/* Whether the name of member @number is valid in a file. */
static bool
name_fits(const Change *change, uint32_t number)
{
    char text[16];

    return change->length + 1 + (size_t) g_snprintf(text, sizeof text, "%u", number) <= 64;
}

bool
sr_scenario_edit_remove_client(SrScenarioEdit *edit, const char *name)
{
    g_autofree char *kept = g_strdup(name); /* @name may belong to the list */
    Change change;

    if (!start_change(edit, kept, &change))
        return false;
    make_change(edit, &change);
    return true;
}

bool
sr_scenario_edit_set_count(SrScenarioEdit *edit, const char *name, uint32_t n)
{
    g_autofree char *kept = g_strdup(name);
    Change change;

    g_assert(n > 0);
    if (!start_change(edit, kept, &change))
        return false;
    change.n_left = n;
    change.alone = n == 1 && change.count > 1;
    if (change.alone && !name_fits(&change, 1))
        return false;
    make_change(edit, &change);
    return true;
}

bool
sr_scenario_edit_split(SrScenarioEdit *edit, const char *name)
{
    g_autofree char *kept = g_strdup(name);
    Change change;

    if (!start_change(edit, kept, &change) || !name_fits(&change, change.count) ||
        change.count > SR_SCENARIO_GROUPS_MAX || is_varied(edit, &change))
        return false;
    if (change.count == 1)
        return true;
    change.n_left = change.count;
    change.alone = true;
    make_change(edit, &change);
    return true;
}

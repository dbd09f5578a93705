/* The list of lines: it is made from the resolved form, then read and changed line by line. */
#include "scenario/scenario-edit.h"

#include <string.h>

#include "scenario-edit-private.h"
#include "scenario/fixed-draws.h"

/* ---- memory ---- */

static void
line_clear(gpointer data)
{
    EditLine *line = data;

    g_ref_string_release(line->group);
    g_clear_pointer(&line->key, g_ref_string_release);
    g_clear_pointer(&line->value, g_ref_string_release);
}

static SrScenarioEdit *
edit_new(void)
{
    SrScenarioEdit *edit = g_new(SrScenarioEdit, 1);

    edit->lines = g_array_new(FALSE, FALSE, sizeof(EditLine));
    g_array_set_clear_func(edit->lines, line_clear);
    return edit;
}

void
sr_scenario_edit_free(SrScenarioEdit *edit)
{
    if (edit == NULL)
        return;
    g_array_unref(edit->lines);
    g_free(edit);
}

SrScenarioEdit *
sr_scenario_edit_copy(const SrScenarioEdit *edit)
{
    SrScenarioEdit *copy = edit_new();

    g_array_append_vals(copy->lines, edit->lines->data, edit->lines->len);
    for (uint32_t i = 0; i < copy->lines->len; i++) {
        EditLine *line = edit_line(copy, i);

        g_ref_string_acquire(line->group);
        if (line->key == NULL)
            continue;
        g_ref_string_acquire(line->key);
        g_ref_string_acquire(line->value);
    }
    return copy;
}

void
sr_edit_insert(SrScenarioEdit *edit, uint32_t index, SrGroupKind kind, const char *group,
               const char *key, const char *value)
{
    EditLine line = { kind, g_ref_string_new(group), key == NULL ? NULL : g_ref_string_new(key),
                      key == NULL ? NULL : g_ref_string_new(value) };

    g_array_insert_val(edit->lines, index, line);
}

void
sr_edit_assign(char **text, const char *new_text)
{
    char *copy = g_ref_string_new(new_text);

    g_ref_string_release(*text);
    *text = copy;
}

/* ---- from a scenario ---- */

static void
append(SrScenarioEdit *edit, SrGroupKind kind, const char *group, const char *key,
       const char *value)
{
    sr_edit_insert(edit, edit->lines->len, kind, group, key, value);
}

static void
append_varied(SrScenarioEdit *edit, const SrScenario *scenario)
{
    for (unsigned i = 0; i < scenario->study.varies->len; i++) {
        const SrVariedKey *varied = &g_array_index(scenario->study.varies, SrVariedKey, i);
        g_autofree char *key = g_strdup_printf("vary %s", varied->key);

        append(edit, SR_GROUP_STUDY, "study", key, varied->text);
    }
}

/* @name: nullable, follows the word of the kind. */
static void
append_group(SrScenarioEdit *edit, const SrScenario *scenario, SrGroupKind kind,
             const char *name, const char *const *values)
{
    const SrGroupInfo *info = sr_group_info(kind);
    g_autofree char *group =
        name == NULL ? g_strdup(info->word) : g_strdup_printf("%s %s", info->word, name);

    append(edit, kind, group, NULL, NULL);
    for (unsigned i = 0; i < info->n; i++) {
        const SrKey *key = sr_group_key(kind, i);

        if (key->type == &sr_type_vary)
            append_varied(edit, scenario);
        else if (values[i] != NULL)
            append(edit, kind, group, key->name, values[i]);
    }
}

static void
append_timeline(SrScenarioEdit *edit, const SrScenario *scenario)
{
    char at[SR_SPAN_TEXT_MAX];

    if (scenario->timeline->len > 0)
        append(edit, SR_GROUP_TIMELINE, "timeline", NULL, NULL);
    for (unsigned i = 0; i < scenario->timeline->len; i++) {
        const SrTimelineEntry *entry = &g_array_index(scenario->timeline, SrTimelineEntry, i);
        g_autofree char *action = sr_timeline_entry_text(scenario, entry);

        sr_span_format(entry->at, at);
        append(edit, SR_GROUP_TIMELINE, "timeline", at, action);
    }
}

static void
append_draws(SrScenarioEdit *edit, const SrScenario *scenario)
{
    if (scenario->draws->len > 0)
        append(edit, SR_GROUP_DRAWS, "draws", NULL, NULL);
    for (unsigned i = 0; i < scenario->draws->len; i++) {
        const SrDraw *draw = &g_array_index(scenario->draws, SrDraw, i);
        g_autofree char *name = sr_draw_name(scenario, draw), *value = sr_draw_value(draw);

        append(edit, SR_GROUP_DRAWS, "draws", name, value);
    }
}

static void
append_kind(SrScenarioEdit *edit, const SrScenario *scenario, SrGroupKind kind)
{
    const GPtrArray *named = sr_resolved(scenario)->named[kind];

    if (kind == SR_GROUP_TIMELINE)
        append_timeline(edit, scenario);
    else if (kind == SR_GROUP_DRAWS)
        append_draws(edit, scenario);
    else if (sr_group_is_single(kind) && sr_group_is_there(scenario, kind))
        append_group(edit, scenario, kind, NULL, sr_resolved(scenario)->single[kind]);
    for (unsigned i = 0; i < named->len; i++) {
        const SrNamedGroup *group = g_ptr_array_index(named, i);

        append_group(edit, scenario, kind, group->name, group->values);
    }
}

SrScenarioEdit *
sr_scenario_edit_new(const SrScenario *scenario)
{
    SrScenarioEdit *edit = edit_new();

    for (unsigned kind = 0; kind < SR_GROUP_N; kind++)
        append_kind(edit, scenario, (SrGroupKind) kind);
    return edit;
}

/* ---- looking ---- */

uint32_t
sr_scenario_edit_n_lines(const SrScenarioEdit *edit)
{
    return edit->lines->len;
}

const SrKey *
sr_edit_key(const EditLine *line)
{
    if (line->kind == SR_GROUP_TIMELINE || line->kind == SR_GROUP_DRAWS)
        return sr_group_key(line->kind, 0);
    if (line->kind == SR_GROUP_STUDY && g_str_has_prefix(line->key, "vary "))
        return sr_group_key(SR_GROUP_STUDY, sr_group_index(SR_GROUP_STUDY, "vary GROUP.KEY"));
    int index = sr_group_find(line->kind, sr_slice_text(line->key));

    return index < 0 ? NULL : sr_group_key(line->kind, (unsigned) index);
}

/* The defaults in canonical words, which may differ from those of the reference: 60s is 1min.
 * They are read once from an empty scenario. */
static const SrScenario *
silent_scenario(void)
{
    static const char text[] = "[client one]\n";
    static gsize ready = 0;

    if (g_once_init_enter(&ready)) {
        g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
        SrScenario *scenario =
            sr_scenario_parse("defaults", text, strlen(text), NULL, 0, diagnostics);

        g_assert(scenario != NULL);
        g_once_init_leave(&ready, (gsize) scenario);
    }
    return (const SrScenario *) ready;
}

static const char *
canonical_default(SrGroupKind kind, unsigned index)
{
    const SrScenario *silent = silent_scenario();
    const char *const *values = sr_group_is_single(kind)
                                    ? sr_resolved(silent)->single[kind]
                                    : sr_named_group(silent, kind, 0)->values;

    return values[index];
}

/* Two defaults depend on other lines: a client that names no document has the only one, and all
 * clients collaborate if the verdict is pass. */
const char *
sr_edit_default(const SrScenarioEdit *edit, uint32_t index)
{
    const EditLine *line = edit_line(edit, index);
    const SrKey *key = line->key == NULL ? NULL : sr_edit_key(line);

    if (key == NULL)
        return NULL;
    if (line->kind == SR_GROUP_CLIENT && strcmp(line->key, "document") == 0) {
        const char *only = NULL;

        /* Documents come before clients. */
        for (uint32_t i = 0; edit_line(edit, i)->kind < SR_GROUP_CLIENT; i++) {
            const EditLine *other = edit_line(edit, i);

            if (other->kind != SR_GROUP_DOCUMENT || other->key != NULL)
                continue;
            if (only != NULL)
                return NULL;
            only = other->group + strlen("document ");
        }
        return only != NULL ? only : "document";
    }
    if (line->kind == SR_GROUP_EXPECT && strcmp(line->key, "collaborating") == 0) {
        uint32_t verdict = sr_scenario_edit_find(edit, "expect", "verdict");

        return verdict == SR_EDIT_NONE || strcmp(edit_line(edit, verdict)->value, "pass") == 0
                   ? "all"
                   : NULL;
    }
    return *key->default_text == '\0'
               ? NULL
               : canonical_default(line->kind, sr_group_index(line->kind, line->key));
}

SrEditLine
sr_scenario_edit_line(const SrScenarioEdit *edit, uint32_t index)
{
    const EditLine *line = edit_line(edit, index);
    const SrKey *key = line->key == NULL ? NULL : sr_edit_key(line);

    g_assert(index < edit->lines->len);
    return (SrEditLine){ line->group, line->key, line->value, sr_edit_default(edit, index),
                         key == NULL ? NULL : sr_key_about(key) };
}

bool
sr_scenario_edit_is_default(const SrScenarioEdit *edit, uint32_t index)
{
    const char *without = sr_edit_default(edit, index);

    return without != NULL && strcmp(edit_line(edit, index)->value, without) == 0;
}

uint32_t
sr_scenario_edit_find(const SrScenarioEdit *edit, const char *group, const char *key)
{
    for (uint32_t i = 0; i < edit->lines->len; i++) {
        const EditLine *line = edit_line(edit, i);

        if (g_strcmp0(line->key, key) == 0 && strcmp(line->group, group) == 0)
            return i;
    }
    return SR_EDIT_NONE;
}

uint32_t
sr_edit_group_end(const SrScenarioEdit *edit, uint32_t header)
{
    uint32_t end = header + 1;

    while (end < edit->lines->len && edit_line(edit, end)->key != NULL)
        end++;
    return end;
}

/* ---- changing ---- */

/* Returns: the kind whose word or words @group begins with */
SrGroupKind
sr_edit_kind(const char *group)
{
    SrGroupKind kind = SR_GROUP_N;

    for (unsigned k = 0; k < SR_GROUP_N; k++) {
        const char *word = sr_group_info((SrGroupKind) k)->word;
        size_t length = strlen(word);

        /* If two match, the longer one is later in the table: `expect client`. */
        if (strncmp(group, word, length) == 0 &&
            (group[length] == '\0' || group[length] == ' '))
            kind = (SrGroupKind) k;
    }
    g_assert(kind < SR_GROUP_N);
    return kind;
}

/* Finds the header of @group. If there is none, adds it after the groups of its kind. */
static uint32_t
header_of(SrScenarioEdit *edit, const char *group)
{
    uint32_t header = sr_scenario_edit_find(edit, group, NULL), place = 0;
    SrGroupKind kind = sr_edit_kind(group);

    if (header != SR_EDIT_NONE)
        return header;
    while (place < edit->lines->len && edit_line(edit, place)->kind <= kind)
        place++;
    sr_edit_insert(edit, place, kind, group, NULL, NULL);
    return place;
}

void
sr_scenario_edit_set(SrScenarioEdit *edit, const char *group, const char *key,
                     const char *value)
{
    uint32_t index = sr_scenario_edit_find(edit, group, key);

    g_assert(key != NULL);
    g_assert(strcmp(group, "timeline") != 0);
    if (index != SR_EDIT_NONE) {
        sr_edit_assign(&edit_line(edit, index)->value, value);
        return;
    }
    index = header_of(edit, group);
    sr_edit_insert(edit, sr_edit_group_end(edit, index), sr_edit_kind(group), group, key,
                   value);
}

void
sr_scenario_edit_replace(SrScenarioEdit *edit, uint32_t index, const char *key,
                         const char *value)
{
    EditLine *line = edit_line(edit, index);

    g_assert(index < edit->lines->len);
    g_assert(line->key != NULL);
    sr_edit_assign(&line->key, key);
    sr_edit_assign(&line->value, value);
}

void
sr_scenario_edit_add_action(SrScenarioEdit *edit, SrTime at, const char *action)
{
    uint32_t header = header_of(edit, "timeline");
    char text[SR_SPAN_TEXT_MAX];

    sr_span_format(at, text);
    sr_edit_insert(edit, sr_edit_group_end(edit, header), SR_GROUP_TIMELINE, "timeline", text,
                   action);
}

void
sr_scenario_edit_remove(SrScenarioEdit *edit, uint32_t index)
{
    g_assert(index < edit->lines->len);
    uint32_t end =
        edit_line(edit, index)->key == NULL ? sr_edit_group_end(edit, index) : index + 1;

    g_array_remove_range(edit->lines, index, end - index);
}

bool
sr_scenario_edit_remove_group(SrScenarioEdit *edit, const char *group)
{
    uint32_t header = sr_scenario_edit_find(edit, group, NULL);

    if (header == SR_EDIT_NONE)
        return false;
    sr_scenario_edit_remove(edit, header);
    return true;
}

SrScenario *
sr_scenario_edit_parse(const SrScenarioEdit *edit, const char *path, SrDiagnostics *diagnostics)
{
    g_autofree char *text = sr_scenario_edit_text(edit, NULL);

    return sr_scenario_parse(path, text, strlen(text), NULL, 0, diagnostics);
}

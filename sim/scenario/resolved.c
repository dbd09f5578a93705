/* The resolved form: a scenario with every default written out, as JSON in one canonical form.
 *
 * Two files have the same resolved form if they differ only in spacing, comments, the order of
 * keys, units, or defaults that are written out. Keys that came to the format later are left out at
 * their defaults, so that older files keep their form. The `source` of a trace is its digest.
 * scenario.h describes the form. */
#include "session-race/scenario.h"

#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include "base/digest.h"
#include "base/escape.h"
#include "scenario/fixed-draws.h"
#include "scenario-private.h"

/* ---- a small writer ---- */

typedef struct {
    GString *out;
    bool pretty;
    bool first; /* of the object or list that is being written */
    unsigned depth;
} Writer;

static void
begin_item(Writer *writer)
{
    if (!writer->first)
        g_string_append_c(writer->out, ',');
    writer->first = false;
    if (writer->pretty && writer->depth > 0)
        g_string_append_printf(writer->out, "\n%*s", (int) writer->depth * 2, "");
}

/* @name: nullable, for a member. */
static void
begin_member(Writer *writer, const char *name)
{
    begin_item(writer);
    if (name == NULL)
        return;
    sr_escape_json(writer->out, name, strlen(name));
    g_string_append(writer->out, writer->pretty ? ": " : ":");
}

static void
open_level(Writer *writer, const char *name, char bracket)
{
    begin_member(writer, name);
    g_string_append_c(writer->out, bracket);
    writer->depth++;
    writer->first = true;
}

static void
close_level(Writer *writer, char bracket)
{
    writer->depth--;
    if (writer->pretty && !writer->first)
        g_string_append_printf(writer->out, "\n%*s", (int) writer->depth * 2, "");
    g_string_append_c(writer->out, bracket);
    writer->first = false;
}

static void
write_text(Writer *writer, const char *name, const char *value)
{
    begin_member(writer, name);
    sr_escape_json(writer->out, value, strlen(value));
}

/* ---- groups ---- */

typedef struct {
    const char *name, *value;
} Pair;

static int
compare_pairs(const void *a, const void *b)
{
    return strcmp(((const Pair *) a)->name, ((const Pair *) b)->name);
}

/* Writes an object of the values that are there and of @own_name (nullable), sorted by name. */
static void
write_group(Writer *writer, const char *name, SrGroupKind kind, const char *const *values,
            const char *own_name)
{
    Pair pairs[SR_GROUP_KEYS_MAX + 1];
    unsigned n = 0;

    for (unsigned i = 0; i < sr_group_info(kind)->n; i++) {
        const SrKey *key = sr_group_key(kind, i);

        if (values[i] != NULL && !(key->later && strcmp(values[i], key->default_text) == 0))
            pairs[n++] = (Pair){ key->name, values[i] };
    }
    if (own_name != NULL)
        pairs[n++] = (Pair){ "name", own_name };
    g_assert(n <= G_N_ELEMENTS(pairs));
    qsort(pairs, n, sizeof *pairs, compare_pairs);
    open_level(writer, name, '{');
    for (unsigned i = 0; i < n; i++)
        write_text(writer, pairs[i].name, pairs[i].value);
    close_level(writer, '}');
}

static void
write_single(Writer *writer, const SrScenario *scenario, SrGroupKind kind)
{
    if (sr_group_is_there(scenario, kind))
        write_group(writer, sr_group_info(kind)->word, kind,
                    sr_resolved(scenario)->single[kind], NULL);
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(**(const char *const *const *) a, **(const char *const *const *) b);
}

/* @list: structs that begin with a name. Returns: (transfer full): the same, sorted */
static GPtrArray *
sorted_by_name(GPtrArray *list)
{
    GPtrArray *sorted = g_ptr_array_new();

    g_ptr_array_extend(sorted, list, NULL, NULL);
    g_ptr_array_sort(sorted, compare_names);
    return sorted;
}

/* Groups are in the order of the file, except links, whose order has no meaning. */
static void
write_named(Writer *writer, const char *name, const SrScenario *scenario, SrGroupKind kind)
{
    GPtrArray *groups = sr_resolved(scenario)->named[kind];
    g_autoptr(GPtrArray) list =
        kind == SR_GROUP_LINK ? sorted_by_name(groups) : g_ptr_array_ref(groups);

    if (list->len == 0)
        return;
    open_level(writer, name, '[');
    for (unsigned i = 0; i < list->len; i++) {
        const SrNamedGroup *group = g_ptr_array_index(list, i);

        write_group(writer, NULL, kind, group->values, group->name);
    }
    close_level(writer, ']');
}

/* A run depends on the samples too. They are hashed in a fixed byte order. */
static void
samples_digest(const SrEmpirical *samples, char digest[static 33])
{
    XXH3_state_t *state = XXH3_createState();

    XXH3_128bits_reset(state);
    for (uint32_t i = 0; i < samples->n; i++) {
        uint64_t little = GUINT64_TO_LE(samples->values[i]);

        XXH3_128bits_update(state, &little, sizeof little);
    }
    sr_digest_text(XXH3_128bits_digest(state), digest);
    XXH3_freeState(state);
}

static void
write_empiricals(Writer *writer, const SrScenario *scenario)
{
    g_autoptr(GPtrArray) files = sorted_by_name(sr_resolved(scenario)->empiricals);
    char digest[33];

    if (files->len == 0)
        return;
    open_level(writer, "empirical", '{');
    for (unsigned i = 0; i < files->len; i++) {
        const SrEmpiricalFile *file = g_ptr_array_index(files, i);

        samples_digest(file->samples, digest);
        write_text(writer, file->name, digest);
    }
    close_level(writer, '}');
}

static void
write_list(Writer *writer, const char *name, char *const *texts)
{
    open_level(writer, name, '[');
    for (unsigned i = 0; texts[i] != NULL; i++)
        write_text(writer, NULL, texts[i]);
    close_level(writer, ']');
}

static void
write_study(Writer *writer, const SrScenario *scenario)
{
    const char *const *values = sr_resolved(scenario)->single[SR_GROUP_STUDY];
    const char *require = values[sr_group_index(SR_GROUP_STUDY, "require")],
               *zip = values[sr_group_index(SR_GROUP_STUDY, "zip")];

    if (!sr_group_is_there(scenario, SR_GROUP_STUDY))
        return;
    open_level(writer, "study", '{');
    if (require != NULL)
        write_text(writer, "require", require);
    write_text(writer, "seeds", values[sr_group_index(SR_GROUP_STUDY, "seeds")]);
    if (scenario->study.varies->len > 0) {
        open_level(writer, "vary", '[');
        for (unsigned i = 0; i < scenario->study.varies->len; i++) {
            const SrVariedKey *varied = &g_array_index(scenario->study.varies, SrVariedKey, i);

            open_level(writer, NULL, '{');
            write_text(writer, "key", varied->key);
            write_list(writer, "values", varied->values);
            close_level(writer, '}');
        }
        close_level(writer, ']');
    }
    if (zip != NULL) {
        g_auto(GStrv) keys = g_strsplit(zip, ", ", 0);

        write_list(writer, "zip", keys);
    }
    close_level(writer, '}');
}

static void
write_timeline(Writer *writer, const SrScenario *scenario)
{
    char at[SR_SPAN_TEXT_MAX];

    if (scenario->timeline->len == 0)
        return;
    open_level(writer, "timeline", '[');
    for (unsigned i = 0; i < scenario->timeline->len; i++) {
        const SrTimelineEntry *entry = &g_array_index(scenario->timeline, SrTimelineEntry, i);
        g_autofree char *action = sr_timeline_entry_text(scenario, entry);

        sr_span_format(entry->at, at);
        open_level(writer, NULL, '{');
        write_text(writer, "action", action);
        write_text(writer, "at", at);
        close_level(writer, '}');
    }
    close_level(writer, ']');
}

static void
write_draws(Writer *writer, const SrScenario *scenario)
{
    if (scenario->draws->len == 0)
        return;
    open_level(writer, "draws", '[');
    for (unsigned i = 0; i < scenario->draws->len; i++) {
        const SrDraw *draw = &g_array_index(scenario->draws, SrDraw, i);
        g_autofree char *name = sr_draw_name(scenario, draw), *value = sr_draw_value(draw);

        open_level(writer, NULL, '{');
        write_text(writer, "draw", name);
        write_text(writer, "value", value);
        close_level(writer, '}');
    }
    close_level(writer, ']');
}

char *
sr_scenario_resolved_json(const SrScenario *scenario, bool pretty)
{
    Writer writer = { .out = g_string_new(NULL), .pretty = pretty, .first = true };

    open_level(&writer, NULL, '{');
    write_single(&writer, scenario, SR_GROUP_CHAOS);
    write_named(&writer, "clients", scenario, SR_GROUP_CLIENT);
    write_named(&writer, "documents", scenario, SR_GROUP_DOCUMENT);
    write_draws(&writer, scenario);
    write_empiricals(&writer, scenario);
    write_single(&writer, scenario, SR_GROUP_ENCRYPTION_PROVIDER);
    write_single(&writer, scenario, SR_GROUP_EXPECT);
    write_named(&writer, "expect-clients", scenario, SR_GROUP_EXPECT_CLIENT);
    write_single(&writer, scenario, SR_GROUP_EXPLORE);
    write_text(&writer, "format", "session-race-scenario");
    write_named(&writer, "links", scenario, SR_GROUP_LINK);
    write_single(&writer, scenario, SR_GROUP_NETWORK);
    write_single(&writer, scenario, SR_GROUP_SCENARIO);
    write_single(&writer, scenario, SR_GROUP_SERVER);
    write_study(&writer, scenario);
    write_timeline(&writer, scenario);
    write_single(&writer, scenario, SR_GROUP_TOKEN_PROVIDER);
    begin_member(&writer, "version");
    g_string_append(writer.out, "1");
    close_level(&writer, '}');
    g_string_append_c(writer.out, '\n');
    return g_string_free(writer.out, FALSE);
}

void
sr_scenario_source(const SrScenario *scenario, char digest[static 33])
{
    g_autofree char *json = sr_scenario_resolved_json(scenario, false);

    sr_digest_text(XXH3_128bits(json, strlen(json)), digest);
}

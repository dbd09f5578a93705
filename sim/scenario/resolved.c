/* The resolved form: a scenario with every default written out, as JSON in one canonical form.
 *
 * Two files have the same resolved form if they differ only in spacing, comments, the order of
 * keys, units, or defaults that are written out. The `source` of a trace is its digest.
 * scenario.h describes the form. */
#include "session-race/scenario.h"

#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include "base/escape.h"
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

/* Writes an object of the values that are there and of @n_more further pairs, sorted by name.
 */
static void
write_group(Writer *writer, const char *name, SrGroupKind kind, const char *const *values,
            const Pair *more, unsigned n_more)
{
    Pair pairs[SR_GROUP_KEYS_MAX + 4];
    unsigned n = 0;

    for (unsigned i = 0; i < sr_group_info(kind)->n; i++)
        if (values[i] != NULL)
            pairs[n++] = (Pair){ sr_group_key(kind, i)->name, values[i] };
    for (unsigned i = 0; i < n_more; i++)
        pairs[n++] = more[i];
    g_assert(n <= G_N_ELEMENTS(pairs));
    qsort(pairs, n, sizeof *pairs, compare_pairs);
    open_level(writer, name, '{');
    for (unsigned i = 0; i < n; i++)
        write_text(writer, pairs[i].name, pairs[i].value);
    close_level(writer, '}');
}

static void
write_single(Writer *writer, const SrResolved *resolved, SrGroupKind kind)
{
    write_group(writer, sr_group_info(kind)->word, kind, resolved->single[kind], NULL, 0);
}

static const char *const *
values_at(const GPtrArray *list, unsigned index)
{
    return g_ptr_array_index(list, index);
}

static void
write_clients(Writer *writer, const SrScenario *scenario)
{
    const SrResolved *resolved = sr_resolved(scenario);

    open_level(writer, "clients", '[');
    for (unsigned i = 0; i < scenario->clients->len; i++) {
        Pair name = { "name", g_array_index(scenario->clients, SrClientGroup, i).name };

        write_group(writer, NULL, SR_GROUP_CLIENT, values_at(resolved->clients, i), &name, 1);
    }
    close_level(writer, ']');
}

static void
write_documents(Writer *writer, const SrScenario *scenario)
{
    const SrResolved *resolved = sr_resolved(scenario);

    open_level(writer, "documents", '[');
    for (unsigned i = 0; i < scenario->documents->len; i++) {
        Pair name = { "name", g_array_index(scenario->documents, SrDocumentSettings, i).name };

        write_group(writer, NULL, SR_GROUP_DOCUMENT, values_at(resolved->documents, i), &name,
                    1);
    }
    close_level(writer, ']');
}

static int
compare_empiricals(const void *a, const void *b)
{
    return strcmp((*(SrEmpiricalFile *const *) a)->name, (*(SrEmpiricalFile *const *) b)->name);
}

static void
append_digest(char digest[static 33], XXH128_hash_t hash)
{
    XXH128_canonical_t canonical;

    XXH128_canonicalFromHash(&canonical, hash);
    for (unsigned i = 0; i < sizeof canonical.digest; i++)
        g_snprintf(digest + 2 * i, 3, "%02x", canonical.digest[i]);
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
    append_digest(digest, XXH3_128bits_digest(state));
    XXH3_freeState(state);
}

static void
write_empiricals(Writer *writer, const SrResolved *resolved)
{
    g_autofree SrEmpiricalFile **files =
        g_new(SrEmpiricalFile *, resolved->empiricals->len + 1);
    unsigned n = resolved->empiricals->len;
    char digest[33];

    if (n == 0)
        return;
    memcpy(files, resolved->empiricals->pdata, n * sizeof *files);
    qsort(files, n, sizeof *files, compare_empiricals);
    open_level(writer, "empirical", '{');
    for (unsigned i = 0; i < n; i++) {
        samples_digest(files[i]->samples, digest);
        write_text(writer, files[i]->name, digest);
    }
    close_level(writer, '}');
}

static void
write_expect_clients(Writer *writer, const SrScenario *scenario)
{
    const SrResolved *resolved = sr_resolved(scenario);

    if (scenario->expect_clients->len == 0)
        return;
    open_level(writer, "expect-clients", '[');
    for (unsigned i = 0; i < scenario->expect_clients->len; i++) {
        Pair name = { "name", g_ptr_array_index(resolved->expect_names, i) };

        write_group(writer, NULL, SR_GROUP_EXPECT_CLIENT,
                    values_at(resolved->expect_clients, i), &name, 1);
    }
    close_level(writer, ']');
}

static int
compare_links(const void *a, const void *b, void *data)
{
    const SrResolved *resolved = data;

    return strcmp(g_ptr_array_index(resolved->link_names, *(const unsigned *) a),
                  g_ptr_array_index(resolved->link_names, *(const unsigned *) b));
}

/* The order of links in a file has no meaning, so they are sorted by name. */
static void
write_links(Writer *writer, const SrResolved *resolved)
{
    unsigned n = resolved->links->len;
    g_autofree unsigned *order = g_new(unsigned, n + 1);

    if (n == 0)
        return;
    for (unsigned i = 0; i < n; i++)
        order[i] = i;
    g_qsort_with_data(order, (int) n, sizeof *order, compare_links,
                      (void *) (uintptr_t) resolved);
    open_level(writer, "links", '[');
    for (unsigned i = 0; i < n; i++) {
        Pair name = { "name", g_ptr_array_index(resolved->link_names, order[i]) };

        write_group(writer, NULL, SR_GROUP_LINK, values_at(resolved->links, order[i]), &name,
                    1);
    }
    close_level(writer, ']');
}

static void
write_list(Writer *writer, const char *name, char *const *texts, unsigned n)
{
    open_level(writer, name, '[');
    for (unsigned i = 0; i < n; i++)
        write_text(writer, NULL, texts[i]);
    close_level(writer, ']');
}

static void
write_study(Writer *writer, const SrScenario *scenario)
{
    const SrResolved *resolved = sr_resolved(scenario);
    const char *const *values = resolved->single[SR_GROUP_STUDY];

    open_level(writer, "study", '{');
    if (values[sr_group_index(SR_GROUP_STUDY, "require")] != NULL)
        write_text(writer, "require", values[sr_group_index(SR_GROUP_STUDY, "require")]);
    write_text(writer, "seeds", values[sr_group_index(SR_GROUP_STUDY, "seeds")]);
    if (scenario->study.varies->len > 0) {
        open_level(writer, "vary", '[');
        for (unsigned i = 0; i < scenario->study.varies->len; i++) {
            const SrVariedKey *varied = &g_array_index(scenario->study.varies, SrVariedKey, i);

            open_level(writer, NULL, '{');
            write_text(writer, "key", varied->key);
            write_list(writer, "values", varied->values, varied->n_values);
            close_level(writer, '}');
        }
        close_level(writer, ']');
    }
    if (resolved->zip->len > 0)
        write_list(writer, "zip", (char *const *) resolved->zip->pdata, resolved->zip->len);
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
        sr_span_format(g_array_index(scenario->timeline, SrTimelineEntry, i).at, at);
        open_level(writer, NULL, '{');
        write_text(writer, "action",
                   g_array_index(sr_resolved(scenario)->timeline, const char *, i));
        write_text(writer, "at", at);
        close_level(writer, '}');
    }
    close_level(writer, ']');
}

char *
sr_scenario_resolved_json(const SrScenario *scenario, bool pretty)
{
    const SrResolved *resolved = sr_resolved(scenario);
    Writer writer = { .out = g_string_new(NULL), .pretty = pretty, .first = true };

    open_level(&writer, NULL, '{');
    if (scenario->chaos.line > 0)
        write_single(&writer, resolved, SR_GROUP_CHAOS);
    write_clients(&writer, scenario);
    write_documents(&writer, scenario);
    write_empiricals(&writer, resolved);
    write_single(&writer, resolved, SR_GROUP_ENCRYPTION_PROVIDER);
    write_single(&writer, resolved, SR_GROUP_EXPECT);
    write_expect_clients(&writer, scenario);
    if (scenario->explore.line > 0)
        write_single(&writer, resolved, SR_GROUP_EXPLORE);
    write_text(&writer, "format", "session-race-scenario");
    write_links(&writer, resolved);
    write_single(&writer, resolved, SR_GROUP_NETWORK);
    write_single(&writer, resolved, SR_GROUP_SCENARIO);
    write_single(&writer, resolved, SR_GROUP_SERVER);
    if (scenario->study.line > 0)
        write_study(&writer, scenario);
    write_timeline(&writer, scenario);
    write_single(&writer, resolved, SR_GROUP_TOKEN_PROVIDER);
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

    append_digest(digest, XXH3_128bits(json, strlen(json)));
}

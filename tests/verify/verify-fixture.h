/* Shipped scenarios, their traces, and what is found in them. */
#pragma once

#include "run/run-fixture.h"

#include <inttypes.h>
#include <stdlib.h>
#include <xxhash.h>

#include "session-race/stream.h"
#include "session-race/verify.h"

static inline GString *
fixture_trace(const SrScenario *scenario, uint64_t seed)
{
    g_autoptr(SrRun) run = sr_run_new(scenario);
    GString *text = g_string_new(NULL);

    fixture_play(run, seed, SR_CRYPTO_NAMES, text);
    return text;
}

static inline SrTrace *
fixture_read(const GString *text)
{
    SrTraceFault fault;
    SrTrace *trace = sr_trace_parse("trace", text->str, text->len, &fault);

    if (trace == NULL)
        fail_msg("line %u: %s", (unsigned) fault.line, fault.message);
    return trace;
}

/* Returns: (nullable): the value of the member @name in @line; @length: (out): its bytes */
static inline char *
fixture_member(const char *line, const char *name, size_t *length)
{
    g_autofree char *quoted = g_strdup_printf("\"%s\":", name);
    char *at = strstr(line, quoted), *end;

    if (at == NULL)
        return NULL;
    at += strlen(quoted);
    end = *at == '"' ? strchr(at + 1, '"') + 1 : at + strcspn(at, ",}");
    *length = (size_t) (end - at);
    return at;
}

/* Returns: (transfer full): that value without quotes; "-" without it */
static inline char *
fixture_word(const char *line, const char *name)
{
    size_t length = 0;
    const char *at = fixture_member(line, name, &length);

    if (at == NULL)
        return g_strdup("-");
    return *at == '"' ? g_strndup(at + 1, length - 2) : g_strndup(at, length);
}

/* ---- traces as lines ---- */

static inline char *
fixture_with_member(const char *line, const char *name, const char *value)
{
    size_t length = 0;
    const char *at = fixture_member(line, name, &length);

    return g_strdup_printf("%.*s%s%s", (int) (at - line), line, value, at + length);
}

/* Puts @value in place of that member of line @i, if it has it. */
static inline void
fixture_set(GPtrArray *lines, guint i, const char *name, const char *value)
{
    char **line = (char **) &lines->pdata[i];
    size_t length;
    char *anew;

    if (fixture_member(*line, name, &length) == NULL)
        return;
    anew = fixture_with_member(*line, name, value);
    g_free(*line);
    *line = anew;
}

static inline GPtrArray *
fixture_lines(const GString *text)
{
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
    g_auto(GStrv) split = g_strsplit(text->str, "\n", -1);

    for (unsigned i = 0; split[i] != NULL && split[i][0] != '\0'; i++)
        g_ptr_array_add(lines, g_strdup(split[i]));
    return lines;
}

static inline GPtrArray *
fixture_copy(const GPtrArray *lines)
{
    GPtrArray *copy = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < lines->len; i++)
        g_ptr_array_add(copy, g_strdup(g_ptr_array_index(lines, i)));
    return copy;
}

static inline GString *
fixture_join(const GPtrArray *lines)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < lines->len; i++)
        g_string_append_printf(text, "%s\n", (const char *) g_ptr_array_index(lines, i));
    return text;
}

/* What a real system would have of @text: no states, no sealing, and without @notes nothing but
 * messages; the lines mixed anew, each node's in their order. */
static inline GString *
fixture_log(const GString *text, bool notes, SrStream *stream)
{
    static const char *const inside[] = { "start",    "state", "sealed", "opened", "won",
                                          "rejected", "fault", "clock",  "lose" };
    g_auto(GStrv) lines = g_strsplit(text->str, "\n", -1);
    g_autoptr(GHashTable) nodes =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_queue_free);
    g_autoptr(GPtrArray) queues = g_ptr_array_new();
    const char *list = strstr(lines[0], "\"nodes\":");
    GString *log = g_string_new(NULL);

    g_string_append_printf(log, "{\"type\":\"trace\",%s\n", list);
    for (unsigned i = 1; g_str_has_prefix(lines[i], "{\"type\":\"event\""); i++) {
        g_autofree char *event = fixture_word(lines[i], "event");
        g_autofree char *node = fixture_word(lines[i], "node");
        bool message = strcmp(event, "send") == 0 || strcmp(event, "receive") == 0;
        bool kept = message || notes;
        GQueue *queue = g_hash_table_lookup(nodes, node);

        for (size_t k = 0; k < G_N_ELEMENTS(inside); k++)
            kept &= strcmp(event, inside[k]) != 0;
        if (!kept)
            continue;
        if (queue == NULL) {
            queue = g_queue_new();
            g_hash_table_insert(nodes, g_steal_pointer(&node), queue);
            g_ptr_array_add(queues, queue);
        }
        g_queue_push_tail(queue, lines[i]);
    }
    while (queues->len > 0) {
        guint k = (guint) sr_stream_below(stream, queues->len);
        GQueue *queue = g_ptr_array_index(queues, k);

        g_string_append_printf(log, "%s\n", (char *) g_queue_pop_head(queue));
        if (g_queue_is_empty(queue))
            g_ptr_array_remove_index(queues, k);
    }
    return log;
}

/* Numbers the messages anew, in the order in which they are sent. */
static inline void
fixture_renumber_messages(GPtrArray *lines)
{
    g_autoptr(GHashTable) ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);

    for (guint i = 1; i + 1 < lines->len; i++) {
        g_autofree char *event = fixture_word(g_ptr_array_index(lines, i), "event");
        g_autofree char *id = fixture_word(g_ptr_array_index(lines, i), "id");

        if (strcmp(event, "send") == 0 && !g_hash_table_contains(ids, id))
            g_hash_table_insert(ids, g_strdup(id),
                                g_strdup_printf("%u", g_hash_table_size(ids) + 1));
        if (g_hash_table_contains(ids, id))
            fixture_set(lines, i, "id", g_hash_table_lookup(ids, id));
    }
}

/* Repairs the numbers of the lines and the digest. */
static inline void
fixture_repair(GPtrArray *lines)
{
    g_autoptr(GString) body = g_string_new(NULL);
    XXH128_canonical_t canonical;
    char digest[40] = "\"", number[32];

    for (guint i = 1; i + 1 < lines->len; i++) {
        g_snprintf(number, sizeof number, "%u", i);
        fixture_set(lines, i, "seq", number);
        g_string_append_printf(body, "%s\n", (const char *) g_ptr_array_index(lines, i));
    }
    XXH128_canonicalFromHash(&canonical, XXH3_128bits(body->str, body->len));
    for (unsigned i = 0; i < 16; i++)
        g_snprintf(digest + 1 + 2 * i, 4, "%02x\"", canonical.digest[i]);
    g_snprintf(number, sizeof number, "%u", lines->len - 2);
    fixture_set(lines, lines->len - 1, "events", number);
    fixture_set(lines, lines->len - 1, "digest", digest);
}

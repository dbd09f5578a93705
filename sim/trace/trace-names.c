/* The names in a trace and their numbers: nodes, documents, hints and keys are numbered in the
 * order of their first appearance. */
#include <string.h>
#include <xxhash.h>

#include "base/escape.h"
#include "trace/trace-reader-private.h"

#define HINT_CHARACTERS_MAX 256

/* ---- names and their numbers ---- */

#define SLOTS_AT_FIRST 64u

static void
table_init(Table *table)
{
    table->n_slots = SLOTS_AT_FIRST;
    table->slots = g_new0(Slot, table->n_slots);
    table->texts = g_ptr_array_new_with_free_func(g_free);
}

static void
table_clear(Table *table)
{
    g_free(table->slots);
    g_ptr_array_unref(table->texts);
}

/* Returns: the slot that holds such a text, or the free slot for it */
static Slot *
table_slot(const Table *table, uint64_t hash, const char *bytes, size_t length)
{
    uint32_t at = (uint32_t) hash & (table->n_slots - 1);

    for (; table->slots[at].text != NULL; at = (at + 1) & (table->n_slots - 1)) {
        const Text *text = table->slots[at].text;

        if (text->hash == hash && text->length == length &&
            memcmp(text->bytes, bytes, length) == 0)
            break;
    }
    return &table->slots[at];
}

/* Returns: the index of the text, or -1 */
int64_t
sr_table_find(Table *table, uint64_t hash_key, const char *bytes, size_t length)
{
    unsigned last = length > 0 ? (unsigned char) bytes[length - 1] : 0;
    Slot *recent = &table->recent[(last + 16 * (unsigned) length) % RECENT_N];
    const Slot *slot;

    if (recent->text != NULL && recent->text->length == length &&
        memcmp(recent->text->bytes, bytes, length) == 0)
        return recent->index;
    slot = table_slot(table, XXH3_64bits_withSeed(bytes, length, hash_key), bytes, length);
    if (slot->text == NULL)
        return -1;
    *recent = *slot;
    return slot->index;
}

static void
table_grow(Table *table)
{
    g_free(table->slots);
    table->n_slots *= 2;
    table->slots = g_new0(Slot, table->n_slots);
    for (guint i = 0; i < table->texts->len; i++) {
        const Text *text = g_ptr_array_index(table->texts, i);

        *table_slot(table, text->hash, text->bytes, text->length) = (Slot){ text, i };
    }
}

/* Appends a text that is not in the table. Returns: its index */
static uint32_t
table_add(Table *table, uint64_t hash_key, const char *bytes, size_t length)
{
    Text *text = g_malloc(sizeof *text + length);
    char *copy = (char *) (text + 1);

    memcpy(copy, bytes, length);
    *text = (Text){ XXH3_64bits_withSeed(bytes, length, hash_key), length, copy };
    g_ptr_array_add(table->texts, text);
    /* At least half of the slots stay free. */
    if (table->texts->len > table->n_slots / 2)
        table_grow(table);
    else
        *table_slot(table, text->hash, copy, length) = (Slot){ text, table->texts->len - 1 };
    return table->texts->len - 1;
}

static size_t
table_copy(const Table *table, uint32_t index, char *out)
{
    const Text *text;

    /* A document that no record names has an empty name. */
    if (index >= table->texts->len)
        return 0;
    text = g_ptr_array_index(table->texts, index);
    memcpy(out, text->bytes, text->length);
    return text->length;
}

static size_t
name_node(const void *data, uint32_t node, char out[SR_NODE_NAME_MAX])
{
    const Tables *tables = data;

    return table_copy(&tables->nodes, node, out);
}

static size_t
name_document(const void *data, uint32_t document, char out[SR_NODE_NAME_MAX])
{
    const Tables *tables = data;

    return table_copy(&tables->documents, document, out);
}

static size_t
name_hint(const void *data, uint32_t hint, char out[SR_HINT_TEXT_MAX])
{
    const Tables *tables = data;

    g_assert(hint != SR_HINT_ABSENT);
    return table_copy(&tables->hints, hint - 1, out);
}

static size_t
name_key(const void *data, uint32_t key, char out[17])
{
    const Tables *tables = data;

    g_assert(key != SR_KEY_ABSENT);
    return table_copy(&tables->keys, key - 1, out);
}

Tables *
sr_tables_new(void)
{
    Tables *tables = g_new0(Tables, 1);

    table_init(&tables->nodes);
    table_init(&tables->documents);
    table_init(&tables->hints);
    table_init(&tables->keys);
    table_init(&tables->shown_nodes);
    table_init(&tables->shown_hints);
    tables->shown_node_numbers = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    tables->shown_hint_numbers = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    return tables;
}

void
sr_tables_free(Tables *tables)
{
    table_clear(&tables->nodes);
    table_clear(&tables->documents);
    table_clear(&tables->hints);
    table_clear(&tables->keys);
    table_clear(&tables->shown_nodes);
    table_clear(&tables->shown_hints);
    g_array_unref(tables->shown_node_numbers);
    g_array_unref(tables->shown_hint_numbers);
    g_free(tables);
}

SrNames
sr_tables_names(const Tables *tables)
{
    return (SrNames){
        .data = tables,
        .n_documents = 1,
        .node = name_node,
        .document = name_document,
        .hint = name_hint,
        .key = name_key,
    };
}

/* ---- names ---- */

/* The sentences of checks escape some @bytes. This table finds such names by their escaped
 * form. */
static void
add_shown(Reader *reader, Table *table, GArray *numbers, const Text *text, uint32_t number)
{
    g_string_truncate(reader->sentence, 0);
    sr_escape_terminal(reader->sentence, text->bytes, text->length);
    if (reader->sentence->len == text->length ||
        sr_table_find(table, reader->hash_key, reader->sentence->str, reader->sentence->len) >=
            0)
        return;
    table_add(table, reader->hash_key, reader->sentence->str, reader->sentence->len);
    g_array_append_val(numbers, number);
}

bool
sr_reader_node(Reader *reader, uint32_t *node)
{
    const char *at = reader->at;
    int64_t index;
    Slice slice;

    if (!sr_reader_string(reader, &slice))
        return false;
    index = sr_table_find(&reader->tables->nodes, reader->hash_key, slice.bytes, slice.length);
    if (index < 0) {
        g_autofree char *name = sr_reader_shown(slice.bytes, slice.length);

        return sr_reader_fail(reader, at, "%s is not among the nodes of the first line", name);
    }
    *node = (uint32_t) index;
    return true;
}

bool
sr_reader_hint(Reader *reader)
{
    Table *hints = &reader->tables->hints;
    const char *at = reader->at;
    int64_t index;
    Slice slice;

    if (!sr_reader_string(reader, &slice))
        return false;
    index = sr_table_find(hints, reader->hash_key, slice.bytes, slice.length);
    if (index < 0) {
        if (g_utf8_strlen(slice.bytes, (gssize) slice.length) > HINT_CHARACTERS_MAX ||
            slice.length >= SR_HINT_TEXT_MAX)
            return sr_reader_fail(reader, at, "a hint of more than %u characters",
                                  HINT_CHARACTERS_MAX);
        index = table_add(hints, reader->hash_key, slice.bytes, slice.length);
        add_shown(reader, &reader->tables->shown_hints, reader->tables->shown_hint_numbers,
                  g_ptr_array_index(hints->texts, (guint) index), (uint32_t) index);
    }
    reader->record.hint = (uint32_t) index + 1;
    reader->record.has |= SR_HAS_HINT;
    return true;
}

bool
sr_reader_key(Reader *reader)
{
    Table *keys = &reader->tables->keys;
    int64_t index;
    Slice slice;

    if (!sr_reader_hex(reader, 16, &slice))
        return false;
    index = sr_table_find(keys, reader->hash_key, slice.bytes, slice.length);
    if (index < 0)
        index = table_add(keys, reader->hash_key, slice.bytes, slice.length);
    reader->record.key = (uint32_t) index + 1;
    reader->record.has |= SR_HAS_KEY;
    return true;
}

bool
sr_reader_document(Reader *reader)
{
    Table *documents = &reader->tables->documents;
    const char *at = reader->at;
    int64_t index;
    Slice slice;

    if (!sr_reader_string(reader, &slice))
        return false;
    index = sr_table_find(documents, reader->hash_key, slice.bytes, slice.length);
    if (index < 0) {
        if (slice.length == 0 || slice.length >= SR_NODE_NAME_MAX)
            return sr_reader_fail(reader, at, "a document's name has 1 to %d bytes",
                                  SR_NODE_NAME_MAX - 1);
        index = table_add(documents, reader->hash_key, slice.bytes, slice.length);
    }
    reader->record.document = (uint32_t) index;
    reader->named_document = true;
    return true;
}

/* ---- lists ---- */

static bool
read_node_name(Reader *reader)
{
    static const char *const services[] = { "server", "token-provider", "encryption-provider" };
    Table *nodes = &reader->tables->nodes;
    const char *at = reader->at;
    uint32_t index = nodes->texts->len;
    Slice slice;

    if (!sr_reader_string(reader, &slice))
        return false;
    if (slice.length == 0 || slice.length >= SR_NODE_NAME_MAX)
        return sr_reader_fail(reader, at, "a node's name has 1 to %d bytes",
                              SR_NODE_NAME_MAX - 1);
    if (sr_table_find(nodes, reader->hash_key, slice.bytes, slice.length) >= 0)
        return sr_reader_fail(reader, at, "two nodes of one name");
    if (index < G_N_ELEMENTS(services) &&
        (slice.length != strlen(services[index]) ||
         memcmp(slice.bytes, services[index], slice.length) != 0))
        return sr_reader_fail(reader, at, "the services come first: '%s' is expected here",
                              services[index]);
    sr_reader_add_node(reader, slice.bytes, slice.length);
    return true;
}

void
sr_reader_add_node(Reader *reader, const char *name, size_t length)
{
    Table *nodes = &reader->tables->nodes;
    uint32_t index = nodes->texts->len;

    if (sr_table_find(nodes, reader->hash_key, name, length) >= 0)
        return;
    table_add(nodes, reader->hash_key, name, length);
    add_shown(reader, &reader->tables->shown_nodes, reader->tables->shown_node_numbers,
              g_ptr_array_index(nodes->texts, index), index);
}

bool
sr_reader_nodes(Reader *reader)
{
    if (!sr_reader_expect(reader, '['))
        return false;
    while (*reader->at != ']' || reader->tables->nodes.texts->len == 0) {
        if (reader->tables->nodes.texts->len > 0 && !sr_reader_expect(reader, ','))
            return false;
        if (!read_node_name(reader))
            return false;
    }
    if (reader->tables->nodes.texts->len < SR_NODE_FIRST_CLIENT)
        return sr_reader_fail(reader, reader->at, "the three services are expected here");
    reader->at++;
    reader->trace->names.n_nodes = reader->tables->nodes.texts->len;
    return true;
}

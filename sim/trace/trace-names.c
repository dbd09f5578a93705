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

        *table_slot(table, text->hash, text->bytes, text->length) =
            (Slot){ text, text->number };
    }
}

/* Adds a text that is not in the table, for @number. */
static void
table_add(Table *table, uint64_t hash_key, const char *bytes, size_t length, uint32_t number)
{
    Text *text = g_malloc(sizeof *text + length);

    *text = (Text){ XXH3_64bits_withSeed(bytes, length, hash_key), length, number };
    memcpy(text->bytes, bytes, length);
    g_ptr_array_add(table->texts, text);
    /* At least half of the slots stay free. */
    if (table->texts->len > table->n_slots / 2)
        table_grow(table);
    else
        *table_slot(table, text->hash, bytes, length) = (Slot){ text, number };
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

/* The functions of SrNames. @absent: the number below that of the first text of @table, if there is
 * one. */
#define NAMER(function, table, absent)                                                         \
    static size_t function(const void *data, uint32_t number, char *out)                       \
    {                                                                                          \
        const Tables *tables = data;                                                           \
                                                                                               \
        g_assert(number != (absent));                                                          \
        return table_copy(&tables->table, number - ((absent) + 1u), out);                      \
    }
NAMER(name_node, nodes, UINT32_MAX)
NAMER(name_document, documents, UINT32_MAX)
NAMER(name_hint, hints, SR_HINT_ABSENT)
NAMER(name_key, keys, SR_KEY_ABSENT)
NAMER(name_text, notes, 0u)

static void
each_table(Tables *tables, void (*act)(Table *table))
{
    act(&tables->nodes);
    act(&tables->documents);
    act(&tables->hints);
    act(&tables->keys);
    act(&tables->notes);
    act(&tables->shown_nodes);
    act(&tables->shown_hints);
}

Tables *
sr_tables_new(void)
{
    Tables *tables = g_new0(Tables, 1);

    each_table(tables, table_init);
    return tables;
}

void
sr_tables_free(Tables *tables)
{
    each_table(tables, table_clear);
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
        .text = name_text,
    };
}

/* ---- names ---- */

/* Adds @name, the next one of @table. Returns: its number */
static uint32_t
add_name(Reader *reader, Table *table, Slice name)
{
    uint32_t number = table->texts->len;

    table_add(table, reader->hash_key, name.bytes, name.length, number);
    return number;
}

/* The sentences of checks escape some bytes of @name. @table finds such names by their escaped
 * form. */
static void
add_shown(Reader *reader, Table *table, Slice name, uint32_t number)
{
    GString *shown = g_string_truncate(reader->sentence, 0);

    sr_escape_terminal(shown, name.bytes, name.length);
    if (shown->len != name.length &&
        sr_table_find(table, reader->hash_key, shown->str, shown->len) < 0)
        table_add(table, reader->hash_key, shown->str, shown->len, number);
}

/* Reads a string. @index: (out): its number in @table, or -1 */
static inline bool
read_name(Reader *reader, Table *table, Slice *name, int64_t *index)
{
    if (!sr_reader_string(reader, name))
        return false;
    *index = sr_table_find(table, reader->hash_key, name->bytes, name->length);
    return true;
}

bool
sr_reader_name_fits(Reader *reader, const char *at, Slice name, const char *whose)
{
    return (name.length > 0 && name.length < SR_NODE_NAME_MAX) ||
           sr_reader_fail(reader, at, "a %s's name has 1 to %d bytes", whose,
                          SR_NODE_NAME_MAX - 1);
}

bool
sr_reader_node(Reader *reader, uint32_t *node)
{
    const char *at = reader->at;
    int64_t index;
    Slice name;

    if (!read_name(reader, &reader->tables->nodes, &name, &index))
        return false;
    if (index < 0) {
        g_autofree char *shown = sr_reader_shown(name.bytes, name.length);

        return sr_reader_fail(reader, at, "%s is not among the nodes of the first line", shown);
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
    Slice name;

    if (!read_name(reader, hints, &name, &index))
        return false;
    if (index < 0) {
        if (g_utf8_strlen(name.bytes, (gssize) name.length) > HINT_CHARACTERS_MAX ||
            name.length >= SR_HINT_TEXT_MAX)
            return sr_reader_fail(reader, at, "a hint of more than %u characters",
                                  HINT_CHARACTERS_MAX);
        index = add_name(reader, hints, name);
        add_shown(reader, &reader->tables->shown_hints, name, (uint32_t) index);
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
    Slice name;

    if (!sr_reader_hex(reader, 16, &name))
        return false;
    index = sr_table_find(keys, reader->hash_key, name.bytes, name.length);
    if (index < 0)
        index = add_name(reader, keys, name);
    reader->record.key = (uint32_t) index + 1;
    reader->record.has |= SR_HAS_KEY;
    return true;
}

bool
sr_reader_note(Reader *reader, uint32_t *text)
{
    Table *notes = &reader->tables->notes;
    const char *at = reader->at;
    int64_t index;
    Slice name;

    if (!read_name(reader, notes, &name, &index))
        return false;
    if (index < 0) {
        if (name.length >= SR_NOTE_TEXT_MAX)
            return sr_reader_fail(reader, at, "a label of more than %d bytes",
                                  SR_NOTE_TEXT_MAX - 1);
        index = add_name(reader, notes, name);
    }
    *text = (uint32_t) index + 1;
    return true;
}

bool
sr_reader_document(Reader *reader)
{
    Table *documents = &reader->tables->documents;
    const char *at = reader->at;
    int64_t index;
    Slice name;

    if (!read_name(reader, documents, &name, &index))
        return false;
    if (index < 0) {
        if (!sr_reader_name_fits(reader, at, name, "document"))
            return false;
        index = add_name(reader, documents, name);
    }
    reader->record.document = (uint32_t) index;
    reader->named_document = true;
    return true;
}

/* ---- lists ---- */

const char *const sr_trace_services[SR_NODE_FIRST_CLIENT] = { "server", "token-provider",
                                                              "encryption-provider" };

static bool
read_node_name(Reader *reader)
{
    const char *at = reader->at;
    uint32_t number = reader->tables->nodes.texts->len;
    int64_t index;
    Slice name;

    if (!read_name(reader, &reader->tables->nodes, &name, &index) ||
        !sr_reader_name_fits(reader, at, name, "node"))
        return false;
    if (index >= 0)
        return sr_reader_fail(reader, at, "two nodes of one name");
    if (number < SR_NODE_FIRST_CLIENT &&
        (name.length != strlen(sr_trace_services[number]) ||
         memcmp(name.bytes, sr_trace_services[number], name.length) != 0))
        return sr_reader_fail(reader, at, "the services come first: '%s' is expected here",
                              sr_trace_services[number]);
    sr_reader_add_node(reader, name);
    return true;
}

void
sr_reader_add_node(Reader *reader, Slice name)
{
    Table *nodes = &reader->tables->nodes;

    if (sr_table_find(nodes, reader->hash_key, name.bytes, name.length) < 0)
        add_shown(reader, &reader->tables->shown_nodes, name, add_name(reader, nodes, name));
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

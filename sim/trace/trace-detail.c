/* The details of a failed check: its sentence is split into the fields from which it was made.
 */
#include <string.h>

#include "trace/trace-reader-private.h"

static int64_t
find_shown(const Reader *reader, Table *table, Table *by_look, const GArray *numbers,
           Slice text)
{
    int64_t index = sr_table_find(by_look, reader->hash_key, text.bytes, text.length);

    if (index >= 0)
        return g_array_index(numbers, uint32_t, (guint) index);
    return sr_table_find(table, reader->hash_key, text.bytes, text.length);
}

static bool
slice_is(Slice slice, const char *text)
{
    return slice.length == strlen(text) && memcmp(slice.bytes, text, slice.length) == 0;
}

static bool
take_node(const Reader *reader, Slice text, uint32_t *node)
{
    Tables *tables = reader->tables;
    int64_t index = find_shown(reader, &tables->nodes, &tables->shown_nodes,
                               tables->shown_node_numbers, text);

    *node = index >= 0 ? (uint32_t) index : SR_NODE_NONE;
    return index >= 0 || slice_is(text, "nobody");
}

static bool
take_hint(const Reader *reader, Slice text, uint32_t *hint)
{
    Tables *tables = reader->tables;
    int64_t index;

    *hint = SR_HINT_ABSENT;
    if (slice_is(text, "(none)"))
        return true;
    if (slice_is(text, "\"\""))
        text.length = 0;
    index = find_shown(reader, &tables->hints, &tables->shown_hints, tables->shown_hint_numbers,
                       text);
    *hint = (uint32_t) (index + 1);
    return index >= 0;
}

static bool
take_key(const Reader *reader, Slice text, uint32_t *key)
{
    int64_t index =
        sr_table_find(&reader->tables->keys, reader->hash_key, text.bytes, text.length);

    *key = (uint32_t) (index + 1);
    return index >= 0 || slice_is(text, "(none)");
}

static bool
take_word(Slice text, const SrWord *words, unsigned n, uint8_t *value)
{
    unsigned i = sr_word_find(words, 0, n, text.bytes, text.length);

    *value = (uint8_t) i;
    return i < n;
}

static bool
take_count(Slice text, uint32_t *number)
{
    uint64_t value = 0;

    for (size_t i = 0; i < text.length; i++) {
        if (!g_ascii_isdigit(text.bytes[i]))
            return false;
        value = value * 10 + (uint64_t) (text.bytes[i] - '0');
        if (value > UINT32_MAX)
            return false;
    }
    *number = (uint32_t) value;
    return text.length > 0;
}

/* Reads the part of the sentence that stands for the field {@field}. */
static bool
take_field(const Reader *reader, Slice field, Slice text, SrRecord *record)
{
    if (slice_is(field, "node")) {
        uint32_t node;

        return take_node(reader, text, &node) && node == record->node;
    }
    if (slice_is(field, "peer"))
        return take_node(reader, text, &record->peer);
    if (slice_is(field, "hint"))
        return take_hint(reader, text, &record->hint);
    if (slice_is(field, "key"))
        return take_key(reader, text, &record->key);
    if (slice_is(field, "msg"))
        return take_word(text, sr_msg_words, SR_MSG_N, &record->msg);
    if (slice_is(field, "reason"))
        return take_word(text, sr_reason_words, SR_REASON_N, &record->reason);
    if (slice_is(field, "from"))
        return take_word(text, sr_client_state_words, SR_CLIENT_STATE_N, &record->from);
    if (slice_is(field, "to"))
        return take_word(text, sr_client_state_words, SR_CLIENT_STATE_N, &record->to);
    return slice_is(field, "n") && take_count(text, &record->number);
}

/* Returns: whether @sentence is @template with its fields filled in; then sets these fields in
 * @record */
static bool
fits_template(const Reader *reader, const char *template, const char *sentence,
              SrRecord *record)
{
    const char *open;

    while ((open = strchr(template, '{')) != NULL) {
        const char *close = strchr(open, '}'), *next = strchr(close, '{');
        size_t before = (size_t) (open - template);
        g_autofree char *behind = next != NULL
                                      ? g_strndup(close + 1, (size_t) (next - close - 1))
                                      : g_strdup(close + 1);

        if (strncmp(sentence, template, before) != 0)
            return false;
        sentence += before;

        const char *stop =
            *behind != '\0' ? strstr(sentence, behind) : sentence + strlen(sentence);
        if (stop == NULL ||
            !take_field(reader, (Slice){ open + 1, (size_t) (close - open - 1) },
                        (Slice){ sentence, (size_t) (stop - sentence) }, record))
            return false;
        sentence = stop;
        template = close + 1;
    }
    return strcmp(sentence, template) == 0;
}

/* If a sentence is none of our templates filled in, another program wrote it. Then only its
 * text is known, which is SR_DETAIL_NONE. */
void
sr_reader_detail(Reader *reader)
{
    for (unsigned detail = SR_DETAIL_NONE + 1; detail < SR_DETAIL_N; detail++) {
        SrRecord record = reader->record;

        record.detail = (uint8_t) detail;
        if (!fits_template(reader, sr_detail_template((SrDetail) detail), reader->detail,
                           &record))
            continue;
        g_string_truncate(reader->sentence, 0);
        sr_detail_format(&record, &reader->trace->names, reader->sentence);
        if (strcmp(reader->sentence->str, reader->detail) == 0) {
            reader->record = record;
            return;
        }
    }
}

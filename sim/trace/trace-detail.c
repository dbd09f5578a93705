/* The details of a failed check: a sentence with fields, each of which is a member of the record.
 * A writer fills them in. A reader splits the sentence into the fields from which it was made. */
#include <inttypes.h>
#include <string.h>

#include "base/escape.h"
#include "session-race/trace-writer.h"
#include "trace/trace-reader-private.h"

typedef enum { FIELD_NODE, FIELD_HINT, FIELD_KEY, FIELD_NUMBER, FIELD_WORD } FieldKind;

/* What stands for {NAME} in a sentence. */
typedef struct {
    const char *name;
    FieldKind kind;
    size_t offset;       /* in SrRecord; of 8 bits for a word, else of 32 */
    const SrWord *words; /* n of them */
    unsigned n;
} Field;

/* clang-format off */
static const Field fields[] = {
    { "node",   FIELD_NODE,   offsetof(SrRecord, node),   NULL, 0 },
    { "peer",   FIELD_NODE,   offsetof(SrRecord, peer),   NULL, 0 },
    { "hint",   FIELD_HINT,   offsetof(SrRecord, hint),   NULL, 0 },
    { "key",    FIELD_KEY,    offsetof(SrRecord, key),    NULL, 0 },
    { "n",      FIELD_NUMBER, offsetof(SrRecord, number), NULL, 0 },
    { "msg",    FIELD_WORD,   offsetof(SrRecord, msg),    sr_msg_words, SR_MSG_N },
    { "reason", FIELD_WORD,   offsetof(SrRecord, reason), sr_reason_words, SR_REASON_N },
    { "from",   FIELD_WORD,   offsetof(SrRecord, from),   sr_client_state_words, SR_CLIENT_STATE_N },
    { "to",     FIELD_WORD,   offsetof(SrRecord, to),     sr_client_state_words, SR_CLIENT_STATE_N },
};
/* clang-format on */

static const Field *
find_field(const char *name, size_t length)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(fields); i++)
        if (strlen(fields[i].name) == length && memcmp(fields[i].name, name, length) == 0)
            return &fields[i];
    g_assert_not_reached();
}

/* ---- writing ---- */

static void
append_node(GString *out, const SrNames *names, uint32_t node)
{
    char name[SR_NODE_NAME_MAX];

    if (node >= names->n_nodes)
        g_string_append(out, "nobody");
    else
        sr_escape_terminal(out, name, names->node(names->data, node, name));
}

/* An empty hint is written; an absent hint is not. */
static void
append_hint(GString *out, const SrNames *names, uint32_t hint)
{
    char text[SR_HINT_TEXT_MAX];
    size_t length;

    if (hint == SR_HINT_ABSENT) {
        g_string_append(out, "(none)");
        return;
    }
    length = names->hint(names->data, hint, text);
    if (length == 0)
        g_string_append(out, "\"\"");
    else
        sr_escape_terminal(out, text, length);
}

static void
append_key(GString *out, const SrNames *names, uint32_t key)
{
    char text[17];

    if (key == SR_KEY_ABSENT)
        g_string_append(out, "(none)");
    else
        g_string_append_len(out, text, (gssize) names->key(names->data, key, text));
}

static void
append_field(GString *out, const SrNames *names, const SrRecord *record, const Field *field)
{
    const char *at = (const char *) record + field->offset;
    char digits[16];
    uint32_t number;

    if (field->kind == FIELD_WORD) {
        g_assert(*(const uint8_t *) at < field->n);
        g_string_append(out, field->words[*(const uint8_t *) at].text);
        return;
    }
    memcpy(&number, at, sizeof number);
    switch (field->kind) {
    case FIELD_NODE:
        append_node(out, names, number);
        break;
    case FIELD_HINT:
        append_hint(out, names, number);
        break;
    case FIELD_KEY:
        append_key(out, names, number);
        break;
    case FIELD_NUMBER:
    case FIELD_WORD:
        /* Unlike g_string_append_printf(), this does not allocate. */
        g_string_append_len(out, digits, g_snprintf(digits, sizeof digits, "%" PRIu32, number));
        break;
    }
}

void
sr_detail_format(const SrRecord *record, const SrNames *names, GString *out)
{
    const char *rest = sr_detail_template((SrDetail) record->detail);
    const char *open;

    while ((open = strchr(rest, '{')) != NULL) {
        const char *close = strchr(open, '}');

        g_assert(close != NULL);
        g_string_append_len(out, rest, open - rest);
        append_field(out, names, record, find_field(open + 1, (size_t) (close - open - 1)));
        rest = close + 1;
    }
    g_string_append(out, rest);
}

/* ---- reading ---- */

static int64_t
find_shown(const Reader *reader, Table *table, Table *by_look, Slice text)
{
    int64_t number = sr_table_find(by_look, reader->hash_key, text.bytes, text.length);

    return number >= 0 ? number
                       : sr_table_find(table, reader->hash_key, text.bytes, text.length);
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
    int64_t index = find_shown(reader, &tables->nodes, &tables->shown_nodes, text);

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
    index = find_shown(reader, &tables->hints, &tables->shown_hints, text);
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

/* Reads the part of the sentence that stands for the field {@name}. */
static bool
take_field(const Reader *reader, Slice name, Slice text, SrRecord *record)
{
    const Field *field = find_field(name.bytes, name.length);
    char *at = (char *) record + field->offset;
    uint32_t number = 0;
    bool good = false;

    switch (field->kind) {
    case FIELD_NODE:
        good = take_node(reader, text, &number);
        break;
    case FIELD_HINT:
        good = take_hint(reader, text, &number);
        break;
    case FIELD_KEY:
        good = take_key(reader, text, &number);
        break;
    case FIELD_NUMBER:
        good = take_count(text, &number);
        break;
    case FIELD_WORD:
        number = sr_word_find(field->words, 0, field->n, text.bytes, text.length);
        *(uint8_t *) at = (uint8_t) number;
        return number < field->n;
    }
    /* The record's own node stands in its line. */
    if (field->offset == offsetof(SrRecord, node))
        return good && number == record->node;
    memcpy(at, &number, sizeof number);
    return good;
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

/* Reading a trace back.
 *
 * The lines are those of the writer and nothing else: flat objects without blanks, the members
 * of an event in their one order. So the scanner compares octets with what must stand there,
 * and only when they differ does it find out what is wrong: a member that is unknown, there
 * twice, out of place or missing. It goes over the text once, without recursion, and copies
 * only names that it meets for the first time.
 *
 * Traces are untrusted. Every number is checked against its range before it is used, every
 * string is valid UTF-8, and names are found in tables whose hash is keyed by the text itself,
 * so that no text can bring about collisions in its own tables. The tables are for look-up
 * only: what a reader sees is numbered in the order of the file.
 *
 * Source: "The trace" of the command line's contract. */
#include "session-race/trace-reader.h"

#include <inttypes.h>
#include <string.h>
#include <xxhash.h>

#include "session-race/escape.h"
#include "session-race/whole-file.h"
#include "trace/trace-reader-private.h"

#define NUMBER_MAX ((UINT64_C(1) << 53) - 1)
#define HINT_CHARACTERS_MAX 256
/* As much of a wrong text as a message shows. */
#define SHOWN_OCTETS_MAX 40

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

/* Returns: the slot in which such a text lies, or the free one in which it would */
static Slot *
table_slot(const Table *table, uint64_t hash, const char *octets, size_t length)
{
    uint32_t at = (uint32_t) hash & (table->n_slots - 1);

    for (; table->slots[at].text != NULL; at = (at + 1) & (table->n_slots - 1)) {
        const Text *text = table->slots[at].text;

        if (text->hash == hash && text->length == length &&
            memcmp(text->octets, octets, length) == 0)
            break;
    }
    return &table->slots[at];
}

/* Returns: the index of the text, or -1 */
static int64_t
table_find(Table *table, uint64_t hash_key, const char *octets, size_t length)
{
    unsigned last = length > 0 ? (unsigned char) octets[length - 1] : 0;
    Slot *recent = &table->recent[(last + 16 * (unsigned) length) % RECENT_N];
    const Slot *slot;

    if (recent->text != NULL && recent->text->length == length &&
        memcmp(recent->text->octets, octets, length) == 0)
        return recent->index;
    slot = table_slot(table, XXH3_64bits_withSeed(octets, length, hash_key), octets, length);
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

        *table_slot(table, text->hash, text->octets, text->length) = (Slot){ text, i };
    }
}

/* Appends a text that is not there yet. Returns: its index */
static uint32_t
table_add(Table *table, uint64_t hash_key, const char *octets, size_t length)
{
    Text *text = g_malloc(sizeof *text + length);
    char *copy = (char *) (text + 1);

    memcpy(copy, octets, length);
    *text = (Text){ XXH3_64bits_withSeed(octets, length, hash_key), length, copy };
    g_ptr_array_add(table->texts, text);
    /* Half of the slots stay free. */
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

    /* A document that no record names reads as nothing. */
    if (index >= table->texts->len)
        return 0;
    text = g_ptr_array_index(table->texts, index);
    memcpy(out, text->octets, text->length);
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

static Tables *
tables_new(void)
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

static void
tables_free(Tables *tables)
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

/* ---- the scanner ---- */

static uint64_t
column_of(const Reader *reader, const char *at)
{
    uint64_t column = 1;

    for (const char *p = reader->line; p < at; p++)
        column += (*p & 0xc0) != 0x80;
    return column;
}

bool
sr_reader_fail(Reader *reader, const char *at, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    *reader->fault = (SrTraceFault){
        .line = reader->number,
        .column = column_of(reader, at),
        .message = g_strdup_vprintf(format, arguments),
    };
    va_end(arguments);
    return false;
}

char *
sr_reader_shown(const char *octets, size_t length)
{
    GString *out = g_string_new("'");
    size_t n = MIN(length, (size_t) SHOWN_OCTETS_MAX);

    while (n < length && n > 0 && (octets[n] & 0xc0) == 0x80)
        n--;
    sr_escape_terminal(out, octets, n);
    g_string_append(out, n < length ? "…'" : "'");
    return g_string_free(out, FALSE);
}

static inline bool
next_is(const Reader *reader, const char *text, size_t length)
{
    return (size_t) (reader->end - reader->at) >= length &&
           memcmp(reader->at, text, length) == 0;
}

static bool
expect(Reader *reader, char c)
{
    if (*reader->at != c)
        return sr_reader_fail(reader, reader->at, "'%c' is expected here", c);
    reader->at++;
    return true;
}

/* ---- strings ---- */

/* Reads four hex digits at @at. Returns: what they say, or -1 */
static int32_t
hex_quad(const Reader *reader, const char *at)
{
    int32_t value = 0;

    if (reader->end - at < 4)
        return -1;
    for (unsigned i = 0; i < 4; i++) {
        int digit = g_ascii_xdigit_value(at[i]);

        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

static bool
read_unicode_escape(Reader *reader, const char *escape)
{
    int32_t value = hex_quad(reader, reader->at);

    if (value < 0)
        return sr_reader_fail(reader, escape, "four hex digits belong behind \\u");
    reader->at += 4;
    if (value >= 0xdc00 && value < 0xe000)
        return sr_reader_fail(reader, escape,
                              "half a character: a low surrogate without its high one");
    if (value >= 0xd800 && value < 0xdc00) {
        int32_t low = next_is(reader, "\\u", 2) ? hex_quad(reader, reader->at + 2) : -1;

        if (low < 0xdc00 || low >= 0xe000)
            return sr_reader_fail(reader, escape,
                                  "half a character: a high surrogate without its low one");
        reader->at += 6;
        value = 0x10000 + ((value - 0xd800) << 10) + (low - 0xdc00);
    }
    g_string_append_unichar(reader->scratch, (gunichar) value);
    return true;
}

static bool
read_escape(Reader *reader)
{
    static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    const char *escape = reader->at++, *letter;

    if (*reader->at == 'u') {
        reader->at++;
        return read_unicode_escape(reader, escape);
    }
    letter = *reader->at != '\0' ? strchr(letters, *reader->at) : NULL;
    if (letter == NULL)
        return sr_reader_fail(reader, escape, "no such escape");
    g_string_append_c(reader->scratch, meanings[letter - letters]);
    reader->at++;
    return true;
}

/* The rest of a string that is not plain: @start is behind its opening quote. */
static bool
read_string_slowly(Reader *reader, const char *start, Slice *slice)
{
    g_string_truncate(reader->scratch, 0);
    g_string_append_len(reader->scratch, start, reader->at - start);
    for (;;) {
        unsigned char c = (unsigned char) *reader->at;

        if (c == '"')
            break;
        if (c == '\\') {
            if (!read_escape(reader))
                return false;
        } else if (c == '\n') {
            return sr_reader_fail(reader, start - 1, "a string that does not end");
        } else if (c < 0x20) {
            return sr_reader_fail(reader, reader->at, "a control character must be escaped");
        } else if (c < 0x80) {
            g_string_append_c(reader->scratch, *reader->at++);
        } else {
            gunichar character =
                g_utf8_get_char_validated(reader->at, MIN(reader->end - reader->at, 4));

            if (character > 0x10ffff)
                return sr_reader_fail(reader, reader->at, "invalid UTF-8");
            g_string_append_unichar(reader->scratch, character);
            reader->at += g_unichar_to_utf8(character, NULL);
        }
    }
    reader->at++;
    *slice = (Slice){ reader->scratch->str, reader->scratch->len };
    return true;
}

/* Returns: the first octet from @at on that is a quote, a backslash, a control or not ASCII; there
 * is one, since lines end. Eight octets at a time: the lowest one that shows is one of those, what
 * it borrows from those above it does not matter then. */
static inline const char *
skip_plain(const Reader *reader, const char *at)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);

    while (reader->end - at >= 8) {
        uint64_t octets, quotes, backslashes, special;

        memcpy(&octets, at, sizeof octets);
        octets = GUINT64_FROM_LE(octets);
        quotes = octets ^ (ones * '"');
        backslashes = octets ^ (ones * '\\');
        special = (quotes - ones) & ~quotes;
        special |= (backslashes - ones) & ~backslashes;
        special |= ((octets - ones * ' ') & ~octets) | octets;
        special &= ones * 0x80;
        if (special != 0)
            return at + (unsigned) __builtin_ctzll(special) / 8;
        at += 8;
    }
    while (*at != '"' && *at != '\\' && (signed char) *at >= 0x20)
        at++;
    return at;
}

bool
sr_reader_string(Reader *reader, Slice *slice)
{
    const char *start = reader->at + 1;

    if (*reader->at != '"')
        return sr_reader_fail(reader, reader->at, "a string is expected here");
    reader->at++;
    reader->at = skip_plain(reader, reader->at);
    if (*reader->at != '"')
        return read_string_slowly(reader, start, slice);
    *slice = (Slice){ start, (size_t) (reader->at - start) };
    reader->at++;
    return true;
}

static bool
read_word(Reader *reader, const SrWord *words, unsigned first, unsigned n, const char *what,
          uint8_t *value)
{
    const char *at = reader->at;
    Slice slice;
    unsigned i;

    if (!sr_reader_string(reader, &slice))
        return false;
    i = sr_word_find(words, first, n, slice.octets, slice.length);
    if (i == n) {
        g_autofree char *word = sr_reader_shown(slice.octets, slice.length);

        return sr_reader_fail(reader, at, "%s is no %s", word, what);
    }
    *value = (uint8_t) i;
    return true;
}

static bool
is_hex(Slice slice, size_t n_digits)
{
    if (slice.length != n_digits)
        return false;
    for (size_t i = 0; i < n_digits; i++)
        if (!g_ascii_isdigit(slice.octets[i]) &&
            !(slice.octets[i] >= 'a' && slice.octets[i] <= 'f'))
            return false;
    return true;
}

static bool
read_hex(Reader *reader, size_t n_digits, Slice *slice)
{
    const char *at = reader->at;

    if (!sr_reader_string(reader, slice))
        return false;
    return is_hex(*slice, n_digits) ||
           sr_reader_fail(reader, at, "%zu hex digits in lower case are expected here",
                          n_digits);
}

/* A text for people: no zero in it. */
static bool
read_text(Reader *reader, char **text)
{
    const char *at = reader->at;
    Slice slice;

    if (!sr_reader_string(reader, &slice))
        return false;
    if (memchr(slice.octets, '\0', slice.length) != NULL)
        return sr_reader_fail(reader, at, "a zero character in a text");
    *text = g_strndup(slice.octets, slice.length);
    return true;
}

/* ---- numbers ---- */

static bool
read_number(Reader *reader, uint64_t *number)
{
    const char *start = reader->at;
    uint64_t value = 0;

    while (g_ascii_isdigit(*reader->at)) {
        value = value * 10 + (uint64_t) (*reader->at++ - '0');
        if (value > NUMBER_MAX)
            return sr_reader_fail(reader, start, "a number beyond 2^53 - 1");
    }
    if (reader->at == start)
        return sr_reader_fail(reader, start, "a whole number is expected here");
    if (*start == '0' && reader->at - start > 1)
        return sr_reader_fail(reader, start, "a number with a zero in front");
    if (*reader->at == '.' || *reader->at == 'e' || *reader->at == 'E')
        return sr_reader_fail(reader, start,
                              "numbers of a trace are whole, without an exponent");
    *number = value;
    return true;
}

static bool
read_number_32(Reader *reader, uint32_t *number)
{
    const char *start = reader->at;
    uint64_t value;

    if (!read_number(reader, &value))
        return false;
    if (value > UINT32_MAX)
        return sr_reader_fail(reader, start, "a number beyond 2^32 - 1");
    *number = (uint32_t) value;
    return true;
}

static bool
read_signed(Reader *reader, int64_t *number)
{
    const char *start = reader->at;
    bool negative = *start == '-';
    uint64_t value;

    reader->at += negative;
    if (!read_number(reader, &value))
        return false;
    if (negative && value == 0)
        return sr_reader_fail(reader, start, "zero has no sign");
    *number = negative ? -(int64_t) value : (int64_t) value;
    return true;
}

/* ---- names ---- */

/* Sentences of checks show @octets otherwise: they are found there by what they look like. */
static void
add_shown(Reader *reader, Table *table, GArray *numbers, const Text *text, uint32_t number)
{
    g_string_truncate(reader->sentence, 0);
    sr_escape_terminal(reader->sentence, text->octets, text->length);
    if (reader->sentence->len == text->length ||
        table_find(table, reader->hash_key, reader->sentence->str, reader->sentence->len) >= 0)
        return;
    table_add(table, reader->hash_key, reader->sentence->str, reader->sentence->len);
    g_array_append_val(numbers, number);
}

static bool
read_node(Reader *reader, uint32_t *node)
{
    const char *at = reader->at;
    int64_t index;
    Slice slice;

    if (!sr_reader_string(reader, &slice))
        return false;
    index = table_find(&reader->tables->nodes, reader->hash_key, slice.octets, slice.length);
    if (index < 0) {
        g_autofree char *name = sr_reader_shown(slice.octets, slice.length);

        return sr_reader_fail(reader, at, "%s is not among the nodes of the first line", name);
    }
    *node = (uint32_t) index;
    return true;
}

static bool
read_hint(Reader *reader)
{
    Table *hints = &reader->tables->hints;
    const char *at = reader->at;
    int64_t index;
    Slice slice;

    if (!sr_reader_string(reader, &slice))
        return false;
    index = table_find(hints, reader->hash_key, slice.octets, slice.length);
    if (index < 0) {
        if (g_utf8_strlen(slice.octets, (gssize) slice.length) > HINT_CHARACTERS_MAX ||
            slice.length >= SR_HINT_TEXT_MAX)
            return sr_reader_fail(reader, at, "a hint of more than %u characters",
                                  HINT_CHARACTERS_MAX);
        index = table_add(hints, reader->hash_key, slice.octets, slice.length);
        add_shown(reader, &reader->tables->shown_hints, reader->tables->shown_hint_numbers,
                  g_ptr_array_index(hints->texts, (guint) index), (uint32_t) index);
    }
    reader->record.hint = (uint32_t) index + 1;
    reader->record.has |= SR_HAS_HINT;
    return true;
}

static bool
read_key(Reader *reader)
{
    Table *keys = &reader->tables->keys;
    int64_t index;
    Slice slice;

    if (!read_hex(reader, 16, &slice))
        return false;
    index = table_find(keys, reader->hash_key, slice.octets, slice.length);
    if (index < 0)
        index = table_add(keys, reader->hash_key, slice.octets, slice.length);
    reader->record.key = (uint32_t) index + 1;
    reader->record.has |= SR_HAS_KEY;
    return true;
}

static bool
read_document(Reader *reader)
{
    Table *documents = &reader->tables->documents;
    const char *at = reader->at;
    int64_t index;
    Slice slice;

    if (!sr_reader_string(reader, &slice))
        return false;
    index = table_find(documents, reader->hash_key, slice.octets, slice.length);
    if (index < 0) {
        if (slice.length == 0 || slice.length >= SR_NODE_NAME_MAX)
            return sr_reader_fail(reader, at, "a document's name has 1 to %d octets",
                                  SR_NODE_NAME_MAX - 1);
        index = table_add(documents, reader->hash_key, slice.octets, slice.length);
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
        return sr_reader_fail(reader, at, "a node's name has 1 to %d octets",
                              SR_NODE_NAME_MAX - 1);
    if (table_find(nodes, reader->hash_key, slice.octets, slice.length) >= 0)
        return sr_reader_fail(reader, at, "two nodes of one name");
    if (index < G_N_ELEMENTS(services) &&
        (slice.length != strlen(services[index]) ||
         memcmp(slice.octets, services[index], slice.length) != 0))
        return sr_reader_fail(reader, at, "the services come first: '%s' is expected here",
                              services[index]);
    sr_reader_add_node(reader, slice.octets, slice.length);
    return true;
}

void
sr_reader_add_node(Reader *reader, const char *name, size_t length)
{
    Table *nodes = &reader->tables->nodes;
    uint32_t index = nodes->texts->len;

    if (table_find(nodes, reader->hash_key, name, length) >= 0)
        return;
    table_add(nodes, reader->hash_key, name, length);
    add_shown(reader, &reader->tables->shown_nodes, reader->tables->shown_node_numbers,
              g_ptr_array_index(nodes->texts, index), index);
}

static bool
read_nodes(Reader *reader)
{
    if (!expect(reader, '['))
        return false;
    while (*reader->at != ']' || reader->tables->nodes.texts->len == 0) {
        if (reader->tables->nodes.texts->len > 0 && !expect(reader, ','))
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

static bool
read_failed(Reader *reader)
{
    uint32_t failed = 0;

    if (!expect(reader, '['))
        return false;
    while (*reader->at != ']') {
        const char *at = reader->at + (failed != 0);
        uint8_t check = 0;

        if (failed != 0 && !expect(reader, ','))
            return false;
        if (!read_word(reader, sr_check_words, 0, SR_CHECK_N, "check", &check))
            return false;
        if (failed >> check != 0)
            return sr_reader_fail(reader, at,
                                  "checks stand in the order of their table, each once");
        failed |= UINT32_C(1) << check;
    }
    reader->at++;
    reader->trace->end.failed = failed;
    return true;
}

/* ---- members ---- */

static bool
read_seed(Reader *reader)
{
    const char *at = reader->at;
    uint64_t seed = 0;
    Slice slice;

    if (!sr_reader_string(reader, &slice))
        return false;
    for (size_t i = 0; i < slice.length; i++) {
        if (!g_ascii_isdigit(slice.octets[i]) ||
            (i == 0 && slice.length > 1 && *slice.octets == '0') ||
            __builtin_mul_overflow(seed, 10, &seed) ||
            __builtin_add_overflow(seed, (uint64_t) (slice.octets[i] - '0'), &seed))
            return sr_reader_fail(reader, at,
                                  "a seed is a number below 2^64, in decimal, as a string");
    }
    reader->trace->seed = seed;
    return slice.length > 0 || sr_reader_fail(reader, at, "the seed is empty");
}

static bool
read_seq(Reader *reader)
{
    const char *at = reader->at;
    uint64_t expected = reader->trace->n_records + 1;

    if (!read_number(reader, &reader->record.seq))
        return false;
    return reader->record.seq == expected ||
           sr_reader_fail(reader, at,
                          "seq is %" PRIu64 " where %" PRIu64
                          " is due: a line is missing, doubled or "
                          "moved",
                          reader->record.seq, expected);
}

static bool
read_conn(Reader *reader)
{
    const char *at = reader->at;

    if (!read_number_32(reader, &reader->record.conn))
        return false;
    reader->record.has |= SR_HAS_CONN;
    return reader->record.conn > 0 || sr_reader_fail(reader, at, "connections count from 1");
}

static bool
read_reason(Reader *reader)
{
    reader->record.has |= SR_HAS_REASON;
    return read_word(reader, sr_reason_words, SR_REASON_NONE + 1, SR_REASON_N, "reason",
                     &reader->record.reason);
}

static bool
read_result(Reader *reader)
{
    if (next_is(reader, "\"ok\"", 4)) {
        reader->at += 4;
        return true;
    }
    return read_word(reader, sr_reason_words, SR_REASON_NONE + 1, SR_REASON_N, "result",
                     &reader->record.reason);
}

static bool
read_nonce(Reader *reader)
{
    Slice slice;

    if (!read_hex(reader, 24, &slice))
        return false;
    for (unsigned i = 0; i < 24; i++) {
        unsigned digit = (unsigned) g_ascii_xdigit_value(slice.octets[i]);

        if (i < 8)
            reader->record.seal.nonce_sender = reader->record.seal.nonce_sender << 4 | digit;
        else
            reader->record.seal.nonce_counter = reader->record.seal.nonce_counter << 4 | digit;
    }
    return true;
}

static bool
read_ok(Reader *reader)
{
    reader->record.ok = next_is(reader, "true", 4);
    if (!reader->record.ok && !next_is(reader, "false", 5))
        return sr_reader_fail(reader, reader->at, "true or false is expected here");
    reader->at += reader->record.ok ? 4 : 5;
    return true;
}

static bool
read_verdict(Reader *reader)
{
    const char *at = reader->at;
    Slice slice;

    if (!sr_reader_string(reader, &slice))
        return false;
    if (slice.length != 4 ||
        (memcmp(slice.octets, "pass", 4) != 0 && memcmp(slice.octets, "fail", 4) != 0))
        return sr_reader_fail(reader, at, "the verdict is pass or fail");
    reader->trace->end.verdict = *slice.octets == 'p' ? "pass" : "fail";
    return true;
}

static bool
read_events(Reader *reader)
{
    const char *at = reader->at;

    if (!read_number(reader, &reader->trace->end.events))
        return false;
    return reader->trace->end.events == reader->trace->n_records ||
           sr_reader_fail(reader, at, "%" PRIu64 " events are announced, there are %zu",
                          reader->trace->end.events, reader->trace->n_records);
}

/* The digest is compared with that of the lines once this line is whole. */
static bool
read_digest(Reader *reader)
{
    Slice slice;

    if (!read_hex(reader, 32, &slice))
        return false;
    memcpy(reader->trace->digest, slice.octets, 32);
    return true;
}

static bool
read_source(Reader *reader)
{
    Slice slice;

    if (!read_hex(reader, 32, &slice))
        return false;
    reader->trace->source = g_strndup(slice.octets, slice.length);
    return true;
}

/* clang-format off */
#define MEMBER_OCTETS 16
#define NAME(name) "\"" name "\":", sizeof("\"" name "\":") - 1
static const struct {
    char text[MEMBER_OCTETS]; /* with its quotes and colon, zeros behind it */
    size_t length;
} members[MEMBER_N] = {
    [MEMBER_TYPE]       = { NAME("type") },
    [MEMBER_VERSION]    = { NAME("version") },
    [MEMBER_SCENARIO]   = { NAME("scenario") },
    [MEMBER_SOURCE]     = { NAME("source") },
    [MEMBER_SEED]       = { NAME("seed") },
    [MEMBER_NODES]      = { NAME("nodes") },
    [MEMBER_SEQ]        = { NAME("seq") },
    [MEMBER_T]          = { NAME("t") },
    [MEMBER_NODE]       = { NAME("node") },
    [MEMBER_EVENT]      = { NAME("event") },
    [MEMBER_MSG]        = { NAME("msg") },
    [MEMBER_TO]         = { NAME("to") },
    [MEMBER_FROM]       = { NAME("from") },
    [MEMBER_ID]         = { NAME("id") },
    [MEMBER_CONN]       = { NAME("conn") },
    [MEMBER_HINT]       = { NAME("hint") },
    [MEMBER_REASON]     = { NAME("reason") },
    [MEMBER_IAT]        = { NAME("iat") },
    [MEMBER_EXP]        = { NAME("exp") },
    [MEMBER_NBF]        = { NAME("nbf") },
    [MEMBER_KEY]        = { NAME("key") },
    [MEMBER_DOCUMENT]   = { NAME("document") },
    [MEMBER_CLIENT]     = { NAME("client") },
    [MEMBER_FROM_STATE] = { NAME("from") },
    [MEMBER_TO_STATE]   = { NAME("to") },
    [MEMBER_NONCE]      = { NAME("nonce") },
    [MEMBER_BYTES]      = { NAME("bytes") },
    [MEMBER_OK]         = { NAME("ok") },
    [MEMBER_NOW]        = { NAME("now") },
    [MEMBER_LEEWAY]     = { NAME("leeway") },
    [MEMBER_RESULT]     = { NAME("result") },
    [MEMBER_ACTION]     = { NAME("action") },
    [MEMBER_TARGET]     = { NAME("target") },
    [MEMBER_OFFSET]     = { NAME("offset") },
    [MEMBER_CHECK]      = { NAME("check") },
    [MEMBER_DETAIL]     = { NAME("detail") },
    [MEMBER_END_T]      = { NAME("t") },
    [MEMBER_EVENTS]     = { NAME("events") },
    [MEMBER_VERDICT]    = { NAME("verdict") },
    [MEMBER_FAILED]     = { NAME("failed") },
    [MEMBER_DIGEST]     = { NAME("digest") },
};
#undef NAME

/* The members of a line, in their order, closed by MEMBER_NONE. What a real system does not know it may leave out; what makes a
 * record what it is must be there. */
#define CLAIMS MEMBER_IAT | OPTIONAL, MEMBER_EXP | OPTIONAL, MEMBER_NBF | OPTIONAL
#define HINT MEMBER_HINT | OPTIONAL
#define KEY MEMBER_KEY | OPTIONAL
#define REASON MEMBER_REASON | OPTIONAL
#define CONN MEMBER_CONN | OPTIONAL
#define DOCUMENT MEMBER_DOCUMENT | OPTIONAL
const uint8_t sr_first_shape[] = { MEMBER_VERSION, MEMBER_SCENARIO, MEMBER_SOURCE, MEMBER_SEED, MEMBER_NODES, MEMBER_NONE };
const uint8_t sr_head_shape[] = { MEMBER_SEQ, MEMBER_T, MEMBER_NODE, MEMBER_EVENT, MEMBER_NONE };
const uint8_t sr_end_shape[] = { MEMBER_END_T, MEMBER_EVENTS, MEMBER_VERDICT, MEMBER_FAILED, MEMBER_DIGEST, MEMBER_NONE };
const uint8_t sr_event_shapes[SR_EVENT_N][12] = {
    [SR_EVENT_START]             = { MEMBER_NONE },
    [SR_EVENT_SEND]              = { MEMBER_MSG, MEMBER_TO, MEMBER_ID, CONN, HINT, REASON, CLAIMS, KEY, DOCUMENT },
    [SR_EVENT_RECEIVE]           = { MEMBER_MSG, MEMBER_FROM, MEMBER_ID, CONN, HINT, REASON, CLAIMS, KEY, DOCUMENT },
    [SR_EVENT_LOSE]              = { MEMBER_MSG, MEMBER_ID, REASON, DOCUMENT },
    [SR_EVENT_CONNECTION_OPENED] = { MEMBER_CLIENT, CONN },
    [SR_EVENT_CONNECTION_CLOSED] = { MEMBER_CLIENT, CONN, REASON },
    [SR_EVENT_STATE]             = { MEMBER_FROM_STATE, MEMBER_TO_STATE },
    [SR_EVENT_KEY_MADE]          = { HINT, KEY, DOCUMENT },
    [SR_EVENT_KEY_DISCARDED]     = { HINT, REASON, DOCUMENT },
    [SR_EVENT_KEY_FOUND]         = { HINT, KEY, DOCUMENT },
    [SR_EVENT_KEY_MISSING]       = { HINT, DOCUMENT },
    [SR_EVENT_SEALED]            = { HINT, KEY, MEMBER_NONCE, MEMBER_BYTES, DOCUMENT },
    [SR_EVENT_OPENED]            = { HINT, KEY, MEMBER_OK, DOCUMENT },
    [SR_EVENT_WON]               = { HINT, DOCUMENT },
    [SR_EVENT_REJECTED]          = { DOCUMENT },
    [SR_EVENT_RELEASED]          = { HINT, REASON, DOCUMENT },
    [SR_EVENT_ESTABLISHED]       = { HINT, DOCUMENT },
    [SR_EVENT_TOKEN_SIGNED]      = { CLAIMS },
    [SR_EVENT_TOKEN_JUDGED]      = { MEMBER_CLIENT, MEMBER_MSG, CLAIMS, MEMBER_NOW, MEMBER_LEEWAY, MEMBER_RESULT },
    [SR_EVENT_FAULT]             = { MEMBER_ACTION, MEMBER_TARGET },
    [SR_EVENT_CLOCK]             = { MEMBER_OFFSET },
    [SR_EVENT_COLLABORATING]     = { MEMBER_NONE },
    [SR_EVENT_FAILED]            = { REASON },
    [SR_EVENT_CHECK_FAILED]      = { MEMBER_CHECK, MEMBER_DETAIL, DOCUMENT },
};
#undef CLAIMS
#undef HINT
#undef KEY
#undef REASON
#undef CONN
#undef DOCUMENT
/* clang-format on */

Slice
sr_reader_member_name(MemberId member)
{
    return (Slice){ members[member].text + 1, members[member].length - 3 };
}

static bool
read_claim(Reader *reader, unsigned bit, int64_t *claim)
{
    reader->record.has |= (uint8_t) bit;
    return read_signed(reader, claim);
}

bool
sr_reader_value(Reader *reader, MemberId member)
{
    SrRecord *record = &reader->record;

    switch (member) {
    case MEMBER_VERSION:
        return read_text(reader, &reader->trace->version);
    case MEMBER_SCENARIO:
        return read_text(reader, &reader->trace->scenario);
    case MEMBER_SOURCE:
        return read_source(reader);
    case MEMBER_SEED:
        return read_seed(reader);
    case MEMBER_NODES:
        return read_nodes(reader);
    case MEMBER_SEQ:
        return read_seq(reader);
    case MEMBER_T:
        return read_number(reader, &record->t);
    case MEMBER_NODE:
        return read_node(reader, &record->node);
    case MEMBER_EVENT:
        return read_word(reader, sr_event_words, 0, SR_EVENT_N, "event", &record->event);
    case MEMBER_MSG:
        return read_word(reader, sr_msg_words, SR_MSG_NONE + 1, SR_MSG_N, "message",
                         &record->msg);
    case MEMBER_TO:
    case MEMBER_FROM:
    case MEMBER_CLIENT:
    case MEMBER_TARGET:
        return read_node(reader, &record->peer);
    case MEMBER_ID:
        return read_number(reader, &record->id);
    case MEMBER_CONN:
        return read_conn(reader);
    case MEMBER_HINT:
        return read_hint(reader);
    case MEMBER_REASON:
        return read_reason(reader);
    case MEMBER_IAT:
        return read_claim(reader, SR_HAS_IAT, &record->token.iat);
    case MEMBER_EXP:
        return read_claim(reader, SR_HAS_EXP, &record->token.exp);
    case MEMBER_NBF:
        return read_claim(reader, SR_HAS_NBF, &record->token.nbf);
    case MEMBER_KEY:
        return read_key(reader);
    case MEMBER_DOCUMENT:
        return read_document(reader);
    case MEMBER_FROM_STATE:
        return read_word(reader, sr_client_state_words, 0, SR_CLIENT_STATE_N, "state",
                         &record->from);
    case MEMBER_TO_STATE:
        return read_word(reader, sr_client_state_words, 0, SR_CLIENT_STATE_N, "state",
                         &record->to);
    case MEMBER_NONCE:
        return read_nonce(reader);
    case MEMBER_BYTES:
        return read_number(reader, &record->seal.bytes);
    case MEMBER_OK:
        return read_ok(reader);
    case MEMBER_NOW:
        return read_signed(reader, &record->token.now);
    case MEMBER_LEEWAY:
        return read_signed(reader, &record->token.leeway);
    case MEMBER_RESULT:
        return read_result(reader);
    case MEMBER_ACTION:
        return read_word(reader, sr_fault_words, 0, SR_FAULT_WORD_N, "fault", &record->action);
    case MEMBER_OFFSET:
        return read_signed(reader, &record->clock.offset);
    case MEMBER_CHECK:
        return read_word(reader, sr_check_words, 0, SR_CHECK_N, "check", &record->check);
    case MEMBER_DETAIL:
        return read_text(reader, &reader->detail);
    case MEMBER_END_T:
        return read_number(reader, &reader->trace->end.t);
    case MEMBER_EVENTS:
        return read_events(reader);
    case MEMBER_VERDICT:
        return read_verdict(reader);
    case MEMBER_FAILED:
        return read_failed(reader);
    case MEMBER_DIGEST:
        return read_digest(reader);
    case MEMBER_NONE:
    case MEMBER_TYPE:
        break;
    }
    g_assert_not_reached();
}

/* ---- objects ---- */

static bool
shape_has(const uint8_t *shape, const char *name, size_t length)
{
    for (; *shape != MEMBER_NONE; shape++) {
        MemberId id = (MemberId) (*shape & ~OPTIONAL);

        if (members[id].length == length + 3 && memcmp(members[id].text + 1, name, length) == 0)
            return true;
    }
    return false;
}

/* The name of @member without its quotes and colon. */
#define BARE(member) (int) members[member].length - 3, members[member].text + 1

/* What stands at `at` is not what must: finds out why. @due is what must, MEMBER_NONE for the
 * end of the object. */
static bool
explain(Reader *reader, const uint8_t *shape, MemberId due)
{
    const char *comma = reader->at, *name_at;
    Slice name;

    if (*comma == ' ' || *comma == '\t')
        return sr_reader_fail(reader, comma, "a trace has no blanks between its members");
    if (*comma == '}')
        return sr_reader_fail(reader, comma, "'%.*s' is missing", BARE(due));
    if (*comma != ',')
        return sr_reader_fail(reader, comma, "',' or '}' is expected here");
    name_at = ++reader->at;
    if (*name_at == ' ' || *name_at == '\t')
        return sr_reader_fail(reader, name_at, "a trace has no blanks between its members");
    if (!sr_reader_string(reader, &name))
        return false;
    if (*reader->at != ':')
        return sr_reader_fail(reader, reader->at, "':' is expected here");

    g_autofree char *text = sr_reader_shown(name.octets, name.length);
    g_autofree char *quoted = g_strdup_printf("\"%.*s\":", (int) name.length, name.octets);
    bool before = g_strstr_len(reader->line, comma - reader->line, quoted) != NULL;
    bool known = shape_has(shape, name.octets, name.length) ||
                 shape_has(sr_head_shape, name.octets, name.length) ||
                 strcmp(quoted, "\"type\":") == 0;

    if (before && known)
        return sr_reader_fail(reader, name_at, "%s is there twice", text);
    if (known && due != MEMBER_NONE)
        return sr_reader_fail(reader, name_at, "%s is out of place: '%.*s' is due here", text,
                              BARE(due));
    if (known)
        return sr_reader_fail(reader, name_at, "%s is out of place", text);
    return sr_reader_fail(reader, name_at, "a member %s that such a record does not have",
                          text);
}

/* Whether the first @n octets, 1 to 8, are the same; eight can be read of both. */
static inline bool
begins_alike(const char *a, const char *b, size_t n)
{
    uint64_t x, y;

    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (GUINT64_FROM_LE(x ^ y) << (8 * (8 - n))) == 0;
}

/* Whether the name of @member stands behind the comma at `at`. */
static inline bool
begins_with_member(const Reader *reader, MemberId member)
{
    const char *at = reader->at + 1;
    size_t length = members[member].length;

    if ((size_t) (reader->end - reader->at) <= MEMBER_OCTETS)
        return (size_t) (reader->end - reader->at) > length &&
               memcmp(at, members[member].text, length) == 0;
    return begins_alike(at, members[member].text, MIN(length, 8)) &&
           (length <= 8 || begins_alike(at + 8, members[member].text + 8, length - 8));
}

/* Reads the members of @shape, each with the comma before it, and with @closes what ends the
 * line. */
static bool
read_members(Reader *reader, const uint8_t *shape, bool closes)
{
    MemberId due = MEMBER_NONE;

    for (const uint8_t *step = shape; *step != MEMBER_NONE; step++) {
        MemberId id = (MemberId) (*step & ~OPTIONAL);

        if (*reader->at == ',' && begins_with_member(reader, id)) {
            reader->at += 1 + members[id].length;
            if (!sr_reader_value(reader, id))
                return false;
        } else if (!(*step & OPTIONAL)) {
            due = id;
            break;
        }
    }
    if (due != MEMBER_NONE)
        return explain(reader, shape, due);
    if (!closes)
        return true;
    if (*reader->at != '}')
        return explain(reader, shape, MEMBER_NONE);
    reader->at++;
    return *reader->at == '\n' ||
           sr_reader_fail(reader, reader->at, "something behind the object");
}

/* ---- what a check said ---- */

static int64_t
find_shown(const Reader *reader, Table *table, Table *by_look, const GArray *numbers,
           Slice text)
{
    int64_t index = table_find(by_look, reader->hash_key, text.octets, text.length);

    if (index >= 0)
        return g_array_index(numbers, uint32_t, (guint) index);
    return table_find(table, reader->hash_key, text.octets, text.length);
}

static bool
slice_is(Slice slice, const char *text)
{
    return slice.length == strlen(text) && memcmp(slice.octets, text, slice.length) == 0;
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
        table_find(&reader->tables->keys, reader->hash_key, text.octets, text.length);

    *key = (uint32_t) (index + 1);
    return index >= 0 || slice_is(text, "(none)");
}

static bool
take_word(Slice text, const SrWord *words, unsigned n, uint8_t *value)
{
    unsigned i = sr_word_find(words, 0, n, text.octets, text.length);

    *value = (uint8_t) i;
    return i < n;
}

static bool
take_count(Slice text, uint32_t *number)
{
    uint64_t value = 0;

    for (size_t i = 0; i < text.length; i++) {
        if (!g_ascii_isdigit(text.octets[i]))
            return false;
        value = value * 10 + (uint64_t) (text.octets[i] - '0');
        if (value > UINT32_MAX)
            return false;
    }
    *number = (uint32_t) value;
    return text.length > 0;
}

/* Takes what stands in the sentence for the field {@field}. */
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

/* Whether @sentence may be @template filled in; @record then has what it was filled with. */
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

/* The sentence of a check is a template of ours filled in, unless another program wrote it:
 * then only its text is known, SR_DETAIL_NONE. */
static void
recognise_detail(Reader *reader)
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

/* ---- lines ---- */

bool
sr_trace_speaks_of_document(const SrRecord *record)
{
    switch ((SrEvent) record->event) {
    case SR_EVENT_SEND:
    case SR_EVENT_RECEIVE:
    case SR_EVENT_LOSE:
        return SR_DOCUMENT_MSGS >> record->msg & 1;
    case SR_EVENT_CHECK_FAILED:
        return SR_DOCUMENT_CHECKS >> record->check & 1;
    case SR_EVENT_KEY_MADE:
    case SR_EVENT_KEY_DISCARDED:
    case SR_EVENT_KEY_FOUND:
    case SR_EVENT_KEY_MISSING:
    case SR_EVENT_SEALED:
    case SR_EVENT_OPENED:
    case SR_EVENT_WON:
    case SR_EVENT_REJECTED:
    case SR_EVENT_RELEASED:
    case SR_EVENT_ESTABLISHED:
        return true;
    case SR_EVENT_START:
    case SR_EVENT_CONNECTION_OPENED:
    case SR_EVENT_CONNECTION_CLOSED:
    case SR_EVENT_STATE:
    case SR_EVENT_TOKEN_SIGNED:
    case SR_EVENT_TOKEN_JUDGED:
    case SR_EVENT_FAULT:
    case SR_EVENT_CLOCK:
    case SR_EVENT_COLLABORATING:
    case SR_EVENT_FAILED:
        return false;
    }
    return false;
}

/* A trace names the document in all records that speak of one, or in none. */
static bool
check_document(Reader *reader)
{
    bool speaks = sr_trace_speaks_of_document(&reader->record), named = reader->named_document;

    if (!speaks)
        return !named ||
               sr_reader_fail(reader, reader->at - 1, "such a record speaks of no document");
    if (!reader->documents_known)
        reader->has_documents = named;
    reader->documents_known = true;
    if (named == reader->has_documents)
        return true;
    return named ? sr_reader_fail(reader, reader->at - 1,
                                  "a document, which earlier records leave out")
                 : sr_reader_fail(reader, reader->at - 1,
                                  "'document' is missing, which earlier records name");
}

static bool
keep_places(SrTrace *trace, size_t capacity)
{
    uint64_t *lines = g_try_realloc_n(trace->lines, capacity, sizeof *lines);
    uint16_t *files;

    if (lines != NULL)
        trace->lines = lines;
    files = g_try_realloc_n(trace->files, capacity, sizeof *files);
    if (files != NULL)
        trace->files = files;
    return lines != NULL && files != NULL;
}

static bool
keep_record(Reader *reader)
{
    SrTrace *trace = reader->trace;

    if (trace->n_records == reader->capacity) {
        size_t capacity = MAX(reader->capacity * 2, 256);
        SrRecord *records = g_try_realloc_n(trace->records, capacity, sizeof *records);
        char **details;

        if (records != NULL)
            trace->records = records;
        details = g_try_realloc_n(trace->details, capacity, sizeof *details);
        if (details != NULL)
            trace->details = details;
        bool places = !reader->log || keep_places(trace, capacity);
        if (records == NULL || details == NULL || !places) {
            *reader->fault =
                (SrTraceFault){ .system = true, .message = g_strdup("not enough memory") };
            return false;
        }
        reader->capacity = capacity;
    }
    if (reader->log) {
        reader->record.seq = trace->n_records + 1;
        trace->lines[trace->n_records] = reader->number;
        trace->files[trace->n_records] = (uint16_t) (trace->n_paths - 1);
    }
    trace->details[trace->n_records] = g_steal_pointer(&reader->detail);
    trace->records[trace->n_records++] = reader->record;
    return true;
}

bool
sr_reader_finish_event(Reader *reader)
{
    SrRecord *record = &reader->record;

    if (!check_document(reader))
        return false;
    if (record->msg == SR_MSG_UPLOAD || record->msg == SR_MSG_CONTENT ||
        (record->msg == SR_MSG_SESSION_NONE && record->has & SR_HAS_KEY))
        record->has |= SR_HAS_CONTENT;
    if (record->event == SR_EVENT_CHECK_FAILED)
        recognise_detail(reader);
    return keep_record(reader);
}

static bool
read_event(Reader *reader)
{
    SrRecord *record = &reader->record;

    memset(record, 0, sizeof *record);
    reader->named_document = false;
    if (!read_members(reader, sr_head_shape, false))
        return false;
    return read_members(reader, sr_event_shapes[record->event], true) &&
           sr_reader_finish_event(reader);
}

/* Reads the line at `at` up to its LF. */
static bool
read_line(Reader *reader)
{
#define BEGINS(type)                                                                           \
    (next_is(reader, "{\"type\":\"" type "\"", sizeof("{\"type\":\"" type "\"") - 1))
    if (reader->number == 1) {
        if (!BEGINS("trace"))
            return sr_reader_fail(reader, reader->at,
                                  "not a trace: its first line does not have the type trace");
        reader->at += strlen("{\"type\":\"trace\"");
        return read_members(reader, sr_first_shape, true);
    }
    if (BEGINS("event")) {
        reader->at += strlen("{\"type\":\"event\"");
        return read_event(reader);
    }
    if (BEGINS("end")) {
        reader->at += strlen("{\"type\":\"end\"");
        reader->is_end = true;
        return read_members(reader, sr_end_shape, true);
    }
#undef BEGINS
    if (*reader->at == '\n')
        return sr_reader_fail(reader, reader->at, "an empty line");
    return sr_reader_fail(reader, reader->at, "a line that is neither an event nor the end");
}

static void
digest_of(const char *octets, size_t n, char digest[33])
{
    XXH128_canonical_t canonical;

    XXH128_canonicalFromHash(&canonical, XXH3_128bits(octets, n));
    for (unsigned i = 0; i < sizeof canonical.digest; i++)
        g_snprintf(digest + 2 * i, 3, "%02x", canonical.digest[i]);
}

/* The line ends within its limit, so that whatever reads it finds its LF. */
bool
sr_reader_find_line_end(Reader *reader)
{
    size_t limit = reader->number == 1 ? FIRST_LINE_OCTETS_MAX : LINE_OCTETS_MAX;
    size_t left = (size_t) (reader->end - reader->at);

    if (memchr(reader->at, '\n', MIN(left, limit)) != NULL)
        return true;
    if (left >= limit)
        return sr_reader_fail(reader, reader->at, "a line of more than %zu KiB", limit >> 10);
    return sr_reader_fail(reader, reader->end, "the file breaks off within a line");
}

static bool
read_lines(Reader *reader)
{
    const char *body = NULL, *text = reader->at;
    char digest[33];

    for (reader->number = 1; reader->at < reader->end && !reader->is_end; reader->number++) {
        reader->line = reader->at;
        if (!sr_reader_find_line_end(reader) || !read_line(reader))
            return false;
        reader->at++;
        if (body == NULL)
            body = reader->at;
    }
    if (!reader->is_end) {
        reader->line = reader->at;
        return sr_reader_fail(reader, reader->at,
                              reader->at == text
                                  ? "the file is empty"
                                  : "the last line is missing: the trace breaks off");
    }
    digest_of(body, (size_t) (reader->line - body), digest);
    if (strcmp(digest, reader->trace->digest) != 0) {
        reader->number--;
        return sr_reader_fail(reader, strstr(reader->line, "\"digest\":"),
                              "the digest of the lines above is %s: the trace is damaged",
                              digest);
    }
    reader->line = reader->at;
    return reader->at == reader->end ||
           sr_reader_fail(reader, reader->at, "a line behind the last one");
}

/* ---- in and out ---- */

void
sr_trace_fault_clear(SrTraceFault *fault)
{
    g_clear_pointer(&fault->message, g_free);
    *fault = (SrTraceFault){ 0 };
}

const char *
sr_trace_place(const SrTrace *trace, size_t record, uint64_t *line)
{
    if (trace->lines == NULL || trace->n_records == 0) {
        *line = record + 2;
        return trace->path;
    }
    record = MIN(record, trace->n_records - 1);
    *line = trace->lines[record];
    return trace->paths[trace->files[record]];
}

SrTrace *
sr_trace_new(const char *path)
{
    SrTrace *trace = g_new0(SrTrace, 1);
    Tables *tables = tables_new();

    trace->path = g_strdup(path);
    trace->tables = tables;
    trace->end.verdict = "";
    trace->names = (SrNames){
        .data = tables,
        .n_documents = 1,
        .node = name_node,
        .document = name_document,
        .hint = name_hint,
        .key = name_key,
    };
    return trace;
}

void
sr_trace_free(SrTrace *trace)
{
    if (trace == NULL)
        return;
    for (size_t i = 0; i < trace->n_records; i++)
        g_free(trace->details[i]);
    g_free(trace->details);
    g_free(trace->records);
    tables_free(trace->tables);
    g_free(trace->path);
    g_free(trace->version);
    g_free(trace->scenario);
    g_free(trace->source);
    g_free(trace->lines);
    g_free(trace->files);
    for (unsigned i = 0; i < trace->n_paths; i++)
        g_free(trace->paths[i]);
    g_free(trace->paths);
    g_free(trace);
}

SrTrace *
sr_trace_parse(const char *path, const char *text, size_t length, SrTraceFault *fault)
{
    g_autoptr(SrTrace) trace = sr_trace_new(path);
    g_autoptr(GString) scratch = g_string_new(NULL), sentence = g_string_new(NULL);
    Reader reader = {
        .at = text,
        .line = text,
        .end = text + length,
        .hash_key = XXH3_64bits(text, length),
        .trace = trace,
        .tables = trace->tables,
        .scratch = scratch,
        .sentence = sentence,
        .fault = fault,
    };
    bool good;

    *fault = (SrTraceFault){ 0 };
    if (length > TRACE_OCTETS_MAX) {
        fault->message = g_strdup("more than 4 GiB");
        return NULL;
    }
    good = read_lines(&reader);
    g_free(reader.detail);
    if (!good)
        return NULL;
    /* A trace that names documents is of several, even where only one of them is met. */
    if (reader.has_documents)
        trace->names.n_documents = MAX(reader.tables->documents.texts->len, 2);
    trace->complete = true;
    return g_steal_pointer(&trace);
}

bool
sr_trace_read_path(const char *path, char **text, size_t *length, SrTraceFault *fault)
{
    const char *why = sr_whole_file_read(path, TRACE_OCTETS_MAX, text, length);

    if (why == sr_whole_file_too_large)
        *fault = (SrTraceFault){ .message = g_strdup("more than 4 GiB") };
    else if (why != NULL)
        *fault = (SrTraceFault){ .system = true, .message = g_strdup(why) };
    return why == NULL;
}

SrTrace *
sr_trace_load(const char *path, SrTraceFault *fault)
{
    g_autofree char *text = NULL;
    size_t length = 0;

    return sr_trace_read_path(path, &text, &length, fault)
               ? sr_trace_parse(path, text, length, fault)
               : NULL;
}

/* The scanner of a trace: the position and text of faults, strings, and numbers. It compares
 * the bytes with the expected ones. */
#include <string.h>

#include "base/escape.h"
#include "trace/trace-reader-private.h"

#define NUMBER_MAX ((UINT64_C(1) << 53) - 1)
/* At most this much of a wrong text is shown in a message. */
#define SHOWN_BYTES_MAX 40

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
sr_reader_shown(const char *bytes, size_t length)
{
    GString *out = g_string_new("'");
    size_t n = MIN(length, (size_t) SHOWN_BYTES_MAX);

    while (n < length && n > 0 && (bytes[n] & 0xc0) == 0x80)
        n--;
    sr_escape_terminal(out, bytes, n);
    g_string_append(out, n < length ? "…'" : "'");
    return g_string_free(out, FALSE);
}

/* ---- strings ---- */

/* Returns: the value of the four hex digits at @at, or -1 */
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
        int32_t low =
            sr_reader_next_is(reader, "\\u", 2) ? hex_quad(reader, reader->at + 2) : -1;

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

/* Reads the rest of a string with escapes or non-ASCII; @start is behind its opening quote. */
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

/* Returns: the first byte from @at on that is a quote, a backslash, a control or not ASCII.
 * There is one, since lines end. Tests eight bytes at once; a borrow may mark a wrong byte, but
 * only one above the lowest that is marked. */
static inline const char *
skip_plain(const Reader *reader, const char *at)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);

    while (reader->end - at >= 8) {
        uint64_t bytes, quotes, backslashes, special;

        memcpy(&bytes, at, sizeof bytes);
        bytes = GUINT64_FROM_LE(bytes);
        quotes = bytes ^ (ones * '"');
        backslashes = bytes ^ (ones * '\\');
        special = (quotes - ones) & ~quotes;
        special |= (backslashes - ones) & ~backslashes;
        special |= ((bytes - ones * ' ') & ~bytes) | bytes;
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

bool
sr_reader_word(Reader *reader, const SrWord *words, unsigned first, unsigned n,
               const char *what, uint8_t *value)
{
    const char *at = reader->at;
    Slice slice;
    unsigned i;

    if (!sr_reader_string(reader, &slice))
        return false;
    i = sr_word_find(words, first, n, slice.bytes, slice.length);
    if (i == n) {
        g_autofree char *word = sr_reader_shown(slice.bytes, slice.length);

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
        if (!g_ascii_isdigit(slice.bytes[i]) &&
            !(slice.bytes[i] >= 'a' && slice.bytes[i] <= 'f'))
            return false;
    return true;
}

bool
sr_reader_hex(Reader *reader, size_t n_digits, Slice *slice)
{
    const char *at = reader->at;

    if (!sr_reader_string(reader, slice))
        return false;
    return is_hex(*slice, n_digits) ||
           sr_reader_fail(reader, at, "%zu hex digits in lower case are expected here",
                          n_digits);
}

/* A text for people contains no zero. */
bool
sr_reader_text(Reader *reader, char **text)
{
    const char *at = reader->at;
    Slice slice;

    if (!sr_reader_string(reader, &slice))
        return false;
    if (memchr(slice.bytes, '\0', slice.length) != NULL)
        return sr_reader_fail(reader, at, "a zero character in a text");
    *text = g_strndup(slice.bytes, slice.length);
    return true;
}

/* ---- numbers ---- */

bool
sr_reader_number(Reader *reader, uint64_t *number)
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

bool
sr_reader_number32(Reader *reader, uint32_t *number)
{
    const char *start = reader->at;
    uint64_t value;

    if (!sr_reader_number(reader, &value))
        return false;
    if (value > UINT32_MAX)
        return sr_reader_fail(reader, start, "a number beyond 2^32 - 1");
    *number = (uint32_t) value;
    return true;
}

bool
sr_reader_signed(Reader *reader, int64_t *number)
{
    const char *start = reader->at;
    bool negative = *start == '-';
    uint64_t value;

    reader->at += negative;
    if (!sr_reader_number(reader, &value))
        return false;
    if (negative && value == 0)
        return sr_reader_fail(reader, start, "zero has no sign");
    *number = negative ? -(int64_t) value : (int64_t) value;
    return true;
}

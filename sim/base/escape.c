/* Makes text from files harmless for the place where it is written.
 *
 * One loop over the text serves every destination. It splits the text into characters and bytes
 * that are not UTF-8. Some of them must never be written as they are; these are called
 * *hidden*: C0, DEL and C1 controls, line separators, and the controls of bidirectional text.
 * With those a name could move the cursor, recolour a terminal, or appear in another order than
 * it is read. Each destination also has its own way to write the few characters that have a
 * meaning there.
 *
 * Printed text may end up in the log of a CI system, whose runner executes commands that it
 * finds there. GitHub's runner takes a line that begins with `::` after blanks as a command,
 * and `##[` anywhere in a line. */
#include "base/escape.h"

#include <stdbool.h>
#include <string.h>

/* One step of the loop. */
typedef struct {
    const char *bytes;
    size_t n_bytes;
    gunichar character; /* the byte itself when it is not UTF-8 */
    bool valid;
    bool hidden; /* always set if not `valid` */
} Piece;

gboolean
sr_escape_is_hidden(gunichar c)
{
    bool control = c < 0x20 || (c >= 0x7f && c < 0xa0);
    bool separator = c == 0x2028 || c == 0x2029;
    bool mark = c == 0x061c || c == 0x200e || c == 0x200f;
    bool embedding = (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);

    return control || separator || mark || embedding;
}

/* Returns: the piece at the start of @text; @length is at least 1 */
static Piece
next_piece(const char *text, size_t length)
{
    unsigned char byte = (unsigned char) *text;

    if (byte < 0x80)
        return (Piece){ text, 1, byte, true, sr_escape_is_hidden(byte) };
    gunichar c = g_utf8_get_char_validated(text, (gssize) MIN(length, 4));

    /* Both error values of GLib, -1 and -2, are above the last character. */
    if (c > 0x10ffff)
        return (Piece){ text, 1, byte, false, true };
    return (Piece){ text, (size_t) g_unichar_to_utf8(c, NULL), c, true, sr_escape_is_hidden(c) };
}

static void
append_piece(GString *out, const Piece *piece)
{
    g_string_append_len(out, piece->bytes, (gssize) piece->n_bytes);
}

/* Returns: whether @out would contain `##[` if @piece were appended */
static bool
completes_command(const GString *out, const Piece *piece)
{
    return piece->character == '[' && g_str_has_suffix(out->str, "##");
}

#define SR_REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

void
sr_escape_json(GString *out, const char *text, size_t length)
{
    static const char special[] = "\"\\\n\r\t", letters[] = "\"\\nrt";

    g_string_append_c(out, '"');
    for (size_t at = 0; at < length;) {
        Piece piece = next_piece(text + at, length - at);
        const char *letter = piece.character == '\0' || piece.character >= 0x80
                                 ? NULL
                                 : strchr(special, (int) piece.character);

        if (!piece.valid)
            g_string_append(out, SR_REPLACEMENT);
        else if (letter != NULL)
            g_string_append_printf(out, "\\%c", letters[letter - special]);
        else if (piece.hidden ||
                 /* these are below U+10000, so they need no surrogates */
                 completes_command(out, &piece))
            g_string_append_printf(out, "\\u%04x", piece.character);
        else
            append_piece(out, &piece);
        at += piece.n_bytes;
    }
    g_string_append_c(out, '"');
}

/* Writes a hidden piece readably: a byte as `\x1b`, a character beyond ASCII as `\u{202e}`. */
static void
append_visible(GString *out, const Piece *piece)
{
    if (piece->n_bytes == 1)
        g_string_append_printf(out, "\\x%02x", piece->character);
    else
        g_string_append_printf(out, "\\u{%04x}", piece->character);
}

/* Returns: whether @piece could begin a command, in a text that ends at @end. It does if it is
 * the first colon of `::`, or may become that with the text that follows, and if a line may
 * start there. Lines may be broken at blanks too, and a runner ignores characters without
 * width. */
static bool
begins_command(const GString *out, const Piece *piece, const char *end)
{
    const char *next = piece->bytes + 1, *last;

    if (piece->character != ':' || (next < end && *next != ':'))
        return false;
    last = g_utf8_find_prev_char(out->str, out->str + out->len);
    return last == NULL || g_unichar_isspace(g_utf8_get_char(last)) ||
           g_unichar_iszerowidth(g_utf8_get_char(last));
}

void
sr_escape_terminal(GString *out, const char *text, size_t length)
{
    for (size_t at = 0; at < length;) {
        Piece piece = next_piece(text + at, length - at);

        if (piece.hidden || completes_command(out, &piece) ||
            begins_command(out, &piece, text + length))
            append_visible(out, &piece);
        else
            append_piece(out, &piece);
        at += piece.n_bytes;
    }
}

/* Returns: whether XML 1.0 does not allow @c, not even as a character reference (its production
 * 2, Char) */
static bool
xml_forbids(gunichar c)
{
    return (c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0xfffe || c == 0xffff;
}

static const char *
xml_entity(gunichar c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&apos;";
    default:
        return NULL;
    }
}

void
sr_escape_xml(GString *out, const char *text, size_t length)
{
    for (size_t at = 0; at < length;) {
        Piece piece = next_piece(text + at, length - at);

        if (!piece.valid || xml_forbids(piece.character))
            g_string_append(out, SR_REPLACEMENT);
        else if (piece.hidden || completes_command(out, &piece))
            /* as a number, since only so an attribute keeps its line breaks */
            g_string_append_printf(out, "&#x%x;", piece.character);
        else if (xml_entity(piece.character) != NULL)
            g_string_append(out, xml_entity(piece.character));
        else
            append_piece(out, &piece);
        at += piece.n_bytes;
    }
}

void
sr_escape_github(GString *out, const char *text, size_t length, gboolean property)
{
    const char *reserved = property ? "%\r\n:," : "%\r\n";

    for (size_t at = 0; at < length;) {
        Piece piece = next_piece(text + at, length - at);

        if (piece.character > 0 && piece.character < 0x80 &&
            strchr(reserved, (int) piece.character))
            g_string_append_printf(out, "%%%02X", piece.character);
        else if (piece.hidden)
            append_visible(out, &piece);
        else
            append_piece(out, &piece);
        at += piece.n_bytes;
    }
}

/* Returns: whether every POSIX shell takes the character literally. `~` and `=` are not literal
 * at the start. */
static bool
is_plain(unsigned char c)
{
    return g_ascii_isalnum((gchar) c) || (c != '\0' && strchr("_-./:@%+,=", c));
}

/* Within single quotes every character is literal, except the single quote itself. `##[` is
 * split. */
static void
append_quoted(GString *out, const char *text, size_t length)
{
    g_string_append_c(out, '\'');
    for (size_t i = 0; i < length; i++)
        if (text[i] == '\'' || (text[i] == '[' && g_str_has_suffix(out->str, "##")))
            g_string_append_printf(out, "'\\%c'", text[i]);
        else
            g_string_append_c(out, text[i]);
    g_string_append_c(out, '\'');
}

/* Hidden bytes cannot be written literally in a word, and POSIX has no quoting for them, but
 * printf has. So the word becomes `"$(printf '\033')"`. The shell removes line feeds at the end
 * of that, so the caller appends those. */
static void
append_printf(GString *out, const char *text, size_t length)
{
    g_string_append(out, "\"$(printf '");
    for (size_t at = 0; at < length;) {
        Piece piece = next_piece(text + at, length - at);
        /* a leading '-' would be an option of printf */
        bool dash = at == 0 && piece.character == '-';

        if (piece.character == '%')
            g_string_append(out, "%%");
        else if (piece.character == '\\')
            g_string_append(out, "\\\\");
        else if (piece.hidden || piece.character == '\'' || dash ||
                 completes_command(out, &piece))
            for (size_t i = 0; i < piece.n_bytes; i++)
                g_string_append_printf(out, "\\%03o", (unsigned char) piece.bytes[i]);
        else
            append_piece(out, &piece);
        at += piece.n_bytes;
    }
    g_string_append(out, "')\"");
}

void
sr_escape_shell(GString *out, const char *text, size_t length)
{
    /* An argument of a program ends at a zero byte, so the text behind one is dropped. */
    length = strnlen(text, length);
    bool plain = length > 0 && text[0] != '=', hidden = false;

    for (size_t at = 0; at < length;) {
        Piece piece = next_piece(text + at, length - at);

        plain = plain && piece.n_bytes == 1 && is_plain((unsigned char) *piece.bytes);
        hidden = hidden || piece.hidden;
        at += piece.n_bytes;
    }
    if (plain) {
        g_string_append_len(out, text, (gssize) length);
    } else if (!hidden) {
        append_quoted(out, text, length);
    } else {
        size_t kept = length;

        while (kept > 0 && text[kept - 1] == '\n')
            kept--;
        if (kept > 0)
            append_printf(out, text, kept);
        if (kept < length)
            append_quoted(out, text + kept, length - kept);
    }
}

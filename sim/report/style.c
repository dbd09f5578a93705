/* The style of text for people: colours, and lines that are broken between words with a hanging
 * indent. */
#include "report/style.h"

#include <string.h>

/* However deep the indent, this many columns remain for words, or half of a narrow screen. */
#define WORDS_COLUMNS_MIN 36u

/* clang-format off */
static const char *const codes[SR_COLOUR_N] = {
    [SR_COLOUR_GOOD]   = "\x1b[32m",
    [SR_COLOUR_BAD]    = "\x1b[1;31m",
    [SR_COLOUR_SOFT]   = "\x1b[33m",
    [SR_COLOUR_STRONG] = "\x1b[1m",
};
/* clang-format on */

void
sr_style_paint(const SrStyle *style, SrColour colour, const char *text, GString *out)
{
    if (style->colour)
        g_string_append_printf(out, "%s%s\x1b[0m", codes[colour], text);
    else
        g_string_append(out, text);
}

unsigned
sr_style_columns(gunichar c)
{
    return g_unichar_iszerowidth(c) ? 0 : g_unichar_iswide(c) ? 2 : 1;
}

/* Moves over the character at @text. Returns: the columns that it takes; none for a whole
 * colour code */
static unsigned
step(const char **text)
{
    gunichar c = g_utf8_get_char(*text);

    if (c == '\x1b') {
        *text += strcspn(*text, "m");
        *text += **text == 'm';
        return 0;
    }
    *text += g_utf8_skip[(unsigned char) **text];
    return sr_style_columns(c);
}

/* Whether @blank stands between a number and its unit, as in "241 ms". */
static bool
is_before_unit(const char *blank)
{
    static const char *const units[] = { "ns", "us", "ms", "s", "min", "h", "d", "%" };

    for (size_t i = 0; g_ascii_isdigit(blank[-1]) && i < G_N_ELEMENTS(units); i++)
        if (g_str_has_prefix(blank + 1, units[i]) &&
            !g_ascii_isalnum(blank[1 + strlen(units[i])]))
            return true;
    return false;
}

/* Finds the blank at which @line is broken: the last one that lets it fit into @columns, else
 * the first one after that. Blanks before column @first do not count, nor do those before units.
 *
 * Returns: (nullable): the blank; NULL if the line fits or has no blank */
static const char *
find_blank(const char *line, unsigned first, unsigned columns)
{
    const char *blank = NULL;
    unsigned column = 0;

    for (const char *at = line; *at != '\0';) {
        if (*at == ' ' && at > line && column >= first && at[-1] != ' ' && at[1] != ' ' &&
            at[1] != '\0' && !is_before_unit(at)) {
            if (column > columns)
                return blank != NULL ? blank : at;
            blank = at;
        }
        column += step(&at);
    }
    return column > columns ? blank : NULL;
}

void
sr_style_end_line(const SrStyle *style, gsize start, unsigned hang, GString *out)
{
    g_autofree char *text = g_strdup(out->str + start);
    const char *rest = text, *blank;
    unsigned first = hang, width = style->columns;

    hang = MIN(hang, style->columns - MIN(style->columns / 2, WORDS_COLUMNS_MIN));
    g_string_truncate(out, start);
    while (style->columns > 0 && (blank = find_blank(rest, first, width)) != NULL) {
        g_string_append_len(out, rest, blank - rest);
        g_string_append_printf(out, "\n%*s", (int) hang, "");
        rest = blank + 1;
        first = 0;
        width = style->columns - hang;
    }
    g_string_append_printf(out, "%s\n", rest);
}

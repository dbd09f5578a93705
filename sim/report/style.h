/* The style of text for people: whether it has colours, and where its lines are broken. Text
 * for programs has no style. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/** SR_STYLE_COLUMNS: the width of lines if no terminal gives one. */
#define SR_STYLE_COLUMNS 100u

/** SrStyle: the style, a plain value; all zero is text without colours and without line breaks.
 */
typedef struct {
    bool colour;      /* ANSI colours */
    unsigned columns; /* lines of sentences are broken to be no wider; 0: they are not broken */
} SrStyle;

/** SrColour: the meaning of a colour. */
typedef enum {
    SR_COLOUR_GOOD,
    SR_COLOUR_BAD,
    SR_COLOUR_SOFT, /* neither: as expected, but not desirable; or undecided */
    SR_COLOUR_STRONG,
} SrColour;
#define SR_COLOUR_N (SR_COLOUR_STRONG + 1)

/** sr_style_columns: Returns: the columns of a character on a terminal */
unsigned sr_style_columns(gunichar c);

/**
 * sr_style_paint:
 * @text: one line or a part of it, escaped for a terminal
 *
 * Appends @text, in @colour if the style has colours.
 */
void sr_style_paint(const SrStyle *style, SrColour colour, const char *text, GString *out);

/**
 * sr_style_end_line:
 * @out: (inout): text that is escaped for a terminal
 * @start: where in @out the line to end begins; it contains no line feed
 * @hang: by how many columns further lines are indented
 *
 * Ends a line and breaks it if it is too wide. It is broken at single blanks between words, so
 * that names stay whole, and never within its first @hang columns, which may be columns of a
 * table. A word that is wider than the line is not broken.
 */
void sr_style_end_line(const SrStyle *style, gsize start, unsigned hang, GString *out);

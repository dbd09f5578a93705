/* How text for people looks: whether it has colours, and where its lines are broken. What programs
 * read has no look. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/** SR_LOOK_COLUMNS: how wide lines are where no terminal says otherwise. */
#define SR_LOOK_COLUMNS 100u

/** SrLook: a plain value; all zero is text without colours, with lines as long as they come. */
typedef struct {
    bool colour;      /* ANSI colours */
    unsigned columns; /* lines of sentences are broken to be no wider; 0: they are not broken */
} SrLook;

/** SrColour: what a colour says. */
typedef enum {
    SR_COLOUR_GOOD,
    SR_COLOUR_BAD,
    SR_COLOUR_SOFT, /* neither: as expected, though not as wished; open */
    SR_COLOUR_STRONG,
} SrColour;
#define SR_COLOUR_N (SR_COLOUR_STRONG + 1)

/**
 * sr_look_paint:
 * @text: one line or a part of it, escaped for a terminal
 *
 * Appends @text, in @colour where the look has colours.
 */
void sr_look_paint(const SrLook *look, SrColour colour, const char *text, GString *out);

/**
 * sr_look_end_line:
 * @out: (inout): text that is escaped for a terminal
 * @start: where in @out the line begins that is to end: one without a line feed
 * @hang: columns that what is broken off stands behind
 *
 * Ends a line, broken where it is too wide: at single blanks between words, never in a word, so
 * that names stay whole, and never in its first @hang columns, which may be columns of a table. A
 * word wider than the line stays as it is.
 */
void sr_look_end_line(const SrLook *look, gsize start, unsigned hang, GString *out);

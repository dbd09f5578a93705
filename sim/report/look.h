/* The style of text for people: whether it has colours, and where its lines are broken. Text
 * for programs has no style. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/** SR_LOOK_COLUMNS: the width of lines if no terminal gives one. */
#define SR_LOOK_COLUMNS 100u

/** SrLook: the style, a plain value; all zero is text without colours and without line breaks.
 */
typedef struct {
    bool colour;      /* ANSI colours */
    unsigned columns; /* lines of sentences are broken to be no wider; 0: they are not broken */
} SrLook;

/** SrColour: the meaning of a colour. */
typedef enum {
    SR_COLOUR_GOOD,
    SR_COLOUR_BAD,
    SR_COLOUR_SOFT, /* neither: as expected, but not desirable; or undecided */
    SR_COLOUR_STRONG,
} SrColour;
#define SR_COLOUR_N (SR_COLOUR_STRONG + 1)

/**
 * sr_look_paint:
 * @text: one line or a part of it, escaped for a terminal
 *
 * Appends @text, in @colour if the style has colours.
 */
void sr_look_paint(const SrLook *look, SrColour colour, const char *text, GString *out);

/**
 * sr_look_end_line:
 * @out: (inout): text that is escaped for a terminal
 * @start: where in @out the line to end begins; it contains no line feed
 * @hang: by how many columns further lines are indented
 *
 * Ends a line and breaks it if it is too wide. It is broken at single blanks between words, so
 * that names stay whole, and never within its first @hang columns, which may be columns of a
 * table. A word that is wider than the line is not broken.
 */
void sr_look_end_line(const SrLook *look, gsize start, unsigned hang, GString *out);

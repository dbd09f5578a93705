/* Virtual time: instants and lengths in integer nanoseconds, and their text form. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(default)

/**
 * SrTime:
 *
 * An instant of the simulation's true time, in ns since the start of the run. 30 days, the
 * longest run, are 2.6e15 ns.
 */
typedef uint64_t SrTime;

/**
 * SrSpan:
 *
 * A length of time in ns, never negative.
 */
typedef uint64_t SrSpan;

#define SR_NS_PER_US UINT64_C(1000)
#define SR_NS_PER_MS UINT64_C(1000000)
#define SR_NS_PER_S UINT64_C(1000000000)

/** SR_TIME_NEVER: an instant that never comes. */
#define SR_TIME_NEVER UINT64_MAX

/** SR_SPAN_MAX: the longest span that a file can name, and the longest run: 30 days. */
#define SR_SPAN_MAX (UINT64_C(30) * 24 * 3600 * SR_NS_PER_S)

/** SR_SPAN_TEXT_MAX: bytes that the text form of any span needs, the closing zero included. */
#define SR_SPAN_TEXT_MAX 32

/**
 * sr_span_format:
 * @span: a length in ns
 * @text: (out): the text form, closed by a zero
 *
 * The exact text form of @span, in the largest unit that needs at most a short decimal part:
 * `0ms`, `250us`, `40ms`, `1.5s`, `2min`, `1h`, `7d`. sr_span_parse() reads it back as the
 * same span. Independent of the locale.
 *
 * Returns: the number of bytes, the closing zero not counted
 */
size_t sr_span_format(SrSpan span, char text[SR_SPAN_TEXT_MAX]);

/**
 * SrNumberFault:
 *
 * Why a text is not a number of the expected kind.
 */
typedef enum {
    SR_NUMBER_OK,           /* it is */
    SR_NUMBER_MALFORMED,    /* no number at all, or followed by other text */
    SR_NUMBER_NO_UNIT,      /* a duration, size, rate or ratio without its unit */
    SR_NUMBER_BAD_UNIT,     /* a unit that does not exist */
    SR_NUMBER_NOT_EXACT,    /* finer than the smallest unit (ns, byte, part) */
    SR_NUMBER_OUT_OF_RANGE, /* larger than the type or its limit takes */
} SrNumberFault;

/**
 * sr_span_parse:
 * @text: (array length=length): not closed by a zero
 * @length: bytes
 * @span: (out): set on success only
 *
 * Reads a duration such as `250us`, `40ms`, `1.5s`, `2min`, `1h`, `7d` or `3ns`. A unit is
 * always required; decimals are exact or refused; no sign, no blanks, at most SR_SPAN_MAX. No
 * floating point is used.
 *
 * Source: the format of scenario files, "Values".
 */
SrNumberFault sr_span_parse(const char *text, size_t length, SrSpan *span);

/**
 * sr_signed_span_parse:
 * @text: (array length=length): not closed by a zero
 * @length: bytes
 * @span: (out): ns, set on success only
 *
 * Like sr_span_parse(), with an optional `+` or `-` in front: `-90s`, `+1.5s`, `90s`. Up to
 * 100 years (100·365.25 days), since the error of a clock may be longer than any run.
 */
SrNumberFault sr_signed_span_parse(const char *text, size_t length, int64_t *span);

/**
 * sr_signed_span_format:
 *
 * The text form of a signed span: like sr_span_format(), with `-` before a negative one.
 */
size_t sr_signed_span_format(int64_t span, char text[SR_SPAN_TEXT_MAX]);

/**
 * sr_span_show:
 *
 * Appends @span, a length or an instant, for people: at most four significant digits,
 * rounded half up, in the largest of s, ms, us and ns that is not larger: `6.812 s`, `40
 * ms`, `0 ms`. Traces and JSON have exact spans; sr_span_format() writes spans that the
 * parser reads again.
 */
void sr_span_show(GString *out, SrSpan span);

/** sr_signed_span_show: appends a signed span for people: `-90 s`. */
void sr_signed_span_show(GString *out, int64_t span);

#pragma GCC visibility pop

/* The text forms of time: an exact one for files, which can be read back, and a rounded one for
 * people. No floating point, no locale.
 *
 * A span is written in days, hours or minutes only when it is a whole number of them, since
 * nobody reads 0.0416d. Otherwise it is written in the largest of s, ms, us and ns that is not
 * larger than it, with as many decimals as it needs. The reader is stricter than a person:
 * there must be a unit, no sign, no blank, and no digit below a nanosecond. */
#include "session-race/time.h"

#include <string.h>

#define SR_NS_PER_MIN (60 * SR_NS_PER_S)
#define SR_NS_PER_H (60 * SR_NS_PER_MIN)
#define SR_NS_PER_D (24 * SR_NS_PER_H)

/* The largest error of a clock, 100 years of 365.25 days. That is longer than any run. */
#define SR_SIGNED_SPAN_MAX (UINT64_C(36525) * SR_NS_PER_D)

G_STATIC_ASSERT(SR_SIGNED_SPAN_MAX <= INT64_MAX);

typedef struct {
    char name[4];
    uint64_t ns;
    bool whole; /* used only for a whole number of the unit */
} Unit;

/* Largest first: the writer takes the first that fits. */
/* clang-format off */
static const Unit units[] = {
    { "d",   SR_NS_PER_D,   true  },
    { "h",   SR_NS_PER_H,   true  },
    { "min", SR_NS_PER_MIN, true  },
    { "s",   SR_NS_PER_S,   false },
    { "ms",  SR_NS_PER_MS,  false },
    { "us",  SR_NS_PER_US,  false },
    { "ns",  1,             false },
};
/* clang-format on */

/* A number with more decimals than this, the last of them not 0, is no whole number of ns in
 * any unit: a day is 2^16 · 5^11 · 27 ns, and k decimals need 2^k or 5^k in that. This limit
 * also bounds the sums below. */
#define SR_DECIMALS_MAX 16

static const Unit *
unit_for(SrSpan span)
{
    for (size_t i = 0; i < G_N_ELEMENTS(units); i++) {
        const Unit *unit = &units[i];

        if (unit->whole ? span % unit->ns == 0 : span >= unit->ns)
            return unit;
    }
    g_assert_not_reached(); /* the last unit is 1 ns, and 0 does not come here */
}

/* Writes @value in decimal, with zeros in front up to @width digits. */
static size_t
put_digits(char *text, uint64_t value, unsigned width)
{
    char digits[20];
    size_t n = 0;

    do
        digits[n++] = (char) ('0' + value % 10);
    while ((value /= 10) > 0 || n < width);
    for (size_t i = 0; i < n; i++)
        text[i] = digits[n - 1 - i];
    return n;
}

/* Writes @span in @unit, with as many decimals as it needs. */
static size_t
put_in_unit(char *text, SrSpan span, const Unit *unit)
{
    size_t length = put_digits(text, span / unit->ns, 1);
    uint64_t rest = span % unit->ns;
    unsigned width = 0;

    if (rest == 0)
        return length;
    for (uint64_t ns = unit->ns; ns > 1; ns /= 10)
        width++;
    for (; rest % 10 == 0; rest /= 10)
        width--;
    text[length++] = '.';
    return length + put_digits(text + length, rest, width);
}

size_t
sr_span_format(SrSpan span, char text[SR_SPAN_TEXT_MAX])
{
    if (span == 0) {
        memcpy(text, "0ms", sizeof "0ms");
        return strlen("0ms");
    }
    const Unit *unit = unit_for(span);
    size_t length = put_in_unit(text, span, unit), name_length = strlen(unit->name);

    memcpy(text + length, unit->name, name_length + 1);
    length += name_length;
    g_assert(length < SR_SPAN_TEXT_MAX);
    return length;
}

size_t
sr_signed_span_format(int64_t span, char text[SR_SPAN_TEXT_MAX])
{
    if (span >= 0)
        return sr_span_format((SrSpan) span, text);
    char magnitude[SR_SPAN_TEXT_MAX];
    size_t length = sr_span_format(UINT64_C(0) - (uint64_t) span, magnitude);

    g_assert(length + 1 < SR_SPAN_TEXT_MAX);
    text[0] = '-';
    memcpy(text + 1, magnitude, length + 1);
    return length + 1;
}

/* ---- for people ---- */

/* Returns: the largest of s, ms, us and ns that is not larger than @span */
static const Unit *
unit_shown(SrSpan span)
{
    const Unit *unit = units;

    while (unit->whole || span < unit->ns)
        unit++;
    return unit;
}

/* Rounds @span, half up, to four digits. */
static SrSpan
round_shown(SrSpan span)
{
    SrSpan quantum = 1, rest, up;

    for (SrSpan digits = span; digits >= UINT64_C(10000); digits /= 10)
        quantum *= 10;
    rest = span % quantum;
    return rest >= quantum - rest && !__builtin_add_overflow(span - rest, quantum, &up)
               ? up
               : span - rest;
}

void
sr_span_show(GString *out, SrSpan span)
{
    SrSpan shown = round_shown(span);
    /* The unit of the rounded value: 999.99 ms become 1 s. */
    const Unit *unit = unit_shown(shown > 0 ? shown : SR_NS_PER_MS);
    char text[SR_SPAN_TEXT_MAX];

    g_string_append_len(out, text, (gssize) put_in_unit(text, shown, unit));
    g_string_append_printf(out, " %s", unit->name);
}

void
sr_signed_span_show(GString *out, int64_t span)
{
    g_string_append(out, span < 0 ? "-" : "");
    sr_span_show(out, span < 0 ? UINT64_C(0) - (uint64_t) span : (SrSpan) span);
}

/* ---- reading ---- */

static size_t
count_digits(const char *text, size_t length)
{
    size_t n = 0;

    while (n < length && g_ascii_isdigit(text[n]))
        n++;
    return n;
}

/* Whether the text behind a number was meant as a unit: `10Mbit/s`, `5%` and `5µs` have wrong
 * units; `5ms,` and `5 ms` are no durations at all. */
static bool
looks_like_unit(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (!g_ascii_isalpha(text[i]) && text[i] != '/' && text[i] != '%' &&
            (unsigned char) text[i] < 0x80)
            return false;
    return true;
}

static const Unit *
unit_lookup(const char *text, size_t length)
{
    for (size_t i = 0; i < G_N_ELEMENTS(units); i++)
        if (strlen(units[i].name) == length && memcmp(units[i].name, text, length) == 0)
            return &units[i];
    return NULL;
}

/* Reads the decimals @text, in @unit, as ns. */
static SrNumberFault
read_decimals(const char *text, size_t length, const Unit *unit, uint64_t *ns)
{
    uint64_t numerator = 0, denominator = 1;

    while (length > 0 && text[length - 1] == '0')
        length--;
    if (length > SR_DECIMALS_MAX)
        return SR_NUMBER_NOT_EXACT;
    for (size_t i = 0; i < length; i++) {
        numerator = numerator * 10 + (uint64_t) (text[i] - '0');
        denominator *= 10;
    }
    unsigned __int128 product = (unsigned __int128) numerator * unit->ns;

    if (product % denominator != 0)
        return SR_NUMBER_NOT_EXACT;
    *ns = (uint64_t) (product / denominator);
    return SR_NUMBER_OK;
}

/* Reads the whole part @text, in @unit, as ns; at most @max. */
static SrNumberFault
read_whole(const char *text, size_t length, const Unit *unit, uint64_t max, uint64_t *ns)
{
    uint64_t value = 0, limit = max / unit->ns;

    for (size_t i = 0; i < length; i++) {
        uint64_t digit = (uint64_t) (text[i] - '0');

        if (digit > limit || value > (limit - digit) / 10)
            return SR_NUMBER_OUT_OF_RANGE;
        value = value * 10 + digit;
    }
    *ns = value * unit->ns;
    return SR_NUMBER_OK;
}

/* Reads at most @max ns. Faults of form are reported before faults of value, so that a person
 * learns of a typo first. */
static SrNumberFault
parse(const char *text, size_t length, uint64_t max, uint64_t *span)
{
    size_t n_whole = count_digits(text, length), at = n_whole, n_decimals = 0;

    if (n_whole == 0)
        return SR_NUMBER_MALFORMED;
    if (at < length && text[at] == '.') {
        n_decimals = count_digits(text + at + 1, length - at - 1);
        at += 1 + n_decimals;
        if (n_decimals == 0)
            return SR_NUMBER_MALFORMED;
    }
    if (at == length)
        return SR_NUMBER_NO_UNIT;
    if (!looks_like_unit(text + at, length - at))
        return SR_NUMBER_MALFORMED;
    const Unit *unit = unit_lookup(text + at, length - at);

    if (unit == NULL)
        return SR_NUMBER_BAD_UNIT;
    uint64_t whole = 0, rest = 0;
    SrNumberFault fault = read_whole(text, n_whole, unit, max, &whole);

    if (fault == SR_NUMBER_OK && n_decimals > 0)
        fault = read_decimals(text + n_whole + 1, n_decimals, unit, &rest);
    if (fault != SR_NUMBER_OK)
        return fault;
    if (rest > max - whole)
        return SR_NUMBER_OUT_OF_RANGE;
    *span = whole + rest;
    return SR_NUMBER_OK;
}

SrNumberFault
sr_span_parse(const char *text, size_t length, SrSpan *span)
{
    return parse(text, length, SR_SPAN_MAX, span);
}

SrNumberFault
sr_signed_span_parse(const char *text, size_t length, int64_t *span)
{
    bool sign = length > 0 && (text[0] == '-' || text[0] == '+');
    uint64_t magnitude = 0;
    SrNumberFault fault = parse(text + sign, length - sign, SR_SIGNED_SPAN_MAX, &magnitude);

    if (fault == SR_NUMBER_OK)
        *span = sign && text[0] == '-' ? -(int64_t) magnitude : (int64_t) magnitude;
    return fault;
}

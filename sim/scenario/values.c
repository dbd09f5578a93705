/* Values: one parser a type, from the text of a value to a field, with its canonical text.
 *
 * Canonical means: two texts that mean the same give the same text (`1s` and `1000ms`,
 * `0.50%` and `0.5%`), since the resolved form is what a trace's `source` hashes. Everything
 * is integers; a decimal is exact or refused. */
#include "scenario-private.h"

#include <string.h>

#define FIELD(group, key, type) (*(type *) (void *) ((char *) (group) + (key)->offset))

#define SPAN_UNITS "ns, us, ms, s, min, h, d"
#define SECONDS_UNITS "s, min, h, d"
#define SPAN_NOTE "a duration is a number and a unit, such as 250us, 40ms, 1.5s, 2min, 1h or 7d"
#define SECONDS_NOTE "whole seconds are a number and a unit, such as 30s, 2min, 1h or 7d"

/* ---- durations ---- */

void
sr_append_span(GString *out, SrSpan span)
{
    char text[SR_SPAN_TEXT_MAX];

    g_string_append_len(out, text, (gssize) sr_span_format(span, text));
}

void
sr_append_signed_span(GString *out, int64_t span)
{
    char text[SR_SPAN_TEXT_MAX];

    g_string_append_len(out, text, (gssize) sr_signed_span_format(span, text));
}

/* Where the unit of a number begins. */
static SrSlice
unit_of(SrSlice value)
{
    const char *p = value.at;

    while (p < value.end && (g_ascii_isdigit(*p) || *p == '.' || *p == '+' || *p == '-'))
        p++;
    return sr_slice_from(value, p);
}

/* The unit among @units that @unit is or was meant as; NULL: none. @guess holds a guessed one. */
static const char *
meant_unit(SrSlice unit, const char *const *units, SrGuess *guess)
{
    /* The words that people write for the short ones, in whatever case. */
    static const char *const habits[][2] = {
        { "sec", "s" },       { "secs", "s" },      { "second", "s" },    { "seconds", "s" },
        { "m", "min" },       { "mins", "min" },    { "minute", "min" },  { "minutes", "min" },
        { "hr", "h" },        { "hour", "h" },      { "hours", "h" },     { "day", "d" },
        { "days", "d" },      { "msec", "ms" },     { "usec", "us" },     { "\xc2\xb5s", "us" },
        { "KB", "KiB" },      { "MB", "MiB" },      { "GB", "GiB" },      { "Mb", "Mbit/s" },
        { "Mbps", "Mbit/s" }, { "kbps", "kbit/s" }, { "Gbps", "Gbit/s" }, { "bps", "bit/s" },
        { "Mbit", "Mbit/s" }, { "kbit", "kbit/s" }, { "Gbit", "Gbit/s" }, { "bit", "bit/s" },
    };

    for (unsigned i = 0; units[i] != NULL; i++)
        if (sr_slice_equals(unit, units[i]))
            return units[i];
    for (unsigned i = 0; i < G_N_ELEMENTS(habits); i++)
        if (sr_slice_length(unit) == strlen(habits[i][0]) &&
            g_ascii_strncasecmp(unit.at, habits[i][0], sr_slice_length(unit)) == 0 &&
            g_strv_contains(units, habits[i][1]))
            return habits[i][1];
    *guess = sr_guess_start(unit);
    sr_guess_offer_words(guess, units);
    return guess->best[0] == '\0' ? NULL : guess->best;
}

/* Digits, with a sign or a decimal point or without. */
static bool
is_plain_number(SrSlice number)
{
    bool point = false;

    if (!sr_slice_empty(number) && (*number.at == '-' || *number.at == '+'))
        number.at++;
    if (sr_slice_empty(number) || !g_ascii_isdigit(*number.at) ||
        !g_ascii_isdigit(number.end[-1]))
        return false;
    for (const char *p = number.at; p < number.end; p++) {
        if (*p != '.' && !g_ascii_isdigit(*p))
            return false;
        if (*p == '.' && point)
            return false;
        point |= *p == '.';
    }
    return true;
}

/* What was meant by a number whose unit is another word, or stands apart; NULL: who knows.
 * @units: with ", " between them. */
static char *
number_note(SrReader *reader, SrSlice value, const char *units)
{
    SrSlice behind = unit_of(value), unit = sr_slice_trim(behind),
            number = sr_slice_to(value, behind.at);
    g_auto(GStrv) list = g_strsplit(units, ", ", 0);
    SrGuess guess;
    const char *comment = sr_comment_note(value);

    if (comment != NULL)
        return g_strdup(comment);
    if (!is_plain_number(number) || sr_slice_empty(unit))
        return NULL;
    const char *meant = meant_unit(unit, (const char *const *) list, &guess);

    if (meant == NULL || (unit.at == behind.at && sr_slice_equals(unit, meant)))
        return NULL;
    if (unit.at > behind.at)
        return g_strdup_printf("no blank between the number and its unit: %s%s",
                               sr_quote(reader, number), meant);
    return g_strdup_printf("did you mean '%s%s'?", sr_quote(reader, number), meant);
}

static bool
report_number(SrReader *reader, SrSlice value, SrNumberFault fault, const char *what,
              const char *note, const char *units, const char *finest, const char *most)
{
    if (fault == SR_NUMBER_OK)
        return true;
    SrSlice unit = unit_of(value);
    g_autofree char *meant = number_note(reader, value, units);

    /* A unit that stands apart is no part of the number to some parsers, and a wrong unit to
     * others. */
    if (fault == SR_NUMBER_BAD_UNIT && sr_slice_trim(unit).at > unit.at)
        fault = SR_NUMBER_MALFORMED;
    switch (fault) {
    case SR_NUMBER_OK:
        break;
    case SR_NUMBER_MALFORMED:
        sr_reader_error(reader, value, meant != NULL ? meant : note, "'%s' is not a %s",
                        sr_quote(reader, value), what);
        break;
    case SR_NUMBER_NO_UNIT:
        sr_reader_error(reader, value, NULL, "'%s' needs a unit: %s", sr_quote(reader, value),
                        units);
        break;
    case SR_NUMBER_BAD_UNIT:
        sr_reader_error(reader, unit, meant, "unknown unit '%s' in '%s'; the %s %s",
                        sr_quote(reader, unit), sr_quote(reader, value),
                        strchr(units, ',') == NULL ? "unit is" : "units are", units);
        break;
    case SR_NUMBER_NOT_EXACT:
        sr_reader_error(reader, value, NULL, "'%s' is finer than %s", sr_quote(reader, value),
                        finest);
        break;
    case SR_NUMBER_OUT_OF_RANGE:
        sr_reader_error(reader, value, NULL, "'%s' is more than %s", sr_quote(reader, value),
                        most);
        break;
    }
    return false;
}

static bool
read_span(SrReader *reader, SrSlice value, SrSpan *span, const char *note, const char *units)
{
    if (sr_slice_length(value) > 1 && *value.at == '-' && g_ascii_isdigit(value.at[1])) {
        sr_reader_error(reader, value, NULL, "'%s' is negative; a duration here is not",
                        sr_quote(reader, value));
        return false;
    }
    return report_number(reader, value, sr_span_parse(value.at, sr_slice_length(value), span),
                         "duration", note, units, "1ns", "30 days");
}

bool
sr_value_span(SrReader *reader, SrSlice value, SrSpan *span)
{
    return read_span(reader, value, span, SPAN_NOTE, SPAN_UNITS);
}

static bool
read_signed_span(SrReader *reader, SrSlice value, int64_t *span, const char *note,
                 const char *units)
{
    return report_number(reader, value,
                         sr_signed_span_parse(value.at, sr_slice_length(value), span),
                         "duration", note, units, "1ns", "100 years");
}

bool
sr_value_signed_span(SrReader *reader, SrSlice value, int64_t *span)
{
    return read_signed_span(reader, value, span, SPAN_NOTE, SPAN_UNITS);
}

/* The word of the key that says "nothing", or what was meant as it. */
static bool
is_none(const SrKey *key, SrSlice value)
{
    return key->none != NULL && sr_slice_equals(value, key->none);
}

/* A value that begins with a letter where a number or the word `none` was asked for. */
static bool
refuse_word(SrReader *reader, const SrKey *key, SrSlice value)
{
    if (key->none == NULL || !g_ascii_isalpha(*value.at))
        return false;
    SrGuess guess = sr_guess_start(value);

    sr_guess_offer(&guess, key->none);
    g_autofree char *note = sr_guess_note(&guess);

    sr_reader_error(reader, value, note, "'%s' is neither a %s nor '%s'",
                    sr_quote(reader, value), key->type->name, key->none);
    return true;
}

static bool
span_in_range(SrReader *reader, const SrKey *key, SrSlice value, SrSpan span)
{
    char text[SR_SPAN_TEXT_MAX];

    if (span < key->min) {
        sr_span_format(key->min, text);
        sr_reader_error(reader, value, NULL, "'%s' must be at least %s", key->name, text);
        return false;
    }
    if (key->max > 0 && span > key->max) {
        sr_span_format(key->max, text);
        sr_reader_error(reader, value, NULL, "'%s' must be at most %s", key->name, text);
        return false;
    }
    return true;
}

static bool
parse_span(SrReader *reader, const SrKey *key, SrSlice value, void *group, GString *canonical)
{
    SrSpan span;

    if (is_none(key, value)) {
        FIELD(group, key, SrSpan) = key->none_value;
        g_string_append(canonical, key->none);
        return true;
    }
    if (refuse_word(reader, key, value) || !sr_value_span(reader, value, &span) ||
        !span_in_range(reader, key, value, span))
        return false;
    FIELD(group, key, SrSpan) = span;
    sr_append_span(canonical, span);
    return true;
}

static bool
whole_seconds(SrReader *reader, const SrKey *key, SrSlice value, SrSpan magnitude)
{
    if (magnitude % SR_NS_PER_S == 0)
        return true;
    sr_reader_error(reader, value, "the times in a token are whole seconds",
                    "'%s' must be whole seconds", key->name);
    return false;
}

/* Limits are in ns, the field in seconds. */
static bool
parse_seconds(SrReader *reader, const SrKey *key, SrSlice value, void *group,
              GString *canonical)
{
    SrSpan span;

    if (!read_span(reader, value, &span, SECONDS_NOTE, SECONDS_UNITS) ||
        !whole_seconds(reader, key, value, span) || !span_in_range(reader, key, value, span))
        return false;
    FIELD(group, key, uint64_t) = span / SR_NS_PER_S;
    sr_append_span(canonical, span);
    return true;
}

/* `not-before`. */
static bool
parse_signed_seconds(SrReader *reader, const SrKey *key, SrSlice value, void *group,
                     GString *canonical)
{
    SrTokenProviderSettings *settings = group;
    int64_t span;

    if (is_none(key, value)) {
        settings->has_not_before = false;
        settings->not_before_s = 0;
        g_string_append(canonical, key->none);
        return true;
    }
    if (refuse_word(reader, key, value) ||
        !read_signed_span(reader, value, &span, SECONDS_NOTE, SECONDS_UNITS))
        return false;
    uint64_t magnitude = span < 0 ? (uint64_t) -span : (uint64_t) span;

    if (!whole_seconds(reader, key, value, magnitude) ||
        !span_in_range(reader, key, value, magnitude))
        return false;
    settings->has_not_before = true;
    settings->not_before_s = span / (int64_t) SR_NS_PER_S;
    sr_append_signed_span(canonical, span);
    return true;
}

static bool
parse_signed_span(SrReader *reader, const SrKey *key, SrSlice value, void *group,
                  GString *canonical)
{
    int64_t span;

    if (!sr_value_signed_span(reader, value, &span))
        return false;
    FIELD(group, key, int64_t) = span;
    sr_append_signed_span(canonical, span);
    return true;
}

const SrValueType sr_type_span = { "duration", SPAN_UNITS, parse_span };
const SrValueType sr_type_seconds = { "duration in whole seconds", SECONDS_UNITS,
                                      parse_seconds };
const SrValueType sr_type_signed_seconds = { "signed duration in whole seconds", SECONDS_UNITS,
                                             parse_signed_seconds };
const SrValueType sr_type_signed_span = { "signed duration", SPAN_UNITS, parse_signed_span };

/* ---- whole numbers ---- */

static bool
number_in_range(SrReader *reader, const SrKey *key, SrSlice value, uint64_t *number)
{
    bool overflow;

    if (!sr_slice_number(value, number, &overflow)) {
        if (overflow)
            sr_reader_error(reader, value, NULL, "'%s' is too large a number",
                            sr_quote(reader, value));
        else
            sr_reader_error(reader, value, NULL, "'%s' is not a whole number",
                            sr_quote(reader, value));
        return false;
    }
    if (*number < key->min) {
        sr_reader_error(reader, value, NULL, "'%s' must be at least %" G_GUINT64_FORMAT,
                        key->name, key->min);
        return false;
    }
    if (key->max > 0 && *number > key->max) {
        sr_reader_error(reader, value, NULL, "'%s' must be at most %" G_GUINT64_FORMAT,
                        key->name, key->max);
        return false;
    }
    return true;
}

static bool
parse_number(SrReader *reader, const SrKey *key, SrSlice value, uint64_t *number,
             GString *canonical)
{
    if (is_none(key, value)) {
        *number = key->none_value;
        g_string_append(canonical, key->none);
        return true;
    }
    if (refuse_word(reader, key, value) || !number_in_range(reader, key, value, number))
        return false;
    g_string_append_printf(canonical, "%" G_GUINT64_FORMAT, *number);
    return true;
}

/* Every key of this type has a `max` that fits. */
static bool
parse_number32(SrReader *reader, const SrKey *key, SrSlice value, void *group,
               GString *canonical)
{
    uint64_t number;

    if (!parse_number(reader, key, value, &number, canonical))
        return false;
    g_assert(number <= UINT32_MAX);
    FIELD(group, key, uint32_t) = (uint32_t) number;
    return true;
}

static bool
parse_number64(SrReader *reader, const SrKey *key, SrSlice value, void *group,
               GString *canonical)
{
    uint64_t number;

    if (!parse_number(reader, key, value, &number, canonical))
        return false;
    FIELD(group, key, uint64_t) = number;
    return true;
}

const SrValueType sr_type_number32 = { "whole number", "", parse_number32 };
const SrValueType sr_type_number64 = { "whole number", "", parse_number64 };

/* ---- decimals with other units ---- */

/* Most decimals that any of these takes: 10^9 times the largest unit still fits 64 bits. */
#define DECIMALS_MAX 9

/* A decimal and its unit: mantissa / 10^decimals. */
typedef struct {
    uint64_t mantissa;
    unsigned decimals;
    SrSlice unit;
} Decimal;

static SrNumberFault
read_decimal(SrSlice value, Decimal *decimal)
{
    const char *p = value.at;
    bool point = false, digit = false;
    unsigned zeros = 0;

    *decimal = (Decimal){ 0 };
    for (; p < value.end && (g_ascii_isdigit(*p) || (*p == '.' && !point)); p++) {
        if (*p == '.') {
            point = true;
            if (!digit)
                return SR_NUMBER_MALFORMED;
            digit = false;
            continue;
        }
        digit = true;
        if (point && *p == '0') {
            /* Zeros count only when another digit follows: 1.50 is 1.5. */
            zeros++;
            continue;
        }
        if (point && decimal->decimals + zeros + 1 > DECIMALS_MAX)
            return SR_NUMBER_NOT_EXACT;
        for (unsigned k = 0; k < (point ? zeros + 1 : 1); k++)
            if (__builtin_mul_overflow(decimal->mantissa, UINT64_C(10), &decimal->mantissa))
                return SR_NUMBER_OUT_OF_RANGE;
        if (__builtin_add_overflow(decimal->mantissa, (uint64_t) (*p - '0'),
                                   &decimal->mantissa))
            return SR_NUMBER_OUT_OF_RANGE;
        if (point) {
            decimal->decimals += zeros + 1;
            zeros = 0;
        }
    }
    if (!digit)
        return SR_NUMBER_MALFORMED;
    decimal->unit = sr_slice_from(value, p);
    return sr_slice_empty(decimal->unit) ? SR_NUMBER_NO_UNIT : SR_NUMBER_OK;
}

static uint64_t
power_of_ten(unsigned n)
{
    uint64_t power = 1;

    while (n-- > 0)
        power *= 10;
    return power;
}

/* A unit and how many of the smallest it holds. */
typedef struct {
    const char *word;
    uint64_t size;
} Unit;

/* The value in the smallest unit, exactly. */
static SrNumberFault
read_exact(SrSlice value, const Unit *units, unsigned n_units, uint64_t *result)
{
    Decimal decimal;
    SrNumberFault fault = read_decimal(value, &decimal);

    if (fault != SR_NUMBER_OK)
        return fault;
    for (unsigned i = 0; i < n_units; i++) {
        if (!sr_slice_equals(decimal.unit, units[i].word))
            continue;
        unsigned __int128 product = (unsigned __int128) decimal.mantissa * units[i].size;
        uint64_t divisor = power_of_ten(decimal.decimals);

        if (product % divisor != 0)
            return SR_NUMBER_NOT_EXACT;
        if (product / divisor > UINT64_MAX)
            return SR_NUMBER_OUT_OF_RANGE;
        *result = (uint64_t) (product / divisor);
        return SR_NUMBER_OK;
    }
    return SR_NUMBER_BAD_UNIT;
}

/* Units are in order from the largest; the canonical one is the largest that leaves a whole
 * number. */
static void
append_exact(GString *out, uint64_t value, const Unit *units, unsigned n_units)
{
    unsigned i = 0;

    while (i + 1 < n_units && (value == 0 || value % units[i].size != 0))
        i++;
    g_string_append_printf(out, "%" G_GUINT64_FORMAT "%s", value / units[i].size,
                           units[i].word);
}

static const Unit size_units[] = {
    { "GiB", UINT64_C(1) << 30 },
    { "MiB", UINT64_C(1) << 20 },
    { "KiB", UINT64_C(1) << 10 },
    { "B", 1 },
};
static const Unit bandwidth_units[] = {
    { "Gbit/s", 1000000000 },
    { "Mbit/s", 1000000 },
    { "kbit/s", 1000 },
    { "bit/s", 1 },
};

static bool
exact_in_range(SrReader *reader, const SrKey *key, SrSlice value, uint64_t number,
               const Unit *units, unsigned n_units)
{
    bool low = number<key->min, high = key->max> 0 && number > key->max;

    if (!low && !high)
        return true;
    g_autoptr(GString) limit = g_string_new(NULL);

    append_exact(limit, low ? key->min : key->max, units, n_units);
    sr_reader_error(reader, value, NULL, "'%s' must be at %s %s", key->name,
                    low ? "least" : "most", limit->str);
    return false;
}

static bool
parse_size(SrReader *reader, const SrKey *key, SrSlice value, void *group, GString *canonical)
{
    uint64_t octets = 0;

    if (!report_number(reader, value,
                       read_exact(value, size_units, G_N_ELEMENTS(size_units), &octets), "size",
                       "a size is a number and a unit, such as 500B, 4KiB or 1MiB",
                       "B, KiB, MiB, GiB", "one octet", "any size can be") ||
        !exact_in_range(reader, key, value, octets, size_units, G_N_ELEMENTS(size_units)))
        return false;
    FIELD(group, key, uint64_t) = octets;
    append_exact(canonical, octets, size_units, G_N_ELEMENTS(size_units));
    return true;
}

static bool
parse_bandwidth(SrReader *reader, const SrKey *key, SrSlice value, void *group,
                GString *canonical)
{
    uint64_t bandwidth = 0;

    if (is_none(key, value)) {
        FIELD(group, key, uint64_t) = key->none_value;
        g_string_append(canonical, key->none);
        return true;
    }
    if (refuse_word(reader, key, value) ||
        !report_number(
            reader, value,
            read_exact(value, bandwidth_units, G_N_ELEMENTS(bandwidth_units), &bandwidth),
            "bandwidth", "a bandwidth is a number and a unit, such as 64kbit/s or 10Mbit/s",
            "bit/s, kbit/s, Mbit/s, Gbit/s", "1bit/s", "any bandwidth can be") ||
        !exact_in_range(reader, key, value, bandwidth, bandwidth_units,
                        G_N_ELEMENTS(bandwidth_units)))
        return false;
    FIELD(group, key, uint64_t) = bandwidth;
    append_exact(canonical, bandwidth, bandwidth_units, G_N_ELEMENTS(bandwidth_units));
    return true;
}

/* A decimal without needless zeros. */
static void
append_decimal(GString *out, uint64_t mantissa, unsigned decimals)
{
    while (decimals > 0 && mantissa % 10 == 0) {
        mantissa /= 10;
        decimals--;
    }
    uint64_t power = power_of_ten(decimals);

    g_string_append_printf(out, "%" G_GUINT64_FORMAT, mantissa / power);
    if (decimals > 0)
        g_string_append_printf(out, ".%0*" G_GUINT64_FORMAT, (int) decimals, mantissa % power);
}

#define PERCENT_DECIMALS_MAX 6

G_STATIC_ASSERT(SR_RATE_WHOLE == 100 * 1000000);

bool
sr_value_percent_exact(SrReader *reader, SrSlice value, uint64_t *exact, GString *canonical)
{
    Decimal decimal;
    SrNumberFault fault = read_decimal(value, &decimal);

    if (fault == SR_NUMBER_OK && !sr_slice_equals(decimal.unit, "%"))
        fault = SR_NUMBER_BAD_UNIT;
    if (fault == SR_NUMBER_OK && decimal.decimals > PERCENT_DECIMALS_MAX)
        fault = SR_NUMBER_NOT_EXACT;
    if (!report_number(reader, value, fault, "percentage",
                       "a percentage is a number and '%', such as 1% or 0.01%", "%",
                       "0.000001%", "100%"))
        return false;
    uint64_t hundred = 100 * power_of_ten(decimal.decimals);

    if (decimal.mantissa >= hundred) {
        sr_reader_error(reader, value, NULL, "'%s' must be less than 100%%",
                        sr_quote(reader, value));
        return false;
    }
    *exact = decimal.mantissa * power_of_ten(PERCENT_DECIMALS_MAX - decimal.decimals);
    append_decimal(canonical, decimal.mantissa, decimal.decimals);
    g_string_append_c(canonical, '%');
    return true;
}

bool
sr_value_percent(SrReader *reader, SrSlice value, uint32_t *parts, GString *canonical)
{
    uint64_t exact;

    if (!sr_value_percent_exact(reader, value, &exact, canonical))
        return false;
    /* To the nearest part; with six decimals no more than 43 parts below the whole, so it
     * stays below 2^32. */
    *parts = (uint32_t) (((exact << 32) + SR_RATE_WHOLE / 2) / SR_RATE_WHOLE);
    return true;
}

static bool
parse_percent(SrReader *reader, const SrKey *key, SrSlice value, void *group,
              GString *canonical)
{
    return sr_value_percent(reader, value, &FIELD(group, key, uint32_t), canonical);
}

static bool
parse_ppm(SrReader *reader, const SrKey *key, SrSlice value, void *group, GString *canonical)
{
    bool negative = *value.at == '-';
    SrSlice magnitude = sr_slice_from(value, value.at + (*value.at == '-' || *value.at == '+'));
    static const Unit units[] = { { "ppm", 1 } };
    uint64_t ppm = 0;

    if (!report_number(
            reader, value, read_exact(magnitude, units, 1, &ppm), "drift",
            "a drift is a whole number of parts per million, such as 20ppm or -78ppm", "ppm",
            "1ppm", "any drift can be"))
        return false;
    if (ppm > key->max) {
        sr_reader_error(reader, value, NULL,
                        "'%s' must be within \xc2\xb1%" G_GUINT64_FORMAT "ppm", key->name,
                        key->max);
        return false;
    }
    int32_t drift = negative ? -(int32_t) ppm : (int32_t) ppm;

    FIELD(group, key, int32_t) = drift;
    g_string_append_printf(canonical, "%dppm", drift);
    return true;
}

/* Rates are read in 10^-9 an hour, so that `0.2/s`, `12/min` and `720/h` are one; the field holds
 * the mean interval. The rarest rate's is cut: 585 years are longer than any run. */
static SrSpan
mean_interval(uint64_t rate)
{
    unsigned __int128 hour =
        (unsigned __int128) 3600 * SR_NS_PER_S * power_of_ten(DECIMALS_MAX);

    return rate == 0 ? SR_TIME_NEVER : (SrSpan) MIN(hour / rate, SR_TIME_NEVER - 1);
}

static bool
parse_rate(SrReader *reader, const SrKey *key, SrSlice value, void *group, GString *canonical)
{
    static const Unit units[] = { { "/s", 3600 }, { "/min", 60 }, { "/h", 1 } };
    Decimal decimal;
    SrNumberFault fault;
    uint64_t rate = 0;

    if (is_none(key, value)) {
        FIELD(group, key, SrSpan) = SR_TIME_NEVER;
        g_string_append(canonical, key->none);
        return true;
    }
    if (refuse_word(reader, key, value))
        return false;
    fault = read_decimal(value, &decimal);
    if (fault == SR_NUMBER_OK)
        fault = SR_NUMBER_BAD_UNIT;
    for (unsigned i = 0; i < G_N_ELEMENTS(units) && fault == SR_NUMBER_BAD_UNIT; i++) {
        if (!sr_slice_equals(decimal.unit, units[i].word))
            continue;
        unsigned __int128 nano = (unsigned __int128) decimal.mantissa *
                                 power_of_ten(DECIMALS_MAX - decimal.decimals) * units[i].size;

        /* A million a second is more than any run can take. */
        fault = nano > (unsigned __int128) 3600 * 1000000 * power_of_ten(DECIMALS_MAX)
                    ? SR_NUMBER_OUT_OF_RANGE
                    : SR_NUMBER_OK;
        rate = fault == SR_NUMBER_OK ? (uint64_t) nano : 0;
    }
    if (!report_number(reader, value, fault, "rate",
                       "a rate is a number and a unit, such as 0.2/s, 3/min or 1/h",
                       "/s, /min, /h", "0.000000001", "1000000/s"))
        return false;
    FIELD(group, key, SrSpan) = mean_interval(rate);
    for (unsigned i = 0; i < G_N_ELEMENTS(units); i++)
        if (rate % units[i].size == 0) {
            append_decimal(canonical, rate / units[i].size, DECIMALS_MAX);
            g_string_append(canonical, units[i].word);
            break;
        }
    return true;
}

const SrValueType sr_type_size = { "size", "B, KiB, MiB, GiB", parse_size };
const SrValueType sr_type_bandwidth = { "bandwidth", "bit/s, kbit/s, Mbit/s, Gbit/s",
                                        parse_bandwidth };
const SrValueType sr_type_percent = { "percentage", "%", parse_percent };
const SrValueType sr_type_ppm = { "drift", "ppm", parse_ppm };
const SrValueType sr_type_rate = { "rate", "/s, /min, /h", parse_rate };

/* ---- words ---- */

int
sr_value_word_noted(SrReader *reader, SrSlice value, const char *const *words, const char *note)
{
    for (int i = 0; words[i] != NULL; i++)
        if (sr_slice_equals(value, words[i]))
            return i;
    g_autofree char *list = sr_join_words(words);
    SrGuess guess = sr_guess_start(value);

    sr_guess_offer_words(&guess, words);
    g_autofree char *guessed = sr_guess_note(&guess);
    const char *comment = sr_comment_note(value);

    sr_reader_error(reader, value,
                    comment != NULL   ? comment
                    : guessed != NULL ? guessed
                                      : note,
                    "'%s' is not one of %s", sr_quote(reader, value), list);
    return -1;
}

int
sr_value_word(SrReader *reader, SrSlice value, const char *const *words)
{
    return sr_value_word_noted(reader, value, words, NULL);
}

static bool
parse_word(SrReader *reader, const SrKey *key, SrSlice value, void *group, GString *canonical)
{
    int index = sr_value_word(reader, value, key->words);

    if (index < 0)
        return false;
    /* An enum is as wide as unsigned with both compilers. */
    FIELD(group, key, unsigned) = (unsigned) index;
    g_string_append(canonical, key->words[index]);
    return true;
}

static bool
parse_boolean(SrReader *reader, const SrKey *key, SrSlice value, void *group,
              GString *canonical)
{
    static const char *const words[] = { "no", "yes", NULL };
    bool yes = sr_slice_equals(value, "yes");

    if (!yes && !sr_slice_equals(value, "no")) {
        bool truth = sr_slice_equals(value, "true") || sr_slice_equals(value, "on") ||
                     sr_slice_equals(value, "1");
        bool lie = sr_slice_equals(value, "false") || sr_slice_equals(value, "off") ||
                   sr_slice_equals(value, "0");
        SrGuess guess = sr_guess_start(value);

        sr_guess_offer_words(&guess, words);
        g_autofree char *note = truth || lie
                                    ? g_strdup_printf("did you mean '%s'?", words[truth])
                                    : sr_guess_note(&guess);
        const char *comment = sr_comment_note(value);

        sr_reader_error(reader, value, comment != NULL ? comment : note,
                        "'%s' is neither 'yes' nor 'no'", sr_quote(reader, value));
        return false;
    }
    FIELD(group, key, bool) = yes;
    g_string_append(canonical, words[yes]);
    return true;
}

/* `check-token`: a list of words, as bits in the order of the list. */
static bool
parse_token_checks(SrReader *reader, const SrKey *key, SrSlice value, void *group,
                   GString *canonical)
{
    SrSlice rest = value, piece;
    bool done = false;
    uint32_t bits = 0;

    while (sr_slice_piece(&rest, ',', &done, &piece)) {
        if (sr_slice_empty(piece)) {
            sr_reader_error(reader, piece, NULL, "a word is missing in the list");
            return false;
        }
        int index = sr_value_word(reader, piece, key->words);

        if (index < 0)
            return false;
        if ((bits & (1u << index)) != 0) {
            sr_reader_error(reader, piece, NULL, "'%s' comes twice", key->words[index]);
            return false;
        }
        bits |= 1u << index;
    }
    FIELD(group, key, uint32_t) = bits;
    for (unsigned i = 0; key->words[i] != NULL; i++)
        if ((bits & (1u << i)) != 0)
            g_string_append_printf(canonical, "%s%s", canonical->len > 0 ? ", " : "",
                                   key->words[i]);
    return true;
}

/* The reader's texts live as long as the scenario. */
static bool
parse_text(SrReader *reader, const SrKey *key, SrSlice value, void *group, GString *canonical)
{
    g_string_append_len(canonical, value.at, (gssize) sr_slice_length(value));
    FIELD(group, key, char *) = g_string_chunk_insert(reader->resolved->texts, canonical->str);
    return true;
}

const SrValueType sr_type_word = { "one of", "", parse_word };
const SrValueType sr_type_boolean = { "yes or no", "", parse_boolean };
const SrValueType sr_type_token_checks = { "list of", "", parse_token_checks };
const SrValueType sr_type_text = { "text", "", parse_text };

/* ---- a point in time ---- */

static bool
two_digits(const char *p, unsigned *number)
{
    if (!g_ascii_isdigit(p[0]) || !g_ascii_isdigit(p[1]))
        return false;
    *number = (unsigned) (p[0] - '0') * 10 + (unsigned) (p[1] - '0');
    return true;
}

static bool
is_leap(unsigned year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static unsigned
days_in_month(unsigned year, unsigned month)
{
    static const unsigned char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

    return days[month - 1] + (month == 2 && is_leap(year) ? 1u : 0u);
}

/* Epochs stay in 1970 … 2099, so that ns since 1970 and a clock that is 100 years wrong fit
 * 64 bits together. */
static bool
parse_epoch(SrReader *reader, const SrKey *key, SrSlice value, void *group, GString *canonical)
{
    const char *p = value.at;
    unsigned century, year, month, day, hour, minute, second;
    bool good = sr_slice_length(value) == 20 && two_digits(p, &century) &&
                two_digits(p + 2, &year) && p[4] == '-' && two_digits(p + 5, &month) &&
                p[7] == '-' && two_digits(p + 8, &day) && p[10] == 'T' &&
                two_digits(p + 11, &hour) && p[13] == ':' && two_digits(p + 14, &minute) &&
                p[16] == ':' && two_digits(p + 17, &second) && p[19] == 'Z';

    if (!good) {
        sr_reader_error(reader, value, "write it in UTC, such as 2023-06-01T00:00:00Z",
                        "'%s' is not an instant", sr_quote(reader, value));
        return false;
    }
    year += century * 100;
    if (year < 1970 || year > 2099 || month < 1 || month > 12 || day < 1 ||
        day > days_in_month(year, month) || hour > 23 || minute > 59 || second > 59) {
        sr_reader_error(reader, value, "from 1970-01-01T00:00:00Z to 2099-12-31T23:59:59Z",
                        "there is no instant '%s'", sr_quote(reader, value));
        return false;
    }
    int64_t days = (int64_t) day - 1;

    for (unsigned y = 1970; y < year; y++)
        days += is_leap(y) ? 366 : 365;
    for (unsigned m = 1; m < month; m++)
        days += days_in_month(year, m);
    FIELD(group, key, int64_t) = ((days * 24 + hour) * 60 + minute) * 60 + second;
    g_string_append_len(canonical, value.at, 20);
    return true;
}

const SrValueType sr_type_epoch = { "instant in UTC", "", parse_epoch };

/* ---- phrases ---- */

/* `N times from D to D`, `unlimited from D to D`. */
static bool
parse_retry(SrReader *reader, const SrKey *key, SrSlice value, void *group, GString *canonical)
{
    static const char *const form =
        "write 'none', '5 times from 200ms to 5s' or 'unlimited from 500ms to 10s'";
    SrSlice rest = value, first = sr_slice_word(&rest), word, from, to;
    SrRetryPolicy policy = { .n = SR_RETRY_UNLIMITED };

    if (sr_slice_equals(value, "none")) {
        FIELD(group, key, SrRetryPolicy) = (SrRetryPolicy){ 0 };
        g_string_append(canonical, "none");
        return true;
    }
    if (!sr_slice_equals(first, "unlimited")) {
        SrKey range = { .name = key->name, .min = 1, .max = 1000000 };
        uint64_t n;

        if (!g_ascii_isdigit(*first.at)) {
            sr_reader_error(reader, value, form, "'%s' does not say when to try again",
                            sr_quote(reader, value));
            return false;
        }
        if (!number_in_range(reader, &range, first, &n))
            return false;
        policy.n = (uint32_t) n;
        word = sr_slice_word(&rest);
        if (!sr_slice_equals(word, "times")) {
            /* The delays of the default, where it has some. */
            const char *from_default = strstr(key->default_text, " from ");
            g_autofree char *whole =
                g_strdup_printf("write '%s times%s'", sr_quote(reader, first),
                                from_default != NULL ? from_default : " from 200ms to 5s");

            sr_reader_error(reader, sr_slice_empty(word) ? first : word,
                            sr_slice_empty(word) ? whole : form,
                            "'times' is missing behind the number");
            return false;
        }
    }
    word = sr_slice_word(&rest);
    from = sr_slice_word(&rest);
    if (!sr_slice_equals(word, "from") || sr_slice_empty(from)) {
        sr_reader_error(reader, sr_slice_empty(word) ? value : word, form,
                        "'from D' is missing");
        return false;
    }
    word = sr_slice_word(&rest);
    to = sr_slice_word(&rest);
    if (!sr_slice_equals(word, "to") || sr_slice_empty(to) || !sr_slice_empty(rest)) {
        sr_reader_error(reader, sr_slice_empty(word) ? value : word, form,
                        "'to D' is missing, or something stands behind it");
        return false;
    }
    if (!sr_value_span(reader, from, &policy.first) || !sr_value_span(reader, to, &policy.max))
        return false;
    if (policy.first < SR_NS_PER_US) {
        sr_reader_error(reader, from, "without a pause between attempts time would stand still",
                        "the first delay must be at least 1us");
        return false;
    }
    if (policy.first > policy.max) {
        sr_reader_error(reader, to, NULL, "the longest delay '%s' is less than the first, '%s'",
                        sr_quote(reader, to), sr_quote(reader, from));
        return false;
    }
    FIELD(group, key, SrRetryPolicy) = policy;
    if (policy.n == SR_RETRY_UNLIMITED)
        g_string_append(canonical, "unlimited from ");
    else
        g_string_append_printf(canonical, "%u times from ", policy.n);
    sr_append_span(canonical, policy.first);
    g_string_append(canonical, " to ");
    sr_append_span(canonical, policy.max);
    return true;
}

/* The call that a bare value was meant for: `1min` for(1min), `2` or `last 2` last(2). NULL:
 * none. What stands between the parentheses in @words says what a call takes: N is a whole
 * number, all else a duration. */
static char *
meant_call(SrReader *reader, SrSlice value, const char *const *words)
{
    SrSlice rest = value, first = sr_slice_word(&rest);

    for (; *words != NULL; words++) {
        const char *open = strchr(*words, '(');
        bool overflow, fits;
        uint64_t number = 0;

        if (open == NULL)
            continue;
        size_t length = (size_t) (open - *words);
        bool named = !sr_slice_empty(rest) && sr_slice_length(first) == length &&
                     memcmp(first.at, *words, length) == 0;
        SrSlice argument = named ? rest : value;

        if (open[1] == 'N')
            fits = sr_slice_number(argument, &number, &overflow);
        else
            fits =
                sr_span_parse(argument.at, sr_slice_length(argument), &number) == SR_NUMBER_OK;
        if (fits && number > 0)
            return g_strdup_printf("did you mean '%.*s(%s)'?", (int) length, *words,
                                   sr_quote(reader, argument));
    }
    return NULL;
}

/* A word of @words, or a call of one that ends in `(`: `last(` takes `last(3)`. Returns the
 * index or -1 after an error. */
static int
word_or_call(SrReader *reader, SrSlice value, const char *const *words, SrSlice *arguments)
{
    SrSlice name = value;
    bool call = sr_slice_call(value, &name, arguments);
    const char *plain[8];
    unsigned n = 0;

    for (; words[n] != NULL; n++) {
        const char *open = strchr(words[n], '(');
        size_t length = open == NULL ? strlen(words[n]) : (size_t) (open - words[n]);

        g_assert(n + 1 < G_N_ELEMENTS(plain));
        plain[n] = words[n];
        if (sr_slice_length(name) != length || memcmp(name.at, words[n], length) != 0)
            continue;
        if (call == (open != NULL) && !(call && sr_slice_empty(*arguments)))
            return (int) n;
        if (open != NULL)
            sr_reader_error(reader, value, NULL, "'%s' needs its value in parentheses: %s",
                            sr_quote(reader, name), words[n]);
        else
            sr_reader_error(reader, value, NULL, "'%s' takes nothing in parentheses",
                            sr_quote(reader, name));
        return -1;
    }
    plain[n] = NULL;
    g_autofree char *note = meant_call(reader, value, plain);
    g_autofree char *list = sr_join_words(plain);

    if (note == NULL)
        return sr_value_word(reader, value, plain);
    sr_reader_error(reader, value, note, "'%s' is not one of %s", sr_quote(reader, value),
                    list);
    return -1;
}

static bool
parse_hint(SrReader *reader, const SrKey *key, SrSlice value, void *group, GString *canonical)
{
    SrEncryptionProviderSettings *settings = group;
    SrSlice argument = { 0 };
    int kind = word_or_call(reader, value, key->words, &argument);
    SrSpan resolution = 0;

    if (kind < 0 ||
        (kind == SR_HINT_TIMESTAMP && !sr_value_span(reader, argument, &resolution)))
        return false;
    if (kind == SR_HINT_TIMESTAMP && resolution == 0) {
        sr_reader_error(reader, argument, NULL,
                        "the resolution of a timestamp must be at least 1ns");
        return false;
    }
    settings->hint = (SrHintKind) kind;
    settings->hint_resolution = resolution;
    if (kind == SR_HINT_TIMESTAMP) {
        g_string_append(canonical, "timestamp(");
        sr_append_span(canonical, resolution);
        g_string_append_c(canonical, ')');
    } else {
        g_string_append(canonical, key->words[kind]);
    }
    return true;
}

static bool
parse_retention(SrReader *reader, const SrKey *key, SrSlice value, void *group,
                GString *canonical)
{
    SrEncryptionProviderSettings *settings = group;
    SrSlice argument = { 0 };
    SrKey range = { .name = "last", .min = 1, .max = 1000000 };
    int kind = word_or_call(reader, value, key->words, &argument);
    SrSpan span = 0;
    uint64_t n = 0;

    if (kind < 0 || (kind == SR_RETENTION_FOR && !sr_value_span(reader, argument, &span)) ||
        (kind == SR_RETENTION_LAST && !number_in_range(reader, &range, argument, &n)))
        return false;
    settings->retention = (SrRetentionKind) kind;
    settings->retention_n = n;
    settings->retention_span = span;
    if (kind == SR_RETENTION_FOR) {
        g_string_append(canonical, "for(");
        sr_append_span(canonical, span);
        g_string_append_c(canonical, ')');
    } else if (kind == SR_RETENTION_LAST) {
        g_string_append_printf(canonical, "last(%" G_GUINT64_FORMAT ")", n);
    } else {
        g_string_append(canonical, key->words[kind]);
    }
    return true;
}

const SrValueType sr_type_retry = { "none, N times from D to D or unlimited from D to D",
                                    SPAN_UNITS, parse_retry };
const SrValueType sr_type_hint = { "one of", SPAN_UNITS, parse_hint };
const SrValueType sr_type_retention = { "one of", SPAN_UNITS, parse_retention };

/* ---- any key ---- */

bool
sr_value_check(SrReader *reader, const SrKey *key, SrSlice value, GString *canonical)
{
    SrAnyGroup scratch;

    memset(&scratch, 0, sizeof scratch);
    return key->type->parse(reader, key, value, &scratch, canonical);
}

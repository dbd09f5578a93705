/* Values: one parser per type, from the text of a value to a field and its canonical text.
 *
 * Canonical means that texts with the same meaning give the same text (`1s` and `1000ms`,
 * `0.50%` and `0.5%`), since the `source` of a trace is the hash of the resolved form.
 * Everything is integers; a decimal is read exactly or refused.
 *
 * This file has the messages about wrong numbers of all types, and the parser of whole numbers.
 * Other types are in value-spans.c, value-decimals.c, value-words.c, value-phrases.c and
 * distributions.c. */
#include "scenario/values-private.h"

#include <string.h>

/* ---- numbers that will not do ---- */

/* Where the unit of a number begins. */
static SrSlice
unit_of(SrSlice value)
{
    const char *p = value.at;

    while (p < value.end && (g_ascii_isdigit(*p) || *p == '.' || *p == '+' || *p == '-'))
        p++;
    return sr_slice_from(value, p);
}

/* Returns: the unit among @units that @unit is or was meant as; NULL if none. @guess holds a
 * guessed one. */
static const char *
meant_unit(SrSlice unit, const char *const *units, SrGuess *guess)
{
    /* The words that people write for the short forms, in upper or lower case. */
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

/* Digits, with or without a sign and a decimal point. */
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

/* Returns: what was meant by a number whose unit is another word or is separated by a blank;
 * NULL if that is unclear. @units: separated by ", ". */
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

bool
sr_value_report_number(SrReader *reader, SrSlice value, SrNumberFault fault,
                       const SrValueType *type)
{
    if (fault == SR_NUMBER_OK)
        return true;
    SrSlice unit = unit_of(value);
    g_autofree char *meant = number_note(reader, value, type->unit);

    /* For some parsers a separated unit is no part of the number, for others it is a wrong
     * unit. */
    if (fault == SR_NUMBER_BAD_UNIT && sr_slice_trim(unit).at > unit.at)
        fault = SR_NUMBER_MALFORMED;
    switch (fault) {
    case SR_NUMBER_OK:
        break;
    case SR_NUMBER_MALFORMED:
        sr_reader_refuse(reader, value, meant != NULL ? meant : type->note, "is not a %s",
                         type->what);
        break;
    case SR_NUMBER_NO_UNIT:
        sr_reader_refuse(reader, value, NULL, "needs a unit: %s", type->unit);
        break;
    case SR_NUMBER_BAD_UNIT:
        sr_reader_error(reader, unit, meant, "unknown unit '%s' in '%s'; the %s %s",
                        sr_quote(reader, unit), sr_quote(reader, value),
                        strchr(type->unit, ',') == NULL ? "unit is" : "units are", type->unit);
        break;
    case SR_NUMBER_NOT_EXACT:
        sr_reader_refuse(reader, value, NULL, "is finer than %s", type->finest);
        break;
    case SR_NUMBER_OUT_OF_RANGE:
        sr_reader_refuse(reader, value, NULL, "is more than %s", type->most);
        break;
    }
    return false;
}

/* ---- numbers that will do ---- */

static void
set_number(const SrKey *key, void *group, uint64_t number)
{
    g_assert(!key->type->narrow || number <= UINT32_MAX);
    if (key->type->narrow)
        FIELD(group, key, uint32_t) = (uint32_t) number;
    else
        FIELD(group, key, uint64_t) = number;
}

static void
append_number(GString *out, const SrValueType *type, uint64_t number)
{
    if (type->exact != NULL)
        sr_append_exact(out, number, type->exact);
    else if (*type->unit != '\0')
        sr_append_span(out, number);
    else
        g_string_append_printf(out, "%" G_GUINT64_FORMAT, number);
}

bool
sr_value_in_range(SrReader *reader, const SrKey *key, SrSlice value, uint64_t number)
{
    bool low = number < key->min;

    if (!low && (key->max == 0 || number <= key->max))
        return true;
    g_autoptr(GString) limit = g_string_new(NULL);

    append_number(limit, key->type, low ? key->min : key->max);
    return sr_reader_error(reader, value, NULL, "'%s' must be at %s %s", key->name,
                           low ? "least" : "most", limit->str);
}

/* ---- whole numbers ---- */

bool
sr_value_number(SrReader *reader, const SrKey *key, SrSlice value, uint64_t *number)
{
    bool overflow;

    if (!sr_slice_number(value, number, &overflow))
        return sr_reader_refuse(reader, value, NULL,
                                overflow ? "is too large a number" : "is not a whole number");
    return sr_value_in_range(reader, key, value, *number);
}

/* Every key of the narrow type has a `max` that fits. */
static bool
parse_number(SrReader *reader, const SrKey *key, SrSlice value, void *group, GString *canonical)
{
    uint64_t number;

    if (!sr_value_number(reader, key, value, &number))
        return false;
    set_number(key, group, number);
    append_number(canonical, key->type, number);
    return true;
}

const SrValueType sr_type_number32 = { "whole number", "", parse_number, .narrow = true };
const SrValueType sr_type_number64 = { "whole number", "", .parse = parse_number };

/* ---- any key ---- */

/* Reads the word that means "none", or refuses one that begins with a letter, where only a
 * number can stand. */
static bool
parse(SrReader *reader, const SrKey *key, SrSlice value, void *group, GString *canonical)
{
    if (key->none == NULL || !g_ascii_isalpha(*value.at))
        return key->type->parse(reader, key, value, group, canonical);
    if (sr_slice_equals(value, key->none)) {
        set_number(key, group, key->none_value);
        g_string_append(canonical, key->none);
        return true;
    }
    g_autofree char *note = sr_guess_among(value, (const char *const[]){ key->none, NULL });

    return sr_reader_refuse(reader, value, note, "is neither a %s nor '%s'", key->type->name,
                            key->none);
}

bool
sr_value_read(SrReader *reader, const SrKey *key, SrSlice value, void *group, const char **text)
{
    g_string_truncate(reader->canonical, 0);
    if (!parse(reader, key, value, group, reader->canonical))
        return false;
    *text = sr_keep(reader, reader->canonical->str);
    return true;
}

void
sr_value_set(SrReader *reader, const SrKey *key, const char *value, void *group,
             const char **text)
{
    SrSource source = { "default", value, value + strlen(value), false };
    bool good = sr_value_read(reader, key, sr_slice_source(&source), group, text);

    g_assert(good); /* if it cannot be read, the table is wrong */
}

/* Ranges of varied values: `0ms..500ms step 50ms` stands for eleven values, and may stand within a
 * value, as in `for(1s..5s step 1s)`.
 *
 * A range is exact: it begins at its first number and ends at its last, so the last must be a whole
 * number of steps away. It is written out into values, and each of them passes the check of its key
 * like one that was written by hand; what is wrong with it is reported at the range. */
#include "scenario/values-private.h"

#include <string.h>

#define RANGE_FORM                                                                             \
    "a range is written A..B step C, such as 0ms..500ms step 50ms or 2..20 step 2"

/* The kinds of numbers that can be counted. */
typedef enum {
    COUNT_SPANS,  /* durations of either sign */
    COUNT_EXACT,  /* a number with a unit of the key's type, in the smallest one */
    COUNT_WHOLES, /* no unit */
} CountKind;

typedef struct {
    SrSlice whole, first, last,
        step; /* as written; the whole does not hold what is around it */
    CountKind kind;
    const SrValueType *type; /* of the key */
    int64_t from, to, by;
} Range;

/* ---- finding it ---- */

static bool
ends_number(char c)
{
    return g_ascii_isspace(c) || strchr("(),|\"", c) != NULL;
}

/* Returns: (nullable): the first `..` of @value outside quotes */
static const char *
find_dots(SrSlice value)
{
    bool quoted = false;

    for (const char *p = value.at; p + 1 < value.end; p++) {
        quoted ^= *p == '"';
        if (!quoted && p[0] == '.' && p[1] == '.')
            return p;
    }
    return NULL;
}

/* Takes the next number off @rest. */
static SrSlice
take_number(SrSlice *rest)
{
    SrSlice trimmed = sr_slice_trim(*rest);
    const char *end = trimmed.at;

    while (end < trimmed.end && !ends_number(*end))
        end++;
    *rest = sr_slice_from(trimmed, end);
    return sr_slice_to(trimmed, end);
}

/* The number that ends before @dots. */
static SrSlice
number_before(SrSlice value, const char *dots)
{
    SrSlice before = sr_slice_trim(sr_slice_to(value, dots));
    const char *start = before.end;

    while (start > before.at && !ends_number(start[-1]))
        start--;
    return sr_slice_from(before, start);
}

/* Splits @value, which has @dots, into the parts of @range. FALSE after an error. */
static bool
split_range(SrReader *reader, SrSlice value, const char *dots, Range *range)
{
    SrSlice rest = sr_slice_from(value, dots + 2), word;

    range->first = number_before(value, dots);
    range->last = take_number(&rest);
    range->whole = sr_slice_to(sr_slice_from(value, range->first.at), rest.at);
    if (sr_slice_empty(range->first) || sr_slice_empty(range->last) ||
        sr_slice_equals(range->last, "step"))
        return sr_reader_error(reader, value, RANGE_FORM, "an end of the range is missing");
    word = take_number(&rest);
    if (!sr_slice_equals(word, "step"))
        return sr_reader_error(reader, range->whole, RANGE_FORM, "the range '%s' has no step",
                               sr_quote(reader, range->whole));
    range->step = take_number(&rest);
    if (sr_slice_empty(range->step))
        return sr_reader_error(reader, word, RANGE_FORM, "the length of the step is missing");
    range->whole.end = rest.at;
    if (find_dots(rest) != NULL)
        return sr_reader_error(reader, rest, "vary two keys, or write a list of values",
                               "a value holds one range");
    return true;
}

/* ---- its numbers ---- */

static bool
is_span(SrSlice number)
{
    int64_t span;

    return sr_signed_span_parse(number.at, sr_slice_length(number), &span) == SR_NUMBER_OK;
}

static bool
is_signed(SrSlice number)
{
    return !sr_slice_empty(number) && (*number.at == '-' || *number.at == '+');
}

/* Reads a number without a sign. FALSE after an error, which quotes @number. */
static bool
read_magnitude(SrReader *reader, const Range *range, SrSlice number, uint64_t *magnitude)
{
    bool overflow;

    if (range->kind == COUNT_EXACT)
        return sr_value_report_number(
            reader, number, sr_value_exact(number, range->type, magnitude), range->type);
    if (!sr_slice_number(number, magnitude, &overflow))
        return sr_reader_refuse(reader, number, overflow ? NULL : RANGE_FORM,
                                overflow ? "is too large a number" : "is not a whole number");
    return true;
}

static bool
read_number(SrReader *reader, const Range *range, SrSlice number, int64_t *value)
{
    SrSlice plain = sr_slice_from(number, number.at + is_signed(number));
    uint64_t magnitude;

    if (range->kind == COUNT_SPANS)
        return sr_value_signed_span(reader, number, value);
    if (!read_magnitude(reader, range, plain, &magnitude))
        return false;
    if (magnitude > INT64_MAX)
        return sr_reader_refuse(reader, number, NULL, "is too large a number");
    *value = *number.at == '-' ? -(int64_t) magnitude : (int64_t) magnitude;
    return true;
}

static void
append_number(GString *out, const Range *range, int64_t value)
{
    switch (range->kind) {
    case COUNT_SPANS:
        sr_append_signed_span(out, value);
        break;
    case COUNT_EXACT:
        g_string_append(out, value < 0 ? "-" : "");
        sr_value_append_exact(out, range->type, (uint64_t) ABS(value));
        break;
    case COUNT_WHOLES:
        g_string_append_printf(out, "%" G_GINT64_FORMAT, value);
        break;
    }
}

/* A key whose numbers have units of their own counts in them. Elsewhere one duration makes all
 * three durations, so that a forgotten unit is found. */
static CountKind
kind_of(const Range *range)
{
    if (range->type->exact != NULL)
        return COUNT_EXACT;
    return is_span(range->first) || is_span(range->last) || is_span(range->step) ? COUNT_SPANS
                                                                                 : COUNT_WHOLES;
}

/* ---- its values ---- */

/* @n: counted from 0, and between the ends. */
static int64_t
nth_value(const Range *range, __int128 n)
{
    return (int64_t) (range->from + n * range->by);
}

static bool
check_step(SrReader *reader, const Range *range)
{
    __int128 length = (__int128) range->to - range->from;
    g_autoptr(GString) note = g_string_new(NULL);
    g_autoptr(GString) text = g_string_new(NULL);

    if (range->by == 0)
        return sr_reader_error(reader, range->step, RANGE_FORM,
                               "the step of a range cannot be 0");
    if (length != 0 && (length < 0) != (range->by < 0)) {
        append_number(text, range, -range->by);
        g_string_printf(note, "did you mean 'step %s'?", text->str);
        return sr_reader_error(reader, range->step, note->str,
                               "a step of %s does not lead from %s to %s",
                               sr_quote(reader, range->step), sr_quote(reader, range->first),
                               sr_quote(reader, range->last));
    }
    if (length % range->by == 0)
        return true;
    append_number(text, range, nth_value(range, length / range->by));
    g_string_printf(note, "end the range at %s, which is the last value before it", text->str);
    return sr_reader_error(reader, range->last, note->str,
                           "the range does not end on a step: %s is not one of its values",
                           sr_quote(reader, range->last));
}

/* Reads @value, which has a range at @dots. FALSE after an error. */
static bool
read_range(SrReader *reader, const SrKey *key, SrSlice value, const char *dots, Range *range)
{
    range->type = key->type;
    if (!split_range(reader, value, dots, range))
        return false;
    range->kind = kind_of(range);
    return read_number(reader, range, range->first, &range->from) &&
           read_number(reader, range, range->last, &range->to) &&
           read_number(reader, range, range->step, &range->by) && check_step(reader, range);
}

/* The canonical text of the range, with what stands around it in @value. */
static char *
range_text(const Range *range, SrSlice value)
{
    GString *out = g_string_new_len(value.at, range->whole.at - value.at);

    append_number(out, range, range->from);
    g_string_append(out, "..");
    append_number(out, range, range->to);
    g_string_append(out, " step ");
    append_number(out, range, range->by);
    g_string_append_len(out, range->whole.end, value.end - range->whole.end);
    return g_string_free(out, FALSE);
}

/* Reads each value of @range. FALSE after the first error. */
static bool
write_out(SrReader *reader, const SrKey *key, SrDraw *draw, SrSlice value, const Range *range,
          uint64_t n, GPtrArray *values)
{
    g_autoptr(GString) text = g_string_new(NULL);
    bool good = true;

    reader->stand_in = range->whole;
    for (uint64_t i = 0; i < n && good; i++) {
        const char *kept;

        g_string_truncate(text, 0);
        g_string_append_len(text, value.at, range->whole.at - value.at);
        append_number(text, range, nth_value(range, i));
        g_string_append_len(text, range->whole.end, value.end - range->whole.end);
        good = sr_varied_value_read(reader, key, draw, sr_slice_text(text->str), &kept);
        if (good)
            g_ptr_array_add(values, (gpointer) (intptr_t) kept);
    }
    reader->stand_in = (SrSlice){ 0 };
    return good;
}

bool
sr_varied_values_read(SrReader *reader, const SrKey *key, SrDraw *draw, SrSlice value,
                      uint64_t n_max, GPtrArray *values, GString *canonical)
{
    const char *dots = find_dots(value), *kept;
    Range range = { 0 };

    if (dots == NULL) {
        if (!sr_varied_value_read(reader, key, draw, value, &kept))
            return false;
        g_ptr_array_add(values, (gpointer) (intptr_t) kept);
        g_string_append(canonical, kept);
        return true;
    }
    if (!read_range(reader, key, value, dots, &range))
        return false;
    __int128 n = ((__int128) range.to - range.from) / range.by + 1;

    if (n > (__int128) n_max)
        return sr_reader_error(reader, range.whole, "take a longer step",
                               "the range has too many values: the varied keys take at most %u "
                               "in all",
                               SR_VARIED_VALUES_MAX);
    if (!write_out(reader, key, draw, value, &range, (uint64_t) n, values))
        return false;
    g_autofree char *text = range_text(&range, value);

    g_string_append(canonical, text);
    return true;
}

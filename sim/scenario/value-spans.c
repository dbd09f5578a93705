/* Durations as text: signed or unsigned, in nanoseconds or whole seconds. */
#include "scenario/values-private.h"

#include <string.h>

#define SECONDS_UNITS "s, min, h, d"
#define SPAN_NOTE "a duration is a number and a unit, such as 250us, 40ms, 1.5s, 2min, 1h or 7d"
#define SECONDS_NOTE "whole seconds are a number and a unit, such as 30s, 2min, 1h or 7d"

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

static bool
read_span(SrReader *reader, const SrValueType *type, SrSlice value, SrSpan *span)
{
    if (sr_slice_length(value) > 1 && *value.at == '-' && g_ascii_isdigit(value.at[1]))
        return sr_reader_refuse(reader, value, NULL, "is negative; a duration here is not");
    return sr_value_report_number(reader, value,
                                  sr_span_parse(value.at, sr_slice_length(value), span), type);
}

bool
sr_value_span(SrReader *reader, SrSlice value, SrSpan *span)
{
    return read_span(reader, &sr_type_span, value, span);
}

static bool
read_signed_span(SrReader *reader, const SrValueType *type, SrSlice value, int64_t *span)
{
    return sr_value_report_number(
        reader, value, sr_signed_span_parse(value.at, sr_slice_length(value), span), type);
}

bool
sr_value_signed_span(SrReader *reader, SrSlice value, int64_t *span)
{
    return read_signed_span(reader, &sr_type_signed_span, value, span);
}

static bool
parse_span(SrReader *reader, const SrKey *key, SrSlice value, void *group, GString *canonical)
{
    SrSpan span;

    if (!sr_value_span(reader, value, &span) || !sr_value_in_range(reader, key, value, span))
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
    return sr_reader_error(reader, value, "the times in a token are whole seconds",
                           "'%s' must be whole seconds", key->name);
}

/* Limits are in ns, the field in seconds. */
static bool
parse_seconds(SrReader *reader, const SrKey *key, SrSlice value, void *group,
              GString *canonical)
{
    SrSpan span;

    if (!read_span(reader, key->type, value, &span) ||
        !whole_seconds(reader, key, value, span) ||
        !sr_value_in_range(reader, key, value, span))
        return false;
    FIELD(group, key, uint64_t) = span / SR_NS_PER_S;
    sr_append_span(canonical, span);
    return true;
}

/* `not-before`; without it `has_not_before` stays FALSE. */
static bool
parse_signed_seconds(SrReader *reader, const SrKey *key, SrSlice value, void *group,
                     GString *canonical)
{
    SrTokenProviderSettings *settings = group;
    int64_t span;

    if (!read_signed_span(reader, key->type, value, &span))
        return false;
    uint64_t magnitude = span < 0 ? (uint64_t) -span : (uint64_t) span;

    if (!whole_seconds(reader, key, value, magnitude) ||
        !sr_value_in_range(reader, key, value, magnitude))
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

/* clang-format off */
#define SAY(form, longest) .what = "duration", .note = (form), .finest = "1ns", .most = (longest)
const SrValueType sr_type_span = { "duration", SPAN_UNITS, .parse = parse_span, SAY(SPAN_NOTE, "30 days") };
const SrValueType sr_type_signed_span = { "signed duration", SPAN_UNITS, .parse = parse_signed_span, SAY(SPAN_NOTE, "100 years") };
const SrValueType sr_type_seconds = { "duration in whole seconds", SECONDS_UNITS, .parse = parse_seconds, SAY(SECONDS_NOTE, "30 days") };
const SrValueType sr_type_signed_seconds = { "signed duration in whole seconds", SECONDS_UNITS, .parse = parse_signed_seconds,
                                             SAY(SECONDS_NOTE, "100 years") };
/* clang-format on */

/* What the parsers of values share. */
#pragma once

#include "scenario-private.h"

/* The field of the struct @group that @key names. */
#define FIELD(group, key, type) (*(type *) (void *) ((char *) (group) + (key)->offset))

#define SPAN_UNITS "ns, us, ms, s, min, h, d"

/* Says what is wrong with a number: @what it is, @units with ", " between them, the @finest and the
 * @most that it may be; @note: (nullable): of a text that is none. Returns: whether nothing is */
bool sr_value_report_number(SrReader *reader, SrSlice value, SrNumberFault fault,
                            const char *what, const char *note, const char *units,
                            const char *finest, const char *most);
/* Whether @value is the word of @key that says "nothing". */
bool sr_value_is_none(const SrKey *key, SrSlice value);
/* Refuses a value that begins with a letter where a number or the word `none` was asked for.
 * Returns: whether it did */
bool sr_value_refuse_word(SrReader *reader, const SrKey *key, SrSlice value);
/* Reads a whole number that is in the range of @key. */
bool sr_value_number_in_range(SrReader *reader, const SrKey *key, SrSlice value,
                              uint64_t *number);

/* What the parsers of values share. */
#pragma once

#include "scenario-private.h"

/* The field of the struct @group that @key names. */
#define FIELD(group, key, type) (*(type *) (void *) ((char *) (group) + (key)->offset))

#define SPAN_UNITS "ns, us, ms, s, min, h, d"

/* Reports what is wrong with a number. @what: its name; @units: separated by ", "; the @finest
 * and the @most that it may be; @note: (nullable): for a text that is no number. Returns:
 * whether nothing is wrong */
bool sr_value_report_number(SrReader *reader, SrSlice value, SrNumberFault fault,
                            const char *what, const char *note, const char *units,
                            const char *finest, const char *most);
/* Whether @value is the word of @key that means "none". */
bool sr_value_is_none(const SrKey *key, SrSlice value);
/* Refuses a value that begins with a letter, where a number or the word `none` is expected.
 * Returns: whether it did */
bool sr_value_refuse_word(SrReader *reader, const SrKey *key, SrSlice value);
/* Reads a whole number that is in the range of @key. */
bool sr_value_number_in_range(SrReader *reader, const SrKey *key, SrSlice value,
                              uint64_t *number);

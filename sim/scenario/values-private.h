/* What the parsers of values share. */
#pragma once

#include "scenario-private.h"

/* The field of the struct @group that @key names. */
#define FIELD(group, key, type) (*(type *) (void *) ((char *) (group) + (key)->offset))

#define SPAN_UNITS "ns, us, ms, s, min, h, d"

/* Reports what is wrong with a number of @type. Returns: whether nothing is wrong */
bool sr_value_report_number(SrReader *reader, SrSlice value, SrNumberFault fault,
                            const SrValueType *type);
/* Refuses a @number that is not in the range of @key. */
bool sr_value_in_range(SrReader *reader, const SrKey *key, SrSlice value, uint64_t number);
/* Reads a whole number that is in the range of @key. */
bool sr_value_number(SrReader *reader, const SrKey *key, SrSlice value, uint64_t *number);
/* Appends @value in the largest of @units that gives a whole number. */
void sr_append_exact(GString *out, uint64_t value, const SrUnit *units);
/* A number of @type, which has `exact`, in its smallest unit. */
SrNumberFault sr_value_exact(SrSlice value, const SrValueType *type, uint64_t *exact);
/* Appends it as the canonical text of such a value. */
void sr_value_append_exact(GString *out, const SrValueType *type, uint64_t exact);

/* What the files about moments share. */
#pragma once

#include "result/moments.h"

/* Returns: the hint of a document, as a key of a table */
static inline gpointer
sr_moments_place(const SrRecord *record)
{
    return GSIZE_TO_POINTER((gsize) ((guint64) record->document << 32 | record->hint));
}

/* Returns: the number of a message, as a key of a table */
static inline gpointer
sr_moments_message(const SrRecord *record)
{
    return GSIZE_TO_POINTER((gsize) record->id);
}

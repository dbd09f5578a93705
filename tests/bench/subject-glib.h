/* What the two GLib subjects share: an event allocated each, as a first version would have it. */
#pragma once

#include "bench.h"

typedef struct {
    SrTime at;
    uint64_t number; /* of insertion */
    uint32_t payload;
} Event;

static inline Event *
event_new(SrTime at, uint64_t number, uint32_t payload)
{
    Event *event = g_new(Event, 1);

    *event = (Event){ at, number, payload };
    return event;
}

static int
compare_events(const void *a, const void *b, void *data)
{
    const Event *first = a, *second = b;

    (void) data;
    if (first->at != second->at)
        return first->at < second->at ? -1 : 1;
    return first->number < second->number ? -1 : first->number > second->number;
}

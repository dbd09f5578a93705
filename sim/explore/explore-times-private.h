/* Instants for the steps of the path to a failure. */
#pragma once

#include "explore/explore-path-private.h"

/* A pending item, from the step that begins it to the step that takes it. */
typedef struct {
    uint8_t client, place, type;
    unsigned from;
    unsigned to;   /* the step that takes it; NO_STEP: none */
    unsigned lost; /* the step in which it is lost; NO_STEP: it is not */
} SrPassage;

enum { NO_STEP = UINT_MAX };

typedef struct {
    const SrPath *path;
    unsigned n;       /* steps that have an instant; time alone leads to the steps after them */
    SrTime *at;       /* n + 1 instants; the last one is after all steps */
    SrTime slot;      /* the distance of the grid */
    GArray *passages; /* SrPassage */
    /* Spans for the scenario; SR_TIME_NEVER: it keeps its own */
    SrSpan latency, generate, derive, retry;
    SrSpan reconnect[CLIENTS_MAX], detect_loss, keep_for;
} SrTimes;

/** sr_times_find: Returns: instants for the steps of @path */
SrTimes *sr_times_find(Context *context, const SrPath *path);
void sr_times_free(SrTimes *times);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SrTimes, sr_times_free)

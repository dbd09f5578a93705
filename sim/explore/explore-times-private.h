/* Instants for the steps of a way to a failure. */
#pragma once

#include "explore/explore-path-private.h"

/* A message, or a request that is being answered: from step to step. */
typedef struct {
    uint8_t client, place, type;
    unsigned from;
    unsigned to;   /* the step that takes it; NO_STEP: none */
    unsigned lost; /* the step in which it is lost; NO_STEP: it is not */
} SrPassage;

enum { NO_STEP = UINT_MAX };

typedef struct {
    const SrPath *path;
    unsigned n; /* steps that have an instant; what comes after them comes by itself */
    SrTime *at; /* n + 1; the last is after everything */
    SrTime slot;
    GArray *passages; /* SrPassage */
    /* What the scenario is to say; SR_TIME_NEVER: whatever it says */
    SrSpan latency, generate, derive, retry;
    SrSpan reconnect[CLIENTS_MAX], detect_loss, keep_for;
} SrTimes;

/** sr_times_find: Returns: instants for @path, at least @slot apart where they need be */
SrTimes *sr_times_find(Bench *bench, const SrPath *path);
void sr_times_free(SrTimes *times);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SrTimes, sr_times_free)

/* The engine: a queue, a virtual clock in integer ns, and limits. It knows no protocol: a test runs an M/M/1 queue on it.
 *
 * Events are payloads below 2^61 that mean what their user wants. Background events (corrections of clocks, expiries) are
 * handled like any other but do not keep a run going. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "session-race/event-queue.h"
#include "session-race/time.h"

typedef struct SrEngine SrEngine;

#define SR_ENGINE_PAYLOAD_BITS 61

/** SrEngineStep: what sr_engine_next() found. */
typedef enum {
    SR_ENGINE_EVENT, /* an event; the clock stands at its instant */
    SR_ENGINE_DONE,  /* no event is left that keeps the run going; the clock stands at the last event */
    SR_ENGINE_LIMIT, /* the next event lies beyond the limit; the clock stands at the limit */
} SrEngineStep;

/**
 * sr_engine_new:
 * @seeded_ties: events of one instant in an order drawn from the seed, else in that of scheduling
 * @capacity: events to make room for
 */
SrEngine *sr_engine_new(bool seeded_ties, size_t capacity);
void sr_engine_free(SrEngine *engine);
/**
 * sr_engine_reset: back to t = 0 with an empty queue; memory is kept.
 * @tie_key: key of the stream that ranks ties
 * @limit: events at t = @limit still run
 */
void sr_engine_reset(SrEngine *engine, uint64_t tie_key, SrTime limit);
SrTime sr_engine_now(const SrEngine *engine);
/** sr_engine_events: Returns: events taken since the reset */
uint64_t sr_engine_events(const SrEngine *engine);
/** sr_engine_schedule: @at is not before now (asserted); instants beyond the limit are fine. */
void sr_engine_schedule(SrEngine *engine, SrTime at, uint64_t payload);
void sr_engine_schedule_background(SrEngine *engine, SrTime at, uint64_t payload);
SrEventHandle sr_engine_schedule_cancellable(SrEngine *engine, SrTime at, uint64_t payload, bool background);
/** sr_engine_cancel: cancels what @handle names, if that is still to come, and makes it no event. */
void sr_engine_cancel(SrEngine *engine, SrEventHandle *handle);
/** sr_engine_next: takes the next event and moves the clock. @payload is set for SR_ENGINE_EVENT only. */
SrEngineStep sr_engine_next(SrEngine *engine, uint64_t *payload);

/* The engine: a queue, a virtual clock in integer ns, and limits. It knows no protocol: a test
 * runs an M/M/1 queue on it.
 *
 * Events are payloads below 2^61 that mean what their user wants. Background events
 * (corrections of clocks, expiries) are handled like any other but do not keep a run going. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "session-race/event-queue.h"
#include "session-race/time.h"

#pragma GCC visibility push(default)

typedef struct SrEngine SrEngine;

/** SR_ENGINE_PAYLOAD_BITS: payloads are below 2^61; the bit above marks background events. */
#define SR_ENGINE_PAYLOAD_BITS 61

/** SrEngineStep: what sr_engine_next() found. */
typedef enum {
    SR_ENGINE_EVENT, /* an event; the clock stands at its instant */
    SR_ENGINE_DONE, /* nothing is left that keeps the run going; the clock stays where it was */
    SR_ENGINE_LIMIT, /* the next event lies beyond the limit; the clock stands at the limit */
} SrEngineStep;

/**
 * sr_engine_new:
 * @seeded_ties: events of one instant in an order drawn from the seed, else in that of
 * scheduling
 * @capacity: events to make room for, as for sr_event_queue_new()
 *
 * Returns: (transfer full): an engine at t = 0, with the tie key 0 and without a limit
 */
SrEngine *sr_engine_new(bool seeded_ties, size_t capacity);
/** sr_engine_free: @engine: (transfer full) (nullable) */
void sr_engine_free(SrEngine *engine);
/**
 * sr_engine_reset:
 * @tie_key: key of the stream that ranks ties
 * @limit: events at t = @limit still run
 *
 * Back to t = 0 with an empty queue; memory is kept, handles from before are stale.
 */
void sr_engine_reset(SrEngine *engine, uint64_t tie_key, SrTime limit);
/** sr_engine_now: Returns: the instant at which the clock stands */
SrTime sr_engine_now(const SrEngine *engine);
/** sr_engine_events: Returns: events taken since the reset, background ones included */
uint64_t sr_engine_events(const SrEngine *engine);
/**
 * sr_engine_schedule:
 * @at: not before now, nor SR_TIME_NEVER (both asserted); instants beyond the limit are fine
 * @payload: below 2^SR_ENGINE_PAYLOAD_BITS (asserted)
 */
void sr_engine_schedule(SrEngine *engine, SrTime at, uint64_t payload);
/**
 * sr_engine_schedule_in_order:
 * @group: any number
 *
 * As sr_engine_schedule(), but events of one group and one instant stay in the order of
 * scheduling even with seeded ties; groups are ranked against each other by a draw.
 */
void sr_engine_schedule_in_order(SrEngine *engine, SrTime at, uint64_t payload, uint64_t group);
/** sr_engine_schedule_background: as sr_engine_schedule(), for an event that keeps no run
 * going. */
void sr_engine_schedule_background(SrEngine *engine, SrTime at, uint64_t payload);
/**
 * sr_engine_schedule_cancellable:
 * @background: whether the event keeps no run going
 *
 * Returns: the handle for sr_engine_cancel(), valid until the event is taken
 */
SrEventHandle sr_engine_schedule_cancellable(SrEngine *engine, SrTime at, uint64_t payload,
                                             bool background);
/** sr_engine_cancel: cancels what @handle names, if it is still to come, and makes it no event.
 */
void sr_engine_cancel(SrEngine *engine, SrEventHandle *handle);
/**
 * sr_engine_make_alarms:
 * @payload: alarm i is taken as the payload @payload + i
 *
 * Gives an engine without pending events (asserted) @n alarms, numbered from 0: events of which
 * each pends at most once. They are cheaper to stop than other events, in time and memory.
 */
void sr_engine_make_alarms(SrEngine *engine, uint32_t n, uint64_t payload);
/** sr_engine_set_alarm: @alarm comes at @at, and no longer when it was set for. */
void sr_engine_set_alarm(SrEngine *engine, uint32_t alarm, SrTime at, bool background);
/** sr_engine_fetch_alarm: @alarm is about to be set or stopped: its memory is fetched. */
void sr_engine_fetch_alarm(const SrEngine *engine, uint32_t alarm);
/** sr_engine_stop_alarm: @alarm does not come, if it was set. */
void sr_engine_stop_alarm(SrEngine *engine, uint32_t alarm);
/**
 * sr_engine_ahead:
 * @n: from 0: the next one
 * @payload: (out): of an event that will be taken about @n events from now, if nothing changes
 *
 * For those who want to have the memory of that event at hand; a hint and nothing more: the event
 * may be stopped, or others may come first.
 *
 * Returns: FALSE, with nothing set, when there is no such event near by
 */
bool sr_engine_ahead(const SrEngine *engine, unsigned n, uint64_t *payload);
/**
 * sr_engine_next:
 * @payload: (out): set for SR_ENGINE_EVENT only
 *
 * Takes the next event and moves the clock.
 */
SrEngineStep sr_engine_next(SrEngine *engine, uint64_t *payload);

#pragma GCC visibility pop

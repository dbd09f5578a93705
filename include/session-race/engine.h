/* The engine: a queue, a virtual clock in integer ns, and limits. It knows no protocol: a test
 * runs an M/M/1 queue on it.
 *
 * Events are payloads below 2^61 whose meaning is up to the caller. Background events
 * (corrections of clocks, expiries) are handled like all others, but a run ends when only
 * they are left. */
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
    SR_ENGINE_DONE,  /* only background events are left, or none; the clock does not move */
    SR_ENGINE_LIMIT, /* the next event is beyond the limit; the clock is at the limit */
} SrEngineStep;

/**
 * sr_engine_new:
 * @seeded_ties: whether the seed decides the order of events of one instant, instead of the
 * order of scheduling
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
 * Goes back to t = 0 with an empty queue. Memory is kept; older handles become stale.
 */
void sr_engine_reset(SrEngine *engine, uint64_t tie_key, SrTime limit);
/** sr_engine_now: Returns: the instant that the clock shows */
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
 * Like sr_engine_schedule(), but events of one group and one instant keep the order of
 * scheduling even with seeded ties. A draw decides the order of groups.
 */
void sr_engine_schedule_in_order(SrEngine *engine, SrTime at, uint64_t payload, uint64_t group);
/** sr_engine_schedule_background: like sr_engine_schedule(), for an event that does not keep a
 * run going. */
void sr_engine_schedule_background(SrEngine *engine, SrTime at, uint64_t payload);
/**
 * sr_engine_schedule_cancellable:
 * @background: whether the event does not keep a run going
 *
 * Returns: the handle for sr_engine_cancel(), valid until the event is taken
 */
SrEventHandle sr_engine_schedule_cancellable(SrEngine *engine, SrTime at, uint64_t payload,
                                             bool background);
/** sr_engine_cancel: cancels the event of @handle, if it is still to come, and clears @handle.
 */
void sr_engine_cancel(SrEngine *engine, SrEventHandle *handle);
/**
 * sr_engine_make_alarms:
 * @payload: alarm i fires with the payload @payload + i
 *
 * Gives an engine without pending events (asserted) @n alarms, numbered from 0. An alarm is
 * an event that is pending at most once. It costs less time and memory to stop than other
 * events.
 */
void sr_engine_make_alarms(SrEngine *engine, uint32_t n, uint64_t payload);
/** sr_engine_set_alarm: sets @alarm to @at, instead of any earlier setting. */
void sr_engine_set_alarm(SrEngine *engine, uint32_t alarm, SrTime at, bool background);
/** sr_engine_fetch_alarm: prefetches the memory of @alarm, which will soon be set or stopped.
 */
void sr_engine_fetch_alarm(const SrEngine *engine, uint32_t alarm);
/** sr_engine_stop_alarm: unsets @alarm, if it was set. */
void sr_engine_stop_alarm(SrEngine *engine, uint32_t alarm);
/**
 * sr_engine_ahead:
 * @n: from 0: the next one
 * @payload: (out): of an event that will be taken about @n events from now, if nothing changes
 *
 * For a caller that prefetches the memory of that event. It is only a hint: the event may be
 * stopped, or others may come first.
 *
 * Returns: FALSE, with nothing set, if there is no such event nearby
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

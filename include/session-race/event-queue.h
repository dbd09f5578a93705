/* The event queue: an exact total order of (instant, rank, insertion), events by value,
 * cancelling by generation.
 *
 * It knows no protocol. Without ranks, a small sorted bottom and a radix wheel of chunks
 * keep equal instants in the order of insertion without a sequence number. With ranks, a
 * 4-ary heap compares (instant, rank, insertion), which takes two to ten times as long. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "session-race/time.h"

#pragma GCC visibility push(default)

typedef struct SrEventQueue SrEventQueue;

/**
 * SrEventHandle:
 *
 * Identifies one event that can be cancelled. All zero is no event. Stale handles are
 * harmless, since generations differ. The numbers in a handle depend on what the queue held
 * before its last reset, so they must not become part of a record or of a state that is
 * compared.
 */
typedef struct {
    uint32_t slot, generation;
} SrEventHandle;

/** SR_EVENT_PAYLOAD_BITS: payloads are below 2^62. */
#define SR_EVENT_PAYLOAD_BITS 62

/**
 * sr_event_queue_new:
 * @ranked: whether events of one instant are ordered by rank instead of by insertion
 * @capacity: events to make room for at once, below 2^31; the queue grows by doubling beyond
 *
 * A cancelled event counts towards the capacity until its instant. As long as the capacity
 * is not exceeded, no function below allocates.
 *
 * Returns: (transfer full): an empty queue
 */
SrEventQueue *sr_event_queue_new(bool ranked, size_t capacity);
/** sr_event_queue_free: @queue: (transfer full) (nullable) */
void sr_event_queue_free(SrEventQueue *queue);
/** sr_event_queue_reset: empties the queue and keeps its memory; handles from before are stale.
 */
void sr_event_queue_reset(SrEventQueue *queue);
/** sr_event_queue_length: Returns: events pushed, not popped and not cancelled */
size_t sr_event_queue_length(const SrEventQueue *queue);

/**
 * sr_event_queue_push:
 * @at: not before the instant of the last event popped, nor SR_TIME_NEVER (both asserted)
 * @rank: lower ones first; ignored unless the queue is ranked
 * @payload: below 2^SR_EVENT_PAYLOAD_BITS (asserted)
 */
void sr_event_queue_push(SrEventQueue *queue, SrTime at, uint32_t rank, uint64_t payload);
/**
 * sr_event_queue_push_cancellable:
 *
 * Like sr_event_queue_push(), for an event that may be cancelled; it costs a little more.
 *
 * Returns: the handle, valid until the event is popped or cancelled
 */
SrEventHandle sr_event_queue_push_cancellable(SrEventQueue *queue, SrTime at, uint32_t rank,
                                              uint64_t payload);
/**
 * sr_event_queue_cancel:
 * @payload: (out) (nullable): of the event cancelled
 *
 * Returns: whether @handle named an event that was still to come; it will not be popped
 */
bool sr_event_queue_cancel(SrEventQueue *queue, SrEventHandle handle, uint64_t *payload);
/** SR_EVENT_ALARMS_MAX: the most alarms that a queue can have. */
#define SR_EVENT_ALARMS_MAX (1u << 29)
/** SR_EVENT_ALARM: alarm i is popped as the payload SR_EVENT_ALARM + i, plus
 * SR_EVENT_ALARM_MARK for a marked one. */
#define SR_EVENT_ALARM (UINT64_C(1) << 62)
#define SR_EVENT_ALARM_MARK (UINT64_C(1) << 61)

/**
 * sr_event_queue_make_alarms:
 * @n: at most SR_EVENT_ALARMS_MAX (asserted)
 *
 * Gives an empty queue (asserted) @n alarms: numbered events that are pending at most once.
 * An alarm costs four bytes and needs no handle. Pages of alarms that are never set cost no
 * memory.
 */
void sr_event_queue_make_alarms(SrEventQueue *queue, uint32_t n);
/**
 * sr_event_queue_set_alarm:
 * @alarm: below the number made (asserted)
 * @at, @rank: as for sr_event_queue_push()
 * @marked: the mark that it is popped with
 *
 * Sets the alarm; if it was pending already, only the new instant counts.
 */
void sr_event_queue_set_alarm(SrEventQueue *queue, uint32_t alarm, SrTime at, uint32_t rank,
                              bool marked);
/** sr_event_queue_stop_alarm: Returns: whether @alarm pended; it will not be popped */
bool sr_event_queue_stop_alarm(SrEventQueue *queue, uint32_t alarm);
/**
 * sr_event_queue_pop:
 * @at: (out): its instant
 * @payload: (out): what was pushed
 *
 * Takes the next event.
 *
 * Returns: FALSE, with nothing set, when there is none
 */
bool sr_event_queue_pop(SrEventQueue *queue, SrTime *at, uint64_t *payload);
/**
 * sr_event_queue_peek:
 *
 * Gets the instant of the next event; earlier ones may still be pushed. Mostly O(1);
 * sometimes it scans the first slot of the wheel.
 *
 * Returns: the instant of the next event, SR_TIME_NEVER when there is none
 */
SrTime sr_event_queue_peek(SrEventQueue *queue);

#pragma GCC visibility pop

/* Subject: the project's queue, through its public header. */
#include "session-race/event-queue.h"

#include "bench.h"

typedef SrEventQueue Queue;

static inline Queue *
queue_new(size_t capacity, SrSpan span)
{
    (void) span;
    return sr_event_queue_new(false, capacity);
}

static inline void
queue_free(Queue *queue)
{
    sr_event_queue_free(queue);
}

static inline void
queue_reset(Queue *queue)
{
    sr_event_queue_reset(queue);
}

static inline void
queue_push(Queue *queue, SrTime at, uint32_t payload)
{
    sr_event_queue_push(queue, at, 0, payload);
}

static inline bool
queue_pop(Queue *queue, SrTime *at, uint32_t *payload)
{
    uint64_t wide;

    if (!sr_event_queue_pop(queue, at, &wide))
        return false;
    *payload = (uint32_t) wide;
    return true;
}

#include "loops.h"

const BenchSubject bench_queue = { "this queue", loop_hold, loop_race };

/* Subject: GLib's sequence, a balanced tree with iterators. */
#include "subject-glib.h"

typedef struct {
    GSequence *sequence;
    uint64_t n_pushed;
} Queue;

static Queue *
queue_new(size_t capacity, SrSpan span)
{
    Queue *queue = g_new0(Queue, 1);

    (void) capacity;
    (void) span;
    queue->sequence = g_sequence_new(g_free);
    return queue;
}

static void
queue_free(Queue *queue)
{
    g_sequence_free(queue->sequence);
    g_free(queue);
}

static inline void
queue_reset(Queue *queue)
{
    g_sequence_remove_range(g_sequence_get_begin_iter(queue->sequence),
                            g_sequence_get_end_iter(queue->sequence));
    queue->n_pushed = 0;
}

static inline void
queue_push(Queue *queue, SrTime at, uint32_t payload)
{
    g_sequence_insert_sorted(queue->sequence, event_new(at, queue->n_pushed++, payload),
                             compare_events, NULL);
}

static inline bool
queue_pop(Queue *queue, SrTime *at, uint32_t *payload)
{
    GSequenceIter *first = g_sequence_get_begin_iter(queue->sequence);

    if (g_sequence_iter_is_end(first))
        return false;
    const Event *event = g_sequence_get(first);
    *at = event->at;
    *payload = event->payload;
    g_sequence_remove(first);
    return true;
}

#include "loops.h"

const BenchSubject bench_sequence = { "GSequence", loop_hold, loop_race };

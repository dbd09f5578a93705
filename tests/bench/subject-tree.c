/* Subject: GLib's balanced tree. */
#include "subject-glib.h"

typedef struct {
    GTree *tree;
    uint64_t n_pushed;
} Queue;

static Queue *
queue_new(size_t capacity, SrSpan span)
{
    Queue *queue = g_new0(Queue, 1);

    (void) capacity;
    (void) span;
    queue->tree = g_tree_new_full(compare_events, NULL, g_free, NULL);
    return queue;
}

static void
queue_free(Queue *queue)
{
    g_tree_unref(queue->tree);
    g_free(queue);
}

static inline void
queue_reset(Queue *queue)
{
    g_tree_remove_all(queue->tree);
    queue->n_pushed = 0;
}

static inline void
queue_push(Queue *queue, SrTime at, uint32_t payload)
{
    Event *event = event_new(at, queue->n_pushed++, payload);

    g_tree_insert(queue->tree, event, event);
}

static inline bool
queue_pop(Queue *queue, SrTime *at, uint32_t *payload)
{
    GTreeNode *node = g_tree_node_first(queue->tree);

    if (node == NULL)
        return false;
    Event *event = g_tree_node_value(node);
    *at = event->at;
    *payload = event->payload;
    g_tree_remove(queue->tree, event);
    return true;
}

#include "loops.h"

const BenchSubject bench_tree = { "GTree", loop_hold, loop_race };

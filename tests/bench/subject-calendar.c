/* Subject: a calendar queue in bare C that is told its span beforehand.
 *
 * One ring of days, so many that about every fourth has an event; the current day is a small sorted array, and what
 * is beyond the ring waits in a list. A bitmap finds the next day with events. */
#include <stdlib.h>
#include <string.h>

#include "bare.h"
#include "bench.h"

typedef struct {
    SrTime at;
    uint64_t number; /* of insertion */
    uint32_t next, payload;
} Node;

typedef struct {
    Node *nodes; /* 0 is no node */
    uint32_t free_node, n_used;
    uint32_t *days; /* first node of each day in the ring, any order */
    uint64_t *map;  /* days with events */
    uint32_t n_days, beyond;
    unsigned shift;        /* a day is 2^shift ns */
    uint64_t today, limit; /* numbers of days; from limit on they are beyond the ring */
    uint64_t n_pushed;
    size_t n, n_ring;
    Node *sorted; /* today and before, [head, tail) */
    size_t head, tail, room;
} Queue;

static inline void
queue_reset(Queue *queue)
{
    queue->n = queue->n_ring = queue->head = queue->tail = 0;
    queue->free_node = queue->beyond = 0;
    queue->n_used = 1;
    queue->today = 0;
    queue->limit = queue->n_days;
    queue->n_pushed = 0;
    memset(queue->days, 0, queue->n_days * sizeof *queue->days);
    memset(queue->map, 0, (queue->n_days / 64 + 1) * sizeof *queue->map);
}

static Queue *
queue_new(size_t capacity, SrSpan span)
{
    Queue *queue = g_new0(Queue, 1);

    queue->nodes = bare_memory((capacity + 8) * sizeof(Node));
    for (queue->n_days = 64; queue->n_days < capacity * 4;)
        queue->n_days *= 2;
    while ((SrSpan) queue->n_days << queue->shift < span)
        queue->shift++;
    queue->days = bare_memory(queue->n_days * sizeof *queue->days);
    queue->map = bare_memory((queue->n_days / 64 + 1) * sizeof *queue->map);
    queue->room = 4096;
    queue->sorted = bare_memory(queue->room * sizeof(Node));
    queue_reset(queue);
    return queue;
}

static void
queue_free(Queue *queue)
{
    free(queue->nodes);
    free(queue->days);
    free(queue->map);
    free(queue->sorted);
    g_free(queue);
}

static void __attribute__((noinline, cold)) grow_sorted(Queue *queue)
{
    size_t n = queue->tail - queue->head;
    Node *sorted = bare_memory(queue->room * 2 * sizeof(Node));

    memcpy(sorted, queue->sorted + queue->head, n * sizeof(Node));
    free(queue->sorted);
    queue->sorted = sorted;
    queue->room *= 2;
    queue->head = 0;
    queue->tail = n;
}

static inline void
put_sorted(Queue *queue, SrTime at, uint64_t number, uint32_t payload)
{
    if (queue->tail == queue->room)
        grow_sorted(queue);
    size_t i = queue->tail++;
    for (; i > queue->head; i--) {
        const Node *before = &queue->sorted[i - 1];
        if (before->at < at || (before->at == at && before->number < number))
            break;
        queue->sorted[i] = *before;
    }
    queue->sorted[i] = (Node){ at, number, 0, payload };
}

static inline void
put_day(Queue *queue, uint32_t node)
{
    uint64_t day = queue->nodes[node].at >> queue->shift;
    uint32_t slot = (uint32_t) day & (queue->n_days - 1);

    if (day >= queue->limit) {
        queue->nodes[node].next = queue->beyond;
        queue->beyond = node;
        return;
    }
    queue->nodes[node].next = queue->days[slot];
    queue->days[slot] = node;
    queue->map[slot >> 6] |= UINT64_C(1) << (slot & 63);
    queue->n_ring++;
}

static void
take_from_beyond(Queue *queue)
{
    uint32_t node = queue->beyond, next;

    queue->beyond = 0;
    for (; node != 0; node = next) {
        next = queue->nodes[node].next;
        put_day(queue, node);
    }
}

static inline void
queue_push(Queue *queue, SrTime at, uint32_t payload)
{
    uint64_t number = queue->n_pushed++;
    uint32_t node = queue->free_node;

    queue->n++;
    if (at >> queue->shift <= queue->today) {
        put_sorted(queue, at, number, payload);
        return;
    }
    if (node != 0)
        queue->free_node = queue->nodes[node].next;
    else
        node = queue->n_used++;
    queue->nodes[node] = (Node){ at, number, 0, payload };
    put_day(queue, node);
}

/* Nothing in the ring: it begins anew at the earliest day beyond. */
static void
begin_anew(Queue *queue)
{
    SrTime least = UINT64_MAX;

    for (uint32_t node = queue->beyond; node != 0; node = queue->nodes[node].next)
        least = MIN(least, queue->nodes[node].at);
    queue->today = (least >> queue->shift) - 1;
    queue->limit = queue->today + queue->n_days;
    take_from_beyond(queue);
}

static inline uint64_t
next_day(const Queue *queue)
{
    for (uint64_t day = queue->today + 1;;) {
        uint32_t slot = (uint32_t) day & (queue->n_days - 1);
        uint64_t map = queue->map[slot >> 6] >> (slot & 63);
        if (map != 0)
            return day + (unsigned) __builtin_ctzll(map);
        day += 64 - (slot & 63);
    }
}

static void
turn(Queue *queue)
{
    queue->head = queue->tail = 0;
    if (queue->n_ring == 0)
        begin_anew(queue);
    uint64_t before = queue->today;
    queue->today = next_day(queue);
    uint32_t slot = (uint32_t) queue->today & (queue->n_days - 1), next;
    uint32_t node = queue->days[slot];
    queue->days[slot] = 0;
    queue->map[slot >> 6] &= ~(UINT64_C(1) << (slot & 63));
    for (; node != 0; node = next) {
        Node *event = &queue->nodes[node];
        next = event->next;
        put_sorted(queue, event->at, event->number, event->payload);
        event->next = queue->free_node;
        queue->free_node = node;
        queue->n_ring--;
    }
    /* Each quarter of a turn the ring takes what has come near. */
    if (queue->beyond == 0) {
        queue->limit = queue->today + queue->n_days;
    } else if ((queue->today & (queue->n_days / 4 - 1)) < queue->today - before) {
        queue->limit = queue->today + queue->n_days;
        take_from_beyond(queue);
    }
}

static inline bool
queue_pop(Queue *queue, SrTime *at, uint32_t *payload)
{
    if (queue->n == 0)
        return false;
    queue->n--;
    while (queue->head == queue->tail)
        turn(queue);
    *at = queue->sorted[queue->head].at;
    *payload = queue->sorted[queue->head++].payload;
    return true;
}

#include "loops.h"

const BenchSubject bench_calendar = { "calendar", loop_hold, loop_race };

/* Subject: a ladder in bare C: the nearest events in a small sorted array, the bottom; all others in a
 * radix wheel whose slots are chains of contiguous chunks.
 *
 * Slot s of level l holds what first differs from `last` in the l-th digit of 6 bits, and has s there. Filling and
 * splitting a slot touch memory in order, and the tails of all slots fit the first cache. Equal instants always
 * share a slot and stay in order, so there is no number of insertion. While all fits into the bottom the wheel
 * is not used at all. It has neither ranks nor cancelling. */
#include <stdlib.h>
#include <string.h>

#include "bare.h"
#include "bench.h"

#define DIGIT_BITS 6
#define SLOTS (1u << DIGIT_BITS)
#define LEVELS ((64 + DIGIT_BITS - 1) / DIGIT_BITS)
#define CHUNK_ENTRIES 31
#define TAKE_MAX 16   /* a slot with no more goes to the bottom as it is */
#define BOTTOM_MAX 40 /* with more the bottom is halved */

typedef struct {
    SrTime at;
    uint64_t payload;
} Entry;

typedef struct {
    uint32_t next, n;
    uint64_t unused; /* 512 bytes in all */
    Entry entries[CHUNK_ENTRIES];
} Chunk;

typedef struct {
    uint32_t head, tail, n;
} Slot;

typedef struct {
    Chunk *chunks; /* 0 is no chunk */
    size_t n, n_chunks;
    uint32_t free_chunk, n_used;
    SrTime last, bottom_end; /* events before bottom_end are in the bottom */
    uint64_t levels, map[LEVELS];
    Entry *bottom; /* [head, tail) */
    size_t head, tail, room;
    Slot slots[LEVELS][SLOTS];
} Queue;

static inline void
queue_reset(Queue *queue)
{
    queue->n = queue->head = queue->tail = 0;
    queue->free_chunk = 0;
    queue->n_used = 1;
    queue->last = 0;
    queue->levels = 0;
    queue->bottom_end = UINT64_MAX;
    memset(queue->map, 0, sizeof queue->map);
}

static Queue *
queue_new(size_t capacity, SrSpan span)
{
    Queue *queue = g_new0(Queue, 1);

    (void) span;
    queue->n_chunks = capacity / CHUNK_ENTRIES + 64;
    queue->chunks = bare_memory(queue->n_chunks * sizeof(Chunk));
    queue->room = 1024;
    queue->bottom = bare_memory(queue->room * sizeof(Entry));
    queue_reset(queue);
    return queue;
}

static void
queue_free(Queue *queue)
{
    free(queue->chunks);
    free(queue->bottom);
    g_free(queue);
}

static uint32_t __attribute__((noinline)) take_chunk(Queue *queue)
{
    uint32_t chunk = queue->free_chunk;

    if (chunk != 0) {
        queue->free_chunk = queue->chunks[chunk].next;
    } else {
        chunk = queue->n_used++;
        if (__builtin_expect(chunk >= queue->n_chunks, 0)) {
            Chunk *chunks = bare_memory(queue->n_chunks * 2 * sizeof(Chunk));
            memcpy(chunks, queue->chunks, queue->n_chunks * sizeof(Chunk));
            free(queue->chunks);
            queue->chunks = chunks;
            queue->n_chunks *= 2;
        }
    }
    queue->chunks[chunk].n = 0;
    return chunk;
}

static inline void
put_far(Queue *queue, SrTime at, uint64_t payload)
{
    unsigned level = (63u - (unsigned) __builtin_clzll((at ^ queue->last) | 1)) / DIGIT_BITS;
    unsigned s = (unsigned) (at >> (level * DIGIT_BITS)) & (SLOTS - 1);
    Slot *slot = &queue->slots[level][s];

    if ((queue->map[level] >> s & 1) == 0) {
        slot->head = slot->tail = take_chunk(queue);
        slot->n = 0;
        queue->map[level] |= UINT64_C(1) << s;
        queue->levels |= UINT64_C(1) << level;
    } else if (queue->chunks[slot->tail].n == CHUNK_ENTRIES) {
        uint32_t chunk = take_chunk(queue);
        queue->chunks[slot->tail].next = chunk;
        slot->tail = chunk;
    }
    Chunk *chunk = &queue->chunks[slot->tail];
    chunk->entries[chunk->n++] = (Entry){ at, payload };
    slot->n++;
}

static inline void
put_bottom(Queue *queue, SrTime at, uint64_t payload)
{
    size_t i = queue->tail++;

    for (; i > queue->head && queue->bottom[i - 1].at > at; i--)
        queue->bottom[i] = queue->bottom[i - 1];
    queue->bottom[i] = (Entry){ at, payload };
}

/* A bottom of one single instant only ever grows at its end. */
static inline bool
is_crowded(const Queue *queue)
{
    return queue->tail - queue->head >= BOTTOM_MAX &&
           queue->bottom_end != queue->bottom[queue->head].at + 1;
}

/* The bottom is crowded, or its array worn to the end: the nearer half stays, the rest goes to the wheel.
 * Equal instants stay together, so perhaps all of them leave. */
static void __attribute__((noinline)) tidy_bottom(Queue *queue)
{
    bool crowded = is_crowded(queue);
    size_t n = queue->tail - queue->head;

    memmove(queue->bottom, queue->bottom + queue->head, n * sizeof(Entry));
    queue->head = 0;
    queue->tail = n;
    if (crowded) {
        size_t keep = n / 2;
        while (keep > 0 && queue->bottom[keep - 1].at == queue->bottom[keep].at)
            keep--;
        queue->bottom_end = queue->bottom[keep].at;
        for (size_t i = keep; i < n; i++)
            put_far(queue, queue->bottom[i].at, queue->bottom[i].payload);
        queue->tail = keep;
    }
    if (queue->tail * 2 > queue->room) {
        Entry *bottom = bare_memory(queue->room * 2 * sizeof(Entry));
        memcpy(bottom, queue->bottom, queue->tail * sizeof(Entry));
        free(queue->bottom);
        queue->bottom = bottom;
        queue->room *= 2;
    }
}

static inline void
queue_push(Queue *queue, SrTime at, uint32_t payload)
{
    queue->n++;
    if (at < queue->bottom_end &&
        __builtin_expect(is_crowded(queue) || queue->tail + 1 >= queue->room, 0))
        tidy_bottom(queue);
    if (at >= queue->bottom_end)
        put_far(queue, at, payload);
    else
        put_bottom(queue, at, payload);
}

/* Takes a slot apart: into the bottom, or into the slots of lower levels. */
static inline void
empty_slot(Queue *queue, Slot slot, bool to_bottom)
{
    for (uint32_t chunk = slot.head, next, more = 1; more != 0; chunk = next) {
        uint32_t n = queue->chunks[chunk].n;
        if (to_bottom) {
            for (uint32_t i = 0; i < n; i++)
                put_bottom(queue, queue->chunks[chunk].entries[i].at,
                           queue->chunks[chunk].entries[i].payload);
        } else {
            for (uint32_t i = 0; i < n; i++)
                put_far(queue, queue->chunks[chunk].entries[i].at,
                        queue->chunks[chunk].entries[i].payload);
        }
        more = chunk != slot.tail;
        next = queue->chunks[chunk].next;
        queue->chunks[chunk].next = queue->free_chunk;
        queue->free_chunk = chunk;
    }
}

static inline Slot
take_slot(Queue *queue, unsigned *level)
{
    *level = (unsigned) __builtin_ctzll(queue->levels);
    Slot slot = queue->slots[*level][__builtin_ctzll(queue->map[*level])];

    queue->map[*level] &= queue->map[*level] - 1;
    if (queue->map[*level] == 0)
        queue->levels &= ~(UINT64_C(1) << *level);
    return slot;
}

static void __attribute__((noinline)) refill(Queue *queue)
{
    unsigned level;

    queue->head = queue->tail = 0;
    if (queue->n <= TAKE_MAX) { /* few are left: all of them */
        while (queue->levels != 0)
            empty_slot(queue, take_slot(queue, &level), true);
        queue->bottom_end = UINT64_MAX;
        queue->last = queue->bottom[0].at;
        return;
    }
    for (;;) {
        Slot slot = take_slot(queue, &level);
        unsigned shift = level * DIGIT_BITS;
        bool take = level == 0 || slot.n <= TAKE_MAX;

        queue->last = queue->chunks[slot.head].entries[0].at >> shift << shift;
        if (take) {
            queue->bottom_end = queue->last + (UINT64_C(1) << shift);
            if (queue->bottom_end == 0)
                queue->bottom_end = UINT64_MAX;
            if (slot.n + 2 > queue->room) {
                free(queue->bottom);
                queue->room = (size_t) slot.n * 2;
                queue->bottom = bare_memory(queue->room * sizeof(Entry));
            }
        }
        empty_slot(queue, slot, take);
        if (take)
            return;
    }
}

static inline bool
queue_pop(Queue *queue, SrTime *at, uint32_t *payload)
{
    if (queue->n == 0)
        return false;
    if (queue->head == queue->tail)
        refill(queue);
    queue->n--;
    *at = queue->bottom[queue->head].at;
    *payload = (uint32_t) queue->bottom[queue->head++].payload;
    return true;
}

#include "loops.h"

const BenchSubject bench_ladder = { "ladder", loop_hold, loop_race };

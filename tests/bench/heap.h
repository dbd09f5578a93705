/* A 4-ary heap in bare C, for the subjects that have one. Entries of 16 bytes: the instant, then the number
 * of insertion and the payload, compared as one number of 128 bits. The children of an entry share a cache
 * line. Has the functions that loops.h names. */
#pragma once

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "bare.h"
#include "session-race/time.h"

typedef unsigned __int128 Entry;

typedef struct {
    Entry *entries; /* of the root */
    size_t n;
    uint32_t n_pushed;
    void *memory;
} Queue;

static Queue *
queue_new(size_t capacity, SrSpan span)
{
    Queue *queue = g_new0(Queue, 1);

    (void) span;
    queue->memory = bare_memory((capacity + 8) * sizeof(Entry));
    queue->entries = (Entry *) queue->memory + 3;
    return queue;
}

static void
queue_free(Queue *queue)
{
    free(queue->memory);
    g_free(queue);
}

static inline void
queue_reset(Queue *queue)
{
    queue->n = 0;
    queue->n_pushed = 0;
}

static inline void
climb(Entry *entries, size_t i, Entry entry)
{
    while (i > 0) {
        size_t parent = (i - 1) >> 2;
        if (entry >= entries[parent])
            break;
        entries[i] = entries[parent];
        i = parent;
    }
    entries[i] = entry;
}

static inline void
queue_push(Queue *queue, SrTime at, uint32_t payload)
{
    Entry entry = (Entry) at << 64 | (uint64_t) queue->n_pushed++ << 32 | payload;

    climb(queue->entries, queue->n++, entry);
}

/* A hole at the root: the least children walk up to a leaf, then @entry climbs, a few steps. Which child
 * is least is a coin's toss, so there are no branches about it. */
static inline void
sink(Entry *entries, size_t n, Entry entry)
{
    size_t i = 0, child;

    while ((child = 4 * i + 1) + 3 < n) {
        size_t a = child + (entries[child + 1] < entries[child]);
        size_t b = child + 2 + (entries[child + 3] < entries[child + 2]);
        size_t least = a + ((b - a) & -(size_t) (entries[b] < entries[a]));
        entries[i] = entries[least];
        i = least;
    }
    if (child < n) {
        size_t least = child;
        for (size_t k = child + 1; k < n; k++)
            least = entries[k] < entries[least] ? k : least;
        entries[i] = entries[least];
        i = least;
    }
    climb(entries, i, entry);
}

static inline bool
queue_pop(Queue *queue, SrTime *at, uint32_t *payload)
{
    if (queue->n == 0)
        return false;
    Entry first = queue->entries[0];
    size_t n = --queue->n;
    if (n > 0)
        sink(queue->entries, n, queue->entries[n]);
    *at = (SrTime) (first >> 64);
    *payload = (uint32_t) first;
    return true;
}

/* The event queue: the public functions, and everything that need not be inline.
 *
 * All code here keeps the two invariants that event-queue-private.h states. Memory is allocated
 * when the queue is made and whenever it holds more than ever before. A reset keeps the memory,
 * so the same load again allocates nothing. */
#include "session-race/event-queue.h"

#include "engine/event-queue-private.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* A block above this size is put on huge pages, if there are any. A million events touch memory
 * in steps of 512 bytes, so with small pages most accesses would miss the TLB. */
#define HUGE_PAGE_BYTES ((size_t) 2 << 20)

/* A heap or a table of slots starts with at least this capacity. */
#define CAPACITY_MIN 16

/* In a cancellable entry bit 63 is the mark, and the 31 bits below it are the slot. */
#define CANCEL_SLOTS_MAX ((uint32_t) INT32_MAX)

/*
 * Chunks
 */

static SrChunkBlock *
chunk_block_new(size_t n_chunks)
{
    SrChunkBlock *block = g_new0(SrChunkBlock, 1);
    size_t bytes = n_chunks * sizeof(SrChunk);
    bool huge = bytes >= 2 * HUGE_PAGE_BYTES;

    block->n_chunks = n_chunks;
    block->chunks =
        g_aligned_alloc(n_chunks, sizeof(SrChunk), huge ? HUGE_PAGE_BYTES : SR_CHUNK_BYTES);
#ifdef MADV_HUGEPAGE
    if (huge)
        (void) madvise(block->chunks, bytes, MADV_HUGEPAGE); /* nothing depends on it */
#endif
    return block;
}

static void
chunk_block_free(SrChunkBlock *block)
{
    g_aligned_free(block->chunks);
    g_free(block);
}

static void
use_block(SrEventQueue *queue, SrChunkBlock *block)
{
    queue->block = block;
    queue->fresh = block->chunks;
    queue->fresh_end = block->chunks + block->n_chunks;
}

static __attribute__((noinline)) void
next_block(SrEventQueue *queue)
{
    if (queue->block->next == NULL) {
        size_t n_chunks = 0;

        for (const SrChunkBlock *block = queue->blocks; block != NULL; block = block->next)
            n_chunks += block->n_chunks;
        queue->block->next = chunk_block_new(n_chunks);
    }
    use_block(queue, queue->block->next);
}

static SrChunk *
take_chunk(SrEventQueue *queue)
{
    SrChunk *chunk = queue->free_chunks;

    if (chunk != NULL) {
        queue->free_chunks = chunk->next;
        return chunk;
    }
    if (queue->fresh == queue->fresh_end)
        next_block(queue);
    return queue->fresh++;
}

static void
give_chunk(SrEventQueue *queue, SrChunk *chunk)
{
    chunk->next = queue->free_chunks;
    queue->free_chunks = chunk;
}

/* Returns: the chunk that @fill points into, or to the end of */
static SrChunk *
chunk_of(const SrPlace *fill)
{
    return (SrChunk *) (((uintptr_t) fill - 1) / SR_CHUNK_BYTES * SR_CHUNK_BYTES);
}

/* Called before memory is touched for the first time. Returns: whether cancelled entries were
 * cleared */
static __attribute__((noinline)) bool
clear_before_growing(SrEventQueue *queue)
{
    if (queue->n_stale < SR_STALE_MANY ||
        queue->n_stale <= queue->n_live / SR_STALE_SHARE_GROWING)
        return false;
    sr_event_queue_clear_stale(queue);
    return true;
}

/* Makes room for one more entry in a slot that is empty or whose last chunk is full. */
SrPlace *
sr_event_queue_open_chunk(SrEventQueue *queue, unsigned level, unsigned slot)
{
    SrWheelSlot *where = &queue->slots[level][slot];

    if (queue->free_chunks == NULL && clear_before_growing(queue) &&
        (uintptr_t) where->fill % SR_CHUNK_BYTES != 0)
        return where->fill;

    SrChunk *chunk = take_chunk(queue);

    if (where->fill == NULL) {
        where->first = chunk;
        queue->occupied[level] |= UINT64_C(1) << slot;
        queue->levels |= UINT64_C(1) << level;
    } else {
        chunk_of(where->fill)->next = chunk;
    }
    return chunk->places;
}

/*
 * The wheel
 */

/* Takes the slot out of the wheel; the caller owns its chunks. */
static SrWheelSlot
detach_slot(SrEventQueue *queue, unsigned level, unsigned slot)
{
    SrWheelSlot detached = queue->slots[level][slot];

    queue->slots[level][slot] = (SrWheelSlot){ NULL, NULL };
    queue->occupied[level] &= ~(UINT64_C(1) << slot);
    if (queue->occupied[level] == 0)
        queue->levels &= ~(UINT64_C(1) << level);
    return detached;
}

/* Returns: the first instant that belongs to the slot */
static inline SrTime
slot_start(const SrEventQueue *queue, unsigned level, unsigned slot)
{
    unsigned shift = level * SR_WHEEL_DIGIT_BITS;
    /* The bits above the digit of the level are those of base; the highest level has none
     * above. */
    SrTime above = ~(((SrTime) SR_WHEEL_SLOTS << shift) - 1);

    return (queue->base & above) | (SrTime) slot << shift;
}

/* An iteration over the entries of a slot, in their order. */
typedef struct {
    const SrPlace *place, *end; /* in the present chunk */
    const SrPlace *fill;        /* of the slot */
    const SrChunk *chunk;
    SrTime upper;    /* upper half of all instants, if an entry takes one place */
    unsigned stride; /* places that an entry takes */
} Walk;

static inline void
enter_chunk(Walk *walk, const SrChunk *chunk)
{
    walk->chunk = chunk;
    walk->place = chunk->places;
    walk->end = chunk == chunk_of(walk->fill) ? walk->fill : chunk->places + SR_CHUNK_PLACES;
}

/* Returns: how many places an entry of the level takes */
static inline unsigned
entry_stride(unsigned level)
{
    return level < SR_WHEEL_SHORT_LEVELS ? 1 : 2;
}

/* @stride: entry_stride() of the slot's level; @start: its slot_start() */
static inline Walk
walk_begin(const SrWheelSlot *slot, unsigned stride, SrTime start)
{
    Walk walk = { .fill = slot->fill, .upper = start >> 32 << 32, .stride = stride };

    enter_chunk(&walk, slot->first);
    return walk;
}

/* Returns: FALSE at the end of the present chunk */
static inline bool
walk_chunk(Walk *walk, SrEntry *entry)
{
    const SrPlace *place = walk->place;

    if (place == walk->end)
        return false;
    *entry = walk->stride == 1 ? (SrEntry){ walk->upper | place->at, place->payload }
                               : (SrEntry){ place[0].payload, place[1].payload };
    walk->place += walk->stride;
    return true;
}

/* Returns: FALSE at the end of the slot */
static inline bool
walk_slot(Walk *walk, SrEntry *entry)
{
    if (walk->place == walk->end && walk->end != walk->fill)
        enter_chunk(walk, walk->chunk->next);
    return walk_chunk(walk, entry);
}

/* If the entry is an alarm's, the alarm is no longer set. */
static inline void
forget_alarm(SrEventQueue *queue, uint64_t entry_payload)
{
    if (entry_payload & SR_ENTRY_ALARM && !(entry_payload & SR_ENTRY_CANCELLABLE))
        queue->alarms[sr_entry_alarm(entry_payload)] &= ~(SR_ALARM_NEXT - 1);
}

/* Unsets all alarms before a reset. It finds them by their entries, so that the words of alarms
 * that were never set stay untouched memory. */
static void
forget_alarms(SrEventQueue *queue)
{
    for (const SrEntry *entry = queue->head; entry < queue->tail; entry++)
        forget_alarm(queue, entry->payload);
    for (size_t i = 0; i < queue->n_heap; i++)
        forget_alarm(queue, queue->heap[i].payload);
    for (uint64_t levels = queue->levels; levels != 0; levels &= levels - 1) {
        unsigned level = (unsigned) __builtin_ctzll(levels);

        for (uint64_t slots = queue->occupied[level]; slots != 0; slots &= slots - 1) {
            Walk walk = walk_begin(&queue->slots[level][__builtin_ctzll(slots)],
                                   entry_stride(level), 0);
            SrEntry entry;

            while (walk_slot(&walk, &entry))
                forget_alarm(queue, entry.payload);
        }
    }
}

/* deal_out() for one stride, which is a constant. */
static inline __attribute__((always_inline)) void
deal_out_entries(SrEventQueue *queue, SrWheelSlot detached, unsigned stride, SrTime start)
{
    Walk walk = walk_begin(&detached, stride, start);
    SrChunk *chunk = detached.first, *next;
    SrEntry entry;

    for (;; chunk = next) {
        bool last = walk.end == walk.fill;

        next = last ? NULL : chunk->next;
        __builtin_prefetch(next);
        while (walk_chunk(&walk, &entry))
            sr_event_queue_put_wheel(queue, entry);
        give_chunk(queue, chunk);
        if (last)
            return;
        enter_chunk(&walk, next);
    }
}

/* Distributes the entries of a detached slot over lower levels, in their order. */
static void
deal_out(SrEventQueue *queue, SrWheelSlot detached, unsigned level, SrTime start)
{
    if (level < SR_WHEEL_SHORT_LEVELS)
        deal_out_entries(queue, detached, 1, start);
    else
        deal_out_entries(queue, detached, 2, start);
}

/* Returns: how many entries the slot holds; if that is more than @most, any number above @most
 */
static size_t
count_entries(const SrWheelSlot *slot, unsigned level, size_t most)
{
    const SrChunk *last = chunk_of(slot->fill);
    unsigned stride = entry_stride(level);
    size_t n = (size_t) (slot->fill - last->places) / stride;

    for (const SrChunk *chunk = slot->first; chunk != last && n <= most; chunk = chunk->next)
        n += SR_CHUNK_PLACES / stride;
    return n;
}

/* Four keys, compared in one instruction where the processor can. */
typedef int32_t Lanes __attribute__((vector_size(16)));
G_STATIC_ASSERT(SR_SORT_FEW % 4 == 0);

/* Sorts a few entries of a slot by counting: the place of each is the number of entries before
 * it. This takes n² comparisons, but no branch that a processor could predict wrong, so for up
 * to sixteen entries it is faster than insertion. A key has the bits of the instant below the
 * digit of the level, and then the number of the entry, so no two keys are equal. */
static void
sort_few(SrEntry *to, const SrPlace *places, size_t n, SrTime upper)
{
    union {
        int32_t one[SR_SORT_FEW];
        Lanes four[SR_SORT_FEW / 4];
    } keys = { { 0 } }, before;

    for (size_t i = 0; i < n; i++)
        keys.one[i] = (int32_t) (places[i].at << SR_SORT_FEW_LOG2 | (uint32_t) i);
    for (size_t four = 0; four < (n + 3) / 4; four++) {
        Lanes mine = keys.four[four], count = { 0 };

        for (size_t i = 0; i < n; i++) {
            int32_t key = keys.one[i];

            count -= mine > (Lanes){ key, key, key, key }; /* a true comparison is -1 */
        }
        before.four[four] = count;
    }
    for (size_t i = 0; i < n; i++)
        to[before.one[i]] = (SrEntry){ upper | places[i].at, places[i].payload };
}

/* Sorts a slot of a level above 0 by its next digit, and then by insertion. Equal instants keep
 * their order.
 *
 * Returns: FALSE, and changes nothing, if so many entries share a digit that the insertion
 * would be slow */
static bool
sort_many(SrEntry *to, const SrWheelSlot *slot, unsigned level, SrTime first)
{
    Walk counting = walk_begin(slot, 1, first), walk = counting;
    unsigned shift = (level - 1) * SR_WHEEL_DIGIT_BITS;
    uint16_t counts[SR_WHEEL_SLOTS] = { 0 }, start = 0;
    SrEntry entry;

    while (walk_slot(&counting, &entry))
        counts[(entry.at >> shift) % SR_WHEEL_SLOTS]++;
    for (unsigned i = 0; i < SR_WHEEL_SLOTS; i++) {
        uint16_t count = counts[i];

        if (count > SR_SORT_FEW)
            return false;
        counts[i] = start;
        start = (uint16_t) (start + count);
    }
    while (walk_slot(&walk, &entry))
        to[counts[(entry.at >> shift) % SR_WHEEL_SLOTS]++] = entry;
    for (unsigned i = 1; i < start; i++) {
        unsigned place = i;

        entry = to[i];
        for (; place > 0 && to[place - 1].at > entry.at; place--)
            to[place] = to[place - 1];
        to[place] = entry;
    }
    return true;
}

/* Frees the chunks of a detached slot. */
static void
give_chunks(SrEventQueue *queue, SrWheelSlot detached)
{
    SrChunk *last = chunk_of(detached.fill);

    for (SrChunk *chunk = detached.first, *next; chunk != last; chunk = next) {
        next = chunk->next;
        give_chunk(queue, chunk);
    }
    give_chunk(queue, last);
}

/*
 * Moves the first slot of @level to the end of the bottom, all of whose instants are earlier,
 * if it holds no more than @most, and the horizon behind it. A slot that spans a minute or more is
 * always dealt out.
 *
 * Returns: whether it did
 */
static bool
take_slot(SrEventQueue *queue, unsigned level, size_t most)
{
    unsigned slot = (unsigned) __builtin_ctzll(queue->occupied[level]);
    const SrWheelSlot *where = &queue->slots[level][slot];
    size_t n = count_entries(where, level, most);
    SrTime start = slot_start(queue, level, slot);
    SrTime last = start | ((UINT64_C(1) << level * SR_WHEEL_DIGIT_BITS) - 1);

    if (n > most || level >= SR_WHEEL_SHORT_LEVELS)
        return false;
    if (n <= SR_SORT_FEW && level < SR_SORT_FEW_LEVELS && where->first == chunk_of(where->fill))
        sort_few(queue->tail, where->first->places, n, start >> 32 << 32);
    else if (level == 0 || !sort_many(queue->tail, where, level, start))
        return false;
    queue->tail += n;
    queue->horizon = last == SR_TIME_NEVER ? SR_TIME_NEVER : last + 1;
    give_chunks(queue, detach_slot(queue, level, slot));
    return true;
}

/* Moves all entries to the bottom, when few are left. As long as they stay few, no push uses
 * the wheel. */
static void
empty_wheel(SrEventQueue *queue)
{
    while (queue->levels != 0) {
        unsigned level = (unsigned) __builtin_ctzll(queue->levels);
        unsigned slot = (unsigned) __builtin_ctzll(queue->occupied[level]);
        SrTime start = slot_start(queue, level, slot);
        SrWheelSlot detached = detach_slot(queue, level, slot);
        Walk walk = walk_begin(&detached, entry_stride(level), start);
        SrEntry entry;

        while (walk_slot(&walk, &entry))
            sr_event_queue_put_bottom(queue, entry);
        give_chunks(queue, detached);
    }
    queue->horizon = SR_TIME_NEVER;
    queue->base = queue->floor;
}

/* Takes entries of one instant, of which there may be very many: only one chunk is moved at a
 * time, so that the bottom stays small. */
static void
take_instant(SrEventQueue *queue, unsigned slot)
{
    SrWheelSlot *where = &queue->slots[0][slot];
    SrChunk *chunk = where->first;
    bool last = chunk == chunk_of(where->fill);
    Walk walk = walk_begin(where, 1, slot_start(queue, 0, slot));

    while (walk_chunk(&walk, queue->tail))
        queue->tail++;
    queue->base = queue->bottom->at;
    /* While the slot holds more entries, a new one at this instant has to go behind them. */
    queue->horizon = queue->base + (last ? 1 : 0);
    if (last)
        (void) detach_slot(queue, 0, slot);
    else
        where->first = chunk->next;
    give_chunk(queue, chunk);
}

/* Returns: how many events a refill should bring at most: a power of two near twice the square
 * root of the number pending */
static size_t
refill_size(size_t n_pending)
{
    unsigned n_bits = 64u - (unsigned) __builtin_clzll(n_pending | 1);

    return CLAMP((size_t) 2 << n_bits / 2, SR_BOTTOM_TAKE_MIN, SR_BOTTOM_TAKE_MAX);
}

/*
 * Brings the nearest slots into the empty bottom, the first one dealt out to lower levels until
 * it is small enough.
 *
 * Returns: FALSE, with the bottom still empty, when all are later than @limit
 */
static bool
turn_wheel(SrEventQueue *queue, SrTime limit)
{
    size_t most = refill_size(queue->n_live + queue->n_stale);

    for (;;) {
        unsigned level = (unsigned) __builtin_ctzll(queue->levels);
        unsigned slot = (unsigned) __builtin_ctzll(queue->occupied[level]);
        SrTime start = slot_start(queue, level, slot);

        if (start > limit)
            return false; /* base has not passed @limit either */
        queue->base = start;
        if (take_slot(queue, level, most)) {
            /* Takes more slots of the same level while they fit, so that refills are fewer. */
            while (queue->occupied[level] != 0) {
                size_t n = (size_t) (queue->tail - queue->head);

                if (n >= most / 2 || !take_slot(queue, level, most - n))
                    break;
            }
            return true;
        }
        if (level == 0) {
            take_instant(queue, slot);
            return true;
        }
        deal_out(queue, detach_slot(queue, level, slot), level, start);
    }
}

/*
 * sr_event_queue_refill_bottom:
 *
 * Brings the nearest events into the empty bottom. There are some: live ones, at least.
 *
 * Returns: FALSE, with the bottom still empty, when all are later than @limit
 */
bool
sr_event_queue_refill_bottom(SrEventQueue *queue, SrTime limit)
{
    g_assert(queue->head == queue->tail && queue->levels != 0);
    queue->head = queue->tail = queue->bottom;
    if (queue->n_live + queue->n_stale <= SR_SORT_FEW)
        empty_wheel(queue);
    else if (!turn_wheel(queue, limit))
        return false;
    queue->bottom_max = (size_t) (queue->tail - queue->head) + SR_BOTTOM_GROWTH;
    queue->bottom_end = queue->tail + SR_BOTTOM_GROWTH;
    return true;
}

/* The bottom has reached the end of its array: it moves to the front. If it holds too many
 * entries, it keeps only the nearer half. */
static void
relieve_bottom(SrEventQueue *queue)
{
    size_t n = (size_t) (queue->tail - queue->head);

    g_assert(queue->head == queue->tail || queue->tail[-1].at < queue->horizon);
    memmove(queue->bottom, queue->head, n * sizeof(SrEntry));
    queue->head = queue->bottom;
    queue->tail = queue->bottom + n;
    if (n >= queue->bottom_max) {
        SrEntry *cut = queue->bottom + n / 2;

        /* Entries of one instant stay together, if necessary all in the wheel. If the bottom
         * kept the older ones, the next call would move them behind the younger ones. */
        while (cut > queue->bottom && cut[-1].at == cut->at)
            cut--;
        queue->horizon = cut->at;
        for (const SrEntry *entry = cut; entry < queue->tail; entry++)
            sr_event_queue_put_wheel(queue, *entry);
        queue->tail = cut;
    }
    queue->bottom_end = queue->tail + SR_BOTTOM_GROWTH;
}

/* Returns: whether the event of the entry was cancelled */
static bool
is_stale(const SrEventQueue *queue, uint64_t entry_payload)
{
    SrEventHandle handle = sr_entry_handle(entry_payload);

    if (entry_payload & SR_ENTRY_CANCELLABLE)
        return queue->cancel_slots[handle.slot].generation != handle.generation;
    return (entry_payload & SR_ENTRY_ALARM) != 0 &&
           queue->alarms[handle.slot % SR_EVENT_ALARMS_MAX] != handle.generation;
}

/* Removes the cancelled entries from one slot; the others keep their order. */
static void
clear_slot(SrEventQueue *queue, unsigned level, unsigned slot)
{
    SrWheelSlot *where = &queue->slots[level][slot];
    SrChunk *last = chunk_of(where->fill), *to = where->first;
    Walk walk = walk_begin(where, entry_stride(level), slot_start(queue, level, slot));
    SrPlace *place = to->places;
    SrEntry entry;

    while (walk_slot(&walk, &entry)) {
        if (is_stale(queue, entry.payload)) {
            queue->n_stale--;
            continue;
        }
        if (place == to->places + SR_CHUNK_PLACES) {
            to = to->next;
            place = to->places;
        }
        if (walk.stride == 2)
            (place++)->payload = entry.at;
        *place++ = (SrPlace){ (uint32_t) entry.at, entry.payload };
    }
    if (place == where->first->places) {
        give_chunks(queue, detach_slot(queue, level, slot));
        return;
    }
    where->fill = place;
    while (to != last) {
        SrChunk *rest = to->next;

        to->next = rest->next;
        if (rest == last)
            last = to;
        give_chunk(queue, rest);
    }
}

void
sr_event_queue_clear_stale(SrEventQueue *queue)
{
    for (uint64_t levels = queue->levels; levels != 0; levels &= levels - 1) {
        unsigned level = (unsigned) __builtin_ctzll(levels);

        for (uint64_t slots = queue->occupied[level]; slots != 0; slots &= slots - 1)
            clear_slot(queue, level, (unsigned) __builtin_ctzll(slots));
    }
}

/* Returns: the earliest instant of a slot that is not cancelled, or SR_TIME_NEVER if there is
 * none */
static SrTime
earliest_in_slot(const SrEventQueue *queue, unsigned level, unsigned slot)
{
    Walk walk = walk_begin(&queue->slots[level][slot], entry_stride(level),
                           slot_start(queue, level, slot));
    SrTime earliest = SR_TIME_NEVER;
    SrEntry entry;

    while (walk_slot(&walk, &entry))
        if (entry.at < earliest && !is_stale(queue, entry.payload))
            earliest = entry.at;
    return earliest;
}

/* Returns: the earliest instant in the wheel. It does not turn the wheel, since base must not
 * pass an instant at which an event may still be pushed. It frees slots in which everything is
 * cancelled. */
static SrTime
peek_wheel(SrEventQueue *queue)
{
    while (queue->levels != 0) {
        unsigned level = (unsigned) __builtin_ctzll(queue->levels);
        unsigned slot = (unsigned) __builtin_ctzll(queue->occupied[level]);
        SrTime earliest = earliest_in_slot(queue, level, slot);

        if (earliest != SR_TIME_NEVER)
            return earliest;

        queue->n_stale -= count_entries(&queue->slots[level][slot], level, SIZE_MAX);
        give_chunks(queue, detach_slot(queue, level, slot));
    }
    return SR_TIME_NEVER;
}

/*
 * The ranked heap
 */

static inline bool
ranked_before(const SrRankedEntry *a, const SrRankedEntry *b)
{
    return a->at < b->at || (a->at == b->at && a->order < b->order);
}

static int
compare_ranked(const void *a, const void *b)
{
    return ranked_before(a, b) ? -1 : 1; /* no two are equal */
}

/* Called after 2^32 pushes. A sorted array is a heap too, and the indexes give the same order
 * in small numbers. */
static void
renumber(SrEventQueue *queue)
{
    qsort(queue->heap, queue->n_heap, sizeof(SrRankedEntry), compare_ranked);
    for (size_t i = 0; i < queue->n_heap; i++)
        queue->heap[i].order = (queue->heap[i].order >> 32 << 32) | i;
    queue->sequence = queue->n_heap;
}

/* Moves the hole at @i up to where @entry belongs, and puts @entry there. */
static void
sift_up(SrRankedEntry *heap, size_t i, SrRankedEntry entry)
{
    while (i > 0) {
        size_t parent = (i - 1) / 4;

        if (!ranked_before(&entry, &heap[parent]))
            break;
        heap[i] = heap[parent];
        i = parent;
    }
    heap[i] = entry;
}

/* Removes the root: the hole moves down to a leaf along the smallest children. The last entry
 * goes there and moves up as needed. This takes fewer comparisons than moving the last entry
 * down from the root, since it mostly belongs near the leaves. */
static void
remove_root(SrEventQueue *queue)
{
    SrRankedEntry *heap = queue->heap;
    size_t n = --queue->n_heap, hole = 0;

    for (size_t child = 1; child < n; child = 4 * hole + 1) {
        size_t end = MIN(child + 4, n), smallest = child;

        for (size_t i = child + 1; i < end; i++) {
            if (ranked_before(&heap[i], &heap[smallest]))
                smallest = i;
        }
        heap[hole] = heap[smallest];
        hole = smallest;
    }
    sift_up(heap, hole, heap[n]);
}

static void
push_ranked(SrEventQueue *queue, SrTime at, uint32_t rank, uint64_t payload)
{
    if (queue->n_heap == queue->n_heap_max) {
        queue->n_heap_max *= 2;
        queue->heap = g_renew(SrRankedEntry, queue->heap, queue->n_heap_max);
    }
    if (G_UNLIKELY(queue->sequence > UINT32_MAX)) {
        renumber(queue);
        g_assert(queue->sequence <= UINT32_MAX);
    }
    uint64_t order = (uint64_t) rank << 32 | queue->sequence++;

    sift_up(queue->heap, queue->n_heap++, (SrRankedEntry){ at, order, payload });
}

bool
sr_event_queue_pop_ranked(SrEventQueue *queue, SrTime limit, SrTime *at, uint64_t *payload)
{
    while (queue->n_heap > 0 && queue->heap[0].at <= limit) {
        SrEntry entry = { queue->heap[0].at, queue->heap[0].payload };

        remove_root(queue);
        if (sr_event_queue_hand_out(queue, entry, at, payload))
            return true;
    }
    queue->floor = MAX(queue->floor, limit);
    return false;
}

/* The uncommon part of sr_event_queue_push_entry(): the entry belongs to the wheel, or the
 * bottom has no room. Not inlined, so that the common part stays short. */
__attribute__((noinline)) void
sr_event_queue_push_slow(SrEventQueue *queue, SrTime at, uint32_t rank, uint64_t payload)
{
    g_assert(at != SR_TIME_NEVER);
    if (queue->ranked) {
        push_ranked(queue, at, rank, payload);
        return;
    }
    if (at < queue->horizon)
        relieve_bottom(queue); /* may bring the horizon nearer */
    if (at < queue->horizon)
        sr_event_queue_put_bottom(queue, (SrEntry){ at, payload });
    else
        sr_event_queue_put_wheel(queue, (SrEntry){ at, payload });
}

/*
 * Cancelling
 */

/* Sets the next generation; no event has generation 0. */
static void
advance_generation(SrCancelSlot *slot)
{
    slot->generation++;
    if (slot->generation == 0)
        slot->generation = 1;
}

/* Returns: the payload of the entry for a cancellable event with @payload */
uint64_t
sr_event_queue_open_cancel_slot(SrEventQueue *queue, uint64_t payload)
{
    uint32_t index = queue->free_cancel_slot;

    if (index != 0) {
        index--;
        queue->free_cancel_slot = queue->cancel_slots[index].next_free;
    } else {
        if (queue->n_cancel_slots == queue->n_cancel_slots_max) {
            uint32_t n = queue->n_cancel_slots_max;

            g_assert(n <= CANCEL_SLOTS_MAX / 2);
            queue->cancel_slots = g_renew(SrCancelSlot, queue->cancel_slots, (size_t) n * 2);
            memset(queue->cancel_slots + n, 0, n * sizeof(SrCancelSlot));
            queue->n_cancel_slots_max = n * 2;
        }
        index = queue->n_cancel_slots++;
    }
    SrCancelSlot *slot = &queue->cancel_slots[index];

    /* never used; the table starts as zero pages, which cost no memory */
    if (slot->generation == 0)
        slot->generation = 1;
    slot->payload = payload;
    return SR_ENTRY_CANCELLABLE | (uint64_t) index << 32 | slot->generation;
}

/*
 * sr_event_queue_close_cancel_slot:
 *
 * The event of @index and @generation comes or is cancelled: its slot is free for another.
 *
 * Returns: FALSE, without effect, when there is no such event (any more)
 */
bool
sr_event_queue_close_cancel_slot(SrEventQueue *queue, uint32_t index, uint32_t generation,
                                 uint64_t *payload)
{
    if (generation == 0 || index >= queue->n_cancel_slots)
        return false;

    SrCancelSlot *slot = &queue->cancel_slots[index];

    if (slot->generation != generation)
        return false;
    advance_generation(slot);
    slot->next_free = queue->free_cancel_slot;
    queue->free_cancel_slot = index + 1;
    *payload = slot->payload;
    return true;
}

/*
 * The public functions
 */

SrEventQueue *
sr_event_queue_new(bool ranked, size_t capacity)
{
    SrEventQueue *queue = g_new0(SrEventQueue, 1);

    capacity = MAX(capacity, CAPACITY_MIN);
    g_assert(capacity <= CANCEL_SLOTS_MAX);
    queue->ranked = ranked;
    if (ranked) {
        queue->n_heap_max = capacity;
        queue->heap = g_new(SrRankedEntry, capacity);
    } else {
        /* Each occupied slot has at most one chunk that is not full, and one chunk more is
         * being dealt out: this is enough for any @capacity events, even if each takes two places.
         */
        size_t n_partial = MIN(capacity, SR_WHEEL_LEVELS * SR_WHEEL_SLOTS);

        queue->blocks = chunk_block_new(capacity / (SR_CHUNK_PLACES / 2) + n_partial + 1);
    }
    queue->n_cancel_slots_max = (uint32_t) capacity;
    queue->cancel_slots = g_new0(SrCancelSlot, capacity);
    queue->alarms = g_new0(uint32_t, 1);
    sr_event_queue_reset(queue);
    return queue;
}

void
sr_event_queue_free(SrEventQueue *queue)
{
    if (queue == NULL)
        return;
    for (SrChunkBlock *block = queue->blocks, *next; block != NULL; block = next) {
        next = block->next;
        chunk_block_free(block);
    }
    g_free(queue->heap);
    g_free(queue->cancel_slots);
    g_free(queue->alarms);
    g_free(queue);
}

void
sr_event_queue_reset(SrEventQueue *queue)
{
    if (queue->n_live > 0)
        forget_alarms(queue);
    while (queue->levels != 0) {
        unsigned level = (unsigned) __builtin_ctzll(queue->levels);

        (void) detach_slot(queue, level, (unsigned) __builtin_ctzll(queue->occupied[level]));
    }
    if (!queue->ranked)
        use_block(queue, queue->blocks);
    queue->free_chunks = NULL;
    queue->head = queue->tail = queue->bottom;
    queue->bottom_end = queue->bottom + SR_BOTTOM_GROWTH;
    queue->bottom_max = SR_BOTTOM_GROWTH;
    queue->horizon = queue->ranked ? 0 : SR_TIME_NEVER;
    queue->base = queue->floor = 0;
    queue->n_live = queue->n_stale = queue->n_heap = 0;
    queue->sequence = 0;
    for (uint32_t i = 0; i < queue->n_cancel_slots; i++)
        advance_generation(&queue->cancel_slots[i]);
    queue->n_cancel_slots = queue->free_cancel_slot = 0;
}

size_t
sr_event_queue_length(const SrEventQueue *queue)
{
    return queue->n_live;
}

void
sr_event_queue_push(SrEventQueue *queue, SrTime at, uint32_t rank, uint64_t payload)
{
    g_assert(payload >> SR_EVENT_PAYLOAD_BITS == 0);
    sr_event_queue_push_entry(queue, at, rank, payload);
}

SrEventHandle
sr_event_queue_push_cancellable(SrEventQueue *queue, SrTime at, uint32_t rank, uint64_t payload)
{
    g_assert(payload >> SR_EVENT_PAYLOAD_BITS == 0);

    uint64_t entry_payload = sr_event_queue_open_cancel_slot(queue, payload);

    sr_event_queue_push_entry(queue, at, rank, entry_payload);
    return sr_entry_handle(entry_payload);
}

bool
sr_event_queue_cancel(SrEventQueue *queue, SrEventHandle handle, uint64_t *payload)
{
    uint64_t cancelled;

    if (!sr_event_queue_close_cancel_slot(queue, handle.slot, handle.generation, &cancelled))
        return false;
    g_assert(queue->n_live > 0);
    queue->n_live--;
    sr_event_queue_count_stale(queue);
    if (payload != NULL)
        *payload = cancelled;
    return true;
}

void
sr_event_queue_make_alarms(SrEventQueue *queue, uint32_t n)
{
    g_assert(n <= SR_EVENT_ALARMS_MAX);
    g_assert(queue->n_live + queue->n_stale == 0);
    g_free(queue->alarms);
    queue->alarms = g_new0(uint32_t, (size_t) n + 1);
    queue->n_alarms = n;
}

void
sr_event_queue_set_alarm(SrEventQueue *queue, uint32_t alarm, SrTime at, uint32_t rank,
                         bool marked)
{
    bool was_marked;

    (void) sr_event_queue_stop_alarm_entry(queue, alarm, &was_marked);
    sr_event_queue_set_alarm_entry(queue, alarm, at, rank, marked);
}

bool
sr_event_queue_stop_alarm(SrEventQueue *queue, uint32_t alarm)
{
    bool was_marked;

    return sr_event_queue_stop_alarm_entry(queue, alarm, &was_marked);
}

bool
sr_event_queue_pop(SrEventQueue *queue, SrTime *at, uint64_t *payload)
{
    return queue->n_live > 0 && sr_event_queue_pop_until(queue, SR_TIME_NEVER, at, payload);
}

SrTime
sr_event_queue_peek(SrEventQueue *queue)
{
    if (queue->n_live == 0)
        return SR_TIME_NEVER;
    if (queue->ranked) {
        while (is_stale(queue, queue->heap[0].payload)) {
            remove_root(queue);
            queue->n_stale--;
        }
        return queue->heap[0].at;
    }
    for (; queue->head < queue->tail; queue->head++) {
        if (!is_stale(queue, queue->head->payload))
            return queue->head->at;
        queue->n_stale--;
    }
    return peek_wheel(queue);
}

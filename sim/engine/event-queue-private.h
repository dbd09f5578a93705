/* The part of the event queue that must be fast: it is inline, so that a common push or pop in
 * the engine's loop needs no call.
 *
 * An unranked queue holds the events by value, in two parts:
 *
 *     bottom  head -> |e|e|e|e|e|e| <- tail             sorted; earlier than the horizon
 *     wheel   [level][slot] -> chunk -> chunk <- fill   unsorted; from the horizon on
 *
 * The bottom holds the nearest events. All others are in a radix wheel of 11 levels with 64
 * slots each. The level of an event is the highest 6-bit digit in which its instant differs
 * from `base`; its slot is the value of that digit. When the bottom is empty, the first slot of
 * the wheel moves into it. If that slot holds too many events, they are first distributed over
 * the next lower level. A slot is a chain of chunks, so that memory is written and read in
 * order: with a million events the open chunks of all slots still fit into the first-level
 * cache. Measured, this is three times as fast as linked events. An entry of the wheel takes 12
 * bytes, not 16, since all instants of a slot have the same upper half. Only the slots of the
 * highest levels span more than that.
 *
 * Equal instants need no sequence number. They are always in one slot, and a slot keeps the
 * order of insertion; in the bottom an event goes behind its equals. Two invariants keep the
 * order exact where the two parts meet:
 *
 *   1. every instant in the bottom < horizon <= every instant in the wheel, and a push at the
 *      horizon goes to the wheel. One exception: while very many events of one instant move
 *      down chunk by chunk, the bottom holds the older ones at the horizon itself. Nothing
 *      earlier can be pushed then;
 *   2. base <= floor <= every instant pushed from now on, where floor is the last instant
 *      popped (or passed as a limit).
 *
 * A ranked queue is a 4-ary heap of entries of 24 bytes, ordered by (instant, rank, sequence).
 *
 * The entry of a cancelled event stays in the queue, as a stale entry, until its turn comes or
 * until there are very many; then the stale entries are removed from the wheel. So cancelling
 * is O(1) on average, and the memory is little more than that of the pending events. An alarm
 * is an event with a fixed number. It needs no handle and only a word of 4 bytes, while a
 * cancellable event takes a slot of 16 bytes in a table. */
#pragma once

#include <glib.h>

#include "session-race/event-queue.h"

/* A digit of the radix. With 64 slots one word is a level's map of occupied slots. */
#define SR_WHEEL_DIGIT_BITS 6
#define SR_WHEEL_SLOTS (1u << SR_WHEEL_DIGIT_BITS)
#define SR_WHEEL_LEVELS ((64 + SR_WHEEL_DIGIT_BITS - 1) / SR_WHEEL_DIGIT_BITS)

/* A slot of a level below this spans at most 2^30 ns, so all its instants have the same upper
 * 32 bits. From this level on an entry takes two places. */
#define SR_WHEEL_SHORT_LEVELS 6
G_STATIC_ASSERT((SR_WHEEL_SHORT_LEVELS - 1) * SR_WHEEL_DIGIT_BITS <= 32);

/* A chunk is 512 bytes, aligned to 512. So a fill pointer at a multiple of 512 says that the
 * chunk is full. */
#define SR_CHUNK_BYTES 512
#define SR_CHUNK_PLACES 42

/* Up to this many entries of a slot of these levels are sorted by counting alone: the bits in
 * which their instants differ, and the number of each, fit into a key of 32 bits. */
#define SR_SORT_FEW_LOG2 4
#define SR_SORT_FEW (1 << SR_SORT_FEW_LOG2)
#define SR_SORT_FEW_LEVELS 5
G_STATIC_ASSERT((SR_SORT_FEW_LEVELS - 1) * SR_WHEEL_DIGIT_BITS + SR_SORT_FEW_LOG2 <= 32);

/* How many events a refill brings into the bottom: about 2·√n of n pending, within these
 * bounds. A push into the bottom moves a quarter of it on average. With more events pending,
 * fewer pushes go there, so a refill may bring more. Measured on the hold model: with a fixed
 * size of 16 a refill brought as few as 2, and 10 000 events took a third longer. */
#define SR_BOTTOM_TAKE_MIN 96
#define SR_BOTTOM_TAKE_MAX 256

/* After this many pushes behind its last entry, the bottom moves to the front of its array,
 * where popped entries left room. If it has grown by this many since its refill, it returns its
 * later half to the wheel. */
#define SR_BOTTOM_GROWTH 64

/* When this many cancelled entries are there, and they are more than an eighth of the pending
 * ones, they are removed from the wheel. Otherwise time-outs of ten seconds that were cancelled
 * after milliseconds would take twice the memory of all pending events. The bottom has few
 * cancelled entries and is left alone. Before the queue touches new memory, a 32nd is enough to
 * remove them. */
#define SR_STALE_MANY 16384
#define SR_STALE_SHARE 8
#define SR_STALE_SHARE_GROWING 32

#define SR_BOTTOM_ROOM 512
G_STATIC_ASSERT(SR_BOTTOM_ROOM >= SR_BOTTOM_TAKE_MAX + 3 * SR_BOTTOM_GROWTH);

/* A bit above every user's payload: the entry holds a (slot, generation), and its payload is in
 * the table of slots. */
#define SR_ENTRY_CANCELLABLE (UINT64_C(1) << 63)
/* The entry is an alarm: its number is above bit 32, and the lower half equals its word while
 * it is set. */
#define SR_ENTRY_ALARM SR_EVENT_ALARM
G_STATIC_ASSERT(SR_EVENT_PAYLOAD_BITS == 62 && SR_ENTRY_ALARM == UINT64_C(1) << 62);
G_STATIC_ASSERT(SR_EVENT_ALARM_MARK < SR_ENTRY_ALARM && SR_EVENT_ALARMS_MAX <= 1u << 29);

/* Bits of an alarm's word. The bits above them are a generation, which changes when the alarm
 * fires or is stopped. */
#define SR_ALARM_SET 1u
#define SR_ALARM_MARKED 2u
#define SR_ALARM_NEXT 4u

/* One event. */
typedef struct {
    SrTime at;
    uint64_t payload;
} SrEntry;

/* An element of a chunk: an event, or half of one. The first half then has the whole instant as
 * its payload. */
typedef struct __attribute__((packed, aligned(4))) {
    uint32_t at; /* the lower half of the instant */
    uint64_t payload;
} SrPlace;
G_STATIC_ASSERT(sizeof(SrPlace) == 12);

typedef struct SrChunk SrChunk;
struct SrChunk {
    /* next chunk of the same slot or of the free list; undefined in the last chunk of a slot */
    SrChunk *next;
    SrPlace places[SR_CHUNK_PLACES];
};
G_STATIC_ASSERT(sizeof(SrChunk) == SR_CHUNK_BYTES && SR_CHUNK_PLACES % 2 == 0);
G_STATIC_ASSERT(SR_SORT_FEW <= SR_CHUNK_PLACES / 2 && SR_CHUNK_PLACES <= SR_BOTTOM_TAKE_MIN);

/* One slot of the wheel. An empty one is all NULL. */
typedef struct {
    SrChunk *first;
    SrPlace *fill; /* where the next entry goes, unless it is the end of a chunk */
} SrWheelSlot;

/* Chunks are in blocks that never move. Each new block doubles the number of chunks. */
typedef struct SrChunkBlock SrChunkBlock;
struct SrChunkBlock {
    SrChunkBlock *next;
    SrChunk *chunks;
    size_t n_chunks;
};

/* One entry of the ranked heap. */
typedef struct {
    SrTime at;
    uint64_t order; /* rank in the high half, sequence in the low half */
    uint64_t payload;
} SrRankedEntry;

/* What a cancellable event's entry points to. */
typedef struct {
    uint32_t generation; /* of the event that has the slot or will get it; 0 before the first */
    uint32_t next_free;  /* index + 1; 0 ends the list */
    uint64_t payload;
} SrCancelSlot;

struct SrEventQueue {
    SrEntry *head, *tail; /* the bottom: [head, tail) within bottom[] */
    SrEntry *bottom_end;  /* a push when the tail is here calls relieve_bottom() */
    size_t bottom_max;    /* with this many entries the bottom is out of room */
    SrTime horizon;       /* an earlier push goes to the bottom; 0 for a ranked queue */
    SrTime base;          /* the digits of the wheel are relative to it */
    SrTime floor;         /* no push may be earlier */
    size_t n_live;        /* pushed, not popped, not cancelled */
    size_t n_stale;       /* cancelled events whose entries are still here */
    uint64_t levels;      /* bit l: some slot of level l is occupied */
    bool ranked;

    SrChunk *free_chunks;         /* last-freed first, since that one is still in the cache */
    SrChunk *fresh, *fresh_end;   /* never used since the reset, in `block` */
    SrChunkBlock *blocks, *block; /* all, in order of creation; the one that `fresh` lies in */
    SrRankedEntry *heap;          /* ranked only */
    size_t n_heap, n_heap_max;
    uint64_t sequence; /* of the next ranked push */
    SrCancelSlot *cancel_slots;
    uint32_t free_cancel_slot;                   /* index + 1; 0 when none was given back */
    uint32_t n_cancel_slots, n_cancel_slots_max; /* taken since the reset; allocated */
    uint32_t *alarms;                            /* n_alarms words */
    uint32_t n_alarms;

    uint64_t occupied[SR_WHEEL_LEVELS]; /* bit s of [l]: slot s of level l is not empty */
    SrWheelSlot slots[SR_WHEEL_LEVELS][SR_WHEEL_SLOTS];
    SrEntry bottom[SR_BOTTOM_ROOM];
};

/* The uncommon parts, which are calls; see event-queue.c. */
SrPlace *sr_event_queue_open_chunk(SrEventQueue *queue, unsigned level, unsigned slot);
void sr_event_queue_clear_stale(SrEventQueue *queue);
bool sr_event_queue_refill_bottom(SrEventQueue *queue, SrTime limit);
void sr_event_queue_push_slow(SrEventQueue *queue, SrTime at, uint32_t rank, uint64_t payload);
bool sr_event_queue_pop_ranked(SrEventQueue *queue, SrTime limit, SrTime *at,
                               uint64_t *payload);
uint64_t sr_event_queue_open_cancel_slot(SrEventQueue *queue, uint64_t payload);
bool sr_event_queue_close_cancel_slot(SrEventQueue *queue, uint32_t index, uint32_t generation,
                                      uint64_t *payload);

/* Returns: the slot and generation that a cancellable entry holds */
static inline SrEventHandle
sr_entry_handle(uint64_t entry_payload)
{
    return (SrEventHandle){ .slot = (uint32_t) (entry_payload >> 32) & INT32_MAX,
                            .generation = (uint32_t) entry_payload };
}

static inline uint32_t
sr_entry_alarm(uint64_t entry_payload)
{
    return (uint32_t) (entry_payload >> 32) & (SR_EVENT_ALARMS_MAX - 1);
}

/* If the entry is that of an alarm that is still set, unsets the alarm. */
static inline bool
sr_event_queue_take_alarm(SrEventQueue *queue, uint64_t *payload)
{
    uint32_t number = sr_entry_alarm(*payload);
    uint32_t *word = &queue->alarms[number];

    if (*word != (uint32_t) *payload)
        return false;
    *word = (*word & ~(SR_ALARM_NEXT - 1)) + SR_ALARM_NEXT;
    *payload = (*payload & (SR_EVENT_ALARM | SR_EVENT_ALARM_MARK)) | number;
    return true;
}

/* Replaces the payload of an entry of a cancellable event or an alarm by the user's payload.
 *
 * Returns: FALSE if the entry was cancelled */
static inline bool
sr_event_queue_redeem(SrEventQueue *queue, uint64_t *payload)
{
    SrEventHandle handle;

    if (G_LIKELY(*payload & SR_ENTRY_ALARM && !(*payload & SR_ENTRY_CANCELLABLE)))
        return sr_event_queue_take_alarm(queue, payload);
    handle = sr_entry_handle(*payload);
    return sr_event_queue_close_cancel_slot(queue, handle.slot, handle.generation, payload);
}

/* The entry @taken is no longer in the queue. Returns: whether it is an event, now in @at and
 * @payload; FALSE if it was cancelled */
static inline bool
sr_event_queue_hand_out(SrEventQueue *queue, SrEntry taken, SrTime *at, uint64_t *payload)
{
    if (taken.payload >= SR_ENTRY_ALARM && !sr_event_queue_redeem(queue, &taken.payload)) {
        queue->n_stale--;
        return false;
    }
    queue->n_live--;
    queue->floor = taken.at;
    *at = taken.at;
    *payload = taken.payload;
    return true;
}

static inline void
sr_event_queue_put_wheel(SrEventQueue *queue, SrEntry entry)
{
    /* Bit 0 makes "no digit differs" equal to "the lowest digit differs", which saves a branch.
     */
    uint64_t difference = (entry.at ^ queue->base) | 1;
    unsigned level = (63u - (unsigned) __builtin_clzll(difference)) / SR_WHEEL_DIGIT_BITS;
    unsigned slot = (unsigned) (entry.at >> (level * SR_WHEEL_DIGIT_BITS)) % SR_WHEEL_SLOTS;
    SrPlace *place = queue->slots[level][slot].fill;

    /* NULL, the fill pointer of an empty slot, is a multiple of 512 too. */
    if (G_UNLIKELY((uintptr_t) place % SR_CHUNK_BYTES == 0))
        place = sr_event_queue_open_chunk(queue, level, slot);
    if (G_UNLIKELY(level >= SR_WHEEL_SHORT_LEVELS))
        (place++)->payload = entry.at;
    *place = (SrPlace){ (uint32_t) entry.at, entry.payload };
    queue->slots[level][slot].fill = place + 1;
}

/* Inserts the entry behind its equals. It moves either the later entries up by one or the other
 * entries down, whichever are fewer. */
static inline void
sr_event_queue_put_bottom(SrEventQueue *queue, SrEntry entry)
{
    SrEntry *head = queue->head, *tail = queue->tail, *place;
    size_t half = (size_t) (tail - head) / 2;

    if (head > queue->bottom && head < tail && entry.at < head[half].at) {
        queue->head = head - 1;
        for (place = head - 1; place[1].at <= entry.at; place++)
            *place = place[1];
    } else {
        queue->tail = tail + 1;
        for (place = tail; place > head && place[-1].at > entry.at; place--)
            *place = place[-1];
    }
    *place = entry;
}

/* @payload belongs to an entry: the user's payload, or a slot and generation. */
static inline void
sr_event_queue_push_entry(SrEventQueue *queue, SrTime at, uint32_t rank, uint64_t payload)
{
    g_assert(at >= queue->floor);
    queue->n_live++;
    if (G_LIKELY(at < queue->horizon && queue->tail < queue->bottom_end))
        sr_event_queue_put_bottom(queue, (SrEntry){ at, payload });
    else
        sr_event_queue_push_slow(queue, at, rank, payload);
}

/* Counts one more cancelled entry. */
static inline void
sr_event_queue_count_stale(SrEventQueue *queue)
{
    if (G_UNLIKELY(++queue->n_stale >= SR_STALE_MANY &&
                   queue->n_stale > queue->n_live / SR_STALE_SHARE) &&
        !queue->ranked)
        sr_event_queue_clear_stale(queue);
}

static inline bool
sr_event_queue_stop_alarm_entry(SrEventQueue *queue, uint32_t alarm, bool *marked)
{
    uint32_t *word;

    g_assert(alarm < queue->n_alarms);
    word = &queue->alarms[alarm];
    if (!(*word & SR_ALARM_SET))
        return false;
    *marked = (*word & SR_ALARM_MARKED) != 0;
    *word = (*word & ~(SR_ALARM_NEXT - 1)) + SR_ALARM_NEXT;
    queue->n_live--;
    sr_event_queue_count_stale(queue);
    return true;
}

static inline void
sr_event_queue_set_alarm_entry(SrEventQueue *queue, uint32_t alarm, SrTime at, uint32_t rank,
                               bool marked)
{
    uint32_t *word;

    g_assert(alarm < queue->n_alarms);
    word = &queue->alarms[alarm];
    g_assert(!(*word & SR_ALARM_SET));
    *word |= SR_ALARM_SET | (marked ? SR_ALARM_MARKED : 0);
    sr_event_queue_push_entry(queue, at, rank,
                              SR_ENTRY_ALARM | (marked ? SR_EVENT_ALARM_MARK : 0) |
                                  (uint64_t) alarm << 32 | *word);
}

/* Gets what the event @n entries behind the next one would be popped as. Returns: FALSE if it
 * is not in the bottom, or cancellable */
static inline bool
sr_event_queue_ahead(const SrEventQueue *queue, unsigned n, uint64_t *payload)
{
    uint64_t entry;

    if (queue->ranked || (size_t) (queue->tail - queue->head) <= n)
        return false;
    entry = queue->head[n].payload;
    if (entry & SR_ENTRY_CANCELLABLE)
        return false;
    *payload = entry < SR_ENTRY_ALARM
                   ? entry
                   : (entry & (SR_EVENT_ALARM | SR_EVENT_ALARM_MARK)) | sr_entry_alarm(entry);
    return true;
}

/*
 * sr_event_queue_pop_until:
 * @limit: events later than this stay
 *
 * Like sr_event_queue_pop(), but only for an event no later than @limit, and only for a queue
 * that is not empty. If it returns FALSE while events are left, no push before @limit is
 * possible any more, since the wheel may have turned that far.
 */
static inline bool
sr_event_queue_pop_until(SrEventQueue *queue, SrTime limit, SrTime *at, uint64_t *payload)
{
    for (;;) {
        if (G_UNLIKELY(queue->head == queue->tail)) {
            if (queue->ranked)
                return sr_event_queue_pop_ranked(queue, limit, at, payload);
            if (!sr_event_queue_refill_bottom(queue, limit))
                break;
        }
        SrEntry entry = *queue->head;

        if (G_UNLIKELY(entry.at > limit))
            break;
        queue->head++;
        if (sr_event_queue_hand_out(queue, entry, at, payload))
            return true;
    }
    queue->floor = MAX(queue->floor, limit);
    return false;
}

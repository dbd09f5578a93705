/* The hot half of the event queue, inline so that the engine's loop pays no call for the common
 * push and pop.
 *
 * Unranked, two parts hold the events by value:
 *
 *     bottom  head -> |e|e|e|e|e|e| <- tail             sorted; below the horizon
 *     wheel   [level][slot] -> chunk -> chunk <- fill   unsorted; from the horizon on
 *
 * The bottom holds the nearest events. All others lie in a radix wheel of 11 levels by 64
 * slots: an event's level is the highest 6-bit digit in which its instant differs from `base`,
 * its slot is that digit. When the bottom is empty the first slots move into it or, when the
 * first holds too many, it is dealt out again one level lower. A slot is a chain of chunks, so
 * that filling and dealing touch memory in order: at a million events the open ends of all
 * slots still fit the first-level cache, which is worth a factor of three over linked events.
 * An entry takes 12 bytes there, not 16, since a slot's instants have their upper halves in
 * common, but for those of the levels whose slots span a minute and more.
 *
 * Equal instants need no sequence number. They always share a slot and a slot keeps the order
 * of insertion; in the bottom an event goes behind its equals. Two invariants make the seam
 * between both parts exact:
 *
 *   1. every instant in the bottom < horizon <= every instant in the wheel, and a push at the
 *      horizon goes to the wheel. Only while a crowded instant comes down chunk by chunk does
 * the bottom hold the horizon's own: its older ones, and nothing earlier can be pushed any
 * more;
 *   2. base <= floor <= every instant pushed from now on, where floor is the last instant
 * popped (or passed as a limit).
 *
 * Ranked, a 4-ary heap of entries of 24 bytes compares (instant, rank, sequence).
 *
 * A cancelled event's entry stays, stale, until its turn comes or until very many are: then the
 * wheel is cleared of them. Cancelling is O(1) in the mean, and memory that of the events
 * pending and some. An alarm is an event with a place of its own: where a
 * cancellable event takes a slot of a table, 16 bytes, an alarm has a word, 4 bytes, and no
 * handle. */
#pragma once

#include <glib.h>

#include "session-race/event-queue.h"

/* A digit of the radix. With 64 slots one word is a level's map of occupied slots. */
#define SR_WHEEL_DIGIT_BITS 6
#define SR_WHEEL_SLOTS (1u << SR_WHEEL_DIGIT_BITS)
#define SR_WHEEL_LEVELS ((64 + SR_WHEEL_DIGIT_BITS - 1) / SR_WHEEL_DIGIT_BITS)

/* Slots of the levels below this span at most 2^30 ns: all instants of one have the same upper
 * 32 bits. An entry of a level from this on takes two places. */
#define SR_WHEEL_SHORT_LEVELS 6
G_STATIC_ASSERT((SR_WHEEL_SHORT_LEVELS - 1) * SR_WHEEL_DIGIT_BITS <= 32);

/* A chunk is 512 bytes, aligned to that: a fill pointer at a multiple of 512 says that there
 * is no room behind it. */
#define SR_CHUNK_BYTES 512
#define SR_CHUNK_PLACES 42

/* So many of a slot of these levels are sorted by counting alone: their instants differ in so few
 * bits that the number of each has room below them in a key of 32. */
#define SR_SORT_FEW_LOG2 4
#define SR_SORT_FEW (1 << SR_SORT_FEW_LOG2)
#define SR_SORT_FEW_LEVELS 5
G_STATIC_ASSERT((SR_SORT_FEW_LEVELS - 1) * SR_WHEEL_DIGIT_BITS + SR_SORT_FEW_LOG2 <= 32);

/* How many events a refill brings into the bottom: about 2·√n of n pending, within these
 * bounds. A push that lands in the bottom moves a quarter of it; the more events are pending,
 * the fewer pushes land there and the more a refill may bring. Measured on the hold model: with
 * a fixed size of 16, as few as 2 came at a time, and 10 000 events took a third longer. */
#define SR_BOTTOM_TAKE_MIN 96
#define SR_BOTTOM_TAKE_MAX 256

/* After so many pushes behind what it holds the bottom slides back to the front of its array, where
 * popped entries leave room; one that has grown by as many since its refill gives its later half back
 * to the wheel. */
#define SR_BOTTOM_GROWTH 64

/* So many cancelled entries, if they are more than an eighth of those that are to come, are taken
 * out of the wheel: time-outs of ten seconds that were stopped after milliseconds would else
 * hold twice the memory of all that is under way. What lies in the bottom is far less. Before more
 * memory is touched than ever before, a 32nd is enough. */
#define SR_STALE_MANY 16384
#define SR_STALE_SHARE 8
#define SR_STALE_SHARE_GROWING 32

#define SR_BOTTOM_ROOM 512
G_STATIC_ASSERT(SR_BOTTOM_ROOM >= SR_BOTTOM_TAKE_MAX + 3 * SR_BOTTOM_GROWTH);

/* Above the payload of any user: the entry is a (slot, generation), its payload lies in the
 * table of slots. */
#define SR_ENTRY_CANCELLABLE (UINT64_C(1) << 63)
/* The entry is an alarm: its number above bit 32, and below what its word is while it pends. */
#define SR_ENTRY_ALARM SR_EVENT_ALARM
G_STATIC_ASSERT(SR_EVENT_PAYLOAD_BITS == 62 && SR_ENTRY_ALARM == UINT64_C(1) << 62);
G_STATIC_ASSERT(SR_EVENT_ALARM_MARK < SR_ENTRY_ALARM && SR_EVENT_ALARMS_MAX <= 1u << 29);

/* Bits of an alarm's word; above them is a generation, which moves when the alarm is taken or
 * stopped. */
#define SR_ALARM_SET 1u
#define SR_ALARM_MARKED 2u
#define SR_ALARM_NEXT 4u

/* One event. */
typedef struct {
    SrTime at;
    uint64_t payload;
} SrEntry;

/* A place in the wheel: an event, or the second half of one, of which the first half has the whole
 * instant as its payload. */
typedef struct __attribute__((packed, aligned(4))) {
    uint32_t at; /* the lower half of its instant */
    uint64_t payload;
} SrPlace;
G_STATIC_ASSERT(sizeof(SrPlace) == 12);

typedef struct SrChunk SrChunk;
struct SrChunk {
    SrChunk *next; /* of the same slot, or of the free list; undefined in a slot's last chunk */
    SrPlace places[SR_CHUNK_PLACES];
};
G_STATIC_ASSERT(sizeof(SrChunk) == SR_CHUNK_BYTES && SR_CHUNK_PLACES % 2 == 0);
G_STATIC_ASSERT(SR_SORT_FEW <= SR_CHUNK_PLACES / 2 && SR_CHUNK_PLACES <= SR_BOTTOM_TAKE_MIN);

/* One slot of the wheel. An empty one is all NULL. */
typedef struct {
    SrChunk *first;
    SrPlace *fill; /* where the next entry goes, if that is not the end of a chunk */
} SrWheelSlot;

/* Chunks come from blocks that never move; each block doubles what there is. */
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
    uint32_t
        generation;     /* of the event that has the slot or will have it; 0 before its first */
    uint32_t next_free; /* index + 1; 0 ends the list */
    uint64_t payload;
} SrCancelSlot;

struct SrEventQueue {
    SrEntry *head, *tail; /* the bottom: [head, tail) within bottom[] */
    SrEntry *bottom_end;  /* a push with the tail there relieves it */
    size_t bottom_max;    /* with so many it is crowded */
    SrTime horizon;       /* below it pushes go to the bottom; 0 for a ranked queue */
    SrTime base;          /* what the wheel's digits are compared with */
    SrTime floor;         /* no push is earlier */
    size_t n_live;        /* pushed, not popped, not cancelled */
    size_t n_stale;       /* cancelled, but their entries are still here */
    uint64_t levels;      /* bit l: some slot of level l is occupied */
    bool ranked;

    SrChunk *free_chunks;         /* given back, last one first: it is still in the cache */
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

/* The parts that are rare enough for a call; see event-queue.c. */
SrPlace *sr_event_queue_open_chunk(SrEventQueue *queue, unsigned level, unsigned slot);
void sr_event_queue_clear_stale(SrEventQueue *queue);
bool sr_event_queue_refill_bottom(SrEventQueue *queue, SrTime limit);
void sr_event_queue_push_slow(SrEventQueue *queue, SrTime at, uint32_t rank, uint64_t payload);
bool sr_event_queue_pop_ranked(SrEventQueue *queue, SrTime limit, SrTime *at,
                               uint64_t *payload);
uint64_t sr_event_queue_open_cancel_slot(SrEventQueue *queue, uint64_t payload);
bool sr_event_queue_close_cancel_slot(SrEventQueue *queue, uint32_t index, uint32_t generation,
                                      uint64_t *payload);

/* The slot and generation that a cancellable entry carries. */
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

/* Takes the alarm of an entry, if it still pends. */
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

/* What the entry of a cancellable event or of an alarm stands for. Returns: FALSE for a stale
 * one */
static inline bool
sr_event_queue_redeem(SrEventQueue *queue, uint64_t *payload)
{
    SrEventHandle handle;

    if (G_LIKELY(*payload & SR_ENTRY_ALARM && !(*payload & SR_ENTRY_CANCELLABLE)))
        return sr_event_queue_take_alarm(queue, payload);
    handle = sr_entry_handle(*payload);
    return sr_event_queue_close_cancel_slot(queue, handle.slot, handle.generation, payload);
}

static inline void
sr_event_queue_put_far(SrEventQueue *queue, SrEntry entry)
{
    /* Bit 0 makes "no digit differs" the same as "the lowest digit does" and spares one branch. */
    uint64_t difference = (entry.at ^ queue->base) | 1;
    unsigned level = (63u - (unsigned) __builtin_clzll(difference)) / SR_WHEEL_DIGIT_BITS;
    unsigned slot = (unsigned) (entry.at >> (level * SR_WHEEL_DIGIT_BITS)) % SR_WHEEL_SLOTS;
    SrPlace *place = queue->slots[level][slot].fill;

    /* NULL, the fill pointer of an empty slot, is a multiple of 512 as well. */
    if (G_UNLIKELY((uintptr_t) place % SR_CHUNK_BYTES == 0))
        place = sr_event_queue_open_chunk(queue, level, slot);
    if (G_UNLIKELY(level >= SR_WHEEL_SHORT_LEVELS))
        (place++)->payload = entry.at;
    *place = (SrPlace){ (uint32_t) entry.at, entry.payload };
    queue->slots[level][slot].fill = place + 1;
}

/* Behind its equals, and from the nearer end: either what is later moves up by one, or what is
 * not moves down. */
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

/* @payload is an entry's: a user's, or a cancellable event's slot and generation. */
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

/* One more entry is stale. */
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

/* What an event @n places behind the next one would be popped as, if it is in the bottom. */
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
 * As sr_event_queue_pop(), for the next event no later than @limit of a queue with any. When it returns FALSE while
 * events are left, pushes before @limit have become impossible: the wheel may have turned so
 * far.
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
        if (entry.payload >= SR_ENTRY_ALARM && !sr_event_queue_redeem(queue, &entry.payload)) {
            queue->n_stale--;
            continue;
        }
        queue->n_live--;
        queue->floor = entry.at;
        *at = entry.at;
        *payload = entry.payload;
        return true;
    }
    queue->floor = MAX(queue->floor, limit);
    return false;
}

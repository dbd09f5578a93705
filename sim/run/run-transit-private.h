/* Messages under way: on a link, waiting at a service, or being answered.
 *
 * A message in transit is known by a slot, a small number that fits into an event. In a run of few
 * clients a slot holds its message as it is. A run of very many has room in mind: no message has all
 * the fields of SrMessage, so nearly all go into 24 bytes; and what the server tells everybody is kept
 * once, with the number of those who are still to hear it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "protocol/protocol.h"

#define SR_NO_SLOT UINT32_MAX

/* A message in full. */
typedef struct {
    SrMessage message;
    uint32_t number;  /* in its direction, from 0: draws for it are named by this */
    uint32_t next;    /* in a service's queue, a list of attached requests, or the free list */
    uint32_t id;      /* of the trace: its lower half */
    uint32_t sharers; /* who are still to receive it; 0: it is not shared */
} SrTransitWhole;

#define SR_TRANSIT_REQUEST                                                                     \
    1u /* `link` is the message's request, else its conn: one of them is 0 */
#define SR_TRANSIT_TOKEN                                                                       \
    2u /* `value` is its token, in seconds from the scenario's epoch, else its hint */
#define SR_TRANSIT_KEY 4u   /* `number` is its key: its number is 0 */
#define SR_TRANSIT_WHOLE 8u /* it is kept in full, at `value` */

/* A message in little room. */
typedef struct {
    uint32_t client : 20, type : 5, reason : 5, flags : 2;
    uint32_t link : 28, form : 4; /* SR_TRANSIT_ bits */
    uint32_t number, next, id;
    uint32_t value;
} SrTransitPacked;

typedef struct {
    bool packs; /* slots are of `packed`, else of `whole` */
    int64_t epoch_s;
    SrTransitWhole *whole;
    uint32_t n_whole, whole_capacity, free_whole;
    SrTransitPacked *packed;
    uint32_t n_packed, packed_capacity, free_packed;
    uint32_t shared[SR_MSG_N]; /* the place in `whole` of a message that others may share */
    /* (nullable) By client: the id that a shared message has for it; 0: none is under way to it. */
    uint32_t *shared_ids;
    uint32_t n_clients, n_sharing; /* ids that are not 0 */
} SrTransit;

/* @n_clients: of the run; @packs: whether to save room rather than time */
void sr_transit_init(SrTransit *transit, uint32_t n_clients, bool packs, int64_t epoch_s);
void sr_transit_clear(SrTransit *transit);
void sr_transit_reset(SrTransit *transit);
void sr_transit_grow(SrTransit *transit);
uint32_t sr_transit_pack(SrTransit *transit, const SrMessage *message, uint32_t id,
                         uint32_t number);
SrMessage sr_transit_unpack(const SrTransit *transit, uint32_t slot);
void sr_transit_free_packed(SrTransit *transit, uint32_t slot);
/* Puts a message from the server among those that it has told others. Returns: the slot for
 * sr_transit_take_shared(), or SR_NO_SLOT where it must go by itself */
uint32_t sr_transit_share(SrTransit *transit, const SrMessage *message, uint32_t id);
/* Returns: what @client receives of @slot; its @id (out) */
SrMessage sr_transit_take_shared(SrTransit *transit, uint32_t slot, uint32_t client,
                                 uint32_t *id);

/* Returns: a place for a message in full */
static inline uint32_t
sr_transit_take_whole(SrTransit *transit)
{
    uint32_t place = transit->free_whole;

    if (place != SR_NO_SLOT) {
        transit->free_whole = transit->whole[place].next;
        return place;
    }
    if (__builtin_expect(transit->n_whole == transit->whole_capacity, 0))
        sr_transit_grow(transit);
    return transit->n_whole++;
}

static inline void
sr_transit_free_whole(SrTransit *transit, uint32_t place)
{
    transit->whole[place].next = transit->free_whole;
    transit->free_whole = place;
}

/* Returns: a slot that holds @message, with no slot behind it */
static inline uint32_t
sr_transit_put(SrTransit *transit, const SrMessage *message, uint64_t id, uint32_t number)
{
    if (__builtin_expect(transit->packs, 0))
        return sr_transit_pack(transit, message, (uint32_t) id, number);

    uint32_t slot = sr_transit_take_whole(transit);

    transit->whole[slot] =
        (SrTransitWhole){ *message, number, SR_NO_SLOT, (uint32_t) id, .sharers = 0 };
    return slot;
}

/* Returns: the message in @slot */
static inline SrMessage
sr_transit_message(const SrTransit *transit, uint32_t slot)
{
    return __builtin_expect(transit->packs, 0) ? sr_transit_unpack(transit, slot)
                                               : transit->whole[slot].message;
}

/* The message in @slot has arrived for good. */
static inline void
sr_transit_free(SrTransit *transit, uint32_t slot)
{
    if (__builtin_expect(transit->packs, 0))
        sr_transit_free_packed(transit, slot);
    else
        sr_transit_free_whole(transit, slot);
}

static inline uint32_t
sr_transit_client(const SrTransit *transit, uint32_t slot)
{
    return transit->packs ? transit->packed[slot].client : transit->whole[slot].message.client;
}

/* Returns: the number of a message that goes to a service */
static inline uint32_t
sr_transit_number(const SrTransit *transit, uint32_t slot)
{
    return transit->packs && !(transit->packed[slot].form & SR_TRANSIT_WHOLE)
               ? transit->packed[slot].number
               : transit->whole[transit->packs ? transit->packed[slot].value : slot].number;
}

static inline uint32_t
sr_transit_id(const SrTransit *transit, uint32_t slot)
{
    return transit->packs ? transit->packed[slot].id : transit->whole[slot].id;
}

/* Returns: the slot behind @slot, to be read or set */
static inline uint32_t *
sr_transit_next(const SrTransit *transit, uint32_t slot)
{
    return transit->packs ? &transit->packed[slot].next : &transit->whole[slot].next;
}

static inline void
sr_transit_fetch(const SrTransit *transit, uint32_t slot)
{
    if (transit->packs)
        __builtin_prefetch(&transit->packed[slot], 1);
}

/* Messages in flight: on a link, waiting at a service, or being answered.
 *
 * A slot, a small number that fits into an event, stands for a message in flight. In a run of
 * few clients a slot holds the whole message. A large run saves memory: no message uses all
 * fields of SrMessage, so nearly all messages fit into 24 bytes. A message that the server
 * sends to many clients is kept once, with the number of clients that have not received it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "protocol/protocol.h"

#define SR_NO_SLOT UINT32_MAX

/* A whole message. */
typedef struct {
    SrMessage message;
    uint32_t number; /* in its direction, from 0; names the draws for this message */
    /* slot behind it in a service's queue, in a list of attached requests, or in the free list */
    uint32_t next;
    uint32_t id;      /* of the trace: its lower half */
    uint32_t sharers; /* how many clients have not received it; 0 if it is not shared */
} SrTransitWhole;

#define SR_TRANSIT_REQUEST                                                                     \
    1u /* `link` is the request of the message, else its conn; the other one is 0 */
#define SR_TRANSIT_TOKEN                                                                       \
    2u /* `value` is its token in seconds after the scenario's epoch, else its hint */
#define SR_TRANSIT_KEY 4u   /* `number` is its key; its number is 0 */
#define SR_TRANSIT_WHOLE 8u /* the whole message is kept, at index `value` */

/* A packed message. */
typedef struct {
    uint32_t client : 20, type : 5, reason : 5, flags : 2;
    uint32_t link : 28, form : 4; /* SR_TRANSIT_ bits */
    uint32_t number, next, id;
    uint32_t value;
} SrTransitPacked;

typedef struct {
    bool packs; /* whether slots are of `packed`, else of `whole` */
    int64_t epoch_s;
    SrTransitWhole *whole;
    uint32_t n_whole, whole_capacity, free_whole;
    SrTransitPacked *packed;
    uint32_t n_packed, packed_capacity, free_packed;
    /* by type: index in `whole` of a message that may be shared */
    uint32_t shared[SR_MSG_N];
    /* (nullable) By client: the id of the shared message for it; 0 if none is in flight to it.
     */
    uint32_t *shared_ids;
    uint32_t n_clients, n_sharing; /* n_sharing: how many ids are not 0 */
} SrTransit;

/* @n_clients: of the run; @packs: whether to save memory rather than time */
void sr_transit_init(SrTransit *transit, uint32_t n_clients, bool packs, int64_t epoch_s);
void sr_transit_clear(SrTransit *transit);
void sr_transit_reset(SrTransit *transit);
void sr_transit_grow(SrTransit *transit);
uint32_t sr_transit_pack(SrTransit *transit, const SrMessage *message, uint32_t id,
                         uint32_t number);
SrMessage sr_transit_unpack(const SrTransit *transit, uint32_t slot);
void sr_transit_free_packed(SrTransit *transit, uint32_t slot);
/* Shares a message from the server with the clients that get the same one.
 *
 * Returns: the slot for sr_transit_take_shared(), or SR_NO_SLOT if the message must be sent by
 * itself */
uint32_t sr_transit_share(SrTransit *transit, const SrMessage *message, uint32_t id);
/* Returns: the message that @client receives from @slot; @id: (out): its id */
SrMessage sr_transit_take_shared(SrTransit *transit, uint32_t slot, uint32_t client,
                                 uint32_t *id);

/* Returns: a free index for a whole message */
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

/* Returns: a slot that holds @message, at the end of any list */
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

/* Frees @slot, whose message has been received. */
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

/* Returns: the number of a message to a service */
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

/* Returns: (transfer none): the link to the slot behind @slot, to read or set */
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

/* Packed messages in flight, for large runs: see run-transit-private.h. */
#include "run/run-transit-private.h"

#include <glib.h>
#include <string.h>

#include "session-race/scenario.h"

G_STATIC_ASSERT(sizeof(SrTransitPacked) == 24);
G_STATIC_ASSERT(SR_SCENARIO_CLIENTS_MAX <= 1u << 20);
G_STATIC_ASSERT(SR_MSG_N <= 1 << 5);

void
sr_transit_init(SrTransit *transit, uint32_t n_clients, bool packs, int64_t epoch_s)
{
    *transit = (SrTransit){ .packs = packs, .epoch_s = epoch_s, .n_clients = n_clients };
    transit->whole_capacity = packs ? 64 : n_clients * 2 + 64;
    transit->whole = g_new(SrTransitWhole, transit->whole_capacity);
    if (!packs)
        return;
    /* Most clients have one message in flight, some have two. */
    transit->packed_capacity = n_clients + n_clients / 2 + 64;
    transit->packed = g_new(SrTransitPacked, transit->packed_capacity);
    transit->shared_ids = g_new0(uint32_t, n_clients);
}

void
sr_transit_clear(SrTransit *transit)
{
    g_free(transit->whole);
    g_free(transit->packed);
    g_free(transit->shared_ids);
}

void
sr_transit_reset(SrTransit *transit)
{
    transit->n_whole = transit->n_packed = 0;
    transit->free_whole = transit->free_packed = SR_NO_SLOT;
    if (!transit->packs)
        return;
    for (unsigned i = 0; i < SR_MSG_N; i++)
        transit->shared[i] = SR_NO_SLOT;
    if (transit->n_sharing > 0)
        memset(transit->shared_ids, 0, transit->n_clients * sizeof *transit->shared_ids);
    transit->n_sharing = 0;
}

void
sr_transit_grow(SrTransit *transit)
{
    transit->whole_capacity *= 2;
    transit->whole = g_renew(SrTransitWhole, transit->whole, transit->whole_capacity);
}

static uint32_t
take_packed(SrTransit *transit)
{
    uint32_t slot = transit->free_packed;

    if (slot != SR_NO_SLOT) {
        transit->free_packed = transit->packed[slot].next;
        return slot;
    }
    if (G_UNLIKELY(transit->n_packed == transit->packed_capacity)) {
        transit->packed_capacity *= 2;
        transit->packed = g_renew(SrTransitPacked, transit->packed, transit->packed_capacity);
    }
    return transit->n_packed++;
}

uint32_t
sr_transit_pack(SrTransit *transit, const SrMessage *message, uint32_t id, uint32_t number)
{
    uint32_t slot = take_packed(transit), link = message->request | message->conn;
    bool has_token = message->token != SR_TOKEN_NONE, has_key = message->key != SR_KEY_ABSENT;
    int64_t token_s = has_token ? message->token - transit->epoch_s : 0;
    SrTransitPacked it = {
        .client = message->client & 0xfffff,
        .type = message->type & 31u,
        .reason = message->reason & 31u,
        .flags = message->flags & 3u,
        .link = link & 0xfffffff,
        .number = has_key ? message->key : number,
        .next = SR_NO_SLOT,
        .id = id,
        .value = has_token ? (uint32_t) token_s : message->hint,
    };
    bool fits = (message->request == 0 || message->conn == 0) && it.link == link &&
                it.reason == message->reason && (message->sealer | message->counter) == 0 &&
                !(has_key && number != 0) &&
                !(has_token && (message->hint | message->key) != 0) &&
                token_s == (int32_t) token_s;

    if (G_LIKELY(fits)) {
        it.form = (message->request != 0 ? SR_TRANSIT_REQUEST : 0) |
                  (has_token ? SR_TRANSIT_TOKEN : 0) | (has_key ? SR_TRANSIT_KEY : 0);
    } else {
        it.form = SR_TRANSIT_WHOLE;
        it.value = sr_transit_take_whole(transit);
        transit->whole[it.value] = (SrTransitWhole){ .message = *message, .number = number };
    }
    transit->packed[slot] = it;
    return slot;
}

SrMessage
sr_transit_unpack(const SrTransit *transit, uint32_t slot)
{
    SrTransitPacked it = transit->packed[slot];
    bool is_request = it.form & SR_TRANSIT_REQUEST, has_token = it.form & SR_TRANSIT_TOKEN;

    if (G_UNLIKELY(it.form & SR_TRANSIT_WHOLE))
        return transit->whole[it.value].message;
    return (SrMessage){
        .type = it.type,
        .reason = it.reason,
        .flags = it.flags,
        .client = it.client,
        .conn = is_request ? 0 : it.link,
        .request = is_request ? it.link : 0,
        .hint = has_token ? 0 : it.value,
        .key = it.form & SR_TRANSIT_KEY ? it.number : 0,
        .token = has_token ? transit->epoch_s + (int32_t) it.value : SR_TOKEN_NONE,
    };
}

void
sr_transit_free_packed(SrTransit *transit, uint32_t slot)
{
    SrTransitPacked *it = &transit->packed[slot];

    if (G_UNLIKELY(it->form & SR_TRANSIT_WHOLE))
        sr_transit_free_whole(transit, it->value);
    it->next = transit->free_packed;
    transit->free_packed = slot;
}

static bool
says_the_same(const SrMessage *a, const SrMessage *b)
{
    return a->conn == b->conn && a->reason == b->reason && a->flags == b->flags &&
           a->hint == b->hint && a->key == b->key && a->sealer == b->sealer &&
           a->counter == b->counter;
}

uint32_t
sr_transit_share(SrTransit *transit, const SrMessage *message, uint32_t id)
{
    uint32_t *shared = &transit->shared[message->type],
             *mine = &transit->shared_ids[message->client];

    if (id == 0 || *mine != 0)
        return SR_NO_SLOT;
    if (*shared == SR_NO_SLOT) {
        *shared = sr_transit_take_whole(transit);
        transit->whole[*shared] = (SrTransitWhole){ .message = *message };
    } else if (!says_the_same(&transit->whole[*shared].message, message)) {
        return SR_NO_SLOT;
    }
    transit->whole[*shared].sharers++;
    transit->n_sharing++;
    *mine = id;
    return *shared;
}

SrMessage
sr_transit_take_shared(SrTransit *transit, uint32_t slot, uint32_t client, uint32_t *id)
{
    SrTransitWhole *it = &transit->whole[slot];
    SrMessage message = it->message;

    message.client = client;
    *id = transit->shared_ids[client];
    transit->shared_ids[client] = 0;
    transit->n_sharing--;
    if (--it->sharers == 0) {
        transit->shared[message.type] = SR_NO_SLOT;
        sr_transit_free_whole(transit, slot);
    }
    return message;
}

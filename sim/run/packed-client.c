/* Packs clients into 32 bytes and unpacks them. */
#include "run/packed-client-private.h"

#include <glib.h>
#include <string.h>

/* If you add a field to SrClient, pack it here, or refuse clients that have it set. */
G_STATIC_ASSERT(sizeof(SrClient) == 144);
G_STATIC_ASSERT(sizeof(SrPackedClient) == 32);
G_STATIC_ASSERT(SR_CLIENT_STATE_N <= 32 && SR_REASON_N <= 32 && SR_CLIENT_KEYS_HELD == 4);

/* ---- packing ---- */

/* Returns: which of @two equals @value, from 1; 0 if @value is 0. Sets @misfit if it is
 * neither. */
static inline uint32_t
find(const uint32_t two[2], uint32_t value, bool *misfit)
{
    uint32_t which = value == two[0] ? 1 : value == two[1] ? 2 : 0;

    *misfit |= which == 0 && value != 0;
    return which;
}

/* Likewise for a pair of hint and key. */
static inline uint32_t
find_pair(const SrHeldKey two[2], SrHeldKey pair, bool *misfit)
{
    uint32_t which = pair.hint == two[0].hint && pair.key == two[0].key   ? 1
                     : pair.hint == two[1].hint && pair.key == two[1].key ? 2
                                                                          : 0;

    *misfit |= which == 0 && (pair.hint | pair.key) != 0;
    return which;
}

/* Returns: @request counted back from the last request of @client, from 1; 0 if there is none
 */
static inline uint32_t
count_back(const SrClient *client, uint32_t request, bool *misfit)
{
    uint32_t back = request == 0 ? 0 : client->requests - request + 1;

    *misfit |= back > 7 || (back == 0) != (request == 0);
    return back & 7;
}

static inline bool
is_small(const SrClient *client)
{
    return ((client->conn | client->requests | client->first_request | client->seals) >> 8 |
            (client->tries | client->connect_tries | client->reconnect_tries) >> 4 |
            (uint32_t) client->state >> 5 | (uint32_t) client->reason >> 5 |
            (uint32_t) client->held_next >> 2 | (uint32_t) client->held_derived >> 4) == 0;
}

/* Whether @client has no old session, holds at most two keys, and keeps the rules of the
 * header. */
static inline bool
is_usual(const SrClient *client)
{
    const SrHeldKey *held = client->held;

    return (client->has_old | client->awaits_old | client->tries_old | client->old_hint |
            client->old_key | client->old_content_key | client->old_content_sealer |
            client->old_content_counter | held[2].hint | held[2].key | held[3].hint |
            held[3].key) == 0 &&
           client->open == sr_client_state_is_open(client->state) &&
           (client->own_counter == 0 || client->own_counter == client->seals) &&
           (client->has_token || client->token == 0);
}

/* Chooses the two pairs of hint and key that @client may refer to. The first is that of its own
 * attempt, or else the first that it holds. The second is another that it holds, or that of the
 * session, whose key it may not know yet. */
static inline void
choose_pairs(const SrClient *client, SrHeldKey two[2])
{
    const SrHeldKey *held = client->held;
    uint32_t session = client->target != 0 ? client->target : client->known;

    two[0] = client->own_key != 0 ? (SrHeldKey){ client->own_hint, client->own_key } : held[0];
    if (held[1].hint != 0 && held[1].hint != two[0].hint)
        two[1] = held[1];
    else if (held[0].hint != 0 && held[0].hint != two[0].hint)
        two[1] = held[0];
    else
        two[1] = (SrHeldKey){ session == two[0].hint ? 0 : session, 0 };
}

bool
sr_packed_client_set(SrPackedClient *packed, const SrClient *client, int64_t epoch_s)
{
    int64_t second =
        client->has_token ? (int64_t) ((uint64_t) client->token - (uint64_t) epoch_s) : 0;
    bool misfit = !is_usual(client) || !is_small(client) || second != (int32_t) second;
    SrHeldKey two[2];

    choose_pairs(client, two);

    const uint32_t hints[2] = { two[0].hint, two[1].hint };
    const uint32_t keys[2] = { two[0].key, two[1].key };

    *packed = (SrPackedClient){
        .hints = { hints[0], hints[1] },
        .keys = { keys[0], keys[1] },
        .token = (uint32_t) second,
        .conn = (uint8_t) client->conn,
        .requests = (uint8_t) client->requests,
        .first_request = (uint8_t) client->first_request,
        .seals = (uint8_t) client->seals,
        .state = client->state & 31u,
        .reason = client->reason & 31u,
        .fresh_token = client->fresh_token,
        .has_token = client->has_token,
        .awaits = count_back(client, client->awaits, &misfit) & 7,
        .renews = count_back(client, client->renews, &misfit) & 7,
        .sealed = client->own_counter != 0,
        .own_hint = find(hints, client->own_hint, &misfit) & 3,
        .own_key = find(keys, client->own_key, &misfit) & 3,
        .target = find(hints, client->target, &misfit) & 3,
        .target_key = find(keys, client->target_key, &misfit) & 3,
        .known = find(hints, client->known, &misfit) & 3,
        .won = find(hints, client->won, &misfit) & 3,
        .settled = find(hints, client->settled, &misfit) & 3,
        .first_held = find_pair(two, client->held[0], &misfit) & 3,
        .second_held = find_pair(two, client->held[1], &misfit) & 3,
        .held_next = client->held_next & 3u,
        .held_derived = client->held_derived & 15u,
        .tries = client->tries & 15,
        .connect_tries = client->connect_tries & 15,
        .reconnect_tries = client->reconnect_tries & 15,
    };
    return !misfit;
}

/* ---- unpacking ---- */

/* Returns: the request that is @back requests before the next one, see count_back() */
static inline uint32_t
request_back(const SrPackedClient *packed, uint32_t back)
{
    return back == 0 ? 0 : packed->requests - back + 1;
}

void
sr_packed_client_get(const SrPackedClient *packed, SrClient *client, int64_t epoch_s)
{
    const uint32_t hints[4] = { 0, packed->hints[0], packed->hints[1] };
    const uint32_t keys[4] = { 0, packed->keys[0], packed->keys[1] };

    /* Not a compound literal: a comparison of clients includes their padding, so it must be
     * zero. */
    memset(client, 0, sizeof *client);
    client->state = packed->state;
    client->reason = packed->reason;
    client->open = sr_client_state_is_open(packed->state);
    client->fresh_token = packed->fresh_token;
    client->has_token = packed->has_token;
    client->held_next = packed->held_next;
    client->held_derived = packed->held_derived;
    if (packed->has_token)
        client->token = epoch_s + (int32_t) packed->token;
    client->conn = packed->conn;
    client->requests = packed->requests;
    client->first_request = packed->first_request;
    client->seals = packed->seals;
    client->awaits = request_back(packed, packed->awaits);
    client->renews = request_back(packed, packed->renews);
    client->known = hints[packed->known];
    client->target = hints[packed->target];
    client->target_key = keys[packed->target_key];
    client->own_hint = hints[packed->own_hint];
    client->own_key = keys[packed->own_key];
    client->own_counter = packed->sealed ? packed->seals : 0;
    client->won = hints[packed->won];
    client->settled = hints[packed->settled];
    client->held[0] = (SrHeldKey){ hints[packed->first_held], keys[packed->first_held] };
    client->held[1] = (SrHeldKey){ hints[packed->second_held], keys[packed->second_held] };
    client->tries = packed->tries;
    client->connect_tries = packed->connect_tries;
    client->reconnect_tries = packed->reconnect_tries;
}

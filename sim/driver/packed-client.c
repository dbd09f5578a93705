/* Packing clients, and unpacking them again. */
#include "driver/packed-client-private.h"

#include <glib.h>
#include <string.h>

/* Whoever adds a field to SrClient packs it here, or refuses clients that have it. */
G_STATIC_ASSERT(sizeof(SrClient) == 144);
G_STATIC_ASSERT(sizeof(SrPackedClient) == 32);
G_STATIC_ASSERT(SR_CLIENT_STATE_N <= 32 && SR_REASON_N <= 32 && SR_CLIENT_KEYS_HELD == 4);

/* ---- packing ---- */

/* The pair of @hint and @key gets a place, if it needs one and there is room. */
static inline void
add_pair(SrPackedClient *packed, uint32_t hint, uint32_t key)
{
    if (hint == 0)
        return;
    for (unsigned i = 0; i < 2; i++) {
        if (packed->hints[i] == 0)
            packed->hints[i] = hint;
        if (packed->hints[i] != hint)
            continue;
        if (packed->keys[i] == 0)
            packed->keys[i] = key;
        if (key == 0 || packed->keys[i] == key)
            return;
    }
}

/* Returns: which of @two @value is, from 1, or 0 for none; clears @fits if it is neither */
static inline uint32_t
find(const uint32_t two[2], uint32_t value, bool *fits)
{
    if (value == 0)
        return 0;
    if (value == two[0])
        return 1;
    *fits &= value == two[1];
    return 2;
}

/* Likewise for a pair. */
static inline uint32_t
find_pair(const SrPackedClient *packed, const SrHeldKey *pair, bool *fits)
{
    if ((pair->hint | pair->key) == 0)
        return 0;
    if (pair->hint == packed->hints[0] && pair->key == packed->keys[0])
        return 1;
    *fits &= pair->hint == packed->hints[1] && pair->key == packed->keys[1];
    return 2;
}

/* Returns: @request as counted back from the last of @client, from 1; 0 for 0 */
static inline uint32_t
count_back(const SrClient *client, uint32_t request, bool *fits)
{
    uint32_t back = client->requests - request + 1;

    if (request == 0)
        return 0;
    *fits &= back >= 1 && back <= 7;
    return back & 7;
}

static bool
small_enough(const SrClient *client, int64_t second)
{
    return (client->conn | client->requests | client->first_request | client->seals) <=
               UINT8_MAX &&
           (client->tries | client->connect_tries | client->reconnect_tries) <= 15 &&
           client->held_next < 4 && client->held_derived < 16 && client->state < 32 &&
           client->reason < 32 && second == (int32_t) second;
}

/* No old session, and what is always so. */
static bool
is_usual(const SrClient *client)
{
    return !client->has_old &&
           (client->awaits_old | client->tries_old | client->old_hint | client->old_key |
            client->old_content_key | client->old_content_sealer |
            client->old_content_counter) == 0 &&
           client->open == sr_client_state_is_open(client->state) &&
           (client->own_counter == 0 || client->own_counter == client->seals) &&
           (client->has_token || client->token == 0);
}

bool
sr_packed_client_set(SrPackedClient *packed, const SrClient *client, int64_t epoch_s)
{
    int64_t second =
        client->has_token ? (int64_t) ((uint64_t) client->token - (uint64_t) epoch_s) : 0;
    bool fits = is_usual(client) && small_enough(client, second);
    SrPackedClient it = {
        .token = (uint32_t) second,
        .conn = (uint8_t) client->conn,
        .requests = (uint8_t) client->requests,
        .first_request = (uint8_t) client->first_request,
        .seals = (uint8_t) client->seals,
        .state = client->state & 31u,
        .reason = client->reason & 31u,
        .fresh_token = client->fresh_token,
        .has_token = client->has_token,
        .awaits = count_back(client, client->awaits, &fits) & 7,
        .renews = count_back(client, client->renews, &fits) & 7,
        .sealed = client->own_counter != 0,
        .held_next = client->held_next & 3u,
        .held_derived = client->held_derived & 15u,
        .tries = client->tries & 15,
        .connect_tries = client->connect_tries & 15,
        .reconnect_tries = client->reconnect_tries & 15,
    };

    add_pair(&it, client->own_hint, client->own_key);
    add_pair(&it, client->target, client->target_key);
    for (unsigned i = 0; i < SR_CLIENT_KEYS_HELD; i++)
        add_pair(&it, client->held[i].hint, client->held[i].key);
    add_pair(&it, client->known, 0);
    add_pair(&it, client->won, 0);
    add_pair(&it, client->settled, 0);
    it.own_hint = find(it.hints, client->own_hint, &fits) & 3;
    it.own_key = find(it.keys, client->own_key, &fits) & 3;
    it.target = find(it.hints, client->target, &fits) & 3;
    it.target_key = find(it.keys, client->target_key, &fits) & 3;
    it.known = find(it.hints, client->known, &fits) & 3;
    it.won = find(it.hints, client->won, &fits) & 3;
    it.settled = find(it.hints, client->settled, &fits) & 3;
    for (unsigned i = 0; i < SR_CLIENT_KEYS_HELD; i++)
        it.held |= (find_pair(&it, &client->held[i], &fits) & 3) << 2 * i & 0xff;
    *packed = it;
    return fits;
}

/* ---- unpacking ---- */

/* Returns: the request that is @back from the last one, see count_back() */
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

    /* Not a compound literal: whoever compares clients compares their padding too. */
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
    for (unsigned i = 0; i < SR_CLIENT_KEYS_HELD; i++) {
        unsigned which = packed->held >> 2 * i & 3;

        client->held[i] = (SrHeldKey){ .hint = hints[which], .key = keys[which] };
    }
    client->tries = packed->tries;
    client->connect_tries = packed->connect_tries;
    client->reconnect_tries = packed->reconnect_tries;
}

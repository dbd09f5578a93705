/* A packed world written out again: explore-pack.c says what the bytes are.
 *
 * Half of the work of a search is to read bytes and to write them. An unpacker whose address no
 * function that is called can see lives in registers, so everything here is inline. */
#include "explore/explore-private.h"

#define INLINE static inline __attribute__((always_inline))

typedef struct {
    const SrExplorePlan *plan;
    World *world;
    const uint8_t *in, *begin; /* of the client that is read */
    uint16_t *name;            /* the next of the origin's */
    unsigned most_key;
} Unpacker;

INLINE unsigned
get(Unpacker *unpacker)
{
    return *unpacker->in++;
}

INLINE unsigned
get_key(Unpacker *unpacker)
{
    unsigned key = get(unpacker);

    unpacker->most_key = MAX(unpacker->most_key, key);
    return key;
}

/* The same in a client, where names have their places kept. */
INLINE void
mark_name(Unpacker *unpacker, unsigned is_key)
{
    *unpacker->name++ = (uint16_t) ((unsigned) (unpacker->in - unpacker->begin) << 1 | is_key);
}

INLINE unsigned
hint_name(Unpacker *unpacker)
{
    mark_name(unpacker, 0);
    return get(unpacker);
}

INLINE unsigned
key_name(Unpacker *unpacker)
{
    mark_name(unpacker, 1);
    return get_key(unpacker);
}

/* ---- what follows from the rest ---- */

/* What the checks know of @document when all goes as the server says. */
void
sr_check_document_expect(const SrServerDocument *document, SrCheckDocument *check)
{
    bool stands = document->phase == SR_PHASE_CREATING;
    bool active = document->phase == SR_PHASE_ESTABLISHED;
    SrStanding standing = {
        .owner = stands ? SR_NODE_FIRST_CLIENT + document->owner : 0,
        .creation = stands ? document->hint : 0,
        .session = active ? document->hint : 0,
        .stands = stands,
        .active = active,
    };

    *check = (SrCheckDocument){
        .one_winner = standing,
        .key_kept = standing,
        .announced_once_established = standing,
        .nobody_stuck = standing,
        .previous_kept = { .active = standing.session, .over = active },
    };
}

void
sr_check_client_expect(const SrClient *client, const SrServerClient *known,
                       SrCheckClient *check)
{
    check->state = client->state;
    check->started = client->state != SR_CLIENT_IDLE;
    check->token_first = known->conn != 0 ? known->conn + 1 : 0;
}

/* ---- documents ---- */

INLINE void
unpack_standing(Unpacker *unpacker, SrStanding *standing)
{
    unsigned byte = get(unpacker);

    standing->stands = byte & 1;
    standing->active = byte >> 1 & 1;
    standing->owner = standing->stands ? SR_NODE_FIRST_CLIENT + (byte >> 2) : 0;
    standing->creation = get(unpacker);
    standing->session = get(unpacker);
}

INLINE void
unpack_rejected(Unpacker *unpacker, SrServerDocument *document)
{
    SrServerRejected *rejected = unpacker->world->rejected;

    for (unsigned n = get(unpacker); n > 0; n--) {
        uint32_t client = get(unpacker);

        rejected[client] = (SrServerRejected){
            .listed = true,
            .attempt = get(unpacker),
            .next = SR_NOBODY,
            .previous = document->last_rejected,
        };
        if (document->last_rejected == SR_NOBODY)
            document->first_rejected = client;
        else
            rejected[document->last_rejected].next = client;
        document->last_rejected = client;
    }
}

INLINE void
unpack_document(Unpacker *unpacker, uint32_t index)
{
    World *world = unpacker->world;
    SrServerDocument *document = &world->documents[index];
    SrCheckDocument *check = &world->check_documents[index];
    unsigned byte = get(unpacker);

    *document = (SrServerDocument){
        .phase = byte & 3,
        .has_outdated = byte >> 2 & 1,
        .first = SR_NOBODY,
        .last = SR_NOBODY,
        .first_rejected = SR_NOBODY,
        .last_rejected = SR_NOBODY,
    };
    world->establish |= (uint8_t) ((byte >> 3 & 1) << index);
    if (document->phase == SR_PHASE_CREATING) {
        document->owner = byte >> 5;
        document->owner_conn = get(unpacker);
    }
    if (document->phase != SR_PHASE_NONE)
        document->hint = get(unpacker);
    if (document->phase == SR_PHASE_ESTABLISHED) {
        document->content.hint = get(unpacker);
        document->content.key = get_key(unpacker);
    }
    if (document->has_outdated) {
        document->outdated.hint = get(unpacker);
        document->outdated.key = get_key(unpacker);
    }
    if (unpacker->plan->promotes)
        unpack_rejected(unpacker, document);
    if (byte >> 4 & 1) {
        sr_check_document_expect(document, check);
        return;
    }
    memset(check, 0, sizeof *check);
    unpack_standing(unpacker, &check->one_winner);
    unpack_standing(unpacker, &check->key_kept);
    unpack_standing(unpacker, &check->announced_once_established);
    unpack_standing(unpacker, &check->nobody_stuck);
    check->previous_kept.active = get(unpacker);
    check->previous_kept.outdated = get(unpacker);
    check->previous_kept.over = get(unpacker);
}

/* ---- clients ---- */

static uint16_t
request_of(Role role)
{
    /* first_request is 2. */
    static const uint8_t numbers[] = {
        [ROLE_NONE] = 0,    [ROLE_GONE] = 1,        [ROLE_LATE] = 2,
        [ROLE_AWAITED] = 3, [ROLE_AWAITED_OLD] = 4, [ROLE_RENEWS] = 5
    };

    return numbers[role];
}

INLINE void
unpack_things(Unpacker *unpacker, uint32_t index)
{
    World *world = unpacker->world;
    Things *things = &world->things[index];

    things->n = (uint8_t) get(unpacker);
    world->n_things = (uint8_t) (world->n_things + things->n);
    for (unsigned i = 0; i < things->n; i++) {
        Thing *thing = &things->list[i];
        unsigned head = get(unpacker), place = get(unpacker);

        *thing = (Thing){
            .place = place & 15,
            .client = (uint8_t) index,
            .type = head & 31,
            .expired = place >> 7,
            .request = request_of((Role) (place >> 4 & 7)),
        };
        thing->flags = (uint8_t) get(unpacker);
        if (head >> 5 & 1)
            thing->reason = (uint8_t) get(unpacker);
        if (head >> 6 & 1)
            thing->hint = (uint16_t) hint_name(unpacker);
        if (head >> 7)
            thing->key = (uint16_t) key_name(unpacker);
        if (thing->place == AT_DETECT)
            thing->conn = (uint16_t) get(unpacker);
        else if (thing->place == SR_DIRECTION_OUT(SR_NODE_SERVER) ||
                 thing->place == SR_DIRECTION_IN(SR_NODE_SERVER))
            thing->conn = (uint16_t) world->clients[index].conn;
        if (thing->place == AT_GENERATE && thing->key == SR_KEY_ABSENT &&
            unpacker->plan->model->provider.kind != SR_PROVIDER_STATIC)
            world->live[unpacker->plan->client_document[index]].making++;
    }
}

/* The names of which a bit each says whether they are there. */
static const struct {
    uint16_t offset; /* of an SrClient */
    uint8_t is_key;
} fields[] = {
    { offsetof(SrClient, known), 0 },      { offsetof(SrClient, target), 0 },
    { offsetof(SrClient, target_key), 1 }, { offsetof(SrClient, own_hint), 0 },
    { offsetof(SrClient, own_key), 1 },    { offsetof(SrClient, old_hint), 0 },
    { offsetof(SrClient, old_key), 1 },    { offsetof(SrClient, old_content_key), 1 },
    { offsetof(SrClient, settled), 0 },
};

/* What is left out is zero already. */
INLINE void
unpack_fields(Unpacker *unpacker, uint32_t index)
{
    SrClient *client = &unpacker->world->clients[index];
    unsigned low = get(unpacker), mask = low | get(unpacker) << 8;

    for (unsigned left = mask & ((1u << G_N_ELEMENTS(fields)) - 1); left != 0;
         left &= left - 1) {
        unsigned bit = (unsigned) __builtin_ctz(left);
        uint32_t name = fields[bit].is_key ? key_name(unpacker) : hint_name(unpacker);

        memcpy((char *) client + fields[bit].offset, &name, sizeof name);
    }
    unpacker->world->check_clients[index].key_found_announced =
        mask >> 9 & 1 ? hint_name(unpacker) : SR_HINT_ABSENT;
    unpacker->world->check_rests[index].key_found_refused =
        mask >> 10 & 1 ? hint_name(unpacker) : SR_HINT_ABSENT;
    for (unsigned left = mask >> 11; left != 0; left &= left - 1) {
        SrHeldKey *held = &client->held[__builtin_ctz(left)];

        held->hint = hint_name(unpacker);
        held->key = key_name(unpacker);
    }
}

INLINE void
connect_client(Unpacker *unpacker, uint32_t index)
{
    World *world = unpacker->world;
    SrServerDocument *document = &world->documents[unpacker->plan->client_document[index]];

    world->server_clients[index].next = SR_NOBODY;
    world->server_clients[index].previous = document->last;
    if (document->last == SR_NOBODY)
        document->first = index;
    else
        world->server_clients[document->last].next = index;
    document->last = index;
}

static int64_t
token_of(const SrExplorePlan *plan, bool has, bool expired)
{
    if (!has)
        return 0;
    return expired ? plan->clock.expired : plan->clock.good;
}

INLINE void
unpack_client(Unpacker *unpacker, uint32_t index)
{
    const SrExplorePlan *plan = unpacker->plan;
    World *world = unpacker->world;
    SrClient *client = &world->clients[index];
    SrServerClient *known = &world->server_clients[index];
    SrCheckClient *check = &world->check_clients[index];
    unsigned byte = get(unpacker);
    bool expected;

    *client = (SrClient){
        .state = byte & 31,
        .has_token = byte >> 5 & 1,
        .fresh_token = byte >> 6 & 1,
        .has_old = byte >> 7,
        .first_request = request_of(ROLE_LATE),
        .requests = request_of(ROLE_RENEWS),
    };
    client->open =
        client->state >= SR_CLIENT_CONNECTING && client->state <= SR_CLIENT_COLLABORATING;
    memset(check, 0, sizeof *check);
    check->has_rest = true;
    byte = get(unpacker);
    world->timers[index] = byte & 15;
    client->awaits = byte >> 4 & 1 ? request_of(ROLE_AWAITED) : 0;
    client->awaits_old = byte >> 5 & 1 ? request_of(ROLE_AWAITED_OLD) : 0;
    client->renews = byte >> 6 & 1 ? request_of(ROLE_RENEWS) : 0;
    client->own_counter = byte >> 7;
    byte = get(unpacker);
    world->exhausted[index] = byte & 3;
    client->held_derived = byte >> 2 & 15;
    client->token = token_of(plan, client->has_token, byte >> 6 & 1);
    client->tries = byte & 1 ? plan->settings[index].key_retry.n : 0;
    client->tries_old = byte >> 1 & 1 ? plan->settings[index].key_retry.n : 0;
    known->token = byte >> 7 ? plan->clock.expired : plan->clock.good;
    if (!plan->model->server.tokens)
        known->token = SR_TOKEN_NONE;
    byte = get(unpacker);
    client->conn = byte & 7;
    known->conn = byte >> 3 & 7;
    check->all_collaborate = byte >> 6 & 1;
    expected = byte >> 7;
    byte = get(unpacker);
    known->closed = byte & 7;
    check->waits = byte >> 3 & 15;
    check->key_found_unknown = byte >> 7;
    if (known->conn != 0)
        connect_client(unpacker, index);
    if (plan->counts) {
        client->tries = get(unpacker);
        client->tries_old = get(unpacker);
        client->connect_tries = get(unpacker);
        client->reconnect_tries = get(unpacker);
    }
    if (expected) {
        sr_check_client_expect(client, known, check);
    } else {
        byte = get(unpacker);
        check->state = byte & 31;
        check->started = byte >> 5;
        check->token_first = get(unpacker);
    }
    unpack_fields(unpacker, index);
    unpack_things(unpacker, index);
}

INLINE void
unpack_clients(Unpacker *unpacker, Origin *origin)
{
    for (uint32_t i = 0; i < unpacker->plan->n_clients; i++) {
        const uint16_t *first = unpacker->name;

        unpacker->begin = unpacker->in;
        unpack_client(unpacker, i);
        origin->clients[i].at = (uint16_t) (unpacker->begin - origin->bytes);
        origin->clients[i].n = (uint16_t) (unpacker->in - unpacker->begin);
        origin->clients[i].first_name = (uint16_t) (first - origin->names);
        origin->clients[i].n_names = (uint16_t) (unpacker->name - first);
    }
}

/* ---- the store ---- */

static void
link_live(World *world, uint32_t hint)
{
    SrKeySlot *slot = &world->slots[hint];
    SrProviderDocument *document = &world->live[slot->document];

    slot->next = 0;
    slot->previous = document->last;
    if (document->last == 0)
        document->first = hint;
    else
        world->slots[document->last].next = hint;
    document->last = hint;
    document->n_live++;
}

INLINE void
unpack_slot(Unpacker *unpacker, uint32_t hint)
{
    const SrExplorePlan *plan = unpacker->plan;
    World *world = unpacker->world;
    SrKeySlot *slot = &world->slots[hint];
    SrCheckHint *check = &world->check_hints[hint];
    uint32_t others = plan->model->provider.replicas - 1;
    unsigned byte = get(unpacker), stable = byte >> 6;

    /* Instants of long ago are only different from each other. */
    bool long_ago = (byte & 3) == SR_HINT_TEXT_TIMESTAMP && !(byte >> 5 & 1);

    *slot = (SrKeySlot){
        .made_at = long_ago ? -(int64_t) (hint * plan->model->provider.resolution) : 0,
        .text = byte & 3,
        .live = byte >> 2 & 1,
    };
    *check = (SrCheckHint){ .key_kept = byte >> 3 & 1 };
    world->aged[hint] = byte >> 4 & 1;
    if (plan->n_documents > 1)
        slot->document = get(unpacker) & 0xff;
    if (slot->live)
        slot->key = get_key(unpacker);
    check->hint_stable = stable == 0   ? SR_KEY_ABSENT
                         : stable == 1 ? slot->key
                                       : get_key(unpacker);
    if (plan->rotates)
        world->masters[hint] = world->master - get(unpacker);
    else if (plan->model->provider.kind == SR_PROVIDER_DERIVED)
        world->masters[hint] = world->master;
    for (uint32_t i = 0; i < others; i++)
        world->replica_keys[hint * others + i] = get_key(unpacker);
}

INLINE void
unpack_replications(Unpacker *unpacker)
{
    World *world = unpacker->world;
    Things *things = &world->things[CLIENTS_MAX];

    things->n = (uint8_t) get(unpacker);
    world->n_things = (uint8_t) (world->n_things + things->n);
    for (unsigned i = 0; i < things->n; i++) {
        Thing *thing = &things->list[i];

        *thing = (Thing){ .place = AT_REPLICA, .client = NOBODY };
        thing->conn = (uint16_t) get(unpacker);
        thing->hint = (uint16_t) get(unpacker);
        thing->key = (uint16_t) get_key(unpacker);
    }
}

INLINE void
unpack_store(Unpacker *unpacker)
{
    const SrExplorePlan *plan = unpacker->plan;
    World *world = unpacker->world;

    if (plan->model->provider.replicas > 1)
        unpack_replications(unpacker);
    world->n_slots = (uint8_t) get(unpacker);
    for (uint32_t hint = 1; hint <= world->n_slots; hint++) {
        unpack_slot(unpacker, hint);
        if (world->slots[hint].live && !plan->keeps_order)
            link_live(world, hint);
    }
    for (uint32_t i = 0; plan->keeps_order && i < plan->n_documents; i++)
        for (unsigned n = get(unpacker); n > 0; n--)
            link_live(world, get(unpacker));
    /* The next hint is checked from nothing. */
    world->check_hints[world->n_slots + 1] = (SrCheckHint){ 0 };
    world->aged[world->n_slots + 1] = false;
    for (uint32_t i = 0; i + 1 < plan->model->provider.replicas; i++)
        world->replica_keys[(world->n_slots + 1u) * (plan->model->provider.replicas - 1) + i] =
            SR_KEY_ABSENT;
}

/* Counters: one that was used is 1, and so is how often the client has sealed; one that would
 * be used again is 2. */
INLINE void
unpack_nonces(Unpacker *unpacker)
{
    World *world = unpacker->world;
    unsigned mask = get(unpacker);

    for (uint32_t i = 0; i < unpacker->plan->n_clients; i++) {
        SrNonceUsed *const used[2] = { &world->check_clients[i].nonce_unique,
                                       &world->check_rests[i].nonce_unique };
        SrClient *client = &world->clients[i];
        unsigned head = mask >> i & 1 ? get(unpacker) : 0;

        client->seals = head != 0 || client->own_counter != 0;
        for (unsigned j = 0; j < 2; j++, head >>= 2) {
            *used[j] = (SrNonceUsed){ 0 };
            if (head & 1)
                *used[j] =
                    (SrNonceUsed){ .key = get(unpacker), .counter = 1 + (head >> 1 & 1) };
        }
    }
}

/* ---- worlds ---- */

void
sr_world_unpack(const SrExplorePlan *plan, const uint8_t *bytes,
                const uint64_t signs[CLIENTS_MAX], World *world, Origin *origin)
{
    Unpacker unpacker = { .plan = plan, .world = world, .in = bytes, .name = origin->names };
    unsigned byte = get(&unpacker);

    origin->bytes = bytes;
    if (plan->sorts)
        memcpy(origin->signs, signs, plan->n_clients * sizeof *signs);
    memset(world, 0, offsetof(World, documents));
    memset(world->live, 0, plan->n_documents * sizeof *world->live);
    memset(world->server_clients, 0, plan->n_clients * sizeof *world->server_clients);
    memset(world->rejected, 0, plan->n_clients * sizeof *world->rejected);
    world->crashes = byte & 15;
    world->disconnects = (uint8_t) (byte >> 4);
    world->expirations = (uint8_t) get(&unpacker);
    world->master = plan->rotates ? plan->model->provider.keep_masters + 1 : 1;
    for (uint32_t i = 0; i < plan->n_documents; i++)
        unpack_document(&unpacker, i);
    unpack_clients(&unpacker, origin);
    unpack_store(&unpacker);
    unpack_nonces(&unpacker);
    world->n_keys = (uint8_t) unpacker.most_key;
}

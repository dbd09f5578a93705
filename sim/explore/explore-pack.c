/* A world as a few bytes: the same bytes for worlds that cannot be told apart.
 *
 * - Numbers that only name something (hints, keys, connections, requests) are given out anew, in
 *   the order in which a fixed walk meets them; connections keep their order, since a newer one
 *   replaces an older. A hint that nobody can ask for any more has no name and is left out,
 *   where the store is none that counts its keys.
 * - What nothing reads again is left out: who owns what is no longer being created, which hint
 *   was refused to a client that awaits no refusal, counters of sealings but for their order.
 * - Clients are connected in some order, and broadcasts follow it; but what goes to different
 *   clients goes on different links, so that the order makes no difference.
 * - Clients of one class are sorted (explore-order.c).
 *
 * sr_world_unpack() reads the bytes in the same order; what is left out comes back as zero, or as
 * what follows from the rest.
 *
 * A move changes one client, and now and then what others hear. Of a world that was unpacked the
 * bytes of each client are at hand, and in them hints and keys have the numbers that they have in
 * the world: where a client is as it was, they are copied, with the names that are given out now. */
#include "explore/explore-private.h"

#define NO_NAME 0

/* The bytes themselves are written through a pointer that every function takes and gives back: it
 * stays in a register, which nothing that is written can change. */
typedef struct {
    const SrExplorePlan *plan;
    const World *world;
    Order order;
    uint8_t hint_names[SLOTS_MAX + 2];
    uint8_t hints[SLOTS_MAX + 2]; /* by name */
    uint8_t n_hints, n_keys;
    uint8_t key_names[KEYS_MAX + 2];
} Packer;

static inline uint8_t *
put(uint8_t *out, unsigned byte)
{
    *out = (uint8_t) byte;
    return out + 1;
}

static inline unsigned
name_hint(Packer *packer, uint32_t hint)
{
    unsigned name = packer->hint_names[hint];

    if (name == NO_NAME && hint != SR_HINT_ABSENT) {
        name = ++packer->n_hints;
        packer->hint_names[hint] = (uint8_t) name;
        packer->hints[name] = (uint8_t) hint;
    }
    return name;
}

static inline unsigned
name_key(Packer *packer, uint32_t key)
{
    unsigned name = packer->key_names[key];

    if (name == NO_NAME && key != SR_KEY_ABSENT) {
        name = ++packer->n_keys;
        packer->key_names[key] = (uint8_t) name;
    }
    return name;
}

static inline uint8_t *
put_hint(Packer *packer, uint8_t *out, uint32_t hint)
{
    return put(out, name_hint(packer, hint));
}

static inline uint8_t *
put_key(Packer *packer, uint8_t *out, uint32_t key)
{
    return put(out, name_key(packer, key));
}

/* ---- documents ---- */

static uint8_t *
pack_standing(Packer *packer, uint8_t *out, const SrStanding *standing)
{
    unsigned place =
        standing->stands ? packer->order.place_of[standing->owner - SR_NODE_FIRST_CLIENT] : 0;

    out = put(out, (unsigned) (standing->stands != 0) |
                       (unsigned) (standing->active != 0) << 1 | place << 2);
    out = put_hint(packer, out, standing->stands ? standing->creation : SR_HINT_ABSENT);
    return put_hint(packer, out, standing->active ? standing->session : SR_HINT_ABSENT);
}

/* Returns: whether @standing is @expected, as far as it says something */
static bool
stands_as(const SrStanding *standing, const SrStanding *expected)
{
    return standing->stands == expected->stands && standing->active == expected->active &&
           (!standing->stands ||
            (standing->owner == expected->owner && standing->creation == expected->creation)) &&
           (!standing->active || standing->session == expected->session);
}

static bool
is_expected(const SrServerDocument *document, const SrCheckDocument *check)
{
    SrCheckDocument expected;

    sr_check_document_expect(document, &expected);
    return stands_as(&check->one_winner, &expected.one_winner) &&
           stands_as(&check->key_kept, &expected.key_kept) &&
           stands_as(&check->announced_once_established,
                     &expected.announced_once_established) &&
           stands_as(&check->nobody_stuck, &expected.nobody_stuck) &&
           check->previous_kept.active == expected.previous_kept.active &&
           check->previous_kept.outdated == expected.previous_kept.outdated &&
           check->previous_kept.over == expected.previous_kept.over;
}

static uint8_t *
pack_rejected(Packer *packer, uint8_t *out, const SrServerDocument *document)
{
    const SrServerRejected *rejected = packer->world->rejected;
    uint8_t *count = out++;

    *count = 0;
    for (uint32_t i = document->first_rejected; i != SR_NOBODY; i = rejected[i].next) {
        out = put(out, packer->order.place_of[i]);
        out = put_hint(packer, out, rejected[i].attempt);
        ++*count;
    }
    return out;
}

static uint8_t *
pack_document(Packer *packer, uint8_t *out, uint32_t index)
{
    const World *world = packer->world;
    const SrServerDocument *document = &world->documents[index];
    const SrCheckDocument *check = &world->check_documents[index];
    bool creating = document->phase == SR_PHASE_CREATING;
    bool expected = is_expected(document, check);

    out =
        put(out, document->phase | (unsigned) document->has_outdated << 2 |
                     (world->establish >> index & 1u) << 3 | (unsigned) expected << 4 |
                     (creating ? (unsigned) packer->order.place_of[document->owner] << 5 : 0));
    if (creating)
        out = put(out, packer->order.ranks[document->owner].owned);
    if (document->phase != SR_PHASE_NONE)
        out = put_hint(packer, out, document->hint);
    if (document->phase == SR_PHASE_ESTABLISHED) {
        out = put_hint(packer, out, document->content.hint);
        out = put_key(packer, out, document->content.key);
    }
    if (document->has_outdated) {
        out = put_hint(packer, out, document->outdated.hint);
        out = put_key(packer, out, document->outdated.key);
    }
    if (packer->plan->promotes)
        out = pack_rejected(packer, out, document);
    if (expected)
        return out;
    out = pack_standing(packer, out, &check->one_winner);
    out = pack_standing(packer, out, &check->key_kept);
    out = pack_standing(packer, out, &check->announced_once_established);
    out = pack_standing(packer, out, &check->nobody_stuck);
    out = put_hint(packer, out, check->previous_kept.active);
    out = put_hint(packer, out, check->previous_kept.outdated);
    return put(out, check->previous_kept.over);
}

/* ---- clients ---- */

static uint8_t *
pack_thing(Packer *packer, uint8_t *out, const Thing *thing)
{
    const SrClient *client = &packer->world->clients[thing->client];
    bool reason = thing->reason != SR_REASON_NONE;

    out = put(out, thing->type | (unsigned) reason << 5 | (unsigned) (thing->hint != 0) << 6 |
                       (unsigned) (thing->key != 0) << 7);
    out = put(out, thing->place | (unsigned) sr_role_of(client, thing->request) << 4 |
                       (unsigned) thing->expired << 7);
    out = put(out, thing->flags);
    if (reason)
        out = put(out, thing->reason);
    if (thing->hint != 0)
        out = put_hint(packer, out, thing->hint);
    if (thing->key != 0)
        out = put_key(packer, out, thing->key);
    if (thing->place == AT_DETECT)
        out = put(out, sr_thing_rank(packer->plan, packer->world, thing));
    return out;
}

static uint8_t *
pack_things(Packer *packer, uint8_t *out, uint32_t client)
{
    const Things *things = &packer->world->things[client];

    out = put(out, things->n);
    for (unsigned i = 0; i < things->n; i++)
        out = pack_thing(packer, out, &things->list[i]);
    return out;
}

static bool
awaits_refusal(const World *world, uint32_t client)
{
    for (unsigned i = 0; i < world->things[client].n; i++)
        if (world->things[client].list[i].type == SR_MSG_KEY_REFUSED)
            return true;
    return false;
}

/* A name that is often absent, and then only a bit of @mask says so. */
static inline uint8_t *
put_field(uint8_t *out, unsigned *mask, unsigned bit, unsigned name)
{
    bool has = name != NO_NAME;

    *out = (uint8_t) name;
    *mask |= (unsigned) has << bit;
    return out + has;
}

static uint8_t *
pack_fields(Packer *packer, uint8_t *out, uint32_t index)
{
    const World *world = packer->world;
    const SrClient *client = &world->clients[index];
    const SrCheckClient *check = &world->check_clients[index];
    const SrCheckRest rest = sr_check_rest(check, &world->check_rests[index]);
    uint8_t *at = out;
    unsigned mask = 0;

    out += 2;
    out = put_field(out, &mask, 0, name_hint(packer, client->known));
    out = put_field(out, &mask, 1, name_hint(packer, client->target));
    out = put_field(out, &mask, 2, name_key(packer, client->target_key));
    out = put_field(out, &mask, 3, name_hint(packer, client->own_hint));
    out = put_field(out, &mask, 4, name_key(packer, client->own_key));
    out = put_field(out, &mask, 5, name_hint(packer, client->old_hint));
    out = put_field(out, &mask, 6, name_key(packer, client->old_key));
    out = put_field(out, &mask, 7, name_key(packer, client->old_content_key));
    if (packer->plan->settings[index].settle)
        out = put_field(out, &mask, 8, name_hint(packer, client->settled));
    out = put_field(out, &mask, 9, name_hint(packer, check->key_found_announced));
    if (rest.key_found_refused != SR_HINT_ABSENT && awaits_refusal(world, index))
        out = put_field(out, &mask, 10, name_hint(packer, rest.key_found_refused));
    for (unsigned i = 0; i < SR_CLIENT_KEYS_HELD; i++) {
        const SrHeldKey *held = &client->held[(client->held_next + i) % SR_CLIENT_KEYS_HELD];

        if (held->key == SR_KEY_ABSENT)
            continue;
        out = put_field(out, &mask, 11 + i, name_hint(packer, held->hint));
        out = put_key(packer, out, held->key);
    }
    at[0] = (uint8_t) mask;
    at[1] = (uint8_t) (mask >> 8);
    return out;
}

static bool
is_client_expected(const World *world, uint32_t index)
{
    SrCheckClient expected = world->check_clients[index];

    sr_check_client_expect(&world->clients[index], &world->server_clients[index], &expected);
    return memcmp(&expected, &world->check_clients[index], sizeof expected) == 0;
}

static uint8_t *
pack_client(Packer *packer, uint8_t *out, uint32_t index)
{
    const World *world = packer->world;
    const SrClient *client = &world->clients[index];
    const SrServerClient *known = &world->server_clients[index];
    const SrCheckClient *check = &world->check_clients[index];
    const SrExploreClock *clock = &packer->plan->clock;
    const Ranks *ranks = &packer->order.ranks[index];
    bool expected = is_client_expected(world, index);
    unsigned derived = client->held_derived;

    /* The ring of keys begins with the oldest. */
    derived =
        (derived >> client->held_next | derived << (SR_CLIENT_KEYS_HELD - client->held_next)) &
        ((1u << SR_CLIENT_KEYS_HELD) - 1);
    out = put(out, client->state | (unsigned) client->has_token << 5 |
                       (unsigned) client->fresh_token << 6 | (unsigned) client->has_old << 7);
    out = put(out, world->timers[index] | (unsigned) (client->awaits != 0) << 4 |
                       (unsigned) (client->awaits_old != 0) << 5 |
                       (unsigned) (client->renews != 0) << 6 |
                       (unsigned) (client->own_counter != 0) << 7);
    out = put(out, world->exhausted[index] | derived << 2 |
                       (unsigned) (client->has_token && client->token == clock->expired) << 6 |
                       (unsigned) (known->conn != 0 && known->token == clock->expired) << 7);
    out = put(out, ranks->conn | (unsigned) ranks->known << 3 |
                       (unsigned) check->all_collaborate << 6 | (unsigned) expected << 7);
    out = put(out, ranks->closed | (unsigned) check->waits << 3 |
                       (unsigned) check->key_found_unknown << 7);
    if (packer->plan->counts) {
        out = put(out, client->tries);
        out = put(out, client->tries_old);
        out = put(out, client->connect_tries);
        out = put(out, client->reconnect_tries);
    }
    if (!expected) {
        out = put(out, check->state | (unsigned) check->started << 5);
        out = put(out, check->token_first != 0 ? ranks->accepted + 1u : 0);
    }
    out = pack_fields(packer, out, index);
    return pack_things(packer, out, index);
}

/* A client that is as it was when it was unpacked. */
static uint8_t *
copy_client(Packer *packer, uint8_t *out, const Origin *from, uint32_t index)
{
    const PackedClient *client = &from->clients[index];

    memcpy(out, &from->bytes[client->at], client->n);
    for (unsigned i = 0; i < client->n_names; i++) {
        unsigned name = from->names[client->first_name + i];
        uint8_t *byte = &out[name >> 1];

        *byte = (uint8_t) (name & 1 ? name_key(packer, *byte) : name_hint(packer, *byte));
    }
    return out + client->n;
}

/* ---- the store ---- */

/* Returns: whether @slot got its hint at the latest instant */
static bool
is_at_tick(const Packer *packer, const SrKeySlot *slot)
{
    return slot->text == SR_HINT_TEXT_TIMESTAMP &&
           sr_provider_tick(&packer->plan->model->provider, slot) == packer->world->tick;
}

/* Hints that matter although nobody speaks of them. */
static void
name_unused(Packer *packer)
{
    const World *world = packer->world;

    if (packer->plan->keeps_unused)
        for (uint32_t i = 0; i < packer->plan->n_documents; i++)
            for (uint32_t hint = world->live[i].first; hint != 0;
                 hint = world->slots[hint].next)
                name_hint(packer, hint);
    if (packer->plan->repeats)
        for (uint32_t hint = 1; hint <= world->n_slots; hint++)
            if (world->slots[hint].text == SR_HINT_TEXT_EMPTY ||
                is_at_tick(packer, &world->slots[hint]))
                name_hint(packer, hint);
}

static uint8_t *
pack_slot(Packer *packer, uint8_t *out, uint32_t hint)
{
    const World *world = packer->world;
    const SrExplorePlan *plan = packer->plan;
    const SrKeySlot *slot = &world->slots[hint];
    bool over = sr_hint_is_over(plan, world, hint), live = slot->live && !over,
         discarded = world->check_hints[hint].key_kept && !over;
    uint32_t stable = world->check_hints[hint].hint_stable,
             others = plan->model->provider.replicas - 1;
    bool same = live && stable == slot->key;

    out = put(out, slot->text | (unsigned) live << 2 | (unsigned) discarded << 3 |
                       (unsigned) world->aged[hint] << 4 |
                       (unsigned) is_at_tick(packer, slot) << 5 |
                       (stable == SR_KEY_ABSENT ? 0u
                        : same                  ? 1u
                                                : 2u)
                           << 6);
    if (plan->n_documents > 1)
        out = put(out, slot->document);
    if (live)
        out = put_key(packer, out, slot->key);
    if (stable != SR_KEY_ABSENT && !same)
        out = put_key(packer, out, stable);
    if (plan->rotates)
        out = put(
            out, MIN(world->master - world->masters[hint], plan->model->provider.keep_masters));
    for (uint32_t i = 0; i < others; i++)
        out = put_key(packer, out, world->replica_keys[hint * others + i]);
    return out;
}

static uint8_t *
pack_replications(Packer *packer, uint8_t *out)
{
    const Things *things = &packer->world->things[CLIENTS_MAX];

    out = put(out, things->n);
    for (unsigned i = 0; i < things->n; i++) {
        out = put(out, things->list[i].conn);
        out = put_hint(packer, out, things->list[i].hint);
        out = put_key(packer, out, things->list[i].key);
    }
    return out;
}

/* Live keys in the order of making. */
static uint8_t *
pack_live(const Packer *packer, uint8_t *out, uint32_t document)
{
    const World *world = packer->world;
    uint8_t *count = out++;

    *count = 0;
    for (uint32_t hint = world->live[document].first; hint != 0; hint = world->slots[hint].next)
        if (packer->hint_names[hint] != NO_NAME) {
            out = put(out, packer->hint_names[hint]);
            ++*count;
        }
    return out;
}

static uint8_t *
pack_store(Packer *packer, uint8_t *out)
{
    const SrExplorePlan *plan = packer->plan;

    if (plan->model->provider.replicas > 1)
        out = pack_replications(packer, out);
    name_unused(packer);
    out = put(out, packer->n_hints);
    for (unsigned name = 1; name <= packer->n_hints; name++)
        out = pack_slot(packer, out, packer->hints[name]);
    for (uint32_t i = 0; plan->keeps_order && i < plan->n_documents; i++)
        out = pack_live(packer, out, i);
    return out;
}

/* Sealings: with which keys each client has sealed that it could still be given again. Counters
 * only rise, so that of each it is enough to know whether it is higher than all that comes. */
static uint8_t *
pack_nonces(const Packer *packer, uint8_t *out)
{
    const World *world = packer->world;
    uint8_t *mask = out++;

    *mask = 0;
    for (uint32_t place = 0; place < packer->plan->n_clients; place++) {
        uint32_t index = packer->order.clients[place];
        const SrCheckClient *check = &world->check_clients[index];
        const SrCheckRest rest = sr_check_rest(check, &world->check_rests[index]);
        const SrNonceUsed used[2] = { check->nonce_unique, rest.nonce_unique };
        uint8_t *at = out + 1;
        unsigned head = 0;

        for (unsigned i = 0; i < 2; i++) {
            bool again = used[i].counter > world->clients[index].seals;

            if (used[i].key == SR_KEY_ABSENT || packer->key_names[used[i].key] == NO_NAME)
                continue;
            at = put(at, packer->key_names[used[i].key]);
            head |= (1u | (unsigned) again << 1) << (2 * i);
        }
        if (head == 0)
            continue;
        *out = (uint8_t) head;
        out = at;
        *mask |= (uint8_t) (1u << place);
    }
    return out;
}

/* ---- worlds ---- */

/* Returns: whether what others know of client @index is as it was */
static bool
is_known_alike(const SrExplorePlan *plan, const World *world, const World *was, uint32_t index)
{
    const SrServerClient *x = &world->server_clients[index], *y = &was->server_clients[index];

    return x->conn == y->conn && x->closed == y->closed && x->token == y->token &&
           memcmp(&world->check_clients[index], &was->check_clients[index],
                  sizeof *was->check_clients) == 0 &&
           memcmp(&world->check_rests[index], &was->check_rests[index],
                  sizeof *was->check_rests) == 0 &&
           sr_client_aside(plan, world, index) == sr_client_aside(plan, was, index);
}

/* Returns: bits of the clients of which something has changed, those that were touched among them */
static uint32_t
find_changed(const SrExplorePlan *plan, const World *world, const World *was, uint32_t touched)
{
    uint32_t changed = touched;

    for (uint32_t i = 0; i < plan->n_clients; i++)
        if (!(touched >> i & 1) && !is_known_alike(plan, world, was, i))
            changed |= 1u << i;
    return changed;
}

size_t
sr_world_pack(const SrExplorePlan *plan, const World *world, const Origin *from,
              uint32_t touched, uint8_t out[PACKED_MAX], Packed *packed)
{
    uint32_t changed = from != NULL ? find_changed(plan, world, &from->before, touched)
                                    : (1u << CLIENTS_MAX) - 1;
    uint8_t *at = out;
    Packer packer;

    packer.plan = plan;
    packer.world = world;
    packer.n_hints = packer.n_keys = 0;
    memset(packer.hint_names, 0, sizeof packer.hint_names);
    memset(packer.key_names, 0, sizeof packer.key_names);
    sr_order_find(plan, world, from, changed, &packer.order);
    for (uint32_t i = 1; i <= plan->n_previous; i++)
        name_hint(&packer, i);
    at = put(at, world->crashes | (unsigned) world->disconnects << 4);
    at = put(at, world->expirations);
    for (uint32_t i = 0; i < plan->n_documents; i++)
        at = pack_document(&packer, at, i);
    for (uint32_t i = 0; i < plan->n_clients; i++) {
        uint32_t client = packer.order.clients[i];

        if (changed >> client & 1)
            at = pack_client(&packer, at, client);
        else
            at = copy_client(&packer, at, from, client);
        packed->clients[i] = (uint8_t) client;
        if (plan->sorts)
            packed->signs[i] = packer.order.settled[client];
    }
    at = pack_store(&packer, at);
    at = pack_nonces(&packer, at);
    g_assert(at - out <= PACKED_MAX);
    return (size_t) (at - out);
}

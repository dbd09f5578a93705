/* A world as a few octets: the same octets for worlds that cannot be told apart.
 *
 * - Numbers that only name something (hints, keys, connections, requests) are given out anew, in
 *   the order in which a fixed walk meets them; connections keep their order, since a newer one
 *   replaces an older. A hint that nobody can ask for any more has no name and is left out,
 *   where the store is none that counts its keys.
 * - What nothing reads again is left out: who owns what is no longer being created, which hint
 *   was refused to a client that awaits no refusal, counters of sealings but for their order.
 * - Clients are connected in some order, and broadcasts follow it; but what goes to different
 *   clients goes on different links, so that the order makes no difference.
 * - Clients of one class are sorted by what each of them is like (sign()). Any order would do:
 *   to permute clients of equal settings is to give them other names. Two that sign alike may
 *   stand either way, so that now and then a world is stored twice; never are two taken for one.
 *
 * sr_world_unpack() reads the octets in the same order; what is left out comes back as zero, or as
 * what follows from the rest. */
#include "driver/explore-private.h"

#define NO_NAME 0

typedef struct {
    const SrExplorePlan *plan;
    const World *world;
    uint8_t *out;
    uint8_t order[CLIENTS_MAX];    /* the client at each place */
    uint8_t place_of[CLIENTS_MAX]; /* of a client */
    /* Connections of a client, by place of mention. */
    struct {
        uint8_t conn, known, closed, owned, accepted;
    } ranks[CLIENTS_MAX];
    uint8_t hint_names[SLOTS_MAX + 2];
    uint8_t hints[SLOTS_MAX + 2]; /* by name */
    uint8_t n_hints, n_keys;
    uint8_t key_names[KEYS_MAX + 2];
    uint8_t described[SLOTS_MAX + 2]; /* hints, without their names */
} Packer;

static inline void
put(Packer *packer, unsigned octet)
{
    *packer->out++ = (uint8_t) octet;
}

static inline unsigned
name_hint(Packer *packer, uint32_t hint)
{
    if (hint == SR_HINT_ABSENT)
        return NO_NAME;
    if (packer->hint_names[hint] == NO_NAME) {
        packer->hint_names[hint] = ++packer->n_hints;
        packer->hints[packer->n_hints] = (uint8_t) hint;
    }
    return packer->hint_names[hint];
}

static inline unsigned
name_key(Packer *packer, uint32_t key)
{
    if (key == SR_KEY_ABSENT)
        return NO_NAME;
    if (packer->key_names[key] == NO_NAME)
        packer->key_names[key] = ++packer->n_keys;
    return packer->key_names[key];
}

/* ---- connections ---- */

static uint32_t
owned_conn(const SrExplorePlan *plan, const World *world, uint32_t client)
{
    const SrServerDocument *document = &world->documents[plan->client_document[client]];

    return document->phase == SR_PHASE_CREATING && document->owner == client
               ? document->owner_conn
               : 0;
}

/* Returns: the rank of @value among the different numbers of @values, from 1; 0 for 0 */
static uint8_t
rank_of(const uint32_t *values, unsigned n, uint32_t value)
{
    uint8_t rank = value != 0;

    for (unsigned i = 0; i < n; i++) {
        bool first = values[i] != 0 && values[i] < value;

        for (unsigned j = 0; first && j < i; j++)
            first = values[j] != values[i];
        rank = (uint8_t) (rank + first);
    }
    return rank;
}

/* The numbers of connections of @client that are compared with each other. Returns: how many */
static unsigned
list_conns(const SrExplorePlan *plan, const World *world, uint32_t client,
           uint32_t values[THINGS_MAX + 5])
{
    const SrServerClient *known = &world->server_clients[client];
    uint32_t accepted = world->check_clients[client].token_first, lowest = UINT32_MAX;
    unsigned n = 0;

    values[n++] = world->clients[client].conn;
    values[n++] = known->conn;
    values[n++] = owned_conn(plan, world, client);
    values[n++] = accepted != 0 ? accepted - 1 : 0;
    if (plan->detects)
        for (unsigned i = 0; i < world->things[client].n; i++)
            if (world->things[client].list[i].place == AT_DETECT)
                values[n++] = world->things[client].list[i].conn;
    for (unsigned i = 0; i < n; i++)
        if (values[i] != 0 && values[i] < lowest)
            lowest = values[i];
    /* Only whether it is at least one of the others is ever asked. */
    values[n++] = known->closed >= lowest ? known->closed : 0;
    return n;
}

static void
rank_conns(Packer *packer, uint32_t client)
{
    const World *world = packer->world;
    uint32_t conn = world->clients[client].conn, known = world->server_clients[client].conn,
             owned = owned_conn(packer->plan, world, client),
             accepted = world->check_clients[client].token_first;
    uint32_t values[THINGS_MAX + 5];
    unsigned n;

    /* Most of the time there is one connection, or none. */
    if (!packer->plan->detects && (known == 0 || known == conn) &&
        (owned == 0 || owned == conn) && (accepted == 0 || accepted == conn + 1)) {
        packer->ranks[client].conn = conn != 0;
        packer->ranks[client].known = known != 0;
        packer->ranks[client].owned = owned != 0;
        packer->ranks[client].accepted = accepted != 0;
        packer->ranks[client].closed =
            conn != 0 && world->server_clients[client].closed >= conn;
        return;
    }
    n = list_conns(packer->plan, world, client, values);
    packer->ranks[client].conn = rank_of(values, n, values[0]);
    packer->ranks[client].known = rank_of(values, n, values[1]);
    packer->ranks[client].owned = rank_of(values, n, values[2]);
    packer->ranks[client].accepted = rank_of(values, n, values[3]);
    packer->ranks[client].closed = rank_of(values, n, values[n - 1]);
}

static uint8_t
rank_thing(const Packer *packer, const Thing *thing)
{
    uint32_t values[THINGS_MAX + 5];
    unsigned n = list_conns(packer->plan, packer->world, thing->client, values);

    return rank_of(values, n, thing->conn);
}

/* ---- the order of clients ---- */

static inline uint64_t
mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 29;
}

/* Returns: what an answer to @request is to @client */
static unsigned
role_of(const SrClient *client, unsigned request)
{
    if (request == 0)
        return ROLE_NONE;
    if (request < client->first_request)
        return ROLE_GONE;
    if (request == client->awaits)
        return ROLE_AWAITED;
    if (request == client->awaits_old)
        return ROLE_AWAITED_OLD;
    return request == client->renews ? ROLE_RENEWS : ROLE_LATE;
}

/* Returns: whether it matters no longer if the key under @hint is there: a session is
 * established under another, and nobody is asking for this one */
static bool
is_over(const Packer *packer, uint32_t hint)
{
    const SrExplorePlan *plan = packer->plan;
    const World *world = packer->world;
    const SrServerDocument *document = &world->documents[world->slots[hint].document];

    if (!plan->settles || !plan->calm || !plan->reduction ||
        document->phase != SR_PHASE_ESTABLISHED || document->hint == hint)
        return false;
    for (uint32_t i = 0; i < plan->n_clients; i++) {
        const Things *things = &world->things[i];

        if (world->clients[i].target == hint)
            return false;
        for (unsigned j = 0; j < things->n; j++)
            if (things->list[j].type == SR_MSG_KEY_REQUEST && things->list[j].hint == hint)
                return false;
    }
    return true;
}

/* What is to be said of hints without their names. */
static void
describe_hints(Packer *packer)
{
    const World *world = packer->world;

    packer->described[SR_HINT_ABSENT] = 0;
    for (uint32_t hint = 1; hint <= world->n_slots; hint++) {
        const SrServerDocument *document = &world->documents[world->slots[hint].document];

        packer->described[hint] =
            (uint8_t) (1u |
                       (unsigned) (document->phase != SR_PHASE_NONE && document->hint == hint)
                           << 1 |
                       (unsigned) (world->slots[hint].live && !is_over(packer, hint)) << 2 |
                       (unsigned) (document->has_outdated && document->outdated.hint == hint)
                           << 3 |
                       (unsigned) (world->check_hints[hint].key_kept && !is_over(packer, hint))
                           << 4 |
                       (unsigned) world->aged[hint] << 5);
    }
}

static uint64_t
sign_things(const Packer *packer, uint32_t index)
{
    const World *world = packer->world;
    uint64_t hash = 0;

    for (unsigned i = 0; i < world->things[index].n; i++) {
        const Thing *thing = &world->things[index].list[i];

        hash = mix(hash, (uint64_t) thing->type | (uint64_t) thing->reason << 8 |
                             (uint64_t) thing->place << 16 |
                             (uint64_t) packer->described[thing->hint] << 24 |
                             (uint64_t) role_of(&world->clients[index], thing->request) << 32 |
                             (uint64_t) thing->expired << 40);
    }
    return hash;
}

static uint64_t
sign(const Packer *packer, uint32_t index)
{
    const World *world = packer->world;
    const SrClient *client = &world->clients[index];
    const SrServerDocument *document = &world->documents[packer->plan->client_document[index]];
    const SrCheckClient *check = &world->check_clients[index];
    uint64_t hash = mix(
        client->state,
        (uint64_t) world->timers[index] | (uint64_t) world->exhausted[index] << 8 |
            (uint64_t) check->waits << 16 | (uint64_t) check->key_found_unknown << 24 |
            (uint64_t) check->all_collaborate << 25 | (uint64_t) (client->awaits != 0) << 26 |
            (uint64_t) (client->own_counter != 0) << 27 | (uint64_t) client->has_token << 28 |
            (uint64_t) client->fresh_token << 29 | (uint64_t) client->has_old << 30 |
            (uint64_t) (document->owner == index && document->phase == SR_PHASE_CREATING)
                << 31);

    hash = mix(hash, packer->ranks[index].conn | (uint64_t) packer->ranks[index].known << 8 |
                         (uint64_t) packer->ranks[index].closed << 16 |
                         (uint64_t) packer->ranks[index].owned << 24 |
                         (uint64_t) (client->token == packer->plan->clock.expired) << 32 |
                         (uint64_t) world->rejected[index].listed << 33);
    hash = mix(hash, (uint64_t) packer->described[client->known] |
                         (uint64_t) packer->described[client->target] << 6 |
                         (uint64_t) packer->described[client->own_hint] << 12 |
                         (unsigned) (client->own_key != 0) << 18 |
                         (unsigned) (client->target_key != 0) << 19 |
                         (unsigned) (client->old_key != 0) << 20 |
                         (unsigned) (client->settled == client->target) << 21);
    for (unsigned i = 0; i < SR_CLIENT_KEYS_HELD; i++)
        hash = mix(hash, client->held[i].key != SR_KEY_ABSENT
                             ? (uint64_t) packer->described[client->held[i].hint]
                             : 0);
    return mix(hash, sign_things(packer, index));
}

static void
sort_clients(Packer *packer)
{
    const SrExplorePlan *plan = packer->plan;
    uint64_t signs[CLIENTS_MAX];

    for (uint32_t i = 0; i < plan->n_clients; i++)
        packer->order[i] = (uint8_t) i;
    if (plan->symmetry && plan->n_classes < plan->n_clients) {
        describe_hints(packer);
        for (uint32_t i = 0; i < plan->n_clients; i++)
            signs[i] = sign(packer, i);
        /* Members of a class change places among themselves: sort the sequence of each. */
        for (uint32_t i = 1; i < plan->n_clients; i++)
            for (uint32_t at = i; at > 0;) {
                uint32_t before = at;

                while (before > 0 && plan->class_of[before - 1] != plan->class_of[at])
                    before--;
                if (before == 0 || signs[packer->order[before - 1]] <= signs[packer->order[at]])
                    break;
                uint8_t other = packer->order[before - 1];

                packer->order[before - 1] = packer->order[at];
                packer->order[at] = other;
                at = before - 1;
            }
    }
    for (uint32_t i = 0; i < plan->n_clients; i++)
        packer->place_of[packer->order[i]] = (uint8_t) i;
}

/* ---- documents ---- */

static SrStanding
clean_standing(const SrStanding *standing)
{
    return (SrStanding){
        .owner = standing->stands ? standing->owner : 0,
        .creation = standing->stands ? standing->creation : 0,
        .session = standing->active ? standing->session : 0,
        .stands = standing->stands,
        .active = standing->active,
    };
}

static void
pack_standing(Packer *packer, const SrStanding *given)
{
    SrStanding standing = clean_standing(given);

    put(packer,
        (unsigned) standing.stands | (unsigned) standing.active << 1 |
            (standing.stands
                 ? (unsigned) packer->place_of[standing.owner - SR_NODE_FIRST_CLIENT] << 2
                 : 0));
    put(packer, name_hint(packer, standing.creation));
    put(packer, name_hint(packer, standing.session));
}

static bool
is_expected(const SrServerDocument *document, const SrCheckDocument *check)
{
    SrCheckDocument expected, clean = *check;

    sr_check_document_expect(document, &expected);
    clean.one_winner = clean_standing(&check->one_winner);
    clean.key_kept = clean_standing(&check->key_kept);
    clean.announced_once_established = clean_standing(&check->announced_once_established);
    clean.nobody_stuck = clean_standing(&check->nobody_stuck);
    return memcmp(&expected, &clean, sizeof clean) == 0;
}

static void
pack_document(Packer *packer, uint32_t index)
{
    const World *world = packer->world;
    const SrServerDocument *document = &world->documents[index];
    const SrCheckDocument *check = &world->check_documents[index];
    bool creating = document->phase == SR_PHASE_CREATING;
    bool expected = is_expected(document, check);

    put(packer, document->phase | (unsigned) document->has_outdated << 2 |
                    (world->establish >> index & 1u) << 3 | (unsigned) expected << 4 |
                    (creating ? (unsigned) packer->place_of[document->owner] << 5 : 0));
    if (creating)
        put(packer, packer->ranks[document->owner].owned);
    if (document->phase != SR_PHASE_NONE)
        put(packer, name_hint(packer, document->hint));
    if (document->phase == SR_PHASE_ESTABLISHED) {
        put(packer, name_hint(packer, document->content.hint));
        put(packer, name_key(packer, document->content.key));
    }
    if (document->has_outdated) {
        put(packer, name_hint(packer, document->outdated.hint));
        put(packer, name_key(packer, document->outdated.key));
    }
    if (packer->plan->model->server.on_owner_lost == 1) {
        unsigned n = 0;

        for (uint32_t i = document->first_rejected; i != SR_NOBODY; i = world->rejected[i].next)
            n++;
        put(packer, n);
        for (uint32_t i = document->first_rejected; i != SR_NOBODY;
             i = world->rejected[i].next) {
            put(packer, packer->place_of[i]);
            put(packer, name_hint(packer, world->rejected[i].attempt));
        }
    }
    if (expected)
        return;
    pack_standing(packer, &check->one_winner);
    pack_standing(packer, &check->key_kept);
    pack_standing(packer, &check->announced_once_established);
    pack_standing(packer, &check->nobody_stuck);
    put(packer, name_hint(packer, check->previous_kept.active));
    put(packer, name_hint(packer, check->previous_kept.outdated));
    put(packer, check->previous_kept.over);
}

/* ---- clients ---- */

static void
pack_thing(Packer *packer, const Thing *thing)
{
    const SrClient *client = &packer->world->clients[thing->client];
    bool reason = thing->reason != SR_REASON_NONE;

    put(packer, thing->type | (unsigned) reason << 5 | (unsigned) (thing->hint != 0) << 6 |
                    (unsigned) (thing->key != 0) << 7);
    put(packer,
        thing->place | role_of(client, thing->request) << 4 | (unsigned) thing->expired << 7);
    put(packer, thing->flags);
    if (reason)
        put(packer, thing->reason);
    if (thing->hint != 0)
        put(packer, name_hint(packer, thing->hint));
    if (thing->key != 0)
        put(packer, name_key(packer, thing->key));
    if (thing->place == AT_DETECT)
        put(packer, rank_thing(packer, thing));
}

static void
pack_things(Packer *packer, uint32_t client)
{
    const Things *things = &packer->world->things[client];

    put(packer, things->n);
    for (unsigned i = 0; i < things->n; i++)
        pack_thing(packer, &things->list[i]);
}

static bool
awaits_refusal(const World *world, uint32_t client)
{
    for (unsigned i = 0; i < world->things[client].n; i++)
        if (world->things[client].list[i].type == SR_MSG_KEY_REFUSED)
            return true;
    return false;
}

static void
put_field(Packer *packer, unsigned *mask, unsigned bit, unsigned name)
{
    if (name == NO_NAME)
        return;
    *mask |= 1u << bit;
    put(packer, name);
}

static void
pack_fields(Packer *packer, uint32_t index)
{
    const World *world = packer->world;
    const SrClient *client = &world->clients[index];
    const SrCheckClient *check = &world->check_clients[index];
    const SrCheckRest rest = sr_check_rest(check, &world->check_rests[index]);
    uint8_t *at = packer->out;
    unsigned mask = 0;

    packer->out += 2;
    put_field(packer, &mask, 0, name_hint(packer, client->known));
    put_field(packer, &mask, 1, name_hint(packer, client->target));
    put_field(packer, &mask, 2, name_key(packer, client->target_key));
    put_field(packer, &mask, 3, name_hint(packer, client->own_hint));
    put_field(packer, &mask, 4, name_key(packer, client->own_key));
    put_field(packer, &mask, 5, name_hint(packer, client->old_hint));
    put_field(packer, &mask, 6, name_key(packer, client->old_key));
    put_field(packer, &mask, 7, name_key(packer, client->old_content_key));
    if (packer->plan->settings[index].settle)
        put_field(packer, &mask, 8, name_hint(packer, client->settled));
    put_field(packer, &mask, 9, name_hint(packer, check->key_found_announced));
    if (rest.key_found_refused != SR_HINT_ABSENT && awaits_refusal(world, index))
        put_field(packer, &mask, 10, name_hint(packer, rest.key_found_refused));
    for (unsigned i = 0; i < SR_CLIENT_KEYS_HELD; i++) {
        const SrHeldKey *held = &client->held[(client->held_next + i) % SR_CLIENT_KEYS_HELD];

        if (held->key == SR_KEY_ABSENT)
            continue;
        put_field(packer, &mask, 11 + i, name_hint(packer, held->hint));
        put(packer, name_key(packer, held->key));
    }
    at[0] = (uint8_t) mask;
    at[1] = (uint8_t) (mask >> 8);
}

static bool
is_client_expected(const World *world, uint32_t index)
{
    SrCheckClient expected = world->check_clients[index];

    sr_check_client_expect(&world->clients[index], &world->server_clients[index], &expected);
    return memcmp(&expected, &world->check_clients[index], sizeof expected) == 0;
}

static void
pack_client(Packer *packer, uint32_t index)
{
    const World *world = packer->world;
    const SrClient *client = &world->clients[index];
    const SrServerClient *known = &world->server_clients[index];
    const SrCheckClient *check = &world->check_clients[index];
    const SrExploreClock *clock = &packer->plan->clock;
    bool expected = is_client_expected(world, index);
    unsigned derived = client->held_derived;

    /* The ring of keys begins with the oldest. */
    derived =
        (derived >> client->held_next | derived << (SR_CLIENT_KEYS_HELD - client->held_next)) &
        ((1u << SR_CLIENT_KEYS_HELD) - 1);
    put(packer, client->state | (unsigned) client->has_token << 5 |
                    (unsigned) client->fresh_token << 6 | (unsigned) client->has_old << 7);
    put(packer, world->timers[index] | (unsigned) (client->awaits != 0) << 4 |
                    (unsigned) (client->awaits_old != 0) << 5 |
                    (unsigned) (client->renews != 0) << 6 |
                    (unsigned) (client->own_counter != 0) << 7);
    put(packer, world->exhausted[index] | derived << 2 |
                    (unsigned) (client->has_token && client->token == clock->expired) << 6 |
                    (unsigned) (known->conn != 0 && known->token == clock->expired) << 7);
    put(packer, packer->ranks[index].conn | (unsigned) packer->ranks[index].known << 3 |
                    (unsigned) check->all_collaborate << 6 | (unsigned) expected << 7);
    put(packer, packer->ranks[index].closed | (unsigned) check->waits << 3 |
                    (unsigned) check->key_found_unknown << 7);
    if (!expected) {
        put(packer, check->state | (unsigned) check->started << 5);
        put(packer, check->token_first != 0 ? packer->ranks[index].accepted + 1u : 0);
    }
    pack_fields(packer, index);
    pack_things(packer, index);
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

static void
pack_slot(Packer *packer, uint32_t hint)
{
    const World *world = packer->world;
    const SrExplorePlan *plan = packer->plan;
    bool over = is_over(packer, hint);
    SrKeySlot here = world->slots[hint];
    const SrKeySlot *slot = &here;
    const SrCheckHint found = { .hint_stable = world->check_hints[hint].hint_stable,
                                .key_kept = !over && world->check_hints[hint].key_kept };
    const SrCheckHint *check = &found;
    uint32_t others = plan->model->provider.replicas - 1;
    here.live = here.live && !over;
    bool same = slot->live && check->hint_stable == slot->key;

    put(packer, slot->text | (unsigned) slot->live << 2 | (unsigned) check->key_kept << 3 |
                    (unsigned) world->aged[hint] << 4 |
                    (unsigned) is_at_tick(packer, slot) << 5 |
                    (check->hint_stable == SR_KEY_ABSENT ? 0u
                     : same                              ? 1u
                                                         : 2u)
                        << 6);
    if (plan->n_documents > 1)
        put(packer, slot->document);
    if (slot->live)
        put(packer, name_key(packer, slot->key));
    if (check->hint_stable != SR_KEY_ABSENT && !same)
        put(packer, name_key(packer, check->hint_stable));
    if (plan->rotates)
        put(packer,
            MIN(world->master - world->masters[hint], plan->model->provider.keep_masters));
    for (uint32_t i = 0; i < others; i++)
        put(packer, name_key(packer, world->replica_keys[hint * others + i]));
}

static void
pack_replications(Packer *packer)
{
    const Things *things = &packer->world->things[CLIENTS_MAX];

    put(packer, things->n);
    for (unsigned i = 0; i < things->n; i++) {
        put(packer, things->list[i].conn);
        put(packer, name_hint(packer, things->list[i].hint));
        put(packer, name_key(packer, things->list[i].key));
    }
}

static void
pack_store(Packer *packer)
{
    const World *world = packer->world;
    const SrExplorePlan *plan = packer->plan;

    if (plan->model->provider.replicas > 1)
        pack_replications(packer);
    name_unused(packer);
    put(packer, packer->n_hints);
    for (unsigned name = 1; name <= packer->n_hints; name++)
        pack_slot(packer, packer->hints[name]);
    for (uint32_t i = 0; plan->keeps_order && i < plan->n_documents; i++) {
        uint8_t *count = packer->out++;

        *count = 0;
        for (uint32_t hint = world->live[i].first; hint != 0; hint = world->slots[hint].next)
            if (packer->hint_names[hint] != NO_NAME) {
                put(packer, packer->hint_names[hint]);
                ++*count;
            }
    }
}

/* Sealings: with which keys each client has sealed that it could still be given again. Counters
 * only rise, so that of each it is enough to know whether it is higher than all that comes. */
static void
pack_nonces(Packer *packer)
{
    const SrExplorePlan *plan = packer->plan;
    uint8_t *mask = packer->out++;

    *mask = 0;
    for (uint32_t place = 0; place < plan->n_clients; place++) {
        uint32_t index = packer->order[place];
        const SrCheckClient *check = &packer->world->check_clients[index];
        const SrCheckRest rest = sr_check_rest(check, &packer->world->check_rests[index]);
        const SrNonceUsed used[2] = { check->nonce_unique, rest.nonce_unique };
        uint8_t *head = packer->out++;

        *head = 0;
        for (unsigned i = 0; i < 2; i++) {
            if (used[i].key == SR_KEY_ABSENT || packer->key_names[used[i].key] == NO_NAME)
                continue;
            put(packer, packer->key_names[used[i].key]);
            bool again = used[i].counter > packer->world->clients[index].seals;

            *head = (uint8_t) (*head | (1u | (unsigned) again << 1) << (2 * i));
        }
        if (*head == 0)
            packer->out--;
        else
            *mask |= (uint8_t) (1u << place);
    }
}

size_t
sr_world_pack(const SrExplorePlan *plan, const World *world, uint8_t out[PACKED_MAX],
              uint8_t order[CLIENTS_MAX])
{
    Packer packer;

    packer.plan = plan;
    packer.world = world;
    packer.out = out;
    packer.n_hints = packer.n_keys = 0;
    memset(packer.hint_names, 0, sizeof packer.hint_names);
    memset(packer.key_names, 0, sizeof packer.key_names);
    for (uint32_t i = 0; i < plan->n_clients; i++)
        rank_conns(&packer, i);
    sort_clients(&packer);
    for (uint32_t i = 1; i <= plan->n_previous; i++)
        name_hint(&packer, i);
    put(&packer, world->crashes | (unsigned) world->disconnects << 4);
    put(&packer, world->expirations);
    for (uint32_t i = 0; i < plan->n_documents; i++)
        pack_document(&packer, i);
    for (uint32_t i = 0; i < plan->n_clients; i++)
        pack_client(&packer, packer.order[i]);
    pack_store(&packer);
    pack_nonces(&packer);
    if (order != NULL)
        memcpy(order, packer.order, sizeof packer.order);
    g_assert(packer.out - out <= PACKED_MAX);
    return (size_t) (packer.out - out);
}

/* The order of the clients in a packed world.
 *
 * Clients of one class are sorted by their signatures. A signature is a hash of a client's
 * state without the numbers that only name something. Any order is correct, since clients of
 * equal settings can be exchanged. Two clients with the same signature may stand in either
 * order, so sometimes a world is stored twice; two different worlds are never taken for one.
 *
 * When a move makes a world from another, most signatures stay: those of unchanged clients, as
 * long as what is known of every hint has not changed either. */
#include "explore/explore-private.h"

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

/* Lists the numbers of connections of @client that matter. Returns: how many there are */
static unsigned
list_conns(const SrExplorePlan *plan, const World *world, uint32_t client,
           uint32_t values[ITEMS_MAX + 5])
{
    const SrServerClient *known = &world->server_clients[client];
    uint32_t accepted = world->check_clients[client].token_first, lowest = UINT32_MAX;
    unsigned n = 0;

    values[n++] = world->clients[client].conn;
    values[n++] = known->conn;
    values[n++] = owned_conn(plan, world, client);
    values[n++] = accepted != 0 ? accepted - 1 : 0;
    if (plan->detects)
        for (unsigned i = 0; i < world->items[client].n; i++)
            if (world->items[client].list[i].place == AT_DETECT)
                values[n++] = world->items[client].list[i].conn;
    for (unsigned i = 0; i < n; i++)
        if (values[i] != 0 && values[i] < lowest)
            lowest = values[i];
    /* It only matters whether it is as high as one of the others. */
    values[n++] = known->closed >= lowest ? known->closed : 0;
    return n;
}

static inline void
rank_conns(const SrExplorePlan *plan, const World *world, uint32_t client, Ranks *ranks)
{
    uint32_t conn = world->clients[client].conn, known = world->server_clients[client].conn,
             owned = owned_conn(plan, world, client),
             accepted = world->check_clients[client].token_first;
    uint32_t values[ITEMS_MAX + 5];
    unsigned n;

    /* Mostly there is one connection, or none. */
    if (!plan->detects && (known == 0 || known == conn) && (owned == 0 || owned == conn) &&
        (accepted == 0 || accepted == conn + 1)) {
        *ranks = (Ranks){
            .conn = conn != 0,
            .known = known != 0,
            .closed = conn != 0 && world->server_clients[client].closed >= conn,
            .owned = owned != 0,
            .accepted = accepted != 0,
        };
        return;
    }
    n = list_conns(plan, world, client, values);
    *ranks = (Ranks){
        .conn = rank_of(values, n, values[0]),
        .known = rank_of(values, n, values[1]),
        .owned = rank_of(values, n, values[2]),
        .accepted = rank_of(values, n, values[3]),
        .closed = rank_of(values, n, values[n - 1]),
    };
}

bool
sr_conns_are_too_many(const SrExplorePlan *plan, const World *world, uint32_t client)
{
    uint32_t newest = world->clients[client].conn, values[ITEMS_MAX + 5];
    unsigned n;

    /* A rank is never above the number itself. */
    if (newest <= SR_EXPLORE_CONNS_MAX)
        return false;
    n = list_conns(plan, world, client, values);
    return rank_of(values, n, newest) > SR_EXPLORE_CONNS_MAX;
}

uint8_t
sr_item_rank(const SrExplorePlan *plan, const World *world, const Item *item)
{
    uint32_t values[ITEMS_MAX + 5];
    unsigned n = list_conns(plan, world, item->client, values);

    return rank_of(values, n, item->conn);
}

/* ---- signatures ---- */

static inline uint64_t
mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 29;
}

bool
sr_hint_is_over(const SrExplorePlan *plan, const World *world, uint32_t hint)
{
    const SrServerDocument *document = &world->documents[world->slots[hint].document];

    if (!plan->settles || !plan->calm || !plan->reduction ||
        document->phase != SR_PHASE_ESTABLISHED || document->hint == hint)
        return false;
    for (uint32_t i = 0; i < plan->n_clients; i++) {
        const Items *items = &world->items[i];

        if (world->clients[i].target == hint)
            return false;
        for (unsigned j = 0; j < items->n; j++)
            if (items->list[j].type == SR_MSG_KEY_REQUEST && items->list[j].hint == hint)
                return false;
    }
    return true;
}

/* Returns: what is known of @hint, without its number; never 0 */
static uint8_t
describe(const SrExplorePlan *plan, const World *world, uint32_t hint)
{
    const SrKeySlot *slot = &world->slots[hint];
    const SrServerDocument *document = &world->documents[slot->document];
    bool over = sr_hint_is_over(plan, world, hint);

    return (
        uint8_t) (1u |
                  (unsigned) (document->phase != SR_PHASE_NONE && document->hint == hint) << 1 |
                  (unsigned) (slot->live && !over) << 2 |
                  (unsigned) (document->has_outdated && document->outdated.hint == hint) << 3 |
                  (unsigned) (world->check_hints[hint].key_kept && !over) << 4 |
                  (unsigned) world->aged[hint] << 5);
}

/* Returns: whether the same is known of the hints of @was in @world */
static bool
are_described_alike(const SrExplorePlan *plan, const World *world, const Order *order,
                    const World *was)
{
    unsigned n = was->n_slots + 1u;

    /* Most moves leave them alone. */
    if (!plan->settles &&
        memcmp(world->documents, was->documents, plan->n_documents * sizeof *was->documents) ==
            0 &&
        memcmp(world->slots, was->slots, n * sizeof *was->slots) == 0 &&
        memcmp(world->check_hints, was->check_hints, n * sizeof *was->check_hints) == 0 &&
        memcmp(world->aged, was->aged, n * sizeof *was->aged) == 0)
        return true;
    for (uint32_t hint = 1; hint <= was->n_slots; hint++)
        if (describe(plan, was, hint) != order->described[hint])
            return false;
    return true;
}

static uint64_t
sign_items(const World *world, const Order *order, uint32_t index)
{
    uint64_t hash = 0;

    for (unsigned i = 0; i < world->items[index].n; i++) {
        const Item *item = &world->items[index].list[i];

        hash =
            mix(hash, (uint64_t) item->type | (uint64_t) item->reason << 8 |
                          (uint64_t) item->place << 16 |
                          (uint64_t) order->described[item->hint] << 24 |
                          (uint64_t) sr_role_of(&world->clients[index], item->request) << 32 |
                          (uint64_t) item->expired << 40);
    }
    return hash;
}

/* The words of a signature that fields enter, and how state.def says so. */
enum { WORD_HAS = 1, WORD_KNOWS };
#define SIGN_NO 0
#define SIGN_BY_HAND 0
#define SIGN_HAS(bit) (WORD_HAS << 6 | (bit))
#define SIGN_KNOWS(bit) (WORD_KNOWS << 6 | (bit))

/* What the fields of @client put into @word of its signature. */
INLINE uint64_t
sign_fields(const Order *order, const SrClient *client, unsigned word)
{
    uint64_t bits_of_word = 0, value;

#define FIELD(type, name, kind, bits, sign)                                                    \
    if (SIGN_##sign >> 6 == word) {                                                            \
        value = sr_field_get(&client->name, sizeof client->name);                              \
        value = FIELD_##kind == FIELD_HINT ? order->described[value] : value != 0;             \
        bits_of_word |= value << (SIGN_##sign & 63);                                           \
    }
#include "protocol/state.def"
    return bits_of_word;
}

/* Returns: the signature of client @index. @settled: as it is after the world was packed and
 * unpacked */
static uint64_t
sign(const SrExplorePlan *plan, const World *world, const Order *order, uint32_t index,
     bool settled)
{
    const SrClient *client = &world->clients[index];
    const SrServerDocument *document = &world->documents[plan->client_document[index]];
    const SrCheckClient *check = &world->check_clients[index];
    const Ranks *ranks = &order->ranks[index];
    bool owns = document->owner == index && document->phase == SR_PHASE_CREATING;
    bool expired = client->token == plan->clock.expired && (client->has_token || !settled);
    bool rejected = world->rejected[index].listed && (plan->promotes || !settled);
    unsigned first = settled ? client->held_next : 0;
    uint64_t hash =
        mix(client->state,
            (uint64_t) world->timers[index] | (uint64_t) world->exhausted[index] << 8 |
                (uint64_t) check->waits << 16 | (uint64_t) check->key_found_unknown << 24 |
                (uint64_t) check->all_collaborate << 25 | sign_fields(order, client, WORD_HAS) |
                (uint64_t) owns << 31);

    hash = mix(hash, ranks->conn | (uint64_t) ranks->known << 8 |
                         (uint64_t) ranks->closed << 16 | (uint64_t) ranks->owned << 24 |
                         (uint64_t) expired << 32 | (uint64_t) rejected << 33);
    hash = mix(hash, sign_fields(order, client, WORD_KNOWS) |
                         (unsigned) (client->settled == client->target) << 21);
    for (unsigned i = 0; i < SR_CLIENT_KEYS_HELD; i++) {
        const SrHeldKey *held = &client->held[(first + i) % SR_CLIENT_KEYS_HELD];

        hash =
            mix(hash, held->key != SR_KEY_ABSENT ? (uint64_t) order->described[held->hint] : 0);
    }
    return mix(hash, sign_items(world, order, index));
}

/* Returns: whether packing and unpacking changes the signature of a client */
static bool
settles(const SrExplorePlan *plan, const World *world, uint32_t index)
{
    const SrClient *client = &world->clients[index];

    return client->held_next != 0 ||
           (!client->has_token && client->token == plan->clock.expired) ||
           (!plan->promotes && world->rejected[index].listed);
}

/* ---- the order ---- */

/* Returns: whether client @a may come before client @b */
static bool
is_in_order(const SrExplorePlan *plan, const Order *order, uint32_t a, uint32_t b)
{
    if (order->signs[a] != order->signs[b] || plan->ties == NULL)
        return order->signs[a] <= order->signs[b];
    return plan->ties[a] <= plan->ties[b];
}

/* Sorts the clients of each class among the positions that the class has. */
static void
sort_classes(const SrExplorePlan *plan, Order *order)
{
    for (uint32_t i = 1; i < plan->n_clients; i++)
        for (uint32_t at = i; at > 0;) {
            uint32_t before = at;
            uint8_t other;

            while (before > 0 && plan->class_of[before - 1] != plan->class_of[at])
                before--;
            if (before == 0 ||
                is_in_order(plan, order, order->clients[before - 1], order->clients[at]))
                break;
            other = order->clients[before - 1];
            order->clients[before - 1] = order->clients[at];
            order->clients[at] = other;
            at = before - 1;
        }
}

uint32_t
sr_client_aside(const SrExplorePlan *plan, const World *world, uint32_t index)
{
    const SrServerDocument *document = &world->documents[plan->client_document[index]];
    bool owns = document->phase == SR_PHASE_CREATING && document->owner == index;

    return (uint32_t) world->rejected[index].listed |
           (owns ? 2u + (document->owner_conn << 2) : 0);
}

static void
rank(const SrExplorePlan *plan, const World *world, uint32_t clients, Order *order)
{
    for (uint32_t i = 0; i < plan->n_documents; i++)
        if (world->documents[i].phase == SR_PHASE_CREATING)
            clients |= 1u << world->documents[i].owner;
    for (; clients != 0; clients &= clients - 1) {
        uint32_t client = (uint32_t) __builtin_ctz(clients);

        rank_conns(plan, world, client, &order->ranks[client]);
    }
}

static void
sign_all(const SrExplorePlan *plan, const World *world, const Origin *from, uint32_t changed,
         Order *order)
{
    for (uint32_t i = 0; i < plan->n_clients; i++)
        if (changed >> i & 1) {
            order->signs[i] = sign(plan, world, order, i, false);
            order->settled[i] =
                settles(plan, world, i) ? sign(plan, world, order, i, true) : order->signs[i];
        } else {
            order->signs[i] = order->settled[i] = from->signs[i];
        }
}

void
sr_order_find(const SrExplorePlan *plan, const World *world, const Origin *from,
              uint32_t changed, Order *order)
{
    changed &= (1u << plan->n_clients) - 1;
    if (plan->sorts) {
        order->described[SR_HINT_ABSENT] = 0;
        for (uint32_t hint = 1; hint <= world->n_slots; hint++)
            order->described[hint] = describe(plan, world, hint);
        if (from != NULL && !are_described_alike(plan, world, order, &from->before))
            changed = (1u << plan->n_clients) - 1;
    }
    rank(plan, world, changed, order);
    for (uint32_t i = 0; i < plan->n_clients; i++)
        order->clients[i] = (uint8_t) i;
    if (plan->sorts) {
        sign_all(plan, world, from, changed, order);
        sort_classes(plan, order);
    }
    for (uint32_t i = 0; i < plan->n_clients; i++)
        order->position_of[order->clients[i]] = (uint8_t) i;
}

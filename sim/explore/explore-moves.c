/* The moves that are possible in a world.
 *
 * Some moves are obligatory, they happen sooner or later: messages arrive, requests are
 * answered, keys are derived, clients start and reconnect. Others are optional, they may never
 * happen: faults, expirations, ages of keys, the return of a crashed client.
 *
 * Retries are in between. They are not counted down: a client may ask again as often as it
 * takes. As long as another obligatory move is possible, that move will happen in time, and the
 * number of retries before it makes no difference. What matters is a world in which only vain
 * retries are left: no other move can change the answer. There time goes on, and so
 *
 * - a client whose retries are limited makes its last one, and gives up;
 * - a time-out fires without costing an expiration, since nothing can prevent it any more.
 *
 * A world in which not even these are possible is an end state. There the liveness checks run.
 *
 * With --count-retries a limited retry is obligatory: it may come before any other move, and
 * when the limit is used up the client gives up. */
#include "explore/explore-private.h"

/* ---- the encryption provider ---- */

static uint32_t
key_at(const SrExplorePlan *plan, const World *world, uint32_t hint, uint32_t replica)
{
    uint32_t others = plan->model->provider.replicas - 1;

    if (replica == 0)
        return world->slots[hint].live ? world->slots[hint].key : SR_KEY_ABSENT;
    return world->replica_keys[hint * others + replica - 1];
}

static void
add_lookup(const SrExplorePlan *plan, const World *world, uint32_t client, unsigned nth,
           uint32_t hint, Moves *moves)
{
    uint32_t first = plan->first_replica[client];

    for (uint32_t replica = first; replica < first + plan->n_replicas[client]; replica++) {
        bool known = false;

        /* Of replicas with the same answer one is enough. */
        for (uint32_t other = first; other < replica; other++)
            known |= key_at(plan, world, hint, other) == key_at(plan, world, hint, replica);
        if (!known)
            sr_move_add(moves, MOVE_READY, client, nth, replica);
    }
}

bool
sr_hint_may_repeat(const SrExplorePlan *plan, const World *world, uint32_t document)
{
    if (plan->model->provider.hints != SR_HINTS_TIMESTAMP ||
        plan->model->provider.kind == SR_PROVIDER_STATIC)
        return false;
    for (uint32_t hint = 1; hint <= world->n_slots; hint++)
        if (world->slots[hint].document == document &&
            world->slots[hint].text == SR_HINT_TEXT_TIMESTAMP &&
            sr_provider_tick(&plan->model->provider, &world->slots[hint]) == world->tick)
            return true;
    return false;
}

static void
add_readies(const SrExplorePlan *plan, const World *world, uint32_t client, Moves *moves)
{
    unsigned nth = 0;

    for (unsigned i = 0; i < world->items[client].n; i++) {
        const Item *item = &world->items[client].list[i];

        if (item->place != AT_GENERATE && item->place != AT_LOOKUP)
            continue;
        if (item->place == AT_LOOKUP) {
            add_lookup(plan, world, client, nth, item->hint, moves);
        } else {
            sr_move_add(moves, MOVE_READY, client, nth, 0);
            if (item->key == SR_KEY_ABSENT &&
                sr_hint_may_repeat(plan, world, plan->client_document[client]))
                sr_move_add(moves, MOVE_READY, client, nth, 1);
        }
        nth++;
    }
}

bool
sr_key_may_be_reused(const SrExplorePlan *plan, const World *world, uint32_t client,
                     const Item *request)
{
    return plan->model->provider.reuse && request->type == SR_MSG_KEY_REQUEST &&
           request->hint == SR_HINT_ABSENT &&
           world->live[plan->client_document[client]].last != 0;
}

static void
add_request(const SrExplorePlan *plan, const World *world, uint32_t client, const Item *request,
            Moves *moves)
{
    const unsigned out = SR_DIRECTION_OUT(SR_NODE_ENCRYPTION_PROVIDER);
    uint32_t last = world->live[plan->client_document[client]].last;
    bool reusable = sr_key_may_be_reused(plan, world, client, request);

    if (!reusable || !world->aged[last])
        sr_move_add(moves, MOVE_DELIVER, client, out, 0);
    if (reusable)
        sr_move_add(moves, MOVE_DELIVER, client, out, 1);
}

/* ---- obligatory moves ---- */

static void
add_deliveries(const SrExplorePlan *plan, const World *world, uint32_t client, Moves *moves)
{
    unsigned seen = 0;

    for (unsigned i = 0; i < world->items[client].n; i++) {
        const Item *item = &world->items[client].list[i];

        if (item->place >= SR_DIRECTION_N || (seen >> item->place & 1))
            continue;
        seen |= 1u << item->place;
        if (item->place == SR_DIRECTION_OUT(SR_NODE_ENCRYPTION_PROVIDER))
            add_request(plan, world, client, item, moves);
        else
            sr_move_add(moves, MOVE_DELIVER, client, item->place, 0);
    }
}

static void
add_due(const SrExplorePlan *plan, const World *world, uint32_t client, Moves *moves)
{
    const SrClient *it = &world->clients[client];
    WaitsFor waits_for = sr_main_waits_for(it);
    bool counted = sr_key_retries_are_counted(plan, client);

    if (it->state == SR_CLIENT_IDLE)
        sr_move_add(moves, MOVE_START, client, 0, 0);
    else if (sr_timer_is_set(world, client, SR_TIMER_MAIN) &&
             (waits_for == WAITS_WORK || (waits_for == WAITS_RETRY && counted)))
        sr_move_add(moves, MOVE_TIMER, client, SR_TIMER_MAIN, 0);
    if (counted && sr_old_key_retry_is_due(world, client))
        sr_move_add(moves, MOVE_TIMER, client, SR_TIMER_OLD, 0);
}

static void
add_detections(const World *world, uint32_t client, Moves *moves)
{
    unsigned nth = 0;

    for (unsigned i = 0; i < world->items[client].n; i++)
        if (world->items[client].list[i].place == AT_DETECT)
            sr_move_add(moves, MOVE_DETECT, client, nth++, 0);
}

static void
add_replications(const World *world, Moves *moves)
{
    const Items *items = &world->items[CLIENTS_MAX];
    unsigned seen = 0;

    /* Each replica takes over keys in the order in which they were made. */
    for (unsigned i = 0; i < items->n; i++) {
        uint32_t replica = items->list[i].conn;

        if (seen >> replica & 1)
            continue;
        seen |= 1u << replica;
        sr_move_add(moves, MOVE_REPLICATED, replica, 0, 0);
    }
}

/* ---- retries and time-outs ---- */

/* Returns: whether every retry of @client to get the key under @hint is vain, as long as nothing
 * else happens */
static bool
is_vain(const SrExplorePlan *plan, const World *world, uint32_t client, uint32_t hint)
{
    uint32_t first = plan->first_replica[client];

    if (hint == SR_HINT_ABSENT || hint > world->n_slots ||
        plan->model->provider.kind == SR_PROVIDER_STATIC)
        return false;
    for (uint32_t replica = first; replica < first + plan->n_replicas[client]; replica++)
        if (key_at(plan, world, hint, replica) != SR_KEY_ABSENT)
            return false;
    return true;
}

/* Returns: whether every retry to get a new key of @document is vain: each gets the same hint,
 * which stays in use */
static bool
is_new_key_vain(const SrExplorePlan *plan, const World *world, uint32_t document)
{
    const SrProviderRules *rules = &plan->model->provider;

    if ((rules->kind != SR_PROVIDER_STORED && rules->kind != SR_PROVIDER_UNSTABLE) ||
        rules->hints != SR_HINTS_NONE || rules->on_collision != SR_ON_COLLISION_REFUSE ||
        rules->keep == SR_KEEP_FOR)
        return false;
    for (uint32_t hint = 1; hint <= world->n_slots; hint++)
        if (world->slots[hint].document == document && world->slots[hint].live &&
            world->slots[hint].text == SR_HINT_TEXT_EMPTY)
            return true;
    return false;
}

/* Adds the retries that are not counted. Returns: whether all of them are vain */
static bool
add_retries(const SrExplorePlan *plan, const World *world, Moves *moves)
{
    bool all_vain = true;

    for (uint32_t i = 0; i < plan->n_clients; i++) {
        const SrClient *client = &world->clients[i];

        if (sr_key_retries_are_counted(plan, i))
            continue;
        if (sr_timer_is_set(world, i, SR_TIMER_MAIN) &&
            sr_main_waits_for(client) == WAITS_RETRY) {
            sr_move_add(moves, MOVE_TIMER, i, SR_TIMER_MAIN, 0);
            all_vain &= client->state == SR_CLIENT_MAKING_KEY
                            ? is_new_key_vain(plan, world, plan->client_document[i])
                            : is_vain(plan, world, i, client->target);
        }
        if (sr_old_key_retry_is_due(world, i)) {
            sr_move_add(moves, MOVE_TIMER, i, SR_TIMER_OLD, 0);
            all_vain &= is_vain(plan, world, i, client->old_hint);
        }
    }
    return all_vain;
}

/* Adds last retries, in a world in which only vain retries are left. */
static void
add_last_retries(const SrExplorePlan *plan, const World *world, Moves *moves)
{
    for (uint32_t i = 0; i < plan->n_clients; i++) {
        const SrClient *client = &world->clients[i];

        if (plan->settings[i].key_retry.n == SR_RETRY_UNLIMITED || plan->counts)
            continue;
        if (sr_timer_is_set(world, i, SR_TIMER_MAIN) &&
            sr_main_waits_for(client) == WAITS_RETRY)
            sr_move_add(moves, MOVE_LAST_RETRY, i, SR_TIMER_MAIN, 0);
        if (sr_old_key_retry_is_due(world, i))
            sr_move_add(moves, MOVE_LAST_RETRY, i, SR_TIMER_OLD, 0);
    }
}

/* Adds time-outs. @paid: each costs an expiration */
static void
add_timeouts(const SrExplorePlan *plan, const World *world, bool paid, Moves *moves)
{
    unsigned before = moves->n;

    for (uint32_t i = 0; i < plan->n_clients; i++) {
        const SrClient *client = &world->clients[i];

        if (sr_timer_is_set(world, i, SR_TIMER_MAIN) &&
            sr_main_waits_for(client) == WAITS_TIMEOUT)
            sr_move_add(moves, MOVE_TIMER, i, SR_TIMER_MAIN, 0);
        if (sr_timer_is_set(world, i, SR_TIMER_OLD) && client->awaits_old != 0)
            sr_move_add(moves, MOVE_TIMER, i, SR_TIMER_OLD, 0);
        if (sr_timer_is_set(world, i, SR_TIMER_RENEW_TIMEOUT))
            sr_move_add(moves, MOVE_TIMER, i, SR_TIMER_RENEW_TIMEOUT, 0);
    }
    for (uint32_t i = 0; i < plan->n_documents; i++)
        if (world->establish >> i & 1)
            sr_move_add(moves, MOVE_ESTABLISH, i, 0, 0);
    for (unsigned i = before; i < moves->n; i++)
        moves->list[i].paid = paid;
}

/* ---- optional moves ---- */

static bool
has_good_token(const SrExplorePlan *plan, const World *world, uint32_t client)
{
    const SrClient *it = &world->clients[client];
    const SrServerClient *known = &world->server_clients[client];

    return (it->has_token && it->token == plan->clock.good) ||
           (known->conn != 0 && known->token == plan->clock.good);
}

static void
add_token_ages(const SrExplorePlan *plan, const World *world, Moves *moves)
{
    for (uint32_t i = 0; i < plan->n_clients; i++) {
        if (sr_timer_is_set(world, i, SR_TIMER_RENEW))
            sr_move_add(moves, MOVE_RENEW, i, 0, 0);
        if (plan->model->server.tokens && has_good_token(plan, world, i))
            sr_move_add(moves, MOVE_EXPIRE, i, 0, 0);
    }
}

static void
add_ages(const SrExplorePlan *plan, const World *world, Moves *moves)
{
    bool live = false;

    for (uint32_t i = 0; i < plan->n_documents; i++) {
        live |= world->live[i].first != 0;
        if (plan->model->provider.keep == SR_KEEP_FOR && world->live[i].first != 0 &&
            plan->model->provider.kind != SR_PROVIDER_DERIVED &&
            plan->model->provider.kind != SR_PROVIDER_STATIC)
            sr_move_add(moves, MOVE_AGE, i, 0, 0);
    }
    if (plan->rotates && live)
        sr_move_add(moves, MOVE_ROTATE, 0, 0, 0);
}

static void
add_faults(const SrExplorePlan *plan, const World *world, Moves *moves)
{
    for (uint32_t i = 0; i < plan->n_clients; i++) {
        const SrClient *client = &world->clients[i];

        if (client->state == SR_CLIENT_CRASHED)
            sr_move_add(moves, MOVE_RESTART, i, 0, 0);
        if (world->crashes > 0 && client->state != SR_CLIENT_IDLE &&
            client->state < SR_CLIENT_FAILED)
            sr_move_add(moves, MOVE_CRASH, i, 0, 0);
        if (world->disconnects > 0 && client->open)
            sr_move_add(moves, MOVE_DISCONNECT, i, 0, 0);
    }
}

void
sr_moves_list(const SrExplorePlan *plan, const World *world, Moves *moves)
{
    bool quiet, all_vain;

    moves->n = 0;
    moves->end = moves->reduced = false;
    for (uint32_t i = 0; i < plan->n_clients; i++) {
        add_due(plan, world, i, moves);
        add_deliveries(plan, world, i, moves);
        add_readies(plan, world, i, moves);
        add_detections(world, i, moves);
    }
    add_replications(world, moves);
    quiet = moves->n == 0;
    all_vain = add_retries(plan, world, moves);
    if (quiet && all_vain) {
        unsigned before = moves->n;

        add_last_retries(plan, world, moves);
        add_timeouts(plan, world, false, moves);
        moves->end = moves->n == before;
    } else if (world->expirations > 0) {
        add_timeouts(plan, world, true, moves);
    }
    if (world->expirations > 0)
        add_token_ages(plan, world, moves);
    add_ages(plan, world, moves);
    add_faults(plan, world, moves);
}

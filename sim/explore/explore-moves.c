/* Which moves there are in a world.
 *
 * Some must happen sooner or later: messages arrive, answers get ready, keys get derived, clients
 * start and reconnect. Others may happen or never do: faults, expirations, ages of keys, the
 * return of a client that crashed.
 *
 * A retry is between the two. Retries do not count down, so that a client may ask again as often
 * as it takes; that it goes on asking while something else must happen is not interesting, since
 * that something does happen in time. So what counts is a world in which nothing must happen but
 * retries that are in vain: nobody else is left to change the answer. There time goes on, and so
 *
 * - a client whose retries are limited comes to its last one, and gives up;
 * - a time-out that nothing can forestall any more runs out, without being paid for.
 *
 * A world without even these is an end, and there the liveness checks are asked.
 *
 * With --count-retries a limited retry is one of the moves that must happen: it may come before
 * anything else, and the one behind the last makes the client give up. */
#include "explore/explore-private.h"

static void
add(Moves *moves, MoveKind kind, uint32_t client, unsigned a, unsigned b)
{
    g_assert(moves->n < MOVES_MAX);
    moves->list[moves->n++] = (Move){
        .kind = (uint8_t) kind, .client = (uint8_t) client, .a = (uint8_t) a, .b = (uint8_t) b
    };
}

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
    for (uint32_t replica = 0; replica < plan->model->provider.replicas; replica++) {
        bool known = false;

        /* Replicas that answer alike are as one. */
        for (uint32_t other = 0; other < replica; other++)
            known |= key_at(plan, world, hint, other) == key_at(plan, world, hint, replica);
        if (!known)
            add(moves, MOVE_READY, client, nth, replica);
    }
}

/* Returns: whether the latest instant has given @document a hint */
static bool
may_repeat(const SrExplorePlan *plan, const World *world, uint32_t document)
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

    for (unsigned i = 0; i < world->things[client].n; i++) {
        const Thing *thing = &world->things[client].list[i];

        if (thing->place != AT_GENERATE && thing->place != AT_LOOKUP)
            continue;
        if (thing->place == AT_LOOKUP) {
            add_lookup(plan, world, client, nth, thing->hint, moves);
        } else {
            add(moves, MOVE_READY, client, nth, 0);
            if (thing->key == SR_KEY_ABSENT &&
                may_repeat(plan, world, plan->client_document[client]))
                add(moves, MOVE_READY, client, nth, 1);
        }
        nth++;
    }
}

static void
add_request(const SrExplorePlan *plan, const World *world, uint32_t client,
            const Thing *request, Moves *moves)
{
    uint32_t last = world->live[plan->client_document[client]].last;
    bool reusable = plan->model->provider.reuse && request->type == SR_MSG_KEY_REQUEST &&
                    request->hint == SR_HINT_ABSENT && last != 0;

    if (!reusable || !world->aged[last])
        add(moves, MOVE_DELIVER, client, SR_DIRECTION_OUT(SR_NODE_ENCRYPTION_PROVIDER), 0);
    if (reusable)
        add(moves, MOVE_DELIVER, client, SR_DIRECTION_OUT(SR_NODE_ENCRYPTION_PROVIDER), 1);
}

/* ---- what must happen ---- */

static void
add_deliveries(const SrExplorePlan *plan, const World *world, uint32_t client, Moves *moves)
{
    unsigned seen = 0;

    for (unsigned i = 0; i < world->things[client].n; i++) {
        const Thing *thing = &world->things[client].list[i];

        if (thing->place >= SR_DIRECTION_N || (seen >> thing->place & 1))
            continue;
        seen |= 1u << thing->place;
        if (thing->place == SR_DIRECTION_OUT(SR_NODE_ENCRYPTION_PROVIDER))
            add_request(plan, world, client, thing, moves);
        else
            add(moves, MOVE_DELIVER, client, thing->place, 0);
    }
}

static void
add_due(const SrExplorePlan *plan, const World *world, uint32_t client, Moves *moves)
{
    const SrClient *it = &world->clients[client];
    WaitsFor waits_for = sr_main_waits_for(it);
    bool counted = sr_key_retries_are_counted(plan, client);

    if (it->state == SR_CLIENT_IDLE)
        add(moves, MOVE_START, client, 0, 0);
    else if (sr_timer_is_set(world, client, SR_TIMER_MAIN) &&
             (waits_for == WAITS_WORK || (waits_for == WAITS_RETRY && counted)))
        add(moves, MOVE_TIMER, client, SR_TIMER_MAIN, 0);
    if (counted && sr_old_key_retry_is_due(world, client))
        add(moves, MOVE_TIMER, client, SR_TIMER_OLD, 0);
}

static void
add_detections(const World *world, uint32_t client, Moves *moves)
{
    unsigned nth = 0;

    for (unsigned i = 0; i < world->things[client].n; i++)
        if (world->things[client].list[i].place == AT_DETECT)
            add(moves, MOVE_DETECT, client, nth++, 0);
}

static void
add_replications(const World *world, Moves *moves)
{
    const Things *things = &world->things[CLIENTS_MAX];
    unsigned seen = 0;

    /* A replica takes over in order. */
    for (unsigned i = 0; i < things->n; i++) {
        uint32_t replica = things->list[i].conn;

        if (seen >> replica & 1)
            continue;
        seen |= 1u << replica;
        add(moves, MOVE_REPLICATED, replica, 0, 0);
    }
}

/* ---- retries and time-outs ---- */

/* Returns: whether asking for @hint again and again brings nothing, as long as nothing else
 * happens */
static bool
is_in_vain(const SrExplorePlan *plan, const World *world, uint32_t hint)
{
    if (hint == SR_HINT_ABSENT || hint > world->n_slots ||
        plan->model->provider.kind == SR_PROVIDER_STATIC)
        return false;
    for (uint32_t replica = 0; replica < plan->model->provider.replicas; replica++)
        if (key_at(plan, world, hint, replica) != SR_KEY_ABSENT)
            return false;
    return true;
}

/* Returns: whether asking for a new key of @document again and again brings nothing: every one gets
 * the same hint, which is taken for good */
static bool
is_new_key_in_vain(const SrExplorePlan *plan, const World *world, uint32_t document)
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

/* Adds the retries that are not counted. Returns: whether all of them are in vain */
static bool
add_retries(const SrExplorePlan *plan, const World *world, Moves *moves)
{
    bool in_vain = true;

    for (uint32_t i = 0; i < plan->n_clients; i++) {
        const SrClient *client = &world->clients[i];

        if (sr_key_retries_are_counted(plan, i))
            continue;
        if (sr_timer_is_set(world, i, SR_TIMER_MAIN) &&
            sr_main_waits_for(client) == WAITS_RETRY) {
            add(moves, MOVE_TIMER, i, SR_TIMER_MAIN, 0);
            in_vain &= client->state == SR_CLIENT_MAKING_KEY
                           ? is_new_key_in_vain(plan, world, plan->client_document[i])
                           : is_in_vain(plan, world, client->target);
        }
        if (sr_old_key_retry_is_due(world, i)) {
            add(moves, MOVE_TIMER, i, SR_TIMER_OLD, 0);
            in_vain &= is_in_vain(plan, world, client->old_hint);
        }
    }
    return in_vain;
}

/* In a world in which only retries in vain are left. */
static void
add_last_retries(const SrExplorePlan *plan, const World *world, Moves *moves)
{
    for (uint32_t i = 0; i < plan->n_clients; i++) {
        const SrClient *client = &world->clients[i];

        if (plan->settings[i].key_retry.n == SR_RETRY_UNLIMITED || plan->counts)
            continue;
        if (sr_timer_is_set(world, i, SR_TIMER_MAIN) &&
            sr_main_waits_for(client) == WAITS_RETRY)
            add(moves, MOVE_LAST_RETRY, i, SR_TIMER_MAIN, 0);
        if (sr_old_key_retry_is_due(world, i))
            add(moves, MOVE_LAST_RETRY, i, SR_TIMER_OLD, 0);
    }
}

/* @paid: each costs an expiration */
static void
add_timeouts(const SrExplorePlan *plan, const World *world, bool paid, Moves *moves)
{
    unsigned before = moves->n;

    for (uint32_t i = 0; i < plan->n_clients; i++) {
        const SrClient *client = &world->clients[i];

        if (sr_timer_is_set(world, i, SR_TIMER_MAIN) &&
            sr_main_waits_for(client) == WAITS_TIMEOUT)
            add(moves, MOVE_TIMER, i, SR_TIMER_MAIN, 0);
        if (sr_timer_is_set(world, i, SR_TIMER_OLD) && client->awaits_old != 0)
            add(moves, MOVE_TIMER, i, SR_TIMER_OLD, 0);
        if (sr_timer_is_set(world, i, SR_TIMER_RENEW_TIMEOUT))
            add(moves, MOVE_TIMER, i, SR_TIMER_RENEW_TIMEOUT, 0);
    }
    for (uint32_t i = 0; i < plan->n_documents; i++)
        if (world->establish >> i & 1)
            add(moves, MOVE_ESTABLISH, i, 0, 0);
    for (unsigned i = before; i < moves->n; i++)
        moves->list[i].paid = paid;
}

/* ---- what may happen ---- */

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
            add(moves, MOVE_RENEW, i, 0, 0);
        if (plan->model->server.tokens && has_good_token(plan, world, i))
            add(moves, MOVE_EXPIRE, i, 0, 0);
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
            add(moves, MOVE_AGE, i, 0, 0);
    }
    if (plan->rotates && live)
        add(moves, MOVE_ROTATE, 0, 0, 0);
}

static void
add_faults(const SrExplorePlan *plan, const World *world, Moves *moves)
{
    for (uint32_t i = 0; i < plan->n_clients; i++) {
        const SrClient *client = &world->clients[i];

        if (client->state == SR_CLIENT_CRASHED)
            add(moves, MOVE_RESTART, i, 0, 0);
        if (world->crashes > 0 && client->state != SR_CLIENT_IDLE &&
            client->state < SR_CLIENT_FAILED)
            add(moves, MOVE_CRASH, i, 0, 0);
        if (world->disconnects > 0 && client->open)
            add(moves, MOVE_DISCONNECT, i, 0, 0);
    }
}

void
sr_moves_list(const SrExplorePlan *plan, const World *world, Moves *moves)
{
    bool quiet, in_vain;

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
    in_vain = add_retries(plan, world, moves);
    if (quiet && in_vain) {
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

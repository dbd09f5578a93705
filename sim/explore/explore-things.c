/* What is on its way in a world, by client: messages, requests that are being answered, lost
 * connections that nobody has seen yet. What can no longer arrive is lost at once. */
#include "explore/explore-private.h"

void
sr_world_copy_client(World *to, const World *from, uint32_t client)
{
    if (client < CLIENTS_MAX)
        to->clients[client] = from->clients[client];
    to->things[client].n = from->things[client].n;
    for (unsigned i = 0; i < from->things[client].n; i++)
        to->things[client].list[i] = from->things[client].list[i];
}

void
sr_bench_touch(Bench *bench, uint32_t client)
{
    if (bench->touched >> client & 1)
        return;
    bench->touched |= 1u << client;
    if (bench->before != NULL)
        sr_world_copy_client(bench->before, bench->world, client);
}

void
sr_thing_add(Bench *bench, Place place, const SrMessage *message)
{
    const SrExploreClock *clock = &bench->plan->clock;
    World *world = bench->world;
    uint32_t client = MIN(message->client, CLIENTS_MAX);
    Things *things = &world->things[client];
    unsigned at = things->n;

    if (world->n_things == THINGS_MAX) {
        bench->crowded = true;
        return;
    }
    sr_bench_touch(bench, client);
    for (; at > 0 && place < things->list[at - 1].place; at--)
        things->list[at] = things->list[at - 1];
    things->n++;
    world->n_things++;
    things->list[at] = (Thing){
        .place = (uint8_t) place,
        .client = (uint8_t) message->client,
        .type = message->type,
        .reason = message->reason,
        .flags = message->flags,
        .expired = message->token == clock->expired,
        .conn = (uint16_t) message->conn,
        .request = (uint16_t) message->request,
        .hint = (uint16_t) message->hint,
        .key = (uint16_t) message->key,
    };
}

void
sr_thing_remove(Bench *bench, uint32_t client, unsigned at)
{
    Things *things = &bench->world->things[client];

    sr_bench_touch(bench, client);
    bench->world->n_things--;
    things->n--;
    for (; at < things->n; at++)
        things->list[at] = things->list[at + 1];
}

Thing
sr_thing_take(Bench *bench, uint32_t client, Place place, Place other, unsigned nth)
{
    const Things *things = &bench->world->things[client];
    const Thing *found = sr_find_thing(bench->world, client, place, other, nth);
    Thing thing;

    g_assert(found != NULL);
    thing = *found;
    sr_thing_remove(bench, client, (unsigned) (found - things->list));
    return thing;
}

SrMessage
sr_thing_message(const SrExplorePlan *plan, const Thing *thing)
{
    SrMessage message = {
        .type = thing->type,
        .reason = thing->reason,
        .flags = thing->flags,
        .client = thing->client,
        .conn = thing->conn,
        .request = thing->request,
        .hint = thing->hint,
        .key = thing->key,
        .token = SR_TOKEN_NONE,
    };

    if (thing->type == SR_MSG_TOKEN || thing->type == SR_MSG_TOKEN_UPDATE ||
        (thing->type == SR_MSG_CONNECT && plan->model->server.tokens))
        message.token = thing->expired ? plan->clock.expired : plan->clock.good;
    return message;
}

bool
sr_is_gone(const World *world, uint32_t client, uint32_t request)
{
    return world->clients[client].state >= SR_CLIENT_FAILED ||
           sr_client_late(&world->clients[client], request);
}

/* Returns: whether @thing of @client can never arrive */
static bool
is_lost(const Bench *bench, const Thing *thing, uint32_t client)
{
    const World *world = bench->world;
    const SrClient *it = &world->clients[client];
    const SrServerClient *known = &world->server_clients[client];

    switch (thing->place) {
    case SR_DIRECTION_OUT(SR_NODE_SERVER):
        return !it->open || thing->conn != it->conn || thing->conn <= known->closed;
    case SR_DIRECTION_IN(SR_NODE_SERVER):
        return !it->open || thing->conn != it->conn;
    case SR_DIRECTION_IN(SR_NODE_TOKEN_PROVIDER):
    case SR_DIRECTION_IN(SR_NODE_ENCRYPTION_PROVIDER):
    /* The token provider remembers nothing … */
    case SR_DIRECTION_OUT(SR_NODE_TOKEN_PROVIDER):
        return sr_is_gone(world, client, thing->request);
    /* … and where the store is calm, a key that nobody takes is as good as never made. */
    case SR_DIRECTION_OUT(SR_NODE_ENCRYPTION_PROVIDER):
    case AT_GENERATE:
    case AT_LOOKUP:
        return bench->plan->calm && bench->plan->reduction &&
               sr_is_gone(world, client, thing->request);
    case AT_ATTACHED:
        return false;
    case AT_DETECT:
        return thing->conn <= known->closed;
    default:
        g_assert_not_reached();
    }
}

void
sr_things_sweep(Bench *bench, uint32_t client)
{
    World *world = bench->world;
    Things *things = &world->things[client];

    for (unsigned i = 0; i < things->n;) {
        const Thing *thing = &things->list[i];

        if (!is_lost(bench, thing, client)) {
            i++;
            continue;
        }
        if (thing->place == AT_GENERATE && thing->key == SR_KEY_ABSENT &&
            bench->plan->model->provider.kind != SR_PROVIDER_STATIC)
            world->live[bench->plan->client_document[client]].making--;
        sr_thing_remove(bench, client, i);
    }
}

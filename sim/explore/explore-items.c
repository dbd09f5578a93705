/* The pending items of a world, by client: messages on their way, requests that are being
 * answered, lost connections that the server has not noticed. What can no longer arrive is
 * dropped at once. */
#include "explore/explore-private.h"

void
sr_world_copy_client(World *to, const World *from, uint32_t client)
{
    if (client < CLIENTS_MAX)
        to->clients[client] = from->clients[client];
    to->items[client].n = from->items[client].n;
    for (unsigned i = 0; i < from->items[client].n; i++)
        to->items[client].list[i] = from->items[client].list[i];
}

void
sr_context_touch(Context *context, uint32_t client)
{
    if (context->touched >> client & 1)
        return;
    context->touched |= 1u << client;
    if (context->before != NULL)
        sr_world_copy_client(context->before, context->world, client);
}

void
sr_item_add(Context *context, Place place, const SrMessage *message)
{
    const SrExploreClock *clock = &context->plan->clock;
    World *world = context->world;
    uint32_t client = MIN(message->client, CLIENTS_MAX);
    Items *items = &world->items[client];
    unsigned at = items->n;

    if (world->n_items == ITEMS_MAX) {
        context->out_of_room = true;
        return;
    }
    sr_context_touch(context, client);
    for (; at > 0 && place < items->list[at - 1].place; at--)
        items->list[at] = items->list[at - 1];
    items->n++;
    world->n_items++;
    items->list[at] = (Item){
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
sr_item_remove(Context *context, uint32_t client, unsigned at)
{
    Items *items = &context->world->items[client];

    sr_context_touch(context, client);
    context->world->n_items--;
    items->n--;
    for (; at < items->n; at++)
        items->list[at] = items->list[at + 1];
}

Item
sr_item_take(Context *context, uint32_t client, Place place, Place other, unsigned nth)
{
    const Items *items = &context->world->items[client];
    const Item *found = sr_find_item(context->world, client, place, other, nth);
    Item item;

    g_assert(found != NULL);
    item = *found;
    sr_item_remove(context, client, (unsigned) (found - items->list));
    return item;
}

SrMessage
sr_item_message(const SrExplorePlan *plan, const Item *item)
{
    SrMessage message = {
        .type = item->type,
        .reason = item->reason,
        .flags = item->flags,
        .client = item->client,
        .conn = item->conn,
        .request = item->request,
        .hint = item->hint,
        .key = item->key,
        .token = SR_TOKEN_NONE,
    };

    if (item->type == SR_MSG_TOKEN || item->type == SR_MSG_TOKEN_UPDATE ||
        (item->type == SR_MSG_CONNECT && plan->model->server.tokens))
        message.token = item->expired ? plan->clock.expired : plan->clock.good;
    return message;
}

bool
sr_is_gone(const World *world, uint32_t client, uint32_t request)
{
    return world->clients[client].state >= SR_CLIENT_FAILED ||
           sr_client_late(&world->clients[client], request);
}

/* Returns: whether @item of @client can never arrive */
static bool
is_lost(const Context *context, const Item *item, uint32_t client)
{
    const World *world = context->world;
    const SrClient *it = &world->clients[client];
    const SrServerClient *known = &world->server_clients[client];

    switch (item->place) {
    case SR_DIRECTION_OUT(SR_NODE_SERVER):
        return !it->open || item->conn != it->conn || item->conn <= known->closed;
    case SR_DIRECTION_IN(SR_NODE_SERVER):
        return !it->open || item->conn != it->conn;
    case SR_DIRECTION_IN(SR_NODE_TOKEN_PROVIDER):
    case SR_DIRECTION_IN(SR_NODE_ENCRYPTION_PROVIDER):
    /* The token provider keeps no state, so a request whose answer nobody takes has no effect.
     */
    case SR_DIRECTION_OUT(SR_NODE_TOKEN_PROVIDER):
        return sr_is_gone(world, client, item->request);
    /* Where the store is calm, a key that nobody takes has no effect either. */
    case SR_DIRECTION_OUT(SR_NODE_ENCRYPTION_PROVIDER):
    case AT_GENERATE:
    case AT_LOOKUP:
        return context->plan->calm && context->plan->reduction &&
               sr_is_gone(world, client, item->request);
    case AT_QUEUE + SR_NODE_SERVER:
        return item->conn <= known->closed;
    case AT_QUEUE + SR_NODE_TOKEN_PROVIDER:
    case AT_QUEUE + SR_NODE_ENCRYPTION_PROVIDER:
    case AT_ATTACHED:
    case AT_LOST:
        return false;
    case AT_DETECT:
        return item->conn <= known->closed;
    default:
        g_assert_not_reached();
    }
}

/* With times: what providers get and send takes their time, whoever is gone. What a closed
 * connection loses arrives nowhere, but the run goes on until then; and what waits at the
 * server still has its turn. Returns: whether another item stands at @at now */
static bool
keep_lost(Context *context, uint32_t client, unsigned at)
{
    Items *items = &context->world->items[client];
    unsigned place = items->list[at].place;
    bool of_server = place / 2 == SR_NODE_SERVER && place < SR_DIRECTION_N;
    Item lost = { .place = AT_LOST,
                  .client = (uint8_t) client,
                  .number = items->list[at].number };

    if (place == AT_QUEUE + SR_NODE_SERVER) {
        sr_context_touch(context, client);
        lost.place = (uint8_t) place;
        items->list[at] = lost;
    }
    if (!of_server && place != AT_DETECT)
        return false;
    sr_context_touch(context, client);
    for (; at + 1u < items->n; at++)
        items->list[at] = items->list[at + 1];
    items->list[at] = lost;
    return true;
}

void
sr_items_prune(Context *context, uint32_t client)
{
    World *world = context->world;
    Items *items = &world->items[client];

    for (unsigned i = 0; i < items->n;) {
        const Item *item = &items->list[i];

        if (!is_lost(context, item, client)) {
            i++;
            continue;
        }
        if (context->plan->keeps_lost) {
            i += !keep_lost(context, client, i);
            continue;
        }
        if (item->place == AT_GENERATE && item->key == SR_KEY_ABSENT &&
            context->plan->model->provider.kind != SR_PROVIDER_STATIC)
            world->live[context->plan->client_document[client]].making--;
        sr_item_remove(context, client, i);
    }
}

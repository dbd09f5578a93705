/* Steps: a node takes an input, and the world carries out the actions of the step in order. */
#include "world/world.h"

#include <glib.h>

#include "schema/wire.h"

/* ---- messages ---- */

void
sr_world_send(SrWorld *world, unsigned service, bool outward, const SrMessage *message)
{
    uint32_t client = SR_NODE_FIRST_CLIENT + message->client;

    world->message_ids++;
    sr_world_message(world, SR_EVENT_SEND, outward ? client : service,
                     outward ? service : client, message, world->message_ids);
    world->driver->send(
        world->data, outward ? SR_DIRECTION_OUT(service) : SR_DIRECTION_IN(service), message);
}

/* ---- services ---- */

/* A service sends messages to many clients in one step, and no event has prefetched their
 * memory. So the client of the action that is this many actions ahead is prefetched now. */
#define FORESEEN 6

static inline void
pend(SrWorld *world, uint32_t node, const SrAction *action)
{
    world->driver->pend(world->data, node, action);
}

/* Each replica applies the change by itself. */
static void
replicate(SrWorld *world, const SrAction *action)
{
    SrAction one = *action;

    for (uint32_t replica = 1; replica < world->model->provider.replicas; replica++) {
        one.message.conn = replica;
        pend(world, SR_NODE_ENCRYPTION_PROVIDER, &one);
    }
}

static inline void
do_of_service(SrWorld *world, unsigned service, const SrAction *action)
{
    switch ((SrActionKind) action->kind) {
    case SR_ACTION_SEND:
        sr_world_send(world, service, false, &action->message);
        break;
    case SR_ACTION_NOTE:
        sr_world_note(world, service, action->document, action);
        break;
    case SR_ACTION_REPLICATE:
        replicate(world, action);
        break;
    case SR_ACTION_TIMER:
    case SR_ACTION_TIMER_STOP:
    case SR_ACTION_GENERATE:
    case SR_ACTION_LOOKUP:
    case SR_ACTION_ATTACH:
    case SR_ACTION_ANSWER_ATTACHED:
    case SR_ACTION_EXPIRE:
        pend(world, service, action);
        break;
    case SR_ACTION_OPEN:
    case SR_ACTION_CLOSE:
    case SR_ACTION_DERIVE:
    case SR_ACTION_TIMER_AT:
        g_assert_not_reached();
    }
}

static void
carry_out(SrWorld *world, unsigned service, const SrActions *actions)
{
    void (*foresee)(void *data, uint32_t client) = world->driver->foresee;

    for (uint32_t i = 0; i < actions->n; i++) {
        if (foresee != NULL && i + FORESEEN < actions->n &&
            actions->list[i + FORESEEN].kind == SR_ACTION_SEND)
            foresee(world->data, actions->list[i + FORESEEN].message.client);
        do_of_service(world, service, &actions->list[i]);
    }
}

/* A step with more actions than the buffer can hold is carried out in parts. The core has
 * changed its state for the actions that it has produced so far. */
static void
server_full(SrActions *actions, void *data)
{
    carry_out(data, SR_NODE_SERVER, actions);
    actions->n = 0;
}

static void
provider_full(SrActions *actions, void *data)
{
    carry_out(data, SR_NODE_ENCRYPTION_PROVIDER, actions);
    actions->n = 0;
}

static inline SrActions
service_actions(SrWorld *world, void (*full)(SrActions *actions, void *data))
{
    return (SrActions){ world->service_list, 0, G_N_ELEMENTS(world->service_list), full,
                        world };
}

/* ---- the server ---- */

static void
handle_at_server(SrWorld *world, const SrMessage *message, int64_t now)
{
    SrActions actions = service_actions(world, server_full);

    sr_server_message(&world->model->server, &world->server, message, now, &actions);
    carry_out(world, SR_NODE_SERVER, &actions);
}

void
sr_world_server_closed(SrWorld *world, uint32_t client, uint32_t conn, SrReason reason)
{
    SrActions actions = service_actions(world, server_full);

    sr_server_closed(&world->model->server, &world->server, client, conn, reason, &actions);
    carry_out(world, SR_NODE_SERVER, &actions);
}

void
sr_world_server_timeout(SrWorld *world, uint32_t document)
{
    SrActions actions = service_actions(world, server_full);

    sr_server_timeout(&world->model->server, &world->server, document, &actions);
    carry_out(world, SR_NODE_SERVER, &actions);
}

void
sr_world_server_upgrade(SrWorld *world)
{
    SrActions actions = service_actions(world, server_full);

    sr_server_upgrade(&world->model->server, &world->server, &actions);
    carry_out(world, SR_NODE_SERVER, &actions);
}

void
sr_world_server_crash(SrWorld *world)
{
    SrActions actions = service_actions(world, server_full);

    sr_server_crash(&world->model->server, &world->server, &actions);
    carry_out(world, SR_NODE_SERVER, &actions);
}

/* ---- the providers ---- */

static void
handle_at_provider(SrWorld *world, const SrMessage *message, int64_t now)
{
    SrActions actions = service_actions(world, provider_full);

    sr_provider_message(&world->model->provider, &world->provider, message,
                        sr_world_document(world, message->client), now, &actions);
    carry_out(world, SR_NODE_ENCRYPTION_PROVIDER, &actions);
}

uint32_t
sr_world_add_previous(SrWorld *world, uint32_t document, int64_t now)
{
    SrActions actions = service_actions(world, provider_full);
    SrServerDocument *it = &world->server.documents[document];
    uint32_t hint = sr_provider_add_previous(&world->model->provider, &world->provider,
                                             document, now, &actions);

    it->has_outdated = true;
    it->outdated = (SrContent){ .hint = hint, .key = world->provider.slots[hint].key };
    carry_out(world, SR_NODE_ENCRYPTION_PROVIDER, &actions);
    return hint;
}

void
sr_world_provider_ready(SrWorld *world, const SrMessage *request, int64_t now, uint32_t replica)
{
    SrActions actions = service_actions(world, provider_full);

    sr_provider_ready(&world->model->provider, &world->provider, request,
                      sr_world_document(world, request->client), now, replica, &actions);
    carry_out(world, SR_NODE_ENCRYPTION_PROVIDER, &actions);
}

void
sr_world_provider_expire(SrWorld *world, uint32_t hint, int64_t now)
{
    SrActions actions = service_actions(world, provider_full);

    sr_provider_expire(&world->model->provider, &world->provider, hint, now, &actions);
    carry_out(world, SR_NODE_ENCRYPTION_PROVIDER, &actions);
}

void
sr_world_provider_rotate(SrWorld *world)
{
    SrActions actions = service_actions(world, provider_full);

    sr_provider_rotate(&world->model->provider, &world->provider, &actions);
    carry_out(world, SR_NODE_ENCRYPTION_PROVIDER, &actions);
}

static void
handle_at_token_provider(SrWorld *world, const SrMessage *message, int64_t now)
{
    SrActions actions = service_actions(world, NULL);

    sr_token_provider_message(world->token_cache, &world->token_provider, message, now,
                              &actions);
    carry_out(world, SR_NODE_TOKEN_PROVIDER, &actions);
}

bool
sr_world_handle(SrWorld *world, unsigned service, const SrMessage *message, int64_t now)
{
    if (service == SR_NODE_TOKEN_PROVIDER) {
        handle_at_token_provider(world, message, now);
    } else if (service == SR_NODE_ENCRYPTION_PROVIDER) {
        handle_at_provider(world, message, now);
    } else {
        const SrServerClient *client = &world->server.clients[message->client];

        if (message->type == SR_MSG_CONNECT ? message->conn <= client->closed
                                            : message->conn != client->conn)
            return false;
        handle_at_server(world, message, now);
    }
    return true;
}

/* ---- clients ---- */

static void
close_connection(SrWorld *world, uint32_t client, const SrAction *action)
{
    uint32_t conn = action->message.conn;

    if (action->ok)
        sr_world_server_closed(world, client, conn, (SrReason) action->message.reason);
    /* The server need not see a connection that it closed itself, or lost in a crash. */
    else if (conn > world->server.clients[client].closed &&
             action->message.reason != SR_REASON_SERVER_CRASH)
        pend(world, SR_NODE_FIRST_CLIENT + client, action);
}

static inline void
do_of_client(SrWorld *world, uint32_t client, const SrAction *action)
{
    uint32_t node = SR_NODE_FIRST_CLIENT + client;

    switch ((SrActionKind) action->kind) {
    case SR_ACTION_SEND:
        sr_world_send(world, sr_msg_service((SrMsg) action->message.type), true,
                      &action->message);
        break;
    case SR_ACTION_NOTE:
        sr_world_note(world, node, sr_world_document(world, client), action);
        break;
    case SR_ACTION_CLOSE:
        close_connection(world, client, action);
        break;
    case SR_ACTION_OPEN:
    case SR_ACTION_TIMER:
    case SR_ACTION_DERIVE:
    case SR_ACTION_TIMER_AT:
    case SR_ACTION_TIMER_STOP:
        pend(world, node, action);
        break;
    case SR_ACTION_GENERATE:
    case SR_ACTION_LOOKUP:
    case SR_ACTION_ATTACH:
    case SR_ACTION_ANSWER_ATTACHED:
    case SR_ACTION_EXPIRE:
    case SR_ACTION_REPLICATE:
        g_assert_not_reached();
    }
}

void
sr_world_step_client(SrWorld *world, const SrClientSettings *settings, SrClient *client,
                     const SrClientInput *input, const SrClientView *view)
{
    /* A step of a client has at most 16 actions. */
    SrActions actions = { world->client_list, 0, G_N_ELEMENTS(world->client_list), NULL, NULL };

    sr_client_step(settings, client, input, view, &actions);
    for (uint32_t i = 0; i < actions.n; i++)
        do_of_client(world, view->index, &actions.list[i]);
}

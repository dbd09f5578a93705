/* Steps: a node takes an input, and the world carries out the actions of the step in order.
 * world-steps.h has those that a driver may call with its own table; here they are called with
 * the table of the world. */
#include "world/world-steps.h"

/* ---- actions ---- */

void
sr_world_send(SrWorld *world, unsigned service, bool outward, const SrMessage *message)
{
    sr_world_drive_send(world->driver, world, service, outward, message);
}

/* Each replica applies the change by itself. */
void
sr_world_replicate(SrWorld *world, const SrAction *action)
{
    SrAction one = *action;

    for (uint32_t replica = 1; replica < world->model->provider.replicas; replica++) {
        one.message.conn = replica;
        world->driver->pend(world->data, SR_NODE_ENCRYPTION_PROVIDER, &one);
    }
}

void
sr_world_close_connection(SrWorld *world, uint32_t client, const SrAction *action)
{
    uint32_t conn = action->message.conn;

    if (action->ok)
        sr_world_server_closed(world, client, conn, (SrReason) action->message.reason);
    /* The server need not see a connection that it closed itself, or lost in a crash. */
    else if (conn > world->server.clients[client].closed &&
             action->message.reason != SR_REASON_SERVER_CRASH)
        world->driver->pend(world->data, SR_NODE_FIRST_CLIENT + client, action);
}

static void
carry_out(SrWorld *world, unsigned service)
{
    sr_world_carry_out(world->driver, world, service);
}

/* A step with more actions than the buffer can hold is carried out in parts. The core has
 * changed its state for the actions that it has produced so far. */
void
sr_world_actions_full(SrActions *actions, void *data)
{
    SrWorld *world = data;

    carry_out(world, world->service);
    actions->n = 0;
}

/* ---- the server ---- */

void
sr_world_server_closed(SrWorld *world, uint32_t client, uint32_t conn, SrReason reason)
{
    sr_server_closed(&world->model->server, &world->server, client, conn, reason,
                     sr_world_actions(world, SR_NODE_SERVER));
    carry_out(world, SR_NODE_SERVER);
}

void
sr_world_server_timeout(SrWorld *world, uint32_t document)
{
    sr_server_timeout(&world->model->server, &world->server, document,
                      sr_world_actions(world, SR_NODE_SERVER));
    carry_out(world, SR_NODE_SERVER);
}

void
sr_world_server_upgrade(SrWorld *world)
{
    sr_server_upgrade(&world->model->server, &world->server,
                      sr_world_actions(world, SR_NODE_SERVER));
    carry_out(world, SR_NODE_SERVER);
}

void
sr_world_server_crash(SrWorld *world)
{
    sr_server_crash(&world->model->server, &world->server,
                    sr_world_actions(world, SR_NODE_SERVER));
    carry_out(world, SR_NODE_SERVER);
}

/* ---- the providers ---- */

uint32_t
sr_world_add_previous(SrWorld *world, uint32_t document, int64_t now)
{
    SrServerDocument *it = &world->server.documents[document];
    uint32_t hint =
        sr_provider_add_previous(&world->model->provider, &world->provider, document, now,
                                 sr_world_actions(world, SR_NODE_ENCRYPTION_PROVIDER));

    it->has_outdated = true;
    it->outdated = (SrContent){ .hint = hint, .key = world->provider.slots[hint].key };
    carry_out(world, SR_NODE_ENCRYPTION_PROVIDER);
    return hint;
}

void
sr_world_provider_ready(SrWorld *world, const SrMessage *request, int64_t now, uint32_t replica)
{
    sr_world_drive_ready(world->driver, world, request, now, replica);
}

void
sr_world_provider_expire(SrWorld *world, uint32_t hint, int64_t now)
{
    sr_provider_expire(&world->model->provider, &world->provider, hint, now,
                       sr_world_actions(world, SR_NODE_ENCRYPTION_PROVIDER));
    carry_out(world, SR_NODE_ENCRYPTION_PROVIDER);
}

void
sr_world_provider_rotate(SrWorld *world)
{
    sr_provider_rotate(&world->model->provider, &world->provider,
                       sr_world_actions(world, SR_NODE_ENCRYPTION_PROVIDER));
    carry_out(world, SR_NODE_ENCRYPTION_PROVIDER);
}

/* ---- messages and clients ---- */

bool
sr_world_handle(SrWorld *world, unsigned service, const SrMessage *message, int64_t now)
{
    return sr_world_drive_handle(world->driver, world, service, message, now);
}

void
sr_world_step_client(SrWorld *world, const SrClientSettings *settings, SrClient *client,
                     const SrClientInput *input, const SrClientView *view)
{
    sr_world_drive_client(world->driver, world, settings, client, input, view);
}

/* The steps that nearly every event takes, as inline functions that get the table of the driver
 * as an argument. A driver whose table is a constant calls them where its table is: then the
 * compiler calls the functions of the driver directly. Through the table a race of two clients
 * took 5 % more instructions and 6 % more time. world.c has the same functions for everybody
 * else. */
#pragma once

#include <glib.h>

#include "schema/wire.h"
#include "world/world.h"

#define SR_WORLD_INLINE static inline __attribute__((always_inline))

SR_WORLD_INLINE void
sr_world_drive_send(const SrWorldDriver *driver, SrWorld *world, unsigned service, bool outward,
                    const SrMessage *message)
{
    uint32_t client = SR_NODE_FIRST_CLIENT + message->client;

    world->message_ids++;
    sr_world_message(world, SR_EVENT_SEND, outward ? client : service,
                     outward ? service : client, message, world->message_ids);
    driver->send(world->data, outward ? SR_DIRECTION_OUT(service) : SR_DIRECTION_IN(service),
                 message);
}

/* Records a note of @node about @document; counts it if nobody wants it. */
SR_WORLD_INLINE void
sr_world_drive_note(const SrWorldDriver *driver, SrWorld *world, uint32_t node,
                    uint32_t document, const SrAction *note)
{
    uint32_t bit = UINT32_C(1) << note->event;

    if (world->noted & bit)
        driver->note(world->data, node, document, note);
    if (world->wanted.notes & bit)
        sr_world_record_note(world, node, document, note);
    else
        world->seq++;
}

/* Carries out @action of @node. */
SR_WORLD_INLINE void
sr_world_drive_action(const SrWorldDriver *driver, SrWorld *world, uint32_t node,
                      const SrAction *action)
{
    bool outward = node >= SR_NODE_FIRST_CLIENT;

    switch ((SrActionKind) action->kind) {
    case SR_ACTION_SEND:
        sr_world_drive_send(driver, world,
                            outward ? sr_msg_service((SrMsg) action->message.type) : node,
                            outward, &action->message);
        break;
    case SR_ACTION_NOTE:
        sr_world_drive_note(driver, world, node,
                            outward ? sr_world_document(world, node - SR_NODE_FIRST_CLIENT)
                                    : action->document,
                            action);
        break;
    case SR_ACTION_CLOSE:
        sr_world_close_connection(world, node - SR_NODE_FIRST_CLIENT, action);
        break;
    case SR_ACTION_REPLICATE:
        sr_world_replicate(world, action);
        break;
    case SR_ACTION_OPEN:
    case SR_ACTION_TIMER:
    case SR_ACTION_DERIVE:
    case SR_ACTION_TIMER_AT:
    case SR_ACTION_TIMER_STOP:
    case SR_ACTION_GENERATE:
    case SR_ACTION_LOOKUP:
    case SR_ACTION_ATTACH:
    case SR_ACTION_ANSWER_ATTACHED:
    case SR_ACTION_EXPIRE:
        driver->pend(world->data, node, action);
        break;
    }
}

/* A service sends messages to many clients in one step, and no event has prefetched their
 * memory. So the client of the action that is this many actions ahead is prefetched now. */
#define SR_WORLD_FORESEEN 6

/* Carries out the actions of a step of @service. */
SR_WORLD_INLINE void
sr_world_carry_out(const SrWorldDriver *driver, SrWorld *world, unsigned service)
{
    const SrActions *actions = &world->service_actions;

    for (uint32_t i = 0; i < actions->n; i++) {
        const SrAction *action = &actions->list[i], *later = action + SR_WORLD_FORESEEN;

        if (driver->foresee != NULL && i + SR_WORLD_FORESEEN < actions->n &&
            later->kind == SR_ACTION_SEND)
            driver->foresee(world->data, later->message.client);
        sr_world_drive_action(driver, world, service, action);
    }
}

/* Returns: (transfer none): the empty buffer for the actions of a step of @service */
static inline SrActions *
sr_world_actions(SrWorld *world, unsigned service)
{
    world->service_actions.n = 0;
    world->service = (uint8_t) service;
    return &world->service_actions;
}

SR_WORLD_INLINE bool
sr_world_drive_handle(const SrWorldDriver *driver, SrWorld *world, unsigned service,
                      const SrMessage *message, int64_t now)
{
    SrActions *actions = sr_world_actions(world, service);

    if (service == SR_NODE_TOKEN_PROVIDER) {
        sr_token_provider_message(world->token_cache, &world->token_provider, message, now,
                                  actions);
    } else if (service == SR_NODE_ENCRYPTION_PROVIDER) {
        sr_provider_message(&world->model->provider, &world->provider, message,
                            sr_world_document(world, message->client), now, actions);
    } else {
        const SrServerClient *client = &world->server.clients[message->client];

        if (message->type == SR_MSG_CONNECT ? message->conn <= client->closed
                                            : message->conn != client->conn)
            return false;
        sr_server_message(&world->model->server, &world->server, message, now, actions);
    }
    sr_world_carry_out(driver, world, service);
    return true;
}

SR_WORLD_INLINE void
sr_world_drive_ready(const SrWorldDriver *driver, SrWorld *world, const SrMessage *request,
                     int64_t now, uint32_t replica)
{
    sr_provider_ready(&world->model->provider, &world->provider, request,
                      sr_world_document(world, request->client), now, replica,
                      sr_world_actions(world, SR_NODE_ENCRYPTION_PROVIDER));
    sr_world_carry_out(driver, world, SR_NODE_ENCRYPTION_PROVIDER);
}

SR_WORLD_INLINE void
sr_world_drive_client(const SrWorldDriver *driver, SrWorld *world,
                      const SrClientSettings *settings, SrClient *client,
                      const SrClientInput *input, const SrClientView *view)
{
    /* A step of a client has at most 16 actions. */
    SrActions actions = { world->client_list, 0, G_N_ELEMENTS(world->client_list), NULL, NULL };

    sr_client_step(settings, client, input, view, &actions);
    for (uint32_t i = 0; i < actions.n; i++)
        sr_world_drive_action(driver, world, SR_NODE_FIRST_CLIENT + view->index,
                              &actions.list[i]);
}

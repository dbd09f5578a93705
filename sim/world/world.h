/* The world: the state of the server and the providers, and the one place that carries out what
 * the steps of the core ask for.
 *
 * A step of the core leaves actions in a buffer. The world takes them in order. A note becomes
 * a record. A message becomes a record and is sent. A connection whose end the server sees at
 * once is closed there. All other actions stay pending: a timer, an answer that takes time, a
 * connection whose loss nobody has seen yet, a key that expires. The driver keeps the pending
 * items: a run gives each an instant and takes the earliest; an exploration tries each in turn.
 * The world has no times, links or queues, and does no cryptography.
 *
 * The driver owns the clients. It stores them as it likes and lends one for a step. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "check/check.h"
#include "model/model.h"
#include "protocol/client.h"
#include "protocol/encryption-provider.h"
#include "protocol/server.h"
#include "protocol/token-provider.h"

/* The functions of a driver. Each gets the driver's own @data as its first argument. */
typedef struct {
    /* Sends @message, whose record has already been made. */
    void (*send)(void *data, unsigned direction, const SrMessage *message);
    /* Takes an action that a step of @node leaves pending: any but SEND and NOTE. CLOSE is a
     * connection whose loss the server has not seen yet. REPLICATE comes once for each replica,
     * which is message.conn. */
    void (*pend)(void *data, uint32_t node, const SrAction *action);
    /* (nullable) Takes a note of the events in SrWorld.noted, before its record is made. */
    void (*note)(void *data, uint32_t node, uint32_t document, const SrAction *note);
    /* Takes @record, which lacks only its instant, if someone besides the checks wants records.
     */
    void (*report)(void *data, SrRecord *record);
    /* The latest record had @n findings; they are the first ones of the checks. @cause
     * (nullable) is a copy of the record that caused them, which lacks only its instant. */
    void (*found)(void *data, SrRecord *cause, unsigned n);
    /* (nullable) Prefetches memory for a message that goes to @client a few actions from now.
     */
    void (*foresee)(void *data, uint32_t client);
} SrWorldDriver;

typedef struct {
    const SrWorldDriver *driver;
    void *data; /* the driver's own */
    const SrModel *model;
    SrSpan token_cache; /* how long the token provider gives the same token to everybody */

    /* The driver owns the arrays in these. The document of a client is in
     * server.client_document. */
    SrServer server;
    SrProvider provider;
    SrTokenProvider token_provider;
    SrChecks *checks;

    /* records */
    bool listening;       /* the driver's report() gets every record */
    uint32_t noted;       /* bits 1 << SrEvent: the driver's note() gets these */
    SrWanted checked;     /* by the checks */
    SrWanted wanted;      /* by anybody: equals `checked`, or all events when listening */
    uint64_t seq;         /* records so far */
    uint64_t message_ids; /* messages sent so far */
    /* Of the present message or note. Each record is reused, so a field that its kind does not
     * have stays zero. */
    SrRecord message_record, note_record, state_record, seal_record, token_record;
    /* token of the present message, which message_record leaves out */
    int64_t message_token;
    uint64_t message_id; /* id of the present message, likewise */

    /* The actions of one step. Two lists, since a step of a client may cause one of the server.
     */
    SrAction client_list[32], service_list[64];
    SrActions service_actions; /* the second of them */
    uint8_t service;           /* whose step filled it */
} SrWorld;

/* ---- world.c: steps ---- */

/* sr_world_init: @checks: made for the same clients and documents; from now on their findings
 * go to the driver. The caller sets the arrays. */
void sr_world_init(SrWorld *world, const SrWorldDriver *driver, void *data,
                   const SrModel *model, SrChecks *checks);
/* Starts all counts again; @listening: whether report() gets every record. */
void sr_world_reset(SrWorld *world, bool listening);

/* For a report() that needs no notes but those in @notes, bits 1 << SrEvent. */
void sr_world_narrow(SrWorld *world, uint32_t notes);

/* Gives @input to @client; @settings are those of the client. */
void sr_world_step_client(SrWorld *world, const SrClientSettings *settings, SrClient *client,
                          const SrClientInput *input, const SrClientView *view);

/* Lets a service handle @message; @now is the service's own clock, ns since 1970.
 *
 * Returns: whether it did; the server refuses a connection that it does not know */
bool sr_world_handle(SrWorld *world, unsigned service, const SrMessage *message, int64_t now);

/* Lets the server see that connection @conn of @client closed. */
void sr_world_server_closed(SrWorld *world, uint32_t client, uint32_t conn, SrReason reason);
/* Fires the establish-timeout of @document. */
void sr_world_server_timeout(SrWorld *world, uint32_t document);
void sr_world_server_upgrade(SrWorld *world);
void sr_world_server_crash(SrWorld *world);

/* Adds the key of an older session of @document, before the run begins. The driver decides who
 * sealed the content.
 *
 * Returns: the hint of the key */
uint32_t sr_world_add_previous(SrWorld *world, uint32_t document, int64_t now);
/* Ends `generate` or `lookup` of @request, at @replica. */
void sr_world_provider_ready(SrWorld *world, const SrMessage *request, int64_t now,
                             uint32_t replica);
/* Checks the age of the key under @hint. */
void sr_world_provider_expire(SrWorld *world, uint32_t hint, int64_t now);
void sr_world_provider_rotate(SrWorld *world);

/* For world-steps.h: what a closed connection, a replicated key and a full buffer call for. */
void sr_world_close_connection(SrWorld *world, uint32_t client, const SrAction *action);
void sr_world_replicate(SrWorld *world, const SrAction *action);
void sr_world_actions_full(SrActions *actions, void *data);

/* Sends @message from @service to the client that it names if @outward, else from the client to
 * @service. */
void sr_world_send(SrWorld *world, unsigned service, bool outward, const SrMessage *message);

/* ---- world-record.c: records ---- */

/* Record what somebody wants: called by sr_world_message() and by world-steps.h. */
void sr_world_record_note(SrWorld *world, uint32_t node, uint32_t document,
                          const SrAction *note);
void sr_world_record_message(SrWorld *world, SrEvent event, uint32_t node, uint32_t peer,
                             const SrMessage *message, uint64_t id);
/* Records that @message is lost before it reaches @node. */
void sr_world_lose(SrWorld *world, uint32_t node, uint32_t peer, const SrMessage *message,
                   uint64_t id);
/* Numbers, reports and judges @record, which is neither a message nor a note of the core. */
void sr_world_emit(SrWorld *world, SrRecord *record);

/* Returns: the document of @client */
static inline uint32_t
sr_world_document(const SrWorld *world, uint32_t client)
{
    return world->server.client_document[client];
}

/* Records that a message is sent or received at @node. Records that nobody wants are counted all
 * the same, so that numbers do not depend on who wants records. */
static inline void
sr_world_message(SrWorld *world, SrEvent event, uint32_t node, uint32_t peer,
                 const SrMessage *message, uint64_t id)
{
    bool carrying = message->key != SR_KEY_ABSENT || (message->flags & SR_MESSAGE_CONTENT) != 0;

    if (world->wanted.messages[event == SR_EVENT_RECEIVE][carrying] >> message->type & 1)
        sr_world_record_message(world, event, node, peer, message, id);
    else
        world->seq++;
}

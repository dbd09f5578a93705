/* The world: the state of server and providers, and the one place that does what the steps of the
 * core say.
 *
 * A step of the core leaves actions in a buffer. The world takes them in order: a note becomes a
 * record, a message becomes a record and leaves, a connection that the server sees close at once is
 * closed there. What is left is pending (a timer, an answer that takes time, a connection whose loss
 * nobody has seen, a key that grows old): the driver keeps it. A run gives it an instant and takes the
 * earliest; an exploration takes each in turn. The world knows no times, links or queues, and does no
 * cryptography.
 *
 * Clients are the driver's: it keeps them as it likes, and lends one for a step. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "check/check.h"
#include "model/model.h"
#include "protocol/client.h"
#include "protocol/encryption-provider.h"
#include "protocol/server.h"
#include "protocol/token-provider.h"

/* What a driver does. Each function gets the driver's own @data first. */
typedef struct {
    /* @message leaves; its record has been made. */
    void (*send)(void *data, unsigned direction, const SrMessage *message);
    /* What a step of @node leaves pending: any action but SEND and NOTE. CLOSE is a connection whose
     * loss the server still has to see. REPLICATE comes once for each replica, message.conn. */
    void (*pend)(void *data, uint32_t node, const SrAction *action);
    /* (nullable) A note of the events in SrWorld.noted, before its record is made. */
    void (*note)(void *data, uint32_t node, uint32_t document, const SrAction *note);
    /* Where somebody besides the checks takes records: @record, complete but for its instant. */
    void (*tell)(void *data, SrRecord *record);
    /* The first @n findings are of the latest judging; @cause (nullable) is the record that broke
     * them, complete but for its instant, in a copy of the driver's own. */
    void (*found)(void *data, SrRecord *cause, unsigned n);
    /* (nullable) A message will be sent to @client in a few actions: fetches what that touches. */
    void (*foresee)(void *data, uint32_t client);
} SrWorldDriver;

typedef struct {
    const SrWorldDriver *driver;
    void *data; /* the driver's own */
    const SrModel *model;
    SrSpan token_cache; /* how long one token serves everybody */

    /* The arrays are the driver's. Documents of clients: server.client_document. */
    SrServer server;
    SrProvider provider;
    SrTokenProvider token_provider;
    SrChecks *checks;

    /* records */
    bool listening;       /* the driver's tell() takes every record */
    uint32_t noted;       /* bits 1 << SrEvent: the driver's note() takes these */
    SrWanted checked;     /* by the checks */
    SrWanted wanted;      /* by anybody: `checked`, or all when listening */
    uint64_t seq;         /* records so far */
    uint64_t message_ids; /* messages sent so far */
    /* Of the present message or note. Each is used again and again, so that what no record of its
     * kind holds stays zero in it. */
    SrRecord message_record, note_record, state_record, seal_record, token_record;
    int64_t message_token; /* what message_record leaves out of the present message … */
    uint64_t message_id;   /* … and its id */

    /* What a step does. A client's step may set off one of the server. */
    SrAction client_list[32], service_list[64];
} SrWorld;

/* ---- world.c: steps ---- */

/* sr_world_init: @checks: over a context with the same clients and documents; their findings go to
 * the driver from here on. The arrays are left to the caller. */
void sr_world_init(SrWorld *world, const SrWorldDriver *driver, void *data,
                   const SrModel *model, SrChecks *checks);
/* Counts anew; @listening: whether tell() takes every record. */
void sr_world_reset(SrWorld *world, bool listening);

/* Where tell() wants but the records of notes in @notes, bits 1 << SrEvent. */
void sr_world_narrow(SrWorld *world, uint32_t notes);

/* A client takes @input; @settings are its own. */
void sr_world_step_client(SrWorld *world, const SrClientSettings *settings, SrClient *client,
                          const SrClientInput *input, const SrClientView *view);

/* A service handles @message; @now is its own clock, ns since 1970. Returns: whether it does: the
 * server serves no connection that it does not know. */
bool sr_world_handle(SrWorld *world, unsigned service, const SrMessage *message, int64_t now);

/* The server sees connection @conn of @client close. */
void sr_world_server_closed(SrWorld *world, uint32_t client, uint32_t conn, SrReason reason);
/* The establish-timeout of @document fires. */
void sr_world_server_timeout(SrWorld *world, uint32_t document);
void sr_world_server_upgrade(SrWorld *world);
void sr_world_server_crash(SrWorld *world);

/* The key of an older session of @document, before anything happens; who sealed its content is left
 * to the driver. Returns: its hint */
uint32_t sr_world_add_previous(SrWorld *world, uint32_t document, int64_t now);
/* The end of `generate` or `lookup` of @request, at @replica. */
void sr_world_provider_ready(SrWorld *world, const SrMessage *request, int64_t now,
                             uint32_t replica);
/* Looks at the age of @hint. */
void sr_world_provider_expire(SrWorld *world, uint32_t hint, int64_t now);
void sr_world_provider_rotate(SrWorld *world);

/* Sends @message from @service to the client that it names, or from there to @service. */
void sr_world_send(SrWorld *world, unsigned service, bool outward, const SrMessage *message);

/* ---- world-record.c: records ---- */

/* A note of @node about @document. */
void sr_world_note(SrWorld *world, uint32_t node, uint32_t document, const SrAction *note);
/* A message is sent, received or lost at @node. */
void sr_world_message(SrWorld *world, SrEvent event, uint32_t node, uint32_t peer,
                      const SrMessage *message, uint64_t id);
/* @record is counted, told and judged; no message and no note of the core. */
void sr_world_emit(SrWorld *world, SrRecord *record);

/* Returns: the document of @client */
static inline uint32_t
sr_world_document(const SrWorld *world, uint32_t client)
{
    return world->server.client_document[client];
}

/* Records: what happened leaves the world here, to the checks and to whoever else takes records. */
#include <glib.h>
#include <string.h>

#include "session-race/crypto.h"

#include "protocol/records.h"
#include "world/world.h"

/* ---- beginning ---- */

static void complete_message(const SrWorld *world, SrRecord *record);

static __attribute__((cold)) void
found(void *data, const SrRecord *record, unsigned n)
{
    SrWorld *world = data;
    SrRecord cause = *record;

    cause.seq = world->seq;
    if (record == &world->message_record)
        complete_message(world, &cause);
    world->driver->found(world->data, &cause, n);
}

void
sr_world_init(SrWorld *world, const SrWorldDriver *driver, void *data, const SrModel *model,
              SrChecks *checks)
{
    world->driver = driver;
    world->data = data;
    world->model = model;
    world->checks = checks;
    world->token_cache = model->scenario->token_provider.cache;
    world->checked = sr_checks_wanted();
    world->wanted = world->checked;
    sr_checks_on_finding(checks, found, world);
}

void
sr_world_reset(SrWorld *world, bool listening)
{
    world->seq = world->message_ids = 0;
    world->listening = listening;
    world->wanted = world->checked;
    if (listening)
        memset(&world->wanted, 0xff, sizeof world->wanted);
}

void
sr_world_narrow(SrWorld *world, uint32_t notes)
{
    world->wanted = world->checked;
    world->wanted.notes |= notes;
}

/* ---- emission ---- */

/* A judge is the last thing that happens to a record, since what it finds comes from there. */
static inline void
emit(SrWorld *world, SrRecord *record, unsigned kind)
{
    world->seq++;
    if (G_UNLIKELY(world->listening)) {
        record->seq = world->seq;
        world->driver->tell(world->data, record);
    }
    sr_judges[kind](world->checks, record);
}

void
sr_world_emit(SrWorld *world, SrRecord *record)
{
    emit(world, record, record->event);
}

/* ---- messages ---- */

/* Fills in what checks look at. */
static inline void
fill_message(SrWorld *world, SrEvent event, uint32_t node, uint32_t peer,
             const SrMessage *message, uint64_t id)
{
    sr_record_set_message(&world->message_record, event, node, peer, message,
                          sr_world_document(world, message->client));
    world->message_token = message->token;
    world->message_id = id;
}

/* Fills in the rest. */
static void
complete_message(const SrWorld *world, SrRecord *record)
{
    record->id = world->message_id;
    if (record->event == SR_EVENT_LOSE)
        return;
    sr_record_complete_message(record);
    sr_record_set_token(record, &world->model->token, world->message_token);
}

static void
lose_message(SrWorld *world, uint32_t node, uint32_t peer, const SrMessage *message,
             uint64_t id)
{
    SrRecord *record = &world->message_record;

    fill_message(world, SR_EVENT_LOSE, node, peer, message, id);
    record->conn = record->hint = record->key = 0;
    record->has = SR_HAS_REASON;
    memset(&record->token, 0, sizeof record->token);
    if (G_UNLIKELY(world->listening))
        complete_message(world, record);
    emit(world, record, SR_EVENT_LOSE);
}

void
sr_world_message(SrWorld *world, SrEvent event, uint32_t node, uint32_t peer,
                 const SrMessage *message, uint64_t id)
{
    bool carrying = message->key != SR_KEY_ABSENT || (message->flags & SR_MESSAGE_CONTENT) != 0;
    SrRecord *record = &world->message_record;

    if (event == SR_EVENT_LOSE) {
        lose_message(world, node, peer, message, id);
        return;
    }
    if (!(world->wanted.messages[event == SR_EVENT_RECEIVE][carrying] >> message->type & 1)) {
        world->seq++; /* so that numbers do not depend on who takes records */
        return;
    }
    fill_message(world, event, node, peer, message, id);
    if (G_UNLIKELY(world->listening))
        complete_message(world, record);
    emit(world, record,
         (unsigned) (event == SR_EVENT_SEND ? SR_JUDGE_SENT : SR_JUDGE_RECEIVED) +
             message->type);
}

/* ---- notes ---- */

static uint64_t
content_bytes(const SrWorld *world, uint32_t document)
{
    return g_array_index(world->model->scenario->documents, SrDocumentSettings, document)
        .content_octets;
}

static inline void
record_note(SrWorld *world, uint32_t node, uint32_t document, const SrAction *note)
{
    bool token = sr_event_is_about_token((SrEvent) note->event);
    SrRecord *record = note->event == SR_EVENT_STATE    ? &world->state_record
                       : note->event == SR_EVENT_SEALED ? &world->seal_record
                       : token                          ? &world->token_record
                                                        : &world->note_record;

    sr_record_set_note(record, node, document, note, &world->model->token);
    if (note->event == SR_EVENT_SEALED)
        record->seal.bytes = content_bytes(world, document) + SR_SEAL_OVERHEAD;
    emit(world, record, note->event);
}

void
sr_world_note(SrWorld *world, uint32_t node, uint32_t document, const SrAction *note)
{
    uint32_t bit = UINT32_C(1) << note->event;

    if (world->noted & bit)
        world->driver->note(world->data, node, document, note);
    if (!(world->wanted.notes & bit))
        world->seq++; /* so that numbers do not depend on who takes records */
    else
        record_note(world, node, document, note);
}

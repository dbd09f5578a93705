/* Records leave the world here, for the checks and for whoever else wants records. */
#include <glib.h>
#include <string.h>

#include "crypto/crypto.h"

#include "schema/events.h"
#include "world/world.h"

/* ---- what messages and notes say in a record ---- */

/* Records are reused: a field that no record of the kind has is never written. */

/* Sets the claims of @token, or clears them. */
static inline void
set_token(SrRecord *record, const SrTokenRules *rules, int64_t token)
{
    SrTokenClaims claims = { 0 };

    if (token != SR_TOKEN_NONE)
        claims = sr_token_claims(rules, token);
    record->has |= claims.has;
    record->token.exp = claims.exp;
    record->token.iat = claims.iat;
    record->token.nbf = claims.nbf;
}

/* Sets the fields that checks read. */
static inline void
set_message(SrRecord *record, SrEvent event, uint32_t node, uint32_t peer,
            const SrMessage *message, uint32_t document)
{
    static const uint8_t has_of_flags[4] = {
        [SR_MESSAGE_HINT] = SR_HAS_HINT,
        [SR_MESSAGE_CONTENT] = SR_HAS_CONTENT,
        [SR_MESSAGE_HINT | SR_MESSAGE_CONTENT] = SR_HAS_HINT | SR_HAS_CONTENT,
    };
    unsigned has = has_of_flags[message->flags & 3];

    record->node = node;
    record->event = (uint8_t) event;
    record->msg = message->type;
    record->reason = message->reason;
    record->has = (uint8_t) (message->key != SR_KEY_ABSENT ? has | SR_HAS_KEY : has);
    record->peer = peer;
    record->conn = message->conn;
    record->document = document;
    record->hint = message->flags & SR_MESSAGE_HINT ? message->hint : SR_HINT_ABSENT;
    record->key = message->key;
}

/* Sets the fields that no check reads, without the claims. */
static inline void
set_presence(SrRecord *record)
{
    if (record->conn != 0)
        record->has |= SR_HAS_CONN;
    if (record->reason != SR_REASON_NONE)
        record->has |= SR_HAS_REASON;
}

/* Returns: whether a note of @event shows the claims of a token */
static inline bool
is_about_token(SrEvent event)
{
    return event == SR_EVENT_TOKEN_SIGNED || event == SR_EVENT_TOKEN_JUDGED;
}

static inline void
set_subject(SrRecord *record, uint32_t node, uint32_t document, const SrAction *note)
{
    record->node = node;
    record->event = note->event;
    record->peer = SR_NODE_FIRST_CLIENT + note->peer;
    record->document = document;
}

static inline void
set_state(SrRecord *record, uint32_t node, uint32_t document, const SrAction *note)
{
    set_subject(record, node, document, note);
    record->from = note->from;
    record->to = note->to;
}

/* Sets all fields except the number of sealed bytes, which the core does not know. */
static inline void
set_note(SrRecord *record, uint32_t node, uint32_t document, const SrAction *note,
         const SrTokenRules *rules)
{
    const SrMessage *message = &note->message;

    set_subject(record, node, document, note);
    record->msg = note->msg;
    record->reason = message->reason;
    record->has = sr_event_has((SrEvent) note->event) & (uint8_t) ~SR_HAS_CLAIMS;
    record->conn = message->conn;
    record->hint = message->hint;
    record->key = message->key;
    record->ok = note->ok;
    if (note->event == SR_EVENT_SEALED) {
        record->seal.nonce_sender = message->sealer;
        record->seal.nonce_counter = message->counter;
    }
    if (is_about_token((SrEvent) note->event)) {
        set_token(record, rules, message->token);
        record->token.now = note->when;
        record->token.leeway = note->event == SR_EVENT_TOKEN_JUDGED ? rules->leeway : 0;
    }
}

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
    world->service_actions = (SrActions){ world->service_list, 0,
                                          G_N_ELEMENTS(world->service_list),
                                          sr_world_actions_full, world };
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

/* Judging comes last for a record: the records of its findings come from there. */
static inline void
emit(SrWorld *world, SrRecord *record, unsigned kind)
{
    world->seq++;
    if (G_UNLIKELY(world->listening)) {
        record->seq = world->seq;
        world->driver->report(world->data, record);
    }
    sr_judges[kind](world->checks, record);
}

void
sr_world_emit(SrWorld *world, SrRecord *record)
{
    emit(world, record, record->event);
}

/* ---- messages ---- */

/* Sets the fields that checks read. */
static inline void
fill_message(SrWorld *world, SrEvent event, uint32_t node, uint32_t peer,
             const SrMessage *message, uint64_t id)
{
    set_message(&world->message_record, event, node, peer, message,
                sr_world_document(world, message->client));
    world->message_token = message->token;
    world->message_id = id;
}

/* Sets the other fields. */
static void
complete_message(const SrWorld *world, SrRecord *record)
{
    record->id = world->message_id;
    if (record->event == SR_EVENT_LOSE)
        return;
    set_presence(record);
    set_token(record, &world->model->token, world->message_token);
}

void
sr_world_lose(SrWorld *world, uint32_t node, uint32_t peer, const SrMessage *message,
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
sr_world_record_message(SrWorld *world, SrEvent event, uint32_t node, uint32_t peer,
                        const SrMessage *message, uint64_t id)
{
    SrRecord *record = &world->message_record;

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
        .content_bytes;
}

/* Half of all notes: one of few fields, with a judge that is known. */
static inline void
record_state(SrWorld *world, uint32_t node, uint32_t document, const SrAction *note)
{
    SrRecord *record = &world->state_record;

    set_state(record, node, document, note);
    emit(world, record, SR_EVENT_STATE);
}

static inline void
record_other(SrWorld *world, uint32_t node, uint32_t document, const SrAction *note)
{
    SrRecord *record = note->event == SR_EVENT_SEALED          ? &world->seal_record
                       : is_about_token((SrEvent) note->event) ? &world->token_record
                                                               : &world->note_record;

    set_note(record, node, document, note, &world->model->token);
    if (note->event == SR_EVENT_SEALED)
        record->seal.bytes = content_bytes(world, document) + SR_SEAL_OVERHEAD;
    emit(world, record, note->event);
}

void
sr_world_record_note(SrWorld *world, uint32_t node, uint32_t document, const SrAction *note)
{
    if (note->event == SR_EVENT_STATE)
        record_state(world, node, document, note);
    else
        record_other(world, node, document, note);
}

/* What the core does, as records: what a message says in one, and what a note.
 *
 * A driver may use one record again and again: what none of its kind has is left as it is. All of it is
 * inlined, so that where the core's steps are compiled with their driver nothing is asked that the
 * event tells. */
#pragma once

#include "schema/events.h"
#include "session-race/protocol.h"

#define SR_RECORD_INLINE static inline __attribute__((always_inline))

/** sr_record_set_token: the claims of @token, or none */
static inline void
sr_record_set_token(SrRecord *record, const SrTokenRules *rules, int64_t token)
{
    bool iat = token != SR_TOKEN_NONE && rules->has_iat;
    bool nbf = token != SR_TOKEN_NONE && rules->has_not_before;

    record->has |= (uint8_t) ((token != SR_TOKEN_NONE ? SR_HAS_EXP : 0) |
                              (iat ? SR_HAS_IAT : 0) | (nbf ? SR_HAS_NBF : 0));
    record->token.exp = token != SR_TOKEN_NONE ? sr_token_exp(rules, token) : 0;
    record->token.iat = iat ? token : 0;
    record->token.nbf = nbf ? token + rules->not_before : 0;
}

/** sr_record_set_message: what checks look at */
SR_RECORD_INLINE void
sr_record_set_message(SrRecord *record, SrEvent event, uint32_t node, uint32_t peer,
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

/** sr_record_complete_message: what no check looks at, but the claims */
static inline void
sr_record_complete_message(SrRecord *record)
{
    if (record->conn != 0)
        record->has |= SR_HAS_CONN;
    if (record->reason != SR_REASON_NONE)
        record->has |= SR_HAS_REASON;
}

/** sr_event_is_about_token: Returns: whether notes of @event show the claims of a token */
static inline bool
sr_event_is_about_token(SrEvent event)
{
    return event == SR_EVENT_TOKEN_SIGNED || event == SR_EVENT_TOKEN_JUDGED;
}

/** sr_record_set_note: all but the number of bytes that are sealed, which the core does not know */
SR_RECORD_INLINE void
sr_record_set_note(SrRecord *record, uint32_t node, uint32_t document, const SrAction *note,
                   const SrTokenRules *rules)
{
    const SrMessage *message = &note->message;

    record->node = node;
    record->event = note->event;
    record->peer = SR_NODE_FIRST_CLIENT + note->peer;
    record->document = document;
    if (note->event == SR_EVENT_STATE) {
        record->from = note->from;
        record->to = note->to;
        return;
    }
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
    if (sr_event_is_about_token((SrEvent) note->event)) {
        sr_record_set_token(record, rules, message->token);
        record->token.now = note->when;
        record->token.leeway = note->event == SR_EVENT_TOKEN_JUDGED ? rules->leeway : 0;
    }
}

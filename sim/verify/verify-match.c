/* What the core does, against what a line says. An action that the log would show must be the
 * line, member for member; what a foreign line leaves out is not held against it. */
#include "verify/verify-private.h"

/* ---- claims ---- */

static SrClaims
claims_of(const SrRecord *record)
{
    return (SrClaims){
        .has = record->has & (SR_HAS_IAT | SR_HAS_EXP | SR_HAS_NBF),
        .iat = record->token.iat,
        .exp = record->token.exp,
        .nbf = record->token.nbf,
    };
}

int64_t
sr_verify_token(const SrVerify *verify, const SrRecord *record)
{
    const SrClaims claims = claims_of(record);
    gpointer number;

    if (claims.has == 0)
        return SR_TOKEN_NONE;
    number = g_hash_table_lookup(verify->claims, &claims);
    if (number == NULL) {
        number = GUINT_TO_POINTER(SR_VERIFY_TOKEN_FIRST + g_hash_table_size(verify->claims));
        g_hash_table_insert(verify->claims, g_memdup2(&claims, sizeof claims), number);
    }
    return GPOINTER_TO_UINT(number);
}

static void
put_claims(const SrVerify *verify, int64_t token, SrRecord *record)
{
    GHashTableIter iter;
    gpointer claims, number;

    if (token == SR_TOKEN_NONE)
        return;
    g_hash_table_iter_init(&iter, verify->claims);
    while (g_hash_table_iter_next(&iter, &claims, &number)) {
        const SrClaims *it = claims;

        if (GPOINTER_TO_UINT(number) != token)
            continue;
        record->has |= (uint8_t) it->has;
        record->token.iat = it->iat;
        record->token.exp = it->exp;
        record->token.nbf = it->nbf;
    }
}

/* ---- messages ---- */

static uint32_t
service_of(SrMsg msg)
{
    if (msg == SR_MSG_TOKEN_REQUEST)
        return SR_NODE_TOKEN_PROVIDER;
    return msg == SR_MSG_KEY_REQUEST || msg == SR_MSG_KEY_SETTLED ? SR_NODE_ENCRYPTION_PROVIDER
                                                                  : SR_NODE_SERVER;
}

static uint32_t
peer_of(uint32_t node, const SrMessage *message)
{
    return node >= SR_NODE_FIRST_CLIENT ? service_of((SrMsg) message->type)
                                        : SR_NODE_FIRST_CLIENT + message->client;
}

SrMessage
sr_verify_message(const SrVerify *verify, const SrRecord *record)
{
    uint32_t client = record->node >= SR_NODE_FIRST_CLIENT ? record->node : record->peer;
    SrMessage message = {
        .type = record->msg,
        .reason = record->reason,
        .client = client - SR_NODE_FIRST_CLIENT,
        .conn = record->conn,
        .hint = record->hint,
        .key = record->key,
        .token = sr_verify_token(verify, record),
    };

    if (record->hint != SR_HINT_ABSENT)
        message.flags |= SR_MESSAGE_HINT;
    if (record->has & SR_HAS_CONTENT)
        message.flags |= SR_MESSAGE_CONTENT;
    /* A log without keys: the key is the one of its hint. */
    if (record->key == SR_KEY_ABSENT &&
        (record->msg == SR_MSG_KEY || (record->has & SR_HAS_CONTENT)))
        message.key = verify->n_keys + record->hint;
    return message;
}

static bool
fits_key(const SrVerify *verify, uint32_t key, const SrRecord *record)
{
    if (key == record->key || key >= verify->n_keys)
        return true;
    return record->key == SR_KEY_ABSENT && !verify->own;
}

static bool
fits_token(const SrVerify *verify, int64_t token, const SrRecord *record)
{
    int64_t other = sr_verify_token(verify, record);

    return other == token || (!verify->own && other == SR_TOKEN_NONE);
}

static bool
fits_send(const SrVerify *verify, uint32_t node, const SrMessage *message,
          const SrRecord *record)
{
    uint32_t hint = message->flags & SR_MESSAGE_HINT ? message->hint : SR_HINT_ABSENT;

    if (record->event != SR_EVENT_SEND || record->msg != message->type ||
        record->peer != peer_of(node, message) || record->hint != hint)
        return false;
    if (record->conn != message->conn && (verify->own || (record->has & SR_HAS_CONN)))
        return false;
    if (record->reason != message->reason && (verify->own || (record->has & SR_HAS_REASON)))
        return false;
    return fits_key(verify, message->key, record) && fits_token(verify, message->token, record);
}

/* ---- notes ---- */

static bool
fits_note(const SrVerify *verify, uint32_t node, const SrAction *action, const SrRecord *record)
{
    const SrMessage *message = &action->message;
    bool own = verify->own;

    if (record->event != action->event)
        return false;
    switch ((SrEvent) action->event) {
    case SR_EVENT_START:
    case SR_EVENT_REJECTED:
    case SR_EVENT_COLLABORATING:
        return true;
    case SR_EVENT_CONNECTION_OPENED:
    case SR_EVENT_CONNECTION_CLOSED:
        if (record->peer != SR_NODE_FIRST_CLIENT + action->peer)
            return false;
        if (record->conn != message->conn && (own || record->conn != 0))
            return false;
        return record->reason == message->reason || (!own && record->reason == SR_REASON_NONE);
    case SR_EVENT_STATE:
        return record->from == action->from && record->to == action->to;
    case SR_EVENT_SEALED:
        if (own && (record->seal.nonce_sender != message->sealer ||
                    record->seal.nonce_counter != message->counter))
            return false;
        return record->hint == message->hint && fits_key(verify, message->key, record);
    case SR_EVENT_OPENED:
        return record->ok == action->ok && record->hint == message->hint &&
               fits_key(verify, message->key, record);
    case SR_EVENT_WON:
    case SR_EVENT_ESTABLISHED:
        return record->hint == message->hint;
    case SR_EVENT_RELEASED:
        return record->hint == message->hint && (record->reason == message->reason ||
                                                 (!own && record->reason == SR_REASON_NONE));
    case SR_EVENT_TOKEN_JUDGED:
        return record->peer == SR_NODE_FIRST_CLIENT + action->peer &&
               record->msg == action->msg && record->reason == message->reason &&
               fits_token(verify, message->token, record);
    case SR_EVENT_FAILED:
        return record->reason == message->reason || (!own && record->reason == SR_REASON_NONE);
    case SR_EVENT_LOSE:
        return record->msg == message->type && record->node == node;
    case SR_EVENT_KEY_MADE:
    case SR_EVENT_KEY_FOUND:
        return record->hint == message->hint && record->document == action->document &&
               fits_key(verify, message->key, record);
    case SR_EVENT_KEY_DISCARDED:
        return record->hint == message->hint && record->document == action->document &&
               record->reason == message->reason;
    case SR_EVENT_KEY_MISSING:
        return record->hint == message->hint && record->document == action->document;
    case SR_EVENT_SEND:
    case SR_EVENT_RECEIVE:
    case SR_EVENT_TOKEN_SIGNED:
    case SR_EVENT_FAULT:
    case SR_EVENT_CLOCK:
    case SR_EVENT_CHECK_FAILED:
        break;
    }
    g_assert_not_reached();
}

bool
sr_verify_shows(const SrVerify *verify, uint32_t node, const SrAction *action)
{
    if (action->kind == SR_ACTION_SEND)
        return true;
    return action->kind == SR_ACTION_NOTE &&
           sr_verify_sees(verify, sr_node_kind(node), (SrEvent) action->event);
}

bool
sr_verify_fits(const SrVerify *verify, uint32_t node, const SrAction *action,
               const SrRecord *record)
{
    return action->kind == SR_ACTION_SEND ? fits_send(verify, node, &action->message, record)
                                          : fits_note(verify, node, action, record);
}

SrRecord
sr_verify_expected(const SrVerify *verify, uint32_t node, const SrAction *action)
{
    const SrMessage *message = &action->message;
    bool send = action->kind == SR_ACTION_SEND;
    SrRecord record = {
        .node = node,
        .event = send ? SR_EVENT_SEND : action->event,
        .msg = send ? message->type : action->msg,
        .reason = message->reason,
        .peer = send ? peer_of(node, message) : SR_NODE_FIRST_CLIENT + action->peer,
        .conn = message->conn,
        .hint = send && !(message->flags & SR_MESSAGE_HINT) ? SR_HINT_ABSENT : message->hint,
        .key = message->key < verify->n_keys ? message->key : SR_KEY_ABSENT,
        .from = action->from,
        .to = action->to,
        .ok = action->ok,
    };

    put_claims(verify, message->token, &record);
    return record;
}

/* ---- lines ---- */

const SrRecord *
sr_verify_peek(const SrLines *lines, unsigned k)
{
    for (uint32_t at = lines->at; at < lines->n; at++) {
        const SrRecord *record = sr_verify_record(lines, at);

        if (!lines->is_aside(lines, record) && k-- == 0)
            return record;
    }
    return NULL;
}

uint32_t
sr_verify_compare(SrLines *lines, SrTime t, unsigned *n_shown, const char **why)
{
    const SrVerify *verify = lines->verify;
    uint32_t i;

    *n_shown = 0;
    *why = NULL;
    for (i = 0; i < verify->actions.n; i++) {
        const SrAction *action = &verify->actions.list[i];
        const SrRecord *record;
        uint32_t at = lines->at;

        if (!sr_verify_shows(verify, lines->node, action)) {
            lines->excuse(lines, action, false);
            continue;
        }
        while (at < lines->n && lines->is_aside(lines, sr_verify_record(lines, at)))
            at++;
        /* A log of a real system may end anywhere. */
        if (at == lines->n && !verify->own)
            return verify->actions.n;
        record = at < lines->n ? sr_verify_record(lines, at) : NULL;
        if (record == NULL || !sr_verify_fits(verify, lines->node, action, record)) {
            if (record != NULL && (verify->lenient || lines->excuse(lines, action, true)))
                continue;
            lines->at = at;
            return i;
        }
        if (verify->own && t != SR_TIME_NEVER && record->t != t) {
            lines->at = at;
            *why = "what one step does has one instant";
            return i;
        }
        t = record->t;
        lines->at = at + 1;
        ++*n_shown;
    }
    return i;
}

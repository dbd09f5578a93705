/* Compares actions of the core with lines. If the log shows such actions at all, the next line
 * must have the members that the action gives it. In a log of another program, members may be
 * missing. */
#include "schema/events.h"
#include "verify/verify-private.h"

#include <string.h>

/* ---- claims ---- */

#define CLAIMS_AT(verify, i) (&g_array_index((verify)->claims, SrClaims, (i)))

int64_t
sr_verify_token(const SrVerify *verify, const SrRecord *record)
{
    unsigned has = record->has & SR_HAS_CLAIMS;

    if (has == 0)
        return SR_TOKEN_NONE;

    const SrClaims claims = {
        .has = has,
        .iat = record->token.iat,
        .exp = record->token.exp,
        .nbf = record->token.nbf,
    };
    /* Claims with equal sums get the next keys; the table mixes the bits. */
    uint64_t key = (uint64_t) claims.iat * UINT64_C(0x9e3779b97f4a7c15) +
                   (uint64_t) claims.exp * UINT64_C(0xbf58476d1ce4e5b9) +
                   (uint64_t) claims.nbf * UINT64_C(0x94d049bb133111eb);
    uint32_t number;

    while ((number = sr_verify_table_get(verify->claim_numbers, key)) != 0 &&
           memcmp(CLAIMS_AT(verify, number - 1), &claims, sizeof claims) != 0)
        key++;
    if (number == 0) {
        g_array_append_val(verify->claims, claims);
        number = verify->claims->len;
        sr_verify_table_put(verify->claim_numbers, key, number);
    }
    return SR_VERIFY_TOKEN_FIRST + (int64_t) number;
}

static void
put_claims(const SrVerify *verify, int64_t token, SrRecord *record)
{
    int64_t number = token - SR_VERIFY_TOKEN_FIRST;

    if (number < 1 || number > verify->claims->len)
        return;

    const SrClaims *claims = CLAIMS_AT(verify, (uint32_t) number - 1);

    record->has |= (uint8_t) claims->has;
    record->token.iat = claims->iat;
    record->token.exp = claims->exp;
    record->token.nbf = claims->nbf;
}

/* ---- messages ---- */

static uint32_t
peer_of(uint32_t node, const SrMessage *message)
{
    return node >= SR_NODE_FIRST_CLIENT ? sr_msg_service((SrMsg) message->type)
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
    /* If the log has no keys, the hint stands for the key. */
    if (record->key == SR_KEY_ABSENT &&
        (record->msg == SR_MSG_KEY || (record->has & SR_HAS_CONTENT)))
        message.key = verify->n_keys + record->hint;
    return message;
}

bool
sr_verify_shows(const SrVerify *verify, uint32_t node, const SrAction *action)
{
    if (action->kind == SR_ACTION_SEND)
        return true;
    return action->kind == SR_ACTION_NOTE &&
           sr_verify_sees(verify, sr_node_kind(node), (SrEvent) action->event);
}

/* Returns: the line of @action, without claims; its key may be one that is not in the log */
static SrRecord
line_of(uint32_t node, const SrAction *action)
{
    const SrMessage *message = &action->message;
    bool sends = action->kind == SR_ACTION_SEND;
    bool has_msg = sends || action->event == SR_EVENT_LOSE;

    return (SrRecord){
        .node = node,
        .event = sends ? SR_EVENT_SEND : action->event,
        .msg = has_msg ? message->type : action->msg,
        .reason = message->reason,
        .peer = sends ? peer_of(node, message) : SR_NODE_FIRST_CLIENT + action->peer,
        .conn = message->conn,
        .document = action->document,
        .hint = sends && !(message->flags & SR_MESSAGE_HINT) ? SR_HINT_ABSENT : message->hint,
        .key = message->key,
        .from = action->from,
        .to = action->to,
        .ok = action->ok,
    };
}

/* Whether @record, a line of @node, is the line of @action. In a log of another program,
 * members that are missing fit. */
static bool
fits(const SrVerify *verify, uint32_t node, const SrAction *action, const SrRecord *record)
{
    const SrRecord line = line_of(node, action);
    SrEvent event = (SrEvent) line.event;
    bool own = verify->own;

    if (record->event != line.event || record->msg != line.msg)
        return false;
    if (event == SR_EVENT_LOSE)
        return true;
    if (sr_event_has_member(event, SR_MEMBER_TO) ||
        sr_event_has_member(event, SR_MEMBER_CLIENT)) {
        int64_t token = sr_verify_token(verify, record);

        if (record->peer != line.peer ||
            (token != action->message.token && (own || token != SR_TOKEN_NONE)))
            return false;
    }
    if (sr_event_has_member(event, SR_MEMBER_CONN) && record->conn != line.conn &&
        (own || record->conn != 0))
        return false;
    if (record->reason != line.reason && (own || record->reason != SR_REASON_NONE))
        return false;
    if (event == SR_EVENT_SEALED && own &&
        (record->seal.nonce_sender != action->message.sealer ||
         record->seal.nonce_counter != action->message.counter))
        return false;
    if (node == SR_NODE_ENCRYPTION_PROVIDER && record->document != line.document)
        return false;
    if (sr_event_has_member(event, SR_MEMBER_KEY) && record->key != line.key &&
        line.key < verify->n_keys && (own || record->key != SR_KEY_ABSENT))
        return false;
    return record->hint == line.hint && record->from == line.from && record->to == line.to &&
           record->ok == line.ok;
}

SrRecord
sr_verify_expected(const SrVerify *verify, uint32_t node, const SrAction *action)
{
    SrRecord line = line_of(node, action);
    bool is_client = node >= SR_NODE_FIRST_CLIENT;
    uint32_t client = is_client ? node - SR_NODE_FIRST_CLIENT : action->message.client;

    /* What a client does, and messages of the server, are about the document of that client. */
    if ((is_client || (node == SR_NODE_SERVER && line.msg != SR_MSG_NONE)) &&
        verify->document[client] < verify->n_documents)
        line.document = verify->document[client];
    if (line.key >= verify->n_keys)
        line.key = SR_KEY_ABSENT;
    put_claims(verify, action->message.token, &line);
    return line;
}

/* ---- lines ---- */

const SrRecord *
sr_verify_next(const SrLines *lines, uint32_t *at)
{
    while (*at < lines->n) {
        const SrRecord *record = sr_verify_record(lines, (*at)++);

        if (!sr_verify_is_aside(lines, record))
            return record;
    }
    return NULL;
}

void
sr_verify_pass(SrLines *lines, const SrRecord *record)
{
    while (sr_verify_record(lines, lines->at++) != record)
        ;
}

/* Whether the line of @action may be missing before @record (nullable). */
static bool
is_excused(SrLines *lines, const SrAction *action, const SrRecord *record)
{
    return record != NULL && (lines->verify->lenient ||
                              (lines->excuse != NULL && lines->excuse(lines, action, true)));
}

bool
sr_verify_expect(SrLines *lines, SrTime t)
{
    const SrVerify *verify = lines->verify;

    lines->n_shown = 0;
    for (uint32_t i = 0; i < verify->actions.n; i++) {
        const SrAction *action = &verify->actions.list[i];
        const SrRecord *record;
        uint32_t at = lines->at;
        bool is_there;

        if (!sr_verify_shows(verify, lines->node, action)) {
            if (lines->excuse != NULL)
                lines->excuse(lines, action, false);
            continue;
        }
        record = sr_verify_next(lines, &at);
        /* The log of another program may end anywhere. */
        if (record == NULL && !verify->own)
            return true;
        is_there = record != NULL && fits(verify, lines->node, action, record);
        if (!is_there && is_excused(lines, action, record))
            continue;
        lines->at = record != NULL ? at - 1 : lines->n;
        if (!is_there || (verify->own && t != SR_TIME_NEVER && record->t != t)) {
            sr_verify_stop(lines, lines->at, action,
                           is_there ? "what one step does has one instant" : NULL);
            return false;
        }
        t = record->t;
        lines->at = at;
        lines->n_shown++;
    }
    return true;
}

bool
sr_verify_follow(SrLines *lines)
{
    lines->refused = false;
    lines->at = 0;
    while (lines->at < lines->n && !lines->refused) {
        const SrRecord *record = sr_verify_record(lines, lines->at);

        if (sr_verify_is_aside(lines, record))
            lines->at++;
        else
            lines->take(lines, record);
    }
    return !lines->refused;
}

/* ---- lines that are not explained ---- */

static bool
is_same(const SrRecord *a, const SrRecord *b)
{
    return a->event == b->event && a->msg == b->msg && a->hint == b->hint && a->key == b->key &&
           a->to == b->to && a->reason == b->reason && a->peer == b->peer;
}

void
sr_verify_stop(SrLines *lines, uint32_t at, const SrAction *action, const char *why)
{
    lines->refused = true;
    if (lines->stopped && at < lines->far + !lines->many)
        return;
    if (!lines->stopped || at > lines->far) {
        lines->n_allowed = 0;
        lines->why = NULL;
    }
    lines->stopped = true;
    lines->far = at;
    if (why != NULL)
        lines->why = why;
    if (action == NULL || lines->n_allowed == SR_VERIFIED_ALLOWED_MAX)
        return;

    SrRecord *expected = &lines->allowed[lines->n_allowed];

    *expected = sr_verify_expected(lines->verify, lines->node, action);
    for (unsigned i = 0; i < lines->n_allowed; i++)
        if (is_same(&lines->allowed[i], expected))
            return;
    lines->n_allowed++;
}

void
sr_verify_report(const SrLines *lines)
{
    static const char *const services[] = {
        [SR_NODE_SERVER] = "the server",
        [SR_NODE_TOKEN_PROVIDER] = "the token provider",
        [SR_NODE_ENCRYPTION_PROVIDER] = "the encryption provider",
    };
    SrVerify *verify = lines->verify;
    bool end = lines->far >= lines->n;
    uint32_t record = end ? SR_VERIFIED_END : lines->of[lines->far];
    g_autofree char *name = lines->node < SR_NODE_FIRST_CLIENT
                                ? g_strdup(services[lines->node])
                                : sr_verify_node_name(verify, lines->node);

    if (verify->lenient) {
        g_autofree char *where =
            sr_verify_line(verify, lines->of[MIN(lines->far, lines->n - 1)]);

        sr_verify_note(verify,
                       "from %s on %s does what its lines do not lead to: some are missing",
                       where, name);
        return;
    }
    sr_verify_refuse(verify, record, lines->node, lines->allowed, lines->n_allowed, "%s%s",
                     lines->why != NULL ? "" : name,
                     lines->why != NULL ? lines->why
                     : end              ? " has not done all that its last step does"
                                        : " does not do that here");
}

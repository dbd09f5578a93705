/* Messages: what is received was sent, with the same fields, once, and in order.
 *
 * Links of real systems are WebSockets and HTTP: ordered, without loss and without copies. In a
 * trace of this program links may be set up otherwise, which shows in the trace and is noted; in
 * a log from elsewhere that has to be asked for. A message may still be on its way when a log
 * ends, or go with the connection that it was sent on; on an ordered link what was sent after it
 * must not arrive then. */
#include "schema/wire.h"
#include "verify/verify-private.h"

#include <inttypes.h>
#include <string.h>

#define NOTHING UINT32_MAX
#define LINKS_EACH 6
#define CLOSES_EACH 4

typedef struct {
    uint64_t id;
    uint32_t send;     /* record; NOTHING: not in the log */
    uint32_t previous; /* message sent before on the same link and connection, or NOTHING */
    uint16_t received, lost;
    uint16_t missed; /* of those lost, which never arrived */
} Message;

/* Connections that a client, or the server, has closed. */
typedef struct {
    uint32_t conn;
    uint8_t reason;
    bool by_server;
} Close;

typedef struct {
    SrVerify *verify;
    GArray *messages;          /* Message */
    GHashTable *by_id;         /* (nullable) id → index + 1; %NULL: ids count from 1 */
    uint32_t *last;            /* n_clients × LINKS_EACH: message sent last, or NOTHING */
    Close *closes;             /* n_clients × CLOSES_EACH: by connection, the newest */
    uint32_t *open;            /* n_clients: the connection that the server knows, 0 for none */
    uint32_t overtaking, copy; /* the first record that shows it, or NOTHING */
    uint64_t *bytes;           /* n_documents: of sealed content; 0: not known yet */
    const SrRecord *signed_first, *judged_first; /* (nullable) */
} Matcher;

/* ---- which messages go where ---- */

bool
sr_verify_goes_there(const SrRecord *record)
{
    SrMsg msg = (SrMsg) record->msg;
    bool at_sender = record->event == SR_EVENT_SEND;
    uint32_t from = at_sender ? record->node : record->peer;
    uint32_t to = at_sender ? record->peer : record->node;
    uint32_t client = sr_msg_is_outward(msg) ? from : to,
             service = sr_msg_is_outward(msg) ? to : from;

    return client >= SR_NODE_FIRST_CLIENT && service == sr_msg_service(msg);
}

static uint32_t
client_of(const SrRecord *record)
{
    return MAX(record->node, record->peer) - SR_NODE_FIRST_CLIENT;
}

/* ---- finding messages ---- */

static Message *
message_at(const Matcher *matcher, uint32_t i)
{
    return &g_array_index(matcher->messages, Message, i);
}

/* Returns: the index of the message with @id, or NOTHING */
static uint32_t
find(const Matcher *matcher, uint64_t id)
{
    if (matcher->by_id == NULL)
        return id >= 1 && id <= matcher->messages->len ? (uint32_t) (id - 1) : NOTHING;
    return sr_verify_table_get(matcher->by_id, id) - 1;
}

static uint32_t
add(Matcher *matcher, uint64_t id, uint32_t send)
{
    const Message message = { .id = id, .send = send, .previous = NOTHING };
    uint32_t index = matcher->messages->len;

    g_array_append_val(matcher->messages, message);
    if (matcher->by_id != NULL)
        sr_verify_table_put(matcher->by_id, id, index + 1);
    return index;
}

#define REFUSE(matcher, i, ...) SR_VERIFY_REFUSE((matcher)->verify, (i), __VA_ARGS__)

/* ---- sends ---- */

static void
take_send(Matcher *matcher, uint32_t i)
{
    const SrRecord *record = &matcher->verify->records[i];
    uint32_t known = find(matcher, record->id);
    uint32_t *last, index;

    if (!sr_verify_goes_there(record)) {
        REFUSE(matcher, i, "no %s goes from this node to that one",
               sr_msg_name((SrMsg) record->msg));
        return;
    }
    if (known != NOTHING) {
        g_autofree char *where =
            sr_verify_line(matcher->verify, message_at(matcher, known)->send);

        REFUSE(matcher, i, "another message has the id %" PRIu64 ": %s", record->id, where);
        return;
    }
    if (matcher->by_id == NULL && record->id != matcher->messages->len + 1) {
        REFUSE(matcher, i, "its id is %" PRIu64 " where %u is due: a message is missing",
               record->id, matcher->messages->len + 1);
        return;
    }
    if (matcher->verify->own &&
        (sr_msg_service((SrMsg) record->msg) == SR_NODE_SERVER) != (record->conn != 0)) {
        REFUSE(matcher, i, "messages to and from the server, and no others, name a connection");
        return;
    }
    index = add(matcher, record->id, i);
    last =
        &matcher
             ->last[client_of(record) * LINKS_EACH + 2 * sr_msg_service((SrMsg) record->msg) +
                    sr_msg_is_outward((SrMsg) record->msg)];
    if (*last != NOTHING &&
        matcher->verify->records[message_at(matcher, *last)->send].conn == record->conn)
        message_at(matcher, index)->previous = *last;
    *last = index;
}

/* ---- receives ---- */

/* Returns: (nullable): the member in which the two ends of a message differ */
static const char *
differing(const SrVerify *verify, const SrRecord *sent, const SrRecord *received)
{
    bool own = verify->own;

    if (sent->msg != received->msg)
        return "msg";
    if (sent->peer != received->node)
        return "to";
    if (sent->node != received->peer)
        return "from";
    if (sent->conn != received->conn && (own || (sent->conn != 0 && received->conn != 0)))
        return "conn";
    if (sent->hint != received->hint &&
        (own || (sent->hint != SR_HINT_ABSENT && received->hint != SR_HINT_ABSENT)))
        return "hint";
    if (sent->reason != received->reason &&
        (own || (sent->reason != 0 && received->reason != 0)))
        return "reason";
    if (sent->key != received->key && (own || (sent->key != 0 && received->key != 0)))
        return "key";
    if (sent->document != received->document)
        return "document";

    int64_t a = sr_verify_token(verify, sent), b = sr_verify_token(verify, received);
    if (a != b && (own || (a != SR_TOKEN_NONE && b != SR_TOKEN_NONE)))
        return "its claims";
    return NULL;
}

/* What was sent before on this link and connection has arrived, or was lost. */
static void
check_order(Matcher *matcher, uint32_t i, const Message *message)
{
    const SrVerify *verify = matcher->verify;
    const Message *before;

    /* Requests over HTTP have no order among them. */
    if (message->previous == NOTHING ||
        (!verify->own && sr_msg_service((SrMsg) verify->records[i].msg) != SR_NODE_SERVER))
        return;
    before = message_at(matcher, message->previous);
    if (before->received > 0 || before->lost > 0)
        return;
    if (verify->own || verify->options->unordered || verify->lenient) {
        matcher->overtaking = MIN(matcher->overtaking, i);
        return;
    }
    g_autofree char *where = sr_verify_line(verify, before->send);
    REFUSE(matcher, i,
           "id %" PRIu64 ", sent before it at %s, has not arrived: on an ordered link it "
           "arrives first (--unordered for a link that is not)",
           before->id, where);
}

static void
take_receive(Matcher *matcher, uint32_t i)
{
    const SrVerify *verify = matcher->verify;
    const SrRecord *record = &verify->records[i];
    uint32_t index = find(matcher, record->id);
    Message *message;
    const char *member;

    if (!sr_verify_goes_there(record)) {
        REFUSE(matcher, i, "no %s goes from that node to this one",
               sr_msg_name((SrMsg) record->msg));
        return;
    }
    if (index == NOTHING) {
        if (!verify->lenient) {
            REFUSE(matcher, i, "nobody has sent a message with the id %" PRIu64 "%s",
                   record->id,
                   verify->own ? "" : " (--partial when lines of its sender are missing)");
            return;
        }
        index = add(matcher, record->id, NOTHING);
    }
    message = message_at(matcher, index);
    if (message->send != NOTHING) {
        member = differing(verify, &verify->records[message->send], record);
        if (member != NULL) {
            g_autofree char *where = sr_verify_line(verify, message->send);

            REFUSE(matcher, i, "%s is not what was sent at %s", member, where);
            return;
        }
    }
    if (message->received > 0) {
        if (message->received + message->missed > 1 ||
            !(verify->own || verify->options->unordered)) {
            REFUSE(matcher, i, "id %" PRIu64 " has arrived before", record->id);
            return;
        }
        matcher->copy = MIN(matcher->copy, i);
    }
    if (message->received < UINT16_MAX)
        message->received++;
    if (message->received == 1)
        check_order(matcher, i, message);
}

/* ---- losses ---- */

static bool
is_closed(const Matcher *matcher, uint32_t client, uint32_t conn)
{
    return matcher->closes[client * CLOSES_EACH + conn % CLOSES_EACH].conn >= conn;
}

/* Returns: (nullable): the line before @i, other than what a check finds at it and what is lost
 * when it is sent */
static const SrRecord *
find_cause(const SrVerify *verify, uint32_t i)
{
    while (i > 0 && (verify->records[i - 1].event == SR_EVENT_LOSE ||
                     verify->records[i - 1].event == SR_EVENT_CHECK_FAILED))
        i--;
    return i > 0 ? &verify->records[i - 1] : NULL;
}

/* Returns: (nullable): why it cannot be lost so */
static const char *
refuse_loss(const Matcher *matcher, uint32_t i, const Message *message)
{
    const SrVerify *verify = matcher->verify;
    const SrRecord *record = &verify->records[i], *sent;

    if (message->send == NOTHING)
        return NULL;
    sent = &verify->records[message->send];
    if (sent->msg != record->msg)
        return "msg is not what was sent";
    if (sent->peer != record->node)
        return "it was not sent to this node";
    if (!verify->own)
        return NULL;
    switch ((SrReason) record->reason) {
    case SR_REASON_LOSS:
    case SR_REASON_PARTITION:
        return find_cause(verify, i) == sent ? NULL : "a link loses a message when it is sent";
    case SR_REASON_GONE:
        return sr_msg_service((SrMsg) sent->msg) != SR_NODE_SERVER &&
                       !sr_msg_is_outward((SrMsg) sent->msg)
                   ? NULL
                   : "it is no answer to somebody who is gone";
    case SR_REASON_CONNECTION_CLOSED:
        /* On an unordered link a message may come before the `connect` that it needs. */
        return sent->conn != 0 &&
                       (is_closed(matcher, client_of(sent), sent->conn) ||
                        (sr_msg_is_outward((SrMsg) sent->msg) && message->received > 0 &&
                         matcher->open[client_of(sent)] != sent->conn))
                   ? NULL
                   : "its connection is not closed";
    case SR_REASON_SERVER_CRASH:
        return message->received > 0 ? NULL : "it does not wait at the server";
    default:
        return "that is no reason to be lost for";
    }
}

static void
take_loss(Matcher *matcher, uint32_t i)
{
    SrVerify *verify = matcher->verify;
    const SrRecord *record = &verify->records[i];
    uint32_t index = find(matcher, record->id);
    Message *message;
    const char *why;
    bool waits;

    if (index == NOTHING) {
        if (!verify->lenient)
            REFUSE(matcher, i, "nobody has sent a message with the id %" PRIu64, record->id);
        return;
    }
    why = refuse_loss(matcher, i, message_at(matcher, index));
    message = message_at(matcher, index);
    waits = message->received > 0 && record->node == SR_NODE_SERVER &&
            (record->reason == SR_REASON_CONNECTION_CLOSED ||
             record->reason == SR_REASON_SERVER_CRASH);
    if (why == NULL && !waits && message->received + message->missed > 1)
        why = "a link delivers a message twice at most";
    /* What has arrived may be lost while it waits; else it is a copy that is lost. */
    if (why == NULL && message->lost >= MAX(message->received, 1)) {
        if (message->lost > 1)
            why = "it was lost twice before";
        matcher->copy = MIN(matcher->copy, i);
    }
    if (why != NULL) {
        REFUSE(matcher, i, "%s", why);
        return;
    }
    message->lost++;
    message->missed += !waits;
    if (message->received > 0)
        g_hash_table_add(verify->late_losses, GUINT_TO_POINTER(i));
}

/* ---- connections, and what stays the same ---- */

/* Whether the server closes the connection of line @i, a `connection-closed` of its own, itself. */
static bool
closes_itself(const SrVerify *verify, uint32_t i)
{
    const SrRecord *record = &verify->records[i], *sent = find_cause(verify, i);

    return record->reason == SR_REASON_REPLACED ||
           (sent != NULL && sent->node == SR_NODE_SERVER && sent->event == SR_EVENT_SEND &&
            sent->msg == SR_MSG_CLOSED && sent->peer == record->peer &&
            sent->reason == record->reason);
}

/* A client that fails, or is closed by its user, closes its connection, and the server sees it at
 * once. */
static void
check_seen_at_once(Matcher *matcher, uint32_t i)
{
    const SrVerify *verify = matcher->verify;
    const SrRecord *record = &verify->records[i], *next = record + 1;

    if (i + 1 < verify->n && next->event == SR_EVENT_CONNECTION_CLOSED &&
        next->node == SR_NODE_SERVER && next->peer == record->peer &&
        next->conn == record->conn && next->t == record->t)
        return;
    sr_verify_refuse(matcher->verify, i + 1 < verify->n ? i + 1 : SR_VERIFIED_END,
                     SR_NODE_SERVER, NULL, 0,
                     "the server sees at once that the connection of the line before closes");
}

static void
take_close(Matcher *matcher, uint32_t i)
{
    const SrVerify *verify = matcher->verify;
    const SrRecord *record = &verify->records[i];
    bool by_server = record->node == SR_NODE_SERVER;
    uint32_t client = client_of(record);
    Close *close;

    if (MAX(record->node, record->peer) < SR_NODE_FIRST_CLIENT)
        return;
    close = &matcher->closes[client * CLOSES_EACH + record->conn % CLOSES_EACH];
    /* What the server sees close was closed by its client, unless the server closes it. */
    if (verify->own && by_server && !closes_itself(verify, i) &&
        (close->conn != record->conn || close->reason != record->reason)) {
        g_autofree char *name = sr_verify_node_name(verify, MAX(record->node, record->peer));

        REFUSE(matcher, i, "%s has not closed that connection so", name);
        return;
    }
    if (by_server && matcher->open[client] == record->conn)
        matcher->open[client] = 0;
    if (verify->own && !by_server && matcher->open[client] == record->conn &&
        (record->reason == SR_REASON_FAILED || record->reason == SR_REASON_CLOSE))
        check_seen_at_once(matcher, i);
    if (close->conn < record->conn || !by_server)
        *close = (Close){ record->conn, record->reason, by_server };
}

static void
take_refusal(Matcher *matcher, const SrRecord *record)
{
    Close *close =
        &matcher->closes[client_of(record) * CLOSES_EACH + record->conn % CLOSES_EACH];

    if (close->conn < record->conn)
        *close = (Close){ record->conn, SR_REASON_JWT, true };
}

/* Settings that show in several lines are the same in all of them. */
static void
take_constants(Matcher *matcher, uint32_t i)
{
    const SrRecord *record = &matcher->verify->records[i];
    const SrRecord *first;

    if (record->event == SR_EVENT_SEALED) {
        uint64_t *bytes = &matcher->bytes[record->document];

        if (*bytes != 0 && *bytes != record->seal.bytes)
            REFUSE(matcher, i, "other sealed contents of the document have %" PRIu64 " bytes",
                   *bytes);
        *bytes = record->seal.bytes;
    } else if (record->event == SR_EVENT_TOKEN_SIGNED) {
        if (matcher->signed_first == NULL)
            matcher->signed_first = record;
        first = matcher->signed_first;
        if (first->has != record->has ||
            record->token.exp - record->token.iat != first->token.exp - first->token.iat ||
            ((record->has & SR_HAS_NBF) &&
             record->token.nbf - record->token.exp != first->token.nbf - first->token.exp)) {
            if (record->has & SR_HAS_IAT || first->has != record->has)
                REFUSE(matcher, i, "its claims are not as far apart as those of other tokens");
        }
    } else if (record->event == SR_EVENT_TOKEN_JUDGED) {
        if (matcher->judged_first == NULL)
            matcher->judged_first = record;
        if (matcher->judged_first->token.leeway != record->token.leeway)
            REFUSE(matcher, i, "the leeway was another one before");
    } else if (record->event == SR_EVENT_FAULT && record->node != record->peer) {
        REFUSE(matcher, i, "a fault is noted at its target");
    }
}

/* ---- all ---- */

static void
take(Matcher *matcher, uint32_t i)
{
    const SrRecord *record = &matcher->verify->records[i];

    switch ((SrEvent) record->event) {
    case SR_EVENT_SEND:
        if (matcher->by_id == NULL)
            take_send(matcher, i);
        if (record->msg == SR_MSG_CONNECT_REFUSED && sr_verify_goes_there(record))
            take_refusal(matcher, record);
        break;
    case SR_EVENT_RECEIVE:
        take_receive(matcher, i);
        break;
    case SR_EVENT_LOSE:
        take_loss(matcher, i);
        break;
    case SR_EVENT_CONNECTION_OPENED:
        if (record->node == SR_NODE_SERVER && record->peer >= SR_NODE_FIRST_CLIENT)
            matcher->open[client_of(record)] = record->conn;
        break;
    case SR_EVENT_CONNECTION_CLOSED:
        take_close(matcher, i);
        break;
    case SR_EVENT_SEALED:
    case SR_EVENT_TOKEN_SIGNED:
    case SR_EVENT_TOKEN_JUDGED:
    case SR_EVENT_FAULT:
        if (record->event == SR_EVENT_FAULT && record->node == SR_NODE_SERVER &&
            record->action == SR_FAULT_CRASH)
            memset(matcher->open, 0, matcher->verify->n_clients * sizeof *matcher->open);
        if (matcher->verify->own)
            take_constants(matcher, i);
        break;
    default:
        break;
    }
}

/* What has neither arrived nor was lost. */
static void
note_rest(Matcher *matcher)
{
    const SrVerify *verify = matcher->verify;
    uint32_t n = 0, first = NOTHING;

    for (uint32_t i = 0; i < matcher->messages->len; i++) {
        const Message *message = message_at(matcher, i);

        if (message->received > 0 || message->lost > 0 || message->send == NOTHING)
            continue;
        first = n++ == 0 ? message->send : first;
    }
    if (n > 0) {
        g_autofree char *where = sr_verify_line(verify, first);

        sr_verify_note(
            matcher->verify,
            n == 1 ? "%u message does not arrive before the log ends: the one sent at %s"
                   : "%u messages do not arrive before the log ends: the first is sent at %s",
            n, where);
    }
    if (matcher->overtaking != NOTHING) {
        g_autofree char *where = sr_verify_line(verify, matcher->overtaking);

        sr_verify_note(matcher->verify,
                       "messages overtake others, first at %s: that link is not ordered",
                       where);
    }
    if (matcher->copy != NOTHING) {
        g_autofree char *where = sr_verify_line(verify, matcher->copy);

        sr_verify_note(matcher->verify,
                       "messages arrive twice, first at %s: that link is not ordered", where);
    }
}

void
sr_verify_messages(SrVerify *verify)
{
    Matcher matcher = {
        .verify = verify,
        .messages = g_array_new(FALSE, FALSE, sizeof(Message)),
        .last = g_new(uint32_t, (size_t) verify->n_clients * LINKS_EACH + 1),
        .closes = g_new0(Close, (size_t) verify->n_clients * CLOSES_EACH + 1),
        .open = g_new0(uint32_t, (size_t) verify->n_clients + 1),
        .bytes = g_new0(uint64_t, verify->n_documents),
        .overtaking = NOTHING,
        .copy = NOTHING,
    };

    memset(matcher.last, 0xff, (size_t) verify->n_clients * LINKS_EACH * sizeof *matcher.last);
    if (!verify->own) {
        matcher.by_id = sr_verify_table_new();
        for (uint32_t k = 0; k < verify->n; k++) {
            uint32_t i = verify->order != NULL ? verify->order[k] : k;

            if (verify->records[i].event == SR_EVENT_SEND)
                take_send(&matcher, i);
        }
    }
    for (uint32_t k = 0; k < verify->n; k++)
        take(&matcher, verify->order != NULL ? verify->order[k] : k);
    note_rest(&matcher);
    if (matcher.by_id != NULL)
        g_hash_table_unref(matcher.by_id);
    g_array_unref(matcher.messages);
    g_free(matcher.last);
    g_free(matcher.closes);
    g_free(matcher.open);
    g_free(matcher.bytes);
}

/* Messages: what is received was sent, with the same fields, once, and in order.
 *
 * Links of real systems are WebSockets and HTTP: ordered, without loss and without copies. In a
 * trace of this program links may have other settings; the trace shows it, and a note says so. For
 * the log of another program that takes an option (--unordered). A message may still be on its way
 * when a log ends, or be lost with its connection. On an ordered link no later message may then
 * arrive. */
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
    uint16_t missed; /* of the lost copies, those that never arrived */
} Message;

/* A connection that a client, or the server, has closed. */
typedef struct {
    uint32_t conn;
    uint8_t reason;
} Close;

typedef struct {
    uint32_t last[LINKS_EACH]; /* by link: the message sent last, + 1; 0: none */
    Close closes[CLOSES_EACH]; /* by connection, the newest */
    uint32_t open;             /* the connection that the server knows, 0 for none */
} Client;

typedef struct {
    SrVerify *verify;
    uint32_t at; /* the present record */
    const SrRecord *record;
    GArray *messages;          /* Message */
    GHashTable *by_id;         /* (nullable) id → index + 1; %NULL: ids count from 1 */
    Client *clients;           /* n_clients */
    uint32_t overtaking, copy; /* the first record that shows such a thing, or NOTHING */
    uint64_t *bytes;           /* n_documents: of sealed content; 0: not known yet */
    const SrRecord *signed_first, *judged_first; /* (nullable) */
} Matcher;

/* Refuses the present record. */
#define REFUSE(matcher, ...) SR_VERIFY_REFUSE((matcher)->verify, (matcher)->at, __VA_ARGS__)

/* ---- which messages go where ---- */

bool
sr_verify_goes_there(const SrRecord *record)
{
    SrMsg msg = (SrMsg) record->msg;
    bool from_node = record->event == SR_EVENT_SEND;
    bool at_client = from_node == sr_msg_is_outward(msg);

    return (at_client ? record->node : record->peer) >= SR_NODE_FIRST_CLIENT &&
           (at_client ? record->peer : record->node) == sr_msg_service(msg);
}

static Client *
client_of(const Matcher *matcher, const SrRecord *record)
{
    return &matcher->clients[MAX(record->node, record->peer) - SR_NODE_FIRST_CLIENT];
}

static Close *
close_of(const Matcher *matcher, const SrRecord *record)
{
    return &client_of(matcher, record)->closes[record->conn % CLOSES_EACH];
}

/* ---- finding messages ---- */

static Message *
message_at(const Matcher *matcher, uint32_t i)
{
    return &g_array_index(matcher->messages, Message, i);
}

/* Returns: (nullable): the message of the present record's id */
static Message *
find(const Matcher *matcher)
{
    uint64_t id = matcher->record->id;
    uint64_t number = matcher->by_id != NULL ? sr_verify_table_get(matcher->by_id, id) : id;

    return number >= 1 && number <= matcher->messages->len
               ? message_at(matcher, (uint32_t) (number - 1))
               : NULL;
}

static Message *
add(Matcher *matcher, uint32_t send)
{
    const Message message = { .id = matcher->record->id, .send = send, .previous = NOTHING };

    g_array_append_val(matcher->messages, message);
    if (matcher->by_id != NULL)
        sr_verify_table_put(matcher->by_id, message.id, matcher->messages->len);
    return message_at(matcher, matcher->messages->len - 1);
}

/* ---- sends ---- */

static void
take_send(Matcher *matcher)
{
    const SrVerify *verify = matcher->verify;
    const SrRecord *record = matcher->record;
    SrMsg msg = (SrMsg) record->msg;
    bool to_server = sr_msg_needs_connection(msg);
    Message *message = find(matcher);
    uint32_t due = matcher->messages->len + 1, *last;

    if (!sr_verify_goes_there(record)) {
        REFUSE(matcher, "no %s goes from this node to that one", sr_msg_name(msg));
    } else if (message != NULL) {
        g_autofree char *where = sr_verify_line(verify, message->send);

        REFUSE(matcher, "another message has the id %" PRIu64 ": %s", record->id, where);
    } else if (matcher->by_id == NULL && record->id != due) {
        REFUSE(matcher, "its id is %" PRIu64 " where %u is due: a message is missing",
               record->id, due);
    } else if (verify->own && to_server != (record->conn != 0)) {
        REFUSE(matcher, "messages to and from the server, and no others, name a connection");
    } else {
        message = add(matcher, matcher->at);
        last =
            &client_of(matcher, record)->last[2 * sr_msg_service(msg) + sr_msg_is_outward(msg)];
        if (*last != 0 &&
            verify->records[message_at(matcher, *last - 1)->send].conn == record->conn)
            message->previous = *last - 1;
        *last = due;
    }
}

/* ---- receives ---- */

/* Whether the two ends of a message differ; 0: that end does not say. */
static bool
differ(const SrVerify *verify, uint32_t sent, uint32_t received)
{
    return sent != received && (verify->own || (sent != 0 && received != 0));
}

/* Returns: (nullable): the member in which the two ends of a message differ */
static const char *
differing(const SrVerify *verify, const SrRecord *sent, const SrRecord *received)
{
    int64_t token = sr_verify_token(verify, sent), other = sr_verify_token(verify, received);

    G_STATIC_ASSERT(SR_HINT_ABSENT == 0 && SR_KEY_ABSENT == 0 && SR_REASON_NONE == 0);
    if (sent->msg != received->msg)
        return "msg";
    if (sent->peer != received->node)
        return "to";
    if (sent->node != received->peer)
        return "from";
    if (differ(verify, sent->conn, received->conn))
        return "conn";
    if (differ(verify, sent->hint, received->hint))
        return "hint";
    if (differ(verify, sent->reason, received->reason))
        return "reason";
    if (differ(verify, sent->key, received->key))
        return "key";
    if (sent->document != received->document)
        return "document";
    if (token != other && (verify->own || (token != SR_TOKEN_NONE && other != SR_TOKEN_NONE)))
        return "its claims";
    return NULL;
}

/* On an ordered link, the message sent before @message has arrived, or was lost. */
static void
check_order(Matcher *matcher, const Message *message)
{
    const SrVerify *verify = matcher->verify;
    const Message *before;

    /* HTTP requests are not ordered. */
    if (message->previous == NOTHING ||
        (!verify->own && !sr_msg_needs_connection((SrMsg) matcher->record->msg)))
        return;
    before = message_at(matcher, message->previous);
    if (before->received > 0 || before->lost > 0)
        return;
    if (verify->own || verify->options->unordered || verify->lenient) {
        matcher->overtaking = MIN(matcher->overtaking, matcher->at);
        return;
    }
    g_autofree char *where = sr_verify_line(verify, before->send);
    REFUSE(matcher,
           "id %" PRIu64 ", sent before it at %s, has not arrived: on an ordered link it "
           "arrives first (--unordered for a link that is not)",
           before->id, where);
}

static void
take_receive(Matcher *matcher)
{
    const SrVerify *verify = matcher->verify;
    const SrRecord *record = matcher->record;
    Message *message = find(matcher);
    const char *member = NULL;

    if (!sr_verify_goes_there(record)) {
        REFUSE(matcher, "no %s goes from that node to this one",
               sr_msg_name((SrMsg) record->msg));
        return;
    }
    if (message == NULL && !verify->lenient) {
        REFUSE(matcher, "nobody has sent a message with the id %" PRIu64 "%s", record->id,
               verify->own ? "" : " (--partial when lines of its sender are missing)");
        return;
    }
    if (message == NULL)
        message = add(matcher, NOTHING);
    if (message->send != NOTHING)
        member = differing(verify, &verify->records[message->send], record);
    if (member != NULL) {
        g_autofree char *where = sr_verify_line(verify, message->send);

        REFUSE(matcher, "%s is not what was sent at %s", member, where);
        return;
    }
    if (message->received > 0) {
        if (message->received + message->missed > 1 ||
            !(verify->own || verify->options->unordered)) {
            REFUSE(matcher, "id %" PRIu64 " has arrived before", record->id);
            return;
        }
        matcher->copy = MIN(matcher->copy, matcher->at);
    }
    if (message->received < UINT16_MAX)
        message->received++;
    if (message->received == 1)
        check_order(matcher, message);
}

/* ---- losses ---- */

/* Returns: (nullable): the record before @i, without findings of checks and losses */
static const SrRecord *
find_cause(const SrVerify *verify, uint32_t i)
{
    while (i > 0 && (verify->records[i - 1].event == SR_EVENT_LOSE ||
                     verify->records[i - 1].event == SR_EVENT_CHECK_FAILED))
        i--;
    return i > 0 ? &verify->records[i - 1] : NULL;
}

/* Returns: (nullable): why the message that was sent at @sent cannot be lost as the present record
 * says, in a trace of ours */
static const char *
refuse_reason(const Matcher *matcher, const SrRecord *sent, const Message *message)
{
    bool outward = sr_msg_is_outward((SrMsg) sent->msg);

    switch ((SrReason) matcher->record->reason) {
    case SR_REASON_LOSS:
    case SR_REASON_PARTITION:
        return find_cause(matcher->verify, matcher->at) == sent
                   ? NULL
                   : "a link loses a message when it is sent";
    case SR_REASON_GONE:
        return !sr_msg_needs_connection((SrMsg) sent->msg) && !outward
                   ? NULL
                   : "it is no answer to somebody who is gone";
    case SR_REASON_CONNECTION_CLOSED:
        /* On an unordered link a message may come before the `connect` that it needs. */
        return sent->conn != 0 && (close_of(matcher, sent)->conn >= sent->conn ||
                                   (outward && message->received > 0 &&
                                    client_of(matcher, sent)->open != sent->conn))
                   ? NULL
                   : "its connection is not closed";
    case SR_REASON_SERVER_CRASH:
        return message->received > 0 ? NULL : "it does not wait at the server";
    default:
        return "that is no reason to be lost for";
    }
}

/* Returns: (nullable): why @message cannot be lost as the present record says */
static const char *
refuse_loss(const Matcher *matcher, const Message *message)
{
    const SrRecord *record = matcher->record, *sent;

    if (message->send == NOTHING)
        return NULL;
    sent = &matcher->verify->records[message->send];
    if (sent->msg != record->msg)
        return "msg is not what was sent";
    if (sent->peer != record->node)
        return "it was not sent to this node";
    return matcher->verify->own ? refuse_reason(matcher, sent, message) : NULL;
}

static void
take_loss(Matcher *matcher)
{
    SrVerify *verify = matcher->verify;
    const SrRecord *record = matcher->record;
    Message *message = find(matcher);
    const char *why;
    bool waits;

    if (message == NULL) {
        if (!verify->lenient)
            REFUSE(matcher, "nobody has sent a message with the id %" PRIu64, record->id);
        return;
    }
    why = refuse_loss(matcher, message);
    waits = message->received > 0 && record->node == SR_NODE_SERVER &&
            (record->reason == SR_REASON_CONNECTION_CLOSED ||
             record->reason == SR_REASON_SERVER_CRASH);
    if (why == NULL && !waits && message->received + message->missed > 1)
        why = "a link delivers a message twice at most";
    /* A message that has arrived may be lost while it waits; otherwise the lost one is a copy. */
    if (why == NULL && message->lost >= MAX(message->received, 1)) {
        if (message->lost > 1)
            why = "it was lost twice before";
        matcher->copy = MIN(matcher->copy, matcher->at);
    }
    if (why != NULL) {
        REFUSE(matcher, "%s", why);
        return;
    }
    message->lost++;
    message->missed += !waits;
    if (message->received > 0)
        g_hash_table_add(verify->late_losses, GUINT_TO_POINTER(matcher->at));
}

/* ---- connections and constants ---- */

/* Whether the present record, a `connection-closed` of the server, is of a connection that the
 * server closes itself. */
static bool
closes_itself(const Matcher *matcher)
{
    const SrRecord *record = matcher->record;
    const SrRecord *sent = find_cause(matcher->verify, matcher->at);

    return record->reason == SR_REASON_REPLACED ||
           (sent != NULL && sent->node == SR_NODE_SERVER && sent->event == SR_EVENT_SEND &&
            sent->msg == SR_MSG_CLOSED && sent->peer == record->peer &&
            sent->reason == record->reason);
}

/* When a client fails, or its user closes it, its connection closes, and the server sees that at
 * once. */
static void
check_seen_at_once(const Matcher *matcher)
{
    const SrVerify *verify = matcher->verify;
    const SrRecord *record = matcher->record, *next = record + 1;
    bool end = matcher->at + 1 == verify->n;

    if (!end && next->event == SR_EVENT_CONNECTION_CLOSED && next->node == SR_NODE_SERVER &&
        next->peer == record->peer && next->conn == record->conn && next->t == record->t)
        return;
    sr_verify_refuse(matcher->verify, end ? SR_VERIFIED_END : matcher->at + 1, SR_NODE_SERVER,
                     NULL, 0,
                     "the server sees at once that the connection of the line before "
                     "closes");
}

static void
take_close(Matcher *matcher)
{
    const SrVerify *verify = matcher->verify;
    const SrRecord *record = matcher->record;
    bool by_server = record->node == SR_NODE_SERVER;
    uint32_t node = MAX(record->node, record->peer);
    Client *client;
    Close *close;

    if (node < SR_NODE_FIRST_CLIENT)
        return;
    client = client_of(matcher, record);
    close = close_of(matcher, record);
    /* The client closed a connection that the server sees close, unless the server closes it. */
    if (verify->own && by_server && !closes_itself(matcher) &&
        (close->conn != record->conn || close->reason != record->reason)) {
        g_autofree char *name = sr_verify_node_name(verify, node);

        REFUSE(matcher, "%s has not closed that connection so", name);
        return;
    }
    if (by_server && client->open == record->conn)
        client->open = 0;
    if (verify->own && !by_server && client->open == record->conn &&
        (record->reason == SR_REASON_FAILED || record->reason == SR_REASON_CLOSE))
        check_seen_at_once(matcher);
    if (close->conn < record->conn || !by_server)
        *close = (Close){ record->conn, record->reason };
}

/* Settings that several lines show are the same in all of them. */
static void
take_constants(Matcher *matcher)
{
    const SrRecord *record = matcher->record, *first;

    if (record->event == SR_EVENT_SEALED) {
        uint64_t *bytes = &matcher->bytes[record->document];

        if (*bytes != 0 && *bytes != record->seal.bytes)
            REFUSE(matcher, "other sealed contents of the document have %" PRIu64 " bytes",
                   *bytes);
        *bytes = record->seal.bytes;
    } else if (record->event == SR_EVENT_TOKEN_SIGNED) {
        /* A signer of the user's own does as it likes. */
        if (matcher->verify->own_signer)
            return;
        if (matcher->signed_first == NULL)
            matcher->signed_first = record;
        first = matcher->signed_first;
        if (first->has != record->has ||
            ((record->has & SR_HAS_IAT) &&
             (record->token.exp - record->token.iat != first->token.exp - first->token.iat ||
              ((record->has & SR_HAS_NBF) &&
               record->token.nbf - record->token.exp != first->token.nbf - first->token.exp))))
            REFUSE(matcher, "its claims are not as far apart as those of other tokens");
    } else if (record->event == SR_EVENT_TOKEN_JUDGED) {
        if (matcher->judged_first == NULL)
            matcher->judged_first = record;
        if (matcher->judged_first->token.leeway != record->token.leeway)
            REFUSE(matcher, "the leeway was another one before");
    } else if (record->event == SR_EVENT_FAULT && record->node != record->peer) {
        REFUSE(matcher, "a fault is noted at its target");
    }
}

/* ---- all ---- */

static void
take(Matcher *matcher)
{
    const SrRecord *record = matcher->record;
    Close *close;

    switch ((SrEvent) record->event) {
    case SR_EVENT_SEND:
        if (matcher->by_id == NULL)
            take_send(matcher);
        if (record->msg != SR_MSG_CONNECT_REFUSED || !sr_verify_goes_there(record))
            break;
        close = close_of(matcher, record);
        if (close->conn < record->conn)
            *close = (Close){ record->conn, SR_REASON_JWT };
        break;
    case SR_EVENT_RECEIVE:
        take_receive(matcher);
        break;
    case SR_EVENT_LOSE:
        take_loss(matcher);
        break;
    case SR_EVENT_CONNECTION_OPENED:
        if (record->node == SR_NODE_SERVER && record->peer >= SR_NODE_FIRST_CLIENT)
            client_of(matcher, record)->open = record->conn;
        break;
    case SR_EVENT_CONNECTION_CLOSED:
        take_close(matcher);
        break;
    case SR_EVENT_FAULT:
        if (record->node == SR_NODE_SERVER && record->action == SR_FAULT_CRASH)
            for (uint32_t i = 0; i < matcher->verify->n_clients; i++)
                matcher->clients[i].open = 0;
        G_GNUC_FALLTHROUGH;
    case SR_EVENT_SEALED:
    case SR_EVENT_TOKEN_SIGNED:
    case SR_EVENT_TOKEN_JUDGED:
        if (matcher->verify->own)
            take_constants(matcher);
        break;
    default:
        break;
    }
}

/* Takes the records in the order judged. @sends: only `send`, which are matched first */
static void
take_all(Matcher *matcher, bool sends)
{
    const SrVerify *verify = matcher->verify;

    for (uint32_t k = 0; k < verify->n; k++) {
        matcher->at = verify->order != NULL ? verify->order[k] : k;
        matcher->record = &verify->records[matcher->at];
        if (!sends)
            take(matcher);
        else if (matcher->record->event == SR_EVENT_SEND)
            take_send(matcher);
    }
}

/* Notes that record @i shows a link that is not ordered; NOTHING: none does. */
static void
note_unordered(SrVerify *verify, const char *what, uint32_t i)
{
    g_autofree char *where = i != NOTHING ? sr_verify_line(verify, i) : NULL;

    if (where != NULL)
        sr_verify_note(verify, "messages %s, first at %s: that link is not ordered", what,
                       where);
}

/* Notes the messages that neither arrived nor were lost. */
static void
note_rest(const Matcher *matcher)
{
    uint32_t n = 0, first = NOTHING;

    for (uint32_t i = 0; i < matcher->messages->len; i++) {
        const Message *message = message_at(matcher, i);

        if (message->received > 0 || message->lost > 0 || message->send == NOTHING)
            continue;
        first = n++ == 0 ? message->send : first;
    }
    if (n > 0) {
        g_autofree char *where = sr_verify_line(matcher->verify, first);

        sr_verify_note(
            matcher->verify,
            n == 1 ? "%u message does not arrive before the log ends: the one sent at %s"
                   : "%u messages do not arrive before the log ends: the first is sent at %s",
            n, where);
    }
    note_unordered(matcher->verify, "overtake others", matcher->overtaking);
    note_unordered(matcher->verify, "arrive twice", matcher->copy);
}

void
sr_verify_messages(SrVerify *verify)
{
    g_autoptr(GArray) messages = g_array_new(FALSE, FALSE, sizeof(Message));
    g_autoptr(GHashTable) by_id = verify->own ? NULL : sr_verify_table_new();
    Matcher matcher = {
        .verify = verify,
        .messages = messages,
        .by_id = by_id,
        .clients = SR_VERIFY_NEW(verify, Client, verify->n_clients),
        .bytes = SR_VERIFY_NEW(verify, uint64_t, verify->n_documents),
        .overtaking = NOTHING,
        .copy = NOTHING,
    };

    if (by_id != NULL)
        take_all(&matcher, true);
    take_all(&matcher, false);
    note_rest(&matcher);
}

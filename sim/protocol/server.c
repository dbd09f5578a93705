/* The server: connections and, for each document, a phase.
 *
 * What holds in each phase (SrPhase):
 *   none         no creation, no active session; perhaps the content of an outdated one
 *   creating     owner and hint are set. owner_conn is the owner's connection; it is 0 while that
 *                connection is lost and the creation waits for it. If rejected clients may be
 *                promoted, they are in a list in the order of rejection, as long as they stay on
 *                the connection on which they were rejected
 *   established  content is there; owner and hint say who made it
 *
 * Every client with an accepted connection is in the list of its document, in the order of
 * acceptance, which is also the order of every broadcast. The server refuses messages on any other
 * connection. One table answers each message in each phase. */
#include "protocol/server-private.h"

#include "protocol/cells-private.h"

typedef enum {
    DO_IGNORE,
    DO_NONE, /* session-none, with the outdated session if there is one */
    /* the owner is back; else session-none or session-pending, as the rules say */
    DO_CREATING,
    DO_AVAILABLE, /* session-available */
    DO_ACCEPT,    /* the first create-session wins */
    DO_REJECT,    /* every other create-session is rejected, and may be promoted later */
    DO_REJECT_LATE,
    DO_ESTABLISH, /* the owner's upload */
    DO_CONTENT,
    DO_TOKEN_UPDATE,
} Do;

enum { MSG_FIRST = SR_MSG_SESSION_REQUEST, MSG_N = SR_MSG_TOKEN_UPDATE - MSG_FIRST + 1 };
G_STATIC_ASSERT(DO_IGNORE == 0);

#define ROW(msg) [SR_MSG_##msg - MSG_FIRST]

/* clang-format off */
static SR_CELL uint8_t table[SR_PHASE_N][MSG_N] = {
    [SR_PHASE_NONE] = {
        ROW(SESSION_REQUEST) = DO_NONE, ROW(CREATE_SESSION) = DO_ACCEPT, ROW(TOKEN_UPDATE) = DO_TOKEN_UPDATE,
    },
    [SR_PHASE_CREATING] = {
        ROW(SESSION_REQUEST) = DO_CREATING, ROW(CREATE_SESSION) = DO_REJECT, ROW(UPLOAD) = DO_ESTABLISH,
        ROW(TOKEN_UPDATE) = DO_TOKEN_UPDATE,
    },
    [SR_PHASE_ESTABLISHED] = {
        ROW(SESSION_REQUEST) = DO_AVAILABLE, ROW(CREATE_SESSION) = DO_REJECT_LATE, ROW(JOIN) = DO_CONTENT,
        ROW(TOKEN_UPDATE) = DO_TOKEN_UPDATE,
    },
};
/* clang-format on */

/* ---- actions ---- */

/* Returns: a note of @event whose other fields are empty */
static SrAction *
sr_server_note(const SrServerStep *step, SrEvent event, uint32_t client, uint32_t document)
{
    SrAction *note = sr_actions_add(step->actions);

    *note = (SrAction){
        .kind = SR_ACTION_NOTE,
        .event = (uint8_t) event,
        .document = document,
        .peer = client,
        .message = { .client = client, .token = SR_TOKEN_NONE },
    };
    return note;
}

/* Sends a message of @type whose other fields are empty. Returns: the message, for its fields to be
 * set before anything else is done */
static SrMessage *
sr_server_send(const SrServerStep *step, SrMsg type, uint32_t client)
{
    SrAction *action = sr_actions_add(step->actions);

    *action = (SrAction){
        .kind = SR_ACTION_SEND,
        .message = { .type = (uint8_t) type,
                     .client = client,
                     .conn = step->server->clients[client].conn,
                     .token = SR_TOKEN_NONE },
    };
    return &action->message;
}

static void
send_closed(const SrServerStep *step, uint32_t client, SrReason reason)
{
    sr_server_send(step, SR_MSG_CLOSED, client)->reason = (uint8_t) reason;
}

static void
send_hint(const SrServerStep *step, SrMsg type, uint32_t client, uint32_t hint)
{
    SrMessage *message = sr_server_send(step, type, client);

    message->hint = hint;
    message->flags = SR_MESSAGE_HINT;
}

static void
send_content(const SrServerStep *step, SrMsg type, uint32_t client, unsigned flags,
             const SrContent *content)
{
    SrMessage *message = sr_server_send(step, type, client);

    message->flags = (uint8_t) flags;
    message->hint = content->hint;
    message->key = content->key;
    message->sealer = content->sealer;
    message->counter = content->counter;
}

/* Sends to every client that is connected for @index, in the order in which they connected. */
static void
broadcast(const SrServerStep *step, SrMsg type, uint32_t index, uint32_t hint)
{
    uint32_t client = step->server->documents[index].first, next;

    for (; client != SR_NOBODY; client = next) {
        SrMessage *message = sr_server_send(step, type, client);

        next = step->server->clients[client].next;
        message->hint = hint;
        message->flags = hint != SR_HINT_ABSENT ? SR_MESSAGE_HINT : 0;
    }
}

static void
set_establish_timer(const SrServerStep *step, uint32_t document)
{
    if (step->rules->establish_timeout == SR_TIME_NEVER)
        return;
    *sr_actions_add(step->actions) =
        (SrAction){ .kind = SR_ACTION_TIMER,
                    .document = document,
                    .when = (int64_t) step->rules->establish_timeout };
}

static void
stop_establish_timer(const SrServerStep *step, uint32_t document)
{
    if (step->rules->establish_timeout != SR_TIME_NEVER)
        *sr_actions_add(step->actions) =
            (SrAction){ .kind = SR_ACTION_TIMER_STOP, .document = document };
}

/* ---- creations ---- */

static void
start_creation(const SrServerStep *step, uint32_t index, uint32_t client, uint32_t hint)
{
    SrServerDocument *document = &step->server->documents[index];

    document->phase = SR_PHASE_CREATING;
    document->owner = client;
    document->owner_conn = step->server->clients[client].conn;
    document->hint = hint;
    send_hint(step, SR_MSG_CREATE_ACCEPTED, client, hint);
    set_establish_timer(step, index);
}

static void
drop_creation(const SrServerStep *step, uint32_t index, SrReason reason)
{
    SrServerDocument *document = &step->server->documents[index];
    SrAction *released = sr_server_note(step, SR_EVENT_RELEASED, document->owner, index);

    released->message.hint = document->hint;
    released->message.reason = (uint8_t) reason;
    stop_establish_timer(step, index);
    document->phase = SR_PHASE_NONE;
}

/* The owner's connection closed, or its time is up (@reason): does what `on-owner-lost` says.
 */
static void
lose_owner(const SrServerStep *step, uint32_t index, SrReason reason)
{
    SrServerDocument *document = &step->server->documents[index];

    if (step->rules->on_owner_lost == SR_OWNER_LOST_WAIT && reason != SR_REASON_TIMEOUT) {
        document->owner_conn = 0;
        return;
    }
    drop_creation(step, index, reason);
    if (step->rules->on_owner_lost == SR_OWNER_LOST_PROMOTE &&
        document->first_rejected != SR_NOBODY) {
        uint32_t heir = document->first_rejected;

        sr_server_remove_rejected(step, document, heir);
        start_creation(step, index, heir, step->server->rejected[heir].attempt);
        return;
    }
    sr_server_clear_rejected(step, document);
    broadcast(step, SR_MSG_SESSION_RELEASED, index, SR_HINT_ABSENT);
}

/* Forgets a connection, which the server saw close or closed itself. */
static void
forget_connection(const SrServerStep *step, uint32_t client, SrReason reason)
{
    SrServerClient *clients = step->server->clients;
    SrServerClient *it = &clients[client];
    uint32_t index = step->server->client_document[client];
    SrServerDocument *document = &step->server->documents[index];
    SrAction *closed = sr_server_note(step, SR_EVENT_CONNECTION_CLOSED, client, index);

    closed->message.conn = it->conn;
    closed->message.reason = (uint8_t) reason;
    sr_server_remove_rejected(step, document, client);
    if (it->previous == SR_NOBODY)
        document->first = it->next;
    else
        clients[it->previous].next = it->next;
    if (it->next == SR_NOBODY)
        document->last = it->previous;
    else
        clients[it->next].previous = it->previous;
    it->closed = it->conn;
    it->conn = 0;
    if (document->phase == SR_PHASE_CREATING && document->owner == client &&
        document->owner_conn != 0)
        lose_owner(step, index, SR_REASON_OWNER_LOST);
}

/* ---- tokens ---- */

static SrReason
judge(const SrServerStep *step, const SrMessage *message, int64_t token)
{
    int64_t second = sr_floor_div(step->now, (int64_t) SR_NS_PER_S);
    SrReason result = sr_token_judge(&step->rules->token, token, second);
    SrAction *judged = sr_server_note(step, SR_EVENT_TOKEN_JUDGED, message->client,
                                      step->server->client_document[message->client]);

    judged->msg = message->type;
    judged->when = second;
    judged->message.token = token;
    judged->message.reason = (uint8_t) result;
    return result;
}

/* A renewed token is judged like one that comes with `connect`. */
static bool
checks_token(const SrServerRules *rules, SrMsg msg)
{
    SrMsg like = msg == SR_MSG_TOKEN_UPDATE ? SR_MSG_CONNECT : msg;

    return rules->tokens && (rules->check_token >> (like - SR_MSG_CONNECT) & 1);
}

int64_t
sr_server_token(const SrServerRules *rules, const SrServer *server, const SrMessage *message)
{
    if (!checks_token(rules, (SrMsg) message->type))
        return SR_TOKEN_NONE;
    return message->type == SR_MSG_CONNECT || message->type == SR_MSG_TOKEN_UPDATE
               ? message->token
               : server->clients[message->client].token;
}

/* Source: section 5: sends `closed` {jwt} and forgets the connection at once. */
static void
close_for_token(const SrServerStep *step, uint32_t client)
{
    send_closed(step, client, SR_REASON_JWT);
    forget_connection(step, client, SR_REASON_JWT);
}

static void
take_connect(const SrServerStep *step, const SrMessage *message)
{
    uint32_t client = message->client;
    SrServerClient *it = &step->server->clients[client];

    /* A link may deliver `connect` twice, and late: only a newer connection replaces the known
     * one. */
    if (it->conn >= message->conn || it->closed >= message->conn)
        return;
    if (it->conn != 0)
        forget_connection(step, client, SR_REASON_REPLACED);
    if (checks_token(step->rules, SR_MSG_CONNECT)) {
        SrReason refused = judge(step, message, message->token);

        if (refused != SR_REASON_NONE) {
            SrMessage *answer = sr_server_send(step, SR_MSG_CONNECT_REFUSED, client);

            answer->conn = message->conn;
            answer->reason = (uint8_t) refused;
            it->closed = message->conn;
            return;
        }
    }
    sr_server_connect_client(step, client, message->conn, message->token);

    SrAction *opened = sr_server_note(step, SR_EVENT_CONNECTION_OPENED, client,
                                      step->server->client_document[client]);

    opened->message.conn = message->conn;
    sr_server_send(step, SR_MSG_CONNECTED, client);
}

/* ---- the handshake ---- */

static void
answer_request(const SrServerStep *step, SrServerDocument *document, uint32_t client)
{
    if (document->phase == SR_PHASE_CREATING && document->owner == client) {
        document->owner_conn = step->server->clients[client].conn;
        send_hint(step, SR_MSG_CREATE_ACCEPTED, client, document->hint);
    } else if (document->phase == SR_PHASE_CREATING && step->rules->pending) {
        sr_server_send(step, SR_MSG_SESSION_PENDING, client);
    } else if (document->has_outdated) {
        send_content(step, SR_MSG_SESSION_NONE, client, SR_MESSAGE_CONTENT | SR_MESSAGE_HINT,
                     &document->outdated);
    } else {
        sr_server_send(step, SR_MSG_SESSION_NONE, client);
    }
}

static void
establish(const SrServerStep *step, uint32_t index, const SrMessage *upload)
{
    SrServerDocument *document = &step->server->documents[index];

    /* Only the owner of the present creation may upload, on the connection that the server
     * knows. */
    if (document->owner != upload->client || document->owner_conn != upload->conn)
        return;
    document->phase = SR_PHASE_ESTABLISHED;
    document->has_outdated = false;
    document->content =
        (SrContent){ upload->hint, upload->key, upload->sealer, upload->counter };

    SrAction *established = sr_server_note(step, SR_EVENT_ESTABLISHED, upload->client, index);

    established->message.hint = document->hint;
    broadcast(step, SR_MSG_SESSION_AVAILABLE, index, document->hint);
    stop_establish_timer(step, index);
    sr_server_clear_rejected(step, document);
}

static void
update_token(const SrServerStep *step, const SrMessage *message)
{
    if (checks_token(step->rules, SR_MSG_TOKEN_UPDATE) &&
        judge(step, message, message->token) != SR_REASON_NONE)
        close_for_token(step, message->client);
    else
        step->server->clients[message->client].token = message->token;
}

static void
perform(const SrServerStep *step, Do action, const SrMessage *message, uint32_t index)
{
    SrServerDocument *document = &step->server->documents[index];

    switch (action) {
    case DO_IGNORE:
        break;
    case DO_NONE:
    case DO_CREATING:
        answer_request(step, document, message->client);
        break;
    case DO_AVAILABLE:
        send_hint(step, SR_MSG_SESSION_AVAILABLE, message->client, document->hint);
        break;
    case DO_ACCEPT:
        start_creation(step, index, message->client, message->hint);
        break;
    case DO_REJECT:
        if (message->client != document->owner)
            sr_server_add_rejected(step, document, message->client, message->hint);
        sr_server_send(step, SR_MSG_CREATE_REJECTED, message->client);
        break;
    case DO_REJECT_LATE:
        sr_server_send(step, SR_MSG_CREATE_REJECTED, message->client);
        break;
    case DO_ESTABLISH:
        establish(step, index, message);
        break;
    case DO_CONTENT:
        send_content(step, SR_MSG_CONTENT, message->client, SR_MESSAGE_CONTENT,
                     &document->content);
        break;
    case DO_TOKEN_UPDATE:
        update_token(step, message);
        break;
    }
}

/* ---- what may happen ---- */

/* Clears the table: the server knows no client. */
static void
forget_clients(const SrServer *server)
{
    memset(server->clients, 0, server->n_clients * sizeof *server->clients);
    if (server->rejected != NULL)
        memset(server->rejected, 0, server->n_clients * sizeof *server->rejected);
}

void
sr_server_reset(const SrServer *server)
{
    forget_clients(server);
    memset(server->documents, 0, server->n_documents * sizeof *server->documents);
    for (uint32_t i = 0; i < server->n_documents; i++) {
        SrServerDocument *document = &server->documents[i];

        document->first = document->last = document->first_rejected = document->last_rejected =
            SR_NOBODY;
    }
}

void
sr_server_message(const SrServerRules *rules, const SrServer *server, const SrMessage *message,
                  int64_t now, SrActions *actions)
{
    const SrServerStep *step = &(const SrServerStep){ rules, server, now, actions };
    uint32_t client = message->client;
    uint32_t index = step->server->client_document[client];

    if (message->type == SR_MSG_CONNECT) {
        take_connect(step, message);
        return;
    }
    g_assert(message->type >= MSG_FIRST && message->type <= SR_MSG_TOKEN_UPDATE);
    if (step->server->clients[client].conn != message->conn) {
        SrAction *lost = sr_server_note(step, SR_EVENT_LOSE, client, index);

        lost->message = *message;
        lost->message.reason = SR_REASON_CONNECTION_CLOSED;
        return;
    }
    if (message->type != SR_MSG_TOKEN_UPDATE &&
        checks_token(step->rules, (SrMsg) message->type) &&
        judge(step, message, step->server->clients[client].token) != SR_REASON_NONE) {
        close_for_token(step, client);
        return;
    }
    perform(step, (Do) table[step->server->documents[index].phase][message->type - MSG_FIRST],
            message, index);
}

void
sr_server_closed(const SrServerRules *rules, const SrServer *server, uint32_t client,
                 uint32_t conn, SrReason reason, SrActions *actions)
{
    const SrServerStep *step = &(const SrServerStep){ rules, server, 0, actions };

    if (conn != 0 && step->server->clients[client].conn == conn)
        forget_connection(step, client, reason);
    /* The `connect` of this connection may still wait to be processed: it will be too late. */
    else if (conn > step->server->clients[client].closed)
        step->server->clients[client].closed = conn;
}

void
sr_server_timeout(const SrServerRules *rules, const SrServer *server, uint32_t document,
                  SrActions *actions)
{
    const SrServerStep *step = &(const SrServerStep){ rules, server, 0, actions };

    if (step->server->documents[document].phase == SR_PHASE_CREATING)
        lose_owner(step, document, SR_REASON_TIMEOUT);
}

void
sr_server_upgrade(const SrServerRules *rules, const SrServer *server, SrActions *actions)
{
    const SrServerStep *step = &(const SrServerStep){ rules, server, 0, actions };

    for (uint32_t i = 0; i < step->server->n_documents; i++) {
        SrServerDocument *document = &step->server->documents[i];

        if (document->phase == SR_PHASE_CREATING) {
            drop_creation(step, i, SR_REASON_UPGRADE);
        } else if (document->phase == SR_PHASE_ESTABLISHED) {
            document->outdated = document->content;
            document->outdated.hint = document->hint;
            document->has_outdated = true;
            document->phase = SR_PHASE_NONE;
        }
        sr_server_clear_rejected(step, document);
        while (document->first != SR_NOBODY) {
            uint32_t client = document->first;

            send_closed(step, client, SR_REASON_CLIENT_UPDATE_REQUIRED);
            forget_connection(step, client, SR_REASON_CLIENT_UPDATE_REQUIRED);
        }
    }
}

void
sr_server_crash(const SrServerRules *rules, const SrServer *server, SrActions *actions)
{
    const SrServerStep *step = &(const SrServerStep){ rules, server, 0, actions };

    for (uint32_t i = 0; i < step->server->n_documents; i++) {
        SrServerDocument *document = &step->server->documents[i];

        if (document->phase == SR_PHASE_CREATING) {
            drop_creation(step, i, SR_REASON_SERVER_CRASH);
        } else if (document->phase == SR_PHASE_ESTABLISHED && !step->rules->durable) {
            SrAction *released = sr_server_note(step, SR_EVENT_RELEASED, document->owner, i);

            released->message.hint = document->hint;
            released->message.reason = SR_REASON_SERVER_CRASH;
            document->phase = SR_PHASE_NONE;
        }
        if (!step->rules->durable)
            document->has_outdated = false;
        document->first = document->last = document->first_rejected = document->last_rejected =
            SR_NOBODY;
    }
    forget_clients(step->server);
}

#ifdef SR_MUTANTS
uint8_t *
sr_server_cells(unsigned *rows, unsigned *columns)
{
    *rows = SR_PHASE_N;
    *columns = MSG_N;
    return &table[0][0];
}
#endif

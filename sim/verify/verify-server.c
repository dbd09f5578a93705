/* The lines of the server, followed by the core.
 *
 * Messages that the server receives wait in a queue and are taken from it in that order; what the
 * core does with a message must be the server's next lines. The server also sees connections
 * close, times out creations, crashes and is upgraded. Its settings are not known: the lines are
 * followed once for each set of rules, until one explains them all. The judgement of a token shows
 * where the server's clock stands.
 *
 * For each set of rules there is only one hypothesis, since the server's state is too large to be
 * copied for every line. Some messages are taken without a line (an upload that is ignored, a
 * token that is not judged). They are taken when a later line needs it. */
#include "verify/verify-private.h"

#include <string.h>

/* Claims of the core's tokens. The clock is set so that the core judges them as the log says. */
#define NOT_BEFORE_S 10
#define LIFETIME_S 1000

/* Settings that are tried: what happens to a creation whose owner is lost; whether the server
 * answers `session-pending`; whether sessions survive a crash. */
enum { OWNER_LOST_N = 3, SET_PENDING = 1, SET_NOT_DURABLE = 2, SET_N = 4 };

typedef struct {
    SrLines lines;
    SrServer server;
    SrServerRules rules;
    uint32_t *waiting; /* lines of messages that wait in the server's queue */
    uint32_t first_waiting, n_waiting;
    uint32_t judged; /* judged_bit()s: messages on which some token is judged */
} Follower;

/* A server judges tokens on `token-update` if it does on `connect`. */
static uint32_t
judged_bit(unsigned msg)
{
    return 1u << (msg == SR_MSG_TOKEN_UPDATE ? SR_MSG_CONNECT : msg);
}

static bool
is_waiting(const Follower *follower, uint64_t id)
{
    for (uint32_t i = 0; i < follower->n_waiting; i++)
        if (follower->lines.verify->records[follower->waiting[follower->first_waiting + i]]
                .id == id)
            return true;
    return false;
}

/* The server loses messages that wait in its queue; the link loses all others. */
static bool
is_aside(const SrLines *lines, const SrRecord *record)
{
    const Follower *follower = (const Follower *) lines;
    uint32_t i = (uint32_t) (record - lines->verify->records);

    if (record->event != SR_EVENT_LOSE)
        return sr_verify_aside(record);
    return !g_hash_table_contains(lines->verify->late_losses, GUINT_TO_POINTER(i)) ||
           !is_waiting(follower, record->id);
}

static bool
sees(const Follower *follower, SrEvent event)
{
    return sr_verify_sees(follower->lines.verify, SR_KIND_SERVER, event);
}

/* ---- comparing ---- */

/* Whether @client is a connected owner of a creation. */
static bool
is_owner(const Follower *follower, uint32_t client)
{
    const SrServerDocument *document =
        &follower->server.documents[follower->lines.verify->document[client]];

    return document->phase == SR_PHASE_CREATING && document->owner == client &&
           document->owner_conn != 0;
}

/* If the log does not show connections, the server may have seen one close. It then sends nothing
 * more to that client. Returns: whether this explains that @action is missing */
static bool
close_unseen(Follower *follower, const SrAction *action)
{
    uint32_t client = action->message.client;
    SrAction list[8];
    SrActions none = { .list = list, .capacity = G_N_ELEMENTS(list) };
    bool broadcast =
        action->kind == SR_ACTION_SEND && (action->message.type == SR_MSG_SESSION_AVAILABLE ||
                                           action->message.type == SR_MSG_SESSION_RELEASED);

    if (!broadcast || sees(follower, SR_EVENT_CONNECTION_CLOSED) || is_owner(follower, client))
        return false;
    sr_server_closed(&follower->rules, &follower->server, client,
                     follower->server.clients[client].conn, SR_REASON_DISCONNECT, &none);
    return true;
}

/* Keeps what the log does not show although it must have happened: the checks observe it too. */
static void
infer(const Follower *follower, const SrAction *action)
{
    SrVerify *verify = follower->lines.verify;
    SrInferred inferred = {
        .before = follower->lines.at < follower->lines.n
                      ? follower->lines.of[follower->lines.at]
                      : SR_VERIFIED_END,
    };

    if (action->kind != SR_ACTION_NOTE ||
        (action->event != SR_EVENT_RELEASED && action->event != SR_EVENT_ESTABLISHED))
        return;
    inferred.record = sr_verify_expected(verify, SR_NODE_SERVER, action);
    g_array_append_val(verify->inferred, inferred);
}

static bool
excuse(SrLines *lines, const SrAction *action, bool shows)
{
    Follower *follower = (Follower *) lines;

    if (!shows)
        infer(follower, action);
    return !shows || close_unseen(follower, action);
}

/* ---- inputs ---- */

static const SrRecord *
first_waiting(const Follower *follower)
{
    return &follower->lines.verify->records[follower->waiting[follower->first_waiting]];
}

static void
take(Follower *follower)
{
    follower->first_waiting++;
    follower->n_waiting--;
}

/* Whether a server may take such a message without a line: an upload that nobody waits for, a
 * `join` before there is a session, a `connect` that comes too late, a token that is not judged. */
static bool
may_be_silent(const Follower *follower, SrMsg msg)
{
    return msg == SR_MSG_CONNECT ||
           ((msg == SR_MSG_UPLOAD || msg == SR_MSG_JOIN || msg == SR_MSG_TOKEN_UPDATE) &&
            !(follower->judged & judged_bit(msg)));
}

/* Returns: (nullable): the next line, if it says that the oldest waiting message is lost */
static const SrRecord *
find_loss(const Follower *follower)
{
    const SrRecord *next = sr_verify_peek(&follower->lines);

    return next != NULL && next->event == SR_EVENT_LOSE &&
                   next->id == first_waiting(follower)->id
               ? next
               : NULL;
}

/* A message is lost if its connection is closed when its turn comes; a whole trace of ours has a
 * line for that. Returns: whether the oldest waiting message is lost */
static bool
lose_first(Follower *follower, const SrMessage *message)
{
    const SrRecord *loss = find_loss(follower);
    bool connects = message->type == SR_MSG_CONNECT;
    bool lost = message->conn != follower->server.clients[message->client].conn;

    if (loss == NULL &&
        (connects || !lost ||
         (sees(follower, SR_EVENT_LOSE) && !may_be_silent(follower, (SrMsg) message->type))))
        return false;
    if (loss != NULL && !lost) {
        sr_verify_stop_here(&follower->lines,
                            "the server serves a message on a connection that it knows");
        return true;
    }
    take(follower);
    if (loss != NULL)
        sr_verify_pass(&follower->lines, loss);
    return true;
}

/* Assumes a connection if the log does not name it. */
static void
suppose_conn(Follower *follower, SrMessage *message)
{
    const SrServerClient *client = &follower->server.clients[message->client];

    if (message->conn != 0)
        return;
    message->conn =
        message->type == SR_MSG_CONNECT ? MAX(client->conn, client->closed) + 1 : client->conn;
}

/* Returns: (nullable): the line that judges the token of @message, among the next lines; if the log
 * has no such lines, the refusal that follows from it */
static const SrRecord *
find_judgement(const Follower *follower, const SrMessage *message)
{
    bool notes = sees(follower, SR_EVENT_TOKEN_JUDGED);
    uint32_t at = follower->lines.at;
    const SrRecord *record;

    while ((record = sr_verify_next(&follower->lines, &at)) != NULL) {
        bool its = record->peer == SR_NODE_FIRST_CLIENT + message->client;

        if (record->event == SR_EVENT_RECEIVE || record->event == SR_EVENT_FAULT)
            return NULL;
        if (its && notes && record->event == SR_EVENT_TOKEN_JUDGED)
            return record->msg == message->type ? record : NULL;
        if (its && !notes && record->event == SR_EVENT_SEND)
            return record->msg == SR_MSG_CONNECT_REFUSED ||
                           (record->msg == SR_MSG_CLOSED && record->reason == SR_REASON_JWT)
                       ? record
                       : NULL;
    }
    return NULL;
}

/* Sets the rules so that the core judges the token of @message as the log says. Returns: the
 * time of the server's clock for that */
static int64_t
choose_judgement(Follower *follower, const SrMessage *message)
{
    bool judged = follower->judged & judged_bit(message->type);
    int64_t token = message->type == SR_MSG_CONNECT || message->type == SR_MSG_TOKEN_UPDATE
                        ? message->token
                        : follower->server.clients[message->client].token;
    bool notes = sees(follower, SR_EVENT_TOKEN_JUDGED);
    const SrRecord *judgement = !notes || judged ? find_judgement(follower, message) : NULL;

    follower->rules.tokens = notes ? judged : judgement != NULL;
    follower->rules.token.fault = SR_REASON_NONE;
    if (judgement == NULL)
        return 0;
    /* Whether a signature is good only the server knew; a log may also lack the claims of a token
     * that its server saw. */
    if (follower->lines.verify->own_signer && (judgement->reason == SR_REASON_BAD_SIGNATURE ||
                                               judgement->reason == SR_REASON_MISSING_CLAIM))
        follower->rules.token.fault = judgement->reason;
    if (token == SR_TOKEN_NONE)
        return 0;
    switch ((SrReason) judgement->reason) {
    case SR_REASON_ISSUED_IN_FUTURE:
        return (token - 1) * (int64_t) SR_NS_PER_S;
    case SR_REASON_NOT_YET_VALID:
        return token * (int64_t) SR_NS_PER_S;
    case SR_REASON_NONE:
        return (token + NOT_BEFORE_S) * (int64_t) SR_NS_PER_S;
    default:
        return (token + LIFETIME_S) * (int64_t) SR_NS_PER_S;
    }
}

/* Whether the server saw the connection of @message, a `connect`, close before it took the message:
 * then the lines that would follow from it are missing. */
static bool
comes_too_late(const Follower *follower, const SrMessage *message)
{
    const SrRecord *next = sr_verify_peek(&follower->lines);

    return follower->lines.verify->own &&
           (next == NULL || next->peer != SR_NODE_FIRST_CLIENT + message->client ||
            (next->event != SR_EVENT_TOKEN_JUDGED &&
             next->event != SR_EVENT_CONNECTION_OPENED && next->reason != SR_REASON_REPLACED));
}

/* Takes the oldest waiting message. Returns: whether what follows from it are the next lines;
 * lines.n_shown: how many lines that are */
static bool
serve(Follower *follower)
{
    SrVerify *verify = follower->lines.verify;
    SrMessage message = sr_verify_message(verify, first_waiting(follower));
    uint32_t at = follower->lines.at;
    int64_t now;

    follower->lines.n_shown = 0;
    suppose_conn(follower, &message);
    if (lose_first(follower, &message)) {
        follower->lines.n_shown = follower->lines.at > at;
        return !follower->lines.refused;
    }
    take(follower);
    verify->actions.n = 0;
    if (message.type == SR_MSG_CONNECT && comes_too_late(follower, &message)) {
        SrActions none = { 0 };

        if (message.conn > follower->server.clients[message.client].conn)
            sr_server_closed(&follower->rules, &follower->server, message.client, message.conn,
                             SR_REASON_DISCONNECT, &none);
        return true;
    }
    now = choose_judgement(follower, &message);
    sr_server_message(&follower->rules, &follower->server, &message, now, &verify->actions);
    return sr_verify_expect(&follower->lines, SR_TIME_NEVER);
}

static void
see_close(Follower *follower, const SrRecord *record)
{
    uint32_t client = record->peer - SR_NODE_FIRST_CLIENT;
    SrActions *actions = sr_verify_begin(&follower->lines);

    sr_server_closed(&follower->rules, &follower->server, client,
                     record->conn != 0 ? record->conn : follower->server.clients[client].conn,
                     (SrReason) record->reason, actions);
    if (actions->n == 0)
        sr_verify_stop_here(&follower->lines, "the server has no such connection");
    else
        sr_verify_expect(&follower->lines, SR_TIME_NEVER);
}

/* A creation times out; or, if the log does not show connections, its owner is lost. Returns:
 * whether there is a creation */
static bool
time_out(Follower *follower, uint32_t index)
{
    if (follower->server.documents[index].phase != SR_PHASE_CREATING)
        return false;
    sr_server_timeout(&follower->rules, &follower->server, index,
                      sr_verify_begin(&follower->lines));
    sr_verify_expect(&follower->lines, SR_TIME_NEVER);
    return true;
}

/* Returns: the document that @record, a line of the server, is about */
static uint32_t
document_of(const Follower *follower, const SrRecord *record)
{
    if (record->event == SR_EVENT_RELEASED || record->peer < SR_NODE_FIRST_CLIENT)
        return record->document;
    return follower->lines.verify->document[record->peer - SR_NODE_FIRST_CLIENT];
}

/* Crashes and upgrades concern one document after the other, in the order of the scenario. Only the
 * lines show that order. So @blow is called once for each document, on a server that has only
 * that one. */
static void
strike(Follower *follower, SrTime t,
       void (*blow)(const SrServerRules *, const SrServer *, SrActions *))
{
    SrVerify *verify = follower->lines.verify;
    SrServer alone = follower->server;
    uint32_t n = verify->n_all_documents;
    g_autofree bool *done = g_new0(bool, n);
    g_autofree SrServerDocument *none = g_new(SrServerDocument, n);

    alone.documents = none;
    for (uint32_t i = 0; i < n; i++)
        none[i] = (SrServerDocument){ .first = SR_NOBODY,
                                      .last = SR_NOBODY,
                                      .first_rejected = SR_NOBODY,
                                      .last_rejected = SR_NOBODY };
    for (uint32_t k = 0, next = 0; k < n && !follower->lines.refused; k++) {
        const SrRecord *record = sr_verify_peek(&follower->lines);
        uint32_t i = record != NULL ? document_of(follower, record) : 0;
        SrServerDocument was = none[i];

        while (done[next])
            next++;
        i = done[i] ? next : i;
        done[i] = true;
        none[i] = follower->server.documents[i];
        blow(&follower->rules, &alone, sr_verify_begin(&follower->lines));
        follower->server.documents[i] = none[i];
        none[i] = was;
        sr_verify_expect(&follower->lines, t);
    }
}

/* In a whole trace of ours, the messages that wait at a server that crashes are lost at once. */
static void
crash(Follower *follower)
{
    for (; follower->n_waiting > 0; take(follower)) {
        const SrRecord *loss = find_loss(follower);

        if (loss != NULL)
            sr_verify_pass(&follower->lines, loss);
        else if (sees(follower, SR_EVENT_LOSE) &&
                 !may_be_silent(follower, (SrMsg) first_waiting(follower)->msg)) {
            sr_verify_stop_here(&follower->lines,
                                "a message that waited is lost when the server crashes");
            return;
        }
    }
    strike(follower, SR_TIME_NEVER, sr_server_crash);
}

/* ---- following ---- */

static const char nothing_calls[] = "nothing that the server has received calls for it";

/* The server did something: it follows from a waiting message. */
static void
serve_until_shown(Follower *follower)
{
    const SrRecord *record = sr_verify_record(&follower->lines, follower->lines.at);
    uint32_t at = follower->lines.at;
    /* In such a log a creation may have ended without a line. */
    bool ends = !sees(follower, SR_EVENT_RELEASED) && record->event == SR_EVENT_SEND &&
                record->peer >= SR_NODE_FIRST_CLIENT;

    /* Then it ended before the server took the next message. */
    if (ends && record->msg == SR_MSG_SESSION_RELEASED &&
        time_out(follower, document_of(follower, record)))
        return;
    follower->lines.n_shown = 0;
    while (follower->lines.n_shown == 0 && follower->n_waiting > 0)
        if (!serve(follower))
            return;
    if (follower->lines.n_shown == 0 &&
        !(ends && time_out(follower, document_of(follower, record))))
        sr_verify_stop(&follower->lines, at, NULL, nothing_calls);
}

static void
take_line(SrLines *lines, const SrRecord *record)
{
    Follower *follower = (Follower *) lines;
    SrReason reason = (SrReason) record->reason;
    uint32_t at = lines->at;

    if (record->event == SR_EVENT_RECEIVE) {
        if (sr_verify_goes_there(record))
            follower->waiting[follower->first_waiting + follower->n_waiting++] =
                lines->of[lines->at];
        lines->at++;
    } else if (record->event == SR_EVENT_FAULT) {
        lines->at++;
        if (record->action == SR_FAULT_CRASH)
            crash(follower);
        else if (record->action == SR_FAULT_UPGRADE)
            strike(follower, record->t, sr_server_upgrade);
    } else if (record->event == SR_EVENT_CONNECTION_CLOSED && reason != SR_REASON_REPLACED &&
               record->peer >= SR_NODE_FIRST_CLIENT) {
        see_close(follower, record);
    } else if (record->event == SR_EVENT_RELEASED && reason == SR_REASON_TIMEOUT) {
        if (!time_out(follower, record->document))
            sr_verify_stop_here(&follower->lines, "no creation stands");
    } else if (record->event == SR_EVENT_RELEASED && reason == SR_REASON_SERVER_CRASH &&
               !lines->verify->own) {
        crash(follower);
    } else if (record->event == SR_EVENT_SEND && record->msg == SR_MSG_CLOSED &&
               reason == SR_REASON_CLIENT_UPDATE_REQUIRED && !sees(follower, SR_EVENT_FAULT)) {
        /* The log shows no faults: these messages show that there was an upgrade. */
        const SrInferred fault = {
            .before = follower->lines.of[follower->lines.at],
            .record = { .event = SR_EVENT_FAULT, .action = SR_FAULT_UPGRADE },
        };

        strike(follower, SR_TIME_NEVER, sr_server_upgrade);
        g_array_append_val(follower->lines.verify->inferred, fault);
    } else {
        serve_until_shown(follower);
    }
    if (lines->at == at && !lines->refused)
        sr_verify_stop(lines, at, NULL, nothing_calls);
}

static void
add_previous(Follower *follower)
{
    const SrVerify *verify = follower->lines.verify;

    for (uint32_t i = 0; i < verify->n_documents; i++) {
        SrServerDocument *document = &follower->server.documents[i];

        if (verify->previous[i] == SR_HINT_ABSENT)
            continue;
        document->has_outdated = true;
        document->outdated.hint = verify->previous[i];
        document->outdated.key =
            verify->previous_key[i] != 0 ? verify->previous_key[i] : verify->n_keys;
    }
}

/* Follows the lines by the rules of @owner_lost and @set. Returns: whether they explain all
 * lines */
static bool
follow(Follower *follower, unsigned owner_lost, unsigned set)
{
    follower->rules.on_owner_lost = (uint8_t) owner_lost;
    follower->rules.pending = (set & SET_PENDING) != 0;
    follower->rules.durable = !(set & SET_NOT_DURABLE);
    follower->first_waiting = follower->n_waiting = 0;
    g_array_set_size(follower->lines.verify->inferred, 0);
    sr_server_reset(&follower->server);
    add_previous(follower);
    return sr_verify_follow(&follower->lines);
}

/* Returns: judged_bit()s of the messages on which some token is judged */
static uint32_t
find_judged(const SrLines *lines)
{
    uint32_t judged = 0;

    for (uint32_t at = 0; at < lines->n; at++) {
        const SrRecord *record = sr_verify_record(lines, at);

        if (record->event == SR_EVENT_TOKEN_JUDGED)
            judged |= judged_bit(record->msg);
    }
    return judged;
}

void
sr_verify_server(SrVerify *verify)
{
    Follower follower = {
        .lines = sr_verify_lines(verify, SR_NODE_SERVER),
        .server = {
            .documents = SR_VERIFY_NEW(verify, SrServerDocument, verify->n_all_documents),
            .clients = SR_VERIFY_NEW(verify, SrServerClient, verify->n_clients),
            .rejected = SR_VERIFY_NEW(verify, SrServerRejected, verify->n_clients),
            .client_document = verify->document,
            .n_documents = verify->n_all_documents,
            .n_clients = verify->n_clients,
        },
        .rules = {
            .establish_timeout = 1,
            .check_token = UINT32_MAX,
            .token = {
                .lifetime = LIFETIME_S,
                .not_before = NOT_BEFORE_S,
                .has_iat = true,
                .has_not_before = true,
                .check_iat = true,
            },
        },
    };
    bool explained = false;

    follower.lines.is_aside = is_aside;
    follower.lines.excuse = excuse;
    follower.lines.take = take_line;
    follower.judged = find_judged(&follower.lines);
    follower.waiting = SR_VERIFY_NEW(verify, uint32_t, follower.lines.n);
    for (unsigned i = 0; i < OWNER_LOST_N * SET_N && !explained; i++)
        explained = follow(&follower, i % OWNER_LOST_N, i / OWNER_LOST_N);
    verify->server_followed = explained && follower.lines.n > 0;
    if (!explained)
        sr_verify_report(&follower.lines);
    else
        sr_verify_note_rest(verify, follower.n_waiting,
                            "message that reached the server has no consequence",
                            "messages that reached the server have no consequence");
}

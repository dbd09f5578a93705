/* The lines of the server, followed by the core.
 *
 * What the server receives waits in a queue and is taken up in that order; what it does then must
 * be its next lines. It also sees connections close, loses patience with an owner, crashes and is
 * upgraded. How it is set up, and what its clock says about a token, is read from what it does
 * next: a choice is made before the core takes its step, and a server that is set up one way at
 * one time and another way at another is not explained.
 *
 * There is one story only, since a server's lines leave little open: its state is too large to be
 * copied for every line. */
#include "verify/verify-private.h"

#include <string.h>

/* Where the clock of the core's server must stand for a token to be judged as the log says. */
#define NOT_BEFORE_S 10
#define LIFETIME_S 1000

/* Faults by number: the words of the trace. */
enum { FAULT_CRASH = 0, FAULT_UPGRADE = 9 };

typedef struct {
    SrVerify *verify;
    const uint32_t *lines;
    uint32_t n, at;
    SrServer server;
    uint32_t *waiting; /* n: lines received and not taken up yet */
    uint32_t first_waiting, n_waiting;
    SrServerRules rules;
    uint8_t owner_lost;          /* bits 1 << on_owner_lost: what it may be set to */
    uint8_t creating;            /* bits: 1 none, 2 pending */
    uint8_t durable;             /* bits: 1 no, 2 yes */
    uint32_t checked, unchecked; /* bits 1 << (SrMsg - SR_MSG_CONNECT): tokens judged, or not */
    bool refused;
} Follower;

static const SrRecord *
record_at(const Follower *follower, uint32_t at)
{
    return &follower->verify->records[follower->lines[at]];
}

static bool
is_waiting(const Follower *follower, uint32_t record, uint64_t id)
{
    if (!g_hash_table_contains(follower->verify->late_losses, GUINT_TO_POINTER(record)))
        return false;
    for (uint32_t i = 0; i < follower->n_waiting; i++) {
        uint32_t line = follower->waiting[follower->first_waiting + i];

        if (follower->verify->records[line].id == id)
            return true;
    }
    return false;
}

/* A message that is lost on its way is not the server's doing; one that waits is. */
static bool
is_aside(const Follower *follower, const SrRecord *record)
{
    uint32_t i = (uint32_t) (record - follower->verify->records);

    return sr_verify_aside(record) ||
           (record->event == SR_EVENT_LOSE && !is_waiting(follower, i, record->id));
}

/* Returns: the @k-th line from @at on that tells what the server does, or %NULL */
static const SrRecord *
peek(const Follower *follower, uint32_t at, unsigned k)
{
    for (; at < follower->n; at++) {
        const SrRecord *record = record_at(follower, at);

        if (!is_aside(follower, record) && k-- == 0)
            return record;
    }
    return NULL;
}

static bool
sees(const Follower *follower, SrEvent event)
{
    return sr_verify_sees(follower->verify, SR_KIND_SERVER, event);
}

/* ---- what is not explained ---- */

static void
refuse(Follower *follower, uint32_t at, const SrAction *action, const char *why)
{
    SrVerify *verify = follower->verify;
    SrRecord expected;

    follower->refused = true;
    if (verify->lenient) {
        g_autofree char *where =
            sr_verify_line(verify, follower->lines[MIN(at, follower->n - 1)]);

        sr_verify_note(
            verify,
            "from %s on the server does what its lines do not lead to: some are missing",
            where);
        return;
    }
    if (action != NULL)
        expected = sr_verify_expected(verify, SR_NODE_SERVER, action);
    sr_verify_refuse(verify, at < follower->n ? follower->lines[at] : SR_VERIFIED_END,
                     SR_NODE_SERVER, &expected, action != NULL, "%s", why);
}

/* ---- choices ---- */

/* Narrows @mask to @bit. Returns: whether that can be */
static bool
settle(uint8_t *mask, uint8_t bit)
{
    *mask &= bit;
    return *mask != 0;
}

/* What becomes of a creation whose owner is lost, by the lines from the @k-th behind @at on. */
static bool
choose_owner_lost(Follower *follower, uint32_t at, unsigned k, bool timeout)
{
    const SrRecord *record = peek(follower, at, k);
    bool dropped = false;
    uint8_t chosen;

    if (sees(follower, SR_EVENT_RELEASED)) {
        dropped = record != NULL && record->event == SR_EVENT_RELEASED &&
                  (record->reason == SR_REASON_NONE ||
                   record->reason == (timeout ? SR_REASON_TIMEOUT : SR_REASON_OWNER_LOST));
        record = peek(follower, at, k + 1);
    } else if (record != NULL && record->event == SR_EVENT_SEND) {
        dropped =
            record->msg == SR_MSG_SESSION_RELEASED || record->msg == SR_MSG_CREATE_ACCEPTED;
    }
    if (!dropped)
        chosen = 2;
    else
        chosen = record != NULL && record->event == SR_EVENT_SEND &&
                 record->msg == SR_MSG_CREATE_ACCEPTED;
    follower->rules.on_owner_lost = chosen;
    /* With nobody to promote it acts as `release`, and so does `wait` when time is up. */
    if (chosen == 0)
        return settle(&follower->owner_lost, timeout ? 7 : 3);
    return settle(&follower->owner_lost, (uint8_t) (1u << chosen));
}

/* Whether the loss of @client would be that of an owner. */
static bool
is_owner(const Follower *follower, uint32_t client)
{
    const SrServerDocument *document =
        &follower->server.documents[follower->verify->document[client]];

    return document->phase == SR_PHASE_CREATING && document->owner == client &&
           document->owner_conn != 0;
}

/* Whether @message's token is judged, and what for; by the lines from @at on, behind the @k
 * lines that come before the judgement. @now: (out): a clock that judges so */
static bool
choose_judgement(Follower *follower, const SrMessage *message, uint32_t at, unsigned k,
                 int64_t *now)
{
    const SrRecord *record = peek(follower, at, k);
    uint32_t bit = 1u << (message->type == SR_MSG_TOKEN_UPDATE
                              ? 0
                              : (unsigned) message->type - SR_MSG_CONNECT);
    int64_t token = message->type == SR_MSG_CONNECT || message->type == SR_MSG_TOKEN_UPDATE
                        ? message->token
                        : follower->server.clients[message->client].token;
    SrReason reason = SR_REASON_NONE;
    bool judged = false;

    if (record != NULL && record->peer == SR_NODE_FIRST_CLIENT + message->client) {
        if (sees(follower, SR_EVENT_TOKEN_JUDGED)) {
            judged = record->event == SR_EVENT_TOKEN_JUDGED && record->msg == message->type;
        } else if (record->event == SR_EVENT_SEND) {
            judged = record->msg == SR_MSG_CONNECT_REFUSED ||
                     (record->msg == SR_MSG_CLOSED && record->reason == SR_REASON_JWT);
        }
        if (judged)
            reason = (SrReason) record->reason;
    }
    follower->rules.tokens = judged;
    follower->rules.check_token = judged ? UINT32_MAX : 0;
    *now = 0;
    if (!judged)
        follower->unchecked |= bit;
    else
        follower->checked |= bit;
    if (sees(follower, SR_EVENT_TOKEN_JUDGED) && (follower->checked & follower->unchecked) != 0)
        return false;
    if (token == SR_TOKEN_NONE)
        return true;
    switch (reason) {
    case SR_REASON_ISSUED_IN_FUTURE:
        *now = token - 1;
        break;
    case SR_REASON_NOT_YET_VALID:
        *now = token;
        break;
    case SR_REASON_NONE:
        *now = token + NOT_BEFORE_S;
        break;
    default:
        *now = token + LIFETIME_S;
        break;
    }
    *now *= (int64_t) SR_NS_PER_S;
    return true;
}

/* ---- comparing ---- */

/* A server whose log does not tell of connections may have seen one close: its client hears
 * nothing more. Returns: whether that explains that @action is missing */
static bool
close_unseen(Follower *follower, const SrAction *action)
{
    SrActions none = follower->verify->actions;
    uint32_t client = action->message.client;
    SrAction list[8];
    bool broadcast =
        action->kind == SR_ACTION_SEND && (action->message.type == SR_MSG_SESSION_AVAILABLE ||
                                           action->message.type == SR_MSG_SESSION_RELEASED);

    if (!broadcast || sees(follower, SR_EVENT_CONNECTION_CLOSED) || is_owner(follower, client))
        return false;
    none.list = list;
    none.n = 0;
    none.capacity = G_N_ELEMENTS(list);
    sr_server_closed(&follower->rules, &follower->server, client,
                     follower->server.clients[client].conn, SR_REASON_DISCONNECT, &none);
    return true;
}

/* What the log does not tell, but must have been: the checks look at it as well. */
static void
infer(const Follower *follower, const SrAction *action)
{
    SrVerify *verify = follower->verify;
    SrInferred inferred = {
        .before = follower->at < follower->n ? follower->lines[follower->at] : SR_VERIFIED_END,
    };

    if (action->kind != SR_ACTION_NOTE ||
        (action->event != SR_EVENT_RELEASED && action->event != SR_EVENT_ESTABLISHED))
        return;
    inferred.record = sr_verify_expected(verify, SR_NODE_SERVER, action);
    inferred.record.document = action->document;
    g_array_append_val(verify->inferred, inferred);
}

/* Compares what the last step did with the lines from `at` on, and goes behind them. @n_shown:
 * (out): how many there were. Returns: whether they fit */
static bool
compare(Follower *follower, SrTime t, bool timed, unsigned *n_shown)
{
    SrVerify *verify = follower->verify;

    *n_shown = 0;
    for (uint32_t i = 0; i < verify->actions.n; i++) {
        const SrAction *action = &verify->actions.list[i];
        const SrRecord *record;
        uint32_t at = follower->at;

        if (!sr_verify_shows(verify, SR_NODE_SERVER, action)) {
            infer(follower, action);
            continue;
        }
        while (at < follower->n && is_aside(follower, record_at(follower, at)))
            at++;
        if (at == follower->n) {
            if (!verify->own)
                break;
            refuse(follower, at, action, "the server has not done all that its last step does");
            return false;
        }
        record = record_at(follower, at);
        if (!sr_verify_fits(verify, SR_NODE_SERVER, action, record)) {
            if (verify->lenient || close_unseen(follower, action))
                continue;
            refuse(follower, at, action, "the server does not do that here");
            return false;
        }
        if (verify->own && timed && record->t != t) {
            refuse(follower, at, action, "what one step does has one instant");
            return false;
        }
        t = record->t;
        timed = true;
        follower->at = at + 1;
        ++*n_shown;
    }
    return true;
}

/* ---- inputs ---- */

static void
take(Follower *follower)
{
    follower->first_waiting++;
    follower->n_waiting--;
}

/* What is not served is lost, and a whole trace of ours says so. Returns: whether the message
 * that waits longest is such a one, and that was said */
static bool
lose_first(Follower *follower, const SrMessage *message)
{
    const SrServerClient *client = &follower->server.clients[message->client];
    const SrRecord *record = peek(follower, follower->at, 0);
    uint32_t line = follower->waiting[follower->first_waiting];
    bool said = record != NULL && record->event == SR_EVENT_LOSE &&
                record->id == follower->verify->records[line].id;
    bool lost = message->type != SR_MSG_CONNECT && message->conn != client->conn;

    if (!said && (!lost || sees(follower, SR_EVENT_LOSE)))
        return false;
    /* A connection may have closed unseen before its `connect` was taken up. */
    if (said && message->type != SR_MSG_CONNECT && !lost) {
        refuse(follower, follower->at, NULL,
               "the server serves a message on a connection that it knows");
        return true;
    }
    take(follower);
    if (said)
        while (record_at(follower, follower->at++) != record)
            ;
    return true;
}

/* What a log does not say about connections is supposed. */
static void
suppose_conn(Follower *follower, SrMessage *message)
{
    const SrServerClient *client = &follower->server.clients[message->client];

    if (message->conn != 0)
        return;
    message->conn =
        message->type == SR_MSG_CONNECT ? MAX(client->conn, client->closed) + 1 : client->conn;
}

/* Takes up the message that waits longest. Returns: whether its consequences are the next lines,
 * or it has none; @n_shown: (out): how many lines that were */
static bool
serve(Follower *follower, unsigned *n_shown)
{
    SrVerify *verify = follower->verify;
    uint32_t line = follower->waiting[follower->first_waiting];
    SrMessage message = sr_verify_message(verify, &verify->records[line]);
    SrServerDocument *document = &follower->server.documents[verify->document[message.client]];
    uint32_t conn = follower->server.clients[message.client].conn;
    bool replaces = false, possible = true;
    const SrRecord *next;
    unsigned before = 0;
    uint32_t at;
    int64_t now;

    *n_shown = 0;
    suppose_conn(follower, &message);
    at = follower->at;
    if (lose_first(follower, &message)) {
        *n_shown = follower->at > at;
        return !follower->refused;
    }
    take(follower);
    next = peek(follower, follower->at, 0);
    if (message.type == SR_MSG_CONNECT) {
        replaces = conn != 0 && message.conn > conn;
        before = replaces && sees(follower, SR_EVENT_CONNECTION_CLOSED);
        if (replaces && is_owner(follower, message.client)) {
            possible = choose_owner_lost(follower, follower->at, before, false);
            /* The judgement comes behind what the loss of the owner brings about. */
            while (follower->rules.on_owner_lost != 2 &&
                   (next = peek(follower, follower->at, before)) != NULL &&
                   next->peer != SR_NODE_FIRST_CLIENT + message.client &&
                   next->event != SR_EVENT_TOKEN_JUDGED &&
                   next->event != SR_EVENT_CONNECTION_OPENED)
                before++;
        }
        /* A copy of a `connect`, or one that comes too late, does nothing. */
        if (message.conn <= MAX(conn, follower->server.clients[message.client].closed))
            return true;
    }
    possible &= choose_judgement(follower, &message, follower->at, before, &now);
    if (follower->rules.tokens && !replaces && is_owner(follower, message.client))
        possible &= choose_owner_lost(follower, follower->at,
                                      sees(follower, SR_EVENT_TOKEN_JUDGED) + 1u +
                                          sees(follower, SR_EVENT_CONNECTION_CLOSED),
                                      false);
    next = peek(follower, follower->at,
                follower->rules.tokens ? sees(follower, SR_EVENT_TOKEN_JUDGED) : 0);
    if (message.type == SR_MSG_SESSION_REQUEST && document->phase == SR_PHASE_CREATING &&
        document->owner != message.client) {
        follower->rules.pending =
            next != NULL && next->event == SR_EVENT_SEND && next->msg == SR_MSG_SESSION_PENDING;
        possible &= settle(&follower->creating, follower->rules.pending ? 2 : 1);
    }
    verify->actions.n = 0;
    sr_server_message(&follower->rules, &follower->server, &message, now, &verify->actions);
    if (!possible) {
        refuse(follower, follower->at, NULL,
               "the server is set up otherwise by what it did before");
        return false;
    }
    return compare(follower, 0, false, n_shown);
}

static void
see_close(Follower *follower, const SrRecord *record)
{
    uint32_t client = record->peer - SR_NODE_FIRST_CLIENT;
    uint32_t conn = record->conn != 0 ? record->conn : follower->server.clients[client].conn;
    bool possible = true;
    unsigned n_shown;

    if (is_owner(follower, client) && conn == follower->server.clients[client].conn)
        possible = choose_owner_lost(follower, follower->at, 1, false);
    follower->verify->actions.n = 0;
    sr_server_closed(&follower->rules, &follower->server, client, conn,
                     (SrReason) record->reason, &follower->verify->actions);
    if (follower->verify->actions.n == 0 || !possible)
        refuse(follower, follower->at, NULL,
               possible ? "the server has no such connection"
                        : "the server is set up otherwise by what it did before");
    else
        compare(follower, 0, false, &n_shown);
}

/* The time of a creation is up; or, where the log does not tell of connections, its owner is
 * lost. Returns: whether there is a creation */
static bool
time_out(Follower *follower, uint32_t index)
{
    unsigned n_shown;

    if (follower->server.documents[index].phase != SR_PHASE_CREATING)
        return false;
    if (!choose_owner_lost(follower, follower->at, 0, true)) {
        refuse(follower, follower->at, NULL,
               "the server is set up otherwise by what it did before");
        return true;
    }
    follower->verify->actions.n = 0;
    sr_server_timeout(&follower->rules, &follower->server, index, &follower->verify->actions);
    compare(follower, 0, false, &n_shown);
    return true;
}

/* In a whole trace of ours, what waited at a server that crashes is lost right then. */
static bool
lose_all(Follower *follower)
{
    while (follower->n_waiting > 0) {
        const SrRecord *record = peek(follower, follower->at, 0);
        uint32_t line = follower->waiting[follower->first_waiting];

        if (sees(follower, SR_EVENT_LOSE) &&
            (record == NULL || record->event != SR_EVENT_LOSE ||
             record->id != follower->verify->records[line].id)) {
            refuse(follower, follower->at, NULL,
                   "a message that waited is lost when the server crashes");
            return false;
        }
        take(follower);
        if (sees(follower, SR_EVENT_LOSE))
            while (record_at(follower, follower->at++) != record)
                ;
    }
    return true;
}

static void
crash(Follower *follower)
{
    const SrServer *server = &follower->server;
    unsigned n_shown;

    if (!lose_all(follower))
        return;
    follower->rules.durable = true;
    for (uint32_t i = 0; i < server->n_documents && sees(follower, SR_EVENT_RELEASED); i++) {
        const SrRecord *record;

        if (server->documents[i].phase != SR_PHASE_ESTABLISHED)
            continue;
        for (unsigned k = 0; (record = peek(follower, follower->at, k)) != NULL &&
                             record->event == SR_EVENT_RELEASED;
             k++)
            if (record->document == i)
                follower->rules.durable = false;
        if (!settle(&follower->durable, follower->rules.durable ? 2 : 1)) {
            refuse(follower, follower->at, NULL,
                   "the server is set up otherwise by what it did before");
            return;
        }
    }
    if (follower->durable == 1)
        follower->rules.durable = false;
    follower->verify->actions.n = 0;
    sr_server_crash(&follower->rules, server, &follower->verify->actions);
    compare(follower, 0, false, &n_shown);
}

/* A log that tells of no faults: the messages say that there was an upgrade. */
static void
upgrade_unseen(Follower *follower)
{
    SrVerify *verify = follower->verify;
    SrInferred fault = {
        .before = follower->lines[follower->at],
        .record = { .event = SR_EVENT_FAULT, .action = FAULT_UPGRADE },
    };
    unsigned n_shown;

    verify->actions.n = 0;
    sr_server_upgrade(&follower->rules, &follower->server, &verify->actions);
    compare(follower, 0, false, &n_shown);
    g_array_append_val(verify->inferred, fault);
}

static void
take_fault(Follower *follower, const SrRecord *record)
{
    unsigned n_shown;

    follower->at++;
    if (record->action == FAULT_CRASH) {
        crash(follower);
    } else if (record->action == FAULT_UPGRADE) {
        follower->verify->actions.n = 0;
        sr_server_upgrade(&follower->rules, &follower->server, &follower->verify->actions);
        compare(follower, record->t, true, &n_shown);
    }
}

/* ---- following ---- */

/* The server did something: a message that waits brought it about. */
static void
serve_until_shown(Follower *follower)
{
    const SrRecord *record = record_at(follower, follower->at);
    uint32_t at = follower->at;
    unsigned n_shown = 0;

    /* A creation ends before what waits is taken up. */
    if (!sees(follower, SR_EVENT_RELEASED) && record->event == SR_EVENT_SEND &&
        record->msg == SR_MSG_SESSION_RELEASED && record->peer >= SR_NODE_FIRST_CLIENT &&
        time_out(follower, follower->verify->document[record->peer - SR_NODE_FIRST_CLIENT]))
        return;
    while (n_shown == 0 && follower->n_waiting > 0) {
        if (!serve(follower, &n_shown))
            return;
    }
    if (n_shown > 0)
        return;
    if (!sees(follower, SR_EVENT_RELEASED) && record->event == SR_EVENT_SEND &&
        record->peer >= SR_NODE_FIRST_CLIENT &&
        time_out(follower, follower->verify->document[record->peer - SR_NODE_FIRST_CLIENT]))
        return;
    refuse(follower, at, NULL, "nothing that the server has received calls for it");
}

static void
follow(Follower *follower)
{
    while (follower->at < follower->n && !follower->refused) {
        const SrRecord *record = record_at(follower, follower->at);
        uint32_t at = follower->at;

        if (is_aside(follower, record)) {
            follower->at++;
        } else if (record->event == SR_EVENT_RECEIVE) {
            if (sr_verify_goes_there(record))
                follower->waiting[follower->first_waiting + follower->n_waiting++] =
                    follower->lines[follower->at];
            follower->at++;
        } else if (record->event == SR_EVENT_FAULT) {
            take_fault(follower, record);
        } else if (record->event == SR_EVENT_CONNECTION_CLOSED &&
                   record->reason != SR_REASON_REPLACED &&
                   record->peer >= SR_NODE_FIRST_CLIENT) {
            see_close(follower, record);
        } else if (record->event == SR_EVENT_RELEASED && record->reason == SR_REASON_TIMEOUT) {
            if (!time_out(follower, record->document))
                refuse(follower, follower->at, NULL, "no creation stands");
        } else if (record->event == SR_EVENT_RELEASED &&
                   record->reason == SR_REASON_SERVER_CRASH && !follower->verify->own) {
            crash(follower);
        } else if (record->event == SR_EVENT_SEND && record->msg == SR_MSG_CLOSED &&
                   record->reason == SR_REASON_CLIENT_UPDATE_REQUIRED &&
                   !sees(follower, SR_EVENT_FAULT)) {
            upgrade_unseen(follower);
        } else {
            serve_until_shown(follower);
        }
        if (follower->at == at && !follower->refused)
            refuse(follower, at, NULL, "nothing that the server has received calls for it");
    }
}

static void
add_previous(Follower *follower)
{
    const SrVerify *verify = follower->verify;

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

void
sr_verify_server(SrVerify *verify)
{
    Follower follower = {
        .verify = verify,
        .lines = verify->lines + verify->first[SR_NODE_SERVER],
        .n = verify->first[SR_NODE_SERVER + 1] - verify->first[SR_NODE_SERVER],
        .owner_lost = 7,
        .creating = 3,
        .durable = 3,
        .server = {
            .documents = g_new0(SrServerDocument, verify->n_documents),
            .clients = g_new0(SrServerClient, verify->n_clients + 1),
            .rejected = g_new0(SrServerRejected, verify->n_clients + 1),
            .client_document = verify->document,
            .n_documents = verify->n_documents,
            .n_clients = verify->n_clients,
        },
        .rules = {
            .establish_timeout = 1,
            .token = {
                .lifetime = LIFETIME_S,
                .not_before = NOT_BEFORE_S,
                .has_iat = true,
                .has_not_before = true,
                .check_iat = true,
            },
        },
    };

    follower.waiting = g_new(uint32_t, (size_t) follower.n + 1);
    sr_server_reset(&follower.server);
    add_previous(&follower);
    follow(&follower);
    verify->server_followed = !follower.refused && follower.n > 0;
    if (!follower.refused && follower.n_waiting > 0)
        sr_verify_note(
            verify,
            follower.n_waiting == 1
                ? "%u message that reached the server has no consequence before the log ends"
                : "%u messages that reached the server have no consequence before the log ends",
            follower.n_waiting);
    g_free(follower.waiting);
    g_free(follower.server.documents);
    g_free(follower.server.clients);
    g_free(follower.server.rejected);
}

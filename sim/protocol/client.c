/* The client: seven steps, a preamble, and what it does when something goes wrong.
 *
 * What holds in each state (SrClientState):
 *   idle, crashed, closed, failed   no connection, no timer, nothing awaited
 *   token          a token-request is awaited; no connection
 *   connecting     `connect` is sent on an open connection
 *   requesting     accepted; `session-request` is sent
 *   making-key     step 2: the new key, the old session's key, or both are awaited, or their retries are due
 *   sealing        step 3: own_key is there and its wrapping key is being derived
 *   created        step 4: content is sealed (own_counter), `create-session` is sent
 *   waiting        step 5: rejected or told `pending`; sends nothing to the server
 *   uploading      step 6: it owns the creation, `upload` is sent
 *   resuming       step 6: it owns the creation and has lost the key; target is its hint
 *   looking-up     step 7: the key of target is awaited, or its retry is due
 *   deriving       step 7: target_key is there and its wrapping key is being derived
 *   joining        step 7: `join` is sent
 *   collaborating  it has opened the content, or it is the winner and knows it
 *   reconnecting   no connection; another attempt is due
 *
 * One table answers every pair of state and input; a pair left out is ignored, on purpose: links may duplicate, answers may be
 * late, and section 3 says for each message in which states it moves a client. */
#include <glib.h>
#include <string.h>

#include "session-race/client.h"

/* Inputs as the table sees them: a message is told apart by whether it is the answer that is awaited. */
typedef enum {
    IN_START,
    IN_TOKEN,
    IN_RENEWED,
    IN_CONNECTED,
    IN_CONNECT_REFUSED,
    IN_SESSION_NONE,
    IN_SESSION_PENDING,
    IN_SESSION_AVAILABLE,
    IN_CREATE_ACCEPTED,
    IN_CREATE_REJECTED,
    IN_SESSION_RELEASED,
    IN_CONTENT,
    IN_CLOSED,
    IN_KEY,
    IN_KEY_REFUSED,
    IN_OLD_KEY,
    IN_OLD_KEY_REFUSED,
    IN_LATE_KEY,
    IN_LATE,        /* any other late answer */
    IN_TIMEOUT,     /* the awaited request was not answered in time */
    IN_DUE,         /* the delay that the state waits for is over */
    IN_OLD_TIMEOUT,
    IN_OLD_DUE,
    IN_RENEW_DUE,
    IN_RENEW_TIMEOUT,
    IN_LOST,
    IN_CRASH,
    IN_CLOSE,
} In;
#define IN_N (IN_CLOSE + 1)

typedef enum {
    DO_IGNORE,
    DO_BEGIN,          /* start: ask for a token, or connect */
    DO_TAKE_TOKEN,
    DO_TAKE_RENEWED,
    DO_ASK_SESSION,    /* step 1 */
    DO_REFUSED,        /* the token was refused: fail, or try with a fresh one */
    DO_TOKEN_TIMEOUT,
    DO_MAKE_KEY,       /* step 2 */
    DO_WAIT,           /* step 5 */
    DO_REMEMBER,       /* a hint announced while connecting */
    DO_LEARN,          /* step 7 */
    DO_EARLY,          /* a hint announced during steps 2 to 4: adopt or continue */
    DO_OWN_OR_LEARN,   /* a hint announced to the owner: its own, or another */
    DO_LEARN_IF_NEW,
    DO_WIN,            /* step 4, accepted */
    DO_PROMOTED,
    DO_RETURN,         /* the owner is back while its creation stands */
    DO_REJECTED,       /* step 4, rejected */
    DO_RELEASED,       /* a waiting client, or an owner, goes back to step 1 */
    DO_FORGET,         /* a creation was dropped: the remembered hint is void */
    DO_OPEN_CONTENT,
    DO_CLOSED,         /* the server closed the connection */
    DO_TAKE_KEY,       /* step 2: the new key */
    DO_TAKE_OLD_KEY,   /* step 2: the old session's key */
    DO_TAKE_LOOKED_UP, /* step 7, and the owner's return */
    DO_HOLD,           /* a late key is remembered and does nothing else */
    DO_RETRY_KEY,      /* refused: ask again later, or give up */
    DO_RETRY_OLD_KEY,
    DO_KEY_TIMEOUT,
    DO_OLD_KEY_TIMEOUT,
    DO_ASK_KEY,        /* the retry is due */
    DO_ASK_OLD_KEY,
    DO_CREATE,         /* step 3: derived; seal and create */
    DO_JOIN,           /* step 7: derived; join */
    DO_RESUME,         /* the owner's return: the retry is due, or the key is derived */
    DO_IMPATIENT,
    DO_RECONNECT,
    DO_RENEW,
    DO_RENEW_TIMEOUT,
    DO_LOST,
    DO_CRASH,
    DO_CLOSE,
} Do;

/* What every state with a connection does alike. */
#define CONNECTED_ROW                                                                                                            \
    [IN_RENEWED] = DO_TAKE_RENEWED, [IN_CLOSED] = DO_CLOSED, [IN_LATE_KEY] = DO_HOLD, [IN_RENEW_DUE] = DO_RENEW,                 \
    [IN_RENEW_TIMEOUT] = DO_RENEW_TIMEOUT, [IN_LOST] = DO_LOST, [IN_CRASH] = DO_CRASH, [IN_CLOSE] = DO_CLOSE

/* clang-format off */
static const uint8_t steps[SR_CLIENT_STATE_N][IN_N] = {
    /* A crash before the start cancels it; no other fault touches a client that has not started. */
    [SR_CLIENT_IDLE] = { [IN_START] = DO_BEGIN, [IN_CRASH] = DO_CRASH },
    [SR_CLIENT_TOKEN] = {
        [IN_TOKEN] = DO_TAKE_TOKEN, [IN_TIMEOUT] = DO_TOKEN_TIMEOUT, [IN_LATE_KEY] = DO_HOLD,
        [IN_CRASH] = DO_CRASH, [IN_CLOSE] = DO_CLOSE,
    },
    [SR_CLIENT_CONNECTING] = {
        CONNECTED_ROW,
        [IN_CONNECTED] = DO_ASK_SESSION, [IN_CONNECT_REFUSED] = DO_REFUSED,
        [IN_SESSION_AVAILABLE] = DO_REMEMBER, [IN_SESSION_RELEASED] = DO_FORGET,
    },
    [SR_CLIENT_REQUESTING] = {
        CONNECTED_ROW,
        [IN_SESSION_NONE] = DO_MAKE_KEY, [IN_SESSION_PENDING] = DO_WAIT, [IN_SESSION_AVAILABLE] = DO_LEARN,
        [IN_CREATE_ACCEPTED] = DO_RETURN, [IN_SESSION_RELEASED] = DO_FORGET,
    },
    [SR_CLIENT_MAKING_KEY] = {
        CONNECTED_ROW,
        [IN_KEY] = DO_TAKE_KEY, [IN_KEY_REFUSED] = DO_RETRY_KEY, [IN_TIMEOUT] = DO_KEY_TIMEOUT, [IN_DUE] = DO_ASK_KEY,
        [IN_OLD_KEY] = DO_TAKE_OLD_KEY, [IN_OLD_KEY_REFUSED] = DO_RETRY_OLD_KEY, [IN_OLD_TIMEOUT] = DO_OLD_KEY_TIMEOUT,
        [IN_OLD_DUE] = DO_ASK_OLD_KEY,
        [IN_SESSION_AVAILABLE] = DO_EARLY, [IN_SESSION_RELEASED] = DO_FORGET,
    },
    [SR_CLIENT_SEALING] = {
        CONNECTED_ROW,
        [IN_DUE] = DO_CREATE, [IN_SESSION_AVAILABLE] = DO_EARLY, [IN_SESSION_RELEASED] = DO_FORGET,
    },
    [SR_CLIENT_CREATED] = {
        CONNECTED_ROW,
        [IN_CREATE_ACCEPTED] = DO_WIN, [IN_CREATE_REJECTED] = DO_REJECTED,
        [IN_SESSION_AVAILABLE] = DO_EARLY, [IN_SESSION_RELEASED] = DO_FORGET,
    },
    [SR_CLIENT_WAITING] = {
        CONNECTED_ROW,
        [IN_SESSION_AVAILABLE] = DO_LEARN, [IN_SESSION_RELEASED] = DO_RELEASED, [IN_CREATE_ACCEPTED] = DO_PROMOTED,
        [IN_DUE] = DO_IMPATIENT,
    },
    [SR_CLIENT_UPLOADING] = {
        CONNECTED_ROW,
        [IN_SESSION_AVAILABLE] = DO_OWN_OR_LEARN, [IN_SESSION_RELEASED] = DO_RELEASED,
    },
    [SR_CLIENT_RESUMING] = {
        CONNECTED_ROW,
        [IN_KEY] = DO_TAKE_LOOKED_UP, [IN_KEY_REFUSED] = DO_RETRY_KEY, [IN_TIMEOUT] = DO_KEY_TIMEOUT, [IN_DUE] = DO_RESUME,
        [IN_SESSION_AVAILABLE] = DO_LEARN, [IN_SESSION_RELEASED] = DO_RELEASED,
    },
    [SR_CLIENT_LOOKING_UP] = {
        CONNECTED_ROW,
        [IN_KEY] = DO_TAKE_LOOKED_UP, [IN_KEY_REFUSED] = DO_RETRY_KEY, [IN_TIMEOUT] = DO_KEY_TIMEOUT, [IN_DUE] = DO_ASK_KEY,
        [IN_SESSION_AVAILABLE] = DO_LEARN_IF_NEW,
    },
    [SR_CLIENT_DERIVING] = {
        CONNECTED_ROW,
        [IN_DUE] = DO_JOIN, [IN_SESSION_AVAILABLE] = DO_LEARN_IF_NEW,
    },
    [SR_CLIENT_JOINING] = {
        CONNECTED_ROW,
        [IN_CONTENT] = DO_OPEN_CONTENT, [IN_SESSION_AVAILABLE] = DO_LEARN_IF_NEW,
    },
    [SR_CLIENT_COLLABORATING] = {
        CONNECTED_ROW,
        [IN_SESSION_AVAILABLE] = DO_LEARN_IF_NEW,
    },
    [SR_CLIENT_RECONNECTING] = {
        [IN_DUE] = DO_RECONNECT, [IN_RENEWED] = DO_TAKE_RENEWED, [IN_LATE_KEY] = DO_HOLD, [IN_RENEW_DUE] = DO_RENEW,
        [IN_RENEW_TIMEOUT] = DO_RENEW_TIMEOUT, [IN_CRASH] = DO_CRASH, [IN_CLOSE] = DO_CLOSE,
    },
    [SR_CLIENT_FAILED] = { [IN_START] = DO_IGNORE },
    [SR_CLIENT_CRASHED] = { [IN_START] = DO_BEGIN },
    [SR_CLIENT_CLOSED] = { [IN_START] = DO_IGNORE },
};
/* clang-format on */
G_STATIC_ASSERT(DO_IGNORE == 0);
G_STATIC_ASSERT(SR_CLIENT_IDLE == 0);

/* One step's arguments, so that the helpers below stay short. */
typedef struct {
    const SrClientSettings *settings;
    SrClient *client;
    const SrMessage *message;
    const SrClientView *view;
    SrActions *actions;
} Step;

/* ---- actions ---- */

static SrAction *
note(const Step *step, SrEvent event)
{
    SrAction *action = sr_actions_add(step->actions, SR_ACTION_NOTE);

    action->event = (uint8_t) event;
    action->message.client = step->view->index;
    action->peer = step->view->index;
    return action;
}

static void
enter(const Step *step, SrClientState state)
{
    SrClient *client = step->client;

    if (client->state == state)
        return;
    SrAction *action = note(step, SR_EVENT_STATE);

    action->from = client->state;
    action->to = (uint8_t) state;
    client->state = (uint8_t) state;
}

static SrMessage *
send(const Step *step, SrMsg type)
{
    SrMessage *message = &sr_actions_add(step->actions, SR_ACTION_SEND)->message;

    message->type = (uint8_t) type;
    message->client = step->view->index;
    if (type >= SR_MSG_CONNECT && type <= SR_MSG_TOKEN_UPDATE)
        message->conn = step->client->conn;
    return message;
}

static void
set_timer(const Step *step, SrTimer timer, SrSpan delay)
{
    SrAction *action = sr_actions_add(step->actions, SR_ACTION_TIMER);

    action->timer = (uint8_t) timer;
    action->when = (int64_t) delay;
}

static void
stop_timer(const Step *step, SrTimer timer)
{
    sr_actions_add(step->actions, SR_ACTION_TIMER_STOP)->timer = (uint8_t) timer;
}

static void
derive(const Step *step, unsigned n_keys)
{
    SrAction *action = sr_actions_add(step->actions, SR_ACTION_DERIVE);

    action->timer = SR_TIMER_MAIN;
    action->n = (uint8_t) n_keys;
}

/* ---- keys held ---- */

static void
hold(SrClient *client, uint32_t hint, uint32_t key)
{
    unsigned at = client->held_next;

    for (unsigned i = 0; i < SR_CLIENT_KEYS_HELD; i++)
        if (client->held[i].key != SR_KEY_ABSENT && client->held[i].hint == hint)
            at = i;
    if (at == client->held_next)
        client->held_next = (uint8_t) ((at + 1) % SR_CLIENT_KEYS_HELD);
    /* Another key under the same hint: what was derived from the first is of no use. */
    if (client->held[at].hint != hint || client->held[at].key != key)
        client->held_derived &= (uint8_t) ~(1u << at);
    client->held[at] = (SrHeldKey) { .hint = hint, .key = key };
}

/* Returns: the key held under @hint, or SR_KEY_ABSENT */
static uint32_t
held_key(const SrClient *client, uint32_t hint, bool derived)
{
    for (unsigned i = 0; i < SR_CLIENT_KEYS_HELD; i++)
        if (client->held[i].key != SR_KEY_ABSENT && client->held[i].hint == hint && (!derived || (client->held_derived >> i & 1)))
            return client->held[i].key;
    return SR_KEY_ABSENT;
}

static void
mark_derived(SrClient *client, uint32_t hint)
{
    for (unsigned i = 0; i < SR_CLIENT_KEYS_HELD; i++)
        if (client->held[i].key != SR_KEY_ABSENT && client->held[i].hint == hint)
            client->held_derived |= (uint8_t) (1u << i);
}

static void
forget_keys(SrClient *client)
{
    memset(client->held, 0, sizeof client->held);
    client->held_next = client->held_derived = 0;
    client->own_hint = client->own_key = client->own_counter = 0;
    client->old_hint = client->old_key = 0;
    client->has_old = false;
    client->won = client->settled = 0;
}

/* ---- pieces of steps ---- */

/* Everything that belongs to one connection, and every answer awaited, is dropped. */
static void
drop(const Step *step)
{
    SrClient *client = step->client;

    client->awaits = client->awaits_old = 0;
    client->known = client->target = client->target_key = 0;
    stop_timer(step, SR_TIMER_MAIN);
    stop_timer(step, SR_TIMER_OLD);
}

static void
close_connection(const Step *step, SrReason reason, bool at_once)
{
    SrClient *client = step->client;

    if (!client->open)
        return;
    client->open = false;

    /* The client knows first: where the server sees it at once, its own records follow. */
    SrAction *closed = note(step, SR_EVENT_CONNECTION_CLOSED);

    closed->message.conn = client->conn;
    closed->message.reason = (uint8_t) reason;

    SrAction *action = sr_actions_add(step->actions, SR_ACTION_CLOSE);

    action->ok = at_once;
    action->message.conn = client->conn;
    action->message.reason = (uint8_t) reason;
}

static void
stop_renewal(const Step *step)
{
    step->client->renews = 0;
    stop_timer(step, SR_TIMER_RENEW);
    stop_timer(step, SR_TIMER_RENEW_TIMEOUT);
}

/* "A client that fails closes its connection, and the server sees it at once." */
static void
fail(const Step *step, SrReason reason)
{
    drop(step);
    stop_renewal(step);
    close_connection(step, SR_REASON_FAILED, true);
    step->client->reason = (uint8_t) reason;
    note(step, SR_EVENT_FAILED)->message.reason = (uint8_t) reason;
    enter(step, SR_CLIENT_FAILED);
}

static uint32_t
request(const Step *step, SrMsg type, uint32_t hint)
{
    SrMessage *message = send(step, type);

    message->request = ++step->client->requests;
    if (hint != SR_HINT_ABSENT) {
        message->hint = hint;
        message->flags = SR_MESSAGE_HINT;
    }
    return message->request;
}

static void
await_answer(const Step *step, SrTimer timer)
{
    if (step->settings->request_timeout != SR_TIME_NEVER)
        set_timer(step, timer, step->settings->request_timeout);
}

static void
ask_token(const Step *step)
{
    stop_renewal(step);
    enter(step, SR_CLIENT_TOKEN);
    step->client->awaits = request(step, SR_MSG_TOKEN_REQUEST, SR_HINT_ABSENT);
    await_answer(step, SR_TIMER_MAIN);
}

/* An attempt to connect failed at once, or a connection is gone: the next attempt, or the end. */
static void
reconnect_later(const Step *step)
{
    SrClient *client = step->client;
    SrSpan delay;

    if (!sr_retry_next(&step->settings->reconnect, client->reconnect_tries, &delay)) {
        fail(step, SR_REASON_GENERAL);
        return;
    }
    client->reconnect_tries++;
    client->fresh_token = false;
    enter(step, SR_CLIENT_RECONNECTING);
    set_timer(step, SR_TIMER_MAIN, delay);
}

/* The token was refused, or none came: the connection, if there is one, closes; another attempt with a fresh token, or the end. */
static void
retry_token(const Step *step)
{
    SrClient *client = step->client;
    SrSpan delay;

    if (!sr_retry_next(&step->settings->connect_retry, client->connect_tries, &delay)) {
        fail(step, SR_REASON_JWT);
        return;
    }
    stop_renewal(step);
    drop(step);
    close_connection(step, SR_REASON_JWT, false);
    client->connect_tries++;
    client->fresh_token = true;
    enter(step, SR_CLIENT_RECONNECTING);
    set_timer(step, SR_TIMER_MAIN, delay);
}

static void
start_connecting(const Step *step)
{
    SrClient *client = step->client;

    if (!step->view->reachable) {
        reconnect_later(step);
        return;
    }
    client->conn++;
    client->open = true;
    client->known = 0;

    SrAction *open = sr_actions_add(step->actions, SR_ACTION_OPEN);

    open->message.conn = client->conn;
    note(step, SR_EVENT_CONNECTION_OPENED)->message.conn = client->conn;
    enter(step, SR_CLIENT_CONNECTING);

    SrMessage *connect = send(step, SR_MSG_CONNECT);

    if (client->has_token)
        connect->token = client->token;
}

/* Takes a token and plans its renewal: `token-refresh` before `exp`, or at half the lifetime where that is past already. */
static void
take_token(const Step *step)
{
    SrClient *client = step->client;
    const SrClientSettings *settings = step->settings;

    client->has_token = true;
    client->token = step->message->token;
    if (settings->token_refresh == SR_TIME_NEVER)
        return;

    int64_t due = sr_token_exp(&settings->token, client->token) * (int64_t) SR_NS_PER_S - (int64_t) settings->token_refresh;

    if (due <= step->view->local_ns)
        due = step->view->local_ns + settings->token.lifetime * (int64_t) (SR_NS_PER_S / 2);

    SrAction *action = sr_actions_add(step->actions, SR_ACTION_TIMER_AT);

    action->timer = SR_TIMER_RENEW;
    action->when = due;
}

static void
settle(const Step *step, uint32_t hint)
{
    if (!step->settings->settle || step->client->settled == hint)
        return;
    step->client->settled = hint;
    request(step, SR_MSG_KEY_SETTLED, hint);
}

static void
ask_session(const Step *step)
{
    step->client->known = step->client->target = 0;
    enter(step, SR_CLIENT_REQUESTING);
    send(step, SR_MSG_SESSION_REQUEST);
}

/* Step 7: the hint is announced. */
static void
learn(const Step *step, uint32_t hint)
{
    SrClient *client = step->client;
    uint32_t cached = step->settings->cache_keys ? held_key(client, hint, true) : SR_KEY_ABSENT;

    drop(step);
    client->known = client->target = hint;
    client->tries = 0;
    if (cached != SR_KEY_ABSENT) {
        client->target_key = cached;
        enter(step, SR_CLIENT_JOINING);
        send(step, SR_MSG_JOIN);
        settle(step, hint);
        return;
    }
    enter(step, SR_CLIENT_LOOKING_UP);
    client->awaits = request(step, SR_MSG_KEY_REQUEST, hint);
    settle(step, hint);
    await_answer(step, SR_TIMER_MAIN);
}

static void
collaborate(const Step *step)
{
    note(step, SR_EVENT_COLLABORATING);
    enter(step, SR_CLIENT_COLLABORATING);
}

static void
wait_for_session(const Step *step)
{
    enter(step, SR_CLIENT_WAITING);
    if (step->settings->patience != SR_TIME_NEVER)
        set_timer(step, SR_TIMER_MAIN, step->settings->patience);
}

static void
note_sealed(const Step *step)
{
    SrClient *client = step->client;
    SrAction *sealed = note(step, SR_EVENT_SEALED);

    client->own_counter = ++client->seals;
    sealed->message.hint = client->own_hint;
    sealed->message.key = client->own_key;
    sealed->message.sealer = step->view->index;
    sealed->message.counter = client->own_counter;
}

static void
note_won(const Step *step, uint32_t hint)
{
    if (step->client->won == hint)
        return;
    step->client->won = hint;
    note(step, SR_EVENT_WON)->message.hint = hint;
}

/* Step 6, with what own_hint, own_key and own_counter name. */
static void
upload(const Step *step)
{
    SrClient *client = step->client;

    enter(step, SR_CLIENT_UPLOADING);

    SrMessage *message = send(step, SR_MSG_UPLOAD);

    message->flags = SR_MESSAGE_CONTENT;
    message->hint = client->own_hint;
    message->key = client->own_key;
    message->sealer = step->view->index;
    message->counter = client->own_counter;
}

/* The owner's return with its key at hand: it seals anew and uploads. */
static void
seal_and_upload(const Step *step, uint32_t hint, uint32_t key)
{
    step->client->own_hint = hint;
    step->client->own_key = key;
    note_sealed(step);
    upload(step);
}

/* @key: what the client holds; the content's hint is its associated data. Returns: whether it opens */
static bool
open_content(const Step *step, uint32_t hint, uint32_t key, const SrMessage *content)
{
    SrAction *opened = note(step, SR_EVENT_OPENED);

    opened->ok = content->key == key && content->hint == hint;
    opened->message = *content;
    opened->message.client = step->view->index;
    /* `key` is the reader's; the sealing is named by sealer and counter. */
    opened->message.hint = hint;
    opened->message.key = key;
    return opened->ok;
}

/* Step 2 is complete when the new key, and the old one where there is an old session, are there. */
static void
seal_when_complete(const Step *step)
{
    const SrClient *client = step->client;

    if (client->own_key == SR_KEY_ABSENT || (client->has_old && client->old_key == SR_KEY_ABSENT))
        return;
    enter(step, SR_CLIENT_SEALING);
    derive(step, client->has_old ? 2 : 1);
}

static void
make_key(const Step *step)
{
    SrClient *client = step->client;
    const SrMessage *none = step->message;

    client->own_hint = client->own_key = client->own_counter = 0;
    client->tries = client->tries_old = 0;
    client->has_old = (none->flags & SR_MESSAGE_CONTENT) != 0;
    client->old_key = SR_KEY_ABSENT;
    client->old_hint = none->hint;
    client->old_content_key = none->key;
    client->old_content_sealer = none->sealer;
    client->old_content_counter = none->counter;
    enter(step, SR_CLIENT_MAKING_KEY);
    if (client->has_old)
        client->awaits_old = request(step, SR_MSG_KEY_REQUEST, client->old_hint);
    client->awaits = request(step, SR_MSG_KEY_REQUEST, SR_HINT_ABSENT);
    if (client->has_old)
        await_answer(step, SR_TIMER_OLD);
    await_answer(step, SR_TIMER_MAIN);
}

static void
create(const Step *step)
{
    SrClient *client = step->client;

    mark_derived(client, client->own_hint);
    if (client->has_old) {
        SrMessage old = {
            .hint = client->old_hint,
            .key = client->old_content_key,
            .sealer = client->old_content_sealer,
            .counter = client->old_content_counter,
        };

        mark_derived(client, client->old_hint);
        if (!open_content(step, client->old_hint, client->old_key, &old)) {
            fail(step, SR_REASON_ENCRYPTION);
            return;
        }
    }
    note_sealed(step);
    enter(step, SR_CLIENT_CREATED);

    SrMessage *message = send(step, SR_MSG_CREATE_SESSION);

    message->hint = client->own_hint;
    message->flags = SR_MESSAGE_HINT;
}

static void
retry_key(const Step *step, bool old)
{
    SrClient *client = step->client;
    uint32_t *tries = old ? &client->tries_old : &client->tries;
    SrSpan delay;

    *(old ? &client->awaits_old : &client->awaits) = 0;
    if (!sr_retry_next(&step->settings->key_retry, *tries, &delay)) {
        fail(step, SR_REASON_ENCRYPTION);
        return;
    }
    ++*tries;
    set_timer(step, old ? SR_TIMER_OLD : SR_TIMER_MAIN, delay);
}

static void
ask_key(const Step *step)
{
    SrClient *client = step->client;

    client->awaits = request(step, SR_MSG_KEY_REQUEST, client->state == SR_CLIENT_MAKING_KEY ? SR_HINT_ABSENT : client->target);
    await_answer(step, SR_TIMER_MAIN);
}

static void
owner_returns(const Step *step)
{
    SrClient *client = step->client;
    uint32_t hint = step->message->hint;
    uint32_t key = held_key(client, hint, false);

    note_won(step, hint);
    if (key != SR_KEY_ABSENT) {
        seal_and_upload(step, hint, key);
        return;
    }
    client->target = hint;
    client->target_key = SR_KEY_ABSENT;
    client->tries = 0;
    enter(step, SR_CLIENT_RESUMING);
    ask_key(step);
}

static void
take_looked_up(const Step *step)
{
    SrClient *client = step->client;

    client->awaits = 0;
    client->target_key = step->message->key;
    hold(client, client->target, client->target_key);
    stop_timer(step, SR_TIMER_MAIN);
    if (client->state == SR_CLIENT_LOOKING_UP)
        enter(step, SR_CLIENT_DERIVING);
    derive(step, 1);
}

static void
reconnect(const Step *step)
{
    const SrClient *client = step->client;
    bool expired = client->has_token
        && step->view->local_ns >= sr_token_exp(&step->settings->token, client->token) * (int64_t) SR_NS_PER_S;

    if (step->settings->tokens && (client->fresh_token || !client->has_token || expired))
        ask_token(step);
    else
        start_connecting(step);
}

static void
closed_by_server(const Step *step)
{
    SrReason reason = (SrReason) step->message->reason;

    if (reason == SR_REASON_JWT) {
        retry_token(step);
        return;
    }
    drop(step);
    close_connection(step, reason, false);
    if (reason == SR_REASON_CLIENT_UPDATE_REQUIRED)
        forget_keys(step->client);
    reconnect_later(step);
}

static void
crash(const Step *step)
{
    SrClient *client = step->client;

    drop(step);
    stop_renewal(step);
    close_connection(step, SR_REASON_CRASH, false);
    enter(step, SR_CLIENT_CRASHED);
    /* Gone with all it holds; only the counts that name connections, requests and nonces go on. */
    *client = (SrClient) {
        .state = SR_CLIENT_CRASHED,
        .conn = client->conn,
        .requests = client->requests,
        .first_request = client->requests + 1,
        .seals = client->seals,
    };
}

/* ---- classification ---- */

static In
classify_message(const SrClient *client, const SrMessage *message)
{
    bool refused = message->type == SR_MSG_KEY_REFUSED;

    switch ((SrMsg) message->type) {
    case SR_MSG_TOKEN:
        return client->awaits == message->request ? IN_TOKEN : client->renews == message->request ? IN_RENEWED : IN_LATE;
    case SR_MSG_KEY:
    case SR_MSG_KEY_REFUSED:
        if (client->awaits == message->request)
            return refused ? IN_KEY_REFUSED : IN_KEY;
        if (client->awaits_old == message->request)
            return refused ? IN_OLD_KEY_REFUSED : IN_OLD_KEY;
        return refused ? IN_LATE : IN_LATE_KEY;
    case SR_MSG_CONNECTED:
        return IN_CONNECTED;
    case SR_MSG_CONNECT_REFUSED:
        return IN_CONNECT_REFUSED;
    case SR_MSG_SESSION_NONE:
        return IN_SESSION_NONE;
    case SR_MSG_SESSION_PENDING:
        return IN_SESSION_PENDING;
    case SR_MSG_SESSION_AVAILABLE:
        return IN_SESSION_AVAILABLE;
    case SR_MSG_CREATE_ACCEPTED:
        return IN_CREATE_ACCEPTED;
    case SR_MSG_CREATE_REJECTED:
        return IN_CREATE_REJECTED;
    case SR_MSG_SESSION_RELEASED:
        return IN_SESSION_RELEASED;
    case SR_MSG_CONTENT:
        return IN_CONTENT;
    case SR_MSG_CLOSED:
        return IN_CLOSED;
    case SR_MSG_NONE:
    case SR_MSG_TOKEN_REQUEST:
    case SR_MSG_CONNECT:
    case SR_MSG_SESSION_REQUEST:
    case SR_MSG_CREATE_SESSION:
    case SR_MSG_UPLOAD:
    case SR_MSG_JOIN:
    case SR_MSG_TOKEN_UPDATE:
    case SR_MSG_KEY_REQUEST:
    case SR_MSG_KEY_SETTLED:
        break;
    }
    g_assert_not_reached();
}

static In
classify(const SrClient *client, const SrClientInput *input)
{
    switch ((SrClientInputKind) input->kind) {
    case SR_INPUT_START:
        return IN_START;
    case SR_INPUT_MESSAGE:
        return classify_message(client, input->message);
    case SR_INPUT_TIMER:
        switch ((SrTimer) input->timer) {
        case SR_TIMER_MAIN:
            return client->awaits != 0 ? IN_TIMEOUT : IN_DUE;
        case SR_TIMER_OLD:
            return client->awaits_old != 0 ? IN_OLD_TIMEOUT : IN_OLD_DUE;
        case SR_TIMER_RENEW:
            return IN_RENEW_DUE;
        case SR_TIMER_RENEW_TIMEOUT:
            return IN_RENEW_TIMEOUT;
        }
        break;
    case SR_INPUT_LOST:
        return IN_LOST;
    case SR_INPUT_CRASH:
        return IN_CRASH;
    case SR_INPUT_CLOSE:
        return IN_CLOSE;
    }
    g_assert_not_reached();
}

/* The list of the first comment, as assertions. */
static void
sr_client_assert(const SrClient *client)
{
    bool connected = client->state >= SR_CLIENT_CONNECTING && client->state <= SR_CLIENT_COLLABORATING;

    g_assert(client->state < SR_CLIENT_STATE_N);
    g_assert(client->open == connected);
    g_assert(client->awaits_old == 0 || client->state == SR_CLIENT_MAKING_KEY);
    g_assert(client->awaits == 0 || client->state == SR_CLIENT_TOKEN || client->state == SR_CLIENT_MAKING_KEY
             || client->state == SR_CLIENT_RESUMING || client->state == SR_CLIENT_LOOKING_UP);
    g_assert(client->state != SR_CLIENT_CREATED || client->own_counter != 0);
    g_assert(client->state != SR_CLIENT_UPLOADING || client->own_counter != 0);
    g_assert(client->state != SR_CLIENT_JOINING || client->target_key != SR_KEY_ABSENT);
}

static void
perform(const Step *step, Do action, const SrClientInput *input)
{
    SrClient *client = step->client;
    const SrMessage *message = step->message;

    switch (action) {
    case DO_IGNORE:
        break;
    case DO_BEGIN:
        note(step, SR_EVENT_START);
        if (step->settings->tokens)
            ask_token(step);
        else
            start_connecting(step);
        break;
    case DO_TAKE_TOKEN:
        client->awaits = 0;
        stop_timer(step, SR_TIMER_MAIN);
        /* The connection first: messages are sent before timers are set. */
        client->has_token = true;
        client->token = message->token;
        start_connecting(step);
        if (client->state != SR_CLIENT_FAILED)
            take_token(step);
        break;
    case DO_TAKE_RENEWED:
        client->renews = 0;
        stop_timer(step, SR_TIMER_RENEW_TIMEOUT);
        if (client->open)
            send(step, SR_MSG_TOKEN_UPDATE)->token = message->token;
        take_token(step);
        break;
    case DO_ASK_SESSION:
        client->connect_tries = client->reconnect_tries = 0;
        ask_session(step);
        break;
    case DO_REFUSED:
    case DO_TOKEN_TIMEOUT:
    case DO_RENEW_TIMEOUT:
        retry_token(step);
        break;
    case DO_MAKE_KEY:
        make_key(step);
        break;
    case DO_WAIT:
        wait_for_session(step);
        break;
    case DO_REMEMBER:
        client->known = message->hint;
        break;
    case DO_LEARN:
        learn(step, message->hint);
        break;
    case DO_EARLY:
        if (step->settings->adopt)
            learn(step, message->hint);
        else
            client->known = message->hint;
        break;
    case DO_OWN_OR_LEARN:
        if (message->hint != client->own_hint) {
            learn(step, message->hint);
            break;
        }
        client->known = message->hint;
        collaborate(step);
        settle(step, message->hint);
        break;
    case DO_LEARN_IF_NEW:
        if (message->hint != client->known)
            learn(step, message->hint);
        break;
    case DO_WIN:
    case DO_PROMOTED:
        /* A stale acceptance of another attempt is not for this one; a pending client has no attempt to be promoted with. */
        if (client->own_counter == 0 || message->hint != client->own_hint)
            break;
        stop_timer(step, SR_TIMER_MAIN);
        note_won(step, message->hint);
        upload(step);
        break;
    case DO_RETURN:
        owner_returns(step);
        break;
    case DO_REJECTED:
        note(step, SR_EVENT_REJECTED);
        if (client->known != SR_HINT_ABSENT)
            learn(step, client->known);
        else
            wait_for_session(step);
        break;
    case DO_RELEASED:
        drop(step);
        ask_session(step);
        break;
    case DO_FORGET:
        client->known = SR_HINT_ABSENT;
        break;
    case DO_OPEN_CONTENT:
        if (open_content(step, client->target, client->target_key, message))
            collaborate(step);
        else
            fail(step, SR_REASON_ENCRYPTION);
        break;
    case DO_CLOSED:
        closed_by_server(step);
        break;
    case DO_TAKE_KEY:
        client->awaits = 0;
        client->own_hint = message->hint;
        client->own_key = message->key;
        hold(client, message->hint, message->key);
        stop_timer(step, SR_TIMER_MAIN);
        seal_when_complete(step);
        break;
    case DO_TAKE_OLD_KEY:
        client->awaits_old = 0;
        client->old_key = message->key;
        hold(client, client->old_hint, message->key);
        stop_timer(step, SR_TIMER_OLD);
        seal_when_complete(step);
        break;
    case DO_TAKE_LOOKED_UP:
        take_looked_up(step);
        break;
    case DO_HOLD:
        hold(client, message->hint, message->key);
        break;
    case DO_RETRY_KEY:
    case DO_KEY_TIMEOUT:
        retry_key(step, false);
        break;
    case DO_RETRY_OLD_KEY:
    case DO_OLD_KEY_TIMEOUT:
        retry_key(step, true);
        break;
    case DO_ASK_KEY:
        ask_key(step);
        break;
    case DO_ASK_OLD_KEY:
        client->awaits_old = request(step, SR_MSG_KEY_REQUEST, client->old_hint);
        await_answer(step, SR_TIMER_OLD);
        break;
    case DO_CREATE:
        create(step);
        break;
    case DO_JOIN:
        mark_derived(client, client->target);
        enter(step, SR_CLIENT_JOINING);
        send(step, SR_MSG_JOIN);
        break;
    case DO_RESUME:
        if (client->target_key == SR_KEY_ABSENT) {
            ask_key(step);
            break;
        }
        mark_derived(client, client->target);
        seal_and_upload(step, client->target, client->target_key);
        break;
    case DO_IMPATIENT:
        fail(step, SR_REASON_GENERAL);
        break;
    case DO_RECONNECT:
        reconnect(step);
        break;
    case DO_RENEW:
        client->renews = request(step, SR_MSG_TOKEN_REQUEST, SR_HINT_ABSENT);
        await_answer(step, SR_TIMER_RENEW_TIMEOUT);
        break;
    case DO_LOST:
        drop(step);
        close_connection(step, (SrReason) input->reason, false);
        reconnect_later(step);
        break;
    case DO_CRASH:
        crash(step);
        break;
    case DO_CLOSE:
        drop(step);
        stop_renewal(step);
        close_connection(step, SR_REASON_CLOSE, true);
        enter(step, SR_CLIENT_CLOSED);
        break;
    }
}

void
sr_client_step(const SrClientSettings *settings, SrClient *client, const SrClientInput *input, const SrClientView *view,
               SrActions *actions)
{
    const Step step = { settings, client, input->message, view, actions };

    sr_client_assert(client);
    perform(&step, (Do) steps[client->state][classify(client, input)], input);
    sr_client_assert(client);
}

/* The parts of a client's steps: it sends, holds keys, connects, makes a key, joins, and gives
 * up.
 *
 * The table in client.c decides which parts an input calls for. Nothing here looks at the input
 * again. */
#include "protocol/client-private.h"

/* ---- keys held ---- */

/* Returns: the index in the ring of @hint, which is there at most once, or else @otherwise */
static unsigned
sr_client_find_held(const SrClient *client, uint32_t hint, unsigned otherwise)
{
    for (unsigned i = 0; i < SR_CLIENT_KEYS_HELD; i++)
        if (client->held[i].key != SR_KEY_ABSENT && client->held[i].hint == hint)
            return i;
    return otherwise;
}

void
sr_client_hold(SrClient *client, uint32_t hint, uint32_t key)
{
    unsigned at = client->held_next;

    /* The oldest key is dropped, but never the key of its own attempt or of the session it
     * joins. */
    while (
        client->held[at].key != SR_KEY_ABSENT && client->held[at].hint != hint &&
        (client->held[at].hint == client->own_hint || client->held[at].hint == client->target))
        at = (at + 1) % SR_CLIENT_KEYS_HELD;
    client->held_next = at & 15u;
    at = sr_client_find_held(client, hint, at);
    if (at == client->held_next)
        client->held_next = (at + 1) % SR_CLIENT_KEYS_HELD;
    /* Another key under the same hint: what was derived from the first key is useless. */
    if (client->held[at].hint != hint || client->held[at].key != key)
        client->held_derived &= ~(1u << at) & 15u;
    client->held[at] = (SrHeldKey){ .hint = hint, .key = key };
}

/* Returns: the key held under @hint, or SR_KEY_ABSENT */
static uint32_t
sr_client_held_key(const SrClient *client, uint32_t hint, bool derived)
{
    unsigned at = sr_client_find_held(client, hint, SR_CLIENT_KEYS_HELD);

    if (at == SR_CLIENT_KEYS_HELD || (derived && !(client->held_derived >> at & 1)))
        return SR_KEY_ABSENT;
    return client->held[at].key;
}

void
sr_client_mark_derived(SrClient *client, uint32_t hint)
{
    unsigned at = sr_client_find_held(client, hint, SR_CLIENT_KEYS_HELD);

    if (at != SR_CLIENT_KEYS_HELD)
        client->held_derived |= 1u << at & 15u;
}

static void
sr_client_forget_keys(SrClient *client)
{
    memset(client->held, 0, sizeof client->held);
    client->held_next = client->held_derived = 0;
    client->own_hint = client->own_key = client->own_counter = 0;
    client->old_hint = client->old_key = 0;
    client->has_old = false;
    client->won = 0;
}

/* ---- pieces of steps ---- */

/* Drops everything that belongs to one connection, and every awaited answer. */
void
sr_client_drop(const SrClientStep *step)
{
    SrClient *client = step->client;

    client->awaits = client->awaits_old = 0;
    client->known = client->target = client->target_key = 0;
    sr_client_stop_timer(step, SR_TIMER_MAIN);
    if (client->has_old)
        sr_client_stop_timer(step, SR_TIMER_OLD);
}

void
sr_client_close_connection(const SrClientStep *step, SrReason reason, bool at_once)
{
    SrClient *client = step->client;

    if (!client->open)
        return;
    client->open = false;

    /* The client notices the close first; if the server sees it at once, its records follow. */
    SrAction *closed = sr_client_note(step, SR_EVENT_CONNECTION_CLOSED);

    closed->message.conn = client->conn;
    closed->message.reason = (uint8_t) reason;
    *sr_actions_add(step->actions) = (SrAction){
        .kind = SR_ACTION_CLOSE,
        .ok = at_once,
        .message = { .conn = client->conn, .reason = (uint8_t) reason, .token = SR_TOKEN_NONE },
    };
}

void
sr_client_stop_renewal(const SrClientStep *step)
{
    /* Without a token there is nothing to renew. */
    if (!step->client->has_token)
        return;
    step->client->renews = 0;
    sr_client_stop_timer(step, SR_TIMER_RENEW);
    sr_client_stop_timer(step, SR_TIMER_RENEW_TIMEOUT);
}

/* "A client that fails closes its connection, and the server sees it at once." */
void
sr_client_fail(const SrClientStep *step, SrReason reason)
{
    sr_client_drop(step);
    sr_client_stop_renewal(step);
    sr_client_close_connection(step, SR_REASON_FAILED, true);
    step->client->reason = (uint8_t) reason;

    SrAction *failed = sr_client_note(step, SR_EVENT_FAILED);

    failed->message.reason = (uint8_t) reason;
    sr_client_enter(step, SR_CLIENT_FAILED);
}

uint32_t
sr_client_request(const SrClientStep *step, SrMsg type, uint32_t hint)
{
    SrMessage *message = sr_client_send(step, type);

    message->request = ++step->client->requests;
    if (hint != SR_HINT_ABSENT) {
        message->hint = hint;
        message->flags = SR_MESSAGE_HINT;
    }
    return message->request;
}

void
sr_client_await_answer(const SrClientStep *step, SrTimer timer)
{
    if (step->settings->request_timeout != SR_TIME_NEVER)
        sr_client_set_timer(step, timer, step->settings->request_timeout);
}

void
sr_client_ask_token(const SrClientStep *step)
{
    sr_client_stop_renewal(step);
    sr_client_enter(step, SR_CLIENT_TOKEN);
    step->client->awaits = sr_client_request(step, SR_MSG_TOKEN_REQUEST, SR_HINT_ABSENT);
    sr_client_await_answer(step, SR_TIMER_MAIN);
}

/* An attempt to connect failed, or the connection was lost: schedules another attempt, or
 * fails. */
void
sr_client_reconnect_later(const SrClientStep *step)
{
    SrClient *client = step->client;
    SrSpan delay;

    if (!sr_retry_next(&step->settings->reconnect, client->reconnect_tries, &delay)) {
        sr_client_fail(step, SR_REASON_GENERAL);
        return;
    }
    client->reconnect_tries++;
    client->fresh_token = false;
    sr_client_enter(step, SR_CLIENT_RECONNECTING);
    sr_client_set_timer(step, SR_TIMER_MAIN, delay);
}

/* The token was refused, or none came: closes the connection, if there is one, and tries again
 * with a fresh token, or fails. */
void
sr_client_retry_token(const SrClientStep *step)
{
    SrClient *client = step->client;
    SrSpan delay;

    if (!sr_retry_next(&step->settings->connect_retry, client->connect_tries, &delay)) {
        sr_client_fail(step, SR_REASON_JWT);
        return;
    }
    sr_client_stop_renewal(step);
    sr_client_drop(step);
    sr_client_close_connection(step, SR_REASON_JWT, false);
    client->connect_tries++;
    client->fresh_token = true;
    sr_client_enter(step, SR_CLIENT_RECONNECTING);
    sr_client_set_timer(step, SR_TIMER_MAIN, delay);
}

void
sr_client_start_connecting(const SrClientStep *step)
{
    SrClient *client = step->client;

    if (!step->view->reachable) {
        sr_client_reconnect_later(step);
        return;
    }
    client->conn++;
    client->open = true;
    client->known = 0;

    SrMessage *connect;
    SrAction *opened;

    *sr_actions_add(step->actions) =
        (SrAction){ .kind = SR_ACTION_OPEN,
                    .message = { .conn = client->conn, .token = SR_TOKEN_NONE } };
    opened = sr_client_note(step, SR_EVENT_CONNECTION_OPENED);
    opened->message.conn = client->conn;
    sr_client_enter(step, SR_CLIENT_CONNECTING);
    connect = sr_client_send(step, SR_MSG_CONNECT);
    if (client->has_token)
        connect->token = client->token;
}

/* Takes a token and schedules its renewal: `token-refresh` before `exp`, or at half the
 * lifetime if that instant is past already. */
void
sr_client_take_token(const SrClientStep *step)
{
    SrClient *client = step->client;
    const SrClientSettings *settings = step->settings;

    client->has_token = true;
    client->token = step->message->token;
    if (settings->token_refresh == SR_TIME_NEVER)
        return;

    int64_t now = step->view->local_ns;
    int64_t expiry = sr_token_expiry(&settings->token, client->token);
    int64_t due = expiry - (int64_t) settings->token_refresh;

    /* It never expires, as far as anybody can see. */
    if (expiry == INT64_MAX)
        return;
    if (due <= now)
        due = now + sr_token_half_life(&settings->token, client->token, now);
    *sr_actions_add(step->actions) =
        (SrAction){ .kind = SR_ACTION_TIMER_AT, .timer = SR_TIMER_RENEW, .when = due };
}

void
sr_client_settle(const SrClientStep *step, uint32_t hint)
{
    if (!step->settings->settle || step->client->settled == hint)
        return;
    step->client->settled = hint;
    sr_client_request(step, SR_MSG_KEY_SETTLED, hint);
}

void
sr_client_ask_session(const SrClientStep *step)
{
    step->client->known = step->client->target = 0;
    sr_client_enter(step, SR_CLIENT_REQUESTING);
    sr_client_send(step, SR_MSG_SESSION_REQUEST);
}

/* Step 7: a hint was announced. */
void
sr_client_learn(const SrClientStep *step, uint32_t hint)
{
    SrClient *client = step->client;
    uint32_t cached =
        step->settings->cache_keys ? sr_client_held_key(client, hint, true) : SR_KEY_ABSENT;

    sr_client_drop(step);
    client->known = client->target = hint;
    client->tries = 0;
    if (cached != SR_KEY_ABSENT) {
        client->target_key = cached;
        sr_client_enter(step, SR_CLIENT_JOINING);
        sr_client_send(step, SR_MSG_JOIN);
        sr_client_settle(step, hint);
        return;
    }
    sr_client_enter(step, SR_CLIENT_LOOKING_UP);
    client->awaits = sr_client_request(step, SR_MSG_KEY_REQUEST, hint);
    sr_client_settle(step, hint);
    sr_client_await_answer(step, SR_TIMER_MAIN);
}

void
sr_client_collaborate(const SrClientStep *step)
{
    sr_client_note(step, SR_EVENT_COLLABORATING);
    sr_client_enter(step, SR_CLIENT_COLLABORATING);
}

void
sr_client_wait_for_session(const SrClientStep *step)
{
    sr_client_enter(step, SR_CLIENT_WAITING);
    if (step->settings->patience != SR_TIME_NEVER)
        sr_client_set_timer(step, SR_TIMER_MAIN, step->settings->patience);
}

static void
sr_client_note_sealed(const SrClientStep *step)
{
    SrClient *client = step->client;
    SrAction *sealed = sr_client_note(step, SR_EVENT_SEALED);

    client->own_counter = ++client->seals;
    sealed->message.hint = client->own_hint;
    sealed->message.key = client->own_key;
    sealed->message.sealer = step->view->index;
    sealed->message.counter = client->own_counter;
}

void
sr_client_note_won(const SrClientStep *step, uint32_t hint)
{
    if (step->client->won == hint)
        return;
    step->client->won = hint;

    SrAction *won = sr_client_note(step, SR_EVENT_WON);

    won->message.hint = hint;
}

/* Step 6: uploads what own_hint, own_key and own_counter name. */
void
sr_client_upload(const SrClientStep *step)
{
    SrClient *client = step->client;

    SrMessage *upload;

    sr_client_enter(step, SR_CLIENT_UPLOADING);
    upload = sr_client_send(step, SR_MSG_UPLOAD);
    upload->flags = SR_MESSAGE_CONTENT;
    upload->hint = client->own_hint;
    upload->key = client->own_key;
    upload->sealer = step->view->index;
    upload->counter = client->own_counter;
}

/* The owner is back and still holds the key: it seals again and uploads. */
void
sr_client_seal_and_upload(const SrClientStep *step, uint32_t hint, uint32_t key)
{
    step->client->own_hint = hint;
    step->client->own_key = key;
    sr_client_note_sealed(step);
    sr_client_upload(step);
}

/* @key: what the client holds. The hint of the content is its associated data.
 *
 * Returns: whether the content opens */
bool
sr_client_open_content(const SrClientStep *step, uint32_t hint, uint32_t key,
                       const SrMessage *content)
{
    SrAction *opened = sr_client_note(step, SR_EVENT_OPENED);

    opened->ok = content->key == key && content->hint == hint;
    opened->message = *content;
    opened->message.client = step->view->index;
    /* `key` is the reader's key; sealer and counter name the sealing. */
    opened->message.hint = hint;
    opened->message.key = key;
    return opened->ok;
}

/* Ends step 2 if the new key is there, and, if there is an old session, the old key too. */
void
sr_client_seal_when_complete(const SrClientStep *step)
{
    const SrClient *client = step->client;

    if (client->own_key == SR_KEY_ABSENT ||
        (client->has_old && client->old_key == SR_KEY_ABSENT))
        return;
    sr_client_enter(step, SR_CLIENT_SEALING);
    sr_client_derive(step, client->has_old ? 2 : 1);
}

void
sr_client_make_key(const SrClientStep *step)
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
    sr_client_enter(step, SR_CLIENT_MAKING_KEY);
    if (client->has_old)
        client->awaits_old = sr_client_request(step, SR_MSG_KEY_REQUEST, client->old_hint);
    client->awaits = sr_client_request(step, SR_MSG_KEY_REQUEST, SR_HINT_ABSENT);
    if (client->has_old)
        sr_client_await_answer(step, SR_TIMER_OLD);
    sr_client_await_answer(step, SR_TIMER_MAIN);
}

void
sr_client_create(const SrClientStep *step)
{
    SrClient *client = step->client;

    sr_client_mark_derived(client, client->own_hint);
    if (client->has_old) {
        SrMessage old = {
            .hint = client->old_hint,
            .key = client->old_content_key,
            .sealer = client->old_content_sealer,
            .counter = client->old_content_counter,
            .token = SR_TOKEN_NONE,
        };

        sr_client_mark_derived(client, client->old_hint);
        if (!sr_client_open_content(step, client->old_hint, client->old_key, &old)) {
            sr_client_fail(step, SR_REASON_ENCRYPTION);
            return;
        }
    }
    sr_client_note_sealed(step);
    sr_client_enter(step, SR_CLIENT_CREATED);

    SrMessage *create = sr_client_send(step, SR_MSG_CREATE_SESSION);

    create->hint = client->own_hint;
    create->flags = SR_MESSAGE_HINT;
}

void
sr_client_retry_key(const SrClientStep *step, bool old)
{
    SrClient *client = step->client;
    uint32_t *tries = old ? &client->tries_old : &client->tries;
    SrSpan delay;
    /* A result of the wrong shape is final: the product does not ask again. */
    bool final = step->message != NULL && step->message->reason == SR_REASON_BAD_SHAPE;

    *(old ? &client->awaits_old : &client->awaits) = 0;
    if (final || !sr_retry_next(&step->settings->key_retry, *tries, &delay)) {
        sr_client_fail(step, SR_REASON_ENCRYPTION);
        return;
    }
    ++*tries;
    sr_client_set_timer(step, old ? SR_TIMER_OLD : SR_TIMER_MAIN, delay);
}

void
sr_client_ask_key(const SrClientStep *step)
{
    SrClient *client = step->client;

    client->awaits = sr_client_request(step, SR_MSG_KEY_REQUEST,
                                       client->state == SR_CLIENT_MAKING_KEY ? SR_HINT_ABSENT
                                                                             : client->target);
    sr_client_await_answer(step, SR_TIMER_MAIN);
}

void
sr_client_owner_returns(const SrClientStep *step)
{
    SrClient *client = step->client;
    uint32_t hint = step->message->hint;
    uint32_t key = sr_client_held_key(client, hint, false);

    sr_client_note_won(step, hint);
    if (key != SR_KEY_ABSENT) {
        sr_client_seal_and_upload(step, hint, key);
        return;
    }
    client->target = hint;
    client->target_key = SR_KEY_ABSENT;
    client->tries = 0;
    sr_client_enter(step, SR_CLIENT_RESUMING);
    sr_client_ask_key(step);
}

void
sr_client_take_looked_up(const SrClientStep *step)
{
    SrClient *client = step->client;

    client->awaits = 0;
    client->target_key = step->message->key;
    sr_client_hold(client, client->target, client->target_key);
    sr_client_stop_timer(step, SR_TIMER_MAIN);
    if (client->state == SR_CLIENT_LOOKING_UP)
        sr_client_enter(step, SR_CLIENT_DERIVING);
    sr_client_derive(step, 1);
}

void
sr_client_reconnect(const SrClientStep *step)
{
    const SrClient *client = step->client;
    bool expired =
        client->has_token &&
        step->view->local_ns >= sr_token_expiry(&step->settings->token, client->token);

    if (step->settings->tokens && (client->fresh_token || !client->has_token || expired))
        sr_client_ask_token(step);
    else
        sr_client_start_connecting(step);
}

void
sr_client_closed_by_server(const SrClientStep *step)
{
    SrReason reason = (SrReason) step->message->reason;

    if (reason == SR_REASON_JWT) {
        sr_client_retry_token(step);
        return;
    }
    sr_client_drop(step);
    sr_client_close_connection(step, reason, false);
    if (reason == SR_REASON_CLIENT_UPDATE_REQUIRED)
        sr_client_forget_keys(step->client);
    sr_client_reconnect_later(step);
}

void
sr_client_crash(const SrClientStep *step)
{
    SrClient *client = step->client;

    sr_client_drop(step);
    sr_client_stop_renewal(step);
    sr_client_close_connection(step, SR_REASON_CRASH, false);
    sr_client_enter(step, SR_CLIENT_CRASHED);
    /* The client loses all it holds. Only the counters that name connections, requests and
     * nonces go on. */
    *client = (SrClient){
        .state = SR_CLIENT_CRASHED,
        .conn = client->conn,
        .requests = client->requests,
        .first_request = client->requests + 1,
        .seals = client->seals,
    };
}

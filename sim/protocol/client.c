/* The client: seven steps, a preamble, and what it does when something goes wrong.
 *
 * What holds in each state (SrClientState):
 *   idle, crashed, closed, failed   no connection, no timer, nothing awaited
 *   token          a token-request is awaited; no connection
 *   connecting     `connect` is sent on an open connection
 *   requesting     accepted; `session-request` is sent
 *   making-key     step 2: the new key, the old session's key, or both are awaited, or their
 *   retries are due
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
 * One table answers every pair of state and input; a pair left out is ignored, on purpose:
 * links may duplicate, answers may be late, and section 3 says for each message in which states
 * it moves a client. */
#include "protocol/client-private.h"

#include "protocol/cells-private.h"

/* Inputs as the table sees them. A message counts as different inputs, depending on whether it
 * is the answer that is awaited. */
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
    IN_LATE,    /* any other late answer */
    IN_TIMEOUT, /* the awaited request was not answered in time */
    IN_DUE,     /* the delay of the state is over */
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
    DO_BEGIN, /* start: ask for a token, or connect */
    DO_TAKE_TOKEN,
    DO_TAKE_RENEWED,
    DO_ASK_SESSION, /* step 1 */
    DO_RETRY_TOKEN, /* refused, or not answered: try with a fresh one, or fail */
    DO_MAKE_KEY,    /* step 2 */
    DO_WAIT,        /* step 5 */
    DO_REMEMBER,    /* a hint announced before `connected`, which an unordered link may cause */
    DO_EARLY,       /* a hint announced during steps 2 to 4: adopt or continue */
    DO_OWN_OR_LEARN, /* a hint announced to the owner: its own, or another */
    DO_LEARN_IF_NEW, /* step 7 */
    DO_WIN,          /* step 4, accepted; or promoted */
    DO_RETURN,       /* the owner is back while its creation stands */
    DO_REJECTED,     /* step 4, rejected */
    DO_RELEASED,     /* a waiting client, or an owner, goes back to step 1 */
    DO_FORGET,       /* a creation was dropped: the remembered hint is void */
    DO_OPEN_CONTENT,
    DO_CLOSED,         /* the server closed the connection */
    DO_TAKE_KEY,       /* step 2: the new key */
    DO_TAKE_OLD_KEY,   /* step 2: the old session's key */
    DO_TAKE_LOOKED_UP, /* step 7, and the owner's return */
    DO_HOLD,           /* a late key is remembered and does nothing else */
    DO_RETRY_KEY,      /* refused, or not answered: ask again later, or give up */
    DO_RETRY_OLD_KEY,
    DO_ASK_KEY, /* the retry is due */
    DO_ASK_OLD_KEY,
    DO_CREATE, /* step 3: derived; seal and create */
    DO_JOIN,   /* step 7: derived; join */
    DO_RESUME, /* the owner's return: the retry is due, or the key is derived */
    DO_IMPATIENT,
    DO_RECONNECT,
    DO_RENEW,
    DO_LOST,
    DO_CRASH,
    DO_CLOSE,
} Do;

/* Situations that several states share; `alike` answers for the cells that their rows leave
 * out. */
typedef enum {
    IS_OVER, /* failed, crashed or closed */
    IS_IDLE,
    IS_APART, /* no connection, but about to get one */
    IS_CONNECTED,
} Situation;
#define SITUATION_N (IS_CONNECTED + 1)

G_STATIC_ASSERT(DO_IGNORE == 0 && IN_START == 0);
G_STATIC_ASSERT(SR_CLIENT_IDLE == 0 && IS_OVER == 0);

/* clang-format off */
static SR_CELL uint8_t alike[SITUATION_N][IN_N] = {
    /* A crash before the start cancels it; no other fault touches a client that has not started. */
    [IS_IDLE] = { [IN_CRASH] = DO_CRASH },
    [IS_APART] = { [IN_LATE_KEY] = DO_HOLD, [IN_CRASH] = DO_CRASH, [IN_CLOSE] = DO_CLOSE },
    [IS_CONNECTED] = {
        [IN_RENEWED] = DO_TAKE_RENEWED, [IN_CLOSED] = DO_CLOSED, [IN_LATE_KEY] = DO_HOLD, [IN_RENEW_DUE] = DO_RENEW,
        [IN_RENEW_TIMEOUT] = DO_RETRY_TOKEN, [IN_LOST] = DO_LOST, [IN_CRASH] = DO_CRASH, [IN_CLOSE] = DO_CLOSE,
        [IN_SESSION_AVAILABLE] = DO_LEARN_IF_NEW, [IN_SESSION_RELEASED] = DO_FORGET,
    },
};

static const uint8_t situations[SR_CLIENT_STATE_N] = {
    [SR_CLIENT_IDLE] = IS_IDLE,
    [SR_CLIENT_TOKEN] = IS_APART, [SR_CLIENT_RECONNECTING] = IS_APART,
    [SR_CLIENT_CONNECTING] = IS_CONNECTED, [SR_CLIENT_REQUESTING] = IS_CONNECTED, [SR_CLIENT_MAKING_KEY] = IS_CONNECTED,
    [SR_CLIENT_SEALING] = IS_CONNECTED, [SR_CLIENT_CREATED] = IS_CONNECTED, [SR_CLIENT_WAITING] = IS_CONNECTED,
    [SR_CLIENT_UPLOADING] = IS_CONNECTED, [SR_CLIENT_RESUMING] = IS_CONNECTED, [SR_CLIENT_LOOKING_UP] = IS_CONNECTED,
    [SR_CLIENT_DERIVING] = IS_CONNECTED, [SR_CLIENT_JOINING] = IS_CONNECTED, [SR_CLIENT_COLLABORATING] = IS_CONNECTED,
    [SR_CLIENT_FAILED] = IS_OVER, [SR_CLIENT_CRASHED] = IS_OVER, [SR_CLIENT_CLOSED] = IS_OVER,
};

static SR_CELL uint8_t table[SR_CLIENT_STATE_N][IN_N] = {
    [SR_CLIENT_IDLE] = { [IN_START] = DO_BEGIN },
    [SR_CLIENT_TOKEN] = { [IN_TOKEN] = DO_TAKE_TOKEN, [IN_TIMEOUT] = DO_RETRY_TOKEN },
    [SR_CLIENT_CONNECTING] = {
        [IN_CONNECTED] = DO_ASK_SESSION, [IN_CONNECT_REFUSED] = DO_RETRY_TOKEN,
        [IN_SESSION_AVAILABLE] = DO_REMEMBER,
    },
    [SR_CLIENT_REQUESTING] = {
        [IN_SESSION_NONE] = DO_MAKE_KEY, [IN_SESSION_PENDING] = DO_WAIT, [IN_CREATE_ACCEPTED] = DO_RETURN,
    },
    [SR_CLIENT_MAKING_KEY] = {
        [IN_KEY] = DO_TAKE_KEY, [IN_KEY_REFUSED] = DO_RETRY_KEY, [IN_TIMEOUT] = DO_RETRY_KEY, [IN_DUE] = DO_ASK_KEY,
        [IN_OLD_KEY] = DO_TAKE_OLD_KEY, [IN_OLD_KEY_REFUSED] = DO_RETRY_OLD_KEY, [IN_OLD_TIMEOUT] = DO_RETRY_OLD_KEY,
        [IN_OLD_DUE] = DO_ASK_OLD_KEY, [IN_SESSION_AVAILABLE] = DO_EARLY,
    },
    [SR_CLIENT_SEALING] = { [IN_DUE] = DO_CREATE, [IN_SESSION_AVAILABLE] = DO_EARLY },
    [SR_CLIENT_CREATED] = {
        [IN_CREATE_ACCEPTED] = DO_WIN, [IN_CREATE_REJECTED] = DO_REJECTED, [IN_SESSION_AVAILABLE] = DO_EARLY,
    },
    [SR_CLIENT_WAITING] = {
        [IN_SESSION_RELEASED] = DO_RELEASED, [IN_CREATE_ACCEPTED] = DO_WIN, [IN_DUE] = DO_IMPATIENT,
    },
    [SR_CLIENT_UPLOADING] = {
        [IN_SESSION_AVAILABLE] = DO_OWN_OR_LEARN, [IN_SESSION_RELEASED] = DO_RELEASED,
    },
    [SR_CLIENT_RESUMING] = {
        [IN_KEY] = DO_TAKE_LOOKED_UP, [IN_KEY_REFUSED] = DO_RETRY_KEY, [IN_TIMEOUT] = DO_RETRY_KEY, [IN_DUE] = DO_RESUME,
        [IN_SESSION_RELEASED] = DO_RELEASED,
    },
    [SR_CLIENT_LOOKING_UP] = {
        [IN_KEY] = DO_TAKE_LOOKED_UP, [IN_KEY_REFUSED] = DO_RETRY_KEY, [IN_TIMEOUT] = DO_RETRY_KEY, [IN_DUE] = DO_ASK_KEY,
    },
    [SR_CLIENT_DERIVING] = { [IN_DUE] = DO_JOIN },
    [SR_CLIENT_JOINING] = { [IN_CONTENT] = DO_OPEN_CONTENT },
    [SR_CLIENT_RECONNECTING] = {
        [IN_DUE] = DO_RECONNECT, [IN_RENEWED] = DO_TAKE_RENEWED, [IN_RENEW_DUE] = DO_RENEW, [IN_RENEW_TIMEOUT] = DO_RETRY_TOKEN,
    },
    [SR_CLIENT_CRASHED] = { [IN_START] = DO_BEGIN },
};
/* clang-format on */

/* ---- classification ---- */

static In
classify_message(const SrClient *client, const SrMessage *message)
{
    /* The inputs for messages of the server, and for late answers of a provider. */
    static const uint8_t inputs[SR_MSG_N] = {
        [SR_MSG_CONNECTED] = IN_CONNECTED,
        [SR_MSG_CONNECT_REFUSED] = IN_CONNECT_REFUSED,
        [SR_MSG_SESSION_NONE] = IN_SESSION_NONE,
        [SR_MSG_SESSION_PENDING] = IN_SESSION_PENDING,
        [SR_MSG_SESSION_AVAILABLE] = IN_SESSION_AVAILABLE,
        [SR_MSG_CREATE_ACCEPTED] = IN_CREATE_ACCEPTED,
        [SR_MSG_CREATE_REJECTED] = IN_CREATE_REJECTED,
        [SR_MSG_SESSION_RELEASED] = IN_SESSION_RELEASED,
        [SR_MSG_CONTENT] = IN_CONTENT,
        [SR_MSG_CLOSED] = IN_CLOSED,
        [SR_MSG_TOKEN] = IN_LATE,
        [SR_MSG_TOKEN_REFUSED] = IN_LATE,
        [SR_MSG_KEY] = IN_LATE_KEY,
        [SR_MSG_KEY_REFUSED] = IN_LATE,
    };
    uint8_t input = inputs[message->type];
    bool refused = message->type == SR_MSG_KEY_REFUSED;

    g_assert(input != 0);
    if (input != IN_LATE && input != IN_LATE_KEY)
        return (In) input;
    if (message->type == SR_MSG_TOKEN)
        return client->awaits == message->request   ? IN_TOKEN
               : client->renews == message->request ? IN_RENEWED
                                                    : IN_LATE;
    /* A refusal is as good as no answer. */
    if (message->type == SR_MSG_TOKEN_REFUSED)
        return client->awaits == message->request   ? IN_TIMEOUT
               : client->renews == message->request ? IN_RENEW_TIMEOUT
                                                    : IN_LATE;
    if (client->awaits == message->request)
        return refused ? IN_KEY_REFUSED : IN_KEY;
    if (client->awaits_old == message->request)
        return refused ? IN_OLD_KEY_REFUSED : IN_OLD_KEY;
    return (In) input;
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

/* Asserts what holds in each state, at the end of every step and so at the beginning of the
 * next. */
static void
check_client(const SrClient *client)
{
    bool connected =
        client->state >= SR_CLIENT_CONNECTING && client->state <= SR_CLIENT_COLLABORATING;

    g_assert(client->state < SR_CLIENT_STATE_N);
    g_assert(client->open == connected);
    g_assert(client->awaits_old == 0 || client->state == SR_CLIENT_MAKING_KEY);
    g_assert(client->awaits == 0 || client->state == SR_CLIENT_TOKEN ||
             client->state == SR_CLIENT_MAKING_KEY || client->state == SR_CLIENT_RESUMING ||
             client->state == SR_CLIENT_LOOKING_UP);
    g_assert(client->state != SR_CLIENT_CREATED || client->own_counter != 0);
    g_assert(client->state != SR_CLIENT_UPLOADING || client->own_counter != 0);
    g_assert(client->state != SR_CLIENT_JOINING || client->target_key != SR_KEY_ABSENT);
}

static void
perform(const SrClientStep *step, Do action, SrReason reason)
{
    SrClient *client = step->client;
    const SrMessage *message = step->message;

    switch (action) {
    case DO_IGNORE:
        break;
    case DO_BEGIN:
        sr_client_note(step, SR_EVENT_START);
        if (step->settings->tokens)
            sr_client_ask_token(step);
        else
            sr_client_start_connecting(step);
        break;
    case DO_TAKE_TOKEN:
        client->awaits = 0;
        sr_client_stop_timer(step, SR_TIMER_MAIN);
        /* The connection comes first, since messages are sent before timers are set. */
        client->has_token = true;
        client->token = message->token;
        sr_client_start_connecting(step);
        if (client->state != SR_CLIENT_FAILED)
            sr_client_take_token(step);
        break;
    case DO_TAKE_RENEWED:
        client->renews = 0;
        sr_client_stop_timer(step, SR_TIMER_RENEW_TIMEOUT);
        if (client->open) {
            sr_client_send(step, SR_MSG_TOKEN_UPDATE)->token = message->token;
        }
        sr_client_take_token(step);
        break;
    case DO_ASK_SESSION:
        client->reconnect_tries = 0;
        sr_client_ask_session(step);
        break;
    case DO_RETRY_TOKEN:
        sr_client_retry_token(step);
        break;
    case DO_MAKE_KEY:
        sr_client_make_key(step);
        break;
    case DO_WAIT:
        sr_client_wait_for_session(step);
        break;
    case DO_REMEMBER:
        client->known = message->hint;
        break;
    case DO_EARLY:
        if (step->settings->adopt)
            sr_client_learn(step, message->hint);
        else
            client->known = message->hint;
        break;
    case DO_OWN_OR_LEARN:
        if (message->hint != client->own_hint) {
            sr_client_learn(step, message->hint);
            break;
        }
        client->known = message->hint;
        sr_client_collaborate(step);
        sr_client_settle(step, message->hint);
        break;
    case DO_LEARN_IF_NEW:
        if (message->hint != client->known)
            sr_client_learn(step, message->hint);
        break;
    case DO_WIN:
        /* A late acceptance of an earlier attempt does not count for this one. A client that
         * waits has no attempt that could be promoted. */
        if (client->own_counter == 0 || message->hint != client->own_hint)
            break;
        if (client->state == SR_CLIENT_WAITING)
            sr_client_stop_timer(step, SR_TIMER_MAIN);
        sr_client_note_won(step, message->hint);
        sr_client_upload(step);
        break;
    case DO_RETURN:
        sr_client_owner_returns(step);
        break;
    case DO_REJECTED:
        sr_client_note(step, SR_EVENT_REJECTED);
        if (client->known != SR_HINT_ABSENT)
            sr_client_learn(step, client->known);
        else
            sr_client_wait_for_session(step);
        break;
    case DO_RELEASED:
        sr_client_drop(step);
        sr_client_ask_session(step);
        break;
    case DO_FORGET:
        client->known = SR_HINT_ABSENT;
        break;
    case DO_OPEN_CONTENT:
        if (sr_client_open_content(step, client->target, client->target_key, message))
            sr_client_collaborate(step);
        else
            sr_client_fail(step, SR_REASON_ENCRYPTION);
        break;
    case DO_CLOSED:
        sr_client_closed_by_server(step);
        break;
    case DO_TAKE_KEY:
        client->awaits = 0;
        client->own_hint = message->hint;
        client->own_key = message->key;
        sr_client_hold(client, message->hint, message->key);
        sr_client_stop_timer(step, SR_TIMER_MAIN);
        sr_client_seal_when_complete(step);
        break;
    case DO_TAKE_OLD_KEY:
        client->awaits_old = 0;
        client->old_key = message->key;
        sr_client_hold(client, client->old_hint, message->key);
        sr_client_stop_timer(step, SR_TIMER_OLD);
        sr_client_seal_when_complete(step);
        break;
    case DO_TAKE_LOOKED_UP:
        sr_client_take_looked_up(step);
        break;
    case DO_HOLD:
        sr_client_hold(client, message->hint, message->key);
        break;
    case DO_RETRY_KEY:
        sr_client_retry_key(step, false);
        break;
    case DO_RETRY_OLD_KEY:
        sr_client_retry_key(step, true);
        break;
    case DO_ASK_KEY:
        sr_client_ask_key(step);
        break;
    case DO_ASK_OLD_KEY:
        client->awaits_old = sr_client_request(step, SR_MSG_KEY_REQUEST, client->old_hint);
        sr_client_await_answer(step, SR_TIMER_OLD);
        break;
    case DO_CREATE:
        sr_client_create(step);
        break;
    case DO_JOIN:
        sr_client_mark_derived(client, client->target);
        sr_client_enter(step, SR_CLIENT_JOINING);
        sr_client_send(step, SR_MSG_JOIN);
        break;
    case DO_RESUME:
        if (client->target_key == SR_KEY_ABSENT) {
            sr_client_ask_key(step);
            break;
        }
        sr_client_mark_derived(client, client->target);
        sr_client_seal_and_upload(step, client->target, client->target_key);
        break;
    case DO_IMPATIENT:
        sr_client_fail(step, SR_REASON_GENERAL);
        break;
    case DO_RECONNECT:
        sr_client_reconnect(step);
        break;
    case DO_RENEW:
        client->renews = sr_client_request(step, SR_MSG_TOKEN_REQUEST, SR_HINT_ABSENT);
        sr_client_await_answer(step, SR_TIMER_RENEW_TIMEOUT);
        break;
    case DO_LOST:
        sr_client_drop(step);
        sr_client_close_connection(step, reason, false);
        sr_client_reconnect_later(step);
        break;
    case DO_CRASH:
        sr_client_crash(step);
        break;
    case DO_CLOSE:
        sr_client_drop(step);
        sr_client_stop_renewal(step);
        sr_client_close_connection(step, SR_REASON_CLOSE, true);
        sr_client_enter(step, SR_CLIENT_CLOSED);
        break;
    }
}

/* Carries out @in for a client; @reason: why its connection was lost. */
static void
take_input(const SrClientStep *step, In in, SrReason reason)
{
    SrClient *client = step->client;
    Do todo = (Do) table[client->state][in];

    if (todo == DO_IGNORE)
        todo = (Do) alike[situations[client->state]][in];
    perform(step, todo, reason);
    check_client(client);
}

void
sr_client_step(const SrClientSettings *settings, SrClient *client, const SrClientInput *input,
               const SrClientView *view, SrActions *actions)
{
    const SrClientStep step = { settings, client, input->message, view, actions };

    take_input(&step, classify(client, input), (SrReason) input->reason);
}

#ifdef SR_MUTANTS
uint8_t *
sr_client_cells(unsigned *rows, unsigned *columns)
{
    *rows = SR_CLIENT_STATE_N;
    *columns = IN_N;
    return &table[0][0];
}

uint8_t *
sr_client_alike_cells(unsigned *rows, unsigned *columns)
{
    *rows = SITUATION_N;
    *columns = IN_N;
    return &alike[0][0];
}
#endif

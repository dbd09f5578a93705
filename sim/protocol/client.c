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
#include "session-race/client.h"

/* Here actions are collected, for a driver that looks at them one by one. */
typedef struct {
    const SrClientSettings *settings;
    const SrClientView *view;
    SrActions *actions;
} SrClientSink;

static inline void
sr_client_act(const SrClientSink *sink, const SrAction *action)
{
    sr_actions_add(sink->actions, action);
}

static inline const SrClientSettings *
sr_client_settings(const SrClientSink *sink)
{
    return sink->settings;
}

static inline int64_t
sr_client_clock(const SrClientSink *sink)
{
    return sink->view->local_ns;
}

static inline bool
sr_client_reachable(const SrClientSink *sink)
{
    return sink->view->reachable;
}

#include "protocol/client-core.h"

/* clang-format off */
SR_CELL uint8_t sr_client_alike[SITUATION_N][IN_N] = {
    /* A crash before the start cancels it; no other fault touches a client that has not started. */
    [IS_IDLE] = { [IN_CRASH] = DO_CRASH },
    [IS_APART] = { [IN_LATE_KEY] = DO_HOLD, [IN_CRASH] = DO_CRASH, [IN_CLOSE] = DO_CLOSE },
    [IS_CONNECTED] = {
        [IN_RENEWED] = DO_TAKE_RENEWED, [IN_CLOSED] = DO_CLOSED, [IN_LATE_KEY] = DO_HOLD, [IN_RENEW_DUE] = DO_RENEW,
        [IN_RENEW_TIMEOUT] = DO_RETRY_TOKEN, [IN_LOST] = DO_LOST, [IN_CRASH] = DO_CRASH, [IN_CLOSE] = DO_CLOSE,
        [IN_SESSION_AVAILABLE] = DO_LEARN_IF_NEW, [IN_SESSION_RELEASED] = DO_FORGET,
    },
};

const uint8_t sr_client_situations[SR_CLIENT_STATE_N] = {
    [SR_CLIENT_IDLE] = IS_IDLE,
    [SR_CLIENT_TOKEN] = IS_APART, [SR_CLIENT_RECONNECTING] = IS_APART,
    [SR_CLIENT_CONNECTING] = IS_CONNECTED, [SR_CLIENT_REQUESTING] = IS_CONNECTED, [SR_CLIENT_MAKING_KEY] = IS_CONNECTED,
    [SR_CLIENT_SEALING] = IS_CONNECTED, [SR_CLIENT_CREATED] = IS_CONNECTED, [SR_CLIENT_WAITING] = IS_CONNECTED,
    [SR_CLIENT_UPLOADING] = IS_CONNECTED, [SR_CLIENT_RESUMING] = IS_CONNECTED, [SR_CLIENT_LOOKING_UP] = IS_CONNECTED,
    [SR_CLIENT_DERIVING] = IS_CONNECTED, [SR_CLIENT_JOINING] = IS_CONNECTED, [SR_CLIENT_COLLABORATING] = IS_CONNECTED,
    [SR_CLIENT_FAILED] = IS_OVER, [SR_CLIENT_CRASHED] = IS_OVER, [SR_CLIENT_CLOSED] = IS_OVER,
};
/* clang-format on */

/* clang-format off */
SR_CELL uint8_t sr_client_table[SR_CLIENT_STATE_N][IN_N] = {
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

void
sr_client_step(const SrClientSettings *settings, SrClient *client, const SrClientInput *input,
               const SrClientView *view, SrActions *actions)
{
    const SrClientStep step = {
        client, input->message, view->index, { settings, view, actions }
    };

    sr_client_assert(client);
    sr_client_take(&step, sr_client_classify(client, input), (SrReason) input->reason);
}

#ifdef SR_MUTANTS
uint8_t *
sr_client_cells(unsigned *rows, unsigned *columns)
{
    *rows = SR_CLIENT_STATE_N;
    *columns = IN_N;
    return &sr_client_table[0][0];
}

uint8_t *
sr_client_alike_cells(unsigned *rows, unsigned *columns)
{
    *rows = SITUATION_N;
    *columns = IN_N;
    return &sr_client_alike[0][0];
}
#endif

/* steps-in-order: each client takes the steps in the order of section 3 (the seven steps).
 *
 * Two tables say which state may follow which, and in which states each message may be sent.
 * They are written from section 3, not from the client's code. A run records a change of state
 * before the messages that the new state sends. The log of another program has no states: a
 * client without a `start` is not judged. */
#include "check/check-private.h"

#define IN(state) SR_BIT(SR_CLIENT_##state)

/* What can end a client's connection in any state: it is lost or closed, the client gives up or
 * crashes, or the user closes it. */
#define LOST (IN(RECONNECTING) | IN(FAILED) | IN(CRASHED) | IN(CLOSED))
/* Step 7, from the announced hint on. With a cached key the client does not ask the provider.
 */
#define LEARN (IN(LOOKING_UP) | IN(JOINING))
/* A start: asks for a token, or connects at once if there are no tokens; that attempt may fail
 * at once. */
#define BEGIN (IN(TOKEN) | IN(CONNECTING) | IN(RECONNECTING) | IN(FAILED))
#define CONNECTED                                                                              \
    (IN(CONNECTING) | IN(REQUESTING) | IN(MAKING_KEY) | IN(SEALING) | IN(CREATED) |            \
     IN(WAITING) | IN(UPLOADING) | IN(RESUMING) | IN(LOOKING_UP) | IN(DERIVING) |              \
     IN(JOINING) | IN(COLLABORATING))

/* clang-format off */
static const uint32_t may_follow[SR_CLIENT_STATE_N] = {
    [SR_CLIENT_IDLE]          = BEGIN | IN(CRASHED), /* a crash before the start cancels it */
    [SR_CLIENT_TOKEN]         = IN(CONNECTING) | LOST,
    [SR_CLIENT_CONNECTING]    = IN(REQUESTING) | LOST,
    [SR_CLIENT_REQUESTING]    = IN(MAKING_KEY) | IN(WAITING) | LEARN | IN(UPLOADING) | IN(RESUMING) | LOST,
    [SR_CLIENT_MAKING_KEY]    = IN(SEALING) | LEARN | LOST,
    [SR_CLIENT_SEALING]       = IN(CREATED) | LEARN | LOST,
    [SR_CLIENT_CREATED]       = IN(UPLOADING) | IN(WAITING) | LEARN | LOST,
    [SR_CLIENT_WAITING]       = IN(UPLOADING) | IN(REQUESTING) | LEARN | LOST,
    [SR_CLIENT_UPLOADING]     = IN(COLLABORATING) | IN(REQUESTING) | LEARN | LOST,
    [SR_CLIENT_RESUMING]      = IN(UPLOADING) | IN(REQUESTING) | LEARN | LOST,
    [SR_CLIENT_LOOKING_UP]    = IN(DERIVING) | LEARN | LOST,
    [SR_CLIENT_DERIVING]      = LEARN | LOST,
    [SR_CLIENT_JOINING]       = IN(COLLABORATING) | LEARN | LOST,
    [SR_CLIENT_COLLABORATING] = LEARN | LOST,
    [SR_CLIENT_RECONNECTING]  = IN(TOKEN) | IN(CONNECTING) | IN(FAILED) | IN(CRASHED) | IN(CLOSED),
    [SR_CLIENT_FAILED]        = 0,
    [SR_CLIENT_CRASHED]       = BEGIN,
    [SR_CLIENT_CLOSED]        = 0,
};

/* A token is renewed whenever there is one to renew; `key-settled` stands right behind what learning the hint makes a client send. */
static const uint32_t may_send[SR_MSG_N] = {
    [SR_MSG_TOKEN_REQUEST]   = IN(TOKEN) | CONNECTED | IN(RECONNECTING),
    [SR_MSG_CONNECT]         = IN(CONNECTING),
    [SR_MSG_SESSION_REQUEST] = IN(REQUESTING),
    [SR_MSG_CREATE_SESSION]  = IN(CREATED),
    [SR_MSG_UPLOAD]          = IN(UPLOADING),
    [SR_MSG_JOIN]            = IN(JOINING),
    [SR_MSG_TOKEN_UPDATE]    = CONNECTED,
    [SR_MSG_KEY_REQUEST]     = IN(MAKING_KEY) | IN(RESUMING) | IN(LOOKING_UP),
    [SR_MSG_KEY_SETTLED]     = IN(LOOKING_UP) | IN(JOINING) | IN(COLLABORATING),
};
/* clang-format on */

SR_CHECK_STEP(steps_in_order)
{
    uint32_t allowed;

    if (self == NULL || event == SR_EVENT_START)
        return SR_DETAIL_NONE;
    if (event == SR_EVENT_STATE)
        return record->from == self->state && (may_follow[record->from] >> record->to & 1)
                   ? SR_DETAIL_NONE
                   : SR_DETAIL_STATE_OUT_OF_ORDER;
    allowed = may_send[msg];
    /* A key without a hint is requested only in step 2. */
    if (msg == SR_MSG_KEY_REQUEST && !(record->has & SR_HAS_HINT))
        allowed = IN(MAKING_KEY);
    if (!self->started || (allowed >> self->state & 1))
        return SR_DETAIL_NONE;
    return SR_DETAIL_MESSAGE_OUT_OF_ORDER;
}

SR_CHECK_DESCRIBE(steps_in_order)
{
    if (finding->detail == SR_DETAIL_MESSAGE_OUT_OF_ORDER)
        finding->from = state->clients[record->node - SR_NODE_FIRST_CLIENT].state;
}

const SrCheckOps sr_check_steps_in_order = {
    .events = SR_EVENT_BIT(START) | SR_EVENT_BIT(STATE) | SR_EVENT_BIT(SEND),
    .sends = SR_MSG_BIT(TOKEN_REQUEST) | SR_MSG_BIT(CONNECT) | SR_MSG_BIT(SESSION_REQUEST) |
             SR_MSG_BIT(CREATE_SESSION) | SR_MSG_BIT(UPLOAD) | SR_MSG_BIT(JOIN) |
             SR_MSG_BIT(TOKEN_UPDATE) | SR_MSG_BIT(KEY_REQUEST) | SR_MSG_BIT(KEY_SETTLED),
    .describe = steps_in_order_describe,
};

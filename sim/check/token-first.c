/* token-first: the server serves no `session-request`, `create-session`, `upload` or `join` on
 * a connection that was not accepted (tokens).
 *
 * What the server serves shows in its answers, and for an upload in `established`. A connection
 * is accepted from `connected` until the server closes it or sees it close. */
#include "check/check-private.h"

/* The message that an answer serves; SR_MSG_NONE: it is not one of the four. */
/* clang-format off */
static const uint8_t served[SR_MSG_N] = {
    [SR_MSG_SESSION_NONE]      = SR_MSG_SESSION_REQUEST,
    [SR_MSG_SESSION_PENDING]   = SR_MSG_SESSION_REQUEST,
    [SR_MSG_SESSION_AVAILABLE] = SR_MSG_SESSION_REQUEST,
    [SR_MSG_CREATE_ACCEPTED]   = SR_MSG_CREATE_SESSION,
    [SR_MSG_CREATE_REJECTED]   = SR_MSG_CREATE_SESSION,
    [SR_MSG_CONTENT]           = SR_MSG_JOIN,
};
/* clang-format on */

static void
forget_all(const SrCheckContext *context, const SrCheckState *state)
{
    for (uint32_t i = 0; i < context->n_clients; i++)
        *(uint32_t *) sr_check_client(state, i) = 0;
}

static bool
serve(const uint32_t *accepted, SrMsg msg, bool ok, const SrRecord *record, SrFinding *finding)
{
    if (*accepted != 0 && ok)
        return false;
    sr_check_find(finding, SR_DETAIL_SERVED_UNACCEPTED, record);
    finding->msg = (uint8_t) msg;
    return true;
}

static bool
step(const SrCheckContext *context, const SrCheckState *state, const SrRecord *record,
     SrFinding *finding)
{
    uint32_t *accepted; /* number of the connection, and 1: a log from elsewhere may not number
                           them */

    if (record->event == SR_EVENT_FAULT) {
        if (record->action == SR_CHECK_FAULT_CRASH && record->peer == SR_NODE_SERVER)
            forget_all(context, state);
        return false;
    }
    if (record->node != SR_NODE_SERVER || !sr_check_is_client(context, record->peer))
        return false;
    accepted = sr_check_client(state, record->peer - SR_NODE_FIRST_CLIENT);
    if (record->event == SR_EVENT_ESTABLISHED)
        return serve(accepted, SR_MSG_UPLOAD, true, record, finding);
    if (record->event == SR_EVENT_SEND && record->msg == SR_MSG_CONNECTED) {
        *accepted = record->conn + 1;
    } else if (record->event == SR_EVENT_CONNECTION_CLOSED || record->msg == SR_MSG_CLOSED) {
        if (*accepted == record->conn + 1)
            *accepted = 0;
    } else {
        return serve(accepted, (SrMsg) served[record->msg], *accepted == record->conn + 1,
                     record, finding);
    }
    return false;
}

const SrCheckOps sr_check_token_first = {
    .id = SR_CHECK_TOKEN_FIRST,
    .events = SR_BIT(SR_EVENT_SEND) | SR_BIT(SR_EVENT_CONNECTION_CLOSED) |
              SR_BIT(SR_EVENT_ESTABLISHED) | SR_BIT(SR_EVENT_FAULT),
    .sends = SR_BIT(SR_MSG_CONNECTED) | SR_BIT(SR_MSG_CLOSED) | SR_BIT(SR_MSG_SESSION_NONE) |
             SR_BIT(SR_MSG_SESSION_PENDING) | SR_BIT(SR_MSG_SESSION_AVAILABLE) |
             SR_BIT(SR_MSG_CREATE_ACCEPTED) | SR_BIT(SR_MSG_CREATE_REJECTED) |
             SR_BIT(SR_MSG_CONTENT),
    .client_octets = sizeof(uint32_t),
    .step = step,
};

/* token-first: the server serves no `session-request`, `create-session`, `upload` or `join` on
 * a connection that was not accepted (tokens).
 *
 * The server's answers show what it serves; for an upload, `established` does. A connection is
 * accepted from `connected` until the server closes it or sees it close. */
#include "check/check-private.h"

/* The message that an answer serves; SR_MSG_NONE if it is none of the four. */
/* clang-format off */
static const uint8_t token_first_served[SR_MSG_N] = {
    [SR_MSG_SESSION_NONE]      = SR_MSG_SESSION_REQUEST,
    [SR_MSG_SESSION_PENDING]   = SR_MSG_SESSION_REQUEST,
    [SR_MSG_SESSION_AVAILABLE] = SR_MSG_SESSION_REQUEST,
    [SR_MSG_CREATE_ACCEPTED]   = SR_MSG_CREATE_SESSION,
    [SR_MSG_CREATE_REJECTED]   = SR_MSG_CREATE_SESSION,
    [SR_MSG_CONTENT]           = SR_MSG_JOIN,
};
/* clang-format on */

SR_CHECK_STEP(token_first)
{
    uint32_t *accepted;

    if (event == SR_EVENT_FAULT) {
        if (record->action == SR_FAULT_CRASH && record->peer == SR_NODE_SERVER)
            for (uint32_t i = 0; i < context->n_clients; i++)
                state->clients[i].token_first = 0;
        return SR_DETAIL_NONE;
    }
    if (record->node != SR_NODE_SERVER || other == NULL)
        return SR_DETAIL_NONE;
    accepted = &other->token_first;
    if (event == SR_EVENT_ESTABLISHED)
        return *accepted != 0 ? SR_DETAIL_NONE : SR_DETAIL_SERVED_UNACCEPTED;
    if (event == SR_EVENT_SEND && msg == SR_MSG_CONNECTED) {
        *accepted = record->conn + 1;
    } else if (event == SR_EVENT_CONNECTION_CLOSED || msg == SR_MSG_CLOSED) {
        if (*accepted == record->conn + 1)
            *accepted = 0;
    } else if (*accepted == 0 || *accepted != record->conn + 1) {
        return SR_DETAIL_SERVED_UNACCEPTED;
    }
    return SR_DETAIL_NONE;
}

SR_CHECK_DESCRIBE(token_first)
{
    finding->msg =
        record->event == SR_EVENT_ESTABLISHED ? SR_MSG_UPLOAD : token_first_served[record->msg];
}

const SrCheckOps sr_check_token_first = {
    .events = SR_EVENT_BIT(SEND) | SR_EVENT_BIT(CONNECTION_CLOSED) | SR_EVENT_BIT(ESTABLISHED) |
              SR_EVENT_BIT(FAULT),
    .sends = SR_MSG_BIT(CONNECTED) | SR_MSG_BIT(CLOSED) | SR_MSG_BIT(SESSION_NONE) |
             SR_MSG_BIT(SESSION_PENDING) | SR_MSG_BIT(SESSION_AVAILABLE) |
             SR_MSG_BIT(CREATE_ACCEPTED) | SR_MSG_BIT(CREATE_REJECTED) | SR_MSG_BIT(CONTENT),
    .describe = token_first_describe,
};

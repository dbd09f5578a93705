/* waits: from receiving `create-rejected` or `session-pending` until receiving
 * `session-available`, `session-released` or `create-accepted`, on one connection, a client
 * sends nothing to the server but `token-update`; one that had already received
 * `session-available` on this connection is not waiting (step 5).
 *
 * A link that is not ordered may bring an answer twice, or after the client has begun anew.
 * Such an answer is to no question that is open, section 3 has the client ignore it, and so
 * does this check: a rejection counts after a `create-session`, a `session-pending` after a
 * `session-request`. `connect` begins a connection. */
#include "check/check-private.h"

#define ASKED 1u     /* a session-request is open */
#define CREATED 2u   /* a create-session is open */
#define AVAILABLE 4u /* a session was announced on this connection */
#define WAITING 8u

static uint32_t
receive(uint32_t flags, SrMsg msg)
{
    switch (msg) {
    case SR_MSG_SESSION_NONE:
        return flags & ~ASKED;
    case SR_MSG_SESSION_PENDING:
        return flags & ASKED ? (flags & ~ASKED) | (flags & AVAILABLE ? 0 : WAITING) : flags;
    case SR_MSG_CREATE_REJECTED:
        return flags & CREATED ? (flags & ~CREATED) | (flags & AVAILABLE ? 0 : WAITING) : flags;
    case SR_MSG_SESSION_AVAILABLE:
        return (flags & ~(ASKED | WAITING)) | AVAILABLE;
    case SR_MSG_SESSION_RELEASED:
        return flags & ~WAITING;
    default: /* create-accepted */
        return flags & ~(ASKED | CREATED | WAITING);
    }
}

static bool
step(const SrCheckContext *context, const SrCheckState *state, const SrRecord *record,
     SrFinding *finding)
{
    uint32_t *flags;

    if (!sr_check_is_client(context, record->node))
        return false;
    flags = sr_check_client(state, record->node - SR_NODE_FIRST_CLIENT);
    if (record->event == SR_EVENT_RECEIVE) {
        *flags = receive(*flags, (SrMsg) record->msg);
        return false;
    }
    if (record->msg == SR_MSG_CONNECT) {
        *flags = 0;
        return false;
    }
    if (*flags & WAITING)
        return sr_check_find(finding, SR_DETAIL_SENT_WHILE_WAITING, record);
    if (record->msg == SR_MSG_SESSION_REQUEST)
        *flags = (*flags | ASKED) & ~CREATED;
    else if (record->msg == SR_MSG_CREATE_SESSION)
        *flags |= CREATED;
    return false;
}

const SrCheckOps sr_check_waits = {
    .id = SR_CHECK_WAITS,
    .events = SR_BIT(SR_EVENT_SEND) | SR_BIT(SR_EVENT_RECEIVE),
    .sends = SR_BIT(SR_MSG_CONNECT) | SR_BIT(SR_MSG_SESSION_REQUEST) |
             SR_BIT(SR_MSG_CREATE_SESSION) | SR_BIT(SR_MSG_UPLOAD) | SR_BIT(SR_MSG_JOIN),
    .receives = SR_BIT(SR_MSG_SESSION_NONE) | SR_BIT(SR_MSG_SESSION_PENDING) |
                SR_BIT(SR_MSG_CREATE_REJECTED) | SR_BIT(SR_MSG_SESSION_AVAILABLE) |
                SR_BIT(SR_MSG_SESSION_RELEASED) | SR_BIT(SR_MSG_CREATE_ACCEPTED),
    .client_octets = sizeof(uint32_t),
    .step = step,
};

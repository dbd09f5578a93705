/* waits: from receiving `create-rejected` or `session-pending` until receiving
 * `session-available`, `session-released` or `create-accepted`, on one connection, a client
 * sends nothing to the server but `token-update`. A client that had already received
 * `session-available` on this connection is not waiting (step 5).
 *
 * An unordered link may deliver an answer twice, or after the client has begun again. Such an
 * answer belongs to no open question. Section 3 lets the client ignore it, and so does this
 * check: a rejection counts only after a `create-session`, a `session-pending` only after a
 * `session-request`. `connect` begins a connection. */
#include "check/check-private.h"

#define WAITS_ASKED 1u     /* a session-request is open */
#define WAITS_CREATED 2u   /* a create-session is open */
#define WAITS_AVAILABLE 4u /* a session was announced on this connection */
#define WAITS_WAITING 8u

static inline uint32_t
waits_receive(uint32_t flags, SrMsg msg)
{
    switch (msg) {
    case SR_MSG_SESSION_NONE:
        return flags & ~WAITS_ASKED;
    case SR_MSG_SESSION_PENDING:
        return flags & WAITS_ASKED
                   ? (flags & ~WAITS_ASKED) | (flags & WAITS_AVAILABLE ? 0 : WAITS_WAITING)
                   : flags;
    case SR_MSG_CREATE_REJECTED:
        return flags & WAITS_CREATED
                   ? (flags & ~WAITS_CREATED) | (flags & WAITS_AVAILABLE ? 0 : WAITS_WAITING)
                   : flags;
    case SR_MSG_SESSION_AVAILABLE:
        return (flags & ~(WAITS_ASKED | WAITS_WAITING)) | WAITS_AVAILABLE;
    case SR_MSG_SESSION_RELEASED:
        return flags & ~WAITS_WAITING;
    default: /* create-accepted */
        return flags & ~(WAITS_ASKED | WAITS_CREATED | WAITS_WAITING);
    }
}

SR_CHECK_STEP(waits)
{
    uint32_t flags;

    if (self == NULL)
        return SR_DETAIL_NONE;
    flags = self->waits;
    if (event == SR_EVENT_RECEIVE) {
        self->waits = (uint8_t) waits_receive(flags, msg);
        return SR_DETAIL_NONE;
    }
    if (msg == SR_MSG_CONNECT) {
        self->waits = 0;
        return SR_DETAIL_NONE;
    }
    if (flags & WAITS_WAITING)
        return SR_DETAIL_SENT_WHILE_WAITING;
    if (msg == SR_MSG_SESSION_REQUEST)
        self->waits = (uint8_t) ((flags | WAITS_ASKED) & ~WAITS_CREATED);
    else if (msg == SR_MSG_CREATE_SESSION)
        self->waits = (uint8_t) (flags | WAITS_CREATED);
    return SR_DETAIL_NONE;
}

const SrCheckOps sr_check_waits = {
    .events = SR_EVENT_BIT(SEND) | SR_EVENT_BIT(RECEIVE),
    .sends = SR_MSG_BIT(CONNECT) | SR_MSG_BIT(SESSION_REQUEST) | SR_MSG_BIT(CREATE_SESSION) |
             SR_MSG_BIT(UPLOAD) | SR_MSG_BIT(JOIN),
    .receives = SR_MSG_BIT(SESSION_NONE) | SR_MSG_BIT(SESSION_PENDING) |
                SR_MSG_BIT(CREATE_REJECTED) | SR_MSG_BIT(SESSION_AVAILABLE) |
                SR_MSG_BIT(SESSION_RELEASED) | SR_MSG_BIT(CREATE_ACCEPTED),
};

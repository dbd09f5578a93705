/* What the list of messages (session-race/wire.def) says of each message: where it goes and
 * what it carries. Inline, so that nothing is looked up where the compiler knows the message.
 */
#pragma once

#include <glib.h>

#include "session-race/record.h"

/* Steps that depend on other things besides the message. */
enum { SR_STEP_ASKS = 8, SR_STEP_ANSWERS };

/** SrMsgSchema: a row of wire.def. */
typedef struct {
    uint8_t service;         /* node number of the service that sends or receives it */
    bool outward;            /* from the client to the service */
    bool document;           /* about one document */
    uint8_t step;            /* 0: of no step; or one of the two above */
    uint8_t always, perhaps; /* SR_HAS_ bits, without SR_HAS_CONN */
} SrMsgSchema;

/** sr_msg_schema: @msg is not SR_MSG_NONE */
static inline SrMsgSchema
sr_msg_schema(SrMsg msg)
{
    enum { IN, OUT };
    static const SrMsgSchema rows[SR_MSG_N] = {
#define MSG(name, word, direction, service, document, step, always, perhaps)                   \
    [SR_MSG_##name] = { SR_NODE_##service, direction, document, step, always, perhaps },
#include "session-race/wire.def"
    };

    return rows[msg];
}

/** sr_msg_service: Returns: the node number of the service that sends or receives @msg */
static inline uint32_t
sr_msg_service(SrMsg msg)
{
    return sr_msg_schema(msg).service;
}

/** sr_msg_is_outward: Returns: whether @msg goes from a client to a service */
static inline bool
sr_msg_is_outward(SrMsg msg)
{
    return sr_msg_schema(msg).outward;
}

/** sr_msg_needs_connection: Returns: whether @msg belongs to a connection of its client */
static inline bool
sr_msg_needs_connection(SrMsg msg)
{
    return sr_msg_service(msg) == SR_NODE_SERVER;
}

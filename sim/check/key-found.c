/* key-found: no client gives up on an announced hint after an `unknown-hint` (rule 1).
 *
 * A refusal does not name the hint that it refuses, so the provider's `key-missing`, which
 * stands right before it, does. A client gives up when it fails with the reason `encryption`; a
 * key that came in between, even one that does not open the content, is another story
 * (same-key). The hint is announced to one connection, and no longer once step 1 is anew. */
#include "check/check-private.h"

typedef struct {
    uint32_t announced; /* hint, on this connection */
    uint32_t refused;   /* hint of the last `unknown-hint` sent to it */
    uint32_t unknown;   /* 1: one for the announced hint has arrived */
} Client;

static void
receive(Client *client, const SrRecord *record)
{
    switch (record->msg) {
    case SR_MSG_SESSION_AVAILABLE:
        if (client->announced != record->hint)
            client->unknown = 0;
        client->announced = record->hint;
        break;
    case SR_MSG_KEY:
        if (client->announced == record->hint)
            client->unknown = 0;
        break;
    case SR_MSG_KEY_REFUSED:
        if (record->reason == SR_REASON_UNKNOWN_HINT && client->refused == client->announced)
            client->unknown = 1;
        break;
    default: /* connected, session-none, session-released, closed */
        client->announced = SR_HINT_ABSENT;
        client->unknown = 0;
        break;
    }
}

static bool
step(const SrCheckContext *context, const SrCheckState *state, const SrRecord *record,
     SrFinding *finding)
{
    uint32_t *missing = state->fixed; /* hint of the last `key-missing` */
    uint32_t node = record->event == SR_EVENT_SEND ? record->peer : record->node;
    Client *client;

    if (record->event == SR_EVENT_KEY_MISSING) {
        *missing = record->hint;
        return false;
    }
    if (!sr_check_is_client(context, node))
        return false;
    client = sr_check_client(state, node - SR_NODE_FIRST_CLIENT);
    if (record->event == SR_EVENT_SEND) {
        if (record->reason == SR_REASON_UNKNOWN_HINT)
            client->refused = *missing;
        return false;
    }
    if (record->event == SR_EVENT_RECEIVE) {
        receive(client, record);
        return false;
    }
    if (record->reason != SR_REASON_ENCRYPTION || client->announced == SR_HINT_ABSENT ||
        !client->unknown)
        return false;
    sr_check_find(finding, SR_DETAIL_GAVE_UP, record);
    finding->hint = client->announced;
    finding->document = context->client_document[node - SR_NODE_FIRST_CLIENT];
    return true;
}

const SrCheckOps sr_check_key_found = {
    .id = SR_CHECK_KEY_FOUND,
    .events = SR_BIT(SR_EVENT_SEND) | SR_BIT(SR_EVENT_RECEIVE) | SR_BIT(SR_EVENT_KEY_MISSING) |
              SR_BIT(SR_EVENT_FAILED),
    .sends = SR_BIT(SR_MSG_KEY_REFUSED),
    .receives = SR_BIT(SR_MSG_CONNECTED) | SR_BIT(SR_MSG_SESSION_NONE) |
                SR_BIT(SR_MSG_SESSION_AVAILABLE) | SR_BIT(SR_MSG_SESSION_RELEASED) |
                SR_BIT(SR_MSG_CLOSED) | SR_BIT(SR_MSG_KEY) | SR_BIT(SR_MSG_KEY_REFUSED),
    .fixed_octets = sizeof(uint32_t),
    .client_octets = sizeof(Client),
    .step = step,
};

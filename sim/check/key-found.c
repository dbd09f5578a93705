/* key-found: no client gives up on an announced hint after an `unknown-hint` (rule 1).
 *
 * A refusal does not name the refused hint, but the provider's `key-missing` just before it
 * does. A client gives up when it fails with the reason `encryption`. If a key came in between,
 * even one that does not open the content, that is the business of same-key. A hint is
 * announced to one connection, until that client begins step 1 again. */
#include "check/check-private.h"

static inline void
key_found_receive(SrCheckClient *client, const SrCheckRest *rest, SrMsg msg,
                  const SrRecord *record)
{
    switch (msg) {
    case SR_MSG_SESSION_AVAILABLE:
        if (client->key_found_announced != record->hint)
            client->key_found_unknown = false;
        client->key_found_announced = record->hint;
        break;
    case SR_MSG_KEY:
        if (client->key_found_announced == record->hint)
            client->key_found_unknown = false;
        break;
    case SR_MSG_KEY_REFUSED:
        if (record->reason == SR_REASON_UNKNOWN_HINT &&
            sr_check_rest(client, rest).key_found_refused == client->key_found_announced)
            client->key_found_unknown = true;
        break;
    default: /* connected, session-none, session-released, closed */
        client->key_found_announced = SR_HINT_ABSENT;
        client->key_found_unknown = false;
        break;
    }
}

SR_CHECK_STEP(key_found)
{
    SrCheckClient *client = event == SR_EVENT_SEND ? other : self;

    if (event == SR_EVENT_KEY_MISSING) {
        state->key_found_missing = record->hint;
        return SR_DETAIL_NONE;
    }
    if (client == NULL)
        return SR_DETAIL_NONE;
    if (event == SR_EVENT_SEND) {
        if (record->reason == SR_REASON_UNKNOWN_HINT)
            sr_check_make_rest(state, (uint32_t) (client - state->clients))->key_found_refused =
                state->key_found_missing;
        return SR_DETAIL_NONE;
    }
    if (event == SR_EVENT_RECEIVE) {
        key_found_receive(client, &state->rests[client - state->clients], msg, record);
        return SR_DETAIL_NONE;
    }
    if (record->reason != SR_REASON_ENCRYPTION ||
        client->key_found_announced == SR_HINT_ABSENT || !client->key_found_unknown)
        return SR_DETAIL_NONE;
    return SR_DETAIL_GAVE_UP;
}

SR_CHECK_DESCRIBE(key_found)
{
    uint32_t client = record->node - SR_NODE_FIRST_CLIENT;

    finding->hint = state->clients[client].key_found_announced;
    finding->document = context->client_document[client];
}

const SrCheckOps sr_check_key_found = {
    .events = SR_EVENT_BIT(SEND) | SR_EVENT_BIT(RECEIVE) | SR_EVENT_BIT(KEY_MISSING) |
              SR_EVENT_BIT(FAILED),
    .sends = SR_MSG_BIT(KEY_REFUSED),
    .receives = SR_MSG_BIT(CONNECTED) | SR_MSG_BIT(SESSION_NONE) |
                SR_MSG_BIT(SESSION_AVAILABLE) | SR_MSG_BIT(SESSION_RELEASED) |
                SR_MSG_BIT(CLOSED) | SR_MSG_BIT(KEY) | SR_MSG_BIT(KEY_REFUSED),
    .describe = key_found_describe,
};

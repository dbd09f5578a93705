/* all-collaborate: (liveness) every client that started, was not crashed or closed for good,
 * and had at least one `connect` accepted, collaborates at the end (step 7). A client that
 * failed does not. */
#include "check/check-private.h"

typedef struct {
    uint8_t state;
    uint8_t started, accepted;
    uint8_t pad;
} Client;

static bool
step(const SrCheckContext *context, const SrCheckState *state, const SrRecord *record,
     SrFinding *finding)
{
    uint32_t node = record->event == SR_EVENT_SEND ? record->peer : record->node;
    Client *client;

    (void) finding;
    if (!sr_check_is_client(context, node))
        return false;
    client = sr_check_client(state, node - SR_NODE_FIRST_CLIENT);
    if (record->event == SR_EVENT_STATE)
        client->state = record->to;
    else if (record->event == SR_EVENT_START)
        client->started = true;
    else
        client->accepted = true;
    return false;
}

static bool
is_missing(const Client *client)
{
    return client->started && client->accepted && client->state != SR_CLIENT_COLLABORATING &&
           client->state != SR_CLIENT_CRASHED && client->state != SR_CLIENT_CLOSED;
}

static bool
end(const SrCheckContext *context, const SrCheckState *state, SrFinding *finding)
{
    for (uint32_t i = 0; i < context->n_clients; i++) {
        const Client *client = sr_check_client(state, i);

        if (is_missing(client) && finding->number++ == 0) {
            finding->detail = SR_DETAIL_NOT_COLLABORATING;
            finding->node = SR_NODE_FIRST_CLIENT + i;
            finding->document = context->client_document[i];
            finding->from = client->state;
        }
    }
    return finding->number > 0;
}

const SrCheckOps sr_check_all_collaborate = {
    .id = SR_CHECK_ALL_COLLABORATE,
    .events = SR_BIT(SR_EVENT_START) | SR_BIT(SR_EVENT_STATE) | SR_BIT(SR_EVENT_SEND),
    .sends = SR_BIT(SR_MSG_CONNECTED),
    .client_octets = sizeof(Client),
    .step = step,
    .end = end,
};

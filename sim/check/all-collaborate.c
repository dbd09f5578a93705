/* all-collaborate: (liveness) every client collaborates at the end (step 7) if it started, was
 * not crashed or closed for good, and had at least one `connect` accepted. A client that failed
 * does not collaborate. Clients that were refused at login do not count. */
#include "check/check-private.h"

SR_CHECK_STEP(all_collaborate)
{
    if (event == SR_EVENT_SEND && other != NULL)
        other->all_collaborate = true;
    return SR_DETAIL_NONE;
}

static bool
all_collaborate_end(const SrCheckContext *context, const SrCheckState *state,
                    SrFinding *finding)
{
    for (uint32_t i = 0; i < context->n_clients; i++) {
        const SrCheckClient *client = &state->clients[i];

        if (!client->started || !client->all_collaborate ||
            client->state == SR_CLIENT_COLLABORATING || client->state == SR_CLIENT_CRASHED ||
            client->state == SR_CLIENT_CLOSED)
            continue;
        if (finding->number++ == 0) {
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
    .end = all_collaborate_end,
};

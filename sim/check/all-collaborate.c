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
        sr_check_count(context, state, finding, SR_DETAIL_NOT_COLLABORATING, i);
    }
    return finding->number > 0;
}

const SrCheckOps sr_check_all_collaborate = {
    .events = SR_EVENT_BIT(START) | SR_EVENT_BIT(STATE) | SR_EVENT_BIT(SEND),
    .sends = SR_MSG_BIT(CONNECTED),
    .end = all_collaborate_end,
};

/* nobody-stuck: (liveness) at the end a client waits in step 5 only if a creation with a
 * connected owner stands or a session is active (step 5).
 *
 * The owner's own state says whether it is connected, not the server's belief: a server that
 * has not yet seen the connection close waits for a client that is gone. */
#include "check/check-private.h"

SR_CHECK_STEP(nobody_stuck)
{
    SrStanding *standing = &document->nobody_stuck;

    sr_standing_follow(context, state, document, standing, event, msg, record);
    return SR_DETAIL_NONE;
}

static bool
nobody_stuck_has_future(const SrCheckContext *context, const SrCheckState *state,
                        const SrStanding *standing)
{
    const SrCheckClient *owner = sr_check_client(context, state, standing->owner);

    if (standing->active || !standing->stands || owner == NULL)
        return standing->active;
    return owner->state >= SR_CLIENT_CONNECTING && owner->state <= SR_CLIENT_COLLABORATING;
}

static bool
nobody_stuck_end(const SrCheckContext *context, const SrCheckState *state, SrFinding *finding)
{
    for (uint32_t i = 0; i < context->n_clients; i++) {
        if (state->clients[i].state != SR_CLIENT_WAITING ||
            nobody_stuck_has_future(
                context, state, &state->documents[context->client_document[i]].nobody_stuck))
            continue;
        sr_check_count(context, state, finding, SR_DETAIL_STUCK, i);
    }
    return finding->number > 0;
}

const SrCheckOps sr_check_nobody_stuck = {
    .events = SR_STANDING_EVENTS | SR_EVENT_BIT(STATE),
    .sends = SR_STANDING_SENDS,
    .end = nobody_stuck_end,
    .documents = SR_STANDING_EVENTS,
};

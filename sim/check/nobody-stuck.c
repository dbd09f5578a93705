/* nobody-stuck: (liveness) at the end no client waits in step 5 while no creation with a
 * connected owner stands and no session is active (step 5).
 *
 * Whether the owner is connected is what the owner knows, not what the server believes: a
 * server that has not seen the connection close still waits for somebody who is gone. */
#include "check/check-private.h"

static bool
step(const SrCheckContext *context, const SrCheckState *state, const SrRecord *record,
     SrFinding *finding)
{
    (void) finding;
    if (record->event != SR_EVENT_STATE)
        sr_standing_follow(context, state->per_document, record);
    else if (sr_check_is_client(context, record->node))
        *(uint32_t *) sr_check_client(state, record->node - SR_NODE_FIRST_CLIENT) = record->to;
    return false;
}

static bool
has_future(const SrCheckContext *context, const SrCheckState *state, const SrStanding *standing)
{
    uint32_t owner;

    if (standing->active || !standing->stands || !sr_check_is_client(context, standing->owner))
        return standing->active;
    owner = *(const uint32_t *) sr_check_client(state, standing->owner - SR_NODE_FIRST_CLIENT);
    return owner >= SR_CLIENT_CONNECTING && owner <= SR_CLIENT_COLLABORATING;
}

static bool
end(const SrCheckContext *context, const SrCheckState *state, SrFinding *finding)
{
    const SrStanding *documents = state->per_document;

    for (uint32_t i = 0; i < context->n_clients; i++) {
        if (*(const uint32_t *) sr_check_client(state, i) != SR_CLIENT_WAITING ||
            has_future(context, state, &documents[context->client_document[i]]))
            continue;
        if (finding->number++ == 0) {
            finding->detail = SR_DETAIL_STUCK;
            finding->node = SR_NODE_FIRST_CLIENT + i;
            finding->document = context->client_document[i];
            finding->from = SR_CLIENT_WAITING;
        }
    }
    return finding->number > 0;
}

const SrCheckOps sr_check_nobody_stuck = {
    .id = SR_CHECK_NOBODY_STUCK,
    .events = SR_STANDING_EVENTS | SR_BIT(SR_EVENT_STATE),
    .sends = SR_STANDING_SENDS,
    .document_octets = sizeof(SrStanding),
    .client_octets = sizeof(uint32_t),
    .step = step,
    .end = end,
};

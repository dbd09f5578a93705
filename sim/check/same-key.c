/* same-key: the key that a client was given for the announced hint is the winner's: the content
 * opens with it (step 7).
 *
 * Sealed content tells by itself whether the key is right: the check fails at the opening that
 * fails. */
#include "check/check-private.h"

static bool
step(const SrCheckContext *context, const SrCheckState *state, const SrRecord *record,
     SrFinding *finding)
{
    (void) context;
    (void) state;
    return !record->ok && sr_check_find(finding, SR_DETAIL_OPEN_FAILED, record);
}

const SrCheckOps sr_check_same_key = {
    .id = SR_CHECK_SAME_KEY,
    .events = SR_BIT(SR_EVENT_OPENED),
    .step = step,
};

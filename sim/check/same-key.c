/* same-key: the key that a client got for the announced hint is the winner's, so the content
 * opens with it (step 7).
 *
 * Sealed content shows by itself whether the key is right: the check fails when an opening
 * fails. */
#include "check/check-private.h"

SR_CHECK_STEP(same_key)
{
    return record->ok ? SR_DETAIL_NONE : SR_DETAIL_OPEN_FAILED;
}

const SrCheckOps sr_check_same_key = {
    .events = SR_EVENT_BIT(OPENED),
};

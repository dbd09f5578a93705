/* key-kept: from `create-accepted` on, while that creation stands or its session is active, the
 * provider can still answer the winner's hint (rule 1).
 *
 * It sees the danger, not the harm: it fails when the key goes, or when a creation is accepted
 * whose key has gone already. A key that is overwritten is replaced under the same hint in the
 * same step: the hint can still be answered, with another key, which is what hint-stable is
 * about. A hint whose key nobody saw being made (a static key) is one that is kept. */
#include "check/check-private.h"

static bool
step(const SrCheckContext *context, const SrCheckState *state, const SrRecord *record,
     SrFinding *finding)
{
    SrStanding *documents = state->per_document;
    SrStanding *standing = &documents[record->document];
    uint32_t *gone = state->per_hint; /* 1: discarded */
    bool found = false;

    if (record->event == SR_EVENT_KEY_MADE) {
        gone[record->hint] = 0;
        return false;
    }
    if (record->event == SR_EVENT_KEY_DISCARDED) {
        if (record->reason == SR_REASON_OVERWRITTEN)
            return false;
        gone[record->hint] = 1;
        return ((standing->stands && standing->creation == record->hint) ||
                (standing->active && standing->session == record->hint)) &&
               sr_check_find(finding, SR_DETAIL_LIVE_KEY_DISCARDED, record);
    }
    if (sr_standing_is_new(standing, record) && gone[record->hint])
        found = sr_check_find(finding, SR_DETAIL_WINNER_KEY_GONE, record);
    sr_standing_follow(context, documents, record);
    return found;
}

const SrCheckOps sr_check_key_kept = {
    .id = SR_CHECK_KEY_KEPT,
    .events = SR_STANDING_EVENTS | SR_BIT(SR_EVENT_KEY_MADE) | SR_BIT(SR_EVENT_KEY_DISCARDED),
    .sends = SR_STANDING_SENDS,
    .document_octets = sizeof(SrStanding),
    .hint_octets = sizeof(uint32_t),
    .step = step,
};

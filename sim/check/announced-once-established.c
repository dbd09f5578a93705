/* announced-once-established: `session-available` is never sent before the session is
 * established, and carries the winner's hint (step 6).
 *
 * The winner's hint is the one that `create-accepted` carried, not the one that the server says
 * it established. The log of another program has no `established`; there the arrival of the
 * owner's `upload` establishes a session. The records of a run begin with a `start`; in them
 * only `established` counts, since an upload that arrived may still be ignored. */
#include "check/check-private.h"

/* The session of @standing is the winner's, whichever hint the server names. */
static inline void
announced_establish(SrStanding *standing, const SrRecord *record)
{
    standing->session = standing->stands ? standing->creation : record->hint;
    standing->active = true;
    standing->stands = false;
}

SR_CHECK_STEP(announced_once_established)
{
    SrStanding *standing = &document->announced_once_established;

    if (event == SR_EVENT_START) {
        state->announced_notes = true;
    } else if (event == SR_EVENT_RECEIVE) {
        if (!state->announced_notes && record->node == SR_NODE_SERVER && standing->stands &&
            standing->owner == record->peer)
            announced_establish(standing, record);
    } else if (event == SR_EVENT_ESTABLISHED) {
        announced_establish(standing, record);
    } else if (event == SR_EVENT_SEND && msg == SR_MSG_SESSION_AVAILABLE) {
        if (!standing->active)
            return SR_DETAIL_ANNOUNCED_EARLY;
        if (record->hint != standing->session)
            return SR_DETAIL_ANNOUNCED_OTHER_HINT;
    } else if (event == SR_EVENT_SEND && msg == SR_MSG_CLOSED) {
        if (record->reason == SR_REASON_CLIENT_UPDATE_REQUIRED)
            standing->active = standing->stands = false;
    } else {
        sr_standing_follow(context, state, document, standing, event, msg, record);
    }
    return SR_DETAIL_NONE;
}

const SrCheckOps sr_check_announced_once_established = {
    .events = SR_STANDING_EVENTS | SR_EVENT_BIT(START) | SR_EVENT_BIT(RECEIVE),
    .sends = SR_STANDING_SENDS | SR_MSG_BIT(SESSION_AVAILABLE) | SR_MSG_BIT(CLOSED),
    .receives = SR_MSG_BIT(UPLOAD),
    .documents = SR_STANDING_EVENTS | SR_EVENT_BIT(RECEIVE),
};

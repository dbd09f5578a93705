/* one-winner: at most one creation stands for a document at a time, and at most one session of
 * it is active (step 4).
 *
 * The server's messages say which creations it accepts; `released` and `established` end a
 * creation. The log of another program has neither. There `session-released` ends a creation,
 * and a creation that became a session still counts as standing. That changes nothing, since a
 * second accepted creation breaks the check in both cases. */
#include "check/check-private.h"

SR_CHECK_STEP(one_winner)
{
    SrStanding *standing = &document->one_winner;
    SrDetail detail = SR_DETAIL_NONE;

    if (event == SR_EVENT_SEND && record->node != SR_NODE_SERVER)
        return SR_DETAIL_NONE;
    if (sr_standing_is_new(standing, event, msg, record) &&
        (standing->stands || standing->active))
        detail = standing->stands ? SR_DETAIL_SECOND_CREATION : SR_DETAIL_CREATION_OVER_SESSION;
    else if (event == SR_EVENT_ESTABLISHED && standing->active)
        detail = SR_DETAIL_SECOND_SESSION;
    else if (event == SR_EVENT_SEND && msg == SR_MSG_SESSION_RELEASED)
        standing->stands = false;
    else if (event == SR_EVENT_SEND && msg == SR_MSG_CLOSED &&
             record->reason == SR_REASON_CLIENT_UPDATE_REQUIRED)
        standing->stands = standing->active = false;
    sr_standing_follow(context, state, document, standing, event, msg, record);
    return detail;
}

const SrCheckOps sr_check_one_winner = {
    .events = SR_STANDING_EVENTS,
    .sends = SR_STANDING_SENDS | SR_MSG_BIT(SESSION_RELEASED) | SR_MSG_BIT(CLOSED),
    .documents = SR_STANDING_EVENTS,
};

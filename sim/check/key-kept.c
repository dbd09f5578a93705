/* key-kept: from `create-accepted` on, while that creation stands or its session is active, the
 * provider can still answer the winner's hint (rule 1).
 *
 * The check fails before any client is harmed: when the key is discarded, or when a creation is
 * accepted whose key is already gone. Overwriting replaces a key under the same hint in one
 * step. The hint can still be answered, with another key; hint-stable judges that. If the
 * making of a key was not recorded (a static key), the key counts as kept. Into the store of
 * somebody else's provider nobody can look: there the check fails when the hint is refused as
 * unknown, or a later question gets another key (`overwritten`). */
#include "check/check-private.h"

/* Returns: whether @hint is the winner's now */
static inline bool
key_kept_is_needed(const SrStanding *standing, uint32_t hint)
{
    return (standing->stands && standing->creation == hint) ||
           (standing->active && standing->session == hint);
}

SR_CHECK_STEP(key_kept)
{
    SrStanding *standing = &document->key_kept;
    SrDetail detail = SR_DETAIL_NONE;

    if (event == SR_EVENT_KEY_MADE) {
        hint->key_kept = false;
        return SR_DETAIL_NONE;
    }
    if (event == SR_EVENT_KEY_DISCARDED) {
        if (record->reason == SR_REASON_OVERWRITTEN)
            return SR_DETAIL_NONE;
        hint->key_kept = true;
        return key_kept_is_needed(standing, record->hint) ? SR_DETAIL_LIVE_KEY_DISCARDED
                                                          : SR_DETAIL_NONE;
    }
    if (event == SR_EVENT_REFUSED)
        return (record->reason == SR_REASON_UNKNOWN_HINT ||
                record->reason == SR_REASON_OVERWRITTEN) &&
                       key_kept_is_needed(standing, record->hint)
                   ? SR_DETAIL_WINNER_HINT_REFUSED
                   : SR_DETAIL_NONE;
    if (sr_standing_is_new(standing, event, msg, record) && hint->key_kept)
        detail = SR_DETAIL_WINNER_KEY_GONE;
    sr_standing_follow(context, state, document, standing, event, msg, record);
    return detail;
}

const SrCheckOps sr_check_key_kept = {
    .events = SR_STANDING_EVENTS | SR_EVENT_BIT(KEY_MADE) | SR_EVENT_BIT(KEY_DISCARDED) |
              SR_EVENT_BIT(REFUSED),
    .sends = SR_STANDING_SENDS,
    .documents = SR_STANDING_EVENTS | SR_EVENT_BIT(KEY_DISCARDED) | SR_EVENT_BIT(REFUSED),
    .hints = SR_EVENT_BIT(SEND) | SR_EVENT_BIT(KEY_MADE) | SR_EVENT_BIT(KEY_DISCARDED),
};

/* hint-stable: the provider never gives two different keys for one document and hint (rule 2).
 *
 * Hint numbers are unique among all documents, so a hint's number identifies both. */
#include "check/check-private.h"

SR_CHECK_STEP(hint_stable)
{
    if (record->hint == SR_HINT_ABSENT || record->key == SR_KEY_ABSENT)
        return SR_DETAIL_NONE;
    if (hint->hint_stable == SR_KEY_ABSENT)
        hint->hint_stable = record->key;
    return hint->hint_stable == record->key ? SR_DETAIL_NONE : SR_DETAIL_SECOND_KEY;
}

const SrCheckOps sr_check_hint_stable = {
    .events = SR_EVENT_BIT(SEND),
    .sends = SR_MSG_BIT(KEY),
    .hints = SR_EVENT_BIT(SEND),
};

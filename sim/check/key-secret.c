/* key-secret: no key and no unsealed content is in any message to or from the server
 * (end-to-end encryption).
 *
 * A message that carries content names the key that the content is sealed under: content
 * without it is unsealed. In a message that carries no content a key is the key itself. What is
 * received was sent: `send` alone is enough. A hint goes to the server too: `key-exposed` says that
 * one of a provider of the user's own shows its key. */
#include "check/check-private.h"

#define CONTENT_MSGS (SR_MSG_BIT(UPLOAD) | SR_MSG_BIT(SESSION_NONE) | SR_MSG_BIT(CONTENT))

SR_CHECK_STEP(key_secret)
{
    bool key = record->has & SR_HAS_KEY;
    bool content = record->has & SR_HAS_CONTENT;

    if (event == SR_EVENT_KEY_EXPOSED)
        return SR_DETAIL_KEY_IN_HINT;
    if (record->node != SR_NODE_SERVER && record->peer != SR_NODE_SERVER)
        return SR_DETAIL_NONE;
    if (key && !(CONTENT_MSGS >> msg & 1))
        return SR_DETAIL_KEY_TO_SERVER;
    return content && !key ? SR_DETAIL_UNSEALED_CONTENT : SR_DETAIL_NONE;
}

const SrCheckOps sr_check_key_secret = {
    .events = SR_EVENT_BIT(SEND) | SR_EVENT_BIT(KEY_EXPOSED),
    .sends = UINT32_MAX,
    .carrying = true,
};

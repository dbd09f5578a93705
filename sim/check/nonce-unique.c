/* nonce-unique: no two sealings use the same key and nonce (AEAD).
 *
 * A nonce is a sender and its counter. For each sender the check keeps the last two keys and
 * the highest counter under each. If a counter does not rise under the same key, it was used
 * before, or a restart would use it again. A sealing in a sender's name counts as the sender's,
 * whichever node made it. Neither a sender that is not a client nor a sealing without a key can
 * collide with another. */
#include "check/check-private.h"

/* @sender seals under another key than the last time. */
static inline void
nonce_unique_change_key(SrCheckState *state, uint32_t sender, uint32_t key)
{
    SrCheckClient *client = &state->clients[sender];
    SrNonceUsed last = client->nonce_unique;
    SrNonceUsed before = sr_check_rest(client, &state->rests[sender]).nonce_unique;

    client->nonce_unique = before.key == key ? before : (SrNonceUsed){ .key = SR_KEY_ABSENT };
    /* Most clients seal under only one key; they need no SrCheckRest. */
    if (client->has_rest || last.key != SR_KEY_ABSENT)
        sr_check_make_rest(state, sender)->nonce_unique = last;
}

SR_CHECK_STEP(nonce_unique)
{
    uint32_t counter = (uint32_t) record->seal.nonce_counter;
    SrNonceUsed *used;

    /* The core counts in 32 bits. A longer counter, in a log of another program, is ignored. */
    if (record->seal.nonce_sender >= context->n_clients ||
        record->seal.nonce_counter > UINT32_MAX || record->key == SR_KEY_ABSENT)
        return SR_DETAIL_NONE;
    used = &state->clients[record->seal.nonce_sender].nonce_unique;
    if (used->key != record->key)
        nonce_unique_change_key(state, record->seal.nonce_sender, record->key);
    if (used->key == record->key && counter <= used->counter)
        return SR_DETAIL_NONCE_REUSED;
    *used = (SrNonceUsed){ record->key, counter };
    return SR_DETAIL_NONE;
}

const SrCheckOps sr_check_nonce_unique = {
    .events = SR_EVENT_BIT(SEALED),
};

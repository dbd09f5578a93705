/* nonce-unique: no two sealings use the same key and nonce (AEAD).
 *
 * A nonce is a sender and its counter. For each sender the two keys used last are kept with the
 * highest counter under each: a counter that does not rise under the same key is one that was
 * used, or that a restart would use again. What another node seals in a sender's name counts as
 * the sender's. A sender that is no client cannot clash with one. */
#include "check/check-private.h"

typedef struct {
    uint32_t key, counter;
} Used;

typedef struct {
    Used used[2]; /* the key used last first */
} Client;

static bool
step(const SrCheckContext *context, const SrCheckState *state, const SrRecord *record,
     SrFinding *finding)
{
    uint32_t counter = (uint32_t) record->seal.nonce_counter;
    Client *sender;

    /* The core counts in 32 bits; a longer counter, from elsewhere, is out of sight. */
    if (record->seal.nonce_sender >= context->n_clients ||
        record->seal.nonce_counter > UINT32_MAX)
        return false;
    sender = sr_check_client(state, record->seal.nonce_sender);
    if (sender->used[0].key != record->key) {
        Used last = sender->used[0];

        sender->used[0] = sender->used[1].key == record->key ? sender->used[1]
                                                             : (Used){ .key = SR_KEY_ABSENT };
        sender->used[1] = last;
    }
    if (sender->used[0].key == record->key && counter <= sender->used[0].counter)
        return sr_check_find(finding, SR_DETAIL_NONCE_REUSED, record);
    sender->used[0] = (Used){ record->key, counter };
    return false;
}

const SrCheckOps sr_check_nonce_unique = {
    .id = SR_CHECK_NONCE_UNIQUE,
    .events = SR_BIT(SR_EVENT_SEALED),
    .client_octets = sizeof(Client),
    .step = step,
};

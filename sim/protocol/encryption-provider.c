/* The encryption provider: a store of (document, hint) → key with a retention policy.
 *
 * A slot is a (document, hint); the hint's number is the slot's. A slot outlives its key: a
 * hint that was discarded and is made again (a coarse timestamp) is the same hint. The live
 * slots of a document form a list in the order of making, so that a new key finds what it
 * discards without a search; slots are found by their text through buckets, which only texts
 * that can repeat use.
 *
 * `derived` stores nothing: a slot only remembers which master secret the hint names. The state
 * is the same, so that every kind is one automaton: what differs is what makes a key, and what
 * makes it go. */
#include "session-race/encryption-provider.h"

/* Here actions are collected, for a driver that looks at them one by one. */
typedef struct {
    SrActions *actions;
} SrProviderSink;

static inline void
sr_provider_act(const SrProviderSink *sink, const SrAction *action)
{
    sr_actions_add(sink->actions, action);
}

#include "protocol/encryption-provider-core.h"

/* ---- what the driver calls ---- */

void
sr_provider_reset(const SrProviderRules *rules, SrProvider *provider)
{
    memset(provider->buckets, 0, provider->n_buckets * sizeof *provider->buckets);
    memset(provider->documents, 0, provider->n_documents * sizeof *provider->documents);
    if (rules->replicas > 1)
        memset(provider->replica_keys, 0,
               ((uint64_t) provider->capacity + 1) * (rules->replicas - 1) *
                   sizeof *provider->replica_keys);
    provider->n_slots = provider->n_keys = provider->n_previous = 0;
    provider->master = 1;
}

void
sr_provider_rehash(const SrProviderRules *rules, SrProvider *provider)
{
    memset(provider->buckets, 0, provider->n_buckets * sizeof *provider->buckets);
    for (uint32_t hint = 1; hint <= provider->n_slots; hint++)
        link_bucket(rules, provider, hint);
}

uint32_t
sr_provider_add_previous(const SrProviderRules *rules, SrProvider *provider, uint32_t document,
                         int64_t now, SrActions *actions)
{
    const SrProviderStep step = { rules, provider, now, { actions } };

    return add_previous(&step, document);
}

void
sr_provider_message(const SrProviderRules *rules, SrProvider *provider,
                    const SrMessage *message, uint32_t document, int64_t now,
                    SrActions *actions)
{
    const SrProviderStep step = { rules, provider, now, { actions } };

    take_message(&step, message, document);
}

void
sr_provider_ready(const SrProviderRules *rules, SrProvider *provider, const SrMessage *message,
                  uint32_t document, int64_t now, uint32_t replica, SrActions *actions)
{
    const SrProviderStep step = { rules, provider, now, { actions } };

    take_ready(&step, message, document, replica);
}

void
sr_provider_expire(const SrProviderRules *rules, SrProvider *provider, uint32_t hint,
                   int64_t now, SrActions *actions)
{
    const SrProviderStep step = { rules, provider, now, { actions } };

    look_at_age(&step, hint);
}

void
sr_provider_rotate(const SrProviderRules *rules, SrProvider *provider, SrActions *actions)
{
    const SrProviderStep step = { rules, provider, 0, { actions } };

    rotate(&step);
}

static size_t
put_number(char *out, int64_t number)
{
    char digits[20];
    size_t n = 0, length = 0;
    uint64_t rest = number < 0 ? 0 - (uint64_t) number : (uint64_t) number;

    if (number < 0)
        out[length++] = '-';
    do
        digits[n++] = (char) ('0' + rest % 10);
    while ((rest /= 10) != 0);
    while (n > 0)
        out[length++] = digits[--n];
    return length;
}

size_t
sr_provider_hint_text(const SrProviderRules *rules, const SrProvider *provider, uint32_t hint,
                      char out[static 64])
{
    const SrKeySlot *slot = &provider->slots[hint];
    size_t length = 0;

    if (slot->text == SR_HINT_TEXT_EMPTY)
        return 0;
    if (slot->text == SR_HINT_TEXT_PREVIOUS) {
        memcpy(out, "previous", 8);
        return 8;
    }
    if (rules->kind == SR_PROVIDER_DERIVED) {
        out[length++] = 'm';
        length += put_number(out + length, provider->masters[hint]);
        out[length++] = '-';
    }
    if (slot->text == SR_HINT_TEXT_UNIQUE) {
        out[length++] = 'u';
        return length + put_number(out + length, hint - provider->n_previous);
    }
    out[length++] = 't';
    return length + put_number(out + length, sr_provider_tick(rules, slot));
}

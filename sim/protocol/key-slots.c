/* The store of the encryption provider: one slot for each (document, hint).
 *
 * The number of a hint is that of its slot. A slot stays when its key is discarded: if a hint
 * is made again (a coarse timestamp), it is the same hint. The live slots of a document form a
 * list in the order of making, so that a new key finds the keys that it discards without a
 * search. Buckets find slots by their text; only texts that can repeat use them. */
#include "protocol/encryption-provider-private.h"

/* Distinguishes hints of one document whose texts can repeat. The empty hint cannot name its
 * master, so it is one hint under every master. */
typedef struct {
    int64_t tick;
    uint32_t master;
} Text;

static Text
text_of(const SrProviderRules *rules, const SrKeySlot *slot, uint32_t master)
{
    return slot->text == SR_HINT_TEXT_TIMESTAMP
               ? (Text){ sr_provider_tick(rules, slot), master }
               : (Text){ 0 };
}

static bool
can_repeat(SrHintText text)
{
    return text == SR_HINT_TEXT_TIMESTAMP || text == SR_HINT_TEXT_EMPTY;
}

/* Returns: the master secret under which @hint was made; 0 for kinds that have none */
static uint32_t
master_of(const SrProviderRules *rules, const SrProvider *provider, uint32_t hint)
{
    return rules->kind == SR_PROVIDER_DERIVED ? provider->masters[hint] : 0;
}

static uint32_t *
bucket_of(const SrProvider *provider, uint32_t document, Text text)
{
    uint64_t h = ((uint64_t) text.tick * UINT64_C(0x9e3779b97f4a7c15)) ^
                 ((uint64_t) document << 40) ^ ((uint64_t) text.master << 8);

    h = (h ^ (h >> 29)) * UINT64_C(0xbf58476d1ce4e5b9);
    return &provider->buckets[(uint32_t) (h >> 32) & (provider->n_buckets - 1)];
}

static void
link_bucket(const SrProviderRules *rules, SrProvider *provider, uint32_t hint)
{
    const SrKeySlot *slot = &provider->slots[hint];
    uint32_t *bucket;

    if (!can_repeat((SrHintText) slot->text))
        return;
    bucket = bucket_of(provider, slot->document,
                       text_of(rules, slot, master_of(rules, provider, hint)));
    provider->chains[hint] = *bucket;
    *bucket = hint;
}

/* Returns: the hint of @document that reads like @wanted under @master, or 0 */
static uint32_t
find_slot(const SrProviderStep *step, const SrKeySlot *wanted, uint32_t master)
{
    const SrProvider *provider = step->provider;
    Text text = text_of(step->rules, wanted, master);
    uint32_t hint = *bucket_of(provider, wanted->document, text);

    for (; hint != 0; hint = provider->chains[hint]) {
        const SrKeySlot *slot = &provider->slots[hint];
        Text other = text_of(step->rules, slot, master_of(step->rules, provider, hint));

        if (slot->document == wanted->document && slot->text == wanted->text &&
            other.tick == text.tick && other.master == text.master)
            return hint;
    }
    return 0;
}

/* Returns: the hint of @document that reads as @text at this instant; a new one unless the text
 * repeats */
uint32_t
sr_provider_get_slot(const SrProviderStep *step, uint32_t document, SrHintText text)
{
    SrProvider *provider = step->provider;
    bool derived = step->rules->kind == SR_PROVIDER_DERIVED;
    SrKeySlot slot = { .made_at = step->now,
                       .document = document & 0x1fffffff,
                       .text = text & 3 };
    uint32_t hint = 0;

    if (can_repeat(text))
        hint = find_slot(step, &slot, derived ? provider->master : 0);
    if (hint != 0)
        return hint;
    hint = ++provider->n_slots;
    g_assert(hint <= provider->capacity);
    provider->slots[hint] = slot;
    if (derived)
        provider->masters[hint] = provider->master;
    link_bucket(step->rules, provider, hint);
    return hint;
}

void
sr_provider_unlink_live(SrProvider *provider, uint32_t hint)
{
    SrKeySlot *slot = &provider->slots[hint];
    SrProviderDocument *document = &provider->documents[slot->document];

    g_assert(slot->live);
    if (slot->previous == 0)
        document->first = slot->next;
    else
        provider->slots[slot->previous].next = slot->next;
    if (slot->next == 0)
        document->last = slot->previous;
    else
        provider->slots[slot->next].previous = slot->previous;
    slot->live = false;
    document->n_live--;
}

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

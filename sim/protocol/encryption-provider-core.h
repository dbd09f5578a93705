/* The encryption provider's steps: what it answers, what makes a key, and what makes it go.
 *
 * What a slot is, see encryption-provider.c. What the provider does, it hands to
 * sr_provider_act() as an SrAction. Whoever includes this file has defined that before, over a
 * sink of its own; see client-steps.h. */
#pragma once

#include <glib.h>
#include <string.h>

#include "session-race/encryption-provider.h"

G_STATIC_ASSERT(sizeof(SrKeySlot) == 24);

/* One step's arguments. */
typedef struct {
    const SrProviderRules *rules;
    SrProvider *provider;
    int64_t now; /* by the provider's clock */
    SrProviderSink sink;
} SrProviderStep;

/* ---- actions ---- */

static inline __attribute__((always_inline)) void
note(const SrProviderStep *step, SrEvent event, uint32_t hint, uint32_t key, SrReason reason)
{
    sr_provider_act(&step->sink, &(SrAction){
                                     .kind = SR_ACTION_NOTE,
                                     .event = (uint8_t) event,
                                     .document = step->provider->slots[hint].document,
                                     .message = { .hint = hint,
                                                  .key = key,
                                                  .reason = (uint8_t) reason,
                                                  .token = SR_TOKEN_NONE },
                                 });
}

static inline __attribute__((always_inline)) void
answer(const SrProviderStep *step, SrActionKind kind, const SrMessage *request,
       uint32_t document, SrMsg type, uint32_t hint, uint32_t key, SrReason reason)
{
    sr_provider_act(&step->sink,
                    &(SrAction){
                        .kind = (uint8_t) kind,
                        .document = document,
                        .message = { .type = (uint8_t) type,
                                     .reason = (uint8_t) reason,
                                     .flags = type == SR_MSG_KEY ? SR_MESSAGE_HINT : 0,
                                     .client = request->client,
                                     .request = request->request,
                                     .hint = hint,
                                     .key = key,
                                     .token = SR_TOKEN_NONE },
                    });
}

static inline void
replicate(const SrProviderStep *step, uint32_t hint, uint32_t key)
{
    if (step->rules->replicas < 2)
        return;
    sr_provider_act(
        &step->sink,
        &(SrAction){ .kind = SR_ACTION_REPLICATE,
                     .message = { .hint = hint, .key = key, .token = SR_TOKEN_NONE } });
}

/* ---- slots ---- */

/* What tells apart hints of one document whose texts can repeat. The empty hint cannot name its
 * master: it is one hint whichever is in use. */
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

static inline bool
can_repeat(SrHintText text)
{
    return text == SR_HINT_TEXT_TIMESTAMP || text == SR_HINT_TEXT_EMPTY;
}

/* Returns: the master secret under which @hint was made, 0 for kinds without */
static inline uint32_t
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

static inline void
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

/* Returns: the hint of @document that reads like @wanted under @master, 0 for none */
static inline uint32_t
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

/* Returns: the hint of @document that reads as @text does now, new unless it repeats */
static inline uint32_t
get_slot(const SrProviderStep *step, uint32_t document, SrHintText text)
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

static inline void
unlink_live(SrProvider *provider, uint32_t hint)
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

static inline void
link_live(SrProvider *provider, uint32_t hint)
{
    SrKeySlot *slot = &provider->slots[hint];
    SrProviderDocument *document = &provider->documents[slot->document];

    slot->live = true;
    slot->next = 0;
    slot->previous = document->last;
    if (document->last == 0)
        document->first = hint;
    else
        provider->slots[document->last].next = hint;
    document->last = hint;
    document->n_live++;
}

static inline void
discard(const SrProviderStep *step, uint32_t hint, SrReason reason)
{
    unlink_live(step->provider, hint);
    note(step, SR_EVENT_KEY_DISCARDED, hint, step->provider->slots[hint].key, reason);
    /* At the replicas, too, the new key replaces the old one: there is no moment without. */
    if (reason != SR_REASON_OVERWRITTEN)
        replicate(step, hint, SR_KEY_ABSENT);
}

/* Every live key of @document but @kept goes. */
static inline void
discard_others(const SrProviderStep *step, uint32_t document, uint32_t kept, SrReason reason)
{
    uint32_t hint = step->provider->documents[document].first;

    while (hint != 0) {
        uint32_t next = step->provider->slots[hint].next;

        if (hint != kept)
            discard(step, hint, reason);
        hint = next;
    }
}

/* Looks at the age of @hint when its key is old enough to go. */
static inline void
expire_later(const SrProviderStep *step, uint32_t hint)
{
    sr_provider_act(&step->sink,
                    &(SrAction){ .kind = SR_ACTION_EXPIRE,
                                 .when = step->provider->slots[hint].made_at +
                                         (int64_t) step->rules->keep_for,
                                 .message = { .hint = hint, .token = SR_TOKEN_NONE } });
}

/* A new key under @hint, and what the retention makes of the older ones. */
static inline void
store(const SrProviderStep *step, uint32_t hint)
{
    SrProvider *provider = step->provider;
    SrKeySlot *slot = &provider->slots[hint];
    bool derived = step->rules->kind == SR_PROVIDER_DERIVED;

    if (slot->live)
        discard(step, hint, SR_REASON_OVERWRITTEN);
    slot->key = ++provider->n_keys;
    slot->made_at = step->now;
    link_live(provider, hint);
    note(step, SR_EVENT_KEY_MADE, hint, slot->key, SR_REASON_NONE);
    replicate(step, hint, slot->key);
    if (derived)
        return;
    switch ((SrKeep) step->rules->keep) {
    case SR_KEEP_FOREVER:
    case SR_KEEP_UNTIL_SETTLED:
        break;
    case SR_KEEP_ON_NEW_KEY:
        discard_others(step, slot->document, hint, SR_REASON_ON_NEW_KEY);
        break;
    case SR_KEEP_LAST:
        while (provider->documents[slot->document].n_live > step->rules->keep_last)
            discard(step, provider->documents[slot->document].first, SR_REASON_LAST);
        break;
    case SR_KEEP_FOR:
        expire_later(step, hint);
        break;
    }
}

/* ---- answers to no hint ---- */

/* Returns: the newest live key of @document that is young enough to be handed out again, 0 for
 * none */
static inline uint32_t
find_reusable(const SrProviderStep *step, uint32_t document)
{
    uint32_t hint = step->provider->documents[document].last;

    if (!step->rules->reuse || hint == 0)
        return 0;
    return step->now - step->provider->slots[hint].made_at < (int64_t) step->rules->reuse_for
               ? hint
               : 0;
}

static inline void
take_up_new(const SrProviderStep *step, const SrMessage *request, uint32_t document)
{
    SrProviderDocument *it = &step->provider->documents[document];
    uint32_t hint = 0;

    if (step->rules->kind != SR_PROVIDER_STATIC) {
        hint = find_reusable(step, document);
        if (hint == 0 && step->rules->reuse && step->rules->atomic && it->making > 0) {
            sr_provider_act(&step->sink, &(SrAction){ .kind = SR_ACTION_ATTACH,
                                                      .document = document,
                                                      .message = *request });
            return;
        }
        if (hint == 0)
            it->making++;
    }

    SrAction generate = { .kind = SR_ACTION_GENERATE,
                          .document = document,
                          .message = *request };

    /* What is found now is what is answered later, even if it is discarded in between. */
    generate.message.hint = hint;
    generate.message.key = hint != 0 ? step->provider->slots[hint].key : SR_KEY_ABSENT;
    sr_provider_act(&step->sink, &generate);
}

/* Returns: the slot of the one hint that kind `static` knows, made on first use */
static inline uint32_t
static_slot(const SrProviderStep *step, uint32_t document)
{
    uint32_t hint = get_slot(step, document, SR_HINT_TEXT_EMPTY);

    if (step->provider->slots[hint].key == SR_KEY_ABSENT) {
        step->provider->slots[hint].key = SR_STATIC_KEY;
        step->provider->n_keys = MAX(step->provider->n_keys, SR_STATIC_KEY);
        link_live(step->provider, hint);
    }
    return hint;
}

/* Returns: whether the empty hint, which cannot name its master, is under another one than the last
 * time */
static inline bool
take_new_master(const SrProviderStep *step, uint32_t hint)
{
    uint32_t *master = &step->provider->masters[hint];

    if (step->provider->slots[hint].text != SR_HINT_TEXT_EMPTY ||
        *master == step->provider->master)
        return false;
    *master = step->provider->master;
    return true;
}

/* The end of `generate`: a key is made, or its hint collides. Returns: the hint answered with;
 * 0: refused */
static inline uint32_t
make_key(const SrProviderStep *step, uint32_t document)
{
    static const uint8_t texts[] = {
        [SR_HINTS_UNIQUE] = SR_HINT_TEXT_UNIQUE,
        [SR_HINTS_TIMESTAMP] = SR_HINT_TEXT_TIMESTAMP,
        [SR_HINTS_NONE] = SR_HINT_TEXT_EMPTY,
    };
    uint32_t hint = get_slot(step, document, (SrHintText) texts[step->rules->hints]);
    bool live = step->provider->slots[hint].live;

    if (step->rules->kind == SR_PROVIDER_DERIVED) {
        /* The same hint under the same master secret is the same key. */
        if (take_new_master(step, hint) || !live)
            store(step, hint);
        else
            note(step, SR_EVENT_KEY_FOUND, hint, step->provider->slots[hint].key,
                 SR_REASON_NONE);
        return hint;
    }
    if (!live) {
        store(step, hint);
        return hint;
    }
    switch ((SrOnCollision) step->rules->on_collision) {
    case SR_ON_COLLISION_REFUSE:
        return 0;
    case SR_ON_COLLISION_OVERWRITE:
        store(step, hint);
        return hint;
    case SR_ON_COLLISION_KEEP_FIRST:
        note(step, SR_EVENT_KEY_FOUND, hint, step->provider->slots[hint].key, SR_REASON_NONE);
        return hint;
    }
    g_assert_not_reached();
}

/* @request, and those that were attached to it. */
static inline __attribute__((always_inline)) void
answer_all(const SrProviderStep *step, const SrMessage *request, uint32_t document, SrMsg type,
           uint32_t hint, uint32_t key, SrReason reason)
{
    answer(step, SR_ACTION_SEND, request, document, type, hint, key, reason);
    if (step->rules->reuse && step->rules->atomic)
        answer(step, SR_ACTION_ANSWER_ATTACHED, request, document, type, hint, key, reason);
}

static inline void
ready_new(const SrProviderStep *step, const SrMessage *request, uint32_t document)
{
    SrProviderDocument *it = &step->provider->documents[document];
    uint32_t hint;

    if (step->rules->kind == SR_PROVIDER_STATIC) {
        hint = static_slot(step, document);
        note(step, SR_EVENT_KEY_FOUND, hint, SR_STATIC_KEY, SR_REASON_NONE);
        answer(step, SR_ACTION_SEND, request, document, SR_MSG_KEY, hint, SR_STATIC_KEY,
               SR_REASON_NONE);
        return;
    }
    if (request->key != SR_KEY_ABSENT) {
        note(step, SR_EVENT_KEY_FOUND, request->hint, request->key, SR_REASON_NONE);
        answer(step, SR_ACTION_SEND, request, document, SR_MSG_KEY, request->hint, request->key,
               SR_REASON_NONE);
        return;
    }
    hint = make_key(step, document);
    it->making--;

    if (hint != 0)
        answer_all(step, request, document, SR_MSG_KEY, hint, step->provider->slots[hint].key,
                   SR_REASON_NONE);
    else
        answer_all(step, request, document, SR_MSG_KEY_REFUSED, 0, SR_KEY_ABSENT,
                   SR_REASON_UNAVAILABLE);
}

/* ---- answers to a hint ---- */

static inline bool
knows_master(const SrProviderStep *step, uint32_t master)
{
    return master + step->rules->keep_masters > step->provider->master;
}

/* Returns: the key under @hint at @replica now, SR_KEY_ABSENT for an unknown one; unstable ones
 * are new each time */
static inline uint32_t
look_up(const SrProviderStep *step, uint32_t hint, uint32_t replica)
{
    SrProvider *provider = step->provider;
    SrKeySlot *slot = &provider->slots[hint];

    switch ((SrProviderKind) step->rules->kind) {
    case SR_PROVIDER_STATIC:
        return SR_STATIC_KEY;
    case SR_PROVIDER_DERIVED:
        if (take_new_master(step, hint))
            store(step, hint);
        return slot->live ? slot->key : SR_KEY_ABSENT;
    case SR_PROVIDER_STORED:
    case SR_PROVIDER_UNSTABLE: {
        uint32_t key = slot->live ? slot->key : SR_KEY_ABSENT;

        if (replica > 0)
            key =
                provider
                    ->replica_keys[(uint64_t) hint * (step->rules->replicas - 1) + replica - 1];
        if (key != SR_KEY_ABSENT && step->rules->kind == SR_PROVIDER_UNSTABLE)
            key = ++provider->n_keys;
        return key;
    }
    }
    g_assert_not_reached();
}

static inline void
ready_lookup(const SrProviderStep *step, const SrMessage *request, uint32_t document,
             uint32_t replica)
{
    uint32_t key = look_up(step, request->hint, replica);

    if (key == SR_KEY_ABSENT) {
        note(step, SR_EVENT_KEY_MISSING, request->hint,
             step->provider->slots[request->hint].key, SR_REASON_NONE);
        answer(step, SR_ACTION_SEND, request, document, SR_MSG_KEY_REFUSED, 0, SR_KEY_ABSENT,
               SR_REASON_UNKNOWN_HINT);
        return;
    }
    note(step, SR_EVENT_KEY_FOUND, request->hint, key, SR_REASON_NONE);
    answer(step, SR_ACTION_SEND, request, document, SR_MSG_KEY, request->hint, key,
           SR_REASON_NONE);
}

/* ---- what may happen ---- */

static inline uint32_t
add_previous(const SrProviderStep *step, uint32_t document)
{
    uint32_t hint;

    if (step->rules->kind == SR_PROVIDER_STATIC)
        return static_slot(step, document);
    g_assert(step->provider->n_slots == step->provider->n_previous);
    hint = get_slot(step, document, SR_HINT_TEXT_PREVIOUS);
    step->provider->n_previous++;
    store(step, hint);
    return hint;
}

static inline void
take_message(const SrProviderStep *step, const SrMessage *message, uint32_t document)
{
    if (message->type == SR_MSG_KEY_SETTLED) {
        if (step->rules->keep == SR_KEEP_UNTIL_SETTLED)
            discard_others(step, document, message->hint, SR_REASON_SETTLED);
        return;
    }
    g_assert(message->type == SR_MSG_KEY_REQUEST);
    if (message->hint == SR_HINT_ABSENT) {
        take_up_new(step, message, document);
        return;
    }

    sr_provider_act(
        &step->sink,
        &(SrAction){ .kind = SR_ACTION_LOOKUP, .document = document, .message = *message });
}

static inline void
take_ready(const SrProviderStep *step, const SrMessage *message, uint32_t document,
           uint32_t replica)
{
    /* A request names its hint by a flag; one without may carry a hint that was found for it
     * when it was taken up. */
    if (message->flags & SR_MESSAGE_HINT)
        ready_lookup(step, message, document, replica);
    else
        ready_new(step, message, document);
}

static inline void
look_at_age(const SrProviderStep *step, uint32_t hint)
{
    const SrKeySlot *slot = &step->provider->slots[hint];

    if (!slot->live)
        return;
    if (step->now - slot->made_at >= (int64_t) step->rules->keep_for) {
        discard(step, hint, SR_REASON_AGE);
        return;
    }
    expire_later(step, hint);
}

static inline void
rotate(const SrProviderStep *step)
{
    step->provider->master++;
    if (step->rules->kind != SR_PROVIDER_DERIVED)
        return;
    for (uint32_t i = 0; i < step->provider->n_documents; i++) {
        uint32_t hint = step->provider->documents[i].first;

        while (hint != 0) {
            const SrKeySlot *slot = &step->provider->slots[hint];
            uint32_t next = slot->next;

            /* The empty hint names no master: it is answered by whatever master is in use. */
            if (slot->text != SR_HINT_TEXT_EMPTY &&
                !knows_master(step, step->provider->masters[hint]))
                discard(step, hint, SR_REASON_MASTER_DROPPED);
            hint = next;
        }
    }
}

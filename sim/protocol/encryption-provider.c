/* The encryption provider: what it answers, when it makes a key, and when it discards one.
 *
 * Kind `derived` stores no key: its slot (key-slots.c) only says which master secret the hint
 * names. All kinds share the same state and code; they differ only in what makes a key and what
 * discards it. */
#include "protocol/encryption-provider-private.h"

/* ---- actions ---- */

static void
note(const SrProviderStep *step, SrEvent event, uint32_t hint, uint32_t key, SrReason reason)
{
    *sr_actions_add(step->actions) = (SrAction){
        .kind = SR_ACTION_NOTE,
        .event = (uint8_t) event,
        .document = step->provider->slots[hint].document,
        .message = { .hint = hint,
                     .key = key,
                     .reason = (uint8_t) reason,
                     .token = SR_TOKEN_NONE },
    };
}

static void
answer(const SrProviderStep *step, SrActionKind kind, const SrMessage *request,
       uint32_t document, SrMsg type, uint32_t hint, uint32_t key, SrReason reason)
{
    *sr_actions_add(step->actions) = (SrAction){
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
    };
}

/* The key is there already, and answers @request. */
static void
answer_found(const SrProviderStep *step, const SrMessage *request, uint32_t document,
             uint32_t hint, uint32_t key)
{
    note(step, SR_EVENT_KEY_FOUND, hint, key, SR_REASON_NONE);
    answer(step, SR_ACTION_SEND, request, document, SR_MSG_KEY, hint, key, SR_REASON_NONE);
}

static void
replicate(const SrProviderStep *step, uint32_t hint, uint32_t key)
{
    if (step->rules->replicas < 2)
        return;
    *sr_actions_add(step->actions) =
        (SrAction){ .kind = SR_ACTION_REPLICATE,
                    .message = { .hint = hint, .key = key, .token = SR_TOKEN_NONE } };
}

static void
discard(const SrProviderStep *step, uint32_t hint, SrReason reason)
{
    sr_provider_unlink_live(step->provider, hint);
    note(step, SR_EVENT_KEY_DISCARDED, hint, step->provider->slots[hint].key, reason);
    /* The new key replaces the old one at the replicas too, so there is no moment without a
     * key. */
    if (reason != SR_REASON_OVERWRITTEN)
        replicate(step, hint, SR_KEY_ABSENT);
}

/* Discards every live key of @document except @kept. */
static void
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

/* Schedules a check of the age of @hint, for when its key may be discarded. */
static void
expire_later(const SrProviderStep *step, uint32_t hint)
{
    *sr_actions_add(step->actions) =
        (SrAction){ .kind = SR_ACTION_EXPIRE,
                    .when =
                        step->provider->slots[hint].made_at + (int64_t) step->rules->keep_for,
                    .message = { .hint = hint, .token = SR_TOKEN_NONE } };
}

/* Makes a key under @hint, and discards older ones as the retention says. */
static void
store(const SrProviderStep *step, uint32_t hint)
{
    SrProvider *provider = step->provider;
    SrKeySlot *slot = &provider->slots[hint];
    bool derived = step->rules->kind == SR_PROVIDER_DERIVED;

    if (slot->live)
        discard(step, hint, SR_REASON_OVERWRITTEN);
    slot->key = ++provider->n_keys;
    slot->made_at = step->now;
    sr_provider_link_live(provider->slots, provider->documents, hint);
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

/* ---- requests without a hint ---- */

/* Returns: the newest live key of @document that is still young enough to be given out again,
 * or 0 */
static uint32_t
find_reusable(const SrProviderStep *step, uint32_t document)
{
    uint32_t hint = step->provider->documents[document].last;

    if (!step->rules->reuse || hint == 0)
        return 0;
    return step->now - step->provider->slots[hint].made_at < (int64_t) step->rules->reuse_for
               ? hint
               : 0;
}

static void
take_up_new(const SrProviderStep *step, const SrMessage *request, uint32_t document)
{
    SrProviderDocument *it = &step->provider->documents[document];
    uint32_t hint = 0;

    if (step->rules->kind != SR_PROVIDER_STATIC) {
        hint = find_reusable(step, document);
        if (hint == 0 && step->rules->reuse && step->rules->atomic && it->making > 0) {
            *sr_actions_add(step->actions) = (SrAction){ .kind = SR_ACTION_ATTACH,
                                                         .document = document,
                                                         .message = *request };
            return;
        }
        if (hint == 0)
            it->making++;
    }

    SrAction *generate = sr_actions_add(step->actions);

    *generate =
        (SrAction){ .kind = SR_ACTION_GENERATE, .document = document, .message = *request };

    /* The answer is decided now and sent later, even if the key is discarded in between. */
    generate->message.hint = hint;
    generate->message.key = hint != 0 ? step->provider->slots[hint].key : SR_KEY_ABSENT;
}

/* Returns: the slot of the only hint of kind `static`, made on first use */
static uint32_t
static_slot(const SrProviderStep *step, uint32_t document)
{
    uint32_t hint = sr_provider_get_slot(step, document, SR_HINT_TEXT_EMPTY);

    if (step->provider->slots[hint].key == SR_KEY_ABSENT) {
        step->provider->slots[hint].key = SR_STATIC_KEY;
        step->provider->n_keys = MAX(step->provider->n_keys, SR_STATIC_KEY);
        sr_provider_link_live(step->provider->slots, step->provider->documents, hint);
    }
    return hint;
}

/* Returns: whether the master secret of the empty hint has changed since the last time. The
 * hint itself cannot name its master. */
static bool
take_new_master(const SrProviderStep *step, uint32_t hint)
{
    uint32_t *master = &step->provider->masters[hint];

    if (step->provider->slots[hint].text != SR_HINT_TEXT_EMPTY ||
        *master == step->provider->master)
        return false;
    *master = step->provider->master;
    return true;
}

/* Ends `generate`: a key is made, or its hint collides. Returns: the hint of the answer; 0 if
 * it was refused */
static uint32_t
make_key(const SrProviderStep *step, uint32_t document)
{
    static const uint8_t texts[] = {
        [SR_HINTS_UNIQUE] = SR_HINT_TEXT_UNIQUE,
        [SR_HINTS_TIMESTAMP] = SR_HINT_TEXT_TIMESTAMP,
        [SR_HINTS_NONE] = SR_HINT_TEXT_EMPTY,
    };
    uint32_t hint =
        sr_provider_get_slot(step, document, (SrHintText) texts[step->rules->hints]);
    bool live = step->provider->slots[hint].live;

    if (step->rules->kind == SR_PROVIDER_DERIVED) {
        /* The same hint under the same master secret gives the same key. */
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

/* Ends @request and the requests attached to it. */
static void
answer_all(const SrProviderStep *step, const SrMessage *request, uint32_t document, SrMsg type,
           uint32_t hint, uint32_t key, SrReason reason)
{
    answer(step, SR_ACTION_SEND, request, document, type, hint, key, reason);
    if (step->rules->reuse && step->rules->atomic)
        answer(step, SR_ACTION_ANSWER_ATTACHED, request, document, type, hint, key, reason);
}

static void
ready_new(const SrProviderStep *step, const SrMessage *request, uint32_t document)
{
    SrProviderDocument *it = &step->provider->documents[document];
    uint32_t hint;

    if (step->rules->kind == SR_PROVIDER_STATIC) {
        answer_found(step, request, document, static_slot(step, document), SR_STATIC_KEY);
        return;
    }
    if (request->key != SR_KEY_ABSENT) {
        answer_found(step, request, document, request->hint, request->key);
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

/* ---- requests with a hint ---- */

static bool
knows_master(const SrProviderStep *step, uint32_t master)
{
    return master + step->rules->keep_masters > step->provider->master;
}

/* Returns: the key under @hint at @replica now, SR_KEY_ABSENT if the hint is unknown; kind
 * `unstable` makes a new key each time */
static uint32_t
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

static void
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
    answer_found(step, request, document, request->hint, key);
}

/* ---- inputs ---- */

uint32_t
sr_provider_add_previous(const SrProviderRules *rules, SrProvider *provider, uint32_t document,
                         int64_t now, SrActions *actions)
{
    const SrProviderStep *step = &(const SrProviderStep){ rules, provider, now, actions };
    uint32_t hint;

    if (step->rules->kind == SR_PROVIDER_STATIC)
        return static_slot(step, document);
    g_assert(step->provider->n_slots == step->provider->n_previous);
    hint = sr_provider_get_slot(step, document, SR_HINT_TEXT_PREVIOUS);
    step->provider->n_previous++;
    store(step, hint);
    return hint;
}

void
sr_provider_message(const SrProviderRules *rules, SrProvider *provider,
                    const SrMessage *message, uint32_t document, int64_t now,
                    SrActions *actions)
{
    const SrProviderStep *step = &(const SrProviderStep){ rules, provider, now, actions };

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

    *sr_actions_add(step->actions) =
        (SrAction){ .kind = SR_ACTION_LOOKUP, .document = document, .message = *message };
}

void
sr_provider_ready(const SrProviderRules *rules, SrProvider *provider, const SrMessage *message,
                  uint32_t document, int64_t now, uint32_t replica, SrActions *actions)
{
    const SrProviderStep *step = &(const SrProviderStep){ rules, provider, now, actions };

    /* A flag says that a request names its hint. One without the flag may still carry a hint,
     * which was found when the request was taken up. */
    if (message->flags & SR_MESSAGE_HINT)
        ready_lookup(step, message, document, replica);
    else
        ready_new(step, message, document);
}

void
sr_provider_expire(const SrProviderRules *rules, SrProvider *provider, uint32_t hint,
                   int64_t now, SrActions *actions)
{
    const SrProviderStep *step = &(const SrProviderStep){ rules, provider, now, actions };
    const SrKeySlot *slot = &step->provider->slots[hint];

    if (!slot->live)
        return;
    if (step->now - slot->made_at >= (int64_t) step->rules->keep_for) {
        discard(step, hint, SR_REASON_AGE);
        return;
    }
    expire_later(step, hint);
}

void
sr_provider_rotate(const SrProviderRules *rules, SrProvider *provider, SrActions *actions)
{
    const SrProviderStep *step = &(const SrProviderStep){ rules, provider, 0, actions };

    step->provider->master++;
    if (step->rules->kind != SR_PROVIDER_DERIVED)
        return;
    for (uint32_t i = 0; i < step->provider->n_documents; i++) {
        uint32_t hint = step->provider->documents[i].first;

        while (hint != 0) {
            const SrKeySlot *slot = &step->provider->slots[hint];
            uint32_t next = slot->next;

            /* The empty hint names no master, so the answer is by the master in use. */
            if (slot->text != SR_HINT_TEXT_EMPTY &&
                !knows_master(step, step->provider->masters[hint]))
                discard(step, hint, SR_REASON_MASTER_DROPPED);
            hint = next;
        }
    }
}

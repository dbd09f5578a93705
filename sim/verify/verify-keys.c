/* The lines of the encryption provider of a trace of ours, followed by the core.
 *
 * Requests become ready in any order, at instants that no line shows. The next answer shows which
 * request became ready. The core decides what follows: whether a key is made, which older keys
 * the retention discards, whether hints collide. Rules that a single line shows are read before
 * the lines are followed. All kinds of providers are tried in turn.
 *
 * The settings are not known, so this is weaker than the core on purpose. A key may be found for a
 * new request if it was live at any time since the request was received. A look-up may find what
 * an outdated replica has. A key may be discarded at any age. */
#include "verify/verify-private.h"

#include <string.h>

typedef struct {
    uint32_t record_key;
    uint32_t hint;         /* slot */
    uint32_t discarded_at; /* line + 1; 0: live */
} Key;

typedef struct {
    SrLines lines;
    SrProviderRules rules;
    SrProvider provider;
    SrRequests requests;
    GArray *slots;  /* uint32_t: slots, by sr_verify_hint() */
    GQueue settles; /* lines of `key-settled` that the core has not taken yet */
    uint32_t
        *hints; /* capacity + 1: the trace's hint of a slot; SR_HINT_ABSENT: not known yet */
    uint32_t empty_hint; /* the trace's, SR_HINT_ABSENT for none */
    Key *keys;           /* capacity + 1: by the core's number */
    uint32_t
        *core_keys; /* n_keys of the trace: the core's number; SR_KEY_ABSENT: not known yet */
} Follower;

static bool
is_aside(const SrLines *lines, const SrRecord *record)
{
    (void) lines;
    return sr_verify_aside(record) || record->event == SR_EVENT_FAULT;
}

static void
refuse(Follower *follower, const char *why)
{
    sr_verify_stop_here(&follower->lines, why);
}

/* ---- numbers of the core and of the trace ---- */

/* Returns: the bytes of the text of @hint; none without a hint. A NUL follows them. */
static size_t
hint_text(const Follower *follower, uint32_t hint, char text[static SR_HINT_TEXT_MAX + 1])
{
    const SrNames *names = &follower->lines.verify->trace->names;
    size_t length = hint == SR_HINT_ABSENT ? 0 : names->hint(names->data, hint, text);

    text[length] = '\0';
    return length;
}

/* Returns: (transfer none): the element for the slot of @record's hint; it is 0 if there is none */
static uint32_t *
slot_at(const Follower *follower, const SrRecord *record)
{
    uint32_t hint = sr_verify_hint(follower->lines.verify, record);

    if (hint >= follower->slots->len)
        g_array_set_size(follower->slots, hint + 1);
    return &g_array_index(follower->slots, uint32_t, hint);
}

/* Returns: the slot of @record's hint; 0: none */
static uint32_t
slot_of(const Follower *follower, const SrRecord *record)
{
    return record->hint != SR_HINT_ABSENT ? *slot_at(follower, record) : 0;
}

static void
bind_hint(Follower *follower, uint32_t slot, const SrRecord *record)
{
    follower->hints[slot] = record->hint;
    *slot_at(follower, record) = slot;
}

/* Replaces the core's hint and key in @action by the trace's. @record (nullable) is the line that
 * @action should be: it names the hint and the key that the core has just made, if the text of
 * the hint is the one that the core would give it. */
static void
translate(Follower *follower, SrAction *action, const SrRecord *record)
{
    SrMessage *message = &action->message;
    uint32_t slot = message->hint, core_key = message->key;
    char ours[64], theirs[SR_HINT_TEXT_MAX + 1];

    if (slot != 0 && follower->hints[slot] == SR_HINT_ABSENT && record != NULL &&
        record->hint != SR_HINT_ABSENT) {
        size_t length =
            sr_provider_hint_text(&follower->rules, &follower->provider, slot, ours);

        if (hint_text(follower, record->hint, theirs) == length &&
            memcmp(ours, theirs, length) == 0)
            bind_hint(follower, slot, record);
    }
    message->hint = slot != 0 ? follower->hints[slot] : SR_HINT_ABSENT;
    if (core_key == SR_KEY_ABSENT)
        return;

    Key *key = &follower->keys[core_key];

    key->hint = slot;
    if (key->record_key == SR_KEY_ABSENT && record != NULL &&
        follower->core_keys[record->key] == SR_KEY_ABSENT) {
        key->record_key = record->key;
        follower->core_keys[record->key] = core_key;
    }
    message->key = key->record_key;
    if (action->kind == SR_ACTION_NOTE && action->event == SR_EVENT_KEY_DISCARDED)
        key->discarded_at = follower->lines.at + 1;
}

/* The actions of the last step must be the next lines. */
static void
compare(Follower *follower)
{
    SrActions *actions = &follower->lines.verify->actions;
    uint32_t at = follower->lines.at;

    for (uint32_t i = 0; i < actions->n; i++)
        if (actions->list[i].kind == SR_ACTION_SEND || actions->list[i].kind == SR_ACTION_NOTE)
            translate(follower, &actions->list[i], sr_verify_next(&follower->lines, &at));
    sr_verify_expect(&follower->lines, SR_TIME_NEVER);
}

/* ---- requests ---- */

static void
take_request(Follower *follower, const SrRecord *record)
{
    const SrRequest request = { .at = follower->lines.at, .hint = slot_of(follower, record) };

    if (record->msg == SR_MSG_KEY_SETTLED)
        g_queue_push_tail(&follower->settles, GUINT_TO_POINTER(follower->lines.at));
    else if (request.hint == 0 && record->hint != SR_HINT_ABSENT)
        refuse(follower, "nobody has made that hint");
    else
        sr_requests_add(&follower->requests, record->peer - SR_NODE_FIRST_CLIENT, request);
}

/* Takes a look-up of @hint by @client. If there is none, an earlier answer may have been for a
 * request without hint, instead of the look-up. Returns: whether one is taken */
static bool
take_lookup(const Follower *follower, uint32_t client, uint32_t hint)
{
    const SrRequests *requests = &follower->requests;

    return sr_requests_take(requests, client, hint, false) ||
           (sr_requests_find(requests, client, hint, true) != NULL &&
            sr_requests_take(requests, client, SR_HINT_ABSENT, false) &&
            sr_requests_take(requests, client, hint, true));
}

/* Takes a request without hint by @client. Returns: whether there was one */
static bool
take_new(const Follower *follower, uint32_t client)
{
    return sr_requests_take(&follower->requests, client, SR_HINT_ABSENT, false);
}

/* Returns: the core's number of @record's key under @hint; SR_KEY_ABSENT: none */
static uint32_t
find_key(const Follower *follower, uint32_t hint, const SrRecord *record)
{
    uint32_t key = follower->core_keys[record->key];

    return key == follower->provider.slots[hint].key || follower->keys[key].hint == hint
               ? key
               : SR_KEY_ABSENT;
}

/* Whether @key may have been found for an open request without hint of @client: it was live at some
 * time since the request was received. */
static bool
may_reuse(const Follower *follower, uint32_t client, uint32_t key)
{
    uint32_t *link = sr_requests_find(&follower->requests, client, SR_HINT_ABSENT, false);
    uint32_t discarded_at = follower->keys[key].discarded_at;

    return link != NULL && key != SR_KEY_ABSENT &&
           (discarded_at == 0 || discarded_at > sr_request_at(&follower->requests, *link)->at);
}

/* Whether a look-up of @hint may end with @key: an unstable provider never finds a key that it has
 * made, and a derived key has no copies. */
static bool
may_look_up(const Follower *follower, uint32_t hint, uint32_t key, bool found)
{
    bool live = follower->provider.slots[hint].live;

    switch ((SrProviderKind) follower->rules.kind) {
    case SR_PROVIDER_UNSTABLE:
        return key == SR_KEY_ABSENT;
    case SR_PROVIDER_DERIVED:
        return live == found;
    default:
        return true;
    }
}

/* ---- answers ---- */

/* Returns: a time of the provider's clock at which its next hint has the text that @record shows;
 * for a refusal, a time at which the hint collides */
static int64_t
clock_of(const Follower *follower, const SrRecord *record, uint32_t document)
{
    char text[SR_HINT_TEXT_MAX + 1];
    const char *tick;

    if (record->msg == SR_MSG_KEY_REFUSED)
        return follower->provider.slots[follower->provider.documents[document].last].made_at;
    hint_text(follower, record->hint, text);
    tick = strrchr(text, 't');
    return tick != NULL ? g_ascii_strtoll(tick + 1, NULL, 10) : 0;
}

/* No line shows that the master secret is replaced; the hints made afterwards do. */
static void
rotate_unseen(Follower *follower, const SrRecord *record, uint32_t hint)
{
    char text[SR_HINT_TEXT_MAX + 1];
    size_t length = hint_text(follower, record->hint, text);
    SrActions none = { 0 };
    uint64_t master = follower->provider.master;

    if (text[0] == 'm')
        master = g_ascii_strtoull(text + 1, NULL, 10);
    else if (length == 0 && hint != 0 && follower->provider.slots[hint].live)
        master++;
    if (master > follower->provider.master && master < UINT32_MAX) {
        follower->provider.master = (uint32_t) master - 1;
        sr_provider_rotate(&follower->rules, &follower->provider, &none);
    }
}

/* Clients that asked for a new key while one was made get the same answer as @record. */
static void
share_answer(Follower *follower, const SrRecord *record)
{
    const SrRecord *next;

    while ((next = sr_verify_peek(&follower->lines)) != NULL && next->event == SR_EVENT_SEND &&
           next->msg == record->msg && next->hint == record->hint && next->key == record->key &&
           next->t == record->t && next->reason == record->reason &&
           next->document == record->document && next->peer >= SR_NODE_FIRST_CLIENT &&
           take_new(follower, next->peer - SR_NODE_FIRST_CLIENT))
        sr_verify_pass(&follower->lines, next);
}

/* Whether the line before @answer, one of the next lines, finds its key. */
static bool
is_found(const Follower *follower, const SrRecord *answer)
{
    uint32_t at = follower->lines.at;
    const SrRecord *record, *before = NULL;

    while ((record = sr_verify_next(&follower->lines, &at)) != answer)
        before = record;
    return before != NULL && before->event == SR_EVENT_KEY_FOUND &&
           follower->rules.kind != SR_PROVIDER_STATIC;
}

/* A request is ready. @first: the first line that follows from it; @answer: the line that
 * answers it */
static void
take_answer(Follower *follower, const SrRecord *first, const SrRecord *answer)
{
    uint32_t client = answer->peer - SR_NODE_FIRST_CLIENT, document = answer->document;
    uint32_t hint = slot_of(follower, first), key;
    SrProviderKind kind = (SrProviderKind) follower->rules.kind;
    bool is_static = kind == SR_PROVIDER_STATIC;
    const SrKeySlot *slot;
    bool found = first->event == SR_EVENT_KEY_FOUND, anew = false;
    SrMessage message = { .type = SR_MSG_KEY_REQUEST, .client = client };
    bool finds = false, shares = false, behind = false;

    if (found || first->event == SR_EVENT_KEY_MISSING) {
        key = hint != 0 && found ? find_key(follower, hint, first) : SR_KEY_ABSENT;
        anew = found && may_reuse(follower, client, key);
        finds = hint != 0 && may_look_up(follower, hint, key, found) &&
                take_lookup(follower, client, hint);
        if (finds && anew) {
            /* A later line may show which of the two requests it was. */
            sr_requests_add(&follower->requests, client,
                            (SrRequest){ .hint = hint, .either = true });
        }
    }
    if (finds) {
        message.hint = hint;
        message.flags = SR_MESSAGE_HINT;
        /* An outdated replica has an older key of the store, or none. */
        slot = &follower->provider.slots[hint];
        behind = kind == SR_PROVIDER_UNSTABLE ||
                 (kind == SR_PROVIDER_STORED && (!found || key != slot->key || !slot->live));
        if (behind)
            sr_provider_replicated(&follower->rules, &follower->provider, 1, hint,
                                   kind == SR_PROVIDER_STORED ? key : found);
    } else if (anew || (found && !is_static)) {
        if (!anew || !take_new(follower, client)) {
            refuse(follower, hint == 0
                                 ? "no key was made under that hint"
                                 : "that client has no request open for which it may be found");
            return;
        }
        message.hint = hint;
        message.key = key;
        shares = true;
    } else if (first->event != SR_EVENT_KEY_MISSING && !is_found(follower, answer) &&
               take_new(follower, client)) {
        shares = !is_static;
    } else {
        /* A derived key of the empty hint is made anew when it is looked up. */
        hint = slot_of(follower, answer);
        if (first->event == SR_EVENT_KEY_MISSING || hint == 0 ||
            !take_lookup(follower, client, hint)) {
            refuse(follower, "that client has no such request open");
            return;
        }
        message.hint = hint;
        message.flags = SR_MESSAGE_HINT;
    }
    if (kind == SR_PROVIDER_DERIVED && !found && answer->msg == SR_MSG_KEY)
        rotate_unseen(follower, answer, slot_of(follower, answer));
    sr_provider_ready(&follower->rules, &follower->provider, &message, document,
                      clock_of(follower, answer, document), behind,
                      sr_verify_begin(&follower->lines));
    compare(follower);
    if (!follower->lines.refused && shares)
        share_answer(follower, answer);
}

/* ---- keys that are discarded ---- */

/* Whether one of the next lines discards @hint. */
static bool
goes_next(const Follower *follower, uint32_t hint)
{
    uint32_t at = follower->lines.at;
    const SrRecord *record;

    while ((record = sr_verify_next(&follower->lines, &at)) != NULL &&
           record->event == SR_EVENT_KEY_DISCARDED)
        if (slot_of(follower, record) == hint)
            return true;
    return false;
}

/* Gives the core what clients have settled, until it discards a key. A settled key that is itself
 * discarded next, or that is of another document, was given to the core earlier, without effect. */
static void
settle(Follower *follower)
{
    SrActions *actions = sr_verify_begin(&follower->lines);
    uint32_t document = sr_verify_record(&follower->lines, follower->lines.at)->document;

    while (actions->n == 0 && !g_queue_is_empty(&follower->settles)) {
        uint32_t at = GPOINTER_TO_UINT(g_queue_pop_head(&follower->settles));
        const SrRecord *record = sr_verify_record(&follower->lines, at);
        const SrMessage message = { .type = SR_MSG_KEY_SETTLED,
                                    .hint = slot_of(follower, record) };

        if (record->document == document && !goes_next(follower, message.hint))
            sr_provider_message(&follower->rules, &follower->provider, &message,
                                record->document, 0, actions);
    }
    if (actions->n == 0)
        refuse(follower, "no key was settled");
    else
        compare(follower);
}

static void
discard(Follower *follower, const SrRecord *record)
{
    SrActions *actions = sr_verify_begin(&follower->lines);
    uint32_t hint = slot_of(follower, record);
    bool derived = follower->rules.kind == SR_PROVIDER_DERIVED;
    SrReason reason = (SrReason) record->reason;

    if (hint == 0 || !follower->provider.slots[hint].live) {
        refuse(follower, "the provider has no key under that hint");
    } else if (reason == SR_REASON_SETTLED) {
        settle(follower);
    } else if (reason == SR_REASON_ON_NEW_KEY || reason == SR_REASON_LAST) {
        refuse(follower, "no newer key was made right before");
    } else if ((derived && reason == SR_REASON_MASTER_DROPPED) ||
               (!derived && reason == SR_REASON_AGE && follower->rules.keep == SR_KEEP_FOR)) {
        sr_provider_expire(&follower->rules, &follower->provider, hint, INT64_MAX, actions);
        actions->list[0].message.reason = (uint8_t) reason;
        compare(follower);
    } else {
        refuse(follower, derived
                             ? "a provider that derives its keys discards none for that reason"
                             : "other keys are discarded for another reason");
    }
}

/* ---- following ---- */

/* Returns: (nullable): the next answer, if no request is received before it */
static const SrRecord *
find_answer(const Follower *follower)
{
    uint32_t at = follower->lines.at;
    const SrRecord *record;

    while ((record = sr_verify_next(&follower->lines, &at)) != NULL &&
           record->event != SR_EVENT_RECEIVE)
        if (record->event == SR_EVENT_SEND && sr_verify_goes_there(record))
            return record;
    return NULL;
}

static void
take_line(SrLines *lines, const SrRecord *record)
{
    Follower *follower = (Follower *) lines;
    const SrRecord *answer;

    if (record->event == SR_EVENT_RECEIVE) {
        if (sr_verify_goes_there(record))
            take_request(follower, record);
        follower->lines.at++;
    } else if (record->event == SR_EVENT_KEY_MADE && record->t == 0 &&
               record->hint == lines->verify->previous[record->document] &&
               follower->provider.n_slots == follower->provider.n_previous) {
        sr_provider_add_previous(&follower->rules, &follower->provider, record->document, 0,
                                 sr_verify_begin(&follower->lines));
        compare(follower);
    } else if (record->event == SR_EVENT_KEY_DISCARDED &&
               record->reason != SR_REASON_OVERWRITTEN) {
        discard(follower, record);
    } else if (record->event != SR_EVENT_SEND && record->event != SR_EVENT_KEY_MADE &&
               record->event != SR_EVENT_KEY_FOUND && record->event != SR_EVENT_KEY_MISSING &&
               record->event != SR_EVENT_KEY_DISCARDED) {
        refuse(follower, "an encryption provider does no such thing");
    } else if ((answer = find_answer(follower)) == NULL) {
        refuse(follower, "an answer is due, and none is sent");
    } else {
        take_answer(follower, record, answer);
    }
}

/* Reads the rules that single lines show. */
static void
read_rules(Follower *follower)
{
    SrProviderRules *rules = &follower->rules;
    char text[SR_HINT_TEXT_MAX + 1];
    bool made = false;
    uint32_t *n_live =
        SR_VERIFY_NEW(follower->lines.verify, uint32_t, follower->lines.verify->n_documents);

    for (uint32_t at = 0; at < follower->lines.n; at++) {
        const SrRecord *record = sr_verify_record(&follower->lines, at);
        size_t length;

        if (record->event == SR_EVENT_KEY_FOUND && record->hint != SR_HINT_ABSENT &&
            hint_text(follower, record->hint, text) == 0)
            follower->empty_hint = record->hint;
        if (record->event == SR_EVENT_KEY_MADE) {
            n_live[record->document]++;
            length = hint_text(follower, record->hint, text);
            if (!made && strcmp(text, "previous") != 0) {
                made = true;
                rules->hints = length == 0                 ? SR_HINTS_NONE
                               : strchr(text, 't') != NULL ? SR_HINTS_TIMESTAMP
                                                           : SR_HINTS_UNIQUE;
            }
        } else if (record->event == SR_EVENT_KEY_DISCARDED) {
            if (record->reason == SR_REASON_OVERWRITTEN)
                rules->on_collision = SR_ON_COLLISION_OVERWRITE;
            if (rules->keep == SR_KEEP_FOREVER) {
                rules->keep = record->reason == SR_REASON_ON_NEW_KEY ? SR_KEEP_ON_NEW_KEY
                              : record->reason == SR_REASON_LAST     ? SR_KEEP_LAST
                              : record->reason == SR_REASON_AGE      ? SR_KEEP_FOR
                                                                     : SR_KEEP_FOREVER;
                rules->keep_last = n_live[record->document] - 1u;
            }
            n_live[record->document]--;
        }
    }
    if (follower->lines.verify->settles)
        rules->keep = SR_KEEP_UNTIL_SETTLED;
}

static bool
follow(Follower *follower, SrProviderKind kind)
{
    SrLines *lines = &follower->lines;
    SrVerify *verify = lines->verify;
    SrProvider *provider = &follower->provider;

    follower->rules.kind = (uint8_t) kind;
    g_queue_clear(&follower->settles);
    sr_requests_reset(&follower->requests);
    g_array_set_size(follower->slots, 0);
    sr_provider_reset(&follower->rules, provider);
    memset(follower->hints, 0, ((size_t) provider->capacity + 1) * sizeof *follower->hints);
    memset(follower->keys, 0, ((size_t) provider->capacity + 1) * sizeof *follower->keys);
    memset(follower->core_keys, 0, (size_t) verify->n_keys * sizeof *follower->core_keys);
    for (uint32_t i = 0; kind == SR_PROVIDER_STATIC && i < verify->n_documents; i++) {
        uint32_t slot =
            sr_provider_add_previous(&follower->rules, provider, i, 0, sr_verify_begin(lines));

        if (follower->empty_hint != SR_HINT_ABSENT)
            bind_hint(follower, slot,
                      &(SrRecord){ .hint = follower->empty_hint, .document = i });
    }
    return sr_verify_follow(lines);
}

void
sr_verify_keys(SrVerify *verify)
{
    Follower follower = {
        .lines = sr_verify_lines(verify, SR_NODE_ENCRYPTION_PROVIDER),
        .rules = { .replicas = 2, .keep_masters = UINT32_MAX / 2, .resolution = 1 },
        .slots = g_array_new(FALSE, TRUE, sizeof(uint32_t)),
        .settles = G_QUEUE_INIT,
        .core_keys = SR_VERIFY_NEW(verify, uint32_t, verify->n_keys),
    };
    SrProvider *provider = &follower.provider;
    /* A line makes at most one slot or one key. */
    uint32_t capacity = follower.lines.n + verify->n_documents + 1, n_buckets = 1;
    static const uint8_t kinds[] = { SR_PROVIDER_STORED, SR_PROVIDER_UNSTABLE,
                                     SR_PROVIDER_DERIVED, SR_PROVIDER_STATIC };
    bool explained = false;

    while (n_buckets < capacity && n_buckets < 1u << 20)
        n_buckets *= 2;
    *provider = (SrProvider){
        .slots = SR_VERIFY_NEW(verify, SrKeySlot, (size_t) capacity + 1),
        .masters = SR_VERIFY_NEW(verify, uint32_t, (size_t) capacity + 1),
        .chains = SR_VERIFY_NEW(verify, uint32_t, (size_t) capacity + 1),
        .buckets = SR_VERIFY_NEW(verify, uint32_t, n_buckets),
        .replica_keys = SR_VERIFY_NEW(verify, uint32_t, (size_t) capacity + 1),
        .documents = SR_VERIFY_NEW(verify, SrProviderDocument, verify->n_documents),
        .capacity = capacity,
        .n_buckets = n_buckets,
        .n_documents = verify->n_documents,
    };
    follower.hints = SR_VERIFY_NEW(verify, uint32_t, (size_t) capacity + 1);
    follower.keys = SR_VERIFY_NEW(verify, Key, (size_t) capacity + 1);
    follower.lines.take = take_line;
    follower.lines.is_aside = is_aside;
    sr_requests_init(&follower.requests, verify);
    read_rules(&follower);
    for (unsigned i = 0; i < G_N_ELEMENTS(kinds) && !explained; i++)
        explained = follow(&follower, (SrProviderKind) kinds[i]);
    if (explained)
        sr_requests_note_open(&follower.requests, false, verify);
    else
        sr_verify_report(&follower.lines);
    g_queue_clear(&follower.settles);
    g_array_unref(follower.requests.list);
    g_array_unref(follower.slots);
}

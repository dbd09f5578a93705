/* The lines of the two providers, by rules.
 *
 * How an encryption provider makes keys and forgets them is its own affair, so these rules say
 * only what every one keeps to: it answers whoever asked, once for each request, with a key that
 * it has made or found right before; what it discards it had; it keeps to one kind of retention.
 * Whether it should have kept a key is for the checks to say. */
#include "verify/verify-private.h"

#include <string.h>

#define NOBODY UINT32_MAX

/* A request that is not answered yet. */
typedef struct {
    uint32_t hint; /* of verify, SR_HINT_ABSENT for a new key */
    uint32_t next; /* of the same client, or NOBODY */
} Request;

typedef struct {
    uint32_t key;
    uint32_t document;
    bool live;
} Slot;

typedef struct {
    SrVerify *verify;
    const uint32_t *lines;
    uint32_t n, at;
    bool refused;
    GArray *requests;    /* Request; index + 1 in first */
    uint32_t *first;     /* n_clients: oldest request, or NOBODY */
    GArray *slots;       /* Slot, by hint */
    uint32_t *n_live;    /* n_documents */
    uint32_t *n_settled; /* n_documents: `key-settled` received */
    uint32_t kept;       /* `last`: how many keys are kept; 0: not known yet */
    SrRecord answer; /* `key-made`, `key-found` or `key-missing` that an answer must follow */
    bool due;        /* … it has not yet */
    bool answered;   /* the last answer was for that one: others may share it */
    SrReason retention;        /* of keys discarded so far; SR_REASON_NONE: none */
    uint32_t n_keys;           /* keys below were met before */
    uint32_t discards_to_come; /* `overwritten`: the hint that is made next */
} Store;

static void
refuse(Store *store, const char *why)
{
    SrVerify *verify = store->verify;

    store->refused = true;
    if (verify->lenient)
        return;
    sr_verify_refuse(verify, store->at < store->n ? store->lines[store->at] : SR_VERIFIED_END,
                     SR_NODE_ENCRYPTION_PROVIDER, NULL, 0, "%s", why);
}

static bool
sees(const Store *store, SrEvent event)
{
    return sr_verify_sees(store->verify, SR_KIND_ENCRYPTION_PROVIDER, event);
}

static Slot *
slot_of(Store *store, uint32_t hint)
{
    if (hint >= store->slots->len)
        g_array_set_size(store->slots, hint + 1);
    return &g_array_index(store->slots, Slot, hint);
}

/* ---- requests ---- */

static void
take_request(Store *store, const SrRecord *record)
{
    uint32_t *last = &store->first[record->peer - SR_NODE_FIRST_CLIENT];
    const Request request = { sr_verify_hint(store->verify, record), NOBODY };

    if (record->msg == SR_MSG_KEY_SETTLED) {
        store->n_settled[record->document]++;
        return;
    }
    while (*last != NOBODY)
        last = &g_array_index(store->requests, Request, *last).next;
    *last = store->requests->len;
    g_array_append_val(store->requests, request);
}

/* Takes the oldest request of @client for @hint. Returns: whether there was one */
static bool
answer_request(Store *store, uint32_t client, uint32_t hint)
{
    uint32_t *link = &store->first[client];

    while (*link != NOBODY) {
        const Request *request = &g_array_index(store->requests, Request, *link);

        if (request->hint == hint) {
            *link = request->next;
            return true;
        }
        link = &g_array_index(store->requests, Request, *link).next;
    }
    return false;
}

/* ---- answers ---- */

static void
answer_key(Store *store, const SrRecord *record, uint32_t client)
{
    uint32_t hint = sr_verify_hint(store->verify, record);
    bool made = store->answer.event == SR_EVENT_KEY_MADE;
    bool notes = sees(store, SR_EVENT_KEY_FOUND) || sees(store, SR_EVENT_KEY_MADE);
    /* Those who asked for a new key while one was made share it. */
    bool shared = notes && store->answered && !store->due, noted = shared || store->due;
    Slot *slot;

    if (notes) {
        if (!noted || store->answer.event == SR_EVENT_KEY_MISSING ||
            store->answer.hint != record->hint || store->answer.document != record->document ||
            (store->verify->own && store->answer.key != record->key) ||
            (store->verify->own && store->answer.t != record->t)) {
            refuse(store, "the provider has not made or found that key right before");
            return;
        }
    } else {
        slot = slot_of(store, hint);
        slot->key = MAX(record->key, 1);
        made = false;
    }
    store->answered = true;
    store->due = false;
    /* A made key is for who asked without a hint, except for an empty hint, which a provider may
     * make anew. A found one may be for either. */
    if (!(made && answer_request(store, client, SR_HINT_ABSENT)) &&
        !(!shared && answer_request(store, client, hint)) &&
        !answer_request(store, client, SR_HINT_ABSENT))
        refuse(store, "that client has no such request open");
}

static void
answer_refused(Store *store, const SrRecord *record, uint32_t client)
{
    uint32_t hint;

    if (record->reason == SR_REASON_UNAVAILABLE || record->reason == SR_REASON_NONE) {
        if (store->due)
            refuse(store, "the provider has just found or made a key");
        else if (!answer_request(store, client, SR_HINT_ABSENT))
            refuse(store, "that client has no request for a new key open");
        return;
    }
    if (!sees(store, SR_EVENT_KEY_MISSING)) {
        /* Which hint is unknown is not said: whichever was asked for. */
        hint = store->first[client] == NOBODY
                   ? SR_HINT_ABSENT
                   : g_array_index(store->requests, Request, store->first[client]).hint;
    } else if (!store->due || store->answer.event != SR_EVENT_KEY_MISSING ||
               (store->verify->own && store->answer.t != record->t)) {
        refuse(store, "the provider has not missed a key right before");
        return;
    } else {
        hint = sr_verify_hint(store->verify, &store->answer);
    }
    store->due = store->answered = false;
    if (hint == SR_HINT_ABSENT || !answer_request(store, client, hint))
        refuse(store, "that client has no request for that hint open");
}

/* ---- keys ---- */

static void
make(Store *store, const SrRecord *record)
{
    uint32_t hint = sr_verify_hint(store->verify, record);
    Slot *slot = slot_of(store, hint);

    if (store->verify->own) {
        if (slot->live) {
            refuse(store, "there is a key under that hint, and it is not discarded");
            return;
        }
        if (record->key < store->n_keys) {
            refuse(store, "that key was made before");
            return;
        }
        if (store->discards_to_come != SR_HINT_ABSENT && store->discards_to_come != hint) {
            refuse(store, "the key that was overwritten is made first");
            return;
        }
    }
    store->discards_to_come = SR_HINT_ABSENT;
    store->n_live[record->document] += !slot->live;
    *slot = (Slot){ MAX(record->key, 1), record->document, true };
    store->n_keys = MAX(store->n_keys, record->key + 1);
    store->answer = *record;
    /* The key of a session that is older than the log is nobody's answer. */
    store->due = store->at > 0 || store->verify->previous[record->document] != record->hint;
    store->answered = false;
}

/* A retention is of one kind. Returns: (nullable): why @record cannot be */
static const char *
check_retention(Store *store, const SrRecord *record)
{
    bool after_made = store->answer.event == SR_EVENT_KEY_MADE &&
                      store->answer.document == record->document &&
                      store->answer.hint != record->hint && store->answer.t == record->t &&
                      !store->answered;

    switch ((SrReason) record->reason) {
    case SR_REASON_OVERWRITTEN:
        store->discards_to_come = sr_verify_hint(store->verify, record);
        return NULL;
    case SR_REASON_ON_NEW_KEY:
    case SR_REASON_LAST:
        if (!after_made)
            return "no newer key was made right before";
        break;
    case SR_REASON_SETTLED:
        if (store->n_settled[record->document] == 0)
            return "no key was settled";
        break;
    case SR_REASON_AGE:
    case SR_REASON_MASTER_DROPPED:
        break;
    default:
        return "that is no reason to discard a key for";
    }
    if (store->retention != SR_REASON_NONE && store->retention != (SrReason) record->reason)
        return "other keys are discarded for another reason";
    store->retention = (SrReason) record->reason;
    return NULL;
}

static void
discard(Store *store, const SrRecord *record)
{
    Slot *slot = slot_of(store, sr_verify_hint(store->verify, record));
    const char *why;

    if (!slot->live && sees(store, SR_EVENT_KEY_MADE) && !store->verify->lenient) {
        refuse(store, "the provider has no key under that hint");
        return;
    }
    if (store->verify->own && (why = check_retention(store, record)) != NULL) {
        refuse(store, why);
        return;
    }
    if (slot->live)
        store->n_live[record->document]--;
    slot->live = false;
}

/* The one hint under which a key is found that nobody has made: that of a static key. */
static bool
is_empty(const Store *store, const SrRecord *record)
{
    const SrNames *names = &store->verify->trace->names;
    char text[SR_HINT_TEXT_MAX];

    return record->hint != SR_HINT_ABSENT && names->hint(names->data, record->hint, text) == 0;
}

static void
find(Store *store, const SrRecord *record)
{
    uint32_t hint = sr_verify_hint(store->verify, record);
    Slot *slot = slot_of(store, hint);

    /* An unstable provider makes a key each time; a static one never notes that it made its key. */
    if (store->verify->own && slot->key != SR_KEY_ABSENT && record->key != slot->key &&
        record->key < store->n_keys) {
        refuse(store, "that is the key of another hint");
        return;
    }
    if (store->verify->own && slot->key == SR_KEY_ABSENT && !is_empty(store, record)) {
        refuse(store, "no key was made under that hint");
        return;
    }
    if (slot->key == SR_KEY_ABSENT)
        *slot = (Slot){ MAX(record->key, 1), record->document, slot->live };
    store->n_keys = MAX(store->n_keys, record->key + 1);
    if (store->verify->own && store->due &&
        (store->answer.event != SR_EVENT_KEY_MADE || store->answer.hint != record->hint)) {
        refuse(store, "the answer is due first");
        return;
    }
    store->answer = *record;
    store->due = true;
    store->answered = false;
}

/* What a retention must have discarded once a made key is handed out. */
static void
check_kept(Store *store, const SrRecord *record)
{
    uint32_t n_live = store->n_live[record->document];

    if (!store->verify->own || store->answer.event != SR_EVENT_KEY_MADE || !store->due)
        return;
    if (store->retention == SR_REASON_ON_NEW_KEY && n_live > 1)
        refuse(store, "a new key discards all earlier ones of its document, as it did before");
    if (store->retention != SR_REASON_LAST)
        return;
    if (store->kept == 0)
        store->kept = n_live;
    if (n_live > store->kept)
        refuse(store, "only so many keys were kept before");
}

/* ---- following ---- */

static void
take_line(Store *store, const SrRecord *record)
{
    uint32_t client = record->peer - SR_NODE_FIRST_CLIENT;

    /* An answer is shared at once. */
    if (store->verify->own && record->event != SR_EVENT_SEND)
        store->answered = false;
    if (store->due && store->verify->own && record->event == SR_EVENT_RECEIVE) {
        refuse(store, "the answer is due first");
        return;
    }
    switch ((SrEvent) record->event) {
    case SR_EVENT_RECEIVE:
        if (sr_verify_goes_there(record))
            take_request(store, record);
        break;
    case SR_EVENT_SEND:
        if (!sr_verify_goes_there(record))
            break;
        check_kept(store, record);
        if (store->refused)
            break;
        if (record->msg == SR_MSG_KEY)
            answer_key(store, record, client);
        else if (record->msg == SR_MSG_KEY_REFUSED)
            answer_refused(store, record, client);
        break;
    case SR_EVENT_KEY_MADE:
        make(store, record);
        break;
    case SR_EVENT_KEY_DISCARDED:
        discard(store, record);
        break;
    case SR_EVENT_KEY_FOUND:
        find(store, record);
        break;
    case SR_EVENT_KEY_MISSING:
        store->answer = *record;
        store->due = true;
        store->answered = false;
        break;
    case SR_EVENT_FAULT:
        break;
    default:
        refuse(store, "an encryption provider does no such thing");
        break;
    }
}

/* Answers to no one in particular, when one that is due is not given. */
static void
check_due(Store *store, const SrRecord *record)
{
    bool discards = record->event == SR_EVENT_KEY_DISCARDED;

    if (!store->due || !store->verify->own || record->event == SR_EVENT_SEND ||
        record->event == SR_EVENT_KEY_FOUND || record->event == SR_EVENT_FAULT ||
        (discards && store->answer.event == SR_EVENT_KEY_MADE))
        return;
    refuse(store, "the answer is due first");
}

/* Requests that are not answered when the log ends. */
static void
note_open(const Store *store)
{
    unsigned n = 0;

    for (uint32_t client = 0; client < store->verify->n_clients; client++)
        for (uint32_t i = store->first[client]; i != NOBODY;
             i = g_array_index(store->requests, Request, i).next)
            n++;
    if (n > 0)
        sr_verify_note(store->verify,
                       n == 1 ? "%u request for a key is not answered before the log ends"
                              : "%u requests for keys are not answered before the log ends",
                       n);
}

void
sr_verify_encryption_provider(SrVerify *verify)
{
    uint32_t node = SR_NODE_ENCRYPTION_PROVIDER;
    Store store = {
        .verify = verify,
        .lines = verify->lines + verify->first[node],
        .n = verify->first[node + 1] - verify->first[node],
        .requests = g_array_new(FALSE, FALSE, sizeof(Request)),
        .first = g_new(uint32_t, (size_t) verify->n_clients + 1),
        .slots = g_array_new(FALSE, TRUE, sizeof(Slot)),
        .n_live = g_new0(uint32_t, verify->n_documents),
        .n_settled = g_new0(uint32_t, verify->n_documents),
        .n_keys = 1,
    };

    memset(store.first, 0xff, (size_t) verify->n_clients * sizeof *store.first);
    for (; store.at < store.n && !store.refused; store.at++) {
        const SrRecord *record = &verify->records[store.lines[store.at]];

        if (sr_verify_aside(record))
            continue;
        check_due(&store, record);
        if (!store.refused)
            take_line(&store, record);
        /* A refusal stays at its line. */
        if (store.refused)
            break;
    }
    if (!store.refused && store.due && verify->own)
        refuse(&store, "an answer is due when the trace ends");
    if (!store.refused)
        note_open(&store);
    g_array_unref(store.requests);
    g_array_unref(store.slots);
    g_free(store.first);
    g_free(store.n_live);
    g_free(store.n_settled);
}

/* ---- the token provider ---- */

/* It answers in the order in which it was asked. */
void
sr_verify_token_provider(SrVerify *verify)
{
    const uint32_t node = SR_NODE_TOKEN_PROVIDER;
    uint32_t first = verify->first[node], end = verify->first[node + 1];
    g_autofree uint32_t *waiting = g_new(uint32_t, (size_t) (end - first) + 1);
    uint32_t n_waiting = 0, n_served = 0;
    const SrRecord *last = NULL; /* `token-signed` */
    bool due = false,
         notes = sr_verify_sees(verify, SR_KIND_TOKEN_PROVIDER, SR_EVENT_TOKEN_SIGNED);

    for (uint32_t at = first; at < end; at++) {
        uint32_t i = verify->lines[at];
        const SrRecord *record = &verify->records[i];
        const char *why = NULL;

        if (sr_verify_aside(record))
            continue;
        if (due && verify->own && record->event != SR_EVENT_SEND) {
            why = "the token that was signed is sent first";
        } else if (record->event == SR_EVENT_RECEIVE) {
            waiting[n_waiting++] = record->peer;
        } else if (record->event == SR_EVENT_TOKEN_SIGNED) {
            last = record;
            due = true;
        } else if (record->event == SR_EVENT_SEND) {
            if (n_served == n_waiting)
                why = "nobody waits for a token";
            else if (verify->own && waiting[n_served++] != record->peer)
                why = "another client's request came first";
            else if (notes && last == NULL)
                why = "no token was signed";
            else if (notes &&
                     sr_verify_token(verify, record) != sr_verify_token(verify, last) &&
                     (verify->own || sr_verify_token(verify, record) != SR_TOKEN_NONE))
                why = "that is not the token that was signed last";
            else if (due && verify->own && record->t != last->t)
                why = "what one step does has one instant";
            n_served += !verify->own;
            due = false;
        } else if (record->event != SR_EVENT_FAULT) {
            why = "a token provider does no such thing";
        }
        if (why != NULL) {
            if (!verify->lenient)
                sr_verify_refuse(verify, i, node, NULL, 0, "%s", why);
            return;
        }
    }
    if (due && verify->own)
        sr_verify_refuse(verify, SR_VERIFIED_END, node, NULL, 0,
                         "a token is signed and not sent when the trace ends");
    if (n_served < n_waiting)
        sr_verify_note(verify,
                       n_waiting - n_served == 1
                           ? "%u request for a token is not answered before the log ends"
                           : "%u requests for tokens are not answered before the log ends",
                       n_waiting - n_served);
}

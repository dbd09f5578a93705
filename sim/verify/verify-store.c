/* What the lines of the encryption provider show without those of the server and of clients.
 *
 * Often nobody has a log of the server or of the clients, only that of the service that keeps the
 * keys. Most checks need more. But a look-up in vain after the key was there, two keys under one
 * hint, a request without answer and a key that is given out for two documents stand in these
 * lines alone. Discarding a key is no mistake as long as nobody asks for it. */
#include "verify/verify-private.h"

#define NOWHERE UINT32_MAX

/* What is known of a hint of a document. */
typedef struct {
    bool known;         /* there was a key */
    uint32_t key;       /* the first that is known; SR_KEY_ABSENT: none is */
    uint32_t discarded; /* the record; NOWHERE: it is not */
} Hint;

/* A key, and where it was first. */
typedef struct {
    bool known;
    uint32_t document, record;
} Key;

/* A request that is not answered yet. */
typedef struct {
    uint32_t client, hint, record;
    unsigned overtaken; /* how many requests that came later are answered */
} Open;

/* A request may be slower than this many later ones, but not than its client's own next one: a
 * client asks again only when it has given up on an answer. */
#define OVERTAKEN_MAX 8

typedef struct {
    SrVerify *verify;
    GArray *hints;   /* Hint, by sr_verify_hint() */
    Key *keys;       /* n_keys */
    GArray *open;    /* Open, the oldest first */
    uint32_t missed; /* the hint of the last `key-missing`; SR_HINT_ABSENT: none */
    unsigned n_given, n_keyed, n_asked, n_looked_up, n_answers;
    bool shared; /* a key of two documents has been noted */
} Store;

static Hint *
hint_at(Store *store, uint32_t hint)
{
    while (hint >= store->hints->len)
        g_array_append_vals(store->hints, &(Hint){ .discarded = NOWHERE }, 1);
    return &g_array_index(store->hints, Hint, hint);
}

static void
find(Store *store, SrCheckId id, uint32_t record, SrDetail detail)
{
    const SrRecord *cause = &store->verify->records[record];
    SrVerifiedCheck *check = &store->verify->found->checks[id];

    if (check->judgement == SR_JUDGEMENT_FAILS)
        return;
    check->judgement = SR_JUDGEMENT_FAILS;
    check->record = record;
    check->finding = (SrRecord){
        .node = SR_NODE_ENCRYPTION_PROVIDER,
        .event = SR_EVENT_CHECK_FAILED,
        .check = (uint8_t) id,
        .detail = (uint8_t) detail,
        .hint = cause->hint,
        .key = cause->key,
        .peer = cause->peer,
        .document = cause->document,
    };
}

/* ---- keys ---- */

/* @record gives out a key, or says that there is one. */
static void
take_key(Store *store, uint32_t i, const SrRecord *record)
{
    Hint *hint = hint_at(store, sr_verify_hint(store->verify, record));
    Key *key = &store->keys[record->key];

    store->n_given++;
    hint->known = true;
    if (record->event == SR_EVENT_KEY_MADE)
        hint->discarded = NOWHERE;
    if (record->key == SR_KEY_ABSENT)
        return;
    store->n_keyed++;
    if (hint->key == SR_KEY_ABSENT)
        hint->key = record->key;
    else if (hint->key != record->key)
        find(store, SR_CHECK_HINT_STABLE, i, SR_DETAIL_OTHER_KEY);
    if (!key->known) {
        *key = (Key){ .known = true, .document = record->document, .record = i };
    } else if (key->document != record->document && !store->shared) {
        g_autofree char *here = sr_verify_line(store->verify, i);
        g_autofree char *there = sr_verify_line(store->verify, key->record);

        store->shared = true;
        sr_verify_note(store->verify,
                       "%s gives a document the key that another document has at %s: whoever "
                       "may read one can read the other",
                       here, there);
    }
}

/* There is no key under the hint of @record, or of the request that it answers. */
static void
miss_key(Store *store, uint32_t i, uint32_t number)
{
    const Hint *hint = hint_at(store, number);

    if (!hint->known)
        return;
    if (hint->discarded != NOWHERE &&
        store->verify->found->checks[SR_CHECK_KEY_FOUND].judgement != SR_JUDGEMENT_FAILS) {
        g_autofree char *here = sr_verify_line(store->verify, i);
        g_autofree char *there = sr_verify_line(store->verify, hint->discarded);

        sr_verify_note(
            store->verify, "the key that %s asks for was discarded at %s (%s)", here, there,
            sr_reason_name((SrReason) store->verify->records[hint->discarded].reason));
    }
    find(store, SR_CHECK_KEY_FOUND, i, SR_DETAIL_ASKED_IN_VAIN);
}

/* ---- requests ---- */

/* Returns: the request that @record answers; NOWHERE: none is known */
static guint
find_request(const Store *store, const SrRecord *record, uint32_t hint)
{
    guint found = NOWHERE;

    for (guint i = 0; i < store->open->len; i++) {
        const Open *open = &g_array_index(store->open, Open, i);

        if (open->client != record->peer)
            continue;
        if (hint != SR_HINT_ABSENT && open->hint == hint)
            return i;
        if (found == NOWHERE && (hint == SR_HINT_ABSENT || open->hint == SR_HINT_ABSENT))
            found = i;
    }
    return found;
}

/* Request @at is answered before the older ones that are open. */
static void
overtake(Store *store, guint at)
{
    uint32_t client = g_array_index(store->open, Open, at).client;

    for (guint i = 0; i < at; i++) {
        Open *open = &g_array_index(store->open, Open, i);

        open->overtaken += open->client == client ? OVERTAKEN_MAX + 1 : 1;
    }
}

static void
take_answer(Store *store, uint32_t i, const SrRecord *record)
{
    uint32_t hint =
        record->msg == SR_MSG_KEY ? sr_verify_hint(store->verify, record) : store->missed;
    guint at = find_request(store, record, hint);

    store->n_answers++;
    if (record->msg == SR_MSG_KEY && record->hint != SR_HINT_ABSENT)
        take_key(store, i, record);
    if (at == NOWHERE)
        return;
    if (record->msg == SR_MSG_KEY_REFUSED && record->reason == SR_REASON_UNKNOWN_HINT &&
        store->missed == SR_HINT_ABSENT &&
        g_array_index(store->open, Open, at).hint != SR_HINT_ABSENT)
        miss_key(store, g_array_index(store->open, Open, at).record,
                 g_array_index(store->open, Open, at).hint);
    store->missed = SR_HINT_ABSENT;
    overtake(store, at);
    g_array_remove_index(store->open, at);
}

static void
take_request(Store *store, uint32_t i, const SrRecord *record)
{
    const Open open = { .client = record->peer,
                        .hint = sr_verify_hint(store->verify, record),
                        .record = i };

    store->n_asked++;
    store->n_looked_up += open.hint != SR_HINT_ABSENT;
    g_array_append_val(store->open, open);
}

/* The requests that stay open although too many later ones are answered. */
static void
find_unanswered(Store *store)
{
    for (guint i = 0; i < store->open->len; i++) {
        const Open *open = &g_array_index(store->open, Open, i);

        if (open->overtaken > OVERTAKEN_MAX)
            find(store, SR_CHECK_PROVIDER_ANSWERS, open->record, SR_DETAIL_UNANSWERED);
    }
}

/* ---- all ---- */

static void
take(Store *store, uint32_t i)
{
    const SrRecord *record = &store->verify->records[i];

    switch ((SrEvent) record->event) {
    case SR_EVENT_KEY_FOUND:
        store->n_looked_up++;
        G_GNUC_FALLTHROUGH;
    case SR_EVENT_KEY_MADE:
        if (record->hint != SR_HINT_ABSENT)
            take_key(store, i, record);
        break;
    case SR_EVENT_KEY_MISSING:
        store->n_looked_up++;
        store->missed = sr_verify_hint(store->verify, record);
        miss_key(store, i, store->missed);
        break;
    case SR_EVENT_KEY_DISCARDED:
        hint_at(store, sr_verify_hint(store->verify, record))->discarded = i;
        hint_at(store, sr_verify_hint(store->verify, record))->known = true;
        break;
    case SR_EVENT_RECEIVE:
        if (record->msg == SR_MSG_KEY_REQUEST)
            take_request(store, i, record);
        break;
    case SR_EVENT_SEND:
        if (record->msg == SR_MSG_KEY || record->msg == SR_MSG_KEY_REFUSED)
            take_answer(store, i, record);
        break;
    default:
        break;
    }
}

/* @judged: whether the lines show what the check looks at; @lacking: what they lack if not */
static void
conclude(const Store *store, SrCheckId id, bool judged, const char *lacking)
{
    SrVerifiedCheck *check = &store->verify->found->checks[id];

    if (check->judgement == SR_JUDGEMENT_FAILS)
        return;
    check->judgement = judged ? SR_JUDGEMENT_HOLDS : SR_JUDGEMENT_NOT_JUDGED;
    check->lacking = judged ? NULL : lacking;
}

/* Whether the log has lines of the encryption provider, and none of the server and of clients. */
static bool
is_alone(const SrVerify *verify)
{
    return verify->lenient && verify->n > 0 && verify->seen[SR_KIND_ENCRYPTION_PROVIDER] != 0 &&
           verify->seen[SR_KIND_SERVER] == 0 && verify->seen[SR_KIND_CLIENT] == 0;
}

void
sr_verify_store(SrVerify *verify)
{
    Store store = { .verify = verify };

    if (!is_alone(verify))
        return;
    verify->found->only_provider = true;
    store.hints = g_array_new(FALSE, FALSE, sizeof(Hint));
    store.open = g_array_new(FALSE, FALSE, sizeof(Open));
    store.keys = SR_VERIFY_NEW(verify, Key, verify->n_keys);
    for (uint32_t k = 0; k < verify->n; k++)
        take(&store, verify->order != NULL ? verify->order[k] : k);
    find_unanswered(&store);
    conclude(&store, SR_CHECK_KEY_FOUND, store.n_given > 0 && store.n_looked_up > 0,
             "no look-ups of hints that it gave out ('key-made', then 'key-found' or "
             "'key-missing')");
    conclude(&store, SR_CHECK_HINT_STABLE, store.n_keyed > 0,
             "no hint with the fingerprint of its key ('hint' and 'key')");
    conclude(&store, SR_CHECK_PROVIDER_ANSWERS, store.n_asked > 0 && store.n_answers > 0,
             "no requests with their answers ('receive' and 'send')");
    g_array_unref(store.hints);
    g_array_unref(store.open);
}

/* The lines of the two providers, by rules.
 *
 * The settings of another program's encryption provider are not known. So these rules, which are
 * weaker than the core on purpose, hold for every provider: it answers each request once, to the
 * client that asked, with a key that it has just made or found; and it discards only keys that it
 * has. The checks judge whether it should have kept a key. The encryption provider of a trace of
 * ours is followed by the core, in verify-keys.c. */
#include "verify/verify-private.h"

typedef struct {
    SrLines lines;
    SrRequests requests;
    GArray *live;        /* bool, by hint: there is a key */
    uint32_t *n_settled; /* n_documents: `key-settled` received */
    SrRecord answer; /* `key-made`, `key-found` or `key-missing` that an answer must follow */
    bool due;        /* the answer is still to come */
    bool answered;   /* an answer has followed it: other clients may get the same */
} Store;

static void
refuse(Store *store, const char *why)
{
    sr_verify_stop_here(&store->lines, why);
}

static bool
sees(const Store *store, SrEvent event)
{
    return sr_verify_sees(store->lines.verify, SR_KIND_ENCRYPTION_PROVIDER, event);
}

static bool *
live_of(Store *store, const SrRecord *record)
{
    uint32_t hint = sr_verify_hint(store->lines.verify, record);

    if (hint >= store->live->len)
        g_array_set_size(store->live, hint + 1);
    return &g_array_index(store->live, bool, hint);
}

/* ---- requests ---- */

static void
take_request(Store *store, const SrRecord *record)
{
    const SrRequest request = { .hint = sr_verify_hint(store->lines.verify, record) };

    if (record->msg == SR_MSG_KEY_SETTLED)
        store->n_settled[record->document]++;
    else
        sr_requests_add(&store->requests, record->peer - SR_NODE_FIRST_CLIENT, request);
}

/* ---- answers ---- */

static void
answer_key(Store *store, const SrRecord *record, uint32_t client)
{
    uint32_t hint = sr_verify_hint(store->lines.verify, record);
    bool notes = sees(store, SR_EVENT_KEY_FOUND) || sees(store, SR_EVENT_KEY_MADE);
    bool made = notes && store->answer.event == SR_EVENT_KEY_MADE;
    /* Clients that asked for a new key while one was made share it. */
    bool shared = notes && store->answered && !store->due;

    if (notes &&
        ((!shared && !store->due) || store->answer.event == SR_EVENT_KEY_MISSING ||
         store->answer.hint != record->hint || store->answer.document != record->document)) {
        refuse(store, "the provider has not made or found that key right before");
        return;
    }
    store->answered = true;
    store->due = false;
    /* A key that is made answers a request without hint; with an empty hint, also a look-up. A key
     * that is found answers either. */
    if (!(made && sr_requests_take(&store->requests, client, SR_HINT_ABSENT, false)) &&
        !(!shared && sr_requests_take(&store->requests, client, hint, false)) &&
        !sr_requests_take(&store->requests, client, SR_HINT_ABSENT, false))
        refuse(store, "that client has no such request open");
}

/* Returns: the hint of the oldest look-up of @client; SR_HINT_ABSENT: none is open */
static uint32_t
hint_asked(const Store *store, uint32_t client)
{
    uint32_t hint = SR_HINT_ABSENT;

    for (uint32_t i = store->requests.first[client];
         i != SR_NO_REQUEST && hint == SR_HINT_ABSENT;
         i = sr_request_at(&store->requests, i)->next)
        hint = sr_request_at(&store->requests, i)->hint;
    return hint;
}

static void
answer_refused(Store *store, const SrRecord *record, uint32_t client)
{
    bool own = store->lines.verify->own_provider;
    uint32_t hint;

    if (record->reason == SR_REASON_UNAVAILABLE || record->reason == SR_REASON_NONE ||
        record->reason == SR_REASON_BAD_SHAPE) {
        hint = own ? hint_asked(store, client) : SR_HINT_ABSENT;
        if (store->due && !own)
            refuse(store, "the provider has just found or made a key");
        else if (!sr_requests_take(&store->requests, client, SR_HINT_ABSENT, false) &&
                 !(hint != SR_HINT_ABSENT &&
                   sr_requests_take(&store->requests, client, hint, false)))
            refuse(store, own ? "that client has no request open"
                              : "that client has no request for a new key open");
        return;
    }
    if (!sees(store, SR_EVENT_KEY_MISSING)) {
        /* The log does not say which hint is unknown: it is any that was asked for. */
        hint = hint_asked(store, client);
    } else if (!store->due || store->answer.event != SR_EVENT_KEY_MISSING) {
        refuse(store, "the provider has not missed a key right before");
        return;
    } else {
        hint = sr_verify_hint(store->lines.verify, &store->answer);
    }
    store->due = store->answered = false;
    if (hint == SR_HINT_ABSENT || !sr_requests_take(&store->requests, client, hint, false))
        refuse(store, "that client has no request for that hint open");
}

/* ---- keys ---- */

static void
discard(Store *store, const SrRecord *record)
{
    bool *live = live_of(store, record);

    if (!*live && sees(store, SR_EVENT_KEY_MADE) && !store->lines.verify->lenient)
        refuse(store, "the provider has no key under that hint");
    else if (record->reason == SR_REASON_SETTLED && store->n_settled[record->document] == 0)
        refuse(store, "no key was settled");
    *live = false;
}

/* ---- following ---- */

static void
take_line(SrLines *lines, const SrRecord *record)
{
    Store *store = (Store *) lines;
    uint32_t client = record->peer - SR_NODE_FIRST_CLIENT;

    switch ((SrEvent) record->event) {
    case SR_EVENT_RECEIVE:
        if (sr_verify_goes_there(record))
            take_request(store, record);
        break;
    case SR_EVENT_SEND:
        if (!sr_verify_goes_there(record))
            break;
        if (record->msg == SR_MSG_KEY)
            answer_key(store, record, client);
        else if (record->msg == SR_MSG_KEY_REFUSED)
            answer_refused(store, record, client);
        break;
    case SR_EVENT_KEY_DISCARDED:
        discard(store, record);
        break;
    case SR_EVENT_KEY_MADE:
    case SR_EVENT_KEY_FOUND:
    case SR_EVENT_KEY_MISSING:
        if (record->event == SR_EVENT_KEY_MADE)
            *live_of(store, record) = true;
        store->answer = *record;
        /* Nobody asked for the key of a session that is older than the log. */
        store->due = record->event != SR_EVENT_KEY_MADE || store->lines.at > 0 ||
                     store->lines.verify->previous[record->document] != record->hint;
        store->answered = false;
        break;
    case SR_EVENT_FAULT:
    /* A program of the user's own; who logs what, nobody knows. */
    case SR_EVENT_WAITS:
    case SR_EVENT_WAKES:
    case SR_EVENT_REFUSED:
    case SR_EVENT_STUCK:
    case SR_EVENT_PROVIDER_BROKE:
    case SR_EVENT_KEY_EXPOSED:
        break;
    default:
        refuse(store, "an encryption provider does no such thing");
        break;
    }
    lines->at++;
}

void
sr_verify_encryption_provider(SrVerify *verify)
{
    Store store = {
        .lines = sr_verify_lines(verify, SR_NODE_ENCRYPTION_PROVIDER),
        .live = g_array_new(FALSE, TRUE, sizeof(bool)),
        .n_settled = SR_VERIFY_NEW(verify, uint32_t, verify->n_documents),
    };

    sr_requests_init(&store.requests, verify);
    store.lines.take = take_line;
    if (sr_verify_follow(&store.lines))
        sr_requests_note_open(&store.requests, false, verify);
    else if (!verify->lenient)
        sr_verify_report(&store.lines);
    g_array_unref(store.requests.list);
    g_array_unref(store.live);
}

/* ---- the token provider ---- */

/* It answers in the order of the requests; that of another program need not. This is weaker than
 * the core on purpose: how long it repeats a token is not known. */
void
sr_verify_token_provider(SrVerify *verify)
{
    bool own = verify->own,
         notes = sr_verify_sees(verify, SR_KIND_TOKEN_PROVIDER, SR_EVENT_TOKEN_SIGNED);
    SrLines lines = sr_verify_lines(verify, SR_NODE_TOKEN_PROVIDER);
    uint32_t *waiting = SR_VERIFY_NEW(verify, uint32_t, lines.n);
    uint32_t n_waiting = 0, n_served = 0;
    const SrRecord *record, *last = NULL; /* `token-signed` */
    const char *why = NULL;
    bool due = false; /* the token of @last is still to be sent */

    while (why == NULL && (record = sr_verify_next(&lines, &lines.at)) != NULL) {
        if (due && own && record->event != SR_EVENT_SEND) {
            why = "the token that was signed is sent first";
        } else if (record->event == SR_EVENT_RECEIVE) {
            waiting[n_waiting++] = record->peer;
        } else if (record->event == SR_EVENT_TOKEN_SIGNED) {
            last = record;
            due = true;
        } else if (record->event == SR_EVENT_SEND) {
            int64_t token = sr_verify_token(verify, record);

            if (n_served == n_waiting)
                why = "nobody waits for a token";
            else if (own && waiting[n_served] != record->peer)
                why = "another client's request came first";
            else if (notes && last == NULL)
                why = "no token was signed";
            else if (notes && token != sr_verify_token(verify, last) &&
                     (own || token != SR_TOKEN_NONE))
                why = "that is not the token that was signed last";
            else if (due && own && record->t != last->t)
                why = "what one step does has one instant";
            n_served++;
            due = false;
        } else if (record->event != SR_EVENT_FAULT) {
            why = "a token provider does no such thing";
        }
    }
    if (why != NULL)
        sr_verify_stop(&lines, lines.at - 1, NULL, why);
    else
        sr_verify_note_rest(verify, n_waiting - n_served, "request for a token is not answered",
                            "requests for tokens are not answered");
    if (why == NULL && due && own)
        sr_verify_stop_here(&lines, "a token is signed and not sent when the trace ends");
    if (lines.refused && !verify->lenient)
        sr_verify_report(&lines);
}

/* The lines of a provider of a trace of ours that was the user's own program: the encryption
 * provider, or the token provider.
 *
 * What such a program makes of a request nobody can know, so the rules are weaker than those of
 * the core on purpose: an answer closes a request that is open, right after the lines that say
 * what was answered; what it goes on with it has waited for; a request that nothing can answer
 * is not answered. A program that broke says nothing more; what it had answered before may still
 * leave. Its run asks it for keys that no client asked for: before the first request, for the
 * key of an older session, and as the last thing of all. Nothing is sent then.
 *
 * A signer is not asked aside. It sends what it has just signed. */
#include "verify/verify-private.h"

typedef struct {
    SrLines lines;
    SrRequests requests;
    uint32_t *n_open, *n_stuck; /* n_clients: of its open requests */
    GHashTable *waits;          /* wait → STANDS or OVER */
    GHashTable *stuck;          /* ids */
    bool signer;                /* else it is the encryption provider */
    bool asked; /* a request was received: the key of an older session comes before */
    bool over;  /* it was asked after the run */
    bool broken;
} Follower;

enum { STANDS = 1, OVER };

static const char too_late[] =
    "the lines before answer questions of no client, which come when all else is over";

static void
refuse(Follower *follower, const char *why)
{
    sr_verify_stop_here(&follower->lines, why);
}

/* A line that belongs to a question of no client: that comes first or last. */
static void
take_aside(Follower *follower)
{
    follower->over |= follower->asked;
}

/* ---- requests and answers ---- */

static void
take_request(Follower *follower, const SrRecord *record)
{
    uint32_t client = record->peer - SR_NODE_FIRST_CLIENT;
    const SrRequest request = { .hint = sr_verify_hint(follower->lines.verify, record) };

    if (record->msg == SR_MSG_KEY_SETTLED)
        return;
    follower->asked = true;
    /* A program that broke answers nothing that comes later. */
    if (follower->broken)
        return;
    follower->n_open[client]++;
    sr_requests_add(&follower->requests, client, request);
}

/* Returns: (nullable): the line after the next one, when it is an answer at the same instant */
static const SrRecord *
find_answer(const Follower *follower, const SrRecord *note, SrMsg msg)
{
    uint32_t at = follower->lines.at + 1;
    const SrRecord *record = sr_verify_next(&follower->lines, &at);

    return record != NULL && record->event == SR_EVENT_SEND && record->msg == msg &&
                   record->t == note->t &&
                   (follower->signer || record->document == note->document) &&
                   sr_verify_goes_there(record)
               ? record
               : NULL;
}

/* An answer closes a request of @client for @hint, or else for a new key. The other way round a
 * look-up could be left that is answered already. Returns: (nullable): why it cannot */
static const char *
close_request(Follower *follower, uint32_t client, uint32_t hint)
{
    const SrRequests *requests = &follower->requests;

    if (follower->over)
        return too_late;
    if (!sr_requests_take(requests, client, hint, false) &&
        !sr_requests_take(requests, client, SR_HINT_ABSENT, false))
        return "that client has no such request open";
    if (--follower->n_open[client] < follower->n_stuck[client])
        return "nothing can answer that request";
    return NULL;
}

/* `key-made` or `key-found`. The next line is its answer, but to a question of no client. */
/* @record, a note, is sent as @answer, which closes a request. */
static void
pass_answer(Follower *follower, const SrRecord *record, const SrRecord *answer)
{
    const char *why = close_request(follower, answer->peer - SR_NODE_FIRST_CLIENT,
                                    sr_verify_hint(follower->lines.verify, record));

    if (why != NULL)
        refuse(follower, why);
    else
        sr_verify_pass(&follower->lines, answer);
}

static void
take_key(Follower *follower, const SrRecord *record)
{
    const SrRecord *answer = find_answer(follower, record, SR_MSG_KEY);

    if (answer == NULL || answer->hint != record->hint || answer->key != record->key) {
        take_aside(follower);
        return;
    }
    pass_answer(follower, record, answer);
}

static void
take_refused(Follower *follower, const SrRecord *record)
{
    const SrRecord *answer = find_answer(
        follower, record, follower->signer ? SR_MSG_TOKEN_REFUSED : SR_MSG_KEY_REFUSED);

    if (record->peer < SR_NODE_FIRST_CLIENT) {
        take_aside(follower);
        return;
    }
    if (answer == NULL || answer->peer != record->peer || answer->reason != record->reason) {
        refuse(follower, "the refusal is not sent");
        return;
    }
    pass_answer(follower, record, answer);
}

/* `key-missing`: the refusal of that hint is next. */
static void
take_missing(Follower *follower, const SrRecord *record)
{
    uint32_t at = follower->lines.at + 1;
    const SrRecord *next = sr_verify_next(&follower->lines, &at);

    if (next == NULL || next->event != SR_EVENT_REFUSED || next->hint != record->hint ||
        next->document != record->document || next->t != record->t)
        refuse(follower, "the provider does not refuse that hint next");
}

/* ---- tokens ---- */

/* `token-signed`: that token is sent next. */
static void
take_signed(Follower *follower, const SrRecord *record)
{
    const SrRecord *answer = find_answer(follower, record, SR_MSG_TOKEN);

    if (follower->broken)
        refuse(follower, "the provider has broken before");
    else if (answer == NULL || sr_verify_token(follower->lines.verify, answer) !=
                                   sr_verify_token(follower->lines.verify, record))
        refuse(follower, "the token that was signed is sent first");
    else
        pass_answer(follower, record, answer);
}

/* ---- what it waits for, and what it cannot do any more ---- */

static void
take_wait(Follower *follower, const SrRecord *record)
{
    void *wait = GSIZE_TO_POINTER((gsize) record->call.wait);

    if (follower->broken)
        refuse(follower, "the provider has broken before");
    else if (g_hash_table_contains(follower->waits, wait))
        refuse(follower, "the provider has used that number of a wait before");
    else
        g_hash_table_insert(follower->waits, wait, GUINT_TO_POINTER(STANDS));
}

static void
take_wake(Follower *follower, const SrRecord *record)
{
    void *wait = GSIZE_TO_POINTER((gsize) record->call.wait);

    if (follower->broken)
        refuse(follower, "the provider has broken before");
    else if (g_hash_table_lookup(follower->waits, wait) != GUINT_TO_POINTER(STANDS))
        refuse(follower, "the provider does not wait for that");
    else
        g_hash_table_insert(follower->waits, wait, GUINT_TO_POINTER(OVER));
}

static void
take_stuck(Follower *follower, const SrRecord *record)
{
    uint32_t client = record->peer - SR_NODE_FIRST_CLIENT;

    if (follower->broken)
        refuse(follower, "the provider has broken before");
    else if (!g_hash_table_add(follower->stuck, GSIZE_TO_POINTER((gsize) record->id)))
        refuse(follower, "that request is stuck already");
    else if (record->peer < SR_NODE_FIRST_CLIENT)
        take_aside(follower);
    else if (++follower->n_stuck[client] > follower->n_open[client])
        refuse(follower, "that client has no such request open");
}

static void
take_break(Follower *follower, const SrRecord *record)
{
    if (follower->broken)
        refuse(follower, "the provider has broken before");
    /* A program goes on after a rejection that it did not handle. */
    follower->broken = record->reason != SR_REASON_UNHANDLED_REJECTION;
}

/* ---- following ---- */

/* Returns: whether @record is a line that either kind of provider has, and was taken */
static bool
take_common(Follower *follower, const SrRecord *record)
{
    if (follower->over &&
        (record->event == SR_EVENT_RECEIVE || record->event == SR_EVENT_FAULT))
        refuse(follower, too_late);
    switch ((SrEvent) record->event) {
    case SR_EVENT_RECEIVE:
        if (sr_verify_goes_there(record))
            take_request(follower, record);
        break;
    case SR_EVENT_REFUSED:
        take_refused(follower, record);
        break;
    case SR_EVENT_WAITS:
        take_wait(follower, record);
        break;
    case SR_EVENT_WAKES:
        take_wake(follower, record);
        break;
    case SR_EVENT_STUCK:
        take_stuck(follower, record);
        break;
    case SR_EVENT_PROVIDER_BROKE:
        take_break(follower, record);
        break;
    case SR_EVENT_FAULT:
        break;
    default:
        return false;
    }
    return true;
}

static void
take_line_of_keys(Follower *follower, const SrRecord *record)
{
    switch ((SrEvent) record->event) {
    case SR_EVENT_SEND:
        refuse(follower, "the provider has not made, found or refused that key right before");
        break;
    case SR_EVENT_KEY_MADE:
    case SR_EVENT_KEY_FOUND:
        take_key(follower, record);
        break;
    case SR_EVENT_KEY_MISSING:
        take_missing(follower, record);
        break;
    case SR_EVENT_KEY_EXPOSED: /* of the key that comes next */
        break;
    default:
        refuse(follower, "an encryption provider does no such thing");
        break;
    }
}

static void
take_line_of_tokens(Follower *follower, const SrRecord *record)
{
    if (record->event == SR_EVENT_TOKEN_SIGNED)
        take_signed(follower, record);
    else if (record->event == SR_EVENT_SEND)
        refuse(follower, "the provider has not signed that token, or refused one right before");
    else
        refuse(follower, "a token provider does no such thing");
}

static void
take_line(SrLines *lines, const SrRecord *record)
{
    Follower *follower = (Follower *) lines;

    if (!take_common(follower, record))
        (follower->signer ? take_line_of_tokens : take_line_of_keys)(follower, record);
    /* An answer is passed together with its note. */
    if (lines->at < lines->n && sr_verify_record(lines, lines->at) == record)
        lines->at++;
}

static void
follow(SrVerify *verify, uint32_t node)
{
    Follower follower = {
        .lines = sr_verify_lines(verify, node),
        .signer = node == SR_NODE_TOKEN_PROVIDER,
        .n_open = SR_VERIFY_NEW(verify, uint32_t, verify->n_clients),
        .n_stuck = SR_VERIFY_NEW(verify, uint32_t, verify->n_clients),
        .waits = g_hash_table_new(NULL, NULL),
        .stuck = g_hash_table_new(NULL, NULL),
    };

    sr_requests_init(&follower.requests, verify);
    follower.lines.take = take_line;
    if (sr_verify_follow(&follower.lines))
        sr_requests_note_open(&follower.requests, follower.signer, verify);
    else
        sr_verify_report(&follower.lines);
    g_array_unref(follower.requests.list);
    g_hash_table_unref(follower.waits);
    g_hash_table_unref(follower.stuck);
}

void
sr_verify_own_provider(SrVerify *verify)
{
    follow(verify, SR_NODE_ENCRYPTION_PROVIDER);
}

void
sr_verify_own_signer(SrVerify *verify)
{
    follow(verify, SR_NODE_TOKEN_PROVIDER);
}

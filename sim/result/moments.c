/* Follows a trace. What the server has for a document is asked of the checks, which follow it for
 * themselves. */
#include "result/moments.h"

#include <string.h>

#include "check/check-state.h"
#include "result/moments-private.h"

struct SrMomentsChecks {
    SrCheckContext context;
    uint32_t *client_document, *previous_hint;
    SrChecks *checks;
};

/* Returns: more than any hint of @trace */
static uint32_t
count_hints(const SrTrace *trace)
{
    uint32_t n = 0;

    for (size_t i = 0; i < trace->n_records; i++)
        n = MAX(n, trace->records[i].hint);
    return n + 1;
}

static struct SrMomentsChecks *
checks_new(const SrMoments *moments)
{
    struct SrMomentsChecks *checks = g_new0(struct SrMomentsChecks, 1);

    checks->client_document = g_new0(uint32_t, moments->n_clients + 1);
    checks->previous_hint = g_new0(uint32_t, moments->n_documents);
    checks->context = (SrCheckContext){
        .n_documents = moments->n_documents,
        .n_clients = moments->n_clients,
        .client_document = checks->client_document,
        .previous_hint = checks->previous_hint,
    };
    checks->checks = sr_checks_new(&checks->context);
    sr_checks_reserve_hints(checks->checks, count_hints(moments->trace));
    return checks;
}

/* What the first line says of clocks: where one is off, it says so of the other, too. */
static void
read_first_clocks(SrMoments *moments)
{
    const SrTrace *trace = moments->trace;
    SrMomentClock *server = &moments->clocks[SR_NODE_SERVER],
                  *signer = &moments->clocks[SR_NODE_TOKEN_PROVIDER];

    server->is_set = trace->server_ahead != 0 || trace->signer_ahead != 0;
    server->offset = trace->server_ahead;
    signer->is_set = server->is_set && !trace->own_signer;
    signer->offset = trace->signer_ahead;
}

SrMoments *
sr_moments_new(const SrTrace *trace)
{
    SrMoments *moments = g_new0(SrMoments, 1);
    uint32_t n_nodes = MAX(trace->names.n_nodes, SR_NODE_FIRST_CLIENT);

    g_assert(trace->n_records < SR_MOMENT_NEVER);
    moments->trace = trace;
    moments->n_clients = n_nodes - SR_NODE_FIRST_CLIENT;
    moments->n_documents = MAX(trace->names.n_documents, 1);
    moments->clients = g_new0(SrMomentClient, moments->n_clients + 1);
    moments->documents = g_new0(SrMomentDocument, moments->n_documents);
    moments->clocks = g_new0(SrMomentClock, n_nodes);
    moments->checks = checks_new(moments);
    read_first_clocks(moments);
    return moments;
}

void
sr_moments_free(SrMoments *moments)
{
    if (moments == NULL)
        return;
    sr_checks_free(moments->checks->checks);
    g_free(moments->checks->client_document);
    g_free(moments->checks->previous_hint);
    g_free(moments->checks);
    g_free(moments->clients);
    g_free(moments->documents);
    g_free(moments->clocks);
    g_free(moments);
}

/* ---- clients ---- */

/* A client that is not there, or has ended, takes no key. */
static bool
takes_keys(const SrMomentClient *client)
{
    switch ((SrClientState) client->state) {
    case SR_CLIENT_IDLE:
    case SR_CLIENT_FAILED:
    case SR_CLIENT_CRASHED:
    case SR_CLIENT_CLOSED:
        return false;
    case SR_CLIENT_TOKEN:
    case SR_CLIENT_CONNECTING:
    case SR_CLIENT_REQUESTING:
    case SR_CLIENT_MAKING_KEY:
    case SR_CLIENT_SEALING:
    case SR_CLIENT_CREATED:
    case SR_CLIENT_WAITING:
    case SR_CLIENT_UPLOADING:
    case SR_CLIENT_RESUMING:
    case SR_CLIENT_LOOKING_UP:
    case SR_CLIENT_DERIVING:
    case SR_CLIENT_JOINING:
    case SR_CLIENT_COLLABORATING:
    case SR_CLIENT_RECONNECTING:
        return true;
    }
    g_assert_not_reached();
}

/* Another key under the same hint takes the place of the first; else the oldest makes room. */
static void
hold(SrMomentClient *client, uint32_t hint, uint32_t key)
{
    unsigned at = 0;

    while (at < client->n_keys && client->keys[at].hint != hint)
        at++;
    if (at == SR_MOMENT_KEYS_MAX) {
        memmove(client->keys, client->keys + 1, sizeof client->keys - sizeof *client->keys);
        at--;
    }
    client->keys[at] = (SrMomentKey){ hint, key };
    client->n_keys = (uint8_t) MAX(client->n_keys, at + 1);
}

static void
forget_keys(SrMomentClient *client)
{
    client->n_keys = 0;
    memset(client->keys, 0, sizeof client->keys);
}

static void
step_client(SrMomentClient *client, const SrRecord *record)
{
    switch ((SrEvent) record->event) {
    case SR_EVENT_STATE:
        client->state = record->to;
        if (record->to == SR_CLIENT_CRASHED)
            forget_keys(client);
        if (record->to != SR_CLIENT_FAILED)
            client->reason = SR_REASON_NONE;
        break;
    case SR_EVENT_FAILED:
        client->reason = record->reason;
        break;
    case SR_EVENT_RECEIVE:
        if (record->msg == SR_MSG_KEY && record->key != SR_KEY_ABSENT && takes_keys(client))
            hold(client, record->hint, record->key);
        if (record->msg == SR_MSG_CLOSED && record->reason == SR_REASON_CLIENT_UPDATE_REQUIRED)
            forget_keys(client);
        break;
    case SR_EVENT_CONNECTION_OPENED:
        client->conn = MAX(record->conn, 1);
        break;
    case SR_EVENT_CONNECTION_CLOSED:
        client->conn = 0;
        break;
    default: /* changes nothing that is shown of it */
        break;
    }
}

/* ---- the server ---- */

/* What was there before the first message is of an older session. An upgrade makes the active sessions
 * such ones. */
static void
find_outdated(SrMoments *moments, const SrRecord *record)
{
    SrMomentDocument *document = &moments->documents[record->document];

    moments->sent |= record->event == SR_EVENT_SEND;
    if ((record->event == SR_EVENT_KEY_MADE && !moments->sent) ||
        (record->event == SR_EVENT_SEND && record->msg == SR_MSG_SESSION_NONE &&
         record->hint != SR_HINT_ABSENT))
        document->outdated = record->hint;
    else if (record->event == SR_EVENT_ESTABLISHED)
        document->outdated = SR_HINT_ABSENT;
    for (uint32_t i = 0; record->event == SR_EVENT_FAULT &&
                         record->action == SR_FAULT_UPGRADE && i < moments->n_documents;
         i++)
        if (moments->documents[i].active)
            moments->documents[i].outdated = moments->documents[i].session;
}

static void
read_standing(SrMoments *moments, uint32_t i)
{
    const SrStanding *standing =
        &sr_checks_state(moments->checks->checks)->documents[i].nobody_stuck;
    SrMomentDocument *document = &moments->documents[i];

    document->stands = standing->stands;
    document->active = standing->active;
    document->owner = standing->owner;
    document->creation = standing->creation;
    document->session = standing->session;
}

static void
step_documents(SrMoments *moments, const SrRecord *record)
{
    find_outdated(moments, record);
    sr_checks_step(moments->checks->checks, record);
    if (record->event != SR_EVENT_FAULT) {
        read_standing(moments, record->document);
        return;
    }
    for (uint32_t i = 0; i < moments->n_documents; i++)
        read_standing(moments, i);
}

/* ---- clocks ---- */

static void
step_clock(SrMoments *moments, const SrRecord *record)
{
    SrMomentClock *clock = &moments->clocks[record->node];
    bool signs = record->event == SR_EVENT_TOKEN_SIGNED && record->has & SR_HAS_IAT;

    if (record->event == SR_EVENT_CLOCK) {
        clock->is_set = true;
        clock->offset = record->clock.offset;
    }
    if (!signs && record->event != SR_EVENT_TOKEN_JUDGED)
        return;
    clock->was_read = true;
    clock->reading = signs ? record->token.iat : record->token.now;
    clock->read_at = record->t;
}

void
sr_moments_step(SrMoments *moments)
{
    g_assert(moments->n < moments->trace->n_records);
    const SrRecord *record = &moments->trace->records[moments->n++];
    uint32_t client = record->node - SR_NODE_FIRST_CLIENT;

    if (record->event == SR_EVENT_CHECK_FAILED)
        return;
    if (client < moments->n_clients)
        step_client(&moments->clients[client], record);
    step_documents(moments, record);
    step_clock(moments, record);
}

/* ---- the store ---- */

GArray *
sr_moments_keys(const SrTrace *trace)
{
    GArray *keys = g_array_new(FALSE, FALSE, sizeof(SrStoredKey));
    /* the place in @keys, from 1, of the key that each hint names now */
    g_autoptr(GHashTable) present = g_hash_table_new(NULL, NULL);

    for (uint32_t i = 0; i < trace->n_records; i++) {
        const SrRecord *record = &trace->records[i];
        gpointer place = sr_moments_place(record);
        guint at = GPOINTER_TO_UINT(g_hash_table_lookup(present, place));

        /* A static key is never made: it shows when it is found. */
        if (record->event != SR_EVENT_KEY_MADE && record->event != SR_EVENT_KEY_DISCARDED &&
            (record->event != SR_EVENT_KEY_FOUND || at > 0))
            continue;
        if (at > 0)
            g_array_index(keys, SrStoredKey, at - 1).gone = i;
        g_hash_table_remove(present, place);
        if (record->event == SR_EVENT_KEY_DISCARDED)
            continue;
        g_array_append_vals(keys,
                            &(SrStoredKey){ .made = i,
                                            .gone = SR_MOMENT_NEVER,
                                            .hint = record->hint,
                                            .key = record->key,
                                            .document = record->document },
                            1);
        g_hash_table_insert(present, place, GUINT_TO_POINTER(keys->len));
    }
    return keys;
}

/* ---- messages ---- */

GArray *
sr_moments_messages(const SrTrace *trace)
{
    GArray *messages = g_array_new(FALSE, FALSE, sizeof(SrSentMessage));
    /* the place in @messages, from 1, of the last one with each number */
    g_autoptr(GHashTable) places = g_hash_table_new(NULL, NULL);

    for (uint32_t i = 0; i < trace->n_records; i++) {
        const SrRecord *record = &trace->records[i];
        gpointer id = sr_moments_message(record);

        if (record->event == SR_EVENT_SEND) {
            g_array_append_vals(messages, &(SrSentMessage){ i, SR_MOMENT_NEVER }, 1);
            g_hash_table_insert(places, id, GUINT_TO_POINTER(messages->len));
        } else if (record->event == SR_EVENT_RECEIVE || record->event == SR_EVENT_LOSE) {
            guint at = GPOINTER_TO_UINT(g_hash_table_lookup(places, id));

            if (at > 0)
                g_array_index(messages, SrSentMessage, at - 1).ended = i;
        }
    }
    return messages;
}

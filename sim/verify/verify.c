/* Verification: the steps that judge a log, and their result.
 *
 * A line is explained if its node can do it after its earlier lines. That needs no order among
 * nodes. Sends and receives of messages must fit. Only the checks need an order of all records. */
#include "verify/verify-private.h"

#include "session-race/run.h"

#include <string.h>
#include <xxhash.h>

/* ---- the result ---- */

void
sr_verified_free(SrVerified *verified)
{
    if (verified == NULL)
        return;
    g_free(verified->why);
    g_ptr_array_unref(verified->notes);
    g_free(verified);
}

uint32_t
sr_verified_failed(const SrVerified *verified)
{
    uint32_t failed = 0;

    for (unsigned i = 0; i < SR_CHECK_N; i++)
        if (verified->checks[i].judgement == SR_JUDGEMENT_FAILS)
            failed |= UINT32_C(1) << i;
    return failed;
}

bool
sr_verified_says_nothing(const SrVerified *verified)
{
    if (!verified->explained)
        return false;
    for (unsigned i = 0; i < SR_CHECK_N; i++)
        if (verified->checks[i].judgement == SR_JUDGEMENT_HOLDS ||
            verified->checks[i].judgement == SR_JUDGEMENT_FAILS)
            return false;
    return true;
}

void
sr_verify_refuse(SrVerify *verify, uint32_t record, uint32_t node, const SrRecord *allowed,
                 unsigned n_allowed, const char *format, ...)
{
    SrVerified *found = verify->found;
    va_list arguments;

    g_hash_table_add(verify->unexplained, GUINT_TO_POINTER(node));
    if (!found->explained &&
        sr_verify_place(verify, record) >= sr_verify_place(verify, found->record))
        return;
    found->explained = false;
    found->record = record;
    found->node = node;
    found->n_explained =
        record == SR_VERIFIED_END ? verify->n : sr_verify_place(verify, record);
    g_free(found->why);
    va_start(arguments, format);
    found->why = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    found->n_allowed = MIN(n_allowed, SR_VERIFIED_ALLOWED_MAX);
    for (unsigned i = 0; i < found->n_allowed; i++)
        found->allowed[i] = allowed[i];
}

void
sr_verify_note(SrVerify *verify, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_ptr_array_add(verify->found->notes, g_strdup_vprintf(format, arguments));
    va_end(arguments);
}

void
sr_verify_note_rest(SrVerify *verify, unsigned n, const char *one, const char *many)
{
    if (n > 0)
        sr_verify_note(verify, "%u %s before the log ends", n, n == 1 ? one : many);
}

char *
sr_verify_line(const SrVerify *verify, uint32_t record)
{
    uint64_t line;
    const char *path = sr_trace_place(verify->trace, record, &line);

    return verify->trace->n_paths > 1 ? g_strdup_printf("%s:%" G_GUINT64_FORMAT, path, line)
                                      : g_strdup_printf("line %" G_GUINT64_FORMAT, line);
}

char *
sr_verify_node_name(const SrVerify *verify, uint32_t node)
{
    char name[SR_NODE_NAME_MAX];
    size_t length = verify->trace->names.node(verify->trace->names.data, node, name);

    return g_strndup(name, length);
}

/* ---- memory, tables ---- */

gpointer
sr_verify_own(SrVerify *verify, gpointer memory)
{
    g_ptr_array_add(verify->owned, memory);
    return memory;
}

static guint
hash_key(gconstpointer key)
{
    return (guint) XXH3_64bits(key, sizeof(uint64_t));
}

GHashTable *
sr_verify_table_new(void)
{
    return g_hash_table_new_full(hash_key, g_int64_equal, g_free, NULL);
}

void
sr_verify_table_put(GHashTable *table, uint64_t key, uint32_t number)
{
    g_hash_table_insert(table, g_memdup2(&key, sizeof key), GUINT_TO_POINTER(number));
}

uint32_t
sr_verify_table_get(GHashTable *table, uint64_t key)
{
    return GPOINTER_TO_UINT(g_hash_table_lookup(table, &key));
}

/* Returns: document and hint of @record, as a key of a table */
static uint64_t
hint_key(const SrRecord *record)
{
    return ((uint64_t) record->document << 32) | record->hint;
}

uint32_t
sr_verify_hint(const SrVerify *verify, const SrRecord *record)
{
    uint32_t number;

    if (record->hint == SR_HINT_ABSENT || verify->n_documents == 1)
        return record->hint;
    number = sr_verify_table_get(verify->hints, hint_key(record));
    if (number == 0) {
        number = verify->hint_texts->len;
        g_array_append_val(verify->hint_texts, record->hint);
        sr_verify_table_put(verify->hints, hint_key(record), number);
    }
    return number;
}

/* Lists the lines of each node, one node after the other; scan() has counted them. */
static void
sort_by_node(SrVerify *verify)
{
    g_autofree uint32_t *next = g_new(uint32_t, verify->n_nodes);

    verify->lines = SR_VERIFY_NEW(verify, uint32_t, verify->n);
    for (uint32_t node = 0; node < verify->n_nodes; node++) {
        verify->first[node + 1] += verify->first[node];
        next[node] = verify->first[node];
    }
    for (uint32_t i = 0; i < verify->n; i++)
        verify->lines[next[verify->records[i].node]++] = i;
}

/* Returns: the hints of creations: a session with such a hint is not older than the log */
static GHashTable *
find_created(const SrVerify *verify)
{
    GHashTable *created = sr_verify_table_new();

    for (uint32_t i = 0; i < verify->n; i++)
        if (verify->records[i].msg == SR_MSG_CREATE_ACCEPTED)
            sr_verify_table_put(created, hint_key(&verify->records[i]), 1);
    return created;
}

/* Whether @record makes the key of a session that is older than the run: that comes first. The
 * user's own program gives it any hint, and the same key to several documents if it likes. */
static bool
makes_previous(const SrVerify *verify, const SrRecord *record)
{
    const SrNames *names = &verify->trace->names;
    char text[SR_HINT_TEXT_MAX];

    if (verify->own_provider)
        return verify->own && record->t == 0 &&
               record - verify->records < verify->first_request &&
               record->node == SR_NODE_ENCRYPTION_PROVIDER &&
               (record->event == SR_EVENT_KEY_MADE || record->event == SR_EVENT_KEY_FOUND);
    return verify->own && record->event == SR_EVENT_KEY_MADE && record->t == 0 &&
           record->hint != SR_HINT_ABSENT &&
           names->hint(names->data, record->hint, text) == strlen("previous") &&
           memcmp(text, "previous", strlen("previous")) == 0;
}

/* Finds sessions that are older than the log: the server hands out their content. In a trace of
 * ours it does so before any other session is established. */
static void
find_previous(SrVerify *verify)
{
    g_autoptr(GHashTable) created = verify->own ? NULL : find_created(verify);
    g_autofree bool *known = g_new0(bool, verify->n_documents);

    for (uint32_t i = 0; i < verify->n; i++) {
        const SrRecord *record = &verify->records[i];
        bool handed_out = record->event == SR_EVENT_SEND &&
                          record->msg == SR_MSG_SESSION_NONE && record->hint != SR_HINT_ABSENT;

        if (known[record->document])
            continue;
        known[record->document] = verify->own && record->event == SR_EVENT_ESTABLISHED;
        if ((!handed_out && !makes_previous(verify, record)) ||
            (!verify->own && sr_verify_table_get(created, hint_key(record)) != 0))
            continue;
        known[record->document] = true;
        verify->previous[record->document] = record->hint;
        verify->previous_key[record->document] = record->key;
    }
}

/* Finds out whether a provider was the user's own program: the trace, the scenario or some line of
 * it says so. */
static void
find_own_provider(SrVerify *verify)
{
    const SrScenario *scenario = verify->options->scenario;
    bool keys = verify->trace->own_provider, tokens = verify->trace->own_signer;

    while (verify->first_request < verify->n &&
           (verify->records[verify->first_request].node != SR_NODE_ENCRYPTION_PROVIDER ||
            verify->records[verify->first_request].event != SR_EVENT_RECEIVE))
        verify->first_request++;
    for (uint32_t i = 0; i < verify->n; i++) {
        bool says = SR_OWN_PROVIDER_EVENTS >> verify->records[i].event & 1;

        tokens |= says && verify->records[i].node == SR_NODE_TOKEN_PROVIDER;
        keys |= says && verify->records[i].node != SR_NODE_TOKEN_PROVIDER;
    }
    if (verify->own && scenario != NULL) {
        keys |= sr_run_needs(scenario, SR_EXEC_KEYS);
        tokens |= sr_run_needs(scenario, SR_EXEC_TOKENS);
    }
    verify->own_provider = keys;
    verify->own_signer = tokens;
}

/* Reads what single records show, in one pass, since there are many records. */
static void
scan(SrVerify *verify)
{
    bool older = false;

    find_own_provider(verify);
    verify->first = SR_VERIFY_NEW(verify, uint32_t, verify->n_nodes + 1);
    for (uint32_t i = 0; i < verify->n; i++) {
        const SrRecord *record = &verify->records[i];
        bool send = record->event == SR_EVENT_SEND;

        verify->first[record->node + 1]++;
        verify->seen[sr_node_kind(record->node)] |= UINT32_C(1) << record->event;
        verify->n_hints = MAX(verify->n_hints, record->hint + 1);
        verify->n_keys = MAX(verify->n_keys, record->key + 1);
        verify->tokens |= send && record->msg == SR_MSG_TOKEN_REQUEST;
        verify->settles |= record->msg == SR_MSG_KEY_SETTLED;
        older |= send && record->msg == SR_MSG_SESSION_NONE && record->hint != SR_HINT_ABSENT;
        older |= makes_previous(verify, record);
        if (record->has & SR_HAS_CONTENT)
            verify->names_sealed |= (record->has & SR_HAS_KEY) != 0;
        if (verify->own && i > 0 && record->t < record[-1].t && verify->back_in_time == 0)
            verify->back_in_time = i;
    }
    if (older)
        find_previous(verify);
}

/* Finds the document of each client; a client edits only one. A client whose lines name no
 * document gets one of its own, so that it does not interfere with the others. */
static void
find_documents(SrVerify *verify)
{
    g_autofree bool *known = g_new0(bool, verify->n_clients + 1);

    if (verify->n_documents == 1)
        return;
    for (uint32_t i = 0; i < verify->n; i++) {
        const SrRecord *record = &verify->records[i];
        bool message = record->event == SR_EVENT_SEND || record->event == SR_EVENT_RECEIVE;
        uint32_t node = record->node >= SR_NODE_FIRST_CLIENT ? record->node
                        : message                            ? record->peer
                                                             : SR_NODE_SERVER;
        uint32_t client = node - SR_NODE_FIRST_CLIENT;

        if (!sr_trace_speaks_of_document(record) || node < SR_NODE_FIRST_CLIENT)
            continue;
        if (!known[client]) {
            known[client] = true;
            verify->document[client] = record->document;
        } else if (verify->document[client] != record->document) {
            g_autofree char *name = sr_verify_node_name(verify, node);

            SR_VERIFY_REFUSE(verify, i, "%s is about another document in the lines before",
                             name);
        }
    }
    for (uint32_t client = 0; client < verify->n_clients; client++)
        if (!known[client])
            verify->document[client] = verify->n_all_documents++;
}

/* ---- all ---- */

/* Makes room for more actions of a step of the core. */
static void
make_room(SrActions *actions, void *data)
{
    (void) data;
    actions->capacity *= 2;
    actions->list = g_renew(SrAction, actions->list, actions->capacity);
}

static void
verify_init(SrVerify *verify, const SrTrace *trace, const SrVerifyOptions *options)
{
    SrVerified *found = g_new0(SrVerified, 1);

    g_assert(trace->n_records < SR_VERIFIED_END);
    found->n_records = (uint32_t) trace->n_records;
    found->explained = true;
    found->n_explained = found->n_records;
    found->notes = g_ptr_array_new_with_free_func(g_free);
    *verify = (SrVerify){
        .owned = g_ptr_array_new_with_free_func(g_free),
        .trace = trace,
        .records = trace->records,
        .n = found->n_records,
        .options = options,
        .own = trace->complete && !options->partial,
        .lenient = options->partial,
        .n_nodes = trace->names.n_nodes,
        .n_clients = trace->names.n_nodes - SR_NODE_FIRST_CLIENT,
        .n_documents = trace->names.n_documents,
        .n_all_documents = trace->names.n_documents,
        .claims = g_array_new(FALSE, FALSE, sizeof(SrClaims)),
        .claim_numbers = sr_verify_table_new(),
        .inferred = g_array_new(FALSE, FALSE, sizeof(SrInferred)),
        .actions = { .list = g_new(SrAction, 64), .capacity = 64, .full = make_room },
        .hints = sr_verify_table_new(),
        .hint_texts = g_array_new(FALSE, TRUE, sizeof(uint32_t)),
        .n_keys = 1,
        .found = found,
        .unexplained = g_hash_table_new(NULL, NULL),
        .late_losses = g_hash_table_new(NULL, NULL),
    };
    g_array_set_size(verify->hint_texts, 1);
    verify->document = SR_VERIFY_NEW(verify, uint32_t, verify->n_clients);
    verify->previous = SR_VERIFY_NEW(verify, uint32_t, verify->n_documents);
    verify->previous_key = SR_VERIFY_NEW(verify, uint32_t, verify->n_documents);
}

static void
verify_clear(SrVerify *verify)
{
    g_ptr_array_unref(verify->owned);
    g_free(verify->actions.list);
    g_array_unref(verify->inferred);
    g_array_unref(verify->claims);
    g_hash_table_unref(verify->claim_numbers);
    g_hash_table_unref(verify->hints);
    g_hash_table_unref(verify->unexplained);
    g_hash_table_unref(verify->late_losses);
    g_array_unref(verify->hint_texts);
}

/* In a whole trace of this program, time does not go back. */
static void
verify_time(SrVerify *verify)
{
    uint32_t i = verify->back_in_time;

    if (i > 0)
        SR_VERIFY_REFUSE(verify, i, "it is earlier than the line before");
    if (verify->own && verify->n > 0 && verify->trace->end.t < verify->records[verify->n - 1].t)
        SR_VERIFY_REFUSE(verify, SR_VERIFIED_END,
                         "the last line is earlier than the line before");
}

SrVerified *
sr_verify(const SrTrace *trace, const SrVerifyOptions *options)
{
    SrVerify verify;

    verify_init(&verify, trace, options);
    scan(&verify);
    sort_by_node(&verify);
    if (!verify.own)
        sr_verify_order(&verify);
    verify_time(&verify);
    find_documents(&verify);
    sr_verify_messages(&verify);
    sr_verify_clients(&verify);
    sr_verify_server(&verify);
    if (verify.own && verify.own_signer)
        sr_verify_own_signer(&verify);
    else
        sr_verify_token_provider(&verify);
    if (verify.own && verify.own_provider)
        sr_verify_own_provider(&verify);
    else if (verify.own)
        sr_verify_keys(&verify);
    else
        sr_verify_encryption_provider(&verify);
    sr_verify_checks(&verify);
    sr_verify_store(&verify);
    if (options->scenario != NULL)
        sr_verify_scenario(&verify);
    verify.found->n_nodes_unexplained = g_hash_table_size(verify.unexplained);
    verify_clear(&verify);
    return verify.found;
}

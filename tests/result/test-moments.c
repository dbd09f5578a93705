/* What a trace tells of an instant is what the world of the run is at that instant: every shipped scenario
 * is stopped at ten instants, and clients, the server's documents and the store are compared. What led
 * to a record is told from small runs. */
#include "run/run-fixture.h"

#include "result/moments.h"
#include "run/run-private.h"

#define INSTANTS 10u

/* ---- the world of a run ---- */

/* A hint as text; "-" for none. */
static char *
hint_text(const SrNames *names, uint32_t hint)
{
    char text[SR_HINT_TEXT_MAX];

    if (hint == SR_HINT_ABSENT)
        return g_strdup("-");
    return g_strndup(text, names->hint(names->data, hint, text));
}

static int
compare_texts(const void *left, const void *right)
{
    return strcmp(*(char *const *) left, *(char *const *) right);
}

/* Appends @texts in the order of the alphabet. */
static void
put_sorted(GString *out, GPtrArray *texts)
{
    g_ptr_array_sort(texts, compare_texts);
    for (guint i = 0; i < texts->len; i++)
        g_string_append_printf(out, " %s", (char *) g_ptr_array_index(texts, i));
}

static void
put_key(GPtrArray *texts, const SrNames *names, uint32_t hint, uint32_t key)
{
    g_autofree char *text = hint_text(names, hint);
    char print[17] = "";

    names->key(names->data, key, print);
    g_ptr_array_add(texts, g_strdup_printf("%s=%.16s", text, print));
}

static void
put_document(GString *out, const SrNames *names, uint32_t document, bool creates, bool active,
             uint32_t owner, uint32_t hint)
{
    char name[SR_NODE_NAME_MAX], node[SR_NODE_NAME_MAX];
    g_autofree char *text = hint_text(names, hint);

    if (!creates && !active)
        return;
    g_string_append_printf(
        out, "document %.*s: %s of %.*s, %s\n",
        names->n_documents > 1 ? (int) names->document(names->data, document, name) : 0, name,
        creates ? "creation" : "session", (int) names->node(names->data, owner, node), node,
        text);
}

static char *
world_of(const SrRun *run)
{
    const SrNames *names = sr_run_names(run);
    const SrProvider *store = &run->world.provider;
    GString *out = g_string_new(NULL);
    g_autoptr(GPtrArray) stored = g_ptr_array_new_with_free_func(g_free);

    for (uint32_t i = 0; i < run->world.server.n_clients; i++) {
        const SrClient *client = &run->clients[i].core;
        g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func(g_free);

        g_string_append_printf(out, "client %u: %s, %s, keys", i,
                               sr_client_state_name((SrClientState) client->state),
                               client->open ? "open" : "closed");
        for (unsigned k = 0; k < SR_CLIENT_KEYS_HELD; k++)
            if (client->held[k].key != SR_KEY_ABSENT)
                put_key(keys, names, client->held[k].hint, client->held[k].key);
        put_sorted(out, keys);
        g_string_append_c(out, '\n');
    }
    for (uint32_t i = 0; i < run->world.server.n_documents; i++) {
        const SrServerDocument *document = &run->world.server.documents[i];

        put_document(out, names, i, document->phase == SR_PHASE_CREATING,
                     document->phase == SR_PHASE_ESTABLISHED,
                     SR_NODE_FIRST_CLIENT + document->owner, document->hint);
    }
    for (uint32_t hint = 1; hint <= store->n_slots; hint++)
        if (store->slots[hint].live)
            put_key(stored, names, hint, store->slots[hint].key);
    g_string_append(out, "store:");
    put_sorted(out, stored);
    return g_string_free(out, FALSE);
}

/* ---- the same of a trace ---- */

static void
put_stored(GString *out, const SrTrace *trace)
{
    g_autoptr(GArray) keys = sr_moments_keys(trace);
    g_autoptr(GPtrArray) stored = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < keys->len; i++) {
        const SrStoredKey *key = &g_array_index(keys, SrStoredKey, i);

        if (key->gone == SR_MOMENT_NEVER)
            put_key(stored, &trace->names, key->hint, key->key);
    }
    g_string_append(out, "store:");
    put_sorted(out, stored);
}

static char *
told_of(const SrTrace *trace)
{
    g_autoptr(SrMoments) moments = sr_moments_new(trace);
    GString *out = g_string_new(NULL);

    while (moments->n < trace->n_records)
        sr_moments_step(moments);
    for (uint32_t i = 0; i < moments->n_clients; i++) {
        const SrMomentClient *client = &moments->clients[i];
        g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func(g_free);

        g_string_append_printf(out, "client %u: %s, %s, keys", i,
                               sr_client_state_name((SrClientState) client->state),
                               client->conn != 0 ? "open" : "closed");
        for (unsigned k = 0; k < client->n_keys; k++)
            put_key(keys, &trace->names, client->keys[k].hint, client->keys[k].key);
        put_sorted(out, keys);
        g_string_append_c(out, '\n');
    }
    for (uint32_t i = 0; i < moments->n_documents; i++) {
        const SrMomentDocument *document = &moments->documents[i];

        put_document(out, &trace->names, i, document->stands, document->active, document->owner,
                     document->stands ? document->creation : document->session);
    }
    put_stored(out, trace);
    return g_string_free(out, FALSE);
}

typedef struct {
    unsigned n, n_unlike;
} Compared;

/* Plays the scenario at @path up to @limit. Returns: its virtual time */
static SrTime
compare_at(const char *path, SrTime limit, Compared *compared)
{
    g_autoptr(SrScenario) scenario = fixture_load(path);
    g_autoptr(GString) text = g_string_new(NULL);
    SrTraceFault fault = { 0 };

    if (limit > 0)
        scenario->limit = limit;
    g_autoptr(SrRun) run = sr_run_new(scenario);
    SrRunOptions options = { .digest = true, .trace = fixture_flush, .trace_data = text };
    SrRunResult result;

    assert_true(sr_run_execute(run, scenario->seed, &options, &result, NULL));
    g_autoptr(SrTrace) trace = sr_trace_parse(path, text->str, text->len, &fault);
    g_autofree char *want = world_of(run);

    assert_non_null(trace);
    g_autofree char *got = told_of(trace);
    compared->n++;
    if (strcmp(want, got) != 0 && compared->n_unlike++ < 3)
        print_error("%s, stopped at %" G_GUINT64_FORMAT " ns:\n%s\nand the trace tells\n%s\n",
                    path, limit, want, got);
    return result.t;
}

static void
compare_shipped(const char *path, void *data)
{
    SrTime end;

    /* Thousands of clients: one of a hundred has all that these have. */
    if (strstr(path, "hundred") != NULL)
        return;
    end = compare_at(path, 0, data);
    for (unsigned i = 1; i < INSTANTS; i++)
        compare_at(path, MAX(end * i / INSTANTS, 1), data);
}

static void
every_shipped_run_is_told_at_ten_instants(void **state)
{
    Compared compared = { 0 };

    (void) state;
    fixture_each_shipped(compare_shipped, &compared);
    assert_in_range(compared.n, 300, 100000);
    assert_int_equal(compared.n_unlike, 0);
}

/* ---- what led to it ---- */

static SrTrace *
trace_of(const char *file)
{
    g_autofree char *path =
        g_build_filename(g_getenv("SR_SOURCE_ROOT"), "scenarios", file, NULL);
    g_autoptr(SrScenario) scenario = fixture_load(path);
    g_autoptr(SrRun) run = sr_run_new(scenario);
    g_autoptr(GString) text = g_string_new(NULL);
    SrTraceFault fault = { 0 };

    fixture_play(run, scenario->seed, SR_CRYPTO_NAMES, text);
    SrTrace *trace = sr_trace_parse(file, text->str, text->len, &fault);
    assert_non_null(trace);
    return trace;
}

/* "bob send key-request", "bob check-failed key-found" */
static char *
record_words(const SrTrace *trace, uint32_t i)
{
    const SrRecord *record = &trace->records[i];
    char node[SR_NODE_NAME_MAX];
    const char *more = record->event == SR_EVENT_CHECK_FAILED ? sr_check_name(record->check)
                       : record->msg != SR_MSG_NONE           ? sr_msg_name(record->msg)
                       : record->event == SR_EVENT_STATE      ? sr_client_state_name(record->to)
                                                              : "";

    return g_strdup_printf(
        "%.*s %s%s%s", (int) trace->names.node(trace->names.data, record->node, node), node,
        sr_event_name((SrEvent) record->event), *more != '\0' ? " " : "", more);
}

/* clang-format off */
static const struct cause_row {
    const char *name, *file;
    unsigned nth; /* of the records that read so, from 1 */
    const char *chain; /* a record and those that led to it, with " < " between */
} cause_rows[] = {
    { "a client that gives up leads back to the discard", "retention/on-new-key.ini", 1,
      "bob check-failed key-found < bob failed < bob connection-closed < bob receive key-refused < encryption-provider send key-refused < "
      "encryption-provider key-missing < encryption-provider key-discarded < encryption-provider key-made < encryption-provider receive key-request < "
      "bob send key-request < bob state making-key < bob receive session-none" },
    { "a key that is kept for a time goes for its age", "retention/for-too-short.ini", 1,
      "encryption-provider key-discarded < encryption-provider key-made < encryption-provider receive key-request" },
    { "a key that nobody settled goes when another is", "retention/until-settled.ini", 1,
      "encryption-provider key-discarded < encryption-provider receive key-settled < alice send key-settled" },
    { "a creation whose key is gone leads to the discard", "retention/on-new-key.ini", 1,
      "server check-failed key-kept < encryption-provider key-discarded < encryption-provider key-made" },
    { "a session is announced because it is established", "steps/two-clients.ini", 2,
      "server send session-available < server established < server receive upload < alice send upload" },
    { "a token is judged because it came", "steps/two-clients.ini", 2,
      "server send connected < server connection-opened < server token-judged connect < server receive connect < bob send connect" },
    { "a refusal leads to the signer", "tokens/signer-ahead.ini", 1,
      "alice receive connect-refused < server send connect-refused < server token-judged connect < server receive connect < alice send connect" },
    { "a crash is nobody's doing", "owner/crashes-and-returns.ini", 1, "alice state crashed < alice connection-closed < alice fault < nothing" },
    { "a wait that never ends is told of the one who waits", "owner/lost-wait.ini", 1, "bob check-failed nobody-stuck < bob state waiting < bob rejected < bob receive create-rejected" },
};
/* clang-format on */

static uint32_t
find_nth(const SrTrace *trace, const char *words, unsigned nth)
{
    for (uint32_t i = 0; i < trace->n_records; i++) {
        g_autofree char *read = record_words(trace, i);

        if (strcmp(read, words) == 0 && --nth == 0)
            return i;
    }
    fail_msg("no record is '%s'", words);
    return 0;
}

static void
it_leads_back(void **state)
{
    const struct cause_row *row = *state;
    g_autoptr(SrTrace) trace = trace_of(row->file);
    g_autofree uint32_t *causes = sr_moments_causes(trace);
    g_auto(GStrv) chain = g_strsplit(row->chain, " < ", -1);
    g_autoptr(GString) got = g_string_new(chain[0]);
    uint32_t at = find_nth(trace, chain[0], row->nth);

    for (unsigned i = 1; chain[i] != NULL && at != SR_MOMENT_NEVER; i++) {
        at = causes[at];
        g_autofree char *words =
            at != SR_MOMENT_NEVER ? record_words(trace, at) : g_strdup("nothing");
        g_string_append_printf(got, " < %s", words);
    }
    assert_string_equal(got->str, row->chain);
}

/* Nothing is caused by what comes after it, so that each way back ends. */
static void
causes_come_first(const char *path, void *data)
{
    g_autofree char *root = g_build_filename(g_getenv("SR_SOURCE_ROOT"), "scenarios/", NULL);
    g_autoptr(SrTrace) trace = trace_of(path + strlen(root));
    g_autofree uint32_t *causes = sr_moments_causes(trace);

    for (uint32_t i = 0; i < trace->n_records; i++)
        assert_true(causes[i] == SR_MOMENT_NEVER || causes[i] < i);
    *(size_t *) data += trace->n_records;
}

static void
every_way_back_ends(void **state)
{
    size_t n = 0;

    (void) state;
    fixture_each_shipped(causes_come_first, &n);
    assert_true(n > 10000);
}

/* ---- what is on its way ---- */

/* A message is on its way until its last copy arrives, or is lost, or for ever. */
static void
messages_end(void **state)
{
    static const char text[] =
        "{\"type\":\"trace\",\"version\":\"0.1.0\",\"scenario\":\"\",\"source\":"
        "\"00000000000000000000000000000000\","
        "\"seed\":\"1\",\"nodes\":[\"server\",\"token-provider\",\"encryption-provider\",\"a\"]"
        "}\n"
        "{\"type\":\"event\",\"seq\":1,\"t\":0,\"node\":\"a\",\"event\":\"send\",\"msg\":"
        "\"token-request\",\"to\":\"token-provider\",\"id\":1}\n"
        "{\"type\":\"event\",\"seq\":2,\"t\":1,\"node\":\"token-provider\",\"event\":"
        "\"receive\",\"msg\":\"token-request\",\"from\":\"a\",\"id\":1}\n"
        "{\"type\":\"event\",\"seq\":3,\"t\":2,\"node\":\"token-provider\",\"event\":\"send\","
        "\"msg\":\"token\",\"to\":\"a\",\"id\":2}\n"
        "{\"type\":\"event\",\"seq\":4,\"t\":3,\"node\":\"token-provider\",\"event\":"
        "\"receive\",\"msg\":\"token-request\",\"from\":\"a\",\"id\":1}\n"
        "{\"type\":\"event\",\"seq\":5,\"t\":4,\"node\":\"a\",\"event\":\"lose\",\"msg\":"
        "\"token\",\"id\":2,\"reason\":\"loss\"}\n"
        "{\"type\":\"event\",\"seq\":6,\"t\":5,\"node\":\"a\",\"event\":\"send\",\"msg\":"
        "\"token-request\",\"to\":\"token-provider\",\"id\":1}\n";
    static const SrSentMessage want[] = { { 0, 3 }, { 2, 4 }, { 5, SR_MOMENT_NEVER } };
    SrTraceFault fault = { 0 };
    g_autoptr(SrTrace) trace = sr_trace_parse_log("log", text, strlen(text), &fault);

    (void) state;
    if (trace == NULL)
        fail_msg("%s", fault.message);
    g_autoptr(GArray) messages = sr_moments_messages(trace);
    assert_int_equal(messages->len, G_N_ELEMENTS(want));
    for (guint i = 0; i < messages->len; i++) {
        assert_int_equal(g_array_index(messages, SrSentMessage, i).sent, want[i].sent);
        assert_int_equal(g_array_index(messages, SrSentMessage, i).ended, want[i].ended);
    }
}

int
main(void)
{
    struct CMUnitTest tests[3 + G_N_ELEMENTS(cause_rows)] = {
        cmocka_unit_test(every_shipped_run_is_told_at_ten_instants),
        cmocka_unit_test(every_way_back_ends),
        cmocka_unit_test(messages_end),
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cause_rows); i++)
        tests[3 + i] =
            (struct CMUnitTest){ .name = cause_rows[i].name,
                                 .test_func = it_leads_back,
                                 .initial_state = (void *) (uintptr_t) &cause_rows[i] };
    return cmocka_run_group_tests_name("moments", tests, NULL, NULL) != 0;
}

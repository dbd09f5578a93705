/* Records of a run: what a trace shows of each message, who they count for, and the counts of the result. */
#include "run/run-fixture.h"

struct row {
    const char *name;
    const char *scenario;
    const char *want; /* this line, `seq` and `id` left out, is in the trace */
};

#define TWO "[network]\nlatency = 10ms\n[client alice]\n[client bob]\nstart = 12ms\n"

static const struct row rows[] = {
    { "a token shows its claims", TWO "[token-provider]\nnot-before = 0s\nlifetime = 60s\n",
      "\"t\":21000000,\"node\":\"alice\",\"event\":\"receive\",\"msg\":\"token\",\"from\":"
      "\"token-provider\",\"iat\":1685577600,\"exp\":1685577660,"
      "\"nbf\":1685577600}" },
    { "without iat the claim is left out", TWO "[token-provider]\niat = no\n",
      "\"t\":11000000,\"node\":\"token-provider\",\"event\":\"token-signed\",\"exp\":"
      "1685577900}" },
    { "a message to the server shows the connection", TWO,
      "\"t\":41000000,\"node\":\"alice\",\"event\":\"send\",\"msg\":\"session-request\",\"to\":"
      "\"server\",\"conn\":1}" },
    { "a message to a provider does not", TWO,
      "\"t\":61000000,\"node\":\"alice\",\"event\":\"send\",\"msg\":\"key-request\",\"to\":"
      "\"encryption-provider\"}" },
    { "content shows the fingerprint that it is sealed under, not its hint", TWO,
      "\"t\":146000000,\"node\":\"alice\",\"event\":\"send\",\"msg\":\"upload\",\"to\":"
      "\"server\",\"conn\":1,\"key\":\"" },
    { "a sealing shows its nonce and its bytes", TWO,
      "\"t\":138000000,\"node\":\"bob\",\"event\":\"sealed\",\"hint\":\"u2\",\"key\":\"" },
    { "the empty hint is a hint", TWO "[encryption-provider]\nkind = static\n",
      "\"t\":156000000,\"node\":\"server\",\"event\":\"established\",\"hint\":\"\"}" },
    { "a record about a document names it when there are several",
      "[network]\nlatency = 10ms\n[document x]\n[document y]\n[client a]\ndocument = "
      "y\n[client b]\ndocument = x\nstart = 1s\n",
      "\"t\":156000000,\"node\":\"server\",\"event\":\"established\",\"hint\":\"u1\","
      "\"document\":\"y\"}" },
    { "a clock shows its offset", TWO "[timeline]\n5ms = step-clock server by -90s\n",
      "\"t\":5000000,\"node\":\"server\",\"event\":\"clock\",\"offset\":-90000000000}" },
    { "a fault shows its target", TWO "[timeline]\n5ms = partition bob server for 1s\n",
      "\"t\":5000000,\"node\":\"bob\",\"event\":\"fault\",\"action\":\"partition\",\"target\":"
      "\"bob\"}" },
};

/* Every `"seq":N,` and `"id":N,` or `,"id":N` taken out of @text. */
static char *
without_numbers(const char *text)
{
    GString *out = g_string_new(NULL);

    for (const char *at = text; *at != '\0'; at++) {
        if (g_str_has_prefix(at, "\"seq\":") || g_str_has_prefix(at, "\"id\":")) {
            at = strchr(at, ':') + 1;
            while (g_ascii_isdigit(*at))
                at++;
            if (*at == '}') {
                g_string_truncate(out, out->len - 1);
                at--;
            }
            continue;
        }
        g_string_append_c(out, *at);
    }
    return g_string_free(out, FALSE);
}

static void
shows(void **state)
{
    const struct row *row = *state;
    g_autoptr(SrScenario) scenario = fixture_parse(row->scenario);
    g_autoptr(SrRun) run = sr_run_new(scenario);
    g_autoptr(GString) trace = g_string_new(NULL);
    g_autofree char *text = NULL;

    fixture_play(run, 1, SR_CRYPTO_NAMES, trace);
    text = without_numbers(trace->str);
    if (strstr(text, row->want) == NULL)
        fail_msg("there is no line with\n%s\nin\n%.6000s", row->want, text);
}

static void
counts_of_the_result(void **state)
{
    g_autoptr(SrScenario) scenario =
        fixture_parse(TWO "[encryption-provider]\nretention = on-new-key\n");
    g_autoptr(SrRun) run = sr_run_new(scenario);
    SrRunResult result = fixture_play(run, 1, SR_CRYPTO_NAMES, NULL);

    (void) state;
    assert_int_equal(result.n_clients, 2);
    assert_int_equal(result.n_raced, 2);
    assert_int_equal(result.n_collaborating, 1);
    assert_int_equal(result.n_failed, 1);
    assert_int_equal(result.keys_made, 2);
    assert_int_equal(result.keys_discarded, 1);
    assert_int_equal(result.keys_missing, 6);
    assert_int_equal(result.orphans, 1);
    assert_int_equal(result.orphan_kept_max, result.t - 103 * SR_NS_PER_MS);
    assert_int_equal(result.winner, SR_NODE_FIRST_CLIENT);
    assert_int_equal(result.n_failures, 3);
    assert_int_equal(result.failures[0].failed.check, SR_CHECK_KEY_KEPT);
    assert_int_equal(result.failures[0].cause.msg, SR_MSG_CREATE_ACCEPTED);
    assert_int_equal(result.failures[2].cause.seq, 0);
}

/* The record that broke a check has its number in the trace, whether a trace is written or not. */
static void
a_cause_is_a_line_of_the_trace(void **state)
{
    g_autoptr(SrScenario) scenario =
        fixture_parse(TWO "[encryption-provider]\nretention = on-new-key\n");
    g_autoptr(SrRun) run = sr_run_new(scenario);
    g_autoptr(GString) trace = g_string_new(NULL);
    SrRunResult without = fixture_play(run, 1, SR_CRYPTO_NAMES, NULL),
                with = fixture_play(run, 1, SR_CRYPTO_NAMES, trace);
    g_auto(GStrv) lines = g_strsplit(trace->str, "\n", -1);
    const char *line = lines[without.failures[0].cause.seq];

    (void) state;
    assert_int_equal(without.failures[0].cause.seq, with.failures[0].cause.seq);
    assert_non_null(strstr(line, "\"event\":\"send\",\"msg\":\"create-accepted\""));
}

/* ---- what a run is asked for ---- */

static struct {
    GString *trace;
    unsigned records, samples;
} asked;

static gboolean
take_text(void *data, const char *bytes, size_t n, GError **error)
{
    (void) data;
    (void) error;
    g_string_append_len(asked.trace, bytes, (gssize) n);
    return TRUE;
}

static void
take_record(void *data, const SrRecord *record)
{
    (void) data;
    asked.records += record->seq > 0;
}

static void
take_sample(void *data, SrSweepMeasure measure, uint64_t value)
{
    (void) data;
    (void) value;
    asked.samples += measure < SR_MEASURE_N;
}

/* One run gives what each execution asks for, and no more, whatever the one before it asked for. */
static void
each_execution_gives_what_it_is_asked_for(void **state)
{
    enum { DIGEST = 1, TRACE = 2, SINK = 4, SAMPLE = 8, STORY = 16, ALL = 31 };
    g_autoptr(SrScenario) scenario =
        fixture_parse(TWO "[encryption-provider]\nretention = on-new-key\n");
    g_autoptr(SrRun) run = sr_run_new(scenario);
    static SrRunResult first, result;
    const SrRunOptions everything = { .digest = true, .story = true };
    gsize n_trace = 0;

    (void) state;
    assert_true(sr_run_execute(run, 1, &everything, &first, NULL));
    asked.trace = g_string_new(NULL);
    for (unsigned step = 0; step < 4 * (ALL + 1); step++) {
        /* Each wish after many others. */
        unsigned wish = step * 11 % (ALL + 1);
        const SrRunOptions options = {
            .digest = wish & DIGEST,
            .trace = wish & TRACE ? take_text : NULL,
            .sink = wish & SINK ? take_record : NULL,
            .sample = wish & SAMPLE ? take_sample : NULL,
            .story = wish & STORY,
        };

        asked.records = asked.samples = 0;
        g_string_truncate(asked.trace, 0);
        assert_true(sr_run_execute(run, 1, &options, &result, NULL));
        assert_string_equal(result.digest, wish & (DIGEST | TRACE) ? first.digest : "");
        assert_int_equal(result.records, first.records);
        assert_int_equal(asked.records, wish & SINK ? first.records : 0);
        assert_int_equal(result.n_story, wish & STORY ? first.n_story : 0);
        assert_int_equal(asked.samples > 0, (wish & SAMPLE) != 0);
        n_trace = wish & TRACE ? MAX(n_trace, asked.trace->len) : n_trace;
        assert_int_equal(asked.trace->len, wish & TRACE ? n_trace : 0);
    }
    g_string_free(asked.trace, TRUE);
}

static void
take_loss(void *data, const SrRecord *record)
{
    SrRecord *lost = data;

    if (record->event == SR_EVENT_LOSE)
        *lost = *record;
}

/* A message that the server refuses, since it has seen its connection close, is lost on the link from
 * its client. */
static void
a_refused_message_is_lost_from_its_client(void **state)
{
    g_autoptr(SrScenario) scenario = fixture_parse(
        "[network]\nlatency = 10ms\n[server]\nprocessing = 5ms\n[client alice]\nstart = 1s\n"
        "[client bob]\n[timeline]\n58ms = disconnect bob\n");
    g_autoptr(SrRun) run = sr_run_new(scenario);
    SrRecord lost = { 0 };
    const SrRunOptions options = { .sink = take_loss, .sink_data = &lost };
    SrRunResult result;

    (void) state;
    assert_true(sr_run_execute(run, 1, &options, &result, NULL));
    assert_true(lost.t == 61 * SR_NS_PER_MS);
    assert_int_equal(lost.msg, SR_MSG_SESSION_REQUEST);
    assert_int_equal(lost.node, SR_NODE_SERVER);
    assert_int_equal(lost.peer, SR_NODE_FIRST_CLIENT + 1);
}

/* The session of `bob` is outdated at 6 s, and nobody comes back; or he comes after that, and the key
 * of `alice`, who crashes at once, is nobody's need. */
static void
nothing_is_left_from_the_run_before(void **state)
{
    g_autoptr(SrScenario) scenario =
        fixture_parse("[network]\nlatency = 10ms\n[client alice]\nstart = 5s\n[client bob]\n"
                      "start = uniform(0s, 10s)\nreconnect = none\n[timeline]\n"
                      "5095ms = crash alice\n6s = upgrade server\n");
    g_autoptr(SrRun) run = sr_run_new(scenario);
    unsigned n_early = 0, n_late = 0;

    (void) state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        g_autoptr(SrRun) fresh = sr_run_new(scenario);
        SrRunResult again = fixture_play(run, seed, SR_CRYPTO_NAMES, NULL);
        SrRunResult first = fixture_play(fresh, seed, SR_CRYPTO_NAMES, NULL);

        assert_string_equal(again.digest, first.digest);
        assert_true(again.key_need == first.key_need);
        n_early += sr_run_client(fresh, 1).start_at < 5 * SR_NS_PER_S;
        n_late += sr_run_client(fresh, 1).start_at > 7 * SR_NS_PER_S;
    }
    assert_true(n_early > 1 && n_late > 1);
}

int
main(void)
{
    const struct CMUnitTest more[] = {
        cmocka_unit_test(counts_of_the_result),
        cmocka_unit_test(a_cause_is_a_line_of_the_trace),
        cmocka_unit_test(each_execution_gives_what_it_is_asked_for),
        cmocka_unit_test(a_refused_message_is_lost_from_its_client),
        cmocka_unit_test(nothing_is_left_from_the_run_before),
    };
    struct CMUnitTest tests[G_N_ELEMENTS(rows)];
    int failed;

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        tests[i] = (struct CMUnitTest){ .name = rows[i].name,
                                        .test_func = shows,
                                        .initial_state = (void *) (uintptr_t) &rows[i] };
    failed = cmocka_run_group_tests_name("records", tests, NULL, NULL);
    return (failed + cmocka_run_group_tests_name("records of a run", more, NULL, NULL)) != 0;
}

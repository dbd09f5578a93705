/* Runs against instants worked out by hand from the protocol's text. A row of a table is one record: when, where, what. */
#include "driver/run-fixture.h"

/* What a row looks at: "instant node event [message]". */
struct scene {
    const char *name;
    const char *scenario;
    const char *want; /* one record a line, in this order; records of other events may stand between */
};

static const struct scene scenes[] = {
    { "the example of two clients, every message to the nanosecond",
      "[network]\nlatency = 10ms\n[token-provider]\nprocessing = 1ms\n[encryption-provider]\ngenerate = 20ms\nlookup = 10ms\n"
      "[client alice]\nderive = 25ms\nstart = 0ms\n[client bob]\nderive = 25ms\nstart = 12ms\n",
      "0ms alice send token-request\n"
      "10ms token-provider receive token-request\n"
      "11ms token-provider send token\n"
      "12ms bob send token-request\n"
      "21ms alice receive token\n"
      "21ms alice send connect\n"
      "22ms token-provider receive token-request\n"
      "23ms token-provider send token\n"
      "31ms server receive connect\n"
      "31ms server send connected\n"
      "33ms bob receive token\n"
      "33ms bob send connect\n"
      "41ms alice receive connected\n"
      "41ms alice send session-request\n"
      "43ms server receive connect\n"
      "43ms server send connected\n"
      "51ms server receive session-request\n"
      "51ms server send session-none\n"
      "53ms bob receive connected\n"
      "53ms bob send session-request\n"
      "61ms alice receive session-none\n"
      "61ms alice send key-request\n"
      "63ms server receive session-request\n"
      "63ms server send session-none\n"
      "71ms encryption-provider receive key-request\n"
      "73ms bob receive session-none\n"
      "73ms bob send key-request\n"
      "83ms encryption-provider receive key-request\n"
      "91ms encryption-provider key-made\n"
      "91ms encryption-provider send key\n"
      "101ms alice receive key\n"
      "103ms encryption-provider key-made\n"
      "103ms encryption-provider send key\n"
      "113ms bob receive key\n"
      "126ms alice sealed\n"
      "126ms alice send create-session\n"
      "136ms server receive create-session\n"
      "136ms server send create-accepted\n"
      "138ms bob sealed\n"
      "138ms bob send create-session\n"
      "146ms alice receive create-accepted\n"
      "146ms alice won\n"
      "146ms alice send upload\n"
      "148ms server receive create-session\n"
      "148ms server send create-rejected\n"
      "156ms server receive upload\n"
      "156ms server established\n"
      "156ms server send session-available\n"
      "156ms server send session-available\n"
      "158ms bob receive create-rejected\n"
      "158ms bob rejected\n"
      "166ms alice receive session-available\n"
      "166ms alice collaborating\n"
      "166ms bob receive session-available\n"
      "166ms bob send key-request\n"
      "176ms encryption-provider receive key-request\n"
      "186ms encryption-provider key-found\n"
      "186ms encryption-provider send key\n"
      "196ms bob receive key\n"
      "221ms bob send join\n"
      "231ms server receive join\n"
      "231ms server send content\n"
      "241ms bob receive content\n"
      "241ms bob opened\n"
      "241ms bob collaborating\n" },
    { "a service takes messages up one at a time and acts at the end of its processing",
      "[network]\nlatency = 10ms\n[token-provider]\nprocessing = 5ms\n[client a]\n[client b]\n[client c]\nstart = 7ms\n",
      "10ms token-provider receive token-request\n10ms token-provider receive token-request\n15ms token-provider send token\n"
      "17ms token-provider receive token-request\n20ms token-provider send token\n25ms token-provider send token\n" },
    { "an outage holds what arrives, and it is taken up at the end in order of arrival",
      "[network]\nlatency = 10ms\n[token-provider]\nprocessing = 1ms\n[client a]\n[client b]\nstart = 3ms\n"
      "[timeline]\n5ms = outage token-provider for 100ms\n",
      "10ms token-provider receive token-request\n13ms token-provider receive token-request\n106ms token-provider send token\n"
      "107ms token-provider send token\n" },
    { "slow adds to what the service takes up in that time",
      "[network]\nlatency = 10ms\n[token-provider]\nprocessing = 1ms\n[client a]\n[client b]\nstart = 40ms\n"
      "[timeline]\n5ms = slow token-provider by 20ms for 40ms\n",
      "10ms token-provider receive token-request\n31ms token-provider send token\n50ms token-provider receive token-request\n"
      "51ms token-provider send token\n" },
    { "a partition lets what was sent in it leave at its end",
      "[network]\nlatency = 10ms\n[client a]\n[timeline]\n15ms = partition a server for 100ms\n",
      "21ms a send connect\n125ms server receive connect\n" },
    { "bandwidth: content takes its octets' time, then the latency",
      "[network]\nlatency = 10ms\nbandwidth = 8kbit/s\n[document d]\ncontent = 972B\n[client a]\n",
      "146ms a send upload\n1156ms server receive upload\n1166ms a collaborating\n" },
    { "disconnect for D: attempts fail at once, the next delay begins",
      "[network]\nlatency = 10ms\n[client a]\n[timeline]\n200ms = disconnect a for 1s\n",
      "200ms a connection-closed\n1700ms a send connect\n" },
    { "the server sees a loss after detect-loss",
      "[network]\nlatency = 10ms\n[server]\ndetect-loss = 300ms\n[client a]\n[timeline]\n200ms = disconnect a for 10s\n",
      "200ms a connection-closed\n500ms server connection-closed\n" },
    { "a client that fails is seen at once",
      "[network]\nlatency = 10ms\n[server]\ndetect-loss = 300ms\nwhile-creating = pending\n[client a]\n"
      "[client b]\nstart = 100ms\npatience = 1s\n[timeline]\n140ms = partition a server for 5s\n",
      "1161ms b connection-closed\n1161ms server connection-closed\n1161ms b failed\n" },
    { "a token request is given up after request-timeout",
      "[network]\nlatency = 10ms\n[client a]\nrequest-timeout = 1s\nconnect-retry = 1 times from 2s to 2s\n"
      "[timeline]\n0ms = outage token-provider for 2s\n",
      "0ms a send token-request\n2001ms token-provider send token\n2011ms a receive token\n3000ms a send token-request\n" },
    { "crash for D starts afresh",
      "[network]\nlatency = 10ms\n[client a]\n[timeline]\n30ms = crash a for 1s\n",
      "30ms a connection-closed\n1030ms a start\n1030ms a send token-request\n" },
    { "keys expire by the provider's clock, which runs fast",
      "[network]\nlatency = 10ms\n[encryption-provider]\nretention = for(1s)\nclock-drift = 100000ppm\n[client a]\n"
      "[client b]\nstart = 3s\nkey-retry = none\n",
      "91ms encryption-provider key-made\n1000090910ns encryption-provider key-discarded\n" },
    { "an establish-timeout counts from create-accepted",
      "[network]\nlatency = 10ms\n[server]\nestablish-timeout = 500ms\n[client a]\n[timeline]\n140ms = partition a server for 2s\n",
      "136ms server send create-accepted\n636ms server released\n" },
};

struct collector {
    const SrRun *run;
    GString *lines;
};

static void
collect(void *data, const SrRecord *record)
{
    struct collector *collector = data;
    const SrNames *names = sr_run_names(collector->run);
    char node[SR_NODE_NAME_MAX];
    bool message = record->event == SR_EVENT_SEND || record->event == SR_EVENT_RECEIVE;

    g_string_append_printf(collector->lines, "%" G_GUINT64_FORMAT " ", record->t);
    g_string_append_len(collector->lines, node, (gssize) names->node(names->data, record->node, node));
    g_string_append_printf(collector->lines, " %s%s%s\n", sr_event_name((SrEvent) record->event), message ? " " : "",
                           message ? sr_msg_name((SrMsg) record->msg) : "");
}

/* "10ms a send connect" with its instant in ns. */
static char *
in_ns(const char *line)
{
    const char *rest = strchr(line, ' ');
    g_autofree char *word = g_strndup(line, (gsize) (rest - line));
    SrSpan span;

    assert_int_equal(sr_span_parse(word, strlen(word), &span), SR_NUMBER_OK);
    return g_strdup_printf("%" G_GUINT64_FORMAT "%s", span, rest);
}

static void
play_scene(void **state)
{
    const struct scene *scene = *state;
    g_autoptr(SrScenario) scenario = fixture_parse(scene->scenario);
    g_autoptr(SrRun) run = sr_run_new(scenario);
    g_autoptr(GString) lines = g_string_new("\n");
    struct collector collector = { run, lines };
    SrRunOptions options = { .sink = collect, .sink_data = &collector };
    SrRunResult result;
    g_auto(GStrv) wants = g_strsplit(scene->want, "\n", -1);
    const char *at = lines->str;

    assert_true(sr_run_execute(run, 1, &options, &result, NULL));
    at = lines->str;
    for (unsigned i = 0; wants[i] != NULL && wants[i][0] != '\0'; i++) {
        g_autofree char *want = in_ns(wants[i]);
        g_autofree char *line = g_strdup_printf("\n%s\n", want);
        const char *found = strstr(at, line);

        if (found == NULL)
            fail_msg("'%s' does not come, or not after the row before; the run was:%s", wants[i], lines->str);
        at = found + strlen(line) - 1;
    }
}

/* The example's messages are all there are: no record of another instant hides between the rows. */
static void
the_example_has_no_other_message(void **state)
{
    const struct scene *scene = &scenes[0];
    g_autoptr(SrScenario) scenario = fixture_parse(scene->scenario);
    g_autoptr(SrRun) run = sr_run_new(scenario);
    g_autoptr(GString) trace = g_string_new(NULL);
    SrRunResult result = fixture_play(run, 1, SR_CRYPTO_NAMES, trace);
    unsigned sends = 0, want_sends = 0;

    (void) state;
    for (const char *at = trace->str; (at = strstr(at, "\"event\":\"send\"")) != NULL; at++)
        sends++;
    for (const char *at = scene->want; (at = strstr(at, " send ")) != NULL; at++)
        want_sends++;
    assert_int_equal(sends, want_sends);
    assert_int_equal(result.messages, want_sends);
    assert_int_equal(result.t, 241 * SR_NS_PER_MS);
    assert_int_equal(result.failed, 0);
    assert_int_equal(sr_run_client(run, 0).collaborating_at, 166 * SR_NS_PER_MS);
    assert_int_equal(sr_run_client(run, 1).collaborating_at, 241 * SR_NS_PER_MS);
    assert_true(sr_run_client(run, 0).won && !sr_run_client(run, 1).won);
    assert_int_equal(result.orphans, 1);
}

static void
the_same_seed_gives_the_same_bytes_and_another_does_not(void **state)
{
    g_autoptr(SrScenario) scenario = fixture_parse("[client a]\ncount = 5\nstart = uniform(0ms, 50ms)\n");
    g_autoptr(SrRun) run = sr_run_new(scenario);
    g_autoptr(SrRun) other = sr_run_new(scenario);
    g_autoptr(GString) one = g_string_new(NULL);
    g_autoptr(GString) two = g_string_new(NULL);
    g_autoptr(GString) three = g_string_new(NULL);

    (void) state;
    fixture_play(run, 7, SR_CRYPTO_NAMES, one);
    fixture_play(run, 8, SR_CRYPTO_NAMES, two);
    fixture_play(other, 7, SR_CRYPTO_NAMES, three);
    assert_string_equal(one->str, three->str);
    assert_string_not_equal(one->str, two->str);
    /* A run that was used before plays like a fresh one. */
    g_string_truncate(three, 0);
    fixture_play(run, 7, SR_CRYPTO_NAMES, three);
    assert_string_equal(one->str, three->str);
}

static void
a_run_ends_at_its_limit_and_events_there_still_run(void **state)
{
    static const struct {
        const char *limit;
        bool there, at_limit;
    } rows[] = { { "241ms", true, false }, { "240999999ns", false, true } };

    (void) state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = g_strdup_printf("[scenario]\nlimit = %s\n%s", rows[i].limit, scenes[0].scenario);
        g_autoptr(SrScenario) scenario = fixture_parse(text);
        g_autoptr(SrRun) run = sr_run_new(scenario);
        SrRunResult result = fixture_play(run, 1, SR_CRYPTO_NAMES, NULL);

        assert_int_equal(sr_run_client(run, 1).state == SR_CLIENT_COLLABORATING, rows[i].there);
        assert_int_equal(result.at_limit, rows[i].at_limit);
        assert_int_equal(result.failed != 0, !rows[i].there);
    }
}

static void
renewals_and_expiries_alone_do_not_keep_a_run_going(void **state)
{
    g_autoptr(SrScenario) scenario = fixture_parse(
        "[network]\nlatency = 10ms\n[token-provider]\nlifetime = 40s\nntp-interval = 1s\n[encryption-provider]\n"
        "retention = for(20s)\n[client a]\n");
    g_autoptr(SrRun) run = sr_run_new(scenario);
    SrRunResult result = fixture_play(run, 1, SR_CRYPTO_NAMES, NULL);

    (void) state;
    assert_int_equal(result.t, 166 * SR_NS_PER_MS);
    assert_false(result.at_limit);
}

static void
what_the_program_cannot_play_yet_is_refused(void **state)
{
    static const struct {
        const char *text;
        uint32_t line;
    } rows[] = {
        { "[client a]\n[encryption-provider]\nkind = exec\n", 0 },
        { "[client a]\n[chaos]\ncrash = 0.2/s\n", 2 },
        { "[client a]\n[explore]\nclients = 2\n", 2 },
        { "[client a]\n\n[study]\nseeds = 1..10\n", 3 },
    };

    (void) state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(SrScenario) scenario = fixture_parse(rows[i].text);
        uint32_t line = 99;

        assert_non_null(sr_run_refusal(scenario, &line));
        assert_int_equal(line, rows[i].line);
    }
}

int
main(void)
{
    const struct CMUnitTest others[] = {
        cmocka_unit_test(the_example_has_no_other_message),
        cmocka_unit_test(the_same_seed_gives_the_same_bytes_and_another_does_not),
        cmocka_unit_test(a_run_ends_at_its_limit_and_events_there_still_run),
        cmocka_unit_test(renewals_and_expiries_alone_do_not_keep_a_run_going),
        cmocka_unit_test(what_the_program_cannot_play_yet_is_refused),
    };
    struct CMUnitTest tests[G_N_ELEMENTS(scenes) + G_N_ELEMENTS(others)];

    for (size_t i = 0; i < G_N_ELEMENTS(scenes); i++)
        tests[i] = (struct CMUnitTest) {
            .name = scenes[i].name, .test_func = play_scene, .initial_state = (void *) (uintptr_t) &scenes[i]
        };
    memcpy(tests + G_N_ELEMENTS(scenes), others, sizeof others);
    return cmocka_run_group_tests_name("run", tests, NULL, NULL) != 0;
}

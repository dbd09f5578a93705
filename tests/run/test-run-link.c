/* Links and services to the nanosecond: order, loss, copies, bandwidth, partitions, processing.
 * Source: section 4. */
#include "run/run-fixture.h"

static const struct scene scenes[] = {
    { "a service takes messages up one at a time and acts at the end of its processing",
      "[network]\nlatency = 10ms\n[token-provider]\nprocessing = 5ms\n[client a]\n[client "
      "b]\n[client c]\nstart = 7ms\n",
      "10ms token-provider receive token-request\n10ms token-provider receive "
      "token-request\n15ms token-provider send token\n"
      "17ms token-provider receive token-request\n20ms token-provider send token\n25ms "
      "token-provider send token\n" },
    { "an outage holds what arrives, and it is taken up at the end in order of arrival",
      "[network]\nlatency = 10ms\n[token-provider]\nprocessing = 1ms\n[client a]\n[client "
      "b]\nstart = 3ms\n"
      "[timeline]\n5ms = outage token-provider for 100ms\n",
      "10ms token-provider receive token-request\n13ms token-provider receive "
      "token-request\n106ms token-provider send token\n"
      "107ms token-provider send token\n" },
    { "slow adds to what the service takes up in that time",
      "[network]\nlatency = 10ms\n[token-provider]\nprocessing = 1ms\n[client a]\n[client "
      "b]\nstart = 40ms\n"
      "[timeline]\n5ms = slow token-provider by 20ms for 40ms\n",
      "10ms token-provider receive token-request\n31ms token-provider send token\n50ms "
      "token-provider receive token-request\n"
      "51ms token-provider send token\n" },
    { "a partition lets what was sent in it leave at its end",
      "[network]\nlatency = 10ms\n[client a]\n[timeline]\n15ms = partition a server for "
      "100ms\n",
      "21ms a send connect\n125ms server receive connect\n" },
    { "bandwidth: content takes its octets' time, then the latency",
      "[network]\nlatency = 10ms\nbandwidth = 8kbit/s\n[document d]\ncontent = 972B\n[client "
      "a]\n",
      "146ms a send upload\n1156ms server receive upload\n1166ms a collaborating\n" },
    { "order holds: a message never overtakes the one before it",
      "[network]\nlatency = 10ms\n[document d]\ncontent = 972B\n[link a -> server]\nbandwidth "
      "= 8kbit/s\n[client a]\n"
      "token-refresh = none\n[timeline]\n1151ms = disconnect a\n",
      "146ms a send upload\n1151ms a connection-closed\n1156ms server lose\n" },
    { "a closed connection loses what has not arrived, in both directions",
      "[network]\nlatency = 10ms\n[client a]\n[timeline]\n56ms = disconnect a\n",
      "51ms server send session-none\n56ms a connection-closed\n56ms server "
      "connection-closed\n61ms a lose\n" },
    { "what waits for processing is handled unless the server has seen the close",
      "[network]\nlatency = 10ms\n[server]\nprocessing = 5ms\ndetect-loss = 1s\n[client "
      "a]\n[timeline]\n58ms = disconnect a\n",
      "56ms server receive session-request\n58ms a connection-closed\n61ms server send "
      "session-none\n71ms a lose\n" },
    { "… and is lost when it has",
      "[network]\nlatency = 10ms\n[server]\nprocessing = 5ms\n[client a]\n[timeline]\n58ms = "
      "disconnect a\n",
      "56ms server receive session-request\n58ms server connection-closed\n61ms server "
      "lose\n" },
    { "a connect whose connection the server has seen close is lost, not served",
      "[network]\nlatency = 10ms\n[token-provider]\nenabled = no\n[server]\nprocessing = "
      "100ms\n"
      "[client a]\nreconnect = none\n[timeline]\n50ms = disconnect a\n",
      "10ms server receive connect\n50ms a connection-closed\n50ms a failed\n110ms server "
      "lose\n" },
    { "a message on a connection that the server closed does not arrive",
      "[network]\nlatency = 10ms\n[client a]\n[timeline]\n95ms = upgrade server\n120ms = "
      "sync-clock server\n",
      "95ms server send closed\n105ms a connection-closed\n" },
    { "a free service without processing acts inside the arrival",
      "[network]\nlatency = 0ms\n[token-provider]\nprocessing = "
      "0ms\n[encryption-provider]\ngenerate = 0ms\n[client a]\nderive = 0ms\n",
      "0ms token-provider receive token-request\n0ms token-provider send token\n0ms a "
      "collaborating\n" },
};

/* What every message of one run took, from its records. */
struct watch {
    SrTime sent[4096];
    unsigned n_lost, n_received, n_copies, n_late;
    SrSpan latency, rto;
};

static void
observe(void *data, const SrRecord *record)
{
    struct watch *watch = data;

    if (record->event == SR_EVENT_SEND) {
        assert_true(record->id < G_N_ELEMENTS(watch->sent));
        watch->sent[record->id] = record->t + 1;
    } else if (record->event == SR_EVENT_LOSE) {
        assert_int_equal(record->reason, SR_REASON_LOSS);
        watch->n_lost++;
    } else if (record->event == SR_EVENT_RECEIVE) {
        SrSpan took = record->t + 1 - watch->sent[record->id];
        SrSpan late = took - watch->latency;

        watch->n_received++;
        watch->n_late += late > 0;
        /* rto·(2ⁿ − 1), alone on its direction: nothing waits for anything else here. */
        if (watch->rto != 0)
            assert_true(late % watch->rto == 0 &&
                        ((late / watch->rto + 1) & (late / watch->rto)) == 0);
    }
}

static struct watch *
play(const char *text, struct watch *watch)
{
    g_autoptr(SrScenario) scenario = fixture_parse(text);
    g_autoptr(SrRun) run = sr_run_new(scenario);
    SrRunOptions options = { .sink = observe, .sink_data = watch };
    SrRunResult result;

    assert_true(sr_run_execute(run, 3, &options, &result, NULL));
    return watch;
}

static void
loss_on_an_ordered_link_costs_time(void **state)
{
    static struct watch watch = { .latency = 10 * SR_NS_PER_MS, .rto = 200 * SR_NS_PER_MS };

    (void) state;
    play("[network]\nlatency = 10ms\nloss = 30%\n[client a]\ncount = 20\nstart = uniform(0ms, "
         "1s)\n"
         "[encryption-provider]\nretention = forever\n[server]\nwhile-creating = pending\n",
         &watch);
    assert_int_equal(watch.n_lost, 0);
    assert_in_range(watch.n_late, watch.n_received / 5, watch.n_received / 2);
}

static void
loss_on_an_unordered_link_is_loss(void **state)
{
    static struct watch watch = { .latency = 10 * SR_NS_PER_MS };

    (void) state;
    play("[network]\nlatency = 10ms\nordered = no\nloss = 30%\n[client a]\ncount = "
         "50\nrequest-timeout = 1s\n",
         &watch);
    assert_in_range(watch.n_lost, 20, 4096);
    assert_int_equal(watch.n_late, 0);
}

static void
an_unordered_link_may_deliver_twice(void **state)
{
    g_autoptr(SrScenario) scenario =
        fixture_parse("[network]\nlatency = uniform(5ms, 50ms)\nordered = no\nduplicate = "
                      "50%\n[client a]\ncount = 20\n");
    g_autoptr(SrRun) run = sr_run_new(scenario);
    g_autoptr(GString) trace = g_string_new(NULL);
    SrRunResult result = fixture_play(run, 1, SR_CRYPTO_NAMES, trace);
    unsigned n_received = 0;

    (void) state;
    for (const char *at = trace->str; (at = strstr(at, "\"event\":\"receive\"")) != NULL; at++)
        n_received++;
    assert_int_equal(result.failed, 0);
    assert_int_equal(result.n_collaborating, 20);
    assert_in_range(n_received, result.messages * 13 / 10, result.messages * 17 / 10);
}

/* Order holds on an ordered link even where the seed decides ties: a rejection that is held up
 * and a release behind it arrive in one nanosecond, in this order. */
static void
seeded_ties_keep_the_order_of_a_link(void **state)
{
    g_autoptr(SrScenario) scenario = fixture_parse(
        "[scenario]\nties = seeded\n[network]\nlatency = 10ms\n[token-provider]\nenabled = no\n"
        "[client alice]\n[client bob]\nstart = 2ms\n[timeline]\n110ms = partition bob server "
        "for 90ms\n"
        "118ms = crash alice\n");
    g_autoptr(SrRun) run = sr_run_new(scenario);

    (void) state;
    for (uint64_t seed = 1; seed <= 50; seed++) {
        SrRunResult result = fixture_play(run, seed, SR_CRYPTO_NAMES, NULL);

        if (result.failed != 0)
            fail_msg("seed %" G_GUINT64_FORMAT ": failed%s", seed,
                     fixture_checks(result.failed));
    }
}

/* What the server still sends on a connection that the client has left holds up nothing on the new
 * one: each message takes a latency of its own, and never arrives with one of the old connection. */
static void
a_lost_message_holds_up_nothing(void **state)
{
    g_autoptr(SrScenario) scenario =
        fixture_parse("[network]\nlatency = 0ms\n[token-provider]\nenabled = no\n[link alice "
                      "-> server]\nlatency = 300ms\n"
                      "[link server -> alice]\nlatency = uniform(1ms, "
                      "2s)\n[encryption-provider]\ngenerate = 0ms\n[server]\n"
                      "detect-loss = 30s\n[client alice]\nreconnect = unlimited from 10ms to "
                      "10ms\nderive = 1h\n[client bob]\n"
                      "start = 5s\nderive = 100ms\n[timeline]\n5050ms = disconnect alice\n");
    g_autoptr(SrRun) run = sr_run_new(scenario);

    (void) state;
    for (uint64_t seed = 2; seed <= 5; seed++) {
        g_autoptr(GString) trace = g_string_new(NULL);
        const char *lost, *connected;

        fixture_play(run, seed, SR_CRYPTO_NAMES, trace);
        lost = strstr(trace->str, "\"event\":\"lose\",\"msg\":\"session-available\"");
        connected =
            strstr(trace->str,
                   "\"event\":\"receive\",\"msg\":\"connected\",\"from\":\"server\",\"id\":");
        connected = connected != NULL ? strstr(connected, "\"conn\":2") : NULL;
        assert_non_null(lost);
        if (connected == NULL)
            continue;
        while (lost > trace->str && *lost != '{')
            lost--;
        while (connected > trace->str && *connected != '{')
            connected--;
        assert_int_not_equal(g_ascii_strtoull(strstr(lost, "\"t\":") + 4, NULL, 10),
                             g_ascii_strtoull(strstr(connected, "\"t\":") + 4, NULL, 10));
    }
}

int
main(void)
{
    const struct CMUnitTest others[] = {
        cmocka_unit_test(seeded_ties_keep_the_order_of_a_link),
        cmocka_unit_test(a_lost_message_holds_up_nothing),
        cmocka_unit_test(loss_on_an_ordered_link_costs_time),
        cmocka_unit_test(loss_on_an_unordered_link_is_loss),
        cmocka_unit_test(an_unordered_link_may_deliver_twice),
    };
    struct CMUnitTest tests[G_N_ELEMENTS(scenes) + G_N_ELEMENTS(others)];

    fixture_scene_tests(scenes, G_N_ELEMENTS(scenes), tests);
    memcpy(tests + G_N_ELEMENTS(scenes), others, sizeof others);
    return cmocka_run_group_tests_name("links and services", tests, NULL, NULL) != 0;
}

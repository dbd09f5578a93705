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
    { "bandwidth: content takes its bytes' time, then the latency",
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
    /* 1000 bytes: 8·10¹² / 7000 = 1 142 857 142.9 ns, then 10 ms. */
    { "bandwidth that does not divide is rounded up",
      "[network]\nlatency = 10ms\nbandwidth = 7kbit/s\n[document d]\ncontent = 972B\n[client "
      "a]\n",
      "146ms a send upload\n1298857143ns server receive upload\n" },
    /* 29 bytes: 232·10⁹ = 4 914 109 · 47 211 + 1. */
    { "… also where a remainder of 1 is left",
      "[network]\nlatency = 10ms\nbandwidth = 4914109bit/s\n[document d]\ncontent = "
      "1B\n[client a]\n",
      "146ms a send upload\n156047212ns server receive upload\n" },
    { "… and not where nothing is left",
      "[network]\nlatency = 10ms\nbandwidth = 1Gbit/s\n[document d]\ncontent = 1B\n[client "
      "a]\n",
      "146ms a send upload\n156000232ns server receive upload\n" },
    /* The first content occupies 231 ms to 1231 ms. `connected` has size 0 and waits for that; from
     * its arrival it is 10 + 10 + 10 + 10 + 10 + 25 + 10 = 85 ms to the second content. */
    { "content on a connection that is gone still occupies its direction",
      "[network]\nlatency = 10ms\n[document d]\ncontent = 972B\n[link server -> b]\nbandwidth "
      "= 8kbit/s\n[client a]\n[client b]\nstart = 12ms\nreconnect = unlimited from 10ms to "
      "10ms\n[timeline]\n300ms = disconnect b\n",
      "231ms server send content\n310ms b send connect\n320ms server send connected\n1241ms b "
      "lose\n1241ms b receive connected\n1326ms server send content\n2336ms b receive "
      "content\n" },
    { "a busy direction holds up what has no size, also out of order",
      "[network]\nlatency = 10ms\nordered = no\n[link a -> server]\nbandwidth = "
      "8kbit/s\n[document d]\ncontent = 972B\n[server]\nleeway = "
      "5s\n[token-provider]\nlifetime = 1s\n[client a]\ntoken-refresh = 500ms\n",
      "146ms a send upload\n521ms a send token-update\n1156ms server receive upload\n1156ms "
      "server receive token-update\n" },
    { "a copy leaves with its original and occupies nothing itself",
      "[network]\nlatency = 10ms\nordered = no\n[link a -> server]\nduplicate = "
      "99.9999%\nbandwidth = 8kbit/s\n[document d]\ncontent = 972B\n[server]\nleeway = "
      "5s\n[token-provider]\nlifetime = 1s\n[client a]\ntoken-refresh = 500ms\n",
      "146ms a send upload\n521ms a send token-update\n1156ms server receive upload\n1156ms "
      "server receive upload\n1156ms server receive token-update\n1156ms server receive "
      "token-update\n" },
    { "an outage is over at its end",
      "[network]\nlatency = 10ms\n[client a]\n[timeline]\n5ms = outage token-provider for "
      "5ms\n",
      "10ms token-provider receive token-request\n11ms token-provider send token\n" },
    { "… and not a nanosecond before, and it has begun at its start",
      "[network]\nlatency = 10ms\n[client a]\n[timeline]\n10ms = outage token-provider for "
      "1ns\n",
      "10ms token-provider receive token-request\n11000001ns token-provider send token\n" },
    { "an outage inside a longer one ends nothing",
      "[network]\nlatency = 10ms\n[client a]\n[timeline]\n5ms = outage token-provider for "
      "100ms\n8ms = outage token-provider for 10ms\n",
      "106ms token-provider send token\n" },
    { "an outage that ends later holds what waits for the first one's end",
      "[network]\nlatency = 10ms\n[client a]\n[timeline]\n5ms = outage token-provider for "
      "10ms\n12ms = outage token-provider for 100ms\n",
      "113ms token-provider send token\n" },
    { "an outage does not stop what is in processing",
      "[network]\nlatency = 10ms\n[token-provider]\nprocessing = 5ms\n[client a]\n[client "
      "b]\nstart = 3ms\n[timeline]\n12ms = outage token-provider for 100ms\n",
      "15ms token-provider send token\n117ms token-provider send token\n" },
    { "slow is over at its end",
      "[network]\nlatency = 10ms\n[client a]\n[timeline]\n0ms = slow token-provider by 20ms "
      "for 10ms\n",
      "10ms token-provider receive token-request\n11ms token-provider send token\n" },
    { "… and not a nanosecond before",
      "[network]\nlatency = 10ms\n[client a]\n[timeline]\n0ms = slow token-provider by 20ms "
      "for 10000001ns\n",
      "31ms token-provider send token\n" },
    { "slow has begun at its start",
      "[network]\nlatency = 10ms\n[client a]\n[timeline]\n10ms = slow token-provider by 20ms "
      "for 1ns\n",
      "31ms token-provider send token\n" },
    { "two slows at a time add up, of that service alone",
      "[network]\nlatency = 10ms\n[client a]\n[timeline]\n0ms = slow token-provider by 20ms "
      "for 1s\n5ms = slow token-provider by 3ms for 1s\n5ms = slow server by 7ms for 30ms\n",
      "34ms token-provider send token\n44ms a send connect\n54ms server send connected\n" },
    /* Taken up at 10 ms, 15 ms, which is the last nanosecond of it, and 40 ms. */
    { "slow is drawn when a message is taken up, not when it arrives",
      "[network]\nlatency = 10ms\n[token-provider]\nprocessing = 5ms\n[client a]\n[client "
      "b]\n[client c]\n[timeline]\n12ms = slow token-provider by 20ms for 3000001ns\n",
      "15ms token-provider send token\n40ms token-provider send token\n45ms token-provider "
      "send token\n" },
    { "a partition is over at its end, on a link that loses what is sent in it",
      "[network]\nlatency = 10ms\nordered = no\n[client a]\n[timeline]\n11ms = partition a "
      "server for 10ms\n",
      "21ms a send connect\n31ms server receive connect\n" },
    { "… and not a nanosecond before",
      "[network]\nlatency = 10ms\nordered = no\n[client a]\n[timeline]\n11ms = partition a "
      "server for 10000001ns\n",
      "21ms a send connect\n21ms server lose\nnever server receive connect\n" },
    { "… and it has begun at its start",
      "[network]\nlatency = 10ms\nordered = no\n[client a]\n[timeline]\n21ms = partition a "
      "server for 1ns\n",
      "21ms a send connect\n21ms server lose\nnever server receive connect\n" },
    { "on an ordered link it leaves at the end, to the nanosecond",
      "[network]\nlatency = 10ms\n[client a]\n[timeline]\n11ms = partition a server for "
      "10000001ns\n",
      "21ms a send connect\n31000001ns server receive connect\n" },
    { "a partition inside a longer one ends nothing",
      "[network]\nlatency = 10ms\n[client a]\n[timeline]\n15ms = partition a server for "
      "100ms\n20ms = partition a server for 10ms\n",
      "21ms a send connect\n125ms server receive connect\n" },
    { "a partition that ends later holds longer",
      "[network]\nlatency = 10ms\n[client a]\n[timeline]\n15ms = partition a server for "
      "10ms\n20ms = partition a server for 100ms\n",
      "21ms a send connect\n130ms server receive connect\n" },
    /* For `a` what was sent at 51 ms leaves at 145 ms; its key request goes at once at 155 ms, behind
     * that of `b`. */
    { "a partition holds both directions of one client's one link",
      "[network]\nlatency = 10ms\n[client a]\n[client b]\nstart = 12ms\n[timeline]\n45ms = "
      "partition a server for 100ms\n",
      "51ms server send session-none\n73ms b receive session-none\n155ms a receive "
      "session-none\n165ms encryption-provider receive key-request\n" },
    { "a message arrives a nanosecond before its connection closes",
      "[network]\nlatency = 10ms\n[client a]\n[timeline]\n31000001ns = disconnect a\n",
      "31ms server receive connect\n31000001ns a connection-closed\n" },
    { "… and not when that is the same instant and was planned before",
      "[network]\nlatency = 10ms\n[client a]\n[timeline]\n31ms = disconnect a\n",
      "31ms a connection-closed\n31ms server lose\n" },
    { "what was asked before a crash is answered in vain",
      "[network]\nlatency = 10ms\n[client a]\n[timeline]\n5ms = crash a for 1ms\n",
      "6ms a start\n16ms token-provider receive token-request\n21ms a lose\n27ms a receive "
      "token\n" },
    { "two documents at once: each its own content, owner and announcement",
      "[network]\nlatency = 10ms\nbandwidth = 8kbit/s\n[token-provider]\nprocessing = "
      "0ms\n[document d]\ncontent = 972B\n[document e]\ncontent = 1972B\n[client a]\ndocument "
      "= d\n[client b]\ndocument = e\n",
      "1155ms server receive upload\n1155ms server established\n1165ms a collaborating\n2155ms "
      "server receive upload\n2165ms b collaborating\nnever b rejected\n" },
    { "… each its own store",
      "[network]\nlatency = 10ms\n[encryption-provider]\nretention = on-new-key\nhint = "
      "timestamp(1h)\nreuse = 1h\natomic = yes\n[document d]\n[document e]\n[client "
      "a]\ndocument = d\n[client b]\ndocument = e\nstart = 12ms\n",
      "91ms encryption-provider key-made\n103ms encryption-provider key-made\n166ms a "
      "collaborating\n178ms b collaborating\nnever encryption-provider key-discarded\n" },
    { "… and the loss of one's owner is no matter to the other",
      "[network]\nlatency = 10ms\n[document d]\n[document e]\n[client a]\ndocument = "
      "d\n[client b]\ndocument = e\nstart = 12ms\n[client c]\ndocument = d\nstart = "
      "24ms\n[timeline]\n140ms = crash a\n",
      "136ms server send create-accepted\n140ms server released\n140ms server send "
      "session-released\n150ms c receive session-released\n178ms b collaborating\nnever b "
      "receive session-released\n" },
    { "a message that is lost again and again never arrives",
      "[network]\nlatency = 10ms\nloss = 99.9999%\nrto = 30d\n[client a]\n",
      "0ms a send token-request\nnever token-provider receive token-request\n" },
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

/* The last arrival of each client on each link, and on which connection. */
struct order {
    SrTime sent[4096], last[4][6];
    uint32_t conn[4][6];
    unsigned n_held, n_fresh;
};

/* arrival = max(its own, the previous one in that direction on this connection), and its own is a
 * latency of 10 ms and rto·(2ⁿ − 1) after the sending. */
static void
observe_order(void *data, const SrRecord *record)
{
    struct order *order = data;
    bool outward = record->node < SR_NODE_FIRST_CLIENT;
    uint32_t client = (outward ? record->peer : record->node) - SR_NODE_FIRST_CLIENT;
    uint32_t direction = (outward ? record->node : record->peer) * 2 + !outward;
    SrTime late;

    assert_true(record->id < G_N_ELEMENTS(order->sent));
    if (record->event == SR_EVENT_SEND)
        order->sent[record->id] = record->t;
    if (record->event != SR_EVENT_RECEIVE)
        return;
    if (order->conn[client][direction] != record->conn)
        order->last[client][direction] = 0;
    order->conn[client][direction] = record->conn;
    late = record->t - order->sent[record->id] - 10 * SR_NS_PER_MS;
    assert_true(record->t >= order->last[client][direction]);
    if (late % (200 * SR_NS_PER_MS) != 0 ||
        ((late / (200 * SR_NS_PER_MS) + 1) & late / (200 * SR_NS_PER_MS)) != 0) {
        assert_int_equal(record->t, order->last[client][direction]);
        order->n_held++;
    }
    order->n_fresh += record->conn > 1;
    order->last[client][direction] = record->t;
}

static void
losses_hold_up_what_follows_on_the_same_connection_only(void **state)
{
    g_autoptr(SrScenario) scenario = fixture_parse(
        "[network]\nlatency = 10ms\nloss = 40%\n[server]\ndetect-loss = 3s\n[client a]\ncount "
        "= 3\nreconnect = unlimited from 7ms to 7ms\n[timeline]\n150ms = disconnect a\n"
        "300ms = disconnect a\n500ms = disconnect a\n900ms = disconnect a\n");
    g_autoptr(SrRun) run = sr_run_new(scenario);
    g_autofree struct order *order = g_new(struct order, 1);
    SrRunOptions options = { .sink = observe_order, .sink_data = order };
    unsigned n_held = 0, n_fresh = 0;
    SrRunResult result;

    (void) state;
    for (uint64_t seed = 1; seed <= 100; seed++) {
        memset(order, 0, sizeof *order);
        assert_true(sr_run_execute(run, seed, &options, &result, NULL));
        n_held += order->n_held;
        n_fresh += order->n_fresh;
    }
    assert_in_range(n_held, 100, UINT32_MAX);
    assert_in_range(n_fresh, 1000, UINT32_MAX);
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
        cmocka_unit_test(losses_hold_up_what_follows_on_the_same_connection_only),
        cmocka_unit_test(an_unordered_link_may_deliver_twice),
    };
    struct CMUnitTest tests[G_N_ELEMENTS(scenes) + G_N_ELEMENTS(others)];

    fixture_scene_tests(scenes, G_N_ELEMENTS(scenes), tests);
    memcpy(tests + G_N_ELEMENTS(scenes), others, sizeof others);
    return cmocka_run_group_tests_name("links and services", tests, NULL, NULL) != 0;
}

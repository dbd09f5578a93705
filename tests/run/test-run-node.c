/* What actions of the core mean in virtual time: timers, closings, local instants, answers that
 * take their time. */
#include "run/run-fixture.h"

static const struct scene scenes[] = {
    { "the server sees a loss after detect-loss",
      "[network]\nlatency = 10ms\n[server]\ndetect-loss = 300ms\n[client a]\n[timeline]\n200ms "
      "= disconnect a for 10s\n",
      "200ms a connection-closed\n500ms server connection-closed\n" },
    { "a client that fails is seen at once",
      "[network]\nlatency = 10ms\n[server]\ndetect-loss = 300ms\nwhile-creating = "
      "pending\n[client a]\n"
      "[client b]\nstart = 100ms\npatience = 1s\n[timeline]\n140ms = partition a server for "
      "5s\n",
      "1161ms b connection-closed\n1161ms server connection-closed\n1161ms b failed\n" },
    { "a token request is given up after request-timeout",
      "[network]\nlatency = 10ms\n[client a]\nrequest-timeout = 1s\nconnect-retry = 1 times "
      "from 2s to 2s\n"
      "[timeline]\n0ms = outage token-provider for 2s\n",
      "0ms a send token-request\n2001ms token-provider send token\n2011ms a receive "
      "token\n3000ms a send token-request\n" },
    { "keys expire by the provider's clock, which runs fast",
      "[network]\nlatency = 10ms\n[encryption-provider]\nretention = for(1s)\nclock-drift = "
      "100000ppm\n[client a]\n"
      "[client b]\nstart = 3s\nkey-retry = none\n",
      "91ms encryption-provider key-made\n1000090910ns encryption-provider key-discarded\n" },
    { "an establish-timeout counts from create-accepted",
      "[network]\nlatency = 10ms\n[server]\nestablish-timeout = 500ms\n[client "
      "a]\n[timeline]\n140ms = partition a server for 2s\n",
      "136ms server send create-accepted\n636ms server released\n" },
    { "a renewal waits for the client's own clock, and is aimed anew when that is stepped",
      "[network]\nlatency = 10ms\n[token-provider]\nlifetime = 60s\n[server]\nleeway = "
      "60s\n[client a]\n[client idle]\n"
      "start = 50s\n[timeline]\n1s = step-clock a by +10s\n",
      "1000ms a clock\n20000ms a send token-request\n20021ms a send token-update\n" },
    { "two keys take two derivations",
      "[network]\nlatency = 10ms\n[document d]\nprevious = yes\n[client a]\n",
      "61ms a send key-request\n61ms a send key-request\n91ms a receive key\n101ms a receive "
      "key\n151ms a opened\n"
      "151ms a send create-session\n" },
    { "requests for one key, attached to the first, are answered together",
      "[network]\nlatency = 10ms\n[encryption-provider]\nreuse = 1h\natomic = yes\n[client "
      "a]\n[client b]\nstart = 12ms\n",
      "71ms encryption-provider receive key-request\n83ms encryption-provider receive "
      "key-request\n"
      "91ms encryption-provider send key\n91ms encryption-provider send key\n101ms a receive "
      "key\n101ms b receive key\n" },
    { "a replica answers once the key has come to it",
      "[network]\nlatency = 10ms\n[encryption-provider]\nreplicas = 16\nreplication = "
      "1s\n[client a]\n[client b]\nstart = 12ms\n",
      "91ms encryption-provider key-made\n186ms encryption-provider key-missing\n" },
    { "a client in a region that lags asks its own copy until the key is there",
      "[network]\nlatency = 10ms\n[encryption-provider]\nreplicas = 2\nreplication = "
      "300ms\n[client a]\nreplica = 1\n[client b]\nstart = 12ms\nreplica = 2\n",
      "91ms encryption-provider key-made\n186ms encryption-provider key-missing\n"
      "416ms encryption-provider key-found\n" },
    { "a client beside the first copy is never too early",
      "[network]\nlatency = 10ms\n[encryption-provider]\nreplicas = 16\nreplication = "
      "1s\n[client a]\nreplica = 16\n[client b]\nstart = 12ms\nreplica = 1\n",
      "91ms encryption-provider key-made\n186ms encryption-provider key-found\n" },
    { "a derivation may be drawn",
      "[network]\nlatency = 10ms\n[client a]\nderive = uniform(30ms, 30ms)\n",
      "101ms a receive key\n131ms a send create-session\n" },
    { "a cached token is handed out until it is as old as `cache`",
      "[network]\nlatency = 10ms\n[token-provider]\ncache = 1s\n[client a]\n[client b]\nstart "
      "= 999999999ns\n",
      "11ms token-provider token-signed\n1010999999ns token-provider send token\n" },
    { "… and not then",
      "[network]\nlatency = 10ms\n[token-provider]\ncache = 1s\n[client a]\n[client b]\nstart "
      "= 1s\n",
      "11ms token-provider token-signed\n1011ms token-provider token-signed\n1011ms "
      "token-provider send token\n" },
    /* Signed when the clock shows 12.1 ms; t + floor(t / 10) = 1012.1 ms at t = 920 090 910. The third
     * request waits for the second. */
    { "a cached token ages by the provider's clock",
      "[network]\nlatency = 10ms\n[token-provider]\ncache = 1s\nclock-drift = "
      "100000ppm\n[server]\nleeway = 5s\n[client a]\n[client b]\nstart = 909090909ns\n[client "
      "c]\nstart = 909090910ns\n",
      "11ms token-provider token-signed\n920090909ns token-provider send token\n921090909ns "
      "token-provider token-signed\n" },
    /* At 1511 ms it shows 511 ms, at 2011 ms 1011 ms. */
    { "a step back makes a cached token young",
      "[network]\nlatency = 10ms\n[token-provider]\ncache = 1s\n[server]\nleeway = 5s\n[client "
      "a]\n[client b]\nstart = 1500ms\n[client c]\nstart = 2s\n[timeline]\n100ms = step-clock "
      "token-provider by -1s\n",
      "11ms token-provider token-signed\n1511ms token-provider send token\n2011ms "
      "token-provider token-signed\n" },
    { "where the renewal is past already on receipt it is due at half the lifetime",
      "[network]\nlatency = 10ms\n[token-provider]\nlifetime = 3s\n[client a]\n[client "
      "idle]\nstart = 50s\n",
      "21ms a receive token\n1521ms a send token-request\n" },
    /* 1 s - 979 ms = 21 ms. */
    { "… which is so when it is due in that instant",
      "[network]\nlatency = 10ms\n[token-provider]\nlifetime = 1s\n[client a]\ntoken-refresh = "
      "979ms\n[client idle]\nstart = 50s\n",
      "21ms a receive token\n521ms a send token-request\n" },
    { "… and not a nanosecond later",
      "[network]\nlatency = 10ms\n[token-provider]\nlifetime = 1s\n[client a]\ntoken-refresh = "
      "978999999ns\n[client idle]\nstart = 50s\n",
      "21ms a receive token\n21000001ns a send token-request\n" },
    { "… by the client's own clock",
      "[network]\nlatency = 10ms\n[token-provider]\nlifetime = 35s\n[client a]\nclock-offset = "
      "10s\n[client idle]\nstart = 50s\n",
      "21ms a receive token\n17521ms a send token-request\n" },
    { "a token is expired at its end, by the client's clock",
      "[network]\nlatency = 10ms\n[token-provider]\nlifetime = 1s\n[client a]\ntoken-refresh = "
      "none\n[timeline]\n500ms = disconnect a\n",
      "1000ms a send token-request\n" },
    { "… and not a nanosecond before",
      "[network]\nlatency = 10ms\n[token-provider]\nlifetime = 1s\n[client a]\ntoken-refresh = "
      "none\n[timeline]\n499999999ns = disconnect a\n",
      "999999999ns a send connect\n" },
    { "delays of a retry double up to the longest",
      "[network]\nlatency = 10ms\n[encryption-provider]\nhint = timestamp(1h)\n[client "
      "a]\n[client b]\nstart = 12ms\nearly-available = continue\nkey-retry = 4 times from "
      "300ms to 1s\n",
      "113ms b receive key-refused\n413ms b send key-request\n453ms b receive "
      "key-refused\n1053ms b send key-request\n2093ms b send key-request\n3133ms b send "
      "key-request\n3173ms b receive key-refused\n3173ms b failed\n" },
    { "reconnects are counted from the loss",
      "[network]\nlatency = 10ms\n[client a]\nreconnect = 3 times from 700ms to "
      "1s\n[timeline]\n200ms = disconnect a for 2s\n",
      "200ms a connection-closed\n2900ms a send connect\n" },
    /* 900 ms, 1900 ms, 2900 ms. */
    { "… and the last one fails at its instant",
      "[network]\nlatency = 10ms\n[client a]\nreconnect = 3 times from 700ms to "
      "1s\n[timeline]\n200ms = disconnect a for 10s\n",
      "200ms a connection-closed\n2900ms a failed\n" },
    { "a refused token is tried afresh after the delay",
      "[network]\nlatency = 10ms\n[token-provider]\nclock-offset = 90s\n[client "
      "a]\nconnect-retry = 2 times from 300ms to 400ms\n",
      "41ms a receive connect-refused\n341ms a send token-request\n382ms a receive "
      "connect-refused\n782ms a send token-request\n823ms a receive connect-refused\n823ms a "
      "failed\n" },
    /* The timer was set at 61 ms, the arrival scheduled at 91 ms. */
    { "an answer in the instant of the time-out is too late",
      "[network]\nlatency = 10ms\n[client a]\nrequest-timeout = 40ms\n",
      "61ms a send key-request\n101ms a receive key\n301ms a send key-request\n" },
    { "… and a nanosecond before it is in time",
      "[network]\nlatency = 10ms\n[client a]\nrequest-timeout = 40000001ns\n",
      "101ms a receive key\n126ms a send create-session\n" },
    /* Taken up at 125 ms. The time-out at 141 ms, and 200 ms. */
    { "a late answer moves nobody",
      "[network]\nlatency = 10ms\n[client a]\nrequest-timeout = 80ms\n[timeline]\n65ms = "
      "outage encryption-provider for 60ms\n",
      "155ms a receive key\n341ms a send key-request\n381ms a receive key\n406ms a send "
      "create-session\n" },
    { "patience counts from the rejection",
      "[network]\nlatency = 10ms\n[client a]\n[client b]\nstart = 12ms\npatience = 7999999ns\n",
      "158ms b receive create-rejected\n165999999ns b failed\n" },
    { "… and ends behind an announcement of the same instant that was sent before",
      "[network]\nlatency = 10ms\n[client a]\n[client b]\nstart = 12ms\npatience = 8ms\n",
      "158ms b receive create-rejected\n166ms b receive session-available\n166ms b send "
      "key-request\nnever b failed\n" },
    { "patience counts from session-pending",
      "[network]\nlatency = 10ms\n[server]\nwhile-creating = pending\n[client a]\n[client "
      "b]\nstart = 100ms\npatience = 4999999ns\n",
      "161ms b receive session-pending\n165999999ns b failed\n" },
    { "… likewise",
      "[network]\nlatency = 10ms\n[server]\nwhile-creating = pending\n[client a]\n[client "
      "b]\nstart = 100ms\npatience = 5ms\n",
      "161ms b receive session-pending\n166ms b send key-request\nnever b failed\n" },
    /* Not at 636 ms. Released at 650 ms, heard of at 2165 ms. */
    { "a promoted client's creation has its own time-out",
      "[network]\nlatency = 10ms\n[server]\non-owner-lost = promote\nestablish-timeout = "
      "500ms\n[client a]\n[client b]\nstart = 12ms\n[timeline]\n150ms = crash a\n155ms = "
      "partition b server for 2s\n",
      "136ms server send create-accepted\n150ms server released\n150ms server send "
      "create-accepted\n160ms b send upload\n650ms server released\n650ms server send "
      "session-released\n" },
    /* The timer was set at 136 ms, the arrival scheduled at 146 ms. */
    { "an upload in the instant of the time-out is too late",
      "[network]\nlatency = 10ms\n[server]\nestablish-timeout = 20ms\n[client a]\n",
      "136ms server send create-accepted\n156ms server released\n" },
    { "… and a nanosecond before it is in time",
      "[network]\nlatency = 10ms\n[server]\nestablish-timeout = 20000001ns\n[client a]\n",
      "156ms server established\n166ms a collaborating\nnever server released\n" },
    { "a renewal that comes within no run any more is called off",
      "[network]\nlatency = 10ms\n[token-provider]\nlifetime = 60s\n[client a]\n[client "
      "idle]\nstart = 50s\n[timeline]\n1s = step-clock a by -30d\n2s = step-clock a by "
      "-30d\n3s = step-clock a by -30d\n",
      "3000ms a clock\nnever a send token-update\n" },
};

/* Plays @text under 2 000 seeds. Returns: in how many of them @record comes */
static unsigned
count_runs_with(const char *text, const char *record)
{
    g_autoptr(SrScenario) scenario = fixture_parse(text);
    g_autoptr(SrRun) run = sr_run_new(scenario);
    unsigned n = 0;

    for (uint64_t seed = 1; seed <= 2000; seed++) {
        g_autoptr(GString) lines = g_string_new("\n");
        struct collector collector = { run, lines };
        SrRunOptions options = { .sink = fixture_collect, .sink_data = &collector };
        SrRunResult result;

        assert_true(sr_run_execute(run, seed, &options, &result, NULL));
        n += strstr(lines->str, record) != NULL;
    }
    return n;
}

#define REPLICAS(n, replication)                                                               \
    "[network]\nlatency = 10ms\n[encryption-provider]\nreplicas = " n                          \
    "\nreplication = " replication                                                             \
    "\n[client a]\n[client b]\nstart = 12ms\nkey-retry = none\n"

/* The key is made at 91 ms, and `b` asks a replica at 186 ms, once. Of n runs with the share p
 * five deviations are allowed, 5·√(n·p·(1 − p)). */
static void
a_lookup_goes_to_any_replica(void **state)
{
    (void) state;
    /* Only the primary has it: a quarter. */
    assert_in_range(count_runs_with(REPLICAS("4", "1h"), "\n186000000 encryption-provider "
                                                         "key-found\n"),
                    500 - 97, 500 + 97);
    /* Each of the others has it after a time of its own, in half of the runs by then. */
    assert_in_range(count_runs_with(REPLICAS("4", "uniform(0ms, 190ms)"),
                                    "\n186000000 encryption-provider key-found\n"),
                    1250 - 109, 1250 + 109);
}

static void
a_replica_has_the_key_at_its_instant_and_not_before(void **state)
{
    (void) state;
    /* The copy was sent on its way at 91 ms, the look-up began at 176 ms: in one nanosecond the
     * copy comes first. */
    assert_int_equal(
        count_runs_with(REPLICAS("2", "95ms"), "\n186000000 encryption-provider key-found\n"),
        2000);
    assert_in_range(count_runs_with(REPLICAS("2", "95000001ns"),
                                    "\n186000000 encryption-provider key-found\n"),
                    1000 - 112, 1000 + 112);
}

/* More keys than the store has room for at first, at the primary and at its copies; then one is
 * looked up. */
static void
a_store_grows(void **state)
{
    static const char *const hints[] = { "unique", "timestamp(1ns)" };

    (void) state;
    for (unsigned i = 0; i < G_N_ELEMENTS(hints); i++) {
        g_autofree char *text = g_strdup_printf(
            "[network]\nlatency = 10ms\n[token-provider]\nenabled = no\n[encryption-provider]\n"
            "generate = 3s\nreplicas = 3\nhint = %s\n[client a]\nrequest-timeout = 10ms\n"
            "key-retry = 150 times from 10ms to 10ms\n[client b]\nstart = 10s\n[client c]\n"
            "start = 20s\nkey-retry = none\n",
            hints[i]);
        g_autoptr(SrScenario) scenario = fixture_parse(text);
        g_autoptr(SrRun) run = sr_run_new(scenario);

        for (uint64_t seed = 1; seed <= 10; seed++) {
            SrRunResult result = fixture_play(run, seed, SR_CRYPTO_REAL, NULL);

            assert_int_equal(result.keys_made, 152);
            assert_int_equal(result.n_collaborating, 2);
        }
    }
}

/* Noise of up to 1 ns either way is -1, 0 or 1, equally often. */
struct noise {
    unsigned counts[3];
};

static void
observe_noise(void *data, const SrRecord *record)
{
    struct noise *noise = data;

    if (record->event == SR_EVENT_CLOCK && record->t == SR_NS_PER_S) {
        assert_in_range(record->clock.offset + 1, 0, 2);
        noise->counts[record->clock.offset + 1]++;
    }
}

static void
a_correction_misses_by_its_error_at_most(void **state)
{
    g_autoptr(SrScenario) scenario =
        fixture_parse("[network]\nlatency = 10ms\n[server]\nclock-offset = 5s\nleeway = "
                      "10s\nntp-interval = 1s\nntp-error = 1ns\n[client a]\nstart = 2s\n");
    g_autoptr(SrRun) run = sr_run_new(scenario);
    struct noise noise = { 0 };
    SrRunOptions options = { .sink = observe_noise, .sink_data = &noise };
    SrRunResult result;

    (void) state;
    for (uint64_t seed = 1; seed <= 300; seed++)
        assert_true(sr_run_execute(run, seed, &options, &result, NULL));
    for (unsigned i = 0; i < 3; i++)
        assert_in_range(noise.counts[i], 100 - 41, 100 + 41);
}

int
main(void)
{
    const struct CMUnitTest others[] = {
        cmocka_unit_test(a_lookup_goes_to_any_replica),
        cmocka_unit_test(a_replica_has_the_key_at_its_instant_and_not_before),
        cmocka_unit_test(a_store_grows),
        cmocka_unit_test(a_correction_misses_by_its_error_at_most),
    };
    struct CMUnitTest tests[G_N_ELEMENTS(scenes) + G_N_ELEMENTS(others)];

    fixture_scene_tests(scenes, G_N_ELEMENTS(scenes), tests);
    memcpy(tests + G_N_ELEMENTS(scenes), others, sizeof others);
    return cmocka_run_group_tests_name("nodes of a run", tests, NULL, NULL) != 0;
}

/* A run as a whole: the example of the description to the nanosecond, the same bytes for the
 * same seed, where a run ends. */
#include "run/run-fixture.h"

static const struct scene scenes[] = {
    { "the example of two clients, every message to the nanosecond",
      "[network]\nlatency = 10ms\n[token-provider]\nprocessing = "
      "1ms\n[encryption-provider]\ngenerate = 20ms\nlookup = 10ms\n"
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
};

/* The example's messages are all there are: no record of another instant hides between the
 * rows. */
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
    assert_int_equal(result.n_raced, 2);
    assert_int_equal(result.raced_documents, 1);
}

static void
the_same_seed_gives_the_same_bytes_and_another_does_not(void **state)
{
    g_autoptr(SrScenario) scenario =
        fixture_parse("[client a]\ncount = 5\nstart = uniform(0ms, 50ms)\n");
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
        g_autofree char *text =
            g_strdup_printf("[scenario]\nlimit = %s\n%s", rows[i].limit, scenes[0].scenario);
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
    g_autoptr(SrScenario) scenario =
        fixture_parse("[network]\nlatency = 10ms\n[token-provider]\nlifetime = "
                      "40s\nntp-interval = 1s\n[encryption-provider]\n"
                      "retention = for(20s)\n[client a]\n");
    g_autoptr(SrRun) run = sr_run_new(scenario);
    SrRunResult result = fixture_play(run, 1, SR_CRYPTO_NAMES, NULL);

    (void) state;
    assert_int_equal(result.t, 166 * SR_NS_PER_MS);
    assert_false(result.at_limit);
}

static bool
stop_at_once(void *data)
{
    return ++*(unsigned *) data > 0;
}

static void
a_run_can_be_stopped(void **state)
{
    g_autoptr(SrScenario) scenario = fixture_parse("[client a]\ncount = 5000\n");
    g_autoptr(SrRun) run = sr_run_new(scenario);
    unsigned asked = 0;
    SrRunOptions options = { .stop = stop_at_once, .stop_data = &asked };
    SrRunResult result;

    (void) state;
    assert_true(sr_run_execute(run, 1, &options, &result, NULL));
    assert_true(result.stopped);
    assert_int_equal(asked, 1);
    assert_in_range(result.engine_events, 1, 5000);
}

static void
a_renewal_moves_no_draw(void **state)
{
    SrTime sealed[2];

    (void) state;
    for (unsigned i = 0; i < 2; i++) {
        g_autofree char *text = g_strdup_printf(
            "[network]\nlatency = 10ms\n[encryption-provider]\ngenerate = 2s\n[client a]\n"
            "derive = uniform(10ms, 1s)\ntoken-refresh = %s\n",
            i == 0 ? "none" : "299s");
        g_autoptr(SrScenario) scenario = fixture_parse(text);
        g_autoptr(SrRun) run = sr_run_new(scenario);

        fixture_play(run, 1, SR_CRYPTO_NAMES, NULL);
        sealed[i] = sr_run_client(run, 0).collaborating_at;
    }
    assert_int_equal(sealed[0], sealed[1]);
}

static void
groups_for_others_change_no_event(void **state)
{
    static const char *const more[] = { "", "[explore]\nclients = 1\nverdict = fail(waits)\n",
                                        "[study]\nseeds = 5..9\nvary network.rto = 1s | 2s\n" };
    SrRunOptions options = { 0 };
    uint64_t records[G_N_ELEMENTS(more)];
    SrTime ends[G_N_ELEMENTS(more)];

    (void) state;
    for (unsigned i = 0; i < G_N_ELEMENTS(more); i++) {
        g_autofree char *text = g_strconcat("[client a]\n[client b]\n", more[i], NULL);
        g_autoptr(SrScenario) scenario = fixture_parse(text);
        g_autoptr(SrRun) run = sr_run_new(scenario);
        SrRunResult result;

        assert_true(sr_run_execute(run, 1, &options, &result, NULL));
        records[i] = result.records;
        ends[i] = result.t;
    }
    for (unsigned i = 1; i < G_N_ELEMENTS(more); i++) {
        assert_true(records[i] == records[0]);
        assert_true(ends[i] == ends[0]);
    }
}

/* With so many clients the run looks ahead in the queue; faults and services that wait long
 * make what it sees there come otherwise. */
static void
a_large_race_is_the_same_each_time(void **state)
{
    static const char text[] = "[scenario]\n"
                               "crypto = names\n"
                               "[token-provider]\n"
                               "processing = 0ms\n"
                               "[client reader]\n"
                               "count = 1500\n"
                               "start = uniform(0ms, 20ms)\n"
                               "[timeline]\n"
                               "200ms = crash server for 2s\n";
    g_autoptr(SrScenario) scenario = fixture_parse(text);
    g_autoptr(SrRun) run = sr_run_new(scenario), other = sr_run_new(scenario);
    SrRunResult first, again, elsewhere;

    (void) state;
    first = fixture_play(run, 3, SR_CRYPTO_NAMES, NULL);
    (void) fixture_play(run, 4, SR_CRYPTO_NAMES, NULL);
    again = fixture_play(run, 3, SR_CRYPTO_NAMES, NULL);
    elsewhere = fixture_play(other, 3, SR_CRYPTO_NAMES, NULL);
    assert_int_equal(first.n_collaborating, 1500);
    assert_string_equal(first.digest, again.digest);
    assert_string_equal(first.digest, elsewhere.digest);
    assert_int_equal(first.engine_events, again.engine_events);
    assert_int_equal(first.engine_events, elsewhere.engine_events);
}

/* Plays at most @max_events of a race whose keys are discarded. */
static SrRunResult
play_some(uint64_t max_events, GString *trace)
{
    g_autofree char *text = g_strdup_printf(
        "[scenario]\ncrypto = names\nmax-events = %" G_GUINT64_FORMAT
        "\n[network]\nlatency = 10ms\n[encryption-provider]\nretention = on-new-key\n"
        "[client alice]\n[client bob]\nstart = 12ms\n",
        max_events);
    g_autoptr(SrScenario) scenario = fixture_parse(text);
    g_autoptr(SrRun) run = sr_run_new(scenario);

    return fixture_play(run, 1, SR_CRYPTO_NAMES, trace);
}

/* With as many events as it needs it is the same run; with one less it has no end. */
static void
a_run_has_as_many_events_as_it_may(void **state)
{
    g_autoptr(GString) whole = g_string_new(NULL), same = g_string_new(NULL);
    SrRunResult all = play_some(100000000, whole);
    SrRunResult enough = play_some(all.engine_events, same);
    SrRunResult short_of_one = play_some(all.engine_events - 1, NULL);
    SrRunResult again = play_some(all.engine_events - 1, NULL);

    (void) state;
    assert_false(all.too_long);
    assert_false(enough.too_long);
    assert_string_equal(strchr(same->str, '\n'), strchr(whole->str, '\n'));
    assert_true(short_of_one.too_long);
    assert_false(short_of_one.stopped);
    assert_int_equal(short_of_one.engine_events, all.engine_events);
    assert_true(short_of_one.records < all.records);
    assert_string_equal(short_of_one.digest, again.digest);
}

/* What has failed before has failed; what is judged at the end is not judged. */
static void
a_run_without_an_end_has_no_last_checks(void **state)
{
    SrRunResult all = play_some(100000000, NULL), few = play_some(20, NULL);
    const uint32_t at_end = 1u << SR_CHECK_ALL_COLLABORATE | 1u << SR_CHECK_NOBODY_STUCK;
    bool failed_before = false;

    (void) state;
    assert_true(all.failed & 1u << SR_CHECK_KEY_KEPT);
    assert_true(all.failed & at_end);
    assert_int_equal(few.failed, 0);
    for (uint64_t n = 1; n < all.engine_events; n++) {
        SrRunResult some = play_some(n, NULL);

        assert_true(some.too_long);
        assert_int_equal(some.failed & at_end, 0);
        failed_before |= some.failed != 0;
    }
    assert_true(failed_before);
}

/* A race of many thousand events is ended at any of them, not only where stopping is asked. */
static void
a_long_run_is_ended_at_its_event(void **state)
{
    static const uint64_t most[] = { 4095, 4096, 4097, 10000 };

    (void) state;
    for (size_t i = 0; i < G_N_ELEMENTS(most); i++) {
        g_autofree char *text = g_strdup_printf(
            "[scenario]\ncrypto = names\nmax-events = %" G_GUINT64_FORMAT
            "\n[client reader]\ncount = 1500\n",
            most[i]);
        g_autoptr(SrScenario) scenario = fixture_parse(text);
        g_autoptr(SrRun) run = sr_run_new(scenario);
        SrRunResult result = fixture_play(run, 1, SR_CRYPTO_NAMES, NULL);

        assert_true(result.too_long);
        assert_int_equal(result.engine_events, most[i] + 1);
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
        cmocka_unit_test(a_run_can_be_stopped),
        cmocka_unit_test(a_run_has_as_many_events_as_it_may),
        cmocka_unit_test(a_run_without_an_end_has_no_last_checks),
        cmocka_unit_test(a_long_run_is_ended_at_its_event),
        cmocka_unit_test(a_renewal_moves_no_draw),
        cmocka_unit_test(groups_for_others_change_no_event),
        cmocka_unit_test(a_large_race_is_the_same_each_time),
    };
    struct CMUnitTest tests[G_N_ELEMENTS(scenes) + G_N_ELEMENTS(others)];

    fixture_scene_tests(scenes, G_N_ELEMENTS(scenes), tests);
    memcpy(tests + G_N_ELEMENTS(scenes), others, sizeof others);
    return cmocka_run_group_tests_name("run", tests, NULL, NULL) != 0;
}

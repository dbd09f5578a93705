/* Exploration with times: figures worked out by hand, runs that attain them, and settings that are
 * drawn. */
#include "timed/timed-fixture.h"

#define MS(n) (SR_NS_PER_MS * (SrSpan) (n))
#define KEYS (1u << SR_WATCH_KEY_LOOKUP | 1u << SR_WATCH_KEY_NEED)

/* ---- figures ---- */

#define RETENTION(text) "retention = " text "\n"
#define KEPT (1u << SR_CHECK_KEY_KEPT)
#define LOST (KEPT | 1u << SR_CHECK_KEY_FOUND | 1u << SR_CHECK_ALL_COLLABORATE)
#define CONTINUE "early-available = continue\n"
#define SPREAD "start = uniform(0s, 2s)\n"

/* clang-format off */
static struct row {
    const char *name, *lines;
    unsigned lookup, need, wait, judged, least, collaborate; /* ms */
    uint32_t failed;
} rows[] = {
    { "two together need a key for 760 ms", LINES CLIENTS("2", ""), 515, 760, 230, 1240, 20, 1400, 0 },
    { "so do three", LINES CLIENTS("3", ""), 515, 760, 230, 1240, 20, 1400, 0 },
    { "two that continue: 995 - 90 ms, and 1150 ms", LINES CLIENTS("2", CONTINUE), 905, 1150, 230, 1240, 20, 1400, 0 },
    { "three that continue need no longer", LINES CLIENTS("3", CONTINUE), 905, 1150, 230, 1240, 20, 1400, 0 },
    { "two that start within 2 s: 2745 ms", LINES CLIENTS("2", SPREAD), 2500, 2745, 230, 1240, 20, 1400, 0 },
    { "three that start within 2 s", LINES CLIENTS("3", SPREAD), 2500, 2745, 230, 1240, 20, 1400, 0 },
    { "for(760ms) loses a key at the last event", LINES RETENTION("for(760ms)") CLIENTS("2", ""), 515, 760, 230, 1240, 20, 1400, KEPT },
    { "for(761ms) is enough for three", LINES RETENTION("for(761ms)") CLIENTS("3", ""), 515, 760, 230, 1240, 20, 1400, 0 },
    { "for(760000001ns) is enough", LINES RETENTION("for(760000001ns)") CLIENTS("2", ""), 515, 760, 230, 1240, 20, 1400, 0 },
    { "for(515ms) is too short for a lookup", LINES RETENTION("for(515ms)") CLIENTS("2", ""), 515, 760, 230, 1240, 20, 1400, LOST },
    { "for(516ms) is enough for every lookup", LINES RETENTION("for(516ms)") CLIENTS("2", ""), 515, 760, 230, 1240, 20, 1400, KEPT },
    { "for(905ms) fails key-found", LINES RETENTION("for(905ms)") CLIENTS("3", CONTINUE), 905, 1150, 230, 1240, 20, 1400, LOST },
    { "for(906ms) does not", LINES RETENTION("for(906ms)") CLIENTS("3", CONTINUE), 905, 1150, 230, 1240, 20, 1400, KEPT },
    { "for(1150ms) fails key-kept", LINES RETENTION("for(1150ms)") CLIENTS("3", CONTINUE), 905, 1150, 230, 1240, 20, 1400, KEPT },
    { "for(1151ms) holds", LINES RETENTION("for(1151ms)") CLIENTS("3", CONTINUE), 905, 1150, 230, 1240, 20, 1400, 0 },
};
/* clang-format on */

static bool
is_as_wanted(const SrTimedResult *result, SrTimedWatchId watch, unsigned most)
{
    return result->watches[watch].seen && result->watches[watch].most == MS(most) &&
           result->watches[watch].most_attained;
}

static void
check_row(void **state)
{
    const struct row *row = *state;
    g_autoptr(SrScenario) scenario = fixture_scenario(row->lines, 0);
    SrTimedResult result;

    fixture_search(scenario, &SR_TIMED_OPTIONS, &result);
    assert_int_equal(result.end, SR_TIMED_COMPLETE);
    assert_int_equal(result.failed, row->failed);
    assert_true(is_as_wanted(&result, SR_WATCH_KEY_LOOKUP, row->lookup));
    assert_true(is_as_wanted(&result, SR_WATCH_KEY_NEED, row->need));
    assert_true(is_as_wanted(&result, SR_WATCH_WAIT, row->wait));
    assert_true(is_as_wanted(&result, SR_WATCH_JUDGED, row->judged));
    assert_true(is_as_wanted(&result, SR_WATCH_COLLABORATE, row->collaborate));
    assert_true(result.watches[SR_WATCH_JUDGED].least_attained);
    assert_int_equal(result.watches[SR_WATCH_JUDGED].least, MS(row->least));
}

static void
constant_delays_are_the_one_run(void **state)
{
    g_autoptr(SrScenario) scenario = fixture_scenario(
        "[network]\nlatency = 10ms\n[client a]\n[client b]\nstart = 3ms\n[client c]\nstart = "
        "55ms\n",
        0);
    g_autoptr(SrRun) run = sr_run_new(scenario);
    SrTimedResult result;
    SrRunResult played;
    SrSpan longest = 0;

    (void) state;
    assert_true(sr_run_execute(run, 1, &(SrRunOptions){ 0 }, &played, NULL));
    for (uint32_t i = 0; i < 3; i++) {
        SrClientOutcome outcome = sr_run_client(run, i);

        longest = MAX(longest, outcome.collaborating_at - outcome.start_at);
    }
    fixture_search(scenario, &SR_TIMED_OPTIONS, &result);
    assert_int_equal(result.watches[SR_WATCH_KEY_NEED].most + 1, played.key_need);
    assert_int_equal(result.watches[SR_WATCH_COLLABORATE].most, longest);
    assert_true(result.watches[SR_WATCH_KEY_NEED].most_attained);
    assert_int_equal(result.failed, 0);
}

/* More than one loss in a row has a probability of 0.01 %, less than half of what is cut: each message
 * takes 10 or 210 ms. */
static void
losses_are_cut(void **state)
{
    static const char lines[] =
        "[network]\nlatency = 10ms\nloss = 1%\nrto = 200ms\n[token-provider]\nprocessing = "
        "0ms\n[encryption-provider]\ngenerate = 20ms\nlookup = 5ms\n";
    g_autofree char *cut = g_strconcat("[scenario]\ncut = 99%\nlimit = 10min\n", lines, NULL);
    g_autoptr(SrScenario) scenario = fixture_scenario(cut, 2);
    g_autoptr(SrScenario) whole = fixture_scenario(lines, 2);
    const char *key = NULL;
    g_autofree char *refusal = sr_timed_refusal(whole, &SR_TIMED_OPTIONS, &key);
    SrLinkSettings link;
    SrTimedResult result;

    (void) state;
    assert_non_null(refusal);
    assert_string_equal(key, "network.loss");
    sr_scenario_link(scenario, SR_NODE_FIRST_CLIENT, SR_NODE_SERVER, true, &link);
    assert_int_equal(link.losses_max, 1);
    sr_scenario_link(whole, SR_NODE_FIRST_CLIENT, SR_NODE_SERVER, true, &link);
    assert_int_equal(link.losses_max, SR_LINK_LOSSES_MAX);
    fixture_search(scenario, &SR_TIMED_OPTIONS, &result);
    assert_true(is_as_wanted(&result, SR_WATCH_KEY_REQUEST, 210 + 20 + 210));
    assert_true(is_as_wanted(&result, SR_WATCH_TOKEN_REQUEST, 210 + 210));
    assert_int_equal(result.watches[SR_WATCH_TOKEN_REQUEST].least, MS(20));
}

/* 972 bytes and the tag of 28 take 80 ms at 100 kbit/s, each way. */
static void
content_takes_longer(void **state)
{
    g_autoptr(SrScenario) scenario =
        fixture_scenario("[document d]\ncontent = 972B\n" LINES
                         "[link * server]\nbandwidth = 100kbit/s\n" CLIENTS("2", ""),
                         0);
    SrTimedResult result;

    (void) state;
    fixture_search(scenario, &SR_TIMED_OPTIONS, &result);
    assert_int_equal(result.end, SR_TIMED_COMPLETE);
    assert_true(is_as_wanted(&result, SR_WATCH_ESTABLISH, 160 + 80));
    assert_true(is_as_wanted(&result, SR_WATCH_KEY_NEED, 760 + 80 + 80));
}

/* ---- runs ---- */

/* Plays the run that attains the need of a key, with a retention of that and with a nanosecond
 * more. */
static void
a_nanosecond_less_fails(void **state)
{
    g_autoptr(SrScenario) scenario = fixture_scenario(LINES CLIENTS("2", CONTINUE), 0);
    g_autoptr(SrTimed) timed = sr_timed_new(scenario, &SR_TIMED_OPTIONS);
    SrTimedResult result;
    g_autofree char *text = NULL;

    (void) state;
    sr_timed_search(timed, &result);
    text = sr_timed_watch_scenario(timed, SR_WATCH_KEY_NEED, true);
    assert_non_null(text);
    for (unsigned more = 0; more < 2; more++) {
        g_autofree char *retention =
            g_strdup_printf("[encryption-provider]\nretention = for(%" PRIu64 "ns)\n",
                            result.watches[SR_WATCH_KEY_NEED].most + more);
        g_auto(GStrv) parts = g_strsplit(text, "[encryption-provider]\n", 2);
        g_autofree char *whole = g_strconcat(parts[0], retention, parts[1], NULL);
        g_autoptr(SrScenario) written = fixture_parse(whole);
        g_autoptr(SrRun) run = sr_run_new(written);
        SrRunResult played;

        assert_true(sr_run_execute(run, written->seed, &(SrRunOptions){ 0 }, &played, NULL));
        assert_int_equal(played.key_need, result.watches[SR_WATCH_KEY_NEED].most + 1);
        assert_int_equal(played.failed, more == 0 ? KEPT : 0);
    }
}

static void
the_run_of_a_failure_fails(void **state)
{
    g_autoptr(SrScenario) scenario =
        fixture_scenario(LINES RETENTION("for(515ms)") CLIENTS("2", ""), 0);
    g_autoptr(SrTimed) timed = sr_timed_new(scenario, &SR_TIMED_OPTIONS);
    SrTimedResult result;

    (void) state;
    sr_timed_search(timed, &result);
    for (unsigned i = 0; i < SR_CHECK_N; i++) {
        g_autofree char *text = sr_timed_check_scenario(timed, (SrCheckId) i);
        g_autoptr(GPtrArray) path = sr_timed_check_path(timed, (SrCheckId) i);
        g_autoptr(SrScenario) written = NULL;
        g_autoptr(SrRun) run = NULL;
        SrRunResult played;

        assert_int_equal(text != NULL, result.failed >> i & 1);
        assert_int_equal(path != NULL, result.failed >> i & 1);
        if (text == NULL)
            continue;
        written = fixture_parse(text);
        run = sr_run_new(written);
        assert_true(sr_run_execute(run, written->seed, &(SrRunOptions){ 0 }, &played, NULL));
        assert_true(played.failed >> i & 1);
        assert_int_equal(played.failed, written->expect.failed);
    }
}

/* The delays of the critical path add up to the span. */
static void
the_reason_adds_up(void **state)
{
    g_autoptr(SrScenario) scenario = fixture_scenario(LINES CLIENTS("3", ""), 0);
    g_autoptr(SrTimed) timed = sr_timed_new(scenario, &SR_TIMED_OPTIONS);
    g_autoptr(GPtrArray) path = NULL;
    SrTimedResult result;
    SrSpan sum = 0;
    SrTime before = 0;

    (void) state;
    sr_timed_search(timed, &result);
    path = sr_timed_watch_path(timed, SR_WATCH_KEY_NEED, true);
    assert_non_null(path);
    for (guint i = 0; i < path->len; i++) {
        const SrTimedStep *step = g_ptr_array_index(path, i);

        assert_true(step->at >= before);
        assert_in_range(step->delay, step->least, step->most);
        before = step->at;
        if (step->critical)
            sum += step->delay;
    }
    assert_int_equal(sum, MS(760));
}

/* ---- what only saves work ---- */

static void
nothing_changes_for_two_without_savings(void **state)
{
    (void) state;
    for (uint64_t i = 0; i < effort_cases(40); i++) {
        g_autofree char *text = fixture_draw(i, 2);

        fixture_compare_switches(text);
    }
}

/* Of those that take few classes: without savings some others take hours. */
static void
nothing_changes_for_three_without_savings(void **state)
{
    uint64_t n = 0;

    (void) state;
    for (uint64_t i = 0; n < effort_cases(2); i++) {
        g_autofree char *text = fixture_draw(i, 3);
        g_autoptr(SrScenario) scenario = fixture_scenario(text, 0);
        SrTimedResult result;

        fixture_search(scenario, &SR_TIMED_OPTIONS, &result);
        if (result.classes > 2000)
            continue;
        n++;
        fixture_compare_switches(text);
    }
}

static void
local_time_saves_most(void **state)
{
    g_autoptr(SrScenario) scenario = fixture_scenario(LINES CLIENTS("3", ""), 0);
    SrTimedResult with, without;

    (void) state;
    fixture_search(scenario, &(SrTimedOptions){ .watches = KEYS }, &with);
    fixture_search(scenario, &(SrTimedOptions){ .watches = KEYS, .no_reduction = true },
                   &without);
    fixture_compare(&with, &without, "without reduction", "");
    assert_true(without.classes >= 30 * with.classes);
    assert_true(with.classes <= 3453);
}

static bool
stop_at_once(void *data)
{
    (void) data;
    return true;
}

static void
a_limit_proves_nothing(void **state)
{
    g_autoptr(SrScenario) scenario = fixture_scenario(LINES CLIENTS("3", ""), 0);
    SrTimedResult result;

    (void) state;
    fixture_search(scenario, &(SrTimedOptions){ .memory = 1 }, &result);
    assert_int_equal(result.end, SR_TIMED_MEMORY_FULL);
    fixture_search(scenario, &(SrTimedOptions){ .stop = stop_at_once }, &result);
    assert_int_equal(result.end, SR_TIMED_STOPPED);
}

/* ---- mistakes ---- */

/* A client is told that it was rejected and then of the session, on one link direction: it never
 * waits for less than nothing. The second message may be sent when the first has arrived, in a
 * time of its own: then only the last arrival says so. */
static const struct {
    SrTimedMutant mutant;
    const char *name, *lines;
} mistakes[] = {
    { SR_TIMED_NO_LANES, "no lanes", LINES CLIENTS("2", "") },
    { SR_TIMED_NO_LAST, "no last arrival", LINES CLIENTS("2", "") },
    { SR_TIMED_LEAST_IS_MOST, "the greatest for the least", LINES CLIENTS("3", CONTINUE) },
};

static bool
are_equal(const SrTimedResult *a, const SrTimedResult *b)
{
    bool equal = a->failed == b->failed;

    for (unsigned i = 0; i < SR_WATCH_N; i++)
        equal &= a->watches[i].most == b->watches[i].most &&
                 a->watches[i].least == b->watches[i].least &&
                 a->watches[i].most_attained == b->watches[i].most_attained &&
                 a->watches[i].least_attained == b->watches[i].least_attained;
    return equal;
}

static void
a_mistake_is_noticed(void **state)
{
    (void) state;
    for (size_t i = 0; i < G_N_ELEMENTS(mistakes); i++) {
        g_autoptr(SrScenario) scenario = fixture_scenario(mistakes[i].lines, 0);
        SrTimedResult right, wrong;

        fixture_search(scenario, &SR_TIMED_OPTIONS, &right);
        fixture_search(scenario, &(SrTimedOptions){ .mutant = mistakes[i].mutant }, &wrong);
        for (unsigned j = 0; j < SR_WATCH_N; j++)
            assert_true(right.watches[j].most_attained &&
                        (right.watches[j].least_attained || !right.watches[j].has_least));
        if (are_equal(&right, &wrong))
            fail_msg("%s: nobody notices", mistakes[i].name);
    }
}

/* ---- refusals ---- */

static struct refusal {
    const char *name, *lines, *key;
} refusals[] = {
    { "a latency without bounds", "[network]\nlatency = lognormal(10ms, 50ms)\n",
      "network.latency" },
    { "messages out of order", "[network]\nlatency = 5ms\nordered = no\n", "network.ordered" },
    { "chaos", "[network]\nlatency = 5ms\n[chaos]\ncrash = 1/s\n", "chaos" },
    { "a slow service",
      "[network]\nlatency = 5ms\n[timeline]\n5ms = slow server by 2ms for 1s\n", "timeline" },
    { "a clock that is set",
      "[network]\nlatency = 5ms\n[timeline]\n5ms = step-clock server by 1s\n", "timeline" },
    { "a new version", "[network]\nlatency = 5ms\n[timeline]\n5ms = upgrade server\n",
      "timeline" },
    { "a crash before the start",
      "[network]\nlatency = 5ms\n[timeline]\n5ms = crash late-2\n[client late]\ncount = 2\n"
      "start = uniform(0ms, 5ms)\n",
      "timeline" },
    { "two faults at once",
      "[scenario]\nties = seeded\n[network]\nlatency = 5ms\n[timeline]\n6ms = close c1\n"
      "6ms = outage server for 1s\n[client c1]\n",
      "timeline" },
    { "losses that are seen late, and an outage",
      "[network]\nlatency = 5ms\n[server]\ndetect-loss = 1s\n[timeline]\n"
      "5ms = outage server for 1s\n",
      "timeline" },
    { "losses that are seen late, and a queue",
      "[network]\nlatency = 5ms\n[server]\ndetect-loss = 1s\nprocessing = 1ms\n[timeline]\n"
      "5ms = disconnect c1\n[client c1]\n",
      "server.detect-loss" },
    { "a fault behind the limit",
      "[scenario]\nlimit = 30s\n[network]\nlatency = 5ms\n[timeline]\n29s = partition c1 "
      "server for 1s\n"
      "[client c1]\n",
      "scenario.limit" },
    { "keys that are handed out again, and discarded by age",
      "[network]\nlatency = 5ms\n[encryption-provider]\nreuse = 1s\nretention = for(500ms)\n",
      "encryption-provider.retention" },
    { "replicas", "[network]\nlatency = 5ms\n[encryption-provider]\nreplicas = 2\n",
      "encryption-provider.replicas" },
    { "a limit that comes too soon", "[scenario]\nlimit = 1s\n[network]\nlatency = 5ms\n",
      "scenario.limit" },
    { "a token that expires soon",
      "[network]\nlatency = 5ms\n[token-provider]\nlifetime = 2s\n",
      "token-provider.lifetime" },
    { "a clock that drifts", "[network]\nlatency = 5ms\n[server]\nclock-drift = 5ppm\n",
      "server.clock-drift" },
    { "a provider of one's own",
      "[network]\nlatency = 5ms\n[encryption-provider]\nkind = exec\n",
      "encryption-provider.kind" },
};

static void
is_refused(void **state)
{
    const struct refusal *row = *state;
    g_autoptr(SrScenario) scenario = fixture_scenario(row->lines, 2);
    const char *key = NULL;
    g_autofree char *refusal = sr_timed_refusal(scenario, &SR_TIMED_OPTIONS, &key);

    assert_non_null(refusal);
    assert_string_equal(key, row->key);
}

int
main(void)
{
    struct CMUnitTest figures[G_N_ELEMENTS(rows)], refused[G_N_ELEMENTS(refusals)];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(constant_delays_are_the_one_run),
        cmocka_unit_test(losses_are_cut),
        cmocka_unit_test(content_takes_longer),
        cmocka_unit_test(a_nanosecond_less_fails),
        cmocka_unit_test(the_run_of_a_failure_fails),
        cmocka_unit_test(the_reason_adds_up),
        cmocka_unit_test(nothing_changes_for_two_without_savings),
        cmocka_unit_test(nothing_changes_for_three_without_savings),
        cmocka_unit_test(local_time_saves_most),
        cmocka_unit_test(a_mistake_is_noticed),
        cmocka_unit_test(a_limit_proves_nothing),
    };
    int failures;

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        figures[i] = (struct CMUnitTest){ .name = rows[i].name,
                                          .test_func = check_row,
                                          .initial_state = &rows[i] };
    for (size_t i = 0; i < G_N_ELEMENTS(refusals); i++)
        refused[i] = (struct CMUnitTest){ .name = refusals[i].name,
                                          .test_func = is_refused,
                                          .initial_state = &refusals[i] };
    failures = cmocka_run_group_tests_name("figures worked out by hand", figures, NULL, NULL);
    failures += cmocka_run_group_tests_name("exploration with times", tests, NULL, NULL);
    failures += cmocka_run_group_tests_name("what is refused", refused, NULL, NULL);
    return failures != 0;
}

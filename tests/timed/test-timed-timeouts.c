/* Time-outs that run out: patience and request-timeout as moves of a search with times. */
#include "run/run-fixture.h"

#include "timed/timed-fixture.h"

/* Returns: drawn setting @number, whose clients do not wait long */
static char *
draw_impatient(uint64_t number, unsigned n)
{
    SrStream stream = sr_stream_at(1500 + n, number);
    g_autofree char *text = fixture_draw(number, n);
    g_auto(GStrv) parts = g_strsplit(text, "[client ", -1);
    GString *whole = g_string_new(parts[0]);

    for (unsigned i = 1; parts[i] != NULL; i++) {
        g_auto(GStrv) halves = g_strsplit(parts[i], "\n", 2);

        g_string_append_printf(whole, "[client %s\n", halves[0]);
        if (sr_stream_below(&stream, 4) > 0)
            g_string_append_printf(whole, "patience = %ums\n",
                                   1 + (unsigned) sr_stream_below(&stream, 40));
        if (sr_stream_below(&stream, 2) == 0) {
            g_string_append_printf(whole, "request-timeout = %ums\n",
                                   1 + (unsigned) sr_stream_below(&stream, 40));
            g_string_append(whole, sr_stream_below(&stream, 2) == 0
                                       ? "key-retry = none\n"
                                       : "key-retry = 1 times from 3ms to 3ms\n");
            g_string_append(whole, sr_stream_below(&stream, 2) == 0
                                       ? "connect-retry = none\n"
                                       : "connect-retry = 1 times from 2ms to 2ms\n");
        }
        g_string_append(whole, halves[1]);
    }
    return g_string_free(whole, FALSE);
}

static void
who_gives_up_is_looked_at(void **state)
{
    unsigned n_fire = 0;

    (void) state;
    for (uint64_t i = 0; i < effort_cases(8); i++) {
        g_autofree char *text = draw_impatient(i, 2);

        fixture_compare_switches(text);
        n_fire += fixture_runs_are_as_proved(text);
    }
    for (uint64_t i = 0; i < effort_cases(1); i++) {
        g_autofree char *text = draw_impatient(i, 3);

        n_fire += fixture_runs_are_as_proved(text);
    }
    assert_true(n_fire >= effort_cases(4));
}

static void
what_can_run_out_is_told(void **state)
{
    static const struct {
        const char *lines;
        SrTimedTimeoutId id;
        bool fires;
        SrTimedEnd end;
    } cases[] = {
        { LINES CLIENTS("2", "patience = 230ms\n"), SR_TIMED_PATIENCE, true,
          SR_TIMED_COMPLETE },
        { LINES CLIENTS("2", "patience = 231ms\n"), SR_TIMED_PATIENCE, false,
          SR_TIMED_COMPLETE },
        { LINES CLIENTS("2", "request-timeout = 240ms\n"), SR_TIMED_REQUEST_TIMEOUT, true,
          SR_TIMED_COMPLETE },
        { LINES CLIENTS("2", "request-timeout = 241ms\n"), SR_TIMED_REQUEST_TIMEOUT, false,
          SR_TIMED_COMPLETE },
        { LINES "[server]\nestablish-timeout = 160ms\n" CLIENTS("2", ""),
          SR_TIMED_ESTABLISH_TIMEOUT, true, SR_TIMED_FIRES },
        { LINES "[server]\nestablish-timeout = 161ms\n" CLIENTS("2", ""),
          SR_TIMED_ESTABLISH_TIMEOUT, false, SR_TIMED_COMPLETE },
        /* 20 ms lie between signing and judging at least. */
        { "[server]\nleeway = 1s\n[network]\nlatency = uniform(10ms, 80ms)\n"
          "[token-provider]\nclock-offset = 1020ms\n" CLIENTS("2", ""),
          SR_TIMED_TOKEN_EARLY, false, SR_TIMED_COMPLETE },
        { "[server]\nleeway = 1s\n[network]\nlatency = uniform(10ms, 80ms)\n"
          "[token-provider]\nclock-offset = 1021ms\n" CLIENTS("2", ""),
          SR_TIMED_TOKEN_EARLY, true, SR_TIMED_COMPLETE },
    };

    (void) state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(SrScenario) scenario = fixture_scenario(cases[i].lines, 0);
        SrTimedResult result;

        fixture_search(scenario, &SR_TIMED_OPTIONS, &result);
        assert_true(result.timeouts[cases[i].id].set);
        assert_int_equal(result.timeouts[cases[i].id].can_fire, cases[i].fires);
        assert_int_equal(result.end, cases[i].end);
        /* Who was never connected need not collaborate. */
        if (cases[i].fires && cases[i].end == SR_TIMED_COMPLETE &&
            cases[i].id != SR_TIMED_TOKEN_EARLY)
            assert_true(result.failed >> SR_CHECK_ALL_COLLABORATE & 1);
    }
}

/* Alice gives up while the announcement is on its way to her. It arrives later than any other
 * event of the run, which ends with it; so long the winner's key is needed. */
#define GIVES_UP                                                                               \
    "[network]\nlatency = 10ms\n[link alice -> server]\nlatency = 100ms\n"                     \
    "[link server -> alice]\nlatency = uniform(100ms, 180ms)\n"                                \
    "[link bob server]\nlatency = 100ms\n[token-provider]\nprocessing = 0ms\n"                 \
    "[server]\nwhile-creating = pending\n[client bob]\nderive = 5ms\n"                         \
    "[client alice]\nderive = 5ms\nstart = 250ms\npatience = 1ms\n"

/* The request that was given up still takes the time of the provider, and the next one waits
 * for it. */
#define ASKS_AGAIN                                                                             \
    "[network]\nlatency = 1ms\n[link alice -> token-provider]\nlatency = uniform(1ms, 50ms)\n" \
    "[token-provider]\nprocessing = 40ms\n[client alice]\nderive = 5ms\nrequest-timeout = "    \
    "45ms\n"                                                                                   \
    "connect-retry = 2 times from 1ms to 1ms\nkey-retry = none\n"

static void
what_is_lost_arrives_all_the_same(void **state)
{
    g_autoptr(SrScenario) scenario = fixture_scenario(GIVES_UP, 0);
    SrTimedResult result;

    (void) state;
    fixture_search(scenario, &SR_TIMED_OPTIONS, &result);
    assert_true(result.timeouts[SR_TIMED_PATIENCE].can_fire);
    assert_int_equal(result.watches[SR_WATCH_KEY_NEED].most, 495 * SR_NS_PER_MS);
    assert_true(result.watches[SR_WATCH_KEY_NEED].most_attained);
    assert_true(fixture_runs_are_as_proved(GIVES_UP));
    assert_true(fixture_runs_are_as_proved(ASKS_AGAIN));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_can_run_out_is_told),
        cmocka_unit_test(what_is_lost_arrives_all_the_same),
        cmocka_unit_test(who_gives_up_is_looked_at),
    };

    return cmocka_run_group_tests_name("time-outs", tests, NULL, NULL);
}

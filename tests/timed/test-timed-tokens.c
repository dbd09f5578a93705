/* Tokens that can be refused for their times, as events of a search with times. */
#include "timed/timed-fixture.h"

/* ---- worked out by hand ---- */

/* 20 to 160 ms lie between signing and the judging of `connect`. */
static struct by_hand {
    const char *name, *lines;
    SrTimedTimeoutId id;
    bool fires;
    SrSpan collaborate;
} by_hand[] = {
    /* Alone she takes: token 160, connect to session-none 320, key 80 + 80 + 80 + 5, creation
     * 160, upload 160. */
    { "nobody is refused", "clock-offset = 20ms\n", SR_TIMED_TOKEN_EARLY, false, 1045 },
    /* Signed at 80 and judged less than 21 later, her token is refused; she hears of it 80
     * later, waits 7, and begins again. Just less: no run takes so long. */
    { "a token is refused once", "clock-offset = 21ms\n", SR_TIMED_TOKEN_EARLY, true,
      80 + 21 + 80 + 7 + 1045 },
};

static void
is_as_by_hand(void **state)
{
    const struct by_hand *row = *state;
    g_autofree char *text = g_strdup_printf(
        "[network]\nlatency = uniform(10ms, 80ms)\n[token-provider]\nprocessing = 0ms\n%s"
        "[encryption-provider]\ngenerate = uniform(20ms, 80ms)\n[client alice]\nderive = 5ms\n"
        "connect-retry = 1 times from 7ms to 7ms\n",
        row->lines);
    g_autoptr(SrScenario) scenario = fixture_scenario(text, 0);
    SrTimedResult result;

    fixture_search(scenario, &SR_TIMED_OPTIONS, &result);
    assert_int_equal(result.end, SR_TIMED_COMPLETE);
    assert_int_equal(result.timeouts[row->id].can_fire, row->fires);
    assert_int_equal(result.watches[SR_WATCH_COLLABORATE].most,
                     row->collaborate * SR_NS_PER_MS);
    assert_int_equal(result.watches[SR_WATCH_COLLABORATE].most_attained, !row->fires);
}

/* ---- drawn settings ---- */

/* The signer is ahead by as much as tokens take, or so far behind that they expire meanwhile; a
 * second begins in the midst of it. */
static char *
draw_tokens(uint64_t number, unsigned n_clients)
{
    SrStream stream = sr_stream_at(1900 + n_clients, number);
    g_autofree char *setting = fixture_draw(number, n_clients);
    unsigned phase = 900 + (unsigned) sr_stream_below(&stream, 100),
             skew = 1 + (unsigned) sr_stream_below(&stream, 60);
    bool ahead = sr_stream_below(&stream, 3) > 0;
    g_autofree char *signer =
        g_strdup_printf("clock-offset = %ums\n", ahead ? phase + skew : phase);
    g_autofree char *server = g_strdup_printf(
        "clock-offset = %ums\n%s", ahead ? phase : phase + 299000 - skew,
        sr_stream_below(&stream, 2) == 0 ? "check-token = create-session, join\n" : "");
    g_autofree char *retry = g_strdup_printf("connect-retry = %u times from %ums to 9ms\n",
                                             1 + (unsigned) sr_stream_below(&stream, 2),
                                             1 + (unsigned) sr_stream_below(&stream, 9));
    g_autofree char *with_signer = fixture_insert(setting, "[token-provider]", signer);
    g_autofree char *with_server = fixture_insert(with_signer, "[server]", server);

    return fixture_insert(with_server, "[client ",
                          sr_stream_below(&stream, 2) == 0 ? retry : "");
}

static void
refused_tokens_are_looked_at(void **state)
{
    (void) state;
    assert_true(fixture_play_drawn(draw_tokens, 2, effort_cases(40), 75) >=
                effort_cases(40) / 2);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refused_tokens_are_looked_at),
    };
    int failures = FIXTURE_RUN_ROWS("tokens by hand", is_as_by_hand, by_hand);

    failures += cmocka_run_group_tests_name("tokens", tests, NULL, NULL);
    return failures != 0;
}

/* Keys and hints that several clients may get, with times: `reuse`, and hints that may repeat. */
#include "timed/timed-fixture.h"

/* ---- worked out by hand ---- */

/* Alice starts with bob. Both ask for a key within 60 to 400 ms, and each is made 20 to 80 ms
 * after it was asked for. */
#define TWO                                                                                    \
    "[network]\nlatency = uniform(10ms, 80ms)\n[token-provider]\nprocessing = 0ms\n"           \
    "[client c]\nderive = 5ms\ncount = 2\n[encryption-provider]\ngenerate = uniform(20ms, "    \
    "80ms)\n"                                                                                  \
    "lookup = uniform(5ms, 30ms)\n"

static struct by_hand {
    const char *name, *lines;
    SrCheckId check;
    bool fails;
} by_hand[] = {
    { "an instant may name two keys", TWO "hint = timestamp(1ms)\non-collision = overwrite\n",
      SR_CHECK_HINT_STABLE, true },
    { "one key is made for all of a second",
      TWO "hint = timestamp(1ms)\non-collision = keep-first\n", SR_CHECK_HINT_STABLE, false },
    { "a refused key is asked for again", TWO "hint = timestamp(1ms)\non-collision = refuse\n",
      SR_CHECK_ALL_COLLABORATE, false },
    /* Nobody looks for a key before one is made: 80 ms at most. */
    { "two keys are made by a store that looks before it makes one",
      TWO "reuse = 1h\natomic = no\nretention = last(1)\n", SR_CHECK_KEY_KEPT, true },
    { "one key is made where that is one step",
      TWO "reuse = 1h\natomic = yes\nretention = last(1)\n", SR_CHECK_KEY_KEPT, false },
    /* The first key is made at 90 at the least, and asked for at 400 at the most: 310 ms later,
     * when it may be too old. */
    { "a key is too old to be handed out",
      TWO "reuse = 309ms\natomic = yes\nretention = last(1)\n", SR_CHECK_KEY_KEPT, true },
};

static void
is_as_by_hand(void **state)
{
    const struct by_hand *row = *state;
    g_autoptr(SrScenario) scenario = fixture_scenario(row->lines, 0);
    SrTimedResult result;

    fixture_search(scenario, &SR_TIMED_OPTIONS, &result);
    assert_int_equal(result.end, SR_TIMED_COMPLETE);
    assert_int_equal(result.failed >> row->check & 1, row->fails);
    fixture_runs_are_as_proved(row->lines);
}

/* ---- drawn settings ---- */

static char *
draw_shares(uint64_t number, unsigned n_clients)
{
    static const char *const collisions[] = { "refuse", "overwrite", "keep-first" };
    SrStream stream = sr_stream_at(1800 + n_clients, number);
    g_autofree char *setting = fixture_draw(number, n_clients);
    GString *lines = g_string_new(NULL);
    g_autofree char *text = NULL;
    unsigned hints = (unsigned) sr_stream_below(&stream, 4);

    if (hints == 0)
        g_string_append(lines, "hint = none\n");
    else if (hints < 3)
        g_string_append_printf(lines, "hint = timestamp(%ums)\n",
                               1 + (unsigned) sr_stream_below(&stream, 20));
    if (hints < 3)
        g_string_append_printf(lines, "on-collision = %s\n",
                               collisions[sr_stream_below(&stream, G_N_ELEMENTS(collisions))]);
    if (hints == 3 || sr_stream_below(&stream, 2) == 0)
        g_string_append_printf(lines, "reuse = %ums\natomic = %s\n",
                               1 + (unsigned) sr_stream_below(&stream, 40),
                               sr_stream_below(&stream, 2) == 0 ? "no" : "yes");
    text = fixture_insert(setting, "[encryption-provider]", lines->str);
    g_string_free(lines, TRUE);
    return fixture_insert(text, "[client ", "key-retry = 2 times from 3ms to 6ms\n");
}

static void
shared_keys_are_looked_at(void **state)
{
    (void) state;
    assert_true(fixture_play_drawn(draw_shares, 2, effort_cases(40), 90) >=
                effort_cases(40) / 2);
    fixture_play_drawn(draw_shares, 3, effort_cases(3), 90);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shared_keys_are_looked_at),
    };
    int failures = FIXTURE_RUN_ROWS("shared keys by hand", is_as_by_hand, by_hand);

    failures += cmocka_run_group_tests_name("shared keys", tests, NULL, NULL);
    return failures != 0;
}

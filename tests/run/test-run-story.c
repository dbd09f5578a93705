/* The story of a run: what a person must read to understand it is in it, however many clients there are. */
#include "run/run-fixture.h"

static SrRunResult result;

static void
play(const char *text, uint64_t seed)
{
    g_autoptr(SrScenario) scenario = fixture_parse(text);
    g_autoptr(SrRun) run = sr_run_new(scenario);

    result = fixture_play(run, seed, SR_CRYPTO_NAMES, NULL);
}

/* Returns: the place of the first record of @event from @from on, result.n_story when there is none */
static uint32_t
find(SrEvent event, uint32_t from)
{
    while (from < result.n_story && result.story[from].event != event)
        from++;
    return from;
}

static void
the_lost_key_and_its_cause_are_told(void **state)
{
    (void) state;
    play("[network]\npreset = mobile\n[encryption-provider]\nretention = on-new-key\n[client "
         "u]\ncount = 500\n"
         "start = uniform(0ms, 2s)\n",
         1);
    assert_true(result.failed >> SR_CHECK_KEY_KEPT & 1);

    uint32_t discarded = find(SR_EVENT_KEY_DISCARDED, 0);
    uint32_t check = find(SR_EVENT_CHECK_FAILED, 0);

    assert_true(discarded > 0 && discarded < check && check < result.n_story);
    /* The making of the key that pushed it out stands right before. */
    assert_int_equal(result.story[discarded - 1].event, SR_EVENT_KEY_MADE);
    assert_int_equal(result.story[discarded - 1].t, result.story[discarded].t);
    assert_int_not_equal(result.story[discarded - 1].hint, result.story[discarded].hint);
    assert_int_equal(result.story[check].check, SR_CHECK_KEY_KEPT);
    assert_in_range(result.story_left_out, 500, UINT32_MAX);
}

static void
every_failed_check_is_told(void **state)
{
    unsigned told = 0;

    (void) state;
    play("[network]\npreset = mobile\n[encryption-provider]\nretention = on-new-key\n[client "
         "u]\ncount = 500\n"
         "start = uniform(0ms, 2s)\n",
         1);
    for (uint32_t i = find(SR_EVENT_CHECK_FAILED, 0); i < result.n_story;
         i = find(SR_EVENT_CHECK_FAILED, i + 1))
        told++;
    assert_int_equal(told, result.n_failures);
    assert_true(told >= 3);
}

static void
refused_tokens_are_told_and_counted(void **state)
{
    (void) state;
    for (unsigned count = 3; count <= 300; count *= 10) {
        g_autofree char *text = g_strdup_printf("[token-provider]\nclock-offset = 90s\n[client "
                                                "u]\ncount = %u\nstart = uniform(0ms, 9s)\n",
                                                count);

        play(text, 1);
        assert_int_equal(result.tokens_refused, count);
        assert_true(find(SR_EVENT_TOKEN_JUDGED, 0) < result.n_story);
    }
}

static void
a_small_run_is_told_whole(void **state)
{
    (void) state;
    play("[network]\nlatency = 10ms\n[client a]\n[client b]\nstart = 12ms\n", 1);
    assert_int_equal(result.story_left_out, 0);
    assert_int_equal(result.n_story, 7);
    for (uint32_t i = 1; i < result.n_story; i++)
        assert_true(result.story[i - 1].seq < result.story[i].seq);
}

static void
a_start_afresh_is_told_and_the_first_is_not(void **state)
{
    (void) state;
    play("[network]\nlatency = 10ms\n[client a]\n[timeline]\n300ms = crash a for 1s\n", 1);

    uint32_t start = find(SR_EVENT_START, 0);

    assert_true(start < result.n_story);
    assert_int_equal(result.story[start].t, 1300 * SR_NS_PER_MS);
    assert_int_equal(find(SR_EVENT_START, start + 1), result.n_story);
}

static void
telling_changes_no_result(void **state)
{
    g_autoptr(SrScenario) scenario =
        fixture_parse("[client a]\ncount = 30\n[encryption-provider]\nretention = last(2)\n");
    g_autoptr(SrRun) run = sr_run_new(scenario);
    SrRunOptions plain = { .digest = true };
    SrRunResult without;

    (void) state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        result = fixture_play(run, seed, SR_CRYPTO_NAMES, NULL);
        assert_true(sr_run_execute(run, seed, &plain, &without, NULL));
        assert_string_equal(result.digest, without.digest);
        assert_int_equal(result.n_failures, without.n_failures);
        assert_int_equal(result.orphans, without.orphans);
        assert_int_equal(result.winner, without.winner);
        assert_int_equal(without.n_story, 0);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_lost_key_and_its_cause_are_told),
        cmocka_unit_test(every_failed_check_is_told),
        cmocka_unit_test(refused_tokens_are_told_and_counted),
        cmocka_unit_test(a_small_run_is_told_whole),
        cmocka_unit_test(a_start_afresh_is_told_and_the_first_is_not),
        cmocka_unit_test(telling_changes_no_result),
    };

    return cmocka_run_group_tests_name("story", tests, NULL, NULL) != 0;
}

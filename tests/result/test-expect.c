/* Expectations: each is met by what happens and missed by its nearest neighbour. */
#include "run/run-fixture.h"

struct row {
    const char *name;
    const char *
        expect; /* behind the example of two clients: alice wins at 166 ms, bob joins at 241 ms */
    const char *want; /* the messages, a line each */
};

#define EXAMPLE "[network]\nlatency = 10ms\n[client alice]\n[client bob]\nstart = 12ms\n"
#define LOSES_KEY EXAMPLE "[encryption-provider]\nretention = on-new-key\n"

static const struct row rows[] = {
    { "nothing expected is a pass of everybody", EXAMPLE, "" },
    { "a pass that fails", LOSES_KEY,
      "0: verdict: failed and was not expected to: key-kept, key-found, all-collaborate\n"
      "0: collaborating: expected and is not there: bob\n" },
    { "exactly the named checks fail",
      LOSES_KEY "[expect]\nverdict = fail(key-kept, key-found, all-collaborate)\n", "" },
    { "one named too few", LOSES_KEY "[expect]\nverdict = fail(key-kept, key-found)\n",
      "8: verdict: failed and was not expected to: all-collaborate\n" },
    { "one named too many",
      LOSES_KEY "[expect]\nverdict = fail(key-kept, key-found, all-collaborate, waits)\n",
      "8: verdict: expected to fail and held: waits\n" },
    { "the winner", EXAMPLE "[expect]\nwinner = alice\n", "" },
    { "another winner", EXAMPLE "[expect]\nwinner = bob\n",
      "6: winner: expected bob, got alice\n" },
    { "nobody won",
      "[network]\nlatency = 10ms\n[token-provider]\nclock-offset = 90s\n[client "
      "alice]\n[expect]\nwinner = alice\n"
      "collaborating = 0\n",
      "6: winner: expected alice, got nobody\n" },
    { "so many collaborate", EXAMPLE "[expect]\ncollaborating = 2\n", "" },
    { "more than that", EXAMPLE "[expect]\ncollaborating = 1\n",
      "6: collaborating: expected 1, got 2\n" },
    { "those by name", EXAMPLE "[expect]\ncollaborating = alice, bob\n", "" },
    { "one by name who should not be there", EXAMPLE "[expect]\ncollaborating = alice\n",
      "6: collaborating: is there and was not expected: bob\n" },
    { "all is who was not crashed or closed for good",
      EXAMPLE "[timeline]\n2s = close bob\n[expect]\ncollaborating = all\n", "" },
    { "within the very instant", EXAMPLE "[expect]\nwithin = 241ms\n", "" },
    { "a nanosecond too late", EXAMPLE "[expect]\nwithin = 240999999ns\n",
      "6: within: not there by 240.999999ms: bob\n" },
    { "many who are missing",
      EXAMPLE "[client fan]\ncount = 8\nstart = 999ms\n[scenario]\nlimit = 1s\n",
      "0: collaborating: expected and is not there: fan-1, fan-2, fan-3, fan-4, fan-5 and 3 "
      "more\n" },
    { "outcomes",
      EXAMPLE "[expect client alice]\noutcome = wins\n[expect client bob]\noutcome = joins\n",
      "" },
    { "outcomes the other way",
      EXAMPLE "[expect client alice]\noutcome = joins\n[expect client bob]\noutcome = wins\n",
      "6: client alice: expected outcome joins, got wins\n8: client bob: expected outcome "
      "wins, got joins\n" },
    { "a failure and its reason and instant",
      LOSES_KEY "[expect]\nverdict = fail(key-kept, key-found, all-collaborate)\n[expect "
                "client bob]\noutcome = fails(encryption)\n"
                "at = 6546ms\n",
      "" },
    { "a failure for another reason",
      LOSES_KEY "[expect]\nverdict = fail(key-kept, key-found, all-collaborate)\n[expect "
                "client bob]\noutcome = fails(jwt)\n",
      "10: client bob: expected outcome fails(jwt), got fails(encryption)\n" },
    { "waiting",
      EXAMPLE
      "[server]\non-owner-lost = wait\n[timeline]\n150ms = crash alice\n[expect]\n"
      "verdict = fail(all-collaborate, nobody-stuck)\n[expect client bob]\noutcome = waits\n"
      "[expect client alice]\noutcome = joins\n",
      "14: client alice: expected outcome joins, got crashed\n" },
    { "at the instant", EXAMPLE "[expect client alice]\nat = 166ms\n", "" },
    { "not at the instant", EXAMPLE "[expect client alice]\nat = 165ms\n",
      "6: client alice: expected at 165ms, got 166ms\n" },
    { "before is strictly before", EXAMPLE "[expect client alice]\nbefore = 166ms\n",
      "6: client alice: expected before 166ms, got 166ms\n" },
    { "before by a nanosecond", EXAMPLE "[expect client alice]\nbefore = 166000001ns\n", "" },
};

static void
judge(void **state)
{
    const struct row *row = *state;
    g_autoptr(SrScenario) scenario = fixture_parse(row->expect);
    g_autoptr(SrRun) run = sr_run_new(scenario);
    SrRunResult result = fixture_play(run, 1, SR_CRYPTO_NAMES, NULL);
    g_autoptr(GPtrArray) misses = sr_expect_judge(scenario, &result, sr_run_outcomes(run));
    g_autoptr(GString) got = g_string_new(NULL);

    for (guint i = 0; i < misses->len; i++) {
        const SrMiss *miss = g_ptr_array_index(misses, i);

        g_string_append_printf(got, "%u: %s\n", miss->line, miss->message);
    }
    assert_string_equal(got->str, row->want);
}

int
main(void)
{
    struct CMUnitTest tests[G_N_ELEMENTS(rows)];

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        tests[i] = (struct CMUnitTest){ .name = rows[i].name,
                                        .test_func = judge,
                                        .initial_state = (void *) (uintptr_t) &rows[i] };
    return cmocka_run_group_tests_name("expectations", tests, NULL, NULL) != 0;
}

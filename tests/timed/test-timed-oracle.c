/* The brute force of oracle.h against what was worked out by hand; against runs, which never go
 * beyond it; and the proof with times against it.
 *
 * SR_TEST_EFFORT above 1: larger settings, and as many times more that are drawn. */
#include "effort.h"
#include "run/run-fixture.h"

#include <inttypes.h>

#include "session-race/sweep-row.h"
#include "session-race/timed.h"
#include "timed/oracle.h"
#include "timed/setting.h"

#define STATES_MAX UINT64_C(2000000)
#define SEEDS 300
#define DRAWN_SETTINGS 20

/* ---- settings ---- */

#define LINKS(lo, hi)                                                                          \
    .link = { { { lo, hi }, { lo, hi } },                                                      \
              { { lo, hi }, { lo, hi } },                                                      \
              { { lo, hi }, { lo, hi } } }
#define DELAYS .generate = { 1, 3 }, .lookup = { 1, 2 }, .derive = { 1, 1 }
#define SHORT_DELAYS .generate = { 1, 2 }, .lookup = { 1, 2 }, .derive = { 1, 1 }

/* `want`: worked out by hand, in the order of OracleWatch; 0: not worked out. With links from l to
 * L, generate from g to G, lookup k to K and derive d:
 *   together   key needed 9 L + 2 d + K, and asked for at last 3 L + d before that (key, derive, join,
 *              content); wait 3 L - l (the rejection comes at once, then accept, upload, available);
 *              judged from 2 l to the whole without the first and the last message
 *   continue   asked for 11 L + G + d + K after the start at the latest, made 7 l + g after it
 *   spread S   S + 7 L + K - (7 l + g), and 3 L + d more */
typedef struct {
    const char *name;
    OracleSetting setting;
    int want[ORACLE_WATCH_N], judged_least;
    bool large; /* only with SR_TEST_EFFORT */
} Row;

/* clang-format off */
static Row rows[] = {
    { "two together", { .n = 2, LINKS(1, 3), DELAYS },
      { 21, 31, 8, 6, 9, 6, 49, 55, 16 }, 2, false },
    { "two that continue", { .n = 2, .continues = true, LINKS(1, 3), DELAYS },
      { 31, 41, 8, 6, 9, 6, 49, 55, 16 }, 2, false },
    { "two that start within 40 ticks", { .n = 2, .start = { { 0, 40 }, { 0, 40 } }, LINKS(1, 3), DELAYS },
      { 55, 65, 8, 6, 9, 6, 49, 55, 16 }, 2, false },
    { "constant delays", { .n = 2, LINKS(2, 2), .generate = { 3, 3 }, .lookup = { 1, 1 }, .derive = { 1, 1 } },
      { 14, 21, 4, 4, 7, 4, 34, 38, 12 }, 4, false },
    { "one alone", { .n = 1, LINKS(1, 3), DELAYS },
      { ORACLE_NONE, 16, ORACLE_NONE, 6, 9, 6, 28, 40, 16 }, 2, false },
    { "three together", { .n = 3, LINKS(1, 2), SHORT_DELAYS },
      { 15, 22, 5, 4, 6, 4, 34, 38, 11 }, 2, false },
    { "two whom the server tells to wait", { .n = 2, .pending = true, LINKS(1, 3), DELAYS }, { 0 }, 0, false },
    { "a server that takes its time", { .n = 2, LINKS(1, 2), .processing = { { 1, 2 } }, SHORT_DELAYS }, { 0 }, 0, false },
    { "a server that may take none", { .n = 2, LINKS(1, 2), .processing = { { 0, 1 } }, SHORT_DELAYS }, { 0 }, 0, false },
    { "providers that take their time", { .n = 2, LINKS(1, 2), .processing = { [ORACLE_TOKENS] = { 1, 2 }, [ORACLE_KEYS] = { 1, 3 } }, SHORT_DELAYS }, { 0 }, 0, false },
    { "content that is sent slowly", { .n = 2, LINKS(1, 3), .upload = 4, .content = 2, DELAYS }, { 0 }, 0, false },
    { "… and behind it what is not", { .n = 2, .continues = true, .start = { { 0, 12 }, { 0, 0 } }, LINKS(1, 2), .upload = 1, .content = 5, SHORT_DELAYS }, { 0 }, 0, false },
    { "links that differ", { .n = 2, .link = { { { 1, 2 }, { 0, 3 } }, { { 2, 2 }, { 1, 1 } }, { { 1, 3 }, { 0, 1 } } },
      .generate = { 0, 2 }, .lookup = { 0, 3 }, .derive = { 1, 2 } }, { 0 }, 0, false },
    /* An abandoned key may be the last to come, behind everything else. */
    { "keys that take longer than the race", { .n = 2, LINKS(1, 2), .generate = { 0, 30 }, .lookup = { 1, 2 }, .derive = { 1, 1 } },
      { 15, 39, 5, 4, 34, 4, 62, 66, 39 }, 2, false },
    { "three that continue", { .n = 3, .continues = true, LINKS(1, 2), SHORT_DELAYS }, { 0 }, 0, false },
    { "three whom the server tells to wait", { .n = 3, .pending = true, LINKS(1, 2), SHORT_DELAYS }, { 0 }, 0, false },
    /* Links 10 to 80 ms, generate 20 to 80, lookup 5 to 30, derive 5, in ticks of 5 ms: 515 and 760 ms. */
    { "10 to 80 ms, two together", { .n = 2, LINKS(2, 16), .generate = { 4, 16 }, .lookup = { 1, 6 }, .derive = { 1, 1 } },
      { 103, 152, 46, 32, 48, 32, 248, 280, 81 }, 4, true },
    /* 905 and 1150 ms */
    { "10 to 80 ms, two that continue", { .n = 2, .continues = true, LINKS(2, 16), .generate = { 4, 16 }, .lookup = { 1, 6 }, .derive = { 1, 1 } },
      { 181, 230, 46, 32, 48, 32, 248, 280, 81 }, 4, true },
    { "three together, up to three ticks", { .n = 3, LINKS(1, 3), DELAYS },
      { 21, 31, 8, 6, 9, 6, 49, 55, 16 }, 2, true },
};
/* clang-format on */

static bool
is_left_out(const Row *row)
{
    return row->large && effort_cases(1) < 2;
}

static void
is_what_was_worked_out(void **state)
{
    const Row *row = *state;
    OracleResult result;

    if (is_left_out(row))
        skip();
    assert_true(oracle_search(&row->setting, STATES_MAX, &result));
    assert_int_equal(result.winners, (1u << row->setting.n) - 1);
    for (unsigned i = 0; i < ORACLE_WATCH_N; i++)
        if (row->want[i] != 0)
            assert_int_equal(result.most[i], row->want[i]);
    if (row->judged_least != 0)
        assert_int_equal(result.judged_least, row->judged_least);
}

/* ---- runs ---- */

static int64_t
span_of(int ticks)
{
    return (int64_t) ticks * (int64_t) SR_NS_PER_MS;
}

/* Delays of runs are not whole ticks, and still no run goes beyond. */
/* @most: ticks. A few hundred runs come near it, but never beyond. */
static void
is_within(const Row *row, OracleWatch watch, uint64_t seen, int most)
{
    if ((int64_t) seen > span_of(most) || (int64_t) seen < span_of(most) / 3)
        fail_msg("%s: watch %d: %" PRIu64 " ns of %d ticks", row->name, watch, seen, most);
}

static void
play_within(const Row *row)
{
    const OracleSetting *setting = &row->setting;
    g_autofree char *text = setting_text(setting);
    g_autoptr(SrScenario) scenario = fixture_parse(text);
    g_autoptr(SrRun) run = sr_run_new(scenario);
    g_autoptr(SrSweepRow) seen = sr_sweep_row_new();
    const SrHistogram *measures = seen->measures;
    SrRunOptions options = { .sample = sr_sweep_row_sample, .sample_data = seen };
    OracleResult oracle;

    assert_true(oracle_search(setting, STATES_MAX, &oracle));
    for (uint64_t seed = 1; seed <= effort_cases(SEEDS); seed++) {
        SrRunResult result;

        assert_true(sr_run_execute(run, seed, &options, &result, NULL));
        assert_int_equal(result.failed, 0);
        assert_int_equal(result.n_collaborating, setting->n);
        sr_sweep_row_take(seen, run, &result);
    }
    is_within(row, ORACLE_KEY_NEED, measures[SR_MEASURE_KEY_NEED].max - 1,
              oracle.most[ORACLE_KEY_NEED]);
    is_within(row, ORACLE_COLLABORATE,
              MAX(measures[SR_MEASURE_WINNER].max, measures[SR_MEASURE_REJECTED].max),
              oracle.most[ORACLE_COLLABORATE]);
    if (setting->n > 1)
        is_within(row, ORACLE_KEY_LOOKUP, measures[SR_MEASURE_KEY_AGE].max,
                  oracle.most[ORACLE_KEY_LOOKUP]);
}

static void
no_run_goes_beyond(void **state)
{
    if (is_left_out(*state))
        skip();
    play_within(*state);
}

/* ---- the proof ---- */

G_STATIC_ASSERT((int) ORACLE_KEY_NEED == (int) SR_WATCH_KEY_NEED &&
                (int) ORACLE_RACE == (int) SR_WATCH_RACE &&
                (int) ORACLE_WATCH_N == (int) SR_WATCH_N);

/* Fails with what differs. */
static void
compare(const OracleSetting *setting, const char *name)
{
    g_autofree char *text = setting_text(setting);
    g_autoptr(SrScenario) scenario = fixture_parse(text);
    SrTimedOptions options = SR_TIMED_OPTIONS;
    g_autofree char *refusal = sr_timed_refusal(scenario, &options, NULL);
    g_autoptr(SrTimed) timed = NULL;
    SrTimedResult result;
    OracleResult oracle;

    if (refusal != NULL)
        fail_msg("%s: refused: %s", name, refusal);
    assert_true(oracle_search(setting, STATES_MAX, &oracle));
    timed = sr_timed_new(scenario, &options);
    sr_timed_search(timed, &result);
    assert_int_equal(result.end, SR_TIMED_COMPLETE);
    assert_int_equal(result.failed, 0);
    for (unsigned i = 0; i < SR_WATCH_N; i++) {
        const SrTimedWatch *watch = &result.watches[i];

        if (watch->seen != (oracle.most[i] != ORACLE_NONE))
            fail_msg("%s: %s is %sseen\n%s", name, sr_timed_watch_name((SrTimedWatchId) i),
                     watch->seen ? "" : "not ", text);
        if (watch->seen && (int64_t) watch->most != span_of(oracle.most[i]))
            fail_msg("%s: %s is %" PRIu64 " ns at most, and not %d ticks\n%s", name,
                     sr_timed_watch_name((SrTimedWatchId) i), watch->most, oracle.most[i],
                     text);
    }
    assert_true(result.watches[SR_WATCH_JUDGED].has_least);
    assert_int_equal(result.watches[SR_WATCH_JUDGED].least, span_of(oracle.judged_least));
}

static void
the_proof_says_the_same(void **state)
{
    const Row *row = *state;

    if (is_left_out(row))
        skip();
    compare(&row->setting, row->name);
}

static OracleSetting
draw_setting(uint64_t number)
{
    SrStream stream = sr_stream_at(77, number);
    OracleSetting setting = { .n = 2,
                              .continues = sr_stream_below(&stream, 2) == 1,
                              .pending = sr_stream_below(&stream, 4) == 0,
                              .generate = setting_draw_range(
                                  &stream, 0, sr_stream_below(&stream, 4) == 0 ? 30 : 3),
                              .lookup = setting_draw_range(&stream, 0, 3),
                              .derive = setting_draw_range(&stream, 0, 2) };

    for (unsigned i = 0; i < ORACLE_SERVICE_N; i++) {
        for (unsigned away = 0; away < 2; away++)
            setting.link[i][away] = setting_draw_range(&stream, i == ORACLE_SERVER ? 0 : 1, 3);
        if (sr_stream_below(&stream, 4) == 0)
            setting.processing[i] = setting_draw_range(&stream, 0, 2);
    }
    if (sr_stream_below(&stream, 2) == 0)
        setting.start[1] = setting_draw_range(&stream, 0, 20);
    if (sr_stream_below(&stream, 3) == 0) {
        setting.upload = (unsigned) sr_stream_below(&stream, 3);
        setting.content = (unsigned) sr_stream_below(&stream, 5);
    }
    return setting;
}

static void
the_proof_says_the_same_of_drawn_settings(void **state)
{
    (void) state;
    for (uint64_t i = 0; i < effort_cases(DRAWN_SETTINGS); i++) {
        OracleSetting setting = draw_setting(i);
        g_autofree char *name = g_strdup_printf("drawn setting %" PRIu64, i);

        compare(&setting, name);
    }
}

int
main(void)
{
    struct CMUnitTest by_hand[G_N_ELEMENTS(rows)], runs[G_N_ELEMENTS(rows)],
        proofs[G_N_ELEMENTS(rows)];
    const struct CMUnitTest drawn[] = {
        cmocka_unit_test(the_proof_says_the_same_of_drawn_settings),
    };
    g_autofree char *probe = setting_text(&rows[0].setting);
    g_autoptr(SrScenario) scenario = fixture_parse(probe);
    g_autofree char *refusal = sr_timed_refusal(scenario, &SR_TIMED_OPTIONS, NULL);

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        by_hand[i] = (struct CMUnitTest){ .name = rows[i].name,
                                          .test_func = is_what_was_worked_out,
                                          .initial_state = &rows[i] };
        runs[i] = proofs[i] = by_hand[i];
        runs[i].test_func = no_run_goes_beyond;
        proofs[i].test_func = the_proof_says_the_same;
    }
    int failures = cmocka_run_group_tests_name("worked out by hand", by_hand, NULL, NULL);

    failures += cmocka_run_group_tests_name("no run goes beyond", runs, NULL, NULL);
    if (refusal == NULL) {
        failures += cmocka_run_group_tests_name("the proof", proofs, NULL, NULL);
        failures += cmocka_run_group_tests_name("the proof, drawn", drawn, NULL, NULL);
    }
    return failures != 0;
}

/* What a sweep says of people: who is locked out, which runs are not as expected, and that each seed
 * that it names does what it is named for. */
#include "harm.h"

#include "base/interval.h"
#include "result/recorded.h"
#include "session-race/sweep.h"

#define RANDOM_SCENARIOS 150u

/* ---- how clients end ---- */

/* Plays @text and compares. @seen: (inout): bits 1 << SrEnding */
static void
check_endings(const char *text, uint64_t seed, unsigned *seen)
{
    g_autoptr(SrScenario) scenario = fixture_parse(text);
    g_autoptr(SrRun) run = sr_run_new(scenario);
    g_autoptr(GString) trace = g_string_new(NULL);
    SrRunResult result = fixture_play(run, seed, SR_CRYPTO_NAMES, trace);
    SrTraceFault fault = { 0 };
    g_autoptr(SrTrace) parsed = sr_trace_parse("trace", trace->str, trace->len, &fault);
    unsigned n_started = 0, n_ended = 0;

    assert_non_null(parsed);
    g_autoptr(SrRecorded) recorded = sr_recorded_new(parsed);
    for (uint32_t i = 0; i < result.n_clients; i++) {
        SrClientOutcome outcome = sr_run_client(run, i);
        unsigned n = 0;

        if (!outcome.started)
            continue;
        for (unsigned ending = 0; ending < SR_ENDING_N; ending++)
            n += has_ended(&outcome, (SrEnding) ending);
        assert_int_equal(n, 1);
        assert_true(has_ended(&outcome, sr_outcome_ending(&outcome)));
        n_started++;
    }
    for (unsigned i = 0; i < SR_ENDING_N; i++) {
        assert_int_equal(result.endings[i], count_ended(run, &result, (SrEnding) i));
        assert_int_equal(recorded->result.endings[i], result.endings[i]);
        *seen |= (unsigned) (result.endings[i] > 0) << i;
        n_ended += result.endings[i];
    }
    assert_int_equal(n_ended, n_started);
}

static void
each_client_that_started_has_ended_in_one_way(void **state)
{
    const RandomSpace space = { .dimensions = RANDOM_ALL,
                                .n_clients_min = 1,
                                .n_clients_max = 5 };
    unsigned seen = 0;

    (void) state;
    for (unsigned number = 1; number <= RANDOM_SCENARIOS; number++) {
        g_autoptr(GString) text = random_scenario(9000 + number, &space);

        check_endings(text->str, number, &seen);
    }
    /* Nothing simulated ends in the other two. */
    assert_int_equal(seen, ((1u << SR_ENDING_N) - 1) &
                               ~(1u << SR_ENDING_LOCKED_OUT_CONTENT |
                                 1u << SR_ENDING_LOCKED_OUT_CLIENT_UPDATE_REQUIRED));
}

static const struct ending_row {
    const char *name, *scenario;
    SrEnding want; /* of its one client */
} endings[] = {
    { "closed while it collaborates", "[client a]\n[timeline]\n30s = close a\n",
      SR_ENDING_COLLABORATED },
    { "closed before it does", "[client a]\nderive = 20s\n[timeline]\n10s = close a\n",
      SR_ENDING_LEFT },
    { "crashed for good while it collaborates", "[client a]\n[timeline]\n30s = crash a\n",
      SR_ENDING_AWAY },
    { "it does not come back in time",
      "[client a]\nreconnect = unlimited from 50s to 50s\n[timeline]\n30s = disconnect a\n",
      SR_ENDING_AWAY },
    { "nobody answers its token",
      "[client a]\nrequest-timeout = 10min\n[timeline]\n0s = outage token-provider for 1h\n",
      SR_ENDING_AWAY },
    { "nobody answers it, connected",
      "[client a]\nrequest-timeout = 10min\n[timeline]\n0s = outage encryption-provider for 1h\n",
      SR_ENDING_STUCK },
    { "it gets no key",
      "[client a]\nkey-retry = none\nrequest-timeout = 1s\n[timeline]\n0s = outage "
      "encryption-provider for 1h\n",
      SR_ENDING_LOCKED_OUT_ENCRYPTION },
    { "its token is refused", "[client a]\n[token-provider]\nclock-offset = 9s\n",
      SR_ENDING_LOCKED_OUT_JWT },
    { "it does not connect again",
      "[client a]\nreconnect = none\n[timeline]\n30s = disconnect a\n",
      SR_ENDING_LOCKED_OUT_GENERAL },
};

static void
check_ending(void **state)
{
    const struct ending_row *row = *state;
    g_autoptr(SrScenario) scenario = fixture_parse(row->scenario);
    g_autoptr(SrRun) run = sr_run_new(scenario);
    SrRunResult result = fixture_play(run, 1, SR_CRYPTO_NAMES, NULL);

    for (unsigned i = 0; i < SR_ENDING_N; i++)
        if (result.endings[i] != (i == row->want))
            fail_msg("%u of it ended %s", result.endings[i], sr_ending_name((SrEnding) i));
}

/* ---- judged alike ---- */

static void
unexpected_is_what_run_exits_with(void **state)
{
    (void) state;
    compare_shipped(100);
}

static void
an_expected_failure_that_does_not_come_is_unexpected(void **state)
{
    g_autoptr(SrScenario) scenario =
        fixture_parse("[client a]\n[client b]\n[expect]\nverdict = fail(key-kept)\n");
    g_autoptr(SrRun) run = sr_run_new(scenario);
    g_autoptr(SrSweepRow) row = sr_sweep_row_new();
    SrRunResult result = fixture_play(run, 1, SR_CRYPTO_NAMES, NULL);

    (void) state;
    assert_int_equal(result.failed, 0);
    /* The story has played it twice. */
    assert_true(sr_run_execute(run, 1, &(SrRunOptions){ 0 }, &result, NULL));
    assert_true(sr_sweep_row_take(row, run, &result));
    assert_int_equal(row->shares[SR_SHARE_UNEXPECTED], 1);
    assert_int_equal(row->shares[SR_SHARE_FAILED], 0);
}

/* ---- a signer ahead ---- */

#define AHEAD                                                                                  \
    "[network]\nlatency = 10ms\n[token-provider]\nclock-offset = 300ms\n"                      \
    "[client alice]\nstart = uniform(0s, 10s)\n[client bob]\nstart = uniform(0s, 10s)\n"

typedef struct {
    const SrScenario *scenario;
    SrSweepRow *row;
    uint64_t n_done;
} Sweep;

static const SrScenario *
scenario_of(void *data, uint64_t point)
{
    (void) point;
    return ((Sweep *) data)->scenario;
}

static void
keep_row(void *data, uint64_t point, uint64_t n_done, const SrSweepRow *row)
{
    Sweep *sweep = data;

    (void) point;
    sweep->n_done = n_done;
    sr_sweep_row_merge(sweep->row, row);
}

static SrSweepEnd
sweep_seeds(const SrScenario *scenario, uint64_t n, bool until_failure, SrSweepRow *row,
            uint64_t *n_done)
{
    Sweep sweep = { scenario, row, 0 };
    SrSweepOptions options = { .seeds = { 1, n },
                               .n_points = 1,
                               .jobs = 2,
                               .until_failure = until_failure,
                               .scenario = scenario_of,
                               .row = keep_row,
                               .data = &sweep };
    SrSweepEnd end = sr_sweep_execute(&options);

    *n_done = sweep.n_done;
    return end;
}

static void
assert_share(uint64_t n, uint64_t all, double want)
{
    SrInterval interval = sr_clopper_pearson(n, all, 0.95);

    if (want < interval.low || want > interval.high)
        fail_msg("%f … %f, and %f by hand", interval.low, interval.high, want);
}

/* Section 5 of the protocol: with the signer δ ahead, a delay τ from signing to judging and a leeway
 * L, the share refused is clamp(δ − τ − L, 0, 1), all in seconds. A client takes its token from the
 * signer (10 ms) to the server (10 ms), so τ = 20 ms; L is 0. Here clients start independently, so
 * their share has an interval, too. */
static void
a_signer_ahead_locks_out_as_many_as_by_hand(void **state)
{
    const double delta = 0.3, tau = 0.02, leeway = 0, want = CLAMP(delta - tau - leeway, 0, 1);
    g_autoptr(SrScenario) scenario = fixture_parse(AHEAD);
    g_autoptr(SrSweepRow) row = sr_sweep_row_new();
    g_autoptr(SrSweepRow) first = sr_sweep_row_new();
    unsigned jwt = SR_SHARE_ENDING + SR_ENDING_LOCKED_OUT_JWT;
    uint64_t n_done;

    (void) state;
    assert_int_equal(sweep_seeds(scenario, 2000, false, row, &n_done), SR_SWEEP_COMPLETE);
    assert_int_equal(row->counters[SR_COUNTER_CLIENTS], 4000);
    assert_share(sr_sweep_row_clients(row, SR_CLIENTS_ENDING + SR_ENDING_LOCKED_OUT_JWT), 4000,
                 want);
    assert_share(row->shares[jwt], 2000, 1 - (1 - want) * (1 - want));
    assert_int_equal(row->shares[SR_SHARE_UNEXPECTED], row->shares[jwt]);
    /* No check fails: harm and checks are two things. */
    assert_int_equal(row->shares[SR_SHARE_FAILED], 0);
    /* It ends with the first of them. */
    assert_int_equal(sweep_seeds(scenario, 2000, true, first, &n_done),
                     SR_SWEEP_FAILURE_FOUND);
    assert_int_equal(n_done, row->seeds[SR_SHARE_UNEXPECTED][0]);
    assert_int_equal(first->shares[SR_SHARE_UNEXPECTED], 1);
}

/* ---- seeds ---- */

/* Among them are runs of every share but two reasons that nothing simulated ends in. */
static const char *const with_seeds[] = {
    AHEAD,
    "[network]\nlatency = 10ms\n[encryption-provider]\nretention = on-new-key\n"
    "[client a]\n[client b]\nstart = uniform(0ms, 1s)\npatience = 100ms\n",
    "[scenario]\nlimit = 3s\n[encryption-provider]\nkind = unstable\n[client a]\ncount = 3\n"
    "start = uniform(0s, 3s)\nkey-retry = none\nrequest-timeout = 500ms\n[client b]\n"
    "start = uniform(0s, 1s)\nreconnect = none\n[chaos]\ncrash = 2/s\ndisconnect = 2/s\n"
    "outage = 1/s\nuntil = 3s\n[timeline]\n1s = close a-1\n",
};

static void
each_seed_does_what_it_is_named_for(void **state)
{
    uint64_t seen = 0;

    (void) state;
    for (size_t i = 0; i < G_N_ELEMENTS(with_seeds); i++) {
        g_autoptr(SrScenario) scenario = fixture_parse(with_seeds[i]);
        g_autoptr(SrSweepRow) row = sr_sweep_row_new();
        g_autoptr(SrRun) run = sr_run_new(scenario);
        unsigned n_met[SR_SHARE_N] = { 0 };
        static SrRunResult result;
        uint64_t n_done;

        assert_int_equal(sweep_seeds(scenario, 400, false, row, &n_done), SR_SWEEP_COMPLETE);
        for (uint64_t seed = 1; seed <= 400; seed++) {
            assert_true(sr_run_execute(run, seed, &(SrRunOptions){ 0 }, &result, NULL));
            for (unsigned share = 0; share < SR_SHARE_N; share++) {
                unsigned n = sr_sweep_row_n_seeds(row, share), at = n_met[share];
                bool named = at < n && row->seeds[share][at] == seed;
                bool won = share == SR_SHARE_FIRST_WON || share == SR_SHARE_OTHER_WON;
                bool is_one = is_in_share(share, scenario, run, &result);

                if (named && !is_one)
                    fail_msg("seed %d is named for %s", (int) seed, sr_sweep_share_name(share));
                /* They are the smallest. Somebody has won for either of two. */
                if (is_one && !won && at < n)
                    assert_true(named);
                n_met[share] += named;
            }
        }
        for (unsigned share = 0; share < SR_SHARE_N; share++) {
            assert_int_equal(n_met[share], sr_sweep_row_n_seeds(row, share));
            seen |= (uint64_t) (n_met[share] > 0) << share;
        }
    }
    /* The checks that fail here are few; of the other shares there are all. */
    assert_int_equal(~seen & ((UINT64_C(1) << SR_SHARE_CHECK) - 1),
                     UINT64_C(1) << (SR_SHARE_ENDING + SR_ENDING_LOCKED_OUT_CONTENT) |
                         UINT64_C(1) << (SR_SHARE_ENDING +
                                         SR_ENDING_LOCKED_OUT_CLIENT_UPDATE_REQUIRED));
    assert_true(seen >> SR_SHARE_CHECK != 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_client_that_started_has_ended_in_one_way),
        cmocka_unit_test(unexpected_is_what_run_exits_with),
        cmocka_unit_test(an_expected_failure_that_does_not_come_is_unexpected),
        cmocka_unit_test(a_signer_ahead_locks_out_as_many_as_by_hand),
        cmocka_unit_test(each_seed_does_what_it_is_named_for),
    };
    struct CMUnitTest rows[G_N_ELEMENTS(endings)];
    int failed = cmocka_run_group_tests_name("harm", tests, NULL, NULL);

    for (size_t i = 0; i < G_N_ELEMENTS(endings); i++)
        rows[i] = (struct CMUnitTest){ .name = endings[i].name,
                                       .test_func = check_ending,
                                       .initial_state = (void *) (uintptr_t) &endings[i] };
    return failed + cmocka_run_group_tests_name("harm, endings", rows, NULL, NULL) != 0;
}

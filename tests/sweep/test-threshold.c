/* What a study requires, judged: at the limit, just above it and just below, rates and times. */
#include "sweep/threshold.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MS SR_NS_PER_MS
#define FOUND (SR_SHARE_CHECK + SR_CHECK_KEY_FOUND)
#define KEPT (SR_SHARE_CHECK + SR_CHECK_KEY_KEPT)
#define TENTH_PERCENT (SR_RATE_WHOLE / 1000)
#define TWO_PERCENT (SR_RATE_WHOLE / 50)

/* The row that all are judged on: 1000 runs, of which 1 fails in key-found and 20 in key-kept, 21 in
 * all; of 2000 clients one is locked out by jwt and one by general; winners take 1 to 100 ms, others
 * 101 to 200 ms; one token is from 3 s in the future. */
static SrSweepRow *row_of_all;

static int
set_up(void **state)
{
    (void) state;
    row_of_all = sr_sweep_row_new();
    row_of_all->counters[SR_COUNTER_RUNS] = 1000;
    row_of_all->counters[SR_COUNTER_CLIENTS] = 2000;
    row_of_all->counters[SR_COUNTER_ENDING + SR_ENDING_LOCKED_OUT_JWT] = 1;
    row_of_all->counters[SR_COUNTER_ENDING + SR_ENDING_LOCKED_OUT_GENERAL] = 1;
    row_of_all->counters[SR_COUNTER_ENDING + SR_ENDING_COLLABORATED] = 1998;
    row_of_all->shares[SR_SHARE_FAILED] = 21;
    sr_sweep_row_note(row_of_all, FOUND, 7);
    sr_sweep_row_note(row_of_all, SR_SHARE_ENDING + SR_ENDING_LOCKED_OUT_JWT, 9);
    for (uint64_t seed = 100; seed < 120; seed++)
        sr_sweep_row_note(row_of_all, KEPT, seed);
    sr_histogram_add(&row_of_all->measures[SR_MEASURE_TOKEN_EARLY], 3);
    for (uint64_t i = 1; i <= 100; i++) {
        sr_histogram_add(&row_of_all->measures[SR_MEASURE_WINNER], i * MS);
        sr_histogram_add(&row_of_all->measures[SR_MEASURE_REJECTED], (i + 100) * MS);
    }
    return 0;
}

static int
tear_down(void **state)
{
    (void) state;
    sr_sweep_row_free(row_of_all);
    return 0;
}

/* clang-format off */
static const struct row {
    const char *name;
    SrThreshold threshold;
    bool met;
} rows[] = {
    { "1 of 1000 is not below 0.1 %", { SR_STATISTIC_RUNS, FOUND, SR_BELOW, TENTH_PERCENT, NULL }, false },
    { "1 of 1000 is at most 0.1 %", { SR_STATISTIC_RUNS, FOUND, SR_AT_MOST, TENTH_PERCENT, NULL }, true },
    { "1 of 1000 is at least 0.1 %", { SR_STATISTIC_RUNS, FOUND, SR_AT_LEAST, TENTH_PERCENT, NULL }, true },
    { "1 of 1000 is not above 0.1 %", { SR_STATISTIC_RUNS, FOUND, SR_ABOVE, TENTH_PERCENT, NULL }, false },
    { "1 of 1000 is below a bit more", { SR_STATISTIC_RUNS, FOUND, SR_BELOW, TENTH_PERCENT + 1, NULL }, true },
    { "20 of 1000 are at most 2 %", { SR_STATISTIC_RUNS, KEPT, SR_AT_MOST, TWO_PERCENT, NULL }, true },
    { "any check counts each run once", { SR_STATISTIC_RUNS, SR_SHARE_FAILED, SR_AT_MOST, TWO_PERCENT, NULL }, false },
    { "any check: 21 of 1000 are above 2 %", { SR_STATISTIC_RUNS, SR_SHARE_FAILED, SR_ABOVE, TWO_PERCENT, NULL }, true },
    { "a check that never failed is at most 0", { SR_STATISTIC_RUNS, SR_SHARE_CHECK + SR_CHECK_WAITS, SR_AT_MOST, 0, NULL }, true },
    { "a check that never failed is not below 0", { SR_STATISTIC_RUNS, SR_SHARE_CHECK + SR_CHECK_WAITS, SR_BELOW, 0, NULL }, false },
    { "the least time is a winner's, exact", { SR_STATISTIC_MIN, SR_MEASURE_BOTH, SR_AT_MOST, MS, NULL }, true },
    { "the least time is not below itself", { SR_STATISTIC_MIN, SR_MEASURE_BOTH, SR_BELOW, MS, NULL }, false },
    { "the longest time is another's, exact", { SR_STATISTIC_MAX, SR_MEASURE_BOTH, SR_AT_MOST, 200 * MS, NULL }, true },
    { "the longest time is above a bit less", { SR_STATISTIC_MAX, SR_MEASURE_BOTH, SR_ABOVE, 200 * MS - 1, NULL }, true },
    { "the mean is of all of them", { SR_STATISTIC_MEAN, SR_MEASURE_BOTH, SR_AT_MOST, 100 * MS + MS / 2, NULL }, true },
    { "the mean is not below itself", { SR_STATISTIC_MEAN, SR_MEASURE_BOTH, SR_BELOW, 100 * MS + MS / 2, NULL }, false },
    { "half are below 102 ms", { SR_STATISTIC_P50, SR_MEASURE_BOTH, SR_BELOW, 102 * MS, NULL }, true },
    { "half are not below 100 ms", { SR_STATISTIC_P50, SR_MEASURE_BOTH, SR_BELOW, 100 * MS, NULL }, false },
    { "p90 is above 180 ms, by a hundredth at most", { SR_STATISTIC_P90, SR_MEASURE_BOTH, SR_BELOW, 182 * MS, NULL }, true },
    { "p90 is never less than it is", { SR_STATISTIC_P90, SR_MEASURE_BOTH, SR_BELOW, 180 * MS, NULL }, false },
    { "p95", { SR_STATISTIC_P95, SR_MEASURE_BOTH, SR_BELOW, 192 * MS, NULL }, true },
    { "p99 is never less than it is", { SR_STATISTIC_P99, SR_MEASURE_BOTH, SR_BELOW, 198 * MS, NULL }, false },
    { "half of the winners are below 52 ms", { SR_STATISTIC_P50, SR_MEASURE_WINNER, SR_BELOW, 52 * MS, NULL }, true },
    { "no other is", { SR_STATISTIC_MIN, SR_MEASURE_REJECTED, SR_BELOW, 52 * MS, NULL }, false },
    { "seconds are compared as such", { SR_STATISTIC_MAX, SR_MEASURE_TOKEN_EARLY, SR_AT_MOST, 3 * SR_NS_PER_S, NULL }, true },
    { "… exactly", { SR_STATISTIC_MAX, SR_MEASURE_TOKEN_EARLY, SR_BELOW, 3 * SR_NS_PER_S, NULL }, false },
    { "what was never measured is not met", { SR_STATISTIC_MAX, SR_MEASURE_KEY_AGE, SR_AT_MOST, UINT64_MAX, NULL }, false },
    { "2 of 2000 clients are at most 0.1 %", { SR_STATISTIC_CLIENTS, SR_CLIENTS_LOCKED_OUT, SR_AT_MOST, TENTH_PERCENT, NULL }, true },
    { "… and not below", { SR_STATISTIC_CLIENTS, SR_CLIENTS_LOCKED_OUT, SR_BELOW, TENTH_PERCENT, NULL }, false },
    { "1 of 2000 clients is below", { SR_STATISTIC_CLIENTS, SR_CLIENTS_ENDING + SR_ENDING_LOCKED_OUT_JWT, SR_BELOW, TENTH_PERCENT, NULL }, true },
    { "1 of 1000 runs is not", { SR_STATISTIC_RUNS, SR_SHARE_ENDING + SR_ENDING_LOCKED_OUT_JWT, SR_BELOW, TENTH_PERCENT, NULL }, false },
    { "p99.9 of 200 is the longest", { SR_STATISTIC_P999, SR_MEASURE_BOTH, SR_AT_MOST, 200 * MS, NULL }, true },
};
/* clang-format on */

static void
check_row(void **state)
{
    const struct row *row = *state;
    SrThresholdVerdict verdict = sr_threshold_judge(&row->threshold, row_of_all);

    assert_int_equal(verdict.met, row->met);
    switch (row->threshold.statistic) {
    case SR_STATISTIC_RUNS:
        assert_int_equal(verdict.kind, SR_THRESHOLD_RUNS);
        assert_int_equal(verdict.of, 1000);
        break;
    case SR_STATISTIC_CLIENTS:
        assert_int_equal(verdict.kind, SR_THRESHOLD_CLIENTS);
        assert_int_equal(verdict.of, 2000);
        break;
    default:
        assert_int_equal(verdict.kind, SR_THRESHOLD_MEASURE);
        if (row->threshold.of == SR_MEASURE_BOTH)
            assert_int_equal(verdict.n, 200);
    }
}

static void
nobody_keeps_no_threshold(void **state)
{
    SrThreshold threshold = { SR_STATISTIC_P50, SR_MEASURE_BOTH, SR_AT_MOST, UINT64_MAX, NULL };
    g_autoptr(SrSweepRow) row = sr_sweep_row_new();
    SrThresholdVerdict verdict;

    (void) state;
    row->counters[SR_COUNTER_RUNS] = 5;
    verdict = sr_threshold_judge(&threshold, row);
    assert_false(verdict.met);
    assert_int_equal(verdict.n, 0);
    threshold = (SrThreshold){ SR_STATISTIC_CLIENTS, SR_CLIENTS_LOCKED_OUT, SR_AT_MOST,
                               SR_RATE_WHOLE, NULL };
    assert_false(sr_threshold_judge(&threshold, row).met);
}

static void
huge_counts_do_not_wrap(void **state)
{
    SrThreshold threshold = { SR_STATISTIC_RUNS, SR_SHARE_FAILED, SR_AT_LEAST, SR_RATE_WHOLE / 2,
                              NULL };
    g_autoptr(SrSweepRow) row = sr_sweep_row_new();

    (void) state;
    row->counters[SR_COUNTER_RUNS] = UINT64_C(1) << 53;
    row->shares[SR_SHARE_FAILED] = UINT64_C(1) << 52;
    assert_true(sr_threshold_judge(&threshold, row).met);
    row->shares[SR_SHARE_FAILED]--;
    assert_false(sr_threshold_judge(&threshold, row).met);
}

/* From the words of a file to the verdict: the reader and the judge mean the same by a limit. */
static void
a_percentage_in_a_file_is_that_share_of_runs(void **state)
{
    static const char text[] = "[client a]\n[study]\nrequire = rate(key-found) <= 0.1%, "
                               "rate(key-found) < 0.1%, rate(key-kept) < 2.000001%, "
                               "rate(fail) < 2.1%, runs(failed) >= 2.1%, "
                               "clients(locked-out) < 0.11%, runs(locked-out(jwt)) < 0.1%, "
                               "max(token-early) <= 2.9s\n";
    static const bool met[] = { true, false, true, false, true, true, false, false };
    g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
    g_autoptr(SrScenario) scenario =
        sr_scenario_parse("test.ini", text, sizeof text - 1, NULL, 0, diagnostics);

    (void) state;
    assert_non_null(scenario);
    assert_int_equal(scenario->study.thresholds->len, G_N_ELEMENTS(met));
    for (unsigned i = 0; i < G_N_ELEMENTS(met); i++)
        assert_int_equal(
            sr_threshold_judge(&g_array_index(scenario->study.thresholds, SrThreshold, i),
                               row_of_all)
                .met,
            met[i]);
}

int
main(void)
{
    struct CMUnitTest tests[G_N_ELEMENTS(rows) + 3];

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        tests[i] = (struct CMUnitTest){ .name = rows[i].name,
                                        .test_func = check_row,
                                        .initial_state = (void *) (uintptr_t) &rows[i] };
    tests[G_N_ELEMENTS(rows)] = (struct CMUnitTest) cmocka_unit_test(nobody_keeps_no_threshold);
    tests[G_N_ELEMENTS(rows) + 1] =
        (struct CMUnitTest) cmocka_unit_test(huge_counts_do_not_wrap);
    tests[G_N_ELEMENTS(rows) + 2] =
        (struct CMUnitTest) cmocka_unit_test(a_percentage_in_a_file_is_that_share_of_runs);
    return cmocka_run_group_tests_name("thresholds", tests, set_up, tear_down) != 0;
}

/* What users suffer, seed by seed: a restatement of what a sweep counts, from the outcomes of each
 * client and the report of `run`. */
#pragma once

#include "random-scenario.h"
#include "run/run-fixture.h"

#include "report/report.h"
#include "session-race/sweep-row.h"

/* ---- how clients end ---- */

static inline bool
is_connected(uint8_t state)
{
    return state >= SR_CLIENT_REQUESTING && state <= SR_CLIENT_COLLABORATING;
}

/* Whether a client that started has ended as @ending: each is judged by its own words. */
static inline bool
has_ended(const SrClientOutcome *outcome, SrEnding ending)
{
    bool ever = outcome->collaborating_at != SR_TIME_NEVER;
    bool closed = outcome->state == SR_CLIENT_CLOSED, failed = outcome->state == SR_CLIENT_FAILED;

    switch (ending) {
    case SR_ENDING_COLLABORATED:
        return outcome->state == SR_CLIENT_COLLABORATING || (closed && ever);
    case SR_ENDING_LOCKED_OUT_ENCRYPTION:
        return failed && outcome->reason == SR_REASON_ENCRYPTION;
    case SR_ENDING_LOCKED_OUT_JWT:
        return failed && outcome->reason == SR_REASON_JWT;
    case SR_ENDING_LOCKED_OUT_CONTENT:
        return failed && outcome->reason == SR_REASON_CONTENT;
    case SR_ENDING_LOCKED_OUT_CLIENT_UPDATE_REQUIRED:
        return failed && outcome->reason == SR_REASON_CLIENT_UPDATE_REQUIRED;
    case SR_ENDING_LOCKED_OUT_GENERAL:
        return failed && outcome->reason == SR_REASON_GENERAL;
    case SR_ENDING_STUCK:
        return is_connected(outcome->state) && outcome->state != SR_CLIENT_COLLABORATING;
    case SR_ENDING_LEFT:
        return closed && !ever;
    case SR_ENDING_AWAY:
        return !closed && !failed && !is_connected(outcome->state);
    }
    g_assert_not_reached();
}

/* How many clients of @run ended so. */
static inline unsigned
count_ended(const SrRun *run, const SrRunResult *result, SrEnding ending)
{
    unsigned n = 0;

    for (uint32_t i = 0; i < result->n_clients; i++) {
        SrClientOutcome outcome = sr_run_client(run, i);

        n += outcome.started && has_ended(&outcome, ending);
    }
    return n;
}

/* ---- what `run` exits with ---- */

static inline bool
run_exits_with_1(const char *path, const SrScenario *scenario, const SrRun *run,
                 const SrRunResult *result)
{
    g_autoptr(GPtrArray) misses = sr_expect_judge(scenario, result, sr_run_outcomes(run));
    bool fails = scenario->expect.verdict == SR_VERDICT_FAIL;
    SrReportFacts facts = { .file = path,
                            .title = scenario->title,
                            .expected = fails ? scenario->expect.failed : 0,
                            .expect_line = scenario->expect.line,
                            .result = result,
                            .names = sr_run_names(run),
                            .clients = sr_run_outcomes(run),
                            .misses = misses,
                            .replay = "" };
    g_autoptr(SrReportCase) report_case = sr_report_case_new(&facts);

    return !sr_report_case_as_expected(report_case);
}

/* ---- the shares of one run ---- */

static inline bool
is_in_share(unsigned share, const SrScenario *scenario, const SrRun *run,
            const SrRunResult *result)
{
    unsigned n = 0;

    if (share >= SR_SHARE_CHECK)
        return result->failed >> (share - SR_SHARE_CHECK) & 1;
    if (share >= SR_SHARE_ENDING)
        return count_ended(run, result, (SrEnding) (share - SR_SHARE_ENDING)) > 0;
    switch ((SrSweepShare) share) {
    case SR_SHARE_UNEXPECTED:
        return run_exits_with_1("test.ini", scenario, run, result);
    case SR_SHARE_LOCKED_OUT:
        return result->n_failed > 0;
    case SR_SHARE_FAILED:
        return result->failed != 0;
    case SR_SHARE_RACED:
        return result->raced_documents > 0;
    case SR_SHARE_AT_LIMIT:
        return result->at_limit;
    case SR_SHARE_ORPHANED:
        return result->orphans > 0;
    case SR_SHARE_REFUSED:
        return result->tokens_refused > 0;
    case SR_SHARE_FIRST_WON:
    case SR_SHARE_OTHER_WON:
    case SR_SHARE_NOBODY_WON:
        for (uint32_t i = 0; i < result->n_clients; i++)
            n += sr_run_client(run, i).won;
        return (share == SR_SHARE_NOBODY_WON) == (n == 0);
    default:
        g_assert_not_reached();
    }
}

/* ---- shipped scenarios ---- */

static inline void
list_scenarios(const char *folder, GPtrArray *paths)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;

    assert_non_null(dir);
    while ((name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(folder, name, NULL);

        if (g_file_test(path, G_FILE_TEST_IS_DIR))
            list_scenarios(path, paths);
        else if (g_str_has_suffix(name, ".ini"))
            g_ptr_array_add(paths, g_steal_pointer(&path));
    }
}

/* Plays @path under the seeds 1 to @n. Returns: how many of these were unexpected */
static inline unsigned
compare_seeds(const char *path, uint64_t n)
{
    g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
    g_autoptr(SrSweepRow) row = sr_sweep_row_new();
    static SrRunResult result;
    SrScenario *read = NULL;
    const SrRunOptions options = { .sample = sr_sweep_row_sample, .sample_data = row };
    unsigned n_unexpected = 0;

    assert_int_equal(sr_scenario_load(path, NULL, 0, &read, diagnostics), SR_LOAD_OK);
    g_autoptr(SrScenario) scenario = read;
    if (sr_run_needs_provider(scenario))
        return 0;

    g_autoptr(SrRun) run = sr_run_new(scenario);
    for (uint64_t seed = 1; seed <= n; seed++) {
        uint64_t before = row->shares[SR_SHARE_UNEXPECTED];
        bool exits_with_1, told, counted;

        assert_true(sr_run_execute(run, seed, &options, &result, NULL));
        told = sr_sweep_row_take(row, run, &result);
        counted = row->shares[SR_SHARE_UNEXPECTED] > before;
        exits_with_1 = run_exits_with_1(path, scenario, run, &result);
        if (told != exits_with_1 || counted != exits_with_1)
            fail_msg("%s, seed %d: run exits with %d, and the sweep counts %d", path, (int) seed,
                     exits_with_1, counted);
        n_unexpected += exits_with_1;
    }
    return n_unexpected;
}

/* For every shipped scenario *unexpected* is exactly where `run --seed` exits with 1. */
static inline void
compare_shipped(uint64_t n_seeds)
{
    g_autofree char *folder = g_build_filename(g_getenv("SR_SOURCE_ROOT"), "scenarios", NULL);
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
    unsigned n_unexpected = 0;

    list_scenarios(folder, paths);
    assert_in_range(paths->len, 90, 10000);
    for (guint i = 0; i < paths->len; i++)
        n_unexpected += compare_seeds(g_ptr_array_index(paths, i), n_seeds);
    /* It is no comparison of nothing with nothing. */
    assert_in_range(n_unexpected, n_seeds / 2, n_seeds * paths->len / 2);
}

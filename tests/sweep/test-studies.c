/* Shares that follow by hand from the protocol, against the shipped studies: what a sweep counts
 * lies around them as chance allows. */
#include "run/run-fixture.h"

#include "base/interval.h"
#include "session-race/sweep.h"

#define RUNS UINT64_C(1000000)

typedef struct {
    char *path, *text;
    SrScenario *scenario; /* of the point */
    SrSweepRow *row;
} Study;

static SrScenario *
read_study(Study *study, const char *const *overrides, size_t n)
{
    g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
    SrScenario *scenario = sr_scenario_parse(study->path, study->text, strlen(study->text),
                                             overrides, n, diagnostics);

    assert_non_null(scenario);
    return scenario;
}

static void
study_load(Study *study, const char *name)
{
    study->path = g_strdup_printf("%s/scenarios/studies/%s", g_getenv("SR_SOURCE_ROOT"), name);
    assert_true(g_file_get_contents(study->path, &study->text, NULL, NULL));
    study->row = sr_sweep_row_new();
}

static void
study_clear(Study *study)
{
    g_free(study->path);
    g_free(study->text);
    sr_sweep_row_free(study->row);
}

static const SrScenario *
scenario_of(void *data, uint64_t point)
{
    (void) point;
    return ((Study *) data)->scenario;
}

static void
keep_row(void *data, uint64_t point, uint64_t n, const SrSweepRow *row)
{
    (void) point;
    (void) n;
    sr_sweep_row_merge(((Study *) data)->row, row);
}

/* Sweeps the point that @overrides make. */
static void
sweep_point(Study *study, const char *const *overrides, size_t n)
{
    SrSweepOptions options = { .seeds = { 1, RUNS },
                               .n_points = 1,
                               .jobs = 2,
                               .scenario = scenario_of,
                               .row = keep_row,
                               .data = study };

    sr_sweep_row_clear(study->row);
    study->scenario = read_study(study, overrides, n);
    assert_int_equal(sr_sweep_execute(&options), SR_SWEEP_COMPLETE);
    g_clear_pointer(&study->scenario, sr_scenario_free);
    assert_int_equal(study->row->counters[SR_COUNTER_RUNS], RUNS);
}

/* @ns of a second. */
static void
assert_share(uint64_t n, int64_t ns)
{
    SrInterval interval = sr_clopper_pearson(n, RUNS, 0.95);
    double share = (double) CLAMP(ns, 0, (int64_t) SR_NS_PER_S) / (double) SR_NS_PER_S;

    if (share < interval.low || share > interval.high)
        fail_msg("%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " runs: %f is not in %f … %f", n,
                 RUNS, share, interval.low, interval.high);
}

/* Section 7 of the protocol: W = (round trip client–server) + (round trip client–provider + generate) +
 * derive + processing; with `none` another round trip client–server. */
static void
the_window_is_as_long_as_by_hand(void **state)
{
    static const char *const pending[] = { "server.while-creating=pending" };
    static const char *const none[] = { "server.while-creating=none" };
    const int64_t latency = 10 * SR_NS_PER_MS, generate = 20 * SR_NS_PER_MS,
                  derive = 25 * SR_NS_PER_MS, processing = 0;
    const int64_t to_server_and_back = 2 * latency, to_provider_and_back = 2 * latency;
    const int64_t window =
        to_server_and_back + to_provider_and_back + generate + derive + processing;
    Study study = { 0 };

    (void) state;
    study_load(&study, "window.ini");
    sweep_point(&study, pending, 1);
    assert_share(study.row->shares[SR_SHARE_CHECK + SR_CHECK_KEY_KEPT], window);
    sweep_point(&study, none, 1);
    assert_share(study.row->shares[SR_SHARE_CHECK + SR_CHECK_KEY_KEPT], window + to_server_and_back);
    study_clear(&study);
}

/* Section 5: the share refused is clamp(δ − τ − L, 0, 1) of a second. */
static void
leeway_forgives_as_much_as_by_hand(void **state)
{
    static const struct {
        const char *ahead, *leeway;
        int64_t ahead_ns, leeway_ns;
    } points[] = {
        { "token-provider.clock-offset=0s", "server.leeway=0s", 0, 0 },
        { "token-provider.clock-offset=250ms", "server.leeway=0s", 250 * SR_NS_PER_MS, 0 },
        { "token-provider.clock-offset=750ms", "server.leeway=0s", 750 * SR_NS_PER_MS, 0 },
        { "token-provider.clock-offset=1500ms", "server.leeway=1s", 1500 * SR_NS_PER_MS,
          SR_NS_PER_S },
        { "token-provider.clock-offset=2500ms", "server.leeway=1s", 2500 * SR_NS_PER_MS,
          SR_NS_PER_S },
    };
    /* From the token's signing to the client, and from there to the server. */
    const int64_t latency = 10 * SR_NS_PER_MS, transit = 2 * latency;
    Study study = { 0 };

    (void) state;
    study_load(&study, "skew-and-leeway.ini");
    for (size_t i = 0; i < G_N_ELEMENTS(points); i++) {
        const char *overrides[] = { points[i].ahead, points[i].leeway };

        sweep_point(&study, overrides, 2);
        assert_share(study.row->shares[SR_SHARE_REFUSED],
                     points[i].ahead_ns - transit - points[i].leeway_ns);
    }
    study_clear(&study);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_window_is_as_long_as_by_hand),
        cmocka_unit_test(leeway_forgives_as_much_as_by_hand),
    };

    return cmocka_run_group_tests_name("studies", tests, NULL, NULL) != 0;
}

/* What is proved of shipped scenarios, against what runs show: no seed goes beyond a bound; and
 * just at a bound something fails that does not just above it.
 *
 * Those whose delays have tails are cut. SR_TEST_EFFORT multiplies the seeds; SR_TEST_SHOW=1 prints
 * why others are not taken. */
#include "effort.h"
#include "run/run-fixture.h"

#include <inttypes.h>

#include "session-race/sweep-row.h"
#include "session-race/timed.h"

#define SEEDS 200
#define CUT "scenario.cut=99.9%"
#define CLIENTS 3 /* of larger scenarios the first; then runs are of those alone, too */

static SrScenario *
load(const char *path, const char *const *overrides, size_t n)
{
    g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
    SrScenario *scenario = NULL;

    if (sr_scenario_load(path, overrides, n, &scenario, diagnostics) != SR_LOAD_OK) {
        g_autoptr(GString) said = g_string_new(NULL);

        sr_diagnostics_format(diagnostics, said);
        fail_msg("%s: %s", path, said->str);
    }
    return scenario;
}

/* ---- no seed goes beyond ---- */

static void
is_within(const char *path, const SrTimedResult *proved, SrTimedWatchId id, uint64_t seen,
          uint64_t n)
{
    const SrTimedWatch *watch = &proved->watches[id];

    if (n > 0 && (!watch->seen || seen > watch->most))
        fail_msg("%s: %s: a run has %" PRIu64 " ns, and %" PRIu64 " are proved", path,
                 sr_timed_watch_name(id), seen, watch->most);
}

typedef struct {
    unsigned n_taken, n_refused;
} Shipped;

static void
compare(const char *path, void *data)
{
    static const char *const cut[] = { CUT };
    Shipped *shipped = data;
    g_autoptr(SrScenario) scenario = load(path, cut, 1);
    g_autoptr(SrSweepRow) row = sr_sweep_row_new();
    SrRunOptions sampling = { .sample = sr_sweep_row_sample, .sample_data = row };
    const SrHistogram *measures = row->measures;
    g_autofree char *refusal = sr_timed_refusal(scenario, &SR_TIMED_OPTIONS, NULL);
    g_autoptr(SrTimed) timed = NULL;
    g_autoptr(SrRun) run = NULL;
    SrTimedResult proved;
    uint32_t failed = 0;

    if (refusal != NULL || scenario->n_clients > CLIENTS) {
        if (g_getenv("SR_TEST_SHOW") != NULL)
            print_message("%s: not taken: %s\n", path,
                          refusal != NULL ? refusal : "too many clients for a test");
        shipped->n_refused++;
        return;
    }
    timed = sr_timed_new(scenario, &SR_TIMED_OPTIONS);
    sr_timed_search(timed, &proved);
    if (proved.end != SR_TIMED_COMPLETE) {
        if (g_getenv("SR_TEST_SHOW") != NULL)
            print_message("%s: a time-out can fire, so that nothing is proved\n", path);
        return;
    }
    shipped->n_taken++;
    run = sr_run_new(scenario);
    for (uint64_t seed = 1; seed <= effort_cases(SEEDS); seed++) {
        SrRunResult result;

        assert_true(sr_run_execute(run, seed, &sampling, &result, NULL));
        sr_sweep_row_take(row, run, &result);
        failed |= result.failed;
    }
    if ((failed & proved.judged & ~proved.failed) != 0)
        fail_msg("%s: a run fails%s, which are proved", path,
                 fixture_checks(failed & proved.judged & ~proved.failed));
    /* Spans are those of a store that keeps its keys until they reach their age. */
    if (proved.timeouts[SR_TIMED_RETENTION].can_fire)
        return;
    /* A run counts a nanosecond more: a key must be kept longer than it is needed. */
    if (measures[SR_MEASURE_KEY_NEED].max > 0)
        is_within(path, &proved, SR_WATCH_KEY_NEED, measures[SR_MEASURE_KEY_NEED].max - 1, 1);
    is_within(path, &proved, SR_WATCH_KEY_LOOKUP, measures[SR_MEASURE_KEY_AGE].max,
              measures[SR_MEASURE_KEY_AGE].n);
    is_within(path, &proved, SR_WATCH_COLLABORATE, measures[SR_MEASURE_WINNER].max,
              measures[SR_MEASURE_WINNER].n);
    is_within(path, &proved, SR_WATCH_COLLABORATE, measures[SR_MEASURE_REJECTED].max,
              measures[SR_MEASURE_REJECTED].n);
}

static void
no_seed_goes_beyond_what_is_proved(void **state)
{
    Shipped shipped = { 0 };

    (void) state;
    fixture_each_shipped(compare, &shipped);
    print_message("%u scenarios compared, %u not taken\n", shipped.n_taken, shipped.n_refused);
    assert_true(shipped.n_taken >= 70);
}

/* ---- just at a bound, and just above ---- */

static const char *const at_bounds[] = {
    "three",
    "hour-lan",
    "hour-continent",
    "hour-mobile",
    "patience-1s-lan",
    "patience-30s-mobile",
    "leeway-60s-continent",
    "no-leeway-lan",
    "last-two",
    "request-timeout-mobile",
};

/* What stands in the way of measuring. */
static const char *const aside[] = { CUT,
                                     "encryption-provider.retention=forever",
                                     "server.leeway=0s",
                                     "token-provider.clock-offset=0s",
                                     "client editor.patience=none",
                                     "client editor.request-timeout=10s",
                                     "client editor.key-retry=none",
                                     "server.establish-timeout=none" };

/* Only what a time-out is compared with: each search for more takes as long again. */
#define RETENTION_WATCHES (1u << SR_WATCH_KEY_NEED | 1u << SR_WATCH_KEY_LOOKUP)
static const uint32_t timeout_watches[SR_TIMED_TIMEOUT_N] = {
    [SR_TIMED_RETENTION] = RETENTION_WATCHES,
    [SR_TIMED_PATIENCE] = 1u << SR_WATCH_WAIT,
    [SR_TIMED_REQUEST_TIMEOUT] = 1u << SR_WATCH_KEY_REQUEST | 1u << SR_WATCH_TOKEN_REQUEST,
    [SR_TIMED_ESTABLISH_TIMEOUT] = 1u << SR_WATCH_ESTABLISH,
    [SR_TIMED_TOKEN_EARLY] = 1u << SR_WATCH_JUDGED,
    [SR_TIMED_TOKEN_EXPIRED] = 1u << SR_WATCH_JUDGED,
};

/* Returns: what is proved of @path with @key set to @span, and to nothing if @key is NULL; @watches:
 * only these spans, and all if it is 0; @check: of which a failing run is asked for; @failing: (out)
 * (nullable): whether one was written, and fails it when it is played */
static SrTimedResult
prove(const char *path, const char *key, SrSpan span, uint32_t watches, SrCheckId check,
      bool *failing)
{
    const SrTimedOptions options = { .watches = watches };
    char text[SR_SPAN_TEXT_MAX];
    const char *overrides[G_N_ELEMENTS(aside) + 1];
    size_t n = G_N_ELEMENTS(aside);
    g_autofree char *more = NULL, *written = NULL;
    g_autoptr(SrScenario) scenario = NULL;
    g_autoptr(SrTimed) timed = NULL;
    SrTimedResult result;

    memcpy(overrides, aside, sizeof aside);
    sr_span_format(span, text);
    if (key != NULL) {
        bool is_age = g_str_has_suffix(key, "retention");

        more = g_strconcat(key, "=", is_age ? "for(" : "", text, is_age ? ")" : "", NULL);
        overrides[n++] = more;
    }
    scenario = load(path, overrides, n);
    timed = sr_timed_new(scenario, &options);
    sr_timed_search(timed, &result);
    if (failing != NULL) {
        written = sr_timed_check_scenario(timed, check);
        *failing = false;
        if (written != NULL) {
            g_autoptr(SrScenario) again = fixture_parse(written);
            g_autoptr(SrRun) run = sr_run_new(again);

            *failing =
                fixture_play(run, again->seed, SR_CRYPTO_NAMES, NULL).failed >> check & 1;
        }
    }
    return result;
}

/* At its bound the time-out locks somebody out, in a run that is written; just above it never runs
 * out. */
static void
fires_at_its_bound(const char *path, const SrTimedResult *plain, const char *key,
                   SrTimedTimeoutId timeout, SrTimedWatchId id)
{
    SrSpan most = plain->watches[id].most;
    SrTimedResult result;
    bool failing;

    if (!plain->watches[id].seen)
        return;
    result =
        prove(path, key, most, timeout_watches[timeout], SR_CHECK_ALL_COLLABORATE, &failing);
    if (!result.timeouts[timeout].can_fire || result.end != SR_TIMED_COMPLETE ||
        !(result.failed >> SR_CHECK_ALL_COLLABORATE & 1))
        fail_msg("%s: %s of %" PRIu64 " ns locks nobody out", path, key, most);
    if (!failing)
        fail_msg("%s: %s of %" PRIu64 " ns: no run shows that", path, key, most);
    result = prove(path, key, most + SR_NS_PER_US, timeout_watches[timeout], SR_CHECK_N, NULL);
    if (result.timeouts[timeout].can_fire || result.end != SR_TIMED_COMPLETE)
        fail_msg("%s: %s above %" PRIu64 " ns runs out", path, key, most);
}

/* ---- what is no event of a search: the run that attains the span is played with it ---- */

static void
see_release(void *data, const SrRecord *record)
{
    bool *released = data;

    *released |= record->event == SR_EVENT_RELEASED;
}

/* The judging that came soonest after the signing of its token. */
typedef struct {
    SrTime signed_at[SR_TIMED_CLIENTS_MAX], judged;
    SrSpan least;
} Judging;

static void
see_judging(void *data, const SrRecord *record)
{
    Judging *it = data;
    uint32_t client = record->peer - SR_NODE_FIRST_CLIENT;

    if (record->event == SR_EVENT_SEND && record->msg == SR_MSG_TOKEN) {
        it->signed_at[client] = record->t;
    } else if (record->event == SR_EVENT_TOKEN_JUDGED &&
               (it->judged == 0 || record->t - it->signed_at[client] < it->least)) {
        it->judged = record->t;
        it->least = record->t - it->signed_at[client];
    }
}

static void
see_early_token(void *data, const SrRecord *record)
{
    bool *refused = data;

    *refused |= record->event == SR_EVENT_TOKEN_JUDGED && record->reason != SR_REASON_NONE;
}

/* Plays @text with @overrides before the eyes of @see. */
static void
play(const char *text, const char *const *overrides, size_t n, SrRecordSink see, void *data)
{
    g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
    g_autoptr(SrScenario) scenario =
        sr_scenario_parse("written.ini", text, strlen(text), overrides, n, diagnostics);
    g_autoptr(SrRun) run = NULL;
    SrRunOptions options = { .sink = see, .sink_data = data };
    SrRunResult result;

    assert_non_null(scenario);
    run = sr_run_new(scenario);
    assert_true(sr_run_execute(run, scenario->seed, &options, &result, NULL));
}

/* Returns: the run that attains the greatest span of @id, or the least */
static char *
attain(const char *path, SrTimedWatchId id, bool most)
{
    g_autoptr(SrScenario) scenario = load(path, aside, G_N_ELEMENTS(aside));
    g_autoptr(SrTimed) timed = sr_timed_new(scenario, &SR_TIMED_OPTIONS);
    SrTimedResult result;

    sr_timed_search(timed, &result);
    return sr_timed_watch_scenario(timed, id, most);
}

static bool
is_released(const char *text, SrSpan timeout)
{
    g_autofree char *set = g_strdup_printf("server.establish-timeout=%" PRIu64 "ns", timeout);
    const char *overrides[] = { set };

    bool released = false;

    play(text, overrides, 1, see_release, &released);
    return released;
}

/* Whether a token is refused when the signer is @ahead, in the worst phase of the second for a judging
 * at @at. */
static bool
is_refused(const char *text, SrSpan ahead, SrTime at)
{
    SrSpan phase = SR_NS_PER_S - at % SR_NS_PER_S - SR_NS_PER_US / 2;
    g_autofree char *server = g_strdup_printf("server.clock-offset=%" PRIu64 "ns", phase);
    g_autofree char *signer =
        g_strdup_printf("token-provider.clock-offset=%" PRIu64 "ns", phase + ahead);
    const char *overrides[] = { server, signer };

    bool refused = false;

    play(text, overrides, 2, see_early_token, &refused);
    return refused;
}

/* Whether @timeout can fire with @key at @span. */
static void
is_told(const char *path, const char *key, SrTimedTimeoutId timeout, SrSpan span, bool fires)
{
    assert_int_equal(prove(path, key, span, timeout_watches[timeout], SR_CHECK_N, NULL)
                         .timeouts[timeout]
                         .can_fire,
                     fires);
}

static void
runs_show_the_others(const char *path, const SrTimedResult *plain)
{
    SrSpan most = plain->watches[SR_WATCH_ESTABLISH].most,
           least = plain->watches[SR_WATCH_JUDGED].least;
    g_autofree char *slowest = attain(path, SR_WATCH_ESTABLISH, true),
                    *quickest = attain(path, SR_WATCH_JUDGED, false);
    Judging judging = { .judged = 0 };

    assert_true(is_released(slowest, most));
    assert_false(is_released(slowest, most + SR_NS_PER_US));
    play(quickest, NULL, 0, see_judging, &judging);
    assert_int_equal(judging.least, least);
    assert_true(is_refused(quickest, least + SR_NS_PER_US, judging.judged));
    assert_false(is_refused(quickest, least, judging.judged));
}

static void
what_is_just_enough_is(void **state)
{
    const char *root = g_getenv("SR_SOURCE_ROOT");
    g_autofree char *path =
        g_strdup_printf("%s/scenarios/timed/%s.ini", root, (const char *) *state);
    SrTimedResult plain = prove(path, NULL, 0, 0, SR_CHECK_N, NULL), result;
    SrSpan need = plain.watches[SR_WATCH_KEY_NEED].most,
           least = plain.watches[SR_WATCH_JUDGED].least;
    SrTimedWatchId request =
        plain.watches[SR_WATCH_KEY_REQUEST].most > plain.watches[SR_WATCH_TOKEN_REQUEST].most
            ? SR_WATCH_KEY_REQUEST
            : SR_WATCH_TOKEN_REQUEST;
    bool failing;

    assert_int_equal(plain.end, SR_TIMED_COMPLETE);
    assert_int_equal(plain.failed, 0);
    result = prove(path, "encryption-provider.retention", need, RETENTION_WATCHES,
                   SR_CHECK_KEY_KEPT, &failing);
    assert_true(result.failed >> SR_CHECK_KEY_KEPT & 1);
    assert_true(failing);
    result = prove(path, "encryption-provider.retention", need + SR_NS_PER_US,
                   RETENTION_WATCHES, SR_CHECK_N, NULL);
    assert_int_equal(result.failed, 0);
    assert_int_equal(result.end, SR_TIMED_COMPLETE);
    fires_at_its_bound(path, &plain, "client editor.patience", SR_TIMED_PATIENCE,
                       SR_WATCH_WAIT);
    fires_at_its_bound(path, &plain, "client editor.request-timeout", SR_TIMED_REQUEST_TIMEOUT,
                       request);
    is_told(path, "server.establish-timeout", SR_TIMED_ESTABLISH_TIMEOUT,
            plain.watches[SR_WATCH_ESTABLISH].most, true);
    is_told(path, "server.establish-timeout", SR_TIMED_ESTABLISH_TIMEOUT,
            plain.watches[SR_WATCH_ESTABLISH].most + SR_NS_PER_US, false);
    is_told(path, "token-provider.clock-offset", SR_TIMED_TOKEN_EARLY, least, false);
    is_told(path, "token-provider.clock-offset", SR_TIMED_TOKEN_EARLY, least + SR_NS_PER_US,
            true);
    runs_show_the_others(path, &plain);
}

int
main(void)
{
    struct CMUnitTest bounds[G_N_ELEMENTS(at_bounds)];
    const struct CMUnitTest runs[] = { cmocka_unit_test(no_seed_goes_beyond_what_is_proved) };

    for (size_t i = 0; i < G_N_ELEMENTS(at_bounds); i++)
        bounds[i] = (struct CMUnitTest){ .name = at_bounds[i],
                                         .test_func = what_is_just_enough_is,
                                         .initial_state = (void *) (uintptr_t) at_bounds[i] };
    int failures = cmocka_run_group_tests_name("at a bound and above it", bounds, NULL, NULL);

    failures += cmocka_run_group_tests_name("shipped scenarios", runs, NULL, NULL);
    return failures != 0;
}

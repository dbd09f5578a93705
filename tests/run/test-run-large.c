/* Where a run keeps what it knows of its clients depends on how many there are, and nothing else
 * does: what is played with few clients is played again as if they were many, to the same
 * results. */
#include "run/run-fixture.h"

#include "run/run-private.h"
#include "session-race/sweep.h"

#define CLIENTS_MAX 128

/* When clients started and collaborated first, as their records say. */
struct watch {
    SrTime started[CLIENTS_MAX], collaborated[CLIENTS_MAX];
};

static void
observe(void *data, const SrRecord *record)
{
    struct watch *watch = data;
    uint32_t client = record->node - SR_NODE_FIRST_CLIENT;

    if (record->event == SR_EVENT_START)
        watch->started[client] = MIN(watch->started[client], record->t);
    if (record->event == SR_EVENT_COLLABORATING)
        watch->collaborated[client] = MIN(watch->collaborated[client], record->t);
}

/* Plays @seed and keeps what came out. */
static void
play(SrRun *run, uint64_t seed, SrRunResult *result, SrSweepRow *row)
{
    struct watch watch;
    SrRunOptions options = { .digest = true,
                             .story = true,
                             .sink = observe,
                             .sink_data = &watch,
                             .sample = sr_sweep_row_sample,
                             .sample_data = row };

    assert_in_range(run->model->n_clients, 1, CLIENTS_MAX);
    memset(&watch, 0xff, sizeof watch);
    assert_true(sr_run_execute(run, seed, &options, result, NULL));
    sr_sweep_row_take(row, run, result);
    for (uint32_t i = 0; i < run->model->n_clients; i++) {
        assert_int_equal(sr_run_client(run, i).start_at, watch.started[i]);
        assert_int_equal(sr_run_client(run, i).collaborating_at, watch.collaborated[i]);
    }
}

static void
check_clients(const char *name, const SrRun *near, const SrRun *far)
{
    for (uint32_t i = 0; i < near->model->n_clients; i++) {
        SrClientOutcome a = sr_run_client(near, i), b = sr_run_client(far, i);

        if (a.state != b.state || a.reason != b.reason || a.started != b.started ||
            a.accepted != b.accepted || a.won != b.won || a.start_at != b.start_at ||
            a.collaborating_at != b.collaborating_at || a.failed_at != b.failed_at)
            fail_msg("%s: client %u fares otherwise with many", name, i);
    }
}

static void
check_story(const char *name, const SrRunResult *near, const SrRunResult *far)
{
    for (uint32_t i = 0; i < near->n_story; i++)
        if (near->story[i].seq != far->story[i].seq || near->story[i].t != far->story[i].t ||
            near->story[i].event != far->story[i].event)
            fail_msg("%s: milestone %u is another with many clients", name, i);
}

/* Each run is used for @n_seeds seeds, so that nothing may be left from the one before. Returns:
 * messages that were sent */
static uint64_t
check_scenario(const char *name, const SrScenario *scenario, uint64_t seed, unsigned n_seeds)
{
    g_autoptr(SrRun) near = sr_run_new_large(scenario, UINT32_MAX);
    g_autoptr(SrRun) far = sr_run_new_large(scenario, 0);
    g_autoptr(SrSweepRow) near_row = sr_sweep_row_new();
    g_autoptr(SrSweepRow) far_row = sr_sweep_row_new();
    static SrRunResult a, b;

    assert_true(far->large && !near->large);
    for (unsigned i = 0; i < n_seeds; i++) {
        play(near, seed + i, &a, near_row);
        play(far, seed + i, &b, far_row);
        if (strcmp(a.digest, b.digest) != 0)
            fail_msg("%s: seed %" G_GUINT64_FORMAT ": digest %s, with many clients %s", name,
                     seed + i, a.digest, b.digest);
        assert_memory_equal(&a, &b, offsetof(SrRunResult, failures));
        check_clients(name, near, far);
        check_story(name, &a, &b);
    }
    assert_memory_equal(near_row, far_row, sizeof *near_row);
    return near_row->counters[SR_COUNTER_MESSAGES];
}

static void
shipped_scenarios(void **state)
{
    g_autofree char *list =
        g_build_filename(g_getenv("SR_SOURCE_ROOT"), "tests/golden/digests", NULL);
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;

    (void) state;
    assert_true(g_file_get_contents(list, &text, NULL, NULL));
    lines = g_strsplit(g_strchomp(text), "\n", -1);
    assert_in_range(g_strv_length(lines), 30, 10000);
    for (unsigned i = 0; lines[i] != NULL; i++) {
        const char *name = lines[i] + 34;
        g_autofree char *path = g_build_filename(g_getenv("SR_SOURCE_ROOT"), name, NULL);
        g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
        g_autoptr(SrScenario) scenario = NULL;

        assert_int_equal(sr_scenario_load(path, NULL, 0, &scenario, diagnostics), SR_LOAD_OK);
        check_scenario(name, scenario, scenario->seed, 3);
    }
}

/* What no shipped scenario has enough of. */
/* clang-format off */
static const struct row {
    const char *name;
    const char *text;
    unsigned n_seeds;
    uint64_t n_messages; /* at least, in all seeds */
} rows[] = {
    { "hundreds of messages in a direction",
      "[scenario]\nlimit = 20000s\n[token-provider]\nlifetime = 4s\n[client a]\ntoken-refresh = 2s\n"
      "[client b]\nstart = 1200s\n", 2, 2 * 3 * 590 },
    { "more messages in a direction than sixteen bits count",
      "[scenario]\nlimit = 200000s\n[token-provider]\nlifetime = 4s\n[client a]\ntoken-refresh = 2s\n"
      "[client b]\nstart = 150000s\n", 1, 3 * 70000 },
    { "arrivals that are far ahead, in every direction",
      "[scenario]\nlimit = 600s\n[network]\nlatency = uniform(0s, 30s)\n[token-provider]\nlifetime = 60s\n"
      "[client a]\ncount = 9\nstart = uniform(0s, 9s)\nconnect-retry = unlimited from 1s to 5s\ntoken-refresh = 15s\n"
      "[timeline]\n40s = disconnect a-1\n90s = upgrade server\n", 20, 10000 },
    { "crashes, disconnections and restarts all the time",
      "[network]\nlatency = exponential(15ms)\nloss = 5%\n[client a]\ncount = 6\nconnect-retry = unlimited from 9ms to 99ms\nstart = uniform(0ms, 300ms)\n"
      "derive = uniform(1ms, 40ms)\n[chaos]\ncrash = 60/min\ndisconnect = 90/min\nuntil = 20s\n", 40, 8000 },
    { "connections that break while messages are on their way",
      "[network]\nlatency = uniform(1ms, 3s)\n[link a -> server]\nlatency = 1ms\n[client a]\ncount = 6\n"
      "reconnect = unlimited from 1ms to 5ms\n[chaos]\ndisconnect = 200/min\nuntil = 20s\n", 20, 1000 },
    { "crashes before the start, and starts afresh",
      "[client a]\ncount = 4\nstart = uniform(100ms, 900ms)\n[timeline]\n50ms = crash a-1 for 1s\n60ms = crash a-2\n"
      "300ms = crash a-3 for 1s\n2s = restart a-2\n", 20, 500 },
    { "an old session, and keys that come late",
      "[network]\nlatency = uniform(1ms, 90ms)\n[document d]\nprevious = yes\n[client a]\ncount = 8\n"
      "request-timeout = 100ms\nkey-retry = 9 times from 5ms to 50ms\n[encryption-provider]\ngenerate = uniform(0ms, 100ms)\n"
      "[timeline]\n1s = upgrade server\n2s = crash a-1\n3s = upgrade server\n", 40, 5000 },
};
/* clang-format on */

static void
check_row(void **state)
{
    const struct row *row = *state;
    g_autoptr(SrScenario) scenario = fixture_parse(row->text);

    assert_true(check_scenario(row->name, scenario, 1, row->n_seeds) >= row->n_messages);
}

static void
more_clients_make_a_run_large(void **state)
{
    g_autoptr(SrScenario) scenario = fixture_parse("[client a]\ncount = 4\n");
    g_autoptr(SrRun) as_many = sr_run_new_large(scenario, 4);
    g_autoptr(SrRun) more = sr_run_new_large(scenario, 3);

    (void) state;
    assert_false(as_many->large);
    assert_true(more->large);
}

int
main(void)
{
    struct CMUnitTest tests[G_N_ELEMENTS(rows) + 2] = {
        cmocka_unit_test(shipped_scenarios),
        cmocka_unit_test(more_clients_make_a_run_large),
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        tests[i + 2] = (struct CMUnitTest){ .name = rows[i].name,
                                            .test_func = check_row,
                                            .initial_state = (void *) (uintptr_t) &rows[i] };
    return cmocka_run_group_tests_name("far runs", tests, NULL, NULL) != 0;
}

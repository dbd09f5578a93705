/* Full races: the protocol with tokens and real time rules, every check on, keys as names, seed after
 * seed, and all that a sweep keeps of each: with the sweep itself, or one by one where it has no say. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session-race/explore.h"
#include "session-race/run.h"
#include "session-race/sweep.h"
#include "session-race/verify.h"

/* @latency: as in BenchPlay */
static char *
make_text(uint32_t n_clients, const char *latency)
{
    if (latency == NULL)
        return g_strdup_printf("[scenario]\n"
                               "crypto = names\n"
                               "[token-provider]\n"
                               "processing = 0ms\n"
                               "[client reader]\n"
                               "count = %u\n"
                               "start = uniform(0ms, 20ms)\n",
                               n_clients);
    return g_strdup_printf("[scenario]\n"
                           "crypto = names\n"
                           "[client editor]\n"
                           "count = %u\n"
                           "[link * server]\n"
                           "latency = %s\n"
                           "[link * token-provider]\n"
                           "latency = %s\n"
                           "[link * encryption-provider]\n"
                           "latency = %s\n",
                           n_clients, latency, latency, latency);
}

static SrScenario *
make_scenario(uint32_t n_clients, const char *latency)
{
    g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
    g_autofree char *text = make_text(n_clients, latency);
    SrScenario *scenario =
        sr_scenario_parse("bench.ini", text, strlen(text), NULL, 0, diagnostics);

    g_assert(scenario != NULL);
    return scenario;
}

static gboolean
count_bytes(void *data, const char *bytes, size_t n, GError **error)
{
    (void) bytes;
    (void) error;
    *(uint64_t *) data += n;
    return TRUE;
}

/* ---- seed after seed ---- */

static void
play_each(SrRun *run, const BenchPlay *play, uint64_t n_races, SrSweepRow *row)
{
    SrRunOptions options = { .digest = play->digest,
                             .sample = sr_sweep_row_sample,
                             .sample_data = row };
    SrRunResult result;

    if (play->bytes != NULL) {
        options.trace = count_bytes;
        options.trace_data = play->bytes;
    }
    for (uint64_t seed = 1; seed <= n_races; seed++) {
        sr_run_execute(run, seed, &options, &result, NULL);
        sr_sweep_row_take(row, run, &result);
    }
}

/* Who plays many races has played one before it is timed, as in a sweep. */
static void
play_alone(const SrScenario *scenario, const BenchPlay *play, SrSweepRow *row, BenchDone *done)
{
    g_autoptr(SrRun) run = sr_run_new(scenario);

    if (play->n_races > 1) {
        play_each(run, play, 1, row);
        sr_sweep_row_clear(row);
        if (play->bytes != NULL)
            *play->bytes = 0;
    }
    double begin = bench_cpu_s();
    play_each(run, play, play->n_races, row);
    done->seconds = bench_cpu_s() - begin;
}

/* ---- the sweep ---- */

typedef struct {
    const SrScenario *scenario;
    SrSweepRow *row; /* of the first point; all points are the same */
    uint64_t n_points_done;
} Sweep;

static const SrScenario *
get_scenario(void *data, uint64_t point)
{
    const Sweep *sweep = data;

    (void) point;
    return sweep->scenario;
}

static void
take_row(void *data, uint64_t point, uint64_t seeds_done, const SrSweepRow *row)
{
    Sweep *sweep = data;

    (void) seeds_done;
    sweep->n_points_done++;
    if (point == 0)
        sr_sweep_row_merge(sweep->row, row);
}

static void
play_sweep(const SrScenario *scenario, const BenchPlay *play, SrSweepRow *row, BenchDone *done)
{
    Sweep sweep = { .scenario = scenario, .row = row };
    SrSweepOptions options = { .seeds = { 1, play->n_races },
                               .n_points = MAX(play->n_points, 1),
                               .jobs = play->jobs,
                               .scenario = get_scenario,
                               .row = take_row,
                               .data = &sweep };
#ifdef SR_SWEEP_GRAPH_BYTES
    options.graph_bytes = play->graph ? SR_SWEEP_GRAPH_BYTES : 0;
#endif
    int64_t begin = g_get_monotonic_time();
    double begin_cpu = bench_cpu_s();

    sr_sweep_execute(&options);
    done->seconds = bench_cpu_s() - begin_cpu;
    done->elapsed_s = 1e-6 * (double) (g_get_monotonic_time() - begin);
    g_assert(sweep.n_points_done == options.n_points);
}

bool
bench_has_graph(void)
{
#ifdef SR_SWEEP_GRAPH_BYTES
    return true;
#else
    return false;
#endif
}

BenchDone
bench_play(const BenchPlay *play)
{
    g_autoptr(SrScenario) scenario = make_scenario(play->n_clients, play->latency);
    g_autoptr(SrSweepRow) row = sr_sweep_row_new();
    BenchDone done = { .races = play->n_races * MAX(play->n_points, 1) };

    if (play->jobs > 0)
        play_sweep(scenario, play, row, &done);
    else
        play_alone(scenario, play, row, &done);
    const uint64_t *counters = row->counters;
    if (counters[SR_COUNTER_RUNS] != play->n_races || row->shares[SR_SHARE_UNEXPECTED] > 0 ||
        counters[SR_COUNTER_ENDING + SR_ENDING_COLLABORATED] !=
            play->n_races * play->n_clients) {
        fprintf(stderr, "bench: error: a race of %u clients failed\n", play->n_clients);
        exit(1);
    }
    done.events = counters[SR_COUNTER_EVENTS];
    done.sum = row->measures[SR_MEASURE_WINNER].sum_low * 31 +
               row->measures[SR_MEASURE_REJECTED].sum_low;
    return done;
}

void
bench_played(uint32_t n_clients, uint64_t n_races, BenchWork *work, BenchRace *races)
{
    g_autoptr(SrScenario) scenario = make_scenario(n_clients, BENCH_LATENCY);
    g_autoptr(SrRun) run = sr_run_new(scenario);
    const SrRunOptions options = { 0 };
    SrRunResult result;

    *work = (BenchWork){ 0 };
    double begin = bench_cpu_s();
    for (uint64_t seed = 1; seed <= n_races; seed++) {
        sr_run_execute(run, seed, &options, &result, NULL);
        g_assert(result.n_collaborating == n_clients);
        BenchRace race = { result.messages, result.t, result.winner - SR_NODE_FIRST_CLIENT };
        bench_work_add(work, &race);
        if (races != NULL)
            races[seed - 1] = race;
    }
    work->seconds = bench_cpu_s() - begin;
}

/* ---- verifying ---- */

static gboolean
keep_bytes(void *data, const char *bytes, size_t n, GError **error)
{
    (void) error;
    g_string_append_len(data, bytes, (gssize) n);
    return TRUE;
}

BenchDone
bench_verify(uint32_t n_clients, unsigned n_times)
{
    g_autoptr(SrScenario) scenario = make_scenario(n_clients, NULL);
    g_autoptr(SrRun) run = sr_run_new(scenario);
    g_autoptr(GString) text = g_string_new(NULL);
    const SrRunOptions options = { .trace = keep_bytes, .trace_data = text };
    const SrVerifyOptions verify = { 0 };
    SrRunResult result;
    BenchDone done = { .races = n_times };

    sr_run_execute(run, 1, &options, &result, NULL);
    done.events = text->len * n_times;
    double begin = bench_cpu_s();
    for (unsigned i = 0; i < n_times; i++) {
        SrTraceFault fault = { 0 };
        g_autoptr(SrTrace) trace = sr_trace_parse("bench.ndjson", text->str, text->len, &fault);
        if (trace == NULL) {
            fprintf(stderr, "bench: error: the trace cannot be read: %s\n", fault.message);
            exit(1);
        }
        sr_verified_free(sr_verify(trace, &verify));
    }
    done.seconds = bench_cpu_s() - begin;
    return done;
}

/* ---- exploring ---- */

/* Ends a search when the process has used @data seconds of CPU time. */
static bool
is_late(void *data)
{
    return bench_cpu_s() > *(double *) data;
}

BenchDone
bench_explore(uint32_t n_clients, uint32_t n_crashes)
{
    g_autoptr(SrScenario) scenario = make_scenario(n_clients, NULL);
    SrExploreOptions options = SR_EXPLORE_OPTIONS;
    SrExploreResult result;
    double end = bench_cpu_s() + BENCH_EXPLORE_S;

    options.jobs = 1;
    options.crashes = n_crashes;
    options.stop = is_late;
    options.stop_data = &end;
    g_autofree char *refusal = sr_explore_refusal(scenario, &options);
    if (refusal != NULL) {
        fprintf(stderr, "bench: error: %u clients cannot be explored: %s\n", n_clients,
                refusal);
        exit(1);
    }
    double begin = bench_cpu_s();
    g_autoptr(SrExploration) exploration = sr_exploration_new(scenario, &options);
    sr_exploration_search(exploration, &result);
    return (BenchDone){ .events = result.states,
                        .races = result.end == SR_EXPLORE_COMPLETE,
                        .seconds = bench_cpu_s() - begin };
}

/* Not ru_maxrss: that starts with the peak of whoever started the process. */
uint64_t
bench_peak_bytes(void)
{
    g_autofree char *status = NULL;

    if (!g_file_get_contents("/proc/self/status", &status, NULL, NULL))
        return 0;
    const char *line = strstr(status, "\nVmHWM:");
    return line != NULL ? g_ascii_strtoull(line + strlen("\nVmHWM:"), NULL, 10) * 1024 : 0;
}

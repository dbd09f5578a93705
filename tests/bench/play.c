/* Full races: the protocol with tokens and real time rules, every check on, keys as names, seed after
 * seed in one thread or two. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session-race/run.h"

/* What one thread plays, and what came of it. */
typedef struct {
    SrRun *run;
    const BenchPlay *play;
    uint64_t first, step, n_races;
    BenchDone done;
    uint64_t octets;
} Part;

static SrScenario *
make_scenario(uint32_t n_clients)
{
    g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
    g_autofree char *text = g_strdup_printf("[scenario]\n"
                                            "crypto = names\n"
                                            "[token-provider]\n"
                                            "processing = 0ms\n"
                                            "[client reader]\n"
                                            "count = %u\n"
                                            "start = uniform(0ms, 20ms)\n",
                                            n_clients);
    SrScenario *scenario =
        sr_scenario_parse("bench.ini", text, strlen(text), NULL, 0, diagnostics);

    g_assert(scenario != NULL);
    return scenario;
}

static gboolean
count_octets(void *data, const char *octets, size_t n, GError **error)
{
    (void) octets;
    (void) error;
    *(uint64_t *) data += n;
    return TRUE;
}

static void *
play_part(void *data)
{
    Part *part = data;
    SrRunOptions options = { .digest = part->play->digest };
    SrRunResult result;

    if (part->play->octets != NULL) {
        options.trace = count_octets;
        options.trace_data = &part->octets;
    }
    for (uint64_t i = 0, seed = part->first; i < part->n_races; i++, seed += part->step) {
        if (!sr_run_execute(part->run, seed, &options, &result, NULL) || result.failed != 0 ||
            result.n_collaborating != part->play->n_clients) {
            fprintf(stderr, "bench: error: seed %" G_GUINT64_FORMAT " of %u clients failed\n",
                    seed, part->play->n_clients);
            exit(1);
        }
        part->done.events += result.engine_events;
        part->done.sum += result.t; /* the same in any order of the seeds */
    }
    return NULL;
}

/* Part @i of @play. Who plays many races has played one before it is timed, as in a sweep. */
static void
part_init(Part *part, const BenchPlay *play, unsigned i, const SrScenario *scenario)
{
    *part = (Part){ .run = sr_run_new(scenario), .play = play, .first = 1 + i };
    part->step = play->jobs;
    if (play->n_races > 1) {
        part->n_races = 1;
        play_part(part);
        part->done = (BenchDone){ 0 };
        part->octets = 0;
    }
    part->n_races = (play->n_races - i + play->jobs - 1) / play->jobs;
}

BenchDone
bench_play(const BenchPlay *play)
{
    g_autoptr(SrScenario) scenario = make_scenario(play->n_clients);
    g_autofree Part *parts = g_new0(Part, play->jobs);
    g_autofree GThread **threads = g_new0(GThread *, play->jobs);
    BenchDone done = { .races = play->n_races };

    for (unsigned i = 0; i < play->jobs; i++)
        part_init(&parts[i], play, i, scenario);
    int64_t begin = g_get_monotonic_time();
    double begin_cpu = bench_cpu_s();
    for (unsigned i = 1; i < play->jobs; i++)
        threads[i] = g_thread_new("races", play_part, &parts[i]);
    play_part(&parts[0]);
    for (unsigned i = 1; i < play->jobs; i++)
        g_thread_join(threads[i]);
    done.seconds = bench_cpu_s() - begin_cpu;
    done.elapsed_s = 1e-6 * (double) (g_get_monotonic_time() - begin);
    for (unsigned i = 0; i < play->jobs; i++) {
        done.events += parts[i].done.events;
        done.sum += parts[i].done.sum;
        if (play->octets != NULL)
            *play->octets += parts[i].octets;
        sr_run_free(parts[i].run);
    }
    return done;
}

/* Not ru_maxrss: that starts with the peak of whoever started the process. */
uint64_t
bench_peak_octets(void)
{
    g_autofree char *status = NULL;

    if (!g_file_get_contents("/proc/self/status", &status, NULL, NULL))
        return 0;
    const char *line = strstr(status, "\nVmHWM:");
    return line != NULL ? g_ascii_strtoull(line + strlen("\nVmHWM:"), NULL, 10) * 1024 : 0;
}

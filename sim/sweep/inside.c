#include "sweep/inside.h"

#include "session-race/run.h"
#include "session-race/stream.h"

/* A hash of the draws of a run in their order. */
static void
mix(void *data, const SrDraw *draw)
{
    uint64_t *hash = data;

    *hash = sr_mix64(*hash ^ (uint64_t) draw->value) + draw->number;
    *hash = sr_mix64(*hash ^ ((uint64_t) draw->subject << 8 | draw->id));
}

static uint64_t
hash_draws(SrRun *run, uint64_t seed)
{
    uint64_t hash = 0;
    const SrRunOptions options = { .draw = mix, .draw_data = &hash };
    SrRunResult result;

    sr_run_execute(run, seed, &options, &result, NULL);
    return hash;
}

uint64_t
sr_runs_inside(const SrScenario *cut, const SrScenario *whole, uint64_t first, uint64_t n,
               bool (*stop)(void *data), void *stop_data, uint64_t *played)
{
    g_autoptr(SrRun) cut_run = sr_run_new(cut), whole_run = sr_run_new(whole);
    uint64_t n_inside = 0;

    for (*played = 0; *played < n && (stop == NULL || !stop(stop_data)); ++*played)
        n_inside +=
            hash_draws(cut_run, first + *played) == hash_draws(whole_run, first + *played);
    return n_inside;
}

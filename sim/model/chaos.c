/* Random faults: four Poisson processes, merged by instant until the budget or the time is used
 * up. Kind and n name the draws of the n-th fault of a kind, so nothing else changes them. */
#include "model/chaos.h"

#include <string.h>

typedef enum { KIND_CRASH, KIND_DISCONNECT, KIND_OUTAGE, KIND_CLOCK_STEP } Kind;
#define KIND_N (KIND_CLOCK_STEP + 1)

/* A whole number of milliseconds, both ends included. */
typedef struct {
    uint64_t min_ms, max_ms;
} Range;

/* clang-format off */
static const struct {
    const char *stream;
    SrFaultAction action;
    size_t mean; /* where SrChaosSettings has it */
    Range lasts;
    bool services, clients; /* what it may strike */
} kinds[KIND_N] = {
    [KIND_CRASH]      = { "chaos/crash",      SR_FAULT_CRASH,      offsetof(SrChaosSettings, crash),      { 100, 5000 },   false, true },
    [KIND_DISCONNECT] = { "chaos/disconnect", SR_FAULT_DISCONNECT, offsetof(SrChaosSettings, disconnect), { 50, 3000 },    false, true },
    [KIND_OUTAGE]     = { "chaos/outage",     SR_FAULT_OUTAGE,     offsetof(SrChaosSettings, outage),     { 50, 2000 },    true,  false },
    [KIND_CLOCK_STEP] = { "chaos/clock-step", SR_FAULT_STEP_CLOCK, offsetof(SrChaosSettings, clock_step), { 1000, 10000 }, true,  true },
};
/* clang-format on */
static const Range steps = { 1, 2000 };

/* The state of one kind's process. */
typedef struct {
    SrSpan mean; /* SR_TIME_NEVER: there is no such process */
    uint64_t key, number;
    SrTime at;
    SrStream stream; /* of the fault at @at */
} Process;

static SrSpan
mean_of(const SrChaosSettings *chaos, Kind kind)
{
    return *(const SrSpan *) (const void *) ((const char *) chaos + kinds[kind].mean);
}

static SrTime
until(const SrScenario *scenario)
{
    return MIN(scenario->chaos.until == SR_TIME_NEVER ? scenario->limit / 2
                                                      : scenario->chaos.until,
               scenario->limit);
}

/* Moves to the next fault. A gap is at most 30 days, the longest that the sampler gives, which
 * is past the end of any run. */
static void
advance(Process *process)
{
    process->stream = sr_stream_at(process->key, process->number++);
    process->at += sr_exponential_sample(process->mean, &process->stream);
}

static void
start(Process *process, const SrModel *model, uint64_t seed, Kind kind)
{
    const char *name = kinds[kind].stream;

    *process = (Process){ .mean = mean_of(&model->scenario->chaos, kind),
                          .at = SR_TIME_NEVER,
                          .key = sr_stream_key(seed, sr_name_hash(name, strlen(name)), 0) };
    if (process->mean == SR_TIME_NEVER)
        return;
    process->at = 0;
    advance(process);
}

static uint32_t
draw_target(const SrModel *model, Kind kind, SrStream *stream)
{
    uint64_t first = kinds[kind].services ? 0 : SR_NODE_FIRST_CLIENT,
             end = kinds[kind].clients ? SR_NODE_FIRST_CLIENT + (uint64_t) model->n_clients
                                       : SR_SERVICE_N;

    return (uint32_t) (first + sr_stream_below(stream, end - first));
}

static SrSpan
draw_range(Range range, SrStream *stream)
{
    return (range.min_ms + sr_stream_below(stream, range.max_ms - range.min_ms + 1)) *
           SR_NS_PER_MS;
}

static bool
ntp_corrects(const SrModel *model, uint32_t node)
{
    if (node < SR_SERVICE_N)
        return model->service_clock[node].ntp_interval != 0;
    return g_array_index(model->scenario->clients, SrClientGroup,
                         sr_model_group(model, node - SR_NODE_FIRST_CLIENT))
               .clock.ntp_interval != 0;
}

/* The present fault of @process, and the entry that ends it. */
static void
add_fault(const SrModel *model, Kind kind, const Process *process, SrTime end, GArray *entries)
{
    SrStream stream = process->stream;
    SrTimelineEntry entry = { .at = process->at - process->at % SR_NS_PER_US,
                              .action = kinds[kind].action,
                              .target = { draw_target(model, kind, &stream), 1 },
                              .peer = SR_NODE_NONE };
    SrSpan lasts = draw_range(kinds[kind].lasts, &stream);

    lasts = MIN(lasts, end - entry.at);
    if (kind != KIND_CLOCK_STEP) {
        entry.duration = lasts;
        g_array_append_val(entries, entry);
        return;
    }
    int64_t size = (int64_t) draw_range(steps, &stream);

    entry.duration = SR_TIME_NEVER;
    entry.delta_ns = sr_stream_below(&stream, 2) == 0 ? size : -size;
    g_array_append_val(entries, entry);
    entry.at += lasts;
    if (ntp_corrects(model, entry.target.first))
        entry.action = SR_FAULT_SYNC_CLOCK;
    entry.delta_ns = entry.action == SR_FAULT_SYNC_CLOCK ? 0 : -entry.delta_ns;
    g_array_append_val(entries, entry);
}

/* ---- sorting ---- */

/* A total order, except for entries that are equal. The enum of actions orders the kinds. */
static bool
is_before(const SrTimelineEntry *a, const SrTimelineEntry *b)
{
    if (a->at != b->at)
        return a->at < b->at;
    if (a->action != b->action)
        return a->action < b->action;
    if (a->target.first != b->target.first)
        return a->target.first < b->target.first;
    if (a->duration != b->duration)
        return a->duration < b->duration;
    return a->delta_ns < b->delta_ns;
}

/* Shell's sort with Ciura's gaps. Faults are nearly in order already; only the entries that
 * correct clocks are not. It needs no memory. */
static void
sort(GArray *entries)
{
    static const unsigned gaps[] = { 44347, 19645, 8701, 3861, 1750, 701, 301,
                                     132,   57,    23,   10,   4,    1 };
    SrTimelineEntry *at = (SrTimelineEntry *) (void *) entries->data;

    for (unsigned g = 0; g < G_N_ELEMENTS(gaps); g++)
        for (unsigned i = gaps[g]; i < entries->len; i++) {
            unsigned j = i;

            if (!is_before(&at[i], &at[i - gaps[g]]))
                continue;
            SrTimelineEntry moved = at[i];

            for (; j >= gaps[g] && is_before(&moved, &at[j - gaps[g]]); j -= gaps[g])
                at[j] = at[j - gaps[g]];
            at[j] = moved;
        }
}

/* ---- drawing ---- */

void
sr_chaos_draw(const SrModel *model, uint64_t seed, GArray *entries)
{
    SrTime end = until(model->scenario);
    uint64_t budget = MIN(model->scenario->chaos.budget, SR_CHAOS_FAULTS_MAX);
    Process processes[KIND_N];

    g_array_set_size(entries, 0);
    for (unsigned kind = 0; kind < KIND_N; kind++)
        start(&processes[kind], model, seed, (Kind) kind);
    for (; budget > 0; budget--) {
        unsigned first = 0;

        for (unsigned kind = 1; kind < KIND_N; kind++)
            if (processes[kind].at < processes[first].at)
                first = kind;
        if (processes[first].at >= end)
            break;
        add_fault(model, (Kind) first, &processes[first], end, entries);
        advance(&processes[first]);
    }
    sort(entries);
}

static uint64_t
square_root(uint64_t n)
{
    uint64_t root = 0;

    while ((root + 1) * (root + 1) <= n)
        root++;
    return root;
}

uint32_t
sr_chaos_n_likely(const SrModel *model)
{
    const SrChaosSettings *chaos = &model->scenario->chaos;
    SrTime end = until(model->scenario);
    uint64_t n = 0;

    for (unsigned kind = 0; kind < KIND_N; kind++) {
        SrSpan mean = mean_of(chaos, (Kind) kind);
        uint64_t faults = mean == SR_TIME_NEVER ? 0 : end / mean + 1;

        n += kind == KIND_CLOCK_STEP ? 2 * faults : faults;
    }
    /* Faults come in ones or twos, so the standard deviation is at most the root of twice the
     * mean. */
    n = MIN(n, 2 * SR_CHAOS_FAULTS_MAX);
    return n == 0 ? 0 : (uint32_t) (n + 6 * square_root(2 * n) + 6);
}

void
sr_chaos_to_timeline(const SrModel *model, uint64_t seed, SrScenarioEdit *edit)
{
    g_autoptr(GArray) faults = g_array_new(FALSE, FALSE, sizeof(SrTimelineEntry));
    g_autofree char *number = g_strdup_printf("%" G_GUINT64_FORMAT, seed);

    sr_chaos_draw(model, seed, faults);
    for (unsigned i = 0; i < faults->len; i++) {
        const SrTimelineEntry *entry = &g_array_index(faults, SrTimelineEntry, i);
        g_autofree char *action = sr_timeline_entry_text(model->scenario, entry);

        sr_scenario_edit_add_action(edit, entry->at, action);
    }
    sr_scenario_edit_remove_group(edit, "chaos");
    sr_scenario_edit_set(edit, "scenario", "seed", number);
}

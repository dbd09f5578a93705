/* How fast the event queue is, in the hold model: Q events are pending, and each that is taken
 * is followed by one new.
 *
 *     bench-queue [EVENTS]        events of each measurement, 4 000 000 if not given
 *
 * Increments are exponential with a mean of one second; in the crowded rows they end on full
 * tenths of it, so that of 10 000 events 1 000 share an instant. Prints millions of events a
 * second of CPU time, the drawing of increments included. */
#include <glib.h>
#include <stdio.h>
#include <time.h>

#include "session-race/distribution.h"
#include "session-race/engine.h"
#include "session-race/event-queue.h"
#include "session-race/stream.h"

/* Drawn beforehand, since the exact sampler takes longer than the queue; so few that they stay
 * in the cache. */
#define N_INCREMENTS 1024

typedef struct {
    SrStream stream;
    SrSpan quantum; /* instants are multiples of this */
    SrSpan increments[N_INCREMENTS];
} Source;

static void
source_init(Source *source, SrSpan quantum)
{
    SrDistribution exponential = { 0 };

    sr_distribution_add(&exponential, SR_DISTRIBUTION_EXPONENTIAL, SR_NS_PER_S, 0, NULL);
    source->stream = (SrStream) { 1 };
    source->quantum = quantum;
    for (size_t i = 0; i < N_INCREMENTS; i++)
        source->increments[i] = sr_distribution_sample(&exponential, &source->stream);
}

/* The low bits spread the few increments by a millisecond, so that instants are equal only
 * where the quantum makes them. */
static inline SrTime
source_next(Source *source, SrTime now)
{
    uint64_t word = sr_stream_next(&source->stream);
    SrTime at = now + source->increments[word >> 54] + (word & 0xfffff);

    return source->quantum == 1 ? at : (at / source->quantum + 1) * source->quantum;
}

/* What is measured; each returns a sum over all that it took, so that nothing is optimised
 * away. */
typedef uint64_t (*Hold)(Source *source, size_t n_pending, uint64_t n_events, clock_t *ticks);

static uint64_t
hold_queue(Source *source, size_t n_pending, uint64_t n_events, clock_t *ticks, bool ranked)
{
    SrEventQueue *queue = sr_event_queue_new(ranked, n_pending + 1);
    uint64_t sum = 0, payload;
    SrTime at = 0;

    for (size_t i = 0; i < n_pending; i++)
        sr_event_queue_push(queue, source_next(source, 0), (uint32_t) i, i);
    *ticks = clock();
    for (uint64_t i = 0; i < n_events && sr_event_queue_pop(queue, &at, &payload); i++) {
        sum = sum * 31 + at + payload;
        sr_event_queue_push(queue, source_next(source, at), (uint32_t) sum, payload);
    }
    *ticks = clock() - *ticks;
    sr_event_queue_free(queue);
    return sum;
}

static uint64_t
hold_unranked(Source *source, size_t n_pending, uint64_t n_events, clock_t *ticks)
{
    return hold_queue(source, n_pending, n_events, ticks, false);
}

static uint64_t
hold_ranked(Source *source, size_t n_pending, uint64_t n_events, clock_t *ticks)
{
    return hold_queue(source, n_pending, n_events, ticks, true);
}

static uint64_t
hold_engine(Source *source, size_t n_pending, uint64_t n_events, clock_t *ticks)
{
    SrEngine *engine = sr_engine_new(false, n_pending + 1);
    uint64_t sum = 0, payload;

    for (size_t i = 0; i < n_pending; i++)
        sr_engine_schedule(engine, source_next(source, 0), i);
    *ticks = clock();
    for (uint64_t i = 0; i < n_events && sr_engine_next(engine, &payload) == SR_ENGINE_EVENT;
         i++) {
        sum = sum * 31 + sr_engine_now(engine) + payload;
        sr_engine_schedule(engine, source_next(source, sr_engine_now(engine)), payload);
    }
    *ticks = clock() - *ticks;
    sr_engine_free(engine);
    return sum;
}

int
main(int argc, char **argv)
{
    /* clang-format off */
    static const struct { const char *name; Hold hold; } subjects[] = {
        { "queue",        hold_unranked },
        { "engine",       hold_engine },
        { "ranked queue", hold_ranked },
    };
    static const struct { const char *name; size_t n_pending; SrSpan quantum; } loads[] = {
        { "100",             100,     1 },
        { "10 000",          10000,   1 },
        { "1 000 000",       1000000, 1 },
        { "10 000, crowded", 10000,   SR_NS_PER_S / 10 },
    };
    /* clang-format on */
    uint64_t n_events = argc > 1 ? g_ascii_strtoull(argv[1], NULL, 10) : 4000000;

    printf("%-14s %-16s %10s  %s\n", "subject", "pending", "M events/s", "checksum");
    for (size_t s = 0; s < G_N_ELEMENTS(subjects); s++) {
        for (size_t l = 0; l < G_N_ELEMENTS(loads); l++) {
            Source source;
            clock_t ticks;
            uint64_t sum;

            source_init(&source, loads[l].quantum);
            sum = subjects[s].hold(&source, loads[l].n_pending, n_events, &ticks);
            printf("%-14s %-16s %10.1f  %016" G_GINT64_MODIFIER "x\n", subjects[s].name,
                   loads[l].name,
                   (double) n_events / 1e6 / ((double) MAX(ticks, 1) / CLOCKS_PER_SEC), sum);
        }
    }
    return 0;
}

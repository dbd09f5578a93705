/* The two loops, over whatever queue the file that includes this one has defined:
 *
 *     Queue *queue_new(size_t capacity, SrSpan span)    span: about how far events reach ahead
 *     void queue_free(Queue *queue)
 *     void queue_reset(Queue *queue)
 *     void queue_push(Queue *queue, SrTime at, uint32_t payload)
 *     bool queue_pop(Queue *queue, SrTime *at, uint32_t *payload)
 *
 * Events of one instant leave in the order in which they came. All is static, so a queue that is
 * inline is inlined. */
#pragma once

#include <math.h>
#include <string.h>

#include "bench.h"
#include "session-race/stream.h"

/* ---- hold ---- */

#define EXPONENTIAL_N 1024

/* Exponential distances by integers: the table has where each 1024th of them begins, between two of
 * which they lie evenly. What is beyond the last begins anew there: such is this distribution. */
typedef struct {
    SrStream stream;
    SrSpan quantum;
    SrSpan begin[EXPONENTIAL_N];
} Distances;

static void
distances_init(Distances *distances, SrSpan quantum)
{
    distances->stream = (SrStream){ 1 };
    distances->quantum = quantum;
    for (unsigned i = 0; i < EXPONENTIAL_N; i++)
        distances->begin[i] =
            (SrSpan) (-log1p(-(double) i / EXPONENTIAL_N) * (double) SR_NS_PER_S);
}

static inline SrTime
distances_after(Distances *distances, SrTime now)
{
    uint64_t word = sr_stream_next(&distances->stream);
    unsigned i = (unsigned) (word >> 54);

    while (__builtin_expect(i == EXPONENTIAL_N - 1, 0)) {
        now += distances->begin[i];
        word = sr_stream_next(&distances->stream);
        i = (unsigned) (word >> 54);
    }
    SrSpan width = distances->begin[i + 1] - distances->begin[i];
    now += distances->begin[i] + (width * (word & UINT32_MAX) >> 32);
    return distances->quantum == 1 ? now : (now / distances->quantum + 1) * distances->quantum;
}

static BenchDone
loop_hold(size_t n_pending, SrSpan quantum, uint64_t n_events)
{
    Queue *queue = queue_new(n_pending + 1, 4 * SR_NS_PER_S);
    BenchDone done = { .events = n_events };
    Distances distances;
    SrTime at = 0;
    uint32_t payload = 0;

    distances_init(&distances, quantum);
    for (size_t i = 0; i < n_pending; i++)
        queue_push(queue, distances_after(&distances, 0), (uint32_t) i);
    double begin = bench_cpu_s();
    for (uint64_t i = 0; i < n_events && queue_pop(queue, &at, &payload); i++) {
        done.sum = done.sum * 31 + at + payload;
        queue_push(queue, distances_after(&distances, at), payload);
    }
    done.seconds = bench_cpu_s() - begin;
    queue_free(queue);
    return done;
}

/* ---- the reduced race ---- */

/* Clients, one server, links in order, every hop uniform(10ms, 80ms): a request, the answer that there is
 * no session, a key, the creation, its answer (the first wins), the winner's upload and establishing,
 * the broadcast to all, and the look-up of who was rejected. 7 N + 1 events: fewer than the full protocol
 * has, no tokens, no checks, no records. A floor, not an equal. */
typedef enum {
    STEP_REQUEST,
    STEP_NONE,
    STEP_KEY,
    STEP_CREATE,
    STEP_ANSWER,
    STEP_UPLOAD,
    STEP_ESTABLISHED,
    STEP_AVAILABLE,
    STEP_LOOK_UP,
} Step;

typedef struct {
    SrTime last_out, last_in; /* on each direction of its link */
    bool rejected, available, won;
} Racer;

typedef struct {
    Queue *queue;
    SrStream stream;
    SrTime now;
    uint32_t n_clients, n_joined;
    bool decided;
    Racer *racers;
} Reduced;

static inline void
reduced_after(Reduced *race, SrSpan least, SrSpan most, Step step, uint32_t client)
{
    SrSpan span = least + sr_stream_below(&race->stream, most - least + 1);

    queue_push(race->queue, race->now + span, client << 4 | step);
}

static inline void
reduced_send(Reduced *race, SrTime *last, Step step, uint32_t client)
{
    SrTime at =
        race->now + 10 * SR_NS_PER_MS + sr_stream_below(&race->stream, 70 * SR_NS_PER_MS + 1);

    *last = MAX(at, *last);
    queue_push(race->queue, *last, client << 4 | step);
}

static inline void
reduced_look_up(Reduced *race, uint32_t client)
{
    if (race->racers[client].rejected && race->racers[client].available)
        reduced_after(race, 5 * SR_NS_PER_MS, 20 * SR_NS_PER_MS, STEP_LOOK_UP, client);
}

static inline void
reduced_answer(Reduced *race, uint32_t client)
{
    Racer *racer = &race->racers[client];

    if (racer->won) {
        race->n_joined++;
        reduced_send(race, &racer->last_out, STEP_UPLOAD, client);
        reduced_send(race, &racer->last_out, STEP_ESTABLISHED, client);
    } else {
        racer->rejected = true;
        reduced_look_up(race, client);
    }
}

static inline void
reduced_step(Reduced *race, Step step, uint32_t client)
{
    Racer *racer = &race->racers[client];

    switch (step) {
    case STEP_REQUEST:
        reduced_send(race, &racer->last_in, STEP_NONE, client);
        break;
    case STEP_NONE:
        reduced_after(race, 50 * SR_NS_PER_MS, 150 * SR_NS_PER_MS, STEP_KEY, client);
        break;
    case STEP_KEY:
        reduced_send(race, &racer->last_out, STEP_CREATE, client);
        break;
    case STEP_CREATE:
        racer->won = !race->decided;
        race->decided = true;
        reduced_send(race, &racer->last_in, STEP_ANSWER, client);
        break;
    case STEP_ANSWER:
        reduced_answer(race, client);
        break;
    case STEP_UPLOAD:
        break;
    case STEP_ESTABLISHED:
        for (uint32_t i = 0; i < race->n_clients; i++)
            reduced_send(race, &race->racers[i].last_in, STEP_AVAILABLE, i);
        break;
    case STEP_AVAILABLE:
        racer->available = true;
        reduced_look_up(race, client);
        break;
    case STEP_LOOK_UP:
        race->n_joined++;
        break;
    }
}

static BenchDone
loop_race(uint32_t n_clients, uint64_t n_races)
{
    Reduced race = { .queue = queue_new((size_t) n_clients * 2 + 16, 160 * SR_NS_PER_MS),
                     .n_clients = n_clients,
                     .racers = g_new(Racer, n_clients) };
    BenchDone done = { .races = n_races };
    uint32_t payload;

    double begin = bench_cpu_s();
    for (uint64_t seed = 1; seed <= n_races; seed++) {
        race.stream = (SrStream){ sr_mix64(seed) };
        race.now = 0;
        race.n_joined = 0;
        race.decided = false;
        memset(race.racers, 0, n_clients * sizeof *race.racers);
        queue_reset(race.queue);
        for (uint32_t i = 0; i < n_clients; i++)
            reduced_send(&race, &race.racers[i].last_out, STEP_REQUEST, i);
        for (; queue_pop(race.queue, &race.now, &payload); done.events++)
            reduced_step(&race, (Step) (payload & 15), payload >> 4);
        g_assert(race.n_joined == n_clients);
        done.sum = done.sum * 31 + race.now;
    }
    done.seconds = bench_cpu_s() - begin;
    queue_free(race.queue);
    g_free(race.racers);
    return done;
}

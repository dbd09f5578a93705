/* The engine: a queue and a clock, which shows the instant of the event taken last.
 *
 * A run is over when no foreground event is pending, so the engine counts those. A bit of the
 * payload, between those of the engine's user and those of the queue, marks background events.
 * The queue itself asserts that nothing is scheduled in the past, since its floor is the
 * engine's clock. */
#include "session-race/engine.h"

#include <glib.h>

#include "engine/engine-watch.h"
#include "engine/event-queue-private.h"
#include "session-race/stream.h"

#define BACKGROUND (UINT64_C(1) << SR_ENGINE_PAYLOAD_BITS)
G_STATIC_ASSERT(BACKGROUND == SR_EVENT_ALARM_MARK);
G_STATIC_ASSERT(SR_ENGINE_PAYLOAD_BITS < SR_EVENT_PAYLOAD_BITS);

struct SrEngine {
    SrEventQueue *queue;
    SrTime now, limit;
    uint64_t n_events;     /* taken since the reset */
    uint64_t n_foreground; /* pending */
    /* since the reset: names the draw for the rank of the next event */
    uint64_t n_scheduled;
    uint64_t tie_key;
    uint64_t alarm_payload; /* of alarm 0 */
    bool seeded_ties;
    const SrEngineWatch *watch; /* (nullable) */
};

static inline void
tell_scheduled(const SrEngine *engine, SrTime at, uint64_t payload, uint64_t group,
               uint32_t rank, bool background)
{
    if (G_UNLIKELY(engine->watch != NULL))
        engine->watch->scheduled(engine->watch->data, at, payload, group, rank, background);
}

/* Whether an event at @at need not be scheduled: nothing waits for it, and it would come after
 * the limit. This saves the memory of, say, a million renewals of tokens in an hour. */
static inline bool
is_idle(const SrEngine *engine, SrTime at, bool background)
{
    return background && at > engine->limit && at != SR_TIME_NEVER;
}

/* Returns: draw @n of the stream of @key, as a rank */
static inline uint32_t
rank_at(uint64_t key, uint64_t n)
{
    SrStream stream = sr_stream_at(key, n);

    return (uint32_t) (sr_stream_next(&stream) >> 32);
}

/* Returns: the rank of the next event. It is draw n_scheduled of the stream of ties, so it does
 * not depend on which events came before. */
static inline uint32_t
draw_rank(SrEngine *engine)
{
    return engine->seeded_ties ? rank_at(engine->tie_key, engine->n_scheduled++) : 0;
}

uint32_t
sr_engine_rank(uint64_t tie_key, uint64_t n)
{
    return rank_at(tie_key, n);
}

uint32_t
sr_engine_rank_in_order(uint64_t tie_key, uint64_t group, SrTime at)
{
    return rank_at(sr_mix64(tie_key ^ group), at);
}

SrEngine *
sr_engine_new(bool seeded_ties, size_t capacity)
{
    SrEngine *engine = g_new0(SrEngine, 1);

    engine->queue = sr_event_queue_new(seeded_ties, capacity);
    engine->seeded_ties = seeded_ties;
    sr_engine_reset(engine, 0, SR_TIME_NEVER);
    return engine;
}

void
sr_engine_free(SrEngine *engine)
{
    if (engine == NULL)
        return;
    sr_event_queue_free(engine->queue);
    g_free(engine);
}

void
sr_engine_reset(SrEngine *engine, uint64_t tie_key, SrTime limit)
{
    sr_event_queue_reset(engine->queue);
    engine->now = 0;
    engine->limit = limit;
    engine->n_events = engine->n_foreground = engine->n_scheduled = 0;
    engine->tie_key = tie_key;
}

void
sr_engine_jump(SrEngine *engine, SrTime now)
{
    sr_engine_reset(engine, engine->tie_key, engine->limit);
    engine->now = now;
}

void
sr_engine_watch(SrEngine *engine, const SrEngineWatch *watch)
{
    engine->watch = watch;
}

SrTime
sr_engine_now(const SrEngine *engine)
{
    return engine->now;
}

uint64_t
sr_engine_events(const SrEngine *engine)
{
    return engine->n_events;
}

void
sr_engine_schedule(SrEngine *engine, SrTime at, uint64_t payload)
{
    g_assert(payload >> SR_ENGINE_PAYLOAD_BITS == 0);
    uint32_t rank = draw_rank(engine);

    tell_scheduled(engine, at, payload, 0, rank, false);
    engine->n_foreground++;
    sr_event_queue_push_entry(engine->queue, at, rank, payload);
}

void
sr_engine_schedule_in_order(SrEngine *engine, SrTime at, uint64_t payload, uint64_t group)
{
    uint32_t rank =
        engine->seeded_ties ? sr_engine_rank_in_order(engine->tie_key, group, at) : 0;

    g_assert(payload >> SR_ENGINE_PAYLOAD_BITS == 0);
    tell_scheduled(engine, at, payload, group, rank, false);
    engine->n_foreground++;
    sr_event_queue_push_entry(engine->queue, at, rank, payload);
}

void
sr_engine_schedule_background(SrEngine *engine, SrTime at, uint64_t payload)
{
    g_assert(payload >> SR_ENGINE_PAYLOAD_BITS == 0);

    uint32_t rank = draw_rank(engine);

    tell_scheduled(engine, at, payload, 0, rank, true);
    if (!is_idle(engine, at, true))
        sr_event_queue_push_entry(engine->queue, at, rank, payload | BACKGROUND);
}

SrEventHandle
sr_engine_schedule_cancellable(SrEngine *engine, SrTime at, uint64_t payload, bool background)
{
    g_assert(payload >> SR_ENGINE_PAYLOAD_BITS == 0);
    engine->n_foreground += background ? 0 : 1;
    return sr_event_queue_push_cancellable(engine->queue, at, draw_rank(engine),
                                           background ? payload | BACKGROUND : payload);
}

void
sr_engine_cancel(SrEngine *engine, SrEventHandle *handle)
{
    uint64_t payload;

    if (sr_event_queue_cancel(engine->queue, *handle, &payload) && !(payload & BACKGROUND)) {
        g_assert(engine->n_foreground > 0);
        engine->n_foreground--;
    }
    *handle = (SrEventHandle){ 0, 0 };
}

void
sr_engine_make_alarms(SrEngine *engine, uint32_t n, uint64_t payload)
{
    g_assert((payload + n) >> SR_ENGINE_PAYLOAD_BITS == 0);
    sr_event_queue_make_alarms(engine->queue, n);
    engine->alarm_payload = payload;
}

void
sr_engine_fetch_alarm(const SrEngine *engine, uint32_t alarm)
{
    __builtin_prefetch(&engine->queue->alarms[alarm], 1);
}

static inline void
stop_alarm(SrEngine *engine, uint32_t alarm)
{
    bool background;

    if (G_UNLIKELY(engine->watch != NULL))
        engine->watch->stopped(engine->watch->data, engine->alarm_payload + alarm);
    if (sr_event_queue_stop_alarm_entry(engine->queue, alarm, &background))
        engine->n_foreground -= background ? 0 : 1;
}

void
sr_engine_stop_alarm(SrEngine *engine, uint32_t alarm)
{
    stop_alarm(engine, alarm);
}

void
sr_engine_set_alarm(SrEngine *engine, uint32_t alarm, SrTime at, bool background)
{
    stop_alarm(engine, alarm);

    uint32_t rank = draw_rank(engine);

    tell_scheduled(engine, at, engine->alarm_payload + alarm, 0, rank, background);
    if (is_idle(engine, at, background))
        return;
    engine->n_foreground += background ? 0 : 1;
    sr_event_queue_set_alarm_entry(engine->queue, alarm, at, rank, background);
}

/* Returns: the user's payload of an event that the queue returned as @taken */
static inline uint64_t
user_payload(const SrEngine *engine, uint64_t taken)
{
    taken &= ~BACKGROUND;
    return taken < SR_EVENT_ALARM ? taken : engine->alarm_payload + (taken - SR_EVENT_ALARM);
}

bool
sr_engine_ahead(const SrEngine *engine, unsigned n, uint64_t *payload)
{
    uint64_t pending;

    if (!sr_event_queue_ahead(engine->queue, n, &pending))
        return false;
    *payload = user_payload(engine, pending);
    return true;
}

SrEngineStep
sr_engine_next(SrEngine *engine, uint64_t *payload)
{
    uint64_t taken;

    if (engine->n_foreground == 0)
        return SR_ENGINE_DONE;
    /* A foreground event is pending, so the queue returns FALSE only because of the limit. */
    if (!sr_event_queue_pop_until(engine->queue, engine->limit, &engine->now, &taken)) {
        engine->now = engine->limit;
        return SR_ENGINE_LIMIT;
    }
    engine->n_foreground -= taken & BACKGROUND ? 0 : 1;
    engine->n_events++;
    *payload = user_payload(engine, taken);
    return SR_ENGINE_EVENT;
}

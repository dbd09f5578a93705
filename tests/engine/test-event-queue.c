/* The event queue against a reference too simple to be wrong: an array kept in order by
 * (instant, rank, insertion). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "engine/event-queue-private.h"
#include "session-race/event-queue.h"
#include "session-race/stream.h"

/* One pending event as the reference knows it. */
typedef struct {
    SrTime at;
    uint32_t rank;
    uint64_t payload;
    SrEventHandle handle; /* {0, 0}: not cancellable */
} Pending;

/* What pends lies anywhere in its room: an event that comes or goes moves those before it or those
 * behind it, whichever are fewer. A sanitizer moves memory byte by byte. */
typedef struct {
    Pending *room;
    size_t n_room;
    Pending *pending; /* in the order in which they have to leave */
    size_t n;
} Reference;

static void
reference_init(Reference *reference, size_t n_max)
{
    reference->n_room = 2 * n_max + 4;
    reference->room = g_new(Pending, reference->n_room);
    reference->pending = reference->room;
    reference->n = 0;
}

/* Where there is no place left before the first event or behind the last, all go to the middle. */
static void
reference_make_place(Reference *reference)
{
    size_t first = (size_t) (reference->pending - reference->room);

    if (first > 0 && first + reference->n < reference->n_room)
        return;
    reference->pending = reference->room + (reference->n_room - reference->n) / 2;
    memmove(reference->pending, reference->room + first, reference->n * sizeof(Pending));
}

static void
reference_push(Reference *reference, Pending event)
{
    size_t low = 0, high = reference->n;

    /* Behind all that are not later: what is pushed later stands behind its equals. */
    while (low < high) {
        size_t middle = (low + high) / 2;
        const Pending *other = &reference->pending[middle];

        if (other->at < event.at || (other->at == event.at && other->rank <= event.rank))
            low = middle + 1;
        else
            high = middle;
    }
    reference_make_place(reference);
    if (low < reference->n / 2) {
        memmove(reference->pending - 1, reference->pending, low * sizeof(Pending));
        reference->pending--;
    } else {
        memmove(reference->pending + low + 1, reference->pending + low,
                (reference->n - low) * sizeof(Pending));
    }
    reference->pending[low] = event;
    reference->n++;
}

static void
reference_remove(Reference *reference, size_t index)
{
    reference->n--;
    if (index < reference->n / 2 || index == 0) {
        memmove(reference->pending + 1, reference->pending, index * sizeof(Pending));
        reference->pending++;
    } else {
        memmove(reference->pending + index, reference->pending + index + 1,
                (reference->n - index) * sizeof(Pending));
    }
}

/* How far ahead a push goes. */
typedef enum {
    SPREAD_EVEN,    /* up to a second */
    SPREAD_CROWDED, /* nearly all at the next full second */
    SPREAD_COARSE,  /* one of eight instants, the present among them */
    SPREAD_FAR,     /* any magnitude from 0 ns to 30 days */
    SPREAD_ZERO,    /* mostly now */
} Spread;

static SrTime
draw_instant(SrStream *stream, Spread spread, SrTime now)
{
    switch (spread) {
    case SPREAD_EVEN:
        return now + sr_stream_below(stream, SR_NS_PER_S);
    case SPREAD_CROWDED:
        if (sr_stream_below(stream, 50) == 0)
            return now + sr_stream_below(stream, SR_NS_PER_S);
        return (now / SR_NS_PER_S + 1) * SR_NS_PER_S;
    case SPREAD_COARSE:
        return now + sr_stream_below(stream, 8) * SR_NS_PER_MS;
    case SPREAD_FAR:
        return now + sr_stream_below(stream, (SR_SPAN_MAX >> sr_stream_below(stream, 52)) + 1);
    case SPREAD_ZERO:
        return now + (sr_stream_below(stream, 8) == 0 ? sr_stream_below(stream, 100) : 0);
    }
    g_assert_not_reached();
}

struct row {
    const char *name;
    size_t n;
    unsigned n_steps;
    Spread spread;
    bool ranked;
    unsigned cancel_percent; /* of the events that can be cancelled; half of all can */
};

/* clang-format off */
static struct row rows[] = {
    { "ten events leave in order",                                  10,    20000, SPREAD_EVEN,    false,  0 },
    { "ten events anywhere in 30 days",                             10,    20000, SPREAD_FAR,     false,  0 },
    { "ten events, mostly at once",                                 10,    20000, SPREAD_ZERO,    false,  0 },
    { "ten events with cancelling",                                 10,    20000, SPREAD_FAR,     false, 60 },
    { "a hundred events leave in order",                            100,   40000, SPREAD_EVEN,    false,  0 },
    { "a hundred events anywhere in 30 days",                       100,   40000, SPREAD_FAR,     false,  0 },
    { "a hundred events at eight instants",                         100,   40000, SPREAD_COARSE,  false,  0 },
    { "a hundred events, mostly at once",                           100,   40000, SPREAD_ZERO,    false, 20 },
    { "a hundred events with cancelling",                           100,   40000, SPREAD_EVEN,    false, 40 },
    { "a hundred events at eight instants with cancelling",         100,   40000, SPREAD_COARSE,  false, 40 },
    { "a hundred events, most of them cancelled",                   100,   40000, SPREAD_FAR,     false, 95 },
    { "ten thousand events leave in order",                         10000, 40000, SPREAD_EVEN,    false,  0 },
    { "ten thousand events anywhere in 30 days with cancelling",    10000, 40000, SPREAD_FAR,     false, 30 },
    { "ten thousand events at one instant",                         10000, 40000, SPREAD_CROWDED, false,  0 },
    { "ten thousand events at one instant with cancelling",         10000, 40000, SPREAD_CROWDED, false, 50 },
    { "ten thousand events at eight instants",                      10000, 40000, SPREAD_COARSE,  false, 10 },
    { "ten thousand events, mostly at once",                        10000, 40000, SPREAD_ZERO,    false, 10 },
    { "ten ranked events",                                          10,    20000, SPREAD_COARSE,  true,   0 },
    { "a hundred ranked events with cancelling",                    100,   40000, SPREAD_COARSE,  true,  40 },
    { "a hundred ranked events anywhere in 30 days",                100,   40000, SPREAD_FAR,     true,  10 },
    { "ten thousand ranked events at one instant",                  10000, 40000, SPREAD_CROWDED, true,  20 },
    { "ten thousand ranked events leave in order",                  10000, 40000, SPREAD_EVEN,    true,   0 },
};
/* clang-format on */

/* A queue and its reference under the same operations. */
typedef struct {
    const struct row *row;
    SrEventQueue *queue;
    Reference reference;
    SrStream stream;
    SrTime now;
    uint64_t n_pushed;
} Pair;

static void
pair_push(Pair *pair)
{
    Pending event = {
        .at = draw_instant(&pair->stream, pair->row->spread, pair->now),
        /* Few ranks, so that some are equal and the order of insertion decides. */
        .rank = pair->row->ranked ? (uint32_t) sr_stream_below(&pair->stream, 5) << 29 : 0,
        .payload = (UINT64_C(1) << SR_EVENT_PAYLOAD_BITS) - 1 - pair->n_pushed++,
    };

    if (sr_stream_below(&pair->stream, 2) == 0) {
        event.handle =
            sr_event_queue_push_cancellable(pair->queue, event.at, event.rank, event.payload);
        assert_int_not_equal(event.handle.generation, 0);
    } else {
        sr_event_queue_push(pair->queue, event.at, event.rank, event.payload);
    }
    reference_push(&pair->reference, event);
}

static void
pair_pop(Pair *pair)
{
    SrTime at = 0;
    uint64_t payload = 0, unused;

    if (pair->reference.n == 0) {
        assert_false(sr_event_queue_pop(pair->queue, &at, &payload));
        return;
    }
    Pending want = pair->reference.pending[0];

    /* Looking must not change what comes, nor what may still be pushed. */
    if (sr_stream_below(&pair->stream, 4) == 0)
        assert_int_equal(sr_event_queue_peek(pair->queue), want.at);
    assert_true(sr_event_queue_pop(pair->queue, &at, &payload));
    assert_int_equal(at, want.at);
    assert_int_equal(payload, want.payload);
    assert_false(sr_event_queue_cancel(pair->queue, want.handle, &unused));
    reference_remove(&pair->reference, 0);
    pair->now = at;
}

static void
pair_cancel_some(Pair *pair)
{
    if (pair->reference.n == 0 ||
        sr_stream_below(&pair->stream, 100) >= pair->row->cancel_percent)
        return;

    size_t index = sr_stream_below(&pair->stream, pair->reference.n);
    Pending event = pair->reference.pending[index];
    uint64_t payload = 0;

    if (event.handle.generation == 0)
        return;
    assert_true(sr_event_queue_cancel(pair->queue, event.handle, &payload));
    assert_int_equal(payload, event.payload);
    assert_false(sr_event_queue_cancel(pair->queue, event.handle, &payload));
    reference_remove(&pair->reference, index);
}

static void
pair_run(Pair *pair)
{
    size_t n_max = pair->row->n;

    while (pair->reference.n < n_max)
        pair_push(pair);
    for (unsigned i = 0; i < pair->row->n_steps; i++) {
        /* The length wanders between empty and full and stays at either for a while. */
        uint64_t towards_full = i / 1000 % 2;

        if (pair->reference.n < n_max &&
            sr_stream_below(&pair->stream, 8) < 3 + 2 * towards_full)
            pair_push(pair);
        else
            pair_pop(pair);
        pair_cancel_some(pair);
        if (i % 16 == 0)
            assert_int_equal(sr_event_queue_peek(pair->queue),
                             pair->reference.n > 0 ? pair->reference.pending[0].at
                                                   : SR_TIME_NEVER);
        assert_int_equal(sr_event_queue_length(pair->queue), pair->reference.n);
    }
}

static void
check_row(void **state)
{
    const struct row *row = *state;
    Pair pair = { .row = row };

    /* A tenth of the room that it will need: it grows while events are pending. */
    pair.queue = sr_event_queue_new(row->ranked, row->n / 10);
    reference_init(&pair.reference, row->n);
    for (uint64_t round = 0; round < 2; round++) {
        pair.stream = (SrStream){ row->n * 2 + round };
        pair_run(&pair);
        while (pair.reference.n > 0)
            pair_pop(&pair);
        pair_pop(&pair);
        /* Leave a few behind, and take one handle across the reset. */
        SrEventHandle kept = sr_event_queue_push_cancellable(pair.queue, pair.now + 1, 0, 1);
        uint64_t unused;

        sr_event_queue_push(pair.queue, pair.now, 0, 2);
        sr_event_queue_reset(pair.queue);
        assert_int_equal(sr_event_queue_length(pair.queue), 0);
        assert_int_equal(sr_event_queue_peek(pair.queue), SR_TIME_NEVER);
        assert_false(sr_event_queue_cancel(pair.queue, kept, &unused));
        pair.now = 0;
    }
    sr_event_queue_free(pair.queue);
    g_free(pair.reference.room);
}

static void
test_new_queue_is_empty(void **state)
{
    SrEventQueue *queue = sr_event_queue_new(false, 0);
    SrTime at;
    uint64_t payload;

    (void) state;
    assert_int_equal(sr_event_queue_length(queue), 0);
    assert_int_equal(sr_event_queue_peek(queue), SR_TIME_NEVER);
    assert_false(sr_event_queue_pop(queue, &at, &payload));
    sr_event_queue_free(queue);
    sr_event_queue_free(NULL);
}

static void
test_no_event_is_never_cancelled(void **state)
{
    SrEventQueue *queue = sr_event_queue_new(false, 4);
    uint64_t payload = 77;

    (void) state;
    assert_false(sr_event_queue_cancel(queue, (SrEventHandle){ 0, 0 }, &payload));
    (void) sr_event_queue_push_cancellable(queue, 5, 0, 1);
    assert_false(sr_event_queue_cancel(queue, (SrEventHandle){ 0, 0 }, &payload));
    assert_int_equal(payload, 77);
    assert_int_equal(sr_event_queue_length(queue), 1);
    sr_event_queue_free(queue);
}

static void
test_stale_handle_spares_the_slots_next_event(void **state)
{
    SrEventQueue *queue = sr_event_queue_new(false, 4);
    SrEventHandle old = sr_event_queue_push_cancellable(queue, 5, 0, 1);
    SrTime at;
    uint64_t payload;

    (void) state;
    assert_true(sr_event_queue_cancel(queue, old, NULL));
    SrEventHandle new = sr_event_queue_push_cancellable(queue, 5, 0, 2);

    assert_int_equal(new.slot, old.slot);
    assert_int_not_equal(new.generation, old.generation);
    assert_false(sr_event_queue_cancel(queue, old, NULL));
    assert_true(sr_event_queue_pop(queue, &at, &payload));
    assert_int_equal(payload, 2);
    assert_false(sr_event_queue_cancel(queue, new, NULL));

    /* The same across a reset, with the slot taken again. */
    old = sr_event_queue_push_cancellable(queue, 9, 0, 3);
    sr_event_queue_reset(queue);
    new = sr_event_queue_push_cancellable(queue, 1, 0, 4);
    assert_int_equal(new.slot, old.slot);
    assert_false(sr_event_queue_cancel(queue, old, NULL));
    assert_true(sr_event_queue_cancel(queue, new, NULL));
    sr_event_queue_free(queue);
}

static void
test_generations_wrap_past_zero(void **state)
{
    SrEventQueue *queue = sr_event_queue_new(false, 4);
    SrTime at;
    uint64_t payload;

    (void) state;
    assert_true(
        sr_event_queue_cancel(queue, sr_event_queue_push_cancellable(queue, 1, 0, 1), NULL));
    queue->cancel_slots[0].generation = UINT32_MAX;
    SrEventHandle last = sr_event_queue_push_cancellable(queue, 2, 0, 2);

    assert_int_equal(last.generation, UINT32_MAX);
    assert_true(sr_event_queue_pop(queue, &at, &payload));
    assert_int_equal(payload, 2);
    SrEventHandle first = sr_event_queue_push_cancellable(queue, 3, 0, 3);

    assert_int_equal(first.slot, last.slot);
    assert_int_equal(first.generation, 1);
    sr_event_queue_free(queue);
}

/* The sequence of a ranked queue has 32 bits: the pending events are numbered anew, in their
 * order. */
static void
test_order_of_insertion_outlives_the_sequence(void **state)
{
    SrEventQueue *queue = sr_event_queue_new(true, 64);
    SrTime at;
    uint64_t payload;

    (void) state;
    queue->sequence = UINT32_MAX - 20;
    for (uint64_t i = 0; i < 60; i++)
        sr_event_queue_push(queue, 7, 3, i);
    assert_true(queue->sequence < 100);
    for (uint64_t i = 0; i < 60; i++) {
        assert_true(sr_event_queue_pop(queue, &at, &payload));
        assert_int_equal(payload, i);
    }
    sr_event_queue_free(queue);
}

/* The wheel looks ahead when asked to peek; what comes before that instant must still find its
 * place. */
static void
test_push_before_a_peeked_instant(void **state)
{
    SrEventQueue *queue = sr_event_queue_new(false, 1000);
    SrTime at;
    uint64_t payload;

    (void) state;
    for (uint64_t i = 0; i < 500; i++)
        sr_event_queue_push(queue, SR_SPAN_MAX - i, 0, i);
    assert_int_equal(sr_event_queue_peek(queue), SR_SPAN_MAX - 499);
    for (uint64_t i = 0; i < 500; i++)
        sr_event_queue_push(queue, 500 - i, 0, i);
    for (uint64_t i = 0; i < 1000; i++) {
        assert_true(sr_event_queue_pop(queue, &at, &payload));
        assert_int_equal(payload, 499 - i % 500);
    }
    sr_event_queue_free(queue);
}

/* A slot of the wheel in which nothing lives goes when it is looked at, however many entries it
 * has. */
static void
test_thousands_cancelled_in_one_slot(void **state)
{
    SrEventQueue *queue = sr_event_queue_new(false, 16);
    SrEventHandle handles[5000];

    (void) state;
    for (uint64_t i = 0; i < 5000; i++)
        handles[i] = sr_event_queue_push_cancellable(queue, SR_NS_PER_S + i, 0, i);
    sr_event_queue_push(queue, 2000 * SR_NS_PER_S, 0, 5000);
    for (uint64_t i = 0; i < 5000; i++)
        assert_true(sr_event_queue_cancel(queue, handles[i], NULL));
    assert_int_equal(sr_event_queue_length(queue), 1);
    assert_int_equal(sr_event_queue_peek(queue), 2000 * SR_NS_PER_S);
    assert_int_equal(queue->n_stale, 0);
    sr_event_queue_free(queue);
}

/* Whatever @capacity events do, no block and no table has to grow. */
static void
test_capacity_is_kept(void **state)
{
    (void) state;
    for (size_t capacity = 16; capacity < 20000; capacity = capacity * 3 / 2) {
        SrEventQueue *queue = sr_event_queue_new(false, capacity);
        SrStream stream = { capacity };
        SrTime at = 0;
        uint64_t payload;

        for (size_t i = 0; i < capacity; i++)
            (void) sr_event_queue_push_cancellable(queue, draw_instant(&stream, SPREAD_FAR, 0),
                                                   0, i);
        for (size_t i = 0; i < 4 * capacity; i++) {
            assert_true(sr_event_queue_pop(queue, &at, &payload));
            sr_event_queue_push(queue, draw_instant(&stream, SPREAD_FAR, at), 0, payload);
        }
        assert_null(queue->blocks->next);
        assert_int_equal(queue->n_cancel_slots_max, capacity);
        sr_event_queue_free(queue);
    }
}

/* So many stopped alarms that the wheel is cleared of them, several times: what is left comes in
 * order, equals as they were pushed, and nothing else. */
static void
many_stopped_alarms_leave_the_rest_in_order(void **state)
{
    enum { N = 60000, KEPT = 9 };
    SrEventQueue *queue = sr_event_queue_new(false, 64);
    SrTime at, last = 0;
    uint64_t payload, last_number = 0;
    size_t n = 0;

    (void) state;
    sr_event_queue_make_alarms(queue, N);
    for (uint32_t i = 0; i < N; i++)
        sr_event_queue_set_alarm(queue, i, 1000 + i % 777 * UINT64_C(100003), 0, false);
    for (uint32_t i = 0; i < N; i++)
        if (i % KEPT != 0)
            assert_true(sr_event_queue_stop_alarm(queue, i));
    while (sr_event_queue_pop(queue, &at, &payload)) {
        uint64_t number = payload - SR_EVENT_ALARM;

        assert_true(number % KEPT == 0 && at == 1000 + number % 777 * UINT64_C(100003));
        assert_true(at > last || (at == last && number > last_number));
        last = at;
        last_number = number;
        n++;
    }
    assert_int_equal(n, (N + KEPT - 1) / KEPT);
    sr_event_queue_free(queue);
}

/* Cancelled entries too few to be cleared at once are cleared before the queue takes memory that it
 * never had. */
static void
stopped_alarms_go_before_the_queue_grows(void **state)
{
    enum { N = 200000, STOPPED = 20000, MORE = 10000 };
    SrEventQueue *queue = sr_event_queue_new(false, 64);
    SrTime at, last = 0;
    uint64_t payload;
    size_t n = 0;

    (void) state;
    G_STATIC_ASSERT(STOPPED >= SR_STALE_MANY && STOPPED <= (N - STOPPED) / SR_STALE_SHARE);
    G_STATIC_ASSERT(STOPPED > (N - STOPPED + MORE) / SR_STALE_SHARE_GROWING);
    sr_event_queue_make_alarms(queue, N);
    for (uint32_t i = 0; i < N; i++)
        sr_event_queue_set_alarm(queue, i, 5 + i % 1009 * UINT64_C(10000019), 0, false);
    for (uint32_t i = 0; i < STOPPED; i++)
        assert_true(sr_event_queue_stop_alarm(queue, i * (N / STOPPED)));
    assert_int_equal(queue->n_stale, STOPPED);
    for (uint32_t i = 0; i < MORE; i++)
        sr_event_queue_push(queue, 7 + i % 997 * UINT64_C(10000019), 0, i);
    assert_int_equal(queue->n_stale, 0);
    for (; sr_event_queue_pop(queue, &at, &payload); n++) {
        assert_true(payload < MORE || (payload - SR_EVENT_ALARM) % (N / STOPPED) != 0);
        assert_true(at >= last);
        last = at;
    }
    assert_int_equal(n, N - STOPPED + MORE);
    sr_event_queue_free(queue);
}

static int
compare_times(const void *a, const void *b)
{
    SrTime first = *(const SrTime *) a, second = *(const SrTime *) b;

    return (first > second) - (first < second);
}

/* Instants of every magnitude, up to the last one before SR_TIME_NEVER: the slots of the highest
 * levels, where a slot's end wraps. */
static void
instants_of_every_magnitude_leave_in_order(void **state)
{
    enum { N = 4000 };
    SrEventQueue *queue = sr_event_queue_new(false, 64);
    g_autofree SrTime *sorted = g_new(SrTime, N);
    SrStream stream = { 3 };
    SrTime at;
    uint64_t payload;

    (void) state;
    for (uint64_t i = 0; i < N; i++) {
        SrTime drawn = sr_stream_next(&stream) >> sr_stream_below(&stream, 64);

        if (i % 2 == 1)
            drawn = SR_TIME_NEVER - drawn;
        sorted[i] = MIN(drawn, SR_TIME_NEVER - 1);
        sr_event_queue_push(queue, sorted[i], 0, sorted[i] >> 2);
    }
    qsort(sorted, N, sizeof *sorted, compare_times);
    for (size_t i = 0; i < N; i++) {
        assert_int_equal(sr_event_queue_peek(queue), sorted[i]);
        assert_true(sr_event_queue_pop(queue, &at, &payload));
        assert_int_equal(at, sorted[i]);
        assert_int_equal(payload, at >> 2);
    }
    assert_false(sr_event_queue_pop(queue, &at, &payload));
    sr_event_queue_free(queue);
}

/* Wherever the entries of alarms lie when the queue is reset, none pends after that, and each can
 * be set again. */
static void
a_reset_stops_all_alarms(void **state)
{
    enum { N = 3000 };

    (void) state;
    for (unsigned ranked = 0; ranked < 2; ranked++) {
        SrEventQueue *queue = sr_event_queue_new(ranked, N);
        SrStream stream = { 11 };
        SrTime at = 0;
        uint64_t payload;

        sr_event_queue_make_alarms(queue, N);
        for (unsigned round = 0; round < 4; round++) {
            for (uint32_t i = 0; i < N; i += 1 + round)
                sr_event_queue_set_alarm(queue, i, at + draw_instant(&stream, SPREAD_FAR, 0), 0,
                                         i % 3 == 0);
            for (uint32_t i = 0; i < N; i += 7)
                sr_event_queue_stop_alarm(queue, i);
            for (unsigned i = 0; i < 200; i++)
                assert_true(sr_event_queue_pop(queue, &at, &payload));
            for (uint32_t i = 0; i < N; i += 14)
                sr_event_queue_set_alarm(queue, i, at + i, 0, false);
            assert_in_range(sr_event_queue_length(queue), 200, N);
            sr_event_queue_reset(queue);
            at = 0;
            assert_int_equal(sr_event_queue_length(queue), 0);
            for (uint32_t i = 0; i < N; i++)
                assert_false(sr_event_queue_stop_alarm(queue, i));
        }
        for (uint32_t i = 0; i < N; i++)
            sr_event_queue_set_alarm(queue, i, N - i, 0, false);
        for (uint32_t i = N; i-- > 0;) {
            assert_true(sr_event_queue_pop(queue, &at, &payload));
            assert_int_equal(at, N - i);
            assert_int_equal(payload, SR_EVENT_ALARM + i);
        }
        assert_false(sr_event_queue_pop(queue, &at, &payload));
        sr_event_queue_free(queue);
    }
}

int
main(void)
{
    static const struct CMUnitTest others[] = {
        cmocka_unit_test(many_stopped_alarms_leave_the_rest_in_order),
        cmocka_unit_test(stopped_alarms_go_before_the_queue_grows),
        cmocka_unit_test(a_reset_stops_all_alarms),
        cmocka_unit_test(instants_of_every_magnitude_leave_in_order),
        cmocka_unit_test(test_new_queue_is_empty),
        cmocka_unit_test(test_no_event_is_never_cancelled),
        cmocka_unit_test(test_stale_handle_spares_the_slots_next_event),
        cmocka_unit_test(test_generations_wrap_past_zero),
        cmocka_unit_test(test_order_of_insertion_outlives_the_sequence),
        cmocka_unit_test(test_push_before_a_peeked_instant),
        cmocka_unit_test(test_thousands_cancelled_in_one_slot),
        cmocka_unit_test(test_capacity_is_kept),
    };
    struct CMUnitTest tests[G_N_ELEMENTS(rows) + G_N_ELEMENTS(others)];

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        tests[i] = (struct CMUnitTest){ .name = rows[i].name,
                                        .test_func = check_row,
                                        .initial_state = &rows[i] };
    memcpy(tests + G_N_ELEMENTS(rows), others, sizeof(others));
    return cmocka_run_group_tests_name("event queue", tests, NULL, NULL) != 0;
}

/* A load that an engine has run before allocates nothing: this program counts what it asks of
 * the C library. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <glib.h>
#include <errno.h>
#include <stdlib.h>

#include "session-race/engine.h"
#include "session-race/stream.h"

#ifndef __has_feature
#define __has_feature(x) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) ||                           \
    __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                     \
    __has_feature(memory_sanitizer) || !defined(__GLIBC__)
/* A sanitizer has put its own allocator here, or there is none to forward to. */
#define CAN_COUNT 0
#else
#define CAN_COUNT 1
#endif

static uint64_t n_allocations;

#if CAN_COUNT
/* Symbols of the program come before those of any library, GLib's calls included. glibc keeps
 * its own under these names. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

#define EXPORT __attribute__((visibility("default")))

EXPORT void *
malloc(size_t size)
{
    n_allocations++;
    return __libc_malloc(size);
}

EXPORT void *
calloc(size_t n, size_t size)
{
    n_allocations++;
    return __libc_calloc(n, size);
}

EXPORT void *
realloc(void *old, size_t size)
{
    n_allocations++;
    return __libc_realloc(old, size);
}

EXPORT void *
aligned_alloc(size_t alignment, size_t size)
{
    n_allocations++;
    return __libc_memalign(alignment, size);
}

EXPORT int
posix_memalign(void **memory, size_t alignment, size_t size)
{
    n_allocations++;
    *memory = __libc_memalign(alignment, size);
    return *memory != NULL ? 0 : ENOMEM;
}
#endif

/* A mixed load: timers that mostly are cancelled, crowds, and events far ahead. */
static void
run_load(SrEngine *engine)
{
    enum { N_TIMERS = 500 };
    SrEventHandle timers[N_TIMERS] = { { 0, 0 } };
    SrStream stream = { 3 };
    uint64_t payload;

    sr_engine_reset(engine, 1, SR_TIME_NEVER);
    for (uint64_t i = 0; i < 5000; i++)
        sr_engine_schedule(engine,
                           i % 3 == 0 ? SR_NS_PER_S : sr_stream_below(&stream, SR_NS_PER_S), i);
    for (unsigned i = 0; i < 50000; i++) {
        SrEventHandle *timer = &timers[i % N_TIMERS];

        if (sr_engine_next(engine, &payload) != SR_ENGINE_EVENT)
            g_assert_not_reached();
        sr_engine_schedule(engine,
                           sr_engine_now(engine) + (sr_stream_next(&stream) >> (20 + i % 40)),
                           payload);
        sr_engine_cancel(engine, timer);
        *timer = sr_engine_schedule_cancellable(engine, sr_engine_now(engine) + SR_NS_PER_MS, 1,
                                                i % 2 == 0);
    }
    while (sr_engine_next(engine, &payload) == SR_ENGINE_EVENT)
        continue;
}

static void
check_engine(bool seeded_ties)
{
    SrEngine *engine = sr_engine_new(seeded_ties, 16);
    uint64_t at_start = n_allocations, n_first, n_second;

    run_load(engine);
    n_first = n_allocations - at_start;
    run_load(engine);
    n_second = n_allocations - at_start - n_first;
    sr_engine_free(engine);
    if (!CAN_COUNT)
        skip();
    /* The first run had to grow: the count sees what it should. */
    assert_true(n_first > 0);
    assert_int_equal(n_second, 0);
}

static void
test_same_load_again_allocates_nothing(void **state)
{
    (void) state;
    check_engine(false);
}

static void
test_same_load_again_allocates_nothing_with_seeded_ties(void **state)
{
    (void) state;
    check_engine(true);
}

static void
test_load_within_the_capacity_allocates_nothing(void **state)
{
    /* More than the load keeps pending, cancelled timers included. */
    SrEngine *engine = sr_engine_new(false, 60000);
    uint64_t at_start = n_allocations, n;

    (void) state;
    run_load(engine);
    n = n_allocations - at_start;
    sr_engine_free(engine);
    if (!CAN_COUNT)
        skip();
    assert_int_equal(n, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_load_again_allocates_nothing),
        cmocka_unit_test(test_same_load_again_allocates_nothing_with_seeded_ties),
        cmocka_unit_test(test_load_within_the_capacity_allocates_nothing),
    };

    return cmocka_run_group_tests_name("allocation", tests, NULL, NULL) != 0;
}

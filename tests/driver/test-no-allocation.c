/* The hot path does not allocate after the run is built: counted by wrapping the allocator. */
#include "driver/run-fixture.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(SANITIZED)
int
main(void)
{
    return 77; /* a sanitizer has an allocator of its own: skipped */
}
#else

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);
void *__libc_memalign(size_t alignment, size_t n);

static unsigned allocations;

void *
malloc(size_t n)
{
    allocations++;
    return __libc_malloc(n);
}

void *
calloc(size_t n, size_t size)
{
    allocations++;
    return __libc_calloc(n, size);
}

void *
realloc(void *p, size_t n)
{
    allocations++;
    return __libc_realloc(p, n);
}

void *
aligned_alloc(size_t alignment, size_t n)
{
    allocations++;
    return __libc_memalign(alignment, n);
}

int
posix_memalign(void **p, size_t alignment, size_t n)
{
    allocations++;
    *p = __libc_memalign(alignment, n);
    return *p == NULL;
}

static void
runs_do_not_allocate(void **state)
{
    const char *text = *state;
    g_autoptr(SrScenario) scenario = fixture_parse(text);
    g_autoptr(SrRun) run = sr_run_new(scenario);
    SrRunOptions options = { 0 };
    static SrRunResult result;
    unsigned before;

    /* The first run may still find that something is too small. */
    assert_true(sr_run_execute(run, 1, &options, &result, NULL));
    before = allocations;
    for (uint64_t seed = 2; seed < 300; seed++)
        assert_true(sr_run_execute(run, seed, &options, &result, NULL));
    assert_int_equal(allocations, before);
    assert_true(before > 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        { "two clients", runs_do_not_allocate, NULL, NULL,
          (void *) (uintptr_t) "[client a]\n[client b]\nstart = uniform(0ms, 100ms)\n" },
        { "fifty clients", runs_do_not_allocate, NULL, NULL,
          (void *) (uintptr_t) "[client a]\ncount = 50\nstart = uniform(0ms, 100ms)\n" },
        { "a store that discards", runs_do_not_allocate, NULL, NULL,
          (void *) (uintptr_t) "[client a]\ncount = 5\n[encryption-provider]\nretention = "
                               "until-settled\n" },
    };

    return cmocka_run_group_tests_name("no allocation", tests, NULL, NULL) != 0;
}
#endif

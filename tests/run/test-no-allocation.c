/* The hot path does not allocate after the run is built: counted by wrapping the allocator. */
#include "run/run-fixture.h"

#include "session-race/sweep.h"

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

/* Only a visible symbol comes before the C library's own. */
#pragma GCC visibility push(default)

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

#pragma GCC visibility pop

/* A sweep takes samples and adds each run to a row, and it may be told to stop. */
static bool
never(void *data)
{
    (void) data;
    return false;
}

static void
play(const char *text, bool digest)
{
    g_autoptr(SrScenario) scenario = fixture_parse(text);
    g_autoptr(SrRun) run = sr_run_new(scenario);
    g_autoptr(SrSweepRow) row = sr_sweep_row_new();
    SrRunOptions options = {
        .digest = digest, .sample = sr_sweep_row_sample, .sample_data = row, .stop = never
    };
    static SrRunResult result;
    unsigned before;

    /* The first run may still find that something is too small. */
    assert_true(sr_run_execute(run, 1, &options, &result, NULL));
    before = allocations;
    for (uint64_t seed = 2; seed < 300; seed++) {
        assert_true(sr_run_execute(run, seed, &options, &result, NULL));
        sr_sweep_row_take(row, run, &result);
    }
    assert_int_equal(allocations, before);
    assert_true(before > 0);
    assert_int_equal(row->counters[SR_COUNTER_RUNS], 298);
    assert_true(row->measures[SR_MEASURE_KEY_AGE].n > 0);
}

static void
runs_do_not_allocate(void **state)
{
    play(*state, false);
    play(*state, true);
}

static const SrScenario *
scenario_of(void *data, uint64_t point)
{
    (void) point;
    return data;
}

static unsigned
count_in_sweep(SrScenario *scenario, uint64_t n_seeds)
{
    SrSweepOptions options = { .seeds = { 1, n_seeds },
                               .n_points = 1,
                               .jobs = 1,
                               .scenario = scenario_of,
                               .stop = never,
                               .data = scenario };
    unsigned before = allocations;

    assert_int_equal(sr_sweep_execute(&options), SR_SWEEP_COMPLETE);
    return allocations - before;
}

/* Ten times the seeds, as many allocations. */
static void
a_sweep_does_not_allocate_from_seed_to_seed(void **state)
{
    g_autoptr(SrScenario) scenario = fixture_parse(*state);
    unsigned few, many;

    /* The first time, threads are new to the C library. */
    count_in_sweep(scenario, 1);
    few = count_in_sweep(scenario, 1000);
    many = count_in_sweep(scenario, 10000);
    assert_true(few > 0);
    assert_int_equal(few, many);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        { "a sweep", a_sweep_does_not_allocate_from_seed_to_seed, NULL, NULL,
          (void *) (uintptr_t) "[client a]\n[client b]\nstart = uniform(0ms, 100ms)\n" },
        { "two clients", runs_do_not_allocate, NULL, NULL,
          (void *) (uintptr_t) "[client a]\n[client b]\nstart = uniform(0ms, 100ms)\n" },
        { "fifty clients", runs_do_not_allocate, NULL, NULL,
          (void *) (uintptr_t) "[client a]\ncount = 50\nstart = uniform(0ms, 100ms)\n" },
        { "a store that discards", runs_do_not_allocate, NULL, NULL,
          (void *) (uintptr_t) "[client a]\ncount = 5\n[encryption-provider]\nretention = "
                               "until-settled\n" },
        { "faults from the seed", runs_do_not_allocate, NULL, NULL,
          (void *) (uintptr_t) "[client a]\ncount = 3\nstart = uniform(0ms, 1s)\n[chaos]\n"
                               "crash = 10/min\ndisconnect = 20/min\noutage = 10/min\n"
                               "clock-step = 10/min\n" },
        { "checks that fail, clients that retry", runs_do_not_allocate, NULL, NULL,
          (void *) (uintptr_t) "[client a]\ncount = 5\nstart = uniform(0ms, 100ms)\n"
                               "[encryption-provider]\nretention = on-new-key\n" },
        { "all kinds of faults", runs_do_not_allocate, NULL, NULL,
          (void *) (uintptr_t) "[network]\nordered = no\nloss = 1%\nduplicate = 1%\n"
                               "[document x]\nprevious = yes\n[document y]\n"
                               "[client a]\ncount = 3\ndocument = x\n"
                               "[client b]\ncount = 3\ndocument = y\n"
                               "[server]\nprocessing = 1ms\n"
                               "[encryption-provider]\nretention = for(5s)\nreplicas = 3\n"
                               "ntp-interval = 1s\n"
                               "[timeline]\n100ms = disconnect a for 1s\n"
                               "150ms = outage encryption-provider for 500ms\n"
                               "200ms = crash b for 1s\n2s = crash server for 100ms\n"
                               "3s = upgrade server\n"
                               "3s = step-clock encryption-provider by -1s\n" },
    };

    return cmocka_run_group_tests_name("no allocation", tests, NULL, NULL) != 0;
}
#endif

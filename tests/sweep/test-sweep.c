/* Sweeps: any number of threads, any sharing out and any interruption give the row that counting
 * by hand gives. */
#include "run/run-fixture.h"

#include "result/expect.h"
#include "session-race/sweep.h"

/* Two editors race; the store forgets keys too early, so some seeds fail. */
#define RARE                                                                                   \
    "[network]\nlatency = 10ms\n[encryption-provider]\nretention = on-new-key\n"               \
    "[client a]\n[client b]\nstart = uniform(0ms, 1s)\n"
#define POINTS 3u

/* What a sweep told. */
typedef struct {
    const SrScenario *scenarios[POINTS];
    GPtrArray *rows;  /* SrSweepRow */
    GArray *points;   /* uint64_t, as many */
    GArray *n_seeds;  /* uint64_t, as many */
    uint64_t allowed; /* times that grown() lets the sweep go on; 0: always */
    uint64_t n_grown, last_done;
    uint64_t stop_at;  /* stop() says so once it was asked so often; 0: never */
    int n_asked;       /* atomic */
    uint64_t too_long; /* the seed of a run that was; 0: none */
    SrSweepProgress from;
} Told;

static const SrScenario *
scenario_of(void *data, uint64_t point)
{
    Told *told = data;

    assert_true(point < POINTS);
    return told->scenarios[point];
}

static void
keep_row(void *data, uint64_t point, uint64_t n_seeds, const SrSweepRow *row)
{
    Told *told = data;
    SrSweepRow *copy = sr_sweep_row_new();

    sr_sweep_row_merge(copy, row);
    g_ptr_array_add(told->rows, copy);
    g_array_append_val(told->points, point);
    g_array_append_val(told->n_seeds, n_seeds);
    assert_int_equal(row->counters[SR_COUNTER_RUNS], n_seeds);
}

static bool
grow(void *data, const SrSweepProgress *progress)
{
    Told *told = data;
    SrSweepRow *copy = sr_sweep_row_new();

    /* The prefix only grows. */
    assert_true(progress->done >= told->last_done);
    assert_int_equal(progress->row->counters[SR_COUNTER_RUNS], progress->seeds_done);
    told->last_done = progress->done;
    told->n_grown++;
    sr_sweep_row_free((SrSweepRow *) (uintptr_t) told->from.row);
    sr_sweep_row_merge(copy, progress->row);
    told->from = *progress;
    told->from.row = copy;
    return told->allowed == 0 || told->n_grown < told->allowed;
}

static bool
asked(void *data)
{
    Told *told = data;
    uint64_t n = (uint64_t) __atomic_add_fetch(&told->n_asked, 1, __ATOMIC_RELAXED);

    return told->stop_at > 0 && n >= told->stop_at;
}

static SrSweepOptions
options_of(Told *told)
{
    return (SrSweepOptions){ .n_points = 1,
                             .chunk = 16,
                             .scenario = scenario_of,
                             .row = keep_row,
                             .grown = grow,
                             .stop = asked,
                             .data = told };
}

static Told
told_new(const SrScenario *scenario)
{
    return (Told){ .scenarios = { scenario, scenario, scenario },
                   .rows = g_ptr_array_new_with_free_func((GDestroyNotify) sr_sweep_row_free),
                   .points = g_array_new(FALSE, FALSE, sizeof(uint64_t)),
                   .n_seeds = g_array_new(FALSE, FALSE, sizeof(uint64_t)) };
}

static void
told_clear(Told *told)
{
    g_ptr_array_unref(told->rows);
    g_array_unref(told->points);
    g_array_unref(told->n_seeds);
    sr_sweep_row_free((SrSweepRow *) (uintptr_t) told->from.row);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Told, told_clear)

static const SrSweepRow *
row_of(const Told *told, guint i)
{
    assert_true(i < told->rows->len);
    return g_ptr_array_index(told->rows, i);
}

/* The bytes of a row that count; a row has no padding. */
static void
assert_same_row(const SrSweepRow *left, const SrSweepRow *right)
{
    assert_memory_equal(left, right, sizeof *left);
}

/* The row of one seed after the other. */
static SrSweepRow *
count_seeds(const SrScenario *scenario, SrSeedRange seeds)
{
    g_autoptr(SrRun) run = sr_run_new(scenario);
    SrSweepRow *row = sr_sweep_row_new();
    SrRunOptions options = { .sample = sr_sweep_row_sample, .sample_data = row };
    static SrRunResult result;

    for (uint64_t seed = seeds.first; seed <= seeds.last; seed++) {
        assert_true(sr_run_execute(run, seed, &options, &result, NULL));
        sr_sweep_row_take(row, run, &result);
    }
    return row;
}

/* ---- one run ---- */

/* As `run` judges. */
static bool
is_unexpected(const SrScenario *scenario, const SrRun *run, const SrRunResult *result)
{
    g_autoptr(GPtrArray) misses = sr_expect_judge(scenario, result, sr_run_outcomes(run));

    return misses->len > 0;
}

static void
a_row_says_what_the_runs_did(void **state)
{
    g_autoptr(SrScenario) scenario = fixture_parse(*state);
    const SrSeedRange seeds = { 1, 60 };
    g_autoptr(SrSweepRow) row = count_seeds(scenario, seeds);
    g_autoptr(SrRun) run = sr_run_new(scenario);
    uint64_t want[SR_COUNTER_N] = { 0 }, shares[SR_SHARE_N] = { 0 }, n_won = 0, n_rejected = 0,
             winner_sum = 0, rejected_sum = 0, needs = 0;

    for (uint64_t seed = seeds.first; seed <= seeds.last; seed++) {
        SrRunResult result = fixture_play(run, seed, SR_CRYPTO_NAMES, NULL);
        bool first = false, other = false;
        unsigned ended[SR_ENDING_N] = { 0 };

        for (uint32_t i = 0; i < result.n_clients; i++) {
            SrClientOutcome outcome = sr_run_client(run, i);
            bool is_first = true;

            if (outcome.started) {
                ended[sr_outcome_ending(&outcome)]++;
                want[SR_COUNTER_ENDING + sr_outcome_ending(&outcome)]++;
            }

            for (uint32_t j = 0; j < result.n_clients; j++)
                if (scenario->documents->len == 1 || i % 2 == j % 2)
                    is_first &= sr_run_client(run, j).start_at >= outcome.start_at;
            want[SR_COUNTER_CLIENTS] += outcome.started;
            first |= outcome.won && is_first;
            other |= outcome.won && !is_first;
            if (outcome.collaborating_at == SR_TIME_NEVER)
                continue;
            if (outcome.won) {
                n_won++;
                winner_sum += outcome.collaborating_at - outcome.start_at;
            } else {
                n_rejected++;
                rejected_sum += outcome.collaborating_at - outcome.start_at;
            }
        }
        want[SR_COUNTER_RUNS]++;
        want[SR_COUNTER_KEYS_MADE] += result.keys_made;
        want[SR_COUNTER_KEYS_DISCARDED] += result.keys_discarded;
        want[SR_COUNTER_KEYS_MISSING] += result.keys_missing;
        want[SR_COUNTER_ORPHANS] += result.orphans;
        want[SR_COUNTER_TOKENS_JUDGED] += result.tokens_judged;
        want[SR_COUNTER_TOKENS_REFUSED] += result.tokens_refused;
        want[SR_COUNTER_MESSAGES] += result.messages;
        want[SR_COUNTER_RECORDS] += result.records;
        want[SR_COUNTER_EVENTS] += result.engine_events;
        shares[SR_SHARE_UNEXPECTED] += is_unexpected(scenario, run, &result);
        shares[SR_SHARE_LOCKED_OUT] += result.n_failed > 0;
        shares[SR_SHARE_RACED] += result.raced_documents > 0;
        shares[SR_SHARE_FAILED] += result.failed != 0;
        shares[SR_SHARE_FIRST_WON] += first;
        shares[SR_SHARE_OTHER_WON] += other;
        shares[SR_SHARE_NOBODY_WON] += !first && !other;
        shares[SR_SHARE_AT_LIMIT] += result.at_limit;
        shares[SR_SHARE_ORPHANED] += result.orphans > 0;
        shares[SR_SHARE_REFUSED] += result.tokens_refused > 0;
        needs += result.key_need;
        for (unsigned i = 0; i < SR_ENDING_N; i++)
            shares[SR_SHARE_ENDING + i] += ended[i] > 0;
        for (unsigned id = 0; id < SR_CHECK_N; id++)
            shares[SR_SHARE_CHECK + id] += result.failed >> id & 1;
    }
    for (unsigned i = 0; i < SR_COUNTER_N; i++)
        assert_int_equal(row->counters[i], want[i]);
    for (unsigned i = 0; i < SR_SHARE_N; i++)
        assert_int_equal(row->shares[i], shares[i]);
    assert_int_equal(row->measures[SR_MEASURE_WINNER].n, n_won);
    assert_int_equal(row->measures[SR_MEASURE_WINNER].sum_low, winner_sum);
    assert_int_equal(row->measures[SR_MEASURE_REJECTED].n, n_rejected);
    assert_int_equal(row->measures[SR_MEASURE_REJECTED].sum_low, rejected_sum);
    assert_int_equal(row->measures[SR_MEASURE_ORPHAN_KEPT].n, shares[SR_SHARE_ORPHANED]);
    assert_int_equal(row->measures[SR_MEASURE_KEY_NEED].n, want[SR_COUNTER_RUNS]);
    assert_int_equal(row->measures[SR_MEASURE_KEY_NEED].sum_low, needs);
    assert_true(row->counters[SR_COUNTER_RUNS] > 0 && n_won > 0);
}

static void
the_first_of_its_document_may_win(void **state)
{
    /* b starts later but is nearer: it wins. */
    g_autoptr(SrScenario) scenario =
        fixture_parse("[network]\nlatency = 50ms\n[link b *]\nlatency = 1ms\n"
                      "[client a]\n[client b]\nstart = 10ms\n");
    g_autoptr(SrScenario) alike = fixture_parse("[client a]\n[client b]\n");
    g_autoptr(SrSweepRow) row = count_seeds(scenario, (SrSeedRange){ 1, 1 });
    g_autoptr(SrSweepRow) tie = count_seeds(alike, (SrSeedRange){ 1, 50 });

    (void) state;
    assert_int_equal(row->shares[SR_SHARE_OTHER_WON], 1);
    assert_int_equal(row->shares[SR_SHARE_FIRST_WON], 0);
    /* Nobody started before either. */
    assert_int_equal(tie->shares[SR_SHARE_FIRST_WON], 50);
    assert_int_equal(tie->shares[SR_SHARE_OTHER_WON], 0);
}

/* ---- threads ---- */

static void
any_number_of_threads_gives_the_same_rows(void **state)
{
    static const unsigned jobs[] = { 1, 2, 7 };
    g_autoptr(SrScenario) scenario = fixture_parse(RARE);
    g_autoptr(SrScenario) safe = fixture_parse("[client a]\n[client b]\n");
    const SrSeedRange seeds = { 5, 1004 };
    g_autoptr(SrSweepRow) want = count_seeds(scenario, seeds);
    g_autoptr(SrSweepRow) want_safe = count_seeds(safe, seeds);

    (void) state;
    assert_true(want->shares[SR_SHARE_FAILED] > 8);
    for (size_t i = 0; i < G_N_ELEMENTS(jobs); i++) {
        g_auto(Told) told = told_new(scenario);
        SrSweepOptions options = options_of(&told);

        told.scenarios[1] = safe;
        options.seeds = seeds;
        options.n_points = POINTS;
        options.jobs = jobs[i];
        assert_int_equal(sr_sweep_execute(&options), SR_SWEEP_COMPLETE);
        assert_int_equal(told.rows->len, POINTS);
        assert_same_row(row_of(&told, 0), want);
        assert_same_row(row_of(&told, 1), want_safe);
        assert_same_row(row_of(&told, 2), want);
        assert_int_equal(told.last_done, 3000);
    }
}

static void
extreme_seeds_are_run(void **state)
{
    g_autoptr(SrScenario) scenario = fixture_parse(RARE);
    g_auto(Told) told = told_new(scenario);
    SrSweepOptions options = options_of(&told);

    (void) state;
    options.seeds = (SrSeedRange){ UINT64_MAX - 40, UINT64_MAX };
    options.jobs = 2;
    assert_int_equal(sr_sweep_execute(&options), SR_SWEEP_COMPLETE);
    assert_int_equal(row_of(&told, 0)->counters[SR_COUNTER_RUNS], 41);
}

/* ---- shards ---- */

static void
shards_add_up(void **state)
{
    static const uint64_t shards[] = { 1, 2, 5, 7, 64, 1000, UINT64_MAX };
    static const SrSeedRange ranges[] = {
        { 1, 1 }, { 3, 99 }, { 0, 63 }, { UINT64_MAX - 9, UINT64_MAX }
    };

    (void) state;
    for (size_t r = 0; r < G_N_ELEMENTS(ranges); r++) {
        for (size_t i = 0; i < G_N_ELEMENTS(shards); i++) {
            uint64_t next = ranges[r].first, n = 0, most = 0, least = UINT64_MAX;
            uint64_t to = MIN(shards[i], 2000);

            for (uint64_t k = 1; k <= to; k++) {
                SrSeedRange part;

                if (!sr_sweep_shard(ranges[r], k, shards[i], &part)) {
                    least = 0;
                    continue;
                }
                assert_int_equal(part.first, next);
                assert_true(part.last >= part.first);
                next = part.last + 1;
                n += part.last - part.first + 1;
                most = MAX(most, part.last - part.first + 1);
                least = MIN(least, part.last - part.first + 1);
            }
            if (to == shards[i]) {
                assert_int_equal(n, ranges[r].last - ranges[r].first + 1);
                assert_true(most - least <= 1);
            }
        }
    }
}

static void
rows_of_shards_add_up(void **state)
{
    g_autoptr(SrScenario) scenario = fixture_parse(RARE);
    const SrSeedRange seeds = { 1, 203 };
    g_autoptr(SrSweepRow) want = count_seeds(scenario, seeds);
    g_autoptr(SrSweepRow) sum = sr_sweep_row_new();

    (void) state;
    for (uint64_t k = 5; k >= 1; k--) {
        g_auto(Told) told = told_new(scenario);
        SrSweepOptions options = options_of(&told);

        options.seeds = seeds;
        options.jobs = 2;
        options.shard = k;
        options.shards = 5;
        assert_int_equal(sr_sweep_execute(&options), SR_SWEEP_COMPLETE);
        sr_sweep_row_merge(sum, row_of(&told, 0));
    }
    assert_same_row(sum, want);
}

static void
an_empty_shard_has_no_rows(void **state)
{
    g_autoptr(SrScenario) scenario = fixture_parse(RARE);
    g_auto(Told) told = told_new(scenario);
    SrSweepOptions options = options_of(&told);

    (void) state;
    options.seeds = (SrSeedRange){ 1, 3 };
    options.shard = 1;
    options.shards = 5;
    assert_int_equal(sr_sweep_execute(&options), SR_SWEEP_COMPLETE);
    assert_int_equal(told.rows->len, 0);
}

/* ---- early stops ---- */

static void
until_failure_ends_at_the_first_failing_seed(void **state)
{
    g_autoptr(SrScenario) scenario = fixture_parse(RARE);
    g_autoptr(SrScenario) safe = fixture_parse("[client a]\n[client b]\n");
    g_autoptr(SrSweepRow) all = count_seeds(scenario, (SrSeedRange){ 1, 300 });
    uint64_t first = all->seeds[SR_CHECK_KEY_KEPT][0];

    (void) state;
    assert_true(first > 1);
    for (unsigned jobs = 1; jobs <= 7; jobs += 3) {
        g_auto(Told) told = told_new(scenario);
        SrSweepOptions options = options_of(&told);
        g_autoptr(SrSweepRow) want = count_seeds(scenario, (SrSeedRange){ 1, first });

        told.scenarios[0] = safe;
        options.seeds = (SrSeedRange){ 1, 300 };
        options.n_points = POINTS;
        options.jobs = jobs;
        options.until_failure = true;
        assert_int_equal(sr_sweep_execute(&options), SR_SWEEP_FAILURE_FOUND);
        assert_int_equal(told.rows->len, 2);
        assert_int_equal(row_of(&told, 0)->counters[SR_COUNTER_RUNS], 300);
        assert_same_row(row_of(&told, 1), want);
        /* Going on finds nothing more to do. */
        options.from = told.from;
        options.grown = NULL;
        assert_int_equal(sr_sweep_execute(&options), SR_SWEEP_FAILURE_FOUND);
        assert_int_equal(told.rows->len, 3);
        assert_same_row(row_of(&told, 2), want);
    }
}

static void
precision_ends_a_point(void **state)
{
    g_autoptr(SrScenario) scenario = fixture_parse(RARE);
    uint64_t n_seeds = 0;

    (void) state;
    for (unsigned jobs = 1; jobs <= 7; jobs += 3) {
        g_auto(Told) told = told_new(scenario);
        SrSweepOptions options = options_of(&told);

        options.seeds = (SrSeedRange){ 1, 100000 };
        options.n_points = POINTS;
        options.jobs = jobs;
        options.precision = 0.05;
        assert_int_equal(sr_sweep_execute(&options), SR_SWEEP_COMPLETE);
        assert_int_equal(told.rows->len, POINTS);
        if (n_seeds == 0)
            n_seeds = g_array_index(told.n_seeds, uint64_t, 0);
        for (guint i = 0; i < POINTS; i++) {
            assert_int_equal(g_array_index(told.n_seeds, uint64_t, i), n_seeds);
            assert_true(sr_sweep_half_width(row_of(&told, i)) <= 0.05);
        }
    }
    assert_int_equal(n_seeds % 16, 0);
    g_autoptr(SrSweepRow) before = count_seeds(scenario, (SrSeedRange){ 1, n_seeds - 16 });
    assert_true(sr_sweep_half_width(before) > 0.05);
}

static void
what_is_left_is_a_prefix(void **state)
{
    g_autoptr(SrScenario) scenario = fixture_parse(RARE);

    (void) state;
    for (uint64_t stop_at = 1; stop_at < 40; stop_at += 3) {
        g_auto(Told) told = told_new(scenario);
        SrSweepOptions options = options_of(&told);

        told.stop_at = stop_at;
        options.seeds = (SrSeedRange){ 1, 300 };
        options.n_points = POINTS;
        options.jobs = 1 + (unsigned) stop_at % 4;
        assert_int_equal(sr_sweep_execute(&options), SR_SWEEP_STOPPED);
        for (guint i = 0; i < told.rows->len; i++) {
            uint64_t n = g_array_index(told.n_seeds, uint64_t, i);
            g_autoptr(SrSweepRow) want = count_seeds(scenario, (SrSeedRange){ 1, n });

            assert_int_equal(g_array_index(told.points, uint64_t, i), i);
            assert_true(n == 300 || i + 1 == told.rows->len);
            assert_same_row(row_of(&told, i), want);
        }
    }
}

/* Ends after each few chunks, and goes on from there with another number of threads. */
static void
going_on_gives_the_same_rows(void **state)
{
    g_autoptr(SrScenario) scenario = fixture_parse(RARE);
    double precision = *(const double *) *state;
    g_auto(Told) want = told_new(scenario);
    g_auto(Told) told = told_new(scenario);
    SrSweepOptions options = options_of(&want);
    unsigned n_parts = 0;

    options.seeds = (SrSeedRange){ 1, 1500 };
    options.n_points = POINTS;
    options.precision = precision;
    assert_int_equal(sr_sweep_execute(&options), SR_SWEEP_COMPLETE);
    options.data = &told;
    for (told.from = (SrSweepProgress){ 0 }; told.from.point < POINTS; n_parts++) {
        guint n = told.rows->len;

        told.allowed = 7;
        told.n_grown = 0;
        /* A few are stopped in the middle of a chunk. */
        told.n_asked = 0;
        told.stop_at = n_parts % 3 == 0 ? 5 : 0;
        options.jobs = 1 + n_parts % 3;
        options.from = told.from;
        told.from = (SrSweepProgress){ 0 };
        SrSweepEnd end = sr_sweep_execute(&options);
        if (told.n_grown == 0) {
            told.from = options.from;
        } else {
            sr_sweep_row_free((SrSweepRow *) (uintptr_t) options.from.row);
        }
        /* What is not done comes again. */
        if (end == SR_SWEEP_STOPPED && told.from.seeds_done > 0 && told.rows->len > n) {
            g_ptr_array_set_size(told.rows, (gint) told.rows->len - 1);
            g_array_set_size(told.points, told.points->len - 1);
            g_array_set_size(told.n_seeds, told.n_seeds->len - 1);
        }
    }
    assert_true(n_parts > 3);
    assert_int_equal(told.rows->len, want.rows->len);
    for (guint i = 0; i < POINTS; i++)
        assert_same_row(row_of(&told, i), row_of(&want, i));
}

/* ---- scenarios that do not come ---- */

static void
a_missing_scenario_ends_the_sweep(void **state)
{
    g_autoptr(SrScenario) scenario = fixture_parse(RARE);
    g_auto(Told) told = told_new(scenario);
    SrSweepOptions options = options_of(&told);

    (void) state;
    told.scenarios[1] = NULL;
    options.seeds = (SrSeedRange){ 1, 40 };
    options.n_points = POINTS;
    options.jobs = 3;
    assert_int_equal(sr_sweep_execute(&options), SR_SWEEP_STOPPED);
    assert_int_equal(told.rows->len, 1);
    assert_int_equal(row_of(&told, 0)->counters[SR_COUNTER_RUNS], 40);
}

/* ---- runs that are too long ---- */

static void
note_too_long(void *data, uint64_t point, uint64_t seed, const SrScenario *scenario, SrTime at)
{
    Told *told = data;

    assert_int_equal(point, 0);
    assert_true(scenario == told->scenarios[0]);
    assert_true(at > 0);
    assert_int_equal(told->too_long, 0);
    told->too_long = seed;
}

/* Returns: the events that the longest of the first seeds needs; @first: (out): the first seed
 * after them that needs more */
static uint64_t
find_longer(const SrScenario *scenario, uint64_t n_first, uint64_t *first)
{
    g_autoptr(SrRun) run = sr_run_new(scenario);
    const SrRunOptions silent = { 0 };
    static SrRunResult result;
    uint64_t longest = 0;

    for (uint64_t seed = 1;; seed++) {
        assert_true(sr_run_execute(run, seed, &silent, &result, NULL));
        assert_true(seed < 400);
        if (seed > n_first && result.engine_events > longest) {
            *first = seed;
            return longest;
        }
        longest = MAX(longest, result.engine_events);
    }
}

/* All seeds before the first that needs too many events are there, for any number of threads. */
static void
a_run_that_is_too_long_ends_the_sweep(void **state)
{
    g_autoptr(SrScenario) free = fixture_parse(*state);
    uint64_t first, most = find_longer(free, 5, &first);
    g_autofree char *text = g_strdup_printf(
        "[scenario]\nmax-events = %" G_GUINT64_FORMAT "\n%s", most, (const char *) *state);
    g_autoptr(SrScenario) bound = fixture_parse(text);
    g_autoptr(SrSweepRow) want = count_seeds(free, (SrSeedRange){ 1, first - 1 });

    for (unsigned jobs = 1; jobs <= 3; jobs++) {
        g_auto(Told) told = told_new(bound);
        SrSweepOptions options = options_of(&told);

        options.seeds = (SrSeedRange){ 1, first + 40 };
        options.jobs = jobs;
        options.too_long = note_too_long;
        assert_int_equal(sr_sweep_execute(&options), SR_SWEEP_TOO_LONG);
        assert_int_equal(told.too_long, first);
        assert_int_equal(told.rows->len, 1);
        assert_same_row(row_of(&told, 0), want);
    }
}

/* A sweep that is stopped in the middle of a long run keeps the runs before it whole. */
static void
a_long_run_is_stopped_within(void **state)
{
    g_autoptr(SrScenario) scenario =
        fixture_parse("[client reader]\ncount = 1500\nstart = uniform(0ms, 1s)\n");

    (void) state;
    for (uint64_t stop_at = 1; stop_at <= 30; stop_at++) {
        g_auto(Told) told = told_new(scenario);
        SrSweepOptions options = options_of(&told);

        options.seeds = (SrSeedRange){ 1, 1000 };
        options.chunk = 1;
        told.stop_at = stop_at;
        assert_int_equal(sr_sweep_execute(&options), SR_SWEEP_STOPPED);
        assert_true(told.rows->len <= 1);
        if (told.rows->len == 0)
            continue;
        uint64_t n = g_array_index(told.n_seeds, uint64_t, 0);
        g_autoptr(SrSweepRow) want = count_seeds(scenario, (SrSeedRange){ 1, n });

        assert_same_row(row_of(&told, 0), want);
    }
}

int
main(void)
{
    static const double all = 0, precise = 0.04;
    const struct CMUnitTest tests[] = {
        { "a row says what the runs did: two clients", a_row_says_what_the_runs_did, NULL, NULL,
          (void *) (uintptr_t) RARE },
        { "a row says what the runs did: two documents", a_row_says_what_the_runs_did, NULL,
          NULL,
          (void *) (uintptr_t) "[document x]\n[document y]\n[client a]\ndocument = x\n"
                               "[client b]\ndocument = y\nstart = uniform(0ms, 1s)\n"
                               "[client c]\ndocument = x\nstart = uniform(0ms, 1s)\n"
                               "[client d]\ndocument = y\nstart = uniform(0ms, 1s)\n" },
        { "a row says what the runs did: refused tokens", a_row_says_what_the_runs_did, NULL,
          NULL,
          (void *) (uintptr_t) "[token-provider]\nclock-offset = 1s\n[client a]\ncount = 5\n"
                               "start = uniform(0ms, 1s)\n" },
        { "a row says what the runs did: faults", a_row_says_what_the_runs_did, NULL, NULL,
          (void *) (uintptr_t) "[client a]\ncount = 4\nstart = uniform(0ms, 1s)\n[chaos]\n"
                               "crash = 30/min\ndisconnect = 30/min\noutage = 10/min\n" },
        cmocka_unit_test(the_first_of_its_document_may_win),
        cmocka_unit_test(any_number_of_threads_gives_the_same_rows),
        cmocka_unit_test(extreme_seeds_are_run),
        cmocka_unit_test(shards_add_up),
        cmocka_unit_test(rows_of_shards_add_up),
        cmocka_unit_test(an_empty_shard_has_no_rows),
        cmocka_unit_test(until_failure_ends_at_the_first_failing_seed),
        cmocka_unit_test(precision_ends_a_point),
        cmocka_unit_test(what_is_left_is_a_prefix),
        { "going on gives the same rows", going_on_gives_the_same_rows, NULL, NULL,
          (void *) (uintptr_t) &all },
        { "going on gives the same rows, with a precision", going_on_gives_the_same_rows, NULL,
          NULL, (void *) (uintptr_t) &precise },
        cmocka_unit_test(a_missing_scenario_ends_the_sweep),
        { "a run that is too long ends the sweep: two clients",
          a_run_that_is_too_long_ends_the_sweep, NULL, NULL, (void *) (uintptr_t) RARE },
        { "a run that is too long ends the sweep: more samples than are kept apart",
          a_run_that_is_too_long_ends_the_sweep, NULL, NULL,
          (void *) (uintptr_t) "[client reader]\ncount = 2000\nstart = uniform(0ms, 1s)\n" },
        cmocka_unit_test(a_long_run_is_stopped_within),
    };

    return cmocka_run_group_tests_name("sweep", tests, NULL, NULL) != 0;
}

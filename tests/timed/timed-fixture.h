/* Searches with times: settings that are drawn, and what must be the same with other options. */
#pragma once

#include <inttypes.h>

#include "run/run-fixture.h"

#include "effort.h"
#include "explore/explore-fixture.h"
#include "session-race/sweep-row.h"
#include "session-race/timed.h"
#include "timed/setting.h"

/* Links 10 to 80 ms, generate 20 to 80, lookup 5 to 30, derive 5. */
#define LINES                                                                                  \
    "[network]\nlatency = uniform(10ms, 80ms)\n[token-provider]\nprocessing = 0ms\n"           \
    "[encryption-provider]\ngenerate = uniform(20ms, 80ms)\nlookup = uniform(5ms, 30ms)\n"
#define CLIENTS(n, more) "[client c]\nderive = 5ms\ncount = " n "\n" more

static inline void
fixture_search(const SrScenario *scenario, const SrTimedOptions *options, SrTimedResult *result)
{
    g_autofree char *refusal = sr_timed_refusal(scenario, options, NULL);
    g_autoptr(SrTimed) timed = NULL;

    if (refusal != NULL)
        fail_msg("refused: %s", refusal);
    timed = sr_timed_new(scenario, options);
    sr_timed_search(timed, result);
}

/* Returns: drawn setting @number of @n clients as a scenario; some discard keys */
static inline char *
fixture_draw(uint64_t number, unsigned n)
{
    SrStream stream = sr_stream_at(1300 + n, number);
    OracleSetting setting = { .n = n,
                              .continues = sr_stream_below(&stream, 2) == 1,
                              .pending = sr_stream_below(&stream, 4) == 0,
                              .generate = setting_draw_range(&stream, 0, 8),
                              .lookup = setting_draw_range(&stream, 0, 8),
                              .derive = setting_draw_range(&stream, 0, 3) };
    bool alike = sr_stream_below(&stream, 2) == 0;
    char *text;

    for (unsigned i = 0; i < ORACLE_SERVICE_N; i++) {
        for (unsigned away = 0; away < 2; away++)
            setting.link[i][away] = setting_draw_range(&stream, 0, 12);
        if (sr_stream_below(&stream, 4) == 0)
            setting.processing[i] = setting_draw_range(&stream, 0, 3);
    }
    for (unsigned i = 0; i < n && !alike; i++)
        setting.start[i] = setting_draw_range(&stream, 0, 30);
    text = setting_text(&setting);
    if (sr_stream_below(&stream, 3) == 0) {
        static const char *const kept[] = { "on-new-key", "last(1)", "for(%ums)", "for(%ums)" };
        const char *form = kept[sr_stream_below(&stream, G_N_ELEMENTS(kept))];
        g_autofree char *value =
            strchr(form, '%') != NULL
                ? g_strdup_printf("for(%ums)", 1 + (unsigned) sr_stream_below(&stream, 60))
                : g_strdup(form);
        g_auto(GStrv) parts = g_strsplit(text, "[encryption-provider]\n", 2);

        g_free(text);
        text = g_strdup_printf("%s[encryption-provider]\nretention = %s\n%s", parts[0], value,
                               parts[1]);
    }
    return text;
}

static inline void
fixture_compare(const SrTimedResult *a, const SrTimedResult *b, const char *what,
                const char *text)
{
    if (a->failed != b->failed)
        fail_msg("%s: other checks fail: %x and %x\n%s", what, a->failed, b->failed, text);
    for (unsigned i = 0; i < SR_WATCH_N; i++)
        if (a->watches[i].seen != b->watches[i].seen ||
            a->watches[i].most != b->watches[i].most ||
            a->watches[i].least != b->watches[i].least)
            fail_msg("%s: %s is %" PRIu64 " and %" PRIu64 "\n%s", what,
                     sr_timed_watch_name((SrTimedWatchId) i), a->watches[i].most,
                     b->watches[i].most, text);
}

/* Whether somebody may give up, or be refused. */
static inline bool
fixture_is_impatient(const SrTimedResult *result)
{
    return result->timeouts[SR_TIMED_PATIENCE].can_fire ||
           result->timeouts[SR_TIMED_REQUEST_TIMEOUT].can_fire ||
           result->timeouts[SR_TIMED_TOKEN_EARLY].can_fire ||
           result->timeouts[SR_TIMED_TOKEN_EXPIRED].can_fire;
}

/* Without any of what only saves work, the answer to @text is the same. */
static inline void
fixture_compare_switches(const char *text)
{
    static const struct {
        const char *name;
        SrTimedOptions options;
    } without[] = {
        { "without reduction", { .no_reduction = true } },
        { "without symmetry", { .no_symmetry = true } },
        { "without subsumption", { .no_subsumption = true } },
    };
    g_autoptr(SrScenario) scenario = fixture_scenario(text, 0);
    g_autofree char *refusal = sr_timed_refusal(scenario, &SR_TIMED_OPTIONS, NULL);
    SrTimedResult result;

    if (refusal != NULL)
        fail_msg("refused: %s\n%s", refusal, text);
    fixture_search(scenario, &SR_TIMED_OPTIONS, &result);
    for (size_t i = 0; i < G_N_ELEMENTS(without); i++) {
        SrTimedResult other;

        fixture_search(scenario, &without[i].options, &other);
        fixture_compare(&result, &other, without[i].name, text);
    }
    /* Keys made just less than a tick apart are too much for whole units, and answers under one
     * hint look alike in a run.
     *
     * Several answers may have to come at the very instant of their time-outs, each before it,
     * which none of the seeds that are tried draws; and a store may drop a key that is needed
     * longer. Attempts to connect may have to come just before that is possible again: no run
     * has the greatest span then, but any less. */
    if (fixture_is_impatient(&result) || scenario->timeline->len > 0 ||
        scenario->encryption_provider.hint != SR_HINT_UNIQUE ||
        scenario->encryption_provider.reuse > 0)
        return;
    for (unsigned i = 0; i < SR_WATCH_N; i++)
        if (result.watches[i].seen && !result.watches[i].most_attained)
            fail_msg("no run attains %s\n%s", sr_timed_watch_name((SrTimedWatchId) i), text);
}

/* No seed of @text fails what is proved, or goes beyond a span. Returns: whether a time-out
 * fires */
static inline bool
fixture_runs_are_as_proved(const char *text)
{
    static const struct {
        SrSweepMeasure measure;
        SrTimedWatchId watch;
        SrSpan more;
    } bounds[] = {
        { SR_MEASURE_KEY_NEED, SR_WATCH_KEY_NEED, 1 },
        { SR_MEASURE_KEY_AGE, SR_WATCH_KEY_LOOKUP, 0 },
        { SR_MEASURE_WINNER, SR_WATCH_COLLABORATE, 0 },
        { SR_MEASURE_REJECTED, SR_WATCH_COLLABORATE, 0 },
    };
    g_autoptr(SrScenario) scenario = fixture_scenario(text, 0);
    g_autoptr(SrRun) run = sr_run_new(scenario);
    g_autoptr(SrSweepRow) row = sr_sweep_row_new();
    SrRunOptions sampling = { .sample = sr_sweep_row_sample, .sample_data = row };
    const SrHistogram *measures = row->measures;
    SrTimedResult proved;
    bool fires;

    fixture_search(scenario, &SR_TIMED_OPTIONS, &proved);
    fires = fixture_is_impatient(&proved);
    if (proved.end != SR_TIMED_COMPLETE)
        fail_msg("the search ends with %d\n%s", proved.end, text);
    for (uint64_t seed = 1; seed <= 300; seed++) {
        SrRunResult result;

        assert_true(sr_run_execute(run, seed, &sampling, &result, NULL));
        sr_sweep_row_take(row, run, &result);
        if (result.failed & ~proved.failed)
            fail_msg("seed %" PRIu64 " fails%s, which is proved\n%s", seed,
                     fixture_checks(result.failed & ~proved.failed), text);
    }
    if (proved.timeouts[SR_TIMED_RETENTION].can_fire)
        return fires;
    for (size_t i = 0; i < G_N_ELEMENTS(bounds); i++)
        if (measures[bounds[i].measure].max >
            proved.watches[bounds[i].watch].most + bounds[i].more)
            fail_msg("a run has %" PRIu64 " of %s, and %" PRIu64 " are proved\n%s",
                     measures[bounds[i].measure].max, sr_timed_watch_name(bounds[i].watch),
                     proved.watches[bounds[i].watch].most, text);
    return fires;
}

/* Returns: @text with @line behind the head of each group that begins with @group */
static inline char *
fixture_insert(const char *text, const char *group, const char *line)
{
    g_auto(GStrv) parts = g_strsplit(text, group, -1);
    GString *whole = g_string_new(parts[0]);

    for (unsigned i = 1; parts[i] != NULL; i++) {
        const char *end = strchr(parts[i], '\n') + 1;

        g_string_append(whole, group);
        g_string_append_len(whole, parts[i], end - parts[i]);
        g_string_append(whole, line);
        g_string_append(whole, end);
    }
    return g_string_free(whole, FALSE);
}

/* Plays settings that @draw draws against their proofs; @share of 100 spans have to be
 * attained. Returns: how many were taken */
static inline unsigned
fixture_play_drawn(char *(*draw)(uint64_t number, unsigned n_clients), unsigned n_clients,
                   uint64_t n, unsigned share)
{
    const SrTimedOptions little = { .memory = UINT64_C(16) << 20 };
    unsigned n_taken = 0, n_spans = 0, n_attained = 0;

    for (uint64_t i = 0; i < n; i++) {
        g_autofree char *text = draw(i, n_clients);
        g_autoptr(SrScenario) scenario = fixture_scenario(text, 0);
        g_autofree char *refusal = sr_timed_refusal(scenario, &SR_TIMED_OPTIONS, NULL);
        SrTimedResult result;

        /* Ends of faults may meet, and keys that are shared not be discarded by age. */
        if (refusal != NULL &&
            (strstr(refusal, "at one instant") != NULL || strstr(refusal, "by age") != NULL))
            continue;
        if (g_getenv("SR_TEST_SHOW") != NULL)
            print_message("setting %" PRIu64 "\n%s\n", i, text);
        fixture_search(scenario, &little, &result);
        if (result.end == SR_TIMED_MEMORY_FULL)
            continue; /* some would take hours */
        n_taken++;
        /* Others take too long without what saves work. */
        if (result.classes < 1000)
            fixture_compare_switches(text);
        fixture_runs_are_as_proved(text);
        for (unsigned j = 0; j < SR_WATCH_N; j++) {
            n_spans += result.watches[j].seen;
            n_attained += result.watches[j].most_attained;
        }
    }
    if (g_getenv("SR_TEST_SHOW") != NULL)
        print_message("%u of %u spans attained\n", n_attained, n_spans);
    assert_true(n_attained * 100 >= n_spans * share);
    return n_taken;
}

/* Runs @test for each of the @n rows of @size bytes at @rows, which begin with their names. Returns: how
 * many failed */
static inline int
fixture_run_rows(const char *name, CMUnitTestFunction test, void *rows, size_t n, size_t size)
{
    g_autofree struct CMUnitTest *tests = g_new0(struct CMUnitTest, n);

    for (size_t i = 0; i < n; i++) {
        void *row = (char *) rows + i * size;

        tests[i].name = *(const char *const *) row;
        tests[i].test_func = test;
        tests[i].initial_state = row;
    }
    return _cmocka_run_group_tests(name, tests, n, NULL, NULL);
}
#define FIXTURE_RUN_ROWS(name, test, rows)                                                     \
    fixture_run_rows(name, test, rows, G_N_ELEMENTS(rows), sizeof *(rows))

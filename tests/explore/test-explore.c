/* The search of all orders: what it answers for the rules that the product needs, and that it
 * does not depend on threads or savings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "explore/explore-fixture.h"

/* ---- what holds, and what does not ---- */

struct row {
    const char *name, *lines;
    uint32_t crashes;
    uint32_t failed; /* bits 1 << SrCheckId */
};

#define FAILS(check) (1u << SR_CHECK_##check)

/* clang-format off */
static const struct row rows[] = {
    { "keys that are kept for ever hold", "[encryption-provider]\nretention = forever\n", 0, 0 },
    { "… and with a winner that is lost", "[encryption-provider]\nretention = forever\n", 1, 0 },
    { "keys that are kept until they are settled hold", "[encryption-provider]\nretention = until-settled\n", 0, 0 },
    { "… and with a winner that is lost", "[encryption-provider]\nretention = until-settled\n", 1, 0 },
    { "derived keys hold", "[encryption-provider]\nkind = derived\n", 0, 0 },
    { "… and with a winner that is lost", "[encryption-provider]\nkind = derived\n", 1, 0 },
    { "a new key must not discard the winner's", "[encryption-provider]\nretention = on-new-key\n", 0,
      FAILS(KEY_KEPT) | FAILS(KEY_FOUND) | FAILS(ALL_COLLABORATE) },
    { "two keys under one hint break rule 2", "[encryption-provider]\nhint = timestamp(1ms)\non-collision = overwrite\n", 0,
      FAILS(SAME_KEY) | FAILS(HINT_STABLE) | FAILS(ALL_COLLABORATE) },
    { "a store that forgets which key it gave breaks rule 2", "[encryption-provider]\nkind = unstable\n", 0,
      FAILS(SAME_KEY) | FAILS(HINT_STABLE) | FAILS(ALL_COLLABORATE) },
    { "a hint that every key would get is refused to all but the first", "[encryption-provider]\nhint = none\n", 0, 0 },
    { "… and to the first when it comes back without its key", "[encryption-provider]\nhint = none\n", 1, FAILS(ALL_COLLABORATE) },
    { "a creation without an owner keeps everybody waiting", "[server]\non-owner-lost = wait\n", 1,
      FAILS(ALL_COLLABORATE) | FAILS(NOBODY_STUCK) },
    { "… which harms nobody while no owner is lost", "[server]\non-owner-lost = wait\n", 0, 0 },
};
/* clang-format on */

static void
answers_as_expected(void **state)
{
    const struct row *row = *state;

    for (unsigned n = 2; n <= 4; n++) {
        SrExploreOptions options = SR_EXPLORE_OPTIONS;
        SrExploreResult result;

        options.crashes = row->crashes;
        fixture_explore(row->lines, n, &options, &result);
        assert_int_equal(result.end, SR_EXPLORE_COMPLETE);
        assert_int_equal(result.failed, row->failed);
        assert_true(result.ends > 0);
        assert_int_equal(result.trapped, 0);
    }
}

/* ---- threads and savings ---- */

static void
assert_same(const SrExploreResult *a, const SrExploreResult *b)
{
    assert_int_equal(a->end, b->end);
    assert_int_equal(a->states, b->states);
    assert_int_equal(a->transitions, b->transitions);
    assert_int_equal(a->ends, b->ends);
    assert_int_equal(a->trapped, b->trapped);
    assert_int_equal(a->depth, b->depth);
    assert_int_equal(a->failed, b->failed);
    for (unsigned i = 0; i < SR_CHECK_N; i++) {
        assert_int_equal(a->refuted[i].depth, b->refuted[i].depth);
        assert_memory_equal(&a->refuted[i].record, &b->refuted[i].record, sizeof(SrRecord));
    }
}

static void
threads_do_not_show(void **state)
{
    SrExploreOptions options = SR_EXPLORE_OPTIONS;
    SrExploreResult one, two;

    (void) state;
    options.no_symmetry = options.no_reduction = true;
    options.jobs = 1;
    fixture_explore("[encryption-provider]\nretention = on-new-key\n", 3, &options, &one);
    options.jobs = 2;
    fixture_explore("[encryption-provider]\nretention = on-new-key\n", 3, &options, &two);
    assert_same(&one, &two);
}

static void
savings_do_not_show(void **state)
{
    (void) state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        for (unsigned which = 1; which < 4; which++) {
            SrExploreOptions options = SR_EXPLORE_OPTIONS;
            SrExploreResult result;

            options.crashes = rows[i].crashes;
            options.no_symmetry = which & 1;
            options.no_reduction = which & 2;
            fixture_explore(rows[i].lines, 2, &options, &result);
            assert_int_equal(result.end, SR_EXPLORE_COMPLETE);
            assert_int_equal(result.failed, rows[i].failed);
        }
}

/* ---- circles ---- */

/* A token that is expired before it is valid, and a client that never gives up. */
#define CIRCLE                                                                                 \
    "[token-provider]\nlifetime = 1s\nnot-before = 5s\n"                                       \
    "[client c]\nconnect-retry = unlimited from 1s to 1s\n"

static void
circles_without_an_end_are_seen(void **state)
{
    SrExploreOptions options = SR_EXPLORE_OPTIONS;
    SrExploreResult result;

    (void) state;
    fixture_explore(CIRCLE, 0, &options, &result);
    assert_int_equal(result.end, SR_EXPLORE_COMPLETE);
    assert_int_equal(result.failed, 0);
    assert_int_equal(result.ends, 0);
    assert_int_equal(result.trapped, result.states);
    /* A crash, which may never happen, is no way out; where it has happened is an end. */
    options.crashes = 1;
    fixture_explore(CIRCLE, 0, &options, &result);
    assert_int_equal(result.end, SR_EXPLORE_COMPLETE);
    assert_int_equal(result.ends, 1);
    assert_int_equal(result.trapped, result.states - 1);
}

/* ---- limits of retries ---- */

/* clang-format off */
static const struct counted {
    const char *lines;
    uint32_t disconnects, expirations;
    uint32_t failed; /* once retries are counted; else nothing does */
} counted[] = {
    /* Every key of an hour has the same hint, so that of two that both make one the other is
     * refused. */
    { "[encryption-provider]\nhint = timestamp(1h)\n[client a]\n[client b]\nkey-retry = 2 times from 1s to 1s\n", 0, 0, FAILS(ALL_COLLABORATE) },
    { "[encryption-provider]\nhint = timestamp(1h)\n[client a]\n[client b]\nkey-retry = unlimited from 1s to 1s\n[client c]\n", 0, 0, FAILS(ALL_COLLABORATE) },
    /* The server accepted one that then cannot come back. */
    { "[client a]\nreconnect = 1 times from 1s to 1s\n", 1, 0, 0 },
    { "[client a]\nreconnect = 1 times from 1s to 1s\n", 2, 0, FAILS(ALL_COLLABORATE) },
    { "[client a]\nreconnect = 2 times from 1s to 1s\n", 2, 0, 0 },
    { "[client a]\nreconnect = unlimited from 1s to 1s\n", 3, 0, 0 },
    { "[client a]\nconnect-retry = 1 times from 1s to 1s\n", 0, 1, 0 },
    { "[client a]\nconnect-retry = 1 times from 1s to 1s\n", 0, 2, FAILS(ALL_COLLABORATE) },
    { "[client a]\nconnect-retry = 2 times from 1s to 1s\n", 0, 2, 0 },
    /* The replica may take longer than all that is asked. */
    { "[encryption-provider]\nreplicas = 2\n[client a]\nkey-retry = 3 times from 1s to 1s\n[client b]\nkey-retry = 3 times from 1s to 1s\n", 0, 0, FAILS(KEY_FOUND) | FAILS(ALL_COLLABORATE) },
    /* … which is a matter of the old key too. */
    { "[document d]\nprevious = yes\n[encryption-provider]\nreplicas = 2\n[client a]\nkey-retry = 3 times from 1s to 1s\n", 0, 0, FAILS(ALL_COLLABORATE) },
};
/* clang-format on */

static void
retries_are_counted_when_asked(void **state)
{
    (void) state;
    for (size_t i = 0; i < G_N_ELEMENTS(counted); i++)
        for (unsigned which = 0; which < 4; which++) {
            SrExploreOptions options = SR_EXPLORE_OPTIONS;
            SrExploreResult result;

            options.disconnects = counted[i].disconnects;
            options.expirations = counted[i].expirations;
            options.count_retries = which & 1;
            options.no_reduction = which & 2;
            fixture_explore(counted[i].lines, 0, &options, &result);
            if (result.end != SR_EXPLORE_COMPLETE || result.trapped != 0 ||
                result.failed != (options.count_retries ? counted[i].failed : 0))
                fail_msg("row %zu, way %u: end %d, %u trapped, %x failed", i, which, result.end,
                         (unsigned) result.trapped, result.failed);
        }
}

/* ---- limits ---- */

static void
limits_are_no_answers(void **state)
{
    SrExploreOptions options = SR_EXPLORE_OPTIONS;
    SrExploreResult result;

    (void) state;
    options.depth = 5;
    fixture_explore("", 2, &options, &result);
    assert_int_equal(result.end, SR_EXPLORE_DEPTH);
    assert_int_equal(result.depth, 5);
    options.depth = 35;
    fixture_explore("", 2, &options, &result);
    assert_int_equal(result.end, SR_EXPLORE_COMPLETE);
    assert_int_equal(result.depth, 35);
    options.depth = 34;
    fixture_explore("", 2, &options, &result);
    assert_int_equal(result.end, SR_EXPLORE_DEPTH);
    options.depth = 0;
    options.memory = 100000;
    fixture_explore("", 3, &options, &result);
    assert_int_equal(result.end, SR_EXPLORE_MEMORY_FULL);
}

typedef struct {
    unsigned asked, levels;
    uint64_t states;
} Watch;

static bool
stop_at_once(void *data)
{
    Watch *watch = data;

    watch->asked++;
    return true;
}

static void
watch_levels(void *data, const SrExploreProgress *progress)
{
    Watch *watch = data;

    assert_int_equal(progress->depth, watch->levels++);
    assert_true(progress->states >= watch->states);
    watch->states = progress->states;
}

static void
searches_end_when_told(void **state)
{
    SrExploreOptions options = SR_EXPLORE_OPTIONS;
    SrExploreResult result;
    Watch watch = { 0 };

    (void) state;
    options.progress = watch_levels;
    options.progress_data = options.stop_data = &watch;
    fixture_explore("", 2, &options, &result);
    assert_int_equal(watch.levels, result.depth + 1);
    assert_int_equal(watch.states, result.states);
    assert_in_range(result.memory, 32 * result.states, 1 << 20);
    watch = (Watch){ 0 };
    options.stop = stop_at_once;
    fixture_explore("", 2, &options, &result);
    assert_int_equal(result.end, SR_EXPLORE_STOPPED);
    assert_true(watch.asked > 0);
    assert_int_equal(watch.levels, 0);
    options.stop = NULL;
    options.progress = NULL;
    options.first = options.no_reduction = true;
    fixture_explore("[encryption-provider]\nretention = on-new-key\n", 2, &options, &result);
    assert_int_equal(result.end, SR_EXPLORE_FIRST);
    assert_int_equal(result.failed, FAILS(KEY_KEPT));
    assert_int_equal(result.refuted[SR_CHECK_KEY_KEPT].depth, 21);
    assert_true(result.refuted[SR_CHECK_KEY_KEPT].shortest);
    assert_false(result.refuted[SR_CHECK_KEY_KEPT].at_end);
}

/* ---- what is too much ---- */

/* clang-format off */
static const struct bound {
    const char *lines; /* and [client c] */
    uint32_t clients, crashes, disconnects, expirations;
    bool counts_retries;
    const char *refused; /* (nullable) */
} bounds[] = {
    { "", 8, 15, 15, 15, false, NULL },
    { "", 9, 0, 0, 0, false, "9 clients are too many" },
    { "", 1, 16, 0, 0, false, "a budget of the exploration is at most 15" },
    { "", 1, 0, 16, 0, false, "a budget of the exploration is at most 15" },
    { "", 1, 0, 0, 16, false, "a budget of the exploration is at most 15" },
    { "[encryption-provider]\nreplicas = 4\n", 1, 0, 0, 0, false, NULL },
    { "[encryption-provider]\nreplicas = 5\n", 1, 0, 0, 0, false, "at most 4 replicas" },
    { "[encryption-provider]\nkind = exec\n", 1, 0, 0, 0, false, "'kind = exec' needs --provider" },
    { "[client d]\nkey-retry = 255 times from 1s to 1s\n", 1, 0, 0, 0, true, NULL },
    { "[client d]\nkey-retry = 256 times from 1s to 1s\n", 1, 0, 0, 0, false, NULL },
    { "[client d]\nkey-retry = 256 times from 1s to 1s\n", 1, 0, 0, 0, true, "at most 255 retries" },
    { "[client d]\nconnect-retry = 256 times from 1s to 1s\n", 1, 0, 0, 0, true, "at most 255 retries" },
    { "[client d]\nreconnect = 256 times from 1s to 1s\n", 1, 0, 0, 0, true, "at most 255 retries" },
};
/* clang-format on */

static void
what_is_too_much_is_refused(void **state)
{
    (void) state;
    for (size_t i = 0; i < G_N_ELEMENTS(bounds); i++) {
        const struct bound *bound = &bounds[i];
        g_autoptr(SrScenario) scenario = fixture_scenario(bound->lines, bound->clients);
        const SrExploreOptions options = { .crashes = bound->crashes,
                                           .disconnects = bound->disconnects,
                                           .expirations = bound->expirations,
                                           .count_retries = bound->counts_retries };
        g_autofree char *refusal = sr_explore_refusal(scenario, &options);

        if (bound->refused == NULL)
            assert_null(refusal);
        else
            assert_true(refusal != NULL && g_str_has_prefix(refusal, bound->refused));
    }
}

/* A packed world has three bits for the number of a connection. If a client loses seven
 * connections before the server notices one loss, its eighth has no number there. */
static void
too_many_connections_end_a_search(void **state)
{
    static const char lines[] = "[server]\ndetect-loss = 1s\n";
    SrExploreOptions options = SR_EXPLORE_OPTIONS;
    SrExploreResult result;

    (void) state;
    options.disconnects = 5;
    fixture_explore(lines, 1, &options, &result);
    assert_int_equal(result.end, SR_EXPLORE_COMPLETE);
    options.disconnects = SR_EXPLORE_CONNS_MAX;
    fixture_explore(lines, 1, &options, &result);
    assert_int_equal(result.end, SR_EXPLORE_OUT_OF_ROOM);
    assert_int_equal(result.failed, 0);
}

int
main(void)
{
    const struct CMUnitTest more[] = {
        cmocka_unit_test(threads_do_not_show),
        cmocka_unit_test(savings_do_not_show),
        cmocka_unit_test(limits_are_no_answers),
        cmocka_unit_test(circles_without_an_end_are_seen),
        cmocka_unit_test(retries_are_counted_when_asked),
        cmocka_unit_test(searches_end_when_told),
        cmocka_unit_test(too_many_connections_end_a_search),
        cmocka_unit_test(what_is_too_much_is_refused),
    };
    struct CMUnitTest tests[G_N_ELEMENTS(rows)];
    int failed;

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        tests[i] = (struct CMUnitTest){
            .name = rows[i].name,
            .test_func = answers_as_expected,
            .initial_state = (void *) (uintptr_t) &rows[i],
        };
    failed = cmocka_run_group_tests_name("answers", tests, NULL, NULL);
    return (failed + cmocka_run_group_tests_name("explore", more, NULL, NULL)) != 0;
}

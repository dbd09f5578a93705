/* Chaos: what a seed draws, and that it is what the reference says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <string.h>

#include "model/chaos.h"
#include "scenario/keys.h"

#define ALL "crash = 12/min\ndisconnect = 0.5/s\noutage = 360/h\nclock-step = 0.25/s\n"

/* A model of @chaos over five clients, with the scenario that it needs, and room for entries. */
typedef struct {
    SrScenario *scenario;
    SrModel *model;
    GArray *entries;
} World;

static World
world_of(const char *chaos, const char *more)
{
    g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
    g_autofree char *text =
        g_strdup_printf("[client ann]\n[client fan]\ncount = 4\n%s[chaos]\n%s", more, chaos);
    World world = { .entries = g_array_new(FALSE, FALSE, sizeof(SrTimelineEntry)) };

    world.scenario = sr_scenario_parse("test.ini", text, strlen(text), NULL, 0, diagnostics);
    assert_non_null(world.scenario);
    world.model = sr_model_new(world.scenario);
    return world;
}

static void
world_clear(World *world)
{
    g_array_unref(world->entries);
    sr_model_free(world->model);
    sr_scenario_free(world->scenario);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(World, world_clear)

static const SrTimelineEntry *
entry_at(const World *world, unsigned i)
{
    return &g_array_index(world->entries, SrTimelineEntry, i);
}

/* The lines of one seed, of one action or (SR_FAULT_N) of all. */
static char *
lines_of(const World *world, uint64_t seed, unsigned action)
{
    GString *out = g_string_new(NULL);

    sr_chaos_draw(world->model, seed, world->entries);
    for (unsigned i = 0; i < world->entries->len; i++) {
        const SrTimelineEntry *entry = entry_at(world, i);
        g_autofree char *text = sr_timeline_entry_text(world->scenario, entry);
        char at[SR_SPAN_TEXT_MAX];

        sr_span_format(entry->at, at);
        if (action == SR_FAULT_N || entry->action == action)
            g_string_append_printf(out, "%s = %s\n", at, text);
    }
    return g_string_free(out, FALSE);
}

static void
the_same_seed_draws_the_same_and_another_does_not(void **state)
{
    g_auto(World) one = world_of(ALL, ""), two = world_of(ALL, "");
    g_autofree char *first = lines_of(&one, 7, SR_FAULT_N),
                    *other = lines_of(&one, 8, SR_FAULT_N),
                    *again = lines_of(&one, 7, SR_FAULT_N),
                    *twin = lines_of(&two, 7, SR_FAULT_N);

    (void) state;
    assert_string_equal(first, again);
    assert_string_equal(first, twin);
    assert_string_not_equal(first, other);
}

/* Whether a kind is there at all, and how often, is no matter to the others. */
static void
each_kind_has_a_stream_of_its_own(void **state)
{
    static const struct {
        const char *alone;
        SrFaultAction action;
    } rows[] = {
        { "crash = 12/min\n", SR_FAULT_CRASH },
        { "disconnect = 0.5/s\n", SR_FAULT_DISCONNECT },
        { "outage = 360/h\n", SR_FAULT_OUTAGE },
        { "clock-step = 0.25/s\n", SR_FAULT_STEP_CLOCK },
    };
    g_auto(World) all = world_of(ALL, "");

    (void) state;
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(World) alone = world_of(rows[i].alone, "");

        for (uint64_t seed = 1; seed <= 50; seed++) {
            g_autofree char *with = lines_of(&all, seed, rows[i].action),
                            *without = lines_of(&alone, seed, SR_FAULT_N);

            assert_string_equal(with, without);
        }
    }
}

static void
a_budget_keeps_the_earliest(void **state)
{
    g_auto(World) all = world_of("crash = 1/s\noutage = 1/s\n", ""),
                  five = world_of("crash = 1/s\noutage = 1/s\nbudget = 5\n", ""),
                  none = world_of("crash = 1/s\noutage = 1/s\nbudget = 0\n", "");

    (void) state;
    for (uint64_t seed = 1; seed <= 50; seed++) {
        g_autofree char *whole = lines_of(&all, seed, SR_FAULT_N),
                        *part = lines_of(&five, seed, SR_FAULT_N);

        assert_int_equal(five.entries->len, 5);
        assert_true(g_str_has_prefix(whole, part));
        sr_chaos_draw(none.model, seed, none.entries);
        assert_int_equal(none.entries->len, 0);
    }
}

/* What heals a clock is not a fault: it is never cut away. */
static void
a_budget_counts_no_healing(void **state)
{
    g_auto(World) world = world_of("clock-step = 1/s\nbudget = 3\n", "");

    (void) state;
    for (uint64_t seed = 1; seed <= 50; seed++) {
        sr_chaos_draw(world.model, seed, world.entries);
        assert_int_equal(world.entries->len, 6);
    }
}

static const struct end {
    const char *name, *chaos, *more;
    SrTime until;
} ends[] = {
    { "until a given instant", ALL "until = 20s\n", "", 20 * SR_NS_PER_S },
    { "until half of the limit", ALL, "", 30 * SR_NS_PER_S },
    { "until half of another limit", ALL, "[scenario]\nlimit = 11s\n", 5500 * SR_NS_PER_MS },
    { "until the limit at the latest", ALL "until = 20s\n", "[scenario]\nlimit = 11s\n",
      11 * SR_NS_PER_S },
};

/* In order, none after the end, and all over by then. */
static void
every_fault_ends_in_time(void **state)
{
    const struct end *row = *state;
    g_auto(World) world = world_of(row->chaos, row->more);
    unsigned n_cut = 0;

    for (uint64_t seed = 1; seed <= 500; seed++) {
        sr_chaos_draw(world.model, seed, world.entries);
        for (unsigned i = 0; i < world.entries->len; i++) {
            const SrTimelineEntry *entry = entry_at(&world, i);

            assert_true(entry->at <= row->until);
            assert_true(i == 0 || entry_at(&world, i - 1)->at <= entry->at);
            if (entry->action == SR_FAULT_STEP_CLOCK)
                continue;
            assert_true(entry->at < row->until);
            assert_true(entry->duration > 0);
            assert_true(entry->at + entry->duration <= row->until);
            n_cut += entry->at + entry->duration == row->until;
        }
    }
    assert_true(n_cut > 0);
}

static void
every_step_of_a_clock_is_healed(void **state)
{
    static const char ntp[] = "ntp-interval = 10s\n[server]\nntp-interval = 64s\n";
    g_auto(World) world = world_of("clock-step = 1/s\n", ntp);
    unsigned n_syncs = 0, n_steps = 0;

    (void) state;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        int64_t off[SR_NODE_FIRST_CLIENT + 5] = { 0 };

        sr_chaos_draw(world.model, seed, world.entries);
        for (unsigned i = 0; i < world.entries->len; i++) {
            const SrTimelineEntry *entry = entry_at(&world, i);
            uint32_t node = entry->target.first;
            /* The last client group and the server have NTP. */
            bool corrected = node == SR_NODE_SERVER || node > SR_NODE_FIRST_CLIENT;

            assert_int_equal(entry->target.n, 1);
            if (entry->action == SR_FAULT_SYNC_CLOCK) {
                assert_true(corrected);
                off[node] = 0;
                n_syncs++;
            } else {
                assert_int_equal(entry->action, SR_FAULT_STEP_CLOCK);
                assert_true(entry->delta_ns != 0);
                assert_true(entry->delta_ns % (int64_t) SR_NS_PER_MS == 0);
                assert_in_range(ABS(entry->delta_ns), SR_NS_PER_MS, 2 * SR_NS_PER_S);
                off[node] += entry->delta_ns;
                n_steps++;
            }
        }
        for (unsigned i = 0; i < G_N_ELEMENTS(off); i++)
            assert_true(off[i] == 0);
    }
    assert_true(n_syncs > 0 && n_steps > n_syncs);
}

/* @n of a mean: within five deviations of a Poisson number. */
static void
assert_about(uint64_t n, uint64_t mean)
{
    uint64_t distance = n > mean ? n - mean : mean - n;

    if (distance * distance > 25 * mean)
        fail_msg("%" G_GUINT64_FORMAT ", but about %" G_GUINT64_FORMAT " are to be expected", n,
                 mean);
}

static void
rates_and_targets_are_as_asked(void **state)
{
    static const struct {
        SrFaultAction action;
        uint64_t mean; /* in 30 s */
        uint32_t first, n;
        SrSpan shortest, longest;
    } rows[] = {
        { SR_FAULT_CRASH, 6, SR_NODE_FIRST_CLIENT, 5, 100 * SR_NS_PER_MS, 5 * SR_NS_PER_S },
        { SR_FAULT_DISCONNECT, 15, SR_NODE_FIRST_CLIENT, 5, 50 * SR_NS_PER_MS,
          3 * SR_NS_PER_S },
        { SR_FAULT_OUTAGE, 3, 0, 3, 50 * SR_NS_PER_MS, 2 * SR_NS_PER_S },
        { SR_FAULT_STEP_CLOCK, 15, 0, 8, 0, 0 }, /* each step and its healing */
    };
    g_auto(World) world = world_of(ALL, "");
    enum { SEEDS = 4000 };
    uint64_t counts[SR_FAULT_N] = { 0 }, targets[SR_FAULT_N][8] = { { 0 } };
    SrSpan shortest[SR_FAULT_N], longest[SR_FAULT_N] = { 0 };

    (void) state;
    memset(shortest, 0xff, sizeof shortest);
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        sr_chaos_draw(world.model, seed, world.entries);
        for (unsigned i = 0; i < world.entries->len; i++) {
            const SrTimelineEntry *entry = entry_at(&world, i);
            SrFaultAction action = entry->action;

            counts[action]++;
            targets[action][entry->target.first]++;
            shortest[action] = MIN(shortest[action], entry->duration);
            longest[action] = MAX(longest[action], entry->duration);
        }
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        SrFaultAction action = rows[i].action;

        /* Two by two they vary twice as much: half of them is a Poisson number. */
        unsigned pairs = action == SR_FAULT_STEP_CLOCK ? 2 : 1;

        assert_about(counts[action] / pairs, rows[i].mean * SEEDS / pairs);
        for (uint32_t node = 0; node < 8; node++) {
            if (node < rows[i].first || node >= rows[i].first + rows[i].n)
                assert_int_equal(targets[action][node], 0);
            else
                assert_about(targets[action][node] / pairs,
                             rows[i].mean * SEEDS / pairs / rows[i].n);
        }
        if (rows[i].longest == 0)
            continue;
        /* The shortest may have been cut by the end; the longest was not. */
        assert_true(longest[action] <= rows[i].longest);
        assert_true(longest[action] > rows[i].longest / 100 * 99);
        assert_true(shortest[action] < rows[i].shortest + 50 * SR_NS_PER_MS);
    }
}

static void
a_rate_that_is_next_to_nothing_draws_nothing(void **state)
{
    g_auto(World) world = world_of("crash = 0.000000001/h\ndisconnect = 0/s\n", "");

    (void) state;
    for (uint64_t seed = 1; seed <= 1000; seed++) {
        sr_chaos_draw(world.model, seed, world.entries);
        assert_int_equal(world.entries->len, 0);
    }
}

static void
instants_are_whole_microseconds(void **state)
{
    g_auto(World) world = world_of(ALL, "");
    g_autofree char *lines = lines_of(&world, 1, SR_FAULT_N);

    (void) state;
    assert_true(world.entries->len > 5);
    for (unsigned i = 0; i < world.entries->len; i++)
        assert_int_equal(entry_at(&world, i)->at % SR_NS_PER_US, 0);
    assert_non_null(strstr(lines, "disconnect fan-"));
}

static void
room_is_made_for_nearly_all_seeds(void **state)
{
    static const char *const rates[] = { ALL, "crash = 1/min\n", "clock-step = 100/s\n" };

    (void) state;
    for (unsigned i = 0; i < G_N_ELEMENTS(rates); i++) {
        g_auto(World) world = world_of(rates[i], "");

        for (uint64_t seed = 1; seed <= 300; seed++) {
            sr_chaos_draw(world.model, seed, world.entries);
            assert_true(world.entries->len <= sr_chaos_n_likely(world.model));
        }
    }
    g_auto(World) none = world_of("", "");

    assert_int_equal(sr_chaos_n_likely(none.model), 0);
}

static void
the_model_knows_what_may_come(void **state)
{
    static const struct {
        const char *chaos;
        bool clocks, blocks;
    } rows[] = {
        { "crash = 1/s\n", false, true },
        { "disconnect = 1/s\n", false, true },
        { "outage = 1/s\n", false, false },
        { "clock-step = 1/s\n", true, false },
        { "", false, false },
    };

    (void) state;
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(World) world = world_of(rows[i].chaos, "");

        assert_int_equal(world.model->client_clocks, rows[i].clocks);
        assert_int_equal(world.model->blocks, rows[i].blocks);
        assert_false(world.model->partitions);
    }
}

/* The reference tells what is drawn: the numbers stand in two rooms. */
static void
the_reference_says_what_is_drawn(void **state)
{
    static const char *const phrases[] = { "for uniform(100ms, 5s)", "for uniform(50ms, 3s)",
                                           "for uniform(50ms, 2s)", "by uniform(1ms, 2s)",
                                           "uniform(1s, 10s) later" };
    g_autoptr(GString) text = g_string_new(NULL);

    (void) state;
    assert_true(sr_scenario_keys_text(text, "chaos"));
    for (unsigned i = 0; i < G_N_ELEMENTS(phrases); i++)
        assert_non_null(strstr(text->str, phrases[i]));
}

int
main(void)
{
    const struct CMUnitTest others[] = {
        cmocka_unit_test(the_same_seed_draws_the_same_and_another_does_not),
        cmocka_unit_test(each_kind_has_a_stream_of_its_own),
        cmocka_unit_test(a_budget_keeps_the_earliest),
        cmocka_unit_test(a_budget_counts_no_healing),
        cmocka_unit_test(every_step_of_a_clock_is_healed),
        cmocka_unit_test(rates_and_targets_are_as_asked),
        cmocka_unit_test(a_rate_that_is_next_to_nothing_draws_nothing),
        cmocka_unit_test(instants_are_whole_microseconds),
        cmocka_unit_test(room_is_made_for_nearly_all_seeds),
        cmocka_unit_test(the_model_knows_what_may_come),
        cmocka_unit_test(the_reference_says_what_is_drawn),
    };
    struct CMUnitTest tests[G_N_ELEMENTS(ends) + G_N_ELEMENTS(others)];

    for (size_t i = 0; i < G_N_ELEMENTS(ends); i++)
        tests[i] = (struct CMUnitTest){ .name = ends[i].name,
                                        .test_func = every_fault_ends_in_time,
                                        .initial_state = (void *) (uintptr_t) &ends[i] };
    memcpy(tests + G_N_ELEMENTS(ends), others, sizeof others);
    return cmocka_run_group_tests_name("chaos", tests, NULL, NULL) != 0;
}

/* The table of a sweep: what is in it, that it fits, and that no name from a file gets out. */
#include "report/sweep-table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "report/report.h"

#define MS UINT64_C(1000000)
#define COLUMNS_MAX 100u

typedef struct {
    SrSweepHead head;
    SrSweepTableOptions options;
    SrSweepTable *table;
    SrSweepRow *row;
    GPtrArray *at;
    GString *out;
} Fixture;

static int
set_up(void **state)
{
    Fixture *fixture = g_new0(Fixture, 1);

    fixture->head = (SrSweepHead){
        .version = (char *) (uintptr_t) "0.1.0",
        .scenario = (char *) (uintptr_t) "Two editors",
        .source = (char *) (uintptr_t) "0123456789abcdef0123456789abcdef",
        .seeds = { 1, 1000 },
    };
    fixture->options.file = "race.ini";
    fixture->row = sr_sweep_row_new();
    fixture->at = g_ptr_array_new_with_free_func(g_free);
    fixture->out = g_string_new(NULL);
    *state = fixture;
    return 0;
}

static int
tear_down(void **state)
{
    Fixture *fixture = *state;

    sr_sweep_table_free(fixture->table);
    sr_sweep_row_free(fixture->row);
    g_ptr_array_unref(fixture->at);
    g_string_free(fixture->out, TRUE);
    g_free(fixture);
    return 0;
}

static void
begin(Fixture *fixture, uint64_t n_points)
{
    fixture->head.n_points = n_points;
    fixture->table = sr_sweep_table_new(&fixture->head, &fixture->options, fixture->out);
}

static void
end(Fixture *fixture)
{
    sr_sweep_table_end(g_steal_pointer(&fixture->table), fixture->out);
}

/* Adds point @point with 1000 runs, @n_failed of which fail. */
static void
add(Fixture *fixture, uint64_t point, unsigned n_failed)
{
    static const SrSeedRange all = { 1, 1000 };
    SrSweepRow *row = fixture->row;

    sr_sweep_row_clear(row);
    row->counters[SR_COUNTER_RUNS] = 1000;
    row->counters[SR_COUNTER_RACED] = 902;
    row->counters[SR_COUNTER_FIRST_WON] = 706;
    row->counters[SR_COUNTER_OTHER_WON] = 294;
    row->counters[SR_COUNTER_FAILED] = n_failed;
    row->counters[SR_COUNTER_ORPHANS] = 55;
    for (unsigned i = 0; i < n_failed; i++)
        sr_sweep_row_fail(row, SR_CHECK_KEY_KEPT, 17 + i);
    for (uint64_t i = 1; i <= 1000; i++) {
        sr_histogram_add(&row->measures[SR_MEASURE_WINNER], i * MS);
        sr_histogram_add(&row->measures[SR_MEASURE_KEY_AGE], i * MS / 2);
        sr_histogram_add(&row->measures[SR_MEASURE_TOKEN_LEFT], 300 - i % 3);
    }
    sr_sweep_table_add(fixture->table, point, fixture->at, &all, 1, row, fixture->out);
}

static void
contains(const GString *out, const char *part)
{
    if (strstr(out->str, part) == NULL)
        fail_msg("'%s' is not in:\n%s", part, out->str);
}

static void
lacks(const GString *out, const char *part)
{
    if (strstr(out->str, part) != NULL)
        fail_msg("'%s' is in:\n%s", part, out->str);
}

/* Commands may be as long as they have to be, and so may the names of points. */
static void
check_widths(const GString *out)
{
    g_auto(GStrv) lines = g_strsplit(out->str, "\n", -1);

    for (size_t i = 0; lines[i] != NULL; i++)
        if (strstr(lines[i], "replay: ") == NULL && strstr(lines[i], "point ") == NULL &&
            sr_report_width(lines[i]) > COLUMNS_MAX)
            fail_msg("a line of %u columns: %s", sr_report_width(lines[i]), lines[i]);
}

static void
one_point_is_told_in_full(void **state)
{
    Fixture *fixture = *state;

    begin(fixture, 1);
    add(fixture, 0, 20);
    end(fixture);
    contains(fixture->out, "Two editors\n1000 seeds (1..1000)\n");
    contains(fixture->out, "clients raced                     902    90.2 %   88.2 … 92 %\n");
    contains(fixture->out, "a check failed                     20       2 %   1.23 … 3.07 %\n");
    contains(fixture->out, "key-kept                         20       2 %   1.23 … 3.07 %     "
                           "seeds 17, 18, 19, 20, …\n");
    contains(fixture->out, "winners, from their start      1000     1 ms");
    contains(fixture->out, "token valid on for");
    contains(fixture->out, "55 orphaned");
    contains(fixture->out, "replay: session-race run --seed 17 race.ini\n");
    lacks(fixture->out, "only");
    lacks(fixture->out, "others, from their start");
    check_widths(fixture->out);
}

static void
nothing_failed_is_an_interval_too(void **state)
{
    Fixture *fixture = *state;

    begin(fixture, 1);
    add(fixture, 0, 0);
    end(fixture);
    contains(fixture->out, "a check failed                      0       0 %   0 … 0.368 %\n");
    lacks(fixture->out, "replay");
    lacks(fixture->out, "key-kept");
}

static void
almost_all_is_not_all(void **state)
{
    static const SrSeedRange all = { 1, 100000 };
    Fixture *fixture = *state;

    begin(fixture, 1);
    fixture->row->counters[SR_COUNTER_RUNS] = 100000;
    fixture->row->counters[SR_COUNTER_RACED] = 99999;
    sr_sweep_table_add(fixture->table, 0, fixture->at, &all, 1, fixture->row, fixture->out);
    end(fixture);
    contains(fixture->out, "99999   >99.9 %");
}

static void
a_part_of_the_seeds_is_said_to_be_one(void **state)
{
    static const SrSeedRange parts[] = { { 1, 10 }, { 21, 30 } };
    Fixture *fixture = *state;

    begin(fixture, 1);
    fixture->row->counters[SR_COUNTER_RUNS] = 20;
    sr_sweep_table_add(fixture->table, 0, fixture->at, parts, 2, fixture->row, fixture->out);
    end(fixture);
    contains(fixture->out, "only 20 runs: seeds 1..10, 21..30\n");
}

static void
overrides_come_before_what_is_varied(void **state)
{
    static const char *const overrides[] = { "server.leeway=2s" };
    Fixture *fixture = *state;

    fixture->options.overrides = overrides;
    fixture->options.n_overrides = 1;
    g_ptr_array_add(fixture->at, g_strdup("client a.start=uniform(0ms, 1s)"));
    begin(fixture, 2);
    add(fixture, 1, 1);
    end(fixture);
    contains(fixture->out, "\npoint 1: client a.start=uniform(0ms, 1s)\n");
    contains(fixture->out, "replay: session-race run --set server.leeway=2s --set "
                           "'client a.start=uniform(0ms, 1s)' --seed 17 race.ini\n");
    contains(fixture->out, "seed 17\n");
}

static void
many_points_are_a_line_each(void **state)
{
    Fixture *fixture = *state;

    begin(fixture, 50);
    for (unsigned i = 0; i < 50; i++) {
        g_ptr_array_set_size(fixture->at, 0);
        g_ptr_array_add(fixture->at, g_strdup_printf("network.latency=%ums", i));
        g_ptr_array_add(fixture->at, g_strdup("encryption-provider.retention=on-new-key"));
        add(fixture, i, i % 5 == 4 ? i : 0);
    }
    end(fixture);
    contains(fixture->out, "50 points, 1000 seeds each (1..1000)\n");
    contains(fixture->out, "point  latency  retention ");
    contains(fixture->out, "   49  49ms     on-new-key  90.2 %   4.9 %");
    contains(fixture->out, "checks failed at 10 of 50 points\n");
    contains(fixture->out, "… and 5 more points\n");
    contains(fixture->out, "key-kept                   4 runs, 0.4 %: seeds 17, 18, 19, 20\n");
    check_widths(fixture->out);
}

static void
long_names_are_cut_in_lines_only(void **state)
{
    g_autofree char *value = g_strnfill(150, 'x');
    Fixture *fixture = *state;

    begin(fixture, 4);
    for (unsigned i = 0; i < 4; i++) {
        g_ptr_array_set_size(fixture->at, 0);
        for (unsigned j = 0; j < 3; j++)
            g_ptr_array_add(fixture->at,
                            g_strdup_printf("group.a-very-long-key-%u=%s", j, value));
        add(fixture, i, i == 3);
    }
    end(fixture);
    check_widths(fixture->out);
    contains(fixture->out, "…");
    contains(fixture->out, value);
}

static void
lines_end_somewhere(void **state)
{
    Fixture *fixture = *state;

    begin(fixture, 300);
    for (unsigned i = 0; i < 300; i++)
        add(fixture, i, 0);
    end(fixture);
    contains(fixture->out, "… and 100 more points\n");
}

static void
what_is_required_is_told(void **state)
{
    Fixture *fixture = *state;

    begin(fixture, 1);
    add(fixture, 0, 1);
    sr_sweep_table_require_rate(fixture->table, "rate(key-kept) < 1%", true, 1, 1000,
                                fixture->out);
    sr_sweep_table_require_time(fixture->table, "p99(time-to-collaborate) < 900ms", false, 1000,
                                990 * MS, fixture->out);
    sr_sweep_table_require_time(fixture->table, "max(time-to-collaborate) < 1s", false, 0, 0,
                                fixture->out);
    end(fixture);
    contains(fixture->out, "\n  required\n    met     rate(key-kept) < 1%: 0.1 % (1 of 1000 "
                           "runs; 95 %: 0.00253 … 0.556 %)\n");
    contains(fixture->out,
             "    not met p99(time-to-collaborate) < 900ms: 990 ms (of 1000 clients)\n");
    contains(fixture->out, "    not met max(time-to-collaborate) < 1s: nobody collaborated\n");
}

static void
of_many_points_only_the_unmet_are_told(void **state)
{
    Fixture *fixture = *state;

    begin(fixture, 20);
    for (unsigned i = 0; i < 20; i++) {
        add(fixture, i, 0);
        sr_sweep_table_require_rate(fixture->table, "rate(fail) < 1%", i != 7, 0, 1000,
                                    fixture->out);
        sr_sweep_table_require_rate(fixture->table, "rate(waits) < 1%", i % 2 == 0, 0, 1000,
                                    fixture->out);
    }
    end(fixture);
    contains(fixture->out, "what is required is not met at 10 of 20 points\n  point 1\n    not "
                           "met rate(waits) < 1%");
    contains(fixture->out,
             "  point 7\n    not met rate(fail) < 1%: 0 % (0 of 1000 runs; 95 %: 0 "
             "… 0.368 %)\n    not met rate(waits) < 1%");
    contains(fixture->out, "… and 5 more points\n");
    lacks(fixture->out, "    met ");
}

static void
names_are_harmless(void **state)
{
    Fixture *fixture = *state;

    fixture->head.scenario = (char *) (uintptr_t) "\x1b[31mred\u202e";
    g_ptr_array_add(fixture->at, g_strdup("client \x1b]0;x.start=\n5ms"));
    for (unsigned n_points = 2; n_points <= 4; n_points += 2) {
        begin(fixture, n_points);
        for (unsigned i = 0; i < n_points; i++)
            add(fixture, i, 2);
        sr_sweep_table_require_rate(fixture->table, "\x1b[0m", false, 1, 2, fixture->out);
        end(fixture);
    }
    lacks(fixture->out, "\x1b");
    lacks(fixture->out, "\u202e");
    assert_true(g_utf8_validate(fixture->out->str, -1, NULL));
}

static void
colours_are_asked_for(void **state)
{
    Fixture *fixture = *state;

    fixture->options.style.colour = true;
    begin(fixture, 1);
    add(fixture, 0, 1);
    end(fixture);
    contains(fixture->out, "\x1b[1;31m");
}

static void
nothing_is_said_to_be_nothing(void **state)
{
    Fixture *fixture = *state;

    begin(fixture, 4);
    end(fixture);
    contains(fixture->out, "nothing was run\n");
}

int
main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(one_point_is_told_in_full),
        TEST(nothing_failed_is_an_interval_too),
        TEST(almost_all_is_not_all),
        TEST(a_part_of_the_seeds_is_said_to_be_one),
        TEST(overrides_come_before_what_is_varied),
        TEST(many_points_are_a_line_each),
        TEST(long_names_are_cut_in_lines_only),
        TEST(lines_end_somewhere),
        TEST(what_is_required_is_told),
        TEST(of_many_points_only_the_unmet_are_told),
        TEST(names_are_harmless),
        TEST(colours_are_asked_for),
        TEST(nothing_is_said_to_be_nothing),
    };

    return cmocka_run_group_tests_name("tables of sweeps", tests, NULL, NULL) != 0;
}

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
    row->counters[SR_COUNTER_CLIENTS] = 2000;
    row->counters[SR_COUNTER_ENDING + SR_ENDING_LOCKED_OUT_ENCRYPTION] = 2 * n_failed;
    row->counters[SR_COUNTER_ENDING + SR_ENDING_AWAY] = 3;
    row->counters[SR_COUNTER_ENDING + SR_ENDING_COLLABORATED] = 2000 - 2 * n_failed - 3;
    row->counters[SR_COUNTER_ORPHANS] = 55;
    row->shares[SR_SHARE_RACED] = 902;
    row->shares[SR_SHARE_FIRST_WON] = 706;
    row->shares[SR_SHARE_OTHER_WON] = 294;
    for (unsigned i = 0; i < n_failed; i++) {
        sr_sweep_row_note(row, SR_SHARE_UNEXPECTED, 17 + i);
        sr_sweep_row_note(row, SR_SHARE_LOCKED_OUT, 17 + i);
        sr_sweep_row_note(row, SR_SHARE_ENDING + SR_ENDING_LOCKED_OUT_ENCRYPTION, 17 + i);
        sr_sweep_row_note(row, SR_SHARE_FAILED, 17 + i);
        sr_sweep_row_note(row, SR_SHARE_CHECK + SR_CHECK_KEY_KEPT, 17 + i);
    }
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
        { print_message("%s\n", out->str); fail_msg("%s is not there", part); }
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
    contains(fixture->out, "1000 seeds (1..1000)\n\n"
                           "  of 2000 editors that started      editors     share\n"
                           "  editors locked out                     40       2 %\n"
                           "    encryption                           40       2 %\n"
                           "  editors away                            3    0.15 %\n"
                           "  editors collaborated                 1957    97.9 %\n\n"
                           "  of 1000 runs                         runs     share   95 % interval\n"
                           "  runs with an editor locked out         20       2 %   "
                           "1.23 … 3.07 %     seeds 17, 18, 19, 20, …\n"
                           "    encryption                           20       2 %   "
                           "1.23 … 3.07 %     seeds 17, 18, 19, 20, …\n"
                           "  runs not as expected                   20       2 %   "
                           "1.23 … 3.07 %     seeds 17, 18, 19, 20, …\n"
                           "  clients raced                         902    90.2 %   "
                           "88.2 … 92 %\n");
    contains(fixture->out, "  a check failed                         20       2 %   1.23 … 3.07 %\n"
                           "    key-kept                             20       2 %   "
                           "1.23 … 3.07 %     seeds 17, 18, 19, 20, …\n");
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
    contains(fixture->out,
             "a check failed                          0       0 %   0 … 0.368 %\n");
    contains(fixture->out,
             "runs with an editor locked out          0       0 %   0 … 0.368 %\n");
    contains(fixture->out,
             "runs not as expected                    0       0 %   0 … 0.368 %\n");
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
    fixture->row->shares[SR_SHARE_RACED] = 99999;
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
one_run_is_said_to_be_one(void **state)
{
    static const SrSeedRange part = { 1, 1 };
    Fixture *fixture = *state;

    begin(fixture, 1);
    fixture->row->counters[SR_COUNTER_RUNS] = 1;
    sr_sweep_table_add(fixture->table, 0, fixture->at, &part, 1, fixture->row, fixture->out);
    end(fixture);
    contains(fixture->out, "only 1 run: seeds 1..1\n");
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
    contains(fixture->out, "   49  49ms     on-new-key       4.9 %  4.9 %   4.9 %  ");
    contains(fixture->out, "not as expected at 10 of 50 points\n");
    contains(fixture->out, "… and 5 more points\n");
    contains(fixture->out,
             "runs with an editor locked out  4 runs, 0.4 %: seeds 17, 18, 19, 20\n");
    contains(fixture->out,
             "key-kept                        4 runs, 0.4 %: seeds 17, 18, 19, 20\n");
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
require(Fixture *fixture, SrSweepRequired required)
{
    sr_sweep_table_require(fixture->table, &required, fixture->out);
}

static void
require_runs(Fixture *fixture, const char *text, bool met, uint64_t n, uint64_t runs)
{
    require(fixture,
            (SrSweepRequired){ text, met, SR_SWEEP_REQUIRED_RUNS, n, runs, 0, false });
}

static void
what_is_required_is_told(void **state)
{
    Fixture *fixture = *state;

    begin(fixture, 1);
    add(fixture, 0, 1);
    require(fixture, (SrSweepRequired){ "rate(key-kept) < 1%", true, SR_SWEEP_REQUIRED_RUNS, 1,
                                        1000, 0, false });
    require(fixture, (SrSweepRequired){ "clients(stuck) < 1%", false, SR_SWEEP_REQUIRED_CLIENTS,
                                        40, 2000, 0, false });
    require(fixture, (SrSweepRequired){ "clients(left) < 1%", false, SR_SWEEP_REQUIRED_CLIENTS,
                                        0, 0, 0, false });
    require(fixture, (SrSweepRequired){ "p99(winner) < 900ms", false, SR_SWEEP_REQUIRED_VALUE,
                                        1000, 0, 990 * MS, true });
    require(fixture, (SrSweepRequired){ "max(winner) < 1s", false, SR_SWEEP_REQUIRED_VALUE, 0, 0,
                                        0, true });
    require(fixture, (SrSweepRequired){ "max(key-age) < 1s", true, SR_SWEEP_REQUIRED_VALUE, 7, 0,
                                        MS, false });
    end(fixture);
    contains(fixture->out,
             "\n  required\n"
             "    met     rate(key-kept) < 1%: 0.1 % (1 of 1000 runs; 95 %: 0.00253 … 0.556 %)\n"
             "    not met clients(stuck) < 1%: 2 % (40 of 2000 editors)\n"
             "    not met clients(left) < 1%: nobody started\n"
             "    not met p99(winner) < 900ms: 990 ms (of 1000 clients)\n"
             "    not met max(winner) < 1s: nobody collaborated\n"
             "    met     max(key-age) < 1s: 1 ms (of 7 values)\n");
}

static void
of_many_points_only_the_unmet_are_told(void **state)
{
    Fixture *fixture = *state;

    begin(fixture, 20);
    for (unsigned i = 0; i < 20; i++) {
        add(fixture, i, 0);
        require_runs(fixture, "rate(fail) < 1%", i != 7, 0, 1000);
        require_runs(fixture, "rate(waits) < 1%", i % 2 == 0, 0, 1000);
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
        require_runs(fixture, "\x1b[0m", false, 1, 2);
        end(fixture);
    }
    lacks(fixture->out, "\x1b");
    lacks(fixture->out, "\u202e");
    assert_true(g_utf8_validate(fixture->out->str, -1, NULL));
}

/* ---- tables for programs and pages ---- */

static void
begin_form(Fixture *fixture, SrSweepForm form)
{
    fixture->options.form = form;
    g_ptr_array_add(fixture->at, g_strdup("network.latency=lognormal(20ms, 60ms)"));
    g_ptr_array_add(fixture->at, g_strdup("client a|b.start=5\"ms"));
    begin(fixture, 2);
}

/* A cell of @line of a table of CSV without quotes; @name: its heading. */
static void
check_cell(char **headings, char **cells, const char *name, const char *want)
{
    for (size_t i = 0; headings[i] != NULL; i++)
        if (strcmp(headings[i], name) == 0) {
            assert_non_null(cells[i]);
            assert_string_equal(cells[i], want);
            return;
        }
    fail_msg("there is no column %s", name);
}

static void
csv_has_a_column_for_each_member(void **state)
{
    Fixture *fixture = *state;
    g_auto(GStrv) lines = NULL, headings = NULL, cells = NULL;

    fixture->options.form = SR_SWEEP_CSV;
    begin(fixture, 2);
    add(fixture, 0, 0);
    add(fixture, 1, 20);
    require_runs(fixture, "rate(fail) < 1%", false, 0, 1000);
    end(fixture);
    lines = g_strsplit(fixture->out->str, "\n", -1);
    assert_int_equal(g_strv_length(lines), 4);
    headings = g_strsplit(lines[0], ",", -1);
    cells = g_strsplit(lines[2], ",", -1);
    assert_int_equal(g_strv_length(headings), g_strv_length(cells));
    assert_int_equal(g_strv_length(headings),
                     2 + 2 * SR_CLIENTS_N + 4 * SR_SHARE_N + 9 * (SR_MEASURE_N + 1));
    check_cell(headings, cells, "point", "1");
    check_cell(headings, cells, "runs", "1000");
    check_cell(headings, cells, "clients.locked-out.n", "40");
    check_cell(headings, cells, "clients.locked-out(encryption).share", "0.02");
    check_cell(headings, cells, "shares.raced.share", "0.902");
    check_cell(headings, cells, "shares.unexpected.low", "0.0122583");
    check_cell(headings, cells, "checks.key-kept.n", "20");
    check_cell(headings, cells, "checks.waits.high", "0.00368208");
    check_cell(headings, cells, "measures.winner.max", "1000000000");
    check_cell(headings, cells, "measures.rejected.p99", "");
}

static void
csv_quotes_what_is_varied(void **state)
{
    Fixture *fixture = *state;

    begin_form(fixture, SR_SWEEP_CSV);
    add(fixture, 0, 0);
    end(fixture);
    assert_true(g_str_has_prefix(fixture->out->str,
                                 "point,at.network.latency,at.client a|b.start,runs,clients."));
    contains(fixture->out, "\n0,\"lognormal(20ms, 60ms)\",\"5\"\"ms\",1000,0,0,");
}

/* A result of somebody else's may hold any text: a line of its own would be a command somewhere. */
static void
a_value_stays_on_its_line(void **state)
{
    Fixture *fixture = *state;

    g_ptr_array_add(fixture->at, g_strdup("a.b=\n::error::x\r\x1b[0m"));
    for (SrSweepForm form = SR_SWEEP_MARKDOWN; form <= SR_SWEEP_CSV; form++) {
        g_string_truncate(fixture->out, 0);
        fixture->options.form = form;
        begin(fixture, 1);
        add(fixture, 0, 0);
        end(fixture);
        lacks(fixture->out, "\n:");
        lacks(fixture->out, "\r");
        lacks(fixture->out, "\x1b");
    }
}

static void
markdown_has_what_people_read(void **state)
{
    Fixture *fixture = *state;

    fixture->head.scenario = (char *) (uintptr_t) "*Two* | <b>";
    begin_form(fixture, SR_SWEEP_MARKDOWN);
    add(fixture, 1, 20);
    require_runs(fixture, "runs(failed) < 1%", false, 20, 1000);
    end(fixture);
    assert_string_equal(
        fixture->out->str,
        "**\\*Two\\* \\| \\<b\\>**, seeds 1 to 1000\n\n"
        "| point | network.latency | client a\\|b.start | runs | editors locked out | runs with an "
        "editor locked out | 95 % interval | runs not as expected | runs in which a check failed | "
        "winners, p50 | winners, p99 | others, p99 |\n"
        "| ---: | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n"
        "| 1 | lognormal(20ms, 60ms) | 5\"ms | 1000 | 2 % | 2 % | 1.23 … 3.07 % | 2 % | 2 % | "
        "501.2 ms | 994.1 ms |  |\n"
        "\n- point 1: **not met** runs(failed) \\< 1%: 2 % (20 of 1000 runs; 95 %: 1.23 … 3.07 %)\n");
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
        TEST(one_run_is_said_to_be_one),
        TEST(overrides_come_before_what_is_varied),
        TEST(many_points_are_a_line_each),
        TEST(long_names_are_cut_in_lines_only),
        TEST(lines_end_somewhere),
        TEST(what_is_required_is_told),
        TEST(of_many_points_only_the_unmet_are_told),
        TEST(names_are_harmless),
        TEST(csv_has_a_column_for_each_member),
        TEST(csv_quotes_what_is_varied),
        TEST(a_value_stays_on_its_line),
        TEST(markdown_has_what_people_read),
        TEST(colours_are_asked_for),
        TEST(nothing_is_said_to_be_nothing),
    };

    return cmocka_run_group_tests_name("tables of sweeps", tests, NULL, NULL) != 0;
}

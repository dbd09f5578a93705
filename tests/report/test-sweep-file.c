/* The result of a sweep: what is written is read back, merged in any order it is the unsplit one,
 * and whatever was changed in it is found. */
#include "report/sweep-file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "session-race/stream.h"
#include "sweep-file-again.h"

#define N_POINTS 3u
#define N_SEEDS 120u

static const char *const assignments[N_POINTS] = {
    "network.latency=5ms",
    "network.latency=lognormal(20ms, 60ms)",
    "network.latency=\"\\\u202e\xff=\n",
};

static SrSweepHead
make_head(void)
{
    return (SrSweepHead){
        .version = (char *) (uintptr_t) "0.1.0",
        .scenario = (char *) (uintptr_t) "Two \"editors\"",
        .source = (char *) (uintptr_t) "0123456789abcdef0123456789abcdef",
        .seeds = { 10, 10 + N_SEEDS - 1 },
        .n_points = N_POINTS,
    };
}

/* What a made-up run adds to @row: the same wherever it is run. */
static void
add_run(SrSweepRow *row, uint64_t point, uint64_t seed)
{
    SrStream stream = sr_stream_at(sr_stream_key(seed, point, 0), 0);
    SrSweepSeed added = { .seed = seed };

    for (unsigned i = SR_COUNTER_CLIENTS + 1; i < SR_COUNTER_ENDING; i++)
        added.counters[i] = sr_stream_next(&stream) >> 63;
    for (unsigned i = SR_COUNTER_ENDING; i < SR_COUNTER_N; i++) {
        added.counters[i] = sr_stream_next(&stream) >> 63;
        added.counters[SR_COUNTER_CLIENTS] += added.counters[i];
    }
    added.counters[SR_COUNTER_RUNS] = 1;
    added.counters[SR_COUNTER_EVENTS] += UINT64_C(1) << 50;
    for (unsigned i = 0; i < SR_SHARE_N; i++)
        added.shares |= (uint64_t) (sr_stream_next(&stream) >> 58 < i + 1) << i;
    /* Whatever check failed and whatever the reason, it is one of all. */
    if (added.shares >> SR_SHARE_CHECK != 0)
        added.shares |= UINT64_C(1) << SR_SHARE_FAILED;
    if (added.shares >> SR_SHARE_ENDING & 0x1f)
        added.shares |= UINT64_C(1) << SR_SHARE_LOCKED_OUT;
    sr_sweep_row_add(row, &added);
    for (unsigned i = 0; i < SR_MEASURE_N - 1; i++)
        sr_histogram_add(&row->measures[i], sr_stream_next(&stream) >> (7 * i));
}

/* Appends the result of every point's seeds that are of @parts. */
static void
write_parts_of(GString *out, const SrSweepHead *head, const SrSeedRange *parts, size_t n_parts)
{
    SrSweepWriter *writer = sr_sweep_writer_new(head, out);
    SrSweepRow *row = sr_sweep_row_new();

    for (uint64_t point = 0; point < N_POINTS; point++) {
        g_autoptr(GPtrArray) at = g_ptr_array_new();

        g_ptr_array_add(at, (gpointer) (uintptr_t) assignments[point]);
        sr_sweep_row_clear(row);
        for (size_t i = 0; i < n_parts; i++)
            for (uint64_t seed = parts[i].first; seed <= parts[i].last; seed++)
                add_run(row, point, seed);
        sr_sweep_writer_add(writer, point, at, parts, n_parts, row, out);
    }
    sr_sweep_writer_end(writer, out);
    sr_sweep_row_free(row);
}

static void
write_parts(GString *out, const SrSeedRange *parts, size_t n_parts)
{
    SrSweepHead head = make_head();

    write_parts_of(out, &head, parts, n_parts);
}

typedef struct {
    GString *whole, *text;
    SrSweepFile *file;
    SrSweepFault fault;
} Fixture;

static int
set_up(void **state)
{
    static const SrSeedRange all = { 10, 10 + N_SEEDS - 1 };
    Fixture *fixture = g_new0(Fixture, 1);

    fixture->whole = g_string_new(NULL);
    fixture->text = g_string_new(NULL);
    write_parts(fixture->whole, &all, 1);
    *state = fixture;
    return 0;
}

static int
tear_down(void **state)
{
    Fixture *fixture = *state;

    g_string_free(fixture->whole, TRUE);
    g_string_free(fixture->text, TRUE);
    sr_sweep_file_free(fixture->file);
    sr_sweep_fault_clear(&fixture->fault);
    g_free(fixture);
    return 0;
}

static void
parse(Fixture *fixture, const GString *text)
{
    sr_sweep_file_free(fixture->file);
    sr_sweep_fault_clear(&fixture->fault);
    fixture->file = sr_sweep_file_parse("a.ndjson", text->str, text->len, &fixture->fault);
}

/* ---- back again ---- */

static void
what_is_written_is_read_back(void **state)
{
    Fixture *fixture = *state;
    SrSweepRow *row = sr_sweep_row_new(), *expected = sr_sweep_row_new();
    bool equal;

    parse(fixture, fixture->whole);
    assert_null(fixture->fault.message);
    assert_non_null(fixture->file);
    assert_true(fixture->file->complete);
    assert_int_equal(fixture->file->points->len, N_POINTS);
    assert_string_equal(fixture->file->head.scenario, "Two \"editors\"");
    for (uint64_t seed = 10; seed < 10 + N_SEEDS; seed++)
        add_run(expected, 1, seed);
    sr_sweep_point_row(sr_sweep_file_lookup(fixture->file, 1), row);
    equal = memcmp(row, expected, sizeof *row) == 0;
    sr_sweep_row_free(row);
    sr_sweep_row_free(expected);
    assert_true(equal);
    assert_string_equal(g_ptr_array_index(sr_sweep_file_lookup(fixture->file, 1)->at, 0),
                        assignments[1]);
    write_again(fixture->file, fixture->text);
    assert_string_equal(fixture->text->str, fixture->whole->str);
}

static void
parts_that_touch_are_one(void **state)
{
    static const SrSeedRange parts[] = { { 10, 19 }, { 20, 20 }, { 21, 10 + N_SEEDS - 1 } };
    Fixture *fixture = *state;

    write_parts(fixture->text, parts, G_N_ELEMENTS(parts));
    assert_string_equal(fixture->text->str, fixture->whole->str);
}

/* ---- shards ---- */

static void
shards_in_any_order_are_the_whole(void **state)
{
    static const SrSeedRange shards[] = { { 10, 33 }, { 34, 57 }, { 58, 58 }, { 59, 129 } };
    static const unsigned orders[][4] = { { 0, 1, 2, 3 }, { 3, 2, 1, 0 }, { 2, 0, 3, 1 } };
    Fixture *fixture = *state;

    for (size_t i = 0; i < G_N_ELEMENTS(orders); i++) {
        g_autoptr(SrSweepFile) sum = NULL;

        for (unsigned j = 0; j < 4; j++) {
            g_string_truncate(fixture->text, 0);
            write_parts(fixture->text, &shards[orders[i][j]], 1);
            parse(fixture, fixture->text);
            assert_non_null(fixture->file);
            assert_false(fixture->file->complete);
            if (sum == NULL)
                sum = g_steal_pointer(&fixture->file);
            else
                assert_true(sr_sweep_file_merge(sum, fixture->file, &fixture->fault));
        }
        assert_true(sum->complete);
        g_string_truncate(fixture->text, 0);
        write_again(sum, fixture->text);
        assert_string_equal(fixture->text->str, fixture->whole->str);
    }
}

static void
an_overlap_is_refused(void **state)
{
    static const SrSeedRange left[] = { { 10, 20 }, { 30, 40 } }, right = { 35, 60 };
    Fixture *fixture = *state;
    g_autoptr(SrSweepFile) sum = NULL;

    write_parts(fixture->text, left, 2);
    parse(fixture, fixture->text);
    sum = g_steal_pointer(&fixture->file);
    g_string_truncate(fixture->text, 0);
    write_parts(fixture->text, &right, 1);
    parse(fixture, fixture->text);
    assert_false(sr_sweep_file_merge(sum, fixture->file, &fixture->fault));
    assert_true(fixture->fault.overlap);
    assert_int_equal(fixture->fault.point, 0);
    assert_int_equal(fixture->fault.seeds.first, 35);
    assert_int_equal(fixture->fault.seeds.last, 40);
}

static void
note_gap(void *data, uint64_t first, uint64_t last, const SrSeedRange *missing, size_t n)
{
    GString *out = data;

    g_string_append_printf(out, "%d-%d:", (int) first, (int) last);
    for (size_t i = 0; i < n; i++)
        g_string_append_printf(out, " %d..%d", (int) missing[i].first, (int) missing[i].last);
    g_string_append(out, "; ");
}

static void
gaps_are_told(void **state)
{
    static const SrSeedRange parts[] = { { 12, 20 }, { 22, 128 } };
    Fixture *fixture = *state;
    g_autoptr(GString) gaps = g_string_new(NULL);

    parse(fixture, fixture->whole);
    sr_sweep_file_gaps(fixture->file, note_gap, gaps);
    assert_string_equal(gaps->str, "");
    write_parts(fixture->text, parts, 2);
    parse(fixture, fixture->text);
    sr_sweep_file_gaps(fixture->file, note_gap, gaps);
    assert_string_equal(gaps->str, "0-2: 10..11 21..21 129..129; ");
    g_ptr_array_remove_index(fixture->file->points, 1);
    g_string_truncate(gaps, 0);
    sr_sweep_file_gaps(fixture->file, note_gap, gaps);
    assert_string_equal(
        gaps->str, "0-0: 10..11 21..21 129..129; 1-1: 10..129; 2-2: 10..11 21..21 129..129; ");
}

/* ---- damage ---- */

static void
every_cut_is_found(void **state)
{
    Fixture *fixture = *state;
    GString cut = *fixture->whole;

    for (cut.len = 0; cut.len < fixture->whole->len; cut.len += cut.len < 3000 ? 7 : 1009) {
        parse(fixture, &cut);
        assert_null(fixture->file);
        assert_non_null(fixture->fault.message);
    }
}

static void
every_changed_digit_is_found(void **state)
{
    Fixture *fixture = *state;
    char *text = fixture->whole->str;

    for (gsize i = 0; i < fixture->whole->len; i += i % 3 == 0 ? 1 : 61) {
        if (!g_ascii_isdigit(text[i]))
            continue;
        text[i] = (char) (text[i] == '9' ? '0' : text[i] + 1);
        parse(fixture, fixture->whole);
        text[i] = (char) (text[i] == '0' ? '9' : text[i] - 1);
        assert_null(fixture->file);
        assert_true(fixture->fault.line > 0);
    }
}

/* The text in which the first @from is @to. */
static void
damage(Fixture *fixture, const char *from, const char *to)
{
    g_string_assign(fixture->text, fixture->whole->str);
    assert_int_equal(g_string_replace(fixture->text, from, to, 1), 1);
}

static void
check_fault(Fixture *fixture, uint64_t line, const char *part)
{
    parse(fixture, fixture->text);
    assert_null(fixture->file);
    if (strstr(fixture->fault.message, part) == NULL)
        fail_msg("'%s' says nothing of '%s'", fixture->fault.message, part);
    assert_int_equal(fixture->fault.line, line);
}

static void
faults_say_what_is_wrong(void **state)
{
    Fixture *fixture = *state;
    const char *second, *third, *last;

    damage(fixture, "\"type\":\"sweep\"", "\"type\":\"trace\"");
    check_fault(fixture, 1, "not the result of a sweep");
    damage(fixture, "\"format\":2", "\"format\":3");
    check_fault(fixture, 1, "a later format");
    damage(fixture, "\"format\":2", "\"format\":1");
    check_fault(fixture, 1, "an earlier format");
    damage(fixture, "\"points\":3", "\"points\":1000001");
    check_fault(fixture, 1, "1000000 points");
    damage(fixture, "\"seeds\":\"10..129\"", "\"seeds\":\"0..18446744073709551615\"");
    check_fault(fixture, 1, "more seeds");
    damage(fixture, "\"runs\":120", "\"runs\": 120");
    check_fault(fixture, 2, "does not follow");
    damage(fixture, "\"share\":", "\"share\":1");
    check_fault(fixture, 2, "does not follow");
    damage(fixture, "\"parts\":[\"10..129\"]", "\"parts\":[\"10..128\"]");
    check_fault(fixture, 2, "not as many");
    damage(fixture, "\"parts\":[\"10..129\"]", "\"parts\":[\"9..128\"]");
    check_fault(fixture, 2, "not of this sweep");
    damage(fixture, "\"counters\":{\"runs\":120", "\"counters\":{\"runs\":20");
    check_fault(fixture, 2, "number of runs");
    damage(fixture, "\"counters\":{\"runs\":120", "\"counters\":{\"runs\":200");
    check_fault(fixture, 2, "not as many");
    damage(fixture, "\"runs\":120,\"clients\":{", "\"runs\":120,\"clients\":{ ");
    check_fault(fixture, 2, "does not follow");
    damage(fixture, "\"counters\":{\"runs\":120,\"clients\":",
           "\"counters\":{\"runs\":120,\"clients\":9");
    check_fault(fixture, 2, "the clients are not as many");
    damage(fixture, "\"counted\":{\"unexpected\":", "\"counted\":{\"unexpected\":999");
    check_fault(fixture, 2, "more than the number of runs");
    damage(fixture, "\"failed\":120", "\"failed\":9");
    check_fault(fixture, 2, "runs that are failed");
    damage(fixture, "\"counts\":[[", "\"counts\":[[99999999999999999999,");
    check_fault(fixture, 2, "beyond 2^64");
    damage(fixture, "\"counts\":[[", "\"counts\":[[7424,1],[");
    check_fault(fixture, 2, "buckets");
    damage(fixture, "\"counts\":[[", "\"counts\":[[0,\"18446744073709551615\"],[");
    check_fault(fixture, 2, "than can be counted");
    damage(fixture, "\"digest\":\"", "\"digest\":\"0");
    check_fault(fixture, 5, "digest");
    second = strchr(fixture->whole->str, '\n') + 1;
    third = strchr(second, '\n') + 1;
    last = g_strrstr(fixture->whole->str, "{\"type\":\"end\"");
    g_string_assign(fixture->text, fixture->whole->str);
    g_string_insert_len(fixture->text, second - fixture->whole->str, second, third - second);
    check_fault(fixture, 3, "there twice");
    g_string_assign(fixture->text, fixture->whole->str);
    g_string_erase(fixture->text, second - fixture->whole->str, third - second);
    check_fault(fixture, 4, "lines of points");
    g_string_assign(fixture->text, fixture->whole->str);
    g_string_truncate(fixture->text, (gsize) (last - fixture->whole->str));
    check_fault(fixture, 5, "last line is missing");
    g_string_assign(fixture->text, fixture->whole->str);
    g_string_append(fixture->text, last);
    check_fault(fixture, 6, "behind the last");
    g_string_assign(fixture->text, "");
    check_fault(fixture, 1, "empty");
}

/* Another sweep of the same seeds. */
static void
write_other(Fixture *fixture, const char *version, const char *scenario, const char *source)
{
    static const SrSeedRange all = { 10, 10 + N_SEEDS - 1 };

    SrSweepHead other_head = make_head();

    g_string_truncate(fixture->text, 0);
    other_head.version = (char *) (uintptr_t) version;
    other_head.scenario = (char *) (uintptr_t) scenario;
    other_head.source = (char *) (uintptr_t) source;
    write_parts_of(fixture->text, &other_head, &all, 1);
}

/* The first line is covered by the digest, too: other words there are damage. */
static void
a_changed_first_line_is_damage(void **state)
{
    static const struct {
        const char *from, *to;
    } changes[] = {
        { "\"version\":\"0.1.0\"", "\"version\":\"0.1.1\"" },
        { "editors", "writers" },
        { "0123", "3210" },
    };
    Fixture *fixture = *state;

    for (size_t i = 0; i < G_N_ELEMENTS(changes); i++) {
        damage(fixture, changes[i].from, changes[i].to);
        check_fault(fixture, 2 + N_POINTS, "the result is damaged");
    }
}

static void
check_merge_fault(Fixture *fixture, const char *part)
{
    SrSweepFault none;
    g_autoptr(SrSweepFile) sum =
        sr_sweep_file_parse("b.ndjson", fixture->whole->str, fixture->whole->len, &none);

    parse(fixture, fixture->text);
    assert_non_null(fixture->file);
    assert_false(sr_sweep_file_merge(sum, fixture->file, &fixture->fault));
    assert_non_null(strstr(fixture->fault.message, part));
    assert_true(fixture->fault.overlap || strstr(fixture->fault.message, "b.ndjson") != NULL);
    assert_string_equal(fixture->fault.path, "a.ndjson");
}

static void
other_sweeps_are_refused(void **state)
{
    Fixture *fixture = *state;

    write_other(fixture, "0.1.1", make_head().scenario, make_head().source);
    check_merge_fault(fixture, "version 0.1.1");
    write_other(fixture, "0.1.0", "Two writers", make_head().source);
    check_merge_fault(fixture, "writers");
    write_other(fixture, "0.1.0", make_head().scenario, "3210456789abcdef0123456789abcdef");
    check_merge_fault(fixture, "scenario or study");
    g_string_assign(fixture->text, fixture->whole->str);
    check_merge_fault(fixture, "10..129 of point 0");
}

int
main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(what_is_written_is_read_back),
        TEST(parts_that_touch_are_one),
        TEST(shards_in_any_order_are_the_whole),
        TEST(an_overlap_is_refused),
        TEST(gaps_are_told),
        TEST(every_cut_is_found),
        TEST(every_changed_digit_is_found),
        TEST(faults_say_what_is_wrong),
        TEST(a_changed_first_line_is_damage),
        TEST(other_sweeps_are_refused),
    };

    return cmocka_run_group_tests_name("results of sweeps", tests, NULL, NULL) != 0;
}

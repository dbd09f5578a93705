/* `merge` as a user meets it: which files go together, what is said of those that do not, and that
 * the sum of all shards is the unsplit result.
 *
 * The folder holds whole.ndjson (seeds 1..90 of two points), shards a, b and c of it in
 * shards/; and other.ndjson, later.ndjson and varied.ndjson, sweeps of something else. */
#include "shell.h"

#include "report/sweep-file.h"

static void
write_result_of(const char *folder, const char *name, const char *title, const char *version,
                const char *source, uint64_t first, uint64_t last)
{
    SrSweepHead head = {
        .version = (char *) (uintptr_t) version,
        .scenario = (char *) (uintptr_t) title,
        .source = (char *) (uintptr_t) source,
        .seeds = { 1, 90 },
        .n_points = 2,
    };
    const SrSeedRange part = { first, last };
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_autoptr(GString) out = g_string_new(NULL);
    g_autoptr(SrSweepRow) row = sr_sweep_row_new();
    SrSweepWriter *writer = sr_sweep_writer_new(&head, out);

    for (uint64_t point = 0; point < 2; point++) {
        g_autoptr(GPtrArray) at = g_ptr_array_new_with_free_func(g_free);

        g_ptr_array_add(at, g_strdup_printf("network.latency=%ums", (unsigned) point + 5));
        sr_sweep_row_clear(row);
        for (uint64_t seed = first; seed <= last; seed++) {
            row->counters[SR_COUNTER_RUNS]++;
            sr_histogram_add(&row->measures[SR_MEASURE_WINNER], seed * seed * 1000000);
            if (seed % 7 == point) {
                sr_sweep_row_note(row, SR_SHARE_FAILED, seed);
                sr_sweep_row_note(row, SR_SHARE_UNEXPECTED, seed);
                sr_sweep_row_note(row, SR_SHARE_CHECK + SR_CHECK_KEY_KEPT, seed);
            }
        }
        sr_sweep_writer_add(writer, point, at, &part, 1, row, out);
    }
    sr_sweep_writer_end(writer, out);
    assert_true(g_file_set_contents(path, out->str, (gssize) out->len, NULL));
}

static void
write_result(const char *folder, const char *name, const char *title, uint64_t first,
             uint64_t last)
{
    write_result_of(folder, name, title, "0.1.0", "0123456789abcdef0123456789abcdef", first, last);
}

static void
write_results(const char *folder)
{
    g_autofree char *shards = g_build_filename(folder, "shards", NULL);

    assert_int_equal(g_mkdir_with_parents(shards, 0700), 0);
    write_result(folder, "whole.ndjson", "Two editors", 1, 90);
    write_result(folder, "other.ndjson", "Three editors", 1, 90);
    write_result_of(folder, "later.ndjson", "Two editors", "0.2.0",
                    "0123456789abcdef0123456789abcdef", 61, 90);
    write_result_of(folder, "varied.ndjson", "Two editors", "0.1.0",
                    "3210456789abcdef0123456789abcdef", 61, 90);
    write_result(folder, "shards/a.ndjson", "Two editors", 1, 30);
    write_result(folder, "shards/b.ndjson", "Two editors", 31, 60);
    write_result(folder, "shards/c.ndjson", "Two editors", 61, 90);
}

/* clang-format off */
static const struct shell_row rows[] = {
    { "help", "session-race merge --help", 0, "--allow-gaps", "" },
    { "nothing", "session-race merge", 2, "", "a result is needed" },
    { "a folder is the whole", "session-race merge shards | cmp - whole.ndjson && echo same", 0, "same", "" },
    { "any order is the whole", "cd shards; session-race merge c.ndjson a.ndjson b.ndjson | cmp - ../whole.ndjson && echo same", 0, "same", "" },
    { "to a file", "session-race merge -o o.ndjson shards && cmp o.ndjson whole.ndjson && echo same", 0, "same", "" },
    { "a sum goes on", "session-race merge -q --allow-gaps shards/a.ndjson shards/c.ndjson > ac.ndjson; session-race merge shards/b.ndjson ac.ndjson | cmp - whole.ndjson && echo same", 0, "same", "" },
    { "standard input is a file, too", "session-race merge - shards/a.ndjson shards/b.ndjson < shards/c.ndjson | cmp - whole.ndjson && echo same", 0, "same", "" },
    { "the whole alone", "session-race merge whole.ndjson | cmp - whole.ndjson && echo same", 0, "same", "" },
    { "a gap", "session-race merge shards/a.ndjson shards/c.ndjson > o.ndjson", 4, "", "session-race merge: warning: seeds missing at every point: 31..60\n" },
    { "a gap is in the last line", "session-race merge shards/a.ndjson shards/c.ndjson 2> err | tail -n 1", 0, "\"complete\":false", "" },
    { "a gap that is allowed", "session-race merge --allow-gaps -o o.ndjson shards/a.ndjson", 0, "", "31..90" },
    { "a gap that is allowed, quietly", "session-race merge --allow-gaps -q -o o.ndjson shards/a.ndjson", 0, "", "" },
    { "a shard that holds what others do", "session-race merge shards whole.ndjson", 2, "", "whole.ndjson: error: holds the seeds 1..30 of point 0, which shards/a.ndjson holds, too\n" },
    { "a shard by another name", "cp shards/b.ndjson z.ndjson; session-race merge shards z.ndjson", 2, "", "z.ndjson: error: holds the seeds 31..60 of point 0, which shards/b.ndjson holds, too\n" },
    { "a file given twice", "session-race merge shards/a.ndjson shards/a.ndjson", 2, "", "shards/a.ndjson: error: is given twice" },
    { "a file by two names", "ln shards/a.ndjson z.ndjson; session-race merge shards z.ndjson", 2, "", "z.ndjson: error: is the same file as shards/a.ndjson" },
    { "another scenario", "session-race merge shards other.ndjson", 2, "", "other.ndjson: error: a sweep of the scenario 'Three editors', but shards/a.ndjson of 'Two editors'" },
    { "another version", "session-race merge shards/a.ndjson later.ndjson", 2, "", "later.ndjson: error: made by version 0.2.0, but shards/a.ndjson by version 0.1.0" },
    { "another study", "session-race merge shards/a.ndjson varied.ndjson", 2, "", "varied.ndjson: error: its scenario or study is another than that of shards/a.ndjson" },
    { "another title, in the file", "sed '1s/Two/Six/' shards/c.ndjson > z.ndjson; session-race merge -o o.ndjson z.ndjson; s=$?; test -e o.ndjson && exit 9; exit $s", 2, "", "z.ndjson:4:24: error: the digest of the lines above is " },
    { "another version, in the file", "sed '1s/0\\.1\\.0/0.2.0/' whole.ndjson > z.ndjson; session-race merge z.ndjson", 2, "", ": the result is damaged\n" },
    { "another source, in the file", "sed 1s/0123/3210/ whole.ndjson > z.ndjson; session-race merge z.ndjson", 2, "", ": the result is damaged\n" },
    { "a changed digit", "sed 's/\"runs\":30/\"runs\":31/' shards/c.ndjson > z.ndjson; session-race merge -o o.ndjson shards/a.ndjson z.ndjson; s=$?; test -e o.ndjson && exit 9; exit $s", 2, "", "z.ndjson:2:" },
    { "half a file", "head -c 3000 shards/c.ndjson > z.ndjson; session-race merge z.ndjson", 2, "", "breaks off" },
    { "a file without its last line", "head -n 3 shards/c.ndjson > z.ndjson; session-race merge z.ndjson", 2, "", "z.ndjson:4:1: error: the last line is missing" },
    { "a file without a point", "sed 2d shards/c.ndjson > z.ndjson; session-race merge z.ndjson", 2, "", "lines of points" },
    { "no file", "session-race merge nope.ndjson", 3, "", "nope.ndjson: error: " },
    { "a folder without results", "mkdir d; session-race merge d", 2, "", "there is no result (*.ndjson) in or below d" },
    { "an input as the output", "session-race merge -o shards/a.ndjson shards", 2, "", "is an input, which is never replaced" },
    { "a full disk", "session-race merge -o /dev/full shards", 3, "", "/dev/full: error: " },
    { "a table", "session-race merge --format human shards", 0, "key-kept                             12", "" },
    { "a table in colours", "session-race merge --format human --color always shards", 0, "\x1b[1;31m  runs not as expected", "" },
    { "no colours in the result", "session-race merge --color always shards | grep -c '\x1b'; session-race merge --format human shards | grep -c '\x1b'", 1, "0\n0\n", "" },
    { "CSV", "session-race merge --format csv shards | cut -d, -f1-3; session-race merge -f csv whole.ndjson > w; session-race merge -f csv shards | cmp - w && echo same", 0, "point,at.network.latency,runs\n0,5ms,90\n1,6ms,90\nsame\n", "" },
    { "Markdown, to a file", "session-race merge --format markdown -o t.md shards && sed -n 1p t.md", 0, "**Two editors**, seeds 1 to 90\n", "" },
    { "a format that is none", "session-race merge --format tap shards", 2, "", "'tap' is not one of human, json, csv, markdown" },
};
/* clang-format on */

int
main(void)
{
    shell_frame.fill = write_results;
    return shell_check_rows("merge", rows, G_N_ELEMENTS(rows)) != 0;
}

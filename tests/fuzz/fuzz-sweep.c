/* Fuzzing the reader of the results of sweeps: any bytes in; a fault with its place, or a result
 * that is written the same again, told as a table and merged with itself, which is refused.
 *
 * What a line says has to follow from its numbers, so a quarter of the mutations change the
 * numbers and texts of a result and have it written anew; after the others the digest fits. */
#include "fuzz.h"
#include "report/sweep-table.h"
#include "sweep-file-again.h"

/* Kept for good: half a MiB of address space. */
static SrSweepRow *
scratch_row(void)
{
    static SrSweepRow *row;

    if (row == NULL)
        row = sr_sweep_row_new();
    return row;
}

static void
tell(const SrSweepFile *file, unsigned choice)
{
    const SrSweepTableOptions options = { .form = (SrSweepForm) (choice %
                                                                 (SR_SWEEP_MARKDOWN + 1)) };
    g_autoptr(GString) out = g_string_new(NULL);
    SrSweepRow *row = scratch_row();
    SrSweepTable *table = sr_sweep_table_new(&file->head, &options, out);

    for (guint i = 0; i < file->points->len; i++) {
        const SrSweepPoint *point = g_ptr_array_index(file->points, i);

        sr_sweep_point_row(point, row);
        sr_sweep_table_add(table, point->point, point->at,
                           (const SrSeedRange *) (const void *) point->parts->data,
                           point->parts->len, row, out);
    }
    sr_sweep_table_end(table, out);
    fuzz_check_told(out);
}

static void
merge_with_itself(SrSweepFile *file, const char *text, size_t size)
{
    SrSweepFault fault;
    g_autoptr(SrSweepFile) other = sr_sweep_file_parse("other", text, size, &fault);

    g_assert(other != NULL);
    g_assert(sr_sweep_file_merge(file, other, &fault) == (other->points->len == 0));
    sr_sweep_fault_clear(&fault);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *) data;
    SrSweepFault fault;
    g_autoptr(SrSweepFile) file = sr_sweep_file_parse("sweep", text, size, &fault);

    if (file == NULL) {
        g_assert(fault.message != NULL && (fault.system || fault.line > 0));
        sr_sweep_fault_clear(&fault);
        return 0;
    }

    g_autoptr(GString) again = g_string_new(NULL);
    write_again(file, again);
    g_assert(again->len == size && memcmp(again->str, text, size) == 0);
    /* One of both, since each takes as long as all of the above. */
    if (fuzz_choice(data, size) & 1)
        tell(file, fuzz_choice(data, size) >> 1);
    else
        merge_with_itself(file, text, size);
    return 0;
}

/* ---- mutations ---- */

/* Returns: a number of any magnitude */
static uint64_t
any_number(SrStream *draws)
{
    return sr_stream_next(draws) >> sr_stream_below(draws, 64);
}

static void
change_row(SrSweepRow *row, SrStream *draws)
{
    uint64_t which = sr_stream_below(draws, SR_COUNTER_N + SR_MEASURE_N);
    uint64_t n = sr_stream_below(draws, 100);

    if (which >= SR_COUNTER_N) {
        sr_sweep_row_sample(row, (SrSweepMeasure) (which - SR_COUNTER_N), any_number(draws));
    } else if (which >= SR_COUNTER_ENDING) {
        row->counters[which] += n;
        row->counters[SR_COUNTER_CLIENTS] += n;
    } else if (which != SR_COUNTER_RUNS && which != SR_COUNTER_CLIENTS) {
        row->counters[which] = any_number(draws);
    }
}

/* Returns: (transfer full): @text changed; NULL if it can no longer be written */
static char *
change_text(const char *text)
{
    char bytes[64] = { 0 };

    g_strlcpy(bytes, text, sizeof bytes / 2);
    LLVMFuzzerMutate((uint8_t *) bytes, strlen(bytes), sizeof bytes - 1);
    return g_utf8_make_valid(bytes, -1);
}

static void
change_point(SrSweepPoint *point, SrSweepRow *row, SrStream *draws)
{
    char **at = point->at->len > 0 ? (char **) &point->at->pdata[0] : NULL;
    char *equals = at == NULL ? NULL : strchr(*at, '=');

    if (equals != NULL && sr_stream_below(draws, 4) == 0) {
        g_autofree char *value = change_text(equals + 1), *before = *at;

        *equals = '\0';
        *at = g_strconcat(before, "=", value, NULL);
    } else {
        change_row(row, draws);
    }
}

/* Returns: whether @text is a result, which was changed */
static bool
change_result(GString *text, SrStream *draws)
{
    SrSweepFault fault;
    g_autoptr(SrSweepFile) file = sr_sweep_file_parse("sweep", text->str, text->len, &fault);
    SrSweepRow *row = scratch_row();
    SrSweepWriter *writer;
    uint64_t which;

    if (file == NULL) {
        sr_sweep_fault_clear(&fault);
        return false;
    }
    which = sr_stream_below(draws, file->points->len + 1);
    if (which == file->points->len) {
        g_autofree char *title = file->head.scenario;

        file->head.scenario = change_text(title);
    }
    g_string_truncate(text, 0);
    writer = sr_sweep_writer_new(&file->head, text);
    for (guint i = 0; i < file->points->len; i++) {
        SrSweepPoint *point = g_ptr_array_index(file->points, i);

        sr_sweep_point_row(point, row);
        if (i == which)
            change_point(point, row, draws);
        sr_sweep_writer_add(writer, point->point, point->at,
                            (const SrSeedRange *) (const void *) point->parts->data,
                            point->parts->len, row, text);
    }
    sr_sweep_writer_end(writer, text);
    return true;
}

static void
fit(GString *text)
{
    fuzz_fit_digest(text, "end", false);
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    SrStream draws = sr_stream_at(sr_stream_key(seed, 1, 0), 0);
    g_autoptr(GString) text = NULL;

    if (sr_stream_below(&draws, 4) > 0)
        return fuzz_mutate(data, size, max_size, seed, fit);
    text = g_string_new_len((const char *) data, (gssize) size);
    if (!change_result(text, &draws))
        return fuzz_mutate(data, size, max_size, seed, fit);
    return fuzz_end_mutation(g_steal_pointer(&text), data, max_size);
}

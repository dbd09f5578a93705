/* Fuzzing the reader of the results of sweeps: any bytes in; a fault with its place, or a result
 * that is written the same again, told as a table and merged with itself, which is refused.
 *
 * The digest of an input is made to fit, since no mutation would ever guess it. */
#include "report/sweep-table.h"

#include <string.h>

#include "sweep-file-again.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Nothing that is told controls a terminal. */
static void
check_visible(const GString *out)
{
    g_assert(g_utf8_validate(out->str, (gssize) out->len, NULL));
    for (const char *p = out->str; *p != '\0'; p++)
        g_assert((unsigned char) *p >= 0x20 || *p == '\n');
}

static void
tell(const SrSweepFile *file)
{
    const SrSweepTableOptions options = { 0 };
    g_autoptr(GString) out = g_string_new(NULL);
    g_autoptr(SrSweepRow) row = sr_sweep_row_new();
    SrSweepTable *table = sr_sweep_table_new(&file->head, &options, out);

    for (guint i = 0; i < file->points->len; i++) {
        const SrSweepPoint *point = g_ptr_array_index(file->points, i);

        sr_sweep_point_row(point, row);
        sr_sweep_table_add(table, point->point, point->at,
                           (const SrSeedRange *) (const void *) point->parts->data,
                           point->parts->len, row, out);
    }
    sr_sweep_table_end(table, out);
    check_visible(out);
}

static SrSweepFile *
parse(char *text, size_t size, SrSweepFault *fault)
{
    static const char wrong[] = "the digest of the lines above is ";
    SrSweepFile *file = sr_sweep_file_parse("sweep", text, size, fault);
    char *digest;

    if (file != NULL || !g_str_has_prefix(fault->message, wrong))
        return file;
    digest = g_strrstr_len(text, (gssize) size, "\"digest\":\"");
    if (digest == NULL || text + size - digest < 42)
        return NULL;
    memcpy(digest + strlen("\"digest\":\""), fault->message + strlen(wrong), 32);
    sr_sweep_fault_clear(fault);
    return sr_sweep_file_parse("sweep", text, size, fault);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_malloc(size + 1);
    SrSweepFault fault;
    g_autoptr(SrSweepFile) file = NULL;

    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    file = parse(text, size, &fault);
    if (file == NULL) {
        g_assert(fault.message != NULL && (fault.system || fault.line > 0));
        sr_sweep_fault_clear(&fault);
        return 0;
    }

    g_autoptr(GString) again = g_string_new(NULL);
    write_again(file, again);
    g_assert(again->len == size && memcmp(again->str, text, size) == 0);
    tell(file);
    g_autoptr(SrSweepFile) other = sr_sweep_file_parse("other", text, size, &fault);
    g_assert(other != NULL);
    g_assert(sr_sweep_file_merge(file, other, &fault) == (other->points->len == 0));
    sr_sweep_fault_clear(&fault);
    return 0;
}

/* The result of a sweep, written again as a whole. */
#pragma once

#include "report/sweep-file.h"

static inline void
write_again(const SrSweepFile *file, GString *out)
{
    g_autoptr(SrSweepRow) row = sr_sweep_row_new();
    SrSweepWriter *writer = sr_sweep_writer_new(&file->head, out);

    for (guint i = 0; i < file->points->len; i++)
        sr_sweep_writer_add_point(writer, g_ptr_array_index(file->points, i), row, out);
    sr_sweep_writer_end(writer, out);
}

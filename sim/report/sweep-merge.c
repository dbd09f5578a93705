/* Merges shards of a sweep, and says what is missing.
 *
 * Counted numbers are added, so the order of the shards does not matter. All other values are
 * computed when the sum is written. At any time only one row of each side is unpacked, so a
 * merge needs the memory of its result and of one shard. */
#include "report/sweep-file.h"

#include <stdlib.h>
#include <string.h>

#include "report/sweep-private.h"

typedef struct {
    SrSweepFile *file;
    const SrSweepFile *other;
    SrSweepRow *row, *other_row;
    GString *numbers;
    SrSweepFault *fault;
} Merge;

static bool G_GNUC_PRINTF(2, 3) refuse(Merge *merge, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    merge->fault->path = g_strdup(merge->other->path);
    merge->fault->message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    return false;
}

/* ---- the same sweep? ---- */

static bool
same_sweep(Merge *merge)
{
    const SrSweepHead *head = &merge->file->head, *other = &merge->other->head;
    const char *path = merge->file->path;

    if (strcmp(head->version, other->version) != 0)
        return refuse(merge, "made by version %s, but %s by version %s", other->version, path,
                      head->version);
    if (strcmp(head->scenario, other->scenario) != 0)
        return refuse(merge, "a sweep of the scenario '%s', but %s of '%s'", other->scenario,
                      path, head->scenario);
    if (head->seeds.first != other->seeds.first || head->seeds.last != other->seeds.last)
        return refuse(merge,
                      "a sweep over the seeds %" PRIu64 "..%" PRIu64 ", but %s over %" PRIu64
                      "..%" PRIu64,
                      other->seeds.first, other->seeds.last, path, head->seeds.first,
                      head->seeds.last);
    if (strcmp(head->source, other->source) != 0 || head->n_points != other->n_points)
        return refuse(merge, "its scenario or study is another than that of %s", path);
    if (g_strcmp0(head->provider, other->provider) != 0)
        return refuse(merge, "its provider or signer is another than that of %s", path);
    return true;
}

bool
sr_sweep_same_at(const GPtrArray *left, const GPtrArray *right)
{
    if (left->len != right->len)
        return false;
    for (guint i = 0; i < left->len; i++)
        if (strcmp(g_ptr_array_index(left, i), g_ptr_array_index(right, i)) != 0)
            return false;
    return true;
}

/* ---- one point ---- */

static bool
refuse_overlap(Merge *merge, uint64_t point, SrSeedRange left, SrSeedRange right)
{
    SrSeedRange both = { MAX(left.first, right.first), MIN(left.last, right.last) };

    merge->fault->overlap = true;
    merge->fault->point = point;
    merge->fault->seeds = both;
    return refuse(merge,
                  "the seeds %" PRIu64 "..%" PRIu64 " of point %" PRIu64 " are there already",
                  both.first, both.last, point);
}

/* Adds @others to the seeds of @point. */
static bool
add_parts(Merge *merge, SrSweepPoint *point, const GArray *others)
{
    g_autoptr(GArray) sum = g_array_new(FALSE, FALSE, sizeof(SrSeedRange));
    const GArray *parts = point->parts;
    guint i = 0, j = 0;

    while (i < parts->len || j < others->len) {
        const SrSeedRange *left = i < parts->len ? &g_array_index(parts, SrSeedRange, i) : NULL;
        const SrSeedRange *right =
            j < others->len ? &g_array_index(others, SrSeedRange, j) : NULL;

        if (left != NULL && right != NULL && left->first <= right->last &&
            right->first <= left->last)
            return refuse_overlap(merge, point->point, *left, *right);
        if (right == NULL || (left != NULL && left->first < right->first)) {
            sr_sweep_parts_append(sum, *left);
            i++;
        } else {
            sr_sweep_parts_append(sum, *right);
            j++;
        }
    }
    g_array_unref(point->parts);
    point->parts = g_steal_pointer(&sum);
    return true;
}

/* Files may claim any numbers: there cannot be more runs and failures than seeds. */
static bool
fits(const SrSweepRow *row, const SrSweepRow *other)
{
    uint64_t sum;

    for (unsigned i = 0; i < SR_COUNTER_N; i++)
        if (__builtin_add_overflow(row->counters[i], other->counters[i], &sum))
            return false;
    for (unsigned i = 0; i < SR_MEASURE_N; i++)
        if (__builtin_add_overflow(row->measures[i].n, other->measures[i].n, &sum))
            return false;
    return true;
}

static bool
add_point(Merge *merge, SrSweepPoint *point, const SrSweepPoint *other)
{
    if (!sr_sweep_same_at(point->at, other->at))
        return refuse(merge, "its point %" PRIu64 " is another than that of %s", point->point,
                      merge->file->path);
    if (!add_parts(merge, point, other->parts))
        return false;
    sr_sweep_point_row(point, merge->row);
    sr_sweep_point_row(other, merge->other_row);
    if (!fits(merge->row, merge->other_row))
        return refuse(merge, "the numbers of point %" PRIu64 " are beyond 2^64", point->point);
    sr_sweep_row_merge(merge->row, merge->other_row);
    g_string_truncate(merge->numbers, 0);
    sr_sweep_write_numbers(merge->numbers, merge->row);
    g_free(point->own);
    point->numbers = point->own = g_strndup(merge->numbers->str, merge->numbers->len);
    return true;
}

static SrSweepPoint *
copy_point(const SrSweepPoint *point)
{
    SrSweepPoint *copy = sr_sweep_point_new(point->point);

    for (guint i = 0; i < point->at->len; i++)
        g_ptr_array_add(copy->at, g_strdup(g_ptr_array_index(point->at, i)));
    g_array_append_vals(copy->parts, point->parts->data, point->parts->len);
    /* The text that they may point into continues after their line. */
    copy->numbers = copy->own =
        g_strndup(point->numbers, (size_t) (strchr(point->numbers, '\n') + 1 - point->numbers));
    return copy;
}

/* ---- all points ---- */

static int
compare_points(const void *left, const void *right)
{
    const SrSweepPoint *a = *(SrSweepPoint *const *) left, *b = *(SrSweepPoint *const *) right;

    return (a->point > b->point) - (a->point < b->point);
}

/* Returns: (nullable): the point of that number */
static SrSweepPoint *
find_point(const SrSweepFile *file, uint64_t point)
{
    const SrSweepPoint wanted = { .point = point }, *key = &wanted;
    SrSweepPoint **found = file->points->len > 0
                               ? bsearch(&key, file->points->pdata, file->points->len,
                                         sizeof(gpointer), compare_points)
                               : NULL;

    return found != NULL ? *found : NULL;
}

static bool
add_points(Merge *merge)
{
    const GPtrArray *others = merge->other->points;
    g_autoptr(GPtrArray) added = g_ptr_array_new_with_free_func(sr_sweep_point_free);

    for (guint j = 0; j < others->len; j++) {
        const SrSweepPoint *other = g_ptr_array_index(others, j);
        SrSweepPoint *point = find_point(merge->file, other->point);

        if (point == NULL)
            g_ptr_array_add(added, copy_point(other));
        else if (!add_point(merge, point, other))
            return false;
    }
    g_ptr_array_extend_and_steal(merge->file->points, g_steal_pointer(&added));
    return true;
}

bool
sr_sweep_file_merge(SrSweepFile *file, const SrSweepFile *other, SrSweepFault *fault)
{
    g_autoptr(SrSweepRow) row = sr_sweep_row_new(), other_row = sr_sweep_row_new();
    g_autoptr(GString) numbers = g_string_new(NULL);
    Merge merge = { file, other, row, other_row, numbers, fault };

    *fault = (SrSweepFault){ 0 };
    if (!same_sweep(&merge) || !add_points(&merge))
        return false;
    g_ptr_array_sort(file->points, compare_points);
    file->complete = sr_sweep_file_is_complete(file);
    return true;
}

const SrSweepPoint *
sr_sweep_file_lookup(const SrSweepFile *file, uint64_t point)
{
    return find_point(file, point);
}

void
sr_sweep_writer_add_point(SrSweepWriter *writer, const SrSweepPoint *point, SrSweepRow *row,
                          GString *out)
{
    sr_sweep_point_row(point, row);
    sr_sweep_writer_add(writer, point->point, point->at,
                        (const SrSeedRange *) (const void *) point->parts->data,
                        point->parts->len, row, out);
}

/* ---- what is missing ---- */

/* Appends the seeds of @seeds that are not in @parts (nullable). */
static void
subtract(SrSeedRange seeds, const GArray *parts, GArray *missing)
{
    uint64_t next = seeds.first;

    for (guint i = 0; parts != NULL && i < parts->len; i++) {
        const SrSeedRange *part = &g_array_index(parts, SrSeedRange, i);

        if (part->first > next) {
            SrSeedRange hole = { next, part->first - 1 };
            g_array_append_val(missing, hole);
        }
        /* The last one may end at 2^64 - 1, the last number of all. */
        if (part->last == seeds.last)
            return;
        next = part->last + 1;
    }
    SrSeedRange rest = { next, seeds.last };
    g_array_append_val(missing, rest);
}

void
sr_sweep_file_gaps(const SrSweepFile *file, SrSweepGap gap, void *data)
{
    g_autoptr(GArray) missing = g_array_new(FALSE, FALSE, sizeof(SrSeedRange));
    g_autoptr(GArray) before = g_array_new(FALSE, FALSE, sizeof(SrSeedRange));
    uint64_t first = 0;
    guint next = 0;

    for (uint64_t i = 0; i <= file->head.n_points; i++) {
        const SrSweepPoint *point =
            next < file->points->len ? g_ptr_array_index(file->points, next) : NULL;
        bool there = point != NULL && point->point == i;

        g_array_set_size(missing, 0);
        if (i < file->head.n_points)
            subtract(file->head.seeds, there ? point->parts : NULL, missing);
        next += there;
        if (missing->len == before->len && i < file->head.n_points &&
            (missing->len == 0 ||
             memcmp(missing->data, before->data, missing->len * sizeof(SrSeedRange)) == 0))
            continue;
        if (before->len > 0)
            gap(data, first, i - 1, (const SrSeedRange *) (const void *) before->data,
                before->len);
        first = i;
        g_array_set_size(before, 0);
        g_array_append_vals(before, missing->data, missing->len);
    }
}

/* Reads the result of a sweep.
 *
 * A result has exactly one form. So the counted numbers of a line are read and checked against
 * each other, and then the line is written again. If the bytes differ, either some value does
 * not follow from the numbers, or the text is not the writer's. So the reader need not check
 * the members that it does not use. */
#include "report/sweep-file.h"

#include <jansson.h>
#include <string.h>

#include "base/whole-file.h"
#include "report/sweep-private.h"

#define FILE_BYTES_MAX (UINT64_C(16) << 30)
#define LINE_BYTES_MAX ((size_t) 16 << 20)
#define RUNS_MEMBER ",\"runs\":"
#define COUNTERS_MEMBER ",\"counters\":{"

/* ---- what is owned ---- */

void
sr_sweep_head_clear(SrSweepHead *head)
{
    g_clear_pointer(&head->version, g_free);
    g_clear_pointer(&head->scenario, g_free);
    g_clear_pointer(&head->source, g_free);
    g_clear_pointer(&head->provider, g_free);
}

SrSweepPoint *
sr_sweep_point_new(uint64_t number)
{
    SrSweepPoint *point = g_new0(SrSweepPoint, 1);

    point->point = number;
    point->at = g_ptr_array_new_with_free_func(g_free);
    point->parts = g_array_new(FALSE, FALSE, sizeof(SrSeedRange));
    return point;
}

void
sr_sweep_point_free(void *data)
{
    SrSweepPoint *point = data;

    g_ptr_array_unref(point->at);
    g_array_unref(point->parts);
    g_free(point->own);
    g_free(point);
}

void
sr_sweep_file_free(SrSweepFile *file)
{
    if (file == NULL)
        return;
    g_free(file->path);
    sr_sweep_head_clear(&file->head);
    g_ptr_array_unref(file->points);
    g_free(file->text);
    g_free(file);
}

void
sr_sweep_fault_clear(SrSweepFault *fault)
{
    g_free(fault->path);
    g_free(fault->message);
    *fault = (SrSweepFault){ 0 };
}

/* ---- values ---- */

typedef struct {
    const char *text;       /* of the whole result */
    const char *line, *end; /* @end: its LF */
    const char *at;   /* in it: the position for a fault; before that, the requested members */
    GPtrArray *asked; /* names of the requested members */
    const char *numbers; /* in it: the comma before the counters */
    const char *damage;  /* how the message of a fault begins */
    uint64_t number;     /* of the line */
    SrSweepFile *file;
    SrSweepRow *row;
    const GArray *parts; /* of the point */
    GString *again;      /* the line as the writer writes it */
    SrSweepFault *fault;
} Reader;

/* Returns: false */
static bool G_GNUC_PRINTF(2, 3) refuse(Reader *reader, const char *format, ...)
{
    g_autofree char *message = NULL;
    va_list arguments;

    va_start(arguments, format);
    message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    *reader->fault = (SrSweepFault){
        .path = g_strdup(reader->file->path),
        .line = reader->number,
        .column = 1,
        .message = g_strconcat(reader->damage, message, NULL),
    };
    /* Members are in the order in which they were requested. */
    for (guint i = 0; i < reader->asked->len; i++) {
        g_autofree char *name =
            g_strdup_printf("\"%s\":", (const char *) g_ptr_array_index(reader->asked, i));
        const char *at = g_strstr_len(reader->at, reader->end - reader->at, name);

        reader->at = at != NULL ? at + strlen(name) : reader->at;
    }
    for (const char *p = reader->line; p < reader->at; p++)
        reader->fault->column += (*p & 0xc0) != 0x80;
    return false;
}

/* Returns: (transfer none) (nullable): the member @name */
static json_t *
get(Reader *reader, const json_t *object, const char *name)
{
    json_t *value = json_object_get(object, name);

    if (value != NULL)
        g_ptr_array_add(reader->asked, (void *) (uintptr_t) name);
    return value;
}

/* A number, or a string if it is large. */
static bool
read_sum(Reader *reader, const json_t *value, unsigned __int128 *sum)
{
    const char *text = json_string_value(value);

    if (json_is_integer(value) && json_integer_value(value) >= 0) {
        *sum = (unsigned __int128) json_integer_value(value);
        return true;
    }
    if (text == NULL || *text == '\0' || text[strspn(text, "0123456789")] != '\0')
        return refuse(reader, "a whole number is missing or out of place here");
    for (*sum = 0; *text != '\0'; text++)
        if (__builtin_mul_overflow(*sum, (unsigned __int128) 10, sum) ||
            __builtin_add_overflow(*sum, (unsigned __int128) (*text - '0'), sum))
            return refuse(reader, "a number beyond 2^128 - 1");
    return true;
}

static bool
read_number(Reader *reader, const json_t *value, uint64_t *number)
{
    unsigned __int128 sum;

    if (!read_sum(reader, value, &sum))
        return false;
    *number = (uint64_t) sum;
    return sum <= UINT64_MAX || refuse(reader, "a number beyond 2^64 - 1");
}

static bool
read_text(Reader *reader, const json_t *value, char **text)
{
    *text = g_strdup(json_string_value(value));
    return *text != NULL || refuse(reader, "a string is missing or out of place here");
}

static bool
read_range(Reader *reader, const json_t *value, SrSeedRange *range)
{
    const char *text = json_string_value(value);
    g_auto(GStrv) ends = g_strsplit(text != NULL ? text : "", "..", 2);

    if (g_strv_length(ends) != 2 ||
        !g_ascii_string_to_unsigned(ends[0], 10, 0, UINT64_MAX, &range->first, NULL) ||
        !g_ascii_string_to_unsigned(ends[1], 10, 0, UINT64_MAX, &range->last, NULL))
        return refuse(reader, "a range of seeds is missing or out of place here");
    return range->first <= range->last || refuse(reader, "a range of seeds without any");
}

/* ---- numbers of a row ---- */

static bool
read_counters(Reader *reader, const json_t *counters, SrSweepRow *row)
{
    guint n_asked = reader->asked->len;
    unsigned __int128 ended = 0;

    for (unsigned i = 0; i < SR_COUNTER_N; i++)
        if (!read_number(reader, get(reader, counters, sr_sweep_counter_name(i)),
                         &row->counters[i]))
            return false;
    for (unsigned i = SR_COUNTER_ENDING; i < SR_COUNTER_N; i++)
        ended += row->counters[i];
    if (ended != row->counters[SR_COUNTER_CLIENTS]) {
        g_ptr_array_set_size(reader->asked, (gint) n_asked);
        return refuse(reader, "the clients are not as many as have ended in all ways");
    }
    return true;
}

static bool
holds_seed(const GArray *parts, uint64_t seed)
{
    for (guint i = 0; i < parts->len; i++) {
        const SrSeedRange *part = &g_array_index(parts, SrSeedRange, i);
        if (seed >= part->first && seed <= part->last)
            return true;
    }
    return false;
}

/* Reads the smallest seeds of @share, whose number is read already. */
static bool
read_seeds(Reader *reader, const json_t *seeds, unsigned share, SrSweepRow *row)
{
    const json_t *list = json_object_get(seeds, sr_sweep_share_name(share));

    for (unsigned j = 0; j < sr_sweep_row_n_seeds(row, share); j++) {
        uint64_t *seed = &row->seeds[share][j];

        if (!read_number(reader, json_array_get(list, j), seed))
            return false;
        if (!holds_seed(reader->parts, *seed) || (j > 0 && *seed <= seed[-1]))
            return refuse(reader, "seeds ascend, and are some of those that were run");
    }
    return true;
}

/* Returns: the share of which @share is a part: a run of the one is one of the other; itself if
 * there is none */
static unsigned
whole_of(unsigned share)
{
    unsigned first = SR_SHARE_ENDING + SR_ENDING_LOCKED_OUT_ENCRYPTION;
    unsigned last = SR_SHARE_ENDING + SR_ENDING_LOCKED_OUT_GENERAL;

    return share >= SR_SHARE_CHECK              ? SR_SHARE_FAILED
           : share >= first && share <= last ? SR_SHARE_LOCKED_OUT
                                                : share;
}

static bool
read_counted(Reader *reader, const json_t *counted, const json_t *seeds, SrSweepRow *row)
{
    for (unsigned i = 0; i < SR_SHARE_N; i++) {
        const json_t *value = get(reader, counted, sr_sweep_share_name(i));

        if (value != NULL && !read_number(reader, value, &row->shares[i]))
            return false;
        if (row->shares[i] > row->counters[SR_COUNTER_RUNS])
            return refuse(reader, "more than the number of runs");
        if (row->shares[i] > row->shares[whole_of(i)])
            return refuse(reader, "more than the number of runs that are %s",
                          sr_sweep_share_name(whole_of(i)));
        if (!read_seeds(reader, seeds, i, row))
            return false;
    }
    return true;
}

static bool
read_bucket(Reader *reader, const json_t *counts, size_t i, SrHistogram *histogram)
{
    bool first = histogram->n == 0;
    uint64_t bucket, n;

    if (!read_number(reader, json_array_get(counts, i), &bucket) ||
        !read_number(reader, json_array_get(counts, i + 1), &n))
        return false;
    if (bucket >= SR_HISTOGRAM_BUCKETS || n == 0 || (!first && bucket <= histogram->last))
        return refuse(reader, "buckets ascend, exist and count something");
    if (__builtin_add_overflow(histogram->n, n, &histogram->n))
        return refuse(reader, "more values than can be counted");
    if (first)
        histogram->first = (uint32_t) bucket;
    histogram->last = (uint32_t) bucket;
    histogram->counts[bucket] = n;
    return true;
}

static bool
read_histogram(Reader *reader, const json_t *value, SrHistogram *histogram)
{
    uint64_t min, max;
    unsigned __int128 sum;
    const json_t *counts;

    if (!read_number(reader, get(reader, value, "min"), &min) ||
        !read_number(reader, get(reader, value, "max"), &max) ||
        !read_sum(reader, get(reader, value, "sum"), &sum))
        return false;
    counts = json_array_get(get(reader, value, "counts"), 0);
    for (size_t i = 0; i < json_array_size(counts); i += 2)
        if (!read_bucket(reader, counts, i, histogram))
            return false;
    /* In this order, so that the product of two numbers below 2^64 fits. */
    if (histogram->n == 0 || min > max || sr_histogram_bucket(min) != histogram->first ||
        sr_histogram_bucket(max) != histogram->last ||
        sum < (unsigned __int128) min * histogram->n ||
        sum > (unsigned __int128) max * histogram->n)
        return refuse(reader, "min, max and sum do not fit the counts");
    histogram->min = min;
    histogram->max = max;
    histogram->sum_low = (uint64_t) sum;
    histogram->sum_high = (uint64_t) (sum >> 64);
    return true;
}

/* Reads the members that sr_sweep_write_numbers() writes into the empty @row. */
static bool
read_numbers(Reader *reader, const json_t *line, SrSweepRow *row)
{
    const json_t *histograms, *value;

    if (!read_counters(reader, get(reader, line, "counters"), row) ||
        !read_counted(reader, get(reader, line, "counted"), json_object_get(line, "seeds"),
                      row))
        return false;
    histograms = get(reader, line, "histograms");
    for (unsigned i = 0; i < SR_MEASURE_N; i++) {
        value = get(reader, histograms, sr_sweep_measure_name(i));
        if (value != NULL && !read_histogram(reader, value, &row->measures[i]))
            return false;
    }
    return true;
}

/* Appends the text from the counters to @end for jansson, with [[1,2],[3,4]] as [[1,2,3,4]],
 * since one array per pair takes twice the time. The original text is compared when the line is
 * written again. */
static void
append_numbers(GString *out, const char *from, const char *end)
{
    const char *at;

    for (; (at = memmem(from, (size_t) (end - from), "],[", 3)) != NULL; from = at + 3) {
        g_string_append_len(out, from, at - from);
        g_string_append_c(out, ',');
    }
    g_string_append_len(out, from, end - from);
}

void
sr_sweep_point_row(const SrSweepPoint *point, SrSweepRow *row)
{
    g_autoptr(GString) text = g_string_new("{");
    g_autoptr(GPtrArray) asked = g_ptr_array_new();
    Reader reader = { .asked = asked, .parts = point->parts };
    json_auto_t *line = NULL;

    append_numbers(text, point->numbers, strchr(point->numbers, '\n'));
    line = json_loadb(text->str, text->len, JSON_REJECT_DUPLICATES, NULL);
    sr_sweep_row_clear(row);
    g_assert(read_numbers(&reader, line, row));
}

/* ---- lines ---- */

static bool
is_digest(const char *text)
{
    return strlen(text) == 32 && strspn(text, "0123456789abcdef") == 32;
}

static bool
read_head(Reader *reader, const json_t *line)
{
    SrSweepHead *head = &reader->file->head;
    uint64_t format;

    if (!read_number(reader, get(reader, line, "format"), &format))
        return false;
    if (format != SR_SWEEP_FORMAT)
        return refuse(reader, "of %s format than this version reads",
                      format < SR_SWEEP_FORMAT ? "an earlier" : "a later");
    if (!read_text(reader, get(reader, line, "version"), &head->version) ||
        !read_text(reader, get(reader, line, "scenario"), &head->scenario) ||
        !read_text(reader, get(reader, line, "source"), &head->source))
        return false;
    if (!is_digest(head->source))
        return refuse(reader, "32 hex digits in lower case are expected here");
    if (!read_range(reader, get(reader, line, "seeds"), &head->seeds))
        return false;
    if (head->seeds.last - head->seeds.first >= SR_SWEEP_RUNS_MAX)
        return refuse(reader, "more seeds than a sweep takes");
    if (!read_number(reader, get(reader, line, "points"), &head->n_points))
        return false;
    if (head->n_points < 1 || head->n_points > SR_SWEEP_POINTS_MAX)
        return refuse(reader, "not between 1 and 1000000 points");
    if (json_object_get(line, "provider") != NULL &&
        !read_text(reader, get(reader, line, "provider"), &head->provider))
        return false;
    if (head->provider != NULL && !is_digest(head->provider))
        return refuse(reader, "32 hex digits in lower case are expected here");
    sr_sweep_write_head(reader->again, head);
    return true;
}

static bool
read_at(Reader *reader, json_t *at, GPtrArray *assignments)
{
    const char *name;
    json_t *value;

    json_object_foreach (at, name, value) {
        if (!json_is_string(value))
            return refuse(reader, "a string is missing or out of place here");
        g_ptr_array_add(assignments, g_strconcat(name, "=", json_string_value(value), NULL));
    }
    return true;
}

/* @runs: (out): the number of seeds */
static bool
read_parts(Reader *reader, const json_t *list, GArray *parts, uint64_t *runs)
{
    const SrSweepHead *head = &reader->file->head;
    const json_t *value;
    size_t i;

    *runs = 0;
    json_array_foreach (list, i, value) {
        SrSeedRange part;

        if (!read_range(reader, value, &part))
            return false;
        if (part.first < head->seeds.first || part.last > head->seeds.last)
            return refuse(reader, "seeds that are not of this sweep");
        if (parts->len > 0 &&
            part.first <= g_array_index(parts, SrSeedRange, parts->len - 1).last)
            return refuse(reader, "ranges of seeds ascend without overlap");
        sr_sweep_parts_append(parts, part);
        *runs += part.last - part.first + 1;
    }
    return *runs > 0 || refuse(reader, "a range of seeds is missing or out of place here");
}

static bool
read_point(Reader *reader, const json_t *line)
{
    SrSweepFile *file = reader->file;
    SrSweepPoint *point = sr_sweep_point_new(0);
    uint64_t runs, next = 0;

    if (file->points->len > 0)
        next =
            ((SrSweepPoint *) g_ptr_array_index(file->points, file->points->len - 1))->point +
            1;
    g_ptr_array_add(file->points, point);
    reader->parts = point->parts;
    sr_sweep_row_clear(reader->row);
    if (!read_number(reader, get(reader, line, "point"), &point->point))
        return false;
    if (point->point >= file->head.n_points)
        return refuse(reader, "the sweep has no point of this number");
    if (point->point < next)
        return refuse(reader, "points ascend: this one is there twice or out of place");
    if (!read_at(reader, get(reader, line, "at"), point->at) ||
        !read_parts(reader, get(reader, line, "parts"), point->parts, &runs) ||
        !read_numbers(reader, line, reader->row))
        return false;
    if (reader->row->counters[SR_COUNTER_RUNS] != runs)
        return refuse(reader, "the runs are not as many as the seeds");
    sr_sweep_write_point(reader->again, point->point, point->at, point->parts, reader->row);
    point->numbers = reader->numbers + 1;
    if (file->text == NULL)
        point->numbers = point->own =
            g_strndup(point->numbers, (size_t) (reader->end - reader->numbers));
    return true;
}

bool
sr_sweep_file_is_complete(const SrSweepFile *file)
{
    if (file->points->len != file->head.n_points)
        return false;
    for (guint i = 0; i < file->points->len; i++) {
        const SrSweepPoint *point = g_ptr_array_index(file->points, i);
        if (!sr_sweep_parts_whole(point->parts, file->head.seeds))
            return false;
    }
    return true;
}

static bool
read_end(Reader *reader, const json_t *line)
{
    SrSweepFile *file = reader->file;
    uint64_t n_points;
    char digest[33];

    reader->damage = "";
    file->complete = sr_sweep_file_is_complete(file);
    sr_sweep_digest(reader->text, (size_t) (reader->line - reader->text), digest);
    if (!read_number(reader, get(reader, line, "points"), &n_points))
        return false;
    if (n_points != file->points->len)
        return refuse(reader,
                      "there are %u lines of points above, not %" PRIu64
                      ": the result is damaged",
                      file->points->len, n_points);
    sr_sweep_write_end(reader->again, n_points, file->complete, digest);
    return strncmp(reader->again->str, reader->line, reader->again->len) == 0 ||
           refuse(reader, "the digest of the lines above is %s: the result is damaged", digest);
}

/* Returns: (transfer full) (nullable): the object of the line; for a point without the values
 * that are computed from its numbers, which are compared when the line is written again */
static json_t *
load_line(Reader *reader, json_error_t *error)
{
    size_t n = (size_t) (reader->end - reader->line);
    const char *from = memmem(reader->line, n, RUNS_MEMBER, strlen(RUNS_MEMBER));
    const char *to = memmem(reader->line, n, COUNTERS_MEMBER, strlen(COUNTERS_MEMBER));
    json_t *line;

    if (from == NULL || to == NULL || from > to)
        from = to = reader->end;
    g_string_append_len(reader->again, reader->line, from - reader->line);
    append_numbers(reader->again, to, reader->end);
    reader->numbers = to;
    line = json_loadb(reader->again->str, reader->again->len, JSON_REJECT_DUPLICATES, error);
    g_string_truncate(reader->again, 0);
    if (line == NULL) /* to find the position of the fault */
        line = json_loadb(reader->line, n, JSON_REJECT_DUPLICATES, error);
    if (line == NULL)
        reader->at += MIN((size_t) MAX(error->position, 0), n);
    return line;
}

/* @ended: (inout): whether the last line was read */
static bool
read_line(Reader *reader, bool *ended)
{
    bool first = reader->line == reader->text;
    size_t length = (size_t) (reader->end - reader->line), i = 0;
    json_error_t error;
    json_auto_t *line = load_line(reader, &error);
    const char *type = json_string_value(json_object_get(line, "type"));

    reader->damage = first ? "" : "the line is damaged: ";
    if (first && g_strcmp0(type, "sweep") != 0)
        return refuse(reader,
                      "not the result of a sweep: its first line does not have the type sweep");
    if (line == NULL)
        return refuse(reader, "%s",
                      json_error_code(&error) == json_error_numeric_overflow
                          ? "a number beyond 2^64 - 1"
                          : error.text);
    *ended = g_strcmp0(type, "end") == 0;
    if (!(first    ? read_head(reader, line)
          : *ended ? read_end(reader, line)
                   : read_point(reader, line)))
        return false;
    while (i <= length && i < reader->again->len && reader->line[i] == reader->again->str[i])
        i++;
    reader->at = reader->line + i;
    g_ptr_array_set_size(reader->asked, 0);
    if (i <= length || i < reader->again->len)
        return refuse(reader, "what stands here does not follow from the line's numbers");
    return true;
}

static bool
read_lines(Reader *reader, const char *text, const char *text_end)
{
    bool ended = false;

    reader->damage = "";
    reader->text = reader->line = reader->at = text;
    for (reader->number = 1; reader->line < text_end; reader->number++) {
        size_t left = (size_t) (text_end - reader->line);

        if (ended)
            return refuse(reader, "a line behind the last one");
        reader->end = memchr(reader->line, '\n', MIN(left, LINE_BYTES_MAX));
        if (reader->end == NULL && left >= LINE_BYTES_MAX)
            return refuse(reader, "a line of more than %zu MiB", LINE_BYTES_MAX >> 20);
        if (reader->end == NULL) {
            reader->at = text_end;
            return refuse(reader, "the file breaks off within a line");
        }
        g_string_truncate(reader->again, 0);
        if (!read_line(reader, &ended))
            return false;
        reader->line = reader->at = reader->end + 1;
        reader->damage = "";
    }
    return ended ||
           refuse(reader, text == text_end ? "the file is empty"
                                           : "the last line is missing: the file breaks off");
}

/* @text: (transfer full) (nullable): owns @bytes, if the result may keep them */
static SrSweepFile *
read_result(const char *path, const char *bytes, size_t length, char *text, SrSweepFault *fault)
{
    g_autoptr(SrSweepFile) file = g_new0(SrSweepFile, 1);
    g_autoptr(SrSweepRow) row = sr_sweep_row_new();
    g_autoptr(GString) again = g_string_new(NULL);
    g_autoptr(GPtrArray) asked = g_ptr_array_new();
    Reader reader = {
        .file = file, .row = row, .again = again, .asked = asked, .fault = fault
    };

    *fault = (SrSweepFault){ 0 };
    file->path = g_strdup(path);
    file->points = g_ptr_array_new_with_free_func(sr_sweep_point_free);
    file->text = text;
    return read_lines(&reader, bytes, bytes + length) ? g_steal_pointer(&file) : NULL;
}

SrSweepFile *
sr_sweep_file_parse(const char *path, const char *text, size_t length, SrSweepFault *fault)
{
    return read_result(path, text, length, NULL, fault);
}

SrSweepFile *
sr_sweep_file_load(const char *path, SrSweepFault *fault)
{
    char *text = NULL;
    size_t length;
    const char *why = sr_whole_file_read(path, FILE_BYTES_MAX, &text, &length);

    if (why != NULL) {
        *fault = (SrSweepFault){
            .system = true,
            .path = g_strdup(path),
            .message = g_strdup(why),
        };
        return NULL;
    }
    return read_result(path, text, length, text, fault);
}

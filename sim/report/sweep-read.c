/* Reading the result of a sweep back.
 *
 * A result has one form. So a line is read for the numbers that were counted, they are checked
 * against each other, and the line is written again: if the octets are not the same then some
 * figure does not follow from the numbers, or the text is not the writer's. That leaves little
 * to scan: literals, numbers and strings, in one order, without recursion. Every line ends with
 * a line feed, which no literal, number or string takes, so that nothing is read beyond it. */
#include "session-race/sweep-file.h"

#include <string.h>

#include "report/sweep-private.h"
#include "session-race/whole-file.h"

#define FILE_OCTETS_MAX (UINT64_C(16) << 30)
#define LINE_OCTETS_MAX ((size_t) 16 << 20)
#define COUNTERS_MEMBER ",\"counters\":{"

/* ---- what is owned ---- */

void
sr_sweep_head_clear(SrSweepHead *head)
{
    g_clear_pointer(&head->version, g_free);
    g_clear_pointer(&head->scenario, g_free);
    g_clear_pointer(&head->source, g_free);
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

/* ---- the scanner ---- */

typedef struct {
    const char *at;
    const char *why; /* (nullable) what is wrong at @at */
} Cursor;

static bool
fail(Cursor *cursor, const char *at, const char *why)
{
    cursor->at = at;
    cursor->why = why;
    return false;
}

/* Whether @literal is next; then it is passed. */
static bool
take(Cursor *cursor, const char *literal)
{
    size_t length = strlen(literal);

    if (strncmp(cursor->at, literal, length) != 0)
        return false;
    cursor->at += length;
    return true;
}

static bool
expect(Cursor *cursor, const char *literal)
{
    return take(cursor, literal) ||
           fail(cursor, cursor->at, "the writer of results puts something else here");
}

static bool
take_member(Cursor *cursor, const char *separator, const char *name)
{
    const char *start = cursor->at;

    if (take(cursor, separator) && take(cursor, "\"") && take(cursor, name) &&
        take(cursor, "\":"))
        return true;
    cursor->at = start;
    return false;
}

static bool
expect_member(Cursor *cursor, const char *separator, const char *name)
{
    return take_member(cursor, separator, name) ||
           fail(cursor, cursor->at, "a member is missing or out of place here");
}

static bool
read_digits(Cursor *cursor, uint64_t *number)
{
    const char *start = cursor->at;
    uint64_t value = 0;

    for (; g_ascii_isdigit(*cursor->at); cursor->at++)
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t) (*cursor->at - '0'), &value))
            return fail(cursor, start, "a number beyond 2^64 - 1");
    if (cursor->at == start)
        return fail(cursor, start, "a whole number is expected here");
    *number = value;
    return true;
}

/* A number, in quotes when it is large. */
static bool
read_number(Cursor *cursor, uint64_t *number)
{
    bool quoted = take(cursor, "\"");

    return read_digits(cursor, number) && (!quoted || expect(cursor, "\""));
}

static bool
read_sum(Cursor *cursor, unsigned __int128 *sum)
{
    bool quoted = take(cursor, "\"");
    const char *start = cursor->at;

    for (*sum = 0; g_ascii_isdigit(*cursor->at); cursor->at++)
        if (__builtin_mul_overflow(*sum, (unsigned __int128) 10, sum) ||
            __builtin_add_overflow(*sum, (unsigned __int128) (*cursor->at - '0'), sum))
            return fail(cursor, start, "a number beyond 2^128 - 1");
    if (cursor->at == start)
        return fail(cursor, start, "a whole number is expected here");
    return !quoted || expect(cursor, "\"");
}

static bool
read_range(Cursor *cursor, SrSeedRange *range)
{
    const char *start = cursor->at;

    if (!expect(cursor, "\"") || !read_digits(cursor, &range->first) || !expect(cursor, "..") ||
        !read_digits(cursor, &range->last) || !expect(cursor, "\""))
        return false;
    return range->first <= range->last || fail(cursor, start, "a range of seeds without any");
}

/* What the writer puts behind a backslash. Whatever else is valid JSON there would not be written
 * again as it was. */
static bool
read_escape(Cursor *cursor, GString *text)
{
    gunichar character = 0;

    if (take(cursor, "n") || take(cursor, "r") || take(cursor, "t")) {
        char letter = cursor->at[-1];
        g_string_append_c(text, letter == 'n' ? '\n' : letter == 'r' ? '\r' : '\t');
        return true;
    }
    if (take(cursor, "\"") || take(cursor, "\\")) {
        g_string_append_c(text, cursor->at[-1]);
        return true;
    }
    if (!take(cursor, "u"))
        return fail(cursor, cursor->at, "no such escape");
    for (unsigned i = 0; i < 4; i++, cursor->at++) {
        if (!g_ascii_isxdigit(*cursor->at))
            return fail(cursor, cursor->at, "four hex digits belong behind \\u");
        character = character * 16 + (gunichar) g_ascii_xdigit_value(*cursor->at);
    }
    if (character == 0 || (character >= 0xd800 && character < 0xe000))
        return fail(cursor, cursor->at, "a character that no text has");
    g_string_append_unichar(text, character);
    return true;
}

/* Appends a string to @text. */
static bool
read_string(Cursor *cursor, GString *text)
{
    const char *start = cursor->at;

    if (!take(cursor, "\""))
        return fail(cursor, start, "a string is expected here");
    while (!take(cursor, "\"")) {
        if (*cursor->at == '\n' || *cursor->at == '\0')
            return fail(cursor, start, "a string that does not end");
        if (take(cursor, "\\")) {
            if (!read_escape(cursor, text))
                return false;
        } else {
            g_string_append_c(text, *cursor->at++);
        }
    }
    return true;
}

static bool
read_text(Cursor *cursor, char **text)
{
    g_autoptr(GString) string = g_string_new(NULL);

    if (!read_string(cursor, string))
        return false;
    g_free(*text);
    *text = g_string_free(g_steal_pointer(&string), FALSE);
    return true;
}

/* ---- numbers of a row ---- */

static bool
read_counters(Cursor *cursor, SrSweepRow *row)
{
    const char *start = cursor->at;

    if (!expect(cursor, "\"counters\":{"))
        return false;
    for (unsigned i = 0; i < SR_COUNTER_N; i++)
        if (!expect_member(cursor, i == 0 ? "" : ",",
                           sr_sweep_counter_name((SrSweepCounter) i)) ||
            !read_number(cursor, &row->counters[i]))
            return false;
    for (unsigned i = 0; i < SR_SWEEP_SHARES_N; i++)
        if (row->counters[sr_sweep_shares[i]] > row->counters[SR_COUNTER_RUNS])
            return fail(cursor, start, "a counter of runs exceeds the number of runs");
    return expect(cursor, "}");
}

static bool
read_failed(Cursor *cursor, SrSweepRow *row)
{
    const char *separator = "";

    if (!expect(cursor, ",\"failed\":{"))
        return false;
    for (unsigned i = 0; i < SR_CHECK_N; i++) {
        const char *start = cursor->at;

        if (!take_member(cursor, separator, sr_check_name((SrCheckId) i)))
            continue;
        if (!read_number(cursor, &row->failed[i]))
            return false;
        if (row->failed[i] == 0 || row->failed[i] > row->counters[SR_COUNTER_FAILED])
            return fail(cursor, start, "not between 1 and the number of failed runs");
        separator = ",";
    }
    return expect(cursor, "}");
}

static bool
read_seeds(Cursor *cursor, SrSweepRow *row)
{
    const char *separator = "";

    if (!expect(cursor, ",\"seeds\":{"))
        return false;
    for (unsigned i = 0; i < SR_CHECK_N; i++) {
        unsigned n = sr_sweep_row_n_seeds(row, (SrCheckId) i);

        if (n == 0)
            continue;
        if (!expect_member(cursor, separator, sr_check_name((SrCheckId) i)))
            return false;
        for (unsigned j = 0; j < n; j++) {
            const char *start = cursor->at;

            if (!expect(cursor, j == 0 ? "[\"" : ",\"") ||
                !read_digits(cursor, &row->seeds[i][j]) || !expect(cursor, "\""))
                return false;
            if (j > 0 && row->seeds[i][j] <= row->seeds[i][j - 1])
                return fail(cursor, start, "failing seeds ascend");
        }
        if (!expect(cursor, "]"))
            return false;
        separator = ",";
    }
    return expect(cursor, "}");
}

static bool
read_bucket(Cursor *cursor, SrHistogram *histogram, bool first)
{
    const char *start = cursor->at;
    uint64_t bucket, n;

    if (!expect(cursor, first ? "[[" : ",[") || !read_digits(cursor, &bucket) ||
        !expect(cursor, ",") || !read_number(cursor, &n) || !expect(cursor, "]"))
        return false;
    if (bucket >= SR_HISTOGRAM_BUCKETS || n == 0 || (!first && bucket <= histogram->last))
        return fail(cursor, start, "buckets ascend, exist and count something");
    if (__builtin_add_overflow(histogram->n, n, &histogram->n))
        return fail(cursor, start, "more values than can be counted");
    if (first)
        histogram->first = (uint32_t) bucket;
    histogram->last = (uint32_t) bucket;
    histogram->counts[bucket] = n;
    return true;
}

static bool
read_histogram(Cursor *cursor, SrHistogram *histogram)
{
    const char *start = cursor->at;
    uint64_t min, max;
    unsigned __int128 sum;

    if (!expect(cursor, "{\"min\":") || !read_number(cursor, &min) ||
        !expect(cursor, ",\"max\":") || !read_number(cursor, &max) ||
        !expect(cursor, ",\"sum\":") || !read_sum(cursor, &sum) ||
        !expect(cursor, ",\"counts\":"))
        return false;
    do {
        if (!read_bucket(cursor, histogram, histogram->n == 0))
            return false;
    } while (*cursor->at == ',');
    /* In this order: the product of two numbers below 2^64 fits. */
    if (min > max || sr_histogram_bucket(min) != histogram->first ||
        sr_histogram_bucket(max) != histogram->last ||
        sum < (unsigned __int128) min * histogram->n ||
        sum > (unsigned __int128) max * histogram->n)
        return fail(cursor, start, "min, max and sum do not fit the counts");
    histogram->min = min;
    histogram->max = max;
    histogram->sum_low = (uint64_t) sum;
    histogram->sum_high = (uint64_t) (sum >> 64);
    return expect(cursor, "]}");
}

/* Reads what sr_sweep_write_numbers() writes into the empty @row. */
static bool
read_numbers(Cursor *cursor, SrSweepRow *row)
{
    const char *separator = "";

    if (!read_counters(cursor, row) || !read_failed(cursor, row) || !read_seeds(cursor, row) ||
        !expect(cursor, ",\"histograms\":{"))
        return false;
    for (unsigned i = 0; i < SR_MEASURE_N; i++) {
        if (!take_member(cursor, separator, sr_sweep_measure_name((SrSweepMeasure) i)))
            continue;
        if (!read_histogram(cursor, &row->measures[i]))
            return false;
        separator = ",";
    }
    return expect(cursor, "}}\n");
}

void
sr_sweep_point_row(const SrSweepPoint *point, SrSweepRow *row)
{
    Cursor cursor = { .at = point->numbers };

    sr_sweep_row_clear(row);
    g_assert(read_numbers(&cursor, row));
}

/* ---- lines ---- */

typedef struct {
    const char *line, *end; /* @end: its LF */
    uint64_t number;        /* of the line */
    SrSweepFile *file;
    SrSweepRow *row;
    GString *again; /* the line as the writer has it */
    SrSweepFault *fault;
} Reader;

/* Says what is wrong at @at of this line. Returns: false */
static bool G_GNUC_PRINTF(3, 4) refuse(Reader *reader, const char *at, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    *reader->fault = (SrSweepFault){
        .path = g_strdup(reader->file->path),
        .line = reader->number,
        .column = 1,
        .message = g_strdup_vprintf(format, arguments),
    };
    va_end(arguments);
    for (const char *p = reader->line; p < at; p++)
        reader->fault->column += (*p & 0xc0) != 0x80;
    return false;
}

static bool
same_again(Reader *reader)
{
    size_t length = (size_t) (reader->end + 1 - reader->line), i = 0;

    if (reader->again->len == length && memcmp(reader->again->str, reader->line, length) == 0)
        return true;
    while (i < length && i < reader->again->len && reader->line[i] == reader->again->str[i])
        i++;
    return refuse(reader, reader->line + i,
                  "the line is damaged: what stands here does not follow from its numbers");
}

static bool
is_source(const char *text)
{
    return strlen(text) == 32 && strspn(text, "0123456789abcdef") == 32;
}

static bool
scan_head(Cursor *cursor, SrSweepHead *head)
{
    const char *start = cursor->at;
    uint64_t format;

    if (!take(cursor, "{\"type\":\"sweep\",\"format\":"))
        return fail(cursor, start,
                    "not the result of a sweep: its first line does not have the type sweep");
    if (!read_digits(cursor, &format))
        return false;
    if (format != 1)
        return fail(cursor, cursor->at - 1, "of a later format than this version reads");
    if (!expect_member(cursor, ",", "version") || !read_text(cursor, &head->version) ||
        !expect_member(cursor, ",", "scenario") || !read_text(cursor, &head->scenario) ||
        !expect_member(cursor, ",", "source"))
        return false;
    start = cursor->at;
    if (!read_text(cursor, &head->source))
        return false;
    if (!is_source(head->source))
        return fail(cursor, start, "32 hex digits in lower case are expected here");
    if (!expect_member(cursor, ",", "seeds"))
        return false;
    start = cursor->at;
    if (!read_range(cursor, &head->seeds))
        return false;
    if (head->seeds.last - head->seeds.first >= SR_SWEEP_RUNS_MAX)
        return fail(cursor, start, "more seeds than a sweep takes");
    if (!expect_member(cursor, ",", "points"))
        return false;
    start = cursor->at;
    if (!read_digits(cursor, &head->n_points))
        return false;
    return (head->n_points >= 1 && head->n_points <= SR_SWEEP_POINTS_MAX) ||
           fail(cursor, start, "not between 1 and 1000000 points");
}

static bool
read_head(Reader *reader)
{
    Cursor cursor = { .at = reader->line };

    if (!scan_head(&cursor, &reader->file->head))
        return refuse(reader, cursor.at, "%s", cursor.why);
    sr_sweep_write_head(reader->again, &reader->file->head);
    return same_again(reader);
}

static bool
scan_at(Cursor *cursor, GPtrArray *at)
{
    if (!expect(cursor, ",\"at\":{"))
        return false;
    if (take(cursor, "}"))
        return true;
    do {
        g_autoptr(GString) assignment = g_string_new(NULL);

        if (!read_string(cursor, assignment) || !expect(cursor, ":"))
            return false;
        g_string_append_c(assignment, '=');
        if (!read_string(cursor, assignment))
            return false;
        g_ptr_array_add(at, g_string_free(g_steal_pointer(&assignment), FALSE));
    } while (take(cursor, ","));
    return expect(cursor, "}");
}

/* @runs: (out): how many seeds they are */
static bool
scan_parts(Cursor *cursor, const SrSweepHead *head, GArray *parts, uint64_t *runs)
{
    *runs = 0;
    if (!expect(cursor, ",\"parts\":["))
        return false;
    do {
        const char *start = cursor->at;
        SrSeedRange part;

        if (!read_range(cursor, &part))
            return false;
        if (part.first < head->seeds.first || part.last > head->seeds.last)
            return fail(cursor, start, "seeds that are not of this sweep");
        if (parts->len > 0 &&
            part.first <= g_array_index(parts, SrSeedRange, parts->len - 1).last)
            return fail(cursor, start, "ranges of seeds ascend without overlap");
        sr_sweep_parts_append(parts, part);
        *runs += part.last - part.first + 1;
    } while (take(cursor, ","));
    return expect(cursor, "]");
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

static bool
holds_failing_seeds(const GArray *parts, const SrSweepRow *row)
{
    for (unsigned i = 0; i < SR_CHECK_N; i++)
        for (unsigned j = 0; j < sr_sweep_row_n_seeds(row, (SrCheckId) i); j++)
            if (!holds_seed(parts, row->seeds[i][j]))
                return false;
    return true;
}

static bool
scan_point(Cursor *cursor, Reader *reader, SrSweepPoint *point)
{
    const SrSweepHead *head = &reader->file->head;
    const GPtrArray *points = reader->file->points;
    const SrSweepPoint *last =
        points->len > 0 ? g_ptr_array_index(points, points->len - 1) : NULL;
    const char *start, *numbers;
    uint64_t runs;

    if (!expect(cursor, "{\"type\":\"point\",\"point\":"))
        return false;
    start = cursor->at;
    if (!read_digits(cursor, &point->point))
        return false;
    if (point->point >= head->n_points)
        return fail(cursor, start, "the sweep has no point of this number");
    if (last != NULL && point->point <= last->point)
        return fail(cursor, start, "points ascend: this one is there twice or out of place");
    if (!scan_at(cursor, point->at) || !scan_parts(cursor, head, point->parts, &runs))
        return false;
    /* What lies between is worked out from what follows, and compared with that. */
    numbers = memmem(cursor->at, (size_t) (reader->end - cursor->at), COUNTERS_MEMBER,
                     strlen(COUNTERS_MEMBER));
    if (numbers == NULL)
        return fail(cursor, reader->end, "the line lacks its counters");
    cursor->at = numbers + 1;
    if (!read_numbers(cursor, reader->row))
        return false;
    if (reader->row->counters[SR_COUNTER_RUNS] != runs)
        return fail(cursor, numbers, "the runs are not as many as the seeds");
    if (!holds_failing_seeds(point->parts, reader->row))
        return fail(cursor, numbers, "a failing seed is none of those that were run");
    if (reader->file->text == NULL)
        point->own = g_strndup(numbers + 1, (size_t) (reader->end - numbers));
    point->numbers = point->own != NULL ? point->own : numbers + 1;
    return true;
}

static bool
read_point(Reader *reader)
{
    Cursor cursor = { .at = reader->line };
    SrSweepPoint *point = sr_sweep_point_new(0);
    bool good;

    sr_sweep_row_clear(reader->row);
    good = scan_point(&cursor, reader, point);
    if (!good)
        refuse(reader, cursor.at, "the line is damaged: %s", cursor.why);
    /* Also after a failure, so that somebody frees it. */
    g_ptr_array_add(reader->file->points, point);
    if (!good)
        return false;
    sr_sweep_write_point(reader->again, point->point, point->at, point->parts, reader->row);
    return same_again(reader);
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

/* @body: the lines above, from the second on */
static bool
read_end(Reader *reader, const char *body)
{
    SrSweepFile *file = reader->file;
    Cursor cursor = { .at = reader->line };
    uint64_t n_points;
    char digest[33];

    file->complete = sr_sweep_file_is_complete(file);
    sr_sweep_digest(body, (size_t) (reader->line - body), digest);
    if (!expect(&cursor, "{\"type\":\"end\",\"points\":") || !read_digits(&cursor, &n_points))
        return refuse(reader, cursor.at, "%s", cursor.why);
    if (n_points != file->points->len)
        return refuse(reader, cursor.at - 1,
                      "there are %u lines of points above, not %" G_GUINT64_FORMAT
                      ": the result is damaged",
                      file->points->len, n_points);
    sr_sweep_write_end(reader->again, n_points, file->complete, digest);
    if (reader->again->len == (size_t) (reader->end + 1 - reader->line) &&
        memcmp(reader->again->str, reader->line, reader->again->len) == 0)
        return true;
    return refuse(reader, cursor.at,
                  "the digest of the lines above is %s: the result is damaged", digest);
}

static bool
find_line_end(Reader *reader, const char *text_end)
{
    size_t left = (size_t) (text_end - reader->line);

    reader->end = memchr(reader->line, '\n', MIN(left, LINE_OCTETS_MAX));
    if (reader->end != NULL)
        return memchr(reader->line, '\0', (size_t) (reader->end - reader->line)) == NULL ||
               refuse(reader, reader->line, "a line with a zero octet");
    if (left >= LINE_OCTETS_MAX)
        return refuse(reader, reader->line, "a line of more than %zu MiB",
                      LINE_OCTETS_MAX >> 20);
    return refuse(reader, text_end, "the file breaks off within a line");
}

static bool
read_lines(Reader *reader, const char *text, const char *text_end)
{
    const char *body = NULL;
    bool ended = false;

    reader->line = text;
    for (reader->number = 1; reader->line < text_end; reader->number++) {
        bool good;

        if (ended)
            return refuse(reader, reader->line, "a line behind the last one");
        if (!find_line_end(reader, text_end))
            return false;
        g_string_truncate(reader->again, 0);
        if (reader->number == 1)
            good = read_head(reader);
        else if (g_str_has_prefix(reader->line, "{\"type\":\"end\""))
            good = ended = read_end(reader, body);
        else
            good = read_point(reader);
        if (!good)
            return false;
        reader->line = reader->end + 1;
        body = body != NULL ? body : reader->line;
    }
    if (ended)
        return true;
    return refuse(reader, reader->line,
                  body == NULL ? "the file is empty"
                               : "the last line is missing: the file breaks off");
}

/* @text: (transfer full) (nullable): @octets, when the result may keep them */
static SrSweepFile *
read_result(const char *path, const char *octets, size_t length, char *text,
            SrSweepFault *fault)
{
    g_autoptr(SrSweepFile) file = g_new0(SrSweepFile, 1);
    g_autoptr(SrSweepRow) row = sr_sweep_row_new();
    g_autoptr(GString) again = g_string_new(NULL);
    Reader reader = { .file = file, .row = row, .again = again, .fault = fault };

    *fault = (SrSweepFault){ 0 };
    file->path = g_strdup(path);
    file->points = g_ptr_array_new_with_free_func(sr_sweep_point_free);
    file->text = text;
    return read_lines(&reader, octets, octets + length) ? g_steal_pointer(&file) : NULL;
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
    const char *why = sr_whole_file_read(path, FILE_OCTETS_MAX, &text, &length);

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

/* A table of many points: one line each. Each varied key has a column, as narrow as the other
 * columns require. A value that was cut is shown in full below the table, if the point failed,
 * and in the result. */
#include <string.h>

#include "report/report-private.h"
#include "report/sweep-table-private.h"

/* A table with more lines is not readable. */
#define LINES_MAX 200u
#define KEYS_MAX 8u
#define KEY_COLUMNS_MIN 5u

enum {
    EDITORS,
    RUNS,
    FAILED,
    INTERVAL,
    WINNERS_P99,
    OTHERS_P99,
    CELL_N
};

static const struct {
    const char *heading, *below;
    bool to_left;
} columns[CELL_N] = {
    [EDITORS] = { "locked out", "editors", false },
    [RUNS] = { "", "runs", false },
    [FAILED] = { "", "failed", false },
    [INTERVAL] = { "", "95 % interval", true },
    [WINNERS_P99] = { "winners", "p99", false },
    [OTHERS_P99] = { "others", "p99", false },
};

typedef struct {
    uint64_t point;
    bool unexpected;
    char *values[KEYS_MAX];
    char *cells[CELL_N];
} Line;

struct SrSweepLines {
    GArray *lines; /* Line, the first LINES_MAX */
    uint64_t n;
    unsigned n_keys;
    char *keys[KEYS_MAX]; /* of the first point */
};

static void
line_clear(void *data)
{
    Line *line = data;

    for (unsigned i = 0; i < KEYS_MAX; i++)
        g_free(line->values[i]);
    for (unsigned i = 0; i < CELL_N; i++)
        g_free(line->cells[i]);
}

SrSweepLines *
sr_sweep_lines_new(void)
{
    SrSweepLines *lines = g_new0(SrSweepLines, 1);

    lines->lines = g_array_new(FALSE, TRUE, sizeof(Line));
    g_array_set_clear_func(lines->lines, line_clear);
    return lines;
}

void
sr_sweep_lines_free(SrSweepLines *lines)
{
    if (lines == NULL)
        return;
    g_array_unref(lines->lines);
    for (unsigned i = 0; i < KEYS_MAX; i++)
        g_free(lines->keys[i]);
    g_free(lines);
}

static char *
plain(const char *text, size_t length)
{
    GString *out = g_string_new(NULL);
    g_autofree char *copy = g_strndup(text, length);

    sr_text_plain(out, copy);
    return g_string_free(out, FALSE);
}

/* Returns: "GROUP.KEY" without its group, since the key is clear enough as a heading */
static void
take_keys(SrSweepLines *lines, const GPtrArray *at)
{
    for (guint i = 0; i < at->len && i < KEYS_MAX; i++) {
        const char *assignment = g_ptr_array_index(at, i), *equals = strchr(assignment, '=');
        const char *dot = memrchr(assignment, '.', (size_t) (equals - assignment));
        const char *key = dot != NULL ? dot + 1 : assignment;

        lines->keys[lines->n_keys++] = plain(key, (size_t) (equals - key));
    }
}

static char *
share_cell(uint64_t n, uint64_t runs)
{
    GString *text = g_string_new(NULL);

    sr_sweep_percent(text, (double) n / (double) runs);
    return g_string_free(text, FALSE);
}

static char *
time_cell(const SrHistogram *histogram, uint32_t per_million)
{
    GString *text = g_string_new(histogram->n > 0 ? NULL : "-");

    if (histogram->n > 0)
        sr_span_show(text, sr_histogram_quantile(histogram, per_million));
    return g_string_free(text, FALSE);
}

void
sr_sweep_lines_add(SrSweepLines *lines, uint64_t point, const GPtrArray *at,
                   const SrSweepRow *row)
{
    uint64_t runs = row->counters[SR_COUNTER_RUNS];
    Line line = { .point = point, .unexpected = row->shares[SR_SHARE_UNEXPECTED] > 0 };

    if (lines->n++ == 0)
        take_keys(lines, at);
    if (lines->lines->len == LINES_MAX)
        return;
    GString *interval = g_string_new(NULL);
    for (unsigned i = 0; i < lines->n_keys && i < at->len; i++) {
        const char *value = strchr(g_ptr_array_index(at, i), '=') + 1;
        line.values[i] = plain(value, strlen(value));
    }
    line.cells[EDITORS] = share_cell(sr_sweep_row_clients(row, SR_CLIENTS_LOCKED_OUT),
                                     MAX(row->counters[SR_COUNTER_CLIENTS], 1));
    line.cells[RUNS] = share_cell(row->shares[SR_SHARE_LOCKED_OUT], runs);
    line.cells[FAILED] = share_cell(row->shares[SR_SHARE_FAILED], runs);
    sr_sweep_interval(interval, row->shares[SR_SHARE_FAILED], runs);
    line.cells[INTERVAL] = g_string_free(interval, FALSE);
    line.cells[WINNERS_P99] = time_cell(&row->measures[SR_MEASURE_WINNER], 990000);
    line.cells[OTHERS_P99] = time_cell(&row->measures[SR_MEASURE_REJECTED], 990000);
    g_array_append_val(lines->lines, line);
}

/* ---- layout ---- */

typedef struct {
    unsigned point, keys[KEYS_MAX], cells[CELL_N];
} Widths;

static void
widen(unsigned *width, const char *text)
{
    if (text != NULL)
        *width = MAX(*width, sr_report_width(text));
}

/* Narrows the widest key until the line fits. */
static void
narrow(Widths *widths, unsigned n_keys)
{
    for (;;) {
        unsigned sum = widths->point, widest = 0;

        for (unsigned i = 0; i < CELL_N; i++)
            sum += 2 + widths->cells[i];
        for (unsigned i = 0; i < n_keys; i++) {
            sum += 2 + widths->keys[i];
            widest = widths->keys[i] > widths->keys[widest] ? i : widest;
        }
        if (sum <= SR_SWEEP_COLUMNS || n_keys == 0 || widths->keys[widest] <= KEY_COLUMNS_MIN)
            return;
        widths->keys[widest]--;
    }
}

static Widths
measure(const SrSweepLines *lines)
{
    Widths widths = { .point = strlen("point") };

    for (unsigned i = 0; i < lines->n_keys; i++)
        widen(&widths.keys[i], lines->keys[i]);
    for (unsigned i = 0; i < CELL_N; i++) {
        widen(&widths.cells[i], columns[i].heading);
        widen(&widths.cells[i], columns[i].below);
    }
    for (guint j = 0; j < lines->lines->len; j++) {
        const Line *line = &g_array_index(lines->lines, Line, j);
        for (unsigned i = 0; i < lines->n_keys; i++)
            widen(&widths.keys[i], line->values[i]);
        for (unsigned i = 0; i < CELL_N; i++)
            widen(&widths.cells[i], line->cells[i]);
    }
    narrow(&widths, lines->n_keys);
    return widths;
}

/* Appends @text in exactly @width columns; cuts its end if it is too long. */
static void
append_cut(GString *out, const char *text, unsigned width)
{
    g_autoptr(GString) cut = g_string_new(text);

    if (sr_report_width(text) > width) {
        while (cut->len > 0 && sr_report_width(cut->str) + 1 > width)
            g_string_truncate(
                cut, (gsize) (g_utf8_find_prev_char(cut->str, cut->str + cut->len) - cut->str));
        g_string_append(cut, "…");
    }
    sr_text_left(out, cut->str, width);
}

static void
append_headings(const SrSweepLines *lines, const Widths *widths, GString *out)
{
    for (unsigned row = 0; row < 2; row++) {
        g_autoptr(GString) line = g_string_new(NULL);

        sr_text_right(line, row == 1 ? "point" : "", widths->point);
        for (unsigned i = 0; i < lines->n_keys; i++) {
            g_string_append(line, "  ");
            append_cut(line, row == 1 ? lines->keys[i] : "", widths->keys[i]);
        }
        for (unsigned i = 0; i < CELL_N; i++) {
            const char *text = row == 1 ? columns[i].below : columns[i].heading;
            g_string_append(line, "  ");
            (columns[i].to_left ? sr_text_left : sr_text_right)(line, text, widths->cells[i]);
        }
        g_string_append_printf(out, "%s\n", g_strchomp(line->str));
    }
}

static void
append_line(const SrSweepLines *lines, const Line *line, const Widths *widths,
            const SrStyle *style, GString *out)
{
    g_autofree char *number = g_strdup_printf("%" PRIu64, line->point);

    sr_text_right(out, number, widths->point);
    for (unsigned i = 0; i < lines->n_keys; i++) {
        g_string_append(out, "  ");
        append_cut(out, line->values[i] != NULL ? line->values[i] : "", widths->keys[i]);
    }
    for (unsigned i = 0; i < CELL_N; i++) {
        g_autoptr(GString) cell = g_string_new(NULL);

        (columns[i].to_left ? sr_text_left : sr_text_right)(cell, line->cells[i],
                                                            widths->cells[i]);
        g_string_append(out, "  ");
        if (line->unexpected && i <= RUNS)
            sr_style_paint(style, SR_COLOUR_BAD, cell->str, out);
        else
            g_string_append(out, cell->str);
    }
    g_string_append_c(out, '\n');
}

void
sr_sweep_lines_append(const SrSweepLines *lines, const SrStyle *style, GString *out)
{
    Widths widths = measure(lines);

    append_headings(lines, &widths, out);
    for (guint i = 0; i < lines->lines->len; i++)
        append_line(lines, &g_array_index(lines->lines, Line, i), &widths, style, out);
    if (lines->n > lines->lines->len)
        g_string_append_printf(out, "… and %" PRIu64 " more points\n",
                               lines->n - lines->lines->len);
}

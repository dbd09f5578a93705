/* The table of a sweep as CSV, Markdown or HTML, a line a point: report/sweep-table.h says which columns.
 *
 * A cell of CSV may come from a file: a varied value. It is quoted where it has to be. In Markdown and
 * HTML nothing from a file is markup. */
#include <string.h>

#include "base/interval.h"
#include "report/report-private.h"
#include "report/sweep-private.h"
#include "report/sweep-table-private.h"

struct SrSweepSheet {
    SrSweepForm form;
    bool begun;        /* the line of headings is there */
    uint64_t point;    /* that was added last */
    GString *required; /* Markdown: lines below the table */
    /* HTML: what the columns are called, for cells that stand without their headings; the cell
     * that comes next */
    GPtrArray *labels;
    guint column;
};

/* The columns that people read, behind the point and what is varied. */
static const char *const headings[] = {
    "runs",          "editors locked out",   "runs with an editor locked out",
    "95 % interval", "runs not as expected", "runs in which a check failed",
    "winners, p50",  "winners, p99",         "others, p99",
};

/* Whether the cells of a column of the forms for people are numbers: the point, and what was counted. */
static bool
is_number(const SrSweepSheet *sheet, guint column)
{
    return column == 0 || column + G_N_ELEMENTS(headings) >= sheet->labels->len;
}

/* ---- cells ---- */

/* Text of any origin, in CSV, on one line: a result of somebody else's may hold anything. */
static void
append_csv(GString *out, const char *text)
{
    g_autoptr(GString) plain = g_string_new(NULL);
    bool quoted;

    sr_text_plain(plain, text);
    quoted = strpbrk(plain->str, ",\"") != NULL;
    g_string_append(out, quoted ? "\"" : "");
    for (const char *p = plain->str; *p != '\0'; p++) {
        if (*p == '"')
            g_string_append_c(out, '"');
        g_string_append_c(out, *p);
    }
    g_string_append(out, quoted ? "\"" : "");
}

/* Text of any origin, in Markdown. */
static void
append_markdown(GString *out, const char *text)
{
    g_autoptr(GString) plain = g_string_new(NULL);

    sr_text_plain(plain, text);
    for (const char *p = plain->str; *p != '\0'; p++) {
        if (strchr("\\`*_[]<>#|&~@", *p) != NULL)
            g_string_append_c(out, '\\');
        g_string_append_c(out, *p);
    }
}

/* A cell of any form, @text of any origin; the first cell of a line has nothing before it. */
static void
append_text(SrSweepSheet *sheet, GString *out, const char *text)
{
    bool first = out->len == 0 || out->str[out->len - 1] == '\n';

    if (sheet->form == SR_SWEEP_MARKDOWN) {
        g_string_append(out, first ? "| " : " ");
        append_markdown(out, text);
        g_string_append(out, " |");
    } else if (sheet->form == SR_SWEEP_HTML) {
        sr_put_html(out, "%-s<td data-label=\"%s\"%-s>%s</td>", first ? "<tr>" : "",
                    (const char *) g_ptr_array_index(sheet->labels, sheet->column),
                    is_number(sheet, sheet->column) ? " class=\"num\"" : "", text);
        sheet->column++;
    } else {
        g_string_append(out, first ? "" : ",");
        append_csv(out, text);
    }
}

static void G_GNUC_PRINTF(3, 4)
    append_cell(SrSweepSheet *sheet, GString *out, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list arguments;

    va_start(arguments, format);
    text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    append_text(sheet, out, text);
}

/* ---- CSV ---- */

static const char *
group_of(unsigned share)
{
    return share < SR_SHARE_CHECK ? "shares" : "checks";
}

static void
append_csv_headings(SrSweepSheet *sheet, const GPtrArray *at, GString *out)
{
    static const char *const of_share[] = { "n", "share", "low", "high" };

    g_string_append(out, "point");
    for (guint i = 0; i < at->len; i++) {
        const char *assignment = g_ptr_array_index(at, i);

        append_cell(sheet, out, "at.%.*s", (int) strcspn(assignment, "="), assignment);
    }
    append_text(sheet, out, "runs");
    for (unsigned i = 0; i < SR_CLIENTS_N; i++)
        for (unsigned j = 0; j < 2; j++)
            append_cell(sheet, out, "clients.%s.%s", sr_sweep_clients_name(i), of_share[j]);
    for (unsigned i = 0; i < SR_SHARE_N; i++)
        for (unsigned j = 0; j < G_N_ELEMENTS(of_share); j++)
            append_cell(sheet, out, "%s.%s.%s", group_of(i), sr_sweep_share_name(i),
                        of_share[j]);
    for (unsigned i = 0; i <= SR_MEASURE_BOTH; i++)
        for (unsigned j = 0; j < SR_SWEEP_STATISTICS_N; j++)
            append_cell(sheet, out, "measures.%s.%s", sr_sweep_measure_name(i),
                        sr_sweep_statistics[j].name);
    g_string_append_c(out, '\n');
}

/* As in the result: six significant digits. */
static void
append_real(GString *out, double value)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];

    g_string_append_printf(out, ",%s", g_ascii_formatd(text, sizeof text, "%.6g", value));
}

static void
append_csv_point(SrSweepSheet *sheet, uint64_t point, const GPtrArray *at,
                 const SrSweepRow *row, GString *out)
{
    uint64_t runs = row->counters[SR_COUNTER_RUNS], clients = row->counters[SR_COUNTER_CLIENTS];
    g_autofree SrHistogram *both = g_new0(SrHistogram, 1);

    g_string_append_printf(out, "%" PRIu64, point);
    for (guint i = 0; i < at->len; i++)
        append_text(sheet, out, strchr(g_ptr_array_index(at, i), '=') + 1);
    g_string_append_printf(out, ",%" PRIu64, runs);
    for (unsigned i = 0; i < SR_CLIENTS_N; i++) {
        uint64_t n = sr_sweep_row_clients(row, i);

        g_string_append_printf(out, ",%" PRIu64, n);
        append_real(out, clients > 0 ? (double) n / (double) clients : 0);
    }
    for (unsigned i = 0; i < SR_SHARE_N; i++) {
        SrInterval interval = sr_clopper_pearson(row->shares[i], runs, 0.95);

        g_string_append_printf(out, ",%" PRIu64, row->shares[i]);
        append_real(out, interval.share);
        append_real(out, interval.low);
        append_real(out, interval.high);
    }
    for (unsigned i = 0; i <= SR_MEASURE_BOTH; i++) {
        const SrHistogram *values = sr_sweep_row_values(row, i, both);

        for (unsigned j = 0; j < SR_SWEEP_STATISTICS_N; j++)
            if (values->n == 0)
                g_string_append(out, ",");
            else
                g_string_append_printf(out, ",%" PRIu64, sr_sweep_statistic(values, j));
    }
    g_string_append_c(out, '\n');
}

/* ---- Markdown and HTML ---- */

static void
take_labels(SrSweepSheet *sheet, const GPtrArray *at)
{
    g_ptr_array_add(sheet->labels, g_strdup("point"));
    for (guint i = 0; i < at->len; i++) {
        const char *assignment = g_ptr_array_index(at, i);

        g_ptr_array_add(sheet->labels, g_strndup(assignment, strcspn(assignment, "=")));
    }
    for (size_t i = 0; i < G_N_ELEMENTS(headings); i++)
        g_ptr_array_add(sheet->labels, g_strdup(headings[i]));
}

static void
append_headings(SrSweepSheet *sheet, const GPtrArray *at, GString *out)
{
    take_labels(sheet, at);
    if (sheet->form == SR_SWEEP_HTML) {
        g_string_append(out, "<table class=\"points\"><thead><tr>");
        for (guint i = 0; i < sheet->labels->len; i++)
            sr_put_html(out, "<th scope=\"col\"%-s>%s</th>",
                        is_number(sheet, i) ? " class=\"num\"" : "",
                        (const char *) g_ptr_array_index(sheet->labels, i));
        g_string_append(out, "</tr></thead><tbody>\n");
        return;
    }
    for (guint i = 0; i < sheet->labels->len; i++)
        append_text(sheet, out, g_ptr_array_index(sheet->labels, i));
    g_string_append(out, "\n|");
    for (guint i = 0; i < sheet->labels->len; i++)
        g_string_append(out, is_number(sheet, i) ? " ---: |" : " --- |");
    g_string_append_c(out, '\n');
}

static void
append_percent_cell(SrSweepSheet *sheet, GString *out, uint64_t n, uint64_t all)
{
    g_autoptr(GString) text = g_string_new(NULL);

    sr_sweep_percent(text, all > 0 ? (double) n / (double) all : 0);
    append_text(sheet, out, text->str);
}

static void
append_time_cell(SrSweepSheet *sheet, GString *out, const SrHistogram *values,
                 uint32_t per_million)
{
    g_autoptr(GString) text = g_string_new(NULL);

    if (values->n > 0)
        sr_span_show(text, sr_histogram_quantile(values, per_million));
    append_text(sheet, out, text->str);
}

static void
append_point(SrSweepSheet *sheet, uint64_t point, const GPtrArray *at, const SrSweepRow *row,
             GString *out)
{
    uint64_t runs = row->counters[SR_COUNTER_RUNS];
    g_autoptr(GString) interval = g_string_new(NULL);

    sheet->column = 0;
    append_cell(sheet, out, "%" PRIu64, point);
    for (guint i = 0; i < at->len; i++)
        append_text(sheet, out, strchr(g_ptr_array_index(at, i), '=') + 1);
    append_cell(sheet, out, "%" PRIu64, runs);
    append_percent_cell(sheet, out, sr_sweep_row_clients(row, SR_CLIENTS_LOCKED_OUT),
                        row->counters[SR_COUNTER_CLIENTS]);
    append_percent_cell(sheet, out, row->shares[SR_SHARE_LOCKED_OUT], runs);
    sr_sweep_interval(interval, row->shares[SR_SHARE_LOCKED_OUT], runs);
    append_text(sheet, out, interval->str);
    append_percent_cell(sheet, out, row->shares[SR_SHARE_UNEXPECTED], runs);
    append_percent_cell(sheet, out, row->shares[SR_SHARE_FAILED], runs);
    append_time_cell(sheet, out, &row->measures[SR_MEASURE_WINNER], 500000);
    append_time_cell(sheet, out, &row->measures[SR_MEASURE_WINNER], 990000);
    append_time_cell(sheet, out, &row->measures[SR_MEASURE_REJECTED], 990000);
    g_string_append(out, sheet->form == SR_SWEEP_HTML ? "</tr>\n" : "\n");
}

/* ---- the sheet ---- */

SrSweepSheet *
sr_sweep_sheet_new(const SrSweepHead *head, SrSweepForm form, GString *out)
{
    SrSweepSheet *sheet = g_new0(SrSweepSheet, 1);

    sheet->form = form;
    sheet->required = g_string_new(NULL);
    sheet->labels = g_ptr_array_new_with_free_func(g_free);
    if (form != SR_SWEEP_MARKDOWN)
        return sheet;
    if (*head->scenario != '\0') {
        g_string_append(out, "**");
        append_markdown(out, head->scenario);
        g_string_append(out, "**, ");
    }
    g_string_append_printf(out, "seeds %" PRIu64 " to %" PRIu64 "\n\n", head->seeds.first,
                           head->seeds.last);
    return sheet;
}

void
sr_sweep_sheet_free(SrSweepSheet *sheet)
{
    if (sheet == NULL)
        return;
    g_string_free(sheet->required, TRUE);
    g_ptr_array_unref(sheet->labels);
    g_free(sheet);
}

static void
begin(SrSweepSheet *sheet, const GPtrArray *at, GString *out)
{
    if (!sheet->begun)
        (sheet->form == SR_SWEEP_CSV ? append_csv_headings : append_headings)(sheet, at, out);
    sheet->begun = true;
}

void
sr_sweep_sheet_add(SrSweepSheet *sheet, uint64_t point, const GPtrArray *at,
                   const SrSweepRow *row, GString *out)
{
    begin(sheet, at, out);
    sheet->point = point;
    (sheet->form == SR_SWEEP_CSV ? append_csv_point : append_point)(sheet, point, at, row, out);
}

void
sr_sweep_sheet_require(SrSweepSheet *sheet, const SrSweepRequired *required,
                       const char *measured)
{
    if (sheet->form != SR_SWEEP_MARKDOWN)
        return;
    g_string_append_printf(sheet->required, "- point %" PRIu64 ": %s ", sheet->point,
                           required->met ? "met" : "**not met**");
    append_markdown(sheet->required, required->text);
    g_string_append(sheet->required, ": ");
    append_markdown(sheet->required, measured);
    g_string_append_c(sheet->required, '\n');
}

void
sr_sweep_sheet_end(SrSweepSheet *sheet, GString *out)
{
    g_autoptr(GPtrArray) nothing = g_ptr_array_new();

    begin(sheet, nothing, out);
    if (sheet->form == SR_SWEEP_HTML)
        g_string_append(out, "</tbody></table>\n");
    if (sheet->required->len > 0)
        g_string_append_printf(out, "\n%s", sheet->required->str);
}

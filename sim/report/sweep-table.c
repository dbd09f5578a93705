/* The table of a sweep: its title, its points in one of two forms, the commands that replay
 * unexpected runs, and what the study requires. Tables for programs and pages are in
 * sweep-sheet.c. */
#include "report/sweep-table.h"

#include "report/report-private.h"
#include "report/sweep-table-private.h"

/* Below a long table, at most this many points are explained. */
#define POINTS_EXPLAINED_MAX 5u

struct SrSweepTable {
    const SrSweepTableOptions *options;
    uint64_t n_points;                               /* of the sweep */
    SrSeedRange seeds;                               /* of the sweep */
    SrSweepLines *lines;                             /* (nullable) a line a point */
    SrSweepSheet *sheet;                             /* (nullable) instead of all else */
    char *name;                                      /* of the point added last */
    bool required;                                   /* there is a requirement for it */
    bool unmet;                                      /* a requirement for it is not met */
    uint64_t n_added, n_unexpected, n_required, n_unmet; /* points */
    GString *failures, *unmet_text;                  /* shown below the lines */
};

/* ---- names ---- */

static void
append_title(GString *out, const SrSweepHead *head)
{
    uint64_t n_seeds = head->seeds.last - head->seeds.first + 1;

    if (*head->scenario != '\0') {
        sr_text_plain(out, head->scenario);
        g_string_append_c(out, '\n');
    }
    if (head->n_points > 1)
        g_string_append_printf(out, "%" PRIu64 " points, ", head->n_points);
    g_string_append_printf(out, "%" PRIu64 " seed%s%s (", n_seeds, n_seeds == 1 ? "" : "s",
                           head->n_points > 1 ? " each" : "");
    g_string_append_printf(out, "%" PRIu64 "..%" PRIu64 ")\n", head->seeds.first,
                           head->seeds.last);
}

/* "point 3: network.latency=5ms, …" */
static char *
name_point(uint64_t point, const GPtrArray *at)
{
    g_autoptr(GString) name = g_string_new(NULL);

    g_string_append_printf(name, "point %" PRIu64, point);
    for (guint i = 0; i < at->len; i++) {
        g_string_append(name, i == 0 ? ": " : ", ");
        sr_text_plain(name, g_ptr_array_index(at, i));
    }
    return g_string_free(g_steal_pointer(&name), FALSE);
}

/* Appends the command that plays the smallest seed that was not as expected. */
static void
append_replay(const SrSweepTable *table, const GPtrArray *at, const SrSweepRow *row,
              const char *indent, GString *out)
{
    const SrSweepTableOptions *options = table->options;
    g_autoptr(GPtrArray) overrides = g_ptr_array_new();
    g_autofree char *command = NULL;

    if (row->shares[SR_SHARE_UNEXPECTED] == 0)
        return;
    for (size_t i = 0; i < options->n_overrides; i++)
        g_ptr_array_add(overrides, (gpointer) (uintptr_t) options->overrides[i]);
    for (guint i = 0; i < at->len; i++)
        g_ptr_array_add(overrides, g_ptr_array_index(at, i));
    command = sr_report_replay_with(options->options != NULL ? options->options : "",
                                    (const char *const *) overrides->pdata, overrides->len,
                                    row->seeds[SR_SHARE_UNEXPECTED][0],
                                    options->file != NULL ? options->file : "SCENARIO");
    g_string_append_printf(out, "%sreplay: %s\n", indent, command);
}

/* ---- the table ---- */

SrSweepTable *
sr_sweep_table_new(const SrSweepHead *head, const SrSweepTableOptions *options, GString *out)
{
    SrSweepTable *table = g_new0(SrSweepTable, 1);

    table->options = options;
    table->n_points = head->n_points;
    table->seeds = head->seeds;
    table->failures = g_string_new(NULL);
    table->unmet_text = g_string_new(NULL);
    if (options->form != SR_SWEEP_FOR_PEOPLE)
        table->sheet = sr_sweep_sheet_new(head, options->form, out);
    else if (head->n_points > SR_SWEEP_BLOCKS_MAX)
        table->lines = sr_sweep_lines_new();
    if (table->sheet == NULL)
        append_title(out, head);
    return table;
}

static void
append_runs(const SrSweepTable *table, const SrSeedRange *parts, size_t n_parts, uint64_t runs,
            GString *out)
{
    if (n_parts == 1 && parts[0].first == table->seeds.first &&
        parts[0].last == table->seeds.last)
        return;
    g_string_append_printf(out, "only %" PRIu64 " run%s: seeds", runs,
                           runs == 1 ? "" : "s");
    for (size_t i = 0; i < n_parts && i < 5; i++)
        g_string_append_printf(out, "%s %" PRIu64 "..%" PRIu64, i > 0 ? "," : "",
                               parts[i].first, parts[i].last);
    g_string_append(out, n_parts > 5 ? ", …\n" : "\n");
}

void
sr_sweep_table_add(SrSweepTable *table, uint64_t point, const GPtrArray *at,
                   const SrSeedRange *parts, size_t n_parts, const SrSweepRow *row,
                   GString *out)
{
    bool unexpected = row->shares[SR_SHARE_UNEXPECTED] > 0;

    g_assert(row->counters[SR_COUNTER_RUNS] > 0);
    if (table->sheet != NULL) {
        sr_sweep_sheet_add(table->sheet, point, at, row, out);
        return;
    }
    g_free(table->name);
    table->name = name_point(point, at);
    table->required = table->unmet = false;
    table->n_added++;
    table->n_unexpected += unexpected;
    if (table->lines == NULL) {
        g_string_append_c(out, '\n');
        if (table->n_points > 1)
            g_string_append_printf(out, "%s\n", table->name);
        append_runs(table, parts, n_parts, row->counters[SR_COUNTER_RUNS], out);
        sr_sweep_block_append(row, &table->options->style, out);
        if (unexpected)
            g_string_append_c(out, '\n');
        append_replay(table, at, row, "  ", out);
        return;
    }
    sr_sweep_lines_add(table->lines, point, at, row);
    if (!unexpected || table->n_unexpected > POINTS_EXPLAINED_MAX)
        return;
    g_string_append_printf(table->failures, "  %s\n", table->name);
    sr_sweep_failing_append(row, "    ", table->failures);
    append_replay(table, at, row, "    ", table->failures);
}

/* ---- what is required ---- */

/* Counts a threshold of the last added point. Returns: (nullable): where to write its line */
static GString *
count_required(SrSweepTable *table, bool met, GString *out)
{
    bool reported;

    table->n_required += !table->required;
    if (table->lines == NULL && !table->required)
        g_string_append(out, "\n  required\n");
    table->required = true;
    if (met)
        return table->lines == NULL ? out : NULL;
    reported = table->unmet;
    table->unmet = true;
    table->n_unmet += !reported;
    if (table->lines == NULL)
        return out;
    if (table->n_unmet > POINTS_EXPLAINED_MAX)
        return NULL;
    if (!reported)
        g_string_append_printf(table->unmet_text, "  %s\n", table->name);
    return table->unmet_text;
}

/* Counts a threshold and begins its line. Returns: (nullable): where to write the rest of it */
static GString *
begin_required(SrSweepTable *table, const char *text, bool met, GString *out)
{
    out = count_required(table, met, out);
    if (out == NULL)
        return NULL;
    g_string_append(out, "    ");
    if (met)
        g_string_append(out, "met     ");
    else
        sr_style_paint(&table->options->style, SR_COLOUR_BAD, "not met ", out);
    sr_put_plain(out, "%s: ", text);
    return out;
}

/* Appends what was measured. */
static void
append_measured(const SrSweepRequired *required, GString *out)
{
    if (required->kind == SR_SWEEP_REQUIRED_VALUE && required->n == 0) {
        g_string_append(out, required->of_clients ? "nobody collaborated" : "nothing was measured");
    } else if (required->kind == SR_SWEEP_REQUIRED_VALUE) {
        sr_span_show(out, required->value);
        g_string_append_printf(out, " (of %" PRIu64 " %s)", required->n,
                               required->of_clients ? "clients" : "values");
    } else if (required->of == 0) {
        g_string_append(out, "nobody started");
    } else {
        sr_sweep_percent(out, (double) required->n / (double) required->of);
        g_string_append_printf(out, " (%" PRIu64 " of %" PRIu64 " %s", required->n,
                               required->of,
                               required->kind == SR_SWEEP_REQUIRED_RUNS ? "runs" : "editors");
        if (required->kind == SR_SWEEP_REQUIRED_RUNS) {
            g_string_append(out, "; 95 %: ");
            sr_sweep_interval(out, required->n, required->of);
        }
        g_string_append_c(out, ')');
    }
}

void
sr_sweep_table_require(SrSweepTable *table, const SrSweepRequired *required, GString *out)
{
    g_autoptr(GString) measured = g_string_new(NULL);

    append_measured(required, measured);
    if (table->sheet != NULL) {
        sr_sweep_sheet_require(table->sheet, required, measured->str);
        return;
    }
    out = begin_required(table, required->text, required->met, out);
    if (out != NULL)
        g_string_append_printf(out, "%s\n", measured->str);
}

/* ---- below the lines ---- */

static void
append_more(GString *out, uint64_t n)
{
    if (n > POINTS_EXPLAINED_MAX)
        g_string_append_printf(out, "  … and %" PRIu64 " more points\n",
                               n - POINTS_EXPLAINED_MAX);
}

static void
append_below(const SrSweepTable *table, GString *out)
{
    if (table->n_unexpected > 0) {
        g_string_append_printf(out, "\nnot as expected at %" PRIu64 " of %" PRIu64 " points\n%s",
                               table->n_unexpected, table->n_added, table->failures->str);
        append_more(out, table->n_unexpected);
    }
    if (table->n_unmet > 0) {
        g_string_append_printf(
            out, "\nwhat is required is not met at %" PRIu64 " of %" PRIu64 " points\n%s",
            table->n_unmet, table->n_required, table->unmet_text->str);
        append_more(out, table->n_unmet);
    } else if (table->n_required > 0) {
        g_string_append_printf(out, "\nwhat is required is met at all %" PRIu64 " points\n",
                               table->n_required);
    }
}

void
sr_sweep_table_end(SrSweepTable *table, GString *out)
{
    if (table->sheet != NULL) {
        sr_sweep_sheet_end(table->sheet, out);
        sr_sweep_table_free(table);
        return;
    }
    if (table->lines != NULL && table->n_added > 0) {
        g_string_append_c(out, '\n');
        sr_sweep_lines_append(table->lines, &table->options->style, out);
        append_below(table, out);
    }
    if (table->n_added == 0)
        g_string_append(out, "nothing was run\n");
    sr_sweep_table_free(table);
}

void
sr_sweep_table_free(SrSweepTable *table)
{
    if (table == NULL)
        return;
    sr_sweep_lines_free(table->lines);
    sr_sweep_sheet_free(table->sheet);
    g_string_free(table->failures, TRUE);
    g_string_free(table->unmet_text, TRUE);
    g_free(table->name);
    g_free(table);
}

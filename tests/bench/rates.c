/* Medians of rounds, and tables for people or in Markdown. */
#include "rates.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- rates ---- */

void
bench_rates_add(BenchRates *rates, double amount, double seconds)
{
    rates->rates[rates->n++] = amount / MAX(seconds, 1e-9);
}

static int
compare_doubles(const void *a, const void *b)
{
    double first = *(const double *) a, second = *(const double *) b;

    return (first > second) - (first < second);
}

double
bench_median(const BenchRates *rates)
{
    double sorted[BENCH_ROUNDS_MAX];

    if (rates->n == 0)
        return 0;
    memcpy(sorted, rates->rates, rates->n * sizeof *sorted);
    qsort(sorted, rates->n, sizeof *sorted, compare_doubles);
    return (sorted[(rates->n - 1) / 2] + sorted[rates->n / 2]) / 2;
}

/* ---- tables ---- */

struct BenchTable {
    GPtrArray *cells;
    unsigned n_columns, n_words;
};

BenchTable *
bench_table_new(unsigned n_columns, unsigned n_words)
{
    BenchTable *table = g_new(BenchTable, 1);

    *table = (BenchTable){ g_ptr_array_new_with_free_func(g_free), n_columns, n_words };
    return table;
}

void
bench_table_free(BenchTable *table)
{
    if (table == NULL)
        return;
    g_ptr_array_free(table->cells, TRUE);
    g_free(table);
}

void
bench_table_add(BenchTable *table, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_ptr_array_add(table->cells, g_strdup_vprintf(format, arguments));
    va_end(arguments);
}

void
bench_table_add_rate(BenchTable *table, double per_second)
{
    double millions = per_second / 1e6;

    bench_table_add(table, "%.*f", millions < 0.1 ? 3 : millions < 1 ? 2 : 1, millions);
}

static const char *
cell_of(const BenchTable *table, unsigned row, unsigned column)
{
    return g_ptr_array_index(table->cells, row * table->n_columns + column);
}

static void
print_markdown_row(const BenchTable *table, unsigned row)
{
    printf("|");
    for (unsigned column = 0; column < table->n_columns; column++) {
        const char *cell = cell_of(table, row, column);
        printf(*cell != '\0' ? " %s |" : "%s |", cell);
    }
    printf("\n");
}

static void
print_markdown(const BenchTable *table)
{
    for (unsigned row = 0; row < table->cells->len / table->n_columns; row++) {
        print_markdown_row(table, row);
        if (row > 0)
            continue;
        printf("|");
        for (unsigned column = 0; column < table->n_columns; column++)
            printf(column < table->n_words ? " --- |" : " ---: |");
        printf("\n");
    }
}

static int
width_of(const BenchTable *table, unsigned column)
{
    glong width = 0;

    for (unsigned row = 0; row < table->cells->len / table->n_columns; row++)
        width = MAX(width, g_utf8_strlen(cell_of(table, row, column), -1));
    return (int) width;
}

/* printf() counts bytes, not characters, so the padding is counted here. */
static void
print_padded(const char *cell, int width, bool to_the_right, bool is_last)
{
    int padding = width - (int) g_utf8_strlen(cell, -1);

    if (to_the_right)
        printf("%*s%s", padding, "", cell);
    else
        printf("%s%*s", cell, is_last ? 0 : padding, "");
    printf(is_last ? "\n" : "  ");
}

static void
print_columns(const BenchTable *table)
{
    for (unsigned row = 0; row < table->cells->len / table->n_columns; row++)
        for (unsigned column = 0; column < table->n_columns; column++)
            print_padded(cell_of(table, row, column), width_of(table, column),
                         column >= table->n_words, column == table->n_columns - 1);
}

void
bench_table_print(const BenchTable *table, bool markdown)
{
    g_assert(table->cells->len % table->n_columns == 0);
    printf("\n");
    if (markdown)
        print_markdown(table);
    else
        print_columns(table);
}

/* ---- goals ---- */

BenchTable *
bench_goals_new(void)
{
    BenchTable *goals = bench_table_new(4, 4);

    bench_table_add(goals, "what");
    bench_table_add(goals, "measured");
    bench_table_add(goals, "goal");
    bench_table_add(goals, "%s", "");
    return goals;
}

void
bench_goal(BenchTable *goals, const char *what, double value, bool at_least, double goal,
           const char *goal_text, const char *measured, ...)
{
    double short_of = at_least ? 1 - value / goal : value / goal - 1;
    va_list arguments;

    va_start(arguments, measured);
    g_autofree char *text = g_strdup_vprintf(measured, arguments);
    va_end(arguments);
    bench_table_add(goals, "%s", what);
    bench_table_add(goals, "%s", text);
    bench_table_add(goals, "%s %s", at_least ? "≥" : "≤", goal_text);
    if (short_of <= 0)
        bench_table_add(goals, "met");
    else if (isinf(short_of))
        bench_table_add(goals, "missed");
    else
        bench_table_add(goals, "missed by %.0f %%", MAX(100 * short_of, 1));
}

/* ---- the machine ---- */

void
bench_print_machine(unsigned rounds)
{
    g_autofree char *text = NULL;
    const char *model = "an unknown processor";
    double load = 0;
    char *line;

    if (g_file_get_contents("/proc/cpuinfo", &text, NULL, NULL) &&
        (line = strstr(text, "\nmodel name")) != NULL && (line = strchr(line, ':')) != NULL) {
        model = line + 2;
        *strchrnul(line, '\n') = '\0';
    }
    (void) getloadavg(&load, 1);
    printf(
        "%s, %u processors, a load of %.0f; medians of %u round%s in turn, CPU seconds of the "
        "loop alone.\n",
        model, g_get_num_processors(), load, rounds, rounds == 1 ? "" : "s");
}

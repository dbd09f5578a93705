/* Rates of rounds, and the tables that say what came of them. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#define BENCH_ROUNDS_MAX 99

/** BenchRates: one rate a round. All zero: none yet. */
typedef struct {
    double rates[BENCH_ROUNDS_MAX];
    unsigned n;
} BenchRates;

/** bench_rates_add: adds @amount a @seconds. */
void bench_rates_add(BenchRates *rates, double amount, double seconds);
/** bench_median: Returns: the median of @rates; 0 when there is none */
double bench_median(const BenchRates *rates);

/** BenchTable: rows of cells, printed when all are known. */
typedef struct BenchTable BenchTable;

/** bench_table_new: @n_columns: 1 or more; @n_words: how many of them, the first, are words and not
 * numbers. The first row is the head. */
BenchTable *bench_table_new(unsigned n_columns, unsigned n_words);
void bench_table_free(BenchTable *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BenchTable, bench_table_free)
/** bench_table_add: adds a cell, in the order of reading. */
void bench_table_add(BenchTable *table, const char *format, ...) G_GNUC_PRINTF(2, 3);
/** bench_table_add_rate: adds a cell of @per_second in millions. */
void bench_table_add_rate(BenchTable *table, double per_second);
/** bench_table_print: prints an empty line and the table: in columns, or as @markdown. */
void bench_table_print(const BenchTable *table, bool markdown);

/** bench_goals_new: Returns: a table of goals, with its head */
BenchTable *bench_goals_new(void);
/**
 * bench_goal:
 * @at_least: whether @value should be @goal or more; else @goal or less
 * @measured: printf() format of what is told of @value
 *
 * Adds a row: what was measured, the goal, and by how much it was missed.
 */
void bench_goal(BenchTable *goals, const char *what, double value, bool at_least, double goal,
                const char *goal_text, const char *measured, ...) G_GNUC_PRINTF(7, 8);

/** bench_print_machine: prints the processor, its load, and how was measured. */
void bench_print_machine(unsigned rounds);

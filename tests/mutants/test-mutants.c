/* Do the checks notice when the tables of the protocol are wrong?
 *
 * This program links a copy of the protocol room whose tables can be written. Each mutant has one
 * cell changed: every cell that does something does nothing instead, and then does what some
 * other cell of its row or column does. A mutant is caught when `run` no longer plays some shipped
 * scenario as its file expects, breaks an assertion, or never ends; nothing is explored here. At
 * least 95 of 100 mutants are caught; each survivor must stand in the list below with the reason
 * why nothing could notice it. Mutants of the code around the tables are made by `mutate`. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "protocol/cells-private.h"
#include "result/expect.h"
#include "session-race/run.h"

#define N_MUTANTS 200u
#define SECONDS_MAX 20u /* a mutant that runs longer never ends */

/* ---- the scenarios ---- */

static GPtrArray *scenarios; /* SrScenario */

static int
by_path(const void *a, const void *b)
{
    return strcmp(*(char *const *) a, *(char *const *) b);
}

static void
list_files(const char *folder, GPtrArray *paths)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;

    assert_non_null(dir);
    while ((name = g_dir_read_name(dir)) != NULL) {
        char *path = g_build_filename(folder, name, NULL);

        if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
            list_files(path, paths);
            g_free(path);
        } else if (g_str_has_suffix(name, ".ini")) {
            g_ptr_array_add(paths, path);
        } else {
            g_free(path);
        }
    }
}

static int
load_scenarios(void **state)
{
    g_autofree char *folder = g_build_filename(g_getenv("SR_SOURCE_ROOT"), "scenarios", NULL);
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);

    (void) state;
    scenarios = g_ptr_array_new_with_free_func((GDestroyNotify) sr_scenario_free);
    list_files(folder, paths);
    g_ptr_array_sort(paths, by_path);
    for (guint i = 0; i < paths->len; i++) {
        g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
        SrScenario *scenario = NULL;
        SrLoadStatus status =
            sr_scenario_load(g_ptr_array_index(paths, i), NULL, 0, &scenario, diagnostics);

        assert_int_equal(status, SR_LOAD_OK);
        if (sr_run_needs_provider(scenario))
            sr_scenario_free(scenario);
        else
            g_ptr_array_add(scenarios, scenario);
    }
    return 0;
}

static int
free_scenarios(void **state)
{
    (void) state;
    g_ptr_array_unref(scenarios);
    return 0;
}

/* Returns: whether each scenario is as its file expects; else *@which is the first that is not. */
static bool
all_as_expected(guint *which)
{
    for (guint i = 0; i < scenarios->len; i++) {
        const SrScenario *scenario = g_ptr_array_index(scenarios, i);
        g_autoptr(SrRun) run = sr_run_new(scenario);
        static const SrRunOptions options = { 0 };
        SrRunResult result;

        g_assert_true(sr_run_execute(run, scenario->seed, &options, &result, NULL));
        g_autoptr(GPtrArray) misses = sr_expect_judge(scenario, &result, sr_run_outcomes(run));

        *which = i;
        if (misses->len > 0)
            return false;
    }
    return true;
}

/* ---- the mutants ---- */

typedef struct {
    unsigned table;
    unsigned row, column;
    uint8_t from, to;
} Mutant;

static const struct {
    const char *name;
    uint8_t *(*cells)(unsigned *rows, unsigned *columns);
} tables[] = {
    { "client", sr_client_cells },
    { "alike", sr_client_alike_cells },
    { "server", sr_server_cells },
};

/* Another action of the same row or column, the @nth of those that differ; 0 when there is none. */
static uint8_t
neighbour(const uint8_t *cells, unsigned rows, unsigned columns, unsigned row, unsigned column,
          unsigned nth)
{
    uint8_t others[256];
    unsigned n = 0;

    for (unsigned i = 0; i < rows * columns; i++) {
        bool near = i / columns == row || i % columns == column;
        bool known = cells[i] == 0 || cells[i] == cells[row * columns + column] ||
                     memchr(others, cells[i], n) != NULL;

        if (near && !known)
            others[n++] = cells[i];
    }
    return n == 0 ? 0 : others[nth % n];
}

static GArray *
list_mutants(void)
{
    GArray *mutants = g_array_new(FALSE, FALSE, sizeof(Mutant));

    /* First every cell to nothing, then to its neighbours, as many as are wanted. */
    for (unsigned round = 0; mutants->len < N_MUTANTS; round++) {
        for (unsigned table = 0; table < G_N_ELEMENTS(tables); table++) {
            unsigned rows, columns;
            const uint8_t *cells = tables[table].cells(&rows, &columns);

            for (unsigned i = 0; i < rows * columns && mutants->len < N_MUTANTS; i++) {
                Mutant mutant = { table, i / columns, i % columns, cells[i], 0 };

                if (cells[i] == 0)
                    continue;
                if (round > 0)
                    mutant.to = neighbour(cells, rows, columns, mutant.row, mutant.column,
                                          i * 7 + round);
                if (round == 0 || mutant.to != 0)
                    g_array_append_val(mutants, mutant);
            }
        }
        assert_in_range(round, 0, 20);
    }
    return mutants;
}

/* Cells whose change nobody can see, by table, row and column. */
static const struct {
    unsigned table, row, column;
    const char *reason;
} excused[] = {
    { 0, 6, 8,
      "an accepted client that acts as a returned owner seals once more and uploads the same" },
    { 0, 10, 20, "asking again in step 7 and on the owner's return are the same request" },
    { 1, 2, 17, "a late key is held; only `cache-keys` looks, and that wants it derived" },
    { 1, 3, 17, "a late key is held; only `cache-keys` looks, and that wants it derived" },
    { 1, 2, 27, "a crash that nobody restarts and a goodbye end alike for everybody else" },
    { 1, 3, 10, "a connection that heard of a session hears of no dropped creation after it" },
    { 2, 0, 0, "without a creation there is no owner to come back: both answer session-none" },
};

/* ---- one mutant, in a process of its own ---- */

enum { SURVIVED, UNEXPECTED, CRASHED, ENDLESS };

static int
try_mutant(const Mutant *mutant, guint *which)
{
    int ends[2];
    int status;
    guint found = G_MAXUINT;

    assert_int_equal(pipe(ends), 0);
    fflush(NULL);

    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        unsigned rows, columns;
        uint8_t *cells = tables[mutant->table].cells(&rows, &columns);

        /* A broken assertion is an answer, not news. */
        if (freopen("/dev/null", "w", stderr) == NULL ||
            freopen("/dev/null", "w", stdout) == NULL)
            _exit(70);
        signal(SIGABRT, SIG_DFL);
        signal(SIGSEGV, SIG_DFL);
        alarm(SECONDS_MAX);
        cells[mutant->row * columns + mutant->column] = mutant->to;

        bool fine = all_as_expected(&found);

        if (write(ends[1], &found, sizeof found) != (ssize_t) sizeof found)
            _exit(70);
        _exit(fine ? SURVIVED : UNEXPECTED);
    }
    close(ends[1]);
    assert_int_equal(waitpid(child, &status, 0), child);
    if (read(ends[0], which, sizeof *which) != (ssize_t) sizeof *which)
        *which = G_MAXUINT;
    close(ends[0]);
    if (WIFSIGNALED(status))
        return WTERMSIG(status) == SIGALRM ? ENDLESS : CRASHED;
    assert_int_not_equal(WEXITSTATUS(status), 70);
    return WEXITSTATUS(status);
}

static const char *
reason_for(const Mutant *mutant)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(excused); i++)
        if (excused[i].table == mutant->table && excused[i].row == mutant->row &&
            excused[i].column == mutant->column)
            return excused[i].reason;
    return NULL;
}

static void
the_tables_as_they_are_pass(void **state)
{
    const Mutant none = { 0 };
    guint which;

    (void) state;
    /* Row idle, column start with its own action. */
    unsigned rows, columns;
    Mutant same = none;

    same.to = sr_client_cells(&rows, &columns)[0];
    assert_int_equal(try_mutant(&same, &which), SURVIVED);
}

static void
mutants_are_caught(void **state)
{
    g_autoptr(GArray) mutants = list_mutants();
    unsigned counts[4] = { 0 }, unexcused = 0;

    (void) state;
    for (guint i = 0; i < mutants->len; i++) {
        const Mutant *mutant = &g_array_index(mutants, Mutant, i);
        guint which;
        int outcome = try_mutant(mutant, &which);

        counts[outcome]++;
        if (outcome != SURVIVED)
            continue;
        const char *reason = reason_for(mutant);

        print_message("survived: %s row %u column %u: %u becomes %u: %s\n",
                      tables[mutant->table].name, mutant->row, mutant->column, mutant->from,
                      mutant->to, reason != NULL ? reason : "no reason is known");
        unexcused += reason == NULL;
    }
    print_message("%u mutants: %u caught by a scenario, %u broke an assertion, %u never ended, "
                  "%u survived\n",
                  mutants->len, counts[UNEXPECTED], counts[CRASHED], counts[ENDLESS],
                  counts[SURVIVED]);
    assert_int_equal(mutants->len, N_MUTANTS);
    assert_int_equal(unexcused, 0);
    assert_in_range(counts[SURVIVED] * 100, 0, mutants->len * 5);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_tables_as_they_are_pass),
        cmocka_unit_test(mutants_are_caught),
    };

    return cmocka_run_group_tests_name("mutants of the protocol's tables", tests,
                                       load_scenarios, free_scenarios) != 0;
}

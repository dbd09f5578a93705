/* Runs a sweep: writes rows to the result and to the table as their points are completed, saves
 * checkpoints from time to time, and gives the exit status.
 *
 * The threads of the sweep call back here one at a time; only the question whether to stop
 * comes from all of them at once. */
#include <string.h>

#include "result/expect.h"
#include "sweep-private.h"

#define PIECE_BYTES ((gsize) 1 << 16)
/* Buffered output is written at most this often. */
#define FLUSH_EVERY_US (G_USEC_PER_SEC / 4)
/* A checkpoint is written soon after the start and then less and less often. It takes at most a
 * twentieth of the time, however much there is to write. */
#define SAVE_FIRST_US (G_USEC_PER_SEC / 40)
#define SAVE_EVERY_MAX_US (2 * G_USEC_PER_SEC)
#define SAVE_SHARE 20

/* A text that is being written. */
typedef struct {
    const char *place; /* for messages */
    SrOutput *output;
    GString *text;
} Stream;

typedef struct {
    const SrSweepPlan *plan;
    SrOwn first; /* the programs of the first thread, until that takes them */
    const SrOptions *options;
    SrSweepProgress progress;

    Stream result, table; /* either may have no output */
    SrSweepWriter *writer;
    SrSweepTable *human; /* (nullable) */
    bool has_table; /* for people */
    GString *rows; /* (nullable) the result so far, for checkpoints */
    const char *failed_place;
    GError *error; /* the first error of an output */

    int timed_out;  /* atomic */
    char *too_long; /* (nullable) which run needs too many events */
    gint64 flushed_us, saved_us, save_every_us;
    SrSweepMeter meter;
    SrSweepGraph graph;

    SrSweepVerdict verdict;
    uint64_t n_imprecise; /* points */
    SrSweepFailures failures;
} Session;

/* ---- outputs ---- */

static bool
open_stream(Stream *stream, const char *path)
{
    g_autoptr(GError) error = NULL;

    stream->place = sr_output_name(path);
    stream->text = g_string_new(NULL);
    stream->output = sr_output_open(path, SR_OUTPUT_REPLACE, &error);
    if (stream->output == NULL)
        sr_file_error(stream->place, error->message);
    return stream->output != NULL;
}

static void
clear_stream(Stream *stream)
{
    sr_output_free(stream->output);
    if (stream->text != NULL)
        g_string_free(stream->text, TRUE);
}

/* Only the first failure counts. */
static void
note_failure(Session *session, const char *place, GError *error)
{
    if (session->error == NULL) {
        session->failed_place = place;
        session->error = error;
    } else {
        g_error_free(error);
    }
}

static void
flush_stream(Session *session, Stream *stream, gsize at_least)
{
    GError *error = NULL;

    if (stream->output == NULL || stream->text->len < at_least)
        return;
    if (stream->text->len > 0 && stream == &session->table)
        sr_sweep_meter_erase(&session->meter);
    if (session->error == NULL &&
        !sr_output_write(stream->output, stream->text->str, stream->text->len, &error))
        note_failure(session, stream->place, error);
    g_string_truncate(stream->text, 0);
}

static void
close_stream(Session *session, Stream *stream)
{
    GError *error = NULL;

    flush_stream(session, stream, 0);
    if (stream->output != NULL && session->error == NULL &&
        !sr_output_close(g_steal_pointer(&stream->output), &error))
        note_failure(session, stream->place, error);
}

/* ---- rows ---- */

static double
precision_of(const SrSweepPlan *plan)
{
    return (double) plan->asked.precision / (double) SR_RATE_WHOLE;
}

static void
judge_row(Session *session, uint64_t point, const SrSweepRow *row)
{
    const SrSweepPlan *plan = session->plan;

    sr_sweep_failures_note(&session->failures, point, plan->expected[point], row);
    sr_sweep_verdict_add(&session->verdict, plan, row, session->human, session->table.text);
    session->n_imprecise +=
        plan->asked.precision > 0 && sr_sweep_half_width(row) > precision_of(plan);
}

/* Appends @row of the first @seeds_done seeds of @point to @writer and @out, or to the table. */
static void
write_row(const SrSweepPlan *plan, SrSweepWriter *writer, SrSweepTable *table, uint64_t point,
          uint64_t seeds_done, const SrSweepRow *row, GString *out)
{
    g_autoptr(GPtrArray) at = sr_study_point(plan->base, point);
    SrSeedRange part = { plan->part.first, plan->part.first + (seeds_done - 1) };

    if (writer != NULL)
        sr_sweep_writer_add(writer, point, at, &part, 1, row, out);
    if (table != NULL)
        sr_sweep_table_add(table, point, at, &part, 1, row, out);
}

static void
on_row(void *data, uint64_t point, uint64_t seeds_done, const SrSweepRow *row)
{
    Session *session = data;
    gsize before = session->result.text->len;

    write_row(session->plan, session->writer, NULL, point, seeds_done, row,
              session->result.text);
    if (session->human != NULL)
        write_row(session->plan, NULL, session->human, point, seeds_done, row,
                  session->table.text);
    judge_row(session, point, row);
    if (session->rows != NULL)
        g_string_append_len(session->rows, session->result.text->str + before,
                            (gssize) (session->result.text->len - before));
    if (session->result.output == NULL)
        g_string_truncate(session->result.text, 0);
    flush_stream(session, &session->result, PIECE_BYTES);
}

/* ---- checkpoints ---- */

/* @row: (nullable): of the first @seeds_done seeds of @point, if it is not among the rows yet
 */
static void
save(Session *session, uint64_t point, uint64_t seeds_done, const SrSweepRow *row)
{
    const SrSweepPlan *plan = session->plan;
    gint64 begun = g_get_monotonic_time();
    gsize length = session->rows->len;
    SrSweepWriter *writer = sr_sweep_writer_copy(session->writer);
    GError *error = NULL;

    if (row != NULL && seeds_done > 0)
        write_row(plan, writer, NULL, point, seeds_done, row, session->rows);
    sr_sweep_writer_end(writer, session->rows);
    if (!sr_sweep_checkpoint_save(plan, point, seeds_done, session->rows, &error))
        note_failure(session, plan->asked.checkpoint, error);
    g_string_truncate(session->rows, length);
    session->saved_us = g_get_monotonic_time();
    session->save_every_us = MAX(MIN(2 * session->save_every_us, SAVE_EVERY_MAX_US),
                                 SAVE_SHARE * (session->saved_us - begun));
}

static bool
on_grown(void *data, const SrSweepProgress *progress)
{
    Session *session = data;
    gint64 now = g_get_monotonic_time();

    session->progress = *progress;
    session->progress.row = NULL;
    if (now - session->flushed_us >= FLUSH_EVERY_US) {
        flush_stream(session, &session->result, 0);
        flush_stream(session, &session->table, 0);
        session->flushed_us = now;
    }
    if (session->rows != NULL && session->error == NULL &&
        now - session->saved_us >= session->save_every_us)
        save(session, progress->point, progress->seeds_done, progress->row);
    sr_sweep_meter_show(&session->meter, progress, now,
                        session->plan->deadline_us == 0 ? G_MAXINT64
                                                        : session->plan->deadline_us - now);
    return session->error == NULL;
}

/* ---- the sweep ---- */

static const SrScenario *
on_scenario(void *data, uint64_t point)
{
    Session *session = data;
    g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();

    /* It was read before without errors, so only a file of samples that has changed can fail.
     */
    return sr_sweep_plan_scenario(session->plan, point, diagnostics);
}

static void
on_release(void *data, const SrScenario *scenario)
{
    (void) data;
    sr_scenario_free((SrScenario *) (uintptr_t) scenario);
}

static void
on_start(void *data, uint32_t thread, SrExec **provider, SrExec **signer)
{
    Session *session = data;
    SrOwn own = thread == 0 ? session->first : sr_own_new(session->options, thread);

    if (thread == 0)
        session->first = (SrOwn){ 0 };
    *provider = own.provider;
    *signer = own.signer;
}

static void
on_broke(void *data, const GError *error)
{
    Session *session = data;

    if (session->error == NULL)
        session->error = g_error_copy(error);
    session->failed_place = session->plan->path;
}

/* Keeps what is to be said at the end. */
static void
on_too_long(void *data, uint64_t point, uint64_t seed, const SrScenario *scenario, SrTime at)
{
    Session *session = data;
    g_autoptr(GPtrArray) assignments = sr_study_point(session->plan->base, point);
    g_autofree char *why = sr_expect_too_long(scenario, at);
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < assignments->len; i++)
        g_string_append_printf(text, "%s, ", (const char *) g_ptr_array_index(assignments, i));
    g_string_append_printf(text, "seed %" PRIu64 ": %s", seed, why);
    session->too_long = g_string_free(g_steal_pointer(&text), FALSE);
}

static bool
on_stop(void *data)
{
    Session *session = data;

    if (sr_stop_signal() != 0)
        return true;
    if (!sr_sweep_plan_is_late(session->plan))
        return false;
    g_atomic_int_set(&session->timed_out, 1);
    return true;
}

/* Reports the rows of @checkpoint as if they were new; @row becomes that of the point that
 * continues. */
static void
take_up(Session *session, const SrSweepCheckpoint *checkpoint, SrSweepRow *row)
{
    SrSweepProgress *from = &session->progress;
    guint n_rows = checkpoint->rows != NULL ? checkpoint->rows->points->len : 0;

    from->point = checkpoint->point;
    from->seeds_done = checkpoint->seeds_done;
    for (guint i = 0; i < n_rows; i++) {
        const SrSweepPoint *point = g_ptr_array_index(checkpoint->rows->points, i);

        sr_sweep_point_row(point, row);
        from->done += row->counters[SR_COUNTER_RUNS];
        from->unexpected += row->shares[SR_SHARE_UNEXPECTED];
        if (i < checkpoint->point)
            on_row(session, i, row->counters[SR_COUNTER_RUNS], row);
    }
    if (checkpoint->seeds_done == 0)
        sr_sweep_row_clear(row);
    from->row = row;
}

static SrSweepEnd
execute(Session *session, const SrSweepCheckpoint *checkpoint)
{
    const SrSweepPlan *plan = session->plan;
    g_autoptr(SrSweepRow) row = sr_sweep_row_new();

    take_up(session, checkpoint, row);

    SrSweepOptions options = {
        .seeds = plan->part,
        .n_points = plan->n_points,
        .jobs = session->options->jobs,
        /* A chunk takes about a millisecond for races of two clients; for very many clients it is
         * a single run. */
        .chunk = CLAMP(1024 / plan->n_clients, 1, 512),
        .graph_bytes = plan->asked.graph_bytes,
        .graph = &session->graph,
        .until_failure = plan->asked.until_failure,
        .precision = precision_of(plan),
        .scenario = on_scenario,
        .release = on_release,
        .stop = on_stop,
        .row = on_row,
        .grown = on_grown,
        .start = on_start,
        .broke = on_broke,
        .too_long = on_too_long,
        .data = session,
        .from = session->progress,
    };
    SrSweepEnd end = SR_SWEEP_COMPLETE;

    sr_sweep_meter_begin(&session->meter, !session->options->quiet, session->progress.done);
    session->saved_us = session->flushed_us = g_get_monotonic_time();
    session->save_every_us = SAVE_FIRST_US;
    if (plan->n_seeds > 0)
        end = sr_sweep_execute(&options);
    /* The row of an incomplete point has been reported by now. */
    if (session->rows != NULL && session->error == NULL)
        save(session, session->progress.point, session->progress.seeds_done, NULL);
    sr_sweep_meter_end(&session->meter, session->progress.done, g_get_monotonic_time());
    return end;
}

/* ---- the end ---- */

/* What became of the seeds: nothing of it is in the result, since it depends on --jobs. */
static void
show_stats(const Session *session)
{
    const SrSweepGraph *graph = &session->graph;
    uint64_t done = session->progress.done - session->meter.begun_done;
    double played = done > 0 ? 100.0 * (double) (done - MIN(done, graph->walked)) / (double) done
                             : 0;
    char share[G_ASCII_DTOSTR_BUF_SIZE];

    if (!session->plan->asked.stats)
        return;
    g_ascii_formatd(share, sizeof share, "%.2f", played);
    sr_message("%" PRIu64 " runs, %s %% of them played, %" PRIu64 " written down; %" PRIu64
               " worlds, %" PRIu64 " steps, %" PRIu64 " KiB",
               done, share, graph->recorded, graph->nodes, graph->edges, graph->bytes / 1024);
    if (graph->refusal != NULL)
        sr_message("every seed of some point is played: the graph does not take '%s'",
                   graph->refusal);
}

static int
exit_status(const Session *session, SrSweepEnd end)
{
    /* A part of the seeds says nothing about shares of the whole. */
    bool thresholds =
        session->plan->base->study.thresholds->len > 0 && end != SR_SWEEP_FAILURE_FOUND;

    if (session->error != NULL)
        return sr_file_error(session->failed_place, session->error->message);
    if (end == SR_SWEEP_STOPPED && sr_stop_signal() != 0)
        return sr_stop_status();
    if (!session->has_table)
        sr_sweep_verdict_report(&session->verdict, thresholds);
    if (end == SR_SWEEP_TOO_LONG)
        sr_message("%s; the sweep ends there, with %" PRIu64 " of %" PRIu64 " runs done",
                   session->too_long, session->progress.done,
                   session->plan->n_points * session->plan->n_seeds);
    if (!thresholds && session->verdict.n_unexpected > 0)
        return SR_EXIT_UNEXPECTED;
    if (end == SR_SWEEP_TOO_LONG)
        return SR_EXIT_INCOMPLETE;
    if (end == SR_SWEEP_STOPPED && session->timed_out != 0) {
        sr_message("--time is up: %" PRIu64 " of %" PRIu64 " runs are done",
                   session->progress.done, session->plan->n_points * session->plan->n_seeds);
        return SR_EXIT_INCOMPLETE;
    }
    if (end == SR_SWEEP_STOPPED)
        return sr_file_error(session->plan->path, "its files have changed meanwhile");
    if (thresholds && session->verdict.n_unmet > 0)
        return SR_EXIT_UNEXPECTED;
    if (session->n_imprecise > 0) {
        sr_message("the seeds are too few for --precision at %" PRIu64 " of %" PRIu64 " points",
                   session->n_imprecise, session->verdict.n_points);
        return SR_EXIT_INCOMPLETE;
    }
    return SR_EXIT_OK;
}

static bool
open_streams(Session *session)
{
    const SrOptions *options = session->options;
    bool to_file = options->output != NULL && !sr_output_is_stdout(options->output);
    SrSweepFormat format = (SrSweepFormat) session->plan->asked.format;
    bool json = format == SR_SWEEP_AS_JSON, human = format == SR_SWEEP_AS_HUMAN;

    if (json || (human && options->output != NULL)) {
        if (!open_stream(&session->result, options->output))
            return false;
    } else {
        session->result.text = g_string_new(NULL);
    }
    if (!human)
        return json || open_stream(&session->table, options->output);
    return options->quiet || (options->output != NULL && !to_file) ||
           open_stream(&session->table, NULL);
}

/* Adds to @all the command of a program and the name that it says. Returns: whether it says one;
 * if not, why was printed */
static bool
append_program(const SrSweepPlan *plan, SrExec *child, const char *command, GString *all)
{
    g_autoptr(GError) error = NULL;
    const char *name = sr_exec_name(child, &error);

    if (name == NULL) {
        (void) sr_file_error(plan->path, error->message);
        return false;
    }
    g_string_append(all, command);
    g_string_append_c(all, '\0');
    g_string_append(all, name);
    return true;
}

/* Asks the programs for their names, and notes in the first line of the result which they are.
 * Returns: an exit status */
static int
name_programs(Session *session, SrSweepPlan *plan)
{
    const SrOptions *options = session->options;
    g_autoptr(GString) all = g_string_new(NULL);
    char digest[33];

    session->first = sr_own_new(options, 0);
    if (!sr_own_given(options))
        return SR_EXIT_OK;
    if (options->provider != NULL &&
        !append_program(plan, session->first.provider, options->provider, all))
        return SR_EXIT_SYSTEM;
    if (options->signer != NULL) {
        g_string_append_len(all, "\0signer", sizeof "\0signer");
        if (!append_program(plan, session->first.signer, options->signer, all))
            return SR_EXIT_SYSTEM;
    }
    sr_sweep_digest(all->str, all->len, digest);
    plan->head.provider = g_strdup(digest);
    return SR_EXIT_OK;
}

int
sr_sweep_play(const SrOptions *options, SrSweepPlan *plan)
{
    g_autofree char *words = sr_own_words(options);
    SrSweepTableOptions table = { .form = sr_sweep_form((SrSweepFormat) plan->asked.format),
                                  .file = plan->path,
                                  .options = words,
                                  .overrides = (const char *const *) options->overrides,
                                  .n_overrides = sr_options_count(options->overrides),
                                  .style = sr_options_style(options, NULL) };
    Session session = { .plan = plan,
                        .options = options,
                        .verdict = { .whole = plan->asked.shards == 0 } };
    SrSweepCheckpoint checkpoint = { 0 };
    int status = name_programs(&session, plan);

    if (status == SR_EXIT_OK)
        status = sr_sweep_checkpoint_load(plan, &checkpoint);
    if (status == SR_EXIT_OK && !open_streams(&session))
        status = SR_EXIT_SYSTEM;
    if (status == SR_EXIT_OK) {
        session.writer = sr_sweep_writer_new(&plan->head, session.result.text);
        if (plan->asked.checkpoint != NULL)
            session.rows =
                g_string_new_len(session.result.text->str, (gssize) session.result.text->len);
        session.has_table = session.table.output != NULL && table.form == SR_SWEEP_FOR_PEOPLE;
        if (session.table.output != NULL)
            session.human = sr_sweep_table_new(&plan->head, &table, session.table.text);

        SrSweepEnd end = execute(&session, &checkpoint);

        show_stats(&session);
        if (!options->quiet && !plan->drawn && plan->n_seeds > 1)
            sr_sweep_say_undrawn(plan->path, plan->base);
        sr_sweep_writer_end(g_steal_pointer(&session.writer), session.result.text);
        close_stream(&session, &session.result);
        if (session.human != NULL)
            sr_sweep_table_end(g_steal_pointer(&session.human), session.table.text);
        close_stream(&session, &session.table);
        status = exit_status(&session, end);
        if (plan->asked.shrink != NULL && session.failures.found == 0 &&
            session.verdict.n_unexpected > 0)
            sr_message("--shrink: no check failed that was not expected to; what is not as "
                       "expected, 'run' says");
        if (plan->asked.shrink != NULL && status < SR_EXIT_MALFORMED) {
            int shrunk = sr_sweep_shrink(plan, &session.failures, plan->asked.shrink);

            status = shrunk != SR_EXIT_OK ? shrunk : status;
        }
    }
    sr_own_clear(&session.first);
    sr_sweep_table_free(session.human);
    clear_stream(&session.result);
    clear_stream(&session.table);
    if (session.rows != NULL)
        g_string_free(session.rows, TRUE);
    g_clear_error(&session.error);
    g_free(session.too_long);
    g_clear_pointer(&checkpoint.rows, sr_sweep_file_free);
    return status;
}

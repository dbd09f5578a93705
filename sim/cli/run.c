/* `run`: plays scenarios and compares the results with what their files expect.
 *
 * All files are read before anything runs. Then threads take them one by one. The main thread
 * reports the results in the order of the arguments, so that the output is the same for any
 * number of threads. */
#include "cli-private.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/whole-file.h"
#include "report/trace-diff.h"
#include "result/expect.h"
#include "scenario/fixed-draws.h"
#include "session-race/run.h"

/* The options of this verb alone. */
static struct {
    char *filter; /* (nullable) */
    gboolean watch, twice;
    char *draws;   /* (nullable) path for the draws */
    GArray *drawn; /* (nullable) SrDraw: those of the one scenario, as far as they are made */
} own;

/* clang-format off */
static const GOptionEntry own_options[] = {
    { "filter", 0, 0, G_OPTION_ARG_FILENAME, &own.filter,
      "Play only scenarios with this in their path or title, in small letters or capitals", "TEXT" },
    { "watch", 0, 0, G_OPTION_ARG_NONE, &own.watch,
      "Play again whenever a scenario is saved, until Ctrl-C", NULL },
    { "twice", 0, 0, G_OPTION_ARG_NONE, &own.twice,
      "Play with fresh programs twice, and fail if the two runs are not the same", NULL },
    { "draws", 0, 0, G_OPTION_ARG_FILENAME, &own.draws,
      "Write the draws of the run, as a [draws] that fixes them", "FILE" },
    G_OPTION_ENTRY_NULL
};
/* clang-format on */

/* One scenario to play, and its result. */
typedef struct {
    const SrRunFile *file;
    char *trace;  /* (nullable) where its trace is written */
    char *notice; /* what SIGINT prints while the main thread waits for it */
    /* Protected by the lock of the crew. Everything above is written before the threads start.
     */
    SrReportCase *report_case; /* (nullable) until it was played */
    char *trace_error;         /* (nullable) */
    bool skipped;              /* it needs a program that no option names */
} Task;

/* What the threads share. POSIX threads and locks, since ThreadSanitizer understands them
 * without a special build of GLib. */
typedef struct {
    const SrOptions *options;
    GArray *tasks; /* Task */
    int n_threads; /* atomic: so many have begun */
    int next;      /* atomic: the next task to take */
    int cancelled; /* atomic: take no more */
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    unsigned n_active; /* threads at work */
} Crew;

static void
task_clear(void *data)
{
    Task *task = data;

    g_free(task->trace);
    g_free(task->trace_error);
    g_free(task->notice);
    sr_report_case_free(task->report_case);
}

/* ---- playing one ---- */

/* Where a trace goes. */
typedef struct {
    SrOutput *output; /* (nullable) */
    GString *copy;    /* (nullable) */
} TraceSink;

static gboolean
flush_trace(void *data, const char *bytes, size_t n, GError **error)
{
    const TraceSink *sink = data;

    if (sink->copy != NULL)
        g_string_append_len(sink->copy, bytes, (gssize) n);
    return sink->output == NULL || sr_output_write(sink->output, bytes, n, error);
}

char *
sr_run_replay(const SrOptions *options, const SrRunFile *file, const SrScenario *scenario)
{
    uint64_t seed = options->has_seed ? options->seed : scenario->seed;

    g_autofree char *own_programs = sr_own_words(options);

    return sr_report_replay_with(own_programs, (const char *const *) options->overrides,
                                 sr_options_count(options->overrides), seed, file->path);
}

/* Returns: (transfer full): the command that plays other seeds of @file */
static char *
sweep_command(const SrOptions *options, const char *file)
{
    g_autofree char *programs = sr_own_words(options);

    return sr_report_sweep(programs, (const char *const *) options->overrides,
                           sr_options_count(options->overrides), file);
}

static void
keep_draw(void *data, const SrDraw *draw)
{
    g_array_append_val((GArray *) data, *draw);
}

/* SIGTERM does not wait for a long scenario. SIGINT does, and says so (sr_stop_notice). */
static bool
is_terminated(void *data)
{
    (void) data;
    return sr_stop_signal() == SIGTERM;
}

/* What @child (nullable) said of the run of @scenario. One that this scenario did not ask still has
 * what it said of another. */
static SrReportOwn
said_by(const SrScenario *scenario, SrExecRole role, const SrExec *child)
{
    if (child == NULL || !sr_run_needs(scenario, role))
        return (SrReportOwn){ 0 };
    return (SrReportOwn){ .broke = sr_exec_broke(child),
                          .errors = sr_exec_errors(child),
                          .notes = sr_exec_notes(child),
                          .remarks = sr_exec_remarks(child) };
}

/* As sr_run_play(), with a trace to all of @sink. */
static SrReportCase *
play_to(TraceSink sink, const SrOptions *options, const SrOwn *programs, const SrRunFile *file,
        const SrScenario *scenario, const char *replay, GError **error)
{
    g_autoptr(SrRun) run = sr_run_new(scenario);
    g_autofree SrRunResult *result = g_new0(SrRunResult, 1);
    SrRunOptions run_options = {
        .digest = true,
        .trace = sink.output != NULL || sink.copy != NULL ? flush_trace : NULL,
        .trace_data = &sink,
        .stop = is_terminated,
        .story = true,
        .real_crypto = scenario->crypto == SR_CRYPTO_REAL,
        .provider = programs->provider,
        .signer = programs->signer,
        .draw = own.drawn != NULL ? keep_draw : NULL,
        .draw_data = own.drawn,
    };
    uint64_t seed = options->has_seed ? options->seed : scenario->seed;

    if (!sr_run_execute(run, seed, &run_options, result, error) || result->stopped)
        return NULL;

    const SrExpect *expect = &scenario->expect;
    uint32_t expected = expect->verdict == SR_VERDICT_FAIL ? expect->failed : 0;

    if (result->too_long && (result->failed & ~expected) == 0) {
        g_autofree char *why = sr_expect_too_long(scenario, result->t);

        return sr_report_case_new_unfinished(file->path, scenario->title, why, replay);
    }
    g_autoptr(GPtrArray) misses = sr_expect_judge(scenario, result, sr_run_outcomes(run));
    g_autofree char *sweep = sr_run_draws(run) ? sweep_command(options, file->path) : NULL;
    SrReportFacts facts = {
        .file = file->path,
        .title = scenario->title,
        .expected = expected,
        .expect_line = expect->line,
        .result = result,
        .names = sr_run_names(run),
        .clients = sr_run_outcomes(run),
        .misses = misses,
        .replay = replay,
        .sweep = sweep,
        .own = { [SR_EXEC_KEYS] = said_by(scenario, SR_EXEC_KEYS, programs->provider),
                 [SR_EXEC_TOKENS] = said_by(scenario, SR_EXEC_TOKENS, programs->signer) },
    };
    return sr_report_case_new(&facts);
}

SrReportCase *
sr_run_play(const SrOptions *options, const SrOwn *programs, const SrRunFile *file,
            const SrScenario *scenario, SrOutput *trace, const char *replay, GError **error)
{
    return play_to((TraceSink){ trace, NULL }, options, programs, file, scenario, replay,
                   error);
}

static SrReportCase *
play_once(const SrOptions *options, const SrOwn *programs, const Task *task, SrOutput *trace,
          const char *replay, GError **error)
{
    return sr_run_play(options, programs, task->file, task->file->scenario, trace, replay,
                       error);
}

/* Says in @report_case where the traces @one and @two part, if they do. */
static void
compare_traces(SrReportCase *report_case, const GString *one, const GString *two)
{
    SrTraceFault fault = { 0 };
    g_autoptr(SrTrace) a = NULL;
    g_autoptr(SrTrace) b = NULL;
    g_autoptr(GString) text = g_string_new(NULL);

    if (g_string_equal(one, two))
        return;
    a = sr_trace_parse("first run", one->str, one->len, &fault);
    b = sr_trace_parse("second run", two->str, two->len, &fault);
    if (a != NULL && b != NULL) {
        SrTraceDiff found = sr_trace_diff(a, b);

        sr_trace_diff_human(&found, 5, &(SrStyle){ 0 }, text);
    }
    sr_trace_fault_clear(&fault);
    sr_report_case_differs(report_case, text->str);
}

/* Plays with two sets of fresh children instead of @programs, and compares the traces. */
static SrReportCase *
play_twice(const SrOptions *options, G_GNUC_UNUSED const SrOwn *programs, const Task *task,
           SrOutput *trace, const char *replay, GError **error)
{
    g_autoptr(GString) one = g_string_new(NULL);
    g_autoptr(GString) two = g_string_new(NULL);
    g_auto(SrOwn) first = sr_own_new(options, 0);
    g_auto(SrOwn) second = { 0 };
    g_autoptr(SrReportCase) report_case = NULL;
    g_autoptr(SrReportCase) again = NULL;

    report_case = play_to((TraceSink){ trace, one }, options, &first, task->file,
                          task->file->scenario, replay, error);
    if (report_case == NULL || !sr_report_case_ended(report_case))
        return g_steal_pointer(&report_case);
    sr_own_clear(&first);
    second = sr_own_new(options, 0);
    again = play_to((TraceSink){ NULL, two }, options, &second, task->file,
                    task->file->scenario, replay, error);
    if (again == NULL)
        return NULL;
    compare_traces(report_case, one, two);
    return g_steal_pointer(&report_case);
}

/* Removes the trace of an earlier run, which would be taken for that of this one. */
static void
remove_earlier(const char *path)
{
    struct stat there;

    if (stat(path, &there) == 0 && S_ISREG(there.st_mode))
        unlink(path);
}

/* Returns: (transfer full) (nullable): the case of @task, which is only read; %NULL if it was
 * stopped. @trace_error: (out) (transfer full): why there is no trace; unchanged if there is
 * one */
static SrReportCase *
play(const SrOptions *options, const SrOwn *programs, const Task *task, char **trace_error)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *replay = sr_run_replay(options, task->file, task->file->scenario);
    g_autofree char *message = NULL;
    g_autoptr(SrReportCase) report_case = NULL;
    SrOutput *trace =
        task->trace != NULL ? sr_output_open(task->trace, SR_OUTPUT_REPLACE, &error) : NULL;

    if (error == NULL)
        report_case = (own.twice ? play_twice : play_once)(options, programs, task, trace,
                                                           replay, &error);
    bool endless = report_case != NULL && !sr_report_case_ended(report_case);

    /* A run that was stopped counts as not played, so its trace is removed; so is that of a run
     * without an end, and what stands in its place. */
    sr_output_finish(trace, report_case != NULL && !endless, &error);
    if (trace != NULL && endless)
        remove_earlier(task->trace);
    if (error == NULL)
        return g_steal_pointer(&report_case);
    if (error->domain == SR_EXEC_ERROR || task->trace == NULL) {
        message = g_strdup(error->message);
    } else {
        message = g_strdup_printf("%s: %s", task->trace, error->message);
        *trace_error = g_strdup(error->message);
    }
    return sr_report_case_new_error(task->file->path, task->file->scenario->title, message,
                                    replay);
}

/* ---- the crew ---- */

/* A thread finishes each task that it takes, so the completed tasks are always the first ones
 * without a gap. */
static void *
work(void *data)
{
    Crew *crew = data;
    g_auto(SrOwn) programs =
        sr_own_new(crew->options, (uint32_t) g_atomic_int_add(&crew->n_threads, 1));
    int i;

    while (sr_stop_signal() == 0 && g_atomic_int_get(&crew->cancelled) == 0 &&
           (i = g_atomic_int_add(&crew->next, 1)) < (int) crew->tasks->len) {
        Task *task = &g_array_index(crew->tasks, Task, i);
        char *trace_error = NULL;
        if (task->skipped)
            continue;
        SrReportCase *report_case = play(crew->options, &programs, task, &trace_error);
        pthread_mutex_lock(&crew->mutex);
        task->report_case = report_case;
        task->trace_error = trace_error;
        pthread_cond_broadcast(&crew->changed);
        pthread_mutex_unlock(&crew->mutex);
    }
    pthread_mutex_lock(&crew->mutex);
    crew->n_active--;
    pthread_cond_broadcast(&crew->changed);
    pthread_mutex_unlock(&crew->mutex);
    return NULL;
}

/* Waits for task @i. Returns: (transfer full) (nullable): its case; NULL if it will not be
 * played */
static SrReportCase *
wait_for(Crew *crew, guint i)
{
    Task *task = &g_array_index(crew->tasks, Task, i);

    pthread_mutex_lock(&crew->mutex);
    while (task->report_case == NULL && crew->n_active > 0)
        pthread_cond_wait(&crew->changed, &crew->mutex);
    SrReportCase *report_case = g_steal_pointer(&task->report_case);
    pthread_mutex_unlock(&crew->mutex);
    return report_case;
}

/* ---- reporting ---- */

/* Writes @text and empties it. */
static bool
emit(SrOutput *output, GString *text, GError **error)
{
    bool written = sr_output_write(output, text->str, text->len, error);

    g_string_truncate(text, 0);
    return written;
}

/* Reports all tasks in order. Returns: false with @error set if @output fails */
static bool
report_tasks(Crew *crew, SrReport *report, SrOutput *output, GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL);
    bool stopped = false;

    sr_report_begin(report, text);
    for (guint i = 0; i < crew->tasks->len && !stopped; i++) {
        if (g_array_index(crew->tasks, Task, i).skipped) {
            const SrRunFile *file = g_array_index(crew->tasks, Task, i).file;

            sr_report_skip(report, file->path, sr_run_lacks(crew->options, file->scenario),
                           text);
            continue;
        }
        sr_stop_notice(g_array_index(crew->tasks, Task, i).notice);
        g_autoptr(SrReportCase) report_case = wait_for(crew, i);
        sr_stop_notice(NULL);
        const Task *task = &g_array_index(crew->tasks, Task, i);
        if (report_case == NULL) {
            stopped = true;
            for (; i < crew->tasks->len; i++)
                sr_report_stop(report, g_array_index(crew->tasks, Task, i).file->path,
                               sr_stop_signal() == SIGTERM ? "stopped by SIGTERM"
                                                           : "stopped by SIGINT");
            break;
        }
        sr_report_add(report, report_case, text);
        if (!emit(output, text, error))
            return false;
        if (task->trace_error != NULL)
            sr_file_error(task->trace, task->trace_error);
    }
    sr_report_end(report, stopped, text);
    return emit(output, text, error);
}

/* @sweep: outlives the report */
static SrReport *
make_report(const SrOptions *options, const GArray *tasks, const char *sweep)
{
    SrReportOptions report = {
        .format = options->format,
        .program = "session-race " SR_VERSION,
        .quiet = options->quiet,
        .style = sr_options_style(options, options->output),
        .n_cases = tasks->len,
        .sweep = sweep,
    };

    for (guint i = 0; i < tasks->len; i++)
        report.file_width =
            MAX(report.file_width,
                sr_report_width(sr_whole_file_name(g_array_index(tasks, Task, i).file->path)));
    /* A CI runner colours its log itself. */
    report.style.colour &= options->format == SR_REPORT_HUMAN;
    return sr_report_new(&report);
}

static int
exit_status(const SrReport *report, bool written)
{
    SrReportCounts counts = sr_report_counts(report);

    if (sr_stop_signal() != 0)
        return sr_stop_status();
    if (!written || counts.n_errors > 0)
        return SR_EXIT_SYSTEM;
    if (counts.n_as_expected + counts.n_unfinished < counts.n_cases)
        return SR_EXIT_UNEXPECTED;
    return counts.n_cases == 0 || counts.n_unfinished > 0 ? SR_EXIT_INCOMPLETE : SR_EXIT_OK;
}

/* Even if the report goes to a file, the user needs to know why the status is not 0. */
static void
print_result(const SrOptions *options, const SrReport *report)
{
    SrReportCounts counts = sr_report_counts(report);

    if (options->output != NULL && !sr_output_is_stdout(options->output) &&
        counts.n_as_expected < counts.n_cases)
        sr_message("%u of %u scenarios not as expected; see %s",
                   counts.n_cases - counts.n_as_expected, counts.n_cases, options->output);
}

/* If fewer threads can be started than asked for, those do the work; if none, this thread does.
 * Returns: how many there are */
static unsigned
start_threads(Crew *crew, pthread_t *threads)
{
    unsigned wanted = crew->n_active, n = 0;

    while (n < wanted && pthread_create(&threads[n], NULL, work, crew) == 0)
        n++;
    pthread_mutex_lock(&crew->mutex);
    crew->n_active -= wanted - MAX(n, 1);
    pthread_mutex_unlock(&crew->mutex);
    if (n == 0)
        work(crew);
    return n;
}

static int
play_all(const SrOptions *options, GArray *tasks)
{
    g_autoptr(GError) error = NULL;
    const char *place = sr_output_name(options->output);
    SrOutput *output = sr_output_open(options->output, SR_OUTPUT_REPLACE, &error);
    if (output == NULL)
        return sr_file_error(place, error->message);

    g_autofree char *sweep = sweep_command(options, "SCENARIO");
    g_autoptr(SrReport) report = make_report(options, tasks, sweep);
    Crew crew = { .options = options,
                  .tasks = tasks,
                  .n_active = MIN(options->jobs, tasks->len) };
    g_autofree pthread_t *threads = g_new(pthread_t, crew.n_active);
    pthread_mutex_init(&crew.mutex, NULL);
    pthread_cond_init(&crew.changed, NULL);
    unsigned n_threads = start_threads(&crew, threads);

    bool written = report_tasks(&crew, report, output, &error);
    g_atomic_int_set(&crew.cancelled, 1);
    for (unsigned i = 0; i < n_threads; i++)
        pthread_join(threads[i], NULL);
    pthread_mutex_destroy(&crew.mutex);
    pthread_cond_destroy(&crew.changed);

    written = sr_output_finish(output, written, &error);
    if (!written)
        sr_file_error(place, error->message);
    else
        print_result(options, report);
    return exit_status(report, written);
}

/* ---- draws ---- */

static int
write_draws(const SrScenario *scenario)
{
    g_autofree char *text = sr_draws_text(scenario, own.drawn);

    return sr_output_text(own.draws, text, strlen(text));
}

/* Plays the one scenario and writes its draws. */
static int
play_for_draws(const SrOptions *options, GArray *tasks)
{
    g_autoptr(GArray) drawn = g_array_new(FALSE, FALSE, sizeof(SrDraw));
    int status, written = SR_EXIT_OK;

    own.drawn = drawn;
    status = play_all(options, tasks);
    if (sr_stop_signal() == 0)
        written = write_draws(g_array_index(tasks, Task, 0).file->scenario);
    own.drawn = NULL;
    return written != SR_EXIT_OK ? written : status;
}

/* Returns: an exit status: whether --draws can be done */
static int
take_draws(const SrOptions *options, const GArray *tasks)
{
    if (own.draws == NULL)
        return SR_EXIT_OK;
    if (tasks->len != 1)
        return sr_usage_error("--draws %s: the draws of one scenario, and these are %u",
                              own.draws, tasks->len);
    if (sr_output_is_stdout(own.draws) && sr_output_is_stdout(options->output))
        return sr_usage_error("--draws -: the results go to standard output "
                              "already; send them elsewhere with --output FILE");
    return sr_places_take("draws", own.draws);
}

/* ---- what to play, and where its traces go ---- */

const char *
sr_run_lacks(const SrOptions *options, const SrScenario *scenario)
{
    /* By what is missing: bits of roles. */
    static const char *const sentences[1 << SR_EXEC_ROLE_N] = {
        [1 << SR_EXEC_KEYS] = "'kind = exec' needs --provider COMMAND",
        [1 << SR_EXEC_TOKENS] = "'kind = exec' in [token-provider] needs --signer COMMAND",
        [1 << SR_EXEC_KEYS | 1 << SR_EXEC_TOKENS] =
            "'kind = exec' needs --provider COMMAND, and in [token-provider] --signer COMMAND",
    };
    unsigned given = (unsigned) (options->provider != NULL) << SR_EXEC_KEYS |
                     (unsigned) (options->signer != NULL) << SR_EXEC_TOKENS;

    return sentences[sr_own_wanted(scenario) & ~given];
}

bool
sr_run_accept(const SrOptions *options, const SrScenario *scenario)
{
    const char *lacks = sr_run_lacks(options, scenario);

    if (lacks != NULL)
        sr_file_error(scenario->path, lacks);
    return lacks == NULL;
}

/* Returns: bits of what some scenario of @files needs */
static unsigned
wanted_by(const SrRunFiles *files)
{
    unsigned wanted = 0;

    for (guint i = 0; i < files->files->len; i++) {
        const SrRunFile *file = g_ptr_array_index(files->files, i);

        if (!file->trace)
            wanted |= sr_own_wanted(file->scenario);
    }
    return wanted;
}

int
sr_run_accept_all(const SrOptions *options, const SrRunFiles *files)
{
    bool accepted = true;

    for (guint i = 0; i < files->files->len; i++) {
        const SrRunFile *file = g_ptr_array_index(files->files, i);

        accepted &= file->trace || sr_run_accept(options, file->scenario);
    }
    return accepted ? sr_own_begin(options, wanted_by(files)) : SR_EXIT_MALFORMED;
}

int
sr_run_accept_some(const SrOptions *options, const SrRunFiles *files)
{
    return files->folder || files->files->len > 1 ? sr_own_begin(options, wanted_by(files))
                                                  : sr_run_accept_all(options, files);
}

static int
refuse_trace_folder(const SrOptions *options, bool folder)
{
    if (folder && sr_output_is_stdout(options->trace))
        return sr_usage_error("--trace %s: several traces need a folder", options->trace);
    if (folder && g_file_test(options->trace, G_FILE_TEST_EXISTS) &&
        !g_file_test(options->trace, G_FILE_TEST_IS_DIR))
        return sr_usage_error("--trace %s: several traces need a folder, and this is a file",
                              options->trace);
    if (!folder && strcmp(options->trace, "-") == 0 && sr_output_is_stdout(options->output))
        return sr_usage_error("--trace -: the results go to standard output "
                              "already; send them elsewhere with --output FILE");
    return SR_EXIT_OK;
}

/* Whether --trace names a folder: for several traces, or for one if the path says so. */
static bool
traces_in_folder(const SrOptions *options, const SrRunFiles *files)
{
    return files->folder || files->files->len > 1 ||
           (options->trace != NULL && (g_str_has_suffix(options->trace, "/") ||
                                       g_file_test(options->trace, G_FILE_TEST_IS_DIR)));
}

static char *
stop_notice(const char *path)
{
    g_autoptr(GString) text = g_string_new("finishing ");

    sr_text_plain(text, path);
    g_string_append(text, "; press Ctrl-C again to stop at once\n");
    return g_strdup(text->str);
}

/* Sets where the trace of @task is written. Returns: an exit status */
static int
take_trace(const SrOptions *options, Task *task, bool folder)
{
    g_autofree char *name = g_strdup_printf("%s.ndjson", task->file->below);

    if (options->trace == NULL)
        return SR_EXIT_OK;
    task->trace =
        folder ? g_build_filename(options->trace, name, NULL) : g_strdup(options->trace);
    return folder ? sr_places_take_below("trace", options->trace, name)
                  : sr_places_take("trace", options->trace);
}

/* Makes the tasks. Returns: an exit status */
static int
plan(const SrOptions *options, const SrRunFiles *files, GArray *tasks)
{
    bool folder = traces_in_folder(options, files);
    int status = options->trace != NULL ? refuse_trace_folder(options, folder) : SR_EXIT_OK;

    if (status == SR_EXIT_OK)
        status = sr_places_take("output", options->output);
    for (guint i = 0; i < files->files->len && status == SR_EXIT_OK; i++) {
        Task task = { .file = g_ptr_array_index(files->files, i) };

        task.notice = stop_notice(task.file->path);
        task.skipped = sr_run_lacks(options, task.file->scenario) != NULL;
        status = take_trace(options, &task, folder);
        g_array_append_val(tasks, task);
    }
    for (guint i = 0;
         folder && options->trace != NULL && i < tasks->len && status == SR_EXIT_OK; i++) {
        g_autofree char *parent = g_path_get_dirname(g_array_index(tasks, Task, i).trace);

        if (g_mkdir_with_parents(parent, 0777) != 0)
            status = sr_file_error(parent, g_strerror(errno));
    }
    return status;
}

/* Reads and plays @files, which were collected. */
static int
play_files(const SrOptions *options, SrRunFiles *files)
{
    g_autoptr(GArray) tasks = g_array_new(FALSE, FALSE, sizeof(Task));
    int status = sr_run_files_load(files, options->overrides);

    g_array_set_clear_func(tasks, task_clear);
    if (files->n_malformed > 0 && (files->files->len > 1 || options->output != NULL))
        sr_message("nothing was run: %u of %u scenario%s %s malformed", files->n_malformed,
                   files->files->len, files->files->len == 1 ? "" : "s",
                   files->n_malformed == 1 ? "is" : "are");
    if (status == SR_EXIT_OK && own.filter != NULL)
        status = sr_run_files_filter(files, own.filter);
    if (status == SR_EXIT_OK)
        status = sr_run_accept_some(options, files);
    if (status == SR_EXIT_OK)
        status = plan(options, files, tasks);
    if (status == SR_EXIT_OK)
        status = take_draws(options, tasks);
    if (status != SR_EXIT_OK)
        return status;
    return own.draws != NULL ? play_for_draws(options, tasks) : play_all(options, tasks);
}

static int
run(const SrOptions *options)
{
    g_auto(SrRunFiles) files = { 0 };
    int status;

    if (own.twice && !sr_own_given(options))
        return sr_usage_error("--twice needs --provider or --signer");
    if (own.watch)
        return sr_watch(options, play_files);
    status = sr_run_files_collect(options->arguments, &files);
    return status == SR_EXIT_OK ? play_files(options, &files) : status;
}

/* clang-format off */
const SrCommand sr_command_run = {
    .name = "run",
    .question = "what happens in this scenario, and is it what the file expects?",
    .arguments = "SCENARIO…",
    .summary =
        "Plays scenarios in virtual time and says of each whether what happens is what\n"
        "the file expects. SCENARIO is a file, a folder (all *.ini below it, in the order\n"
        "of their paths) or - for standard input.",
    .description =
        "The same scenario and seed play the same way everywhere; the digest printed with each\n"
        "verdict is equal then.\n\n"
        "With several scenarios --trace names a folder, and also if it exists or its name\n"
        "ends in /. A trace has its scenario's name with .ndjson instead of .ini; equal names\n"
        "keep their folders. Files are written completely or not at all; an existing file\n"
        "is replaced, an input never. --trace - needs --output FILE.\n\n"
        "Scenarios with 'kind = exec' ask the program of --provider for keys, or that of --signer\n"
        "for tokens; a single one needs it, of several they are skipped without. A file never\n"
        "names a program.\n\n"
        "--quiet is for people's reports (human, github); the others list every scenario. The\n"
        "format is github when GITHUB_ACTIONS=true and neither --format nor --output is given.\n"
        "In JUnit reports, time is virtual time.\n\n"
        "--draws FILE writes every draw that the run of the one SCENARIO made, by name and to\n"
        "the ns. Its lines, or some of them, in [draws] of a scenario are what that run draws\n"
        "under any seed; 'session-race keys draws' says what each is. The order of events at\n"
        "one instant with ties = seeded, and the faults of [chaos], are not among them.\n\n"
        "When a run fails:\n"
        "  read    'check:' is the rule that broke, 'what led to it' the events that matter\n"
        "  look    'session-race report' makes a page with figures; 'session-race diagram' draws\n"
        "          the messages of its --trace\n"
        "  ask     'session-race keys GROUP.KEY' says what a key does that you suspect\n"
        "  cut     'session-race shrink' makes a scenario as small as it fails\n"
        "  expect  if it is to fail: verdict = fail(CHECK) in [expect], see session-race keys expect\n\n"
        "Ctrl-C lets the scenario that is being played finish and reports what is complete;\n"
        "pressed again, it stops at once.\n\n"
        "Exit status:\n"
        "  0  every outcome is as expected\n"
        "  1  some outcome is not: a check failed that was not expected to, or an expectation\n"
        "     was not met\n"
        "  2  the command line or a scenario is malformed: nothing was run\n"
        "  3  the system failed: a file could not be read or written, the disk is full, the\n"
        "     provider or signer could not be started or broke in three runs in a row\n"
        "  4  a run needs more events than its scenario's max-events, so that nothing can be\n"
        "     said of it; or nothing was played: every scenario needs --provider or\n"
         "     --signer\n"
        "  130, 143  stopped by SIGINT or SIGTERM, after writing what was complete; --watch always\n"
        "     ends so\n\n"
        "Examples:\n"
        "  session-race run --seed 7 --trace two.ndjson two.ini\n"
        "  session-race run --format junit -o results.xml scenarios/\n"
        "  session-race run --set \"client bob.start=12ms\" two.ini\n"
        "  session-race run --filter replica scenarios/\n"
        "  session-race run --watch two.ini\n",
    .options = SR_OPTION_PROVIDER | SR_OPTION_SEED | SR_OPTION_SET | SR_OPTION_TRACE | SR_OPTION_JOBS |
               SR_OPTION_FORMAT | SR_OPTION_OUTPUT | SR_OPTION_QUIET | SR_OPTION_COLOR,
    .formats = 1u << SR_REPORT_HUMAN | 1u << SR_REPORT_TAP | 1u << SR_REPORT_JUNIT |
               1u << SR_REPORT_JSON | 1u << SR_REPORT_GITHUB,
    .own = own_options,
    .run = run,
};
/* clang-format on */

/* `report`: one page about scenarios, traces, results of sweeps, explorations and verifications.
 *
 * A file says by its first bytes what it is.
 * As with `run`, all files are read before anything is played, and threads take them one by
 * one. The page is put together in the order of the arguments, so it is the same for any number
 * of threads. A scenario's trace is written to a temporary folder, where the programs that
 * `plot` uses draw the figures from it. If these programs are missing, the page is made all the
 * same, and says so in the place of the figures. */
#include "cli-private.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plot-private.h"
#include "report/answer.h"
#include "report/diagram.h"
#include "report/dot.h"
#include "report/html.h"
#include "report/player.h"
#include "session-race/run.h"

/* With more files than this, figures are drawn only for failures. */
#define CASES_DRAWN_MAX 24u
#define DEADLINE_S 30u
/* A diagram with more bytes than this is left to the verb `diagram`. A figure with more bytes
 * than that is folded. */
#define DIAGRAM_BYTES_MAX ((gsize) 8 * 1024 * 1024)
#define DIAGRAM_OPEN_MAX ((gsize) 32 * 1024)
/* A way of more steps is folded. */
#define STEPS_OPEN_MAX 16u
#define TRACE_SUFFIX ".ndjson"

/* The option of this verb alone: which figures are drawn. */
static const char *const words[] = { "auto", "all", "required", "none", NULL };
enum { FIGURES_AUTO, FIGURES_ALL, FIGURES_REQUIRED, FIGURES_NONE };
static int wanted = FIGURES_AUTO;

/* clang-format off */
static const GOptionEntry own_options[] = {
    { "figures", 0, 0, G_OPTION_ARG_CALLBACK, (void *) sr_option_on_word,
      "auto, all, required or none [auto]", "WHICH" },
    G_OPTION_ENTRY_NULL
};
/* clang-format on */

/* What a file is. */
typedef enum { SCENARIO, TRACE, SWEEP, ANSWER } Source;

/* The figures of a scenario or a trace; and those of a sweep, of which those are drawn whose keys
 * it varies. */
typedef struct {
    const char *kind, *heading;
} Figure;
static const Figure figures_of_run[] = {
    { "timeline", "Timeline" },
    { "phases", "Where the time goes" },
};
static const Figure figures_of_sweep[] = {
    { "harm", "Who is locked out" },
    { "retention", "How often it fails, by how long keys are kept" },
    { "leeway", "How often tokens are refused, by skew and leeway" },
    { "window", "Who races" },
    { "heatmap", "How often it fails" },
    { "ecdf", "How long it takes to collaborate" },
};
#define FIGURES_MAX G_N_ELEMENTS(figures_of_sweep)
G_STATIC_ASSERT(G_N_ELEMENTS(figures_of_run) <= FIGURES_MAX);

/* A picture of a task. */
typedef struct {
    const Figure *figure; /* (nullable) NULL: it is not asked for */
    GBytes *svg;          /* (nullable) */
    char *message;        /* (nullable) why there is none */
} Picture;

/* One file, and what the page shows of it. */
typedef struct {
    const SrRunFile *file;
    Source source;
    SrTrace *trace;
    SrSweepFile *sweep;
    SrAnswer *answer;
    SrReportCase *report_case;
    Picture pictures[FIGURES_MAX];
    Picture way;        /* of an exploration: the way to a failure */
    bool way_is_long;   /* it is shown folded */
    GPtrArray *diagram; /* (nullable) (element-type utf8): its parts */
    gsize diagram_bytes;
    GString *player; /* (nullable) */
    bool too_long;   /* the diagram would be too long */
    bool skipped;    /* it needs a program that no option names */
} Task;

static void
task_clear(void *data)
{
    Task *task = data;

    sr_trace_free(task->trace);
    sr_sweep_file_free(task->sweep);
    sr_answer_free(task->answer);
    sr_report_case_free(task->report_case);
    for (size_t i = 0; i < FIGURES_MAX; i++) {
        g_clear_pointer(&task->pictures[i].svg, g_bytes_unref);
        g_free(task->pictures[i].message);
    }
    g_clear_pointer(&task->way.svg, g_bytes_unref);
    g_free(task->way.message);
    g_clear_pointer(&task->diagram, g_ptr_array_unref);
    if (task->player != NULL)
        g_string_free(task->player, TRUE);
}

/* What the threads share. */
typedef struct {
    const SrOptions *options;
    const char *folder; /* for traces */
    GArray *tasks;      /* Task; each thread writes to those that it took */
    int n_threads;      /* atomic: so many have begun */
    int next;           /* atomic */
} Crew;

/* ---- one file ---- */

static bool
wants_figures(const Crew *crew, const Task *task)
{
    if (wanted == FIGURES_NONE)
        return false;
    if (wanted == FIGURES_ALL || crew->tasks->len <= CASES_DRAWN_MAX || task->sweep != NULL)
        return true;
    return !sr_report_case_as_expected(task->report_case) ||
           sr_report_case_failed(task->report_case) != 0;
}

static void
draw_diagram(Task *task)
{
    SrDiagramOptions options = { .format = SR_DIAGRAM_SVG };
    g_autoptr(GPtrArray) diagram = sr_diagram_sheets(task->trace, &options);

    for (guint i = 0; i < diagram->len; i++)
        task->diagram_bytes += strlen(g_ptr_array_index(diagram, i));
    task->too_long = task->diagram_bytes > DIAGRAM_BYTES_MAX;
    if (!task->too_long)
        task->diagram = g_steal_pointer(&diagram);
}

/* The run to step through, unless it is too long for a page. */
static void
make_player(Task *task)
{
    if (task->trace->n_records == 0 || task->trace->n_records > SR_PLAYER_EVENTS_MAX)
        return;
    task->player = g_string_new(NULL);
    sr_player_write(task->trace, task->trace->scenario, task->player);
}

static void
draw_figures(const Crew *crew, Task *task, const char *path)
{
    if (!wants_figures(crew, task))
        return;
    for (size_t i = 0; i < G_N_ELEMENTS(figures_of_run); i++) {
        SrPlotOptions options = { .kind = sr_plot_kind(figures_of_run[i].kind),
                                  .format = "svg",
                                  .deadline_s = DEADLINE_S };
        Picture *picture = &task->pictures[i];
        picture->figure = &figures_of_run[i];
        sr_plot_draw(&options, &path, 1, &picture->svg, &picture->message);
    }
}

/* Whether the sweep locks editors out though no check fails: a map of failures would be empty. */
static bool
only_locks_out(const SrSweepFile *sweep)
{
    g_autoptr(SrSweepRow) row = sr_sweep_row_new();
    bool any = false;

    for (guint i = 0; i < sweep->points->len; i++) {
        sr_sweep_point_row(g_ptr_array_index(sweep->points, i), row);
        if (row->shares[SR_SHARE_FAILED] > 0)
            return false;
        any |= row->shares[SR_SHARE_LOCKED_OUT] > 0;
    }
    return any;
}

/* Draws the figures whose keys the sweep varies. */
static void
draw_sweep(const Crew *crew, Task *task)
{
    static const SrPlotSweep nothing_asked,
        locked_out = { .of = (char *) (uintptr_t) "locked-out" };
    static const Figure harm_map = { "heatmap", "How often it locks an editor out" };
    bool harm = only_locks_out(task->sweep);
    unsigned n = 0;

    if (!wants_figures(crew, task))
        return;
    for (size_t i = 0; i < G_N_ELEMENTS(figures_of_sweep); i++) {
        g_autoptr(GPtrArray) arguments = g_ptr_array_new_with_free_func(g_free);
        SrPlotOptions options = { .kind = sr_plot_kind(figures_of_sweep[i].kind),
                                  .format = "svg",
                                  .deadline_s = DEADLINE_S,
                                  .sweep = true };
        const char *path = task->file->path;
        bool map = harm && strcmp(figures_of_sweep[i].kind, harm_map.kind) == 0;

        if (sr_plot_sweep_choose(options.kind, task->sweep, map ? &locked_out : &nothing_asked,
                                 true, arguments) != SR_EXIT_OK)
            continue;
        g_ptr_array_add(arguments, NULL);
        options.arguments = (const char *const *) arguments->pdata;
        Picture *picture = &task->pictures[n++];
        picture->figure = map ? &harm_map : &figures_of_sweep[i];
        sr_plot_draw(&options, &path, 1, &picture->svg, &picture->message);
    }
}

/* Draws the way to the failure that an exploration tells. */
static void
draw_way(const Crew *crew, Task *task)
{
    static const Figure figure = { "way", "The way to the failure" };
    const char *check = NULL;
    g_auto(GStrv) steps = sr_answer_way(task->answer, &check);
    g_autoptr(GString) dot = g_string_new(NULL);

    if (steps == NULL || wanted == FIGURES_NONE || crew->tasks->len > CASES_DRAWN_MAX)
        return;
    sr_dot_way(dot, task->file->path, steps, check);
    task->way.figure = &figure;
    task->way_is_long = g_strv_length(steps) > STEPS_OPEN_MAX;
    sr_plot_dot(dot, DEADLINE_S, &task->way.svg, &task->way.message);
}

/* Plays @task's scenario, its trace written to @path and read again, unless the run has no end.
 * Returns: whether there is a case of it; else @message says why */
static bool
play(const Crew *crew, const SrOwn *programs, Task *task, const char *path, const char *replay,
     char **message)
{
    g_autoptr(GError) error = NULL;
    SrTraceFault fault = { 0 };
    SrOutput *output = sr_output_open(path, SR_OUTPUT_SCRATCH, &error);

    if (output != NULL)
        task->report_case = sr_run_play(crew->options, programs, task->file,
                                        task->file->scenario, output, replay, &error);
    if (sr_output_finish(output, task->report_case != NULL, &error) &&
        !sr_report_case_ended(task->report_case))
        return true;
    if (task->report_case != NULL && error == NULL)
        task->trace = sr_trace_load(path, &fault);
    if (task->trace == NULL && error != NULL && error->domain == SR_EXEC_ERROR)
        *message = g_strdup(error->message);
    else if (task->trace == NULL)
        *message =
            g_strdup_printf("%s: %s", path, error != NULL ? error->message : fault.message);
    sr_trace_fault_clear(&fault);
    return task->trace != NULL;
}

static void
do_task(const Crew *crew, const SrOwn *programs, Task *task, int number)
{
    const SrRunFile *file = task->file;
    g_autofree char *name = g_strdup_printf("%d" TRACE_SUFFIX, number);
    g_autofree char *path = g_build_filename(crew->folder, name, NULL);
    g_autofree char *message = NULL;

    if (task->source == SWEEP) {
        draw_sweep(crew, task);
    } else if (task->source == ANSWER) {
        draw_way(crew, task);
    } else if (task->source == TRACE) {
        task->report_case = sr_report_case_new_recorded(file->path, task->trace);
        draw_figures(crew, task, file->path);
        draw_diagram(task);
        make_player(task);
    } else if (task->source == SCENARIO) {
        g_autofree char *replay = sr_run_replay(crew->options, file, file->scenario);

        if (play(crew, programs, task, path, replay, &message)) {
            if (task->trace != NULL) {
                draw_figures(crew, task, path);
                draw_diagram(task);
                make_player(task);
            }
        } else {
            sr_report_case_free(task->report_case);
            task->report_case =
                sr_report_case_new_error(file->path, file->scenario->title, message, replay);
        }
        unlink(path);
    }
    g_clear_pointer(&task->trace, sr_trace_free);
}

static void *
work(void *data)
{
    Crew *crew = data;
    g_auto(SrOwn) programs =
        sr_own_new(crew->options, (uint32_t) g_atomic_int_add(&crew->n_threads, 1));
    int i;

    while (sr_stop_signal() == 0 &&
           (i = g_atomic_int_add(&crew->next, 1)) < (int) crew->tasks->len) {
        Task *task = &g_array_index(crew->tasks, Task, i);

        if (!task->skipped)
            do_task(crew, &programs, task, i);
    }
    return NULL;
}

static void
do_all(Crew *crew)
{
    unsigned n_wanted = MIN(crew->options->jobs, crew->tasks->len), n = 0;
    g_autofree pthread_t *threads = g_new(pthread_t, MAX(n_wanted, 1));

    while (n < n_wanted && pthread_create(&threads[n], NULL, work, crew) == 0)
        n++;
    if (n == 0)
        work(crew);
    for (unsigned i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
}

/* ---- the page ---- */

/* Returns: (nullable): the figure of @picture, which is added to @figures if it was asked for */
static SrHtmlFigure *
take_figure(const Picture *picture, SrHtmlFigure *figures, size_t *n)
{
    SrHtmlFigure *figure = &figures[*n];

    if (picture->figure == NULL)
        return NULL;
    (*n)++;
    *figure = (SrHtmlFigure){ .id = picture->figure->kind,
                              .heading = picture->figure->heading,
                              .missing = picture->message };
    if (picture->svg != NULL)
        figure->svg = g_bytes_get_data(picture->svg, &figure->n_bytes);
    return figure;
}

static size_t
take_figures(const Task *task, SrHtmlFigure *figures)
{
    size_t n = 0;
    SrHtmlFigure *way;

    for (size_t i = 0; i < FIGURES_MAX; i++)
        take_figure(&task->pictures[i], figures, &n);
    way = take_figure(&task->way, figures, &n);
    if (way != NULL) {
        way->own_size = true;
        way->folded = task->way_is_long;
    }
    if (task->diagram != NULL || task->too_long)
        figures[n++] = (SrHtmlFigure){
            .id = "diagram",
            .heading = "Sequence of messages",
            .sheets = task->diagram,
            .missing = "it is too long for a page; 'session-race diagram' draws a part of it",
            .own_size = true,
            .folded = task->diagram_bytes > DIAGRAM_OPEN_MAX,
        };
    return n;
}

/* Returns: whether the sweep is of the file's scenario, for which 'sweep --seeds' may have chosen
 * other seeds */
static bool
is_swept(const Crew *crew, const SrRunFile *file, const SrSweepFile *sweep)
{
    g_autofree char *seeds = g_strdup_printf("--seeds study.seeds=%" PRIu64 "..%" PRIu64,
                                             sweep->head.seeds.first, sweep->head.seeds.last);
    g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
    g_autoptr(GPtrArray) overrides = g_ptr_array_new();
    g_autoptr(SrScenario) reseeded = NULL;
    char source[33];

    sr_scenario_source(file->scenario, source);
    if (strcmp(sweep->head.source, source) == 0)
        return true;
    if (strcmp(file->path, "-") == 0 ||
        strcmp(sweep->head.scenario, file->scenario->title) != 0)
        return false;
    for (char *const *given = crew->options->overrides; given != NULL && *given != NULL;
         given++)
        g_ptr_array_add(overrides, *given);
    g_ptr_array_add(overrides, seeds);
    if (sr_scenario_load(file->path, (const SrOverride *) overrides->pdata, overrides->len,
                         &reseeded, diagnostics) != SR_LOAD_OK)
        return false;
    sr_scenario_source(reseeded, source);
    return strcmp(sweep->head.source, source) == 0;
}

/* Returns: (nullable): the first sweep of the scenario of @task */
static const SrSweepFile *
find_sweep(const Crew *crew, const Task *task)
{
    for (guint i = 0; i < crew->tasks->len; i++) {
        const Task *other = &g_array_index(crew->tasks, Task, i);

        if (other->source == SWEEP && is_swept(crew, task->file, other->sweep))
            return other->sweep;
    }
    return NULL;
}

/* Returns: whether @sweep, which has the title of @task's scenario, may be of it with other settings: of
 * the scenarios no other one has the title, and of none the sweep has the settings */
static bool
may_be_swept(const Crew *crew, const Task *task, const SrSweepFile *sweep)
{
    for (guint i = 0; i < crew->tasks->len; i++) {
        const Task *other = &g_array_index(crew->tasks, Task, i);

        if (other->source != SCENARIO || other == task)
            continue;
        if (strcmp(other->file->scenario->title, sweep->head.scenario) == 0 ||
            is_swept(crew, other->file, sweep))
            return false;
    }
    return true;
}

/* Returns: (nullable): the first sweep that has the title of @task's scenario alone */
static const SrSweepFile *
find_sweep_by_title(const Crew *crew, const Task *task)
{
    const char *title = task->file->scenario->title;

    if (*title == '\0')
        return NULL;
    for (guint i = 0; i < crew->tasks->len; i++) {
        const Task *other = &g_array_index(crew->tasks, Task, i);

        if (other->source == SWEEP && strcmp(other->sweep->head.scenario, title) == 0 &&
            may_be_swept(crew, task, other->sweep))
            return other->sweep;
    }
    return NULL;
}

/* Returns: what the other files say of the scenario of @task: the first of each kind */
static SrHtmlOthers
find_others(const Crew *crew, const Task *task)
{
    SrHtmlOthers others = { 0 };

    if (task->source != SCENARIO)
        return others;
    others.sweep = find_sweep(crew, task);
    if (others.sweep == NULL) {
        others.sweep = find_sweep_by_title(crew, task);
        others.by_title = others.sweep != NULL;
    }
    for (guint i = 0; i < crew->tasks->len; i++) {
        const Task *other = &g_array_index(crew->tasks, Task, i);

        if (other->source != ANSWER ||
            strcmp(sr_answer_scenario(other->answer), task->file->path) != 0)
            continue;
        if (sr_answer_kind(other->answer) == SR_ANSWER_EXPLORED && others.explored == NULL)
            others.explored = other->answer;
        if (sr_answer_kind(other->answer) == SR_ANSWER_TIMED && others.timed == NULL)
            others.timed = other->answer;
    }
    return others;
}

static void
append_page(const Crew *crew, SrHtml *html, GString *page)
{
    for (guint i = 0; i < crew->tasks->len; i++) {
        Task *task = &g_array_index(crew->tasks, Task, i);
        SrHtmlFigure figures[FIGURES_MAX + 2];
        SrHtmlOthers others = find_others(crew, task);

        if (task->skipped)
            sr_html_skip(html, task->file->path,
                         sr_run_lacks(crew->options, task->file->scenario));
        else if (task->source == SWEEP)
            sr_html_add_sweep(html, task->file->path, task->sweep, figures,
                              take_figures(task, figures));
        else if (task->source == ANSWER)
            sr_html_add_answer(html, task->file->path, task->answer, figures,
                               take_figures(task, figures));
        else
            sr_html_add(html, task->report_case, &others, figures, take_figures(task, figures),
                        task->player);
    }
    sr_html_end(html, page);
}

/* Returns: (nullable): why the first figure that failed could not be drawn; @n: how many failed
 */
static const char *
first_missing(const Crew *crew, unsigned *n)
{
    const char *message = NULL;

    *n = 0;
    for (guint i = 0; i < crew->tasks->len; i++) {
        const Task *task = &g_array_index(crew->tasks, Task, i);
        for (size_t j = 0; j < FIGURES_MAX; j++) {
            if (task->pictures[j].message == NULL)
                continue;
            if ((*n)++ == 0)
                message = task->pictures[j].message;
        }
        if (task->way.message != NULL && (*n)++ == 0)
            message = task->way.message;
    }
    return message;
}

static int
write_page(const Crew *crew)
{
    g_autoptr(SrHtml) html = sr_html_new("session-race " SR_VERSION, crew->tasks->len);
    g_autoptr(GString) page = g_string_new(NULL);
    unsigned n_missing;
    const char *missing = first_missing(crew, &n_missing);

    if (missing != NULL && wanted == FIGURES_REQUIRED) {
        sr_message("error: %s", missing);
        return SR_EXIT_SYSTEM;
    }
    append_page(crew, html, page);
    int status = sr_output_text(crew->options->output, page->str, page->len);
    if (status != SR_EXIT_OK)
        return status;
    if (missing != NULL)
        sr_message("warning: %u figure%s missing: %s", n_missing,
                   n_missing == 1 ? " is" : "s are", missing);

    SrReportCounts counts = sr_html_counts(html);
    if (counts.n_as_expected < counts.n_cases && !crew->options->quiet)
        sr_message("%u of %u %s", counts.n_cases - counts.n_as_expected, counts.n_cases,
                   counts.n_as_expected + counts.n_unfinished < counts.n_cases
                       ? "not as expected"
                       : "not finished");
    if (counts.n_errors > 0)
        return SR_EXIT_SYSTEM;
    if (counts.n_as_expected + counts.n_unfinished < counts.n_cases)
        return SR_EXIT_UNEXPECTED;
    return counts.n_unfinished > 0 ? SR_EXIT_INCOMPLETE : SR_EXIT_OK;
}

/* ---- the files ---- */

/* Takes the arguments one by one, so that scenarios and traces keep their order. */
static int
collect(char *const *arguments, SrRunFiles *files)
{
    files->files = g_ptr_array_new_with_free_func(sr_run_file_free);
    if (sr_options_count(arguments) == 0)
        return sr_usage_error(
            "a file is needed: a scenario, a folder of them, a trace, the result "
            "of a sweep, or what explore or verify say with --format json");
    for (; *arguments != NULL; arguments++) {
        char *one[] = { *arguments, NULL };
        SrRunFiles part = { 0 };
        int status = sr_run_files_collect(one, &part);
        if (part.files != NULL)
            g_ptr_array_extend_and_steal(files->files, g_steal_pointer(&part.files));
        files->folder |= part.folder;
        if (status != SR_EXIT_OK)
            return status;
    }
    return SR_EXIT_OK;
}

/* Finds what the file at @path is by its first bytes. What can be no other is a scenario, and the
 * reader of scenarios says what is wrong with it. */
static Source
source_of(const char *path)
{
    char bytes[64];
    struct stat info;
    ssize_t n = 0;
    int fd =
        strcmp(path, "-") == 0 ? -1 : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd >= 0 && fstat(fd, &info) == 0 && S_ISREG(info.st_mode))
        n = read(fd, bytes, sizeof bytes);
    if (fd >= 0)
        close(fd);
    if (n > 0 && sr_plot_begins_sweep(bytes, (size_t) n))
        return SWEEP;
    if ((n > 0 && sr_plot_begins_trace(bytes, (size_t) n)) ||
        (g_str_has_suffix(path, TRACE_SUFFIX) && !g_file_test(path, G_FILE_TEST_IS_DIR)))
        return TRACE;
    return n > 0 && sr_answer_may_be(bytes, (size_t) n) ? ANSWER : SCENARIO;
}

/* Reads what @task shows and does not play. Returns: an exit status; the error was printed unless it
 * is SR_EXIT_OK */
static int
read_result(Task *task)
{
    const char *path = task->file->path;
    SrSweepFault sweep = { 0 };
    SrTraceFault fault = { 0 };
    int status = SR_EXIT_OK;

    switch (task->source) {
    case SCENARIO:
        return SR_EXIT_OK;
    case TRACE:
        task->trace = sr_trace_load(path, &fault);
        return task->trace != NULL ? SR_EXIT_OK : sr_refuse_trace(path, &fault);
    case SWEEP:
        task->sweep = sr_sweep_file_load(path, &sweep);
        if (task->sweep == NULL)
            status =
                sr_place_error(path, sweep.line, sweep.column, sweep.system, sweep.message);
        sr_sweep_fault_clear(&sweep);
        return status;
    case ANSWER:
        task->answer = sr_answer_load(path, &fault);
        return task->answer != NULL ? SR_EXIT_OK : sr_refuse_trace(path, &fault);
    }
    return status;
}

/* Makes the tasks and reads everything: scenarios last. */
static int
load(const SrOptions *options, SrRunFiles *files, GArray *tasks)
{
    unsigned n_refused[SR_EXIT_INCOMPLETE] = { 0 }; /* by exit status */

    for (guint i = 0; i < files->files->len; i++) {
        SrRunFile *file = g_ptr_array_index(files->files, i);
        Task task = { .file = file, .source = source_of(file->path) };

        file->trace = task.source != SCENARIO;
        n_refused[read_result(&task)]++;
        g_array_append_val(tasks, task);
    }
    n_refused[sr_run_files_load(files, options->overrides)]++;
    if (n_refused[SR_EXIT_MALFORMED] > 0)
        return SR_EXIT_MALFORMED;
    if (n_refused[SR_EXIT_SYSTEM] > 0)
        return SR_EXIT_SYSTEM;
    return sr_run_accept_some(options, files);
}

/* Marks the tasks that need a program that no option names. Returns: whether any is left */
static bool
skip_tasks(const SrOptions *options, GArray *tasks)
{
    bool any = false;

    for (guint i = 0; i < tasks->len; i++) {
        Task *task = &g_array_index(tasks, Task, i);

        task->skipped =
            !task->file->trace && sr_run_lacks(options, task->file->scenario) != NULL;
        any |= !task->skipped;
    }
    return any;
}

static int
report(const SrOptions *options)
{
    g_auto(SrRunFiles) files = { 0 };
    g_autoptr(GArray) tasks = g_array_new(FALSE, FALSE, sizeof(Task));
    g_autoptr(GError) error = NULL;
    int status = collect(options->arguments, &files);

    g_array_set_clear_func(tasks, task_clear);
    if (status == SR_EXIT_OK)
        status = load(options, &files, tasks);
    if (status == SR_EXIT_OK)
        status = sr_places_take("output", options->output);
    if (status != SR_EXIT_OK)
        return status;
    if (!skip_tasks(options, tasks)) {
        sr_message("nothing was played: %s",
                   sr_run_lacks(options, g_array_index(tasks, Task, 0).file->scenario));
        return SR_EXIT_INCOMPLETE;
    }

    g_autofree char *folder = g_dir_make_tmp("session-race-report-XXXXXX", &error);
    if (folder == NULL)
        return sr_file_error(g_get_tmp_dir(), error->message);
    Crew crew = { .options = options, .folder = folder, .tasks = tasks };
    do_all(&crew);
    rmdir(folder);
    return sr_stop_signal() != 0 ? sr_stop_status() : write_page(&crew);
}

/* clang-format off */
const SrCommand sr_command_report = {
    .name = "report",
    .question = "something to hand on",
    .arguments = "FILE…",
    .summary =
        "Makes one HTML page to pass on: verdicts, what each check says, the story of each\n"
        "failure and the command that replays it, figures of the timing, a diagram of the\n"
        "messages. FILE is a scenario, a folder of them, a trace, the result of a sweep, or what\n"
        "explore or verify say with --format json; its first bytes tell which.",
    .description =
        "The page needs no network; it is light or dark as its reader's screen is. Each run can\n"
        "be stepped through, which needs the script in the page; without it the page has all\n"
        "the rest. The same files give the same page, byte for byte.\n\n"
        "gnuplot draws the figures from data that jq extracts, and dot, of Graphviz, the way to\n"
        "a failure that an exploration found. If one of them is missing, the page says so\n"
        "instead; with --figures required that is an error.\n"
        "With auto and more than 24 files, only failures and sweeps have figures. A trace has no\n"
        "expectations: every check that failed in it counts. A sweep, an exploration and a\n"
        "verification are shown as they are, with what they did not cover. Where they are of a\n"
        "scenario that is given, too, a table of at most four rows sets the answers side by\n"
        "side, and says where they differ and why.\n\n"
        "Exit status:\n"
        "  0  the page is made; every outcome is as expected\n"
        "  1  the page is made; some outcome is not as expected\n"
        "  2  the command line or a file is malformed: nothing was run\n"
        "  3  the system failed: a file could not be read or written, or gnuplot or jq is\n"
        "     missing or failed with --figures required\n"
        "  4  the page is made; a run needs more events than its scenario's max-events, or a\n"
        "     sweep or an exploration is not complete; or nothing was played: every scenario needs --provider or --signer\n"
        "  130, 143  stopped by SIGINT or SIGTERM: no page is made\n\n"
        "Examples:\n"
        "  session-race report -o report.html scenarios/\n"
        "  session-race report --figures required -o race.html two.ini trace.ndjson\n"
        "  session-race report -o study.html result.ndjson\n",
    .options =
        SR_OPTION_PROVIDER | SR_OPTION_SEED | SR_OPTION_SET | SR_OPTION_JOBS | SR_OPTION_OUTPUT | SR_OPTION_QUIET,
    .words = words,
    .word = &wanted,
    .own = own_options,
    .run = report,
};
/* clang-format on */

/* Sweeps: seeds in chunks, chunks on threads, rows in order.
 *
 * One lock protects the chunks that are still to be taken, the chunks being run in the order in
 * which they were taken, and the prefix, which is the row of the present point. A thread takes
 * the next chunk with an empty row, runs it without the lock, and returns it. The thread that
 * returns the oldest chunk adds up all completed chunks that follow without a gap. Taking a
 * chunk needs a row, and there are only a few rows per thread. So a slow chunk does not let the
 * others run far ahead.
 *
 * It uses POSIX threads and locks, since ThreadSanitizer understands them without a special
 * build of GLib. */
#include "session-race/sweep.h"

#include <pthread.h>

#include "base/interval.h"
#include "graph/graph.h"

#define CHUNK_DEFAULT 512u
#define ROWS_PER_JOB 3u
#define CONFIDENCE 0.95
/* A thread asks whether to stop at the start of a chunk and once per this many events. */
#define ASK_EVERY 4096u
/* Samples of a run that are kept apart until it has ended. */
#define SAMPLES_KEPT 4096u

typedef struct {
    uint64_t point;
    uint64_t from, n; /* seeds of the part of the point, counted from 0 */
    uint64_t n_done;
    bool found;    /* the last seed was not as expected, and that ends the sweep */
    bool too_long; /* the seed after the last needs too many events, and that ends the sweep */
    SrTime too_long_at;
    bool ready;
    SrSweepRow *row;
} Chunk;

typedef struct {
    const SrSweepOptions *options;
    SrSeedRange part; /* of the seeds of each point */
    uint64_t n_seeds, chunk;
    int over;           /* atomic: the chunks being run are no longer needed */
    bool broken;        /* no program could be started */
    uint32_t n_threads; /* atomic: so many have begun */
    unsigned jobs;      /* threads */

    pthread_mutex_t mutex;
    pthread_cond_t changed;
    uint64_t point, next; /* the seed to hand out next */
    bool closing;         /* no more chunks may be taken */
    Chunk *chunks;        /* n_chunks: those being run, by their number */
    unsigned n_chunks;
    uint64_t n_taken, n_settled;
    SrSweepRow **free_rows;
    unsigned n_free_rows;

    SrSweepProgress progress; /* the prefix */
    SrSweepRow *row;          /* progress.row */
    SrSweepEnd end;
} Sweep;

/* The samples of the present run: only those of a run that has ended belong into a row. */
typedef struct {
    SrSweepRow *row;
    unsigned n;
    bool spilled; /* some are in the row already */
    struct {
        SrSweepMeasure measure;
        uint64_t value;
    } list[SAMPLES_KEPT];
} Samples;

/* The state of one thread. */
typedef struct {
    Sweep *sweep;
    const SrScenario *scenario; /* (nullable) of @point */
    SrRun *run;
    SrGraph *graph; /* (nullable) of @run */
    uint64_t point;
    SrRunResult *result;
    Samples *samples;
    SrExec *provider, *signer; /* (nullable) */
} Worker;

bool
sr_sweep_shard(SrSeedRange seeds, uint64_t shard, uint64_t shards, SrSeedRange *part)
{
    /* 2^64 seeds are one more than fits into 64 bits. */
    unsigned __int128 n = (unsigned __int128) (seeds.last - seeds.first) + 1;
    uint64_t begin = (uint64_t) (n * (shard - 1) / shards);
    unsigned __int128 end = n * shard / shards;

    g_assert(shard >= 1 && shard <= shards && seeds.first <= seeds.last);
    if (begin == end)
        return false;
    *part = (SrSeedRange){ seeds.first + begin, seeds.first + (uint64_t) (end - 1) };
    return true;
}

double
sr_sweep_half_width(const SrSweepRow *row)
{
    SrInterval interval = sr_clopper_pearson(row->shares[SR_SHARE_FAILED],
                                             row->counters[SR_COUNTER_RUNS], CONFIDENCE);

    return (interval.high - interval.low) / 2;
}

/* ---- the graph of a point ---- */

/* A graph for fewer seeds of a thread costs more than it saves: with two clients and constant delays,
 * where it is smallest, it begins to save at 1 600. */
#define GRAPH_SEEDS_MIN 1200

static void
enter_graph(Worker *worker)
{
    Sweep *sweep = worker->sweep;
    uint64_t seeds = sweep->n_seeds / sweep->jobs;
    const char *refusal;

    if (sweep->options->graph_bytes == 0 || seeds < GRAPH_SEEDS_MIN)
        return;
    refusal = sr_graph_refusal(worker->scenario);
    if (refusal == NULL) {
        worker->graph =
            sr_graph_new(worker->run, sweep->options->graph_bytes / sweep->jobs, seeds);
    } else if (sweep->options->graph != NULL) {
        pthread_mutex_lock(&sweep->mutex);
        sweep->options->graph->refusal = refusal;
        pthread_mutex_unlock(&sweep->mutex);
    }
}

static void
leave_graph(Worker *worker)
{
    SrSweepGraph *sum = worker->sweep->options->graph;
    SrGraphStats stats;

    if (worker->graph != NULL && sum != NULL) {
        stats = sr_graph_stats(worker->graph);
        pthread_mutex_lock(&worker->sweep->mutex);
        sum->walked += stats.walked;
        sum->recorded += stats.recorded;
        sum->nodes += stats.nodes;
        sum->edges += stats.edges;
        sum->bytes += stats.bytes;
        pthread_mutex_unlock(&worker->sweep->mutex);
    }
    g_clear_pointer(&worker->graph, sr_graph_free);
}

/* ---- a chunk ---- */

static void
leave_point(Worker *worker)
{
    const SrSweepOptions *options = worker->sweep->options;

    leave_graph(worker);
    g_clear_pointer(&worker->run, sr_run_free);
    if (worker->scenario != NULL && options->release != NULL)
        options->release(options->data, worker->scenario);
    worker->scenario = NULL;
}

static bool
enter_point(Worker *worker, uint64_t point)
{
    const SrSweepOptions *options = worker->sweep->options;

    if (worker->scenario != NULL && worker->point == point)
        return true;
    leave_point(worker);
    worker->scenario = options->scenario(options->data, point);
    if (worker->scenario == NULL)
        return false;
    worker->run = sr_run_new(worker->scenario);
    worker->point = point;
    enter_graph(worker);
    return true;
}

static bool
is_over(const Sweep *sweep)
{
    const SrSweepOptions *options = sweep->options;

    return __atomic_load_n(&sweep->over, __ATOMIC_RELAXED) != 0 ||
           (options->stop != NULL && options->stop(options->data));
}

/* A program of the user's own cannot be started. */
static void
give_up(Sweep *sweep, const GError *error)
{
    pthread_mutex_lock(&sweep->mutex);
    if (!sweep->broken && sweep->options->broke != NULL)
        sweep->options->broke(sweep->options->data, error);
    sweep->broken = true;
    pthread_mutex_unlock(&sweep->mutex);
}

/* ---- the samples of a run ---- */

static void
put_samples(Samples *samples)
{
    for (unsigned i = 0; i < samples->n; i++)
        sr_sweep_row_sample(samples->row, samples->list[i].measure, samples->list[i].value);
    samples->n = 0;
}

static void
keep_sample(void *data, SrSweepMeasure measure, uint64_t value)
{
    Samples *samples = data;

    if (samples->n == SAMPLES_KEPT) {
        put_samples(samples);
        samples->spilled = true;
    }
    samples->list[samples->n].measure = measure;
    samples->list[samples->n++].value = value;
}

/* ---- the runs of a chunk ---- */

static bool
is_over_in_run(void *data)
{
    return is_over(data);
}

static void run_seeds(Worker *worker, Chunk *chunk, uint64_t n);

/* Forgets the present run, which did not come to its end. If samples of it are in the row, the seeds
 * before it are played once more; when time is up there is none left for that, and they are lost. */
static void
forget_run(Worker *worker, Chunk *chunk)
{
    uint64_t n = chunk->n_done;
    bool too_long = worker->result->too_long;

    chunk->too_long_at = worker->result->t;
    worker->samples->n = 0;
    if (worker->samples->spilled) {
        sr_sweep_row_clear(chunk->row);
        chunk->n_done = 0;
    }
    if (worker->samples->spilled && too_long)
        run_seeds(worker, chunk, n);
    chunk->too_long = too_long && chunk->n_done == n;
}

/* Runs the seeds of @chunk up to number @n as far as allowed; n_done says how many. */
static void
run_seeds(Worker *worker, Chunk *chunk, uint64_t n)
{
    Sweep *sweep = worker->sweep;
    SrRunOptions run_options = { .sample = keep_sample,
                                 .sample_data = worker->samples,
                                 .stop = is_over_in_run,
                                 .stop_data = sweep,
                                 .provider = worker->provider,
                                 .signer = worker->signer };
    g_autoptr(GError) error = NULL;
    uint64_t seed = sweep->part.first + chunk->from + chunk->n_done, events = ASK_EVERY;

    worker->samples->row = chunk->row;
    for (; chunk->n_done < n && !chunk->found; seed++) {
        if (events >= ASK_EVERY) {
            if (is_over(sweep))
                return;
            events = 0;
        }
        bool walked = false, unexpected = false;

        worker->samples->spilled = false;
        if (worker->graph != NULL) {
            walked = sr_graph_play(worker->graph, seed, n - chunk->n_done - 1, &run_options,
                                   chunk->row, worker->result, &unexpected);
        } else if (!sr_run_execute(worker->run, seed, &run_options, worker->result, &error)) {
            give_up(sweep, error);
            return;
        }
        if (!walked && (worker->result->stopped || worker->result->too_long)) {
            forget_run(worker, chunk);
            return;
        }
        if (!walked)
            unexpected = sr_sweep_row_take(chunk->row, worker->run, worker->result);
        put_samples(worker->samples);
        events += worker->result->engine_events;
        chunk->n_done++;
        chunk->found = sweep->options->until_failure && unexpected;
    }
}

static void
run_chunk(Worker *worker, Chunk *chunk)
{
    if (enter_point(worker, chunk->point))
        run_seeds(worker, chunk, chunk->n);
}

/* ---- adding up; all with the lock held ---- */

static void
end_sweep(Sweep *sweep, SrSweepEnd end)
{
    sweep->end = end;
    sweep->closing = true;
    __atomic_store_n(&sweep->over, 1, __ATOMIC_RELAXED);
}

static void
tell_row(Sweep *sweep)
{
    const SrSweepOptions *options = sweep->options;

    if (options->row != NULL && sweep->progress.seeds_done > 0)
        options->row(options->data, sweep->progress.point, sweep->progress.seeds_done,
                     sweep->row);
}

/* Returns: whether no more of the present point is needed; one of its chunks has just ended */
static bool
point_is_done(const Sweep *sweep)
{
    double precision = sweep->options->precision;

    if (sweep->progress.seeds_done == sweep->n_seeds)
        return true;
    return precision > 0 && sweep->progress.seeds_done % sweep->chunk == 0 &&
           sr_sweep_half_width(sweep->row) <= precision;
}

static void
next_point(Sweep *sweep)
{
    tell_row(sweep);
    sr_sweep_row_clear(sweep->row);
    sweep->progress.point++;
    sweep->progress.seeds_done = 0;
    if (sweep->point < sweep->progress.point) {
        sweep->point = sweep->progress.point;
        sweep->next = 0;
    }
}

static void
end_too_long(Sweep *sweep, const Chunk *chunk)
{
    const SrSweepOptions *options = sweep->options;
    const SrScenario *scenario;

    end_sweep(sweep, SR_SWEEP_TOO_LONG);
    if (options->too_long == NULL)
        return;
    scenario = options->scenario(options->data, chunk->point);
    if (scenario != NULL)
        options->too_long(options->data, chunk->point,
                          sweep->part.first + sweep->progress.seeds_done, scenario,
                          chunk->too_long_at);
    if (scenario != NULL && options->release != NULL)
        options->release(options->data, scenario);
}

/* Adds @chunk, which is the oldest, to the prefix. */
static void
settle(Sweep *sweep, const Chunk *chunk)
{
    const SrSweepOptions *options = sweep->options;
    SrSweepProgress *progress = &sweep->progress;

    /* It is after the end, or of a point that is precise enough without it. */
    if (sweep->over != 0 || chunk->point < progress->point)
        return;
    g_assert(chunk->point == progress->point && chunk->from == progress->seeds_done);
    sr_sweep_row_merge(sweep->row, chunk->row);
    progress->seeds_done += chunk->n_done;
    progress->done += chunk->n_done;
    progress->unexpected += chunk->row->shares[SR_SHARE_UNEXPECTED];
    if (point_is_done(sweep))
        next_point(sweep);
    if (chunk->found)
        end_sweep(sweep, SR_SWEEP_FAILURE_FOUND);
    else if (progress->point == options->n_points)
        end_sweep(sweep, SR_SWEEP_COMPLETE);
    else if (chunk->too_long && chunk->point == progress->point)
        end_too_long(sweep, chunk);
    else if (chunk->n_done < chunk->n)
        end_sweep(sweep, SR_SWEEP_STOPPED);
    if (options->grown != NULL && !options->grown(options->data, progress) && sweep->over == 0)
        end_sweep(sweep, SR_SWEEP_STOPPED);
}

static void
give_back(Sweep *sweep, Chunk *chunk)
{
    pthread_mutex_lock(&sweep->mutex);
    chunk->ready = true;
    /* If a chunk was stopped early, nothing after it can count. */
    sweep->closing |= chunk->n_done < chunk->n;
    while (sweep->n_settled < sweep->n_taken) {
        Chunk *oldest = &sweep->chunks[sweep->n_settled % sweep->n_chunks];
        if (!oldest->ready)
            break;
        settle(sweep, oldest);
        sweep->free_rows[sweep->n_free_rows++] = oldest->row;
        sweep->n_settled++;
        pthread_cond_broadcast(&sweep->changed);
    }
    pthread_mutex_unlock(&sweep->mutex);
}

/* Returns: (nullable): the next chunk; %NULL if there is no more for the caller */
static Chunk *
take_chunk(Sweep *sweep)
{
    Chunk *chunk = NULL;

    pthread_mutex_lock(&sweep->mutex);
    while (sweep->n_free_rows == 0 && !sweep->closing)
        pthread_cond_wait(&sweep->changed, &sweep->mutex);
    if (!sweep->closing && sweep->point < sweep->options->n_points) {
        /* The ends of chunks are fixed, even if a sweep continues in the middle of one. */
        uint64_t n =
            MIN(sweep->chunk - sweep->next % sweep->chunk, sweep->n_seeds - sweep->next);

        chunk = &sweep->chunks[sweep->n_taken++ % sweep->n_chunks];
        *chunk = (Chunk){ .point = sweep->point,
                          .from = sweep->next,
                          .n = n,
                          .row = sweep->free_rows[--sweep->n_free_rows] };
        sweep->next += n;
        if (sweep->next == sweep->n_seeds) {
            sweep->point++;
            sweep->next = 0;
        }
    }
    pthread_mutex_unlock(&sweep->mutex);
    return chunk;
}

static void *
work(void *data)
{
    Sweep *sweep = data;
    Worker worker = { .sweep = sweep,
                      .result = g_new0(SrRunResult, 1),
                      .samples = g_new0(Samples, 1) };
    Chunk *chunk;

    if (sweep->options->start != NULL)
        sweep->options->start(sweep->options->data,
                              __atomic_fetch_add(&sweep->n_threads, 1, __ATOMIC_RELAXED),
                              &worker.provider, &worker.signer);
    while ((chunk = take_chunk(worker.sweep)) != NULL) {
        sr_sweep_row_clear(chunk->row);
        run_chunk(&worker, chunk);
        give_back(worker.sweep, chunk);
    }
    leave_point(&worker);
    sr_exec_free(worker.provider);
    sr_exec_free(worker.signer);
    g_free(worker.result);
    g_free(worker.samples);
    return NULL;
}

/* ---- the whole ---- */

static unsigned
count_jobs(const Sweep *sweep)
{
    const SrSweepOptions *options = sweep->options;
    uint64_t chunks = (sweep->n_seeds - 1) / sweep->chunk + 1, all;

    if (__builtin_mul_overflow(chunks, options->n_points - sweep->point, &all))
        all = UINT64_MAX;
    return (unsigned) MIN(MAX(options->jobs, 1), all);
}

/* If fewer threads can be started than asked for, those do the work; if none, this thread does.
 */
static void
run_threads(Sweep *sweep, unsigned jobs)
{
    g_autofree pthread_t *threads = g_new(pthread_t, jobs);
    unsigned n = 0;

    while (n < jobs && pthread_create(&threads[n], NULL, work, sweep) == 0)
        n++;
    if (n == 0)
        work(sweep);
    for (unsigned i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
}

static void
run_rest(Sweep *sweep)
{
    unsigned jobs = count_jobs(sweep);

    sweep->jobs = jobs;
    sweep->n_chunks = jobs * ROWS_PER_JOB;
    sweep->chunks = g_new0(Chunk, sweep->n_chunks);
    sweep->free_rows = g_new(SrSweepRow *, sweep->n_chunks);
    for (unsigned i = 0; i < sweep->n_chunks; i++)
        sweep->free_rows[i] = sr_sweep_row_new();
    sweep->n_free_rows = sweep->n_chunks;
    pthread_mutex_init(&sweep->mutex, NULL);
    pthread_cond_init(&sweep->changed, NULL);
    run_threads(sweep, jobs);
    pthread_cond_destroy(&sweep->changed);
    pthread_mutex_destroy(&sweep->mutex);
    for (unsigned i = 0; i < sweep->n_chunks; i++)
        sr_sweep_row_free(sweep->free_rows[i]);
    g_free(sweep->free_rows);
    g_free(sweep->chunks);
}

SrSweepEnd
sr_sweep_execute(const SrSweepOptions *options)
{
    Sweep sweep = {
        .options = options,
        .part = options->seeds,
        .chunk = options->chunk > 0 ? options->chunk : CHUNK_DEFAULT,
        .progress = options->from,
        .point = options->from.point,
        .next = options->from.seeds_done,
        .end = options->from.point < options->n_points ? SR_SWEEP_STOPPED : SR_SWEEP_COMPLETE,
    };

    g_assert(options->seeds.last - options->seeds.first < UINT64_MAX);
    if (options->shards > 0 &&
        !sr_sweep_shard(options->seeds, options->shard, options->shards, &sweep.part))
        return SR_SWEEP_COMPLETE;
    sweep.n_seeds = sweep.part.last - sweep.part.first + 1;
    sweep.row = sr_sweep_row_new();
    if (options->from.row != NULL)
        sr_sweep_row_merge(sweep.row, options->from.row);
    sweep.progress.row = sweep.row;
    sweep.progress.total = sweep.n_seeds * options->n_points;
    g_assert(sweep.next < sweep.n_seeds);
    if (options->until_failure && options->from.unexpected > 0)
        sweep.end = SR_SWEEP_FAILURE_FOUND;
    else if (sweep.point < options->n_points)
        run_rest(&sweep);
    /* The partial row of a point that is not complete. */
    tell_row(&sweep);
    sr_sweep_row_free(sweep.row);
    return sweep.end;
}

/* The search: breadth first, level by level, on threads.
 *
 * The worlds of a level are in chunks. Each thread takes one chunk after another, expands its
 * worlds and puts new worlds into chunks of its own. A level ends when all its chunks are done.
 * The result does not depend on which thread took which chunk: the set of states of a level
 * does not, and of several parents of a state, or several failures on a level, the least is
 * kept. */
#include "explore/explore-path-private.h"
#include "explore/explore-search-private.h"
#include "explore/explore-traps-private.h"

/* A level with fewer chunks is searched by one thread: starting threads would take longer. */
#define CHUNKS_FOR_THREADS 8u
/* A worker looks at the limits each time it has expanded this many worlds. */
#define STOP_EVERY 1024u
/* How many new worlds are made before the first of them is looked up in the store. */
#define BATCH 16u

/* A world that a move made from the state `from`. */
typedef struct {
    SrWaiting waiting;
    SrFingerprint from;
    uint32_t from_number;
    uint32_t at; /* index of its first byte in the worker's bytes */
    unsigned level;
    bool must_happen; /* the move is obligatory */
    GString *text;    /* (nullable) of the move, where somebody wants to know */
    uint32_t failed;  /* bits of checks that fail in it */
} Made;

typedef struct Level Level;

typedef struct {
    SrExploration *exploration;
    Level *level; /* that is searched now */
    Context *context;
    World world;
    Origin origin;
    Moves moves;
    Made made[BATCH];
    unsigned n_made;
    uint32_t used; /* of bytes */
    uint8_t bytes[BATCH * 256 + PACKED_MAX + sizeof(uint64_t[CLIENTS_MAX])];
    SrChunkList found;
    uint64_t transitions, ends;
    SrWitness witnesses[SR_CHECK_N];
    SrEdges edges;
    GArray *end_states; /* uint32_t */
    GString *text;      /* (nullable) of the move that is made now */
} Worker;

struct Level {
    SrExploration *exploration;
    unsigned level;
    SrChunk *chunks; /* not yet taken */
    GMutex lock;
    uint32_t over; /* atomic: 0, or 1 + SrExploreEnd once a thread has met a limit */
};

static void
witness(SrWitness *best, const SrWitness *other)
{
    int order;

    if (best->refuted.failed && best->refuted.depth < other->refuted.depth)
        return;
    if (best->refuted.failed && best->refuted.depth == other->refuted.depth) {
        order = sr_fingerprint_compare(&best->state, &other->state);
        if (order < 0 ||
            (order == 0 && memcmp(&best->move, &other->move, sizeof best->move) <= 0))
            return;
    }
    *best = *other;
}

static void
keep_findings(Worker *worker, const SrFingerprint *state, unsigned depth, Move move,
              bool at_end)
{
    const Context *context = worker->context;

    for (unsigned i = 0; i < context->n_findings; i++) {
        const SrWitness found = {
            .refuted = { .failed = true,
                         .at_end = at_end,
                         .shortest = !context->plan->reduction,
                         .depth = depth,
                         .record = context->findings[i] },
            .state = *state,
            .move = move,
        };

        witness(&worker->witnesses[context->findings[i].check], &found);
    }
}

/* Returns: whether @move is obligatory: it happens sooner or later, unless another move makes
 * it impossible */
static bool
must_happen(const Move *move)
{
    return move->kind != MOVE_AGE && move->kind != MOVE_ROTATE && move->kind != MOVE_RENEW &&
           move->kind != MOVE_EXPIRE && move->kind != MOVE_RESTART &&
           move->kind != MOVE_CRASH && move->kind != MOVE_DISCONNECT && !move->paid;
}

/* Returns: bits of the checks that have just failed */
static uint32_t
failing(const Worker *worker)
{
    uint32_t failed = 0;

    for (unsigned i = 0; i < worker->context->n_findings; i++)
        failed |= 1u << worker->context->findings[i].check;
    return failed;
}

static void
tell_edge(const Worker *worker, uint32_t from, uint32_t to, const char *move, uint32_t failed)
{
    const SrExploreOptions *options = &worker->exploration->options;
    const SrExploreEdge edge = { from, to, move, failed };

    if (options->edge != NULL)
        options->edge(options->edge_data, &edge);
}

/* Looks up the worlds that were made, in that order: their entries of the store are in the
 * cache by now, see sr_state_store_fetch(). */
static void
look_up(Worker *worker)
{
    SrExploration *exploration = worker->exploration;
    size_t n_edges = worker->edges.n;

    for (unsigned i = 0; i < worker->n_made; i++) {
        Made *made = &worker->made[i];
        SrWaiting *waiting = &made->waiting;
        bool fresh = sr_state_store_add(exploration->store, &waiting->state, made->level,
                                        &made->from, &waiting->number);

        if (made->must_happen)
            sr_edges_add(&worker->edges, made->from_number, waiting->number);
        if (fresh)
            sr_chunks_add(&worker->found, &exploration->memory, waiting,
                          &worker->bytes[made->at]);
        if (made->text != NULL) {
            tell_edge(worker, made->from_number, waiting->number, made->text->str,
                      made->failed);
            g_string_free(made->text, TRUE);
        }
    }
    __atomic_add_fetch(&exploration->memory,
                       (worker->edges.n - n_edges) * sizeof *worker->edges.list,
                       __ATOMIC_RELAXED);
    worker->n_made = 0;
    worker->used = 0;
}

/* Returns: how many bytes the signatures of the clients take; they follow those of the world */
static size_t
n_sign_bytes(const SrExplorePlan *plan)
{
    return plan->sorts ? plan->n_clients * sizeof(uint64_t) : 0;
}

/* Packs the worker's world, after those that wait to be looked up. */
static void
pack(Worker *worker, const Origin *from, SrWaiting *waiting)
{
    const SrExplorePlan *plan = &worker->exploration->plan;
    uint8_t *bytes = &worker->bytes[worker->used];
    Packed packed;
    size_t n =
        sr_world_pack(plan, &worker->world, from, worker->context->touched, bytes, &packed);

    memcpy(&bytes[n], packed.signs, n_sign_bytes(plan));
    waiting->state = sr_fingerprint(bytes, n);
    waiting->n = (uint32_t) (n + n_sign_bytes(plan));
}

/* Adds the worker's world, which @move made from the state @from, to those to be looked up. */
static void
make(Worker *worker, const SrWaiting *from, unsigned level, const Move *move)
{
    Made *made = &worker->made[worker->n_made++];

    made->from = from->state;
    made->from_number = from->number;
    made->at = worker->used;
    made->level = level + 1;
    made->must_happen = must_happen(move);
    made->text = g_steal_pointer(&worker->text);
    made->failed = made->text != NULL ? failing(worker) : 0;
    pack(worker, &worker->origin, &made->waiting);
    sr_state_store_fetch(worker->exploration->store, &made->waiting.state);
    worker->used += made->waiting.n;
    if (worker->n_made == BATCH || worker->used > BATCH * 256)
        look_up(worker);
}

/* Makes each of the listed moves in the unpacked world. Returns: whether they are enough; false
 * if a move did not keep to what the reduction relies on */
static bool
make_moves(Worker *worker, const SrWaiting *here, unsigned level)
{
    const SrExplorePlan *plan = &worker->exploration->plan;
    World *world = &worker->world, *before = &worker->origin.before;
    uint64_t transitions = worker->transitions;

    for (unsigned i = 0; i < worker->moves.n; i++) {
        Move move = worker->moves.list[i];

        if (i > 0)
            sr_world_restore(plan, world, before, worker->context->touched);
        if (worker->exploration->options.edge != NULL) {
            if (worker->text == NULL)
                worker->text = g_string_new(NULL);
            g_string_truncate(worker->text, 0);
            sr_move_text(plan, world, &move, worker->text);
        }
        sr_world_move(worker->context, world, before, move);
        /* Such a world cannot be packed; the search ends soon. */
        if (worker->context->out_of_room)
            return true;
        if (worker->moves.reduced && !sr_reduction_holds(plan, before, world, &move)) {
            worker->transitions = transitions;
            return false;
        }
        worker->transitions++;
        keep_findings(worker, &here->state, level + 1, move, false);
        make(worker, here, level, &move);
    }
    return true;
}

static void
expand_in_full(Worker *worker, const SrWaiting *here, unsigned level)
{
    sr_moves_list(&worker->exploration->plan, &worker->world, &worker->moves);
    if (worker->moves.end) {
        worker->ends++;
        g_array_append_val(worker->end_states, here->number);
        sr_world_end(worker->context, &worker->world);
        keep_findings(worker, &here->state, level, (Move){ 0 }, true);
        tell_edge(worker, here->number, here->number, "", failing(worker));
    }
    make_moves(worker, here, level);
}

static void
expand(Worker *worker, const SrWaiting *here, const uint8_t *bytes, unsigned level)
{
    const SrExplorePlan *plan = &worker->exploration->plan;
    uint64_t signs[CLIENTS_MAX];

    memcpy(signs, &bytes[here->n - n_sign_bytes(plan)], n_sign_bytes(plan));
    sr_world_unpack(plan, bytes, signs, &worker->world, &worker->origin);
    sr_world_keep(plan, &worker->world, &worker->origin.before);
    if (sr_moves_reduce(plan, &worker->world, &worker->moves)) {
        if (make_moves(worker, here, level))
            return;
        sr_world_restore(plan, &worker->world, &worker->origin.before,
                         worker->context->touched);
    }
    expand_in_full(worker, here, level);
}

/* ---- levels ---- */

static SrChunk *
take_chunk(Level *level)
{
    SrChunk *chunk;

    g_mutex_lock(&level->lock);
    chunk = level->chunks;
    if (chunk != NULL)
        level->chunks = chunk->next;
    g_mutex_unlock(&level->lock);
    return chunk;
}

static void
end_level(Level *level, SrExploreEnd end)
{
    uint32_t none = 0;

    __atomic_compare_exchange_n(&level->over, &none, (uint32_t) end + 1, false,
                                __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

static void
check_limits(Level *level, const Worker *worker)
{
    const SrExploration *exploration = level->exploration;
    const SrExploreOptions *options = &exploration->options;

    if (options->stop != NULL && options->stop(options->stop_data))
        end_level(level, SR_EXPLORE_STOPPED);
    if (__atomic_load_n(&exploration->memory, __ATOMIC_RELAXED) > options->memory)
        end_level(level, SR_EXPLORE_MEMORY_FULL);
    if (worker->context->out_of_room)
        end_level(level, SR_EXPLORE_OUT_OF_ROOM);
}

static void
work(Worker *worker)
{
    Level *level = worker->level;
    SrChunk *chunk;
    unsigned n = 0;

    while ((chunk = take_chunk(level)) != NULL) {
        for (uint32_t at = 0; at < chunk->used && level->over == 0;) {
            SrWaiting here;

            memcpy(&here, &chunk->bytes[at], sizeof here);
            at += (uint32_t) sizeof here;
            if (n++ % STOP_EVERY == 0)
                check_limits(level, worker);
            expand(worker, &here, &chunk->bytes[at], level->level);
            at += here.n;
        }
        sr_chunk_free(chunk, &level->exploration->memory);
    }
    look_up(worker);
    check_limits(level, worker);
}

static gpointer
work_in_thread(gpointer data)
{
    work(data);
    return NULL;
}

/* Expands all worlds of @list, and replaces them by the new ones. Returns: `over` of the level
 */
static uint32_t
search_level(SrExploration *exploration, Worker **workers, unsigned n_workers, unsigned depth,
             SrChunkList *list)
{
    Level level = { .exploration = exploration, .level = depth, .chunks = list->first };
    GThread *threads[64];
    unsigned chunks = 0, n;

    for (const SrChunk *chunk = list->first; chunk != NULL && chunks < CHUNKS_FOR_THREADS;
         chunk = chunk->next)
        chunks++;
    n = chunks < CHUNKS_FOR_THREADS ? 1 : n_workers;
    g_mutex_init(&level.lock);
    for (unsigned i = 0; i < n; i++)
        workers[i]->level = &level;
    for (unsigned i = 1; i < n; i++)
        threads[i] = g_thread_new("explore", work_in_thread, workers[i]);
    work(workers[0]);
    for (unsigned i = 1; i < n; i++)
        g_thread_join(threads[i]);
    g_mutex_clear(&level.lock);
    *list = (SrChunkList){ 0 };
    for (unsigned i = 0; i < n_workers; i++) {
        sr_chunks_join(list, &workers[i]->found);
        if (i > 0)
            sr_edges_join(&workers[0]->edges, &workers[i]->edges);
    }
    return level.over;
}

/* ---- the search ---- */

static Worker *
worker_new(SrExploration *exploration)
{
    Worker *worker = g_new0(Worker, 1);

    worker->exploration = exploration;
    worker->context = sr_context_new(&exploration->plan);
    worker->end_states = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    return worker;
}

static void
worker_free(Worker *worker)
{
    sr_chunks_clear(&worker->found, &worker->exploration->memory);
    sr_context_free(worker->context);
    sr_edges_clear(&worker->edges);
    if (worker->text != NULL)
        g_string_free(worker->text, TRUE);
    g_array_unref(worker->end_states);
    g_free(worker);
}

static void
begin(SrExploration *exploration, Worker *worker, SrChunkList *list)
{
    SrWaiting first;

    sr_world_begin(worker->context, &worker->world);
    pack(worker, NULL, &first);
    sr_state_store_add(exploration->store, &first.state, 0, NULL, &first.number);
    sr_chunks_add(list, &exploration->memory, &first, worker->bytes);
}

/* Collects what the workers have counted and found so far. */
static void
collect(SrExploration *exploration, Worker *const *workers, unsigned n)
{
    SrExploreResult *result = exploration->result;

    result->transitions = result->ends = 0;
    for (unsigned i = 0; i < n; i++) {
        result->transitions += workers[i]->transitions;
        result->ends += workers[i]->ends;
        for (unsigned check = 0; check < SR_CHECK_N; check++)
            if (workers[i]->witnesses[check].refuted.failed)
                witness(&exploration->witnesses[check], &workers[i]->witnesses[check]);
    }
    result->states = sr_state_store_n(exploration->store);
    result->memory = MAX(result->memory, exploration->memory);
    result->failed = 0;
    for (unsigned check = 0; check < SR_CHECK_N; check++)
        if (exploration->witnesses[check].refuted.failed)
            result->failed |= 1u << check;
}

/* Counts the states from which no end state is reachable, when every state was expanded. */
static void
find_traps(SrExploration *exploration, Worker *const *workers, unsigned n)
{
    for (unsigned i = 1; i < n; i++)
        g_array_append_vals(workers[0]->end_states, workers[i]->end_states->data,
                            workers[i]->end_states->len);
    exploration->result->trapped =
        sr_traps_find(&workers[0]->edges, workers[0]->end_states,
                      sr_state_store_numbers(exploration->store), exploration->result->states);
}

static void
report_progress(const SrExploration *exploration, uint64_t waiting, unsigned depth)
{
    const SrExploreOptions *options = &exploration->options;
    const SrExploreResult *result = exploration->result;
    const SrExploreProgress progress = {
        .states = result->states,
        .transitions = result->transitions,
        .waiting = waiting,
        .memory = exploration->memory,
        .depth = depth,
    };

    if (options->progress != NULL)
        options->progress(options->progress_data, &progress);
}

void
sr_explore_search(SrExploration *exploration)
{
    const SrExploreOptions *options = &exploration->options;
    SrExploreResult *result = exploration->result;
    Worker *workers[64];
    unsigned n = CLAMP(options->jobs, 1, G_N_ELEMENTS(workers));
    unsigned depth_max = options->depth != 0 ? MIN(options->depth, SR_STORE_LEVEL_MAX - 1)
                                             : SR_STORE_LEVEL_MAX - 1;
    SrChunkList list = { 0 };
    uint32_t over = 0;

    for (unsigned i = 0; i < n; i++)
        workers[i] = worker_new(exploration);
    begin(exploration, workers[0], &list);
    result->end = SR_EXPLORE_COMPLETE;
    for (unsigned depth = 0; list.n > 0; depth++) {
        if (depth > depth_max) {
            result->end = SR_EXPLORE_DEPTH;
            break;
        }
        result->depth = depth;
        over = search_level(exploration, workers, n, depth, &list);
        collect(exploration, workers, n);
        if (over != 0)
            result->end = (SrExploreEnd) (over - 1);
        else if (options->first && result->failed != 0)
            result->end = SR_EXPLORE_FIRST;
        if (result->end != SR_EXPLORE_COMPLETE)
            break;
        report_progress(exploration, list.n, depth);
    }
    sr_chunks_clear(&list, &exploration->memory);
    if (result->end == SR_EXPLORE_COMPLETE)
        find_traps(exploration, workers, n);
    for (unsigned i = 0; i < n; i++)
        worker_free(workers[i]);
}

/* The walk: a seed goes through the graph, with nothing but the instants of what is pending and
 * some registers. Draws have names, so they come out as in the run.
 *
 * A step is a chain of loads and multiplications, each of which waits for the one before. So several
 * seeds are walked in turn. */
#include "graph/graph-private.h"
#include "result/expect.h"

/* ---- draws ---- */

static inline SrStream
stream_of(const Walk *walk, const Op *op)
{
    /* sr_stream_at(), whose mixed number is in the operation */
    return (SrStream){ sr_mix64(walk->streams[op->b] ^ op->c) };
}

static inline SrSpan
draw(const Walk *walk, const Op *op)
{
    const SrDistribution *distribution = op->d;
    SrStream stream = stream_of(walk, op);

    return sr_distribution_sample(distribution, &stream);
}

/* ---- clocks ---- */

static inline SrTime
when_local(const SrGraph *graph, uint32_t node, int64_t local, SrTime now)
{
    return sr_clock_when(&graph->clocks[node], local - graph->run->epoch_ns, now);
}

static inline int64_t
second_at(const SrGraph *graph, uint32_t node, SrTime t)
{
    return sr_floor_div(sr_graph_local_at(graph, node, t), (int64_t) SR_NS_PER_S);
}

/* Returns: what the provider's clock showed when the key of @hint was made */
static inline int64_t
made_at(const SrGraph *graph, const Walk *walk, uint32_t hint)
{
    return sr_graph_local_at(graph, SR_NODE_ENCRYPTION_PROVIDER,
                             walk->at[graph->registers.made + hint]);
}

static inline int64_t
age_of(const SrGraph *graph, const Walk *walk, uint32_t hint)
{
    return sr_graph_local_at(graph, SR_NODE_ENCRYPTION_PROVIDER, walk->now) -
           made_at(graph, walk, hint);
}

/* ---- instants of items ---- */

static SrTime
renewal_at(const SrGraph *graph, const Walk *walk, const Op *op)
{
    const SrClientSettings *settings = op->d;
    uint32_t node = SR_NODE_FIRST_CLIENT + op->b;
    int64_t local = sr_graph_local_at(graph, node, walk->now);
    int64_t due =
        sr_token_exp(&settings->token, (int64_t) walk->at[op->a]) * (int64_t) SR_NS_PER_S -
        (int64_t) settings->token_refresh;

    /* as sr_client_take_token() has it */
    if (due <= local)
        due = local + settings->token.lifetime * (int64_t) (SR_NS_PER_S / 2);
    return when_local(graph, node, due, walk->now);
}

static SrTime
expiry_at(const SrGraph *graph, const Walk *walk, const Op *op)
{
    return when_local(graph, SR_NODE_ENCRYPTION_PROVIDER,
                      made_at(graph, walk, op->b) + (int64_t) graph->model->provider.keep_for,
                      walk->now);
}

/* ---- samples ---- */

static inline void
sample(void *data, SrSweepMeasure measure, uint64_t value)
{
    Walk *walk = data;

    if (walk->n_samples < SR_GRAPH_SAMPLES_MAX)
        walk->samples[walk->n_samples] = (Sample){ value, measure };
    walk->n_samples++;
}

/* ---- guards ---- */

static unsigned
judge(const SrGraph *graph, Walk *walk, const Op *op)
{
    const SrTokenRules *rules = &graph->model->token;
    int64_t second = second_at(graph, SR_NODE_SERVER, walk->now);
    int64_t token = (int64_t) walk->at[op->a];

    sr_run_sample_token(rules, second, token, sample, walk);
    return sr_graph_faults(rules, token, second);
}

/* Returns: 0 if none of the hints in the bits of @op was made in the present tick, else 1 and how
 * many of the others come before it */
static unsigned
same_tick(const SrGraph *graph, const Walk *walk, const Op *op)
{
    int64_t resolution = (int64_t) graph->model->provider.resolution;
    int64_t tick = sr_floor_div(
        sr_graph_local_at(graph, SR_NODE_ENCRYPTION_PROVIDER, walk->now), resolution);
    unsigned n = 1;

    for (uint64_t hints = op->c; hints != 0; hints &= hints - 1, n++)
        if (sr_floor_div(made_at(graph, walk, (uint32_t) __builtin_ctzll(hints)), resolution) ==
            tick)
            return n;
    return 0;
}

static unsigned
is_copied(Walk *walk, const Op *op)
{
    const SrLinkSettings *link = op->d;
    SrStream stream = stream_of(walk, op);

    if ((uint32_t) (sr_stream_next(&stream) >> 32) >= link->duplicate)
        return 0;
    walk->span = sr_distribution_sample(&link->latency, &stream);
    return 1;
}

/* Returns: the outcome of the guard @op */
static unsigned
decide(const SrGraph *graph, Walk *walk, const Op *op)
{
    const SrLinkSettings *link = op->d;

    switch ((OpKind) op->kind) {
    case OP_JUDGE:
        return judge(graph, walk, op);
    case OP_IS_ZERO:
        return walk->span == 0;
    case OP_IS_PAST:
        return sr_graph_local_at(graph, SR_NODE_FIRST_CLIENT + op->b, walk->now) >=
               sr_token_exp(&graph->model->token, (int64_t) walk->at[op->a]) *
                   (int64_t) SR_NS_PER_S;
    case OP_IS_OLD:
        return age_of(graph, walk, op->b) >= (int64_t) graph->model->provider.keep_for;
    case OP_IS_FRESH:
        return age_of(graph, walk, op->b) < (int64_t) graph->model->provider.reuse_for;
    case OP_SAME_TICK:
        return same_tick(graph, walk, op);
    case OP_IS_LOST:
        return sr_run_count_losses(stream_of(walk, op), link) > 0;
    case OP_IS_COPIED:
        return is_copied(walk, op);
    case OP_IS_BEFORE:
        return walk->now < op->c;
    case OP_SAME_SECOND:
        return (int64_t) walk->at[op->a] ==
               second_at(graph, SR_NODE_TOKEN_PROVIDER, walk->now);
    case OP_PUSH_DRAW:
    case OP_PUSH_IN_ORDER:
    case OP_PUSH_SPAN:
    case OP_PUSH_SPAN_IN_ORDER:
    case OP_PUSH_CONSTANT:
    case OP_PUSH_RENEWAL:
    case OP_PUSH_EXPIRY:
    case OP_DRAW:
    case OP_LOSS:
    case OP_REMOVE:
    case OP_MOVE:
    case OP_SET:
    case OP_REOPEN:
    case OP_SIGN:
    case OP_AGE:
    case OP_NEED:
        break;
    }
    g_assert_not_reached();
}

/* ---- pending items ---- */

static inline uint64_t
key_of(SrTime at, unsigned made, unsigned place)
{
    return (MIN(at, ITEM_AT_MAX) << ITEM_AT_SHIFT) + made + place;
}

static inline SrTime
at_of(uint64_t key)
{
    return key >> ITEM_AT_SHIFT;
}

static inline unsigned
place_of(uint64_t key)
{
    return key & (ITEM_MADE - 1);
}

static inline void
push(const SrGraph *graph, Walk *walk, const Op *op, SrTime at)
{
    uint64_t key;

    walk->made += op->makes * ITEM_MADE;
    key = key_of(at, walk->made, op->place);
    if (G_UNLIKELY(op->makes == 0))
        for (unsigned i = 0; i < graph->n_places; i++)
            walk->is_tied |= (walk->keys[i] ^ key) < ITEM_MADE;
    walk->keys[op->place] = key;
    if (G_UNLIKELY(graph->seeded)) {
        walk->groups[op->place] = op->group;
        walk->numbers[op->place] = op->group == 0 ? walk->n_numbered++ : 0;
    }
}

static inline void
move(const SrGraph *graph, Walk *walk, unsigned from, unsigned to)
{
    walk->keys[to] = walk->keys[from] ^ from ^ to;
    walk->keys[from] = NO_ITEM;
    if (G_UNLIKELY(graph->seeded)) {
        walk->groups[to] = walk->groups[from];
        walk->numbers[to] = walk->numbers[from];
    }
}

static inline void
push_span(const SrGraph *graph, Walk *walk, const Op *op, SrTime at)
{
    push(graph, walk, op, at);
    walk->span = 0;
}

/* Returns: @at, or when the message arrives that was sent before */
static inline SrTime
keep_order(Walk *walk, const Op *op, SrTime at)
{
    uint64_t *last = &walk->at[op->a];

    return *last = MAX(at, *last);
}

/* Returns: the key of the item that is next; @n: places, a multiple of four. Which of two items is
 * earlier cannot be predicted, so there may be no jump. */
static inline uint64_t
find_next(const uint64_t *keys, unsigned n)
{
    uint64_t a = keys[0], b = keys[1], c = keys[2], d = keys[3];

    for (unsigned i = 4; i < n; i += 4) {
        a = MIN(a, keys[i]);
        b = MIN(b, keys[i + 1]);
        c = MIN(c, keys[i + 2]);
        d = MIN(d, keys[i + 3]);
    }
    a = MIN(a, b);
    c = MIN(c, d);
    return MIN(a, c);
}

static uint32_t
rank_of(const Walk *walk, uint64_t place)
{
    SrTime at = at_of(walk->keys[place]);

    return walk->groups[place] != 0
               ? sr_engine_rank_in_order(walk->tie_key, walk->groups[place], at)
               : sr_engine_rank(walk->tie_key, walk->numbers[place]);
}

/* Returns: with seeded ties, the key of the item that is next of those that are due with the one of
 * @first, the first that was made */
static __attribute__((noinline)) uint64_t
find_by_rank(const Walk *walk, uint64_t first, unsigned n)
{
    uint64_t best = first;
    uint32_t rank = 0;
    bool is_ranked = false; /* there are several, so @rank is that of @best */

    for (unsigned i = 0; i < n; i++) {
        uint64_t key = walk->keys[i];
        uint32_t other;

        if (key == first || at_of(key) != at_of(first))
            continue;
        if (!is_ranked)
            rank = rank_of(walk, place_of(first));
        is_ranked = true;
        other = rank_of(walk, i);
        if (other < rank || (other == rank && key < best)) {
            rank = other;
            best = key;
        }
    }
    return best;
}

/* ---- steps ---- */

static inline void
need(const SrGraph *graph, Walk *walk, uint32_t hint)
{
    int64_t age = age_of(graph, walk, hint);

    walk->need = MAX(walk->need, (age > 0 ? (SrSpan) age : 0) + 1);
}

static SrSpan
lose(const Walk *walk, const Op *op)
{
    const SrLinkSettings *link = op->d;

    return sr_run_retransmission_time(link->rto,
                                      sr_run_count_losses(stream_of(walk, op), link));
}

/* Does what @op says. */
static inline void
operate(const SrGraph *graph, Walk *walk, const Op *op)
{
    SrTime now = walk->now;

    switch ((OpKind) op->kind) {
    case OP_PUSH_DRAW:
        push(graph, walk, op, now + draw(walk, op));
        break;
    case OP_PUSH_IN_ORDER:
        push(graph, walk, op, keep_order(walk, op, now + draw(walk, op)));
        break;
    case OP_PUSH_SPAN:
        push_span(graph, walk, op, now + walk->span);
        break;
    case OP_PUSH_SPAN_IN_ORDER:
        push_span(graph, walk, op, keep_order(walk, op, now + walk->span));
        break;
    case OP_PUSH_CONSTANT:
        push(graph, walk, op, now + op->c);
        break;
    case OP_PUSH_RENEWAL:
        push(graph, walk, op, renewal_at(graph, walk, op));
        break;
    case OP_PUSH_EXPIRY:
        push(graph, walk, op, expiry_at(graph, walk, op));
        break;
    case OP_DRAW:
        walk->span += draw(walk, op);
        break;
    case OP_LOSS:
        walk->span += lose(walk, op);
        break;
    case OP_REMOVE:
        walk->keys[op->place] = NO_ITEM;
        break;
    case OP_MOVE:
        move(graph, walk, op->a, op->place);
        break;
    case OP_SET:
        walk->at[op->a] = now;
        break;
    case OP_REOPEN:
        walk->at[op->a] = walk->at[op->b] = 0;
        break;
    case OP_SIGN:
        walk->at[op->a] = (uint64_t) second_at(graph, SR_NODE_TOKEN_PROVIDER, now);
        break;
    case OP_AGE:
        sample(walk, SR_MEASURE_KEY_AGE, (uint64_t) MAX(age_of(graph, walk, op->b), 0));
        break;
    case OP_NEED:
        need(graph, walk, op->b);
        break;
    case OP_JUDGE:
    case OP_IS_ZERO:
    case OP_IS_PAST:
    case OP_IS_OLD:
    case OP_IS_FRESH:
    case OP_SAME_TICK:
    case OP_IS_LOST:
    case OP_IS_COPIED:
    case OP_IS_BEFORE:
    case OP_SAME_SECOND:
        g_assert_not_reached();
    }
}

/* Does the operations of @program that have no slot, but for its guard. */
static __attribute__((noinline)) void
operate_others(const SrGraph *graph, Walk *walk, const Program *program)
{
    for (unsigned i = 0, n = program->n_ops - program->guarded; i < n; i++)
        operate(graph, walk, &program->ops[i]);
}

/* Does the operations of @program that have slots: those without one do it to what nobody reads. */
static inline __attribute__((always_inline)) void
operate_slots(Walk *walk, const Program *program)
{
    SrTime now = walk->now, at = now + program->base;
    /* sr_stream_at(), whose mixed number is in the program */
    SrStream stream = { sr_mix64(walk->streams[program->stream] ^ program->c) };
    unsigned made = walk->made + program->makes[0];

    walk->keys[program->clear] = NO_ITEM;
    walk->at[program->reset[0]] = walk->at[program->reset[1]] = 0;
    walk->at[program->set[0]] = walk->at[program->set[1]] = now;
    if (program->other == NULL)
        at += sr_stream_below(&stream, program->width);
    else
        at += sr_distribution_sample(program->other, &stream);
    at = MAX(at, walk->at[program->last]);
    walk->at[program->keep] = at;
    walk->keys[program->places[0]] = key_of(at, made, program->places[0]);
    made += program->makes[1];
    walk->keys[program->places[1]] = key_of(now + program->constant, made, program->places[1]);
    walk->made = made;
}

/* All counts are added by one instruction. */
typedef uint16_t CountVector __attribute__((vector_size(sizeof(Counts))));

static inline void
add_counts(Counts *sum, const Counts *counts)
{
    CountVector sums, more;

    memcpy(&sums, sum, sizeof sums);
    memcpy(&more, counts, sizeof more);
    sums += more;
    memcpy(sum, &sums, sizeof sums);
}

/* Follows the step that begins with @edge. Returns: what it leads to, or 0 if a part of it is
 * missing */
static inline __attribute__((always_inline)) Offset
take_step(const SrGraph *graph, Walk *walk, Edge edge)
{
    for (;;) {
        const Program *program = store_at(&graph->store, edge.program);

        operate_slots(walk, program);
        if (program->n_ops > program->guarded)
            operate_others(graph, walk, program);
        if (G_LIKELY(!program->guarded)) {
            add_counts(&walk->counts, &program->counts);
            return edge.next;
        }
        if (G_UNLIKELY(edge.next == 0))
            return 0;
        edge = ((const Edge *) store_at(
            &graph->store, edge.next))[decide(graph, walk, &program->ops[program->n_ops - 1])];
    }
}

/* Returns: FALSE, since the walk is over */
static __attribute__((noinline)) bool
end_walk(const SrGraph *graph, Walk *walk, const Node *node, bool at_limit)
{
    Offset end;

    if (at_limit)
        walk->now = graph->run->scenario->limit;
    end = take_step(graph, walk, node->edges[node->n_places + at_limit]);
    walk->end = store_at(&graph->store, end);
    walk->is_chosen = false;
    if (end == 0)
        walk->result = WALK_MISSED;
    else if (walk->n_samples > SR_GRAPH_SAMPLES_MAX ||
             walk->n_events > graph->run->scenario->max_events)
        walk->result = WALK_UNFIT;
    else
        walk->result = WALK_ENDED;
    return false;
}

/* Finds the next event. Returns: whether there is one */
static inline __attribute__((always_inline)) bool
choose(const SrGraph *graph, Walk *walk)
{
    const Node *node = store_at(&graph->store, walk->node);
    uint64_t key;

    if (node->n_foreground == 0)
        return end_walk(graph, walk, node, false);
    key = find_next(walk->keys, node->n_places);
    if (G_UNLIKELY(graph->seeded))
        key = find_by_rank(walk, key, node->n_places);
    if (G_UNLIKELY(key > graph->last_key))
        return end_walk(graph, walk, node, true);
    if (G_UNLIKELY(walk->is_tied ||
                   walk->made > ITEM_MADE_MAX - SR_GRAPH_ITEMS_MAX * ITEM_MADE)) {
        walk->result = WALK_UNFIT;
        return false;
    }
    walk->key = key;
    walk->now = at_of(key);
    walk->keys[place_of(key)] = NO_ITEM;
    walk->edge = node->edges[place_of(key)];
    __builtin_prefetch(store_at(&graph->store, walk->edge.program));
    __builtin_prefetch(store_at(&graph->store, walk->edge.next));
    return true;
}

/* Takes the step of that event. Returns: whether it is known */
static inline __attribute__((always_inline)) bool
take(const SrGraph *graph, Walk *walk)
{
    Offset next = take_step(graph, walk, walk->edge);

    if (G_UNLIKELY(next == 0)) {
        walk->result = WALK_MISSED;
        walk->is_chosen = true;
        return false;
    }
    walk->n_events++;
    walk->node = next;
    __builtin_prefetch(store_at(&graph->store, next));
    return true;
}

/* ---- walks ---- */

/* Gives @walk the places and the streams that it does not have yet: those that the graph has got
 * since. */
static inline void
keep_up(const SrGraph *graph, Walk *walk)
{
    const SrRun *run = graph->run;
    uint32_t n = graph->registers.n_clients;

    if (walk->n_places < graph->n_places)
        memset(&walk->keys[walk->n_places], 0xff,
               (graph->n_places - walk->n_places) * sizeof *walk->keys);
    walk->n_places = graph->n_places;
    for (; walk->n_draws < graph->n_draws; walk->n_draws++) {
        unsigned id = graph->draws[walk->n_draws];
        uint64_t base = sr_stream_base(walk->seed, run->purposes[id]);

        for (uint32_t i = 0; i < n; i++)
            walk->streams[id * n + i] = sr_stream_key_of(base, run->clients[i].hash);
    }
}

static void
begin(SrGraph *graph, Walk *walk, uint64_t seed)
{
    const SrRun *run = graph->run;
    uint32_t n = graph->registers.n_clients;

    walk->seed = seed;
    walk->now = 0;
    walk->n_events = walk->made = walk->n_numbered = 0;
    walk->at[REGISTER_ZERO] = 0;
    walk->tie_key = sr_stream_key(seed, run->purposes[SR_DRAW_TIES], 0);
    walk->is_tied = false;
    walk->span = walk->need = 0;
    walk->counts = (Counts){ { 0 } };
    walk->n_samples = 0;
    memset(&walk->at[graph->registers.lanes], 0, n * SR_DIRECTION_N * sizeof *walk->at);
    walk->n_places = walk->n_draws = 0;
    keep_up(graph, walk);
    walk->node = graph->store.root.next != 0 ? take_step(graph, walk, graph->store.root) : 0;
    walk->result = walk->node != 0 ? WALK_GOES_ON : WALK_MISSED;
}

void
sr_graph_walk(SrGraph *graph, uint64_t seed, unsigned n)
{
    Walk *going[SR_GRAPH_WALKS];
    unsigned n_going = 0;

    for (unsigned i = 0; i < n; i++) {
        begin(graph, &graph->walks[i], seed + i);
        if (graph->walks[i].result == WALK_GOES_ON)
            going[n_going++] = &graph->walks[i];
    }
    /* What a step needs is fetched while the steps of the others are taken. */
    while (n_going > 0) {
        for (unsigned i = n_going; i-- > 0;)
            if (G_UNLIKELY(!choose(graph, going[i])))
                going[i] = going[--n_going];
        for (unsigned i = n_going; i-- > 0;)
            if (G_UNLIKELY(!take(graph, going[i])))
                going[i] = going[--n_going];
    }
}

/* ---- what is missing ---- */

/* Undoes what has been done of the step that is missing, and what choose() did. */
static void
step_back(SrGraph *graph, Walk *walk)
{
    uint32_t n_events = walk->n_events;

    /* Its first block is missing, so nothing has been done. */
    if (walk->edge.next == 0) {
        walk->keys[place_of(walk->key)] = walk->key;
        return;
    }
    begin(graph, walk, walk->seed);
    while (walk->n_events < n_events) {
        bool goes_on = choose(graph, walk) && take(graph, walk);

        g_assert(goes_on);
    }
}

/* Plays the step that choose() has found. Returns: whether it is known now */
static bool
record_chosen(SrGraph *graph, Walk *walk)
{
    const Node *node = store_at(&graph->store, walk->node);
    unsigned place = place_of(walk->key);

    if (!sr_graph_record_step(graph, walk, place))
        return false;
    walk->edge = node->edges[place];
    keep_up(graph, walk);
    return true;
}

/* The end that choose() has found is missing. Returns: whether it is known now */
static bool
record_missing_end(SrGraph *graph, const Walk *walk)
{
    const Node *node = store_at(&graph->store, walk->node);

    return sr_graph_record_end(graph, walk, node->n_foreground > 0);
}

/* Takes the step that choose() has found, and plays it before if it is missing. Returns: FALSE if that
 * is not possible */
static bool
take_or_record(SrGraph *graph, Walk *walk)
{
    const Program *program;
    bool known = walk->edge.next != 0 && !graph->eager;

    if (!known && !record_chosen(graph, walk))
        return false;
    program = store_at(&graph->store, walk->edge.program);
    if (!known || !program->guarded)
        return take(graph, walk);
    /* Whether the step is known shows only behind its guard. */
    memcpy(graph->saved, walk, offsetof(Walk, samples));
    if (take(graph, walk))
        return true;
    memcpy(walk, graph->saved, offsetof(Walk, samples));
    return record_chosen(graph, walk) && take(graph, walk);
}

void
sr_graph_walk_on(SrGraph *graph, Walk *walk)
{
    sr_graph_record_begin(graph, walk->seed);
    if (walk->node == 0) {
        if (sr_graph_record_root(graph, walk->seed))
            begin(graph, walk, walk->seed);
    } else if (walk->is_chosen) {
        step_back(graph, walk);
    }
    keep_up(graph, walk);
    walk->result = walk->node != 0 ? WALK_GOES_ON : WALK_MISSED;
    while (walk->result == WALK_GOES_ON) {
        if (choose(graph, walk)) {
            if (!take_or_record(graph, walk))
                walk->result = WALK_MISSED;
        } else if (walk->result == WALK_MISSED && record_missing_end(graph, walk)) {
            walk->result = WALK_GOES_ON;
        }
    }
    sr_graph_record_over(graph);
}

/* ---- the row ---- */

/* The tally as a run has it at the end. */
static void
fill_tally(SrGraph *graph, const Walk *walk, SrRunResult *result)
{
    const Registers *registers = &graph->registers;
    const End *end = walk->end;
    SrTally *tally = &graph->tally;
    uint32_t n = registers->n_clients;
    const char *rest = (const char *) end->rest;

    memcpy(result, end->result, sizeof end->result);
    tally->result = result;
    memcpy(tally->clients, rest, n * sizeof *tally->clients);
    rest += sr_graph_align(n * sizeof *tally->clients);
    memcpy(tally->documents, rest, tally->n_documents * sizeof *tally->documents);
    rest += sr_graph_align(tally->n_documents * sizeof *tally->documents);
    memcpy(tally->keys, rest, (end->n_keys + 1) * sizeof *tally->keys);
    rest += sr_graph_align((end->n_keys + 1) * sizeof *tally->keys);
    graph->ends = (const uint8_t *) rest;
    tally->n_keys = end->n_keys;
    tally->winner_known = end->winner_known;
    for (uint32_t i = 0; i < n; i++) {
        tally->start_at[i] = walk->at[registers->start + i];
        tally->collaborating_at[i] = walk->at[registers->collaborating + i];
        tally->failed_at[i] = walk->at[registers->failed + i];
    }
    for (uint32_t i = 1; i <= end->n_keys; i++) {
        tally->keys[i].made_at = walk->at[registers->key_made + i];
        tally->gone_at[i] = walk->at[registers->key_gone + i];
    }
}

static SrClientOutcome
outcome_of(const void *data, uint32_t i)
{
    const SrGraph *graph = data;
    SrClientOutcome outcome = sr_tally_outcome(&graph->tally, i);

    outcome.state = graph->ends[2 * i];
    outcome.reason = graph->ends[2 * i + 1];
    return outcome;
}

bool
sr_graph_walk_end(SrGraph *graph, const Walk *walk, SrSweepRow *row, SrRunResult *result)
{
    const uint16_t *counts = walk->counts.of;
    bool unexpected;

    fill_tally(graph, walk, result);
    result->seed = walk->seed;
    result->t = walk->now;
    result->engine_events = walk->n_events;
    result->key_need = walk->need;
    result->records = counts[COUNT_RECORDS];
    result->messages = counts[COUNT_MESSAGES];
    result->keys_made = counts[COUNT_KEYS_MADE];
    result->keys_discarded = counts[COUNT_KEYS_DISCARDED];
    result->keys_missing = counts[COUNT_KEYS_MISSING];
    result->tokens_judged = counts[COUNT_TOKENS_JUDGED];
    result->tokens_refused = counts[COUNT_TOKENS_REFUSED];
    sr_tally_end(&graph->tally);
    for (unsigned i = 0; i < walk->n_samples; i++)
        sr_sweep_row_sample(row, walk->samples[i].measure, walk->samples[i].value);
    unexpected =
        !sr_expect_met(graph->run->scenario, result, (SrOutcomes){ outcome_of, graph });
    sr_sweep_row_count(row, &graph->tally, graph->model->client_document, unexpected);
    return unexpected;
}

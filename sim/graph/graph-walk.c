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

/* The same for a single uniform term, as sr_distribution_sum() has it. */
static inline SrSpan
draw_uniform(const Walk *walk, const Op *op)
{
    const SrDistributionTerm *term = &((const SrDistribution *) op->d)->terms[0];
    SrStream stream = stream_of(walk, op);

    return term->a + sr_stream_below(&stream, term->b - term->a + 1);
}

/* ---- clocks ---- */

static inline int64_t
local_at(const SrGraph *graph, uint32_t node, SrTime t)
{
    const SrClock *clock = &graph->clocks[node];
    int64_t local = graph->run->epoch_ns + (int64_t) t;

    return (clock->offset_ns | clock->drift_ppm) != 0 ? local + sr_clock_error(clock, t)
                                                      : local;
}

static inline SrTime
when_local(const SrGraph *graph, uint32_t node, int64_t local, SrTime now)
{
    return sr_clock_when(&graph->clocks[node], local - graph->run->epoch_ns, now);
}

static inline int64_t
second_at(const SrGraph *graph, uint32_t node, SrTime t)
{
    return sr_floor_div(local_at(graph, node, t), (int64_t) SR_NS_PER_S);
}

/* Returns: what the provider's clock showed when the key of @hint was made */
static inline int64_t
made_at(const SrGraph *graph, const Walk *walk, uint32_t hint)
{
    return local_at(graph, SR_NODE_ENCRYPTION_PROVIDER, walk->at[graph->registers.made + hint]);
}

static inline int64_t
age_of(const SrGraph *graph, const Walk *walk, uint32_t hint)
{
    return local_at(graph, SR_NODE_ENCRYPTION_PROVIDER, walk->now) - made_at(graph, walk, hint);
}

/* ---- instants of items ---- */

static SrTime
renewal_at(const SrGraph *graph, const Walk *walk, const Op *op)
{
    const SrClientSettings *settings = op->d;
    uint32_t node = SR_NODE_FIRST_CLIENT + op->b;
    int64_t local = local_at(graph, node, walk->now);
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
    int64_t tick =
        sr_floor_div(local_at(graph, SR_NODE_ENCRYPTION_PROVIDER, walk->now), resolution);
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
        return local_at(graph, SR_NODE_FIRST_CLIENT + op->b, walk->now) >=
               sr_token_exp(&graph->model->token, (int64_t) walk->at[op->a]) *
                   (int64_t) SR_NS_PER_S;
    case OP_IS_OLD:
        return age_of(graph, walk, op->b) >= (int64_t) graph->model->provider.keep_for;
    case OP_IS_FRESH:
        return age_of(graph, walk, op->b) < (int64_t) graph->model->provider.reuse_for;
    case OP_SAME_TICK:
        return same_tick(graph, walk, op);
    case OP_IS_LOST:
        return sr_run_count_losses(stream_of(walk, op), link->loss) > 0;
    case OP_IS_COPIED:
        return is_copied(walk, op);
    case OP_IS_BEFORE:
        return walk->now < op->c;
    case OP_PUSH_DRAW:
    case OP_PUSH_IN_ORDER:
    case OP_PUSH_UNIFORM_IN_ORDER:
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
    case OP_NOTHING:
        break;
    }
    g_assert_not_reached();
}

/* ---- pending items ---- */

static inline void
push(const SrGraph *graph, Walk *walk, const Op *op, SrTime at)
{
    uint64_t key;

    walk->n_made += op->makes;
    key = MIN(at, ITEM_KEY_AT_MAX) << ITEM_KEY_BITS | walk->n_made;
    if (G_UNLIKELY(op->makes == 0))
        for (unsigned i = 0; i < graph->n_places; i++)
            walk->is_tied |= walk->keys[i] == key;
    walk->keys[op->place] = key;
    if (G_UNLIKELY(graph->seeded)) {
        walk->groups[op->place] = op->group;
        walk->numbers[op->place] = op->group == 0 ? walk->n_numbered++ : 0;
    }
}

static inline void
move(const SrGraph *graph, Walk *walk, unsigned from, unsigned to)
{
    walk->keys[to] = walk->keys[from];
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

/* Returns: @b if @second, else @a. Which of two items is earlier cannot be predicted, so that there
 * may be no jump; with the operator ?: there is one. */
static inline uint64_t
pick(bool second, uint64_t a, uint64_t b)
{
    return a ^ ((a ^ b) & (0 - (uint64_t) second));
}

/* Returns: the place of the item that is next; @n: places, a multiple of four */
static inline uint64_t
find_next(const Walk *walk, unsigned n)
{
    uint64_t best = NO_ITEM, place = 0;

    for (unsigned i = 0; i < n; i += 4) {
        const uint64_t *keys = &walk->keys[i];
        bool right = keys[1] < keys[0], right_2 = keys[3] < keys[2], later, better;
        uint64_t key = MIN(keys[0], keys[1]), key_2 = MIN(keys[2], keys[3]);
        uint64_t at;

        later = key_2 < key;
        key = MIN(key, key_2);
        at = pick(later, i + right, i + 2 + right_2);
        better = key < best;
        best = MIN(best, key);
        place = pick(better, place, at);
    }
    return place;
}

static uint32_t
rank_of(const Walk *walk, uint64_t place)
{
    SrTime at = walk->keys[place] >> ITEM_KEY_BITS;

    return walk->groups[place] != 0
               ? sr_engine_rank_in_order(walk->tie_key, walk->groups[place], at)
               : sr_engine_rank(walk->tie_key, walk->numbers[place]);
}

/* Returns: with seeded ties, the place of the item that is next of those that are due when the one in
 * @place is, the first that was made */
static __attribute__((noinline)) uint64_t
find_by_rank(const Walk *walk, uint64_t place, unsigned n)
{
    uint64_t at = walk->keys[place] >> ITEM_KEY_BITS;
    uint32_t rank = 0;
    bool is_ranked = false; /* there are several, so @rank is that of @place */

    for (unsigned i = 0; i < n; i++) {
        uint32_t other;

        if (i == place || walk->keys[i] >> ITEM_KEY_BITS != at)
            continue;
        if (!is_ranked)
            rank = rank_of(walk, place);
        is_ranked = true;
        other = rank_of(walk, i);
        if (other < rank || (other == rank && walk->keys[i] < walk->keys[place])) {
            rank = other;
            place = i;
        }
    }
    return place;
}

/* ---- steps ---- */

static inline void
need(const SrGraph *graph, Walk *walk, uint32_t hint)
{
    int64_t age = age_of(graph, walk, hint);

    walk->need = MAX(walk->need, (age > 0 ? (SrSpan) age : 0) + 1);
}

static inline void
reopen(const SrGraph *graph, Walk *walk, uint32_t client)
{
    uint64_t *lanes = &walk->at[graph->registers.lanes + client * SR_DIRECTION_N];

    lanes[SR_DIRECTION_OUT(SR_NODE_SERVER)] = lanes[SR_DIRECTION_IN(SR_NODE_SERVER)] = 0;
}

static SrSpan
lose(const Walk *walk, const Op *op)
{
    const SrLinkSettings *link = op->d;

    return sr_run_retransmission_time(link->rto,
                                      sr_run_count_losses(stream_of(walk, op), link->loss));
}

/* Does what @op says, which is of @kind. */
static inline __attribute__((always_inline)) void
operate(const SrGraph *graph, Walk *walk, OpKind kind, const Op *op)
{
    SrTime now = walk->now;

    switch (kind) {
    case OP_PUSH_DRAW:
        push(graph, walk, op, now + draw(walk, op));
        break;
    case OP_PUSH_IN_ORDER:
        push(graph, walk, op, keep_order(walk, op, now + draw(walk, op)));
        break;
    case OP_PUSH_UNIFORM_IN_ORDER:
        push(graph, walk, op, keep_order(walk, op, now + draw_uniform(walk, op)));
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
        reopen(graph, walk, op->b);
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
        g_assert_not_reached();
    case OP_NOTHING:
        break;
    }
}

/* Does the operations of @block, but for its guard. */
static inline __attribute__((always_inline)) void
operate_all(const SrGraph *graph, Walk *walk, const Block *block)
{
    const Op *ops = block->ops;

    switch (block->shape) {
#define SHAPE(first, second, third)                                                            \
    case SHAPE_##first##_##second##_##third:                                                   \
        operate(graph, walk, OP_##first, &ops[0]);                                             \
        operate(graph, walk, OP_##second, &ops[1]);                                            \
        operate(graph, walk, OP_##third, &ops[2]);                                             \
        break;
#include "graph/shapes.def"
    default:
        for (unsigned i = 0, n = block->n_ops - block->guarded; i < n; i++)
            operate(graph, walk, (OpKind) ops[i].kind, &ops[i]);
        break;
    }
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

/* Follows the step that begins with the block at @offset. Returns: what it leads to, or 0 if a part
 * of it is missing */
static inline __attribute__((always_inline)) Offset
take_step(const SrGraph *graph, Walk *walk, Offset offset)
{
    while (G_LIKELY(offset != 0)) {
        const Block *block = store_at(&graph->store, offset);

        operate_all(graph, walk, block);
        if (G_LIKELY(!block->guarded)) {
            add_counts(&walk->counts, &block->counts);
            return block->next;
        }
        offset = ((const Outcomes *) store_at(&graph->store, block->next))
                     ->blocks[decide(graph, walk, &block->ops[block->n_ops - 1])];
    }
    return 0;
}

static void
end_walk(const SrGraph *graph, Walk *walk, const Node *node, bool at_limit)
{
    Offset end;

    if (at_limit)
        walk->now = graph->run->scenario->limit;
    end = take_step(graph, walk, node->ends[at_limit]);
    walk->end = store_at(&graph->store, end);
    walk->result = end == 0                                 ? WALK_MISSED
                   : walk->n_samples > SR_GRAPH_SAMPLES_MAX ? WALK_UNFIT
                                                            : WALK_ENDED;
}

/* Finds the next event. */
static inline __attribute__((always_inline)) void
choose(const SrGraph *graph, Walk *walk)
{
    const Node *node = store_at(&graph->store, walk->node);
    const char *block;
    uint64_t place;
    SrTime at;

    if (node->n_foreground == 0) {
        end_walk(graph, walk, node, false);
        return;
    }
    place = find_next(walk, node->n_places);
    if (G_UNLIKELY(graph->seeded))
        place = find_by_rank(walk, place, node->n_places);
    at = walk->keys[place] >> ITEM_KEY_BITS;
    if (G_UNLIKELY(at > graph->run->scenario->limit)) {
        end_walk(graph, walk, node, true);
        return;
    }
    if (G_UNLIKELY(walk->is_tied || walk->n_made > ITEM_KEY_MADE_MAX - SR_GRAPH_ITEMS_MAX ||
                   walk->n_events >= graph->run->scenario->max_events)) {
        walk->result = WALK_UNFIT;
        return;
    }
    walk->now = at;
    walk->keys[place] = NO_ITEM;
    walk->block = node->blocks[place];
    block = store_at(&graph->store, walk->block);
    __builtin_prefetch(block);
    __builtin_prefetch(block + 64);
}

/* Takes the step of that event. */
static inline __attribute__((always_inline)) void
take(const SrGraph *graph, Walk *walk)
{
    Offset next = take_step(graph, walk, walk->block);

    if (G_UNLIKELY(next == 0)) {
        walk->result = WALK_MISSED;
        return;
    }
    walk->n_events++;
    walk->node = next;
    __builtin_prefetch(store_at(&graph->store, next));
}

/* ---- walks ---- */

static void
begin(SrGraph *graph, Walk *walk, uint64_t seed)
{
    const SrRun *run = graph->run;
    uint32_t n = graph->registers.n_clients;

    walk->seed = seed;
    walk->now = 0;
    walk->n_events = walk->n_made = walk->n_numbered = 0;
    walk->tie_key = sr_stream_key(seed, run->purposes[SR_DRAW_TIES], 0);
    memset(walk->keys, 0xff, graph->n_places * sizeof *walk->keys);
    walk->is_tied = false;
    walk->span = walk->need = 0;
    walk->counts = (Counts){ { 0 } };
    walk->n_samples = 0;
    memset(&walk->at[graph->registers.lanes], 0, n * SR_DIRECTION_N * sizeof *walk->at);
    for (unsigned k = 0; k < graph->n_draws; k++) {
        unsigned id = graph->draws[k];
        uint64_t base = sr_stream_base(seed, run->purposes[id]);

        for (uint32_t i = 0; i < n; i++)
            walk->streams[id * n + i] = sr_stream_key_of(base, run->clients[i].hash);
    }
    walk->node = take_step(graph, walk, graph->store.root);
    walk->result = walk->node != 0 ? WALK_GOES_ON : WALK_MISSED;
}

/* Returns: how many of the first @n walks go on; those are the first now */
static inline unsigned
keep_going(Walk **walks, unsigned n)
{
    unsigned left = 0;

    for (unsigned i = 0; i < n; i++) {
        Walk *walk = walks[i];

        walks[left] = walk;
        left += walk->result == WALK_GOES_ON;
    }
    return left;
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
        for (unsigned i = 0; i < n_going; i++)
            choose(graph, going[i]);
        n_going = keep_going(going, n_going);
        for (unsigned i = 0; i < n_going; i++)
            take(graph, going[i]);
        n_going = keep_going(going, n_going);
    }
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
    tally->winner_hint = end->winner_hint;
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

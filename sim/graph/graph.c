/* Which seeds are walked, and which are played and recorded.
 *
 * To record a seed costs as much as several plain runs, and a walk saves most of one. So there is an
 * account, in plain runs: a share of all work may be spent beforehand on the graph, and what walks
 * save is paid in. Nothing is walked or recorded while the account is empty; then a sweep costs
 * little more than without a graph, whatever its scenario and its seeds. No result depends on it.
 *
 * Where much is still to come, more may be spent than that. Each time that twice as many seeds have been
 * tried, it is looked at how many worlds the second half added, and so what it will cost to record all
 * that the seeds ahead will meet. If their walks will save more than that, the account gets what
 * recording will cost until twice as many have been tried again. */
#include "graph/graph-private.h"

#include <math.h>

/* What a walk costs in vain, and what one saves that comes to its end, in plain runs. */
#define COST_WALK 0.35
#define SAVED_BY_WALK 0.65
/* What it costs to go on where a step is missing, and each block that is new, in events of a plain run:
 * all as measured with two to four clients. */
#define COST_MISS 30.0
#define COST_BLOCK 40.0
/* The share of the work that may be lost: beforehand, and as it goes. */
#define SHARE_BEFORE 0.015
#define SHARE 0.01
#define CREDIT_MAX 1e6
/* When the growth is looked at first, and when enough is known of it; what part of what walks save
 * recording may cost; and by what factor it may cost more than was predicted. */
#define TRIED_FIRST 4
#define TRIED_ENOUGH 16
#define WORTH_IT 0.7
#define MARGIN 1.5
/* By what factor a doubling adds less than the one before: measured were 0.88 to 0.96; and before
 * there are enough to tell. */
#define FACTOR_LEAST 0.85
#define FACTOR_MOSTLY 0.93
#define FACTOR_MOST 0.99

static Registers
lay_out(uint32_t n_clients)
{
    Registers it = { .n_clients = n_clients, .n = REGISTER_FIRST };
    uint32_t hints = SR_GRAPH_HINTS_MAX + 1;

    it.start = it.n;
    it.n += n_clients;
    it.collaborating = it.n;
    it.n += n_clients;
    it.failed = it.n;
    it.n += n_clients;
    it.lanes = it.n;
    it.n += n_clients * SR_DIRECTION_N;
    it.tokens = it.n;
    it.n += n_clients * SR_GRAPH_TOKENS;
    it.made = it.n;
    it.n += hints;
    it.key_made = it.n;
    it.n += hints;
    it.key_gone = it.n;
    it.n += hints;
    g_assert(it.n <= SR_GRAPH_REGISTERS_MAX);
    return it;
}

static SrClock
clock_of(const SrModel *model, uint32_t node)
{
    const SrClockSettings *settings =
        node < SR_SERVICE_N ? &model->service_clock[node]
                            : &g_array_index(model->scenario->clients, SrClientGroup,
                                             sr_model_group(model, node - SR_NODE_FIRST_CLIENT))
                                   .clock;

    return (SrClock){ .offset_ns = settings->offset_ns, .drift_ppm = settings->drift_ppm };
}

/* Returns: whether messages that the server sends in one step often arrive at one instant, or may
 * not arrive at all; see graph-steps.c */
static bool
needs_lists(const SrModel *model)
{
    for (uint32_t i = 0; i < model->n_link_sets; i++) {
        const SrLinkSettings *link =
            &model->link_sets[i].directions[SR_DIRECTION_IN(SR_NODE_SERVER)];

        if (link->latency.constant || !link->ordered)
            return true;
    }
    return false;
}

/* Returns: whether every token is renewed beyond the limit at the earliest, so that the engine drops
 * these events, too */
static bool
renews_never(const SrGraph *graph)
{
    const SrScenario *scenario = graph->model->scenario;
    const SrClock *signer = &graph->clocks[SR_NODE_TOKEN_PROVIDER];

    for (uint32_t i = 0; i < graph->model->n_clients; i++) {
        const SrClientSettings *settings =
            &graph->model->settings[graph->run->clients[i].group];
        const SrClock *clock = &graph->clocks[SR_NODE_FIRST_CLIENT + i];
        /* A token says the second before it was signed; half its lifetime is the least. */
        __int128 earliest = (__int128) signer->offset_ns - clock->offset_ns - SR_NS_PER_S +
                            settings->token.lifetime * (__int128) SR_NS_PER_S -
                            (__int128) settings->token_refresh;

        if (settings->token_refresh == SR_TIME_NEVER)
            continue;
        if (signer->drift_ppm != 0 || clock->drift_ppm != 0 ||
            earliest <= (__int128) scenario->limit ||
            settings->token.lifetime * (__int128) (SR_NS_PER_S / 2) <=
                (__int128) scenario->limit)
            return false;
    }
    return true;
}

SrGraph *
sr_graph_new(SrRun *run, uint64_t bytes, uint64_t seeds)
{
    SrGraph *graph = g_new0(SrGraph, 1);
    const SrModel *model = run->model;
    uint32_t n = model->n_clients;

    graph->run = run;
    graph->model = model;
    graph->by_lists = needs_lists(model);
    graph->registers = lay_out(n);
    graph->last_key = ((model->scenario->limit + 1) << ITEM_AT_SHIFT) - 1;
    graph->clocks = g_new0(SrClock, SR_NODE_FIRST_CLIENT + n);
    for (uint32_t node = 0; node < SR_NODE_FIRST_CLIENT + n; node++)
        graph->clocks[node] = clock_of(model, node);
    graph->seeded = model->scenario->ties == SR_TIES_SEEDED;
    /* With seeded ties what the engine drops has a number, too. */
    graph->no_renewals = !graph->seeded && renews_never(graph);
    sr_tally_init(&graph->tally, n, model->n_documents);
    sr_tally_reserve_keys(&graph->tally, SR_GRAPH_HINTS_MAX);
    sr_graph_store_init(&graph->store, bytes);
    graph->saved = g_new0(Walk, 1);
    graph->recorder = sr_graph_recorder_new(graph);
    graph->n_seeds = seeds;
    graph->credit = SHARE_BEFORE * (double) seeds;
    graph->growth.n_next = TRIED_FIRST;
    return graph;
}

void
sr_graph_free(SrGraph *graph)
{
    if (graph == NULL)
        return;
    sr_graph_recorder_free(graph->recorder);
    sr_graph_store_clear(&graph->store);
    sr_tally_clear(&graph->tally);
    g_free(graph->saved);
    g_free(graph->clocks);
    g_free(graph);
}

void
sr_graph_eager(SrGraph *graph)
{
    graph->eager = true;
}

SrGraphStats
sr_graph_stats(const SrGraph *graph)
{
    SrGraphStats stats = graph->stats;

    stats.nodes = graph->store.nodes.n;
    stats.edges = graph->store.n_blocks;
    stats.bytes = sr_graph_store_bytes(&graph->store);
    return stats;
}

static void
pay_in(SrGraph *graph, double runs)
{
    graph->credit = MIN(graph->credit + runs, CREDIT_MAX);
}

/* Returns: (transfer none): the walk of @seed */
static Walk *
find_walk(SrGraph *graph, uint64_t seed, uint64_t ahead)
{
    if (graph->n_used == graph->n_walks || graph->walks[graph->n_used].seed != seed) {
        graph->n_walks = (unsigned) MIN(ahead + 1, SR_GRAPH_WALKS);
        graph->n_used = 0;
        sr_graph_walk(graph, seed, graph->n_walks);
    }
    return &graph->walks[graph->n_used++];
}

/* Lets @walk, which missed, go on. */
static void
walk_on(SrGraph *graph, Walk *walk)
{
    uint64_t before = graph->store.n_blocks;
    double cost;

    sr_graph_walk_on(graph, walk);
    graph->stats.recorded += graph->store.n_blocks > before;
    cost = (COST_MISS + COST_BLOCK * (double) (graph->store.n_blocks - before)) /
           MAX(walk->n_events, 1u);
    graph->growth.spent += cost;
    pay_in(graph, -cost);
}

/* Returns: how many times as many worlds will have been met when the number of seeds has doubled
 * @doublings times more. Each doubling adds less than the one before, by the same factor. */
static double
predict_growth(const Growth *growth, double doublings)
{
    double latest = growth->doubled[0], early = growth->doubled[DOUBLINGS - 1];
    double factor = early > 0 ? pow(latest / early, 1.0 / (DOUBLINGS - 1)) : FACTOR_MOSTLY;

    factor = MIN(MAX(factor, FACTOR_LEAST), FACTOR_MOST);
    return exp2(latest * factor * (1 - pow(factor, doublings)) / (1 - factor));
}

/* Twice as many seeds have been tried as the last time: is it worth it to go on for those that are
 * left? */
static void
look_ahead(SrGraph *graph)
{
    Growth *growth = &graph->growth;
    uint64_t n_worlds = MAX(graph->store.nodes.n, 1);
    double ahead = (double) (graph->n_seeds - MIN(graph->n_seeds, graph->stats.seeds));

    memmove(growth->doubled + 1, growth->doubled, (DOUBLINGS - 1) * sizeof *growth->doubled);
    if (growth->n_worlds > 0)
        growth->doubled[0] = log2((double) n_worlds / (double) growth->n_worlds);
    growth->n_worlds = n_worlds;
    growth->n_next = growth->n_tried * 2;
    if (growth->n_tried >= TRIED_ENOUGH &&
        growth->spent *
                (predict_growth(growth, log2(1 + ahead / (double) growth->n_tried)) - 1) <
            WORTH_IT * SAVED_BY_WALK * ahead)
        graph->credit =
            MAX(graph->credit, growth->spent * (predict_growth(growth, 1) - 1) * MARGIN);
}

bool
sr_graph_play(SrGraph *graph, uint64_t seed, uint64_t ahead, const SrRunOptions *options,
              SrSweepRow *row, SrRunResult *result, bool *unexpected)
{
    Walk *walk = NULL;

    graph->stats.seeds++;
    pay_in(graph, SHARE);
    if (graph->eager || graph->credit > 0) {
        walk = find_walk(graph, seed, ahead);
        if (++graph->growth.n_tried == graph->growth.n_next)
            look_ahead(graph);
    }
    if (walk != NULL && walk->result == WALK_MISSED && !graph->store.full)
        walk_on(graph, walk);
    if (walk != NULL && walk->result == WALK_ENDED) {
        *unexpected = sr_graph_walk_end(graph, walk, row, result);
        graph->stats.walked++;
        pay_in(graph, SAVED_BY_WALK);
        return true;
    }
    if (walk != NULL)
        pay_in(graph, -COST_WALK);
    sr_run_execute(graph->run, seed, options, result, NULL);
    return false;
}

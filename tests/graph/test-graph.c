/* A sweep on the graph gives the rows that it gives without: for all shipped scenarios and for
 * random ones, of which each setting that a guard is for comes often. Each seed is played both
 * ways, and the rows are compared after each, so that a failure names the seed.
 *
 * SR_TEST_EFFORT multiplies the seeds; SR_TEST_SHOW=1 prints what became of them. */
#include "effort.h"
#include "random-scenario.h"
#include "run/run-fixture.h"

#include <inttypes.h>

#include <xxhash.h>

#include "check/check-state.h"
#include "graph/graph-record-private.h"

#define SEEDS 100 /* of a shipped scenario */
#define RANDOM_SCENARIOS 150
#define RANDOM_SEEDS 60

/* ---- one scenario both ways ---- */

static bool
histograms_are_equal(const SrHistogram *a, const SrHistogram *b)
{
    return memcmp(a, b, offsetof(SrHistogram, counts)) == 0;
}

static void
compare(const SrSweepRow *plain, const SrSweepRow *walked, const char *name, uint64_t seed)
{
    for (unsigned i = 0; i < SR_COUNTER_N; i++)
        if (plain->counters[i] != walked->counters[i])
            fail_msg("%s, seed %" PRIu64 ": %s %" PRIu64 " and not %" PRIu64, name, seed,
                     sr_sweep_counter_name((SrSweepCounter) i), walked->counters[i],
                     plain->counters[i]);
    if (memcmp(plain, walked, offsetof(SrSweepRow, measures)) != 0)
        fail_msg("%s, seed %" PRIu64 ": another check fails, or a client ends otherwise", name,
                 seed);
    for (unsigned i = 0; i < SR_MEASURE_N; i++)
        if (!histograms_are_equal(&plain->measures[i], &walked->measures[i]))
            fail_msg("%s, seed %" PRIu64 ": %s is another", name, seed,
                     sr_sweep_measure_name((SrSweepMeasure) i));
}

/* Plays @seeds seeds from @first on both ways. */
static void
play_seeds(SrGraph *graph, const SrScenario *scenario, const char *name, uint64_t first,
           uint64_t seeds)
{
    g_autoptr(SrRun) plain_run = sr_run_new(scenario);
    g_autoptr(SrSweepRow) plain = sr_sweep_row_new();
    g_autoptr(SrSweepRow) walked = sr_sweep_row_new();
    g_autofree SrRunResult *result = g_new(SrRunResult, 1);
    const SrRunOptions options = { .sample = sr_sweep_row_sample, .sample_data = plain };
    const SrRunOptions others = { .sample = sr_sweep_row_sample, .sample_data = walked };

    for (uint64_t seed = first; seed < first + seeds; seed++) {
        bool unexpected, also;

        assert_true(sr_run_execute(plain_run, seed, &options, result, NULL));
        unexpected = sr_sweep_row_take(plain, plain_run, result);
        if (!sr_graph_play(graph, seed, first + seeds - 1 - seed, &others, walked, result,
                           &also))
            also = sr_sweep_row_take(walked, graph->run, result);
        assert_int_equal(also, unexpected);
        compare(plain, walked, name, seed);
    }
    assert_memory_equal(plain, walked, sizeof *plain);
}

/* Returns: what became of @seeds seeds of @scenario, which begin with @first */
static SrGraphStats
play_both_ways(const SrScenario *scenario, const char *name, uint64_t first, uint64_t seeds)
{
    g_autoptr(SrRun) run = sr_run_new(scenario);
    g_autoptr(SrGraph) graph = sr_graph_new(run, SR_GRAPH_MEMORY, seeds);

    sr_graph_eager(graph);
    play_seeds(graph, scenario, name, first, seeds);
    return sr_graph_stats(graph);
}

static void
show(const char *name, const SrGraphStats *stats)
{
    if (g_getenv("SR_TEST_SHOW") != NULL)
        print_message("%s: %" PRIu64 " seeds, %" PRIu64 " walked, %" PRIu64 " recorded, "
                      "%" PRIu64 " nodes, %" PRIu64 " blocks, %" PRIu64 " bytes\n",
                      name, stats->seeds, stats->walked, stats->recorded, stats->nodes,
                      stats->edges, stats->bytes);
}

/* ---- shipped scenarios ---- */

typedef struct {
    unsigned n_taken;
    uint64_t n_walked;
} Shipped;

static void
play_shipped(const char *path, void *data)
{
    Shipped *shipped = data;
    g_autoptr(SrScenario) scenario = fixture_load(path);
    const char *refusal = sr_graph_refusal(scenario);
    SrGraphStats stats;

    if (refusal != NULL) {
        if (g_getenv("SR_TEST_SHOW") != NULL)
            print_message("%s: not taken: %s\n", path, refusal);
        return;
    }
    stats = play_both_ways(scenario, path, 1, effort_cases(SEEDS));
    show(path, &stats);
    shipped->n_taken++;
    shipped->n_walked += stats.walked;
}

static void
shipped_scenarios_give_the_same_rows(void **state)
{
    Shipped shipped = { 0 };

    (void) state;
    fixture_each_shipped(play_shipped, &shipped);
    assert_true(shipped.n_taken > 10);
    assert_true(shipped.n_walked > 0);
}

/* ---- random scenarios ---- */

static void
random_scenarios_give_the_same_rows(void **state)
{
    const uint32_t always = RANDOM_ALL & ~(uint32_t) (RANDOM_CHAOS | RANDOM_DELAYS |
                                                      RANDOM_REPLICAS | RANDOM_CLOCKS);
    uint64_t n = effort_cases(RANDOM_SCENARIOS), n_taken = 0, n_walked = 0;

    (void) state;
    for (uint64_t i = 0; i < n; i++) {
        SrStream stream = sr_stream_at(1, i);
        /* Half of the dimensions, so that many seeds take the same steps. */
        const RandomSpace space = { always & (uint32_t) sr_stream_next(&stream), 2, 3 };
        g_autoptr(GString) text = random_scenario(i, &space);
        g_autoptr(SrScenario) scenario = fixture_parse(text->str);
        g_autofree char *name = g_strdup_printf("random scenario %" PRIu64, i);
        const char *refusal = sr_graph_refusal(scenario);
        SrGraphStats stats;

        if (refusal != NULL) {
            if (g_getenv("SR_TEST_SHOW") != NULL)
                print_message("%s: not taken: %s\n", name, refusal);
            continue;
        }
        stats = play_both_ways(scenario, name, 1, RANDOM_SEEDS);
        show(name, &stats);
        n_taken++;
        n_walked += stats.walked;
    }
    assert_true(n_taken > n / 10);
    assert_true(n_walked > 0);
}

/* ---- guards ---- */

/* clang-format off */
static const struct row {
    const char *name;
    OpKind guard;
    const char *text;
    uint64_t seeds;
} rows[] = {
    { "a token is good or from the future", OP_JUDGE,
      "[token-provider]\nclock-offset = 700ms\n[client c]\ncount = 2\nstart = uniform(0ms, 1s)\n", 400 },
    { "a token is not valid yet, or is", OP_JUDGE,
      "[token-provider]\nclock-offset = 700ms\nnot-before = 1s\n[server]\nleeway = 1s\n"
      "[client c]\ncount = 2\nstart = uniform(0ms, 1s)\n", 400 },
    { "a token is too old for its leeway, or is not", OP_JUDGE,
      "[network]\nlatency = uniform(0ms, 2s)\n[token-provider]\nlifetime = 1s\n[server]\nleeway = 1s\n"
      "[client c]\nstart = uniform(0ms, 1s)\ntoken-refresh = none\n", 400 },
    { "a service is busy or acts at once", OP_IS_ZERO,
      "[server]\nprocessing = normal(1ms, 2ms)\n[client c]\nstart = uniform(0ms, 1s)\n", 400 },
    { "a token has expired before a client comes back, or not", OP_IS_PAST,
      "[token-provider]\nlifetime = 1s\n[client c]\nstart = uniform(0ms, 1100ms)\ntoken-refresh = none\n"
      "[server]\ncheck-token = connect\n[timeline]\n1300ms = disconnect c\n", 400 },
    { "a key is as old as its retention, or has been made again", OP_IS_OLD,
      "[client c]\ncount = 2\n[encryption-provider]\nhint = timestamp(1h)\non-collision = overwrite\n"
      "retention = for(40ms)\n", 400 },
    { "a key is young enough for reuse, or is not", OP_IS_FRESH,
      "[client c]\ncount = 2\n[encryption-provider]\nreuse = 10ms\natomic = no\n", 400 },
    { "two keys are made in one tick, or are not", OP_SAME_TICK,
      "[client c]\ncount = 2\n[encryption-provider]\nhint = timestamp(20ms)\n", 400 },
    { "a message is lost, or is not", OP_IS_LOST,
      "[network]\nordered = no\nloss = 10%\n[client c]\nkey-retry = none\nrequest-timeout = 1s\n", 400 },
    { "a message comes twice, or does not", OP_IS_COPIED,
      "[network]\nordered = no\nduplicate = 10%\n[client c]\n", 400 },
    { "a client is kept from connecting, or is not", OP_IS_BEFORE,
      "[client c]\nstart = uniform(0ms, 1s)\n[timeline]\n100ms = disconnect c for 600ms\n", 400 },
};
/* clang-format on */

/* Returns: in how many ways a step goes on that begins with @edge, at the guard of @kind that has
 * most */
static unsigned
count_ways(const Store *store, Edge edge, OpKind kind)
{
    const Program *program = store_at(store, edge.program);
    const Edge *outcomes = store_at(store, edge.next);
    OpKind guard;
    unsigned ways = 0, most = 0;

    if (edge.next == 0 || !program->guarded)
        return 0;
    guard = (OpKind) program->ops[program->n_ops - 1].kind;
    for (unsigned i = 0; i < sr_graph_store_outcomes(guard); i++) {
        ways += outcomes[i].next != 0;
        most = MAX(most, count_ways(store, outcomes[i], kind));
    }
    return guard == kind ? MAX(most, ways) : most;
}

static unsigned
count_ways_anywhere(const Store *store, OpKind kind)
{
    unsigned most = 0;

    for (uint64_t i = 0; i < store->nodes.n_max; i++) {
        const Node *node = store_at(store, store->nodes.known[i].at);

        for (unsigned k = 0; store->nodes.known[i].at != 0 && k < node->n_places; k++)
            most = MAX(most, count_ways(store, node->edges[k], kind));
    }
    return most;
}

/* The seeds that found both outcomes are walked once more, so that a walk takes both. */
static void
takes_guard_both_ways(void **state)
{
    const struct row *row = *state;
    g_autoptr(SrScenario) scenario = fixture_parse(row->text);
    g_autoptr(SrRun) run = sr_run_new(scenario);
    g_autoptr(SrGraph) graph = sr_graph_new(run, SR_GRAPH_MEMORY, row->seeds);
    uint64_t recorded;

    assert_null(sr_graph_refusal(scenario));
    sr_graph_eager(graph);
    play_seeds(graph, scenario, row->name, 1, row->seeds);
    assert_true(count_ways_anywhere(&graph->store, row->guard) >= 2);
    recorded = sr_graph_stats(graph).recorded;
    play_seeds(graph, scenario, row->name, 1, row->seeds);
    assert_int_equal(sr_graph_stats(graph).recorded, recorded);
    assert_int_equal(sr_graph_stats(graph).walked, 2 * row->seeds);
}

/* ---- what another run has left ---- */

/* Keys are discarded and made again, so that a run that a node's image is put into has seen more hints
 * than the node has: those to come are new again. */
static void
forgets_the_hints_of_another_run(void **state)
{
    static const char text[] =
        "[network]\nlatency = lognormal(5ms, 90ms)\n"
        "[client a]\ncache-keys = no\npatience = 300ms\nkey-retry = 3 times from 7ms to 1s\n"
        "reconnect = 1 times from 100ms to 1s\nrequest-timeout = 150ms\n"
        "[client b]\npatience = 1ms\nkey-retry = 1 times from 10ms to 10ms\n"
        "reconnect = 2 times from 5ms to 5ms\nrequest-timeout = 20ms\n"
        "[client c]\nearly-available = continue\ncache-keys = no\npatience = 1ms\n"
        "[encryption-provider]\nretention = for(40ms)\n"
        "[timeline]\n687ms = disconnect b\n";
    g_autoptr(SrScenario) scenario = fixture_parse(text);

    (void) state;
    play_both_ways(scenario, "discarded keys", 1, 300);
}

/* A request for a token comes twice and is answered twice, mostly in one second. Where it is not, the
 * client has the first of two tokens of one request. */
static void
tells_tokens_of_one_request_apart(void **state)
{
    static const char text[] = "[network]\nlatency = 5ms\nordered = no\nduplicate = 50%\n"
                               "[link c -> token-provider]\nlatency = uniform(1ms, 300ms)\n"
                               "[client c]\nstart = uniform(0ms, 1s)\n";
    g_autoptr(SrScenario) scenario = fixture_parse(text);
    SrGraphStats stats;

    (void) state;
    stats = play_both_ways(scenario, "two tokens of a request", 1, 1000);
    assert_true(stats.walked > 700);
    assert_true(stats.walked < 1000);
}

/* ---- what a node is ---- */

/* A part of a run's world by which what is still to come, or what is counted, can differ. */
typedef struct {
    const char *name;
    void *at;
    size_t n;
} Part;
#define PARTS_MAX 256

static XXH128_hash_t
hash_world(const SrGraph *graph)
{
    Bytes *out = &graph->recorder->packed;

    out->n = 0;
    sr_graph_pack(graph->run, NULL, 0, &graph->recorder->tokens, true, out);
    return XXH3_128bits(out->data, out->n);
}

static bool
is_other_world(const SrGraph *graph, const XXH128_hash_t *world)
{
    XXH128_hash_t hash = hash_world(graph);

    return !XXH128_isEqual(hash, *world);
}

static unsigned
list_client(const SrGraph *graph, uint32_t i, Part *parts)
{
    SrRun *run = graph->run;
    RunClient *client = &run->clients[i];
    unsigned n = 0;

#define PART(member) parts[n++] = (Part){ #member, &(member), sizeof(member) }
#define FIELD(type, name, kind, bits, sign)                                                    \
    if (strcmp(#name, "token") != 0)                                                           \
        PART(client->core.name);
#include "protocol/state.def"
    PART(client->derivations);
    for (unsigned j = 0; j < SR_DIRECTION_N; j++)
        PART(client->directions[j].number);
    PART(run->world.server.clients[i].conn);
    PART(run->tally.clients[i]);
    PART(graph->recorder->tokens.of_client[i]);
    PART(graph->recorder->tokens.of_server[i]);
    return n;
}

static unsigned
list_world(const SrGraph *graph, Part *parts)
{
    SrRun *run = graph->run;
    SrProvider *provider = &run->world.provider;
    SrCheckState *checks = sr_checks_state(run->world.checks);
    unsigned n = 0;

    for (uint32_t i = 0; i < run->model->n_clients; i++) {
        n += list_client(graph, i, parts + n);
        PART(checks->clients[i]);
    }
    PART(run->world.server.documents[0]);
    PART(run->server_down);
    PART(run->server_down_until);
    PART(provider->n_keys);
    PART(provider->n_previous);
    PART(provider->master);
    PART(provider->documents[0]);
    for (uint32_t hint = 1; hint <= provider->n_slots; hint++) {
        PART(provider->slots[hint].key);
        PART(provider->slots[hint].next);
        PART(provider->slots[hint].previous);
        PART(checks->hints[hint]);
    }
    PART(checks->documents[0]);
    PART(checks->announced_notes);
    PART(checks->key_found_missing);
    PART(run->tally.result->winner);
    PART(run->tally.result->failed);
    PART(run->tally.winner_known);
    PART(run->tally.winner_hint);
    PART(run->tally.documents[0].owner);
    PART(run->tally.documents[0].n_raced);
    PART(run->previous_hint[0]);
    PART(run->outdated_hint[0]);
#undef PART
    assert_true(n <= PARTS_MAX);
    return n;
}

/* The world at the end of a race, of which each byte of each part is changed in turn: it is another
 * world. Instants are none of it, a walk carries them. */
static void
packs_each_part_of_a_world(void **state)
{
    g_autoptr(SrScenario) scenario =
        fixture_parse("[network]\nlatency = uniform(10ms, 80ms)\n[client c]\ncount = 2\n");
    g_autoptr(SrRun) run = sr_run_new(scenario);
    g_autoptr(SrGraph) graph = sr_graph_new(run, SR_GRAPH_MEMORY, 1);
    Part parts[PARTS_MAX];
    XXH128_hash_t world, waiting;
    uint32_t failed;
    unsigned n;

    (void) state;
    sr_graph_eager(graph);
    play_seeds(graph, scenario, "a world", 1, 1);
    n = list_world(graph, parts);
    world = hash_world(graph);
    for (unsigned i = 0; i < n; i++)
        for (size_t k = 0; k < parts[i].n; k++) {
            uint8_t *byte = (uint8_t *) parts[i].at + k;

            *byte ^= 1;
            if (!is_other_world(graph, &world))
                fail_msg("byte %zu of %s is none of a world", k, parts[i].name);
            *byte ^= 1;
        }
    failed = sr_checks_failed(run->world.checks);
    sr_checks_resume(run->world.checks, failed ^ 1, run->world.provider.n_slots);
    assert_true(is_other_world(graph, &world));
    sr_checks_resume(run->world.checks, failed, run->world.provider.n_slots);
    run->services[SR_NODE_SERVER].first = 0;
    assert_true(is_other_world(graph, &world));
    run->transit.whole[0].message.token = 5;
    waiting = hash_world(graph);
    graph->recorder->tokens.of_slot[0] ^= 1;
    assert_true(is_other_world(graph, &waiting));
    run->services[SR_NODE_SERVER].first = SR_NO_SLOT;
    run->services[SR_NODE_ENCRYPTION_PROVIDER].current = 0;
    assert_true(is_other_world(graph, &world));
    run->services[SR_NODE_ENCRYPTION_PROVIDER].current = SR_NO_SLOT;
    run->attached[0] = 0;
    assert_true(is_other_world(graph, &world));
    run->attached[0] = SR_NO_SLOT;
    run->world.provider.slots[1].made_at++;
    run->clients[0].directions[0].last++;
    assert_false(is_other_world(graph, &world));
}

/* ---- the order of a step ---- */

/* What the server tells three clients, in any order: two of the messages draw a span before. */
static void
orders_what_several_are_told(void **state)
{
    static const unsigned orders[][3] = { { 1, 2, 3 }, { 1, 3, 2 }, { 2, 1, 3 },
                                          { 2, 3, 1 }, { 3, 1, 2 }, { 3, 2, 1 } };
    const OpKind wanted[] = { OP_SET,  OP_DRAW, OP_LOSS,      OP_PUSH_SPAN, OP_PUSH_DRAW,
                              OP_DRAW, OP_LOSS, OP_PUSH_SPAN, OP_REMOVE };
    const unsigned of[] = { 0, 1, 1, 1, 2, 3, 3, 3, 0 };
    const Item left[] = { { .low = 5, .place = 3 } };
    const Item after[] = { { .low = 11 },
                           { .low = 12, .place = 1 },
                           { .low = 13, .place = 2 } };

    (void) state;
    for (size_t i = 0; i < G_N_ELEMENTS(orders); i++) {
        StepOp ops[SR_GRAPH_OPS_MAX] = { { .op = { .kind = OP_SET } } };
        unsigned n = 1;

        for (unsigned k = 0; k < 3; k++) {
            unsigned client = orders[i][k];

            if (client != 2) {
                ops[n++].op = (Op){ .kind = OP_DRAW, .b = (uint16_t) client };
                ops[n++].op = (Op){ .kind = OP_LOSS, .b = (uint16_t) client };
            }
            ops[n++] = (StepOp){ .op = { .kind = client == 2 ? OP_PUSH_DRAW : OP_PUSH_SPAN,
                                         .b = (uint16_t) client,
                                         .makes = 1 },
                                 .item = 10 + client,
                                 .told = client };
        }
        ops[n++] = (StepOp){ .op = { .kind = OP_REMOVE }, .item = 5 };
        assert_true(sr_graph_order_step(ops, &n, left, 1, after, 3, false));
        assert_int_equal(n, G_N_ELEMENTS(wanted));
        for (unsigned k = 0; k < n; k++) {
            assert_int_equal(ops[k].op.kind, wanted[k]);
            assert_int_equal(ops[k].op.b, of[k]);
            if (is_push(&ops[k].op)) {
                assert_int_equal(ops[k].op.makes, of[k] == 1);
                assert_int_equal(ops[k].op.place, of[k] - 1);
            }
        }
        assert_int_equal(ops[n - 1].op.place, 3);
    }
}

/* ---- limits ---- */

static const char two[] = "[network]\nlatency = uniform(10ms, 80ms)\n[client c]\ncount = 2\n";

static void
keeps_within_its_memory(void **state)
{
    const uint64_t budgets[] = { 1, 30000, 50000, 300000 };
    g_autoptr(SrScenario) scenario = fixture_parse(two);

    (void) state;
    for (size_t i = 0; i < G_N_ELEMENTS(budgets); i++) {
        g_autoptr(SrRun) run = sr_run_new(scenario);
        g_autoptr(SrGraph) graph = sr_graph_new(run, budgets[i], 1000);

        sr_graph_eager(graph);
        play_seeds(graph, scenario, "little memory", 1, 1000);
        assert_true(graph->store.full == (i < 3));
        assert_true(sr_graph_stats(graph).bytes <= MAX(budgets[i], 25000));
        assert_true((sr_graph_stats(graph).walked > 0) == (i >= 1));
    }
}

/* Whatever there is to be met, the memory that is allowed is not passed. */
static void
keeps_within_its_memory_for_any_clients(void **state)
{
    const uint64_t budget = 200000;

    (void) state;
    for (unsigned n = 2; n <= SR_GRAPH_CLIENTS_MAX; n++) {
        g_autofree char *text = g_strdup_printf(
            "[network]\nlatency = uniform(10ms, 80ms)\n[client c]\ncount = %u\n", n);
        g_autoptr(SrScenario) scenario = fixture_parse(text);
        g_autoptr(SrRun) run = sr_run_new(scenario);
        g_autoptr(SrGraph) graph = sr_graph_new(run, budget, 200);

        sr_graph_eager(graph);
        play_seeds(graph, scenario, "little memory", 1, 200);
        assert_true(graph->store.full == (n > 2));
        assert_true(sr_graph_stats(graph).bytes <= budget);
        assert_true(sr_graph_stats(graph).walked > 0);
    }
}

/* Two messages of one step that are due at one instant: a walk does not know their order. */
static void
plays_what_is_tied(void **state)
{
    g_autoptr(SrScenario) scenario = fixture_parse(
        "[network]\nlatency = uniform(10ms, 10000003ns)\n[client c]\ncount = 3\n");
    SrGraphStats stats;

    (void) state;
    stats = play_both_ways(scenario, "ties", 1, 2000);
    assert_true(stats.walked > 0);
    assert_true(stats.walked < stats.seeds);
}

/* Draws that are clamped meet the same instants again and again; the walk clamps as the run does. */
static void
clamps_the_draws_of_a_cut(void **state)
{
    static const char *const texts[] = {
        "[scenario]\ncut = 50%\n[client c]\ncount = 2\n",
        ("[scenario]\ncut = 90%\n[network]\nlatency = 1ms + exponential(5ms)\n"
         "[client c]\ncount = 2\nstart = pareto(1ms, 2ms)\nderive = normal(5ms, 5ms)\n"),
        ("[scenario]\ncut = 90%\n[network]\nlatency = mix(90% lognormal(9ms, 20ms), 10% 50ms)\n"
         "ordered = no\nduplicate = 10%\n[client c]\ncount = 2\n"),
    };

    (void) state;
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(SrScenario) scenario = fixture_parse(texts[i]);

        assert_null(sr_graph_refusal(scenario));
        assert_true(play_both_ways(scenario, texts[i], 1, 600).walked > 0);
    }
}

/* The order of what is due at one instant is drawn, so that seeds differ in nothing else. */
static void
ranks_what_is_tied(void **state)
{
    g_autoptr(SrScenario) scenario =
        fixture_parse("[scenario]\nties = seeded\n[network]\nlatency = 10ms\n"
                      "[client c]\ncount = 2\n");
    SrGraphStats stats;

    (void) state;
    stats = play_both_ways(scenario, "seeded ties", 1, 3000);
    show("seeded ties", &stats);
    assert_true(stats.recorded >= 4);
    assert_true(stats.walked > 1500);
    assert_int_equal(stats.walked, stats.seeds);
}

/* A seed that needs more events than the file allows is played, which finds that out. */
static void
plays_what_is_too_long(void **state)
{
    g_autoptr(SrScenario) scenario =
        fixture_parse("[scenario]\nmax-events = 34\n[network]\nordered = no\nloss = 10%\n"
                      "latency = uniform(10ms, 80ms)\n[client c]\ncount = 2\n");
    g_autoptr(SrRun) plain = sr_run_new(scenario), run = sr_run_new(scenario);
    g_autoptr(SrGraph) graph = sr_graph_new(run, SR_GRAPH_MEMORY, 2000);
    g_autoptr(SrSweepRow) row = sr_sweep_row_new();
    g_autofree SrRunResult *result = g_new(SrRunResult, 1);
    const SrRunOptions options = { .sample = sr_sweep_row_sample, .sample_data = row };
    unsigned n_long = 0, n_walked = 0;

    (void) state;
    sr_graph_eager(graph);
    for (uint64_t seed = 1; seed <= 2000; seed++) {
        bool too_long, walked, unexpected;

        assert_true(sr_run_execute(plain, seed, &(SrRunOptions){ 0 }, result, NULL));
        too_long = result->too_long;
        walked = sr_graph_play(graph, seed, 2000 - seed, &options, row, result, &unexpected);
        assert_false(walked && too_long);
        assert_true(walked || result->too_long == too_long);
        n_long += too_long;
        n_walked += walked;
    }
    assert_in_range(n_long, 100, 1900);
    assert_in_range(n_walked, 100, 2000);
}

/* A key is asked for again and again until the limit: more items than a walk can number. */
static void
plays_what_makes_too_many_items(void **state)
{
    g_autoptr(SrScenario) scenario =
        fixture_parse("[scenario]\nlimit = 5s\n[network]\nlatency = uniform(1ms, 3ms)\n"
                      "[client c]\ncount = 2\nkey-retry = unlimited from 1ms to 1ms\n"
                      "[encryption-provider]\nretention = for(1ms)\n");
    SrGraphStats stats;

    (void) state;
    stats = play_both_ways(scenario, "many items", 1, 40);
    assert_in_range(stats.walked, 0, 39);
}

/* A graph that does not pay is not built: five clients never walk. */
static void
spends_little_where_it_does_not_pay(void **state)
{
    g_autoptr(SrScenario) scenario =
        fixture_parse("[network]\nlatency = uniform(10ms, 80ms)\n[client c]\ncount = 5\n");
    g_autoptr(SrRun) run = sr_run_new(scenario);
    g_autoptr(SrGraph) graph = sr_graph_new(run, SR_GRAPH_MEMORY, 2000);

    (void) state;
    play_seeds(graph, scenario, "five", 1, 2000);
    assert_true(sr_graph_stats(graph).recorded > 0);
    assert_true(sr_graph_stats(graph).recorded < 40);
}

/* Two clients meet some 500 worlds in 50 000 seeds, which is foreseen when few have been tried. */
static void
spends_more_where_much_is_to_come(void **state)
{
    const uint64_t seeds = 50000;
    g_autoptr(SrScenario) scenario = fixture_parse("[client c]\ncount = 2\n");
    g_autoptr(SrRun) run = sr_run_new(scenario);
    g_autoptr(SrGraph) graph = sr_graph_new(run, SR_GRAPH_MEMORY, seeds);
    g_autoptr(SrSweepRow) row = sr_sweep_row_new();
    g_autofree SrRunResult *result = g_new(SrRunResult, 1);
    const SrRunOptions options = { .sample = sr_sweep_row_sample, .sample_data = row };
    bool unexpected;

    (void) state;
    for (uint64_t seed = 1; seed <= seeds; seed++)
        if (!sr_graph_play(graph, seed, seeds - seed, &options, row, result, &unexpected))
            sr_sweep_row_take(row, run, result);
    assert_int_equal(sr_graph_stats(graph).seeds, seeds);
    assert_true(sr_graph_stats(graph).walked * 100 >= seeds * 99);
}

/* ---- what is not taken ---- */

static const struct refused {
    const char *text, *refusal;
} refused[] = {
    { "[client c]\ncount = 9\n", "client" },
    { "[scenario]\nlimit = 40h\n[client c]\n", "limit" },
    { "[scenario]\nlimit = 39h\n[client c]\n", NULL },
    { "[client c]\n[network]\nbandwidth = 1Mbit/s\n", "bandwidth" },
    { "[client c]\n[token-provider]\ncache = 1s\n", "cache" },
    { "[client c]\n[encryption-provider]\nreplicas = 2\n", "replicas" },
    { "[client c]\nntp-interval = 1s\n", "ntp-interval" },
    { "[client c]\n[timeline]\n1s = partition c server for 1s\n", "partition" },
    { "[client c]\n[timeline]\n1s = outage server for 1s\n", "outage" },
    { "[client c]\n[timeline]\n1s = slow server by 3ms for 1s\n", "slow" },
    { "[client c]\n[timeline]\n1s = step-clock c by +1s\n", "step-clock" },
    { "[client c]\n[timeline]\n1s = sync-clock c\n", "sync-clock" },
    { "[client c]\n[chaos]\ncrash = 2/s\n", "chaos" },
    { "[client c]\n", NULL },
};

static void
says_what_it_does_not_take(void **state)
{
    (void) state;
    for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
        g_autoptr(SrScenario) scenario = fixture_parse(refused[i].text);
        const char *refusal = sr_graph_refusal(scenario);

        if (refused[i].refusal == NULL)
            assert_null(refusal);
        else
            assert_string_equal(refusal, refused[i].refusal);
    }
}

/* ---- what is rare ---- */

/* Each was wrong with a mistake in the graph that no other test noticed. */
static void
plays_what_is_rare(void **state)
{
    static const struct {
        const char *name, *text;
    } rare[] = {
        { "the first client crashes, maybe before it starts",
          "[client c]\ncount = 2\nstart = uniform(0ms, 1s)\n[timeline]\n"
          "100ms = crash c-1 for 300ms\n500ms = crash c-2 for 10ms\n" },
        { "tokens wait at the server while others are signed",
          "[network]\nordered = no\nduplicate = 20%\nlatency = uniform(1ms, 900ms)\n"
          "[server]\nprocessing = uniform(0ms, 300ms)\n"
          "[client c]\ncount = 2\nconnect-retry = 2 times from 10ms to 10ms\n"
          "[token-provider]\nclock-offset = 900ms\n" },
        { "keys of one tick are derived from two masters",
          "[encryption-provider]\nkind = derived\nhint = timestamp(20ms)\nrotate-master = "
          "60ms\n"
          "[client c]\ncount = 3\nstart = uniform(0ms, 100ms)\n" },
        { "a drifting signer, and tokens that are renewed",
          "[scenario]\nlimit = 8s\n[token-provider]\nlifetime = 2s\nclock-drift = 900ppm\n"
          "[client c]\ncount = 2\nstart = uniform(0ms, 3s)\ntoken-refresh = 1s\n"
          "[timeline]\n4s = disconnect c-1\n" },
    };

    (void) state;
    for (size_t i = 0; i < G_N_ELEMENTS(rare); i++) {
        g_autoptr(SrScenario) scenario = fixture_parse(rare[i].text);
        SrGraphStats stats = play_both_ways(scenario, rare[i].name, 1, effort_cases(1500));

        show(rare[i].name, &stats);
    }
}

int
main(void)
{
    const struct CMUnitTest plain[] = {
        cmocka_unit_test(plays_what_is_rare),
        cmocka_unit_test(shipped_scenarios_give_the_same_rows),
        cmocka_unit_test(random_scenarios_give_the_same_rows),
        cmocka_unit_test(forgets_the_hints_of_another_run),
        cmocka_unit_test(tells_tokens_of_one_request_apart),
        cmocka_unit_test(orders_what_several_are_told),
        cmocka_unit_test(keeps_within_its_memory),
        cmocka_unit_test(keeps_within_its_memory_for_any_clients),
        cmocka_unit_test(plays_what_is_tied),
        cmocka_unit_test(plays_what_is_too_long),
        cmocka_unit_test(plays_what_makes_too_many_items),
        cmocka_unit_test(packs_each_part_of_a_world),
        cmocka_unit_test(ranks_what_is_tied),
        cmocka_unit_test(clamps_the_draws_of_a_cut),
        cmocka_unit_test(spends_little_where_it_does_not_pay),
        cmocka_unit_test(spends_more_where_much_is_to_come),
        cmocka_unit_test(says_what_it_does_not_take),
    };
    struct CMUnitTest tests[G_N_ELEMENTS(plain) + G_N_ELEMENTS(rows)];

    memcpy(tests, plain, sizeof plain);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        tests[G_N_ELEMENTS(plain) + i] =
            (struct CMUnitTest){ .name = rows[i].name,
                                 .test_func = takes_guard_both_ways,
                                 .initial_state = (void *) (uintptr_t) &rows[i] };
    return cmocka_run_group_tests_name("graph", tests, NULL, NULL) != 0;
}

/* The recorder: plays the steps that a walk misses, and writes down what each of them did.
 *
 * The run says what it schedules, stops and draws (run/run-watch.h); here follows by what rule each
 * instant came about, so that a walk can work it out from the draws of another seed. Where a step
 * looks at instants, the recorder adds the guard just before. The node that a step leads to is the
 * hash of the packed world. Two runs that come to one node by the same step must have written the
 * same; the store asserts it. */
#include "graph/graph-record-private.h"

#include <xxhash.h>

/* ---- steps ---- */

static void
take_counts(const SrRun *run, uint64_t counts[COUNT_N])
{
    const SrRunResult *result = run->tally.result;

    memset(counts, 0, COUNT_N * sizeof *counts);
    counts[COUNT_RECORDS] = run->world.seq;
    counts[COUNT_MESSAGES] = result->messages;
    counts[COUNT_KEYS_MADE] = result->keys_made;
    counts[COUNT_KEYS_DISCARDED] = result->keys_discarded;
    counts[COUNT_KEYS_MISSING] = result->keys_missing;
    counts[COUNT_TOKENS_JUDGED] = result->tokens_judged;
    counts[COUNT_TOKENS_REFUSED] = result->tokens_refused;
}

/* Returns: whether what the step has counted is little enough */
static bool
count_step(const Recorder *recorder, Counts *counts)
{
    uint64_t now[COUNT_N];

    take_counts(recorder->run, now);
    for (unsigned i = 0; i < COUNT_N; i++) {
        now[i] -= recorder->before[i];
        if (now[i] > SR_GRAPH_COUNT_MAX)
            return false;
        counts->of[i] = (uint16_t) now[i];
    }
    return true;
}

static unsigned
arrange(Recorder *recorder)
{
    return sr_graph_arrange(recorder->items, recorder->n_items,
                            recorder->run->model->n_clients * SR_GRAPH_PLACES_OF_CLIENT);
}

/* Returns: the node to which the run has come, which gets its image if it is new; 0 if there is no
 * room */
static Offset
find_node(Recorder *recorder, unsigned n_places)
{
    Store *store = &recorder->graph->store;
    uint64_t n_nodes = store->nodes.n;
    unsigned n_foreground = 0;
    XXH128_hash_t hash;
    Offset node;

    recorder->graph->n_places = MAX(recorder->graph->n_places, n_places);
    for (unsigned i = 0; i < recorder->n_items; i++)
        n_foreground += !recorder->items[i].background;
    recorder->packed.n = 0;
    sr_graph_pack(recorder->run, recorder->items, recorder->n_items, &recorder->tokens,
                  recorder->graph->by_lists, &recorder->packed);
    hash = XXH3_128bits(recorder->packed.data, recorder->packed.n);
    node = sr_graph_store_node(store, hash.low64, hash.high64, n_places, n_foreground);
    if (store->nodes.n == n_nodes)
        recorder->image = 0;
    else if (node != 0)
        sr_graph_image_take(recorder, store_at(store, node));
    return node;
}

static void
store_step(Recorder *recorder, Offset next)
{
    Counts counts;

    if (next == 0 || !count_step(recorder, &counts) ||
        !sr_graph_order_step(recorder->ops, &recorder->n_ops, recorder->left, recorder->n_left,
                             recorder->items, recorder->n_items, recorder->graph->by_lists) ||
        !sr_graph_store_step(&recorder->graph->store, recorder->edge, recorder->ops,
                             recorder->n_ops, &counts, next, !recorder->graph->seeded))
        recorder->lost = true;
}

/* Returns: where the present step leads, if that is known. A test lets each step be written down again
 * and compared. */
static Offset
follow_step(const Recorder *recorder)
{
    if (recorder->graph->eager)
        return 0;
    return sr_graph_store_follow(&recorder->graph->store, *recorder->edge, recorder->ops,
                                 recorder->n_ops);
}

/* Ends the present step. Returns: whether it has been written down */
static bool
finish_step(Recorder *recorder)
{
    unsigned n_places;

    sr_graph_settle_act(recorder);
    if (recorder->has_answer)
        recorder->tokens.of_client[recorder->answer_client] =
            sr_graph_token_of_client(recorder, recorder->answer_client);
    n_places = arrange(recorder);
    recorder->lost |= n_places == 0;
    if (recorder->lost)
        return false;
    recorder->node = follow_step(recorder);
    if (recorder->node != 0) {
        recorder->image = 0;
        return true;
    }
    recorder->node = find_node(recorder, n_places);
    store_step(recorder, recorder->node);
    return !recorder->lost;
}

/* The step begins with the block of @edge. */
static void
begin_step(Recorder *recorder, Edge *edge)
{
    recorder->edge = edge;
    take_counts(recorder->run, recorder->before);
    recorder->n_ops = recorder->n_draws = 0;
    recorder->spanned = recorder->has_answer = recorder->has_act = false;
}

static void
note_left(Recorder *recorder)
{
    recorder->n_left = recorder->n_items;
    memcpy(recorder->left, recorder->items, recorder->n_items * sizeof *recorder->items);
}

/* Puts the world of the node at which @walk is in place, unless the run is there. */
static bool
go_to(Recorder *recorder, const Walk *walk)
{
    if (recorder->lost)
        return false;
    /* The image of that node has to be at hand, too. */
    if (recorder->node != walk->node || recorder->n_events != walk->n_events ||
        recorder->image == 0)
        recorder->lost = !sr_graph_image_put(recorder, walk);
    recorder->node = walk->node;
    recorder->n_events = walk->n_events;
    return !recorder->lost;
}

bool
sr_graph_record_step(SrGraph *graph, const Walk *walk, unsigned place)
{
    Recorder *recorder = graph->recorder;
    const GraphEvent *event;
    uint64_t payload;
    unsigned i = 0;

    if (!go_to(recorder, walk))
        return false;
    while (i < recorder->n_items && recorder->items[i].place != place)
        i++;
    g_assert(i < recorder->n_items);
    payload = recorder->items[i].payload;
    event = sr_graph_event(payload);
    begin_step(recorder, &((Node *) store_at(&graph->store, walk->node))->edges[place]);
    sr_engine_jump(graph->run->engine, walk->now);
    if (event->look != NULL)
        event->look(recorder, (uint32_t) payload);
    sr_graph_remove_item(recorder, i);
    note_left(recorder);
    recorder->n_events++;
    sr_run_step(graph->run, walk->now, payload);
    return finish_step(recorder);
}

bool
sr_graph_record_root(SrGraph *graph, uint64_t seed)
{
    Recorder *recorder = graph->recorder;
    size_t n = graph->model->n_clients;

    recorder->n_items = recorder->n_left = 0;
    memset(recorder->tokens.of_client, 0, n * sizeof *recorder->tokens.of_client);
    memset(recorder->tokens.of_server, 0, n * sizeof *recorder->tokens.of_server);
    begin_step(recorder, &graph->store.root);
    memset(recorder->before, 0, sizeof recorder->before);
    sr_run_begin(graph->run, seed, &recorder->options, &recorder->result);
    return finish_step(recorder);
}

/* ---- the end ---- */

static Offset
make_end(Recorder *recorder, const SrRunResult *result)
{
    const SrTally *tally = &recorder->run->tally;
    size_t clients = sr_graph_align(tally->n_clients * sizeof *tally->clients);
    size_t documents = sr_graph_align(tally->n_documents * sizeof *tally->documents);
    size_t keys = sr_graph_align((tally->n_keys + 1) * sizeof *tally->keys);
    Offset offset =
        sr_graph_store_take(&recorder->graph->store, sizeof(End) + clients + documents + keys +
                                                         2 * (size_t) tally->n_clients);
    End *end;
    char *rest;

    if (offset == 0)
        return 0;
    end = store_at(&recorder->graph->store, offset);
    memcpy(end->result, result, sizeof end->result);
    /* sr_tally_end() counts them anew in each walk. */
    ((SrRunResult *) (void *) end->result)->orphans = 0;
    ((SrRunResult *) (void *) end->result)->orphan_kept_max = 0;
    end->n_keys = tally->n_keys;
    end->winner_known = tally->winner_known;
    rest = (char *) end->rest;
    memcpy(rest, tally->clients, tally->n_clients * sizeof *tally->clients);
    memcpy(rest + clients, tally->documents, tally->n_documents * sizeof *tally->documents);
    if (tally->n_keys > 0)
        memcpy(rest + clients + documents, tally->keys,
               (tally->n_keys + 1) * sizeof *tally->keys);
    rest += clients + documents + keys;
    for (uint32_t i = 0; i < tally->n_clients; i++) {
        rest[2 * i] = (char) recorder->run->clients[i].core.state;
        rest[2 * i + 1] = (char) recorder->run->clients[i].core.reason;
    }
    return offset;
}

bool
sr_graph_record_end(SrGraph *graph, const Walk *walk, bool at_limit)
{
    Recorder *recorder = graph->recorder;
    Node *node = store_at(&graph->store, walk->node);
    Offset end;

    if (!go_to(recorder, walk))
        return false;
    begin_step(recorder, &node->edges[node->n_places + at_limit]);
    note_left(recorder);
    sr_run_finish(graph->run, walk->now, at_limit);
    end = recorder->edge->next;
    if (end == 0)
        end = make_end(recorder, &recorder->result);
    store_step(recorder, end);
    /* The run is over. */
    recorder->node = 0;
    return !recorder->lost;
}

/* ---- life ---- */

Recorder *
sr_graph_recorder_new(SrGraph *graph)
{
    Recorder *recorder = g_new0(Recorder, 1);

    recorder->graph = graph;
    recorder->run = graph->run;
    recorder->watch = (SrRunWatch){
        .engine = { recorder, sr_graph_on_scheduled, sr_graph_on_stopped },
        .data = recorder,
        .opened = sr_graph_on_opened,
        .acts = sr_graph_on_acts,
        .steps = sr_graph_on_steps,
        .noted = sr_graph_on_noted,
        .looked_up = sr_graph_on_looked_up,
        .needed = sr_graph_on_needed,
    };
    recorder->tokens.of_client = g_new0(uint32_t, graph->model->n_clients);
    recorder->tokens.of_server = g_new0(uint32_t, graph->model->n_clients);
    recorder->tokens.of_slot = g_new0(uint32_t, SR_GRAPH_SLOTS_MAX);
    recorder->tokens.n_slots = SR_GRAPH_SLOTS_MAX;
    recorder->options = (SrRunOptions){ .draw = sr_graph_on_draw, .draw_data = recorder };
    graph->run->tally.result = &recorder->result;
    sr_graph_image_init(recorder);
    return recorder;
}

void
sr_graph_recorder_free(Recorder *recorder)
{
    if (recorder == NULL)
        return;
    g_free(recorder->tokens.of_client);
    g_free(recorder->tokens.of_server);
    g_free(recorder->tokens.of_slot);
    g_free(recorder->packed.data);
    sr_graph_image_clear(recorder);
    g_free(recorder);
}

void
sr_graph_record_begin(SrGraph *graph, uint64_t seed)
{
    Recorder *recorder = graph->recorder;

    recorder->lost = false;
    recorder->node = recorder->image = 0;
    recorder->n_events = 0;
    sr_run_watch(graph->run, &recorder->watch);
    sr_run_take_up(graph->run, seed, &recorder->options, &recorder->result);
}

void
sr_graph_record_over(SrGraph *graph)
{
    sr_run_watch(graph->run, NULL);
}

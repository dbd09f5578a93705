/* The recorder: looks on while a run is played, and writes down what each of its steps did.
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

static void
begin_step(Recorder *recorder, Edge *edge)
{
    recorder->edge = edge;
    take_counts(recorder->run, recorder->before);
    recorder->n_ops = recorder->n_draws = 0;
    recorder->spanned = recorder->has_answer = recorder->has_act = false;
}

static unsigned
arrange(Recorder *recorder)
{
    return sr_graph_arrange(recorder->items, recorder->n_items,
                            recorder->run->model->n_clients * SR_GRAPH_PLACES_OF_CLIENT);
}

static Offset
find_node(Recorder *recorder, unsigned n_places)
{
    unsigned n_foreground = 0;
    XXH128_hash_t hash;

    recorder->graph->n_places = MAX(recorder->graph->n_places, n_places);
    for (unsigned i = 0; i < recorder->n_items; i++)
        n_foreground += !recorder->items[i].background;
    recorder->packed.n = 0;
    sr_graph_pack(recorder->run, recorder->items, recorder->n_items, &recorder->tokens,
                  recorder->graph->by_lists, &recorder->packed);
    hash = XXH3_128bits(recorder->packed.data, recorder->packed.n);
    return sr_graph_store_node(&recorder->graph->store, hash.low64, hash.high64, n_places,
                               n_foreground);
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

/* Ends the present step. */
static void
finish_step(Recorder *recorder)
{
    unsigned n_places;

    sr_graph_settle_act(recorder);
    if (recorder->has_answer)
        recorder->tokens.of_client[recorder->answer_client] =
            sr_graph_token_of_client(recorder, recorder->answer_client);
    if (!recorder->recording)
        return;
    n_places = arrange(recorder);
    recorder->node = follow_step(recorder);
    if (n_places > 0 && recorder->node == 0) {
        recorder->node = find_node(recorder, n_places);
        store_step(recorder, recorder->node);
    }
    recorder->lost |= recorder->node == 0;
}

static bool
is_earlier(const Item *a, const Item *b)
{
    if (a->at != b->at)
        return a->at < b->at;
    return a->rank != b->rank ? a->rank < b->rank : a->made < b->made;
}

/* Returns: the place of the earliest item */
static unsigned
find_earliest(const Recorder *recorder)
{
    unsigned place = 0;

    for (unsigned i = 1; i < recorder->n_items; i++)
        if (is_earlier(&recorder->items[i], &recorder->items[place]))
            place = i;
    return place;
}

static void
note_left(Recorder *recorder)
{
    recorder->n_left = recorder->n_items;
    memcpy(recorder->left, recorder->items, recorder->n_items * sizeof *recorder->items);
}

static void
on_taken(void *data, SrTime at, uint64_t payload)
{
    const GraphEvent *event = sr_graph_event(payload);
    Recorder *recorder = data;
    unsigned place;

    if (recorder->lost)
        return;
    finish_step(recorder);
    if (recorder->lost)
        return;
    place = find_earliest(recorder);
    g_assert(recorder->items[place].payload == payload && recorder->items[place].at == at);
    if (recorder->n_taken++ == recorder->skip) {
        recorder->recording = true;
        arrange(recorder);
    }
    begin_step(recorder, recorder->recording
                             ? &((Node *) store_at(&recorder->graph->store, recorder->node))
                                    ->edges[recorder->items[place].place]
                             : NULL);
    if (event->look != NULL)
        event->look(recorder, (uint32_t) payload);
    sr_graph_remove_item(recorder, place);
    note_left(recorder);
}

/* ---- the end ---- */

static void
on_ends(void *data, bool at_limit)
{
    Recorder *recorder = data;
    Node *node;

    if (recorder->lost)
        return;
    finish_step(recorder);
    if (recorder->lost)
        return;
    recorder->recording |= recorder->n_taken == recorder->skip;
    node = recorder->recording ? store_at(&recorder->graph->store, recorder->node) : NULL;
    begin_step(recorder, node != NULL ? &node->edges[node->n_places + at_limit] : NULL);
    note_left(recorder);
}

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
    end->winner_hint = tally->winner_hint;
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

static void
finish_end(Recorder *recorder, const SrRunResult *result)
{
    Offset end;

    if (recorder->lost || !recorder->recording || result->stopped || result->too_long)
        return;
    end = recorder->edge->next;
    if (end == 0)
        end = make_end(recorder, result);
    store_step(recorder, end);
}

/* ---- life ---- */

Recorder *
sr_graph_recorder_new(SrGraph *graph)
{
    Recorder *recorder = g_new0(Recorder, 1);

    recorder->graph = graph;
    recorder->run = graph->run;
    recorder->watch = (SrRunWatch){
        .engine = { recorder, sr_graph_on_scheduled, sr_graph_on_stopped, on_taken },
        .data = recorder,
        .opened = sr_graph_on_opened,
        .acts = sr_graph_on_acts,
        .steps = sr_graph_on_steps,
        .noted = sr_graph_on_noted,
        .looked_up = sr_graph_on_looked_up,
        .needed = sr_graph_on_needed,
        .ends = on_ends,
    };
    recorder->tokens.of_client = g_new0(uint32_t, graph->model->n_clients);
    recorder->tokens.of_server = g_new0(uint32_t, graph->model->n_clients);
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
    g_free(recorder);
}

void
sr_graph_record(SrGraph *graph, uint64_t seed, uint32_t skip, Offset node,
                const SrRunOptions *options, SrRunResult *result)
{
    Recorder *recorder = graph->recorder;
    SrRunOptions watched = *options;
    size_t n = graph->model->n_clients;

    watched.draw = sr_graph_on_draw;
    watched.draw_data = recorder;
    recorder->lost = false;
    recorder->recording = node == 0;
    recorder->node = node;
    recorder->skip = node == 0 ? UINT32_MAX : skip;
    recorder->n_taken = 0;
    recorder->n_items = recorder->n_left = 0;
    recorder->n_made = 0;
    recorder->n_ops = recorder->n_draws = 0;
    recorder->spanned = recorder->has_answer = recorder->has_act = false;
    recorder->edge = &graph->store.root;
    memset(recorder->before, 0, sizeof recorder->before);
    memset(recorder->tokens.of_client, 0, n * sizeof *recorder->tokens.of_client);
    memset(recorder->tokens.of_server, 0, n * sizeof *recorder->tokens.of_server);
    sr_run_watch(graph->run, &recorder->watch);
    sr_run_execute(graph->run, seed, &watched, result, NULL);
    sr_run_watch(graph->run, NULL);
    finish_end(recorder, result);
}

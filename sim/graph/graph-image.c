/* Images: the world of a node, so that a step which is missing there can be played.
 *
 * An image is what a run has in its memory when it comes to the node: slots, lists and counts as they
 * were in the first run that came there. By what decides about the steps to come all these runs are
 * alike, that is what a node is; so any of them will do. Instants are of no use in it: a walk
 * carries them, and they are put in place afterwards.
 *
 * Most of it is as it was one step before, so an image consists of the words that differ from
 * another one, which is its base; each image of some depth has none, so that few have to be read. */
#include "graph/graph-record-private.h"

#include "check/check-state.h"

/* So many images have a base, each upon the other. */
#define DEPTH_MAX 16

typedef struct {
    Offset base; /* 0: none, all words were 0 */
    uint16_t depth;
    uint16_t n_words; /* of @words: stretches */
    uint32_t words[];
} Image;

/* Words that differ, side by side; they follow. */
typedef struct {
    uint16_t first, n;
} Stretch;
G_STATIC_ASSERT(sizeof(Stretch) == sizeof(uint32_t));

/* How much of the regions is in use; these are the first words. */
typedef struct {
    uint32_t n_slots, n_hints, n_keys, n_places;
} Extent;
#define EXTENT_WORDS (sizeof(Extent) / sizeof(uint32_t))

/* What is pending in a place. */
typedef struct {
    uint64_t payload; /* and whether it is in the background */
    uint64_t low, high;
} Pending;
#define PENDING_BACKGROUND (UINT64_C(1) << 63)

/* What has no array of its own. */
typedef struct {
    uint32_t n_keys_of_store, n_previous, master, free_slot, winner_hint, failed, missing;
    bool winner_known, server_down, announced_notes;
    SrTime server_down_until;
} Rest;

struct Scratch {
    Pending pending[SR_GRAPH_NODE_PLACES_MAX];
    Rest rest;
};

/* A piece of the run's memory: @n of @max elements of @size bytes are in use. */
typedef struct {
    void *at;
    size_t size, n, max, first; /* first: of its words in an image */
} Region;
#define REGIONS_MAX 32

static size_t
words_of(size_t bytes)
{
    return (bytes + sizeof(uint32_t) - 1) / sizeof(uint32_t);
}

static unsigned
list_regions(const Recorder *recorder, const Extent *extent, Region regions[REGIONS_MAX])
{
    SrRun *run = recorder->run;
    const SrCheckState *checks = sr_checks_state(run->world.checks);
    const SrServer *server = &run->world.server;
    const SrProvider *provider = &run->world.provider;
    const Tokens *tokens = &recorder->tokens;
    size_t n = run->model->n_clients, documents = run->model->n_documents,
           entries = run->scenario->timeline->len, hints = extent->n_hints + 1,
           keys = extent->n_keys + 1;
    const size_t hints_max = SR_GRAPH_HINTS_MAX + 1;
    Scratch *scratch = recorder->scratch;
    size_t first = EXTENT_WORDS;
    unsigned k = 0;

#define REGION(where, in_use, most)                                                            \
    regions[k++] = (Region){ .at = where, .size = sizeof *(where), .n = in_use, .max = most }
    REGION(scratch->pending, extent->n_places, SR_GRAPH_NODE_PLACES_MAX);
    REGION(&scratch->rest, 1, 1);
    REGION(run->services, SR_SERVICE_N, SR_SERVICE_N);
    REGION(run->clients, n, n);
    REGION(run->transit.whole, extent->n_slots, SR_GRAPH_SLOTS_MAX);
    REGION(tokens->of_slot, extent->n_slots, SR_GRAPH_SLOTS_MAX);
    REGION(tokens->of_client, n, n);
    REGION(tokens->of_server, n, n);
    REGION(run->attached, documents, documents);
    REGION(run->attached_last, documents, documents);
    REGION(run->previous_hint, documents, documents);
    REGION(run->outdated_hint, documents, documents);
    REGION(run->started, entries, entries);
    REGION(run->blocked_until, run->blocked_until != NULL ? n : 0, n);
    REGION(server->documents, documents, documents);
    REGION(server->clients, n, n);
    REGION(server->rejected, server->rejected != NULL ? n : 0, n);
    REGION(provider->slots, hints, hints_max);
    REGION(provider->documents, documents, documents);
    REGION(provider->masters, run->model->provider.kind == SR_PROVIDER_DERIVED ? hints : 0,
           hints_max);
    REGION(run->tally.clients, n, n);
    REGION(run->tally.documents, documents, documents);
    REGION(run->tally.keys, run->tally.keys != NULL ? keys : 0, hints_max);
    REGION(checks->documents, documents, documents);
    REGION(checks->clients, n, n);
    REGION(checks->rests, n, n);
    REGION(checks->hints, hints, hints_max);
    regions[k++] = (Region){
        .at = run->tally.result, .size = offsetof(SrRunResult, failures), .n = 1, .max = 1
    };
    g_assert(k <= REGIONS_MAX);
    for (unsigned i = 0; i < k; i++) {
        regions[i].first = first;
        first += words_of(regions[i].size * regions[i].max);
    }
    return k;
#undef REGION
}

static size_t
words_in_use(const Region *region)
{
    return words_of(region->size * region->n);
}

void
sr_graph_image_init(Recorder *recorder)
{
    Region regions[REGIONS_MAX], *last;

    recorder->scratch = g_new0(Scratch, 1);
    last = &regions[list_regions(recorder, &(Extent){ 0 }, regions) - 1];
    recorder->n_words = last->first + words_of(last->size * last->max);
    g_assert(recorder->n_words <= UINT16_MAX);
    recorder->words = g_new0(uint32_t, recorder->n_words);
    recorder->next_words = g_new0(uint32_t, recorder->n_words);
    /* Each word may be a stretch. */
    recorder->differing = g_new(uint32_t, 2 * recorder->n_words);
}

void
sr_graph_image_clear(Recorder *recorder)
{
    g_free(recorder->scratch);
    g_free(recorder->words);
    g_free(recorder->next_words);
    g_free(recorder->differing);
}

/* ---- taking an image ---- */

static void
gather_pending(Recorder *recorder, unsigned n_places)
{
    Pending *pending = recorder->scratch->pending;

    for (unsigned i = 0; i < n_places; i++)
        pending[i] = (Pending){ .payload = UINT64_MAX };
    for (unsigned i = 0; i < recorder->n_items; i++) {
        const Item *item = &recorder->items[i];

        pending[item->place] =
            (Pending){ item->payload | (item->background ? PENDING_BACKGROUND : 0), item->low,
                       item->high };
    }
}

/* What lies between the members is 0, too: words are compared. */
static void
gather_rest(const SrRun *run, Rest *rest)
{
    const SrProvider *provider = &run->world.provider;
    const SrCheckState *checks = sr_checks_state(run->world.checks);

    memset(rest, 0, sizeof *rest);
    rest->n_keys_of_store = provider->n_keys;
    rest->n_previous = provider->n_previous;
    rest->master = provider->master;
    rest->free_slot = run->transit.free_whole;
    rest->winner_hint = run->tally.winner_hint;
    rest->failed = sr_checks_failed(run->world.checks);
    rest->missing = checks->key_found_missing;
    rest->winner_known = run->tally.winner_known;
    rest->server_down = run->server_down;
    rest->announced_notes = checks->announced_notes;
    rest->server_down_until = run->server_down_until;
}

/* Reads the run into the next words. Returns: whether there is room */
static bool
gather(Recorder *recorder, unsigned n_places)
{
    const SrRun *run = recorder->run;
    const Extent extent = { run->transit.n_whole, run->world.provider.n_slots,
                            run->tally.n_keys, n_places };
    Region regions[REGIONS_MAX];
    unsigned n;

    if (extent.n_slots > SR_GRAPH_SLOTS_MAX || extent.n_hints > SR_GRAPH_HINTS_MAX ||
        extent.n_keys > SR_GRAPH_HINTS_MAX)
        return false;
    gather_pending(recorder, n_places);
    gather_rest(run, &recorder->scratch->rest);
    memcpy(recorder->next_words, &extent, sizeof extent);
    n = list_regions(recorder, &extent, regions);
    for (unsigned i = 0; i < n; i++)
        if (regions[i].n > 0)
            memcpy(recorder->next_words + regions[i].first, regions[i].at,
                   regions[i].size * regions[i].n);
    return true;
}

/* Appends the words from @first on, up to @end, that are not as in @base; from @known on nothing is
 * known of it. Returns: the end of what is written to @out */
static uint32_t *
compare(const uint32_t *words, const uint32_t *base, size_t first, size_t known, size_t end,
        uint32_t *out)
{
    for (size_t i = first; i < end;) {
        Stretch *stretch = (Stretch *) (void *) out;

        if (i < known && words[i] == base[i]) {
            i++;
            continue;
        }
        *stretch = (Stretch){ (uint16_t) i, 0 };
        out++;
        for (; i < end && (i >= known || words[i] != base[i]); i++) {
            stretch->n++;
            *out++ = words[i];
        }
    }
    return out;
}

/* Returns: how many words of differing it takes to make the next words of @base's, which has all
 * words in use if that is what @full says */
static size_t
find_differing(const Recorder *recorder, const uint32_t *base, bool full)
{
    Region now[REGIONS_MAX], before[REGIONS_MAX];
    Extent extent, former;
    uint32_t *out = recorder->differing;
    unsigned n;

    memcpy(&extent, recorder->next_words, sizeof extent);
    memcpy(&former, base, sizeof former);
    n = list_regions(recorder, &extent, now);
    list_regions(recorder, &former, before);
    out = compare(recorder->next_words, base, 0, EXTENT_WORDS, EXTENT_WORDS, out);
    for (unsigned i = 0; i < n; i++)
        out = compare(recorder->next_words, base, now[i].first,
                      now[i].first + (full ? SIZE_MAX / 8 : words_in_use(&before[i])),
                      now[i].first + words_in_use(&now[i]), out);
    return (size_t) (out - recorder->differing);
}

bool
sr_graph_image_take(Recorder *recorder, Node *node)
{
    Store *store = &recorder->graph->store;
    static const uint32_t zero[UINT16_MAX];
    Offset base = recorder->image;
    const Image *former = base != 0 ? store_at(store, base) : NULL;
    bool based = former != NULL && former->depth < DEPTH_MAX;
    Image *image;
    size_t n;
    uint32_t *words = recorder->words;

    recorder->image = 0;
    if (!gather(recorder, node->n_places))
        return false;
    n = find_differing(recorder, based ? words : zero, !based);
    if (n > UINT16_MAX)
        return false;
    node->image = sr_graph_store_take(store, sizeof *image + n * sizeof *image->words);
    if (node->image == 0)
        return false;
    image = store_at(store, node->image);
    image->base = based ? base : 0;
    image->depth = based ? (uint16_t) (former->depth + 1) : 0;
    image->n_words = (uint16_t) n;
    memcpy(image->words, recorder->differing, n * sizeof *image->words);
    recorder->image = node->image;
    recorder->words = recorder->next_words;
    recorder->next_words = words;
    return true;
}

/* ---- putting an image in place ---- */

static void
read_words(const Recorder *recorder, Offset offset)
{
    const Store *store = &recorder->graph->store;
    const Image *chain[DEPTH_MAX + 1];
    unsigned n = 0;

    for (; offset != 0; offset = chain[n - 1]->base)
        chain[n++] = store_at(store, offset);
    memset(recorder->words, 0, recorder->n_words * sizeof *recorder->words);
    while (n-- > 0)
        for (unsigned i = 0; i < chain[n]->n_words;) {
            const Stretch *stretch = (const Stretch *) (const void *) &chain[n]->words[i];

            memcpy(recorder->words + stretch->first, stretch + 1,
                   stretch->n * sizeof *recorder->words);
            i += 1u + stretch->n;
        }
}

static void
scatter_rest(SrRun *run, const Rest *rest, const Extent *extent)
{
    SrProvider *provider = &run->world.provider;
    SrCheckState *checks = sr_checks_state(run->world.checks);

    provider->n_slots = extent->n_hints;
    provider->n_keys = rest->n_keys_of_store;
    provider->n_previous = rest->n_previous;
    provider->master = rest->master;
    run->transit.n_whole = extent->n_slots;
    run->transit.free_whole = rest->free_slot;
    run->tally.n_keys = extent->n_keys;
    run->tally.winner_hint = rest->winner_hint;
    run->tally.winner_known = rest->winner_known;
    run->server_down = rest->server_down;
    run->server_down_until = rest->server_down_until;
    checks->key_found_missing = rest->missing;
    checks->announced_notes = rest->announced_notes;
    sr_checks_resume(run->world.checks, rest->failed, extent->n_hints);
}

static void
scatter_pending(Recorder *recorder, unsigned n_places)
{
    const Pending *pending = recorder->scratch->pending;

    recorder->n_items = 0;
    for (unsigned i = 0; i < n_places; i++)
        if (pending[i].payload != UINT64_MAX)
            sr_graph_restore_item(
                recorder, (Item){ .payload = pending[i].payload & ~PENDING_BACKGROUND,
                                  .background = (pending[i].payload & PENDING_BACKGROUND) != 0,
                                  .low = pending[i].low,
                                  .high = pending[i].high,
                                  .place = (uint8_t) i });
}

static int64_t
token_in(const Recorder *recorder, const Walk *walk, uint32_t token)
{
    return (int64_t) walk->at[sr_graph_token_register(recorder, token)];
}

/* Puts the instants that @walk carries in place. */
static void
set_instants(Recorder *recorder, const Walk *walk)
{
    SrRun *run = recorder->run;
    const SrGraph *graph = recorder->graph;
    const Registers *registers = &graph->registers;
    SrProvider *provider = &run->world.provider;

    for (uint32_t i = 0; i < registers->n_clients; i++) {
        for (unsigned k = 0; k < SR_DIRECTION_N; k++)
            run->clients[i].directions[k].last =
                walk->at[registers->lanes + i * SR_DIRECTION_N + k];
        run->clients[i].core.token = token_in(recorder, walk, recorder->tokens.of_client[i]);
        run->world.server.clients[i].token =
            token_in(recorder, walk, recorder->tokens.of_server[i]);
    }
    for (uint32_t i = 0; i < run->transit.n_whole; i++)
        if (run->transit.whole[i].message.token != SR_TOKEN_NONE)
            run->transit.whole[i].message.token =
                token_in(recorder, walk, recorder->tokens.of_slot[i]);
    for (uint32_t i = 1; i <= provider->n_slots; i++)
        provider->slots[i].made_at = sr_graph_local_at(graph, SR_NODE_ENCRYPTION_PROVIDER,
                                                       walk->at[registers->made + i]);
    sr_provider_rehash(&run->model->provider, provider);
}

bool
sr_graph_image_put(Recorder *recorder, const Walk *walk)
{
    const Node *node = store_at(&recorder->graph->store, walk->node);
    Region regions[REGIONS_MAX];
    Extent extent;
    unsigned n;

    recorder->image = node->image;
    if (node->image == 0)
        return false;
    read_words(recorder, node->image);
    memcpy(&extent, recorder->words, sizeof extent);
    n = list_regions(recorder, &extent, regions);
    for (unsigned i = 0; i < n; i++)
        if (regions[i].n > 0)
            memcpy(regions[i].at, recorder->words + regions[i].first,
                   regions[i].size * regions[i].n);
    scatter_rest(recorder->run, &recorder->scratch->rest, &extent);
    scatter_pending(recorder, extent.n_places);
    set_instants(recorder, walk);
    return true;
}

/* All states, level by level. */
#include "brute-private.h"

typedef struct {
    State state;
    uint32_t number, depth;
} Waiting;

typedef struct {
    Fingerprint fingerprint;
    uint32_t number;
} Seen;

typedef struct {
    uint32_t from, to;
} Edge;

static guint
hash_seen(gconstpointer seen)
{
    return (guint) ((const Seen *) seen)->fingerprint.low;
}

static gboolean
is_same_seen(gconstpointer a, gconstpointer b)
{
    return memcmp(a, b, sizeof(Fingerprint)) == 0;
}

/* A key that nobody can ask for any more, and that does not count, is as good as gone. Where the
 * order of the others does not matter it is that of their mention, since checks forget another thing
 * when they fail for one key of several that go at once. */
static void
sort_keys(const Brute *brute, State *state, const uint32_t order[HINTS], unsigned n)
{
    SrKeySlot *slots = state->slots;
    uint32_t made[HINTS], n_made = 0;
    bool keeps_order = brute_keeps_order(brute);

    for (uint32_t hint = state->live.first; hint != 0; hint = slots[hint].next) {
        slots[hint].live = false;
        made[n_made++] = hint;
    }
    for (unsigned i = 0; i < n; i++)
        for (uint32_t j = 0; j < n_made; j++)
            slots[order[i]].live |= made[j] == order[i];
    state->live.first = state->live.last = state->live.n_live = 0;
    for (unsigned i = 0; i < (keeps_order ? n_made : n); i++) {
        uint32_t hint = keeps_order ? made[i] : order[i], last = state->live.last;

        if (!slots[hint].live)
            continue;
        slots[hint].next = 0;
        slots[hint].previous = last;
        *(last != 0 ? &slots[last].next : &state->live.first) = hint;
        state->live.last = hint;
        state->live.n_live++;
    }
}

/* What was refused is not asked for again, even if another refusal comes. */
static void
forget_refusals(const Brute *brute, State *state)
{
    for (uint32_t i = 0; i < brute->n; i++)
        if (!brute_is_refusal_coming(state, i))
            state->check_rests[i].key_found_refused = SR_HINT_ABSENT;
}

/* Returns: the number of @state */
static uint32_t
keep(Brute *brute, const State *state, uint32_t depth)
{
    uint32_t order[HINTS];
    unsigned n;
    Seen it = { brute_fingerprint(brute, state, order, &n), (uint32_t) brute->result->states };
    const Seen *seen = g_hash_table_lookup(brute->seen, &it);
    Waiting *waiting;

    if (seen != NULL)
        return seen->number;
    g_hash_table_add(brute->seen, g_memdup2(&it, sizeof it));
    waiting = g_new(Waiting, 1);
    waiting->state = *state;
    sort_keys(brute, &waiting->state, order, n);
    forget_refusals(brute, &waiting->state);
    waiting->number = it.number;
    waiting->depth = depth;
    g_queue_push_tail(&brute->waiting, waiting);
    brute->result->states++;
    return it.number;
}

static void
blame(Brute *brute, uint32_t depth)
{
    BruteResult *result = brute->result;

    for (unsigned i = 0; i < SR_CHECK_N; i++)
        if (brute->broken & ~result->failed & 1u << i)
            result->depths[i] = depth;
    result->failed |= brute->broken;
}

static void
expand(Brute *brute, const Waiting *from)
{
    BruteResult *result = brute->result;
    State to;
    Steps steps;

    result->depth = MAX(result->depth, from->depth);
    brute_list_steps(brute, &from->state, &steps);
    if (steps.end) {
        result->ends++;
        g_array_append_val(brute->end_states, from->number);
        to = from->state;
        brute_bind(brute, &to);
        sr_checks_end(brute->checks);
        brute->broken = sr_checks_failed(brute->checks);
        blame(brute, from->depth);
    }
    for (unsigned i = 0; i < steps.n; i++) {
        Edge edge = { .from = from->number };

        to = from->state;
        brute_bind(brute, &to);
        brute_make(brute, &steps.list[i]);
        blame(brute, from->depth + 1);
        result->transitions++;
        edge.to = keep(brute, &to, from->depth + 1);
        if (!steps.list[i].may)
            g_array_append_val(brute->edges, edge);
    }
}

/* Returns: of how many states no end is reached by what must happen */
static uint64_t
count_trapped(const Brute *brute)
{
    uint64_t left = brute->result->states;
    g_autofree bool *leads = g_new0(bool, left);
    bool more = true;

    for (guint i = 0; i < brute->end_states->len; i++, left--)
        leads[g_array_index(brute->end_states, uint32_t, i)] = true;
    while (more) {
        more = false;
        for (guint i = brute->edges->len; i > 0; i--) {
            Edge edge = g_array_index(brute->edges, Edge, i - 1);

            if (!leads[edge.to] || leads[edge.from])
                continue;
            leads[edge.from] = more = true;
            left--;
        }
    }
    return left;
}

static void
prepare(Brute *brute, const SrScenario *scenario)
{
    const SrTokenRules *rules;

    brute->scenario = scenario;
    brute->model = sr_model_new(scenario);
    brute->n = scenario->n_clients;
    g_assert(brute->n <= N && scenario->documents->len == 1);
    for (uint32_t i = 0; i < brute->n; i++) {
        uint32_t group = sr_model_group(brute->model, i);

        brute->settings[i] = &brute->model->settings[group];
        brute->pinned[i] = g_array_index(scenario->clients, SrClientGroup, group).replica;
    }
    brute->previous_hint =
        g_array_index(scenario->documents, SrDocumentSettings, 0).previous ? 1 : SR_HINT_ABSENT;
    rules = &brute->model->token;
    brute->good = brute->server_second = scenario->epoch_s;
    if (rules->has_not_before)
        brute->server_second += MAX(rules->not_before - rules->leeway, 0);
    brute->expired = brute->good - 2 * (rules->lifetime + rules->leeway) - 2;
    brute->context = (SrCheckContext){ .n_documents = 1,
                                       .n_clients = brute->n,
                                       .client_document = brute->client_document,
                                       .previous_hint = &brute->previous_hint,
                                       .check_iat = brute->model->token.check_iat,
                                       .tokens = brute->model->server.tokens };
    brute->checks = sr_checks_new(&brute->context);
    sr_checks_reserve_hints(brute->checks, HINTS);
}

void
brute_search(const SrScenario *scenario, const BruteOptions *options, BruteResult *result)
{
    Brute brute = { .options = *options, .result = result };
    unsigned depth_max = options->depth != 0 ? options->depth : UINT_MAX;
    Waiting *waiting;
    State *first;

    *result = (BruteResult){ 0 };
    prepare(&brute, scenario);
    brute.seen = g_hash_table_new_full(hash_seen, is_same_seen, g_free, NULL);
    brute.edges = g_array_new(FALSE, FALSE, sizeof(Edge));
    brute.end_states = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    first = g_new0(State, 1);
    brute_begin(&brute, first);
    keep(&brute, first, 0);
    g_free(first);
    while (!brute.full && (waiting = g_queue_pop_head(&brute.waiting)) != NULL) {
        if (waiting->depth <= depth_max)
            expand(&brute, waiting);
        g_free(waiting);
    }
    result->complete = !brute.full;
    result->trapped = result->complete ? count_trapped(&brute) : 0;
    g_queue_clear_full(&brute.waiting, g_free);
    g_hash_table_unref(brute.seen);
    g_array_unref(brute.edges);
    g_array_unref(brute.end_states);
    sr_checks_free(brute.checks);
    sr_model_free(brute.model);
}

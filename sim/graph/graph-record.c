/* The recorder: looks on while a run is played, and writes down what each of its steps did.
 *
 * The run says what it schedules, stops and draws (run/run-watch.h); here follows by what rule each
 * instant came about, so that a walk can work it out from the draws of another seed. Where a step
 * looks at instants, the recorder adds the guard just before. The node that a step leads to is the
 * hash of the packed world. Two runs that come to one node by the same step must have written the
 * same; the store asserts it. */
#include "graph/graph-private.h"

#include "schema/wire.h"

#include <xxhash.h>

#define DRAWS_MAX 8

/* A draw whose item is still to be scheduled. */
typedef struct {
    SrDrawId id;
    uint32_t client;
    uint64_t number;
    const SrDistribution *distribution;
} PendingDraw;

struct Recorder {
    SrGraph *graph;
    SrRun *run;
    SrRunWatch watch;
    bool recording; /* the node before the present step is known */
    bool lost;      /* nothing more of this run is recorded */
    uint32_t skip, n_taken;
    Item items[SR_GRAPH_ITEMS_MAX]; /* sorted by what they are */
    unsigned n_items;
    uint64_t n_made;
    Tokens tokens;

    /* the present step */
    Offset node;
    Edge *edge; /* the first block of the step, or (nullable) what it is not known of */
    uint64_t before[COUNT_N];
    StepOp ops[SR_GRAPH_OPS_MAX];
    unsigned n_ops;
    Item left[SR_GRAPH_ITEMS_MAX]; /* the items when it began */
    unsigned n_left;
    uint64_t item; /* that is being pushed or removed */
    uint32_t told; /* see StepOp */
    uint8_t group; /* see Op */
    PendingDraw draws[DRAWS_MAX];
    unsigned n_draws;
    bool spanned; /* operations have added to the span of the next item */
    /* the answer of the token provider that arrives in it, and how the client waits for it */
    bool has_answer, awaited, renewed;
    uint32_t answer_client, answer_request;
    /* the message that the server acts on */
    bool has_act;
    SrMessage act;
    uint32_t act_token;

    Bytes packed;
};

/* ---- operations ---- */

static void
add_guard(Recorder *recorder, Op op, unsigned outcome)
{
    if (recorder->lost || !recorder->recording)
        return;
    if (recorder->n_ops == SR_GRAPH_OPS_MAX || outcome >= SR_GRAPH_OUTCOMES_MAX) {
        recorder->lost = true;
        return;
    }
    op.makes = is_push(&op);
    op.group = is_push(&op) ? recorder->group : 0;
    recorder->ops[recorder->n_ops++] =
        (StepOp){ op, outcome, recorder->item, is_push(&op) ? recorder->told : 0 };
}

static void
add(Recorder *recorder, Op op)
{
    add_guard(recorder, op, 0);
}

static Op
draw_op(const Recorder *recorder, OpKind kind, unsigned id, uint32_t client, uint64_t number,
        const void *what)
{
    SrGraph *graph = recorder->graph;
    bool known = recorder->lost;

    for (unsigned i = 0; i < graph->n_draws; i++)
        known |= graph->draws[i] == id;
    if (!known)
        graph->draws[graph->n_draws++] = (uint8_t) id;
    return (Op){ .kind = (uint8_t) kind,
                 .b = (uint16_t) (id * recorder->run->model->n_clients + client),
                 /* as in sr_stream_at() */
                 .c = sr_mix64(number + SR_STREAM_GAMMA),
                 .d = what };
}

static SrTime
now_of(const Recorder *recorder)
{
    return sr_engine_now(recorder->run->engine);
}

/* ---- draws ---- */

static const SrClientGroup *
group_of(const Recorder *recorder, uint32_t client)
{
    return &g_array_index(recorder->run->scenario->clients, SrClientGroup,
                          recorder->run->clients[client].group);
}

static const SrLinkSettings *
link_of(const Recorder *recorder, uint32_t client, unsigned direction)
{
    const SrRun *run = recorder->run;

    return &sr_model_links(run->model, client, run->clients[client].group)
                ->directions[direction];
}

/* Returns: (nullable): from what the scenario draws @id for @client */
static const SrDistribution *
distribution_of(const Recorder *recorder, unsigned id, uint32_t client)
{
    const SrScenario *scenario = recorder->run->scenario;

    if (id < SR_DRAW_LATENCY + SR_DIRECTION_N)
        return &link_of(recorder, client, id - SR_DRAW_LATENCY)->latency;
    switch (id) {
    case SR_DRAW_PROCESSING + SR_NODE_SERVER:
        return &scenario->server.processing;
    case SR_DRAW_PROCESSING + SR_NODE_TOKEN_PROVIDER:
        return &scenario->token_provider.processing;
    case SR_DRAW_PROCESSING + SR_NODE_ENCRYPTION_PROVIDER:
        return &scenario->encryption_provider.processing;
    case SR_DRAW_GENERATE:
        return &scenario->encryption_provider.generate;
    case SR_DRAW_LOOKUP:
        return &scenario->encryption_provider.lookup;
    case SR_DRAW_DERIVE:
        return &group_of(recorder, client)->derive;
    case SR_DRAW_START:
        return &group_of(recorder, client)->start;
    default:
        return NULL;
    }
}

/* Processing that takes no time lets the service act at once. */
static void
note_processing(Recorder *recorder, const PendingDraw *draw, bool is_zero)
{
    if (draw->distribution->constant) {
        if (!is_zero)
            recorder->draws[recorder->n_draws++] = *draw;
        return;
    }
    add(recorder,
        draw_op(recorder, OP_DRAW, draw->id, draw->client, draw->number, draw->distribution));
    add_guard(recorder, (Op){ .kind = OP_IS_ZERO }, is_zero);
    recorder->spanned = !is_zero;
}

static void
note_loss(Recorder *recorder, const SrDraw *draw, uint32_t client)
{
    const SrLinkSettings *link = link_of(recorder, client, draw->id - SR_DRAW_LOSS);
    bool lost = draw->value > 0;

    if (link->ordered) {
        add(recorder, draw_op(recorder, OP_LOSS, draw->id, client, draw->number, link));
        recorder->spanned = true;
        return;
    }
    add_guard(recorder, draw_op(recorder, OP_IS_LOST, draw->id, client, draw->number, link),
              lost);
    if (lost)
        recorder->n_draws = 0;
}

static void
note_copy(Recorder *recorder, const SrDraw *draw, uint32_t client)
{
    const SrLinkSettings *link = link_of(recorder, client, draw->id - SR_DRAW_DUPLICATE);
    bool copied = draw->value != SR_DRAW_NO;

    add_guard(recorder, draw_op(recorder, OP_IS_COPIED, draw->id, client, draw->number, link),
              copied);
    recorder->spanned = copied;
}

static void
on_draw(void *data, const SrDraw *draw)
{
    Recorder *recorder = data;
    uint32_t client = draw->subject - SR_NODE_FIRST_CLIENT;
    const PendingDraw pending = { draw->id, client, draw->number,
                                  distribution_of(recorder, draw->id, client) };

    if (recorder->lost || !recorder->recording)
        return;
    if (draw->id >= SR_DRAW_LOSS && draw->id < SR_DRAW_LOSS + SR_DIRECTION_N)
        note_loss(recorder, draw, client);
    else if (draw->id >= SR_DRAW_DUPLICATE && draw->id < SR_DRAW_DUPLICATE + SR_DIRECTION_N)
        note_copy(recorder, draw, client);
    else if (pending.distribution == NULL || recorder->n_draws == DRAWS_MAX)
        recorder->lost = true;
    else if (draw->id >= SR_DRAW_PROCESSING && draw->id < SR_DRAW_PROCESSING + SR_SERVICE_N)
        note_processing(recorder, &pending, draw->value == 0);
    else
        recorder->draws[recorder->n_draws++] = pending;
}

/* ---- new items ---- */

#define NO_LANE UINT32_MAX

/* The item comes after the draws that have been made for it; @lane: the register of what it may not
 * overtake. */
static void
push_drawn(Recorder *recorder, uint32_t lane)
{
    bool in_order = lane != NO_LANE;
    const PendingDraw *draws = recorder->draws;
    unsigned n = recorder->n_draws;
    bool spanned = recorder->spanned;
    Op op;

    recorder->n_draws = 0;
    recorder->spanned = false;
    if (n == 1 && !spanned && !in_order && draws[0].distribution->constant) {
        op = (Op){ .kind = OP_PUSH_CONSTANT, .c = draws[0].distribution->floor };
    } else if (n == 1 && !spanned) {
        op = draw_op(recorder, in_order ? OP_PUSH_IN_ORDER : OP_PUSH_DRAW, draws[0].id,
                     draws[0].client, draws[0].number, draws[0].distribution);
    } else {
        for (unsigned i = 0; i < n; i++)
            add(recorder, draw_op(recorder, OP_DRAW, draws[i].id, draws[i].client,
                                  draws[i].number, draws[i].distribution));
        op = (Op){ .kind = in_order ? OP_PUSH_SPAN_IN_ORDER : OP_PUSH_SPAN };
    }
    op.a = in_order ? (uint16_t) lane : 0;
    add(recorder, op);
}

static void
push_constant(Recorder *recorder, SrTime at)
{
    if (recorder->n_draws > 0 || recorder->spanned)
        recorder->lost = true;
    add(recorder, (Op){ .kind = OP_PUSH_CONSTANT, .c = at - now_of(recorder) });
}

static uint16_t
token_register(const Recorder *recorder, uint32_t token)
{
    return (uint16_t) (recorder->graph->registers.tokens + (token >> 24) * SR_GRAPH_TOKENS +
                       token % SR_GRAPH_TOKENS);
}

/* Returns: the token that @client has now, in the middle of a step */
static uint32_t
token_of_client(const Recorder *recorder, uint32_t client)
{
    const SrClient *core = &recorder->run->clients[client].core;
    uint32_t request = recorder->answer_request;

    /* It has taken the answer that arrives. */
    if (recorder->has_answer && recorder->answer_client == client &&
        ((recorder->awaited && core->awaits != request) ||
         (recorder->renewed && core->renews != request)))
        return sr_graph_token(client, request);
    return recorder->tokens.of_client[client];
}

/* Notes which token is in the message of @slot. */
static void
name_token(Recorder *recorder, uint32_t slot)
{
    const SrMessage *message = &recorder->run->transit.whole[slot].message;
    Tokens *tokens = &recorder->tokens;
    uint32_t token = 0;

    if (slot >= tokens->n_slots) {
        tokens->of_slot = g_renew(uint32_t, tokens->of_slot, slot * 2 + 64);
        memset(tokens->of_slot + tokens->n_slots, 0,
               (slot * 2 + 64 - tokens->n_slots) * sizeof *tokens->of_slot);
        tokens->n_slots = slot * 2 + 64;
    }
    if (message->token != SR_TOKEN_NONE)
        token = message->type == SR_MSG_TOKEN
                    ? sr_graph_token(message->client, message->request)
                    : token_of_client(recorder, message->client);
    tokens->of_slot[slot] = token;
}

static void
push_arrival(Recorder *recorder, uint32_t slot)
{
    const SrMessage *message = &recorder->run->transit.whole[slot].message;
    SrMsgSchema schema = sr_msg_schema((SrMsg) message->type);
    unsigned direction =
        schema.outward ? SR_DIRECTION_OUT(schema.service) : SR_DIRECTION_IN(schema.service);
    uint32_t client = message->client;
    bool stale = direction == SR_DIRECTION_IN(SR_NODE_SERVER) &&
                 message->conn != recorder->run->clients[client].core.conn;
    bool in_order = link_of(recorder, client, direction)->ordered && !stale;

    recorder->told = direction == SR_DIRECTION_IN(SR_NODE_SERVER) ? client + 1 : 0;
    push_drawn(recorder,
               in_order ? recorder->graph->registers.lanes + client * SR_DIRECTION_N + direction
                        : NO_LANE);
}

static void
push_alarm(Recorder *recorder, uint32_t alarm, SrTime at)
{
    const SrRun *run = recorder->run;
    uint32_t client;

    if (alarm < sr_run_served_alarm(run) && alarm_timer(run, alarm, &client) == SR_TIMER_RENEW)
        add(recorder, (Op){ .kind = OP_PUSH_RENEWAL,
                            .a = token_register(recorder, token_of_client(recorder, client)),
                            .b = (uint16_t) client,
                            .d = &run->model->settings[run->clients[client].group] });
    else if (recorder->n_draws > 0 || recorder->spanned)
        push_drawn(recorder, NO_LANE);
    else
        push_constant(recorder, at);
}

static void
insert_item(Recorder *recorder, Item item)
{
    unsigned i = recorder->n_items++;

    for (; i > 0 && recorder->items[i - 1].low > item.low; i--)
        recorder->items[i] = recorder->items[i - 1];
    recorder->items[i] = item;
    recorder->item = item.low;
}

/* A client has two places: for its main timer, and for a message to or from it, or one that is being
 * processed. */
#define PLACES_OF_CLIENT 2
G_STATIC_ASSERT(SR_GRAPH_CLIENTS_MAX *PLACES_OF_CLIENT + 1 < SR_GRAPH_NODE_PLACES_MAX);

/* Returns: the place where an item with @payload mostly is */
static unsigned
wish_of(const Recorder *recorder, uint64_t payload)
{
    const SrRun *run = recorder->run;
    uint32_t a = (uint32_t) (payload >> 32) & 0xffffff, b = (uint32_t) payload, client;

    switch ((EventKind) (payload >> 56)) {
    case EV_ARRIVE:
    case EV_READY:
        return sr_transit_client(&run->transit, b) * PLACES_OF_CLIENT + 1;
    case EV_SERVED:
        b = run->services[a].current;
        return sr_transit_client(&run->transit, b) * PLACES_OF_CLIENT + 1;
    case EV_ALARM:
        if (b < sr_run_served_alarm(run) && alarm_timer(run, b, &client) == SR_TIMER_MAIN)
            return client * PLACES_OF_CLIENT;
        break;
    case EV_DETECT:
    case EV_RESTART:
    case EV_TIMELINE:
    case EV_EXPIRE:
    case EV_ROTATE:
    case EV_SHARED:
    case EV_WAKE:
    case EV_NTP:
    case EV_REPLICATED:
    case EV_CHILD:
    case EV_ANSWER:
    case EV_CHOOSE:
        break;
    }
    return run->model->n_clients * PLACES_OF_CLIENT;
}

static Item
make_item(Recorder *recorder, SrTime at, uint64_t payload, bool background)
{
    XXH128_hash_t hash;

    recorder->packed.n = 0;
    sr_graph_pack_item(recorder->run, payload, background, &recorder->tokens,
                       &recorder->packed);
    hash = XXH3_128bits(recorder->packed.data, recorder->packed.n);
    return (Item){ .payload = payload,
                   .at = at,
                   .made = recorder->n_made++,
                   .background = background,
                   .low = hash.low64,
                   .high = hash.high64,
                   .wish = (uint8_t) wish_of(recorder, payload) };
}

static bool
is_renewal(const Recorder *recorder, uint64_t payload)
{
    const SrRun *run = recorder->run;
    uint32_t alarm = (uint32_t) payload, client;

    return payload >> 56 == EV_ALARM && alarm < sr_run_served_alarm(run) &&
           alarm_timer(run, alarm, &client) == SR_TIMER_RENEW;
}

static void
on_scheduled(void *data, SrTime at, uint64_t payload, uint64_t group, uint32_t rank,
             bool background)
{
    Recorder *recorder = data;
    uint32_t b = (uint32_t) payload;
    EventKind kind = (EventKind) (payload >> 56);
    Item item;

    if (recorder->lost ||
        (background && recorder->graph->no_renewals && is_renewal(recorder, payload)))
        return;
    if (recorder->n_items == SR_GRAPH_ITEMS_MAX) {
        recorder->lost = true;
        return;
    }
    if (kind == EV_ARRIVE || kind == EV_READY || kind == EV_DETECT)
        name_token(recorder, b);
    item = make_item(recorder, at, payload, background);
    item.rank = rank;
    insert_item(recorder, item);
    recorder->group = (uint8_t) group;
    recorder->told = 0;
    if (!recorder->recording)
        return;
    switch (kind) {
    case EV_ARRIVE:
        push_arrival(recorder, b);
        break;
    case EV_SERVED:
    case EV_READY:
        push_drawn(recorder, NO_LANE);
        break;
    case EV_ALARM:
        push_alarm(recorder, b, at);
        break;
    case EV_EXPIRE:
        add(recorder, (Op){ .kind = OP_PUSH_EXPIRY, .b = (uint16_t) b });
        break;
    case EV_RESTART:
    case EV_TIMELINE:
    case EV_DETECT:
    case EV_ROTATE:
        push_constant(recorder, at);
        break;
    case EV_SHARED:
    case EV_WAKE:
    case EV_NTP:
    case EV_REPLICATED:
    case EV_CHILD:
    case EV_ANSWER:
    case EV_CHOOSE:
        recorder->lost = true;
        break;
    }
}

static void
remove_item(Recorder *recorder, unsigned i)
{
    for (recorder->n_items--; i < recorder->n_items; i++)
        recorder->items[i] = recorder->items[i + 1];
}

static void
on_stopped(void *data, uint64_t payload)
{
    Recorder *recorder = data;
    unsigned i = 0;

    if (recorder->lost)
        return;
    while (i < recorder->n_items && recorder->items[i].payload != payload)
        i++;
    if (i == recorder->n_items)
        return;
    recorder->item = recorder->items[i].low;
    add(recorder, (Op){ .kind = OP_REMOVE });
    remove_item(recorder, i);
}

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

/* What the server has acted on is over: does it have another token of the client now? */
static void
settle_act(Recorder *recorder)
{
    const SrMessage *act = &recorder->act;

    if (recorder->has_act && recorder->act_token != 0 &&
        recorder->run->world.server.clients[act->client].conn == act->conn)
        recorder->tokens.of_server[act->client] = recorder->act_token;
    recorder->has_act = false;
}

static unsigned
arrange(Recorder *recorder)
{
    return sr_graph_arrange(recorder->items, recorder->n_items,
                            recorder->run->model->n_clients * PLACES_OF_CLIENT);
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

    settle_act(recorder);
    if (recorder->has_answer)
        recorder->tokens.of_client[recorder->answer_client] =
            token_of_client(recorder, recorder->answer_client);
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

/* ---- guards of what begins a step ---- */

static void
guard_alarm(Recorder *recorder, uint32_t alarm)
{
    const SrRun *run = recorder->run;
    const SrClient *core;
    uint32_t client;

    if (alarm >= sr_run_served_alarm(run) || alarm_timer(run, alarm, &client) != SR_TIMER_MAIN)
        return;
    core = &run->clients[client].core;
    if (core->state == SR_CLIENT_RECONNECTING && core->has_token && !core->fresh_token &&
        run->model->server.tokens)
        add_guard(recorder,
                  (Op){ .kind = OP_IS_PAST,
                        .a = token_register(recorder, recorder->tokens.of_client[client]),
                        .b = (uint16_t) client },
                  sr_run_local(run, SR_NODE_FIRST_CLIENT + client) >=
                      sr_token_exp(&run->model->token, core->token) * (int64_t) SR_NS_PER_S);
}

static int64_t
age_of(const SrRun *run, uint32_t hint)
{
    return sr_run_local(run, SR_NODE_ENCRYPTION_PROVIDER) -
           run->world.provider.slots[hint].made_at;
}

static void
guard_expiry(Recorder *recorder, uint32_t hint)
{
    const SrRun *run = recorder->run;

    if (run->world.provider.slots[hint].live)
        add_guard(recorder, (Op){ .kind = OP_IS_OLD, .b = (uint16_t) hint },
                  age_of(run, hint) >= (int64_t) run->model->provider.keep_for);
}

/* A key whose hint is a tick may get the hint of one that was made in the same tick. */
static void
guard_tick(Recorder *recorder, const SrMessage *request)
{
    const SrRun *run = recorder->run;
    const SrProviderRules *rules = &run->model->provider;
    const SrProvider *provider = &run->world.provider;
    const SrKeySlot now = { .made_at = sr_run_local(run, SR_NODE_ENCRYPTION_PROVIDER) };
    uint64_t hints = 0;
    unsigned n = 0, outcome = 0;

    if (rules->hints != SR_HINTS_TIMESTAMP || rules->kind == SR_PROVIDER_STATIC ||
        (request->flags & SR_MESSAGE_HINT) || request->key != SR_KEY_ABSENT)
        return;
    for (uint32_t hint = 1; hint <= provider->n_slots && hint <= SR_GRAPH_HINTS_MAX; hint++) {
        const SrKeySlot *slot = &provider->slots[hint];

        if (slot->document != sr_run_client_document(run, request->client) ||
            slot->text != SR_HINT_TEXT_TIMESTAMP ||
            (rules->kind == SR_PROVIDER_DERIVED && provider->masters[hint] != provider->master))
            continue;
        hints |= UINT64_C(1) << hint;
        n++;
        recorder->lost |= n == SR_GRAPH_OUTCOMES_MAX;
        if (sr_provider_tick(rules, slot) == sr_provider_tick(rules, &now))
            outcome = n;
    }
    add_guard(recorder, (Op){ .kind = OP_SAME_TICK, .c = hints }, outcome);
}

/* A client that crashes before it starts comes back no earlier than it would have started. */
static void
refuse_early_crash(Recorder *recorder, uint32_t entry)
{
    const SrRun *run = recorder->run;
    const SrTimelineEntry *it = &g_array_index(run->scenario->timeline, SrTimelineEntry, entry);

    if (it->action != SR_FAULT_CRASH || it->duration == SR_TIME_NEVER ||
        it->target.first < SR_NODE_FIRST_CLIENT)
        return;
    for (uint32_t i = 0; i < it->target.n; i++)
        if (run->clients[it->target.first + i - SR_NODE_FIRST_CLIENT].core.state ==
            SR_CLIENT_IDLE)
            recorder->lost = true;
}

static void
note_answer(Recorder *recorder, const SrMessage *message)
{
    const SrClient *core = &recorder->run->clients[message->client].core;

    if (message->type != SR_MSG_TOKEN)
        return;
    recorder->has_answer = true;
    recorder->answer_client = message->client;
    recorder->answer_request = message->request;
    recorder->awaited = core->awaits == message->request;
    recorder->renewed = core->renews == message->request;
}

static void
look_at_event(Recorder *recorder, uint64_t payload)
{
    uint32_t b = (uint32_t) payload;

    switch ((EventKind) (payload >> 56)) {
    case EV_ARRIVE:
        note_answer(recorder, &recorder->run->transit.whole[b].message);
        break;
    case EV_ALARM:
        guard_alarm(recorder, b);
        break;
    case EV_EXPIRE:
        guard_expiry(recorder, b);
        break;
    case EV_READY:
        guard_tick(recorder, &recorder->run->transit.whole[b].message);
        break;
    case EV_TIMELINE:
        refuse_early_crash(recorder, b);
        break;
    case EV_RESTART:
    case EV_SHARED:
    case EV_SERVED:
    case EV_DETECT:
    case EV_WAKE:
    case EV_NTP:
    case EV_REPLICATED:
    case EV_ROTATE:
    case EV_CHILD:
    case EV_ANSWER:
    case EV_CHOOSE:
        break;
    }
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
    look_at_event(recorder, payload);
    remove_item(recorder, place);
    note_left(recorder);
}

/* ---- within a step ---- */

static void
on_opened(void *data, uint32_t client)
{
    const Recorder *recorder = data;
    uint32_t lanes = recorder->graph->registers.lanes + client * SR_DIRECTION_N;

    add(data, (Op){ .kind = OP_REOPEN,
                    .a = (uint16_t) (lanes + SR_DIRECTION_OUT(SR_NODE_SERVER)),
                    .b = (uint16_t) (lanes + SR_DIRECTION_IN(SR_NODE_SERVER)) });
}

/* Whether @used is another token than @token in the same register. */
static bool
collides(uint32_t used, uint32_t token)
{
    return used != 0 && used != token && used >> 24 == token >> 24 &&
           used % SR_GRAPH_TOKENS == token % SR_GRAPH_TOKENS;
}

static bool
slot_collides(const Recorder *recorder, uint32_t slot, uint32_t token)
{
    return recorder->run->transit.whole[slot].message.token != SR_TOKEN_NONE &&
           collides(recorder->tokens.of_slot[slot], token);
}

/* The registers of tokens are used again: none may be in use, by a node or by a message. */
static void
check_register(Recorder *recorder, uint32_t token)
{
    const SrRun *run = recorder->run;
    const Service *server = &run->services[SR_NODE_SERVER];
    uint32_t client = token >> 24;
    bool used = run->clients[client].core.has_token &&
                collides(recorder->tokens.of_client[client], token);

    used |= run->world.server.clients[client].conn != 0 &&
            collides(recorder->tokens.of_server[client], token);
    for (unsigned i = 0; i < recorder->n_items; i++)
        if (recorder->items[i].payload >> 56 == EV_ARRIVE)
            used |= slot_collides(recorder, (uint32_t) recorder->items[i].payload, token);
    for (uint32_t slot = server->first; slot != SR_NO_SLOT;
         slot = run->transit.whole[slot].next)
        used |= slot_collides(recorder, slot, token);
    if (server->current != SR_NO_SLOT)
        used |= slot_collides(recorder, server->current, token);
    recorder->lost |= used;
}

static void
on_acts(void *data, uint32_t service, uint32_t slot, const SrMessage *message)
{
    Recorder *recorder = data;
    const SrRun *run = recorder->run;
    const SrProviderRules *rules = &run->model->provider;
    uint32_t newest;

    if (recorder->lost)
        return;
    settle_act(recorder);
    if (service == SR_NODE_TOKEN_PROVIDER) {
        uint32_t token = sr_graph_token(message->client, message->request);

        check_register(recorder, token);
        add(recorder, (Op){ .kind = OP_SIGN, .a = token_register(recorder, token) });
    } else if (service == SR_NODE_SERVER) {
        recorder->has_act = true;
        recorder->act = *message;
        recorder->act_token =
            message->token != SR_TOKEN_NONE ? recorder->tokens.of_slot[slot] : 0;
    } else if (message->type == SR_MSG_KEY_REQUEST && message->hint == SR_HINT_ABSENT &&
               rules->reuse && rules->kind != SR_PROVIDER_STATIC) {
        newest =
            run->world.provider.documents[sr_run_client_document(run, message->client)].last;
        if (newest != 0)
            add_guard(recorder, (Op){ .kind = OP_IS_FRESH, .b = (uint16_t) newest },
                      age_of(run, newest) < (int64_t) rules->reuse_for);
    }
}

/* Until an instant of the file a client cannot reach the server. */
static void
on_steps(void *data, uint32_t client)
{
    Recorder *recorder = data;
    const SrRun *run = recorder->run;
    SrTime now = now_of(recorder);

    if (run->blocked_until != NULL && run->blocked_until[client] > 0)
        add_guard(recorder, (Op){ .kind = OP_IS_BEFORE, .c = run->blocked_until[client] },
                  now < run->blocked_until[client]);
    if (run->server_down_until > 0)
        add_guard(recorder, (Op){ .kind = OP_IS_BEFORE, .c = run->server_down_until },
                  now < run->server_down_until);
}

static void
set_register(Recorder *recorder, uint32_t at)
{
    add(recorder, (Op){ .kind = OP_SET, .a = (uint16_t) at });
}

static void
judge_token(Recorder *recorder, const SrAction *note)
{
    const SrTokenRules *rules = &recorder->run->model->token;
    int64_t second = note->when, token = note->message.token;
    bool own = note->msg == SR_MSG_CONNECT || note->msg == SR_MSG_TOKEN_UPDATE;
    uint32_t name = own ? recorder->act_token : recorder->tokens.of_server[note->peer];

    if (token == SR_TOKEN_NONE || name == 0 || !recorder->has_act) {
        recorder->lost = true;
        return;
    }
    add_guard(recorder, (Op){ .kind = OP_JUDGE, .a = token_register(recorder, name) },
              sr_graph_faults(rules, token, second));
}

static void
on_noted(void *data, const SrAction *note)
{
    Recorder *recorder = data;
    const Registers *registers = &recorder->graph->registers;
    uint32_t i = note->peer, hint = note->message.hint, key = note->message.key;
    const SrTallyClient *client;

    if (recorder->lost)
        return;
    switch ((SrEvent) note->event) {
    case SR_EVENT_START:
    case SR_EVENT_COLLABORATING:
    case SR_EVENT_FAILED:
        client = &recorder->run->tally.clients[i];
        if (note->event == SR_EVENT_START && !client->started)
            set_register(recorder, registers->start + i);
        else if (note->event == SR_EVENT_COLLABORATING && !client->collaborated)
            set_register(recorder, registers->collaborating + i);
        else if (note->event == SR_EVENT_FAILED && !client->failed)
            set_register(recorder, registers->failed + i);
        break;
    case SR_EVENT_KEY_MADE:
    case SR_EVENT_KEY_DISCARDED:
        if (hint > SR_GRAPH_HINTS_MAX || key > SR_GRAPH_HINTS_MAX) {
            recorder->lost = true;
        } else if (note->event == SR_EVENT_KEY_MADE) {
            set_register(recorder, registers->made + hint);
            set_register(recorder, registers->key_made + key);
        } else {
            set_register(recorder, registers->key_gone + key);
        }
        break;
    case SR_EVENT_TOKEN_JUDGED:
        judge_token(recorder, note);
        break;
    default: /* nothing is kept of the others */
        break;
    }
}

static void
on_looked_up(void *data, uint32_t hint)
{
    add(data, (Op){ .kind = OP_AGE, .b = (uint16_t) hint });
}

static void
on_needed(void *data, uint32_t hint)
{
    add(data, (Op){ .kind = OP_NEED, .b = (uint16_t) hint });
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
        .engine = { recorder, on_scheduled, on_stopped, on_taken },
        .data = recorder,
        .opened = on_opened,
        .acts = on_acts,
        .steps = on_steps,
        .noted = on_noted,
        .looked_up = on_looked_up,
        .needed = on_needed,
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

    watched.draw = on_draw;
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

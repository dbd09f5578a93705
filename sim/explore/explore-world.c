/* A world: one state of everything, and what a move does to it.
 *
 * What a world leaves out, and why no behaviour is lost:
 *
 * - A message arrives at a service and is handled there in one step. Services handle messages
 *   in the order of arrival, and nothing that happens in between depends on a message that
 *   waits. Its sender may lose the connection in between, but then the answer is lost as well,
 *   as if the message had been handled before.
 * - Outages, partitions and slow services only delay messages, and every delay is explored
 *   anyway.
 * - Clocks are right, and there are no durations: a token is good until a move spends an
 *   expiration on it, and a key is too old as soon as a move says so.
 * - What can no longer arrive is dropped at once: messages of a closed connection, answers to a
 *   client that can no longer take them.
 * - With `detect-loss` 0 the server sees a connection close in the same step, otherwise at any
 *   time later.
 * - An idle client does not crash: a crash before the first connection is the same as a later
 *   start. */
#include "explore/explore-private.h"

/* ---- contexts ---- */

Context *
sr_context_new(const SrExplorePlan *plan)
{
    Context *context = g_new0(Context, 1);
    SrWorld *steps = &context->steps;

    context->plan = plan;
    context->check_context = (SrCheckContext){
        .n_documents = plan->n_documents,
        .n_clients = plan->n_clients,
        .client_document = plan->client_document,
        .previous_hint = plan->previous_hint,
        .check_iat = plan->model->token.check_iat,
        .tokens = plan->model->server.tokens,
    };
    sr_world_init(steps, &sr_context_driver, context, plan->model,
                  sr_checks_new(&context->check_context));
    /* A token provider with a cache hands out good tokens as well, so the cache is left out. */
    steps->token_cache = 0;
    sr_checks_reserve_hints(steps->checks, SLOTS_MAX + 1);
    context->check_state = sr_checks_state(steps->checks);
    /* The check learns this from the first start, which this thread may never make. */
    context->check_state->announced_notes = true;
    steps->server = (SrServer){ .client_document = plan->client_document,
                                .n_documents = plan->n_documents,
                                .n_clients = plan->n_clients };
    steps->provider = (SrProvider){ .chains = context->chains,
                                    .buckets = context->buckets,
                                    .n_buckets = G_N_ELEMENTS(context->buckets),
                                    .capacity = SLOTS_MAX,
                                    .n_documents = plan->n_documents };
    return context;
}

void
sr_context_listen(Context *context, void (*sink)(void *data, const SrRecord *record),
                  void *data)
{
    context->sink = sink;
    context->sink_data = data;
    sr_world_reset(&context->steps, true);
}

void
sr_context_free(Context *context)
{
    if (context == NULL)
        return;
    sr_checks_free(context->steps.checks);
    g_free(context);
}

/* Makes the core and the checks work in @world. */
static void
bind(Context *context, World *world)
{
    context->world = world;
    context->steps.server.documents = world->documents;
    context->steps.server.clients = world->server_clients;
    context->steps.server.rejected = world->rejected;
    context->steps.provider.slots = world->slots;
    context->steps.provider.masters = world->masters;
    context->steps.provider.documents = world->live;
    context->steps.provider.replica_keys = world->replica_keys;
    context->steps.provider.n_slots = world->n_slots;
    context->steps.provider.n_keys = world->n_keys;
    /* The hints of older sessions come first. While sr_world_begin() adds them, some are
     * missing. */
    context->steps.provider.n_previous = MIN(context->plan->n_previous, world->n_slots);
    context->steps.provider.master = world->master;
    if (context->plan->repeats)
        sr_provider_rehash(&context->plan->model->provider, &context->steps.provider);
    context->check_state->documents = world->check_documents;
    context->check_state->clients = world->check_clients;
    context->check_state->rests = world->check_rests;
    context->check_state->hints = world->check_hints;
    context->check_state->key_found_missing = SR_HINT_ABSENT;
    sr_checks_rearm(context->steps.checks);
    context->n_findings = 0;
}

static void
unbind(Context *context)
{
    World *world = context->world;

    world->n_slots = (uint8_t) context->steps.provider.n_slots;
    world->n_keys = (uint8_t) context->steps.provider.n_keys;
    world->master = context->steps.provider.master;
    /* The next step may make one more hint and one more key. */
    if (world->n_slots >= SLOTS_MAX || context->steps.provider.n_keys >= KEYS_MAX)
        context->out_of_room = true;
}

/* ---- before and after ---- */

static void
copy_rest(const SrExplorePlan *plan, World *to, const World *from)
{
    uint32_t slots = from->n_slots + 1u, others = plan->model->provider.replicas - 1;

    memcpy(to, from, offsetof(World, slots));
    memcpy(to->slots, from->slots, slots * sizeof *to->slots);
    if (plan->model->provider.kind == SR_PROVIDER_DERIVED)
        memcpy(to->masters, from->masters, slots * sizeof *to->masters);
    memcpy(to->check_hints, from->check_hints, slots * sizeof *to->check_hints);
    memcpy(to->aged, from->aged, slots * sizeof *to->aged);
    if (others > 0)
        memcpy(to->replica_keys, from->replica_keys, slots * others * sizeof *to->replica_keys);
}

void
sr_world_keep(const SrExplorePlan *plan, const World *world, World *before)
{
    copy_rest(plan, before, world);
    /* sr_hint_is_over() asks for all clients. */
    if (plan->settles)
        for (uint32_t i = 0; i < plan->n_clients; i++)
            sr_world_copy_client(before, world, i);
}

void
sr_world_clear_next_hint(const SrExplorePlan *plan, World *world)
{
    uint32_t next = world->n_slots + 1u, others = plan->model->provider.replicas - 1;

    world->check_hints[next] = (SrCheckHint){ 0 };
    world->aged[next] = false;
    memset(&world->replica_keys[next * others], 0, others * sizeof *world->replica_keys);
}

void
sr_world_restore(const SrExplorePlan *plan, World *world, const World *before, uint32_t touched)
{
    copy_rest(plan, world, before);
    for (; touched != 0; touched &= touched - 1)
        sr_world_copy_client(world, before, (uint32_t) __builtin_ctz(touched));
    sr_world_clear_next_hint(plan, world);
}

/* ---- clients ---- */

/* Where retries are not counted down, the counters are reset after each step; MOVE_LAST_RETRY
 * alone sets them to the limit. */
static void
forget_tries(Context *context, uint32_t index)
{
    World *world = context->world;
    SrClient *client = &world->clients[index];
    uint32_t n = context->plan->settings[index].key_retry.n;
    uint8_t *exhausted = &world->exhausted[index];

    client->connect_tries = client->reconnect_tries = 0;
    if (client->tries == 0 ||
        (client->state != SR_CLIENT_LOOKING_UP && client->state != SR_CLIENT_RESUMING &&
         client->state != SR_CLIENT_MAKING_KEY))
        *exhausted &= (uint8_t) ~1u;
    if (client->tries_old == 0 || client->state != SR_CLIENT_MAKING_KEY)
        *exhausted &= (uint8_t) ~2u;
    client->tries = *exhausted & 1 ? n : 0;
    client->tries_old = *exhausted & 2 ? n : 0;
}

static void
forget_unless(const SrExplorePlan *plan, bool is_read, const SrRetryPolicy *policy,
              uint32_t *tries)
{
    /* With times the next delay counts. */
    if (!is_read || (policy->n == SR_RETRY_UNLIMITED && !plan->keeps_lost))
        *tries = 0;
}

/* Where retries are counted down, counters are reset that have no limit, or that the core sets
 * again before it reads them: they would only make equal states look different. */
static void
forget_idle_tries(Context *context, uint32_t index)
{
    const SrClientSettings *settings = &context->plan->settings[index];
    SrClient *client = &context->world->clients[index];
    bool makes_key = client->state == SR_CLIENT_MAKING_KEY;
    bool asks = makes_key || client->state == SR_CLIENT_LOOKING_UP ||
                client->state == SR_CLIENT_RESUMING;
    bool lives = client->state < SR_CLIENT_FAILED;

    forget_unless(context->plan, asks, &settings->key_retry, &client->tries);
    forget_unless(context->plan, makes_key, &settings->key_retry, &client->tries_old);
    forget_unless(context->plan, lives, &settings->connect_retry, &client->connect_tries);
    forget_unless(context->plan, lives, &settings->reconnect, &client->reconnect_tries);
}

static void
step_client(Context *context, uint32_t index, const SrClientInput *input)
{
    const SrExplorePlan *plan = context->plan;
    const SrClientView view = { .local_ns = plan->clock.client_ns,
                                .index = index,
                                .reachable = !(context->unreachable >> index & 1) };

    context->closed.conn = 0;
    sr_context_touch(context, index);
    sr_world_step_client(&context->steps, &plan->settings[index],
                         &context->world->clients[index], input, &view);
    if (plan->counts)
        forget_idle_tries(context, index);
    else
        forget_tries(context, index);
    if (context->closed.conn == 0)
        return;
    context->closed.client = index;
    if (plan->detects)
        sr_item_add(context, AT_DETECT, &context->closed);
    else
        sr_world_server_closed(&context->steps, index, context->closed.conn,
                               (SrReason) context->closed.reason);
}

/* ---- moves ---- */

/* Returns: the time at the encryption provider: that of the newest key, or, if @too_old, so
 * late that this key is not handed out again */
static int64_t
provider_time(Context *context, const SrMessage *message, bool too_old)
{
    World *world = context->world;
    uint32_t last = world->live[context->plan->client_document[message->client]].last;
    int64_t now = last != 0 ? world->slots[last].made_at : 0;

    if (too_old) {
        now += (int64_t) context->plan->model->provider.reuse_for;
        for (uint32_t hint = last; hint != 0; hint = world->slots[hint].previous)
            world->aged[hint] = true;
    }
    return now;
}

/* With times: the server judges another token in place of that of @message, or of the
 * connection. */
static void
spoil_token(Context *context, SrMessage *message, unsigned judged)
{
    const SrExploreClock *clock = &context->plan->clock;
    int64_t token = judged == JUDGED_EARLY ? clock->early : clock->expired;

    if (message->type == SR_MSG_CONNECT)
        message->token = token;
    else
        context->world->server_clients[message->client].token = token;
}

static void
deliver(Context *context, const Move *move)
{
    uint32_t service = move->a >= AT_QUEUE ? (uint32_t) move->a - AT_QUEUE : move->a / 2u;
    uint32_t client = move->client;
    Item item = sr_item_take(context, client, (Place) move->a, (Place) move->a, 0);
    SrMessage message = sr_item_message(context->plan, &item);
    const SrExploreClock *clock = &context->plan->clock;
    int64_t now;

    /* Nothing but a turn is left of it. */
    if (item.type == SR_MSG_NONE)
        return;
    if (move->a == SR_DIRECTION_IN(service)) {
        if (service != SR_NODE_SERVER && sr_is_gone(context->world, client, item.request))
            return;
        sr_world_message(&context->steps, SR_EVENT_RECEIVE, SR_NODE_FIRST_CLIENT + client,
                         service, &message, 0);
        step_client(context, client,
                    &(SrClientInput){ .kind = SR_INPUT_MESSAGE, .message = &message });
        return;
    }
    sr_world_message(&context->steps, SR_EVENT_RECEIVE, service, SR_NODE_FIRST_CLIENT + client,
                     &message, 0);
    if (service == SR_NODE_SERVER && move->b != 0)
        spoil_token(context, &message, move->b);
    if (service == SR_NODE_SERVER)
        now = clock->server_ns;
    else if (service == SR_NODE_TOKEN_PROVIDER)
        now = clock->good * (int64_t) SR_NS_PER_S;
    else
        now = provider_time(context, &message, move->b != 0);
    sr_world_handle(&context->steps, service, &message, now);
}

static void
ready(Context *context, const Move *move)
{
    const SrProviderRules *rules = &context->plan->model->provider;
    World *world = context->world;
    Item item = sr_item_take(context, move->client, AT_GENERATE, AT_LOOKUP, move->a);
    SrMessage message = sr_item_message(context->plan, &item);
    uint32_t replica = 0;

    if (item.place == AT_LOOKUP)
        replica = move->b;
    /* A new key takes a new instant; one that is handed out again does not. */
    else if (rules->hints == SR_HINTS_TIMESTAMP && move->b == 0 && item.key == SR_KEY_ABSENT)
        world->tick++;
    sr_world_provider_ready(&context->steps, &message,
                            world->tick * (int64_t) rules->resolution, replica);
}

/* A live key of @document, the oldest one unless @hint is not 0, reaches its age. */
static void
discard_aged(Context *context, uint32_t document, uint32_t hint)
{
    const SrProviderRules *rules = &context->plan->model->provider;

    if (hint == 0)
        hint = context->world->live[document].first;
    sr_world_provider_expire(&context->steps, hint,
                             context->world->slots[hint].made_at + (int64_t) rules->keep_for);
}

static void
take_over_at_replica(Context *context, uint32_t replica)
{
    World *world = context->world;
    Items *items = &world->items[CLIENTS_MAX];
    unsigned i = 0;

    while (items->list[i].conn != replica) {
        i++;
        g_assert(i < items->n);
    }
    sr_provider_replicated(&context->plan->model->provider, &context->steps.provider, replica,
                           items->list[i].hint, items->list[i].key);
    sr_item_remove(context, CLIENTS_MAX, i);
}

/* All copies of the client's latest token expire. */
static void
expire_token(Context *context, uint32_t index)
{
    const SrExploreClock *clock = &context->plan->clock;
    World *world = context->world;

    sr_context_touch(context, index);
    if (world->clients[index].has_token)
        world->clients[index].token = clock->expired;
    if (world->server_clients[index].conn != 0)
        world->server_clients[index].token = clock->expired;
    for (unsigned i = 0; i < world->items[index].n; i++) {
        Item *item = &world->items[index].list[i];

        item->expired |= item->type == SR_MSG_CONNECT || item->type == SR_MSG_TOKEN_UPDATE;
    }
}

static void
detect(Context *context, const Move *move)
{
    Item item = sr_item_take(context, move->client, AT_DETECT, AT_DETECT, move->a);

    sr_world_server_closed(&context->steps, move->client, item.conn, (SrReason) item.reason);
}

static void
fire_timer(Context *context, const Move *move)
{
    World *world = context->world;

    world->timers[move->client] &= (uint8_t) ~(1u << move->a);
    step_client(context, move->client,
                &(SrClientInput){ .kind = SR_INPUT_TIMER, .timer = move->a });
}

static void
perform(Context *context, const Move *move)
{
    const SrExplorePlan *plan = context->plan;
    World *world = context->world;
    uint32_t client = move->client;

    switch ((MoveKind) move->kind) {
    case MOVE_START:
    case MOVE_RESTART:
        step_client(context, client, &(SrClientInput){ .kind = SR_INPUT_START });
        break;
    case MOVE_DELIVER:
        deliver(context, move);
        break;
    case MOVE_READY:
        ready(context, move);
        break;
    case MOVE_LAST_RETRY:
        sr_context_touch(context, client);
        world->exhausted[client] |= move->a == SR_TIMER_MAIN ? 1 : 2;
        *(move->a == SR_TIMER_MAIN ? &world->clients[client].tries
                                   : &world->clients[client].tries_old) =
            plan->settings[client].key_retry.n;
        fire_timer(context, move);
        break;
    case MOVE_TIMER:
        fire_timer(context, move);
        break;
    case MOVE_RENEW:
        world->expirations--;
        fire_timer(context, &(Move){ .client = move->client, .a = SR_TIMER_RENEW });
        break;
    case MOVE_DETECT:
        detect(context, move);
        break;
    case MOVE_ESTABLISH:
        world->establish &= (uint8_t) ~(1u << client);
        sr_world_server_timeout(&context->steps, client);
        break;
    case MOVE_REPLICATED:
        take_over_at_replica(context, client);
        break;
    case MOVE_AGE:
        discard_aged(context, client, move->a);
        break;
    case MOVE_ROTATE:
        sr_world_provider_rotate(&context->steps);
        break;
    case MOVE_EXPIRE:
        world->expirations--;
        expire_token(context, client);
        break;
    case MOVE_CRASH:
        world->crashes--;
        step_client(context, client, &(SrClientInput){ .kind = SR_INPUT_CRASH });
        break;
    case MOVE_DISCONNECT:
        world->disconnects--;
        step_client(context, client,
                    &(SrClientInput){ .kind = SR_INPUT_LOST, .reason = SR_REASON_DISCONNECT });
        break;
    }
    if (move->paid)
        world->expirations--;
}

/* What a step of @client may have lost, or have too many of. */
static void
prune(Context *context, uint32_t client)
{
    const SrExplorePlan *plan = context->plan;
    const SrClient *it = &context->world->clients[client];

    sr_items_prune(context, client);
    if (plan->detects && sr_conns_are_too_many(plan, context->world, client))
        context->out_of_room = true;
    if (MAX(it->connect_tries, it->reconnect_tries) >= RETRIES_MAX)
        context->out_of_room = true;
}

void
sr_world_move(Context *context, World *world, World *before, Move move)
{
    bind(context, world);
    context->before = before;
    context->touched = 0;
    perform(context, &move);
    /* Only moves of a client close its connections. */
    if (sr_move_is_of_client(move.kind))
        prune(context, move.client);
    unbind(context);
}

void
sr_world_input(Context *context, World *world, World *before, uint32_t client,
               const SrClientInput *input)
{
    bind(context, world);
    context->before = before;
    context->touched = 0;
    step_client(context, client, input);
    prune(context, client);
    unbind(context);
}

static void
drop_waiting(Context *context, uint32_t client)
{
    while (sr_find_item(context->world, client, AT_QUEUE + SR_NODE_SERVER,
                        AT_QUEUE + SR_NODE_SERVER, 0) != NULL)
        (void) sr_item_take(context, client, (Place) (AT_QUEUE + SR_NODE_SERVER),
                            (Place) (AT_QUEUE + SR_NODE_SERVER), 0);
}

void
sr_world_crash_server(Context *context, World *world, World *before)
{
    const SrExplorePlan *plan = context->plan;

    bind(context, world);
    context->before = before;
    context->touched = 0;
    for (uint32_t i = 0; i < plan->n_clients; i++)
        drop_waiting(context, i);
    sr_world_server_crash(&context->steps);
    for (uint32_t i = 0; i < plan->n_clients; i++) {
        if (world->clients[i].open)
            step_client(
                context, i,
                &(SrClientInput){ .kind = SR_INPUT_LOST, .reason = SR_REASON_SERVER_CRASH });
        prune(context, i);
    }
    unbind(context);
}

void
sr_world_end(Context *context, World *world)
{
    bind(context, world);
    sr_context_driver.found(context, NULL, sr_checks_end(context->steps.checks));
}

/* ---- the first world ---- */

void
sr_world_begin(Context *context, World *world)
{
    const SrExplorePlan *plan = context->plan;

    memset(world, 0, sizeof *world);
    world->crashes = plan->crashes;
    world->disconnects = plan->disconnects;
    world->expirations = plan->expirations;
    world->master = 1;
    bind(context, world);
    sr_server_reset(&context->steps.server);
    for (uint32_t i = 0; i < plan->n_documents; i++) {
        uint32_t hint;

        if (!g_array_index(plan->scenario->documents, SrDocumentSettings, i).previous)
            continue;
        hint = sr_world_add_previous(&context->steps, i, 0);
        g_assert(plan->previous_hint[i] == SR_HINT_ABSENT || plan->previous_hint[i] == hint);
    }
    unbind(context);
}

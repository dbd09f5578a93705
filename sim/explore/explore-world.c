/* A world: one state of everything, and what a move does to it.
 *
 * What is left out of it, and why nothing is lost by that:
 *
 * - Arrival at a service and being handled there are one step. A service takes messages up in
 *   the order of their arrival, and what happens between a message's arrival and its handling
 *   does not see it: its sender's connection may be lost, but then the answer is lost as well,
 *   just as if the message had been handled first.
 * - Outages, partitions and slow services only delay, and every delay is looked at anyway.
 * - Clocks are right, and times are only more or less: a token is good until an expiration is
 *   spent on it, a key is as old as the move that discards it says.
 * - What can no longer arrive is lost at once: messages of a connection that is closed, answers
 *   to a client that is gone.
 * - With `detect-loss` 0 the server sees a connection close in the same step; else at any time
 *   later.
 * - A client that crashes before its first connection is one that starts later: it is not
 *   crashed while it is idle. */
#include "explore/explore-private.h"

/* ---- benches ---- */

Bench *
sr_bench_new(const SrExplorePlan *plan)
{
    Bench *bench = g_new0(Bench, 1);
    SrWorld *steps = &bench->steps;

    bench->plan = plan;
    bench->context = (SrCheckContext){
        .n_documents = plan->n_documents,
        .n_clients = plan->n_clients,
        .client_document = plan->client_document,
        .previous_hint = plan->previous_hint,
        .check_iat = plan->model->token.check_iat,
        .tokens = plan->model->server.tokens,
    };
    sr_world_init(steps, &sr_bench_driver, bench, plan->model, sr_checks_new(&bench->context));
    /* A token provider that hands the same token to everybody for a while hands out good ones. */
    steps->token_cache = 0;
    sr_checks_reserve_hints(steps->checks, SLOTS_MAX + 1);
    bench->check_state = sr_checks_state(steps->checks);
    steps->server = (SrServer){ .client_document = plan->client_document,
                                .n_documents = plan->n_documents,
                                .n_clients = plan->n_clients };
    steps->provider = (SrProvider){ .chains = bench->chains,
                                    .buckets = bench->buckets,
                                    .n_buckets = G_N_ELEMENTS(bench->buckets),
                                    .capacity = SLOTS_MAX,
                                    .n_documents = plan->n_documents };
    return bench;
}

void
sr_bench_listen(Bench *bench, void (*sink)(void *data, const SrRecord *record), void *data)
{
    bench->sink = sink;
    bench->sink_data = data;
    sr_world_reset(&bench->steps, true);
}

void
sr_bench_free(Bench *bench)
{
    if (bench == NULL)
        return;
    sr_checks_free(bench->steps.checks);
    g_free(bench);
}

/* The core and the checks work in @world from here on. */
static void
bind(Bench *bench, World *world)
{
    bool started = false;

    for (uint32_t i = 0; i < bench->plan->n_clients; i++)
        started |= world->clients[i].state != SR_CLIENT_IDLE;
    bench->world = world;
    bench->steps.server.documents = world->documents;
    bench->steps.server.clients = world->server_clients;
    bench->steps.server.rejected = world->rejected;
    bench->steps.provider.slots = world->slots;
    bench->steps.provider.masters = world->masters;
    bench->steps.provider.documents = world->live;
    bench->steps.provider.replica_keys = world->replica_keys;
    bench->steps.provider.n_slots = world->n_slots;
    bench->steps.provider.n_keys = world->n_keys;
    /* They are the first hints; at the very start not all are there. */
    bench->steps.provider.n_previous = MIN(bench->plan->n_previous, world->n_slots);
    bench->steps.provider.master = world->master;
    if (bench->plan->repeats)
        sr_provider_rehash(&bench->plan->model->provider, &bench->steps.provider);
    bench->check_state->documents = world->check_documents;
    bench->check_state->clients = world->check_clients;
    bench->check_state->rests = world->check_rests;
    bench->check_state->hints = world->check_hints;
    bench->check_state->key_found_missing = SR_HINT_ABSENT;
    bench->check_state->announced_notes = started;
    sr_checks_rearm(bench->steps.checks);
    bench->n_findings = 0;
}

static void
unbind(Bench *bench)
{
    World *world = bench->world;

    world->n_slots = (uint8_t) bench->steps.provider.n_slots;
    world->n_keys = (uint8_t) bench->steps.provider.n_keys;
    world->master = bench->steps.provider.master;
    /* A step makes one hint at most, and the next must find room. */
    if (world->n_slots >= SLOTS_MAX || bench->steps.provider.n_keys >= KEYS_MAX)
        bench->crowded = true;
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
    /* Whether a hint is over depends on all of them. */
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
    if (others > 0)
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

/* Retries do not count down: what a client counts starts afresh with each step, but for the
 * last of retries in vain. */
static void
forget_tries(Bench *bench, uint32_t index)
{
    World *world = bench->world;
    SrClient *client = &world->clients[index];
    uint32_t n = bench->plan->settings[index].key_retry.n;
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
forget_unless(bool is_read, const SrRetryPolicy *policy, uint32_t *tries)
{
    if (!is_read || policy->n == SR_RETRY_UNLIMITED)
        *tries = 0;
}

/* Retries count down: what is counted against no limit, or is not read before it starts afresh,
 * would only tell states apart. */
static void
forget_idle_tries(Bench *bench, uint32_t index)
{
    const SrClientSettings *settings = &bench->plan->settings[index];
    SrClient *client = &bench->world->clients[index];
    bool makes_key = client->state == SR_CLIENT_MAKING_KEY;
    bool asks = makes_key || client->state == SR_CLIENT_LOOKING_UP ||
                client->state == SR_CLIENT_RESUMING;
    bool lives = client->state < SR_CLIENT_FAILED;

    forget_unless(asks, &settings->key_retry, &client->tries);
    forget_unless(makes_key, &settings->key_retry, &client->tries_old);
    forget_unless(lives, &settings->connect_retry, &client->connect_tries);
    forget_unless(lives, &settings->reconnect, &client->reconnect_tries);
}

static void
step_client(Bench *bench, uint32_t index, const SrClientInput *input)
{
    const SrExplorePlan *plan = bench->plan;
    const SrClientView view = { .local_ns = plan->clock.client_ns,
                                .index = index,
                                .reachable = true };

    bench->closed.conn = 0;
    sr_bench_touch(bench, index);
    sr_world_step_client(&bench->steps, &plan->settings[index], &bench->world->clients[index],
                         input, &view);
    if (plan->counts)
        forget_idle_tries(bench, index);
    else
        forget_tries(bench, index);
    if (bench->closed.conn == 0)
        return;
    bench->closed.client = index;
    if (plan->detects)
        sr_thing_add(bench, AT_DETECT, &bench->closed);
    else
        sr_world_server_closed(&bench->steps, index, bench->closed.conn,
                               (SrReason) bench->closed.reason);
}

/* ---- moves ---- */

/* Returns: what time it is for the encryption provider, for which only ages count */
static int64_t
provider_time(Bench *bench, const SrMessage *message, bool too_old)
{
    World *world = bench->world;
    uint32_t last = world->live[bench->plan->client_document[message->client]].last;
    int64_t now = last != 0 ? world->slots[last].made_at : 0;

    if (too_old) {
        now += (int64_t) bench->plan->model->provider.reuse_for;
        for (uint32_t hint = last; hint != 0; hint = world->slots[hint].previous)
            world->aged[hint] = true;
    }
    return now;
}

static void
deliver(Bench *bench, const Move *move)
{
    uint32_t service = move->a / 2, client = move->client;
    Thing thing = sr_thing_take(bench, client, (Place) move->a, (Place) move->a, 0);
    SrMessage message = sr_thing_message(bench->plan, &thing);
    const SrExploreClock *clock = &bench->plan->clock;
    int64_t now;

    if (move->a == SR_DIRECTION_IN(service)) {
        sr_world_message(&bench->steps, SR_EVENT_RECEIVE, SR_NODE_FIRST_CLIENT + client,
                         service, &message, 0);
        step_client(bench, client,
                    &(SrClientInput){ .kind = SR_INPUT_MESSAGE, .message = &message });
        return;
    }
    sr_world_message(&bench->steps, SR_EVENT_RECEIVE, service, SR_NODE_FIRST_CLIENT + client,
                     &message, 0);
    if (service == SR_NODE_SERVER)
        now = clock->server_ns;
    else if (service == SR_NODE_TOKEN_PROVIDER)
        now = clock->good * (int64_t) SR_NS_PER_S;
    else
        now = provider_time(bench, &message, move->b != 0);
    sr_world_handle(&bench->steps, service, &message, now);
}

static void
ready(Bench *bench, const Move *move)
{
    const SrProviderRules *rules = &bench->plan->model->provider;
    World *world = bench->world;
    Thing thing = sr_thing_take(bench, move->client, AT_GENERATE, AT_LOOKUP, move->a);
    SrMessage message = sr_thing_message(bench->plan, &thing);
    uint32_t replica = 0;

    if (thing.place == AT_LOOKUP)
        replica = move->b;
    /* A key that is handed out again takes no instant of its own. */
    else if (rules->hints == SR_HINTS_TIMESTAMP && move->b == 0 && thing.key == SR_KEY_ABSENT)
        world->tick++;
    sr_world_provider_ready(&bench->steps, &message, world->tick * (int64_t) rules->resolution,
                            replica);
}

/* The oldest live key of a document: the others are younger. */
static void
discard_oldest(Bench *bench, uint32_t document)
{
    const SrProviderRules *rules = &bench->plan->model->provider;
    uint32_t hint = bench->world->live[document].first;

    sr_world_provider_expire(&bench->steps, hint,
                             bench->world->slots[hint].made_at + (int64_t) rules->keep_for);
}

static void
take_over_at_replica(Bench *bench, uint32_t replica)
{
    World *world = bench->world;
    Things *things = &world->things[CLIENTS_MAX];
    unsigned i = 0;

    while (i < things->n && things->list[i].conn != replica)
        i++;
    g_assert(i < things->n);
    sr_provider_replicated(&bench->plan->model->provider, &bench->steps.provider, replica,
                           things->list[i].hint, things->list[i].key);
    sr_thing_remove(bench, CLIENTS_MAX, i);
}

/* All copies of the token that the client got last. */
static void
expire_token(Bench *bench, uint32_t index)
{
    const SrExploreClock *clock = &bench->plan->clock;
    World *world = bench->world;

    sr_bench_touch(bench, index);
    if (world->clients[index].has_token)
        world->clients[index].token = clock->expired;
    if (world->server_clients[index].conn != 0)
        world->server_clients[index].token = clock->expired;
    for (unsigned i = 0; i < world->things[index].n; i++) {
        Thing *thing = &world->things[index].list[i];

        thing->expired |= thing->type == SR_MSG_CONNECT || thing->type == SR_MSG_TOKEN_UPDATE;
    }
}

static void
detect(Bench *bench, const Move *move)
{
    Thing thing = sr_thing_take(bench, move->client, AT_DETECT, AT_DETECT, move->a);

    sr_world_server_closed(&bench->steps, move->client, thing.conn, (SrReason) thing.reason);
}

static void
fire_timer(Bench *bench, const Move *move)
{
    World *world = bench->world;

    world->timers[move->client] &= (uint8_t) ~(1u << move->a);
    step_client(bench, move->client,
                &(SrClientInput){ .kind = SR_INPUT_TIMER, .timer = move->a });
}

static void
perform(Bench *bench, const Move *move)
{
    const SrExplorePlan *plan = bench->plan;
    World *world = bench->world;
    uint32_t client = move->client;

    switch ((MoveKind) move->kind) {
    case MOVE_START:
    case MOVE_RESTART:
        step_client(bench, client, &(SrClientInput){ .kind = SR_INPUT_START });
        break;
    case MOVE_DELIVER:
        deliver(bench, move);
        break;
    case MOVE_READY:
        ready(bench, move);
        break;
    case MOVE_LAST_RETRY:
        sr_bench_touch(bench, client);
        world->exhausted[client] |= move->a == SR_TIMER_MAIN ? 1 : 2;
        *(move->a == SR_TIMER_MAIN ? &world->clients[client].tries
                                   : &world->clients[client].tries_old) =
            plan->settings[client].key_retry.n;
        fire_timer(bench, move);
        break;
    case MOVE_TIMER:
        fire_timer(bench, move);
        break;
    case MOVE_RENEW:
        world->expirations--;
        fire_timer(bench, &(Move){ .client = move->client, .a = SR_TIMER_RENEW });
        break;
    case MOVE_DETECT:
        detect(bench, move);
        break;
    case MOVE_ESTABLISH:
        world->establish &= (uint8_t) ~(1u << client);
        sr_world_server_timeout(&bench->steps, client);
        break;
    case MOVE_REPLICATED:
        take_over_at_replica(bench, client);
        break;
    case MOVE_AGE:
        discard_oldest(bench, client);
        break;
    case MOVE_ROTATE:
        sr_world_provider_rotate(&bench->steps);
        break;
    case MOVE_EXPIRE:
        world->expirations--;
        expire_token(bench, client);
        break;
    case MOVE_CRASH:
        world->crashes--;
        step_client(bench, client, &(SrClientInput){ .kind = SR_INPUT_CRASH });
        break;
    case MOVE_DISCONNECT:
        world->disconnects--;
        step_client(bench, client,
                    &(SrClientInput){ .kind = SR_INPUT_LOST, .reason = SR_REASON_DISCONNECT });
        break;
    }
    if (move->paid)
        world->expirations--;
}

void
sr_world_move(Bench *bench, World *world, World *before, Move move)
{
    bind(bench, world);
    bench->before = before;
    bench->touched = 0;
    perform(bench, &move);
    /* Nothing closes a connection but a move of its client. */
    if (sr_move_is_of_client(move.kind))
        sr_things_sweep(bench, move.client);
    unbind(bench);
}

void
sr_world_end(Bench *bench, World *world)
{
    bind(bench, world);
    sr_bench_driver.found(bench, NULL, sr_checks_end(bench->steps.checks));
}

/* ---- the beginning ---- */

void
sr_world_begin(Bench *bench, World *world)
{
    const SrExplorePlan *plan = bench->plan;

    memset(world, 0, sizeof *world);
    world->crashes = plan->crashes;
    world->disconnects = plan->disconnects;
    world->expirations = plan->expirations;
    world->master = 1;
    bind(bench, world);
    sr_server_reset(&bench->steps.server);
    for (uint32_t i = 0; i < plan->n_documents; i++) {
        uint32_t hint;

        if (!g_array_index(plan->scenario->documents, SrDocumentSettings, i).previous)
            continue;
        hint = sr_world_add_previous(&bench->steps, i, 0);
        g_assert(plan->previous_hint[i] == SR_HINT_ABSENT || plan->previous_hint[i] == hint);
    }
    unbind(bench);
}

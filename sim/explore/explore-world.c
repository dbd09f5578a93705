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

#include "session-race/token-provider.h"

/* ---- benches ---- */

static void
actions_full(SrActions *actions, void *data)
{
    Bench *bench = data;

    bench->crowded = true;
    actions->n = 0;
}

Bench *
sr_bench_new(const SrExplorePlan *plan)
{
    Bench *bench = g_new0(Bench, 1);

    bench->plan = plan;
    bench->context = (SrCheckContext){
        .n_documents = plan->n_documents,
        .n_clients = plan->n_clients,
        .client_document = plan->client_document,
        .previous_hint = plan->previous_hint,
        .check_iat = plan->model->token.check_iat,
        .tokens = plan->model->server.tokens,
    };
    bench->checks = sr_checks_new(&bench->context);
    sr_checks_reserve_hints(bench->checks, SLOTS_MAX + 1);
    bench->check_state = sr_checks_state(bench->checks);
    bench->client_actions =
        (SrActions){ bench->client_list, 0, G_N_ELEMENTS(bench->client_list), actions_full,
                     bench };
    bench->service_actions =
        (SrActions){ bench->service_list, 0, G_N_ELEMENTS(bench->service_list), actions_full,
                     bench };
    bench->server = (SrServer){ .client_document = plan->client_document,
                                .n_documents = plan->n_documents,
                                .n_clients = plan->n_clients };
    bench->provider = (SrProvider){ .chains = bench->chains,
                                    .buckets = bench->buckets,
                                    .n_buckets = G_N_ELEMENTS(bench->buckets),
                                    .capacity = SLOTS_MAX,
                                    .n_documents = plan->n_documents };
    return bench;
}

void
sr_bench_free(Bench *bench)
{
    if (bench == NULL)
        return;
    sr_checks_free(bench->checks);
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
    bench->server.documents = world->documents;
    bench->server.clients = world->server_clients;
    bench->server.rejected = world->rejected;
    bench->provider.slots = world->slots;
    bench->provider.masters = world->masters;
    bench->provider.documents = world->live;
    bench->provider.replica_keys = world->replica_keys;
    bench->provider.n_slots = world->n_slots;
    bench->provider.n_keys = world->n_keys;
    /* They are the first hints; at the very start not all are there. */
    bench->provider.n_previous = MIN(bench->plan->n_previous, world->n_slots);
    bench->provider.master = world->master;
    if (bench->plan->repeats)
        sr_provider_rehash(&bench->plan->model->provider, &bench->provider);
    bench->check_state->documents = world->check_documents;
    bench->check_state->clients = world->check_clients;
    bench->check_state->rests = world->check_rests;
    bench->check_state->hints = world->check_hints;
    bench->check_state->key_found_missing = SR_HINT_ABSENT;
    bench->check_state->announced_notes = started;
    sr_checks_rearm(bench->checks);
    bench->n_findings = 0;
}

static void
unbind(Bench *bench)
{
    World *world = bench->world;

    world->n_slots = (uint8_t) bench->provider.n_slots;
    world->n_keys = (uint8_t) bench->provider.n_keys;
    world->master = bench->provider.master;
    /* A step makes one hint at most, and the next must find room. */
    if (world->n_slots >= SLOTS_MAX || bench->provider.n_keys >= KEYS_MAX)
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
sr_world_restore(const SrExplorePlan *plan, World *world, const World *before, uint32_t touched)
{
    uint32_t slots = before->n_slots + 1u, others = plan->model->provider.replicas - 1;

    copy_rest(plan, world, before);
    for (; touched != 0; touched &= touched - 1)
        sr_world_copy_client(world, before, (uint32_t) __builtin_ctz(touched));
    /* The next hint is checked from nothing. */
    world->check_hints[slots] = (SrCheckHint){ 0 };
    world->aged[slots] = false;
    if (others > 0)
        memset(&world->replica_keys[slots * others], 0, others * sizeof *world->replica_keys);
}

/* ---- sending ---- */

static void
send_out(Bench *bench, const SrMessage *message)
{
    uint32_t service = sr_msg_service((SrMsg) message->type);

    sr_bench_message(bench, SR_EVENT_SEND, SR_NODE_FIRST_CLIENT + message->client, service,
                     message);
    sr_thing_add(bench, (Place) SR_DIRECTION_OUT(service), message);
}

static void
send_in(Bench *bench, uint32_t service, const SrMessage *message)
{
    const World *world = bench->world;
    const SrClient *client = &world->clients[message->client];
    bool lost = service == SR_NODE_SERVER
                    ? !client->open || client->conn != message->conn
                    : sr_is_gone(world, message->client, message->request);

    sr_bench_message(bench, SR_EVENT_SEND, service, SR_NODE_FIRST_CLIENT + message->client,
                     message);
    if (!lost)
        sr_thing_add(bench, (Place) SR_DIRECTION_IN(service), message);
}

/* ---- services ---- */

static void
answer_attached(Bench *bench, const SrAction *action)
{
    World *world = bench->world;
    SrMessage answer = action->message;

    for (uint32_t client = 0; client < bench->plan->n_clients; client++) {
        Things *things = &world->things[client];

        if (bench->plan->client_document[client] != action->document)
            continue;
        answer.client = client;
        for (unsigned i = 0; i < things->n;) {
            if (things->list[i].place != AT_ATTACHED) {
                i++;
                continue;
            }
            answer.request = things->list[i].request;
            sr_thing_remove(bench, client, i);
            send_in(bench, SR_NODE_ENCRYPTION_PROVIDER, &answer);
        }
    }
}

static void
replicate(Bench *bench, const SrAction *action)
{
    SrMessage message = action->message;

    message.client = NOBODY;
    for (uint32_t replica = 1; replica < bench->plan->model->provider.replicas; replica++) {
        message.conn = replica;
        sr_thing_add(bench, AT_REPLICA, &message);
    }
}

static void
carry_out_service(Bench *bench, uint32_t service)
{
    SrActions *actions = &bench->service_actions;
    World *world = bench->world;

    for (uint32_t i = 0; i < actions->n; i++) {
        const SrAction *action = &actions->list[i];

        switch ((SrActionKind) action->kind) {
        case SR_ACTION_SEND:
            send_in(bench, service, &action->message);
            break;
        case SR_ACTION_NOTE:
            sr_bench_note(bench, service, action);
            break;
        case SR_ACTION_TIMER:
            world->establish |= (uint8_t) (1u << action->document);
            break;
        case SR_ACTION_TIMER_STOP:
            world->establish &= (uint8_t) ~(1u << action->document);
            break;
        case SR_ACTION_GENERATE:
            sr_thing_add(bench, AT_GENERATE, &action->message);
            break;
        case SR_ACTION_LOOKUP:
            sr_thing_add(bench, AT_LOOKUP, &action->message);
            break;
        case SR_ACTION_ATTACH:
            sr_thing_add(bench, AT_ATTACHED, &action->message);
            break;
        case SR_ACTION_ANSWER_ATTACHED:
            answer_attached(bench, action);
            break;
        case SR_ACTION_EXPIRE:
            break; /* a key may be too old whenever MOVE_AGE says so */
        case SR_ACTION_REPLICATE:
            replicate(bench, action);
            break;
        case SR_ACTION_OPEN:
        case SR_ACTION_CLOSE:
        case SR_ACTION_DERIVE:
        case SR_ACTION_TIMER_AT:
            g_assert_not_reached();
        }
    }
    actions->n = 0;
}

static void
server_closed(Bench *bench, uint32_t client, uint32_t conn, SrReason reason)
{
    sr_server_closed(&bench->plan->model->server, &bench->server, client, conn, reason,
                     &bench->service_actions);
    carry_out_service(bench, SR_NODE_SERVER);
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
    SrActions *actions = &bench->client_actions;
    World *world = bench->world;
    uint8_t *timers = &world->timers[index];
    const SrClientView view = { .local_ns = plan->clock.client_ns,
                                .index = index,
                                .reachable = true };
    SrMessage closed = { 0 };

    sr_bench_touch(bench, index);
    sr_client_step(&plan->settings[index], &world->clients[index], input, &view, actions);
    for (uint32_t i = 0; i < actions->n; i++) {
        const SrAction *action = &actions->list[i];

        switch ((SrActionKind) action->kind) {
        case SR_ACTION_SEND:
            send_out(bench, &action->message);
            break;
        case SR_ACTION_NOTE:
            sr_bench_note(bench, SR_NODE_FIRST_CLIENT + index, action);
            break;
        case SR_ACTION_OPEN:
            break;
        case SR_ACTION_CLOSE:
            if (action->ok)
                server_closed(bench, index, action->message.conn,
                              (SrReason) action->message.reason);
            else if (action->message.conn > world->server_clients[index].closed)
                closed = action->message;
            break;
        case SR_ACTION_TIMER:
        case SR_ACTION_DERIVE:
        case SR_ACTION_TIMER_AT:
            *timers |= (uint8_t) (1u << action->timer);
            break;
        case SR_ACTION_TIMER_STOP:
            *timers &= (uint8_t) ~(1u << action->timer);
            break;
        case SR_ACTION_GENERATE:
        case SR_ACTION_LOOKUP:
        case SR_ACTION_ATTACH:
        case SR_ACTION_ANSWER_ATTACHED:
        case SR_ACTION_EXPIRE:
        case SR_ACTION_REPLICATE:
            g_assert_not_reached();
        }
    }
    actions->n = 0;
    if (plan->counts)
        forget_idle_tries(bench, index);
    else
        forget_tries(bench, index);
    if (closed.conn == 0)
        return;
    closed.client = index;
    if (plan->detects)
        sr_thing_add(bench, AT_DETECT, &closed);
    else
        server_closed(bench, index, closed.conn, (SrReason) closed.reason);
}

/* ---- moves ---- */

static void
deliver_to_server(Bench *bench, const SrMessage *message)
{
    const SrServerClient *client = &bench->world->server_clients[message->client];

    if (message->type == SR_MSG_CONNECT ? message->conn <= client->closed
                                        : message->conn != client->conn)
        return; /* lost: the server will not serve it */
    sr_server_message(&bench->plan->model->server, &bench->server, message,
                      bench->plan->clock.server_ns, &bench->service_actions);
    carry_out_service(bench, SR_NODE_SERVER);
}

/* A token provider that hands the same token to everybody for a while hands out good ones. */
static void
deliver_to_token_provider(Bench *bench, const SrMessage *message)
{
    SrTokenProvider provider = { 0 };

    sr_token_provider_message(0, &provider, message,
                              bench->plan->clock.good * (int64_t) SR_NS_PER_S,
                              &bench->service_actions);
    carry_out_service(bench, SR_NODE_TOKEN_PROVIDER);
}

static void
deliver_to_provider(Bench *bench, const SrMessage *message, bool too_old)
{
    const SrProviderRules *rules = &bench->plan->model->provider;
    uint32_t document = bench->plan->client_document[message->client];
    World *world = bench->world;
    uint32_t last = world->live[document].last;
    int64_t now = last != 0 ? world->slots[last].made_at : 0;

    if (too_old) {
        now += (int64_t) rules->reuse_for;
        for (uint32_t hint = last; hint != 0; hint = world->slots[hint].previous)
            world->aged[hint] = true;
    }
    sr_provider_message(rules, &bench->provider, message, document, now,
                        &bench->service_actions);
    carry_out_service(bench, SR_NODE_ENCRYPTION_PROVIDER);
}

static void
deliver(Bench *bench, const Move *move)
{
    uint32_t service = move->a / 2, client = move->client;
    Thing thing = sr_thing_take(bench, client, (Place) move->a, (Place) move->a, 0);
    SrMessage message = sr_thing_message(bench->plan, &thing);

    if (move->a == SR_DIRECTION_IN(service)) {
        sr_bench_message(bench, SR_EVENT_RECEIVE, SR_NODE_FIRST_CLIENT + client, service,
                         &message);
        step_client(bench, client,
                    &(SrClientInput){ .kind = SR_INPUT_MESSAGE, .message = &message });
        return;
    }
    sr_bench_message(bench, SR_EVENT_RECEIVE, service, SR_NODE_FIRST_CLIENT + client, &message);
    if (service == SR_NODE_SERVER)
        deliver_to_server(bench, &message);
    else if (service == SR_NODE_TOKEN_PROVIDER)
        deliver_to_token_provider(bench, &message);
    else
        deliver_to_provider(bench, &message, move->b != 0);
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
    sr_provider_ready(
        rules, &bench->provider, &message, bench->plan->client_document[move->client],
        world->tick * (int64_t) rules->resolution, replica, &bench->service_actions);
    carry_out_service(bench, SR_NODE_ENCRYPTION_PROVIDER);
}

/* The oldest live key of a document: the others are younger. */
static void
discard_oldest(Bench *bench, uint32_t document)
{
    const SrProviderRules *rules = &bench->plan->model->provider;
    uint32_t hint = bench->world->live[document].first;

    sr_provider_expire(rules, &bench->provider, hint,
                       bench->world->slots[hint].made_at + (int64_t) rules->keep_for,
                       &bench->service_actions);
    carry_out_service(bench, SR_NODE_ENCRYPTION_PROVIDER);
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
    sr_provider_replicated(&bench->plan->model->provider, &bench->provider, replica,
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

    server_closed(bench, move->client, thing.conn, (SrReason) thing.reason);
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
        sr_server_timeout(&plan->model->server, &bench->server, client,
                          &bench->service_actions);
        carry_out_service(bench, SR_NODE_SERVER);
        break;
    case MOVE_REPLICATED:
        take_over_at_replica(bench, client);
        break;
    case MOVE_AGE:
        discard_oldest(bench, client);
        break;
    case MOVE_ROTATE:
        sr_provider_rotate(&plan->model->provider, &bench->provider, &bench->service_actions);
        carry_out_service(bench, SR_NODE_ENCRYPTION_PROVIDER);
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

static bool
is_of_client(MoveKind kind)
{
    return kind != MOVE_ESTABLISH && kind != MOVE_REPLICATED && kind != MOVE_AGE &&
           kind != MOVE_ROTATE;
}

void
sr_world_move(Bench *bench, World *world, World *before, Move move)
{
    bind(bench, world);
    bench->before = before;
    bench->touched = 0;
    perform(bench, &move);
    /* Nothing closes a connection but a move of its client. */
    if (is_of_client((MoveKind) move.kind))
        sr_things_sweep(bench, move.client);
    unbind(bench);
}

void
sr_world_end(Bench *bench, World *world)
{
    bind(bench, world);
    sr_bench_found(bench, sr_checks_end(bench->checks));
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
    sr_server_reset(&bench->server);
    for (uint32_t i = 0; i < plan->n_documents; i++) {
        uint32_t hint;

        if (!g_array_index(plan->scenario->documents, SrDocumentSettings, i).previous)
            continue;
        hint = sr_provider_add_previous(&plan->model->provider, &bench->provider, i, 0,
                                        &bench->service_actions);
        g_assert(plan->previous_hint[i] == SR_HINT_ABSENT || plan->previous_hint[i] == hint);
        world->documents[i].has_outdated = true;
        world->documents[i].outdated =
            (SrContent){ .hint = hint, .key = world->slots[hint].key };
        carry_out_service(bench, SR_NODE_ENCRYPTION_PROVIDER);
    }
    unbind(bench);
}

/* The plain search: what a step does, which steps there are, and all of them, level by level. */
#include "brute-private.h"

/* ---- records ---- */

static void
check(Brute *brute, const SrRecord *record)
{
    sr_checks_step(brute->checks, record);
    brute->broken |= sr_checks_failed(brute->checks);
}

static void
tell_message(Brute *brute, SrEvent event, uint32_t node, uint32_t peer,
             const SrMessage *message)
{
    bool hint = message->flags & SR_MESSAGE_HINT, content = message->flags & SR_MESSAGE_CONTENT;

    check(brute, &(SrRecord){ .event = (uint8_t) event,
                              .node = node,
                              .peer = peer,
                              .msg = message->type,
                              .reason = message->reason,
                              .conn = message->conn,
                              .hint = hint ? message->hint : SR_HINT_ABSENT,
                              .key = message->key,
                              .has = (uint8_t) ((hint ? SR_HAS_HINT : 0) |
                                                (message->key != 0 ? SR_HAS_KEY : 0) |
                                                (content ? SR_HAS_CONTENT : 0)) });
}

static void
add_token(const Brute *brute, const SrAction *action, SrRecord *record)
{
    const SrTokenRules *rules = &brute->model->token;

    record->token.now = action->when;
    record->token.leeway = rules->leeway;
    if (action->message.token == SR_TOKEN_NONE)
        return;
    record->has = (uint8_t) (SR_HAS_EXP | (rules->has_iat ? SR_HAS_IAT : 0) |
                             (rules->has_not_before ? SR_HAS_NBF : 0));
    record->token.exp = sr_token_exp(rules, action->message.token);
    record->token.iat = rules->has_iat ? action->message.token : 0;
    record->token.nbf = rules->has_not_before ? action->message.token + rules->not_before : 0;
}

static void
tell_note(Brute *brute, uint32_t node, const SrAction *action)
{
    SrRecord record = { .event = action->event,
                        .node = node,
                        .peer = SR_NODE_FIRST_CLIENT + action->peer,
                        .msg = action->msg,
                        .reason = action->message.reason,
                        .conn = action->message.conn,
                        .hint = action->message.hint,
                        .key = action->message.key,
                        .from = action->from,
                        .to = action->to,
                        .ok = action->ok };

    if (action->event == SR_EVENT_TOKEN_JUDGED) {
        add_token(brute, action, &record);
    } else if (action->event == SR_EVENT_SEALED) {
        record.seal.nonce_sender = action->message.sealer;
        record.seal.nonce_counter = action->message.counter;
    }
    check(brute, &record);
}

/* ---- what actions do ---- */

static void
put(Brute *brute, unsigned place, const SrMessage *message)
{
    Parcels *parcels = &brute->state->parcels[message->client];

    brute->full |= parcels->n == LONG;
    if (!brute->full)
        parcels->list[parcels->n++] = (Parcel){ .place = (uint8_t) place, .message = *message };
}

static SrMessage
take(State *state, uint32_t client, unsigned at)
{
    Parcels *parcels = &state->parcels[client];
    SrMessage message = parcels->list[at].message;

    parcels->n--;
    memmove(&parcels->list[at], &parcels->list[at + 1],
            (parcels->n - at) * sizeof *parcels->list);
    return message;
}

/* Returns: the first thing of @client at @place; LONG: there is none */
static unsigned
first_at(const State *state, uint32_t client, unsigned place)
{
    for (unsigned i = 0; i < state->parcels[client].n; i++)
        if (state->parcels[client].list[i].place == place)
            return i;
    return LONG;
}

static void
send(Brute *brute, uint32_t node, const SrMessage *message)
{
    uint32_t client_node = SR_NODE_FIRST_CLIENT + message->client;
    bool outward = node >= SR_NODE_FIRST_CLIENT;
    uint32_t service = !outward                                ? node
                       : message->type == SR_MSG_TOKEN_REQUEST ? SR_NODE_TOKEN_PROVIDER
                       : message->type >= SR_MSG_KEY_REQUEST   ? SR_NODE_ENCRYPTION_PROVIDER
                                                               : SR_NODE_SERVER;

    tell_message(brute, SR_EVENT_SEND, node, outward ? service : client_node, message);
    put(brute, service * 2 + !outward, message);
}

static void
answer_attached(Brute *brute, SrMessage answer)
{
    State *state = brute->state;

    for (uint32_t i = 0; i < brute->n; i++) {
        unsigned at;

        answer.client = i;
        while ((at = first_at(state, i, ATTACHED)) != LONG) {
            answer.request = take(state, i, at).request;
            send(brute, SR_NODE_ENCRYPTION_PROVIDER, &answer);
        }
    }
}

static void close_at_server(Brute *brute, uint32_t client, uint32_t conn, SrReason reason);

/* A client closed its connection; of what it loses the server may hear later. */
static void
close_connection(Brute *brute, uint32_t client, const SrAction *action)
{
    SrMessage lost = action->message;

    lost.client = client;
    if (!action->ok && lost.conn <= brute->state->known[client].closed)
        return;
    if (!action->ok && brute->scenario->server.detect_loss > 0)
        put(brute, LOST, &lost);
    else
        close_at_server(brute, client, lost.conn, (SrReason) lost.reason);
}

static void
carry_out_client(Brute *brute, uint32_t client, const SrActions *actions)
{
    bool *timers = brute->state->timers[client];

    for (uint32_t i = 0; i < actions->n; i++) {
        const SrAction *action = &actions->list[i];

        if (action->kind == SR_ACTION_SEND)
            send(brute, SR_NODE_FIRST_CLIENT + client, &action->message);
        else if (action->kind == SR_ACTION_NOTE)
            tell_note(brute, SR_NODE_FIRST_CLIENT + client, action);
        else if (action->kind == SR_ACTION_CLOSE)
            close_connection(brute, client, action);
        else if (action->kind != SR_ACTION_OPEN)
            timers[action->timer] = action->kind != SR_ACTION_TIMER_STOP;
    }
}

static void
carry_out(Brute *brute, uint32_t service, const SrActions *actions)
{
    State *state = brute->state;

    for (uint32_t i = 0; i < actions->n; i++) {
        const SrAction *action = &actions->list[i];
        const SrMessage *message = &action->message;

        if (action->kind == SR_ACTION_SEND)
            send(brute, service, message);
        else if (action->kind == SR_ACTION_NOTE)
            tell_note(brute, service, action);
        else if (action->kind == SR_ACTION_TIMER || action->kind == SR_ACTION_TIMER_STOP)
            state->establish = action->kind == SR_ACTION_TIMER;
        else if (action->kind == SR_ACTION_GENERATE)
            put(brute, MAKING, message);
        else if (action->kind == SR_ACTION_LOOKUP)
            put(brute, LOOKING, message);
        else if (action->kind == SR_ACTION_ATTACH)
            put(brute, ATTACHED, message);
        else if (action->kind == SR_ACTION_ANSWER_ATTACHED)
            answer_attached(brute, *message);
        else if (action->kind == SR_ACTION_REPLICATE)
            for (uint32_t replica = 1; replica < brute->model->provider.replicas; replica++) {
                brute->full |= state->n_copies == LONG;
                if (!brute->full)
                    state->copies[state->n_copies++] =
                        (Copy){ replica, message->hint, message->key };
            }
    }
}

/* ---- the nodes ---- */

#define ACTIONS(name)                                                                          \
    SrAction name##_list[64];                                                                  \
    SrActions name = { .list = name##_list, .capacity = G_N_ELEMENTS(name##_list) }

static SrServer
server(Brute *brute)
{
    return (SrServer){ .documents = &brute->state->document,
                       .clients = brute->state->known,
                       .rejected = brute->state->rejected,
                       .client_document = brute->client_document,
                       .n_documents = 1,
                       .n_clients = brute->n };
}

static void
close_at_server(Brute *brute, uint32_t client, uint32_t conn, SrReason reason)
{
    const SrServer it = server(brute);
    ACTIONS(actions);

    sr_server_closed(&brute->model->server, &it, client, conn, reason, &actions);
    carry_out(brute, SR_NODE_SERVER, &actions);
}

/* Tries start afresh with each step, unless they are counted or come to their end. */
static void
forget_tries(Brute *brute, uint32_t client)
{
    SrClient *it = &brute->state->clients[client];
    uint32_t n = brute->settings[client]->key_retry.n;
    bool *last = &brute->state->last[client], *last_old = &brute->state->last_old[client];

    if (brute->options.counts)
        return;
    *last &= it->tries != 0 && brute_asks_for_key(it);
    *last_old &= it->tries_old != 0 && it->state == SR_CLIENT_MAKING_KEY;
    it->tries = *last ? n : 0;
    it->tries_old = *last_old ? n : 0;
    it->connect_tries = it->reconnect_tries = 0;
}

static void
input(Brute *brute, uint32_t client, SrClientInput it)
{
    const SrClientView view = { .local_ns = brute->good * (int64_t) SR_NS_PER_S,
                                .index = client,
                                .reachable = true };
    ACTIONS(actions);

    sr_client_step(brute->settings[client], &brute->state->clients[client], &it, &view,
                   &actions);
    carry_out_client(brute, client, &actions);
    forget_tries(brute, client);
}

typedef enum { TAKE_UP, BE_READY, EXPIRE, TURN, BE_PREVIOUS } AtProvider;

/* @at: for a lookup the replica, for a key that expires its hint */
static uint32_t
at_provider(Brute *brute, AtProvider what, const SrMessage *message, int64_t now, uint32_t at)
{
    const SrProviderRules *rules = &brute->model->provider;
    State *state = brute->state;
    uint32_t buckets[16], chains[HINTS], hint = 0;
    SrProvider provider = { .slots = state->slots,
                            .masters = state->masters,
                            .chains = chains,
                            .buckets = buckets,
                            .replica_keys = state->replica_keys,
                            .documents = &state->live,
                            .capacity = HINTS - 1,
                            .n_buckets = G_N_ELEMENTS(buckets),
                            .n_documents = 1,
                            .n_slots = state->n_slots,
                            .n_keys = state->n_keys,
                            .master = state->master };
    ACTIONS(actions);

    sr_provider_rehash(rules, &provider);
    if (what == TAKE_UP)
        sr_provider_message(rules, &provider, message, 0, now, &actions);
    else if (what == BE_READY)
        sr_provider_ready(rules, &provider, message, 0, now, at, &actions);
    else if (what == EXPIRE)
        sr_provider_expire(rules, &provider, at, now, &actions);
    else if (what == TURN)
        sr_provider_rotate(rules, &provider, &actions);
    else
        hint = sr_provider_add_previous(rules, &provider, 0, now, &actions);
    state->n_slots = provider.n_slots;
    state->n_keys = provider.n_keys;
    state->master = provider.master;
    brute->full |= state->n_slots >= HINTS - 1;
    carry_out(brute, SR_NODE_ENCRYPTION_PROVIDER, &actions);
    return hint;
}

/* ---- steps ---- */

typedef enum {
    START,
    FIRE,    /* a timer, `what` */
    LAST,    /* … for the last time */
    DELIVER, /* the first at `what`; variant 1: what could be handed out again is too old */
    READY, /* request `what`; variant: the replica, or 1: a key of the same instant as the last */
    SEE_LOST,
    STAND_TOO_LONG,
    COPY_OVER, /* copy `what` */
    AGE,
    ROTATE,
    TOKEN_EXPIRES,
    CRASH,
    COME_BACK,
    DISCONNECT
} Kind;

typedef struct {
    Kind kind;
    uint32_t client;
    unsigned what, variant;
    bool paid, may; /* costs an expiration; may as well never happen */
} Step;

typedef struct {
    Step list[256];
    unsigned n;
    bool end;
} Steps;

static void
add(Steps *steps, Step step)
{
    g_assert(steps->n < G_N_ELEMENTS(steps->list));
    steps->list[steps->n++] = step;
}

/* Returns: whether the newest key can be handed out for @message, if it is not too old */
static bool
is_reusable(const Brute *brute, const State *state, const SrMessage *message)
{
    return brute->model->provider.reuse && message->type == SR_MSG_KEY_REQUEST &&
           !(message->flags & SR_MESSAGE_HINT) && state->live.last != 0;
}

/* Returns: whether the next key may get the hint of the latest instant */
static bool
may_be_at_once(const Brute *brute, const State *state)
{
    const SrProviderRules *rules = &brute->model->provider;

    if (rules->kind == SR_PROVIDER_STATIC || rules->hints != SR_HINTS_TIMESTAMP)
        return false;
    for (uint32_t hint = 1; hint <= state->n_slots; hint++)
        if (state->slots[hint].text == SR_HINT_TEXT_TIMESTAMP &&
            sr_provider_tick(rules, &state->slots[hint]) == state->tick)
            return true;
    return false;
}

static void
list_request(const Brute *brute, const State *state, uint32_t client, unsigned at, Steps *steps)
{
    const Parcel *parcel = &state->parcels[client].list[at];

    if (parcel->place == LOOKING) {
        for (uint32_t i = 0; i < brute->model->provider.replicas; i++) {
            uint32_t hint = parcel->message.hint,
                     key = brute_replica_key(brute, state, hint, i);
            bool alike = false;

            for (uint32_t j = 0; j < i; j++)
                alike |= brute_replica_key(brute, state, hint, j) == key;
            if (!alike)
                add(steps, (Step){ READY, client, at, i, false, false });
        }
    } else if (parcel->place == MAKING) {
        add(steps, (Step){ READY, client, at, 0, false, false });
        if (parcel->message.key == 0 && may_be_at_once(brute, state))
            add(steps, (Step){ READY, client, at, 1, false, false });
    } else if (parcel->place == LOST) {
        add(steps, (Step){ SEE_LOST, client, at, 0, false, false });
    }
}

static void
list_deliveries(const Brute *brute, const State *state, uint32_t client, Steps *steps)
{
    for (unsigned link = 0; link < LINKS; link++) {
        unsigned at = first_at(state, client, link);
        bool reusable, too_old;

        if (at == LONG)
            continue;
        reusable = link == SR_DIRECTION_OUT(SR_NODE_ENCRYPTION_PROVIDER) &&
                   is_reusable(brute, state, &state->parcels[client].list[at].message);
        too_old = reusable && state->aged[state->live.last];
        if (!too_old)
            add(steps, (Step){ DELIVER, client, link, 0, false, false });
        if (reusable)
            add(steps, (Step){ DELIVER, client, link, 1, false, false });
    }
    for (unsigned i = 0; i < state->parcels[client].n; i++)
        list_request(brute, state, client, i, steps);
}

/* What the timer of a client is for. */
typedef enum { NOTHING, WORK, ANSWER, RETRY } For;

static For
timer_for(const State *state, uint32_t client, SrTimer timer)
{
    const SrClient *it = &state->clients[client];

    if (!state->timers[client][timer] || timer == SR_TIMER_RENEW)
        return NOTHING;
    if (timer == SR_TIMER_RENEW_TIMEOUT)
        return ANSWER;
    if (timer == SR_TIMER_OLD)
        return it->awaits_old != 0 ? ANSWER : RETRY;
    if (it->awaits != 0 || it->state == SR_CLIENT_WAITING)
        return ANSWER;
    return brute_asks_for_key(it) && !(it->state == SR_CLIENT_RESUMING && it->target_key != 0)
               ? RETRY
               : WORK;
}

static bool
is_counted(const Brute *brute, uint32_t client)
{
    return brute->options.counts && brute->settings[client]->key_retry.n != SR_RETRY_UNLIMITED;
}

static void
list_due(const Brute *brute, const State *state, Steps *steps)
{
    unsigned replicas = 0;

    for (uint32_t i = 0; i < brute->n; i++) {
        if (state->clients[i].state == SR_CLIENT_IDLE)
            add(steps, (Step){ START, i, 0, 0, false, false });
        for (unsigned timer = 0; timer < SR_TIMER_N; timer++) {
            For it = timer_for(state, i, (SrTimer) timer);

            if (it == WORK || (it == RETRY && is_counted(brute, i)))
                add(steps, (Step){ FIRE, i, timer, 0, false, false });
        }
        list_deliveries(brute, state, i, steps);
    }
    for (unsigned i = 0; i < state->n_copies; i++)
        if (!(replicas >> state->copies[i].replica & 1)) {
            replicas |= 1u << state->copies[i].replica;
            add(steps, (Step){ COPY_OVER, 0, i, 0, false, false });
        }
}

/* Returns: whether @client asks in vain with @timer, as long as nothing else happens */
static bool
asks_in_vain(const Brute *brute, const State *state, uint32_t client, SrTimer timer)
{
    const SrClient *it = &state->clients[client];
    const SrProviderRules *rules = &brute->model->provider;
    bool new_key = timer == SR_TIMER_MAIN && it->state == SR_CLIENT_MAKING_KEY;
    uint32_t hint = timer == SR_TIMER_OLD ? it->old_hint : it->target;
    bool stores = rules->kind == SR_PROVIDER_STORED || rules->kind == SR_PROVIDER_UNSTABLE;

    if (new_key) {
        bool taken = false;

        for (uint32_t i = 1; i <= state->n_slots; i++)
            taken |= state->slots[i].live && state->slots[i].text == SR_HINT_TEXT_EMPTY;
        return stores && taken && rules->hints == SR_HINTS_NONE &&
               rules->on_collision == SR_ON_COLLISION_REFUSE && rules->keep != SR_KEEP_FOR;
    }
    if (hint == 0 || rules->kind == SR_PROVIDER_STATIC)
        return false;
    for (uint32_t i = 0; i < rules->replicas; i++)
        if (brute_replica_key(brute, state, hint, i) != 0)
            return false;
    return true;
}

/* Returns: whether all retries that are not counted are in vain */
static bool
list_retries(const Brute *brute, const State *state, Steps *steps)
{
    bool vain = true;

    for (uint32_t i = 0; i < brute->n; i++)
        for (unsigned timer = 0; timer < SR_TIMER_N; timer++)
            if (timer_for(state, i, (SrTimer) timer) == RETRY && !is_counted(brute, i)) {
                add(steps, (Step){ FIRE, i, timer, 0, false, false });
                vain &= asks_in_vain(brute, state, i, (SrTimer) timer);
            }
    return vain;
}

static void
list_last_retries(const Brute *brute, const State *state, Steps *steps)
{
    for (uint32_t i = 0; i < brute->n && !brute->options.counts; i++)
        for (unsigned timer = 0; timer < SR_TIMER_N; timer++)
            if (timer_for(state, i, (SrTimer) timer) == RETRY &&
                brute->settings[i]->key_retry.n != SR_RETRY_UNLIMITED)
                add(steps, (Step){ LAST, i, timer, 0, false, false });
}

static void
list_timeouts(const Brute *brute, const State *state, bool paid, Steps *steps)
{
    for (uint32_t i = 0; i < brute->n; i++)
        for (unsigned timer = 0; timer < SR_TIMER_N; timer++)
            if (timer_for(state, i, (SrTimer) timer) == ANSWER)
                add(steps, (Step){ FIRE, i, timer, 0, paid, paid });
    if (state->establish)
        add(steps, (Step){ STAND_TOO_LONG, 0, 0, 0, paid, paid });
}

static void
list_chances(const Brute *brute, const State *state, Steps *steps)
{
    const SrProviderRules *rules = &brute->model->provider;
    SrSpan rotation = brute->scenario->encryption_provider.rotate_master;

    for (uint32_t i = 0; i < brute->n; i++) {
        const SrClient *client = &state->clients[i];
        const SrServerClient *known = &state->known[i];
        bool good = (client->has_token && client->token == brute->good) ||
                    (known->conn != 0 && known->token == brute->good);

        if (state->expirations > 0 && state->timers[i][SR_TIMER_RENEW])
            add(steps, (Step){ FIRE, i, SR_TIMER_RENEW, 0, true, true });
        if (state->expirations > 0 && brute->model->server.tokens && good)
            add(steps, (Step){ TOKEN_EXPIRES, i, 0, 0, true, true });
        if (client->state == SR_CLIENT_CRASHED)
            add(steps, (Step){ COME_BACK, i, 0, 0, false, true });
        if (state->crashes > 0 && client->state != SR_CLIENT_IDLE &&
            client->state < SR_CLIENT_FAILED)
            add(steps, (Step){ CRASH, i, 0, 0, false, true });
        if (state->disconnects > 0 && client->open)
            add(steps, (Step){ DISCONNECT, i, 0, 0, false, true });
    }
    if (state->live.first == 0)
        return;
    if (rules->keep == SR_KEEP_FOR)
        add(steps, (Step){ AGE, 0, 0, 0, false, true });
    if (rules->kind == SR_PROVIDER_DERIVED && rotation != SR_TIME_NEVER)
        add(steps, (Step){ ROTATE, 0, 0, 0, false, true });
}

static void
list_steps(const Brute *brute, const State *state, Steps *steps)
{
    bool quiet, vain;

    steps->n = 0;
    steps->end = false;
    list_due(brute, state, steps);
    quiet = steps->n == 0;
    vain = list_retries(brute, state, steps);
    if (quiet && vain) {
        unsigned before = steps->n;

        list_last_retries(brute, state, steps);
        list_timeouts(brute, state, false, steps);
        steps->end = steps->n == before;
    } else if (state->expirations > 0) {
        list_timeouts(brute, state, true, steps);
    }
    list_chances(brute, state, steps);
}

/* ---- what a step does ---- */

static void
deliver_to_provider(Brute *brute, const SrMessage *message, bool too_old)
{
    State *state = brute->state;
    int64_t now = state->live.last != 0 ? state->slots[state->live.last].made_at : 0;

    if (too_old) {
        now += (int64_t) brute->model->provider.reuse_for;
        for (uint32_t hint = 1; hint <= state->n_slots; hint++)
            state->aged[hint] |= state->slots[hint].live;
    }
    at_provider(brute, TAKE_UP, message, now, 0);
}

static void
deliver(Brute *brute, const Step *step)
{
    State *state = brute->state;
    SrMessage message = take(state, step->client, first_at(state, step->client, step->what));
    uint32_t service = step->what / 2, node = SR_NODE_FIRST_CLIENT + step->client;
    const SrServer it = server(brute);
    SrTokenProvider signer = { 0 };
    bool inward = step->what % 2 == 1;
    ACTIONS(actions);

    tell_message(brute, SR_EVENT_RECEIVE, inward ? node : service, inward ? service : node,
                 &message);
    if (inward) {
        input(brute, step->client,
              (SrClientInput){ .kind = SR_INPUT_MESSAGE, .message = &message });
        return;
    }
    if (service == SR_NODE_ENCRYPTION_PROVIDER) {
        deliver_to_provider(brute, &message, step->variant != 0);
        return;
    }
    if (service == SR_NODE_SERVER)
        sr_server_message(&brute->model->server, &it, &message,
                          brute->server_second * (int64_t) SR_NS_PER_S, &actions);
    else
        sr_token_provider_message(0, &signer, &message, brute->good * (int64_t) SR_NS_PER_S,
                                  &actions);
    carry_out(brute, service, &actions);
}

static void
be_ready(Brute *brute, const Step *step)
{
    State *state = brute->state;
    bool makes = state->parcels[step->client].list[step->what].place == MAKING;
    SrMessage message = take(state, step->client, step->what);

    /* Only a key that is made takes an instant of its own. */
    if (makes && message.key == 0 && step->variant == 0 &&
        brute->model->provider.hints == SR_HINTS_TIMESTAMP)
        state->tick++;
    at_provider(brute, BE_READY, &message,
                state->tick * (int64_t) brute->model->provider.resolution,
                makes ? 0 : step->variant);
}

static void
fire(Brute *brute, const Step *step)
{
    State *state = brute->state;
    SrClient *client = &state->clients[step->client];
    bool old = step->what == SR_TIMER_OLD;

    state->timers[step->client][step->what] = false;
    if (step->kind == LAST) {
        *(old ? &state->last_old[step->client] : &state->last[step->client]) = true;
        *(old ? &client->tries_old : &client->tries) =
            brute->settings[step->client]->key_retry.n;
    }
    input(brute, step->client,
          (SrClientInput){ .kind = SR_INPUT_TIMER, .timer = (uint8_t) step->what });
}

static void
copy_over(State *state, const Brute *brute, unsigned at)
{
    Copy copy = state->copies[at];

    state->n_copies--;
    memmove(&state->copies[at], &state->copies[at + 1],
            (state->n_copies - at) * sizeof *state->copies);
    state->replica_keys[copy.hint * (brute->model->provider.replicas - 1) + copy.replica - 1] =
        copy.key;
}

/* Every copy of the token that @client got last. */
static void
expire_token(Brute *brute, uint32_t client)
{
    State *state = brute->state;
    Parcels *parcels = &state->parcels[client];

    if (state->clients[client].has_token)
        state->clients[client].token = brute->expired;
    if (state->known[client].conn != 0)
        state->known[client].token = brute->expired;
    for (unsigned i = 0; i < parcels->n; i++) {
        SrMessage *message = &parcels->list[i].message;

        if (message->type == SR_MSG_CONNECT || message->type == SR_MSG_TOKEN_UPDATE)
            message->token = brute->expired;
    }
}

static void
do_to_service(Brute *brute, const Step *step)
{
    State *state = brute->state;
    const SrServer it = server(brute);
    uint32_t oldest = state->live.first;
    SrMessage lost;
    ACTIONS(actions);

    if (step->kind == SEE_LOST) {
        lost = take(state, step->client, step->what);
        close_at_server(brute, step->client, lost.conn, (SrReason) lost.reason);
    } else if (step->kind == STAND_TOO_LONG) {
        state->establish = false;
        sr_server_timeout(&brute->model->server, &it, 0, &actions);
        carry_out(brute, SR_NODE_SERVER, &actions);
    } else if (step->kind == COPY_OVER) {
        copy_over(state, brute, step->what);
    } else if (step->kind == AGE) {
        at_provider(brute, EXPIRE, NULL,
                    state->slots[oldest].made_at + (int64_t) brute->model->provider.keep_for,
                    oldest);
    } else if (step->kind == ROTATE) {
        at_provider(brute, TURN, NULL, 0, 0);
    } else {
        expire_token(brute, step->client);
    }
}

static void
make(Brute *brute, const Step *step)
{
    State *state = brute->state;

    state->expirations -= step->paid;
    switch (step->kind) {
    case START:
    case COME_BACK:
        input(brute, step->client, (SrClientInput){ .kind = SR_INPUT_START });
        break;
    case FIRE:
    case LAST:
        fire(brute, step);
        break;
    case DELIVER:
        deliver(brute, step);
        break;
    case READY:
        be_ready(brute, step);
        break;
    case CRASH:
        state->crashes--;
        input(brute, step->client, (SrClientInput){ .kind = SR_INPUT_CRASH });
        break;
    case DISCONNECT:
        state->disconnects--;
        input(brute, step->client,
              (SrClientInput){ .kind = SR_INPUT_LOST, .reason = SR_REASON_DISCONNECT });
        break;
    default:
        do_to_service(brute, step);
    }
}

/* Returns: whether @parcel of a client can never arrive */
static bool
is_lost(const State *state, uint32_t client, const Parcel *parcel)
{
    const SrClient *it = &state->clients[client];
    const SrMessage *message = &parcel->message;
    bool gone = it->state >= SR_CLIENT_FAILED || sr_client_late(it, message->request);
    bool closed = message->conn <= state->known[client].closed;

    if (parcel->place == LOST)
        return closed;
    if (parcel->place < 2)
        return !it->open || message->conn != it->conn || (parcel->place == 0 && closed);
    return parcel->place < LINKS &&
           parcel->place != SR_DIRECTION_OUT(SR_NODE_ENCRYPTION_PROVIDER) && gone;
}

static void
clean(Brute *brute)
{
    State *state = brute->state;

    for (uint32_t i = 0; i < brute->n; i++)
        for (unsigned j = 0; j < state->parcels[i].n;)
            if (is_lost(state, i, &state->parcels[i].list[j]))
                take(state, i, j);
            else
                j++;
}

/* ---- the search ---- */

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

static void
bind(Brute *brute, State *state)
{
    SrCheckState *checks = sr_checks_state(brute->checks);

    brute->state = state;
    brute->broken = 0;
    checks->documents = &state->check_document;
    checks->clients = state->check_clients;
    checks->rests = state->check_rests;
    checks->hints = state->check_hints;
    checks->key_found_missing = SR_HINT_ABSENT;
    checks->announced_notes = false;
    for (uint32_t i = 0; i < brute->n; i++)
        checks->announced_notes |= state->clients[i].state != SR_CLIENT_IDLE;
    sr_checks_rearm(brute->checks);
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
    list_steps(brute, &from->state, &steps);
    if (steps.end) {
        result->ends++;
        g_array_append_val(brute->end_states, from->number);
        to = from->state;
        bind(brute, &to);
        sr_checks_end(brute->checks);
        brute->broken = sr_checks_failed(brute->checks);
        blame(brute, from->depth);
    }
    for (unsigned i = 0; i < steps.n; i++) {
        Edge edge = { .from = from->number };

        to = from->state;
        bind(brute, &to);
        make(brute, &steps.list[i]);
        clean(brute);
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
begin(Brute *brute)
{
    g_autofree State *state = g_new0(State, 1);

    state->crashes = brute->options.crashes;
    state->disconnects = brute->options.disconnects;
    state->expirations = brute->options.expirations;
    state->master = 1;
    bind(brute, state);
    const SrServer it = server(brute);
    sr_server_reset(&it);
    if (brute->previous_hint != SR_HINT_ABSENT) {
        uint32_t hint = at_provider(brute, BE_PREVIOUS, NULL, 0, 0);

        state->document.has_outdated = true;
        state->document.outdated = (SrContent){ .hint = hint, .key = state->slots[hint].key };
    }
    keep(brute, state, 0);
}

static void
prepare(Brute *brute, const SrScenario *scenario)
{
    const SrTokenRules *rules;

    brute->scenario = scenario;
    brute->model = sr_model_new(scenario);
    brute->n = scenario->n_clients;
    g_assert(brute->n <= N && scenario->documents->len == 1);
    for (uint32_t i = 0; i < brute->n; i++)
        brute->settings[i] = &brute->model->settings[sr_model_group(brute->model, i)];
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

    *result = (BruteResult){ 0 };
    prepare(&brute, scenario);
    brute.seen = g_hash_table_new_full(hash_seen, is_same_seen, g_free, NULL);
    brute.edges = g_array_new(FALSE, FALSE, sizeof(Edge));
    brute.end_states = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    begin(&brute);
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

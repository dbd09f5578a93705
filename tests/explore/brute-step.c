/* What a step does to a state. */
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
    record->token.exp = sr_token_claims(rules, action->message.token).exp;
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

unsigned
brute_first_at(const State *state, uint32_t client, unsigned place)
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
        while ((at = brute_first_at(state, i, ATTACHED)) != LONG) {
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
    SrMessage message =
        take(state, step->client, brute_first_at(state, step->client, step->what));
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
perform(Brute *brute, const Step *step)
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

void
brute_make(Brute *brute, const Step *step)
{
    perform(brute, step);
    clean(brute);
}

void
brute_bind(Brute *brute, State *state)
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

/* ---- the beginning ---- */

void
brute_begin(Brute *brute, State *state)
{
    state->crashes = brute->options.crashes;
    state->disconnects = brute->options.disconnects;
    state->expirations = brute->options.expirations;
    state->master = 1;
    brute_bind(brute, state);
    const SrServer it = server(brute);
    sr_server_reset(&it);
    if (brute->previous_hint != SR_HINT_ABSENT) {
        uint32_t hint = at_provider(brute, BE_PREVIOUS, NULL, 0, 0);

        state->document.has_outdated = true;
        state->document.outdated = (SrContent){ .hint = hint, .key = state->slots[hint].key };
    }
}

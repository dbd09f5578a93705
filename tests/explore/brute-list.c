/* Which steps there are in a state: those that must happen sooner or later, retries and time-outs,
 * and those that may happen. */
#include "brute-private.h"

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

/* Returns: whether copy @replica of the store may answer @client */
static bool
answers(const Brute *brute, uint32_t client, uint32_t replica)
{
    return brute->pinned[client] == SR_REPLICA_ANY || brute->pinned[client] == replica + 1 ||
           brute->model->provider.replicas == 1;
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
                alike |= answers(brute, client, j) &&
                         brute_replica_key(brute, state, hint, j) == key;
            if (!alike && answers(brute, client, i))
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
        unsigned at = brute_first_at(state, client, link);
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
        if (answers(brute, client, i) && brute_replica_key(brute, state, hint, i) != 0)
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

void
brute_list_steps(const Brute *brute, const State *state, Steps *steps)
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

/* Instants for the steps of the path to a failure, so that a run takes the same path.
 *
 * Each step gets the next instant of a grid. The constants of the scenario (latency,
 * `generate`, `lookup`, `derive`, delays of retries) are small against the distance of the
 * grid. What takes longer on the path is delayed: a message by a partition of its link that
 * ends just before the message is to arrive. Some steps are a constant span apart: a request is
 * taken up and then answered, a key arrives and then its wrapping key is derived. There the
 * first step is moved: to that span before the second one, or behind everything if the second
 * one never comes. Nobody sees a difference if nothing happens to the client in between; if
 * something does, the first step is put just before that.
 *
 * It is not proved that such instants exist for every path. The caller has to play the run and
 * to see whether it fails the same check. */
#include "explore/explore-times-private.h"

#define GRID_NS (10 * SR_NS_PER_MS)

/* Latency and work as parts of the distance of the grid. */
enum { LATENCY_PART = 40, WORK_PART = 5 };

/* ---- following the path ---- */

typedef struct {
    SrTimes *times;
    World *world;
    unsigned at;
    unsigned made_at[SLOTS_MAX + 1]; /* by hint: the step that made it, or NO_STEP */
    /* what is known of each step */
    struct {
        bool takes_up, lookup, stores, derives, refused, input, same_instant, next_instant,
            too_old;
        unsigned passage; /* number of the passage that it begins at the provider; 0: none */
        unsigned oldest;  /* of MOVE_AGE: the step that made the key */
    } * steps;
} Follower;

static SrPassage *
passage(const SrTimes *times, unsigned number)
{
    return &g_array_index(times->passages, SrPassage, number - 1);
}

/* Returns: the item that @move takes */
static const Item *
taken(const World *world, const Move *move)
{
    return move->kind == MOVE_READY
               ? sr_find_item(world, move->client, AT_GENERATE, AT_LOOKUP, move->a)
               : sr_find_item(world, move->client, move->a, move->a, 0);
}

/* Finds out what is known of @move from the world before it. */
static void
note_before(Follower *follower, unsigned at, const Move *move)
{
    World *world = follower->world;
    bool delivers = move->kind == MOVE_DELIVER;

    follower->at = at;
    follower->steps[at].input = move->kind == MOVE_TIMER || move->kind == MOVE_CRASH ||
                                move->kind == MOVE_DISCONNECT || (delivers && move->a % 2 == 1);
    if (delivers || move->kind == MOVE_READY) {
        const Item *item = taken(world, move);
        bool makes = !delivers && item->place == AT_GENERATE;

        passage(follower->times, item->number)->to = at;
        follower->steps[at].takes_up =
            delivers && move->a == SR_DIRECTION_OUT(SR_NODE_ENCRYPTION_PROVIDER) &&
            item->type == SR_MSG_KEY_REQUEST;
        follower->steps[at].lookup = item->hint != SR_HINT_ABSENT;
        follower->steps[at].refused = delivers && item->type == SR_MSG_KEY_REFUSED;
        follower->steps[at].stores = makes || (delivers && item->type == SR_MSG_KEY_SETTLED);
        follower->steps[at].same_instant = makes && move->b != 0;
        follower->steps[at].next_instant = makes && move->b == 0 && item->key == SR_KEY_ABSENT;
        follower->steps[at].too_old = delivers && move->b != 0;
    } else if (move->kind == MOVE_AGE) {
        follower->steps[at].stores = true;
        follower->steps[at].oldest = follower->made_at[world->live[move->client].first];
    } else if (move->kind == MOVE_ROTATE || move->kind == MOVE_REPLICATED) {
        follower->steps[at].stores = true;
    }
}

/* Begins a passage for each item of one client that has no number yet. */
static void
begin_passages(Follower *follower, Items *items)
{
    SrTimes *times = follower->times;
    unsigned at = follower->at;

    for (unsigned i = 0; i < items->n; i++) {
        Item *item = &items->list[i];
        SrPassage begun = { .client = item->client,
                            .place = item->place,
                            .type = item->type,
                            .from = at,
                            .to = NO_STEP,
                            .lost = NO_STEP };

        if (item->number != 0)
            continue;
        g_array_append_val(times->passages, begun);
        item->number = (uint16_t) times->passages->len;
        if (item->place == AT_GENERATE || item->place == AT_LOOKUP)
            follower->steps[at].passage = item->number;
    }
}

static bool
is_under_way(const World *world, unsigned number)
{
    for (unsigned i = 0; i <= CLIENTS_MAX; i++)
        for (unsigned j = 0; j < world->items[i].n; j++)
            if (world->items[i].list[j].number == number)
                return true;
    return false;
}

/* Finds out what is known of @move from the world after it. */
static void
note_after(Follower *follower, const Move *move)
{
    World *world = follower->world;
    SrTimes *times = follower->times;
    unsigned at = follower->at;

    for (unsigned i = 0; i <= CLIENTS_MAX; i++)
        begin_passages(follower, &world->items[i]);
    for (unsigned number = 1; number <= times->passages->len; number++) {
        SrPassage *it = passage(times, number);

        if (it->to == NO_STEP && it->lost == NO_STEP && !is_under_way(world, number))
            it->lost = at;
    }
    for (unsigned hint = 1; hint <= world->n_slots; hint++)
        if (follower->made_at[hint] == NO_STEP)
            follower->made_at[hint] = at;
    if (move->kind == MOVE_DELIVER && move->a == SR_DIRECTION_IN(SR_NODE_ENCRYPTION_PROVIDER))
        follower->steps[at].derives = sr_client_derives(&world->clients[move->client]);
}

/* Returns: how many steps there are before the first last retry: from there on a run needs only
 * time */
static unsigned
count_steps(const SrPath *path)
{
    for (guint i = 0; i < path->moves->len; i++)
        if (g_array_index(path->moves, Move, i).kind == MOVE_LAST_RETRY)
            return i;
    return path->moves->len;
}

static void
follow(Context *context, Follower *follower)
{
    SrTimes *times = follower->times;

    for (unsigned hint = 0; hint <= SLOTS_MAX; hint++)
        follower->made_at[hint] = NO_STEP;
    sr_world_begin(context, follower->world);
    for (unsigned i = 0; i < times->n; i++) {
        Move move = g_array_index(times->path->moves, Move, i);

        note_before(follower, i, &move);
        sr_world_move(context, follower->world, NULL, move);
        note_after(follower, &move);
    }
}

/* ---- the grid ---- */

/* Gives each step an instant of the grid; where hints are instants, a new one begins where the
 * path needs it. */
static void
lay_grid(const SrExplorePlan *plan, Follower *follower)
{
    SrTimes *times = follower->times;
    const SrProviderRules *rules = &plan->model->provider;
    bool instants = rules->hints == SR_HINTS_TIMESTAMP;
    int64_t epoch = plan->scenario->epoch_s * (int64_t) SR_NS_PER_S;
    SrTime now = 0;

    times->slot = GRID_NS;
    if (instants)
        times->slot =
            CLAMP(rules->resolution / (times->n + 4), LATENCY_PART * 4, (SrSpan) GRID_NS);
    for (unsigned i = 0; i < times->n; i++) {
        now += times->slot;
        if (instants && follower->steps[i].next_instant) {
            int64_t next =
                (sr_floor_div(epoch + (int64_t) now, (int64_t) rules->resolution) + 1) *
                    (int64_t) rules->resolution -
                epoch;

            now = (SrTime) next + times->slot;
        }
        if (follower->steps[i].too_old)
            now += rules->reuse_for;
        times->at[i] = now;
    }
    times->at[times->n] = now + 40 * times->slot;
    times->latency = times->slot / LATENCY_PART;
    times->generate = times->derive = times->retry = times->slot / WORK_PART;
}

/* Returns: the next step that is an input of @client, or NO_STEP */
static unsigned
next_input(const Follower *follower, unsigned at, uint32_t client)
{
    for (unsigned i = at + 1; i < follower->times->n; i++)
        if (follower->steps[i].input &&
            g_array_index(follower->times->path->moves, Move, i).client == client)
            return i;
    return NO_STEP;
}

static bool
is_store_changed(const Follower *follower, unsigned from, unsigned to)
{
    for (unsigned i = from + 1; i < to; i++)
        if (follower->steps[i].stores)
            return true;
    return false;
}

/* Moves the step that takes a request up: to just so long before the answer as the answer
 * takes. If the answer is the same at once, the answer is moved instead. */
static void
move_take_up(const Follower *follower, unsigned at)
{
    SrTimes *times = follower->times;
    unsigned number = follower->steps[at].passage, to;

    if (number == 0)
        return;
    to = passage(times, number)->to;
    if (to == NO_STEP)
        times->at[at] = times->at[times->n];
    else if (follower->steps[at].lookup && !is_store_changed(follower, at, to) &&
             to != times->n - 1)
        times->at[to] = times->at[at] + times->generate;
    else
        times->at[at] = times->at[to] - times->generate;
}

/* Moves the step at which a key arrives: to just before its wrapping key is derived, or before
 * the input that ends the derivation. */
static void
move_key(const Follower *follower, unsigned at)
{
    SrTimes *times = follower->times;
    const Move *move = &g_array_index(times->path->moves, Move, at);
    unsigned next = next_input(follower, at, move->client);
    const Move *then;

    if (at == times->n - 1)
        return;
    if (next == NO_STEP) {
        times->at[at] = times->at[times->n];
        return;
    }
    then = &g_array_index(times->path->moves, Move, next);
    times->at[at] = times->at[next] - (then->kind == MOVE_TIMER && then->a == SR_TIMER_MAIN
                                           ? times->derive
                                           : times->derive / 2);
}

static void
move_steps(const Follower *follower)
{
    for (unsigned i = follower->times->n; i > 0; i--)
        if (follower->steps[i - 1].derives || follower->steps[i - 1].refused)
            move_key(follower, i - 1);
    for (unsigned i = follower->times->n; i > 0; i--)
        if (follower->steps[i - 1].takes_up)
            move_take_up(follower, i - 1);
}

/* ---- spans that are chosen for this path ---- */

static void
find_spans(const Follower *follower)
{
    SrTimes *times = follower->times;

    for (unsigned i = 0; i < CLIENTS_MAX; i++)
        times->reconnect[i] = SR_TIME_NEVER;
    times->detect_loss = times->keep_for = SR_TIME_NEVER;
    for (unsigned i = 0; i < times->n; i++) {
        const Move *move = &g_array_index(times->path->moves, Move, i);

        if (move->kind == MOVE_DISCONNECT) {
            unsigned next = next_input(follower, i, move->client);

            times->reconnect[move->client] =
                (next != NO_STEP ? times->at[next] : times->at[times->n]) - times->at[i];
        } else if (move->kind == MOVE_AGE && times->keep_for == SR_TIME_NEVER) {
            unsigned oldest = follower->steps[i].oldest;

            times->keep_for = times->at[i] - (oldest != NO_STEP ? times->at[oldest] : 0);
        }
    }
    for (unsigned number = 1; number <= times->passages->len; number++) {
        const SrPassage *it = passage(times, number);

        if (it->place == AT_DETECT)
            times->detect_loss = (it->to != NO_STEP ? times->at[it->to] : times->at[times->n]) -
                                 times->at[it->from];
    }
}

SrTimes *
sr_times_find(Context *context, const SrPath *path)
{
    SrTimes *times = g_new0(SrTimes, 1);
    Follower follower = { .times = times };

    times->path = path;
    times->n = count_steps(path);
    times->at = g_new0(SrTime, times->n + 1);
    times->passages = g_array_new(FALSE, TRUE, sizeof(SrPassage));
    follower.world = g_new0(World, 1);
    follower.steps = g_malloc0_n(times->n, sizeof *follower.steps);
    follow(context, &follower);
    lay_grid(context->plan, &follower);
    move_steps(&follower);
    find_spans(&follower);
    g_free(follower.steps);
    g_free(follower.world);
    return times;
}

void
sr_times_free(SrTimes *times)
{
    if (times == NULL)
        return;
    g_array_unref(times->passages);
    g_free(times->at);
    g_free(times);
}

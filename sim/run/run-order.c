/* A run whose order somebody chooses: requests that arrive for a key, creations that arrive and
 * calls of a child are held until they are chosen. All else comes at its instant.
 *
 * Once nothing is left at an instant, one of those held is chosen and comes a nanosecond later,
 * or, before it, the next timer of the child: virtual time is the least that the order allows.
 * What was held took a span, which is a draw; with these draws fixed a run takes the same order
 * by itself. */
#include "run/run-private.h"

/* Something held; or, with @is_timer, a timer, which the engine has too. */
typedef struct {
    uint64_t payload;
    SrEventHandle handle;
    SrTime at; /* when it was held; of a timer: when it is due */
    SrDraw draw;
    uint32_t owner; /* client */
    bool is_message, is_timer;
} Held;

/* A message behind one that is held, in the same direction of a link. */
typedef struct {
    uint64_t payload;
    uint32_t client;
    SrDrawId id;
} Follower;

struct SrRunOrder {
    GArray *held, *followers;
    GArray *choices; /* SrRunChoice */
    GArray *places;  /* uint32_t: of each choice in @held */
    uint32_t last;   /* owner of the latest choice; UINT32_MAX: none */
    bool asking;     /* EV_CHOOSE is scheduled */
    bool waiting;    /* for a timer, which was chosen */
};

SrRunOrder *
sr_run_order_new(void)
{
    SrRunOrder *order = g_new0(SrRunOrder, 1);

    order->held = g_array_new(FALSE, FALSE, sizeof(Held));
    order->followers = g_array_new(FALSE, FALSE, sizeof(Follower));
    order->choices = g_array_new(FALSE, FALSE, sizeof(SrRunChoice));
    order->places = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    return order;
}

void
sr_run_order_free(SrRunOrder *order)
{
    if (order == NULL)
        return;
    g_array_unref(order->held);
    g_array_unref(order->followers);
    g_array_unref(order->choices);
    g_array_unref(order->places);
    g_free(order);
}

void
sr_run_order_reset(SrRunOrder *order)
{
    g_array_set_size(order->held, 0);
    g_array_set_size(order->followers, 0);
    order->last = UINT32_MAX;
    order->asking = order->waiting = false;
}

static Held *
held_at(const SrRunOrder *order, uint32_t i)
{
    return &g_array_index(order->held, Held, i);
}

/* Has a choice made as soon as nothing is left at this instant, where something is held. */
static void
ask(SrRun *run)
{
    SrRunOrder *order = run->order;
    bool is_held = false;

    for (uint32_t i = 0; i < order->held->len; i++)
        is_held |= !held_at(order, i)->is_timer;
    if (!is_held || order->asking || order->waiting)
        return;
    order->asking = true;
    sr_engine_schedule(run->engine, sr_engine_now(run->engine) + 1,
                       event_payload(EV_CHOOSE, 0, 0));
}

static void
hold(SrRun *run, uint64_t payload, const SrDraw *draw, uint32_t owner, bool is_message)
{
    SrTime now = sr_engine_now(run->engine);
    Held held = { .payload = payload,
                  .handle = sr_engine_schedule_cancellable(
                      run->engine, now + run->options->choose_within, payload, false),
                  .at = now,
                  .draw = *draw,
                  .owner = owner,
                  .is_message = is_message };

    g_array_append_val(run->order->held, held);
    ask(run);
}

/* ---- what is held ---- */

void
sr_run_order_call(SrRun *run, uint64_t payload, const SrDraw *draw, uint32_t client)
{
    hold(run, payload, draw, client, false);
}

void
sr_run_order_timer(SrRun *run, uint64_t payload, SrTime due, uint32_t client)
{
    Held held = { .payload = payload, .at = due, .owner = client, .is_timer = true };

    g_array_append_val(run->order->held, held);
}

/* Whether a message of that direction and client is held, before place @before. */
static bool
is_behind(const SrRunOrder *order, SrDrawId id, uint32_t client, uint32_t before)
{
    for (uint32_t i = 0; i < before; i++)
        if (held_at(order, i)->is_message && held_at(order, i)->draw.id == id &&
            held_at(order, i)->owner == client)
            return true;
    return false;
}

bool
sr_run_order_message(SrRun *run, uint64_t payload, const SrDraw *draw, const SrMessage *message)
{
    SrRunOrder *order = run->order;
    Follower follower = { .payload = payload, .client = message->client, .id = draw->id };

    if (message->type == SR_MSG_KEY_REQUEST || message->type == SR_MSG_CREATE_SESSION) {
        hold(run, payload, draw, message->client, true);
        return true;
    }
    if (!is_behind(order, draw->id, message->client, order->held->len))
        return false;
    g_array_append_val(order->followers, follower);
    return true;
}

void
sr_run_order_drop(SrRun *run, uint64_t payload)
{
    GArray *held = run->order->held;

    for (uint32_t i = 0; i < held->len; i++)
        if (held_at(run->order, i)->payload == payload) {
            if (!held_at(run->order, i)->is_timer)
                sr_engine_cancel(run->engine, &held_at(run->order, i)->handle);
            g_array_remove_index(held, i);
            return;
        }
}

/* ---- choosing ---- */

static void
add_choice(SrRunOrder *order, uint32_t place)
{
    const Held *held = held_at(order, place);
    SrRunChoice choice = { .client = held->owner, .goes_on = held->owner == order->last };
    uint32_t at = order->choices->len;

    /* Those that go on come first. */
    while (choice.goes_on && at > 0 &&
           !g_array_index(order->choices, SrRunChoice, at - 1).goes_on)
        at--;
    g_array_insert_val(order->choices, at, choice);
    g_array_insert_val(order->places, at, place);
}

/* A timer can come next if everything that is held may take longer; of several, the first. */
static uint32_t
next_timer(const SrRun *run)
{
    const SrRunOrder *order = run->order;
    SrTime within = SR_TIME_NEVER;
    uint32_t next = UINT32_MAX;

    for (uint32_t i = 0; i < order->held->len; i++)
        if (!held_at(order, i)->is_timer)
            within = MIN(within, held_at(order, i)->at + run->options->choose_within);
    for (uint32_t i = 0; i < order->held->len; i++)
        if (held_at(order, i)->is_timer && held_at(order, i)->at < within &&
            (next == UINT32_MAX || held_at(order, i)->at < held_at(order, next)->at))
            next = i;
    return next;
}

static void
list_choices(SrRun *run)
{
    SrRunOrder *order = run->order;
    uint32_t timer = next_timer(run);

    g_array_set_size(order->choices, 0);
    g_array_set_size(order->places, 0);
    for (uint32_t i = 0; i < order->held->len; i++) {
        const Held *held = held_at(order, i);

        if (held->is_timer
                ? i == timer
                : !held->is_message || !is_behind(order, held->draw.id, held->owner, i))
            add_choice(order, i);
    }
}

/* The messages that were behind it arrive with it, unless another one is held before them. */
static void
release_followers(SrRun *run, const Held *held)
{
    SrRunOrder *order = run->order;

    for (uint32_t i = 0; i < order->followers->len;) {
        const Follower *it = &g_array_index(order->followers, Follower, i);

        if (it->client != held->owner || it->id != held->draw.id ||
            is_behind(order, it->id, it->client, order->held->len)) {
            i++;
            continue;
        }
        sr_engine_schedule(run->engine, sr_engine_now(run->engine), it->payload);
        g_array_remove_index(order->followers, i);
    }
}

/* Returns: whether an event is chosen, which happens now: @payload: (out) */
static bool
choose(SrRun *run, uint64_t *payload)
{
    SrRunOrder *order = run->order;
    uint32_t chosen = 0;
    Held held;

    order->asking = false;
    list_choices(run);
    if (order->choices->len == 0)
        return false;
    if (order->choices->len > 1)
        chosen = run->options->choose(run->options->choose_data,
                                      (const SrRunChoice *) (void *) order->choices->data,
                                      order->choices->len);
    held = *held_at(order, g_array_index(order->places, uint32_t, chosen));
    order->last = held.owner;
    if (held.is_timer) {
        order->waiting = true;
        return false;
    }
    sr_run_order_drop(run, held.payload);
    held.draw.value = (int64_t) (sr_engine_now(run->engine) - held.at);
    if (run->options->draw != NULL)
        run->options->draw(run->options->draw_data, &held.draw);
    if (held.is_message)
        release_followers(run, &held);
    *payload = held.payload;
    return true;
}

bool
sr_run_order_attend(SrRun *run, uint64_t *payload)
{
    bool happens = true;

    if (*payload >> 56 == EV_CHOOSE) {
        happens = choose(run, payload);
    } else {
        run->order->waiting = false;
        sr_run_order_drop(run, *payload);
    }
    ask(run);
    return happens;
}

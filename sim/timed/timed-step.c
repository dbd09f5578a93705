/* One event: what it does to the world, which sim/explore knows, and to the instants. */
#include "timed/timed-private.h"

/* ---- rows ---- */

bool
sr_timer_has_instant(const Rules *rules, const World *world, uint32_t client)
{
    const SrClient *it = &world->clients[client];

    if (it->state == SR_CLIENT_IDLE)
        return true;
    return sr_timer_is_set(world, client, SR_TIMER_MAIN) &&
           (sr_main_waits_for(it) != WAITS_TIMEOUT || (rules->fires >> sr_timeout_of(it) & 1));
}

/* Returns: whether the item @at of @client is due at some instant */
static bool
item_has_instant(const World *world, const Side *side, uint32_t client, unsigned at)
{
    const Items *items = &world->items[client];
    unsigned place = items->list[at].place, service;

    if (place < SR_DIRECTION_N || place == AT_GENERATE || place == AT_LOOKUP ||
        place == AT_LOST)
        return true;
    if (place < AT_QUEUE)
        return false;
    service = place - AT_QUEUE;
    return side->n_queue[service] > 0 && side->queue[service][0] == client &&
           (at == 0 || items->list[at - 1].place != place);
}

typedef struct {
    const Rules *rules;
    uint8_t *list; /* (nullable) */
    uint64_t open; /* bits of rows */
    unsigned n;
} Walk;

static void
walk_row(Walk *walk, uint8_t *row)
{
    if (walk->list != NULL)
        walk->list[walk->n] = *row;
    else
        *row = (uint8_t) walk->n;
    walk->n++;
    g_assert(walk->n <= VARS_MAX);
}

static void
walk_past(Walk *walk, uint8_t *row)
{
    if (*row != NO_VAR)
        walk_row(walk, row);
}

/* An instant at which a span begins whose greatest alone is asked for. */
static void
walk_open(Walk *walk, uint8_t *row)
{
    if (*row != NO_VAR)
        walk->open |= UINT64_C(1) << walk->n;
    walk_past(walk, row);
}

static void
walk_client(Walk *walk, World *world, Side *side, uint32_t client)
{
    Items *items = &world->items[client];

    for (unsigned i = 0; i < items->n; i++) {
        uint8_t row = (uint8_t) (items->list[i].number - 1);

        if (!item_has_instant(world, side, client, i)) {
            items->list[i].number = NO_VAR + 1;
            continue;
        }
        walk_row(walk, &row);
        items->list[i].number = (uint16_t) (row + 1u);
    }
    if (sr_timer_has_instant(walk->rules, world, client))
        walk_row(walk, &side->timer[client]);
    for (unsigned direction = 0; direction < SR_DIRECTION_N; direction++)
        walk_past(walk, &side->last[client][direction]);
    walk_past(walk, &side->waits[client]);
    walk_past(walk, &side->signed_at[client]);
    walk_past(walk, &side->started[client]);
    walk_past(walk, &side->over[client]);
    walk_open(walk, &side->none_at[client]);
}

unsigned
sr_vars_walk(const Rules *rules, World *world, Side *side, const uint8_t *clients,
             uint32_t n_clients, const uint8_t *hints, unsigned n_hints, uint8_t *list,
             uint64_t *open)
{
    Walk walk = { .rules = rules, .list = list };

    for (uint32_t i = 0; i < n_clients; i++)
        walk_client(&walk, world, side, clients[i]);
    for (unsigned i = 1; i <= n_hints; i++)
        if (rules->discards)
            walk_past(&walk, &side->made[hints[i]]);
        else
            walk_open(&walk, &side->made[hints[i]]);
    walk_past(&walk, &side->accepted);
    if (open != NULL)
        *open = walk.open;
    return walk.n;
}

/* Adds what is pending for @client behind the rows, or at its row. */
static void
describe_client(const Rules *rules, const World *world, const Side *side, uint32_t client,
                Vars *vars)
{
    const Items *items = &world->items[client];
    uint8_t lead = NO_VAR;

    for (unsigned i = 0; i < items->n; i++) {
        const Item *item = &items->list[i];
        bool follows = i > 0 && items->list[i - 1].place == item->place;
        bool alone =
            item->place == AT_GENERATE || item->place == AT_LOOKUP || item->place == AT_LOST;
        bool head = alone || !follows;
        Var var = { .kind = VAR_ITEM,
                    .client = (uint8_t) client,
                    .place = item->place,
                    .head = head,
                    .lead = head ? (uint8_t) (item->number - 1) : lead,
                    .stage = (uint8_t) sr_stage_of_item(rules, world, client, item) };

        /* What is lost only matters to the end of a run with a session. */
        if (item->place == AT_LOST && world->documents[0].phase != SR_PHASE_ESTABLISHED)
            var.head = false;
        lead = var.lead;
        if (item_has_instant(world, side, client, i)) {
            vars->list[item->number - 1] = var;
        } else if (item->place >= AT_QUEUE) {
            uint32_t first = side->queue[item->place - AT_QUEUE][0];
            const Item *served = sr_find_item(world, first, item->place, item->place, 0);

            var.lead = (uint8_t) (served->number - 1);
            vars->row[vars->n] = var.lead;
            vars->list[vars->n++] = var;
        }
    }
    if (sr_timer_has_instant(rules, world, client))
        vars->list[side->timer[client]] =
            (Var){ .kind = VAR_TIMER,
                   .client = (uint8_t) client,
                   .head = true,
                   .lead = side->timer[client],
                   .stage = (uint8_t) sr_stage_of_timer(world, client) };
}

void
sr_vars_describe(const Rules *rules, const World *world, const Side *side, unsigned n_rows,
                 Vars *vars)
{
    vars->n = n_rows;
    for (unsigned i = 0; i < n_rows; i++) {
        vars->list[i] = (Var){ .kind = VAR_PAST };
        vars->row[i] = (uint8_t) i;
    }
    for (uint32_t i = 0; i < rules->plan.n_clients; i++)
        describe_client(rules, world, side, i, vars);
}

/* ---- what a step leaves pending ---- */

static void
record_event(Search *search, unsigned row, Event event)
{
    Recorder *recorder = search->recorder;

    if (recorder == NULL)
        return;
    event.cause = recorder->of_var[search->now];
    event.client = recorder->who[event.client];
    recorder->of_var[row] = recorder->events->len;
    g_array_append_val(recorder->events, event);
}

static void
record_difference(Search *search, unsigned a, unsigned b, int32_t most)
{
    Recorder *recorder = search->recorder;
    Difference difference;

    if (recorder == NULL || a == b)
        return;
    difference = (Difference){
        .a = recorder->of_var[a], .b = recorder->of_var[b], .most = most, .soft = most == 0
    };
    g_array_append_val(recorder->differences, difference);
}

/* Adds an instant after the present event. */
static unsigned
add_row(Search *search, Bound bound)
{
    return sr_zone_add(&search->next, search->now, bound.lo, bound.hi);
}

/* ---- the first class ---- */

void
sr_search_begin(Search *search)
{
    const Rules *rules = search->rules;
    World *world = &search->live.world;
    Side *side = &search->next_side;
    unsigned begin;

    sr_world_begin(search->context, world);
    memset(side, NO_VAR, offsetof(Side, heavy));
    memset(side->heavy, 0, sizeof side->heavy);
    side->raced = !(rules->watches >> SR_WATCH_RACE & 1);
    memset(side->n_queue, 0, sizeof side->n_queue);
    search->next.n = 1;
    search->next.bound[0][0] = 0;
    begin = 0;
    search->now = begin;
    if (search->recorder != NULL) {
        const Event event = { .kind = EVENT_BEGIN, .taken = true };

        g_array_append_val(search->recorder->events, event);
        search->recorder->of_var[begin] = 0;
    }
    for (uint32_t i = 0; i < rules->plan.n_clients; i++) {
        side->timer[i] = (uint8_t) add_row(search, rules->start[i]);
        record_event(
            search, side->timer[i],
            (Event){ .kind = EVENT_START, .client = (uint8_t) i, .bound = rules->start[i] });
    }
}

/* ---- new messages, answers and timers ---- */

static uint32_t
number_of_now(const Search *search)
{
    return search->recorder == NULL ? 0
                                    : g_array_index(search->recorder->events, Event,
                                                    search->recorder->of_var[search->now])
                                          .number;
}

/* Makes @item, a message on @direction, due. Returns: its row */
static unsigned
send_item(Search *search, uint32_t client, Item *item, unsigned direction)
{
    const Rules *rules = search->rules;
    Bound bound = rules->links[client][direction];
    int32_t content = item->flags & SR_MESSAGE_CONTENT ? rules->content[client][direction] : 0;
    Recorder *recorder = search->recorder;
    unsigned row;

    bound.lo += content;
    bound.hi += content;
    row = add_row(search, bound);
    item->number = (uint16_t) (row + 1);
    record_event(search, row,
                 (Event){ .kind = EVENT_ARRIVE,
                          .client = (uint8_t) client,
                          .type = item->type,
                          .place = (uint8_t) direction,
                          .number = recorder == NULL
                                        ? 0
                                        : recorder->sent[recorder->who[client]][direction]++,
                          .bound = bound,
                          .content = content });
    return row;
}

/* A new message on a link direction: not before the one that was sent last. */
static void
add_message(Search *search, uint32_t client, unsigned at)
{
    const Rules *rules = search->rules;
    World *world = &search->live.world;
    Item *item = &world->items[client].list[at];
    const Item *before = at > 0 && item[-1].place == item->place ? &item[-1] : NULL;
    uint8_t *last = &search->next_side.last[client][item->place];
    unsigned ahead = before != NULL ? before->number - 1u : *last;
    unsigned row = send_item(search, client, item, item->place);

    /* It would leave later, or its arrival be bounded by another message. */
    if (ahead != NO_VAR && rules->content[client][item->place] > 0 &&
        (before != NULL ? (before->flags & SR_MESSAGE_CONTENT) != 0
                        : search->next_side.heavy[client] >> item->place & 1))
        search->context->out_of_room = true;
    if (ahead != NO_VAR && rules->mutant != SR_TIMED_NO_LANES) {
        record_difference(search, ahead, row, 0);
        sr_zone_limit(&search->next, ahead, row, 0);
    }
    *last = NO_VAR;
}

/* A message to a connection that its client has closed: it is behind no other, and only when it comes matters. */
static void
add_lost(Search *search, uint32_t client, Item *item)
{
    (void) send_item(search, client, item, SR_DIRECTION_IN(SR_NODE_SERVER));
    *item = (Item){ .place = AT_LOST, .client = item->client, .number = item->number };
}

static void
add_items(Search *search, uint32_t client)
{
    const Rules *rules = search->rules;
    Items *items = &search->live.world.items[client];

    for (unsigned i = 0; i < items->n; i++) {
        Item *item = &items->list[i];
        Bound bound = item->place == AT_GENERATE ? rules->generate : rules->lookup;
        unsigned row;

        if (item->number != 0)
            continue;
        if (item->place < SR_DIRECTION_N) {
            add_message(search, client, i);
            continue;
        }
        if (item->place == AT_LOST) {
            add_lost(search, client, item);
            continue;
        }
        if (item->place != AT_GENERATE && item->place != AT_LOOKUP) {
            item->number = NO_VAR + 1;
            continue;
        }
        row = add_row(search, bound);
        item->number = (uint16_t) (row + 1);
        record_event(search, row,
                     (Event){ .kind = EVENT_READY,
                              .client = (uint8_t) client,
                              .type = item->type,
                              .place = item->place,
                              .number = number_of_now(search),
                              .bound = bound });
    }
}

static void
add_timer(Search *search, uint32_t client)
{
    World *world = &search->live.world;
    const SrClient *it = &world->clients[client];
    Side *side = &search->next_side;
    uint32_t n_keys = search->timer_keys[client];
    unsigned row;

    if (!(search->timer_set >> client & 1))
        return;
    side->timer[client] = NO_VAR;
    if (!sr_timer_has_instant(search->rules, world, client))
        return;
    row = add_row(search, search->timer_bound[client]);
    side->timer[client] = (uint8_t) row;
    record_event(
        search, row,
        (Event){ .kind = n_keys > 0                               ? EVENT_DERIVED
                         : sr_main_waits_for(it) == WAITS_TIMEOUT ? EVENT_TIMEOUT
                                                                  : EVENT_RETRY,
                 .client = (uint8_t) client,
                 .type = it->state == SR_CLIENT_WAITING ? 0
                         : it->state == SR_CLIENT_TOKEN ? SR_MSG_TOKEN_REQUEST
                                                        : SR_MSG_KEY_REQUEST,
                 .number = search->recorder == NULL
                               ? 0
                               : search->recorder->derivations[search->recorder->who[client]],
                 .bound = search->timer_bound[client] });
    if (search->recorder != NULL)
        search->recorder->derivations[search->recorder->who[client]] += n_keys;
}

/* ---- what is lost ---- */

/* What is lost on its way would arrive now. */
static void
drop_lost(Search *search, uint32_t client)
{
    const Items *items = &search->live.world.items[client];
    Context *context = search->context;
    unsigned at = 0;

    context->world = &search->live.world;
    context->before = &search->live.origin.before;
    context->touched = 0;
    context->n_findings = 0;
    while (items->list[at].number != search->now + 1u)
        at++;
    sr_item_remove(context, client, at);
}

/* Unless the end of the run is asked for. */
static void
forget_lost(Search *search, uint32_t client)
{
    World *world = &search->live.world;
    Items *items = &world->items[client];

    if (search->rules->watches >> SR_WATCH_KEY_NEED & 1)
        return;
    while (items->n > 0 && items->list[items->n - 1].place == AT_LOST) {
        items->n--;
        world->n_items--;
    }
}

/* ---- queues ---- */

/* The first of the queue of @service is taken up. */
static void
serve(Search *search, uint32_t service)
{
    Side *side = &search->next_side;
    World *world = &search->live.world;
    uint32_t client = side->queue[service][0];
    Items *items = &world->items[client];
    unsigned at = 0, row;

    while (items->list[at].place != AT_QUEUE + service)
        at++;
    row = add_row(search, search->rules->processing[service]);
    record_event(
        search, row,
        (Event){ .kind = EVENT_PROCESSED,
                 .client = (uint8_t) client,
                 .type = items->list[at].type,
                 .place = items->list[at].place,
                 .number = search->recorder == NULL ? 0 : search->recorder->queued[service][0],
                 .bound = search->rules->processing[service] });
    items->list[at].number = (uint16_t) (row + 1);
}

/* A message arrives at a service that takes time. */
static void
queue_up(Search *search, uint32_t client, unsigned direction)
{
    Side *side = &search->next_side;
    World *world = &search->live.world;
    uint32_t service = direction / 2;
    Context *context = search->context;
    Items *items = &world->items[client];
    Item item;
    unsigned at;

    context->world = world;
    context->before = &search->live.origin.before;
    context->touched = 0;
    context->n_findings = 0;
    item = sr_item_take(context, client, (Place) direction, (Place) direction, 0);
    item.place = (uint8_t) (AT_QUEUE + service);
    item.number = NO_VAR + 1;
    for (at = items->n; at > 0 && item.place < items->list[at - 1].place; at--)
        items->list[at] = items->list[at - 1];
    items->list[at] = item;
    items->n++;
    world->n_items++;
    g_assert(side->n_queue[service] < QUEUE_MAX);
    if (search->recorder != NULL)
        search->recorder->queued[service][side->n_queue[service]] = number_of_now(search);
    side->queue[service][side->n_queue[service]++] = (uint8_t) client;
    if (side->n_queue[service] == 1)
        serve(search, service);
}

static void
leave_queue(Search *search, uint32_t service)
{
    Side *side = &search->next_side;

    side->n_queue[service]--;
    memmove(side->queue[service], side->queue[service] + 1, side->n_queue[service]);
    if (search->recorder != NULL)
        memmove(search->recorder->queued[service], search->recorder->queued[service] + 1,
                side->n_queue[service] * sizeof(uint32_t));
    if (side->n_queue[service] > 0)
        serve(search, service);
}

/* ---- watches ---- */

static bool
is_watched(const Search *search, SrTimedWatchId watch, uint32_t client)
{
    return search->rules->watches >> watch & search->rules->watched >> client & 1;
}

static void
add_span(Search *search, SrTimedWatchId watch, unsigned from, unsigned to)
{
    if (from == NO_VAR || !(search->rules->watches >> watch & 1))
        return;
    g_assert(search->n_spans < SPANS_MAX);
    search->spans[search->n_spans++] =
        (Span){ .watch = (uint8_t) watch, .from = (uint8_t) from, .to = (uint8_t) to };
}

static SrTimedWatchId
waiting_watch(const SrClient *client)
{
    return client->state == SR_CLIENT_WAITING ? SR_WATCH_WAIT
           : client->awaits == 0              ? SR_WATCH_N
           : client->state == SR_CLIENT_TOKEN ? SR_WATCH_TOKEN_REQUEST
                                              : SR_WATCH_KEY_REQUEST;
}

/* What @client waits for, before and after the step. */
static void
watch_waiting(Search *search, uint32_t client, const SrClient *before, bool answered)
{
    const SrClient *after = &search->live.world.clients[client];
    SrTimedWatchId was = waiting_watch(before), is = waiting_watch(after);
    uint8_t *since = &search->next_side.waits[client];

    if (was == is && (is == SR_WATCH_N || before->awaits == after->awaits))
        return;
    /* A request that is given up is not answered. */
    if (was == SR_WATCH_WAIT || answered)
        add_span(search, was, *since, search->now);
    *since =
        is != SR_WATCH_N && is_watched(search, is, client) ? (uint8_t) search->now : NO_VAR;
}

static void
watch_client(Search *search, uint32_t client, const SrClient *before, bool answered)
{
    const SrClient *after = &search->live.world.clients[client];
    Side *side = &search->next_side;

    watch_waiting(search, client, before, answered);
    if (before->state == SR_CLIENT_IDLE && after->state != SR_CLIENT_IDLE &&
        is_watched(search, SR_WATCH_COLLABORATE, client))
        side->started[client] = (uint8_t) search->now;
    if (before->state != SR_CLIENT_COLLABORATING && after->state == SR_CLIENT_COLLABORATING) {
        add_span(search, SR_WATCH_COLLABORATE, side->started[client], search->now);
        side->started[client] = side->signed_at[client] = NO_VAR;
    }
    if (after->state >= SR_CLIENT_FAILED)
        side->started[client] = side->signed_at[client] = NO_VAR;
}

/* A message of @type is handled at its service. */
static void
watch_service(Search *search, uint32_t client, unsigned type, SrPhase before)
{
    const SrServerRules *server = &search->rules->plan.model->server;
    Side *side = &search->next_side;

    if (type == SR_MSG_TOKEN_REQUEST && is_watched(search, SR_WATCH_JUDGED, client))
        side->signed_at[client] = (uint8_t) search->now;
    if (type >= SR_MSG_CONNECT && type <= SR_MSG_JOIN &&
        (server->check_token >> (type - SR_MSG_CONNECT) & 1))
        add_span(search, SR_WATCH_JUDGED, side->signed_at[client], search->now);
    if (type == SR_MSG_JOIN)
        side->signed_at[client] = NO_VAR;
    if (type == SR_MSG_SESSION_REQUEST && before == SR_PHASE_NONE && !side->raced &&
        is_watched(search, SR_WATCH_RACE, client))
        side->none_at[client] = (uint8_t) search->now;
}

/* A message of @type arrives at its service. */
static void
watch_arrival(Search *search, unsigned type)
{
    Side *side = &search->next_side;

    if (type != SR_MSG_CREATE_SESSION || side->raced)
        return;
    /* The greatest of these spans is the one from the first. */
    for (uint32_t i = 0; i < search->rules->plan.n_clients; i++) {
        add_span(search, SR_WATCH_RACE, side->none_at[i], search->now);
        side->none_at[i] = NO_VAR;
    }
    side->raced = true;
}

static void
watch_document(Search *search, SrPhase before)
{
    Side *side = &search->next_side;
    SrPhase after = (SrPhase) search->live.world.documents[0].phase;

    if (before == after)
        return;
    if (after == SR_PHASE_CREATING && (search->rules->watches >> SR_WATCH_ESTABLISH & 1))
        side->accepted = (uint8_t) search->now;
    if (after == SR_PHASE_ESTABLISHED) {
        add_span(search, SR_WATCH_ESTABLISH, side->accepted, search->now);
        side->accepted = NO_VAR;
    }
}

/* Whether the key under @hint is still asked for: it may win, or be looked up. */
static bool
is_made_needed(const World *world, uint32_t n_clients, uint32_t hint, bool only_session)
{
    const SrServerDocument *document = &world->documents[0];
    bool open = document->phase == SR_PHASE_NONE;

    if (document->phase != SR_PHASE_NONE && document->hint == hint)
        return true;
    if (only_session && !open)
        return false;
    for (uint32_t i = 0; i < n_clients; i++) {
        const SrClient *client = &world->clients[i];
        const Items *items = &world->items[i];

        if (client->target == hint || client->known == hint)
            return true;
        if (open && client->own_hint == hint && client->own_key != SR_KEY_ABSENT &&
            (client->state == SR_CLIENT_SEALING || client->state == SR_CLIENT_CREATED))
            return true;
        for (unsigned j = 0; j < items->n; j++)
            if (items->list[j].hint == hint &&
                (open || (items->list[j].flags & SR_MESSAGE_HINT && items->list[j].key == 0 &&
                          items->list[j].type == SR_MSG_KEY_REQUEST)))
                return true;
    }
    return false;
}

/* Whether the key that is made for @client is asked for: it may be discarded, or win while its client
 * is watched. Derived keys are not made for one client alone. */
static bool
is_made_watched(const Rules *rules, uint32_t client)
{
    SrProviderKind kind = rules->plan.model->provider.kind;

    return kind != SR_PROVIDER_STATIC &&
           (rules->discards || kind != SR_PROVIDER_STORED || (rules->watched >> client & 1));
}

static void
watch_keys(Search *search, uint32_t client, const World *before)
{
    const World *world = &search->live.world;
    const Rules *rules = search->rules;
    Side *side = &search->next_side;
    const unsigned both = 1u << SR_WATCH_KEY_LOOKUP | 1u << SR_WATCH_KEY_NEED;

    if (!(rules->watches & both) && !rules->discards)
        return;
    if (world->n_slots > before->n_slots && is_made_watched(rules, client))
        side->made[world->n_slots] = (uint8_t) search->now;
    if (world->documents[0].phase == SR_PHASE_ESTABLISHED) {
        uint32_t hint = world->documents[0].hint;

        add_span(search, SR_WATCH_KEY_NEED, side->made[hint], search->now);
        for (uint32_t i = 0; i < rules->plan.n_clients; i++) {
            if (side->over[i] != NO_VAR)
                add_span(search, SR_WATCH_KEY_NEED, side->made[hint], side->over[i]);
            side->over[i] = NO_VAR;
        }
    }
    for (uint32_t hint = 1; hint <= world->n_slots; hint++)
        if (side->made[hint] != NO_VAR &&
            !is_made_needed(world, rules->plan.n_clients, hint, false))
            side->made[hint] = NO_VAR;
}

/* ---- the step ---- */

static void
on_timer(void *data, uint32_t node, const SrAction *action)
{
    Search *search = data;
    uint32_t client = node - SR_NODE_FIRST_CLIENT;
    const Rules *rules = search->rules;

    if (node < SR_NODE_FIRST_CLIENT || action->timer != SR_TIMER_MAIN)
        return;
    if (action->kind == SR_ACTION_TIMER_STOP) {
        search->timer_set &= ~(1u << client);
        search->next_side.timer[client] = NO_VAR;
    } else if (action->kind == SR_ACTION_DERIVE) {
        search->timer_set |= 1u << client;
        search->timer_keys[client] = action->n;
        search->timer_bound[client] = (Bound){ .lo = rules->derive[client].lo * action->n,
                                               .hi = rules->derive[client].hi * action->n };
    } else if (action->kind == SR_ACTION_TIMER) {
        int32_t span = (int32_t) MIN((SrSpan) action->when / rules->unit, NEVER_SOON);

        search->timer_set |= 1u << client;
        search->timer_keys[client] = 0;
        search->timer_bound[client] = (Bound){ span, span };
    }
}

static unsigned
nth_at_provider(const World *world, uint32_t client, unsigned row)
{
    unsigned nth = 0;

    for (unsigned i = 0; i < world->items[client].n; i++) {
        const Item *item = &world->items[client].list[i];

        if (item->place != AT_GENERATE && item->place != AT_LOOKUP)
            continue;
        if (item->number == row + 1u)
            return nth;
        nth++;
    }
    g_assert_not_reached();
}

/* Returns: the move of explore that takes the thing of row @head */
static Move
move_of(const Search *search, unsigned head)
{
    const Var *var = &search->live.vars.list[head];
    const World *world = &search->live.world;
    Move move = { .kind = MOVE_DELIVER, .client = var->client, .a = var->place };

    if (var->kind == VAR_TIMER) {
        bool idle = world->clients[var->client].state == SR_CLIENT_IDLE;

        move.kind = idle ? MOVE_START : MOVE_TIMER;
        move.a = idle ? 0 : SR_TIMER_MAIN;
    } else if (var->place == AT_GENERATE || var->place == AT_LOOKUP) {
        move.kind = MOVE_READY;
        move.a = (uint8_t) nth_at_provider(world, var->client, head);
        move.b = var->place == AT_LOOKUP
                     ? (uint8_t) search->rules->plan.first_replica[var->client]
                     : 0;
    }
    return move;
}

/* Leaves only the instants at which nothing pending comes before row @head, or before the discarding
 * of @hint. Returns: whether there are any */
static bool
come_first(Search *search, unsigned first, int32_t later, unsigned head)
{
    const Live *live = &search->live;
    Zone *zone = &search->next;
    uint8_t hints[SLOTS_MAX];
    int32_t most;
    unsigned n;

    for (unsigned i = 0; i < live->zone.n; i++) {
        if (i == head || !(search->rivals.heads >> i & 1))
            continue;
        most = head == NO_VAR ? -later
                              : search->rivals.handicap[i] - search->rivals.handicap[head];
        if (!sr_zone_allows(zone, first, i, most))
            return false;
        sr_zone_limit(zone, first, i, most);
        record_difference(search, first, i, most);
    }
    n = search->rivals.discards ? sr_discards_list(search, hints) : 0;
    for (unsigned i = 0; i < n; i++) {
        unsigned made = live->side.made[hints[i]];

        most = search->rules->keep - later;
        if (made == first)
            continue;
        if (!sr_zone_allows(zone, first, made, most))
            return false;
        sr_zone_limit(zone, first, made, most);
        record_difference(search, first, made, most);
    }
    return true;
}

/* Whether the present event leaves something pending. */
static bool
leads_on(const Search *search, const Zone *before)
{
    return search->next.n > before->n;
}

static void
forget_implied(Search *search)
{
    const Rules *rules = search->rules;
    Side *side = &search->next_side;
    bool described = false;

    for (uint32_t i = 0; i < rules->plan.n_clients; i++)
        for (unsigned direction = 0; direction < SR_DIRECTION_N; direction++) {
            uint8_t *last = &side->last[i][direction];

            if (*last == NO_VAR)
                continue;
            if (!described)
                sr_vars_describe(rules, &search->live.world, side, search->next.n,
                                 &search->next_vars);
            described = true;
            if (sr_last_is_implied(rules, &search->live.world, &search->next,
                                   &search->next_vars, i, direction, *last))
                *last = NO_VAR;
        }
}

static bool
discard(Search *search, Choice choice)
{
    unsigned made = search->live.side.made[choice.hint];
    uint32_t client_document = 0;

    if (!come_first(search, made, search->rules->keep, NO_VAR))
        return false;
    search->now = made;
    sr_world_move(
        search->context, &search->live.world, &search->live.origin.before,
        (Move){ .kind = MOVE_AGE, .client = (uint8_t) client_document, .a = choice.hint });
    search->next_side.made[choice.hint] = NO_VAR;
    return true;
}

bool
sr_search_step(Search *search, Choice choice)
{
    const Rules *rules = search->rules;
    Live *live = &search->live;
    World *world = &live->world, *before = &live->origin.before;
    Side *side = &search->next_side;
    const Var var = choice.head != NO_VAR ? live->vars.list[choice.head] : (Var){ 0 };
    bool outward = var.kind == VAR_ITEM && var.place < SR_DIRECTION_N && var.place % 2 == 0;
    bool queued =
        var.kind == VAR_ITEM && var.place >= AT_QUEUE && var.place < AT_QUEUE + SR_SERVICE_N;
    SrPhase phase = (SrPhase) world->documents[0].phase;
    bool answers =
        var.kind == VAR_ITEM &&
        (var.stage == STAGE_TOKEN || var.stage == STAGE_KEY || var.stage == STAGE_FOUND ||
         var.stage == STAGE_NEW_REFUSED || var.stage == STAGE_OLD_REFUSED);
    unsigned type = 0, hint = 0, flags = 0;
    uint32_t touched;

    *side = live->side;
    sr_zone_copy(&search->next, &live->zone);
    search->timer_set = 0;
    search->n_spans = 0;
    search->context->timed = on_timer;
    search->context->timed_data = search;
    if (choice.head == NO_VAR)
        return discard(search, choice);
    if (!come_first(search, choice.head, 0, choice.head))
        return false;
    search->now = choice.head;
    if (search->recorder != NULL) {
        uint32_t event = search->recorder->of_var[choice.head];

        g_array_index(search->recorder->events, Event, event).taken = true;
        g_array_index(search->recorder->events, Event, event).ignored =
            var.stage == STAGE_IGNORED;
        search->recorder->last_taken = event;
    }
    if (var.kind == VAR_ITEM) {
        const Items *items = &world->items[var.client];

        for (unsigned i = 0; i < items->n; i++)
            if (items->list[i].number == choice.head + 1u) {
                type = items->list[i].type;
                hint = items->list[i].hint;
                flags = items->list[i].flags;
            }
    } else {
        side->timer[var.client] = NO_VAR;
    }
    if (var.kind == VAR_ITEM && var.place == AT_LOST)
        drop_lost(search, var.client);
    else if (outward && rules->processing[var.place / 2].hi > 0)
        queue_up(search, var.client, var.place);
    else
        sr_world_move(search->context, world, before, move_of(search, choice.head));
    touched = search->context->touched;
    /* The link direction is empty now: who sends next must know. */
    if (var.kind == VAR_ITEM && var.place < SR_DIRECTION_N) {
        side->last[var.client][var.place] =
            sr_find_item(world, var.client, var.place, var.place, 0) == NULL
                ? (uint8_t) search->now
                : NO_VAR;
        side->heavy[var.client] &= (uint8_t) ~(1u << var.place);
        if (flags & SR_MESSAGE_CONTENT)
            side->heavy[var.client] |= (uint8_t) (1u << var.place);
    }
    /* A new connection is not behind the old one. */
    for (uint32_t i = 0; i < rules->plan.n_clients; i++)
        if ((touched >> i & 1) && world->clients[i].conn != before->clients[i].conn)
            side->last[i][SR_DIRECTION_OUT(SR_NODE_SERVER)] =
                side->last[i][SR_DIRECTION_IN(SR_NODE_SERVER)] = NO_VAR;
    for (uint32_t i = 0; i < rules->plan.n_clients; i++) {
        if (!(touched >> i & 1))
            continue;
        add_items(search, i);
        add_timer(search, i);
        forget_lost(search, i);
        watch_client(search, i, &before->clients[i], i == var.client && answers);
    }
    if (queued)
        leave_queue(search, var.place - AT_QUEUE);
    if (outward)
        watch_arrival(search, type);
    if (queued || (outward && rules->processing[var.place / 2].hi == 0))
        watch_service(search, var.client, type, phase);
    watch_document(search, phase);
    if (var.kind == VAR_ITEM && var.place == AT_LOOKUP)
        add_span(search, SR_WATCH_KEY_LOOKUP, side->made[hint], search->now);
    /* A client that is connected, and does not give up, hears of the session later. */
    if (phase != SR_PHASE_ESTABLISHED && (rules->watches >> SR_WATCH_KEY_NEED & 1) &&
        !leads_on(search, &live->zone) &&
        (!world->clients[var.client].open || rules->fires != 0))
        side->over[var.client] = (uint8_t) search->now;
    watch_keys(search, var.client, before);
    forget_implied(search);
    return true;
}

void
sr_search_restore(Search *search)
{
    sr_world_restore(&search->rules->plan, &search->live.world, &search->live.origin.before,
                     search->context->touched);
}

/* One event: what it does to the world, which sim/explore knows, and to the instants. */
#include "timed/timed-private.h"

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

void
sr_search_record_difference(Search *search, unsigned a, unsigned b, int32_t most)
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

unsigned
sr_search_add_row(Search *search, Bound bound, Event event)
{
    unsigned row = add_row(search, bound);

    event.bound = bound;
    record_event(search, row, event);
    return row;
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
    memset(side->heavy, 0, sizeof *side - offsetof(Side, heavy));
    side->raced = !(rules->watches >> SR_WATCH_RACE & 1);
    search->next.n = 1;
    search->next.bound[0][0] = 0;
    begin = 0;
    search->now = begin;
    if (search->recorder != NULL) {
        const Event event = { .kind = EVENT_BEGIN, .taken = true };

        g_array_append_val(search->recorder->events, event);
        search->recorder->of_var[begin] = 0;
    }
    for (uint32_t i = 0; i < rules->plan.n_clients; i++)
        side->timer[i] = (uint8_t) sr_search_add_row(
            search, rules->start[i], (Event){ .kind = EVENT_START, .client = (uint8_t) i });
    if (rules->n_points > 0) {
        int32_t at = (int32_t) (rules->points[0].at / rules->unit);

        side->fault =
            (uint8_t) sr_search_add_row(search, (Bound){ at, at }, sr_point_event(rules, 0));
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
    int32_t delay = sr_points_delay(search, client, direction / 2);
    Recorder *recorder = search->recorder;
    unsigned row, now = search->now;

    /* It leaves when the partition ends. */
    if (delay >= 0) {
        content += delay;
        search->now = search->next_side.fault;
    }
    bound.lo += content;
    bound.hi += content;
    row = sr_search_add_row(
        search, bound,
        (Event){ .kind = EVENT_ARRIVE,
                 .client = (uint8_t) client,
                 .type = item->type,
                 .place = (uint8_t) direction,
                 .number =
                     recorder == NULL ? 0 : recorder->sent[recorder->who[client]][direction]++,
                 .content = content });
    search->now = now;
    item->number = (uint16_t) (row + 1);
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
        sr_search_record_difference(search, ahead, row, 0);
        sr_zone_limit(&search->next, ahead, row, 0);
    }
    *last = NO_VAR;
}

/* A message to a connection that its client has closed: it is behind no other, and only when it
 * comes matters. */
static void
add_lost(Search *search, uint32_t client, Item *item)
{
    (void) send_item(search, client, item, SR_DIRECTION_IN(SR_NODE_SERVER));
    *item = (Item){ .place = AT_LOST, .client = item->client, .number = item->number };
}

/* The server will see the loss of a connection. */
static void
add_detection(Search *search, uint32_t client, Item *item)
{
    int32_t span = search->rules->detect_loss;

    item->number = (uint16_t) (1 + sr_search_add_row(search, (Bound){ span, span },
                                                     (Event){ .kind = EVENT_DETECT,
                                                              .client = (uint8_t) client }));
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
        if (item->place == AT_DETECT) {
            add_detection(search, client, item);
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

/* The establish-timeout of the document is set or stopped. */
static void
add_establish(Search *search)
{
    const Rules *rules = search->rules;
    int32_t span = rules->establish_timeout;

    if (!search->establish_set)
        return;
    search->next_side.establish = NO_VAR;
    if (span < NEVER_SOON && search->live.world.establish != 0)
        search->next_side.establish = (uint8_t) sr_search_add_row(
            search, (Bound){ span, span },
            (Event){ .kind = EVENT_ESTABLISH,
                     .client = (uint8_t) search->live.world.documents[0].owner });
}

/* ---- what is lost ---- */

void
sr_search_touch_nothing(Search *search)
{
    Context *context = search->context;

    context->world = &search->live.world;
    context->before = &search->live.origin.before;
    context->touched = 0;
    context->n_findings = 0;
}

/* What is lost on its way would arrive now. */
static void
drop_lost(Search *search, uint32_t client)
{
    const Items *items = &search->live.world.items[client];
    unsigned at = 0;

    sr_search_touch_nothing(search);
    while (items->list[at].number != search->now + 1u)
        at++;
    sr_item_remove(search->context, client, at);
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

void
sr_search_serve(Search *search, uint32_t service)
{
    Side *side = &search->next_side;
    World *world = &search->live.world;
    uint32_t client = side->queue[service][0];
    Items *items = &world->items[client];
    unsigned at = 0, row;

    while (items->list[at].place != AT_QUEUE + service)
        at++;
    row = sr_search_add_row(search, search->rules->processing[service],
                            (Event){ .kind = EVENT_PROCESSED,
                                     .client = (uint8_t) client,
                                     .type = items->list[at].type,
                                     .place = items->list[at].place,
                                     .number = search->recorder == NULL
                                                   ? 0
                                                   : search->recorder->queued[service][0] });
    sr_context_touch(search->context, client);
    items->list[at].number = (uint16_t) (row + 1);
    side->busy |= (uint8_t) (1u << service);
}

/* A message arrives at a service that takes time. */
static void
queue_up(Search *search, uint32_t client, unsigned direction)
{
    Side *side = &search->next_side;
    World *world = &search->live.world;
    uint32_t service = direction / 2;
    Items *items = &world->items[client];
    Item item;
    unsigned at;

    sr_search_touch_nothing(search);
    item = sr_item_take(search->context, client, (Place) direction, (Place) direction, 0);
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
    if (side->n_queue[service] == 1 && side->out[service] == NO_POINT)
        sr_search_serve(search, service);
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
    side->busy &= (uint8_t) ~(1u << service);
    if (side->n_queue[service] > 0 && side->out[service] == NO_POINT)
        sr_search_serve(search, service);
}

/* ---- the step ---- */

static void
on_timer(void *data, uint32_t node, const SrAction *action)
{
    Search *search = data;
    uint32_t client = node - SR_NODE_FIRST_CLIENT;
    const Rules *rules = search->rules;

    search->establish_set |= node == SR_NODE_SERVER && (action->kind == SR_ACTION_TIMER ||
                                                        action->kind == SR_ACTION_TIMER_STOP);
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

/* Returns: which of the items of @client at @place or at @other has row @row */
static unsigned
nth_at(const World *world, uint32_t client, unsigned row, unsigned place, unsigned other)
{
    unsigned nth = 0;

    for (unsigned i = 0; i < world->items[client].n; i++) {
        const Item *item = &world->items[client].list[i];

        if (item->place != place && item->place != other)
            continue;
        if (item->number == row + 1u)
            return nth;
        nth++;
    }
    g_assert_not_reached();
}

/* Returns: the move of explore that takes the thing of row @head */
static Move
move_of(const Search *search, unsigned head, unsigned outcome)
{
    const Var *var = &search->live.vars.list[head];
    const World *world = &search->live.world;
    Move move = { .kind = MOVE_DELIVER, .client = var->client, .a = var->place };

    if (var->kind == VAR_ESTABLISH)
        return (Move){ .kind = MOVE_ESTABLISH };
    if (var->kind == VAR_ITEM && var->place == AT_DETECT)
        return (Move){ .kind = MOVE_DETECT,
                       .client = var->client,
                       .a = (uint8_t) nth_at(world, var->client, head, AT_DETECT, AT_DETECT) };
    if (var->kind == VAR_TIMER) {
        bool idle = world->clients[var->client].state == SR_CLIENT_IDLE;

        move.kind = idle ? MOVE_START : MOVE_TIMER;
        move.a = idle ? 0 : SR_TIMER_MAIN;
    } else if (var->place == AT_GENERATE || var->place == AT_LOOKUP) {
        move.kind = MOVE_READY;
        move.a = (uint8_t) nth_at(world, var->client, head, AT_GENERATE, AT_LOOKUP);
        move.b = var->place == AT_LOOKUP
                     ? (uint8_t) search->rules->plan.first_replica[var->client]
                     : (uint8_t) outcome;
    } else {
        move.b = (uint8_t) outcome;
    }
    return move;
}

/* Returns: whether the thing of row @first would be at the very instant of the end of a fault,
 * row @i, and before it. A run looks at its clock there. */
static bool
is_too_late(const Search *search, unsigned i, unsigned first)
{
    const Side *side = &search->live.side;

    return i == side->fault && search->rules->points[side->next_point].kind <= POINT_UP &&
           search->next.bound[i][first] <= 0;
}

/* Leaves only the instants at which nothing pending comes before row @head, or before the
 * discarding of @hint. Returns: whether there are any */
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
        sr_search_record_difference(search, first, i, most);
        if (is_too_late(search, i, first))
            return false;
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
        sr_search_record_difference(search, first, made, most);
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

/* A timer of @client fires. */
static void
note_timeout(Search *search, const SrClient *client)
{
    if (client->state != SR_CLIENT_IDLE && sr_main_waits_for(client) == WAITS_TIMEOUT)
        search->fired |= 1u << sr_timeout_of(client);
}

bool
sr_search_step(Search *search, Choice choice)
{
    const Rules *rules = search->rules;
    Live *live = &search->live;
    World *world = &live->world, *before = &live->origin.before;
    Side *side = &search->next_side;
    const Var var = choice.head != NO_VAR ? live->vars.list[choice.head] : (Var){ 0 };
    const SrServerDocument document = world->documents[0];
    bool outward = var.kind == VAR_ITEM && var.place < SR_DIRECTION_N && var.place % 2 == 0;
    bool queued =
        var.kind == VAR_ITEM && var.place >= AT_QUEUE && var.place < AT_QUEUE + SR_SERVICE_N;
    SrPhase phase = (SrPhase) document.phase;
    bool answers =
        var.kind == VAR_ITEM &&
        (var.stage == STAGE_TOKEN || var.stage == STAGE_KEY || var.stage == STAGE_FOUND ||
         var.stage == STAGE_NEW_REFUSED || var.stage == STAGE_OLD_REFUSED);
    unsigned type = 0, hint = 0, flags = 0, outcome;
    uint32_t touched;

    *side = live->side;
    sr_zone_copy(&search->next, &live->zone);
    search->timer_set = 0;
    search->establish_set = false;
    search->n_spans = 0;
    search->context->timed = on_timer;
    search->context->timed_data = search;
    if (choice.head == NO_VAR)
        return discard(search, choice);
    if (!come_first(search, choice.head, 0, choice.head) || !sr_choice_limit(search, choice))
        return false;
    outcome = sr_choice_outcome(search, choice);
    sr_choice_note(search, choice);
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
    } else if (var.kind == VAR_TIMER) {
        note_timeout(search, &world->clients[var.client]);
        side->timer[var.client] = NO_VAR;
    } else if (var.kind == VAR_ESTABLISH) {
        search->fired |= 1u << SR_TIMED_ESTABLISH_TIMEOUT;
        side->establish = NO_VAR;
        /* More often than owners can be lost: it runs out for some that are there, without end. */
        if (++side->n_dropped > rules->plan.n_clients + rules->n_points)
            search->end = SR_TIMED_FIRES;
    }
    sr_points_bind(search);
    if (var.kind == VAR_POINT)
        sr_point_make(search);
    else if (var.kind == VAR_ITEM && var.place == AT_LOST)
        drop_lost(search, var.client);
    else if (outward && rules->queues[var.place / 2])
        queue_up(search, var.client, var.place);
    else
        sr_world_move(search->context, world, before, move_of(search, choice.head, outcome));
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
        sr_watch_client(search, i, &before->clients[i], i == var.client && answers);
    }
    add_establish(search);
    if (queued)
        leave_queue(search, var.place - AT_QUEUE);
    if (outward)
        sr_watch_arrival(search, type);
    if (queued || (outward && !rules->queues[var.place / 2]))
        sr_watch_service(search, var.client, type, phase);
    sr_watch_document(search, &document);
    if (var.kind == VAR_ITEM && var.place == AT_LOOKUP) {
        sr_watch_span(search, SR_WATCH_KEY_LOOKUP, side->made[hint], search->now);
        if (rules->loses)
            sr_watch_span(search, SR_WATCH_KEY_NEED, side->made[hint], search->now);
    }
    /* A client that is connected, and does not give up, hears of the session later. */
    if (phase != SR_PHASE_ESTABLISHED && (rules->watches >> SR_WATCH_KEY_NEED & 1) &&
        !leads_on(search, &live->zone) &&
        (!world->clients[var.client].open || rules->fires != 0 || rules->loses))
        side->over[var.client] = (uint8_t) search->now;
    sr_watch_keys(search, var.client, before);
    forget_implied(search);
    return true;
}

void
sr_search_restore(Search *search)
{
    sr_world_restore(&search->rules->plan, &search->live.world, &search->live.origin.before,
                     search->context->touched);
}

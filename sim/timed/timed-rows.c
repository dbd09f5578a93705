/* The rows of a zone: which things have an instant, in which order, and what each is. */
#include "timed/timed-private.h"

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
        place == AT_LOST || place == AT_DETECT)
        return true;
    if (place < AT_QUEUE)
        return false;
    service = place - AT_QUEUE;
    return (side->busy >> service & 1) && side->queue[service][0] == client &&
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
        if (rules->discards || rules->reuse > 0)
            walk_past(&walk, &side->made[hints[i]]);
        else
            walk_open(&walk, &side->made[hints[i]]);
    walk_past(&walk, &side->accepted);
    walk_past(&walk, &side->establish);
    walk_past(&walk, &side->tick);
    walk_past(&walk, &side->fault);
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
        bool alone = item->place == AT_GENERATE || item->place == AT_LOOKUP ||
                     item->place == AT_LOST || item->place == AT_DETECT;
        bool head = alone || !follows;
        Var var = { .kind = VAR_ITEM,
                    .client = (uint8_t) client,
                    .place = item->place,
                    .head = head,
                    .lead = head ? (uint8_t) (item->number - 1) : lead,
                    .stage = (uint8_t) sr_stage_of_item(rules, world, client, item) };

        /* What is lost only matters to the end of a run with a session. */
        if (item->place == AT_LOST && !sr_key_is_needed(rules, &world->documents[0]))
            var.head = false;
        lead = var.lead;
        if (item_has_instant(world, side, client, i)) {
            vars->list[item->number - 1] = var;
        } else if (item->place >= AT_QUEUE) {
            uint32_t service = item->place - AT_QUEUE, first = side->queue[service][0];
            const Item *served = sr_find_item(world, first, item->place, item->place, 0);

            /* In an outage all wait for its end, which is on the timeline. */
            var.head = false;
            var.lead = side->busy >> service & 1 ? (uint8_t) (served->number - 1) : side->fault;
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
    if (side->establish != NO_VAR)
        vars->list[side->establish] = (Var){
            .kind = VAR_ESTABLISH, .head = true, .lead = side->establish, .stage = STAGE_UNKNOWN
        };
    if (side->fault != NO_VAR)
        vars->list[side->fault] = (Var){ .kind = VAR_POINT,
                                         .client = rules->points[side->next_point].client,
                                         .head = sr_point_is_awaited(rules, world, side),
                                         .lead = side->fault,
                                         .stage = STAGE_UNKNOWN };
}

/* The timeline: faults at fixed instants, and their ends. Source: section 8 of the protocol.
 *
 * All points are known before the search begins. The next one is a pending thing like others,
 * due at its instant, and nothing is made before it that could be after it: a point does not
 * commute with anything. The end of a fault that only lets time pass (a partition, an outage, a
 * client that cannot connect) is a point, too, but no event of a run: a run does not go on for
 * it. */
#include "timed/timed-private.h"

/* ---- which there are ---- */

static bool
is_event(PointKind kind)
{
    return kind != POINT_REACHABLE && kind != POINT_JOINED && kind != POINT_UP &&
           kind != POINT_BACK && kind != POINT_RETURN;
}

/* At one instant: what ends comes first, then entries in the order of the file, then what was
 * scheduled later. */
static unsigned
rank_of(const Point *point)
{
    return is_event((PointKind) point->kind) ? 1 : point->kind < POINT_CRASH ? 0 : 2;
}

static unsigned
add_point(Rules *rules, PointKind kind, uint32_t node, uint32_t service, SrTime at)
{
    Point *point = &rules->points[rules->n_points];

    *point =
        (Point){ .kind = (uint8_t) kind,
                 .client =
                     (uint8_t) (node >= SR_NODE_FIRST_CLIENT ? node - SR_NODE_FIRST_CLIENT : 0),
                 .service = (uint8_t) service,
                 .until = NO_POINT,
                 .returns = NO_POINT,
                 .at = at };
    return rules->n_points++;
}

static PointKind
kind_of(const SrTimelineEntry *entry, uint32_t node)
{
    switch (entry->action) {
    case SR_FAULT_CRASH:
        return node == SR_NODE_SERVER ? POINT_DOWN : POINT_CRASH;
    case SR_FAULT_RESTART:
        return node == SR_NODE_SERVER ? POINT_LIFT : POINT_RESTART;
    case SR_FAULT_DISCONNECT:
        return POINT_DISCONNECT;
    case SR_FAULT_CLOSE:
        return POINT_CLOSE;
    case SR_FAULT_PARTITION:
        return POINT_PARTITION;
    case SR_FAULT_OUTAGE:
        return POINT_OUTAGE;
    case SR_FAULT_SLOW:
    case SR_FAULT_STEP_CLOCK:
    case SR_FAULT_SYNC_CLOCK:
    case SR_FAULT_UPGRADE:
    case SR_FAULT_ROTATE_MASTER:
        break; /* refused */
    }
    g_assert_not_reached();
}

static PointKind
end_of(PointKind kind)
{
    return kind == POINT_PARTITION ? POINT_JOINED
           : kind == POINT_OUTAGE  ? POINT_BACK
           : kind == POINT_DOWN    ? POINT_UP
                                   : POINT_REACHABLE;
}

/* Adds @entry for @node, and its ends; they name each other by the places that they have now. */
static void
add_entry(Rules *rules, const SrTimelineEntry *entry, uint32_t node)
{
    PointKind kind = kind_of(entry, node);
    uint32_t service = node < SR_SERVICE_N ? node : kind == POINT_PARTITION ? entry->peer : 0;
    unsigned at = add_point(rules, kind, node, service, entry->at);

    if (entry->duration == SR_TIME_NEVER)
        return;
    rules->points[at].until =
        (uint8_t) add_point(rules, end_of(kind), node, service, entry->at + entry->duration);
    if (kind == POINT_CRASH)
        rules->points[at].returns = (uint8_t) add_point(rules, POINT_RETURN, node, service,
                                                        entry->at + entry->duration);
}

/* Sorts the points; @place: gets the new place of each. */
static void
sort_points(Rules *rules, uint8_t place[POINTS_MAX])
{
    Point before[POINTS_MAX];
    uint8_t order[POINTS_MAX];

    memcpy(before, rules->points, sizeof before);
    for (unsigned i = 0; i < rules->n_points; i++) {
        unsigned at = i;

        for (; at > 0; at--) {
            const Point *a = &before[order[at - 1]], *b = &before[i];

            if (a->at < b->at || (a->at == b->at && rank_of(a) <= rank_of(b)))
                break;
            order[at] = order[at - 1];
        }
        order[at] = (uint8_t) i;
    }
    for (unsigned i = 0; i < rules->n_points; i++) {
        rules->points[i] = before[order[i]];
        place[order[i]] = (uint8_t) i;
    }
}

bool
sr_points_list(Rules *rules)
{
    const GArray *timeline = rules->plan.scenario->timeline;
    uint8_t place[POINTS_MAX];

    rules->n_points = 0;
    for (guint i = 0; i < timeline->len; i++) {
        const SrTimelineEntry *entry = &g_array_index(timeline, SrTimelineEntry, i);

        for (uint32_t j = 0; j < entry->target.n; j++) {
            uint32_t node = entry->target.first + j;

            if (node >= SR_NODE_FIRST_CLIENT + rules->plan.n_clients)
                continue;
            if (rules->n_points + 3 > POINTS_MAX)
                return false;
            add_entry(rules, entry, node);
        }
    }
    sort_points(rules, place);
    for (unsigned i = 0; i < rules->n_points; i++) {
        Point *point = &rules->points[i];

        if (point->until != NO_POINT)
            point->until = place[point->until];
        if (point->returns != NO_POINT)
            point->returns = place[point->returns];
    }
    return true;
}

bool
sr_points_meet(const Rules *rules)
{
    for (unsigned i = 1; i < rules->n_points; i++)
        if (rules->points[i].at == rules->points[i - 1].at &&
            rank_of(&rules->points[i - 1]) > 0)
            return true;
    return false;
}

/* Returns: whether @point is of a client, or else of a service */
static bool
is_of_client(const Point *point)
{
    switch ((PointKind) point->kind) {
    case POINT_OUTAGE:
    case POINT_BACK:
    case POINT_DOWN:
    case POINT_UP:
    case POINT_LIFT:
        return false;
    case POINT_REACHABLE:
    case POINT_JOINED:
    case POINT_CRASH:
    case POINT_RESTART:
    case POINT_DISCONNECT:
    case POINT_CLOSE:
    case POINT_PARTITION:
    case POINT_RETURN:
        return true;
    }
    g_assert_not_reached();
}

bool
sr_client_has_points(const Rules *rules, uint32_t client)
{
    for (unsigned i = 0; i < rules->n_points; i++)
        if (is_of_client(&rules->points[i]) && rules->points[i].client == client)
            return true;
    return false;
}

Event
sr_point_event(const Rules *rules, unsigned index)
{
    const Point *point = &rules->points[index];

    return (Event){ .kind = EVENT_POINT,
                    .client = point->client,
                    .place = is_of_client(point) ? NO_POINT : point->service,
                    .number = index };
}

/* ---- what waits for them ---- */

bool
sr_point_is_awaited(const Rules *rules, const World *world, const Side *side)
{
    if (side->fault == NO_VAR)
        return false;
    if (side->establish != NO_VAR)
        return true;
    for (unsigned i = side->next_point; i < rules->n_points; i++) {
        const Point *point = &rules->points[i];

        if (is_event((PointKind) point->kind) ||
            (point->kind == POINT_RETURN && side->returns[point->client] == i))
            return true;
    }
    for (uint32_t i = 0; i < rules->plan.n_clients; i++)
        if (world->items[i].n > 0 || sr_timer_has_instant(rules, world, i))
            return true;
    return false;
}

void
sr_points_bind(Search *search)
{
    const Side *side = &search->next_side;
    bool down = side->down_for_good || side->down != NO_POINT;

    search->context->unreachable = down ? UINT32_MAX : 0;
    for (uint32_t i = 0; i < search->rules->plan.n_clients; i++)
        if (side->unreachable[i] != NO_POINT)
            search->context->unreachable |= 1u << i;
}

int32_t
sr_points_delay(const Search *search, uint32_t client, unsigned service)
{
    const Rules *rules = search->rules;
    const Side *side = &search->next_side;
    uint8_t until = side->cut[client][service];

    if (until == NO_POINT)
        return -1;
    return (int32_t) ((rules->points[until].at - rules->points[side->next_point].at) /
                      rules->unit);
}

/* ---- what they do ---- */

/* The later of two ends. */
static void
extend(uint8_t *until, uint8_t end)
{
    if (end != NO_POINT && (*until == NO_POINT || *until < end))
        *until = end;
}

static void
give(Search *search, uint32_t client, SrClientInput input)
{
    sr_points_bind(search);
    sr_world_input(search->context, &search->live.world, &search->live.origin.before, client,
                   &input);
}

static void
start_again(Search *search, uint32_t client)
{
    if (search->live.world.clients[client].state == SR_CLIENT_CRASHED)
        give(search, client, (SrClientInput){ .kind = SR_INPUT_START });
}

/* A fault of a client that is there; one that has not started is refused to crash. */
static void
fault_client(Search *search, const Point *point)
{
    Side *side = &search->next_side;
    uint32_t client = point->client;
    const SrClient *it = &search->live.world.clients[client];
    bool alive = it->state != SR_CLIENT_IDLE && it->state < SR_CLIENT_FAILED;

    switch ((PointKind) point->kind) {
    case POINT_CRASH:
        if (!alive) {
            extend(&side->unreachable[client], point->until);
            break;
        }
        if (point->returns == NO_POINT)
            side->gone |= (uint8_t) (1u << client);
        else
            side->gone &= (uint8_t) ~(1u << client);
        side->returns[client] = point->returns;
        give(search, client, (SrClientInput){ .kind = SR_INPUT_CRASH });
        break;
    case POINT_RESTART:
        if (side->gone >> client & 1)
            start_again(search, client);
        side->gone &= (uint8_t) ~(1u << client);
        break;
    case POINT_DISCONNECT:
        extend(&side->unreachable[client], point->until);
        if (it->open)
            give(search, client,
                 (SrClientInput){ .kind = SR_INPUT_LOST, .reason = SR_REASON_DISCONNECT });
        break;
    case POINT_CLOSE:
        if (alive)
            give(search, client, (SrClientInput){ .kind = SR_INPUT_CLOSE });
        break;
    default:
        g_assert_not_reached();
    }
}

static void
crash_server(Search *search, const Point *point)
{
    Side *side = &search->next_side;
    bool was_down = side->down_for_good || side->down != NO_POINT;

    if (point->until == NO_POINT)
        side->down_for_good = true;
    extend(&side->down, point->until);
    if (was_down)
        return;
    sr_points_bind(search);
    side->n_queue[SR_NODE_SERVER] = 0;
    side->busy &= (uint8_t) ~(1u << SR_NODE_SERVER);
    sr_world_crash_server(search->context, &search->live.world, &search->live.origin.before);
}

static void
perform(Search *search, const Point *point, unsigned index)
{
    Side *side = &search->next_side;

    switch ((PointKind) point->kind) {
    case POINT_CRASH:
    case POINT_RESTART:
    case POINT_DISCONNECT:
    case POINT_CLOSE:
        fault_client(search, point);
        break;
    case POINT_PARTITION:
        extend(&side->cut[point->client][point->service], point->until);
        break;
    case POINT_OUTAGE:
        extend(&side->out[point->service], point->until);
        break;
    case POINT_DOWN:
        crash_server(search, point);
        break;
    case POINT_LIFT:
        side->down_for_good = false;
        break;
    case POINT_REACHABLE:
        if (side->unreachable[point->client] == index)
            side->unreachable[point->client] = NO_POINT;
        break;
    case POINT_JOINED:
        if (side->cut[point->client][point->service] == index)
            side->cut[point->client][point->service] = NO_POINT;
        break;
    case POINT_UP:
        if (side->down == index)
            side->down = NO_POINT;
        break;
    case POINT_RETURN:
        if (side->returns[point->client] != index)
            break;
        side->returns[point->client] = NO_POINT;
        start_again(search, point->client);
        break;
    case POINT_BACK:
        if (side->out[point->service] != index)
            break;
        side->out[point->service] = NO_POINT;
        if (side->n_queue[point->service] > 0 && !(side->busy >> point->service & 1))
            sr_search_serve(search, point->service);
        break;
    }
}

void
sr_point_make(Search *search)
{
    const Rules *rules = search->rules;
    Side *side = &search->next_side;
    unsigned index = side->next_point++;
    const Point *point = &rules->points[index];

    side->fault = NO_VAR;
    if (side->next_point < rules->n_points) {
        int32_t later = (int32_t) ((point[1].at - point->at) / rules->unit);

        side->fault = (uint8_t) sr_search_add_row(search, (Bound){ later, later },
                                                  sr_point_event(rules, index + 1));
    }
    sr_search_touch_nothing(search);
    perform(search, point, index);
}

/* ---- in words ---- */

char *
sr_point_words(const Rules *rules, unsigned index)
{
    const Point *point = &rules->points[index];
    g_autofree char *client = sr_timed_node_name(rules, SR_NODE_FIRST_CLIENT + point->client);
    g_autofree char *service = sr_timed_node_name(rules, point->service);

    switch ((PointKind) point->kind) {
    case POINT_REACHABLE:
        return g_strdup_printf("%s can connect again", client);
    case POINT_JOINED:
        return g_strdup_printf("%s and %s are joined", client, service);
    case POINT_UP:
        return g_strdup("the server is up again");
    case POINT_CRASH:
        return g_strdup_printf("%s crashes", client);
    case POINT_RESTART:
    case POINT_RETURN:
        return g_strdup_printf("%s starts again", client);
    case POINT_DISCONNECT:
        return g_strdup_printf("%s is disconnected", client);
    case POINT_CLOSE:
        return g_strdup_printf("%s closes the editor", client);
    case POINT_PARTITION:
        return g_strdup_printf("%s and %s are parted", client, service);
    case POINT_OUTAGE:
        return g_strdup_printf("%s takes up nothing", service);
    case POINT_DOWN:
        return g_strdup("the server crashes");
    case POINT_LIFT:
        return g_strdup("the server is restarted");
    case POINT_BACK:
        return g_strdup_printf("%s works again", service);
    }
    g_assert_not_reached();
}

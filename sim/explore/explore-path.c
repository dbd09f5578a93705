/* The path to a failure.
 *
 * First the states of the path are found backwards: from the state in which the check fails,
 * through the parents in the store. Then the moves are found forwards: from the first state,
 * each time the move that leads to the next fingerprint. Packed worlds have sorted clients, so
 * a step may change their positions. The walker keeps which client of the scenario is at which
 * position, and the moves of a path name clients of the scenario. */
#include "explore/explore-path-private.h"

void
sr_path_free(SrPath *path)
{
    if (path == NULL)
        return;
    g_array_unref(path->moves);
    g_free(path);
}

/* Returns: (element-type SrFingerprint): the states from the first one to @last */
static GArray *
list_states(const SrExploration *exploration, SrFingerprint last)
{
    GArray *states = g_array_new(FALSE, FALSE, sizeof(SrFingerprint));

    do
        g_array_prepend_val(states, last);
    while (sr_state_store_parent(exploration->store, &last, &last));
    return states;
}

/* Goes along a path, from one state to the next. */
typedef struct {
    SrExploration *exploration;
    Context *context;
    World here, there;
    Origin origin;
    Moves moves;
    uint8_t bytes[PACKED_MAX];      /* of `there` */
    uint8_t client_at[CLIENTS_MAX]; /* by position: the client of the scenario */
} Walker;

/* Returns: @move with the client of the scenario in place of the position */
static Move
name_client(const Walker *walker, Move move)
{
    if (sr_move_is_of_client(move.kind))
        move.client = walker->client_at[move.client];
    return move;
}

/* Makes `here` the world that was packed last. */
static void
go(Walker *walker, const Packed *packed)
{
    uint8_t before[CLIENTS_MAX];

    memcpy(before, walker->client_at, sizeof before);
    for (uint32_t i = 0; i < walker->exploration->plan.n_clients; i++)
        walker->client_at[i] = before[packed->clients[i]];
    sr_world_unpack(&walker->exploration->plan, walker->bytes, packed->signs, &walker->here,
                    &walker->origin);
}

/* Goes to the state @to. Returns: the first of the listed moves that leads there */
static Move
find_move(Walker *walker, const SrFingerprint *to)
{
    const SrExplorePlan *plan = &walker->exploration->plan;

    for (unsigned i = 0; i < walker->moves.n; i++) {
        SrFingerprint there;
        Packed packed;
        size_t n;

        walker->there = walker->here;
        sr_world_move(walker->context, &walker->there, NULL, walker->moves.list[i]);
        n = sr_world_pack(plan, &walker->there, NULL, 0, walker->bytes, &packed);
        there = sr_fingerprint(walker->bytes, n);
        if (sr_fingerprint_compare(&there, to) != 0)
            continue;
        Move move = name_client(walker, walker->moves.list[i]);

        go(walker, &packed);
        return move;
    }
    g_assert_not_reached();
}

static void
begin(Walker *walker)
{
    const SrExplorePlan *plan = &walker->exploration->plan;
    Packed packed;

    sr_world_begin(walker->context, &walker->there);
    sr_world_pack(plan, &walker->there, NULL, 0, walker->bytes, &packed);
    for (uint32_t i = 0; i < CLIENTS_MAX; i++)
        walker->client_at[i] = (uint8_t) i;
    go(walker, &packed);
}

SrPath *
sr_path_find(SrExploration *exploration, SrCheckId check)
{
    const SrWitness *witness = &exploration->witnesses[check];
    g_autoptr(GArray) states = NULL;
    Walker *walker;
    SrPath *path;

    if (!witness->refuted.failed)
        return NULL;
    path = g_new0(SrPath, 1);
    path->check = check;
    path->at_end = witness->refuted.at_end;
    path->moves = g_array_new(FALSE, TRUE, sizeof(Move));
    states = list_states(exploration, witness->state);
    walker = g_new0(Walker, 1);
    walker->exploration = exploration;
    walker->context = sr_context_new(&exploration->plan);
    begin(walker);
    for (guint i = 1; i < states->len; i++) {
        const SrFingerprint *to = &g_array_index(states, SrFingerprint, i);
        Move move;

        /* The search may have tried all moves here, if those of the reduction were not enough.
         */
        sr_moves_list(&exploration->plan, &walker->here, &walker->moves);
        move = find_move(walker, to);
        g_array_append_val(path->moves, move);
    }
    if (!path->at_end) {
        Move move = name_client(walker, witness->move);

        g_array_append_val(path->moves, move);
    }
    sr_context_free(walker->context);
    g_free(walker);
    return path;
}

/* ---- playing a path ---- */

static bool
is_possible(const Moves *moves, const Move *move)
{
    for (unsigned i = 0; i < moves->n; i++)
        if (memcmp(&moves->list[i], move, sizeof *move) == 0)
            return true;
    return false;
}

static bool
breaks(const Context *context, SrCheckId check)
{
    for (unsigned i = 0; i < context->n_findings; i++)
        if (context->findings[i].check == check)
            return true;
    return false;
}

bool
sr_path_play(Context *context, World *world, const Move *moves, unsigned n, SrCheckId check,
             bool at_end, void (*each)(void *data, unsigned at, const Move *move), void *data)
{
    g_autofree Moves *possible = g_new(Moves, 1);
    bool broken = false;

    sr_world_begin(context, world);
    for (unsigned i = 0; i < n; i++) {
        sr_moves_list(context->plan, world, possible);
        if (!is_possible(possible, &moves[i]))
            return false;
        if (each != NULL)
            each(data, i, &moves[i]);
        sr_world_move(context, world, NULL, moves[i]);
        broken = breaks(context, check);
        if (context->out_of_room)
            return false;
    }
    if (!at_end)
        return broken;
    sr_moves_list(context->plan, world, possible);
    if (!possible->end)
        return false;
    sr_world_end(context, world);
    return breaks(context, check);
}

void
sr_path_shorten(Context *context, SrPath *path)
{
    World *world = g_new0(World, 1);
    bool shorter = true;

    /* Without one move, others that only it needed may be left out as well. */
    while (shorter) {
        shorter = false;
        for (guint i = path->moves->len; i > 0; i--) {
            Move move = g_array_index(path->moves, Move, i - 1);

            g_array_remove_index(path->moves, i - 1);
            if (sr_path_play(context, world, (const Move *) path->moves->data, path->moves->len,
                             path->check, path->at_end, NULL, NULL))
                shorter = true;
            else
                g_array_insert_val(path->moves, i - 1, move);
        }
    }
    g_free(world);
}

const SrExplorePlan *
sr_exploration_plan(const SrExploration *exploration, SrCheckId check)
{
    return exploration->shorter >> check & 1 ? &exploration->every->plan : &exploration->plan;
}

SrPath *
sr_exploration_path(SrExploration *exploration, SrCheckId check)
{
    SrPath *path;
    Context *context;

    if (exploration->shorter >> check & 1)
        return sr_path_find(exploration->every, check);
    path = sr_path_find(exploration, check);
    if (path == NULL)
        return NULL;
    context = sr_context_new(&exploration->plan);
    sr_path_shorten(context, path);
    sr_context_free(context);
    return path;
}

/* ---- moves in words ---- */

static void
put_node(const SrExplorePlan *plan, uint32_t node, GString *out)
{
    char name[SR_NODE_NAME_MAX];

    g_string_append_len(out, name, (gssize) sr_scenario_node_name(plan->scenario, node, name));
}

static void
put_client(const SrExplorePlan *plan, uint32_t client, GString *out)
{
    put_node(plan, SR_NODE_FIRST_CLIENT + client, out);
}

static void
put_delivery(const SrExplorePlan *plan, const World *world, const Move *move, GString *out)
{
    const Item *item = sr_find_item(world, move->client, move->a, move->a, 0);
    uint32_t client = SR_NODE_FIRST_CLIENT + move->client, service = move->a / 2;
    bool inward = move->a == SR_DIRECTION_IN(service);

    g_string_append(out, sr_msg_name((SrMsg) item->type));
    if (!inward) {
        g_string_append(out, " of ");
        put_node(plan, client, out);
    }
    g_string_append(out, " arrives at ");
    put_node(plan, inward ? client : service, out);
    g_string_append(out, move->b != 0 ? ", and the newest key is too old" : "");
}

static void
put_ready(const SrExplorePlan *plan, const World *world, const Move *move, GString *out)
{
    const Item *item = sr_find_item(world, move->client, AT_GENERATE, AT_LOOKUP, move->a);
    bool lookup = item->place == AT_LOOKUP;

    g_string_append(out, lookup ? "the key that " : "a key for ");
    put_client(plan, move->client, out);
    g_string_append(out, lookup ? " asked for is looked up" : " is made");
    if (lookup && move->b != 0)
        g_string_append_printf(out, " at replica %u", move->b + 1u);
    else if (!lookup && move->b != 0)
        g_string_append(out, " in the same instant as the last");
}

static void
put_timer(const SrExplorePlan *plan, const World *world, const Move *move, GString *out)
{
    const SrClient *client = &world->clients[move->client];

    put_client(plan, move->client, out);
    if (client->state == SR_CLIENT_RECONNECTING && move->a == SR_TIMER_MAIN)
        g_string_append(out, " connects again");
    else if (client->state == SR_CLIENT_WAITING && move->a == SR_TIMER_MAIN)
        g_string_append(out, " has waited long enough");
    else if (move->a == SR_TIMER_RENEW_TIMEOUT ||
             (move->a == SR_TIMER_MAIN ? client->awaits : client->awaits_old) != 0)
        g_string_append(out, " gets no answer in time");
    else if (sr_client_derives(client))
        g_string_append(out, " has derived the wrapping key");
    else
        g_string_append(out, move->kind == MOVE_LAST_RETRY ? " asks for the key a last time"
                                                           : " asks for the key again");
}

void
sr_move_text(const SrExplorePlan *plan, const World *world, const Move *move, GString *out)
{
    /* What stands before the name of the client, and what behind it; NULL: there is no name. */
    static const struct {
        const char *before, *behind;
    } words[] = {
        [MOVE_START] = { "", " starts" },
        [MOVE_DETECT] = { "server sees that the connection of ", " is lost" },
        [MOVE_ESTABLISH] = { "the creation has stood too long", NULL },
        [MOVE_AGE] = { "the oldest key has reached its age", NULL },
        [MOVE_ROTATE] = { "the master secret is rotated", NULL },
        [MOVE_RENEW] = { "", " is to renew its token" },
        [MOVE_EXPIRE] = { "", "'s token expires" },
        [MOVE_RESTART] = { "", " comes back" },
        [MOVE_CRASH] = { "", " crashes" },
        [MOVE_DISCONNECT] = { "", " loses its connection" },
    };

    if (move->kind == MOVE_DELIVER) {
        put_delivery(plan, world, move, out);
    } else if (move->kind == MOVE_READY) {
        put_ready(plan, world, move, out);
    } else if (move->kind == MOVE_TIMER || move->kind == MOVE_LAST_RETRY) {
        put_timer(plan, world, move, out);
    } else if (move->kind == MOVE_REPLICATED) {
        g_string_append_printf(out, "replica %u takes over a key", move->client + 1u);
    } else {
        g_string_append(out, words[move->kind].before);
        if (words[move->kind].behind != NULL) {
            put_client(plan, move->client, out);
            g_string_append(out, words[move->kind].behind);
        }
    }
}

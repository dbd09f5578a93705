/* Reduction: leaves out orders of moves that make no difference.
 *
 * If every order is tried, most orders lead to the same states: a client that starts while
 * another derives a key does the same before and after. Let A be some of the moves that are
 * possible in a world, such that the other moves, in whatever order, neither make a move of A
 * impossible nor fail to commute with it. Then it is enough to try A. In each path from this
 * world the first move of A can be taken to the front, and if the path has none, one can be put
 * there. So every end state is still reached, and every move that breaks a check is still made,
 * only later. (A is a persistent set; Godefroid, Partial-Order Methods, 1996.) Moves of A
 * cannot be put in front for ever: A never contains a retry, and without retries no state is
 * reached twice.
 *
 * These moves commute, according to the protocol:
 *
 * - An input of a client changes this client and appends to its own links. Services take from
 *   these links and append to them at the other ends. So it commutes with everything except
 *   other inputs of the same client. This file asks which other inputs can come before it. A
 *   message that is first on its link stays first. A link gets a new message only if a service
 *   has a request to answer, or, before a session is established, if the server broadcasts.
 * - The token provider keeps no state. The encryption provider only puts a request aside when
 *   it takes it up, unless it looks for a key to hand out again. Where the store is calm (every
 *   key is kept, no hint is given twice, there is one replica) an answer depends on the request
 *   alone, and a late answer "is remembered and does nothing else".
 * - An established session stays established, and then the server's answers to a client depend
 *   on no other client.
 *
 * Crashes and lost connections of a client do not commute with its inputs, but undo them: the
 * world after the input and the crash is the world after the crash alone. This holds if the
 * input sent nothing to a provider, or, for a crash, if the store is calm, so that an answer
 * that nobody takes has no effect. Expirations are not analysed: as long as one is left nothing
 * is reduced. A timer that fires only when no other obligatory move is left does not compete
 * with an input.
 *
 * Whether a move changes nothing else is verified after it was made (sr_reduction_holds()). If
 * the server's documents changed, or another client has a new message on its way, all moves of
 * the world are tried. */
#include "explore/explore-private.h"

/* From where inputs can come to a client. */
typedef struct {
    unsigned places;     /* bits: each Place with an item */
    unsigned n_provider; /* items at the encryption provider, or on the way there or back */
    bool work, retry;    /* a timer that may fire: it ends work, or begins a retry */
} Sources;

#define AT(place) (1u << (place))
#define OUT(service) AT(SR_DIRECTION_OUT(SR_NODE_##service))
#define IN(service) AT(SR_DIRECTION_IN(SR_NODE_##service))
#define ANSWERING (OUT(ENCRYPTION_PROVIDER) | AT(AT_GENERATE) | AT(AT_LOOKUP) | AT(AT_ATTACHED))

static Sources
look(const World *world, uint32_t client)
{
    const SrClient *it = &world->clients[client];
    Sources sources = { 0 };

    for (unsigned i = 0; i < world->items[client].n; i++) {
        const Item *item = &world->items[client].list[i];

        /* `key-settled` has no answer, and nobody takes an answer to an earlier life. */
        if (item->type == SR_MSG_KEY_SETTLED ||
            (item->request != 0 && sr_client_late(it, item->request)))
            continue;
        sources.places |= AT(item->place);
        sources.n_provider += AT(item->place) & (ANSWERING | IN(ENCRYPTION_PROVIDER)) ? 1 : 0;
    }
    if (sr_timer_is_set(world, client, SR_TIMER_MAIN) &&
        sr_main_waits_for(it) != WAITS_TIMEOUT) {
        sources.work = it->state == SR_CLIENT_RECONNECTING || sr_client_derives(it);
        sources.retry = !sources.work;
    }
    sources.retry |= sr_old_key_retry_is_due(world, client);
    return sources;
}

/* Returns: whether the encryption provider, when it takes up the first request of @client, only
 * puts it aside */
static bool
is_put_aside(const SrExplorePlan *plan, const World *world, uint32_t client)
{
    const unsigned out = SR_DIRECTION_OUT(SR_NODE_ENCRYPTION_PROVIDER);
    const Item *first = sr_find_item(world, client, out, out, 0);

    if (first == NULL)
        return false;
    return first->type == SR_MSG_KEY_SETTLED
               ? plan->calm
               : first->hint != SR_HINT_ABSENT || !plan->model->provider.reuse;
}

static bool
is_input(const Move *move)
{
    return move->kind == MOVE_TIMER ||
           (move->kind == MOVE_DELIVER && move->a == SR_DIRECTION_IN(move->a / 2));
}

/* Returns: whether no input can come to @client before those that are possible now */
static bool
is_all_there(const SrExplorePlan *plan, const World *world, uint32_t client,
             const Sources *sources)
{
    const SrServerDocument *document = &world->documents[plan->client_document[client]];
    const SrClient *it = &world->clients[client];
    bool silent = !it->open ||
                  (document->phase == SR_PHASE_ESTABLISHED && !(sources->places & OUT(SERVER)));

    if (sources->retry || (sources->places & (ANSWERING | OUT(TOKEN_PROVIDER))))
        return false;
    /* The first message of the link from the server is the only input, if no other can come. */
    return silent || ((sources->places & IN(SERVER)) && !sources->work &&
                      !(sources->places & (IN(ENCRYPTION_PROVIDER) | IN(TOKEN_PROVIDER))));
}

/* Returns: whether it is enough to try the move that takes the first item at @place */
static bool
is_candidate(const SrExplorePlan *plan, const World *world, uint32_t client, unsigned place,
             const Sources *sources)
{
    switch (place) {
    case SR_DIRECTION_OUT(SR_NODE_TOKEN_PROVIDER):
        return true;
    case SR_DIRECTION_OUT(SR_NODE_ENCRYPTION_PROVIDER):
        return is_put_aside(plan, world, client);
    case SR_DIRECTION_OUT(SR_NODE_SERVER):
        return world->documents[plan->client_document[client]].phase == SR_PHASE_ESTABLISHED;
    case AT_GENERATE:
    case AT_LOOKUP:
        return plan->calm && sources->n_provider == 1;
    default:
        return false;
    }
}

/* Adds a single move of @client that is enough. Returns: whether there is one */
static bool
add_candidate(const SrExplorePlan *plan, const World *world, uint32_t client,
              const Sources *sources, Moves *moves)
{
    const Items *items = &world->items[client];

    for (unsigned i = 0; i < items->n; i++) {
        unsigned place = items->list[i].place;

        if (!is_candidate(plan, world, client, place, sources))
            continue;
        if (place < SR_DIRECTION_N)
            sr_move_add(moves, MOVE_DELIVER, client, place, 0);
        else
            sr_move_add(moves, MOVE_READY, client, 0, 0);
        return true;
    }
    return false;
}

/* Adds all inputs of @client, if no others can come. Returns: whether there is one; otherwise
 * time may go on, which affects other clients too */
static bool
add_inputs(const World *world, uint32_t client, Moves *moves)
{
    const SrClient *it = &world->clients[client];
    const Items *items = &world->items[client];
    unsigned seen = 0;

    if (it->state == SR_CLIENT_IDLE)
        sr_move_add(moves, MOVE_START, client, 0, 0);
    else if (sr_timer_is_set(world, client, SR_TIMER_MAIN) &&
             sr_main_waits_for(it) == WAITS_WORK)
        sr_move_add(moves, MOVE_TIMER, client, SR_TIMER_MAIN, 0);
    for (unsigned i = 0; i < items->n; i++) {
        unsigned place = items->list[i].place;

        if (place >= SR_DIRECTION_N || place != SR_DIRECTION_IN(place / 2) ||
            (seen >> place & 1))
            continue;
        seen |= 1u << place;
        sr_move_add(moves, MOVE_DELIVER, client, place, 0);
    }
    return moves->n > 0;
}

bool
sr_moves_reduce(const SrExplorePlan *plan, const World *world, Moves *moves)
{
    moves->n = 0;
    moves->end = false;
    moves->reduced = true;
    if (!plan->reduction || world->expirations > 0)
        return false;
    for (uint32_t client = 0; client < plan->n_clients; client++) {
        Sources sources = look(world, client);

        if (add_candidate(plan, world, client, &sources, moves) ||
            (is_all_there(plan, world, client, &sources) && add_inputs(world, client, moves)))
            return true;
    }
    return false;
}

static unsigned
count_others(const World *world, uint32_t client)
{
    return world->n_items - world->items[client].n;
}

static bool
is_sent_to_provider(const World *before, const World *after, uint32_t client)
{
    return after->clients[client].requests != before->clients[client].requests;
}

/* Returns: whether a counter of connection retries changed; only --count-retries counts them */
static bool
is_counted_otherwise(const SrClient *before, const SrClient *after)
{
    return before->connect_tries != after->connect_tries ||
           before->reconnect_tries != after->reconnect_tries;
}

bool
sr_reduction_holds(const SrExplorePlan *plan, const World *before, const World *after,
                   const Move *move)
{
    for (uint32_t i = 0; i < plan->n_documents; i++) {
        const SrServerDocument *x = &before->documents[i], *y = &after->documents[i];

        if (x->phase != y->phase || x->has_outdated != y->has_outdated)
            return false;
    }
    if (count_others(before, move->client) != count_others(after, move->client))
        return false;
    /* A client that fails closes its connection, and the server sees that. Nothing else gives a
     * creation another owner. */
    if (before->server_clients[move->client].conn != 0 &&
        after->server_clients[move->client].conn != before->server_clients[move->client].conn)
        return false;
    if (is_input(move) && is_sent_to_provider(before, after, move->client) &&
        ((before->crashes > 0 && !plan->calm) || before->disconnects > 0) &&
        before->clients[move->client].state != SR_CLIENT_RECONNECTING)
        return false;
    /* If the connection is lost instead, that uses up one of the client's retries. */
    if (is_input(move) && before->disconnects > 0 &&
        is_counted_otherwise(&before->clients[move->client], &after->clients[move->client]))
        return false;
    return true;
}

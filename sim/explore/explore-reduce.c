/* Moves that need not be tried in every order.
 *
 * Where every order is looked at, most orders differ in nothing: a client that starts while
 * another derives a key does the same before and after. In a world in which some moves A are
 * such that, whatever happens without them, they stay possible and everything else commutes with
 * them, it is enough to try A: from each path that leads anywhere, the first move of A in it can be
 * taken to its front, and if there is none in it, one of A can be put there. So every end is still
 * reached, and every move that breaks a check is still made, only later. (A is a persistent set;
 * Godefroid, Partial-Order Methods, 1996.) That A is put in front again and again for ever cannot be:
 * no retry is ever in it, and without retries nothing happens twice.
 *
 * What commutes, from the protocol:
 *
 * - An input of a client changes this client and appends to its own links. Services take from
 *   these links and append to them at the other ends. So it commutes with everything but other
 *   inputs of the same client. Which of those may come before it is asked here: a message that is
 *   first on its link stays first; a link brings something new only if a service has something to
 *   answer, or, for the server before a session is established, if it broadcasts.
 * - The token provider remembers nothing. The encryption provider only puts a request aside when
 *   it takes it up, unless it looks for a key to hand out again. Where the store is calm (every
 *   key kept, no hint given twice, one replica) an answer depends on the request alone; a late
 *   one "is remembered and does nothing else".
 * - Once a session is established it stays so, and the server's answers to a client depend on
 *   nobody else.
 *
 * Crashes and lost connections of the same client do not commute with its inputs, but swallow
 * them: after the input and the crash the world is as after the crash alone. That holds if the
 * input sent nothing to a provider, or if what a provider does for nobody leaves no trace: after a
 * crash, with a calm store. Tokens that may expire are left alone: no reduction while there are
 * expirations left. A timer that only runs out when nothing else is left to happen is no
 * competitor.
 *
 * That a move keeps to itself is not believed but looked at when it is made (sr_reduction_holds()):
 * if the server's documents changed, or something is on its way to another client, the world is
 * expanded in full. */
#include "explore/explore-private.h"

/* What of a client's things there is, by place; and its timers. */
typedef struct {
    unsigned places;     /* bits of Place */
    unsigned n_provider; /* things at the encryption provider, or on the way there or back */
    bool work, retry;    /* a timer that may run out */
} Sources;

#define AT(place) (1u << (place))
#define OUT(service) AT(SR_DIRECTION_OUT(SR_NODE_##service))
#define IN(service) AT(SR_DIRECTION_IN(SR_NODE_##service))
#define ANSWERING (OUT(ENCRYPTION_PROVIDER) | AT(AT_GENERATE) | AT(AT_LOOKUP) | AT(AT_ATTACHED))

/* What a timer of a client that is not asking for anything does when it fires. */
static void
look_at_timer(const SrClient *client, SrTimer timer, Sources *sources)
{
    bool reconnects = client->state == SR_CLIENT_RECONNECTING && timer == SR_TIMER_MAIN;
    bool works = reconnects || sr_client_derives(client);

    sources->work |= works;
    sources->retry |= !works;
}

static Sources
look(const World *world, uint32_t client)
{
    const SrClient *it = &world->clients[client];
    Sources sources = { 0 };

    for (unsigned i = 0; i < world->things[client].n; i++) {
        const Thing *thing = &world->things[client].list[i];

        /* Nobody answers a `key-settled`, and what is for an earlier life nobody takes. */
        if (thing->type == SR_MSG_KEY_SETTLED ||
            (thing->request != 0 && sr_client_late(it, thing->request)))
            continue;
        sources.places |= AT(thing->place);
        sources.n_provider += AT(thing->place) & (ANSWERING | IN(ENCRYPTION_PROVIDER)) ? 1 : 0;
    }
    if (sr_timer_is_set(world, client, SR_TIMER_MAIN) && sr_main_waits_for(it) != WAITS_TIMEOUT)
        look_at_timer(it, SR_TIMER_MAIN, &sources);
    if (sr_old_key_retry_is_due(world, client))
        look_at_timer(it, SR_TIMER_OLD, &sources);
    return sources;
}

/* Returns: whether the encryption provider only puts the first request of @client aside */
static bool
is_put_aside(const SrExplorePlan *plan, const World *world, uint32_t client)
{
    const unsigned out = SR_DIRECTION_OUT(SR_NODE_ENCRYPTION_PROVIDER);
    const Thing *first = sr_find_thing(world, client, out, out, 0);

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

/* Returns: whether all that can come to @client is there already */
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
    /* The one message at the front of a link is all, unless something else may come. */
    return silent || ((sources->places & IN(SERVER)) && !sources->work &&
                      !(sources->places & (IN(ENCRYPTION_PROVIDER) | IN(TOKEN_PROVIDER))));
}

/* Returns: whether taking up the first thing at @place is enough */
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

static void
add(Moves *moves, MoveKind kind, uint32_t client, unsigned a)
{
    moves->list[moves->n++] =
        (Move){ .kind = (uint8_t) kind, .client = (uint8_t) client, .a = (uint8_t) a };
}

/* A single move of @client that is enough. Returns: whether there is one */
static bool
add_candidate(const SrExplorePlan *plan, const World *world, uint32_t client,
              const Sources *sources, Moves *moves)
{
    const Things *things = &world->things[client];

    if (world->clients[client].state == SR_CLIENT_IDLE) {
        add(moves, MOVE_START, client, 0);
        return true;
    }
    for (unsigned i = 0; i < things->n; i++) {
        unsigned place = things->list[i].place;

        if (!is_candidate(plan, world, client, place, sources))
            continue;
        if (place < SR_DIRECTION_N)
            add(moves, MOVE_DELIVER, client, place);
        else
            add(moves, MOVE_READY, client, 0);
        return true;
    }
    return false;
}

/* All inputs of @client, when no others can come. Returns: whether there are some that must
 * happen: without, time may go on, and that is more than an input */
static bool
add_inputs(const World *world, uint32_t client, Moves *moves)
{
    const SrClient *it = &world->clients[client];
    const Things *things = &world->things[client];
    unsigned seen = 0;

    if (sr_timer_is_set(world, client, SR_TIMER_MAIN) && sr_main_waits_for(it) == WAITS_WORK)
        add(moves, MOVE_TIMER, client, SR_TIMER_MAIN);
    for (unsigned i = 0; i < things->n; i++) {
        unsigned place = things->list[i].place;

        if (place >= SR_DIRECTION_N || place != SR_DIRECTION_IN(place / 2) ||
            (seen >> place & 1))
            continue;
        seen |= 1u << place;
        add(moves, MOVE_DELIVER, client, place);
    }
    if (moves->n == 0)
        return false;
    if (sr_old_key_retry_is_due(world, client))
        add(moves, MOVE_TIMER, client, SR_TIMER_OLD);
    return true;
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
    return world->n_things - world->things[client].n;
}

static bool
is_sent_to_provider(const World *before, const World *after, uint32_t client)
{
    return after->clients[client].requests != before->clients[client].requests;
}

/* Retries of connections are counted only with --count-retries. */
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

        if (x->phase != y->phase || x->has_outdated != y->has_outdated ||
            (x->phase != SR_PHASE_NONE &&
             (x->owner != y->owner || x->hint != y->hint || x->owner_conn != y->owner_conn)))
            return false;
    }
    if (count_others(before, move->client) != count_others(after, move->client))
        return false;
    /* A client that fails closes its connection, which the server sees. */
    if (before->server_clients[move->client].conn != 0 &&
        after->server_clients[move->client].conn != before->server_clients[move->client].conn)
        return false;
    if (is_input(move) && is_sent_to_provider(before, after, move->client) &&
        ((before->crashes > 0 && !plan->calm) || before->disconnects > 0) &&
        before->clients[move->client].state != SR_CLIENT_RECONNECTING)
        return false;
    /* The connection that is lost instead takes one of the retries that are left. */
    if (is_input(move) && before->disconnects > 0 &&
        is_counted_otherwise(&before->clients[move->client], &after->clients[move->client]))
        return false;
    return true;
}

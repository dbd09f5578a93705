/* Which pending thing comes next.
 *
 * Nodes share nothing but messages, so the order of two events of different nodes makes no
 * difference. A pending thing that nothing else can come before at its node, for all instants of
 * the class, is made alone, and its instant is not compared with those of other nodes: each node
 * has a time of its own. What could come before it is what is pending, and what that can lead to,
 * no sooner than the least way (timed-stages.c).
 *
 * If there is none, each thing is tried that may be the earliest of all. In every run one of them
 * is.
 *
 * Two moves commute, and need no order, in these cases:
 * - At a service without `processing`, what belongs to different clients: the token provider keeps
 *   no state; the server does once the session is established, and before that as the comments
 *   below say; the encryption provider does where its store is calm (explore-private.h).
 * - Two messages of one link direction are in the order of that direction anyway. Two moves that
 *   both send on one link direction do not commute. */
#include "timed/timed-private.h"

/* Returns: the least time from the pending thing @e to an arrival of `upload`, which is the only
 * thing by which one client's moves reach another client */
static int32_t
to_upload(const Rules *rules, const World *world, const Var *e)
{
    const SrServerDocument *document = &world->documents[0];

    if (document->phase == SR_PHASE_ESTABLISHED ||
        (document->phase == SR_PHASE_CREATING && document->owner != e->client &&
         e->stage != STAGE_UNKNOWN))
        return NEVER_SOON;
    return rules->least[e->client][e->stage][TO_UPLOAD];
}

static int32_t
soon(int32_t way, int32_t delay)
{
    return way >= NEVER_SOON ? NEVER_SOON : way + delay;
}

/* Returns: the least time from @e to an input of @client that does not travel behind what is on
 * @direction (SR_DIRECTION_N: none) */
static int32_t
to_input(const Rules *rules, const World *world, const Var *e, uint32_t client,
         unsigned direction)
{
    const unsigned in = SR_DIRECTION_IN(SR_NODE_SERVER);
    int32_t way;

    if (e->client == client)
        return e->kind == VAR_ITEM && e->place == direction
                   ? NEVER_SOON
                   : rules->least[client][e->stage][TO_INPUT];
    if (direction == in || !world->clients[client].open)
        return NEVER_SOON;
    way = to_upload(rules, world, e);
    return soon(way, rules->links[client][in].lo);
}

/* Returns: the least time from @e to a move at the encryption provider, of whatever client */
static int32_t
to_keys(const Rules *rules, const World *world, const Var *e)
{
    int32_t way = rules->least[e->client][e->stage][TO_KEYS];
    int32_t upload = to_upload(rules, world, e);

    if (upload >= NEVER_SOON)
        return way;
    for (uint32_t i = 0; i < rules->plan.n_clients; i++)
        way = MIN(way, upload + rules->links[i][SR_DIRECTION_IN(SR_NODE_SERVER)].lo +
                           rules->links[i][SR_DIRECTION_OUT(SR_NODE_ENCRYPTION_PROVIDER)].lo);
    return way;
}

/* ---- at the services ---- */

static int32_t
at_token_provider(const Rules *rules, const Var *f, const Var *e)
{
    if (rules->processing[SR_NODE_TOKEN_PROVIDER].hi == 0 && e->client != f->client)
        return NEVER_SOON;
    return rules->least[e->client][e->stage][TO_TOKEN];
}

/* Returns: whether it makes a difference which comes first, a request for the session or a creation
 * of another client */
static bool
is_request_seen(const Rules *rules)
{
    return rules->plan.model->server.pending || (rules->watches >> SR_WATCH_RACE & 1);
}

static int32_t
at_server(const Rules *rules, const World *world, const Var *f, const Var *e)
{
    const SrServerDocument *document = &world->documents[0];
    int32_t way;

    if (rules->processing[SR_NODE_SERVER].hi > 0 || f->stage == STAGE_UNKNOWN)
        return rules->least[e->client][e->stage][TO_SERVER];
    if (document->phase == SR_PHASE_ESTABLISHED)
        return NEVER_SOON;
    way = to_upload(rules, world, e);
    switch ((Stage) f->stage) {
    case STAGE_UPLOAD_ARRIVES:
        /* Who is connected hears of the session, and who asks is answered otherwise. */
        return rules->least[e->client][e->stage][TO_SERVER];
    case STAGE_CREATE_ARRIVES:
        /* Who asks while the session is created is told to wait. */
        if (is_request_seen(rules))
            return rules->least[e->client][e->stage][TO_SERVER];
        /* One of two is the first; once there is a first, all others are rejected. */
        if (document->phase == SR_PHASE_NONE || rules->plan.promotes)
            way = MIN(way, rules->least[e->client][e->stage][TO_CREATE]);
        return way;
    case STAGE_REQUEST_ARRIVES:
        /* The answer is `session-none` before and after a creation begins, unless it is
         * `session-pending`. */
        if (is_request_seen(rules))
            way = MIN(way, rules->least[e->client][e->stage][TO_CREATE]);
        return way;
    case STAGE_CONNECT_ARRIVES:
        return way;
    default:
        return rules->least[e->client][e->stage][TO_SERVER];
    }
}

static int32_t
at_encryption_provider(const Rules *rules, const World *world, const Var *f, const Var *e)
{
    bool serves = rules->processing[SR_NODE_ENCRYPTION_PROVIDER].hi > 0;

    if (!serves && f->place < SR_DIRECTION_N &&
        (f->stage == STAGE_NEW_ARRIVES || f->stage == STAGE_OLD_ARRIVES) &&
        !rules->plan.model->provider.reuse)
        return NEVER_SOON; /* the request is only put aside */
    /* Another client's upload may make this one ask for that key, and the two answers to it leave in
     * some order. */
    if (!serves && rules->plan.calm && e->client != f->client)
        return soon(soon(to_upload(rules, world, e),
                         rules->links[f->client][SR_DIRECTION_IN(SR_NODE_SERVER)].lo),
                    rules->links[f->client][SR_DIRECTION_OUT(SR_NODE_ENCRYPTION_PROVIDER)].lo);
    return to_keys(rules, world, e);
}

/* Returns: how much later than @e the first thing can be that does not commute with @f */
static int32_t
way_to_conflict(const Rules *rules, const World *world, const Var *f, const Var *e)
{
    uint32_t service;

    /* Behind it on its link direction, where there is no queue. */
    if (e->client == f->client && e->kind == VAR_ITEM && f->kind == VAR_ITEM &&
        e->place == f->place && f->place < SR_DIRECTION_N && f->place % 2 == 0 &&
        rules->processing[f->place / 2].hi == 0)
        return NEVER_SOON;
    if (f->kind == VAR_TIMER)
        return to_input(rules, world, e, f->client, SR_DIRECTION_N);
    if (f->place < SR_DIRECTION_N && f->place % 2 == 1)
        return to_input(rules, world, e, f->client, f->place);
    service = f->place == AT_GENERATE || f->place == AT_LOOKUP ? SR_NODE_ENCRYPTION_PROVIDER
              : f->place >= AT_QUEUE                           ? (uint32_t) f->place - AT_QUEUE
                                                               : f->place / 2u;
    return service == SR_NODE_TOKEN_PROVIDER ? at_token_provider(rules, f, e)
           : service == SR_NODE_SERVER       ? at_server(rules, world, f, e)
                                             : at_encryption_provider(rules, world, f, e);
}

/* Returns: whether @f can move what other nodes share: a client that fails closes its connection,
 * and the server sees that at once */
static bool
touches_more(const World *world, const Var *f)
{
    if (f->stage == STAGE_UNKNOWN)
        return true;
    return (f->stage == STAGE_NEW_REFUSED || f->stage == STAGE_OLD_REFUSED) &&
           f->kind == VAR_ITEM && world->documents[0].phase != SR_PHASE_ESTABLISHED;
}

bool
sr_head_is_alone(const Search *search, unsigned head)
{
    const Rules *rules = search->rules;
    const Live *live = &search->live;
    const Var *f = &live->vars.list[head];

    if (rules->no_reduction || touches_more(&live->world, f))
        return false;
    for (unsigned i = 0; i < live->vars.n; i++) {
        const Var *e = &live->vars.list[i];

        /* At one instant either may come first, so that it must be before. */
        if (i != head && e->kind != VAR_PAST &&
            live->zone.bound[head][live->vars.row[i]] >=
                way_to_conflict(rules, &live->world, f, e))
            return false;
    }
    /* A lookup may come before or after its key is discarded. */
    if (rules->discards && f->stage == STAGE_LOOKED_UP) {
        uint8_t hints[SLOTS_MAX];
        unsigned n = sr_discards_list(search, hints);

        for (unsigned i = 0; i < n; i++)
            if (live->zone.bound[head][live->side.made[hints[i]]] > rules->keep - 1)
                return false;
    }
    return true;
}

unsigned
sr_discards_list(const Search *search, uint8_t hints[SLOTS_MAX])
{
    const World *world = &search->live.world;
    unsigned n = 0;

    if (!search->rules->discards)
        return 0;
    for (uint32_t hint = 1; hint <= world->n_slots; hint++)
        if (world->slots[hint].live && search->live.side.made[hint] != NO_VAR)
            hints[n++] = (uint8_t) hint;
    return n;
}

/* ---- link directions ---- */

/* Returns: the least time from @e to an arrival of a message on @direction of @client that is not
 * sent yet */
static int32_t
to_arrival(const Rules *rules, const World *world, const Var *e, uint32_t client,
           unsigned direction)
{
    const unsigned from_server = SR_DIRECTION_IN(SR_NODE_SERVER);
    static const uint8_t goal_of[SR_SERVICE_N] = { [SR_NODE_SERVER] = TO_SERVER,
                                                   [SR_NODE_TOKEN_PROVIDER] = TO_TOKEN,
                                                   [SR_NODE_ENCRYPTION_PROVIDER] = TO_KEYS };
    int32_t delay = rules->links[client][direction].lo, way = NEVER_SOON;

    if (e->client == client)
        way = rules->least[client][e->stage]
                          [direction % 2 == 0 ? TO_INPUT : goal_of[direction / 2]];
    if (world->clients[client].open) {
        int32_t heard = soon(to_upload(rules, world, e), rules->links[client][from_server].lo);

        if (direction == from_server)
            return MIN(soon(way, delay), heard);
        /* An input may make the client send, and a service answer that. */
        if (direction % 2 == 1)
            heard = soon(heard, rules->links[client][direction - 1].lo);
        way = MIN(way, heard);
    }
    return soon(way, delay);
}

bool
sr_last_is_implied(const Rules *rules, const World *world, const Zone *zone, const Vars *vars,
                   uint32_t client, unsigned direction, unsigned last)
{
    if (rules->mutant == SR_TIMED_NO_LAST)
        return true;
    for (unsigned i = 0; i < vars->n; i++)
        if (vars->list[i].kind != VAR_PAST &&
            zone->bound[last][vars->row[i]] >
                to_arrival(rules, world, &vars->list[i], client, direction))
            return false;
    return true;
}

/* Which pending thing comes next.
 *
 * Nodes share nothing but messages, so the order of two events of different nodes makes no
 * difference. A pending thing that nothing else can come before at its node, for all instants of
 * the class, is made alone, and its instant is not compared with those of other nodes: each node
 * has a time of its own. What could come before it is what is pending, and what that can lead to,
 * no sooner than the least way (timed-stages.c).
 *
 * If there is none, its rivals are looked for: what may lead to something that does not commute
 * with it, and the rivals of these. Each of them is tried as the first of them; nothing is said of the
 * others. engine.md says why this is right.
 *
 * Two moves commute, and need no order, in these cases:
 * - At a service without `processing`, what belongs to different clients: the token provider keeps
 *   no state; the server does once the session is established, and before that as the comments
 *   below say; the encryption provider does where its store is calm (explore-private.h).
 * - Two messages of one link direction are in the order of that direction anyway. Two moves that
 *   both send on one link direction do not commute. */
#include "timed/timed-private.h"

#define BIT(row) (UINT64_C(1) << (row))

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
    const unsigned in = SR_DIRECTION_IN(SR_NODE_SERVER),
                   answers = SR_DIRECTION_IN(SR_NODE_ENCRYPTION_PROVIDER);
    int32_t way;

    if (e->client == client)
        return e->kind == VAR_ITEM && e->place == direction
                   ? NEVER_SOON
                   : rules->least[client][e->stage][TO_INPUT];
    way = direction == in || !world->clients[client].open
              ? NEVER_SOON
              : soon(to_upload(rules, world, e), rules->links[client][in].lo);
    if (rules->attaches && direction != answers)
        way = MIN(way, soon(rules->least[e->client][e->stage][TO_ANSWER],
                            rules->links[client][answers].lo));
    return way;
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
    if (!rules->queues[SR_NODE_TOKEN_PROVIDER] && e->client != f->client)
        return NEVER_SOON;
    return rules->least[e->client][e->stage][TO_TOKEN];
}

/* Returns: whether it makes a difference which comes first, a request of @client for the
 * session or a creation of another one */
static bool
is_request_seen(const Rules *rules, uint32_t client)
{
    return rules->plan.model->server.pending ||
           ((rules->watches >> SR_WATCH_RACE & 1) && (rules->watched >> client & 1));
}

static int32_t
at_server(const Rules *rules, const World *world, const Var *f, const Var *e)
{
    const SrServerDocument *document = &world->documents[0];
    int32_t way;

    if (rules->queues[SR_NODE_SERVER] || f->stage == STAGE_UNKNOWN)
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
        if (is_request_seen(rules, e->client))
            return rules->least[e->client][e->stage][TO_SERVER];
        /* One of two is the first; once there is a first, all others are rejected. */
        if (document->phase == SR_PHASE_NONE || rules->plan.promotes)
            way = MIN(way, rules->least[e->client][e->stage][TO_CREATE]);
        return way;
    case STAGE_REQUEST_ARRIVES:
        /* The answer is `session-none` before and after a creation begins, unless it is
         * `session-pending`. */
        if (is_request_seen(rules, f->client))
            way = MIN(way, rules->least[e->client][e->stage][TO_CREATE]);
        return way;
    case STAGE_CONNECT_ARRIVES:
        return way;
    default:
        return rules->least[e->client][e->stage][TO_SERVER];
    }
}

/* Returns: the least time from @e to another answer to the client of @f, which is an answer that is
 * not sent yet: the two leave in some order, and arrive in that. Another client's upload may make
 * this one ask for that key while its own is being made. */
static int32_t
to_answer(const Rules *rules, const World *world, const Var *f, const Var *e)
{
    const Bound *links = rules->links[f->client];

    if (e->client == f->client)
        return rules->least[e->client][e->stage][TO_ANSWER];
    return soon(to_upload(rules, world, e),
                links[SR_DIRECTION_IN(SR_NODE_SERVER)].lo +
                    links[SR_DIRECTION_OUT(SR_NODE_ENCRYPTION_PROVIDER)].lo + rules->lookup.lo);
}

static int32_t
at_encryption_provider(const Rules *rules, const World *world, const Var *f, const Var *e)
{
    bool serves = rules->queues[SR_NODE_ENCRYPTION_PROVIDER];

    if (!serves && f->place < SR_DIRECTION_N &&
        (f->stage == STAGE_NEW_ARRIVES || f->stage == STAGE_OLD_ARRIVES) &&
        !rules->plan.model->provider.reuse)
        return NEVER_SOON; /* the request is only put aside */
    if (!serves && rules->plan.calm && f->place >= SR_DIRECTION_N && f->stage != STAGE_UNKNOWN)
        return to_answer(rules, world, f, e);
    return to_keys(rules, world, e);
}

/* Returns: how much later than @e the first thing can be that does not commute with @f */
static int32_t
way_to_conflict(const Rules *rules, const World *world, const Var *f, const Var *e)
{
    uint32_t service;
    int32_t way;

    if (f->stage == STAGE_IGNORED)
        return NEVER_SOON;
    if (e->kind == VAR_POINT || e->kind == VAR_ESTABLISH)
        return 0;
    /* Behind it on its link direction, where there is no queue. */
    if (e->client == f->client && e->kind == VAR_ITEM && f->kind == VAR_ITEM &&
        e->place == f->place && f->place < SR_DIRECTION_N && f->place % 2 == 0 &&
        !rules->queues[f->place / 2])
        return NEVER_SOON;
    if (f->kind == VAR_TIMER)
        return to_input(rules, world, e, f->client, SR_DIRECTION_N);
    if (f->place < SR_DIRECTION_N && f->place % 2 == 1)
        return to_input(rules, world, e, f->client, f->place);
    service = f->place == AT_GENERATE || f->place == AT_LOOKUP ? SR_NODE_ENCRYPTION_PROVIDER
              : f->place >= AT_QUEUE                           ? (uint32_t) f->place - AT_QUEUE
                                                               : f->place / 2u;
    if (service == SR_NODE_TOKEN_PROVIDER)
        return at_token_provider(rules, f, e);
    if (service == SR_NODE_ENCRYPTION_PROVIDER)
        return at_encryption_provider(rules, world, f, e);
    /* Its client may give up before, and then the connection is closed. */
    way = e->client == f->client ? rules->least[e->client][e->stage][TO_TIMEOUT] : NEVER_SOON;
    return MIN(way, at_server(rules, world, f, e));
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

/* Returns: whether the key that is looked up may be gone before */
static bool
may_be_discarded(const Search *search, const Var *f, unsigned head)
{
    const Live *live = &search->live;
    uint8_t hints[SLOTS_MAX];
    unsigned n;

    if (!search->rules->discards || f->stage != STAGE_LOOKED_UP)
        return false;
    n = sr_discards_list(search, hints);
    for (unsigned i = 0; i < n; i++)
        if (live->zone.bound[head][live->side.made[hints[i]]] > search->rules->keep - 1)
            return true;
    return false;
}

/* Says of something that it must be the earliest of all; no row of a head. */
#define EARLIEST BIT(63)

/* For each head the heads that may lead, before it or at the same instant, to what does not commute
 * with it, and how much later than these that is at least. */
typedef struct {
    uint64_t of[VARS_MAX];
    int32_t way[VARS_MAX][VARS_MAX];
} Pairs;

static inline unsigned
first_of(uint64_t set)
{
    return (unsigned) __builtin_ctzll(set);
}

static void
find_pairs(const Search *search, unsigned head, Pairs *pairs)
{
    const Rules *rules = search->rules;
    const Live *live = &search->live;
    const Var *f = &live->vars.list[head];

    pairs->of[head] = 0;
    if (touches_more(&live->world, f) || may_be_discarded(search, f, head)) {
        pairs->of[head] = EARLIEST;
        return;
    }
    for (unsigned i = 0; i < live->vars.n; i++) {
        const Var *e = &live->vars.list[i];
        int32_t way, *known;

        if (i == head || e->kind == VAR_PAST)
            continue;
        way = way_to_conflict(rules, &live->world, f, e);
        /* At one instant either may come first, so that it must be before. */
        if (live->zone.bound[head][live->vars.row[i]] < way || e->lead == head)
            continue;
        known = &pairs->way[head][e->lead];
        *known = pairs->of[head] & BIT(e->lead) ? MIN(*known, way) : way;
        pairs->of[head] |= BIT(e->lead);
    }
}

/* Finds what rivals @head, what rivals those, and so on, and the greatest handicaps that leave
 * each its ways. Returns: FALSE if one of them must be the earliest of all */
static bool
find_rivals(unsigned head, const Pairs *pairs, Rivals *rivals)
{
    uint64_t changed = BIT(head);

    rivals->heads = BIT(head);
    rivals->handicap[head] = 0;
    while (changed != 0) {
        unsigned f = first_of(changed);

        changed &= changed - 1;
        if (pairs->of[f] & EARLIEST)
            return false;
        for (uint64_t rest = pairs->of[f]; rest != 0; rest &= rest - 1) {
            unsigned e = first_of(rest);
            int32_t handicap = rivals->handicap[f] + pairs->way[f][e];

            if ((rivals->heads & BIT(e)) && handicap >= rivals->handicap[e])
                continue;
            rivals->handicap[e] = handicap;
            rivals->heads |= BIT(e);
            changed |= BIT(e);
        }
    }
    return true;
}

static Rivals
all_heads(const Search *search)
{
    const Live *live = &search->live;
    uint8_t hints[SLOTS_MAX];
    Rivals all = { 0 };

    for (unsigned i = 0; i < live->zone.n; i++)
        if (live->vars.list[i].kind != VAR_PAST && live->vars.list[i].head)
            all.heads |= BIT(i);
    all.discards = all.heads != 0 && sr_discards_list(search, hints) > 0;
    return all;
}

/* Returns: how many of @rivals may come first, as far as pairs of them say */
static unsigned
count_possible(const Zone *zone, const Rivals *rivals)
{
    unsigned n = 0;

    for (uint64_t rest = rivals->heads; rest != 0; rest &= rest - 1) {
        unsigned f = first_of(rest);
        bool possible = true;

        for (uint64_t others = rivals->heads & ~BIT(f); others != 0; others &= others - 1) {
            unsigned e = first_of(others);

            possible &= sr_zone_allows(zone, f, e, rivals->handicap[e] - rivals->handicap[f]);
        }
        n += possible;
    }
    return n;
}

/* Returns: the less, the fewer classes follow: the fewer rivals may be first, then the fewer there
 * are, then the later the stage of @head, which they were found for. Any are right. */
static unsigned
cost_of(const Live *live, unsigned head, const Rivals *rivals)
{
    unsigned n = (unsigned) __builtin_popcountll(rivals->heads);

    return (count_possible(&live->zone, rivals) * VARS_MAX + n) * STAGE_N + STAGE_N -
           live->vars.list[head].stage;
}

Rivals
sr_rivals_find(const Search *search)
{
    Rivals best = all_heads(search), next;
    uint64_t all = best.heads;
    unsigned cost, least = UINT_MAX;
    Pairs pairs;

    if (search->rules->no_reduction)
        return best;
    for (uint64_t rest = all; rest != 0; rest &= rest - 1) {
        unsigned head = first_of(rest);

        find_pairs(search, head, &pairs);
        if (pairs.of[head] == 0)
            return (Rivals){ .heads = BIT(head) };
    }
    if (best.discards)
        return best;
    for (uint64_t rest = all; rest != 0; rest &= rest - 1) {
        unsigned head = first_of(rest);

        next.discards = false;
        if (!find_rivals(head, &pairs, &next))
            continue;
        cost = cost_of(&search->live, head, &next);
        if (cost < least) {
            least = cost;
            best = next;
        }
    }
    return best;
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
    if (rules->attaches && direction == SR_DIRECTION_IN(SR_NODE_ENCRYPTION_PROVIDER))
        way = MIN(way, rules->least[e->client][e->stage][TO_ANSWER]);
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

/* The search: breadth first, one thread. */
#include "timed/timed-private.h"

/* Limits are looked at each time so many classes were expanded. */
#define STOP_EVERY 256u

Search *
sr_search_new(Rules *rules, uint64_t *memory)
{
    Search *search = g_new0(Search, 1);

    search->rules = rules;
    search->context = sr_context_new(&rules->plan);
    search->store = sr_class_store_new(!rules->no_subsumption, memory);
    rules->plan.ties = search->ties;
    return search;
}

void
sr_search_free(Search *search)
{
    if (search == NULL)
        return;
    search->rules->plan.ties = NULL;
    sr_class_store_free(search->store);
    sr_context_free(search->context);
    g_free(search);
}

/* ---- packing ---- */

static inline uint64_t
mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 29;
}

/* A number for each client that depends on its instants, and on nobody's place: two clients in the
 * same state are sorted by it. */
static void
find_ties(Search *search)
{
    const Rules *rules = search->rules;
    const Zone *zone = &search->next;
    World *world = &search->live.world;

    for (uint32_t client = 0; client < rules->plan.n_clients; client++) {
        const uint8_t one = (uint8_t) client;
        uint8_t list[VARS_MAX];
        Side *side = &search->next_side;
        uint64_t hash = 0;
        unsigned n;
        uint8_t accepted = side->accepted;

        side->accepted = NO_VAR;
        n = sr_vars_walk(rules, world, side, &one, 1, NULL, 0, list, NULL);
        side->accepted = accepted;
        for (unsigned i = 0; i < n; i++) {
            int64_t above = 0, below = 0;

            for (unsigned j = 0; j < zone->n; j++) {
                above += zone->bound[list[i]][j];
                below += zone->bound[j][list[i]];
            }
            hash = mix(mix(hash, (uint64_t) above), (uint64_t) below);
        }
        search->ties[client] = hash;
    }
}

/* Where the timeline has got to, and what goes on meanwhile. */
static uint8_t *
pack_points(const Search *search, uint8_t *out)
{
    const Side *side = &search->next_side;

    *out++ = side->next_point;
    *out++ = side->n_dropped;
    *out++ = side->down;
    for (unsigned service = 0; service < SR_SERVICE_N; service++)
        *out++ = side->out[service];
    for (uint32_t i = 0; i < search->rules->plan.n_clients; i++) {
        uint32_t client = search->packed.clients[i];

        *out++ = side->unreachable[client];
        *out++ = side->returns[client];
        for (unsigned service = 0; service < SR_SERVICE_N; service++)
            *out++ = side->cut[client][service];
        *out++ = side->gone >> client & 1;
    }
    return out;
}

static void
unpack_points(const Rules *rules, const uint8_t *in, Side *side)
{
    side->next_point = *in++;
    side->n_dropped = *in++;
    side->down = *in++;
    for (unsigned service = 0; service < SR_SERVICE_N; service++)
        side->out[service] = *in++;
    for (uint32_t i = 0; i < rules->plan.n_clients; i++) {
        side->unreachable[i] = *in++;
        side->returns[i] = *in++;
        for (unsigned service = 0; service < SR_SERVICE_N; service++)
            side->cut[i][service] = *in++;
        side->gone |= (uint8_t) (*in++ << i);
    }
    if (side->next_point < rules->n_points)
        side->fault = 0;
}

static uint8_t *
pack_side(const Search *search, const uint8_t position_of[CLIENTS_MAX], uint8_t *out)
{
    const Rules *rules = search->rules;
    const Side *side = &search->next_side;
    const Packed *packed = &search->packed;

    for (unsigned service = 0; service < SR_SERVICE_N; service++) {
        if (!rules->queues[service])
            continue;
        *out++ = side->n_queue[service];
        for (unsigned i = 0; i < side->n_queue[service]; i++)
            *out++ = position_of[side->queue[service][i]];
    }
    for (uint32_t i = 0; i < rules->plan.n_clients; i++) {
        uint32_t client = packed->clients[i];
        unsigned mask = (unsigned) (side->waits[client] != NO_VAR) << 6 |
                        (unsigned) (side->signed_at[client] != NO_VAR) << 7;

        for (unsigned direction = 0; direction < SR_DIRECTION_N; direction++)
            mask |= (unsigned) (side->last[client][direction] != NO_VAR) << direction;
        *out++ = (uint8_t) mask;
        *out++ = (uint8_t) ((unsigned) (side->started[client] != NO_VAR) |
                            (unsigned) (side->over[client] != NO_VAR) << 1 |
                            (unsigned) (side->none_at[client] != NO_VAR) << 2 |
                            (side->heavy[client] & 3u) << 3);
    }
    for (unsigned i = 1; i <= packed->n_hints; i++)
        *out++ = side->made[packed->hints[i]] != NO_VAR;
    *out++ =
        (uint8_t) ((unsigned) (side->accepted != NO_VAR) |
                   (unsigned) (side->establish != NO_VAR) << 1 | (unsigned) side->raced << 2 |
                   (unsigned) side->busy << 3 | (unsigned) side->down_for_good << 6 |
                   (unsigned) (side->tick != NO_VAR) << 7);
    return rules->n_points > 0 ? pack_points(search, out) : out;
}

static void
unpack_side(const Rules *rules, const World *world, const uint8_t *in, Side *side)
{
    memset(side, NO_VAR, offsetof(Side, heavy));
    memset(side->heavy, 0, sizeof *side - offsetof(Side, heavy));
    for (unsigned service = 0; service < SR_SERVICE_N; service++) {
        if (!rules->queues[service])
            continue;
        side->n_queue[service] = *in++;
        for (unsigned i = 0; i < side->n_queue[service]; i++)
            side->queue[service][i] = *in++;
    }
    /* Any row but NO_VAR says that there is one; sr_vars_walk() numbers them. */
    for (uint32_t i = 0; i < rules->plan.n_clients; i++) {
        unsigned mask = *in++, more = *in++;

        for (unsigned direction = 0; direction < SR_DIRECTION_N; direction++)
            if (mask >> direction & 1)
                side->last[i][direction] = 0;
        if (mask >> 6 & 1)
            side->waits[i] = 0;
        if (mask >> 7 & 1)
            side->signed_at[i] = 0;
        if (more & 1)
            side->started[i] = 0;
        if (more >> 1 & 1)
            side->over[i] = 0;
        if (more >> 2 & 1)
            side->none_at[i] = 0;
        side->heavy[i] = more >> 3 & 3;
    }
    for (unsigned i = 1; i <= world->n_slots; i++)
        if (*in++)
            side->made[i] = 0;
    if (*in & 1)
        side->accepted = 0;
    if (*in >> 1 & 1)
        side->establish = 0;
    side->raced = *in >> 2 & 1;
    side->busy = *in >> 3 & 7;
    side->down_for_good = *in >> 6 & 1;
    if (*in >> 7 & 1)
        side->tick = 0;
    if (rules->n_points > 0)
        unpack_points(rules, in + 1, side);
}

/* Packs the next class. @from: (nullable) */
static void
pack(Search *search, const Origin *from)
{
    const Rules *rules = search->rules;
    const SrExplorePlan *plan = &rules->plan;
    uint8_t position_of[CLIENTS_MAX], *end;
    uint64_t open;
    unsigned n;

    if (plan->sorts)
        find_ties(search);
    search->n_world =
        (uint32_t) sr_world_pack(plan, &search->live.world, from, search->context->touched,
                                 search->bytes, &search->packed);
    for (uint32_t i = 0; i < plan->n_clients; i++)
        position_of[search->packed.clients[i]] = (uint8_t) i;
    end = pack_side(search, position_of, search->bytes + search->n_world);
    search->n_key = (uint32_t) (end - search->bytes);
    memcpy(end, search->packed.signs, plan->n_clients * sizeof(uint64_t));
    search->n_bytes = search->n_key + plan->n_clients * (uint32_t) sizeof(uint64_t);
    n = sr_vars_walk(rules, &search->live.world, &search->next_side, search->packed.clients,
                     plan->n_clients, search->packed.hints, search->packed.n_hints,
                     search->rows, &open);
    sr_zone_take(&search->zone, &search->next, search->rows, n);
    for (; open != 0; open &= open - 1)
        sr_zone_open(&search->zone, (unsigned) __builtin_ctzll(open));
}

static void
unpack(Search *search, const uint8_t *bytes, uint32_t n_world, uint32_t n_key)
{
    const Rules *rules = search->rules;
    const SrExplorePlan *plan = &rules->plan;
    Live *live = &search->live;
    uint64_t signs[CLIENTS_MAX];
    uint8_t clients[CLIENTS_MAX], hints[SLOTS_MAX + 2];
    unsigned n;

    memcpy(signs, bytes + n_key, plan->n_clients * sizeof *signs);
    sr_world_unpack(plan, bytes, signs, &live->world, &live->origin);
    unpack_side(rules, &live->world, bytes + n_world, &live->side);
    for (unsigned i = 0; i < CLIENTS_MAX; i++)
        clients[i] = (uint8_t) i;
    for (unsigned i = 0; i <= live->world.n_slots; i++)
        hints[i] = (uint8_t) i;
    n = sr_vars_walk(rules, &live->world, &live->side, clients, plan->n_clients, hints,
                     live->world.n_slots, NULL, NULL);
    g_assert(n == live->zone.n);
    sr_vars_describe(rules, &live->world, &live->side, n, &live->vars);
    search->rivals = sr_rivals_find(search);
    sr_world_keep(plan, &live->world, &live->origin.before);
}

void
sr_search_load(Search *search, uint32_t class)
{
    uint32_t n_world, n_key;
    const uint8_t *bytes = sr_class_store_state(search->store, class, &n_world, &n_key);

    sr_class_store_zone(search->store, class, &search->live.zone);
    unpack(search, bytes, n_world, n_key);
}

void
sr_search_go_on(Search *search, bool first)
{
    Recorder *recorder = search->recorder;

    pack(search, first ? NULL : &search->live.origin);
    if (recorder != NULL) {
        uint32_t of_var[VARS_MAX];
        uint8_t who[CLIENTS_MAX];

        for (unsigned i = 0; i < search->zone.n; i++)
            of_var[i] = recorder->of_var[search->rows[i]];
        for (uint32_t i = 0; i < search->rules->plan.n_clients; i++)
            who[i] = recorder->who[search->packed.clients[i]];
        memcpy(recorder->of_var, of_var, sizeof of_var);
        memcpy(recorder->who, who, sizeof who);
    }
    memcpy(search->path_bytes, search->bytes, search->n_bytes);
    sr_zone_copy(&search->live.zone, &search->zone);
    unpack(search, search->path_bytes, search->n_world, search->n_key);
}

/* ---- what was found ---- */

static void
keep_best(Best *best, bool better, int32_t value, uint32_t class, Choice choice,
          const Span *span)
{
    if (best->found && !better)
        return;
    *best = (Best){ .found = true,
                    .value = value,
                    .class = class,
                    .choice = choice,
                    .from = span->from,
                    .to = span->to };
}

static void
keep_spans(Search *search, uint32_t class, Choice choice)
{
    for (unsigned i = 0; i < search->n_spans; i++) {
        const Span *span = &search->spans[i];
        int32_t most = search->next.bound[span->to][span->from];
        int32_t least = -search->next.bound[span->from][span->to];
        Best *greatest = &search->most[span->watch], *smallest = &search->least[span->watch];

        keep_best(greatest, most > greatest->value, most, class, choice, span);
        keep_best(smallest, least < smallest->value, least, class, choice, span);
    }
}

static void
keep_findings(Search *search, uint32_t class, Choice choice, bool at_end)
{
    const Context *context = search->context;

    for (unsigned i = 0; i < context->n_findings; i++) {
        Broken *broken = &search->broken[context->findings[i].check];

        if (!broken->failed)
            *broken =
                (Broken){ .failed = true, .at_end = at_end, .class = class, .choice = choice };
    }
}

/* ---- expansion ---- */

static void
make(Search *search, uint32_t class, Choice choice)
{
    if (sr_search_step(search, choice)) {
        search->transitions++;
        keep_spans(search, class, choice);
        keep_findings(search, class, choice, false);
        if (search->context->out_of_room)
            search->end = SR_TIMED_OUT_OF_ROOM;
        else {
            pack(search, &search->live.origin);
            sr_class_store_add(search->store, search->bytes, search->n_world, search->n_key,
                               search->n_bytes, &search->zone, class, choice);
        }
        sr_search_restore(search);
    }
}

/* Returns: whether no watched span is open or can begin in the class */
static bool
is_seen(const Search *search)
{
    const Rules *rules = search->rules;
    const World *world = &search->live.world;
    const SrServerDocument *document = &world->documents[0];
    const uint32_t of_race = 1u << SR_WATCH_RACE,
                   of_one = 1u << SR_WATCH_JUDGED | 1u << SR_WATCH_COLLABORATE,
                   of_keys = 1u << SR_WATCH_KEY_LOOKUP | 1u << SR_WATCH_KEY_NEED;

    if (!search->spans_only || rules->loses ||
        (rules->watches & ~(of_race | of_one | of_keys)) != 0)
        return false;
    if ((rules->watches & of_keys) &&
        (document->phase == SR_PHASE_NONE || search->live.side.made[document->hint] != NO_VAR))
        return false;
    if ((rules->watches & of_race) && !search->live.side.raced)
        return false;
    for (uint32_t i = 0; (rules->watches & of_one) && i < rules->plan.n_clients; i++)
        if ((rules->watched >> i & 1) && world->clients[i].state != SR_CLIENT_COLLABORATING &&
            world->clients[i].state < SR_CLIENT_FAILED)
            return false;
    return true;
}

static void
expand(Search *search, uint32_t class)
{
    uint8_t hints[SLOTS_MAX];
    uint64_t before = search->transitions;
    unsigned n;

    sr_search_load(search, class);
    if (is_seen(search))
        return;
    if (search->rivals.heads == 0) {
        search->ends++;
        sr_world_end(search->context, &search->live.world);
        keep_findings(search, class, (Choice){ .head = NO_VAR }, true);
        return;
    }
    for (uint64_t rest = search->rivals.heads; rest != 0; rest &= rest - 1) {
        Choice choice = { .head = (uint8_t) __builtin_ctzll(rest) };

        make(search, class, choice);
        choice.other = true;
        if (sr_choice_has_other(search, choice.head))
            make(search, class, choice);
    }
    n = search->rivals.discards ? sr_discards_list(search, hints) : 0;
    for (unsigned i = 0; i < n; i++)
        make(search, class, (Choice){ .head = NO_VAR, .hint = hints[i] });
    /* Some pending thing is the earliest. */
    g_assert(search->transitions > before || search->rules->mutant != SR_TIMED_RIGHT ||
             search->end != SR_TIMED_COMPLETE);
}

void
sr_search_run(Search *search, const SrTimedOptions *options, uint64_t *memory, uint64_t *peak)
{
    uint64_t limit = options->memory != 0 ? options->memory : SR_TIMED_MEMORY;

    sr_search_begin(search);
    pack(search, NULL);
    sr_class_store_add(search->store, search->bytes, search->n_world, search->n_key,
                       search->n_bytes, &search->zone, NO_CLASS, (Choice){ .head = NO_VAR });
    search->end = SR_TIMED_COMPLETE;
    for (uint32_t class = 0;
         search->end == SR_TIMED_COMPLETE && class < sr_class_store_n(search->store);
         class ++) {
        if (class % STOP_EVERY == 0) {
            *peak = MAX(*peak, *memory);
            if (*memory > limit)
                search->end = SR_TIMED_MEMORY_FULL;
            if (options->stop != NULL && options->stop(options->stop_data))
                search->end = SR_TIMED_STOPPED;
        }
        if (search->end == SR_TIMED_COMPLETE && !sr_class_store_is_gone(search->store, class))
            expand(search, class);
    }
    *peak = MAX(*peak, *memory);
}

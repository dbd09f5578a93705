/* Watched spans: where they begin, and where they end. */
#include "timed/timed-private.h"

static bool
is_watched(const Search *search, SrTimedWatchId watch, uint32_t client)
{
    return search->rules->watches >> watch & search->rules->watched >> client & 1;
}

void
sr_watch_span(Search *search, SrTimedWatchId watch, unsigned from, unsigned to)
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
        sr_watch_span(search, was, *since, search->now);
    *since =
        is != SR_WATCH_N && is_watched(search, is, client) ? (uint8_t) search->now : NO_VAR;
}

/* The token of @client is judged no more, unless it has to connect again. */
static void
forget_token(Search *search, uint32_t client)
{
    if (search->rules->n_points == 0)
        search->next_side.signed_at[client] = NO_VAR;
}

void
sr_watch_client(Search *search, uint32_t client, const SrClient *before, bool answered)
{
    const SrClient *after = &search->live.world.clients[client];
    Side *side = &search->next_side;

    watch_waiting(search, client, before, answered);
    if (before->state == SR_CLIENT_IDLE && after->state != SR_CLIENT_IDLE &&
        is_watched(search, SR_WATCH_COLLABORATE, client))
        side->started[client] = (uint8_t) search->now;
    if (before->state != SR_CLIENT_COLLABORATING && after->state == SR_CLIENT_COLLABORATING) {
        sr_watch_span(search, SR_WATCH_COLLABORATE, side->started[client], search->now);
        side->started[client] = NO_VAR;
        forget_token(search, client);
    }
    if (after->state >= SR_CLIENT_FAILED)
        side->signed_at[client] = NO_VAR;
    /* Who comes back after a crash has been at it since the first start. */
    if (after->state >= SR_CLIENT_FAILED && after->state != SR_CLIENT_CRASHED)
        side->started[client] = NO_VAR;
}

/* A message of @type is handled at its service. */
void
sr_watch_service(Search *search, uint32_t client, unsigned type, SrPhase before)
{
    const SrServerRules *server = &search->rules->plan.model->server;
    Side *side = &search->next_side;

    if (type == SR_MSG_TOKEN_REQUEST &&
        (search->rules->judged != 0 || is_watched(search, SR_WATCH_JUDGED, client)))
        side->signed_at[client] = (uint8_t) search->now;
    if (type >= SR_MSG_CONNECT && type <= SR_MSG_JOIN &&
        (server->check_token >> (type - SR_MSG_CONNECT) & 1))
        sr_watch_span(search, SR_WATCH_JUDGED, side->signed_at[client], search->now);
    if (type == SR_MSG_JOIN)
        forget_token(search, client);
    if (type == SR_MSG_SESSION_REQUEST && before == SR_PHASE_NONE && !side->raced &&
        side->none_at[client] == NO_VAR && is_watched(search, SR_WATCH_RACE, client))
        side->none_at[client] = (uint8_t) search->now;
}

/* A message of @type arrives at its service. */
void
sr_watch_arrival(Search *search, unsigned type)
{
    Side *side = &search->next_side;

    if (type != SR_MSG_CREATE_SESSION || side->raced)
        return;
    /* The greatest of these spans is the one from the first. */
    for (uint32_t i = 0; i < search->rules->plan.n_clients; i++) {
        sr_watch_span(search, SR_WATCH_RACE, side->none_at[i], search->now);
        side->none_at[i] = NO_VAR;
    }
    side->raced = true;
}

void
sr_watch_document(Search *search, const SrServerDocument *before)
{
    const SrServerDocument *after = &search->live.world.documents[0];
    Side *side = &search->next_side;

    if (after->phase == SR_PHASE_CREATING &&
        (before->phase != SR_PHASE_CREATING || before->hint != after->hint) &&
        (search->rules->watches >> SR_WATCH_ESTABLISH & 1))
        side->accepted = (uint8_t) search->now;
    if (after->phase == SR_PHASE_NONE)
        side->accepted = NO_VAR;
    if (after->phase == SR_PHASE_ESTABLISHED && before->phase != SR_PHASE_ESTABLISHED) {
        sr_watch_span(search, SR_WATCH_ESTABLISH, side->accepted, search->now);
        side->accepted = NO_VAR;
    }
}

/* Whether the key under @hint is still asked for: it may win, or be looked up. */
static bool
is_made_needed(const Rules *rules, const World *world, uint32_t hint)
{
    const SrServerDocument *document = &world->documents[0];
    bool open = document->phase == SR_PHASE_NONE;

    if (document->phase != SR_PHASE_NONE && document->hint == hint)
        return true;
    /* Whoever was rejected may be promoted. */
    if (rules->loses && document->phase != SR_PHASE_ESTABLISHED)
        return true;
    for (uint32_t i = 0; i < rules->plan.n_clients; i++) {
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

/* Whether the key that is made for @client is asked for: it may be discarded, or win while its
 * client is watched. Derived keys are not made for one client alone. */
static bool
is_made_watched(const Rules *rules, uint32_t client)
{
    SrProviderKind kind = rules->plan.model->provider.kind;

    return kind != SR_PROVIDER_STATIC &&
           (rules->discards || rules->shares || kind != SR_PROVIDER_STORED ||
            (rules->watched >> client & 1));
}

/* Keys that the step made: under a new hint, or under an old one. */
static void
note_made(Search *search, uint32_t client, const World *before)
{
    const World *world = &search->live.world;
    Side *side = &search->next_side;

    for (uint32_t hint = 1; hint <= world->n_slots; hint++) {
        if (hint <= before->n_slots && world->slots[hint].key == before->slots[hint].key)
            continue;
        side->made[hint] =
            is_made_watched(search->rules, client) ? (uint8_t) search->now : NO_VAR;
    }
    if (world->tick != before->tick)
        side->tick = (uint8_t) search->now;
}

void
sr_watch_keys(Search *search, uint32_t client, const World *before)
{
    const World *world = &search->live.world;
    const Rules *rules = search->rules;
    Side *side = &search->next_side;
    const unsigned both = 1u << SR_WATCH_KEY_LOOKUP | 1u << SR_WATCH_KEY_NEED;

    if (!(rules->watches & both) && !rules->discards && !rules->shares)
        return;
    note_made(search, client, before);
    /* The key of what is dropped now was needed until now. */
    if (rules->loses && sr_key_is_needed(rules, &before->documents[0]))
        sr_watch_span(search, SR_WATCH_KEY_NEED, side->made[before->documents[0].hint],
                      search->now);
    if (sr_key_is_needed(rules, &world->documents[0])) {
        uint32_t hint = world->documents[0].hint;

        sr_watch_span(search, SR_WATCH_KEY_NEED, side->made[hint], search->now);
        for (uint32_t i = 0; i < rules->plan.n_clients; i++) {
            if (side->over[i] != NO_VAR)
                sr_watch_span(search, SR_WATCH_KEY_NEED, side->made[hint], side->over[i]);
            side->over[i] = NO_VAR;
        }
    }
    for (uint32_t hint = 1; hint <= world->n_slots; hint++)
        if (side->made[hint] != NO_VAR && !is_made_needed(rules, world, hint) &&
            !(rules->reuse > 0 && hint == world->live[0].last))
            side->made[hint] = NO_VAR;
}

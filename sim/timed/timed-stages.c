/* How soon a pending thing of a client can lead to what.
 *
 * The things that are pending for a client lead from one to the next: its start to the arrival of
 * its token-request, that to the token, and so on to the content. The table below lists every
 * such edge with its least delay. The least time from a stage to a goal is the shortest path. It
 * only decides what may be made early, so an edge too many costs classes and no answer; an edge
 * that is missing would be a mistake. */
#include "timed/timed-private.h"

typedef struct {
    uint8_t from, to;
    int32_t lo;
} Edge;

/* ---- edges ---- */

enum { EDGES_MAX = 64 };

static unsigned
list_edges(const Rules *rules, uint32_t client, Edge edges[EDGES_MAX])
{
    const Bound *links = rules->links[client];
    bool wrong = rules->mutant == SR_TIMED_LEAST_IS_MOST;
#define LEAST(bound) (wrong ? (bound).hi : (bound).lo)
    int32_t to_server = LEAST(links[SR_DIRECTION_OUT(SR_NODE_SERVER)]);
    int32_t from_server = LEAST(links[SR_DIRECTION_IN(SR_NODE_SERVER)]);
    int32_t to_token = LEAST(links[SR_DIRECTION_OUT(SR_NODE_TOKEN_PROVIDER)]);
    int32_t from_token = LEAST(links[SR_DIRECTION_IN(SR_NODE_TOKEN_PROVIDER)]);
    int32_t to_keys = LEAST(links[SR_DIRECTION_OUT(SR_NODE_ENCRYPTION_PROVIDER)]);
    int32_t from_keys = LEAST(links[SR_DIRECTION_IN(SR_NODE_ENCRYPTION_PROVIDER)]);
    int32_t serve = LEAST(rules->processing[SR_NODE_SERVER]);
    int32_t sign = LEAST(rules->processing[SR_NODE_TOKEN_PROVIDER]);
    int32_t process = LEAST(rules->processing[SR_NODE_ENCRYPTION_PROVIDER]);
    int32_t derive = LEAST(rules->derive[client]);
    int32_t refused = rules->judged != 0 ? from_server : NEVER_SOON;
    int32_t generate = LEAST(rules->generate), lookup = LEAST(rules->lookup);
    const Edge list[] = {
        { STAGE_START, STAGE_TOKEN_ARRIVES, to_token },
        { STAGE_START, STAGE_CONNECT_ARRIVES,
          rules->plan.model->server.tokens ? NEVER_SOON : to_server },
        { STAGE_TOKEN_ARRIVES, STAGE_TOKEN_ENDS, sign },
        { STAGE_TOKEN_ENDS, STAGE_TOKEN, from_token },
        { STAGE_TOKEN, STAGE_CONNECT_ARRIVES, to_server },
        { STAGE_CONNECT_ARRIVES, STAGE_CONNECT_ENDS, serve },
        { STAGE_CONNECT_ENDS, STAGE_CONNECTED, from_server },
        { STAGE_CONNECTED, STAGE_REQUEST_ARRIVES, to_server },
        { STAGE_REQUEST_ARRIVES, STAGE_REQUEST_ENDS, serve },
        { STAGE_REQUEST_ENDS, STAGE_NONE, from_server },
        { STAGE_REQUEST_ENDS, STAGE_REJECTED, from_server },
        { STAGE_REQUEST_ENDS, STAGE_AVAILABLE, from_server },
        { STAGE_NONE, STAGE_NEW_ARRIVES, to_keys },
        { STAGE_NEW_ARRIVES, STAGE_NEW_ENDS, process },
        { STAGE_NEW_ENDS, STAGE_GENERATED, generate },
        { STAGE_GENERATED, STAGE_KEY, from_keys },
        { STAGE_NEW_ENDS, STAGE_KEY, rules->attaches ? from_keys : NEVER_SOON },
        { STAGE_GENERATED, STAGE_NEW_REFUSED, from_keys },
        { STAGE_NEW_REFUSED, STAGE_NEW_ARRIVES, to_keys },
        { STAGE_KEY, STAGE_SEALED, derive },
        { STAGE_SEALED, STAGE_CREATE_ARRIVES, to_server },
        { STAGE_CREATE_ARRIVES, STAGE_CREATE_ENDS, serve },
        { STAGE_CREATE_ENDS, STAGE_ACCEPTED, from_server },
        { STAGE_CREATE_ENDS, STAGE_REJECTED, from_server },
        { STAGE_CREATE_ENDS, STAGE_UNKNOWN, rules->establish_timeout },
        { STAGE_ACCEPTED, STAGE_UPLOAD_ARRIVES, to_server },
        { STAGE_UPLOAD_ARRIVES, STAGE_UPLOAD_ENDS, serve },
        { STAGE_UPLOAD_ENDS, STAGE_AVAILABLE, from_server },
        /* With the hint that came early it goes on at once. */
        { STAGE_REJECTED, STAGE_OLD_ARRIVES, to_keys },
        { STAGE_REJECTED, STAGE_JOIN_ARRIVES, to_server },
        { STAGE_REJECTED, STAGE_SETTLED_ARRIVES, to_keys },
        { STAGE_AVAILABLE, STAGE_OLD_ARRIVES, to_keys },
        { STAGE_AVAILABLE, STAGE_JOIN_ARRIVES, to_server },
        { STAGE_AVAILABLE, STAGE_SETTLED_ARRIVES, to_keys },
        { STAGE_SETTLED_ARRIVES, STAGE_SETTLED_ENDS, process },
        { STAGE_OLD_ARRIVES, STAGE_OLD_ENDS, process },
        { STAGE_OLD_ENDS, STAGE_LOOKED_UP, lookup },
        { STAGE_LOOKED_UP, STAGE_FOUND, from_keys },
        { STAGE_LOOKED_UP, STAGE_OLD_REFUSED, from_keys },
        { STAGE_OLD_REFUSED, STAGE_OLD_ARRIVES, to_keys },
        { STAGE_FOUND, STAGE_DERIVED, derive },
        { STAGE_DERIVED, STAGE_JOIN_ARRIVES, to_server },
        { STAGE_JOIN_ARRIVES, STAGE_JOIN_ENDS, serve },
        { STAGE_JOIN_ENDS, STAGE_CONTENT, from_server },
        /* An owner that was lost and is back goes on with its creation. */
        { STAGE_REQUEST_ENDS, STAGE_ACCEPTED, rules->loses ? from_server : NEVER_SOON },
        { STAGE_ACCEPTED, STAGE_OLD_ARRIVES, rules->loses ? to_keys : NEVER_SOON },
        { STAGE_FOUND, STAGE_UPLOAD_ARRIVES, rules->loses ? to_server : NEVER_SOON },
        { STAGE_DERIVED, STAGE_UPLOAD_ARRIVES, rules->loses ? to_server : NEVER_SOON },
        { STAGE_RECONNECT, STAGE_TOKEN_ARRIVES, to_token },
        { STAGE_RECONNECT, STAGE_CONNECT_ARRIVES, to_server },
        { STAGE_TOKEN, STAGE_RECONNECT, rules->reconnect[client] },
        { STAGE_START, STAGE_RECONNECT, rules->reconnect[client] },
        /* A token may be refused; then anything may follow. */
        { STAGE_CONNECT_ENDS, STAGE_UNKNOWN, refused },
        { STAGE_REQUEST_ENDS, STAGE_UNKNOWN, refused },
        { STAGE_CREATE_ENDS, STAGE_UNKNOWN, refused },
        { STAGE_JOIN_ENDS, STAGE_UNKNOWN, refused },
        /* What is waited for may not come in time; then anything may follow. */
        { STAGE_START, STAGE_UNKNOWN, rules->request_timeout[client] },
        { STAGE_NONE, STAGE_UNKNOWN, rules->request_timeout[client] },
        { STAGE_NEW_REFUSED, STAGE_UNKNOWN, rules->request_timeout[client] },
        { STAGE_OLD_REFUSED, STAGE_UNKNOWN, rules->request_timeout[client] },
        { STAGE_AVAILABLE, STAGE_UNKNOWN, rules->request_timeout[client] },
        { STAGE_REJECTED, STAGE_UNKNOWN,
          MIN(rules->request_timeout[client], rules->patience[client]) },
    };

    G_STATIC_ASSERT(G_N_ELEMENTS(list) <= EDGES_MAX);
    memcpy(edges, list, sizeof list);
    return G_N_ELEMENTS(list);
}

/* ---- goals ---- */

#define BIT(stage) (UINT64_C(1) << STAGE_##stage)
G_STATIC_ASSERT(STAGE_N <= 64);

static const uint64_t goals[GOAL_N] = {
    [TO_INPUT] = BIT(START) | BIT(TOKEN) | BIT(CONNECTED) | BIT(NONE) | BIT(KEY) | BIT(SEALED) |
                 BIT(ACCEPTED) | BIT(REJECTED) | BIT(AVAILABLE) | BIT(FOUND) | BIT(DERIVED) |
                 BIT(CONTENT) | BIT(NEW_REFUSED) | BIT(OLD_REFUSED) | BIT(RECONNECT) |
                 BIT(LATE) | BIT(UNKNOWN),
    [TO_TOKEN] = BIT(TOKEN_ARRIVES) | BIT(TOKEN_ENDS) | BIT(UNKNOWN),
    [TO_SERVER] = BIT(CONNECT_ARRIVES) | BIT(CONNECT_ENDS) | BIT(REQUEST_ARRIVES) |
                  BIT(REQUEST_ENDS) | BIT(CREATE_ARRIVES) | BIT(CREATE_ENDS) |
                  BIT(UPLOAD_ARRIVES) | BIT(UPLOAD_ENDS) | BIT(JOIN_ARRIVES) | BIT(JOIN_ENDS) |
                  BIT(UNKNOWN),
    [TO_CREATE] = BIT(CREATE_ARRIVES) | BIT(CREATE_ENDS) | BIT(UNKNOWN),
    [TO_UPLOAD] = BIT(UPLOAD_ARRIVES) | BIT(UPLOAD_ENDS) | BIT(UNKNOWN),
    [TO_KEYS] = BIT(NEW_ARRIVES) | BIT(NEW_ENDS) | BIT(GENERATED) | BIT(OLD_ARRIVES) |
                BIT(OLD_ENDS) | BIT(LOOKED_UP) | BIT(SETTLED_ARRIVES) | BIT(SETTLED_ENDS) |
                BIT(UNKNOWN),
    [TO_ANSWER] = BIT(GENERATED) | BIT(LOOKED_UP) | BIT(UNKNOWN),
    [TO_TIMEOUT] = BIT(UNKNOWN),
};

/* Returns: whether @stage may lead to anything: by a new connection the server may see
 * that the old one was lost, and a new key may be the answer to many */
static bool
is_unknown(const Rules *rules, unsigned stage)
{
    return (rules->plan.detects &&
            (stage == STAGE_CONNECT_ARRIVES || stage == STAGE_CONNECT_ENDS)) ||
           (rules->attaches && stage == STAGE_GENERATED);
}

void
sr_rules_find_least(Rules *rules)
{
    for (uint32_t client = 0; client < rules->plan.n_clients; client++) {
        int32_t(*least)[GOAL_N] = rules->least[client];
        Edge edges[EDGES_MAX];
        unsigned n = list_edges(rules, client, edges);
        bool changed = true;

        for (unsigned stage = 0; stage < STAGE_N; stage++)
            for (unsigned goal = 0; goal < GOAL_N; goal++)
                least[stage][goal] =
                    (goals[goal] >> stage & 1) || is_unknown(rules, stage) ? 0 : NEVER_SOON;
        while (changed) {
            changed = false;
            for (unsigned i = 0; i < n; i++)
                for (unsigned goal = 0; goal < GOAL_N; goal++) {
                    int32_t via = MIN(edges[i].lo + least[edges[i].to][goal], NEVER_SOON);

                    if (via < least[edges[i].from][goal]) {
                        least[edges[i].from][goal] = via;
                        changed = true;
                    }
                }
        }
    }
}

/* ---- what is pending ---- */

/* The stage in which a message arrives at its service; the end of its processing is the next
 * one. */
static Stage
stage_at_service(const Item *item)
{
    switch ((SrMsg) item->type) {
    case SR_MSG_TOKEN_REQUEST:
        return STAGE_TOKEN_ARRIVES;
    case SR_MSG_CONNECT:
        return STAGE_CONNECT_ARRIVES;
    case SR_MSG_SESSION_REQUEST:
        return STAGE_REQUEST_ARRIVES;
    case SR_MSG_CREATE_SESSION:
        return STAGE_CREATE_ARRIVES;
    case SR_MSG_UPLOAD:
        return STAGE_UPLOAD_ARRIVES;
    case SR_MSG_JOIN:
        return STAGE_JOIN_ARRIVES;
    case SR_MSG_KEY_REQUEST:
        return item->flags & SR_MESSAGE_HINT ? STAGE_OLD_ARRIVES : STAGE_NEW_ARRIVES;
    case SR_MSG_KEY_SETTLED:
        return STAGE_SETTLED_ARRIVES;
    default:
        return STAGE_UNKNOWN;
    }
}

static Stage
stage_at_client(const World *world, uint32_t client, const Item *item)
{
    const SrClient *it = &world->clients[client];
    bool awaited = item->request != 0 && item->request == it->awaits;
    bool makes = it->state == SR_CLIENT_MAKING_KEY;

    switch ((SrMsg) item->type) {
    case SR_MSG_TOKEN:
        return awaited ? STAGE_TOKEN : STAGE_LATE;
    case SR_MSG_CONNECTED:
    case SR_MSG_SESSION_RELEASED:
        return STAGE_CONNECTED;
    case SR_MSG_SESSION_NONE:
        return STAGE_NONE;
    case SR_MSG_SESSION_PENDING:
    case SR_MSG_CREATE_REJECTED:
        return STAGE_REJECTED;
    case SR_MSG_SESSION_AVAILABLE:
        return STAGE_AVAILABLE;
    case SR_MSG_CREATE_ACCEPTED:
        return STAGE_ACCEPTED;
    case SR_MSG_CONTENT:
        return STAGE_CONTENT;
    case SR_MSG_KEY:
        return !awaited ? STAGE_LATE : makes ? STAGE_KEY : STAGE_FOUND;
    case SR_MSG_KEY_REFUSED:
        return !awaited ? STAGE_LATE : makes ? STAGE_NEW_REFUSED : STAGE_OLD_REFUSED;
    default:
        return STAGE_UNKNOWN;
    }
}

/* Returns: whether @client ignores @item now and later: it has learned of the session, and is
 * told again, or that its own attempt was rejected. Before the session is established such a
 * message may be the last event by which a key is judged, so that its order counts; and so it
 * does where a time-out may close the connection before it comes. */
static bool
is_ignored(const Rules *rules, const World *world, uint32_t client, const Item *item)
{
    const SrClient *it = &world->clients[client];

    if (world->documents[0].phase != SR_PHASE_ESTABLISHED || rules->discards ||
        rules->fires != 0 || rules->n_points > 0)
        return false;
    if (it->state != SR_CLIENT_LOOKING_UP && it->state != SR_CLIENT_DERIVING &&
        it->state != SR_CLIENT_JOINING && it->state != SR_CLIENT_COLLABORATING)
        return false;
    return item->type == SR_MSG_CREATE_REJECTED ||
           (item->type == SR_MSG_SESSION_AVAILABLE && item->hint == it->known);
}

Stage
sr_stage_of_item(const Rules *rules, const World *world, uint32_t client, const Item *item)
{
    Stage stage;

    if (item->place == AT_LOST)
        return STAGE_IGNORED;
    if (item->place == AT_DETECT)
        return STAGE_UNKNOWN;
    if (item->place == SR_DIRECTION_IN(SR_NODE_SERVER) &&
        is_ignored(rules, world, client, item))
        return STAGE_IGNORED;
    if (item->place < SR_DIRECTION_N && item->place % 2 == 1)
        return stage_at_client(world, client, item);
    if (item->place == AT_GENERATE)
        return is_unknown(rules, STAGE_GENERATED) ? STAGE_UNKNOWN : STAGE_GENERATED;
    if (item->place == AT_LOOKUP)
        return STAGE_LOOKED_UP;
    stage = stage_at_service(item);
    if (is_unknown(rules, stage))
        return STAGE_UNKNOWN;
    return item->place >= AT_QUEUE && stage != STAGE_UNKNOWN ? (Stage) (stage + 1) : stage;
}

Stage
sr_stage_of_timer(const World *world, uint32_t client)
{
    if (world->clients[client].awaits != 0)
        return STAGE_UNKNOWN;
    switch ((SrClientState) world->clients[client].state) {
    case SR_CLIENT_IDLE:
        return STAGE_START;
    case SR_CLIENT_SEALING:
        return STAGE_SEALED;
    case SR_CLIENT_DERIVING:
        return STAGE_DERIVED;
    case SR_CLIENT_MAKING_KEY:
        return STAGE_NEW_REFUSED;
    case SR_CLIENT_LOOKING_UP:
        return STAGE_OLD_REFUSED;
    case SR_CLIENT_RECONNECTING:
        return STAGE_RECONNECT;
    case SR_CLIENT_RESUMING:
        return world->clients[client].target_key == SR_KEY_ABSENT ? STAGE_OLD_REFUSED
                                                                  : STAGE_DERIVED;
    default:
        return STAGE_UNKNOWN;
    }
}

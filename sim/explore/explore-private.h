/* What the files of an exploration share.
 *   explore-world.c    a world: the state of everything, and what a move does to it
 *   explore-driver.c   what a step of the core leaves pending
 *   explore-items.c    the pending items of a world
 *   explore-moves.c    the moves that are possible in a world
 *   explore-order.c    the order of the clients in a packed world
 *   explore-codec.c    packs a world into a few bytes, and unpacks it
 *   explore-reduce.c   leaves out orders of moves that make no difference
 *   explore-store.c    the states that were seen
 *   explore-search.c   the search: breadth first, on threads
 *   explore-traps.c    liveness: states from which no end state is reachable
 *   explore-path.c     the path to a failure
 *   explore-story.c    reports a path: steps in words, and their records
 *   explore-times.c    chooses an instant for each step of a path
 *   explore-replay.c   writes a path as a scenario file
 *   explore.c          makes the plan, and collects the result
 *
 * A plan says what is explored and never changes. A world is one state, written out so that the
 * protocol core can work in it. A context is what one thread needs to carry out moves. */
#pragma once

#include <glib.h>
#include <string.h>

#include "check/check-state.h"
#include "model/model.h"
#include "protocol/client.h"
#include "protocol/encryption-provider.h"
#include "protocol/server.h"
#include "session-race/explore.h"

#include "world/world.h"

#include "schema/wire.h"

enum {
    CLIENTS_MAX = SR_EXPLORE_CLIENTS_MAX,
    DOCUMENTS_MAX = 4,
    /* One more than a state may have: a move adds at most one hint and one key. */
    KEYS_MAX = SR_EXPLORE_KEYS_MAX + 1,
    SLOTS_MAX = SR_EXPLORE_HINTS_MAX + 1,
    REPLICAS_MAX = 4,
    ITEMS_MAX = SR_EXPLORE_PENDING_MAX,
    MOVES_MAX = 160,
    BUDGET_MAX = 15,
    RETRIES_MAX = UINT8_MAX, /* the highest limit of retries that can be counted down */
    PACKED_MAX = 1 << 12,
    NOBODY = UINT8_MAX, /* in place of a client */
};

/* ---- what is explored ---- */

/* Clocks stand still. Each shows an instant at which a good token is accepted. */
typedef struct {
    int64_t client_ns, server_ns;
    int64_t good, expired; /* what a good and an expired token look like */
    int64_t early;         /* one that is not valid yet */
} SrExploreClock;

typedef struct {
    const SrScenario *scenario;
    SrModel *model;
    uint32_t n_clients, n_documents;
    SrClientSettings settings[CLIENTS_MAX];
    uint32_t client_document[CLIENTS_MAX];
    /* The copies of the store that may answer a client: from the first on, that many. */
    uint32_t first_replica[CLIENTS_MAX], n_replicas[CLIENTS_MAX];
    uint8_t class_of[CLIENTS_MAX]; /* clients of one class are interchangeable */
    uint32_t n_classes;
    uint32_t previous_hint[DOCUMENTS_MAX]; /* SR_HINT_ABSENT: no older session */
    uint32_t n_previous;                   /* older sessions; theirs are the first hints */
    uint8_t crashes, disconnects, expirations;
    bool symmetry, reduction;
    bool counts; /* limits of retries are counted down */
    bool sorts;  /* some clients are interchangeable, and are sorted */
    SrExploreClock clock;
    bool detects;      /* the server sees a lost connection later than its client */
    bool keeps_order;  /* the order in which live keys were made matters */
    bool keeps_unused; /* live keys matter even if nobody can ask for them any more */
    bool repeats;      /* a hint may be given twice */
    bool rotates;      /* the master secret may be rotated */
    bool promotes;     /* a rejected client may become the owner */
    bool settles;      /* keys are kept until they are settled */
    bool calm;         /* the answer to a request does not depend on other requests */
    bool keeps_lost;   /* with times: what will be lost stays until it would have arrived */
    /* (nullable) with times: by client; of clients with equal signatures the one with the lower
     * number comes first */
    const uint64_t *ties;
} SrExplorePlan;

/* ---- explore.c ---- */

/* Makes the plan of an exploration of @scenario, which is not refused; plan->model is to be
 * freed. */
void sr_explore_plan_make(SrExplorePlan *plan, const SrScenario *scenario,
                          const SrExploreOptions *options);

/* ---- the fields of a client: state.def ---- */

#define INLINE static inline __attribute__((always_inline))

/* The kinds of fields; state.def says what they mean. */
typedef enum {
    FIELD_ENUM,
    FIELD_FLAG,
    FIELD_HINT,
    FIELD_KEY,
    FIELD_REQUEST,
    FIELD_USED,
    FIELD_TRIES,
    FIELD_DERIVED,
    FIELD_UNREAD,
    FIELD_HELD,
    FIELD_NUMBERS,
    FIELD_CONNECTION,
    FIELD_TOKEN,
} FieldKind;

/* Returns: the number in @field, of @size bytes; 0 if it is not a number */
INLINE uint64_t
sr_field_get(const void *field, size_t size)
{
    return size == sizeof(uint8_t)    ? *(const uint8_t *) field
           : size == sizeof(uint32_t) ? *(const uint32_t *) field
           : size == sizeof(uint64_t) ? *(const uint64_t *) field
                                      : 0;
}

/* Sets @field, of @size bytes, to @value; does nothing if it is not a number. */
INLINE void
sr_field_set(void *field, size_t size, uint64_t value)
{
    if (size == sizeof(uint8_t))
        *(uint8_t *) field = (uint8_t) value;
    else if (size == sizeof(uint32_t))
        *(uint32_t *) field = (uint32_t) value;
    else if (size == sizeof(uint64_t))
        *(uint64_t *) field = value;
}

/* ---- a world ---- */

/* Where an item is pending. The first six places are directions of links: the item is a
 * message, and messages are in the order in which they were sent. */
typedef enum {
    AT_DIRECTION = 0,             /* the first one; see SR_DIRECTION_OUT() and _IN() */
    AT_GENERATE = SR_DIRECTION_N, /* a request for which a key is being made */
    AT_LOOKUP,                    /* a request for which a key is being looked up */
    AT_ATTACHED, /* a request that waits for the key that is being made for another one */
    AT_DETECT,   /* a lost connection; the server has not noticed the loss */
    AT_REPLICA,  /* a key that replica number `conn` does not know yet */
    /* With times: a message that waits for its service or is processed there; the first of three,
     * one for each service. */
    AT_QUEUE,
    /* With times: it will be lost, and until then the run goes on. */
    AT_LOST = AT_QUEUE + SR_SERVICE_N,
} Place;

/* What an answer is to the client that it goes to. A packed world keeps nothing else of the
 * number of its request. */
typedef enum {
    ROLE_NONE,     /* it answers no request */
    ROLE_GONE,     /* the request was of an earlier life of the client */
    ROLE_LATE,     /* the client no longer waits for it */
    ROLE_AWAITED,  /* the first REQUEST field of state.def waits for it; the others follow */
    ROLE_LAST = 7, /* a packed world has three bits for a role */
} Role;

/* A pending item: a message on its way, a request that is being answered, a lost connection
 * that the server has not noticed, or a key on its way to a replica. */
typedef struct {
    uint8_t place; /* Place */
    uint8_t client;
    uint8_t type, reason, flags; /* of an SrMessage */
    bool expired;                /* it carries an expired token */
    uint16_t conn, request, hint, key;
    uint16_t number; /* set by explore-times.c to follow the item; 0 in a search */
} Item;

/* The pending items of one client, sorted by place; within a place, the oldest first. */
typedef struct {
    uint8_t n;
    Item list[ITEMS_MAX];
} Items;

/* One state of everything. First come small members, which are copied for every move; then the
 * store, of which only the slots in use are copied; then the clients, of which only those are
 * copied that a move changes: one, or few. */
typedef struct {
    uint8_t crashes, disconnects, expirations; /* budgets: how many are left */
    uint8_t n_items;
    uint8_t n_slots, n_keys;
    uint8_t establish; /* bits of documents: their establish-timeout runs */
    int32_t tick;      /* the latest instant that a hint was made of */
    uint32_t master;
    SrServerDocument documents[DOCUMENTS_MAX];
    SrProviderDocument live[DOCUMENTS_MAX];
    SrCheckDocument check_documents[DOCUMENTS_MAX];
    SrServerClient server_clients[CLIENTS_MAX];
    SrServerRejected rejected[CLIENTS_MAX];
    SrCheckClient check_clients[CLIENTS_MAX];
    SrCheckRest check_rests[CLIENTS_MAX];
    uint8_t timers[CLIENTS_MAX]; /* bits 1 << SrTimer that are set */
    /* bit 0: the client makes its last retry for a key; bit 1: for the old session's key */
    uint8_t exhausted[CLIENTS_MAX];
    SrKeySlot slots[SLOTS_MAX + 1];
    uint32_t masters[SLOTS_MAX + 1];
    SrCheckHint check_hints[SLOTS_MAX + 1];
    bool aged[SLOTS_MAX + 1]; /* too old to be handed out again */
    uint32_t replica_keys[(SLOTS_MAX + 1) * (REPLICAS_MAX - 1)];
    SrClient clients[CLIENTS_MAX];
    Items items[CLIENTS_MAX + 1]; /* by client; the last are keys on their way to replicas */
} World;

/* ---- packed worlds ---- */

/* The numbers of a client's connections, replaced by their ranks among each other: 1 is the
 * oldest one, 0: none. */
typedef struct {
    uint8_t conn;     /* the client's own */
    uint8_t known;    /* the one that the server knows */
    uint8_t closed;   /* the newest one that the server has seen close */
    uint8_t owned;    /* the one on which the client owns a creation */
    uint8_t accepted; /* the one that the check token-first has seen accepted */
} Ranks;

/* The order of the clients in a packed world. A position is an index in that order. */
typedef struct {
    Ranks ranks[CLIENTS_MAX];         /* set for changed clients and for owners */
    uint8_t described[SLOTS_MAX + 2]; /* by hint: what is known of it, without its number */
    uint64_t signs[CLIENTS_MAX];      /* signatures by client */
    uint64_t settled[CLIENTS_MAX];    /* those after the world was packed and unpacked */
    uint8_t clients[CLIENTS_MAX];     /* by position */
    uint8_t position_of[CLIENTS_MAX]; /* by client */
} Order;

/* What is known of a packed world besides its bytes, by position. */
typedef struct {
    uint64_t signs[CLIENTS_MAX];  /* signatures, if clients are sorted */
    uint8_t clients[CLIENTS_MAX]; /* their numbers in the world that was packed */
    uint8_t n_hints;
    uint8_t
        hints[SLOTS_MAX + 2]; /* likewise of hints, from 1, by their numbers when unpacked */
} Packed;

/* Which of its world's bytes are those of a client. */
typedef struct {
    uint16_t at, n;
    uint16_t first_name, n_names; /* in the `names` of the origin */
} PackedClient;

/* An unpacked world, and what is known of it. It saves work when the next world, which a move
 * made of it, is packed. */
typedef struct {
    World before; /* see sr_world_keep() */
    const uint8_t *bytes;
    uint64_t signs[CLIENTS_MAX];
    PackedClient clients[CLIENTS_MAX];
    /* The bytes that are numbers of hints or keys: twice the index of the byte among the bytes
     * of its client, plus 1 if it is a key. */
    uint16_t names[PACKED_MAX];
} Origin;

/* ---- moves ---- */

enum { JUDGED_EARLY = 1, JUDGED_EXPIRED };

typedef enum {
    MOVE_START,
    /* a: direction, or AT_QUEUE and the service; b: 1: the newest key is too old to be handed out
     * again; at the server, with times: the token is JUDGED_EARLY or JUDGED_EXPIRED */
    MOVE_DELIVER,
    /* a: index among the client's requests that are being answered; b: of a lookup, the
     * replica; of a new key, 1: it gets the hint of the latest instant again */
    MOVE_READY,
    MOVE_TIMER,      /* a: SrTimer */
    MOVE_LAST_RETRY, /* a: SrTimer: it fires for the last retry */
    MOVE_DETECT,     /* a: index among the client's lost connections */
    MOVE_ESTABLISH,  /* client: the document whose establish-timeout runs out */
    MOVE_REPLICATED, /* client: the replica */
    MOVE_AGE, /* client: the document whose oldest key is discarded; a: another hint, or 0 */
    MOVE_ROTATE,
    MOVE_RENEW,   /* the client's token is to be renewed */
    MOVE_EXPIRE,  /* the client's token expires */
    MOVE_RESTART, /* a crashed client comes back */
    MOVE_CRASH,
    MOVE_DISCONNECT,
} MoveKind;

typedef struct {
    uint8_t kind, client, a, b;
    bool paid; /* costs one of the expirations */
} Move;

/* Returns: whether `client` of a move of @kind is the number of a client */
static inline bool
sr_move_is_of_client(unsigned kind)
{
    return kind != MOVE_ESTABLISH && kind != MOVE_REPLICATED && kind != MOVE_AGE &&
           kind != MOVE_ROTATE;
}

typedef struct {
    Move list[MOVES_MAX];
    unsigned n;
    bool end;     /* no obligatory move is left: the world is an end state */
    bool reduced; /* some moves are left out, since these are enough */
} Moves;

/* Appends a move. @a, @b: see MoveKind */
static inline void
sr_move_add(Moves *moves, MoveKind kind, uint32_t client, unsigned a, unsigned b)
{
    g_assert(moves->n < MOVES_MAX);
    moves->list[moves->n++] = (Move){
        .kind = (uint8_t) kind, .client = (uint8_t) client, .a = (uint8_t) a, .b = (uint8_t) b
    };
}

/* ---- a context ---- */

typedef struct {
    const SrExplorePlan *plan;
    World *world;  /* the one that `steps` works in */
    SrWorld steps; /* carries out the actions of the core */
    uint32_t buckets[16], chains[SLOTS_MAX + 1];
    SrCheckState *check_state;
    SrCheckContext check_context;
    SrMessage closed; /* `conn`: the connection that the present step closed; 0: none */
    SrFinding findings[SR_CHECK_N];
    unsigned n_findings;
    bool out_of_room; /* a limit of SR_EXPLORE_OUT_OF_ROOM was exceeded */
    uint32_t touched; /* bits: clients that the last move changed, or whose items it changed */
    World *before;    /* (nullable) gets a copy of these clients as they were */
    uint32_t unreachable; /* with times: bits of clients that cannot connect now */
    /* (nullable) with times: is told of each timer that a step sets or stops */
    void (*timed)(void *data, uint32_t node, const SrAction *action);
    void *timed_data;
    /* (nullable) takes every record, to report a path */
    void (*sink)(void *data, const SrRecord *record);
    void *sink_data;
} Context;

/* Returns: (transfer none) (nullable): the @nth item of @client at @place or at @other */
static inline const Item *
sr_find_item(const World *world, uint32_t client, unsigned place, unsigned other, unsigned nth)
{
    const Items *items = &world->items[client];

    for (unsigned i = 0; i < items->n; i++)
        if ((items->list[i].place == place || items->list[i].place == other) && nth-- == 0)
            return &items->list[i];
    return NULL;
}

/* ---- explore-driver.c ---- */

extern const SrWorldDriver sr_context_driver;

/* ---- explore-world.c ---- */

Context *sr_context_new(const SrExplorePlan *plan);
void sr_context_free(Context *context);
/* @sink takes every record from here on. */
void sr_context_listen(Context *context, void (*sink)(void *data, const SrRecord *record),
                       void *data);
/* Makes the world in which nothing has happened yet. */
void sr_world_begin(Context *context, World *world);
/* Copies into @before what a move may change of @world, without the clients and their items:
 * the move itself copies those that it touches. */
void sr_world_keep(const SrExplorePlan *plan, const World *world, World *before);
/* Makes @world what it was when sr_world_keep() was called. @touched: bits of clients that were
 * changed since */
void sr_world_restore(const SrExplorePlan *plan, World *world, const World *before,
                      uint32_t touched);
/* Clears what checks and replicas know of the hint that is made next. */
void sr_world_clear_next_hint(const SrExplorePlan *plan, World *world);
/*
 * Makes @move in @world. Checks that fail are in the context's findings.
 * @before: (nullable): from sr_world_keep(); gets a copy of each client that the move touches
 */
void sr_world_move(Context *context, World *world, World *before, Move move);
/* With times: likewise gives @input to @client, without a budget. */
void sr_world_input(Context *context, World *world, World *before, uint32_t client,
                    const SrClientInput *input);
/* With times: likewise lets the server crash: what waits there is gone, and connections close. */
void sr_world_crash_server(Context *context, World *world, World *before);
/* Runs the liveness checks in @world, an end state. */
void sr_world_end(Context *context, World *world);

/* ---- explore-items.c ---- */

/* Copies @client and its items. */
void sr_world_copy_client(World *to, const World *from, uint32_t client);
/* To be called before @client or its items are changed. */
void sr_context_touch(Context *context, uint32_t client);
/* Makes @message pending at @place. */
void sr_item_add(Context *context, Place place, const SrMessage *message);
void sr_item_remove(Context *context, uint32_t client, unsigned at);
/* Removes the @nth item of @client at @place or at @other. Returns: the item */
Item sr_item_take(Context *context, uint32_t client, Place place, Place other, unsigned nth);
/* Returns: @item as a message */
SrMessage sr_item_message(const SrExplorePlan *plan, const Item *item);
/* Returns: whether @client can no longer take an answer to @request */
bool sr_is_gone(const World *world, uint32_t client, uint32_t request);
/* Drops the items of @client that can never arrive. */
void sr_items_prune(Context *context, uint32_t client);

/* ---- explore-moves.c ---- */

/* What SR_TIMER_MAIN of a client waits for: the end of work, such as a derivation; the next
 * retry; the end of patience. */
typedef enum { WAITS_WORK, WAITS_RETRY, WAITS_TIMEOUT } WaitsFor;

/* Returns: whether @client derives a wrapping key */
static inline bool
sr_client_derives(const SrClient *client)
{
    return client->state == SR_CLIENT_SEALING || client->state == SR_CLIENT_DERIVING ||
           (client->state == SR_CLIENT_RESUMING && client->target_key != SR_KEY_ABSENT);
}

/* Returns: whether the key that is made next for @document may get the hint of the latest
 * instant again */
bool sr_hint_may_repeat(const SrExplorePlan *plan, const World *world, uint32_t document);
/* Returns: whether the newest key may be handed out for @request of @client, unless it is too
 * old */
bool sr_key_may_be_reused(const SrExplorePlan *plan, const World *world, uint32_t client,
                          const Item *request);

static inline WaitsFor
sr_main_waits_for(const SrClient *client)
{
    if (client->awaits != 0 || client->state == SR_CLIENT_WAITING)
        return WAITS_TIMEOUT;
    if (client->state == SR_CLIENT_MAKING_KEY || client->state == SR_CLIENT_LOOKING_UP ||
        (client->state == SR_CLIENT_RESUMING && client->target_key == SR_KEY_ABSENT))
        return WAITS_RETRY;
    return WAITS_WORK;
}

/* Returns: whether the requests of @client for keys are limited, and are counted */
static inline bool
sr_key_retries_are_counted(const SrExplorePlan *plan, uint32_t client)
{
    return plan->counts && plan->settings[client].key_retry.n != SR_RETRY_UNLIMITED;
}

static inline bool
sr_timer_is_set(const World *world, uint32_t client, SrTimer timer)
{
    return world->timers[client] >> timer & 1;
}

/* Returns: whether @client is about to ask for the old session's key again */
static inline bool
sr_old_key_retry_is_due(const World *world, uint32_t client)
{
    return sr_timer_is_set(world, client, SR_TIMER_OLD) &&
           world->clients[client].awaits_old == 0;
}

/* Lists all moves that are possible in @world. */
void sr_moves_list(const SrExplorePlan *plan, const World *world, Moves *moves);

/* ---- explore-reduce.c ---- */

/* Looks for a few of the possible moves that are enough. Returns: whether there are such; they
 * are then in @moves */
bool sr_moves_reduce(const SrExplorePlan *plan, const World *world, Moves *moves);
/* Returns: whether @move, which sr_moves_reduce() listed, changed only what the reduction
 * relies on; otherwise all moves must be tried */
bool sr_reduction_holds(const SrExplorePlan *plan, const World *before, const World *after,
                        const Move *move);

/* ---- explore-order.c ---- */

/*
 * Finds the order of the clients in the packed @world.
 * @from: (nullable): the world from which a move made @world
 * @changed: bits of the clients that the move changed
 * @order: (out)
 */
void sr_order_find(const SrExplorePlan *plan, const World *world, const Origin *from,
                   uint32_t changed, Order *order);
/* Returns: what the server knows of a client besides SrServerClient, as one number: whether it
 * owns a creation, on which connection, and whether it was rejected */
uint32_t sr_client_aside(const SrExplorePlan *plan, const World *world, uint32_t index);
/* Returns: whether @client has more connections than SR_EXPLORE_CONNS_MAX */
bool sr_conns_are_too_many(const SrExplorePlan *plan, const World *world, uint32_t client);
/* Returns: the rank of a lost connection among the connections of its client */
uint8_t sr_item_rank(const SrExplorePlan *plan, const World *world, const Item *item);
/* Returns: whether the key under @hint has no more use: a session is established under another
 * hint, and nobody is asking for this one */
bool sr_hint_is_over(const SrExplorePlan *plan, const World *world, uint32_t hint);

/* Returns: what an answer to @request is to @client */
static inline unsigned
sr_role_of(const SrClient *client, unsigned request)
{
    unsigned role = ROLE_LATE;

    if (request == 0)
        return ROLE_NONE;
    if (request < client->first_request)
        return ROLE_GONE;
#define FIELD(type, name, kind, bits, sign)                                                    \
    role += FIELD_##kind == FIELD_REQUEST;                                                     \
    if (FIELD_##kind == FIELD_REQUEST &&                                                       \
        request == sr_field_get(&client->name, sizeof client->name))                           \
        return role;
#include "protocol/state.def"
    return ROLE_LATE;
}

/* ---- explore-codec.c ---- */

/*
 * Packs @world.
 * @from: (nullable): the world from which a move made @world
 * @touched: bits of the clients that the move touched
 * @packed: (out)
 *
 * Returns: how many bytes of @out were written
 */
size_t sr_world_pack(const SrExplorePlan *plan, const World *world, const Origin *from,
                     uint32_t touched, uint8_t out[PACKED_MAX], Packed *packed);

/*
 * Unpacks @world.
 * @bytes: must not move as long as worlds are packed with @origin
 * @signs: signatures by position, if clients are sorted
 * @origin: (out)
 */
void sr_world_unpack(const SrExplorePlan *plan, const uint8_t *bytes,
                     const uint64_t signs[CLIENTS_MAX], World *world, Origin *origin);

/* What the files of an exploration share.
 *   explore-world.c    a world: the state of everything, and what a move does to it
 *   explore-driver.c   what a step leaves pending
 *   explore-things.c   what is on its way in it
 *   explore-moves.c    which moves there are in a world
 *   explore-order.c    the order in which clients stand in a packed world
 *   explore-codec.c    a world as a few bytes, the same for worlds that cannot be told apart
 *   explore-reduce.c   moves that need not be tried in every order
 *   explore-store.c    the states that were seen
 *   explore-search.c   breadth first, on threads
 *   explore-traps.c    states from which no end is reached
 *   explore-path.c     the way to a failure
 *   explore-story.c    … told
 *   explore-times.c    … with instants
 *   explore-replay.c   … as a scenario file
 *   explore.c          what is explored, and what comes out
 *
 * A plan says what is explored and never changes. A world is one state, written out so that the
 * protocol core can work in it. A bench is what one thread works with. */
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
    KEYS_MAX = 62,
    SLOTS_MAX = 40, /* hints that matter at a time, and those that one move makes */
    REPLICAS_MAX = 4,
    THINGS_MAX = 96,
    MOVES_MAX = 160,
    BUDGET_MAX = 15,
    RETRIES_MAX = UINT8_MAX, /* that are counted */
    PACKED_MAX = 1 << 12,
    NOBODY = UINT8_MAX, /* in place of a client */
};

/* ---- what is explored ---- */

/* Clocks stand still, each at an instant at which a token that is good is judged good. */
typedef struct {
    int64_t client_ns, server_ns;
    int64_t good, expired; /* tokens */
} SrExploreClock;

typedef struct {
    const SrScenario *scenario;
    SrModel *model;
    uint32_t n_clients, n_documents;
    SrClientSettings settings[CLIENTS_MAX];
    uint32_t client_document[CLIENTS_MAX];
    uint8_t class_of[CLIENTS_MAX]; /* clients of one class are interchangeable */
    uint32_t n_classes;
    uint32_t previous_hint[DOCUMENTS_MAX]; /* SR_HINT_ABSENT: no older session */
    uint32_t n_previous;                   /* they are the first hints */
    uint8_t crashes, disconnects, expirations;
    bool symmetry, reduction;
    bool counts; /* limits of retries are counted down */
    bool sorts;  /* some clients are interchangeable, and are sorted */
    SrExploreClock clock;
    bool detects;      /* the server sees a lost connection later than its client */
    bool keeps_order;  /* of live keys the order matters */
    bool keeps_unused; /* … and those that nobody can ask for any more */
    bool repeats;      /* hints may come again */
    bool rotates;
    bool promotes; /* a rejected client may become the owner */
    bool settles;  /* keys are kept until they are settled */
    bool calm;     /* the store is the same for everybody, whatever the order of requests */
} SrExplorePlan;

/* ---- the fields of a client: state.def ---- */

#define INLINE static inline __attribute__((always_inline))

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

/* Where a thing is. In the first six it is a message, in the order of sending. */
typedef enum {
    AT_DIRECTION = 0,             /* … + SR_DIRECTION_OUT() or _IN() of a service */
    AT_GENERATE = SR_DIRECTION_N, /* a request whose answer is being made */
    AT_LOOKUP,                    /* … or looked up */
    AT_ATTACHED,                  /* … or waits for the key that is being made */
    AT_DETECT,                    /* a connection that is lost, and the server does not know */
    AT_REPLICA,                   /* what a replica, `conn`, does not know yet */
} Place;

/* What an answer is to the client that it goes to. A packed world keeps nothing else of the number
 * of its request. */
typedef enum {
    ROLE_NONE,
    ROLE_GONE, /* of an earlier life */
    ROLE_LATE,
    ROLE_AWAITED,  /* by the first REQUEST field of state.def, and so on for the others */
    ROLE_LAST = 7, /* as many as a packed world has room for */
} Role;

/* A message, a request, or what else takes its time. */
typedef struct {
    uint8_t place; /* Place */
    uint8_t client;
    uint8_t type, reason, flags; /* of an SrMessage */
    bool expired;                /* the token that it carries */
    uint16_t conn, request, hint, key;
    uint16_t number; /* for who follows it; 0 in a search */
} Thing;

/* What there is of one client, by place, then in the order of sending. */
typedef struct {
    uint8_t n;
    Thing list[THINGS_MAX];
} Things;

/* First what is small and together, and copied with every move; then the store, of which only
 * the hints that there are; then clients, of which a move changes one, or few. */
typedef struct {
    uint8_t crashes, disconnects, expirations; /* left */
    uint8_t n_things;
    uint8_t n_slots, n_keys;
    uint8_t establish; /* bits of documents: their establish-timeout runs */
    int32_t tick;      /* of hints that are instants: the latest */
    uint32_t master;
    SrServerDocument documents[DOCUMENTS_MAX];
    SrProviderDocument live[DOCUMENTS_MAX];
    SrCheckDocument check_documents[DOCUMENTS_MAX];
    SrServerClient server_clients[CLIENTS_MAX];
    SrServerRejected rejected[CLIENTS_MAX];
    SrCheckClient check_clients[CLIENTS_MAX];
    SrCheckRest check_rests[CLIENTS_MAX];
    uint8_t timers[CLIENTS_MAX]; /* bits 1 << SrTimer that are set */
    uint8_t
        exhausted[CLIENTS_MAX]; /* bits: the last of its retries; of those for the old key */
    SrKeySlot slots[SLOTS_MAX + 1];
    uint32_t masters[SLOTS_MAX + 1];
    SrCheckHint check_hints[SLOTS_MAX + 1];
    bool aged[SLOTS_MAX + 1]; /* too old to be handed out again */
    uint32_t replica_keys[(SLOTS_MAX + 1) * (REPLICAS_MAX - 1)];
    SrClient clients[CLIENTS_MAX];
    Things things[CLIENTS_MAX + 1]; /* by client; the last are nobody's */
} World;

/* ---- packed worlds ---- */

/* Numbers of a client's connections: which in their order each is, from 1; 0: none. */
typedef struct {
    uint8_t conn, known, closed, owned, accepted;
} Ranks;

/* How the clients of a world compare. */
typedef struct {
    Ranks ranks[CLIENTS_MAX];         /* of those that have changed, and of owners */
    uint8_t described[SLOTS_MAX + 2]; /* hints, without their names */
    uint64_t signs[CLIENTS_MAX];
    uint64_t settled[CLIENTS_MAX]; /* … as they are once the world was packed and unpacked */
    uint8_t clients[CLIENTS_MAX];  /* at each place of the packed world */
    uint8_t position_of[CLIENTS_MAX]; /* of a client */
} Order;

/* What is known of a packed world besides its bytes; by place. */
typedef struct {
    uint64_t signs[CLIENTS_MAX];  /* of the clients, where they are sorted */
    uint8_t clients[CLIENTS_MAX]; /* of the world that was packed */
} Packed;

/* Where a client stands in its world's bytes. */
typedef struct {
    uint16_t at, n;
    uint16_t first_name, n_names; /* of the origin's */
} PackedClient;

/* A world that was unpacked, and what need not be found out again to pack another that a move made
 * of it. */
typedef struct {
    World before; /* as sr_world_keep() leaves it */
    const uint8_t *bytes;
    uint64_t signs[CLIENTS_MAX];
    PackedClient clients[CLIENTS_MAX];
    /* The bytes that name something: twice their place in those of the client, and 1 for the name
     * of a key. */
    uint16_t names[PACKED_MAX];
} Origin;

/* ---- moves ---- */

typedef enum {
    MOVE_START,
    MOVE_DELIVER, /* a: direction; b: 1: what could be handed out again is too old */
    MOVE_READY,   /* a: of the client's requests being answered, from 0; b: replica, or 1: the
                        hint of the latest instant again */
    MOVE_TIMER,   /* a: SrTimer */
    MOVE_LAST_RETRY, /* a: SrTimer: retries in vain come to their end */
    MOVE_DETECT,     /* a: of the client's lost connections, from 0 */
    MOVE_ESTABLISH,  /* client: the document whose establish-timeout runs out */
    MOVE_REPLICATED, /* client: the replica */
    MOVE_AGE,        /* client: the document whose oldest key is discarded */
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

/* Returns: whether the `client` of a move of @kind is a client */
static inline bool
sr_move_is_of_client(unsigned kind)
{
    return kind != MOVE_ESTABLISH && kind != MOVE_REPLICATED && kind != MOVE_AGE &&
           kind != MOVE_ROTATE;
}

typedef struct {
    Move list[MOVES_MAX];
    unsigned n;
    bool end;     /* nothing is left that must happen */
    bool reduced; /* these are not all, but enough */
} Moves;

/* ---- a bench ---- */

typedef struct {
    SrCheckId check;
    SrRecord record; /* check-failed */
} Finding;

typedef struct {
    const SrExplorePlan *plan;
    World *world;  /* that the core's arrays are bound to */
    SrWorld steps; /* carries out what moves set off, bound to @world */
    uint32_t buckets[16], chains[SLOTS_MAX + 1];
    SrCheckState *check_state;
    SrCheckContext context;
    SrMessage closed; /* conn: the connection that the present step closed; 0: none */
    Finding findings[SR_CHECK_N];
    unsigned n_findings;
    bool crowded;
    uint32_t touched; /* bits of clients that the last move changed, or what is on their way */
    World *before;    /* (nullable) where these stay as they were */
    /* (nullable) Takes every record, for a story. */
    void (*sink)(void *data, const SrRecord *record);
    void *sink_data;
} Bench;

/* Returns: (transfer none): the @nth thing of @client at @place or at @other; NULL: there is none
 */
static inline const Thing *
sr_find_thing(const World *world, uint32_t client, unsigned place, unsigned other, unsigned nth)
{
    const Things *things = &world->things[client];

    for (unsigned i = 0; i < things->n; i++)
        if ((things->list[i].place == place || things->list[i].place == other) && nth-- == 0)
            return &things->list[i];
    return NULL;
}

/* ---- explore-driver.c ---- */

extern const SrWorldDriver sr_bench_driver;

/* ---- explore-world.c ---- */

Bench *sr_bench_new(const SrExplorePlan *plan);
void sr_bench_free(Bench *bench);
/* @sink takes every record from here on. */
void sr_bench_listen(Bench *bench, void (*sink)(void *data, const SrRecord *record),
                     void *data);
/* The world before anything happens. */
void sr_world_begin(Bench *bench, World *world);
/* Keeps @before what moves may change of @world, but for clients, and what is on their way, where
 * they alone ask for it. */
void sr_world_keep(const SrExplorePlan *plan, const World *world, World *before);
/* @touched: bits of the clients that were changed since */
void sr_world_restore(const SrExplorePlan *plan, World *world, const World *before,
                      uint32_t touched);
/* The next hint is checked from nothing. */
void sr_world_clear_next_hint(const SrExplorePlan *plan, World *world);
/*
 * What @move does to @world; what breaks a check is in the bench's findings.
 * @before: (nullable): from sr_world_keep(): of clients that the move touches it gets the rest
 */
void sr_world_move(Bench *bench, World *world, World *before, Move move);
/* The liveness checks, in a world in which nothing is left to happen. */
void sr_world_end(Bench *bench, World *world);

/* ---- explore-things.c ---- */

void sr_world_copy_client(World *to, const World *from, uint32_t client);
/* @client is about to change, or what is on its way. */
void sr_bench_touch(Bench *bench, uint32_t client);
void sr_thing_add(Bench *bench, Place place, const SrMessage *message);
void sr_thing_remove(Bench *bench, uint32_t client, unsigned at);
/* Takes the @nth thing of @client at @place or at @other. */
Thing sr_thing_take(Bench *bench, uint32_t client, Place place, Place other, unsigned nth);
SrMessage sr_thing_message(const SrExplorePlan *plan, const Thing *thing);
/* Returns: whether nobody is there to take an answer to @request of @client */
bool sr_is_gone(const World *world, uint32_t client, uint32_t request);
/* Takes away what of @client can never arrive. */
void sr_things_sweep(Bench *bench, uint32_t client);

/* ---- explore-moves.c ---- */

/* What the timer of a client waits for. */
typedef enum { WAITS_WORK, WAITS_RETRY, WAITS_TIMEOUT } WaitsFor;

/* Returns: whether @client derives a wrapping key */
static inline bool
sr_client_derives(const SrClient *client)
{
    return client->state == SR_CLIENT_SEALING || client->state == SR_CLIENT_DERIVING ||
           (client->state == SR_CLIENT_RESUMING && client->target_key != SR_KEY_ABSENT);
}

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

/* Returns: whether @client asks for keys a limited number of times, and each is counted */
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

void sr_moves_list(const SrExplorePlan *plan, const World *world, Moves *moves);

/* ---- explore-reduce.c ---- */

/* Lists moves of those that sr_moves_list() would list that are enough. Returns: whether there
 * are such */
bool sr_moves_reduce(const SrExplorePlan *plan, const World *world, Moves *moves);
/* Returns: whether @move, of those left, did to the world no more than what was counted on */
bool sr_reduction_holds(const SrExplorePlan *plan, const World *before, const World *after,
                        const Move *move);

/* ---- explore-order.c ---- */

/*
 * @from: (nullable): of which a move made @world …
 * @changed: … and changed these clients (bits)
 * @order: (out)
 */
void sr_order_find(const SrExplorePlan *plan, const World *world, const Origin *from,
                   uint32_t changed, Order *order);
/* What others know of a client: whether it owns a standing creation, on which connection, and
 * whether it was rejected. */
uint32_t sr_client_aside(const SrExplorePlan *plan, const World *world, uint32_t index);
/* Returns: the rank of a lost connection among those of its client */
uint8_t sr_thing_rank(const SrExplorePlan *plan, const World *world, const Thing *thing);
/* Returns: whether it matters no longer if the key under @hint is there: a session is
 * established under another, and nobody is asking for this one */
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
 * @from: (nullable): of which a move made @world …
 * @touched: … and touched these clients (bits)
 * @packed: (out)
 *
 * Returns: how many bytes of @out were written
 */
size_t sr_world_pack(const SrExplorePlan *plan, const World *world, const Origin *from,
                     uint32_t touched, uint8_t out[PACKED_MAX], Packed *packed);

/* @bytes: stay where they are as long as others are made of @origin */
void sr_world_unpack(const SrExplorePlan *plan, const uint8_t *bytes,
                     const uint64_t signs[CLIENTS_MAX], World *world, Origin *origin);

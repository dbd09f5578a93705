/* Subject: the full race by hand: what somebody writes who wants the numbers of this one race and nothing
 * else. The handshake of N clients that start at the same instant, all of one document: tokens, connecting,
 * steps 1 to 7, links in order on which each message takes uniform(10ms, 80ms), and the defaults of a
 * scenario otherwise. One switch, one array, a heap; keys are numbers. No faults, no check, no record, no
 * measure.
 *
 * Draws come from one stream, as one would write it; or they are named as the program's are, and then
 * each seed's race is the program's, message by message. */
#include "bench.h"
#include "heap.h"
#include "session-race/stream.h"

#define LATENCY_MIN (10 * SR_NS_PER_MS)
#define LATENCY_MAX (80 * SR_NS_PER_MS)
#define SIGNING (1 * SR_NS_PER_MS)
#define GENERATING (20 * SR_NS_PER_MS)
#define LOOKING_UP_TIME (10 * SR_NS_PER_MS)
#define DERIVING_TIME (25 * SR_NS_PER_MS)
#define TOKEN_LIFETIME_S 300

/* Of a client's link to each service, as the latencies of draws.def are ordered. */
typedef enum {
    TO_SERVER,
    FROM_SERVER,
    TO_SIGNER,
    FROM_SIGNER,
    TO_STORE,
    FROM_STORE,
} Way;
#define WAY_N (FROM_STORE + 1)

static const char *const purposes[WAY_N] = {
    "link/latency/to/server",
    "link/latency/from/server",
    "link/latency/to/token-provider",
    "link/latency/from/token-provider",
    "link/latency/to/encryption-provider",
    "link/latency/from/encryption-provider",
};

/* What can be pending of a client: its start, a message that arrives, or the end of some work. */
typedef enum {
    STARTS,
    TOKEN_REQUEST,
    SIGNED,
    TOKEN,
    CONNECT,
    CONNECTED,
    REFUSED,
    SESSION_REQUEST,
    SESSION_NONE,
    NEW_KEY_REQUEST,
    GENERATED,
    NEW_KEY,
    SEALED,
    CREATE_SESSION,
    CREATE_ACCEPTED,
    CREATE_REJECTED,
    UPLOAD,
    SESSION_AVAILABLE,
    KEY_REQUEST,
    FOUND,
    KEY,
    DERIVED,
    JOIN,
    CONTENT,
} Item;

typedef enum {
    IDLE,
    AWAITING_TOKEN,
    CONNECTING,
    REQUESTING,
    MAKING_KEY,
    SEALING,
    CREATED,
    WAITING,
    UPLOADING,
    LOOKING_UP,
    DERIVING,
    JOINING,
    COLLABORATING,
    FAILED,
} State;

typedef struct {
    uint64_t hash;      /* of its name */
    SrTime last[WAY_N]; /* when the latest message of each way arrives */
    uint32_t n_sent[WAY_N];
    uint32_t issued_s, expires_s; /* of its token, after the epoch */
    uint32_t own_key, key;        /* 0: none */
    uint32_t hint;                /* of the session that it knows; 0: none */
    State state;
    bool is_connected;
} Client;

#define NOBODY UINT32_MAX

/* A key and its hint have one number, from 1. */
typedef struct {
    Queue *queue;
    SrTime now, signer_free_at;
    SrStream stream;
    uint64_t bases[WAY_N]; /* of named draws */
    Client *clients;
    uint32_t *connected; /* in the order of acceptance */
    uint32_t n_clients, n_connected;
    uint32_t n_keys, owner, content;
    bool is_established;
    uint64_t n_messages, n_events;
} Race;

static inline void
after(Race *race, SrSpan span, Item item, uint32_t client)
{
    queue_push(race->queue, race->now + span, client << 5 | item);
}

static inline __attribute__((always_inline)) void
send(Race *race, bool is_named, Way way, Item item, uint32_t client)
{
    Client *it = &race->clients[client];
    SrStream named, *stream = &race->stream;

    if (is_named) {
        named = sr_stream_at(sr_stream_key_of(race->bases[way], it->hash), it->n_sent[way]++);
        stream = &named;
    }
    SrTime at =
        race->now + LATENCY_MIN + sr_stream_below(stream, LATENCY_MAX - LATENCY_MIN + 1);
    it->last[way] = MAX(at, it->last[way]);
    race->n_messages++;
    queue_push(race->queue, it->last[way], client << 5 | item);
}

static inline uint32_t
second_of(const Race *race)
{
    return (uint32_t) (race->now / SR_NS_PER_S);
}

/* The server looks at the token of @client, and closes its connection when it does not hold. */
static inline __attribute__((always_inline)) bool
admit(Race *race, bool is_named, uint32_t client)
{
    Client *it = &race->clients[client];
    uint32_t second = second_of(race);

    if (it->issued_s <= second && second < it->expires_s)
        return true;
    it->is_connected = false;
    send(race, is_named, FROM_SERVER, REFUSED, client);
    return false;
}

/* ---- the server ---- */

static inline __attribute__((always_inline)) void
establish(Race *race, bool is_named)
{
    race->content = race->clients[race->owner].own_key;
    race->is_established = true;
    for (uint32_t i = 0; i < race->n_connected; i++)
        if (race->clients[race->connected[i]].is_connected)
            send(race, is_named, FROM_SERVER, SESSION_AVAILABLE, race->connected[i]);
}

static inline __attribute__((always_inline)) void
create(Race *race, bool is_named, uint32_t client)
{
    if (!race->clients[client].is_connected || !admit(race, is_named, client))
        return;
    bool is_first = race->owner == NOBODY;
    if (is_first)
        race->owner = client;
    send(race, is_named, FROM_SERVER, is_first ? CREATE_ACCEPTED : CREATE_REJECTED, client);
}

/* ---- the client ---- */

/* A session is announced: its maker collaborates, anybody else drops what it was at and asks for the key. */
static inline __attribute__((always_inline)) void
learn(Race *race, bool is_named, uint32_t client)
{
    Client *it = &race->clients[client];
    uint32_t hint = race->clients[race->owner].own_key;

    if (it->hint == hint)
        return;
    it->hint = hint;
    if (it->state == UPLOADING) {
        it->state = COLLABORATING;
        return;
    }
    it->state = LOOKING_UP;
    send(race, is_named, TO_STORE, KEY_REQUEST, client);
}

/* Goes on to @next and sends @item, when @client is in @state: late answers are none. */
static inline __attribute__((always_inline)) void
go_on(Race *race, bool is_named, uint32_t client, State state, State next, Way way, Item item)
{
    if (race->clients[client].state != state)
        return;
    race->clients[client].state = next;
    send(race, is_named, way, item, client);
}

static inline __attribute__((always_inline)) void
take(Race *race, bool is_named, Item item, uint32_t client)
{
    Client *it = &race->clients[client];

    switch (item) {
    case STARTS:
        go_on(race, is_named, client, IDLE, AWAITING_TOKEN, TO_SIGNER, TOKEN_REQUEST);
        break;
    case TOKEN_REQUEST: /* one at a time */
        race->signer_free_at = MAX(race->now, race->signer_free_at) + SIGNING;
        after(race, race->signer_free_at - race->now, SIGNED, client);
        break;
    case SIGNED:
        it->issued_s = second_of(race);
        it->expires_s = it->issued_s + TOKEN_LIFETIME_S;
        send(race, is_named, FROM_SIGNER, TOKEN, client);
        break;
    case TOKEN:
        go_on(race, is_named, client, AWAITING_TOKEN, CONNECTING, TO_SERVER, CONNECT);
        break;
    case CONNECT:
        if (!admit(race, is_named, client))
            break;
        it->is_connected = true;
        race->connected[race->n_connected++] = client;
        send(race, is_named, FROM_SERVER, CONNECTED, client);
        break;
    case CONNECTED:
        go_on(race, is_named, client, CONNECTING, REQUESTING, TO_SERVER, SESSION_REQUEST);
        break;
    case REFUSED:
        it->state = FAILED;
        break;
    case SESSION_REQUEST:
        send(race, is_named, FROM_SERVER,
             race->is_established ? SESSION_AVAILABLE : SESSION_NONE, client);
        break;
    case SESSION_NONE:
        go_on(race, is_named, client, REQUESTING, MAKING_KEY, TO_STORE, NEW_KEY_REQUEST);
        break;
    case NEW_KEY_REQUEST:
        after(race, GENERATING, GENERATED, client);
        break;
    case GENERATED:
        it->own_key = ++race->n_keys;
        send(race, is_named, FROM_STORE, NEW_KEY, client);
        break;
    case NEW_KEY:
        if (it->state != MAKING_KEY)
            break;
        it->state = SEALING;
        after(race, DERIVING_TIME, SEALED, client);
        break;
    case SEALED:
        go_on(race, is_named, client, SEALING, CREATED, TO_SERVER, CREATE_SESSION);
        break;
    case CREATE_SESSION:
        create(race, is_named, client);
        break;
    case CREATE_ACCEPTED:
        go_on(race, is_named, client, CREATED, UPLOADING, TO_SERVER, UPLOAD);
        break;
    case CREATE_REJECTED:
        if (it->state == CREATED)
            it->state = WAITING;
        break;
    case UPLOAD:
        establish(race, is_named);
        break;
    case SESSION_AVAILABLE:
        learn(race, is_named, client);
        break;
    case KEY_REQUEST:
        after(race, LOOKING_UP_TIME, FOUND, client);
        break;
    case FOUND:
        send(race, is_named, FROM_STORE, KEY, client);
        break;
    case KEY:
        it->key = it->hint;
        it->state = DERIVING;
        after(race, DERIVING_TIME, DERIVED, client);
        break;
    case DERIVED:
        go_on(race, is_named, client, DERIVING, JOINING, TO_SERVER, JOIN);
        break;
    case JOIN:
        if (it->is_connected && admit(race, is_named, client))
            send(race, is_named, FROM_SERVER, CONTENT, client);
        break;
    case CONTENT:
        it->state = it->key == race->content ? COLLABORATING : FAILED;
        break;
    }
}

/* ---- races ---- */

static inline void
begin(Race *race, uint64_t seed, bool is_named, const uint64_t hashes[WAY_N])
{
    race->now = race->signer_free_at = 0;
    race->n_connected = race->n_keys = race->content = 0;
    race->owner = NOBODY;
    race->is_established = false;
    race->n_messages = 0;
    race->stream = (SrStream){ sr_mix64(seed) };
    for (unsigned way = 0; is_named && way < WAY_N; way++)
        race->bases[way] = sr_stream_base(seed, hashes[way]);
    queue_reset(race->queue);
    for (uint32_t i = 0; i < race->n_clients; i++) {
        race->clients[i] = (Client){ .hash = race->clients[i].hash };
        queue_push(race->queue, 0, i << 5 | STARTS);
    }
}

static inline __attribute__((always_inline)) void
play(Race *race, bool is_named, uint64_t n_races, BenchWork *work, BenchRace *races)
{
    uint64_t hashes[WAY_N];
    uint32_t payload;

    for (unsigned way = 0; way < WAY_N; way++)
        hashes[way] = sr_name_hash(purposes[way], strlen(purposes[way]));
    for (uint64_t seed = 1; seed <= n_races; seed++) {
        begin(race, seed, is_named, hashes);
        for (; queue_pop(race->queue, &race->now, &payload); race->n_events++)
            take(race, is_named, (Item) (payload & 31), payload >> 5);
        for (uint32_t i = 0; i < race->n_clients; i++)
            g_assert(race->clients[i].state == COLLABORATING);
        BenchRace it = { race->n_messages, race->now, race->owner };
        bench_work_add(work, &it);
        if (races != NULL)
            races[seed - 1] = it;
    }
}

static __attribute__((noinline)) void
play_named(Race *race, uint64_t n_races, BenchWork *work, BenchRace *races)
{
    play(race, true, n_races, work, races);
}

static __attribute__((noinline)) void
play_drawn(Race *race, uint64_t n_races, BenchWork *work, BenchRace *races)
{
    play(race, false, n_races, work, races);
}

void
bench_hand_written(uint32_t n_clients, uint64_t n_races, bool is_named, BenchWork *work,
                   BenchRace *races)
{
    Race race = { .queue = queue_new((size_t) n_clients * 4 + 16, 0),
                  .n_clients = n_clients,
                  .clients = g_new0(Client, n_clients),
                  .connected = g_new(uint32_t, n_clients) };

    for (uint32_t i = 0; i < n_clients; i++) {
        g_autofree char *name = g_strdup_printf("editor-%u", i + 1);
        race.clients[i].hash = sr_name_hash(name, strlen(name));
    }
    *work = (BenchWork){ 0 };
    double begin_s = bench_cpu_s();
    (is_named ? play_named : play_drawn)(&race, n_races, work, races);
    work->seconds = bench_cpu_s() - begin_s;
    queue_free(race.queue);
    g_free(race.clients);
    g_free(race.connected);
}

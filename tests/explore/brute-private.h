/* What the files of the plain search share:
 *   brute.c        all states, level by level
 *   brute-step.c   what a step does to a state
 *   brute-list.c   which steps there are
 *   brute-text.c   when two states are the same */
#pragma once

#include <glib.h>
#include <string.h>

#include "brute.h"
#include "check/check-state.h"
#include "model/model.h"
#include "protocol/token-provider.h"

enum { N = BRUTE_CLIENTS_MAX, HINTS = 64, REPLICAS_MAX = 3, LONG = 24 };

/* Where something of a client is: on one of its links, to and from the server, the token provider
 * and the encryption provider; or at the encryption provider, as a request whose answer is being
 * made, is looked up, or comes with that to another; or it is a lost connection that the server
 * does not know of. */
enum { LINKS = 6, MAKING = LINKS, LOOKING, ATTACHED, LOST };

typedef struct {
    uint8_t place;
    SrMessage message;
} Parcel;

typedef struct {
    Parcel list[LONG]; /* in the order of sending */
    unsigned n;
} Parcels;

/* What a replica is to take over. */
typedef struct {
    uint32_t replica, hint, key;
} Copy;

typedef struct {
    unsigned crashes, disconnects, expirations;
    SrClient clients[N];
    bool timers[N][SR_TIMER_N], last[N], last_old[N];
    SrServerClient known[N];
    SrServerRejected rejected[N];
    SrServerDocument document;
    bool establish; /* its time-out runs */
    SrProviderDocument live;
    SrKeySlot slots[HINTS];
    uint32_t masters[HINTS], replica_keys[HINTS * (REPLICAS_MAX - 1)];
    bool aged[HINTS];
    uint32_t n_slots, n_keys, master;
    int64_t tick; /* of hints that are instants: the latest */
    Parcels parcels[N];
    Copy copies[LONG];
    unsigned n_copies;
    SrCheckDocument check_document;
    SrCheckClient check_clients[N];
    SrCheckRest check_rests[N];
    SrCheckHint check_hints[HINTS];
} State;

typedef struct {
    const SrScenario *scenario;
    BruteOptions options;
    SrModel *model;
    uint32_t n, client_document[N], previous_hint;
    const SrClientSettings *settings[N];
    uint32_t pinned[N]; /* the copy of the store that answers it, from 1, or SR_REPLICA_ANY */
    int64_t good, expired, server_second; /* tokens, and when they are judged */
    SrCheckContext context;
    SrChecks *checks;
    State *state;
    uint32_t broken; /* checks, by the latest step */
    bool full;       /* something has no room */
    BruteResult *result;
    GHashTable *seen;   /* fingerprint → itself, a Seen */
    GQueue waiting;     /* Waiting */
    GArray *edges;      /* Edge, of steps that must happen */
    GArray *end_states; /* uint32_t */
} Brute;

/* What tells @state apart: 128 bits. */
typedef struct {
    uint64_t low, high;
} Fingerprint;

/* @order, @n: (out): the hints that somebody can still ask for, or that count for something, in the
 * order of their mention */
Fingerprint brute_fingerprint(const Brute *brute, const State *state, uint32_t order[HINTS],
                              unsigned *n);
/* Returns: whether it matters in which order the live keys were made */
bool brute_keeps_order(const Brute *brute);

/* Returns: whether a refusal is on its way to @client, and with it what a check remembers of the last
 * hint that was refused */
bool brute_is_refusal_coming(const State *state, uint32_t client);

/* ---- steps ---- */

typedef enum {
    START,
    FIRE,    /* a timer, `what` */
    LAST,    /* … for the last time */
    DELIVER, /* the first at `what`; variant 1: what could be handed out again is too old */
    READY, /* request `what`; variant: the replica, or 1: a key of the same instant as the last */
    SEE_LOST,
    STAND_TOO_LONG,
    COPY_OVER, /* copy `what` */
    AGE,
    ROTATE,
    TOKEN_EXPIRES,
    CRASH,
    COME_BACK,
    DISCONNECT
} Kind;

typedef struct {
    Kind kind;
    uint32_t client;
    unsigned what, variant;
    bool paid, may; /* costs an expiration; may as well never happen */
} Step;

typedef struct {
    Step list[256];
    unsigned n;
    bool end;
} Steps;

void brute_list_steps(const Brute *brute, const State *state, Steps *steps);
/* The checks and the core work in @state from here on. */
void brute_bind(Brute *brute, State *state);
void brute_make(Brute *brute, const Step *step);
void brute_begin(Brute *brute, State *state);

/* Returns: the first thing of @client at @place; LONG: there is none */
unsigned brute_first_at(const State *state, uint32_t client, unsigned place);

static inline uint32_t
brute_replica_key(const Brute *brute, const State *state, uint32_t hint, uint32_t replica)
{
    if (replica == 0)
        return state->slots[hint].live ? state->slots[hint].key : 0;
    return state->replica_keys[hint * (brute->model->provider.replicas - 1) + replica - 1];
}

static inline bool
brute_asks_for_key(const SrClient *client)
{
    return client->state == SR_CLIENT_LOOKING_UP || client->state == SR_CLIENT_RESUMING ||
           client->state == SR_CLIENT_MAKING_KEY;
}

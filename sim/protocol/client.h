/* The client's side of the handshake: section 3 of the protocol. */
#pragma once

#include "protocol/protocol.h"

/** SR_CLIENT_KEYS_HELD: how many keys a client keeps, the newest ones. No handshake needs more
 * than two at a time. */
#define SR_CLIENT_KEYS_HELD 4

/** SrHeldKey: a key that a client was given. */
typedef struct {
    uint32_t hint, key; /* key 0: empty */
} SrHeldKey;

/** SrClientSettings: the keys of `[client NAME]` that the core needs. */
typedef struct {
    bool tokens; /* `[token-provider] enabled` */
    bool adopt;  /* early-available = adopt */
    bool cache_keys;
    bool settle; /* the provider keeps keys until they are settled, so send `key-settled` */
    SrSpan patience, request_timeout; /* SR_TIME_NEVER: none */
    SrSpan token_refresh;             /* SR_TIME_NEVER: none */
    SrRetryPolicy key_retry, connect_retry, reconnect;
    SrTokenRules token;
} SrClientSettings;

/**
 * SrClient:
 *
 * One client. Flat; all zero is one that has not started. First come the 96 bytes that every
 * message touches, last what few messages touch: so in a run of many clients most events fetch
 * two cache lines of a client.
 */
typedef struct {
    uint8_t state;        /* SrClientState */
    uint8_t reason;       /* SrReason it failed for */
    bool open : 1;        /* it has a connection, as far as it knows: number `conn` */
    bool fresh_token : 1; /* reconnecting: with a fresh token */
    bool has_old : 1;     /* step 2 needs the old session's key too */
    bool has_token : 1;
    uint8_t held_next : 4; /* index in the ring */
    /* one bit per entry of the ring, set if its wrapping key is derived */
    uint8_t held_derived : SR_CLIENT_KEYS_HELD;
    uint32_t conn; /* connections opened, over all its lives */
    int64_t token; /* valid when has_token */
    SrHeldKey held[SR_CLIENT_KEYS_HELD];
    uint32_t requests;      /* requests to providers, over all its lives */
    uint32_t first_request; /* the first of this life */
    uint32_t seals;         /* sealings, over all its lives */
    uint32_t awaits;        /* the request whose answer it waits for; 0: none */
    /* like awaits: for the old session's key, and for a token */
    uint32_t awaits_old, renews;
    uint32_t known;  /* the hint announced on this connection */
    uint32_t target; /* the hint that step 7, or the owner's return, works with */
    uint32_t target_key;
    uint32_t own_hint, own_key,
        own_counter; /* of its latest attempt; key and counter are 0 until there is one */

    uint32_t won;   /* the hint under which it knows that it won */
    uint32_t tries; /* further attempts in this pass */
    uint32_t connect_tries, reconnect_tries;
    uint32_t tries_old;
    uint32_t old_hint, old_key; /* of the old session; the key is set when it was answered */
    uint32_t old_content_key, old_content_sealer, old_content_counter;
    uint32_t settled; /* the hint of the last `key-settled` */
} SrClient;

/** SrClientInput: what can happen to a client. */
typedef enum {
    SR_INPUT_START, /* at its start, and again after a crash */
    /* `message` arrives; if it is from the server, on the present connection */
    SR_INPUT_MESSAGE,
    SR_INPUT_TIMER, /* `timer` fires */
    SR_INPUT_LOST,  /* its connection is lost, for `reason` */
    SR_INPUT_CRASH,
    SR_INPUT_CLOSE, /* the user closes the editor */
} SrClientInputKind;

typedef struct {
    uint8_t kind;  /* SrClientInputKind */
    uint8_t timer; /* SrTimer */
    uint8_t reason;
    const SrMessage *message; /* (nullable) */
} SrClientInput;

/** SrClientView: what a client knows of the world besides its input. */
typedef struct {
    int64_t local_ns; /* its own clock, ns since 1970 */
    uint32_t index;   /* itself */
    bool reachable;   /* whether an attempt to connect would succeed now */
} SrClientView;

/**
 * sr_client_step:
 * @settings: of the client
 * @client: (inout): its state
 * @input: what happens
 * @view: what it sees
 * @actions: (inout): what it does, in order; at most 16 actions are added
 */
void sr_client_step(const SrClientSettings *settings, SrClient *client,
                    const SrClientInput *input, const SrClientView *view, SrActions *actions);

/** sr_client_late: Returns: whether an answer to @request belongs to an earlier life of @client,
 * which cannot receive it any more */
static inline bool
sr_client_late(const SrClient *client, uint32_t request)
{
    return request < client->first_request;
}

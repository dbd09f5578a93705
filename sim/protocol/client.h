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

/** SrHeldKeys: the newest keys of a client, a ring. */
typedef SrHeldKey SrHeldKeys[SR_CLIENT_KEYS_HELD];

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

/** SrClient: one client; state.def says what its fields mean. Flat; all zero is one that has not
 * started. */
typedef struct {
#define FIELD(type, name, kind, bits, sign) type name;
#include "protocol/state.def"
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

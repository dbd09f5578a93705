/* What the protocol core shares: messages, actions, tokens.
 *
 * The core is pure. A step takes settings, a flat state, an input and the node's own view of
 * the world. It changes the state, and says with actions what is to be done: it adds them to
 * the caller's buffer, or passes them to a sink that the caller compiles in. It has no clock,
 * no queue, no allocation, no randomness and no I/O, so drivers that draw, explore or replay
 * can share it. Clients, hints, keys and documents are small numbers. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "session-race/record.h"
#include "session-race/retry.h"
#include "session-race/time.h"

/* ---- tokens ---- */

/** SR_TOKEN_NONE: no token. Any other token is identified by the second in which it was signed,
 * and exp and nbf follow from it; or by its place among those of a signer of the user's own
 * (SrTokenRules). */
#define SR_TOKEN_NONE INT64_MIN

/** SrTokenClaims: what a token says, and whether its signature is good. */
typedef struct {
    int64_t iat, exp, nbf; /* seconds since 1970; 0 where `has` does not name it */
    uint8_t has;           /* SR_HAS_IAT, _EXP, _NBF */
    uint8_t fault;         /* SrReason for which it is refused whatever its times; or NONE */
} SrTokenClaims;

/** SrTokenRules: the claims of a provider's tokens, and how the server judges them. In seconds.
 */
typedef struct {
    int64_t lifetime, not_before, leeway;
    bool has_iat, has_not_before, check_iat;
    uint8_t fault; /* SrReason for which a token is refused whatever it says; or NONE */
    /* (nullable): where the claims are of tokens that the user's own signer made, by place: the
     * driver's list, which may move as it grows. Then only leeway and check_iat count above */
    const SrTokenClaims *const *claims;
} SrTokenRules;

/** sr_token_exp: Returns: the `exp` claim of @token, a built-in one */
static inline int64_t
sr_token_exp(const SrTokenRules *rules, int64_t token)
{
    return token + rules->lifetime;
}

/** sr_token_claims: Returns: what @token, not SR_TOKEN_NONE, says */
static inline SrTokenClaims
sr_token_claims(const SrTokenRules *rules, int64_t token)
{
    if (__builtin_expect(rules->claims != NULL, 0))
        return (*rules->claims)[token];
    return (SrTokenClaims){
        .iat = rules->has_iat ? token : 0,
        .exp = sr_token_exp(rules, token),
        .nbf = rules->has_not_before ? token + rules->not_before : 0,
        .has = (uint8_t) (SR_HAS_EXP | (rules->has_iat ? SR_HAS_IAT : 0) |
                          (rules->has_not_before ? SR_HAS_NBF : 0)),
    };
}

/** sr_token_expiry_foreign: sr_token_expiry() of a token of the user's own signer. */
int64_t sr_token_expiry_foreign(const SrTokenRules *rules, int64_t token);

/**
 * sr_token_expiry: Returns: when @token expires, ns since 1970 by its reader's clock; INT64_MAX if
 * it does not, or not within the years that a clock can show, or is SR_TOKEN_NONE
 */
static inline int64_t
sr_token_expiry(const SrTokenRules *rules, int64_t token)
{
    if (__builtin_expect(rules->claims != NULL || token == SR_TOKEN_NONE, 0))
        return sr_token_expiry_foreign(rules, token);
    return sr_token_exp(rules, token) * (int64_t) SR_NS_PER_S;
}

/**
 * sr_token_half_life:
 * @now: ns since 1970
 *
 * Returns: half of what @token lives, ns: from its `iat`, or from @now if it has none, to its
 * `exp`; at least half a second and at most half of SR_SPAN_MAX
 */
int64_t sr_token_half_life(const SrTokenRules *rules, int64_t token, int64_t now);

/**
 * sr_token_judge:
 * @token: its second, or its place; SR_TOKEN_NONE misses every claim
 * @now: the judge's local time in whole seconds, rounded down
 *
 * Source: section 5 of the protocol. If there are several faults, the first of
 * bad-signature or missing-claim, issued-in-future, not-yet-valid, expired counts.
 *
 * Returns: SR_REASON_NONE for a good token, else why it is refused
 */
SrReason sr_token_judge(const SrTokenRules *rules, int64_t token, int64_t now);

/* ---- messages ---- */

#define SR_MESSAGE_CONTENT                                                                     \
    1u /* carries content, sealed under `key` by (sealer, counter) with `hint` bound to it */
#define SR_MESSAGE_HINT                                                                        \
    2u /* `hint` is a field that readers see; for content it is only bound to it */

/** SrMessage: a message of section 2. Fields that a message does not have are 0. */
typedef struct {
    uint8_t type;   /* SrMsg */
    uint8_t reason; /* SrReason */
    uint8_t flags;  /* SR_MESSAGE_ bits */
    uint8_t pad;
    uint32_t client; /* index of the client that sends or receives it */
    uint32_t conn;   /* to and from the server: the client's connection */
    uint32_t
        request; /* to and from a provider: the client's number of the request, repeated in the answer */
    uint32_t hint;
    uint32_t key;     /* of `key`; of content: what it is sealed under */
    uint32_t sealer;  /* of content: who sealed it … */
    uint32_t counter; /* … and for which time; (sealer, counter) is the nonce */
    int64_t token;    /* SR_TOKEN_NONE, or the token that the message carries */
} SrMessage;

/* ---- actions ---- */

typedef enum {
    SR_ACTION_SEND,  /* message, from the node that steps */
    SR_ACTION_NOTE,  /* a record: event and the fields of message, from, to, ok, peer, when */
    SR_ACTION_OPEN,  /* client: its connection message.conn opens */
    SR_ACTION_CLOSE, /* client: its connection closes; ok: the server sees it at once */
    SR_ACTION_TIMER, /* timer fires after `when` ns of true time; it replaces the one that is set */
    SR_ACTION_DERIVE,   /* client: SR_TIMER_MAIN fires when `n` keys have been derived */
    SR_ACTION_TIMER_AT, /* timer fires when the node's own clock shows `when` (ns since 1970) */
    SR_ACTION_TIMER_STOP, /* timer does not fire */
    SR_ACTION_GENERATE, /* encryption provider: message comes back as `ready` after a draw of `generate` */
    SR_ACTION_LOOKUP, /* likewise after a draw of `lookup` */
    SR_ACTION_ATTACH, /* encryption provider: message waits for the key that is being made for `document` */
    SR_ACTION_ANSWER_ATTACHED, /* … and is answered like message */
    SR_ACTION_EXPIRE, /* encryption provider: look at the age of message.hint when its clock shows `when` */
    SR_ACTION_REPLICATE, /* encryption provider: message.hint gets message.key (0: none) at the other replicas, later */
} SrActionKind;

/** SrTimer: the timers of a client; the server has one for each document (SR_TIMER_MAIN). */
typedef enum {
    /* what the state waits for: an answer, a retry, a derivation, patience, a reconnection */
    SR_TIMER_MAIN,
    SR_TIMER_OLD,           /* the same for the old session's key in step 2 */
    SR_TIMER_RENEW,         /* renewal of the token is due */
    SR_TIMER_RENEW_TIMEOUT, /* its request has not been answered */
} SrTimer;
#define SR_TIMER_N (SR_TIMER_RENEW_TIMEOUT + 1)

/** SrAction: one action that a step asks for. */
typedef struct {
    uint8_t kind;     /* SrActionKind */
    uint8_t timer;    /* SrTimer */
    uint8_t event;    /* SrEvent of a note */
    uint8_t from, to; /* SrClientState of a note */
    bool ok;
    uint8_t n;
    uint8_t msg; /* SrMsg of a token-judged note */
    uint32_t document;
    uint32_t peer; /* client index of a note about a client */
    int64_t when;
    SrMessage message;
} SrAction;

typedef struct SrActions SrActions;

/** SrActions: the caller's buffer. When it is full, @full carries out its actions and empties
 * it. */
struct SrActions {
    SrAction *list;
    uint32_t n, capacity; /* capacity is at least 1 */
    void (*full)(SrActions *actions, void *data);
    void *data;
};

/**
 * sr_actions_add:
 *
 * An action is written where it stays: to build it elsewhere and to copy it made a race of two half
 * as slow again, since the copy reads wide what has just been written narrow.
 *
 * Returns: (transfer none): the next action, to be assigned as a whole before another is added
 */
static inline SrAction *
sr_actions_add(SrActions *actions)
{
    if (__builtin_expect(actions->n == actions->capacity, 0))
        actions->full(actions, actions->data);
    return &actions->list[actions->n++];
}

/** sr_floor_div: Returns: @a / @b rounded towards minus infinity; @b is positive */
static inline int64_t
sr_floor_div(int64_t a, int64_t b)
{
    int64_t quotient = a / b;

    return quotient - (a % b < 0);
}

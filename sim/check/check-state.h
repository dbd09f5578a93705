/* What the checks remember, for a driver that makes it part of the states which it explores.
 *
 * It is flat: a part for each document, client and hint, zero at the start of a run. Whoever only
 * runs checks need not look. */
#pragma once

#include "check/check.h"

/** SrStanding: the creation that stands and the session that is active, as the server's records
 * tell. */
typedef struct {
    uint32_t owner;          /* node */
    uint32_t creation;       /* hint of the creation */
    uint32_t session;        /* hint of the session */
    uint16_t stands, active; /* whether there is one */
} SrStanding;

/** SrPreviousKept: what previous-kept knows of a document. */
typedef struct {
    uint32_t active;   /* hint of the active session */
    uint32_t outdated; /* hint of the outdated one; SR_HINT_ABSENT: the one from the start,
                          unless `over` */
    uint32_t over;     /* 1: a session was established since the start */
} SrPreviousKept;

/** SrNonceUsed: the highest counter of a sealer under one key. */
typedef struct {
    uint32_t key, counter;
} SrNonceUsed;

/** SrCheckDocument: of a document. */
typedef struct {
    SrStanding one_winner, key_kept, announced_once_established, nobody_stuck;
    SrPreviousKept previous_kept;
} SrCheckDocument;

/** SrCheckClient: of a client. There may be a million: it is small, what a record touches lies
 * side by side, and what few clients need stands apart, in its SrCheckRest. */
typedef struct {
    uint8_t state;                /* SrClientState: for each check that asks */
    bool started : 1;             /* likewise */
    bool all_collaborate : 1;     /* a connection of it was accepted */
    bool has_rest : 1;            /* without it, all of the rest counts as zero */
    bool key_found_unknown;       /* an `unknown-hint` for the announced hint has arrived */
    uint8_t waits;                /* flags of its own */
    uint32_t key_found_announced; /* hint, on this connection */
    uint32_t token_first; /* the accepted connection and 1, since a log from elsewhere may not
                             number them; 0: none */
    SrNonceUsed nonce_unique; /* under the key used last */
} SrCheckClient;

/** SrCheckRest: of a client to whom more happened than to most. */
typedef struct {
    uint32_t key_found_refused; /* hint of the last `unknown-hint` sent to it */
    SrNonceUsed nonce_unique;   /* under the key used before the last one */
} SrCheckRest;

/** SrCheckHint: of a hint. There may be as many as clients, so they stand close. */
typedef struct __attribute__((packed)) {
    uint32_t hint_stable;      /* the key given first */
    bool key_kept : 1;         /* its key was discarded */
    uint8_t previous_kept : 7; /* why its key was discarded; SR_REASON_NONE: it was not */
} SrCheckHint;

struct SrCheckState {
    SrCheckDocument *documents; /* n_documents */
    SrCheckClient *clients;     /* n_clients */
    SrCheckRest *rests;         /* n_clients; not written before they are needed */
    SrCheckHint *hints;         /* long enough for every hint number that a record brings */
    uint32_t key_found_missing; /* hint of the last `key-missing` */
    bool announced_notes;       /* announced-once-established: nodes note what they do inside */
};

/** sr_check_rest: Returns: what stands in @rest, apart of @client; zero where nothing does */
static inline SrCheckRest
sr_check_rest(const SrCheckClient *client, const SrCheckRest *rest)
{
    return client->has_rest ? *rest : (SrCheckRest){ 0 };
}

/** sr_check_make_rest: Returns: (transfer none): what stands apart of client @index, to be
 * written */
static inline SrCheckRest *
sr_check_make_rest(SrCheckState *state, uint32_t index)
{
    if (!state->clients[index].has_rest)
        state->rests[index] = (SrCheckRest){ 0 };
    state->clients[index].has_rest = true;
    return &state->rests[index];
}

/**
 * sr_checks_state:
 *
 * Returns: (transfer none): what @checks remembers. A driver may point the arrays at its own, as
 * long as it reserved the hints before (sr_checks_reserve_hints()) and resets and frees nothing
 * while they stand there.
 */
SrCheckState *sr_checks_state(SrChecks *checks);
/** sr_checks_rearm: a check that failed may fail again, as if nothing had failed so far. What
 * the checks remember stays. */
void sr_checks_rearm(SrChecks *checks);

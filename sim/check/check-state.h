/* The state of the checks, for a driver that makes it part of the states that it explores.
 *
 * It is flat: an element for each document, client and hint, zero at the start of a run. A
 * driver that only runs the checks does not need this header. */
#pragma once

#include "check/check.h"

/** SrStanding: the creation that stands and the active session, according to the server's
 * records. */
typedef struct {
    uint32_t owner;          /* node */
    uint32_t creation;       /* hint of the creation */
    uint32_t session;        /* hint of the session */
    uint16_t stands, active; /* whether there is one */
} SrStanding;

/** SrPreviousKept: state of the check previous-kept for a document. */
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

/** SrCheckDocument: state for one document. */
typedef struct {
    SrStanding one_winner, key_kept, announced_once_established, nobody_stuck;
    SrPreviousKept previous_kept;
} SrCheckDocument;

/** SrCheckClient: state for one client. It is small, since there may be a million clients.
 * Fields that one record needs are side by side. State that few clients need is in SrCheckRest.
 */
typedef struct {
    uint8_t state;                /* SrClientState; used by several checks */
    bool started : 1;             /* likewise */
    bool all_collaborate : 1;     /* a connection of it was accepted */
    bool has_rest : 1;            /* if not set, the whole SrCheckRest counts as zero */
    bool key_found_unknown;       /* an `unknown-hint` for the announced hint has arrived */
    uint8_t waits;                /* flags of the check waits */
    uint32_t key_found_announced; /* hint, on this connection */
    uint32_t token_first; /* the accepted connection and 1, since a log from elsewhere may not
                             number them; 0: none */
    SrNonceUsed nonce_unique; /* under the key used last */
} SrCheckClient;

/** SrCheckRest: more state of a client, which few clients need. */
typedef struct {
    uint32_t key_found_refused; /* hint of the last `unknown-hint` sent to it */
    SrNonceUsed nonce_unique;   /* under the key used before the last one */
} SrCheckRest;

/** SrCheckHint: state for one hint. There may be as many hints as clients, so it is packed. */
typedef struct __attribute__((packed)) {
    uint32_t hint_stable;      /* the key given first */
    bool key_kept : 1;         /* its key was discarded */
    uint8_t previous_kept : 7; /* why its key was discarded; SR_REASON_NONE: it was not */
} SrCheckHint;

struct SrCheckState {
    SrCheckDocument *documents; /* n_documents */
    SrCheckClient *clients;     /* n_clients */
    SrCheckRest *rests;         /* n_clients; the memory stays untouched until it is needed */
    SrCheckHint *hints;         /* has room for every hint number of a record */
    uint32_t key_found_missing; /* hint of the last `key-missing` */
    /* announced-once-established: the nodes also record what they do internally */
    bool announced_notes;
};

/** sr_check_rest: Returns: the SrCheckRest of @client; zero if it has none */
static inline SrCheckRest
sr_check_rest(const SrCheckClient *client, const SrCheckRest *rest)
{
    return client->has_rest ? *rest : (SrCheckRest){ 0 };
}

/** sr_check_make_rest: Returns: (transfer none): the SrCheckRest of client @index, writable */
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
 * Returns: (transfer none): the state of @checks. A driver may let the pointers point to its
 * own arrays. It must reserve the hints before (sr_checks_reserve_hints()), and must not reset
 * or free @checks before it has restored the pointers.
 */
SrCheckState *sr_checks_state(SrChecks *checks);
/** sr_checks_resume: the checks go on in a state that the caller has put in place; @failed: of
 * sr_checks_failed(); @hint_highest: of the records until then, or a greater one. Hints above it are
 * new. */
void sr_checks_resume(SrChecks *checks, uint32_t failed, uint32_t hint_highest);
/** sr_checks_rearm: lets checks that failed fail again. Otherwise the state does not change. */
void sr_checks_rearm(SrChecks *checks);

/* What the checks remember, for a driver that makes it part of the states which it explores.
 *
 * It is flat: a part for each document, client and hint, zero at the start of a run. Whoever only
 * runs checks need not look. */
#pragma once

#include "session-race/check.h"

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

/** SrCheckClient: of a client. There may be a million: it is small, and what a record touches lies side by side.
 */
typedef struct {
    struct {
        uint8_t state; /* SrClientState */
        bool started;
    } steps_in_order;
    struct {
        uint8_t state; /* SrClientState */
        bool started, accepted;
    } all_collaborate;
    uint8_t nobody_stuck;   /* SrClientState */
    uint8_t waits;          /* flags of its own */
    bool key_found_unknown; /* an `unknown-hint` for the announced hint has arrived */
    uint32_t token_first;   /* the accepted connection and 1, since a log from elsewhere may not
                                 number them; 0: none */
    struct {
        uint32_t announced; /* hint, on this connection */
        uint32_t refused;   /* hint of the last `unknown-hint` sent to it */
    } key_found;
    SrNonceUsed nonce_unique[2]; /* the key used last first */
} SrCheckClient;

/** SrCheckHint: of a hint. */
typedef struct {
    uint32_t hint_stable;  /* the key given first */
    bool key_kept;         /* its key was discarded */
    uint8_t previous_kept; /* why its key was discarded; SR_REASON_NONE: it was not */
} SrCheckHint;

struct SrCheckState {
    SrCheckDocument *documents; /* n_documents */
    SrCheckClient *clients;     /* n_clients */
    SrCheckHint *hints;         /* long enough for every hint number that a record brings */
    uint32_t key_found_missing; /* hint of the last `key-missing` */
    bool announced_notes;       /* announced-once-established: nodes note what they do inside */
};

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

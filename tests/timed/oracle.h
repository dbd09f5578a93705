/* The faultless handshake over all whole delays, by brute force, for tests of proofs with times.
 *
 * A second statement of the protocol: it shares no code with sim/, and knows no zones, no reduction
 * and no bounds. Every delay is a whole number of ticks from a small range, and each of them is
 * tried; an arrival on a link is the greater of its own and of the one before; of what is due at
 * one instant each is tried first. Tokens, `connect` and steps 1 to 7 of one document, without
 * faults and time-outs. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define ORACLE_CLIENTS_MAX 3
#define ORACLE_NONE INT16_MIN /* of a span that does not occur */

typedef struct {
    unsigned lo, hi;
} OracleRange;

typedef enum {
    ORACLE_SERVER,
    ORACLE_TOKENS,
    ORACLE_KEYS,
} OracleService;
#define ORACLE_SERVICE_N (ORACLE_KEYS + 1)

/* Delays in ticks. */
typedef struct {
    unsigned n;
    bool continues; /* early-available = continue */
    bool pending;   /* while-creating = pending */
    OracleRange start[ORACLE_CLIENTS_MAX];
    OracleRange link[ORACLE_SERVICE_N][2]; /* to the service, from it */
    unsigned upload, content;              /* ticks that these take before they leave */
    OracleRange processing[ORACLE_SERVICE_N];
    OracleRange generate, lookup, derive;
} OracleSetting;

/* What is watched: as SrTimedWatchId has it. */
typedef enum {
    ORACLE_KEY_LOOKUP,
    ORACLE_KEY_NEED,
    ORACLE_WAIT,
    ORACLE_TOKEN_REQUEST,
    ORACLE_KEY_REQUEST,
    ORACLE_ESTABLISH,
    ORACLE_JUDGED,
    ORACLE_COLLABORATE,
    ORACLE_RACE,
} OracleWatch;
#define ORACLE_WATCH_N (ORACLE_RACE + 1)

typedef struct {
    int most[ORACLE_WATCH_N]; /* ORACLE_NONE: never seen */
    int judged_least;
    unsigned winners; /* bits of clients */
    uint64_t
        outcomes; /* how many ways of ending there are: who wins, when the others learn it */
    uint64_t states;
} OracleResult;

/* Returns: whether the search was complete; FALSE when there are more than @states_max states */
bool oracle_search(const OracleSetting *setting, uint64_t states_max, OracleResult *result);

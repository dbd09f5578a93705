/* The search of all orders, done once more in the plainest way, to compare with.
 *
 * Here a state is a struct with arrays, steps are tried one by one, and a state is known again by a
 * list of numbers in which those that only name something are replaced by the order of their
 * mention. Nothing of the search itself is used but the protocol core and the checks, which both
 * share. What the search without its savings counts must be what is counted here. */
#pragma once

#include "session-race/record.h"
#include "session-race/scenario.h"

/* One document, and no more clients than these. */
#define BRUTE_CLIENTS_MAX 3u

typedef struct {
    unsigned crashes, disconnects, expirations;
    bool counts;    /* limits of retries count down */
    unsigned depth; /* steps; 0: as many as there are */
} BruteOptions;

typedef struct {
    bool complete; /* else a state has no room */
    uint64_t states, transitions, ends, trapped;
    uint32_t depth;              /* of the farthest state */
    uint32_t failed;             /* bits 1 << SrCheckId */
    uint32_t depths[SR_CHECK_N]; /* steps to the first failure */
} BruteResult;

void brute_search(const SrScenario *scenario, const BruteOptions *options, BruteResult *result);

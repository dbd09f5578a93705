/* The search itself, and what an exploration keeps of it. */
#pragma once

#include "explore/explore-private.h"
#include "explore/explore-store-private.h"

/* Where a check failed first: by the depth, then by the state and the move, so
 * that it does not depend on which thread came first. */
typedef struct {
    bool found, at_end;
    unsigned depth;
    SrFingerprint state; /* in which the move is made, or that is the end */
    Move move;
    SrRecord record;
} SrWitness;

struct SrExploration {
    const SrScenario *scenario;
    SrExploreOptions options;
    SrExplorePlan plan;
    SrStateStore *store; /* (nullable) */
    uint64_t memory;
    SrExploreResult *result;
    SrWitness witnesses[SR_CHECK_N];
    SrExploration *every; /* (nullable) where every order was looked at, not so far … */
    SrExploreResult *every_result;
    uint32_t shorter; /* … and whose ways to the failure of these checks are to be told */
};

void sr_explore_search(SrExploration *exploration);

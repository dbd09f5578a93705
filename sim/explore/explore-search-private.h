/* The search itself, and what an exploration keeps of it. */
#pragma once

#include "explore/explore-private.h"
#include "explore/explore-store-private.h"

/* Where a check failed first: at the least depth; of several such failures the one with the
 * least state and move, so that it does not depend on which thread came first. */
typedef struct {
    SrExploreRefuted refuted;
    SrFingerprint state; /* in which the move is made, or the end state */
    Move move;
} SrWitness;

struct SrExploration {
    const SrScenario *scenario;
    SrExploreOptions options;
    SrExplorePlan plan;
    SrStateStore *store; /* (nullable) */
    uint64_t memory;
    SrExploreResult *result;
    SrWitness witnesses[SR_CHECK_N];
    /* (nullable) a search without reduction, of limited depth, for shorter paths */
    SrExploration *every;
    SrExploreResult *every_result;
    uint32_t shorter; /* bits: checks whose path is that of `every` */
};

void sr_explore_search(SrExploration *exploration);

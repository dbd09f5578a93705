/* Where things go round and round. */
#pragma once

#include "driver/explore-store-private.h"

typedef struct {
    uint64_t from, to; /* the low halves of fingerprints */
} SrEdge;

/**
 * sr_traps_find:
 * @states: (element-type uint64_t): all of them; sorted on return
 * @edges: (element-type SrEdge): what must happen, from state to state; sorted on return
 * @ends: (element-type uint64_t): states in which nothing is left to happen
 *
 * Returns: the number of states from which no end can be reached
 */
uint64_t sr_traps_find(GArray *states, GArray *edges, const GArray *ends);

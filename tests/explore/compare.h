/* One scenario, searched in every way there is: with each of the savings, with both, without, and in
 * the plainest way. */
#pragma once

#include <glib.h>

#include "session-race/scenario.h"

typedef struct {
    uint32_t crashes, disconnects, expirations;
    bool counts;         /* limits of retries count down */
    uint32_t states_max; /* without savings; 0: as many as there are */
} CompareOptions;

typedef struct {
    bool complete; /* else there are more states, and fewer steps were compared */
    uint64_t states, ends, trapped;
    uint32_t failed; /* bits 1 << SrCheckId */
} Compared;

/* Appends to @differences a line for each thing that is not as it should be. */
void compare_searches(const SrScenario *scenario, const CompareOptions *options,
                      Compared *compared, GString *differences);

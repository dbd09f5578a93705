/* What a cut leaves out: of how many runs does no draw lie beyond it? */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "session-race/scenario.h"

/**
 * sr_runs_inside:
 * @cut: a scenario with a cut
 * @whole: the same without it; both can be played (sr_run_refusal()), and need no program of the
 *   user's own
 * @first, @n: seeds
 * @stop: (nullable): TRUE ends it
 * @played: (out): how many seeds were played
 *
 * Plays each seed both ways. A run lies wholly inside the cut exactly if every draw is the same.
 *
 * Returns: how many of the runs played lie wholly inside
 */
uint64_t sr_runs_inside(const SrScenario *cut, const SrScenario *whole, uint64_t first,
                        uint64_t n, bool (*stop)(void *data), void *stop_data,
                        uint64_t *played);

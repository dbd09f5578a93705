/* Expectations: what a scenario says should come out, against what came out. */
#pragma once

#include "session-race/result.h"
#include "session-race/scenario.h"

/**
 * sr_expect_judge:
 * @clients: of the run that gave @result
 *
 * Compares what came out of @scenario with `[expect]` and `[expect client]`.
 *
 * Returns: (transfer full) (element-type SrMiss): what was not met, in the order of the file;
 * empty when all was
 */
GPtrArray *sr_expect_judge(const SrScenario *scenario, const SrRunResult *result,
                           SrOutcomes clients);

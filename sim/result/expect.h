/* Expectations: compares what a scenario expects with the result of its run. */
#pragma once

#include "session-race/result.h"
#include "session-race/scenario.h"

/**
 * sr_expect_judge:
 * @clients: of the run of @result
 *
 * Compares the result of @scenario with `[expect]` and `[expect client]`.
 *
 * Returns: (transfer full) (element-type SrMiss): the expectations that were not met, in the
 * order of the file
 */
GPtrArray *sr_expect_judge(const SrScenario *scenario, const SrRunResult *result,
                           SrOutcomes clients);

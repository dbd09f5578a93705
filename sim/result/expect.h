/* Expectations: compares what a scenario expects with the result of its run. */
#pragma once

#include "session-race/result.h"
#include "session-race/scenario.h"

/**
 * sr_expect_too_long:
 * @scenario: with its `max-events`
 * @at: how far the run came
 *
 * Returns: (transfer full): why a run whose result is `too_long` has no answer, a clause
 */
char *sr_expect_too_long(const SrScenario *scenario, SrTime at);

/**
 * sr_expect_judge:
 * @clients: of the run of @result
 *
 * Compares the result of @scenario with `[expect]` and `[expect client]`. Of a run that is
 * `too_long`, what should become of clients is not looked at.
 *
 * Returns: (transfer full) (element-type SrMiss): the expectations that were not met, in the
 * order of the file
 */
GPtrArray *sr_expect_judge(const SrScenario *scenario, const SrRunResult *result,
                           SrOutcomes clients);

/** sr_expect_met: Returns: whether sr_expect_judge() finds nothing. It is the same judge, without
 * messages, and allocates nothing: each seed of a sweep is judged by it. */
bool sr_expect_met(const SrScenario *scenario, const SrRunResult *result, SrOutcomes clients);

/* Where a node stands in a scenario. */
#pragma once

#include "session-race/scenario.h"

/** sr_scenario_group_of: Returns: the index in `clients` of the group that @node, a client, belongs
 * to */
uint32_t sr_scenario_group_of(const SrScenario *scenario, uint32_t node);

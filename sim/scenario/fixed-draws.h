/* Fixed draws as text. */
#pragma once

#include "session-race/scenario.h"

/** sr_draw_name: Returns: (transfer full): `PURPOSE CLIENT NUMBER`, as in `[draws]` */
char *sr_draw_name(const SrScenario *scenario, const SrDraw *draw);

/** sr_draw_value: Returns: (transfer full): the value of @draw, as in `[draws]` */
char *sr_draw_value(const SrDraw *draw);

/**
 * sr_draws_text:
 * @draws: SrDraw, in any order; sorted here. One that is made twice, for both copies of a
 * message, comes out the same
 *
 * Returns: (transfer full): a group `[draws]` that fixes all of them
 */
char *sr_draws_text(const SrScenario *scenario, GArray *draws);

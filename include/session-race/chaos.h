/* Chaos: random faults of `[chaos]`, drawn from the seed before a run begins.
 *
 * Each kind is a Poisson process with a stream of its own, so that adding one kind moves no other.
 * Every fault heals: it has an end, and all ends lie at or before `until`, so that what follows is a
 * quiet tail in which liveness can be judged. */
#pragma once

#include <glib.h>

#include "session-race/model.h"

/**
 * sr_chaos_draw:
 * @entries: (element-type SrTimelineEntry): appended to, in order of instants; ties in the order of
 * the kinds in the format's table
 *
 * The faults of @seed: `crash CLIENT for D`, `disconnect CLIENT for D`, `outage NODE for D`,
 * `step-clock NODE by ±D`, at most `budget` of them, the earliest. Allocates only while @entries
 * grows.
 */
void sr_chaos_draw(const SrModel *model, uint64_t seed, GArray *entries);

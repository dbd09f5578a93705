/* Chaos: random faults of `[chaos]`, drawn from the seed before a run begins.
 *
 * Each kind of fault is a Poisson process over the whole run with a stream of its own, so that
 * adding one kind moves no other. The faults become entries of the timeline, behind those of the
 * file: a run with chaos is, event by event, the run of a file that has these lines. Every fault
 * heals, at `until` at the latest, so that a quiet tail follows in which liveness can be judged.
 *
 * | kind | whom it befalls | what it is |
 * | --- | --- | --- |
 * | `crash` | a client | `crash CLIENT for uniform(100ms, 5s)` |
 * | `disconnect` | a client | `disconnect CLIENT for uniform(50ms, 3s)` |
 * | `outage` | a service | `outage NODE for uniform(50ms, 2s)` |
 * | `clock-step` | any node | `step-clock NODE by ±uniform(1ms, 2s)`, healed uniform(1s, 10s) later |
 *
 * Targets are uniform; durations and sizes are whole milliseconds, instants whole microseconds,
 * rounded down. What would last beyond `until` ends there. A clock is healed by the same step
 * back, so that an offset which the file gives it stays; one that NTP corrects by `sync-clock`,
 * since NTP may have taken the step back already. As on the timeline, a fault on a client that
 * has failed or closed has no effect, and one that crashes before its `start` starts when the
 * crash ends. */
#pragma once

#include <glib.h>

#include "model/model.h"
#include "scenario/scenario-edit.h"

/**
 * sr_chaos_draw:
 * @entries: (element-type SrTimelineEntry): emptied, then filled in order of instants; ties in
 * the order of the table above, a clock's healing behind its step
 *
 * The faults of @seed: at most `budget` of them, the earliest, and at most
 * SR_CHAOS_FAULTS_MAX; what heals a clock is not counted. Allocates only while @entries grows.
 */
void sr_chaos_draw(const SrModel *model, uint64_t seed, GArray *entries);

/**
 * sr_chaos_n_likely:
 *
 * Returns: entries to make room for: six standard deviations above the mean, so that one seed in a
 * thousand million draws more; 0 for a scenario without chaos
 */
uint32_t sr_chaos_n_likely(const SrModel *model);

/**
 * sr_chaos_to_timeline:
 * @edit: (inout): lines of the scenario of @model
 *
 * Writes the faults of @seed into `[timeline]`, behind the actions that are there, takes `[chaos]`
 * out and sets `seed`: the run of that file is the run of @seed, event by event, and each fault is
 * now a line that can be changed.
 */
void sr_chaos_to_timeline(const SrModel *model, uint64_t seed, SrScenarioEdit *edit);

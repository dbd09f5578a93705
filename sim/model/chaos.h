/* Chaos: random faults of `[chaos]`, drawn from the seed before a run begins.
 *
 * Each kind of fault is a Poisson process over the whole run with its own stream, so that
 * adding one kind changes no other. The faults become entries of the timeline, after those
 * of the file: a run with chaos equals, event by event, the run of a file with these lines.
 * Every fault ends, at `until` at the latest, so that liveness can be judged in the quiet
 * rest of the run.
 *
 * | kind | target | action |
 * | --- | --- | --- |
 * | `crash` | a client | `crash CLIENT for uniform(100ms, 5s)` |
 * | `disconnect` | a client | `disconnect CLIENT for uniform(50ms, 3s)` |
 * | `outage` | a service | `outage NODE for uniform(50ms, 2s)` |
 * | `clock-step` | any node | `step-clock NODE by ±uniform(1ms, 2s)`, healed uniform(1s, 10s) later |
 *
 * Targets are uniform; durations and sizes are whole milliseconds, instants are whole
 * microseconds, rounded down. A fault that would last beyond `until` ends there. A stepped
 * clock is corrected by the opposite step, so that it keeps an offset from the file. A clock
 * with NTP is corrected by `sync-clock`, since NTP may already have removed the step. As on
 * the timeline, a fault has no effect on a client that has failed or closed, and a client
 * that crashes before its `start` starts when the crash ends. */
#pragma once

#include <glib.h>

#include "model/model.h"
#include "scenario/scenario-edit.h"

/**
 * sr_chaos_draw:
 * @entries: (element-type SrTimelineEntry): emptied, then filled in order of instants; ties
 * are in the order of the table above, and the correction of a clock comes after its step
 *
 * Draws the faults of @seed: the earliest ones, at most `budget` and at most
 * SR_CHAOS_FAULTS_MAX. Corrections of clocks are not counted. Allocates only if @entries
 * grows.
 */
void sr_chaos_draw(const SrModel *model, uint64_t seed, GArray *entries);

/**
 * sr_chaos_n_likely:
 *
 * Returns: for how many entries to make room: six standard deviations above the mean, so
 * that one seed in a thousand million draws more; 0 for a scenario without chaos
 */
uint32_t sr_chaos_n_likely(const SrModel *model);

/**
 * sr_chaos_to_timeline:
 * @edit: (inout): lines of the scenario of @model
 *
 * Writes the faults of @seed into `[timeline]`, after the actions that are there, removes
 * `[chaos]` and sets `seed`. The run of that file equals the run of @seed, event by event,
 * and each fault is now a line that can be edited.
 */
void sr_chaos_to_timeline(const SrModel *model, uint64_t seed, SrScenarioEdit *edit);

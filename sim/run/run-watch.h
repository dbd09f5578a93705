/* For one who looks on while a run plays: what it does that shows in no record. Together with
 * SrRunOptions.draw it tells everything by which one run of a scenario differs from another. */
#pragma once

#include "engine/engine-watch.h"
#include "protocol/protocol.h"
#include "session-race/run.h"

/** SrRunWatch: the functions that are told. Each gets @data. */
typedef struct {
    SrEngineWatch engine;
    void *data;
    /* The connection of @client opens: messages that were sent before no longer delay others. */
    void (*opened)(void *data, uint32_t client);
    /* @service acts on @message, which was in @slot. */
    void (*acts)(void *data, uint32_t service, uint32_t slot, const SrMessage *message);
    /* @client is about to take a step, which may ask whether the server can be reached. */
    void (*steps)(void *data, uint32_t client);
    /* @note is about to be counted. */
    void (*noted)(void *data, const SrAction *note);
    /* The age of the key under @hint is sampled. */
    void (*looked_up)(void *data, uint32_t hint);
    /* The key under @hint was needed until now. */
    void (*needed)(void *data, uint32_t hint);
} SrRunWatch;

/** sr_run_watch: @watch: (nullable): told of each execution from now on; outlives that. The
 * options of such an execution must take draws. */
void sr_run_watch(SrRun *run, const SrRunWatch *watch);

/* For one who takes the steps of a run himself, in an order and at instants of his own:
 * - sr_run_begin() does what comes before the first event;
 * - sr_run_take_up() goes on under @seed, with counts in @result, from a state of the world that the
 *   caller puts in place;
 * - sr_run_step() lets the event @payload happen at @now;
 * - sr_run_finish() judges liveness and sums up, at @now.
 * The options are without stop(), traces, stories and real cryptography. What such a run schedules is
 * dropped when the next step is taken; a watch is told of it. */
void sr_run_begin(SrRun *run, uint64_t seed, const SrRunOptions *options, SrRunResult *result);
void sr_run_take_up(SrRun *run, uint64_t seed, const SrRunOptions *options,
                    SrRunResult *result);
void sr_run_step(SrRun *run, SrTime now, uint64_t payload);
void sr_run_finish(SrRun *run, SrTime now, bool at_limit);

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
    /* The last event is over; liveness is not judged yet. Not told of a run that is stopped or too
     * long; its last event was taken, but did not happen. */
    void (*ends)(void *data, bool at_limit);
} SrRunWatch;

/** sr_run_watch: @watch: (nullable): told of each execution from now on; outlives that. The
 * options of such an execution must take draws. */
void sr_run_watch(SrRun *run, const SrRunWatch *watch);

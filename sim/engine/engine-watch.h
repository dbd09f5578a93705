/* For one who looks on while a run plays: what its engine is asked to do. */
#pragma once

#include "session-race/engine.h"

/** SrEngineWatch: the functions that are told. Each gets @data. */
typedef struct {
    void *data;
    /* An event is scheduled, or an alarm is set. @group: of sr_engine_schedule_in_order(), else 0;
     * @rank: among the events of its instant, with seeded ties. Background events beyond the limit
     * are told, too, though the engine drops them. */
    void (*scheduled)(void *data, SrTime at, uint64_t payload, uint64_t group, uint32_t rank,
                      bool background);
    /* The alarm of @payload does not fire, if it was set. */
    void (*stopped)(void *data, uint64_t payload);
} SrEngineWatch;

/** sr_engine_watch: @watch: (nullable): told from now on; outlives that. Cancellable events are
 * not told. */
void sr_engine_watch(SrEngine *engine, const SrEngineWatch *watch);

/** sr_engine_jump: lets the clock show @now, with an empty queue: for one who takes events himself. */
void sr_engine_jump(SrEngine *engine, SrTime now);

/** sr_engine_rank: Returns: with seeded ties, the rank of the event that is scheduled as number @n,
 * from 0; those of groups are not counted. @tie_key: of the engine */
uint32_t sr_engine_rank(uint64_t tie_key, uint64_t n);
/** sr_engine_rank_in_order: Returns: likewise, of the events of @group at @at */
uint32_t sr_engine_rank_in_order(uint64_t tie_key, uint64_t group, SrTime at);

/* The path to a failure: moves of the clients of the scenario. */
#pragma once

#include "explore/explore-search-private.h"

typedef struct {
    SrCheckId check;
    bool at_end;   /* a liveness check: it fails in the end state that the path leads to */
    GArray *moves; /* Move */
} SrPath;

void sr_path_free(SrPath *path);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SrPath, sr_path_free)

/** sr_path_find: Returns: (nullable): the path to the first failure of @check; %NULL if it does
 * not fail */
SrPath *sr_path_find(SrExploration *exploration, SrCheckId check);

/** sr_exploration_path: Returns: (nullable): the shortest known path to a failure of @check,
 * without moves that the failure does not need; %NULL if it does not fail */
SrPath *sr_exploration_path(SrExploration *exploration, SrCheckId check);
/** sr_exploration_plan: Returns: the plan under which that path can be played */
const SrExplorePlan *sr_exploration_plan(const SrExploration *exploration, SrCheckId check);

/**
 * sr_path_play:
 * @moves: (array length=n)
 * @world: (out): the world that they lead to, as far as they are possible
 * @each: (nullable): called before each move
 *
 * Plays a path. Returns: whether all its moves are possible, and @check fails in the last one,
 * or if @at_end in the end state after it
 */
bool sr_path_play(Context *context, World *world, const Move *moves, unsigned n,
                  SrCheckId check, bool at_end,
                  void (*each)(void *data, unsigned at, const Move *move), void *data);

/** sr_path_shorten: removes moves that the failure does not need, one by one. */
void sr_path_shorten(Context *context, SrPath *path);

/** sr_move_text: appends @move in words. @world: before the move */
void sr_move_text(const SrExplorePlan *plan, const World *world, const Move *move,
                  GString *out);

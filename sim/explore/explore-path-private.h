/* The way to a failure: moves of the scenario's own clients. */
#pragma once

#include "explore/explore-search-private.h"

typedef struct {
    SrCheckId check;
    bool at_end;   /* it fails since nothing is left to happen */
    GArray *moves; /* Move */
} SrPath;

void sr_path_free(SrPath *path);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SrPath, sr_path_free)

/** sr_path_find: Returns: (nullable): the way to the first failure of @check; %NULL when it does
 * not fail */
SrPath *sr_path_find(SrExploration *exploration, SrCheckId check);

/** sr_exploration_path: Returns: (nullable): the same without moves that the failure does not
 * need */
SrPath *sr_exploration_path(SrExploration *exploration, SrCheckId check);
/** sr_exploration_plan: Returns: the plan under which that way can be gone */
const SrExplorePlan *sr_exploration_plan(const SrExploration *exploration, SrCheckId check);

/**
 * sr_path_play:
 * @moves: (array length=n)
 * @world: (out): where they lead, as far as they can be made
 * @each: (nullable): called before the bench makes each
 *
 * Returns: whether all of them can be made, and the last, or the end, breaks @check
 */
bool sr_path_play(Bench *bench, World *world, const Move *moves, unsigned n, SrCheckId check,
                  bool at_end, void (*each)(void *data, unsigned at, const Move *move),
                  void *data);

/** sr_path_shorten: takes out moves that the failure does not need, one by one. */
void sr_path_shorten(Bench *bench, SrPath *path);

/** sr_move_text: appends what @move is, in words. */
void sr_move_text(const SrExplorePlan *plan, const World *world, const Move *move,
                  GString *out);

/* The story: the few milestones that tell a person what happened, chosen from all records.
 *
 * Which they are is known only when the run is over: what led to the loss of one key among a
 * hundred thousand is that key, whoever discarded it and whoever suffered. So the records come
 * twice: first to the tally, then to the story of what the tally found. A fresh run is played again
 * for that, silently; it is the same run, since nothing in it depends on who listens. */
#pragma once

#include "result/tally.h"

/** SR_STORY_EVENTS: bits 1 << SrEvent: the records that a story is made of */
#define SR_STORY_EVENTS                                                                        \
    (1u << SR_EVENT_START | 1u << SR_EVENT_RELEASED | 1u << SR_EVENT_ESTABLISHED |             \
     1u << SR_EVENT_FAULT | 1u << SR_EVENT_CHECK_FAILED | 1u << SR_EVENT_CLOCK |               \
     1u << SR_EVENT_WON | 1u << SR_EVENT_REJECTED | 1u << SR_EVENT_COLLABORATING |             \
     1u << SR_EVENT_FAILED | 1u << SR_EVENT_KEY_MADE | 1u << SR_EVENT_KEY_DISCARDED |          \
     1u << SR_EVENT_KEY_MISSING | 1u << SR_EVENT_TOKEN_JUDGED | 1u << SR_EVENT_OPENED)

#define SR_STORY_ABOUT_MAX 8

/** SrStory: what the story is about, and what it has told. */
typedef struct {
    SrRunResult *result; /* takes the story */
    SrOutcomes outcomes;
    bool everybody;
    uint32_t clients[SR_STORY_ABOUT_MAX], n_clients; /* node numbers */
    uint32_t hints[SR_STORY_ABOUT_MAX], n_hints;
    unsigned n_clocks, n_missing, n_refused;
    SrRecord made; /* the last key made */
} SrStory;

/**
 * sr_story_begin:
 * @result: counted to its end; takes the story
 * @winner_hint: of SrTally
 * @outcomes: kept; of the first counting
 *
 * Chooses what the story is about.
 *
 * Returns: whether there is a story to tell: where very many clients fared well there is none that
 * is worth the time
 */
bool sr_story_begin(SrStory *story, SrRunResult *result, uint32_t winner_hint,
                    SrOutcomes outcomes);
/** sr_story_record: takes the next record. */
void sr_story_record(SrStory *story, const SrRecord *record);
/** sr_story_is_milestone: Returns: whether @record is something that a story tells of, whoever it is
 * about; a start is, where it is not the first */
bool sr_story_is_milestone(const SrRecord *record);

/* The story: the few milestones that explain a run to a person, chosen from all records.
 *
 * What matters is known only at the end of the run. If one of a hundred thousand keys was lost,
 * the story is about that key: who discarded it and who needed it. So the records are needed
 * twice: first for the tally, then for the story of what the tally found. A fresh run is
 * therefore played again, without output. It is the same run, since nothing in it depends on
 * who listens. */
#pragma once

#include "result/tally.h"

/** SR_STORY_EVENTS: bits 1 << SrEvent: the records that a story is made of */
#define SR_STORY_EVENTS                                                                        \
    (1u << SR_EVENT_START | 1u << SR_EVENT_RELEASED | 1u << SR_EVENT_ESTABLISHED |             \
     1u << SR_EVENT_FAULT | 1u << SR_EVENT_CHECK_FAILED | 1u << SR_EVENT_CLOCK |               \
     1u << SR_EVENT_WON | 1u << SR_EVENT_REJECTED | 1u << SR_EVENT_COLLABORATING |             \
     1u << SR_EVENT_FAILED | 1u << SR_EVENT_KEY_MADE | 1u << SR_EVENT_KEY_DISCARDED |          \
     1u << SR_EVENT_KEY_MISSING | 1u << SR_EVENT_TOKEN_JUDGED | 1u << SR_EVENT_OPENED |        \
     SR_OWN_PROVIDER_EVENTS)

#define SR_STORY_ABOUT_MAX 8
/* How many of the latest calls of a provider of the user's own are remembered. */
#define SR_STORY_CALLS_MAX 64

/** SrStory: what the story is about, and its state. */
typedef struct {
    SrRunResult *result; /* the story is added here */
    SrOutcomes outcomes;
    bool everybody;
    uint32_t clients[SR_STORY_ABOUT_MAX], n_clients; /* node numbers */
    uint32_t hints[SR_STORY_ABOUT_MAX], n_hints;
    unsigned n_clocks, n_missing, n_refused;
    SrRecord made;     /* the last key made */
    bool own_provider; /* a call has shown that the provider is the user's own */
    /* Of a provider of the user's own: its latest `waits`, as a ring; the one that it went on
     * with last; the last refusal that is told; the last key that each hint of the story got. */
    SrRecord calls[SR_STORY_CALLS_MAX], woken, refused;
    unsigned n_calls, woken_at, n_broken, n_refusals;
    uint32_t keys[SR_STORY_ABOUT_MAX];
} SrStory;

/**
 * sr_story_begin:
 * @result: complete counts; the story is added to it
 * @winner_hint: of SrTally
 * @outcomes: of the first pass; must outlive @story
 *
 * Chooses what the story is about.
 *
 * Returns: whether there is a story; if very many clients all succeed, it is not worth the time
 */
bool sr_story_begin(SrStory *story, SrRunResult *result, uint32_t winner_hint,
                    SrOutcomes outcomes);
/** sr_story_record: takes the next record of the run. */
void sr_story_record(SrStory *story, const SrRecord *record);
/** sr_story_is_milestone: Returns: whether a story may report @record, whichever client it is
 * about; a start only if it is not the first one */
bool sr_story_is_milestone(const SrRecord *record);

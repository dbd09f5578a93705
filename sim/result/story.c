/* The story: chooses what it is about and how much of that it reports. */
#include "result/story.h"

#include <string.h>

/* With at most this many clients, the story is about all of them. */
#define EVERYBODY 12
/* Room that is reserved for failures of checks. */
#define RESERVE SR_CHECK_N
/* At most this many repeats of one step are reported. */
#define REPEATS 8
/* With more clients than this, a run in which all succeed has no story. */
#define MANY 20000

static bool
contains(const uint32_t *list, uint32_t n, uint32_t value)
{
    for (uint32_t i = 0; i < n; i++)
        if (list[i] == value)
            return true;
    return false;
}

static void
add(uint32_t *list, uint32_t *n, uint32_t value)
{
    if (*n < SR_STORY_ABOUT_MAX && !contains(list, *n, value))
        list[(*n)++] = value;
}

static void
add_client(SrStory *story, uint32_t node)
{
    if (node >= SR_NODE_FIRST_CLIENT && node != SR_NODE_NONE)
        add(story->clients, &story->n_clients, node);
}

bool
sr_story_begin(SrStory *story, SrRunResult *result, uint32_t winner_hint, SrOutcomes outcomes)
{
    unsigned n_unwell = 0;

    *story = (SrStory){ .result = result,
                        .outcomes = outcomes,
                        .everybody = result->n_clients <= EVERYBODY };
    if (result->n_clients > MANY && result->n_collaborating == result->n_clients &&
        result->failed == 0)
        return false;
    add_client(story, result->winner);
    if (winner_hint != SR_HINT_ABSENT)
        add(story->hints, &story->n_hints, winner_hint);
    for (uint32_t i = 0; i < result->n_failures; i++) {
        const SrFailure *failure = &result->failures[i];

        add_client(story, failure->failed.node);
        add_client(story, failure->failed.peer);
        add_client(story, failure->cause.node);
        if (failure->failed.hint != SR_HINT_ABSENT)
            add(story->hints, &story->n_hints, failure->failed.hint);
    }
    for (uint32_t i = 0; i < result->n_clients && n_unwell < 3; i++)
        if (outcomes.client(outcomes.data, i).state != SR_CLIENT_COLLABORATING) {
            add_client(story, SR_NODE_FIRST_CLIENT + i);
            n_unwell++;
        }
    return true;
}

/* Adds @record to the story if @wanted and if there is room; otherwise counts it as left out.
 */
static void
tell_if(SrStory *story, const SrRecord *record, bool wanted)
{
    SrRunResult *result = story->result;
    uint32_t room =
        record->event == SR_EVENT_CHECK_FAILED ? SR_STORY_MAX : SR_STORY_MAX - RESERVE;

    if (wanted && result->n_story < room)
        result->story[result->n_story++] = *record;
    else
        result->story_left_out++;
}

bool
sr_story_is_milestone(const SrRecord *record)
{
    if (record->event == SR_EVENT_TOKEN_JUDGED)
        return record->reason != SR_REASON_NONE;
    if (record->event == SR_EVENT_OPENED)
        return !record->ok;
    return record->event != SR_EVENT_START && (SR_STORY_EVENTS >> record->event & 1);
}

/* Keys are often discarded because another key was made just before. */
static void
tell_what_pushed_out(SrStory *story, const SrRecord *discarded)
{
    if (story->everybody || story->made.t != discarded->t ||
        contains(story->hints, story->n_hints, story->made.hint))
        return;
    tell_if(story, &story->made, true);
    story->result->story_left_out--;
}

/* ---- programs of the user's own ---- */

/* Adds @record, which came earlier than some of the story, at its place. */
static void
tell_earlier(SrStory *story, const SrRecord *record)
{
    SrRunResult *result = story->result;
    uint32_t i = result->n_story;

    while (i > 0 && result->story[i - 1].seq > record->seq)
        i--;
    if ((i > 0 && result->story[i - 1].seq == record->seq) ||
        result->n_story >= SR_STORY_MAX - RESERVE)
        return;
    memmove(&result->story[i + 1], &result->story[i],
            (result->n_story - i) * sizeof *result->story);
    result->story[i] = *record;
    result->n_story++;
}

/* What it waits for, and goes on with, is told only where it led to a milestone. */
static void
remember_call(SrStory *story, const SrRecord *record)
{
    story->own_provider |= record->node != SR_NODE_TOKEN_PROVIDER;
    if (record->event == SR_EVENT_WAITS)
        story->calls[story->n_calls++ % SR_STORY_CALLS_MAX] = *record;
    for (unsigned i = 0; record->event == SR_EVENT_WAKES && i < SR_STORY_CALLS_MAX; i++)
        if (story->calls[i].event == SR_EVENT_WAITS && story->calls[i].node == record->node &&
            story->calls[i].call.wait == record->call.wait) {
            story->woken = story->calls[i];
            story->woken.t = record->t;
            story->woken_at = i;
        }
}

/* Tells the call whose end led to @record. */
static void
tell_call(SrStory *story, const SrRecord *record)
{
    if (story->woken.event == SR_EVENT_WAITS && story->woken.t == record->t &&
        story->woken.node == record->node)
        tell_earlier(story, &story->calls[story->woken_at]);
}

/* Tells the last call that was made for the request of @stuck. */
static void
tell_last_call(SrStory *story, const SrRecord *stuck)
{
    const SrRecord *last = NULL;

    for (unsigned i = 0; i < SR_STORY_CALLS_MAX; i++)
        if (story->calls[i].event == SR_EVENT_WAITS && story->calls[i].node == stuck->node &&
            story->calls[i].call.request == stuck->id &&
            (last == NULL || story->calls[i].seq > last->seq))
            last = &story->calls[i];
    if (last != NULL)
        tell_earlier(story, last);
}

/* The refusal of a hint that was a session's, or of another key in its place. */
static bool
is_winners_refusal(const SrStory *story, const SrRecord *record)
{
    return (record->reason == SR_REASON_UNKNOWN_HINT ||
            record->reason == SR_REASON_OVERWRITTEN) &&
           contains(story->hints, story->n_hints, record->hint);
}

/* A key made under a hint that has another one takes its place. A built-in store says so itself; of
 * a provider of the user's own the call that did it is told, and the record says so.
 *
 * Returns: what to tell of @made */
static SrRecord
tell_made(SrStory *story, const SrRecord *made)
{
    SrRecord told = *made;

    for (uint32_t i = 0; i < story->n_hints; i++) {
        if (story->hints[i] != made->hint)
            continue;
        if (story->own_provider && story->keys[i] != SR_KEY_ABSENT) {
            tell_call(story, made);
            told.reason = SR_REASON_OVERWRITTEN;
        }
        story->keys[i] = made->key;
    }
    return told;
}

/* A hint is asked for more than once when the run is over: one refusal is enough. */
static void
tell_refusal(SrStory *story, const SrRecord *record)
{
    bool again = story->refused.event == SR_EVENT_REFUSED && story->refused.t == record->t &&
                 story->refused.peer == record->peer && story->refused.hint == record->hint;
    /* A refusal of a signer is no look-up that may come again. */
    bool matters = is_winners_refusal(story, record) || record->node == SR_NODE_TOKEN_PROVIDER;
    bool told = !again && matters && story->n_refusals++ < REPEATS;

    if (told) {
        tell_call(story, record);
        story->refused = *record;
    }
    tell_if(story, record, told);
}

static bool
is_first_start(const SrStory *story, const SrRecord *record)
{
    uint32_t client = record->node - SR_NODE_FIRST_CLIENT;

    return client >= story->result->n_clients ||
           story->outcomes.client(story->outcomes.data, client).start_at == record->t;
}

void
sr_story_record(SrStory *story, const SrRecord *record)
{
    bool client = story->everybody || contains(story->clients, story->n_clients, record->node);
    bool hint = story->everybody || contains(story->hints, story->n_hints, record->hint);
    SrRecord told;

    if (record->event == SR_EVENT_START ? is_first_start(story, record)
                                        : !sr_story_is_milestone(record))
        return;
    switch ((SrEvent) record->event) {
    case SR_EVENT_RELEASED:
    case SR_EVENT_ESTABLISHED:
    case SR_EVENT_FAULT:
    case SR_EVENT_CHECK_FAILED:
        tell_if(story, record, true);
        break;
    case SR_EVENT_CLOCK:
        tell_if(story, record, story->n_clocks++ < REPEATS);
        break;
    case SR_EVENT_KEY_MADE:
        story->made = *record;
        told = tell_made(story, record);
        tell_if(story, &told, hint);
        break;
    case SR_EVENT_KEY_DISCARDED:
        if (hint)
            tell_what_pushed_out(story, record);
        tell_if(story, record, hint);
        break;
    case SR_EVENT_KEY_EXPOSED:
        tell_if(story, record, hint);
        break;
    case SR_EVENT_KEY_MISSING:
        tell_if(story, record, hint && story->n_missing++ < REPEATS);
        break;
    case SR_EVENT_TOKEN_JUDGED:
        tell_if(story, record, story->n_refused++ < REPEATS / 2);
        break;
    case SR_EVENT_WAITS:
    case SR_EVENT_WAKES:
        remember_call(story, record);
        break;
    case SR_EVENT_REFUSED:
        tell_refusal(story, record);
        break;
    case SR_EVENT_STUCK:
        if (story->n_broken < REPEATS)
            tell_last_call(story, record);
        tell_if(story, record, story->n_broken++ < REPEATS);
        break;
    case SR_EVENT_PROVIDER_BROKE:
        tell_call(story, record);
        tell_if(story, record, true);
        break;
    default: /* a step of one client */
        tell_if(story, record, client);
        break;
    }
}

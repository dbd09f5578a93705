/* The story: chooses what it is about and how much of that it reports. */
#include "result/story.h"

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
        tell_if(story, record, hint);
        break;
    case SR_EVENT_KEY_DISCARDED:
        if (hint)
            tell_what_pushed_out(story, record);
        tell_if(story, record, hint);
        break;
    case SR_EVENT_KEY_MISSING:
        tell_if(story, record, hint && story->n_missing++ < REPEATS);
        break;
    case SR_EVENT_TOKEN_JUDGED:
        tell_if(story, record, story->n_refused++ < REPEATS / 2);
        break;
    default: /* a step of one client */
        tell_if(story, record, client);
        break;
    }
}

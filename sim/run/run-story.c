/* The story: the few milestones that tell a person what happened.
 *
 * Which they are is known only when the run is over: what led to the loss of one key among a
 * hundred thousand is that key, whoever discarded it and whoever suffered. So the run is played
 * once for its result, and once more, silently, for the story of what the result names. It is the
 * same run: nothing in it depends on who listens. */
#include "run/run-private.h"

/* With no more clients than this the story is about everybody. */
#define EVERYBODY 12
/* Room that only failures of checks may take. */
#define RESERVE SR_CHECK_N
/* Of what repeats without end, so many. */
#define REPEATS 8

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
add_client(Story *story, uint32_t node)
{
    if (node >= SR_NODE_FIRST_CLIENT && node != SR_NODE_NONE)
        add(story->clients, &story->n_clients, node);
}

void
sr_run_story_begin(SrRun *run, const SrRunResult *outcome)
{
    Story *story = &run->story;
    unsigned n_unwell = 0;

    *story = (Story){ .telling = true, .everybody = run->model->n_clients <= EVERYBODY };
    add_client(story, outcome->winner);
    if (run->winner_hint != SR_HINT_ABSENT)
        add(story->hints, &story->n_hints, run->winner_hint);
    for (uint32_t i = 0; i < outcome->n_failures; i++) {
        const SrFailure *failure = &outcome->failures[i];

        add_client(story, failure->failed.node);
        add_client(story, failure->failed.peer);
        add_client(story, failure->cause.node);
        if (failure->failed.hint != SR_HINT_ABSENT)
            add(story->hints, &story->n_hints, failure->failed.hint);
    }
    for (uint32_t i = 0; i < run->model->n_clients && n_unwell < 3; i++)
        if (sr_run_client_state(run, i) != SR_CLIENT_COLLABORATING) {
            add_client(story, SR_NODE_FIRST_CLIENT + i);
            n_unwell++;
        }
}

static void
tell(SrRun *run, const SrRecord *record)
{
    bool check = record->event == SR_EVENT_CHECK_FAILED;
    SrRunResult *result = run->result;

    if (result->n_story < (check ? SR_STORY_MAX : SR_STORY_MAX - RESERVE))
        result->story[result->n_story++] = *record;
    else
        result->story_left_out++;
}

/* Tells @record when @wanted; a milestone that is not told counts as left out. */
static void
tell_if(SrRun *run, const SrRecord *record, bool wanted)
{
    if (wanted)
        tell(run, record);
    else
        run->result->story_left_out++;
}

void
sr_run_story_record(SrRun *run, const SrRecord *record)
{
    Story *story = &run->story;
    bool client = story->everybody || contains(story->clients, story->n_clients, record->node);
    bool hint = story->everybody || contains(story->hints, story->n_hints, record->hint);

    switch ((SrEvent) record->event) {
    case SR_EVENT_START:
        /* Only a start afresh is news. */
        if (sr_run_start_at(run, record->node - SR_NODE_FIRST_CLIENT) != record->t)
            tell_if(run, record, client);
        break;
    case SR_EVENT_RELEASED:
    case SR_EVENT_ESTABLISHED:
    case SR_EVENT_FAULT:
    case SR_EVENT_CHECK_FAILED:
        tell(run, record);
        break;
    case SR_EVENT_CLOCK:
        tell_if(run, record, story->n_clocks++ < REPEATS);
        break;
    case SR_EVENT_WON:
    case SR_EVENT_REJECTED:
    case SR_EVENT_COLLABORATING:
    case SR_EVENT_FAILED:
        tell_if(run, record, client);
        break;
    case SR_EVENT_KEY_MADE:
        story->made = *record;
        tell_if(run, record, hint);
        break;
    case SR_EVENT_KEY_DISCARDED:
        /* What made a key go was often the making of another, a moment ago. */
        if (hint && !story->everybody && story->made.t == record->t &&
            !contains(story->hints, story->n_hints, story->made.hint)) {
            tell(run, &story->made);
            run->result->story_left_out--;
        }
        tell_if(run, record, hint);
        break;
    case SR_EVENT_KEY_MISSING:
        tell_if(run, record, hint && story->n_missing++ < REPEATS);
        break;
    case SR_EVENT_TOKEN_JUDGED:
        if (record->reason != SR_REASON_NONE)
            tell_if(run, record, story->n_refused++ < REPEATS / 2);
        break;
    case SR_EVENT_OPENED:
        if (!record->ok)
            tell_if(run, record, client);
        break;
    case SR_EVENT_SEND:
    case SR_EVENT_RECEIVE:
    case SR_EVENT_LOSE:
    case SR_EVENT_CONNECTION_OPENED:
    case SR_EVENT_CONNECTION_CLOSED:
    case SR_EVENT_STATE:
    case SR_EVENT_KEY_FOUND:
    case SR_EVENT_SEALED:
    case SR_EVENT_TOKEN_SIGNED:
        break;
    }
}

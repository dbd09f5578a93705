/* The story of a run: of its records those that tell it, and no more than a result keeps. */
#include "session-race/result.h"

bool
sr_story_takes(const SrRecord *record, uint32_t n_story, uint32_t n_clients)
{
    bool room = n_story < (n_clients <= 12 ? SR_STORY_MAX / 2 : 4);

    if (n_story >= SR_STORY_MAX)
        return false;
    switch ((SrEvent) record->event) {
    case SR_EVENT_WON:
    case SR_EVENT_RELEASED:
    case SR_EVENT_ESTABLISHED:
    case SR_EVENT_KEY_MISSING:
    case SR_EVENT_FAULT:
    case SR_EVENT_CLOCK:
    case SR_EVENT_FAILED:
    case SR_EVENT_CHECK_FAILED:
        return true;
    case SR_EVENT_KEY_MADE:
    case SR_EVENT_KEY_DISCARDED:
    case SR_EVENT_REJECTED:
    case SR_EVENT_COLLABORATING:
        return room;
    case SR_EVENT_TOKEN_JUDGED:
        return record->reason != SR_REASON_NONE && room;
    case SR_EVENT_OPENED:
        return !record->ok;
    case SR_EVENT_START:
    case SR_EVENT_SEND:
    case SR_EVENT_RECEIVE:
    case SR_EVENT_LOSE:
    case SR_EVENT_CONNECTION_OPENED:
    case SR_EVENT_CONNECTION_CLOSED:
    case SR_EVENT_STATE:
    case SR_EVENT_KEY_FOUND:
    case SR_EVENT_SEALED:
    case SR_EVENT_TOKEN_SIGNED:
        return false;
    }
    return false;
}

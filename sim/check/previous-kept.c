/* previous-kept: until a later session is established, the outdated session's hint can still be
 * answered (sessions over time).
 *
 * An upgrade makes the active session the outdated one; without an active session the older one
 * stays. A run may start with an outdated session (context->previous_hint). As in key-kept, a
 * key that is overwritten leaves its hint answerable. */
#include "check/check-private.h"

/* Returns: the hint that must be kept for document @index, or SR_HINT_ABSENT */
static uint32_t
previous_kept_guarded(const SrCheckContext *context, const SrPreviousKept *document,
                      uint32_t index)
{
    if (document->outdated != SR_HINT_ABSENT || document->over ||
        context->previous_hint == NULL)
        return document->outdated;
    return context->previous_hint[index];
}

static bool
previous_kept_upgrade(const SrCheckContext *context, SrCheckState *state,
                      const SrRecord *record, SrFinding *finding)
{
    bool found = false;

    for (uint32_t i = context->n_documents; i-- > 0;) {
        SrPreviousKept *document = &state->documents[i].previous_kept;
        uint8_t gone;

        if (document->active == SR_HINT_ABSENT)
            continue;
        document->outdated = document->active;
        document->active = SR_HINT_ABSENT;
        gone = state->hints[document->outdated].previous_kept;
        if (gone == SR_REASON_NONE)
            continue;
        found = sr_check_find(finding, SR_DETAIL_PREVIOUS_DISCARDED, record);
        finding->document = i;
        finding->hint = document->outdated;
        finding->reason = gone;
    }
    return found;
}

SR_CHECK_STEP(previous_kept)
{
    SrPreviousKept *document = &state->documents[record->document].previous_kept;
    uint8_t *gone = &state->hints[record->hint].previous_kept;

    switch (event) {
    case SR_EVENT_KEY_MADE:
        *gone = SR_REASON_NONE;
        return false;
    case SR_EVENT_KEY_DISCARDED:
        if (record->reason == SR_REASON_OVERWRITTEN)
            return false;
        *gone = record->reason;
        return record->hint != SR_HINT_ABSENT &&
               record->hint == previous_kept_guarded(context, document, record->document) &&
               sr_check_find(finding, SR_DETAIL_PREVIOUS_DISCARDED, record);
    case SR_EVENT_ESTABLISHED:
        *document = (SrPreviousKept){ .active = record->hint, .over = 1 };
        return false;
    case SR_EVENT_RELEASED:
        if (document->active == record->hint)
            document->active = SR_HINT_ABSENT;
        return false;
    default:
        return sr_check_is_upgrade(event, record) &&
               previous_kept_upgrade(context, state, record, finding);
    }
}

const SrCheckOps sr_check_previous_kept = {
    .id = SR_CHECK_PREVIOUS_KEPT,
    .events = SR_BIT(SR_EVENT_KEY_MADE) | SR_BIT(SR_EVENT_KEY_DISCARDED) |
              SR_BIT(SR_EVENT_ESTABLISHED) | SR_BIT(SR_EVENT_RELEASED) | SR_BIT(SR_EVENT_FAULT),
};

/* previous-kept: until a later session is established, the provider can still answer the
 * outdated session's hint (sessions over time).
 *
 * An upgrade makes the active session the outdated one; without an active session the previous
 * outdated one stays. A run may start with an outdated session (context->previous_hint). As in
 * key-kept, the hint of an overwritten key can still be answered, and a provider of somebody
 * else's is judged by what it refuses. */
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

static SrDetail
previous_kept_upgrade(const SrCheckContext *context, SrCheckState *state)
{
    SrDetail detail = SR_DETAIL_NONE;

    for (uint32_t i = 0; i < context->n_documents; i++) {
        SrPreviousKept *document = &state->documents[i].previous_kept;

        if (document->active == SR_HINT_ABSENT)
            continue;
        document->outdated = document->active;
        document->active = SR_HINT_ABSENT;
        if (state->hints[document->outdated].previous_kept != SR_REASON_NONE)
            detail = SR_DETAIL_PREVIOUS_DISCARDED;
    }
    return detail;
}

SR_CHECK_STEP(previous_kept)
{
    SrPreviousKept *previous = &document->previous_kept;

    switch (event) {
    case SR_EVENT_KEY_MADE:
        hint->previous_kept = SR_REASON_NONE;
        return SR_DETAIL_NONE;
    case SR_EVENT_KEY_DISCARDED:
        if (record->reason == SR_REASON_OVERWRITTEN)
            return SR_DETAIL_NONE;
        hint->previous_kept = record->reason & 127u;
        return record->hint != SR_HINT_ABSENT &&
                       record->hint ==
                           previous_kept_guarded(context, previous, record->document)
                   ? SR_DETAIL_PREVIOUS_DISCARDED
                   : SR_DETAIL_NONE;
    case SR_EVENT_REFUSED:
        return record->hint != SR_HINT_ABSENT &&
                       (record->reason == SR_REASON_UNKNOWN_HINT ||
                        record->reason == SR_REASON_OVERWRITTEN) &&
                       record->hint ==
                           previous_kept_guarded(context, previous, record->document)
                   ? SR_DETAIL_PREVIOUS_HINT_REFUSED
                   : SR_DETAIL_NONE;
    case SR_EVENT_ESTABLISHED:
        *previous = (SrPreviousKept){ .active = record->hint, .over = 1 };
        return SR_DETAIL_NONE;
    case SR_EVENT_RELEASED:
        if (previous->active == record->hint)
            previous->active = SR_HINT_ABSENT;
        return SR_DETAIL_NONE;
    default:
        return sr_check_is_upgrade(event, record) ? previous_kept_upgrade(context, state)
                                                  : SR_DETAIL_NONE;
    }
}

/* An upgrade concerns the whole server: the finding names the first document that lost the key
 * of its session. */
SR_CHECK_DESCRIBE(previous_kept)
{
    if (record->event == SR_EVENT_KEY_DISCARDED || record->event == SR_EVENT_REFUSED)
        return;
    for (uint32_t i = 0; i < context->n_documents; i++) {
        uint32_t outdated = state->documents[i].previous_kept.outdated;

        if (outdated == SR_HINT_ABSENT ||
            state->hints[outdated].previous_kept == SR_REASON_NONE)
            continue;
        finding->document = i;
        finding->hint = outdated;
        finding->reason = state->hints[outdated].previous_kept;
        return;
    }
}

const SrCheckOps sr_check_previous_kept = {
    .events = SR_EVENT_BIT(KEY_MADE) | SR_EVENT_BIT(KEY_DISCARDED) | SR_EVENT_BIT(ESTABLISHED) |
              SR_EVENT_BIT(RELEASED) | SR_EVENT_BIT(FAULT) | SR_EVENT_BIT(REFUSED),
    .describe = previous_kept_describe,
    .documents =
        SR_EVENT_BIT(KEY_DISCARDED) | SR_EVENT_BIT(ESTABLISHED) | SR_EVENT_BIT(RELEASED) |
        SR_EVENT_BIT(REFUSED),
    .hints = SR_EVENT_BIT(KEY_MADE) | SR_EVENT_BIT(KEY_DISCARDED),
};

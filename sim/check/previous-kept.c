/* previous-kept: until a later session is established, the outdated session's hint can still be
 * answered (sessions over time).
 *
 * An upgrade makes the active session the outdated one; without an active session the older one
 * stays. A run may start with an outdated session (context->previous_hint). As in key-kept, a
 * key that is overwritten leaves its hint answerable. */
#include "check/check-private.h"

typedef struct {
    uint32_t active;   /* hint of the active session */
    uint32_t outdated; /* hint of the outdated one; SR_HINT_ABSENT: the one from the start,
                          unless `over` */
    uint32_t over;     /* 1: a session was established since the start */
} Document;

/* Returns: the hint that must be kept for document @index, or SR_HINT_ABSENT */
static uint32_t
guarded(const SrCheckContext *context, const Document *document, uint32_t index)
{
    if (document->outdated != SR_HINT_ABSENT || document->over ||
        context->previous_hint == NULL)
        return document->outdated;
    return context->previous_hint[index];
}

static bool
upgrade(const SrCheckContext *context, Document *documents, const uint32_t *gone,
        const SrRecord *record, SrFinding *finding)
{
    bool found = false;

    for (uint32_t i = context->n_documents; i-- > 0;) {
        Document *document = &documents[i];

        if (document->active == SR_HINT_ABSENT)
            continue;
        document->outdated = document->active;
        document->active = SR_HINT_ABSENT;
        if (gone[document->outdated] == SR_REASON_NONE)
            continue;
        found = sr_check_find(finding, SR_DETAIL_PREVIOUS_DISCARDED, record);
        finding->document = i;
        finding->hint = document->outdated;
        finding->reason = (uint8_t) gone[document->outdated];
    }
    return found;
}

static bool
step(const SrCheckContext *context, const SrCheckState *state, const SrRecord *record,
     SrFinding *finding)
{
    Document *documents = state->per_document;
    Document *document = &documents[record->document];
    uint32_t *gone = state->per_hint; /* why discarded; SR_REASON_NONE: it is not */

    switch (record->event) {
    case SR_EVENT_KEY_MADE:
        gone[record->hint] = SR_REASON_NONE;
        return false;
    case SR_EVENT_KEY_DISCARDED:
        if (record->reason == SR_REASON_OVERWRITTEN)
            return false;
        gone[record->hint] = record->reason;
        return record->hint != SR_HINT_ABSENT &&
               record->hint == guarded(context, document, record->document) &&
               sr_check_find(finding, SR_DETAIL_PREVIOUS_DISCARDED, record);
    case SR_EVENT_ESTABLISHED:
        *document = (Document){ .active = record->hint, .over = 1 };
        return false;
    case SR_EVENT_RELEASED:
        if (document->active == record->hint)
            document->active = SR_HINT_ABSENT;
        return false;
    default:
        return sr_check_is_upgrade(record) &&
               upgrade(context, documents, gone, record, finding);
    }
}

const SrCheckOps sr_check_previous_kept = {
    .id = SR_CHECK_PREVIOUS_KEPT,
    .events = SR_BIT(SR_EVENT_KEY_MADE) | SR_BIT(SR_EVENT_KEY_DISCARDED) |
              SR_BIT(SR_EVENT_ESTABLISHED) | SR_BIT(SR_EVENT_RELEASED) | SR_BIT(SR_EVENT_FAULT),
    .document_octets = sizeof(Document),
    .hint_octets = sizeof(uint32_t),
    .step = step,
};

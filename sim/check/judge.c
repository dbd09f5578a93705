/* All checks, one invariant per file, compiled as one unit.
 *
 * Few checks concern a record, and its event and message alone decide which. So there is one
 * function for each kind of record, and the compiler removes all steps that do not concern the
 * kind. About twenty instructions remain. A call through a pointer for each check took a sixth
 * of a race's time. */
#include <glib.h>

#include "check/check-private.h"

#include "check/all-collaborate.c"
#include "check/announced-once-established.c"
#include "check/hint-stable.c"
#include "check/key-found.c"
#include "check/key-kept.c"
#include "check/key-secret.c"
#include "check/nobody-stuck.c"
#include "check/nonce-unique.c"
#include "check/one-winner.c"
#include "check/previous-kept.c"
#include "check/provider-answers.c"
#include "check/same-key.c"
#include "check/steps-in-order.c"
#include "check/token-first.c"
#include "check/token-time.c"
#include "check/waits.c"

const SrCheckOps *const sr_checks_ops[SR_CHECK_N] = {
#define CHECK(name, check, ...) [SR_CHECK_##name] = &sr_check_##check,
#include "session-race/checks.def"
};

static void
find(SrChecks *checks, unsigned n, SrCheckId id, SrDetail detail, const SrRecord *record)
{
    SrFinding *finding = &checks->findings[n];

    *finding = (SrFinding){
        .event = SR_EVENT_CHECK_FAILED,
        .check = (uint8_t) id,
        .detail = (uint8_t) detail,
        .node = record->node,
        .peer = record->peer,
        .hint = record->hint,
        .key = record->key,
        .document = record->document,
        .msg = record->msg,
        .reason = record->reason,
        .from = record->from,
        .to = record->to,
    };
    if (sr_checks_ops[id]->describe != NULL)
        sr_checks_ops[id]->describe(checks->context, &checks->state, record, finding);
}

/* The arguments of a step. */
#define PLACES                                                                                 \
    const SrCheckContext *context = checks->context;                                           \
    SrCheckState *state = &checks->state;                                                      \
    G_GNUC_UNUSED SrCheckClient *self = sr_check_client(context, state, record->node);         \
    G_GNUC_UNUSED SrCheckClient *other = sr_check_client(context, state, record->peer);        \
    G_GNUC_UNUSED SrCheckDocument *document = &state->documents[record->document];             \
    G_GNUC_UNUSED SrCheckHint *hint = &state->hints[record->hint];                             \
    G_GNUC_UNUSED bool carries = record->has & (SR_HAS_KEY | SR_HAS_CONTENT)
#define LOOKS(check)                                                                           \
    (sr_check_observes(&sr_check_##check, event, msg) &&                                       \
     (!sr_check_##check.carrying || msg == SR_MSG_NONE || carries))
#define STEP(check)                                                                            \
    check##_step(context, state, event, msg, record, self, other, document, hint)

/* State of a client that several checks use is kept once. It is updated with @record after all
 * of them were asked. */
static inline void
follow(SrCheckClient *client, SrEvent event, const SrRecord *record)
{
    if (client != NULL && event == SR_EVENT_STATE)
        client->state = record->to;
    else if (client != NULL && event == SR_EVENT_START)
        client->started = true;
}

/* The uncommon path, from check @first on: some checks have failed before, or one fails now,
 * with @detail. */
static __attribute__((cold, noinline)) unsigned
judge_slowly(SrChecks *checks, const SrRecord *record, SrCheckId first, SrDetail detail)
{
    SrEvent event = (SrEvent) record->event;
    SrMsg msg = (SrMsg) record->msg;
    unsigned n = 0;
    PLACES;

#define CHECK(name, check, ...)                                                                \
    if (SR_CHECK_##name >= first && LOOKS(check) &&                                            \
        !(checks->failed >> SR_CHECK_##name & 1)) {                                            \
        if (detail == SR_DETAIL_NONE)                                                          \
            detail = STEP(check);                                                              \
        if (detail != SR_DETAIL_NONE) {                                                        \
            find(checks, n++, SR_CHECK_##name, detail, record);                                \
            checks->failed |= SR_BIT(SR_CHECK_##name);                                         \
        }                                                                                      \
        detail = SR_DETAIL_NONE;                                                               \
    }
#include "session-race/checks.def"
    follow(self, event, record);
    if (n > 0 && checks->found != NULL)
        checks->found(checks->found_data, record, n);
    return n;
}

static unsigned judge_new_hint(SrChecks *checks, const SrRecord *record);

static __attribute__((cold, noinline)) unsigned
no_such_document(void)
{
    g_assert_not_reached();
}

/* Asks the checks that need such a record. The compiled code makes no call except at its end,
 * so it is a few instructions without a stack frame. */
static inline __attribute__((always_inline)) unsigned
judge(SrChecks *checks, SrEvent event, SrMsg msg, const SrRecord *record)
{
    uint32_t asked = 0, documents = 0, hints = 0;
    PLACES;

    /* These are all constants: which checks are asked, and whether they need a document or a
     * hint. */
#define CHECK(name, check, ...)                                                                \
    if (sr_check_observes(&sr_check_##check, event, msg)) {                                    \
        asked |= SR_BIT(SR_CHECK_##name);                                                      \
        documents |= sr_check_##check.documents;                                               \
        hints |= sr_check_##check.hints;                                                       \
    }
#include "session-race/checks.def"
    if ((hints >> event & 1) && G_UNLIKELY(record->hint > checks->hint_highest))
        return judge_new_hint(checks, record);
    if ((documents >> event & 1) && G_UNLIKELY(record->document >= context->n_documents))
        return no_such_document();
    if (G_UNLIKELY(checks->failed & asked))
        return judge_slowly(checks, record, (SrCheckId) 0, SR_DETAIL_NONE);

#define CHECK(name, check, ...)                                                                \
    if (LOOKS(check)) {                                                                        \
        SrDetail detail = STEP(check);                                                         \
                                                                                               \
        if (G_UNLIKELY(detail != SR_DETAIL_NONE))                                              \
            return judge_slowly(checks, record, SR_CHECK_##name, detail);                      \
    }
#include "session-race/checks.def"
    follow(self, event, record);
    return 0;
}

#define JUDGE(name, event, msg)                                                                \
    static unsigned judge_##name(SrChecks *checks, const SrRecord *record)                     \
    {                                                                                          \
        return judge(checks, (event), (msg), record);                                          \
    }
#define EVENT(name, ...) JUDGE(name, SR_EVENT_##name, SR_MSG_NONE)
#include "session-race/events.def"
/* Not through another macro: some checks define macros with these names. */
#define MSG(name, ...)                                                                         \
    JUDGE(sent_##name, SR_EVENT_SEND, SR_MSG_##name)                                           \
    JUDGE(received_##name, SR_EVENT_RECEIVE, SR_MSG_##name)
#include "session-race/wire.def"

static unsigned
judge_nothing(SrChecks *checks, const SrRecord *record)
{
    (void) checks;
    (void) record;
    return 0;
}

/* A record that is no message has SR_MSG_NONE; a message is judged by its SrMsg. */
#define IS_MESSAGE(event) ((event) == SR_EVENT_SEND || (event) == SR_EVENT_RECEIVE)
const SrJudge sr_judges[SR_JUDGE_N] = {
#define EVENT(name, ...) [SR_EVENT_##name] = IS_MESSAGE(SR_EVENT_##name) ? NULL : judge_##name,
#include "session-race/events.def"
    [SR_JUDGE_SENT] = judge_nothing,
    [SR_JUDGE_RECEIVED] = judge_nothing,
#define MSG(name, ...)                                                                         \
    [SR_JUDGE_SENT + SR_MSG_##name] = judge_sent_##name,                                       \
                     [SR_JUDGE_RECEIVED + SR_MSG_##name] = judge_received_##name,
#include "session-race/wire.def"
};

static __attribute__((cold, noinline)) unsigned
judge_new_hint(SrChecks *checks, const SrRecord *record)
{
    /* The code that makes hints must reserve room for them first. */
    g_assert(record->hint < checks->n_hints);
    checks->hint_highest = record->hint;
    return sr_checks_step(checks, record);
}

/* Returns: whether @id, which @ops are of, fails at the end; then it adds finding number @n */
static inline __attribute__((always_inline)) bool
fails_at_end(SrChecks *checks, SrCheckId id, const SrCheckOps *ops, unsigned n)
{
    SrFinding *finding = &checks->findings[n];

    if (ops->end == NULL || (checks->failed >> id & 1))
        return false;
    *finding = (SrFinding){ .event = SR_EVENT_CHECK_FAILED, .check = (uint8_t) id };
    if (!ops->end(checks->context, &checks->state, finding))
        return false;
    checks->failed |= SR_BIT(id);
    return true;
}

unsigned
sr_checks_end(SrChecks *checks)
{
    unsigned n = 0;

#define CHECK(name, check, ...)                                                                \
    n += fails_at_end(checks, SR_CHECK_##name, &sr_check_##check, n);
#include "session-race/checks.def"
    return n;
}

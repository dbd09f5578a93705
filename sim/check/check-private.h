/* What the checks share: their state, and helpers to find whose record it is, what the server
 * holds for a document, and how to fill in a finding.
 *
 * All checks are compiled in one unit, judge.c. A race takes a microsecond or two and has
 * seventy records to judge. So the compiler must see which checks each record concerns, and
 * inline them. */
#pragma once

#include <glib.h>

#include "check/check-state.h"
#include "check/check.h"

#define SR_BIT(n) (UINT32_C(1) << (n))
#define SR_EVENT_BIT(name) SR_BIT(SR_EVENT_##name)
#define SR_MSG_BIT(name) SR_BIT(SR_MSG_##name)

/* ---- judging ---- */

/* A step of a check. Returns: what @record breaks of it, or SR_DETAIL_NONE
 *   event, msg    those of @record (msg is SR_MSG_NONE if it is no message); they are constants
 *                 wherever the step is compiled
 *   self, other   (nullable) the states of @record's node and of its peer, if they are clients
 *   document      the state of its document
 *   hint          the state of its hint; hint number 0, which is no hint, has a state too */
#define SR_CHECK_STEP(check)                                                                   \
    static inline __attribute__((always_inline)) SrDetail check##_step(                        \
        G_GNUC_UNUSED const SrCheckContext *context, G_GNUC_UNUSED SrCheckState *state,        \
        G_GNUC_UNUSED SrEvent event, G_GNUC_UNUSED SrMsg msg,                                  \
        G_GNUC_UNUSED const SrRecord *record, G_GNUC_UNUSED SrCheckClient *self,               \
        G_GNUC_UNUSED SrCheckClient *other, G_GNUC_UNUSED SrCheckDocument *document,           \
        G_GNUC_UNUSED SrCheckHint *hint)

/* SrCheckOps.describe of a check. */
#define SR_CHECK_DESCRIBE(check)                                                               \
    static void check##_describe(G_GNUC_UNUSED const SrCheckContext *context,                  \
                                 G_GNUC_UNUSED const SrCheckState *state,                      \
                                 const SrRecord *record, SrFinding *finding)

struct SrChecks {
    const SrCheckContext *context;
    SrCheckState state;
    uint32_t failed;       /* bits 1 << SrCheckId */
    uint32_t hint_highest; /* of the records since the last reset */
    uint32_t n_hints;      /* room for hint numbers below this */
    char *block;
    SrCheckRest *rests;                                            /* n_clients */
    void (*found)(void *data, const SrRecord *record, unsigned n); /* (nullable) */
    void *found_data;
    SrFinding findings[SR_CHECK_N];
};

/* The checks in the order of SrCheckId. */
extern const SrCheckOps *const sr_checks_ops[SR_CHECK_N];

/* Returns: whether @ops needs such a record; a `carrying` check needs a message only if it carries
 * content */
static inline bool
sr_check_observes(const SrCheckOps *ops, SrEvent event, SrMsg msg)
{
    if (!(ops->events >> event & 1))
        return false;
    if (event == SR_EVENT_SEND)
        return ops->sends >> msg & 1;
    return event != SR_EVENT_RECEIVE || (ops->receives >> msg & 1);
}

/* Returns: (transfer none) (nullable): the state for @node; NULL if it is not a client */
static inline SrCheckClient *
sr_check_client(const SrCheckContext *context, const SrCheckState *state, uint32_t node)
{
    /* larger than any client's index if @node is a service */
    uint32_t index = node - SR_NODE_FIRST_CLIENT;
    SrCheckClient *client = &state->clients[index];

    if (index >= context->n_clients)
        return NULL;
    if (client == NULL)
        __builtin_unreachable(); /* so that no caller tests it again */
    return client;
}

/* ---- what the server has for a document ---- */

/* The records that sr_standing_follow() needs. */
#define SR_STANDING_EVENTS                                                                     \
    (SR_EVENT_BIT(SEND) | SR_EVENT_BIT(RELEASED) | SR_EVENT_BIT(ESTABLISHED) |                 \
     SR_EVENT_BIT(FAULT))
#define SR_STANDING_SENDS SR_MSG_BIT(CREATE_ACCEPTED)

static inline bool
sr_check_is_upgrade(SrEvent event, const SrRecord *record)
{
    return event == SR_EVENT_FAULT && record->action == SR_FAULT_UPGRADE;
}

/* Returns: whether @record accepts another creation than the present one. When the owner
 * returns, the server accepts its own creation again. */
static inline bool
sr_standing_is_new(const SrStanding *standing, SrEvent event, SrMsg msg, const SrRecord *record)
{
    return event == SR_EVENT_SEND && msg == SR_MSG_CREATE_ACCEPTED &&
           !(standing->stands && standing->owner == record->peer &&
             standing->creation == record->hint);
}

/* Updates @standing, the view of its document in @state, with @record. An upgrade ends the sessions
 * of all documents. */
static inline void
sr_standing_follow(const SrCheckContext *context, const SrCheckState *state,
                   const SrCheckDocument *document, SrStanding *standing, SrEvent event,
                   SrMsg msg, const SrRecord *record)
{
    size_t part = (size_t) ((const char *) standing - (const char *) document);

    if (event == SR_EVENT_SEND && msg == SR_MSG_CREATE_ACCEPTED) {
        standing->stands = true;
        standing->owner = record->peer;
        standing->creation = record->hint;
    } else if (event == SR_EVENT_ESTABLISHED) {
        standing->stands = false;
        standing->active = true;
        standing->session = record->hint;
    } else if (event == SR_EVENT_RELEASED) {
        if (standing->stands && standing->creation == record->hint)
            standing->stands = false;
        else if (standing->active && standing->session == record->hint)
            standing->active = false;
    } else if (sr_check_is_upgrade(event, record)) {
        for (uint32_t i = 0; i < context->n_documents; i++)
            ((SrStanding *) (void *) ((char *) &state->documents[i] + part))->active = false;
    }
}

/* ---- liveness ---- */

/* Counts client @i, which the end of the run finds in a state in which it must not be. */
static inline void
sr_check_count(const SrCheckContext *context, const SrCheckState *state, SrFinding *finding,
               SrDetail detail, uint32_t i)
{
    if (finding->number++ > 0)
        return;
    finding->detail = (uint8_t) detail;
    finding->node = SR_NODE_FIRST_CLIENT + i;
    finding->document = context->client_document[i];
    finding->from = state->clients[i].state;
}

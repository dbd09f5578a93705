/* What the checks share: what each of them remembers, whose record it is, what the server has for
 * a document, how a finding is filled.
 *
 * The checks are files of one unit, judge.c: seventy records are judged in a race that takes a
 * microsecond or two, so the compiler must see which checks each concerns and what these do. */
#pragma once

#include <glib.h>

#include "check/check-state.h"
#include "check/check.h"

#define SR_BIT(n) (UINT32_C(1) << (n))

/* ---- judging ---- */

/* A step of a check: what @record breaks of it, or SR_DETAIL_NONE.
 *   event, msg    of @record (msg is SR_MSG_NONE for what is no message); constants wherever the
 *                 step becomes code
 *   self, other   (nullable) what is remembered of @record's node and of its peer, for clients
 *   document      and of its document
 *   hint          and of its hint; hint number 0, no hint, has a place of its own */
#define SR_CHECK_STEP(check)                                                                   \
    static inline __attribute__((always_inline)) SrDetail check##_step(                        \
        G_GNUC_UNUSED const SrCheckContext *context, G_GNUC_UNUSED SrCheckState *state,        \
        G_GNUC_UNUSED SrEvent event, G_GNUC_UNUSED SrMsg msg,                                  \
        G_GNUC_UNUSED const SrRecord *record, G_GNUC_UNUSED SrCheckClient *self,               \
        G_GNUC_UNUSED SrCheckClient *other, G_GNUC_UNUSED SrCheckDocument *document,           \
        G_GNUC_UNUSED SrCheckHint *hint)

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

/* Returns: whether @ops looks at such a record, unless it is `carrying` and the record does not
 * carry */
static inline bool
sr_check_looks(const SrCheckOps *ops, SrEvent event, SrMsg msg)
{
    if (!(ops->events >> event & 1))
        return false;
    if (event == SR_EVENT_SEND)
        return ops->sends >> msg & 1;
    return event != SR_EVENT_RECEIVE || (ops->receives >> msg & 1);
}

/* Returns: (transfer none) (nullable): what is remembered of @node; NULL for one that is no
 * client */
static inline SrCheckClient *
sr_check_client(const SrCheckContext *context, const SrCheckState *state, uint32_t node)
{
    uint32_t index = node - SR_NODE_FIRST_CLIENT; /* of a service: beyond any client's */
    SrCheckClient *client = &state->clients[index];

    if (index >= context->n_clients)
        return NULL;
    if (client == NULL)
        __builtin_unreachable(); /* so that nobody asks this again */
    return client;
}

/* ---- what the server has for a document ---- */

/* The records that sr_standing_follow() looks at. */
#define SR_STANDING_EVENTS                                                                     \
    (SR_BIT(SR_EVENT_SEND) | SR_BIT(SR_EVENT_RELEASED) | SR_BIT(SR_EVENT_ESTABLISHED) |        \
     SR_BIT(SR_EVENT_FAULT))
#define SR_STANDING_SENDS SR_BIT(SR_MSG_CREATE_ACCEPTED)

static inline bool
sr_check_is_upgrade(SrEvent event, const SrRecord *record)
{
    return event == SR_EVENT_FAULT && record->action == SR_FAULT_UPGRADE;
}

/* Returns: whether @record is an acceptance of another creation than the one that stands; the
 * owner's return repeats its own */
static inline bool
sr_standing_is_new(const SrStanding *standing, SrEvent event, SrMsg msg, const SrRecord *record)
{
    return event == SR_EVENT_SEND && msg == SR_MSG_CREATE_ACCEPTED &&
           !(standing->stands && standing->owner == record->peer &&
             standing->creation == record->hint);
}

/* Takes @record, which is no upgrade, into the view of its document. */
static inline void
sr_standing_follow(SrStanding *standing, SrEvent event, SrMsg msg, const SrRecord *record)
{
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
    }
}

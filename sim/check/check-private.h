/* What the checks share: whose record it is, what the server has for a document, how a finding
 * is filled. */
#pragma once

#include "session-race/check.h"

#define SR_BIT(n) (UINT32_C(1) << (n))

/* Faults that checks look at, by number: this room cannot see the scenario room's enum. */
enum { SR_CHECK_FAULT_CRASH = 0, SR_CHECK_FAULT_UPGRADE = 9 };

extern const SrCheckOps sr_check_one_winner;
extern const SrCheckOps sr_check_same_key;
extern const SrCheckOps sr_check_key_kept;
extern const SrCheckOps sr_check_key_found;
extern const SrCheckOps sr_check_previous_kept;
extern const SrCheckOps sr_check_hint_stable;
extern const SrCheckOps sr_check_waits;
extern const SrCheckOps sr_check_announced_once_established;
extern const SrCheckOps sr_check_key_secret;
extern const SrCheckOps sr_check_token_first;
extern const SrCheckOps sr_check_token_time;
extern const SrCheckOps sr_check_steps_in_order;
extern const SrCheckOps sr_check_nonce_unique;
extern const SrCheckOps sr_check_all_collaborate;
extern const SrCheckOps sr_check_nobody_stuck;

/* Returns: whether @node is a client; its index is node - SR_NODE_FIRST_CLIENT */
static inline bool
sr_check_is_client(const SrCheckContext *context, uint32_t node)
{
    return node >= SR_NODE_FIRST_CLIENT && node - SR_NODE_FIRST_CLIENT < context->n_clients;
}

/* Returns: (transfer none): the check's part for client @index */
static inline void *
sr_check_client(const SrCheckState *state, uint32_t index)
{
    return (char *) state->per_client + index * state->client_stride;
}

/* Fills @finding with all that the sentence of @detail can speak of. Returns: TRUE, for the
 * caller to return */
bool sr_check_find(SrFinding *finding, SrDetail detail, const SrRecord *record)
    __attribute__((cold));

/* ---- what the server has for a document ---- */

/** SrStanding: the creation that stands and the session that is active, as the server's records
 * tell. */
typedef struct {
    uint32_t owner;          /* node */
    uint32_t creation;       /* hint of the creation */
    uint32_t session;        /* hint of the session */
    uint16_t stands, active; /* whether there is one */
} SrStanding;

/* The records that sr_standing_follow() looks at. */
#define SR_STANDING_EVENTS                                                                     \
    (SR_BIT(SR_EVENT_SEND) | SR_BIT(SR_EVENT_RELEASED) | SR_BIT(SR_EVENT_ESTABLISHED) |        \
     SR_BIT(SR_EVENT_FAULT))
#define SR_STANDING_SENDS SR_BIT(SR_MSG_CREATE_ACCEPTED)

static inline bool
sr_check_is_upgrade(const SrRecord *record)
{
    return record->event == SR_EVENT_FAULT && record->action == SR_CHECK_FAULT_UPGRADE;
}

/* Returns: whether @record is an acceptance of another creation than the one that stands; the
 * owner's return repeats its own */
static inline bool
sr_standing_is_new(const SrStanding *standing, const SrRecord *record)
{
    return record->event == SR_EVENT_SEND && record->msg == SR_MSG_CREATE_ACCEPTED &&
           !(standing->stands && standing->owner == record->peer &&
             standing->creation == record->hint);
}

/* Takes @record into the view of its document; an upgrade into all of them. */
static inline void
sr_standing_follow(const SrCheckContext *context, SrStanding *documents, const SrRecord *record)
{
    SrStanding *standing = &documents[record->document];

    if (record->event == SR_EVENT_SEND && record->msg == SR_MSG_CREATE_ACCEPTED) {
        standing->stands = true;
        standing->owner = record->peer;
        standing->creation = record->hint;
    } else if (record->event == SR_EVENT_ESTABLISHED) {
        standing->stands = false;
        standing->active = true;
        standing->session = record->hint;
    } else if (record->event == SR_EVENT_RELEASED) {
        if (standing->stands && standing->creation == record->hint)
            standing->stands = false;
        else if (standing->active && standing->session == record->hint)
            standing->active = false;
    } else if (sr_check_is_upgrade(record)) {
        for (uint32_t i = 0; i < context->n_documents; i++)
            documents[i].active = false;
    }
}

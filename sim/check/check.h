/* Checks: small automata over records. A check reads nothing else, so it can judge a run, a
 * trace and the log of another program.
 *
 * The state of the checks is flat: an element for each document, client and hint, in one block.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "session-race/record.h"

/** SrCheckContext: what the checks know about the world that they judge. The arrays are
 * borrowed. */
typedef struct {
    uint32_t n_documents;
    uint32_t n_clients;
    const uint32_t *client_document; /* n_clients */
    const uint32_t *previous_hint;   /* n_documents: the hint of a session outdated from the
                                        start, or SR_HINT_ABSENT */
    bool check_iat;                  /* `[server] check-iat` */
    bool tokens;                     /* `[token-provider] enabled` */
} SrCheckContext;

/** SrFinding: the `check-failed` record of a check that fails, without instant and number. */
typedef SrRecord SrFinding;

/** SrCheckState: the state of the checks. It is flat except for the pointers to its arrays. */
typedef struct SrCheckState SrCheckState;

/** SrCheckOps: one check. */
typedef struct {
    uint32_t events;   /* bits 1 << SrEvent: the records that it observes */
    uint32_t sends;    /* bits 1 << SrMsg: the messages that it observes in `send` */
    uint32_t receives; /* bits 1 << SrMsg: likewise in `receive` */
    bool carrying;     /* only messages that carry a key or content */
    /* bits 1 << SrEvent: the events for which it keeps state by the record's document, or hint */
    uint32_t documents, hints;
    /* (nullable) Adds the values for the sentence to @finding, which has those of @record. */
    void (*describe)(const SrCheckContext *context, const SrCheckState *state,
                     const SrRecord *record, SrFinding *finding);
    /* (nullable) Liveness: called at the end of the run, with a zeroed @finding. */
    bool (*end)(const SrCheckContext *context, const SrCheckState *state, SrFinding *finding);
} SrCheckOps;

/** sr_check_ops: Returns: (transfer none): the check with that number */
const SrCheckOps *sr_check_ops(SrCheckId id);

typedef struct SrChecks SrChecks;

/** sr_checks_new: all checks over @context, which must outlive them. */
SrChecks *sr_checks_new(const SrCheckContext *context);
void sr_checks_free(SrChecks *checks);
/** sr_checks_reset: restores the state at the start of a run. Allocates nothing. */
void sr_checks_reset(SrChecks *checks);
/** sr_checks_reserve_hints: makes room for hint numbers below @n. The room doubles, so that a
 * long run seldom allocates. */
void sr_checks_reserve_hints(SrChecks *checks, uint32_t n);
/** SrJudge: runs the checks that observe records of one kind; see sr_checks_step(). */
typedef unsigned (*SrJudge)(SrChecks *checks, const SrRecord *record);

/* Kinds of records: SrEvent, except that `send` and `receive` have one kind for each message.
 */
enum {
    SR_JUDGE_SENT = SR_EVENT_N,
    SR_JUDGE_RECEIVED = SR_JUDGE_SENT + SR_MSG_N,
    SR_JUDGE_N = SR_JUDGE_RECEIVED + SR_MSG_N
};

/** sr_judges: by kind, for a caller that knows the kind of its records. */
extern const SrJudge sr_judges[SR_JUDGE_N];

/** sr_checks_step: Returns: how many checks @record breaks; sr_checks_findings() then has the
 * findings. Each check fails at most once between resets. */
static inline unsigned
sr_checks_step(SrChecks *checks, const SrRecord *record)
{
    unsigned kind = record->event;

    if (kind == SR_EVENT_SEND)
        kind = SR_JUDGE_SENT + record->msg;
    else if (kind == SR_EVENT_RECEIVE)
        kind = SR_JUDGE_RECEIVED + record->msg;
    return kind < SR_JUDGE_N ? sr_judges[kind](checks, record) : 0;
}

/**
 * sr_checks_on_finding:
 * @found: (nullable): called with @data, the record and the number of findings, just before the
 * judge returns that number; for a driver that wants to handle findings at this point
 */
void sr_checks_on_finding(SrChecks *checks,
                          void (*found)(void *data, const SrRecord *record, unsigned n),
                          void *data);

/** sr_checks_end: runs the liveness checks at the end of a run; otherwise like sr_checks_step().
 */
unsigned sr_checks_end(SrChecks *checks);
/** sr_checks_findings: Returns: (transfer none): the findings of the latest record that had any,
 * in the order of the table */
const SrFinding *sr_checks_findings(const SrChecks *checks);
/** sr_checks_fetch: prefetches the memory that records of client @index will need; call it a few
 * events before those records. */
void sr_checks_fetch(const SrChecks *checks, uint32_t index);
/** sr_checks_failed: Returns: bits 1 << SrCheckId of the checks that failed since the last reset
 */
uint32_t sr_checks_failed(const SrChecks *checks);
/**
 * sr_checks_concern:
 * @msg: for `send` and `receive`; otherwise ignored
 * @has: SR_HAS_ bits of the message
 *
 * For a driver that makes only records that somebody needs. If it asks for every record, it
 * should keep the answers in a table.
 *
 * Returns: whether any check observes such a record
 */
bool sr_checks_concern(SrEvent event, SrMsg msg, unsigned has);

/** SrWanted: such a table: the records that somebody observes. */
typedef struct {
    uint32_t notes; /* bits 1 << SrEvent, except `send` and `receive` */
    /* bits 1 << SrMsg: [sent or received][without or with a key or content] */
    uint32_t messages[2][2];
} SrWanted;

/** sr_checks_wanted: Returns: the records that any check observes */
SrWanted sr_checks_wanted(void);

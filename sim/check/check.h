/* Checks: small automata over records. A check sees nothing else, so the same one judges a run,
 * a trace and a foreign log.
 *
 * What checks remember is flat: a part for each document, client and hint, in one block. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "session-race/record.h"

/** SrCheckContext: what checks know of the world they judge. The arrays are borrowed. */
typedef struct {
    uint32_t n_documents;
    uint32_t n_clients;
    const uint32_t *client_document; /* n_clients */
    const uint32_t *previous_hint;   /* n_documents: the hint of a session outdated from the
                                        start, or SR_HINT_ABSENT */
    bool check_iat;                  /* `[server] check-iat` */
    bool tokens;                     /* `[token-provider] enabled` */
} SrCheckContext;

/** SrFinding: a check that fails, why (an SrDetail), and what the sentence speaks of. */
typedef struct {
    SrCheckId check;
    SrDetail detail;
    uint32_t node, peer, hint, key, number, document;
    uint8_t msg, reason, from, to;
} SrFinding;

/** SrCheckState: what the checks remember. It is flat but for pointers to its arrays. */
typedef struct SrCheckState SrCheckState;

/** SrCheckOps: one check. */
typedef struct {
    SrCheckId id;
    uint32_t events;           /* bits 1 << SrEvent: the records that it looks at */
    uint32_t sends;            /* bits 1 << SrMsg: of `send` only these messages */
    uint32_t receives;         /* likewise of `receive` */
    bool carrying;             /* of messages only those that carry a key or content */
    uint32_t documents, hints; /* bits 1 << SrEvent: of which it remembers something by the
                                  record's document, or hint */
    /* (nullable) Adds to @finding, which holds what @record does, what else its sentence speaks
     * of. */
    void (*describe)(const SrCheckContext *context, const SrCheckState *state,
                     const SrRecord *record, SrFinding *finding);
    /* (nullable) Liveness: called at the end of the run, with @finding zero. */
    bool (*end)(const SrCheckContext *context, const SrCheckState *state, SrFinding *finding);
} SrCheckOps;

/** sr_check_ops: Returns: (transfer none): the check with that number */
const SrCheckOps *sr_check_ops(SrCheckId id);

typedef struct SrChecks SrChecks;

/** sr_checks_new: all checks over @context, which must outlive them. */
SrChecks *sr_checks_new(const SrCheckContext *context);
void sr_checks_free(SrChecks *checks);
/** sr_checks_reset: back to the start of a run. Allocates nothing. */
void sr_checks_reset(SrChecks *checks);
/** sr_checks_reserve_hints: makes room for hint numbers below @n; doubles, so that a long run
 * allocates rarely. */
void sr_checks_reserve_hints(SrChecks *checks, uint32_t n);
/** SrJudge: asks the checks that look at records of one kind; see sr_checks_step(). */
typedef unsigned (*SrJudge)(SrChecks *checks, const SrRecord *record);

/* Kinds of records: SrEvent, but `send` and `receive` by their message. */
enum {
    SR_JUDGE_SENT = SR_EVENT_N,
    SR_JUDGE_RECEIVED = SR_JUDGE_SENT + SR_MSG_N,
    SR_JUDGE_N = SR_JUDGE_RECEIVED + SR_MSG_N
};

/** sr_judges: by kind, for whoever knows the kind of its records. */
extern const SrJudge sr_judges[SR_JUDGE_N];

/** sr_checks_step: Returns: how many checks @record breaks: sr_checks_findings() are of these.
 * Each check fails at most once between resets. */
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
 * @found: (nullable): called with @data, the record and how many findings there are, before the
 * judge returns that number; for a driver that wants nothing left to do after a judge
 */
void sr_checks_on_finding(SrChecks *checks,
                          void (*found)(void *data, const SrRecord *record, unsigned n),
                          void *data);

/** sr_checks_end: the liveness checks, at the end of a run; as sr_checks_step(). */
unsigned sr_checks_end(SrChecks *checks);
/** sr_checks_findings: Returns: (transfer none): the findings of the latest judging that found
 * any, in the order of the table */
const SrFinding *sr_checks_findings(const SrChecks *checks);
/** sr_checks_fetch: fetches what records of client @index will touch, for whoever knows some time
 * before that they come. */
void sr_checks_fetch(const SrChecks *checks, uint32_t index);
/** sr_checks_failed: Returns: bits 1 << SrCheckId of what failed since the last reset */
uint32_t sr_checks_failed(const SrChecks *checks);
/** sr_checks_events: Returns: bits 1 << SrEvent that any check looks at; other records need not
 * be made for checks */
uint32_t sr_checks_events(void);
/**
 * sr_checks_concern:
 * @msg: of `send` and `receive`; else it does not matter
 * @has: SR_HAS_ bits of the message
 *
 * For a driver that wants to make no record in vain: whoever asks for every record keeps the
 * answers in a table.
 *
 * Returns: whether any check looks at such a record
 */
bool sr_checks_concern(SrEvent event, SrMsg msg, unsigned has);

/** SrWanted: records that somebody looks at, as such a table. */
typedef struct {
    uint32_t notes;          /* bits 1 << SrEvent; of `send` and `receive` instead … */
    uint32_t messages[2][2]; /* … bits 1 << SrMsg: sent or received, and carrying a key or
                                content or not */
} SrWanted;

/** sr_checks_wanted: Returns: the records that any check looks at */
SrWanted sr_checks_wanted(void);
/** sr_finding_record: Returns: the `check-failed` record of @finding, without instant and number */
SrRecord sr_finding_record(const SrFinding *finding);

/* What the files about children of a run share:
 * - run-exec.c: their life; turns: requests, stuck ones, breaks, closed browsers
 * - run-exec-waits.c: what a child waits for
 * - run-exec-keys.c: answers of an encryption provider; questions of no client
 * - run-exec-tokens.c: answers of a signer, and the server's own verification
 * - run-exec-numbers.c: texts and their numbers */
#pragma once

#include "run/run-private.h"

#include "exec/exec-private.h"

/* A request; its id is its place, from 1. */
typedef struct {
    SrMessage message;
    uint32_t number; /* of the message; names its draws */
    uint32_t legs;   /* drawn so far */
    bool aside;      /* asked before or after the run: of no client, nothing is sent */
    bool answered;
    bool settled; /* an answer is given, its client is gone, or it is known to be stuck */
    uint32_t document;
    uint32_t answer_hint, answer_key; /* once answered with a key; only of those aside */
} SrAsked;

struct SrRunExec {
    SrExecRole role;
    uint32_t node; /* of the service */
    SrExec *child;
    GArray *asked, *waits;   /* SrAsked; see run-exec-waits.c */
    GHashTable *wait_places; /* child's number → place + 1 */
    uint32_t loose;          /* draws of waits of no request */
    uint32_t standing;       /* waits that stand */
    uint32_t unsettled;      /* requests that are not settled */
    uint64_t turn;           /* the request that the present turn belongs to; 0: none */
    bool in_request;         /* the present turn is that of the request */
    bool hurried;            /* what is waited for takes no time */
    SrSpan later;            /* how much later it is for the child than for the engine */

    /* of keys */
    GArray *answers; /* given and not yet sent; see run-exec-keys.c */
    SrRunNumbers
        *hints; /* of a document's number (4 bytes) and the text: the number is the slot's */
    SrRunNumbers *keys; /* of the SHA-256 of the key's bytes */

    /* of tokens */
    struct SrRunTokens *tokens; /* (nullable) see run-exec-tokens.c */
};

/* ---- run-exec-numbers.c ---- */

void sr_run_numbers_reset(SrRunNumbers *numbers);
/* Returns: the number of @text, from 1; *@fresh: (out): it has just got it */
uint32_t sr_run_number_of(SrRunNumbers *numbers, const void *text, size_t length, bool *fresh);
/* Returns: (transfer none): the text of @number */
const void *sr_run_number_text(const SrRunNumbers *numbers, uint32_t number, size_t *length);

/* ---- run-exec.c ---- */

SrRunExec *sr_run_exec_of(const SrRun *run, uint32_t service);

static inline SrAsked *
sr_asked_by_id(const SrRunExec *exec, uint64_t id)
{
    return &g_array_index(exec->asked, SrAsked, id - 1);
}

static inline bool
sr_run_exec_is_broken(const SrRunExec *exec)
{
    return sr_exec_kind(exec->child) != SR_REASON_NONE;
}

/* A record of the child's node about request @id; 0: of none. */
SrRecord sr_run_exec_record(const SrRunExec *exec, SrEvent event, uint64_t id);
/* The moment of a turn. */
SrExecMoment sr_run_exec_moment(const SrRun *run, const SrRunExec *exec);
/* Takes the request @asked to the child, for @client; its id is the number of requests then. */
void sr_run_exec_ask(SrRun *run, SrRunExec *exec, SrAsked asked, const char *client);
/* @reply: (nullable): of a turn that belongs to request @id; NULL when the child broke in it, or,
 * @broken, before */
void sr_run_exec_take_reply(SrRun *run, SrRunExec *exec, const SrExecReply *reply, uint64_t id,
                            bool in_request, bool broken);
/* The request counts as answered, gone or stuck. */
void sr_run_exec_settle(SrRunExec *exec, SrAsked *asked);

/* ---- run-exec-waits.c ---- */

GArray *sr_run_waits_new(void);
void sr_run_exec_take_wait(SrRun *run, SrRunExec *exec, const SrExecWait *said);

/* ---- run-exec-keys.c ---- */

GArray *sr_run_key_answers_new(void);
void sr_run_exec_take_key(SrRun *run, SrRunExec *exec, const SrExecAnswer *said);

/* ---- run-exec-tokens.c ---- */

struct SrRunTokens *sr_run_tokens_new(void);
void sr_run_tokens_free(struct SrRunTokens *tokens);
void sr_run_tokens_reset(SrRun *run, struct SrRunTokens *tokens);
void sr_run_exec_take_token(SrRun *run, SrRunExec *exec, const SrExecAnswer *said);

/* What a child may say: one JSON object a line, read with jansson and checked member by member.
 * A line is hostile: its size is bounded by the pipe's reader, its depth here, and a member that
 * occurs twice, or has another kind of value than described, makes the whole line a fault. Members
 * that are not known are ignored.
 *
 * Source: section 4 of the page README.md of this room. */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "session-race/record.h"

/** SR_EXEC_HINT_UNITS: the longest hint, in UTF-16 units, as the product's documentation has it. */
#define SR_EXEC_HINT_UNITS 256

/** SR_EXEC_LOGS: the end of what is said of a line that may be a log; what stands behind it is put
 * before it. */
#define SR_EXEC_LOGS "; write logs to standard error"

/** SrExecText: text of a reply, which owns it: UTF-8 of @length bytes that may hold zeros.
 * `text` is %NULL where the member is absent. */
typedef struct {
    const char *text;
    size_t length;
} SrExecText;

/** SrExecAnswer: an answer to a request: a key, a token, or an error with its reason. */
typedef struct {
    uint64_t id; /* of the request */
    SrExecText key, hint, token, error;
    SrExecText at; /* the line of the user's code */
    /* of an error: UNKNOWN_HINT, UNAVAILABLE, BAD_SHAPE, or NONE where it gives no reason */
    uint8_t reason;
} SrExecAnswer;

/** SrExecWaitKind: what a child waits for. */
typedef enum {
    SR_EXEC_REQUEST_LEG,  /* a call that leaves its process: on the way there */
    SR_EXEC_RESPONSE_LEG, /* on the way back */
    SR_EXEC_TIMER,
    SR_EXEC_DROP, /* an earlier wait is not needed any more */
} SrExecWaitKind;

/** SrExecWait: something that the child waits for, or does not wait for any more. */
typedef struct {
    uint64_t wait; /* its number, from 1 */
    SrExecWaitKind kind;
    SrSpan ns;        /* of a timer; at most SR_SPAN_MAX + 1 */
    uint64_t request; /* the request that it belongs to; 0: not said */
    SrExecText label, at;
} SrExecWait;

/** SrExecReplyType: the `type` of a line. */
typedef enum { SR_EXEC_HELLO, SR_EXEC_IDLE, SR_EXEC_FAULT } SrExecReplyType;

/** SrExecReply: a line, read. All zero is none. */
typedef struct {
    json_t *root; /* owns the texts */
    SrExecReplyType type;
    GArray *answers, *waits; /* SrExecAnswer, SrExecWait, in their order; only of `idle` */
    GArray *stuck;           /* uint64_t: requests that nothing can answer */
    GArray *notes;           /* SrExecText: for the report */
    const json_t *jwks;      /* (nullable) */
    SrExecText name;         /* of `hello` */
    bool keys, tokens;       /* what `hello` says that it can be asked for */
    uint64_t runs;    /* after which it wishes to be replaced, so `hello`; 0: none said */
    SrExecText error; /* of `fault` */
    /* how it broke: of `idle` NONE or UNHANDLED_REJECTION, of `fault` FAULT or BLOCKED */
    SrReason broke;
} SrExecReply;

/**
 * sr_exec_reply_read:
 * @reply: (inout): what it had is freed; the caller clears it
 * @why: what the child did wrong, as the end of a sentence about it; set on failure
 *
 * Returns: whether @line is a reply in the documented shape
 */
bool sr_exec_reply_read(SrExecReply *reply, const char *line, size_t length, GString *why);
/** sr_exec_reply_clear: frees what @reply owns. */
void sr_exec_reply_clear(SrExecReply *reply);

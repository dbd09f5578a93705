/* The turns of a child in a run, and the rules that its answers keep. */
#pragma once

#include "exec/reply.h"
#include "session-race/exec.h"
#include "session-race/record.h"

/** SrExecMoment: the instant of a turn. */
typedef struct {
    SrTime t;    /* virtual, since the start of the run */
    int64_t now; /* the service's own clock, ns since 1970 */
} SrExecMoment;

/** SrExecRequest: a request for a key, or for a token. Text is borrowed for the call. */
typedef struct {
    uint64_t id; /* from 1, fresh within the run */
    const char *client, *document;
    /* of a request for a key */
    bool has_hint;
    SrExecText hint;
} SrExecRequest;

/**
 * sr_exec_begin: begins a run, with a child that has forgotten every earlier one. Starts it
 * when there is none.
 *
 * Returns: %FALSE with @error when the child cannot be started or does not begin: nothing can be
 * played then
 */
gboolean sr_exec_begin(SrExec *exec, uint64_t seed, SrExecMoment moment, GError **error);

/**
 * sr_exec_request, sr_exec_wake, sr_exec_gone:
 *
 * A turn: the child takes up a request, goes on with the wait @wait, which is due, or hears that
 * the browser of @client is closed. Once something broke, a turn does nothing.
 *
 * Returns: (transfer none) (nullable): the reply, until the next turn; every rule has been
 * checked. %NULL: it is broken; sr_exec_kind() and sr_exec_broke() say how
 */
const SrExecReply *sr_exec_request(SrExec *exec, SrExecMoment moment,
                                   const SrExecRequest *request);
const SrExecReply *sr_exec_wake(SrExec *exec, SrExecMoment moment, uint64_t wait);
const SrExecReply *sr_exec_gone(SrExec *exec, SrExecMoment moment, const char *client);

/**
 * sr_exec_jwks: the public keys that the child has told in the present run, the latest set
 *
 * @version: (out): the same number means the same keys, in later runs and of other children too; from 1
 *
 * Returns: (transfer none) (nullable): an object, until the next turn
 */
const json_t *sr_exec_jwks(const SrExec *exec, uint64_t *version);
/** sr_exec_take_rejection: Returns: whether the child left a rejection unhandled since the last
 * call; it goes on */
bool sr_exec_take_rejection(SrExec *exec);
/** sr_exec_kind: Returns: how it broke: CRASH, FAULT, RULE, BAD_SHAPE, BLOCKED; NONE if it did
 * not */
SrReason sr_exec_kind(const SrExec *exec);
/** sr_exec_remark: keeps @text for sr_exec_remarks(), unless it is there already. */
void sr_exec_remark(SrExec *exec, const char *text);
/** sr_exec_note: keeps @text for sr_exec_notes(). */
void sr_exec_note(SrExec *exec, SrExecText text);

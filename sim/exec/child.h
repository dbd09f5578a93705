/* A child process that answers line by line: somebody's key provider or signer.
 *
 * We write one line and read exactly one. Both outputs of the child are read by one poll loop,
 * so neither side can block the other. Whatever it writes is untrusted: lines are bounded, and
 * of its standard error only the end is kept. No shell takes part, and the child inherits three
 * pipes and a small environment. Real time is measured only to give up on a child that does not
 * answer; no result depends on it.
 *
 * Source: sections 2, 4, 5 and 10 of the page README.md of this room. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "session-race/time.h"

/** SR_CHILD_LINE_MAX: the longest line that a child may write, in bytes, without its LF. */
#define SR_CHILD_LINE_MAX ((size_t) 64 << 10)
/** SR_CHILD_HELLO_MAX: the same for its first line, which may hold public keys. */
#define SR_CHILD_HELLO_MAX ((size_t) 1 << 20)
/** SR_CHILD_TAIL: how many bytes of its standard error are kept. */
#define SR_CHILD_TAIL 4096u
/** SR_CHILD_LOG_MAX: how many bytes of its standard error go to a log file. */
#define SR_CHILD_LOG_MAX (UINT64_C(64) << 20)

/** SrChildOptions: how a child is started. All pointers are borrowed for the call only. */
typedef struct {
    const char *command;          /* words as for a shell; the program is looked up in PATH */
    const char *const *variables; /* (nullable) names of further variables to hand on */
    uint32_t number;              /* SESSION_RACE_CHILD */
    int log;                      /* a file for its standard error; -1: none. Stays open */
    const char *log_name; /* (nullable) stands before each line there; must outlive the child */
    bool (*stop)(void *data); /* (nullable) asked while a child is waited for */
    void *stop_data;          /* must outlive the child */
} SrChildOptions;

/** SrChildEnd: how an exchange ends. */
typedef enum {
    SR_CHILD_ANSWERED,
    SR_CHILD_CRASHED, /* it ended, or closed a pipe */
    SR_CHILD_SILENT,  /* no line before the deadline */
    SR_CHILD_RULE,    /* a line too long, not UTF-8, or one that nobody asked for */
    SR_CHILD_STOPPED, /* options->stop returned true */
} SrChildEnd;

typedef struct SrChild SrChild;

/**
 * sr_child_start:
 *
 * Starts the program; says nothing to it yet. The caller ignores SIGPIPE.
 *
 * Returns: (transfer full): %NULL with @error when the command is no list of words, or its
 * program cannot be started
 */
SrChild *sr_child_start(const SrChildOptions *options, GError **error);

/**
 * sr_child_ask:
 * @line: ends with LF
 * @most: bytes that the answer may have
 * @deadline: real time for it, ns
 * @answer: (out) (transfer none): without its LF, closed by a zero; until the next call
 * @why: what the child did, as the end of a sentence about it; set unless it answered
 *
 * Writes @line and reads the answer.
 */
SrChildEnd sr_child_ask(SrChild *child, const char *line, size_t n_line, size_t most,
                        SrSpan deadline, const char **answer, size_t *n_answer, GString *why);

/** sr_child_tail: Returns: (transfer full): the end of what it wrote to standard error, at most
 * SR_CHILD_TAIL bytes of any kind */
GString *sr_child_tail(const SrChild *child);

/** sr_child_group: Returns: its process group */
int sr_child_group(const SrChild *child);

/** sr_child_free: says `bye` to @child (nullable), waits a second, then ends it and whatever is
 * left in its process group, and reaps it. Takes at most two seconds. */
void sr_child_free(SrChild *child);
/** sr_child_abandon: the same without `bye` and the first second, for a child that broke a rule.
 */
void sr_child_abandon(SrChild *child);

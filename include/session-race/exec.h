/* Somebody's own encryption provider, or signer, in a run: a child process that takes part in
 * virtual time.
 *
 * Only the caller names the program; no scenario, trace or variable can. The child answers line
 * by line (sim/exec/README.md has the protocol), and virtual time stands while it works. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "session-race/time.h"

#pragma GCC visibility push(default)

/** SR_EXEC_ERROR: the domain of errors of a child that cannot be started, or breaks again and
 * again. */
#define SR_EXEC_ERROR sr_exec_error_quark()
GQuark sr_exec_error_quark(void);

/** SR_EXEC_DEADLINE: how long a child may take for a turn unless told otherwise, ns of real
 * time. */
#define SR_EXEC_DEADLINE (5 * SR_NS_PER_S)

/** SR_EXEC_RUNS: how many runs one child plays, if it does not say fewer itself. A runtime may
 * keep some memory for each. */
#define SR_EXEC_RUNS 8000u

/** SrExec: one child, started when it is first needed. Use one per thread and role. */
typedef struct SrExec SrExec;

/** SrExecRole: what a child is asked for. */
typedef enum {
    SR_EXEC_KEYS,   /* it is the encryption provider */
    SR_EXEC_TOKENS, /* it is the signer: the token provider */
} SrExecRole;
#define SR_EXEC_ROLE_N (SR_EXEC_TOKENS + 1)

/** SrExecOptions: all text is copied. */
typedef struct {
    /* words as for a shell, but no shell runs it; the program is looked up in PATH */
    const char *command;
    /* (nullable) (array zero-terminated=1): names of variables to hand on besides PATH and HOME
     */
    const char *const *variables;
    SrExecRole role;
    SrSpan deadline; /* for a turn, ns of real time; 0: SR_EXEC_DEADLINE */
    uint32_t number; /* SESSION_RACE_CHILD, from 0 */
    int log;         /* a descriptor for its standard error; -1: none. Stays open */
    bool log_named;  /* each line there says whether it is the provider's or the signer's */
    bool patient;    /* goes on however many runs in a row broke it */
    uint32_t runs;   /* after so many a fresh child takes over; 0: SR_EXEC_RUNS */
    /* (nullable): asked by the thread that waits for the child, some 20 times a second: whether to
     * wait no longer */
    bool (*stop)(void *data);
    void *stop_data; /* outlives the exec */
} SrExecOptions;

/** sr_exec_new: starts nothing yet. The caller ignores SIGPIPE. Returns: (transfer full) */
SrExec *sr_exec_new(const SrExecOptions *options);
/** sr_exec_free: ends the child of @exec (nullable), within three seconds. */
void sr_exec_free(SrExec *exec);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SrExec, sr_exec_free)

/** sr_exec_kill_all: ends every child of this process and its group at once, for a process that is
 * about to end. Safe in a signal handler. */
void sr_exec_kill_all(void);

/** sr_exec_stopped: Returns: whether options->stop ended a turn. Then the run is stopped as well: see
 * SrRunResult. */
bool sr_exec_stopped(const SrExec *exec);

/**
 * sr_exec_name: starts the child when there is none
 *
 * Returns: (transfer none) (nullable): the name that it says, "" if it says none; %NULL with @error
 * when it cannot be started
 */
const char *sr_exec_name(SrExec *exec, GError **error);

/**
 * sr_exec_broke:
 *
 * Returns: (transfer none) (nullable): what broke in the latest run, a sentence without its full
 * stop; %NULL if nothing did
 */
const char *sr_exec_broke(const SrExec *exec);
/** sr_exec_errors: Returns: (transfer none): where it broke, the end of what the child wrote to
 * standard error, at most 4 KiB of any bytes; else "" */
const char *sr_exec_errors(const SrExec *exec);
/**
 * sr_exec_notes:
 *
 * Returns: (transfer none) (array zero-terminated=1): what the child said in the latest run for
 * the report: errors of requests and notes, each cut at 500 characters, in their order, at most
 * 20; untrusted text
 */
const char *const *sr_exec_notes(const SrExec *exec);
/**
 * sr_exec_remarks:
 *
 * Returns: (transfer none) (array zero-terminated=1): what the server of the latest run found wrong
 * in tokens of this child: sentences without their full stop, each once, at most 20
 */
const char *const *sr_exec_remarks(const SrExec *exec);

#pragma GCC visibility pop

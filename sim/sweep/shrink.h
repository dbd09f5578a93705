/* Shrinking: from a run that fails a check to the smallest scenario that fails the same check.
 *
 * The shrinker tries everything that could be smaller and keeps it if the check still fails:
 * fewer clients, fewer faults, fewer groups and keys, constants for distributions, rounder
 * and smaller numbers. If none of these helps alone, it tries up to 2 000 pairs of them.
 * Candidates are tried in a fixed order, so the same run always shrinks to the same file. */
#pragma once

#include <glib.h>

#include "scenario/scenario-edit.h"
#include "session-race/record.h"
#include "session-race/run.h"

/** SR_SHRINK_TRIES: the default number of candidates. */
#define SR_SHRINK_TRIES 20000u

/** SrShrinkProgress: how far a shrinker is. */
typedef struct {
    uint64_t tries, tries_max;
    /* of the smallest scenario so far; n_lines: lines of its text */
    uint32_t n_clients, n_faults, n_lines;
} SrShrinkProgress;

/** SrShrinkOptions: what to shrink, and how far. */
typedef struct {
    uint64_t seed;
    uint32_t check;           /* SrCheckId that must fail; SR_CHECK_N: the first that fails */
    uint64_t tries_max;       /* 0: SR_SHRINK_TRIES */
    SrExec *provider, *signer; /* (nullable) of scenarios with `kind = exec` */
    bool (*stop)(void *data); /* (nullable) TRUE ends it with the smallest so far */
    void (*progress)(void *data, const SrShrinkProgress *progress); /* (nullable) */
    void *data;
} SrShrinkOptions;

/** SrShrunk: the result of a shrinker. */
typedef struct {
    SrScenarioEdit *edit; /* the smallest scenario, without `[expect]`; owned */
    uint32_t check;       /* SrCheckId that it fails */
    uint32_t failed;      /* bits 1 << SrCheckId: all checks that it fails */
    SrShrinkProgress at;  /* its size, and the candidates tried */
    bool complete;        /* no known reduction is left */
} SrShrunk;

/** SR_SHRINK_ERROR: errors that are about the scenario. */
#define SR_SHRINK_ERROR sr_shrink_error_quark()
GQuark sr_shrink_error_quark(void);
/** SrShrinkError: SR_SHRINK_ERROR_TOO_LONG: the run needs more events than `max-events`. */
typedef enum { SR_SHRINK_ERROR_TOO_LONG } SrShrinkError;

void sr_shrunk_free(SrShrunk *shrunk);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SrShrunk, sr_shrunk_free)

/**
 * sr_shrink:
 * @scenario: one that `run` plays (sr_run_refusal())
 *
 * Faults of `[chaos]` become lines of the timeline, and groups of clients become single
 * clients. `[study]`, `[explore]` and `[expect]` are dropped.
 *
 * Returns: (transfer full) (nullable): the smallest scenario; %NULL if the run does not fail
 * the check, or, with @error set, if the run is too long or a program cannot be started
 */
SrShrunk *sr_shrink(const SrScenario *scenario, const SrShrinkOptions *options, GError **error);

/**
 * sr_shrunk_text:
 * @comment: lines for the head of the file, without `#`
 *
 * Returns: (transfer full): the file, with `verdict = fail(…)` of exactly the checks that it
 * fails
 */
char *sr_shrunk_text(const SrShrunk *shrunk, const char *comment);

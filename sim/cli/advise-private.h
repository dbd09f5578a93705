/* What the verb `advise` and the output of its advice share. */
#pragma once

#include "cli-private.h"
#include "session-race/sweep.h"
#include "session-race/timed.h"

/* The question. */
typedef struct {
    const SrOptions *options;
    const SrRunFile *file;
    double reliability, confidence;
    SrSeedRange seeds;    /* of the measurement */
    uint64_t check_seeds; /* of the check */
    gint64 deadline_us;   /* of --time, by the monotonic clock; 0: none */
} SrAdviseQuestion;

/* The answer, and the numbers that support it. */
typedef struct {
    bool stores;   /* the provider stores keys, so there is a retention to choose */
    bool judges;   /* tokens are judged, so there is a leeway to choose */
    uint64_t runs; /* of the measurement */
    int64_t exceedances;
    uint64_t need_ns, need_max_ns, retention_ns;
    uint64_t early_s, early_max_s, leeway_s;
    /* runs of the measurement in which a check failed although keys were kept */
    uint64_t failed_anyway;
    /* `checked`: fresh runs; `broke`: those in which a key or a token was missing, at least */
    uint64_t checked, broke;
    double broken_low, broken_high; /* the interval of their share, at the confidence */
    bool refuted;                   /* more of them than the reliability allows */
    uint64_t first_broken;          /* the smallest such seed */
    uint64_t failed_else;           /* fresh runs that failed for another reason */
    SrSeedRange check_seeds;        /* those that were played */
} SrAdviseAnswer;

/* Makes the lines to paste, as overrides. @retention, @leeway: (out) (transfer full) */
void sr_advise_overrides(const SrAdviseAnswer *answer, char **retention, char **leeway);
/* Returns: (transfer full): the advice, for people or for programs */
char *sr_advise_human(const SrAdviseQuestion *question, const SrScenario *scenario,
                      const SrAdviseAnswer *answer, const SrStyle *style);
char *sr_advise_json(const SrAdviseQuestion *question, const SrScenario *scenario,
                     const SrAdviseAnswer *answer);

/* ---- --exact ---- */

/* The options of --exact, as they were typed; all (nullable). */
typedef struct {
    gboolean wanted;
    char *clients, *cut, *memory, *time, *scenario;
} SrAdviseExactOptions;
extern SrAdviseExactOptions sr_advise_exact;

/* The question, and what was proved. */
typedef struct {
    const SrOptions *options;
    const SrRunFile *file;
    const SrScenario *as_written; /* with the overrides of the command line */
    const char *scenario_path;    /* (nullable) of --scenario */
    gint64 until_us;              /* of --time, by the monotonic clock; 0: none */
    SrTimed *timed;
    SrTimedResult result;
    SrSpan elapsed; /* ns that the search took */
    SrCutRuns runs;
    bool fails; /* with a retention of exactly the greatest need, that run fails `key-kept` */
    char *failing; /* (nullable) (owned) that run, as a scenario */
} SrAdviseExact;

/* What a signer's clock may be ahead of the server's, ns. */
typedef struct {
    SrSpan least;        /* from signing to judging */
    int64_t is;          /* as the scenario says */
    int64_t free;        /* without leeway, at most */
    int64_t with_leeway; /* with the scenario's leeway, at most */
    uint64_t leeway_s;   /* that the scenario's clocks need, whole seconds */
} SrExactSkew;

/* Answers for @file. Returns: an exit status */
int sr_advise_exactly(const SrOptions *options, const SrRunFile *file);
/* Returns: (transfer full): the answer, for people or for programs */
char *sr_advise_exact_human(const SrAdviseExact *exact, const SrStyle *style);
char *sr_advise_exact_json(const SrAdviseExact *exact);
/* Returns: whether @skew could be said: tokens are judged by times that can be early, and clocks
 * are constant */
bool sr_advise_exact_skew(const SrAdviseExact *exact, SrExactSkew *skew);
/* Appends one line: that the exact answer can be had, or why not. */
void sr_advise_tell_exact(GString *out, const SrScenario *scenario, const char *path,
                          const SrStyle *style);

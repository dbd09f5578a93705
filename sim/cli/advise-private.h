/* What the verb `advise` and the output of its advice share. */
#pragma once

#include "cli-private.h"
#include "session-race/sweep.h"

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

/* What the verb `explore` and the output of its findings share. */
#pragma once

#include "cli-private.h"
#include "explore/explore-orders.h"
#include "session-race/explore.h"
#include "session-race/timed.h"

typedef struct {
    const SrOptions *options;
    const SrRunFile *file;
    const SrScenario *scenario;
    SrExploration *exploration;
    SrExploreResult result;
    SrCheckId shown;           /* the check whose counterexample is shown; SR_CHECK_N: none */
    bool asked;                /* it was named by --check */
    const char *scenario_path; /* (nullable) of --scenario FILE */
    bool written;              /* the counterexample has been written */
    gint64 begun_us, ended_us, until_us;
    SrMeter meter;
    SrStyle style;
    GString *out;
} SrExploreSession;

/* Returns: bits 1 << SrCheckId: the checks that @scenario expects an exploration to find failing */
uint32_t sr_explore_expected(const SrScenario *scenario);
/* Returns: the exit status for the findings */
int sr_explore_status(const SrExploreSession *session);
/* Appends the findings, for people or for programs. */
void sr_explore_human(SrExploreSession *session);
void sr_explore_json(SrExploreSession *session);

/* ---- explore-timed.c ---- */

typedef struct {
    const SrOptions *options;
    const SrRunFile *file;
    const SrScenario *scenario;
    SrTimed *timed;
    SrTimedResult result;
    SrCheckId shown; /* as in SrExploreSession */
    bool asked;
    const char *scenario_path; /* (nullable) of --scenario FILE */
    bool written;
    SrCutRuns runs;
    gint64 begun_us, ended_us, until_us;
    SrStyle style;
    GString *out;
} SrExploreTimed;

/* Searches, and prints what it finds. Returns: an exit status */
int sr_explore_timed(SrExploreTimed *session, const SrTimedOptions *options);

/* Writes the graph of the search, which was made with @options, to @path. Returns: an exit status */
int sr_explore_graph(SrExploreSession *session, const SrExploreOptions *options,
                     const char *path);

/* Searches the orders of a race with a provider of the user's own, and prints what it finds.
 * Returns: an exit status */
int sr_explore_orders(SrExploreSession *session, const SrOrdersOptions *asked);

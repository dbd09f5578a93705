/* What the verb `explore` and the telling of its findings share. */
#pragma once

#include "cli-private.h"
#include "session-race/explore.h"

typedef struct {
    const SrOptions *options;
    const SrRunFile *file;
    const SrScenario *scenario;
    SrExploration *exploration;
    SrExploreResult result;
    SrCheckId told;            /* SR_CHECK_N: none */
    bool asked;                /* it was named by --check */
    const char *scenario_path; /* (nullable) of --scenario FILE */
    bool written;              /* what was told is there */
    gint64 begun_us, ended_us, until_us;
    SrMeter meter;
    SrLook look;
    GString *out;
} SrExploreSession;

/* Returns: bits 1 << SrCheckId: the checks that the scenario expects to fail */
uint32_t sr_explore_expected(const SrExploreSession *session);
/* Returns: the exit status that the findings come to */
int sr_explore_status(const SrExploreSession *session);
/* Append what was found, for people or for programs. */
void sr_explore_tell_people(SrExploreSession *session);
void sr_explore_tell_programs(SrExploreSession *session);

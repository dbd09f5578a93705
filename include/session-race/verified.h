/* What was found in a log: a verdict a check, and whether the handshake explains every line. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "session-race/record.h"

#pragma GCC visibility push(default)

/** SrJudgement: of one check over one log. */
typedef enum {
    SR_JUDGEMENT_HOLDS,
    SR_JUDGEMENT_FAILS,
    SR_JUDGEMENT_NOT_JUDGED, /* the log does not say what the check looks at */
    SR_JUDGEMENT_NONE,       /* the check is not about such a log */
} SrJudgement;

/** SR_VERIFIED_END: in place of a record: the end of the log. */
#define SR_VERIFIED_END UINT32_MAX

/** SrVerifiedCheck: one check's verdict. */
typedef struct {
    uint8_t judgement;   /* SrJudgement */
    uint32_t record;     /* fails: the record that breaks it, or SR_VERIFIED_END */
    SrRecord finding;    /* fails: as a `check-failed` record; its hint is the trace's */
    const char *lacking; /* not judged: what the log lacks, a phrase */
} SrVerifiedCheck;

#define SR_VERIFIED_ALLOWED_MAX 6

/** SrVerified: what was found. */
typedef struct {
    uint32_t n_records;
    SrVerifiedCheck checks[SR_CHECK_N];
    bool explained;       /* every line is what the handshake allows */
    uint32_t n_explained; /* records before the first one that is not, in the order judged */
    uint32_t record;      /* not explained: the record, or SR_VERIFIED_END */
    uint32_t node;        /* not explained: whose line it is */
    char *why;            /* not explained: a sentence without its full stop; names are plain */
    /* What would have been allowed there; empty where `why` says it all. */
    SrRecord allowed[SR_VERIFIED_ALLOWED_MAX];
    unsigned n_allowed;
    unsigned n_nodes_unexplained; /* nodes with a line that is not explained */
    /* Nodes whose lines can be read in more ways than are tried, and none of those tried explains
     * them all: they are neither explained nor refused. A note names each. */
    unsigned n_nodes_not_judged;
    bool only_provider; /* a partial log, without lines of the server and of clients */
    GPtrArray
        *notes; /* char *: what is allowed but worth knowing, sentences without full stop */
} SrVerified;

/** sr_verified_free: frees @verified, which may be %NULL. */
void sr_verified_free(SrVerified *verified);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SrVerified, sr_verified_free)

/** sr_verified_says_nothing: Returns: whether no check could be judged and no line is refused */
bool sr_verified_says_nothing(const SrVerified *verified);
/** sr_verified_failed: Returns: bits 1 << SrCheckId of the checks that fail */
uint32_t sr_verified_failed(const SrVerified *verified);

#pragma GCC visibility pop

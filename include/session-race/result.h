/* What one run found: plain values that reports, tests and sweeps read. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "session-race/record.h"

#pragma GCC visibility push(default)

/** SrClientOutcome: how one client fared. */
typedef struct {
    uint8_t state;  /* SrClientState at the end of the run */
    uint8_t reason; /* SrReason it failed for; SR_REASON_NONE when it did not */
    bool started;
    bool accepted;           /* at least one `connect` was accepted */
    bool won;                /* a session that it created was established */
    SrTime start_at;         /* of its first start; SR_TIME_NEVER */
    SrTime collaborating_at; /* the first instant; SR_TIME_NEVER */
    SrTime failed_at;        /* SR_TIME_NEVER */
} SrClientOutcome;

#define SR_OUTCOME_WORD_MAX 64
/** sr_outcome_word: Returns: "wins", "joins", "waits", "fails(jwt)", "not started" or the word of the
 * state; some of them in @text */
const char *sr_outcome_word(const SrClientOutcome *outcome, char text[SR_OUTCOME_WORD_MAX]);

/** SrOutcomes: how the clients of a run fare: client(data, i) tells it of client @i, 0 … n - 1. */
typedef struct {
    SrClientOutcome (*client)(const void *data, uint32_t i);
    const void *data;
} SrOutcomes;

/** SrFailure: a check that failed. */
typedef struct {
    SrRecord failed; /* the `check-failed` record */
    SrRecord
        cause; /* the record that broke the check; event is meaningless for liveness: cause.seq = 0 */
} SrFailure;

#define SR_STORY_MAX 48

/** SrRunResult: the outcome of a run. */
typedef struct {
    uint64_t seed;
    SrTime t;               /* instant of the last event, or the limit */
    bool stopped;           /* options->stop ended it: nothing else here means much */
    bool at_limit;          /* events were left at the limit */
    uint64_t records;       /* `events` of the trace's last line */
    uint64_t engine_events; /* events of the engine */
    uint64_t messages;      /* sent */
    uint32_t failed;        /* bits 1 << SrCheckId */
    uint32_t
        winner; /* node: owner of the first session established in the run, else of the first creation accepted; SR_NODE_NONE (UINT32_MAX) */
    uint32_t n_clients, n_collaborating, n_failed, n_waiting; /* at the end */
    uint32_t n_raced; /* clients that sent create-session at least once */
    uint32_t keys_made, keys_discarded, keys_missing;
    uint32_t orphans;         /* keys made whose hint never became a session's */
    SrSpan orphan_kept_max;   /* how long the store kept the orphan that it kept longest */
    char digest[33];          /* "" when none was asked for */
    uint32_t tokens_judged;   /* judgements of the server … */
    uint32_t tokens_refused;  /* … that refused a token */
    uint32_t raced_documents; /* documents for which more than one client sent create-session */
    /* The least D for which `retention = for(D)` would have kept every key that this run needed:
     * one more than the greatest age, by the provider's clock, that a key had reached when it was
     * last needed, since a key is discarded at the age D before anything else that happens then.
     * A key is needed at the end of each lookup of its hint; from `create-accepted` on while that
     * creation stands or its session is active; and while its session is outdated, until a later
     * one is established; at the latest until the run's last event. A clock set back makes no key
     * younger here. 0 when no key was needed, or the one key is static.
     *
     * In a run whose retention discards nothing, for(D) with D ≥ key_need changes nothing before
     * its end: no check fails that does not fail anyway. With D < key_need some key is discarded
     * while it is needed: key-kept or previous-kept fails, or a lookup is in vain. Only what
     * follows from that may turn out well: the client that looked up in vain may be released
     * before it gives up, and with `reuse` a key that was not there to be reused is made anew. */
    SrSpan key_need;
    uint32_t story_left_out; /* milestones that found no room, or that the story is not about */
    uint32_t n_story;        /* milestones, in order; starts and plain messages are none */
    uint32_t n_failures;
    /* From here on what lies beyond the counts is not written: most runs need none of it. */
    SrFailure failures[SR_CHECK_N]; /* in the order in which they failed */
    SrRecord story[SR_STORY_MAX];
} SrRunResult;

/** SrMiss: an expectation that was not met. */
typedef struct {
    uint32_t line; /* of the group in the file; 0: none */
    char *message; /* "winner: expected alice, got bob" */
} SrMiss;

#pragma GCC visibility pop

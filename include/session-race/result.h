/* The findings of one run: plain values that reports, tests and sweeps read. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "session-race/record.h"

#pragma GCC visibility push(default)

/** SrClientOutcome: the outcome of one client. */
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

/** sr_outcome_ending: Returns: how the client of @outcome, which has started, has ended */
SrEnding sr_outcome_ending(const SrClientOutcome *outcome);

#define SR_OUTCOME_WORD_MAX 64
/** sr_outcome_word: Returns: "wins", "joins", "waits", "fails(jwt)", "not started" or the word of the
 * state; some of them in @text */
const char *sr_outcome_word(const SrClientOutcome *outcome, char text[SR_OUTCOME_WORD_MAX]);

/** SrOutcomes: the outcomes of the clients of a run: client(data, i) returns that of client @i,
 * 0 … n - 1. */
typedef struct {
    SrClientOutcome (*client)(const void *data, uint32_t i);
    const void *data;
} SrOutcomes;

/** SrFailure: a check that failed. */
typedef struct {
    SrRecord failed; /* the `check-failed` record */
    SrRecord
        /* the record that broke the check; for liveness there is none, and cause.seq = 0 */
        cause;
} SrFailure;

#define SR_STORY_MAX 48

/** SrRunResult: the outcome of a run. */
typedef struct {
    uint64_t seed;
    SrTime t; /* instant of the last event, or the limit */
    /* options->stop ended it, or that of an exec: the other members are incomplete */
    bool stopped;
    /* it was ended since it needs more than `max-events`: there was no last check, and the other
     * members are as of then */
    bool too_long;
    bool at_limit;          /* events were left at the limit */
    uint64_t records;       /* number of records: `events` of the trace's last line */
    uint64_t engine_events; /* events of the engine */
    uint64_t messages;      /* sent */
    uint32_t judged;        /* bits 1 << SrCheckId: the checks that are about such a run */
    uint32_t failed;        /* likewise: those that failed */
    uint32_t
        winner; /* node: owner of the first session established in the run, else of the first creation accepted; SR_NODE_NONE (UINT32_MAX) */
    uint32_t n_clients, n_collaborating, n_failed, n_waiting; /* at the end */
    uint32_t endings[SR_ENDING_N]; /* of the clients that started: how many ended so */
    uint32_t ended;                /* bits 1 << SrEnding: the endings that some client has */
    uint32_t n_raced;              /* clients that sent create-session at least once */
    uint32_t keys_made, keys_discarded, keys_missing;
    /* of a provider of the user's own, into which nobody can look: questions with a hint, and
     * rounds of questions after the run; key-kept and previous-kept are judged by these alone */
    uint32_t lookups, probes;
    uint32_t orphans;         /* keys made whose hint never became a session's */
    SrSpan orphan_kept_max;   /* the longest time for which the store kept an orphan */
    char digest[33];          /* "" if none was requested */
    uint32_t tokens_judged;   /* judgements of the server … */
    uint32_t tokens_refused;  /* … that refused a token */
    uint32_t raced_documents; /* documents for which more than one client sent create-session */
    /* The smallest D for which `retention = for(D)` keeps every key that this run needed. It is
     * one more than the greatest age, by the provider's clock, at which a key was needed, since
     * a key of age D is discarded before anything else at that instant. A key is needed at the
     * end of each lookup of its hint; from `create-accepted` on, while that creation stands or
     * its session is active; and while its session is outdated, until a later one is
     * established; at the latest until the run's last event. A clock that is set back does not
     * make keys younger here. 0 if no key was needed, or if the key is static.
     *
     * If the retention of the run discards nothing, for(D) with D ≥ key_need changes nothing
     * before its end: no other check fails. With D < key_need some key is discarded while it is
     * needed: key-kept or previous-kept fails, or a lookup fails. What follows from that may
     * still end well: the client may be released before it gives up, and with `reuse` a missing
     * key is made again. */
    SrSpan key_need;
    /* milestones for which there was no room, or that the story is not about */
    uint32_t story_left_out;
    uint32_t n_story; /* milestones, in order; starts and ordinary messages are none */
    uint32_t n_failures;
    /* Elements beyond the counts below are not written, since most runs need none. */
    SrFailure failures[SR_CHECK_N]; /* in the order in which they failed */
    SrRecord story[SR_STORY_MAX];
} SrRunResult;

/** SrMiss: an expectation that was not met. */
typedef struct {
    uint32_t line; /* of the group in the file; 0: none */
    char *message; /* "winner: expected alice, got bob" */
} SrMiss;

#pragma GCC visibility pop

/* Can it happen at all: every order in which the events of the handshake can happen.
 *
 * `run` plays a scenario once, with times; here times are taken away. What a scenario leaves to
 * time may happen in any order that ordered links allow, faults and expirations come at any
 * moment within budgets, and the same protocol core and the same checks as in `run` are taken
 * through every state that can be reached. Breadth first, so that what leads to a failure is a
 * shortest way to it.
 *
 * The search is a pure function of scenario and options: neither the number of threads nor the
 * machine changes states, transitions, verdicts or counterexamples; limits are the only other
 * end. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "session-race/record.h"
#include "session-race/scenario.h"

#pragma GCC visibility push(default)

/** SR_EXPLORE_CLIENTS_MAX: clients that a search takes. */
#define SR_EXPLORE_CLIENTS_MAX 8u
/** SR_EXPLORE_AS_GIVEN: a budget is that of the scenario's `[explore]`. */
#define SR_EXPLORE_AS_GIVEN UINT32_MAX
/** SR_EXPLORE_MEMORY: bytes that a search takes unless told otherwise. */
#define SR_EXPLORE_MEMORY (UINT64_C(4) << 30)

/** SrExploreProgress: where a search stands, after a level. */
typedef struct {
    uint64_t states, transitions, waiting; /* stored, tried, stored but not yet expanded */
    uint64_t memory;                       /* bytes */
    uint32_t depth;
} SrExploreProgress;

/** SrExploreOptions: how far to go, and with which savings. */
typedef struct {
    unsigned jobs;    /* threads; 0: one */
    uint32_t clients; /* the first so many; SR_EXPLORE_AS_GIVEN, or 0 for all */
    uint32_t crashes, disconnects, expirations; /* SR_EXPLORE_AS_GIVEN, or at most 15 */
    bool no_symmetry;                           /* clients of equal settings are told apart */
    bool no_reduction;        /* every order is looked at, even where it makes no difference */
    bool count_retries;       /* limits of retries are counted down */
    bool first;               /* end after the level in which a check failed first */
    uint64_t memory;          /* bytes; 0: SR_EXPLORE_MEMORY */
    uint32_t depth;           /* steps; 0: as many as there are */
    bool (*stop)(void *data); /* (nullable) asked now and then, from any thread */
    void *stop_data;
    void (*progress)(void *data, const SrExploreProgress *progress); /* (nullable) */
    void *progress_data;
} SrExploreOptions;

/** SR_EXPLORE_OPTIONS: everything as the scenario says. */
#define SR_EXPLORE_OPTIONS                                                                     \
    ((SrExploreOptions){ .clients = SR_EXPLORE_AS_GIVEN,                                       \
                         .crashes = SR_EXPLORE_AS_GIVEN,                                       \
                         .disconnects = SR_EXPLORE_AS_GIVEN,                                   \
                         .expirations = SR_EXPLORE_AS_GIVEN })

/** SrExploreEnd: why a search ended. */
typedef enum {
    SR_EXPLORE_COMPLETE, /* every state was looked at */
    SR_EXPLORE_FIRST,    /* a check failed, and that was all that was asked */
    SR_EXPLORE_DEPTH,    /* more lies beyond the depth that was allowed */
    SR_EXPLORE_MEMORY_FULL,
    SR_EXPLORE_CROWDED, /* more messages or keys at a time than a state has room for */
    SR_EXPLORE_STOPPED, /* options->stop said so */
} SrExploreEnd;

/** SrExploreRefuted: how a check fails. */
typedef struct {
    bool failed;
    bool at_end;     /* a liveness check, in a state in which nothing is left to happen */
    bool shortest;   /* no way is shorter, whatever the order */
    uint32_t depth;  /* steps from the start */
    SrRecord record; /* the `check-failed` record, with the numbers of its world */
} SrExploreRefuted;

/** SrExploreResult: what a search found: plain values. */
typedef struct {
    SrExploreEnd end;
    uint32_t n_clients, crashes, disconnects, expirations; /* as they were searched */
    bool symmetry, reduction, count_retries;
    uint32_t n_classes;   /* of clients that cannot be told apart */
    uint64_t states;      /* stored */
    uint64_t transitions; /* between them */
    uint64_t ends;        /* states in which nothing is left to happen */
    uint64_t trapped; /* states from which no such state can be reached without a fault; known
                         when the search is complete */
    uint64_t memory;  /* bytes at the most */
    uint32_t depth;   /* steps to the farthest state */
    uint32_t failed;  /* bits 1 << SrCheckId */
    SrExploreRefuted refuted[SR_CHECK_N];
} SrExploreResult;

typedef struct SrExploration SrExploration;

/**
 * sr_explore_refusal:
 *
 * Returns: (transfer full) (nullable): why @scenario cannot be explored under @options, a
 * sentence without its full stop
 */
char *sr_explore_refusal(const SrScenario *scenario, const SrExploreOptions *options);

/**
 * sr_exploration_new:
 * @scenario: (transfer none): outlives the exploration; not refused under @options
 */
SrExploration *sr_exploration_new(const SrScenario *scenario, const SrExploreOptions *options);
void sr_exploration_free(SrExploration *exploration);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SrExploration, sr_exploration_free)

/**
 * sr_exploration_search:
 * @result: (out): outlives what else is asked of @exploration
 *
 * Searches. Once only. The ways to failures are shortest ones of all orders that were looked at;
 * where some were left out sr_exploration_shorten() looks for shorter ones among those.
 */
void sr_exploration_search(SrExploration *exploration, SrExploreResult *result);

/**
 * sr_exploration_shorten:
 *
 * Looks at every order, as far as the failures that were found are deep, and keeps ways that are
 * shorter. Gives up where that takes more than 160 MiB, or options->stop says so; ways that it has not
 * met by then are as they were, and not known to be shortest.
 */
void sr_exploration_shorten(SrExploration *exploration);

/**
 * sr_exploration_scenario:
 * @check: one that failed
 *
 * The way to the failure as a scenario file: latencies and faults chosen so that `run` takes the
 * same way and fails the same check. It was played, and did.
 *
 * Returns: (transfer full) (nullable): the file; %NULL when no such times were found
 */
char *sr_exploration_scenario(SrExploration *exploration, SrCheckId check);

/** SrExploreTeller: takes the steps of a way, and behind each the records that it makes. */
typedef struct {
    void (*step)(void *data, uint32_t number, const char *what); /* from 1; a sentence */
    void (*record)(void *data, const SrRecord *record, const SrNames *names);
    void *data;
} SrExploreTeller;

/**
 * sr_exploration_tell:
 * @check: one that failed
 * @teller: (nullable)
 *
 * Tells the way to the failure, without what the failure does not need.
 *
 * Returns: its steps
 */
uint32_t sr_exploration_tell(SrExploration *exploration, SrCheckId check,
                             const SrExploreTeller *teller);

#pragma GCC visibility pop

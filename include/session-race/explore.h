/* Exploration: can it happen at all, in any order of the events of the handshake?
 *
 * `run` plays a scenario once, with times; an exploration removes the times. Events that only
 * times would order happen in every order that ordered links allow. Faults and expirations
 * happen at any moment, within budgets. The same protocol core and the same checks as in `run`
 * go through every reachable state. The search is breadth first, so the path to a failure is a
 * shortest one.
 *
 * The search is a pure function of scenario and options. Neither the number of threads nor the
 * machine changes states, transitions, verdicts or counterexamples; only limits can end it
 * early. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "session-race/record.h"
#include "session-race/scenario.h"

#pragma GCC visibility push(default)

/** SR_EXPLORE_CLIENTS_MAX: the most clients that a search can have. */
#define SR_EXPLORE_CLIENTS_MAX 8u
/** SR_EXPLORE_PENDING_MAX: the most messages, requests and lost connections that a state can
 * have pending. */
#define SR_EXPLORE_PENDING_MAX 96
/** SR_EXPLORE_HINTS_MAX: the most hints that a state can have. */
#define SR_EXPLORE_HINTS_MAX 39
/** SR_EXPLORE_KEYS_MAX: the most keys that a state can have. */
#define SR_EXPLORE_KEYS_MAX 61
/** SR_EXPLORE_CONNS_MAX: the most connections of one client that a state can have. There are
 * several if, with `detect-loss`, the server has not noticed that they were lost. */
#define SR_EXPLORE_CONNS_MAX 7
/** SR_EXPLORE_AS_GIVEN: a budget is that of the scenario's `[explore]`. */
#define SR_EXPLORE_AS_GIVEN UINT32_MAX
/** SR_EXPLORE_MEMORY: the default limit of memory, in bytes. */
#define SR_EXPLORE_MEMORY (UINT64_C(4) << 30)

/** SrExploreProgress: how far a search is, after each level. */
typedef struct {
    uint64_t states, transitions, waiting; /* stored, tried, stored but not yet expanded */
    uint64_t memory;                       /* bytes */
    uint32_t depth;
} SrExploreProgress;

/** SrExploreEdge: a move from one state to another, or to the same. */
typedef struct {
    uint32_t from,
        to; /* numbers of states; the first state has the number of the first move's @from */
    const char *move; /* a sentence */
    uint32_t failed;  /* bits 1 << SrCheckId: checks that fail in it */
} SrExploreEdge;

/** SrExploreOptions: how far to search, and which reductions to use. */
typedef struct {
    unsigned jobs;    /* threads; 0: one */
    uint32_t clients; /* only this many, from the first; SR_EXPLORE_AS_GIVEN, or 0 for all */
    uint32_t crashes, disconnects, expirations; /* SR_EXPLORE_AS_GIVEN, or at most 15 */
    bool no_symmetry;         /* do not treat clients with equal settings as equal */
    bool no_reduction;        /* try every order, even if the order makes no difference */
    bool count_retries;       /* count down the limits of retries */
    bool first;               /* end after the level in which a check failed first */
    uint64_t memory;          /* bytes; 0: SR_EXPLORE_MEMORY */
    uint32_t depth;           /* steps; 0: no limit */
    bool (*stop)(void *data); /* (nullable) called from time to time, by any thread */
    void *stop_data;
    void (*progress)(void *data, const SrExploreProgress *progress); /* (nullable) */
    void *progress_data;
    /* (nullable) called with each move that is tried, one thread at a time only if jobs is 1; and
     * with each end state, as a move to itself without words */
    void (*edge)(void *data, const SrExploreEdge *edge);
    void *edge_data;
} SrExploreOptions;

/** SR_EXPLORE_OPTIONS: everything as the scenario says. */
#define SR_EXPLORE_OPTIONS                                                                     \
    ((SrExploreOptions){ .clients = SR_EXPLORE_AS_GIVEN,                                       \
                         .crashes = SR_EXPLORE_AS_GIVEN,                                       \
                         .disconnects = SR_EXPLORE_AS_GIVEN,                                   \
                         .expirations = SR_EXPLORE_AS_GIVEN })

/** SrExploreEnd: why a search ended. */
typedef enum {
    SR_EXPLORE_COMPLETE, /* every state was expanded */
    SR_EXPLORE_FIRST,    /* a check failed, and the options asked for the first failure only */
    SR_EXPLORE_DEPTH,    /* the limit of depth was reached */
    SR_EXPLORE_MEMORY_FULL,
    /* a state exceeded SR_EXPLORE_PENDING_MAX, _HINTS_MAX, _KEYS_MAX or _CONNS_MAX */
    SR_EXPLORE_OUT_OF_ROOM,
    SR_EXPLORE_STOPPED, /* options->stop returned true */
} SrExploreEnd;

/** SrExploreRefuted: how a check failed. */
typedef struct {
    bool failed;
    bool at_end;     /* a liveness check, in a state with nothing left to happen */
    bool shortest;   /* no path is shorter, in any order */
    uint32_t depth;  /* steps from the start */
    SrRecord record; /* the `check-failed` record, with the numbers of its world */
} SrExploreRefuted;

/** SrExploreResult: the findings of a search, as plain values. */
typedef struct {
    SrExploreEnd end;
    uint32_t n_clients, crashes, disconnects, expirations; /* as used by the search */
    bool symmetry, reduction, count_retries;
    uint32_t n_classes;   /* of clients that are treated as equal */
    uint64_t states;      /* stored */
    uint64_t transitions; /* between them */
    uint64_t ends;        /* states with nothing left to happen */
    /* states from which no end is reachable without a fault; valid if the search is complete */
    uint64_t trapped;
    uint64_t memory; /* the highest use, in bytes */
    uint32_t depth;  /* steps to the farthest state */
    uint32_t failed; /* bits 1 << SrCheckId */
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
 * @result: (out): must live as long as @exploration is used
 *
 * Searches; can be called only once. The paths to failures are shortest ones among the orders
 * that were tried. If the reduction left orders out, sr_exploration_shorten() searches those
 * for shorter paths.
 */
void sr_exploration_search(SrExploration *exploration, SrExploreResult *result);

/**
 * sr_exploration_shorten:
 *
 * Tries every order, up to the depth of the failures that were found, and keeps shorter paths.
 * It stops early if it would take more than 160 MiB, or if options->stop returns true; paths
 * that it has not found by then stay as they were, and are not known to be shortest.
 */
void sr_exploration_shorten(SrExploration *exploration);

/**
 * sr_exploration_scenario:
 * @check: one that failed
 *
 * Writes the path to the failure as a scenario file: latencies and faults are chosen so that
 * `run` takes the same path and fails the same check. The file has been played to verify that.
 *
 * Returns: (transfer full) (nullable): the file; %NULL if no such times were found
 */
char *sr_exploration_scenario(SrExploration *exploration, SrCheckId check);

/** SrExploreTeller: receives the steps of a path, and after each step its records. */
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
 * Reports the path to the failure, without steps that the failure does not need.
 *
 * Returns: the number of its steps
 */
uint32_t sr_exploration_tell(SrExploration *exploration, SrCheckId check,
                             const SrExploreTeller *teller);

#pragma GCC visibility pop

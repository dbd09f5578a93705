/* Timed exploration: what can happen when every delay stays within its bounds, for all delays at
 * once?
 *
 * `run` plays one choice of delays, a sweep samples them, an exploration takes them away. A timed
 * exploration looks at every choice of delays within the bounds of the scenario. It proves which
 * checks can fail, and how long each watched span can take: exactly, to the nanosecond, with a run
 * that takes so long. The same protocol core and the same checks as in `run` decide.
 *
 * The search is a pure function of scenario and options; only limits can end it early. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "session-race/record.h"
#include "session-race/scenario.h"

#pragma GCC visibility push(default)

/** SR_TIMED_CLIENTS_MAX: the most clients that a timed exploration can have. */
#define SR_TIMED_CLIENTS_MAX 6u
/** SR_TIMED_MEMORY: the default limit of memory, in bytes. */
#define SR_TIMED_MEMORY (UINT64_C(4) << 30)

/** SrTimedOptions: how far to search. The last members are for tests: each turns off something that
 * only saves work, so that no answer may change. */
typedef struct {
    uint32_t clients; /* only this many, from the first; 0: as [explore] clients says, or all */
    uint32_t watches; /* bits 1 << SrTimedWatchId: only these; 0: all */
    uint64_t memory;  /* bytes; 0: SR_TIMED_MEMORY */
    bool (*stop)(void *data); /* (nullable) called from time to time; true ends the search */
    void *stop_data;
    bool no_reduction, no_symmetry, no_subsumption;
    uint32_t mutant; /* SrTimedMutant: makes the engine wrong in one way; 0: right */
} SrTimedOptions;

/** SR_TIMED_OPTIONS: everything as the scenario says. */
#define SR_TIMED_OPTIONS ((SrTimedOptions){ 0 })

/** SrTimedMutant: mistakes that tests make on purpose, and must notice. */
typedef enum {
    SR_TIMED_RIGHT,
    SR_TIMED_NO_LANES,     /* messages of one link direction may overtake each other */
    SR_TIMED_NO_LAST,      /* the last arrival on a link direction is forgotten */
    SR_TIMED_LEAST_IS_MOST /* the greatest delay stands for the least one in the least way */
} SrTimedMutant;

/** SrTimedEnd: why a search ended. */
typedef enum {
    SR_TIMED_COMPLETE,    /* every class was expanded: what is said is proved */
    SR_TIMED_MEMORY_FULL, /* the limit of memory was met */
    SR_TIMED_OUT_OF_ROOM, /* a state exceeded a limit of explore.h */
    SR_TIMED_STOPPED,     /* options->stop returned true */
    /* `establish-timeout`, or a time-out after which requests are repeated without end, can fire, or a
     * token be refused with its upload. What follows was not looked at: what is said holds up to then. */
    SR_TIMED_FIRES,
} SrTimedEnd;

/** SrTimedWatchId: the spans that are watched, in the order in which they are told. */
typedef enum {
    SR_WATCH_KEY_LOOKUP,    /* a winner's key is made → the last lookup of its hint ends */
    SR_WATCH_KEY_NEED,      /* a winner's key is made → the last event of the run */
    SR_WATCH_WAIT,          /* `create-rejected` or `session-pending` arrives → step 5 ends */
    SR_WATCH_TOKEN_REQUEST, /* `token-request` is sent → its answer arrives */
    SR_WATCH_KEY_REQUEST,   /* `key-request` is sent → its answer arrives */
    SR_WATCH_ESTABLISH,     /* `create-accepted` is sent → the session is established */
    SR_WATCH_JUDGED,        /* a token is signed → the server judges it */
    SR_WATCH_COLLABORATE,   /* a client starts → it collaborates */
    SR_WATCH_RACE, /* the first `session-none` is sent → the first `create-session` arrives:
                           * who asks for the session meanwhile races */
} SrTimedWatchId;
#define SR_WATCH_N (SR_WATCH_RACE + 1)

/** sr_timed_watch_name: Returns: the word of @watch, such as "key-need" */
const char *sr_timed_watch_name(SrTimedWatchId watch);
/** sr_timed_watch_meaning: Returns: what @watch is, for people: "from the making of a winner's key
 * to the last event" */
const char *sr_timed_watch_meaning(SrTimedWatchId watch);

/** SrTimedWatch: how long a watched span can take. */
typedef struct {
    bool seen;      /* it occurs in some run; the other members are 0 otherwise */
    bool has_least; /* the least span is known as well; not where the span is from the
                     * first or to the last of several events */
    /* The greatest and the least span, ns. If the search is not complete, they are only what was
     * found so far: the greatest is at least so much, the least at most so much. */
    SrSpan most, least;
    /* A run that takes so long exists and was played. Otherwise the true value is at most `most`
     * (at least `least`): print `<=`. */
    bool most_attained, least_attained;
} SrTimedWatch;

/** SrTimedTimeoutId: the settings whose time may run out. */
typedef enum {
    SR_TIMED_PATIENCE,
    SR_TIMED_REQUEST_TIMEOUT,
    SR_TIMED_ESTABLISH_TIMEOUT,
    SR_TIMED_RETENTION,     /* for(D) discards a key that is still needed */
    SR_TIMED_TOKEN_EARLY,   /* a token is refused as issued in the future, or not yet valid */
    SR_TIMED_TOKEN_EXPIRED, /* a token is refused as expired */
} SrTimedTimeoutId;
#define SR_TIMED_TIMEOUT_N (SR_TIMED_TOKEN_EXPIRED + 1)

/** SrTimedTimeout: whether one of them matters. */
typedef struct {
    bool set;      /* the scenario has it; the other members are 0 otherwise */
    bool can_fire; /* some run lets it fire; if not, it never does */
    SrSpan value;  /* the least one of the clients that take part, ns */
} SrTimedTimeout;

/** sr_timed_timeout_key: Returns: its key in a scenario, such as "patience" */
const char *sr_timed_timeout_key(SrTimedTimeoutId timeout);

/** SrTimedResult: the findings, as plain values. */
typedef struct {
    SrTimedEnd end;
    uint32_t n_clients;
    uint64_t cut;         /* `[scenario] cut`, parts per SR_MIXTURE_WHOLE; 0: none */
    uint64_t classes;     /* stored: a state, and all instants that lead to it in one order */
    uint64_t transitions; /* tried */
    uint64_t states;      /* different states among the classes */
    uint64_t ends;        /* classes in which nothing is left to happen */
    uint64_t memory;      /* the highest use, in bytes */
    SrSpan unit;          /* all bounds are multiples of it, ns */
    uint32_t judged;      /* bits 1 << SrCheckId: the checks that were looked at */
    uint32_t failed;      /* likewise: those that can fail */
    SrTimedWatch watches[SR_WATCH_N];
    SrTimedTimeout timeouts[SR_TIMED_TIMEOUT_N];
} SrTimedResult;

typedef struct SrTimed SrTimed;

/**
 * sr_timed_refusal:
 * @key: (out) (nullable): set to the scenario's key that stands in the way, such as
 * "network.ordered", or to %NULL if it is none
 *
 * Returns: (transfer full) (nullable): why @scenario cannot be explored with times under @options,
 * and what to write instead: a sentence without its full stop
 */
char *sr_timed_refusal(const SrScenario *scenario, const SrTimedOptions *options,
                       const char **key);

/**
 * sr_timed_new:
 * @scenario: (transfer none): outlives the exploration; not refused under @options
 */
SrTimed *sr_timed_new(const SrScenario *scenario, const SrTimedOptions *options);
void sr_timed_free(SrTimed *timed);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SrTimed, sr_timed_free)

/**
 * sr_timed_search:
 * @result: (out): must live as long as @timed is used
 *
 * Searches; can be called only once. Then each attaining run is played by `run` inside the process,
 * and compared to the nanosecond.
 */
void sr_timed_search(SrTimed *timed, SrTimedResult *result);

/** SrTimedStep: one event of a run that attains a bound, or that fails a check. */
typedef struct {
    char *what; /* "key to alice", "derived by alice" */
    SrTime at;  /* its instant, ns */
    SrSpan delay, least,
        most; /* since the event that caused it, and the bounds of that delay */
    bool
        critical; /* it lies on the critical path: the watched span is the sum of these delays */
} SrTimedStep;

void sr_timed_step_free(SrTimedStep *step);

/**
 * sr_timed_watch_path:
 * @most: of the greatest span; else of the least
 *
 * Returns: (transfer full) (nullable) (element-type SrTimedStep): the steps of the run that attains
 * it, in the order of their instants; %NULL if @watch was not seen
 */
GPtrArray *sr_timed_watch_path(SrTimed *timed, SrTimedWatchId watch, bool most);
/** sr_timed_check_path: likewise, of a run that fails @check; %NULL if it does not fail */
GPtrArray *sr_timed_check_path(SrTimed *timed, SrCheckId check);

/**
 * sr_timed_watch_scenario:
 *
 * Writes the attaining run as a scenario file with `[draws]`; it has been played.
 *
 * Returns: (transfer full) (nullable): the file; %NULL if @watch was not seen, or if no run attains
 * the bound
 */
char *sr_timed_watch_scenario(SrTimed *timed, SrTimedWatchId watch, bool most);
/** sr_timed_check_scenario: likewise, of a run that fails @check; %NULL if it does not fail, or if
 * the played run does not fail it */
char *sr_timed_check_scenario(SrTimed *timed, SrCheckId check);

/** sr_timed_not_proved: Returns: (nullable): what a search does not say, item number @i from 0;
 * %NULL behind the last */
const char *sr_timed_not_proved(unsigned i);

#pragma GCC visibility pop

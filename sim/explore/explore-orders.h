/* Every order of a scenario whose encryption provider is somebody's own program.
 *
 * The state of such a program cannot be copied, so orders are tried by playing again from the
 * start: a depth-first search over what comes next. Links, derivations and processing take no
 * time; a request for a key, a creation and a call of the program come when they are chosen, and
 * a timer at its instant. */
#pragma once

#include "session-race/exec.h"
#include "session-race/scenario.h"

/** SR_ORDERS_SWITCHES_ANY: there is no limit of switches. */
#define SR_ORDERS_SWITCHES_ANY UINT32_MAX

/** SR_EXPLORE_NO_SIGNER: why a scenario with a signer of the user's own is not explored, in any way:
 * its tokens are good or not by the clocks, and an order has none. */
#define SR_EXPLORE_NO_SIGNER                                                                   \
    "'kind = exec' in [token-provider] is not explored: whether a token is good depends on "   \
    "instants, which orders do not have; 'sweep --signer' plays it under many seeds"

/** SrOrdersOptions: how far the search goes. */
typedef struct {
    SrExec *provider;  /* (transfer none) */
    uint64_t runs;     /* at most */
    uint32_t switches; /* how often an order may leave a client that could go on */
    SrSpan io_max;     /* what is chosen comes within that time */
    bool first;        /* end with the first order in which a check fails */
    /* (nullable) asked before each run; TRUE ends the search */
    bool (*stop)(void *data);
    /* (nullable) */
    void (*progress)(void *data, uint64_t runs);
    void *data;
} SrOrdersOptions;

/** SrOrdersEnd: why a search ended. */
typedef enum {
    SR_ORDERS_COMPLETE, /* every order was tried, within the switches */
    SR_ORDERS_FIRST,
    SR_ORDERS_RUNS,
    SR_ORDERS_STOPPED,
    SR_ORDERS_TOO_LONG, /* the run of some order needs more events than `max-events` */
    SR_ORDERS_UNLIKE, /* the program did not do the same twice, so no order can be tried again */
} SrOrdersEnd;

/** SrOrdersResult: what was found. */
typedef struct {
    SrOrdersEnd end;
    uint64_t runs, failing;
    uint32_t failed;   /* bits 1 << SrCheckId: of the checks that failed in some order */
    uint32_t shortest; /* the same of the order in @scenario */
    uint32_t choices;  /* of that order */
    /* (nullable) (transfer full): the shortest failing order, as a scenario with [draws] that
     * `run` plays the same way; NULL when there is none or no run of it failed so */
    char *scenario;
} SrOrdersResult;

/** sr_orders_refusal: Returns: (transfer full) (nullable): why @scenario cannot be searched so */
char *sr_orders_refusal(const SrScenario *scenario);

/**
 * sr_orders_search:
 * @result: (out): what was found; its scenario belongs to the caller
 *
 * Returns: %FALSE with @error when the program could not be started
 */
gboolean sr_orders_search(const SrScenario *scenario, const SrOrdersOptions *options,
                          SrOrdersResult *result, GError **error);

/* Which scenarios a graph takes. */
#include "graph/graph-private.h"

/* Returns: the word of a fault of the timeline that is not taken, or %NULL */
static const char *
timeline_refusal(const SrScenario *scenario)
{
    for (guint i = 0; i < scenario->timeline->len; i++)
        switch (g_array_index(scenario->timeline, SrTimelineEntry, i).action) {
        case SR_FAULT_CRASH:
        case SR_FAULT_RESTART:
        case SR_FAULT_DISCONNECT:
        case SR_FAULT_CLOSE:
        case SR_FAULT_UPGRADE:
        case SR_FAULT_ROTATE_MASTER:
            break;
        case SR_FAULT_PARTITION:
            return "partition";
        case SR_FAULT_OUTAGE:
            return "outage";
        case SR_FAULT_SLOW:
            return "slow";
        case SR_FAULT_STEP_CLOCK:
            return "step-clock";
        case SR_FAULT_SYNC_CLOCK:
            return "sync-clock";
        }
    return NULL;
}

static bool
has_ntp(const SrScenario *scenario)
{
    for (guint i = 0; i < scenario->clients->len; i++)
        if (g_array_index(scenario->clients, SrClientGroup, i).clock.ntp_interval != 0)
            return true;
    return (scenario->server.clock.ntp_interval | scenario->token_provider.clock.ntp_interval |
            scenario->encryption_provider.clock.ntp_interval) != 0;
}

static bool
has_bandwidth(const SrScenario *scenario)
{
    for (guint i = 0; i < scenario->links->len; i++)
        if (g_array_index(scenario->links, SrLinkGroup, i).settings.bandwidth_bps != 0)
            return true;
    return scenario->network.bandwidth_bps != 0;
}

const char *
sr_graph_refusal(const SrScenario *scenario)
{
    g_autoptr(SrModel) model = NULL;
    const char *fault = timeline_refusal(scenario);

    if (fault != NULL)
        return fault;
    if (sr_run_needs_provider(scenario))
        return "kind = exec";
    if (scenario->n_clients > SR_GRAPH_CLIENTS_MAX)
        return "client";
    if (scenario->limit >= ITEM_AT_MAX)
        return "limit";
    if (scenario->draws->len > 0)
        return "draws";
    if (has_ntp(scenario))
        return "ntp-interval";
    if (has_bandwidth(scenario))
        return "bandwidth";
    if (scenario->token_provider.cache > 0)
        return "cache";
    if (scenario->encryption_provider.replicas > 1)
        return "replicas";
    model = sr_model_new(scenario);
    return sr_chaos_n_likely(model) > 0 ? "chaos" : NULL;
}

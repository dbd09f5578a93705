/* Whether seeds differ at all: a scenario without draws has one run. */
#include "model/model.h"

static bool
link_draws(const SrLinkSettings *link)
{
    return !link->latency.constant || link->loss > 0 || link->duplicate > 0;
}

static bool
links_draw(const SrModel *model)
{
    for (uint32_t i = 0; i < model->n_link_sets; i++)
        for (unsigned j = 0; j < SR_DIRECTION_N; j++) {
            bool of_tokens = j / 2 == SR_NODE_TOKEN_PROVIDER;

            if ((!of_tokens || model->scenario->token_provider.enabled) &&
                link_draws(&model->link_sets[i].directions[j]))
                return true;
        }
    return false;
}

static bool
clock_draws(const SrClockSettings *clock)
{
    return clock->ntp_interval > 0 && clock->ntp_error > 0;
}

static bool
clients_draw(const SrScenario *scenario)
{
    bool copies = scenario->encryption_provider.replicas > 1;

    for (guint i = 0; i < scenario->clients->len; i++) {
        const SrClientGroup *group = &g_array_index(scenario->clients, SrClientGroup, i);

        if (!group->start.constant || !group->derive.constant || clock_draws(&group->clock) ||
            (copies && group->replica == SR_REPLICA_ANY))
            return true;
    }
    return false;
}

static bool
services_draw(const SrScenario *scenario)
{
    const SrTokenProviderSettings *tokens = &scenario->token_provider;
    const SrEncryptionProviderSettings *keys = &scenario->encryption_provider;

    return !scenario->server.processing.constant || clock_draws(&scenario->server.clock) ||
           (tokens->enabled && (!tokens->processing.constant || clock_draws(&tokens->clock) ||
                                (tokens->kind == SR_TOKENS_EXEC && !tokens->io.constant))) ||
           !keys->generate.constant || !keys->lookup.constant || !keys->processing.constant ||
           (keys->replicas > 1 && !keys->replication.constant) || clock_draws(&keys->clock) ||
           (keys->kind == SR_KEYS_EXEC && !keys->io.constant);
}

static bool
faults_draw(const SrScenario *scenario)
{
    const SrChaosSettings *chaos = &scenario->chaos;

    for (guint i = 0; i < scenario->timeline->len; i++) {
        const SrTimelineEntry *entry =
            &g_array_index(scenario->timeline, SrTimelineEntry, i);

        if (entry->action == SR_FAULT_SLOW && !entry->slow.constant)
            return true;
    }
    return chaos->crash != SR_TIME_NEVER || chaos->disconnect != SR_TIME_NEVER ||
           chaos->outage != SR_TIME_NEVER || chaos->clock_step != SR_TIME_NEVER;
}

bool
sr_model_draws(const SrModel *model)
{
    const SrScenario *scenario = model->scenario;

    return scenario->ties == SR_TIES_SEEDED || links_draw(model) || clients_draw(scenario) ||
           services_draw(scenario) || faults_draw(scenario);
}

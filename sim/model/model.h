/* A model: a scenario prepared for running. The settings of groups are converted into rules of
 * the protocol core, links are resolved, and every client refers to its settings by number. A
 * model does not change while it runs, so runs on several threads may share it. */
#pragma once

#include <glib.h>

#include "protocol/client.h"
#include "protocol/encryption-provider.h"
#include "protocol/server.h"
#include "session-race/scenario.h"

/* The six directions between a client and the services: 2 × service, + 0 outward (client →
 * service), + 1 inward. */
#define SR_DIRECTION_N 6
#define SR_DIRECTION_OUT(service) ((service) *2)
#define SR_DIRECTION_IN(service) ((service) *2 + 1)
G_STATIC_ASSERT(SR_NODE_SERVER == 0 && SR_NODE_TOKEN_PROVIDER == 1 &&
                SR_NODE_ENCRYPTION_PROVIDER == 2);
#define SR_SERVICE_N 3

/** SrLinkSet: the settings of one client's six directions. */
typedef struct {
    SrLinkSettings directions[SR_DIRECTION_N];
} SrLinkSet;

/** SrModel: see above. Everything is owned by the model but @scenario. */
typedef struct {
    const SrScenario *scenario;
    uint32_t n_clients, n_documents;
    uint32_t *client_document; /* n_clients */
    uint64_t service_hash[SR_SERVICE_N];
    SrLinkSet *link_sets; /* one per client group, or one per client: see sr_model_links() */
    uint32_t n_link_sets;
    bool links_by_client;
    SrClientSettings *settings; /* one per client group */
    SrServerRules server;
    SrTokenRules token;
    /* Of the signer of the user's own, by place: the driver's list. The rules point here. */
    const SrTokenClaims *token_claims;
    SrProviderRules provider;
    SrClockSettings service_clock[SR_SERVICE_N];
    bool
        /* the clock of some client may be wrong, or timeline or chaos may change it */
        client_clocks;
    bool bandwidth;  /* some link has a limited bandwidth */
    bool partitions; /* the timeline has partitions */
    bool blocks; /* the timeline, or chaos, has `disconnect … for` or `crash CLIENT for` */
} SrModel;

/** sr_model_new: @scenario outlives the model. */
SrModel *sr_model_new(const SrScenario *scenario);
void sr_model_free(SrModel *model);
/** sr_model_group: Returns: the group of @client, index into scenario->clients; a search */
uint32_t sr_model_group(const SrModel *model, uint32_t client);
/** sr_model_hash: Returns: sr_name_hash() of the name of @client, the subject of its streams;
 * computed at each call */
uint64_t sr_model_hash(const SrModel *model, uint32_t client);
/** sr_model_draws: Returns: whether anything that happens is drawn, so that runs under other seeds
 * may differ */
bool sr_model_draws(const SrModel *model);
/** sr_model_links: @group: of @client. Returns: (transfer none): the links of @client */
static inline const SrLinkSet *
sr_model_links(const SrModel *model, uint32_t client, uint32_t group)
{
    return &model->link_sets[model->links_by_client ? client : group];
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SrModel, sr_model_free)

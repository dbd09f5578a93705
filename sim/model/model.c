/* Converts a checked scenario into what the drivers play. The enums of the format and those of
 * the core have the same order, as asserted here. */
#include "model/model.h"

#include "scenario/names.h"
#include "session-race/stream.h"

G_STATIC_ASSERT((int) SR_KEYS_STORED == (int) SR_PROVIDER_STORED &&
                (int) SR_KEYS_STATIC == (int) SR_PROVIDER_STATIC);
G_STATIC_ASSERT((int) SR_KEYS_DERIVED == (int) SR_PROVIDER_DERIVED &&
                (int) SR_KEYS_UNSTABLE == (int) SR_PROVIDER_UNSTABLE);
G_STATIC_ASSERT((int) SR_HINT_UNIQUE == (int) SR_HINTS_UNIQUE &&
                (int) SR_HINT_TIMESTAMP == (int) SR_HINTS_TIMESTAMP &&
                (int) SR_HINT_NONE == (int) SR_HINTS_NONE);
G_STATIC_ASSERT((int) SR_COLLISION_REFUSE == (int) SR_ON_COLLISION_REFUSE &&
                (int) SR_COLLISION_OVERWRITE == (int) SR_ON_COLLISION_OVERWRITE &&
                (int) SR_COLLISION_KEEP_FIRST == (int) SR_ON_COLLISION_KEEP_FIRST);
G_STATIC_ASSERT((int) SR_RETENTION_FOREVER == (int) SR_KEEP_FOREVER &&
                (int) SR_RETENTION_ON_NEW_KEY == (int) SR_KEEP_ON_NEW_KEY &&
                (int) SR_RETENTION_LAST == (int) SR_KEEP_LAST &&
                (int) SR_RETENTION_FOR == (int) SR_KEEP_FOR &&
                (int) SR_RETENTION_UNTIL_SETTLED == (int) SR_KEEP_UNTIL_SETTLED);
/* The bits of check-token are in the order of the messages, from `connect` on. */
G_STATIC_ASSERT(SR_CHECK_TOKEN_CONNECT == 1u << (SR_MSG_CONNECT - SR_MSG_CONNECT));
G_STATIC_ASSERT(SR_CHECK_TOKEN_SESSION_REQUEST ==
                1u << (SR_MSG_SESSION_REQUEST - SR_MSG_CONNECT));
G_STATIC_ASSERT(SR_CHECK_TOKEN_CREATE_SESSION ==
                1u << (SR_MSG_CREATE_SESSION - SR_MSG_CONNECT));
G_STATIC_ASSERT(SR_CHECK_TOKEN_UPLOAD == 1u << (SR_MSG_UPLOAD - SR_MSG_CONNECT));
G_STATIC_ASSERT(SR_CHECK_TOKEN_JOIN == 1u << (SR_MSG_JOIN - SR_MSG_CONNECT));

static SrTokenRules
token_rules(const SrScenario *scenario, const SrTokenClaims *const *claims)
{
    const SrTokenProviderSettings *provider = &scenario->token_provider;

    return (SrTokenRules){
        .claims = provider->kind == SR_TOKENS_EXEC ? claims : NULL,
        .lifetime = (int64_t) provider->lifetime_s,
        .not_before = provider->not_before_s,
        .leeway = (int64_t) scenario->server.leeway_s,
        .has_iat = provider->iat,
        .has_not_before = provider->has_not_before,
        .check_iat = scenario->server.check_iat,
    };
}

static SrServerRules
server_rules(const SrScenario *scenario, const SrTokenRules *token)
{
    const SrServerSettings *server = &scenario->server;

    return (SrServerRules){
        .tokens = scenario->token_provider.enabled,
        .pending = server->while_creating == SR_WHILE_CREATING_PENDING,
        .on_owner_lost = (uint8_t) server->on_owner_lost,
        .durable = server->durable,
        .check_token = server->check_token,
        .establish_timeout = server->establish_timeout,
        .token = *token,
    };
}

static SrProviderRules
provider_rules(const SrScenario *scenario)
{
    const SrEncryptionProviderSettings *provider = &scenario->encryption_provider;
    /* Retention is only for kinds that store keys; the others have nothing to discard. */
    bool stores = provider->kind == SR_KEYS_STORED || provider->kind == SR_KEYS_UNSTABLE;

    return (SrProviderRules){
        .kind = (uint8_t) provider->kind,
        .hints = (uint8_t) provider->hint,
        .on_collision = (uint8_t) provider->on_collision,
        .keep = stores ? (uint8_t) provider->retention : SR_KEEP_FOREVER,
        .atomic = provider->atomic,
        .reuse = provider->reuse > 0,
        .resolution = provider->hint_resolution,
        .keep_for = provider->retention_span,
        .reuse_for = provider->reuse,
        .keep_last = provider->retention_n,
        .replicas = stores ? provider->replicas : 1,
        .keep_masters = provider->keep_masters,
    };
}

static SrClientSettings
client_settings(const SrModel *model, const SrClientGroup *group)
{
    return (SrClientSettings){
        .tokens = model->server.tokens,
        .adopt = group->early_available == SR_EARLY_ADOPT,
        .cache_keys = group->cache_keys,
        .settle = model->provider.keep == SR_KEEP_UNTIL_SETTLED,
        .patience = group->patience,
        .request_timeout = group->request_timeout,
        .token_refresh = group->token_refresh,
        .key_retry = group->key_retry,
        .connect_retry = group->connect_retry,
        .reconnect = group->reconnect,
        .token = model->token,
    };
}

static bool
clock_is_wrong(const SrClockSettings *clock)
{
    return clock->offset_ns != 0 || clock->drift_ppm != 0 || clock->ntp_interval != 0;
}

static void
resolve_links(SrModel *model, SrLinkSet *set, uint32_t client_node)
{
    for (uint32_t direction = 0; direction < SR_DIRECTION_N; direction++) {
        SrLinkSettings *settings = &set->directions[direction];

        sr_scenario_link(model->scenario, client_node, direction / 2, direction % 2 == 0,
                         settings);
        model->bandwidth |= settings->bandwidth_bps != 0;
    }
}

static void
add_clients(SrModel *model)
{
    const SrScenario *scenario = model->scenario;
    bool by_member = sr_scenario_link_by_member(scenario);
    uint32_t client = 0;

    model->links_by_client = by_member;
    model->n_link_sets = by_member ? scenario->n_clients : scenario->clients->len;
    model->link_sets = g_new0(SrLinkSet, model->n_link_sets);
    for (uint32_t i = 0; i < scenario->clients->len; i++) {
        const SrClientGroup *group = &g_array_index(scenario->clients, SrClientGroup, i);

        model->settings[i] = client_settings(model, group);
        model->client_clocks |= clock_is_wrong(&group->clock);
        for (uint32_t member = 0; member < group->count; member++, client++) {
            if (group->document != 0)
                model->client_document[client] = group->document;
            if (by_member || member == 0)
                resolve_links(model, &model->link_sets[by_member ? client : i],
                              SR_NODE_FIRST_CLIENT + client);
        }
    }
    g_assert(client == model->n_clients);
}

static void
look_at_timeline(SrModel *model)
{
    const GArray *timeline = model->scenario->timeline;

    for (uint32_t i = 0; i < timeline->len; i++) {
        const SrTimelineEntry *entry = &g_array_index(timeline, SrTimelineEntry, i);
        bool client = entry->target.first >= SR_NODE_FIRST_CLIENT;

        model->partitions |= entry->action == SR_FAULT_PARTITION;
        model->blocks |=
            (entry->action == SR_FAULT_DISCONNECT || entry->action == SR_FAULT_CRASH) &&
            client && entry->duration != SR_TIME_NEVER;
        model->client_clocks |= client && (entry->action == SR_FAULT_STEP_CLOCK ||
                                           entry->action == SR_FAULT_SYNC_CLOCK);
    }
}

static void
look_at_chaos(SrModel *model)
{
    const SrChaosSettings *chaos = &model->scenario->chaos;

    model->blocks |= chaos->crash != SR_TIME_NEVER || chaos->disconnect != SR_TIME_NEVER;
    model->client_clocks |= chaos->clock_step != SR_TIME_NEVER;
}

SrModel *
sr_model_new(const SrScenario *scenario)
{
    SrModel *model = g_new0(SrModel, 1);

    model->scenario = scenario;
    model->n_clients = scenario->n_clients;
    model->n_documents = scenario->documents->len;
    /* With one document all elements are 0: the array is never written, so it costs no memory
     * even for very many clients. */
    model->client_document = g_new0(uint32_t, model->n_clients);
    model->settings = g_new0(SrClientSettings, scenario->clients->len);
    model->token = token_rules(scenario, &model->token_claims);
    model->server = server_rules(scenario, &model->token);
    model->provider = provider_rules(scenario);
    model->service_clock[SR_NODE_SERVER] = scenario->server.clock;
    model->service_clock[SR_NODE_TOKEN_PROVIDER] = scenario->token_provider.clock;
    model->service_clock[SR_NODE_ENCRYPTION_PROVIDER] = scenario->encryption_provider.clock;
    for (uint32_t service = 0; service < SR_SERVICE_N; service++) {
        char name[76];

        model->service_hash[service] =
            sr_name_hash(name, sr_scenario_node_name(scenario, service, name));
    }
    add_clients(model);
    look_at_timeline(model);
    look_at_chaos(model);
    return model;
}

void
sr_model_free(SrModel *model)
{
    if (model == NULL)
        return;
    g_free(model->client_document);
    g_free(model->link_sets);
    g_free(model->settings);
    g_free(model);
}

uint32_t
sr_model_group(const SrModel *model, uint32_t client)
{
    return sr_scenario_group_of(model->scenario, SR_NODE_FIRST_CLIENT + client);
}

uint64_t
sr_model_hash(const SrModel *model, uint32_t client)
{
    char name[76];
    size_t length = sr_scenario_node_name(model->scenario, SR_NODE_FIRST_CLIENT + client, name);

    return sr_name_hash(name, length);
}

/* An exploration: makes the plan from a scenario and options, and collects the result. */
#include "explore/explore-orders.h"
#include "explore/explore-search-private.h"

/* ---- the plan ---- */

/* Returns: whether two clients have equal settings, except for durations */
static bool
are_alike(const SrExplorePlan *plan, uint32_t a, uint32_t b)
{
    const SrClientSettings *x = &plan->settings[a], *y = &plan->settings[b];

    return plan->client_document[a] == plan->client_document[b] &&
           plan->first_replica[a] == plan->first_replica[b] &&
           plan->n_replicas[a] == plan->n_replicas[b] && x->adopt == y->adopt &&
           x->cache_keys == y->cache_keys && x->key_retry.n == y->key_retry.n &&
           x->connect_retry.n == y->connect_retry.n && x->reconnect.n == y->reconnect.n &&
           (x->patience == SR_TIME_NEVER) == (y->patience == SR_TIME_NEVER) &&
           (x->request_timeout == SR_TIME_NEVER) == (y->request_timeout == SR_TIME_NEVER) &&
           (x->token_refresh == SR_TIME_NEVER) == (y->token_refresh == SR_TIME_NEVER);
}

static void
plan_replicas(SrExplorePlan *plan, uint32_t client, uint32_t group)
{
    uint32_t n = plan->model->provider.replicas,
             replica = g_array_index(plan->scenario->clients, SrClientGroup, group).replica;
    bool pinned = n > 1 && replica != SR_REPLICA_ANY;

    plan->first_replica[client] = pinned ? replica - 1 : 0;
    plan->n_replicas[client] = pinned ? 1 : n;
}

static void
plan_clients(SrExplorePlan *plan)
{
    for (uint32_t i = 0; i < plan->n_clients; i++) {
        uint32_t like = 0, group = sr_model_group(plan->model, i);

        plan->settings[i] = plan->model->settings[group];
        plan_replicas(plan, i, group);
        plan->client_document[i] = plan->model->client_document[i];
        while (like < i && !are_alike(plan, like, i))
            like++;
        plan->class_of[i] = like < i ? plan->class_of[like] : (uint8_t) plan->n_classes++;
    }
}

static void
plan_store(SrExplorePlan *plan)
{
    const SrEncryptionProviderSettings *settings = &plan->scenario->encryption_provider;
    const SrProviderRules *rules = &plan->model->provider;
    bool is_static = rules->kind == SR_PROVIDER_STATIC;

    plan->rotates =
        rules->kind == SR_PROVIDER_DERIVED && settings->rotate_master != SR_TIME_NEVER;
    plan->repeats = is_static || rules->hints != SR_HINTS_UNIQUE;
    plan->keeps_unused = !is_static && (rules->keep == SR_KEEP_LAST || rules->reuse);
    plan->keeps_order = plan->keeps_unused || rules->keep == SR_KEEP_FOR;
    /* `key-settled` is sent only when a session is established, and names its hint. Nobody asks
     * for the keys that it discards any more, unless an older session is still to be opened. */
    plan->calm = is_static ||
                 ((rules->kind == SR_PROVIDER_STORED || rules->kind == SR_PROVIDER_DERIVED) &&
                  (rules->keep == SR_KEEP_FOREVER ||
                   (rules->keep == SR_KEEP_UNTIL_SETTLED && plan->n_previous == 0)) &&
                  rules->hints == SR_HINTS_UNIQUE && rules->replicas == 1 && !rules->reuse &&
                  !plan->rotates);
    plan->promotes = plan->model->server.on_owner_lost == SR_OWNER_LOST_PROMOTE;
    plan->settles = rules->keep == SR_KEEP_UNTIL_SETTLED;
}

static void
plan_clock(SrExplorePlan *plan)
{
    const SrTokenRules *rules = &plan->model->token;
    int64_t now = plan->scenario->epoch_s;

    plan->clock.good = now;
    plan->clock.client_ns = now * (int64_t) SR_NS_PER_S;
    /* It has expired for every node, whatever the leeway. */
    plan->clock.expired = now - 2 * (rules->lifetime + rules->leeway) - 2;
    if (rules->has_not_before)
        now += MAX(rules->not_before - rules->leeway, 0);
    plan->clock.server_ns = now * (int64_t) SR_NS_PER_S;
    plan->clock.early = now + rules->leeway + MAX(-rules->not_before, 0) + 2;
}

static uint32_t
given(uint32_t option, uint32_t scenario)
{
    return option == SR_EXPLORE_AS_GIVEN ? scenario : option;
}

static uint32_t
n_clients(const SrScenario *scenario, const SrExploreOptions *options)
{
    uint32_t n = given(options->clients, scenario->explore.clients);

    return n == 0 ? scenario->n_clients : n;
}

void
sr_explore_plan_make(SrExplorePlan *plan, const SrScenario *scenario,
                     const SrExploreOptions *options)
{
    *plan = (SrExplorePlan){
        .scenario = scenario,
        .model = sr_model_new(scenario),
        .n_clients = n_clients(scenario, options),
        .n_documents = scenario->documents->len,
        .crashes = (uint8_t) given(options->crashes, scenario->explore.crashes),
        .disconnects = (uint8_t) given(options->disconnects, scenario->explore.disconnects),
        .expirations = (uint8_t) given(options->expirations, scenario->explore.expirations),
        .symmetry = !options->no_symmetry,
        .reduction = !options->no_reduction,
        .counts = options->count_retries,
        .detects = scenario->server.detect_loss > 0,
    };
    for (uint32_t i = 0; i < plan->n_documents; i++)
        if (g_array_index(scenario->documents, SrDocumentSettings, i).previous)
            plan->previous_hint[i] = ++plan->n_previous;
    plan_clients(plan);
    plan->sorts = plan->symmetry && plan->n_classes < plan->n_clients;
    plan_store(plan);
    plan_clock(plan);
}

/* ---- explorations ---- */

static bool
is_countable(const SrRetryPolicy *policy)
{
    return policy->n == SR_RETRY_UNLIMITED || policy->n <= RETRIES_MAX;
}

static bool
are_countable(const SrScenario *scenario)
{
    for (guint i = 0; i < scenario->clients->len; i++) {
        const SrClientGroup *group = &g_array_index(scenario->clients, SrClientGroup, i);

        if (!is_countable(&group->key_retry) || !is_countable(&group->connect_retry) ||
            !is_countable(&group->reconnect))
            return false;
    }
    return true;
}

char *
sr_explore_refusal(const SrScenario *scenario, const SrExploreOptions *options)
{
    uint32_t n = n_clients(scenario, options);

    if (scenario->token_provider.enabled && scenario->token_provider.kind == SR_TOKENS_EXEC)
        return g_strdup(SR_EXPLORE_NO_SIGNER);
    if (scenario->encryption_provider.kind == SR_KEYS_EXEC)
        return g_strdup("'kind = exec' needs --provider: only the program itself knows what "
                        "it answers");
    if (n > scenario->n_clients)
        return g_strdup_printf("%u clients were asked for, and the scenario has %u; 'count' in "
                               "[client NAME] makes more of one",
                               n, scenario->n_clients);
    if (n > CLIENTS_MAX)
        return g_strdup_printf(
            "%u clients are too many to look at every order of their events; "
            "at most %u can be, '[explore] clients' or --clients says how "
            "many",
            n, CLIENTS_MAX);
    if (scenario->documents->len > DOCUMENTS_MAX)
        return g_strdup_printf("at most %u documents can be explored", DOCUMENTS_MAX);
    if (scenario->encryption_provider.replicas > REPLICAS_MAX)
        return g_strdup_printf("at most %u replicas can be explored", REPLICAS_MAX);
    if (given(options->crashes, scenario->explore.crashes) > BUDGET_MAX ||
        given(options->disconnects, scenario->explore.disconnects) > BUDGET_MAX ||
        given(options->expirations, scenario->explore.expirations) > BUDGET_MAX)
        return g_strdup_printf("a budget of the exploration is at most %u", BUDGET_MAX);
    if (options->count_retries && !are_countable(scenario))
        return g_strdup_printf("at most %u retries can be counted", RETRIES_MAX);
    return NULL;
}

SrExploration *
sr_exploration_new(const SrScenario *scenario, const SrExploreOptions *options)
{
    SrExploration *exploration = g_new0(SrExploration, 1);
    g_autofree char *refusal = sr_explore_refusal(scenario, options);

    g_assert(refusal == NULL);
    exploration->scenario = scenario;
    exploration->options = *options;
    if (exploration->options.memory == 0)
        exploration->options.memory = SR_EXPLORE_MEMORY;
    exploration->options.memory = MIN(exploration->options.memory, SR_STORE_MEMORY_MAX);
    sr_explore_plan_make(&exploration->plan, scenario, options);
    return exploration;
}

void
sr_exploration_free(SrExploration *exploration)
{
    if (exploration == NULL)
        return;
    sr_exploration_free(exploration->every);
    g_free(exploration->every_result);
    sr_state_store_free(exploration->store);
    sr_model_free(exploration->plan.model);
    g_free(exploration);
}

void
sr_exploration_search(SrExploration *exploration, SrExploreResult *result)
{
    const SrExplorePlan *plan = &exploration->plan;

    g_assert(exploration->store == NULL);
    *result = (SrExploreResult){
        .n_clients = plan->n_clients,
        .crashes = plan->crashes,
        .disconnects = plan->disconnects,
        .expirations = plan->expirations,
        .symmetry = plan->symmetry,
        .reduction = plan->reduction,
        .count_retries = plan->counts,
        .n_classes = plan->n_classes,
    };
    exploration->result = result;
    exploration->store =
        sr_state_store_new(&exploration->memory, exploration->options.jobs > 1);
    sr_explore_search(exploration);
    for (unsigned i = 0; i < SR_CHECK_N; i++)
        result->refuted[i] = exploration->witnesses[i].refuted;
}

/* ---- shorter paths ---- */

#define MEMORY_FOR_SHORTER (UINT64_C(160) << 20)

void
sr_exploration_shorten(SrExploration *exploration)
{
    SrExploreResult *result = exploration->result;
    SrExploreOptions options = exploration->options;

    if (!exploration->plan.reduction || result->failed == 0 || exploration->every != NULL)
        return;
    options.no_reduction = true;
    options.first = false;
    options.memory = MIN(options.memory, MEMORY_FOR_SHORTER);
    options.depth = 1;
    for (unsigned i = 0; i < SR_CHECK_N; i++)
        if (result->failed >> i & 1)
            options.depth =
                MAX(options.depth, sr_exploration_tell(exploration, (SrCheckId) i, NULL));
    exploration->every = sr_exploration_new(exploration->scenario, &options);
    exploration->every_result = g_new(SrExploreResult, 1);
    sr_exploration_search(exploration->every, exploration->every_result);
    /* The search goes level by level: what it found before it met a limit has a shortest path.
     */
    for (unsigned i = 0; i < SR_CHECK_N; i++)
        if (result->failed & exploration->every_result->failed & 1u << i) {
            exploration->shorter |= 1u << i;
            result->refuted[i] = exploration->every_result->refuted[i];
        }
}

/* The bounds of every delay, in units of their greatest common divisor. */
#include "timed/timed-private.h"

#include "run/run-private.h"

/* ---- rules ---- */

/* Returns: whether some spans between the bounds are never drawn */
static bool
has_gaps(const SrDistribution *distribution)
{
    for (unsigned i = 0; i < distribution->n_terms; i++)
        if (distribution->terms[i].kind == SR_DISTRIBUTION_EMPIRICAL ||
            distribution->terms[i].kind == SR_DISTRIBUTION_MIXTURE)
            return true;
    return false;
}

/* The bounds of everything, in ns, in one list. */
enum { WIDE_MAX = CLIENTS_MAX * (SR_DIRECTION_N + 2) + SR_SERVICE_N + 2 };

typedef struct {
    SrBounds list[WIDE_MAX];
    Bound *to[WIDE_MAX];
    unsigned n;
} Wides;

static void
add(Wides *wides, Rules *rules, const SrDistribution *distribution, Bound *to)
{
    bool bounded = sr_distribution_bounds(distribution, &wides->list[wides->n]);

    g_assert(bounded);
    rules->hull |= has_gaps(distribution);
    wides->to[wides->n++] = to;
}

/* Adds the latency of @link, with as many losses as there may be. */
static void
add_link(Wides *wides, Rules *rules, const SrLinkSettings *link, Bound *to)
{
    SrBounds *bounds = &wides->list[wides->n];

    add(wides, rules, &link->latency, to);
    if (link->loss == 0 || link->losses_max == 0)
        return;
    bounds->hi += sr_run_retransmission_time(link->rto, link->losses_max);
    rules->hull = true;
}

/* Returns: what content takes before it leaves, in ns. Source: section 4 of the protocol. */
static SrSpan
content_time(const Rules *rules, const SrLinkSettings *link)
{
    const SrScenario *scenario = rules->plan.scenario;
    uint64_t bytes =
        g_array_index(scenario->documents, SrDocumentSettings, 0).content_bytes + 28;
    unsigned __int128 bits = (unsigned __int128) bytes * 8 * SR_NS_PER_S;

    if (link->bandwidth_bps == 0)
        return 0;
    return (SrSpan) MIN((bits + link->bandwidth_bps - 1) / link->bandwidth_bps, SR_SPAN_MAX);
}

static const SrLinkSettings *
link_of(const Rules *rules, uint32_t client, unsigned direction)
{
    SrModel *model = rules->plan.model;

    return &sr_model_links(model, client, sr_model_group(model, client))->directions[direction];
}

static SrSpan
common(SrSpan a, SrSpan b)
{
    while (b != 0) {
        SrSpan rest = a % b;

        a = b;
        b = rest;
    }
    return a;
}

static SrSpan
common_of_retry(SrSpan unit, const SrRetryPolicy *policy)
{
    if (policy->n == 0)
        return unit;
    return common(common(unit, policy->first), policy->max);
}

static SrSpan
common_of_timeout(SrSpan unit, SrSpan timeout)
{
    return timeout != SR_TIME_NEVER ? common(unit, timeout) : unit;
}

static const SrClientGroup *
group_of(const Rules *rules, uint32_t client)
{
    return &g_array_index(rules->plan.scenario->clients, SrClientGroup,
                          sr_model_group(rules->plan.model, client));
}

void
sr_rules_token_ages(const Rules *rules, int64_t *early, int64_t *expired)
{
    const SrScenario *scenario = rules->plan.scenario;
    const SrTokenRules *token = &rules->plan.model->token;
    int64_t ahead = scenario->token_provider.clock.offset_ns - scenario->server.clock.offset_ns;
    int64_t second = (int64_t) SR_NS_PER_S, leeway = token->leeway * second;

    *early = INT64_MIN;
    if (token->has_iat && token->check_iat)
        *early = ahead - leeway;
    if (token->has_not_before)
        *early = MAX(*early, ahead + token->not_before * second - leeway);
    *expired = ahead + token->lifetime * second + leeway - second;
}

/* The age at which a token is refused should be whole units, but may be rounded if these were
 * too small. */
static SrSpan
common_of_tokens(const Rules *rules, SrSpan unit)
{
    int64_t early, expired, age;
    SrSpan finer;

    sr_rules_token_ages(rules, &early, &expired);
    age = rules->fires >> SR_TIMED_TOKEN_EARLY & 1 ? early : expired;
    finer = common(unit, (SrSpan) (age < 0 ? -age : age));
    return finer >= unit / 1000 ? finer : unit;
}

static SrSpan
find_unit(const Rules *rules, const Wides *wides)
{
    const SrProviderRules *provider = &rules->plan.model->provider;
    SrSpan unit = 0;

    for (unsigned i = 0; i < wides->n; i++)
        unit = common(common(unit, wides->list[i].lo), wides->list[i].hi);
    for (uint32_t i = 0; i < rules->plan.n_clients; i++) {
        const SrClientSettings *settings = &rules->plan.settings[i];

        unit = common_of_retry(unit, &settings->key_retry);
        if (rules->n_points > 0)
            unit = common_of_retry(unit, &settings->reconnect);
        if (rules->fires >> SR_TIMED_PATIENCE & 1)
            unit = common_of_timeout(unit, settings->patience);
        if (rules->fires & (1u << SR_TIMED_REQUEST_TIMEOUT | SR_TIMED_TOKEN_MOVES))
            unit = common_of_retry(unit, &settings->connect_retry);
        if (rules->fires >> SR_TIMED_REQUEST_TIMEOUT & 1)
            unit = common_of_timeout(unit, settings->request_timeout);
        for (unsigned direction = 0; direction < SR_DIRECTION_N; direction++)
            unit = common(unit, content_time(rules, link_of(rules, i, direction)));
    }
    if (rules->discards)
        unit = common(unit, provider->keep_for);
    if (rules->fires >> SR_TIMED_ESTABLISH_TIMEOUT & 1)
        unit = common_of_timeout(unit, rules->plan.model->server.establish_timeout);
    for (unsigned i = 0; i < rules->n_points; i++)
        unit = common(unit, rules->points[i].at);
    unit = common(unit, rules->plan.scenario->server.detect_loss);
    if (rules->fires & SR_TIMED_TOKEN_MOVES)
        unit = common_of_tokens(rules, unit);
    if (provider->reuse && (SrSpan) provider->reuse_for < rules->plan.scenario->limit)
        unit = common(unit, (SrSpan) provider->reuse_for);
    if (provider->hints == SR_HINTS_TIMESTAMP)
        unit = common(unit, (SrSpan) provider->resolution);
    return unit != 0 ? unit : 1;
}

static void
add_all(Rules *rules, Wides *wides)
{
    const SrScenario *scenario = rules->plan.scenario;
    SrModel *model = rules->plan.model;

    for (uint32_t i = 0; i < rules->plan.n_clients; i++) {
        const SrClientGroup *group = group_of(rules, i);
        const SrLinkSet *links = sr_model_links(model, i, sr_model_group(model, i));

        for (unsigned direction = 0; direction < SR_DIRECTION_N; direction++)
            add_link(wides, rules, &links->directions[direction], &rules->links[i][direction]);
        add(wides, rules, &group->derive, &rules->derive[i]);
        add(wides, rules, &group->start, &rules->start[i]);
    }
    add(wides, rules, &scenario->server.processing, &rules->processing[SR_NODE_SERVER]);
    add(wides, rules, &scenario->token_provider.processing,
        &rules->processing[SR_NODE_TOKEN_PROVIDER]);
    add(wides, rules, &scenario->encryption_provider.processing,
        &rules->processing[SR_NODE_ENCRYPTION_PROVIDER]);
    add(wides, rules, &scenario->encryption_provider.generate, &rules->generate);
    add(wides, rules, &scenario->encryption_provider.lookup, &rules->lookup);
}

static int32_t
in_units(const Rules *rules, SrSpan span)
{
    return (int32_t) MIN(span / rules->unit, NEVER_SOON);
}

static int32_t
timeout_of(const Rules *rules, SrTimedTimeoutId id, SrSpan span)
{
    return rules->fires >> id & 1 ? in_units(rules, span) : NEVER_SOON;
}

/* Returns: @span in units, rounded towards the side that takes in more */
static int32_t
around(const Rules *rules, int64_t span, bool up)
{
    int64_t unit = (int64_t) rules->unit, whole = span / unit;

    if (whole * unit != span)
        whole += up ? span > 0 : -(span < 0);
    return (int32_t) CLAMP(whole, -(int64_t) NEVER_SOON, (int64_t) NEVER_SOON);
}

/* At which age a token may be refused, and accepted, for some phase of the second. Source:
 * section 5 of the protocol. */
static void
find_judging(Rules *rules)
{
    int64_t early, expired, second = (int64_t) SR_NS_PER_S;

    sr_rules_token_ages(rules, &early, &expired);
    rules->judged = rules->plan.model->server.check_token;
    rules->first_judged =
        (uint8_t) ((unsigned) SR_MSG_CONNECT + (unsigned) __builtin_ctz(rules->judged));
    rules->judges_early = rules->fires >> SR_TIMED_TOKEN_EARLY & 1;
    rules->refused_at =
        rules->judges_early ? around(rules, early, true) : around(rules, expired, false);
    rules->accepted_at = rules->judges_early ? around(rules, early - second, false)
                                             : around(rules, expired + second, true);
}

uint32_t
sr_rules_first_moves(const SrScenario *scenario)
{
    return scenario->timeline->len > 0
               ? 1u << SR_TIMED_PATIENCE | 1u << SR_TIMED_ESTABLISH_TIMEOUT
               : 0;
}

void
sr_rules_init(Rules *rules, const SrScenario *scenario, const SrTimedOptions *options,
              bool discards, uint32_t fires)
{
    const SrExploreOptions explore = { .clients = options->clients != 0 ? options->clients
                                                                        : SR_EXPLORE_AS_GIVEN,
                                       .no_reduction = true,
                                       .no_symmetry = options->no_symmetry,
                                       .count_retries = true };
    const SrProviderRules *provider;
    Wides wides = { .n = 0 };

    memset(rules, 0, sizeof *rules);
    rules->no_reduction = options->no_reduction;
    rules->no_subsumption = options->no_subsumption;
    rules->mutant = options->mutant;
    rules->discards = discards;
    rules->fires = fires;
    sr_explore_plan_make(&rules->plan, scenario, &explore);
    rules->plan.keeps_lost = true;
    rules->too_many_points = !sr_points_list(rules);
    rules->shares = rules->plan.model->provider.reuse ||
                    rules->plan.model->provider.hints != SR_HINTS_UNIQUE;
    rules->attaches = rules->plan.model->provider.reuse && rules->plan.model->provider.atomic;
    rules->loses = rules->n_points > 0 || (fires >> SR_TIMED_ESTABLISH_TIMEOUT & 1);
    provider = &rules->plan.model->provider;
    add_all(rules, &wides);
    rules->unit = find_unit(rules, &wides);
    for (unsigned i = 0; i < wides.n; i++)
        *wides.to[i] = (Bound){ (int32_t) (wides.list[i].lo / rules->unit),
                                (int32_t) (wides.list[i].hi / rules->unit) };
    for (uint32_t i = 0; i < rules->plan.n_clients; i++)
        for (unsigned direction = 0; direction < SR_DIRECTION_N; direction++)
            rules->content[i][direction] =
                in_units(rules, content_time(rules, link_of(rules, i, direction)));
    if (discards)
        rules->keep = in_units(rules, provider->keep_for);
    for (uint32_t i = 0; i < rules->plan.n_clients; i++) {
        rules->request_timeout[i] = timeout_of(rules, SR_TIMED_REQUEST_TIMEOUT,
                                               rules->plan.settings[i].request_timeout);
        rules->patience[i] =
            timeout_of(rules, SR_TIMED_PATIENCE, rules->plan.settings[i].patience);
        rules->reconnect[i] = rules->n_points > 0 && rules->plan.settings[i].reconnect.n > 0
                                  ? in_units(rules, rules->plan.settings[i].reconnect.first)
                                  : NEVER_SOON;
    }
    rules->establish_timeout = timeout_of(rules, SR_TIMED_ESTABLISH_TIMEOUT,
                                          rules->plan.model->server.establish_timeout);
    rules->detect_loss = in_units(rules, scenario->server.detect_loss);
    for (unsigned i = 0; i < SR_SERVICE_N; i++)
        rules->queues[i] = rules->processing[i].hi > 0;
    for (unsigned i = 0; i < rules->n_points; i++)
        rules->queues[rules->points[i].service] |= rules->points[i].kind == POINT_OUTAGE;
    rules->reuse = provider->reuse ? in_units(rules, (SrSpan) provider->reuse_for) : 0;
    rules->resolution = provider->hints == SR_HINTS_TIMESTAMP
                            ? in_units(rules, (SrSpan) provider->resolution)
                            : 0;
    if (fires & SR_TIMED_TOKEN_MOVES)
        find_judging(rules);
    /* Without moves that discard keys they are as good as kept for ever. */
    rules->plan.keeps_order = rules->plan.keeps_unused;
    rules->plan.calm = rules->plan.calm || (provider->keep == SR_KEEP_FOR && !rules->shares &&
                                            provider->kind == SR_PROVIDER_STORED);
    sr_rules_find_least(rules);
}

void
sr_rules_clear(Rules *rules)
{
    sr_model_free(rules->plan.model);
    rules->plan.model = NULL;
}

/* ---- interchangeable clients ---- */

static bool
are_alike(const Rules *rules, uint32_t a, uint32_t b)
{
    const SrClientSettings *x = &rules->plan.settings[a], *y = &rules->plan.settings[b];

    return memcmp(rules->links[a], rules->links[b], sizeof rules->links[a]) == 0 &&
           memcmp(rules->content[a], rules->content[b], sizeof rules->content[a]) == 0 &&
           memcmp(&rules->derive[a], &rules->derive[b], sizeof(Bound)) == 0 &&
           memcmp(&rules->start[a], &rules->start[b], sizeof(Bound)) == 0 &&
           rules->plan.first_replica[a] == rules->plan.first_replica[b] &&
           x->adopt == y->adopt && x->cache_keys == y->cache_keys && x->settle == y->settle &&
           x->key_retry.n == y->key_retry.n && x->key_retry.first == y->key_retry.first &&
           x->key_retry.max == y->key_retry.max && x->connect_retry.n == y->connect_retry.n &&
           x->connect_retry.first == y->connect_retry.first &&
           x->connect_retry.max == y->connect_retry.max && x->patience == y->patience &&
           x->request_timeout == y->request_timeout &&
           (rules->watched >> a & 1) == (rules->watched >> b & 1) &&
           !sr_client_has_points(rules, a) && !sr_client_has_points(rules, b);
}

void
sr_rules_classes(Rules *rules, bool symmetry)
{
    SrExplorePlan *plan = &rules->plan;

    plan->n_classes = 0;
    for (uint32_t i = 0; i < plan->n_clients; i++) {
        uint32_t like = 0;

        while (like < i && !are_alike(rules, like, i))
            like++;
        plan->class_of[i] = like < i ? plan->class_of[like] : (uint8_t) plan->n_classes++;
    }
    plan->symmetry = symmetry;
    plan->sorts = symmetry && plan->n_classes < plan->n_clients;
}

/* What is not taken, and what to write instead. It is refused before anything is searched, so
 * that no proof leaves something out. */
#include "timed/timed-private.h"

/* What leads to an event, one event after another, is of its client, or of the winner up to its
 * upload: these are more events than the two have without faults. Those of retries come on top. */
#define EVENTS_IN_A_ROW 40u
#define EVENTS_OF_RETRY 4u
/* Among them, more than are handled by services; and how many messages of one client can be
 * ahead of one there. */
#define HANDLED_IN_A_ROW 16u
#define AHEAD_OF_ONE 3u
/* A message that is lost so often in a row takes too long to be looked at. */
#define LOSSES_MAX 16u
#define RETRIES_TAKEN 20u
#define UNITS_MAX (1u << 28)

typedef struct {
    const SrScenario *scenario;
    uint32_t n_clients;
    const char *key;
    char *sentence;
} Judge;

static bool
refuse(Judge *judge, const char *key, char *sentence)
{
    judge->key = key;
    judge->sentence = sentence;
    return false;
}

/* ---- clients ---- */

static bool
judge_clients(Judge *judge)
{
    const SrScenario *scenario = judge->scenario;

    if (judge->n_clients > scenario->n_clients)
        return refuse(judge, "explore.clients",
                      g_strdup_printf("%u clients were asked for, and the scenario has %u; "
                                      "'count' in [client NAME] makes more of one",
                                      judge->n_clients, scenario->n_clients));
    if (judge->n_clients > SR_TIMED_CLIENTS_MAX)
        return refuse(
            judge, "explore.clients",
            g_strdup_printf(
                "%u clients are too many to look at all their delays at once; at most "
                "%u can be: write --clients N or '[explore] clients'",
                judge->n_clients, SR_TIMED_CLIENTS_MAX));
    if (scenario->documents->len > 1)
        return refuse(judge, "document",
                      g_strdup("more than one document is not taken with times: leave one "
                               "[document] and its clients"));
    if (g_array_index(scenario->documents, SrDocumentSettings, 0).previous)
        return refuse(judge, "document.previous",
                      g_strdup("'previous = yes' in [document] is not taken with times"));
    return true;
}

/* Returns: whether a request for a key may be refused */
static bool
may_refuse(const SrScenario *scenario)
{
    const SrEncryptionProviderSettings *keys = &scenario->encryption_provider;

    return keys->retention != SR_RETENTION_FOREVER ||
           (keys->hint != SR_HINT_UNIQUE && keys->on_collision == SR_COLLISION_REFUSE);
}

static bool
judge_retries(Judge *judge, const SrClientGroup *group)
{
    if (may_refuse(judge->scenario) && group->key_retry.n == SR_RETRY_UNLIMITED)
        return refuse(
            judge, "client.key-retry",
            g_strdup_printf("'key-retry' of [client %s] has no end: write a limit, such "
                            "as '5 times from 200ms to 5s'",
                            group->name));
    if (group->key_retry.n != SR_RETRY_UNLIMITED && group->key_retry.n > RETRIES_TAKEN)
        return refuse(judge, "client.key-retry",
                      g_strdup_printf("'key-retry' of [client %s] is more than %u times",
                                      group->name, RETRIES_TAKEN));
    return true;
}

/* ---- delays ---- */

static bool
judge_distribution(Judge *judge, const SrDistribution *distribution, const char *key,
                   const char *where)
{
    SrBounds bounds;

    if (sr_distribution_bounds(distribution, &bounds))
        return true;
    return refuse(
        judge, key,
        g_strdup_printf("%s has no greatest value: write '[scenario] cut = 99.9%%', or "
                        "--cut 99.9%%, and its draws are clamped there",
                        where));
}

static bool
judge_link(Judge *judge, const SrLinkSettings *link, const char *client)
{
    g_autofree char *where = g_strdup_printf("the latency of a link of %s", client);

    if (!link->ordered)
        return refuse(
            judge, "network.ordered",
            g_strdup_printf("a link of %s is not ordered: write 'ordered = yes'", client));
    if (link->loss > 0 && link->losses_max >= LOSSES_MAX)
        return refuse(
            judge, "network.loss",
            g_strdup_printf("a link of %s loses messages without end: write '[scenario] "
                            "cut = 99.9%%', or --cut 99.9%%, and so many losses in a row "
                            "are left out, or 'loss = 0%%'",
                            client));
    return judge_distribution(judge, &link->latency, "network.latency", where);
}

static bool
judge_delays(Judge *judge)
{
    const SrScenario *scenario = judge->scenario;
    const SrEncryptionProviderSettings *keys = &scenario->encryption_provider;

    for (guint i = 0; i < scenario->clients->len; i++) {
        const SrClientGroup *group = &g_array_index(scenario->clients, SrClientGroup, i);
        uint32_t first = group->first_node - SR_NODE_FIRST_CLIENT;
        g_autofree char *derive = g_strdup_printf("'derive' of [client %s]", group->name);
        g_autofree char *start = g_strdup_printf("'start' of [client %s]", group->name);

        if (first >= judge->n_clients)
            continue;
        if (!judge_retries(judge, group) ||
            !judge_distribution(judge, &group->derive, "client.derive", derive) ||
            !judge_distribution(judge, &group->start, "client.start", start))
            return false;
        for (uint32_t j = first; j < MIN(first + group->count, judge->n_clients); j++)
            for (unsigned direction = 0; direction < SR_DIRECTION_N; direction++) {
                SrLinkSettings link;

                sr_scenario_link(scenario, SR_NODE_FIRST_CLIENT + j, direction / 2,
                                 direction % 2 == 0, &link);
                if (!judge_link(judge, &link, group->name))
                    return false;
            }
    }
    return judge_distribution(judge, &scenario->server.processing, "server.processing",
                              "'processing' of [server]") &&
           judge_distribution(judge, &scenario->token_provider.processing,
                              "token-provider.processing",
                              "'processing' of [token-provider]") &&
           judge_distribution(judge, &keys->processing, "encryption-provider.processing",
                              "'processing' of [encryption-provider]") &&
           judge_distribution(judge, &keys->generate, "encryption-provider.generate",
                              "'generate'") &&
           judge_distribution(judge, &keys->lookup, "encryption-provider.lookup", "'lookup'");
}

/* ---- providers ---- */

static bool
judge_keys(Judge *judge)
{
    const SrEncryptionProviderSettings *keys = &judge->scenario->encryption_provider;

    if (keys->kind == SR_KEYS_EXEC)
        return refuse(judge, "encryption-provider.kind",
                      g_strdup("'kind = exec' is not taken with times: only the program itself "
                               "knows how long it takes; write 'kind = stored'"));
    if (keys->kind == SR_KEYS_UNSTABLE)
        return refuse(judge, "encryption-provider.kind",
                      g_strdup("'kind = unstable' is not taken with times: write 'kind = "
                               "stored'"));
    if (keys->replicas > 1)
        return refuse(judge, "encryption-provider.replicas",
                      g_strdup("replicas are not taken with times: write 'replicas = 1'"));
    if (keys->kind == SR_KEYS_DERIVED && keys->rotate_master != SR_TIME_NEVER)
        return refuse(judge, "encryption-provider.rotate-master",
                      g_strdup("'rotate-master' is not taken with times: write 'never'"));
    return true;
}

static bool
judge_clock(Judge *judge, const SrClockSettings *clock, const char *key, const char *where)
{
    if (clock->drift_ppm == 0 && clock->ntp_interval == 0)
        return true;
    return refuse(judge, key,
                  g_strdup_printf("the clock of %s drifts or is corrected: with times only a "
                                  "constant 'clock-offset' is taken",
                                  where));
}

static bool
judge_tokens(Judge *judge)
{
    const SrTokenProviderSettings *tokens = &judge->scenario->token_provider;

    if (!tokens->enabled)
        return true;
    if (tokens->kind == SR_TOKENS_EXEC)
        return refuse(judge, "token-provider.kind",
                      g_strdup("'kind = exec' is not taken with times: write 'kind = "
                               "built-in'"));
    if (tokens->cache > 0)
        return refuse(judge, "token-provider.cache",
                      g_strdup("a cache of tokens is not taken with times: write 'cache = "
                               "0ms'"));
    return judge_clock(judge, &tokens->clock, "token-provider.clock-drift",
                       "[token-provider]") &&
           judge_clock(judge, &judge->scenario->server.clock, "server.clock-drift",
                       "[server]") &&
           judge_clock(judge, &judge->scenario->encryption_provider.clock,
                       "encryption-provider.clock-drift", "[encryption-provider]");
}

/* ---- the timeline ---- */

/* Returns: the latest start of @client, or %SR_TIME_NEVER */
static SrSpan
latest_start(const SrScenario *scenario, uint32_t client)
{
    for (guint i = 0; i < scenario->clients->len; i++) {
        const SrClientGroup *group = &g_array_index(scenario->clients, SrClientGroup, i);
        uint32_t first = group->first_node - SR_NODE_FIRST_CLIENT;
        SrBounds bounds;

        if (client >= first && client - first < group->count)
            return sr_distribution_bounds(&group->start, &bounds) ? bounds.hi : SR_TIME_NEVER;
    }
    return SR_TIME_NEVER;
}

/* A crash before the start would cancel it, and make another one. */
static bool
judge_crash(Judge *judge, const SrTimelineEntry *entry)
{
    for (uint32_t i = 0; i < entry->target.n; i++) {
        uint32_t node = entry->target.first + i;
        char name[SR_NODE_NAME_MAX];
        size_t n;

        if (node < SR_NODE_FIRST_CLIENT || node - SR_NODE_FIRST_CLIENT >= judge->n_clients ||
            latest_start(judge->scenario, node - SR_NODE_FIRST_CLIENT) < entry->at)
            continue;
        n = sr_scenario_node_name(judge->scenario, node, name);
        return refuse(judge, "timeline",
                      g_strdup_printf("%.*s may not have started when it crashes: let it start "
                                      "before that",
                                      (int) n, name));
    }
    return true;
}

static bool
judge_entry(Judge *judge, const SrTimelineEntry *entry)
{
    const SrServerSettings *server = &judge->scenario->server;
    bool of_server = entry->target.first == SR_NODE_SERVER;

    switch (entry->action) {
    case SR_FAULT_CRASH:
        return judge_crash(judge, entry);
    case SR_FAULT_OUTAGE:
        if (of_server && server->detect_loss > 0)
            return refuse(judge, "timeline",
                          g_strdup("an outage of the server is not taken with times as long as "
                                   "it sees losses late: write 'detect-loss = 0ms'"));
        return true;
    case SR_FAULT_RESTART:
    case SR_FAULT_DISCONNECT:
    case SR_FAULT_CLOSE:
    case SR_FAULT_PARTITION:
        return true;
    case SR_FAULT_SLOW:
    case SR_FAULT_STEP_CLOCK:
    case SR_FAULT_SYNC_CLOCK:
    case SR_FAULT_UPGRADE:
    case SR_FAULT_ROTATE_MASTER:
        break;
    }
    return refuse(judge, "timeline",
                  g_strdup_printf("'%s' of [timeline] is not taken with times: leave it out",
                                  sr_fault_name(entry->action)));
}

/* The points of the timeline, which are known once the clients that take part are. */
static bool
judge_points(Judge *judge, const Rules *rules)
{
    if (rules->too_many_points)
        return refuse(judge, "timeline",
                      g_strdup_printf("the faults of [timeline] begin and end at more than %u "
                                      "instants: leave some out",
                                      POINTS_MAX - 3u));
    if (judge->scenario->ties == SR_TIES_SEEDED && sr_points_meet(rules))
        return refuse(judge, "timeline",
                      g_strdup("faults of [timeline] at one instant may come in any order "
                               "with 'ties = seeded': write 'ties = fifo', or other "
                               "instants"));
    if (rules->n_points > 0 && rules->detect_loss > 0 &&
        rules->processing[SR_NODE_SERVER].hi > 0)
        return refuse(judge, "server.detect-loss",
                      g_strdup("with times the server may see losses late or process messages, "
                               "not both: write 'detect-loss = 0ms' or 'processing = 0ms'"));
    if (rules->n_points > 0 && rules->points[rules->n_points - 1].at >= judge->scenario->limit)
        return refuse(judge, "scenario.limit",
                      g_strdup("'limit' may end a run before the last entry of [timeline]: "
                               "write a greater one"));
    return true;
}

/* ---- the rest ---- */

static bool
judge_faults(Judge *judge)
{
    const SrScenario *scenario = judge->scenario;
    const SrChaosSettings *chaos = &scenario->chaos;

    if (chaos->crash != SR_TIME_NEVER || chaos->disconnect != SR_TIME_NEVER ||
        chaos->outage != SR_TIME_NEVER || chaos->clock_step != SR_TIME_NEVER)
        return refuse(
            judge, "chaos",
            g_strdup("[chaos] has no last instant: leave it out; 'sweep' samples it"));
    for (guint i = 0; i < scenario->timeline->len; i++)
        if (!judge_entry(judge, &g_array_index(scenario->timeline, SrTimelineEntry, i)))
            return false;
    if (scenario->draws->len > 0)
        return refuse(judge, "draws",
                      g_strdup("[draws] fixes delays: leave it out, or write constants"));
    return true;
}

/* Returns: whether a request that is not answered in time, or a token that is refused, is given
 * up, and another one asked for */
static bool
gives_up(const Rules *rules)
{
    return (rules->fires & (1u << SR_TIMED_REQUEST_TIMEOUT | SR_TIMED_TOKEN_MOVES)) != 0;
}

/* Returns: how often a client asks again for a key that is not there */
static uint32_t
most_retries(const Rules *rules)
{
    uint32_t most = 0;

    if (!may_refuse(rules->plan.scenario) && !gives_up(rules))
        return 0;
    for (uint32_t i = 0; i < rules->plan.n_clients; i++) {
        const SrClientSettings *settings = &rules->plan.settings[i];

        most = MAX(most,
                   settings->key_retry.n + (gives_up(rules) ? settings->connect_retry.n : 0));
    }
    return most;
}

/* Returns: the longest delay before a client that was lost connects again: it doubles while
 * nothing can be reached, which is until the last point of the timeline */
static SrSpan
longest_reconnect(const Rules *rules, SrTime last)
{
    SrSpan longest = 0;

    for (uint32_t i = 0; rules->n_points > 0 && i < rules->plan.n_clients; i++) {
        const SrRetryPolicy *policy = &rules->plan.settings[i].reconnect;

        longest = MAX(longest, MIN(policy->max, last + policy->first));
    }
    return longest;
}

/* Likewise if owners may be lost: after the last point of the timeline each client may have to
 * own a creation, and lose it by `establish-timeout`. @one: what leads to one event takes no
 * longer */
static SrSpan
latest_of_lossy(const Rules *rules, SrSpan one)
{
    const SrServerSettings *server = &rules->plan.scenario->server;
    SrTime last = rules->n_points > 0 ? rules->points[rules->n_points - 1].at : 0;
    SrSpan establish =
        server->establish_timeout != SR_TIME_NEVER ? server->establish_timeout : 0;

    return last + longest_reconnect(rules, last) + server->detect_loss +
           (rules->plan.n_clients + 1) * (one + establish);
}

/* Returns: an instant that no event of a run can be after */
static SrSpan
latest_end(const Rules *rules)
{
    int64_t most = 1, start = 0, serving = 0, n_events, ahead, sum;

    for (uint32_t i = 0; i < rules->plan.n_clients; i++) {
        for (unsigned direction = 0; direction < SR_DIRECTION_N; direction++)
            most = MAX(most,
                       (int64_t) rules->links[i][direction].hi + rules->content[i][direction]);
        most = MAX(most, rules->derive[i].hi);
        start = MAX(start, rules->start[i].hi);
    }
    for (unsigned service = 0; service < SR_SERVICE_N; service++)
        serving = MAX(serving, rules->processing[service].hi);
    most = MAX(MAX(most, serving), MAX(rules->generate.hi, rules->lookup.hi));
    n_events = EVENTS_IN_A_ROW + 2 * EVENTS_OF_RETRY * (int64_t) most_retries(rules);
    ahead = AHEAD_OF_ONE + (gives_up(rules) ? most_retries(rules) : 0);
    sum = start + most * n_events +
          serving * (HANDLED_IN_A_ROW + 2 * (int64_t) most_retries(rules)) * ahead *
              rules->plan.n_clients;
    return rules->loses ? latest_of_lossy(rules, (SrSpan) sum * rules->unit)
                        : (SrSpan) sum * rules->unit;
}

bool
sr_rules_are_small(const Rules *rules)
{
    return latest_end(rules) / rules->unit <= UNITS_MAX;
}

static SrSpan
sum_of_retries(const SrRetryPolicy *policy)
{
    SrSpan delay, sum = 0;

    for (uint32_t n = 0; sr_retry_next(policy, n, &delay); n++)
        sum += delay;
    return sum;
}

/* Returns: what the retries of a client and of the winner take */
static SrSpan
retries_of(const Rules *rules)
{
    SrSpan longest = 0;

    if (most_retries(rules) == 0)
        return 0;
    for (uint32_t i = 0; i < rules->plan.n_clients; i++) {
        const SrClientSettings *settings = &rules->plan.settings[i];
        SrSpan sum = sum_of_retries(&settings->key_retry);

        if (gives_up(rules))
            sum += sum_of_retries(&settings->connect_retry);
        longest = MAX(longest, sum);
    }
    return 2 * longest;
}

static char *
span_text(SrSpan span)
{
    char text[SR_SPAN_TEXT_MAX];

    sr_span_format(span, text);
    return g_strdup(text);
}

static bool
judge_length(Judge *judge, const Rules *rules)
{
    const SrScenario *scenario = judge->scenario;
    SrSpan latest = latest_end(rules) + retries_of(rules), renewal = SR_TIME_NEVER;
    g_autofree char *text = span_text(latest + rules->unit);

    if (latest >= scenario->limit)
        return refuse(judge, "scenario.limit",
                      g_strdup_printf("a run may take up to %s, and 'limit' may end it before: "
                                      "write 'limit = %s'",
                                      text, text));
    if (rules->shares && scenario->encryption_provider.retention == SR_RETENTION_FOR &&
        scenario->encryption_provider.retention_span <= latest)
        return refuse(judge, "encryption-provider.retention",
                      g_strdup_printf("keys that several clients may get are not discarded by "
                                      "age with times: write 'forever', or more than the %s "
                                      "that a run may take",
                                      text));
    for (uint32_t i = 0; scenario->token_provider.enabled && i < rules->plan.n_clients; i++) {
        SrSpan refresh = rules->plan.settings[i].token_refresh;
        SrSpan lifetime = scenario->token_provider.lifetime_s * SR_NS_PER_S;

        if (refresh != SR_TIME_NEVER)
            renewal = MIN(renewal, refresh < lifetime ? lifetime - refresh : 0);
        renewal = MIN(renewal, lifetime);
    }
    if (scenario->token_provider.enabled && renewal <= latest + SR_NS_PER_S)
        return refuse(
            judge, "token-provider.lifetime",
            g_strdup_printf("a token may be renewed or expire within the %s that a run "
                            "may take: write a longer 'lifetime', or 'token-refresh = "
                            "none'",
                            text));
    return true;
}

bool
sr_rules_take_tokens(const Rules *rules)
{
    uint32_t moves = rules->fires & SR_TIMED_TOKEN_MOVES;

    if (moves == 0)
        return true;
    /* With an upload the owner would be lost. */
    if (moves == SR_TIMED_TOKEN_MOVES ||
        (rules->plan.model->server.check_token >> (SR_MSG_UPLOAD - SR_MSG_CONNECT) & 1))
        return false;
    for (uint32_t i = 0; i < rules->plan.n_clients; i++)
        if (rules->plan.settings[i].connect_retry.n > RETRIES_TAKEN)
            return false;
    return true;
}

bool
sr_rules_take_timeouts(const Rules *rules)
{
    Judge judge = { .scenario = rules->plan.scenario };
    bool taken = true;

    for (uint32_t i = 0; gives_up(rules) && i < rules->plan.n_clients; i++)
        taken = taken && rules->plan.settings[i].key_retry.n <= RETRIES_TAKEN &&
                rules->plan.settings[i].connect_retry.n <= RETRIES_TAKEN;
    taken = taken && sr_rules_take_tokens(rules);
    taken = taken && judge_length(&judge, rules) && sr_rules_are_small(rules);
    g_free(judge.sentence);
    return taken;
}

static bool
judge_units(Judge *judge, const SrTimedOptions *options)
{
    g_autofree Rules *rules = g_new(Rules, 1);
    bool taken;

    sr_rules_init(rules, judge->scenario, options, false,
                  sr_rules_first_moves(judge->scenario));
    taken = judge_points(judge, rules) && judge_length(judge, rules);
    if (taken && !sr_rules_are_small(rules)) {
        g_autofree char *unit = span_text(rules->unit);

        taken =
            refuse(judge, "network.latency",
                   g_strdup_printf("the bounds of the delays have only %s in common, so that "
                                   "the numbers become too large: round them",
                                   unit));
    }
    sr_rules_clear(rules);
    return taken;
}

char *
sr_timed_refusal(const SrScenario *scenario, const SrTimedOptions *options, const char **key)
{
    uint32_t n = options->clients != 0 ? options->clients : scenario->explore.clients;
    Judge judge = { .scenario = scenario, .n_clients = n != 0 ? n : scenario->n_clients };

    if (judge_clients(&judge) && judge_faults(&judge) && judge_keys(&judge) &&
        judge_tokens(&judge) && judge_delays(&judge))
        judge_units(&judge, options);
    if (key != NULL)
        *key = judge.key;
    return judge.sentence;
}

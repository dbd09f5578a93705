/* A timed exploration: its public face. */
#include "timed/timed-private.h"

/* What was found of a watched span, or of a check. */
typedef struct {
    TimedPath *path; /* (nullable) */
    char *text;      /* (nullable) the scenario, if it was played */
} Story;

struct SrTimed {
    const SrScenario *scenario;
    SrTimedOptions options;
    Rules rules;
    uint64_t memory;
    uint32_t fired; /* bits 1 << SrTimedTimeoutId: moves that were made */
    SrTimedResult *result;
    Story most[SR_WATCH_N], least[SR_WATCH_N], checks[SR_CHECK_N];
};

/* ---- words ---- */

static const struct {
    const char *name, *meaning;
} watch_words[SR_WATCH_N] = {
    [SR_WATCH_KEY_LOOKUP] = { "key-lookup",
                              "from the making of a winner's key to the last lookup of it" },
    [SR_WATCH_KEY_NEED] = { "key-need", "from the making of a winner's key to the last event" },
    [SR_WATCH_WAIT] = { "wait", "in step 5, from the rejection to its end" },
    [SR_WATCH_TOKEN_REQUEST] = { "token-request", "from a token-request to its answer" },
    [SR_WATCH_KEY_REQUEST] = { "key-request", "from a key-request to its answer" },
    [SR_WATCH_ESTABLISH] = { "establish", "from create-accepted to the established session" },
    [SR_WATCH_JUDGED] = { "judged", "from the signing of a token to its judging" },
    [SR_WATCH_COLLABORATE] = { "collaborate", "from a client's start until it collaborates" },
    [SR_WATCH_RACE] = { "race", "from the first session-none to the first create-session" },
};

const char *
sr_timed_watch_name(SrTimedWatchId watch)
{
    return watch_words[watch].name;
}

const char *
sr_timed_watch_meaning(SrTimedWatchId watch)
{
    return watch_words[watch].meaning;
}

const char *
sr_timed_timeout_key(SrTimedTimeoutId timeout)
{
    static const char *const keys[SR_TIMED_TIMEOUT_N] = {
        [SR_TIMED_PATIENCE] = "patience",
        [SR_TIMED_REQUEST_TIMEOUT] = "request-timeout",
        [SR_TIMED_ESTABLISH_TIMEOUT] = "establish-timeout",
        [SR_TIMED_RETENTION] = "retention",
        [SR_TIMED_TOKEN_EARLY] = "leeway",
        [SR_TIMED_TOKEN_EXPIRED] = "lifetime",
    };

    return keys[timeout];
}

const char *
sr_timed_not_proved(unsigned i)
{
    static const char *const list[] = {
        "other numbers of clients",
        "delays beyond the bounds of the file",
        "faults beyond those of the file",
        "how likely it is ('sweep' says that)",
    };

    return i < G_N_ELEMENTS(list) ? list[i] : NULL;
}

/* ---- explorations ---- */

SrTimed *
sr_timed_new(const SrScenario *scenario, const SrTimedOptions *options)
{
    SrTimed *timed = g_new0(SrTimed, 1);

    timed->scenario = scenario;
    timed->options = *options;
    sr_rules_init(&timed->rules, scenario, options, false, sr_rules_first_moves(scenario));
    return timed;
}

static void
clear_stories(Story *stories, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        sr_timed_path_free(stories[i].path);
        g_free(stories[i].text);
    }
}

void
sr_timed_free(SrTimed *timed)
{
    if (timed == NULL)
        return;
    clear_stories(timed->most, SR_WATCH_N);
    clear_stories(timed->least, SR_WATCH_N);
    clear_stories(timed->checks, SR_CHECK_N);
    sr_rules_clear(&timed->rules);
    g_free(timed);
}

/* ---- stories ---- */

static void
tell_span(SrTimed *timed, Search *search, SrTimedWatchId watch, bool most)
{
    const Best *best = most ? &search->most[watch] : &search->least[watch];
    Story *story = most ? &timed->most[watch] : &timed->least[watch];

    clear_stories(story, 1);
    *story = (Story){ .path = sr_timed_path_span(search, best, most) };
    if (story->path != NULL)
        story->text = sr_timed_replay(&timed->rules, story->path, watch, most, SR_CHECK_N);
}

/* Takes over the bounds that @search has found, where they are wider than those so far. */
static void
take_spans(SrTimed *timed, Search *search)
{
    SrSpan unit = timed->rules.unit;

    for (unsigned i = 0; i < SR_WATCH_N; i++) {
        SrTimedWatch *watch = &timed->result->watches[i];
        const Best *most = &search->most[i], *least = &search->least[i];

        if (!most->found)
            continue;
        if (!watch->seen || (SrSpan) most->value * unit > watch->most) {
            watch->most = (SrSpan) most->value * unit;
            tell_span(timed, search, (SrTimedWatchId) i, true);
            watch->most_attained = timed->most[i].text != NULL;
        }
        /* What is needed until the last of several events has no least span. */
        if (i != SR_WATCH_KEY_NEED && i != SR_WATCH_KEY_LOOKUP && i != SR_WATCH_RACE &&
            (!watch->seen || (SrSpan) least->value * unit < watch->least)) {
            watch->least = (SrSpan) least->value * unit;
            tell_span(timed, search, (SrTimedWatchId) i, false);
            watch->least_attained = timed->least[i].text != NULL;
            watch->has_least = true;
        }
        watch->seen = true;
    }
}

static void
take_checks(SrTimed *timed, Search *search)
{
    for (unsigned i = 0; i < SR_CHECK_N; i++) {
        Story *story = &timed->checks[i];

        if (!search->broken[i].failed || (timed->result->failed >> i & 1))
            continue;
        timed->result->failed |= 1u << i;
        story->path = sr_timed_path_broken(search, &search->broken[i]);
        if (story->path != NULL)
            story->text =
                sr_timed_replay(&timed->rules, story->path, SR_WATCH_N, true, (SrCheckId) i);
    }
}

/* ---- searches ---- */

#define WATCH(name) (1u << SR_WATCH_##name)

/* Each search keeps only the past instants of some watches: together they would take many more
 * classes. @first: the search that judges the checks, and whose size is told */
static void
search_for(SrTimed *timed, uint32_t watches, uint32_t watched, bool first)
{
    SrTimedResult *result = timed->result;
    const SrTimedOptions *options = &timed->options;
    Rules *rules = &timed->rules;
    Search *search;

    rules->watches = watches;
    rules->watched = watched;
    if (options->watches != 0)
        rules->watches &= options->watches;
    if (!first && rules->watches == 0)
        return;
    if (result->end == SR_TIMED_STOPPED)
        return;
    sr_rules_classes(rules, !options->no_symmetry);
    search = sr_search_new(rules, &timed->memory);
    search->spans_only = !first && !rules->discards;
    sr_search_run(search, options, &timed->memory, &result->memory);
    if (first) {
        result->classes = sr_class_store_n(search->store);
        result->states = sr_class_store_n_states(search->store);
        result->transitions = search->transitions;
        result->ends = search->ends;
    }
    if (result->end == SR_TIMED_COMPLETE)
        result->end = search->end;
    timed->fired |= search->fired;
    take_spans(timed, search);
    if (first || rules->discards)
        take_checks(timed, search);
    sr_search_free(search);
}

/* One client of each class, since the others of the class can do the same. */
static uint32_t
list_different(SrTimed *timed)
{
    Rules *rules = &timed->rules;
    uint32_t bits = 0, seen = 0;

    rules->watched = 0;
    sr_rules_classes(rules, true);
    for (uint32_t i = 0; i < rules->plan.n_clients; i++) {
        if (!(seen >> rules->plan.class_of[i] & 1))
            bits |= 1u << i;
        seen |= 1u << rules->plan.class_of[i];
    }
    return bits;
}

/* ---- what may run out ---- */

static void
judge_timeout(SrTimedResult *result, SrTimedTimeoutId id, SrSpan value, SrSpan most, bool seen)
{
    SrTimedTimeout *timeout = &result->timeouts[id];

    if (value == SR_TIME_NEVER)
        return;
    *timeout =
        (SrTimedTimeout){ .set = true, .value = value, .can_fire = seen && most >= value };
}

static SrSpan
least_of_clients(const SrTimed *timed, bool patience)
{
    SrSpan least = SR_TIME_NEVER;

    for (uint32_t i = 0; i < timed->rules.plan.n_clients; i++) {
        const SrClientSettings *settings = &timed->rules.plan.settings[i];

        least = MIN(least, patience ? settings->patience : settings->request_timeout);
    }
    return least;
}

/* Source: section 5, for any phase of the second. */
static void
judge_tokens(SrTimed *timed)
{
    const SrScenario *scenario = timed->scenario;
    const SrTokenRules *rules = &timed->rules.plan.model->token;
    SrTimedResult *result = timed->result;
    const SrTimedWatch *judged = &result->watches[SR_WATCH_JUDGED];
    int64_t second = (int64_t) SR_NS_PER_S, early, expired;

    if (!scenario->token_provider.enabled || !judged->seen)
        return;
    sr_rules_token_ages(&timed->rules, &early, &expired);
    if (early != INT64_MIN)
        result->timeouts[SR_TIMED_TOKEN_EARLY] = (SrTimedTimeout){
            .set = true,
            .value = (SrSpan) (rules->leeway * second),
            .can_fire = early > (int64_t) judged->least,
        };
    result->timeouts[SR_TIMED_TOKEN_EXPIRED] = (SrTimedTimeout){
        .set = true,
        .value = (SrSpan) (rules->lifetime * second),
        .can_fire = (int64_t) judged->most > expired,
    };
}

static void
judge_timeouts(SrTimed *timed)
{
    SrTimedResult *result = timed->result;
    const SrTimedWatch *watches = result->watches;
    const SrTimedWatch *token = &watches[SR_WATCH_TOKEN_REQUEST],
                       *key = &watches[SR_WATCH_KEY_REQUEST];

    judge_timeout(result, SR_TIMED_PATIENCE, least_of_clients(timed, true),
                  watches[SR_WATCH_WAIT].most, watches[SR_WATCH_WAIT].seen);
    judge_timeout(result, SR_TIMED_REQUEST_TIMEOUT, least_of_clients(timed, false),
                  MAX(token->most, key->most), token->seen || key->seen);
    judge_timeout(result, SR_TIMED_ESTABLISH_TIMEOUT, timed->scenario->server.establish_timeout,
                  watches[SR_WATCH_ESTABLISH].most, watches[SR_WATCH_ESTABLISH].seen);
    judge_tokens(timed);
    /* Those that are moves fire, or do not. */
    for (unsigned i = 0; i < SR_TIMED_TIMEOUT_N; i++)
        if (timed->rules.fires >> i & 1)
            result->timeouts[i].can_fire = timed->fired >> i & 1;
}

/* Returns: bits of the time-outs that can fire, but for the retention */
static uint32_t
list_firing(const SrTimedResult *result)
{
    uint32_t bits = 0;

    for (unsigned i = 0; i < SR_TIMED_TIMEOUT_N; i++)
        if (i != SR_TIMED_RETENTION && result->timeouts[i].can_fire)
            bits |= 1u << i;
    return bits;
}

/* A key of for(D) that is discarded while it is needed. Until a lookup misses its key, nothing else
 * is different. */
static void
judge_retention(SrTimed *timed)
{
    SrTimedResult *result = timed->result;
    const SrProviderRules *provider = &timed->rules.plan.model->provider;
    const SrTimedWatch *need = &result->watches[SR_WATCH_KEY_NEED],
                       *lookup = &result->watches[SR_WATCH_KEY_LOOKUP];
    Story *story = &timed->checks[SR_CHECK_KEY_KEPT];
    uint32_t fires = timed->rules.fires;

    if (provider->keep != SR_KEEP_FOR)
        return;
    judge_timeout(result, SR_TIMED_RETENTION, provider->keep_for, need->most, need->seen);
    if (!result->timeouts[SR_TIMED_RETENTION].can_fire)
        return;
    result->failed |= 1u << SR_CHECK_KEY_KEPT;
    if (timed->most[SR_WATCH_KEY_NEED].path != NULL && story->text == NULL)
        story->text = sr_timed_replay(&timed->rules, timed->most[SR_WATCH_KEY_NEED].path,
                                      SR_WATCH_N, true, SR_CHECK_KEY_KEPT);
    if (!lookup->seen || lookup->most < provider->keep_for)
        return;
    sr_rules_clear(&timed->rules);
    sr_rules_init(&timed->rules, timed->scenario, &timed->options, true, fires);
    if (sr_rules_are_small(&timed->rules))
        search_for(timed, 0, 0, true);
    else if (result->end == SR_TIMED_COMPLETE)
        result->end = SR_TIMED_FIRES;
}

/* Forgets what was found without some time-outs. */
static void
begin(SrTimed *timed, SrTimedResult *result)
{
    const Rules *rules = &timed->rules;
    uint64_t memory = timed->result != NULL ? result->memory : 0;

    clear_stories(timed->most, SR_WATCH_N);
    clear_stories(timed->least, SR_WATCH_N);
    clear_stories(timed->checks, SR_CHECK_N);
    memset(timed->most, 0, sizeof timed->most);
    memset(timed->least, 0, sizeof timed->least);
    memset(timed->checks, 0, sizeof timed->checks);
    timed->fired = 0;
    *result = (SrTimedResult){ .n_clients = rules->plan.n_clients,
                               .cut = timed->scenario->cut,
                               .unit = rules->unit,
                               .memory = memory,
                               .judged = SR_CHECKS_OF_ALL };
    timed->result = result;
}

/* Searches everything, with the time-outs that are moves. Where clients differ it takes fewer classes to
 * watch the key of one of each kind than those of all at once. */
static void
search_all(SrTimed *timed, SrTimedResult *result)
{
    const uint32_t keys = WATCH(KEY_LOOKUP) | WATCH(KEY_NEED),
                   one = WATCH(JUDGED) | WATCH(COLLABORATE),
                   waits = WATCH(WAIT) | WATCH(TOKEN_REQUEST) | WATCH(KEY_REQUEST) |
                           WATCH(ESTABLISH);
    uint32_t all = (1u << timed->rules.plan.n_clients) - 1, different = list_different(timed);
    bool at_once = (different & (different - 1)) == 0;

    begin(timed, result);
    search_for(timed, at_once ? keys : 0, at_once ? all : 0, true);
    search_for(timed, waits, all, false);
    for (; different != 0; different &= different - 1) {
        uint32_t watched = different & -different;

        if (!at_once)
            search_for(timed, keys, watched, false);
        search_for(timed, WATCH(RACE), watched, false);
        search_for(timed, one, watched, false);
    }
    judge_timeouts(timed);
}

/* Makes moves of the time-outs @fires as well. Returns: whether that is possible */
static bool
take_timeouts(SrTimed *timed, uint32_t fires)
{
    Rules rules;

    sr_rules_init(&rules, timed->scenario, &timed->options, false, timed->rules.fires | fires);
    if (!sr_rules_take_timeouts(&rules)) {
        sr_rules_clear(&rules);
        return false;
    }
    sr_rules_clear(&timed->rules);
    timed->rules = rules;
    return true;
}

void
sr_timed_search(SrTimed *timed, SrTimedResult *result)
{
    uint32_t firing, new;

    search_all(timed, result);
    /* The first time-out to fire needs a span that a search without it finds. */
    while (result->end == SR_TIMED_COMPLETE && (firing = list_firing(result)) != 0) {
        new = firing & ~timed->rules.fires;
        if (new == 0)
            break;
        if ((new & ~SR_TIMED_MOVES) != 0 || !take_timeouts(timed, new)) {
            result->end = SR_TIMED_FIRES;
            break;
        }
        search_all(timed, result);
    }
    judge_retention(timed);
}

void
sr_timed_step_free(SrTimedStep *step)
{
    g_free(step->what);
    g_free(step);
}

static GPtrArray *
steps_of(const SrTimed *timed, const Story *story)
{
    return story->path != NULL ? sr_timed_path_steps(&timed->rules, story->path) : NULL;
}

GPtrArray *
sr_timed_watch_path(SrTimed *timed, SrTimedWatchId watch, bool most)
{
    return steps_of(timed, most ? &timed->most[watch] : &timed->least[watch]);
}

GPtrArray *
sr_timed_check_path(SrTimed *timed, SrCheckId check)
{
    const Story *story = &timed->checks[check];

    if (check == SR_CHECK_KEY_KEPT && story->path == NULL && story->text != NULL)
        story = &timed->most[SR_WATCH_KEY_NEED];
    return steps_of(timed, story);
}

char *
sr_timed_watch_scenario(SrTimed *timed, SrTimedWatchId watch, bool most)
{
    return g_strdup(most ? timed->most[watch].text : timed->least[watch].text);
}

char *
sr_timed_check_scenario(SrTimed *timed, SrCheckId check)
{
    return g_strdup(timed->checks[check].text);
}

/* Writes the path to a failure as a scenario file: `run` takes the same path. */
#include "explore/explore-times-private.h"

#include "scenario/scenario-edit.h"
#include "schema/words.h"
#include "session-race/run.h"

/* ---- clients ---- */

/* Keeps the clients that were explored, each in a group of its own. */
static void
keep_clients(const SrExplorePlan *plan, SrScenarioEdit *edit)
{
    const GArray *groups = plan->scenario->clients;

    for (guint i = 0; i < groups->len; i++) {
        const SrClientGroup *group = &g_array_index(groups, SrClientGroup, i);
        uint32_t first = group->first_node - SR_NODE_FIRST_CLIENT;

        if (first >= plan->n_clients) {
            sr_scenario_edit_remove_client(edit, group->name);
            continue;
        }
        if (group->count > plan->n_clients - first)
            sr_scenario_edit_set_count(edit, group->name, plan->n_clients - first);
        if (group->count > 1)
            sr_scenario_edit_split(edit, group->name);
    }
}

static char *
node_name(const SrExplorePlan *plan, uint32_t node)
{
    char name[SR_NODE_NAME_MAX];
    size_t n = sr_scenario_node_name(plan->scenario, node, name);

    return g_strndup(name, n);
}

/* Returns: the name of the client in a scenario in which each is a group */
static char *
client_name(const SrExplorePlan *plan, uint32_t client)
{
    return node_name(plan, SR_NODE_FIRST_CLIENT + client);
}

/* ---- what is removed from the file ---- */

static bool
is_group(const char *group, const char *word)
{
    size_t n = strlen(word);

    return strncmp(group, word, n) == 0 && (group[n] == '\0' || group[n] == ' ');
}

static void
remove_rest(SrScenarioEdit *edit)
{
    static const char *const groups[] = { "timeline", "chaos", "study", "expect",
                                          "explore",  "link",  "draws" };
    static const char *const clock_keys[] = { "clock-offset", "clock-drift", "ntp-interval",
                                              "ntp-error", NULL };

    for (uint32_t i = sr_scenario_edit_n_lines(edit); i > 0; i--) {
        SrEditLine line;
        bool removed;

        if (i > sr_scenario_edit_n_lines(edit))
            continue;
        line = sr_scenario_edit_line(edit, i - 1);
        removed = line.key != NULL && g_strv_contains(clock_keys, line.key);
        for (size_t j = 0; line.key == NULL && j < G_N_ELEMENTS(groups); j++)
            removed |= is_group(line.group, groups[j]);
        if (removed)
            sr_scenario_edit_remove(edit, i - 1);
    }
}

/* ---- what is set instead ---- */

static void
set_span(SrScenarioEdit *edit, const char *group, const char *key, SrSpan span)
{
    char text[SR_SPAN_TEXT_MAX];

    sr_span_format(span, text);
    sr_scenario_edit_set(edit, group, key, text);
}

static void
set_retry(SrScenarioEdit *edit, const char *group, const char *key, const SrRetryPolicy *policy,
          SrSpan delay)
{
    char text[SR_SPAN_TEXT_MAX];
    g_autofree char *value = NULL;

    if (policy->n == 0)
        return;
    sr_span_format(delay, text);
    value = policy->n == SR_RETRY_UNLIMITED
                ? g_strdup_printf("unlimited from %s to %s", text, text)
                : g_strdup_printf("%u times from %s to %s", policy->n, text, text);
    sr_scenario_edit_set(edit, group, key, value);
}

static void
set_common(const SrExplorePlan *plan, const SrTimes *times, SrScenarioEdit *edit)
{
    bool stores = plan->model->provider.kind == SR_PROVIDER_STORED ||
                  plan->model->provider.kind == SR_PROVIDER_UNSTABLE;

    sr_scenario_edit_set(edit, "scenario", "seed", "1");
    sr_scenario_edit_set(edit, "scenario", "ties", "fifo");
    if (times->at[times->n] + 60 * SR_NS_PER_S > plan->scenario->limit)
        set_span(edit, "scenario", "limit", times->at[times->n] + 60 * SR_NS_PER_S);
    sr_scenario_edit_set(edit, "network", "ordered", "yes");
    sr_scenario_edit_set(edit, "network", "loss", "0%");
    sr_scenario_edit_set(edit, "network", "duplicate", "0%");
    sr_scenario_edit_set(edit, "network", "bandwidth", "unlimited");
    set_span(edit, "network", "latency", times->latency);
    for (uint32_t service = 0; service < SR_NODE_FIRST_CLIENT; service++) {
        g_autofree char *name = node_name(plan, service);

        set_span(edit, name, "processing", 0);
    }
    set_span(edit, "encryption-provider", "generate", times->generate);
    set_span(edit, "encryption-provider", "lookup", times->generate);
    sr_scenario_edit_set(edit, "encryption-provider", "rotate-master", "never");
    if (times->detect_loss != SR_TIME_NEVER)
        set_span(edit, "server", "detect-loss", times->detect_loss);
    if (stores && plan->model->provider.keep == SR_KEEP_FOR) {
        char text[SR_SPAN_TEXT_MAX];
        g_autofree char *value = NULL;

        sr_span_format(
            times->keep_for != SR_TIME_NEVER ? times->keep_for : 2 * times->at[times->n], text);
        value = g_strdup_printf("for(%s)", text);
        sr_scenario_edit_set(edit, "encryption-provider", "retention", value);
    }
}

static void
set_clients(const SrExplorePlan *plan, const SrTimes *times, SrScenarioEdit *edit)
{
    for (uint32_t i = 0; i < plan->n_clients; i++) {
        g_autofree char *name = client_name(plan, i);
        g_autofree char *group = g_strdup_printf("client %s", name);
        SrTime start = times->at[times->n];

        for (unsigned j = 0; j < times->n; j++) {
            const Move *move = &g_array_index(times->path->moves, Move, j);

            if (move->kind == MOVE_START && move->client == i)
                start = times->at[j];
        }
        set_span(edit, group, "start", start);
        set_span(edit, group, "derive", times->derive);
        set_retry(edit, group, "key-retry", &plan->settings[i].key_retry, times->retry);
        if (times->reconnect[i] != SR_TIME_NEVER)
            set_retry(edit, group, "reconnect", &plan->settings[i].reconnect,
                      times->reconnect[i]);
    }
}

/* ---- the timeline ---- */

typedef struct {
    SrTime at;
    char *action;
} Entry;

static SrTime
arrival_of(const SrTimes *times, const SrPassage *passage)
{
    if (passage->to != NO_STEP)
        return times->at[passage->to];
    if (passage->lost != NO_STEP)
        return times->at[passage->lost] + times->slot / 4;
    return times->at[times->n];
}

static void
hold_up(const SrExplorePlan *plan, const SrTimes *times, const SrPassage *passage,
        GArray *actions)
{
    SrTime from = times->at[passage->from], to = arrival_of(times, passage), begin;
    g_autofree char *name = client_name(plan, passage->client);
    g_autofree char *service = node_name(plan, passage->place / 2);
    char text[SR_SPAN_TEXT_MAX];
    Entry entry;

    if (from >= times->at[times->n] || to <= from + times->latency)
        return;
    begin = from - times->latency / 2;
    sr_span_format(to - times->latency - begin, text);
    entry.at = begin;
    entry.action = g_strdup_printf("partition %s %s for %s", name, service, text);
    g_array_append_val(actions, entry);
}

static int
by_instant(const void *a, const void *b)
{
    const Entry *x = a, *y = b;

    return x->at < y->at ? -1 : x->at > y->at;
}

static void
add_faults(const SrExplorePlan *plan, const SrTimes *times, GArray *actions)
{
    for (unsigned i = 0; i < times->n; i++) {
        const Move *move = &g_array_index(times->path->moves, Move, i);
        const char *word = move->kind == MOVE_CRASH        ? "crash"
                           : move->kind == MOVE_RESTART    ? "restart"
                           : move->kind == MOVE_DISCONNECT ? "disconnect"
                                                           : NULL;
        g_autofree char *name = word != NULL ? client_name(plan, move->client) : NULL;
        Entry entry = { .at = times->at[i] };

        if (word != NULL)
            entry.action = g_strdup_printf("%s %s", word, name);
        else if (move->kind == MOVE_ROTATE)
            entry.action = g_strdup("rotate-master");
        else
            continue;
        g_array_append_val(actions, entry);
    }
}

static void
add_timeline(const SrExplorePlan *plan, const SrTimes *times, SrScenarioEdit *edit)
{
    g_autoptr(GArray) actions = g_array_new(FALSE, FALSE, sizeof(Entry));

    add_faults(plan, times, actions);
    for (guint i = 0; i < times->passages->len; i++) {
        const SrPassage *passage = &g_array_index(times->passages, SrPassage, i);

        if (passage->place < SR_DIRECTION_N)
            hold_up(plan, times, passage, actions);
    }
    g_array_sort(actions, by_instant);
    for (guint i = 0; i < actions->len; i++) {
        const Entry *entry = &g_array_index(actions, Entry, i);

        sr_scenario_edit_add_action(edit, entry->at, entry->action);
        g_free(entry->action);
    }
}

/* ---- the file ---- */

/* Returns: bits of the checks that fail when the edited scenario is played; 0 if it cannot be
 * played */
static uint32_t
play(const SrScenarioEdit *edit, const char *path)
{
    g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
    g_autoptr(SrScenario) scenario = sr_scenario_edit_parse(edit, path, diagnostics);
    static const SrRunOptions options = { 0 };
    g_autofree SrRunResult *result = g_new(SrRunResult, 1);
    g_autoptr(SrRun) run = NULL;

    if (scenario == NULL) {
        g_autoptr(GString) text = g_string_new(NULL);

        sr_diagnostics_format(diagnostics, text);
        g_info("%s", text->str);
        return 0;
    }
    run = sr_run_new(scenario);
    if (!sr_run_execute(run, scenario->seed, &options, result, NULL))
        return 0;
    return result->failed;
}

char *
sr_exploration_scenario(SrExploration *exploration, SrCheckId check)
{
    const SrExplorePlan *plan = sr_exploration_plan(exploration, check);
    g_autoptr(SrPath) path = sr_exploration_path(exploration, check);
    g_autoptr(SrScenarioEdit) edit = NULL;
    g_autoptr(SrTimes) times = NULL;
    g_autoptr(GString) verdict = g_string_new(NULL);
    g_autofree char *comment = NULL, *title = NULL;
    Context *context;
    uint32_t failed;

    g_assert(path != NULL);
    context = sr_context_new(plan);
    times = sr_times_find(context, path);
    sr_context_free(context);
    edit = sr_scenario_edit_new(plan->scenario);
    keep_clients(plan, edit);
    remove_rest(edit);
    set_common(plan, times, edit);
    set_clients(plan, times, edit);
    add_timeline(plan, times, edit);
    title = g_strdup_printf("How %s fails", sr_check_name(check));
    sr_scenario_edit_set(edit, "scenario", "title", title);
    failed = play(edit, plan->scenario->path);
    if (!(failed >> check & 1))
        return NULL;
    sr_text_verdict(verdict, failed);
    sr_scenario_edit_set(edit, "expect", "verdict", verdict->str);
    comment = g_strdup_printf("The way to a failure of %s in %u steps.", sr_check_name(check),
                              path->moves->len);
    return sr_scenario_edit_text(edit, comment);
}

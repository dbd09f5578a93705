/* A run as a scenario whose draws are fixed, and played: nothing is told that `run` does not do. */
#include <inttypes.h>

#include "timed/timed-private.h"

#include "scenario/fixed-draws.h"
#include "scenario/scenario-edit.h"
#include "run/run-private.h"
#include "session-race/run.h"
#include "schema/words.h"

/* With `ties = seeded` so many seeds are tried for the order of events at one instant. */
#define SEEDS 64u

/* ---- the file ---- */

static SrScenarioEdit *
edit_scenario(const Rules *rules)
{
    static const char *const groups[] = { "expect", "explore", "study", "draws" };
    const SrScenario *scenario = rules->plan.scenario;
    SrScenarioEdit *edit = sr_scenario_edit_new(scenario);

    for (guint i = 0; i < scenario->clients->len; i++) {
        const SrClientGroup *group = &g_array_index(scenario->clients, SrClientGroup, i);
        uint32_t first = group->first_node - SR_NODE_FIRST_CLIENT;

        if (first >= rules->plan.n_clients)
            sr_scenario_edit_remove_client(edit, group->name);
        else if (group->count > rules->plan.n_clients - first)
            sr_scenario_edit_set_count(edit, group->name, rules->plan.n_clients - first);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(groups); i++)
        sr_scenario_edit_remove_group(edit, groups[i]);
    for (uint32_t i = sr_scenario_edit_n_lines(edit); i > 0; i--) {
        SrEditLine line;

        if (i > sr_scenario_edit_n_lines(edit))
            continue;
        line = sr_scenario_edit_line(edit, i - 1);
        if (line.key == NULL && g_str_has_prefix(line.group, "expect "))
            sr_scenario_edit_remove(edit, i - 1);
    }
    return edit;
}

static SrDrawId
draw_of(const Event *event)
{
    switch ((PathEventKind) event->kind) {
    case EVENT_START:
        return SR_DRAW_START;
    case EVENT_ARRIVE:
        return (SrDrawId) (SR_DRAW_LATENCY + event->place);
    case EVENT_PROCESSED:
        return (SrDrawId) (SR_DRAW_PROCESSING + event->place - AT_QUEUE);
    case EVENT_READY:
        return event->place == AT_GENERATE ? SR_DRAW_GENERATE : SR_DRAW_LOOKUP;
    case EVENT_DERIVED:
        return SR_DRAW_DERIVE;
    case EVENT_BEGIN:
    case EVENT_RETRY:
    case EVENT_TIMEOUT:
    case EVENT_ESTABLISH:
    case EVENT_DETECT:
    case EVENT_POINT:
        return SR_DRAW_TIES;
    }
    g_assert_not_reached();
}

/* Adds the draws of a message that takes @draw->value: its losses, and the latency. */
static void
add_losses(const Rules *rules, const Event *event, SrDraw *draw, GArray *draws)
{
    SrModel *model = rules->plan.model;
    const SrLinkSettings *link =
        &sr_model_links(model, event->client, sr_model_group(model, event->client))
             ->directions[event->place];
    SrDraw losses = *draw;
    SrBounds bounds;

    if (link->loss == 0)
        return;
    losses.id = (SrDrawId) (SR_DRAW_LOSS + event->place);
    (void) sr_distribution_bounds(&link->latency, &bounds);
    for (losses.value = 0; losses.value < link->losses_max; losses.value++)
        if ((SrSpan) draw->value <=
            bounds.hi + sr_run_retransmission_time(link->rto, (unsigned) losses.value))
            break;
    draw->value -= (int64_t) MIN(
        (SrSpan) draw->value, sr_run_retransmission_time(link->rto, (unsigned) losses.value));
    g_array_append_val(draws, losses);
}

static GArray *
list_draws(const Rules *rules, const TimedPath *path)
{
    GArray *draws = g_array_new(FALSE, FALSE, sizeof(SrDraw));

    for (guint i = 1; i < path->events->len; i++) {
        const Event *event = &g_array_index(path->events, Event, i);
        const Event *cause = &g_array_index(path->events, Event, event->cause);
        SrDraw draw = { .id = draw_of(event),
                        .subject = SR_NODE_FIRST_CLIENT + event->client,
                        .number = event->number,
                        .value =
                            event->at - cause->at - event->content * (int64_t) path->unit };

        if (event->kind == EVENT_ARRIVE)
            add_losses(rules, event, &draw, draws);
        if (draw.id != SR_DRAW_TIES)
            g_array_append_val(draws, draw);
    }
    return draws;
}

/* ---- watching a run ---- */

typedef struct {
    SrTimedWatchId watch;
    SrSpan most, least;
    bool seen;
    SrTime since[CLIENTS_MAX], accepted, first_none;
    uint32_t hint[CLIENTS_MAX]; /* that the latest key-request names */
    uint32_t started;           /* bits of clients */
    bool runs[CLIENTS_MAX], raced, accepting, asked;
    SrSpan age;
} Watcher;

static void
see(Watcher *watcher, SrSpan span)
{
    watcher->most = MAX(watcher->most, span);
    watcher->least = watcher->seen ? MIN(watcher->least, span) : span;
    watcher->seen = true;
}

static void
begin(Watcher *watcher, uint32_t client, SrTime t)
{
    watcher->since[client] = t;
    watcher->runs[client] = true;
}

static void
end(Watcher *watcher, uint32_t client, SrTime t, bool goes_on)
{
    if (!watcher->runs[client])
        return;
    see(watcher, t - watcher->since[client]);
    watcher->runs[client] = goes_on;
}

static void
watch_request(Watcher *watcher, const SrRecord *record, SrMsg request, SrMsg answer,
              SrMsg refusal)
{
    uint32_t client = record->node - SR_NODE_FIRST_CLIENT;

    if (record->node < SR_NODE_FIRST_CLIENT)
        return;
    /* An answer to an earlier request comes too late, and does nothing. */
    if (record->event == SR_EVENT_RECEIVE && record->msg == SR_MSG_KEY &&
        watcher->hint[client] != SR_HINT_ABSENT && record->hint != watcher->hint[client])
        return;
    if (record->event == SR_EVENT_SEND && record->msg == request) {
        watcher->hint[client] = record->hint;
        begin(watcher, client, record->t);
    } else if (record->event == SR_EVENT_RECEIVE &&
               (record->msg == answer || record->msg == refusal)) {
        end(watcher, client, record->t, false);
    }
}

static void
watch_document(Watcher *watcher, const SrRecord *record)
{
    bool sends = record->event == SR_EVENT_SEND && record->node == SR_NODE_SERVER;

    if (watcher->watch == SR_WATCH_ESTABLISH) {
        /* An owner that returns is told again. */
        if (sends && record->msg == SR_MSG_CREATE_ACCEPTED &&
            (!watcher->accepting || watcher->hint[0] != record->hint)) {
            watcher->accepted = record->t;
            watcher->hint[0] = record->hint;
            watcher->accepting = true;
        } else if (record->event == SR_EVENT_RELEASED) {
            watcher->accepting = false;
        } else if (record->event == SR_EVENT_ESTABLISHED && watcher->accepting) {
            see(watcher, record->t - watcher->accepted);
            watcher->accepting = false;
        }
        return;
    }
    if (sends && record->msg == SR_MSG_SESSION_NONE && !watcher->asked) {
        watcher->first_none = record->t;
        watcher->asked = true;
    } else if (!watcher->raced && watcher->asked && record->event == SR_EVENT_RECEIVE &&
               record->node == SR_NODE_SERVER && record->msg == SR_MSG_CREATE_SESSION) {
        see(watcher, record->t - watcher->first_none);
        watcher->raced = true;
    }
}

static void
watch_token(Watcher *watcher, const SrRecord *record)
{
    if (record->event == SR_EVENT_SEND && record->msg == SR_MSG_TOKEN)
        begin(watcher, record->peer - SR_NODE_FIRST_CLIENT, record->t);
    else if (record->event == SR_EVENT_TOKEN_JUDGED)
        end(watcher, record->peer - SR_NODE_FIRST_CLIENT, record->t, true);
}

static void
take_record(void *data, const SrRecord *record)
{
    Watcher *watcher = data;
    uint32_t client = record->node - SR_NODE_FIRST_CLIENT;

    switch (watcher->watch) {
    case SR_WATCH_WAIT:
        if (record->event == SR_EVENT_STATE && record->to == SR_CLIENT_WAITING)
            begin(watcher, client, record->t);
        else if (record->event == SR_EVENT_STATE && record->from == SR_CLIENT_WAITING)
            end(watcher, client, record->t, false);
        break;
    case SR_WATCH_TOKEN_REQUEST:
        watch_request(watcher, record, SR_MSG_TOKEN_REQUEST, SR_MSG_TOKEN,
                      SR_MSG_TOKEN_REFUSED);
        break;
    case SR_WATCH_KEY_REQUEST:
        watch_request(watcher, record, SR_MSG_KEY_REQUEST, SR_MSG_KEY, SR_MSG_KEY_REFUSED);
        break;
    case SR_WATCH_COLLABORATE:
        if (record->event == SR_EVENT_START && !(watcher->started >> client & 1)) {
            begin(watcher, client, record->t);
            watcher->started |= 1u << client;
        } else if (record->event == SR_EVENT_COLLABORATING) {
            end(watcher, client, record->t, false);
        }
        break;
    case SR_WATCH_ESTABLISH:
    case SR_WATCH_RACE:
        watch_document(watcher, record);
        break;
    case SR_WATCH_JUDGED:
        watch_token(watcher, record);
        break;
    case SR_WATCH_KEY_LOOKUP:
    case SR_WATCH_KEY_NEED:
        break;
    }
}

static void
take_sample(void *data, SrSweepMeasure measure, uint64_t value)
{
    Watcher *watcher = data;

    if (watcher->watch == SR_WATCH_KEY_LOOKUP && measure == SR_MEASURE_KEY_AGE)
        see(watcher, value);
}

/* ---- playing ---- */

static bool
play(const char *path, const char *text, SrTimedWatchId watch, Watcher *watcher,
     SrRunResult *result)
{
    g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
    g_autoptr(SrScenario) scenario =
        sr_scenario_parse(path, text, strlen(text), NULL, 0, diagnostics);
    g_autoptr(SrRun) run = NULL;
    SrRunOptions options = { .sample = take_sample, .sample_data = watcher };

    *watcher = (Watcher){ .watch = watch };
    if (watch != SR_WATCH_N && watch != SR_WATCH_KEY_LOOKUP && watch != SR_WATCH_KEY_NEED) {
        options.sink = take_record;
        options.sink_data = watcher;
    }
    if (scenario == NULL) {
        g_autoptr(GString) errors = g_string_new(NULL);

        sr_diagnostics_format(diagnostics, errors);
        g_info("%s", errors->str);
        return false;
    }
    run = sr_run_new(scenario);
    if (!sr_run_execute(run, scenario->seed, &options, result, NULL))
        return false;
    if (watch == SR_WATCH_KEY_NEED && result->key_need > 0)
        see(watcher, result->key_need - 1);
    return true;
}

static bool
attains(const TimedPath *path, const Watcher *watcher, bool most)
{
    SrSpan value = (SrSpan) path->value * path->unit;

    return watcher->seen && (most ? watcher->most : watcher->least) == value;
}

static void
set_offset(SrScenarioEdit *edit, const char *group, const SrClockSettings *clock, int64_t more)
{
    g_autofree char *offset = g_strdup_printf("%" PRId64 "ns", clock->offset_ns + more);

    sr_scenario_edit_set(edit, group, "clock-offset", offset);
}

/* Hints that name an instant: try @number of SEEDS looks at another phase of the provider's clock. */
static void
set_phase(SrScenarioEdit *edit, const Rules *rules, unsigned number)
{
    const SrEncryptionProviderSettings *keys = &rules->plan.scenario->encryption_provider;
    int64_t part = (int64_t) (keys->hint_resolution / SEEDS * number);

    set_offset(edit, "encryption-provider", &keys->clock, part);
}

/* Tokens that are refused: likewise another phase of the second, of both clocks. */
static void
set_second(SrScenarioEdit *edit, const Rules *rules, unsigned number)
{
    const SrScenario *scenario = rules->plan.scenario;
    int64_t more = (int64_t) (SR_NS_PER_S / SEEDS * number);

    set_offset(edit, "server", &scenario->server.clock, more);
    set_offset(edit, "token-provider", &scenario->token_provider.clock, more);
}

char *
sr_timed_replay(const Rules *rules, const TimedPath *path, SrTimedWatchId watch, bool most,
                SrCheckId check)
{
    const SrScenario *scenario = rules->plan.scenario;
    g_autoptr(SrScenarioEdit) edit = edit_scenario(rules);
    g_autoptr(GArray) draws = list_draws(rules, path);
    g_autofree char *fixed = sr_draws_text(scenario, draws), *title = NULL;
    g_autofree SrRunResult *result = g_new(SrRunResult, 1);
    Watcher watcher;

    title = check != SR_CHECK_N ? g_strdup_printf("How %s fails", sr_check_name(check))
                                : g_strdup_printf("The %s %s", most ? "greatest" : "least",
                                                  sr_timed_watch_name(watch));
    sr_scenario_edit_set(edit, "scenario", "title", title);
    /* The spans are those of a store that keeps the keys that are needed. */
    if (check == SR_CHECK_N && rules->plan.model->provider.keep == SR_KEEP_FOR)
        sr_scenario_edit_set(edit, "encryption-provider", "retention", "forever");
    for (unsigned seed = 0; seed <= SEEDS; seed++) {
        g_autofree char *number = g_strdup_printf("%u", MAX(seed, 1));
        g_autofree char *head = NULL, *text = NULL, *whole = NULL;
        g_autoptr(GString) verdict = g_string_new(NULL);

        if (rules->resolution > 0)
            set_phase(edit, rules, seed);
        if (rules->judged != 0)
            set_second(edit, rules, seed);
        sr_scenario_edit_set(edit, "scenario", "seed", number);
        sr_scenario_edit_set(edit, "scenario", "ties", seed == 0 ? "fifo" : "seeded");
        head = sr_scenario_edit_text(edit, NULL);
        text = g_strdup_printf("%s\n%s", head, fixed);
        if (!play(scenario->path, text, watch, &watcher, result))
            return NULL;
        if (check != SR_CHECK_N ? !(result->failed >> check & 1)
                                : !attains(path, &watcher, most))
            continue;
        sr_text_verdict(verdict, result->failed);
        sr_scenario_edit_set(edit, "expect", "verdict", verdict->str);
        whole = sr_scenario_edit_text(edit, NULL);
        return g_strdup_printf("%s\n%s", whole, fixed);
    }
    return NULL;
}

/* Where a step looks at instants: its guards. And what it does to registers and measures. */
#include "graph/graph-record-private.h"

/* ---- guards of what begins a step ---- */

void
sr_graph_look_at_alarm(Recorder *recorder, uint32_t alarm)
{
    const SrRun *run = recorder->run;
    const SrClient *core;
    uint32_t client;

    if (alarm >= sr_run_served_alarm(run) || alarm_timer(run, alarm, &client) != SR_TIMER_MAIN)
        return;
    core = &run->clients[client].core;
    if (core->state == SR_CLIENT_RECONNECTING && core->has_token && !core->fresh_token &&
        run->model->server.tokens)
        sr_graph_add_guard(
            recorder,
            (Op){ .kind = OP_IS_PAST,
                  .a = sr_graph_token_register(recorder, recorder->tokens.of_client[client]),
                  .b = (uint16_t) client },
            sr_run_local(run, SR_NODE_FIRST_CLIENT + client) >=
                sr_token_exp(&run->model->token, core->token) * (int64_t) SR_NS_PER_S);
}

static int64_t
age_of(const SrRun *run, uint32_t hint)
{
    return sr_run_local(run, SR_NODE_ENCRYPTION_PROVIDER) -
           run->world.provider.slots[hint].made_at;
}

void
sr_graph_look_at_expiry(Recorder *recorder, uint32_t hint)
{
    const SrRun *run = recorder->run;

    if (run->world.provider.slots[hint].live)
        sr_graph_add_guard(recorder, (Op){ .kind = OP_IS_OLD, .b = (uint16_t) hint },
                           age_of(run, hint) >= (int64_t) run->model->provider.keep_for);
}

/* A key whose hint is a tick may get the hint of one that was made in the same tick. */
void
sr_graph_look_at_request(Recorder *recorder, uint32_t slot)
{
    const SrRun *run = recorder->run;
    const SrMessage *request = &run->transit.whole[slot].message;
    const SrProviderRules *rules = &run->model->provider;
    const SrProvider *provider = &run->world.provider;
    const SrKeySlot now = { .made_at = sr_run_local(run, SR_NODE_ENCRYPTION_PROVIDER) };
    uint64_t hints = 0;
    unsigned n = 0, outcome = 0;

    if (rules->hints != SR_HINTS_TIMESTAMP || rules->kind == SR_PROVIDER_STATIC ||
        (request->flags & SR_MESSAGE_HINT) || request->key != SR_KEY_ABSENT)
        return;
    for (uint32_t hint = 1; hint <= provider->n_slots && hint <= SR_GRAPH_HINTS_MAX; hint++) {
        const SrKeySlot *key = &provider->slots[hint];

        if (key->document != sr_run_client_document(run, request->client) ||
            key->text != SR_HINT_TEXT_TIMESTAMP ||
            (rules->kind == SR_PROVIDER_DERIVED && provider->masters[hint] != provider->master))
            continue;
        hints |= UINT64_C(1) << hint;
        n++;
        recorder->lost |= n == SR_GRAPH_OUTCOMES_MAX;
        if (sr_provider_tick(rules, key) == sr_provider_tick(rules, &now))
            outcome = n;
    }
    sr_graph_add_guard(recorder, (Op){ .kind = OP_SAME_TICK, .c = hints }, outcome);
}

/* A client that crashes before it starts comes back no earlier than it would have started. */
void
sr_graph_look_at_entry(Recorder *recorder, uint32_t entry)
{
    const SrRun *run = recorder->run;
    const SrTimelineEntry *it = &g_array_index(run->scenario->timeline, SrTimelineEntry, entry);

    if (it->action != SR_FAULT_CRASH || it->duration == SR_TIME_NEVER ||
        it->target.first < SR_NODE_FIRST_CLIENT)
        return;
    for (uint32_t i = 0; i < it->target.n; i++)
        if (run->clients[it->target.first + i - SR_NODE_FIRST_CLIENT].core.state ==
            SR_CLIENT_IDLE)
            recorder->lost = true;
}

/* ---- within a step ---- */

void
sr_graph_on_opened(void *data, uint32_t client)
{
    const Recorder *recorder = data;
    uint32_t lanes = recorder->graph->registers.lanes + client * SR_DIRECTION_N;

    sr_graph_add(data, (Op){ .kind = OP_REOPEN,
                             .a = (uint16_t) (lanes + SR_DIRECTION_OUT(SR_NODE_SERVER)),
                             .b = (uint16_t) (lanes + SR_DIRECTION_IN(SR_NODE_SERVER)) });
}

void
sr_graph_on_acts(void *data, uint32_t service, uint32_t slot, const SrMessage *message)
{
    Recorder *recorder = data;
    const SrRun *run = recorder->run;
    const SrProviderRules *rules = &run->model->provider;
    uint32_t newest;

    if (recorder->lost)
        return;
    sr_graph_settle_act(recorder);
    if (service == SR_NODE_TOKEN_PROVIDER) {
        sr_graph_sign(recorder, message->client, message->request);
    } else if (service == SR_NODE_SERVER) {
        recorder->has_act = true;
        recorder->act = *message;
        recorder->act_token =
            message->token != SR_TOKEN_NONE ? recorder->tokens.of_slot[slot] : 0;
    } else if (message->type == SR_MSG_KEY_REQUEST && message->hint == SR_HINT_ABSENT &&
               rules->reuse && rules->kind != SR_PROVIDER_STATIC) {
        newest =
            run->world.provider.documents[sr_run_client_document(run, message->client)].last;
        if (newest != 0)
            sr_graph_add_guard(recorder, (Op){ .kind = OP_IS_FRESH, .b = (uint16_t) newest },
                               age_of(run, newest) < (int64_t) rules->reuse_for);
    }
}

/* Until an instant of the file a client cannot reach the server. */
void
sr_graph_on_steps(void *data, uint32_t client)
{
    Recorder *recorder = data;
    const SrRun *run = recorder->run;
    SrTime now = sr_graph_now(recorder);

    if (run->blocked_until != NULL && run->blocked_until[client] > 0)
        sr_graph_add_guard(recorder,
                           (Op){ .kind = OP_IS_BEFORE, .c = run->blocked_until[client] },
                           now < run->blocked_until[client]);
    if (run->server_down_until > 0)
        sr_graph_add_guard(recorder, (Op){ .kind = OP_IS_BEFORE, .c = run->server_down_until },
                           now < run->server_down_until);
}

static void
set_register(Recorder *recorder, uint32_t at)
{
    sr_graph_add(recorder, (Op){ .kind = OP_SET, .a = (uint16_t) at });
}

static void
judge_token(Recorder *recorder, const SrAction *note)
{
    const SrTokenRules *rules = &recorder->run->model->token;
    int64_t second = note->when, token = note->message.token;
    bool own = note->msg == SR_MSG_CONNECT || note->msg == SR_MSG_TOKEN_UPDATE;
    uint32_t name = own ? recorder->act_token : recorder->tokens.of_server[note->peer];

    if (token == SR_TOKEN_NONE || name == 0 || !recorder->has_act) {
        recorder->lost = true;
        return;
    }
    sr_graph_add_guard(recorder,
                       (Op){ .kind = OP_JUDGE, .a = sr_graph_token_register(recorder, name) },
                       sr_graph_faults(rules, token, second));
}

void
sr_graph_on_noted(void *data, const SrAction *note)
{
    Recorder *recorder = data;
    const Registers *registers = &recorder->graph->registers;
    uint32_t i = note->peer, hint = note->message.hint, key = note->message.key;
    const SrTallyClient *client;

    if (recorder->lost)
        return;
    switch ((SrEvent) note->event) {
    case SR_EVENT_START:
    case SR_EVENT_COLLABORATING:
    case SR_EVENT_FAILED:
        client = &recorder->run->tally.clients[i];
        if (note->event == SR_EVENT_START && !client->started)
            set_register(recorder, registers->start + i);
        else if (note->event == SR_EVENT_COLLABORATING && !client->collaborated)
            set_register(recorder, registers->collaborating + i);
        else if (note->event == SR_EVENT_FAILED && !client->failed)
            set_register(recorder, registers->failed + i);
        break;
    case SR_EVENT_KEY_MADE:
    case SR_EVENT_KEY_DISCARDED:
        if (hint > SR_GRAPH_HINTS_MAX || key > SR_GRAPH_HINTS_MAX) {
            recorder->lost = true;
        } else if (note->event == SR_EVENT_KEY_MADE) {
            set_register(recorder, registers->made + hint);
            set_register(recorder, registers->key_made + key);
        } else {
            set_register(recorder, registers->key_gone + key);
        }
        break;
    case SR_EVENT_TOKEN_JUDGED:
        judge_token(recorder, note);
        break;
    default: /* nothing is kept of the others */
        break;
    }
}

void
sr_graph_on_looked_up(void *data, uint32_t hint)
{
    sr_graph_add(data, (Op){ .kind = OP_AGE, .b = (uint16_t) hint });
}

void
sr_graph_on_needed(void *data, uint32_t hint)
{
    sr_graph_add(data, (Op){ .kind = OP_NEED, .b = (uint16_t) hint });
}

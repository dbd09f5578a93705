/* The clients of a run: their steps, their alarms, and changes of their clocks. */
#include "run/run-private.h"

/* ---- clients ---- */

static void
set_timer(SrRun *run, uint32_t client, SrTimer timer, SrTime at)
{
    /* A run ends although renewals are still scheduled. */
    bool background = timer == SR_TIMER_RENEW || timer == SR_TIMER_RENEW_TIMEOUT;

    if (at != SR_TIME_NEVER)
        sr_engine_set_alarm(run->engine, client_alarm(run, client, timer), at, background);
    else
        sr_engine_stop_alarm(run->engine, client_alarm(run, client, timer));
}

static SrSpan
draw_derive(SrRun *run, uint32_t client, unsigned n_keys)
{
    const SrDistribution *derive =
        &g_array_index(run->scenario->clients, SrClientGroup, run->clients[client].group)
             .derive;
    SrSpan span = 0;

    if (derive->constant && !run->by_name)
        return derive->floor * n_keys;
    for (unsigned i = 0; i < n_keys; i++) {
        uint32_t number = run->clients[client].derivations++;
        SrStream stream =
            sr_run_stream(run, SR_DRAW_DERIVE, run->clients[client].hash, number);

        span += sr_run_settle_span(run, SR_DRAW_DERIVE, client, number,
                                   sr_distribution_sample(derive, &stream));
    }
    return span;
}

/* The server sees the loss only after `detect-loss`. */
static void
detect_later(SrRun *run, uint32_t client, const SrMessage *closed)
{
    SrMessage lost = *closed;
    uint32_t slot;

    lost.client = client;
    slot = sr_transit_put(&run->transit, &lost, 0, 0);
    sr_engine_schedule(run->engine,
                       sr_engine_now(run->engine) + run->scenario->server.detect_loss,
                       event_payload(EV_DETECT, 0, slot));
}

void
sr_run_client_pend(SrRun *run, uint32_t client, const SrAction *action)
{
    SrTime now = sr_engine_now(run->engine);

    switch ((SrActionKind) action->kind) {
    case SR_ACTION_OPEN:
        sr_run_forget_arrivals(run, client);
        break;
    case SR_ACTION_CLOSE:
        detect_later(run, client, &action->message);
        break;
    case SR_ACTION_TIMER:
        set_timer(run, client, (SrTimer) action->timer, now + (SrSpan) action->when);
        break;
    case SR_ACTION_DERIVE:
        set_timer(run, client, SR_TIMER_MAIN, now + draw_derive(run, client, action->n));
        break;
    case SR_ACTION_TIMER_AT:
        if (run->renew_at != NULL)
            run->renew_at[client] = action->when;
        set_timer(run, client, (SrTimer) action->timer,
                  sr_run_when_local(run, SR_NODE_FIRST_CLIENT + client, action->when));
        break;
    case SR_ACTION_TIMER_STOP:
        if (action->timer == SR_TIMER_RENEW && run->renew_at != NULL)
            run->renew_at[client] = INT64_MIN;
        sr_engine_stop_alarm(run->engine, client_alarm(run, client, (SrTimer) action->timer));
        break;
    case SR_ACTION_SEND:
    case SR_ACTION_NOTE:
    case SR_ACTION_GENERATE:
    case SR_ACTION_LOOKUP:
    case SR_ACTION_ATTACH:
    case SR_ACTION_ANSWER_ATTACHED:
    case SR_ACTION_EXPIRE:
    case SR_ACTION_REPLICATE:
        g_assert_not_reached();
    }
}

/* ---- steps ---- */

static bool
is_reachable(const SrRun *run, uint32_t client)
{
    return !sr_run_server_is_down(run) &&
           (run->blocked_until == NULL ||
            sr_engine_now(run->engine) >= run->blocked_until[client]);
}

void
sr_run_step_client(SrRun *run, uint32_t client, SrClientInput input)
{
    const SrClientView view = { .local_ns = sr_run_local(run, SR_NODE_FIRST_CLIENT + client),
                                .index = client,
                                .reachable = is_reachable(run, client) };

    if (G_UNLIKELY(run->watch != NULL))
        run->watch->steps(run->watch->data, client);
    sr_run_drive_client(run, &input, &view);
}

static void
fire_timer(SrRun *run, uint32_t client, SrTimer timer)
{
    SrClientInput input = { .kind = SR_INPUT_TIMER, .timer = (uint8_t) timer };

    if (run->clients[client].core.state == SR_CLIENT_IDLE)
        input.kind = SR_INPUT_START;
    if (timer == SR_TIMER_RENEW && run->renew_at != NULL)
        run->renew_at[client] = INT64_MIN;
    sr_run_step_client(run, client, input);
}

void
sr_run_alarm(SrRun *run, uint32_t alarm)
{
    if (alarm < sr_run_served_alarm(run)) {
        uint32_t client;
        SrTimer timer = alarm_timer(run, alarm, &client);

        fire_timer(run, client, timer);
    } else if (alarm == sr_run_served_alarm(run)) {
        sr_run_served(run, SR_NODE_SERVER);
    } else {
        sr_world_server_timeout(&run->world, alarm - sr_run_establish_alarm(run, 0));
    }
}

/* ---- clocks ---- */

void
sr_run_aim_anew(SrRun *run, uint32_t node)
{
    if (node >= SR_NODE_FIRST_CLIENT) {
        uint32_t client = node - SR_NODE_FIRST_CLIENT;

        if (run->renew_at[client] != INT64_MIN)
            set_timer(run, client, SR_TIMER_RENEW,
                      sr_run_when_local(run, node, run->renew_at[client]));
        return;
    }
    if (node != SR_NODE_ENCRYPTION_PROVIDER || run->model->provider.keep != SR_KEEP_FOR)
        return;
    /* The old event will find that the key is too young or gone, and at worst schedules another
     * check. */
    for (uint32_t document = 0; document < run->world.provider.n_documents; document++)
        for (uint32_t hint = run->world.provider.documents[document].first; hint != 0;
             hint = run->world.provider.slots[hint].next) {
            int64_t local = run->world.provider.slots[hint].made_at +
                            (int64_t) run->model->provider.keep_for;
            SrTime at = sr_run_when_local(run, node, local);

            if (at != SR_TIME_NEVER)
                sr_engine_schedule_background(run->engine, at,
                                              event_payload(EV_EXPIRE, 0, hint));
        }
}

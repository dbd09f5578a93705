/* Faults of the timeline, and the correction of clocks. Source: sections 5, 7 and 8 of the
 * protocol. */
#include "run/run-private.h"

bool
sr_run_server_is_down(const SrRun *run)
{
    return run->server_down || sr_engine_now(run->engine) < run->server_down_until;
}

/* ---- clients ---- */

/* "A fault on a client that has not started, crashed, failed or closed has no effect." */
static bool
is_alive(uint8_t state)
{
    return state != SR_CLIENT_IDLE && state < SR_CLIENT_FAILED;
}

static void
lose_connection(SrRun *run, uint32_t client, SrReason reason)
{
    if (run->clients[client].core.open)
        sr_run_step_client(
            run, client, (SrClientInput){ .kind = SR_INPUT_LOST, .reason = (uint8_t) reason });
}

/* Its page is gone, with whatever somebody's own provider kept there. */
static void
forget_page(SrRun *run, uint32_t client)
{
    if (run->call_texts != NULL)
        sr_run_exec_gone(run, client);
}

static void
crash_client(SrRun *run, uint32_t client, SrSpan duration)
{
    uint8_t state = run->clients[client].core.state;
    SrTime end = duration == SR_TIME_NEVER ? 0 : sr_engine_now(run->engine) + duration;

    /* A crash before the start cancels the start. A client that is neither idle nor alive is
     * only kept from connecting. */
    if (state != SR_CLIENT_IDLE && !is_alive(state)) {
        if (duration != SR_TIME_NEVER)
            run->blocked_until[client] = MAX(run->blocked_until[client], end);
        return;
    }
    sr_run_step_client(run, client, (SrClientInput){ .kind = SR_INPUT_CRASH });
    if (state != SR_CLIENT_IDLE)
        forget_page(run, client);
    run->clients[client].open_crash = duration == SR_TIME_NEVER;
    if (duration == SR_TIME_NEVER)
        return;
    if (state == SR_CLIENT_IDLE)
        end = MAX(end, sr_run_draw_start(run, client));
    sr_engine_schedule(run->engine, end, event_payload(EV_RESTART, client, 0));
}

void
sr_run_restart_client(SrRun *run, uint32_t client)
{
    if (run->clients[client].core.state == SR_CLIENT_CRASHED)
        sr_run_step_client(run, client, (SrClientInput){ .kind = SR_INPUT_START });
}

static void
fault_client(SrRun *run, const SrTimelineEntry *entry, uint32_t client)
{
    SrTime now = sr_engine_now(run->engine);

    switch (entry->action) {
    case SR_FAULT_CRASH:
        crash_client(run, client, entry->duration);
        break;
    case SR_FAULT_RESTART:
        if (run->clients[client].open_crash)
            sr_run_restart_client(run, client);
        run->clients[client].open_crash = false;
        break;
    case SR_FAULT_DISCONNECT:
        if (entry->duration != SR_TIME_NEVER)
            run->blocked_until[client] = MAX(run->blocked_until[client], now + entry->duration);
        lose_connection(run, client, SR_REASON_DISCONNECT);
        break;
    case SR_FAULT_CLOSE:
        if (!is_alive(run->clients[client].core.state))
            break;
        sr_run_step_client(run, client, (SrClientInput){ .kind = SR_INPUT_CLOSE });
        forget_page(run, client);
        break;
    case SR_FAULT_PARTITION: {
        SrTime *until = &run->partition_until[client * SR_SERVICE_N + entry->peer];

        *until = MAX(*until, now + entry->duration);
        break;
    }
    case SR_FAULT_OUTAGE:
    case SR_FAULT_SLOW:
    case SR_FAULT_STEP_CLOCK:
    case SR_FAULT_SYNC_CLOCK:
    case SR_FAULT_UPGRADE:
    case SR_FAULT_ROTATE_MASTER:
        g_assert_not_reached();
    }
}

/* ---- services ---- */

static void
crash_server(SrRun *run, SrSpan duration)
{
    bool was_down = sr_run_server_is_down(run);

    if (duration == SR_TIME_NEVER)
        run->server_down = true;
    else
        run->server_down_until =
            MAX(run->server_down_until, sr_engine_now(run->engine) + duration);
    if (was_down)
        return;
    sr_run_drop_waiting(run);
    sr_world_server_crash(&run->world);
    for (uint32_t client = 0; client < run->model->n_clients; client++)
        lose_connection(run, client, SR_REASON_SERVER_CRASH);
}

static void
fault_service(SrRun *run, const SrTimelineEntry *entry, uint32_t service)
{
    Service *it = &run->services[service];
    SrTime now = sr_engine_now(run->engine);

    switch (entry->action) {
    case SR_FAULT_CRASH:
        crash_server(run, entry->duration);
        break;
    case SR_FAULT_RESTART:
        run->server_down = false;
        break;
    case SR_FAULT_OUTAGE:
        it->outage_until = MAX(it->outage_until, now + entry->duration);
        break;
    case SR_FAULT_SLOW:
        /* This only says that such entries exist; draw_processing() reads the timeline itself.
         */
        it->n_slows++;
        break;
    case SR_FAULT_UPGRADE:
        sr_world_server_upgrade(&run->world);
        for (uint32_t client = 0; client < run->model->n_clients; client++)
            if (is_alive(run->clients[client].core.state))
                forget_page(run, client);
        break;
    case SR_FAULT_ROTATE_MASTER:
        sr_world_provider_rotate(&run->world);
        break;
    case SR_FAULT_DISCONNECT:
    case SR_FAULT_CLOSE:
    case SR_FAULT_PARTITION:
    case SR_FAULT_STEP_CLOCK:
    case SR_FAULT_SYNC_CLOCK:
        g_assert_not_reached();
    }
}

/* ---- clocks ---- */

static void
fault_clock(SrRun *run, const SrTimelineEntry *entry, uint32_t node)
{
    int64_t before = sr_run_local(run, node);

    if (entry->action == SR_FAULT_STEP_CLOCK)
        sr_clock_step(sr_run_clock(run, node), entry->delta_ns);
    else
        sr_clock_sync(sr_run_clock(run, node), sr_engine_now(run->engine));
    sr_run_measure_clock(run, node, before);
    sr_run_record_clock(run, node);
    sr_run_aim_anew(run, node);
}

static const SrClockSettings *
clock_settings(const SrRun *run, uint32_t node)
{
    if (node < SR_SERVICE_N)
        return &run->model->service_clock[node];
    return &g_array_index(run->scenario->clients, SrClientGroup,
                          run->clients[node - SR_NODE_FIRST_CLIENT].group)
                .clock;
}

void
sr_run_ntp(SrRun *run, uint32_t node)
{
    const SrClockSettings *settings = clock_settings(run, node);
    SrTime now = sr_engine_now(run->engine);
    uint64_t subject = node < SR_SERVICE_N ? run->model->service_hash[node]
                                           : run->clients[node - SR_NODE_FIRST_CLIENT].hash;
    uint64_t number = now / settings->ntp_interval;
    SrStream stream = sr_run_seldom_stream(run, SR_DRAW_NTP, subject, number);
    int64_t noise = (int64_t) sr_stream_below(&stream, 2 * settings->ntp_error + 1) -
                    (int64_t) settings->ntp_error;
    int64_t before = sr_run_local(run, node);

    sr_clock_correct(sr_run_clock(run, node), now,
                     sr_run_settle(run, SR_DRAW_NTP, node, number, noise));
    sr_run_measure_clock(run, node, before);
    sr_run_record_clock(run, node);
    sr_run_aim_anew(run, node);
    sr_engine_schedule_background(run->engine, now + settings->ntp_interval,
                                  event_payload(EV_NTP, 0, node));
}

/* ---- all ---- */

void
sr_run_timeline(SrRun *run, uint32_t index)
{
    const GArray *timeline = run->scenario->timeline;
    const SrTimelineEntry *entry =
        index < timeline->len
            ? &g_array_index(timeline, SrTimelineEntry, index)
            : &g_array_index(run->chaos, SrTimelineEntry, index - timeline->len);

    if (index < timeline->len)
        run->started[index] = true;
    for (uint32_t i = 0; i < entry->target.n; i++) {
        uint32_t node = entry->target.first + i;

        sr_run_record_fault(run, node, entry->action);
        if (entry->action == SR_FAULT_STEP_CLOCK || entry->action == SR_FAULT_SYNC_CLOCK)
            fault_clock(run, entry, node);
        else if (node < SR_SERVICE_N)
            fault_service(run, entry, node);
        else
            fault_client(run, entry, node - SR_NODE_FIRST_CLIENT);
    }
}

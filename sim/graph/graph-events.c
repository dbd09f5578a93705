/* Which events a run has: by which rule each gets its instant, and what it looks at when it comes. */
#include "graph/graph-record-private.h"

#include "schema/wire.h"

static void
push_arrival(Recorder *recorder, uint32_t slot, G_GNUC_UNUSED SrTime at)
{
    const SrMessage *message = &recorder->run->transit.whole[slot].message;
    SrMsgSchema schema = sr_msg_schema((SrMsg) message->type);
    unsigned direction =
        schema.outward ? SR_DIRECTION_OUT(schema.service) : SR_DIRECTION_IN(schema.service);
    uint32_t client = message->client;
    bool stale = direction == SR_DIRECTION_IN(SR_NODE_SERVER) &&
                 message->conn != recorder->run->clients[client].core.conn;
    bool in_order = sr_graph_link(recorder, client, direction)->ordered && !stale;

    recorder->told = direction == SR_DIRECTION_IN(SR_NODE_SERVER) ? client + 1 : 0;
    sr_graph_push_drawn(recorder, in_order ? recorder->graph->registers.lanes +
                                                 client * SR_DIRECTION_N + direction
                                           : SR_GRAPH_NO_LANE);
}

static void
push_processing(Recorder *recorder, G_GNUC_UNUSED uint32_t b, G_GNUC_UNUSED SrTime at)
{
    sr_graph_push_drawn(recorder, SR_GRAPH_NO_LANE);
}

static void
push_alarm(Recorder *recorder, uint32_t alarm, SrTime at)
{
    const SrRun *run = recorder->run;
    uint32_t client;

    if (alarm < sr_run_served_alarm(run) && alarm_timer(run, alarm, &client) == SR_TIMER_RENEW)
        sr_graph_add(recorder, (Op){ .kind = OP_PUSH_RENEWAL,
                                     .a = sr_graph_token_register(
                                         recorder, sr_graph_token_of_client(recorder, client)),
                                     .b = (uint16_t) client,
                                     .d = &run->model->settings[run->clients[client].group] });
    else if (recorder->n_draws > 0 || recorder->spanned)
        sr_graph_push_drawn(recorder, SR_GRAPH_NO_LANE);
    else
        sr_graph_push_constant(recorder, at);
}

static void
push_expiry(Recorder *recorder, uint32_t hint, G_GNUC_UNUSED SrTime at)
{
    sr_graph_add(recorder, (Op){ .kind = OP_PUSH_EXPIRY, .b = (uint16_t) hint });
}

static void
push_span(Recorder *recorder, G_GNUC_UNUSED uint32_t b, SrTime at)
{
    sr_graph_push_constant(recorder, at);
}

/* clang-format off */
static const GraphEvent events[] = {
    [EV_RESTART]    = { push_span,       NULL,                     false },
    [EV_TIMELINE]   = { push_span,       sr_graph_look_at_entry,   false },
    [EV_ARRIVE]     = { push_arrival,    sr_graph_look_at_answer,  true },
    [EV_SHARED]     = { NULL,            NULL,                     false },
    [EV_SERVED]     = { push_processing, NULL,                     false },
    [EV_READY]      = { push_processing, sr_graph_look_at_request, true },
    [EV_ALARM]      = { push_alarm,      sr_graph_look_at_alarm,   false },
    [EV_DETECT]     = { push_span,       NULL,                     true },
    [EV_WAKE]       = { NULL,            NULL,                     false },
    [EV_NTP]        = { NULL,            NULL,                     false },
    [EV_EXPIRE]     = { push_expiry,     sr_graph_look_at_expiry,  false },
    [EV_REPLICATED] = { NULL,            NULL,                     false },
    [EV_ROTATE]     = { push_span,       NULL,                     false },
    [EV_CHILD]      = { NULL,            NULL,                     false },
    [EV_ANSWER]     = { NULL,            NULL,                     false },
    [EV_CHOOSE]     = { NULL,            NULL,                     false },
};
/* clang-format on */

const GraphEvent *
sr_graph_event(uint64_t payload)
{
    return &events[payload >> 56];
}

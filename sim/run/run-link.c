/* Links and services: a message is sent, spends its time on a link, arrives, waits and is
 * processed. Source: section 4. */
#include "run/run-private.h"

#include "schema/wire.h"

/* The direction in which @message travels. */
static inline unsigned
direction_of(const SrMessage *message)
{
    SrMsgSchema schema = sr_msg_schema((SrMsg) message->type);

    return schema.outward ? SR_DIRECTION_OUT(schema.service) : SR_DIRECTION_IN(schema.service);
}

/* ---- sending ---- */

/* Returns: how many times in a row @link loses a message, drawn from a stream of its own */
unsigned
sr_run_count_losses(SrStream stream, const SrLinkSettings *link)
{
    unsigned n = 0;

    while (n < link->losses_max && (uint32_t) (sr_stream_next(&stream) >> 32) < link->loss)
        n++;
    return n;
}

/* The delay by the retransmissions of an ordered link: rto·(2ⁿ − 1), limited to what a run can
 * reach. */
SrSpan
sr_run_retransmission_time(SrSpan rto, unsigned n)
{
    if (n >= 40 || (rto << n) >> n != rto || rto << n > 2 * SR_SPAN_MAX)
        return 2 * SR_SPAN_MAX;
    return rto * ((UINT64_C(1) << n) - 1);
}

static SrSpan
transmission_time(const SrRun *run, const SrLinkSettings *link, const SrMessage *message)
{
    if (!(message->flags & SR_MESSAGE_CONTENT))
        return 0;

    uint32_t document = sr_run_client_document(run, message->client);
    uint64_t bytes =
        g_array_index(run->scenario->documents, SrDocumentSettings, document).content_bytes +
        28;
    unsigned __int128 bits = (unsigned __int128) bytes * 8 * SR_NS_PER_S;
    unsigned __int128 time = (bits + link->bandwidth_bps - 1) / link->bandwidth_bps;

    return time > 2 * SR_SPAN_MAX ? 2 * SR_SPAN_MAX : (SrSpan) time;
}

/* A @direction for messages that may arrive in any order within one nanosecond. */
#define UNORDERED UINT32_MAX

/* Returns: the event in which @message arrives, in a large run */
static __attribute__((noinline)) uint64_t
make_compact_arrival(SrRun *run, const SrMessage *message, uint64_t id, uint32_t number)
{
    unsigned direction = direction_of(message);

    if (direction == SR_DIRECTION_IN(SR_NODE_SERVER)) {
        uint32_t slot = sr_transit_share(&run->transit, message, (uint32_t) id);

        if (slot != SR_NO_SLOT)
            return event_payload(EV_SHARED, message->client, slot);
    }
    /* Only services name draws by the number of the message they receive. */
    if (direction % 2 == 1)
        number = 0;
    return event_payload(EV_ARRIVE, 0, sr_transit_put(&run->transit, message, id, number));
}

static inline void
schedule_arrival(SrRun *run, SrTime at, const SrMessage *message, uint64_t id, uint32_t number,
                 uint32_t direction)
{
    uint64_t payload;

    if (G_UNLIKELY(run->transit.packs))
        payload = make_compact_arrival(run, message, id, number);
    else
        payload =
            event_payload(EV_ARRIVE, 0, sr_transit_put(&run->transit, message, id, number));
    if (direction == UNORDERED)
        sr_engine_schedule(run->engine, at, payload);
    else
        sr_engine_schedule_in_order(run->engine, at, payload,
                                    (uint64_t) message->client * SR_DIRECTION_N + direction +
                                        1);
}

/* A message arrives no earlier than the one before it in its direction. Order holds within one
 * connection: a message sent on an older one is lost and delays nothing.
 *
 * Returns: when a message that would arrive at @arrival does arrive */
static inline SrTime
keep_order(SrRun *run, uint32_t direction, const SrMessage *message, SrTime arrival)
{
    RunClient *client = &run->clients[message->client];

    /* A client sends on its present connection. */
    if (direction == SR_DIRECTION_IN(SR_NODE_SERVER) && message->conn != client->core.conn)
        return arrival;
    return client->directions[direction].last =
               MAX(arrival, client->directions[direction].last);
}

void
sr_run_forget_arrivals(SrRun *run, uint32_t client)
{
    RunDirection *directions = run->clients[client].directions;

    if (G_UNLIKELY(run->watch != NULL))
        run->watch->opened(run->watch->data, client);
    directions[SR_DIRECTION_OUT(SR_NODE_SERVER)].last = 0;
    directions[SR_DIRECTION_IN(SR_NODE_SERVER)].last = 0;
}

/* ---- crossing the link ---- */

/* @message is lost on the link to @node, or on arrival there; @id: the lower half of its id. */
static __attribute__((noinline)) void
record_loss(SrRun *run, uint32_t node, uint32_t peer, const SrMessage *message, uint32_t id,
            SrReason reason)
{
    SrMessage lost = *message;

    lost.reason = (uint8_t) reason;
    sr_world_lose(&run->world, node, peer, &lost, sr_run_message_id(run, id));
}

/* A message that the link loses. */
static void
lose_on_link(SrRun *run, uint32_t direction, const SrMessage *message, uint64_t id,
             SrReason reason)
{
    uint32_t client = SR_NODE_FIRST_CLIENT + message->client, service = direction / 2;
    bool outward = direction % 2 == 0;

    record_loss(run, outward ? service : client, outward ? client : service, message,
                (uint32_t) id, reason);
}

/* Whether the scenario fixes that draw. */
static bool
is_fixed(const SrRun *run, unsigned id, uint32_t client, uint32_t number)
{
    return sr_run_find_draw(run, id, SR_NODE_FIRST_CLIENT + client, number) != NULL;
}

/* A draw that has come out as @drawn; see sr_run_settle(). */
static inline int64_t
settle(const SrRun *run, bool by_name, unsigned id, uint32_t client, uint32_t number,
       int64_t drawn)
{
    return by_name
               ? sr_run_settle_by_name(run, id, SR_NODE_FIRST_CLIENT + client, number, drawn)
               : drawn;
}

/* Returns: how many times in a row the link loses message @number of @client */
static inline unsigned
draw_losses(const SrRun *run, bool by_name, const SrLinkSettings *link, uint32_t direction,
            uint32_t client, uint32_t number)
{
    unsigned id = SR_DRAW_LOSS + direction;
    SrStream stream;

    if (link->loss == 0 && (!by_name || !is_fixed(run, id, client, number)))
        return 0;
    stream = sr_run_seldom_stream(run, id, run->clients[client].hash, number);
    return (unsigned) settle(run, by_name, id, client, number,
                             sr_run_count_losses(stream, link));
}

/* Returns: what the copy of message @number of @client takes on the link, since it draws its own
 * time; SR_DRAW_NO when there is none */
static inline int64_t
draw_copy(const SrRun *run, bool by_name, const SrLinkSettings *link, uint32_t direction,
          uint32_t client, uint32_t number)
{
    unsigned id = SR_DRAW_DUPLICATE + direction;
    int64_t copy = SR_DRAW_NO;
    SrStream stream;

    if (link->duplicate == 0 && (!by_name || !is_fixed(run, id, client, number)))
        return SR_DRAW_NO;
    stream = sr_run_seldom_stream(run, id, run->clients[client].hash, number);
    if ((uint32_t) (sr_stream_next(&stream) >> 32) < link->duplicate)
        copy = (int64_t) sr_distribution_sample(&link->latency, &stream);
    return settle(run, by_name, id, client, number, copy);
}

/* Returns: when a message can leave that is sent now: after a partition, and when the link is
 * free */
static inline SrTime
departure(SrRun *run, const SrLinkSettings *link, uint32_t direction, const SrMessage *message)
{
    SrTime depart = sr_engine_now(run->engine);

    if (run->partition_until != NULL)
        depart =
            MAX(depart, run->partition_until[message->client * SR_SERVICE_N + direction / 2]);
    if (link->bandwidth_bps != 0) {
        SrTime *free_at = &run->free_at[message->client * SR_DIRECTION_N + direction];

        depart = MAX(depart, *free_at) + transmission_time(run, link, message);
        *free_at = depart;
    }
    return depart;
}

/* Sends a message over a link that may lose, repeat or delay it. @by_name is known where this is
 * called, so that only one of the two pays for names. */
static inline __attribute__((always_inline)) void
cross(SrRun *run, bool by_name, const SrLinkSettings *link, uint32_t direction,
      const SrMessage *message, uint64_t id, uint32_t number)
{
    uint32_t client = message->client;
    SrTime depart, arrival;
    SrStream stream;
    unsigned n;
    int64_t copy;

    if (run->partition_until != NULL && !link->ordered &&
        run->partition_until[client * SR_SERVICE_N + direction / 2] >
            sr_engine_now(run->engine)) {
        lose_on_link(run, direction, message, id, SR_REASON_PARTITION);
        return;
    }
    depart = departure(run, link, direction, message);
    stream = sr_run_stream(run, SR_DRAW_LATENCY + direction, run->clients[client].hash, number);
    arrival =
        depart + (SrSpan) settle(run, by_name, SR_DRAW_LATENCY + direction, client, number,
                                 (int64_t) sr_distribution_sample(&link->latency, &stream));
    n = draw_losses(run, by_name, link, direction, client, number);
    if (n > 0 && !link->ordered) {
        lose_on_link(run, direction, message, id, SR_REASON_LOSS);
        return;
    }
    if (n > 0)
        arrival += sr_run_retransmission_time(link->rto, n);
    if (link->ordered) {
        schedule_arrival(run, keep_order(run, direction, message, arrival), message, id, number,
                         direction);
        return;
    }
    schedule_arrival(run, arrival, message, id, number, UNORDERED);
    copy = draw_copy(run, by_name, link, direction, client, number);
    if (copy != SR_DRAW_NO)
        schedule_arrival(run, depart + (SrSpan) copy, message, id, number, UNORDERED);
}

/* Not inlined, so that the common case stays short. */
static __attribute__((noinline)) void
cross_faulty_link(SrRun *run, const SrLinkSettings *link, uint32_t direction,
                  const SrMessage *message, uint64_t id, uint32_t number)
{
    cross(run, false, link, direction, message, id, number);
}

/* Draws are fixed or told, or the order is chosen: then links take no time. */
static __attribute__((noinline)) void
cross_by_name(SrRun *run, const SrLinkSettings *link, uint32_t direction,
              const SrMessage *message, uint64_t id, uint32_t number)
{
    const SrDraw draw = { .id = (SrDrawId) (SR_DRAW_LATENCY + direction),
                          .subject = SR_NODE_FIRST_CLIENT + message->client,
                          .number = number };
    uint32_t slot;

    if (!sr_run_is_ordered(run)) {
        cross(run, true, link, direction, message, id, number);
        return;
    }
    slot = sr_transit_put(&run->transit, message, id, number);
    if (!sr_run_order_message(run, event_payload(EV_ARRIVE, 0, slot), &draw, message))
        sr_engine_schedule(run->engine, sr_engine_now(run->engine),
                           event_payload(EV_ARRIVE, 0, slot));
}

/* Whether @link is ordered and delays messages by its latency alone, which no name fixes. */
static inline bool
is_latency_only(const SrRun *run, const SrLinkSettings *link)
{
    return !run->watched && link->ordered && (link->bandwidth_bps | link->loss) == 0;
}

void
sr_run_transmit(SrRun *run, unsigned direction, const SrMessage *message)
{
    RunClient *client = &run->clients[message->client];
    const SrLinkSettings *link =
        &sr_model_links(run->model, message->client, client->group)->directions[direction];
    uint64_t id = run->world.message_ids;
    uint32_t number = client->directions[direction].number++;

    if (G_UNLIKELY(!is_latency_only(run, link))) {
        if (run->by_name)
            cross_by_name(run, link, direction, message, id, number);
        else
            cross_faulty_link(run, link, direction, message, id, number);
        return;
    }

    SrStream stream = sr_run_stream(run, SR_DRAW_LATENCY + direction, client->hash, number);
    SrTime arrival =
        sr_engine_now(run->engine) + sr_distribution_sample(&link->latency, &stream);

    schedule_arrival(run, keep_order(run, direction, message, arrival), message, id, number,
                     direction);
}

/* ---- services ---- */

/* The service acts on the message in @slot, when the processing of it ends. */
static void
act(SrRun *run, uint32_t service, uint32_t slot)
{
    SrMessage message = sr_transit_message(&run->transit, slot);
    uint32_t number = sr_transit_number(&run->transit, slot);
    uint32_t id = sr_transit_id(&run->transit, slot);

    sr_transit_free(&run->transit, slot);
    run->request_number = number;
    if (G_UNLIKELY(run->watch != NULL))
        run->watch->acts(run->watch->data, service, slot, &message);
    if (G_UNLIKELY(run->call_texts != NULL)) {
        if (sr_run_exec_is(run, service)) {
            sr_run_exec_request(run, service, &message, number);
            return;
        }
        if (service == SR_NODE_SERVER && run->signer != NULL)
            sr_run_exec_verify(run, &message);
    }
    /* The core does not know the ids of messages. So a message that the server refuses is
     * recorded as lost here, where its id is known. */
    if (!sr_run_drive_service(run, service, &message))
        record_loss(run, service, SR_NODE_FIRST_CLIENT + message.client, &message, id,
                    SR_REASON_CONNECTION_CLOSED);
}

/* Returns: how much `slow` entries of the timeline add to the processing of message @number of
 * @client */
static __attribute__((noinline)) SrSpan
draw_slowness(SrRun *run, uint32_t service, uint32_t client, uint32_t number)
{
    const SrScenario *scenario = run->scenario;
    SrTime now = sr_engine_now(run->engine);
    SrSpan span = 0;

    for (uint32_t i = 0; i < scenario->timeline->len; i++) {
        const SrTimelineEntry *entry = &g_array_index(scenario->timeline, SrTimelineEntry, i);

        if (entry->action != SR_FAULT_SLOW || entry->target.first != service ||
            !run->started[i] || now - entry->at >= entry->duration)
            continue;
        uint64_t purpose = run->purposes[SR_DRAW_SLOW + service] + i;
        SrStream stream =
            sr_stream_at(sr_stream_key(run->seed, purpose, run->clients[client].hash), number);

        span += sr_run_settle_span(run, SR_DRAW_SLOW + service, client, SR_DRAW_PAIR(number, i),
                                   sr_distribution_sample(&entry->slow, &stream));
    }
    return span;
}

static inline const SrDistribution *
processing_of(const SrScenario *scenario, uint32_t service)
{
    return service == SR_NODE_SERVER           ? &scenario->server.processing
           : service == SR_NODE_TOKEN_PROVIDER ? &scenario->token_provider.processing
                                               : &scenario->encryption_provider.processing;
}

/* Not inlined, so that the common case, a constant, stays short. */
static __attribute__((noinline)) SrSpan
draw_processing(SrRun *run, uint32_t service, uint32_t slot)
{
    const SrDistribution *base = processing_of(run->scenario, service);
    SrSpan span = base->floor;
    uint32_t client = sr_transit_client(&run->transit, slot);
    uint32_t number = sr_transit_number(&run->transit, slot);

    if (!base->constant) {
        SrStream stream =
            sr_run_stream(run, SR_DRAW_PROCESSING + service, run->clients[client].hash, number);

        span = sr_distribution_sample(base, &stream);
    }
    span = sr_run_settle_span(run, SR_DRAW_PROCESSING + service, client, number, span);
    if (run->services[service].n_slows > 0)
        span += draw_slowness(run, service, client, number);
    return MIN(span, 2 * SR_SPAN_MAX);
}

/* @service, which is free, takes up the message in @slot. */
static inline void
take_up(SrRun *run, uint32_t service, uint32_t slot)
{
    const SrDistribution *base = processing_of(run->scenario, service);
    SrSpan processing = base->floor;

    if (!base->constant || run->services[service].n_slows > 0 || run->by_name)
        processing = draw_processing(run, service, slot);
    if (processing == 0) {
        act(run, service, slot);
        return;
    }
    run->services[service].current = slot;

    SrTime done = sr_engine_now(run->engine) + processing;

    /* Processing is an alarm only if something can stop it, and only a crash of the server
     * does. */
    if (service == SR_NODE_SERVER && run->server_crashes)
        sr_engine_set_alarm(run->engine, sr_run_served_alarm(run), done, false);
    else
        sr_engine_schedule(run->engine, done, event_payload(EV_SERVED, service, 0));
}

void
sr_run_pump(SrRun *run, uint32_t service)
{
    Service *it = &run->services[service];
    SrTime now = sr_engine_now(run->engine);

    while (it->current == SR_NO_SLOT && it->first != SR_NO_SLOT) {
        if (now < it->outage_until) {
            if (!it->waking)
                sr_engine_schedule(run->engine, it->outage_until,
                                   event_payload(EV_WAKE, service, 0));
            it->waking = true;
            return;
        }
        uint32_t slot = it->first;

        it->first = *sr_transit_next(&run->transit, slot);
        if (run->large) {
            sr_run_fetch_told(run, sr_transit_client(&run->transit, slot));
            if (it->first != SR_NO_SLOT)
                sr_transit_fetch(&run->transit, it->first);
        }
        take_up(run, service, slot);
    }
}

void
sr_run_served(SrRun *run, uint32_t service)
{
    uint32_t slot = run->services[service].current;

    run->services[service].current = SR_NO_SLOT;
    act(run, service, slot);
    sr_run_pump(run, service);
}

void
sr_run_wake(SrRun *run, uint32_t service)
{
    run->services[service].waking = false;
    sr_run_pump(run, service);
}

/* The server crashes: all messages that wait for it are lost. */
static void
drop_slot(SrRun *run, uint32_t slot)
{
    SrMessage lost = sr_transit_message(&run->transit, slot);

    record_loss(run, SR_NODE_SERVER, SR_NODE_FIRST_CLIENT + lost.client, &lost,
                sr_transit_id(&run->transit, slot), SR_REASON_SERVER_CRASH);
    sr_transit_free(&run->transit, slot);
}

void
sr_run_drop_waiting(SrRun *run)
{
    Service *it = &run->services[SR_NODE_SERVER];

    if (it->current != SR_NO_SLOT) {
        sr_engine_stop_alarm(run->engine, sr_run_served_alarm(run));
        drop_slot(run, it->current);
        it->current = SR_NO_SLOT;
    }
    while (it->first != SR_NO_SLOT) {
        uint32_t slot = it->first;

        it->first = *sr_transit_next(&run->transit, slot);
        drop_slot(run, slot);
    }
}

/* ---- arrival ---- */

static void
queue_at_service(SrRun *run, uint32_t service, uint32_t slot)
{
    Service *it = &run->services[service];

    /* The common case: the service is free and no message waits. */
    if (G_LIKELY(it->current == SR_NO_SLOT && it->first == SR_NO_SLOT &&
                 sr_engine_now(run->engine) >= it->outage_until)) {
        take_up(run, service, slot);
        return;
    }
    *sr_transit_next(&run->transit, slot) = SR_NO_SLOT;
    if (it->first == SR_NO_SLOT)
        it->first = slot;
    else
        *sr_transit_next(&run->transit, it->last) = slot;
    it->last = slot;
    sr_run_pump(run, service);
}

static inline void
arrive_at_service(SrRun *run, uint32_t service, uint32_t slot, const SrMessage *message)
{
    uint32_t node = SR_NODE_FIRST_CLIENT + message->client;
    uint32_t id = sr_transit_id(&run->transit, slot);

    /* Source: section 4: a connection that closes loses all messages that have not arrived, in
     * both directions. */
    if (service == SR_NODE_SERVER &&
        (!run->clients[message->client].core.open ||
         run->clients[message->client].core.conn != message->conn ||
         message->conn <= run->world.server.clients[message->client].closed)) {
        record_loss(run, service, node, message, id, SR_REASON_CONNECTION_CLOSED);
        sr_transit_free(&run->transit, slot);
        return;
    }
    sr_world_message(&run->world, SR_EVENT_RECEIVE, service, node, message,
                     sr_run_message_id(run, id));
    queue_at_service(run, service, slot);
}

static inline void
arrive_at_client(SrRun *run, uint32_t service, const SrMessage *message, uint32_t id)
{
    uint32_t node = SR_NODE_FIRST_CLIENT + message->client;

    if (service == SR_NODE_SERVER &&
        (!run->clients[message->client].core.open ||
         run->clients[message->client].core.conn != message->conn)) {
        record_loss(run, node, service, message, id, SR_REASON_CONNECTION_CLOSED);
        return;
    }
    if (service != SR_NODE_SERVER &&
        (run->clients[message->client].core.state >= SR_CLIENT_FAILED ||
         message->request < run->clients[message->client].core.first_request)) {
        record_loss(run, node, service, message, id, SR_REASON_GONE);
        return;
    }
    sr_world_message(&run->world, SR_EVENT_RECEIVE, node, service, message,
                     sr_run_message_id(run, id));
    sr_run_step_client(run, message->client,
                       (SrClientInput){ .kind = SR_INPUT_MESSAGE, .message = message });
}

void
sr_run_arrive(SrRun *run, uint32_t slot)
{
    SrMessage message = sr_transit_message(&run->transit, slot);
    uint32_t direction = direction_of(&message), id;

    if (direction % 2 == 0) {
        arrive_at_service(run, direction / 2, slot, &message);
        return;
    }
    id = sr_transit_id(&run->transit, slot);
    sr_transit_free(&run->transit, slot);
    arrive_at_client(run, direction / 2, &message, id);
}

void
sr_run_arrive_shared(SrRun *run, uint32_t slot, uint32_t client)
{
    uint32_t id;
    SrMessage message = sr_transit_take_shared(&run->transit, slot, client, &id);

    arrive_at_client(run, SR_NODE_SERVER, &message, id);
}

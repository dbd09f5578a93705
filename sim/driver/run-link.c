/* Links and services: a message leaves, spends its time on a link, arrives, waits its turn, is
 * processed. Source: section 4. */
#include "driver/run-private.h"

/* ---- slots ---- */

static uint32_t
take_slot(SrRun *run)
{
    uint32_t slot = run->free_slot;

    if (slot != NO_SLOT) {
        run->free_slot = run->slots[slot].next;
        return slot;
    }
    if (__builtin_expect(run->n_slots == run->slots_capacity, 0)) {
        run->slots_capacity *= 2;
        run->slots = g_renew(Slot, run->slots, run->slots_capacity);
    }
    return run->n_slots++;
}

uint32_t
sr_run_slot_new(SrRun *run, const SrMessage *message, uint64_t id, uint32_t number)
{
    uint32_t slot = take_slot(run);
    bool request = message->request != 0, sealed = (message->sealer | message->counter) != 0;
    Slot it = {
        .type = message->type,
        .reason = message->reason,
        .flags = message->flags,
        .form = (uint8_t) request * FORM_REQUEST,
        .client = message->client,
        .link = message->request | message->conn, /* one of them is 0 */
        .number = number,
        .next = NO_SLOT,
        .id = (uint32_t) id,
    };

    g_assert(!request || message->conn == 0);
    if (message->token != SR_TOKEN_NONE) {
        g_assert((message->hint | message->key) == 0 && !sealed);
        it.form |= FORM_TOKEN;
        it.token = message->token;
    } else {
        it.hint = message->hint;
        it.key = message->key;
    }
    if (__builtin_expect(sealed, 0)) {
        it.form |= FORM_SEALED;
        it.key = take_slot(run);
        run->slots[it.key] = (Slot){ .link = message->key,
                                     .sealer = message->sealer,
                                     .counter = message->counter };
    }
    run->slots[slot] = it;
    return slot;
}

SrMessage
sr_run_slot_message(const SrRun *run, uint32_t slot)
{
    const Slot *it = &run->slots[slot];
    uint32_t is_request = 0 - (uint32_t) (it->form & FORM_REQUEST);
    SrMessage message = {
        .type = it->type,
        .reason = it->reason,
        .flags = it->flags,
        .client = it->client,
        .conn = it->link & ~is_request,
        .request = it->link & is_request,
        .token = SR_TOKEN_NONE,
    };

    if (it->form & FORM_TOKEN) {
        message.token = it->token;
        return message;
    }
    message.hint = it->hint;
    message.key = it->key;
    if (__builtin_expect(it->form & FORM_SEALED, 0)) {
        const Slot *content = &run->slots[it->key];

        message.key = content->link;
        message.sealer = content->sealer;
        message.counter = content->counter;
    }
    return message;
}

void
sr_run_slot_free(SrRun *run, uint32_t slot)
{
    Slot *it = &run->slots[slot];

    it->next = run->free_slot;
    run->free_slot = slot;
    if (it->form & FORM_SEALED) {
        run->slots[it->key].form = 0;
        run->slots[it->key].next = run->free_slot;
        run->free_slot = it->key;
    }
}

/* ---- sending ---- */

/* Returns: how many times in a row the link loses a message, by the draws of its own stream */
static unsigned
count_losses(SrStream stream, uint32_t loss)
{
    unsigned n = 0;

    while (n < 64 && (uint32_t) (sr_stream_next(&stream) >> 32) < loss)
        n++;
    return n;
}

/* The retransmissions of an ordered link: rto·(2ⁿ − 1), cut where no run reaches. */
static SrSpan
retransmission_time(SrSpan rto, unsigned n)
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
    uint64_t octets =
        g_array_index(run->scenario->documents, SrDocumentSettings, document).content_octets +
        28;
    unsigned __int128 bits = (unsigned __int128) octets * 8 * SR_NS_PER_S;
    unsigned __int128 time = (bits + link->bandwidth_bps - 1) / link->bandwidth_bps;

    return time > 2 * SR_SPAN_MAX ? 2 * SR_SPAN_MAX : (SrSpan) time;
}

/* For @direction: messages that arrive in one nanosecond in any order. */
#define UNORDERED UINT32_MAX

static inline void
schedule_arrival(SrRun *run, SrTime at, const SrMessage *message, uint64_t id, uint32_t number,
                 uint32_t direction)
{
    uint32_t slot = sr_run_slot_new(run, message, id, number);

    if (direction == UNORDERED)
        sr_engine_schedule(run->engine, at, event_payload(EV_ARRIVE, 0, slot));
    else
        sr_engine_schedule_in_order(run->engine, at, event_payload(EV_ARRIVE, 0, slot),
                                    (uint64_t) message->client * SR_DIRECTION_N + direction +
                                        1);
}

/* keep_order() for the first message of a client that arrives in more than four seconds. */
static __attribute__((noinline)) SrTime
go_far(SrRun *run, uint32_t direction, uint32_t client, SrTime arrival)
{
    ClientExtra *extra = &run->extra[client];
    SrTime *arrivals = &run->arrivals[(size_t) client * SR_DIRECTION_N];

    for (unsigned i = 0; i < SR_DIRECTION_N; i++)
        arrivals[i] = extra->moved_at + extra->ahead[i];
    extra->far = true;
    return arrivals[direction] = arrival;
}

/* Order holds on one connection: what is sent on an older one is lost, and holds up nothing.
 * Returns: when a message that would arrive at @arrival does */
static inline SrTime
keep_order(SrRun *run, uint32_t direction, const SrMessage *message, SrTime arrival)
{
    ClientExtra *extra = &run->extra[message->client];
    SrTime now = sr_engine_now(run->engine);
    SrSpan elapsed;

    if (direction / 2 == SR_NODE_SERVER &&
        message->conn != sr_run_glance(run, message->client).conn)
        return arrival;
    if (extra->far) {
        SrTime *last = &run->arrivals[(size_t) message->client * SR_DIRECTION_N + direction];

        return *last = MAX(arrival, *last);
    }
    elapsed = now - extra->moved_at;
    for (unsigned i = 0; i < SR_DIRECTION_N; i++)
        extra->ahead[i] = extra->ahead[i] > elapsed ? extra->ahead[i] - (uint32_t) elapsed : 0;
    extra->moved_at = now;
    arrival = MAX(arrival, now + extra->ahead[direction]);
    if (__builtin_expect(arrival - now > UINT32_MAX, 0))
        return go_far(run, direction, message->client, arrival);
    extra->ahead[direction] = (uint32_t) (arrival - now);
    return arrival;
}

/* A message that the link loses. */
static void
lose_on_link(SrRun *run, uint32_t direction, const SrMessage *message, uint64_t id,
             SrReason reason)
{
    uint32_t client = SR_NODE_FIRST_CLIENT + message->client, service = direction / 2;
    bool outward = direction % 2 == 0;
    SrMessage lost = *message;

    lost.reason = (uint8_t) reason;
    sr_run_record_message(run, SR_EVENT_LOSE, outward ? service : client,
                          outward ? client : service, &lost, id,
                          sr_run_client_document(run, message->client));
}

/* The way of a message over a link that may lose, repeat or delay it. Not inlined, so that the
 * plain way stays short. */
static __attribute__((noinline)) void
cross_odd_link(SrRun *run, const SrLinkSettings *link, uint32_t direction,
               const SrMessage *message, uint64_t id, uint32_t number)
{
    uint32_t client = message->client;
    uint64_t subject = run->extra[client].hash;
    SrTime now = sr_engine_now(run->engine), depart = now, arrival;
    SrStream stream;

    if (run->partition_until != NULL) {
        SrTime until = run->partition_until[client * SR_SERVICE_N + direction / 2];

        if (until > now && !link->ordered) {
            lose_on_link(run, direction, message, id, SR_REASON_PARTITION);
            return;
        }
        depart = MAX(now, until);
    }
    if (link->bandwidth_bps != 0) {
        SrTime *free_at = &run->free_at[client * SR_DIRECTION_N + direction];

        depart = MAX(depart, *free_at) + transmission_time(run, link, message);
        *free_at = depart;
    }
    stream = sr_run_stream(run->bases.latency[direction], subject, number);
    arrival = depart + sr_distribution_sample(&link->latency, &stream);
    if (link->loss != 0) {
        unsigned n = count_losses(sr_run_stream(run->bases.loss[direction], subject, number),
                                  link->loss);

        if (n > 0 && !link->ordered) {
            lose_on_link(run, direction, message, id, SR_REASON_LOSS);
            return;
        }
        arrival += retransmission_time(link->rto, n);
    }
    if (link->ordered) {
        schedule_arrival(run, keep_order(run, direction, message, arrival), message, id, number,
                         direction);
        return;
    }
    schedule_arrival(run, arrival, message, id, number, UNORDERED);
    if (link->duplicate != 0) {
        stream = sr_run_stream(run->bases.duplicate[direction], subject, number);
        /* The copy takes a time of its own. */
        if ((uint32_t) (sr_stream_next(&stream) >> 32) < link->duplicate)
            schedule_arrival(run, depart + sr_distribution_sample(&link->latency, &stream),
                             message, id, number, UNORDERED);
    }
}

/* Returns: the number of the next message of @client in @direction, from 0 */
static inline uint32_t
next_number(SrRun *run, uint32_t client, uint32_t direction)
{
    ClientExtra *extra = &run->extra[client];
    uint32_t *beyond = &run->sent_beyond[(size_t) client * SR_DIRECTION_N];
    uint32_t number = extra->sent[direction]++;

    if (__builtin_expect(extra->many, 0))
        number |= beyond[direction] << 16;
    if (__builtin_expect(extra->sent[direction] == 0, 0)) {
        if (!extra->many)
            memset(beyond, 0, SR_DIRECTION_N * sizeof *beyond);
        extra->many = true;
        beyond[direction]++;
    }
    return number;
}

void
sr_run_send(SrRun *run, uint32_t service, bool outward, const SrMessage *message)
{
    uint32_t client = message->client;
    uint32_t direction = outward ? SR_DIRECTION_OUT(service) : SR_DIRECTION_IN(service);
    uint32_t client_node = SR_NODE_FIRST_CLIENT + client;
    const ClientExtra *extra = &run->extra[client];
    const SrLinkSettings *link =
        &sr_model_links(run->model, client, extra->group)->directions[direction];
    uint64_t id = ++run->message_ids;
    uint32_t number = next_number(run, client, direction);

    run->result->messages++;
    sr_run_record_message(run, SR_EVENT_SEND, outward ? client_node : service,
                          outward ? service : client_node, message, id,
                          sr_run_client_document(run, client));
    if (__builtin_expect(run->partition_until != NULL || !link->ordered ||
                             (link->bandwidth_bps | link->loss) != 0,
                         0)) {
        cross_odd_link(run, link, direction, message, id, number);
        return;
    }

    SrStream stream = sr_run_stream(run->bases.latency[direction], extra->hash, number);
    SrTime arrival =
        sr_engine_now(run->engine) + sr_distribution_sample(&link->latency, &stream);

    schedule_arrival(run, keep_order(run, direction, message, arrival), message, id, number,
                     direction);
}

/* ---- services ---- */

/* The direction in which each message travels. */
#define OUT(msg, service) [SR_MSG_##msg] = SR_DIRECTION_OUT(SR_NODE_##service)
#define IN(msg, service) [SR_MSG_##msg] = SR_DIRECTION_IN(SR_NODE_##service)
/* clang-format off */
static const uint8_t directions[SR_MSG_N] = {
    OUT(TOKEN_REQUEST, TOKEN_PROVIDER), IN(TOKEN, TOKEN_PROVIDER),
    OUT(CONNECT, SERVER), OUT(SESSION_REQUEST, SERVER), OUT(CREATE_SESSION, SERVER), OUT(UPLOAD, SERVER),
    OUT(JOIN, SERVER), OUT(TOKEN_UPDATE, SERVER),
    IN(CONNECTED, SERVER), IN(CONNECT_REFUSED, SERVER), IN(SESSION_NONE, SERVER), IN(SESSION_PENDING, SERVER),
    IN(SESSION_AVAILABLE, SERVER), IN(CREATE_ACCEPTED, SERVER), IN(CREATE_REJECTED, SERVER),
    IN(SESSION_RELEASED, SERVER), IN(CONTENT, SERVER), IN(CLOSED, SERVER),
    OUT(KEY_REQUEST, ENCRYPTION_PROVIDER), OUT(KEY_SETTLED, ENCRYPTION_PROVIDER),
    IN(KEY, ENCRYPTION_PROVIDER), IN(KEY_REFUSED, ENCRYPTION_PROVIDER),
};
/* clang-format on */

/* The service acts on the message in @slot, at the end of its processing. */
static void
act(SrRun *run, uint32_t service, uint32_t slot)
{
    SrActions *actions = sr_run_actions(run, service);
    SrMessage message = sr_run_slot_message(run, slot);
    uint32_t document = sr_run_client_document(run, message.client);
    int64_t now = sr_run_local(run, service);

    if (service == SR_NODE_SERVER) {
        /* The core does not know of ids: a message that it will not serve is lost here, where
         * the id is. */
        const SrServerClient *client = &run->server.clients[message.client];

        if (message.type == SR_MSG_CONNECT ? message.conn <= client->closed
                                           : message.conn != client->conn) {
            SrMessage lost = message;

            lost.reason = SR_REASON_CONNECTION_CLOSED;
            sr_run_record_message(run, SR_EVENT_LOSE, service,
                                  SR_NODE_FIRST_CLIENT + message.client, &lost,
                                  sr_run_slot_id(run, slot), document);
        } else {
            sr_server_message(&run->model->server, &run->server, &message, now, actions);
        }
    } else if (service == SR_NODE_TOKEN_PROVIDER) {
        sr_token_provider_message(run->scenario->token_provider.cache, &run->token_provider,
                                  &message, now, actions);
    } else {
        sr_provider_message(&run->model->provider, &run->provider, &message, document, now,
                            actions);
        /* Answers that are generated or looked up are drawn by the number of their request. */
        for (uint32_t i = 0; i < actions->n; i++)
            if (actions->list[i].kind == SR_ACTION_GENERATE ||
                actions->list[i].kind == SR_ACTION_LOOKUP)
                actions->list[i].when = run->slots[slot].number;
    }
    sr_run_slot_free(run, slot);
    sr_run_execute_actions(run, service);
}

static SrSpan
draw_processing(SrRun *run, uint32_t service, const Slot *slot)
{
    const SrScenario *scenario = run->scenario;
    const SrDistribution *base = service == SR_NODE_SERVER ? &scenario->server.processing
                                 : service == SR_NODE_TOKEN_PROVIDER
                                     ? &scenario->token_provider.processing
                                     : &scenario->encryption_provider.processing;
    uint64_t subject = run->extra[slot->client].hash;
    SrTime now = sr_engine_now(run->engine);
    SrSpan span = base->floor;

    if (!base->constant) {
        SrStream stream = sr_run_stream(run->bases.processing[service], subject, slot->number);

        span = sr_distribution_sample(base, &stream);
    }
    if (run->services[service].n_slows == 0)
        return span;
    for (uint32_t i = 0; i < scenario->timeline->len; i++) {
        const SrTimelineEntry *entry = &g_array_index(scenario->timeline, SrTimelineEntry, i);

        if (entry->action != SR_FAULT_SLOW || entry->target.first != service ||
            !run->started[i] || now - entry->at >= entry->duration)
            continue;
        SrStream stream = sr_stream_at(
            sr_stream_key(run->seed, run->purposes.slow[service] + i, subject), slot->number);

        span += sr_distribution_sample(&entry->slow, &stream);
    }
    return MIN(span, 2 * SR_SPAN_MAX);
}

void
sr_run_pump(SrRun *run, uint32_t service)
{
    Service *it = &run->services[service];
    SrTime now = sr_engine_now(run->engine);

    while (it->current == NO_SLOT && it->first != NO_SLOT) {
        if (now < it->outage_until) {
            if (!it->waking)
                sr_engine_schedule(run->engine, it->outage_until,
                                   event_payload(EV_WAKE, service, 0));
            it->waking = true;
            return;
        }
        uint32_t slot = it->first;
        SrSpan processing = draw_processing(run, service, &run->slots[slot]);

        it->first = run->slots[slot].next;
        if (run->far) {
            sr_run_fetch_client(run, run->slots[slot].client);
            if (it->first != NO_SLOT)
                __builtin_prefetch(&run->slots[it->first]);
        }
        if (processing == 0) {
            act(run, service, slot);
            continue;
        }
        it->current = slot;
        /* Only a crash of the server stops this. */
        if (service == SR_NODE_SERVER && run->server_crashes)
            sr_engine_set_alarm(run->engine, sr_run_served_alarm(run), now + processing, false);
        else
            sr_engine_schedule(run->engine, now + processing,
                               event_payload(EV_SERVED, service, 0));
    }
}

void
sr_run_served(SrRun *run, uint32_t service)
{
    uint32_t slot = run->services[service].current;

    run->services[service].current = NO_SLOT;
    act(run, service, slot);
    sr_run_pump(run, service);
}

void
sr_run_wake(SrRun *run, uint32_t service)
{
    run->services[service].waking = false;
    sr_run_pump(run, service);
}

static void
drop_slot(SrRun *run, uint32_t slot)
{
    SrMessage lost = sr_run_slot_message(run, slot);

    lost.reason = SR_REASON_SERVER_CRASH;
    sr_run_record_message(run, SR_EVENT_LOSE, SR_NODE_SERVER,
                          SR_NODE_FIRST_CLIENT + lost.client, &lost, sr_run_slot_id(run, slot),
                          sr_run_client_document(run, lost.client));
    sr_run_slot_free(run, slot);
}

void
sr_run_drop_waiting(SrRun *run)
{
    Service *it = &run->services[SR_NODE_SERVER];

    if (it->current != NO_SLOT) {
        sr_engine_stop_alarm(run->engine, sr_run_served_alarm(run));
        drop_slot(run, it->current);
        it->current = NO_SLOT;
    }
    while (it->first != NO_SLOT) {
        uint32_t slot = it->first;

        it->first = run->slots[slot].next;
        drop_slot(run, slot);
    }
}

/* ---- arrival ---- */

static void
lose(SrRun *run, uint32_t slot, uint32_t node, uint32_t peer, SrReason reason)
{
    SrMessage lost = sr_run_slot_message(run, slot);

    lost.reason = (uint8_t) reason;
    sr_run_record_message(run, SR_EVENT_LOSE, node, peer, &lost, sr_run_slot_id(run, slot),
                          sr_run_client_document(run, lost.client));
    sr_run_slot_free(run, slot);
}

void
sr_run_arrive(SrRun *run, uint32_t slot)
{
    SrMessage message = sr_run_slot_message(run, slot);
    uint32_t client_node = SR_NODE_FIRST_CLIENT + message.client;
    uint32_t service = directions[message.type] / 2;
    bool outward = directions[message.type] % 2 == 0;
    uint32_t from = outward ? client_node : service, to = outward ? service : client_node;
    ClientGlance client = sr_run_glance(run, message.client);

    /* Source: section 4: a closed connection loses what has not arrived, in both directions. */
    if (service == SR_NODE_SERVER &&
        (!client.open || client.conn != message.conn ||
         (outward && message.conn <= run->server.clients[message.client].closed))) {
        lose(run, slot, to, from, SR_REASON_CONNECTION_CLOSED);
        return;
    }
    if (!outward && service != SR_NODE_SERVER &&
        (client.state >= SR_CLIENT_FAILED || message.request < client.first_request)) {
        lose(run, slot, to, from, SR_REASON_GONE);
        return;
    }
    sr_run_record_message(run, SR_EVENT_RECEIVE, to, from, &message, sr_run_slot_id(run, slot),
                          sr_run_client_document(run, message.client));
    if (outward) {
        Service *at = &run->services[service];

        run->slots[slot].next = NO_SLOT;
        if (at->first == NO_SLOT)
            at->first = slot;
        else
            run->slots[at->last].next = slot;
        at->last = slot;
        sr_run_pump(run, service);
        return;
    }
    sr_run_slot_free(run, slot);
    sr_run_step_client(run, message.client,
                       &(SrClientInput){ .kind = SR_INPUT_MESSAGE, .message = &message });
}

/* The encryption provider of a run: answers that take time, keys that expire, replicas. */
#include "run/run-private.h"

/* ---- what is pending ---- */

/* Generated and looked-up answers name their draws by the number of the request. */
static void
answer_later(SrRun *run, bool lookup, const SrMessage *request)
{
    uint32_t number = run->request_number;
    unsigned id = lookup ? SR_DRAW_LOOKUP : SR_DRAW_GENERATE;
    const SrEncryptionProviderSettings *settings = &run->scenario->encryption_provider;
    const SrDistribution *delay = lookup ? &settings->lookup : &settings->generate;
    SrSpan span = delay->floor;

    if (!delay->constant) {
        SrStream stream = sr_run_stream(run, id, run->clients[request->client].hash, number);

        span = sr_distribution_sample(delay, &stream);
    }
    span = sr_run_settle_span(run, id, request->client, number, span);

    uint32_t slot = sr_transit_put(&run->transit, request, 0, number);

    sr_engine_schedule(run->engine, sr_engine_now(run->engine) + span,
                       event_payload(EV_READY, 0, slot));
}

static void
attach(SrRun *run, uint32_t document, const SrMessage *request)
{
    uint32_t slot = sr_transit_put(&run->transit, request, 0, 0);

    if (run->attached[document] == SR_NO_SLOT)
        run->attached[document] = slot;
    else
        *sr_transit_next(&run->transit, run->attached_last[document]) = slot;
    run->attached_last[document] = slot;
}

static void
answer_attached(SrRun *run, uint32_t document, SrMessage answer)
{
    uint32_t slot = run->attached[document];

    run->attached[document] = SR_NO_SLOT;
    while (slot != SR_NO_SLOT) {
        SrMessage request = sr_transit_message(&run->transit, slot);
        uint32_t next = *sr_transit_next(&run->transit, slot);

        answer.client = request.client;
        answer.request = request.request;
        sr_transit_free(&run->transit, slot);
        sr_world_send(&run->world, SR_NODE_ENCRYPTION_PROVIDER, false, &answer);
        slot = next;
    }
}

/* All replicas of one change draw under one number. */
static void
replicate_later(SrRun *run, const SrMessage *message)
{
    SrStream stream =
        sr_run_seldom_stream(run, SR_DRAW_REPLICATION, message->conn, run->replications);
    SrSpan delay =
        sr_distribution_sample(&run->scenario->encryption_provider.replication, &stream);

    delay = (SrSpan) sr_run_settle(run, SR_DRAW_REPLICATION, message->conn, run->replications,
                                   (int64_t) delay);

    uint32_t slot = sr_transit_put(&run->transit, message, 0, 0);

    sr_engine_schedule(run->engine, sr_engine_now(run->engine) + delay,
                       event_payload(EV_REPLICATED, 0, slot));
    run->replications += message->conn == run->model->provider.replicas - 1;
}

static void
expire_later(SrRun *run, uint32_t hint, int64_t local)
{
    SrTime at = sr_run_when_local(run, SR_NODE_ENCRYPTION_PROVIDER, local);

    if (at != SR_TIME_NEVER)
        sr_engine_schedule_background(run->engine, at, event_payload(EV_EXPIRE, 0, hint));
}

void
sr_run_provider_pend(SrRun *run, const SrAction *action)
{
    switch ((SrActionKind) action->kind) {
    case SR_ACTION_GENERATE:
    case SR_ACTION_LOOKUP:
        answer_later(run, action->kind == SR_ACTION_LOOKUP, &action->message);
        break;
    case SR_ACTION_ATTACH:
        attach(run, action->document, &action->message);
        break;
    case SR_ACTION_ANSWER_ATTACHED:
        answer_attached(run, action->document, action->message);
        break;
    case SR_ACTION_EXPIRE:
        expire_later(run, action->message.hint, action->when);
        break;
    case SR_ACTION_REPLICATE:
        replicate_later(run, &action->message);
        break;
    case SR_ACTION_SEND:
    case SR_ACTION_NOTE:
    case SR_ACTION_OPEN:
    case SR_ACTION_CLOSE:
    case SR_ACTION_TIMER:
    case SR_ACTION_DERIVE:
    case SR_ACTION_TIMER_AT:
    case SR_ACTION_TIMER_STOP:
        g_assert_not_reached();
    }
}

/* ---- answers that are ready ---- */

/* One step adds at most one slot. */
void
sr_run_grow_store(SrRun *run)
{
    SrProvider *provider = &run->world.provider;
    uint32_t others = run->model->provider.replicas - 1, old = provider->capacity;

    provider->capacity *= 2;
    provider->slots = g_renew(SrKeySlot, provider->slots, provider->capacity + 1);
    provider->masters = g_renew(uint32_t, provider->masters, provider->capacity + 1);
    provider->chains = g_renew(uint32_t, provider->chains, provider->capacity + 1);
    provider->n_buckets *= 2;
    provider->buckets = g_renew(uint32_t, provider->buckets, provider->n_buckets);
    sr_provider_rehash(&run->model->provider, provider);
    if (others > 0) {
        provider->replica_keys = g_renew(uint32_t, provider->replica_keys,
                                         ((size_t) provider->capacity + 1) * others);
        memset(provider->replica_keys + ((size_t) old + 1) * others, 0,
               ((size_t) provider->capacity - old) * others * sizeof *provider->replica_keys);
    }
    sr_checks_reserve_hints(run->world.checks, provider->capacity + 1);
}

/* Returns: the copy of the store that answers request @number of @client, from 0 */
static uint32_t
choose_replica(SrRun *run, uint32_t client, uint32_t number)
{
    uint32_t n_replicas = run->model->provider.replicas;
    uint32_t pinned =
        g_array_index(run->scenario->clients, SrClientGroup, run->clients[client].group)
            .replica;

    if (n_replicas == 1)
        return 0;
    if (pinned != SR_REPLICA_ANY)
        return pinned - 1;
    SrStream stream =
        sr_run_seldom_stream(run, SR_DRAW_REPLICA, run->clients[client].hash, number);
    int64_t drawn = (int64_t) sr_stream_below(&stream, n_replicas);

    return (uint32_t) sr_run_settle(run, SR_DRAW_REPLICA, SR_NODE_FIRST_CLIENT + client, number,
                                    drawn);
}

void
sr_run_provider_ready(SrRun *run, uint32_t slot)
{
    SrMessage request = sr_transit_message(&run->transit, slot);
    uint32_t number = sr_transit_number(&run->transit, slot);

    sr_transit_free(&run->transit, slot);
    sr_run_make_room_for_key(run);
    if (request.flags & SR_MESSAGE_HINT)
        sr_run_measure_lookup(run, request.hint);
    sr_run_drive_ready(run, &request, choose_replica(run, request.client, number));
}

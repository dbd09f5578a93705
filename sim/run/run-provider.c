/* The providers of a run: their steps, compiled with what they do. */
#include "run/run-note-private.h"

/* ---- what the core's steps do ---- */

/* Answers that are generated or looked up are drawn by the @number of their request. */
static void
answer_later(SrRun *run, bool lookup, SrMessage request, uint32_t number)
{
    const SrEncryptionProviderSettings *settings = &run->scenario->encryption_provider;
    const SrDistribution *delay = lookup ? &settings->lookup : &settings->generate;
    SrSpan span = delay->floor;

    if (!delay->constant) {
        SrStream stream = sr_run_stream(lookup ? run->bases.lookup : run->bases.generate,
                                        run->extra[request.client].hash, number);

        span = sr_distribution_sample(delay, &stream);
    }

    uint32_t slot = sr_transit_put(&run->transit, &request, 0, number);

    sr_engine_schedule(run->engine, sr_engine_now(run->engine) + span,
                       event_payload(EV_READY, 0, slot));
}

static void
attach(SrRun *run, uint32_t document, SrMessage request)
{
    uint32_t slot = sr_transit_put(&run->transit, &request, 0, 0);

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
        sr_run_send(run, SR_NODE_ENCRYPTION_PROVIDER, false, &answer);
        slot = next;
    }
}

static void
replicate_later(SrRun *run, SrMessage message)
{
    const SrDistribution *delay = &run->scenario->encryption_provider.replication;

    for (uint32_t replica = 1; replica < run->model->provider.replicas; replica++) {
        SrStream stream =
            sr_run_seldom_stream(run, run->seldom.replication, replica, run->replications);
        uint32_t slot;

        message.conn = replica;
        slot = sr_transit_put(&run->transit, &message, 0, 0);

        sr_engine_schedule(run->engine,
                           sr_engine_now(run->engine) + sr_distribution_sample(delay, &stream),
                           event_payload(EV_REPLICATED, 0, slot));
    }
    run->replications++;
}

typedef struct {
    SrRun *run;
    uint32_t number; /* of the request that is taken up, in its direction */
} SrProviderSink;

SR_RUN_INLINE void
sr_provider_act(const SrProviderSink *sink, const SrAction *action)
{
    SrRun *run = sink->run;
    SrMessage message = action->message; /* so that the action need not lie in memory */

    switch ((SrActionKind) action->kind) {
    case SR_ACTION_SEND:
        sr_run_send(run, SR_NODE_ENCRYPTION_PROVIDER, false, &action->message);
        break;
    case SR_ACTION_NOTE:
        sr_run_note(run, SR_NODE_ENCRYPTION_PROVIDER, action->document, action);
        break;
    case SR_ACTION_GENERATE:
    case SR_ACTION_LOOKUP:
        answer_later(run, action->kind == SR_ACTION_LOOKUP, message, sink->number);
        break;
    case SR_ACTION_ATTACH:
        attach(run, action->document, message);
        break;
    case SR_ACTION_ANSWER_ATTACHED:
        answer_attached(run, action->document, message);
        break;
    case SR_ACTION_EXPIRE: {
        SrTime at = sr_run_when_local(run, SR_NODE_ENCRYPTION_PROVIDER, action->when);

        if (at != SR_TIME_NEVER)
            sr_engine_schedule_background(run->engine, at,
                                          event_payload(EV_EXPIRE, 0, message.hint));
        break;
    }
    case SR_ACTION_REPLICATE:
        replicate_later(run, message);
        break;
    case SR_ACTION_OPEN:
    case SR_ACTION_CLOSE:
    case SR_ACTION_TIMER:
    case SR_ACTION_DERIVE:
    case SR_ACTION_TIMER_AT:
    case SR_ACTION_TIMER_STOP:
        g_assert_not_reached();
    }
}

#include "protocol/encryption-provider-core.h"

/* ---- steps of the encryption provider ---- */

static inline SrProviderStep
make_step(SrRun *run, uint32_t number)
{
    return (SrProviderStep){ &run->model->provider,
                             &run->provider,
                             sr_run_local(run, SR_NODE_ENCRYPTION_PROVIDER),
                             { run, number } };
}

uint32_t
sr_run_provider_add_previous(SrRun *run, uint32_t document)
{
    const SrProviderStep step = make_step(run, 0);

    return add_previous(&step, document);
}

void
sr_run_provider_message(SrRun *run, const SrMessage *message, uint32_t number)
{
    const SrProviderStep step = make_step(run, number);

    take_message(&step, message, sr_run_client_document(run, message->client));
}

/* A step adds at most one slot. */
static void
make_room_for_key(SrRun *run)
{
    SrProvider *provider = &run->provider;
    uint32_t others = run->model->provider.replicas - 1, old = provider->capacity;

    if (provider->n_slots < provider->capacity)
        return;
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
    sr_checks_reserve_hints(run->checks, provider->capacity + 1);
}

void
sr_run_provider_ready(SrRun *run, uint32_t slot)
{
    SrMessage request = sr_transit_message(&run->transit, slot);
    uint32_t number = sr_transit_number(&run->transit, slot), replica = 0;
    uint32_t n_replicas = run->model->provider.replicas;

    sr_transit_free(&run->transit, slot);
    make_room_for_key(run);
    if (request.flags & SR_MESSAGE_HINT)
        sr_run_measure_lookup(run, request.hint);
    if (n_replicas > 1) {
        SrStream stream = sr_run_seldom_stream(run, run->seldom.replica,
                                               run->extra[request.client].hash, number);

        replica = (uint32_t) sr_stream_below(&stream, n_replicas);
    }

    const SrProviderStep step = make_step(run, 0);

    take_ready(&step, &request, sr_run_client_document(run, request.client), replica);
}

void
sr_run_provider_expire(SrRun *run, uint32_t hint)
{
    const SrProviderStep step = make_step(run, 0);

    look_at_age(&step, hint);
}

void
sr_run_provider_rotate(SrRun *run)
{
    const SrProviderStep step = make_step(run, 0);

    rotate(&step);
}

/* ---- the token provider ---- */

typedef struct {
    SrRun *run;
} SrTokenProviderSink;

SR_RUN_INLINE void
sr_token_provider_act(const SrTokenProviderSink *sink, const SrAction *action)
{
    if (action->kind == SR_ACTION_NOTE)
        sr_run_note(sink->run, SR_NODE_TOKEN_PROVIDER, action->document, action);
    else
        sr_run_send(sink->run, SR_NODE_TOKEN_PROVIDER, false, &action->message);
}

#include "protocol/token-provider-core.h"

void
sr_run_token_provider_message(SrRun *run, const SrMessage *message)
{
    const SrTokenProviderSink sink = { run };

    sr_token_provider_take(run->scenario->token_provider.cache, &run->token_provider, message,
                           sr_run_local(run, SR_NODE_TOKEN_PROVIDER), &sink);
}

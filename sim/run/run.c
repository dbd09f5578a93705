/* A run: built once from a scenario, played seed after seed. What it allocates it keeps. */
#include "run/run-private.h"

#include <stddef.h>
#include <string.h>

#include "base/huge.h"

#include "result/expect.h"

/* ---- building ---- */

static void
allocate_world(SrRun *run)
{
    const SrModel *model = run->model;
    size_t n = model->n_clients;

    g_assert(run->scenario->clients->len <= 1u << 20);
    /* Not cleared before the advice: memory that was touched already stays on small pages. */
    run->clients = g_aligned_alloc(n, sizeof *run->clients, 64);
    sr_advise_huge(run->clients, n * sizeof *run->clients);
    for (uint32_t group = 0, i = 0; group < run->scenario->clients->len; group++)
        for (uint32_t end =
                 i + g_array_index(run->scenario->clients, SrClientGroup, group).count;
             i < end; i++)
            run->clients[i] =
                (RunClient){ .hash = sr_model_hash(model, i), .group = group & 0xfffff };
    sr_tally_init(&run->tally, model->n_clients, model->n_documents);
    run->world.server = (SrServer){
        .documents = g_new0(SrServerDocument, model->n_documents),
        .clients = g_new0(SrServerClient, n),
        .client_document = model->client_document,
        .n_documents = model->n_documents,
        .n_clients = model->n_clients,
    };
    if (run->scenario->server.on_owner_lost == SR_OWNER_LOST_PROMOTE)
        run->world.server.rejected = g_new0(SrServerRejected, n);
    run->attached = g_new0(uint32_t, model->n_documents);
    run->attached_last = g_new0(uint32_t, model->n_documents);
    run->previous_hint = g_new0(uint32_t, model->n_documents);
    run->outdated_hint = g_new0(uint32_t, model->n_documents);
    run->started = g_new0(bool, run->scenario->timeline->len + 1);
    if (sr_chaos_n_likely(model) > 0)
        run->chaos =
            g_array_sized_new(FALSE, FALSE, sizeof(SrTimelineEntry), sr_chaos_n_likely(model));
    run->n_clocks = SR_SERVICE_N + (model->client_clocks ? model->n_clients : 0);
    run->clocks = g_new0(SrClock, run->n_clocks);
    if (model->client_clocks)
        run->renew_at = g_new0(int64_t, n);
    if (model->bandwidth)
        run->free_at = g_new0(SrTime, n * SR_DIRECTION_N);
    if (model->partitions)
        run->partition_until = g_new0(SrTime, n * SR_SERVICE_N);
    if (model->blocks)
        run->blocked_until = g_new0(SrTime, n);
    sr_transit_init(&run->transit, model->n_clients, run->large, run->scenario->epoch_s);
    sr_advise_huge(run->transit.packed,
                   run->transit.packed_capacity * sizeof *run->transit.packed);
    sr_advise_huge(run->world.server.clients, n * sizeof *run->world.server.clients);
}

static void
allocate_keys(SrRun *run)
{
    const SrModel *model = run->model;
    SrProvider *provider = &run->world.provider;

    provider->capacity = model->n_clients + model->n_documents + 16;
    provider->n_buckets = 64;
    /* Only texts that can repeat are looked up. */
    while (
        provider->n_buckets <
        (model->provider.hints == SR_HINTS_TIMESTAMP ? provider->capacity : model->n_documents))
        provider->n_buckets *= 2;
    provider->n_documents = model->n_documents;
    provider->slots = g_new0(SrKeySlot, (size_t) provider->capacity + 1);
    /* The pages of these arrays are touched only for hints that need them. */
    provider->masters = g_new(uint32_t, (size_t) provider->capacity + 1);
    provider->chains = g_new(uint32_t, (size_t) provider->capacity + 1);
    sr_advise_huge(provider->slots, provider->capacity * sizeof *provider->slots);
    provider->buckets = g_new0(uint32_t, provider->n_buckets);
    provider->documents = g_new0(SrProviderDocument, model->n_documents);
    if (model->provider.replicas > 1)
        provider->replica_keys = g_new0(uint32_t, ((size_t) provider->capacity + 1) *
                                                      (model->provider.replicas - 1));
    sr_checks_reserve_hints(run->world.checks, provider->capacity + 1);
    sr_run_reserve_key(run, provider->capacity);
    sr_advise_huge(run->tally.keys, provider->capacity * sizeof *run->tally.keys);
}

SrRun *
sr_run_new(const SrScenario *scenario)
{
    return sr_run_new_large(scenario, SR_RUN_LARGE_CLIENTS);
}

SrRun *
sr_run_new_large(const SrScenario *scenario, uint32_t large_clients)
{
    SrRun *run = g_new0(SrRun, 1);

    run->scenario = scenario;
    run->model = sr_model_new(scenario);
    run->large = run->model->n_clients > large_clients;
    run->epoch_ns = scenario->epoch_s * (int64_t) SR_NS_PER_S;
    /* Each client has a message in flight, one or two timers and a renewal to come. All faults
     * of chaos are scheduled at the start. */
    run->engine =
        sr_engine_new(scenario->ties == SR_TIES_SEEDED,
                      (size_t) run->model->n_clients * 3 + 64 + sr_chaos_n_likely(run->model));
    sr_engine_make_alarms(run->engine,
                          run->model->n_clients * SR_TIMER_N + 1 + run->model->n_documents,
                          event_payload(EV_ALARM, 0, 0));
    for (uint32_t i = 0; i < scenario->timeline->len; i++) {
        const SrTimelineEntry *entry = &g_array_index(scenario->timeline, SrTimelineEntry, i);

        run->server_crashes |=
            entry->action == SR_FAULT_CRASH && entry->target.first == SR_NODE_SERVER;
    }
    for (unsigned i = 0; i < SR_DRAW_N; i++) {
        const char *word = sr_draw_info((SrDrawId) i)->word;

        run->purposes[i] = sr_name_hash(word, strlen(word));
    }
    sr_scenario_source(scenario, run->source);
    allocate_world(run);
    sr_run_records_init(run);
    allocate_keys(run);
    if (sr_run_needs(scenario, SR_EXEC_KEYS))
        run->exec = sr_run_exec_new(SR_EXEC_KEYS);
    if (sr_run_needs(scenario, SR_EXEC_TOKENS))
        run->signer = sr_run_exec_new(SR_EXEC_TOKENS);
    if (sr_run_needs_provider(scenario))
        run->call_texts = sr_run_numbers_new();
    return run;
}

void
sr_run_free(SrRun *run)
{
    if (run == NULL)
        return;
    sr_engine_free(run->engine);
    sr_checks_free(run->world.checks);
    sr_trace_writer_free(run->writer);
    sr_real_crypto_free(run->real);
    sr_run_exec_free(run->exec);
    sr_run_exec_free(run->signer);
    sr_run_numbers_free(run->call_texts);
    sr_run_order_free(run->order);
    g_clear_pointer(&run->kept, g_array_unref);
    g_aligned_free(run->clients);
    g_free(run->world.server.documents);
    g_free(run->world.server.clients);
    g_free(run->world.server.rejected);
    g_free(run->world.provider.slots);
    g_free(run->world.provider.masters);
    g_free(run->world.provider.chains);
    g_free(run->world.provider.buckets);
    g_free(run->world.provider.documents);
    g_free(run->world.provider.replica_keys);
    g_free(run->clocks);
    g_free(run->renew_at);
    g_free(run->free_at);
    g_free(run->partition_until);
    g_free(run->blocked_until);
    g_free(run->attached);
    g_free(run->attached_last);
    g_free(run->previous_hint);
    g_free(run->outdated_hint);
    g_free(run->started);
    g_clear_pointer(&run->chaos, g_array_unref);
    sr_transit_clear(&run->transit);
    sr_tally_clear(&run->tally);
    g_free(run->key_rests);
    g_free(run->retold);
    g_free(run->fingerprints);
    sr_model_free(run->model);
    g_free(run);
}

bool
sr_run_needs(const SrScenario *scenario, SrExecRole role)
{
    return role == SR_EXEC_KEYS ? scenario->encryption_provider.kind == SR_KEYS_EXEC
                                : scenario->token_provider.enabled &&
                                      scenario->token_provider.kind == SR_TOKENS_EXEC;
}

bool
sr_run_needs_provider(const SrScenario *scenario)
{
    return sr_run_needs(scenario, SR_EXEC_KEYS) || sr_run_needs(scenario, SR_EXEC_TOKENS);
}

/* ---- the start of a run ---- */

static SrClock
initial_clock(const SrClockSettings *settings)
{
    return (SrClock){ .offset_ns = settings->offset_ns, .drift_ppm = settings->drift_ppm };
}

static void
reset_clocks(SrRun *run)
{
    for (uint32_t i = 0; i < SR_SERVICE_N; i++)
        run->clocks[i] = initial_clock(&run->model->service_clock[i]);
    if (run->n_clocks == SR_SERVICE_N)
        return;
    for (uint32_t i = 0; i < run->model->n_clients; i++) {
        run->clocks[SR_NODE_FIRST_CLIENT + i] = initial_clock(
            &g_array_index(run->scenario->clients, SrClientGroup, run->clients[i].group).clock);
        run->renew_at[i] = INT64_MIN;
    }
}

static void
reset_world(SrRun *run)
{
    const SrModel *model = run->model;
    size_t n = model->n_clients;

    for (size_t i = 0; i < n; i++) {
        RunClient *kept = &run->clients[i];

        *kept = (RunClient){ .hash = kept->hash, .group = kept->group };
    }
    sr_server_reset(&run->world.server);
    run->world.token_provider = (SrTokenProvider){ 0 };
    sr_provider_reset(&model->provider, &run->world.provider);
    for (uint32_t i = 0; i < SR_SERVICE_N; i++)
        run->services[i] =
            (Service){ .first = SR_NO_SLOT, .last = SR_NO_SLOT, .current = SR_NO_SLOT };
    for (uint32_t i = 0; i < model->n_documents; i++) {
        run->attached[i] = run->attached_last[i] = SR_NO_SLOT;
        run->previous_hint[i] = run->outdated_hint[i] = SR_HINT_ABSENT;
    }
    if (run->free_at != NULL)
        memset(run->free_at, 0, n * SR_DIRECTION_N * sizeof *run->free_at);
    if (run->partition_until != NULL)
        memset(run->partition_until, 0, n * SR_SERVICE_N * sizeof *run->partition_until);
    if (run->blocked_until != NULL)
        memset(run->blocked_until, 0, n * sizeof *run->blocked_until);
    memset(run->started, 0, run->scenario->timeline->len * sizeof *run->started);
    run->server_down = false;
    run->server_down_until = 0;
    run->replications = 0;
    sr_transit_reset(&run->transit);
    run->slots_ahead = run->clients_ahead = 0;
    reset_clocks(run);
}

/* Returns: the hint of the older session of @document, SR_HINT_ABSENT when there is none since
 * somebody's own provider gave no key for it */
static uint32_t
add_previous(SrRun *run, uint32_t document)
{
    SrServerDocument *it = &run->world.server.documents[document];
    uint32_t hint;

    if (run->exec == NULL)
        return sr_world_add_previous(&run->world, document,
                                     sr_run_local(run, SR_NODE_ENCRYPTION_PROVIDER));
    hint = sr_run_exec_earlier(run, document);
    if (hint != SR_HINT_ABSENT) {
        it->has_outdated = true;
        it->outdated = (SrContent){ .hint = hint, .key = run->world.provider.slots[hint].key };
    }
    return hint;
}

/* `previous = yes`: an older session of the document, whose key was made at t = 0. */
static void
add_previous_sessions(SrRun *run)
{
    for (uint32_t i = 0; i < run->model->n_documents; i++) {
        const SrDocumentSettings *document =
            &g_array_index(run->scenario->documents, SrDocumentSettings, i);

        if (!document->previous)
            continue;
        uint32_t hint = add_previous(run, i);
        SrContent *content = &run->world.server.documents[i].outdated;

        if (hint == SR_HINT_ABSENT)
            continue;
        content->sealer = SR_NOBODY;
        content->counter = i;

        const SrAction sealed = { .event = SR_EVENT_SEALED,
                                  .message = { .hint = hint,
                                               .key = content->key,
                                               .sealer = content->sealer,
                                               .counter = content->counter } };

        run->previous_hint[i] = run->outdated_hint[i] = hint;
        sr_run_seal_previous(run, i, &sealed);
    }
}

/* The faults of chaos are numbered after the entries of the file. */
static void
schedule_chaos(SrRun *run)
{
    uint32_t first = run->scenario->timeline->len;

    sr_chaos_draw(run->model, run->seed, run->chaos);
    for (uint32_t i = 0; i < run->chaos->len; i++)
        sr_engine_schedule(run->engine, g_array_index(run->chaos, SrTimelineEntry, i).at,
                           event_payload(EV_TIMELINE, 0, first + i));
}

SrTime
sr_run_draw_start(const SrRun *run, uint32_t client)
{
    const RunClient *kept = &run->clients[client];
    SrStream stream = sr_run_stream(run, SR_DRAW_START, kept->hash, 0);
    const SrDraw *fixed =
        sr_run_find_draw(run, SR_DRAW_START, SR_NODE_FIRST_CLIENT + client, 0);

    if (fixed != NULL)
        return (SrTime) fixed->value;
    return sr_distribution_sample(
        &g_array_index(run->scenario->clients, SrClientGroup, kept->group).start, &stream);
}

static void
schedule_starts(SrRun *run)
{
    /* A crash before the start stops this timer like any other. */
    for (uint32_t i = 0; i < run->model->n_clients; i++)
        sr_engine_set_alarm(
            run->engine, client_alarm(run, i, SR_TIMER_MAIN),
            sr_run_settle_span(run, SR_DRAW_START, i, 0, sr_run_draw_start(run, i)), false);
    for (uint32_t i = 0; i < run->scenario->timeline->len; i++)
        sr_engine_schedule(run->engine,
                           g_array_index(run->scenario->timeline, SrTimelineEntry, i).at,
                           event_payload(EV_TIMELINE, 0, i));
    if (run->chaos != NULL)
        schedule_chaos(run);
}

static void
schedule_background(SrRun *run)
{
    const SrEncryptionProviderSettings *provider = &run->scenario->encryption_provider;

    for (uint32_t i = 0; i < SR_SERVICE_N; i++)
        if (run->model->service_clock[i].ntp_interval != 0)
            sr_engine_schedule_background(run->engine,
                                          run->model->service_clock[i].ntp_interval,
                                          event_payload(EV_NTP, 0, i));
    for (uint32_t i = 0; i < run->model->n_clients; i++) {
        const SrClientGroup *group =
            &g_array_index(run->scenario->clients, SrClientGroup, run->clients[i].group);

        if (group->clock.ntp_interval != 0)
            sr_engine_schedule_background(run->engine, group->clock.ntp_interval,
                                          event_payload(EV_NTP, 0, SR_NODE_FIRST_CLIENT + i));
    }
    if (provider->rotate_master != SR_TIME_NEVER)
        sr_engine_schedule_background(run->engine, provider->rotate_master,
                                      event_payload(EV_ROTATE, 0, 0));
}

/* ---- the loop ---- */

static void
detect_loss(SrRun *run, uint32_t slot)
{
    SrMessage closed = sr_transit_message(&run->transit, slot);

    sr_transit_free(&run->transit, slot);
    sr_world_server_closed(&run->world, closed.client, closed.conn, (SrReason) closed.reason);
}

static void
replicated(SrRun *run, uint32_t slot)
{
    SrMessage message = sr_transit_message(&run->transit, slot);

    sr_transit_free(&run->transit, slot);
    sr_provider_replicated(&run->model->provider, &run->world.provider, message.conn,
                           message.hint, message.key);
}

static void
rotate(SrRun *run)
{
    sr_world_provider_rotate(&run->world);
    sr_engine_schedule_background(run->engine,
                                  sr_engine_now(run->engine) +
                                      run->scenario->encryption_provider.rotate_master,
                                  event_payload(EV_ROTATE, 0, 0));
}

static void
dispatch(SrRun *run, uint64_t payload)
{
    uint32_t a = (uint32_t) (payload >> 32) & 0xffffff, b = (uint32_t) payload;

    switch ((EventKind) (payload >> 56)) {
    case EV_RESTART:
        sr_run_restart_client(run, a);
        break;
    case EV_TIMELINE:
        sr_run_timeline(run, b);
        break;
    case EV_ARRIVE:
        sr_run_arrive(run, b);
        break;
    case EV_SHARED:
        sr_run_arrive_shared(run, b, a);
        break;
    case EV_SERVED:
        sr_run_served(run, a);
        break;
    case EV_READY:
        sr_run_provider_ready(run, b);
        break;
    case EV_ALARM:
        sr_run_alarm(run, b);
        break;
    case EV_DETECT:
        detect_loss(run, b);
        break;
    case EV_WAKE:
        sr_run_wake(run, a);
        break;
    case EV_NTP:
        sr_run_ntp(run, b);
        break;
    case EV_EXPIRE:
        sr_world_provider_expire(&run->world, b,
                                 sr_run_local(run, SR_NODE_ENCRYPTION_PROVIDER));
        break;
    case EV_REPLICATED:
        replicated(run, b);
        break;
    case EV_ROTATE:
        rotate(run);
        break;
    case EV_CHILD:
        sr_run_exec_wake(run, a, b);
        break;
    case EV_ANSWER:
        sr_run_exec_answer(run, b);
        break;
    case EV_CHOOSE:
        g_assert_not_reached();
    }
}

/* ---- looking ahead ---- */

/* This many events before its turn, the slot of a message is prefetched. The client is
 * prefetched later, since its number is in the slot. */
#define SLOT_AHEAD 24
#define CLIENT_AHEAD 12

static void
fetch_slot(const SrRun *run, uint64_t payload)
{
    uint32_t b = (uint32_t) payload;

    if (payload >> 56 == EV_ARRIVE || payload >> 56 == EV_READY)
        sr_transit_fetch(&run->transit, b);
    else if (payload >> 56 == EV_SHARED)
        __builtin_prefetch(&run->transit.shared_ids[(uint32_t) (payload >> 32) & 0xffffff], 1);
    else if (payload >> 56 == EV_ALARM)
        sr_engine_fetch_alarm(run->engine, b);
}

static void
fetch_client(const SrRun *run, uint64_t payload)
{
    uint32_t b = (uint32_t) payload;

    if (payload >> 56 == EV_ARRIVE || payload >> 56 == EV_READY)
        sr_run_fetch_client(run, sr_transit_client(&run->transit, b));
    else if (payload >> 56 == EV_SHARED)
        sr_run_fetch_client(run, (uint32_t) (payload >> 32) & 0xffffff);
    else if (payload >> 56 == EV_ALARM && b < sr_run_served_alarm(run)) {
        uint32_t client;

        (void) alarm_timer(run, b, &client);
        sr_run_fetch_client(run, client);
    }
}

/* Prefetches for the events that came within the distance. Mostly that is one event; after a
 * refill of the queue it can be all of them. */
static void
look_ahead(SrRun *run)
{
    uint32_t n = run->slots_ahead - (run->slots_ahead > 0);
    uint64_t payload;

    for (; n < SLOT_AHEAD && sr_engine_ahead(run->engine, n, &payload); n++)
        fetch_slot(run, payload);
    run->slots_ahead = n;
    n = run->clients_ahead - (run->clients_ahead > 0);
    for (; n < CLIENT_AHEAD && sr_engine_ahead(run->engine, n, &payload); n++)
        fetch_client(run, payload);
    run->clients_ahead = n;
}

/* ---- the result ---- */

static bool
can_be_told(int64_t ns)
{
    const int64_t most = (INT64_C(1) << 53) - 1;

    return ns >= -most && ns <= most;
}

/* How far the clocks that stamp and judge tokens are off at first, for pictures: no reading tells whose fault
 * a difference is. Not of a clock that drifts, nor of a signer of the user's own, whose clock nobody knows, nor where
 * a clock is off by more than a number of a trace can be. */
static void
tell_clocks(const SrRun *run, SrTraceHeader *header)
{
    const SrClockSettings *server = &run->scenario->server.clock,
                          *signer = &run->scenario->token_provider.clock;

    int64_t signer_ahead = run->signer == NULL ? signer->offset_ns : 0;

    if (server->drift_ppm != 0 || (signer->drift_ppm != 0 && run->signer == NULL) ||
        !can_be_told(server->offset_ns) || !can_be_told(signer_ahead))
        return;
    header->server_ahead = server->offset_ns;
    header->signer_ahead = signer_ahead;
}

static void
begin_trace(SrRun *run)
{
    const SrRunOptions *options = run->options;
    SrTraceHeader header = { .version = SR_VERSION,
                             .scenario = run->scenario->title,
                             .source = run->source,
                             .seed = run->seed,
                             .own_provider = run->exec != NULL,
                             .own_signer = run->signer != NULL };

    if (!run->writing)
        return;
    if (run->writer == NULL || run->writer_flush != options->trace ||
        run->writer_data != options->trace_data) {
        sr_trace_writer_free(run->writer);
        run->writer = sr_trace_writer_new(&run->names, options->trace, options->trace_data);
        run->writer_flush = options->trace;
        run->writer_data = options->trace_data;
    }
    tell_clocks(run, &header);
    sr_trace_writer_begin(run->writer, &header);
}

static gboolean
end_trace(SrRun *run, GError **error)
{
    SrRunResult *result = run->tally.result;
    SrTraceEnd end = {
        .t = result->t,
        .events = result->records,
        .verdict = result->failed == 0 ? "pass" : "fail",
        .failed = result->failed,
    };

    return !run->writing || sr_trace_writer_end(run->writer, &end, result->digest, error);
}

/* Whether to stop is asked once per this many events. */
#define STOP_EVERY 4096

/* Returns: whether the run ends although event number @n, from 1, is there to happen. */
static bool
is_ended(const SrRun *run, uint64_t n, SrRunResult *result)
{
    result->too_long = n > run->scenario->max_events;
    result->stopped = !result->too_long && n % STOP_EVERY == 0 && run->stop != NULL &&
                      run->stop(run->stop_data);
    return result->too_long || result->stopped;
}

/* Returns: the next event after @n before which is_ended() is to be asked */
static uint64_t
next_question(const SrRun *run, uint64_t n)
{
    uint64_t stop = n - n % STOP_EVERY + STOP_EVERY;

    return MIN(stop, run->scenario->max_events + 1);
}

static void
derive_bases(SrRun *run)
{
    for (size_t i = 0; i < G_N_ELEMENTS(run->bases); i++)
        run->bases[i] = sr_stream_base(run->seed, run->purposes[i]);
}

/* Notes what the options of the run ask of its way. */
static void
take_options(SrRun *run)
{
    bool ordered = sr_run_is_ordered(run);

    run->by_name = run->scenario->draws->len > 0 || run->options->draw != NULL || ordered;
    run->watched = run->by_name || run->partition_until != NULL;
    run->attended = run->large || ordered;
    if (ordered && run->order == NULL)
        run->order = sr_run_order_new();
    if (ordered)
        sr_run_order_reset(run->order);
}

/* What a large run and one whose order is chosen do before an event. Returns: whether it happens;
 * *@payload may become another event */
static __attribute__((noinline)) bool
attend(SrRun *run, uint64_t *payload)
{
    if (run->large)
        look_ahead(run);
    return !sr_run_is_ordered(run) || sr_run_order_attend(run, payload);
}

/* What comes before the user's own programs begin. */
static void
reset(SrRun *run, SrRunResult *result)
{
    sr_tally_reset(&run->tally, result);
    result->seed = run->seed;
    result->judged =
        SR_CHECKS_OF_ALL | (run->call_texts != NULL ? 1u << SR_CHECK_PROVIDER_ANSWERS : 0);
    derive_bases(run);
    take_options(run);
    sr_engine_reset(run->engine, sr_stream_key(run->seed, run->purposes[SR_DRAW_TIES], 0),
                    run->scenario->limit);
    reset_world(run);
    sr_run_records_reset(run);
}

static void
schedule_all(SrRun *run)
{
    add_previous_sessions(run);
    schedule_starts(run);
    schedule_background(run);
}

/* What comes behind the last event. */
static void
finish(SrRun *run, bool at_limit)
{
    SrRunResult *result = run->tally.result;

    if (!result->too_long)
        sr_run_findings(run, NULL, sr_checks_end(run->world.checks));
    if (run->exec != NULL && !result->stopped && !result->too_long) {
        sr_run_exec_probe(run);
        result->lookups = sr_run_exec_lookups(run->exec);
        result->probes = sr_run_exec_probed(run->exec);
    }
    result->at_limit = at_limit;
    result->t = sr_engine_now(run->engine);
    result->records = run->world.seq;
    result->engine_events = sr_engine_events(run->engine);
    for (uint32_t i = 0; i < run->model->n_clients; i++)
        sr_tally_client_end(&run->tally, i, run->clients[i].core.state,
                            run->clients[i].core.reason);
    sr_tally_end(&run->tally);
    sr_run_measure_end(run);
}

/* Plays the model once, from the reset to the last check. Returns: FALSE with @error when the
 * provider of the options cannot begin */
static gboolean
play(SrRun *run, SrRunResult *result, GError **error)
{
    SrEngineStep step;
    uint64_t payload, n, ask = next_question(run, 0);

    reset(run, result);
    if (run->call_texts != NULL && !sr_run_exec_begin(run, error)) {
        result->stopped = sr_run_exec_stopped(run);
        if (result->stopped)
            g_clear_error(error);
        return result->stopped;
    }
    begin_trace(run);
    schedule_all(run);
    while ((step = sr_engine_next(run->engine, &payload)) == SR_ENGINE_EVENT) {
        n = sr_engine_events(run->engine);
        if (n >= ask) {
            if (is_ended(run, n, result))
                break;
            ask = next_question(run, n);
        }
        if (!run->attended || attend(run, &payload))
            dispatch(run, payload);
    }
    result->stopped |= sr_run_exec_stopped(run);
    finish(run, step == SR_ENGINE_LIMIT);
    return TRUE;
}

/* Plays the same run a second time, to collect its story. */
static void
play_again(SrRun *run, const SrRunResult *result)
{
    static const SrRunOptions silent = { 0 };

    if (run->retold == NULL)
        run->retold = g_new(SrRunResult, 1);
    run->options = &silent;
    run->use_real = false;
    run->telling = true;
    play(run, run->retold, NULL);
    run->telling = false;
    g_assert(run->retold->stopped || (run->retold->records == result->records &&
                                      run->retold->failed == result->failed));
}

/* Somebody's own provider need not do the same twice, so its run is kept instead. */
static void
tell_story(SrRun *run, SrRunResult *result)
{
    if (!sr_story_begin(&run->story, result, run->tally.winner_hint, sr_run_outcomes(run)))
        return;
    if (run->kept == NULL)
        play_again(run, result);
    for (guint i = 0; run->kept != NULL && i < run->kept->len; i++)
        sr_story_record(&run->story, &g_array_index(run->kept, SrRecord, i));
    run->tally.result = result;
}

void
sr_run_watch(SrRun *run, const SrRunWatch *watch)
{
    run->watch = watch;
    sr_engine_watch(run->engine, watch != NULL ? &watch->engine : NULL);
}

static void
take(SrRun *run, uint64_t seed, const SrRunOptions *options)
{
    run->seed = seed;
    run->options = options;
    run->stop = options->stop;
    run->stop_data = options->stop_data;
    run->use_real = options->real_crypto;
}

void
sr_run_begin(SrRun *run, uint64_t seed, const SrRunOptions *options, SrRunResult *result)
{
    take(run, seed, options);
    reset(run, result);
    schedule_all(run);
}

void
sr_run_take_up(SrRun *run, uint64_t seed, const SrRunOptions *options, SrRunResult *result)
{
    take(run, seed, options);
    run->tally.result = result;
    derive_bases(run);
    take_options(run);
}

void
sr_run_step(SrRun *run, SrTime now, uint64_t payload)
{
    sr_engine_jump(run->engine, now);
    dispatch(run, payload);
}

void
sr_run_finish(SrRun *run, SrTime now, bool at_limit)
{
    sr_engine_jump(run->engine, now);
    finish(run, at_limit);
}

gboolean
sr_run_execute(SrRun *run, uint64_t seed, const SrRunOptions *options, SrRunResult *result,
               GError **error)
{
    take(run, seed, options);
    g_clear_pointer(&run->kept, g_array_unref);
    if (options->story && run->call_texts != NULL)
        run->kept = g_array_new(FALSE, FALSE, sizeof(SrRecord));
    if (run->use_real && run->real == NULL)
        run->real = sr_real_crypto_new(run->scenario->token_provider.algorithm);
    if (run->use_real)
        sr_real_crypto_reset(run->real, seed);
    if (!play(run, result, error) || !end_trace(run, error))
        return FALSE;
    if (options->story && !result->stopped && (!result->too_long || result->failed != 0))
        tell_story(run, result);
    return TRUE;
}

SrClientOutcome
sr_run_client(const SrRun *run, uint32_t i)
{
    SrClientOutcome outcome = sr_tally_outcome(&run->tally, i);

    outcome.state = run->clients[i].core.state;
    outcome.reason = run->clients[i].core.reason;
    return outcome;
}

static SrClientOutcome
client_outcome(const void *data, uint32_t i)
{
    return sr_run_client(data, i);
}

SrOutcomes
sr_run_outcomes(const SrRun *run)
{
    return (SrOutcomes){ client_outcome, run };
}

bool
sr_sweep_row_take(SrSweepRow *row, SrRun *run, const SrRunResult *result)
{
    bool unexpected = !sr_expect_met(run->scenario, result, sr_run_outcomes(run));

    g_assert(result == run->tally.result);
    sr_sweep_row_count(row, &run->tally, run->model->client_document, unexpected);
    return unexpected;
}

bool
sr_run_draws(const SrRun *run)
{
    return sr_model_draws(run->model);
}

const SrNames *
sr_run_names(const SrRun *run)
{
    return &run->names;
}

/* What the files of a run share. The run is one struct; each file implements one part of it:
 * - run.c: building a run, the main loop, the result
 * - run-draws.c: draws that are fixed or told by name
 * - run-driver.c: schedules what a step leaves pending, and counts its notes
 * - run-node.c: steps of clients, alarms, changes of clocks
 * - run-order.c: a run whose order somebody chooses
 * - run-provider.c: answers that take time, keys that expire, replicas
 * - run-exec.c and run-exec-*.c: services that are somebody's own programs; see run-exec-parts-private.h
 * - run-transit.c: messages in flight
 * - run-link.c: sends and delivers messages; the services, which handle one message at a time
 * - run-timeline.c: faults and clocks
 * - run-measure.c: ages of keys and tokens, for sweeps
 * - run-keys.c: names of keys; real cryptography
 * - run-record.c: records for the trace and the story; names
 *
 * The room `result` counts and reports what a run did. */
#pragma once

#include <stddef.h>
#include <string.h>

#include "check/check.h"
#include "model/chaos.h"
#include "model/clock.h"
#include "model/model.h"
#include "protocol/token-provider.h"
#include "session-race/engine.h"
#include "session-race/run.h"

#include "result/story.h"
#include "result/tally.h"
#include "run/real-crypto-private.h"
#include "run/run-exec-private.h"
#include "run/run-transit-private.h"
#include "run/run-watch.h"
#include "world/world.h"

/* ---- events of the engine: 5 bits of kind, 24 of a (client or service), 32 of b ---- */

typedef enum {
    EV_RESTART,    /* a: client: the end of `crash … for` */
    EV_TIMELINE,   /* b: entry */
    EV_ARRIVE,     /* b: slot of the message */
    EV_SHARED,     /* a: client that a shared message arrives at; b: its slot */
    EV_SERVED,     /* a: service: it has processed the message that it took up */
    EV_READY,      /* b: slot of the request whose answer is generated or looked up */
    EV_ALARM,      /* b: number of the alarm, see client_alarm() */
    EV_DETECT,     /* b: slot that names client, conn and reason: the server sees it close */
    EV_WAKE,       /* a: service: an outage is over and messages wait */
    EV_NTP,        /* b: node */
    EV_EXPIRE,     /* b: hint */
    EV_REPLICATED, /* b: slot: hint, key, and the replica in conn */
    EV_ROTATE,
    EV_CHILD,  /* a: service; b: place of what its child waits for */
    EV_ANSWER, /* b: place of the answer of the encryption provider's child */
    EV_CHOOSE, /* nothing is left at the instant before: something that is held is chosen */
} EventKind;

static inline uint64_t
event_payload(EventKind kind, uint32_t a, uint32_t b)
{
    return (uint64_t) kind << 56 | (uint64_t) a << 32 | b;
}

/* ---- nodes ---- */

/* A service handles messages one at a time, in order of arrival. */
typedef struct {
    uint32_t first, last; /* slots waiting */
    uint32_t current;     /* the slot being processed, SR_NO_SLOT when free */
    SrTime outage_until;
    bool waking;      /* EV_WAKE is scheduled */
    uint32_t n_slows; /* `slow` entries of the timeline that may be active */
} Service;

/* One link direction of one client. */
typedef struct __attribute__((packed, aligned(4))) {
    SrTime last;     /* latest arrival on this connection */
    uint32_t number; /* of the next message, from 0 */
} RunDirection;

/* A client of a run: what the driver keeps of it, and its state. There may be a million clients,
 * and an event fetches two to four cache lines of one and nothing else of it. */
typedef struct __attribute__((aligned(64))) {
    uint64_t hash; /* of the name, from the model; this and `group` stay from run to run */
    uint32_t group : 20;  /* index into the groups of the scenario */
    bool open_crash : 1;  /* crashed without `for`: `restart` ends it */
    SrTallyClient tally;  /* what is counted of it */
    uint32_t derivations; /* so far; the number names the draws of `derive` */
    SrClient core;
    RunDirection directions[SR_DIRECTION_N];
} RunClient;
G_STATIC_ASSERT(offsetof(RunClient, core.won) <= 128 && sizeof(RunClient) == 256);

/* State that only `unusual` keys need; all zero for the others. The kernel allocates these
 * pages on the first write, so they cost nothing until then. */
typedef struct {
    SrSpan peak; /* age of the key when the provider's clock was last set back */
    uint32_t master;
} KeyRest;

/* Cache of fingerprints for the trace, indexed by the low bits of the key's number. */
#define FINGERPRINTS 64
typedef struct {
    uint32_t key[FINGERPRINTS];
    char text[FINGERPRINTS][16];
} Fingerprints;

/* Draws of these ids are made in every run: the bases of their streams are kept. */
#define SR_DRAW_OFTEN_N (SR_DRAW_START + 1)

/* A run with more clients than this is large: its clients do not fit into the caches of the
 * processor. It fetches the memory that an event will touch some events before. No result
 * depends on this. */
#define SR_RUN_LARGE_CLIENTS 1000

typedef struct SrRunOrder SrRunOrder;

struct SrRun {
    const SrScenario *scenario;
    SrModel *model;
    SrEngine *engine;
    uint64_t purposes[SR_DRAW_N];    /* hashes of the purposes of streams, made once */
    uint64_t bases[SR_DRAW_OFTEN_N]; /* sr_stream_base() of each under the run's seed */
    /* Draws are fixed or told by name, so all of them are made the slow way. */
    bool by_name;
    bool attended; /* each event is: the run is large, or its order is chosen */
    bool watched; /* so is every link: by_name, or there are partitions */
    int64_t epoch_ns;
    char source[33]; /* of the trace's first line */

    bool large; /* see SR_RUN_LARGE_CLIENTS */

    /* state of the world */
    RunClient *clients;
    SrWorld world;
    Service services[SR_SERVICE_N];
    SrClock
        *clocks; /* by node: the services', and the clients' where one of these can be wrong */
    uint32_t n_clocks;
    int64_t *
        renew_at; /* (nullable) n_clients: local instant of a set SR_TIMER_RENEW; INT64_MIN when not set */
    SrTime *
        free_at; /* (nullable) n_clients × SR_DIRECTION_N: when a direction of limited bandwidth is free */
    SrTime *partition_until; /* (nullable) n_clients × SR_SERVICE_N */
    SrTime *blocked_until;   /* (nullable) n_clients */
    SrTime server_down_until;
    bool *started;       /* entries of the timeline that have happened */
    GArray *chaos;       /* (nullable) SrTimelineEntry: the faults of the seed */
    bool server_down;    /* crashed without `for` */
    bool server_crashes; /* the timeline has `crash server` */
    uint32_t *attached;  /* n_documents: first slot attached to the key being made */
    uint32_t *attached_last;
    uint64_t replications;
    uint32_t request_number; /* of the message that a service handles, in its direction */
    uint32_t *previous_hint; /* n_documents, for the checks */
    uint32_t
        *outdated_hint; /* n_documents: hint of the session that a later one will replace */

    uint32_t slots_ahead,
        clients_ahead; /* how far ahead the memory of events has been fetched */

    SrTransit transit; /* messages under way */

    /* records */
    const SrRunOptions *options;
    SrTraceWriter *writer; /* (nullable) made on first use */
    SrTraceFlush writer_flush;
    void *writer_data;
    bool writing;
    SrCheckContext check_context;
    SrNames names;
    Fingerprints
        *fingerprints; /* of the keys of this run; filled only when someone will read them */
    uint64_t seed;
    bool (*stop)(void *data); /* (nullable) of the options */
    void *stop_data;
    SrTally tally; /* its list of keys has every key that the run has seen */
    bool telling;  /* this is the second pass, which produces the story */
    SrStory story;
    SrRunResult *retold; /* (nullable) scratch: the result of the second pass */
    KeyRest *key_rests;  /* tally.keys_capacity + 1 */
    SrRealCrypto *real;  /* (nullable) */
    SrRunExec *exec;     /* (nullable) the encryption provider, with `kind = exec` */
    SrRunExec *signer;   /* (nullable) the token provider, likewise */
    SrRunNumbers *call_texts; /* (nullable) with either: labels of calls, and lines of code */
    SrRunOrder *order;   /* (nullable) made for the first run whose order is chosen */
    GArray *kept;        /* (nullable) all records, for the story of a run that has a child */
    bool use_real;
    const SrRunWatch *watch; /* (nullable) */
};

/* Like sr_run_new(), but the run is large with more than @large_clients clients. */
SrRun *sr_run_new_large(const SrScenario *scenario, uint32_t large_clients);

/* Returns: the drawn instant at which @client starts */
SrTime sr_run_draw_start(const SrRun *run, uint32_t client);

/* Returns: the document of @client */
static inline uint32_t
sr_run_client_document(const SrRun *run, uint32_t client)
{
    return run->model->client_document[client];
}

/* ---- alarms ----
 *
 * An alarm of the engine stands for everything that can be stopped. First come the main timers
 * of all clients (for an idle client, this timer is its start), then the timers of the next
 * SrTimer, and so on. The later timers are seldom set, so with this order their pages are
 * seldom touched. Then come the end of processing at the server and the establish-timeouts of
 * the documents. */

static inline uint32_t
client_alarm(const SrRun *run, uint32_t client, SrTimer timer)
{
    return (uint32_t) timer * run->model->n_clients + client;
}

/* Returns: the timer of alarm @alarm; @client: (out): the client that the timer belongs to */
static inline SrTimer
alarm_timer(const SrRun *run, uint32_t alarm, uint32_t *client)
{
    unsigned timer = SR_TIMER_MAIN;

    for (; alarm >= run->model->n_clients; alarm -= run->model->n_clients)
        timer++;
    *client = alarm;
    return (SrTimer) timer;
}

/* Returns: the number of the alarm that ends processing at the server */
static inline uint32_t
sr_run_served_alarm(const SrRun *run)
{
    return run->model->n_clients * SR_TIMER_N;
}

/* Returns: the number of the establish-timeout of @document */
static inline uint32_t
sr_run_establish_alarm(const SrRun *run, uint32_t document)
{
    return sr_run_served_alarm(run) + 1 + document;
}

/* ---- run-node.c ---- */

void sr_run_step_client(SrRun *run, uint32_t client, SrClientInput input);
/* Schedules what a step of @client leaves pending. */
void sr_run_client_pend(SrRun *run, uint32_t client, const SrAction *action);
void sr_run_alarm(SrRun *run, uint32_t alarm);
/* The clock of @node changed: schedules again the timers that wait for local instants of it. */
void sr_run_aim_anew(SrRun *run, uint32_t node);

/* ---- run-driver.c ---- */

/* What a run does for the world; see SrWorldDriver. */
extern const SrWorldDriver sr_run_driver;
/* Like sr_world_step_client(), sr_world_handle() and sr_world_provider_ready(), at the present
 * instant. */
void sr_run_drive_client(SrRun *run, const SrClientInput *input, const SrClientView *view);
bool sr_run_drive_service(SrRun *run, uint32_t service, const SrMessage *message);
void sr_run_drive_ready(SrRun *run, const SrMessage *request, uint32_t replica);
/* Returns: bits of the notes that the driver counts or that real cryptography repeats */
uint32_t sr_run_noted(const SrRun *run);

/* ---- run-provider.c ---- */

void sr_run_provider_pend(SrRun *run, const SrAction *action);
void sr_run_provider_ready(SrRun *run, uint32_t slot);
/* The store is full: makes it twice as large. */
__attribute__((cold)) void sr_run_grow_store(SrRun *run);
/* Makes room for one more slot of the store. */
static inline void
sr_run_make_room_for_key(SrRun *run)
{
    if (G_UNLIKELY(run->world.provider.n_slots >= run->world.provider.capacity))
        sr_run_grow_store(run);
}

/* ---- run-link.c ---- */

/* Sends @message in @direction; its id is run->world.message_ids. */
void sr_run_transmit(SrRun *run, unsigned direction, const SrMessage *message);
/* Returns: how many times in a row a link loses a message, with the stream of that draw; @loss:
 * parts per 2^32 */
unsigned sr_run_count_losses(SrStream stream, const SrLinkSettings *link);
/* Returns: by how much @n losses delay a message on an ordered link */
SrSpan sr_run_retransmission_time(SrSpan rto, unsigned n);
void sr_run_arrive(SrRun *run, uint32_t slot);
void sr_run_arrive_shared(SrRun *run, uint32_t slot, uint32_t client);
/* A connection opens: messages sent on an older one no longer delay later ones. */
void sr_run_forget_arrivals(SrRun *run, uint32_t client);
void sr_run_served(SrRun *run, uint32_t service);
void sr_run_wake(SrRun *run, uint32_t service);
/* Lets @service take up the next waiting message, if it is free and up. */
void sr_run_pump(SrRun *run, uint32_t service);
/* Drops all messages that wait for the server or are being processed there. */
void sr_run_drop_waiting(SrRun *run);

/* Prefetches the memory that a message to or from @client, or a timer of it, touches. */
static inline void
sr_run_fetch_client(const SrRun *run, uint32_t client)
{
    __builtin_prefetch(&run->clients[client], 1);
    for (size_t line = 64; line < sizeof *run->clients; line += 64)
        __builtin_prefetch((const char *) &run->clients[client] + line, 1);
    __builtin_prefetch(&run->world.server.clients[client], 1);
    sr_checks_fetch(run->world.checks, client);
    __builtin_prefetch(&run->model->client_document[client]);
    sr_engine_fetch_alarm(run->engine, client_alarm(run, client, SR_TIMER_MAIN));
}

/* Prefetches the memory that a message from the server to @client touches. */
static inline void
sr_run_fetch_told(const SrRun *run, uint32_t client)
{
    sr_run_fetch_client(run, client);
    __builtin_prefetch(&run->transit.shared_ids[client], 1);
}

/* ---- run-order.c ---- */

SrRunOrder *sr_run_order_new(void);
void sr_run_order_free(SrRunOrder *order);
void sr_run_order_reset(SrRunOrder *order);
/* Whether the order of the present run is chosen. */
static inline bool
sr_run_is_ordered(const SrRun *run)
{
    return run->options->choose != NULL;
}
/* Holds the event @payload of a leg of a call of the child until it is chosen; @draw: what it
 * takes, but for the value. */
void sr_run_order_call(SrRun *run, uint64_t payload, const SrDraw *draw, uint32_t client);
/* The event @payload of a timer of the child is scheduled at @due. */
void sr_run_order_timer(SrRun *run, uint64_t payload, SrTime due, uint32_t client);
/* Holds the arrival @payload of @message. Returns: whether it is held or behind one that is;
 * else it is to be scheduled */
bool sr_run_order_message(SrRun *run, uint64_t payload, const SrDraw *draw,
                          const SrMessage *message);
/* Forgets the event @payload, if it is held. */
void sr_run_order_drop(SrRun *run, uint64_t payload);
/* Called before each event, *@payload. Returns: whether it happens; at EV_CHOOSE *@payload becomes
 * what is chosen */
bool sr_run_order_attend(SrRun *run, uint64_t *payload);

/* ---- run-timeline.c ---- */

void sr_run_timeline(SrRun *run, uint32_t entry);
void sr_run_restart_client(SrRun *run, uint32_t client);
void sr_run_ntp(SrRun *run, uint32_t node);
bool sr_run_server_is_down(const SrRun *run);

/* ---- run-measure.c ---- */

/* Samples the age of a key at the end of a lookup. */
void sr_run_measure_lookup(SrRun *run, uint32_t hint);
/* Until now the key under @hint had to be kept. */
void sr_run_measure_needed(SrRun *run, uint32_t hint);
/* Called just before the active sessions become outdated. */
void sr_run_measure_upgrade(SrRun *run);
/* A session of @document was established, so the outdated session no longer needs its key. */
void sr_run_measure_established(SrRun *run, uint32_t document);
/* The clock of @node, which showed @before, was corrected. */
void sr_run_measure_clock(SrRun *run, uint32_t node, int64_t before);
/* Samples a token that the server judges, if the caller takes samples. */
void sr_run_measure_token(SrRun *run, int64_t now, int64_t token);
void sr_run_measure_end(SrRun *run);

/* ---- run-keys.c ---- */

/* Key number @key was made under @hint, or is seen for the first time. */
void sr_run_learn_key(SrRun *run, uint32_t key, uint32_t hint);
/* Notes of steps that real cryptography repeats and must agree with. */
#define SR_RUN_DONE_FOR_REAL                                                                   \
    (1u << SR_EVENT_SEALED | 1u << SR_EVENT_OPENED | 1u << SR_EVENT_TOKEN_JUDGED)
void sr_run_do_for_real(SrRun *run, uint32_t document, const SrAction *note);
void sr_run_reserve_key(SrRun *run, uint32_t key);
/* The content of an older session was sealed before the run began. Only real cryptography needs
 * to know. */
void sr_run_seal_previous(SrRun *run, uint32_t document, const SrAction *sealed);

/* ---- run-record.c ---- */

void sr_run_records_init(SrRun *run);
void sr_run_records_reset(SrRun *run);
/* Gives @record its instant and passes it to the trace and the story; the checks get it
 * elsewhere. */
void sr_run_report(SrRun *run, SrRecord *record);
void sr_run_record_fault(SrRun *run, uint32_t target, SrFaultAction action);
void sr_run_record_clock(SrRun *run, uint32_t node);
/* Turns the first @n findings into `check-failed` records; @cause (nullable) is the record that
 * caused them. */
void sr_run_findings(SrRun *run, SrRecord *cause, unsigned n);

/* Returns: (transfer none) (nullable): the clock of @node; NULL for one that is always right */
static inline SrClock *
sr_run_clock(const SrRun *run, uint32_t node)
{
    return node < run->n_clocks ? &run->clocks[node] : NULL;
}

/* Returns: what the clock of @node shows, ns since 1970 */
static inline int64_t
sr_run_local(const SrRun *run, uint32_t node)
{
    SrTime now = sr_engine_now(run->engine);
    const SrClock *clock = sr_run_clock(run, node);
    int64_t local = run->epoch_ns + (int64_t) now;

    if (clock != NULL && (clock->offset_ns | clock->drift_ppm | clock->slew_ns) != 0)
        local += sr_clock_error(clock, now);
    return local;
}

/* Returns: when the clock of @node will show @local */
static inline SrTime
sr_run_when_local(const SrRun *run, uint32_t node, int64_t local)
{
    static const SrClock right = { 0 };
    const SrClock *clock = sr_run_clock(run, node);

    return sr_clock_when(clock != NULL ? clock : &right, local - run->epoch_ns,
                         sr_engine_now(run->engine));
}

/* Returns: the stream for draw @index of @subject; @id: below SR_DRAW_OFTEN_N */
static inline SrStream
sr_run_stream(const SrRun *run, unsigned id, uint64_t subject, uint64_t index)
{
    return sr_stream_at(sr_stream_key_of(run->bases[id], subject), index);
}

/* Returns: likewise, for any other @id */
static inline SrStream
sr_run_seldom_stream(const SrRun *run, unsigned id, uint64_t subject, uint64_t index)
{
    return sr_stream_at(sr_stream_key(run->seed, run->purposes[id], subject), index);
}

/* Returns: (nullable): draw @number of @subject, a node or a copy of the store, as the scenario
 * fixes it */
const SrDraw *sr_run_find_draw(const SrRun *run, unsigned id, uint32_t subject, uint64_t number);
/* sr_run_settle() in a run whose draws have names. Cold, so that it adds little to what the
 * common case inlines. */
__attribute__((cold)) int64_t sr_run_settle_by_name(const SrRun *run, unsigned id,
                                                    uint32_t subject, uint64_t number,
                                                    int64_t drawn);

/* Draw @number of @subject, a node or a copy of the store, has come out as @drawn. Returns: what
 * it is: that, or what the scenario says */
static inline int64_t
sr_run_settle(const SrRun *run, unsigned id, uint32_t subject, uint64_t number, int64_t drawn)
{
    if (G_UNLIKELY(run->by_name))
        return sr_run_settle_by_name(run, id, subject, number, drawn);
    return drawn;
}

/* The same for a span that @client draws. */
static inline SrSpan
sr_run_settle_span(const SrRun *run, unsigned id, uint32_t client, uint64_t number,
                   SrSpan drawn)
{
    return (SrSpan) sr_run_settle(run, id, SR_NODE_FIRST_CLIENT + client, number,
                                  (int64_t) drawn);
}

/* Samples a token that holds from @valid (INT64_MIN: from ever) to @exp and is judged at @now. */
static inline __attribute__((always_inline)) void
sr_run_sample_times(int64_t now, int64_t valid, int64_t exp,
                    void (*sample)(void *data, SrSweepMeasure measure, uint64_t value),
                    void *data)
{
    if (valid > now)
        sample(data, SR_MEASURE_TOKEN_EARLY, (uint64_t) (valid - now));
    else if (valid != INT64_MIN)
        sample(data, SR_MEASURE_TOKEN_AGE, (uint64_t) (now - valid));
    if (exp > now)
        sample(data, SR_MEASURE_TOKEN_LEFT, (uint64_t) (exp - now));
}

/* The same for @token, a built-in one. */
static inline __attribute__((always_inline)) void
sr_run_sample_token(const SrTokenRules *rules, int64_t now, int64_t token,
                    void (*sample)(void *data, SrSweepMeasure measure, uint64_t value),
                    void *data)
{
    int64_t valid = rules->has_iat && rules->check_iat ? token : INT64_MIN;

    if (rules->has_not_before)
        valid = MAX(valid, token + rules->not_before);
    sr_run_sample_times(now, valid, sr_token_exp(rules, token), sample, data);
}

/* Returns: (transfer none): the name of the document of key number @key */
static inline const char *
sr_run_key_document(const SrRun *run, uint32_t key)
{
    return g_array_index(run->scenario->documents, SrDocumentSettings,
                         run->tally.keys[key].document)
        .name;
}

/* Returns: the id of a message whose lower half is in a slot. A message never stays in flight
 * while 2^32 others are sent, so the upper half is known. */
static inline uint64_t
sr_run_message_id(const SrRun *run, uint32_t lower_half)
{
    return run->world.message_ids - (uint32_t) ((uint32_t) run->world.message_ids - lower_half);
}

/* Returns: (transfer none): the KeyRest of key number @key */
static inline const KeyRest *
sr_run_key_rest(const SrRun *run, uint32_t key)
{
    static const KeyRest none = { 0 };

    return run->tally.keys[key].unusual ? &run->key_rests[key] : &none;
}

/* Returns: (transfer none): the same, writable */
static inline KeyRest *
sr_run_make_key_rest(SrRun *run, uint32_t key)
{
    if (!run->tally.keys[key].unusual)
        run->key_rests[key] = (KeyRest){ 0 };
    run->tally.keys[key].unusual = true;
    return &run->key_rests[key];
}

#include "oracle.h"

#include <glib.h>
#include <string.h>

#define N ORACLE_CLIENTS_MAX
#define IDLE_DUE 0xff /* nothing is due */
#define LANE_MAX 4
#define QUEUE_MAX 6

typedef enum {
    IDLE,
    TOKEN,
    CONNECTING,
    REQUESTING,
    MAKING,
    SEALING,
    CREATED,
    WAITING,
    UPLOADING,
    LOOKING,
    DERIVING,
    JOINING,
    COLLABORATING,
} Phase;

typedef enum {
    TOKEN_REQUEST,
    TOKEN_ANSWER,
    CONNECT,
    CONNECTED,
    SESSION_REQUEST,
    SESSION_NONE,
    SESSION_PENDING,
    AVAILABLE,
    NEW_KEY_REQUEST,
    NEW_KEY,
    LOOKUP_REQUEST,
    LOOKED_UP_KEY,
    CREATE,
    ACCEPTED,
    REJECTED,
    UPLOAD,
    JOIN,
    CONTENT,
} Message;

typedef struct {
    uint8_t n;
    uint8_t message[LANE_MAX], due[LANE_MAX];
} Lane;

typedef struct {
    uint8_t busy_due; /* of the message at the head of the queue */
    uint8_t n;
    uint8_t client[QUEUE_MAX], message[QUEUE_MAX];
} Queue;

/* All dues count from now. Only bytes, so that states are compared as memory. */
typedef struct {
    uint8_t phase[N], timer[N], known[N], learned[N];
    Lane lanes[N][ORACLE_SERVICE_N][2];
    Queue queues[ORACLE_SERVICE_N];
    uint8_t making[N], looking[N];
    uint8_t connected, established, creating, owner, none_sent, create_came;
} State;

/* Greatest spans from a state until something, over all futures; ORACLE_NONE where it does not
 * come. */
typedef struct {
    int16_t end[N];    /* the last event, where the client wins */
    int16_t lookup[N]; /* the last lookup of the client's key */
    int16_t wait[N], token[N], new_key[N], looked_up[N], judged[N], collaborate[N];
    int16_t judged_least[N]; /* the least span until the first judgement */
    int16_t establish, race;
} Values;

typedef struct {
    State state;
    Values values;
} Known;

typedef struct {
    const OracleSetting *setting;
    GHashTable *known, *outcomes;
    uint64_t states_max;
    bool full;
    OracleResult *result;
} Search;

/* ---- a step, whose delays are drawn afterwards ---- */

/* Where a drawn delay goes. */
typedef struct {
    uint8_t *due;
    unsigned lo, hi;
    unsigned least; /* not before this: the arrival ahead of it on its lane */
} Draw;

/* What a step did that starts or ends a watch. */
typedef struct {
    State next;
    Draw draws[2 * N + 2];
    unsigned n_draws;
    /* clients + 1; 0: none */
    unsigned started, asked_token, asked_new, asked_lookup, waits, signed_for, judged, made,
        looked_up;
    bool accepted, first_none;
} Step;

static void
draw(Step *step, uint8_t *due, OracleRange range, unsigned more, unsigned least)
{
    step->draws[step->n_draws++] = (Draw){ due, range.lo + more, range.hi + more, least };
}

static void
send(const OracleSetting *setting, Step *step, unsigned client, OracleService service,
     unsigned away, Message message)
{
    Lane *lane = &step->next.lanes[client][service][away];
    unsigned more = message == UPLOAD    ? setting->upload
                    : message == CONTENT ? setting->content
                                         : 0;

    g_assert(lane->n < LANE_MAX);
    lane->message[lane->n] = (uint8_t) message;
    draw(step, &lane->due[lane->n], setting->link[service][away], more,
         lane->n > 0 ? lane->due[lane->n - 1] : 0);
    lane->n++;
}

/* ---- clients ---- */

static void
enter(Step *step, unsigned client, Phase phase)
{
    step->next.phase[client] = (uint8_t) phase;
    step->next.timer[client] = IDLE_DUE;
    if (phase == WAITING)
        step->waits = client + 1;
}

static void
learn(const OracleSetting *setting, Step *step, unsigned client)
{
    step->next.learned[client] = 1 + step->next.phase[client];
    enter(step, client, LOOKING);
    step->asked_lookup = client + 1;
    send(setting, step, client, ORACLE_KEYS, 0, LOOKUP_REQUEST);
}

static void
hear_available(const OracleSetting *setting, Step *step, unsigned client)
{
    Phase phase = step->next.phase[client];

    if (phase == UPLOADING)
        enter(step, client, COLLABORATING);
    else if (phase == REQUESTING || phase == WAITING)
        learn(setting, step, client);
    else if (phase == MAKING || phase == SEALING || phase == CREATED) {
        if (setting->continues)
            step->next.known[client] = 1;
        else
            learn(setting, step, client);
    } else
        g_assert(phase >= LOOKING);
}

static void
client_hears(const OracleSetting *setting, Step *step, unsigned client, Message message)
{
    Phase phase = step->next.phase[client];

    if (message == TOKEN_ANSWER && phase == TOKEN) {
        enter(step, client, CONNECTING);
        send(setting, step, client, ORACLE_SERVER, 0, CONNECT);
    } else if (message == CONNECTED && phase == CONNECTING) {
        enter(step, client, REQUESTING);
        send(setting, step, client, ORACLE_SERVER, 0, SESSION_REQUEST);
    } else if (message == SESSION_NONE && phase == REQUESTING) {
        enter(step, client, MAKING);
        step->asked_new = client + 1;
        send(setting, step, client, ORACLE_KEYS, 0, NEW_KEY_REQUEST);
    } else if (message == SESSION_PENDING && phase == REQUESTING) {
        enter(step, client, WAITING);
    } else if (message == AVAILABLE) {
        hear_available(setting, step, client);
    } else if (message == NEW_KEY && phase == MAKING) {
        enter(step, client, SEALING);
        draw(step, &step->next.timer[client], setting->derive, 0, 0);
    } else if (message == LOOKED_UP_KEY && phase == LOOKING) {
        enter(step, client, DERIVING);
        draw(step, &step->next.timer[client], setting->derive, 0, 0);
    } else if (message == ACCEPTED && phase == CREATED) {
        enter(step, client, UPLOADING);
        send(setting, step, client, ORACLE_SERVER, 0, UPLOAD);
    } else if (message == REJECTED && phase == CREATED) {
        if (step->next.known[client])
            learn(setting, step, client);
        else
            enter(step, client, WAITING);
    } else if (message == CONTENT && phase == JOINING) {
        enter(step, client, COLLABORATING);
    }
}

static void
timer_ends(const OracleSetting *setting, Step *step, unsigned client)
{
    if (step->next.phase[client] == IDLE) {
        enter(step, client, TOKEN);
        step->started = step->asked_token = client + 1;
        send(setting, step, client, ORACLE_TOKENS, 0, TOKEN_REQUEST);
    } else if (step->next.phase[client] == SEALING) {
        enter(step, client, CREATED);
        send(setting, step, client, ORACLE_SERVER, 0, CREATE);
    } else {
        g_assert(step->next.phase[client] == DERIVING);
        enter(step, client, JOINING);
        send(setting, step, client, ORACLE_SERVER, 0, JOIN);
    }
}

/* ---- services ---- */

static void
session_asked(const OracleSetting *setting, Step *step, unsigned client)
{
    Message answer = step->next.established                    ? AVAILABLE
                     : step->next.creating && setting->pending ? SESSION_PENDING
                                                               : SESSION_NONE;

    if (answer == SESSION_NONE && !step->next.none_sent) {
        step->next.none_sent = 1;
        step->first_none = true;
    }
    send(setting, step, client, ORACLE_SERVER, 1, answer);
}

static void
service_acts(const OracleSetting *setting, Step *step, unsigned client, Message message)
{
    State *next = &step->next;

    switch (message) {
    case TOKEN_REQUEST:
        step->signed_for = client + 1;
        send(setting, step, client, ORACLE_TOKENS, 1, TOKEN_ANSWER);
        break;
    case CONNECT:
        step->judged = client + 1;
        next->connected |= (uint8_t) (1u << client);
        send(setting, step, client, ORACLE_SERVER, 1, CONNECTED);
        break;
    case SESSION_REQUEST:
        session_asked(setting, step, client);
        break;
    case CREATE:
        step->judged = client + 1;
        if (next->creating || next->established) {
            send(setting, step, client, ORACLE_SERVER, 1, REJECTED);
            break;
        }
        next->creating = 1;
        next->owner = (uint8_t) client;
        step->accepted = true;
        send(setting, step, client, ORACLE_SERVER, 1, ACCEPTED);
        break;
    case UPLOAD:
        next->creating = 0;
        next->established = 1;
        for (unsigned i = 0; i < setting->n; i++)
            if (next->connected >> i & 1)
                send(setting, step, i, ORACLE_SERVER, 1, AVAILABLE);
        break;
    case JOIN:
        step->judged = client + 1;
        send(setting, step, client, ORACLE_SERVER, 1, CONTENT);
        break;
    case NEW_KEY_REQUEST:
        draw(step, &next->making[client], setting->generate, 0, 0);
        break;
    case LOOKUP_REQUEST:
        draw(step, &next->looking[client], setting->lookup, 0, 0);
        break;
    default:
        g_assert_not_reached();
    }
}

static void
service_hears(const OracleSetting *setting, Step *step, OracleService service, unsigned client,
              Message message)
{
    Queue *queue = &step->next.queues[service];

    if (message == CREATE)
        step->next.create_came = 1;
    if (setting->processing[service].hi == 0) {
        service_acts(setting, step, client, message);
        return;
    }
    g_assert(queue->n < QUEUE_MAX);
    queue->client[queue->n] = (uint8_t) client;
    queue->message[queue->n] = (uint8_t) message;
    if (queue->n++ == 0)
        draw(step, &queue->busy_due, setting->processing[service], 0, 0);
}

static void
processing_ends(const OracleSetting *setting, Step *step, OracleService service)
{
    Queue *queue = &step->next.queues[service];
    unsigned client = queue->client[0];
    Message message = queue->message[0];

    queue->n--;
    memmove(queue->client, queue->client + 1, QUEUE_MAX - 1);
    memmove(queue->message, queue->message + 1, QUEUE_MAX - 1);
    queue->client[QUEUE_MAX - 1] = queue->message[QUEUE_MAX - 1] = 0;
    queue->busy_due = IDLE_DUE;
    service_acts(setting, step, client, message);
    if (queue->n > 0)
        draw(step, &queue->busy_due, setting->processing[service], 0, 0);
}

static void
arrive(const OracleSetting *setting, Step *step, unsigned client, OracleService service,
       unsigned away)
{
    Lane *lane = &step->next.lanes[client][service][away];
    Message message = lane->message[0];

    lane->n--;
    memmove(lane->message, lane->message + 1, LANE_MAX - 1);
    memmove(lane->due, lane->due + 1, LANE_MAX - 1);
    lane->message[LANE_MAX - 1] = lane->due[LANE_MAX - 1] = 0;
    if (away)
        client_hears(setting, step, client, message);
    else
        service_hears(setting, step, service, client, message);
}

/* ---- time ---- */

/* Calls for each item that is pending: the due of it, or of the first one on its lane. */
#define EACH_DUE(state, n, ...)                                                                \
    for (unsigned c = 0; c < (n); c++) {                                                       \
        __VA_ARGS__((state)->timer[c]);                                                        \
        __VA_ARGS__((state)->making[c]);                                                       \
        __VA_ARGS__((state)->looking[c]);                                                      \
        for (unsigned s = 0; s < ORACLE_SERVICE_N; s++)                                        \
            for (unsigned away = 0; away < 2; away++)                                          \
                for (unsigned k = 0; k < (state)->lanes[c][s][away].n; k++)                    \
                    __VA_ARGS__((state)->lanes[c][s][away].due[k]);                            \
    }                                                                                          \
    for (unsigned s = 0; s < ORACLE_SERVICE_N; s++)                                            \
    __VA_ARGS__((state)->queues[s].busy_due)

static unsigned
next_due(const State *state, unsigned n)
{
    unsigned least = IDLE_DUE;

#define TAKE_LEAST(due) least = MIN(least, (due))
    EACH_DUE(state, n, TAKE_LEAST);
    return least;
}

static void
pass(State *state, unsigned n, unsigned ticks)
{
#define PASS(due) ((due) = (uint8_t) ((due) == IDLE_DUE ? IDLE_DUE : (due) -ticks))
    EACH_DUE(state, n, PASS);
}

/* ---- values ---- */

static Values values_of(Search *search, const State *state);

static int16_t
later(int value, unsigned ticks)
{
    return value == ORACLE_NONE ? ORACLE_NONE : (int16_t) (value + (int) ticks);
}

static void
lift(int16_t *most, int value, unsigned ticks)
{
    *most = MAX(*most, later(value, ticks));
}

static void
merge(const OracleSetting *setting, const Step *step, unsigned ticks, const Values *after,
      Values *values)
{
    const State *next = &step->next;

    for (unsigned c = 0; c < setting->n; c++) {
        bool judged = step->judged == c + 1;
        unsigned of_owner = step->looked_up != 0 && next->owner == c;

        lift(&values->end[c], after->end[c], ticks);
        lift(&values->lookup[c], of_owner ? MAX(after->lookup[c], 0) : after->lookup[c], ticks);
        lift(&values->wait[c], next->phase[c] != WAITING ? 0 : after->wait[c], ticks);
        lift(&values->token[c], next->phase[c] > TOKEN ? 0 : after->token[c], ticks);
        lift(&values->new_key[c], next->phase[c] > MAKING ? 0 : after->new_key[c], ticks);
        lift(&values->looked_up[c], next->phase[c] > LOOKING ? 0 : after->looked_up[c], ticks);
        lift(&values->judged[c], judged ? MAX(after->judged[c], 0) : after->judged[c], ticks);
        lift(&values->collaborate[c],
             next->phase[c] == COLLABORATING ? 0 : after->collaborate[c], ticks);
        if (judged || after->judged_least[c] != INT16_MAX)
            values->judged_least[c] =
                MIN(values->judged_least[c],
                    (int16_t) (ticks + (unsigned) (judged ? 0 : after->judged_least[c])));
    }
    lift(&values->establish, next->established ? 0 : after->establish, ticks);
    lift(&values->race, next->create_came ? 0 : after->race, ticks);
}

static void
note(Search *search, OracleWatch watch, int value)
{
    search->result->most[watch] = MAX(search->result->most[watch], value);
}

/* The watches that @step starts. */
static void
note_started(Search *search, const Step *step, const Values *after)
{
    if (step->made != 0) {
        note(search, ORACLE_KEY_NEED, after->end[step->made - 1]);
        note(search, ORACLE_KEY_LOOKUP, after->lookup[step->made - 1]);
    }
    if (step->waits != 0)
        note(search, ORACLE_WAIT, after->wait[step->waits - 1]);
    if (step->asked_token != 0)
        note(search, ORACLE_TOKEN_REQUEST, after->token[step->asked_token - 1]);
    if (step->asked_new != 0)
        note(search, ORACLE_KEY_REQUEST, after->new_key[step->asked_new - 1]);
    if (step->asked_lookup != 0)
        note(search, ORACLE_KEY_REQUEST, after->looked_up[step->asked_lookup - 1]);
    if (step->accepted)
        note(search, ORACLE_ESTABLISH, after->establish);
    if (step->signed_for != 0) {
        note(search, ORACLE_JUDGED, after->judged[step->signed_for - 1]);
        search->result->judged_least =
            MIN(search->result->judged_least, after->judged_least[step->signed_for - 1]);
    }
    if (step->started != 0)
        note(search, ORACLE_COLLABORATE, after->collaborate[step->started - 1]);
    if (step->first_none)
        note(search, ORACLE_RACE, after->race);
}

/* Draws delay number @i of @step and those behind it, each in all ways. */
static void
draw_all(Search *search, Step *step, unsigned i, unsigned ticks, Values *values)
{
    const Draw *drawn = &step->draws[i];
    Values after;

    if (search->full)
        return;
    if (i == step->n_draws) {
        after = values_of(search, &step->next);
        note_started(search, step, &after);
        merge(search->setting, step, ticks, &after, values);
        return;
    }
    for (unsigned delay = drawn->lo; delay <= drawn->hi; delay++) {
        *drawn->due = (uint8_t) MAX(delay, drawn->least);
        draw_all(search, step, i + 1, ticks, values);
    }
}

/* ---- the search ---- */

static guint
hash_state(gconstpointer data)
{
    const uint8_t *bytes = data;
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < sizeof(State); i++)
        hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
    return (guint) (hash ^ hash >> 32);
}

static gboolean
equal_states(gconstpointer a, gconstpointer b)
{
    return memcmp(a, b, sizeof(State)) == 0;
}

static void
end_values(Search *search, const State *state, Values *values)
{
    uint64_t outcome = state->owner;

    g_assert(state->established);
    for (unsigned c = 0; c < search->setting->n; c++) {
        g_assert(state->phase[c] == COLLABORATING);
        outcome = outcome * 16 + state->learned[c];
    }
    values->end[state->owner] = 0;
    search->result->winners |= 1u << state->owner;
    g_hash_table_add(search->outcomes, GSIZE_TO_POINTER((gsize) outcome + 1));
}

/* Does what is due first in each order, with the delays that follow. */
static void
expand(Search *search, const State *state, Values *values)
{
    const OracleSetting *setting = search->setting;
    unsigned ticks = next_due(state, setting->n);
    State now = *state;
    Step step;

    if (ticks == IDLE_DUE) {
        end_values(search, state, values);
        return;
    }
    pass(&now, setting->n, ticks);
#define TRY(condition, ...)                                                                    \
    if (condition) {                                                                           \
        memset(&step, 0, sizeof step);                                                         \
        step.next = now;                                                                       \
        __VA_ARGS__;                                                                           \
        draw_all(search, &step, 0, ticks, values);                                             \
    }
    for (unsigned c = 0; c < setting->n; c++) {
        TRY(now.timer[c] == 0, step.next.timer[c] = IDLE_DUE; timer_ends(setting, &step, c));
        TRY(now.making[c] == 0, step.next.making[c] = IDLE_DUE; step.made = c + 1;
            send(setting, &step, c, ORACLE_KEYS, 1, NEW_KEY));
        TRY(now.looking[c] == 0, step.next.looking[c] = IDLE_DUE; step.looked_up = c + 1;
            send(setting, &step, c, ORACLE_KEYS, 1, LOOKED_UP_KEY));
        for (unsigned s = 0; s < ORACLE_SERVICE_N; s++)
            for (unsigned away = 0; away < 2; away++)
                TRY(now.lanes[c][s][away].n > 0 && now.lanes[c][s][away].due[0] == 0,
                    arrive(setting, &step, c, (OracleService) s, away));
    }
    for (unsigned s = 0; s < ORACLE_SERVICE_N; s++)
        TRY(now.queues[s].busy_due == 0, processing_ends(setting, &step, (OracleService) s));
}

static Values
values_of(Search *search, const State *state)
{
    Known *known = g_hash_table_lookup(search->known, state);
    Values values;

    if (known != NULL)
        return known->values;
    for (unsigned c = 0; c < N; c++) {
        values.end[c] = values.lookup[c] = values.wait[c] = values.token[c] = ORACLE_NONE;
        values.new_key[c] = values.looked_up[c] = values.judged[c] = ORACLE_NONE;
        values.collaborate[c] = ORACLE_NONE;
        values.judged_least[c] = INT16_MAX;
    }
    values.establish = values.race = ORACLE_NONE;
    search->full |= g_hash_table_size(search->known) >= search->states_max;
    if (!search->full)
        expand(search, state, &values);
    known = g_new(Known, 1);
    known->state = *state;
    known->values = values;
    g_hash_table_add(search->known, known);
    return values;
}

bool
oracle_search(const OracleSetting *setting, uint64_t states_max, OracleResult *result)
{
    Search search = { .setting = setting, .states_max = states_max, .result = result };
    Step step;
    Values values;

    G_STATIC_ASSERT(offsetof(Known, state) == 0);
    g_assert(setting->n >= 1 && setting->n <= N);
    *result = (OracleResult){ .judged_least = INT16_MAX };
    for (unsigned i = 0; i < ORACLE_WATCH_N; i++)
        result->most[i] = ORACLE_NONE;
    search.known = g_hash_table_new_full(hash_state, equal_states, g_free, NULL);
    search.outcomes = g_hash_table_new(NULL, NULL);
    memset(&step, 0, sizeof step);
    memset(step.next.timer, IDLE_DUE, N);
    memset(step.next.making, IDLE_DUE, N);
    memset(step.next.looking, IDLE_DUE, N);
    for (unsigned s = 0; s < ORACLE_SERVICE_N; s++)
        step.next.queues[s].busy_due = IDLE_DUE;
    for (unsigned c = 0; c < setting->n; c++)
        draw(&step, &step.next.timer[c], setting->start[c], 0, 0);
    memset(&values, 0, sizeof values);
    draw_all(&search, &step, 0, 0, &values);
    result->states = g_hash_table_size(search.known);
    result->outcomes = g_hash_table_size(search.outcomes);
    g_hash_table_unref(search.known);
    g_hash_table_unref(search.outcomes);
    return !search.full;
}

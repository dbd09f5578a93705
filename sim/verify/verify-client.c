/* The lines of a client, followed by the core.
 *
 * A client's lines are its inputs (messages, faults) and what it does about them. Every input
 * goes into the core, and the lines after it must be what the core does then. Between them come
 * inputs that no log shows: a timer fires, a connection is lost. These are assumed where they
 * explain the next lines, and so are the client's settings, of which only a few can be seen:
 * whether it adopts an early announcement, joins with a cached key, settles keys, still has
 * attempts left.
 *
 * So several hypotheses may explain the same lines. The first that fits is followed. If it comes
 * to a line that it cannot explain, the search goes back to the last branch, where another
 * hypothesis fits as well. The number of branches that are kept is bounded, and the tries are
 * counted, so that no log takes for ever. Beyond these bounds a client is not judged. */
#include "verify/verify-private.h"

#include <string.h>
#include <xxhash.h>

#define BRANCHES_MAX 512
#define SILENT_MAX 6
#define TRIES_EACH 64
#define TRIES_AT_LEAST 20000

/* The clock of a client whose token has expired: later than any number of a token. */
#define LATE_NS (INT64_C(1) << 61)

/* Bits of what the client may be set to. */
enum { SET_ADOPT = 1, SET_CACHE = 2, SET_SETTLE = 4, SET_N = 8 };
/* Bits of how its world may be when it takes a step. */
enum { WORLD_EXHAUSTED = 1, WORLD_UNREACHABLE = 2, WORLD_EXPIRED = 4, WORLD_N = 8 };
/* Inputs that no line names, numbered after the timers. The inputs that a line allows are numbered
 * from 0, and there are not more of them. */
enum { UNSEEN_START = SR_TIMER_N, UNSEEN_LOST, UNSEEN_CRASH, UNSEEN_CLOSE, INPUT_N };
/* Choices: first each input that leads to lines, then each that leads to none; in every world. */
#define CHOICE_N (INPUT_N * WORLD_N)

/* A client after some of its lines. */
typedef struct {
    SrClient client;
    uint32_t at;      /* the next line, in the client's lines */
    uint16_t choice;  /* the next one to try from here */
    uint8_t timers;   /* bits 1 << SrTimer: set */
    uint8_t set;      /* SET_ bits */
    uint8_t n_silent; /* inputs since the last line that led to none */
} Hypothesis;

typedef enum { TRY_FITS, TRY_FAILS, TRY_ABSENT } Try;

typedef struct {
    SrVerify *verify;
    /* The order in which settings are tried: those that explained the last client come first. */
    uint8_t set_order[SET_N];
    SrClientSettings settings[SET_N][2]; /* with attempts left, and without */
    GArray *branches;                    /* Hypothesis */
    GHashTable *visited;                 /* hashes */
    /* of the present client */
    SrLines lines;
    uint64_t tries, tries_max;
    bool bounded; /* some hypothesis was not followed to its end */
} Follower;

/* The log shows whether there are tokens. */
static void
make_settings(Follower *follower)
{
    for (unsigned i = 0; i < SET_N * 2; i++) {
        unsigned set = i / 2, exhausted = i % 2;
        SrRetryPolicy policy = { exhausted ? 0 : SR_RETRY_UNLIMITED, 1, 1 };

        follower->set_order[set] = (uint8_t) set;
        follower->settings[set][exhausted] = (SrClientSettings){
            .tokens = follower->verify->tokens,
            .adopt = !(set & SET_ADOPT),
            .cache_keys = set & SET_CACHE,
            .settle = set & SET_SETTLE,
            .patience = 1,
            .request_timeout = 1,
            .token_refresh = 1,
            .key_retry = policy,
            .connect_retry = policy,
            .reconnect = policy,
        };
    }
}

/* ---- a step of the core ---- */

static void
set_timers(Hypothesis *now, const SrActions *actions)
{
    for (uint32_t i = 0; i < actions->n; i++) {
        const SrAction *action = &actions->list[i];
        uint8_t bit = (uint8_t) (1u << action->timer);

        if (action->kind == SR_ACTION_TIMER || action->kind == SR_ACTION_TIMER_AT)
            now->timers |= bit;
        else if (action->kind == SR_ACTION_DERIVE)
            now->timers |= 1u << SR_TIMER_MAIN;
        else if (action->kind == SR_ACTION_TIMER_STOP)
            now->timers &= (uint8_t) ~bit;
    }
}

static void
step(const Follower *follower, Hypothesis *now, const SrClientInput *input, unsigned world)
{
    SrClientView view = {
        .local_ns = world & WORLD_EXPIRED ? LATE_NS : 0,
        .index = follower->lines.node - SR_NODE_FIRST_CLIENT,
        .reachable = !(world & WORLD_UNREACHABLE),
    };
    SrActions *actions = &follower->verify->actions;
    SrClient *client = &now->client;

    actions->n = 0;
    if (input->kind == SR_INPUT_TIMER)
        now->timers &= (uint8_t) ~(1u << input->timer);
    sr_client_step(&follower->settings[now->set][(world & WORLD_EXHAUSTED) != 0], client, input,
                   &view, actions);
    set_timers(now, actions);
    /* How many attempts are left is assumed, not counted. */
    client->tries = client->tries_old = client->connect_tries = client->reconnect_tries = 0;
}

/* Whether the last step did nothing that the log would show. */
static bool
is_unseen(const Follower *follower)
{
    const SrActions *actions = &follower->verify->actions;

    for (uint32_t i = 0; i < actions->n; i++)
        if (sr_verify_shows(follower->verify, follower->lines.node, &actions->list[i]))
            return false;
    return true;
}

/* ---- inputs that no log shows ---- */

/* Whether an input of @kind, neither a timer nor a message, has an effect on @client. */
static bool
acts_on(const SrClient *client, SrClientInputKind kind)
{
    bool is_alive = client->state != SR_CLIENT_IDLE && client->state < SR_CLIENT_FAILED;

    switch (kind) {
    case SR_INPUT_START:
        return client->state == SR_CLIENT_IDLE || client->state == SR_CLIENT_CRASHED;
    case SR_INPUT_LOST:
        return client->open;
    case SR_INPUT_CRASH:
        return is_alive || client->state == SR_CLIENT_IDLE;
    default:
        return is_alive;
    }
}

/* Chooses input @pick of those that no line names, before @record. Returns: whether it is
 * possible */
static bool
choose_unseen(const Follower *follower, const Hypothesis *now, const SrRecord *record,
              unsigned pick, SrClientInput *input)
{
    static const uint8_t kinds[INPUT_N] = {
        [UNSEEN_START] = SR_INPUT_START,
        [UNSEEN_LOST] = SR_INPUT_LOST,
        [UNSEEN_CRASH] = SR_INPUT_CRASH,
        [UNSEEN_CLOSE] = SR_INPUT_CLOSE,
    };

    if (pick < SR_TIMER_N) {
        *input = (SrClientInput){ .kind = SR_INPUT_TIMER, .timer = (uint8_t) pick };
        return now->timers >> pick & 1;
    }
    *input = (SrClientInput){ .kind = kinds[pick], .reason = SR_REASON_DISCONNECT };
    if (record->event == SR_EVENT_CONNECTION_CLOSED && record->reason != SR_REASON_NONE)
        input->reason = record->reason;
    /* In a trace of ours a fault is recorded first, unless it is the server's crash. */
    return acts_on(&now->client, (SrClientInputKind) kinds[pick]) &&
           (!follower->verify->own || pick == UNSEEN_START ||
            (pick == UNSEEN_LOST && record->reason == SR_REASON_SERVER_CRASH));
}

/* ---- inputs that are lines ---- */

/* Chooses what a fault on this client does. @choice: 0: its effect; 1: nothing; @acts: (out):
 * whether @input is set. Returns: whether that is possible */
static bool
choose_fault(const Hypothesis *now, const SrRecord *record, unsigned choice,
             SrClientInput *input, bool *acts)
{
    /* 0, which is SR_INPUT_START: a restart, or a fault that is no input. */
    static const uint8_t kinds[SR_FAULT_N] = {
        [SR_FAULT_CRASH] = SR_INPUT_CRASH,
        [SR_FAULT_DISCONNECT] = SR_INPUT_LOST,
        [SR_FAULT_CLOSE] = SR_INPUT_CLOSE,
    };
    SrClientInputKind kind = (SrClientInputKind) kinds[record->action];

    *acts = choice == 0;
    *input = (SrClientInput){ .kind = (uint8_t) kind, .reason = SR_REASON_DISCONNECT };
    /* Only a crash without an end is followed by a restart, and no log shows which crash that
     * was. */
    if (record->action == SR_FAULT_RESTART)
        return choice == 1 || now->client.state == SR_CLIENT_CRASHED;
    return choice < 2 &&
           (choice == 0) == (kind != SR_INPUT_START && acts_on(&now->client, kind));
}

/* Chooses the request that an answer belongs to. Returns: whether there is a @choice-th one */
static bool
choose_request(const SrClient *client, unsigned choice, SrMessage *message)
{
    bool key = message->type == SR_MSG_KEY || message->type == SR_MSG_KEY_REFUSED;
    bool refused = message->type == SR_MSG_KEY_REFUSED;
    /* Only a request with a hint is refused for it. */
    bool unknown = refused && message->reason == SR_REASON_UNKNOWN_HINT;

    switch (choice) {
    case 0:
        message->request = client->awaits;
        if (client->awaits == 0)
            return false;
        if (client->state == SR_CLIENT_MAKING_KEY)
            return !unknown;
        return !key || refused || message->hint == client->target;
    case 1:
        message->request = key ? client->awaits_old : client->renews;
        return message->request != 0 && (!key || refused || message->hint == client->old_hint);
    case 2: /* late */
        message->request = UINT32_MAX;
        return client->state < SR_CLIENT_FAILED;
    default:
        return false;
    }
}

static bool
choose_message(Follower *follower, const Hypothesis *now, const SrRecord *record,
               unsigned choice, SrMessage *message)
{
    const SrClient *client = &now->client;

    if (!sr_verify_goes_there(record))
        return false;
    if (record->peer != SR_NODE_SERVER)
        return choose_request(client, choice, message);
    if (choice > 1 || (choice == 1 && record->msg != SR_MSG_CONTENT))
        return false;
    if (!client->open || (record->conn != 0 && record->conn != client->conn)) {
        sr_verify_stop(&follower->lines, now->at, NULL, "it has no such connection open");
        return false;
    }
    if (record->msg == SR_MSG_CONTENT) {
        /* The client opens the content under the hint that it knows. If the log has no keys, the
         * key may fit or not. */
        message->hint = client->target;
        if (record->key == SR_KEY_ABSENT)
            message->key = choice == 0 ? client->target_key : client->target_key + 1;
        return choice == 0 || record->key == SR_KEY_ABSENT;
    }
    return true;
}

/* ---- trying ---- */

/* Tries the @choice-th explanation of the line that @from is at. @to: (out): the hypothesis after
 * it; @certain: whether there can be no other */
static Try
try_choice(Follower *follower, const Hypothesis *from, unsigned choice, Hypothesis *to,
           bool *certain)
{
    unsigned world = choice % WORLD_N, pick = choice / WORLD_N % INPUT_N;
    SrLines *lines = &follower->lines;
    const SrRecord *record = sr_verify_record(lines, from->at);
    bool silent = choice >= CHOICE_N, acts = true, fits;
    bool is_line =
        !silent && (record->event == SR_EVENT_RECEIVE || record->event == SR_EVENT_FAULT);
    SrClientInput input = { 0 };
    SrMessage message;

    *to = *from;
    to->choice = to->n_silent = 0;
    if (!is_line) {
        if (!choose_unseen(follower, from, record, pick, &input))
            return TRY_ABSENT;
    } else if (record->event == SR_EVENT_RECEIVE) {
        message = sr_verify_message(follower->verify, record);
        input = (SrClientInput){ .kind = SR_INPUT_MESSAGE, .message = &message };
        if (!choose_message(follower, from, record, pick, &message))
            return TRY_ABSENT;
    } else if (!choose_fault(from, record, pick, &input, &acts)) {
        return TRY_ABSENT;
    }
    if (!acts) {
        follower->verify->actions.n = 0;
        to->at++;
        *certain = true;
        return world == 0 ? TRY_FITS : TRY_ABSENT;
    }
    step(follower, to, &input, world);
    if (silent) {
        to->n_silent = (uint8_t) (from->n_silent + 1);
        follower->bounded |= from->n_silent == SILENT_MAX;
        return is_unseen(follower) && from->n_silent < SILENT_MAX ? TRY_FITS : TRY_FAILS;
    }
    lines->at = from->at + is_line;
    fits = sr_verify_expect(lines, is_line ? record->t : SR_TIME_NEVER);
    to->at = lines->at;
    *certain = follower->verify->own && fits && lines->n_shown > 0;
    return fits && (is_line || lines->n_shown > 0) ? TRY_FITS : TRY_FAILS;
}

/* Keeps @now as a branch, to come back to; if there is no room, the oldest branches are dropped. */
static void
keep_branch(Follower *follower, const Hypothesis *now)
{
    if (follower->branches->len == BRANCHES_MAX) {
        g_array_remove_range(follower->branches, 0, BRANCHES_MAX / 2);
        follower->bounded = true;
    }
    g_array_append_vals(follower->branches, now, 1);
}

/* Returns: whether an earlier hypothesis was equal to @now, which is remembered */
static bool
was_there(Follower *follower, const Hypothesis *now)
{
    uint64_t hash = XXH3_64bits_withSeed(&now->client, sizeof now->client,
                                         ((uint64_t) now->at << 8) | now->timers);

    return !g_hash_table_add(follower->visited, GSIZE_TO_POINTER((gsize) hash));
}

/* Follows @now, and after it the branches. Returns: whether one of them explains all lines */
static bool
go_on(Follower *follower, Hypothesis *now)
{
    GArray *branches = follower->branches;

    for (;;) {
        bool moved = false;
        uint32_t at = now->at;

        if (sr_verify_next(&follower->lines, &at) == NULL)
            return true;
        now->at = at - 1;
        if (follower->tries > follower->tries_max) {
            follower->bounded = true;
            return false;
        }
        while (!moved && now->choice < 2 * CHOICE_N) {
            Hypothesis next;
            bool certain = false;
            Try result = try_choice(follower, now, now->choice, &next, &certain);

            follower->tries++;
            /* An input that is impossible in one world is so in all. */
            now->choice = (uint16_t) (now->choice + (result == TRY_ABSENT ? WORLD_N : 1));
            if (result != TRY_FITS || (!certain && was_there(follower, &next)))
                continue;
            if (!certain)
                keep_branch(follower, now);
            *now = next;
            moved = true;
        }
        if (moved)
            continue;
        sr_verify_stop(&follower->lines, now->at, NULL, NULL);
        if (branches->len == 0)
            return false;
        *now = g_array_index(branches, Hypothesis, branches->len - 1);
        g_array_set_size(branches, branches->len - 1);
    }
}

/* Returns: whether some settings explain the lines */
static bool
follow(Follower *follower)
{
    const SrVerify *verify = follower->verify;

    for (unsigned i = 0; i < SET_N; i++) {
        Hypothesis now = { .set = follower->set_order[i] };

        /* All clients have the same retention; if it settles keys, some client does. */
        if (verify->own && verify->settles != ((now.set & SET_SETTLE) != 0))
            continue;
        g_array_set_size(follower->branches, 0);
        g_hash_table_remove_all(follower->visited);
        follower->tries = 0;
        if (!go_on(follower, &now))
            continue;
        memmove(follower->set_order + 1, follower->set_order, i);
        follower->set_order[0] = now.set;
        return true;
    }
    return false;
}

static void
note_not_judged(SrVerify *verify, uint32_t node)
{
    g_autofree char *name = sr_verify_node_name(verify, node);

    verify->found->n_nodes_not_judged++;
    sr_verify_note(verify,
                   "%s is not judged: its lines can be read in more ways than are tried", name);
}

/* Prefetches lines of @node, which are scattered over the records, while those of the client before
 * it are followed. */
static void
fetch_lines(const SrVerify *verify, uint32_t node)
{
    uint32_t end;

    if (node >= verify->n_nodes)
        return;
    end = MIN(verify->first[node + 1], verify->first[node] + 32);
    for (uint32_t at = verify->first[node]; at < end; at++) {
        const char *record = (const char *) &verify->records[verify->lines[at]];

        __builtin_prefetch(record);
        __builtin_prefetch(record + 64);
    }
}

void
sr_verify_clients(SrVerify *verify)
{
    Follower follower = {
        .verify = verify,
        .branches = g_array_sized_new(FALSE, FALSE, sizeof(Hypothesis), BRANCHES_MAX),
        .visited = g_hash_table_new(NULL, NULL),
    };

    make_settings(&follower);
    for (uint32_t node = SR_NODE_FIRST_CLIENT; node < verify->n_nodes; node++) {
        fetch_lines(verify, node + 1);
        follower.lines = sr_verify_lines(verify, node);
        if (follower.lines.n == 0)
            continue;
        follower.lines.many = true;
        follower.bounded = false;
        follower.tries_max = verify->options->tries != 0
                                 ? verify->options->tries
                                 : TRIES_AT_LEAST + (uint64_t) TRIES_EACH * follower.lines.n;
        if (follow(&follower))
            continue;
        if (follower.bounded && !verify->lenient)
            note_not_judged(verify, node);
        else
            sr_verify_report(&follower.lines);
    }
    g_array_unref(follower.branches);
    g_hash_table_unref(follower.visited);
}

/* The lines of a client, followed by the core.
 *
 * A client's lines are what it is told (messages, faults) and what it does about that. Whatever
 * it is told goes into the core; the lines that follow must be what the core does then. Between
 * them come inputs that no log shows: a timer fires, a connection is lost. They are supposed
 * where they explain the next lines, and so are the client's settings, of which only a few can be
 * seen: whether it adopts an early announcement, joins with a cached key, settles keys, still has
 * attempts left.
 *
 * So several stories may explain the same lines. The first that fits is followed; where it comes
 * to a line that it cannot explain, the next one is tried from where they part. Such places are
 * kept, in a bounded number, and the tries are counted: no log takes for ever, and past the bound a
 * client is not judged. */
#include "verify/verify-private.h"

#include <string.h>
#include <xxhash.h>

#define PLACES_MAX 512
#define SILENT_MAX 6
#define TRIES_EACH 64
#define TRIES_AT_LEAST 20000

/* The clock of a client whose token has expired: later than any number of a token. */
#define LATE_NS (INT64_C(1) << 61)

/* What the client may be set to. */
enum { SET_ADOPT = 1, SET_CACHE = 2, SET_SETTLE = 4, SET_N = 8 };
/* How its world may be when it takes a step: any of these. */
enum { WORLD_EXHAUSTED = 1, WORLD_UNREACHABLE = 2, WORLD_EXPIRED = 4, WORLD_N = 8 };
/* Inputs that no line names, after the timers; a line's own input is one of as many. */
enum { UNSEEN_START = SR_TIMER_N, UNSEEN_LOST, UNSEEN_CRASH, UNSEEN_CLOSE, INPUT_N };
/* First every input behind which there are lines, then every one that leaves none. */
#define CHOICE_N (INPUT_N * WORLD_N)

/* A client as far as a story goes. */
typedef struct {
    SrClient client;
    uint32_t at;      /* the next line, in the client's lines */
    uint16_t choice;  /* the next one to try from here */
    uint8_t timers;   /* bits 1 << SrTimer: set */
    uint8_t set;      /* SET_ bits */
    uint8_t n_silent; /* inputs since the last line that left none */
} Story;

typedef enum { TRY_FITS, TRY_FAILS, TRY_ABSENT } Try;

typedef struct {
    SrVerify *verify;
    uint32_t client, node;
    SrLines lines;
    GArray *places; /* Story */
    uint32_t far;   /* the line that no story explains so far */
    SrRecord allowed[SR_VERIFIED_ALLOWED_MAX];
    unsigned n_allowed;
    const char *why; /* (nullable) of that line */
    uint64_t tries, tries_max;
    bool bounded; /* some story was not followed to its end */
} Follower;

/* The order in which settings are supposed: what explained the last client comes first. */
typedef struct {
    SrClientSettings settings[2][SET_N]
                             [2]; /* without tokens and with; with attempts left, and without */
} AllSettings;

static const AllSettings *
all_settings(void)
{
    static AllSettings all;
    static gsize done;

    if (g_once_init_enter(&done)) {
        for (unsigned i = 0; i < 2 * SET_N * 2; i++) {
            unsigned set = i / 2 % SET_N, tokens = i / (2 * SET_N), exhausted = i % 2;
            SrRetryPolicy policy = { exhausted ? 0 : SR_RETRY_UNLIMITED, 1, 1 };

            all.settings[tokens][set][exhausted] = (SrClientSettings){
                .tokens = tokens,
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
        g_once_init_leave(&done, 1);
    }
    return &all;
}

static const SrRecord *
record_at(const Follower *follower, uint32_t at)
{
    return &follower->verify->records[follower->lines.of[at]];
}

static bool
is_aside(const SrLines *lines, const SrRecord *record)
{
    (void) lines;
    return sr_verify_aside(record);
}

static bool
excuse(SrLines *lines, const SrAction *action, bool shows)
{
    (void) lines, (void) action;
    return !shows;
}

/* Returns: the next line from @at on that tells what the client does */
static uint32_t
skip_asides(const Follower *follower, uint32_t at)
{
    while (at < follower->lines.n && sr_verify_aside(record_at(follower, at)))
        at++;
    return at;
}

/* ---- what would have been allowed ---- */

static bool
is_same(const SrRecord *a, const SrRecord *b)
{
    return a->event == b->event && a->msg == b->msg && a->hint == b->hint && a->key == b->key &&
           a->to == b->to && a->reason == b->reason && a->peer == b->peer;
}

/* @at: the line that cannot be; @action (nullable) could */
static void
note_failure(Follower *follower, uint32_t at, const SrAction *action, const char *why)
{
    SrRecord expected;

    if (at < follower->far)
        return;
    if (at > follower->far) {
        follower->n_allowed = 0;
        follower->why = NULL;
    }
    follower->far = at;
    if (why != NULL)
        follower->why = why;
    if (action == NULL || follower->n_allowed == SR_VERIFIED_ALLOWED_MAX)
        return;
    expected = sr_verify_expected(follower->verify, follower->lines.node, action);
    for (unsigned i = 0; i < follower->n_allowed; i++)
        if (is_same(&follower->allowed[i], &expected))
            return;
    follower->allowed[follower->n_allowed++] = expected;
}

/* ---- a step of the core ---- */

static void
set_timers(Story *story, const SrActions *actions)
{
    for (uint32_t i = 0; i < actions->n; i++) {
        const SrAction *action = &actions->list[i];
        uint8_t bit = (uint8_t) (1u << action->timer);

        if (action->kind == SR_ACTION_TIMER || action->kind == SR_ACTION_TIMER_AT)
            story->timers |= bit;
        else if (action->kind == SR_ACTION_DERIVE)
            story->timers |= 1u << SR_TIMER_MAIN;
        else if (action->kind == SR_ACTION_TIMER_STOP)
            story->timers &= (uint8_t) ~bit;
    }
}

static void
step(const Follower *follower, Story *story, const SrClientInput *input, unsigned world)
{
    /* Whether there are tokens shows in what a start does. */
    const SrClientSettings *settings =
        &all_settings()
             ->settings[follower->verify->tokens][story->set][(world & WORLD_EXHAUSTED) != 0];
    SrClientView view = {
        .local_ns = world & WORLD_EXPIRED ? LATE_NS : 0,
        .index = follower->client,
        .reachable = !(world & WORLD_UNREACHABLE),
    };
    SrActions *actions = &follower->verify->actions;
    SrClient *client = &story->client;

    actions->n = 0;
    if (input->kind == SR_INPUT_TIMER)
        story->timers &= (uint8_t) ~(1u << input->timer);
    sr_client_step(settings, client, input, &view, actions);
    set_timers(story, actions);
    /* How many attempts are left is supposed, not counted. */
    client->tries = client->tries_old = client->connect_tries = client->reconnect_tries = 0;
}

/* Compares what the last step did with the lines from @at on; @t: when it was, SR_TIME_NEVER where
 * no line tells. Returns: whether they fit; then story->at is behind them, and @shown says whether
 * there were any */
static bool
compare(Follower *follower, Story *story, uint32_t at, SrTime t, bool *shown)
{
    const SrActions *actions = &follower->verify->actions;
    unsigned n_shown;
    const char *why;
    uint32_t i;

    follower->lines.at = at;
    i = sr_verify_compare(&follower->lines, t, &n_shown, &why);
    if (i < actions->n)
        note_failure(follower, follower->lines.at, &actions->list[i], why);
    story->at = follower->lines.at;
    *shown = n_shown > 0;
    return i == actions->n;
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

static bool
is_alive(const SrClient *client)
{
    return client->state != SR_CLIENT_IDLE && client->state < SR_CLIENT_FAILED;
}

/* Chooses the @pick-th input that no line names, before @record. Returns: whether there is one */
static bool
choose_unseen(const Follower *follower, const Story *story, const SrRecord *record,
              unsigned pick, SrClientInput *input)
{
    const SrClient *client = &story->client;
    bool own = follower->verify->own;

    switch (pick) {
    default:
        *input = (SrClientInput){ .kind = SR_INPUT_TIMER, .timer = (uint8_t) pick };
        return story->timers >> pick & 1;
    case UNSEEN_START:
        *input = (SrClientInput){ .kind = SR_INPUT_START };
        return client->state == SR_CLIENT_IDLE || client->state == SR_CLIENT_CRASHED;
    case UNSEEN_LOST:
        /* In a trace of ours a fault says so beforehand, unless it is the server's crash. */
        *input = (SrClientInput){ .kind = SR_INPUT_LOST, .reason = SR_REASON_DISCONNECT };
        if (record->event == SR_EVENT_CONNECTION_CLOSED && record->reason != SR_REASON_NONE)
            input->reason = record->reason;
        return client->open && (!own || record->reason == SR_REASON_SERVER_CRASH);
    case UNSEEN_CRASH:
        *input = (SrClientInput){ .kind = SR_INPUT_CRASH };
        return !own && (is_alive(client) || client->state == SR_CLIENT_IDLE);
    case UNSEEN_CLOSE:
        *input = (SrClientInput){ .kind = SR_INPUT_CLOSE };
        return !own && is_alive(client);
    }
}

/* ---- inputs that are lines ---- */

/* What a fault on this client does. @choice: 0 its effect, 1 none. Returns: whether it may;
 * @acts: whether there is an input */
static bool
choose_fault(const Story *story, const SrRecord *record, unsigned choice, SrClientInput *input,
             bool *acts)
{
    const SrClient *client = &story->client;
    bool must = false;

    *acts = choice == 0;
    switch (record->action) {
    case SR_FAULT_CRASH:
        *input = (SrClientInput){ .kind = SR_INPUT_CRASH };
        must = is_alive(client) || client->state == SR_CLIENT_IDLE;
        break;
    case SR_FAULT_RESTART: /* of a crash without an end only, and that no log tells */
        *input = (SrClientInput){ .kind = SR_INPUT_START };
        return choice == 1 || client->state == SR_CLIENT_CRASHED;
    case SR_FAULT_DISCONNECT:
        *input = (SrClientInput){ .kind = SR_INPUT_LOST, .reason = SR_REASON_DISCONNECT };
        must = client->open;
        break;
    case SR_FAULT_CLOSE:
        *input = (SrClientInput){ .kind = SR_INPUT_CLOSE };
        must = is_alive(client);
        break;
    default:
        break;
    }
    return choice < 2 && (choice == 0) == must;
}

/* To which of its requests an answer belongs. Returns: whether there is a @choice-th one */
static bool
choose_request(const SrClient *client, unsigned choice, SrMessage *message)
{
    bool key = message->type != SR_MSG_TOKEN;
    bool refused = message->type == SR_MSG_KEY_REFUSED;
    /* An unknown hint is one that was asked for. */
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
choose_message(Follower *follower, const Story *story, const SrRecord *record, unsigned choice,
               SrMessage *message)
{
    const SrClient *client = &story->client;

    if (!sr_verify_goes_there(record))
        return false;
    if (record->peer != SR_NODE_SERVER)
        return choose_request(client, choice, message);
    if (choice > 1 || (choice == 1 && record->msg != SR_MSG_CONTENT))
        return false;
    if (!client->open || (record->conn != 0 && record->conn != client->conn)) {
        note_failure(follower, story->at, NULL, "it has no such connection open");
        return false;
    }
    if (record->msg == SR_MSG_CONTENT) {
        /* What it opens with is the hint that it knows; whether a key that is not in the log
         * fits is open. */
        message->hint = client->target;
        if (record->key == SR_KEY_ABSENT)
            message->key = choice == 0 ? client->target_key : client->target_key + 1;
        return choice == 0 || record->key == SR_KEY_ABSENT;
    }
    return true;
}

/* ---- trying ---- */

/* Tries the @choice-th explanation of the line that @from is at. @to: (out): the story behind
 * it; @certain: whether there can be no other */
static Try
try_choice(Follower *follower, const Story *from, unsigned choice, Story *to, bool *certain)
{
    unsigned world = choice % WORLD_N, pick = choice / WORLD_N % INPUT_N;
    const SrRecord *record = record_at(follower, from->at);
    bool silent = choice >= CHOICE_N, acts = true, shown;
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
    if (!compare(follower, to, from->at + is_line, is_line ? record->t : SR_TIME_NEVER, &shown))
        return TRY_FAILS;
    *certain = follower->verify->own && shown;
    return is_line || shown ? TRY_FITS : TRY_FAILS;
}

/* Keeps @story, to come back to where it is; the oldest places give way. */
static void
keep_place(Follower *follower, const Story *story)
{
    if (follower->places->len == PLACES_MAX) {
        g_array_remove_range(follower->places, 0, PLACES_MAX / 2);
        follower->bounded = true;
    }
    g_array_append_vals(follower->places, story, 1);
}

/* Returns: whether some story has come to where @story is before; from now on one has */
static bool
was_there(Follower *follower, const Story *story)
{
    uint64_t hash = XXH3_64bits_withSeed(&story->client, sizeof story->client,
                                         ((uint64_t) story->at << 8) | story->timers);

    return !g_hash_table_add(follower->verify->visited, GSIZE_TO_POINTER((gsize) hash));
}

/* Goes on from @story as far as it explains the lines. Returns: whether it explains them all */
static bool
go_on(Follower *follower, Story *story)
{
    for (;;) {
        bool moved = false;

        story->at = skip_asides(follower, story->at);
        if (story->at == follower->lines.n)
            return true;
        if (follower->tries > follower->tries_max) {
            follower->bounded = true;
            return false;
        }
        while (!moved && story->choice < 2 * CHOICE_N) {
            Story next;
            bool certain = false;
            Try result = try_choice(follower, story, story->choice, &next, &certain);

            follower->tries++;
            /* Without that input there is none in another world either. */
            story->choice = (uint16_t) (story->choice + (result == TRY_ABSENT ? WORLD_N : 1));
            if (result != TRY_FITS || (!certain && was_there(follower, &next)))
                continue;
            if (!certain)
                keep_place(follower, story);
            *story = next;
            moved = true;
        }
        if (moved)
            continue;
        note_failure(follower, story->at, NULL, NULL);
        if (follower->places->len == 0)
            return false;
        *story = g_array_index(follower->places, Story, follower->places->len - 1);
        g_array_set_size(follower->places, follower->places->len - 1);
    }
}

static void
refuse(Follower *follower)
{
    SrVerify *verify = follower->verify;
    bool end = follower->far >= follower->lines.n;
    uint32_t record = end ? SR_VERIFIED_END : follower->lines.of[follower->far];
    g_autofree char *name = sr_verify_node_name(verify, follower->lines.node);

    if (verify->lenient) {
        g_autofree char *where = sr_verify_line(verify, record);

        sr_verify_note(verify,
                       "from %s on %s does what its lines do not lead to: some are missing",
                       where, name);
        return;
    }
    if (end)
        sr_verify_refuse(verify, record, follower->lines.node, follower->allowed,
                         follower->n_allowed, "%s has not done all that its last step does",
                         name);
    else if (follower->why != NULL)
        sr_verify_refuse(verify, record, follower->lines.node, follower->allowed,
                         follower->n_allowed, "%s", follower->why);
    else
        sr_verify_refuse(verify, record, follower->lines.node, follower->allowed,
                         follower->n_allowed, "%s does not do that here", name);
}

static void
not_judged(const Follower *follower)
{
    SrVerify *verify = follower->verify;
    g_autofree char *name = sr_verify_node_name(verify, follower->lines.node);

    verify->found->n_nodes_not_judged++;
    sr_verify_note(verify,
                   "%s is not judged: its lines can be read in more ways than are tried", name);
}

GArray *
sr_verify_places_new(void)
{
    return g_array_sized_new(FALSE, FALSE, sizeof(Story), PLACES_MAX);
}

void
sr_verify_client(SrVerify *verify, uint32_t client)
{
    uint32_t node = SR_NODE_FIRST_CLIENT + client;
    Follower follower = {
        .verify = verify,
        .client = client,
        .node = node,
        .lines = sr_verify_lines(verify, node),
    };
    bool explained = false;

    if (follower.lines.n == 0)
        return;
    follower.lines.is_aside = is_aside;
    follower.lines.excuse = excuse;
    follower.places = verify->places;
    follower.tries_max = verify->options->tries != 0
                             ? verify->options->tries
                             : TRIES_AT_LEAST + (uint64_t) TRIES_EACH * follower.lines.n;
    for (unsigned i = 0; i < SET_N && !explained; i++) {
        Story story = { .set = verify->set_order[i] };

        /* The retention is the same for all clients, and one that settles shows it. */
        if (verify->own && verify->settles != ((story.set & SET_SETTLE) != 0))
            continue;
        g_array_set_size(follower.places, 0);
        g_hash_table_remove_all(verify->visited);
        follower.tries = 0;
        explained = go_on(&follower, &story);
        if (explained && i > 0) {
            memmove(verify->set_order + 1, verify->set_order, i);
            verify->set_order[0] = story.set;
        }
    }
    if (!explained && follower.bounded && !verify->lenient)
        not_judged(&follower);
    else if (!explained)
        refuse(&follower);
}

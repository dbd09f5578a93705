/* The search of all orders, done once more in the plainest way, for two clients.
 *
 * Here a state is a struct with arrays, moves are tried one by one, and what was seen is kept in a
 * hash table as a line of text in which numbers that only name something are replaced by the order of
 * their mention. Nothing of the driver's own is used but the protocol core and the checks, which
 * both share. What the search without its savings counts must be what is counted here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "session-race/check-state.h"
#include "session-race/model.h"
#include "session-race/token-provider.h"

#include "explore/explore-fixture.h"

enum { N = 2, HINTS = 64, LINKS = 8, LONG = 12 };
/* Links of a client: to and from the server, the token provider and the encryption provider; then
 * requests whose answers are being made, and looked up. */
enum { MAKING = 6, LOOKING };

typedef struct {
    SrMessage list[LONG];
    unsigned n;
} Line;

typedef struct {
    unsigned crashes;
    SrClient clients[N];
    bool timers[N][SR_TIMER_N], last[N];
    SrServerClient known[N];
    SrServerDocument document;
    SrProviderDocument live;
    SrKeySlot slots[HINTS];
    uint32_t masters[HINTS];
    uint32_t n_slots, n_keys;
    Line lines[N][LINKS];
    SrCheckDocument check_document;
    SrCheckClient check_clients[N];
    SrCheckRest check_rests[N];
    SrCheckHint check_hints[HINTS];
} State;

typedef struct {
    const SrScenario *scenario;
    SrModel *model;
    uint32_t client_document[N], no_previous;
    SrCheckContext context;
    SrChecks *checks;
    State *state;
    uint32_t failed;
    uint64_t states, transitions, ends;
    GHashTable *seen; /* text → itself */
    GQueue waiting;   /* State */
} Brute;

/* ---- records ---- */

static void
check(Brute *brute, const SrRecord *record)
{
    sr_checks_step(brute->checks, record);
    brute->failed |= sr_checks_failed(brute->checks);
}

static void
tell_message(Brute *brute, SrEvent event, uint32_t node, uint32_t peer,
             const SrMessage *message)
{
    bool hint = message->flags & SR_MESSAGE_HINT, content = message->flags & SR_MESSAGE_CONTENT;

    check(brute, &(SrRecord){ .event = (uint8_t) event,
                              .node = node,
                              .peer = peer,
                              .msg = message->type,
                              .reason = message->reason,
                              .conn = message->conn,
                              .hint = hint ? message->hint : SR_HINT_ABSENT,
                              .key = message->key,
                              .has = (uint8_t) ((hint ? SR_HAS_HINT : 0) |
                                                (message->key != 0 ? SR_HAS_KEY : 0) |
                                                (content ? SR_HAS_CONTENT : 0)) });
}

static void
tell_note(Brute *brute, uint32_t node, const SrAction *action)
{
    SrRecord record = { .event = action->event,
                        .node = node,
                        .peer = SR_NODE_FIRST_CLIENT + action->peer,
                        .msg = action->msg,
                        .reason = action->message.reason,
                        .conn = action->message.conn,
                        .hint = action->message.hint,
                        .key = action->message.key,
                        .from = action->from,
                        .to = action->to,
                        .ok = action->ok };

    if (action->event == SR_EVENT_SEALED) {
        record.seal.nonce_sender = action->message.sealer;
        record.seal.nonce_counter = action->message.counter;
    }
    /* All tokens are good here, and judged good. */
    if (action->event != SR_EVENT_TOKEN_JUDGED)
        check(brute, &record);
}

/* ---- what actions do ---- */

static void
put(Line *line, const SrMessage *message)
{
    assert_true(line->n < LONG);
    line->list[line->n++] = *message;
}

static SrMessage
take(Line *line, unsigned at)
{
    SrMessage message = line->list[at];

    line->n--;
    memmove(&line->list[at], &line->list[at + 1], (line->n - at) * sizeof message);
    return message;
}

static void close_at_server(Brute *brute, uint32_t client, uint32_t conn, SrReason reason);

static void
carry_out(Brute *brute, uint32_t node, const SrActions *actions)
{
    State *state = brute->state;

    for (uint32_t i = 0; i < actions->n; i++) {
        const SrAction *action = &actions->list[i];
        const SrMessage *message = &action->message;
        uint32_t client = message->client, client_node = SR_NODE_FIRST_CLIENT + client;
        bool outward = node >= SR_NODE_FIRST_CLIENT;
        uint32_t service = !outward                                ? node
                           : message->type == SR_MSG_TOKEN_REQUEST ? SR_NODE_TOKEN_PROVIDER
                           : message->type >= SR_MSG_KEY_REQUEST   ? SR_NODE_ENCRYPTION_PROVIDER
                                                                   : SR_NODE_SERVER;

        if (action->kind == SR_ACTION_SEND) {
            tell_message(brute, SR_EVENT_SEND, node, outward ? service : client_node, message);
            put(&state->lines[client][service * 2 + !outward], message);
        } else if (action->kind == SR_ACTION_NOTE) {
            tell_note(brute, node, action);
        } else if (action->kind == SR_ACTION_GENERATE) {
            put(&state->lines[client][MAKING], message);
        } else if (action->kind == SR_ACTION_LOOKUP) {
            put(&state->lines[client][LOOKING], message);
        } else if (outward && action->kind == SR_ACTION_CLOSE) {
            if (action->ok || message->conn > state->known[node - SR_NODE_FIRST_CLIENT].closed)
                close_at_server(brute, node - SR_NODE_FIRST_CLIENT, message->conn,
                                (SrReason) message->reason);
        } else if (outward && action->kind == SR_ACTION_TIMER_STOP) {
            state->timers[node - SR_NODE_FIRST_CLIENT][action->timer] = false;
        } else if (outward && action->kind != SR_ACTION_OPEN) {
            state->timers[node - SR_NODE_FIRST_CLIENT][action->timer] = true;
        }
    }
}

static SrServer
server(Brute *brute)
{
    return (SrServer){ .documents = &brute->state->document,
                       .clients = brute->state->known,
                       .client_document = brute->client_document,
                       .n_documents = 1,
                       .n_clients = N };
}

static void
close_at_server(Brute *brute, uint32_t client, uint32_t conn, SrReason reason)
{
    SrAction list[32];
    SrActions actions = { .list = list, .capacity = G_N_ELEMENTS(list) };
    const SrServer it = server(brute);

    sr_server_closed(&brute->model->server, &it, client, conn, reason, &actions);
    carry_out(brute, SR_NODE_SERVER, &actions);
}

/* ---- moves ---- */

static int64_t
second(const Brute *brute)
{
    return brute->scenario->epoch_s * (int64_t) SR_NS_PER_S;
}

static void
input(Brute *brute, uint32_t client, SrClientInput it)
{
    SrAction list[32];
    SrActions actions = { .list = list, .capacity = G_N_ELEMENTS(list) };
    SrClient *state = &brute->state->clients[client];
    const SrClientSettings *settings = &brute->model->settings[0];

    sr_client_step(
        settings, state, &it,
        &(SrClientView){ .local_ns = second(brute), .index = client, .reachable = true },
        &actions);
    carry_out(brute, SR_NODE_FIRST_CLIENT + client, &actions);
    state->reconnect_tries = 0;
    if (state->tries == 0 ||
        (state->state != SR_CLIENT_LOOKING_UP && state->state != SR_CLIENT_RESUMING))
        brute->state->last[client] = false;
    state->tries = brute->state->last[client] ? settings->key_retry.n : 0;
}

static void
at_provider(Brute *brute, const SrMessage *message, bool ready)
{
    SrAction list[64];
    SrActions actions = { .list = list, .capacity = G_N_ELEMENTS(list) };
    State *state = brute->state;
    uint32_t buckets[16] = { 0 };
    SrProvider provider = { .slots = state->slots,
                            .masters = state->masters,
                            .buckets = buckets,
                            .documents = &state->live,
                            .capacity = HINTS - 1,
                            .n_buckets = 16,
                            .n_documents = 1,
                            .n_slots = state->n_slots,
                            .n_keys = state->n_keys,
                            .master = 1 };

    if (ready)
        sr_provider_ready(&brute->model->provider, &provider, message, 0, 0, 0, &actions);
    else
        sr_provider_message(&brute->model->provider, &provider, message, 0, 0, &actions);
    state->n_slots = provider.n_slots;
    state->n_keys = provider.n_keys;
    carry_out(brute, SR_NODE_ENCRYPTION_PROVIDER, &actions);
}

static void
deliver(Brute *brute, uint32_t client, unsigned link)
{
    SrAction list[32];
    SrActions actions = { .list = list, .capacity = G_N_ELEMENTS(list) };
    SrMessage message = take(&brute->state->lines[client][link], 0);
    uint32_t service = link / 2, node = SR_NODE_FIRST_CLIENT + client;

    tell_message(brute, SR_EVENT_RECEIVE, link % 2 == 1 ? node : service,
                 link % 2 == 1 ? service : node, &message);
    if (link % 2 == 1) {
        input(brute, client, (SrClientInput){ .kind = SR_INPUT_MESSAGE, .message = &message });
    } else if (service == SR_NODE_SERVER) {
        const SrServer it = server(brute);

        sr_server_message(&brute->model->server, &it, &message, second(brute), &actions);
        carry_out(brute, service, &actions);
    } else if (service == SR_NODE_TOKEN_PROVIDER) {
        SrTokenProvider provider = { 0 };

        sr_token_provider_message(0, &provider, &message, second(brute), &actions);
        carry_out(brute, service, &actions);
    } else {
        at_provider(brute, &message, false);
    }
}

/* What can never arrive is not there. */
static void
clean(State *state)
{
    for (uint32_t i = 0; i < N; i++) {
        const SrClient *client = &state->clients[i];

        for (unsigned link = 0; link < MAKING; link++)
            for (unsigned j = 0; j < state->lines[i][link].n;) {
                const SrMessage *message = &state->lines[i][link].list[j];
                bool gone = client->state >= SR_CLIENT_FAILED ||
                            sr_client_late(client, message->request);
                bool lost = link < 2
                                ? !client->open || message->conn != client->conn ||
                                      (link == 0 && message->conn <= state->known[i].closed)
                                : (link == 2 || link % 2 == 1) && gone;

                if (lost)
                    take(&state->lines[i][link], j);
                else
                    j++;
            }
    }
}

/* ---- text ---- */

typedef struct {
    GString *text;
    unsigned hints[HINTS], order[HINTS], keys[HINTS * 4], n_hints, n_keys;
} Namer;

static void
say(Namer *namer, const char *word, uint64_t value)
{
    g_string_append_printf(namer->text, " %s%" G_GUINT64_FORMAT, word, value);
}

static void
say_hint(Namer *namer, uint32_t hint)
{
    if (hint != 0 && namer->hints[hint] == 0) {
        namer->hints[hint] = ++namer->n_hints;
        namer->order[namer->n_hints] = hint;
    }
    say(namer, "h", hint != 0 ? namer->hints[hint] : 0);
}

static void
say_key(Namer *namer, uint32_t key)
{
    if (key != 0 && namer->keys[key] == 0)
        namer->keys[key] = ++namer->n_keys;
    say(namer, "k", key != 0 ? namer->keys[key] : 0);
}

static void
say_standing(Namer *namer, const SrStanding *standing)
{
    say(namer, "s", standing->stands);
    say(namer, "a", standing->active);
    say(namer, "o", standing->stands ? standing->owner : 0);
    say_hint(namer, standing->stands ? standing->creation : 0);
    say_hint(namer, standing->active ? standing->session : 0);
}

static bool
is_refusal_coming(const State *state, uint32_t client)
{
    const Line *line = &state->lines[client][SR_DIRECTION_IN(SR_NODE_ENCRYPTION_PROVIDER)];

    for (unsigned i = 0; i < line->n; i++)
        if (line->list[i].type == SR_MSG_KEY_REFUSED)
            return true;
    return false;
}

static void
say_client(Namer *namer, const State *state, uint32_t i, bool settles)
{
    const SrClient *client = &state->clients[i];
    const SrServerClient *known = &state->known[i];
    const SrCheckClient *it = &state->check_clients[i];
    const SrCheckRest rest = sr_check_rest(it, &state->check_rests[i]);

    say(namer, "\nclient ", client->state);
    say(namer, "token ", client->has_token);
    say(namer, "fresh ", client->fresh_token);
    say(namer, "waits ", client->awaits != 0);
    say(namer, "last ", state->last[i]);
    for (unsigned j = 0; j < SR_TIMER_N; j++)
        say(namer, "t", state->timers[i][j]);
    /* Only whether it is the present connection is ever asked of one. */
    say(namer, "conn ", client->conn != 0);
    say(namer, "known ", known->conn != 0);
    say(namer, "closed ", client->conn != 0 && known->closed >= client->conn);
    say_hint(namer, client->known);
    say_hint(namer, client->target);
    say_key(namer, client->target_key);
    say_hint(namer, client->own_hint);
    say_key(namer, client->own_key);
    say(namer, "sealed ", client->own_counter != 0);
    say_hint(namer, settles ? client->settled : 0);
    for (unsigned j = 0; j < SR_CLIENT_KEYS_HELD; j++) {
        unsigned at = (client->held_next + j) % SR_CLIENT_KEYS_HELD;

        say_hint(namer, client->held[at].key != 0 ? client->held[at].hint : 0);
        say_key(namer, client->held[at].key);
        say(namer, "d", client->held_derived >> at & 1);
    }
    say(namer, "c", it->state);
    say(namer, "c", it->started);
    say(namer, "c", it->all_collaborate);
    say(namer, "c", it->waits);
    say(namer, "c", it->key_found_unknown);
    say(namer, "c", it->token_first != 0);
    say_hint(namer, it->key_found_announced);
    say_hint(namer, is_refusal_coming(state, i) ? rest.key_found_refused : 0);
    for (unsigned link = 0; link < LINKS; link++)
        for (unsigned j = 0; j < state->lines[i][link].n; j++) {
            const SrMessage *message = &state->lines[i][link].list[j];

            say(namer, "\n  link ", link);
            say(namer, "m", message->type);
            say(namer, "r", message->reason);
            say(namer, "f", message->flags);
            say_hint(namer, message->hint);
            say_key(namer, message->key);
            say(namer, "to ",
                message->request == 0                      ? 0
                : sr_client_late(client, message->request) ? 1
                : message->request == client->awaits       ? 2
                                                           : 3);
        }
}

static char *
text_of(const Brute *brute, const State *state)
{
    Namer namer = { .text = g_string_new("") };
    const SrServerDocument *document = &state->document;
    bool creating = document->phase == SR_PHASE_CREATING;
    bool there = document->phase == SR_PHASE_ESTABLISHED;

    say(&namer, "crashes ", state->crashes);
    say(&namer, "phase ", document->phase);
    say(&namer, "owner ", creating ? document->owner : 0);
    say(&namer, "conn ", creating && document->owner_conn != 0);
    say_hint(&namer, document->phase != SR_PHASE_NONE ? document->hint : 0);
    say_hint(&namer, there ? document->content.hint : 0);
    say_key(&namer, there ? document->content.key : 0);
    say_standing(&namer, &state->check_document.one_winner);
    say_standing(&namer, &state->check_document.key_kept);
    say_standing(&namer, &state->check_document.announced_once_established);
    say_standing(&namer, &state->check_document.nobody_stuck);
    say_hint(&namer, state->check_document.previous_kept.active);
    say(&namer, "over ", state->check_document.previous_kept.over);
    for (uint32_t i = 0; i < N; i++)
        say_client(&namer, state, i, brute->model->settings[0].settle);
    /* Hints that nobody speaks of any more are not there. */
    for (unsigned name = 1; name <= namer.n_hints; name++) {
        const SrKeySlot *slot = &state->slots[namer.order[name]];
        const SrCheckHint *it = &state->check_hints[namer.order[name]];

        say(&namer, "\nslot ", slot->live);
        say_key(&namer, slot->live ? slot->key : 0);
        say_key(&namer, it->hint_stable);
        say(&namer, "gone ", it->key_kept);
    }
    /* Nor is what was sealed under a key that nobody can get. */
    for (uint32_t i = 0; i < N; i++) {
        const SrCheckClient *it = &state->check_clients[i];
        const SrCheckRest rest = sr_check_rest(it, &state->check_rests[i]);
        const uint32_t used[2] = { it->nonce_unique.key, rest.nonce_unique.key };

        for (unsigned j = 0; j < 2; j++)
            if (used[j] != 0 && namer.keys[used[j]] != 0)
                say(&namer, j == 0 ? "\nused " : " used ", i * 100 + namer.keys[used[j]]);
    }
    return g_string_free(namer.text, FALSE);
}

/* ---- the search ---- */

static void
bind(Brute *brute, State *state)
{
    SrCheckState *checks = sr_checks_state(brute->checks);

    brute->state = state;
    checks->documents = &state->check_document;
    checks->clients = state->check_clients;
    checks->rests = state->check_rests;
    checks->hints = state->check_hints;
    checks->announced_notes =
        state->clients[0].state != SR_CLIENT_IDLE || state->clients[1].state != SR_CLIENT_IDLE;
    sr_checks_rearm(brute->checks);
}

static void
keep(Brute *brute, const State *state)
{
    char *text = text_of(brute, state);

    if (!g_hash_table_add(brute->seen, text))
        return;
    brute->states++;
    g_queue_push_tail(&brute->waiting, g_memdup2(state, sizeof *state));
}

/* What a move is: a client, and a number. */
enum {
    START,
    CRASH,
    BACK,
    TIMER,
    LAST,
    DELIVER,
    MADE = DELIVER + MAKING,
    LOOKED = MADE + LONG,
    KINDS = LOOKED + LONG
};

static bool
is_retry(const State *state, uint32_t i)
{
    const SrClient *client = &state->clients[i];

    return state->timers[i][SR_TIMER_MAIN] && client->awaits == 0 &&
           (client->state == SR_CLIENT_LOOKING_UP || client->state == SR_CLIENT_MAKING_KEY ||
            (client->state == SR_CLIENT_RESUMING && client->target_key == 0));
}

/* Returns: whether the move must happen, sooner or later, in that state */
static bool
is_due(const State *state, uint32_t i, unsigned kind)
{
    const SrClient *client = &state->clients[i];

    if (kind == START)
        return client->state == SR_CLIENT_IDLE;
    if (kind == TIMER)
        return state->timers[i][SR_TIMER_MAIN] && client->awaits == 0 && !is_retry(state, i) &&
               client->state != SR_CLIENT_WAITING;
    if (kind >= LOOKED)
        return kind - LOOKED < state->lines[i][LOOKING].n;
    if (kind >= MADE)
        return kind - MADE < state->lines[i][MAKING].n;
    return kind >= DELIVER && state->lines[i][kind - DELIVER].n > 0;
}

static bool
is_in_vain(const State *state, uint32_t i)
{
    return !is_retry(state, i) || (state->clients[i].state != SR_CLIENT_MAKING_KEY &&
                                   !state->slots[state->clients[i].target].live);
}

static void
make(Brute *brute, uint32_t i, unsigned kind)
{
    State *state = brute->state;
    SrMessage message;

    if (kind == START || kind == BACK) {
        input(brute, i, (SrClientInput){ .kind = SR_INPUT_START });
    } else if (kind == CRASH) {
        state->crashes--;
        input(brute, i, (SrClientInput){ .kind = SR_INPUT_CRASH });
    } else if (kind == TIMER || kind == LAST) {
        state->timers[i][SR_TIMER_MAIN] = false;
        if (kind == LAST) {
            state->last[i] = true;
            state->clients[i].tries = brute->model->settings[0].key_retry.n;
        }
        input(brute, i, (SrClientInput){ .kind = SR_INPUT_TIMER, .timer = SR_TIMER_MAIN });
    } else if (kind >= MADE) {
        message = kind >= LOOKED ? take(&state->lines[i][LOOKING], kind - LOOKED)
                                 : take(&state->lines[i][MAKING], kind - MADE);
        at_provider(brute, &message, true);
    } else {
        deliver(brute, i, kind - DELIVER);
    }
    clean(state);
}

static void
expand(Brute *brute, const State *from)
{
    bool quiet = true, end = true;
    State to;

    for (uint32_t i = 0; i < N; i++)
        for (unsigned kind = 0; kind < KINDS; kind++)
            quiet &= !is_due(from, i, kind);
    for (uint32_t i = 0; i < N; i++)
        quiet &= is_in_vain(from, i);
    for (uint32_t i = 0; i < N; i++)
        for (unsigned kind = 0; kind < KINDS; kind++) {
            const SrClient *client = &from->clients[i];
            bool retries = is_retry(from, i);
            bool can = is_due(from, i, kind) || (kind == TIMER && retries) ||
                       (kind == LAST && retries && quiet) ||
                       (kind == CRASH && from->crashes > 0 && client->state != SR_CLIENT_IDLE &&
                        client->state < SR_CLIENT_FAILED) ||
                       (kind == BACK && client->state == SR_CLIENT_CRASHED);

            if (!can)
                continue;
            end &= kind == CRASH || kind == BACK;
            to = *from;
            bind(brute, &to);
            make(brute, i, kind);
            brute->transitions++;
            keep(brute, &to);
        }
    if (!end)
        return;
    brute->ends++;
    to = *from;
    bind(brute, &to);
    sr_checks_end(brute->checks);
    brute->failed |= sr_checks_failed(brute->checks);
}

static void
search(Brute *brute, const SrScenario *scenario, unsigned crashes)
{
    State *state;

    memset(brute, 0, sizeof *brute);
    brute->scenario = scenario;
    brute->model = sr_model_new(scenario);
    brute->no_previous = SR_HINT_ABSENT;
    brute->context = (SrCheckContext){ .n_documents = 1,
                                       .n_clients = N,
                                       .client_document = brute->client_document,
                                       .previous_hint = &brute->no_previous,
                                       .tokens = brute->model->server.tokens };
    brute->checks = sr_checks_new(&brute->context);
    sr_checks_reserve_hints(brute->checks, HINTS);
    brute->seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    state = g_new0(State, 1);
    state->crashes = crashes;
    brute->state = state;
    const SrServer it = server(brute);
    sr_server_reset(&it);
    keep(brute, state);
    g_free(state);
    while ((state = g_queue_pop_head(&brute->waiting)) != NULL) {
        expand(brute, state);
        g_free(state);
    }
    g_hash_table_unref(brute->seen);
    sr_checks_free(brute->checks);
    sr_model_free(brute->model);
}

/* ---- the two against each other ---- */

static const struct row {
    const char *name, *lines;
    unsigned crashes;
} rows[] = {
    { "keys kept for ever", "[encryption-provider]\nretention = forever\n", 0 },
    { "keys kept for ever, and a crash", "[encryption-provider]\nretention = forever\n", 1 },
    { "keys kept until settled", "[encryption-provider]\nretention = until-settled\n", 0 },
    { "keys kept until settled, and a crash",
      "[encryption-provider]\nretention = until-settled\n", 1 },
    { "the newest key only", "[encryption-provider]\nretention = on-new-key\n", 0 },
    { "the newest key only, and a crash", "[encryption-provider]\nretention = on-new-key\n",
      1 },
    { "derived keys", "[encryption-provider]\nkind = derived\n", 1 },
    { "another key each time", "[encryption-provider]\nkind = unstable\n", 0 },
    { "an owner that is waited for", "[server]\non-owner-lost = wait\n", 1 },
    { "pending clients", "[server]\nwhile-creating = pending\n", 1 },
    { "no tokens", "[token-provider]\nenabled = no\n", 1 },
};

static void
counts_alike(void **state)
{
    const struct row *row = *state;
    g_autoptr(SrScenario) scenario = fixture_scenario(row->lines, N);
    SrExploreOptions options = SR_EXPLORE_OPTIONS;
    SrExploreResult result;
    Brute *brute = g_new(Brute, 1);

    search(brute, scenario, row->crashes);
    options.crashes = row->crashes;
    options.no_symmetry = options.no_reduction = true;
    fixture_explore(row->lines, N, &options, &result);
    assert_int_equal(result.end, SR_EXPLORE_COMPLETE);
    assert_int_equal(brute->failed, result.failed);
    assert_int_equal(brute->ends, result.ends);
    assert_int_equal(brute->states, result.states);
    assert_int_equal(brute->transitions, result.transitions);
    g_free(brute);
}

int
main(void)
{
    struct CMUnitTest tests[G_N_ELEMENTS(rows)];

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        tests[i] = (struct CMUnitTest){ .name = rows[i].name,
                                        .test_func = counts_alike,
                                        .initial_state = (void *) (uintptr_t) &rows[i] };
    return cmocka_run_group_tests_name("every order, plainly", tests, NULL, NULL) != 0;
}

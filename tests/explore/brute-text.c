/* When two states are the same: what is said of a state, hints and keys by the order of their
 * mention, and what nothing reads again left out. */
#include "brute-private.h"

#include <xxhash.h>

typedef struct {
    const Brute *brute;
    const State *state;
    uint16_t text[4096];
    unsigned n;
    unsigned hints[HINTS], order[HINTS], keys[HINTS * 8], n_hints, n_keys;
} Speaker;

static void
say(Speaker *speaker, uint64_t value)
{
    g_assert(value < UINT16_MAX && speaker->n < G_N_ELEMENTS(speaker->text));
    speaker->text[speaker->n++] = (uint16_t) value;
}

static void
mention(Speaker *speaker, uint32_t hint)
{
    if (hint == 0 || speaker->hints[hint] != 0)
        return;
    speaker->hints[hint] = ++speaker->n_hints;
    speaker->order[speaker->n_hints] = hint;
}

static void
say_hint(Speaker *speaker, uint32_t hint)
{
    mention(speaker, hint);
    say(speaker, hint != 0 ? speaker->hints[hint] : 0);
}

static void
say_key(Speaker *speaker, uint32_t key)
{
    g_assert(key < G_N_ELEMENTS(speaker->keys));
    if (key != 0 && speaker->keys[key] == 0)
        speaker->keys[key] = ++speaker->n_keys;
    say(speaker, key != 0 ? speaker->keys[key] : 0);
}

/* ---- the document ---- */

static void
say_standing(Speaker *speaker, const SrStanding *standing)
{
    say(speaker, standing->stands);
    say(speaker, standing->active);
    say(speaker, standing->stands ? standing->owner : 0);
    say_hint(speaker, standing->stands ? standing->creation : 0);
    say_hint(speaker, standing->active ? standing->session : 0);
}

static void
say_document(Speaker *speaker)
{
    const State *state = speaker->state;
    const SrServerDocument *document = &state->document;
    const SrCheckDocument *it = &state->check_document;
    bool there = document->phase == SR_PHASE_ESTABLISHED;

    say(speaker, document->phase);
    say(speaker, document->phase == SR_PHASE_CREATING ? document->owner : 0);
    say(speaker, state->establish);
    say_hint(speaker, document->phase != SR_PHASE_NONE ? document->hint : 0);
    say_hint(speaker, there ? document->content.hint : 0);
    say_key(speaker, there ? document->content.key : 0);
    say(speaker, document->has_outdated);
    say_hint(speaker, document->has_outdated ? document->outdated.hint : 0);
    say_key(speaker, document->has_outdated ? document->outdated.key : 0);
    if (speaker->brute->model->server.on_owner_lost == SR_OWNER_LOST_PROMOTE)
        for (uint32_t i = document->first_rejected; i != SR_NOBODY;
             i = state->rejected[i].next) {
            say(speaker, i + 1);
            say_hint(speaker, state->rejected[i].attempt);
        }
    say(speaker, 0);
    say_standing(speaker, &it->one_winner);
    say_standing(speaker, &it->key_kept);
    say_standing(speaker, &it->announced_once_established);
    say_standing(speaker, &it->nobody_stuck);
    say_hint(speaker, it->previous_kept.active);
    say_hint(speaker, it->previous_kept.outdated);
    say(speaker, it->previous_kept.over);
}

/* ---- clients ---- */

/* Of connections only the order matters, and of the newest one that is closed not even that below
 * all others. */
static void
say_conns(Speaker *speaker, uint32_t index)
{
    const State *state = speaker->state;
    const SrServerDocument *document = &state->document;
    bool owns = document->phase == SR_PHASE_CREATING && document->owner == index;
    uint32_t accepted = state->check_clients[index].token_first;
    uint32_t conns[LONG + 5] = { state->clients[index].conn, state->known[index].conn,
                                 owns ? document->owner_conn : 0,
                                 accepted != 0 ? accepted - 1 : 0 };
    uint32_t lowest = UINT32_MAX;
    unsigned n = 4;

    for (unsigned i = 0; i < state->parcels[index].n; i++)
        if (state->parcels[index].list[i].place == LOST)
            conns[n++] = state->parcels[index].list[i].message.conn;
    for (unsigned i = 0; i < n; i++)
        lowest = conns[i] != 0 ? MIN(lowest, conns[i]) : lowest;
    conns[n] = state->known[index].closed >= lowest ? state->known[index].closed : 0;
    n++;
    for (unsigned i = 0; i < n; i++) {
        unsigned lower = 0;

        for (unsigned j = 0; j < n; j++) {
            bool again = false;

            for (unsigned k = 0; k < j; k++)
                again |= conns[k] == conns[j];
            lower += !again && conns[j] != 0 && conns[j] < conns[i];
        }
        say(speaker, conns[i] != 0 ? lower + 1 : 0);
    }
}

static unsigned
role_of(const SrClient *client, uint32_t request)
{
    return request == 0                      ? 0
           : sr_client_late(client, request) ? 1
           : request == client->awaits       ? 2
           : request == client->awaits_old   ? 3
           : request == client->renews       ? 4
                                             : 5;
}

static void
say_parcels(Speaker *speaker, uint32_t index)
{
    const Parcels *parcels = &speaker->state->parcels[index];
    const SrClient *client = &speaker->state->clients[index];

    for (unsigned place = 0; place <= LOST; place++)
        for (unsigned i = 0; i < parcels->n; i++) {
            const SrMessage *message = &parcels->list[i].message;

            if (parcels->list[i].place != place)
                continue;
            say(speaker, place + 1);
            say(speaker, message->type);
            say(speaker, message->reason);
            say(speaker, message->flags);
            say_hint(speaker, message->hint);
            say_key(speaker, message->key);
            say(speaker, message->token == speaker->brute->expired);
            say(speaker, role_of(client, message->request));
        }
    say(speaker, 0);
}

/* Counts of attempts, where a limit or a next attempt depends on them. */
static void
say_tries(Speaker *speaker, uint32_t index)
{
    const SrClient *client = &speaker->state->clients[index];
    const SrClientSettings *settings = speaker->brute->settings[index];
    bool lives = client->state < SR_CLIENT_FAILED;
    bool limited = settings->key_retry.n != SR_RETRY_UNLIMITED;

    say(speaker, speaker->state->last[index]);
    say(speaker, speaker->state->last_old[index]);
    if (!speaker->brute->options.counts)
        return;
    say(speaker, brute_asks_for_key(client) && limited ? client->tries : 0);
    say(speaker, client->state == SR_CLIENT_MAKING_KEY && limited ? client->tries_old : 0);
    say(speaker,
        lives && settings->connect_retry.n != SR_RETRY_UNLIMITED ? client->connect_tries : 0);
    say(speaker,
        lives && settings->reconnect.n != SR_RETRY_UNLIMITED ? client->reconnect_tries : 0);
}

bool
brute_is_refusal_coming(const State *state, uint32_t client)
{
    const Parcels *parcels = &state->parcels[client];

    for (unsigned i = 0; i < parcels->n; i++)
        if (parcels->list[i].message.type == SR_MSG_KEY_REFUSED)
            return true;
    return false;
}

static void
say_held(Speaker *speaker, const SrClient *client)
{
    for (unsigned i = 0; i < SR_CLIENT_KEYS_HELD; i++) {
        unsigned at = (client->held_next + i) % SR_CLIENT_KEYS_HELD;

        say_hint(speaker, client->held[at].key != 0 ? client->held[at].hint : 0);
        say_key(speaker, client->held[at].key);
        say(speaker, client->held_derived >> at & 1);
    }
}

static void
say_client(Speaker *speaker, uint32_t index)
{
    const State *state = speaker->state;
    const SrClient *client = &state->clients[index];
    const SrServerClient *known = &state->known[index];
    int64_t expired = speaker->brute->expired;

    say(speaker, client->state);
    say(speaker, client->has_token);
    say(speaker, client->has_token && client->token == expired);
    say(speaker, known->conn != 0 && known->token == expired);
    say(speaker, client->fresh_token);
    say(speaker, client->has_old);
    say(speaker, client->awaits != 0);
    say(speaker, client->awaits_old != 0);
    say(speaker, client->renews != 0);
    for (unsigned i = 0; i < SR_TIMER_N; i++)
        say(speaker, state->timers[index][i]);
    say_tries(speaker, index);
    say_conns(speaker, index);
    say_hint(speaker, client->known);
    say_hint(speaker, client->target);
    say_key(speaker, client->target_key);
    say_hint(speaker, client->own_hint);
    say_key(speaker, client->own_key);
    say(speaker, client->own_counter != 0);
    say_hint(speaker, client->old_hint);
    say_key(speaker, client->old_key);
    say_key(speaker, client->old_content_key);
    say_hint(speaker, speaker->brute->settings[index]->settle ? client->settled : 0);
    say_held(speaker, client);
    say_parcels(speaker, index);
}

static void
say_check_client(Speaker *speaker, uint32_t index)
{
    const SrCheckClient *it = &speaker->state->check_clients[index];
    const SrCheckRest rest = sr_check_rest(it, &speaker->state->check_rests[index]);

    say(speaker, it->state);
    say(speaker, it->started);
    say(speaker, it->all_collaborate);
    say(speaker, it->waits);
    say(speaker, it->key_found_unknown);
    say_hint(speaker, it->key_found_announced);
    say_hint(speaker,
             brute_is_refusal_coming(speaker->state, index) ? rest.key_found_refused : 0);
}

/* ---- the store ---- */

static bool
is_latest(const Speaker *speaker, uint32_t hint)
{
    const SrKeySlot *slot = &speaker->state->slots[hint];

    return slot->text == SR_HINT_TEXT_TIMESTAMP &&
           sr_provider_tick(&speaker->brute->model->provider, slot) == speaker->state->tick;
}

/* Hints that nobody speaks of may still be handed out again, be counted, or be made again. */
static void
mention_unspoken(Speaker *speaker, bool counts)
{
    const State *state = speaker->state;

    for (uint32_t hint = counts ? state->live.first : 0; hint != 0;
         hint = state->slots[hint].next)
        mention(speaker, hint);
    for (uint32_t hint = 1; hint <= state->n_slots; hint++)
        if (state->slots[hint].text == SR_HINT_TEXT_EMPTY || is_latest(speaker, hint))
            mention(speaker, hint);
}

static void
say_slot(Speaker *speaker, uint32_t hint, bool rotates)
{
    const State *state = speaker->state;
    const SrProviderRules *rules = &speaker->brute->model->provider;
    const SrKeySlot *slot = &state->slots[hint];

    say(speaker, slot->text);
    say(speaker, slot->live);
    say_key(speaker, slot->live ? slot->key : 0);
    say_key(speaker, state->check_hints[hint].hint_stable);
    say(speaker, state->check_hints[hint].key_kept);
    say(speaker, state->aged[hint]);
    say(speaker, is_latest(speaker, hint));
    say(speaker, rotates ? MIN(state->master - state->masters[hint], rules->keep_masters) : 0);
    for (uint32_t replica = 1; replica < rules->replicas; replica++)
        say_key(speaker, brute_replica_key(speaker->brute, state, hint, replica));
}

/* Returns: whether a key counts for something although nobody speaks of it */
static bool
counts_keys(const SrProviderRules *rules)
{
    return rules->kind != SR_PROVIDER_STATIC && (rules->keep == SR_KEEP_LAST || rules->reuse);
}

bool
brute_keeps_order(const Brute *brute)
{
    const SrProviderRules *rules = &brute->model->provider;

    return counts_keys(rules) || rules->keep == SR_KEEP_FOR;
}

static void
say_store(Speaker *speaker)
{
    const State *state = speaker->state;
    const SrProviderRules *rules = &speaker->brute->model->provider;
    bool rotates = rules->kind == SR_PROVIDER_DERIVED &&
                   speaker->brute->scenario->encryption_provider.rotate_master != SR_TIME_NEVER;

    for (unsigned i = 0; i < state->n_copies; i++) {
        say(speaker, state->copies[i].replica);
        say_hint(speaker, state->copies[i].hint);
        say_key(speaker, state->copies[i].key);
    }
    say(speaker, 0);
    mention_unspoken(speaker, counts_keys(rules));
    for (unsigned name = 1; name <= speaker->n_hints; name++)
        say_slot(speaker, speaker->order[name], rotates);
    /* The order of making. */
    if (brute_keeps_order(speaker->brute))
        for (uint32_t hint = state->live.first; hint != 0; hint = state->slots[hint].next)
            if (speaker->hints[hint] != 0)
                say(speaker, speaker->hints[hint]);
    say(speaker, 0);
}

/* What was sealed under a key that nobody can get any more is not there. */
static void
say_sealings(Speaker *speaker)
{
    for (uint32_t i = 0; i < speaker->brute->n; i++) {
        const SrCheckClient *it = &speaker->state->check_clients[i];
        const SrCheckRest rest = sr_check_rest(it, &speaker->state->check_rests[i]);
        const uint32_t used[2] = { it->nonce_unique.key, rest.nonce_unique.key };

        for (unsigned j = 0; j < 2; j++)
            say(speaker, used[j] != 0 ? speaker->keys[used[j]] : 0);
    }
}

Fingerprint
brute_fingerprint(const Brute *brute, const State *state, uint32_t order[HINTS], unsigned *n)
{
    Speaker speaker;
    XXH128_hash_t hash;

    memset(&speaker, 0, offsetof(Speaker, text));
    memset(&speaker.n, 0, sizeof speaker - offsetof(Speaker, n));
    speaker.brute = brute;
    speaker.state = state;
    say(&speaker, state->crashes);
    say(&speaker, state->disconnects);
    say(&speaker, state->expirations);
    mention(&speaker, brute->previous_hint);
    say_document(&speaker);
    for (uint32_t i = 0; i < brute->n; i++) {
        say_client(&speaker, i);
        say_check_client(&speaker, i);
    }
    say_store(&speaker);
    say_sealings(&speaker);
    memcpy(order, &speaker.order[1], speaker.n_hints * sizeof *order);
    *n = speaker.n_hints;
    hash = XXH3_128bits(speaker.text, speaker.n * sizeof *speaker.text);
    return (Fingerprint){ hash.low64, hash.high64 };
}

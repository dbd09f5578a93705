/* What the result counts of the core's notes: keys, tokens, who won; and real cryptography, which
 * does over what they say. */
#include "driver/run-private.h"

#include "session-race/crypto.h"

/* Notes that the result counts; besides them real cryptography does these over. */
#define COUNTED                                                                                \
    (1u << SR_EVENT_START | 1u << SR_EVENT_COLLABORATING | 1u << SR_EVENT_FAILED |             \
     1u << SR_EVENT_ESTABLISHED | 1u << SR_EVENT_RELEASED | 1u << SR_EVENT_KEY_MADE |          \
     1u << SR_EVENT_KEY_FOUND | 1u << SR_EVENT_KEY_DISCARDED | 1u << SR_EVENT_KEY_MISSING |    \
     1u << SR_EVENT_TOKEN_JUDGED)
#define DONE_FOR_REAL                                                                          \
    (1u << SR_EVENT_SEALED | 1u << SR_EVENT_OPENED | 1u << SR_EVENT_TOKEN_JUDGED)

uint32_t
sr_run_counted(const SrRun *run)
{
    return run->use_real ? COUNTED | DONE_FOR_REAL : COUNTED;
}

/* ---- keys ---- */

void
sr_run_reserve_key(SrRun *run, uint32_t key)
{
    if (key <= run->keys_capacity)
        return;
    run->keys_capacity = MAX(key, run->keys_capacity * 2);
    run->keys = g_renew(KeyInfo, run->keys, run->keys_capacity + 1);
    run->key_rests = g_renew(KeyRest, run->key_rests, run->keys_capacity + 1);
}

/* A key is first heard of when it is made, or (static, unstable) when it is first handed out.
 */
static void
learn_key(SrRun *run, const SrAction *action)
{
    uint32_t key = action->message.key;
    const SrKeySlot *slot = &run->provider.slots[action->message.hint];
    bool is_static = run->model->provider.kind == SR_PROVIDER_STATIC;

    if (key <= run->n_keys)
        return;
    sr_run_reserve_key(run, key);
    for (uint32_t i = run->n_keys + 1; i <= key; i++)
        run->keys[i] = (KeyInfo){ 0 };
    run->n_keys = key;
    run->keys[key] = (KeyInfo){
        .made_at = sr_engine_now(run->engine),
        .document = (is_static ? 0u : slot->document) & 0xfffffff,
        .previous = slot->text == SR_HINT_TEXT_PREVIOUS,
    };
    if (run->model->provider.kind == SR_PROVIDER_DERIVED)
        sr_run_make_key_rest(run, key)->master = run->provider.masters[action->message.hint];
}

static SrRealKey
real_key(const SrRun *run, uint32_t key, uint32_t document, uint32_t hint, char text[64])
{
    text[sr_provider_hint_text(&run->model->provider, &run->provider, hint, text)] = '\0';
    return (SrRealKey){
        .number = key,
        .master = run->model->provider.kind == SR_PROVIDER_DERIVED
                      ? sr_run_key_rest(run, key)->master
                      : 0,
        .document =
            run->model->provider.kind == SR_PROVIDER_STATIC
                ? sr_run_key_document(run, key)
                : g_array_index(run->scenario->documents, SrDocumentSettings, document).name,
        .hint = text,
    };
}

/* What the core says by names is done for real, and must come out the same. */
static void
do_for_real(SrRun *run, uint32_t document, const SrAction *action)
{
    const SrMessage *message = &action->message;
    char text[64];

    if (action->event == SR_EVENT_SEALED) {
        SrRealKey key = real_key(run, message->key, document, message->hint, text);

        sr_real_crypto_sealed(
            run->real, message->sealer, message->counter, &key,
            g_array_index(run->scenario->documents, SrDocumentSettings, document)
                .content_octets);
    } else if (action->event == SR_EVENT_OPENED) {
        SrRealKey key = real_key(run, message->key, document, message->hint, text);

        g_assert(sr_real_crypto_open(run->real, message->sealer, message->counter, &key) ==
                 action->ok);
    } else if (action->event == SR_EVENT_TOKEN_JUDGED && message->token != SR_TOKEN_NONE) {
        sr_real_crypto_token(run->real, &run->model->token, message->token);
    }
}

void
sr_run_seal_previous(SrRun *run, uint32_t document, const SrAction *sealed)
{
    learn_key(run, sealed);
    if (run->use_real)
        do_for_real(run, document, sealed);
}

/* ---- notes of the core ---- */

static void
count_established(SrRun *run, const SrAction *action)
{
    run->extra[action->peer].won = true;
    if (!run->winner_known) {
        run->result->winner = SR_NODE_FIRST_CLIENT + action->peer;
        run->winner_hint = action->message.hint;
    }
    run->winner_known = true;
    run->keys[run->provider.slots[action->message.hint].key].won = true;
    sr_run_measure_established(run, action->document);
}

static void
count_discarded(SrRun *run, const SrAction *action)
{
    KeyRest *key = sr_run_make_key_rest(run, action->message.key);

    run->result->keys_discarded++;
    key->gone = true;
    key->gone_at = sr_engine_now(run->engine);
}

static void
count_start(SrRun *run, uint32_t client)
{
    ClientExtra *extra = &run->extra[client];
    SrTime now = sr_engine_now(run->engine);

    if (extra->started)
        return;
    extra->started = true;
    extra->late |= run->far && now != sr_run_draw_start(run, client);
    if (extra->late)
        run->start_at[client] = now;
}

static void
count_collaborating(SrRun *run, uint32_t client)
{
    ClientExtra *extra = &run->extra[client];
    SrTime now = sr_engine_now(run->engine);

    if (extra->collaborated)
        return;
    extra->collaborated = true;
    extra->collaborating_low = (uint32_t) now;
    extra->collaborating_high = (uint8_t) MIN(now >> 32, UINT8_MAX);
    if (extra->collaborating_high == UINT8_MAX)
        run->collaborating_at[client] = now;
}

static void
count_note(SrRun *run, const SrAction *action)
{
    SrRunResult *result = run->result;
    ClientExtra *extra = &run->extra[action->peer];

    switch (action->event) {
    case SR_EVENT_TOKEN_JUDGED:
        result->tokens_judged++;
        result->tokens_refused += action->message.reason != SR_REASON_NONE;
        if (run->options->sample != NULL)
            sr_run_measure_token(run, action);
        break;
    case SR_EVENT_START:
        count_start(run, action->peer);
        break;
    case SR_EVENT_COLLABORATING:
        count_collaborating(run, action->peer);
        break;
    case SR_EVENT_FAILED:
        if (!extra->failed)
            run->failed_at[action->peer] = sr_engine_now(run->engine);
        extra->failed = true;
        break;
    case SR_EVENT_ESTABLISHED:
        count_established(run, action);
        break;
    case SR_EVENT_RELEASED:
        sr_run_measure_needed(run, action->message.hint);
        break;
    case SR_EVENT_KEY_MADE:
        learn_key(run, action);
        run->keys[action->message.key].made = true;
        result->keys_made++;
        break;
    case SR_EVENT_KEY_FOUND:
        learn_key(run, action);
        break;
    case SR_EVENT_KEY_DISCARDED:
        count_discarded(run, action);
        break;
    case SR_EVENT_KEY_MISSING:
        result->keys_missing++;
        break;
    default:
        break; /* done for real only */
    }
}

void
sr_run_count_note(SrRun *run, uint32_t node, const SrAction *action)
{
    count_note(run, action);
    if (run->use_real)
        do_for_real(run, sr_run_note_document(run, node, action), action);
}

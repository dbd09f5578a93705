/* What the result counts of the core's notes: keys, tokens, who won; and real cryptography, which
 * does over what they say. */
#include "run/run-private.h"

#include "session-race/crypto.h"

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
void
sr_run_learn_key(SrRun *run, uint32_t key, uint32_t hint)
{
    const SrKeySlot *slot = &run->provider.slots[hint];
    bool is_static = run->model->provider.kind == SR_PROVIDER_STATIC;

    if (key <= run->n_keys)
        return;
    sr_run_reserve_key(run, key);
    for (uint32_t i = run->n_keys + 1; i < key; i++)
        run->keys[i] = (KeyInfo){ 0 };
    run->n_keys = key;
    run->keys[key] = (KeyInfo){
        .made_at = sr_engine_now(run->engine),
        .document = (is_static ? 0u : slot->document) & 0xfffffff,
        .previous = slot->text == SR_HINT_TEXT_PREVIOUS,
    };
    if (run->model->provider.kind == SR_PROVIDER_DERIVED)
        sr_run_make_key_rest(run, key)->master = run->provider.masters[hint];
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
void
sr_run_do_for_real(SrRun *run, uint32_t document, const SrAction *action)
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
    sr_run_learn_key(run, sealed->message.key, sealed->message.hint);
    if (run->use_real)
        sr_run_do_for_real(run, document, sealed);
}

/* ---- notes of the core ---- */

void
sr_run_count_established(SrRun *run, uint32_t client, uint32_t document, uint32_t hint)
{
    run->extra[client].won = true;
    if (!run->winner_known) {
        run->result->winner = SR_NODE_FIRST_CLIENT + client;
        run->winner_hint = hint;
    }
    run->winner_known = true;
    run->keys[run->provider.slots[hint].key].won = true;
    sr_run_measure_established(run, document);
}

void
sr_run_count_discarded(SrRun *run, uint32_t key)
{
    KeyRest *rest = sr_run_make_key_rest(run, key);

    run->result->keys_discarded++;
    rest->gone = true;
    rest->gone_at = sr_engine_now(run->engine);
}

void
sr_run_count_start(SrRun *run, uint32_t client)
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

void
sr_run_count_collaborating(SrRun *run, uint32_t client)
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

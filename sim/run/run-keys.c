/* The keys of a run and their names; and the real cryptography that repeats the core's steps.
 */
#include "run/run-private.h"

#include "crypto/crypto.h"

/* ---- keys ---- */

void
sr_run_reserve_key(SrRun *run, uint32_t key)
{
    if (key <= run->tally.keys_capacity)
        return;
    sr_tally_reserve_keys(&run->tally, key);
    run->key_rests = g_renew(KeyRest, run->key_rests, run->tally.keys_capacity + 1);
}

/* The run first sees a key when it is made; keys of kind static and unstable, when they are
 * first handed out. */
void
sr_run_learn_key(SrRun *run, uint32_t key, uint32_t hint)
{
    if (key <= run->tally.n_keys)
        return;
    sr_run_reserve_key(run, key);
    sr_tally_learn_key(&run->tally, key);
    if (run->model->provider.kind != SR_PROVIDER_STATIC)
        run->tally.keys[key].document =
            (uint32_t) run->world.provider.slots[hint].document & 0x7ffffff;
    if (run->model->provider.kind == SR_PROVIDER_DERIVED)
        sr_run_make_key_rest(run, key)->master = run->world.provider.masters[hint];
}

static SrRealKey
real_key(const SrRun *run, uint32_t key, uint32_t document, uint32_t hint,
         char text[SR_HINT_TEXT_MAX])
{
    text[run->names.hint(run, hint, text)] = '\0';
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
        .secret = run->exec != NULL ? sr_run_exec_secret(run->exec, key) : NULL,
    };
}

/* Repeats @action of the core with real cryptography, which must give the same result. */
void
sr_run_do_for_real(SrRun *run, uint32_t document, const SrAction *action)
{
    const SrMessage *message = &action->message;
    char text[SR_HINT_TEXT_MAX];

    if (action->event == SR_EVENT_SEALED) {
        SrRealKey key = real_key(run, message->key, document, message->hint, text);

        sr_real_crypto_sealed(
            run->real, message->sealer, message->counter, &key,
            g_array_index(run->scenario->documents, SrDocumentSettings, document)
                .content_bytes);
    } else if (action->event == SR_EVENT_OPENED) {
        SrRealKey key = real_key(run, message->key, document, message->hint, text);

        g_assert(sr_real_crypto_open(run->real, message->sealer, message->counter, &key) ==
                 action->ok);
    } else if (action->event == SR_EVENT_TOKEN_JUDGED && message->token != SR_TOKEN_NONE &&
               run->signer == NULL) {
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

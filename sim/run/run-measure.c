/* What a sweep measures in a run besides its verdict: the ages of keys at lookups, the distance
 * of a token's times from the server's clock, and the age up to which the provider had to keep
 * its keys.
 *
 * Section 9 says when the store needs a key: at the end of each lookup of its hint, and without
 * a break while a creation uses it, while its session is active, and after that until a later
 * session is established. A clock that nobody corrects never runs backwards, so a key is oldest
 * at the end of such a time, and its age is taken only there. A clock that is set back makes
 * keys younger. The age that they had reached before counts all the same, so KeyRest keeps it.
 */
#include "run/run-private.h"

/* Returns: whether the key of @hint was made at some instant; a key of kind `static` never was
 */
static bool
was_made(const SrRun *run, uint32_t hint)
{
    return hint != SR_HINT_ABSENT && run->model->provider.kind != SR_PROVIDER_STATIC;
}

/* Returns: the age of the key under @hint by the provider's clock; 0 if it was made in the
 * clock's future */
static SrSpan
age_of(const SrRun *run, uint32_t hint)
{
    int64_t age = sr_run_local(run, SR_NODE_ENCRYPTION_PROVIDER) -
                  run->world.provider.slots[hint].made_at;

    return age > 0 ? (SrSpan) age : 0;
}

void
sr_run_measure_needed(SrRun *run, uint32_t hint)
{
    SrRunResult *result = run->tally.result;
    SrSpan age, peak;

    if (!was_made(run, hint))
        return;
    if (G_UNLIKELY(run->watch != NULL))
        run->watch->needed(run->watch->data, hint);
    age = age_of(run, hint);
    peak = sr_run_key_rest(run, run->world.provider.slots[hint].key)->peak;
    result->key_need = MAX(result->key_need, MAX(age, peak) + 1);
}

void
sr_run_measure_lookup(SrRun *run, uint32_t hint)
{
    const SrRunOptions *options = run->options;

    if (!was_made(run, hint))
        return;
    if (G_UNLIKELY(run->watch != NULL))
        run->watch->looked_up(run->watch->data, hint);
    if (options->sample != NULL)
        options->sample(options->sample_data, SR_MEASURE_KEY_AGE, age_of(run, hint));
    sr_run_measure_needed(run, hint);
}

void
sr_run_measure_upgrade(SrRun *run)
{
    for (uint32_t i = 0; i < run->model->n_documents; i++)
        if (run->world.server.documents[i].phase == SR_PHASE_ESTABLISHED)
            run->outdated_hint[i] = run->world.server.documents[i].hint;
}

void
sr_run_measure_established(SrRun *run, uint32_t document)
{
    sr_run_measure_needed(run, run->outdated_hint[document]);
    run->outdated_hint[document] = SR_HINT_ABSENT;
}

void
sr_run_measure_end(SrRun *run)
{
    for (uint32_t i = 0; i < run->model->n_documents; i++) {
        if (run->world.server.documents[i].phase != SR_PHASE_NONE)
            sr_run_measure_needed(run, run->world.server.documents[i].hint);
        sr_run_measure_needed(run, run->outdated_hint[i]);
    }
}

void
sr_run_measure_clock(SrRun *run, uint32_t node, int64_t before)
{
    const SrProvider *provider = &run->world.provider;
    int64_t now = sr_run_local(run, node);

    if (node != SR_NODE_ENCRYPTION_PROVIDER || run->model->provider.kind == SR_PROVIDER_STATIC)
        return;
    for (uint32_t hint = 1; now < before && hint <= provider->n_slots; hint++) {
        const SrKeySlot *slot = &provider->slots[hint];

        if (before > slot->made_at) {
            SrSpan *peak = &sr_run_make_key_rest(run, slot->key)->peak;

            *peak = MAX(*peak, (SrSpan) (before - slot->made_at));
        }
    }
}

static __attribute__((noinline)) void
measure_foreign_token(const SrRun *run, int64_t now, int64_t token)
{
    SrTokenClaims claims = sr_token_claims(&run->model->token, token);
    int64_t valid = INT64_MIN;

    /* Its times are nobody's word. */
    if (claims.fault != SR_REASON_NONE)
        return;
    if ((claims.has & SR_HAS_IAT) && run->model->token.check_iat)
        valid = claims.iat;
    if (claims.has & SR_HAS_NBF)
        valid = MAX(valid, claims.nbf);
    sr_run_sample_times(now, valid, claims.exp, run->options->sample,
                        run->options->sample_data);
}

void
sr_run_measure_token(SrRun *run, int64_t now, int64_t token)
{
    const SrTokenRules *rules = &run->model->token;
    const SrRunOptions *options = run->options;

    if (token == SR_TOKEN_NONE)
        return;
    if (G_UNLIKELY(rules->claims != NULL)) {
        measure_foreign_token(run, now, token);
        return;
    }
    sr_run_sample_token(rules, now, token, options->sample, options->sample_data);
}

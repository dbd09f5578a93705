/* The tally: how it is kept and summed up. */
#include "result/tally.h"

#include <stddef.h>
#include <string.h>

void
sr_tally_init(SrTally *tally, uint32_t n_clients, uint32_t n_documents)
{
    *tally = (SrTally){
        .n_clients = n_clients,
        .n_documents = n_documents,
        .clients = g_new0(SrTallyClient, n_clients),
        .documents = g_new0(SrTallyDocument, n_documents),
        .start_at = g_new0(SrTime, n_clients),
        .collaborating_at = g_new0(SrTime, n_clients),
        .failed_at = g_new0(SrTime, n_clients),
    };
}

void
sr_tally_clear(SrTally *tally)
{
    g_free(tally->clients);
    g_free(tally->documents);
    g_free(tally->start_at);
    g_free(tally->collaborating_at);
    g_free(tally->failed_at);
    g_free(tally->keys);
    g_free(tally->gone_at);
}

void
sr_tally_reset(SrTally *tally, SrRunResult *result)
{
    memset(result, 0, offsetof(SrRunResult, failures));
    result->winner = SR_NODE_NONE;
    result->n_clients = tally->n_clients;
    memset(tally->clients, 0, tally->n_clients * sizeof *tally->clients);
    memset(tally->documents, 0, tally->n_documents * sizeof *tally->documents);
    tally->result = result;
    tally->n_keys = 0;
    tally->winner_hint = SR_HINT_ABSENT;
    tally->winner_known = false;
}

void
sr_tally_reserve_keys(SrTally *tally, uint32_t n_keys)
{
    if (n_keys <= tally->keys_capacity)
        return;
    tally->keys_capacity = MAX(n_keys, tally->keys_capacity * 2);
    tally->keys = g_renew(SrTallyKey, tally->keys, tally->keys_capacity + 1);
    /* Number 0 is no key, but the images of worlds have it. */
    memset(&tally->keys[0], 0, sizeof tally->keys[0]);
    tally->gone_at = g_renew(SrTime, tally->gone_at, tally->keys_capacity + 1);
}

void
sr_tally_learn_key(SrTally *tally, uint32_t key)
{
    sr_tally_reserve_keys(tally, key);
    for (; tally->n_keys < key; tally->n_keys++)
        tally->keys[tally->n_keys + 1] = (SrTallyKey){ 0 };
}

void
sr_tally_end(SrTally *tally)
{
    SrRunResult *result = tally->result;

    for (uint32_t i = 1; i <= tally->n_keys; i++) {
        const SrTallyKey *key = &tally->keys[i];
        SrTime end = key->gone ? tally->gone_at[i] : result->t;

        if (!key->made || key->won || key->previous)
            continue;
        result->orphans++;
        result->orphan_kept_max =
            MAX(result->orphan_kept_max, MAX(end, key->made_at) - key->made_at);
    }
}

SrClientOutcome
sr_tally_outcome(const SrTally *tally, uint32_t i)
{
    const SrTallyClient *client = &tally->clients[i];

    return (SrClientOutcome){
        .started = client->started,
        .accepted = client->accepted,
        .won = client->won,
        .start_at = sr_tally_start_at(tally, i),
        .collaborating_at = sr_tally_collaborating_at(tally, i),
        .failed_at = client->failed ? tally->failed_at[i] : SR_TIME_NEVER,
    };
}

SrEnding
sr_outcome_ending(const SrClientOutcome *outcome)
{
    return sr_tally_ending(outcome->state, outcome->reason,
                           outcome->collaborating_at != SR_TIME_NEVER);
}

const char *
sr_outcome_word(const SrClientOutcome *outcome, char text[SR_OUTCOME_WORD_MAX])
{
    if (!outcome->started)
        return "not started";
    if (outcome->state == SR_CLIENT_COLLABORATING)
        return outcome->won ? "wins" : "joins";
    if (outcome->state == SR_CLIENT_WAITING)
        return "waits";
    if (outcome->state != SR_CLIENT_FAILED)
        return sr_client_state_name((SrClientState) outcome->state);
    g_snprintf(text, SR_OUTCOME_WORD_MAX, "fails(%s)",
               sr_reason_name((SrReason) outcome->reason));
    return text;
}

/* A recorded run: passes the records of a trace first to the tally, then to the story.
 *
 * A trace may come from another program, so its records about nodes and keys may contradict
 * each other. */
#include "result/recorded.h"

#include <string.h>

#include "check/check.h"
#include "result/story.h"

static void
count_failure(SrRecorded *recorded, const SrRecord *record, const char *detail)
{
    bool at_end = sr_check_ops((SrCheckId) record->check)->end != NULL;

    if (recorded->result.n_failures < SR_CHECK_N)
        recorded->details[recorded->result.n_failures] = detail;
    sr_tally_failure(&recorded->tally, record, at_end ? NULL : recorded->cause);
}

static void
count_record(SrRecorded *recorded, const SrRecord *record)
{
    SrTally *tally = &recorded->tally;
    uint32_t of_node = record->node - SR_NODE_FIRST_CLIENT;
    uint32_t of_peer = record->peer - SR_NODE_FIRST_CLIENT;
    /* A record of a client concerns that client; a record of a service concerns its peer. */
    uint32_t client = of_node < tally->n_clients ? of_node : of_peer;

    if (record->event == SR_EVENT_KEY_MADE) {
        sr_tally_learn_key(tally, record->key);
        recorded->hint_key[record->hint] = record->key;
    }
    if (client < tally->n_clients && record->event == SR_EVENT_STATE)
        recorded->clients[client].state = record->to;
    if (client < tally->n_clients && record->event == SR_EVENT_FAILED)
        recorded->clients[client].reason = record->reason;
    if (record->event == SR_EVENT_SEND)
        sr_tally_sent(tally, client < tally->n_clients ? (SrMsg) record->msg : SR_MSG_NONE,
                      client, record->document, record->hint);
    else if (client < tally->n_clients || !sr_tally_is_of_client((SrEvent) record->event))
        sr_tally_event(tally, (SrEvent) record->event, record->t, client, record->document,
                       record->hint, recorded->hint_key[record->hint],
                       (SrReason) record->reason);
    recorded->cause = record;
}

static void
count_all(SrRecorded *recorded, const SrTrace *trace)
{
    SrRunResult *result = &recorded->result;

    sr_tally_reset(&recorded->tally, result);
    result->seed = trace->seed;
    result->t = trace->end.t;
    result->records = trace->n_records;
    memcpy(result->digest, trace->digest, sizeof result->digest);
    result->judged =
        SR_CHECKS_OF_ALL |
        (trace->own_provider || trace->own_signer ? 1u << SR_CHECK_PROVIDER_ANSWERS : 0);
    for (size_t i = 0; i < trace->n_records; i++)
        if (trace->records[i].event == SR_EVENT_CHECK_FAILED)
            count_failure(recorded, &trace->records[i], trace->details[i]);
        else
            count_record(recorded, &trace->records[i]);
    for (uint32_t i = 0; i < result->n_clients; i++)
        sr_tally_client_end(&recorded->tally, i, recorded->clients[i].state,
                            recorded->clients[i].reason);
    sr_tally_end(&recorded->tally);
}

static SrClientOutcome
client_outcome(const void *data, uint32_t i)
{
    const SrRecorded *recorded = data;
    SrClientOutcome outcome = sr_tally_outcome(&recorded->tally, i);

    outcome.state = recorded->clients[i].state;
    outcome.reason = recorded->clients[i].reason;
    return outcome;
}

SrOutcomes
sr_recorded_outcomes(const SrRecorded *recorded)
{
    return (SrOutcomes){ client_outcome, recorded };
}

SrRecorded *
sr_recorded_new(const SrTrace *trace)
{
    SrRecorded *recorded = g_new0(SrRecorded, 1);
    SrTally *tally = &recorded->tally;
    uint32_t n_nodes = MAX(trace->names.n_nodes, SR_NODE_FIRST_CLIENT), hint = 0;
    SrStory story;

    for (size_t i = 0; i < trace->n_records; i++)
        hint = MAX(hint, trace->records[i].hint);
    recorded->hint_key = g_new0(uint32_t, (size_t) hint + 1);
    sr_tally_init(tally, n_nodes - SR_NODE_FIRST_CLIENT, trace->names.n_documents);
    sr_tally_reserve_keys(tally, 1);
    recorded->clients = g_new0(SrRecordedClient, tally->n_clients + 1);
    count_all(recorded, trace);
    if (sr_story_begin(&story, &recorded->result, tally->winner_hint,
                       sr_recorded_outcomes(recorded)))
        for (size_t i = 0; i < trace->n_records; i++)
            sr_story_record(&story, &trace->records[i]);
    return recorded;
}

void
sr_recorded_free(SrRecorded *recorded)
{
    if (recorded == NULL)
        return;
    sr_tally_clear(&recorded->tally);
    g_free(recorded->clients);
    g_free(recorded->hint_key);
    g_free(recorded);
}

/* A case made from a recorded trace: what a run counts while it plays is counted from its
 * records, so that a trace is told in the same words as the run that made it. */
#include "report-private.h"

#include <string.h>

#include "session-race/check.h"

/* What is known of a hint. */
typedef struct {
    uint32_t owner; /* client that won the creation under it */
    bool made, established, gone;
    SrTime made_at, gone_at;
} Hint;

typedef struct {
    const SrTrace *trace;
    SrRunResult *result;
    SrClientOutcome *clients; /* result->n_clients */
    bool *raced;              /* likewise */
    GArray *hints;            /* Hint, by number */
    const char *details[SR_CHECK_N];
    uint32_t first_accepted; /* node */
    const SrRecord *cause;   /* (nullable) the last record that is not a finding */
} Count;

static Hint *
hint_of(Count *count, uint32_t hint)
{
    if (hint >= count->hints->len)
        g_array_set_size(count->hints, hint + 1);
    return &g_array_index(count->hints, Hint, hint);
}

/* Returns: (nullable): the client at @node */
static SrClientOutcome *
client_at(const Count *count, uint32_t node)
{
    if (node < SR_NODE_FIRST_CLIENT || node - SR_NODE_FIRST_CLIENT >= count->result->n_clients)
        return NULL;
    return &count->clients[node - SR_NODE_FIRST_CLIENT];
}

static void
count_client(Count *count, const SrRecord *record)
{
    SrClientOutcome *client = client_at(count, record->node);

    if (client == NULL)
        return;
    switch ((SrEvent) record->event) {
    case SR_EVENT_START:
        if (!client->started)
            client->start_at = record->t;
        client->started = true;
        break;
    case SR_EVENT_STATE:
        client->state = record->to;
        break;
    case SR_EVENT_COLLABORATING:
        client->collaborating_at = MIN(client->collaborating_at, record->t);
        break;
    case SR_EVENT_FAILED:
        client->failed_at = MIN(client->failed_at, record->t);
        client->reason = record->reason;
        break;
    case SR_EVENT_RECEIVE:
        client->accepted |= record->msg == SR_MSG_CONNECTED;
        break;
    case SR_EVENT_WON:
        hint_of(count, record->hint)->owner = record->node;
        break;
    default:
        break;
    }
}

static void
count_message(Count *count, const SrRecord *record)
{
    count->result->messages++;
    if (record->msg == SR_MSG_CREATE_SESSION && client_at(count, record->node) != NULL)
        count->raced[record->node - SR_NODE_FIRST_CLIENT] = true;
    if (record->msg == SR_MSG_CREATE_ACCEPTED && count->first_accepted == SR_NODE_NONE)
        count->first_accepted = record->peer;
}

static void
count_established(Count *count, const SrRecord *record)
{
    Hint *hint = hint_of(count, record->hint);
    SrClientOutcome *owner = client_at(count, hint->owner);

    hint->established = true;
    if (owner == NULL)
        return;
    owner->won = true;
    if (count->result->winner == SR_NODE_NONE)
        count->result->winner = hint->owner;
}

static void
count_key(Count *count, const SrRecord *record)
{
    Hint *hint = hint_of(count, record->hint);

    if (record->event == SR_EVENT_KEY_MADE) {
        count->result->keys_made++;
        hint->made = true;
        hint->made_at = record->t;
    } else if (record->event == SR_EVENT_KEY_DISCARDED) {
        count->result->keys_discarded++;
        hint->gone = true;
        hint->gone_at = record->t;
    } else {
        count->result->keys_missing++;
    }
}

static void
count_finding(Count *count, size_t i)
{
    SrRunResult *result = count->result;
    const SrRecord *record = &count->trace->records[i];
    bool at_end = sr_check_ops((SrCheckId) record->check)->end != NULL;

    result->failed |= 1u << record->check;
    /* Each check fails once; a trace of another program may say so more often. */
    if (result->n_failures == SR_CHECK_N)
        return;
    count->details[result->n_failures] = count->trace->details[i];
    SrFailure *failure = &result->failures[result->n_failures++];
    failure->failed = *record;
    if (!at_end && count->cause != NULL)
        failure->cause = *count->cause;
}

static void
count_record(Count *count, size_t i)
{
    SrRunResult *result = count->result;
    const SrRecord *record = &count->trace->records[i];

    if (sr_story_takes(record, result->n_story, result->n_clients))
        result->story[result->n_story++] = *record;
    count_client(count, record);
    switch ((SrEvent) record->event) {
    case SR_EVENT_SEND:
        count_message(count, record);
        break;
    case SR_EVENT_ESTABLISHED:
        count_established(count, record);
        break;
    case SR_EVENT_KEY_MADE:
    case SR_EVENT_KEY_DISCARDED:
    case SR_EVENT_KEY_MISSING:
        count_key(count, record);
        break;
    case SR_EVENT_CHECK_FAILED:
        count_finding(count, i);
        return;
    default:
        break;
    }
    count->cause = record;
}

static void
sum_up(Count *count)
{
    SrRunResult *result = count->result;

    if (result->winner == SR_NODE_NONE)
        result->winner = count->first_accepted;
    for (uint32_t i = 0; i < result->n_clients; i++) {
        const SrClientOutcome *client = &count->clients[i];
        result->n_collaborating += client->state == SR_CLIENT_COLLABORATING;
        result->n_failed += client->state == SR_CLIENT_FAILED;
        result->n_waiting += client->state == SR_CLIENT_WAITING;
        result->n_raced += count->raced[i];
    }
    for (guint i = 0; i < count->hints->len; i++) {
        const Hint *hint = &g_array_index(count->hints, Hint, i);
        if (!hint->made || hint->established)
            continue;
        SrSpan kept =
            (hint->gone ? hint->gone_at : MAX(result->t, hint->made_at)) - hint->made_at;
        result->orphans++;
        result->orphan_kept_max = MAX(result->orphan_kept_max, kept);
    }
}

static SrClientOutcome
counted_client(const void *data, uint32_t i)
{
    const Count *count = data;

    return count->clients[i];
}

static char *
origin(const SrTrace *trace)
{
    return g_strdup_printf("A recorded trace of session-race %s: seed %" G_GUINT64_FORMAT
                           ", scenario with the digest %s. A trace brings no expectations, so "
                           "every check that failed counts",
                           trace->version, trace->seed, trace->source);
}

SrReportCase *
sr_report_case_new_recorded(const char *file, const SrTrace *trace)
{
    g_autofree SrRunResult *result = g_new0(SrRunResult, 1);
    g_autoptr(GArray) hints = g_array_new(FALSE, TRUE, sizeof(Hint));

    result->seed = trace->seed;
    result->t = trace->end.t;
    result->records = trace->n_records;
    result->winner = SR_NODE_NONE;
    result->n_clients = trace->names.n_nodes - MIN(trace->names.n_nodes, SR_NODE_FIRST_CLIENT);
    memcpy(result->digest, trace->digest, sizeof result->digest);

    g_autofree SrClientOutcome *clients = g_new0(SrClientOutcome, result->n_clients);
    g_autofree bool *raced = g_new0(bool, result->n_clients);
    Count count = { .trace = trace,
                    .result = result,
                    .clients = clients,
                    .raced = raced,
                    .hints = hints,
                    .first_accepted = SR_NODE_NONE };

    for (uint32_t i = 0; i < result->n_clients; i++)
        clients[i].start_at = clients[i].collaborating_at = clients[i].failed_at =
            SR_TIME_NEVER;
    for (size_t i = 0; i < trace->n_records; i++)
        count_record(&count, i);
    sum_up(&count);

    SrReportFacts facts = {
        .file = file,
        .title = trace->scenario,
        .result = result,
        .names = &trace->names,
        .client = counted_client,
        .client_data = &count,
        .replay = "",
        .details = count.details,
    };
    SrReportCase *report_case = sr_report_case_new(&facts);
    report_case->origin = origin(trace);
    return report_case;
}

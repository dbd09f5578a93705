/* Records: what happened leaves the run here, to the checks, the trace and the story; and what
 * numbers in records are called. */
#include <string.h>

#include "run/run-note-private.h"

/* ---- names ---- */

static size_t
name_node(const void *data, uint32_t node, char out[SR_NODE_NAME_MAX])
{
    const SrRun *run = data;

    return sr_scenario_node_name(run->scenario, node, out);
}

static size_t
name_document(const void *data, uint32_t document, char out[SR_NODE_NAME_MAX])
{
    const SrRun *run = data;
    const char *name =
        g_array_index(run->scenario->documents, SrDocumentSettings, document).name;
    size_t length = strlen(name);

    memcpy(out, name, length);
    return length;
}

static size_t
name_hint(const void *data, uint32_t hint, char out[SR_HINT_TEXT_MAX])
{
    const SrRun *run = data;

    return sr_provider_hint_text(&run->model->provider, &run->provider, hint, out);
}

static size_t
name_key(const void *data, uint32_t key, char out[SR_FINGERPRINT_TEXT])
{
    const SrRun *run = data;
    Fingerprints *known = run->fingerprints;
    unsigned place = key % FINGERPRINTS;
    char text[SR_FINGERPRINT_TEXT];

    if (known->key[place] != key) {
        sr_key_fingerprint(run->seed, sr_run_key_document(run, key), key, text);
        memcpy(known->text[place], text, sizeof known->text[place]);
        known->key[place] = key;
    }
    memcpy(out, known->text[place], sizeof known->text[place]);
    return sizeof known->text[place];
}

static void found(void *data, const SrRecord *record, unsigned n);

void
sr_run_records_init(SrRun *run)
{
    const SrModel *model = run->model;

    run->names = (SrNames){
        .data = run,
        .n_nodes = SR_NODE_FIRST_CLIENT + model->n_clients,
        .n_documents = model->n_documents,
        .node = name_node,
        .document = name_document,
        .hint = name_hint,
        .key = name_key,
    };
    run->check_context = (SrCheckContext){
        .n_documents = model->n_documents,
        .n_clients = model->n_clients,
        .client_document = model->client_document,
        .previous_hint = run->previous_hint,
        .check_iat = model->token.check_iat,
        .tokens = model->server.tokens,
    };
    run->checks = sr_checks_new(&run->check_context);
    sr_checks_on_finding(run->checks, found, run);
    run->fingerprints = g_new(Fingerprints, 1);
    run->checked = sr_checks_wanted();
}

void
sr_run_records_reset(SrRun *run)
{
    const SrRunOptions *options = run->options;

    run->seq = run->message_ids = 0;
    memset(run->fingerprints->key, 0, sizeof run->fingerprints->key);
    sr_checks_reset(run->checks);
    run->writing = options->digest || options->trace != NULL;
    run->wanted = run->checked;
    run->listening = run->writing || options->sink != NULL || run->telling;
    if (run->writing || options->sink != NULL)
        memset(&run->wanted, 0xff, sizeof run->wanted);
    else if (run->telling)
        run->wanted.notes |= SR_STORY_EVENTS;
}

/* ---- emission ---- */

static inline void
stamp(SrRun *run, SrRecord *record)
{
    record->seq = run->seq;
    record->t = sr_engine_now(run->engine);
}

void
sr_run_tell(SrRun *run, SrRecord *record)
{
    stamp(run, record);
    if (run->writing)
        sr_trace_writer_record(run->writer, record);
    if (run->telling)
        sr_story_record(&run->story, record);
    if (run->options->sink != NULL)
        run->options->sink(run->options->sink_data, record);
}

void
sr_run_findings(SrRun *run, const SrRecord *cause, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        SrRecord record = sr_finding_record(&sr_checks_findings(run->checks)[i]);

        run->seq++;
        sr_run_tell(run, &record);
        sr_tally_failure(&run->tally, &record, cause);
    }
}

/* What no check looks at. */
static void
complete_message(SrRun *run, SrRecord *record)
{
    record->id = run->message_id;
    if (record->event == SR_EVENT_LOSE)
        return;
    sr_record_complete_message(record);
    sr_record_set_token(record, &run->model->token, run->message_token);
}

/* Some checks found something in @record. */
static __attribute__((cold)) void
found(void *data, const SrRecord *record, unsigned n)
{
    SrRun *run = data;
    SrRecord cause = *record;

    stamp(run, &cause);
    if (record == &run->message_record)
        complete_message(run, &cause);
    sr_run_findings(run, &cause, n);
}

void
sr_run_make_message(SrRun *run, SrEvent event, uint32_t node, uint32_t peer,
                    const SrMessage *message, uint64_t id, uint32_t document)
{
    SrRecord *record = &run->message_record;
    unsigned kind = SR_EVENT_LOSE;

    sr_run_fill_message(run, event, node, peer, message, id, document);
    if (event == SR_EVENT_LOSE) {
        record->conn = record->hint = record->key = 0;
        record->has = SR_HAS_REASON;
        memset(&record->token, 0, sizeof record->token);
    } else {
        kind = (unsigned) (event == SR_EVENT_SEND ? SR_JUDGE_SENT : SR_JUDGE_RECEIVED) +
               message->type;
    }
    if (G_UNLIKELY(run->listening))
        complete_message(run, record);
    sr_run_emit(run, record, kind);
}

void
sr_run_record_fault(SrRun *run, uint32_t target, SrFaultAction action)
{
    SrRecord record = {
        .node = target, .event = SR_EVENT_FAULT, .peer = target, .action = (uint8_t) action
    };

    if (action == SR_FAULT_UPGRADE)
        sr_run_measure_upgrade(run);
    sr_run_emit(run, &record, record.event);
}

void
sr_run_record_clock(SrRun *run, uint32_t node)
{
    SrRecord record = { .node = node, .event = SR_EVENT_CLOCK };
    SrTime now = sr_engine_now(run->engine);

    record.clock.offset = sr_run_local(run, node) - run->epoch_ns - (int64_t) now;
    sr_run_emit(run, &record, record.event);
}

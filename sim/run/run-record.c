/* Records leave the run here, for the trace and the story. Also the names for the numbers in
 * records. */
#include <string.h>

#include "run/run-private.h"

#include "crypto/crypto.h"

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

    if (run->exec != NULL)
        return sr_run_exec_hint_text(run->exec, hint, out);
    return sr_provider_hint_text(&run->model->provider, &run->world.provider, hint, out);
}

static size_t
name_text(const void *data, uint32_t text, char out[SR_NOTE_TEXT_MAX])
{
    const SrRun *run = data;

    return sr_run_exec_text(run, text, out);
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
        .text = name_text,
    };
    run->check_context = (SrCheckContext){
        .n_documents = model->n_documents,
        .n_clients = model->n_clients,
        .client_document = model->client_document,
        .previous_hint = run->previous_hint,
        .check_iat = model->token.check_iat,
        .tokens = model->server.tokens,
    };
    sr_world_init(&run->world, &sr_run_driver, run, model, sr_checks_new(&run->check_context));
    run->fingerprints = g_new(Fingerprints, 1);
}

void
sr_run_records_reset(SrRun *run)
{
    const SrRunOptions *options = run->options;

    memset(run->fingerprints->key, 0, sizeof run->fingerprints->key);
    sr_checks_reset(run->world.checks);
    run->writing = options->digest || options->trace != NULL;
    sr_world_reset(&run->world, run->writing || options->sink != NULL || run->telling ||
                                   run->kept != NULL);
    if (run->telling)
        sr_world_narrow(&run->world, SR_STORY_EVENTS);
    run->world.noted = sr_run_noted(run);
}

/* ---- emission ---- */

void
sr_run_report(SrRun *run, SrRecord *record)
{
    record->t = sr_engine_now(run->engine);
    if (run->writing)
        sr_trace_writer_record(run->writer, record);
    if (run->telling)
        sr_story_record(&run->story, record);
    if (run->kept != NULL)
        g_array_append_val(run->kept, *record);
    if (run->options->sink != NULL)
        run->options->sink(run->options->sink_data, record);
}

void
sr_run_findings(SrRun *run, SrRecord *cause, unsigned n)
{
    if (cause != NULL)
        cause->t = sr_engine_now(run->engine);
    for (unsigned i = 0; i < n; i++) {
        SrRecord record = sr_checks_findings(run->world.checks)[i];

        record.seq = ++run->world.seq;
        sr_run_report(run, &record);
        sr_tally_failure(&run->tally, &record, cause);
    }
}

void
sr_run_record_fault(SrRun *run, uint32_t target, SrFaultAction action)
{
    SrRecord record = {
        .node = target, .event = SR_EVENT_FAULT, .peer = target, .action = (uint8_t) action
    };

    if (action == SR_FAULT_UPGRADE)
        sr_run_measure_upgrade(run);
    sr_world_emit(&run->world, &record);
}

void
sr_run_record_clock(SrRun *run, uint32_t node)
{
    SrRecord record = { .node = node, .event = SR_EVENT_CLOCK };
    SrTime now = sr_engine_now(run->engine);

    record.clock.offset = sr_run_local(run, node) - run->epoch_ns - (int64_t) now;
    sr_world_emit(&run->world, &record);
}

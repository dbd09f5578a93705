/* Records of what a move does. In a search nobody but the checks takes them, so only those are
 * made that some check looks at. */
#include "explore/explore-private.h"
#include "protocol/records.h"

void
sr_bench_found(Bench *bench, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        const SrFinding *finding = &sr_checks_findings(bench->checks)[i];

        bench->findings[bench->n_findings++] = (Finding){
            .check = finding->check,
            .record = sr_finding_record(finding),
        };
        if (bench->sink != NULL)
            bench->sink(bench->sink_data, &bench->findings[bench->n_findings - 1].record);
    }
}

static void
emit(Bench *bench, const SrRecord *record)
{
    unsigned n;

    if (G_UNLIKELY(bench->sink != NULL))
        bench->sink(bench->sink_data, record);
    n = sr_checks_step(bench->checks, record);
    if (G_UNLIKELY(n > 0))
        sr_bench_found(bench, n);
}

void
sr_bench_message(Bench *bench, SrEvent event, uint32_t node, uint32_t peer,
                 const SrMessage *message)
{
    bool carries = message->key != SR_KEY_ABSENT || (message->flags & SR_MESSAGE_CONTENT);
    SrRecord *record = &bench->message_record;

    if (bench->sink == NULL &&
        !(bench->plan->wanted.messages[event == SR_EVENT_RECEIVE][carries] >> message->type &
          1))
        return;
    sr_record_set_message(record, event, node, peer, message,
                          bench->plan->client_document[message->client]);
    sr_record_complete_message(record);
    emit(bench, record);
}

void
sr_bench_note(Bench *bench, uint32_t node, const SrAction *action)
{
    SrRecord *record = &bench->note_record;
    uint32_t document = node >= SR_NODE_FIRST_CLIENT
                            ? bench->plan->client_document[node - SR_NODE_FIRST_CLIENT]
                            : action->document;

    if (bench->sink == NULL && !(bench->plan->wanted.notes >> action->event & 1))
        return;
    *record = (SrRecord){ 0 };
    sr_record_set_note(record, node, document, action, &bench->plan->model->token);
    emit(bench, record);
}

/* Collects what can be drawn from a trace. One pass joins every sent message with its receipt
 * or loss, finds the step of the handshake that it belongs to, and collects other events worth
 * drawing. */
#include <string.h>

#include "report/diagram-plan-private.h"
#include "schema/wire.h"

/* ---- steps ---- */

static unsigned
step_of_message(const SrRecord *record, uint8_t asked)
{
    unsigned step = sr_msg_schema((SrMsg) record->msg).step;

    if (step == SR_STEP_ASKS)
        return record->has & SR_HAS_HINT ? 7 : 2;
    return step == SR_STEP_ANSWERS ? asked : step;
}

/* ---- what there is ---- */

/* A sent message. They are sorted and searched, not hashed: the ids come from the file, which
 * could choose them to collide. */
typedef struct {
    uint64_t id;
    size_t record;
    uint32_t message; /* set when the pass has reached it */
} Sending;

static int
compare_sendings(const void *left, const void *right)
{
    const Sending *a = left, *b = right;

    if (a->id != b->id)
        return a->id < b->id ? -1 : 1;
    return a->record < b->record ? -1 : a->record > b->record;
}

static GArray *
find_sendings(const SrTrace *trace)
{
    GArray *sendings = g_array_new(FALSE, FALSE, sizeof(Sending));

    for (size_t i = 0; i < trace->n_records; i++)
        if (trace->records[i].event == SR_EVENT_SEND)
            g_array_append_vals(sendings, &(Sending){ trace->records[i].id, i, 0 }, 1);
    g_array_sort(sendings, compare_sendings);
    return sendings;
}

/* Returns: (nullable): the last sending of @id at or before @record */
static Sending *
last_sending(const GArray *sendings, uint64_t id, size_t record)
{
    const Sending wanted = { id, record, 0 };
    guint low = 0, high = sendings->len;

    while (low < high) {
        guint middle = low + (high - low) / 2;

        if (compare_sendings(&g_array_index(sendings, Sending, middle), &wanted) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0 || g_array_index(sendings, Sending, low - 1).id != id)
        return NULL;
    return &g_array_index(sendings, Sending, low - 1);
}

/* The state of the pass over the records. */
typedef struct {
    SrDiagramPlan *plan;
    GArray *sendings; /* Sending, by id, then by record */
    uint8_t *asked;   /* of each node: the step of its last key request */
    uint8_t *latest;  /* of each node: the step of its last message */
    uint8_t run_latest;
} Pass;

static void
add_row(Pass *pass, SrDiagramRowKind kind, const SrRecord *record, uint32_t node,
        uint32_t message, unsigned step, bool copied)
{
    const SrDiagramRow row = {
        .kind = kind,
        .record = record,
        .node = node,
        .message = message,
        .step = (uint8_t) step,
        .copied = copied,
    };

    g_array_append_val(pass->plan->rows, row);
}

static size_t
index_of(const Pass *pass, const SrRecord *record)
{
    return (size_t) (record - pass->plan->trace->records);
}

static uint32_t
add_message(Pass *pass, const SrRecord *record, uint32_t from, uint32_t to)
{
    uint32_t client = from >= SR_NODE_FIRST_CLIENT ? from : to;
    unsigned step = step_of_message(record, pass->asked[client]);
    const SrDiagramMessage message = {
        .record = record,
        .sent = SR_TIME_NEVER,
        .arrived = SR_TIME_NEVER,
        .from = from,
        .to = to,
        .order = pass->plan->messages->len,
        .step = (uint8_t) step,
    };

    g_array_append_val(pass->plan->messages, message);
    if (record->msg == SR_MSG_KEY_REQUEST)
        pass->asked[client] = (uint8_t) step;
    pass->latest[client] = pass->run_latest = (uint8_t) step;
    return pass->plan->messages->len - 1;
}

static void
pass_send(Pass *pass, const SrRecord *record)
{
    uint32_t i = add_message(pass, record, record->node, record->peer);
    SrDiagramMessage *message = message_at(pass->plan, i);

    message->sent = record->t;
    last_sending(pass->sendings, record->id, index_of(pass, record))->message = i;
    add_row(pass, SR_DIAGRAM_SEND, record, record->node, i, message->step, false);
}

static void
pass_arrive(Pass *pass, const SrRecord *record)
{
    const Sending *sending = last_sending(pass->sendings, record->id, index_of(pass, record));
    uint32_t i = sending != NULL ? sending->message : NOT_DRAWN;
    bool copied = i == NOT_DRAWN || message_at(pass->plan, i)->arrived != SR_TIME_NEVER;

    if (copied && record->event == SR_EVENT_LOSE)
        return;
    if (copied) {
        SrTime sent = i == NOT_DRAWN ? SR_TIME_NEVER : message_at(pass->plan, i)->sent;
        bool again = i != NOT_DRAWN;

        i = add_message(pass, record, record->peer, record->node);
        message_at(pass->plan, i)->sent = sent;
        message_at(pass->plan, i)->copy = again;
    }

    SrDiagramMessage *message = message_at(pass->plan, i);
    message->arrived = record->t;
    if (record->event == SR_EVENT_LOSE)
        message->lost = record->reason != SR_REASON_NONE ? record->reason : SR_REASON_LOSS;
    add_row(pass, SR_DIAGRAM_ARRIVE, record, message->to, i, message->step, copied);
}

/* Returns: whether @record becomes a note */
static bool
is_noted(const SrRecord *record)
{
    /* Of a connection that closes only the client's record, so that it appears once. */
    if (record->event == SR_EVENT_CONNECTION_CLOSED)
        return record->node == record->peer && record->reason != SR_REASON_FAILED;
    if (record->event == SR_EVENT_TOKEN_JUDGED)
        return record->reason != SR_REASON_NONE;
    if (record->event == SR_EVENT_OPENED)
        return !record->ok;
    /* Of a call only its beginning, and of a refusal what no other note or arrow says. */
    if (record->event == SR_EVENT_WAITS)
        return record->call.leg != SR_LEG_RESPONSE;
    if (record->event == SR_EVENT_REFUSED)
        return record->reason == SR_REASON_OVERWRITTEN;
    return sr_diagram_notes[record->event].words != NULL;
}

static void
pass_note(Pass *pass, const SrRecord *record)
{
    uint32_t node = record->event == SR_EVENT_FAULT ? record->peer : record->node;
    bool client = node >= SR_NODE_FIRST_CLIENT && node < pass->plan->trace->names.n_nodes;
    unsigned step = sr_diagram_notes[record->event].step;

    if (step == SR_DIAGRAM_STEP_REACHED)
        step = client ? pass->latest[node] : pass->run_latest;
    add_row(pass, record->event == SR_EVENT_CHECK_FAILED ? SR_DIAGRAM_CHECK : SR_DIAGRAM_NOTE,
            record, node, NOT_DRAWN, step, false);
}

static void
pass_record(Pass *pass, const SrRecord *record)
{
    if (record->event == SR_EVENT_SEND)
        pass_send(pass, record);
    else if (record->event == SR_EVENT_RECEIVE || record->event == SR_EVENT_LOSE)
        pass_arrive(pass, record);
    else if (record->event == SR_EVENT_STATE)
        add_row(pass, SR_DIAGRAM_STATE, record, record->node, NOT_DRAWN,
                pass->latest[record->node], false);
    else if (is_noted(record))
        pass_note(pass, record);
}

void
sr_diagram_pass(SrDiagramPlan *plan)
{
    const SrTrace *trace = plan->trace;
    Pass pass = {
        .plan = plan,
        .sendings = find_sendings(trace),
        .asked = g_new0(uint8_t, trace->names.n_nodes),
        .latest = g_new0(uint8_t, trace->names.n_nodes),
    };

    memset(pass.asked, 7, trace->names.n_nodes);
    for (size_t i = 0; i < trace->n_records; i++)
        pass_record(&pass, &trace->records[i]);
    g_array_unref(pass.sendings);
    g_free(pass.asked);
    g_free(pass.latest);
}

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

/* Returns: the step that a note belongs to; @latest is the step that its node, or the run, has
 * reached */
static unsigned
step_of_note(const SrRecord *record, unsigned latest)
{
    switch ((SrEvent) record->event) {
    case SR_EVENT_START:
    case SR_EVENT_TOKEN_JUDGED:
        return 0;
    case SR_EVENT_KEY_MADE:
    case SR_EVENT_KEY_DISCARDED:
        return 2;
    case SR_EVENT_WON:
    case SR_EVENT_REJECTED:
        return 4;
    case SR_EVENT_RELEASED:
        return 5;
    case SR_EVENT_ESTABLISHED:
        return 6;
    case SR_EVENT_KEY_MISSING:
    case SR_EVENT_OPENED:
    case SR_EVENT_COLLABORATING:
        return 7;
    default:
        return latest;
    }
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

/* Returns: the index of the message of @record, or NOT_DRAWN */
static uint32_t
find_message(const Pass *pass, const SrRecord *record)
{
    const Sending *sending = last_sending(pass->sendings, record->id, index_of(pass, record));

    return sending != NULL ? sending->message : NOT_DRAWN;
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
    uint32_t i = find_message(pass, record);
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

static void
pass_note(Pass *pass, const SrRecord *record, uint32_t node)
{
    bool client = node >= SR_NODE_FIRST_CLIENT && node < pass->plan->trace->names.n_nodes;
    unsigned step = step_of_note(record, client ? pass->latest[node] : pass->run_latest);

    add_row(pass, record->event == SR_EVENT_CHECK_FAILED ? SR_DIAGRAM_CHECK : SR_DIAGRAM_NOTE,
            record, node, NOT_DRAWN, step, false);
}

static void
pass_record(Pass *pass, const SrRecord *record)
{
    switch ((SrEvent) record->event) {
    case SR_EVENT_SEND:
        pass_send(pass, record);
        return;
    case SR_EVENT_RECEIVE:
    case SR_EVENT_LOSE:
        pass_arrive(pass, record);
        return;
    case SR_EVENT_STATE:
        add_row(pass, SR_DIAGRAM_STATE, record, record->node, NOT_DRAWN,
                pass->latest[record->node], false);
        return;
    case SR_EVENT_START:
    case SR_EVENT_KEY_MADE:
    case SR_EVENT_KEY_DISCARDED:
    case SR_EVENT_KEY_MISSING:
    case SR_EVENT_WON:
    case SR_EVENT_REJECTED:
    case SR_EVENT_RELEASED:
    case SR_EVENT_ESTABLISHED:
    case SR_EVENT_CLOCK:
    case SR_EVENT_COLLABORATING:
    case SR_EVENT_FAILED:
    case SR_EVENT_CHECK_FAILED:
        pass_note(pass, record, record->node);
        return;
    case SR_EVENT_FAULT:
        pass_note(pass, record, record->peer);
        return;
    /* only the client's record of it, so that it appears once */
    case SR_EVENT_CONNECTION_CLOSED:
        if (record->node == record->peer && record->reason != SR_REASON_FAILED)
            pass_note(pass, record, record->node);
        return;
    case SR_EVENT_TOKEN_JUDGED:
        if (record->reason != SR_REASON_NONE)
            pass_note(pass, record, record->node);
        return;
    case SR_EVENT_OPENED:
        if (!record->ok)
            pass_note(pass, record, record->node);
        return;
    case SR_EVENT_CONNECTION_OPENED:
    case SR_EVENT_KEY_FOUND:
    case SR_EVENT_SEALED:
    case SR_EVENT_TOKEN_SIGNED:
        return;
    }
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

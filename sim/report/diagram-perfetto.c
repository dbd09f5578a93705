/* A trace in Chrome's JSON form, for Perfetto.
 *
 * Each node is a thread. A client's states are slices of its thread. A message is a flow from a
 * slice of its sender to one of its receiver. A flow needs a slice at its instant, so each node
 * gets one slice of a nanosecond for each instant at which it sends or receives. */
#include <inttypes.h>
#include <string.h>

#include "report/diagram-private.h"

#include "report/report.h"

typedef struct {
    const SrDiagramPlan *plan;
    GString *out;
    const SrRecord **state; /* of each node: the present state; nullable */
    SrTime *instant;        /* of each node: that of its latest slice */
} Pen;

#define MICROSECONDS_MAX 32

/* Returns: @text: @t in microseconds */
static const char *
microseconds(SrTime t, char text[MICROSECONDS_MAX])
{
    g_snprintf(text, MICROSECONDS_MAX, "%" PRIu64 ".%03u", t / 1000, (unsigned) (t % 1000));
    return text;
}

/* The members that all events have. */
static void
append_head(Pen *pen, const char *phase, const char *name, uint32_t node, SrTime t)
{
    char at[MICROSECONDS_MAX];

    sr_put_json(pen->out, ",\n{'ph':%s,'pid':1,'tid':%u,'ts':%-s,'name':%s", phase,
                pen->plan->column[node] + 1, microseconds(t, at), name);
}

static void
append_metadata(Pen *pen)
{
    sr_put_json(pen->out, ",\n{'ph':'M','pid':1,'name':'process_name','args':{'name':%s}}",
                pen->plan->title);
    for (guint i = 0; i < pen->plan->lines->len; i++) {
        sr_put_json(pen->out,
                    ",\n{'ph':'M','pid':1,'tid':%u,'name':'thread_name','args':{'name':%s}}",
                    i + 1, line_at(pen->plan, i)->name);
        sr_put_json(pen->out,
                    ",\n{'ph':'M','pid':1,'tid':%u,'name':'thread_sort_index',"
                    "'args':{'sort_index':%u}}",
                    i + 1, i + 1);
    }
}

/* Ends the present state of @node at @t. */
static void
end_state(Pen *pen, uint32_t node, SrTime t)
{
    const SrRecord *state = pen->state[node];
    char span[MICROSECONDS_MAX];

    if (state == NULL || t <= state->t)
        return;
    append_head(pen, "X", sr_client_state_name((SrClientState) state->to), node, state->t);
    sr_put_json(pen->out, ",'cat':'state','dur':%-s}", microseconds(t - state->t, span));
}

/* Adds a slice at @t, where messages of @node can begin or end. */
static void
append_instant(Pen *pen, uint32_t node, SrTime t, const char *name)
{
    if (pen->instant[node] == t)
        return;
    pen->instant[node] = t;
    append_head(pen, "X", name, node, t);
    g_string_append(pen->out, ",\"cat\":\"message\",\"dur\":0.001}");
}

static void
append_message(Pen *pen, const SrDiagramRow *row, GString *text)
{
    const SrDiagramMessage *message = message_at(pen->plan, row->message);
    bool sends = row->kind == SR_DIAGRAM_SEND;

    sr_diagram_label(pen->plan, message, text);
    append_instant(pen, row->node, row->record->t, text->str);
    if (message->lost != SR_REASON_NONE) {
        if (sends)
            return;
        g_string_append_printf(text, " lost (%s)", sr_reason_name((SrReason) message->lost));
        append_head(pen, "i", text->str, row->node, row->record->t);
        g_string_append(pen->out, ",\"s\":\"t\"}");
        return;
    }
    /* A flow needs both ends. */
    if (message->sent == SR_TIME_NEVER || message->arrived == SR_TIME_NEVER || message->copy)
        return;
    append_head(pen, sends ? "s" : "f", text->str, row->node, row->record->t);
    g_string_append_printf(pen->out, ",\"cat\":\"message\",\"id\":%" PRIu32 "%s}",
                           message->order + 1, sends ? "" : ",\"bp\":\"e\"");
}

static void
append_row(Pen *pen, const SrDiagramRow *row, GString *text)
{
    char at[MICROSECONDS_MAX];

    g_string_truncate(text, 0);
    switch (row->kind) {
    case SR_DIAGRAM_SEND:
    case SR_DIAGRAM_ARRIVE:
        append_message(pen, row, text);
        return;
    case SR_DIAGRAM_STATE:
        end_state(pen, row->node, row->record->t);
        pen->state[row->node] = row->record;
        return;
    case SR_DIAGRAM_NOTE:
        sr_diagram_note(pen->plan, row, text);
        append_head(pen, "i", text->str, row->node, row->record->t);
        g_string_append(pen->out, ",\"s\":\"t\"}");
        return;
    case SR_DIAGRAM_CHECK:
        sr_diagram_note(pen->plan, row, text);
        sr_put_json(pen->out, ",\n{'ph':'i','pid':1,'tid':1,'ts':%-s,'name':%s,'s':'g'}",
                    microseconds(row->record->t, at), text->str);
        return;
    }
}

void
sr_diagram_perfetto(const SrDiagramPlan *plan, GString *out)
{
    uint32_t n_nodes = plan->trace->names.n_nodes;
    g_autofree const SrRecord **state = g_new0(const SrRecord *, n_nodes);
    g_autofree SrTime *instant = g_new(SrTime, n_nodes);
    g_autoptr(GString) text = g_string_new(NULL);
    Pen pen = { .plan = plan, .out = out, .state = state, .instant = instant };

    memset(instant, 0xff, sizeof *instant * n_nodes);
    g_string_append(out, "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[");
    append_metadata(&pen);
    for (guint i = 0; i < plan->rows->len; i++)
        append_row(&pen, row_at(plan, i), text);
    for (uint32_t node = SR_NODE_FIRST_CLIENT; node < n_nodes; node++)
        if (plan->column[node] != UINT32_MAX)
            end_state(&pen, node, plan->trace->end.t);
    g_string_append(out, "\n]}\n");
}

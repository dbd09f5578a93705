/* The lifelines of a sequence diagram. If there are too many clients, those that did the same
 * in the same order share one lifeline. */
#include "report/diagram-plan-private.h"
#include "session-race/stream.h"

/* To find the largest groups, at most this many are counted. */
#define GROUPS_MAX 1024u

/* The activity of a client: hash of its messages in order, and a bit set of their types. */
typedef struct {
    uint64_t sequence;
    uint64_t kinds, notes;
    bool seen;
} ClientActivity;

static uint32_t
client_of_row(const SrDiagramPlan *plan, const SrDiagramRow *row)
{
    const SrDiagramMessage *message;

    if (row->kind != SR_DIAGRAM_SEND && row->kind != SR_DIAGRAM_ARRIVE)
        return row->node;
    message = message_at(plan, row->message);
    return message->from >= SR_NODE_FIRST_CLIENT ? message->from : message->to;
}

/* Counts an event in the order in which the client sees it: a message to a service when it is
 * sent, a message from a service when it arrives. */
static void
count_activity(const SrDiagramPlan *plan, const SrDiagramRow *row, ClientActivity *activity)
{
    uint64_t what = 0;

    activity->seen = true;
    if (row->kind == SR_DIAGRAM_NOTE) {
        activity->notes |= UINT64_C(1) << row->record->event;
        what = 0x100u | row->record->event;
    } else if (row->kind != SR_DIAGRAM_STATE && row->kind != SR_DIAGRAM_CHECK) {
        const SrDiagramMessage *message = message_at(plan, row->message);
        bool sent = message->from >= SR_NODE_FIRST_CLIENT;

        if (message->lost != SR_REASON_NONE)
            activity->notes |= UINT64_C(1) << 63;
        else if (sent != (row->kind == SR_DIAGRAM_SEND))
            return;
        activity->kinds |= UINT64_C(1) << message->record->msg;
        what = 0x200u | message->record->msg | (uint64_t) message->record->reason << 16 |
               (uint64_t) message->lost << 24;
    } else {
        return;
    }
    activity->sequence = sr_mix64(activity->sequence + SR_STREAM_GAMMA) ^ what;
}

/* A group of clients, which its first client represents. */
typedef struct {
    ClientActivity activity;
    uint32_t node, others;
    bool named; /* on the command line, so it is never folded */
} Group;

/* Groups the clients by @activity. Returns: whether the groups are few enough to be drawn;
 * @n_beyond: clients that match no group after GROUPS_MAX groups were made */
static bool
group_clients(const SrDiagramPlan *plan, const ClientActivity *activity, bool by_kinds,
              GArray *groups, uint32_t *n_beyond)
{
    g_array_set_size(groups, 0);
    for (uint32_t node = SR_NODE_FIRST_CLIENT; node < plan->trace->names.n_nodes; node++) {
        bool named = plan->options->n_nodes > 0 && is_chosen_node(plan->options, node);
        Group *found = NULL;

        if (!activity[node].seen)
            continue;
        for (guint i = 0; i < groups->len && found == NULL && !named; i++) {
            Group *group = &g_array_index(groups, Group, i);

            const ClientActivity *a = &group->activity, *b = &activity[node];

            if (!group->named && (by_kinds ? a->kinds == b->kinds && a->notes == b->notes
                                           : a->sequence == b->sequence))
                found = group;
        }
        if (found != NULL) {
            found->others++;
            continue;
        }
        if (!by_kinds && groups->len >= SR_DIAGRAM_CLIENTS_MAX)
            return false;
        if (groups->len == GROUPS_MAX && !named)
            (*n_beyond)++;
        else
            g_array_append_vals(groups, &(Group){ activity[node], node, 0, named }, 1);
    }
    return groups->len <= SR_DIAGRAM_CLIENTS_MAX && *n_beyond == 0;
}

static int
compare_sizes(const void *left, const void *right)
{
    const Group *a = left, *b = right;

    if (a->named != b->named)
        return b->named - a->named;
    if (a->others != b->others)
        return a->others > b->others ? -1 : 1;
    return a->node < b->node ? -1 : a->node > b->node;
}

static int
compare_nodes(const void *left, const void *right)
{
    const Group *a = left, *b = right;

    return a->node < b->node ? -1 : a->node > b->node;
}

/* Keeps only the largest groups, in the order of their first clients. */
static void
drop_small_groups(SrDiagramPlan *plan, GArray *groups)
{
    g_array_sort(groups, compare_sizes);
    for (guint i = SR_DIAGRAM_CLIENTS_MAX; i < groups->len; i++)
        plan->n_left_out += 1 + g_array_index(groups, Group, i).others;
    if (groups->len > SR_DIAGRAM_CLIENTS_MAX)
        g_array_set_size(groups, SR_DIAGRAM_CLIENTS_MAX);
    g_array_sort(groups, compare_nodes);
}

static void
add_line(SrDiagramPlan *plan, uint32_t node, uint32_t others)
{
    GString *name = g_string_new(NULL);
    SrDiagramLine line = { .node = node, .others = others };

    sr_diagram_node_name(plan->trace, node, name);
    line.name = g_string_free(name, FALSE);
    plan->column[node] = plan->lines->len;
    g_array_append_val(plan->lines, line);
}

void
sr_diagram_make_lines(SrDiagramPlan *plan, bool folds)
{
    uint32_t n_nodes = plan->trace->names.n_nodes, n_clients = 0;
    g_autofree ClientActivity *activity = g_new0(ClientActivity, n_nodes);
    g_autoptr(GArray) groups = g_array_new(FALSE, FALSE, sizeof(Group));

    for (guint i = 0; i < plan->rows->len; i++) {
        const SrDiagramRow *row = row_at(plan, i);

        if (row->kind == SR_DIAGRAM_STATE || row->kind == SR_DIAGRAM_CHECK)
            continue;
        count_activity(plan, row, &activity[client_of_row(plan, row)]);
        if (row->kind != SR_DIAGRAM_NOTE) {
            activity[message_at(plan, row->message)->from].seen = true;
            activity[message_at(plan, row->message)->to].seen = true;
        }
    }
    for (uint32_t node = SR_NODE_FIRST_CLIENT; node < n_nodes; node++)
        n_clients += activity[node].seen;
    folds = folds && n_clients >= SR_DIAGRAM_CLIENTS_MAX;
    if (folds && !group_clients(plan, activity, false, groups, &plan->n_left_out) &&
        !group_clients(plan, activity, true, groups, &plan->n_left_out))
        drop_small_groups(plan, groups);

    if (activity[SR_NODE_TOKEN_PROVIDER].seen)
        add_line(plan, SR_NODE_TOKEN_PROVIDER, 0);
    for (guint i = 0; folds && i < groups->len; i++)
        add_line(plan, g_array_index(groups, Group, i).node,
                 g_array_index(groups, Group, i).others);
    for (uint32_t node = SR_NODE_FIRST_CLIENT; !folds && node < n_nodes; node++)
        if (activity[node].seen)
            add_line(plan, node, 0);
    if (activity[SR_NODE_SERVER].seen)
        add_line(plan, SR_NODE_SERVER, 0);
    if (activity[SR_NODE_ENCRYPTION_PROVIDER].seen)
        add_line(plan, SR_NODE_ENCRYPTION_PROVIDER, 0);
}

/* Returns: for each hint, whether a drawn message uses it; only those hints are worth a note */
static uint8_t *
hints_drawn(const SrDiagramPlan *plan)
{
    uint32_t most = 0;
    uint8_t *drawn;

    for (size_t i = 0; i < plan->trace->n_records; i++)
        most = MAX(most, plan->trace->records[i].hint);
    drawn = g_new0(uint8_t, (gsize) most + 1);
    for (guint i = 0; i < plan->rows->len; i++) {
        const SrDiagramRow *row = row_at(plan, i);
        const SrDiagramMessage *message;

        if (row->kind != SR_DIAGRAM_SEND && row->kind != SR_DIAGRAM_ARRIVE)
            continue;
        message = message_at(plan, row->message);
        if (plan->column[message->from] != NOT_DRAWN && plan->column[message->to] != NOT_DRAWN)
            drawn[message->record->hint] = 1;
    }
    return drawn;
}

static bool
row_is_drawn(const SrDiagramPlan *plan, const SrDiagramRow *row, const void *data)
{
    const uint8_t *drawn = data; /* by hint */

    switch (row->kind) {
    case SR_DIAGRAM_SEND:
    case SR_DIAGRAM_ARRIVE:
        return plan->column[message_at(plan, row->message)->from] != NOT_DRAWN &&
               plan->column[message_at(plan, row->message)->to] != NOT_DRAWN;
    case SR_DIAGRAM_CHECK:
        return true;
    case SR_DIAGRAM_STATE:
        return plan->column[row->node] != NOT_DRAWN;
    case SR_DIAGRAM_NOTE:
        if (row->record->event == SR_EVENT_TOKEN_JUDGED &&
            plan->column[row->record->peer] == NOT_DRAWN)
            return false;
        return plan->column[row->node] != NOT_DRAWN &&
               (row->node >= SR_NODE_FIRST_CLIENT || row->record->hint == SR_HINT_ABSENT ||
                drawn[row->record->hint]);
    }
    return false;
}

void
sr_diagram_keep_drawn(SrDiagramPlan *plan)
{
    g_autofree uint8_t *drawn = hints_drawn(plan);

    sr_diagram_keep_rows(plan, row_is_drawn, drawn);
}

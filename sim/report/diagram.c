/* What a sequence diagram shows of a trace, whatever its form.
 *
 * One pass joins every sending with its receipt or loss and notes what else is worth drawing.
 * What the options choose is kept. Then clients that did the same, in the same order, become
 * one lifeline when there are too many for one each. */
#include "report/diagram-private.h"

#include <inttypes.h>
#include <string.h>

#include "session-race/escape.h"
#include "session-race/report.h"
#include "session-race/stream.h"

#define HINT_SHOWN_MAX 14
#define KEY_SHOWN_MAX 8
#define NOT_DRAWN UINT32_MAX
/* So many groups are counted to find the largest. */
#define GROUPS_MAX 1024u

/* ---- texts ---- */

void
sr_diagram_shorten(GString *out, gsize from, glong n_characters)
{
    const char *text = out->str + from;

    if (g_utf8_strlen(text, -1) <= n_characters)
        return;
    g_string_truncate(out,
                      (gsize) (g_utf8_offset_to_pointer(text, n_characters - 1) - out->str));
    g_string_append(out, "…");
}

static void
append_node(const SrTrace *trace, uint32_t node, GString *out)
{
    char name[SR_NODE_NAME_MAX];

    sr_escape_terminal(out, name, trace->names.node(trace->names.data, node, name));
}

static void
append_hint(const SrTrace *trace, uint32_t hint, GString *out)
{
    char text[SR_HINT_TEXT_MAX];
    size_t length = trace->names.hint(trace->names.data, hint, text);
    gsize from = out->len;

    if (length == 0) {
        g_string_append(out, "\"\"");
        return;
    }
    sr_escape_terminal(out, text, length);
    sr_diagram_shorten(out, from, HINT_SHOWN_MAX);
}

static void
append_key(const SrTrace *trace, uint32_t key, GString *out)
{
    char text[17];
    size_t length = trace->names.key(trace->names.data, key, text);

    g_string_append_len(out, text, (gssize) MIN(length, KEY_SHOWN_MAX));
}

void
sr_diagram_label(const SrDiagramPlan *plan, const SrDiagramMessage *message, GString *out)
{
    const SrRecord *record = message->record;

    g_string_append(out, sr_msg_name((SrMsg) record->msg));
    if (record->has & SR_HAS_HINT && record->hint != SR_HINT_ABSENT) {
        g_string_append_c(out, ' ');
        append_hint(plan->trace, record->hint, out);
    } else if (record->has & SR_HAS_KEY) {
        g_string_append_c(out, ' ');
        append_key(plan->trace, record->key, out);
    }
    if (record->has & SR_HAS_REASON)
        g_string_append_printf(out, " (%s)", sr_reason_name((SrReason) record->reason));
}

static SrTone
note_reason(const SrRecord *record, const char *what, SrTone tone, GString *out)
{
    g_string_append(out, what);
    if (record->reason != SR_REASON_NONE)
        g_string_append_printf(out, " (%s)", sr_reason_name((SrReason) record->reason));
    return tone;
}

static SrTone
note_hint(const SrDiagramPlan *plan, const SrRecord *record, const char *what, SrTone tone,
          GString *out)
{
    g_string_append(out, what);
    if (record->hint != SR_HINT_ABSENT) {
        g_string_append_c(out, ' ');
        append_hint(plan->trace, record->hint, out);
    }
    return note_reason(record, "", tone, out);
}

static SrTone
note_clock(const SrRecord *record, GString *out)
{
    char offset[SR_SPAN_TEXT_MAX];

    sr_signed_span_format(record->clock.offset, offset);
    g_string_append_printf(out, "clock %s%s", record->clock.offset > 0 ? "+" : "", offset);
    return SR_TONE_WARN;
}

static SrTone
note_check(const SrDiagramPlan *plan, const SrRecord *record, GString *out)
{
    const char *detail = plan->trace->details[record - plan->trace->records];

    g_string_append_printf(out, "check %s failed: ", sr_check_name((SrCheckId) record->check));
    if (detail != NULL)
        sr_escape_terminal(out, detail, strlen(detail));
    return SR_TONE_BAD;
}

SrTone
sr_diagram_note(const SrDiagramPlan *plan, const SrDiagramRow *row, GString *out)
{
    const SrRecord *record = row->record;

    switch ((SrEvent) record->event) {
    case SR_EVENT_START:
        g_string_append(out, "starts");
        return SR_TONE_PLAIN;
    case SR_EVENT_CONNECTION_CLOSED:
        return note_reason(record, "connection closes", SR_TONE_WARN, out);
    case SR_EVENT_KEY_MADE:
        return note_hint(plan, record, "makes", SR_TONE_PLAIN, out);
    case SR_EVENT_KEY_DISCARDED:
        return note_hint(plan, record, "discards", SR_TONE_WARN, out);
    case SR_EVENT_KEY_MISSING:
        return note_hint(plan, record, "does not know", SR_TONE_BAD, out);
    case SR_EVENT_OPENED:
        g_string_append(out, "cannot open the content");
        return SR_TONE_BAD;
    case SR_EVENT_WON:
        return note_hint(plan, record, "won with", SR_TONE_GOOD, out);
    case SR_EVENT_REJECTED:
        g_string_append(out, "rejected");
        return SR_TONE_WARN;
    case SR_EVENT_RELEASED:
        return note_hint(plan, record, "releases", SR_TONE_WARN, out);
    case SR_EVENT_ESTABLISHED:
        return note_hint(plan, record, "established", SR_TONE_GOOD, out);
    case SR_EVENT_TOKEN_JUDGED:
        g_string_append(out, "refuses the token of ");
        append_node(plan->trace, record->peer, out);
        return note_reason(record, "", SR_TONE_BAD, out);
    case SR_EVENT_FAULT:
        g_string_append(out, sr_fault_name(record->action));
        return SR_TONE_WARN;
    case SR_EVENT_CLOCK:
        return note_clock(record, out);
    case SR_EVENT_COLLABORATING:
        g_string_append(out, "collaborates");
        return SR_TONE_GOOD;
    case SR_EVENT_FAILED:
        return note_reason(record, "failed", SR_TONE_BAD, out);
    case SR_EVENT_CHECK_FAILED:
        return note_check(plan, record, out);
    case SR_EVENT_SEND:
    case SR_EVENT_RECEIVE:
    case SR_EVENT_LOSE:
    case SR_EVENT_CONNECTION_OPENED:
    case SR_EVENT_STATE:
    case SR_EVENT_KEY_FOUND:
    case SR_EVENT_SEALED:
    case SR_EVENT_TOKEN_SIGNED:
        break;
    }
    g_assert_not_reached();
}

void
sr_diagram_line_name(const SrDiagramLine *line, GString *out)
{
    g_string_append(out, line->name);
    if (line->others > 0)
        g_string_append_printf(out, " and %" PRIu32 " more", line->others);
}

void
sr_diagram_time(SrTime t, GString *out)
{
    bool seconds = t >= 10 * SR_NS_PER_S;
    uint64_t thousandths = t / (seconds ? SR_NS_PER_MS : SR_NS_PER_US);
    unsigned rest = (unsigned) (thousandths % 1000);

    g_string_append_printf(out, "%" PRIu64, thousandths / 1000);
    if (rest > 0) {
        g_string_append_printf(out, ".%03u", rest);
        while (out->str[out->len - 1] == '0')
            g_string_truncate(out, out->len - 1);
    }
    g_string_append(out, seconds ? "s" : "ms");
}

gsize
sr_diagram_break(const char *text, unsigned width)
{
    const char *blank = NULL, *p = text;
    unsigned columns = 0;

    for (; *p != '\0'; p = g_utf8_find_next_char(p, NULL)) {
        gunichar c = g_utf8_get_char(p);

        columns += g_unichar_iszerowidth(c) ? 0 : g_unichar_iswide(c) ? 2 : 1;
        if (columns > width)
            break;
        if (c == ' ')
            blank = p;
    }
    if (*p == '\0' || *p == ' ')
        return (gsize) (p - text);
    if (blank != NULL && blank > text)
        return (gsize) (blank - text);
    /* At least one character, so that every line takes the text further. */
    if (p == text)
        p = g_utf8_find_next_char(p, NULL);
    return (gsize) (p - text);
}

/* ---- steps ---- */

static unsigned
step_of_message(const SrRecord *record, uint8_t asked)
{
    switch ((SrMsg) record->msg) {
    case SR_MSG_NONE:
    case SR_MSG_TOKEN_REQUEST:
    case SR_MSG_TOKEN:
    case SR_MSG_CONNECT:
    case SR_MSG_TOKEN_UPDATE:
    case SR_MSG_CONNECTED:
    case SR_MSG_CONNECT_REFUSED:
    case SR_MSG_CLOSED:
        return 0;
    case SR_MSG_SESSION_REQUEST:
    case SR_MSG_SESSION_NONE:
    case SR_MSG_SESSION_PENDING:
        return 1;
    case SR_MSG_CREATE_SESSION:
        return 3;
    case SR_MSG_CREATE_ACCEPTED:
    case SR_MSG_CREATE_REJECTED:
        return 4;
    case SR_MSG_SESSION_RELEASED:
        return 5;
    case SR_MSG_UPLOAD:
    case SR_MSG_SESSION_AVAILABLE:
        return 6;
    case SR_MSG_JOIN:
    case SR_MSG_CONTENT:
    case SR_MSG_KEY_SETTLED:
        return 7;
    case SR_MSG_KEY_REQUEST:
        return record->has & SR_HAS_HINT ? 7 : 2;
    case SR_MSG_KEY:
    case SR_MSG_KEY_REFUSED:
        return asked;
    }
    return 0;
}

/* The step that a note belongs to; @latest is where its node, or the run, has come to. */
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

/* Where a message was sent. Sendings are sorted and searched rather than hashed: ids come from
 * the file, which could choose them to collide. */
typedef struct {
    uint64_t id;
    size_t record;
    uint32_t message; /* once the pass has come to it */
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

/* Returns: (nullable): the last sending of @id at @record or before */
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

/* What the pass over the records knows. */
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

static SrDiagramMessage *
message_at(const SrDiagramPlan *plan, uint32_t i)
{
    return &g_array_index(plan->messages, SrDiagramMessage, i);
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
    case SR_EVENT_CONNECTION_CLOSED: /* once: the client's view of it */
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

static void
pass_records(SrDiagramPlan *plan)
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

/* ---- what the options choose ---- */

static bool
is_chosen_node(const SrDiagramOptions *options, uint32_t node)
{
    for (size_t i = 0; i < options->n_nodes; i++)
        if (options->nodes[i] == node)
            return true;
    return options->n_nodes == 0;
}

static bool
is_within(const SrDiagramOptions *options, SrTime t)
{
    return t != SR_TIME_NEVER && t >= options->from && (options->to == 0 || t <= options->to);
}

static bool
message_is_chosen(const SrDiagramPlan *plan, const SrDiagramMessage *message)
{
    const SrDiagramOptions *options = plan->options;

    return (options->steps == 0 || options->steps >> message->step & 1) &&
           (is_chosen_node(options, message->from) || is_chosen_node(options, message->to)) &&
           (is_within(options, message->sent) || is_within(options, message->arrived));
}

static bool
row_is_chosen(const SrDiagramPlan *plan, const SrDiagramRow *row)
{
    const SrDiagramOptions *options = plan->options;

    switch (row->kind) {
    case SR_DIAGRAM_SEND:
    case SR_DIAGRAM_ARRIVE:
        return message_is_chosen(plan, message_at(plan, row->message));
    case SR_DIAGRAM_STATE: /* a state may have begun before what is chosen */
        return is_chosen_node(options, row->node);
    case SR_DIAGRAM_CHECK:
        return is_within(options, row->record->t) &&
               (is_chosen_node(options, row->node) ||
                (row->record->detail != SR_DETAIL_NONE &&
                 is_chosen_node(options, row->record->peer))) &&
               (options->steps == 0 || options->steps >> row->step & 1);
    case SR_DIAGRAM_NOTE:
        return is_within(options, row->record->t) && is_chosen_node(options, row->node) &&
               (options->steps == 0 || options->steps >> row->step & 1);
    }
    return false;
}

static void
choose_rows(SrDiagramPlan *plan)
{
    guint kept = 0;

    for (guint i = 0; i < plan->rows->len; i++) {
        SrDiagramRow row = g_array_index(plan->rows, SrDiagramRow, i);

        if (row_is_chosen(plan, &row))
            g_array_index(plan->rows, SrDiagramRow, kept++) = row;
    }
    g_array_set_size(plan->rows, kept);
}

/* ---- folding ---- */

/* What a client did: a hash of it in its order, and the kinds of it without their order. */
typedef struct {
    uint64_t sequence;
    uint64_t kinds, notes;
    bool seen;
} Deeds;

static uint32_t
client_of_row(const SrDiagramPlan *plan, const SrDiagramRow *row)
{
    const SrDiagramMessage *message;

    if (row->kind != SR_DIAGRAM_SEND && row->kind != SR_DIAGRAM_ARRIVE)
        return row->node;
    message = message_at(plan, row->message);
    return message->from >= SR_NODE_FIRST_CLIENT ? message->from : message->to;
}

/* Deeds are in the order in which the client sees them: what goes to a service counts when it
 * is sent, what comes from one when it arrives. */
static void
count_deed(const SrDiagramPlan *plan, const SrDiagramRow *row, Deeds *deeds)
{
    uint64_t what = 0;

    deeds->seen = true;
    if (row->kind == SR_DIAGRAM_NOTE) {
        deeds->notes |= UINT64_C(1) << row->record->event;
        what = 0x100u | row->record->event;
    } else if (row->kind != SR_DIAGRAM_STATE && row->kind != SR_DIAGRAM_CHECK) {
        const SrDiagramMessage *message = message_at(plan, row->message);
        bool sent = message->from >= SR_NODE_FIRST_CLIENT;

        if (message->lost != SR_REASON_NONE)
            deeds->notes |= UINT64_C(1) << 63;
        else if (sent != (row->kind == SR_DIAGRAM_SEND))
            return;
        deeds->kinds |= UINT64_C(1) << message->record->msg;
        what = 0x200u | message->record->msg | (uint64_t) message->record->reason << 16 |
               (uint64_t) message->lost << 24;
    } else {
        return;
    }
    deeds->sequence = sr_mix64(deeds->sequence + SR_STREAM_GAMMA) ^ what;
}

static bool
is_named(const SrDiagramOptions *options, uint32_t node)
{
    return options->n_nodes > 0 && is_chosen_node(options, node);
}

/* A group of clients: the first stands for all. */
typedef struct {
    Deeds deeds;
    uint32_t node, others;
    bool named; /* on the command line: never folded */
} Group;

static bool
is_alike(const Deeds *a, const Deeds *b, bool by_kinds)
{
    return by_kinds ? a->kinds == b->kinds && a->notes == b->notes : a->sequence == b->sequence;
}

/* Groups the clients of @deeds. Returns: whether they are no more than can be drawn; @n_beyond
 * clients did something else again when there were GROUPS_MAX groups already */
static bool
group_clients(const SrDiagramPlan *plan, const Deeds *deeds, bool by_kinds, GArray *groups,
              uint32_t *n_beyond)
{
    g_array_set_size(groups, 0);
    for (uint32_t node = SR_NODE_FIRST_CLIENT; node < plan->trace->names.n_nodes; node++) {
        bool named = is_named(plan->options, node);
        Group *found = NULL;

        if (!deeds[node].seen)
            continue;
        for (guint i = 0; i < groups->len && found == NULL && !named; i++) {
            Group *group = &g_array_index(groups, Group, i);

            if (!group->named && is_alike(&group->deeds, &deeds[node], by_kinds))
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
            g_array_append_vals(groups, &(Group){ deeds[node], node, 0, named }, 1);
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

/* Leaves the largest groups, in the order of their first clients. */
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

    append_node(plan->trace, node, name);
    line.name = g_string_free(name, FALSE);
    plan->column[node] = plan->lines->len;
    g_array_append_val(plan->lines, line);
}

/* Makes the lifelines: in an order in which most arrows are short. */
static void
make_lines(SrDiagramPlan *plan, bool folds)
{
    uint32_t n_nodes = plan->trace->names.n_nodes, n_clients = 0;
    g_autofree Deeds *deeds = g_new0(Deeds, n_nodes);
    g_autoptr(GArray) groups = g_array_new(FALSE, FALSE, sizeof(Group));

    for (guint i = 0; i < plan->rows->len; i++) {
        const SrDiagramRow *row = &g_array_index(plan->rows, SrDiagramRow, i);

        if (row->kind == SR_DIAGRAM_STATE || row->kind == SR_DIAGRAM_CHECK)
            continue;
        count_deed(plan, row, &deeds[client_of_row(plan, row)]);
        if (row->kind != SR_DIAGRAM_NOTE) {
            deeds[message_at(plan, row->message)->from].seen = true;
            deeds[message_at(plan, row->message)->to].seen = true;
        }
    }
    for (uint32_t node = SR_NODE_FIRST_CLIENT; node < n_nodes; node++)
        n_clients += deeds[node].seen;
    folds = folds && n_clients > SR_DIAGRAM_CLIENTS_MAX;
    if (folds && !group_clients(plan, deeds, false, groups, &plan->n_left_out) &&
        !group_clients(plan, deeds, true, groups, &plan->n_left_out))
        drop_small_groups(plan, groups);

    if (deeds[SR_NODE_TOKEN_PROVIDER].seen)
        add_line(plan, SR_NODE_TOKEN_PROVIDER, 0);
    for (guint i = 0; folds && i < groups->len; i++)
        add_line(plan, g_array_index(groups, Group, i).node,
                 g_array_index(groups, Group, i).others);
    for (uint32_t node = SR_NODE_FIRST_CLIENT; !folds && node < n_nodes; node++)
        if (deeds[node].seen)
            add_line(plan, node, 0);
    if (deeds[SR_NODE_SERVER].seen)
        add_line(plan, SR_NODE_SERVER, 0);
    if (deeds[SR_NODE_ENCRYPTION_PROVIDER].seen)
        add_line(plan, SR_NODE_ENCRYPTION_PROVIDER, 0);
}

/* Hints that a message drawn speaks of: among a hundred keys only these are worth a note. */
static uint8_t *
hints_drawn(const SrDiagramPlan *plan)
{
    uint32_t most = 0;
    uint8_t *drawn;

    for (size_t i = 0; i < plan->trace->n_records; i++)
        most = MAX(most, plan->trace->records[i].hint);
    drawn = g_new0(uint8_t, (gsize) most + 1);
    for (guint i = 0; i < plan->rows->len; i++) {
        const SrDiagramRow *row = &g_array_index(plan->rows, SrDiagramRow, i);
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
row_is_drawn(const SrDiagramPlan *plan, const SrDiagramRow *row, const uint8_t *drawn)
{
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

static void
draw_rows(SrDiagramPlan *plan)
{
    g_autofree uint8_t *drawn = hints_drawn(plan);
    guint kept = 0;

    for (guint i = 0; i < plan->rows->len; i++) {
        SrDiagramRow row = g_array_index(plan->rows, SrDiagramRow, i);

        if (row_is_drawn(plan, &row, drawn))
            g_array_index(plan->rows, SrDiagramRow, kept++) = row;
    }
    g_array_set_size(plan->rows, kept);
}

/* ---- in and out ---- */

static void
line_clear(void *data)
{
    SrDiagramLine *line = data;

    g_free(line->name);
}

SrDiagramPlan *
sr_diagram_plan_new(const SrTrace *trace, const SrDiagramOptions *options, bool folds)
{
    SrDiagramPlan *plan = g_new0(SrDiagramPlan, 1);
    GString *title = g_string_new(NULL);

    plan->trace = trace;
    plan->options = options;
    plan->messages = g_array_new(FALSE, FALSE, sizeof(SrDiagramMessage));
    plan->rows = g_array_new(FALSE, FALSE, sizeof(SrDiagramRow));
    plan->lines = g_array_new(FALSE, FALSE, sizeof(SrDiagramLine));
    g_array_set_clear_func(plan->lines, line_clear);
    plan->column = g_new(uint32_t, trace->names.n_nodes);
    memset(plan->column, 0xff, sizeof *plan->column * trace->names.n_nodes);
    sr_escape_terminal(title, trace->scenario, strlen(trace->scenario));
    plan->title = g_string_free(title, FALSE);
    pass_records(plan);
    choose_rows(plan);
    make_lines(plan, folds);
    draw_rows(plan);
    return plan;
}

void
sr_diagram_plan_free(SrDiagramPlan *plan)
{
    if (plan == NULL)
        return;
    g_array_unref(plan->messages);
    g_array_unref(plan->rows);
    g_array_unref(plan->lines);
    g_free(plan->column);
    g_free(plan->title);
    g_free(plan);
}

void
sr_diagram_write(const SrTrace *trace, const SrDiagramOptions *options, GString *out)
{
    static void (*const writers[SR_DIAGRAM_FORMAT_N])(const SrDiagramPlan *, GString *) = {
        [SR_DIAGRAM_SVG] = sr_diagram_svg,
        [SR_DIAGRAM_MERMAID] = sr_diagram_mermaid,
        [SR_DIAGRAM_TEXT] = sr_diagram_text,
        [SR_DIAGRAM_PERFETTO] = sr_diagram_perfetto,
    };
    /* Perfetto is made for thousands of tracks: there each client has its own. */
    g_autoptr(SrDiagramPlan) plan =
        sr_diagram_plan_new(trace, options, options->format != SR_DIAGRAM_PERFETTO);

    g_assert((unsigned) options->format < SR_DIAGRAM_FORMAT_N);
    writers[options->format](plan, out);
}

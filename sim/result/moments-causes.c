/* What led to each record of a trace. A trace does not say it, except for the arrival of a message; the
 * rest follows from the order of the records of a node. */
#include "result/moments.h"

#include "check/check.h"
#include "result/moments-private.h"

/* To find for whom a service did something, this many records of the same instant are looked at. */
#define SAME_INSTANT_MAX 64u
#define NEVER SR_MOMENT_NEVER

typedef struct {
    const SrTrace *trace;
    uint32_t n_nodes;
    uint32_t *last; /* n_nodes: its last step, or a fault that hit it */
    uint32_t *note; /* n_nodes: the last step that was no message */
    /* services × n_nodes: the last message that the service received from the node */
    uint32_t *asked;
    uint32_t uploaded, settled; /* the last upload, and the last `key-settled`, that arrived */
    uint32_t stepped;           /* the last step of anybody */
    GHashTable *sent;           /* message → its sending and 1 */
    GHashTable *made, *gone;    /* hint of a document → making or discard of its key, and 1 */
} Pass;

static uint32_t
look_up(GHashTable *table, gpointer key)
{
    guint found = GPOINTER_TO_UINT(g_hash_table_lookup(table, key));

    return found > 0 ? found - 1 : NEVER;
}

/* Returns: the later of two records, of which there may be none */
static uint32_t
later(uint32_t a, uint32_t b)
{
    return a == NEVER || (b != NEVER && b > a) ? b : a;
}

static uint32_t
last_asked(const Pass *pass, uint32_t service, uint32_t node)
{
    return node < pass->n_nodes ? pass->asked[service * pass->n_nodes + node] : NEVER;
}

/* Returns: the request for which @record was done: that of the node that is answered at once */
static uint32_t
request_behind(const Pass *pass, uint32_t i)
{
    const SrRecord *record = &pass->trace->records[i];

    for (size_t j = (size_t) i + 1; j < pass->trace->n_records && j - i <= SAME_INSTANT_MAX;
         j++) {
        const SrRecord *next = &pass->trace->records[j];

        if (next->t != record->t)
            break;
        if (next->event == SR_EVENT_SEND && next->node == record->node)
            return last_asked(pass, record->node, next->peer);
    }
    return NEVER;
}

/* Returns: what the service did at the instant of @record before it, or %NEVER */
static uint32_t
note_of_instant(const Pass *pass, const SrRecord *record)
{
    uint32_t note = pass->note[record->node];

    return note != NEVER && pass->trace->records[note].t == record->t ? note : NEVER;
}

/* Returns: the key that pushed out that of @record, the message that settled another one, or, where time
 * or somebody else's program did it, the making of the key itself */
static uint32_t
what_discarded(const Pass *pass, const SrRecord *record)
{
    uint32_t note = note_of_instant(pass, record);
    SrEvent event = note != NEVER ? (SrEvent) pass->trace->records[note].event : SR_EVENT_N;

    if (record->reason == SR_REASON_SETTLED)
        return later(pass->settled, note);
    if (event == SR_EVENT_KEY_MADE || event == SR_EVENT_KEY_DISCARDED ||
        event == SR_EVENT_FAULT)
        return note;
    return look_up(pass->made, sr_moments_place(record));
}

static uint32_t
cause_at_service(const Pass *pass, uint32_t i)
{
    const SrRecord *record = &pass->trace->records[i];
    uint32_t found = NEVER;

    switch ((SrEvent) record->event) {
    case SR_EVENT_SEND:
        found =
            later(note_of_instant(pass, record), last_asked(pass, record->node, record->peer));
        break;
    case SR_EVENT_TOKEN_JUDGED:
        found = last_asked(pass, record->node, record->peer);
        break;
    case SR_EVENT_ESTABLISHED:
        found = pass->uploaded;
        break;
    case SR_EVENT_KEY_MISSING:
        found = later(look_up(pass->gone, sr_moments_place(record)),
                      look_up(pass->made, sr_moments_place(record)));
        if (found == NEVER)
            found = request_behind(pass, i);
        break;
    case SR_EVENT_KEY_MADE:
    case SR_EVENT_KEY_FOUND:
    case SR_EVENT_TOKEN_SIGNED:
        found = request_behind(pass, i);
        break;
    case SR_EVENT_KEY_DISCARDED:
        found = what_discarded(pass, record);
        break;
    default: /* the last step of the service */
        break;
    }
    return found != NEVER ? found : pass->last[record->node];
}

static uint32_t
cause_of(const Pass *pass, uint32_t i)
{
    const SrRecord *record = &pass->trace->records[i];
    bool known = record->node < pass->n_nodes;
    uint32_t found = NEVER;

    if (record->event == SR_EVENT_CHECK_FAILED) {
        bool at_end = sr_check_ops((SrCheckId) record->check)->end != NULL;

        /* The server does not know that the key is gone: its own steps would not show it. */
        if (record->detail == SR_DETAIL_WINNER_KEY_GONE)
            found = look_up(pass->gone, sr_moments_place(record));
        if (found != NEVER)
            return found;
        return at_end && known ? pass->last[record->node] : pass->stepped;
    }
    if (record->event == SR_EVENT_FAULT)
        return NEVER;
    if (record->event == SR_EVENT_RECEIVE || record->event == SR_EVENT_LOSE)
        found = look_up(pass->sent, sr_moments_message(record));
    if (found != NEVER || !known)
        return found;
    return record->node < SR_NODE_FIRST_CLIENT ? cause_at_service(pass, i)
                                               : pass->last[record->node];
}

/* Remembers record @i for those after it. */
static void
remember(Pass *pass, uint32_t i)
{
    const SrRecord *record = &pass->trace->records[i];
    gpointer value = GUINT_TO_POINTER(i + 1);
    bool known = record->node < pass->n_nodes;

    if (record->event == SR_EVENT_CHECK_FAILED)
        return;
    pass->stepped = i;
    if (known)
        pass->last[record->node] = i;
    if (record->event == SR_EVENT_FAULT && record->peer < pass->n_nodes)
        pass->last[record->peer] = i;
    if (record->event == SR_EVENT_SEND) {
        g_hash_table_insert(pass->sent, sr_moments_message(record), value);
    } else if (record->event == SR_EVENT_RECEIVE) {
        if (record->node < SR_NODE_FIRST_CLIENT && record->peer < pass->n_nodes)
            pass->asked[record->node * pass->n_nodes + record->peer] = i;
        if (record->msg == SR_MSG_UPLOAD)
            pass->uploaded = i;
        if (record->msg == SR_MSG_KEY_SETTLED)
            pass->settled = i;
    } else if (known) {
        pass->note[record->node] = i;
    }
    if (record->event == SR_EVENT_KEY_MADE)
        g_hash_table_insert(pass->made, sr_moments_place(record), value);
    if (record->event == SR_EVENT_KEY_DISCARDED)
        g_hash_table_insert(pass->gone, sr_moments_place(record), value);
}

static uint32_t *
never(size_t n)
{
    uint32_t *list = g_new(uint32_t, n);

    for (size_t i = 0; i < n; i++)
        list[i] = NEVER;
    return list;
}

uint32_t *
sr_moments_causes(const SrTrace *trace)
{
    uint32_t n_nodes = MAX(trace->names.n_nodes, SR_NODE_FIRST_CLIENT);
    uint32_t *causes = never(trace->n_records);
    Pass pass = {
        .trace = trace,
        .n_nodes = n_nodes,
        .last = never(n_nodes),
        .note = never(n_nodes),
        .asked = never((size_t) SR_NODE_FIRST_CLIENT * n_nodes),
        .uploaded = NEVER,
        .settled = NEVER,
        .stepped = NEVER,
        .sent = g_hash_table_new(NULL, NULL),
        .made = g_hash_table_new(NULL, NULL),
        .gone = g_hash_table_new(NULL, NULL),
    };

    for (uint32_t i = 0; i < trace->n_records; i++) {
        causes[i] = cause_of(&pass, i);
        remember(&pass, i);
    }
    g_free(pass.last);
    g_free(pass.note);
    g_free(pass.asked);
    g_hash_table_destroy(pass.sent);
    g_hash_table_destroy(pass.made);
    g_hash_table_destroy(pass.gone);
    return causes;
}

/* An order in which the lines of a log may have happened.
 *
 * A node's lines happened in their order, and a message arrived after it was sent. Nothing else is
 * known, since clocks are not compared. If the lines as they are given are in such an order, it is
 * kept, since it may say more. Otherwise the lines are put into an order by one rule, which depends
 * neither on instants nor on how the nodes' lines are mixed: of the nodes whose next line may come,
 * the one that has waited longest gets one line. */
#include "verify/verify-private.h"

#include <string.h>

#define NOTHING UINT32_MAX

typedef struct {
    SrVerify *verify;
    GHashTable *sends;  /* id → record + 1 of its send */
    uint32_t *next;     /* n_nodes: a node's next line, in verify->lines */
    bool *done;         /* n: in the order already */
    uint32_t *awaiting; /* n: the node that waits for this send, or NOTHING */
    uint32_t *more;     /* n_nodes: another node that waits for the same, or NOTHING */
    uint32_t *queue;    /* a ring of nodes that may go on */
    uint32_t head, tail;
    uint32_t n; /* in the order */
} Sorter;

/* Record @i is next in the order. */
static void
put(Sorter *sorter, uint32_t i)
{
    sorter->verify->order[sorter->n] = i;
    sorter->verify->place[i] = sorter->n++;
    sorter->done[i] = true;
}

/* Returns: the record that must come before @record, or NOTHING */
static uint32_t
needs(const Sorter *sorter, const SrRecord *record)
{
    if (record->event != SR_EVENT_RECEIVE && record->event != SR_EVENT_LOSE)
        return NOTHING;
    return sr_verify_table_get(sorter->sends, record->id) - 1;
}

static void
find_sends(Sorter *sorter)
{
    SrVerify *verify = sorter->verify;

    for (uint32_t i = 0; i < verify->n; i++) {
        const SrRecord *record = &verify->records[i];

        if (record->event == SR_EVENT_SEND &&
            sr_verify_table_get(sorter->sends, record->id) == 0)
            sr_verify_table_put(sorter->sends, record->id, i + 1);
    }
}

static bool
is_in_order(const Sorter *sorter)
{
    const SrVerify *verify = sorter->verify;

    for (uint32_t i = 0; i < verify->n; i++) {
        uint32_t send = needs(sorter, &verify->records[i]);

        if (send != NOTHING && send > i)
            return false;
    }
    return true;
}

static void
push(Sorter *sorter, uint32_t node)
{
    sorter->queue[sorter->tail++ % (sorter->verify->n_nodes + 1)] = node;
}

/* Lets @node, which is not in the queue, wait for its turn, or for the send that its line needs. */
static void
enqueue(Sorter *sorter, uint32_t node)
{
    const SrVerify *verify = sorter->verify;
    uint32_t send;

    if (sorter->next[node] == verify->first[node + 1])
        return;
    send = needs(sorter, &verify->records[verify->lines[sorter->next[node]]]);
    if (send == NOTHING || sorter->done[send]) {
        push(sorter, node);
        return;
    }
    sorter->more[node] = sorter->awaiting[send];
    sorter->awaiting[send] = node;
}

static void
sort(Sorter *sorter)
{
    const SrVerify *verify = sorter->verify;

    for (uint32_t node = 0; node < verify->n_nodes; node++)
        enqueue(sorter, node);
    while (sorter->head != sorter->tail) {
        uint32_t node = sorter->queue[sorter->head++ % (verify->n_nodes + 1)];
        uint32_t i = verify->lines[sorter->next[node]++], waiter = sorter->awaiting[i];

        put(sorter, i);
        while (waiter != NOTHING) {
            push(sorter, waiter);
            waiter = sorter->more[waiter];
        }
        enqueue(sorter, node);
    }
}

/* The lines that are left wait for each other. The first of them is refused. */
static void
refuse_cycle(Sorter *sorter)
{
    SrVerify *verify = sorter->verify;
    uint32_t first = NOTHING;

    for (uint32_t node = 0; node < verify->n_nodes; node++)
        if (sorter->next[node] < verify->first[node + 1])
            first = MIN(first, verify->lines[sorter->next[node]]);
    for (uint32_t i = 0; i < verify->n; i++)
        if (!sorter->done[i])
            put(sorter, i);

    g_autofree char *where = sr_verify_line(verify, needs(sorter, &verify->records[first]));
    SR_VERIFY_REFUSE(
        verify, first,
        "it arrives before it can have been sent, at %s: the lines before that wait "
        "for this one",
        where);
}

void
sr_verify_order(SrVerify *verify)
{
    g_autoptr(GHashTable) sends = sr_verify_table_new();
    Sorter sorter = {
        .verify = verify,
        .sends = sends,
    };

    find_sends(&sorter);
    if (is_in_order(&sorter))
        return;
    sorter.next = SR_VERIFY_NEW(verify, uint32_t, verify->n_nodes);
    sorter.more = SR_VERIFY_NEW(verify, uint32_t, verify->n_nodes);
    sorter.queue = SR_VERIFY_NEW(verify, uint32_t, verify->n_nodes + 1);
    sorter.awaiting = SR_VERIFY_NEW(verify, uint32_t, verify->n);
    sorter.done = SR_VERIFY_NEW(verify, bool, verify->n);
    verify->order = SR_VERIFY_NEW(verify, uint32_t, verify->n);
    verify->place = SR_VERIFY_NEW(verify, uint32_t, verify->n);
    memcpy(sorter.next, verify->first, verify->n_nodes * sizeof *sorter.next);
    memset(sorter.awaiting, 0xff, verify->n * sizeof *sorter.awaiting);
    sort(&sorter);
    if (sorter.n < verify->n)
        refuse_cycle(&sorter);
}

/* The registry: which checks there are, where their states lie, and which of them a record
 * concerns.
 *
 * All states lie in one block: the fixed parts, then an array a check over the documents, then
 * the clients (the parts of all checks for one client side by side, since a record is about one
 * client and a million clients do not fit into a cache), then an array a check over the hints.
 * A table from event, and for messages from the message, to the checks that look at it makes a
 * record cost no more than the checks that it concerns. */
#include <glib.h>
#include <string.h>

#include "check/check-private.h"

static const SrCheckOps *const all_ops[SR_CHECK_N] = {
    [SR_CHECK_ONE_WINNER] = &sr_check_one_winner,
    [SR_CHECK_SAME_KEY] = &sr_check_same_key,
    [SR_CHECK_KEY_KEPT] = &sr_check_key_kept,
    [SR_CHECK_KEY_FOUND] = &sr_check_key_found,
    [SR_CHECK_PREVIOUS_KEPT] = &sr_check_previous_kept,
    [SR_CHECK_HINT_STABLE] = &sr_check_hint_stable,
    [SR_CHECK_WAITS] = &sr_check_waits,
    [SR_CHECK_ANNOUNCED_ONCE_ESTABLISHED] = &sr_check_announced_once_established,
    [SR_CHECK_KEY_SECRET] = &sr_check_key_secret,
    [SR_CHECK_TOKEN_FIRST] = &sr_check_token_first,
    [SR_CHECK_TOKEN_TIME] = &sr_check_token_time,
    [SR_CHECK_STEPS_IN_ORDER] = &sr_check_steps_in_order,
    [SR_CHECK_NONCE_UNIQUE] = &sr_check_nonce_unique,
    [SR_CHECK_ALL_COLLABORATE] = &sr_check_all_collaborate,
    [SR_CHECK_NOBODY_STUCK] = &sr_check_nobody_stuck,
};

#define HINTS_AT_FIRST 64u

/* Rows of the table: events, then the messages of `send`, then those of `receive`. */
enum {
    ROW_SEND = SR_EVENT_N,
    ROW_RECEIVE = ROW_SEND + SR_MSG_N,
    ROW_N = ROW_RECEIVE + SR_MSG_N
};
G_STATIC_ASSERT(SR_CHECK_N <= 32);
G_STATIC_ASSERT(SR_EVENT_N <= 32);
G_STATIC_ASSERT(SR_MSG_N <= 32);

struct SrChecks {
    const SrCheckContext *context;
    uint32_t failed;           /* bits 1 << SrCheckId */
    uint32_t hint_highest;     /* of the records since the last reset */
    uint32_t n_hints;          /* room for hint numbers below this */
    uint32_t concerned[ROW_N]; /* bits 1 << SrCheckId */
    bool (*steps[SR_CHECK_N])(const SrCheckContext *, const SrCheckState *, const SrRecord *,
                              SrFinding *);
    SrCheckState states[SR_CHECK_N];
    char *block;
    size_t hints_at; /* octets before the hints' part */
};

const SrCheckOps *
sr_check_ops(SrCheckId id)
{
    g_assert((unsigned) id < SR_CHECK_N);
    return all_ops[id];
}

/* ---- layout ---- */

static size_t
align(size_t octets)
{
    return (octets + 7) & ~(size_t) 7;
}

/* Takes @n × @octets from the block at *@at. Returns: where they lie */
static size_t
take(size_t *at, size_t n, size_t octets)
{
    size_t here = *at;
    size_t end;

    g_assert(octets % 4 == 0);
    g_assert(!__builtin_mul_overflow(n, octets, &end) &&
             !__builtin_add_overflow(end, here, &end));
    *at = align(end);
    return here;
}

/* Lays everything out for @n_hints. @block: (nullable): %NULL to learn the size alone. Returns:
 * octets of the block */
static size_t
lay_out(SrChecks *checks, uint32_t n_hints, char *block)
{
    const SrCheckContext *context = checks->context;
    size_t stride = 0, at = 0;
    size_t fixed[SR_CHECK_N], documents[SR_CHECK_N], clients[SR_CHECK_N], hints[SR_CHECK_N];
    size_t first_client;

    for (unsigned i = 0; i < SR_CHECK_N; i++)
        fixed[i] = take(&at, 1, all_ops[i]->fixed_octets);
    for (unsigned i = 0; i < SR_CHECK_N; i++)
        documents[i] = take(&at, context->n_documents, all_ops[i]->document_octets);
    for (unsigned i = 0; i < SR_CHECK_N; i++) {
        clients[i] = stride;
        stride += all_ops[i]->client_octets;
    }
    first_client = take(&at, context->n_clients, stride);
    checks->hints_at = at;
    for (unsigned i = 0; i < SR_CHECK_N; i++)
        hints[i] = take(&at, n_hints, all_ops[i]->hint_octets);
    if (block == NULL)
        return at;
    for (unsigned i = 0; i < SR_CHECK_N; i++)
        checks->states[i] = (SrCheckState){
            .fixed = block + fixed[i],
            .per_document = block + documents[i],
            .per_client = block + first_client + clients[i],
            .client_stride = stride,
            .per_hint = block + hints[i],
        };
    return at;
}

static void
fill_table(SrChecks *checks)
{
    for (unsigned i = 0; i < SR_CHECK_N; i++) {
        const SrCheckOps *ops = all_ops[i];

        g_assert(ops->id == (SrCheckId) i);
        checks->steps[i] = ops->step;
        for (unsigned event = 0; event < SR_EVENT_N; event++)
            if (event != SR_EVENT_SEND && event != SR_EVENT_RECEIVE &&
                (ops->events >> event & 1))
                checks->concerned[event] |= SR_BIT(i);
        for (unsigned msg = 0; msg < SR_MSG_N; msg++) {
            if ((ops->events & SR_BIT(SR_EVENT_SEND)) && (ops->sends >> msg & 1))
                checks->concerned[ROW_SEND + msg] |= SR_BIT(i);
            if ((ops->events & SR_BIT(SR_EVENT_RECEIVE)) && (ops->receives >> msg & 1))
                checks->concerned[ROW_RECEIVE + msg] |= SR_BIT(i);
        }
    }
}

/* ---- life ---- */

SrChecks *
sr_checks_new(const SrCheckContext *context)
{
    SrChecks *checks = g_new0(SrChecks, 1);

    checks->context = context;
    checks->n_hints = HINTS_AT_FIRST;
    checks->block = g_malloc0(lay_out(checks, checks->n_hints, NULL));
    lay_out(checks, checks->n_hints, checks->block);
    fill_table(checks);
    return checks;
}

void
sr_checks_free(SrChecks *checks)
{
    if (checks == NULL)
        return;
    g_free(checks->block);
    g_free(checks);
}

void
sr_checks_reset(SrChecks *checks)
{
    memset(checks->block, 0, checks->hints_at);
    for (unsigned i = 0; i < SR_CHECK_N; i++)
        memset(checks->states[i].per_hint, 0,
               ((size_t) checks->hint_highest + 1) * all_ops[i]->hint_octets);
    checks->hint_highest = 0;
    checks->failed = 0;
}

void
sr_checks_reserve_hints(SrChecks *checks, uint32_t n)
{
    SrCheckState old[SR_CHECK_N];
    uint32_t n_old = checks->n_hints;
    char *block;

    if (n <= n_old)
        return;
    n = MAX(n, n_old > UINT32_MAX / 2 ? UINT32_MAX : n_old * 2);
    memcpy(old, checks->states, sizeof old);
    block = g_malloc0(lay_out(checks, n, NULL));
    memcpy(block, checks->block, checks->hints_at);
    lay_out(checks, n, block);
    for (unsigned i = 0; i < SR_CHECK_N; i++)
        memcpy(checks->states[i].per_hint, old[i].per_hint,
               (size_t) n_old * all_ops[i]->hint_octets);
    g_free(checks->block);
    checks->block = block;
    checks->n_hints = n;
}

/* ---- judging ---- */

/* Not inlined: a run without failures never comes here. */
static __attribute__((noinline)) void
note_failure(SrChecks *checks, unsigned id, SrCheckId *where)
{
    checks->failed |= SR_BIT(id);
    *where = (SrCheckId) id;
}

static __attribute__((noinline)) void
note_hint(SrChecks *checks, uint32_t hint)
{
    /* Whoever makes hints reserves room for them first. */
    g_assert(hint < checks->n_hints);
    checks->hint_highest = hint;
}

unsigned
sr_checks_step(SrChecks *checks, const SrRecord *record, SrFinding findings[SR_CHECK_N],
               SrCheckId ids[SR_CHECK_N])
{
    unsigned row = record->event;
    unsigned n = 0;
    uint32_t todo;

    if (row == SR_EVENT_SEND)
        row = ROW_SEND + record->msg;
    else if (row == SR_EVENT_RECEIVE)
        row = ROW_RECEIVE + record->msg;
    g_assert(row < ROW_N);
    todo = checks->concerned[row] & ~checks->failed;
    if (todo == 0)
        return 0;
    g_assert(record->document < checks->context->n_documents);
    if (G_UNLIKELY(record->hint > checks->hint_highest))
        note_hint(checks, record->hint);
    findings[0] = (SrFinding){ 0 };
    do {
        unsigned id = (unsigned) __builtin_ctz(todo);

        todo &= todo - 1;
        if (G_UNLIKELY(checks->steps[id](checks->context, &checks->states[id], record,
                                         &findings[n]))) {
            note_failure(checks, id, &ids[n]);
            if (++n < SR_CHECK_N)
                findings[n] = (SrFinding){ 0 };
        }
    } while (todo != 0);
    return n;
}

unsigned
sr_checks_end(SrChecks *checks, SrFinding findings[SR_CHECK_N], SrCheckId ids[SR_CHECK_N])
{
    unsigned n = 0;

    for (unsigned i = 0; i < SR_CHECK_N; i++) {
        if (all_ops[i]->end == NULL || (checks->failed >> i & 1))
            continue;
        findings[n] = (SrFinding){ 0 };
        if (all_ops[i]->end(checks->context, &checks->states[i], &findings[n]))
            note_failure(checks, i, &ids[n++]);
    }
    return n;
}

uint32_t
sr_checks_failed(const SrChecks *checks)
{
    return checks->failed;
}

uint32_t
sr_checks_events(void)
{
    uint32_t events = 0;

    for (unsigned i = 0; i < SR_CHECK_N; i++)
        events |= all_ops[i]->events;
    return events;
}

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

/* Rows of the table: events, then the messages of `send` and of `receive`, then those that carry
 * a key or content. */
enum {
    ROW_SEND = SR_EVENT_N,
    ROW_RECEIVE = ROW_SEND + SR_MSG_N,
    ROW_CARRY = 2 * SR_MSG_N, /* from a message's row to the one where it carries something */
    ROW_N = ROW_SEND + 2 * ROW_CARRY
};
G_STATIC_ASSERT(SR_CHECK_N <= 32);
G_STATIC_ASSERT(SR_EVENT_N <= 32);
G_STATIC_ASSERT(SR_MSG_N <= 32);

/* What calling a check takes. */
typedef struct {
    bool (*step)(const SrCheckContext *, const SrCheckState *, const SrRecord *, SrFinding *);
    SrCheckState state;
} Seat;

struct SrChecks {
    const SrCheckContext *context;
    uint32_t concerned[ROW_N]; /* bits 1 << SrCheckId */
    uint32_t failed;           /* likewise */
    uint32_t hint_highest;     /* of the records since the last reset */
    uint32_t n_hints;          /* room for hint numbers below this */
    Seat seats[SR_CHECK_N];
    char *block;
    size_t hints_at; /* octets before the hints' part */
};

const SrCheckOps *
sr_check_ops(SrCheckId id)
{
    g_assert((unsigned) id < SR_CHECK_N);
    return all_ops[id];
}

bool
sr_check_find(SrFinding *finding, SrDetail detail, const SrRecord *record)
{
    *finding = (SrFinding){
        .detail = detail,
        .node = record->node,
        .peer = record->peer,
        .hint = record->hint,
        .key = record->key,
        .document = record->document,
        .msg = record->msg,
        .reason = record->reason,
        .from = record->from,
        .to = record->to,
    };
    return true;
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
        checks->seats[i].state = (SrCheckState){
            .fixed = block + fixed[i],
            .per_document = block + documents[i],
            .per_client = block + first_client + clients[i],
            .client_stride = stride,
            .per_hint = block + hints[i],
        };
    return at;
}

static inline bool
is_message(SrEvent event)
{
    return event == SR_EVENT_SEND || event == SR_EVENT_RECEIVE;
}

static inline unsigned
row_of(SrEvent event, SrMsg msg, unsigned has)
{
    unsigned row = (unsigned) event;

    if (!is_message(event))
        return row;
    row = (event == SR_EVENT_SEND ? ROW_SEND : ROW_RECEIVE) + (unsigned) msg;
    return has & (SR_HAS_KEY | SR_HAS_CONTENT) ? row + ROW_CARRY : row;
}

static bool
concerns(const SrCheckOps *ops, SrEvent event, SrMsg msg, unsigned has)
{
    if (!(ops->events >> event & 1))
        return false;
    if (!is_message(event))
        return true;
    if (ops->carrying && !(has & (SR_HAS_KEY | SR_HAS_CONTENT)))
        return false;
    return (event == SR_EVENT_SEND ? ops->sends : ops->receives) >> msg & 1;
}

static void
fill_table(SrChecks *checks)
{
    for (unsigned i = 0; i < SR_CHECK_N; i++) {
        g_assert(all_ops[i]->id == (SrCheckId) i);
        checks->seats[i].step = all_ops[i]->step;
    }
    for (unsigned event = 0; event < SR_EVENT_N; event++)
        for (unsigned msg = 0; msg < SR_MSG_N; msg++)
            for (unsigned has = 0; has <= SR_HAS_KEY; has += SR_HAS_KEY)
                for (unsigned i = 0; i < SR_CHECK_N; i++)
                    if (concerns(all_ops[i], (SrEvent) event, (SrMsg) msg, has))
                        checks->concerned[row_of((SrEvent) event, (SrMsg) msg, has)] |=
                            SR_BIT(i);
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
        if (all_ops[i]->hint_octets != 0)
            memset(checks->seats[i].state.per_hint, 0,
                   ((size_t) checks->hint_highest + 1) * all_ops[i]->hint_octets);
    checks->hint_highest = 0;
    checks->failed = 0;
}

void
sr_checks_reserve_hints(SrChecks *checks, uint32_t n)
{
    Seat old[SR_CHECK_N];
    uint32_t n_old = checks->n_hints;
    char *block;

    if (n <= n_old)
        return;
    n = MAX(n, n_old > UINT32_MAX / 2 ? UINT32_MAX : n_old * 2);
    memcpy(old, checks->seats, sizeof old);
    block = g_malloc0(lay_out(checks, n, NULL));
    memcpy(block, checks->block, checks->hints_at);
    lay_out(checks, n, block);
    for (unsigned i = 0; i < SR_CHECK_N; i++)
        memcpy(checks->seats[i].state.per_hint, old[i].state.per_hint,
               (size_t) n_old * all_ops[i]->hint_octets);
    g_free(checks->block);
    checks->block = block;
    checks->n_hints = n;
}

/* ---- judging ---- */

/* Not inlined, so that what happens for every record stays small: few records end in these. */
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

/* @todo: bits of the checks that @record concerns, at least one */
static __attribute__((noinline)) unsigned
judge(SrChecks *checks, const SrRecord *record, uint32_t todo, SrFinding *findings,
      SrCheckId *ids)
{
    unsigned n = 0;

    g_assert(record->document < checks->context->n_documents);
    if (G_UNLIKELY(record->hint > checks->hint_highest))
        note_hint(checks, record->hint);
    do {
        unsigned id = (unsigned) __builtin_ctz(todo);
        const Seat *seat = &checks->seats[id];

        todo &= todo - 1;
        if (G_UNLIKELY(seat->step(checks->context, &seat->state, record, &findings[n])))
            note_failure(checks, id, &ids[n++]);
    } while (todo != 0);
    return n;
}

unsigned
sr_checks_step(SrChecks *checks, const SrRecord *record, SrFinding findings[SR_CHECK_N],
               SrCheckId ids[SR_CHECK_N])
{
    unsigned row = row_of((SrEvent) record->event, (SrMsg) record->msg, record->has);
    uint32_t todo;

    g_assert(row < ROW_N);
    todo = checks->concerned[row] & ~checks->failed;
    return todo != 0 ? judge(checks, record, todo, findings, ids) : 0;
}

unsigned
sr_checks_end(SrChecks *checks, SrFinding findings[SR_CHECK_N], SrCheckId ids[SR_CHECK_N])
{
    unsigned n = 0;

    for (unsigned i = 0; i < SR_CHECK_N; i++) {
        if (all_ops[i]->end == NULL || (checks->failed >> i & 1))
            continue;
        findings[n] = (SrFinding){ 0 };
        if (all_ops[i]->end(checks->context, &checks->seats[i].state, &findings[n]))
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

bool
sr_checks_concern(SrEvent event, SrMsg msg, unsigned has)
{
    for (unsigned i = 0; i < SR_CHECK_N; i++)
        if (concerns(all_ops[i], event, msg, has))
            return true;
    return false;
}

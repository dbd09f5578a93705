/* The registry: owns the states of the checks, and resets them between runs.
 *
 * All states are in one block: the documents, the clients and the hints. Each element has the
 * parts of all checks side by side, since a record concerns one element of each and a million
 * clients do not fit into a cache. Only the SrCheckRest of clients is elsewhere: the kernel
 * allocates zeroed pages on the first write, so a million of them that nobody writes cost
 * nothing, and need no reset. */
#include <glib.h>
#include <string.h>

#include "check/check-private.h"

#define HINTS_AT_FIRST 64u

G_STATIC_ASSERT(SR_CHECK_N <= 32);
G_STATIC_ASSERT(SR_EVENT_N <= 32);
G_STATIC_ASSERT(SR_MSG_N <= 32);
/* There is no padding in the block, so it can be compared and hashed. */
G_STATIC_ASSERT(sizeof(SrCheckDocument) == 4 * 16 + 12);
G_STATIC_ASSERT(sizeof(SrCheckClient) == 4 + 4 + 4 + 8);
G_STATIC_ASSERT(sizeof(SrCheckHint) == 4 + 1);
G_STATIC_ASSERT(SR_REASON_N <= 1 << 7); /* bits of SrCheckHint.previous_kept */

const SrCheckOps *
sr_check_ops(SrCheckId id)
{
    g_assert((unsigned) id < SR_CHECK_N);
    return sr_checks_ops[id];
}

/* ---- life ---- */

/* Returns: the number of bytes before the hints */
static size_t
bytes_before_hints(const SrCheckContext *context)
{
    return context->n_documents * sizeof(SrCheckDocument) +
           context->n_clients * sizeof(SrCheckClient);
}

/* Allocates the block again with room for @n_hints. */
static void
make_block(SrChecks *checks, uint32_t n_hints)
{
    const SrCheckContext *context = checks->context;
    size_t before = bytes_before_hints(context);
    size_t old = checks->block != NULL ? before + checks->n_hints * sizeof(SrCheckHint) : 0;
    size_t bytes = before + n_hints * sizeof(SrCheckHint);

    checks->block = g_realloc(checks->block, bytes);
    memset(checks->block + old, 0, bytes - old);
    checks->n_hints = n_hints;
    checks->state.documents = (SrCheckDocument *) checks->block;
    checks->state.clients = (SrCheckClient *) (checks->state.documents + context->n_documents);
    checks->state.hints = (SrCheckHint *) (checks->state.clients + context->n_clients);
}

SrChecks *
sr_checks_new(const SrCheckContext *context)
{
    SrChecks *checks = g_new0(SrChecks, 1);

    checks->context = context;
    checks->state.rests = checks->rests = g_new0(SrCheckRest, context->n_clients);
    make_block(checks, HINTS_AT_FIRST);
    return checks;
}

void
sr_checks_free(SrChecks *checks)
{
    if (checks == NULL)
        return;
    g_free(checks->block);
    g_free(checks->rests);
    g_free(checks);
}

void
sr_checks_reset(SrChecks *checks)
{
    memset(checks->block, 0,
           bytes_before_hints(checks->context) +
               ((size_t) checks->hint_highest + 1) * sizeof(SrCheckHint));
    checks->state.key_found_missing = SR_HINT_ABSENT;
    checks->state.announced_notes = false;
    checks->hint_highest = 0;
    checks->failed = 0;
}

void
sr_checks_reserve_hints(SrChecks *checks, uint32_t n)
{
    uint32_t old = checks->n_hints;

    if (n > old)
        make_block(checks, MAX(n, old > UINT32_MAX / 2 ? UINT32_MAX : old * 2));
}

void
sr_checks_on_finding(SrChecks *checks,
                     void (*found)(void *data, const SrRecord *record, unsigned n), void *data)
{
    checks->found = found;
    checks->found_data = data;
}

/* ---- judging ---- */

const SrFinding *
sr_checks_findings(const SrChecks *checks)
{
    return checks->findings;
}

void
sr_checks_fetch(const SrChecks *checks, uint32_t index)
{
    const char *client = (const char *) &checks->state.clients[index];

    __builtin_prefetch(client, 1);
    __builtin_prefetch(client + sizeof(SrCheckClient) - 1, 1);
}

uint32_t
sr_checks_failed(const SrChecks *checks)
{
    return checks->failed;
}

SrCheckState *
sr_checks_state(SrChecks *checks)
{
    return &checks->state;
}

void
sr_checks_resume(SrChecks *checks, uint32_t failed, uint32_t hint_highest)
{
    /* What was known of further hints is of no use: they are new when they come. */
    if (checks->hint_highest > hint_highest)
        memset(&checks->state.hints[hint_highest + 1], 0,
               (checks->hint_highest - hint_highest) * sizeof *checks->state.hints);
    checks->failed = failed;
    checks->hint_highest = hint_highest;
}

void
sr_checks_rearm(SrChecks *checks)
{
    checks->failed = 0;
}

bool
sr_checks_concern(SrEvent event, SrMsg msg, unsigned has)
{
    for (unsigned i = 0; i < SR_CHECK_N; i++)
        if (sr_check_observes(sr_checks_ops[i], event, msg) &&
            (!sr_checks_ops[i]->carrying || (has & (SR_HAS_KEY | SR_HAS_CONTENT))))
            return true;
    return false;
}

SrWanted
sr_checks_wanted(void)
{
    static const SrEvent events[] = { SR_EVENT_SEND, SR_EVENT_RECEIVE };
    static const unsigned has[] = { 0, SR_HAS_KEY | SR_HAS_CONTENT };
    SrWanted wanted = { 0 };

    for (unsigned event = 0; event < SR_EVENT_N; event++)
        if (sr_checks_concern((SrEvent) event, SR_MSG_NONE, 0))
            wanted.notes |= 1u << event;
    for (unsigned i = 0; i < 2; i++)
        for (unsigned j = 0; j < 2; j++)
            for (unsigned msg = SR_MSG_NONE + 1; msg < SR_MSG_N; msg++)
                if (sr_checks_concern(events[i], (SrMsg) msg, has[j]))
                    wanted.messages[i][j] |= 1u << msg;
    return wanted;
}

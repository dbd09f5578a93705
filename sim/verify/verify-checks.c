/* The checks over the records, in the order judged.
 *
 * They are the checks of a run. A trace does not say what follows from other records, such as the
 * owner of the creation that was released; this is filled in. Hints are numbered by document and
 * text, as checks expect. In a whole trace of this program the findings must be those that it
 * names; in any other log, findings of another program's checks are ignored. A check that needs
 * records that the log does not have is reported as not judged. */
#include "verify/verify-private.h"

#include "check/check.h"
#include "session-race/trace-writer.h"

#include <string.h>

typedef struct {
    SrVerify *verify;
    SrChecks *checks;
    SrCheckContext context;
    uint32_t *owner; /* n_documents: the node to which the last `create-accepted` was sent */
    uint32_t due[SR_CHECK_N], n_due, at_due; /* checks that found something, in order */
    uint32_t cause;                          /* the record that they found it at */
    guint at_inferred;                       /* the next of verify->inferred */
    GHashTable *there; /* hints of keys that were made and not discarded */
    GHashTable *lost;  /* those of them that were not found, and not later either */
    uint32_t *asked;   /* n_clients: the hint of the last request that the provider received */
    bool skip_start;
} Judge;

/* ---- what a log lacks ---- */

/* Returns: (nullable): what the log lacks for @check to say anything */
static const char *
lacking(const SrVerify *verify, SrCheckId check)
{
/* clang-format off */
#define C(name) | UINT32_C(1) << SR_CHECK_##name
#define E(name) | UINT32_C(1) << SR_EVENT_##name
#define SERVER [SR_KIND_SERVER] = 0
#define CLIENT [SR_KIND_CLIENT] = 0
#define PROVIDER [SR_KIND_ENCRYPTION_PROVIDER] = 0
    /* Events that nodes must log for a check. The first row that is not met has the answer. */
    static const struct { uint32_t checks, events[SR_KIND_N]; const char *lacking; } rows[] = {
        { 0 C(KEY_KEPT) C(PREVIOUS_KEPT), { PROVIDER E(KEY_MADE) },
          "no 'key-made' and 'key-discarded' of the encryption provider" },
        { 0 C(PREVIOUS_KEPT), { SERVER E(ESTABLISHED) }, "no 'established' of the server" },
        { 0 C(ONE_WINNER) C(ANNOUNCED_ONCE_ESTABLISHED) C(TOKEN_FIRST) C(KEY_KEPT) C(PREVIOUS_KEPT),
          { SERVER E(SEND) }, "no sends of the server" },
        { 0 C(SAME_KEY), { CLIENT E(OPENED) }, "no 'opened' of clients" },
        { 0 C(KEY_FOUND), { PROVIDER E(SEND), CLIENT E(SEND) },
          "no sends of the clients and the encryption provider" },
        { 0 C(HINT_STABLE), { PROVIDER E(SEND) }, "no sends of the encryption provider" },
        { 0 C(WAITS), { CLIENT E(SEND) }, "no sends of clients" },
        { 0 C(KEY_SECRET), { SERVER E(SEND), CLIENT E(SEND) },
          "no sends of the clients and the server" },
        { 0 C(TOKEN_TIME), { SERVER E(TOKEN_JUDGED) }, "no 'token-judged'" },
        { 0 C(ALL_COLLABORATE) C(STEPS_IN_ORDER), { CLIENT E(START) E(STATE) },
          "no 'start' and 'state' of clients" },
        { 0 C(NOBODY_STUCK), { SERVER E(SEND), CLIENT E(START) E(STATE) },
          "no 'state' of clients and sends of the server" },
        { 0 C(NONCE_UNIQUE), { CLIENT E(SEALED) }, "no 'sealed' of clients" },
    };
    const uint32_t *seen = verify->seen, states = 0 E(START) E(STATE);
    const uint32_t outcomes = 0 E(FAILED) E(COLLABORATING);
#undef C
#undef E
#undef SERVER
#undef CLIENT
#undef PROVIDER
    /* clang-format on */

    if (verify->own)
        return NULL;
    if (verify->lenient && sr_check_ops(check)->end != NULL)
        return "no end that is certain";
    if (check == SR_CHECK_KEY_FOUND && (seen[SR_KIND_CLIENT] & outcomes) == 0 &&
        (~seen[SR_KIND_CLIENT] & states) != 0)
        return "no 'failed' or 'collaborating' of clients";
    if (check == SR_CHECK_KEY_SECRET && !verify->names_sealed)
        return "no 'key' of sealed content";
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        for (unsigned kind = 0; kind < SR_KIND_N && (rows[i].checks >> check & 1); kind++)
            if (rows[i].events[kind] & ~seen[kind])
                return rows[i].lacking;
    return NULL;
}

/* ---- findings ---- */

static SrRecord
finding_record(const Judge *judge, const SrFinding *finding)
{
    const SrVerify *verify = judge->verify;
    SrRecord record = *finding;

    if (verify->n_documents > 1 && record.hint != SR_HINT_ABSENT)
        record.hint = g_array_index(verify->hint_texts, uint32_t, record.hint);
    return record;
}

static void
take_findings(Judge *judge, uint32_t record, unsigned n)
{
    const SrFinding *findings = sr_checks_findings(judge->checks);

    for (unsigned i = 0; i < n; i++) {
        SrVerifiedCheck *check = &judge->verify->found->checks[findings[i].check];

        judge->due[judge->n_due++] = findings[i].check;
        if (check->judgement == SR_JUDGEMENT_NOT_JUDGED)
            continue;
        check->judgement = SR_JUDGEMENT_FAILS;
        check->record = record;
        check->finding = finding_record(judge, &findings[i]);
    }
}

/* In a trace of ours, `check-failed` record @i must be the next finding. */
static void
compare_finding(Judge *judge, uint32_t i)
{
    SrVerify *verify = judge->verify;
    const SrRecord *record = &verify->records[i];
    const SrRecord *found;
    g_autoptr(GString) sentence = g_string_new(NULL);

    if (judge->at_due == judge->n_due) {
        SR_VERIFY_REFUSE(verify, i, "no check fails here");
        return;
    }
    found = &verify->found->checks[judge->due[judge->at_due++]].finding;
    sr_detail_format(found, &verify->trace->names, sentence);
    if (found->check != record->check || found->node != record->node ||
        (sr_trace_speaks_of_document(record) && found->document != record->document) ||
        strcmp(sentence->str, verify->trace->details[i]) != 0 ||
        (i > 0 && record->t != verify->records[i - 1].t && judge->cause != SR_VERIFIED_END))
        sr_verify_refuse(verify, i, record->node, found, 1, "that is not what the check finds");
}

static void
miss_finding(Judge *judge, uint32_t i)
{
    SrVerify *verify = judge->verify;
    const SrRecord *found = &verify->found->checks[judge->due[judge->at_due]].finding;

    sr_verify_refuse(verify, i, i < verify->n ? verify->records[i].node : found->node, found, 1,
                     "a check fails at the line before, and the trace does not say so");
    judge->at_due = judge->n_due;
}

/* ---- records ---- */

/* If a log has a `start`, checks expect all other notes in it, too. */
static bool
must_skip_start(const SrVerify *verify)
{
    return !verify->own && !(verify->seen[SR_KIND_SERVER] >> SR_EVENT_ESTABLISHED & 1) &&
           !verify->server_followed;
}

/* A refusal does not name the hint. If the provider logs messages only, no `key-missing` does either,
 * but the request has it. */
static void
infer_missing(Judge *judge, const SrRecord *record)
{
    uint32_t hint = judge->asked[record->peer - SR_NODE_FIRST_CLIENT];
    const SrRecord missing = { .t = record->t,
                               .node = record->node,
                               .event = SR_EVENT_KEY_MISSING,
                               .document = record->document,
                               .hint = hint };

    if (hint == SR_HINT_ABSENT ||
        sr_verify_sees(judge->verify, SR_KIND_ENCRYPTION_PROVIDER, SR_EVENT_KEY_MISSING))
        return;
    if (g_hash_table_contains(judge->there, GUINT_TO_POINTER(hint)))
        g_hash_table_add(judge->lost, GUINT_TO_POINTER(hint));
    (void) sr_checks_step(judge->checks, &missing);
}

/* Follows the keys of the provider in a log that may leave something out. */
static void
follow_keys(Judge *judge, const SrRecord *record)
{
    void *hint = GUINT_TO_POINTER(record->hint);
    bool has_peer = record->peer >= SR_NODE_FIRST_CLIENT;

    if (record->event == SR_EVENT_KEY_MADE)
        g_hash_table_add(judge->there, hint);
    else if (record->event == SR_EVENT_KEY_DISCARDED)
        g_hash_table_remove(judge->there, hint);
    else if (record->event == SR_EVENT_KEY_MISSING && g_hash_table_contains(judge->there, hint))
        g_hash_table_add(judge->lost, hint);
    else if (record->event == SR_EVENT_SEND && record->msg == SR_MSG_KEY)
        g_hash_table_remove(judge->lost, hint);
    else if (record->event == SR_EVENT_RECEIVE && record->msg == SR_MSG_KEY_REQUEST && has_peer)
        judge->asked[record->peer - SR_NODE_FIRST_CLIENT] = record->hint;
    else if (record->event == SR_EVENT_SEND && record->msg == SR_MSG_KEY_REFUSED && has_peer &&
             record->reason == SR_REASON_UNKNOWN_HINT)
        infer_missing(judge, record);
}

static void
judge_record(Judge *judge, uint32_t i, SrRecord record)
{
    const SrVerify *verify = judge->verify;
    unsigned n;

    if (record.event == SR_EVENT_START && judge->skip_start)
        return;
    record.hint = sr_verify_hint(verify, &record);
    if (verify->n_documents > 1)
        sr_checks_reserve_hints(judge->checks, verify->hint_texts->len + 1);
    if (record.event == SR_EVENT_SEND && record.msg == SR_MSG_CREATE_ACCEPTED)
        judge->owner[record.document] = record.peer;
    if (record.event == SR_EVENT_RELEASED || record.event == SR_EVENT_ESTABLISHED)
        record.peer = judge->owner[record.document];
    if (!verify->own && record.node == SR_NODE_ENCRYPTION_PROVIDER)
        follow_keys(judge, &record);
    n = sr_checks_step(judge->checks, &record);
    if (G_UNLIKELY(n > 0)) {
        judge->cause = i;
        take_findings(judge, i, n);
    }
}

/* Judges the records that must have come before record @i although the log does not have them. */
static void
judge_inferred(Judge *judge, uint32_t i)
{
    const GArray *inferred = judge->verify->inferred;

    while (judge->at_inferred < inferred->len) {
        const SrInferred *it = &g_array_index(inferred, SrInferred, judge->at_inferred);

        if (it->before != i && i != SR_VERIFIED_END)
            return;
        judge->at_inferred++;
        judge_record(judge, i, it->record);
    }
}

/* The run is over at record @i: asks the liveness checks. */
static void
judge_end(Judge *judge, uint32_t i)
{
    judge_inferred(judge, SR_VERIFIED_END);
    if (judge->verify->own && judge->at_due < judge->n_due)
        miss_finding(judge, i);
    judge->cause = SR_VERIFIED_END;
    take_findings(judge, SR_VERIFIED_END, sr_checks_end(judge->checks));
}

/* Returns: the first finding of a liveness check at the end of a trace of ours, SR_VERIFIED_END if
 * there is none. These findings come last, but that a program of the user's own is asked for keys
 * after them. */
static uint32_t
find_end(const SrVerify *verify)
{
    uint32_t end = SR_VERIFIED_END;

    for (uint32_t i = verify->n; verify->own && i > 0; i--) {
        const SrRecord *record = &verify->records[i - 1];

        if (record->event == SR_EVENT_CHECK_FAILED &&
            sr_check_ops((SrCheckId) record->check)->end != NULL)
            end = i - 1;
        else if (!verify->own_provider)
            break;
    }
    return end;
}

static void
judge_all(Judge *judge)
{
    SrVerify *verify = judge->verify;
    uint32_t end = find_end(verify);
    bool own = verify->own, ended = end < verify->n;

    for (uint32_t k = 0; k < verify->n; k++) {
        uint32_t i = verify->order != NULL ? verify->order[k] : k;
        const SrRecord *record = &verify->records[i];

        if (record->event == SR_EVENT_CHECK_FAILED) {
            if (i == end)
                judge_end(judge, i);
            if (own)
                compare_finding(judge, i);
            continue;
        }
        if (own && judge->at_due < judge->n_due)
            miss_finding(judge, i);
        judge_inferred(judge, i);
        judge_record(judge, i, *record);
    }
    if (!ended)
        judge_end(judge, SR_VERIFIED_END);
    if (own && judge->at_due < judge->n_due)
        miss_finding(judge, SR_VERIFIED_END);
}

static void
compare_end(Judge *judge)
{
    const SrTraceEnd *end = &judge->verify->trace->end;
    uint32_t failed = sr_checks_failed(judge->checks);

    if (judge->verify->own &&
        (end->failed != failed || (failed != 0) != (end->verdict[0] == 'f')))
        SR_VERIFY_REFUSE(judge->verify, SR_VERIFIED_END,
                         "the verdict of the last line is not that of the checks");
}

/* A key that was made and is never found again was discarded, or a copy of the store did not know it
 * yet. A whole trace says which; another log may leave the line of the discard out, and then nobody
 * can say whether the key was still needed. */
static void
doubt_kept_keys(const Judge *judge)
{
    static const SrCheckId of_keys[] = { SR_CHECK_KEY_KEPT, SR_CHECK_PREVIOUS_KEPT };

    for (size_t i = 0; i < G_N_ELEMENTS(of_keys); i++) {
        SrVerifiedCheck *check = &judge->verify->found->checks[of_keys[i]];

        if (check->judgement != SR_JUDGEMENT_HOLDS || g_hash_table_size(judge->lost) == 0)
            continue;
        check->judgement = SR_JUDGEMENT_NOT_JUDGED;
        check->lacking = "no 'key-discarded' of a key that was made, and is not found later";
    }
}

/* Returns: whether the server has `check-iat`: if not, it may accept a token that section 5 refuses
 * for its `iat` */
static bool
checks_iat(const SrVerify *verify)
{
    for (uint32_t at = verify->first[SR_NODE_SERVER]; at < verify->first[SR_NODE_SERVER + 1];
         at++) {
        const SrRecord *record = &verify->records[verify->lines[at]];

        if (record->event != SR_EVENT_TOKEN_JUDGED || !(record->has & SR_HAS_IAT))
            continue;
        if (record->reason == SR_REASON_ISSUED_IN_FUTURE)
            return true;
        if (record->token.iat > record->token.now + record->token.leeway)
            return false;
    }
    return true;
}

void
sr_verify_checks(SrVerify *verify)
{
    Judge judge = {
        .verify = verify,
        .context = {
            .n_documents = verify->n_all_documents,
            .n_clients = verify->n_clients,
            .client_document = verify->document,
            .check_iat = checks_iat(verify),
            .tokens = verify->tokens,
        },
        .owner = SR_VERIFY_NEW(verify, uint32_t, verify->n_documents),
        .skip_start = must_skip_start(verify),
        .there = g_hash_table_new(NULL, NULL),
        .lost = g_hash_table_new(NULL, NULL),
        .asked = SR_VERIFY_NEW(verify, uint32_t, verify->n_clients),
    };
    uint32_t *previous = SR_VERIFY_NEW(verify, uint32_t, verify->n_all_documents);

    for (uint32_t i = 0; i < verify->n_documents; i++) {
        const SrRecord older = { .document = i, .hint = verify->previous[i] };

        previous[i] = sr_verify_hint(verify, &older);
    }
    judge.context.previous_hint = previous;
    for (unsigned i = 0; i < SR_CHECK_N; i++) {
        SrVerifiedCheck *check = &verify->found->checks[i];

        check->lacking = lacking(verify, (SrCheckId) i);
        check->judgement =
            check->lacking != NULL ? SR_JUDGEMENT_NOT_JUDGED : SR_JUDGEMENT_HOLDS;
        if (!(SR_CHECKS_OF_ALL >> i & 1) && !verify->own_provider && !verify->own_signer)
            check->judgement = SR_JUDGEMENT_NONE;
    }
    judge.checks = sr_checks_new(&judge.context);
    sr_checks_reserve_hints(judge.checks, verify->n_hints + 1);
    judge_all(&judge);
    compare_end(&judge);
    doubt_kept_keys(&judge);
    g_hash_table_unref(judge.there);
    g_hash_table_unref(judge.lost);
    sr_checks_free(judge.checks);
}

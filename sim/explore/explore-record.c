/* Records of what a move does. In a search nobody but the checks takes them, so only those are
 * made that some check looks at. */
#include "explore/explore-private.h"

void
sr_bench_wants(SrExplorePlan *plan)
{
    static const SrEvent events[] = { SR_EVENT_SEND, SR_EVENT_RECEIVE };
    static const unsigned has[] = { 0, SR_HAS_KEY | SR_HAS_CONTENT };

    for (unsigned event = 0; event < SR_EVENT_N; event++)
        if (sr_checks_concern((SrEvent) event, SR_MSG_NONE, 0))
            plan->notes |= 1u << event;
    for (unsigned i = 0; i < 2; i++)
        for (unsigned j = 0; j < 2; j++)
            for (unsigned msg = SR_MSG_NONE + 1; msg < SR_MSG_N; msg++)
                if (sr_checks_concern(events[i], (SrMsg) msg, has[j]))
                    plan->messages[i][j] |= 1u << msg;
}

void
sr_bench_found(Bench *bench, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        const SrFinding *finding = &sr_checks_findings(bench->checks)[i];

        bench->findings[bench->n_findings++] = (Finding){
            .check = finding->check,
            .record = {
                .node = finding->node,
                .event = SR_EVENT_CHECK_FAILED,
                .msg = finding->msg,
                .reason = finding->reason,
                .peer = finding->peer,
                .document = finding->document,
                .hint = finding->hint,
                .key = finding->key,
                .from = finding->from,
                .to = finding->to,
                .check = (uint8_t) finding->check,
                .detail = (uint8_t) finding->detail,
                .number = finding->number,
            },
        };
        if (bench->sink != NULL)
            bench->sink(bench->sink_data, &bench->findings[bench->n_findings - 1].record);
    }
}

static void
emit(Bench *bench, const SrRecord *record)
{
    unsigned n;

    if (G_UNLIKELY(bench->sink != NULL))
        bench->sink(bench->sink_data, record);
    n = sr_checks_step(bench->checks, record);
    if (G_UNLIKELY(n > 0))
        sr_bench_found(bench, n);
}

void
sr_bench_message(Bench *bench, SrEvent event, uint32_t node, uint32_t peer,
                 const SrMessage *message)
{
    bool carries = message->key != SR_KEY_ABSENT || (message->flags & SR_MESSAGE_CONTENT);
    SrRecord *record = &bench->message_record;

    if (bench->sink == NULL &&
        !(bench->plan->messages[event == SR_EVENT_RECEIVE][carries] >> message->type & 1))
        return;
    record->node = node;
    record->event = (uint8_t) event;
    record->msg = message->type;
    record->reason = message->reason;
    record->peer = peer;
    record->document = bench->plan->client_document[message->client];
    record->conn = message->conn;
    record->hint = message->flags & SR_MESSAGE_HINT ? message->hint : SR_HINT_ABSENT;
    record->key = message->key;
    record->has = (uint8_t) ((message->conn != 0 ? SR_HAS_CONN : 0) |
                             (message->reason != SR_REASON_NONE ? SR_HAS_REASON : 0) |
                             (message->flags & SR_MESSAGE_HINT ? SR_HAS_HINT : 0) |
                             (message->flags & SR_MESSAGE_CONTENT ? SR_HAS_CONTENT : 0) |
                             (message->key != SR_KEY_ABSENT ? SR_HAS_KEY : 0));
    emit(bench, record);
}

/* The times of a token, and of the judge. */
static void
set_judgement(const Bench *bench, SrRecord *record, const SrAction *action)
{
    const SrTokenRules *rules = &bench->plan->model->token;
    int64_t token = action->message.token;

    record->token.now = action->when;
    record->token.leeway = rules->leeway;
    if (token == SR_TOKEN_NONE)
        return;
    record->has |= SR_HAS_EXP;
    record->token.exp = sr_token_exp(rules, token);
    if (rules->has_iat) {
        record->has |= SR_HAS_IAT;
        record->token.iat = token;
    }
    if (rules->has_not_before) {
        record->has |= SR_HAS_NBF;
        record->token.nbf = token + rules->not_before;
    }
}

void
sr_bench_note(Bench *bench, uint32_t node, const SrAction *action)
{
    const SrMessage *message = &action->message;
    SrRecord *record = &bench->note_record;

    if (bench->sink == NULL && !(bench->plan->notes >> action->event & 1))
        return;
    *record = (SrRecord){
        .node = node,
        .event = action->event,
        .msg = action->msg,
        .reason = message->reason,
        .peer = SR_NODE_FIRST_CLIENT + action->peer,
        .document = node >= SR_NODE_FIRST_CLIENT
                        ? bench->plan->client_document[node - SR_NODE_FIRST_CLIENT]
                        : action->document,
        .conn = message->conn,
        .hint = message->hint,
        .key = message->key,
        .from = action->from,
        .to = action->to,
        .ok = action->ok,
    };
    if (action->event == SR_EVENT_TOKEN_JUDGED) {
        set_judgement(bench, record, action);
    } else if (action->event == SR_EVENT_SEALED) {
        record->seal.nonce_sender = message->sealer;
        record->seal.nonce_counter = message->counter;
    }
    emit(bench, record);
}

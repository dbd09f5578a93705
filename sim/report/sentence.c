/* Records in words, for people who follow a story. One sentence an event; the node, which is
 * the subject, and the instant stand in columns of their own. Names of hints are written as
 * they are: whoever shows the sentence escapes it. */
#include "session-race/report.h"

static void
append_node(GString *out, const SrNames *names, uint32_t node)
{
    char name[SR_NODE_NAME_MAX];

    if (node >= names->n_nodes) {
        g_string_append(out, "nobody");
        return;
    }
    size_t length = names->node(names->data, node, name);
    g_string_append_len(out, name, (gssize) length);
}

/* "hint u1"; the empty hint, which is not the same as none, is written `hint ""`. */
static void
append_hint(GString *out, const SrNames *names, const SrRecord *record)
{
    char hint[SR_HINT_TEXT_MAX];

    if (record->hint == SR_HINT_ABSENT) {
        g_string_append(out, "no hint");
        return;
    }
    size_t length = names->hint(names->data, record->hint, hint);
    g_string_append(out, "hint ");
    if (length == 0)
        g_string_append(out, "\"\"");
    g_string_append_len(out, hint, (gssize) length);
}

static void
append_key(GString *out, const SrNames *names, const SrRecord *record)
{
    char key[17];

    if (record->key == SR_KEY_ABSENT) {
        g_string_append(out, "no key");
        return;
    }
    size_t length = names->key(names->data, record->key, key);
    g_string_append(out, "key ");
    g_string_append_len(out, key, (gssize) length);
}

static void
append_reason(GString *out, const SrRecord *record)
{
    if (record->reason != SR_REASON_NONE && record->reason < SR_REASON_N)
        g_string_append_printf(out, " (%s)", sr_reason_name(record->reason));
}

static void
append_conn(GString *out, const SrRecord *record)
{
    g_string_append_printf(out, "connection %u", record->conn);
}

static void
append_claim(GString *out, const char *name, int64_t seconds, bool has)
{
    if (has)
        g_string_append_printf(out, ", %s %" G_GINT64_FORMAT, name, seconds);
}

static void
append_claims(GString *out, const SrRecord *record)
{
    append_claim(out, "iat", record->token.iat, record->has & SR_HAS_IAT);
    append_claim(out, "exp", record->token.exp, record->has & SR_HAS_EXP);
    append_claim(out, "nbf", record->token.nbf, record->has & SR_HAS_NBF);
}

static void
append_message(GString *out, const SrRecord *record, const SrNames *names, const char *verb,
               const char *preposition)
{
    g_string_append_printf(out, "%s %s %s ", verb, sr_msg_name(record->msg), preposition);
    append_node(out, names, record->peer);
    if (record->has & SR_HAS_HINT) {
        g_string_append(out, ", ");
        append_hint(out, names, record);
    }
    append_reason(out, record);
}

static void
append_connection(GString *out, const SrRecord *record, const SrNames *names, bool opened)
{
    if (record->node == record->peer) {
        g_string_append(out, opened ? "opens " : "loses ");
        append_conn(out, record);
    } else {
        g_string_append(out, opened ? "accepts " : "sees the end of ");
        append_conn(out, record);
        g_string_append(out, " of ");
        append_node(out, names, record->peer);
    }
    if (!opened)
        append_reason(out, record);
}

static void
append_judgement(GString *out, const SrRecord *record, const SrNames *names)
{
    g_string_append(out, record->reason == SR_REASON_NONE ? "accepts the token of "
                                                          : "refuses the token of ");
    append_node(out, names, record->peer);
    g_string_append_printf(out, " on %s", sr_msg_name(record->msg));
    append_reason(out, record);
    append_claims(out, record);
    append_claim(out, "now", record->token.now, true);
    append_claim(out, "leeway", record->token.leeway, true);
}

static void
append_fault(GString *out, const SrRecord *record, const SrNames *names)
{
    g_string_append_printf(out, "fault: %s ", sr_fault_name(record->action));
    append_node(out, names, record->peer);
}

static void
append_clock(GString *out, const SrRecord *record)
{
    char text[SR_SPAN_TEXT_MAX];

    sr_signed_span_format(record->clock.offset, text);
    g_string_append_printf(out, "sets its clock; it is now off by %s", text);
}

void
sr_record_sentence(const SrRecord *record, const SrNames *names, GString *out)
{
    switch ((SrEvent) record->event) {
    case SR_EVENT_START:
        g_string_append(out, "starts");
        break;
    case SR_EVENT_SEND:
        append_message(out, record, names, "sends", "to");
        break;
    case SR_EVENT_RECEIVE:
        append_message(out, record, names, "receives", "from");
        break;
    case SR_EVENT_LOSE:
        g_string_append_printf(out, "never sees %s", sr_msg_name(record->msg));
        append_reason(out, record);
        break;
    case SR_EVENT_CONNECTION_OPENED:
        append_connection(out, record, names, true);
        break;
    case SR_EVENT_CONNECTION_CLOSED:
        append_connection(out, record, names, false);
        break;
    case SR_EVENT_STATE:
        g_string_append_printf(out, "goes from %s to %s", sr_client_state_name(record->from),
                               sr_client_state_name(record->to));
        break;
    case SR_EVENT_KEY_MADE:
        g_string_append(out, "makes a key under ");
        append_hint(out, names, record);
        break;
    case SR_EVENT_KEY_DISCARDED:
        g_string_append(out, "discards the key under ");
        append_hint(out, names, record);
        append_reason(out, record);
        break;
    case SR_EVENT_KEY_FOUND:
        g_string_append(out, "finds the key under ");
        append_hint(out, names, record);
        break;
    case SR_EVENT_KEY_MISSING:
        g_string_append(out, "has no key under ");
        append_hint(out, names, record);
        break;
    case SR_EVENT_SEALED:
        g_string_append(out, "seals content under ");
        append_hint(out, names, record);
        break;
    case SR_EVENT_OPENED:
        g_string_append(out, record->ok ? "opens the content with the "
                                        : "cannot open the content with the ");
        append_key(out, names, record);
        g_string_append(out, " that it was given under ");
        append_hint(out, names, record);
        break;
    case SR_EVENT_WON:
        g_string_append(out, "wins: its creation is accepted, ");
        append_hint(out, names, record);
        break;
    case SR_EVENT_REJECTED:
        g_string_append(out, "loses: its creation is rejected");
        break;
    case SR_EVENT_RELEASED:
        g_string_append(out, "drops the session of ");
        append_hint(out, names, record);
        append_reason(out, record);
        break;
    case SR_EVENT_ESTABLISHED:
        g_string_append(out, "has the content: the session is established, ");
        append_hint(out, names, record);
        break;
    case SR_EVENT_TOKEN_SIGNED:
        g_string_append(out, "signs a token");
        append_claims(out, record);
        break;
    case SR_EVENT_TOKEN_JUDGED:
        append_judgement(out, record, names);
        break;
    case SR_EVENT_FAULT:
        append_fault(out, record, names);
        break;
    case SR_EVENT_CLOCK:
        append_clock(out, record);
        break;
    case SR_EVENT_COLLABORATING:
        g_string_append(out, "collaborates");
        break;
    case SR_EVENT_FAILED:
        g_string_append(out, "fails");
        if (record->reason != SR_REASON_NONE && record->reason < SR_REASON_N)
            g_string_append_printf(out, "(%s)", sr_reason_name(record->reason));
        break;
    case SR_EVENT_CHECK_FAILED:
        g_string_append_printf(out, "check failed: %s", sr_check_name(record->check));
        break;
    }
    if (names->n_documents > 1 && record->document < names->n_documents) {
        char document[SR_NODE_NAME_MAX];
        size_t length = names->document(names->data, record->document, document);
        g_string_append(out, " [");
        g_string_append_len(out, document, (gssize) length);
        g_string_append_c(out, ']');
    }
}

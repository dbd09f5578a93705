/* Records in words, for people who read a story. Each event is one sentence; its subject (the
 * node) and the instant are in columns of their own. Names of hints are written as they are;
 * the code that shows the sentence escapes it. */
#include "report/report.h"

#include <inttypes.h>
#include <string.h>

char *
sr_names_node(const SrNames *names, uint32_t node)
{
    char name[SR_NODE_NAME_MAX];

    return g_strndup(name, names->node(names->data, node, name));
}

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

/* "hint u1"; an empty hint, which differs from no hint, is written `hint ""`. */
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
append_reason(GString *out, const SrRecord *record, const char *before)
{
    if (record->reason != SR_REASON_NONE && record->reason < SR_REASON_N)
        g_string_append_printf(out, "%s(%s)", before, sr_reason_name(record->reason));
}

static void
append_claim(GString *out, const char *name, int64_t seconds, bool has)
{
    if (has)
        g_string_append_printf(
            out, ", %s %" PRId64 "%s", name, seconds,
            seconds > SR_CLAIM_MILLISECONDS ? ", which looks like milliseconds" : "");
}

/* "calls put keys", "waits for the answer of put keys", "sets a timer", where, and for which of
 * the requests that are open at once. */
static void
append_call(GString *out, const SrNames *names, const SrRecord *record)
{
    char text[SR_NOTE_TEXT_MAX];

    g_string_append(out, record->call.kind == SR_CALL_TIMER    ? "sets a timer"
                         : record->call.leg == SR_LEG_RESPONSE ? "waits for the answer of"
                                                               : "calls");
    if (record->call.label != 0) {
        size_t length = names->text(names->data, record->call.label, text);

        g_string_append_c(out, ' ');
        g_string_append_len(out, text, (gssize) length);
    } else if (record->call.kind == SR_CALL_IO)
        g_string_append(out, " something");
    if (record->call.at != 0) {
        size_t length = names->text(names->data, record->call.at, text);

        g_string_append(out, " at ");
        g_string_append_len(out, text, (gssize) length);
    }
    if (record->call.request != 0)
        g_string_append_printf(out, " (request %" PRIu64 ")", record->call.request);
}

/* Which of two forms the sentence of such an event takes. */
static bool
takes_first(const SrRecord *record)
{
    if (record->event == SR_EVENT_OPENED)
        return record->ok;
    if (record->event == SR_EVENT_TOKEN_JUDGED)
        return record->reason == SR_REASON_NONE;
    return record->node == record->peer;
}

/* Appends the value of @field of a sentence; its words are those of the list of events. */
static void
append_field(GString *out, const SrRecord *record, const SrNames *names, const char *field)
{
    const char *bar = strchr(field, '|');

    if (bar != NULL && takes_first(record))
        g_string_append_len(out, field, bar - field);
    else if (bar != NULL)
        g_string_append(out, bar + 1);
    else if (strcmp(field, "msg") == 0)
        g_string_append(out, sr_msg_name(record->msg));
    else if (strcmp(field, "peer") == 0)
        append_node(out, names, record->peer);
    else if (strcmp(field, "of peer") == 0) {
        if (record->node != record->peer) {
            g_string_append(out, " of ");
            append_node(out, names, record->peer);
        }
    } else if (strcmp(field, "hint") == 0)
        append_hint(out, names, record);
    else if (strcmp(field, "its hint") == 0) {
        if (record->has & SR_HAS_HINT) {
            g_string_append(out, ", ");
            append_hint(out, names, record);
        }
    } else if (strcmp(field, "call") == 0)
        append_call(out, names, record);
    else if (strcmp(field, "wait") == 0)
        g_string_append_printf(out, "%" G_GUINT64_FORMAT, record->call.wait);
    else if (strcmp(field, "id") == 0)
        g_string_append_printf(out, "%" G_GUINT64_FORMAT, record->id);
    else if (strcmp(field, "key") == 0)
        append_key(out, names, record);
    else if (strcmp(field, "reason") == 0)
        append_reason(out, record, " ");
    else if (strcmp(field, "cause") == 0)
        append_reason(out, record, "");
    else if (strcmp(field, "in place") == 0) {
        /* A story says so; see tell_made(). */
        if (record->reason == SR_REASON_OVERWRITTEN)
            g_string_append(out, " in place of the one that it had");
    } else if (strcmp(field, "conn") == 0)
        g_string_append_printf(out, "connection %u", record->conn);
    else if (strcmp(field, "from") == 0)
        g_string_append(out, sr_client_state_name(record->from));
    else if (strcmp(field, "to") == 0)
        g_string_append(out, sr_client_state_name(record->to));
    else if (strcmp(field, "claims") == 0) {
        append_claim(out, "iat", record->token.iat, record->has & SR_HAS_IAT);
        append_claim(out, "exp", record->token.exp, record->has & SR_HAS_EXP);
        append_claim(out, "nbf", record->token.nbf, record->has & SR_HAS_NBF);
    } else if (strcmp(field, "now") == 0)
        g_string_append_printf(out, "%" PRId64, record->token.now);
    else if (strcmp(field, "leeway") == 0)
        g_string_append_printf(out, "%" PRId64, record->token.leeway);
    else if (strcmp(field, "action") == 0)
        g_string_append(out, sr_fault_name((SrFaultAction) record->action));
    else if (strcmp(field, "offset") == 0)
        sr_signed_span_show(out, record->clock.offset);
    else if (strcmp(field, "check") == 0)
        g_string_append(out, sr_check_name(record->check));
    else
        g_assert_not_reached();
}

void
sr_record_sentence(const SrRecord *record, const SrNames *names, GString *out)
{
    static const char *const sentences[SR_EVENT_N] = {
#define EVENT(name, word, sentence, members) [SR_EVENT_##name] = sentence,
#include "session-race/events.def"
    };
    g_auto(GStrv) parts = g_strsplit_set(sentences[record->event], "{}", -1);

    /* Every second part was in braces. */
    for (unsigned i = 0; parts[i] != NULL; i++)
        if (i % 2 == 0)
            g_string_append(out, parts[i]);
        else
            append_field(out, record, names, parts[i]);
    if (names->n_documents > 1 && record->document < names->n_documents &&
        sr_trace_speaks_of_document(record)) {
        char document[SR_NODE_NAME_MAX];
        size_t length = names->document(names->data, record->document, document);
        g_string_append(out, " [");
        g_string_append_len(out, document, (gssize) length);
        g_string_append_c(out, ']');
    }
}

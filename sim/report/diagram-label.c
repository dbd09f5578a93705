/* The texts of a sequence diagram, for all its forms: on arrows, in notes, at lifelines. */
#include <inttypes.h>
#include <string.h>

#include "base/escape.h"
#include "report/diagram-plan-private.h"

#define HINT_SHOWN_MAX 14
#define KEY_SHOWN_MAX 8

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

void
sr_diagram_node_name(const SrTrace *trace, uint32_t node, GString *out)
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
    g_string_append(out, record->clock.offset > 0 ? "clock +" : "clock ");
    sr_signed_span_show(out, record->clock.offset);
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
        sr_diagram_node_name(plan->trace, record->peer, out);
        return note_reason(record, "", SR_TONE_BAD, out);
    case SR_EVENT_FAULT:
        g_string_append(out, sr_fault_name((SrFaultAction) record->action));
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
    /* No line begins with a colon: two of them would be a command in a CI log. */
    while (*p == ':')
        p++;
    /* At least one character, so that every line makes progress. */
    if (p == text)
        p = g_utf8_find_next_char(p, NULL);
    return (gsize) (p - text);
}

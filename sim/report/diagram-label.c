/* The texts of a sequence diagram, for all its forms: on arrows, in notes, at lifelines. */
#include <inttypes.h>

#include "base/escape.h"
#include "report/diagram-plan-private.h"
#include "report/report.h"

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

void
sr_diagram_long_label(const SrDiagramPlan *plan, const SrDiagramMessage *message, GString *out)
{
    sr_diagram_label(plan, message, out);
    if (message->lost != SR_REASON_NONE)
        g_string_append_printf(out, ", lost (%s)", sr_reason_name((SrReason) message->lost));
    if (message->copy)
        g_string_append(out, ", again");
}

#define REACHED SR_DIAGRAM_STEP_REACHED
/* clang-format off */
const SrDiagramNote sr_diagram_notes[SR_EVENT_N] = {
    [SR_EVENT_START]             = { "starts",                  SR_TONE_PLAIN, false, false, 0 },
    [SR_EVENT_CONNECTION_CLOSED] = { "connection closes",       SR_TONE_WARN,  false, true,  REACHED },
    [SR_EVENT_KEY_MADE]          = { "makes",                   SR_TONE_PLAIN, true,  true,  2 },
    [SR_EVENT_KEY_DISCARDED]     = { "discards",                SR_TONE_WARN,  true,  true,  2 },
    [SR_EVENT_KEY_MISSING]       = { "does not know",           SR_TONE_BAD,   true,  true,  7 },
    [SR_EVENT_OPENED]            = { "cannot open the content", SR_TONE_BAD,   false, false, 7 },
    [SR_EVENT_WON]               = { "won with",                SR_TONE_GOOD,  true,  true,  4 },
    [SR_EVENT_REJECTED]          = { "rejected",                SR_TONE_WARN,  false, false, 4 },
    [SR_EVENT_RELEASED]          = { "releases",                SR_TONE_WARN,  true,  true,  5 },
    [SR_EVENT_ESTABLISHED]       = { "established",             SR_TONE_GOOD,  true,  true,  6 },
    [SR_EVENT_TOKEN_JUDGED]      = { "refuses the token of ",   SR_TONE_BAD,   false, true,  0 },
    [SR_EVENT_FAULT]             = { "",                        SR_TONE_WARN,  false, false, REACHED },
    [SR_EVENT_WAITS]             = { "",                        SR_TONE_PLAIN, false, false, 2 },
    [SR_EVENT_REFUSED]           = { "refuses",                 SR_TONE_BAD,   true,  true,  7 },
    [SR_EVENT_STUCK]             = { "",                        SR_TONE_BAD,   false, false, 2 },
    [SR_EVENT_PROVIDER_BROKE]    = { "",                        SR_TONE_BAD,   false, false, 2 },
    [SR_EVENT_KEY_EXPOSED]       = { "shows the key in",        SR_TONE_BAD,   true,  false, 2 },
    [SR_EVENT_CLOCK]             = { "clock ",                  SR_TONE_WARN,  false, false, REACHED },
    [SR_EVENT_COLLABORATING]     = { "collaborates",            SR_TONE_GOOD,  false, false, 7 },
    [SR_EVENT_FAILED]            = { "failed",                  SR_TONE_BAD,   false, true,  REACHED },
    [SR_EVENT_CHECK_FAILED]      = { "check ",                  SR_TONE_BAD,   false, false, REACHED },
};
/* clang-format on */

/* Whether @record makes a key under a hint for which a program of the user's own had made one. */
static bool
makes_anew(const SrTrace *trace, const SrRecord *record)
{
    if (!trace->own_provider || record->event != SR_EVENT_KEY_MADE)
        return false;
    for (const SrRecord *it = trace->records; it < record; it++)
        if (it->event == SR_EVENT_KEY_MADE && it->hint == record->hint &&
            it->document == record->document)
            return true;
    return false;
}

SrTone
sr_diagram_note(const SrDiagramPlan *plan, const SrDiagramRow *row, GString *out)
{
    const SrRecord *record = row->record;
    const SrDiagramNote *note = &sr_diagram_notes[record->event];
    const char *detail = plan->trace->details[record - plan->trace->records];
    bool anew = makes_anew(plan->trace, record);

    g_assert(note->words != NULL);
    g_string_append(out, anew ? "replaces" : note->words);
    if (record->event == SR_EVENT_TOKEN_JUDGED) {
        sr_diagram_node_name(plan->trace, record->peer, out);
    } else if (record->event == SR_EVENT_FAULT) {
        g_string_append(out, sr_fault_name((SrFaultAction) record->action));
    } else if (record->event == SR_EVENT_WAITS || record->event == SR_EVENT_STUCK ||
               record->event == SR_EVENT_PROVIDER_BROKE) {
        sr_record_sentence(record, &plan->trace->names, out);
    } else if (record->event == SR_EVENT_CLOCK) {
        g_string_append(out, record->clock.offset > 0 ? "+" : "");
        sr_signed_span_show(out, record->clock.offset);
    } else if (record->event == SR_EVENT_CHECK_FAILED) {
        sr_put_plain(out, "%-s failed: %s", sr_check_name((SrCheckId) record->check),
                     detail != NULL ? detail : "");
    }
    if (note->shows_hint && record->hint != SR_HINT_ABSENT) {
        g_string_append_c(out, ' ');
        append_hint(plan->trace, record->hint, out);
    }
    if (note->shows_reason && record->reason != SR_REASON_NONE)
        g_string_append_printf(out, " (%s)", sr_reason_name((SrReason) record->reason));
    return anew ? SR_TONE_BAD : note->tone;
}

void
sr_diagram_line_name(const SrDiagramLine *line, GString *out)
{
    g_string_append(out, line->name);
    if (line->others > 0)
        g_string_append_printf(out, " and %" PRIu32 " more", line->others);
}

/* Returns: the bytes of the first line of @text, without the blank after it */
static gsize
break_line(const char *text, unsigned width)
{
    const char *blank = NULL, *p = text;
    unsigned columns = 0;

    for (; *p != '\0'; p = g_utf8_find_next_char(p, NULL)) {
        gunichar c = g_utf8_get_char(p);

        columns += sr_style_columns(c);
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

gsize
sr_diagram_take_line(const char **text, unsigned width)
{
    gsize n = break_line(*text, width);

    *text += n;
    *text += **text == ' ';
    return n;
}

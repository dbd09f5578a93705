/* A sequence diagram as Mermaid text, which GitHub renders.
 *
 * Participants have generated ids. A few characters mean nothing to Mermaid; all others in a
 * label are written as numeric entities. So no name can end a line, begin a directive or open a
 * tag. */
#include <inttypes.h>

#include "report/diagram-private.h"

/* GitHub refuses a diagram of more than 50000 characters. */
#define TEXT_MAX 48000u

static void
append_escaped(GString *out, const char *text)
{
    /* A word that stands alone could be a keyword. */
    bool first = true;

    for (const char *p = text; *p != '\0'; p = g_utf8_find_next_char(p, NULL)) {
        gunichar c = g_utf8_get_char(p);

        if ((c < 0x80 && g_ascii_isalnum((char) c) && !first) || c == ' ' || c == '.' ||
            c == ',' || c == '-')
            g_string_append_c(out, (char) c);
        else if (first && c < 0x80 && g_ascii_isalnum((char) c) &&
                 g_ascii_strncasecmp(p, "end", 3) != 0)
            g_string_append_c(out, (char) c);
        else
            g_string_append_printf(out, "#%" PRIu32 ";", c);
        first = c == ' ';
    }
}

static uint32_t
id_of(const SrDiagramPlan *plan, uint32_t node)
{
    return plan->column[node] + 1;
}

/* Mermaid has no column for times: each label begins with its instant. */
static void
begin_label(const SrDiagramRow *row, GString *text)
{
    g_string_truncate(text, 0);
    sr_span_show(text, row->record->t);
    g_string_append(text, ", ");
}

static void
append_message(const SrDiagramPlan *plan, const SrDiagramRow *row, GString *text, GString *out)
{
    const SrDiagramMessage *message = message_at(plan, row->message);

    begin_label(row, text);
    sr_diagram_long_label(plan, message, text);
    g_string_append_printf(out, "    p%" PRIu32 "%sp%" PRIu32 ": ", id_of(plan, message->from),
                           message->lost != SR_REASON_NONE ? "-x" : "->>",
                           id_of(plan, message->to));
    append_escaped(out, text->str);
    g_string_append_c(out, '\n');
}

/* A note over all lifelines. */
static void
append_remark(const SrDiagramPlan *plan, const char *text, GString *out)
{
    if (plan->lines->len > 1)
        g_string_append_printf(out, "    Note over p1,p%u: ", plan->lines->len);
    else
        g_string_append(out, "    Note over p1: ");
    append_escaped(out, text);
    g_string_append_c(out, '\n');
}

static void
append_note(const SrDiagramPlan *plan, const SrDiagramRow *row, GString *text, GString *out)
{
    begin_label(row, text);
    sr_diagram_note(plan, row, text);
    if (row->kind == SR_DIAGRAM_CHECK) {
        append_remark(plan, text->str, out);
        return;
    }
    g_string_append_printf(out, "    Note over p%" PRIu32 ": ", id_of(plan, row->node));
    append_escaped(out, text->str);
    g_string_append_c(out, '\n');
}

/* Mermaid draws a message once, at the row where it is sent. */
static void
append_row(const SrDiagramPlan *plan, const SrDiagramRow *row, GString *text, GString *out)
{
    if (row->kind == SR_DIAGRAM_NOTE || row->kind == SR_DIAGRAM_CHECK)
        append_note(plan, row, text, out);
    else if (row->kind == SR_DIAGRAM_SEND || (row->kind == SR_DIAGRAM_ARRIVE && row->copied))
        append_message(plan, row, text, out);
}

void
sr_diagram_mermaid(const SrDiagramPlan *plan, GString *out)
{
    g_autoptr(GString) text = g_string_new(NULL);
    gsize start = out->len;

    g_string_append(out, "sequenceDiagram\n    accTitle: ");
    append_escaped(out, plan->title);
    g_string_append_c(out, '\n');
    for (guint i = 0; i < plan->lines->len; i++) {
        g_string_truncate(text, 0);
        sr_diagram_line_name(line_at(plan, i), text);
        g_string_append_printf(out, "    participant p%u as ", i + 1);
        append_escaped(out, text->str);
        g_string_append_c(out, '\n');
    }
    if (plan->lines->len == 0)
        g_string_append(out, "    participant p1 as nothing to show\n");
    for (guint i = 0; i < plan->rows->len && plan->lines->len > 0; i++) {
        const SrDiagramRow *row = row_at(plan, i);
        gsize before = out->len;

        append_row(plan, row, text, out);
        if (out->len - start > TEXT_MAX) {
            g_string_truncate(out, before);
            append_remark(plan, "The rest is too long to show here", out);
            return;
        }
    }
    if (plan->n_left_out > 0) {
        g_string_printf(text, "%" PRIu32 " clients did otherwise", plan->n_left_out);
        append_remark(plan, text->str, out);
    }
}

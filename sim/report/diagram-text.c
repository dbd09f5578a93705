/* A sequence diagram for a terminal of 80 columns: lifelines on the left, words on the right.
 *
 * A line of text is a sent message (with the time that it takes) or a note. The drawing is
 * plain ASCII. Names stand above their lifelines; where one has no room, its lifeline has a number, and a
 * list gives the name. */
#include <inttypes.h>
#include <string.h>

#include "report/diagram-private.h"

#define WIDTH 80u
#define TIME_WIDTH 11u
#define LABEL_WIDTH_MIN 26u

typedef struct {
    const SrDiagramPlan *plan;
    GString *out;
    unsigned pitch;           /* columns from one lifeline to the next */
    unsigned lifelines_width; /* columns of all lifelines */
    char cells[WIDTH + 1];
    bool timed; /* a time was written, which is explained below as `t` */
    SrTime t;
} Pen;

/* Empty lifelines. */
static void
clear_cells(Pen *pen)
{
    memset(pen->cells, ' ', pen->lifelines_width);
    pen->cells[pen->lifelines_width] = '\0';
    for (guint i = 0; i < pen->plan->lines->len; i++)
        pen->cells[i * pen->pitch] = '|';
}

/* Writes a line with the lifelines as they are and @text behind them; further lines of the text
 * have empty lifelines. */
static void
write_lines(Pen *pen, const char *time, const char *text)
{
    unsigned width = WIDTH - TIME_WIDTH - pen->lifelines_width - 1;

    do {
        const char *line = text;
        gsize n = sr_diagram_take_line(&text, width), start = pen->out->len;

        g_string_append_printf(pen->out, "%*s ", (int) TIME_WIDTH - 1, time);
        g_string_append_len(pen->out, pen->cells, pen->lifelines_width);
        g_string_append_c(pen->out, ' ');
        g_string_append_len(pen->out, line, (gssize) n);
        while (pen->out->len > start && pen->out->str[pen->out->len - 1] == ' ')
            g_string_truncate(pen->out, pen->out->len - 1);
        g_string_append_c(pen->out, '\n');
        time = "";
        clear_cells(pen);
    } while (*text != '\0');
}

static void
write_row(Pen *pen, SrTime t, const char *text)
{
    g_autoptr(GString) time = g_string_new(NULL);

    if (!pen->timed || t != pen->t)
        sr_span_show(time, t);
    pen->timed = true;
    pen->t = t;
    write_lines(pen, time->str, text);
}

static void
draw_arrow(Pen *pen, uint32_t from, uint32_t to, bool lost)
{
    unsigned a = from * pen->pitch, b = to * pen->pitch;

    if (a < b) {
        memset(pen->cells + a + 1, '-', b - a - 1);
        pen->cells[b - 1] = lost ? 'x' : '>';
    } else if (a > b) {
        memset(pen->cells + b + 1, '-', a - b - 1);
        pen->cells[b + 1] = lost ? 'x' : '<';
    }
    pen->cells[a] = 'o';
}

static void
write_message(Pen *pen, const SrDiagramRow *row)
{
    const SrDiagramMessage *message = message_at(pen->plan, row->message);
    g_autoptr(GString) text = g_string_new(NULL);

    clear_cells(pen);
    draw_arrow(pen, pen->plan->column[message->from], pen->plan->column[message->to],
               message->lost != SR_REASON_NONE);
    sr_diagram_label(pen->plan, message, text);
    if (message->lost != SR_REASON_NONE)
        g_string_append_printf(text, ", lost (%s)", sr_reason_name((SrReason) message->lost));
    else if (row->copied)
        g_string_append(text, message->copy ? ", arrives again" : ", arrives");
    else if (message->arrived == SR_TIME_NEVER)
        g_string_append(text, ", under way at the end");
    else if (message->arrived > message->sent) {
        g_string_append(text, " +");
        sr_span_show(text, message->arrived - message->sent);
    }
    write_row(pen, row->record->t, text->str);
}

static void
write_note(Pen *pen, const SrDiagramRow *row)
{
    g_autoptr(GString) text = g_string_new(NULL);
    SrTone tone;

    clear_cells(pen);
    if (row->kind == SR_DIAGRAM_NOTE) {
        const SrDiagramLine *line = line_at(pen->plan, pen->plan->column[row->node]);

        g_string_append_printf(text, "%s: ", line->name);
        pen->cells[pen->plan->column[row->node] * pen->pitch] = '*';
    }
    tone = sr_diagram_note(pen->plan, row, text);
    if (tone == SR_TONE_BAD && row->kind == SR_DIAGRAM_NOTE)
        pen->cells[pen->plan->column[row->node] * pen->pitch] = '!';
    write_row(pen, row->record->t, text->str);
}

/* @text over the whole width, further lines behind @indent blanks. */
static void
write_wide(Pen *pen, const char *text, unsigned indent)
{
    unsigned skip = 0;

    do {
        const char *line = text;
        gsize n = sr_diagram_take_line(&text, WIDTH - skip);

        g_string_append_printf(pen->out, "%*s", (int) skip, "");
        g_string_append_len(pen->out, line, (gssize) n);
        g_string_append_c(pen->out, '\n');
        skip = indent;
    } while (*text != '\0');
}

/* Whether the name of lifeline @i has room above it, and cannot be taken for a number. */
static bool
name_fits(const Pen *pen, guint i)
{
    const SrDiagramLine *line = line_at(pen->plan, i);
    bool last = i + 1 == pen->plan->lines->len, letter = false;
    size_t length = strlen(line->name),
           room = last ? WIDTH - TIME_WIDTH - i * pen->pitch : pen->pitch - 1;

    for (size_t k = 0; k < length; k++) {
        if (!g_ascii_isgraph(line->name[k]))
            return false;
        letter |= !g_ascii_isdigit(line->name[k]);
    }
    return letter && line->others == 0 && length <= room;
}

static void
write_names(Pen *pen)
{
    g_autoptr(GString) text = g_string_new(NULL);
    guint n = pen->plan->lines->len;

    g_string_append_printf(pen->out, "\n%*s", (int) TIME_WIDTH, "");
    for (guint i = 0; i < n; i++) {
        if (name_fits(pen, i))
            g_string_assign(text, line_at(pen->plan, i)->name);
        else
            g_string_printf(text, "%u", i + 1);
        g_string_append_printf(pen->out, "%-*s", i + 1 < n ? (int) pen->pitch : 1, text->str);
    }
    g_string_append_c(pen->out, '\n');
}

static void
write_heading(Pen *pen)
{
    g_autoptr(GString) text = g_string_new(NULL);
    bool any = pen->plan->n_left_out > 0;

    write_wide(pen, pen->plan->title, 0);
    for (guint i = 0; i < pen->plan->lines->len; i++)
        any |= !name_fits(pen, i);
    g_string_append(pen->out, any ? "\n" : "");
    for (guint i = 0; i < pen->plan->lines->len; i++) {
        if (name_fits(pen, i))
            continue;
        g_string_printf(text, "  %2u  ", i + 1);
        sr_diagram_line_name(line_at(pen->plan, i), text);
        write_wide(pen, text->str, 6);
    }
    if (pen->plan->n_left_out > 0) {
        g_string_printf(text, "      and %" PRIu32 " clients that did otherwise, not drawn",
                        pen->plan->n_left_out);
        write_wide(pen, text->str, 6);
    }
    write_names(pen);
}

void
sr_diagram_text(const SrDiagramPlan *plan, GString *out)
{
    unsigned n = MAX(plan->lines->len, 1);
    Pen pen = {
        .plan = plan,
        .out = out,
        .pitch = CLAMP((WIDTH - TIME_WIDTH - LABEL_WIDTH_MIN) / n, 3, 7),
    };

    pen.lifelines_width = (n - 1) * pen.pitch + 1;
    g_assert(TIME_WIDTH + pen.lifelines_width < WIDTH - 16);
    if (plan->rows->len == 0 || plan->lines->len == 0) {
        write_wide(&pen, plan->title, 0);
        g_string_append(out, "\nNothing to show: no message is in this part of the trace.\n");
        return;
    }
    write_heading(&pen);
    for (guint i = 0; i < plan->rows->len; i++) {
        const SrDiagramRow *row = row_at(plan, i);

        if (row->kind == SR_DIAGRAM_SEND || (row->kind == SR_DIAGRAM_ARRIVE && row->copied))
            write_message(&pen, row);
        else if (row->kind == SR_DIAGRAM_NOTE || row->kind == SR_DIAGRAM_CHECK)
            write_note(&pen, row);
    }
}

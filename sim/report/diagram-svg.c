/* A sequence diagram as our own SVG: no script, no style sheet, nothing loaded from elsewhere.
 *
 * Events are below each other in their order, not to scale. Each sent message has a row for its
 * label, so that no two labels overlap. Its arrow slants down to the row of its arrival, so
 * messages that overtake one another cross. Labels have an outline in the colour of the paper,
 * which keeps them readable over lines. All lengths are whole pixels, or tenths of a pixel for
 * arrow heads, so that the same trace gives the same bytes everywhere. */
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "report/diagram-private.h"

#include "base/escape.h"

#define MARGIN_LEFT 92
#define MARGIN_RIGHT 16
#define PITCH 172
#define WIDTH_MIN 520
#define ROWS_MAX 4000
#define NOTE_COLUMNS 22u
#define NOTE_LINE 15
#define HEAD_HEIGHT 40
#define HEAD_EVERY 1600 /* pixels, after which a long diagram names its lifelines again */
/* A sheet of paper is at least so much higher than wide, and so many pixels wide, between its margins. */
#define SHEET_HIGHER 13 / 10
#define SHEET_WIDTH 720
/* Below so many pixels from the end of a sheet the next one begins, where a message or a note does, and
 * at any event below the second: what remains has room for a note and the legend. */
#define SHEET_SOON 220
#define SHEET_FULL 140
#define LETTER 7 /* width of a letter of a label, in DejaVu Sans of 12 pixels */

/* ---- colours: those of the figures ---- */

typedef struct {
    const char *paper, *ink, *muted, *soft, *faint;
    const char *tone[SR_TONE_N];
    const char *phase[12]; /* idle, token, connect, key, create, wait, look up, derive, join,
                              collaborate, failed, reconnect */
} Theme;

/* clang-format off */
static const Theme light = {
    "#ffffff", "#24292f", "#59636e", "#d0d7de", "#f3f5f7", { "#59636e", "#009E73", "#E69F00", "#D55E00" },
    { "#d0d7de", "#9AA4AF", "#56B4E9", "#F0E442", "#E69F00", "#DDE2E7", "#0072B2", "#CC79A7", "#8FD6BE", "#009E73", "#D55E00", "#d0d7de" },
};
static const Theme dark = {
    "#14171c", "#d7dce2", "#9aa4af", "#3a424d", "#1d2229", { "#9aa4af", "#1FB58B", "#E69F00", "#F0783C" },
    { "#3a424d", "#9AA4AF", "#56B4E9", "#F0E442", "#E69F00", "#4A535F", "#3D9BD9", "#CC79A7", "#8FD6BE", "#1FB58B", "#F0783C", "#3a424d" },
};
static const char *const phase_names[12] = {
    "idle", "token", "connect", "key", "create", "wait", "look up", "derive", "join", "collaborate", "failed", "reconnect",
};
/* 0: no bar is drawn. */
static const uint8_t phase_of_state[SR_CLIENT_STATE_N] = {
    [SR_CLIENT_IDLE] = 0,        [SR_CLIENT_TOKEN] = 1,      [SR_CLIENT_CONNECTING] = 2,    [SR_CLIENT_REQUESTING] = 2,
    [SR_CLIENT_MAKING_KEY] = 3,  [SR_CLIENT_SEALING] = 4,    [SR_CLIENT_CREATED] = 4,       [SR_CLIENT_WAITING] = 5,
    [SR_CLIENT_UPLOADING] = 4,   [SR_CLIENT_RESUMING] = 6,   [SR_CLIENT_LOOKING_UP] = 6,    [SR_CLIENT_DERIVING] = 7,
    [SR_CLIENT_JOINING] = 8,     [SR_CLIENT_COLLABORATING] = 9, [SR_CLIENT_RECONNECTING] = 11, [SR_CLIENT_FAILED] = 10,
    [SR_CLIENT_CRASHED] = 10,    [SR_CLIENT_CLOSED] = 0,
};
/* clang-format on */

/* ---- the page ---- */

typedef struct {
    int sent, arrived; /* y; 0: not drawn */
} Ends;

/* What is drawn over one another, in pieces, each of which knows where it is. */
typedef struct {
    GString *text;
    GArray *pieces; /* Piece */
} Layer;
typedef struct {
    gsize end;       /* of its text; that of the piece before is its start */
    int top, bottom; /* y */
} Piece;

enum { LIFELINES, BARS, ARROWS, WORDS, LAYER_N };

typedef struct {
    const SrDiagramPlan *plan;
    const Theme *theme;
    guint n_rows; /* that are drawn */
    int width, y;
    int top;      /* where the lifelines begin */
    Ends *ends;   /* of each message */
    int *row_y;   /* of each row */
    int sheet;    /* how high a part may be; 0: there is one */
    GArray *tops; /* int: where each part begins */
    Layer layers[LAYER_N];
    GString *text;
    unsigned phases; /* bits 1 << phase that a bar shows */
} Page;

/* The text of a layer, for the next piece. */
static GString *
layer(Page *page, unsigned i)
{
    return page->layers[i].text;
}

/* What was appended to the layer since its last piece is one from @top to @bottom. */
static void
end_piece(Page *page, unsigned i, int top, int bottom)
{
    Piece piece = { layer(page, i)->len, top, bottom };

    g_array_append_val(page->layers[i].pieces, piece);
}

static int
x_of(const Page *page, uint32_t node)
{
    return MARGIN_LEFT + PITCH / 2 + (int) page->plan->column[node] * PITCH;
}

/* Appends the text @text, broken into lines of at most @columns, that begins at @x and @y; each
 * line is @step below the one before. @attributes: of the element, from its third on. Returns: the
 * y behind the last line */
static int G_GNUC_PRINTF(7, 8) append_lines(GString *out, const char *text, unsigned columns,
                                            int x, int y, int step, const char *attributes, ...)
{
    g_autofree char *rest = NULL;
    va_list arguments;

    va_start(arguments, attributes);
    rest = g_strdup_vprintf(attributes, arguments);
    va_end(arguments);
    do {
        const char *line = text;
        gsize n = sr_diagram_take_line(&text, columns);

        g_string_append_printf(out, "<text x=\"%d\" y=\"%d\" %s>", x, y, rest);
        sr_escape_xml(out, line, n);
        g_string_append(out, "</text>\n");
        y += step;
    } while (*text != '\0');
    return y;
}

/* Returns: how wide the lines of @text are, at most, in pixels */
static int
width_of(const char *text, unsigned columns)
{
    glong widest = 0;

    do {
        const char *line = text;
        gsize n = sr_diagram_take_line(&text, columns);

        widest = MAX(widest, g_utf8_strlen(line, (gssize) n));
    } while (*text != '\0');
    return (int) widest * LETTER;
}

static unsigned
count_lines(const char *text, unsigned width)
{
    unsigned n = 0;

    do {
        sr_diagram_take_line(&text, width);
        n++;
    } while (*text != '\0');
    return n;
}

/* A box with @text in it, around @x, its upper edge at @y. Returns: its height */
static int
draw_box(Page *page, const char *text, int x, int y, int width, unsigned columns,
         const char *colour)
{
    int height = (int) count_lines(text, columns) * NOTE_LINE + 7;

    g_string_append_printf(layer(page, WORDS),
                           "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"4\" "
                           "fill=\"%s\" stroke=\"%s\" stroke-width=\"1.5\"/>\n",
                           x - width / 2, y, width, height, page->theme->paper, colour);
    append_lines(layer(page, WORDS), text, columns, x, y + 15, NOTE_LINE,
                 "text-anchor=\"middle\" fill=\"%s\"", page->theme->ink);
    end_piece(page, WORDS, y, y + height);
    return height;
}

/* ---- labels of messages ---- */

#define LABEL_LINE 14

/* Makes the text of @message in page->text. Returns: the columns of a line of it, which must
 * fit between the two lifelines */
static unsigned
label_of(Page *page, const SrDiagramMessage *message)
{
    int gap = abs(x_of(page, message->to) - x_of(page, message->from));

    g_string_truncate(page->text, 0);
    sr_diagram_long_label(page->plan, message, page->text);
    return (unsigned) MAX(gap - 16, PITCH - 16) * 2 / 13;
}

/* Room for the label above its arrow. */
static int
label_room(Page *page, const SrDiagramRow *row)
{
    const SrDiagramMessage *message = message_at(page->plan, row->message);
    unsigned columns = label_of(page, message);

    return 23 + (int) (count_lines(page->text->str, columns) - 1) * LABEL_LINE;
}

/* ---- laying out, row by row ---- */

/* Arrivals at one instant get separate rows only if they are at one node. */
static int
place_arrive(Page *page, const SrDiagramRow *row, const SrDiagramRow *before)
{
    bool beside = before != NULL && before->kind == SR_DIAGRAM_ARRIVE && !row->copied &&
                  before->record->t == row->record->t && before->node != row->node;

    if (!beside)
        page->y += row->copied ? label_room(page, row) : 14;
    page->ends[row->message].arrived = page->y;
    return page->y;
}

/* A note beside its lifeline, or over all of them. */
static int
place_note(Page *page, const SrDiagramRow *row)
{
    int y = page->y + 9, width = page->width - MARGIN_LEFT - MARGIN_RIGHT;
    int x = MARGIN_LEFT + width / 2;
    unsigned columns = (unsigned) (width - 16) / LETTER;
    SrTone tone;

    g_string_truncate(page->text, 0);
    tone = sr_diagram_note(page->plan, row, page->text);
    if (row->kind == SR_DIAGRAM_NOTE) {
        x = x_of(page, row->node);
        columns = NOTE_COLUMNS;
        width = MIN((int) g_utf8_strlen(page->text->str, -1), (int) columns) * LETTER + 16;
    }
    page->y =
        y + draw_box(page, page->text->str, x, y, width, columns, page->theme->tone[tone]);
    return y + 11;
}

static int
place_row(Page *page, guint i, const SrDiagramRow *before)
{
    const SrDiagramRow *row = row_at(page->plan, i);

    switch (row->kind) {
    case SR_DIAGRAM_SEND:
        page->y += label_room(page, row);
        page->ends[row->message].sent = page->y;
        break;
    case SR_DIAGRAM_ARRIVE:
        return place_arrive(page, row, before);
    case SR_DIAGRAM_NOTE:
    case SR_DIAGRAM_CHECK:
        return place_note(page, row);
    case SR_DIAGRAM_STATE:
        break;
    }
    return page->y;
}

static void
draw_line_head(Page *page, const SrDiagramLine *line, int y)
{
    int x = x_of(page, line->node);
    bool client = line->node >= SR_NODE_FIRST_CLIENT;

    g_string_append_printf(layer(page, WORDS),
                           "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"5\" "
                           "fill=\"%s\" stroke=\"%s\"/>\n",
                           x - PITCH / 2 + 6, y, PITCH - 12, HEAD_HEIGHT, page->theme->faint,
                           client ? page->theme->ink : page->theme->soft);
    g_string_assign(page->text, line->name);
    sr_diagram_shorten(page->text, 0, 19);
    append_lines(layer(page, WORDS), page->text->str, UINT_MAX, x,
                 y + (line->others > 0 ? 17 : 25), 0,
                 "text-anchor=\"middle\" font-weight=\"bold\" fill=\"%s\"", page->theme->ink);
    if (line->others > 0) {
        g_string_printf(page->text, "and %" PRIu32 " more", line->others);
        append_lines(layer(page, WORDS), page->text->str, UINT_MAX, x, y + 33, 0,
                     "text-anchor=\"middle\" fill=\"%s\"", page->theme->muted);
    }
    end_piece(page, WORDS, y, y + HEAD_HEIGHT);
}

static void
draw_heads(Page *page, int y)
{
    for (guint i = 0; i < page->plan->lines->len; i++)
        draw_line_head(page, line_at(page->plan, i), y);
}

/* Whether heads, of which the last ones are at @last, are due before @row. What arrives, or is only a
 * state, may belong to what is above. */
static bool
are_due(const Page *page, const SrDiagramRow *row, int last)
{
    bool begins = row->kind == SR_DIAGRAM_SEND || row->kind == SR_DIAGRAM_NOTE;
    int used = page->y - g_array_index(page->tops, int, page->tops->len - 1);

    if (page->sheet == 0)
        return begins && page->y - last >= HEAD_EVERY;
    return used >= page->sheet - (begins ? SHEET_SOON : SHEET_FULL) &&
           row->kind != SR_DIAGRAM_STATE;
}

/* Repeats the heads where they are due, at the top of a sheet if there are sheets, with room for what
 * follows. Returns: where the last heads are */
static int
repeat_heads(Page *page, const SrDiagramRow *row, int last)
{
    int top = page->y + 8;

    if (!are_due(page, row, last))
        return last;
    if (page->sheet > 0)
        g_array_append_val(page->tops, top);
    draw_heads(page, page->y + 18);
    page->y += 18 + HEAD_HEIGHT;
    return page->y - HEAD_HEIGHT;
}

static void
place_rows(Page *page)
{
    const SrDiagramRow *before = NULL;
    bool timed = false;
    SrTime time = 0;
    int last = 0, heads = page->top - HEAD_HEIGHT;

    for (guint i = 0; i < page->n_rows; i++) {
        const SrDiagramRow *row = row_at(page->plan, i);
        int above = heads;

        heads = repeat_heads(page, row, heads);
        int y = page->row_y[i] = place_row(page, i, heads == above ? before : NULL);

        if (row->kind == SR_DIAGRAM_STATE)
            continue;
        before = row;
        if ((timed && row->record->t == time) || (timed && y < last + 12))
            continue;
        timed = true;
        time = row->record->t;
        last = y;
        g_string_truncate(page->text, 0);
        sr_span_show(page->text, time);
        append_lines(layer(page, WORDS), page->text->str, UINT_MAX, MARGIN_LEFT - 12, y + 4, 0,
                     "text-anchor=\"end\" font-size=\"11\" fill=\"%s\"", page->theme->muted);
        end_piece(page, WORDS, y - 8, y + 8);
    }
}

/* ---- states ---- */

static void
draw_bar(Page *page, uint32_t node, uint8_t state, int from, int to)
{
    unsigned phase = phase_of_state[state];

    if (phase == 0 || to <= from)
        return;
    page->phases |= 1u << phase;
    g_string_append_printf(layer(page, BARS),
                           "<rect x=\"%d\" y=\"%d\" width=\"8\" height=\"%d\" fill=\"%s\">"
                           "<title>%s</title></rect>\n",
                           x_of(page, node) - 4, from, to - from, page->theme->phase[phase],
                           sr_client_state_name((SrClientState) state));
    end_piece(page, BARS, from, to);
}

static void
draw_bars(Page *page)
{
    uint32_t n_nodes = page->plan->trace->names.n_nodes;
    g_autofree int *since = g_new0(int, n_nodes);
    g_autofree uint8_t *state = g_new0(uint8_t, n_nodes);

    for (guint i = 0; i < page->n_rows; i++) {
        const SrDiagramRow *row = row_at(page->plan, i);

        if (row->kind != SR_DIAGRAM_STATE)
            continue;
        draw_bar(page, row->node, state[row->node], since[row->node], page->row_y[i]);
        state[row->node] = row->record->to;
        since[row->node] = page->row_y[i];
    }
    for (guint i = 0; i < page->plan->lines->len; i++) {
        uint32_t node = g_array_index(page->plan->lines, SrDiagramLine, i).node;

        draw_bar(page, node, state[node], since[node], page->y + 12);
    }
}

/* ---- arrows ---- */

/* The square root, rounded up, by Newton's method, whose steps fall until they reach it. */
static int64_t
whole_root(int64_t square)
{
    int64_t root = MAX(square, 1), next = (root + 1) / 2;

    while (next < root) {
        root = next;
        next = (root + square / root) / 2;
    }
    return root * root < square ? root + 1 : root;
}

/* A point in tenths of a pixel. */
static void
append_point(GString *out, int64_t x, int64_t y)
{
    g_string_append_printf(out, "%" PRId64 ".%d,%" PRId64 ".%d ", x / 10, (int) (x % 10),
                           y / 10, (int) (y % 10));
}

static void
draw_head(Page *page, int x1, int y1, int x2, int y2, const char *colour)
{
    int64_t dx = x2 - x1, dy = y2 - y1, length = whole_root(dx * dx + dy * dy);
    int64_t x = 10 * x2 - 90 * dx / length, y = 10 * y2 - 90 * dy / length;

    g_string_append(layer(page, ARROWS), "<polygon points=\"");
    append_point(layer(page, ARROWS), 10 * x2, 10 * y2);
    append_point(layer(page, ARROWS), x - 40 * dy / length, y + 40 * dx / length);
    append_point(layer(page, ARROWS), x + 40 * dy / length, y - 40 * dx / length);
    g_string_truncate(layer(page, ARROWS), layer(page, ARROWS)->len - 1);
    g_string_append_printf(layer(page, ARROWS), "\" fill=\"%s\"/>\n", colour);
}

/* Whether @message is an answer that a client does not want. */
static bool
is_refusal(const SrDiagramMessage *message)
{
    SrMsg msg = (SrMsg) message->record->msg;

    return msg == SR_MSG_CONNECT_REFUSED || msg == SR_MSG_KEY_REFUSED || msg == SR_MSG_CLOSED;
}

static void
draw_label(Page *page, const SrDiagramMessage *message, int x, int y, int side)
{
    bool bad = is_refusal(message) || message->lost != SR_REASON_NONE;
    unsigned columns = label_of(page, message);

    int lines = (int) count_lines(page->text->str, columns);
    int width = width_of(page->text->str, columns) + 4;

    y -= 5 + (lines - 1) * LABEL_LINE;
    /* No arrow goes through a label: paper lies between them. */
    g_string_append_printf(layer(page, WORDS),
                           "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"%s\"/>\n",
                           side > 0 ? x + 8 : x - 8 - width, y - 11, width, lines * LABEL_LINE,
                           page->theme->paper);
    append_lines(layer(page, WORDS), page->text->str, columns, x + 10 * side, y, LABEL_LINE,
                 "text-anchor=\"%s\" fill=\"%s\" stroke=\"%s\" stroke-width=\"4\" "
                 "stroke-linejoin=\"round\" paint-order=\"stroke\"",
                 side > 0 ? "start" : "end",
                 bad ? page->theme->tone[SR_TONE_BAD] : page->theme->ink, page->theme->paper);
    end_piece(page, WORDS, y - 11, y - 11 + lines * LABEL_LINE);
}

static void
draw_arrow(Page *page, uint32_t i)
{
    const SrDiagramMessage *message = message_at(page->plan, i);
    Ends ends = page->ends[i];
    bool lost = message->lost != SR_REASON_NONE, open = ends.arrived == 0;
    int side = page->plan->column[message->from] < page->plan->column[message->to] ? 1 : -1;
    int x1 = x_of(page, message->from) + 4 * side, x2 = x_of(page, message->to) - 5 * side;
    int y1 = ends.sent != 0 ? ends.sent : ends.arrived;
    int y2 = open ? y1 + 12 : ends.arrived;
    const char *colour =
        lost || is_refusal(message) ? page->theme->tone[SR_TONE_BAD] : page->theme->ink;

    if (message->from == message->to)
        return;
    /* The arrow of a message that is still in flight at the end, or arrives beyond the drawing,
     * ends half-way. */
    if (open)
        x2 = x1 + (x2 - x1) / 2;
    else if (lost)
        x2 -= 12 * side;
    g_string_append_printf(layer(page, ARROWS),
                           "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" stroke=\"%s\" "
                           "stroke-width=\"1.3\"%s/>\n",
                           x1, y1, x2, y2, colour,
                           lost || open ? " stroke-dasharray=\"5 4\"" : "");
    if (lost)
        g_string_append_printf(layer(page, ARROWS),
                               "<path d=\"M%d %dl10 10m0 -10l-10 10\" stroke=\"%s\" "
                               "stroke-width=\"2.5\" fill=\"none\"/>\n",
                               x2 - 5, y2 - 5, page->theme->tone[SR_TONE_BAD]);
    else if (!open)
        draw_head(page, x1, y1, x2, y2, colour);
    end_piece(page, ARROWS, y1 - 6, y2 + 6);
    draw_label(page, message, x_of(page, message->from), y1, side);
}

/* ---- around it ---- */

static void
draw_lines(Page *page)
{
    draw_heads(page, page->top - HEAD_HEIGHT);
    for (guint i = 0; i < page->plan->lines->len; i++) {
        const SrDiagramLine *line = line_at(page->plan, i);
        int x = x_of(page, line->node);

        g_string_append_printf(layer(page, LIFELINES),
                               "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" stroke=\"%s\" "
                               "stroke-width=\"1.5\"/>\n",
                               x, page->top, x, page->y + 12, page->theme->soft);
        end_piece(page, LIFELINES, page->top, page->y + 12);
    }
}

/* The legend of the colours of the bars. */
static void
draw_legend(Page *page)
{
    int x = MARGIN_LEFT;

    if (page->phases == 0)
        return;
    page->y += 22;
    for (unsigned phase = 1; phase < G_N_ELEMENTS(phase_names); phase++) {
        int width = 30 + (int) strlen(phase_names[phase]) * LETTER + 6;

        if (!(page->phases >> phase & 1))
            continue;
        if (x + width > page->width) {
            x = MARGIN_LEFT;
            page->y += 20;
        }
        g_string_append_printf(
            layer(page, WORDS),
            "<rect x=\"%d\" y=\"%d\" width=\"10\" height=\"10\" fill=\"%s\"/>\n", x,
            page->y - 9, page->theme->phase[phase]);
        append_lines(layer(page, WORDS), phase_names[phase], UINT_MAX, x + 16, page->y, 0,
                     "fill=\"%s\"", page->theme->muted);
        end_piece(page, WORDS, page->y - 11, page->y + 4);
        x += width;
    }
}

static void
draw_remark(Page *page, const char *text)
{
    unsigned columns = (unsigned) (page->width - MARGIN_LEFT - MARGIN_RIGHT) / LETTER;

    int top = page->y + 8;

    page->y = append_lines(layer(page, WORDS), text, columns, MARGIN_LEFT, page->y + 20, 20,
                           "fill=\"%s\"", page->theme->muted) -
              20;
    end_piece(page, WORDS, top, page->y + 4);
}

static void
draw_remarks(Page *page)
{
    if (page->plan->n_left_out > 0) {
        g_string_printf(page->text, "%" PRIu32 " clients did otherwise and are not drawn.",
                        page->plan->n_left_out);
        draw_remark(page, page->text->str);
    }
    if (page->n_rows < page->plan->rows->len)
        draw_remark(page, "The rest is not drawn: --between, --node and --step choose a part.");
    if (page->plan->rows->len == 0 || page->plan->lines->len == 0)
        draw_remark(page, "Nothing to show: no message is in this part of the trace.");
}

static void
draw_title(Page *page)
{
    unsigned columns = (unsigned) (page->width - 36) / 11;

    page->y = 10;
    if (*page->plan->title != '\0')
        page->y = append_lines(layer(page, WORDS), page->plan->title, columns, 18, page->y + 22,
                               22, "font-size=\"17\" font-weight=\"bold\" fill=\"%s\"",
                               page->theme->ink) -
                  22;
    end_piece(page, WORDS, 0, page->y + 4);
}

/* Appends those pieces of the layer that are between @top and @bottom. */
static void
append_layer(const Layer *layer, int top, int bottom, GString *out)
{
    gsize start = 0;

    for (guint i = 0; i < layer->pieces->len; i++) {
        const Piece *piece = &g_array_index(layer->pieces, Piece, i);

        if (piece->top < bottom && piece->bottom > top)
            g_string_append_len(out, layer->text->str + start, (gssize) (piece->end - start));
        start = piece->end;
    }
    g_assert(start == layer->text->len);
}

/* The part from @top to @bottom as a picture of its own. */
static void
append_page(const Page *page, int top, int bottom, GString *out)
{
    const char *title = *page->plan->title != '\0' ? page->plan->title : "Sequence diagram";

    g_string_append(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    g_string_append_printf(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 %d %d %d\" width=\"%d\" "
        "height=\"%d\" role=\"img\" aria-labelledby=\"title\" font-family=\"DejaVu Sans, "
        "Verdana, sans-serif\" font-size=\"12\">\n<title id=\"title\">",
        top, page->width, bottom - top, page->width, bottom - top);
    sr_escape_xml(out, title, strlen(title));
    g_string_append(out, "</title>\n<rect");
    if (top > 0)
        g_string_append_printf(out, " y=\"%d\"", top);
    g_string_append_printf(out, " width=\"%d\" height=\"%d\" fill=\"%s\"/>\n", page->width,
                           bottom - top, page->theme->paper);
    for (unsigned i = 0; i < LAYER_N; i++)
        append_layer(&page->layers[i], top, bottom, out);
    g_string_append(out, "</svg>\n");
}

/* Draws it all in parts, as high as a sheet of paper if @sheets; else in one. */
static GPtrArray *
draw(const SrDiagramPlan *plan, bool sheets)
{
    GPtrArray *parts = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GArray) tops = g_array_new(FALSE, FALSE, sizeof(int));
    g_autofree Ends *ends = g_new0(Ends, MAX(plan->messages->len, 1));
    g_autofree int *row_y = g_new0(int, MAX(plan->rows->len, 1));
    int width = MARGIN_LEFT + (int) plan->lines->len * PITCH + MARGIN_RIGHT, top = 0;
    Page page = {
        .plan = plan,
        .theme = plan->options->dark ? &dark : &light,
        .n_rows = MIN(plan->rows->len, ROWS_MAX),
        .width = MAX(width, WIDTH_MIN),
        .ends = ends,
        .row_y = row_y,
        .tops = tops,
        .text = text,
    };

    if (sheets)
        page.sheet = MAX(page.width, SHEET_WIDTH) * SHEET_HIGHER;
    g_array_append_val(tops, top);
    for (unsigned i = 0; i < LAYER_N; i++)
        page.layers[i] =
            (Layer){ g_string_new(NULL), g_array_new(FALSE, FALSE, sizeof(Piece)) };
    draw_title(&page);
    if (plan->lines->len > 0) {
        page.top = page.y += 18 + HEAD_HEIGHT;
        place_rows(&page);
        draw_bars(&page);
        for (guint i = 0; i < plan->messages->len; i++)
            if (ends[i].sent != 0 || ends[i].arrived != 0)
                draw_arrow(&page, i);
        draw_lines(&page);
        page.y += 12;
    }
    draw_legend(&page);
    draw_remarks(&page);
    for (guint i = 0; i < tops->len; i++) {
        GString *part = g_string_new(NULL);

        append_page(&page, g_array_index(tops, int, i),
                    i + 1 < tops->len ? g_array_index(tops, int, i + 1) : page.y + 18, part);
        g_ptr_array_add(parts, g_string_free(part, FALSE));
    }
    for (unsigned i = 0; i < LAYER_N; i++) {
        g_string_free(page.layers[i].text, TRUE);
        g_array_unref(page.layers[i].pieces);
    }
    return parts;
}

void
sr_diagram_svg(const SrDiagramPlan *plan, GString *out)
{
    g_autoptr(GPtrArray) parts = draw(plan, false);

    g_string_append(out, g_ptr_array_index(parts, 0));
}

GPtrArray *
sr_diagram_sheets(const SrTrace *trace, const SrDiagramOptions *options)
{
    g_autoptr(SrDiagramPlan) plan = sr_diagram_plan_new(trace, options, true);

    return draw(plan, true);
}

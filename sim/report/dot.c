/* Writes DOT. The colours are those of the figures' theme (plots/theme.gp), so that a page can turn
 * them dark. */
#include "report/dot.h"

#include <string.h>

#include "report-private.h"

/* A line of a label is broken behind so many characters. */
#define LABEL_COLUMNS 34u

#define FONT "fontname=\"DejaVu Sans\""
#define INK "#24292f"
#define MUTED "#59636e"
#define SOFT "#d0d7de"
#define FAINT "#f3f5f7"
#define RED "#d55e00"
#define GREEN "#009e73"

/* Appends @text for a string in double quotes, in which Graphviz reads escapes and entities. */
static void
put_text(GString *out, const char *text)
{
    g_autoptr(GString) plain = g_string_new(NULL);

    sr_text_plain(plain, text);
    for (const char *p = plain->str; *p != '\0'; p++)
        switch (*p) {
        case '"':
            g_string_append(out, "\\\"");
            break;
        case '\\':
            g_string_append(out, "\\\\");
            break;
        case '&':
            g_string_append(out, "&amp;");
            break;
        default:
            g_string_append_c(out, *p);
        }
}

/* The same in lines, broken at blanks. */
static void
put_lines(GString *out, const char *text)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    size_t width = 0;

    for (unsigned i = 0; words[i] != NULL; i++) {
        size_t n = (size_t) g_utf8_strlen(words[i], -1);

        if (i > 0 && width + n >= LABEL_COLUMNS) {
            g_string_append(out, "\\n");
            width = 0;
        } else if (i > 0) {
            g_string_append_c(out, ' ');
        }
        put_text(out, words[i]);
        width += n + 1;
    }
}

static void
begin(GString *out, const char *title)
{
    g_string_append(out, "digraph exploration {\n"
                         "  graph [rankdir=TB, bgcolor=\"#ffffff\", " FONT ", fontsize=14, "
                         "fontcolor=\"" INK "\", labelloc=t, label=\"");
    put_text(out, title);
    g_string_append(out, "\"];\n"
                         "  node [" FONT ", fontsize=11, fontcolor=\"" INK "\", color=\"" SOFT
                         "\", style=filled, fillcolor=\"" FAINT "\"];\n"
                         "  edge [" FONT ", fontsize=10, fontcolor=\"" MUTED
                         "\", color=\"" MUTED "\", arrowsize=0.7];\n");
}

void
sr_dot_way(GString *out, const char *title, char *const *steps, const char *check)
{
    unsigned n = 0;

    begin(out, title);
    g_string_append(out, "  node [shape=box, height=0.3];\n  edge [minlen=1];\n"
                         "  graph [ranksep=0.2];\n");
    for (; steps[n] != NULL; n++) {
        g_string_append_printf(out, "  s%u [label=\"%u  ", n + 1, n + 1);
        put_lines(out, steps[n]);
        g_string_append(out, "\"];\n");
        if (n > 0)
            g_string_append_printf(out, "  s%u -> s%u;\n", n, n + 1);
    }
    g_string_append(out, "  failure [label=\"");
    put_text(out, check);
    g_string_append(out, " fails\", color=\"" RED "\", fontcolor=\"" RED
                         "\", fillcolor=\"#ffffff\"];\n");
    if (n > 0)
        g_string_append_printf(out, "  s%u -> failure [color=\"" RED "\"];\n", n);
    g_string_append(out, "}\n");
}

/* Appends the moves between the states of @moves[@at], which are not yet in @done. */
static void
put_edge(GString *out, const SrDotMove *moves, size_t n_moves, size_t at, bool *done)
{
    const SrDotMove *first = &moves[at];
    bool fails = false, on_way = false, told = false;

    g_string_append_printf(out, "  s%u -> s%u [label=\"", first->from, first->to);
    for (size_t i = at; i < n_moves; i++) {
        if (moves[i].from != first->from || moves[i].to != first->to)
            continue;
        done[i] = true;
        /* The blanks keep the words clear of the arrow. */
        g_string_append(out, told ? "\\n  " : "  ");
        put_lines(out, moves[i].text);
        told = true;
        fails |= moves[i].fails;
        on_way |= moves[i].on_way;
    }
    g_string_append_printf(out, "\"%s%s];\n",
                           fails ? ", color=\"" RED "\", fontcolor=\"" RED "\"" : "",
                           on_way ? ", penwidth=2.5" : "");
}

void
sr_dot_states(GString *out, const char *title, const SrDotState *states, size_t n_states,
              const SrDotMove *moves, size_t n_moves)
{
    g_autofree bool *done = g_new0(bool, MAX(n_moves, 1));

    begin(out, title);
    g_string_append(out, "  node [shape=circle, width=0.35, fixedsize=true];\n");
    for (size_t i = 0; i < n_states; i++)
        g_string_append_printf(out, "  s%zu [label=\"%zu\"%s%s%s];\n", i, i,
                               states[i].end ? ", shape=doublecircle"
                               : i == 0      ? ", shape=square"
                                             : "",
                               states[i].fails ? ", color=\"" RED "\""
                               : states[i].end ? ", color=\"" GREEN "\""
                                               : "",
                               states[i].on_way ? ", penwidth=2.5" : "");
    for (size_t i = 0; i < n_moves; i++)
        if (!done[i])
            put_edge(out, moves, n_moves, i, done);
    g_string_append(out, "}\n");
}

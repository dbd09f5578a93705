/* Chooses what a sequence diagram of a trace shows, for all its forms: from everything in the
 * trace what the options select, and from that what fits onto the lifelines. */
#include <string.h>

#include "base/escape.h"
#include "report/diagram-plan-private.h"

/* ---- what the options choose ---- */

static bool
is_within(const SrDiagramOptions *options, SrTime t)
{
    return t != SR_TIME_NEVER && t >= options->from && (options->to == 0 || t <= options->to);
}

static bool
message_is_chosen(const SrDiagramPlan *plan, const SrDiagramMessage *message)
{
    const SrDiagramOptions *options = plan->options;

    return (options->steps == 0 || options->steps >> message->step & 1) &&
           (is_chosen_node(options, message->from) || is_chosen_node(options, message->to)) &&
           (is_within(options, message->sent) || is_within(options, message->arrived));
}

static bool
row_is_chosen(const SrDiagramPlan *plan, const SrDiagramRow *row, const void *data)
{
    const SrDiagramOptions *options = plan->options;
    bool of_step = options->steps == 0 || options->steps >> row->step & 1;

    (void) data;

    switch (row->kind) {
    case SR_DIAGRAM_SEND:
    case SR_DIAGRAM_ARRIVE:
        return message_is_chosen(plan, message_at(plan, row->message));
    case SR_DIAGRAM_STATE: /* a state may have begun before the selected part */
        return is_chosen_node(options, row->node);
    case SR_DIAGRAM_CHECK:
        return is_within(options, row->record->t) &&
               (is_chosen_node(options, row->node) ||
                (row->record->detail != SR_DETAIL_NONE &&
                 is_chosen_node(options, row->record->peer))) &&
               of_step;
    case SR_DIAGRAM_NOTE:
        return is_within(options, row->record->t) && is_chosen_node(options, row->node) &&
               of_step;
    }
    return false;
}

void
sr_diagram_keep_rows(SrDiagramPlan *plan,
                     bool (*is_kept)(const SrDiagramPlan *plan, const SrDiagramRow *row,
                                     const void *data),
                     const void *data)
{
    guint kept = 0;

    for (guint i = 0; i < plan->rows->len; i++) {
        SrDiagramRow row = *row_at(plan, i);

        if (is_kept(plan, &row, data))
            g_array_index(plan->rows, SrDiagramRow, kept++) = row;
    }
    g_array_set_size(plan->rows, kept);
}

/* ---- in and out ---- */

static void
line_clear(void *data)
{
    SrDiagramLine *line = data;

    g_free(line->name);
}

SrDiagramPlan *
sr_diagram_plan_new(const SrTrace *trace, const SrDiagramOptions *options, bool folds)
{
    SrDiagramPlan *plan = g_new0(SrDiagramPlan, 1);
    GString *title = g_string_new(NULL);

    plan->trace = trace;
    plan->options = options;
    plan->messages = g_array_new(FALSE, FALSE, sizeof(SrDiagramMessage));
    plan->rows = g_array_new(FALSE, FALSE, sizeof(SrDiagramRow));
    plan->lines = g_array_new(FALSE, FALSE, sizeof(SrDiagramLine));
    g_array_set_clear_func(plan->lines, line_clear);
    plan->column = g_new(uint32_t, trace->names.n_nodes);
    memset(plan->column, 0xff, sizeof *plan->column * trace->names.n_nodes);
    sr_escape_terminal(title, trace->scenario, strlen(trace->scenario));
    plan->title = g_string_free(title, FALSE);
    sr_diagram_pass(plan);
    sr_diagram_keep_rows(plan, row_is_chosen, NULL);
    sr_diagram_make_lines(plan, folds);
    sr_diagram_keep_drawn(plan);
    return plan;
}

void
sr_diagram_plan_free(SrDiagramPlan *plan)
{
    if (plan == NULL)
        return;
    g_array_unref(plan->messages);
    g_array_unref(plan->rows);
    g_array_unref(plan->lines);
    g_free(plan->column);
    g_free(plan->title);
    g_free(plan);
}

void
sr_diagram_write(const SrTrace *trace, const SrDiagramOptions *options, GString *out)
{
    static void (*const writers[SR_DIAGRAM_FORMAT_N])(const SrDiagramPlan *, GString *) = {
        [SR_DIAGRAM_SVG] = sr_diagram_svg,
        [SR_DIAGRAM_MERMAID] = sr_diagram_mermaid,
        [SR_DIAGRAM_TEXT] = sr_diagram_text,
        [SR_DIAGRAM_PERFETTO] = sr_diagram_perfetto,
    };
    /* Perfetto can show thousands of tracks, so each client has its own. */
    g_autoptr(SrDiagramPlan) plan =
        sr_diagram_plan_new(trace, options, options->format != SR_DIAGRAM_PERFETTO);

    g_assert((unsigned) options->format < SR_DIAGRAM_FORMAT_N);
    writers[options->format](plan, out);
}

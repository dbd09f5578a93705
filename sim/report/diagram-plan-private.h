/* What makes the plan of a sequence diagram, in three steps: a pass over the records, what the
 * options choose of it, and the lifelines that it is drawn on. */
#pragma once

#include "report/diagram-private.h"

#define NOT_DRAWN UINT32_MAX

static inline SrDiagramMessage *
message_at(const SrDiagramPlan *plan, uint32_t i)
{
    return &g_array_index(plan->messages, SrDiagramMessage, i);
}

/* Whether the options ask for @node: where they name none, for all. */
static inline bool
is_chosen_node(const SrDiagramOptions *options, uint32_t node)
{
    for (size_t i = 0; i < options->n_nodes; i++)
        if (options->nodes[i] == node)
            return true;
    return options->n_nodes == 0;
}

/* Joins every sending with its receipt or loss, and notes what else is worth drawing: the messages
 * and all rows. */
void sr_diagram_pass(SrDiagramPlan *plan);
/* Makes the lifelines of what the rows show, in an order in which most arrows are short. Clients
 * that did the same, in the same order, become one when there are too many for one each and
 * @folds. */
void sr_diagram_make_lines(SrDiagramPlan *plan, bool folds);
/* Keeps the rows of what is drawn. */
void sr_diagram_keep_drawn(SrDiagramPlan *plan);
/* Appends the name of @node as a terminal may show it. */
void sr_diagram_node_name(const SrTrace *trace, uint32_t node, GString *out);

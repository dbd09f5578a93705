/* How the plan of a sequence diagram is made, in three steps: a pass over the records, the
 * choice by the options, and the lifelines. */
#pragma once

#include "report/diagram-private.h"

#define NOT_DRAWN UINT32_MAX

/* Whether the options select @node; if they name no node, they select all. */
static inline bool
is_chosen_node(const SrDiagramOptions *options, uint32_t node)
{
    for (size_t i = 0; i < options->n_nodes; i++)
        if (options->nodes[i] == node)
            return true;
    return options->n_nodes == 0;
}

/* Joins every sent message with its receipt or loss, and collects other events worth drawing:
 * makes the messages and all rows. */
void sr_diagram_pass(SrDiagramPlan *plan);
/* Makes the lifelines that the rows need, in an order that keeps most arrows short. With
 * @folds, if there are too many clients, those that did the same in the same order become one.
 */
void sr_diagram_make_lines(SrDiagramPlan *plan, bool folds);
/* Drops the rows of which @is_kept is false; @data is passed to it. */
void sr_diagram_keep_rows(SrDiagramPlan *plan,
                          bool (*is_kept)(const SrDiagramPlan *plan, const SrDiagramRow *row,
                                          const void *data),
                          const void *data);
/* Drops the rows that are not drawn. */
void sr_diagram_keep_drawn(SrDiagramPlan *plan);
/* Appends the name of @node as a terminal may show it. */
void sr_diagram_node_name(const SrTrace *trace, uint32_t node, GString *out);

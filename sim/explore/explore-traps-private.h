/* The edges between the states of a search, to find states from which no end state is
 * reachable. */
#pragma once

#include <glib.h>
#include <stdint.h>

/* An obligatory move from one state to another. */
typedef struct {
    uint32_t from, to;
} SrEdge;

/* In the order in which they were met: level by level. */
typedef struct {
    SrEdge *list;
    size_t n, capacity;
} SrEdges;

static inline void
sr_edges_add(SrEdges *edges, uint32_t from, uint32_t to)
{
    if (G_UNLIKELY(edges->n == edges->capacity)) {
        edges->capacity = MAX(edges->capacity * 2, 1024);
        edges->list = g_renew(SrEdge, edges->list, edges->capacity);
    }
    edges->list[edges->n++] = (SrEdge){ from, to };
}

/* Moves the edges of @other to the end of @edges. */
void sr_edges_join(SrEdges *edges, SrEdges *other);
void sr_edges_clear(SrEdges *edges);

/*
 * @edges: (inout): used up
 * @ends: (element-type uint32_t): the states in which nothing is left to happen
 * @numbers: above the number of every state
 *
 * Returns: from how many of @n_states no state of @ends is reachable
 */
uint64_t sr_traps_find(SrEdges *edges, const GArray *ends, uint64_t numbers, uint64_t n_states);

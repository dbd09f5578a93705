/* Liveness: finds states from which no end state is reachable by obligatory moves.
 *
 * If an end state is reachable from every state of a finite graph, a fair execution, which
 * leaves no possible move out for ever, comes to an end. So it is enough to walk back from the
 * end states and to see whether all states are met. Faults and other optional moves are not
 * edges, since nobody can rely on them to leave a cycle.
 *
 * Edges are in the order of the breadth-first search, so most of them lead to a state that was
 * met later. One walk from the last edge to the first meets nearly all states, and the next
 * walks only have the edges left whose target was not met. */
#include "explore/explore-traps-private.h"

#include <stdbool.h>
#include <string.h>

void
sr_edges_join(SrEdges *edges, SrEdges *other)
{
    if (edges->n + other->n > edges->capacity) {
        edges->capacity = MAX(edges->capacity * 2, edges->n + other->n);
        edges->list = g_renew(SrEdge, edges->list, edges->capacity);
    }
    if (other->n > 0)
        memcpy(&edges->list[edges->n], other->list, other->n * sizeof *other->list);
    edges->n += other->n;
    other->n = 0;
}

void
sr_edges_clear(SrEdges *edges)
{
    g_free(edges->list);
    *edges = (SrEdges){ 0 };
}

/* A set of states, one bit for each. */
typedef struct {
    uint64_t *bits;
    uint64_t n; /* that are set */
} Met;

static inline bool
is_met(const Met *met, uint32_t state)
{
    return met->bits[state / 64] >> state % 64 & 1;
}

static inline void
meet(Met *met, uint32_t state)
{
    met->bits[state / 64] |= UINT64_C(1) << state % 64;
    met->n++;
}

/* Walks once from the last edge to the first. Keeps the edges whose states were not met. */
static void
walk_back(SrEdges *edges, Met *met)
{
    size_t kept = edges->n;

    for (size_t i = edges->n; i > 0; i--) {
        SrEdge edge = edges->list[i - 1];

        if (is_met(met, edge.from))
            continue;
        if (is_met(met, edge.to))
            meet(met, edge.from);
        else
            edges->list[--kept] = edge;
    }
    edges->n -= kept;
    memmove(edges->list, &edges->list[kept], edges->n * sizeof *edges->list);
}

uint64_t
sr_traps_find(SrEdges *edges, const GArray *ends, uint64_t numbers, uint64_t n_states)
{
    g_autofree uint64_t *bits = g_new0(uint64_t, numbers / 64 + 1);
    Met met = { .bits = bits };
    uint64_t before;

    for (guint i = 0; i < ends->len; i++)
        meet(&met, g_array_index(ends, uint32_t, i));
    do {
        before = met.n;
        walk_back(edges, &met);
    } while (met.n > before && edges->n > 0);
    return n_states - met.n;
}

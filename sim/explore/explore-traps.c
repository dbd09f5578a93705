/* Where things go round and round: states from which no end can be reached by what must happen.
 *
 * In a finite graph in which an end can be reached from everywhere, whoever goes on long enough
 * and leaves nothing out for ever comes to one. So it is enough to go back from the ends and to
 * see whether all states are met. Faults and other moves that only may happen are no way out of a
 * circle, and are not among the edges.
 *
 * Edges come in the order of breadth first, so that most of them lead to what was met later: one
 * walk from the last edge to the first meets nearly everything, and the next walks have only those
 * edges before them that led to what was not met. */
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

/* Bits by number. */
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

/* Goes back through @edges, and leaves those that may still lead somewhere. */
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

/* Where things go round and round: states from which no end can be reached by what must happen.
 *
 * In a finite graph in which an end can be reached from everywhere, whoever goes on long enough
 * and leaves nothing out for ever comes to one. So it is enough to go back from the ends and to
 * see whether all states are met. Faults and other moves that only may happen are no way out of a
 * circle, and are not among the edges. */
#include "driver/explore-traps-private.h"

static int
by_state(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *) a, y = *(const uint64_t *) b;

    return x < y ? -1 : x > y;
}

static int
by_target(const void *a, const void *b)
{
    const SrEdge *x = a, *y = b;

    return x->to < y->to ? -1 : x->to > y->to;
}

/* Returns: the place of @state among the sorted @states */
static guint
place_of(const GArray *states, uint64_t state)
{
    guint low = 0, high = states->len;

    while (high - low > 1) {
        guint middle = low + (high - low) / 2;

        if (g_array_index(states, uint64_t, middle) <= state)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* Returns: the first of the sorted @edges that leads to @state, or behind where it would be */
static guint
first_edge(const GArray *edges, uint64_t state)
{
    guint low = 0, high = edges->len;

    while (low < high) {
        guint middle = low + (high - low) / 2;

        if (g_array_index(edges, SrEdge, middle).to < state)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

uint64_t
sr_traps_find(GArray *states, GArray *edges, const GArray *ends)
{
    g_autofree uint8_t *met = g_malloc0((gsize) states->len + 1);
    g_autoptr(GArray) waiting = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    uint64_t n = 0;

    g_array_sort(states, by_state);
    g_array_sort(edges, by_target);
    for (guint i = 0; i < ends->len; i++) {
        uint64_t end = g_array_index(ends, uint64_t, i);

        met[place_of(states, end)] = 1;
        g_array_append_val(waiting, end);
    }
    while (waiting->len > 0) {
        uint64_t to = g_array_index(waiting, uint64_t, waiting->len - 1);

        g_array_set_size(waiting, waiting->len - 1);
        for (guint i = first_edge(edges, to); i < edges->len; i++) {
            const SrEdge *edge = &g_array_index(edges, SrEdge, i);
            guint from;

            if (edge->to != to)
                break;
            from = place_of(states, edge->from);
            if (met[from])
                continue;
            met[from] = 1;
            g_array_append_val(waiting, edge->from);
        }
    }
    for (guint i = 0; i < states->len; i++)
        n += !met[i];
    return n;
}

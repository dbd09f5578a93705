/* A zone: all instants that satisfy some bounds on their differences. A difference bound matrix,
 * always closed: no bound can be made smaller without losing an instant. But for a past instant of which
 * only is asked how much later others can be, how much earlier they can be is left open: ZONE_OPEN. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { VARS_MAX = 48 };

/* More than any bound, and than the sum of two. */
#define ZONE_OPEN (INT32_MAX / 4)

/* bound[i][j] is the greatest x[i] - x[j], in units. */
typedef struct {
    unsigned n;
    int32_t bound[VARS_MAX][VARS_MAX];
} Zone;

static inline void
sr_zone_copy(Zone *to, const Zone *from)
{
    to->n = from->n;
    for (unsigned i = 0; i < from->n; i++)
        memcpy(to->bound[i], from->bound[i], from->n * sizeof(int32_t));
}

/* Adds x[a] - x[b] <= most, which some instants of the zone satisfy. */
static inline void
sr_zone_limit(Zone *zone, unsigned a, unsigned b, int32_t most)
{
    if (zone->bound[a][b] <= most)
        return;
    for (unsigned i = 0; i < zone->n; i++) {
        int32_t via = zone->bound[i][a] + most;

        for (unsigned j = 0; j < zone->n; j++) {
            int32_t other = via + zone->bound[b][j];

            if (other < zone->bound[i][j])
                zone->bound[i][j] = other;
        }
    }
}

/* Returns: whether x[a] - x[b] <= most for some instants of the zone */
static inline bool
sr_zone_allows(const Zone *zone, unsigned a, unsigned b, int32_t most)
{
    return zone->bound[b][a] >= -most;
}

/* Adds an instant that is from lo to hi later than x[from]. Returns: its row */
static inline unsigned
sr_zone_add(Zone *zone, unsigned from, int32_t lo, int32_t hi)
{
    unsigned row = zone->n++;

    for (unsigned j = 0; j < row; j++) {
        zone->bound[row][j] = zone->bound[from][j] + hi;
        zone->bound[j][row] = zone->bound[j][from] - lo;
    }
    zone->bound[row][row] = 0;
    return row;
}

/* Leaves open how much later x[row] is than the others. Nothing follows from that for the differences of
 * the others, which are closed without it, nor for how much later they are than x[row]. */
static inline void
sr_zone_open(Zone *zone, unsigned row)
{
    for (unsigned j = 0; j < zone->n; j++)
        if (j != row)
            zone->bound[row][j] = ZONE_OPEN;
}

/* Keeps only the rows of @list, in that order. */
static inline void
sr_zone_take(Zone *to, const Zone *from, const uint8_t *list, unsigned n)
{
    to->n = n;
    for (unsigned i = 0; i < n; i++) {
        const int32_t *row = from->bound[list[i]];

        for (unsigned j = 0; j < n; j++)
            to->bound[i][j] = row[list[j]];
    }
}

/* What a row of a sweep counts and measures, by name: the one table that results, thresholds and tables
 * for people share. */
#include "session-race/sweep-row.h"

#include <string.h>

enum { NS, S };

/* clang-format off */
static const struct { const char *name; int unit; } measures[SR_MEASURE_N + 1] = {
#define MEASURE(name, word, unit, label) [SR_MEASURE_##name] = { word, unit },
#include "session-race/sweep-row.def"
    [SR_MEASURE_BOTH] = { "time-to-collaborate", NS },
};

static const char *const counters[SR_COUNTER_ENDING] = {
#define COUNTER(name, word) [SR_COUNTER_##name] = word,
#include "session-race/sweep-row.def"
};

static const char *const shares[SR_SHARE_ENDING] = {
#define SHARE(name, word, label) [SR_SHARE_##name] = word,
#include "session-race/sweep-row.def"
};
/* clang-format on */

const char *
sr_sweep_measure_name(unsigned measure)
{
    g_assert(measure <= SR_MEASURE_BOTH);
    return measures[measure].name;
}

bool
sr_sweep_measure_is_seconds(unsigned measure)
{
    g_assert(measure <= SR_MEASURE_BOTH);
    return measures[measure].unit == S;
}

const char *
sr_sweep_counter_name(unsigned counter)
{
    g_assert(counter < SR_COUNTER_N);
    return counter < SR_COUNTER_ENDING
               ? counters[counter]
               : sr_ending_name((SrEnding) (counter - SR_COUNTER_ENDING));
}

const char *
sr_sweep_share_name(unsigned share)
{
    g_assert(share < SR_SHARE_N);
    if (share < SR_SHARE_ENDING)
        return shares[share];
    return share < SR_SHARE_CHECK ? sr_ending_name((SrEnding) (share - SR_SHARE_ENDING))
                                  : sr_check_name((SrCheckId) (share - SR_SHARE_CHECK));
}

const char *
sr_sweep_clients_name(unsigned clients)
{
    g_assert(clients < SR_CLIENTS_N);
    return clients == SR_CLIENTS_LOCKED_OUT
               ? shares[SR_SHARE_LOCKED_OUT]
               : sr_ending_name((SrEnding) (clients - SR_CLIENTS_ENDING));
}

static unsigned
find(const char *(*name_of)(unsigned), unsigned n, const char *name, size_t length)
{
    for (unsigned i = 0; i < n; i++)
        if (strlen(name_of(i)) == length && memcmp(name_of(i), name, length) == 0)
            return i;
    return n;
}

unsigned
sr_sweep_share_lookup(const char *name, size_t length)
{
    return find(sr_sweep_share_name, SR_SHARE_N, name, length);
}

unsigned
sr_sweep_clients_lookup(const char *name, size_t length)
{
    return find(sr_sweep_clients_name, SR_CLIENTS_N, name, length);
}

unsigned
sr_sweep_measure_lookup(const char *name, size_t length)
{
    return find(sr_sweep_measure_name, SR_MEASURE_BOTH + 1, name, length);
}

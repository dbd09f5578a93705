/* What the bench measures and how: subjects are event queues behind one pair of loops, so that only
 * the queue differs between them. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "session-race/time.h"

/** BenchDone: what a loop did. Equal loads give equal @events and @sum, whatever the queue. */
typedef struct {
    uint64_t events, races;
    uint64_t sum;     /* over instants and payloads, in the order in which they came */
    double seconds;   /* of CPU time of all threads, the loop alone */
    double elapsed_s; /* by the clock on the wall; 0 where it does not matter */
} BenchDone;

/** BenchSubject: an event queue. */
typedef struct {
    const char *name;
    /* Hold model: @n_pending events wait, each that is taken is followed by one new at an
     * exponential distance of a mean second, rounded up to a multiple of @quantum. */
    BenchDone (*hold)(size_t n_pending, SrSpan quantum, uint64_t n_events);
    /* The reduced race of loops.h. */
    BenchDone (*race)(uint32_t n_clients, uint64_t n_races);
} BenchSubject;

extern const BenchSubject bench_queue, bench_ranked, bench_ladder, bench_calendar, bench_heap,
    bench_tree, bench_sequence;

/** bench_cpu_s: Returns: CPU seconds of the process so far */
static inline double
bench_cpu_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double) now.tv_sec + 1e-9 * (double) now.tv_nsec;
}

/** BenchPlay: how full races are played. */
typedef struct {
    uint32_t n_clients;
    uint64_t n_races;
    unsigned jobs;   /* threads of a sweep; 0: without one */
    bool digest;     /* compute the digest of the trace */
    uint64_t *bytes; /* (nullable) write the trace to memory; (out): how long it was */
    /* (nullable) of every link; then all clients start at the same instant, and all else is as
     * scenarios have it. Without, they start within 20 ms and the signer takes no time */
    const char *latency;
    uint64_t n_points; /* of a sweep, each with @n_races of its own; 0: 1 */
    bool graph;        /* of a sweep: seeds walk on its graph, where the program has one */
} BenchPlay;

/** BENCH_LATENCY: of all links in the race that is also written by hand. */
#define BENCH_LATENCY "uniform(10ms, 80ms)"

/** BenchRace: what one full race came to. */
typedef struct {
    uint64_t messages;
    SrTime end;      /* of its last event */
    uint32_t winner; /* client, from 0 */
} BenchRace;

/** BenchWork: what many full races came to. Sums, which the loop of each subject keeps. */
typedef struct {
    uint64_t races, first_won; /* the first client won so many */
    double messages, messages_squared;
    double end_ms, end_ms_squared;
    double seconds; /* of CPU time, the loop alone */
} BenchWork;

static inline void
bench_work_add(BenchWork *work, const BenchRace *race)
{
    double messages = (double) race->messages, end_ms = 1e-6 * (double) race->end;

    work->races++;
    work->first_won += race->winner == 0;
    work->messages += messages;
    work->messages_squared += messages * messages;
    work->end_ms += end_ms;
    work->end_ms_squared += end_ms * end_ms;
}

/**
 * bench_hand_written:
 * @is_named: whether draws are named as the program's, so that each seed's race is the program's;
 * else they come from one stream
 * @work: (out)
 * @races: (nullable) (out): @n_races, of seeds from 1
 *
 * Full races in bare C, at the same instant with BENCH_LATENCY.
 */
void bench_hand_written(uint32_t n_clients, uint64_t n_races, bool is_named, BenchWork *work,
                        BenchRace *races);
/** bench_played: the same races, played by the program one by one. */
void bench_played(uint32_t n_clients, uint64_t n_races, BenchWork *work, BenchRace *races);
/** bench_simpy: the same by SimPy, which draws its own way. Returns: whether python3 has it; ends the
 * program when it fails */
bool bench_simpy(uint32_t n_clients, uint64_t n_races, BenchWork *work);
/** bench_has_graph: Returns: whether sweeps of this program have a graph */
bool bench_has_graph(void);

/**
 * bench_play:
 *
 * Races of the full protocol, every check on, seed after seed. Ends the program when a check fails.
 */
BenchDone bench_play(const BenchPlay *play);
/** bench_verify: Returns: reading and judging a trace of @n_clients, @n_times; @events are bytes */
BenchDone bench_verify(uint32_t n_clients, unsigned n_times);
/** BENCH_EXPLORE_S: seconds of CPU time that a search may take. */
#define BENCH_EXPLORE_S 90
/** bench_explore: Returns: a search on one thread: @events are states stored, @races is 1 when it
 * came to its end */
BenchDone bench_explore(uint32_t n_clients, uint32_t n_crashes);
/** bench_peak_bytes: Returns: the most memory that the process ever had in use */
uint64_t bench_peak_bytes(void);

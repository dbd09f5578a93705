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
} BenchPlay;

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

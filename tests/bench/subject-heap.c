/* Subject: the 4-ary heap of heap.h. */
#include "heap.h"

#include "bench.h"
#include "loops.h"

const BenchSubject bench_heap = { "heap", loop_hold, loop_race };

/* What the writer and the reader of the results of sweeps share. */
#pragma once

#include <inttypes.h>

#include "report/sweep-file.h"

/* From this number on, JSON uses strings. */
#define SR_SWEEP_NUMBER_MAX ((UINT64_C(1) << 53) - 1)

/* The shape of a result; grows when a member changes its meaning or goes. */
#define SR_SWEEP_FORMAT 2u

/* A statistic of a measure: the name of its member; of a percentile, which one. */
typedef struct {
    const char *name;
    uint32_t per_million; /* 0: n, mean, min or max */
} SrSweepStatistic;
#define SR_SWEEP_STATISTICS_N 9
extern const SrSweepStatistic sr_sweep_statistics[SR_SWEEP_STATISTICS_N];
/* Returns: the value of statistic @i, which is in their order */
uint64_t sr_sweep_statistic(const SrHistogram *histogram, unsigned i);

/* Appends the first line. */
void sr_sweep_write_head(GString *out, const SrSweepHead *head);
/* Appends the line of a point. @parts are not adjacent. */
void sr_sweep_write_point(GString *out, uint64_t point, const GPtrArray *at,
                          const GArray *parts, const SrSweepRow *row);
/* Appends the end of the line, from `"counters"` on: the numbers from which all else is
 * computed. */
void sr_sweep_write_numbers(GString *out, const SrSweepRow *row);
/* Appends the last line. */
void sr_sweep_write_end(GString *out, uint64_t n_points, bool complete, const char *digest);

/* Returns: whether @parts cover all of @seeds */
bool sr_sweep_parts_whole(const GArray *parts, SrSeedRange seeds);
/* Adds @part, which comes after all @parts. */
void sr_sweep_parts_append(GArray *parts, SrSeedRange part);

SrSweepPoint *sr_sweep_point_new(uint64_t number);
void sr_sweep_point_free(void *point);
/* Returns: whether every seed of every point was run */
bool sr_sweep_file_is_complete(const SrSweepFile *file);

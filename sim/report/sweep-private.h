/* What the writer and the reader of the results of sweeps share. */
#pragma once

#include "report/sweep-file.h"

/* From this number on, JSON uses strings. */
#define SR_SWEEP_NUMBER_MAX ((UINT64_C(1) << 53) - 1)

/* Members of `shares`. */
#define SR_SWEEP_SHARES_N 8
extern const SrSweepCounter sr_sweep_shares[SR_SWEEP_SHARES_N];

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

/* XXH3-128 as text. */
void sr_sweep_digest(const void *bytes, size_t n, char digest[33]);

SrSweepPoint *sr_sweep_point_new(uint64_t number);
void sr_sweep_point_free(void *point);
/* Returns: whether every seed of every point was run */
bool sr_sweep_file_is_complete(const SrSweepFile *file);

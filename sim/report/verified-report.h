/* The findings of a verification, for people and for other programs. */
#pragma once

#include "report/style.h"
#include "session-race/trace-reader.h"
#include "session-race/verified.h"

/** SrVerifiedCase: one log and its findings. Everything is borrowed. */
typedef struct {
    const char *const *files; /* n_files: as they were given, any bytes */
    unsigned n_files;
    const SrTrace *trace;
    const SrVerified *verified;
    bool has_expected; /* a scenario says which checks are to fail */
    uint32_t expected; /* bits 1 << SrCheckId */
} SrVerifiedCase;

/** sr_verified_as_expected: Returns: whether every line is explained and exactly the expected
 * checks fail; without a scenario, whether none fails */
bool sr_verified_as_expected(const SrVerifiedCase *verified_case);
/** sr_verified_human: appends the case for people; with @quiet only if it is not as expected.
 */
void sr_verified_human(const SrVerifiedCase *verified_case, bool quiet, const SrStyle *style,
                       GString *out);
/** sr_verified_json: appends the case as a JSON object; its shape: sim/report/verified-report.c. */
void sr_verified_json(const SrVerifiedCase *verified_case, GString *out);

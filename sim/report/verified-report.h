/* What a verification found, told to people and to other programs. */
#pragma once

#include "report/look.h"
#include "session-race/trace-reader.h"
#include "session-race/verified.h"

/** SrVerifiedCase: one log and what was found in it. Everything is borrowed. */
typedef struct {
    const char *const *files; /* n_files: as they were given, any bytes */
    unsigned n_files;
    const SrTrace *trace;
    const SrVerified *verified;
    bool has_expected; /* a scenario says which checks are to fail */
    uint32_t expected; /* bits 1 << SrCheckId */
} SrVerifiedCase;

/** sr_verified_as_expected: Returns: whether every line is explained and exactly the expected
 * checks fail, none without a scenario */
bool sr_verified_as_expected(const SrVerifiedCase *verified_case);
/** sr_verified_human: appends the case for people; @quiet: only when it is not as expected. */
void sr_verified_human(const SrVerifiedCase *verified_case, bool quiet, const SrLook *look,
                       GString *out);
/** sr_verified_json: appends the case as a JSON object; its shape: sim/report/verified-report.c. */
void sr_verified_json(const SrVerifiedCase *verified_case, GString *out);

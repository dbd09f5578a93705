/* The result and story of a recorded trace, made like those of the run itself. */
#pragma once

#include <glib.h>

#include "result/tally.h"
#include "session-race/trace-reader.h"

/** SrRecordedClient: what else is known of a client. */
typedef struct {
    uint8_t state, reason;
} SrRecordedClient;

/** SrRecorded: a recorded run. A trace has no expectations and no counts of the engine, and does
 * not say whether the limit ended the run. These members of the result are zero. */
typedef struct {
    SrRunResult result;
    /* result.n_failures: the sentences of the failed checks, owned by the trace */
    const char *details[SR_CHECK_N];
    /* State of the counting: */
    SrTally tally;
    SrRecordedClient *clients; /* n_clients */
    uint32_t *hint_key;        /* by hint: the last key that was made under it */
    const SrRecord *cause;     /* (nullable) the last record that is not a finding */
} SrRecorded;

/** sr_recorded_new: Returns: (transfer full): the result of the whole @trace, which must outlive
 * it */
SrRecorded *sr_recorded_new(const SrTrace *trace);
void sr_recorded_free(SrRecorded *recorded);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SrRecorded, sr_recorded_free)
SrOutcomes sr_recorded_outcomes(const SrRecorded *recorded);

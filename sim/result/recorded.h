/* What a recorded trace says of its run, counted and told as the run itself was. */
#pragma once

#include <glib.h>

#include "result/tally.h"
#include "session-race/trace-reader.h"

/** SrRecordedClient: what else is known of a client. */
typedef struct {
    SrTallyClient tally;
    uint8_t state, reason;
} SrRecordedClient;

/** SrRecorded: a recorded run. A trace holds no expectations and no counts of the engine, and it does
 * not say whether the limit ended the run: the result has zeros there. */
typedef struct {
    SrRunResult result;
    const char *details[SR_CHECK_N]; /* result.n_failures: their sentences, the trace's */
    /* Of the counting: */
    SrTally tally;
    SrRecordedClient *clients; /* n_clients */
    uint32_t *hint_key;        /* by hint: the key that was made under it last */
    const SrRecord *cause;     /* (nullable) the last record that is not a finding */
} SrRecorded;

/** sr_recorded_new: Returns: (transfer full): what the whole @trace says; it must outlive that */
SrRecorded *sr_recorded_new(const SrTrace *trace);
void sr_recorded_free(SrRecorded *recorded);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SrRecorded, sr_recorded_free)
SrOutcomes sr_recorded_outcomes(const SrRecorded *recorded);

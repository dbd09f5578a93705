/* What a run tells, as text for a golden file. */
#pragma once

#include "run/run-fixture.h"

#include <inttypes.h>

/* All that a run counts. */
static inline void
told_result(const SrRunResult *result, GString *text)
{
    g_string_append_printf(
        text,
        "t %" PRIu64 " limit %d records %" PRIu64 " events %" PRIu64 " messages %" PRIu64
        " failed %x winner %u\nclients %u %u %u %u raced %u %u keys %u %u %u orphans %u "
        "%" PRIu64 " tokens %u %u need %" PRIu64 " story %u %u\n",
        result->t, result->at_limit, result->records, result->engine_events, result->messages,
        result->failed, result->winner, result->n_clients, result->n_collaborating,
        result->n_failed, result->n_waiting, result->n_raced, result->raced_documents,
        result->keys_made, result->keys_discarded, result->keys_missing, result->orphans,
        result->orphan_kept_max, result->tokens_judged, result->tokens_refused,
        result->key_need, result->n_story, result->story_left_out);
}

/* Its story, its failures and its clients. */
static inline void
told_records(SrRun *run, const SrRunResult *result, GString *text)
{
    const SrNames *names = sr_run_names(run);

    for (uint32_t i = 0; i < result->n_story; i++) {
        sr_record_format(&result->story[i], names, text);
        g_string_append_c(text, '\n');
    }
    for (uint32_t i = 0; i < result->n_failures; i++) {
        sr_record_format(&result->failures[i].failed, names, text);
        g_string_append_printf(text, " because of %" PRIu64 "\n",
                               result->failures[i].cause.seq);
    }
    for (uint32_t i = 0; i < result->n_clients; i++) {
        SrClientOutcome outcome = sr_run_client(run, i);
        char word[SR_OUTCOME_WORD_MAX];

        g_string_append_printf(text, "%s %d %" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
                               sr_outcome_word(&outcome, word), outcome.accepted,
                               outcome.start_at, outcome.collaborating_at, outcome.failed_at);
    }
}

/* One run into a row: what a sweep keeps of it. As cheap as can be, since it comes on top of every
 * run. */
#include "run/run-private.h"

void
sr_sweep_row_sample(void *data, SrSweepMeasure measure, uint64_t value)
{
    SrSweepRow *row = data;

    sr_histogram_add(&row->measures[measure], value);
}

/* When the first client of each document started. */
static void
find_first_starts(SrRun *run)
{
    const SrModel *model = run->model;

    for (uint32_t i = 0; i < model->n_documents; i++)
        run->first_start[i] = SR_TIME_NEVER;
    for (uint32_t i = 0; i < model->n_clients; i++) {
        SrTime *first = &run->first_start[model->client_document[i]];
        *first = MIN(*first, sr_run_start_at(run, i));
    }
}

static void
take_clients(SrSweepRow *row, SrRun *run)
{
    bool first_won = false, other_won = false;
    uint64_t n_started = 0;

    find_first_starts(run);
    for (uint32_t i = 0; i < run->model->n_clients; i++) {
        const ClientExtra *client = &run->extra[i];

        if (!client->started)
            continue;

        SrTime start_at = sr_run_start_at(run, i);

        n_started++;
        if (client->collaborated)
            sr_histogram_add(
                &row->measures[client->won ? SR_MEASURE_WINNER : SR_MEASURE_REJECTED],
                sr_run_collaborating_at(run, i) - start_at);
        if (client->won) {
            bool first = start_at == run->first_start[run->model->client_document[i]];
            first_won |= first;
            other_won |= !first;
        }
    }
    row->counters[SR_COUNTER_CLIENTS] += n_started;
    row->counters[SR_COUNTER_FIRST_WON] += first_won;
    row->counters[SR_COUNTER_OTHER_WON] += other_won;
    row->counters[SR_COUNTER_NOBODY_WON] += !first_won && !other_won;
}

void
sr_sweep_row_take(SrSweepRow *row, SrRun *run, const SrRunResult *result)
{
    uint64_t *counters = row->counters;

    counters[SR_COUNTER_RUNS]++;
    counters[SR_COUNTER_RACED] += result->raced_documents > 0;
    counters[SR_COUNTER_FAILED] += result->failed != 0;
    counters[SR_COUNTER_AT_LIMIT] += result->at_limit;
    counters[SR_COUNTER_COLLABORATING] += result->n_collaborating;
    counters[SR_COUNTER_CLIENTS_FAILED] += result->n_failed;
    counters[SR_COUNTER_KEYS_MADE] += result->keys_made;
    counters[SR_COUNTER_KEYS_DISCARDED] += result->keys_discarded;
    counters[SR_COUNTER_KEYS_MISSING] += result->keys_missing;
    counters[SR_COUNTER_ORPHANS] += result->orphans;
    counters[SR_COUNTER_RUNS_ORPHANED] += result->orphans > 0;
    counters[SR_COUNTER_TOKENS_JUDGED] += result->tokens_judged;
    counters[SR_COUNTER_TOKENS_REFUSED] += result->tokens_refused;
    counters[SR_COUNTER_RUNS_REFUSED] += result->tokens_refused > 0;
    counters[SR_COUNTER_MESSAGES] += result->messages;
    counters[SR_COUNTER_RECORDS] += result->records;
    counters[SR_COUNTER_EVENTS] += result->engine_events;
    take_clients(row, run);
    if (result->orphans > 0)
        sr_histogram_add(&row->measures[SR_MEASURE_ORPHAN_KEPT], result->orphan_kept_max);
    sr_histogram_add(&row->measures[SR_MEASURE_KEY_NEED], result->key_need);
    for (uint32_t failed = result->failed; failed != 0; failed &= failed - 1)
        sr_sweep_row_fail(row, (SrCheckId) __builtin_ctz(failed), result->seed);
}

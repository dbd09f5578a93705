/* What comes out of random scenarios, against a golden file: the digest of the trace, and another one of
 * all else that a run tells. Each scenario is played under two seeds with one run, so that nothing
 * may be left from the first; and once more as if its clients were many.
 *
 * SR_TEST_SHOW=1 prints what the second digest is of. */
#include "random-scenario.h"
#include "run/run-told.h"
#include "said.h"

#include "run/run-private.h"

#define SCENARIOS 250
#define SEEDS 2
#define REAL_EACH 3 /* so many of them once more with real cryptography */

static void
say_sample(void *data, SrSweepMeasure measure, uint64_t value)
{
    g_string_append_printf(data, "%s %" PRIu64 "\n", sr_sweep_measure_name(measure), value);
}

static void
say_row(const SrSweepRow *row, GString *text)
{
    for (unsigned i = 0; i < SR_COUNTER_N; i++)
        g_string_append_printf(text, "%s %" PRIu64 "\n",
                               sr_sweep_counter_name(i), row->counters[i]);
    for (unsigned i = 0; i < SR_SHARE_N; i++)
        g_string_append_printf(text, "%s %" PRIu64 "\n", sr_sweep_share_name(i),
                               row->shares[i]);
    for (unsigned i = 0; i < SR_MEASURE_N; i++)
        if (row->measures[i].n > 0)
            g_string_append_printf(text, "%s %" PRIu64 " %" PRIu64 "\n",
                                   sr_sweep_measure_name(i),
                                   row->measures[i].n, sr_histogram_mean(&row->measures[i]));
}

/* Returns: (transfer full): the line of scenario @number */
static char *
play(SrRun *run, unsigned number, SrSweepRow *row)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GString) digests = g_string_new(NULL);
    static SrRunResult result;
    const SrRunOptions options = {
        .digest = true, .story = true, .sample = say_sample, .sample_data = text
    };

    sr_sweep_row_clear(row);
    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        assert_true(sr_run_execute(run, seed, &options, &result, NULL));
        sr_sweep_row_take(row, run, &result);
        told_result(&result, text);
        told_records(run, &result, text);
        g_string_append_printf(digests, " %.16s", result.digest);
    }
    say_row(row, text);
    if (g_getenv("SR_TEST_SHOW") != NULL)
        print_message("%s\n", text->str);
    return g_strdup_printf("random scenario %u: %5u records%s, told %016" PRIx64 "\n", number,
                           (unsigned) row->counters[SR_COUNTER_RECORDS], digests->str,
                           (uint64_t) XXH3_64bits(text->str, text->len));
}

/* With real cryptography beside it a run goes as without. */
static void
play_for_real(SrRun *run, const char *line)
{
    static SrRunResult result;
    const SrRunOptions options = { .digest = true, .real_crypto = true };
    g_autofree char *digest = NULL;

    assert_true(sr_run_execute(run, 1, &options, &result, NULL));
    digest = g_strdup_printf(" %.16s ", result.digest);
    assert_non_null(strstr(line, digest));
}

static void
random_scenarios_end_as_before(void **state)
{
    g_autoptr(SrSweepRow) row = sr_sweep_row_new();
    g_autoptr(GString) lines = g_string_new(NULL);

    (void) state;
    for (unsigned number = 1; number <= SCENARIOS; number++) {
        SrStream stream = sr_stream_at(sr_stream_key(number, 1, 1), 0);
        const RandomSpace space = {
            .dimensions =
                (uint32_t) (sr_stream_next(&stream) | sr_stream_next(&stream)) & RANDOM_ALL,
            .n_clients_min = 1,
            .n_clients_max = 5,
        };
        g_autoptr(GString) text = random_scenario(5000 + number, &space);
        g_autoptr(SrScenario) scenario = fixture_parse(text->str);
        g_autoptr(SrRun) near = sr_run_new_large(scenario, UINT32_MAX);
        g_autoptr(SrRun) far = sr_run_new_large(scenario, 0);
        g_autofree char *line = play(near, number, row);
        g_autofree char *again = play(far, number, row);

        assert_string_equal(line, again);
        if (number % REAL_EACH == 0)
            play_for_real(near, line);
        g_string_append(lines, line);
    }
    golden_compare("run-random", lines);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_scenarios_end_as_before),
    };

    return cmocka_run_group_tests_name("random runs", tests, NULL, NULL) != 0;
}

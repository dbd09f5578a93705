/* Changed traces and logs of random scenarios are answered as before: settings and faults of all
 * kinds, which the shipped scenarios do not have together. */
#include "random-scenario.h"
#include "verify/verify-changes.h"

#define RANDOM_SCENARIOS 150

static void
changes_of_random_runs_are_answered_as_before(void **state)
{
    Said of_traces = said_init(), of_logs = said_init();

    (void) state;
    for (unsigned number = 1; number <= MIN(effort_cases(RANDOM_SCENARIOS), RANDOM_SCENARIOS);
         number++) {
        SrStream stream = sr_stream_at(sr_stream_key(number, 7, 7), 0);
        uint64_t some = sr_stream_next(&stream), others = sr_stream_next(&stream);
        const RandomSpace space = {
            .dimensions = (uint32_t) (some | others) & RANDOM_ALL,
            .n_clients_min = 1,
            .n_clients_max = 4,
        };
        g_autoptr(GString) text = random_scenario(8000 + number, &space);
        g_autoptr(SrScenario) scenario = fixture_parse(text->str);

        g_autoptr(GString) trace = fixture_trace(scenario, scenario->seed);

        change_trace(trace, stream, &of_traces);
        change_logs(scenario, number, &of_logs);
    }
    g_autoptr(GString) traces = said_end(&of_traces), logs = said_end(&of_logs);
    if (effort_is_less())
        return;
    golden_compare("verify-changed-random-traces", traces);
    golden_compare("verify-changed-random-logs", logs);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changes_of_random_runs_are_answered_as_before),
    };

    return cmocka_run_group_tests_name("changed random traces", tests, NULL, NULL) != 0;
}

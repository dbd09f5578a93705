/* A property: what this program writes of any scenario is explained to the last line.
 *
 * Scenarios with all kinds of settings and faults are drawn and played. Their traces are verified
 * alone and with the scenario. SR_TEST_EFFORT multiplies how many; SR_TEST_FIRST is the first number. */
#include "effort.h"
#include "random-scenario.h"
#include "verify/verify-fixture.h"

#include <stdio.h>

#define SCENARIOS 600

/* Each scenario leaves out some dimensions, since traces with and without one differ. */
static GString *
make_text(uint64_t number)
{
    SrStream stream = sr_stream_at(sr_stream_key(number, 1, 1), 0);
    const RandomSpace space = {
        .dimensions =
            (uint32_t) (sr_stream_next(&stream) | sr_stream_next(&stream)) & RANDOM_ALL,
        .n_clients_min = 1,
        .n_clients_max = 5,
    };

    return random_scenario(number, &space);
}

static bool
is_explained(const SrTrace *trace, const SrScenario *scenario, uint64_t number)
{
    const SrVerifyOptions options = { .scenario = scenario };
    g_autoptr(SrVerified) found = sr_verify(trace, &options);

    if (found->explained && found->n_nodes_not_judged == 0 &&
        sr_verified_failed(found) == trace->end.failed)
        return true;
    print_error("scenario %u: record %u of node %u: %s\n", (unsigned) number, found->record,
                found->node, found->why);
    return false;
}

static void
traces_of_random_scenarios_are_explained(void **state)
{
    const char *from = g_getenv("SR_TEST_FIRST");
    uint64_t first = from != NULL ? g_ascii_strtoull(from, NULL, 10) : 1;
    uint64_t n = effort_cases(SCENARIOS);
    unsigned n_refused = 0;

    (void) state;
    if (g_getenv("SR_TEST_SHOW") != NULL)
        n = 1;
    for (uint64_t number = first; number < first + n; number++) {
        g_autoptr(GString) text = make_text(number);
        g_autoptr(SrScenario) scenario = fixture_parse(text->str);
        g_autoptr(GString) log = fixture_trace(scenario, scenario->seed);
        g_autoptr(SrTrace) trace = fixture_read(log);

        n_refused +=
            !is_explained(trace, NULL, number) || !is_explained(trace, scenario, number);
        if (g_getenv("SR_TEST_SHOW") != NULL)
            printf("%s", text->str);
    }
    assert_int_equal(n_refused, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(traces_of_random_scenarios_are_explained),
    };

    return cmocka_run_group_tests_name("random traces", tests, NULL, NULL) != 0;
}

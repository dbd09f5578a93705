/* Verification: what this program writes is explained to the last line. */
#include "driver/run-fixture.h"
#include "driver/verify-fixture.h"

static void
check_shipped(const char *path, void *data)
{
    g_autoptr(SrScenario) scenario = fixture_load(path);
    g_autoptr(GString) text = fixture_trace(scenario, scenario->seed);
    g_autoptr(SrTrace) trace = fixture_read(text);
    const SrVerifyOptions from_itself = { 0 }, from_scenario = { .scenario = scenario };
    g_autoptr(SrVerified) alone = sr_verify(trace, &from_itself);
    g_autoptr(SrVerified) compared = sr_verify(trace, &from_scenario);

    if (!alone->explained)
        fail_msg("%s: record %u: %s", path, alone->record, alone->why);
    if (!compared->explained)
        fail_msg("%s, with its scenario: record %u: %s", path, compared->record, compared->why);
    assert_int_equal(sr_verified_failed(alone), trace->end.failed);
    for (unsigned i = 0; i < SR_CHECK_N; i++)
        assert_int_not_equal(alone->checks[i].judgement, SR_JUDGEMENT_NOT_JUDGED);
    ++*(unsigned *) data;
}

static void
every_shipped_scenario_verifies(void **state)
{
    unsigned n = 0;

    (void) state;
    fixture_each_shipped(check_shipped, &n);
    assert_in_range(n, 30, 10000);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_shipped_scenario_verifies),
    };

    return cmocka_run_group_tests_name("verification", tests, NULL, NULL) != 0;
}

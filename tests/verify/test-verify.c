/* Verification explains every line that this program writes. */
#include "run/run-fixture.h"
#include "verify/verify-fixture.h"

#include "session-race/stream.h"

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

/* ---- logs ---- */

typedef struct {
    unsigned n;
    bool notes; /* keep what nodes note besides their messages */
} Projection;

/* Whether a run has links that are not ordered: its trace says so. */
static bool
is_unordered(const GString *text)
{
    const SrVerifyOptions none = { 0 };
    g_autoptr(SrTrace) trace = fixture_read(text);
    g_autoptr(SrVerified) found = sr_verify(trace, &none);

    for (guint i = 0; i < found->notes->len; i++)
        if (strstr(g_ptr_array_index(found->notes, i), "is not ordered") != NULL)
            return true;
    return false;
}

static uint32_t
failed_in(const GString *text)
{
    g_autoptr(SrTrace) trace = fixture_read(text);

    return trace->end.failed;
}

static void
check_projection(const char *path, void *data)
{
    Projection *projection = data;
    g_autoptr(SrScenario) scenario = fixture_load(path);
    g_autoptr(GString) text = fixture_trace(scenario, scenario->seed);
    SrStream stream = sr_stream_at(7, projection->n);
    g_autoptr(GString) log = fixture_log(text, projection->notes, &stream);
    SrTraceFault fault;
    g_autoptr(SrTrace) trace = sr_trace_parse_log("log", log->str, log->len, &fault);
    SrVerifyOptions options = { .unordered = is_unordered(text) };

    projection->n++;
    /* A log must have the server's crash: nothing else shows that it lost its sessions. */
    if (strstr(text->str, "\"action\":\"crash\",\"target\":\"server\"") != NULL &&
        !projection->notes)
        return;
    assert_non_null(trace);

    g_autoptr(SrVerified) found = sr_verify(trace, &options);
    uint64_t line;

    if (!found->explained) {
        sr_trace_place(trace, found->record, &line);
        fail_msg("%s: line %u: %s\n%s", path, (unsigned) line, found->why, log->str);
    }
    /* Checks that fail for the log have failed in the run. */
    if ((sr_verified_failed(found) & ~failed_in(text)) != 0)
        fail_msg("%s: fails in its log:%s", path, fixture_checks(sr_verified_failed(found)));
}

static void
messages_alone_are_explained(void **state)
{
    Projection projection = { .notes = false };

    (void) state;
    fixture_each_shipped(check_projection, &projection);
}

static void
logs_with_notes_are_explained(void **state)
{
    Projection projection = { .notes = true };

    (void) state;
    fixture_each_shipped(check_projection, &projection);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_shipped_scenario_verifies),
        cmocka_unit_test(messages_alone_are_explained),
        cmocka_unit_test(logs_with_notes_are_explained),
    };

    return cmocka_run_group_tests_name("verification", tests, NULL, NULL) != 0;
}

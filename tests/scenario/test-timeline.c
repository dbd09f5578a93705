/* The timeline: every action, and what is wrong with those that are not one. */
#include "scenario/reading.h"

#include "scenario/keys.h"
#include "session-race/record.h"

#define TWO "[client alice]\n[client bob]\n[timeline]\n"

/* clang-format off */
static const struct reading rows[] = {
    { "an instant may come again, in any order", TWO "2s = close bob\n1s = close alice\n1s = close bob\n", "", NULL },
    { "the limit itself is an instant of the run", TWO "60s = close bob\n", "", NULL },
    { "an instant beyond the limit", TWO "61s = close bob\n",
      "4:1: at 61s the run has already ended ['limit' in [scenario] is 1min]", NULL },
    { "an instant beyond a limit that stands below", TWO "3s = close bob\n[scenario]\nlimit = 2s\n",
      "4:1: at 3s the run has already ended ['limit' in [scenario] is 2s]", NULL },
    { "a limit that cannot be read says nothing of instants", TWO "3h = close bob\n[scenario]\nlimit = 2\n",
      "6:9: '2' needs a unit: ns, us, ms, s, min, h, d", NULL },
    { "an instant without unit", TWO "3 = close bob\n", "4:1: '3' needs a unit: ns, us, ms, s, min, h, d", NULL },
    { "no action", TWO "3s =\n", "4:5: no action at '3s'", NULL },
    { "an unknown action and what was meant", TWO "1s = discnnect bob\n",
      "4:6: unknown action 'discnnect' [did you mean 'disconnect'?]", NULL },
    { "an unknown action like no other", TWO "1s = xyzzy bob\n",
      "4:6: unknown action 'xyzzy' [the actions are crash, restart, disconnect, close, partition, outage, slow, step-clock, "
      "sync-clock, upgrade, rotate-master]", NULL },
    { "an unknown client and what was meant", TWO "1s = disconnect bbo\n",
      "4:17: there is no client 'bbo' [did you mean 'bob'?]", NULL },
    { "nobody", TWO "1s = disconnect\n", "4:16: the target is missing: write 'disconnect CLIENT [for D]'", NULL },
    { "a service where a client is asked for", TWO "1s = disconnect server\n", "4:17: 'server' is not a client", NULL },
    { "another service than the server", TWO "1s = crash token-provider\n", "4:12: 'token-provider' is not a client or 'server'", NULL },
    { "a client where a service is asked for", TWO "1s = outage bob for 1s\n",
      "4:13: 'bob' is a client, not a service: server, token-provider or encryption-provider", NULL },
    { "an unknown service", TWO "1s = outage sever for 1s\n",
      "4:13: 'sever' is not a service: server, token-provider or encryption-provider [did you mean 'server'?]", NULL },
    { "only the server is upgraded", TWO "1s = upgrade bob\n", "4:14: 'bob' is a client, not 'server'", NULL },
    { "a partition from a client", TWO "1s = partition alice bob for 1s\n",
      "4:22: 'bob' is a client, not a service: server, token-provider or encryption-provider", NULL },
    { "a partition from nobody", TWO "1s = partition alice\n",
      "4:21: the service is missing: write 'partition CLIENT NODE for D'", NULL },
    { "a partition without end", TWO "1s = partition alice server\n",
      "4:28: 'for D' is missing: write 'partition CLIENT NODE for D'", NULL },
    { "an outage without end", TWO "1s = outage server\n", "4:19: 'for D' is missing: write 'outage NODE for D'", NULL },
    { "a span that is missing", TWO "1s = outage server for\n", "4:23: 'for' needs a duration: write 'outage NODE for D'", NULL },
    { "a span without unit", TWO "1s = outage server for 5\n", "4:24: '5' needs a unit: ns, us, ms, s, min, h, d", NULL },
    { "slowness without measure", TWO "1s = slow server for 5s\n",
      "4:18: 'by' is missing: write 'slow NODE by DIST for D'", NULL },
    { "slowness by nothing", TWO "1s = slow server by for 5s\n", "4:21: 'by' needs an amount: write 'slow NODE by DIST for D'", NULL },
    { "slowness without end", TWO "1s = slow server by 5ms\n", "4:24: 'for D' is missing: write 'slow NODE by DIST for D'", NULL },
    { "slowness by a bad distribution", TWO "1s = slow server by unifrom(1ms, 2ms) for 5s\n",
      "4:21: 'unifrom' is not a distribution [did you mean 'uniform'?]", NULL },
    { "a step without measure", TWO "1s = step-clock bob\n", "4:20: 'by' is missing: write 'step-clock NODE by \xc2\xb1" "D'", NULL },
    { "a step that is no span", TWO "1s = step-clock bob by fast\n",
      "4:24: 'fast' is not a duration [a duration is a number and a unit, such as 250us, 40ms, 1.5s, 2min, 1h or 7d]", NULL },
    { "too much on a line", TWO "1s = restart bob now\n", "4:18: too much on the line: write 'restart CLIENT|server'", NULL },
    { "a word that is not for", TWO "1s = crash bob during 5s\n",
      "4:16: too much on the line: write 'crash CLIENT|server [for D]'", NULL },
    { "the master has no name", TWO "1s = rotate-master now\n", "4:20: too much on the line: write 'rotate-master'", NULL },
    { "a group is all of its members", "[client fan]\ncount = 3\n[timeline]\n1s = crash fan\n2s = crash fan-2\n", "", NULL },
    { "a member too many", "[client fan]\ncount = 3\n[timeline]\n2s = crash fan-4\n",
      "4:12: there is no client 'fan-4'", NULL },
    { "a count that cannot be read says nothing of members", "[client fan]\ncount = three\n[timeline]\n2s = crash fan-2\n",
      "2:9: 'three' is not a whole number", NULL },
    { "an override adds an action", TWO "1s = close bob\n", "", "timeline.1s=close alice" },
    { "an override's action is checked", TWO, "--set: there is no client 'bbo' [did you mean 'bob'?]", "timeline.1.5s=close bbo" },
};
/* clang-format on */

static void
every_action(void **state)
{
    g_autoptr(SrScenario) scenario =
        read_good("[client alice]\n[client fan]\ncount = 3\n[timeline]\n"
                  "9s = crash alice for 2s\n"
                  "8s = crash server\n"
                  "7s = restart server\n"
                  "6s = disconnect fan for 1.5s\n"
                  "5s = disconnect fan-2\n"
                  "4s = close alice\n"
                  "3s = partition fan token-provider for 1s\n"
                  "2s = outage encryption-provider for 3s\n"
                  "1s = slow  server  by uniform(1ms, 2ms) + 3ms for 4000ms\n"
                  "0s = step-clock alice by -90s\n"
                  "0ms = step-clock token-provider by +1h\n"
                  "1s = sync-clock server\n"
                  "1s = upgrade server\n"
                  "1s = rotate-master\n");
    static const struct {
        unsigned at_s;
        SrFaultAction action;
        uint32_t first, n, peer;
        uint64_t duration_ms;
        int64_t delta_s;
    } want[] = {
        { 9, SR_FAULT_CRASH, 3, 1, SR_NODE_NONE, 2000, 0 },
        { 8, SR_FAULT_CRASH, 0, 1, SR_NODE_NONE, SR_TIME_NEVER, 0 },
        { 7, SR_FAULT_RESTART, 0, 1, SR_NODE_NONE, SR_TIME_NEVER, 0 },
        { 6, SR_FAULT_DISCONNECT, 4, 3, SR_NODE_NONE, 1500, 0 },
        { 5, SR_FAULT_DISCONNECT, 5, 1, SR_NODE_NONE, SR_TIME_NEVER, 0 },
        { 4, SR_FAULT_CLOSE, 3, 1, SR_NODE_NONE, SR_TIME_NEVER, 0 },
        { 3, SR_FAULT_PARTITION, 4, 3, 1, 1000, 0 },
        { 2, SR_FAULT_OUTAGE, 2, 1, SR_NODE_NONE, 3000, 0 },
        { 1, SR_FAULT_SLOW, 0, 1, SR_NODE_NONE, 4000, 0 },
        { 0, SR_FAULT_STEP_CLOCK, 3, 1, SR_NODE_NONE, SR_TIME_NEVER, -90 },
        { 0, SR_FAULT_STEP_CLOCK, 1, 1, SR_NODE_NONE, SR_TIME_NEVER, 3600 },
        { 1, SR_FAULT_SYNC_CLOCK, 0, 1, SR_NODE_NONE, SR_TIME_NEVER, 0 },
        { 1, SR_FAULT_UPGRADE, 0, 1, SR_NODE_NONE, SR_TIME_NEVER, 0 },
        { 1, SR_FAULT_ROTATE_MASTER, 2, 1, SR_NODE_NONE, SR_TIME_NEVER, 0 },
    };

    (void) state;
    assert_int_equal(scenario->timeline->len, G_N_ELEMENTS(want));
    for (unsigned i = 0; i < G_N_ELEMENTS(want); i++) {
        const SrTimelineEntry *entry = &g_array_index(scenario->timeline, SrTimelineEntry, i);

        assert_int_equal(entry->at, want[i].at_s * SR_NS_PER_S);
        assert_int_equal(entry->action, want[i].action);
        assert_int_equal(entry->target.first, want[i].first);
        assert_int_equal(entry->target.n, want[i].n);
        assert_int_equal(entry->peer, want[i].peer);
        assert_true(entry->duration == (want[i].duration_ms == SR_TIME_NEVER
                                            ? SR_TIME_NEVER
                                            : want[i].duration_ms * SR_NS_PER_MS));
        assert_true(entry->delta_ns == want[i].delta_s * (int64_t) SR_NS_PER_S);
    }
    /* And back to the canonical text. */
    g_autofree char *all = sr_scenario_resolved_json(scenario, false);

    for (unsigned i = 0; i < G_N_ELEMENTS(want); i++) {
        const SrTimelineEntry *entry = &g_array_index(scenario->timeline, SrTimelineEntry, i);
        g_autofree char *text = sr_timeline_entry_text(scenario, entry);
        char at[SR_SPAN_TEXT_MAX];

        sr_span_format(entry->at, at);
        g_autofree char *member =
            g_strdup_printf("{\"action\":\"%s\",\"at\":\"%s\"}", text, at);

        assert_non_null(strstr(all, member));
    }
    const SrDistribution *slow = &g_array_index(scenario->timeline, SrTimelineEntry, 8).slow;

    assert_int_equal(slow->n_terms, 2);
    assert_int_equal(slow->floor, 3 * SR_NS_PER_MS);
    g_autofree char *json = sr_scenario_resolved_json(scenario, false);

    assert_non_null(strstr(
        json, "{\"action\":\"slow server by uniform(1ms, 2ms) + 3ms for 4s\",\"at\":\"1s\"}"));
    assert_non_null(
        strstr(json, "{\"action\":\"step-clock token-provider by 1h\",\"at\":\"0ms\"}"));
}

/* The words of the record's vocabulary and those of the format are the same. */
static void
every_action_has_the_word_of_its_record(void **state)
{
    g_autoptr(GString) text = g_string_new(NULL);

    (void) state;
    assert_true(sr_scenario_keys_text(text, "timeline"));
    for (unsigned i = 0; i < SR_FAULT_N; i++) {
        g_autofree char *line = g_strdup_printf("\n  %s%s", sr_fault_name((SrFaultAction) i),
                                                i == SR_FAULT_ROTATE_MASTER ? "\n" : " ");

        assert_non_null(strstr(text->str, line));
    }
}

static void
there_is_an_end_to_actions(void **state)
{
    g_autoptr(GString) text = g_string_new("[client a]\n[timeline]\n");
    g_autofree char *errors = NULL;

    (void) state;
    for (unsigned i = 0; i < 100002; i++)
        g_string_append(text, "1s = close a\n");
    errors = errors_of(text->str, text->len, NULL);

    assert_string_equal(errors, "100003:1: more than 100000 actions");
}

int
main(void)
{
    struct CMUnitTest tests[G_N_ELEMENTS(rows)];
    const struct CMUnitTest more[] = {
        cmocka_unit_test(every_action),
        cmocka_unit_test(every_action_has_the_word_of_its_record),
        cmocka_unit_test(there_is_an_end_to_actions),
    };

    READINGS(tests, rows);
    int failed = cmocka_run_group_tests_name("scenario timeline", tests, NULL, NULL);

    return (failed +
            cmocka_run_group_tests_name("scenario timeline, actions", more, NULL, NULL)) != 0;
}

/* Expectations, of the run and of single clients. */
#include "scenario/reading.h"

#include "session-race/record.h"

#define FAN "[client alice]\n[client fan]\ncount = 3\n[expect]\n"
#define ONE "[client alice]\n[client fan]\ncount = 3\n[expect client alice]\n"

/* clang-format off */
static const struct reading rows[] = {
    { "an empty expectation", FAN, "", NULL },
    { "a verdict that is none", FAN "verdict = maybe\n",
      "5:11: 'maybe' is not a verdict [write 'pass', or 'fail(key-kept, key-found)': exactly these checks fail]", NULL },
    { "a failure of nothing", FAN "verdict = fail()\n", "5:16: fail(...) names at least one check, and nothing empty", NULL },
    { "a failure without checks", FAN "verdict = fail\n",
      "5:11: 'fail' is not a verdict [write 'pass', or 'fail(key-kept, key-found)': exactly these checks fail]", NULL },
    { "an unknown check and what was meant", FAN "verdict = fail(key-kept, kye-found)\n",
      "5:26: there is no check 'kye-found' [did you mean 'key-found'?]", NULL },
    { "a check twice", FAN "verdict = fail(waits, waits)\n", "5:23: 'waits' comes twice", NULL },
    { "an unknown winner", FAN "winner = bob\n", "5:10: there is no client 'bob'", NULL },
    { "a service as winner", FAN "winner = server\n", "5:10: 'server' is not a client", NULL },
    { "a group as winner", FAN "winner = fan\n",
      "5:10: 'fan' is 3 clients, and one wins [name one of its members, such as NAME-1]", NULL },
    { "a member as winner", FAN "winner = fan-3\n", "", NULL },
    { "more collaborators than clients", FAN "collaborating = 5\n", "5:17: there are only 4 clients", NULL },
    { "more collaborators than the one client", "[client a]\n[expect]\ncollaborating = 2\n", "3:17: there is only 1 client", NULL },
    { "more collaborators than clients that could be read", "[client a]\n[cleint b]\n[expect]\ncollaborating = 2\n",
      "2:2: unknown group [cleint b] [did you mean 'client'?]", NULL },
    { "a collaborator where there are no clients", "[expect]\ncollaborating = 2\n",
      "the scenario has no clients [add a group such as [client alice]]", NULL },
    { "many more collaborators than clients", FAN "collaborating = 99999999999999999999999\n", "5:17: there are only 4 clients", NULL },
    { "names", FAN "collaborating = alice, fan-2\n", "", NULL },
    { "a group and its first member are two names", FAN "collaborating = fan, fan-1\n", "", NULL },
    { "a name twice", FAN "collaborating = alice, fan, alice\n", "5:29: 'alice' comes twice", NULL },
    { "a name that is missing", FAN "collaborating = alice,\n", "5:23: a name is missing in the list", NULL },
    { "an unknown name", FAN "collaborating = alcie\n", "5:17: there is no client 'alcie' [did you mean 'alice'?]", NULL },
    { "within, beside", FAN "collaborating = 2\nwithin = 3s\n", "", NULL },
    { "within, behind", FAN "collaborating = alice, fan within 3s\n", "", NULL },
    { "within twice", FAN "collaborating = all within 3s\nwithin = 3s\n", "6:1: 'within' is already said by 'collaborating'", NULL },
    { "within of nothing", FAN "collaborating = all within\n",
      "5:27: '' is not a duration [a duration is a number and a unit, such as 250us, 40ms, 1.5s, 2min, 1h or 7d]", NULL },
    { "within of all, as is the default", FAN "within = 3s\n", "", NULL },
    { "within of nobody in particular", FAN "verdict = fail(waits)\nwithin = 3s\n",
      "6:1: 'within' does not say who [add 'collaborating', such as 'collaborating = all']", NULL },
    { "a client called within", "[client within]\n[expect]\ncollaborating = within\n", "", NULL },
    { "an expectation of an unknown client", "[client alice]\n[expect client alcie]\noutcome = wins\n",
      "2:16: there is no client 'alcie' [did you mean 'alice'?]", NULL },
    { "an expectation of a service", "[client alice]\n[expect client server]\n", "2:16: 'server' is not a client", NULL },
    { "an expectation of a group and of a member", "[client fan]\ncount = 2\n[expect client fan]\noutcome = joins\n[expect client fan-1]\n", "", NULL },
    { "an expectation twice", ONE "[expect client alice]\n",
      "5:2: [expect client alice] comes twice: first on line 4 [put its keys into one group]", NULL },
    { "an unknown outcome", ONE "outcome = joyns\n", "5:11: 'joyns' is not one of wins, joins, fails(REASON), waits [did you mean 'joins'?]", NULL },
    { "an unknown outcome like no other", ONE "outcome = looses\n",
      "5:11: 'looses' is not one of wins, joins, fails(REASON), waits [wins: it owns the session; joins: it collaborates in another's; "
      "fails(REASON): it has failed; waits: it waits for a session]", NULL },
    { "a failure without a reason", ONE "outcome = fails\n",
      "5:11: 'fails' needs a reason in parentheses: encryption, jwt, content, client-update-required, general", NULL },
    { "a failure for an unknown reason", ONE "outcome = fails(jtw)\n",
      "5:17: 'jtw' is not a reason for a client to fail: encryption, jwt, content, client-update-required, general "
      "[did you mean 'jwt'?]", NULL },
    { "a failure for a reason of something else", ONE "outcome = fails(expired)\n",
      "5:17: 'expired' is not a reason for a client to fail: encryption, jwt, content, client-update-required, general", NULL },
    { "an instant without unit", ONE "at = 5\nbefore = 1m\n",
      "5:6: '5' needs a unit: ns, us, ms, s, min, h, d\n"
      "6:11: unknown unit 'm' in '1m'; the units are ns, us, ms, s, min, h, d [did you mean '1min'?]", NULL },
};
/* clang-format on */

static void
the_default_is_that_all_pass_and_collaborate(void **state)
{
    g_autoptr(SrScenario) scenario = read_good("[client a]\n");

    (void) state;
    assert_int_equal(scenario->expect.verdict, SR_VERDICT_PASS);
    assert_int_equal(scenario->expect.failed, 0);
    assert_int_equal(scenario->expect.winner, SR_NODE_NONE);
    assert_int_equal(scenario->expect.collaborating, SR_COLLABORATING_ALL);
    assert_true(scenario->expect.within == SR_TIME_NEVER);
    assert_int_equal(scenario->expect.line, 0);
    assert_int_equal(scenario->expect_clients->len, 0);
}

static void
a_failure_leaves_collaboration_open(void **state)
{
    g_autoptr(SrScenario) scenario =
        read_good(FAN "verdict = fail(nobody-stuck, one-winner)\n");

    (void) state;
    assert_int_equal(scenario->expect.verdict, SR_VERDICT_FAIL);
    assert_int_equal(scenario->expect.failed,
                     1u << SR_CHECK_ONE_WINNER | 1u << SR_CHECK_NOBODY_STUCK);
    assert_int_equal(scenario->expect.collaborating, SR_COLLABORATING_ANY);
    assert_int_equal(scenario->expect.line, 4);
    g_autofree char *json = sr_scenario_resolved_json(scenario, false);

    assert_non_null(
        strstr(json, "\"expect\":{\"verdict\":\"fail(one-winner, nobody-stuck)\"}"));
}

static void
names_become_ranges(void **state)
{
    g_autoptr(SrScenario) scenario =
        read_good(FAN "winner = fan-2\ncollaborating = fan, alice within 1500ms\n");
    const SrExpect *expect = &scenario->expect;

    (void) state;
    assert_int_equal(expect->winner, 5);
    assert_int_equal(expect->collaborating, SR_COLLABORATING_NAMES);
    assert_int_equal(expect->names->len, 2);
    assert_int_equal(g_array_index(expect->names, SrNodeRange, 0).first, 4);
    assert_int_equal(g_array_index(expect->names, SrNodeRange, 0).n, 3);
    assert_int_equal(g_array_index(expect->names, SrNodeRange, 1).first, 3);
    assert_int_equal(expect->within, 1500 * SR_NS_PER_MS);
    g_autofree char *json = sr_scenario_resolved_json(scenario, false);

    assert_non_null(
        strstr(json, "\"collaborating\":\"fan, "
                     "alice\",\"verdict\":\"pass\",\"winner\":\"fan-2\",\"within\":\"1.5s\""));
}

static void
clients_have_outcomes(void **state)
{
    g_autoptr(SrScenario) scenario =
        read_good(ONE "outcome = fails(client-update-required)\nat = 400ms\n[expect client "
                      "fan]\noutcome = waits\nbefore = 2s\n");
    const SrExpectClient *first = &g_array_index(scenario->expect_clients, SrExpectClient, 0),
                         *second = &g_array_index(scenario->expect_clients, SrExpectClient, 1);

    (void) state;
    assert_int_equal(first->clients.first, 3);
    assert_int_equal(first->outcome, SR_OUTCOME_FAILS);
    assert_int_equal(first->reason, SR_REASON_CLIENT_UPDATE_REQUIRED);
    assert_int_equal(first->at, 400 * SR_NS_PER_MS);
    assert_true(first->before == SR_TIME_NEVER);
    assert_int_equal(first->line, 4);
    assert_int_equal(second->clients.n, 3);
    assert_int_equal(second->outcome, SR_OUTCOME_WAITS);
    assert_int_equal(second->before, 2 * SR_NS_PER_S);
    assert_int_equal(second->line, 7);
}

int
main(void)
{
    struct CMUnitTest tests[G_N_ELEMENTS(rows)];
    const struct CMUnitTest more[] = {
        cmocka_unit_test(the_default_is_that_all_pass_and_collaborate),
        cmocka_unit_test(a_failure_leaves_collaboration_open),
        cmocka_unit_test(names_become_ranges),
        cmocka_unit_test(clients_have_outcomes),
    };

    READINGS(tests, rows);
    int failed = cmocka_run_group_tests_name("scenario expectations", tests, NULL, NULL);

    return (failed + cmocka_run_group_tests_name("scenario expectations, values", more, NULL,
                                                 NULL)) != 0;
}

/* Overrides of the command line: which key they mean, and that they go through the same
 * checks. */
#include "scenario/reading.h"

#define FILE_TEXT                                                                              \
    "[server]\nleeway = 1s\n[client alice]\nstart = 1ms\n[client b.start]\n[link alice -> "    \
    "server]\nlatency = 1ms\n"                                                                 \
    "[expect]\nwinner = alice\n"

/* clang-format off */
static const struct reading rows[] = {
    { "a key that the file has", FILE_TEXT, "", "server.leeway=2s" },
    { "a key that the file has not", FILE_TEXT, "", "server.durable=no" },
    { "a group that the file has not", FILE_TEXT, "", "token-provider.lifetime=10s" },
    { "blanks are no matter", FILE_TEXT, "", "  client   alice . start  =  5ms " },
    { "a value with an equals sign", FILE_TEXT, "", "scenario.title=a=b" },
    { "a link, with its arrow", FILE_TEXT, "", "link alice -> server.latency=3ms" },
    { "a link that the file has not", FILE_TEXT, "", "link server alice.latency=3ms" },
    { "an expectation that the file has not", FILE_TEXT, "", "expect client alice.outcome=wins" },
    { "a name with a dot in it", FILE_TEXT, "", "client b.start.start=3ms" },
    { "a value in the file that is replaced is not looked at", "[client a]\nstart = 5\n", "", "client a.start=5ms" },

    { "no equals sign", FILE_TEXT, "--set: no '=' in 'server.leeway' [write GROUP.KEY=VALUE, such as server.leeway=2s]", "server.leeway" },
    { "no dot", FILE_TEXT,
      "--set: 'leeway' names no group and key [write GROUP.KEY, such as server.leeway or 'client bob.start']", "leeway=2s" },
    { "nothing at all", FILE_TEXT, "--set: no '=' in '' [write GROUP.KEY=VALUE, such as server.leeway=2s]", "" },
    { "no value", FILE_TEXT, "--set: 'leeway' has no value", "server.leeway=" },
    { "a bad value", FILE_TEXT, "--set: '2' needs a unit: s, min, h, d", "server.leeway=2" },
    { "a bad value of an option of its own", FILE_TEXT, "--leeway: '2' needs a unit: s, min, h, d", "--leeway server.leeway=2" },
    { "a good one", FILE_TEXT, "", "--leeway server.leeway=2s" },
    { "an option and nothing else", FILE_TEXT, "--set: no '=' in '--leeway' [write GROUP.KEY=VALUE, such as server.leeway=2s]", "--leeway" },
    { "an unknown key", FILE_TEXT, "--set: unknown key 'leway' in [server] [did you mean 'leeway'?]", "server.leway=2s" },
    { "an unknown group", FILE_TEXT, "--set: unknown group [sever] [did you mean 'server'?]", "sever.leeway=2s" },
    { "an unknown group like no other", FILE_TEXT, "--set: unknown group [jwt] [the groups are scenario, network, link, document, client, server, token-provider, encryption-provider, timeline, chaos, expect, explore, draws, study]", "jwt.lifetime=2s" },
    { "an unknown key of a name with dots", FILE_TEXT, "--set: unknown key 'strat' in [client b.start] [did you mean 'start'?]",
      "client b.start.strat=2s" },
    { "a client is not added", FILE_TEXT, "--set: the file has no [client bob] [an override cannot add a client, but give one a 'count']", "client bob.start=5ms" },
    { "a client is not added, but meant", FILE_TEXT, "--set: the file has no [client alcie] [did you mean 'alice'?]",
      "client alcie.start=5ms" },
    { "a member is not a group", "[client fan]\ncount = 3\n", "--set: the file has no [client fan-1] [an override cannot add a client, but give one a 'count']",
      "client fan-1.start=5ms" },
    { "a group without its name", FILE_TEXT, "--set: [client] needs a name: [client NAME]", "client.start=5ms" },
    { "a link of unknown ends", FILE_TEXT, "--set: there is no client 'alcie' [did you mean 'alice'?]", "link alcie server.latency=3ms" },
    { "an expectation of nobody", FILE_TEXT, "--set: there is no client 'bob'", "expect client bob.outcome=wins" },
    { "an instant of the timeline that is none", FILE_TEXT, "--set: unknown key 'soon' in [timeline]", "timeline.soon=close alice" },
    { "control characters", FILE_TEXT, "--set: control character U+001B", "scenario.title=\x1b[31m" },
    { "two lines", FILE_TEXT, "--set: control character U+000A", "scenario.title=a\n[client eve]" },
    { "invalid UTF-8", FILE_TEXT, "--set: byte 0xff is not valid UTF-8 [a scenario is a text in UTF-8]", "scenario.title=\xff" },
    { "errors of the file come first", "[client a]\nx = 1\n",
      "2:1: unknown key 'x' in [client a]\n--set: '2' needs a unit: s, min, h, d", "server.leeway=2" },
};
/* clang-format on */

static SrScenario *
read_with(const char *text, const SrOverride *overrides, size_t n)
{
    g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
    SrScenario *scenario =
        sr_scenario_parse("test.ini", text, strlen(text), overrides, n, diagnostics);

    assert_non_null(scenario);
    return scenario;
}

static void
an_override_is_as_if_written(void **state)
{
    static const SrOverride overrides[] = { "server.leeway=2s", "client b.start.start=3ms",
                                            "link alice server.loss=25%",
                                            "timeline.2s=close alice", "network.preset=lan" };
    g_autoptr(SrScenario) scenario = read_with(FILE_TEXT, overrides, G_N_ELEMENTS(overrides));
    g_autofree char *left = sr_scenario_resolved_json(scenario, false);
    g_autofree char *right = json_of(
        "[server]\nleeway = 2s\n[client alice]\nstart = 1ms\n[client b.start]\nstart = 3ms\n"
        "[link alice server]\nloss = 25%\n[link alice -> server]\nlatency = 1ms\n"
        "[timeline]\n2s = close alice\n[network]\npreset = lan\n[expect]\nwinner = alice\n");

    (void) state;
    assert_string_equal(left, right);
}

static void
the_last_override_wins(void **state)
{
    static const SrOverride overrides[] = { "scenario.seed=2", "scenario.seed=3" };
    g_autoptr(SrScenario) scenario =
        read_with("[client a]\n[scenario]\nseed = 1\n", overrides, 2);

    (void) state;
    assert_int_equal(scenario->seed, 3);
}

static void
a_long_override_is_refused(void **state)
{
    g_autofree char *dots = g_strnfill(60000, '.');
    g_autofree char *set = g_strdup_printf("client%s=1", dots);
    g_autofree char *errors = NULL;
    errors = errors_of("[client a]\n", 11, set);

    (void) state;
    assert_true(g_str_has_prefix(errors, "--set: 'client....."));
    assert_true(strlen(errors) < 200);
}

int
main(void)
{
    struct CMUnitTest tests[G_N_ELEMENTS(rows)];
    const struct CMUnitTest more[] = {
        cmocka_unit_test(an_override_is_as_if_written),
        cmocka_unit_test(the_last_override_wins),
        cmocka_unit_test(a_long_override_is_refused),
    };

    READINGS(tests, rows);
    int failed = cmocka_run_group_tests_name("scenario overrides", tests, NULL, NULL);

    return (failed +
            cmocka_run_group_tests_name("scenario overrides, values", more, NULL, NULL)) != 0;
}

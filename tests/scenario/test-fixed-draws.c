/* `[draws]`: single draws that a file fixes, by name. */
#include "scenario/reading.h"

#include "scenario/fixed-draws.h"
#include "scenario/scenario-edit.h"

#define HEAD "[client ann]\n[client fan]\ncount = 2\n[draws]\n"
#define KEYS "'session-race keys draws' lists what is drawn"

/* clang-format off */
static const struct reading rows[] = {
    { "a draw is fixed", HEAD "client/start ann 0 = 5ms\n", "", NULL },
    { "to the nanosecond", HEAD "link/latency/to/server fan-2 17 = 1.000000001s\n", "", NULL },
    { "blanks do not matter", HEAD "client/start   ann \t 0=5ms\n", "", NULL },
    { "losses are counted", HEAD "link/loss/to/server ann 0 = 2\n", "", NULL },
    { "… up to a number", HEAD "link/loss/to/server ann 0 = 65\n", "5:29: '65' is not a whole number from 0 to 64", NULL },
    { "an unknown purpose", HEAD "client/strat ann 0 = 5ms\n", "5:1: 'client/strat' is no purpose of a draw [did you mean 'client/start'?]", NULL },
    { "… that is like none", HEAD "weather ann 0 = 5ms\n", "5:1: 'weather' is no purpose of a draw [" KEYS "]", NULL },
    { "the order of ties cannot be fixed", HEAD "engine/ties ann 0 = 5ms\n", "5:1: 'engine/ties' cannot be fixed: it is the order of events at one instant", NULL },
    { "an unknown client", HEAD "client/start anm 0 = 5ms\n", "5:14: there is no client 'anm' [did you mean 'ann'?]", NULL },
    { "a service starts never", HEAD "client/start server 0 = 5ms\n", "5:14: 'server' is not a client", NULL },
    { "a group of clients", HEAD "client/start fan 0 = 5ms\n", "5:14: 'fan' is 2 clients [name one of them, such as fan-1]", NULL },
    { "a number is missing", HEAD "client/start ann = 5ms\n", "5:1: 'client/start ann' names no draw [write PURPOSE CLIENT NUMBER, such as client/start alice 0]", NULL },
    { "something is too much", HEAD "client/start ann 0 1 = 5ms\n", "5:20: '1' is too much [write PURPOSE CLIENT NUMBER, such as client/start alice 0]", NULL },
    { "what is no number", HEAD "client/derive ann x = 5ms\n", "5:19: 'x' is not the number of a draw", NULL },
    { "a number too large", HEAD "client/derive ann 4294967296 = 5ms\n", "5:19: '4294967296' is not the number of a draw", NULL },
    { "a second start", HEAD "client/start ann 1 = 5ms\n", "5:1: 'client/start ann 1' is never drawn [a client starts once: its number is 0]", NULL },
    { "no unit", HEAD "client/start ann 0 = 5\n", "5:22: '5' needs a unit: ns, us, ms, s, min, h, d", NULL },
    { "no value", HEAD "client/start ann 0 =\n", "5:21: 'client/start ann 0' has no value", NULL },
    { "a name that comes twice", HEAD "client/start ann 0 = 5ms\nclient/derive ann 0 = 5ms\nclient/start  ann 0 = 6ms\n",
      "7:1: 'client/start  ann 0' comes twice in [draws]: first on line 5", NULL },
    { "a copy on an ordered link", HEAD "link/duplicate/to/server ann 0 = no\n", "5:1: 'link/duplicate/to/server ann 0' is never drawn [that link is ordered]", NULL },
    { "… and on another", HEAD "link/duplicate/to/server ann 0 = no\nlink/duplicate/to/server ann 1 = 3ms\n[network]\nordered = no\n", "", NULL },
    { "the only store", HEAD "encryption-provider/replica ann 0 = 0\n", "5:1: 'encryption-provider/replica ann 0' is never drawn ['replicas' in [encryption-provider] is 1]", NULL },
    { "copies of the store", HEAD "encryption-provider/replica ann 0 = 2\nencryption-provider/replication 2 0 = 1s\n[encryption-provider]\nreplicas = 3\n", "", NULL },
    { "the copy of a client that names its own", "[client ann]\nreplica = 2\n[client bob]\n[encryption-provider]\nreplicas = 3\n[draws]\n"
      "encryption-provider/replica bob 0 = 1\nencryption-provider/replica ann 0 = 1\n",
      "8:1: 'encryption-provider/replica ann 0' is never drawn [its 'replica' says which copy of the store answers it]", NULL },
    { "… and none", HEAD "encryption-provider/replica ann 0 = 3\nencryption-provider/replication 3 0 = 1s\n[encryption-provider]\nreplicas = 3\n",
      "5:37: '3' is not a whole number from 0 to 2\n6:33: '3' is not the number of a copy of the store, from 1 [copy 0 is the one that is written first]", NULL },
    { "a clock that nobody corrects", HEAD "clock/ntp server 1 = -5ms\n", "5:1: 'clock/ntp server 1' is never drawn [its 'ntp-interval' is none]", NULL },
    { "… and one that NTP does", HEAD "clock/ntp server 1 = -5ms\nclock/ntp zoe 1 = +5ms\n[server]\nntp-interval = 1s\n[client zoe]\nntp-interval = 1s\n", "", NULL },
    { "legs of calls that nobody makes", HEAD "encryption-provider/io ann 0.1 = 5ms\n", "5:1: 'encryption-provider/io ann 0.1' is never drawn [only 'kind = exec' makes calls]", NULL },
    { "… and that somebody makes", HEAD "encryption-provider/io ann 0.1 = 5ms\nencryption-provider/io encryption-provider 0.0 = 5ms\n[encryption-provider]\nkind = exec\n", "", NULL },
    { "legs of a signer that there is not", HEAD "token-provider/io ann 0.1 = 5ms\n[encryption-provider]\nkind = exec\n", "5:1: 'token-provider/io ann 0.1' is never drawn [only 'kind = exec' makes calls]", NULL },
    { "… and that there is", HEAD "token-provider/io ann 0.1 = 5ms\ntoken-provider/io token-provider 0.0 = 5ms\n[token-provider]\nkind = exec\n", "", NULL },
    { "a leg without its request", HEAD "encryption-provider/io ann 1 = 5ms\n[encryption-provider]\nkind = exec\n",
      "5:28: '1' is not the number of a draw, which is two here, such as 0.1 [NUMBER is REQUEST.LEG: what that leg of a call takes that somebody's own provider makes, both from 0; "
      "it counts the legs of no request itself, as encryption-provider 0.LEG]", NULL },
    { "a line that slows down", HEAD "slow/server ann 0.0 = 5ms\n[timeline]\n1s = slow server by 1ms for 1s\n", "", NULL },
    { "… and one that does not", HEAD "slow/server ann 0.0 = 5ms\n[timeline]\n1s = outage server for 1s\n",
      "5:1: 'slow/server ann 0.0' is never drawn [that line of [timeline] does not make that service slow]", NULL },
    { "an override adds one", "[client ann]\n", "", "draws.client/start ann 0=5ms" },
    { "… with a dot in its number", "[client ann]\n[encryption-provider]\nkind = exec\n", "", "draws.encryption-provider/io ann 0.1=5ms" },
    { "… or is wrong", "[client ann]\n", "--set: 'client/strat' is no purpose of a draw [did you mean 'client/start'?]", "draws.client/strat ann 0=5ms" },
    { "a draw is varied", "[client ann]\n[study]\nvary draws.client/start ann 0 = 5ms | 6ms\n", "", NULL },
    { "… to what it may be", "[client ann]\n[study]\nvary draws.client/start ann 0 = 5ms | no\n",
      "3:39: 'no' is not a duration [a duration is a number and a unit, such as 250us, 40ms, 1.5s, 2min, 1h or 7d]", NULL },
};
/* clang-format on */

static void
the_resolved_form_has_them_in_one_order(void **state)
{
    g_autofree char *without = json_of("[client ann]\n"),
                    *empty = json_of("[client ann]\n[draws]\n"),
                    *one = json_of("[client ann]\n[draws]\nclient/derive ann 10 = 1000us\n"
                                   "client/derive ann 2 = 7ns\nprocessing/server ann 0 = 0s\n"),
                    *two = json_of("[draws]\nprocessing/server ann 0 = 0ms\n"
                                   "client/derive ann 2 = 7ns\nclient/derive ann 10 = 1ms\n"
                                   "[client ann]\n");

    (void) state;
    assert_null(strstr(without, "draws"));
    assert_string_equal(empty, without);
    assert_string_equal(one, two);
    assert_non_null(strstr(one, "\"draws\":[{\"draw\":\"processing/server ann 0\",\"value\":\"0ms\"},"
                                "{\"draw\":\"client/derive ann 2\",\"value\":\"7ns\"},"
                                "{\"draw\":\"client/derive ann 10\",\"value\":\"1ms\"}]"));
}

static void
an_override_replaces_a_draw(void **state)
{
    static const char text[] = "[client ann]\n[draws]\nclient/start ann 0 = 5ms\n";
    g_autofree char *errors = NULL;
    g_autoptr(SrScenario) scenario =
        read_bytes(text, strlen(text), "draws.client/start ann 0=7ms", &errors);

    (void) state;
    assert_string_equal(errors, "");
    assert_int_equal(scenario->draws->len, 1);
    assert_int_equal(g_array_index(scenario->draws, SrDraw, 0).value, 7 * SR_NS_PER_MS);
}

static void
a_point_of_a_study_fixes_its_draw(void **state)
{
    g_autoptr(SrScenario) scenario =
        read_good("[client ann]\n[study]\nvary draws.client/start  ann 0 = 5ms | 6000us\n");
    g_autoptr(GPtrArray) point = sr_study_point(scenario, 1);
    g_autofree char *errors = errors_of("[client ann]\n", 13, g_ptr_array_index(point, 0));

    (void) state;
    assert_string_equal(g_ptr_array_index(point, 0), "draws.client/start ann 0=6ms");
    assert_string_equal(errors, "");
}

static const char edited[] = "[client ann]\n[client fan]\ncount = 3\n[draws]\n"
                             "client/start ann 0 = 5.123ms\nclient/start fan-1 0 = 6ms\n"
                             "client/start fan-3 0 = 7ms\nlink/loss/to/server fan-1 0 = 2\n"
                             "[study]\nvary draws.client/derive fan-3 0 = 1ms | 2ms\n";

static void
a_list_of_lines_has_them(void **state)
{
    g_autoptr(SrScenario) scenario = read_good(edited);
    g_autofree char *text = sr_scenario_text(scenario, NULL);
    g_autoptr(SrScenario) again = read_good(text);
    g_autofree char *one = sr_scenario_resolved_json(scenario, false),
                    *two = sr_scenario_resolved_json(again, false);

    (void) state;
    assert_string_equal(one, two);
}

/* Draws go with the client that they are of. */
static void
draws_go_with_their_client(void **state)
{
    g_autoptr(SrScenario) scenario = read_good(edited);
    g_autoptr(SrScenarioEdit) edit = sr_scenario_edit_new(scenario);
    g_autofree char *text = NULL;

    (void) state;
    assert_true(sr_scenario_edit_split(edit, "fan"));
    assert_true(sr_scenario_edit_remove_client(edit, "fan-3"));
    assert_true(sr_scenario_edit_remove_client(edit, "ann"));
    text = sr_scenario_edit_text(edit, NULL);
    assert_string_equal(text, "[client fan-1]\n\n[client fan-2]\n\n[draws]\n"
                              "client/start fan-1 0        = 6ms\n"
                              "link/loss/to/server fan-1 0 = 2\n\n[study]\n");
    sr_scenario_free(read_good(text));
}

static void
their_values_get_rounder(void **state)
{
    g_autoptr(SrScenario) scenario = read_good(edited);
    g_autoptr(SrScenarioEdit) edit = sr_scenario_edit_new(scenario);
    uint32_t line = sr_scenario_edit_find(edit, "draws", "client/start ann 0");
    g_autoptr(GPtrArray) simpler = sr_scenario_edit_simpler(edit, line);

    (void) state;
    assert_int_not_equal(line, SR_EDIT_NONE);
    assert_in_range(simpler->len, 1, 20);
    for (guint i = 0; i < simpler->len; i++) {
        SrEditLine now = sr_scenario_edit_line(g_ptr_array_index(simpler, i), line);

        assert_string_equal(now.key, "client/start ann 0");
        assert_string_not_equal(now.value, "5.123ms");
    }
}

/* Each purpose that can be fixed says what it is. */
static void
the_reference_lists_all(void **state)
{
    g_autoptr(GString) text = g_string_new(NULL);

    (void) state;
    assert_true(sr_scenario_keys_text(text, "draws"));
    for (unsigned i = 0; i < SR_DRAW_N; i++) {
        const SrDrawInfo *info = sr_draw_info((SrDrawId) i);
        g_autofree char *line = g_strdup_printf("\n  %s\n", info->word);

        assert_int_equal(strstr(text->str, line) != NULL, info->value != SR_DRAW_IS_NOTHING);
    }
}

int
main(void)
{
    struct CMUnitTest tests[G_N_ELEMENTS(rows)];
    const struct CMUnitTest more[] = {
        cmocka_unit_test(the_resolved_form_has_them_in_one_order),
        cmocka_unit_test(an_override_replaces_a_draw),
        cmocka_unit_test(a_point_of_a_study_fixes_its_draw),
        cmocka_unit_test(a_list_of_lines_has_them),
        cmocka_unit_test(draws_go_with_their_client),
        cmocka_unit_test(their_values_get_rounder),
        cmocka_unit_test(the_reference_lists_all),
    };

    READINGS(tests, rows);
    int failed = cmocka_run_group_tests_name("fixed draws", tests, NULL, NULL);

    return (failed + cmocka_run_group_tests_name("fixed draws, values", more, NULL, NULL)) != 0;
}

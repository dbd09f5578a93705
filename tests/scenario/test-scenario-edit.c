/* The list of lines: looking, changing line by line, and what becomes of what speaks of a client
 * that goes, shrinks or is split. */
#include "scenario/reading.h"

#include "scenario/scenario-edit.h"

static const char base[] =
    "[scenario]\nseed = 7\n[network]\nloss = 1%\n[link ann server]\nloss = 2%\n"
    "[link fan -> server]\nlatency = 5ms\nrto = 1s\n[link fan-2 -> server]\nlatency = 9ms\n"
    "[client ann]\n[client fan]\ncount = 3\nstart = 1s\n[client zoe]\n"
    "[timeline]\n1s = crash ann for 2s\n2s = disconnect fan\n3s = partition fan-3 server for "
    "1s\n"
    "4s = crash server for 1s\n5s = rotate-master\n6s = slow server by uniform(1ms, 2ms) for "
    "1s\n"
    "[expect]\nverdict = fail(key-found)\nwinner = fan-3\ncollaborating = ann, fan, zoe\n"
    "[expect client fan]\noutcome = joins\nbefore = 50s\n[expect client fan-2]\noutcome = "
    "wins\n"
    "[study]\nvary client ann.start = 1s | 2s\nvary link fan-2 -> server.rto = 1s | 2s\n"
    "vary network.rto = 1s | 2s\nzip = client ann.start, link fan-2 -> server.rto, "
    "network.rto\n";

static SrScenarioEdit *
edit_of(const char *text)
{
    g_autoptr(SrScenario) scenario = read_good(text);

    return sr_scenario_edit_new(scenario);
}

/* Reads what the list prints; it must be good. */
static SrScenario *
parse(const SrScenarioEdit *edit)
{
    g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
    SrScenario *scenario = sr_scenario_edit_parse(edit, "test.ini", diagnostics);
    g_autofree char *errors = errors_text(diagnostics);

    if (scenario == NULL) {
        g_autofree char *text = sr_scenario_edit_text(edit, NULL);

        fail_msg("%s\n%s", errors, text);
    }
    return scenario;
}

/* ---- looking ---- */

static void
a_list_has_defaults_and_what_they_are(void **state)
{
    g_autoptr(SrScenarioEdit) edit =
        edit_of("[client a]\nstart = 12ms\n[chaos]\ncrash = 60/min\n");
    uint32_t start = sr_scenario_edit_find(edit, "client a", "start"),
             derive = sr_scenario_edit_find(edit, "client a", "derive"),
             header = sr_scenario_edit_find(edit, "client a", NULL),
             crash = sr_scenario_edit_find(edit, "chaos", "crash"),
             limit = sr_scenario_edit_find(edit, "scenario", "limit");
    SrEditLine line = sr_scenario_edit_line(edit, start);

    (void) state;
    assert_string_equal(line.group, "client a");
    assert_string_equal(line.key, "start");
    assert_string_equal(line.value, "12ms");
    assert_string_equal(line.default_text, "0ms");
    assert_string_equal(line.about->type, "distribution");
    assert_false(sr_scenario_edit_is_default(edit, start));
    line = sr_scenario_edit_line(edit, derive);
    assert_string_equal(line.value, "25ms");
    assert_true(sr_scenario_edit_is_default(edit, derive));
    line = sr_scenario_edit_line(edit, header);
    assert_null(line.key);
    assert_null(line.value);
    assert_null(line.default_text);
    assert_null(line.about);
    assert_false(sr_scenario_edit_is_default(edit, header));
    assert_string_equal(sr_scenario_edit_line(edit, crash).value, "1/s");
    assert_true(sr_scenario_edit_is_default(edit, limit));
    assert_true(sr_scenario_edit_find(edit, "client b", NULL) == SR_EDIT_NONE);
    assert_true(sr_scenario_edit_find(edit, "client a", "loss") == SR_EDIT_NONE);
    assert_true(sr_scenario_edit_find(edit, "explore", NULL) == SR_EDIT_NONE);
}

/* Every key with a default has it in the words that a list of defaults has. */
static void
a_scenario_that_says_nothing_is_all_default(void **state)
{
    g_autoptr(SrScenarioEdit) edit =
        edit_of("[document x]\n[document y]\n[client b]\ndocument = y\n[chaos]\n"
                "[explore]\n[study]\n[client c]\ndocument = x\n");
    unsigned n = 0;

    (void) state;
    assert_true(sr_scenario_edit_n_lines(edit) > 100);
    for (uint32_t i = 0; i < sr_scenario_edit_n_lines(edit); i++) {
        SrEditLine line = sr_scenario_edit_line(edit, i);

        if (line.key == NULL || g_str_equal(line.key, "document"))
            continue;
        assert_true(sr_scenario_edit_is_default(edit, i));
        assert_string_equal(line.value, line.default_text);
        n++;
    }
    assert_true(n > 90);
}

static void
actions_and_varied_keys_are_lines(void **state)
{
    g_autoptr(SrScenarioEdit) edit = edit_of(base);
    uint32_t crash = sr_scenario_edit_find(edit, "timeline", "1s"),
             vary = sr_scenario_edit_find(edit, "study", "vary client ann.start");
    SrEditLine line = sr_scenario_edit_line(edit, crash);

    (void) state;
    assert_string_equal(line.value, "crash ann for 2s");
    assert_null(line.default_text);
    assert_string_equal(line.about->name, "INSTANT");
    line = sr_scenario_edit_line(edit, vary);
    assert_string_equal(line.value, "1s | 2s");
    assert_string_equal(line.about->name, "vary GROUP.KEY");
}

/* ---- changing lines ---- */

static void
values_are_set_in_place_or_added(void **state)
{
    g_autoptr(SrScenarioEdit) edit =
        edit_of("[client a]\nstart = 12ms\n[server]\nleeway = 2s\n");

    (void) state;
    sr_scenario_edit_set(edit, "client a", "start", "10ms");
    sr_scenario_edit_set(edit, "server", "leeway", "0ms"); /* the default */
    sr_scenario_edit_set(edit, "link a server", "latency", "3ms");
    sr_scenario_edit_set(edit, "expect client a", "outcome", "wins");
    sr_scenario_edit_set(edit, "client b", "derive", "1ms");
    sr_scenario_edit_add_action(edit, 1500 * SR_NS_PER_MS, "crash b for 1s");
    sr_scenario_edit_add_action(edit, 2 * SR_NS_PER_S, "crash a");
    g_autofree char *text = sr_scenario_edit_text(edit, "By hand.");

    assert_string_equal(text, "# By hand.\n[link a server]\nlatency = 3ms\n\n"
                              "[client a]\nstart = 10ms\n\n[client b]\nderive = 1ms\n\n"
                              "[timeline]\n1.5s = crash b for 1s\n2s   = crash a\n\n"
                              "[expect client a]\noutcome = wins\n");
    g_autoptr(SrScenario) scenario = parse(edit);

    assert_int_equal(scenario->n_clients, 2);
}

static void
lines_and_groups_go(void **state)
{
    g_autoptr(SrScenarioEdit) edit = edit_of(
        "[client a]\nstart = 12ms\nderive = 1ms\n[timeline]\n1s = crash a\n1s = close a\n"
        "[chaos]\ncrash = 1/s\n[study]\nseeds = 1..3\n");
    uint32_t first = sr_scenario_edit_find(edit, "timeline", "1s");

    (void) state;
    sr_scenario_edit_remove(edit, first);
    sr_scenario_edit_remove(edit, sr_scenario_edit_find(edit, "client a", "start"));
    assert_true(sr_scenario_edit_find(edit, "client a", "start") == SR_EDIT_NONE);
    assert_true(sr_scenario_edit_remove_group(edit, "chaos"));
    assert_false(sr_scenario_edit_remove_group(edit, "chaos"));
    assert_true(sr_scenario_edit_remove_group(edit, "study"));
    sr_scenario_edit_replace(edit, sr_scenario_edit_find(edit, "timeline", "1s"), "700ms",
                             "close a");
    g_autofree char *text = sr_scenario_edit_text(edit, NULL);

    assert_string_equal(text, "[client a]\nderive = 1ms\n\n[timeline]\n700ms = close a\n");
}

static void
a_copy_is_another_list(void **state)
{
    g_autoptr(SrScenarioEdit) edit =
        edit_of("[client a]\nstart = 12ms\n[timeline]\n1s = crash a\n");
    g_autoptr(SrScenarioEdit) copy = sr_scenario_edit_copy(edit);
    g_autofree char *before = sr_scenario_edit_text(edit, NULL);

    (void) state;
    sr_scenario_edit_set(copy, "client a", "start", "1ms");
    sr_scenario_edit_remove(copy, sr_scenario_edit_find(copy, "timeline", NULL));
    g_autofree char *after = sr_scenario_edit_text(edit, NULL),
                    *other = sr_scenario_edit_text(copy, NULL);

    assert_string_equal(after, before);
    assert_string_equal(other, "[client a]\nstart = 1ms\n");
}

/* ---- clients ---- */

static const struct change {
    const char *name;
    const char *client;
    uint32_t left; /* of it; 0: it is removed; 99: it is split */
    const char *want;
} changes[] = {
    { "a client goes with all that speaks of it", "ann", 0,
      "[link fan -> server]\nlatency = 5ms\nrto     = 1s\n\n[link fan-2 -> server]\nlatency = "
      "9ms\n\n[client fan]\ncount = 3\nstart = 1s\n\n[client zoe]\n\n"
      "[timeline]\n2s = disconnect fan\n3s = partition fan-3 server for 1s\n"
      "4s = crash server for 1s\n5s = rotate-master\n6s = slow server by uniform(1ms, 2ms) for "
      "1s\n\n[expect]\nverdict       = fail(key-found)\nwinner        = fan-3\n"
      "collaborating = fan, zoe\n\n[expect client fan]\noutcome = joins\nbefore  = 50s\n\n"
      "[expect client fan-2]\noutcome = wins\n\n"
      "[study]\nvary link fan-2 -> server.rto = 1s | 2s\nvary network.rto              = 1s | "
      "2s\nzip                           = link fan-2 -> server.rto, network.rto\n" },
    { "a group goes with all that speaks of a member", "fan", 0,
      "[link ann server]\nloss = 2%\n\n[client ann]\n\n[client zoe]\n\n"
      "[timeline]\n1s = crash ann for 2s\n4s = crash server for 1s\n5s = rotate-master\n"
      "6s = slow server by uniform(1ms, 2ms) for 1s\n\n"
      "[expect]\nverdict       = fail(key-found)\ncollaborating = ann, zoe\n\n"
      "[study]\nvary client ann.start = 1s | 2s\nvary network.rto      = 1s | 2s\n"
      "zip                   = client ann.start, network.rto\n" },
    { "a group of two has no third member", "fan", 2,
      "[link ann server]\nloss = 2%\n\n[link fan -> server]\nlatency = 5ms\nrto     = 1s\n\n"
      "[link fan-2 -> server]\nlatency = 9ms\n\n[client ann]\n\n[client fan]\ncount = 2\nstart "
      "= "
      "1s\n\n[client zoe]\n\n[timeline]\n1s = crash ann for 2s\n2s = disconnect fan\n"
      "4s = crash server for 1s\n5s = rotate-master\n6s = slow server by uniform(1ms, 2ms) for "
      "1s\n\n[expect]\nverdict       = fail(key-found)\ncollaborating = ann, fan, zoe\n\n"
      "[expect client fan]\noutcome = joins\nbefore  = 50s\n\n[expect client fan-2]\noutcome = "
      "wins\n\n[study]\nvary client ann.start         = 1s | 2s\n"
      "vary link fan-2 -> server.rto = 1s | 2s\nvary network.rto              = 1s | 2s\n"
      "zip                           = client ann.start, link fan-2 -> server.rto, "
      "network.rto\n" },
    { "the last member keeps its name", "fan", 1,
      "[link ann server]\nloss = 2%\n\n[link fan-1 -> server]\nlatency = 5ms\nrto     = 1s\n\n"
      "[client ann]\n\n[client fan-1]\nstart = 1s\n\n[client zoe]\n\n"
      "[timeline]\n1s = crash ann for 2s\n2s = disconnect fan-1\n"
      "4s = crash server for 1s\n5s = rotate-master\n6s = slow server by uniform(1ms, 2ms) for "
      "1s\n\n[expect]\nverdict       = fail(key-found)\ncollaborating = ann, fan-1, zoe\n\n"
      "[expect client fan-1]\noutcome = joins\nbefore  = 50s\n\n"
      "[study]\nvary client ann.start = 1s | 2s\nvary network.rto      = 1s | 2s\n"
      "zip                   = client ann.start, network.rto\n" },
    { "a group that is split says of each what it said of all", "fan", 99,
      "[link ann server]\nloss = 2%\n\n[link fan-1 -> server]\nlatency = 5ms\nrto     = 1s\n\n"
      "[link fan-3 -> server]\nlatency = 5ms\nrto     = 1s\n\n"
      "[link fan-2 -> server]\nlatency = 9ms\nrto     = 1s\n\n"
      "[client ann]\n\n[client fan-1]\nstart = 1s\n\n[client fan-2]\nstart = 1s\n\n"
      "[client fan-3]\nstart = 1s\n\n[client zoe]\n\n"
      "[timeline]\n1s = crash ann for 2s\n2s = disconnect fan-1\n2s = disconnect fan-2\n"
      "2s = disconnect fan-3\n3s = partition fan-3 server for 1s\n"
      "4s = crash server for 1s\n5s = rotate-master\n6s = slow server by uniform(1ms, 2ms) for "
      "1s\n\n[expect]\nverdict       = fail(key-found)\nwinner        = fan-3\n"
      "collaborating = ann, fan-1, fan-2, fan-3, zoe\n\n"
      "[expect client fan-1]\noutcome = joins\nbefore  = 50s\n\n"
      "[expect client fan-3]\noutcome = joins\nbefore  = 50s\n\n"
      "[expect client fan-2]\noutcome = wins\nbefore  = 50s\n\n"
      "[study]\nvary client ann.start         = 1s | 2s\n"
      "vary link fan-2 -> server.rto = 1s | 2s\nvary network.rto              = 1s | 2s\n"
      "zip                           = client ann.start, link fan-2 -> server.rto, "
      "network.rto\n" },
    { "a group of one is not split", "zoe", 99, NULL },
    { "a group of one that stays one", "zoe", 1, NULL },
};

static void
check_change(void **state)
{
    static const char head[] = "[scenario]\nseed = 7\n\n[network]\nloss = 1%\n\n";
    const struct change *change = *state;
    g_autoptr(SrScenarioEdit) edit = edit_of(base);
    g_autofree char *before = sr_scenario_edit_text(edit, NULL);

    if (change->left == 0)
        assert_true(sr_scenario_edit_remove_client(edit, change->client));
    else if (change->left == 99)
        assert_true(sr_scenario_edit_split(edit, change->client));
    else
        assert_true(sr_scenario_edit_set_count(edit, change->client, change->left));
    g_autofree char *after = sr_scenario_edit_text(edit, NULL),
                    *want = change->want == NULL ? g_strdup(before)
                                                 : g_strconcat(head, change->want, NULL);
    g_autoptr(SrScenario) scenario = parse(edit);

    assert_string_equal(after, want);
    assert_non_null(scenario);
}

static void
what_cannot_be_changed_stays(void **state)
{
    g_autofree char *longest = g_strnfill(63, 'x');
    g_autofree char *text = g_strdup_printf("[client %s]\ncount = 2\n[client fan]\ncount = 3\n"
                                            "[study]\nvary client fan.start = 1s | 2s\n",
                                            longest);
    g_autoptr(SrScenarioEdit) edit = edit_of(text);
    g_autofree char *before = sr_scenario_edit_text(edit, NULL);

    (void) state;
    assert_false(sr_scenario_edit_remove_client(edit, "ann"));
    assert_false(sr_scenario_edit_remove_client(edit, "fan-2"));
    assert_false(sr_scenario_edit_set_count(edit, "ann", 1));
    assert_false(sr_scenario_edit_set_count(edit, longest, 1));
    assert_false(sr_scenario_edit_split(edit, longest));
    assert_false(sr_scenario_edit_split(edit, "fan")); /* its start is varied for all */
    g_autofree char *after = sr_scenario_edit_text(edit, NULL);

    assert_string_equal(after, before);
}

/* A number of clients is cut to those that are left, a winner that is gone is not asked for. */
static void
expectations_fit_who_is_left(void **state)
{
    g_autoptr(SrScenarioEdit) edit =
        edit_of("[client a]\n[client b]\ncount = 2\n[expect]\nverdict = fail(key-found)\n"
                "collaborating = 3\nwinner = b-1\n");

    (void) state;
    assert_true(sr_scenario_edit_remove_client(edit, "b"));
    g_autofree char *text = sr_scenario_edit_text(edit, NULL);

    assert_string_equal(
        text, "[client a]\n\n[expect]\nverdict       = fail(key-found)\ncollaborating = 1\n");
    /* The name may be one of the list's own texts. */
    SrEditLine line =
        sr_scenario_edit_line(edit, sr_scenario_edit_find(edit, "client a", NULL));

    assert_true(sr_scenario_edit_remove_client(edit, line.group + strlen("client ")));
    assert_true(sr_scenario_edit_find(edit, "client a", NULL) == SR_EDIT_NONE);
}

/* ---- simpler ---- */

static const struct simple {
    const char *name;
    const char *text, *group, *key;
    const char *want; /* key = value of that line in each list, between semicolons */
} simples[] = {
    { "a distribution at its default", "[client a]\n", "network", "latency",
      "latency = 10ms; latency = 20ms" },
    { "a distribution", "[client a]\nstart = uniform(0ms, 250ms)\n", "client a", "start",
      "start = 0ms; start = 60ms; start = 100ms; start = 120ms; start = 125ms" },
    { "a sum", "[client a]\n[network]\nlatency = 280ms + exponential(11ms)\n", "network",
      "latency",
      "latency = lognormal(20ms, 60ms); latency = 100ms; latency = 200ms; latency = 290ms; "
      "latency = 291ms" },
    { "a mixture", "[client a]\nstart = 1ms + mix(90% uniform(0ms, 18ms), 10% 2s + 3s)\n",
      "client a", "start",
      "start = 0ms; start = 5ms; start = 10ms; start = 1ms + uniform(0ms, 18ms); "
      "start = 1ms + 2s + 3s" },
    { "a constant stays one", "[client a]\n[network]\nlatency = 1234567ns\n", "network",
      "latency",
      "latency = 0ms; latency = 600us; latency = 1ms; latency = 1.2ms; "
      "latency = 1.23ms" },
    { "a duration", "[client a]\n[scenario]\nlimit = 35s\n", "scenario", "limit",
      "limit = 1min; limit = 10s; limit = 30s" },
    { "a duration at its default", "[client a]\n", "scenario", "limit", "" },
    { "a duration that cannot be 0", "[client a]\n[network]\nrto = 3ns\n", "network", "rto",
      "rto = 200ms; rto = 1ns" },
    { "a word", "[client a]\nearly-available = continue\n", "client a", "early-available",
      "early-available = adopt" },
    { "a number", "[client a]\n[encryption-provider]\nreplicas = 13\n", "encryption-provider",
      "replicas", "replicas = 1; replicas = 6; replicas = 10" },
    { "a link has no default", "[client a]\n[link a server]\nloss = 1%\nlatency = 30ms\n",
      "link a server", "latency", "latency = 0ms; latency = 10ms" },
    { "a title", "[client a]\n[scenario]\ntitle = x\n", "scenario", "title", "" },
    { "an expectation", "[client a]\n[expect]\nwithin = 12345ms\n", "expect", "within", "" },
    { "a header", "[client a]\n", "client a", NULL, "" },
    { "an action", "[client a]\n[timeline]\n1234ms = crash a for 250ms\n", "timeline", "1.234s",
      "1s = crash a for 250ms; 1.2s = crash a for 250ms; 1.23s = crash a for 250ms; "
      "1.234s = crash a for 100ms; 1.234s = crash a for 200ms" },
    { "a step back", "[client a]\n[timeline]\n1s = step-clock a by -1234ms\n", "timeline", "1s",
      "1s = step-clock a by -600ms; 1s = step-clock a by -1s; 1s = step-clock a by -1.2s; "
      "1s = step-clock a by -1.23s" },
};

static void
check_simple(void **state)
{
    const struct simple *row = *state;
    g_autoptr(SrScenarioEdit) edit = edit_of(row->text);
    uint32_t index = sr_scenario_edit_find(edit, row->group, row->key);
    g_autofree char *before = sr_scenario_edit_text(edit, NULL);

    assert_true(index != SR_EDIT_NONE);
    g_autoptr(GPtrArray) list = sr_scenario_edit_simpler(edit, index);
    g_autoptr(GString) got = g_string_new(NULL);

    for (unsigned i = 0; i < list->len; i++) {
        const SrScenarioEdit *simpler = g_ptr_array_index(list, i);
        SrEditLine line = sr_scenario_edit_line(simpler, index);
        g_autoptr(SrScenario) scenario = parse(simpler);

        assert_non_null(scenario);
        g_string_append_printf(got, "%s%s = %s", i == 0 ? "" : "; ", line.key, line.value);
    }
    g_autofree char *after = sr_scenario_edit_text(edit, NULL);

    assert_string_equal(got->str, row->want);
    assert_string_equal(after, before);
}

/* Always the last candidate, which is the least simple, of whichever line has one. */
static void
simplifying_comes_to_an_end(void **state)
{
    g_autoptr(SrScenarioEdit) edit = edit_of(
        "[client a]\ncount = 3\nstart = uniform(1ms, 987654321ns)\npatience = 123456789ns\n"
        "[network]\nlatency = normal(123456789ns, 2ms) + pareto(1ms, 3333333ns)\n"
        "[server]\nprocessing = mix(99% normal(1234567ns, 2ms), 0.5% 10ms, 0.5% 20ms)\n");
    unsigned steps = 0;

    (void) state;
    for (uint32_t i = 0; i < sr_scenario_edit_n_lines(edit);) {
        g_autoptr(GPtrArray) list = sr_scenario_edit_simpler(edit, i);

        if (list->len == 0) {
            i++;
            continue;
        }
        sr_scenario_edit_free(edit);
        edit = sr_scenario_edit_copy(g_ptr_array_index(list, list->len - 1));
        assert_true(++steps < 1000);
    }
    assert_true(steps > 10);
}

static void
fewer_members_are_simpler(void **state)
{
    g_autoptr(SrScenarioEdit) edit =
        edit_of("[client fan]\ncount = 7\n[timeline]\n1s = crash fan-4\n2s = crash fan-2\n");
    uint32_t index = sr_scenario_edit_find(edit, "client fan", "count");
    g_autoptr(GPtrArray) list = sr_scenario_edit_simpler(edit, index);

    (void) state;
    assert_int_equal(list->len, 1);
    g_autofree char *text = sr_scenario_edit_text(g_ptr_array_index(list, 0), NULL);

    assert_string_equal(text, "[client fan]\ncount = 3\n\n[timeline]\n2s = crash fan-2\n");
}

static void
many_members_are_split_soon(void **state)
{
    g_autoptr(SrScenarioEdit) edit =
        edit_of("[client fan]\ncount = 5000\n[timeline]\n1s = crash fan\n[link fan-7 server]\n"
                "latency = 1ms\n[link fan *]\nlatency = 2ms\n");

    (void) state;
    assert_false(sr_scenario_edit_set_count(edit, "nobody", 3));
    assert_true(sr_scenario_edit_set_count(edit, "fan", 2000));
    assert_true(sr_scenario_edit_split(edit, "fan"));
    g_autoptr(SrScenario) scenario = parse(edit);

    assert_int_equal(scenario->n_clients, 2000);
    assert_int_equal(scenario->clients->len, 2000);
    assert_int_equal(scenario->timeline->len, 2000);
    assert_int_equal(scenario->links->len, 2001);
}

int
main(void)
{
    const struct CMUnitTest others[] = {
        cmocka_unit_test(a_list_has_defaults_and_what_they_are),
        cmocka_unit_test(a_scenario_that_says_nothing_is_all_default),
        cmocka_unit_test(actions_and_varied_keys_are_lines),
        cmocka_unit_test(values_are_set_in_place_or_added),
        cmocka_unit_test(lines_and_groups_go),
        cmocka_unit_test(a_copy_is_another_list),
        cmocka_unit_test(what_cannot_be_changed_stays),
        cmocka_unit_test(expectations_fit_who_is_left),
        cmocka_unit_test(fewer_members_are_simpler),
        cmocka_unit_test(many_members_are_split_soon),
        cmocka_unit_test(simplifying_comes_to_an_end),
    };
    struct CMUnitTest
        tests[G_N_ELEMENTS(changes) + G_N_ELEMENTS(simples) + G_N_ELEMENTS(others)];

    for (size_t i = 0; i < G_N_ELEMENTS(changes); i++)
        tests[i] = (struct CMUnitTest){ .name = changes[i].name,
                                        .test_func = check_change,
                                        .initial_state = (void *) (uintptr_t) &changes[i] };
    for (size_t i = 0; i < G_N_ELEMENTS(simples); i++)
        tests[G_N_ELEMENTS(changes) + i] =
            (struct CMUnitTest){ .name = simples[i].name,
                                 .test_func = check_simple,
                                 .initial_state = (void *) (uintptr_t) &simples[i] };
    memcpy(tests + G_N_ELEMENTS(changes) + G_N_ELEMENTS(simples), others, sizeof others);
    return cmocka_run_group_tests_name("scenario edit", tests, NULL, NULL) != 0;
}

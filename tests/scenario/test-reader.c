/* The reader: lines, groups and keys; what is wrong with a file, and where. */
#include "scenario/reading.h"

#define TWO "[client a]\n[client b]\n"

/* clang-format off */
static const struct reading rows[] = {
    { "two clients are a scenario", TWO, "", NULL },
    { "a mark, CR LF and blanks are no matter",
      "\xef\xbb\xbf# a comment\r\n\r\n  [client a]  # one\r\n\tstart = 1ms\t# at once\r\n[ client   b ]\r\n", "", NULL },
    { "a last line without its end counts", "[client a]\nstart = 1ms", "", NULL },
    { "a hash inside a word is no comment", "[scenario]\ntitle = C#5 #comment\n" TWO, "", NULL },
    { "an empty file has no clients", "", "the scenario has no clients [add a group such as [client alice]]", NULL },
    { "a file without clients says so beside its other errors", "[server]\nleeway = 1\n",
      "2:10: '1' needs a unit: s, min, h, d\n"
      "the scenario has no clients [add a group such as [client alice]]", NULL },

    { "a line before the first group", "seed = 1\nlimit = 2s\n" TWO,
      "1:1: this line stands before the first [group] [begin with a group such as [scenario] or [client alice]]", NULL },
    { "a line in the place of a group", "seed = 1\n",
      "1:1: this line stands before the first [group] [begin with a group such as [scenario] or [client alice]]", NULL },
    { "a trace", "{\"type\":\"trace\",\"version\":\"0.1.0\"}\n",
      "1:1: this line stands before the first [group] [this is a trace, which verify, diff, diagram, plot and report read]", NULL },
    { "the result of a sweep", "{\"type\":\"sweep\",\"format\":1}\n",
      "1:1: this line stands before the first [group] [this is the result of a sweep, which merge and plot read]", NULL },
    { "a line that is neither group nor key", "[client a]\nstart 5ms\n",
      "2:1: 'start 5ms' is neither a [group] nor 'key = value'", NULL },
    { "a comment of another format", "[client a]\n; a comment\n// another\n",
      "2:1: '; a comment' is neither a [group] nor 'key = value' [a comment begins with #]\n"
      "3:1: '// another' is neither a [group] nor 'key = value' [a comment begins with #]", NULL },
    { "a key commented out as in another format", "[client a]\n;start = 1ms\n[study]\n//seeds = 1..2\n",
      "2:1: unknown key ';start' in [client a] [a comment begins with #]\n"
      "4:1: unknown key '//seeds' in [study] [a comment begins with #]", NULL },
    { "a comment of another format before the first group", "; a comment\n" TWO,
      "1:1: this line stands before the first [group] [a comment begins with #]", NULL },
    { "a colon for an equals sign", "[client a]\nstart: 30ms\n[timeline]\n1s: close a\n[study]\nvary server.leeway : 1s | 2s\n",
      "2:1: 'start: 30ms' is neither a [group] nor 'key = value' [write start = 30ms]\n"
      "4:1: '1s: close a' is neither a [group] nor 'key = value' [write 1s = close a]\n"
      "6:1: 'vary server.leeway : 1s | 2s' is neither a [group] nor 'key = value' [write vary server.leeway = 1s | 2s]", NULL },
    { "a colon in a sentence", "[client a]\nthe start: 30ms\nstart:\n",
      "2:1: 'the start: 30ms' is neither a [group] nor 'key = value'\n3:1: 'start:' is neither a [group] nor 'key = value'", NULL },
    { "a line without a key", "[client a]\n  = 5ms\n", "2:3: no key before '='", NULL },
    { "a key without a value", "[client a]\nstart =   # later\n", "2:8: 'start' has no value", NULL },
    { "a bracket that is not closed", "[client a\n" TWO,
      "1:1: the group's closing ']' is missing, or something stands behind it", NULL },
    { "something behind a group", "[client a] x\n" TWO,
      "1:1: the group's closing ']' is missing, or something stands behind it", NULL },
    { "a group without a name", "[ ]\n" TWO, "1:1: a group without a name", NULL },

    { "an unknown group and what was meant", "[netwrok]\n" TWO, "1:2: unknown group [netwrok] [did you mean 'network'?]", NULL },
    { "an unknown group like no other", "[xyzzy]\n" TWO, "1:2: unknown group [xyzzy] [the groups are scenario, network, link, document, client, server, token-provider, encryption-provider, timeline, chaos, expect, explore, draws, study]", NULL },
    { "keys of an unknown group are passed over", "[xyzzy]\nx = 1\ny\n" TWO,
      "1:2: unknown group [xyzzy] [the groups are scenario, network, link, document, client, server, token-provider, encryption-provider, timeline, chaos, expect, explore, draws, study]\n3:1: 'y' is neither a [group] nor 'key = value'", NULL },
    { "keys of a group that was meant are read", "[netwrok]\nlatency = 5\nlos = 1%\n" TWO,
      "1:2: unknown group [netwrok] [did you mean 'network'?]\n2:11: '5' needs a unit: ns, us, ms, s, min, h, d\n"
      "3:1: unknown key 'los' in [netwrok] [did you mean 'loss'?]", NULL },
    { "an underscore for a dash", "[encryption_provider]\nretention = 2\n[encryption-provider]\nhint = 1s\n" TWO,
      "1:2: unknown group [encryption_provider] [did you mean 'encryption-provider'?]\n"
      "2:13: '2' is not one of forever, on-new-key, last(N), for(D), until-settled [did you mean 'last(2)'?]\n"
      "4:8: '1s' is not one of unique, timestamp(R), none [did you mean 'timestamp(1s)'?]", NULL },
    { "a capital, and nothing that follows from it",
      "[Client bob]\nstart = 5\ndocument = x\n[client a]\n[timeline]\n1s = close bob\n[expect client bob]\noutcome = wins\n"
      "[link bob server]\nloss = 1%\n",
      "1:2: unknown group [Client bob] [did you mean 'client'?]\n2:9: '5' needs a unit: ns, us, ms, s, min, h, d", NULL },
    { "good keys of a group that was meant", "[Client bob]\nstart = 5ms\n",
      "1:2: unknown group [Client bob] [did you mean 'client'?]", NULL },
    { "a timeline that was meant", TWO "[timelime]\n1s = crash b\n2s = crsh b\n3 = close a\n",
      "3:2: unknown group [timelime] [did you mean 'timeline'?]\n5:6: unknown action 'crsh' [did you mean 'crash'?]\n"
      "6:1: '3' needs a unit: ns, us, ms, s, min, h, d", NULL },
    { "a study that was meant, beside one", TWO "[study]\nvary network.loss = 0% | 1%\n[studi]\nvary network.loss = 0% | 1\n",
      "5:2: unknown group [studi] [did you mean 'study'?]\n6:26: '1' needs a unit: %", NULL },
    { "expectations that were meant", TWO "[expct]\nwithin = 5\n[Expect client b]\nat = 5\n",
      "3:2: unknown group [expct] [did you mean 'expect'?]\n4:10: '5' needs a unit: ns, us, ms, s, min, h, d\n"
      "5:2: unknown group [Expect client b] [did you mean 'expect'?]\n6:6: '5' needs a unit: ns, us, ms, s, min, h, d", NULL },
    { "a limit under a header that was meant", "[Scenario]\nlimit = 2h\n[client a]\nstart = 1h\n[timeline]\n90min = close a\n",
      "1:2: unknown group [Scenario] [did you mean 'scenario'?]", NULL },
    { "a link and a document that were meant", TWO "[lnik a server]\nloss = 1\n[Document d]\ncontent = 4\n",
      "3:2: unknown group [lnik a server] [did you mean 'link'?]\n4:8: '1' needs a unit: %\n"
      "5:2: unknown group [Document d] [did you mean 'document'?]\n6:11: '4' needs a unit: B, KiB, MiB, GiB", NULL },
    { "keys below a name that is wrong are read", "[client a/b]\nstrat = 1ms\n",
      "1:9: 'a/b' is not a name [a name has up to 64 letters, digits, '.', '_' and '-']\n"
      "2:1: unknown key 'strat' in [client a/b] [did you mean 'start'?]", NULL },

    { "a start behind the limit", "[scenario]\nlimit = 1s\n[client a]\n  start = 2s\n[client b]\nstart = 1s\n",
      "4:3: 'start' is later than the run's end at 1s [raise [scenario] limit]", NULL },
    { "a start that is drawn behind the limit", "[client a]\nstart = uniform(61s, 62s)\n[client b]\nstart = uniform(1s, 62s)\n",
      "2:1: 'start' is later than the run's end at 1min [raise [scenario] limit]", NULL },
    { "a sum that is behind the limit", "[client a]\nstart = 40s + uniform(30s, 31s)\n[client b]\nstart = 40s + exponential(30s)\n",
      "2:1: 'start' is later than the run's end at 1min [raise [scenario] limit]", NULL },
    { "a mixture that is behind the limit", "[client a]\nstart = mix(50% 2min, 50% pareto(61s, 62s))\n"
      "[client b]\nstart = mix(99% 2min, 1% exponential(1s))\n",
      "2:1: 'start' is later than the run's end at 1min [raise [scenario] limit]", NULL },
    { "clients of two regions", "[client a]\nreplica = 1\n[client b]\nreplica = 2\n[client c]\nreplica = any\n[client d]\n"
      "[encryption-provider]\nreplicas = 2\n", "", NULL },
    { "any copy, of one", "[client a]\nreplica = any\n", "", NULL },
    { "a copy that there is not", "[client a]\nreplica = 3\n[client b]\nreplica = 0\n[client c]\nreplica = first\n[encryption-provider]\nreplicas = 2\n",
      "2:11: '3' is no copy of the store [the copies are 1 to 2]\n4:11: 'replica' must be at least 1\n"
      "6:11: 'first' is neither a whole number nor 'any'", NULL },
    { "a copy of the only store", "[client a]\nreplica = 1\n",
      "2:11: there is one copy of the store [set 'replicas' in [encryption-provider] above 1, or leave 'replica' out]", NULL },
    { "a copy of a program's store", "[encryption-provider]\nkind = exec\n[client a]\nreplica = 1\n[client b]\nreplica = any\n",
      "4:11: 'replica' is not for 'kind = exec' [the program of --provider decides that]\n"
      "6:11: 'replica' is not for 'kind = exec' [the program of --provider decides that]", NULL },
    { "copies whose number cannot be read", "[client a]\nreplica = 1\n[encryption-provider]\nreplicas = two\n",
      "4:12: 'two' is not a whole number", NULL },
    { "an override of the copies", "[client a]\nreplica = 2\n", "", "encryption-provider.replicas=2" },
    { "a limit that cannot be read is no limit", "[scenario]\nlimit = 60\n[client a]\nstart = 2min\n",
      "2:9: '60' needs a unit: ns, us, ms, s, min, h, d", NULL },
    { "an override of the limit", "[client a]\nstart = 2min\n", "", "scenario.limit=3min" },
    { "an override that starts behind the limit", "[client a]\n",
      "--set: 'start' is later than the run's end at 1min [raise [scenario] limit]", "client a.start=2min" },
    { "what an unreadable header may name is not missing", "[cleint bob]\n[client a]\n[expect]\nwinner = bob\n",
      "1:2: unknown group [cleint bob] [did you mean 'client'?]", NULL },
    { "a client without a name", "[client]\n", "1:2: [client] needs a name: [client NAME]", NULL },
    { "a client with two names", "[client a b]\n", "1:2: [client] needs just one name: [client NAME]", NULL },
    { "a group with too many words", "[client a b c d]\n", "1:15: more than [client NAME] takes", NULL },
    { "a name of other characters", "[client a/b]\n",
      "1:9: 'a/b' is not a name [a name has up to 64 letters, digits, '.', '_' and '-']", NULL },
    { "a name of 65 letters", "[client aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]\n",
      "1:9: 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' is not a name [a name has up to 64 letters, "
      "digits, '.', '_' and '-']", NULL },
    { "a name of 64 letters", "[client aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]\n", "", NULL },
    { "a name where there is none", "[server x]\n" TWO, "1:9: [server] takes no name", NULL },
    { "an expectation of something else than a client", "[expect server]\n" TWO,
      "1:9: unknown group [expect server] [write [expect] or [expect client NAME]]", NULL },
    { "a service's name is taken", "[client server]\n[client a]\n", "1:9: 'server' is the name of a service", NULL },
    { "a star is no client", "[client *]\n",
      "1:9: '*' is not a name [a name has up to 64 letters, digits, '.', '_' and '-']", NULL },

    { "a group that comes twice", TWO "[client a]\nstrat = 1ms\n",
      "3:2: [client a] comes twice: first on line 1 [put its keys into one group]\n"
      "4:1: unknown key 'strat' in [client a] [did you mean 'start'?]", NULL },
    { "a group of one kind that comes twice", "[server]\n[server]\n" TWO,
      "2:2: [server] comes twice: first on line 1 [put its keys into one group]", NULL },
    { "an unknown key and what was meant", TWO "strat = 1ms\n",
      "3:1: unknown key 'strat' in [client b] [did you mean 'start'?]", NULL },
    { "a key of another group", TWO "latency = 1ms\n",
      "3:1: unknown key 'latency' in [client b] ['latency' is a key of [network]]", NULL },
    { "a key that comes twice", TWO "start = 1ms\nstart = 2ms\n",
      "4:1: 'start' comes twice in [client b]: first on line 3", NULL },
    { "columns count characters", "[scenario]\ntitle = \xc3\xa9\xc3\xa9\n[client \xc3\xa9 \xc3\xa9]\n",
      "3:2: [client] needs just one name: [client NAME]", NULL },
    { "a column behind wide characters", "[client a]\n\xe4\xb8\xad\xe6\x96\x87 = 5ms\nstart = \xe4\xb8\xad 5\n",
      "2:1: unknown key '\xe4\xb8\xad\xe6\x96\x87' in [client a]\n3:9: '\xe4\xb8\xad 5' is not a duration [a duration is a "
      "number and a unit, such as 250us, 40ms, 1.5s, 2min, 1h or 7d]", NULL },

    { "invalid UTF-8", "[client a]\nstart = \xff" "1ms\n",
      "2:9: byte 0xff is not valid UTF-8 [a scenario is a text in UTF-8]", NULL },
    { "UTF-8 cut at a line's end", "[client a]\n# \xe4\xb8\nstart = 1ms\n",
      "2:3: byte 0xe4 is not valid UTF-8 [a scenario is a text in UTF-8]", NULL },
    { "a surrogate", "[client a]\n# \xed\xa0\x80\n", "2:3: byte 0xed is not valid UTF-8 [a scenario is a text in UTF-8]", NULL },
    { "a carriage return alone", "[client a]\rstart = 1ms\n",
      "1:11: a carriage return without a line feed [lines end with LF or CR LF]", NULL },
    { "a control character in a comment", "[client a] # \x1b[31m\n", "1:14: control character U+001B", NULL },
    { "a control character of the second block", "[client a] # \xc2\x9b" "31m\n", "1:14: control character U+009B", NULL },
    { "a broken header hides no other error", "[client a\x01]\nx = 1\n[client b]\nstrat = 1ms\n",
      "1:10: control character U+0001\n4:1: unknown key 'strat' in [client b] [did you mean 'start'?]", NULL },

    { "a document that does not exist", "[document one]\n[client a]\ndocument = onee\n",
      "3:12: there is no document 'onee' [did you mean 'one'?]", NULL },
    { "several documents, and a client that names none", "[document one]\n[document two]\n[client a]\n",
      "3:2: [client a] must say which 'document' [the file has several documents]", NULL },
    { "the one document without a group has a name", "[client a]\ndocument = document\n", "", NULL },
    { "documents may stand behind their clients", "[client a]\ndocument = two\n[document two]\n", "", NULL },

    { "a client named like a member", "[client fan]\ncount = 3\n[client fan-3]\n",
      "3:9: 'fan-3' is already a member of [client fan], which has 3", NULL },
    { "a client named like a member to be", "[client fan-4]\n[client fan]\ncount = 3\n", "", NULL },
    { "a million clients are enough", "[client a]\ncount = 600000\n[client b]\ncount = 600000\n",
      "4:9: more than 1000000 clients in all", NULL },
    { "a million clients are possible", "[client a]\ncount = 999999\n[client b]\n", "", NULL },
    { "a count beyond all", "[client a]\ncount = 1000001\n", "2:9: 'count' must be at most 1000000", NULL },
};
/* clang-format on */

static void
more_than_twenty(void **state)
{
    g_autoptr(GString) text = g_string_new("[client a]\n");
    g_autofree char *errors = NULL;
    g_auto(GStrv) lines = NULL;

    (void) state;
    for (unsigned i = 0; i < 1000; i++)
        g_string_append(text, "what = 1\n");
    errors = errors_of(text->str, text->len, NULL);

    lines = g_strsplit(errors, "\n", 0);
    assert_int_equal(g_strv_length(lines), SR_SCENARIO_ERRORS_MAX + 1);
    assert_string_equal(lines[19], "21:1: unknown key 'what' in [client a]");
    assert_string_equal(lines[20], "+980");
}

static void
errors_of_two_files_stay_apart(void **state)
{
    g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
    const char bad[] = "[client a]\nx = 1\n";

    (void) state;
    for (unsigned i = 0; i < 15; i++)
        assert_null(sr_scenario_parse("one.ini", bad, sizeof bad - 1, NULL, 0, diagnostics));
    SrScenario *good = sr_scenario_parse("two.ini", "[client a]\n", 11, NULL, 0, diagnostics);

    assert_non_null(good);
    sr_scenario_free(good);
    assert_null(sr_scenario_parse("three.ini", bad, sizeof bad - 1, NULL, 0, diagnostics));
    assert_int_equal(diagnostics->list->len, 16);
    assert_int_equal(diagnostics->suppressed, 0);
}

static void
a_zero_byte(void **state)
{
    static const char text[] = "[client a]\n# \0\nstart = 1ms\n";
    g_autofree char *errors = errors_of(text, sizeof text - 1, NULL);

    (void) state;
    assert_string_equal(errors, "2:3: a zero byte [a scenario is a text in UTF-8]");
}

static void
a_long_line(void **state)
{
    g_autoptr(GString) text = g_string_new("[client a]\n#");
    g_autofree char *errors = NULL, *errors_of_one_more = NULL;

    (void) state;
    g_string_set_size(text, 11 + SR_SCENARIO_LINE_MAX);
    memset(text->str + 11, '#', SR_SCENARIO_LINE_MAX);
    g_string_append(text, "\n");
    errors = errors_of(text->str, text->len, NULL);

    assert_string_equal(errors, "");
    g_string_insert(text, 11, "#");
    errors_of_one_more = errors_of(text->str, text->len, NULL);

    assert_string_equal(errors_of_one_more, "2:1: the line is longer than 64 KiB");
}

static void
many_groups(void **state)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autofree char *errors = NULL, *errors_of_one_more = NULL;

    (void) state;
    for (unsigned i = 0; i < SR_SCENARIO_GROUPS_MAX; i++)
        g_string_append_printf(text, "[client c%u]\n", i);
    g_autoptr(SrScenario) most = read_bytes(text->str, text->len, NULL, &errors);

    assert_string_equal(errors, "");
    assert_int_equal(most->n_clients, SR_SCENARIO_GROUPS_MAX);
    /* A million of them end with the one line. */
    for (unsigned i = SR_SCENARIO_GROUPS_MAX; i < 1000000; i++)
        g_string_append_printf(text, "[c%u]\n", i);
    errors_of_one_more = errors_of(text->str, text->len, NULL);

    assert_string_equal(errors_of_one_more, "10001:1: more than 10000 groups");
}

static void
a_large_file(void **state)
{
    g_autofree char *text = g_malloc(SR_SCENARIO_BYTES_MAX + 1);
    g_autofree char *errors = NULL, *errors_of_one_more = NULL;

    (void) state;
    for (size_t i = 0; i <= SR_SCENARIO_BYTES_MAX; i++)
        text[i] = i % 64 == 63 ? '\n' : '#';
    memcpy(text, "[client a]\n", 11);
    errors = errors_of(text, SR_SCENARIO_BYTES_MAX, NULL);

    assert_string_equal(errors, "");
    errors_of_one_more = errors_of(text, SR_SCENARIO_BYTES_MAX + 1, NULL);

    assert_string_equal(errors_of_one_more, "is larger than 16 MiB");
}

static void
names_of_nodes(void **state)
{
    static const struct {
        const char *name;
        uint32_t first, n;
    } nodes[] = {
        { "server", 0, 1 },  { "token-provider", 1, 1 }, { "encryption-provider", 2, 1 },
        { "alice", 3, 1 },   { "fan", 4, 12 },           { "fan-1", 4, 1 },
        { "fan-12", 15, 1 }, { "z-9", 16, 1 },           { "z-10", 17, 2 },
        { "z-10-2", 18, 1 },
    };
    static const char *const nobody[] = { "fan-0",
                                          "fan-13",
                                          "fan-01",
                                          "fan-",
                                          "-1",
                                          "",
                                          "alice-1",
                                          "bob",
                                          "z-10-3",
                                          "fan-4294967297",
                                          "fan-99999999999999999999999" };
    g_autoptr(SrScenario) scenario = read_good(
        "[client alice]\n[client fan]\ncount = 12\n[client z-9]\n[client z-10]\ncount = 2\n");
    char name[76];
    SrNodeRange range;

    (void) state;
    for (unsigned i = 0; i < G_N_ELEMENTS(nodes); i++) {
        assert_true(
            sr_scenario_node_lookup(scenario, nodes[i].name, strlen(nodes[i].name), &range));
        assert_int_equal(range.first, nodes[i].first);
        assert_int_equal(range.n, nodes[i].n);
        if (range.n == 1) {
            assert_int_equal(sr_scenario_node_name(scenario, range.first, name),
                             strlen(nodes[i].name));
            assert_string_equal(name, nodes[i].name);
        }
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(nobody); i++)
        assert_false(sr_scenario_node_lookup(scenario, nobody[i], strlen(nobody[i]), &range));
}

int
main(void)
{
    struct CMUnitTest tests[G_N_ELEMENTS(rows)];
    const struct CMUnitTest more[] = {
        cmocka_unit_test(more_than_twenty), cmocka_unit_test(errors_of_two_files_stay_apart),
        cmocka_unit_test(a_zero_byte),      cmocka_unit_test(a_long_line),
        cmocka_unit_test(many_groups),      cmocka_unit_test(a_large_file),
        cmocka_unit_test(names_of_nodes),
    };

    READINGS(tests, rows);
    int failed = cmocka_run_group_tests_name("scenario reader", tests, NULL, NULL);

    return (failed +
            cmocka_run_group_tests_name("scenario reader, whole files", more, NULL, NULL)) != 0;
}

/* The resolved form: what makes no difference to it, and what does. */
#include "scenario/reading.h"

static const char base[] =
    "[scenario]\ntitle = A race\nseed = 7\n[network]\nlatency = 10ms\nloss = 1%\n"
    "[client alice]\n[client bob]\nstart = 12ms\n[timeline]\n400ms = disconnect bob for 2s\n"
    "[expect]\nwinner = alice\n";

/* clang-format off */
static const struct pair {
    const char *name, *text;
    bool same;
} pairs[] = {
    { "comments, blanks and line ends",
      "# A comment\r\n[scenario]\r\n  title =   A race # now\r\nseed=7\r\n\r\n[ network ]\r\nlatency\t=\t10ms\r\nloss = 1%\r\n"
      "[client  alice]\r\n[client bob]\r\nstart = 12ms\r\n[timeline]\r\n400ms=disconnect   bob  for 2s\r\n[expect]\r\nwinner = alice", true },
    { "the order of keys and of groups of their own kind",
      "[expect]\nwinner = alice\n[network]\nloss = 1%\nlatency = 10ms\n[timeline]\n400ms = disconnect bob for 2s\n"
      "[client alice]\n[client bob]\nstart = 12ms\n[scenario]\nseed = 7\ntitle = A race\n", true },
    { "units and zeros",
      "[scenario]\ntitle = A race\nseed = 07\n[network]\nlatency = 10000us\nloss = 1.00%\n[client alice]\n[client bob]\n"
      "start = 0.012s\n[timeline]\n0.4s = disconnect bob for 2000ms\n[expect]\nwinner = alice\n", true },
    { "defaults spelled out",
      "[scenario]\ntitle = A race\nseed = 7\nlimit = 1min\nties = fifo\nepoch = 2023-06-01T00:00:00Z\ncrypto = real\n"
      "[network]\nlatency = 10ms\nloss = 1%\nordered = yes\nbandwidth = unlimited\n[document document]\ncontent = 4KiB\n"
      "[client alice]\ncount = 1\nreplica = any\ndocument = document\nkey-retry = 5 times from 200ms to 5s\npatience = none\n"
      "[client bob]\nstart = 12ms\n[server]\ncheck-token = join, create-session, connect\n[token-provider]\nlifetime = 300s\n"
      "[encryption-provider]\nretention = forever\nhint = unique\nrotate-master = never\n"
      "[timeline]\n400ms = disconnect bob for 2s\n"
      "[expect]\nverdict = pass\ncollaborating = all\nwinner = alice\n", true },
    { "the order of clients",
      "[scenario]\ntitle = A race\nseed = 7\n[network]\nlatency = 10ms\nloss = 1%\n[client bob]\nstart = 12ms\n[client alice]\n"
      "[timeline]\n400ms = disconnect bob for 2s\n[expect]\nwinner = alice\n", false },
    { "another value",
      "[scenario]\ntitle = A race\nseed = 7\n[network]\nlatency = 11ms\nloss = 1%\n[client alice]\n[client bob]\nstart = 12ms\n"
      "[timeline]\n400ms = disconnect bob for 2s\n[expect]\nwinner = alice\n", false },
    { "another action",
      "[scenario]\ntitle = A race\nseed = 7\n[network]\nlatency = 10ms\nloss = 1%\n[client alice]\n[client bob]\nstart = 12ms\n"
      "[timeline]\n400ms = disconnect bob\n[expect]\nwinner = alice\n", false },
    { "another title",
      "[scenario]\ntitle = A Race\nseed = 7\n[network]\nlatency = 10ms\nloss = 1%\n[client alice]\n[client bob]\nstart = 12ms\n"
      "[timeline]\n400ms = disconnect bob for 2s\n[expect]\nwinner = alice\n", false },
};
/* clang-format on */

/* They are in it only when they differ from their defaults, so that no older file has another
 * source. */
static void
keys_that_came_later_are_left_out_at_their_defaults(void **state)
{
    static const struct {
        const char *name, *plain, *spelled, *other, *in_other;
    } keys[] = {
        { "\"max-events\"", "[client a]\n", "[client a]\n[scenario]\nmax-events = 0100000000\n",
          "[client a]\n[scenario]\nmax-events = 5\n",
          "\"limit\":\"1min\",\"max-events\":\"5\",\"seed\"" },
        { "\"cut\"", "[client a]\n", "[client a]\n[scenario]\ncut = none\n",
          "[client a]\n[scenario]\ncut = 99.90%\n", "\"crypto\":\"real\",\"cut\":\"99.9%\"," },
        { "\"replica\"", "[client a]\n[encryption-provider]\nreplicas = 3\n",
          "[client a]\nreplica = any\n[encryption-provider]\nreplicas = 3\n",
          "[client a]\nreplica = 2\n[encryption-provider]\nreplicas = 3\n",
          "\"reconnect\":\"unlimited from 500ms to 10s\",\"replica\":\"2\"" },
    };

    (void) state;
    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
        g_autofree char *plain = json_of(keys[i].plain), *spelled = json_of(keys[i].spelled),
                        *other = json_of(keys[i].other);

        assert_string_equal(plain, spelled);
        assert_null(strstr(plain, keys[i].name));
        assert_non_null(strstr(other, keys[i].in_other));
    }
}

static void
check_pair(void **state)
{
    const struct pair *pair = *state;
    g_autoptr(SrScenario) left = read_good(base), right = read_good(pair->text);
    g_autofree char *left_json = sr_scenario_resolved_json(left, false),
                    *right_json = sr_scenario_resolved_json(right, false);
    char left_source[33], right_source[33];

    sr_scenario_source(left, left_source);
    sr_scenario_source(right, right_source);
    if (pair->same)
        assert_string_equal(left_json, right_json);
    assert_int_equal(strcmp(left_json, right_json) == 0, pair->same);
    assert_int_equal(strcmp(left_source, right_source) == 0, pair->same);
}

/* The whole form, once: a changed line here is a changed `source` of every trace. */
static void
the_smallest_scenario_in_full(void **state)
{
    static const char want[] =
        "{\"clients\":[{\"cache-keys\":\"no\",\"clock-drift\":\"0ppm\",\"clock-offset\":"
        "\"0ms\",\"connect-retry\":\"none\","
        "\"count\":\"1\",\"derive\":\"25ms\",\"document\":\"document\",\"early-available\":"
        "\"adopt\","
        "\"key-retry\":\"5 times from 200ms to "
        "5s\",\"name\":\"a\",\"ntp-error\":\"0ms\",\"ntp-interval\":\"none\","
        "\"patience\":\"none\",\"reconnect\":\"unlimited from 500ms to "
        "10s\",\"request-timeout\":\"10s\",\"start\":\"0ms\","
        "\"token-refresh\":\"30s\"}],\"documents\":[{\"content\":\"4KiB\",\"name\":"
        "\"document\",\"previous\":\"no\"}],"
        "\"encryption-provider\":{\"atomic\":\"yes\",\"clock-drift\":\"0ppm\",\"clock-offset\":"
        "\"0ms\",\"generate\":\"20ms\","
        "\"hint\":\"unique\",\"keep-masters\":\"2\",\"kind\":\"stored\",\"lookup\":\"10ms\","
        "\"ntp-error\":\"0ms\","
        "\"ntp-interval\":\"none\",\"on-collision\":\"refuse\",\"processing\":\"0ms\","
        "\"replicas\":\"1\",\"replication\":\"0ms\","
        "\"retention\":\"forever\",\"reuse\":\"none\",\"rotate-master\":\"never\"},"
        "\"expect\":{\"collaborating\":\"all\",\"verdict\":\"pass\"},\"format\":\"session-race-"
        "scenario\","
        "\"network\":{\"bandwidth\":\"unlimited\",\"duplicate\":\"0%\",\"latency\":\"lognormal("
        "20ms, 60ms)\",\"loss\":\"0%\","
        "\"ordered\":\"yes\",\"rto\":\"200ms\"},"
        "\"scenario\":{\"crypto\":\"real\",\"epoch\":\"2023-06-01T00:00:00Z\",\"limit\":"
        "\"1min\",\"seed\":\"1\",\"ties\":\"fifo\"},"
        "\"server\":{\"check-iat\":\"yes\",\"check-token\":\"connect, create-session, "
        "join\",\"clock-drift\":\"0ppm\","
        "\"clock-offset\":\"0ms\",\"detect-loss\":\"0ms\",\"durable\":\"yes\",\"establish-"
        "timeout\":\"none\",\"leeway\":\"0ms\","
        "\"ntp-error\":\"0ms\",\"ntp-interval\":\"none\",\"on-owner-lost\":\"release\","
        "\"processing\":\"0ms\","
        "\"while-creating\":\"none\"},"
        "\"token-provider\":{\"algorithm\":\"RS256\",\"cache\":\"none\",\"clock-drift\":"
        "\"0ppm\",\"clock-offset\":\"0ms\","
        "\"enabled\":\"yes\",\"iat\":\"yes\",\"lifetime\":\"5min\",\"not-before\":\"none\","
        "\"ntp-error\":\"0ms\","
        "\"ntp-interval\":\"none\",\"processing\":\"1ms\"},\"version\":1}\n";
    g_autofree char *json = json_of("[client a]\n");

    (void) state;
    assert_string_equal(json, want);
}

/* Line breaks and blanks apart, the form for people is the same. */
static void
the_form_for_people_is_the_same(void **state)
{
    g_autoptr(SrScenario) scenario = read_good(base);
    g_autofree char *plain = sr_scenario_resolved_json(scenario, false),
                    *pretty = sr_scenario_resolved_json(scenario, true);
    g_autoptr(GString) squeezed = g_string_new(NULL);
    bool quoted = false;

    (void) state;
    for (const char *p = pretty; *p != '\0'; p++) {
        quoted ^= *p == '"';
        if (quoted || (*p != ' ' && *p != '\n'))
            g_string_append_c(squeezed, *p);
    }
    g_string_append_c(squeezed, '\n');
    assert_string_equal(squeezed->str, plain);
}

static void
links_are_sorted_and_clients_are_not(void **state)
{
    g_autofree char *left = json_of("[client b]\n[client a]\n[link b server]\nloss = 1%\n[link "
                                    "* *]\n[link a -> server]\nloss = 0%\n");
    g_autofree char *right = json_of("[link a -> server]\nloss = 0%\n[link * *]\n[link server "
                                     "b]\nloss = 1%\n[client b]\n[client a]\n");

    (void) state;
    assert_string_equal(left, right);
    assert_non_null(
        strstr(left, "\"links\":[{\"name\":\"* *\"},{\"loss\":\"0%\",\"name\":\"a -> server\"},"
                     "{\"loss\":\"1%\",\"name\":\"b server\"}]"));
    assert_true(strstr(left, "\"name\":\"b\"") < strstr(left, "\"name\":\"a\""));
}

static void
texts_are_escaped(void **state)
{
    g_autofree char *json =
        json_of("[client a]\n[scenario]\ntitle = \"\\\xe2\x80\xae\xf0\x9f\x8c\x8d\n");

    (void) state;
    assert_non_null(strstr(json, "\"title\":\"\\\"\\\\"));
    assert_true(g_utf8_validate(json, -1, NULL));
}

int
main(void)
{
    struct CMUnitTest tests[G_N_ELEMENTS(pairs)];
    const struct CMUnitTest more[] = {
        cmocka_unit_test(the_smallest_scenario_in_full),
        cmocka_unit_test(the_form_for_people_is_the_same),
        cmocka_unit_test(links_are_sorted_and_clients_are_not),
        cmocka_unit_test(texts_are_escaped),
        cmocka_unit_test(keys_that_came_later_are_left_out_at_their_defaults),
    };

    for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++)
        tests[i] = (struct CMUnitTest){ .name = pairs[i].name,
                                        .test_func = check_pair,
                                        .initial_state = (void *) (uintptr_t) &pairs[i] };
    int failed = cmocka_run_group_tests_name("resolved scenarios", tests, NULL, NULL);

    return (failed +
            cmocka_run_group_tests_name("resolved scenarios, the form", more, NULL, NULL)) != 0;
}

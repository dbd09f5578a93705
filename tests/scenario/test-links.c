/* Links: which headers mean a link, and which settings each direction of each link ends up
 * with. */
#include "scenario/reading.h"

#define TWO "[client alice]\n[client bob]\n"

/* clang-format off */
static const struct reading rows[] = {
    { "both ends, either way round", TWO "[link alice server]\n[link token-provider bob]\n", "", NULL },
    { "a star on either side", TWO "[link alice *]\n[link * server]\n[link * *]\n", "", NULL },
    { "one direction", TWO "[link alice -> server]\n[link server -> alice]\n[link * -> alice]\n[link server -> *]\n", "", NULL },
    { "the same link the other way round", TWO "[link alice server]\n[link server alice]\n",
      "4:2: [link server alice] is the same as [link alice server] on line 3 [put its keys into one group]", NULL },
    { "the same star the other way round", TWO "[link alice *]\n[link * alice]\n",
      "4:2: [link * alice] is the same as [link alice *] on line 3 [put its keys into one group]", NULL },
    { "the same service the other way round", TWO "[link * server]\n[link server *]\n",
      "4:2: [link server *] is the same as [link * server] on line 3 [put its keys into one group]", NULL },
    { "the same direction twice", TWO "[link alice -> server]\n[link  alice  ->  server]\n",
      "4:2: [link  alice  ->  server] is the same as [link alice -> server] on line 3 [put its keys into one group]", NULL },
    { "one end only", TWO "[link alice]\n", "3:2: [link] names its two ends: [link A B] or [link A -> B]", NULL },
    { "no blanks at the arrow", TWO "[link alice->server x]\n", "3:7: 'alice->server' is not a name [write blanks around '->']", NULL },
    { "two clients", TWO "[link alice bob]\n",
      "3:2: there is no link between two clients [clients are linked to server, token-provider and encryption-provider]", NULL },
    { "two services", TWO "[link server token-provider]\n",
      "3:2: there is no link between two services [clients are linked to server, token-provider and encryption-provider]", NULL },
    { "every direction", TWO "[link * -> *]\n",
      "3:2: '* -> *' does not say which end is the service [write [link * *], or [link * -> server] and so on]", NULL },
    { "an unknown end", TWO "[link alcie sever]\n",
      "3:7: there is no client 'alcie' [did you mean 'alice'?]\n3:13: there is no client 'sever' [did you mean 'server'?]", NULL },
    { "a key that a link has not", TWO "[link * *]\nlatncy = 1ms\n",
      "4:1: unknown key 'latncy' in [link * *] [did you mean 'latency'?]", NULL },
    { "duplicates on an ordered network", TWO "[network]\nduplicate = 1%\n",
      "4:1: 'duplicate' has no meaning on an ordered link [write 'ordered = no', or leave 'duplicate' out]", NULL },
    { "duplicates on an unordered network", TWO "[network]\nduplicate = 1%\nordered = no\n", "", NULL },
    { "no duplicates on an ordered network", TWO "[network]\nduplicate = 0%\n", "", NULL },
    { "duplicates on a link of an ordered network", TWO "[link * server]\nduplicate = 1%\n",
      "3:2: 'duplicate' has no meaning on an ordered link [write 'ordered = no', or leave 'duplicate' out]", NULL },
    { "duplicates on a link that another group may unorder", TWO "[link alice server]\nduplicate = 1%\n[link * *]\nordered = no\n",
      "", NULL },
    { "an ordered link of a network with duplicates", TWO "[network]\nduplicate = 1%\nordered = no\n[link * server]\nordered = yes\n",
      "6:2: 'duplicate' has no meaning on an ordered link [write 'ordered = no', or leave 'duplicate' out]", NULL },
};
/* clang-format on */

/* Every rank gives another latency; what is taken away below shows which comes next. */
static const char *const ranks[] = {
    "[link fan-2 -> server]\nlatency = 1ms\n",
    "[link fan -> server]\nlatency = 2ms\n",
    "[link fan-2 server]\nlatency = 3ms\n",
    "[link fan server]\nlatency = 4ms\n",
    "[link fan-2 -> *]\nlatency = 5ms\n",
    "[link fan -> *]\nlatency = 6ms\n",
    "[link fan-2 *]\nlatency = 7ms\n",
    "[link fan *]\nlatency = 8ms\n",
    "[link * -> server]\nlatency = 9ms\n",
    "[link * server]\nlatency = 10ms\n",
    "[link * *]\nlatency = 11ms\n",
    "[network]\nlatency = 12ms\n",
};

static SrSpan
latency_of(const SrScenario *scenario, uint32_t client, uint32_t service, bool outward)
{
    SrLinkSettings settings;

    sr_scenario_link(scenario, client, service, outward, &settings);
    assert_true(settings.latency.constant);
    return settings.latency.floor / SR_NS_PER_MS;
}

static void
the_highest_rank_wins(void **state)
{
    (void) state;
    for (unsigned first = 0; first < G_N_ELEMENTS(ranks); first++) {
        g_autoptr(GString) text = g_string_new("[client fan]\ncount = 3\n");

        /* The order in the file means nothing. */
        for (unsigned i = G_N_ELEMENTS(ranks); i > first; i--)
            g_string_append(text, ranks[i - 1]);
        g_autoptr(SrScenario) scenario = read_good(text->str);

        assert_int_equal(latency_of(scenario, SR_NODE_FIRST_CLIENT + 1, SR_NODE_SERVER, true),
                         first + 1);
        assert_int_equal(sr_scenario_link_by_member(scenario), first < 7);
    }
}

static void
each_end_and_direction_has_its_own(void **state)
{
    g_autoptr(GString) text = g_string_new("[client fan]\ncount = 3\n[client solo]\n");

    (void) state;
    for (unsigned i = 0; i < G_N_ELEMENTS(ranks); i++)
        g_string_append(text, ranks[i]);
    g_string_append(text, "[link encryption-provider -> *]\nlatency = 13ms\n");
    g_autoptr(SrScenario) scenario = read_good(text->str);
    const uint32_t fan = SR_NODE_FIRST_CLIENT, solo = fan + 3;

    assert_int_equal(latency_of(scenario, fan, SR_NODE_SERVER, true), 2);
    assert_int_equal(latency_of(scenario, fan, SR_NODE_SERVER, false), 4);
    assert_int_equal(latency_of(scenario, fan + 1, SR_NODE_SERVER, false), 3);
    assert_int_equal(latency_of(scenario, fan + 1, SR_NODE_TOKEN_PROVIDER, true), 5);
    assert_int_equal(latency_of(scenario, fan + 1, SR_NODE_TOKEN_PROVIDER, false), 7);
    assert_int_equal(latency_of(scenario, fan + 2, SR_NODE_TOKEN_PROVIDER, true), 6);
    assert_int_equal(latency_of(scenario, fan + 2, SR_NODE_ENCRYPTION_PROVIDER, false), 8);
    assert_int_equal(latency_of(scenario, solo, SR_NODE_SERVER, true), 9);
    assert_int_equal(latency_of(scenario, solo, SR_NODE_SERVER, false), 10);
    assert_int_equal(latency_of(scenario, solo, SR_NODE_TOKEN_PROVIDER, true), 11);
    assert_int_equal(latency_of(scenario, solo, SR_NODE_ENCRYPTION_PROVIDER, true), 11);
    assert_int_equal(latency_of(scenario, solo, SR_NODE_ENCRYPTION_PROVIDER, false), 13);
}

static void
each_key_comes_from_its_own_rank(void **state)
{
    g_autoptr(SrScenario) scenario =
        read_good("[client a]\n[network]\nlatency = 1ms\nloss = 50%\nrto = 7ms\n[link a "
                  "server]\nloss = 25%\n"
                  "[link a *]\nloss = 0%\nbandwidth = 5bit/s\n[link * *]\nordered = "
                  "no\nbandwidth = 6bit/s\nduplicate = 25%\n");
    SrLinkSettings settings;

    (void) state;
    sr_scenario_link(scenario, SR_NODE_FIRST_CLIENT, SR_NODE_SERVER, true, &settings);
    assert_int_equal(settings.latency.floor, SR_NS_PER_MS);
    assert_int_equal(settings.loss, 1u << 30);
    assert_int_equal(settings.duplicate, 1u << 30);
    assert_int_equal(settings.rto, 7 * SR_NS_PER_MS);
    assert_int_equal(settings.bandwidth_bps, 5);
    assert_false(settings.ordered);
    assert_int_equal(settings.given, SR_LINK_LATENCY | SR_LINK_ORDERED | SR_LINK_LOSS |
                                         SR_LINK_DUPLICATE | SR_LINK_RTO | SR_LINK_BANDWIDTH);
    assert_int_equal(g_array_index(scenario->links, SrLinkGroup, 1).settings.given,
                     SR_LINK_LOSS | SR_LINK_BANDWIDTH);
}

static void
a_preset_loses_to_a_key_beside_it(void **state)
{
    g_autoptr(SrScenario) scenario =
        read_good("[client a]\n[network]\npreset = satellite\nloss = 0%\n[link a *]\npreset = "
                  "mobile\nlatency = 3ms\n");
    const SrLinkSettings *link = &g_array_index(scenario->links, SrLinkGroup, 0).settings;

    (void) state;
    assert_int_equal(scenario->network.loss, 0);
    assert_int_equal(scenario->network.latency.n_terms, 2);
    assert_int_equal(scenario->network.latency.floor, 280 * SR_NS_PER_MS);
    assert_int_equal(link->given, SR_LINK_LATENCY | SR_LINK_LOSS);
    assert_int_equal(link->latency.floor, 3 * SR_NS_PER_MS);
    assert_int_equal(link->loss, 42949673);
}

static void
every_preset_reads(void **state)
{
    static const char *const presets[][3] = {
        { "lan", "lognormal(300us, 1ms)", "0%" },
        { "region", "lognormal(6ms, 15ms)", "0.01%" },
        { "continent", "lognormal(20ms, 60ms)", "0.1%" },
        { "intercontinental", "lognormal(80ms, 180ms)", "0.2%" },
        { "mobile", "lognormal(35ms, 250ms)", "1%" },
        { "satellite", "280ms + exponential(10ms)", "0.5%" },
    };

    (void) state;
    for (unsigned i = 0; i < G_N_ELEMENTS(presets); i++) {
        g_autofree char *by_name =
            g_strdup_printf("[client a]\n[network]\npreset = %s\n", presets[i][0]);
        g_autofree char *by_keys = g_strdup_printf(
            "[client a]\n[network]\nlatency = %s\nloss = %s\n", presets[i][1], presets[i][2]);
        g_autofree char *left = json_of(by_name), *right = json_of(by_keys);

        assert_string_equal(left, right);
    }
}

int
main(void)
{
    struct CMUnitTest tests[G_N_ELEMENTS(rows)];
    const struct CMUnitTest more[] = {
        cmocka_unit_test(the_highest_rank_wins),
        cmocka_unit_test(each_end_and_direction_has_its_own),
        cmocka_unit_test(each_key_comes_from_its_own_rank),
        cmocka_unit_test(a_preset_loses_to_a_key_beside_it),
        cmocka_unit_test(every_preset_reads),
    };

    READINGS(tests, rows);
    int failed = cmocka_run_group_tests_name("scenario links", tests, NULL, NULL);

    return (failed + cmocka_run_group_tests_name("scenario links, ranks", more, NULL, NULL)) !=
           0;
}

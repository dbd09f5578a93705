/* Exploration with times against that without: where every delay may be nothing or an hour, whatever
 * can happen in some order can happen in time, so that the same checks can fail. And times only take
 * away states. */
#include "timed/timed-fixture.h"

/* Delays that let every order happen. A retry, a retention and the start of what is counted are
 * short beside them. */
#define HOUR "uniform(0ms, 1h)"
#define WIDE                                                                                   \
    "[scenario]\nlimit = 25d\nties = seeded\ncrypto = names\n"                                 \
    "[network]\nlatency = " HOUR "\n[token-provider]\nlifetime = 29d\nprocessing = 0ms\n"
#define NARROW                                                                                 \
    "[scenario]\nlimit = 25d\nties = seeded\ncrypto = names\n"                                 \
    "[network]\nlatency = uniform(10ms, 80ms)\n[token-provider]\nlifetime = 29d\n"             \
    "processing = 0ms\n"
#define KEYS_OF(more) "[encryption-provider]\ngenerate = " HOUR "\nlookup = " HOUR "\n" more
#define CLIENTS_OF(more)                                                                       \
    "[client c]\nstart = " HOUR "\nderive = " HOUR "\nrequest-timeout = 10d\n"                 \
    "token-refresh = none\n" more

/* clang-format off */
static struct row {
    const char *name, *server, *keys, *clients;
    bool fails; /* some check can fail */
} rows[] = {
    { "kept for ever",            "", KEYS_OF(""), CLIENTS_OF("count = 2\n"), false },
    { "… and waiting for a hint", "", KEYS_OF(""), CLIENTS_OF("count = 2\nearly-available = continue\n"), false },
    { "… and told to wait",       "[server]\nwhile-creating = pending\n", KEYS_OF(""), CLIENTS_OF("count = 2\n"), false },
    { "the latest alone",         "", KEYS_OF("retention = last(1)\n"), CLIENTS_OF("count = 2\nkey-retry = none\n"), true },
    { "… with a retry",           "", KEYS_OF("retention = last(1)\n"), CLIENTS_OF("count = 2\nkey-retry = 1 times from 1ms to 1ms\n"), true },
    { "the latest two of two",    "", KEYS_OF("retention = last(2)\n"), CLIENTS_OF("count = 2\nkey-retry = none\n"), false },
    { "until a new one is made",  "", KEYS_OF("retention = on-new-key\n"), CLIENTS_OF("count = 2\nkey-retry = none\n"), true },
    { "until one is settled",     "", KEYS_OF("retention = until-settled\n"), CLIENTS_OF("count = 2\nkey-retry = none\n"), false },
    { "for ten minutes",          "", KEYS_OF("retention = for(10min)\n"), CLIENTS_OF("count = 2\nkey-retry = none\n"), true },
    { "one key for all",          "", KEYS_OF("kind = static\n"), CLIENTS_OF("count = 2\n"), false },
    { "hints that are derived",   "", KEYS_OF("kind = derived\n"), CLIENTS_OF("count = 2\n"), false },
};
/* clang-format on */

static uint32_t
explore(const SrScenario *scenario, uint64_t *states)
{
    const SrExploreOptions options = { .count_retries = true,
                                       .no_reduction = true,
                                       .no_symmetry = true };
    g_autoptr(SrExploration) exploration = sr_exploration_new(scenario, &options);
    SrExploreResult result;

    sr_exploration_search(exploration, &result);
    assert_int_equal(result.end, SR_EXPLORE_COMPLETE);
    *states = result.states;
    return result.failed;
}

static void
the_same_checks_can_fail(void **state)
{
    const struct row *row = *state;
    g_autofree char *wide = g_strconcat(WIDE, row->server, row->keys, row->clients, NULL);
    g_autofree char *narrow = g_strconcat(NARROW, row->server, row->keys, row->clients, NULL);
    g_autoptr(SrScenario) all = fixture_scenario(wide, 0);
    g_autoptr(SrScenario) some = fixture_scenario(narrow, 0);
    const SrTimedOptions options = { .no_symmetry = true };
    uint64_t states;
    uint32_t failed = explore(all, &states);
    SrTimedResult timed;

    fixture_search(all, &options, &timed);
    assert_int_equal(timed.end, SR_TIMED_COMPLETE);
    assert_int_equal(failed != 0, row->fails);
    if (timed.failed != failed)
        fail_msg("with times%s can fail, and without%s", fixture_checks(timed.failed),
                 fixture_checks(failed));
    assert_true(timed.states <= states);
    fixture_search(some, &options, &timed);
    assert_int_equal(timed.end, SR_TIMED_COMPLETE);
    assert_int_equal(timed.failed & ~failed, 0);
    assert_true(timed.states <= states);
}

int
main(void)
{
    struct CMUnitTest tests[G_N_ELEMENTS(rows)];

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        tests[i] = (struct CMUnitTest){ .name = rows[i].name,
                                        .test_func = the_same_checks_can_fail,
                                        .initial_state = &rows[i] };
    return cmocka_run_group_tests_name("with times and without", tests, NULL, NULL);
}

/* Exploration with times against that without: where every delay may be nothing or an hour,
 * whatever can happen in some order can happen in time, so that the same checks can fail. And
 * times only take away states. */
#include "timed/timed-fixture.h"

#include "explore/explore-search-private.h"
#include "explore/explore-store-private.h"
#include "timed/timed-private.h"

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

/* ---- states ---- */

/* Asserts that each state of a search with times is one of @untimed. Returns: how many classes
 * have one */
static uint64_t
find_states(const SrScenario *scenario, const SrExploration *untimed)
{
    const SrTimedOptions options = { .no_symmetry = true };
    g_autofree Rules *rules = g_new(Rules, 1);
    uint64_t memory = 0, peak = 0, n;
    Search *search;

    sr_rules_init(rules, scenario, &options, false, 0);
    sr_rules_classes(rules, false);
    search = sr_search_new(rules, &memory);
    sr_search_run(search, &options, &memory, &peak);
    assert_int_equal(search->end, SR_TIMED_COMPLETE);
    n = sr_class_store_n(search->store);
    for (uint32_t class = 1; class < n; class ++) {
        uint32_t n_world, n_key;
        const uint8_t *bytes = sr_class_store_state(search->store, class, &n_world, &n_key);
        const SrFingerprint state = sr_fingerprint(bytes, n_world);
        SrFingerprint parent;

        if (!sr_state_store_parent(untimed->store, &state, &parent))
            fail_msg("the state of class %u of %" PRIu64 " cannot be reached without times",
                     class, n);
    }
    sr_search_free(search);
    sr_rules_clear(rules);
    return n;
}

static void
has_no_other_states(const struct row *row)
{
    g_autofree char *wide = g_strconcat(WIDE, row->server, row->keys, row->clients, NULL);
    g_autofree char *narrow = g_strconcat(NARROW, row->server, row->keys, row->clients, NULL);
    g_autoptr(SrScenario) all = fixture_scenario(wide, 0);
    g_autoptr(SrScenario) some = fixture_scenario(narrow, 0);
    const SrExploreOptions options = { .count_retries = true,
                                       .no_reduction = true,
                                       .no_symmetry = true };
    g_autoptr(SrExploration) untimed = sr_exploration_new(all, &options);
    SrExploreResult result;

    sr_exploration_search(untimed, &result);
    assert_int_equal(result.end, SR_EXPLORE_COMPLETE);
    assert_true(find_states(all, untimed) > 100);
    assert_true(find_states(some, untimed) > 50);
}

static void
times_only_take_states_away(void **state)
{
    const struct row *row = *state;

    /* Until a key is discarded by age, times leave out which is the oldest. */
    if (strstr(row->keys, "for(") != NULL)
        skip();
    has_no_other_states(row);
}

int
main(void)
{
    int failures = FIXTURE_RUN_ROWS("with times and without", the_same_checks_can_fail, rows);

    return failures + FIXTURE_RUN_ROWS("states", times_only_take_states_away, rows);
}

/* What is counted of shipped scenarios: whatever changes the search changes some of this, and is to
 * say so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "explore/explore-fixture.h"

#define FAILS(check) (1u << SR_CHECK_##check)

struct counts {
    uint64_t states, transitions, ends, trapped;
    uint32_t depth;
};

/* clang-format off */
static const struct row {
    const char *path;
    uint32_t clients, crashes, disconnects, expirations;
    bool counts_retries;
    uint32_t failed;
    struct counts saved, full; /* with the savings, and without; no states: not searched */
} rows[] = {
    { "steps/defaults.ini", 2, 1, 0, 0, false, 0, { 713, 936, 30, 0, 58 }, { 8095, 19566, 88, 0, 57 } },
    { "steps/two-clients.ini", 2, 0, 1, 0, false, 0, { 1387, 1851, 30, 0, 56 }, { 11342, 26288, 94, 0, 55 } },
    { "steps/three-clients.ini", 3, 0, 0, 0, false, 0, { 621, 802, 10, 0, 55 }, { 50430, 159399, 75, 0, 55 } },
    { "steps/two-documents.ini", 4, 0, 0, 0, false, 0, { 5212, 7412, 16, 0, 70 }, { 0 } },
    { "steps/cached-keys.ini", 2, 0, 1, 0, false, 0, { 1336, 1800, 30, 0, 56 }, { 10514, 24422, 94, 0, 55 } },
    { "steps/early-continue.ini", 2, 1, 0, 0, false, 0, { 1254, 1621, 48, 0, 58 }, { 6824, 16389, 67, 0, 57 } },
    { "steps/pending.ini", 2, 0, 0, 1, false, FAILS(ALL_COLLABORATE), { 2716, 4807, 40, 0, 40 }, { 10008, 26172, 100, 0, 40 } },
    { "steps/without-tokens.ini", 2, 2, 0, 0, false, 0, { 1669, 2426, 99, 0, 73 }, { 33821, 105422, 300, 0, 71 } },
    { "owner/silent-loss.ini", 2, 0, 1, 0, false, 0, { 2031, 2896, 31, 0, 55 }, { 13966, 34532, 94, 0, 55 } },
    { "owner/lost-promote.ini", 2, 1, 0, 0, false, 0, { 497, 674, 22, 0, 49 }, { 7109, 17690, 66, 0, 48 } },
    { "owner/lost-wait-timeout.ini", 2, 1, 0, 1, false, FAILS(ALL_COLLABORATE), { 33747, 60780, 450, 0, 78 }, { 0 } },
    { "owner/patience.ini", 2, 1, 0, 0, false, FAILS(ALL_COLLABORATE) | FAILS(NOBODY_STUCK), { 1206, 1508, 55, 0, 49 }, { 7442, 18054, 81, 0, 48 } },
    { "provider/replica-lag.ini", 2, 0, 0, 0, false, 0, { 1719, 3103, 5, 0, 39 }, { 7450, 24358, 10, 0, 39 } },
    { "provider/reuse-atomic.ini", 2, 1, 0, 0, false, 0, { 7410, 10611, 255, 0, 58 }, { 29139, 63646, 488, 0, 57 } },
    { "provider/derived-rotation.ini", 2, 0, 0, 0, false, FAILS(KEY_KEPT) | FAILS(KEY_FOUND) | FAILS(ALL_COLLABORATE), { 838, 1275, 50, 0, 38 }, { 3572, 8958, 100, 0, 38 } },
    { "provider/sample-server-same-millisecond.ini", 2, 0, 0, 0, false, 0, { 466, 647, 19, 0, 35 }, { 1618, 3134, 36, 0, 35 } },
    { "provider/static.ini", 2, 1, 0, 0, false, 0, { 718, 963, 23, 0, 52 }, { 7822, 19188, 54, 0, 51 } },
    { "provider/unstable.ini", 2, 0, 0, 0, false, FAILS(SAME_KEY) | FAILS(HINT_STABLE) | FAILS(ALL_COLLABORATE), { 141, 182, 5, 0, 35 }, { 552, 1044, 10, 0, 35 } },
    { "provider/empty-hint.ini", 2, 1, 0, 0, false, FAILS(ALL_COLLABORATE), { 1098, 1709, 15, 0, 45 }, { 5275, 13322, 29, 0, 44 } },
    { "retention/for-too-short.ini", 2, 0, 0, 0, false, FAILS(KEY_KEPT) | FAILS(KEY_FOUND) | FAILS(ALL_COLLABORATE), { 478, 718, 27, 0, 38 }, { 2038, 4998, 54, 0, 38 } },
    { "retention/last-two-of-three.ini", 3, 0, 0, 0, false, FAILS(KEY_KEPT) | FAILS(KEY_FOUND) | FAILS(ALL_COLLABORATE), { 3894, 5544, 65, 0, 57 }, { 0 } },
    { "retention/until-settled.ini", 2, 1, 0, 0, false, 0, { 773, 995, 30, 0, 60 }, { 22423, 66440, 116, 0, 59 } },
    { "retention/on-new-key.ini", 2, 0, 1, 0, false, FAILS(KEY_KEPT) | FAILS(KEY_FOUND) | FAILS(ALL_COLLABORATE), { 4364, 6395, 92, 0, 57 }, { 18641, 42920, 176, 0, 56 } },
    { "tokens/expires-in-mid-race.ini", 2, 0, 0, 1, false, FAILS(ALL_COLLABORATE), { 2299, 4195, 56, 0, 40 }, { 4990, 12025, 71, 0, 40 } },
    { "tokens/cached-token.ini", 2, 0, 0, 1, false, FAILS(ALL_COLLABORATE), { 2658, 4704, 40, 0, 40 }, { 9780, 25642, 100, 0, 40 } },
    { "upgrade/previous.ini", 2, 1, 0, 0, false, 0, { 4932, 7597, 158, 0, 70 }, { 48421, 140814, 378, 0, 69 } },
    { "upgrade/continue-settled.ini", 2, 0, 0, 0, false, FAILS(ALL_COLLABORATE), { 3487, 5742, 60, 0, 43 }, { 6062, 14486, 60, 0, 43 } },
    { "provider/replica-lag.ini", 2, 0, 0, 0, true, FAILS(KEY_FOUND) | FAILS(ALL_COLLABORATE), { 3570, 6827, 10, 0, 56 }, { 16874, 56286, 20, 0, 56 } },
    { "tokens/expires-in-mid-race.ini", 2, 0, 0, 1, true, FAILS(ALL_COLLABORATE), { 2299, 4195, 56, 0, 40 }, { 4990, 12025, 71, 0, 40 } },
    { "owner/patience.ini", 2, 0, 2, 0, true, 0, { 21891, 30983, 276, 0, 57 }, { 110122, 304712, 432, 0, 56 } },
};
/* clang-format on */

static void
counts_are(const struct row *row, bool saved)
{
    const struct counts *wanted = saved ? &row->saved : &row->full;
    g_autofree char *path =
        g_build_filename(g_getenv("SR_SOURCE_ROOT"), "scenarios", row->path, NULL);
    g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
    SrScenario *loaded = NULL;
    const SrExploreOptions options = { .clients = row->clients,
                                       .crashes = row->crashes,
                                       .disconnects = row->disconnects,
                                       .expirations = row->expirations,
                                       .count_retries = row->counts_retries,
                                       .no_symmetry = !saved,
                                       .no_reduction = !saved };
    SrExploreResult result;

    if (wanted->states == 0)
        return;
    assert_int_equal(sr_scenario_load(path, NULL, 0, &loaded, diagnostics), SR_LOAD_OK);
    g_autoptr(SrScenario) scenario = loaded;
    g_autoptr(SrExploration) exploration = sr_exploration_new(scenario, &options);

    sr_exploration_search(exploration, &result);
    assert_int_equal(result.end, SR_EXPLORE_COMPLETE);
    assert_int_equal(result.failed, row->failed);
    assert_int_equal(result.states, wanted->states);
    assert_int_equal(result.transitions, wanted->transitions);
    assert_int_equal(result.ends, wanted->ends);
    assert_int_equal(result.trapped, wanted->trapped);
    assert_int_equal(result.depth, wanted->depth);
}

static void
counts_are_as_before(void **state)
{
    counts_are(*state, true);
    counts_are(*state, false);
}

int
main(void)
{
    struct CMUnitTest tests[G_N_ELEMENTS(rows)];

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        tests[i] = (struct CMUnitTest){ .name = rows[i].path,
                                        .test_func = counts_are_as_before,
                                        .initial_state = (void *) (uintptr_t) &rows[i] };
    return cmocka_run_group_tests_name("pinned counts", tests, NULL, NULL) != 0;
}

/* A range of random scenarios, each searched in every way. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "explore/explore-fixture.h"
#include "explore/random-explore.h"

typedef struct {
    uint32_t first, n; /* scenarios: as many from the first as it takes to compare @n in full */
    uint32_t states_max, states_max_three;
    uint32_t each_min; /* of each trait */
} RandomRange;

typedef struct {
    uint32_t n, n_early, n_failed, traits[RANDOM_TRAIT_N];
} RandomTally;

static const RandomRange *random_range;

static void
random_compare_one(uint32_t number, RandomTally *tally)
{
    CompareOptions options = { 0 };
    g_autoptr(GString) differences = g_string_new(NULL);
    uint32_t traits;
    g_autofree char *text = random_scenario(number, &options, &traits);
    g_autoptr(SrScenario) scenario = fixture_scenario(text, 0);
    Compared compared;

    options.states_max = traits >> RANDOM_THREE_CLIENTS & 1 ? random_range->states_max_three
                                                            : random_range->states_max;
    compare_searches(scenario, &options, &compared, differences);
    if (differences->len > 0)
        fail_msg("scenario %u, --crashes %u --disconnects %u --expirations %u%s:\n%s%s", number,
                 options.crashes, options.disconnects, options.expirations,
                 options.counts ? " --count-retries" : "", text, differences->str);
    tally->n_early += !compared.complete;
    if (!compared.complete)
        return;
    tally->n++;
    tally->n_failed += compared.failed != 0;
    for (unsigned i = 0; i < RANDOM_TRAIT_N; i++)
        tally->traits[i] += traits >> i & 1;
}

static void
random_scenarios_compare(void **state)
{
    RandomTally tally = { 0 };

    (void) state;
    for (uint32_t i = 0; tally.n < random_range->n; i++) {
        assert_true(i < 6 * random_range->n);
        random_compare_one(random_range->first + i, &tally);
    }
    print_message(
        "%u compared in full, %u of them with a failure, %u as far as there was room; "
        "by trait:",
        tally.n, tally.n_failed, tally.n_early);
    for (unsigned i = 0; i < RANDOM_TRAIT_N; i++)
        print_message(" %u", tally.traits[i]);
    print_message("\n");
    for (unsigned i = 0; i < RANDOM_TRAIT_N; i++)
        assert_true(tally.traits[i] >= random_range->each_min);
    assert_in_range(tally.n_failed, tally.n / 4, tally.n - tally.n / 10);
}

static inline int
random_compare_main(const RandomRange *range)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(random_scenarios_compare) };

    random_range = range;
    return cmocka_run_group_tests_name("random scenarios", tests, NULL, NULL) != 0;
}

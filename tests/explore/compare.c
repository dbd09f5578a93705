#include "compare.h"

#include "brute.h"
#include "session-race/explore.h"

typedef struct {
    const SrScenario *scenario;
    const CompareOptions *options;
    GString *differences;
    SrExploreResult full; /* without savings */
    uint32_t depth;       /* that is compared; 0: all */
    uint32_t states_max;  /* 0: none */
    bool too_large;
} Comparison;

static void
expect(Comparison *comparison, bool is_so, const char *what, uint64_t got, uint64_t wanted)
{
    if (!is_so)
        g_string_append_printf(comparison->differences,
                               "# %s: %" G_GUINT64_FORMAT ", not %" G_GUINT64_FORMAT "\n", what,
                               got, wanted);
}

static void
expect_same(Comparison *comparison, const char *what, uint64_t got, uint64_t wanted)
{
    expect(comparison, got == wanted, what, got, wanted);
}

/* ---- searches ---- */

static bool
is_too_large(void *data)
{
    return ((const Comparison *) data)->too_large;
}

static void
look_how_large(void *data, const SrExploreProgress *progress)
{
    Comparison *comparison = data;

    comparison->too_large =
        comparison->states_max != 0 && progress->states > comparison->states_max;
}

static SrExploration *
explore(Comparison *comparison, bool symmetry, bool reduction, SrExploreResult *result)
{
    const CompareOptions *given = comparison->options;
    const SrExploreOptions options = {
        .crashes = given->crashes,
        .disconnects = given->disconnects,
        .expirations = given->expirations,
        .count_retries = given->counts,
        .depth = comparison->depth,
        .no_symmetry = !symmetry,
        .no_reduction = !reduction,
        .stop = is_too_large,
        .stop_data = comparison,
        .progress = look_how_large,
        .progress_data = comparison,
    };
    SrExploration *exploration = sr_exploration_new(comparison->scenario, &options);

    comparison->too_large = false;
    sr_exploration_search(exploration, result);
    return exploration;
}

/* ---- against the plain search ---- */

static void
compare_brute(Comparison *comparison)
{
    const CompareOptions *given = comparison->options;
    const BruteOptions options = { given->crashes, given->disconnects, given->expirations,
                                   given->counts, comparison->depth };
    const SrExploreResult *full = &comparison->full;
    BruteResult plain;

    brute_search(comparison->scenario, &options, &plain);
    expect_same(comparison, "the plain search ends", plain.complete, true);
    expect_same(comparison, "checks that fail plainly", plain.failed, full->failed);
    expect_same(comparison, "states plainly", plain.states, full->states);
    expect_same(comparison, "transitions plainly", plain.transitions, full->transitions);
    expect_same(comparison, "ends plainly", plain.ends, full->ends);
    if (comparison->depth == 0)
        expect_same(comparison, "states without an end plainly", plain.trapped, full->trapped);
    expect_same(comparison, "depth plainly", plain.depth, full->depth);
    for (unsigned i = 0; i < SR_CHECK_N; i++)
        if (plain.failed & full->failed & 1u << i)
            expect_same(comparison, sr_check_name((SrCheckId) i), plain.depths[i],
                        full->refuted[i].depth);
}

/* ---- savings ---- */

/* Clients of equal settings: at least one of the states that differ in their names is kept. */
static void
compare_symmetry(Comparison *comparison)
{
    const SrExploreResult *full = &comparison->full;
    SrExploreResult result;
    G_GNUC_UNUSED g_autoptr(SrExploration) exploration =
        explore(comparison, true, false, &result);
    uint64_t orders = 1;

    for (uint32_t i = 2; i <= result.n_clients; i++)
        orders *= i;
    if (result.n_classes == result.n_clients)
        orders = 1;
    expect_same(comparison, "sorted: complete", result.end, full->end);
    expect_same(comparison, "sorted: checks that fail", result.failed, full->failed);
    expect_same(comparison, "sorted: depth", result.depth, full->depth);
    expect(comparison, result.states <= full->states && result.states * orders >= full->states,
           "sorted: states", result.states, full->states);
    expect(comparison, result.ends <= full->ends && result.ends * orders >= full->ends,
           "sorted: ends", result.ends, full->ends);
    expect(comparison,
           result.trapped <= full->trapped && result.trapped * orders >= full->trapped,
           "sorted: states without an end", result.trapped, full->trapped);
    for (unsigned i = 0; i < SR_CHECK_N; i++)
        if (result.failed & full->failed & 1u << i)
            expect_same(comparison, "sorted: steps to a failure", result.refuted[i].depth,
                        full->refuted[i].depth);
}

/* Returns: whether, with the reduction, a key that nobody takes is never made: an end has fewer
 * steps behind it then, and is one with another that differs in nothing else */
static bool
makes_no_key_for_nobody(const Comparison *comparison)
{
    const SrEncryptionProviderSettings *settings = &comparison->scenario->encryption_provider;
    bool stores = settings->kind == SR_KEYS_STORED || settings->kind == SR_KEYS_UNSTABLE;

    return !stores || settings->retention == SR_RETENTION_FOREVER ||
           settings->retention == SR_RETENTION_UNTIL_SETTLED;
}

/* Returns: whether @n steps to the failure of check @i are as many as there must be */
static bool
is_as_deep(const Comparison *comparison, unsigned i, uint32_t n)
{
    const SrExploreRefuted *refuted = &comparison->full.refuted[i];

    return n == refuted->depth ||
           (n < refuted->depth && refuted->at_end && makes_no_key_for_nobody(comparison));
}

/* Orders that make no difference: every end is reached. */
static void
compare_reduction(Comparison *comparison)
{
    const SrExploreResult *full = &comparison->full;
    SrExploreResult result;
    G_GNUC_UNUSED g_autoptr(SrExploration) exploration =
        explore(comparison, false, true, &result);

    expect_same(comparison, "reduced: complete", result.end, SR_EXPLORE_COMPLETE);
    expect_same(comparison, "reduced: checks that fail", result.failed, full->failed);
    /* The one key of all is at hand whether it was ever asked for or not, which tells states apart:
     * without the reduction it is asked for in the end. */
    if (comparison->scenario->encryption_provider.kind == SR_KEYS_STATIC) {
        expect_same(comparison, "reduced: some end", result.ends > 0, full->ends > 0);
    } else {
        bool fewer = comparison->options->crashes > 0 || comparison->options->disconnects > 0 ||
                     makes_no_key_for_nobody(comparison);

        expect(comparison, result.states <= full->states, "reduced: states", result.states,
               full->states);
        expect(comparison,
               result.ends == full->ends ||
                   (fewer && result.ends > 0 && result.ends < full->ends),
               "reduced: ends", result.ends, full->ends);
    }
    expect_same(comparison, "reduced: no end somewhere", result.trapped > 0, full->trapped > 0);
    for (unsigned i = 0; i < SR_CHECK_N; i++)
        if (result.failed & full->failed & 1u << i)
            expect(comparison,
                   result.refuted[i].depth > full->refuted[i].depth ||
                       is_as_deep(comparison, i, result.refuted[i].depth),
                   "reduced: steps to a failure", result.refuted[i].depth,
                   full->refuted[i].depth);
}

static void
compare_both(Comparison *comparison)
{
    const SrExploreResult *full = &comparison->full;
    SrExploreResult result;
    g_autoptr(SrExploration) exploration = explore(comparison, true, true, &result);

    expect_same(comparison, "saved: complete", result.end, SR_EXPLORE_COMPLETE);
    expect_same(comparison, "saved: checks that fail", result.failed, full->failed);
    sr_exploration_shorten(exploration);
    for (unsigned i = 0; i < SR_CHECK_N; i++)
        if (result.failed & full->failed & 1u << i) {
            uint32_t told = sr_exploration_tell(exploration, (SrCheckId) i, NULL);

            expect(comparison, is_as_deep(comparison, i, told), "saved: steps to a failure",
                   told, full->refuted[i].depth);
            expect_same(comparison, "saved: is shortest", result.refuted[i].shortest,
                        told == full->refuted[i].depth);
            if (result.refuted[i].shortest)
                expect_same(comparison, "saved: steps counted", result.refuted[i].depth, told);
        }
}

/* There are too many states: as many steps as there is room for, without the reduction, which
 * takes some of them later; what is found by then it must find too, if it can look at all. */
static void
compare_beginning(Comparison *comparison, uint32_t depth)
{
    SrExploreResult result;

    G_GNUC_UNUSED g_autoptr(SrExploration) saved = explore(comparison, true, true, &result);
    uint32_t failed = result.end == SR_EXPLORE_COMPLETE ? result.failed : UINT32_MAX;

    comparison->states_max = 0;
    comparison->depth = depth;
    G_GNUC_UNUSED g_autoptr(SrExploration) exploration =
        explore(comparison, false, false, &comparison->full);
    expect_same(comparison, "checks that fail early only", comparison->full.failed & ~failed,
                0);
    expect_same(comparison, "so deep", comparison->full.depth, depth);
    compare_brute(comparison);
    compare_symmetry(comparison);
}

void
compare_searches(const SrScenario *scenario, const CompareOptions *options, Compared *compared,
                 GString *differences)
{
    Comparison comparison = { .scenario = scenario,
                              .options = options,
                              .differences = differences,
                              .states_max = options->states_max };
    G_GNUC_UNUSED g_autoptr(SrExploration) exploration =
        explore(&comparison, false, false, &comparison.full);
    const SrExploreResult *full = &comparison.full;

    *compared = (Compared){ .complete = full->end == SR_EXPLORE_COMPLETE,
                            .states = full->states,
                            .ends = full->ends,
                            .trapped = full->trapped,
                            .failed = full->failed };
    if (full->end == SR_EXPLORE_STOPPED)
        compare_beginning(&comparison, full->depth - 1);
    if (!compared->complete)
        return;
    comparison.states_max = 0;
    compare_brute(&comparison);
    compare_symmetry(&comparison);
    compare_reduction(&comparison);
    compare_both(&comparison);
}

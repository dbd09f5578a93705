/* Many seeds: what must hold in every one of them, and what must fail in exactly those where
 * its cause is there. */
#include "run/run-fixture.h"

#define SEEDS 10000

#define RACE                                                                                   \
    "[network]\nlatency = lognormal(20ms, 120ms)\n"                                            \
    "[client a]\nstart = uniform(0ms, 200ms)\n[client b]\nstart = uniform(0ms, 200ms)\n"

/* What one run tells of its keys. */
struct keys {
    uint32_t made[8], n_made;
    uint32_t winner; /* hint of the creation that was accepted first */
};

static void
watch_keys(void *data, const SrRecord *record)
{
    struct keys *keys = data;

    if (record->event == SR_EVENT_KEY_MADE) {
        assert_true(keys->n_made < G_N_ELEMENTS(keys->made));
        keys->made[keys->n_made++] = record->hint;
    } else if (record->event == SR_EVENT_SEND && record->msg == SR_MSG_CREATE_ACCEPTED &&
               keys->winner == 0) {
        keys->winner = record->hint;
    }
}

static void
every_check_holds(void **state)
{
    const char *provider = *state;
    g_autofree char *text = g_strdup_printf(RACE "[encryption-provider]\n%s", provider);
    g_autoptr(SrScenario) scenario = fixture_parse(text);
    g_autoptr(SrRun) run = sr_run_new(scenario);
    SrRunOptions options = { 0 };
    SrRunResult result;
    unsigned raced = 0;

    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        assert_true(sr_run_execute(run, seed, &options, &result, NULL));
        if (result.failed != 0)
            fail_msg("seed %" G_GUINT64_FORMAT ": failed%s", seed,
                     fixture_checks(result.failed));
        assert_int_equal(result.n_collaborating, 2);
        raced += result.n_raced == 2;
    }
    /* A study in which nobody races proves nothing. */
    assert_in_range(raced, SEEDS / 4, SEEDS);
}

static void
on_new_key_fails_exactly_when_a_key_was_made_after_the_winners(void **state)
{
    g_autoptr(SrScenario) scenario =
        fixture_parse(RACE "[encryption-provider]\nretention = on-new-key\n");
    g_autoptr(SrRun) run = sr_run_new(scenario);
    unsigned failures = 0;

    (void) state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct keys keys = { 0 };
        SrRunOptions options = { .sink = watch_keys, .sink_data = &keys };
        SrRunResult result;

        assert_true(sr_run_execute(run, seed, &options, &result, NULL));
        assert_true(keys.n_made > 0 && keys.winner != 0);

        bool lost = keys.made[keys.n_made - 1] != keys.winner;

        if ((result.failed >> SR_CHECK_KEY_KEPT & 1) != lost)
            fail_msg("seed %" G_GUINT64_FORMAT ": the winner's key was %slost, failed:%s", seed,
                     lost ? "" : "not ", fixture_checks(result.failed));
        failures += lost;
    }
    assert_in_range(failures, SEEDS / 10, SEEDS * 9 / 10);
}

/* The result does not depend on who listens: records are numbered and judged alike with and
 * without a trace. */
static void
listening_changes_nothing(void **state)
{
    g_autoptr(SrScenario) scenario =
        fixture_parse(RACE "[encryption-provider]\nretention = on-new-key\n");
    g_autoptr(SrRun) run = sr_run_new(scenario);

    (void) state;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        SrRunOptions silent = { 0 };
        SrRunResult one, two = fixture_play(run, seed, SR_CRYPTO_NAMES, NULL);

        assert_true(sr_run_execute(run, seed, &silent, &one, NULL));
        assert_int_equal(one.failed, two.failed);
        assert_int_equal(one.records, two.records);
        assert_int_equal(one.t, two.t);
        assert_int_equal(one.winner, two.winner);
        assert_int_equal(one.orphan_kept_max, two.orphan_kept_max);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        { "retention = forever holds in every seed", every_check_holds, NULL, NULL,
          (void *) (uintptr_t) "retention = forever\n" },
        { "retention = until-settled holds in every seed", every_check_holds, NULL, NULL,
          (void *) (uintptr_t) "retention = until-settled\n" },
        { "kind = derived holds in every seed", every_check_holds, NULL, NULL,
          (void *) (uintptr_t) "kind = derived\n" },
        cmocka_unit_test(on_new_key_fails_exactly_when_a_key_was_made_after_the_winners),
        cmocka_unit_test(listening_changes_nothing),
    };

    return cmocka_run_group_tests_name("seeds", tests, NULL, NULL) != 0;
}

/* Real cryptography remembers sealings in a table that stays flat. */
#include "run/run-fixture.h"

static unsigned n_compared;

/* GLib compares two keys only where their hashes are equal, so that this counts collisions. It
 * takes the place of GLib's own for the whole program. */
gboolean
g_int64_equal(gconstpointer a, gconstpointer b)
{
    n_compared++;
    return *(const gint64 *) a == *(const gint64 *) b;
}

/* All clients race and each seals once: their sealings have one counter and differ in the sealer
 * alone. Only the winner's is looked up, once for each of the others. */
static void
sealings_with_equal_counters_do_not_collide(void **state)
{
    enum { N = 500 };
    g_autoptr(SrScenario) scenario =
        fixture_parse("[network]\nlatency = 10ms\n[token-provider]\nprocessing = 0ms\n[client "
                      "a]\ncount = 500\n"
                      "early-available = continue\n");
    g_autoptr(SrRun) run = sr_run_new(scenario);
    SrRunResult result;

    (void) state;
    n_compared = 0;
    result = fixture_play(run, 1, SR_CRYPTO_REAL, NULL);
    assert_int_equal(result.n_collaborating, N);
    assert_int_equal(result.n_raced, N);
    /* Each look-up compares once. Of 500 random hashes of 32 bits two are equal in one of 34 000
     * tables. */
    assert_in_range(n_compared, N - 1, N + N / 10);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sealings_with_equal_counters_do_not_collide),
    };

    return cmocka_run_group_tests_name("sealings", tests, NULL, NULL) != 0;
}

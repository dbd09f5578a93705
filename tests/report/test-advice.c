/* How much is enough. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <math.h>

#include "report/advice.h"

#define MS UINT64_C(1000000)
#define S (1000 * MS)

/* (1 - q)^n <= 1 - confidence, and for one run fewer not. */
static void
the_fewest_runs_are_the_fewest(void **state)
{
    static const double reliabilities[] = { 0.9, 0.99, 0.999, 0.9999, 0.999999 };
    static const double confidences[] = { 0.5, 0.9, 0.95, 0.99 };

    (void) state;
    for (unsigned i = 0; i < G_N_ELEMENTS(reliabilities); i++)
        for (unsigned j = 0; j < G_N_ELEMENTS(confidences); j++) {
            uint64_t n = sr_advice_runs(reliabilities[i], confidences[j]);

            assert_true(pow(reliabilities[i], (double) n) <= 1.0 - confidences[j] + 1e-12);
            assert_true(n == 1 ||
                        pow(reliabilities[i], (double) (n - 1)) > 1.0 - confidences[j] - 1e-12);
            assert_int_equal(sr_advice_exceedances(n, reliabilities[i], confidences[j]), 0);
            if (n > 1)
                assert_int_equal(sr_advice_exceedances(n - 1, reliabilities[i], confidences[j]),
                                 -1);
        }
    /* The figure that sim/sweep/README.md names. */
    assert_int_equal(sr_advice_runs(0.999999, 0.95), 2995731);
}

/* P(X <= 1) = (1-q)^n + n q (1-q)^(n-1), for q = 0.1: <= 0.05 from n = 46 on; P(X <= 2) from n = 61 on. */
static void
more_runs_allow_exceedances(void **state)
{
    (void) state;
    assert_int_equal(sr_advice_exceedances(28, 0.9, 0.95), -1);
    assert_int_equal(sr_advice_exceedances(29, 0.9, 0.95), 0);
    assert_int_equal(sr_advice_exceedances(45, 0.9, 0.95), 0);
    assert_int_equal(sr_advice_exceedances(46, 0.9, 0.95), 1);
    assert_int_equal(sr_advice_exceedances(60, 0.9, 0.95), 1);
    assert_int_equal(sr_advice_exceedances(61, 0.9, 0.95), 2);
}

static void
what_is_excluded_without_a_failure_has_a_closed_form(void **state)
{
    (void) state;
    for (uint64_t n = 1; n < 10000000; n = n * 7 + 3) {
        double want = 1.0 - pow(0.05, 1.0 / (double) n);

        assert_true(fabs(sr_advice_excluded(0, n, 0.95) - want) <= 1e-9 * MAX(want, 1e-3));
    }
    assert_true(sr_advice_excluded(5, 5, 0.95) >= 1.0);
    assert_true(sr_advice_excluded(1, 100, 0.95) > sr_advice_excluded(0, 100, 0.95));
}

static void
a_bound_leaves_no_more_than_allowed_above_it(void **state)
{
    g_autofree SrHistogram *needs = g_new0(SrHistogram, 1);

    (void) state;
    sr_histogram_clear(needs);
    assert_int_equal(sr_advice_bound(needs, 0), 0);
    for (uint64_t i = 1; i <= 1000; i++)
        sr_histogram_add(needs, i * MS);
    assert_int_equal(sr_advice_bound(needs, 0), 1000 * MS);
    for (int64_t allowed = 1; allowed < 1000; allowed += 37) {
        uint64_t bound = sr_advice_bound(needs, allowed);
        uint64_t exact = (uint64_t) (1000 - allowed) * MS;

        assert_true(bound >= exact && bound <= exact + exact / 128 + 1);
    }
    assert_int_equal(sr_advice_bound(needs, 1000), MS);
}

static const struct row {
    const char *name;
    uint64_t ns, want;
} rows[] = {
    { "nothing becomes a nanosecond", 0, 1 },
    { "a round span goes up all the same", 10 * MS, 12 * MS },
    { "just below a step", 12 * MS - 1, 12 * MS },
    { "over the top of a decade", 81 * MS, 100 * MS },
    { "a second and a half", 1499 * MS, 1500 * MS },
    { "ten seconds", 9999 * MS, 10 * S },
    { "above ten seconds in steps of five", 10 * S + 1, 15 * S },
    { "above two minutes in minutes", 125 * S, 180 * S },
    { "above two hours in hours", 7201 * S, 3 * 3600 * S },
};

static void
check_row(void **state)
{
    const struct row *row = *state;
    uint64_t rounded = sr_advice_round(row->ns);

    assert_int_equal(rounded, row->want);
    assert_true(rounded > row->ns);
}

int
main(void)
{
    struct CMUnitTest tests[G_N_ELEMENTS(rows)];
    const struct CMUnitTest more[] = {
        cmocka_unit_test(the_fewest_runs_are_the_fewest),
        cmocka_unit_test(more_runs_allow_exceedances),
        cmocka_unit_test(what_is_excluded_without_a_failure_has_a_closed_form),
        cmocka_unit_test(a_bound_leaves_no_more_than_allowed_above_it),
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        tests[i] = (struct CMUnitTest){ .name = rows[i].name,
                                        .test_func = check_row,
                                        .initial_state = (void *) (uintptr_t) &rows[i] };
    return (cmocka_run_group_tests_name("rounding an advice", tests, NULL, NULL) +
            cmocka_run_group_tests_name("how much is enough", more, NULL, NULL)) != 0;
}

/* How many runs lie wholly inside a cut. */
#include "sweep/inside.h"

#include "run/run-fixture.h"

#define RUNS 2000

static SrScenario *
scenario_of(const char *cut, const char *text)
{
    g_autofree char *whole = g_strconcat("[scenario]\ncut = ", cut, "\n", text, NULL);

    return fixture_parse(whole);
}

static uint64_t
count_inside(const char *cut, const char *text)
{
    g_autoptr(SrScenario) with = scenario_of(cut, text), without = scenario_of("none", text);
    uint64_t played, inside = sr_runs_inside(with, without, 1, RUNS, NULL, NULL, &played);

    assert_int_equal(played, RUNS);
    return inside;
}

/* One draw a run: the share is the cut itself, within 4.5 standard deviations. */
static void
one_draw_lies_inside_as_often_as_the_cut_says(void **state)
{
    const char *text = "[network]\nlatency = 5ms\n[client a]\nstart = exponential(20ms)\n";

    (void) state;
    assert_in_range(count_inside("90%", text), 1800 - 61, 1800 + 61);
    assert_in_range(count_inside("50%", text), 1000 - 101, 1000 + 101);
}

/* Two: the square of it. */
static void
two_draws_lie_inside_less_often(void **state)
{
    (void) state;
    assert_in_range(count_inside("90%", "[network]\nlatency = 5ms\n[client a]\ncount = 2\n"
                                        "start = exponential(20ms)\n"),
                    1620 - 79, 1620 + 79);
}

static void
all_runs_lie_inside_where_nothing_is_cut(void **state)
{
    (void) state;
    assert_int_equal(
        count_inside("50%", "[network]\nlatency = uniform(5ms, 9ms)\n[client a]\n"), RUNS);
}

static bool
is_enough(void *data)
{
    return ++*(unsigned *) data > 7;
}

static void
it_can_be_stopped(void **state)
{
    const char *text = "[network]\nlatency = 5ms\n[client a]\n";
    g_autoptr(SrScenario) with = scenario_of("90%", text), without = scenario_of("none", text);
    unsigned asked = 0;
    uint64_t played;

    (void) state;
    assert_int_equal(sr_runs_inside(with, without, 1, RUNS, is_enough, &asked, &played), 7);
    assert_int_equal(played, 7);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_draw_lies_inside_as_often_as_the_cut_says),
        cmocka_unit_test(two_draws_lie_inside_less_often),
        cmocka_unit_test(all_runs_lie_inside_where_nothing_is_cut),
        cmocka_unit_test(it_can_be_stopped),
    };

    return cmocka_run_group_tests_name("runs inside a cut", tests, NULL, NULL) != 0;
}

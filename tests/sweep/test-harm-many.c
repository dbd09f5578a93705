/* As test-harm, over a thousand seeds of every shipped scenario. */
#include "harm.h"

static void
unexpected_is_what_run_exits_with(void **state)
{
    (void) state;
    compare_shipped(1000);
}

int
main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(unexpected_is_what_run_exits_with) };

    return cmocka_run_group_tests_name("harm, many seeds", tests, NULL, NULL) != 0;
}

/* When to try again: how often, and how the delays grow. */
#include "session-race/retry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>

#define MS SR_NS_PER_MS
#define UNTOUCHED UINT64_C(12345)

/* clang-format off */
static const struct row {
    const char *name;
    SrRetryPolicy policy;
    uint32_t n_tried;
    bool again;
    SrSpan delay;
} rows[] = {
    { "none never tries again", { 0, 0, 0 }, 0, false, UNTOUCHED },
    { "the first delay is the first", { 5, 200 * MS, 5000 * MS }, 0, true, 200 * MS },
    { "the second is twice that", { 5, 200 * MS, 5000 * MS }, 1, true, 400 * MS },
    { "the fifth has doubled four times", { 5, 200 * MS, 5000 * MS }, 4, true, 3200 * MS },
    { "five times are enough", { 5, 200 * MS, 5000 * MS }, 5, false, UNTOUCHED },
    { "a count beyond the limit is no more", { 5, 200 * MS, 5000 * MS }, 6, false, UNTOUCHED },
    { "the limit holds where doubling would pass it", { 9, 200 * MS, 5000 * MS }, 5, true, 5000 * MS },
    { "the limit is reached exactly", { 9, 500 * MS, 4000 * MS }, 3, true, 4000 * MS },
    { "equal first and limit stay", { 3, 100 * MS, 100 * MS }, 2, true, 100 * MS },
    { "unlimited goes on", { SR_RETRY_UNLIMITED, 500 * MS, 10000 * MS }, 1000000, true, 10000 * MS },
    { "unlimited goes on at the last count", { SR_RETRY_UNLIMITED, 1, 2 }, UINT32_MAX, true, 2 },
    { "no delay doubles to no delay", { SR_RETRY_UNLIMITED, 0, 10 * MS }, UINT32_MAX, true, 0 },
    { "the longest limit does not wrap", { 100, 1, SR_SPAN_MAX }, 99, true, SR_SPAN_MAX },
};
/* clang-format on */

static void
check_row(void **state)
{
    const struct row *row = *state;
    SrSpan delay = UNTOUCHED;

    assert_int_equal(sr_retry_next(&row->policy, row->n_tried, &delay), row->again);
    assert_int_equal(delay, row->delay);
}

int
main(void)
{
    struct CMUnitTest tests[G_N_ELEMENTS(rows)];

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        tests[i] = (struct CMUnitTest){ .name = rows[i].name,
                                        .test_func = check_row,
                                        .initial_state = (void *) (uintptr_t) &rows[i] };
    return cmocka_run_group_tests_name("retries", tests, NULL, NULL) != 0;
}

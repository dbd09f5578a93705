/* The token provider: a second is rounded down, a cached token serves everybody while it is
 * young. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>

#include "protocol/token-provider.h"

static SrAction list[8];

static int64_t
ask(SrSpan cache, SrTokenProvider *provider, int64_t now, uint32_t *n_actions)
{
    SrActions actions = { list, 0, G_N_ELEMENTS(list), NULL, NULL };
    SrMessage request = {
        .type = SR_MSG_TOKEN_REQUEST, .client = 7, .request = 3, .token = SR_TOKEN_NONE
    };

    sr_token_provider_message(cache, provider, &request, now, &actions);
    *n_actions = actions.n;
    assert_int_equal(list[actions.n - 1].kind, SR_ACTION_SEND);
    assert_int_equal(list[actions.n - 1].message.type, SR_MSG_TOKEN);
    assert_int_equal(list[actions.n - 1].message.client, 7);
    assert_int_equal(list[actions.n - 1].message.request, 3);
    return list[actions.n - 1].message.token;
}

static void
seconds_are_rounded_down(void **state)
{
    SrTokenProvider provider = { 0 };
    uint32_t n;

    (void) state;
    assert_int_equal(ask(0, &provider, INT64_C(5999999999), &n), 5);
    assert_int_equal(n, 2);
    assert_int_equal(list[0].kind, SR_ACTION_NOTE);
    assert_int_equal(list[0].event, SR_EVENT_TOKEN_SIGNED);
    assert_int_equal(ask(0, &provider, INT64_C(6000000000), &n), 6);
    /* Before 1970, too, down is down. */
    assert_int_equal(ask(0, &provider, -1, &n), -1);
}

static void
a_cached_token_serves_until_it_is_old(void **state)
{
    SrTokenProvider provider = { 0 };
    const SrSpan cache = 2 * SR_NS_PER_S;
    uint32_t n;

    (void) state;
    assert_int_equal(ask(cache, &provider, INT64_C(5500000000), &n), 5);
    assert_int_equal(n, 2);
    assert_int_equal(ask(cache, &provider, INT64_C(7499999999), &n), 5);
    assert_int_equal(n, 1);
    assert_int_equal(ask(cache, &provider, INT64_C(7500000000), &n), 7);
    assert_int_equal(n, 2);
}

static void
a_clock_stepped_back_keeps_the_cached_token(void **state)
{
    SrTokenProvider provider = { 0 };
    uint32_t n;

    (void) state;
    assert_int_equal(ask(SR_NS_PER_S, &provider, INT64_C(9000000000), &n), 9);
    assert_int_equal(ask(SR_NS_PER_S, &provider, INT64_C(4000000000), &n), 9);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seconds_are_rounded_down),
        cmocka_unit_test(a_cached_token_serves_until_it_is_old),
        cmocka_unit_test(a_clock_stepped_back_keeps_the_cached_token),
    };

    return cmocka_run_group_tests_name("token provider", tests, NULL, NULL) != 0;
}

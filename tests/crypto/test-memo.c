/* The table of remembered results: what it finds, what it forgets and in which order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "crypto/crypto-private.h"

#include <string.h>

static const uint8_t *
lookup(SrMemo *memo, uint32_t input, size_t *n)
{
    return sr_memo_lookup(memo, (const uint8_t *) &input, sizeof input, n);
}

static void
store(SrMemo *memo, uint32_t input)
{
    uint32_t result = ~input;

    sr_memo_store(memo, (const uint8_t *) &input, sizeof input, (const uint8_t *) &result,
                  sizeof result);
}

static void
finds_what_was_stored(void **state)
{
    SrMemo *memo = sr_memo_new(8);
    size_t n = 0;
    uint32_t wanted = ~UINT32_C(7);

    (void) state;
    assert_null(lookup(memo, 7, &n));
    store(memo, 7);
    assert_memory_equal(lookup(memo, 7, &n), &wanted, sizeof wanted);
    assert_int_equal(n, sizeof wanted);
    assert_null(lookup(memo, 8, &n));
    assert_int_equal(memo->n_hits, 1);
    assert_int_equal(memo->n_stores, 1);
    sr_memo_free(memo);
}

/* With one set, all inputs compete; the first in is the first out, a hit in between changes
 * nothing. */
static void
forgets_the_oldest(void **state)
{
    SrMemo *memo = sr_memo_new(1);
    size_t n = 0;

    (void) state;
    for (uint32_t i = 0; i < SR_MEMO_WAYS; i++)
        store(memo, i);
    assert_non_null(lookup(memo, 0, &n));
    store(memo, 100);
    assert_null(lookup(memo, 0, &n));
    for (uint32_t i = 1; i < SR_MEMO_WAYS; i++)
        assert_non_null(lookup(memo, i, &n));
    assert_non_null(lookup(memo, 100, &n));
    store(memo, 101);
    assert_null(lookup(memo, 1, &n));
    sr_memo_free(memo);
}

/* A prefix is another input, and a result may be empty. */
static void
tells_lengths_apart(void **state)
{
    SrMemo *memo = sr_memo_new(1);
    const uint8_t input[] = { 1, 2, 3 };
    size_t n = 99;

    (void) state;
    sr_memo_store(memo, input, 3, NULL, 0);
    assert_null(sr_memo_lookup(memo, input, 2, &n));
    assert_int_equal(n, 99);
    assert_non_null(sr_memo_lookup(memo, input, 3, &n));
    assert_int_equal(n, 0);
    sr_memo_free(memo);
    sr_memo_free(NULL);
}

static void
stays_bounded(void **state)
{
    SrMemo *memo = sr_memo_new(16);
    size_t n_known = 0, n = 0;

    (void) state;
    for (uint32_t i = 0; i < 10000; i++)
        store(memo, i);
    for (uint32_t i = 0; i < 10000; i++)
        n_known += lookup(memo, i, &n) != NULL;
    assert_int_equal(n_known, 16 * SR_MEMO_WAYS);
    sr_memo_free(memo);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_was_stored),
        cmocka_unit_test(forgets_the_oldest),
        cmocka_unit_test(tells_lengths_apart),
        cmocka_unit_test(stays_bounded),
    };

    return cmocka_run_group_tests_name("remembered results", tests, NULL, NULL) != 0;
}

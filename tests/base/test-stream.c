/* Streams: known numbers first, since every golden trace rests on them; then that names keep
 * streams apart and that bounded numbers are without bias. */
#include "session-race/stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <string.h>

static uint64_t
hash(const char *name)
{
    return sr_name_hash(name, strlen(name));
}

static void
words_are_those_of_splitmix64(void **state)
{
    static const uint64_t want[] = {
        UINT64_C(6457827717110365317),
        UINT64_C(3203168211198807973),
        UINT64_C(9817491932198370423),
    };
    SrStream stream = { 1234567 };

    (void) state;
    for (size_t i = 0; i < G_N_ELEMENTS(want); i++)
        assert_int_equal(sr_stream_next(&stream), want[i]);
}

static void
names_and_keys_have_known_hashes(void **state)
{
    uint64_t purpose = hash("link/server/latency/out"), subject = hash("alice");
    uint64_t key = sr_stream_key(1, purpose, subject);

    (void) state;
    assert_int_equal(hash(""),
                     UINT64_C(0x2d06800538d394c2)); /* as xxhash.h's own test has it */
    assert_int_equal(purpose, UINT64_C(0xfe819191a437a2d4));
    assert_int_equal(subject, UINT64_C(0x4da10dd61a0116b0));
    assert_int_equal(key, UINT64_C(0x7d4a5be01210e31b));
    assert_int_equal(sr_stream_at(key, 0).state, UINT64_C(0x87c24cd6a2d3572b));
    assert_int_equal(sr_stream_at(key, 1).state, UINT64_C(0x595d7607487825b0));
}

static void
bounded_numbers_are_known(void **state)
{
    static const uint64_t want[] = { 901, 217, 530, 498, 736, 17 };
    SrStream stream = { sr_stream_key(1, hash("link/server/latency/out"), hash("alice")) };

    (void) state;
    for (size_t i = 0; i < G_N_ELEMENTS(want); i++)
        assert_int_equal(sr_stream_below(&stream, 1000), want[i]);
}

static void
seed_purpose_and_subject_each_make_another_stream(void **state)
{
    uint64_t a = hash("a"), b = hash("b");
    uint64_t keys[] = {
        sr_stream_key(1, a, b), sr_stream_key(2, a, b), sr_stream_key(1, b, a),
        sr_stream_key(1, a, a), sr_stream_key(1, b, b), sr_stream_key(1, a, 0),
        sr_stream_key(1, 0, a), sr_stream_key(0, a, b),
    };

    (void) state;
    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
        for (size_t j = 0; j < i; j++)
            assert_int_not_equal(keys[i], keys[j]);
}

static void
a_copy_draws_the_same_again(void **state)
{
    SrStream stream = { 99 }, copy = stream;

    (void) state;
    for (unsigned i = 0; i < 100; i++)
        assert_int_equal(sr_stream_next(&stream), sr_stream_next(&copy));
}

static void
a_draw_by_number_depends_on_no_other_draw(void **state)
{
    SrStream third = sr_stream_at(7, 3);
    SrStream greedy = sr_stream_at(7, 2);

    (void) state;
    for (unsigned i = 0; i < 1000; i++)
        sr_stream_next(&greedy);
    SrStream again = sr_stream_at(7, 3);

    assert_int_equal(sr_stream_next(&third), sr_stream_next(&again));
}

static void
below_1_is_0(void **state)
{
    SrStream stream = { 5 };

    (void) state;
    for (unsigned i = 0; i < 1000; i++)
        assert_int_equal(sr_stream_below(&stream, 1), 0);
}

/* Pearson's statistic of @counts against equal shares, in thousandths. */
static uint64_t
chi_square_milli(const uint64_t *counts, unsigned n, uint64_t total)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < n; i++) {
        uint64_t scaled = counts[i] * n;
        uint64_t distance = scaled > total ? scaled - total : total - scaled;

        sum += (uint64_t) ((unsigned __int128) distance * distance * 1000 / n / total);
    }
    return sum;
}

static void
a_die_is_fair(void **state)
{
    SrStream stream = { 11 };
    uint64_t counts[6] = { 0 };

    (void) state;
    for (unsigned i = 0; i < 600000; i++) {
        uint64_t side = sr_stream_below(&stream, 6);

        assert_true(side < 6);
        counts[side]++;
    }
    assert_true(chi_square_milli(counts, 6, 600000) <
                20515); /* 99.9th percentile, 5 degrees of freedom */
}

/* Without rejection, 2^64 words on 3 · 2^62 numbers give each third number twice its share. */
static void
a_large_bound_favours_no_residue(void **state)
{
    SrStream stream = { 12 };
    uint64_t counts[3] = { 0 };

    (void) state;
    for (unsigned i = 0; i < 300000; i++) {
        uint64_t value = sr_stream_below(&stream, UINT64_C(3) << 62);

        assert_true(value < UINT64_C(3) << 62);
        counts[value % 3]++;
    }
    assert_true(chi_square_milli(counts, 3, 300000) <
                13816); /* 99.9th percentile, 2 degrees of freedom */
}

static void
each_bit_is_set_half_of_the_time(void **state)
{
    SrStream stream = { sr_stream_key(3, hash("bits"), 0) };
    unsigned counts[64] = { 0 };
    const unsigned n = 100000;

    (void) state;
    for (unsigned i = 0; i < n; i++) {
        uint64_t word = sr_stream_next(&stream);

        for (unsigned bit = 0; bit < 64; bit++)
            counts[bit] += word >> bit & 1;
    }
    for (unsigned bit = 0; bit < 64; bit++) /* 4.5 standard deviations of 158 */
        assert_in_range(counts[bit], n / 2 - 711, n / 2 + 711);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_those_of_splitmix64),
        cmocka_unit_test(names_and_keys_have_known_hashes),
        cmocka_unit_test(bounded_numbers_are_known),
        cmocka_unit_test(seed_purpose_and_subject_each_make_another_stream),
        cmocka_unit_test(a_copy_draws_the_same_again),
        cmocka_unit_test(a_draw_by_number_depends_on_no_other_draw),
        cmocka_unit_test(below_1_is_0),
        cmocka_unit_test(a_die_is_fair),
        cmocka_unit_test(a_large_bound_favours_no_residue),
        cmocka_unit_test(each_bit_is_set_half_of_the_time),
    };

    return cmocka_run_group_tests_name("streams", tests, NULL, NULL) != 0;
}

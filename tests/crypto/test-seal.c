/* Sealing: published vectors for its parts, one sealed content worked out by a separate
 * program, and everything that must not open. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "crypto/crypto-private.h"
#include "crypto/crypto.h"

#include <string.h>

#include "crypto/bytes.h"

#define CONTENT "first words"
#define N_CONTENT (sizeof CONTENT - 1)

static SrCrypto *crypto;
static uint8_t key[SR_KEY_BYTES];

static void
seal(const char *document, const char *hint, uint64_t counter, SrSealed *sealed)
{
    sr_seal(crypto, key, document, hint, 7, counter, (const uint8_t *) CONTENT, N_CONTENT,
            sealed);
}

/* The widely published vectors of PBKDF2-HMAC-SHA-512. */
static const struct pbkdf2_row {
    const char *name;
    unsigned rounds;
    const char *want;
} pbkdf2_rows[] = {
    { "PBKDF2-SHA-512, 1 round", 1,
      "867f70cf1ade02cff3752599a3a53dc4af34c7a669815ae5d513554e1c8cf252"
      "c02d470a285a0501bad999bfe943c08f050235d7d68b1da55e63f73b60a57fce" },
    { "PBKDF2-SHA-512, 2 rounds", 2,
      "e1d9c16aa681708a45f5c7c4e215ceb66e011a2e9f0040713f18aefdb866d53c"
      "f76cab2868a39b9f7840edce4fef5a82be67335c77a6068e04112754f27ccf4e" },
    { "PBKDF2-SHA-512, 4096 rounds", 4096,
      "d197b1b33db0143e018b12f3d1d1479e6cdebdcc97c5c0f87f6902e072f457b5"
      "143f30602641b3d55cd335988cb36b84376060ecd532e039b742a239434af2d5" },
};

static void
check_pbkdf2(void **state)
{
    const struct pbkdf2_row *row = *state;
    uint8_t out[64];

    sr_pbkdf2_sha512(crypto, (const uint8_t *) "password", 8, (const uint8_t *) "salt", 4,
                     row->rounds, out, 64);
    assert_bytes(out, sizeof out, row->want);
}

static void
key_wrap_is_that_of_rfc_3394(void **state)
{
    g_autoptr(GByteArray) wrapping_key =
        bytes_of("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
    g_autoptr(GByteArray) data =
        bytes_of("00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f");
    uint8_t wrapped[SR_KEY_BYTES + 8], back[SR_KEY_BYTES];

    (void) state;
    /* Section 4.6. Twice, since the context is used again. */
    for (unsigned i = 0; i < 2; i++) {
        sr_key_wrap(crypto, wrapping_key->data, data->data, wrapped);
        assert_bytes(
            wrapped, sizeof wrapped,
            "28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21");
        assert_true(sr_key_unwrap(crypto, wrapping_key->data, wrapped, back));
        assert_memory_equal(back, data->data, sizeof back);
    }
    wrapped[39] ^= 1;
    assert_false(sr_key_unwrap(crypto, wrapping_key->data, wrapped, back));
}

static void
sealed_bytes_are_fixed(void **state)
{
    SrSealed sealed;

    (void) state;
    seal("notes", "u1", 3, &sealed);
    assert_bytes(sealed.nonce, sizeof sealed.nonce, "000000070000000000000003");
    assert_bytes(
        sealed.wrapped_key, sizeof sealed.wrapped_key,
        "f387fc8471fdc2cca75778144e7ec2b677871290f214cba0a50a1a3e9699b22489e2cdbf9c37e3ab");
    assert_int_equal(sealed.n_bytes, N_CONTENT);
    assert_bytes(sealed.bytes, N_CONTENT, "5e39104d90761810ffc532");
    assert_bytes(sealed.tag, sizeof sealed.tag, "77ae100548df5934107d736d12798350");
    sr_sealed_clear(&sealed);
    assert_null(sealed.bytes);
}

static void
sealing_twice_gives_the_same_bytes(void **state)
{
    SrCrypto *fresh = sr_crypto_new();
    SrSealed first, again, elsewhere;

    (void) state;
    seal("notes", "u1", 1, &first);
    seal("notes", "u1", 1, &again);
    sr_seal(fresh, key, "notes", "u1", 7, 1, (const uint8_t *) CONTENT, N_CONTENT, &elsewhere);
    assert_memory_equal(first.bytes, again.bytes, N_CONTENT);
    assert_memory_equal(first.tag, again.tag, sizeof first.tag);
    assert_memory_equal(first.wrapped_key, again.wrapped_key, sizeof first.wrapped_key);
    assert_memory_equal(first.bytes, elsewhere.bytes, N_CONTENT);
    assert_memory_equal(first.tag, elsewhere.tag, sizeof first.tag);
    assert_memory_equal(first.wrapped_key, elsewhere.wrapped_key, sizeof first.wrapped_key);
    sr_sealed_clear(&first);
    sr_sealed_clear(&again);
    sr_sealed_clear(&elsewhere);
    sr_crypto_free(fresh);
}

static void
another_counter_is_another_content_key(void **state)
{
    SrSealed first, second;

    (void) state;
    seal("notes", "u1", 1, &first);
    seal("notes", "u1", 2, &second);
    assert_memory_not_equal(first.wrapped_key, second.wrapped_key, sizeof first.wrapped_key);
    assert_memory_not_equal(first.bytes, second.bytes, N_CONTENT);
    sr_sealed_clear(&first);
    sr_sealed_clear(&second);
}

static void
what_is_sealed_opens(void **state)
{
    static const size_t lengths[] = { 0, 1, 15, 16, 17, 4096, 1 << 20 };

    (void) state;
    for (size_t i = 0; i < G_N_ELEMENTS(lengths); i++) {
        g_autofree uint8_t *content = g_malloc(lengths[i]);
        g_autofree uint8_t *opened = g_malloc0(lengths[i]);
        SrSealed sealed;

        for (size_t k = 0; k < lengths[i]; k++)
            content[k] = (uint8_t) (k * 7 + i);
        sr_seal(crypto, key, "notes", "u1", 7, i, content, lengths[i], &sealed);
        assert_true(sr_open(crypto, key, "notes", "u1", &sealed, opened));
        if (lengths[i] != 0)
            assert_memory_equal(opened, content, lengths[i]);
        assert_true(sr_open(crypto, key, "notes", "u1", &sealed, NULL));
        sr_sealed_clear(&sealed);
    }
}

static void
an_empty_hint_and_a_long_one_serve(void **state)
{
    g_autofree char *longest = g_strnfill(4 * 256, 'h');
    const char *hints[] = { "", longest };

    (void) state;
    for (size_t i = 0; i < G_N_ELEMENTS(hints); i++) {
        uint8_t opened[N_CONTENT];
        SrSealed sealed;

        seal("", hints[i], 1, &sealed);
        assert_true(sr_open(crypto, key, "", hints[i], &sealed, opened));
        assert_memory_equal(opened, CONTENT, N_CONTENT);
        sr_sealed_clear(&sealed);
    }
}

static void
nothing_else_opens(void **state)
{
    uint8_t other[SR_KEY_BYTES], opened[N_CONTENT];
    SrSealed sealed;

    (void) state;
    seal("notes", "u1", 1, &sealed);
    sr_key_material(crypto, 42, "notes", 2, other);
    assert_false(sr_open(crypto, other, "notes", "u1", &sealed, opened));
    assert_false(sr_open(crypto, key, "notes", "u2", &sealed, opened));
    assert_false(sr_open(crypto, key, "notes", "", &sealed, opened));
    assert_false(sr_open(crypto, key, "minutes", "u1", &sealed, opened));
    /* The same letters, split elsewhere. */
    assert_false(sr_open(crypto, key, "note", "su1", &sealed, opened));
    /* A failure leaves nothing behind in the contexts. */
    assert_true(sr_open(crypto, key, "notes", "u1", &sealed, opened));
    sr_sealed_clear(&sealed);
}

/* Every bit of @bytes, one at a time. */
static void
assert_each_bit_matters(const SrSealed *sealed, uint8_t *bytes, size_t n)
{
    uint8_t opened[N_CONTENT];

    for (size_t bit = 0; bit < 8 * n; bit++) {
        bytes[bit / 8] ^= (uint8_t) (1U << bit % 8);
        assert_false(sr_open(crypto, key, "notes", "u1", sealed, opened));
        bytes[bit / 8] ^= (uint8_t) (1U << bit % 8);
    }
    assert_true(sr_open(crypto, key, "notes", "u1", sealed, opened));
}

static void
each_flipped_bit_is_noticed(void **state)
{
    SrSealed sealed;

    (void) state;
    seal("notes", "u1", 1, &sealed);
    assert_each_bit_matters(&sealed, sealed.nonce, sizeof sealed.nonce);
    assert_each_bit_matters(&sealed, sealed.wrapped_key, sizeof sealed.wrapped_key);
    assert_each_bit_matters(&sealed, sealed.tag, sizeof sealed.tag);
    assert_each_bit_matters(&sealed, sealed.bytes, (size_t) sealed.n_bytes);
    sealed.n_bytes--;
    assert_false(sr_open(crypto, key, "notes", "u1", &sealed, NULL));
    sr_sealed_clear(&sealed);
}

/* Content that was tampered with is not handed out, not even in part. */
static void
what_fails_to_open_is_not_shown(void **state)
{
    uint8_t opened[N_CONTENT], zeroes[N_CONTENT] = { 0 };
    SrSealed sealed;

    (void) state;
    seal("notes", "u1", 1, &sealed);
    sealed.tag[0] ^= 1;
    assert_false(sr_open(crypto, key, "notes", "u1", &sealed, opened));
    assert_memory_equal(opened, zeroes, sizeof opened);
    sr_sealed_clear(&sealed);
}

static void
a_wrapping_key_is_derived_once(void **state)
{
    uint64_t n_stores = crypto->wrapping_keys->n_stores, n_hits = crypto->wrapping_keys->n_hits;
    uint8_t opened[N_CONTENT];
    SrSealed sealed;

    (void) state;
    seal("notes", "only here", 1, &sealed);
    assert_int_equal(crypto->wrapping_keys->n_stores, n_stores + 1);
    assert_true(sr_open(crypto, key, "notes", "only here", &sealed, opened));
    sr_sealed_clear(&sealed);
    seal("notes", "only here", 2, &sealed);
    sr_sealed_clear(&sealed);
    assert_int_equal(crypto->wrapping_keys->n_stores, n_stores + 1);
    assert_int_equal(crypto->wrapping_keys->n_hits, n_hits + 2);
}

static int
setup(void **state)
{
    (void) state;
    crypto = sr_crypto_new();
    sr_key_material(crypto, 42, "notes", 1, key);
    return 0;
}

static int
teardown(void **state)
{
    (void) state;
    sr_crypto_free(crypto);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest single[] = {
        cmocka_unit_test(key_wrap_is_that_of_rfc_3394),
        cmocka_unit_test(sealed_bytes_are_fixed),
        cmocka_unit_test(sealing_twice_gives_the_same_bytes),
        cmocka_unit_test(another_counter_is_another_content_key),
        cmocka_unit_test(what_is_sealed_opens),
        cmocka_unit_test(an_empty_hint_and_a_long_one_serve),
        cmocka_unit_test(nothing_else_opens),
        cmocka_unit_test(each_flipped_bit_is_noticed),
        cmocka_unit_test(what_fails_to_open_is_not_shown),
        cmocka_unit_test(a_wrapping_key_is_derived_once),
    };
    struct CMUnitTest tests[G_N_ELEMENTS(pbkdf2_rows) + G_N_ELEMENTS(single)];
    size_t n = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(pbkdf2_rows); i++)
        tests[n++] =
            (struct CMUnitTest){ .name = pbkdf2_rows[i].name,
                                 .test_func = check_pbkdf2,
                                 .initial_state = (void *) (uintptr_t) &pbkdf2_rows[i] };
    for (size_t i = 0; i < G_N_ELEMENTS(single); i++)
        tests[n++] = single[i];
    return cmocka_run_group_tests_name("sealing", tests, setup, teardown) != 0;
}

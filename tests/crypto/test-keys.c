/* Keys from names: published vectors for HKDF, and fixed values for this scheme, worked out
 * once by a separate program. A value that changes here changes every trace's fingerprints and
 * every sealed byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "crypto/crypto-private.h"
#include "crypto/crypto.h"

#include <string.h>

#include "crypto/bytes.h"

static SrCrypto *crypto;

/* clang-format off */
static const struct fingerprint_row { const char *name; uint64_t seed; const char *document; uint32_t number; const char *want; } fingerprint_rows[] = {
    { "the first key",                       42,         "notes",         1,          "b4f00c6dbe7d87c2" },
    { "the second key",                      42,         "notes",         2,          "bdc50a7b9bf5626c" },
    { "a document without a name",           0,          "",              1,          "0289aa7cf77269bd" },
    { "the largest numbers, a name in UTF-8", UINT64_MAX, "pl\xc3\xa4ne", UINT32_MAX, "f5892245611459bf" },
};

/* RFC 5869, appendix A: test cases 1, 2 and 3. */
static const struct hkdf_row { const char *name, *secret, *salt, *info, *want; } hkdf_rows[] = {
    { "RFC 5869 A.1: salt and info", "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9",
      "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865" },
    { "RFC 5869 A.2: longer inputs, three blocks",
      "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
      "404142434445464748494a4b4c4d4e4f",
      "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"
      "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
      "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeef"
      "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
      "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71"
      "cc30c58179ec3e87c14c01d5c1f3434f1d87" },
    { "RFC 5869 A.3: no salt, no info", "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "",
      "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8" },
};
/* clang-format on */

static void
check_fingerprint(void **state)
{
    const struct fingerprint_row *row = *state;
    char text[SR_FINGERPRINT_TEXT];

    sr_key_fingerprint(row->seed, row->document, row->number, text);
    assert_string_equal(text, row->want);
}

static void
check_hkdf(void **state)
{
    const struct hkdf_row *row = *state;
    g_autoptr(GByteArray) secret = bytes_of(row->secret);
    g_autoptr(GByteArray) salt = bytes_of(row->salt);
    g_autoptr(GByteArray) info = bytes_of(row->info);
    uint8_t out[128];
    size_t n = strlen(row->want) / 2;

    sr_hkdf_sha256(crypto, secret->data, secret->len,
                   salt->len != 0 ? salt->data : (const uint8_t *) "", salt->len, info->data,
                   info->len, out, n);
    assert_bytes(out, n, row->want);
}

static void
keys_of_a_store_are_fixed(void **state)
{
    uint8_t key[SR_KEY_BYTES];

    (void) state;
    sr_key_material(crypto, 42, "notes", 1, key);
    assert_bytes(key, sizeof key,
                 "6a17810ba31750ece4661620cc3c87d85e1074dc658fd8086dd4c8b91e1131f7");
    sr_key_material(crypto, 0, "", 1, key);
    assert_bytes(key, sizeof key,
                 "b068c31f05c1e5f6143b34ed1078e68618cb0ab3e933295308191281716acc73");
}

static void
derived_keys_are_fixed(void **state)
{
    uint8_t key[SR_KEY_BYTES];

    (void) state;
    sr_key_material_derived(crypto, 42, 1, "notes", "u1", key);
    assert_bytes(key, sizeof key,
                 "4ccbbc666182f010b7ae30a33cfaad1ce8d6b1e8d2dec9bdb5f3e7b83cb8f6f9");
}

static void
content_keys_are_fixed(void **state)
{
    uint8_t key[SR_KEY_BYTES], nonce[SR_NONCE_BYTES], content_key[SR_KEY_BYTES];

    (void) state;
    sr_key_material(crypto, 42, "notes", 1, key);
    sr_nonce(7, 3, nonce);
    sr_key_content(crypto, key, nonce, content_key);
    assert_bytes(content_key, sizeof content_key,
                 "5a33c71465f490525192ca2deda1a2e2cc8dee173ff1b04b0df4115dfd70b467");
}

/* Fingerprints and bytes alike: a change of any one argument is another key. */
static void
each_argument_makes_another_key(void **state)
{
    static const struct {
        uint64_t seed;
        const char *document;
        uint32_t number;
    } others[] = { { 1, "a", 1 }, { 2, "a", 1 }, { 1, "b", 1 },
                   { 1, "", 1 },  { 1, "a", 2 }, { 1, "a", 256 } };
    uint8_t keys[G_N_ELEMENTS(others)][SR_KEY_BYTES];
    char texts[G_N_ELEMENTS(others)][SR_FINGERPRINT_TEXT];

    (void) state;
    for (size_t i = 0; i < G_N_ELEMENTS(others); i++) {
        sr_key_material(crypto, others[i].seed, others[i].document, others[i].number, keys[i]);
        sr_key_fingerprint(others[i].seed, others[i].document, others[i].number, texts[i]);
        for (size_t k = 0; k < i; k++) {
            assert_memory_not_equal(keys[i], keys[k], SR_KEY_BYTES);
            assert_string_not_equal(texts[i], texts[k]);
        }
    }
}

/* The zero byte keeps ("a", "bc") and ("ab", "c") apart. */
static void
each_argument_makes_another_derived_key(void **state)
{
    static const struct {
        uint64_t seed;
        uint32_t master;
        const char *document, *hint;
    } others[] = { { 1, 1, "a", "bc" }, { 2, 1, "a", "bc" }, { 1, 2, "a", "bc" },
                   { 1, 1, "ab", "c" }, { 1, 1, "abc", "" }, { 1, 1, "", "abc" } };
    uint8_t keys[G_N_ELEMENTS(others)][SR_KEY_BYTES];

    (void) state;
    for (size_t i = 0; i < G_N_ELEMENTS(others); i++) {
        sr_key_material_derived(crypto, others[i].seed, others[i].master, others[i].document,
                                others[i].hint, keys[i]);
        for (size_t k = 0; k < i; k++)
            assert_memory_not_equal(keys[i], keys[k], SR_KEY_BYTES);
    }
}

static void
names_may_be_long(void **state)
{
    g_autofree char *name = g_strnfill(5000, 'n');
    uint8_t key[SR_KEY_BYTES], other[SR_KEY_BYTES];

    (void) state;
    sr_key_material_derived(crypto, 1, 1, name, name, key);
    name[4999] = 'm';
    sr_key_material_derived(crypto, 1, 1, name, name, other);
    assert_memory_not_equal(key, other, SR_KEY_BYTES);
}

static void
a_nonce_is_big_endian(void **state)
{
    uint8_t nonce[SR_NONCE_BYTES];

    (void) state;
    sr_nonce(UINT32_C(0x01020304), UINT64_C(0x05060708090a0b0c), nonce);
    assert_bytes(nonce, sizeof nonce, "0102030405060708090a0b0c");
}

static int
setup(void **state)
{
    (void) state;
    crypto = sr_crypto_new();
    return 0;
}

static int
teardown(void **state)
{
    (void) state;
    sr_crypto_free(crypto);
    sr_crypto_free(NULL);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest single[] = {
        cmocka_unit_test(keys_of_a_store_are_fixed),
        cmocka_unit_test(derived_keys_are_fixed),
        cmocka_unit_test(content_keys_are_fixed),
        cmocka_unit_test(each_argument_makes_another_key),
        cmocka_unit_test(each_argument_makes_another_derived_key),
        cmocka_unit_test(names_may_be_long),
        cmocka_unit_test(a_nonce_is_big_endian),
    };
    struct CMUnitTest
        tests[G_N_ELEMENTS(fingerprint_rows) + G_N_ELEMENTS(hkdf_rows) + G_N_ELEMENTS(single)];
    size_t n = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(fingerprint_rows); i++)
        tests[n++] =
            (struct CMUnitTest){ .name = fingerprint_rows[i].name,
                                 .test_func = check_fingerprint,
                                 .initial_state = (void *) (uintptr_t) &fingerprint_rows[i] };
    for (size_t i = 0; i < G_N_ELEMENTS(hkdf_rows); i++)
        tests[n++] = (struct CMUnitTest){ .name = hkdf_rows[i].name,
                                          .test_func = check_hkdf,
                                          .initial_state = (void *) (uintptr_t) &hkdf_rows[i] };
    for (size_t i = 0; i < G_N_ELEMENTS(single); i++)
        tests[n++] = single[i];
    return cmocka_run_group_tests_name("keys", tests, setup, teardown) != 0;
}

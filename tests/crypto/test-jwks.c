/* Tokens of somebody else's signer: what each algorithm signs is verified, and everything else is
 * refused, with a sentence that says why. The signer of these tests is libcrypto. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "crypto/crypto-private.h"
#include "crypto/jwks.h"
#include "signer-of-tests.h"

#include <string.h>

static SrCrypto *crypto;

static int
set_up(void **state)
{
    (void) state;
    crypto = sr_crypto_new();
    tests_signer_init();
    return 0;
}

static int
tear_down(void **state)
{
    (void) state;
    tests_signer_clear();
    sr_crypto_free(crypto);
    return 0;
}

#define ALL UINT32_MAX
#define CLAIMS "{\"iat\":1,\"exp\":2}"

/* Returns: whether @token is verified against @set, a text; @why: what is said */
static bool
verifies(const char *set, const char *token, uint32_t accept, GString *why)
{
    json_auto_t *keys = json_loads(set, 0, NULL);
    g_autoptr(SrJwks) jwks = NULL;

    assert_non_null(keys);
    jwks = sr_jwks_new(crypto, keys, NULL);
    return sr_jwks_verify(jwks, token, strlen(token), accept, why);
}

/* ---- each algorithm ---- */

static const char *const algorithms[] = { "RS256", "RS384", "RS512", "PS256", "PS384",
                                          "PS512", "ES256", "ES384", "ES512", "EdDSA",
                                          "HS256", "HS384", "HS512" };

/* Changes character @i from the end of @token to another of the alphabet. */
static char *
with_change(const char *token, size_t i)
{
    char *changed = g_strdup(token);
    char *at = changed + strlen(changed) - 1 - i;

    *at = *at == 'A' ? 'B' : 'A';
    return changed;
}

static void
a_token_of_each_algorithm_is_verified(void **state)
{
    const char *algorithm = *state;
    g_autofree char *set = tests_signer_jwks(algorithm, "k1");
    g_autofree char *token = tests_signer_sign(algorithm, "k1", CLAIMS);
    g_autofree char *changed = with_change(token, 20);
    g_autoptr(GString) why = g_string_new(NULL);
    unsigned bit = 0;

    while (strcmp(algorithms[bit], algorithm) != 0)
        bit++;
    assert_true(verifies(set, token, 1u << bit, why));
    assert_string_equal(why->str, "");
    /* not one that the server accepts */
    assert_false(verifies(set, token, ~(1u << bit), why));
    assert_non_null(strstr(why->str, "which [server] accept does not name"));
    /* another byte */
    g_string_truncate(why, 0);
    assert_false(verifies(set, changed, ALL, why));
    assert_non_null(strstr(why->str, "signature is not that of the key"));
    /* every other algorithm than its own, with the same key: its header says so */
    for (size_t i = 0; i < G_N_ELEMENTS(algorithms); i++) {
        g_autofree char *header = g_strdup_printf("{\"alg\":\"%s\"}", algorithms[i]);
        g_autofree char *other = tests_signer_with_header(token, header);

        if (i != bit)
            assert_false(verifies(set, other, ALL, NULL));
    }
}

/* ---- what is refused ---- */

#define EMPTY "{\"keys\":[]}"

/* clang-format off */
static const struct row {
    const char *name;
    const char *set;    /* NULL: the key of RS256 */
    const char *header, *payload;
    const char *token;  /* NULL: header and payload signed by RS256 */
    const char *why;
} rows[] = {
    { "alg none",            NULL, NULL, NULL, "eyJhbGciOiJub25lIn0.eyJleHAiOjJ9.", "its alg is 'none', which no server can verify" },
    { "none in capitals",    NULL, "{\"alg\":\"NONE\"}", CLAIMS, NULL, "its alg is 'NONE', which no server" },
    { "another unknown alg", NULL, "{\"alg\":\"RS1\"}", CLAIMS, NULL, "its alg is 'RS1', which no server" },
    { "a hostile alg",       NULL, "{\"alg\":\"\\u001b[2J\\nx\"}", CLAIMS, NULL, "its alg is '\\x1b[2J" },
    { "a zero in alg",       NULL, "{\"alg\":\"RS256\\u0000\"}", CLAIMS, NULL, "which no server" },
    { "a long alg",          NULL, "{\"alg\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}", CLAIMS, NULL, "aaaa…', which" },
    { "no alg",              NULL, "{\"typ\":\"JWT\"}", CLAIMS, NULL, "its header is no JSON object with 'alg'" },
    { "alg is a number",     NULL, "{\"alg\":256}", CLAIMS, NULL, "its header is no JSON object with 'alg'" },
    { "alg twice",           NULL, "{\"alg\":\"none\",\"alg\":\"RS256\"}", CLAIMS, NULL, "or a member twice" },
    { "crit",                NULL, "{\"alg\":\"RS256\",\"crit\":[\"b64\"],\"b64\":false}", CLAIMS, NULL, "without 'crit'" },
    { "kid is a number",     NULL, "{\"alg\":\"RS256\",\"kid\":7}", CLAIMS, NULL, "its header is no JSON object" },
    { "a header too deep",   NULL, "{\"alg\":\"RS256\",\"x\":[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]}", CLAIMS, NULL, "its header is no JSON object" },
    { "an unknown kid",      NULL, "{\"alg\":\"RS256\",\"kid\":\"k2\"}", CLAIMS, NULL, "no key of its signer's jwks for RS256 has its kid 'k2'" },
    { "no keys",             EMPTY, "{\"alg\":\"RS256\"}", CLAIMS, NULL, "its signer has given no public key that can be used" },
    { "keys is no list",     "{\"keys\":7}", "{\"alg\":\"RS256\"}", CLAIMS, NULL, "its signer has given no public key" },
    { "a key is no object",  "{\"keys\":[7,null,\"x\"]}", "{\"alg\":\"RS256\"}", CLAIMS, NULL, "its signer has given no public key" },
    { "n is not base64url",  "{\"keys\":[{\"kty\":\"RSA\",\"n\":\"+++=\",\"e\":\"AQAB\"}]}", "{\"alg\":\"RS256\"}", CLAIMS, NULL, "no public key that can be used" },
    { "a small RSA key",     "{\"keys\":[{\"kty\":\"RSA\",\"n\":\"3ZWrUY0Y6IKN1qI4BhxR2C7oHVFgGPYkd38uGq1jQNSqEvJFcN93CYm16_G78FAFKWqwsJb3Wx-nbxDn6LtP4Q\",\"e\":\"AQAB\"}]}", "{\"alg\":\"RS256\"}", CLAIMS, NULL, "no public key that can be used" },
    { "another kind of key", "{\"keys\":[{\"kty\":\"oct\",\"k\":\"c2VjcmV0\"}]}", "{\"alg\":\"RS256\"}", CLAIMS, NULL, "its alg is RS256, and no key of its signer's jwks is of the kind RSA" },
    { "two parts",           NULL, NULL, NULL, "a.b", "it is not three parts with dots between them" },
    { "four parts",          NULL, NULL, NULL, "a.b.c.d", "it is not three parts with dots between them" },
    { "five parts",          NULL, NULL, NULL, "a.b.c.d.e", "it is not three parts with dots between them" },
    { "one letter",          NULL, NULL, NULL, "a", "but 1 character of something else" },
    { "nothing",             NULL, NULL, NULL, "", "it is not three parts with dots between them, but 0 characters" },
    { "only dots",           NULL, NULL, NULL, "..", "its header is no JSON object" },
    { "padding",             NULL, NULL, NULL, "eyJhbGciOiJSUzI1NiJ9=.e30.AA", "a part of it is no base64url" },
    { "another alphabet",    NULL, NULL, NULL, "eyJhbGciOiJSUzI1NiJ9.e30.+/AA", "a part of it is no base64url" },
    { "no signature",        NULL, NULL, NULL, "eyJhbGciOiJSUzI1NiJ9.e30.", "its RS256 signature is not that of the key" },
};
/* clang-format on */

static void
a_bad_token_is_refused(void **state)
{
    const struct row *row = *state;
    g_autofree char *own = tests_signer_jwks("RS256", "k1");
    g_autofree char *token = row->token != NULL
                                 ? g_strdup(row->token)
                                 : tests_signer_sign_text("RS256", row->header, row->payload);
    g_autoptr(GString) why = g_string_new(NULL);

    assert_false(verifies(row->set != NULL ? row->set : own, token, ALL, why));
    if (strstr(why->str, row->why) == NULL)
        fail_msg("'%s' is not in: %s", row->why, why->str);
    assert_true(g_utf8_validate(why->str, (gssize) why->len, NULL));
}

/* The public key as the secret of HMAC: the oldest trick. */
static void
the_rsa_key_is_no_secret(void **state)
{
    g_autofree char *set = tests_signer_jwks("RS256", NULL);
    g_autofree char *token = tests_signer_hmac_with_public_key();
    g_autoptr(GString) why = g_string_new(NULL);

    (void) state;
    assert_false(verifies(set, token, ALL, why));
    assert_string_equal(why->str,
                        "its alg is HS256, and no key of its signer's jwks is of the kind oct");
}

/* ---- sets ---- */

static void
one_of_several_keys_is_enough(void **state)
{
    g_autofree char *rsa = tests_signer_jwk("RS256", NULL),
                    *ec = tests_signer_jwk("ES256", "e"), *oct = tests_signer_jwk("HS256", "h");
    g_autofree char *set = g_strdup_printf(
        "{\"keys\":[{\"kty\":\"RSA\"},%s,%s,{\"kty\":\"new\"},%s]}", oct, ec, rsa);
    g_autofree char *by_rsa = tests_signer_sign("RS256", "any", CLAIMS),
                    *by_ec = tests_signer_sign("ES256", "e", CLAIMS),
                    *by_oct = tests_signer_sign("HS256", NULL, CLAIMS),
                    *by_other = tests_signer_sign("ES256", "h", CLAIMS);

    (void) state;
    assert_true(verifies(set, by_rsa, ALL, NULL));
    assert_true(verifies(set, by_ec, ALL, NULL));
    assert_true(verifies(set, by_oct, ALL, NULL));
    assert_false(verifies(set, by_other, ALL, NULL));
    /* A key alone, without a list. */
    assert_true(verifies(rsa, by_rsa, ALL, NULL));
}

static void
keys_that_cannot_be_used_are_named(void **state)
{
    static const char text[] =
        "{\"keys\":[{\"kty\":\"RSA\",\"use\":\"enc\"},{\"kty\":\"EC\",\"crv\":\"P-192\"},"
        "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":"
        "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\","
        "\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"},{\"x\":1},"
        "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AAAA\"},{\"kty\":\"oct\",\"k\":\"\"}]}";
    json_auto_t *set = json_loads(text, 0, NULL);
    g_autoptr(GString) notes = g_string_new(NULL);
    g_autoptr(SrJwks) keys = sr_jwks_new(crypto, set, notes);

    (void) state;
    assert_non_null(keys);
    assert_string_equal(notes->str,
                        "a key of its jwks is not used: its 'use' is not sig\n"
                        "a key of its jwks is not used: 'crv' is none of P-256, P-384, P-521\n"
                        "a key of its jwks is not used: its point is not on the curve\n"
                        "a key of its jwks is not used: it has no 'kty'\n"
                        "a key of its jwks is not used: 'x' is no point of that curve\n"
                        "a key of its jwks is not used: 'k' is missing or no base64url");
}

/* ---- times ---- */

#define MOST SR_JWT_SECONDS_MAX

/* clang-format off */
static const struct times {
    const char *payload;
    SrJwtClaims want;
    const char *why; /* NULL: they can be used */
} times[] = {
    { "{\"iat\":10,\"nbf\":11,\"exp\":12}",       { true, true, true, 10, 12, 11 }, NULL },
    { "{\"iat\":10.2,\"nbf\":11.7,\"exp\":12.9}", { true, true, true, 11, 12, 12 }, NULL },
    { "{\"iat\":10.0,\"exp\":1.2e1}",             { true, true, false, 10, 12, 0 }, NULL },
    { "{\"iat\":-0.5,\"exp\":-0.5}",              { true, true, false, 0, -1, 0 }, NULL },
    { "{\"iat\":1685577600700,\"exp\":1685577900700}", { true, true, false, INT64_C(1685577600700), INT64_C(1685577900700), 0 }, NULL },
    { "{\"iat\":1e300,\"exp\":-1e300}",           { true, true, false, MOST, -MOST, 0 }, NULL },
    { "{\"exp\":9223372036854775807}",            { false, true, false, 0, MOST, 0 }, NULL },
    { "{\"exp\":99999999999999999999999}",        { false, true, false, 0, MOST, 0 }, NULL },
    { "{}",                                       { false, false, false, 0, 0, 0 }, "it has no 'exp'" },
    { "{\"iat\":5}",                              { true, false, false, 5, 0, 0 }, "it has no 'exp'" },
    { "{\"exp\":\"12\"}",                         { false, false, false, 0, 0, 0 }, "its 'exp' is no number" },
    { "{\"exp\":12,\"iat\":null}",                { false, true, false, 0, 12, 0 }, "its 'iat' is no number" },
    { "{\"exp\":12,\"nbf\":[1]}",                 { false, true, false, 0, 12, 0 }, "its 'nbf' is no number" },
    { "{\"exp\":1,\"exp\":2}",                    { false, false, false, 0, 0, 0 }, "its claims are no JSON object" },
    { "[1]",                                      { false, false, false, 0, 0, 0 }, "its claims are no JSON object" },
    { "{\"exp\":1e999}",                          { false, false, false, 0, 0, 0 }, "its claims are no JSON object" },
    { "{\"exp\":1} x",                            { false, false, false, 0, 0, 0 }, "its claims are no JSON object" },
};
/* clang-format on */

static void
times_are_read_in_whole_seconds(void **state)
{
    (void) state;
    for (size_t i = 0; i < G_N_ELEMENTS(times); i++) {
        g_autofree char *token =
            tests_signer_sign_text("HS256", "{\"alg\":\"HS256\"}", times[i].payload);
        g_autoptr(GString) why = g_string_new(NULL);
        const SrJwtClaims *want = &times[i].want;
        SrJwtClaims claims;
        bool good = sr_jwt_read_times(token, strlen(token), &claims, why);

        if (good != (times[i].why == NULL) || (!good && strstr(why->str, times[i].why) == NULL))
            fail_msg("%s: %s", times[i].payload, why->str);
        if (claims.has_iat != want->has_iat || claims.has_exp != want->has_exp ||
            claims.has_nbf != want->has_nbf || claims.iat != want->iat ||
            claims.exp != want->exp || claims.nbf != want->nbf)
            fail_msg("%s: iat %" PRId64 ", exp %" PRId64 ", nbf %" PRId64, times[i].payload,
                     claims.iat, claims.exp, claims.nbf);
    }
}

/* Every prefix and every change of one character is refused, and none does harm. */
static void
no_other_token_is_verified(void **state)
{
    g_autofree char *set = tests_signer_jwks("ES256", "k1");
    g_autofree char *token = tests_signer_sign("ES256", "k1", CLAIMS);
    json_auto_t *keys = json_loads(set, 0, NULL);
    g_autoptr(SrJwks) jwks = sr_jwks_new(crypto, keys, NULL);
    size_t n = strlen(token);

    (void) state;
    assert_true(sr_jwks_verify(jwks, token, n, ALL, NULL));
    for (size_t i = 0; i < n; i++) {
        g_autofree char *copy = g_memdup2(token, n);
        SrJwtClaims claims;

        assert_false(sr_jwks_verify(jwks, token, i, ALL, NULL));
        for (unsigned bit = 0; bit < 8; bit++) {
            copy[i] = (char) ((uint8_t) token[i] ^ 1u << bit);
            assert_false(sr_jwks_verify(jwks, copy, n, ALL, NULL));
            (void) sr_jwt_read_times(copy, n, &claims, NULL);
        }
    }
}

int
main(void)
{
    enum { FIXED = 5, N = G_N_ELEMENTS(algorithms) };
    struct CMUnitTest tests[FIXED + N + G_N_ELEMENTS(rows)] = {
        cmocka_unit_test(the_rsa_key_is_no_secret),
        cmocka_unit_test(one_of_several_keys_is_enough),
        cmocka_unit_test(keys_that_cannot_be_used_are_named),
        cmocka_unit_test(times_are_read_in_whole_seconds),
        cmocka_unit_test(no_other_token_is_verified),
    };

    for (size_t i = 0; i < N; i++)
        tests[FIXED + i] =
            (struct CMUnitTest){ .name = algorithms[i],
                                 .test_func = a_token_of_each_algorithm_is_verified,
                                 .initial_state = (void *) (uintptr_t) algorithms[i] };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        tests[FIXED + N + i] =
            (struct CMUnitTest){ .name = rows[i].name,
                                 .test_func = a_bad_token_is_refused,
                                 .initial_state = (void *) (uintptr_t) &rows[i] };
    return cmocka_run_group_tests_name("tokens of another signer", tests, set_up, tear_down) !=
           0;
}

/* Tokens: signed and verified here, by the example of RFC 7515, and across the openssl program;
 * and everything that must be refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "crypto/crypto-private.h"
#include "crypto/crypto.h"

#include <glib/gstdio.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <string.h>

static const char *const algorithms[] = {
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512"
};

static const SrJwtClaims usual = { .has_iat = true,
                                   .has_exp = true,
                                   .has_nbf = true,
                                   .iat = 1700000000,
                                   .exp = 1700000600,
                                   .nbf = 1699999990 };

static SrCrypto *crypto;

/* RFC 7515, appendix A.2. */
static const char rfc_modulus[] =
    "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-"
    "4qPCJrcS2mJPMEzP1Pt0Bm4d4Ql"
    "L-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-"
    "bSf63kpaSHSXndS5z5rexMdbBYUs"
    "LA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-"
    "DWNmoud"
    "F8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
static const char rfc_token[] =
    "eyJhbGciOiJSUzI1NiJ9."
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cn"
    "VlfQ."
    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_"
    "O8W2Fp5jujG"
    "bds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_"
    "nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K"
    "0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-"
    "eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6"
    "LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";

static EVP_PKEY *
make_rfc_key(void)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(crypto->library, "RSA", NULL);
    EVP_PKEY *key = NULL;
    OSSL_PARAM *params;
    BIGNUM *n;

    assert_true(sr_base64url_decode(rfc_modulus, strlen(rfc_modulus), bytes));
    n = BN_bin2bn(bytes->data, (int) bytes->len, NULL);
    assert_int_equal(OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n), 1);
    assert_int_equal(OSSL_PARAM_BLD_push_ulong(build, OSSL_PKEY_PARAM_RSA_E, 65537), 1);
    params = OSSL_PARAM_BLD_to_param(build);
    assert_int_equal(EVP_PKEY_fromdata_init(context), 1);
    assert_int_equal(EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params), 1);
    OSSL_PARAM_free(params);
    BN_free(n);
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_BLD_free(build);
    return key;
}

static void
the_example_of_rfc_7515_verifies(void **state)
{
    EVP_PKEY *key = make_rfc_key();
    g_autofree char *altered = g_strdup(rfc_token);
    SrJwtClaims claims;

    (void) state;
    assert_int_equal(sr_jwt_verify_with(crypto, key, rfc_token, "RS256", &claims), SR_JWT_OK);
    assert_true(claims.has_exp);
    assert_int_equal(claims.exp, 1300819380);
    assert_false(claims.has_iat || claims.has_nbf);

    assert_int_equal(sr_jwt_verify_with(crypto, key, rfc_token, "PS256", &claims),
                     SR_JWT_ALGORITHM);
    altered[30]++;
    assert_int_equal(sr_jwt_verify_with(crypto, key, altered, "RS256", &claims),
                     SR_JWT_BAD_SIGNATURE);
    /* And not under the tree's key, nor ours under this one. */
    assert_int_equal(sr_jwt_verify(crypto, rfc_token, "RS256", &claims), SR_JWT_BAD_SIGNATURE);
    assert_int_equal(
        sr_jwt_verify_with(crypto, key, sr_jwt_sign(crypto, "RS256", &usual), "RS256", &claims),
        SR_JWT_BAD_SIGNATURE);
    EVP_PKEY_free(key);
}

static void
check_algorithm(void **state)
{
    const char *algorithm = *state;
    g_autofree char *token = g_strdup(sr_jwt_sign(crypto, algorithm, &usual));
    SrJwtClaims claims;

    assert_int_equal(sr_jwt_verify(crypto, token, algorithm, &claims), SR_JWT_OK);
    assert_true(claims.has_iat && claims.has_exp && claims.has_nbf);
    assert_int_equal(claims.iat, usual.iat);
    assert_int_equal(claims.exp, usual.exp);
    assert_int_equal(claims.nbf, usual.nbf);
    for (size_t i = 0; i < G_N_ELEMENTS(algorithms); i++)
        if (strcmp(algorithms[i], algorithm) != 0)
            assert_int_equal(sr_jwt_verify(crypto, token, algorithms[i], &claims),
                             SR_JWT_ALGORITHM);
}

/* RS256 with the fixed key is one text for ever; changed, every `token` of a trace would differ
 * from the golden one. */
static void
rs256_is_the_same_each_time(void **state)
{
    SrCrypto *other = sr_crypto_new();
    const SrJwtClaims claims = { .has_exp = true, .exp = 600 };
    const char *token = sr_jwt_sign(crypto, "RS256", &claims);
    static const char start[] =
        "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJlZGl0b3IiLCJleHAiOjYwMH0.";

    (void) state;
    assert_string_equal(token, sr_jwt_sign(other, "RS256", &claims));
    assert_memory_equal(token, start, strlen(start));
    assert_int_equal(strlen(token), strlen(start) + 342);
    sr_crypto_free(other);
}

static void
claims_left_out_are_left_out(void **state)
{
    const SrJwtClaims few = { .has_exp = true, .exp = -5 };
    SrJwtClaims claims = usual;

    (void) state;
    assert_int_equal(
        sr_jwt_verify(crypto, sr_jwt_sign(crypto, "RS256", &few), "RS256", &claims), SR_JWT_OK);
    assert_true(claims.has_exp);
    assert_true(claims.exp == -5);
    assert_false(claims.has_iat || claims.has_nbf);
}

static void
exp_is_required(void **state)
{
    const SrJwtClaims few = { .has_iat = true, .iat = 7 };
    SrJwtClaims claims = usual;

    (void) state;
    assert_int_equal(
        sr_jwt_verify(crypto, sr_jwt_sign(crypto, "RS256", &few), "RS256", &claims),
        SR_JWT_MISSING_CLAIM);
    assert_false(claims.has_exp);
    assert_int_equal(claims.iat, 7);
}

/* Each character of @algorithm's token, replaced by another. */
static void
check_tampering(void **state)
{
    const char *algorithm = *state;
    g_autofree char *token = g_strdup(sr_jwt_sign(crypto, algorithm, &usual));
    SrJwtClaims claims = { .exp = 99 };

    for (char *at = token; *at != '\0'; at++) {
        char kept = *at;

        *at = kept == 'A' ? 'B' : 'A';
        assert_int_not_equal(sr_jwt_verify(crypto, token, algorithm, &claims), SR_JWT_OK);
        *at = kept;
    }
    assert_int_equal(claims.exp, 99);
    assert_int_equal(sr_jwt_verify(crypto, token, algorithm, &claims), SR_JWT_OK);
}

static void
every_prefix_is_refused(void **state)
{
    g_autofree char *token = g_strdup(sr_jwt_sign(crypto, "RS256", &usual));
    SrJwtClaims claims;

    (void) state;
    for (size_t n = strlen(token); n-- > 0;) {
        token[n] = '\0';
        assert_int_not_equal(sr_jwt_verify(crypto, token, "RS256", &claims), SR_JWT_OK);
    }
}

static void
what_stands_around_a_token_is_refused(void **state)
{
    static const struct {
        const char *before, *behind;
        SrJwtResult want;
    } around[] = {
        { "", "=", SR_JWT_MALFORMED },
        { "", "==", SR_JWT_MALFORMED },
        { "", ".", SR_JWT_MALFORMED },
        { "", ".A", SR_JWT_MALFORMED },
        { "", " ", SR_JWT_MALFORMED },
        { "", "\n", SR_JWT_MALFORMED },
        { "", "\xc3\xa4", SR_JWT_MALFORMED },
        /* A longer signature, in good form. */
        { "", "A", SR_JWT_BAD_SIGNATURE },
        { "", "AA", SR_JWT_BAD_SIGNATURE },
        { " ", "", SR_JWT_MALFORMED },
        { ".", "", SR_JWT_MALFORMED },
        { "A", "", SR_JWT_MALFORMED },
        { "\n", "", SR_JWT_MALFORMED },
    };
    SrJwtClaims claims;

    (void) state;
    for (size_t i = 0; i < G_N_ELEMENTS(around); i++) {
        g_autofree char *token = g_strconcat(
            around[i].before, sr_jwt_sign(crypto, "RS256", &usual), around[i].behind, NULL);

        assert_int_equal(sr_jwt_verify(crypto, token, "RS256", &claims), around[i].want);
    }
}

/* 256 bytes of signature leave four unused bits in the last character: fifteen other
 * characters would stand for the same bytes. */
static void
a_second_spelling_of_the_signature_is_refused(void **state)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    g_autofree char *token = g_strdup(sr_jwt_sign(crypto, "RS256", &usual));
    char *last = token + strlen(token) - 1;
    const char *spelling = strchr(alphabet, *last);
    SrJwtClaims claims;

    (void) state;
    assert_non_null(spelling);
    assert_int_equal((spelling - alphabet) % 16, 0);
    for (size_t i = 1; i < 16; i++) {
        *last = spelling[i];
        assert_int_equal(sr_jwt_verify(crypto, token, "RS256", &claims), SR_JWT_MALFORMED);
    }
}

/* What a stranger may write, signed with the right key. */
/* clang-format off */
static const struct stranger_row { const char *name, *header, *payload; SrJwtResult want; } stranger_rows[] = {
    { "more claims are no harm",          "{\"alg\":\"RS256\"}", "{\"sub\":\"x\",\"aud\":[\"a\",{\"b\":1.5}],\"exp\":1}", SR_JWT_OK },
    { "no typ is no harm",                "{\"alg\":\"RS256\",\"kid\":\"1\"}", "{\"exp\":1}", SR_JWT_OK },
    { "another algorithm is named",       "{\"alg\":\"RS384\"}", "{\"exp\":1}", SR_JWT_ALGORITHM },
    { "none is named",                    "{\"alg\":\"none\"}", "{\"exp\":1}", SR_JWT_ALGORITHM },
    { "a symmetric algorithm is named",   "{\"alg\":\"HS256\"}", "{\"exp\":1}", SR_JWT_ALGORITHM },
    { "the name in small letters",        "{\"alg\":\"rs256\"}", "{\"exp\":1}", SR_JWT_ALGORITHM },
    { "the name and a zero",              "{\"alg\":\"RS256\\u0000\"}", "{\"exp\":1}", SR_JWT_ALGORITHM },
    { "an extension that must be known",  "{\"alg\":\"RS256\",\"crit\":[]}", "{\"exp\":1}", SR_JWT_MALFORMED },
    { "no algorithm",                     "{}", "{\"exp\":1}", SR_JWT_MALFORMED },
    { "a claim twice",                    "{\"alg\":\"RS256\"}", "{\"exp\":1,\"exp\":2}", SR_JWT_MALFORMED },
    { "a fraction of a second",           "{\"alg\":\"RS256\"}", "{\"exp\":1.5}", SR_JWT_MALFORMED },
    { "a huge number",                    "{\"alg\":\"RS256\"}", "{\"exp\":1e300}", SR_JWT_MALFORMED },
    { "trailing data in the payload",     "{\"alg\":\"RS256\"}", "{\"exp\":1} 2", SR_JWT_MALFORMED },
    { "an empty payload",                 "{\"alg\":\"RS256\"}", "", SR_JWT_MALFORMED },
    { "an empty object as payload",       "{\"alg\":\"RS256\"}", "{}", SR_JWT_MISSING_CLAIM },
};

/* What is no token at all. eyJhbGciOiJSUzI1NiJ9 is {"alg":"RS256"}, eyJhbGciOiJub25lIn0 {"alg":"none"}, eyJleHAiOjF9 {"exp":1}. */
static const struct text_row { const char *name, *text; SrJwtResult want; } text_rows[] = {
    { "the empty text",             "", SR_JWT_MALFORMED },
    { "one dot",                    ".", SR_JWT_MALFORMED },
    { "two dots",                   "..", SR_JWT_MALFORMED },
    { "four parts",                 "eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjF9.AA.AA", SR_JWT_MALFORMED },
    { "five parts, as JWE has",     "eyJhbGciOiJSUzI1NiJ9.AA.AA.AA.AA", SR_JWT_MALFORMED },
    { "no signature part",          "eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjF9", SR_JWT_MALFORMED },
    { "an empty signature",         "eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjF9.", SR_JWT_BAD_SIGNATURE },
    { "a short signature",          "eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjF9.AAAA", SR_JWT_BAD_SIGNATURE },
    { "none and no signature",      "eyJhbGciOiJub25lIn0.eyJleHAiOjF9.", SR_JWT_ALGORITHM },
    { "a JSON text",                "{\"alg\":\"RS256\"}", SR_JWT_MALFORMED },
    { "a signature that is no base64url", "eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjF9.++++", SR_JWT_MALFORMED },
};
/* clang-format on */

static void
check_stranger(void **state)
{
    const struct stranger_row *row = *state;
    g_autofree char *token = sr_jwt_sign_text(crypto, "RS256", row->header, row->payload);
    SrJwtClaims claims = { .exp = 99 };

    assert_int_equal(sr_jwt_verify(crypto, token, "RS256", &claims), row->want);
    if (row->want != SR_JWT_OK && row->want != SR_JWT_MISSING_CLAIM)
        assert_int_equal(claims.exp, 99);
}

static void
check_text(void **state)
{
    const struct text_row *row = *state;
    SrJwtClaims claims;

    assert_int_equal(sr_jwt_verify(crypto, row->text, "RS256", &claims), row->want);
}

static void
a_token_longer_than_the_limit_is_malformed(void **state)
{
    g_autofree char *filler = g_strnfill(SR_JWT_TOKEN_MAX, 'x');
    g_autofree char *payload = g_strdup_printf("{\"exp\":1,\"x\":\"%.*s\"}", 11000, filler);
    g_autofree char *fits = sr_jwt_sign_text(crypto, "RS256", "{\"alg\":\"RS256\"}", payload);
    g_autofree char *long_payload = g_strdup_printf("{\"exp\":1,\"x\":\"%s\"}", filler);
    g_autofree char *exceeds =
        sr_jwt_sign_text(crypto, "RS256", "{\"alg\":\"RS256\"}", long_payload);
    SrJwtClaims claims;

    (void) state;
    assert_int_equal(sr_jwt_verify(crypto, fits, "RS256", &claims), SR_JWT_OK);
    assert_int_equal(sr_jwt_verify(crypto, exceeds, "RS256", &claims), SR_JWT_MALFORMED);
    assert_int_equal(sr_jwt_verify_with(crypto, crypto->test_key, exceeds, "RS256", &claims),
                     SR_JWT_MALFORMED);
}

static void
a_token_is_signed_and_verified_once(void **state)
{
    const SrJwtClaims mine = { .has_exp = true, .exp = 424242 };
    uint64_t n_signed = crypto->signed_tokens->n_stores,
             n_verified = crypto->verdicts->n_stores;
    g_autofree char *token = g_strdup(sr_jwt_sign(crypto, "PS256", &mine));
    SrJwtClaims claims;

    (void) state;
    /* A PS signature drawn again would differ. */
    for (unsigned i = 0; i < 3; i++) {
        assert_string_equal(sr_jwt_sign(crypto, "PS256", &mine), token);
        assert_int_equal(sr_jwt_verify(crypto, token, "PS256", &claims), SR_JWT_OK);
        assert_int_equal(claims.exp, 424242);
        assert_int_equal(sr_jwt_verify(crypto, token, "RS256", &claims), SR_JWT_ALGORITHM);
    }
    assert_int_equal(crypto->signed_tokens->n_stores, n_signed + 1);
    assert_int_equal(crypto->verdicts->n_stores, n_verified + 2);
}

/* ---- across the openssl program ---- */

typedef struct {
    char *folder, *public_key, *private_key, *data, *signature;
} Files;

static void
files_init(Files *files)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *pem = NULL;
    long n_pem;

    files->folder = g_dir_make_tmp("session-race-XXXXXX", NULL);
    assert_non_null(files->folder);
    files->public_key = g_build_filename(files->folder, "public.pem", NULL);
    files->private_key = g_build_filename(files->folder, "private.pem", NULL);
    files->data = g_build_filename(files->folder, "data", NULL);
    files->signature = g_build_filename(files->folder, "signature", NULL);
    assert_int_equal(PEM_write_bio_PUBKEY(bio, crypto->test_key), 1);
    n_pem = BIO_get_mem_data(bio, &pem);
    assert_true(g_file_set_contents(files->public_key, pem, n_pem, NULL));
    assert_true(g_file_set_contents(files->private_key, sr_crypto_test_key_pem, -1, NULL));
    BIO_free(bio);
}

static void
files_clear(Files *files)
{
    char *paths[] = { files->public_key, files->private_key, files->data, files->signature };

    for (size_t i = 0; i < G_N_ELEMENTS(paths); i++) {
        g_unlink(paths[i]);
        g_free(paths[i]);
    }
    g_rmdir(files->folder);
    g_free(files->folder);
}

/* Returns: whether `openssl dgst` with @options ends with status 0 */
static bool
run_dgst(const char *const *options)
{
    g_autoptr(GPtrArray) argv = g_ptr_array_new();
    int status = 1;

    g_ptr_array_add(argv, (void *) (uintptr_t) "openssl");
    g_ptr_array_add(argv, (void *) (uintptr_t) "dgst");
    for (; *options != NULL; options++)
        g_ptr_array_add(argv, (void *) (uintptr_t) *options);
    g_ptr_array_add(argv, NULL);
    assert_true(g_spawn_sync(NULL, (char **) argv->pdata, NULL,
                             G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL |
                                 G_SPAWN_STDERR_TO_DEV_NULL,
                             NULL, NULL, NULL, NULL, &status, NULL));
    return g_spawn_check_wait_status(status, NULL);
}

static bool
program_verifies(const Files *files, bool pss)
{
    const char *plain[] = { "-sha256",    "-verify",        files->public_key,
                            "-signature", files->signature, files->data,
                            NULL };
    const char *salted[] = { "-sha256",
                             "-sigopt",
                             "rsa_padding_mode:pss",
                             "-sigopt",
                             "rsa_pss_saltlen:32",
                             "-verify",
                             files->public_key,
                             "-signature",
                             files->signature,
                             files->data,
                             NULL };

    return run_dgst(pss ? salted : plain);
}

static void
check_program_verifies(void **state)
{
    const char *algorithm = *state;
    const char *token = sr_jwt_sign(crypto, algorithm, &usual);
    const char *dot = strrchr(token, '.');
    g_autoptr(GByteArray) signature = g_byte_array_new();
    Files files;

    files_init(&files);
    assert_true(sr_base64url_decode(dot + 1, strlen(dot + 1), signature));
    assert_true(g_file_set_contents(files.data, token, dot - token, NULL));
    assert_true(g_file_set_contents(files.signature, (const char *) signature->data,
                                    signature->len, NULL));
    assert_true(program_verifies(&files, algorithm[0] == 'P'));
    assert_true(g_file_set_contents(files.data, token + 1, dot - token - 1, NULL));
    assert_false(program_verifies(&files, algorithm[0] == 'P'));
    files_clear(&files);
}

/* Signed by the program, with a salt of @salt bytes where there is one, verified here. */
static SrJwtResult
verify_from_program(const char *algorithm, const char *salt)
{
    g_autoptr(GString) token = g_string_new(NULL);
    g_autofree char *header = g_strdup_printf("{\"alg\":\"%s\"}", algorithm);
    g_autofree char *signature = NULL;
    g_autofree char *salt_option = g_strconcat("rsa_pss_saltlen:", salt, NULL);
    size_t n_signature = 0;
    SrJwtClaims claims;
    Files files;

    files_init(&files);
    sr_base64url_append(token, (const uint8_t *) header, strlen(header));
    g_string_append_c(token, '.');
    sr_base64url_append(token, (const uint8_t *) "{\"exp\":1}", 9);
    assert_true(g_file_set_contents(files.data, token->str, (gssize) token->len, NULL));
    {
        const char *plain[] = { "-sha256",  "-sign", files.private_key, "-out", files.signature,
                                files.data, NULL };
        const char *salted[] = { "-sha256",         "-sigopt",   "rsa_padding_mode:pss",
                                 "-sigopt",         salt_option, "-sign",
                                 files.private_key, "-out",      files.signature,
                                 files.data,        NULL };

        assert_true(run_dgst(algorithm[0] == 'P' ? salted : plain));
    }
    assert_true(g_file_get_contents(files.signature, &signature, &n_signature, NULL));
    g_string_append_c(token, '.');
    sr_base64url_append(token, (const uint8_t *) signature, n_signature);
    files_clear(&files);
    return sr_jwt_verify(crypto, token->str, algorithm, &claims);
}

static void
what_the_program_signs_verifies(void **state)
{
    (void) state;
    assert_int_equal(verify_from_program("RS256", ""), SR_JWT_OK);
    assert_int_equal(verify_from_program("PS256", "32"), SR_JWT_OK);
    /* RFC 7518, section 3.5: the salt is as long as the digest. */
    assert_int_equal(verify_from_program("PS256", "20"), SR_JWT_BAD_SIGNATURE);
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
    return 0;
}

static struct CMUnitTest
row_test(const char *name, CMUnitTestFunction function, const void *row)
{
    return (struct CMUnitTest){ .name = name,
                                .test_func = function,
                                .initial_state = (void *) (uintptr_t) row };
}

int
main(void)
{
    const struct CMUnitTest single[] = {
        cmocka_unit_test(the_example_of_rfc_7515_verifies),
        cmocka_unit_test(rs256_is_the_same_each_time),
        cmocka_unit_test(claims_left_out_are_left_out),
        cmocka_unit_test(exp_is_required),
        cmocka_unit_test(every_prefix_is_refused),
        cmocka_unit_test(what_stands_around_a_token_is_refused),
        cmocka_unit_test(a_second_spelling_of_the_signature_is_refused),
        cmocka_unit_test(a_token_longer_than_the_limit_is_malformed),
        cmocka_unit_test(a_token_is_signed_and_verified_once),
        row_test("RS256: no character can be changed", check_tampering, "RS256"),
        row_test("PS256: no character can be changed", check_tampering, "PS256"),
    };
    const struct CMUnitTest across[] = {
        row_test("the program verifies RS256", check_program_verifies, "RS256"),
        row_test("the program verifies PS256", check_program_verifies, "PS256"),
        cmocka_unit_test(what_the_program_signs_verifies),
    };
    struct CMUnitTest tests[G_N_ELEMENTS(single) + G_N_ELEMENTS(algorithms) +
                            G_N_ELEMENTS(stranger_rows) + G_N_ELEMENTS(text_rows)];
    g_autofree char *program = g_find_program_in_path("openssl");
    size_t n = 0;
    int n_failed;

    for (size_t i = 0; i < G_N_ELEMENTS(single); i++)
        tests[n++] = single[i];
    for (size_t i = 0; i < G_N_ELEMENTS(algorithms); i++)
        tests[n++] = row_test(algorithms[i], check_algorithm, algorithms[i]);
    for (size_t i = 0; i < G_N_ELEMENTS(stranger_rows); i++)
        tests[n++] = row_test(stranger_rows[i].name, check_stranger, &stranger_rows[i]);
    for (size_t i = 0; i < G_N_ELEMENTS(text_rows); i++)
        tests[n++] = row_test(text_rows[i].name, check_text, &text_rows[i]);

    n_failed = cmocka_run_group_tests_name("tokens", tests, setup, teardown);
    /* Another implementation to agree with, where there is one. */
    if (program != NULL)
        n_failed += cmocka_run_group_tests_name("tokens and the openssl program", across, setup,
                                                teardown);
    return n_failed != 0;
}

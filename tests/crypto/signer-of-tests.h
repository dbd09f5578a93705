/* A signer of JSON Web Tokens on plain libcrypto, which shares nothing with the code that verifies
 * them: keys are made at the start and public parts are written by hand. For tests and for the
 * child of ours; it stands alone, without GLib's main loop or any room. */
#pragma once

#include <glib.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>
#include <string.h>

static EVP_PKEY *tests_rsa, *tests_p256, *tests_p384, *tests_p521, *tests_ed;
static const char tests_secret[] = "0123456789abcdef0123456789abcdef";

static inline void
tests_signer_init(void)
{
    tests_rsa = EVP_RSA_gen(2048);
    tests_p256 = EVP_EC_gen("P-256");
    tests_p384 = EVP_EC_gen("P-384");
    tests_p521 = EVP_EC_gen("P-521");
    tests_ed = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
}

static inline void
tests_signer_clear(void)
{
    EVP_PKEY_free(tests_rsa);
    EVP_PKEY_free(tests_p256);
    EVP_PKEY_free(tests_p384);
    EVP_PKEY_free(tests_p521);
    EVP_PKEY_free(tests_ed);
}

/* ---- base64url ---- */

static inline char *
tests_base64url(const void *bytes, size_t n)
{
    char *text = g_base64_encode(bytes, n);

    g_strdelimit(text, "+", '-');
    g_strdelimit(text, "/", '_');
    *strchrnul(text, '=') = '\0';
    return text;
}

static inline char *
tests_number(EVP_PKEY *key, const char *name, int width)
{
    BIGNUM *number = NULL;
    uint8_t bytes[512];

    EVP_PKEY_get_bn_param(key, name, &number);
    width = width > 0 ? width : BN_num_bytes(number);
    BN_bn2binpad(number, bytes, width);
    BN_free(number);
    return tests_base64url(bytes, (size_t) width);
}

/* ---- keys ---- */

static inline EVP_PKEY *
tests_key_of(const char *alg)
{
    return alg[1] != 'S'               ? tests_ed
           : strcmp(alg, "ES256") == 0 ? tests_p256
           : strcmp(alg, "ES384") == 0 ? tests_p384
           : alg[0] == 'E'             ? tests_p521
                                       : tests_rsa;
}

static inline int
tests_width_of(const char *alg)
{
    return strcmp(alg, "ES256") == 0 ? 32 : strcmp(alg, "ES384") == 0 ? 48 : 66;
}

static inline char *
tests_jwk_body(const char *alg)
{
    EVP_PKEY *key = tests_key_of(alg);

    if (alg[0] == 'H') {
        g_autofree char *k = tests_base64url(tests_secret, strlen(tests_secret));

        return g_strdup_printf("\"kty\":\"oct\",\"k\":\"%s\"", k);
    }
    if (key == tests_rsa) {
        g_autofree char *n = tests_number(key, OSSL_PKEY_PARAM_RSA_N, 0);

        return g_strdup_printf("\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"%s\"", n);
    }
    if (key == tests_ed) {
        uint8_t bytes[32];
        size_t length = sizeof bytes;

        EVP_PKEY_get_raw_public_key(key, bytes, &length);
        g_autofree char *x = tests_base64url(bytes, length);
        return g_strdup_printf("\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"%s\"", x);
    }
    g_autofree char *x = tests_number(key, OSSL_PKEY_PARAM_EC_PUB_X, tests_width_of(alg));
    g_autofree char *y = tests_number(key, OSSL_PKEY_PARAM_EC_PUB_Y, tests_width_of(alg));
    return g_strdup_printf("\"kty\":\"EC\",\"crv\":\"%s\",\"x\":\"%s\",\"y\":\"%s\"",
                           key == tests_p256   ? "P-256"
                           : key == tests_p384 ? "P-384"
                                               : "P-521",
                           x, y);
}

/* The public key of @alg; @kid: (nullable). */
static inline char *
tests_signer_jwk(const char *alg, const char *kid)
{
    g_autofree char *body = tests_jwk_body(alg);

    return kid == NULL ? g_strdup_printf("{%s}", body)
                       : g_strdup_printf("{%s,\"kid\":\"%s\"}", body, kid);
}

static inline char *
tests_signer_jwks(const char *alg, const char *kid)
{
    g_autofree char *key = tests_signer_jwk(alg, kid);

    return g_strdup_printf("{\"keys\":[%s]}", key);
}

/* ---- signing ---- */

/* JOSE writes r and s one after the other. */
static inline size_t
tests_raw_pair(const uint8_t *der, size_t n, int width, uint8_t *out)
{
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &der, (long) n);

    BN_bn2binpad(ECDSA_SIG_get0_r(pair), out, width);
    BN_bn2binpad(ECDSA_SIG_get0_s(pair), out + width, width);
    ECDSA_SIG_free(pair);
    return 2 * (size_t) width;
}

static inline size_t
tests_signature(const char *alg, const char *text, uint8_t out[1024])
{
    const char *digest = strstr(alg, "256") != NULL   ? "SHA256"
                         : strstr(alg, "384") != NULL ? "SHA384"
                                                      : "SHA512";
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *how = NULL;
    uint8_t made[1024];
    size_t n = sizeof made;

    if (alg[0] == 'H') {
        EVP_Q_mac(NULL, "HMAC", NULL, digest, NULL, tests_secret, strlen(tests_secret),
                  (const uint8_t *) text, strlen(text), out, 1024, &n);
        EVP_MD_CTX_free(context);
        return n;
    }
    EVP_DigestSignInit_ex(context, &how, alg[1] != 'S' ? NULL : digest, NULL, NULL,
                          tests_key_of(alg), NULL);
    if (alg[0] == 'P') {
        EVP_PKEY_CTX_set_rsa_padding(how, RSA_PKCS1_PSS_PADDING);
        EVP_PKEY_CTX_set_rsa_pss_saltlen(how, RSA_PSS_SALTLEN_DIGEST);
    }
    EVP_DigestSign(context, made, &n, (const uint8_t *) text, strlen(text));
    EVP_MD_CTX_free(context);
    if (alg[0] == 'E' && alg[1] == 'S')
        return tests_raw_pair(made, n, tests_width_of(alg), out);
    memcpy(out, made, n);
    return n;
}

/* Any @header and @payload, signed by @alg. */
static inline char *
tests_signer_sign_text(const char *alg, const char *header, const char *payload)
{
    g_autofree char *first = tests_base64url(header, strlen(header));
    g_autofree char *second = tests_base64url(payload, strlen(payload));
    g_autofree char *text = g_strdup_printf("%s.%s", first, second);
    uint8_t signature[1024];
    size_t n = tests_signature(alg, text, signature);
    g_autofree char *third = tests_base64url(signature, n);

    return g_strdup_printf("%s.%s", text, third);
}

static inline char *
tests_signer_sign(const char *alg, const char *kid, const char *payload)
{
    g_autofree char *header =
        kid == NULL ? g_strdup_printf("{\"alg\":\"%s\"}", alg)
                    : g_strdup_printf("{\"alg\":\"%s\",\"kid\":\"%s\"}", alg, kid);

    return tests_signer_sign_text(alg, header, payload);
}

/* @token with another header, and its signature as it was. */
static inline char *
tests_signer_with_header(const char *token, const char *header)
{
    g_autofree char *first = tests_base64url(header, strlen(header));

    return g_strconcat(first, strchr(token, '.'), NULL);
}

/* HS256 with the modulus of the RSA key, which everybody knows, as its secret. */
static inline char *
tests_signer_hmac_with_public_key(void)
{
    g_autofree char *modulus = tests_number(tests_rsa, OSSL_PKEY_PARAM_RSA_N, 0);
    g_autofree char *first = tests_base64url("{\"alg\":\"HS256\"}", 15);
    g_autofree char *second = tests_base64url("{\"exp\":2}", 9);
    g_autofree char *text = g_strdup_printf("%s.%s", first, second);
    uint8_t code[64];
    size_t n = 0;

    EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, modulus, strlen(modulus),
              (const uint8_t *) text, strlen(text), code, sizeof code, &n);
    g_autofree char *third = tests_base64url(code, n);
    return g_strdup_printf("%s.%s", text, third);
}

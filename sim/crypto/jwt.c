/* JSON Web Tokens in compact form (RFC 7515, 7518, 7519): HEADER.PAYLOAD.SIGNATURE, each part
 * base64url. libcrypto signs and verifies. The format is implemented here because it is small
 * and must be strict: each token has one spelling, the verifier names the only algorithm (never
 * the token), and the payload is read only if the signature is good. Results are remembered, so
 * that a sweep pays once for each distinct token. */
#include "crypto/crypto.h"

#include "crypto/crypto-private.h"

#include <inttypes.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <string.h>

/* Bytes of the largest signature that we can make: RSA of 4096 bits. */
#define SIGNATURE_BYTES_MAX 512

const SrAlgorithm sr_algorithms[] = {
#define ALGORITHM(name, digest, kind, curve, bytes)                                            \
    { #name, digest, SR_ALGORITHM_##kind, curve, bytes },
#include "session-race/algorithms.def"
};

/* What the table of verdicts remembers. */
typedef struct {
    SrJwtResult result;
    SrJwtClaims claims;
} Verdict;

/* Only those with RSA: the test pair is of that kind. */
static const SrAlgorithm *
algorithm_get(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(sr_algorithms); i++)
        if (sr_algorithms[i].kind <= SR_ALGORITHM_PSS &&
            strcmp(sr_algorithms[i].name, name) == 0)
            return &sr_algorithms[i];
    g_error("crypto: no JWT algorithm is called '%s'", name);
}

/* The salt is as long as the digest, and its mask is made with the same digest: RFC 7518 leaves
 * no choice. Returns: whether the key can do that */
static bool
set_padding(EVP_PKEY_CTX *context, const SrAlgorithm *algorithm)
{
    return algorithm->kind != SR_ALGORITHM_PSS ||
           (EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
            EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1);
}

/* Appends a dot and the signature of all that stands in @token. */
static void
append_signature(SrCrypto *crypto, const SrAlgorithm *algorithm, GString *token)
{
    uint8_t signature[SIGNATURE_BYTES_MAX];
    size_t n_signature = sizeof signature;
    EVP_PKEY_CTX *context = NULL;

    SR_CRYPTO_MUST(EVP_DigestSignInit_ex, crypto->signature, &context, algorithm->digest,
                   crypto->library, NULL, crypto->test_key, NULL);
    sr_crypto_must(set_padding(context, algorithm), "EVP_PKEY_CTX_set_rsa_padding");
    SR_CRYPTO_MUST(EVP_DigestSign, crypto->signature, signature, &n_signature,
                   (const uint8_t *) token->str, token->len);
    /* The next use may be with another key. */
    EVP_MD_CTX_reset(crypto->signature);
    g_string_append_c(token, '.');
    sr_base64url_append(token, signature, n_signature);
}

bool
sr_signature_is_good(SrCrypto *crypto, EVP_PKEY *key, const SrAlgorithm *algorithm,
                     const char *text, size_t n_text, const uint8_t *signature,
                     size_t n_signature)
{
    const char *digest = algorithm->digest[0] != '\0' ? algorithm->digest : NULL;
    EVP_PKEY_CTX *context = NULL;
    bool good;

    good = EVP_DigestVerifyInit_ex(crypto->signature, &context, digest, crypto->library, NULL,
                                   key, NULL) == 1 &&
           set_padding(context, algorithm) &&
           EVP_DigestVerify(crypto->signature, signature, n_signature, (const uint8_t *) text,
                            n_text) == 1;
    EVP_MD_CTX_reset(crypto->signature);
    if (!good)
        ERR_clear_error();
    return good;
}

static GString *
sign_text(SrCrypto *crypto, const SrAlgorithm *algorithm, const char *header,
          const char *payload)
{
    GString *token = g_string_sized_new(640);

    sr_base64url_append(token, (const uint8_t *) header, strlen(header));
    g_string_append_c(token, '.');
    sr_base64url_append(token, (const uint8_t *) payload, strlen(payload));
    append_signature(crypto, algorithm, token);
    return token;
}

char *
sr_jwt_sign_text(SrCrypto *crypto, const char *algorithm, const char *header,
                 const char *payload)
{
    return g_string_free(sign_text(crypto, algorithm_get(algorithm), header, payload), FALSE);
}

static void
append_claim(GString *payload, const char *name, bool has, int64_t seconds)
{
    if (!has)
        return;
    g_assert(seconds <= SR_JWT_SECONDS_MAX);
    g_assert(seconds >= -SR_JWT_SECONDS_MAX);
    g_string_append_printf(payload, ",\"%s\":%" PRId64, name, seconds);
}

/* Makes the input of a table: the algorithm's name, a zero byte, @text. */
static const GByteArray *
table_input(SrCrypto *crypto, const SrAlgorithm *algorithm, const char *text, size_t n_text)
{
    g_byte_array_set_size(crypto->input, 0);
    g_byte_array_append(crypto->input, (const uint8_t *) algorithm->name,
                        (unsigned) strlen(algorithm->name) + 1);
    g_byte_array_append(crypto->input, (const uint8_t *) text, (unsigned) n_text);
    return crypto->input;
}

const char *
sr_jwt_sign(SrCrypto *crypto, const char *algorithm, const SrJwtClaims *claims)
{
    const SrAlgorithm *chosen = algorithm_get(algorithm);
    g_autoptr(GString) payload = g_string_new("{\"sub\":\"editor\"");
    g_autoptr(GString) token = NULL;
    g_autofree char *header = NULL;
    const GByteArray *input;
    const uint8_t *known;
    size_t n_known = 0;

    append_claim(payload, "iat", claims->has_iat, claims->iat);
    append_claim(payload, "nbf", claims->has_nbf, claims->nbf);
    append_claim(payload, "exp", claims->has_exp, claims->exp);
    g_string_append_c(payload, '}');

    input = table_input(crypto, chosen, payload->str, payload->len);
    known = sr_memo_lookup(crypto->signed_tokens, input->data, input->len, &n_known);
    if (known != NULL)
        return (const char *) known;

    header = g_strdup_printf("{\"alg\":\"%s\",\"typ\":\"JWT\"}", chosen->name);
    token = sign_text(crypto, chosen, header, payload->str);
    return (const char *) sr_memo_store(crypto->signed_tokens, input->data, input->len,
                                        (const uint8_t *) token->str, token->len + 1);
}

bool
sr_token_split(const char *token, size_t n_token, SrTokenPart parts[static 3])
{
    const char *end = token + n_token;

    for (unsigned i = 0; i < 3; i++) {
        const char *dot = memchr(token, '.', (size_t) (end - token));

        if ((dot == NULL) != (i == 2))
            return false;
        parts[i].text = token;
        parts[i].n = (size_t) ((dot != NULL ? dot : end) - token);
        if (dot != NULL)
            token = dot + 1;
    }
    return true;
}

static Verdict
judge(SrCrypto *crypto, EVP_PKEY *key, const char *token, size_t n_token,
      const SrAlgorithm *algorithm)
{
    g_autoptr(GByteArray) header = g_byte_array_new();
    g_autoptr(GByteArray) payload = g_byte_array_new();
    g_autoptr(GByteArray) signature = g_byte_array_new();
    g_autoptr(GString) named = g_string_new(NULL);
    SrTokenPart parts[3];
    Verdict verdict = { .result = SR_JWT_MALFORMED };

    /* First the whole form, then the header, and the claims only if the signature is good. */
    if (n_token > SR_JWT_TOKEN_MAX || !sr_token_split(token, n_token, parts) ||
        !sr_base64url_decode(parts[0].text, parts[0].n, header) ||
        !sr_base64url_decode(parts[1].text, parts[1].n, payload) ||
        !sr_base64url_decode(parts[2].text, parts[2].n, signature))
        return verdict;
    if (!sr_jwt_header_read((const char *) header->data, header->len, named))
        return verdict;
    verdict.result = SR_JWT_ALGORITHM;
    if (named->len != strlen(algorithm->name) ||
        memcmp(named->str, algorithm->name, named->len) != 0)
        return verdict;
    verdict.result = SR_JWT_BAD_SIGNATURE;
    if (!sr_signature_is_good(crypto, key, algorithm, token, parts[0].n + 1 + parts[1].n,
                              signature->data, signature->len))
        return verdict;
    verdict.result = SR_JWT_MALFORMED;
    if (!sr_jwt_claims_read((const char *) payload->data, payload->len, &verdict.claims))
        return verdict;
    verdict.result = verdict.claims.has_exp ? SR_JWT_OK : SR_JWT_MISSING_CLAIM;
    return verdict;
}

/* Passes @verdict to a caller; claims only if the token may make any. */
static SrJwtResult
deliver(const Verdict *verdict, SrJwtClaims *claims)
{
    if (verdict->result == SR_JWT_OK || verdict->result == SR_JWT_MISSING_CLAIM)
        *claims = verdict->claims;
    return verdict->result;
}

SrJwtResult
sr_jwt_verify_with(SrCrypto *crypto, EVP_PKEY *key, const char *token, const char *algorithm,
                   SrJwtClaims *claims)
{
    size_t n_token = strnlen(token, SR_JWT_TOKEN_MAX + 1);
    Verdict verdict = judge(crypto, key, token, n_token, algorithm_get(algorithm));

    return deliver(&verdict, claims);
}

SrJwtResult
sr_jwt_verify(SrCrypto *crypto, const char *token, const char *algorithm, SrJwtClaims *claims)
{
    const SrAlgorithm *wanted = algorithm_get(algorithm);
    size_t n_token = strnlen(token, SR_JWT_TOKEN_MAX + 1);
    const GByteArray *input;
    const uint8_t *known;
    size_t n_known = 0;
    Verdict verdict;

    if (n_token > SR_JWT_TOKEN_MAX)
        return SR_JWT_MALFORMED;
    input = table_input(crypto, wanted, token, n_token);
    known = sr_memo_lookup(crypto->verdicts, input->data, input->len, &n_known);
    if (known != NULL) {
        g_assert(n_known == sizeof verdict);
        memcpy(&verdict, known, sizeof verdict);
    } else {
        verdict = judge(crypto, crypto->test_key, token, n_token, wanted);
        sr_memo_store(crypto->verdicts, input->data, input->len, (const uint8_t *) &verdict,
                      sizeof verdict);
    }
    return deliver(&verdict, claims);
}

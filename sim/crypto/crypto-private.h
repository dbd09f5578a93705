/* What the files of the crypto room share: the state behind SrCrypto, the table that remembers
 * results, and the primitives that published vectors check. Nobody outside this room and its
 * tests includes it. */
#pragma once

#include <glib.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/crypto.h"

/* ---- memo.c ---- */

/* Ways of a set: how many inputs whose hashes agree are remembered side by side. */
#define SR_MEMO_WAYS 4

/**
 * SrMemo:
 *
 * A bounded table from bytes to bytes, for pure functions that cost much. Which entry a new
 * one replaces depends on what was stored before and on nothing else.
 */
typedef struct {
    struct SrMemoEntry *entries; /* (owned) n_sets × SR_MEMO_WAYS, row = set */
    uint8_t *oldest;             /* (owned) n_sets: the way of each set that is replaced next */
    size_t n_sets;               /* a power of two */
    uint64_t n_hits, n_stores;   /* for tests and measurements */
} SrMemo;

/** sr_memo_new: @n_sets is a power of two. Returns: (transfer full): an empty table for n_sets
 * × SR_MEMO_WAYS results */
SrMemo *sr_memo_new(size_t n_sets);

/** sr_memo_free: drops @memo (nullable) and overwrites what it remembered. */
void sr_memo_free(SrMemo *memo);

/**
 * sr_memo_lookup:
 * @input: (array length=n_input)
 * @n_result: (out): bytes of the result; untouched when there is none
 *
 * Returns: (transfer none) (nullable): the result that was stored for @input, valid until the
 * next store
 */
const uint8_t *sr_memo_lookup(SrMemo *memo, const uint8_t *input, size_t n_input,
                              size_t *n_result);

/**
 * sr_memo_store:
 * @input: (array length=n_input): not in the table
 * @result: (array length=n_result)
 *
 * Remembers @result for @input; the oldest entry of a full set gives way and is overwritten.
 *
 * Returns: (transfer none): the table's own copy of the result, valid until the next store
 */
const uint8_t *sr_memo_store(SrMemo *memo, const uint8_t *input, size_t n_input,
                             const uint8_t *result, size_t n_result);

/* ---- crypto.c ---- */

struct SrCrypto {
    OSSL_LIB_CTX *library; /* our own, so that no configuration file or host program changes
                              what the algorithms are */
    EVP_MD *sha256;
    EVP_MD_CTX *digest;
    EVP_MD_CTX *signature;
    EVP_MAC_CTX *hmac; /* HMAC-SHA-256 */
    EVP_KDF_CTX *pbkdf2;
    EVP_CIPHER_CTX *wrap; /* AES-256 key wrap, RFC 3394 */
    EVP_CIPHER_CTX *gcm;  /* AES-256-GCM */
    EVP_CIPHER *wrap_cipher, *gcm_cipher;
    EVP_PKEY *test_key;
    SrMemo *wrapping_keys; /* (key, salt) → wrapping key */
    SrMemo *signed_tokens; /* (algorithm, claims) → compact form with its closing zero */
    SrMemo *verdicts;      /* (algorithm, compact form) → result and claims */
    GByteArray *input;     /* what a table is asked for; reused */
};

/**
 * sr_crypto_must:
 * @ok: what a call of libcrypto returned
 * @call: its name
 *
 * Stops the program when a call failed that cannot fail for any input of ours: the library or
 * the memory is broken.
 */
void sr_crypto_must(int ok, const char *call);

/** SR_CRYPTO_MUST: calls @function, which must return 1. */
#define SR_CRYPTO_MUST(function, ...) sr_crypto_must(function(__VA_ARGS__), #function)

/* ---- test-key.c ---- */

/** sr_crypto_test_key_pem: the private key of the fixed test pair, PKCS #8 in PEM. Public;
 * protects nothing. */
extern const char sr_crypto_test_key_pem[];

/* ---- keys.c ---- */

/**
 * sr_hkdf_sha256:
 * @secret: (array length=n_secret): input keying material
 * @salt: (array length=n_salt)
 * @info: (array length=n_info): of any length
 * @out: (out) (array length=n_out): at most 255 × 32 bytes
 *
 * Source: RFC 5869.
 */
void sr_hkdf_sha256(SrCrypto *crypto, const uint8_t *secret, size_t n_secret,
                    const uint8_t *salt, size_t n_salt, const uint8_t *info, size_t n_info,
                    uint8_t *out, size_t n_out);

/** sr_key_content: the key that seals one content: HKDF-SHA-256 over @key, with the nonce as
 * info. */
void sr_key_content(SrCrypto *crypto, const uint8_t key[static SR_KEY_BYTES],
                    const uint8_t nonce[static SR_NONCE_BYTES],
                    uint8_t content_key[static SR_KEY_BYTES]);

/* ---- seal.c ---- */

/**
 * sr_pbkdf2_sha512:
 * @password: (array length=n_password)
 * @salt: (array length=n_salt)
 * @rounds: at least 1
 * @out: (out) (array length=n_out)
 *
 * Computes afresh every time. Source: RFC 8018, section 5.2.
 */
void sr_pbkdf2_sha512(SrCrypto *crypto, const uint8_t *password, size_t n_password,
                      const uint8_t *salt, size_t n_salt, unsigned rounds, uint8_t *out,
                      size_t n_out);

/** sr_key_wrap: @key under @wrapping_key, AES-256 key wrap with the default initial value.
 * Source: RFC 3394, section 2.2.1. */
void sr_key_wrap(SrCrypto *crypto, const uint8_t wrapping_key[static SR_KEY_BYTES],
                 const uint8_t key[static SR_KEY_BYTES],
                 uint8_t wrapped[static SR_KEY_BYTES + 8]);

/** sr_key_unwrap: undoes sr_key_wrap(). Returns: whether @wrapped is intact under
 * @wrapping_key; if not, @key is undefined */
bool sr_key_unwrap(SrCrypto *crypto, const uint8_t wrapping_key[static SR_KEY_BYTES],
                   const uint8_t wrapped[static SR_KEY_BYTES + 8],
                   uint8_t key[static SR_KEY_BYTES]);

/* ---- base64url.c ---- */

/** sr_base64url_append: appends the base64url form of @bytes, without padding, to @text.
 * Source: RFC 4648, section 5. */
void sr_base64url_append(GString *text, const uint8_t *bytes, size_t n_bytes);

/**
 * sr_base64url_decode:
 * @text: (array length=n_text): only the alphabet, no padding; the unused bits of the last
 * character are zero
 * @bytes: (inout): what @text stands for is appended; on failure it may have grown
 *
 * There is exactly one text for each string of bytes, so two tokens that differ are never the
 * same token.
 *
 * Returns: whether @text is well formed
 */
bool sr_base64url_decode(const char *text, size_t n_text, GByteArray *bytes);

/* ---- claims.c ---- */

/** SR_JSON_DEPTH_MAX: arrays and objects inside one another, the outermost object included. */
#define SR_JSON_DEPTH_MAX 16

/** SR_JWT_SECONDS_MAX: the largest magnitude of a time claim; up to there a reader that uses
 * doubles sees the same integer. */
#define SR_JWT_SECONDS_MAX ((INT64_C(1) << 53) - 1)

/**
 * sr_jwt_header_read:
 * @text: (array length=n_text): JSON
 * @algorithm: (inout): the value of `alg` is appended
 *
 * Other members may be there and are skipped, but for `crit`, which asks for extensions that we
 * do not have.
 *
 * Returns: whether @text is one JSON object without a member twice and with `alg`, a string
 */
bool sr_jwt_header_read(const char *text, size_t n_text, GString *algorithm);

/**
 * sr_jwt_claims_read:
 * @text: (array length=n_text): JSON
 * @claims: (out): all of it is set, on failure to anything
 *
 * Claims other than the three are left alone: any JSON whose numbers a double holds and whose
 * names have no zero.
 *
 * Returns: whether @text is one JSON object of at most SR_JWT_TOKEN_MAX bytes, without a member
 * twice anywhere, and the three are whole seconds
 */
bool sr_jwt_claims_read(const char *text, size_t n_text, SrJwtClaims *claims);

/**
 * sr_jwt_key_id_read:
 * @kid: (out) (transfer full) (nullable): `kid` of a header that sr_jwt_header_read() takes; %NULL
 * when there is none
 *
 * Returns: false if it is something else than a string without a zero
 */
bool sr_jwt_key_id_read(const char *text, size_t n_text, char **kid);

/**
 * sr_jwt_times_read:
 * @text: (array length=n_text): JSON
 * @claims: (out): see sr_jwt_read_times()
 * @not_number: (out) (transfer none) (nullable): the first claim that is no number
 *
 * Returns: whether @text is one JSON object of at most SR_JWT_TOKEN_MAX bytes without a member
 * twice
 */
bool sr_jwt_times_read(const char *text, size_t n_text, SrJwtClaims *claims,
                       const char **not_number);

/* ---- jwt.c ---- */

/** SrAlgorithmKind: what a signature algorithm computes. */
typedef enum {
    SR_ALGORITHM_RSA,
    SR_ALGORITHM_PSS,
    SR_ALGORITHM_EC,
    SR_ALGORITHM_ED,
    SR_ALGORITHM_HMAC
} SrAlgorithmKind;

/** SrAlgorithm: a row of algorithms.def. */
typedef struct {
    const char *name, *digest;
    SrAlgorithmKind kind;
    const char *curve;
    size_t coordinate_bytes;
} SrAlgorithm;

#define SR_ALGORITHM_N 13u
/** sr_algorithms: by SrJwtAlgorithm. */
extern const SrAlgorithm sr_algorithms[SR_ALGORITHM_N];

/** SrTokenPart: one part of a token. */
typedef struct {
    const char *text;
    size_t n;
} SrTokenPart;

/** sr_token_split: Returns: whether @token is three parts with two dots between them */
bool sr_token_split(const char *token, size_t n_token, SrTokenPart parts[static 3]);

/**
 * sr_signature_is_good:
 * @key: of the kind that @algorithm needs; it may be hostile
 * @signature: as libcrypto takes it: of EC in DER
 *
 * Returns: whether @signature is that of the @n_text bytes of @text
 */
bool sr_signature_is_good(SrCrypto *crypto, EVP_PKEY *key, const SrAlgorithm *algorithm,
                          const char *text, size_t n_text, const uint8_t *signature,
                          size_t n_signature);

/** SR_JWT_TOKEN_MAX: bytes of the longest token that is looked at; a longer one is malformed.
 * Web servers stop at a header of 8 or 16 KiB. */
#define SR_JWT_TOKEN_MAX 16384

/**
 * sr_jwt_verify_with:
 * @key: any RSA public key
 *
 * sr_jwt_verify() with another key than the tree's, and without the table: every call computes.
 */
SrJwtResult sr_jwt_verify_with(SrCrypto *crypto, EVP_PKEY *key, const char *token,
                               const char *algorithm, SrJwtClaims *claims);

/** sr_jwt_sign_text: signs any @payload under any @header, both JSON texts: for tests of what a
 * stranger may send. Returns: (transfer full) */
char *sr_jwt_sign_text(SrCrypto *crypto, const char *algorithm, const char *header,
                       const char *payload);

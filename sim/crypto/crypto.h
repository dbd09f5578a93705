/* Real cryptography for runs with `crypto = real`: key material from the seed, sealing, JWTs.
 *
 * Everything is a function of its arguments. Nothing here reads a clock or a configuration
 * file, and nothing draws a random number except libcrypto for the salt of a PS signature. In a
 * trace only success and failure are visible.
 *
 * Source of the scheme: the product's page on how its plugin encrypts content (PBKDF2-SHA-512,
 * 10 000 rounds, a wrapping key, a wrapped AES-256 content key, AES-256-GCM). The salt is that
 * of section 2 of the protocol. Strings are UTF-8 of any length; a document or a hint may be
 * empty. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "session-race/time.h"

#define SR_KEY_BYTES 32
#define SR_NONCE_BYTES 12
#define SR_FINGERPRINT_TEXT 17 /* 16 hex digits and a closing zero */
#define SR_PBKDF2_ROUNDS 10000
/** SR_SEAL_OVERHEAD: bytes that sealing adds to the content: nonce and tag. (The wrapped content
 * key is session metadata.) */
#define SR_SEAL_OVERHEAD 28

/** SrCrypto: algorithms that were fetched once, contexts for reuse, and bounded tables of
 * earlier results. Use one per thread. */
typedef struct SrCrypto SrCrypto;

/** sr_crypto_new: takes some milliseconds, so make one per thread, not one per run. Returns:
 * (transfer full) */
SrCrypto *sr_crypto_new(void);

/** sr_crypto_free: frees @crypto (nullable) and overwrites the keys that it held. */
void sr_crypto_free(SrCrypto *crypto);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SrCrypto, sr_crypto_free)

/** SR_FINGERPRINT_DOCUMENT_MAX: the longest name of a document for a fingerprint, with its
 * closing zero. */
#define SR_FINGERPRINT_DOCUMENT_MAX 128

/**
 * sr_key_fingerprint:
 * @number: of the key in the order of making, from 1
 *
 * The first 16 hex digits of the canonical XXH3-128 over (seed: 8 bytes little endian;
 * document and a zero byte; number: 4 bytes little endian). It needs no key material, so real
 * and symbolic cryptography write the same trace.
 */
void sr_key_fingerprint(uint64_t seed, const char *document, uint32_t number,
                        char out[static SR_FINGERPRINT_TEXT]);

/** sr_key_material: the bytes of key @number of a store: HKDF-SHA-256 over the seed, with
 * document and number as info. */
void sr_key_material(SrCrypto *crypto, uint64_t seed, const char *document, uint32_t number,
                     uint8_t key[static SR_KEY_BYTES]);

/** sr_key_material_derived: HKDF-SHA-256(master secret number @master of the seed; document, a
 * zero byte, hint). */
void sr_key_material_derived(SrCrypto *crypto, uint64_t seed, uint32_t master,
                             const char *document, const char *hint,
                             uint8_t key[static SR_KEY_BYTES]);

/** sr_nonce: 4 bytes of sender, 8 of counter, big endian. */
void sr_nonce(uint32_t sender, uint64_t counter, uint8_t nonce[static SR_NONCE_BYTES]);

/** SrSealed: sealed content. */
typedef struct {
    uint8_t nonce[SR_NONCE_BYTES];
    uint8_t
        wrapped_key[SR_KEY_BYTES + 8]; /* the content key under the wrapping key, RFC 3394 */
    uint8_t tag[16];
    uint64_t n_bytes;
    uint8_t *bytes; /* (owned) (nullable when n_bytes is 0) n_bytes of ciphertext */
} SrSealed;

/** sr_sealed_clear: frees what @sealed owns and zeroes it. */
void sr_sealed_clear(SrSealed *sealed);

/**
 * sr_seal:
 * @key: what the provider gave
 * @document, @hint: salt of the derivation is SHA-256(document, a zero byte, hint); the hint
 * is the associated data
 * @sender, @counter: the nonce
 * @content: (array length=n_bytes) (nullable when n_bytes is 0)
 * @sealed: (out): to be cleared by the caller
 *
 * Derives the wrapping key (PBKDF2-SHA-512, SR_PBKDF2_ROUNDS; the result is remembered in a
 * bounded table), makes a content key from (key, nonce), wraps it, and seals with AES-256-GCM.
 */
void sr_seal(SrCrypto *crypto, const uint8_t key[static SR_KEY_BYTES], const char *document,
             const char *hint, uint32_t sender, uint64_t counter, const uint8_t *content,
             uint64_t n_bytes, SrSealed *sealed);

/**
 * sr_open:
 * @content: (out) (nullable) (array length=sealed->n_bytes): the opened content; undefined on
 * failure
 *
 * @content may be NULL where only the answer matters.
 *
 * Returns: whether the content key unwraps and the content opens under @key and @hint
 */
bool sr_open(SrCrypto *crypto, const uint8_t key[static SR_KEY_BYTES], const char *document,
             const char *hint, const SrSealed *sealed, uint8_t *content);

/* ---- JWT (RFC 7515, 7518, 7519), RS256 … PS512 with the fixed test key pair of the tree ----
 */

/** SrJwtClaims: the time claims, in seconds since 1970-01-01T00:00:00Z. */
typedef struct {
    bool has_iat, has_exp, has_nbf;
    int64_t iat, exp, nbf;
} SrJwtClaims;

typedef enum {
    SR_JWT_OK,
    SR_JWT_MALFORMED,
    SR_JWT_ALGORITHM,
    SR_JWT_BAD_SIGNATURE,
    SR_JWT_MISSING_CLAIM
} SrJwtResult;

/**
 * sr_jwt_sign:
 * @algorithm: "RS256", "RS384", "RS512", "PS256", "PS384" or "PS512"
 * @claims: each at most 2^53 - 1 in magnitude
 *
 * Signs `{"sub":"editor","iat":…,"nbf":…,"exp":…}`
 * with the test key; absent claims are left out. The same input is signed only once. PS
 * algorithms draw a salt, so their bytes differ from run to run, and no caller may depend on
 * them.
 *
 * Returns: (transfer none): the compact form, valid until the table drops it: until the next
 * call
 */
const char *sr_jwt_sign(SrCrypto *crypto, const char *algorithm, const SrJwtClaims *claims);

/**
 * sr_jwt_verify:
 * @token: compact form, any text
 * @algorithm: the only one that is accepted
 * @claims: (out): of a token whose signature is good (SR_JWT_OK, SR_JWT_MISSING_CLAIM);
 * otherwise as it was
 *
 * Checks form, algorithm and signature, reads the claims; `exp` is required
 * (SR_JWT_MISSING_CLAIM). Times are judged by the server, not here.
 * The same token is verified once. Strict: duplicate claims, numbers that are not whole seconds
 * below 2^53, trailing data, padding and other second spellings of base64url, an extension in
 * `crit`, more than 16 KiB are SR_JWT_MALFORMED. Claims of other names are skipped, whatever
 * they hold. Form is judged before the algorithm, that before the signature, that before the
 * claims.
 */
SrJwtResult sr_jwt_verify(SrCrypto *crypto, const char *token, const char *algorithm,
                          SrJwtClaims *claims);

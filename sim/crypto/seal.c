/* Sealed content. The key of a provider never seals content directly:
 *
 *     key ──PBKDF2(salt = SHA-256(document, 0, hint))──▶ wrapping key
 *       └───HKDF(nonce)──▶ content key ──key wrap under the wrapping key──▶ wrapped key
 *                             └──AES-256-GCM(nonce, associated data = hint)──▶ ciphertext, tag
 *
 * A browser draws the content key at random. Here it is derived, so that sealing depends only on
 * its arguments. That is safe as long as no (key, nonce) repeats, so the nonce names the sender.
 * PBKDF2 is slow on purpose; its results are remembered. */
#include "crypto/crypto.h"

#include "crypto/crypto-private.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <string.h>

#define SALT_BYTES 32

/* AES-GCM is defined up to 2^39 - 256 bits of content. */
#define CONTENT_BYTES_MAX ((UINT64_C(1) << 36) - 32)

/* libcrypto counts the bytes of a call in an int. */
#define STRIDE_BYTES (UINT64_C(1) << 30)

G_STATIC_ASSERT(SR_SEAL_OVERHEAD == SR_NONCE_BYTES + sizeof(((SrSealed *) NULL)->tag));
G_STATIC_ASSERT(sizeof(((SrSealed *) NULL)->wrapped_key) == SR_KEY_BYTES + 8);

/* OSSL_PARAM serves both directions, so it has no const; a key derivation only reads its
 * parameters. */
static OSSL_PARAM
param_bytes(const char *name, const uint8_t *bytes, size_t n_bytes)
{
    return OSSL_PARAM_construct_octet_string(name, (void *) (uintptr_t) bytes, n_bytes);
}

void
sr_pbkdf2_sha512(SrCrypto *crypto, const uint8_t *password, size_t n_password,
                 const uint8_t *salt, size_t n_salt, unsigned rounds, uint8_t *out,
                 size_t n_out)
{
    char digest[] = "SHA512";
    const OSSL_PARAM params[] = {
        param_bytes(OSSL_KDF_PARAM_PASSWORD, password, n_password),
        param_bytes(OSSL_KDF_PARAM_SALT, salt, n_salt),
        OSSL_PARAM_construct_uint(OSSL_KDF_PARAM_ITER, &rounds),
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };

    g_assert(rounds != 0);
    SR_CRYPTO_MUST(EVP_KDF_derive, crypto->pbkdf2, out, n_out, params);
    /* Cleanses the password that the context copied. */
    EVP_KDF_CTX_reset(crypto->pbkdf2);
}

static void
digest_salt(SrCrypto *crypto, const char *document, const char *hint,
            uint8_t salt[static SALT_BYTES])
{
    unsigned n = 0;

    SR_CRYPTO_MUST(EVP_DigestInit_ex2, crypto->digest, crypto->sha256, NULL);
    /* The zero byte at the end of the document's name is the separator. */
    SR_CRYPTO_MUST(EVP_DigestUpdate, crypto->digest, document, strlen(document) + 1);
    SR_CRYPTO_MUST(EVP_DigestUpdate, crypto->digest, hint, strlen(hint));
    SR_CRYPTO_MUST(EVP_DigestFinal_ex, crypto->digest, salt, &n);
    g_assert(n == SALT_BYTES);
}

static void
derive_wrapping_key(SrCrypto *crypto, const uint8_t key[static SR_KEY_BYTES],
                    const char *document, const char *hint,
                    uint8_t wrapping_key[static SR_KEY_BYTES])
{
    uint8_t input[SR_KEY_BYTES + SALT_BYTES];
    const uint8_t *known;
    size_t n_known = 0;

    memcpy(input, key, SR_KEY_BYTES);
    digest_salt(crypto, document, hint, input + SR_KEY_BYTES);
    known = sr_memo_lookup(crypto->wrapping_keys, input, sizeof input, &n_known);
    if (known != NULL) {
        g_assert(n_known == SR_KEY_BYTES);
        memcpy(wrapping_key, known, SR_KEY_BYTES);
    } else {
        sr_pbkdf2_sha512(crypto, key, SR_KEY_BYTES, input + SR_KEY_BYTES, SALT_BYTES,
                         SR_PBKDF2_ROUNDS, wrapping_key, SR_KEY_BYTES);
        sr_memo_store(crypto->wrapping_keys, input, sizeof input, wrapping_key, SR_KEY_BYTES);
    }
    OPENSSL_cleanse(input, sizeof input);
}

void
sr_key_wrap(SrCrypto *crypto, const uint8_t wrapping_key[static SR_KEY_BYTES],
            const uint8_t key[static SR_KEY_BYTES], uint8_t wrapped[static SR_KEY_BYTES + 8])
{
    int n = 0;

    SR_CRYPTO_MUST(EVP_EncryptInit_ex2, crypto->wrap, NULL, wrapping_key, NULL, NULL);
    SR_CRYPTO_MUST(EVP_EncryptUpdate, crypto->wrap, wrapped, &n, key, SR_KEY_BYTES);
    g_assert(n == SR_KEY_BYTES + 8);
}

bool
sr_key_unwrap(SrCrypto *crypto, const uint8_t wrapping_key[static SR_KEY_BYTES],
              const uint8_t wrapped[static SR_KEY_BYTES + 8], uint8_t key[static SR_KEY_BYTES])
{
    /* libcrypto needs as much room for the result as for the wrapped key. */
    uint8_t bytes[SR_KEY_BYTES + 8];
    int n = 0;
    bool intact;

    SR_CRYPTO_MUST(EVP_DecryptInit_ex2, crypto->wrap, NULL, wrapping_key, NULL, NULL);
    intact = EVP_DecryptUpdate(crypto->wrap, bytes, &n, wrapped, SR_KEY_BYTES + 8) == 1 &&
             n == SR_KEY_BYTES;
    if (intact)
        memcpy(key, bytes, SR_KEY_BYTES);
    else
        ERR_clear_error();
    OPENSSL_cleanse(bytes, sizeof bytes);
    return intact;
}

/* Encrypts or decrypts, as the context was begun. */
static void
gcm_pass(SrCrypto *crypto, const char *hint, const uint8_t *from, uint8_t *to, uint64_t n_bytes)
{
    size_t n_hint = strlen(hint);
    int n = 0;

    g_assert(n_bytes <= CONTENT_BYTES_MAX);
    g_assert(n_hint <= INT_MAX);
    if (n_hint != 0)
        sr_crypto_must(
            EVP_CipherUpdate(crypto->gcm, NULL, &n, (const uint8_t *) hint, (int) n_hint),
            "EVP_CipherUpdate");
    while (n_bytes != 0) {
        int stride = (int) MIN(n_bytes, STRIDE_BYTES);

        SR_CRYPTO_MUST(EVP_CipherUpdate, crypto->gcm, to, &n, from, stride);
        g_assert(n == stride);
        from += stride;
        to += stride;
        n_bytes -= (uint64_t) stride;
    }
}

void
sr_seal(SrCrypto *crypto, const uint8_t key[static SR_KEY_BYTES], const char *document,
        const char *hint, uint32_t sender, uint64_t counter, const uint8_t *content,
        uint64_t n_bytes, SrSealed *sealed)
{
    uint8_t wrapping_key[SR_KEY_BYTES], content_key[SR_KEY_BYTES], nothing[16];
    int n = 0;

    g_assert(n_bytes <= SIZE_MAX);
    g_assert(n_bytes == 0 || content != NULL);
    *sealed = (SrSealed){ .n_bytes = n_bytes, .bytes = g_malloc((size_t) n_bytes) };
    sr_nonce(sender, counter, sealed->nonce);
    derive_wrapping_key(crypto, key, document, hint, wrapping_key);
    sr_key_content(crypto, key, sealed->nonce, content_key);
    sr_key_wrap(crypto, wrapping_key, content_key, sealed->wrapped_key);

    SR_CRYPTO_MUST(EVP_EncryptInit_ex2, crypto->gcm, NULL, content_key, sealed->nonce, NULL);
    gcm_pass(crypto, hint, content, sealed->bytes, n_bytes);
    SR_CRYPTO_MUST(EVP_EncryptFinal_ex, crypto->gcm, nothing, &n);
    g_assert(n == 0);
    SR_CRYPTO_MUST(EVP_CIPHER_CTX_ctrl, crypto->gcm, EVP_CTRL_AEAD_GET_TAG, sizeof sealed->tag,
                   sealed->tag);
    OPENSSL_cleanse(wrapping_key, sizeof wrapping_key);
    OPENSSL_cleanse(content_key, sizeof content_key);
}

static bool
open_under(SrCrypto *crypto, const uint8_t content_key[static SR_KEY_BYTES], const char *hint,
           const SrSealed *sealed, uint8_t *content)
{
    uint8_t tag[sizeof sealed->tag], nothing[16];
    int n = 0;
    bool opens;

    memcpy(tag, sealed->tag, sizeof tag);
    SR_CRYPTO_MUST(EVP_DecryptInit_ex2, crypto->gcm, NULL, content_key, sealed->nonce, NULL);
    gcm_pass(crypto, hint, sealed->bytes, content, sealed->n_bytes);
    SR_CRYPTO_MUST(EVP_CIPHER_CTX_ctrl, crypto->gcm, EVP_CTRL_AEAD_SET_TAG, sizeof tag, tag);
    opens = EVP_DecryptFinal_ex(crypto->gcm, nothing, &n) == 1;
    /* Content that was tampered with must not be seen. */
    if (!opens) {
        OPENSSL_cleanse(content, (size_t) sealed->n_bytes);
        ERR_clear_error();
    }
    return opens;
}

bool
sr_open(SrCrypto *crypto, const uint8_t key[static SR_KEY_BYTES], const char *document,
        const char *hint, const SrSealed *sealed, uint8_t *content)
{
    uint8_t wrapping_key[SR_KEY_BYTES], content_key[SR_KEY_BYTES];
    g_autofree uint8_t *unwanted = NULL;
    bool opens;

    g_assert(sealed->n_bytes <= SIZE_MAX);
    if (content == NULL)
        content = unwanted = g_malloc((size_t) sealed->n_bytes);
    derive_wrapping_key(crypto, key, document, hint, wrapping_key);
    opens = sr_key_unwrap(crypto, wrapping_key, sealed->wrapped_key, content_key) &&
            open_under(crypto, content_key, hint, sealed, content);
    OPENSSL_cleanse(wrapping_key, sizeof wrapping_key);
    OPENSSL_cleanse(content_key, sizeof content_key);
    return opens;
}

void
sr_sealed_clear(SrSealed *sealed)
{
    g_free(sealed->bytes);
    *sealed = (SrSealed){ 0 };
}

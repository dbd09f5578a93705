/* Sealed content. The key that a provider hands out never seals anything itself:
 *
 *     key ──PBKDF2(salt = SHA-256(document, 0, hint))──▶ wrapping key
 *       └───HKDF(nonce)──▶ content key ──key wrap under the wrapping key──▶ wrapped key
 *                             └──AES-256-GCM(nonce, associated data = hint)──▶ ciphertext, tag
 *
 * A browser draws the content key; here it is derived, so that sealing is a function of its
 * arguments. That is sound as long as (key, nonce) never repeats, for which the nonce names the
 * sender. PBKDF2 is slow on purpose and remembered. */
#include "session-race/crypto.h"

#include "crypto/crypto-private.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <string.h>

#define SALT_OCTETS 32

/* AES-GCM is defined up to 2^39 - 256 bits of content. */
#define CONTENT_OCTETS_MAX ((UINT64_C(1) << 36) - 32)

/* libcrypto counts the octets of a call in an int. */
#define STRIDE_OCTETS (UINT64_C(1) << 30)

G_STATIC_ASSERT(SR_SEAL_OVERHEAD == SR_NONCE_OCTETS + sizeof(((SrSealed *) NULL)->tag));
G_STATIC_ASSERT(sizeof(((SrSealed *) NULL)->wrapped_key) == SR_KEY_OCTETS + 8);

/* OSSL_PARAM serves both directions and so knows no const; a key derivation only reads what it
 * is given. */
static OSSL_PARAM
param_octets(const char *name, const uint8_t *octets, size_t n_octets)
{
    return OSSL_PARAM_construct_octet_string(name, (void *) (uintptr_t) octets, n_octets);
}

void
sr_pbkdf2_sha512(SrCrypto *crypto, const uint8_t *password, size_t n_password,
                 const uint8_t *salt, size_t n_salt, unsigned rounds, uint8_t *out,
                 size_t n_out)
{
    char digest[] = "SHA512";
    const OSSL_PARAM params[] = {
        param_octets(OSSL_KDF_PARAM_PASSWORD, password, n_password),
        param_octets(OSSL_KDF_PARAM_SALT, salt, n_salt),
        OSSL_PARAM_construct_uint(OSSL_KDF_PARAM_ITER, &rounds),
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };

    g_assert(rounds != 0);
    sr_crypto_must(EVP_KDF_derive(crypto->pbkdf2, out, n_out, params), "EVP_KDF_derive");
    /* Cleanses the password that the context copied. */
    EVP_KDF_CTX_reset(crypto->pbkdf2);
}

static void
digest_salt(SrCrypto *crypto, const char *document, const char *hint,
            uint8_t salt[static SALT_OCTETS])
{
    unsigned n = 0;

    sr_crypto_must(EVP_DigestInit_ex2(crypto->digest, crypto->sha256, NULL),
                   "EVP_DigestInit_ex2");
    /* The document's closing zero is the separator. */
    sr_crypto_must(EVP_DigestUpdate(crypto->digest, document, strlen(document) + 1),
                   "EVP_DigestUpdate");
    sr_crypto_must(EVP_DigestUpdate(crypto->digest, hint, strlen(hint)), "EVP_DigestUpdate");
    sr_crypto_must(EVP_DigestFinal_ex(crypto->digest, salt, &n), "EVP_DigestFinal_ex");
    g_assert(n == SALT_OCTETS);
}

static void
derive_wrapping_key(SrCrypto *crypto, const uint8_t key[static SR_KEY_OCTETS],
                    const char *document, const char *hint,
                    uint8_t wrapping_key[static SR_KEY_OCTETS])
{
    uint8_t input[SR_KEY_OCTETS + SALT_OCTETS];
    const uint8_t *known;
    size_t n_known = 0;

    memcpy(input, key, SR_KEY_OCTETS);
    digest_salt(crypto, document, hint, input + SR_KEY_OCTETS);
    known = sr_memo_lookup(crypto->wrapping_keys, input, sizeof input, &n_known);
    if (known != NULL) {
        g_assert(n_known == SR_KEY_OCTETS);
        memcpy(wrapping_key, known, SR_KEY_OCTETS);
    } else {
        sr_pbkdf2_sha512(crypto, key, SR_KEY_OCTETS, input + SR_KEY_OCTETS, SALT_OCTETS,
                         SR_PBKDF2_ROUNDS, wrapping_key, SR_KEY_OCTETS);
        sr_memo_store(crypto->wrapping_keys, input, sizeof input, wrapping_key, SR_KEY_OCTETS);
    }
    OPENSSL_cleanse(input, sizeof input);
}

void
sr_key_wrap(SrCrypto *crypto, const uint8_t wrapping_key[static SR_KEY_OCTETS],
            const uint8_t key[static SR_KEY_OCTETS], uint8_t wrapped[static SR_KEY_OCTETS + 8])
{
    int n = 0;

    sr_crypto_must(EVP_EncryptInit_ex2(crypto->wrap, NULL, wrapping_key, NULL, NULL),
                   "EVP_EncryptInit_ex2");
    sr_crypto_must(EVP_EncryptUpdate(crypto->wrap, wrapped, &n, key, SR_KEY_OCTETS),
                   "EVP_EncryptUpdate");
    g_assert(n == SR_KEY_OCTETS + 8);
}

bool
sr_key_unwrap(SrCrypto *crypto, const uint8_t wrapping_key[static SR_KEY_OCTETS],
              const uint8_t wrapped[static SR_KEY_OCTETS + 8],
              uint8_t key[static SR_KEY_OCTETS])
{
    /* libcrypto asks for as much room as it is given to unwrap. */
    uint8_t octets[SR_KEY_OCTETS + 8];
    int n = 0;
    bool intact;

    sr_crypto_must(EVP_DecryptInit_ex2(crypto->wrap, NULL, wrapping_key, NULL, NULL),
                   "EVP_DecryptInit_ex2");
    intact = EVP_DecryptUpdate(crypto->wrap, octets, &n, wrapped, SR_KEY_OCTETS + 8) == 1 &&
             n == SR_KEY_OCTETS;
    if (intact)
        memcpy(key, octets, SR_KEY_OCTETS);
    else
        ERR_clear_error();
    OPENSSL_cleanse(octets, sizeof octets);
    return intact;
}

/* Encrypts or decrypts, as the context was begun. */
static void
gcm_pass(SrCrypto *crypto, const char *hint, const uint8_t *from, uint8_t *to,
         uint64_t n_octets)
{
    size_t n_hint = strlen(hint);
    int n = 0;

    g_assert(n_octets <= CONTENT_OCTETS_MAX);
    g_assert(n_hint <= INT_MAX);
    if (n_hint != 0)
        sr_crypto_must(
            EVP_CipherUpdate(crypto->gcm, NULL, &n, (const uint8_t *) hint, (int) n_hint),
            "EVP_CipherUpdate");
    while (n_octets != 0) {
        int stride = (int) MIN(n_octets, STRIDE_OCTETS);

        sr_crypto_must(EVP_CipherUpdate(crypto->gcm, to, &n, from, stride), "EVP_CipherUpdate");
        g_assert(n == stride);
        from += stride;
        to += stride;
        n_octets -= (uint64_t) stride;
    }
}

void
sr_seal(SrCrypto *crypto, const uint8_t key[static SR_KEY_OCTETS], const char *document,
        const char *hint, uint32_t sender, uint64_t counter, const uint8_t *content,
        uint64_t n_octets, SrSealed *sealed)
{
    uint8_t wrapping_key[SR_KEY_OCTETS], content_key[SR_KEY_OCTETS], nothing[16];
    int n = 0;

    g_assert(n_octets <= SIZE_MAX);
    g_assert(n_octets == 0 || content != NULL);
    *sealed = (SrSealed){ .n_octets = n_octets, .octets = g_malloc((size_t) n_octets) };
    sr_nonce(sender, counter, sealed->nonce);
    derive_wrapping_key(crypto, key, document, hint, wrapping_key);
    sr_key_content(crypto, key, sealed->nonce, content_key);
    sr_key_wrap(crypto, wrapping_key, content_key, sealed->wrapped_key);

    sr_crypto_must(EVP_EncryptInit_ex2(crypto->gcm, NULL, content_key, sealed->nonce, NULL),
                   "EVP_EncryptInit_ex2");
    gcm_pass(crypto, hint, content, sealed->octets, n_octets);
    sr_crypto_must(EVP_EncryptFinal_ex(crypto->gcm, nothing, &n), "EVP_EncryptFinal_ex");
    g_assert(n == 0);
    sr_crypto_must(EVP_CIPHER_CTX_ctrl(crypto->gcm, EVP_CTRL_AEAD_GET_TAG, sizeof sealed->tag,
                                       sealed->tag),
                   "EVP_CIPHER_CTX_ctrl");
    OPENSSL_cleanse(wrapping_key, sizeof wrapping_key);
    OPENSSL_cleanse(content_key, sizeof content_key);
}

static bool
open_under(SrCrypto *crypto, const uint8_t content_key[static SR_KEY_OCTETS], const char *hint,
           const SrSealed *sealed, uint8_t *content)
{
    uint8_t tag[sizeof sealed->tag], nothing[16];
    int n = 0;
    bool opens;

    memcpy(tag, sealed->tag, sizeof tag);
    sr_crypto_must(EVP_DecryptInit_ex2(crypto->gcm, NULL, content_key, sealed->nonce, NULL),
                   "EVP_DecryptInit_ex2");
    gcm_pass(crypto, hint, sealed->octets, content, sealed->n_octets);
    sr_crypto_must(EVP_CIPHER_CTX_ctrl(crypto->gcm, EVP_CTRL_AEAD_SET_TAG, sizeof tag, tag),
                   "EVP_CIPHER_CTX_ctrl");
    opens = EVP_DecryptFinal_ex(crypto->gcm, nothing, &n) == 1;
    /* Nobody gets to see content that was tampered with. */
    if (!opens) {
        OPENSSL_cleanse(content, (size_t) sealed->n_octets);
        ERR_clear_error();
    }
    return opens;
}

bool
sr_open(SrCrypto *crypto, const uint8_t key[static SR_KEY_OCTETS], const char *document,
        const char *hint, const SrSealed *sealed, uint8_t *content)
{
    uint8_t wrapping_key[SR_KEY_OCTETS], content_key[SR_KEY_OCTETS];
    g_autofree uint8_t *unwanted = NULL;
    bool opens;

    g_assert(sealed->n_octets <= SIZE_MAX);
    if (content == NULL)
        content = unwanted = g_malloc((size_t) sealed->n_octets);
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
    g_free(sealed->octets);
    *sealed = (SrSealed){ 0 };
}

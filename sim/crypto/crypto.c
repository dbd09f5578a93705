/* The state behind SrCrypto. To look an algorithm up costs more than most uses of it, so each
 * is fetched once and its context kept. The library context is our own, since the default one
 * reads a configuration file that an environment variable names. */
#include "crypto/crypto.h"

#include "crypto/crypto-private.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/pem.h>

/* How many results each table remembers, in sets of SR_MEMO_WAYS: 1024 keys, 256 signed tokens,
 * 1024 verified ones. Usually they take less than 2 MB; at most some 20 MB, if all tokens from
 * outside have the greatest length. */
#define N_SETS_WRAPPING_KEYS 256
#define N_SETS_SIGNED 64
#define N_SETS_VERDICTS 256

void
sr_crypto_must(int ok, const char *call)
{
    if (ok != 1)
        g_error("libcrypto: %s failed: %s", call,
                ERR_reason_error_string(ERR_peek_last_error()));
}

static void
fetch_hashes(SrCrypto *crypto)
{
    EVP_MAC *hmac = EVP_MAC_fetch(crypto->library, "HMAC", NULL);
    EVP_KDF *pbkdf2 = EVP_KDF_fetch(crypto->library, "PBKDF2", NULL);
    char digest[] = "SHA256";
    const OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
                                                                   digest, 0),
                                  OSSL_PARAM_construct_end() };

    crypto->sha256 = EVP_MD_fetch(crypto->library, "SHA256", NULL);
    sr_crypto_must(crypto->sha256 != NULL, "EVP_MD_fetch");
    crypto->digest = EVP_MD_CTX_new();
    crypto->signature = EVP_MD_CTX_new();
    sr_crypto_must(hmac != NULL, "EVP_MAC_fetch");
    crypto->hmac = EVP_MAC_CTX_new(hmac);
    SR_CRYPTO_MUST(EVP_MAC_CTX_set_params, crypto->hmac, params);
    sr_crypto_must(pbkdf2 != NULL, "EVP_KDF_fetch");
    crypto->pbkdf2 = EVP_KDF_CTX_new(pbkdf2);
    sr_crypto_must(crypto->pbkdf2 != NULL, "EVP_KDF_CTX_new");
    /* The contexts hold references of their own. */
    EVP_KDF_free(pbkdf2);
    EVP_MAC_free(hmac);
}

static void
fetch_ciphers(SrCrypto *crypto)
{
    crypto->wrap_cipher = EVP_CIPHER_fetch(crypto->library, "AES-256-WRAP", NULL);
    crypto->gcm_cipher = EVP_CIPHER_fetch(crypto->library, "AES-256-GCM", NULL);
    sr_crypto_must(crypto->wrap_cipher != NULL, "EVP_CIPHER_fetch");
    sr_crypto_must(crypto->gcm_cipher != NULL, "EVP_CIPHER_fetch");
    crypto->wrap = EVP_CIPHER_CTX_new();
    crypto->gcm = EVP_CIPHER_CTX_new();
    /* Key wrap changes the length; callers must declare that they know this. */
    EVP_CIPHER_CTX_set_flags(crypto->wrap, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
    /* The cipher is set once here. Each use sets only a key, which reuses the context's memory.
     */
    SR_CRYPTO_MUST(EVP_EncryptInit_ex2, crypto->wrap, crypto->wrap_cipher, NULL, NULL, NULL);
    SR_CRYPTO_MUST(EVP_EncryptInit_ex2, crypto->gcm, crypto->gcm_cipher, NULL, NULL, NULL);
}

static EVP_PKEY *
read_test_key(OSSL_LIB_CTX *library)
{
    BIO *bio = BIO_new_mem_buf(sr_crypto_test_key_pem, -1);
    EVP_PKEY *key = PEM_read_bio_PrivateKey_ex(bio, NULL, NULL, NULL, library, NULL);

    BIO_free(bio);
    sr_crypto_must(key != NULL, "PEM_read_bio_PrivateKey_ex");
    return key;
}

SrCrypto *
sr_crypto_new(void)
{
    SrCrypto *crypto = g_new0(SrCrypto, 1);

    crypto->library = OSSL_LIB_CTX_new();
    sr_crypto_must(crypto->library != NULL, "OSSL_LIB_CTX_new");
    fetch_hashes(crypto);
    fetch_ciphers(crypto);
    crypto->test_key = read_test_key(crypto->library);
    crypto->wrapping_keys = sr_memo_new(N_SETS_WRAPPING_KEYS);
    crypto->signed_tokens = sr_memo_new(N_SETS_SIGNED);
    crypto->verdicts = sr_memo_new(N_SETS_VERDICTS);
    crypto->input = g_byte_array_new();
    return crypto;
}

void
sr_crypto_free(SrCrypto *crypto)
{
    if (crypto == NULL)
        return;
    g_byte_array_unref(crypto->input);
    sr_memo_free(crypto->verdicts);
    sr_memo_free(crypto->signed_tokens);
    sr_memo_free(crypto->wrapping_keys);
    EVP_PKEY_free(crypto->test_key);
    /* Freeing a context overwrites the key that it was given last. */
    EVP_CIPHER_CTX_free(crypto->gcm);
    EVP_CIPHER_CTX_free(crypto->wrap);
    EVP_CIPHER_free(crypto->gcm_cipher);
    EVP_CIPHER_free(crypto->wrap_cipher);
    EVP_KDF_CTX_free(crypto->pbkdf2);
    EVP_MAC_CTX_free(crypto->hmac);
    EVP_MD_CTX_free(crypto->signature);
    EVP_MD_CTX_free(crypto->digest);
    EVP_MD_free(crypto->sha256);
    OSSL_LIB_CTX_free(crypto->library);
    g_free(crypto);
}

/* Keys from names. Every key is a function of the run's seed and of its purpose, by HKDF with a
 * label for each purpose. So a key is the same in each run of a seed, and no two purposes share
 * one. Strings end in a zero byte and numbers have a fixed width, so no two inputs give the
 * same bytes. */
#include "crypto/crypto.h"

#include "base/digest.h"
#include "crypto/crypto-private.h"

#include <openssl/crypto.h>
#include <string.h>
#include <xxhash.h>

#define HASH_BYTES 32

/* Binds all keys to this scheme; a new scheme gets a new salt. */
static const char salt[] = "session-race v1";

static void
put_little_endian(uint8_t *bytes, uint64_t value, unsigned n_bytes)
{
    for (unsigned i = 0; i < n_bytes; i++)
        bytes[i] = (uint8_t) (value >> (8 * i));
}

static void
append_number(GByteArray *bytes, uint32_t number)
{
    uint8_t little[4];

    put_little_endian(little, number, sizeof little);
    g_byte_array_append(bytes, little, sizeof little);
}

/* Appends @string with its zero byte. */
static void
append_string(GByteArray *bytes, const char *string)
{
    size_t n = strlen(string) + 1;

    g_assert(n <= G_MAXUINT);
    g_byte_array_append(bytes, (const uint8_t *) string, (unsigned) n);
}

void
sr_key_fingerprint(uint64_t seed, const char *document, uint32_t number,
                   char out[static SR_FINGERPRINT_TEXT])
{
    uint8_t input[8 + SR_FINGERPRINT_DOCUMENT_MAX + 4];
    size_t n_document = strlen(document) + 1;
    char digest[33];

    /* No bytes on the heap: a trace calls this for each key of each run. */
    g_assert(n_document <= SR_FINGERPRINT_DOCUMENT_MAX);
    put_little_endian(input, seed, 8);
    memcpy(input + 8, document, n_document);
    put_little_endian(input + 8 + n_document, number, 4);
    sr_digest_text(XXH3_128bits(input, 8 + n_document + 4), digest);
    g_strlcpy(out, digest, SR_FINGERPRINT_TEXT);
}

static void
hmac_begin(SrCrypto *crypto, const uint8_t *key, size_t n_key)
{
    SR_CRYPTO_MUST(EVP_MAC_init, crypto->hmac, key, n_key, NULL);
}

static void
hmac_add(SrCrypto *crypto, const uint8_t *bytes, size_t n_bytes)
{
    SR_CRYPTO_MUST(EVP_MAC_update, crypto->hmac, bytes, n_bytes);
}

static void
hmac_end(SrCrypto *crypto, uint8_t out[static HASH_BYTES])
{
    size_t n_out = 0;

    SR_CRYPTO_MUST(EVP_MAC_final, crypto->hmac, out, &n_out, HASH_BYTES);
    g_assert(n_out == HASH_BYTES);
}

/* Uses HMAC, not libcrypto's own HKDF: that one limits the bytes of info, and a document's name
 * together with a provider's hint may be longer. */
void
sr_hkdf_sha256(SrCrypto *crypto, const uint8_t *secret, size_t n_secret,
               const uint8_t *salt_bytes, size_t n_salt, const uint8_t *info, size_t n_info,
               uint8_t *out, size_t n_out)
{
    uint8_t extracted[HASH_BYTES], block[HASH_BYTES];

    g_assert(n_out <= 255 * HASH_BYTES);
    hmac_begin(crypto, salt_bytes, n_salt);
    hmac_add(crypto, secret, n_secret);
    hmac_end(crypto, extracted);

    for (uint8_t number = 1; n_out != 0; number++) {
        size_t n = MIN(n_out, HASH_BYTES);

        hmac_begin(crypto, extracted, sizeof extracted);
        if (number != 1)
            hmac_add(crypto, block, sizeof block);
        hmac_add(crypto, info, n_info);
        hmac_add(crypto, &number, 1);
        hmac_end(crypto, block);
        memcpy(out, block, n);
        out += n;
        n_out -= n;
    }
    OPENSSL_cleanse(extracted, sizeof extracted);
    OPENSSL_cleanse(block, sizeof block);
}

static void
derive(SrCrypto *crypto, const uint8_t *secret, size_t n_secret, const GByteArray *info,
       uint8_t key[static SR_KEY_BYTES])
{
    sr_hkdf_sha256(crypto, secret, n_secret, (const uint8_t *) salt, strlen(salt), info->data,
                   info->len, key, SR_KEY_BYTES);
}

static void
derive_from_seed(SrCrypto *crypto, uint64_t seed, const GByteArray *info,
                 uint8_t key[static SR_KEY_BYTES])
{
    uint8_t bytes[8];

    put_little_endian(bytes, seed, sizeof bytes);
    derive(crypto, bytes, sizeof bytes, info, key);
}

void
sr_key_material(SrCrypto *crypto, uint64_t seed, const char *document, uint32_t number,
                uint8_t key[static SR_KEY_BYTES])
{
    g_autoptr(GByteArray) info = g_byte_array_new();

    append_string(info, "key");
    append_string(info, document);
    append_number(info, number);
    derive_from_seed(crypto, seed, info, key);
}

void
sr_key_material_derived(SrCrypto *crypto, uint64_t seed, uint32_t master, const char *document,
                        const char *hint, uint8_t key[static SR_KEY_BYTES])
{
    g_autoptr(GByteArray) master_info = g_byte_array_new();
    g_autoptr(GByteArray) info = g_byte_array_new();
    uint8_t secret[SR_KEY_BYTES];

    append_string(master_info, "master");
    append_number(master_info, master);
    derive_from_seed(crypto, seed, master_info, secret);

    append_string(info, document);
    g_byte_array_append(info, (const uint8_t *) hint, (unsigned) strlen(hint));
    derive(crypto, secret, sizeof secret, info, key);
    OPENSSL_cleanse(secret, sizeof secret);
}

void
sr_nonce(uint32_t sender, uint64_t counter, uint8_t nonce[static SR_NONCE_BYTES])
{
    for (unsigned i = 0; i < 4; i++)
        nonce[i] = (uint8_t) (sender >> (24 - 8 * i));
    for (unsigned i = 0; i < 8; i++)
        nonce[4 + i] = (uint8_t) (counter >> (56 - 8 * i));
}

void
sr_key_content(SrCrypto *crypto, const uint8_t key[static SR_KEY_BYTES],
               const uint8_t nonce[static SR_NONCE_BYTES],
               uint8_t content_key[static SR_KEY_BYTES])
{
    g_autoptr(GByteArray) info = g_byte_array_new();

    append_string(info, "content");
    g_byte_array_append(info, nonce, SR_NONCE_BYTES);
    derive(crypto, key, SR_KEY_BYTES, info, content_key);
}

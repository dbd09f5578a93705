/* Real cryptography beside a run. See real-crypto-private.h. */
#include <glib.h>
#include <pthread.h>
#include <string.h>

#include "run/real-crypto-private.h"

#include "crypto/crypto.h"
#include "session-race/stream.h"

/* A sealing, already made or only noted. In a race every client that loses has sealed, too, and
 * nobody opens what it sealed: so a note is one short piece of memory. */
typedef struct {
    uint64_t name; /* of (sealer, counter); first, since the table compares it */
    uint8_t key[SR_KEY_BYTES];
    const char *document; /* (transfer none): of the scenario */
    uint64_t bytes;
    SrSealed *sealed; /* (owned) (nullable): NULL until somebody opens it */
    char hint[];
} Sealing;

G_STATIC_ASSERT(offsetof(Sealing, name) == 0);

struct SrRealCrypto {
    SrCrypto *crypto;
    bool secret; /* it was given keys of somebody's own provider */
    const char *algorithm;
    uint64_t seed;
    GHashTable *sealings; /* of Sealing, by name; never iterated */
};

static const char *const algorithms[SR_JWT_ALGORITHM_N] = {
#define ALGORITHM(name, ...) [SR_JWT_##name] = #name,
#include "session-race/algorithms.def"
};

/* ---- what runs hand on to each other ---- */

/* To make an SrCrypto takes milliseconds, and what it remembers is the most costly part of a short
 * run: the keys and tokens of one seed are those of another scenario's run under it, too. So one
 * that is no longer used is kept for the next run. Results do not depend on what is remembered. */
#define KEPT_MAX 16u

static pthread_mutex_t kept_mutex = PTHREAD_MUTEX_INITIALIZER;
static SrCrypto *kept[KEPT_MAX];
static unsigned n_kept;

static SrCrypto *
take_crypto(void)
{
    SrCrypto *crypto = NULL;

    pthread_mutex_lock(&kept_mutex);
    if (n_kept > 0)
        crypto = kept[--n_kept];
    pthread_mutex_unlock(&kept_mutex);
    return crypto != NULL ? crypto : sr_crypto_new();
}

/* One that holds keys of a system outside is not kept: freeing it overwrites them. */
static void
give_back_crypto(SrCrypto *crypto, bool secret)
{
    pthread_mutex_lock(&kept_mutex);
    if (!secret && n_kept < KEPT_MAX)
        kept[n_kept++] = g_steal_pointer(&crypto);
    pthread_mutex_unlock(&kept_mutex);
    sr_crypto_free(crypto);
}

static void
sealing_free(gpointer data)
{
    Sealing *sealing = data;

    if (sealing->sealed != NULL)
        sr_sealed_clear(sealing->sealed);
    g_free(sealing->sealed);
    g_free(sealing);
}

static uint64_t
sealing_name(uint32_t sealer, uint32_t counter)
{
    return (uint64_t) sealer << 32 | counter;
}

/* g_int64_hash() uses only the lower half, so all first sealings would collide. */
static guint
hash_name(gconstpointer name)
{
    return (guint) sr_mix64(*(const uint64_t *) name);
}

SrRealCrypto *
sr_real_crypto_new(SrJwtAlgorithm algorithm)
{
    SrRealCrypto *real = g_new0(SrRealCrypto, 1);

    real->crypto = take_crypto();
    real->algorithm = algorithms[algorithm];
    real->sealings = g_hash_table_new_full(hash_name, g_int64_equal, sealing_free, NULL);
    return real;
}

void
sr_real_crypto_free(SrRealCrypto *real)
{
    if (real == NULL)
        return;
    g_hash_table_unref(real->sealings);
    give_back_crypto(real->crypto, real->secret);
    g_free(real);
}

void
sr_real_crypto_reset(SrRealCrypto *real, uint64_t seed)
{
    real->seed = seed;
    g_hash_table_remove_all(real->sealings);
}

static void
key_bytes(SrRealCrypto *real, const SrRealKey *key, uint8_t bytes[SR_KEY_BYTES])
{
    real->secret |= key->secret != NULL;
    if (key->secret != NULL)
        memcpy(bytes, key->secret, SR_KEY_BYTES);
    else if (key->master == 0)
        sr_key_material(real->crypto, real->seed, key->document, key->number, bytes);
    else
        sr_key_material_derived(real->crypto, real->seed, key->master, key->document, key->hint,
                                bytes);
}

void
sr_real_crypto_sealed(SrRealCrypto *real, uint32_t sealer, uint32_t counter,
                      const SrRealKey *key, uint64_t bytes)
{
    size_t n_hint = strlen(key->hint) + 1;
    Sealing *sealing = g_malloc(sizeof *sealing + n_hint);

    *sealing = (Sealing){ .name = sealing_name(sealer, counter),
                          .document = key->document,
                          .bytes = bytes };
    key_bytes(real, key, sealing->key);
    memcpy(sealing->hint, key->hint, n_hint);
    g_hash_table_add(real->sealings, sealing);
}

/* The content of a new document: text, which cannot be mistaken for random bytes. */
static uint8_t *
content_new(uint64_t bytes)
{
    static const char text[] = "The quick brown fox jumps over the lazy dog. ";
    uint8_t *content = g_malloc(bytes + 1);

    for (uint64_t i = 0; i < bytes; i++)
        content[i] = (uint8_t) text[i % (sizeof text - 1)];
    return content;
}

bool
sr_real_crypto_open(SrRealCrypto *real, uint32_t sealer, uint32_t counter, const SrRealKey *key)
{
    uint64_t name = sealing_name(sealer, counter);
    Sealing *sealing = g_hash_table_lookup(real->sealings, &name);

    g_assert(sealing != NULL);

    g_autofree uint8_t *content = content_new(sealing->bytes);
    g_autofree uint8_t *opened = g_malloc(sealing->bytes + 1);
    uint8_t bytes[SR_KEY_BYTES];

    if (sealing->sealed == NULL) {
        sealing->sealed = g_new0(SrSealed, 1);
        sr_seal(real->crypto, sealing->key, sealing->document, sealing->hint, sealer, counter,
                content, sealing->bytes, sealing->sealed);
    }
    key_bytes(real, key, bytes);
    if (!sr_open(real->crypto, bytes, key->document, key->hint, sealing->sealed, opened))
        return false;
    g_assert(memcmp(content, opened, sealing->bytes) == 0);
    return true;
}

void
sr_real_crypto_token(SrRealCrypto *real, const SrTokenRules *rules, int64_t token)
{
    SrTokenClaims wanted = sr_token_claims(rules, token);
    SrJwtClaims claims = {
        .has_iat = wanted.has & SR_HAS_IAT,
        .has_exp = wanted.has & SR_HAS_EXP,
        .has_nbf = wanted.has & SR_HAS_NBF,
        .iat = wanted.iat,
        .exp = wanted.exp,
        .nbf = wanted.nbf,
    };
    SrJwtClaims read = { 0 };
    g_autofree char *text = g_strdup(sr_jwt_sign(real->crypto, real->algorithm, &claims));
    SrJwtResult result = sr_jwt_verify(real->crypto, text, real->algorithm, &read);

    g_assert(result == SR_JWT_OK);
    g_assert(read.has_iat == claims.has_iat && read.has_nbf == claims.has_nbf &&
             read.exp == claims.exp);
    g_assert(!claims.has_iat || read.iat == claims.iat);
    g_assert(!claims.has_nbf || read.nbf == claims.nbf);
}

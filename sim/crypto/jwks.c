/* Key sets of somebody else's signer, and its tokens. See jwks.h. */
#include "crypto/jwks.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <string.h>

#include "base/escape.h"
#include "crypto/crypto-private.h"

#define RSA_BITS_MIN 2048  /* RFC 7518, section 3.3 */
#define RSA_BITS_MAX 16384 /* libcrypto verifies none beyond */
#define COORDINATE_BYTES_MAX 66

/* What a key can verify. */
typedef enum { KEY_RSA, KEY_EC, KEY_OKP, KEY_OCT } KeyKind;

typedef struct {
    KeyKind kind;
    char *kid;          /* (nullable) */
    char *alg;          /* (nullable) the only one that it is for */
    char *curve;        /* (nullable) of EC */
    EVP_PKEY *key;      /* (nullable) */
    GByteArray *secret; /* (nullable) of KEY_OCT */
} Key;

struct SrJwks {
    SrCrypto *crypto;
    GArray *keys; /* Key */
};

static const char *const kinds[] = {
    [KEY_RSA] = "RSA", [KEY_EC] = "EC", [KEY_OKP] = "OKP", [KEY_OCT] = "oct"
};

static KeyKind
kind_of(const SrAlgorithm *algorithm)
{
    static const KeyKind needs[] = {
        [SR_ALGORITHM_RSA] = KEY_RSA, [SR_ALGORITHM_PSS] = KEY_RSA,  [SR_ALGORITHM_EC] = KEY_EC,
        [SR_ALGORITHM_ED] = KEY_OKP,  [SR_ALGORITHM_HMAC] = KEY_OCT,
    };

    return needs[algorithm->kind];
}

static void
key_clear(void *data)
{
    Key *key = data;

    g_free(key->kid);
    g_free(key->alg);
    g_free(key->curve);
    EVP_PKEY_free(key->key);
    if (key->secret != NULL)
        OPENSSL_cleanse(key->secret->data, key->secret->len);
    g_clear_pointer(&key->secret, g_byte_array_unref);
}

/* ---- sentences ---- */

/* Says what is wrong. Returns: false */
static bool G_GNUC_PRINTF(2, 3) refuse(GString *why, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    if (why != NULL)
        g_string_append_vprintf(why, format, arguments);
    va_end(arguments);
    return false;
}

/* Returns: (transfer full): @text, hostile bytes, in quotes: cut, escaped, valid */
static char *
shown(const char *text, size_t n)
{
    g_autoptr(GString) out = g_string_new("'");
    g_autofree char *valid = g_utf8_make_valid(text, (gssize) n);
    g_autofree char *cut =
        g_utf8_substring(valid, 0, MIN(g_utf8_strlen(valid, -1), SR_JWKS_SHOWN));

    sr_escape_terminal(out, cut, strlen(cut));
    g_string_append(out, strlen(cut) < strlen(valid) ? "…'" : "'");
    return g_strdup(out->str);
}

/* ---- reading keys ---- */

/* Returns: (transfer full) (nullable): the bytes of member @name in base64url; %NULL if there are
 * none */
static GByteArray *
read_bytes(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    g_autoptr(GByteArray) bytes = g_byte_array_new();

    if (!json_is_string(value) ||
        !sr_base64url_decode(json_string_value(value), json_string_length(value), bytes) ||
        bytes->len == 0)
        return NULL;
    return g_steal_pointer(&bytes);
}

/* Returns: (nullable): a public key of libcrypto's type @type with @parameters */
static EVP_PKEY *
make_key(const SrCrypto *crypto, const char *type, OSSL_PARAM_BLD *builder)
{
    OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(builder);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(crypto->library, type, NULL);
    EVP_PKEY *key = NULL;

    if (parameters == NULL || context == NULL || EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
        key = NULL;
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(parameters);
    ERR_clear_error();
    return key;
}

static const char *
read_rsa(const SrCrypto *crypto, const json_t *object, Key *key)
{
    g_autoptr(GByteArray) n = read_bytes(object, "n");
    g_autoptr(GByteArray) e = read_bytes(object, "e");
    OSSL_PARAM_BLD *builder;
    BIGNUM *modulus, *exponent;

    if (n == NULL || e == NULL || n->len > RSA_BITS_MAX / 8 || e->len > 8)
        return "'n' or 'e' is missing, no base64url, or too long";
    builder = OSSL_PARAM_BLD_new();
    modulus = BN_bin2bn(n->data, (int) n->len, NULL);
    exponent = BN_bin2bn(e->data, (int) e->len, NULL);
    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, modulus);
    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, exponent);
    key->key = make_key(crypto, "RSA", builder);
    OSSL_PARAM_BLD_free(builder);
    BN_free(modulus);
    BN_free(exponent);
    if (key->key == NULL)
        return "it is no RSA key";
    return EVP_PKEY_get_bits(key->key) < RSA_BITS_MIN ? "it has less than 2048 bits" : NULL;
}

/* Returns: (nullable): the algorithm whose key has that curve */
static const SrAlgorithm *
find_curve(const char *curve)
{
    for (size_t i = 0; i < SR_ALGORITHM_N; i++)
        if (sr_algorithms[i].kind == SR_ALGORITHM_EC &&
            strcmp(sr_algorithms[i].curve, curve) == 0)
            return &sr_algorithms[i];
    return NULL;
}

static const char *
read_ec(const SrCrypto *crypto, const json_t *object, Key *key)
{
    const char *curve = json_string_value(json_object_get(object, "crv"));
    const SrAlgorithm *algorithm = curve != NULL ? find_curve(curve) : NULL;
    g_autoptr(GByteArray) x = read_bytes(object, "x");
    g_autoptr(GByteArray) y = read_bytes(object, "y");
    uint8_t point[1 + 2 * COORDINATE_BYTES_MAX] = { POINT_CONVERSION_UNCOMPRESSED };
    OSSL_PARAM_BLD *builder;

    if (algorithm == NULL)
        return "'crv' is none of P-256, P-384, P-521";
    if (x == NULL || y == NULL || x->len != algorithm->coordinate_bytes ||
        y->len != algorithm->coordinate_bytes)
        return "'x' or 'y' is no coordinate of that curve";
    memcpy(point + 1, x->data, x->len);
    memcpy(point + 1 + x->len, y->data, y->len);
    builder = OSSL_PARAM_BLD_new();
    OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, curve, 0);
    OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point,
                                     1 + x->len + y->len);
    key->key = make_key(crypto, "EC", builder);
    OSSL_PARAM_BLD_free(builder);
    key->curve = g_strdup(curve);
    return key->key == NULL ? "its point is not on the curve" : NULL;
}

static const char *
read_okp(const SrCrypto *crypto, const json_t *object, Key *key)
{
    const char *curve = json_string_value(json_object_get(object, "crv"));
    g_autoptr(GByteArray) x = read_bytes(object, "x");

    if (g_strcmp0(curve, "Ed25519") != 0 && g_strcmp0(curve, "Ed448") != 0)
        return "'crv' is neither Ed25519 nor Ed448";
    if (x != NULL)
        key->key =
            EVP_PKEY_new_raw_public_key_ex(crypto->library, curve, NULL, x->data, x->len);
    ERR_clear_error();
    return key->key == NULL ? "'x' is no point of that curve" : NULL;
}

static const char *
read_oct(const json_t *object, Key *key)
{
    key->secret = read_bytes(object, "k");
    return key->secret == NULL ? "'k' is missing or no base64url" : NULL;
}

static char *
copy_text(const json_t *object, const char *name)
{
    return g_strdup(json_string_value(json_object_get(object, name)));
}

/* Returns: (nullable): why the key cannot be used */
static const char *
read_key(const SrCrypto *crypto, const json_t *object, Key *key)
{
    const char *kind = json_string_value(json_object_get(object, "kty"));
    const char *use = json_string_value(json_object_get(object, "use"));

    if (kind == NULL)
        return "it has no 'kty'";
    if (use != NULL && strcmp(use, "sig") != 0)
        return "its 'use' is not sig";
    key->kid = copy_text(object, "kid");
    key->alg = copy_text(object, "alg");
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (strcmp(kind, kinds[i]) == 0) {
            key->kind = (KeyKind) i;
            return key->kind == KEY_RSA   ? read_rsa(crypto, object, key)
                   : key->kind == KEY_EC  ? read_ec(crypto, object, key)
                   : key->kind == KEY_OKP ? read_okp(crypto, object, key)
                                          : read_oct(object, key);
        }
    return "its 'kty' is none of RSA, EC, OKP, oct";
}

static void
add_key(SrJwks *set, const json_t *object, GString *notes)
{
    Key key = { 0 };
    const char *why = set->keys->len < SR_JWKS_KEYS_MAX ? read_key(set->crypto, object, &key)
                                                        : "there are more than 64 keys";

    if (why == NULL) {
        g_array_append_val(set->keys, key);
        return;
    }
    if (notes != NULL && set->keys->len <= SR_JWKS_KEYS_MAX)
        g_string_append_printf(notes, "%sa key of its jwks is not used: %s",
                               notes->len > 0 ? "\n" : "", why);
    key_clear(&key);
}

SrJwks *
sr_jwks_new(SrCrypto *crypto, const json_t *set, GString *notes)
{
    SrJwks *keys = g_new0(SrJwks, 1);
    const json_t *list = json_object_get(set, "keys");

    keys->crypto = crypto;
    keys->keys = g_array_new(FALSE, TRUE, sizeof(Key));
    g_array_set_clear_func(keys->keys, key_clear);
    if (list == NULL && json_object_get(set, "kty") != NULL)
        add_key(keys, set, notes);
    for (size_t i = 0; i < json_array_size(list) && i <= SR_JWKS_KEYS_MAX; i++)
        add_key(keys, json_array_get(list, i), notes);
    return keys;
}

void
sr_jwks_free(SrJwks *keys)
{
    if (keys == NULL)
        return;
    g_array_unref(keys->keys);
    g_free(keys);
}

/* ---- verifying ---- */

/* A token, taken apart. */
typedef struct {
    const char *text;
    size_t n_signed; /* bytes of it that are signed: header, dot, payload */
    GByteArray *signature;
    const SrAlgorithm *algorithm;
    char *kid; /* (nullable) */
} Token;

static void
token_clear(Token *token)
{
    g_clear_pointer(&token->signature, g_byte_array_unref);
    g_free(token->kid);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Token, token_clear)

/* Returns: (transfer full): part @i of a token, decoded; %NULL: it is no base64url */
static GByteArray *
decode(const SrTokenPart *part)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();

    return sr_base64url_decode(part->text, part->n, bytes) ? g_steal_pointer(&bytes) : NULL;
}

static bool
split(const char *text, size_t n, SrTokenPart parts[static 3], GString *why)
{
    if (n > SR_JWT_TOKEN_MAX)
        return refuse(why, "it has more than %d bytes", SR_JWT_TOKEN_MAX);
    return sr_token_split(text, n, parts) ||
           refuse(why,
                  "it is not three parts with dots between them, but %d character%s of "
                  "something else",
                  (int) n, n == 1 ? "" : "s");
}

/* Finds the algorithm that the header names, which must be of @accept. */
static bool
take_algorithm(Token *token, const GString *name, uint32_t accept, GString *why)
{
    g_autofree char *text = shown(name->str, name->len);

    for (size_t i = 0; i < SR_ALGORITHM_N; i++)
        if (name->len == strlen(sr_algorithms[i].name) &&
            memcmp(name->str, sr_algorithms[i].name, name->len) == 0)
            token->algorithm = &sr_algorithms[i];
    if (token->algorithm == NULL)
        return refuse(why, "its alg is %s, which no server can verify", text);
    return (accept >> (token->algorithm - sr_algorithms) & 1) ||
           refuse(why, "its alg is %s, which [server] accept does not name", text);
}

static bool
take_apart(const char *text, size_t n, uint32_t accept, Token *token, GString *why)
{
    SrTokenPart parts[3];
    g_autoptr(GByteArray) header = NULL;
    g_autoptr(GByteArray) payload = NULL;
    g_autoptr(GString) name = g_string_new(NULL);

    if (!split(text, n, parts, why))
        return false;
    header = decode(&parts[0]);
    payload = decode(&parts[1]);
    token->signature = decode(&parts[2]);
    if (header == NULL || payload == NULL || token->signature == NULL)
        return refuse(why, "a part of it is no base64url");
    if (!sr_jwt_header_read((const char *) header->data, header->len, name) ||
        !sr_jwt_key_id_read((const char *) header->data, header->len, &token->kid))
        return refuse(why, "its header is no JSON object with 'alg', and without 'crit' or a "
                           "member twice");
    token->text = text;
    token->n_signed = parts[0].n + 1 + parts[1].n;
    return take_algorithm(token, name, accept, why);
}

/* A key without `kid` may be that of any token: many signers have only one. */
static bool
fits(const Key *key, const Token *token)
{
    return key->kind == kind_of(token->algorithm) &&
           (key->alg == NULL || strcmp(key->alg, token->algorithm->name) == 0) &&
           (key->curve == NULL || strcmp(key->curve, token->algorithm->curve) == 0) &&
           (key->kid == NULL || token->kid == NULL || strcmp(key->kid, token->kid) == 0);
}

static bool
verify_hmac(const SrCrypto *crypto, const Key *key, const Token *token)
{
    uint8_t code[EVP_MAX_MD_SIZE];
    size_t n = 0;

    return EVP_Q_mac(crypto->library, "HMAC", NULL, token->algorithm->digest, NULL,
                     key->secret->data, key->secret->len, (const uint8_t *) token->text,
                     token->n_signed, code, sizeof code, &n) != NULL &&
           n == token->signature->len && CRYPTO_memcmp(code, token->signature->data, n) == 0;
}

/* JOSE writes r and s one after the other, libcrypto takes DER. */
static bool
verify_ec(SrCrypto *crypto, const Key *key, const Token *token)
{
    size_t half = token->algorithm->coordinate_bytes;
    const uint8_t *bytes = token->signature->data;
    uint8_t *der = NULL;
    ECDSA_SIG *pair;
    bool good = false;
    int n;

    if (token->signature->len != 2 * half)
        return false;
    pair = ECDSA_SIG_new();
    ECDSA_SIG_set0(pair, BN_bin2bn(bytes, (int) half, NULL),
                   BN_bin2bn(bytes + half, (int) half, NULL));
    n = i2d_ECDSA_SIG(pair, &der);
    if (n > 0)
        good = sr_signature_is_good(crypto, key->key, token->algorithm, token->text,
                                    token->n_signed, der, (size_t) n);
    OPENSSL_free(der);
    ECDSA_SIG_free(pair);
    return good;
}

static bool
verify_with(SrCrypto *crypto, const Key *key, const Token *token)
{
    if (key->kind == KEY_OCT)
        return verify_hmac(crypto, key, token);
    if (key->kind == KEY_EC)
        return verify_ec(crypto, key, token);
    return sr_signature_is_good(crypto, key->key, token->algorithm, token->text,
                                token->n_signed, token->signature->data, token->signature->len);
}

/* Says why no key has verified @token; @n: how many fit it. */
static bool
refuse_signature(const SrJwks *keys, const Token *token, unsigned n, GString *why)
{
    const char *kind = kinds[kind_of(token->algorithm)], *alg = token->algorithm->name;

    if (why == NULL)
        return false;
    if (n > 0)
        return refuse(why, "its %s signature is not that of %s of its signer's jwks", alg,
                      n == 1 ? "the key" : "any key");
    if (keys->keys->len == 0)
        return refuse(why, "its signer has given no public key that can be used");
    for (guint i = 0; i < keys->keys->len; i++)
        n += g_array_index(keys->keys, Key, i).kind == kind_of(token->algorithm);
    if (n == 0)
        return refuse(why, "its alg is %s, and no key of its signer's jwks is of the kind %s",
                      alg, kind);
    if (token->kid != NULL) {
        g_autofree char *kid = shown(token->kid, strlen(token->kid));

        return refuse(why, "no key of its signer's jwks for %s has its kid %s", alg, kid);
    }
    return refuse(why, "no key of its signer's jwks is for %s", alg);
}

bool
sr_jwks_verify(SrJwks *keys, const char *token, size_t n_token, uint32_t accept, GString *why)
{
    g_auto(Token) it = { 0 };
    unsigned n = 0;

    if (!take_apart(token, n_token, accept, &it, why))
        return false;
    for (guint i = 0; i < keys->keys->len; i++) {
        const Key *key = &g_array_index(keys->keys, Key, i);

        if (!fits(key, &it))
            continue;
        if (verify_with(keys->crypto, key, &it))
            return true;
        n++;
    }
    return refuse_signature(keys, &it, n, why);
}

/* ---- claims ---- */

bool
sr_jwt_read_times(const char *token, size_t n_token, SrJwtClaims *claims, GString *why)
{
    SrTokenPart parts[3];
    g_autoptr(GByteArray) payload = NULL;
    const char *not_number;

    *claims = (SrJwtClaims){ 0 };
    if (!split(token, n_token, parts, why))
        return false;
    payload = decode(&parts[1]);
    if (payload == NULL)
        return refuse(why, "a part of it is no base64url");
    if (!sr_jwt_times_read((const char *) payload->data, payload->len, claims, &not_number))
        return refuse(why, "its claims are no JSON object without a member twice");
    if (not_number != NULL)
        return refuse(why, "its '%s' is no number", not_number);
    return claims->has_exp || refuse(why, "it has no 'exp'");
}

/* Tokens that the user's own signer makes, verified against the public keys that it gives.
 *
 * The server of a run judges such a token as a real one would: by its own verification, and by
 * nothing that the signer says of it. Everything in a token and in a key set is hostile: sizes and
 * depths are bounded, base64url has one spelling, a member twice is refused, and a key verifies
 * only the algorithms of its own kind.
 *
 * Sources: RFC 7515, 7517, 7518, 7519, 8037; which algorithms are named where, in
 * algorithms.def. */
#pragma once

#include <jansson.h>

#include "crypto/crypto.h"

/** SR_JWKS_KEYS_MAX: so many keys of a set are looked at. */
#define SR_JWKS_KEYS_MAX 64u
/** SR_JWKS_SHOWN: how many characters of a hostile name a sentence shows. */
#define SR_JWKS_SHOWN 40u

/** SrJwks: a set of public keys (of HMAC: secrets), ready to verify. */
typedef struct SrJwks SrJwks;

/**
 * sr_jwks_new:
 * @crypto: outlives the set
 * @set: (nullable): `{"keys": […]}`, or one key
 * @notes: (nullable): gets a line for each key that cannot verify anything, and why
 *
 * Keys that cannot be used are left out: of another `use`, of an unknown kind, RSA of less than
 * 2048 or more than 16384 bits, a point that is not on its curve.
 *
 * Returns: (transfer full): the set, perhaps empty
 */
SrJwks *sr_jwks_new(SrCrypto *crypto, const json_t *set, GString *notes);
void sr_jwks_free(SrJwks *keys);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SrJwks, sr_jwks_free)

/**
 * sr_jwks_verify:
 * @token: (array length=n_token): any bytes
 * @accept: bits 1 << SrJwtAlgorithm: what the server accepts
 * @why: (nullable): what is wrong, as the end of a sentence about the token; appended unless it is
 * good. Valid UTF-8, with parts of the token in it
 *
 * The form is judged first, then the algorithm, then which key, then the signature. Its claims are
 * not looked at.
 *
 * Returns: whether a key of @keys has signed @token by an algorithm of @accept
 */
bool sr_jwks_verify(SrJwks *keys, const char *token, size_t n_token, uint32_t accept,
                    GString *why);

/**
 * sr_jwt_read_times:
 * @token: (array length=n_token): any bytes
 * @claims: (out): those that are numbers, in whole seconds: `iat` and `nbf` rounded up, `exp`
 * rounded down, since RFC 7519 allows fractions and the server's clock has none; at most
 * 2^53 - 1 in magnitude, to which larger ones saturate
 * @why: (nullable): as above
 *
 * Reads what a token says, whoever signed it.
 *
 * Returns: whether its times can be used: `exp` is there, and none of the three is something else
 * than a number
 */
bool sr_jwt_read_times(const char *token, size_t n_token, SrJwtClaims *claims, GString *why);

/* Real cryptography beside a run on names: what the core says of keys, sealings and tokens is
 * done for real, and must agree.
 *
 * A sealing is made when it is first opened: its bytes show nowhere, and what nobody opens
 * costs nothing. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "protocol/protocol.h"
#include "session-race/scenario.h"

typedef struct SrRealCrypto SrRealCrypto;

/* One key as its bytes are made. */
typedef struct {
    uint32_t number;
    uint32_t master; /* 0: of a store; else derived from this master secret */
    const char *document, *hint;
} SrRealKey;

SrRealCrypto *sr_real_crypto_new(SrJwtAlgorithm algorithm);
void sr_real_crypto_free(SrRealCrypto *real);
void sr_real_crypto_reset(SrRealCrypto *real, uint64_t seed);
/* (sealer, counter) sealed @bytes of content under @key: remembered, and done when somebody
 * opens it. */
void sr_real_crypto_sealed(SrRealCrypto *real, uint32_t sealer, uint32_t counter,
                           const SrRealKey *key, uint64_t bytes);
/* Returns: whether what (sealer, counter) sealed opens under @key */
bool sr_real_crypto_open(SrRealCrypto *real, uint32_t sealer, uint32_t counter,
                         const SrRealKey *key);
/* Signs @token (once), verifies it, and asserts that the claims read are those that @rules
 * give. */
void sr_real_crypto_token(SrRealCrypto *real, const SrTokenRules *rules, int64_t token);

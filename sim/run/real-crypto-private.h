/* Real cryptography beside a run that only names keys, sealings and tokens. Each of these is
 * also made and checked for real, and the results must agree with the core.
 *
 * A sealing is made when it is first opened. Its bytes appear nowhere else, so a sealing that
 * nobody opens costs nothing. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "protocol/protocol.h"
#include "session-race/scenario.h"

typedef struct SrRealCrypto SrRealCrypto;

/* One key, and how its bytes are made. @document is a name of the scenario, which outlives the
 * run. */
typedef struct {
    uint32_t number;
    /* 0: the key of a store; else the key is derived from this master secret */
    uint32_t master;
    const char *document, *hint;
    const uint8_t *secret; /* (nullable): its bytes, SR_KEY_BYTES, of somebody's own provider */
} SrRealKey;

SrRealCrypto *sr_real_crypto_new(SrJwtAlgorithm algorithm);
void sr_real_crypto_free(SrRealCrypto *real);
void sr_real_crypto_reset(SrRealCrypto *real, uint64_t seed);
/* (sealer, counter) sealed @bytes of content under @key. This is only noted; the sealing is
 * made when somebody opens it. */
void sr_real_crypto_sealed(SrRealCrypto *real, uint32_t sealer, uint32_t counter,
                           const SrRealKey *key, uint64_t bytes);
/* Returns: whether the sealing of (sealer, counter) opens under @key */
bool sr_real_crypto_open(SrRealCrypto *real, uint32_t sealer, uint32_t counter,
                         const SrRealKey *key);
/* Signs @token (only once), verifies it, and asserts that its claims are those that @rules
 * give. */
void sr_real_crypto_token(SrRealCrypto *real, const SrTokenRules *rules, int64_t token);

/* The token provider: signs on demand, section 5 of the protocol. */
#pragma once

#include "protocol/protocol.h"

/** SrTokenProvider: its state. All zero is the initial state. */
typedef struct {
    bool has_cached;
    int64_t cached;    /* the token that everybody gets */
    int64_t cached_at; /* when it was signed, by the provider's own clock, ns */
} SrTokenProvider;

/**
 * sr_token_provider_message:
 * @cache: how long everybody gets the same token, ns; 0: never
 * @now: the provider's own clock, ns since 1970
 *
 * Answers a `token-request` at the end of its processing.
 */
void sr_token_provider_message(SrSpan cache, SrTokenProvider *provider,
                               const SrMessage *message, int64_t now, SrActions *actions);

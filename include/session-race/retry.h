/* When to try again: `none`, `N times from D1 to D2`, `unlimited from D1 to D2`. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "session-race/time.h"

/** SR_RETRY_UNLIMITED: no limit on further attempts. */
#define SR_RETRY_UNLIMITED UINT32_MAX

/** SrRetryPolicy: after the first attempt up to @n further ones; delays double from @first up
 * to @max. */
typedef struct {
    uint32_t n;        /* 0: none */
    SrSpan first, max; /* ns; first <= max */
} SrRetryPolicy;

/**
 * sr_retry_next:
 * @policy: the policy
 * @n_tried: further attempts made so far, 0 after the first attempt
 * @delay: (out): ns until the next attempt; set only if there is one
 *
 * Source: section 3 of the protocol, last paragraph.
 *
 * Returns: whether another attempt may be made
 */
static inline bool
sr_retry_next(const SrRetryPolicy *policy, uint32_t n_tried, SrSpan *delay)
{
    if (policy->n != SR_RETRY_UNLIMITED && n_tried >= policy->n)
        return false;
    SrSpan next = policy->first;

    for (uint32_t i = 0; i < n_tried && next < policy->max && next > 0; i++)
        next *= 2;
    *delay = next < policy->max ? next : policy->max;
    return true;
}

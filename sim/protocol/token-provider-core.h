/* The token provider's step. What it does, it hands to sr_token_provider_act() as an SrAction;
 * whoever includes this file has defined that before, over a sink of its own; see
 * client-steps.h. */
#pragma once

#include <glib.h>

#include "session-race/token-provider.h"

static inline void
sr_token_provider_take(SrSpan cache, SrTokenProvider *provider, const SrMessage *message,
                       int64_t now, const SrTokenProviderSink *sink)
{
    bool cached = provider->has_cached && now - provider->cached_at < (int64_t) cache;
    int64_t token = cached ? provider->cached : sr_floor_div(now, (int64_t) SR_NS_PER_S);

    g_assert(message->type == SR_MSG_TOKEN_REQUEST);
    if (!cached) {
        sr_token_provider_act(sink, &(SrAction){ .kind = SR_ACTION_NOTE,
                                                 .event = SR_EVENT_TOKEN_SIGNED,
                                                 .message = { .token = token } });
        *provider =
            (SrTokenProvider){ .has_cached = cache > 0, .cached = token, .cached_at = now };
    }
    sr_token_provider_act(sink, &(SrAction){ .kind = SR_ACTION_SEND,
                                             .message = { .type = SR_MSG_TOKEN,
                                                          .client = message->client,
                                                          .request = message->request,
                                                          .token = token } });
}

/* The token provider: signs a token, or repeats the one that it signed a short while ago. */
#include <glib.h>

#include "protocol/token-provider.h"

void
sr_token_provider_message(SrSpan cache, SrTokenProvider *provider, const SrMessage *message,
                          int64_t now, SrActions *actions)
{
    bool cached = provider->has_cached && now - provider->cached_at < (int64_t) cache;
    int64_t token = cached ? provider->cached : sr_floor_div(now, (int64_t) SR_NS_PER_S);

    g_assert(message->type == SR_MSG_TOKEN_REQUEST);
    if (!cached) {
        *sr_actions_add(actions) = (SrAction){ .kind = SR_ACTION_NOTE,
                                               .event = SR_EVENT_TOKEN_SIGNED,
                                               .message = { .token = token } };
        *provider =
            (SrTokenProvider){ .has_cached = cache > 0, .cached = token, .cached_at = now };
    }
    *sr_actions_add(actions) = (SrAction){ .kind = SR_ACTION_SEND,
                                           .message = { .type = SR_MSG_TOKEN,
                                                        .client = message->client,
                                                        .request = message->request,
                                                        .token = token } };
}

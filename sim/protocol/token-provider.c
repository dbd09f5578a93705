/* The token provider: signs a token, or hands out the one that it signed a short while ago. */
#include "session-race/token-provider.h"

/* Here actions are collected, for a driver that looks at them one by one. */
typedef struct {
    SrActions *actions;
} SrTokenProviderSink;

static inline void
sr_token_provider_act(const SrTokenProviderSink *sink, const SrAction *action)
{
    sr_actions_add(sink->actions, action);
}

#include "protocol/token-provider-core.h"

void
sr_token_provider_message(SrSpan cache, SrTokenProvider *provider, const SrMessage *message,
                          int64_t now, SrActions *actions)
{
    const SrTokenProviderSink sink = { actions };

    sr_token_provider_take(cache, provider, message, now, &sink);
}

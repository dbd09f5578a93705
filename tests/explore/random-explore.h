/* Random scenarios for the search of all orders, each from its number. */
#pragma once

#include <glib.h>
#include <stdint.h>

#include "explore/compare.h"

/* What a scenario has: bits 1 << RandomTrait. */
typedef enum {
    RANDOM_CRASH,
    RANDOM_DISCONNECT,
    RANDOM_EXPIRATION,
    RANDOM_PREVIOUS,
    RANDOM_REUSE,
    RANDOM_REPLICAS,
    RANDOM_PROMOTION,
    RANDOM_CACHED_KEYS,
    RANDOM_UNEQUAL,
    RANDOM_THREE_CLIENTS,
    RANDOM_COUNTED_RETRIES,
    RANDOM_LATE_LOSS,
    RANDOM_AGEING,
    RANDOM_INSTANTS,
    RANDOM_NO_HINT,
    RANDOM_ROTATION,
    RANDOM_TRAIT_N
} RandomTrait;

typedef struct {
    uint64_t state;
    uint32_t traits;
    GString *text;
} RandomDraw;

/* Returns: a number below @n */
static inline uint32_t
random_below(RandomDraw *draw, uint32_t n)
{
    draw->state = draw->state * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (uint32_t) (draw->state >> 33) % n;
}

/* Returns: true once in @n times */
static inline bool
random_once_in(RandomDraw *draw, uint32_t n)
{
    return random_below(draw, n) == 0;
}

/* Returns: whether once in @n times the scenario has @trait */
static inline bool
random_trait(RandomDraw *draw, RandomTrait trait, uint32_t n)
{
    bool has = random_once_in(draw, n);

    draw->traits |= (uint32_t) has << trait;
    return has;
}

/* Adds one of the values of @key, between bars. */
static inline void
random_key(RandomDraw *draw, const char *key, const char *values)
{
    g_auto(GStrv) list = g_strsplit(values, "|", 0);

    g_string_append_printf(draw->text, "%s = %s\n", key,
                           list[random_below(draw, g_strv_length(list))]);
}

static inline void
random_client(RandomDraw *draw)
{
    random_key(draw, "early-available", "adopt|continue");
    if (random_trait(draw, RANDOM_CACHED_KEYS, 3))
        g_string_append(draw->text, "cache-keys = yes\n");
    random_key(draw, "patience", "none|none|none|1s");
    random_key(draw, "key-retry", "none|1 times from 1s to 1s|unlimited from 1s to 1s");
    random_key(draw, "connect-retry", "none|1 times from 1s to 1s|unlimited from 1s to 1s");
    random_key(draw, "reconnect", "none|1 times from 1s to 1s|unlimited from 1s to 1s");
    random_key(draw, "token-refresh", "none|30s");
}

static inline void
random_clients(RandomDraw *draw, unsigned n)
{
    if (!random_trait(draw, RANDOM_UNEQUAL, 2)) {
        g_string_append_printf(draw->text, "[client c]\ncount = %u\n", n);
        random_client(draw);
        return;
    }
    for (unsigned i = 0; i < n; i++) {
        g_string_append_printf(draw->text, "[client %c]\n", 'a' + i);
        random_client(draw);
    }
}

static inline void
random_provider(RandomDraw *draw)
{
    unsigned kind = random_below(draw, 8); /* derived, unstable, static, else stored */

    g_string_append_printf(draw->text, "[encryption-provider]\nkind = %s\n",
                           kind == 0   ? "derived"
                           : kind == 1 ? "unstable"
                           : kind == 2 ? "static"
                                       : "stored");
    if (kind == 2)
        return;
    if (random_trait(draw, RANDOM_INSTANTS, 5))
        g_string_append(draw->text, "hint = timestamp(1s)\n");
    else if (random_trait(draw, RANDOM_NO_HINT, 8))
        g_string_append(draw->text, "hint = none\n");
    random_key(draw, "on-collision", "refuse|overwrite|keep-first");
    if (random_trait(draw, RANDOM_REUSE, 4)) {
        g_string_append(draw->text, "reuse = 1h\n");
        random_key(draw, "atomic", "yes|no");
    }
    if (kind == 0) {
        if (random_trait(draw, RANDOM_ROTATION, 2))
            g_string_append(draw->text, "rotate-master = 1h\nkeep-masters = 1\n");
        return;
    }
    if (random_trait(draw, RANDOM_AGEING, 6))
        g_string_append(draw->text, "retention = for(1min)\n");
    else
        random_key(draw, "retention", "forever|on-new-key|last(1)|last(2)|until-settled");
    if (random_trait(draw, RANDOM_REPLICAS, 4))
        random_key(draw, "replicas", "2|2|3");
}

/* One fault mostly: more of them make too many states to look at all. */
static inline void
random_budgets(RandomDraw *draw, CompareOptions *options)
{
    bool more = random_once_in(draw, 8);
    bool crash = random_trait(draw, RANDOM_CRASH, 4);
    bool disconnect = (!crash || more) && random_trait(draw, RANDOM_DISCONNECT, 3);
    bool expiration =
        ((!crash && !disconnect) || more) && random_trait(draw, RANDOM_EXPIRATION, 2);

    options->crashes = crash;
    options->disconnects = disconnect ? 1 + random_once_in(draw, 4) : 0;
    options->expirations = expiration;
    options->counts = random_trait(draw, RANDOM_COUNTED_RETRIES, 3);
}

/* Returns: (transfer full): scenario @number; @traits: (out): what it has */
static inline char *
random_scenario(uint32_t number, CompareOptions *options, uint32_t *traits)
{
    RandomDraw draw = { .state = number * UINT64_C(0x9e3779b97f4a7c15),
                        .text = g_string_new(NULL) };
    bool three;

    (void) random_below(&draw, 2);
    three = random_trait(&draw, RANDOM_THREE_CLIENTS, 8);
    if (!three || random_once_in(&draw, 2))
        random_budgets(&draw, options);
    if (random_trait(&draw, RANDOM_PREVIOUS, 5))
        g_string_append(draw.text, "[document d]\nprevious = yes\n");
    g_string_append(draw.text, "[token-provider]\n");
    random_key(&draw, "enabled", "no|no|no|yes");
    g_string_append(draw.text, "[server]\n");
    random_key(&draw, "while-creating", "none|pending");
    if (random_trait(&draw, RANDOM_PROMOTION, 3))
        g_string_append(draw.text, "on-owner-lost = promote\n");
    else
        random_key(&draw, "on-owner-lost", "release|wait");
    random_key(&draw, "establish-timeout", "none|none|none|1s");
    if (random_trait(&draw, RANDOM_LATE_LOSS, 5))
        g_string_append(draw.text, "detect-loss = 100ms\n");
    random_provider(&draw);
    random_clients(&draw, three ? 3 : 2);
    *traits = draw.traits;
    return g_string_free(draw.text, FALSE);
}

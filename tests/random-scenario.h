/* Random scenarios: every kind of setting and fault that `run` takes, from a seed.
 *
 * A scenario is made of dimensions. Each draws from a stream of its own, so that leaving one out by
 * the mask changes nothing else in the text. Settings are drawn so that runs are short and races
 * are common; a third of the draws keep the default. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <string.h>

#include "session-race/stream.h"

enum {
    RANDOM_LATENCY = 1 << 0,    /* latencies, presets, ordered loss, rto, bandwidth, [link] */
    RANDOM_UNORDERED = 1 << 1,  /* unordered links, which lose and duplicate */
    RANDOM_DURATIONS = 1 << 2,  /* processing, generate, lookup, derive, starts */
    RANDOM_TOKENS = 1 << 3,     /* off, lifetimes, leeway, what is checked, cache, refresh */
    RANDOM_CLOCKS = 1 << 4,     /* offsets, drift, NTP; steps and corrections on the timeline */
    RANDOM_KEYS = 1 << 5,       /* kind of provider, retention, hint, on-collision */
    RANDOM_REUSE = 1 << 6,      /* reuse, atomic */
    RANDOM_REPLICAS = 1 << 7,   /* replicas, replication */
    RANDOM_MASTERS = 1 << 8,    /* rotate-master, keep-masters */
    RANDOM_OWNER = 1 << 9,      /* while-creating, on-owner-lost, establish-timeout, durable */
    RANDOM_EDITOR = 1 << 10,    /* early-available, cache-keys */
    RANDOM_RETRIES = 1 << 11,   /* retries, patience, time-outs of requests */
    RANDOM_UNEQUAL = 1 << 12,   /* each client has settings of its own */
    RANDOM_PREVIOUS = 1 << 13,  /* an older session */
    RANDOM_DOCUMENTS = 1 << 14, /* two documents */
    RANDOM_CRASHES = 1 << 15,   /* crash, restart and close of a client */
    RANDOM_DISCONNECTS = 1 << 16,
    RANDOM_SERVER = 1 << 17, /* crash, restart and upgrade of the server; detect-loss */
    RANDOM_DELAYS = 1 << 18, /* partition, outage, slow */
    RANDOM_CHAOS = 1 << 19,
    RANDOM_TIES = 1 << 20, /* seeded ties, a limit in the middle of things */
    RANDOM_ALL = (1 << 21) - 1
};

typedef struct {
    uint32_t dimensions;
    unsigned n_clients_min, n_clients_max;
} RandomSpace;

typedef struct {
    const RandomSpace *space;
    uint64_t seed;
    GString *text;
    unsigned end_ms; /* when the run ends at the latest */
} RandomScenario;

static inline SrStream
random_stream(const RandomScenario *it, uint32_t dimension, unsigned subject)
{
    return sr_stream_at(sr_stream_key(it->seed, dimension, subject), 0);
}

static inline bool
random_has(const RandomScenario *it, uint32_t dimension)
{
    return it->space->dimensions & dimension;
}

/* Returns: one of the texts between bars; an empty one stands for the default */
static inline const char *
random_pick(SrStream *stream, const char *choices, char out[static 64])
{
    unsigned n = 1, k;
    size_t length;

    for (const char *at = choices; *at != '\0'; at++)
        n += *at == '|';
    for (k = (unsigned) sr_stream_below(stream, n); k > 0; k--)
        choices = strchr(choices, '|') + 1;
    length = strcspn(choices, "|");
    g_assert(length < 64);
    memcpy(out, choices, length);
    out[length] = '\0';
    return out;
}

/* Writes "@key = VALUE" with one of @choices, or nothing for an empty one; @dimension has to be in
 * the space. */
static inline void
random_key(const RandomScenario *it, uint32_t dimension, SrStream *stream, const char *key,
           const char *choices)
{
    char value[64];

    if (!random_has(it, dimension))
        return;
    random_pick(stream, choices, value);
    if (value[0] != '\0')
        g_string_append_printf(it->text, "%s = %s\n", key, value);
}

/* ---- groups ---- */

static inline void
random_clock(const RandomScenario *it, unsigned subject)
{
    SrStream stream = random_stream(it, RANDOM_CLOCKS, 100 + subject);

    random_key(it, RANDOM_CLOCKS, &stream, "clock-offset", "|||1ms|-700ms|2s|-90s");
    random_key(it, RANDOM_CLOCKS, &stream, "clock-drift", "||200ppm|-50000ppm");
    random_key(it, RANDOM_CLOCKS, &stream, "ntp-interval", "||500ms|3s");
    random_key(it, RANDOM_CLOCKS, &stream, "ntp-error", "||5ms|300ms");
}

static inline void
random_link(const RandomScenario *it, unsigned subject)
{
    SrStream latency = random_stream(it, RANDOM_LATENCY, subject);
    SrStream unordered = random_stream(it, RANDOM_UNORDERED, subject);
    bool loose = random_has(it, RANDOM_UNORDERED) && sr_stream_below(&unordered, 4) == 0;

    if (sr_stream_below(&latency, 3) == 0)
        random_key(it, RANDOM_LATENCY, &latency, "preset",
                   "lan|region|continent|intercontinental|mobile|satellite");
    else
        random_key(it, RANDOM_LATENCY, &latency, "latency",
                   "|0ms|10ms|uniform(0ms, 400ms)|exponential(30ms)|3ms + normal(5ms, 9ms)|"
                   "lognormal(5ms, 90ms)|pareto(1ms, 20ms)");
    random_key(it, RANDOM_LATENCY, &latency, "bandwidth", "|||100kbit/s|7777bit/s|3Mbit/s");
    random_key(it, RANDOM_LATENCY, &latency, "rto", "||33ms");
    if (!loose) {
        random_key(it, RANDOM_LATENCY, &latency, "loss", "|||2%|30%");
        return;
    }
    g_string_append(it->text, "ordered = no\n");
    random_key(it, RANDOM_UNORDERED, &unordered, "loss", "||1%|20%");
    random_key(it, RANDOM_UNORDERED, &unordered, "duplicate", "||5%|60%");
}

static inline void
random_network(const RandomScenario *it, unsigned n_clients)
{
    SrStream stream = random_stream(it, RANDOM_LATENCY, 1000);
    static const char *const services[] = { "server", "encryption-provider", "token-provider" };

    g_string_append(it->text, "[network]\n");
    random_link(it, 0);
    if (!random_has(it, RANDOM_LATENCY) || sr_stream_below(&stream, 3) > 0)
        return;
    /* One after the other: the order of arguments is the compiler's. */
    const char *service = services[sr_stream_below(&stream, G_N_ELEMENTS(services))];
    const char *arrow = sr_stream_below(&stream, 2) == 0 ? "->" : "";
    unsigned client = (unsigned) sr_stream_below(&stream, n_clients);

    g_string_append_printf(it->text, "[link c%u %s %s]\n", client, arrow, service);
    random_link(it, 1);
}

static inline void
random_client(const RandomScenario *it, unsigned client, unsigned n_documents)
{
    SrStream of_all = random_stream(it, RANDOM_UNEQUAL, client);
    /* Clients that share a subject are set up alike. */
    unsigned alike =
        random_has(it, RANDOM_UNEQUAL) && sr_stream_below(&of_all, 2) == 0 ? client + 1 : 0;
    SrStream start = random_stream(it, RANDOM_DURATIONS, 10 + client);
    SrStream durations = random_stream(it, RANDOM_DURATIONS, 100 + alike);
    SrStream editor = random_stream(it, RANDOM_EDITOR, alike);
    SrStream retries = random_stream(it, RANDOM_RETRIES, alike);
    SrStream tokens = random_stream(it, RANDOM_TOKENS, 100 + alike);
    SrStream replicas = random_stream(it, RANDOM_REPLICAS, 100 + alike);

    g_string_append_printf(it->text, "[client c%u]\n", client);
    if (n_documents > 1)
        g_string_append_printf(it->text, "document = d%u\n", client % n_documents);
    random_key(it, RANDOM_DURATIONS, &start, "start",
               it->end_ms < 5000 ? "||1ms|12ms|50ms|uniform(0ms, 800ms)|900ms"
                                 : "||1ms|12ms|50ms|uniform(0ms, 800ms)|900ms|4s");
    random_key(it, RANDOM_DURATIONS, &durations, "derive", "||0ms|uniform(0ms, 200ms)");
    random_key(it, RANDOM_EDITOR, &editor, "early-available", "|adopt|continue");
    random_key(it, RANDOM_EDITOR, &editor, "cache-keys", "|no|yes");
    random_key(it, RANDOM_RETRIES, &retries, "patience", "|||1ms|300ms|5s");
    random_key(
        it, RANDOM_RETRIES, &retries, "key-retry",
        "|none|1 times from 10ms to 10ms|3 times from 7ms to 1s|unlimited from 50ms to 1s");
    random_key(it, RANDOM_RETRIES, &retries, "connect-retry",
               "|1 times from 10ms to 10ms|unlimited from 50ms to 1s");
    random_key(
        it, RANDOM_RETRIES, &retries, "reconnect",
        "|none|1 times from 100ms to 1s|2 times from 5ms to 5ms|unlimited from 10ms to 1s");
    random_key(it, RANDOM_RETRIES, &retries, "request-timeout", "|||20ms|150ms|1h");
    random_key(it, RANDOM_TOKENS, &tokens, "token-refresh", "||none|1s");
    random_key(it, RANDOM_REPLICAS, &replicas, "replica", "||");
    random_clock(it, 10 + client);
}

static inline void
random_server(const RandomScenario *it)
{
    SrStream durations = random_stream(it, RANDOM_DURATIONS, 1);
    SrStream owner = random_stream(it, RANDOM_OWNER, 0);
    SrStream tokens = random_stream(it, RANDOM_TOKENS, 0);
    SrStream server = random_stream(it, RANDOM_SERVER, 1);

    g_string_append(it->text, "[server]\n");
    random_key(it, RANDOM_DURATIONS, &durations, "processing", "|||3ms|uniform(0ms, 50ms)");
    random_key(it, RANDOM_OWNER, &owner, "while-creating", "|none|pending");
    random_key(it, RANDOM_OWNER, &owner, "on-owner-lost", "release|promote|wait");
    random_key(it, RANDOM_OWNER, &owner, "establish-timeout", "|||1us|30ms|1s");
    random_key(it, RANDOM_OWNER, &owner, "durable", "|yes|no");
    random_key(it, RANDOM_SERVER, &server, "detect-loss", "|||5ms|700ms");
    random_key(it, RANDOM_TOKENS, &tokens, "leeway", "|||1s|90s");
    random_key(it, RANDOM_TOKENS, &tokens, "check-iat", "|yes|no");
    random_key(it, RANDOM_TOKENS, &tokens, "check-token",
               "||connect|session-request, upload|create-session, join");
    random_clock(it, 0);
}

static inline void
random_token_provider(const RandomScenario *it)
{
    SrStream durations = random_stream(it, RANDOM_DURATIONS, 2);
    SrStream tokens = random_stream(it, RANDOM_TOKENS, 1);

    g_string_append(it->text, "[token-provider]\n");
    random_key(it, RANDOM_TOKENS, &tokens, "enabled", "|||no");
    random_key(it, RANDOM_TOKENS, &tokens, "lifetime", "||1s|2s|40s");
    random_key(it, RANDOM_TOKENS, &tokens, "iat", "||no");
    random_key(it, RANDOM_TOKENS, &tokens, "not-before", "|||0s|-5s|1s");
    random_key(it, RANDOM_TOKENS, &tokens, "cache", "||1s|10s");
    random_key(it, RANDOM_DURATIONS, &durations, "processing", "||0ms|uniform(0ms, 90ms)");
    random_clock(it, 1);
}

/* Returns: whether keys are derived, so that there is a master secret */
static inline bool
random_encryption_provider(const RandomScenario *it)
{
    SrStream durations = random_stream(it, RANDOM_DURATIONS, 3);
    SrStream keys = random_stream(it, RANDOM_KEYS, 0);
    SrStream reuse = random_stream(it, RANDOM_REUSE, 0);
    SrStream replicas = random_stream(it, RANDOM_REPLICAS, 0);
    SrStream masters = random_stream(it, RANDOM_MASTERS, 0);
    char kind[64] = "stored";

    g_string_append(it->text, "[encryption-provider]\n");
    if (random_has(it, RANDOM_KEYS))
        random_pick(&keys, "stored|stored|stored|stored|derived|unstable|static", kind);
    g_string_append_printf(it->text, "kind = %s\n", kind);
    random_key(it, RANDOM_DURATIONS, &durations, "generate", "||0ms|uniform(0ms, 100ms)");
    random_key(it, RANDOM_DURATIONS, &durations, "lookup", "||0ms|100ms|uniform(0ms, 100ms)");
    random_key(it, RANDOM_DURATIONS, &durations, "processing", "||1ms|uniform(0ms, 30ms)");
    random_clock(it, 2);
    if (strcmp(kind, "static") == 0)
        return false;
    random_key(it, RANDOM_KEYS, &keys, "hint", "||unique|timestamp(1ms)|timestamp(1h)|none");
    random_key(it, RANDOM_REUSE, &reuse, "reuse", "|||30ms|1h");
    random_key(it, RANDOM_REUSE, &reuse, "atomic", "|yes|no");
    if (strcmp(kind, "derived") == 0) {
        random_key(it, RANDOM_MASTERS, &masters, "rotate-master", "||100ms|700ms");
        random_key(it, RANDOM_MASTERS, &masters, "keep-masters", "||1|3");
        return true;
    }
    random_key(it, RANDOM_KEYS, &keys, "on-collision", "|refuse|overwrite|keep-first");
    random_key(it, RANDOM_KEYS, &keys, "retention",
               "|forever|on-new-key|last(1)|last(2)|last(3)|for(40ms)|for(500ms)|for(5s)|"
               "until-settled");
    random_key(it, RANDOM_REPLICAS, &replicas, "replicas", "|||2|3");
    random_key(it, RANDOM_REPLICAS, &replicas, "replication", "||5ms|uniform(0ms, 1s)");
    return false;
}

/* ---- faults ---- */

/* Up to three lines of a kind of fault; C stands for a client, S for a service, N for any. */
static inline void
random_faults(const RandomScenario *it, uint32_t dimension, unsigned n_clients,
              const char *choices)
{
    static const char *const services[] = { "server", "encryption-provider", "token-provider" };
    SrStream stream = random_stream(it, dimension, 1000);
    unsigned n = (unsigned) sr_stream_below(&stream, 4);
    char action[64];

    for (; random_has(it, dimension) && n > 0; n--) {
        uint64_t span = UINT64_C(1) << sr_stream_below(&stream, 13);
        uint64_t at = sr_stream_below(&stream, MIN(span, it->end_ms));

        random_pick(&stream, choices, action);
        g_string_append_printf(it->text, "%ums = ", (unsigned) at);
        for (const char *c = action; *c != '\0'; c++) {
            bool client = *c == 'C' || (*c == 'N' && sr_stream_below(&stream, 2) == 0);

            if (client)
                g_string_append_printf(it->text, "c%u",
                                       (unsigned) sr_stream_below(&stream, n_clients));
            else if (*c == 'S' || *c == 'N')
                g_string_append(it->text, services[sr_stream_below(&stream, 3)]);
            else
                g_string_append_c(it->text, *c);
        }
        g_string_append_c(it->text, '\n');
    }
}

static inline void
random_timeline(const RandomScenario *it, unsigned n_clients, bool derived)
{
    SrStream chaos = random_stream(it, RANDOM_CHAOS, 0);

    g_string_append(it->text, "[timeline]\n");
    random_faults(it, RANDOM_CRASHES, n_clients,
                  "crash C|crash C for 10ms|crash C for 700ms|restart C|close C");
    random_faults(it, RANDOM_DISCONNECTS, n_clients,
                  "disconnect C|disconnect C for 10ms|disconnect C for 3s");
    random_faults(it, RANDOM_SERVER, n_clients,
                  "crash server|crash server for 5ms|crash server for 3s|restart server|"
                  "upgrade server");
    random_faults(
        it, RANDOM_DELAYS, n_clients,
        "partition C S for 9ms|partition C S for 600ms|outage S for 5ms|"
        "outage S for 800ms|slow S by 3ms for 1s|slow S by uniform(0ms, 1s) for 90ms");
    random_faults(it, RANDOM_CLOCKS, n_clients,
                  "step-clock N by +3s|step-clock N by -1500ms|sync-clock N");
    if (derived)
        random_faults(it, RANDOM_MASTERS, n_clients, "rotate-master");
    if (!random_has(it, RANDOM_CHAOS) || sr_stream_below(&chaos, 4) > 0)
        return;
    g_string_append(it->text, "[chaos]\n");
    random_key(it, RANDOM_CHAOS, &chaos, "crash", "|0.2/s|2/s");
    random_key(it, RANDOM_CHAOS, &chaos, "disconnect", "|0.2/s|3/s");
    random_key(it, RANDOM_CHAOS, &chaos, "outage", "|0.5/s");
    random_key(it, RANDOM_CHAOS, &chaos, "clock-step", "|0.5/s");
    random_key(it, RANDOM_CHAOS, &chaos, "budget", "|1|5");
}

/* Returns: (transfer full): the text of scenario number @seed of @space */
static inline GString *
random_scenario(uint64_t seed, const RandomSpace *space)
{
    RandomScenario it = { space, seed, g_string_new("[scenario]\n"), 60000 };
    SrStream shape = random_stream(&it, 0, 0), ties = random_stream(&it, RANDOM_TIES, 0);
    SrStream documents = random_stream(&it, RANDOM_DOCUMENTS, 0);
    SrStream previous = random_stream(&it, RANDOM_PREVIOUS, 0);
    unsigned n_clients =
        space->n_clients_min +
        (unsigned) sr_stream_below(&shape, space->n_clients_max - space->n_clients_min + 1);
    unsigned n_documents =
        random_has(&it, RANDOM_DOCUMENTS) && sr_stream_below(&documents, 4) == 0 ? 2 : 1;

    g_string_append_printf(it.text, "seed = %" G_GUINT64_FORMAT "\ncrypto = names\n", seed);
    random_key(&it, RANDOM_TIES, &ties, "ties", "|fifo|seeded");
    if (random_has(&it, RANDOM_TIES) && sr_stream_below(&ties, 3) > 0)
        it.end_ms = sr_stream_below(&ties, 2) > 0 ? 10000 : 1500;
    g_string_append_printf(it.text, "limit = %ums\n", it.end_ms);
    random_network(&it, n_clients);
    for (unsigned i = 0; i < n_documents; i++) {
        g_string_append_printf(it.text, "[document d%u]\n", i);
        random_key(&it, RANDOM_PREVIOUS, &previous, "previous", "|no|yes");
        random_key(&it, RANDOM_LATENCY, &documents, "content", "||1KiB|100KiB");
    }
    for (unsigned i = 0; i < n_clients; i++)
        random_client(&it, i, n_documents);
    random_server(&it);
    random_token_provider(&it);
    random_timeline(&it, n_clients, random_encryption_provider(&it));
    return it.text;
}

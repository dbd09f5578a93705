/* The table of keys: the only source of the reader, the defaults, the reference and the
 * resolved form.
 *
 * The rows of a group are together, and the groups are in the order of the reference. A default
 * is a text that goes through the same parser as a user's value. Keys that several groups share
 * (of links, of clocks) are written once. */
#include "scenario-private.h"

#include <string.h>

/* ---- words; the order is that of the enums in scenario.h ---- */

static const char *const ties_words[] = { "fifo", "seeded", NULL };
static const char *const crypto_words[] = { "real", "names", NULL };
static const char *const early_words[] = { "adopt", "continue", NULL };
static const char *const creating_words[] = { "none", "pending", NULL };
static const char *const owner_words[] = { "release", "promote", "wait", NULL };
/* Those of `algorithm` are the first ones of `accept`. */
static const char *const algorithm_words[] = { "RS256", "RS384", "RS512", "PS256",
                                               "PS384", "PS512", NULL };
static const char *const accept_words[] = {
#define ALGORITHM(name, ...) #name,
#include "session-race/algorithms.def"
    NULL
};
static const char *const tokens_words[] = { "built-in", "exec", NULL };
static const char *const kind_words[] = { "stored",   "static", "derived",
                                          "unstable", "exec",   NULL };
static const char *const hint_words[] = { "unique", "timestamp(R)", "none", NULL };
static const char *const collision_words[] = { "refuse", "overwrite", "keep-first", NULL };
static const char *const retention_words[] = { "forever", "on-new-key",    "last(N)",
                                               "for(D)",  "until-settled", NULL };
static const char *const token_check_words[] = { "connect",        "session-request",
                                                 "create-session", "upload",
                                                 "join",           NULL };

/* ---- what single values do; those of a list of words in its order ---- */

#define NO_MORE { NULL, NULL }
static const SrScenarioValue early_values[] = {
    { "adopt", "It drops its attempt and asks for the key of the session." },
    { "continue", "It finishes its attempt, is rejected, and then asks for the key of the session." },
    NO_MORE,
};
static const SrScenarioValue creating_values[] = {
    { "none", "`session-none`: the client makes a key, tries to create a session too, and is rejected." },
    { "pending", "`session-pending`: the client makes no key and waits for the session." },
    NO_MORE,
};
static const SrScenarioValue owner_values[] = {
    { "release", "The creation is dropped, and all clients of the document are told; those that wait begin anew." },
    { "promote", "The client that was rejected first becomes the owner and uploads from its own attempt; without one it is as `release`." },
    { "wait", "Nothing: the creation stands, and its clients wait for the owner." },
    NO_MORE,
};
static const SrScenarioValue hint_values[] = {
    { "unique", "Each key has a hint of its own." },
    { "timestamp(R)", "The provider's clock in steps of R when the key is made; two keys of one step have the same hint." },
    { "none", "No hint: all keys of a document are under the empty one." },
    NO_MORE,
};
static const SrScenarioValue collision_values[] = {
    { "refuse", "The second request is refused as `unavailable`." },
    { "overwrite", "The second key replaces the first." },
    { "keep-first", "The second client gets the first key." },
    NO_MORE,
};
static const SrScenarioValue retention_values[] = {
    { "forever", "No key is discarded." },
    { "on-new-key", "A new key discards the earlier ones of its document." },
    { "last(N)", "The newest N keys of each document are kept." },
    { "for(D)", "A key is discarded at the age of D, by the provider's clock." },
    { "until-settled", "Clients tell the hint of an established session (`key-settled`), and all other keys of its document are discarded." },
    NO_MORE,
};
static const SrScenarioValue reuse_values[] = {
    { "none", "Every request without a hint gets a new key." },
    { "D", "It gets the newest key of its document that is younger than D, and a new one where there is none." },
    NO_MORE,
};

/* The presets: word, latency, loss. The reader, the values and the reference are made from
 * these rows. Sources: facts.md, "Networks". */
#define PRESETS(ROW)                                                                           \
    ROW("lan", "lognormal(300us, 1ms)", "0%")                                                  \
    ROW("region", "lognormal(6ms, 15ms)", "0.01%")                                             \
    ROW("continent", "lognormal(20ms, 60ms)", "0.1%")                                          \
    ROW("intercontinental", "lognormal(80ms, 180ms)", "0.2%")                                  \
    ROW("mobile", "lognormal(35ms, 250ms)", "1%")                                              \
    ROW("satellite", "280ms + exponential(10ms)", "0.5%")
#define PRESET_WORD(word, latency, loss) word,
#define PRESET_VALUES(word, latency, loss) { latency, loss },
#define PRESET_SENTENCE(word, latency, loss) " `" word "`: " latency ", " loss "."

const char *const sr_preset_words[] = { PRESETS(PRESET_WORD) NULL };

G_STATIC_ASSERT(SR_TIES_SEEDED == 1 && SR_CRYPTO_NAMES == 1 && SR_EARLY_CONTINUE == 1 &&
                SR_WHILE_CREATING_PENDING == 1);
G_STATIC_ASSERT(SR_OWNER_LOST_WAIT == 2 && SR_JWT_PS512 == 5 && SR_KEYS_EXEC == 4 &&
                SR_TOKENS_EXEC == 1 && SR_HINT_NONE == 2);
G_STATIC_ASSERT(SR_COLLISION_KEEP_FIRST == 2 && SR_RETENTION_UNTIL_SETTLED == 4);
G_STATIC_ASSERT(SR_CHECK_TOKEN_JOIN == 1u << 4);
G_STATIC_ASSERT(sizeof(SrTies) == sizeof(unsigned));

static const char *const presets[][2] = { PRESETS(PRESET_VALUES) };
G_STATIC_ASSERT(G_N_ELEMENTS(presets) + 1 == G_N_ELEMENTS(sr_preset_words));

const char *const *
sr_preset_values(unsigned index)
{
    return presets[index];
}

/* ---- the table ---- */

#define AT(type, field) offsetof(type, field)
#define NEVER .none_value = SR_TIME_NEVER

/* clang-format off */

/* The keys of a link: with defaults in [network], without in [link]. */
#define LINK_KEYS(group, latency_text, ordered_text, zero_text, rto_text, bandwidth_text)                                       \
    { group, "latency", &sr_type_distribution, AT(SrLinkSettings, latency), latency_text,                                       \
      .meaning = "How long a message takes, one way; drawn for each message.", .bit = SR_LINK_LATENCY },                                   \
    { group, "ordered", &sr_type_boolean, AT(SrLinkSettings, ordered), ordered_text,                                            \
      .meaning = "Whether messages arrive in the order of sending, as on a WebSocket.", .bit = SR_LINK_ORDERED },                          \
    { group, "loss", &sr_type_percent, AT(SrLinkSettings, loss), zero_text,                                                     \
      .meaning = "How many messages are lost: an ordered link sends them again after `rto`, an unordered one never does.",                 \
      .bit = SR_LINK_LOSS },                                                                                                    \
    { group, "duplicate", &sr_type_percent, AT(SrLinkSettings, duplicate), zero_text,                                           \
      .meaning = "How many messages arrive twice; unordered links only.", .bit = SR_LINK_DUPLICATE },                                      \
    { group, "rto", &sr_type_span, AT(SrLinkSettings, rto), rto_text,                                                           \
      .meaning = "First retransmission timeout of an ordered link; it doubles with each loss.", .bit = SR_LINK_RTO, .min = 1 },            \
    { group, "bandwidth", &sr_type_bandwidth, AT(SrLinkSettings, bandwidth_bps), bandwidth_text,                                \
      .meaning = "How fast content is sent; all other messages count as size 0.", .bit = SR_LINK_BANDWIDTH, .min = 1,                      \
      .max = UINT64_C(1000000000000), .none = "unlimited", .none_value = 0 },                                                   \
    { group, "preset", &sr_type_word, AT(SrLinkSettings, given), "",                                                            \
      .meaning = "Sets `latency` and `loss` to measured ones; a key given beside it wins." PRESETS(PRESET_SENTENCE),           \
      .words = sr_preset_words }

/* How wrong a node's clock is. */
#define CLOCK_KEYS(group, type)                                                                                                 \
    { group, "clock-offset", &sr_type_signed_span, AT(type, clock.offset_ns), "0ms",                                            \
      .meaning = "How far the clock is ahead (behind when negative) at the start." },                                                      \
    { group, "clock-drift", &sr_type_ppm, AT(type, clock.drift_ppm), "0ppm",                                                    \
      .meaning = "How much too fast (too slow when negative) the clock runs.", .max = 100000 },                                            \
    { group, "ntp-interval", &sr_type_span, AT(type, clock.ntp_interval), "none",                                               \
      .meaning = "How often NTP corrects the clock.", .min = SR_NS_PER_MS, .none = "none", .none_value = 0 },                              \
    { group, "ntp-error", &sr_type_span, AT(type, clock.ntp_error), "0ms",                                                      \
      .meaning = "By how much a correction misses at most, either way." }

static const SrKey keys[] = {
    { SR_GROUP_SCENARIO, "title", &sr_type_text, AT(SrScenario, title), "", .meaning = "What the scenario shows, one line." },
    { SR_GROUP_SCENARIO, "description", &sr_type_text, AT(SrScenario, description), "", .meaning = "More about it." },
    { SR_GROUP_SCENARIO, "seed", &sr_type_number64, AT(SrScenario, seed), "1", .meaning = "Where every draw of the run comes from." },
    { SR_GROUP_SCENARIO, "limit", &sr_type_span, AT(SrScenario, limit), "60s",
      .meaning = "Virtual time at which the run ends at the latest. It ends earlier, when nothing is left that keeps it going: token renewals, "
                 "NTP corrections, the ageing of keys and the rotation of the master secret alone do not.", .min = 1 },
    { SR_GROUP_SCENARIO, "epoch", &sr_type_epoch, AT(SrScenario, epoch_s), "2023-06-01T00:00:00Z",
      .meaning = "Date and time of the run's start, which clocks and tokens count from." },
    { SR_GROUP_SCENARIO, "ties", &sr_type_word, AT(SrScenario, ties), "fifo",
      .meaning = "Order of events at one instant: as they were scheduled, or drawn from the seed.", .words = ties_words },
    { SR_GROUP_SCENARIO, "crypto", &sr_type_word, AT(SrScenario, crypto), "real",
      .meaning = "Whether keys, seals and tokens are real or stand for themselves; the trace is the same.", .words = crypto_words },
    { SR_GROUP_SCENARIO, "max-events", &sr_type_number64, AT(SrScenario, max_events), "100000000",
      .meaning = "How many events a run may have: arrivals, answers, timers, faults. One that needs more is ended without a verdict.",
      .min = 1, .max = UINT64_C(1000000000000), .later = true },
    { SR_GROUP_SCENARIO, "cut", &sr_type_share, AT(SrScenario, cut), "none",
      .meaning = "How much of every distribution with a tail is kept: `99.9%` clamps its draws to its central 99.9 %, in runs, in sweeps and in "
                 "proofs with times, which need bounds.", .none = "none", .none_value = 0, .later = true },

    LINK_KEYS(SR_GROUP_NETWORK, "lognormal(20ms, 60ms)", "yes", "0%", "200ms", "unlimited"),
    LINK_KEYS(SR_GROUP_LINK, "", "", "", "", ""),

    { SR_GROUP_DOCUMENT, "content", &sr_type_size, AT(SrDocumentSettings, content_bytes), "4KiB",
      .meaning = "Size of its content.", .max = 16 << 20 },
    { SR_GROUP_DOCUMENT, "previous", &sr_type_boolean, AT(SrDocumentSettings, previous), "no",
      .meaning = "Whether the server holds an older session that only an outdated editor can open." },

    { SR_GROUP_CLIENT, "count", &sr_type_number32, AT(SrClientGroup, count), "1",
      .meaning = "How many there are: NAME-1 to NAME-n when more than one.", .min = 1, .max = SR_SCENARIO_CLIENTS_MAX },
    { SR_GROUP_CLIENT, "start", &sr_type_distribution, AT(SrClientGroup, start), "0ms", .meaning = "When the user opens the document." },
    { SR_GROUP_CLIENT, "document", &sr_type_document, AT(SrClientGroup, document), "",
      .meaning = "Which document; needed when there are several." },
    { SR_GROUP_CLIENT, "derive", &sr_type_distribution, AT(SrClientGroup, derive), "25ms",
      .meaning = "How long the client derives a wrapping key from a key." },
    { SR_GROUP_CLIENT, "early-available", &sr_type_word, AT(SrClientGroup, early_available), "adopt",
      .meaning = "What a client busy with its own attempt does on `session-available`.", .words = early_words, .values = early_values },
    { SR_GROUP_CLIENT, "cache-keys", &sr_type_boolean, AT(SrClientGroup, cache_keys), "no",
      .meaning = "Whether a client that holds a hint's key joins without asking for it again." },
    { SR_GROUP_CLIENT, "patience", &sr_type_span, AT(SrClientGroup, patience), "none",
      .meaning = "How long a client waits in step 5 before it fails.", .none = "none", NEVER },
    { SR_GROUP_CLIENT, "key-retry", &sr_type_retry, AT(SrClientGroup, key_retry), "5 times from 200ms to 5s",
      .meaning = "When a refused key request is tried again." },
    { SR_GROUP_CLIENT, "connect-retry", &sr_type_retry, AT(SrClientGroup, connect_retry), "none",
      .meaning = "When a refused connection is tried again, with a fresh token." },
    { SR_GROUP_CLIENT, "reconnect", &sr_type_retry, AT(SrClientGroup, reconnect), "unlimited from 500ms to 10s",
      .meaning = "When a lost connection is tried again." },
    { SR_GROUP_CLIENT, "request-timeout", &sr_type_span, AT(SrClientGroup, request_timeout), "10s",
      .meaning = "How long a client waits for a provider's answer.", .min = 1 },
    { SR_GROUP_CLIENT, "token-refresh", &sr_type_span, AT(SrClientGroup, token_refresh), "30s",
      .meaning = "How long before its token's expiry a client asks for the next.", .none = "none", NEVER },
    { SR_GROUP_CLIENT, "replica", &sr_type_number32, AT(SrClientGroup, replica), "any",
      .meaning = "Which copy of the store answers its lookups, where `replicas` is above 1: 1 is the one that keys are written to, the "
                 "others know a change `replication` later; any: drawn for each lookup.",
      .min = 1, .max = 16, .none = "any", .none_value = SR_REPLICA_ANY, .later = true },
    CLOCK_KEYS(SR_GROUP_CLIENT, SrClientGroup),

    { SR_GROUP_SERVER, "processing", &sr_type_distribution, AT(SrServerSettings, processing), "0ms",
      .meaning = "How long each message occupies the server; one at a time." },
    { SR_GROUP_SERVER, "leeway", &sr_type_seconds, AT(SrServerSettings, leeway_s), "0s",
      .meaning = "How much a token's times may be off." },
    { SR_GROUP_SERVER, "check-iat", &sr_type_boolean, AT(SrServerSettings, check_iat), "yes",
      .meaning = "Whether a token issued in the future is refused: a habit of some libraries, not of RFC 7519." },
    { SR_GROUP_SERVER, "check-token", &sr_type_words, AT(SrServerSettings, check_token), "connect, create-session, join",
      .meaning = "On which messages the token is judged.", .words = token_check_words },
    { SR_GROUP_SERVER, "while-creating", &sr_type_word, AT(SrServerSettings, while_creating), "none",
      .meaning = "Answer to a session request while a session is being created.", .words = creating_words, .values = creating_values },
    { SR_GROUP_SERVER, "on-owner-lost", &sr_type_word, AT(SrServerSettings, on_owner_lost), "release",
      .meaning = "What becomes of a creation whose owner is lost before its upload has arrived.", .words = owner_words, .values = owner_values },
    { SR_GROUP_SERVER, "establish-timeout", &sr_type_span, AT(SrServerSettings, establish_timeout), "none",
      .meaning = "How long after `create-accepted` an owner without upload counts as lost.", .min = SR_NS_PER_US, .none = "none", NEVER },
    { SR_GROUP_SERVER, "detect-loss", &sr_type_span, AT(SrServerSettings, detect_loss), "0ms",
      .meaning = "How much later than the client the server sees a connection close." },
    { SR_GROUP_SERVER, "durable", &sr_type_boolean, AT(SrServerSettings, durable), "yes",
      .meaning = "Whether an established session survives a crash of the server." },
    { SR_GROUP_SERVER, "accept", &sr_type_words, AT(SrServerSettings, accept), "RS256, RS384, RS512, PS256, PS384, PS512",
      .meaning = "With `kind = exec` in `[token-provider]`: which `alg` of a token the server verifies.", .words = accept_words },
    CLOCK_KEYS(SR_GROUP_SERVER, SrServerSettings),

    { SR_GROUP_TOKEN_PROVIDER, "enabled", &sr_type_boolean, AT(SrTokenProviderSettings, enabled), "yes",
      .meaning = "Whether there are tokens at all." },
    { SR_GROUP_TOKEN_PROVIDER, "kind", &sr_type_word, AT(SrTokenProviderSettings, kind), "built-in",
      .meaning = "Who signs tokens: a signer of ours, or `exec`, the program that `--signer` names.", .words = tokens_words },
    { SR_GROUP_TOKEN_PROVIDER, "processing", &sr_type_distribution, AT(SrTokenProviderSettings, processing), "1ms",
      .meaning = "How long signing a token takes; one at a time." },
    { SR_GROUP_TOKEN_PROVIDER, "io", &sr_type_distribution, AT(SrTokenProviderSettings, io), "lognormal(1ms, 5ms)",
      .meaning = "With `kind = exec`: how long each leg of a call that the program makes takes; drawn for each leg." },
    { SR_GROUP_TOKEN_PROVIDER, "algorithm", &sr_type_word, AT(SrTokenProviderSettings, algorithm), "RS256",
      .meaning = "How tokens are signed.", .words = algorithm_words },
    { SR_GROUP_TOKEN_PROVIDER, "lifetime", &sr_type_seconds, AT(SrTokenProviderSettings, lifetime_s), "5min",
      .meaning = "From a token's `iat` to its `exp`.", .min = SR_NS_PER_S },
    { SR_GROUP_TOKEN_PROVIDER, "iat", &sr_type_boolean, AT(SrTokenProviderSettings, iat), "yes",
      .meaning = "Whether tokens say when they were issued." },
    { SR_GROUP_TOKEN_PROVIDER, "not-before", &sr_type_signed_seconds, AT(SrTokenProviderSettings, not_before_s), "none",
      .meaning = "From a token's `iat` to its `nbf`.", .max = SR_SPAN_MAX, .none = "none" },
    { SR_GROUP_TOKEN_PROVIDER, "cache", &sr_type_span, AT(SrTokenProviderSettings, cache), "none",
      .meaning = "How long everybody is handed the same token.", .min = 1, .none = "none", .none_value = 0 },
    CLOCK_KEYS(SR_GROUP_TOKEN_PROVIDER, SrTokenProviderSettings),

    { SR_GROUP_ENCRYPTION_PROVIDER, "kind", &sr_type_word, AT(SrEncryptionProviderSettings, kind), "stored",
      .meaning = "Where keys come from: made and kept under their hints; one for all; computed from a hint and a master secret; another one "
                 "each time that a hint comes; or `exec`, the program that `--provider` names.", .words = kind_words },
    { SR_GROUP_ENCRYPTION_PROVIDER, "generate", &sr_type_distribution, AT(SrEncryptionProviderSettings, generate), "20ms",
      .meaning = "How long a request without hint takes." },
    { SR_GROUP_ENCRYPTION_PROVIDER, "lookup", &sr_type_distribution, AT(SrEncryptionProviderSettings, lookup), "10ms",
      .meaning = "How long a request with a hint takes." },
    { SR_GROUP_ENCRYPTION_PROVIDER, "io", &sr_type_distribution, AT(SrEncryptionProviderSettings, io), "lognormal(1ms, 5ms)",
      .meaning = "With `kind = exec`: how long each leg of a call that the program makes takes; drawn for each leg." },
    { SR_GROUP_ENCRYPTION_PROVIDER, "processing", &sr_type_distribution, AT(SrEncryptionProviderSettings, processing), "0ms",
      .meaning = "How long each message occupies the provider; one at a time." },
    { SR_GROUP_ENCRYPTION_PROVIDER, "hint", &sr_type_hint, 0, "unique",
      .meaning = "What a new key's hint is.", .words = hint_words, .values = hint_values },
    { SR_GROUP_ENCRYPTION_PROVIDER, "on-collision", &sr_type_word, AT(SrEncryptionProviderSettings, on_collision), "refuse",
      .meaning = "What happens to a second key under one hint.", .words = collision_words, .values = collision_values },
    { SR_GROUP_ENCRYPTION_PROVIDER, "retention", &sr_type_retention, 0, "forever",
      .meaning = "How long keys are kept.", .words = retention_words, .values = retention_values },
    { SR_GROUP_ENCRYPTION_PROVIDER, "reuse", &sr_type_span, AT(SrEncryptionProviderSettings, reuse), "none",
      .meaning = "Whether a request without a hint may get a key that is there.", .min = 1, .none = "none", .none_value = 0,
      .values = reuse_values },
    { SR_GROUP_ENCRYPTION_PROVIDER, "atomic", &sr_type_boolean, AT(SrEncryptionProviderSettings, atomic), "yes",
      .meaning = "Whether looking for a key to reuse and storing a new one are one step." },
    { SR_GROUP_ENCRYPTION_PROVIDER, "replicas", &sr_type_number32, AT(SrEncryptionProviderSettings, replicas), "1",
      .meaning = "How many copies of the store answer.", .min = 1, .max = 16 },
    { SR_GROUP_ENCRYPTION_PROVIDER, "replication", &sr_type_distribution, AT(SrEncryptionProviderSettings, replication), "0ms",
      .meaning = "How much later a change reaches each other copy." },
    { SR_GROUP_ENCRYPTION_PROVIDER, "rotate-master", &sr_type_span, AT(SrEncryptionProviderSettings, rotate_master), "never",
      .meaning = "How often the master secret is replaced.", .min = SR_NS_PER_MS, .none = "never", NEVER },
    { SR_GROUP_ENCRYPTION_PROVIDER, "keep-masters", &sr_type_number32, AT(SrEncryptionProviderSettings, keep_masters), "2",
      .meaning = "How many master secrets are kept, the one in use included.", .min = 1, .max = 1000 },
    CLOCK_KEYS(SR_GROUP_ENCRYPTION_PROVIDER, SrEncryptionProviderSettings),

    { SR_GROUP_TIMELINE, "INSTANT", &sr_type_action, 0, "", .meaning = "What happens at that instant; an instant may come again." },

    { SR_GROUP_CHAOS, "crash", &sr_type_rate, AT(SrChaosSettings, crash), "none", .meaning = "How often some client crashes; it is gone for uniform(100ms, 5s).", .none = "none", NEVER },
    { SR_GROUP_CHAOS, "disconnect", &sr_type_rate, AT(SrChaosSettings, disconnect), "none", .meaning = "How often some client loses its connection and can open none for uniform(50ms, 3s).", .none = "none", NEVER },
    { SR_GROUP_CHAOS, "outage", &sr_type_rate, AT(SrChaosSettings, outage), "none", .meaning = "How often one of the three services takes up no message for uniform(50ms, 2s).", .none = "none", NEVER },
    { SR_GROUP_CHAOS, "clock-step", &sr_type_rate, AT(SrChaosSettings, clock_step), "none", 
      .meaning = "How often some node's clock jumps, by uniform(1ms, 2s) either way; uniform(1s, 10s) later it is healed: it jumps back, or, "
                 "where NTP corrects it, is set right.", .none = "none", NEVER },
    { SR_GROUP_CHAOS, "until", &sr_type_span, AT(SrChaosSettings, until), "half-time",
      .meaning = "When faults cease: none begins or lasts later, so that a quiet tail follows; half-time is half of `limit`.", .none = "half-time", NEVER },
    { SR_GROUP_CHAOS, "budget", &sr_type_number64, AT(SrChaosSettings, budget), "unlimited", .meaning = "How many faults there are at most.",
      .max = SR_CHAOS_FAULTS_MAX, .none = "unlimited", NEVER },

    { SR_GROUP_EXPECT, "verdict", &sr_type_verdict, 0, "pass", .meaning = "Whether all checks pass, or exactly which fail." },
    { SR_GROUP_EXPECT, "winner", &sr_type_winner, 0, "", .meaning = "Who owns the session that was established first." },
    { SR_GROUP_EXPECT, "collaborating", &sr_type_collaborating, 0, "",
      .meaning = "Who collaborates at the end; all when the verdict is pass, else it is not looked at." },
    { SR_GROUP_EXPECT, "within", &sr_type_span, AT(SrExpect, within), "", .meaning = "When they all do at the latest." },

    { SR_GROUP_EXPECT_CLIENT, "outcome", &sr_type_outcome, 0, "",
      .meaning = "At the end: it owns the session (`wins`), collaborates in another's (`joins`), has failed, or waits for a session (`waits`). "
                 "REASON is `encryption` (it gets no key, or the content does not open with it), `jwt` (its token is refused, or none "
                 "comes), `general` (its `patience` or its `reconnect` is used up), or `content` or `client-update-required`, which are "
                 "documented but nothing simulated ends in." },
    { SR_GROUP_EXPECT_CLIENT, "at", &sr_type_span, AT(SrExpectClient, at), "",
      .meaning = "The exact instant at which it first collaborates, or fails." },
    { SR_GROUP_EXPECT_CLIENT, "before", &sr_type_span, AT(SrExpectClient, before), "", .meaning = "An instant before which it does." },

    { SR_GROUP_EXPLORE, "clients", &sr_type_number32, AT(SrExploreSettings, clients), "all", .meaning = "How many of the clients take part, from the first.",
      .min = 1, .max = SR_SCENARIO_CLIENTS_MAX, .none = "all", .none_value = 0 },
    { SR_GROUP_EXPLORE, "crashes", &sr_type_number32, AT(SrExploreSettings, crashes), "0", .meaning = "How many crashes may happen.", .max = 100 },
    { SR_GROUP_EXPLORE, "disconnects", &sr_type_number32, AT(SrExploreSettings, disconnects), "0", .meaning = "How many connections may be lost.", .max = 100 },
    { SR_GROUP_EXPLORE, "outages", &sr_type_number32, AT(SrExploreSettings, outages), "0", .meaning = "Read and of no effect: an outage only delays, and every delay is looked at anyway.", .max = 100 },
    { SR_GROUP_EXPLORE, "expirations", &sr_type_number32, AT(SrExploreSettings, expirations), "0",
      .meaning = "How often a token, a request, patience or an establish-timeout may run out; limits of retries do not count down without --count-retries.", .max = 100 },
    { SR_GROUP_EXPLORE, "timed", &sr_type_boolean, AT(SrExploreSettings, timed), "no",
      .meaning = "Keep every delay within its bounds and look at all of them at once, as with --timed; budgets then count for nothing.", .later = true },
    { SR_GROUP_EXPLORE, "verdict", &sr_type_verdict, 0, "pass", .meaning = "The answer that is expected." },

    { SR_GROUP_DRAWS, "PURPOSE CLIENT NUMBER", &sr_type_draw, 0, "",
      .meaning = "What that one draw comes out as, whatever the seed; `run --draws FILE` writes all that a run makes." },

    { SR_GROUP_STUDY, "seeds", &sr_type_seeds, 0, "1..1000", .meaning = "Which seeds are run at each point." },
    { SR_GROUP_STUDY, "vary GROUP.KEY", &sr_type_vary, 0, "", .meaning = "Values that a key takes, between bars; all combinations are run. "
                 "`0ms..500ms step 50ms` and `2..20 step 2` are all values from the first to the last, both included; "
                 "a range may stand within a value, as in `for(1s..5s step 1s)`." },
    { SR_GROUP_STUDY, "zip", &sr_type_zip, 0, "", .meaning = "Varied keys that go together, value by value." },
    { SR_GROUP_STUDY, "require", &sr_type_require, 0, "",
      .meaning = "Thresholds that the result must keep, such as clients(locked-out) < 0.1%, runs(key-found) < 0.1%, p99(time-to-collaborate) < 1s." },
};

/* Words, labels and meanings of the groups; `first` and `n` are computed from the table. */
static SrGroupInfo groups[SR_GROUP_N] = {
    [SR_GROUP_SCENARIO]            = { "scenario", "scenario", "the run as a whole", false, 0, 0 },
    [SR_GROUP_NETWORK]             = { "network", "network", "every link between a client and a service", false, 0, 0 },
    [SR_GROUP_LINK]                = { "link", "link A B", "one link; [link A -> B] is one direction of it, and * is any end", true, 0, 0 },
    [SR_GROUP_DOCUMENT]            = { "document", "document NAME", "a document that is edited", true, 0, 0 },
    [SR_GROUP_CLIENT]              = { "client", "client NAME", "an editor, or several alike", true, 0, 0 },
    [SR_GROUP_SERVER]              = { "server", "server", "the server that holds the sessions", false, 0, 0 },
    [SR_GROUP_TOKEN_PROVIDER]      = { "token-provider", "token-provider", "the endpoint that signs tokens", false, 0, 0 },
    [SR_GROUP_ENCRYPTION_PROVIDER] = { "encryption-provider", "encryption-provider", "the endpoint that hands out keys", false, 0, 0 },
    [SR_GROUP_TIMELINE]            = { "timeline", "timeline", "what goes wrong, and when", false, 0, 0 },
    [SR_GROUP_CHAOS]               = { "chaos", "chaos", "faults drawn from the seed, as if they stood in the timeline; rates are those of the whole run, not of each node", true, 0, 0 },
    [SR_GROUP_EXPECT]              = { "expect", "expect", "what the run should end in", false, 0, 0 },
    [SR_GROUP_EXPECT_CLIENT]       = { "expect client", "expect client NAME", "what should become of one client, or of each of a group", true, 0, 0 },
    [SR_GROUP_EXPLORE]             = { "explore", "explore", "how far the search of all orders goes", true, 0, 0 },
    [SR_GROUP_DRAWS]               = { "draws", "draws", "single draws of the run that are fixed, by their names", false, 0, 0 },
    [SR_GROUP_STUDY]               = { "study", "study", "what a sweep runs over", true, 0, 0 },
};
/* clang-format on */

static SrScenarioKey public_keys[G_N_ELEMENTS(keys)];

static const char *
type_text(const SrKey *key)
{
    g_autofree char *text = NULL;

    if (key->words != NULL) {
        g_autofree char *words = sr_join_words(key->words);

        text = g_strdup_printf("%s %s", key->type->name, words);
    } else if (key->none != NULL) {
        text = g_strdup_printf("%s or %s", key->type->name, key->none);
    } else {
        return key->type->name;
    }
    return g_intern_string(text);
}

static const char *const *
words_of(const SrKey *key)
{
    static const char *const yes_or_no[] = { "yes", "no", NULL };

    return key->type == &sr_type_boolean ? yes_or_no : key->words;
}

/* Counts the rows of each kind and makes the public table, once. */
static void
ready(void)
{
    static gsize done = 0;

    if (!g_once_init_enter(&done))
        return;
    for (unsigned i = 0; i < G_N_ELEMENTS(keys); i++) {
        SrGroupInfo *info = &groups[keys[i].group];

        if (info->n == 0)
            info->first = i;
        g_assert(info->first + info->n == i && info->n < SR_GROUP_KEYS_MAX);
        info->n++;
        public_keys[i] =
            (SrScenarioKey){ info->label,        keys[i].name,         type_text(&keys[i]),
                             keys[i].type->unit, keys[i].default_text, keys[i].meaning,
                             keys[i].values,       words_of(&keys[i]) };
    }
    g_once_init_leave(&done, 1);
}

const SrGroupInfo *
sr_group_info(SrGroupKind kind)
{
    ready();
    return &groups[kind];
}

const SrKey *
sr_group_key(SrGroupKind kind, unsigned index)
{
    const SrGroupInfo *info = sr_group_info(kind);

    g_assert(index < info->n);
    return &keys[info->first + index];
}

const SrScenarioKey *
sr_key_about(const SrKey *key)
{
    ready();
    return &public_keys[key - keys];
}

int
sr_group_find(SrGroupKind kind, SrSlice name)
{
    const SrGroupInfo *info = sr_group_info(kind);

    for (unsigned i = 0; i < info->n; i++)
        if (sr_slice_equals(name, keys[info->first + i].name))
            return (int) i;
    return -1;
}

unsigned
sr_group_index(SrGroupKind kind, const char *name)
{
    int index = sr_group_find(kind, sr_slice_text(name));

    g_assert(index >= 0);
    return (unsigned) index;
}

const SrScenarioKey *
sr_scenario_keys(size_t *n)
{
    ready();
    *n = G_N_ELEMENTS(public_keys);
    return public_keys;
}

const char *
sr_scenario_key_group(const char *key)
{
    ready();
    for (unsigned i = 0; i < G_N_ELEMENTS(public_keys); i++)
        if (strcmp(key, public_keys[i].name) == 0)
            return public_keys[i].group;
    return NULL;
}

/* ---- the reference ---- */

void
sr_scenario_keys_markdown(GString *out)
{
    for (unsigned kind = 0; kind < SR_GROUP_N; kind++) {
        const SrGroupInfo *info = sr_group_info(kind);

        g_string_append_printf(out, "%s### `[%s]`: %s\n\n", kind > 0 ? "\n" : "", info->label,
                               info->meaning);
        g_string_append(out,
                        "| key | value | default | meaning |\n| --- | --- | --- | --- |\n");
        for (unsigned i = 0; i < info->n; i++) {
            const SrScenarioKey *key = &public_keys[info->first + i];

            g_string_append_printf(out, "| `%s` | %s%s%s%s | ", key->name, key->type,
                                   *key->unit != '\0' ? " (" : "", key->unit,
                                   *key->unit != '\0' ? ")" : "");
            if (*key->default_text != '\0')
                g_string_append_printf(out, "`%s`", key->default_text);
            g_string_append_printf(out, " | %s", key->meaning);
            for (const SrScenarioValue *v = key->values; v != NULL && v->value != NULL; v++)
                g_string_append_printf(out, " `%s`: %s", v->value, v->meaning);
            g_string_append(out, " |\n");
        }
        if (kind == SR_GROUP_TIMELINE) {
            g_string_append_c(out, '\n');
            sr_timeline_actions(out, true);
        }
        if (kind == SR_GROUP_DRAWS) {
            g_string_append_c(out, '\n');
            sr_draws_purposes(out, true);
        }
    }
}

static void
append_values_text(GString *out, const SrScenarioValue *values)
{
    size_t width = 0;

    for (const SrScenarioValue *v = values; v != NULL && v->value != NULL; v++)
        width = MAX(width, strlen(v->value));
    for (const SrScenarioValue *v = values; v != NULL && v->value != NULL; v++)
        g_string_append_printf(out, "      %-*s  %s\n", (int) width, v->value, v->meaning);
}

static void
append_key_text(GString *out, const SrScenarioKey *key)
{
    g_string_append_printf(out, "  %s = %s", key->name, key->type);
    if (*key->unit != '\0')
        g_string_append_printf(out, " (%s)", key->unit);
    if (*key->default_text != '\0')
        g_string_append_printf(out, " [%s]", key->default_text);
    g_string_append_printf(out, "\n      %s\n", key->meaning);
    append_values_text(out, key->values);
}

/* @name: (nullable): of the only key that is written. Returns: whether there is one */
static bool
append_group_text(GString *out, SrGroupKind kind, const char *name)
{
    const SrGroupInfo *info = sr_group_info(kind);
    int only = name != NULL ? sr_group_find(kind, sr_slice_text(name)) : -1;

    if (name != NULL && only < 0)
        return false;
    g_string_append_printf(out, "%s[%s]  %s\n", out->len > 0 ? "\n" : "", info->label,
                           info->meaning);
    for (unsigned i = 0; i < info->n; i++)
        if (name == NULL || i == (unsigned) only)
            append_key_text(out, &public_keys[info->first + i]);
    if (kind == SR_GROUP_TIMELINE)
        sr_timeline_actions(out, false);
    if (kind == SR_GROUP_DRAWS)
        sr_draws_purposes(out, false);
    return true;
}

bool
sr_scenario_keys_text(GString *out, const char *what)
{
    const char *dot = what != NULL ? strchr(what, '.') : NULL;
    g_autofree char *group = dot != NULL ? g_strndup(what, (gsize) (dot - what)) : g_strdup(what);
    bool found = false;

    ready();
    for (unsigned kind = 0; kind < SR_GROUP_N; kind++)
        if (group == NULL || strcmp(group, groups[kind].word) == 0 ||
            strcmp(group, groups[kind].label) == 0)
            found |= append_group_text(out, kind, dot != NULL ? dot + 1 : NULL);
    return found;
}

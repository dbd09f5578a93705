/* The client's table, as conversations: each row of section 3 of the protocol, and what is left
 * open there, is one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "protocol/script.h"

#include "protocol/client.h"

/* Departures from the default settings. */
enum {
    NO_TOKENS = 1,
    CONTINUE = 2,
    CACHE = 4,
    SETTLE = 8,
    PATIENCE = 16,
    CONNECT_RETRY = 32,
    NO_KEY_RETRY = 64,
    NO_RECONNECT = 128,
    NO_REFRESH = 256,
};

#define STEPS_MAX 24
#define SELF 2 /* its index among the clients */

struct conversation {
    const char *name;
    unsigned settings;
    struct {
        const char *input; /* see step() */
        const char *want;
    } steps[STEPS_MAX];
};

/* The usual beginnings, so that rows show what they are about. */
#define TO_CONNECTING                                                                          \
    { "start", "!start @token token-request ~main=10s" },                                      \
    {                                                                                          \
        "token", "+ !connection-opened @connecting connect ~renew@270s"                        \
    }
#define TO_REQUESTING                                                                          \
    TO_CONNECTING,                                                                             \
    {                                                                                          \
        "connected", "@requesting session-request"                                             \
    }
#define TO_MAKING_KEY                                                                          \
    TO_REQUESTING,                                                                             \
    {                                                                                          \
        "session-none", "@making-key key-request ~main=10s"                                    \
    }
#define TO_SEALING                                                                             \
    TO_MAKING_KEY,                                                                             \
    {                                                                                          \
        "key h3 k3", "@sealing ~derive=1"                                                      \
    }
#define TO_CREATED                                                                             \
    TO_SEALING,                                                                                \
    {                                                                                          \
        "main", "!sealed @created create-session h3"                                           \
    }
#define TO_UPLOADING                                                                           \
    TO_CREATED,                                                                                \
    {                                                                                          \
        "create-accepted h3", "!won @uploading upload h3 k3"                                   \
    }
#define TO_WAITING                                                                             \
    TO_CREATED,                                                                                \
    {                                                                                          \
        "create-rejected", "!rejected @waiting"                                                \
    }
#define TO_LOOKING_UP                                                                          \
    TO_WAITING,                                                                                \
    {                                                                                          \
        "session-available h7", "@looking-up key-request h7 ~main=10s"                         \
    }
#define TO_DERIVING                                                                            \
    TO_LOOKING_UP,                                                                             \
    {                                                                                          \
        "key h7 k7", "@deriving ~derive=1"                                                     \
    }
#define TO_JOINING                                                                             \
    TO_DERIVING,                                                                               \
    {                                                                                          \
        "main", "@joining join"                                                                \
    }
#define TO_COLLABORATING                                                                       \
    TO_JOINING,                                                                                \
    {                                                                                          \
        "content h7 k7", "!opened=yes !collaborating @collaborating"                           \
    }

static const struct conversation conversations[] = {
    { "the winner takes the seven steps",
      0,
      { TO_UPLOADING, { "session-available h3", "!collaborating @collaborating" } } },
    { "the rejected client waits, looks up, joins", 0, { TO_COLLABORATING } },
    { "without tokens it connects at its start",
      NO_TOKENS,
      { { "start", "!start + !connection-opened @connecting connect" } } },
    { "without a refresh no renewal is planned",
      NO_REFRESH,
      { { "start", "!start @token token-request ~main=10s" },
        { "token", "+ !connection-opened @connecting connect" } } },
    { "a refused token fails with jwt",
      0,
      { TO_CONNECTING,
        { "connect-refused issued-in-future",
          "!connection-closed=failed -- !failed=jwt @failed" },
        { "connected", "" } } },
    { "a refused token is tried again fresh under connect-retry",
      CONNECT_RETRY,
      { TO_CONNECTING,
        { "connect-refused expired", "!connection-closed=jwt - @reconnecting ~main=1s" },
        { "main", "@token token-request ~main=10s" },
        { "token", "+ !connection-opened @connecting connect ~renew@270s" },
        { "connect-refused expired", "!connection-closed=jwt - @reconnecting ~main=2s" },
        { "main", "@token token-request ~main=10s" },
        { "token", "+ !connection-opened @connecting connect ~renew@270s" },
        { "connect-refused expired", "!connection-closed=failed -- !failed=jwt @failed" } } },
    { "no token in time is like a refusal",
      CONNECT_RETRY,
      { { "start", "!start @token token-request ~main=10s" },
        { "main", "@reconnecting ~main=1s" },
        { "token r1", "" },
        { "main", "@token token-request ~main=10s" } } },
    { "an established session sends it straight to step 7",
      0,
      { TO_REQUESTING, { "session-available h7", "@looking-up key-request h7 ~main=10s" } } },
    { "pending makes it wait without an attempt",
      0,
      { TO_REQUESTING,
        { "session-pending", "@waiting" },
        { "session-available h7", "@looking-up key-request h7 ~main=10s" } } },
    { "patience runs out in step 5",
      PATIENCE,
      { TO_CREATED,
        { "create-rejected", "!rejected @waiting ~main=5s" },
        { "main", "!connection-closed=failed -- !failed=general @failed" } } },
    { "patience is counted from session-pending too",
      PATIENCE,
      { TO_REQUESTING, { "session-pending", "@waiting ~main=5s" } } },
    { "adopt drops its own attempt in step 2",
      0,
      { TO_MAKING_KEY,
        { "session-available h7", "@looking-up key-request h7 ~main=10s" },
        { "key r2 h3 k3", "" },
        { "create-rejected", "" } } },
    { "adopt drops its own attempt in step 3",
      0,
      { TO_SEALING, { "session-available h7", "@looking-up key-request h7 ~main=10s" } } },
    { "adopt drops its own attempt in step 4, and the rejection after it",
      0,
      { TO_CREATED,
        { "session-available h7", "@looking-up key-request h7 ~main=10s" },
        { "create-rejected", "" } } },
    { "continue finishes the attempt and then uses the remembered hint",
      CONTINUE,
      { TO_MAKING_KEY,
        { "session-available h7", "" },
        { "key h3 k3", "@sealing ~derive=1" },
        { "main", "!sealed @created create-session h3" },
        { "create-rejected", "!rejected @looking-up key-request h7 ~main=10s" } } },
    { "a remembered hint is forgotten on session-released",
      CONTINUE,
      { TO_CREATED,
        { "session-available h7", "" },
        { "session-released", "" },
        { "create-rejected", "!rejected @waiting" } } },
    { "a second announcement of the same hint is ignored",
      0,
      { TO_LOOKING_UP,
        { "session-available h7", "" },
        { "key h7 k7", "@deriving ~derive=1" },
        { "session-available h7", "" } } },
    { "another hint starts step 7 again",
      0,
      { TO_DERIVING, { "session-available h9", "@looking-up key-request h9 ~main=10s" } } },
    { "the winner that hears another hint looks it up",
      0,
      { TO_UPLOADING, { "session-available h7", "@looking-up key-request h7 ~main=10s" } } },
    { "create-accepted of another attempt is not for it",
      0,
      { TO_CREATED, { "create-accepted h9", "" } } },
    { "a rejection outside created is ignored",
      0,
      { TO_UPLOADING, { "create-rejected", "" } } },
    { "released while waiting: back to step 1",
      0,
      { TO_WAITING,
        { "session-released", "@requesting session-request" },
        { "session-none", "@making-key key-request ~main=10s" } } },
    { "released while busy with steps 2 to 4: it goes on",
      0,
      { TO_SEALING,
        { "session-released", "" },
        { "main", "!sealed @created create-session h3" } } },
    { "released while uploading: the attempt is dropped",
      0,
      { TO_UPLOADING, { "session-released", "@requesting session-request" } } },
    { "promoted while waiting: it uploads from the attempt that was rejected",
      0,
      { TO_WAITING, { "create-accepted h3", "!won @uploading upload h3 k3" } } },
    { "a pending client cannot be promoted",
      0,
      { TO_REQUESTING, { "session-pending", "@waiting" }, { "create-accepted h3", "" } } },
    { "the owner returns with its key: it seals again and uploads at once",
      0,
      { TO_UPLOADING,
        { "lost disconnect", "!connection-closed=disconnect - @reconnecting ~main=500ms" },
        { "main", "+ !connection-opened @connecting connect" },
        { "connected", "@requesting session-request" },
        { "create-accepted h3", "!sealed @uploading upload h3 k3" } } },
    { "an attempt from before a crash is forgotten",
      0,
      { TO_CREATED,
        { "crash", "!connection-closed=crash - @crashed" },
        { "start", "!start @token token-request ~main=10s" },
        { "token", "+ !connection-opened @connecting connect ~renew@270s" },
        { "connected", "@requesting session-request" },
        { "session-pending", "@waiting" },
        { "create-accepted h3", "" },
        { "session-available h3", "@looking-up key-request h3 ~main=10s" } } },
    { "the owner returns after a crash: key request and derivation first",
      0,
      { TO_UPLOADING,
        { "crash", "!connection-closed=crash - @crashed" },
        { "start", "!start @token token-request ~main=10s" },
        { "token", "+ !connection-opened @connecting connect ~renew@270s" },
        { "connected", "@requesting session-request" },
        { "create-accepted h3", "!won @resuming key-request h3 ~main=10s" },
        { "key-refused unavailable", "~main=200ms" },
        { "main", "key-request h3 ~main=10s" },
        { "key h3 k3", "~derive=1" },
        { "main", "!sealed @uploading upload h3 k3" } } },
    { "released while resuming: back to step 1",
      0,
      { TO_REQUESTING,
        { "create-accepted h3", "!won @resuming key-request h3 ~main=10s" },
        { "session-released", "@requesting session-request" },
        { "key r2 h3 k3", "" } } },
    { "a refused key is asked for again, doubling the delay, six requests in all",
      0,
      { TO_MAKING_KEY,
        { "key-refused unavailable", "~main=200ms" },
        { "main", "key-request ~main=10s" },
        { "key-refused unavailable", "~main=400ms" },
        { "main", "key-request ~main=10s" },
        { "key-refused unavailable", "~main=800ms" },
        { "main", "key-request ~main=10s" },
        { "key-refused unavailable", "~main=1.6s" },
        { "main", "key-request ~main=10s" },
        { "key-refused unavailable", "~main=3.2s" },
        { "main", "key-request ~main=10s" },
        { "key-refused unavailable",
          "!connection-closed=failed -- !failed=encryption @failed" } } },
    { "the count starts afresh with step 7",
      0,
      { TO_MAKING_KEY,
        { "key-refused unavailable", "~main=200ms" },
        { "main", "key-request ~main=10s" },
        { "session-available h7", "@looking-up key-request h7 ~main=10s" },
        { "key-refused unknown-hint", "~main=200ms" } } },
    { "no answer in time is a refusal; the late key is held and does nothing",
      0,
      { TO_LOOKING_UP,
        { "main", "~main=200ms" },
        { "key r3 h7 k7", "" },
        { "main", "key-request h7 ~main=10s" } } },
    { "without retries the first refusal ends it",
      NO_KEY_RETRY,
      { TO_LOOKING_UP,
        { "key-refused unknown-hint",
          "!connection-closed=failed -- !failed=encryption @failed" } } },
    { "content that does not open is a failure of encryption",
      0,
      { TO_JOINING,
        { "content h7 k8",
          "!opened=no h7 k7 !connection-closed=failed -- !failed=encryption @failed" } } },
    { "content bound to another hint does not open either",
      0,
      { TO_JOINING,
        { "content h8 k7",
          "!opened=no h7 k7 !connection-closed=failed -- !failed=encryption @failed" } } },
    { "after a reconnect the provider is asked again",
      0,
      { TO_COLLABORATING,
        { "lost disconnect", "!connection-closed=disconnect - @reconnecting ~main=500ms" },
        { "main", "+ !connection-opened @connecting connect" },
        { "connected", "@requesting session-request" },
        { "session-available h7", "@looking-up key-request h7 ~main=10s" } } },
    { "with cached keys it joins at once",
      CACHE,
      { TO_COLLABORATING,
        { "lost disconnect", "!connection-closed=disconnect - @reconnecting ~main=500ms" },
        { "main", "+ !connection-opened @connecting connect" },
        { "connected", "@requesting session-request" },
        { "session-available h7", "@joining join" },
        { "content h7 k7", "!opened=yes !collaborating @collaborating" } } },
    { "a key that is held but was never derived is not cached",
      CACHE,
      { TO_MAKING_KEY,
        { "session-available h3", "@looking-up key-request h3 ~main=10s" },
        { "key r2 h3 k3", "" },
        { "lost disconnect", "!connection-closed=disconnect - @reconnecting ~main=500ms" },
        { "main", "+ !connection-opened @connecting connect" },
        { "connected", "@requesting session-request" },
        { "session-available h3", "@looking-up key-request h3 ~main=10s" } } },
    { "what is derived of one key is not cached for another that is held",
      CACHE,
      { TO_MAKING_KEY,
        { "session-available h3", "@looking-up key-request h3 ~main=10s" },
        { "key r2 h5 k5", "" },
        { "key h3 k3", "@deriving ~derive=1" },
        { "main", "@joining join" },
        { "lost disconnect", "!connection-closed=disconnect - @reconnecting ~main=500ms" },
        { "main", "+ !connection-opened @connecting connect" },
        { "connected", "@requesting session-request" },
        { "session-available h5", "@looking-up key-request h5 ~main=10s" } } },
    { "a key that was derived is not cached when another came under its hint",
      CACHE,
      { TO_MAKING_KEY,
        { "session-available h3", "@looking-up key-request h3 ~main=10s" },
        { "key h3 k3", "@deriving ~derive=1" },
        { "main", "@joining join" },
        { "key r2 h3 k9", "" },
        { "lost disconnect", "!connection-closed=disconnect - @reconnecting ~main=500ms" },
        { "main", "+ !connection-opened @connecting connect" },
        { "connected", "@requesting session-request" },
        { "session-available h3", "@looking-up key-request h3 ~main=10s" } } },
    { "what was announced on a connection that is lost is forgotten",
      CONTINUE,
      { TO_MAKING_KEY,
        { "session-available h7", "" },
        { "lost disconnect", "!connection-closed=disconnect - @reconnecting ~main=500ms" },
        { "main", "+ !connection-opened @connecting connect" },
        { "connected", "@requesting session-request" },
        { "session-none", "@making-key key-request ~main=10s" },
        { "key h3 k3", "@sealing ~derive=1" },
        { "main", "!sealed @created create-session h3" },
        { "create-rejected", "!rejected @waiting" } } },
    { "an attempt that cannot get through begins the next delay",
      0,
      { TO_REQUESTING,
        { "lost disconnect", "!connection-closed=disconnect - @reconnecting ~main=500ms" },
        { "main blocked", "~main=1s" },
        { "main blocked", "~main=2s" },
        { "main", "+ !connection-opened @connecting connect" },
        { "connected", "@requesting session-request" },
        { "lost disconnect", "!connection-closed=disconnect - @reconnecting ~main=500ms" } } },
    { "reconnect = none: it fails with general",
      NO_RECONNECT,
      { TO_REQUESTING,
        { "lost disconnect", "!connection-closed=disconnect - !failed=general @failed" } } },
    { "an expired token is replaced before it reconnects",
      0,
      { TO_REQUESTING,
        { "lost disconnect", "!connection-closed=disconnect - @reconnecting ~main=500ms" },
        { "main now=300s", "@token token-request ~main=10s" } } },
    { "a token one nanosecond before its expiry still serves",
      0,
      { TO_REQUESTING,
        { "lost disconnect", "!connection-closed=disconnect - @reconnecting ~main=500ms" },
        { "main now=299.999999999s", "+ !connection-opened @connecting connect" } } },
    { "the token is renewed on the open connection",
      0,
      { TO_COLLABORATING,
        { "renew", "token-request ~renew-timeout=10s" },
        { "token r4 now=270s", "token-update ~renew@9min" } } },
    { "a renewed token that comes twice is taken once",
      0,
      { TO_COLLABORATING,
        { "renew", "token-request ~renew-timeout=10s" },
        { "token r4 now=270s", "token-update ~renew@9min" },
        { "token r4 now=270s", "" } } },
    { "a renewal that is past on receipt is planned at half the lifetime",
      0,
      { { "start", "!start @token token-request ~main=10s" },
        { "token now=280s second=0",
          "+ !connection-opened @connecting connect ~renew@430s" } } },
    { "a renewal without an answer is like a refusal",
      CONNECT_RETRY,
      { TO_COLLABORATING,
        { "renew", "token-request ~renew-timeout=10s" },
        { "renew-timeout", "!connection-closed=jwt - @reconnecting ~main=1s" },
        { "main", "@token token-request ~main=10s" } } },
    { "closed for its token: jwt, or a fresh one",
      CONNECT_RETRY,
      { TO_CREATED,
        { "closed jwt", "!connection-closed=jwt - @reconnecting ~main=1s" },
        { "main", "@token token-request ~main=10s" } } },
    { "closed for an upgrade: keys and hint are forgotten, the token is kept",
      CACHE,
      { TO_COLLABORATING,
        { "closed client-update-required",
          "!connection-closed=client-update-required - @reconnecting ~main=500ms" },
        { "main", "+ !connection-opened @connecting connect" },
        { "connected", "@requesting session-request" },
        { "session-available h7", "@looking-up key-request h7 ~main=10s" } } },
    { "an older session needs two keys",
      0,
      { TO_REQUESTING,
        { "session-none old h1 k1",
          "@making-key key-request h1 key-request ~old=10s ~main=10s" },
        { "key r3 h3 k3", "" },
        { "key r2 h1 k1", "@sealing ~derive=2" },
        { "main", "!opened=yes !sealed @created create-session h3" } } },
    { "the older session's key may come first",
      0,
      { TO_REQUESTING,
        { "session-none old h1 k1",
          "@making-key key-request h1 key-request ~old=10s ~main=10s" },
        { "key r2 h1 k1", "" },
        { "key r3 h3 k3", "@sealing ~derive=2" } } },
    { "the older session's key is asked for again on its own",
      0,
      { TO_REQUESTING,
        { "session-none old h1 k1",
          "@making-key key-request h1 key-request ~old=10s ~main=10s" },
        { "key-refused r2 unknown-hint", "~old=200ms" },
        { "key r3 h3 k3", "" },
        { "old", "key-request h1 ~old=10s" },
        { "old", "~old=400ms" },
        { "old", "key-request h1 ~old=10s" },
        { "key r5 h1 k1", "@sealing ~derive=2" } } },
    { "an older session that does not open is a failure of encryption",
      0,
      { TO_REQUESTING,
        { "session-none old h1 k1",
          "@making-key key-request h1 key-request ~old=10s ~main=10s" },
        { "key r2 h1 k9", "" },
        { "key r3 h3 k3", "@sealing ~derive=2" },
        { "main",
          "!opened=no h1 k9 !connection-closed=failed -- !failed=encryption @failed" } } },
    { "settled once per hint and life, an upgrade in between or not",
      SETTLE,
      { TO_UPLOADING,
        { "session-available h3", "!collaborating @collaborating key-settled h3" },
        { "closed client-update-required",
          "!connection-closed=client-update-required - @reconnecting ~main=500ms" },
        { "main", "+ !connection-opened @connecting connect" },
        { "connected", "@requesting session-request" },
        { "session-available h3", "@looking-up key-request h3 ~main=10s" } } },
    { "connect-retry counts over the whole life",
      CONNECT_RETRY,
      { TO_CREATED,
        { "closed jwt", "!connection-closed=jwt - @reconnecting ~main=1s" },
        { "main", "@token token-request ~main=10s" },
        { "token", "+ !connection-opened @connecting connect ~renew@270s" },
        { "connected", "@requesting session-request" },
        { "closed jwt", "!connection-closed=jwt - @reconnecting ~main=2s" },
        { "main", "@token token-request ~main=10s" },
        { "token", "+ !connection-opened @connecting connect ~renew@270s" },
        { "connected", "@requesting session-request" },
        { "closed jwt", "!connection-closed=failed -- !failed=jwt @failed" } } },
    { "late keys never push out the key of its own attempt",
      0,
      { TO_UPLOADING,
        { "key r90 h10 k10", "" },
        { "key r91 h11 k11", "" },
        { "key r92 h12 k12", "" },
        { "key r93 h13 k13", "" },
        { "key r94 h14 k14", "" },
        { "lost disconnect", "!connection-closed=disconnect - @reconnecting ~main=500ms" },
        { "main", "+ !connection-opened @connecting connect" },
        { "connected", "@requesting session-request" },
        { "create-accepted h3", "!sealed @uploading upload h3 k3" } } },
    { "settled once per hint, behind the key request",
      SETTLE,
      { TO_WAITING,
        { "session-available h7", "@looking-up key-request h7 key-settled h7 ~main=10s" },
        { "lost disconnect", "!connection-closed=disconnect - @reconnecting ~main=500ms" },
        { "main", "+ !connection-opened @connecting connect" },
        { "connected", "@requesting session-request" },
        { "session-available h7", "@looking-up key-request h7 ~main=10s" } } },
    { "the winner settles when it collaborates",
      SETTLE,
      { TO_UPLOADING,
        { "session-available h3", "!collaborating @collaborating key-settled h3" } } },
    { "the user closes the editor: the server sees it at once",
      0,
      { TO_WAITING,
        { "close", "!connection-closed=close -- @closed" },
        { "session-available h7", "" },
        { "start", "" } } },
    { "a crash before the start cancels it", 0, { { "crash", "@crashed" } } },
    { "the user cannot close what has not started", 0, { { "close", "" } } },
    { "a failed client stays failed",
      0,
      { TO_CONNECTING,
        { "connect-refused expired", "!connection-closed=failed -- !failed=jwt @failed" },
        { "crash", "" },
        { "start", "" } } },
};

struct world {
    SrClientSettings settings;
    SrClient client;
    SrAction list[32];
    SrActions actions;
};

static void
overflow(SrActions *actions, void *data)
{
    (void) data;
    fail_msg("more than %u actions in one step", actions->capacity);
}

static void
apply_settings(SrClientSettings *settings, unsigned bits)
{
    *settings = (SrClientSettings){
        .tokens = !(bits & NO_TOKENS),
        .adopt = !(bits & CONTINUE),
        .cache_keys = bits & CACHE,
        .settle = bits & SETTLE,
        .patience = bits & PATIENCE ? 5 * SR_NS_PER_S : SR_TIME_NEVER,
        .request_timeout = 10 * SR_NS_PER_S,
        .token_refresh = bits & NO_REFRESH ? SR_TIME_NEVER : 30 * SR_NS_PER_S,
        .key_retry = { bits & NO_KEY_RETRY ? 0 : 5, 200 * SR_NS_PER_MS, 5 * SR_NS_PER_S },
        .connect_retry = { bits & CONNECT_RETRY ? 2 : 0, SR_NS_PER_S, 10 * SR_NS_PER_S },
        .reconnect = { bits & NO_RECONNECT ? 0 : SR_RETRY_UNLIMITED, 500 * SR_NS_PER_MS,
                       10 * SR_NS_PER_S },
        .token = { .lifetime = 300, .has_iat = true, .check_iat = true },
    };
}

static SrTime
span_option(char **words, const char *key, SrTime otherwise)
{
    for (unsigned i = 1; words[i] != NULL; i++)
        if (g_str_has_prefix(words[i], key)) {
            SrSpan span;

            assert_int_equal(
                sr_span_parse(words[i] + strlen(key), strlen(words[i] + strlen(key)), &span),
                SR_NUMBER_OK);
            return span;
        }
    return otherwise;
}

/* `start`, `crash`, `close`, `lost REASON`, a timer (`main`, `old`, `renew`, `renew-timeout`),
 * or a message with h, k, r (default:
 * the awaited request) and a reason; `blocked`: it could not connect; `now=SPAN`: its clock;
 * `old`: the content of an older session. */
static void
step(struct world *world, const char *text)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    const char *word = words[0];
    SrMessage message = { .token = SR_TOKEN_NONE };
    SrClientInput input = { .message = &message };
    SrTime now = span_option(words, "now=", 0);
    SrClientView view = {
        .index = SELF,
        .local_ns = (int64_t) now,
        .reachable = !g_strv_contains((const char *const *) words, "blocked"),
    };

    world->actions.n = 0;
    if (strcmp(word, "start") == 0) {
        input.kind = SR_INPUT_START;
    } else if (strcmp(word, "crash") == 0) {
        input.kind = SR_INPUT_CRASH;
    } else if (strcmp(word, "close") == 0) {
        input.kind = SR_INPUT_CLOSE;
    } else if (strcmp(word, "lost") == 0) {
        input.kind = SR_INPUT_LOST;
        input.reason = (uint8_t) script_reason(words);
    } else if (strcmp(word, "main") == 0 || strcmp(word, "old") == 0 ||
               g_str_has_prefix(word, "renew")) {
        input.kind = SR_INPUT_TIMER;
        input.timer = strcmp(word, "main") == 0    ? SR_TIMER_MAIN
                      : strcmp(word, "old") == 0   ? SR_TIMER_OLD
                      : strcmp(word, "renew") == 0 ? SR_TIMER_RENEW
                                                   : SR_TIMER_RENEW_TIMEOUT;
    } else {
        input.kind = SR_INPUT_MESSAGE;
        message.type = (uint8_t) script_msg(word);
        message.hint = script_number(words, 'h', 0);
        message.key = script_number(words, 'k', 0);
        message.request = script_number(words, 'r', world->client.awaits);
        message.reason = (uint8_t) script_reason(words);
        message.conn = world->client.conn;
        message.flags = message.hint != 0 ? SR_MESSAGE_HINT : 0;
        if (message.type == SR_MSG_TOKEN)
            message.token = g_strv_contains((const char *const *) words, "second=0")
                                ? 0
                                : (int64_t) (now / SR_NS_PER_S);
        if (g_strv_contains((const char *const *) words, "old") ||
            message.type == SR_MSG_CONTENT)
            message.flags |= SR_MESSAGE_CONTENT;
    }
    sr_client_step(&world->settings, &world->client, &input, &view, &world->actions);
}

static void
converse(void **state)
{
    const struct conversation *conversation = *state;
    struct world world = { 0 };

    apply_settings(&world.settings, conversation->settings);
    world.actions = (SrActions){ world.list, 0, G_N_ELEMENTS(world.list), overflow, NULL };
    for (unsigned i = 0; i < STEPS_MAX && conversation->steps[i].input != NULL; i++) {
        g_autoptr(GString) got = g_string_new(NULL);

        step(&world, conversation->steps[i].input);
        for (uint32_t j = 0; j < world.actions.n; j++)
            script_action(got, &world.list[j], false);
        if (strcmp(got->str, conversation->steps[i].want) != 0)
            fail_msg("step %u, '%s':\n  wanted %s\n  got    %s", i + 1,
                     conversation->steps[i].input, conversation->steps[i].want, got->str);
    }
}

/* A state is a value: the same input to a copy gives the same state, byte for byte. */
static void
copies_step_alike(void **state)
{
    struct world one = { 0 }, two;
    static const char *const inputs[] = { "start",          "token",     "connected",
                                          "session-none",   "key h3 k3", "main",
                                          "create-rejected" };

    (void) state;
    apply_settings(&one.settings, 0);
    for (unsigned i = 0; i < G_N_ELEMENTS(inputs); i++) {
        two = one;
        one.actions = (SrActions){ one.list, 0, G_N_ELEMENTS(one.list), overflow, NULL };
        two.actions = (SrActions){ two.list, 0, G_N_ELEMENTS(two.list), overflow, NULL };
        step(&one, inputs[i]);
        step(&two, inputs[i]);
        assert_memory_equal(&one.client, &two.client, sizeof one.client);
        assert_int_equal(one.actions.n, two.actions.n);
    }
    assert_int_equal(one.client.state, SR_CLIENT_WAITING);
}

static void
play(struct world *world, const char *const *inputs)
{
    world->actions = (SrActions){ world->list, 0, G_N_ELEMENTS(world->list), overflow, NULL };
    for (; *inputs != NULL; inputs++)
        step(world, *inputs);
}

static const SrAction *
find_action(const struct world *world, SrActionKind kind)
{
    for (uint32_t i = 0; i < world->actions.n; i++)
        if (world->list[i].kind == kind)
            return &world->list[i];
    fail_msg("no action of kind %u", kind);
    return NULL;
}

/* Conversations leave out timers that are stopped. */
static void
an_answer_to_a_renewal_stops_its_deadline(void **state)
{
    struct world world = { 0 };
    static const char *const inputs[] = { "start", "token", "connected", "renew", NULL };
    static const char *const answer[] = { "token r2 now=270s", NULL };

    (void) state;
    apply_settings(&world.settings, 0);
    play(&world, inputs);
    play(&world, answer);
    assert_int_equal(find_action(&world, SR_ACTION_TIMER_STOP)->timer, SR_TIMER_RENEW_TIMEOUT);
}

static void
an_upload_names_its_sealing(void **state)
{
    struct world world = { 0 };
    static const char *const inputs[] = {
        "start",     "token", "connected",          "session-none",
        "key h3 k3", "main",  "create-accepted h3", NULL
    };

    (void) state;
    apply_settings(&world.settings, 0);
    play(&world, inputs);

    const SrMessage *upload = &find_action(&world, SR_ACTION_SEND)->message;

    assert_int_equal(upload->type, SR_MSG_UPLOAD);
    assert_int_equal(upload->sealer, SELF);
    assert_int_equal(upload->counter, 1);
}

static void
an_opening_names_the_sealing_and_the_readers_key(void **state)
{
    struct world world = { 0 };
    static const char *const inputs[] = {
        "start", "token", "connected", "session-available h7", "key h7 k7", "main", NULL
    };
    SrMessage content = { .type = SR_MSG_CONTENT,
                          .flags = SR_MESSAGE_HINT | SR_MESSAGE_CONTENT,
                          .hint = 7,
                          .key = 7,
                          .sealer = 2,
                          .counter = 5,
                          .token = SR_TOKEN_NONE };
    const SrClientInput input = { .kind = SR_INPUT_MESSAGE, .message = &content };
    const SrClientView view = { .reachable = true };

    (void) state;
    apply_settings(&world.settings, 0);
    play(&world, inputs);
    content.conn = world.client.conn;
    content.request = world.client.awaits;
    world.actions.n = 0;
    sr_client_step(&world.settings, &world.client, &input, &view, &world.actions);

    const SrAction *opened = find_action(&world, SR_ACTION_NOTE);

    assert_int_equal(opened->event, SR_EVENT_OPENED);
    assert_true(opened->ok);
    assert_int_equal(opened->message.hint, 7);
    assert_int_equal(opened->message.key, 7);
    assert_int_equal(opened->message.sealer, 2);
    assert_int_equal(opened->message.counter, 5);
}

int
main(void)
{
    static const struct CMUnitTest others[] = {
        cmocka_unit_test(copies_step_alike),
        cmocka_unit_test(an_answer_to_a_renewal_stops_its_deadline),
        cmocka_unit_test(an_upload_names_its_sealing),
        cmocka_unit_test(an_opening_names_the_sealing_and_the_readers_key),
    };
    struct CMUnitTest tests[G_N_ELEMENTS(conversations) + G_N_ELEMENTS(others)];

    for (size_t i = 0; i < G_N_ELEMENTS(conversations); i++)
        tests[i] =
            (struct CMUnitTest){ .name = conversations[i].name,
                                 .test_func = converse,
                                 .initial_state = (void *) (uintptr_t) &conversations[i] };
    memcpy(&tests[G_N_ELEMENTS(conversations)], others, sizeof others);
    return cmocka_run_group_tests_name("client", tests, NULL, NULL) != 0;
}

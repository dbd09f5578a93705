/* Scenarios to start from, with comments that say what to try next. Each stands here as it is written, but for its title. */
#include "scenario/keys.h"

#include <string.h>

#include "scenario-private.h"

/* clang-format off */

#define KEYS_COMMENT "# 'session-race keys' lists every group and key.\n"
#define SEED "seed  = 1\n\n"

#define RACE_HEAD \
    "# Two editors open the same new document; both ask for a session before either has one.\n"

#define NETWORK \
    "# The network between each client and the three services; one way.\n" \
    "[network]\n" \
    "latency = 10ms\n\n"

#define RACERS \
    "[client alice]\n" \
    "start = 0ms\n\n" \
    "# Bob opens the document 12 ms later: soon enough to race. How often does that happen? Write\n" \
    "# 'start = uniform(0ms, 1s)', and ask 'session-race sweep'.\n" \
    "[client bob]\n" \
    "start = 12ms\n"

#define TIMELINE_AND_PASS \
    "\n# What goes wrong, and when.\n" \
    "[timeline]\n" \
    "# 400ms = disconnect bob for 2s\n\n" \
    "# What the run should end in.\n" \
    "[expect]\n" \
    "verdict       = pass\n"

/* What stands before the title, and what behind it. */
static const struct {
    const char *head, *body;
} texts[SR_SCENARIO_START_N] = {
    [SR_SCENARIO_START_RACE] = {
        RACE_HEAD,
        SEED NETWORK
        "# The endpoint that hands out keys. Try 'retention = on-new-key' to see a key lost.\n"
        "[encryption-provider]\n"
        "kind      = stored\n"
        "retention = forever\n\n"
        RACERS TIMELINE_AND_PASS
        "winner        = alice\n"
        "collaborating = all\n" },
    [SR_SCENARIO_START_RETENTION] = {
        "# The store keeps one key a document. Bob's key, made a moment after alice's, discards hers; she wins;\n"
        "# nobody can read her content any more.\n",
        SEED NETWORK
        "# How long keys are kept. Try 'forever', 'until-settled' or 'for(10s)'. How long is long enough for your\n"
        "# network, 'session-race advise' says. 'last(2)' is enough for two editors, and not for three: try 'count = 2'\n"
        "# in [client bob], and 'session-race explore'.\n"
        "[encryption-provider]\n"
        "retention = on-new-key\n\n"
        RACERS
        "\n# What the run should end in: exactly these checks fail. Write 'verdict = pass' alone once keys are kept.\n"
        "[expect]\n"
        "verdict       = fail(key-kept, key-found, all-collaborate)\n"
        "winner        = alice\n"
        "collaborating = alice\n" },
    [SR_SCENARIO_START_SKEW] = {
        "# The signer's clock is 300 ms ahead of the server's. Tokens have whole seconds, so it depends on where in the\n"
        "# second a token is signed whether the server thinks that it was issued in the future: now and then one\n"
        "# editor is refused.\n",
        SEED NETWORK
        "# The endpoint that signs tokens. 'ntp-interval = 1s' and 'ntp-error = 5ms' would correct its clock.\n"
        "[token-provider]\n"
        "clock-offset = 300ms\n\n"
        "# Try 'leeway = 1s'.\n"
        "[server]\n"
        "leeway = 0s\n\n"
        "[client lucky]\n"
        "start = 0ms\n\n"
        "# Her token is signed at three quarters of a second: by the signer's clock that is the next second. How often\n"
        "# does that happen? Write 'start = uniform(1s, 2s)', and ask 'session-race sweep'.\n"
        "[client unlucky]\n"
        "start = 750ms\n\n"
        "# What the run should end in. No check fails: the server keeps to the rules.\n"
        "[expect]\n"
        "verdict       = pass\n"
        "winner        = lucky\n"
        "collaborating = lucky\n\n"
        "# With a leeway write 'outcome = joins', and 'collaborating = all' above.\n"
        "[expect client unlucky]\n"
        "outcome = fails(jwt)\n" },
    [SR_SCENARIO_START_REPLICAS] = {
        "# The store has three copies, and a new key reaches the other two 100 ms later. An editor that asks one of these\n"
        "# too early is told that there is no such key; it asks again and gets it.\n",
        SEED NETWORK
        "# Which copy answers is drawn for each request: try other seeds, or 'session-race sweep'.\n"
        "[encryption-provider]\n"
        "replicas    = 3\n"
        "replication = 100ms\n\n"
        RACERS
        "# When a refused request is tried again. Try 'none', and a replication of 2s.\n"
        "key-retry = 5 times from 200ms to 5s\n\n"
        "# What the run should end in.\n"
        "[expect]\n"
        "verdict       = pass\n"
        "collaborating = all\n" },
    [SR_SCENARIO_START_WAN] = {
        "# A dozen editors on two continents open one new document within two seconds; one is on a mobile link.\n"
        "# 'session-race sweep' says how often which check fails, 'session-race advise' how long keys are needed here.\n",
        SEED
        "# The network between each client and the three services: latency and loss that were measured.\n"
        "[network]\n"
        "preset = continent\n\n"
        "# The links of some clients.\n"
        "[link far *]\n"
        "preset = intercontinental\n\n"
        "[link mobile *]\n"
        "preset = mobile\n\n"
        "# What takes no constant time has a median and a 99th percentile.\n"
        "[encryption-provider]\n"
        "retention = forever\n"
        "generate  = lognormal(20ms, 80ms)\n"
        "lookup    = lognormal(5ms, 30ms)\n\n"
        "[token-provider]\n"
        "processing   = lognormal(3ms, 15ms)\n"
        "clock-offset = 40ms\n\n"
        "[server]\n"
        "leeway = 1s\n\n"
        "# Several alike: near-1 to near-6.\n"
        "[client near]\n"
        "count = 6\n"
        "start = uniform(0s, 2s)\n\n"
        "[client far]\n"
        "count = 5\n"
        "start = uniform(0s, 2s)\n\n"
        "[client mobile]\n"
        "start = uniform(0s, 2s)\n\n"
        "# What the run should end in.\n"
        "[expect]\n"
        "verdict       = pass\n"
        "collaborating = all\n\n"
        "# What 'session-race sweep' runs over. Try also\n"
        "# vary encryption-provider.retention = for(500ms) | for(1s) | for(2s)\n"
        "[study]\n"
        "seeds = 1..1000\n" },
    [SR_SCENARIO_START_CHAOS] = {
        "# Thirty seconds of trouble: editors crash and come back, connections break, services stand still, clocks jump.\n"
        "# Then everything has healed, and everybody must find back to the session.\n",
        "# Another seed draws other faults: 'session-race run --seed 2', or 'session-race sweep' for many.\n"
        SEED NETWORK
        "# Try 'retention = on-new-key': which faults make the race that loses a key? 'session-race shrink' says.\n"
        "[encryption-provider]\n"
        "retention = forever\n\n"
        "[client editor]\n"
        "count = 4\n"
        "start = uniform(0ms, 5s)\n"
        "# A clock that jumps makes tokens that are refused. Without this an editor would give up then.\n"
        "connect-retry = unlimited from 500ms to 5s\n\n"
        "# How often something happens, in the whole run.\n"
        "[chaos]\n"
        "crash      = 6/min\n"
        "disconnect = 10/min\n"
        "outage     = 6/min\n"
        "clock-step = 6/min\n"
        "until      = 30s\n\n"
        "# What the run should end in.\n"
        "[expect]\n"
        "verdict       = pass\n"
        "collaborating = all\n" },
    [SR_SCENARIO_START_PROVIDER] = {
        RACE_HEAD,
        SEED NETWORK
        "# The provider of your own: the program of --provider. Each way of a call that it makes takes\n"
        "# a draw of io.\n"
        "[encryption-provider]\n"
        "kind = exec\n"
        "io   = lognormal(1ms, 5ms)\n\n"
        RACERS TIMELINE_AND_PASS
        "collaborating = all\n" },
};
/* clang-format on */

const char sr_scenario_new_provider[] =
    "// The encryption provider that the editors ask. Replace the two bodies by your own "
    "code.\n"
    "const { store } = require('session-race');\n"
    "const { randomBytes, randomUUID } = require('crypto');\n"
    "\n"
    "exports.rtc_encryption_provider = async ({ documentId, keyHint }) => {\n"
    "  // Null asks for a new key. Whoever joins later asks for it again, by its hint.\n"
    "  if (keyHint === null) {\n"
    "    const made = { key: randomBytes(32).toString('base64'), keyHint: randomUUID() };\n"
    "    await store().insert('keys', `${documentId} ${made.keyHint}`, made);\n"
    "    return made;\n"
    "  }\n"
    "  const found = await store().get('keys', `${documentId} ${keyHint}`);\n"
    "  if (!found)\n"
    "    throw Object.assign(new Error(`no key has the hint ${keyHint}`), {\n"
    "      reason: 'unknown-hint',\n"
    "    });\n"
    "  return found;\n"
    "};\n";

/* A title that the reader takes: no control characters, no comment, and not empty. */
static char *
tame_title(const char *name)
{
    g_autofree char *valid = g_utf8_make_valid(name, -1);
    GString *title = g_string_new(NULL);

    for (const char *p = valid; *p != '\0'; p = sr_next_char(p)) {
        gunichar point = g_utf8_get_char(p);

        if (point >= 0x20 && point != '#' && (point < 0x7f || point >= 0xa0))
            g_string_append_unichar(title, point);
    }
    g_strstrip(title->str);
    g_string_set_size(title, MIN(strlen(title->str), 200));
    while (!g_utf8_validate(title->str, -1, NULL))
        g_string_set_size(title, title->len - 1);
    if (title->len == 0)
        g_string_assign(title, "Two editors race for one document");
    return g_string_free(title, FALSE);
}

char *
sr_scenario_new_text(SrScenarioStart start, const char *name)
{
    g_autofree char *title = tame_title(name);

    return g_strconcat(texts[start].head, KEYS_COMMENT "[scenario]\ntitle = ", title, "\n",
                       texts[start].body, NULL);
}

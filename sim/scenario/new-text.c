/* A scenario to start from: a simple race, with a comment on each line. */
#include "scenario/keys.h"

#include <string.h>

#include "scenario-private.h"

static const char network[] =
    "seed  = 1\n"
    "\n"
    "# The network between each client and the three services; one way.\n"
    "[network]\n"
    "latency = 10ms\n"
    "\n";

static const char built_in[] =
    "# The endpoint that hands out keys. Try 'retention = on-new-key' to see a key lost.\n"
    "[encryption-provider]\n"
    "kind      = stored\n"
    "retention = forever\n"
    "\n";

static const char of_your_own[] = "# The provider of your own: the program of --provider. Each "
                                  "way of a call that it makes takes\n"
                                  "# a draw of io.\n"
                                  "[encryption-provider]\n"
                                  "kind = exec\n"
                                  "io   = lognormal(1ms, 5ms)\n"
                                  "\n";

static const char clients[] = "[client alice]\n"
                              "start = 0ms\n"
                              "\n"
                              "# Bob opens the document 12 ms later: soon enough to race.\n"
                              "[client bob]\n"
                              "start = 12ms\n"
                              "\n"
                              "# What goes wrong, and when.\n"
                              "[timeline]\n"
                              "# 400ms = disconnect bob for 2s\n"
                              "\n"
                              "# What the run should end in.\n"
                              "[expect]\n"
                              "verdict       = pass\n";

static const char outcome[] = "winner        = alice\n"
                              "collaborating = all\n";

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

static char *
new_text(const char *name, const char *provider, const char *end)
{
    g_autofree char *title = tame_title(name);

    return g_strconcat("# Two editors open the same new document; both ask for a session "
                       "before either has one.\n"
                       "# 'session-race keys' lists every group and key.\n"
                       "[scenario]\n"
                       "title = ",
                       title, "\n", network, provider, clients, end, NULL);
}

char *
sr_scenario_new_text(const char *name)
{
    return new_text(name, built_in, outcome);
}

char *
sr_scenario_new_provider_text(const char *name)
{
    return new_text(name, of_your_own, "collaborating = all\n");
}

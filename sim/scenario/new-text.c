/* A scenario to start from: a simple race, with a comment on each line. */
#include "scenario/keys.h"

#include <string.h>

#include "scenario-private.h"

static const char body[] =
    "seed  = 1\n"
    "\n"
    "# The network between each client and the three services; one way.\n"
    "[network]\n"
    "latency = 10ms\n"
    "\n"
    "# The endpoint that hands out keys. Try 'retention = on-new-key' to see a key lost.\n"
    "[encryption-provider]\n"
    "kind      = stored\n"
    "retention = forever\n"
    "\n"
    "[client alice]\n"
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
    "verdict       = pass\n"
    "winner        = alice\n"
    "collaborating = all\n";

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
sr_scenario_new_text(const char *name)
{
    g_autofree char *title = tame_title(name);

    return g_strdup_printf("# Two editors open the same new document; both ask for a session "
                           "before either has one.\n"
                           "# 'session-race keys' lists every group and key.\n"
                           "[scenario]\n"
                           "title = %s\n"
                           "%s",
                           title, body);
}

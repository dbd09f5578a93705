/* A short form of logs: each line has a node, an event, the message if it is one, and members
 * (`name=value`). */
#pragma once

#include "verify/verify-fixture.h"

/* Returns: (transfer full): the log of @shorthand */
static inline GString *
shorthand_log(const char *shorthand)
{
    static const char *const firsts[] = { "node", "event", "msg" };
    GString *text = g_string_new("{\"type\":\"trace\",\"nodes\":[\"server\",\"token-provider\","
                                 "\"encryption-provider\",\"a\",\"b\"]}\n");
    g_auto(GStrv) lines = g_strsplit(shorthand, "\n", -1);

    for (unsigned i = 0; lines[i] != NULL && lines[i][0] != '\0'; i++) {
        g_auto(GStrv) words = g_strsplit(lines[i], " ", -1);

        g_string_append(text, "{\"type\":\"event\"");
        for (unsigned k = 0; words[k] != NULL; k++) {
            char *value = strchr(words[k], '=');
            bool quoted, key;

            if (value != NULL)
                *value++ = '\0';
            key = value != NULL && strcmp(words[k], "key") == 0;
            quoted = value == NULL || !g_ascii_isdigit(value[0]) || key;
            g_string_append_printf(text, ",\"%s\":%s%s%s", value == NULL ? firsts[k] : words[k],
                                   quoted ? "\"" : "", value == NULL ? words[k] : value,
                                   quoted ? "\"" : "");
        }
        g_string_append(text, "}\n");
    }
    return text;
}

/* Settings of the brute force of oracle.h as scenarios, one tick a millisecond. */
#pragma once

#include <glib.h>

#include "session-race/stream.h"
#include "timed/oracle.h"

static inline void
setting_append_range(GString *text, const char *key, OracleRange range)
{
    if (range.lo == range.hi)
        g_string_append_printf(text, "%s = %ums\n", key, range.lo);
    else
        g_string_append_printf(text, "%s = uniform(%ums, %ums)\n", key, range.lo, range.hi);
}

/* Content of 1472 bytes is 1500 with its tag: 12 000 bit, which up to six ticks divide. */
static inline void
setting_append_bandwidth(GString *text, unsigned ticks)
{
    if (ticks > 0)
        g_string_append_printf(text, "bandwidth = %ubit/s\n", 12000000 / ticks);
}

static inline char *
setting_text(const OracleSetting *setting)
{
    static const char *const services[] = { "server", "token-provider", "encryption-provider" };
    GString *text = g_string_new("[scenario]\nties = seeded\ncrypto = names\n"
                                 "[document d]\ncontent = 1472B\n");

    for (unsigned i = 0; i < ORACLE_SERVICE_N; i++)
        for (unsigned away = 0; away < 2; away++) {
            g_string_append_printf(text, "[link %s -> %s]\n", away ? services[i] : "*",
                                   away ? "*" : services[i]);
            setting_append_range(text, "latency", setting->link[i][away]);
            if (i == ORACLE_SERVER)
                setting_append_bandwidth(text, away ? setting->content : setting->upload);
        }
    for (unsigned i = 0; i < ORACLE_SERVICE_N; i++) {
        g_string_append_printf(text, "[%s]\n", services[i]);
        setting_append_range(text, "processing", setting->processing[i]);
        if (i == ORACLE_SERVER && setting->pending)
            g_string_append(text, "while-creating = pending\n");
    }
    setting_append_range(text, "generate", setting->generate);
    setting_append_range(text, "lookup", setting->lookup);
    for (unsigned i = 0; i < setting->n; i++) {
        g_string_append_printf(text, "[client c%u]\n", i + 1);
        setting_append_range(text, "start", setting->start[i]);
        setting_append_range(text, "derive", setting->derive);
        if (setting->continues)
            g_string_append(text, "early-available = continue\n");
    }
    return g_string_free(text, FALSE);
}

/* Returns: a range within [@from, @to] */
static inline OracleRange
setting_draw_range(SrStream *stream, unsigned from, unsigned to)
{
    unsigned lo = from + (unsigned) sr_stream_below(stream, to - from + 1);

    return (OracleRange){ lo, lo + (unsigned) sr_stream_below(stream, to - lo + 1) };
}

/* Shipped scenarios, their traces, and what is found in them. */
#pragma once

#include "run/run-fixture.h"

#include <stdlib.h>

#include "session-race/verify.h"

static inline SrScenario *
fixture_load(const char *path)
{
    g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
    SrScenario *scenario = NULL;

    if (sr_scenario_load(path, NULL, 0, &scenario, diagnostics) != SR_LOAD_OK) {
        g_autoptr(GString) said = g_string_new(NULL);

        sr_diagnostics_format(diagnostics, said);
        fail_msg("%s", said->str);
    }
    return scenario;
}

static inline GString *
fixture_trace(const SrScenario *scenario, uint64_t seed)
{
    g_autoptr(SrRun) run = sr_run_new(scenario);
    GString *text = g_string_new(NULL);

    fixture_play(run, seed, SR_CRYPTO_NAMES, text);
    return text;
}

static inline SrTrace *
fixture_read(const GString *text)
{
    SrTraceFault fault;
    SrTrace *trace = sr_trace_parse("trace", text->str, text->len, &fault);

    if (trace == NULL)
        fail_msg("line %u: %s", (unsigned) fault.line, fault.message);
    return trace;
}

/* Calls @each with the path of every shipped scenario that `run` plays, in the order of their names. */
static inline void
fixture_each_shipped(void (*each)(const char *path, void *data), void *data)
{
    g_autofree char *list =
        g_build_filename(g_getenv("SR_SOURCE_ROOT"), "tests/golden/digests", NULL);
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;

    assert_true(g_file_get_contents(list, &text, NULL, NULL));
    lines = g_strsplit(text, "\n", -1);
    for (unsigned i = 0; lines[i] != NULL && lines[i][0] != '\0'; i++) {
        g_autofree char *path =
            g_build_filename(g_getenv("SR_SOURCE_ROOT"), lines[i] + 34, NULL);

        each(path, data);
    }
}

/* How many times as much a test does as usual: SR_TEST_EFFORT. */
static inline unsigned
fixture_effort(void)
{
    const char *effort = g_getenv("SR_TEST_EFFORT");

    return effort != NULL ? (unsigned) MAX(atoi(effort), 1) : 1;
}

/* Returns: (nullable): where the value of the member @name stands in @line; @length: (out): its octets */
static inline char *
fixture_member(const char *line, const char *name, size_t *length)
{
    g_autofree char *quoted = g_strdup_printf("\"%s\":", name);
    char *at = strstr(line, quoted), *end;

    if (at == NULL)
        return NULL;
    at += strlen(quoted);
    end = *at == '"' ? strchr(at + 1, '"') + 1 : at + strcspn(at, ",}");
    *length = (size_t) (end - at);
    return at;
}

/* Returns: (transfer full): that value without quotes; "-" without it */
static inline char *
fixture_word(const char *line, const char *name)
{
    size_t length = 0;
    const char *at = fixture_member(line, name, &length);

    if (at == NULL)
        return g_strdup("-");
    return *at == '"' ? g_strndup(at + 1, length - 2) : g_strndup(at, length);
}

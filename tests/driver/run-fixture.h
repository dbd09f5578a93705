/* A scenario from text, played, with its trace and records at hand. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <string.h>

#include "session-race/run.h"

/* Parses @text or fails the test with what the reader said. */
static inline SrScenario *
fixture_parse(const char *text)
{
    g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
    SrScenario *scenario = sr_scenario_parse("test.ini", text, strlen(text), NULL, 0, diagnostics);

    if (scenario == NULL) {
        g_autoptr(GString) said = g_string_new(NULL);

        sr_diagnostics_format(diagnostics, said);
        fail_msg("%s", said->str);
    }
    return scenario;
}

static inline gboolean
fixture_flush(void *data, const char *octets, size_t n, GError **error)
{
    (void) error;
    g_string_append_len(data, octets, (gssize) n);
    return TRUE;
}

/* Plays @run once. @trace (nullable) gets the whole trace. */
static inline SrRunResult
fixture_play(SrRun *run, uint64_t seed, SrCryptoMode crypto, GString *trace)
{
    SrRunOptions options = { .digest = true, .real_crypto = crypto == SR_CRYPTO_REAL, .story = true };
    SrRunResult result;

    if (trace != NULL) {
        options.trace = fixture_flush;
        options.trace_data = trace;
    }
    assert_true(sr_run_execute(run, seed, &options, &result, NULL));
    return result;
}

/* The checks of @mask by name, for messages. */
static inline char *
fixture_checks(uint32_t mask)
{
    GString *out = g_string_new(NULL);

    for (unsigned id = 0; id < SR_CHECK_N; id++)
        if (mask >> id & 1)
            g_string_append_printf(out, " %s", sr_check_name((SrCheckId) id));
    return g_string_free(out, FALSE);
}

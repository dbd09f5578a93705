/* A scenario from text, played, with its trace and records at hand. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <string.h>

#include "result/expect.h"
#include "session-race/run.h"

/* Parses @text or fails the test with what the reader said. */
static inline SrScenario *
fixture_parse(const char *text)
{
    g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
    SrScenario *scenario =
        sr_scenario_parse("test.ini", text, strlen(text), NULL, 0, diagnostics);

    if (scenario == NULL) {
        g_autoptr(GString) said = g_string_new(NULL);

        sr_diagnostics_format(diagnostics, said);
        fail_msg("%s", said->str);
    }
    return scenario;
}

static inline gboolean
fixture_flush(void *data, const char *bytes, size_t n, GError **error)
{
    (void) error;
    g_string_append_len(data, bytes, (gssize) n);
    return TRUE;
}

/* Plays @run once. @trace (nullable) gets the whole trace. */
static inline SrRunResult
fixture_play(SrRun *run, uint64_t seed, SrCryptoMode crypto, GString *trace)
{
    SrRunOptions options = { .digest = true,
                             .real_crypto = crypto == SR_CRYPTO_REAL,
                             .story = true };
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

/* What a row looks at: "instant node event [message]", or "never [instant] node event [message]". */
struct scene {
    const char *name;
    const char *scenario;
    const char
        *want; /* one record a line, in this order; records of other events may stand between */
};

struct collector {
    const SrRun *run;
    GString *lines;
};

static inline void
fixture_collect(void *data, const SrRecord *record)
{
    struct collector *collector = data;
    const SrNames *names = sr_run_names(collector->run);
    char node[SR_NODE_NAME_MAX];
    bool message = record->event == SR_EVENT_SEND || record->event == SR_EVENT_RECEIVE;

    g_string_append_printf(collector->lines, "%" G_GUINT64_FORMAT " ", record->t);
    g_string_append_len(collector->lines, node,
                        (gssize) names->node(names->data, record->node, node));
    g_string_append_printf(collector->lines, " %s%s%s\n",
                           sr_event_name((SrEvent) record->event), message ? " " : "",
                           message ? sr_msg_name((SrMsg) record->msg) : "");
}

/* "10ms a send connect" with its instant in ns. */
static inline char *
fixture_in_ns(const char *line)
{
    const char *rest = strchr(line, ' ');
    g_autofree char *word = g_strndup(line, (gsize) (rest - line));
    SrSpan span;

    assert_int_equal(sr_span_parse(word, strlen(word), &span), SR_NUMBER_OK);
    return g_strdup_printf("%" G_GUINT64_FORMAT "%s", span, rest);
}

static inline void
fixture_play_scene(void **state)
{
    const struct scene *scene = *state;
    g_autoptr(SrScenario) scenario = fixture_parse(scene->scenario);
    g_autoptr(SrRun) run = sr_run_new(scenario);
    g_autoptr(GString) lines = g_string_new("\n");
    struct collector collector = { run, lines };
    SrRunOptions options = { .sink = fixture_collect, .sink_data = &collector };
    SrRunResult result;
    g_auto(GStrv) wants = g_strsplit(scene->want, "\n", -1);
    const char *at = lines->str;

    assert_true(sr_run_execute(run, 1, &options, &result, NULL));
    at = lines->str;
    for (unsigned i = 0; wants[i] != NULL && wants[i][0] != '\0'; i++) {
        if (g_str_has_prefix(wants[i], "never ")) {
            const char *line = wants[i] + strlen("never ");
            g_autofree char *in_ns =
                g_ascii_isdigit(*line) ? fixture_in_ns(line) : g_strdup(line);
            g_autofree char *never =
                g_strdup_printf("%c%s\n", g_ascii_isdigit(*line) ? '\n' : ' ', in_ns);

            if (strstr(lines->str, never) != NULL)
                fail_msg("'%s' does not hold; the run was:%s", wants[i], lines->str);
            continue;
        }
        g_autofree char *want = fixture_in_ns(wants[i]);
        g_autofree char *line = g_strdup_printf("\n%s\n", want);
        const char *found = strstr(at, line);

        if (found == NULL)
            fail_msg("'%s' does not come, or not after the row before; the run was:%s",
                     wants[i], lines->str);
        at = found + strlen(line) - 1;
    }
}

/* Fills @tests with a test for each of @n scenes. */
static inline void
fixture_scene_tests(const struct scene *scenes, size_t n, struct CMUnitTest *tests)
{
    for (size_t i = 0; i < n; i++)
        tests[i] = (struct CMUnitTest){ .name = scenes[i].name,
                                        .test_func = fixture_play_scene,
                                        .initial_state = (void *) (uintptr_t) &scenes[i] };
}

/* ---- files ---- */

/* Returns: (transfer full): the scenario of the file at @path */
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

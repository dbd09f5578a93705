/* What the tests of the scenario room share: a text in, its errors out as text, one a line:
 *
 *   LINE:COLUMN: MESSAGE [NOTE]
 *
 * with `--set: ` or another option in front of those of the command line. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "session-race/scenario.h"

/** A row of most tables: a sentence, a file, and its errors; "" when it is good. */
struct reading {
    const char *name;
    const char *text;
    const char *want;
    const char *set; /* (nullable): an override */
};

static inline char *
errors_text(const SrDiagnostics *diagnostics)
{
    GString *out = g_string_new(NULL);

    for (unsigned i = 0; i < diagnostics->list->len; i++) {
        const SrDiagnostic *diagnostic = g_ptr_array_index(diagnostics->list, i);

        if (i > 0)
            g_string_append_c(out, '\n');
        if (g_str_has_prefix(diagnostic->path, "--"))
            g_string_append_printf(out, "%s: ", diagnostic->path);
        else if (diagnostic->line > 0)
            g_string_append_printf(out, "%u:%u: ", diagnostic->line, diagnostic->column);
        g_string_append(out, diagnostic->message);
        if (diagnostic->note != NULL)
            g_string_append_printf(out, " [%s]", diagnostic->note);
    }
    if (diagnostics->suppressed > 0)
        g_string_append_printf(out, "\n+%u", diagnostics->suppressed);
    return g_string_free(out, FALSE);
}

/** Reads @length bytes; the caller owns the scenario and @errors. */
static inline SrScenario *
read_bytes(const char *text, size_t length, const char *set, char **errors)
{
    g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
    SrScenario *scenario =
        sr_scenario_parse("test.ini", text, length, &set, set == NULL ? 0 : 1, diagnostics);

    *errors = errors_text(diagnostics);
    g_assert((scenario == NULL) == (diagnostics->list->len > 0));
    return scenario;
}

/** Only the errors. */
static inline char *
errors_of(const char *text, size_t length, const char *set)
{
    char *errors = NULL;

    sr_scenario_free(read_bytes(text, length, set, &errors));
    return errors;
}

/** Reads a text that must be good. */
static inline SrScenario *
read_good(const char *text)
{
    g_autofree char *errors = NULL;
    SrScenario *scenario = read_bytes(text, strlen(text), NULL, &errors);

    assert_string_equal(errors, "");
    return scenario;
}

static inline char *
json_of(const char *text)
{
    g_autoptr(SrScenario) scenario = read_good(text);

    return sr_scenario_resolved_json(scenario, false);
}

static inline void
check_reading(void **state)
{
    const struct reading *row = *state;
    g_autofree char *errors = errors_of(row->text, strlen(row->text), row->set);

    assert_string_equal(errors, row->want);
}

#define READINGS(tests, rows)                                                                  \
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)                                            \
        (tests)[i] = (struct CMUnitTest)                                                       \
        {                                                                                      \
            .name = (rows)[i].name, .test_func = check_reading,                                \
            .initial_state = (void *) (uintptr_t) & (rows)[i]                                  \
        }

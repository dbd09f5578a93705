/* TAP 13, flat: a point a scenario, with a YAML block. Flat and 13, since `prove` refuses
 * version 14 and meson's parser knows no subtests. Strings in the block are JSON strings, which
 * YAML reads as they are. */
#include "report-private.h"

#include <string.h>

void
sr_report_tap_begin(SrReport *report, GString *out)
{
    g_string_append_printf(out, "TAP version 13\n1..%u\n", report->options.n_cases);
}

/* A `#` that is not escaped starts a directive, and `# TODO` in a file's name would turn a
 * failure into a success. */
static void
append_description(GString *out, const char *text)
{
    g_autoptr(GString) plain = g_string_new(NULL);

    sr_text_plain(plain, text);
    for (const char *p = plain->str; *p != '\0'; p++) {
        if (*p == '#' || *p == '\\')
            g_string_append_c(out, '\\');
        g_string_append_c(out, *p);
    }
}

static void
append_checks(GString *out, const char *key, uint32_t mask)
{
    if (mask == 0) {
        g_string_append_printf(out, "  %s: []\n", key);
        return;
    }
    g_string_append_printf(out, "  %s:\n    - ", key);
    sr_text_checks(out, mask, "\n    - ");
    g_string_append_c(out, '\n');
}

static void
append_line(GString *out, const char *key, const char *value)
{
    g_string_append_printf(out, "  %s: ", key);
    sr_text_json(out, value);
    g_string_append_c(out, '\n');
}

static void
append_block(GString *out, const SrReportCase *report_case)
{
    g_string_append(out, "  ---\n");
    if (report_case->title[0] != '\0')
        append_line(out, "title", report_case->title);
    if (report_case->error != NULL) {
        append_line(out, "error", report_case->error);
    } else {
        g_string_append_printf(out, "  seed: \"%" G_GUINT64_FORMAT "\"\n", report_case->seed);
        append_line(out, "digest", report_case->digest);
        append_checks(out, "expected", report_case->expected);
        append_checks(out, "failed", report_case->failed);
        for (guint i = 0; i < report_case->failures->len; i++) {
            const SrCaseFailure *failure =
                &g_array_index(report_case->failures, SrCaseFailure, i);
            append_line(out, sr_check_name(failure->check), failure->detail);
        }
        if (report_case->misses->len > 0)
            g_string_append(out, "  misses:\n");
        for (guint i = 0; i < report_case->misses->len; i++) {
            /* Numbered, since the reader of `prove` takes a colon inside a list's string for a
             * key. */
            g_string_append_printf(out, "    %u: ", i + 1);
            sr_text_json(out, g_array_index(report_case->misses, SrCaseMiss, i).message);
            g_string_append_c(out, '\n');
        }
    }
    append_line(out, "replay", report_case->replay);
    g_string_append(out, "  ...\n");
}

void
sr_report_tap_add(SrReport *report, const SrReportCase *report_case, GString *out)
{
    g_string_append_printf(out, "%s %u - ", report_case->as_expected ? "ok" : "not ok",
                           report->counts.n_cases);
    append_description(out, report_case->file);
    if (report_case->error != NULL) {
        g_string_append(out, " # could not be run");
    } else {
        g_string_append(out, " # ");
        sr_text_span(out, report_case->t);
        g_string_append(out, ", ");
        sr_text_outcome(out, report_case);
    }
    g_string_append_c(out, '\n');
    append_block(out, report_case);
}

void
sr_report_tap_end(SrReport *report, bool stopped, GString *out)
{
    if (stopped)
        g_string_append_printf(out, "Bail out! Stopped after %u of %u scenarios\n",
                               report->counts.n_cases, report->options.n_cases);
}

/* For the log of a GitHub runner: the report for people, and an annotation for each scenario
 * that is not as expected. The lines for people are defused, so that only the annotations are
 * commands. */
#include "report-private.h"

#include <string.h>

#include "session-race/escape.h"

static void
append_escaped(GString *out, const char *text, gboolean property)
{
    g_autoptr(GString) plain = g_string_new(NULL);

    /* Line by line: a message may have several, and a control character in one is still made
     * harmless. */
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (size_t i = 0; lines[i] != NULL; i++) {
        if (i > 0)
            g_string_append_c(plain, '\n');
        sr_text_plain(plain, lines[i]);
    }
    sr_report_defuse(plain);
    sr_escape_github(out, plain->str, plain->len, property);
}

static void
append_command(GString *out, const SrReportCase *report_case)
{
    g_autoptr(GString) message = g_string_new(NULL);
    uint32_t line = report_case->expect_line;

    for (guint i = 0;
         i < report_case->misses->len && report_case->failed == report_case->expected; i++) {
        uint32_t missed = g_array_index(report_case->misses, SrCaseMiss, i).line;
        if (missed != 0) {
            line = missed;
            break;
        }
    }
    g_string_append(out, "::error file=");
    append_escaped(out, report_case->file, TRUE);
    if (line != 0)
        g_string_append_printf(out, ",line=%u", line);
    g_string_append(out, ",title=");
    append_escaped(out, report_case->error != NULL ? "could not be run" : "not as expected",
                   TRUE);
    g_string_append(out, "::");
    sr_text_unexpected(message, report_case);
    g_string_append_printf(message, "\nreplay: %s", report_case->replay);
    append_escaped(out, message->str, FALSE);
    g_string_append_c(out, '\n');
}

void
sr_report_github_add(SrReport *report, const SrReportCase *report_case, GString *out)
{
    g_autoptr(GString) text = g_string_new(NULL);

    sr_report_human_add(report, report_case, text);
    sr_report_defuse(text);
    g_string_append_len(out, text->str, (gssize) text->len);
    if (!report_case->as_expected)
        append_command(out, report_case);
}

/* JUnit XML for CI systems. `time` is virtual time, so the same run writes the same file
 * everywhere. */
#include "report-private.h"

static void
append_attribute(GString *out, const char *name, const char *value)
{
    g_string_append_printf(out, " %s=\"", name);
    sr_text_xml(out, value);
    g_string_append_c(out, '"');
}

static void
append_time(GString *out, SrTime t)
{
    g_string_append(out, " time=\"");
    sr_text_seconds(out, t);
    g_string_append_c(out, '"');
}

/* Content keeps its lines; within one everything is escaped. */
static void
append_content(GString *out, const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    for (size_t i = 0; lines[i] != NULL; i++) {
        if (i > 0)
            g_string_append_c(out, '\n');
        sr_text_xml(out, lines[i]);
    }
}

static void
append_element(GString *out, const char *name, const char *type,
               const SrReportCase *report_case, const char *text)
{
    g_autoptr(GString) message = g_string_new(NULL);

    sr_text_unexpected(message, report_case);
    g_string_append_printf(out, "      <%s", name);
    append_attribute(out, "type", type);
    append_attribute(out, "message", message->str);
    g_string_append_c(out, '>');
    append_content(out, text);
    g_string_append_printf(out, "</%s>\n", name);
}

void
sr_report_junit_add(SrReport *report, const SrReportCase *report_case)
{
    GString *out = report->kept;
    g_autoptr(GString) story = g_string_new("\n");
    g_autoptr(GString) facts = g_string_new(NULL);
    g_autofree char *folder = g_path_get_dirname(report_case->file);
    /* The file of a failure, and the line of its expectation. */
    g_string_append(out, "    <testcase");
    append_attribute(out, "classname", folder);
    append_attribute(out, "name", report_case->file);
    append_attribute(out, "file", report_case->file);
    if (report_case->expect_line != 0)
        g_string_append_printf(out, " line=\"%u\"", report_case->expect_line);
    append_time(out, report_case->t);
    g_string_append(out, ">\n");
    if (!report_case->as_expected) {
        sr_report_story(report_case, "", &(SrStyle){ 0 }, story);
        if (report_case->error != NULL)
            append_element(out, "error", "system", report_case, story->str);
        else
            append_element(out, "failure",
                           report_case->failed != report_case->expected ? "check"
                                                                        : "expectation",
                           report_case, story->str);
    }
    if (report_case->error == NULL) {
        g_string_append_printf(facts, "title: %s\nseed: %" PRIu64 "\ndigest: %s\nverdict: ",
                               report_case->title, report_case->seed, report_case->digest);
        sr_text_verdict(facts, report_case->failed);
        g_string_append(facts, "\noutcome: ");
        sr_text_outcome(facts, report_case);
        if (report_case->at_limit) {
            g_string_append_c(facts, '\n');
            sr_text_limit(facts, report_case->t);
        }
        g_string_append_printf(facts, "\nreplay: %s", report_case->replay);
        g_string_append(out, "      <system-out>");
        append_content(out, facts->str);
        g_string_append(out, "</system-out>\n");
    }
    g_string_append(out, "    </testcase>\n");
}

void
sr_report_junit_skip(SrReport *report, const char *file, const char *why)
{
    GString *out = report->kept;
    g_autofree char *folder = g_path_get_dirname(file);

    g_string_append(out, "    <testcase");
    append_attribute(out, "classname", folder);
    append_attribute(out, "name", file);
    append_attribute(out, "file", file);
    append_time(out, 0);
    g_string_append(out, ">\n      <skipped");
    append_attribute(out, "message", why);
    g_string_append(out, "/>\n    </testcase>\n");
}

static void
append_counts(GString *out, const SrReport *report)
{
    g_string_append_printf(out, " tests=\"%u\" failures=\"%u\" errors=\"%u\" skipped=\"%u\"",
                           report->counts.n_cases + report->n_skipped, report->n_failures,
                           report->counts.n_errors, report->n_skipped);
    append_time(out, report->t_sum);
    g_string_append(out, ">\n");
}

void
sr_report_junit_end(SrReport *report, GString *out)
{
    g_string_append(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites");
    append_attribute(out, "name", report->options.program);
    append_counts(out, report);
    g_string_append(out, "  <testsuite");
    append_attribute(out, "name", "session-race run");
    append_counts(out, report);
    g_string_append_len(out, report->kept->str, (gssize) report->kept->len);
    g_string_append(out, "  </testsuite>\n</testsuites>\n");
}
